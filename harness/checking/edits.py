"""The one edit of a line of the backward pass after which every step is right.

An operation is changed wherever its line runs, for every layer, observation and time step, and all that follows is
computed again. An edit after which every step is made of its gradient, all at one rate, explains everything at once. It
goes before several values that are each wrong for themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..recording.graph import Ref
from .alignment import Alignment, samples
from .locating import TRIED_SETTINGS, Search, has_rule, step_is_right
from .matching import gradient_nodes
from .reading import Reading
from .repairs import FORMS_OF_ACTIVATION, Array, Bench, Change, Compute, Repair
from .replay import CannotReplay, Values, is_truth
from .stage import Step, argument_ids

MOST_WORK = 150_000  # computed operations of all edits together
MOST_EDITED = 6_000  # operations of a backward pass whose lines are edited
FEWEST_MENDED = 2  # steps that an edit makes right: one alone may be mended on the line of its update
MOST_FACTORS = 4  # that a delta is made with, one after the other
MOST_MEANT = 40  # arrays that may have been meant in the place of one
DEPTH = 2  # of the part of an expression that tells an operation from others of its line
SAME_RATE = 1e-4  # relative

Key = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What an edit makes right."""

    operations: Mapping[int, Compute]  # all that are changed, those of earlier edits too
    settings: Sequence[Values]  # the values of all nodes after it
    steps: Sequence[Step]  # those of the wrong ones that are right then


