"""Products of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .operation import Array, Gradient, Operation, numerical_backward, unbroadcast


def matmul_backward(g: Array, output: Array, x: Any, y: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """g y^T and x^T g, with vectors as one row or one column, summed over broadcast leading axes"""
    x, y, g = np.asarray(x), np.asarray(y), np.asarray(g)
    if x.ndim == 1 and y.ndim == 1:
        return g * y, g * x
    rows = x[None, :] if x.ndim == 1 else x
    columns = y[:, None] if y.ndim == 1 else y
    upstream = g[..., None, :] if x.ndim == 1 else g
    upstream = upstream[..., None] if y.ndim == 1 else upstream
    return (
        lambda: unbroadcast(np.matmul(upstream, np.swapaxes(columns, -1, -2)), rows.shape).reshape(x.shape),
        lambda: unbroadcast(np.matmul(np.swapaxes(rows, -1, -2), upstream), columns.shape).reshape(y.shape),
    )


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
        by_left, found[number] = matmul_backward(g, products[number], products[number - 1], values[number])
        g = by_left() if callable(by_left) else by_left
    found[0] = g
    return (found,)


def inverse_backward(g: Array, output: Array, x: Any) -> tuple[Gradient, ...]:
    """-(x^-1)^T g (x^-1)^T"""
    transposed = np.swapaxes(output, -1, -2)
    return (-transposed @ g @ transposed,)


def solve_backward(g: Array, output: Array, x: Any, y: Any) -> tuple[Gradient, ...]:
    """-(x^-T g) output^T and x^-T g, for one matrix and a vector or matrix of right sides"""
    by_y = np.linalg.solve(np.swapaxes(np.asarray(x), -1, -2), g)
    return -np.outer(by_y, output) if by_y.ndim == 1 else -by_y @ np.swapaxes(output, -1, -2), by_y


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
    "pinv": Operation(forward=np.linalg.pinv, backward=numerical_backward(np.linalg.pinv)),
    "solve": Operation(forward=np.linalg.solve, backward=solve_backward),
}
