"""How often the loops go round that a run was inside of when its recording ended: how long the file trains.

A recording ends after a few updates, so the rest of a training is read from what its loops count to. Only expressions
that do nothing but compute are evaluated again.
"""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any, TypeAlias

from .graph import Loop
from .source import called_name
from .tape import SourceFile

Statement: TypeAlias = ast.For | ast.While
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

HANDING_ON = frozenset({"enumerate", "tqdm", "list", "tuple", "reversed", "sorted", "iter", "trange"})
COMPUTING = frozenset({"len", "int", "float", "min", "max", "round", "ceil", "floor", "range"})
PURE = (
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Subscript,
    ast.operator,
    ast.unaryop,
    ast.Load,
)

COST = re.compile(r"cost|loss|objective|entropy|likelihood|mse|squared_err", re.IGNORECASE)
SHOWING = frozenset({"print", "append", "format", "str", "round", "float", "item", "len", "write", "set_description"})


def loops_of(error: BaseException, sources: Mapping[str, SourceFile]) -> tuple[Loop, ...]:
    """The loops around the operation that ended a run, outermost first.

    Args:
        error: what ended it.
        sources: the user's files, by the names that their code has.
    """
    found: dict[tuple[str, int], Loop] = {}
    trees: dict[str, ast.Module] = {}
    for frame, line in traceback.walk_tb(error.__traceback__):
        source = sources.get(frame.f_code.co_filename)
        if source is None:
            continue
        if source.name not in trees:
            trees[source.name] = ast.parse("\n".join(source.lines))
        for loop in enclosing(trees[source.name], line):
            one = Loop(
                file=source.name, line=loop.lineno, end_line=loop.end_lineno or loop.lineno, count=rounds(loop, frame)
            )
            found.setdefault((one.file, one.line), one)
    return tuple(found.values())


def enclosing(tree: ast.AST, line: int) -> Iterator[Statement]:
    """The loops around a line, outermost first, inside of the function that it belongs to."""
    inside: list[Statement] = []
    for node in ast.walk(tree):  # outer nodes come before those inside of them
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, Function):
            inside = []
        elif isinstance(node, Statement):
            inside.append(node)
    yield from inside


def costs_in(loop: Statement) -> Iterator[ast.stmt]:
    """The statements of a loop that compute a cost, by their words, and do not only show or keep one."""
    for node in ast.walk(loop):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)) and COST.search(ast.unparse(node)):
            parts = list(ast.walk(node))
            calls = any(isinstance(one, ast.Call) and called_name(one) not in SHOWING for one in parts)
            if calls or (not isinstance(node, ast.Expr) and any(isinstance(one, ast.BinOp) for one in parts)):
                yield node


def rounds(loop: Statement, frame: FrameType) -> int | None:
    """How often a loop goes round if nothing ends it before; None if that is not known."""
    with suppress(Exception):  # the names may be bound to anything by now
        if isinstance(loop, ast.For):
            return length(loop.iter, frame)
        return counted(loop, frame)
    return None


def length(node: ast.expr, frame: FrameType) -> int | None:
    """The number of items that an expression gives to a loop."""
    if isinstance(node, ast.Call):
        name = called_name(node)
        if name == "zip":
            known = [length(one, frame) for one in node.args]
            return min((one for one in known if one is not None), default=None)
        if name in ("trange", "permutation") and node.args:
            value = evaluated(node.args[0], frame)
            return len(value) if hasattr(value, "__len__") else None if value is None else int(value)
        if name in HANDING_ON and node.args:
            return length(node.args[0], frame)
    value = evaluated(node, frame)
    return len(value) if hasattr(value, "__len__") else None


def counted(loop: ast.While, frame: FrameType) -> int | None:
    """The bound of ``while i < bound`` if each round adds 1 to i."""
    test = loop.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.left, ast.Name):
        return None
    counts_up = any(
        isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add)
        and ast.unparse(node.target) == test.left.id
        and ast.unparse(node.value) == "1"
        for node in loop.body
    )
    bound = evaluated(test.comparators[0], frame) if counts_up else None
    if bound is None or not isinstance(test.ops[0], (ast.Lt, ast.LtE)):
        return None
    return int(bound) + isinstance(test.ops[0], ast.LtE)


def evaluated(node: ast.expr, frame: FrameType) -> Any:
    """The value of an expression that only computes; None for others."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            if called_name(one) not in COMPUTING:
                return None
        elif not isinstance(one, PURE):
            return None
    return eval(compile(ast.Expression(node), "<loop>", "eval"), frame.f_globals, dict(frame.f_locals))
