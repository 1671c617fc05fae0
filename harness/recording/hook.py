"""What the calls that are woven into the user's source do: give nodes names, and note what was assigned.

Every assignment notes a fingerprint of the value. The same file run without recording must note the same ones.
"""

from __future__ import annotations

import builtins
import contextlib
import operator
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from .graph import Kind, Ref
from .tape import fingerprint
from .values import (
    NUMBERS,
    TAPE,
    RecordedArray,
    RecordedNumber,
    adopt,
    holds_recorded,
    is_table,
    leaf,
    node_of,
    numbers_of_table,
    plain,
    plain_type,
    record,
    wrap_number,
)
from .weaving import MAX_LITERALS

MAX_PARTS = 256  # of a container whose values are noted
MAX_DEPTH = 3
MAX_WAITED = 3  # turns of a loop of a training that was recorded before
MAX_TURNS = 20  # of the loops of a function that differentiates numerically

Line: TypeAlias = tuple[str, int]  # file name of the code object, line


class Halt(BaseException):
    """Ends a run without recording at the point where the recorded one ended."""


class Cut(BaseException):
    """Ends a function that differentiates numerically, which takes long and which nothing depends on but a message."""


class Hook:
    """The object that the woven calls reach.

    Args:
        recording: whether values are recorded; otherwise only fingerprints are taken.
        until: number of assignments after which the run is halted.
        file: name of the code objects of the file itself, whose values are looked at apart.
    """

    Cut = Cut

    def __init__(self, recording: bool, until: int | None = None, file: str = "") -> None:
        self.recording = recording
        self.until = until
        self.file = file
        self.own: set[int] = set()  # nodes that the file itself assigned or returned
        self.waits_for = 0  # times that the run comes to the line from which on is recorded
        self.waited = Counter[int]()  # turns of loops until then, by the loops' lines
        self.entered = set[int]()  # the lines of loops that were come to and did not go round yet
        self.count = 0
        self.turns: list[int] = []  # of the functions that differentiate numerically and run now
        self.taken: Any = None
        self.has_ended_early = False  # whether one of them did not compute the whole gradient
        self.notes: dict[Line, list[int]] = defaultdict(list)
        self.items: dict[tuple[int, Any], tuple[Any, Any]] = {}  # (container, leaf) by its id and a key
        self.hashed: dict[int, tuple[int, object]] = {}  # by id; holds the objects, so that no id is used twice

    def _note(self, line: int, value: Any) -> None:
        """Note the numbers that a statement gave, by which two runs are compared."""
        if self.is_waiting or (not self.recording and self.until is None):
            return  # too early, or a search for calls, with which no other run is compared
        self.count += 1
        numbers = list(_numbers(value, 0))
        file = sys._getframe(2).f_code.co_filename
        if self.recording and TAPE.on and file == self.file:
            items = value if isinstance(value, (list, tuple)) else [value]
            # an object of the file's may hold the array, as the tensor of a network that differentiates itself does
            held = [part for item in items[:MAX_PARTS] for part in (item, *getattr(item, "__dict__", {}).values())]
            self.own.update(node_of(item) for item in held if isinstance(item, RecordedArray))
        if numbers:
            self.notes[file, line].append(hash(tuple(map(fingerprint, numbers))))
        if self.until is not None and self.count >= self.until:
            raise Halt

    @property
    def is_waiting(self) -> bool:
        """Whether the run has yet to come to the line from which on is recorded."""
        return self.waits_for > 0

    def has_seen_enough(self, line: int) -> bool:
        """Whether a loop of a training that is not recorded has had its turns: its results are used for nothing."""
        if not self.is_waiting:
            return False
        self.waited[line] += 1
        is_first = line in self.entered
        self.entered.discard(line)
        return self.waited[line] > MAX_WAITED and not is_first

    def enter_loop(self, line: int) -> None:
        """A loop begins, maybe once more: what comes after it may need the results of a turn."""
        self.entered.add(line)

    def begin(self) -> None:
        """The run has come to the line from which on is recorded: what the file has by then are data."""
        if self.waits_for == 0:
            return
        self.waits_for -= 1
        names = sys._getframe(1).f_globals
        if self.recording and self.waits_for == 0:
            TAPE.on = True
            for name, value in list(names.items()):
                names[name] = _adopted(value, MAX_DEPTH)
                _give_names(name, names[name])

    def bind(self, line: int, targets: tuple[Any, ...], value: Any) -> Any:
        """The value of an assignment, on its way to its targets."""
        if self.recording and TAPE.on:
            is_taken_apart = type(value) is list and not any(isinstance(names, str) for names in targets)
            value = adopt(tuple(value) if is_taken_apart else value)
            for names in targets:
                _give_names(names, value)
        self._note(line, value)
        return value

    def updated(self, line: int, name: Any, value: Any) -> None:
        """What an augmented assignment left in its target, or in the container that the target is in."""
        if self.recording and TAPE.on and name:
            _give_names(name, value)
        self._note(line, value)

    def returned(self, line: int, value: Any) -> Any:
        """A value that a function returns."""
        if self.recording and TAPE.on:
            value = adopt(value)
        self._note(line, value)
        return value

    def ordered(self, made: type) -> type:
        """A class whose objects would be hashed by their address, which differs from run to run.

        Its objects are hashed by the order in which they are first hashed: a graph of nodes that is walked through by
        a set adds its gradients up in one order then.
        """
        changed: Any = made
        if changed.__hash__ is object.__hash__:
            changed.__hash__ = lambda one: self.hashed.setdefault(id(one), (len(self.hashed), one))[0]
        return made

    def key(self, container: str, key: Any) -> str:
        """The name of an item."""
        key = plain(key)
        return f"{container}[{key!r}]" if isinstance(key, (str, int)) else ""

    def old_names(self, scope: dict[str, Any], used: tuple[str, ...]) -> None:
        """After ``from numpy import *``: the names that a file uses and that only older versions of NumPy had."""
        for name in used:
            is_defined = name in scope or hasattr(builtins, name) or name in vars(np)
            if not is_defined and hasattr(np, name):
                scope[name] = getattr(np, name)

    def repeated(self, numbers: list[float], times: Any) -> Any:
        """``[0.0] * n``: each number is one of its own, because each may be a parameter."""
        found = numbers * times
        return self.literal(found) if isinstance(found, list) and len(found) <= MAX_LITERALS else found

    def literal(self, value: Any) -> Any:
        """Numbers that stand in the file."""
        if not self.recording or not TAPE.on:
            return value
        if isinstance(value, (list, tuple)):
            items = type(value)(self.literal(item) for item in value)
            TAPE.whole_items |= {one._node for one in items if isinstance(one, RecordedNumber) and isinstance(one, int)}
            return items
        return value if isinstance(value, bool) else leaf(value, "literal", Kind.LITERAL)

    def factor(self, value: Any) -> Any:
        """A number that weights or inputs are multiplied by: whole numbers that are made of it keep their history."""
        found = self.literal(value)
        if isinstance(found, RecordedNumber) and isinstance(found, int):
            TAPE.whole_items.add(found._node)
        return found

    def number(self, value: Any) -> Any:
        """A value that something is added to later: if it was given as a plain number, that may be a parameter."""
        return self.literal(value) if type(value) in (int, float) else value

    def given_factor(self, value: Any) -> Any:
        """Both: an attribute that is multiplied and that something is added to, as the number of a bias that is 0."""
        return self.factor(value) if type(value) in (int, float) else value

    def target(self, name: str, value: Any) -> Any:
        """A variable: a whole number that outputs are compared with, recorded as a leaf."""
        if not self.recording or not TAPE.on or type(value) is not int:
            return value
        found = leaf(value, "array", Kind.DATA)
        TAPE.whole_items.add(found._node)
        _give_names(name, found)
        return found

    def target_item(self, name: str, value: Any, container: Any, key: Any) -> Any:
        """An item of a list that is a target, each time as the same leaf."""
        if not self.recording or not TAPE.on or type(value) is not int:
            return value
        place = id(container), plain(key)
        known = self.items.get(place)
        if known is None or plain(known[1]) != value:
            known = self.items[place] = container, self.target(name, value)
        return known[1]

    def by_float(self, name: str, left: Any, right: Any) -> Any:
        """``left * right``: the product of a plain float would take an error that is a whole number for a plain one."""
        if type(left) is float and isinstance(right, RecordedNumber) and right._node in TAPE.whole_items:
            return getattr(right, f"__r{name}__")(left)
        return getattr(operator, name)(left, right)

    def of_object(self, value: Any) -> Any:
        """A number of a class, or of its file, as one of an object's own."""
        bare = plain(value)
        return self.number(bare.item() if isinstance(bare, (np.ndarray, np.generic)) and bare.ndim == 0 else bare)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Does not record what runs in it."""
        self.turns.append(0)
        try:
            with TAPE.paused():
                yield
        finally:
            self.turns.pop()

    def turn(self, names: dict[str, Any]) -> None:
        """One more turn of a loop in a function that differentiates numerically.

        Args:
            names: the function's local variables.

        Raises:
            Cut: after many turns, if there is a gradient to be returned as it is.
        """
        self.turns[-1] += 1
        if self.turns[-1] > MAX_TURNS:
            gradients = [value for name, value in names.items() if "grad" in name.lower()]
            found = [value for value in gradients if isinstance(value, (np.ndarray, dict, list))]
            if found:
                self.taken = found[-1]
                raise Cut

    def is_over(self) -> bool:
        """One more turn of a loop in a function that differentiates numerically: whether there were many."""
        self.turns[-1] += 1
        self.has_ended_early = self.has_ended_early or self.turns[-1] > MAX_TURNS
        return self.turns[-1] > MAX_TURNS

    def part(self) -> Any:
        """The gradient as far as it was computed."""
        taken, self.taken, self.has_ended_early = self.taken, None, True
        if self.turns:  # the function that this one is a part of has seen enough as well
            self.turns[-1] = MAX_TURNS
        return taken

    def listed(self, value: Any) -> Any:
        """An argument of a function of NumPy: a list of recorded values as the array that NumPy would make of it."""
        if not self.recording or not TAPE.on or type(value) not in (list, tuple) or not _holds_floats(value):
            return value
        try:
            return np.array(value)
        except ValueError:  # the items are of different lengths
            return value

    def fitted(self, container: Any, key: Any, value: Any) -> Any:
        """A value on its way to an item of an array: an array of one item is a number there."""
        if not isinstance(container, np.ndarray) or container.dtype == object or not _is_one_item(value):
            return value
        try:
            is_item = np.ndim(plain(container)[plain(key)]) == 0
        except (IndexError, TypeError, ValueError):  # the assignment itself will raise it
            return value
        return value.reshape(()) if is_item else value

    def formatted(self, value: Any) -> Any:
        """What ``%`` puts into a text."""
        if isinstance(value, tuple):
            return tuple(self.formatted(item) for item in value)
        return plain(value).item() if _is_one_item(value) else value

    def total(self, items: list[Any]) -> Any:
        """``np.sum`` of a generator."""
        return self.call(builtins.sum, items)

    def call(self, function: Any, *arguments: Any) -> Any:
        """A call of something that is named like a function that would lose the history."""
        value = arguments[0]
        if function in (builtins.float, builtins.int) and _is_one_item(value):
            value = value.reshape(())  # as NumPy did before version 2.4
            arguments = (value, *arguments[1:])
        if function is builtins.type and len(arguments) == 1:
            return plain_type(value)
        if not self.recording or not TAPE.on:
            return function(*arguments)
        if function is builtins.set and isinstance(value, RecordedArray):
            return builtins.set(plain(value))
        if function is builtins.sum and _are_recorded_numbers(value):
            result = builtins.sum(plain(list(value)), *map(plain, arguments[1:]))
            start = [item for item in arguments[1:] if not (type(item) is int and item == 0)]
            return wrap_number(result, record("sum", ([*start, *value],), {}, result))
        if not isinstance(value, (RecordedArray, RecordedNumber)) or len(arguments) > 1:
            return function(*arguments)
        if function is builtins.float:
            return _as_float(value)
        if isinstance(function, type) and issubclass(function, np.generic) and isinstance(value, RecordedArray):
            return value.astype(function)
        if isinstance(function, type) and function in NUMBERS and issubclass(function, np.generic):
            result = function(plain(value))
            return wrap_number(result, record("astype", (value, np.dtype(function).name), {}, result))
        return function(*arguments)


def _is_one_item(value: Any) -> bool:
    """Whether it is an array of one or more axes with one item."""
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.size == 1


def _holds_floats(value: Any) -> bool:
    """Whether a recorded array or a recorded number that is not a whole one is in a list."""
    if isinstance(value, (list, tuple)):
        return any(map(_holds_floats, value))
    return isinstance(value, RecordedArray) or (
        isinstance(value, RecordedNumber) and not isinstance(plain(value), (int, np.integer))
    )


def _are_recorded_numbers(values: Any) -> bool:
    """Whether it is a list of numbers, recorded ones among them."""
    if not isinstance(values, (list, tuple)) or not holds_recorded(values):
        return False
    return all(isinstance(item, (RecordedNumber, int, float)) for item in values)


def _as_float(value: Any) -> Any:
    """``float(value)``, with its history."""
    result = float(plain(value))
    if type(plain(value)) is float:
        return value
    node = record("reshape", (value, ()), {}, result) if np.ndim(plain(value)) else node_of(value)
    if TAPE.steps[node].dtype != "<f8":
        node = TAPE.add("astype", (Ref(node), "float64"), {}, result, scalar=True)
    return wrap_number(result, node)


def _adopted(value: Any, depth: int) -> Any:
    """A value with the arrays in it recorded from here on, those of lists, dictionaries and objects in their places."""
    if getattr(type(value), "__module__", "") == "__main__":
        _adopted(getattr(value, "__dict__", None), depth)
    elif type(value) in (list, dict) and depth and len(value) <= MAX_PARTS:
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            value[key] = _adopted(item, depth - 1)
    if isinstance(value, np.ndarray) and not value.any():
        return leaf(value, "zeros", Kind.FILL)  # such as a velocity that nothing was added to
    value = adopt(value)
    if isinstance(value, RecordedArray):
        node_of(value)  # it is older than all that is computed from here on
    return value


def _give_names(names: Any, value: Any) -> None:
    """Name the nodes of a value, or of the items of a tuple."""
    if isinstance(names, str):
        if names and isinstance(value, (RecordedArray, RecordedNumber)):
            TAPE.name(node_of(value), names)
        elif names and isinstance(value, (dict, list, tuple)) and len(value) <= MAX_PARTS:
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(key, (str, int)) and isinstance(item, (RecordedArray, RecordedNumber)):
                    TAPE.name(node_of(item), f"{names}[{key!r}]")
        elif names and type(value).__module__ != "builtins":
            computed = [item for item in _attributes(value) if TAPE.steps[item._node].kind is Kind.OPERATION]
            if len(computed) == 1:  # the object stands for this number, as in a graph of scalars
                TAPE.name(computed[0]._node, names)
    elif isinstance(value, (list, tuple)) and len(names) == len(value):
        for name, item in zip(names, value):
            _give_names(name, item)


def _attributes(value: Any) -> list[Any]:
    """The recorded numbers that an object holds."""
    held = getattr(value, "__dict__", {})
    return [item for item in held.values() if isinstance(item, RecordedNumber)] if len(held) <= MAX_PARTS else []


def _numbers(value: Any, depth: int) -> Any:
    """The arrays and floats in a value."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fiubc":
            yield plain(value)
        elif value.dtype == object and depth < MAX_DEPTH:
            yield from _numbers(list(value.ravel()[:MAX_PARTS]), depth + 1)
    elif is_table(value):
        numbers = numbers_of_table(value)
        yield from () if numbers is None else (numbers,)
    elif isinstance(value, (float, np.generic)):
        if not isinstance(value, (np.str_, np.bytes_, np.void)):
            yield plain(value)
    elif isinstance(value, (dict, list, tuple)) and depth < MAX_DEPTH:
        for item in list(value.values() if isinstance(value, dict) else value)[:MAX_PARTS]:
            yield from _numbers(item, depth + 1)
