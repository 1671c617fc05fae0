"""How the files of a project make instances of their classes: with which settings, and which methods set them up."""

from __future__ import annotations

import ast
import builtins
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..literals import defaults_of
from ..python_2 import NOT_PYTHON
from ..source import called_name

MAX_EXAMPLES = 4  # of one class
MAX_PIXELS = 1_024  # of an image; larger ones take long
MAX_CALLS = 40  # that set up one instance
MAX_INSIDE = 3  # settings that are made of settings
HERE = "self_"  # stands for the instance in the calls


@dataclass(frozen=True)
class Example:
    """One instance."""

    construction: str  # the expression that makes it
    calls: tuple[str, ...] = ()  # the statements that set it up, with ``HERE`` in its place

    def statements(self, variable: str) -> Iterator[str]:
        """The lines that make it."""
        yield f"{variable} = {self.construction}"
        for call in self.calls:
            yield re.sub(rf"\b{HERE}\b", variable, call)

    @property
    def sizes(self) -> list[int]:
        """The whole numbers in it, in order: some of them are numbers of inputs and outputs."""
        found = re.findall(r"(?<![\w.])\d+(?![\w.])", "\n".join([self.construction, *self.calls]))
        return list(dict.fromkeys(int(text) for text in found if int(text) > 1))

    @property
    def image(self) -> tuple[int, int, int] | None:
        """The first shape in it that may be one of an image."""
        found = re.findall(r"[(\[](\d+), (\d+), (\d+)[)\]]", "\n".join([self.construction, *self.calls]))
        shapes = [(int(a), int(b), int(c)) for a, b, c in found]
        return next((s for s in shapes if len(set(s)) < 3 and 1 < math.prod(s) <= MAX_PIXELS), None)


def find_examples(texts: Iterable[str], classes: Iterable[str], known: Iterable[str]) -> dict[str, list[Example]]:
    """The examples of each class, the first in the texts first.

    Args:
        texts: Python.
        classes: names of the classes that instances are looked for of.
        known: names that an example may use besides its own settings.
    """
    wanted, usable = set(classes), {*known, *dir(builtins)}
    found: dict[str, list[Example]] = {}
    for text in texts:
        try:
            tree = ast.parse(text)
        except NOT_PYTHON:
            continue
        settings = _settings(tree)
        for body in _bodies(tree):
            for place, statement in enumerate(body):
                made = _made(statement, wanted, usable, settings)
                if made is None:
                    continue
                name, variable, construction = made
                calls = tuple(_calls(body[place + 1 :], variable, usable, settings))
                example = Example(construction, calls)
                mine = found.setdefault(name, [])
                is_bare = construction == f"{name}()" and not calls
                if not is_bare and example not in mine and len(mine) < MAX_EXAMPLES:
                    mine.append(example)
    return found


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """All blocks of statements."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body


def _settings(tree: ast.AST) -> dict[str, ast.expr]:
    """The values of names that stand for one number, text, instance or list of them: assigned once, or a default."""
    found: dict[str, ast.expr] = {}
    several: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            several |= {name} & set(found)
            if _is_setting(node.value):
                found[name] = node.value
            else:
                several.add(name)
    assigned = {name: value for name, value in found.items() if name not in several}
    return {name: value for name, value in _defaults(tree).items() if name not in several} | assigned


def _defaults(tree: ast.AST) -> dict[str, ast.expr]:
    """The defaults of arguments of functions, methods aside, by the names that have one default everywhere."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            for argument, default in defaults_of(node.args):
                if _is_setting(default):
                    found.setdefault(argument.arg, []).append(default)
    return {name: values[0] for name, values in found.items() if len({*map(ast.unparse, values)}) == 1}


def _is_setting(node: ast.expr) -> bool:
    """Whether a value may be part of how something is made, as a number or a list of layers is."""
    if isinstance(node, ast.Call):
        function = called_name(node)
        return function[:1].isupper()
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(map(_is_setting, node.elts))
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


class _Closed(ast.NodeTransformer):
    """Puts settings in the place of their names, and notes names that are not known.

    Args:
        usable: names that stay.
        settings: values by name.
    """

    def __init__(self, usable: set[str], settings: Mapping[str, ast.expr]) -> None:
        self.usable, self.settings = usable, settings
        self.unknown: list[str] = []
        self.inside: list[str] = []  # the settings that are being put in

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """One name."""
        if node.id in self.usable or not isinstance(node.ctx, ast.Load):
            return node
        value = self.settings.get(node.id)
        if value is not None and len(self.inside) < MAX_INSIDE and node.id not in self.inside:
            self.inside.append(node.id)
            closed = self.visit(ast.parse(ast.unparse(value), mode="eval").body)
            self.inside.pop()
            assert isinstance(closed, ast.AST)
            return closed
        self.unknown.append(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """``layers.Dense`` is a name of a module of the project, and so is ``Network.Network``."""
        is_of_module = isinstance(node.value, ast.Name) and (
            node.value.id not in self.usable or node.value.id == node.attr
        )
        if is_of_module and node.attr in self.usable:
            return ast.Name(id=node.attr, ctx=ast.Load())
        self.generic_visit(node)
        return node


def _closed(node: ast.expr, usable: set[str], settings: Mapping[str, ast.expr]) -> str | None:
    """The text of an expression that needs nothing but the usable names; None if it needs more."""
    closer = _Closed(usable, settings)
    # of a copy, because the same statements are looked at for several classes
    copied = ast.parse(ast.unparse(node), mode="eval").body
    text = ast.unparse(closer.visit(copied))
    return None if closer.unknown else text


def _made(
    statement: ast.stmt, wanted: set[str], usable: set[str], settings: Mapping[str, ast.expr]
) -> tuple[str, str, str] | None:
    """(class, variable, construction) if a statement makes an instance of one of the classes."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, call = statement.targets[0], statement.value
    if not isinstance(target, (ast.Name, ast.Attribute)) or not isinstance(call, ast.Call):
        return None
    name = called_name(call)
    text = _closed(call, usable, settings) if name in wanted else None
    return (name, ast.unparse(target), text) if text is not None else None


def _calls(
    statements: list[ast.stmt], variable: str, usable: set[str], settings: Mapping[str, ast.expr]
) -> Iterator[str]:
    """What is done with an instance after it is made, up to the first statement that needs data.

    These are calls of its methods, and objects that its attributes are set to.
    """
    for statement in statements[:MAX_CALLS]:
        text = ast.unparse(statement)
        if not re.search(rf"(?<![\w.]){re.escape(variable)}\b", text):
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.Assign) and isinstance(target, ast.Attribute):
            if ast.unparse(target.value) != variable:
                return
            value = _closed(statement.value, usable, settings)
            if value is None:
                return
            yield f"{HERE}.{target.attr} = {value}"
            continue
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            return
        if ast.unparse(call.func.value) != variable:
            return
        inside = re.sub(rf"(?<![\w.]){re.escape(variable)}\b", HERE, text)
        closed = _closed(ast.parse(inside, mode="eval").body, {*usable, HERE}, settings)
        if closed is None:
            return
        yield closed
