"""What each NumPy operation computes, and its vector-Jacobian product: the one table that gradients are made from.

``OPERATIONS[name].forward(*args, **keywords)`` is the operation, and
``OPERATIONS[name].backward(g, output, *args, **keywords)`` returns the gradient of ``sum(g * output)`` with respect to
each argument: an array of the argument's shape, a list of gradients for a list of arrays, or None if the output does
not depend on the argument smoothly (an index, an axis, a shape).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Gradient = Any  # an array, None, or a list of gradients
Backward = Callable[..., tuple[Gradient, ...]]

SQRT_PI = float(np.sqrt(np.pi))
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


def unary(forward: Callable[..., Any], derivative: Callable[[Array, Array], Any]) -> Operation:
    """An elementwise function of one array, with its derivative from (input, output)."""

    def backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        return (g * derivative(np.asarray(x), output),)

    return Operation(forward=forward, backward=backward)


def binary(
    forward: Callable[..., Any],
    by_first: Callable[[Array, Array, Array], Any],
    by_second: Callable[[Array, Array, Array], Any],
) -> Operation:
    """An elementwise function of two arrays, with its partial derivatives from (first, second, output)."""

    def backward(g: Array, output: Array, x: Any, y: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        x, y = np.asarray(x), np.asarray(y)
        return (unbroadcast(g * by_first(x, y, output), x.shape), unbroadcast(g * by_second(x, y, output), y.shape))

    return Operation(forward=forward, backward=backward)


# Elementwise functions


def power_by_base(x: Array, y: Array, output: Array) -> Array:
    """y x^(y - 1), 0 for y = 0"""
    y = np.asarray(y, dtype=float)
    return np.where(y == 0, 0.0, y * np.power(np.asarray(x, dtype=float), np.where(y == 0, 1.0, y - 1)))


def power_by_exponent(x: Array, y: Array, output: Array) -> Array:
    """x^y log x, 0 for x = 0; a negative base has an integer exponent, through which no gradient flows"""
    return np.where(x > 0, output * np.log(np.where(x > 0, x, 1)), 0.0)


def power(x: Any, y: Any) -> Any:
    """x^y in floating point: NumPy refuses integers to negative integer powers, which a replay never means."""
    x = np.asarray(x)
    return np.power(x.astype(float) if x.dtype.kind in "iub" and np.any(np.asarray(y) < 0) else x, y)


def expit(x: Any) -> Array:
    """1 / (1 + exp(-x)) without overflow"""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, dtype=float))))


def erf(x: Any) -> Any:
    """The error function (SciPy is loaded for it alone)."""
    from scipy import special

    return special.erf(x)


def clip_backward(
    g: Array, output: Array, x: Any, a_min: Any = None, a_max: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """1 inside the limits, 0 outside"""
    a_min, a_max = keywords.get("min", a_min), keywords.get("max", a_max)
    inside = np.ones(np.shape(x), dtype=bool)
    if a_min is not None:
        inside = inside & (np.asarray(x) >= a_min)
    if a_max is not None:
        inside = inside & (np.asarray(x) <= a_max)
    return (g * inside,)


def where_backward(g: Array, output: Array, condition: Any, x: Any, y: Any) -> tuple[Gradient, ...]:
    """To x where the condition holds, to y elsewhere"""
    chosen = np.asarray(condition, dtype=bool)
    return None, unbroadcast(np.where(chosen, g, 0.0), np.shape(x)), unbroadcast(np.where(chosen, 0.0, g), np.shape(y))


# Products


def matmul_backward(g: Array, output: Array, x: Any, y: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """g y^T and x^T g, with vectors as one row or one column, summed over broadcast leading axes"""
    x, y, g = np.asarray(x), np.asarray(y), np.asarray(g)
    if x.ndim == 1 and y.ndim == 1:
        return g * y, g * x
    rows = x[None, :] if x.ndim == 1 else x
    columns = y[:, None] if y.ndim == 1 else y
    upstream = g[..., None, :] if x.ndim == 1 else g
    upstream = upstream[..., None] if y.ndim == 1 else upstream
    by_x = unbroadcast(np.matmul(upstream, np.swapaxes(columns, -1, -2)), rows.shape)
    by_y = unbroadcast(np.matmul(np.swapaxes(rows, -1, -2), upstream), columns.shape)
    return by_x.reshape(x.shape), by_y.reshape(y.shape)


def dot_backward(g: Array, output: Array, x: Any, y: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """As matmul for matrices; a sum over the last axis of x and the last but one of y for more axes"""
    x, y, g = np.asarray(x), np.asarray(y), np.asarray(g)
    if x.ndim == 0 or y.ndim == 0:
        return unbroadcast(g * y, x.shape), unbroadcast(g * x, y.shape)
    if x.ndim <= 2 and y.ndim <= 2:
        return matmul_backward(g, output, x, y)
    inner_y = y.ndim - 2 if y.ndim > 1 else 0
    return tensordot_backward(g, output, x, y, ([x.ndim - 1], [inner_y]))


def tensordot_backward(g: Array, output: Array, x: Any, y: Any, axes: Any = 2, **keywords: Any) -> tuple[Gradient, ...]:
    """The outer axes of g against those of the other factor"""
    x, y, g = np.asarray(x), np.asarray(y), np.asarray(g)
    if np.ndim(axes) == 0:
        count = int(axes)
        of_x, of_y = list(range(x.ndim - count, x.ndim)), list(range(count))
    else:
        of_x = [int(one) % x.ndim for one in np.atleast_1d(axes[0])]
        of_y = [int(one) % y.ndim for one in np.atleast_1d(axes[1])]
    free_x = [axis for axis in range(x.ndim) if axis not in of_x]
    free_y = [axis for axis in range(y.ndim) if axis not in of_y]
    by_x = np.tensordot(g, y, axes=(list(range(len(free_x), g.ndim)), free_y))
    by_y = np.tensordot(g, x, axes=(list(range(len(free_x))), free_x))
    summed = np.argsort(of_y)  # by_x has the summed axes in the order of y
    order_x = free_x + [of_x[int(one)] for one in summed]
    order_y = free_y + [of_y[int(one)] for one in np.argsort(of_x)]
    return np.transpose(by_x, np.argsort(order_x)), np.transpose(by_y, np.argsort(order_y))


def inner_backward(g: Array, output: Array, x: Any, y: Any) -> tuple[Gradient, ...]:
    """A sum over the last axis of both"""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == 0 or y.ndim == 0:
        return unbroadcast(g * y, x.shape), unbroadcast(g * x, y.shape)
    return tensordot_backward(g, output, x, y, ([x.ndim - 1], [y.ndim - 1]))


def outer_backward(g: Array, output: Array, x: Any, y: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """g y and g^T x, of the flattened factors"""
    x, y = np.asarray(x), np.asarray(y)
    return (g @ y.ravel()).reshape(x.shape), (g.T @ x.ravel()).reshape(y.shape)


def vdot_backward(g: Array, output: Array, x: Any, y: Any) -> tuple[Gradient, ...]:
    """The sum of the products of all elements"""
    x, y = np.asarray(x), np.asarray(y)
    return g * y.reshape(x.shape), g * x.reshape(y.shape)


def einsum_terms(subscripts: str, operands: Sequence[Array]) -> tuple[list[str], str]:
    """The labels of each operand and of the output, the implicit output written out."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if not arrow:
        right = "".join(sorted(label for label in set(left) - {","} if left.count(label) == 1))
    return terms, right


