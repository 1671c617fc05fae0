"""Names, texts and numbers that stand in the user's source: also which numbers may be parameters."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from .python_2 import NOT_PYTHON

COUNTING = frozenset({"range", "zeros", "ones", "full", "eye", "reshape"})  # functions that take sizes
HOOK = "__harness__"  # the name of the recorder in the user's code


def nodes_of(text: str) -> list[ast.AST]:
    """The nodes of a text's syntax tree; none if it is not Python."""
    try:
        return list(ast.walk(ast.parse(text)))
    except NOT_PYTHON:
        return []


@functools.lru_cache(maxsize=256)
def nodes_in(node: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of a tree, in the order of ``ast.walk``, kept for the next question about the same tree.

    To walk a tree takes longer than to answer most questions about it. A tree that is changed later, as by weaving, may
    only be asked about before. Of a part that is asked about once, use ``ast.walk``: it would push out a whole tree.
    """
    found = [node]
    for one in found:  # grows meanwhile
        for name in one._fields:
            value = getattr(one, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return tuple(found)


@functools.lru_cache(maxsize=256)
def last_names_in(node: ast.AST) -> frozenset[str]:
    """The last part of each name in a tree, kept as the nodes are: see ``nodes_in``."""
    return frozenset(map(last_name, nodes_in(node))) - {""}


def last_name(node: ast.AST) -> str:
    """The last part of a name: ``SGD`` of ``keras.optimizers.SGD``; "" for another expression."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def defaults_of(arguments: ast.arguments) -> list[tuple[ast.arg, ast.expr]]:
    """The arguments of a function that have a default, each with it."""
    places = [*arguments.posonlyargs, *arguments.args]
    given = places[len(places) - len(arguments.defaults) :]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults)
    return [*zip(given, arguments.defaults), *((one, value) for one, value in named if value is not None)]


