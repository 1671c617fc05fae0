"""Sums, means, extremes and norms along axes, and the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from .operation import Array, Gradient, Operation, reduced_count, spread, without_storage


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
