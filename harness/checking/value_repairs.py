"""The changes that make one wrong value a certain gradient, up to a positive factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .alignment import ratio
from .reading import Reading
from .repairs import Array, Bench, Change, Compute, Repair
from .replay import CannotReplay, Values
from .stage import argument_ids

MOST_LOCAL = 200  # operations between right values and the wrong one
MOST_SINGLE = 60  # operations that are changed one by one
MOST_CANDIDATES = 80  # arrays that one is tried to be replaced by
MOST_TRIES = 3000
SETTINGS_TRIED = 4


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
