"""Arrays of one element as numbers, as NumPy took them before version 2.4.

An element of an array could be such an array, and so could what ``float``, ``int`` and the functions of ``math`` are
given. A program that was written then fails before it has its data.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

TAKES_SEQUENCES = ("fsum", "prod", "dist", "sumprod")  # functions of math that are given several numbers at once


def as_number(value: Any) -> Any:
    """The number in an array of one element; everything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim and value.size == 1 else value


class _Elements:
    """An array whose elements can be assigned arrays of one element."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __getitem__(self, index: Any) -> Any:
        return self.array[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        try:
            self.array[index] = value
        except (TypeError, ValueError):
            if as_number(value) is value:
                raise
            self.array[index] = as_number(value)


def as_elements(values: Any) -> Any:
    """What parts of ``values`` are assigned through."""
    return _Elements(values) if type(values) is np.ndarray and values.dtype.kind in "biufc" else values


# what a program that is run must find under these names
SCALARS: Mapping[str, Callable[[Any], Any]] = {"__as_number__": as_number, "__as_elements__": as_elements}


def with_old_scalars(tree: ast.Module) -> ast.Module:
    """A program whose arrays of one element are taken for numbers as they once were; lines stay."""
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "math"]
    names = {alias.asname or alias.name for node in imported for alias in node.names} - {*TAKES_SEQUENCES, "*"}
    return ast.fix_missing_locations(_OldScalars({"float", "int"} | names).visit(tree))


class _OldScalars(ast.NodeTransformer):
    """``a[i] = b`` as ``__as_elements__(a)[i] = b``, and ``float(b)`` as ``float(__as_number__(b))``."""

    def __init__(self, functions: set[str]) -> None:
        self.functions = functions

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """One part of something that is assigned."""
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Store):
            node.value = _called("__as_elements__", node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """One call of a function that takes numbers."""
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(ast.Name("math"), name):
                takes_numbers = name not in TAKES_SEQUENCES
            case ast.Name(name):
                takes_numbers = name in self.functions
            case _:
                takes_numbers = False
        if takes_numbers:
            node.args = [
                part if isinstance(part, (ast.Constant, ast.Starred)) else _called("__as_number__", part)
                for part in node.args
            ]
        return node


def _called(name: str, value: ast.expr) -> ast.expr:
    """The call of a function with a value, at its place."""
    function = ast.copy_location(ast.Name(name, ast.Load()), value)
    return ast.copy_location(ast.Call(function, [value], []), value)
