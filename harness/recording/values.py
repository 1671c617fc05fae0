"""What is recorded: arrays, numbers and tables, and the nodes that they stand for.

A recorded array is an ndarray, and a recorded number is a subclass of what it would have been (float, int,
numpy.float64, ...) and cannot change, as in an unrecorded run. Here they are without their methods, which are in
``arrays``.

Arrays that share memory: a view remembers its base and how it was taken from it. Writing to a view makes new nodes for
all its bases; a view whose base was written to by another way takes its node anew when it is used next.
"""

from __future__ import annotations

import functools
import itertools
from collections import deque
from typing import Any

import numpy as np

from .graph import Argument, Array, Kind, Ref
from .tape import REAL_ASARRAY, Tape, bits_of

MAX_CHECKED = 4096  # elements of an array that is compared with its node before it is used
NUMERIC = "fiubc"

REAL_MATRIX = np.matrix  # it is wrapped later

TAPE = Tape()  # of this process: one file is recorded in it


class RecordedArray(np.ndarray):
    """An array of the user's file."""

    _node: int | None = None  # the node that it stands for; None if it was not used yet
    _base: RecordedArray | None = None  # the array that it is a view of
    # (operation, further arguments) that take it from its base; None if that cannot be said simply
    _view: tuple[str, tuple[Argument, ...]] | None = None
    _seen: int = 0  # the number of writes to the memory when ``_node`` was right
    # for an array that is not a view: the parts of its memory that were written to, in order
    _writes: list[Array] | None = None

    def _log(self) -> list[Array]:
        """The writes to the memory that it shares."""
        array = self
        while array._base is not None:
            array = array._base
        if array._writes is None:
            array._writes = []
        return array._writes


class RecordedNumber:
    """A number of the user's file. ``_plain`` is what it would have been."""

    _plain: Any
    _node: int

    @classmethod
    def _made(cls, value: Any, node: int) -> Any:
        number = cls.__new__(cls, value)  # type: ignore[call-arg]
        number._plain, number._node = value, node
        return number


# the recorded class of each type, with its methods; ``arrays`` fills them
ARRAYS: dict[type, Any] = {}
NUMBERS: dict[type, Any] = {}


# Between recorded and plain


def plain(value: Any) -> Any:
    """The same without recording: what NumPy computes with. Lists, tuples, dicts and slices are followed."""
    if isinstance(value, np.ndarray):
        if isinstance(value, RecordedArray):
            return np.ndarray.view(value, REAL_MATRIX if isinstance(value, REAL_MATRIX) else np.ndarray)
        return value
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
MOST_VIEWED = 64  # of the latest ones that a view may be of


def node_of_plain(array: Array) -> int:
    """The node of an array that is not a recorded one: a leaf, or the node whose value it is."""
    known = KNOWN_ARRAYS.get(id(array))
    if known is not None and _agrees(array, known[1]):
        return known[1]
    found = TAPE.recognised_array(array)
    if found is None:
        found = None if known is not None else _node_of_view(array)
        if found is None:
            kind = Kind.LOST if known is not None else Kind.DATA
            found = TAPE.add("array", (), {}, array, kind=kind)
    KNOWN_ARRAYS[id(array)] = array, found
    return found


def _node_of_view(array: Array) -> int | None:
    """The node of a plain array that has the memory of another one: both are the same data, not data twice.

    It is the other one transposed, or in another shape.
    """
    if array.base is None:
        return None
    recent = list(itertools.islice(reversed(KNOWN_ARRAYS.values()), MOST_VIEWED))
    if array.ndim > 1:
        form = memory_of(array.T)
        for known, node in recent:
            if memory_of(known) == form and _agrees(known, node):
                return TAPE.add("transpose", (Ref(node),), {}, array)
    if array.size and array.flags.c_contiguous:
        items = memory_of(array)[0], array.size, array.dtype
        for known, node in recent:
            is_same = known.flags.c_contiguous and (memory_of(known)[0], known.size, known.dtype) == items
            if is_same and _agrees(known, node):
                return TAPE.add("reshape", (Ref(node), array.shape), {}, array)
    return None


def memory_of(array: Array) -> tuple[Any, ...]:
    """Which part of the memory an array reads, and how."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _agrees(array: Array, node: int) -> bool:
    """Whether the array still holds the node's value. Big ones are believed."""
    if array.size > MAX_CHECKED:
        return True
    value = TAPE.steps[node].value
    return not isinstance(value, np.ndarray) or bits_of(value) == bits_of(array)


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
            known = _node_of_view(array) if node is None else None
            if known is None:
                known = TAPE.add("array", (), {}, array, kind=Kind.DATA if node is None else Kind.LOST)
            if node is None:
                KNOWN_ARRAYS[id(array)] = array, known  # its memory may be met again, transposed
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
    TAPE.constants.update(item for item in arguments if type(item) is float)
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
    value = np.ndarray.view(array, ARRAYS[REAL_MATRIX if isinstance(array, REAL_MATRIX) else np.ndarray])
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

    Targets may be converted for the cost and once more for its gradient, and both are the same targets. Numbers that
    the file has computed with one by one are constants there, so the array of them is one too.
    """
    if TAPE.has_used(array):
        return wrap(array, TAPE.add("array", (array.tolist(),), {}, array))
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


def is_literal(value: Any) -> bool:
    """Whether it is a number that stands in the file, or a list of such numbers."""
    if isinstance(value, (RecordedArray, RecordedNumber)):
        return TAPE.steps[node_of(value)].kind is Kind.LITERAL
    if isinstance(value, (list, tuple)):
        return all(is_literal(item) for item in value)
    return not isinstance(value, np.ndarray)


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


def plain_type(value: Any) -> type:
    """``type(value)`` as the user's code would see it on its own."""
    if isinstance(value, RecordedNumber):
        return type(value._plain)
    kind: type = vars(type(value)).get("_stands_for", type(value))
    return kind
