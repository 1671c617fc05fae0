"""The names under which a function returns its results, from its text and from those that take them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..literals import last_name
from .updates import GRADIENT_NAME, WEIGHT_NAME

if TYPE_CHECKING:
    from .source import FileFacts, FunctionFacts

UNNAMED = re.compile(r"result\d*")  # what stands for a result that has no name
GIVES_GRADIENTS = re.compile(r"back|bprop|grad|slope|deriv", re.IGNORECASE)
DRAWS = re.compile(r"\b(rand\w*|rng|normal|uniform)\b")
SAME_VALUES = ("copy", "flatten", "ravel", "reshape", "squeeze", "transpose")  # methods that give the same numbers


def note_returns(facts: FunctionFacts, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """The names that are returned; of several statements, the one with the most."""
    own: list[ast.Return] = []
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        item = waiting.pop()
        facts.yields |= isinstance(item, (ast.Yield, ast.YieldFrom))
        if isinstance(item, ast.Return):
            if item.value is not None and not (isinstance(item.value, ast.Constant) and item.value.value is None):
                own.append(item)
        elif not isinstance(item, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(item))
    for item in sorted(own, key=lambda statement: statement.lineno):
        value = item.value
        assert value is not None
        facts.returns_something = True
        if isinstance(value, (ast.Tuple, ast.List)) and isinstance(value, ast.Tuple):
            given = {argument.name for argument in facts.arguments}
            names = tuple(_part_name(part, index, given) for index, part in enumerate(value.elts))
        else:
            names = (_result_name(value, 0),)
        if len(names) >= len(facts.returns):
            facts.returns = names
        if isinstance(value, ast.Dict):
            facts.return_keys = tuple(
                k.value for k in value.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)
            )
    for item in ast.walk(node):
        if not (isinstance(item, ast.Assign) and isinstance(item.value, ast.Dict)):
            continue
        target = item.targets[0]
        if isinstance(target, ast.Name) and target.id in facts.returns:
            keys = (key.value for key in item.value.keys if isinstance(key, ast.Constant))
            facts.return_keys = facts.return_keys or tuple(key for key in keys if isinstance(key, str))


def _result_name(node: ast.expr, index: int) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return _result_name(node.value, index) if node.attr == "T" else node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):  # grads[::-1] is still grads
        return _result_name(node.value, index)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME_VALUES:
        return _result_name(node.func.value, index)
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        return "call " + last_name(node.func)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # dscores / m is still dscores
        return _result_name(node.left, index)
    return f"result{index + 1}"


def _part_name(node: ast.expr, index: int, arguments: set[str]) -> str:
    """The name of one of several results: an argument that is returned changed, ``W - rate * dW``, keeps its own."""
    is_changed = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Add))
    if is_changed and isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and node.left.id in arguments:
        return node.left.id
    return _result_name(node, index)


def follow_returned_call(function: FunctionFacts, facts: FileFacts) -> None:
    """``return g(...)`` returns what g returns."""
    if len(function.returns) == 1 and function.returns[0].startswith("call "):
        name = function.returns[0].removeprefix("call ")
        mine = facts.classes[function.owner].methods if function.owner in facts.classes else {}
        called = facts.functions.get(name) or mine.get(name)
        known = called is not None and called is not function and called.returns  # a method to be overridden has none
        if called is not None and known and not any(r.startswith("call ") for r in called.returns):
            function.returns = called.returns
            function.return_keys = called.return_keys
    names = [name.removeprefix("call ") for name in function.returns]
    several = len(names) > 1 and len(set(names)) == len(names)
    function.returns = tuple(
        (name if several else f"result{index}" if len(names) > 1 else "result") if given.startswith("call ") else given
        for index, (given, name) in enumerate(zip(function.returns, names), 1)
    )


def name_results(facts: FileFacts, tree: ast.AST) -> None:
    """Names results that a function returns without a name.

    The names are those that a call of it is unpacked into, or those that another function takes side by side.
    """
    methods = [method for one in facts.classes.values() for method in one.methods.values()]
    functions = [*facts.functions.values(), *methods]
    taken = [[argument.name for argument in function.arguments] for function in functions]
    known = {name for names in taken for name in names}
    unpacked = list(_unpacked_calls(tree))
    for function in functions:
        named = ["" if UNNAMED.fullmatch(name) or name.startswith("call ") else name for name in function.returns]
        if len(named) < 2 or all(named):
            continue
        windows = [[*names[i : i + len(named)]] for names in taken for i in range(len(names) - len(named) + 1)]
        kind = _kind_of_results(function)
        fitting = [names for called, names in unpacked if called == function.name]
        fitting += [names for names in windows if any(named) or (kind and _are_all_of_kind(names, kind, taken))]
        for names in fitting:
            agree = all(one in ("", other) for one, other in zip(named, names))
            if len(names) == len(named) == len(set(names)) and agree and known.issuperset(names):
                function.returns = tuple(names)
                break


def _kind_of_results(function: FunctionFacts) -> re.Pattern[str] | None:
    """How results without names are called elsewhere: as gradients, or as weights if the function draws numbers."""
    if GIVES_GRADIENTS.search(function.name):
        return GRADIENT_NAME
    return WEIGHT_NAME if DRAWS.search(function.text) else None


def _are_all_of_kind(names: Sequence[str], kind: re.Pattern[str], taken: Sequence[Sequence[str]]) -> bool:
    """Whether they are all the arguments of a kind that some function takes, and nothing else."""

    def is_of_kind(name: str, others: Sequence[str]) -> bool:
        is_difference = name.startswith("d") and name[1:].strip("_") in others  # dc beside c
        return kind.search(name) is not None if kind is WEIGHT_NAME else is_difference or bool(kind.search(name))

    return any([name for name in one if is_of_kind(name, one)] == list(names) for one in taken)


def _unpacked_calls(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """What is called, and the names that its results are unpacked into."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Tuple):
            parts = node.targets[0].elts
            if all(isinstance(part, ast.Name) for part in parts):
                yield last_name(node.value.func), [part.id for part in parts if isinstance(part, ast.Name)]
