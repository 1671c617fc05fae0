"""Exceptions that are a file's own, whatever arguments its functions were given."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

from .literals import is_of_self, last_name, nodes_of

WRONG_CALL = re.compile(
    r"(?:.*?(?P<owner>\w+)\.)?(?P<name>\w+)\(\) (takes|missing|got an unexpected keyword|got multiple values)"
)
CALLED_MODULE = "'module' object is not callable"
NUMBER_FOR_A_TYPE = re.compile(r"Cannot interpret '\d+' as a data type")
MAKES_ARRAY = re.compile(r"\b(zeros|ones|empty|full|array|asarray)\(")
CHANGES = frozenset({"update", "setdefault", "__setitem__"})  # methods that put keys into a dictionary
BEYOND_MEMORY = "as_strided: the windows reach"  # how the message for windows beyond the memory of an array begins
# numbers with fractions are written into an array of whole numbers
CAST = re.compile(r"Cannot cast ufunc .* output from dtype\('float\d+'\) to dtype\('u?int\d+'\)")
LIBRARIES = sys.stdlib_module_names | {"numpy"}
NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")


def is_wrong_call(type: str, message: str, text: str, defined: Iterable[str]) -> bool:
    """Whether a line calls a function of the same project with arguments that it does not take.

    Args:
        type, message: of the exception.
        text: of the line that raised it.
        defined: names of the project's functions, classes and methods.
    """
    match = WRONG_CALL.match(message)
    if type != "TypeError" or match is None or "*" in text:
        return False
    name = match["owner"] if match["name"] == "__init__" else match["name"]
    return bool(name) and name in set(defined) and re.search(rf"(\bself\.|(?<![\w.])){name}\(", text) is not None


def is_misused_library(type: str, message: str, text: str) -> bool:
    """Whether a line calls a module, gives NumPy a size for a type (``np.zeros(1, units)``), or reads beyond an array.

    Args:
        type, message: of the exception.
        text: of the line that raised it.
    """
    is_size = NUMBER_FOR_A_TYPE.match(message) is not None and MAKES_ARRAY.search(text) is not None
    is_misused = type == "TypeError" and (is_size or message == CALLED_MODULE)
    return is_misused or message.startswith(BEYOND_MEMORY)


def is_of_libraries_alone(type: str, text: str, names: Mapping[str, object]) -> bool:
    """Whether a line gives nothing but what Python's own modules, or NumPy, have: ``random.seed(datetime.now())``.

    Args:
        type: of the exception.
        text: of the line that raised it.
        names: the globals of its file.
    """
    used = {node.id for node in nodes_of(text.strip()) if isinstance(node, ast.Name)}  # none of a part of a statement
    things = [names.get(name) for name in used]
    return type in ("TypeError", "AttributeError") and bool(things) and all(map(_is_of_library, things))


def _is_of_library(thing: object) -> bool:
    """Whether something is one of these modules, or of one, and no stand-in."""
    name = getattr(thing, "__name__" if isinstance(thing, ModuleType) else "__module__", None)
    return str(name).partition(".")[0] in LIBRARIES


def is_never_set(type: str, message: str, classes: Mapping[str, ast.ClassDef], texts: Iterable[str]) -> bool:
    """Whether an attribute is missing that nothing in the project gives to the objects of a class.

    Args:
        type, message: of the exception.
        classes: of the project, by name.
        texts: of the project.
    """
    match = NO_ATTRIBUTE.match(message)
    if type != "AttributeError" or match is None or match[1] not in classes:
        return False
    name = re.escape(match[2])
    waiting, seen = [match[1]], set[str]()
    while waiting:  # with the classes that it inherits from; all must be known
        one = waiting.pop()
        if one not in classes:
            return False
        seen.add(one)
        bases = {ast.unparse(base) for base in classes[one].bases} - {"object", *seen}
        waiting.extend(bases)
        if any(re.match(rf"(def\s+)?{name}\b", ast.unparse(part)) for part in classes[one].body):
            return False
    sets = re.compile(rf"\.{name}\b\s*([-+*/]?=[^=]|:|,)|setattr|__dict__|__getattr|__slots__")
    return not any(sets.search(text) for text in texts)


def is_never_stored(type: str, message: str, text: str, texts: Iterable[str]) -> bool:
    """Whether an object's own dictionary is without a key that nothing in the project puts into it.

    Args:
        type, message: of the exception.
        text: of the line that raised it.
        texts: of the project.
    """
    if type != "KeyError":
        return False
    read = {
        node.value.attr
        for node in nodes_of(text.strip())
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and is_of_self(node.value)
        and isinstance(node.slice, ast.Constant)
        and repr(node.slice.value) == message
    }
    return len(read) == 1 and not _may_be_stored(min(read), message, tuple(texts))


@functools.lru_cache(maxsize=100)  # many attempts end with the same exception
def _may_be_stored(name: str, key: str, texts: tuple[str, ...]) -> bool:
    """Whether one of some texts may put a key, as it is written, into the dictionaries in attributes of this name."""
    mentions = re.compile(rf"\.{name}\b")
    for text in filter(mentions.search, texts):
        nodes = nodes_of(text)
        if not nodes or _is_handed_on(nodes, name) or any(_may_store(node, name, key) for node in nodes):
            return True
    return False


def _is_handed_on(nodes: Sequence[ast.AST], name: str) -> bool:
    """Whether attributes of this name get another name, are returned or are arguments, so that others may fill them."""
    looked_into = {id(part) for node in nodes for part in _looked_into(node)}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.ctx, ast.Load)
        and id(node) not in looked_into
        for node in nodes
    )


def _looked_into(node: ast.AST) -> list[ast.expr]:
    """The expressions that a node asks for items, keys, methods or a truth value, and does not hand on."""
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return [node.value]
    if isinstance(node, (ast.For, ast.comprehension)):
        return [node.iter]
    if isinstance(node, (ast.If, ast.IfExp, ast.While, ast.Assert)):
        return [node.test]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    return [node.left, *node.comparators] if isinstance(node, ast.Compare) else []


def _may_store(node: ast.AST, name: str, key: str) -> bool:
    """Whether a node itself may put a key, as it is written, into the dictionaries in attributes of this name."""
    if isinstance(node, ast.Attribute):
        return node.attr in CHANGES and last_name(node.value) == name
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Attribute) and node.target.attr == name
    if isinstance(node, ast.Subscript) and last_name(node.value) == name and not isinstance(node.ctx, ast.Load):
        return not isinstance(node.slice, ast.Constant) or repr(node.slice.value) == key
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not any(isinstance(part, ast.Attribute) and part.attr == name for one in targets for part in ast.walk(one)):
            return False
        if any(isinstance(one, ast.Subscript) for one in targets):
            return False  # the item is a node of its own
        keys = node.value.keys if isinstance(node.value, ast.Dict) else [None]
        return any(not isinstance(one, ast.Constant) or repr(one.value) == key for one in keys)
    return False
