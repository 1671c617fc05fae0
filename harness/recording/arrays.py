"""Arrays and numbers that remember how they were made.

``RecordedArray`` is an ndarray: every operation runs on the plain array, so the results are the same bit by bit, and is
then put on the tape. Numbers are subclasses of what they would have been (float, int, numpy.float64, ...) and cannot
change, as in an unrecorded run.

Arrays that share memory: a view remembers its base and how it was taken from it. Writing to a view makes new nodes for
all its bases; a view whose base was written to by another way takes its node anew when it is used next.
"""

from __future__ import annotations

import functools
import math
import operator
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .graph import Argument, Array, Kind, Ref
from .signatures import OTHER_NAMES, function_name, normalise, ufunc_name
from .tape import REAL_ASARRAY, Tape

MAX_CHECKED = 4096  # elements of an array that is compared with its node before it is used
MAX_LISTED = 20_000  # elements that tolist() keeps the history of
NUMERIC = "fiubc"

REAL_MATRIX, REAL_EMPTY = np.matrix, np.empty  # both are wrapped later

TAPE = Tape()  # of this process: one file is recorded in it


# Between recorded and plain


def plain(value: Any) -> Any:
    """The same without recording: what NumPy computes with. Lists, tuples, dicts and slices are followed."""
    if isinstance(value, np.ndarray):
        if isinstance(value, RecordedMatrix):
            return np.ndarray.view(value, REAL_MATRIX)
        return np.ndarray.view(value, np.ndarray) if isinstance(value, RecordedArray) else value
    if isinstance(value, RecordedNumber):
        return value._plain
    if isinstance(value, (list, tuple)):
        if not holds_recorded(value):
            return value
        items = [plain(item) for item in value]
        if isinstance(value, list):
            return items
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()} if holds_recorded(list(value.values())) else value
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return slice(*(plain(part) for part in parts)) if holds_recorded(parts) else value
    return value


def holds_recorded(value: Any) -> bool:
    """Whether something recorded is in it."""
    if isinstance(value, (RecordedArray, RecordedNumber)):
        return True
    if isinstance(value, (list, tuple)):
        return any(
            isinstance(item, (RecordedArray, RecordedNumber, list, tuple, slice)) and holds_recorded(item)
            for item in value
        )
    if isinstance(value, slice):
        return holds_recorded((value.start, value.stop, value.step))
    return isinstance(value, np.ndarray) and value.dtype == object


