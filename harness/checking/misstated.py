"""A cost that a file computes and calls its cost, and that is not the one that its gradients belong to.

Such a number trains nothing, so the gradients may be right under another cost. What is wrong in it is certain if one
sign makes it the other cost, if it has an output in the place of its target, or if it pairs every output with every
target. Otherwise it is a second reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from .alignment import ratio
from .cost import VALUES, Form
from .decisions import ORDERS
from .facts import computed_cost
from .labels import found_at
from .reading import Reading, same_cost
from .recorded_costs import is_declared_cost
from .repairs import SYMBOLS, Array, Bench, Change, Compute, Repair
from .replay import CannotReplay, Values, size_of
from .result import Alternative, Found
from .stage import argument_ids

NEGLIGIBLE = 1e-3  # of a gradient, relative to the largest
EXACT = 1e-6  # relative difference of the gradients of two costs that are the same
THRESHOLDED = frozenset({Form.HINGE, Form.PERCEPTRON})
NEARLY_ALIKE = 0.05  # relative difference of the gradients of costs that only a small constant tells apart


def shared_outputs(own: Reading, best: Reading) -> set[int]:
    """The values that both costs are made of: the outputs, or what they were before they were reshaped for one."""
    stage, found = own.stage, set()
    for output in {error.output for error in best.errors}:
        made_of = [output]
        while len(made_of) == 1 and made_of[0] not in own.forward.nodes:
            output = made_of[0]
            made_of = [one for one in stage.program.parents[output] if one in stage.dependent]
        output = made_of[0] if len(made_of) == 1 else output
        twin = twin_of(output, own)
        found.add(output if twin is None else twin)
    return found


def twin_of(id: int, reading: Reading) -> int | None:
    """A value itself if the cost of a reading is made of it, or what is the same at all settings if the cost has a
    forward pass of its own; None if there is neither."""
    settings, node = reading.stage.settings, reading.stage.node
    if all(id in gradients for gradients in reading.gradients):
        return id
    alike = (one for one in sorted(reading.forward.nodes) if node(one).shape == node(id).shape)
    for one in alike if all(id in values for values in settings) else ():
        if all(np.array_equal(values[one], values[id]) for values in settings):
            return one
    return None


def is_other_cost(own: Reading, best: Reading) -> bool:
    """Whether the cost of a reading makes something else of the outputs than the one that the gradients belong to.

    A penalty is looked at by itself, and a small constant that keeps a logarithm finite is not another cost.
    """
    both = gradients_at(shared_outputs(own, best), own, best)
    if both is None:
        return False
    mine, used = both
    others = np.abs(mine[used == 0])  # what goes for other outputs is not a small constant in a logarithm
    return bool(np.any(mine)) and (
        ratio(mine, used, NEARLY_ALIKE) is None or np.max(others, initial=0.0) > NEGLIGIBLE * np.max(np.abs(mine))
    )


def gradients_at(outputs: set[int], *readings: Reading) -> list[Array] | None:
    """The gradients of several costs with respect to outputs, at all settings; None if there are none."""
    if not outputs:
        return None
    found = []
    for one in readings:
        twins: list[int] = []
        for id in outputs:
            twin = twin_of(id, one)
            if twin is None:
                return None
            twins.append(twin)
        found.append(np.concatenate([np.ravel(gradients[id]) for gradients in one.gradients for id in twins]))
    return found


def left_out_weights(bench: CostBench, own: Reading, plain: Reading) -> int | None:
    """The weights of classes or observations in a cost that its gradients lack; None if there are none."""
    outputs, stage = shared_outputs(own, plain), own.stage
    both = gradients_at(outputs, own, plain)
    if both is None or len(outputs) > 1:
        return None
    shape = stage.node(min(outputs)).shape
    into = [one for id in bench.local for one in stage.program.parents[id] if one not in stage.dependent]
    before = [one for id in into for one in stage.program.parents[id]]
    for weights in dict.fromkeys([*into, *before]):
        try:
            values = [np.ravel(np.broadcast_to(one[weights], shape)) for one in stage.settings]
        except (ValueError, KeyError):
            continue
        is_lacking = ratio(both[0], both[1] * np.concatenate(values), NEARLY_ALIKE**2) is not None
        # a target that the cost multiplies by has zeros, and makes it a cost of another kind
        if is_lacking and np.all(stage.program.run([weights], {}, stage.program.base)[weights] > 0):
            return weights
    return None


def under_declared_costs(readings: Sequence[Reading]) -> list[Reading]:
    """The readings under what the file calls its cost."""
    return [one for one in readings if one.cost.node is not None and is_declared_cost(one.stage.node(one.cost.node))]


def own_costs(readings: Sequence[Reading], best: Reading) -> list[Reading]:
    """The readings under what the file calls its cost, if that is another cost than the best reading's."""
    return [one for one in under_declared_costs(readings) if not one.descends and is_other_cost(one, best)]