class EditBench(Bench):
    """A backward pass whose lines are edited one at a time.

    Attributes:
        broken: the steps that are wrong.
        right: those that are a multiple of their gradient, and stay so.
        kept: the operations that an earlier edit has changed.
        old_weights: what updated parameters were before, for the operations made with them; empty unless asked for.
        begun: the values at all settings after that.
        mended: what the edit that was found makes right.
        most: how many of the wrong steps one edit made right.
        wanted: how many it should.
        within: all operations that are computed again.
        shared: the places of the operations of the forward pass.
        lines: the operations by their places in the text, each with all its executions.
        alone: the operations that lead to wrong steps and to no right one.
    """

    def __init__(self, reading: Reading, broken: Sequence[Step], before: Mended | None = None) -> None:
        super().__init__(reading, reading.stage.settings)
        stage = self.stage
        self.broken = list(broken)
        matches = reading.matches
        known = [step for step in stage.steps if step not in self.broken]
        # the gradient of weights whose input is 0, as in the first row of XOR, is nothing whatever is edited
        self.right = [step for step in known if (match := matches.get(step.before)) is None or not match.nothing]
        self.kept: Mapping[int, Compute] = {} if before is None else before.operations
        self.begun: Sequence[Values] = self.settings if before is None else before.settings
        self.old_weights: dict[int, dict[int, int]] = {}
        self.mended = Mended(operations={}, settings=(), steps=())
        self.most, self.wanted = 0, len(self.broken)
        afters = set(stage.applied)
        inner = (stage.needed & stage.dependent) - reading.forward.nodes - set(stage.parameters)
        leading = stage.program.ancestors([step.after for step in broken], stop=stage.parameters)
        # a line that runs on the way forward as well cannot be edited for one of the two, but its calls can
        self.shared = {self.own_key(id) for id in reading.forward.nodes}
        forward = {self.key(id) for id in reading.forward.nodes}
        edited = {self.key(id) for id in inner & leading if stage.node(id).place is not None} - forward
        # the first time that a line runs, it may be given constants
        constant = {
            id for id in stage.needed - stage.dependent if not stage.node(id).is_leaf and self.key(id) in edited
        }
        self.within = sorted(inner | afters | constant)
        self.search = Search(reading, self.settings, self.broken, may_adapt=has_rule(reading))
        if self.search.may_adapt and any(any(gradient_nodes(reading, step)) for step in broken):
            edited = set()  # it is the rule that is wrong
        self.local = [id for id in sorted((inner - afters - reading.given) | constant) if self.key(id) in edited]
        self.lines: dict[Key, list[int]] = {}
        for id in self.local:
            self.lines.setdefault(self.key(id), []).append(id)
        self.forward_lines: dict[Key, list[int]] = {}
        for id in sorted(stage.needed & reading.forward.nodes):
            self.forward_lines.setdefault(self.key(id), []).append(id)
        self.alone = leading - stage.program.ancestors([step.after for step in self.right], stop=stage.parameters)

    def partial_repair(self) -> Repair | None:
        """The first of the edits that make most steps right, if those are several; asked after ``repair``."""
        self.wanted, self.work = self.most, 0
        return self.repair() if self.most >= FEWEST_MENDED else None

    def with_old_weights(self) -> EditBench | None:
        """The same with parameters before their updates wherever a line takes updated ones; None if none does."""
        applied, program = self.stage.applied, self.stage.program
        users = {id: {one: applied[one].before for one in program.parents[id] if one in applied} for id in self.local}
        right = [step.after for step in self.stage.steps if step not in self.broken]
        leading = program.ancestors([step.after for step in self.broken], stop=[*self.stage.parameters, *right])
        bench = EditBench(self.reading, self.broken)
        bench.lines = {key: ids for key, ids in self.lines.items() if not leading.isdisjoint(ids)}
        bench.local = sorted(id for ids in bench.lines.values() for id in ids)
        bench.old_weights = {id: replaced for id, replaced in users.items() if replaced}
        bench.kept = {id: partial(program.compute, id) for id in bench.old_weights}
        bench.begun = [bench.computed(number, bench.kept, bench.within) for number in range(len(self.settings))]
        return bench if bench.old_weights else None

    def seen_by(self, id: int, values: Values) -> Values:
        """The values that a changed operation is computed from: with old weights, if these are asked for."""
        if id not in self.old_weights:
            return values
        return {**values, **{after: values[before] for after, before in self.old_weights[id].items()}}

    # The places of operations

    def key(self, id: int) -> Key:
        """The place of an operation in the text; of a line that both passes run, with the lines that called it."""
        own, place = self.own_key(id), self.stage.node(id).place
        if own not in self.shared or place is None:
            return own
        return *own, *(one.site for one in place.callers)

    def own_key(self, id: int) -> Key:
        """The line of an operation, and what it is made of on that line."""
        place = self.stage.node(id).place
        line = None if place is None else place.site
        return line, self.form(id, line, DEPTH)

    def form(self, id: int, line: tuple[str, int] | None, depth: int) -> Any:
        """An operation with those of its operands that are parts of the same expression.

        They are made on the same line, have no name and are used once: what a list keeps is used again.
        """
        node, children = self.stage.node(id), self.stage.program.children
        if depth == 0:
            return node.operation
        parts = []
        for one in argument_ids(node):
            part = self.stage.node(one)
            on_line = part.place is not None and part.place.site == line
            own = on_line and len(children[one]) == 1 and not part.names and not part.is_leaf
            parts.append(self.form(one, line, depth - 1) if own and one not in self.stage.parameters else None)
        return node.operation, tuple(parts)

    def groups(self) -> list[list[int]]:
        """All executions of each operation, and those of them that lead to wrong steps alone, if others do not"""
        found = list(self.lines.values())
        parts = [[id for id in ids if id in self.alone] for ids in found]
        return found + [part for part, ids in zip(parts, found) if 0 < len(part) < len(ids)]

    # Trying an edit

    def mends(self, operations: Mapping[int, Compute]) -> bool:
        """Whether as many wrong steps as wanted are made of their gradients after an edit, at one rate."""
        if self.work > MOST_WORK or len(self.local) > MOST_EDITED:
            return False
        self.tries += 1
        found: list[Values] = []
        together = {**self.kept, **operations}
        within = [id for id in self.within if id >= min(together)]
        after = set(self.within)  # a step that the edit does not reach is made of its gradient as before
        mending = self.broken
        for number in range(len(self.settings)):
            try:
                found.append(self.computed(number, together, within))
            except (CannotReplay, ValueError, TypeError, IndexError, KeyError, AttributeError):
                return False
            if not any(np.any(found[-1][id]) for id in operations):
                return False  # an edit that leaves nothing over explains nothing
            if number < TRIED_SETTINGS or number + 1 == len(self.settings):
                mending = [one for one in mending if step_is_right(self.search, one, found, after)]
                is_spoiled = not mending or not all(step_is_right(self.search, one, found, after) for one in self.right)
                if is_spoiled:
                    return False
        if not self.is_one_rate(found[0], mending) or self.spoils_a_gradient(operations, found):
            return False
        self.most = max(self.most, len(mending))
        if len(mending) < self.wanted:
            return False
        self.mended = Mended(operations=together, settings=found, steps=mending)
        return True

    def is_one_rate(self, values: Values, mending: Sequence[Step]) -> bool:
        """Whether the mended steps have the factor of the others, if all are multiples of their gradients."""
        if self.search.may_adapt:
            return True
        matches = {step.before: self.reading.matches.get(step.before) for step in self.right}
        # an edit may change the factor of a right step; of what is added to it, as a velocity, the first match knows
        plain = [
            step for step in self.right if (one := matches[step.before]) is None or not (one.decay or one.constant)
        ]
        kept = [step.before for step in self.right if step not in plain]
        rates = [factor for id, factor in self.reading.factors.items() if id in kept]
        for step in (*plain, *mending):
            gradient = np.ravel(self.reading.gradients[0][step.before])
            size = float(gradient @ gradient)
            if size:
                rates.append(float(np.ravel(step.of(values)) @ gradient) / size)
        return all(abs(one - rates[0]) <= SAME_RATE * abs(rates[0]) for one in rates)

    def spoils_a_gradient(self, operations: Mapping[int, Compute], settings: list[Values]) -> bool:
        """Whether an edit makes of a true gradient, which its line computes, something else."""
        reading = self.reading
        whole = reading.value_of_line(min(operations))
        was_right = whole != min(operations) and bool(reading.aligned_with((whole,), list(self.begun)))
        return was_right and not reading.aligned_with((whole,), settings)

    def is_mended_by_factors(self, factors: Mapping[int, float]) -> bool:
        """Whether all is right after some values, such as those that a factor went into, are divided by numbers."""
        return self.mends({id: partial(self.divided, id=id, number=one) for id, one in factors.items()})

    def divided(self, values: Values, id: int, number: float) -> Array:
        """A value divided by a number"""
        return np.asarray(self.stage.program.compute(id, values) / number)

    # The edits

    def changes(self) -> tuple[Callable[[], Iterator[Repair]], ...]:
        """The kinds of edits that are tried, in order; none of a pass that is too long"""
        if len(self.local) > MOST_EDITED:
            return ()
        return (
            self.signs,
            self.masks,
            self.transposes,
            self.axes,
            self.sums,
            self.arrays,
            self.operations,
            self.labels,
            self.output_factors,
            self.deltas,
            self.factors,
            self.powers,
            self.indices,
            self.items,
            self.totals,
        )

    def totals(self) -> Iterator[Repair]:
        """An array in the place of its sum or mean, as of that over all observations"""
        for ids in self.groups():
            arrays = {id: array for id in ids if (array := self.added_up(id)) is not None}
            if arrays and self.mends({id: self.passing_on(array) for id, array in arrays.items()}):
                yield Repair(change=Change.TOTAL, node=min(arrays), old=arrays[min(arrays)])

    def added_up(self, id: int) -> int | None:
        """The array that an operation is a sum of, or the last of those that add its items; None if there is none."""
        node = self.stage.node(id)
        operands = argument_ids(node)
        if node.operation in ("sum", "mean") and len(operands) == 1:
            return operands[0]
        items: set[int] = set()
        arrays: set[int] = set()
        while node.operation == "add":
            before = [one for one in argument_ids(node) if self.stage.node(one).operation == "add"]
            for one in set(argument_ids(node)) - set(before[:1]):
                item = self.stage.node(one)
                if item.operation != "getitem" or not isinstance(item.arguments[0], Ref):
                    return None
                items.add(one)
                arrays.add(item.arguments[0].id)
            if not before:
                break
            node = self.stage.node(before[0])
        shape = self.stage.node(min(arrays)).shape if len(arrays) == 1 else ()
        indices = [self.stage.node(one).arguments[1] for one in items]
        is_whole = bool(shape) and all(isinstance(one, int) for one in indices) and set(indices) == set(range(shape[0]))
        return min(arrays) if is_whole and len(indices) == shape[0] > 1 else None

    def items(self) -> Iterator[Repair]:
        """The items of an array in another order, if a line takes as many as there are: row by row, column by column"""
        taken: dict[tuple[Any, int], list[int]] = {}
        for id in self.local:
            node = self.stage.node(id)
            if node.operation == "getitem" and isinstance(node.arguments[0], Ref) and is_item(node.arguments[1]):
                taken.setdefault((self.key(id), node.arguments[0].id), []).append(id)
        for (_, array), ids in taken.items():
            for indices in orders_of_items(self.stage.node(array).shape, len(ids)):
                edits: dict[int, Compute] = {id: item_of(array, index) for id, index in zip(ids, indices)}
                if self.mends(edits):
                    yield Repair(change=Change.INDEX, node=ids[0])

    def labels(self) -> Iterator[Repair]:
        """Labels that are counted from another number, where they pick items: ``a[range(n), y - 1] -= 1``

        What picks items of anything but the outputs is not a label but another index, such as that of a time.
        """
        compared = {id for error in self.reading.errors for id in (error.node, error.output, *error.repeats)}
        lines: dict[Any, list[int]] = {}
        for id in self.local:
            node = self.stage.node(id)
            if node.operation in ("getitem", "setitem", "add_at", "subtract_at"):
                lines.setdefault(self.key(id)[0], []).append(id)
        for ids in lines.values():
            for number in (1, -1):
                if self.mends_if(ids, partial(self.changed, arguments=partial(with_labels_moved, by=number))):
                    is_label = compared & {one for id in ids for one in (id, *self.stage.program.parents[id])}
                    yield Repair(change=Change.LABELS if is_label else Change.INDEX, node=ids[0])

    def output_factors(self) -> Iterator[Repair]:
        """The derivative of the output that is left out, where errors are used: they may belong to the cost as well"""
        errors = self.reading.errors
        shapes = {id: self.stage.node(id).shape for error in errors for id in (error.node, error.output)}
        if any(shapes[error.node] != shapes[error.output] for error in errors):
            return
        for form in (*FORMS_OF_ACTIVATION.values(), slope_of_relu):
            operations: dict[int, Compute] = {}
            for error in errors:
                for made in (error.node, *error.repeats):
                    for user in set(self.stage.program.children[made]) & set(self.local):
                        operations[user] = self.with_factor(user, made, form, error.output)
            if operations and self.mends(operations):
                yield Repair(change=Change.DERIVATIVE, node=min(operations), old=errors[0].node, new=errors[0].output)

    def with_factor(self, user: int, old: int, form: Callable[[Array], Array], array: int) -> Compute:
        """An operation with one of its operands multiplied by a derivative that is a function of an array."""

        def compute(values: Values) -> Array:
            meant = np.asarray(values[old]) * form(np.asarray(values[array]))
            return np.asarray(self.stage.program.compute(user, {**values, old: meant}))

        return compute

    def deltas(self) -> Iterator[Repair]:
        """A product that was made of an array before, in its place wherever the line runs: the delta for the error"""
        for ids in self.groups():
            for place in range(len(self.stage.node(ids[0]).arguments)):
                old = self.arrays_at(ids, place)
                made = [self.products_of(one, id) for one, id in zip(old, ids)]
                for new in zip(*made) if len(old) == len(ids) else ():
                    edits = {id: self.with_arrays(id, {a: b}) for id, a, b in zip(ids, old, new)}
                    if len({self.key(one) for one in new}) == 1 and self.mends(edits):
                        yield Repair(change=Change.ARRAY, node=ids[0], old=old[0], new=new[0])

    def products_of(self, array: int, user: int) -> list[int]:
        """What the backward pass made of an array before one of its users by one factor after the other."""
        stage, found, shape = self.stage, list[int](), self.stage.node(array).shape
        while len(found) < MOST_FACTORS:
            made = [stage.node(one) for one in stage.program.children[found[-1] if found else array] if one < user]
            products = [one.id for one in made if one.operation == "multiply" and one.shape == shape]
            if not products or products[-1] not in self.within:
                break
            found.append(products[-1])
        return found

    def factors(self) -> Iterator[Repair]:
        """A derivative that is left out wherever the line runs, as that of the state of each time step"""
        for ids in self.groups():
            shapes = [self.stage.node(id).shape for id in ids]
            if len(ids) < 2 or self.stage.node(ids[0]).operation not in ("multiply", "add", "matmul", "dot"):
                continue
            for made in self.series():
                for new in fitting(made, len(ids)):
                    if [self.stage.node(one).shape for one in new] != shapes:
                        continue
                    for form in FORMS_OF_ACTIVATION.values():
                        if self.mends({id: self.multiplied_by(id, form, one) for id, one in zip(ids, new)}):
                            yield Repair(change=Change.DERIVATIVE, node=ids[0], new=new[0])

    def multiplied_by(self, id: int, form: Callable[[Array], Array], array: int) -> Compute:
        """A value times a derivative that is a function of an array."""
        return lambda values: np.asarray(self.stage.program.compute(id, values) * form(np.asarray(values[array])))

    def sums(self) -> Iterator[Repair]:
        """Terms added up that overwrote one another: in a name (``s = x``), or in an item (``s[i] = x``).

        With an array of indices, ``s[i] += x`` counts only the last term of an item that it names several times.
        """
        for ids in self.groups():
            if self.stage.node(ids[0]).operation == "setitem":
                for change, edit in ((Change.ACCUMULATED, added_to_item), (Change.REPEATED, counted_each_time)):
                    if self.mends_if(ids, partial(self.changed, arguments=edit)):
                        yield Repair(change=change, node=ids[0])
                continue
            terms = self.overwritten(ids)
            if terms and self.mends({id: self.with_terms(id, terms[id]) for id in ids}):
                yield Repair(change=Change.ACCUMULATED, node=ids[0])

    def overwritten(self, ids: Sequence[int]) -> dict[int, list[int]]:
        """For each execution of a line, those just before it whose results nothing was done with."""
        stage, key, shape = self.stage, self.key(ids[0]), self.stage.node(ids[0]).shape
        unused = [
            id
            for id in sorted(stage.dependent - stage.needed - self.reading.forward.nodes)
            if id < ids[-1] and stage.node(id).shape == shape and self.key(id) == key
        ]
        if not unused or not self.extend(unused):
            return {}
        starts = [-1, *ids]
        return {id: [one for one in unused if starts[place] < one < id] for place, id in enumerate(ids)}

    def with_terms(self, id: int, terms: Sequence[int]) -> Compute:
        """A value to which others are added."""
        return lambda values: np.asarray(self.stage.program.compute(id, values) + sum(values[one] for one in terms))

    def arrays(self) -> Iterator[Repair]:
        """Another array of the forward pass in the place of one, wherever the line runs"""
        for ids in self.groups():
            for place in range(len(self.stage.node(ids[0]).arguments)):
                for old, new in self.meant(ids, place):
                    if self.mends({id: self.with_arrays(id, {a: b}) for id, a, b in zip(ids, old, new)}):
                        yield Repair(change=Change.ARRAY, node=ids[0], old=old[0], new=new[0])

    def arrays_at(self, ids: Sequence[int], place: int) -> list[int]:
        """The arrays at a place of an operation, in all its executions that have one there."""
        arguments = [one[place] for id in ids if len(one := self.stage.node(id).arguments) > place]
        return [one.id for one in arguments if isinstance(one, Ref)]

    def meant(self, ids: Sequence[int], place: int) -> Iterator[tuple[list[int], list[int]]]:
        """The arrays at a place of an operation in all its executions, and others that may have been meant.

        Those are of the forward pass, one for each execution: the pre-activation of a unit of plain numbers; all that
        another line made, in order or, as on the way back, from the last to the first; or those before or after on
        their own line, as of the last time step.
        """
        stage = self.stage
        old = self.arrays_at(ids, place)
        if len(ids) < 2 or len(old) < len(ids) or any(is_truth(stage.node(one)) or one in self.local for one in old):
            return
        at = stage.node(ids[0]).place
        is_shared = at is not None and at.site in self.reading.forward_lines  # then what calls the line is wrong
        if self.pre_activations.keys() >= set(old) and not is_shared:
            yield old, [self.pre_activations[one] for one in old]
        shapes = [stage.node(one).shape for one in old]
        count = 0
        for made in self.series():
            for new in (*shifted(made, old), *fitting(made, len(old))):
                if new != old and [stage.node(one).shape for one in new] == shapes and count < MOST_MEANT:
                    count += 1
                    yield old, new

    @cached_property
    def pre_activations(self) -> dict[int, int]:
        """What each output of a unit of plain numbers is the activation of.

        Those of arrays are left out, because a mistake with them is named by what it is a derivative of.
        """
        layers = [one for one in self.reading.forward.layers if self.stage.node(one.a).shape == ()]
        return {one.a: one.z for one in layers if one.a != one.z}

    def series(self) -> list[list[int]]:
        """What each line of the forward pass made, in order, and the same with what it began with."""
        stage = self.stage
        found = [ids for ids in self.forward_lines.values() if stage.node(ids[0]).shape and len(ids) > 1]
        begun = [(self.begun_with(ids), ids) for ids in found]
        return found + [[first, *ids] for first, ids in begun if first is not None]

    def begun_with(self, ids: Sequence[int]) -> int | None:
        """What stood in the place of the values of a line before there was one, such as the state before the first."""
        stage = self.stage
        for child in stage.program.children[ids[0]]:
            if child not in self.reading.forward.nodes:
                continue
            references = [one.id if isinstance(one, Ref) else None for one in stage.node(child).arguments]
            for other in self.forward_lines.get(self.key(child), ()) if ids[0] in references else ():
                argument = stage.node(other).arguments[references.index(ids[0])]
                if not isinstance(argument, Ref) or other > ids[0]:
                    continue
                if stage.node(argument.id).shape == stage.node(ids[0]).shape:
                    return argument.id
        return None


