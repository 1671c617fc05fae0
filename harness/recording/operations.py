"""Functions of NumPy with something recorded among their arguments.

Every operation runs on the plain values, so the results are the same bit by bit, and is then put on the tape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Kind, Ref
from .signatures import OTHER_NAMES, function_name, normalise, ufunc_name
from .tape import REAL_ASARRAY
from .values import (
    NUMERIC,
    TAPE,
    RecordedArray,
    RecordedNumber,
    Write,
    converted_leaf,
    holds_recorded,
    is_literal,
    is_table,
    link,
    node_of,
    plain,
    record,
    reference,
    results,
    wrap,
)

REAL_EMPTY = np.empty  # it is wrapped later


def run_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A ufunc, or a method of one, on operands; at least one is recorded."""
    out = keywords.pop("out", None)
    values = [plain(item) for item in inputs]
    if any(isinstance(value, np.ndarray) and value.dtype == object for value in values):
        return _on_objects(ufunc, method, inputs, keywords, out)
    options = {key: plain(value) for key, value in keywords.items()}
    if not TAPE.on:
        if out is not None:
            options["out"] = tuple(plain(item) for item in out)
        return getattr(ufunc, method)(*values, **options)
    if method == "__call__":
        inputs = tuple([_listed(item) for item in inputs])
    name = ufunc_name(ufunc, method)
    compute = _computing(getattr(ufunc, method), values)
    if method == "at":
        write = Write(inputs[0])
        given = tuple(reference(item) for item in inputs)
        ufunc.at(*values)
        write.done(TAPE.add(name, given, {}, plain(inputs[0]), in_place=True))
        return None
    if out is not None:
        return _into(name, compute, inputs, values, keywords, out)
    result = compute(*values, **options)
    arguments = inputs
    if method in ("reduce", "accumulate"):
        keywords = {"axis": 0} | keywords
        if len(inputs) > 1:
            keywords["axis"], arguments = inputs[1], inputs[:1]
    if isinstance(result, tuple):
        return results(record(name, arguments, keywords, result), result)
    if result is NotImplemented:
        return result
    return wrap(result, record(name, arguments, keywords, result))


def _listed(value: Any) -> Any:
    """A list of numbers as an array: an operand that may be a target or a parameter, not a part of the operation."""
    is_recorded = type(value) in (list, tuple) and holds_recorded(value)
    if type(value) not in (list, tuple) or len(value) < 2 or (is_recorded and not is_literal(value)):
        return value
    try:
        array = REAL_ASARRAY(plain(value))
    except ValueError:  # the items are of different lengths
        return value
    return converted_leaf(value, array, "array", Kind.LITERAL if is_recorded else Kind.DATA)


def _computing(function: Callable[..., Any], values: list[Any]) -> Callable[..., Any]:
    """The function; if it is given tables, without what pandas computes on the way being recorded."""
    if not any(map(is_table, values)):
        return function

    def compute(*arguments: Any, **options: Any) -> Any:
        with TAPE.paused():
            return function(*arguments, **options)

    return compute


def _into(
    name: str,
    compute: Callable[..., Any],
    inputs: tuple[Any, ...],
    values: list[Any],
    keywords: dict[str, Any],
    out: tuple[Any, ...],
) -> Any:
    """A ufunc that writes its result into an array; ``where`` keeps the rest of that array."""
    options, target = {key: plain(value) for key, value in keywords.items()}, out[0]
    if len(out) > 1 or target is None:
        results_ = compute(*values, **options)
        return results(record(name, inputs, keywords, results_), results_)
    write = Write(target)
    arguments = tuple(reference(item) for item in inputs)
    mask = keywords.pop("where", True)
    mask_node = reference(mask)
    kept = {key: reference(value) for key, value in keywords.items() if key not in ("casting", "subok")}
    in_place = any(item is target for item in inputs)
    result = compute(*values, **options, out=tuple(plain(item) for item in out))
    node = TAPE.add(name, arguments, kept, plain(target), in_place=in_place)
    if mask is not True:
        node = TAPE.add("where", (mask_node, Ref(node), Ref(write.before)), {}, plain(target), in_place=True)
    write.done(node)
    return wrap(result, node) if is_table(result) else target


def _on_objects(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any], out: Any) -> Any:
    """A ufunc on arrays of objects: NumPy calls the operators of the objects, which record themselves."""
    boxed = []
    for item in inputs:
        if isinstance(item, RecordedNumber):
            box = REAL_EMPTY((), object)
            box[()] = item
            item = box
        elif isinstance(item, RecordedArray):
            box = REAL_EMPTY(item.shape, object)
            for place in np.ndindex(item.shape):
                box[place] = item[place]
            item = box
        boxed.append(item)
    if out is not None:
        keywords["out"] = out
    return getattr(ufunc, method)(*boxed, **keywords)


