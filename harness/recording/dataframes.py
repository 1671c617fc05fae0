"""Tables of pandas that take part in the arithmetic: what is done with them is recorded as with arrays.

A table stays what it is, and remembers its node. Only tables are followed that have met something recorded: the
preparation of data is not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import BINARY, COMPARISONS, UNARY
from .creators import asked_by_user
from .graph import Kind
from .operations import run_function, run_ufunc
from .values import (
    NUMERIC,
    TABLE_NODE,
    TABLE_ORIGIN,
    TAPE,
    RecordedArray,
    RecordedNumber,
    adopt,
    is_table,
    known_node_of_table,
    leaf,
    node_of_table,
    numbers_of_table,
    plain,
    record,
    wrap,
)

REDUCTIONS = ("sum", "mean", "max", "min")
WITH_AXIS = {"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "divide": "divide", "pow": "power"}
TOLERANCE = 1e-9  # relative, of sums that are added up in another order


def install(pandas: Any) -> None:
    """Record what is done with tables. For the process of one recorded run."""
    for kind in (pandas.DataFrame, pandas.Series):
        for name, operation in (BINARY | COMPARISONS).items():
            _replace(kind, f"__{name}__", operation, lambda self, other: (self, other))
        for name, operation in BINARY.items():
            _replace(kind, f"__r{name}__", operation, lambda self, other: (other, self))
        for name, operation in UNARY.items():
            _replace(kind, f"__{name}__", operation, lambda self: (self,))
        for name, operation in WITH_AXIS.items():
            _replace(kind, name, operation, _along_axis)
        for name in REDUCTIONS:
            setattr(kind, name, _reduction(getattr(kind, name), name))
        _replace(kind, "dot", "dot", lambda self, other: (self, other))
        _replace(kind, "__matmul__", "dot", lambda self, other: (self, other))
        _replace(kind, "__rmatmul__", "dot", lambda self, other: (other, self))
        _replace(kind, "transpose", "transpose", lambda self: (self,))
        kind.T = property(lambda self: self.transpose())
        kind.values = property(_recorded_numbers(kind.values.fget))
        kind.to_numpy = _recorded_numbers(kind.to_numpy)
        kind.__array_ufunc__ = _ufunc_of(kind.__array_ufunc__)
        kind.__array_function__ = _function
        kind.__init__ = _given_plain(kind.__init__)
        kind.__setitem__ = _given_plain(kind.__setitem__)
        kind.__finalize__ = _handed_down(kind.__finalize__)
        for indexer in ("iloc", "loc", "iat", "at"):
            access = type(getattr(kind([1.0]), indexer))
            if not hasattr(access.__getitem__, "__wrapped__"):
                access.__getitem__ = _taking_numbers(access.__getitem__)
    pandas.Series.__getitem__ = _taking_numbers(pandas.Series.__getitem__)
    pandas.Series.__iter__ = _iterating(pandas.Series.__iter__)


def _is_followed(values: Any) -> bool:
    """Whether something recorded, or a table that has met such, is among the values."""
    return any(
        isinstance(value, (RecordedArray, RecordedNumber))
        or (is_table(value) and known_node_of_table(value) is not None)
        for value in values
    )


def _replace(kind: Any, name: str, operation: str, operands_of: Callable[..., tuple[Any, ...]]) -> None:
    """Let a method of tables be recorded as an operation of NumPy.

    Args:
        operands_of: the operands, of the method's arguments.
    """
    real = getattr(kind, name)

    @functools.wraps(real)
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        if not TAPE.on or not _is_followed((self, *arguments)):
            return real(self, *arguments, **options)
        with TAPE.paused():
            result = real(self, *map(plain, arguments), **options)
        try:
            operands = operands_of(self, *arguments, **options)
        except TypeError:  # with an option that arrays do not have
            return result
        return _followed(result, operation, operands, {})

    setattr(kind, name, call)


def _followed(result: Any, operation: str, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The result of a method with its node, if NumPy gives the same: pandas may have matched the labels of rows."""
    with TAPE.paused():
        plain_operands = [numbers_of_table(item) if is_table(item) else plain(item) for item in operands]
        value: Any = numbers_of_table(result) if is_table(result) else result
        try:
            expected = getattr(np, operation)(*plain_operands, **options)
            is_same = np.shape(expected) == np.shape(value) and np.allclose(expected, value, TOLERANCE, 0, True)
        except (TypeError, ValueError):
            return result
    return wrap(result, record(operation, operands, options, value)) if is_same else result