def gradient_after(bench: EditBench, repair: Repair) -> tuple[int, Alignment] | None:
    """The forward node whose gradient an edited value becomes, or else the first value that is made of it."""
    reading, stage = bench.reading, bench.stage
    for id in sorted(stage.program.descendants([repair.node], within=set(bench.within))):
        rows = [values[id] for values in bench.mended.settings]
        if any(isinstance(one, tuple) or np.asarray(one).dtype.kind != "f" for one in rows):
            continue
        found = reading.index().find(samples(rows))
        if found:
            return min(found, key=lambda one: (reading.rank(one[0]), -one[0]))
    return None


def slope_of_relu(values: Array) -> Array:
    """The derivative of a relu, from z or from a, which are above 0 together"""
    return (values > 0).astype(float)


def is_item(index: Any) -> bool:
    """Whether an index means one item of a matrix"""
    return isinstance(index, tuple) and len(index) == 2 and all(isinstance(one, int) for one in index)


def orders_of_items(shape: tuple[int, ...], count: int) -> list[list[tuple[int, ...]]]:
    """The indices of all items of a matrix, row by row and column by column, if there are so many."""
    if len(shape) != 2 or math.prod(shape) != count:
        return []
    rows = list(np.ndindex(shape))
    return [rows, [(i, j) for j, i in np.ndindex(shape[::-1])]]


