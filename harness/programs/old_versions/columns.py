"""Changes of a column of a table in place, as pandas made them before version 3, in which a copy is changed.

A program that was written then fills gaps with ``table["age"].fillna(0, inplace=True)`` or writes
``table["age"][rows] = 0``, and would train on a table that nothing was changed in.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .scalars import as_elements

OF_COLUMNS = "changes of a column in place (pandas 3 changes a copy)"  # what is noted of them


def is_column(table: Any, column: Any) -> bool:
    """Whether something is a column of a table of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame) and isinstance(column, pandas.Series)


class _Part:
    """Stands for ``whole[key]`` while one of its items is assigned."""

    def __init__(self, whole: Any, key: Any, note: Callable[[], None]) -> None:
        self.whole, self.key, self.note = whole, key, note

    def __getitem__(self, index: Any) -> Any:
        return self.whole[self.key][index]

    def __setitem__(self, index: Any, value: Any) -> None:
        part = self.whole[self.key]
        as_elements(part)[index] = value
        if is_column(self.whole, part):
            self.note()
            self.whole[self.key] = part


def changing_columns(supplied: list[str]) -> Mapping[str, Callable[..., Any]]:
    """What a program that is run must find under these names.

    Args:
        supplied: gets a word about a column that is changed.
    """

    def note() -> None:
        if OF_COLUMNS not in supplied:
            supplied.append(OF_COLUMNS)

    def part_of(whole: Any, key: Any) -> Any:
        return _Part(whole, key, note)

    def change(whole: Any, key: Any, method: str, *arguments: Any, **options: Any) -> Any:
        column = whole[key]
        if not is_column(whole, column):
            return getattr(column, method)(*arguments, **options, inplace=True)
        changed = getattr(column, method)(*arguments, **options, inplace=False)
        if is_column(whole, changed):
            note()
            whole[key] = changed
        return None

    return {"__part_of__": part_of, "__change__": change}


def with_old_columns(tree: ast.Module) -> ast.Module:
    """A program that changes columns of tables in place as it once did; lines stay."""
    return ast.fix_missing_locations(_OldColumns().visit(tree))


class _OldColumns(ast.NodeTransformer):
    """``a[b][c] = d`` as ``__part_of__(a, b)[c] = d``; ``a[b].f(inplace=True)`` as ``__change__(a, b, "f")``."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """One part of a part that is assigned."""
        self.generic_visit(node)
        inner = node.value
        if isinstance(node.ctx, ast.Store) and isinstance(inner, ast.Subscript) and is_key(inner.slice):
            node.value = called("__part_of__", [inner.value, inner.slice], [], inner)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """One call, maybe of a method of a column."""
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(ast.Subscript(whole, key), method) if is_key(key):
                others = [keyword for keyword in node.keywords if not is_in_place(keyword)]
                name = ast.copy_location(ast.Constant(method), node)
                if len(others) < len(node.keywords):
                    return called("__change__", [whole, key, name, *node.args], others, node)
        return node


def is_key(index: ast.expr) -> bool:
    """Whether an index may be the name of a column."""
    return not isinstance(index, (ast.Slice, ast.Tuple))


def is_in_place(keyword: ast.keyword) -> bool:
    """Whether it is the argument ``inplace=True``."""
    return keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True


def called(name: str, arguments: list[ast.expr], keywords: list[ast.keyword], at: ast.AST) -> ast.expr:
    """The call of a function, at the place of something."""
    function = ast.copy_location(ast.Name(name, ast.Load()), at)
    return ast.copy_location(ast.Call(function, arguments, keywords), at)
