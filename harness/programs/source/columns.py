"""What the text of a program says about arrays whatever their values are: assignments, and columns of tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...recording.literals import assigned
from ...recording.source import called_name
from .places import argument_of, names_of

Pairs = Sequence[tuple[set[str], ast.expr]]
KEEPS_COLUMNS = ("astype", "to_numpy", "copy", "array", "asarray", "values")  # what leaves the columns of a table alone


def assigned_pairs(tree: ast.AST) -> Iterator[tuple[set[str], ast.expr]]:
    """(names, value) of all assignments in a tree; those of tuples and of train_test_split part by part."""
    for node in ast.walk(tree):
        for target, value in assigned(node) if isinstance(node, ast.Assign) else ():
            if not isinstance(target, ast.Tuple):
                yield names_of(target), value
            elif isinstance(value, ast.Call) and called_name(value) == "train_test_split":
                for place, part in enumerate(target.elts[: 2 * len(value.args)]):
                    yield names_of(part), value.args[place // 2]


def number_of(value: ast.expr | None, pairs: Pairs) -> int | None:
    """The whole number that an expression is, or that its name is assigned alone; None if that is not known."""
    if isinstance(value, ast.Name):
        value = meant(value, pairs)
    is_negative = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub)
    written = value.operand if isinstance(value, ast.UnaryOp) else value
    number = written.value if isinstance(written, ast.Constant) else None
    return None if type(number) is not int else -number if is_negative else number


def meant(value: ast.expr, pairs: Pairs) -> ast.expr | None:
    """What a name stands for, if it is assigned once in the file; None otherwise."""
    values = [other for names, other in pairs if isinstance(value, ast.Name) and value.id in names]
    return values[0] if len(values) == 1 else None


def row_taken(value: ast.expr | None, pairs: Pairs) -> tuple[int | None, ...] | None:
    """The shape of a row of the columns of a table that an expression takes: (2,) of ``table[:, 0:2]``.

    A slice can reach past the end of a table and then has fewer columns.

    Args:
        value: the expression, or a name that is assigned it once
        pairs: all assignments of the file

    Returns:
        () of one column, (None,) if their number is not known, None if the expression is not known to take columns.
    """
    if isinstance(value, ast.Name):
        return row_taken(meant(value, pairs), [pair for pair in pairs if value.id not in pair[0]])
    if isinstance(value, ast.Attribute) and value.attr in KEEPS_COLUMNS:
        return row_taken(value.value, pairs)
    if isinstance(value, ast.Call) and called_name(value) in KEEPS_COLUMNS:
        if called_name(value) in ("array", "asarray"):
            return row_taken(argument_of(value, "a", 0), pairs)
        return row_taken(value.func.value, pairs) if isinstance(value.func, ast.Attribute) else None
    if not isinstance(value, ast.Subscript):
        return None
    index = value.slice
    if isinstance(index, ast.Slice):  # of rows
        return row_taken(value.value, pairs)
    if isinstance(index, ast.List):  # of names, or else of rows
        names = [name for name in index.elts if isinstance(name, ast.Constant) and isinstance(name.value, str)]
        return (len(names),) if names else None
    if not isinstance(index, ast.Tuple) or len(index.elts) != 2 or not isinstance(index.elts[0], ast.Slice):
        return None
    columns = index.elts[1]
    if isinstance(columns, ast.List):
        return (len(columns.elts),)
    if isinstance(columns, ast.Slice):
        first = 0 if columns.lower is None else number_of(columns.lower, pairs)
        last = None if columns.upper is None else number_of(columns.upper, pairs)
        is_by_label = isinstance(value.value, ast.Attribute) and value.value.attr == "loc"  # which takes the last too
        if first is None or last is None or not 0 <= first < last or columns.step is not None or is_by_label:
            return (None,)
        return (last - first,)
    return None if number_of(columns, pairs) is None else ()
