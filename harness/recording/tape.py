"""The tape: the graph while it is being recorded, in the child process."""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from math import prod
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .graph import (
    MAX_VALUE_BYTES,
    Absorbed,
    Argument,
    Array,
    Counted,
    Guard,
    Kind,
    Loss,
    Node,
    Place,
    Reduction,
    Ref,
    StandIn,
    Stop,
    references,
)
from .source import COMPREHENSIONS, Statement

MAX_NODES = 100_000
MAX_NODES_IN_TRAINING = 160_000  # once parameters were updated: a second update of all may be near
MAX_BYTES = 2**27  # of all values together; the check replays them at several settings
MAX_ITEM_BYTES = 2**12  # of an array whose value is kept after a small part of it was set
SMALL_PARTS = 4  # of an array, if there are more than so many
MAX_LENGTH = 64  # of an axis of a big array; of a longer one, items at equal distances are compared
MAX_GUARDS = 20_000
MAX_LOSSES = 1_000
MAX_NAMES = 8  # that are kept for one node
MOST_CALLERS = 3  # lines that led to one, that are kept with it
REAL_ARRAY, REAL_ASARRAY = np.array, np.asarray  # both are wrapped later

NO_STATEMENT = Statement(target="", replaces=False)
MAX_CONSTANTS = 1_000  # numbers of one list that are looked up
RECENT_VALUES = 64  # nodes of one shape among which a value without history is looked up