def is_of_self(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Whether it is an attribute of ``self``."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def assigned(statement: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The targets of an assignment with their values: two of each in ``self.a, self.b = a, b``."""
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            yield from zip(target.elts, statement.value.elts)
        else:
            yield target, statement.value


def accumulated(tree: ast.AST) -> dict[str, int]:
    """Names and attributes that something other than a whole number is added to or subtracted from.

    Each comes with how often these sums read it by its name.
    """
    found = Counter[str]()
    for node in nodes_in(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
            if not isinstance(node.value, ast.Constant):
                found[last_name(node.target)] += 0
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            left = last_name(node.value.left)
            if not isinstance(node.value.right, ast.Constant) and left in map(last_name, node.targets):
                found[left] += 1
    return {name: count for name, count in found.items() if name}


def counting_parts(node: ast.AST) -> list[ast.expr]:
    """What of an expression is an index, a size or the end of a range."""
    if isinstance(node, ast.Subscript):
        return [node.slice]
    return node.args if isinstance(node, ast.Call) and last_name(node.func) in COUNTING else []


def factors(tree: ast.AST) -> set[str]:
    """Names and attributes that something is multiplied by, and that are not an index, a size or the end of a range."""
    found, counting = set[str](), set[str]()
    for node in nodes_in(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            found |= {last_name(node.left), last_name(node.right)}
        counting |= {last_name(one) for part in counting_parts(node) for one in ast.walk(part)}
    return found - counting - {""}


def accumulated_items(tree: ast.AST) -> set[str]:
    """Names and attributes to whose items something other than a whole number is added: ``weights[j][i] += ...``."""
    found = set[str]()
    for node in nodes_in(tree):
        target: ast.expr | None = None
        if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
            target = None if isinstance(node.value, ast.Constant) else node.target
        elif isinstance(node, ast.Assign) and is_sum_with(node.value, node.targets[0]):
            target = node.targets[0]
        if isinstance(target, ast.Subscript):
            found.add(last_name(whole_of(target)))
    return found - {""}


def whole_of(target: ast.expr) -> ast.expr:
    """What an item is taken from: ``weights`` of ``weights[j][i]``; another expression as it is."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target


def is_sum_with(value: ast.expr, target: ast.expr) -> bool:
    """Whether something other than a number of the file is added to a target or subtracted from it."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, (ast.Add, ast.Sub)):
        return False
    return not isinstance(value.right, ast.Constant) and ast.unparse(value.left) == ast.unparse(target)


def updated_keys(tree: ast.AST) -> set[str]:
    """The keys under which dictionaries hold what something is added to: ``unit["bias"] -= ...``.

    Of a dictionary whose keys are not written there, ``weights[key] -= ...``, all keys of its own.
    """
    found = set[str]()
    tables = keys_of_tables(tree)
    for node in nodes_in(tree):
        target: ast.AST | None = None
        if isinstance(node, ast.AugAssign) and not isinstance(node.value, ast.Constant):
            target = node.target
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            target = node.value.left if ast.unparse(node.value.left) == ast.unparse(node.targets[0]) else None
        elif isinstance(node, ast.DictComp) and isinstance(node.value, ast.BinOp):
            target = node.value.left if isinstance(node.value.op, (ast.Add, ast.Sub)) else None
        for part in ast.walk(target) if target is not None else ():
            if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
                found.add(str(part.slice.value))
            elif isinstance(part, ast.Subscript):
                found.update(tables.get(last_name(part.value), ()))
    return found


def keys_of_tables(tree: ast.AST) -> dict[str, list[str]]:
    """The texts that are keys of each dictionary with a name, by the last part of that name."""
    found: dict[str, list[str]] = {}
    for node in nodes_in(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            keys = keys_of(node.value)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {last_name(target): keys for target in targets if keys}
    return found


def keys_of(node: ast.expr) -> list[str]:
    """The texts that are keys of a dictionary, ``{"w": ...}`` or ``dict(w=...)``; none of another expression."""
    if is_call_of_dict(node):
        return [one.arg for one in node.keywords if one.arg is not None]
    return texts_of(node.keys if isinstance(node, ast.Dict) else [])


def is_call_of_dict(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it is ``dict(...)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"


def texts_of(nodes: Iterable[ast.AST | None]) -> list[str]:
    """Those of some nodes that are texts."""
    return [one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def is_float(node: ast.AST) -> bool:
    """Whether it is a number with a point."""
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def numbers_of(node: ast.expr) -> tuple[int, bool, bool] | None:
    """(how many numbers, whether one is a float, whether it is a single number) if it is made of numbers only."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return numbers_of(node.operand) if isinstance(node.operand, ast.Constant) else None
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            return None
        return 1, isinstance(node.value, float), True
    if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
        parts = [numbers_of(item) for item in node.elts]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return sum(part[0] for part in known), any(part[1] for part in known), False
    return None


def own_numbers(node: ast.ClassDef, accumulated: set[str]) -> None:
    """Let each object begin with numbers of its own for those of the class that something is added to.

    Args:
        node: of the class, which is changed.
        accumulated: the names that something is added to.
    """
    is_data = any("dataclass" in ast.unparse(one) for one in node.decorator_list)
    name = "__post_init__" if is_data else "__init__"
    method = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == name), None)
    owned: list[tuple[int, str]] = []
    for one in node.body:
        if not isinstance(one, ast.AnnAssign if is_data else ast.Assign):
            continue
        field = last_name(one.target if isinstance(one, ast.AnnAssign) else one.targets[0])
        is_given = isinstance(one, ast.AnnAssign) and one.value is None and ast.unparse(one.annotation) == "float"
        if field in accumulated and (is_given or (one.value is not None and numbers_of(one.value) is not None)):
            owned.append((one.lineno, field))
    if not owned or (method is None and not is_data):
        return
    if method is None:
        node.body += ast.parse(f"def {name}(self): pass").body
        method = next(one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == name)
    this = method.args.args[0].arg
    lines = [f"{this}.{field} = {HOOK}.of_object({this}.{field})" for _, field in owned]
    made = [ast.parse(line).body[0] for line in lines]
    for (line, _), statement in zip(owned, made):
        for part in ast.walk(statement):
            if isinstance(part, (ast.expr, ast.stmt)):
                part.lineno = part.end_lineno = line
    method.body[:0] = made