# functions that write into their first argument
WRITERS = frozenset({"put", "put_along_axis", "copyto", "fill_diagonal", "place", "putmask"})
# functions that look at nothing but the shape, or only show the array
UNRECORDED = frozenset(
    {"shape", "ndim", "size", "iscomplexobj", "isrealobj", "array_repr", "array_str", "array2string", "result_type"}
    | {"can_cast", "common_type", "min_scalar_type", "save", "savez", "savez_compressed", "savetxt", "may_share_memory"}
    | {"shares_memory", "broadcast_shapes", "datetime_as_string", "typename"}
)
# what describes data as a whole: no replay computes it, and no network trains through it
OF_DATA = frozenset({"cov", "corrcoef", "linalg.eig", "linalg.eigh", "linalg.svd"})


def run_function(function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A function of NumPy with something recorded among its arguments."""
    name = function_name(function)
    if TAPE.on and name in OWN_LOOPS and (name == "apply_along_axis" or isinstance(arguments[0], RecordedArray)):
        return OWN_LOOPS[name](*arguments, **keywords)
    values, options = [plain(item) for item in arguments], {key: plain(item) for key, item in keywords.items()}
    function = _computing(function, values)
    if not TAPE.on or name in UNRECORDED:
        return function(*values, **options)
    if name in OF_DATA and arguments and isinstance(arguments[0], RecordedArray):
        TAPE.lose(node_of(arguments[0]), name)
        return function(*values, **options)
    out = keywords.get("out")
    if name in WRITERS or isinstance(out, (RecordedArray, np.ndarray)):
        target = arguments[0] if name in WRITERS else out
        write = Write(target)
        rest = {key: value for key, value in keywords.items() if key != "out"}
        positional, named = normalise(name, function, arguments, rest)
        given, kept = tuple(map(reference, positional)), {key: reference(value) for key, value in named.items()}
        function(*values, **options)
        write.done(TAPE.add(name, given, kept, plain(target), in_place=name in WRITERS))
        return out
    if any(isinstance(v, np.ndarray) and v.dtype == object for v in values):
        # NumPy would call this function again for anything recorded
        return function(*values, **options) if holds_recorded(arguments) else function(*arguments, **keywords)
    result = function(*values, **options)
    return outcome(name, normalise(name, function, arguments, keywords), arguments, result)


def outcome(
    name: str, normalised: tuple[tuple[Any, ...], dict[str, Any]], arguments: tuple[Any, ...], result: Any
) -> Any:
    """The recorded form of whatever a call gave."""
    if isinstance(result, (tuple, list)):
        arrays = tuple(item for item in result if isinstance(item, (np.ndarray, np.generic)))
        if not arrays or len(arrays) < len(result):
            return result
        return results(record(name, *normalised, tuple(arrays)), result)
    if isinstance(result, (np.ndarray, np.generic, bool, int, float)) or is_table(result):
        if isinstance(result, np.ndarray) and result.dtype.kind not in NUMERIC:
            return result
        if name == "dot" and len({np.ndim(plain(one)) == 0 for one in normalised[0]}) == 2:
            name = "multiply"  # of a number and an array
        node = record(name, *normalised, result)
        wrapped = wrap(result, node)
        if arguments:
            link(wrapped, arguments[0], node)
        return wrapped
    return result


def _apply_along_axis(function: Callable[..., Any], axis: int, array: Any, *rest: Any, **options: Any) -> Any:
    """``np.apply_along_axis`` by a loop, because NumPy's own hands plain arrays to the function."""
    moved = np.moveaxis(array, axis, -1)
    slices = [function(moved[place], *rest, **options) for place in np.ndindex(moved.shape[:-1])]
    stacked = np.stack(slices)
    shaped = stacked.reshape(moved.shape[:-1] + stacked.shape[1:])
    return shaped if stacked.ndim == 1 else np.moveaxis(shaped, -1, axis)


def _copyto(target: Any, source: Any, casting: str = "same_kind", where: Any = True) -> None:
    """``np.copyto`` as an assignment."""
    target[...] = source if where is True else np.where(where, source, target)


def _fill_diagonal(array: Any, value: Any, wrap: bool = False) -> None:
    """``np.fill_diagonal`` as an assignment."""
    places = list(range(min(array.shape)))
    array[(places,) * array.ndim] = value


OWN_LOOPS: dict[str, Callable[..., Any]] = {
    "apply_along_axis": _apply_along_axis,
    "copyto": _copyto,
    "fill_diagonal": _fill_diagonal,
}


def method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method of recorded values that is the NumPy function of the same name."""

    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if keywords.get("out") is not None:
            return run_function(function, (self, *arguments), keywords)
        value = plain(self)
        result = getattr(value, name)(*map(plain, arguments), **{k: plain(v) for k, v in keywords.items()})
        if not TAPE.on:
            return result
        operation = function_name(function)
        return outcome(operation, normalise(operation, function, (self, *arguments), keywords), (self,), result)

    call.__name__ = name
    return call


METHODS: dict[str, Callable[..., Any]] = {
    name: getattr(np, OTHER_NAMES.get(name, name))
    for name in (
        *("sum", "mean", "std", "var", "max", "min", "prod", "cumsum", "cumprod", "argmax", "argmin", "argsort"),
        *("argpartition", "searchsorted", "nonzero", "all", "any", "clip", "round", "dot", "repeat", "squeeze"),
        *("swapaxes", "take", "trace", "diagonal", "conj", "conjugate", "compress", "choose", "ravel", "flatten"),
    )
}