def _along_axis(self: Any, other: Any, axis: Any = "columns", **_: Any) -> tuple[Any, Any]:
    """The operands of a method with an axis: along the index, a row of the other one belongs to a row of the table."""
    if axis in (0, "index") and self.ndim == 2 and np.ndim(other) == 1:
        node = node_of_table(other) if is_table(other) else None
        column = other if node is None else wrap(numbers_of_table(other), node)
        return self, column.reshape(-1, 1)
    return self, other


def _reduction(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """``sum`` and the like: over the rows, if nothing else is said."""

    @functools.wraps(real)
    def reduce(self: Any, axis: Any = 0, **options: Any) -> Any:
        if not TAPE.on or not _is_followed((self,)):
            return real(self, axis=axis, **options)
        with TAPE.paused():
            result = real(self, axis=axis, **options)
        place = {"index": 0, "rows": 0, "columns": 1}.get(axis, axis) if isinstance(axis, str) else axis
        return _followed(result, name, (self,), {"axis": place if self.ndim == 2 else None})

    return reduce


def _recorded_numbers(real: Callable[..., Any]) -> Callable[..., Any]:
    """``values`` and ``to_numpy``: an array with the table's history, from which the user's file takes its data."""

    def numbers(self: Any, *arguments: Any, **options: Any) -> Any:
        array = real(self, *arguments, **options)
        if not TAPE.on or not asked_by_user():
            return array
        node = known_node_of_table(self)
        return adopt(array) if node is None or array.dtype.kind not in NUMERIC else wrap(array, node)

    return numbers


def _taking_numbers(real: Callable[..., Any]) -> Callable[..., Any]:
    """An access to a table: a number that the user's file takes from it is a leaf."""

    @functools.wraps(real)
    def take(self: Any, key: Any) -> Any:
        value = real(self, plain(key))
        return leaf(value, "array", Kind.DATA) if TAPE.on and asked_by_user() else value

    return take


def _iterating(real: Callable[..., Any]) -> Callable[..., Any]:
    """A loop over the numbers of a column."""

    @functools.wraps(real)
    def iterate(self: Any) -> Any:
        is_recorded = TAPE.on and asked_by_user()
        return (leaf(value, "array", Kind.DATA) if is_recorded else value for value in real(self))

    return iterate


def _given_plain(real: Callable[..., Any]) -> Callable[..., Any]:
    """A method that keeps what it is given: plain numbers, so that what pandas does with them is not recorded."""

    @functools.wraps(real)
    def keep(self: Any, *arguments: Any, **options: Any) -> None:
        real(self, *map(plain, arguments), **{name: plain(value) for name, value in options.items()})

    return keep


def _handed_down(real: Callable[..., Any]) -> Callable[..., Any]:
    """What pandas calls for a table that it makes from another one, which is remembered as its origin."""

    @functools.wraps(real)
    def finalize(self: Any, other: Any, *arguments: Any, **options: Any) -> Any:
        origin = vars(other).get(TABLE_NODE, vars(other).get(TABLE_ORIGIN)) if is_table(other) else None
        if origin is not None:
            object.__setattr__(self, TABLE_ORIGIN, origin)
        return real(self, other, *arguments, **options)

    return finalize


def _ufunc_of(real: Callable[..., Any]) -> Callable[..., Any]:
    """A ufunc with a table among its operands."""

    def call(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if not TAPE.on or not _is_followed(inputs):
            return real(self, ufunc, method, *inputs, **options)
        return run_ufunc(ufunc, method, inputs, options)

    return call


def _function(self: Any, function: Any, types: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A function of NumPy with a table among its arguments, which pandas leaves to the function."""
    given = [*arguments, *options.values()]
    given += [item for value in given if isinstance(value, (list, tuple)) for item in value]
    if not TAPE.on or not _is_followed(given):
        return function._implementation(*arguments, **options)
    return run_function(function, arguments, options)
