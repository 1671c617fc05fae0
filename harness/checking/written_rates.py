"""The learning rate of one parameter alone: what its update's line, or a line of its own before, multiplies by.

``W1 -= slow * X.T @ d1`` beside ``W2 -= fast * H.T @ d2`` is a choice of two rates. ``W1 -= lr / 2 * X.T @ d1`` is a
gradient that is half as large, because nothing says that the number is another rate.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ..recording.driving.updates import RATE_NAME
from ..recording.literals import last_name
from .reading import Reading
from .stage import Step
from .updates import numbers_in

SIZE_WORDS = frozenset({"len", "shape", "size", "ndim"})


def written_rate(reading: Reading, step: Step) -> float | None:
    """The one setting, or plain fraction, that the line of an update multiplies by; None if it has anything else."""
    stage = reading.stage
    place = stage.node(step.after).place
    change = None if place is None else change_written(place.text)
    if place is None or change is None:
        return None
    inner = stage.program.ancestors([step.after], stop=stage.parameters) - reading.forward.nodes
    on_line = [node for node in map(stage.node, inner) if node.place == place or node.is_leaf]
    numbers = {number for node in on_line for number in numbers_in(node)} - {0.0, 1.0}
    settings = [one for one in factors_written(change) if not is_array(one, stage.names_of_arrays)]
    if len(numbers) != 1 or len(settings) != 1 or not is_setting(settings[0]):
        return None
    rate = numbers.pop()
    return None if rate.is_integer() else rate


def is_scaled_in_place(text: str, arrays: Collection[str]) -> bool:
    """Whether a line only multiplies a value by a number and keeps its name: ``db *= 2``, ``db = rate * db``."""
    statement = statement_of(text)
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.op, ast.Mult) and not is_array(statement.value, arrays)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = ast.unparse(statement.targets[0])
    factors = list(factors_written(statement.value))
    others = [one for one in factors if ast.unparse(one) != target]
    return len(factors) == len(others) + 1 > 1 and not any(is_array(one, arrays) for one in others)


def statement_of(text: str) -> ast.stmt | None:
    """The only statement of a line; None if it has several, or is a part of one."""
    try:
        (statement,) = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):
        return None
    return statement


def change_written(text: str) -> ast.expr | None:
    """What a line adds to a parameter or subtracts from it; None if it is not written as such an update."""
    statement = statement_of(text)
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, (ast.Add, ast.Sub)):
        return statement.value
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.BinOp):
        return None
    value, target = statement.value, ast.unparse(statement.targets[0])
    is_change = isinstance(value.op, (ast.Add, ast.Sub)) and ast.unparse(value.left) == target
    return value.right if is_change else None


def factors_written(expression: ast.expr) -> Iterator[ast.expr]:
    """The factors of a product, in the order in which they are written."""
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, (ast.Mult, ast.MatMult)):
        yield from factors_written(expression.left)
        yield from factors_written(expression.right)
    else:
        yield expression


def is_array(factor: ast.expr, arrays: Collection[str]) -> bool:
    """Whether a factor is made of an array, and is neither its size nor divided by a number."""
    parts = list(ast.walk(factor))
    is_divided = any(isinstance(one, ast.Div) for one in parts)
    names = {last_name(one) for one in parts}
    return not is_divided and names.isdisjoint(SIZE_WORDS) and not names.isdisjoint(arrays)


def is_setting(factor: ast.expr) -> bool:
    """Whether a factor is a name or a plain fraction"""
    return bool(last_name(factor)) or (isinstance(factor, ast.Constant) and isinstance(factor.value, float))


def rate_names(text: str) -> list[str]:
    """The names of learning rates in a line, such as "self.lr", as often as they are there"""
    return [one for one in re.findall(r"[\w.]+", text) if RATE_NAME.search(one.rpartition(".")[2])]
