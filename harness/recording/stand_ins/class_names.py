"""The names of classes that a file turns into numbers, which made-up data have to hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..literals import assigned, last_name, texts_of, whole_of
from ..loops import Function

MOST_STEPS = 4  # from a value back to what the file reads
OF_COMMANDS = ("argv", "environ")  # what a user gives a script, by its items


def class_names(nodes: Sequence[ast.AST]) -> tuple[str, ...]:
    """The texts that a file turns into numbers of classes.

    They are the keys of a dictionary in which an item of something is looked up, ``numbers[row[4]]``, or what one value
    is compared with that is read, and not a setting.
    """
    values = _Values(nodes)
    asked = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Subscript)
        and values.are_read(node.slice)
    }
    for node in nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
            continue
        if asked & {target.id for target in node.targets if isinstance(target, ast.Name)}:
            keys = [one.value for one in node.value.keys if isinstance(one, ast.Constant)]
            numbers = [one for one in node.value.values if isinstance(one, ast.Constant) and type(one.value) is int]
            names = tuple(one for one in keys if isinstance(one, str))
            if 1 < len(names) == len(node.value.keys) == len(numbers):
                return names
    return next(filter(None, (_compared_names(node, values) for node in nodes)), ())


def _compared_names(node: ast.AST, values: _Values) -> tuple[str, ...]:
    """The texts that one value is compared with, if the first stands for 0 or 1 and each other for the next number.

    The result is empty unless the node begins a chain of conditions that returns or assigns these numbers.
    """
    found: dict[str, int] = {}
    compared: dict[str, ast.expr] = {}
    while isinstance(node, ast.If):
        test, last = node.test, node.body[-1]
        is_equal = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq) and len(test.ops) == 1
        number = last.value if isinstance(last, (ast.Return, ast.Assign)) else None
        if not is_equal or not isinstance(number, ast.Constant) or type(number.value) is not int:
            return ()
        assert isinstance(test, ast.Compare)
        texts = texts_of(test.comparators)
        if len(texts) != 1:
            return ()
        compared.setdefault(ast.unparse(test.left), test.left)
        found[texts[0]] = number.value
        node = node.orelse[0] if len(node.orelse) == 1 else ast.Pass()
    numbers = list(found.values())
    is_counted = len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    is_of_classes = is_counted and numbers[0] in (0, 1) and len(compared) == 1
    return tuple(found) if is_of_classes and all(map(values.are_read, compared.values())) else ()


class _Values:
    """Which expressions of a file are what it reads, or a part of that, and not settings.

    Args:
        nodes: of the file.
    """

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        functions = [node for node in nodes if isinstance(node, Function)]
        # the innermost function of each node
        self.owners = {id(inner): function for function in functions for inner in ast.walk(function)}
        self.items = {name for node in nodes for name in _names_of_items(node)}
        self.assigned: dict[str, list[ast.expr]] = {}
        for statement in nodes:
            for target, value in assigned(statement) if isinstance(statement, ast.Assign) else ():
                self.assigned.setdefault(last_name(target), []).append(value)
        self.known: dict[tuple[int, int], bool] = {}  # answers, by the expression's id and the steps that are left

    def are_read(self, value: ast.expr, steps: int = MOST_STEPS) -> bool:
        """Whether a value is an item of something, an item that a loop goes through, or made of one."""
        key = id(value), steps
        if key not in self.known:
            self.known[key] = self._are_read(value, steps)
        return self.known[key]

    def _are_read(self, value: ast.expr, steps: int) -> bool:
        if isinstance(value, ast.Subscript):
            if isinstance(value.slice, ast.Constant) and isinstance(value.slice.value, str):
                return self.are_read(value.value, steps)  # a row's column, or a setting by its name
            return last_name(whole_of(value)) not in OF_COMMANDS
        if isinstance(value, ast.Call):
            of_method = [value.func.value] if isinstance(value.func, ast.Attribute) else []
            return any(self.are_read(one, steps) for one in (*of_method, *value.args))
        if not isinstance(value, ast.Name) or steps == 0:
            return False
        if value.id in self.items:
            return True
        sources = list(self.assigned.get(value.id, ()))
        function = self.owners.get(id(value))
        names = self._parameters(function) if function is not None else []
        if function is not None and value.id in names:
            if self._is_handed_on(function):
                return True
            sources += self._given(function, names.index(value.id), value.id)
        return any(self.are_read(one, steps - 1) for one in sources)

    @staticmethod
    def _parameters(function: Function) -> list[str]:
        return [one.arg for one in function.args.args if one.arg not in ("self", "cls")]

    def _given(self, function: Function, place: int, name: str) -> Iterator[ast.expr]:
        """What the file's calls of a function give it for a parameter."""
        for call in self.calls:
            if last_name(call.func) == function.name:
                yield from call.args[place : place + 1]
                yield from (one.value for one in call.keywords if one.arg == name)

    def _is_handed_on(self, function: Function) -> bool:
        """Whether a function is an argument of a call, which calls it with each item: ``map(number, names)``."""
        for call in self.calls:
            given = [*call.args, *(one.value for one in call.keywords)]
            parts = [part for one in given for part in (one.values if isinstance(one, ast.Dict) else [one])]
            if any(last_name(one) == function.name for one in parts):
                return True
        return False


def _names_of_items(node: ast.AST) -> Iterator[str]:
    """The names that a loop gives the items of something, other than a list of the file, or a lambda its arguments."""
    if isinstance(node, ast.Lambda):
        yield from (one.arg for one in node.args.args)
    if isinstance(node, (ast.For, ast.comprehension)) and not isinstance(node.iter, (ast.List, ast.Tuple, ast.Set)):
        yield from (one.id for one in ast.walk(node.target) if isinstance(one, ast.Name))
