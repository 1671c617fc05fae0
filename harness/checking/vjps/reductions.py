"""Sums, means, extremes and norms along axes, and the softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .operation import Array, Gradient, Operation, reduced_count, spread, without_storage


def reduction(forward: Callable[..., Any], derivative: Callable[..., Array] | None = None) -> Operation:
    """An operation along axes, with its derivative from (input, output in the input's shape, axis); None for 1."""

    def backward(
        g: Array, output: Array, x: Any, axis: Any = None, *rest: Any, keepdims: Any = False, **keywords: Any
    ) -> tuple[Gradient, ...]:
        values = np.asarray(x)
        whole = spread(g, values.shape, axis, bool(keepdims))
        if derivative is not None:
            whole = whole * derivative(values, spread(output, values.shape, axis, bool(keepdims)), axis, **keywords)
        return (list(whole) if isinstance(x, (list, tuple)) else whole,)

    return Operation(forward=without_storage(forward), backward=backward)


def mean_derivative(x: Array, output: Array, axis: Any, **keywords: Any) -> Array:
    """1 / n for each element"""
    return np.asarray(1.0) / reduced_count(x.shape, axis)


def extreme_derivative(x: Array, output: Array, axis: Any, **keywords: Any) -> Array:
    """1 for the extreme element, in equal shares if there are several"""
    chosen = x == output
    return np.asarray(chosen / np.sum(chosen, axis=axis, keepdims=True))


def var_derivative(x: Array, output: Array, axis: Any, ddof: int = 0, **keywords: Any) -> Array:
    """2 (x - mean) / (n - ddof)"""
    return np.asarray(2 * (x - np.mean(x, axis=axis, keepdims=True)) / (reduced_count(x.shape, axis) - ddof))


def std_derivative(x: Array, output: Array, axis: Any, **keywords: Any) -> Array:
    """That of the variance over 2 std"""
    return var_derivative(x, output, axis, **keywords) / (2 * output)


def average_backward(
    g: Array, output: Array, x: Any, axis: Any = None, weights: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """w / sum(w) for each element"""
    shape = np.shape(x)
    w = np.ones(shape) if weights is None else np.asarray(weights)
    if w.shape != shape:
        w = np.broadcast_to(np.expand_dims(w, [one for one in range(len(shape)) if one != axis % len(shape)]), shape)
    whole = spread(g, shape, axis, bool(keywords.get("keepdims")))
    return (whole * w / np.sum(w, axis=axis, keepdims=True),)


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


REDUCTIONS: dict[str, Operation] = {
    "sum": reduction(np.sum),
    "nansum": reduction(np.nansum),
    "mean": reduction(np.mean, mean_derivative),
    "nanmean": reduction(np.nanmean, mean_derivative),
    "average": Operation(forward=np.average, backward=average_backward),
    "max": reduction(np.max, extreme_derivative),
    "min": reduction(np.min, extreme_derivative),
    "nanmax": reduction(np.nanmax, extreme_derivative),
    "nanmin": reduction(np.nanmin, extreme_derivative),
    "var": reduction(np.var, var_derivative),
    "std": reduction(np.std, std_derivative),
    "prod": reduction(np.prod, lambda x, output, axis, **keywords: output / x),
    "cumsum": Operation(forward=without_storage(np.cumsum), backward=cumsum_backward),
    "norm": Operation(forward=norm, backward=norm_backward),
    "logsumexp": Operation(forward=logsumexp, backward=logsumexp_backward),
    "softmax": Operation(forward=softmax, backward=softmax_backward),
    "log_softmax": Operation(forward=log_softmax, backward=log_softmax_backward),
    "trace": Operation(
        forward=np.trace, backward=lambda g, o, x, *rest, **keywords: (np.asarray(g) * np.eye(*np.shape(x)),)
    ),
}
