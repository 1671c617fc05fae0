"""The names of results: as a function returns them, as its callers unpack them, as other functions take them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ..literals import last_name, texts_of
from .updates import WEIGHT_NAME

UNNAMED = re.compile(r"result\d*")  # what stands for a result that has no name
OF_GRADIENTS = re.compile(r"^_?d_?[A-Z]|^_?d_?(w|b|weight|bias|theta)|[Gg]rad|nabla|^delta")
GIVES_GRADIENTS = re.compile(r"back|bprop|grad|slope|deriv", re.IGNORECASE)
DRAWS = re.compile(r"\b(rand\w*|rng|normal|uniform)\b")
SAME_VALUES = ("copy", "flatten", "ravel", "reshape", "squeeze", "transpose")  # methods that give the same numbers


def result_name(node: ast.expr, index: int) -> str:
    """The name of a result: "call f" for what a call gives, and "result1" or the like if it has none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return result_name(node.value, index) if node.attr == "T" else node.attr
    if isinstance(node, ast.Subscript) and (key := texts_of([node.slice])):
        return key[0]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):  # grads[::-1] is still grads
        return result_name(node.value, index)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME_VALUES:
        return result_name(node.func.value, index)
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        return "call " + last_name(node.func)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # dscores / m is still dscores
        return result_name(node.left, index)
    return f"result{index + 1}"


def is_named(result: str) -> bool:
    """Whether the name of a result stands in the file; see ``result_name``."""
    return not UNNAMED.fullmatch(result) and not result.startswith("call ")


def part_name(node: ast.expr, index: int, arguments: set[str]) -> str:
    """The name of one of several results: an argument that is returned changed, ``W - rate * dW``, keeps its own."""
    is_changed = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Add))
    if is_changed and isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and node.left.id in arguments:
        return node.left.id
    return result_name(node, index)


def kind_of_results(name: str, text: str) -> re.Pattern[str] | None:
    """How results without names are called elsewhere: as gradients, or as weights if the function draws numbers.

    Args:
        name: the function's.
        text: its source.
    """
    if GIVES_GRADIENTS.search(name):
        return OF_GRADIENTS
    return WEIGHT_NAME if DRAWS.search(text) else None


def are_all_of_kind(names: Sequence[str], kind: re.Pattern[str], taken: Sequence[Sequence[str]]) -> bool:
    """Whether they are all the arguments of a kind that some function takes, and nothing else."""

    def is_of_kind(name: str, others: Sequence[str]) -> bool:
        is_difference = name.startswith("d") and name[1:].strip("_") in others  # dc beside c
        return kind.search(name) is not None if kind is WEIGHT_NAME else is_difference or bool(kind.search(name))

    return any([name for name in one if is_of_kind(name, one)] == list(names) for one in taken)


def unpacked_calls(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """What is called, and the names that its results are unpacked into."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Tuple):
            parts = node.targets[0].elts
            if all(isinstance(part, ast.Name) for part in parts):
                yield last_name(node.value.func), [part.id for part in parts if isinstance(part, ast.Name)]
