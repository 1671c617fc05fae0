"""The costs that a file may be read under, and the one that the verdict is given under."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from .cost import MAXIMISED_WORDS, Cost, Error, Form
from .decisions import ORDERS
from .doubts import has_target
from .matching import read
from .moved_cost import moved_cost
from .reading import Match, Reading, same_cost
from .recorded_costs import is_declared_cost, is_named, recorded_costs
from .stage import Stage
from .structure import Layer, is_compared_margin, is_coupled
from .vjps import CHOICE
from .weighted import held_targets, of_several_kinds, with_weights, with_zeros

ITEM = re.compile(r"(\[\d+\])+$")  # at the end of a name: w[0], self.w[1][2]


def make_readings(stage: Stage, errors: Sequence[Error], costs: Sequence[Cost]) -> Iterator[Reading]:
    """The stage under every cost that may be meant; each is made when it is asked for."""
    stage.errors = tuple(errors)
    for cost in costs:
        if cost.node is not None and not cost.meant and is_compared_margin(stage, cost.node):
            continue
        reading = read(stage, cost)
        if reading is None or not (errors or cost.meant or len(reading.unexplained) < len(stage.steps)):
            continue
        assert cost.node is not None
        node = stage.node(cost.node)
        if reading.climbs and is_named(node, MAXIMISED_WORDS, ()):
            reading = read(stage, replace(cost, maximised=True)) or reading
        # what all steps climb, and nothing calls a cost, is another value, such as the margin that a branch looks at
        elif reading.climbs and not (cost.meant or is_declared_cost(node)):
            continue
        yield reading
    if errors:
        for form in forms_of(stage, errors):
            reading = read(stage, Cost(node=None, form=form, errors=tuple(errors)))
            if reading is not None:
                yield reading


def forms_of(stage: Stage, errors: Sequence[Error]) -> list[Form]:
    """The costs of the catalogue that outputs and targets may have, which meet in this way."""
    if any(error.decided is not None for error in errors):
        return [Form.PERCEPTRON]
    below_zero = is_asked_below_zero(stage, errors)
    others = {Form.HINGE if below_zero else Form.PERCEPTRON}  # they differ only in the limit
    if not any(are_exponents(stage, error) for error in errors):
        others.add(Form.MARGINS)
    return [form for form in Form if errors and form not in others]


def are_exponents(stage: Stage, error: Error) -> bool:
    """Whether an output times its target is the exponent of something, as a margin is."""
    after = [stage.node(child) for child in stage.program.children[error.node]]
    return stage.node(error.node).operation == "multiply" and any(node.operation == "exp" for node in after)


def is_asked_below_zero(stage: Stage, errors: Sequence[Error]) -> bool:
    """Whether products of outputs and targets are compared with 0, and with no other limit."""
    asking = [stage.node(child) for error in errors for child in stage.program.children[error.node]]
    compared = [node.arguments for node in asking if node.operation in ORDERS]
    compared += [node.arguments[1:3] for node in asking if node.operation == CHOICE]
    limits = [one for operands in compared for one in operands if isinstance(one, (int, float))]
    return bool(limits) and not any(limits)


def make_further_readings(stage: Stage, groups: Sequence[Sequence[Error]], known: Sequence[Reading]) -> list[Reading]:
    """The stage under rarer costs: weighted ones, those of targets that it makes itself, and sums of several kinds.

    Args:
        stage: the stage.
        groups: where the file may compare outputs with targets.
        known: the stage under usual costs, which do not explain it.
    """
    found: list[Reading] = []
    for errors in (*(with_weights(stage, one) for one in groups), held_targets(stage)):
        found += make_readings(stage, errors, ()) if errors else []
    for errors in (kinds for one in groups for kinds in of_several_kinds(stage, one)):
        reading = read(stage, Cost(node=None, form=errors[0].form, errors=errors))
        found += [reading] if reading is not None and reading.descends else []
    fewest = min((len(one.unexplained) for one in known), default=len(stage.steps))
    for errors in (with_zeros(stage, one) for one in groups):
        readings = (read(stage, Cost(node=None, form=form, errors=errors)) for form in forms_of(stage, errors))
        found += [one for one in readings if one is not None and len(one.unexplained) < fewest]
    return found


def count(reading: Reading, is_counted: Callable[[Match], bool]) -> Fraction:
    """How many parameters have a match of some kind; those of one name, as the items of a list, are one together."""
    names = {step.before: ITEM.sub("", step.name) or step.name for step in reading.stage.steps}
    sizes = Counter(names.values())
    found = [names[id] for id, match in reading.matches.items() if match is not None and is_counted(match)]
    return sum((Fraction(1, sizes[name] if name else 1) for name in found), Fraction())


def preference(reading: Reading) -> tuple[Fraction | int, ...]:
    """Smaller is better: what explains most of the file comes first, the file's own cost before the catalogue's."""
    explained = count(reading, lambda match: True)
    descending = count(reading, lambda match: match.factor < 0)
    order = 0 if reading.cost.meant else 2 if reading.cost.form is None else 1
    form = 0 if reading.cost.form is None else list(Form).index(reading.cost.form)
    plain = -count(reading, lambda match: not match.decay)
    # of two classes that add up to one, both entropies have the same gradient, up to a factor
    strange = reading.cost.form is Form.BINARY and is_output_coupled(reading)
    return (-int(reading.descends), -explained, -int(reading.same_factor), -descending, plain, order, strange, form)


def is_settled(reading: Reading) -> bool:
    """Whether none that is made later can be preferred."""
    plain = all(one is not None and not one.decay for one in reading.matches.values())
    return reading.descends and reading.cost.meant and plain


def choose(readings: Sequence[Reading]) -> Reading:
    """The reading that the verdict is given under."""
    best = readings[0]
    if best.descends:
        return best
    # nothing is right under any cost: the one under which the backward pass agrees longest
    same = [one for one in readings if preference(one)[:5] == preference(best)[:5]]
    if len(same) == 1:
        return best
    return max(
        same,
        key=lambda one: (
            *(natural(one), has_target(one), has_delta_of_squares(one), output_is_right(one), aligned_rows(one)),
            -readings.index(one),
        ),
    )


def has_delta_of_squares(reading: Reading) -> bool:
    """Whether errors are multiplied by the derivative of the output somewhere: no cross-entropy asks for that."""
    layer = output_layer(reading)
    if reading.cost.form is not Form.SQUARED or layer is None or layer.a == layer.z:
        return False
    return any(id == layer.z for row in reading.backward_bundles()[:400] for id, _ in reading.aligned_with(row))


def output_is_right(reading: Reading) -> int:
    """How many parameters of the output layer are explained."""
    layer = output_layer(reading)
    return 0 if layer is None else sum(reading.matches.get(one) is not None for one in layer.parameters)


def natural(reading: Reading) -> int:
    """Whether a cost goes with the activation of the output."""
    if reading.cost.form is None:
        return 3 if reading.cost.meant else -1
    layer, coupled = output_layer(reading), is_output_coupled(reading)
    if reading.cost.form is Form.CATEGORICAL:
        return 2 if coupled else -1
    if reading.cost.form is Form.BINARY:
        return 1 if layer is not None and layer.a != layer.z and not coupled else -1
    return 1 if reading.cost.form is Form.SQUARED else -2


def is_output_coupled(reading: Reading) -> bool:
    """Whether an output depends on the other units of its layer."""
    layer = output_layer(reading)
    return layer is not None and is_coupled(reading.stage, layer)


def aligned_rows(reading: Reading) -> int:
    """How many operations of the backward pass are multiples of a true gradient."""
    return sum(bool(reading.aligned_with(bundle)) for bundle in reading.backward_bundles()[:400])


def one_by_one(readings: Sequence[Reading], best: Reading) -> Reading:
    """The reading to look for mistakes with: each observation for itself, if that is the same cost."""
    if best.descends or best.forward.lane_count > 1:
        return best
    return next((one for one in readings if one.forward.lane_count > 1 and same_cost(best, one)), best)


def errors_like(first: Reading, stage: Stage, errors: tuple[Error, ...]) -> tuple[Error, ...]:
    """Where a later iteration compares outputs with targets, as the first one does."""
    if any(error.weights for error in first.cost.errors):
        return with_weights(stage, errors)
    if any(error.form for error in first.cost.errors):
        forms = [error.form for error in first.cost.errors]
        kinds = of_several_kinds(stage, errors)
        return next((one for one in kinds if [error.form for error in one] == forms), ())
    if any(error.output == error.node for error in first.cost.errors):
        return with_zeros(stage, errors)
    if any(error.target in first.stage.dependent for error in first.cost.errors):
        return held_targets(stage)
    return errors


def catalogued(first: Reading) -> Reading | None:
    """The first iteration under the catalogue's form of a cost that the file computes in some iterations only.

    None if no form of the catalogue has these gradients.
    """
    errors = first.stage.errors
    usual = list(make_readings(first.stage, errors, ()))
    readings = [*usual, *make_further_readings(first.stage, [errors], usual)]
    first.stage.errors = errors
    return min((one for one in readings if one.descends), key=preference, default=None)


def read_like(first: Reading, stage: Stage, errors: tuple[Error, ...]) -> Reading | None:
    """A later iteration under the same cost as the first one."""
    if first.cost.form is not None:
        errors = errors_like(first, stage, errors)
        return read(stage, replace(first.cost, errors=errors)) if errors else None
    costs = recorded_costs(stage, stage.last)
    if not costs and (same := catalogued(first)) is not None:
        return read_like(same, stage, errors)
    own = [replace(first.cost, node=one.node) for one in costs_alike(first, stage, costs)]
    if own:
        return min(filter(None, (read(stage, one) for one in own)), key=preference, default=None)
    moved = moved_cost(first, stage) if not costs else None
    reading = read(*moved) if moved is not None else None
    if reading is not None and reading.descends:
        return reading
    readings = []
    for reading in make_readings(stage, errors, costs):
        readings.append(reading)
        if is_settled(reading):
            break
    return min(readings, key=preference, default=None)


def costs_alike(first: Reading, stage: Stage, costs: Sequence[Cost]) -> list[Cost]:
    """The costs of a later iteration that the first one's line computes, those that the same lines led to if any did.

    All sums of a network of numbers are made by one line, that of its operator.
    """
    made = None if first.cost.node is None else first.stage.node(first.cost.node)
    if made is None or made.place is None:
        return []
    nodes = [(one, stage.node(one.node)) for one in costs if one.node is not None]
    alike = [(one, node) for one, node in nodes if (node.place, node.operation) == (made.place, made.operation)]
    same = [one for one, node in alike if node.place is not None and node.place.trail == made.place.trail]
    return same or [one for one, _ in alike]


def output_layer(reading: Reading) -> Layer | None:
    """The layer whose activation is compared with targets."""
    ends = set(reading.forward.outputs) | {error.output for error in reading.stage.errors}
    for layer in reversed(reading.forward.layers):
        if layer.a in ends or layer.z in ends or ends & set(layer.region):
            return layer
    return None