def einsum_backward(g: Array, output: Array, subscripts: Any, *operands: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """The einsum of g with all other operands, for labels without an ellipsis or a repeated one in an operand"""
    arrays = [np.asarray(one) for one in operands]
    terms, right = einsum_terms(str(subscripts), arrays)
    if "." in str(subscripts) or any(len(set(term)) != len(term) for term in terms):
        raise NotImplementedError("einsum with an ellipsis or a diagonal")
    found: list[Gradient] = [None]
    for number, (term, operand) in enumerate(zip(terms, arrays)):
        others = [one for place, one in enumerate(terms) if place != number]
        arrays_of_others = [one for place, one in enumerate(arrays) if place != number]
        known = set(right).union(*others)
        kept = "".join(label for label in term if label in known)
        one = np.einsum(",".join([right, *others]) + "->" + kept, g, *arrays_of_others)
        shape = tuple(size if label in known else 1 for label, size in zip(term, operand.shape))
        found.append(np.broadcast_to(one.reshape(shape), operand.shape))
    return tuple(found)


def einsum(subscripts: Any, *operands: Any, **keywords: Any) -> Any:
    """einsum without its options of optimisation"""
    return np.einsum(str(subscripts), *operands)


def multi_dot_backward(g: Array, output: Array, arrays: Sequence[Any]) -> tuple[Gradient, ...]:
    """Through the chain of products, from left to right"""
    values = [np.asarray(one) for one in arrays]
    products = [values[0]]
    for one in values[1:]:
        products.append(products[-1] @ one)
    found: list[Gradient] = [None] * len(values)
    for number in range(len(values) - 1, 0, -1):
        g, found[number] = matmul_backward(g, products[number], products[number - 1], values[number])
    found[0] = g
    return (found,)


# Reductions


def without_storage(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without arguments that choose where and in which precision the result is stored."""

    def forward(*args: Any, **keywords: Any) -> Any:
        kept = {name: value for name, value in keywords.items() if value is not None or name == "axis"}
        for name in ("out", "dtype", "casting", "order", "subok", "copy", "like"):
            kept.pop(name, None)
        return function(*args, **kept)

    return forward


def sum_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, **keywords: Any
) -> tuple[Gradient, ...]:
    """1 for each element"""
    if isinstance(x, (list, tuple)):
        whole = sum_backward(g, output, np.asarray(x), axis, **keywords)[0]
        return (list(whole),)
    return (spread(g, np.shape(x), axis, bool(keywords.get("keepdims"))),)


def mean_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, **keywords: Any
) -> tuple[Gradient, ...]:
    """1 / n for each element"""
    shape = np.shape(x)
    whole = spread(g, shape, axis, bool(keywords.get("keepdims"))) / reduced_count(shape, axis)
    return (list(whole),) if isinstance(x, (list, tuple)) else (whole,)


def average_backward(
    g: Array, output: Array, x: Any, axis: Any = None, weights: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """w / sum(w) for each element"""
    if weights is None:
        return mean_backward(g, output, x, axis, **keywords)
    shape = np.shape(x)
    w = np.broadcast_to(np.asarray(weights), shape) if np.shape(weights) == shape else None
    if w is None:
        one = [1] * len(shape)
        one[axis] = -1
        w = np.broadcast_to(np.asarray(weights).reshape(one), shape)
    whole = spread(g, shape, axis, bool(keywords.get("keepdims")))
    return (whole * w / np.sum(w, axis=axis, keepdims=True),)


def extreme_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, **keywords: Any
) -> tuple[Gradient, ...]:
    """To the extreme element, in equal shares if there are several"""
    x = np.asarray(x)
    keepdims = bool(keywords.get("keepdims"))
    chosen = x == spread(output, x.shape, axis, keepdims)
    shares = chosen / np.sum(chosen, axis=axis, keepdims=True)
    return (spread(g, x.shape, axis, keepdims) * shares,)


def var_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, ddof: int = 0, **keywords: Any
) -> tuple[Gradient, ...]:
    """2 (x - mean) / (n - ddof)"""
    x = np.asarray(x)
    whole = spread(g, x.shape, axis, bool(keywords.get("keepdims")))
    return (whole * 2 * (x - np.mean(x, axis=axis, keepdims=True)) / (reduced_count(x.shape, axis) - ddof),)


def std_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, ddof: int = 0, **keywords: Any
) -> tuple[Gradient, ...]:
    """That of the variance over 2 std"""
    return var_backward(np.asarray(g) / (2 * np.asarray(output)), output, x, axis, ddof=ddof, **keywords)


def prod_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, **keywords: Any
) -> tuple[Gradient, ...]:
    """The product of all others (of elements that are not 0)"""
    x = np.asarray(x)
    keepdims = bool(keywords.get("keepdims"))
    return (spread(np.asarray(g) * output, x.shape, axis, keepdims) / x,)


def cumsum_backward(
    g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, **keywords: Any
) -> tuple[Gradient, ...]:
    """The sum of all later ones"""
    x = np.asarray(x)
    if axis is None:
        return (np.flip(np.cumsum(np.flip(g))).reshape(x.shape),)
    return (np.flip(np.cumsum(np.flip(g, axis), axis), axis),)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """numpy.linalg.norm"""
    return np.linalg.norm(np.asarray(x, dtype=float), ord=ord, axis=axis, keepdims=keepdims)


def norm_backward(
    g: Array, output: Array, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> tuple[Gradient, ...]:
    """x / norm for the Euclidean and the Frobenius norm, sign(x) for the 1-norm of vectors"""
    x = np.asarray(x, dtype=float)
    whole, size = spread(g, x.shape, axis, keepdims), spread(output, x.shape, axis, keepdims)
    euclidean = ord is None or ord == "fro" or (ord == 2 and (x.ndim == 1 or isinstance(axis, (int, np.integer))))
    if euclidean:
        return (whole * x / np.where(size == 0, 1, size),)
    if ord == 1 and (x.ndim == 1 or isinstance(axis, (int, np.integer))):
        return (whole * np.sign(x),)
    raise NotImplementedError("a matrix norm")


def logsumexp(x: Any, axis: Any = None, b: Any = None, keepdims: bool = False, **keywords: Any) -> Any:
    """log sum exp, shifted by the largest"""
    x = np.asarray(x, dtype=float)
    most = np.max(x, axis=axis, keepdims=True)
    found = most + np.log(np.sum(np.exp(x - most), axis=axis, keepdims=True))
    return found if keepdims else np.squeeze(found, axis=axis)


def logsumexp_backward(
    g: Array, output: Array, x: Any, axis: Any = None, b: Any = None, keepdims: bool = False, **keywords: Any
) -> tuple[Gradient, ...]:
    """softmax"""
    x = np.asarray(x, dtype=float)
    return (spread(g, x.shape, axis, keepdims) * np.exp(x - spread(output, x.shape, axis, keepdims)),)


def softmax(x: Any, axis: Any = None, **keywords: Any) -> Array:
    """exp(x_i) / sum_j exp(x_j)"""
    x = np.asarray(x, dtype=float)
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return np.asarray(e / np.sum(e, axis=axis, keepdims=True))


def softmax_backward(g: Array, output: Array, x: Any, axis: Any = None, **keywords: Any) -> tuple[Gradient, ...]:
    """a (g - sum g a)"""
    return (output * (g - np.sum(g * output, axis=axis, keepdims=True)),)


def log_softmax(x: Any, axis: Any = None, **keywords: Any) -> Array:
    """x - logsumexp"""
    return np.asarray(x - logsumexp(x, axis=axis, keepdims=True))


def log_softmax_backward(g: Array, output: Array, x: Any, axis: Any = None, **keywords: Any) -> tuple[Gradient, ...]:
    """g - softmax sum g"""
    return (g - np.exp(output) * np.sum(g, axis=axis, keepdims=True),)


# Shapes


def same_elements_backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """The elements in the same order, in the argument's shape"""
    if isinstance(x, (list, tuple)):
        return (split_like(np.asarray(g).reshape(np.shape(output)), x),)
    return (np.reshape(g, np.shape(x)),)


def split_like(g: Array, values: Any) -> Gradient:
    """The gradient of an array made of nested lists, as lists of the same nesting"""
    if isinstance(values, (list, tuple)):
        return [split_like(one, value) for one, value in zip(g, values)]
    return g


def array_forward(values: Any, *rest: Any, dtype: Any = None, **keywords: Any) -> Array:
    """np.array; precision is that of the replay, kinds (integer, boolean) are those of the file"""
    found = np.array(values)
    return found if dtype is None else astype(found, dtype)


def astype(x: Any, dtype: Any, *rest: Any, **keywords: Any) -> Array:
    """Conversion to integers or booleans as in the file, to any precision of floats as float64"""
    kind = np.dtype(dtype)
    return np.array(x, dtype=kind) if kind.kind in "iubSUO" else np.array(np.real(x), dtype=np.float64)


def astype_backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """The identity for floats; nothing comes back from integers"""
    if np.asarray(output).dtype.kind in "iub":
        return (np.zeros(np.shape(x)),)
    return same_elements_backward(g, output, x)


def reshape(x: Any, *shape: Any, **keywords: Any) -> Array:
    """np.reshape with the shape as one tuple or as several numbers"""
    wanted = keywords.get("shape", keywords.get("newshape", shape))
    if isinstance(wanted, (tuple, list)) and len(wanted) == 1 and np.ndim(wanted[0]) == 1:
        wanted = wanted[0]
    order: Any = keywords.get("order") or "C"
    sizes: Any = (wanted,) if np.ndim(wanted) == 0 else wanted
    shape_of_output: Any = tuple(int(one) for one in sizes)
    return np.reshape(x, shape_of_output, order=order)


def reshape_backward(g: Array, output: Array, x: Any, *shape: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """The elements in the same order, in the argument's shape"""
    return (np.reshape(g, np.shape(x), order=keywords.get("order") or "C"),)


def ravel(x: Any, order: Any = "C", **keywords: Any) -> Array:
    """np.ravel"""
    return np.ravel(x, order=order or "C")


def ravel_backward(g: Array, output: Array, x: Any, order: Any = "C", **keywords: Any) -> tuple[Gradient, ...]:
    """The elements in the same order, in the argument's shape"""
    return (np.reshape(g, np.shape(x), order=order or "C"),)


def transpose(x: Any, *axes: Any) -> Array:
    """np.transpose with the axes as one tuple or as several numbers"""
    return np.transpose(x, axes_of(axes))


def axes_of(axes: tuple[Any, ...]) -> tuple[int, ...] | None:
    """The axes of transpose; None reverses them all"""
    wanted = axes[0] if len(axes) == 1 and (axes[0] is None or np.ndim(axes[0]) == 1) else axes
    return None if wanted is None or len(wanted) == 0 else tuple(int(one) for one in wanted)


def transpose_backward(g: Array, output: Array, x: Any, *axes: Any) -> tuple[Gradient, ...]:
    """The axes back"""
    order = axes_of(axes)
    return (np.transpose(g) if order is None else np.transpose(g, np.argsort(order)),)


def repeat_backward(g: Array, output: Array, x: Any, repeats: Any, axis: Any = None) -> tuple[Gradient, ...]:
    """The sum over the copies"""
    x = np.asarray(x)
    source = np.repeat(np.arange(x.size if axis is None else x.shape[axis]), repeats)
    whole = np.zeros(x.size if axis is None else np.moveaxis(x, axis, 0).shape)
    np.add.at(whole, source, np.asarray(g).ravel() if axis is None else np.moveaxis(np.asarray(g), axis, 0))
    return (whole.reshape(x.shape) if axis is None else np.moveaxis(whole, 0, axis),)


def by_places(forward: Callable[..., Any]) -> Backward:
    """The gradient of an operation that only moves elements, found by moving their numbers along."""

    def backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
        x = np.asarray(x)
        source = forward(np.arange(1, x.size + 1).reshape(x.shape), *rest, **keywords)
        whole = np.zeros(x.size + 1)
        np.add.at(whole, np.asarray(source, dtype=int).ravel(), np.asarray(g, dtype=float).ravel())
        return (whole[1:].reshape(x.shape),)

    return backward


def concatenate_backward(
    g: Array, output: Array, arrays: Sequence[Any], axis: Any = 0, **keywords: Any
) -> tuple[Gradient, ...]:
    """The part of each"""
    shapes = [np.shape(one) for one in arrays]
    if axis is None:
        ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
        return ([part.reshape(shape) for part, shape in zip(np.split(np.ravel(g), ends), shapes)],)
    ends = np.cumsum([shape[axis] for shape in shapes])[:-1]
    return (np.split(np.asarray(g), ends, axis=axis),)


def stack_backward(
    g: Array, output: Array, arrays: Sequence[Any], axis: int = 0, **keywords: Any
) -> tuple[Gradient, ...]:
    """The part of each"""
    return (list(np.moveaxis(np.asarray(g), axis, 0)),)


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


def split_backward(g: Any, output: Any, x: Any, *rest: Any, axis: int = 0, **keywords: Any) -> tuple[Gradient, ...]:
    """The parts together again"""
    axis = int(rest[1]) if len(rest) > 1 else axis
    return (np.concatenate([np.asarray(one) for one in g], axis=axis),)


def append_backward(
    g: Array, output: Array, x: Any, values: Any, axis: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """The part of each"""
    first, second = concatenate_backward(g, output, [x, values], axis)[0]
    return first, second


def insert_backward(
    g: Array, output: Array, x: Any, obj: Any, values: Any, axis: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """To the array what was there, to the values what was inserted"""
    x, value = np.asarray(x), np.asarray(values)
    numbers = np.arange(1, x.size + 1).reshape(x.shape)
    source = np.insert(numbers, obj, np.full(value.shape, 0), axis=axis)
    whole = np.zeros(x.size + 1)
    np.add.at(whole, source.ravel(), np.asarray(g, dtype=float).ravel())
    of_values = np.insert(np.zeros_like(numbers), obj, np.arange(1, value.size + 1).reshape(value.shape), axis=axis)
    inserted = np.zeros(value.size + 1)
    np.add.at(inserted, of_values.ravel(), np.asarray(g, dtype=float).ravel())
    return whole[1:].reshape(x.shape), None, inserted[1:].reshape(value.shape)


def pad_backward(
    g: Array, output: Array, x: Any, pad_width: Any, mode: Any = "constant", **keywords: Any
) -> tuple[Gradient, ...]:
    """The part inside, for padding with constants"""
    if mode != "constant":
        return by_places(np.pad)(g, output, x, pad_width, mode, **keywords)
    widths = np.broadcast_to(np.asarray(pad_width), (np.ndim(x), 2))
    inside = tuple(slice(int(low), int(low) + size) for (low, _), size in zip(widths, np.shape(x)))
    return (np.asarray(g)[inside],)


# Indices


def getitem(x: Any, index: Any) -> Any:
    """x[index], as a copy"""
    found = x[index]
    return np.array(found) if isinstance(found, np.ndarray) else found


def getitem_backward(g: Array, output: Array, x: Any, index: Any) -> tuple[Gradient, ...]:
    """To the chosen elements, added up if one is chosen several times"""
    whole = np.zeros(np.shape(x))
    np.add.at(whole, index, g)
    return (whole, None)


def setitem(base: Any, index: Any, value: Any) -> Array:
    """A copy of the base with ``base[index] = value``; an integer base cuts the value off as NumPy does"""
    found = np.array(base)
    found[index] = value
    return found


def setitem_backward(g: Array, output: Array, base: Any, index: Any, value: Any) -> tuple[Gradient, ...]:
    """To the value where it was written, to the base elsewhere"""
    of_base, _, of_values = setitems_backward(g, output, base, (index,), [value])
    return of_base, None, of_values[0]


def setitems(base: Any, indices: Any, values: Any) -> Array:
    """A copy of the base with ``base[index] = value`` for all of them, in order"""
    found = np.array(base)
    for index, value in zip(indices, values):
        found[index] = value
    return found


def setitems_backward(g: Array, output: Array, base: Any, indices: Any, values: Any) -> tuple[Any, None, list[Any]]:
    """To each value where it was written last, to the base elsewhere"""
    if np.asarray(base).dtype.kind in "iub":
        return np.zeros(np.shape(base)), None, [np.zeros(np.shape(value)) for value in values]
    g = np.array(g, dtype=float)
    of_values = []
    for index, value in zip(reversed(indices), reversed(values)):
        written, shape = np.array(g[index]), np.shape(value)  # a copy: zeros are written there next
        of_values.append(unbroadcast(written, shape) if written.ndim >= len(shape) else np.reshape(written, shape))
        g[index] = 0
    return g, None, of_values[::-1]


def item(results: Any, number: Any) -> Any:
    """One result of a call with several"""
    return results[number]


def item_backward(g: Array, output: Array, results: Any, number: Any) -> tuple[Gradient, ...]:
    """To that one, zeros to the others"""
    return [np.asarray(g) if k == number else np.zeros(np.shape(one)) for k, one in enumerate(results)], None


def adding_at(sign: int) -> Operation:
    """np.add.at or np.subtract.at, on a copy."""

    def forward(base: Any, index: Any, value: Any) -> Array:
        found = np.array(base)
        (np.add if sign > 0 else np.subtract).at(found, index, value)
        return found

    def backward(g: Array, output: Array, base: Any, index: Any, value: Any) -> tuple[Gradient, ...]:
        g = np.asarray(g)
        return g, None, sign * unbroadcast(g[index], np.shape(value))

    return Operation(forward=forward, backward=backward)


def put_along_axis(base: Any, indices: Any, values: Any, axis: Any) -> Array:
    """A copy of the base after np.put_along_axis"""
    found = np.array(base)
    np.put_along_axis(found, indices, values, axis)
    return found


def put_along_axis_backward(
    g: Array, output: Array, base: Any, indices: Any, values: Any, axis: Any
) -> tuple[Gradient, ...]:
    """To the values where they were written, to the base elsewhere"""
    of_values = unbroadcast(np.take_along_axis(np.asarray(g), indices, axis), np.shape(values))
    return put_along_axis(g, indices, 0.0, axis), None, of_values, None


def take_backward(
    g: Array, output: Array, x: Any, indices: Any, axis: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """To the chosen elements"""
    return (by_places(np.take)(g, output, x, indices, axis)[0], None)


def diag_backward(g: Array, output: Array, x: Any, k: int = 0) -> tuple[Gradient, ...]:
    """The diagonal of a matrix, or the matrix of a diagonal"""
    return by_places(np.diag)(g, output, x, k)


def sorted_backward(g: Array, output: Array, x: Any, axis: Any = -1, **keywords: Any) -> tuple[Gradient, ...]:
    """To the elements, which the sort moved"""
    x = np.asarray(x)
    order = np.argsort(x, axis=axis)
    if axis is None:
        whole = np.zeros(x.size)
        whole[order] = g
        return (whole.reshape(x.shape),)
    whole = np.zeros(x.shape)
    np.put_along_axis(whole, order, np.asarray(g), axis)
    return (whole,)


def inverse_backward(g: Array, output: Array, x: Any) -> tuple[Gradient, ...]:
    """-(x^-1)^T g (x^-1)^T"""
    transposed = np.swapaxes(output, -1, -2)
    return (-transposed @ g @ transposed,)


# Numerical differentiation, for what is not in the table


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


ELEMENTWISE: dict[str, Operation] = {
    "add": binary(np.add, lambda x, y, o: 1.0, lambda x, y, o: 1.0),
    "subtract": binary(np.subtract, lambda x, y, o: 1.0, lambda x, y, o: -1.0),
    "multiply": binary(np.multiply, lambda x, y, o: y, lambda x, y, o: x),
    "divide": binary(np.divide, lambda x, y, o: 1 / y, lambda x, y, o: -o / y),
    "power": binary(power, power_by_base, power_by_exponent),
    "float_power": binary(np.float_power, power_by_base, power_by_exponent),
    "maximum": binary(np.maximum, lambda x, y, o: x >= y, lambda x, y, o: x < y),
    "minimum": binary(np.minimum, lambda x, y, o: x <= y, lambda x, y, o: x > y),
    "fmax": binary(np.fmax, lambda x, y, o: x >= y, lambda x, y, o: x < y),
    "fmin": binary(np.fmin, lambda x, y, o: x <= y, lambda x, y, o: x > y),
    "logaddexp": binary(np.logaddexp, lambda x, y, o: np.exp(x - o), lambda x, y, o: np.exp(y - o)),
    "logaddexp2": binary(np.logaddexp2, lambda x, y, o: 2 ** (x - o), lambda x, y, o: 2 ** (y - o)),
    "hypot": binary(np.hypot, lambda x, y, o: x / o, lambda x, y, o: y / o),
    "arctan2": binary(np.arctan2, lambda x, y, o: y / (x * x + y * y), lambda x, y, o: -x / (x * x + y * y)),
    "remainder": binary(np.remainder, lambda x, y, o: 1.0, lambda x, y, o: -np.floor_divide(x, y)),
    "heaviside": constant(np.heaviside),
    "negative": unary(np.negative, lambda x, o: -1.0),
    "positive": unary(np.positive, lambda x, o: 1.0),
    "exp": unary(np.exp, lambda x, o: o),
    "exp2": unary(np.exp2, lambda x, o: o * np.log(2)),
    "expm1": unary(np.expm1, lambda x, o: o + 1),
    "log": unary(np.log, lambda x, o: 1 / x),
    "log2": unary(np.log2, lambda x, o: 1 / (x * np.log(2))),
    "log10": unary(np.log10, lambda x, o: 1 / (x * np.log(10))),
    "log1p": unary(np.log1p, lambda x, o: 1 / (1 + x)),
    "sqrt": unary(np.sqrt, lambda x, o: 0.5 / o),
    "cbrt": unary(np.cbrt, lambda x, o: 1 / (3 * o * o)),
    "square": unary(np.square, lambda x, o: 2 * x),
    "reciprocal": unary(lambda x: 1.0 / np.asarray(x), lambda x, o: -o * o),
    "absolute": unary(np.absolute, lambda x, o: np.sign(x)),
    "fabs": unary(np.fabs, lambda x, o: np.sign(x)),
    "sin": unary(np.sin, lambda x, o: np.cos(x)),
    "cos": unary(np.cos, lambda x, o: -np.sin(x)),
    "tan": unary(np.tan, lambda x, o: 1 + o * o),
    "sinh": unary(np.sinh, lambda x, o: np.cosh(x)),
    "cosh": unary(np.cosh, lambda x, o: np.sinh(x)),
    "tanh": unary(np.tanh, lambda x, o: 1 - o * o),
    "arcsin": unary(np.arcsin, lambda x, o: 1 / np.sqrt(1 - x * x)),
    "arccos": unary(np.arccos, lambda x, o: -1 / np.sqrt(1 - x * x)),
    "arctan": unary(np.arctan, lambda x, o: 1 / (1 + x * x)),
    "arcsinh": unary(np.arcsinh, lambda x, o: 1 / np.sqrt(x * x + 1)),
    "arctanh": unary(np.arctanh, lambda x, o: 1 / (1 - x * x)),
    "deg2rad": unary(np.deg2rad, lambda x, o: np.pi / 180),
    "rad2deg": unary(np.rad2deg, lambda x, o: 180 / np.pi),
    "sinc": unary(np.sinc, lambda x, o: np.where(x == 0, 0.0, (np.cos(np.pi * x) - o) / np.where(x == 0, 1, x))),
    "expit": unary(expit, lambda x, o: o * (1 - o)),
    "erf": unary(erf, lambda x, o: 2 / SQRT_PI * np.exp(-x * x)),
    "nan_to_num": unary(np.nan_to_num, lambda x, o: np.isfinite(x)),
    "real": unary(np.real, lambda x, o: 1.0),
    "clip": Operation(forward=without_storage(np.clip), backward=clip_backward),
    "where": Operation(forward=np.where, backward=where_backward),
}

PRODUCTS: dict[str, Operation] = {
    "matmul": Operation(forward=np.matmul, backward=matmul_backward),
    "dot": Operation(forward=np.dot, backward=dot_backward),
    "inner": Operation(forward=np.inner, backward=inner_backward),
    "outer": Operation(forward=np.outer, backward=outer_backward),
    "vdot": Operation(forward=np.vdot, backward=vdot_backward),
    "tensordot": Operation(forward=np.tensordot, backward=tensordot_backward),
    "einsum": Operation(forward=einsum, backward=einsum_backward),
    "multiply.outer": Operation(
        forward=np.multiply.outer,
        backward=lambda g, o, x, y: (np.tensordot(g, y, np.ndim(y)), np.tensordot(x, g, np.ndim(x))),
    ),
    "multi_dot": Operation(forward=np.linalg.multi_dot, backward=multi_dot_backward),
    "kron": Operation(forward=np.kron, backward=numerical_backward(np.kron)),
    "convolve": Operation(forward=np.convolve, backward=numerical_backward(np.convolve)),
    "correlate": Operation(forward=np.correlate, backward=numerical_backward(np.correlate)),
    "cross": Operation(forward=np.cross, backward=numerical_backward(np.cross)),
    "inv": Operation(forward=np.linalg.inv, backward=inverse_backward),
}

REDUCTIONS: dict[str, Operation] = {
    "sum": Operation(forward=without_storage(np.sum), backward=sum_backward),
    "nansum": Operation(forward=without_storage(np.nansum), backward=sum_backward),
    "mean": Operation(forward=without_storage(np.mean), backward=mean_backward),
    "nanmean": Operation(forward=without_storage(np.nanmean), backward=mean_backward),
    "average": Operation(forward=np.average, backward=average_backward),
    "max": Operation(forward=without_storage(np.max), backward=extreme_backward),
    "min": Operation(forward=without_storage(np.min), backward=extreme_backward),
    "nanmax": Operation(forward=without_storage(np.nanmax), backward=extreme_backward),
    "nanmin": Operation(forward=without_storage(np.nanmin), backward=extreme_backward),
    "var": Operation(forward=without_storage(np.var), backward=var_backward),
    "std": Operation(forward=without_storage(np.std), backward=std_backward),
    "prod": Operation(forward=without_storage(np.prod), backward=prod_backward),
    "cumsum": Operation(forward=without_storage(np.cumsum), backward=cumsum_backward),
    "norm": Operation(forward=norm, backward=norm_backward),
    "logsumexp": Operation(forward=logsumexp, backward=logsumexp_backward),
    "softmax": Operation(forward=softmax, backward=softmax_backward),
    "log_softmax": Operation(forward=log_softmax, backward=log_softmax_backward),
    "trace": Operation(
        forward=np.trace, backward=lambda g, o, x, *rest, **keywords: (np.asarray(g) * np.eye(*np.shape(x)),)
    ),
}

SHAPES: dict[str, Operation] = {
    "reshape": Operation(forward=reshape, backward=reshape_backward),
    "ravel": Operation(forward=ravel, backward=ravel_backward),
    "flatten": Operation(forward=ravel, backward=ravel_backward),
    "transpose": Operation(forward=transpose, backward=transpose_backward),
    "matrix_transpose": moves(lambda x: np.swapaxes(x, -1, -2)),
    "array": Operation(forward=array_forward, backward=same_elements_backward),
    "astype": Operation(forward=astype, backward=astype_backward),
    "repeat": Operation(forward=np.repeat, backward=repeat_backward),
    "concatenate": Operation(forward=without_storage(np.concatenate), backward=concatenate_backward),
    "stack": Operation(forward=without_storage(np.stack), backward=stack_backward),
    "append": Operation(forward=np.append, backward=append_backward),
    "insert": Operation(forward=np.insert, backward=insert_backward),
    "pad": Operation(forward=np.pad, backward=pad_backward),
    "getitem": Operation(forward=getitem, backward=getitem_backward),
    "setitem": Operation(forward=setitem, backward=setitem_backward),
    "setitems": Operation(forward=setitems, backward=setitems_backward),
    "add_at": adding_at(1),
    "subtract_at": adding_at(-1),
    "put_along_axis": Operation(forward=put_along_axis, backward=put_along_axis_backward),
    "item": Operation(forward=item, backward=item_backward),
    "take": Operation(forward=np.take, backward=take_backward),
    "diag": Operation(forward=np.diag, backward=diag_backward),
    "sort": Operation(forward=np.sort, backward=sorted_backward),
    **{
        name: Operation(forward=function, backward=split_backward)
        for name, function in (("split", np.split), ("array_split", np.array_split))
    },
    **{
        name: Operation(forward=getattr(np, name), backward=same_elements_backward)
        for name in ("squeeze", "expand_dims", "copy", "atleast_1d", "atleast_2d", "atleast_3d", "ascontiguousarray")
    },
    **{
        name: moves(getattr(np, name))
        for name in (
            *("swapaxes", "moveaxis", "rollaxis", "broadcast_to", "tile", "flip", "fliplr", "flipud", "rot90", "roll"),
            *("diagonal", "diagflat", "delete", "tril", "triu", "compress", "resize", "take_along_axis"),
        )
    },
    **{name: joins(getattr(np, name)) for name in ("vstack", "hstack", "dstack", "column_stack", "block")},
    "diff": Operation(forward=np.diff, backward=numerical_backward(np.diff)),
}

CONSTANT: dict[str, Operation] = {
    **{
        name: constant(getattr(np, name))
        for name in (
            *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "sign", "floor", "ceil", "rint"),
            *("trunc", "fix", "round", "logical_and", "logical_or", "logical_not", "logical_xor", "isnan", "isfinite"),
            *("isinf", "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "floor_divide", "signbit", "isclose"),
            *("left_shift", "right_shift", "argmax", "argmin", "argsort", "argwhere", "nonzero", "flatnonzero"),
            *("unique", "searchsorted", "bincount", "array_equal", "allclose", "array_equiv", "unravel_index"),
            *("any", "all", "count_nonzero", "zeros_like", "ones_like", "shape", "size", "ndim", "isin", "digitize"),
        )
    },
    "full_like": constant(np.full_like),
    "empty_like": constant(np.zeros_like),
}

OPERATIONS: dict[str, Operation] = {**ELEMENTWISE, **PRODUCTS, **REDUCTIONS, **SHAPES, **CONSTANT}

# Other names of the same operations, as files and NumPy's versions write them
ALIASES = {
    "true_divide": "divide", "asarray": "array", "asanyarray": "array", "asfarray": "array", "abs": "absolute",
    "amax": "max", "amin": "min", "mod": "remainder", "around": "round", "row_stack": "vstack", "linalg.norm": "norm",
    "linalg.multi_dot": "multi_dot", "linalg.inv": "inv", "special.expit": "expit", "special.softmax": "softmax",
    "special.log_softmax": "log_softmax", "special.logsumexp": "logsumexp", "special.erf": "erf",
    "permute_dims": "transpose", "concat": "concatenate", "pow": "power", "product": "prod",
}  # fmt: skip
OPERATIONS.update({alias: OPERATIONS[name] for alias, name in ALIASES.items()})