class StopRecording(BaseException):
    """Ends the user's file from within one of its operations. ``except Exception`` lets it pass."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.value)
        self.stop = stop


@dataclass(slots=True, kw_only=True)
class Step:
    """A node that is still being written, see there: ``names`` may grow."""

    id: int
    operation: str
    arguments: tuple[Argument, ...]
    keywords: dict[str, Argument]
    parents: tuple[int, ...]  # the nodes among its arguments
    place: Place | None
    offset: int  # of the instruction at its place
    kind: Kind
    in_place: bool
    scalar: bool
    value: Array | tuple[Array, ...] | None = None
    shape: tuple[int, ...] = ()
    dtype: str = ""
    names: list[str] = field(default_factory=list)

    def as_node(self) -> Node:
        """The finished node."""
        content = {one.name: getattr(self, one.name) for one in fields(Node)}
        return Node(**content | {"names": tuple(self.names)})


@dataclass
class SourceFile:
    """A file of the user as the tape needs it."""

    name: str  # relative to the recorded folder
    lines: list[str]  # of its text
    statements: Mapping[int, Statement] = field(default_factory=dict)  # the assignment that a line belongs to
    # (first column, column after the last, statement) of lines with several statements
    crowded: Mapping[int, list[tuple[int, int, Statement]]] = field(default_factory=dict)
    # the qualified name of a code object's function, by its first line and its name
    functions: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def target(self, line: int, column: int | None = None) -> str:
        """What the line assigns to; with a column, what the statement there assigns to."""
        statement = self.statements.get(line)
        for first, end, one in self.crowded.get(line, ()):
            if column is not None and first <= column < end:
                statement = one
        return "" if statement is None else statement.target

    def statement_of(self, place: Place) -> Statement | None:
        """The statement that a place belongs to."""
        several = [one for _, _, one in self.crowded.get(place.line, ()) if one.target == place.variable]
        return several[0] if several else self.statements.get(place.line)


class Tape:
    """Collects nodes, guards, losses and stand-ins.

    Attributes:
        on: whether operations are recorded now.
        sources: the user's files, by the file name in their code objects.
        observers: called with every new step, in order (the search for parameters).
        stop: set to end the file at its next operation.
        most_nodes: that are recorded before the file is ended.
    """

    def __init__(self) -> None:
        self.on = False
        self.steps: list[Step] = []
        self.guards: list[Guard] = []
        self.losses: list[Loss] = []
        self.whole_items: set[int] = (
            set()
        )  # nodes of whole numbers in lists, which may be weights, and of what they make
        self.stand_ins: list[StandIn] = []
        self.sources: dict[str, SourceFile] = {}
        self.observers: list[Callable[[Step], None]] = []
        self.guard_observers: list[Callable[[Guard], None]] = []
        self.stop: Stop | None = None
        self.most_nodes = MAX_NODES
        self.bytes = 0
        self.used_numpy = False
        self.constants: set[float] = set()  # plain operands of recorded operations
        self._places: dict[tuple[CodeType, int, int | None, int], Place] = {}
        self._lost: dict[float, int] = {}
        self._by_form: dict[tuple[tuple[int, ...], str], list[int]] = defaultdict(list)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Does not record what runs in it."""
        before, self.on = self.on, False
        try:
            yield
        finally:
            self.on = before

    # Where

    def user_frame(self, frame: FrameType | None = None) -> FrameType | None:
        """The innermost frame that belongs to the user's files, of those that called a frame, or this."""
        frame = frame or sys._getframe(1)
        sources = self.sources
        while frame is not None and frame.f_code.co_filename not in sources:
            frame = frame.f_back
        return frame

    def caller_of(self, frame: FrameType | None) -> FrameType | None:
        """The frame that called the function that a frame is in, a comprehension being a part of its function."""
        while frame is not None and frame.f_code.co_name in COMPREHENSIONS.values():
            frame = self.user_frame(frame.f_back)
        if frame is None or frame.f_code.co_name == "<module>":
            return None
        return self.user_frame(frame.f_back)

    def place(self) -> Place | None:
        """The user's line that runs now."""
        return self.place_of(self.user_frame(), MOST_CALLERS)

    def place_of(self, frame: FrameType | None, callers: int) -> Place | None:
        """The place that a frame of the user's files is at, with the places that called it."""
        if frame is None:
            return None
        code, line = frame.f_code, frame.f_lineno
        source = self.sources[code.co_filename]
        column = _column(code, frame.f_lasti) if line in source.crowded else None
        caller = self.place_of(self.caller_of(frame), callers - 1) if callers else None
        key = (code, line, column, id(caller))
        known = self._places.get(key)
        if known is None:
            text = source.lines[line - 1].strip() if 0 < line <= len(source.lines) else ""
            known = self._places[key] = Place(
                file=source.name,
                line=line,
                function=source.functions.get((code.co_firstlineno, code.co_name), code.co_name),
                variable=source.target(line, column),
                text=text,
                caller=caller,
            )
        return known

    def statement(self, place: Place | None) -> Statement:
        """The statement at a place; an empty one if that is not an assignment or a return statement."""
        for source in self.sources.values():
            if place is not None and source.name == place.file:
                return source.statement_of(place) or NO_STATEMENT
        return NO_STATEMENT

    # What

    def add(
        self,
        operation: str,
        arguments: tuple[Argument, ...],
        keywords: dict[str, Argument],
        value: Any,
        *,
        kind: Kind = Kind.OPERATION,
        in_place: bool = False,
        scalar: bool = False,
    ) -> int:
        """Append a node and return its id.

        Args:
            value: an array, number or tuple of them; arrays are copied.
        """
        if self.stop is not None:
            raise StopRecording(self.stop)
        frame = self.user_frame()
        step = Step(
            id=len(self.steps),
            operation=operation,
            arguments=arguments,
            keywords=keywords,
            parents=(*references(arguments), *references(tuple(keywords.values()))),
            place=self.place_of(frame, MOST_CALLERS),
            offset=-1 if frame is None else frame.f_lasti,
            kind=kind,
            in_place=in_place,
            scalar=scalar,
        )
        if isinstance(value, tuple):
            step.value = tuple(self._kept(item) for item in value)
        else:
            array = REAL_ASARRAY(value) if not isinstance(value, np.ndarray) else value
            step.shape, step.dtype = array.shape, array.dtype.str
            keep = kind is not Kind.OPERATION or array.nbytes <= MAX_VALUE_BYTES
            if keep and operation == "setitem" and array.nbytes > MAX_ITEM_BYTES:
                # loops over items or windows would copy the whole array again and again
                keep = not isinstance(arguments[2], Ref) or self._is_large_part(arguments[2], array)
            step.value = self._kept(array) if keep else None
            if keep and array.ndim:
                self._by_form[array.shape, array.dtype.str].append(step.id)
        self.steps.append(step)
        for observe in self.observers:
            observe(step)
        if len(self.steps) >= self.most_nodes:
            self.stop = Stop.NODES
        if self.bytes >= MAX_BYTES:
            self.stop = Stop.BYTES
        return step.id

    def _is_large_part(self, written: Ref, array: Array) -> bool:
        """Whether what was written is not a small part of an array."""
        return prod(self.steps[written.id].shape) * SMALL_PARTS >= array.size

    def _kept(self, value: Any) -> Array:
        """A copy that nobody writes to."""
        copy = REAL_ARRAY(value, copy=True, subok=False)
        self.bytes += copy.nbytes
        return copy

    def guard(self, node: int, how: str, value: bool | int | float | str) -> None:
        """Note that a value left the graph and may steer the run."""
        if len(self.guards) < MAX_GUARDS:
            guard = Guard(node=node, how=how, value=value, place=self.place())
            self.guards.append(guard)
            for observe in self.guard_observers:
                observe(guard)

    def lose(self, node: int, how: str) -> None:
        """Note that a value left the graph; a float is remembered, so that it is recognised if it comes back."""
        value = self.steps[node].value
        if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind == "f":
            number = float(value.ravel()[0])
            if not number.is_integer() and abs(number) != 0.5:
                self._lost[number] = node
        if len(self.losses) < MAX_LOSSES:
            self.losses.append(Loss(node=node, how=how))

    def recognised_float(self, number: float) -> int | None:
        """The node that this plain float left the graph from, if any."""
        return self._lost.get(number)

    def has_used(self, array: Array) -> bool:
        """Whether all numbers of a list, as an array, were plain operands before. Whole ones are so by accident."""
        if array.dtype != float or array.size > MAX_CONSTANTS:
            return False
        telling = [number for number in array.ravel().tolist() if not number.is_integer()]
        return bool(telling) and self.constants.issuperset(telling)

    def recognised_array(self, array: Array) -> int | None:
        """The latest node with exactly this value, if it is one that cannot be equal by accident."""
        if array.dtype.kind != "f" or array.size < 2:
            return None
        same_form = self._by_form.get((array.shape, array.dtype.str), [])
        if not same_form or (array == array.flat[0]).all() or (array == np.round(array)).all():
            return None
        content = bits_of(array)
        for node in reversed(same_form[-RECENT_VALUES:]):
            value = self.steps[node].value
            if isinstance(value, np.ndarray) and bits_of(value) == content:
                return node
        return None

    def name(self, node: int, name: str) -> None:
        """Note that the value of the node was bound to this name."""
        names = self.steps[node].names
        if name not in names and len(names) < MAX_NAMES:
            names.append(name)

    def stand_in(self, what: Absorbed, name: str, *shapes: tuple[int, ...]) -> None:
        """Note that something was replaced."""
        entry = StandIn(what=what, name=name, shapes=shapes)
        known = next((place for place, one in enumerate(self.stand_ins) if (one.what, one.name) == (what, name)), None)
        if known is None:
            self.stand_ins.append(entry)
        elif not self.stand_ins[known].shapes:
            self.stand_ins[known] = entry

    def reduce(self, what: Counted, number: int | None, made: int) -> None:
        """Note that the run uses less of something than the file asks for."""
        reduction = Reduction(what=what, number=number, made=made)
        if all(one.reduction != reduction for one in self.stand_ins):
            self.stand_ins.append(StandIn(what=Absorbed.REDUCED, name=what.value, reduction=reduction))


