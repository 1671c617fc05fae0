"""What an operation is, and operations made of a derivative or of how elements move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
# an array, None, a list of gradients, or a function that gives an array, which takes long and may not be asked for
Gradient = Any
Backward = Callable[..., tuple[Gradient, ...]]
NUMERICAL_STEP = 1e-6
MOST_NUMERICAL_ELEMENTS = 256  # of all arguments together, for numerical differentiation


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation."""

    forward: Callable[..., Any]  # the operation in NumPy; it never changes its arguments
    # its vector-Jacobian product. None if the output is piecewise constant, so that no gradient flows
    backward: Backward | None


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum ``g`` over the axes along which an array of ``shape`` was broadcast."""
    g = np.asarray(g)
    if g.shape == shape:
        return g
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and g.shape[axis] != 1)
    return g.sum(axis=stretched, keepdims=True) if stretched else g


def spread(g: Array, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Array:
    """Broadcast the gradient of a reduction over ``axis`` back to ``shape``."""
    g = np.asarray(g)
    if axis is not None and not keepdims and shape:
        axes = axis if isinstance(axis, tuple) else (axis,)
        g = np.expand_dims(g, tuple(int(one) % len(shape) for one in axes))
    return np.broadcast_to(g.reshape(g.shape if axis is not None or g.size > 1 else (1,) * len(shape)), shape)


def reduced_count(shape: tuple[int, ...], axis: Any) -> int:
    """How many elements one output element of a reduction is made of."""
    if axis is None or not shape:
        return prod(shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return prod(shape[int(one)] for one in axes)


def scaled(g: Array, derivative: Any) -> Array:
    """The product, and no copy if the derivative is 1"""
    return g if isinstance(derivative, float) and derivative == 1 else g * derivative


def unary(forward: Callable[..., Any], derivative: Callable[[Array, Array], Any]) -> Operation:
    """An elementwise function of one array, with its derivative from (input, output)."""

    def backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        return (scaled(g, derivative(np.asarray(x), output)),)

    return Operation(forward=forward, backward=backward)


def binary(
    forward: Callable[..., Any],
    by_first: Callable[[Array, Array, Array], Any],
    by_second: Callable[[Array, Array, Array], Any],
) -> Operation:
    """An elementwise function of two arrays, with its partial derivatives from (first, second, output)."""

    def backward(g: Array, output: Array, x: Any, y: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        x, y = np.asarray(x), np.asarray(y)
        return (
            lambda: unbroadcast(scaled(g, by_first(x, y, output)), x.shape),
            lambda: unbroadcast(scaled(g, by_second(x, y, output)), y.shape),
        )

    return Operation(forward=forward, backward=backward)


def without_storage(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without arguments that choose where and in which precision the result is stored."""

    def forward(*args: Any, **keywords: Any) -> Any:
        kept = {name: value for name, value in keywords.items() if value is not None or name == "axis"}
        for name in ("out", "dtype", "casting", "order", "subok", "copy", "like"):
            kept.pop(name, None)
        return function(*args, **kept)

    return forward


def by_places(forward: Callable[..., Any]) -> Backward:
    """The gradient of an operation that only moves elements, found by moving their numbers along."""

    def backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        x = np.asarray(x)
        source = forward(np.arange(1, x.size + 1).reshape(x.shape), *rest, **keywords)
        whole = np.zeros(x.size + 1)
        np.add.at(whole, np.asarray(source, dtype=int).ravel(), np.asarray(g, dtype=float).ravel())
        return (whole[1:].reshape(x.shape),)

    return backward


def joined_as(forward: Callable[..., Any]) -> Backward:
    """The gradient of an operation that joins a list of arrays, found by moving the numbers of elements along."""

    def backward(g: Array, output: Array, arrays: Sequence[Any], *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        offset, numbered = 1, []
        for one in arrays:
            numbered.append(np.arange(offset, offset + np.size(one)).reshape(np.shape(one)))
            offset += np.size(one)
        whole = np.zeros(offset)
        source = np.asarray(forward(numbered, *rest, **keywords), dtype=int)
        np.add.at(whole, source.ravel(), np.asarray(g, dtype=float).ravel())
        return ([whole[numbers] for numbers in numbered],)

    return backward


def numerical_backward(forward: Callable[..., Any]) -> Backward:
    """The vector-Jacobian product of any function by central differences, for small arguments.

    Raises (when called):
        NotImplementedError: the arguments have more than ``MOST_NUMERICAL_ELEMENTS`` elements.
    """

    def backward(g: Array, output: Array, *args: Any, **keywords: Any) -> tuple[Gradient, ...]:
        is_float = [np.asarray(one).dtype.kind == "f" for one in args]
        if sum(np.size(one) for one, use in zip(args, is_float) if use) > MOST_NUMERICAL_ELEMENTS:
            raise NotImplementedError("too many elements for numerical differentiation")
        found: list[Gradient] = []
        for number, (one, use) in enumerate(zip(args, is_float)):
            if not use:
                found.append(None)
                continue
            base = np.array(one, dtype=float)
            gradient = np.zeros(base.size)
            for place in range(base.size):
                ends = []
                for sign in (1, -1):
                    moved = base.ravel().copy()
                    moved[place] += sign * NUMERICAL_STEP
                    others = [moved.reshape(base.shape) if k == number else arg for k, arg in enumerate(args)]
                    ends.append(np.sum(np.asarray(g) * np.asarray(forward(*others, **keywords))))
                gradient[place] = (ends[0] - ends[1]) / (2 * NUMERICAL_STEP)
            found.append(gradient.reshape(base.shape))
        return tuple(found)

    return backward


def moves(forward: Callable[..., Any]) -> Operation:
    """An operation on one array that only moves, drops or copies elements."""
    return Operation(forward=forward, backward=by_places(forward))


def joins(forward: Callable[..., Any]) -> Operation:
    """An operation on a list of arrays that only moves elements."""
    return Operation(forward=forward, backward=joined_as(forward))


def constant(forward: Callable[..., Any]) -> Operation:
    """An operation whose output is piecewise constant."""
    return Operation(forward=forward, backward=None)