def item_of(array: int, index: tuple[int, ...]) -> Compute:
    """One item of an array"""
    return lambda values: np.asarray(values[array])[index]


def shifted(made: Sequence[int], old: Sequence[int]) -> list[list[int]]:
    """The values one after and one before each of these on their line, if there are any."""
    numbers = {id: place for place, id in enumerate(made)}
    if any(one not in numbers for one in old):
        return []
    found = []
    for step in (1, -1):
        places = [numbers[one] + step for one in old]
        if min(places) >= 0 and max(places) < len(made):
            found.append([made[place] for place in places])
    return found


def fitting(made: Sequence[int], count: int) -> list[list[int]]:
    """The values of a line, if they are as many, in order and from the last to the first."""
    return [list(made), list(made)[::-1]] if len(made) == count else []


def with_labels_moved(given: list[Any], keywords: Any, by: int) -> tuple[list[Any], Any]:
    """The arguments of an access to items, with the array of integers that is its last index moved by a number.

    Raises:
        IndexError: the last index is not such an array, or an item would be outside of the array.
    """
    whole, index = np.asarray(given[0]), given[1]
    parts = list(index) if isinstance(index, tuple) else [index]
    last = np.asarray(parts[-1]) if isinstance(parts[-1], (list, np.ndarray)) else np.zeros(0)
    if last.dtype.kind not in "iu" or last.size == 0 or int(np.min(last)) + by < 0:
        raise IndexError("these are not labels")
    last = last.astype(np.intp)  # bytes are not moved below 0 or above 255
    moved = (*parts[:-1], last + by) if isinstance(index, tuple) else last + by
    return [whole, moved, *given[2:]], keywords


def counted_each_time(given: list[Any], keywords: Any) -> tuple[list[Any], Any]:
    """The arguments of ``x[i] = y`` if items that i names several times are to count each time"""
    whole, index, value = given
    return [whole, index, added_at_items(whole, index, value)[index]], keywords


def added_at_items(whole: Any, index: Any, value: Any) -> Array:
    """What ``x[i] = y`` makes of x if each change of an item counts: ``np.add.at(x, i, y - x[i])``"""
    summed = np.array(whole, dtype=float)
    np.add.at(summed, index, value - summed[index])
    return summed


def added_to_item(given: list[Any], keywords: Any) -> tuple[list[Any], Any]:
    """The arguments of ``x[i] += y`` from those of ``x[i] = y``"""
    whole, index, value = given
    return [whole, index, np.asarray(whole)[index] + value], keywords