@functools.lru_cache(maxsize=10_000)
def _column(code: CodeType, instruction: int) -> int | None:
    """The column of an instruction, which Python knows from version 3.11 on."""
    positions = getattr(code, "co_positions", None)
    if positions is None:
        return None
    found = next(itertools.islice(positions(), instruction // 2, None), (None,) * 4)
    return found[2] if isinstance(found[2], int) else None


def fingerprint(value: Any) -> int:
    """A number that two arrays share only if they are equal bit by bit; of big arrays, a part is looked at."""
    array = REAL_ASARRAY(value)
    if array.nbytes > MAX_VALUE_BYTES:
        array = array[tuple(slice(None, None, max(length // MAX_LENGTH, 1)) for length in array.shape)]
    return zlib.crc32(bits_of(array), array.ndim)


def bits_of(array: Array) -> bytes:
    """The bytes of an array by which it is compared.

    Numbers of extended precision are held with bytes that mean nothing and that two runs leave different, so they are
    taken as two doubles: the number rounded, and what is missing.
    """
    if array.dtype.char not in "gG":
        return array.tobytes()
    with np.errstate(all="ignore"):
        rounded = array.astype(array.dtype.char.replace("g", "d").replace("G", "D"))
        return rounded.tobytes() + (array - rounded).astype(rounded.dtype).tobytes()
