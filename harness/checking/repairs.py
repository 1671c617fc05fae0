"""The one change of an operation that makes what is wrong right: another operation, sign, array, axis or factor.

A value that should be a certain gradient is made of values that are right by a few operations. Each of these
operations is changed in turn, in ways that people mistake for one another, and the value is computed again. A change
after which it is the gradient, at every setting, says what is wrong and on which line. ``edits.py`` makes the same
changes to lines of a whole backward pass.
"""

from __future__ import annotations

import enum
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Node, Ref
from .alignment import ratio
from .locating import work_of
from .reading import Reading
from .replay import CannotReplay, Values, find_operation, resolve
from .stage import argument_ids

Array = NDArray[Any]

MOST_LOCAL = 200  # operations between right values and the wrong one
MOST_SINGLE = 60  # operations that are changed one by one
MOST_CANDIDATES = 80  # arrays that one is tried to be replaced by
MOST_TRIES = 3000
SETTINGS_TRIED = 4

MOST_DIMENSIONS = 3  # of arrays whose items are taken
MOST_INDICES = 5  # that are tried in the place of one
ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "exp", "power"})
# How operations are written
SYMBOLS = {
    **{"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "dot": "dot"},
    **{"maximum": "maximum", "minimum": "minimum"},
}
FLIPS = {"add": "subtract", "subtract": "add"}
# operations that are written for one another, without those that FLIPS has
CONFUSED = {
    "add": ("multiply",),
    "subtract": ("multiply", "divide"),
    "multiply": ("add", "subtract", "divide", "matmul"),
    "divide": ("multiply", "subtract"),
    "matmul": ("multiply",),
    "dot": ("multiply",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
}
MASKS = {
    "greater": ("less_equal", "less"),
    "greater_equal": ("less", "less_equal"),
    "less": ("greater_equal", "greater"),
    "less_equal": ("greater", "greater_equal"),
}


# Derivatives that are written from the activation, by activation
FORMS_OF_ACTIVATION: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
}


class Change(enum.Enum):
    """What is changed."""

    SIGN = "sign"  # a sum for a difference, or a negated operand
    OPERATION = "operation"  # another operation of the same operands
    POWER = "power"  # a square too many, or left out
    INDEX = "index"  # another item or part of an array
    LABELS = "labels"  # labels counted from another number
    MASK = "mask"  # the comparison the other way round
    TRANSPOSE = "transpose"  # an operand transposed
    AXIS = "axis"  # a sum over another axis
    ARRAY = "array"  # another array in the place of one
    DROPPED = "dropped"  # a factor left out
    INSERTED = "inserted"  # a factor that was left out
    DERIVATIVE = "derivative"  # the derivative of an activation that was left out
    ACCUMULATED = "accumulated"  # terms added up that overwrote one another
    REPEATED = "repeated"  # the same, of items that one array of indices names several times


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One change that makes a value right."""

    change: Change  # its kind
    node: int  # the operation that is changed; the first that uses the array
    old: int = -1  # the array that is replaced or left out; -1 if none
    new: int = -1  # the array that should stand there; -1 if none
    operation: str = ""  # the one that should stand there; "" if it is not changed


Compute = Callable[[Values], Array]


def squared(compute: Compute) -> Compute:
    """The square of a value"""
    return lambda values: np.square(compute(values))


def other_index(index: Any, shape: tuple[int, ...], place: int, number: int) -> Any:
    """Another index of an array, with one of its parts moved.

    Args:
        index: as it stands.
        shape: of the array.
        place: of the part, among those that are slices and integers.
        number: which of the others it should be.

    Raises:
        IndexError: there is no such index.
    """
    parts = list(index) if isinstance(index, tuple) else [index]
    part, size = parts[place], shape[place]
    if isinstance(part, slice) and part.step in (None, 1):
        start, stop, _ = part.indices(size)
        others = [(size - stop, size - start), (start + 1, stop + 1), (start - 1, stop - 1), (stop, size), (0, start)]
        first, last = others[number]
        if (first, last) == (start, stop) or not 0 <= first < last <= size:
            raise IndexError("there is no such part")
        parts[place] = slice(first, last)
    elif isinstance(part, int) and number < 2:
        parts[place] = part % size + (1, -1)[number]
        if parts[place] < 0:
            raise IndexError("there is no such item")
    else:
        raise IndexError("there is no such index")
    return tuple(parts) if isinstance(index, tuple) else parts[0]


def turned(value: Any) -> Array:
    """A matrix transposed, or each matrix of several"""
    return np.swapaxes(value, -1, -2)


def with_operand(place: int, change: Callable[[Any], Any]) -> Callable[[list[Any], Any], tuple[list[Any], Any]]:
    """A change of the arguments of an operation: something else is made of one of its operands"""
    return lambda given, keywords: ([change(one) if at == place else one for at, one in enumerate(given)], keywords)


class Bench(ABC):
    """Operations that are changed one at a time, to see whether that makes right what is wrong.

    Attributes:
        reading: the reading.
        settings: values of all nodes.
        local: the operations that are changed, in order.
        tries: how many changes were tried.
        work: what was computed for them.
    """

    def __init__(self, reading: Reading, settings: Sequence[Values]) -> None:
        self.reading = reading
        self.stage = reading.stage
        self.settings = [dict(one) for one in settings]
        self.local: list[int] = []
        self.tries = 0
        self.work = 0

    @abstractmethod
    def mends(self, operations: Mapping[int, Compute]) -> bool:
        """Whether all is right if these operations are computed in another way, at every setting."""

    @abstractmethod
    def groups(self) -> list[list[int]]:
        """The operations that are changed together, such as those of one line."""

    def may_turn(self, ids: Sequence[int]) -> bool:
        """Whether differences may have been meant the other way round."""
        return bool(ids)

    @abstractmethod
    def changes(self) -> tuple[Callable[[], Iterator[Repair]], ...]:
        """The kinds of changes that are tried, in order."""

    def repair(self) -> Repair | None:
        """The first change that makes everything right; None if no change does."""
        return next((found for change in self.changes() for found in change()), None)

    def computed(self, number: int, operations: Mapping[int, Compute], within: Sequence[int]) -> Values:
        """The values at one setting after a change of operations.

        Args:
            number: of the setting.
            operations: the changed ones.
            within: what is computed again if it depends on them, in order.
        """
        found: Values = dict(self.settings[number])
        changed: set[int] = set()
        with np.errstate(all="ignore"):
            for id in within:
                if id in operations:
                    found[id] = operations[id](self.seen_by(id, found))
                    changed.add(id)
                elif any(one in changed for one in self.stage.program.parents[id]):
                    found[id] = self.stage.program.compute(id, found)
                    changed.add(id)
        self.work += sum(work_of(self.stage.node(id).shape) for id in changed)
        return found

    def extend(self, ids: Sequence[int]) -> bool:
        """Compute more nodes at all settings; False if that fails."""
        try:
            for values in self.settings:
                values.update(self.stage.program.run(ids, values))
        except CannotReplay:
            return False
        return True

    def seen_by(self, id: int, values: Values) -> Values:
        """The values that a changed operation is computed from."""
        return values

    # The changes

    def changed(self, node: Node, operation: str | None = None, arguments: Any = None) -> Compute:
        """A node computed by another operation, or with arguments changed by a function."""
        other = Node(
            id=node.id,
            operation=operation or node.operation,
            arguments=node.arguments,
            keywords=node.keywords,
            shape=node.shape,
            dtype=node.dtype,
        )

        def compute(values: Values) -> Array:
            given = [resolve(one, values) for one in node.arguments]
            keywords = {name: resolve(one, values) for name, one in node.keywords.items()}
            if arguments is not None:
                given, keywords = arguments(given, keywords)
            return np.asarray(find_operation(other).forward(*given, **keywords))

        return compute

    def mends_if(self, ids: Sequence[int], change: Callable[[Node], Compute]) -> bool:
        """Whether the value is right after the same change of several operations."""
        return self.mends(operations={id: change(self.stage.node(id)) for id in ids})

    def first_operand(self, node: Node) -> Compute:
        """A node that passes its first operand on"""
        return self.passing_on(argument_ids(node)[0])

    @staticmethod
    def passing_on(id: int) -> Compute:
        """The value of a node in the place of what is made of it"""
        return lambda values: np.asarray(values[id])

    def signs(self) -> Iterator[Repair]:
        """A sum for a difference and the other way round; a difference turned round; a negation left out."""
        for ids in self.groups():
            operation = self.stage.node(ids[0]).operation
            if operation in FLIPS and self.mends_if(ids, lambda node: self.changed(node, FLIPS[node.operation])):
                yield Repair(change=Change.SIGN, node=ids[0], operation=FLIPS[operation])
            turned = operation == "subtract" and self.may_turn(ids)
            if turned and self.mends_if(ids, lambda node: self.changed(node, None, lambda a, k: (a[::-1], k))):
                yield Repair(change=Change.SIGN, node=ids[0])
            if operation == "negative" and self.mends_if(ids, self.first_operand):
                yield Repair(change=Change.SIGN, node=ids[0])

    def masks(self) -> Iterator[Repair]:
        """A comparison the other way round"""
        for ids in self.groups():
            for other in MASKS.get(self.stage.node(ids[0]).operation, ()):
                if self.mends_if(ids, partial(self.changed, operation=other)):
                    yield Repair(change=Change.MASK, node=ids[0])
            node = self.stage.node(ids[0])
            is_choice = node.operation == "where" and len(node.arguments) == 3
            turned_round = partial(self.changed, arguments=lambda a, k: ([a[0], a[2], a[1]], k))
            if is_choice and self.mends_if(ids, turned_round):
                yield Repair(change=Change.MASK, node=ids[0])

    def transposes(self) -> Iterator[Repair]:
        """A matrix transposed in a product"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            is_transpose = node.operation == "transpose" and bool(argument_ids(node))
            if is_transpose and self.mends_if(ids, self.first_operand):
                yield Repair(change=Change.TRANSPOSE, node=ids[0], old=argument_ids(node)[0])
            if node.operation not in ("matmul", "dot", "einsum"):
                continue
            for place, argument in enumerate(node.arguments):
                if not isinstance(argument, Ref) or len(self.stage.node(argument.id).shape) < 2:
                    continue
                if self.mends_if(ids, partial(self.changed, arguments=with_operand(place, turned))):
                    yield Repair(change=Change.TRANSPOSE, node=ids[0], old=argument.id)

    def axes(self) -> Iterator[Repair]:
        """A sum or mean over another axis, in the place of what the value is made of"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            if node.operation not in ("sum", "mean") or len(node.arguments) == 0:
                continue
            dimensions = max(2, len(self.stage.node(argument_ids(node)[0]).shape)) if argument_ids(node) else 2
            for axis in (*range(dimensions), None):

                def over(given: list[Any], keywords: Any, axis: int | None = axis) -> tuple[list[Any], Any]:
                    return given[:1], {**{k: v for k, v in keywords.items() if k != "axis"}, "axis": axis}

                if self.mends_if(ids, partial(self.changed, arguments=over)):
                    yield Repair(change=Change.AXIS, node=ids[0])

    def with_arrays(self, user: int, replaced: Mapping[int, int], transposed: bool = False) -> Compute:
        """One operation with other arrays in the place of some of its operands."""

        def compute(values: Values) -> Array:
            meant = {old: np.asarray(values[new]) for old, new in replaced.items()}
            turned = {old: np.transpose(one) for old, one in meant.items()} if transposed else meant
            return np.asarray(self.stage.program.compute(user, {**values, **turned}))

        return compute

    def operations(self) -> Iterator[Repair]:
        """Another operation of the same operands"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            of_itself = len(set(argument_ids(node))) < len(argument_ids(node))  # x - x explains nothing
            for other in CONFUSED.get(node.operation, ()):
                if of_itself and other in ("subtract", "divide"):
                    continue
                change = partial(self.changed, operation=other)
                if self.mends_if(ids, change) and not self.cancels_out(ids, change):
                    yield Repair(change=Change.OPERATION, node=ids[0], operation=other)

    def cancels_out(self, ids: Sequence[int], change: Callable[[Node], Compute]) -> bool:
        """Whether a change makes a value, or the product that it goes into, 1 everywhere: a * (1 / a), a + (1 - a)."""
        values = self.computed(0, {id: change(self.stage.node(id)) for id in ids}, self.local)
        children = {child for id in ids for child in self.stage.program.children[id]} & set(self.local)
        products = [id for id in children if self.stage.node(id).operation == "multiply"]
        return any(np.size(values[id]) and np.allclose(values[id], 1, rtol=1e-9, atol=0) for id in (*ids, *products))

    def powers(self) -> Iterator[Repair]:
        """A square that was left out, of a result or of an operand, or that is too many"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            if node.operation in ("square", "power") and self.mends_if(ids, self.first_operand):
                yield Repair(change=Change.POWER, node=ids[0])
            if node.operation not in ARITHMETIC:
                continue
            if self.mends_if(ids, lambda node: squared(self.changed(node))):
                yield Repair(change=Change.POWER, node=ids[0])
            for place, argument in enumerate(node.arguments):
                if not isinstance(argument, Ref):
                    continue
                if self.mends_if(ids, partial(self.changed, arguments=with_operand(place, np.square))):
                    yield Repair(change=Change.POWER, node=ids[0], old=argument.id)

    def indices(self) -> Iterator[Repair]:
        """Another item or part of an array"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            if node.operation != "getitem" or len(node.arguments) != 2:
                continue
            for place, number in itertools.product(range(MOST_DIMENSIONS), range(MOST_INDICES)):

                def moved(given: list[Any], keywords: Any, place: int = place, number: int = number) -> Any:
                    return [given[0], other_index(given[1], np.shape(given[0]), place, number)], keywords

                if self.mends_if(ids, partial(self.changed, arguments=moved)):
                    yield Repair(change=Change.INDEX, node=ids[0])

    def drops(self) -> Iterator[Repair]:
        """A factor left out"""
        for id in self.local:
            node = self.stage.node(id)
            if node.operation not in ("multiply", "divide") or len(node.arguments) != 2:
                continue
            for place in (0, 1) if node.operation == "multiply" else (0,):
                kept, dropped = node.arguments[place], node.arguments[1 - place]
                if not isinstance(kept, Ref) or not isinstance(dropped, Ref):
                    continue
                if self.mends(operations={id: self.passing_on(kept.id)}):
                    yield Repair(change=Change.DROPPED, node=id, old=dropped.id)


class ValueBench(Bench):
    """A wrong value with the operations that it is made by, and what it should be.

    Attributes:
        value: the node.
        expected: the gradient that it should be, up to a positive factor, at each setting.
        local: the operations between right values and the wrong one, in order.
        sources: the values that go into them.

    A value that is a gradient is taken for right, but it may be that of another layer than the one that is meant.
    ``opened`` is how many such values one behind the other are looked into as well.
    """

    def __init__(
        self,
        reading: Reading,
        value: int,
        expected: Sequence[Array],
        settings: Sequence[Values],
        sign: float,
        *,
        opened: int = 0,
    ) -> None:
        super().__init__(reading, settings[:SETTINGS_TRIED])
        self.value = value
        self.sign = sign
        self.all_settings = list(settings)
        self.expected = [np.asarray(one, dtype=float) for one in expected[:SETTINGS_TRIED]]
        self.opened = opened
        self.local = self.find_local()
        inside = set(self.local)
        self.sources = sorted({one for id in self.local for one in self.stage.program.parents[id] if one not in inside})

    def find_local(self) -> list[int]:
        """The operations that a wrong value is made by, back to the forward pass and to right gradients."""
        reading, stage = self.reading, self.stage
        found: set[int] = set()
        stack = [(self.value, self.opened)]
        while stack and len(found) < MOST_LOCAL:
            id, opened = stack.pop()
            if id in found or id in reading.forward.nodes or id in stage.parameters or id in reading.given:
                continue
            if id not in stage.needed or id not in stage.dependent or id in stage.applied:
                continue
            if id != self.value and reading.aligned_with(reading.bundle(id), self.all_settings):
                opened -= 1
                if opened < 0:
                    continue
            found.add(id)
            stack.extend((one, opened) for one in stage.program.parents[id])
        return sorted(found)

    def mends(self, operations: Mapping[int, Compute]) -> bool:
        """Whether the value is a positive multiple of what it should be after a change, at every setting."""
        self.tries += 1
        if self.tries > MOST_TRIES:
            return False
        values, expected = [], []
        for number in range(len(self.settings)):
            try:
                value = np.asarray(self.computed(number, operations, self.local)[self.value], dtype=float)
            except (CannotReplay, ValueError, TypeError, IndexError, KeyError, AttributeError):
                return False
            wanted = self.expected[number]
            if np.squeeze(value).shape != np.squeeze(wanted).shape:
                return False
            values.append(np.ravel(value))
            expected.append(np.ravel(wanted))
            if number == 0 and values[0].size > 3 and ratio(values[0], expected[0]) is None:
                return False
        factor = ratio(np.concatenate(values), np.concatenate(expected))
        return factor is not None and factor * self.sign > 0

    def mends_with(self, replaced: Mapping[int, int], transposed: bool = False) -> bool:
        """Whether the value is right with other arrays in the place of those that go into it."""
        users = [id for id in self.local if set(self.stage.program.parents[id]) & set(replaced)]
        return self.mends({id: self.with_arrays(id, replaced, transposed) for id in users})

    def may_turn(self, ids: Sequence[int]) -> bool:
        """Whether differences may have been meant the other way round: of the value itself, the sign is known."""
        return list(ids) != [self.value]

    def changes(self) -> tuple[Callable[[], Iterator[Repair]], ...]:
        """The kinds of changes that are tried, in order"""
        return (
            self.stale,
            self.signs,
            self.masks,
            self.transposes,
            self.axes,
            self.masks_left_out,
            self.arrays,
            self.operations,
            self.powers,
            self.indices,
            self.drops,
            self.inserts,
        )

    def stale(self) -> Iterator[Repair]:
        """Parameters before their updates in the place of those after them"""
        applied = self.stage.applied
        used = [one for one in self.sources if one in applied]
        if used and self.mends_with({one: applied[one].before for one in used}):
            users = [id for id in self.local if set(used) & set(self.stage.program.parents[id])]
            yield Repair(change=Change.ARRAY, node=users[0], old=used[0], new=applied[used[0]].before)

    def groups(self) -> list[list[int]]:
        """The local operations, those of one kind on one line together: a loop over observations repeats them."""
        found: dict[tuple[Any, ...], list[int]] = {}
        for id in self.local:
            node = self.stage.node(id)
            line = None if node.place is None else node.place.site
            found.setdefault((line, node.operation, node.shape), []).append(id)
        together = [ids for ids in found.values() if len(ids) > 1]
        return [*([id] for id in self.local[:MOST_SINGLE]), *together]

    def candidates(self, shape: tuple[int, ...]) -> list[int]:
        """The arrays of a shape that might have been meant: of the forward pass, its data, and right gradients."""
        reading, stage = self.reading, self.stage
        forward = reading.forward
        lane = forward.lanes.get(reading.bundle(self.value)[0])
        nodes = [*stage.parameters]
        nodes += sorted(forward.nodes - set(stage.parameters), key=lambda one: (reading.rank(one), one))
        nodes += sorted(
            {
                parent
                for id in forward.nodes
                for parent in stage.program.parents[id]
                if parent not in stage.dependent and stage.node(parent).shape
            }
        )
        own = self.value
        nodes += [
            bundle[0]
            for bundle in reading.backward_bundles()[:400]
            if bundle[0] < own and reading.aligned_with(bundle, self.all_settings)
        ]
        kept = [
            id
            for id in dict.fromkeys(nodes)
            if stage.node(id).shape == shape and (lane is None or forward.lanes.get(id, lane) == lane)
        ]
        if len(kept) > MOST_CANDIDATES:  # those of the same time step are made near to what the value is made of
            anchors = [own, *(one for one in self.sources if one in forward.nodes)]
            kept = sorted(kept, key=lambda one: min(abs(one - anchor) for anchor in anchors))
        return kept[:MOST_CANDIDATES]

    def arrays(self) -> Iterator[Repair]:
        """Another array in the place of one"""
        tried: dict[tuple[int, ...], list[int]] = {}
        for source in self.sources:
            node = self.stage.node(source)
            if node.shape == () and source not in self.stage.dependent:
                continue
            if node.shape not in tried:
                tried[node.shape] = self.candidates(node.shape)
            for other in self.turned_candidates(source):
                if self.mends_with({source: other}, transposed=True):
                    users = [id for id in self.local if source in self.stage.program.parents[id]]
                    yield Repair(change=Change.ARRAY, node=users[0], old=source, new=other)
            for other in tried[node.shape]:
                if other == source or any(other not in values for values in self.settings):
                    continue
                if self.is_a_multiple(source, other):
                    continue  # it mends only because a clip is not reached any more
                users = [id for id in self.local if source in self.stage.program.parents[id]]
                # one use may be enough though all mend it: z and 1 - z may change places elsewhere
                alone = (one for one in (users if len(users) > 1 else ()) if self.mends_alone(one, source, other))
                if self.mends_with({source: other}):
                    yield Repair(change=Change.ARRAY, node=next(alone, users[0]), old=source, new=other)
                for user in alone:
                    yield Repair(change=Change.ARRAY, node=user, old=source, new=other)

    def is_a_multiple(self, first: int, second: int) -> bool:
        """Whether one array is a number times the other"""
        one, two = self.stage.samples(first), self.stage.samples(second)
        return one is not None and two is not None and ratio(one.flat, two.flat) is not None

    def mends_alone(self, user: int, source: int, other: int) -> bool:
        """Whether the value is right with another array in the place of one, for one of its users."""
        return self.mends({user: self.with_arrays(user, {source: other})})

    def turned_candidates(self, source: int) -> list[int]:
        """The arrays whose transpose may have been meant instead of a transpose."""
        node = self.stage.node(source)
        if node.operation != "transpose" or len(node.shape) != 2:
            return []
        found = self.candidates(node.shape[::-1])
        return [one for one in found if one not in argument_ids(node) and all(one in v for v in self.settings)]

    def unused_gradients(self, shape: tuple[int, ...]) -> list[int]:
        """Operations of a shape before the value that no update depends on."""
        stage = self.stage
        inside = self.reading.forward.nodes | stage.needed
        found = [id for id in sorted(stage.dependent - inside) if id < self.value and stage.node(id).shape == shape]
        found = found[-MOST_CANDIDATES:]
        return found if self.extend(found) else []

    def masks_left_out(self) -> Iterator[Repair]:
        """A constant factor of the forward pass that was left out, such as a dropout mask"""
        shape = self.stage.node(self.value).shape
        return self.factors_left_out([one for one in self.candidates(shape) if one not in self.stage.dependent])

    def inserts(self) -> Iterator[Repair]:
        """A factor that was left out: the gradient from above"""
        shape = self.stage.node(self.value).shape
        return self.factors_left_out([*self.candidates(shape), *self.unused_gradients(shape)])

    def factors_left_out(self, factors: Sequence[int]) -> Iterator[Repair]:
        """One of these values that the wrong one should be multiplied by"""
        for other in factors:
            if other in self.reading.forward.nodes or any(other not in values for values in self.settings):
                continue
            if self.mends(operations={self.value: self.multiplied_by(other)}):
                yield Repair(change=Change.INSERTED, node=self.value, new=other)

    def multiplied_by(self, other: int) -> Compute:
        """The value times another one"""
        return lambda values: np.asarray(self.stage.program.compute(self.value, values)) * values[other]