class CostBench(Bench):
    """The operations between outputs and a cost, which are changed one at a time.

    Attributes:
        node: of the cost.
        wanted: what the cost should be at each setting, up to a factor.
    """

    def __init__(self, own: Reading, plain: Reading) -> None:
        super().__init__(own, own.stage.settings)
        assert own.cost.node is not None
        assert plain.cost.form is not None
        outputs = shared_outputs(own, plain)
        self.node, value = own.cost.node, VALUES[plain.cost.form]
        self.outputs, self.errors = outputs, plain.cost.errors
        self.local = sorted(self.stage.program.descendants(outputs, within=own.forward.nodes | {self.node}) - outputs)
        self.wanted = np.array(
            [
                sum(value(np.asarray(one[error.output]), error.target_values(one)) for error in plain.cost.errors)
                for one in self.settings
            ]
        )

    def groups(self) -> list[list[int]]:
        """Each operation for itself"""
        return [[id] for id in self.local]

    def changes(self) -> tuple[Callable[[], Iterator[Repair]], ...]:
        """Signs, and the target in a cost without it"""
        return self.signs, self.left_out_targets

    def left_out_targets(self) -> Iterator[Repair]:
        """The target in the place of an output, in a cost of outputs alone: ``-a * log(a)``"""
        targets = {one.target for one in self.errors}
        if len(self.errors) > 1 or not targets.isdisjoint({None, *self.stage.program.ancestors([self.node])}):
            return
        for id in self.local:
            for old in self.outputs.intersection(argument_ids(self.stage.node(id))):
                if self.mends({id: partial(self.with_target, id, old)}):
                    yield Repair(change=Change.ARRAY, node=id, old=old)

    def with_target(self, id: int, old: int, values: Values) -> Array:
        """An operation with the target in the place of one of its operands"""
        target = np.reshape(self.errors[0].target_values(values), np.shape(values[old]))
        return np.asarray(self.stage.program.compute(id, {**values, old: target}))

    def mends(self, operations: Mapping[int, Compute]) -> bool:
        """Whether the number is a multiple of the cost at every setting after a change"""
        try:
            found = [
                float(self.computed(number, operations, self.local)[self.node]) for number in range(len(self.settings))
            ]
        except (CannotReplay, ValueError, TypeError):
            return False
        return ratio(np.array(found), self.wanted, NEARLY_ALIKE**2) is not None


def pairs_all(bench: CostBench) -> int | None:
    """The operation that makes a table of all pairs of outputs and targets on the way to a cost; None if none does."""
    stage = bench.stage
    for id in bench.local:
        sizes = [size_of(stage.node(one)) for one in stage.program.parents[id]]
        if len(sizes) == 2 and sizes[0] == sizes[1] > 1 and size_of(stage.node(id)) == sizes[0] ** 2:
            return id
    return None


