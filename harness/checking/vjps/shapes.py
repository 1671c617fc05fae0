"""Operations that move, join, pick or write elements."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .operation import (
    Array,
    Gradient,
    Operation,
    by_places,
    joined_as,
    joins,
    moves,
    numerical_backward,
    unbroadcast,
    without_storage,
)

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


def reshape_backward(g: Array, output: Array, x: Any, *rest: Any, **keywords: Any) -> tuple[Gradient, ...]:
    """The elements in the same order, in the argument's shape; ravel may be given the order without its name"""
    order: Any = keywords.get("order") or next((one for one in rest if isinstance(one, str)), "C")
    return (np.reshape(g, np.shape(x), order=order),)


def ravel(x: Any, order: Any = "C", **keywords: Any) -> Array:
    """np.ravel"""
    return np.ravel(x, order=order or "C")


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
    first, second = joined_as(lambda both: np.insert(both[0], obj, both[1], axis=axis))(g, output, [x, values])[0]
    return first, None, second


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
    chosen = np.shape(whole[index])
    # a row of a matrix is a matrix
    np.add.at(whole, index, np.reshape(g, chosen) if np.size(g) == prod(chosen) else g)
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
        written, shape = g[index] * is_last_write(g.shape, index), np.shape(value)
        of_values.append(unbroadcast(written, shape) if written.ndim >= len(shape) else np.reshape(written, shape))
        g[index] = 0
    return g, None, of_values[::-1]


def is_last_write(shape: tuple[int, ...], index: Any) -> Any:
    """Where ``a[index] = values`` leaves its values: an index that picks an element twice leaves the last there"""
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, (int, np.integer, slice, type(None), type(...))) for part in parts):
        return 1.0
    places = np.zeros(shape, dtype=int)
    numbers = np.arange(np.size(places[index])).reshape(np.shape(places[index]))
    places[index] = numbers
    return places[index] == numbers


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


SHAPES: dict[str, Operation] = {
    "reshape": Operation(forward=reshape, backward=reshape_backward),
    "ravel": Operation(forward=ravel, backward=reshape_backward),
    "flatten": Operation(forward=ravel, backward=reshape_backward),
    "transpose": Operation(forward=transpose, backward=transpose_backward),
    "matrix_transpose": moves(lambda x: np.swapaxes(x, -1, -2)),
    "array": Operation(forward=array_forward, backward=same_elements_backward),
    "astype": Operation(forward=astype, backward=astype_backward),
    "concatenate": Operation(forward=without_storage(np.concatenate), backward=concatenate_backward),
    "stack": joins(without_storage(np.stack)),
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
            *("diag", "diagonal", "diagflat", "delete", "tril", "triu", "compress", "resize", "repeat", "take"),
            "take_along_axis",
        )
    },
    **{name: joins(getattr(np, name)) for name in ("vstack", "hstack", "dstack", "column_stack", "block")},
    "sliding_window_view": moves(np.lib.stride_tricks.sliding_window_view),
    "diff": Operation(forward=np.diff, backward=numerical_backward(np.diff)),
}