def reference(value: Any) -> Argument:
    """The value as an argument of a node."""
    if isinstance(value, (RecordedArray, RecordedNumber)):
        return Ref(node_of(value))
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return [reference(item) for item in value.ravel()] if value.ndim else reference(value.item())
        return Ref(node_of_plain(value))
    if isinstance(value, float) and type(value) is float:
        known = TAPE.recognised_float(value)
        return value if known is None else Ref(known)
    if value is None or value is Ellipsis or isinstance(value, (bool, int, float, complex, str, np.generic)):
        return value
    if isinstance(value, list):
        return [reference(item) for item in value]
    if isinstance(value, tuple):
        return tuple(reference(item) for item in value)
    if isinstance(value, slice):
        return slice(*(reference(part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, range):
        return list(value)
    if isinstance(value, (np.dtype, type)):
        try:
            return np.dtype(value).name
        except TypeError:
            return getattr(value, "__name__", str(value))
    if is_table(value):
        node = node_of_table(value)
        return f"<{type(value).__name__}>" if node is None else Ref(node)
    if hasattr(type(value), "__array__"):
        array = REAL_ASARRAY(value)
        if array.dtype.kind in NUMERIC:
            return reference(array)
    return f"<{type(value).__name__}>"


# plain arrays that were met and their nodes, by identity; they are kept alive so that an id stays theirs
KNOWN_ARRAYS: dict[int, tuple[Array, int]] = {}


def node_of_plain(array: Array) -> int:
    """The node of an array that is not a recorded one: a leaf, or the node whose value it is."""
    known = KNOWN_ARRAYS.get(id(array))
    if known is not None and _agrees(array, known[1]):
        return known[1]
    found = TAPE.recognised_array(array)
    if found is None:
        kind = Kind.LOST if known is not None else Kind.DATA
        found = TAPE.add("array", (), {}, array, kind=kind)
    KNOWN_ARRAYS[id(array)] = array, found
    return found


def _agrees(array: Array, node: int) -> bool:
    """Whether the array still holds the node's value. Big ones are believed."""
    if array.size > MAX_CHECKED:
        return True
    value = TAPE.steps[node].value
    return not isinstance(value, np.ndarray) or value.tobytes() == array.tobytes()


# Tables of pandas


def is_table(value: Any) -> bool:
    """Whether it is a DataFrame or a Series."""
    kind: Any = type(value)
    return _is_table_type(kind)


@functools.cache
def _is_table_type(kind: type) -> bool:
    return hasattr(kind, "iloc") and hasattr(kind, "__array__")


def numbers_of_table(table: Any) -> Array | None:
    """The numbers of a table; None if it holds something else."""
    with TAPE.paused():
        array = REAL_ASARRAY(table)
    return array if array.dtype.kind in NUMERIC else None


def node_of_table(table: Any) -> int | None:
    """The node of a table's numbers, made if there is none; None if it holds something else."""
    array, node = numbers_of_table(table), known_node_of_table(table)
    if array is None or node is not None:
        return node
    origin = vars(table).get(TABLE_ORIGIN)
    if origin is not None:
        node = TAPE.recognised_array(array)
        if node is None:
            TAPE.lose(origin, "pandas")
            node = TAPE.add("array", (), {}, array, kind=Kind.LOST)
    return remember_table(table, node_of_plain(array) if node is None else node)


def known_node_of_table(table: Any) -> int | None:
    """The node that a table remembers, if it still holds the node's value."""
    node: int | None = vars(table).get(TABLE_NODE)
    array = None if node is None else numbers_of_table(table)
    return node if node is not None and array is not None and _agrees(array, node) else None


def remember_table(table: Any, node: int) -> int:
    """Let a table remember its node."""
    object.__setattr__(table, TABLE_NODE, node)  # pandas' own would make it a column
    return node


TABLE_NODE = "_harness_node"
TABLE_ORIGIN = "_harness_origin"  # the node of the table that pandas made it from


# Nodes


def node_of(value: Any) -> int:
    """The node that a recorded array or number stands for now."""
    if isinstance(value, RecordedNumber):
        return value._node
    assert isinstance(value, RecordedArray)
    base = value._base
    if base is not None:
        log = value._log()
        if value._seen != len(log):
            flat = np.ndarray.view(value, np.ndarray)
            if value._view is not None and any(np.may_share_memory(part, flat) for part in log[value._seen :]):
                name, rest = value._view
                value._node = TAPE.add(name, (Ref(node_of(base)), *rest), {}, plain(value))
            value._seen = len(log)
    node = value._node
    if node is None or not _agrees(np.ndarray.view(value, np.ndarray), node):
        array = np.ndarray.view(value, np.ndarray)
        known = TAPE.recognised_array(array)
        if known is None:
            if node is not None:
                TAPE.lose(node, "written to by code that is not recorded")
            known = TAPE.add("array", (), {}, array, kind=Kind.DATA if node is None else Kind.LOST)
        value._node = known
        return known
    return node


def record(
    operation: str, arguments: tuple[Any, ...], keywords: dict[str, Any], result: Any, *, in_place: bool = False
) -> int:
    """Put an operation on the tape.

    Args:
        arguments, keywords: as the user gave them, recorded or not.
        result: the plain result.
    """
    result = numbers_of_table(result) if is_table(result) else result
    return TAPE.add(
        operation,
        tuple([reference(a) for a in arguments]),
        {key: reference(value) for key, value in keywords.items()},
        result,
        in_place=in_place,
        scalar=not isinstance(result, (np.ndarray, tuple)),
    )


def wrap(result: Any, node: int) -> Any:
    """A plain result as a recorded value that stands for the node. Truth values become guards."""
    if isinstance(result, np.ndarray):
        return _as_recorded(result, node)
    if is_table(result):
        remember_table(result, node)
        return result
    return wrap_number(result, node)


def _as_recorded(array: Array, node: int | None) -> Any:
    if array.dtype.kind not in NUMERIC:
        return array
    value = np.ndarray.view(array, RecordedMatrix if isinstance(array, REAL_MATRIX) else RecordedArray)
    value._node = node
    return value


def wrap_number(result: Any, node: int) -> Any:
    """A number as a recorded one."""
    if isinstance(result, (bool, np.bool_)):
        TAPE.guard(node, "bool", bool(result))
        return result
    kind = NUMBERS.get(type(result))
    return result if kind is None else kind._made(result, node)


def leaf(value: Any, operation: str, kind: Kind) -> Any:
    """A value that the file gets from elsewhere, recorded from here on; anything but numbers as it is."""
    if isinstance(value, np.ndarray):
        if isinstance(value, RecordedArray) or value.dtype.kind not in NUMERIC:
            return value
        TAPE.used_numpy = True
        return _as_recorded(value, TAPE.add(operation, (), {}, value, kind=kind))
    if isinstance(value, RecordedNumber) or type(value) not in NUMBERS:
        return value
    return wrap_number(value, TAPE.add(operation, (), {}, value, kind=kind, scalar=True))


# lists, tuples and arrays, with the nodes that they became
CONVERTED: deque[tuple[Any, int]] = deque(maxlen=8)
MOST_BETWEEN = 500  # steps between two conversions of one list


def converted_leaf(source: Any, array: Array, operation: str, kind: Kind) -> Any:
    """What a list or an array becomes: a leaf, or a copy of what it became before.

    Targets may be converted for the cost and once more for its gradient, and both are the same targets.
    """
    for known, node in CONVERTED:
        if known is not source or len(TAPE.steps) - node > MOST_BETWEEN:
            continue
        first = TAPE.steps[node].value
        if isinstance(first, np.ndarray) and first.dtype == array.dtype and np.array_equal(first.flat, array.flat):
            if first.shape != array.shape:
                node = TAPE.add("reshape", (Ref(node), array.shape), {}, plain(array))
            return wrap(array, TAPE.add("copy", (Ref(node),), {}, plain(array)))
    found = leaf(array, operation, kind)
    if isinstance(source, (np.ndarray, list, tuple)) and isinstance(found, RecordedArray):
        CONVERTED.append((source, node_of(found)))
    return found


def adopt(value: Any) -> Any:
    """A plain array as a recorded one that shares its memory, also in a tuple; anything else as it is."""
    if type(value) is tuple and any(type(item) is np.ndarray for item in value):
        return tuple([adopt(item) for item in value])
    if type(value) not in (np.ndarray, REAL_MATRIX) or value.dtype.kind not in NUMERIC:
        return value
    return _as_recorded(value, node_of_plain(value) if id(value) in KNOWN_ARRAYS else None)


def results(node: int, values: Any) -> Any:
    """The results of a call that has several, each as an item of the call's node."""
    items = [
        wrap(value, TAPE.add("item", (Ref(node), place), {}, value))
        if isinstance(value, (np.ndarray, np.generic))
        else value
        for place, value in enumerate(values)
    ]
    if isinstance(values, list):
        return items
    return type(values)(*items) if hasattr(values, "_fields") else tuple(items)


# Writing


class Write:
    """A write into an array that may be a view: notes the nodes of all its bases before it happens.

    Call it before the write, and ``done`` with the node of the new value after it.
    """

    def __init__(self, target: Any) -> None:
        self.target = target
        self.chain: list[tuple[RecordedArray, int]] = []
        self.before = node_of(target) if isinstance(target, RecordedArray) else node_of_plain(target)
        array = target
        while isinstance(array, RecordedArray) and array._base is not None:
            self.chain.append((array, node_of(array._base)))
            array = array._base

    def done(self, node: int) -> None:
        """Note that the target now holds the value of the node, and what follows for its bases."""
        target = self.target
        if not isinstance(target, RecordedArray):
            KNOWN_ARRAYS[id(target)] = target, node
            return
        target._node = node
        for view, base_node in self.chain:
            base = view._base
            assert base is not None
            base._node = node = _written_base(view, base, base_node, node)
        log = target._log()
        log.append(np.ndarray.view(target, np.ndarray))
        target._seen = len(log)
        for view, _ in self.chain:
            base = view._base
            assert base is not None
            base._seen = len(log)


def _written_base(view: RecordedArray, base: RecordedArray, base_node: int, node: int) -> int:
    """The node of a base after one of its views was written to."""
    array = np.ndarray.view(base, np.ndarray)
    name, rest = view._view or ("", ())
    if name == "getitem":
        return TAPE.add("setitem", (Ref(base_node), rest[0], Ref(node)), {}, array, in_place=True)
    if name == "transpose":
        axes: Any = rest[0] if rest else None
        inverse = () if axes is None else (tuple(int(i) for i in np.argsort([axis % array.ndim for axis in axes])),)
        return TAPE.add("transpose", (Ref(node), *inverse), {}, array, in_place=True)
    if name == "swapaxes":
        return TAPE.add("swapaxes", (Ref(node), *rest), {}, array, in_place=True)
    if name == "reshape":
        return TAPE.add("reshape", (Ref(node), array.shape), {}, array, in_place=True)
    TAPE.lose(node, f"written through {name or 'a view'}")
    return TAPE.add("array", (), {}, array, kind=Kind.LOST)


VIEWS = frozenset({"transpose", "swapaxes", "reshape", "ravel", "squeeze", "expand_dims", "atleast_1d", "atleast_2d"})


def link(result: Any, base: Any, node: int) -> None:
    """Make the result, if it shares memory with a recorded base, its view."""
    if not isinstance(result, RecordedArray) or not isinstance(base, RecordedArray):
        return
    flat = np.ndarray.view(result, np.ndarray)
    if not np.may_share_memory(flat, np.ndarray.view(base, np.ndarray)):
        return
    step = TAPE.steps[node]
    result._base = base
    if step.operation in ("getitem", "transpose", "swapaxes"):
        result._view = step.operation, step.arguments[1:]
    elif step.operation in VIEWS and not step.keywords.get("order"):
        result._view = "reshape", (flat.shape,)
    result._seen = len(result._log())


# Operations


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
    """A list of plain numbers as an array: an operand that may be a target, not a part of the operation."""
    if type(value) not in (list, tuple) or len(value) < 2 or holds_recorded(value):
        return value
    try:
        array = REAL_ASARRAY(value)
    except ValueError:  # the items are of different lengths
        return value
    return converted_leaf(value, array, "array", Kind.DATA)


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
    return _outcome(name, normalise(name, function, arguments, keywords), arguments, result)


def _outcome(
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
        return _outcome(operation, normalise(operation, function, (self, *arguments), keywords), (self,), result)

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


def is_basic(key: Any) -> bool:
    """Whether indexing with this gives a view."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts)


def _guarding(how: str, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method that makes a number of Python or a truth value of a recorded one: a guard."""

    def run(self: Any) -> Any:
        value = convert(plain(self))
        if TAPE.on:
            TAPE.guard(node_of(self), how, value)
        return value

    return run


class _Recorded:
    """What recorded arrays and recorded numbers have in common."""

    _node: Any

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        return run_ufunc(ufunc, method, inputs, keywords)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        return run_function(function, tuple(arguments), keywords)

    def __float__(self) -> float:
        if TAPE.on:
            TAPE.lose(node_of(self), "float")
        return float(plain(self))

    __int__ = _guarding("int", int)
    __index__ = _guarding("index", operator.index)
    __bool__ = _guarding("bool", bool)

    def __complex__(self) -> complex:
        return complex(plain(self))

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec)

    def __repr__(self) -> str:
        return repr(plain(self))

    def __str__(self) -> str:
        return str(plain(self))


class _Methods(_Recorded):
    """The methods of arrays, which NumPy's numbers have too and Python's have not."""

    def transpose(self, *axes: Any) -> Any:
        """As ``np.transpose``."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            axes = () if axes[0] is None else tuple(axes[0])
        result = plain(self).transpose(*map(plain, axes))
        return _outcome("transpose", ((self, *((axes,) if axes else ())), {}), (self,), result) if TAPE.on else result

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """As ``np.reshape``."""
        if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)):
            shape = tuple(shape[0])
        shape = tuple(int(plain(size)) for size in shape)
        result = plain(self).reshape(shape, **options)
        return _outcome("reshape", ((self, result.shape), options), (self,), result) if TAPE.on else result

    def astype(self, dtype: Any, *rest: Any, **options: Any) -> Any:
        """As ``ndarray.astype``."""
        result = plain(self).astype(dtype, *rest, **options)
        if not TAPE.on or (isinstance(result, np.ndarray) and result.dtype.kind not in NUMERIC):
            return result
        return wrap(result, record("astype", (self, result.dtype.name), {}, result))

    def copy(self, *order: Any, **options: Any) -> Any:
        """As ``ndarray.copy``."""
        result = plain(self).copy(*order, **options)
        return wrap(result, record("copy", (self,), {}, result)) if TAPE.on else result

    def item(self, *place: Any) -> Any:
        """As ``ndarray.item``: a number of Python."""
        result = plain(self).item(*map(plain, place))
        if not TAPE.on:
            return result
        if place:
            index = place[0] if len(place) == 1 and isinstance(place[0], tuple) else place
            if len(index) == 1 and np.ndim(plain(self)) != 1:
                index = tuple(int(i) for i in np.unravel_index(plain(index[0]), np.shape(plain(self))))
            return wrap_number(result, record("getitem", (self, index), {}, result))
        return wrap_number(result, record("reshape", (self, ()), {}, result) if np.ndim(plain(self)) else node_of(self))

    def tolist(self) -> Any:
        """As ``ndarray.tolist``: numbers of Python, which remember too."""
        array = REAL_ASARRAY(plain(self))
        if not TAPE.on or array.size > MAX_LISTED:
            if TAPE.on:
                TAPE.lose(node_of(self), "tolist")
            return array.tolist()
        if array.ndim == 0:
            return self.item()
        node = Ref(node_of(self))

        def listed(part: Any, place: tuple[int, ...]) -> Any:
            if isinstance(part, list):
                return [listed(item, (*place, i)) for i, item in enumerate(part)]
            return wrap_number(part, TAPE.add("getitem", (node, place), {}, part, scalar=True))

        return listed(array.tolist(), ())


for _name, _function in METHODS.items():
    setattr(_Methods, _name, method(_name, _function))


class RecordedArray(_Methods, np.ndarray):  # type: ignore[misc]
    """An array of the user's file."""

    _node: int | None = None  # the node that it stands for; None if it was not used yet
    _base: RecordedArray | None = None  # the array that it is a view of
    # (operation, further arguments) that take it from its base; None if that cannot be said simply
    _view: tuple[str, tuple[Argument, ...]] | None = None
    _seen: int = 0  # the number of writes to the memory when ``_node`` was right
    # for an array that is not a view: the parts of its memory that were written to, in order
    _writes: list[Array] | None = None

    __hash__ = None

    def _log(self) -> list[Array]:
        """The writes to the memory that it shares."""
        array = self
        while array._base is not None:
            array = array._base
        if array._writes is None:
            array._writes = []
        return array._writes

    def __array_finalize__(self, obj: Any) -> None:
        pass

    def __getitem__(self, key: Any) -> Any:
        value = plain(self)
        result = value[plain(key)]
        if not TAPE.on:
            return result
        node = record("getitem", (self, _kept_index(key)), {}, result)
        wrapped = wrap(result, node)
        if isinstance(wrapped, RecordedArray) and is_basic(key):
            link(wrapped, self, node)
        return wrapped

    def __setitem__(self, key: Any, new: Any) -> None:
        if not TAPE.on:
            plain(self)[plain(key)] = plain(new)
            return
        index = reference(_kept_index(key))
        if isinstance(new, RecordedArray) and new._base is self and new._view == ("getitem", (index,)):
            return  # the second half of ``self[key] -= step``: the view has written itself already
        write = Write(self)
        arguments = (Ref(write.before), index, reference(new))
        plain(self)[plain(key)] = plain(new)
        write.done(TAPE.add("setitem", arguments, {}, np.ndarray.view(self, np.ndarray), in_place=True))

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[place] for place in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.transpose()

    @property
    def flat(self) -> Any:
        """All elements in a row."""
        return self.reshape(-1)

    @flat.setter
    def flat(self, new: Any) -> None:
        self.reshape(-1)[...] = new

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape. Setting it reshapes in place."""
        return np.ndarray.shape.__get__(self)

    @shape.setter
    def shape(self, new: Any) -> None:
        node = node_of(self)
        np.ndarray.shape.__set__(self, plain(new))  # type: ignore[attr-defined]
        self._base, self._view = None, None
        self._node = TAPE.add("reshape", (Ref(node), self.shape), {}, np.ndarray.view(self, np.ndarray), in_place=True)

    def fill(self, value: Any) -> None:
        """As ``ndarray.fill``."""
        self[...] = value

    def sort(self, *arguments: Any, **options: Any) -> None:
        """As ``ndarray.sort``, in place."""
        write = Write(self)
        plain(self).sort(*arguments, **options)
        write.done(TAPE.add("sort", (Ref(write.before),), options, np.ndarray.view(self, np.ndarray), in_place=True))

    def put(self, places: Any, values: Any, mode: str = "raise") -> None:
        """As ``ndarray.put``."""
        run_function(np.put, (self, places, values), {} if mode == "raise" else {"mode": mode})

    def resize(self, *shape: Any, **options: Any) -> None:
        """As ``ndarray.resize`` with as many items as before; memory that moves cannot be followed."""
        (new,) = shape if len(shape) == 1 else (shape,)
        if math.prod(np.atleast_1d(plain(new)).tolist()) != self.size:
            raise ValueError(
                "cannot resize an array that has been referenced or is referencing another array in this way"
            )
        self.shape = new

    def __deepcopy__(self, *_: Any) -> Any:
        return self.copy()

    __copy__ = __deepcopy__

    def __reduce__(self) -> Any:
        return plain(self).__reduce__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return plain(self).__reduce_ex__(protocol)


class RecordedMatrix(RecordedArray, REAL_MATRIX):  # type: ignore[misc,valid-type]
    """A ``numpy.matrix`` of the user's file."""

    _getitem = False  # numpy.matrix looks at it

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (np.ndarray, list, tuple)):
            return np.dot(self, np.asmatrix(other) if not isinstance(other, RecordedArray) else other)
        return np.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return np.dot(other, self) if isinstance(other, np.ndarray) else np.multiply(other, self)

    @property
    def A(self) -> Any:
        """As an array."""
        result = np.ndarray.view(self, np.ndarray)
        return _outcome("reshape", ((self, result.shape), {}), (self,), result)

    @property
    def A1(self) -> Any:
        """As a flat array."""
        return self.A.ravel()


def _kept_index(key: Any) -> Any:
    """An index as it is kept: recorded whole numbers stay references, lists of truth values become arrays."""
    if isinstance(key, list) and not holds_recorded(key):
        return REAL_ASARRAY(key) if key else key
    if isinstance(key, tuple):
        return tuple(_kept_index(part) for part in key)
    return key


# Numbers


# Python's operators, by the names of NumPy's functions
BINARY = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
BINARY |= {"floordiv": "floor_divide", "mod": "remainder", "pow": "power"}
COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
COMPARISONS |= {"eq": "equal", "ne": "not_equal"}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute"}


class RecordedNumber(_Recorded):
    """A number of the user's file. ``_plain`` is what it would have been."""

    _plain: Any
    _node: int

    @classmethod
    def _made(cls, value: Any, node: int) -> Any:
        number = cls.__new__(cls, value)  # type: ignore[call-arg]
        number._plain, number._node = value, node
        return number

    def __hash__(self) -> int:
        return hash(self._plain)

    def __reduce__(self) -> Any:
        return self._plain.__reduce__() if isinstance(self._plain, np.generic) else (type(self._plain), (self._plain,))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__reduce__()

    def __deepcopy__(self, *_: Any) -> Any:
        return self

    __copy__ = __deepcopy__

    def __round__(self, digits: Any = None) -> Any:
        result = round(self._plain) if digits is None else round(self._plain, plain(digits))
        if not TAPE.on:
            return result
        if isinstance(result, int):
            TAPE.guard(self._node, "int", result)
            return result
        return wrap_number(result, record("round", (self,), {} if digits is None else {"decimals": digits}, result))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    __trunc__ = _Recorded.__int__
    __floor__ = _guarding("int", math.floor)
    __ceil__ = _guarding("int", math.ceil)


class _NumpyNumber(RecordedNumber, _Methods):
    """A number of NumPy's."""

    @property
    def T(self) -> Any:
        """Itself."""
        return self


for _name in ("dtype", "shape", "ndim", "size"):
    setattr(_NumpyNumber, _name, property(operator.attrgetter(f"_plain.{_name}")))


def is_number(value: Any) -> bool:
    """Whether Python's operators take it as a number."""
    return isinstance(value, (int, float, complex, np.number, np.bool_))


def _operator(name: str, operation: str, is_reflected: bool = False) -> Callable[..., Any]:
    """An operator of recorded numbers. A truth value is a guard; a whole number made of two numbers has no history."""
    compute = getattr(operator, name)

    def run(self: Any, *others: Any) -> Any:
        if not all(map(is_number, others)):
            return NotImplemented
        operands = (*others, self) if is_reflected else (self, *others)
        result = compute(*map(plain, operands))
        if not TAPE.on or (others and type(result) is int):
            return result
        return wrap_number(result, record(operation, operands, {}, result))

    return run


for _name, _operation in (BINARY | COMPARISONS | UNARY).items():
    setattr(RecordedNumber, f"__{_name}__", _operator(_name, _operation))
for _name, _operation in BINARY.items():
    setattr(RecordedNumber, f"__r{_name}__", _operator(_name, _operation, is_reflected=True))


def _number_types() -> dict[type, Any]:
    """The recorded class for every type of number that can be subclassed."""
    kinds: list[type] = [float, int, *np.sctypeDict.values()]
    classes: dict[type, Any] = {}
    for kind in dict.fromkeys(kinds):
        base = RecordedNumber if kind in (float, int) else _NumpyNumber
        if kind is not np.timedelta64 and issubclass(kind, (float, int, np.integer, np.floating)):
            classes[kind] = type(f"Recorded_{kind.__name__}", (base, kind), {})
    return classes


NUMBERS: dict[type, Any] = _number_types()


def plain_type(value: Any) -> type:
    """``type(value)`` as an unrecorded run would show it."""
    if isinstance(value, RecordedMatrix):
        return REAL_MATRIX
    if isinstance(value, RecordedArray):
        return np.ndarray
    return type(value._plain) if isinstance(value, RecordedNumber) else type(value)