def misstated_cost(readings: Sequence[Reading], plain: Reading) -> tuple[Found | None, Alternative | None]:
    """What is wrong with the cost that a right file computes, or if that is open, what that cost says of the file.

    Args:
        readings: all readings of the file.
        plain: the one of the catalogue under which it is right.
    """
    is_stated = any(same_cost(plain, one) for one in under_declared_costs(readings))
    for own in own_costs(readings, plain) if not is_stated else ():  # others are of other data
        stage, node = own.stage, own.cost.node
        assert node is not None
        bench = CostBench(own, plain)
        table = pairs_all(bench)
        if table is not None:
            return found_at(own, table, "broadcast-by-accident", ()), None
        repair = bench.repair()
        if repair is not None:
            is_sign = repair.operation in SYMBOLS
            detail = f"{SYMBOLS[stage.node(repair.node).operation]} -> {SYMBOLS[repair.operation]}" if is_sign else ""
            return found_at(own, repair.node, "cost-differs", (), detail=detail), None
        # of two classes, the binary and the categorical cost have the same gradients
        alike = (one for one in readings if one.cost.form is not None and same_cost(plain, one))
        weights = next((id for one in alike if (id := left_out_weights(bench, own, one)) is not None), None)
        if weights is not None:
            places = tuple(filter(None, [stage.node(weights).place]))
            return found_at(plain, plain.errors[0].node, "forward-factor-missing", stage.steps, others=places), None
        moved = plain.errors[0].node if is_of_other_classes(own, plain) else moved_threshold(own, plain)
        if moved is not None:
            places = tuple(filter(None, [stage.node(node).place]))
            return found_at(plain, moved, "cost-differs", stage.steps, others=places), None
        return None, differing(own)
    wider = next((one for one in under_declared_costs(readings) if adds_hidden_values(one, plain)), None)
    return None, None if wider is None else differing(wider)


def is_of_other_classes(own: Reading, plain: Reading) -> bool:
    """Whether the file's own cost takes the outputs of other classes than the gradients do, as of the label less 1.

    The gradient of such a cost is a constant over the output of one class, and 0 for all others.
    """
    outputs = shared_outputs(own, plain)
    both = gradients_at(outputs, own, plain)
    if plain.cost.form is not Form.CATEGORICAL or both is None or len(outputs) != 1:
        return False
    values = np.concatenate([np.ravel(one[min(outputs)]) for one in plain.stage.settings])
    counted = [one != 0 for one in both]
    constants = [(gradients * values)[some] for gradients, some in zip(both, counted)]
    are_constant = all(one.size and np.ptp(one) <= NEARLY_ALIKE * np.max(np.abs(one)) for one in constants)
    is_of_one = are_constant and constants[0].size == constants[1].size < values.size
    return is_of_one and bool(np.any(counted[0] != counted[1]))


def moved_threshold(own: Reading, plain: Reading) -> int | None:
    """The comparison by which other observations are counted than in the file's own cost; None if there is none.

    That is the gradient of ``max(0, -y a)`` beside ``max(0, 1 - y a)``: what is counted in both is the same there.
    """
    both = gradients_at(shared_outputs(own, plain), own, plain)
    if plain.cost.form not in THRESHOLDED or both is None:
        return None
    counted = [one != 0 for one in both]
    in_both = counted[0] & counted[1]
    if not np.any(in_both) or ratio(both[0][in_both], both[1][in_both], EXACT) is None:
        return None
    stage, outputs = plain.stage, [error.output for error in plain.errors if error.decided is None]
    below = stage.program.descendants(outputs, within=stage.needed)
    return min((id for id in below if stage.node(id).operation in ORDERS), default=None)


def differing(own: Reading) -> Alternative:
    """What a file is under its own cost, to which its gradients do not belong."""
    node = own.cost.node
    assert node is not None
    return Alternative(cost=computed_cost(own.stage, node), mistakes=(found_at(own, node, "cost-differs", ()),))


def adds_hidden_values(own: Reading, plain: Reading) -> bool:
    """Whether a cost is the one that the gradients belong to, and something that it makes of hidden values besides."""
    both = gradients_at(shared_outputs(own, plain), own, plain)
    if own.descends or both is None or ratio(both[0], both[1], EXACT) is None:
        return False
    ends = set(plain.forward.outputs) | {error.output for error in plain.errors}
    hidden = [one.a for one in plain.forward.layers if not ends & {one.a, one.z, *one.region}]
    found = [gradients_at({id}, own, plain) for id in hidden]
    return any(one is not None and np.any(one[1]) and ratio(one[0], one[1], EXACT) is None for one in found)
