"""Weight decay: what is added to gradients, against the penalty in the cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ..recording.graph import Node, Place, Ref
from .alignment import align, ratio
from .cost import Cost, Form
from .factors import chain_of, is_same
from .labels import found_in_step
from .matching import read
from .reading import Match, Reading
from .result import UNKNOWN, Found, Kind, Quantity, merge_by_id
from .scales import first_with, found_scale, name_of_scale
from .stage import JOINING, Stage, Step
from .structure import Role, is_view_of_parameter

# operations on the way of a penalty into a cost
ADDING = JOINING | {
    *("add", "subtract", "sum", "mean", "multiply", "divide", "sqrt", "negative"),
    *("reshape", "ravel", "array"),
}


def has_penalty(reading: Reading) -> bool:
    """Whether the cost that the file computes has squares of parameters in it."""
    cost, stage = reading.cost, reading.stage
    if cost.node is None:
        return False
    for id in stage.program.ancestors([cost.node], stop=stage.parameters) & stage.dependent:
        node = stage.node(id)
        parents = [one for one in stage.program.parents[id] if one in stage.dependent]
        squares = node.operation in ("square", "power", "norm", "linalg.norm", "vdot", "absolute") or (
            node.operation in ("multiply", "dot", "sum") and len(node.parents) == 2 and len(set(node.parents)) == 1
        )
        is_of_parameters = parents and all(is_view_of_parameter(stage, one) for one in parents)
        if squares and is_of_parameters and is_added(stage, id, cost.node):
            return True
    return False


def is_added(stage: Stage, id: int, cost: int) -> bool:
    """Whether a value is only summed and scaled on its way to a cost: squares in an output are not a penalty."""
    way = stage.program.descendants([id], within=stage.program.ancestors([cost])) - {id}
    # the square of a norm is a sum of squares as well
    return all(stage.node(one).operation in ADDING or set(stage.program.parents[one]) == {id} for one in way)


def decay_mistakes(reading: Reading) -> list[Found]:
    """Weight decay that turns the wrong way, or that is not that of the cost."""
    turned = [one for step in reading.stage.steps if (one := turned_penalty(reading, step)) is not None]
    if turned:
        return merge_by_id(turned)
    decays = {id: one for id, one in reading.matches.items() if one is not None and one.decay}
    if not decays:
        return []
    unequal = decayed_biases(reading, decays) or unscaled_penalty(reading, decays)
    if unequal is not None:
        return [unequal]
    penalty = reading.cost.meant and has_penalty(reading)
    if penalty:
        scaled = scaled_data_part(reading, decays)
        if scaled is not None:
            return [scaled]
    found = []
    for step in reading.stage.steps:
        match = decays.get(step.before)
        if match is None:
            continue
        if not penalty and match.decay < 0:
            continue
        id = "weight-decay-differs" if penalty and not grows(reading, step) else "weight-decay-sign"
        found.append(decay_mistake(id, reading, step, match))
    return merge_by_id(found)


def decay_mistake(id: str, reading: Reading, step: Step, match: Match) -> Found:
    """A mistake in the weight decay of one parameter: what is added to its gradient and should not be."""
    got = Quantity(kind=Kind.DECAY, name=step.name, factor=match.decay / match.factor)
    return found_in_step(reading, step, id, place=decay_place(reading, step), got=got)


def turned_penalty(reading: Reading, step: Step) -> Found | None:
    """A penalty's gradient, such as a multiple of the parameter's sign, that is taken off the gradient, not added."""
    stage = reading.stage
    gradient, parameter = reading.gradient_samples((step.before,)), stage.samples(step.before)
    if gradient is None or parameter is None or step.before not in reading.forward.nodes:
        return None
    for id in sorted(reading.way_to(step)):
        node = stage.node(id)
        operands = [one.id for one in node.arguments if isinstance(one, Ref)]
        if node.operation not in ("add", "subtract") or len(operands) != 2 or operands[0] == operands[1]:
            continue
        sign = 1.0 if node.operation == "add" else -1.0
        for place in (0, 1):
            of_data, of_penalty = stage.samples(operands[place]), stage.samples(operands[1 - place])
            if of_data is None or of_penalty is None or of_penalty.flat.shape != parameter.flat.shape:
                continue
            found = align(of_data, gradient)
            if found is None or found.transposed or not is_made_of(reading, operands[1 - place], step.before):
                continue
            if ratio(of_penalty.flat, parameter.flat) is not None:
                continue  # squares are judged by the steps that they make
            along = sign * found.factor * (of_penalty.flat * parameter.flat)
            if np.any(along) and np.all(along <= 0):
                return found_in_step(reading, step, "weight-decay-sign", place=node.place, got=UNKNOWN)
    return None


def decayed_biases(reading: Reading, decays: Mapping[int, Match]) -> Found | None:
    """Weight decay of a bias although the kernel of its layer has none, which nobody chooses."""
    forward = reading.forward
    plain = {
        step.before
        for step in reading.stage.steps
        if step.before not in decays
        and forward.roles.get(step.before) is Role.KERNEL
        and (match := reading.matches.get(step.before)) is not None
        and not match.nothing
        and match.via is None  # the decay of a clipped gradient or an adaptive step is not known
    }
    biases = [
        step
        for step in reading.stage.steps
        if step.before in decays
        and forward.roles.get(step.before) is Role.BIAS
        and (layer := forward.layer_of_parameter(step.before)) is not None
        and plain & set(layer.parameters)
    ]
    if not biases:
        return None
    found = decay_mistake("weight-decay-differs", reading, biases[0], decays[biases[0].before])
    return replace(found, parameters=tuple(one.name for one in biases))


def grows(reading: Reading, step: Step) -> bool:
    """Whether a step without the penalty of the cost would make the parameter grow."""
    for form in Form:
        if not reading.stage.errors:
            return False
        other = read(reading.stage, Cost(node=None, form=form, errors=tuple(reading.stage.errors)))
        match = None if other is None else other.matches.get(step.before)
        if match is not None and match.decay and match.factor < 0:
            return match.decay > 0
    return False


def scaled_data_part(reading: Reading, decays: Mapping[int, Match]) -> Found | None:
    """A factor of the data's part of the gradients that the penalty's part lacks; parameters without penalty show it"""
    plain = [step for step in reading.stage.steps if step.before not in decays]
    for step in plain:
        match = reading.matches.get(step.before)
        if match is None or match.nothing or match.via is not None:
            continue
        chain = chain_of(reading, step, match.factor)
        if chain.node == step.after or is_same(abs(chain.gradient), 1.0):
            continue
        factor = abs(chain.gradient)
        first = first_with(reading, factor)
        id = name_of_scale(reading, factor)
        node = chain.node if first is None else first
        return found_scale(reading, node, id=id, factor=chain.gradient, expected=1.0, ratio=factor)
    return None


def unscaled_penalty(reading: Reading, decays: Mapping[int, Match]) -> Found | None:
    """Weight decay without its coefficient, which another parameter's has: ``dV + V`` beside ``dW + l2 * W``.

    The coefficient may be 0, so that the other parameter does not decay.
    """
    stage, bare, scaled = reading.stage, list[Step](), False
    for step in stage.steps:
        parts = [part for _, part in penalties_of(reading, step)]
        if parts and step.before in decays and all(is_view_of_parameter(stage, one) for one in parts):
            bare.append(step)
        scaled |= any(is_scaled_parameter(stage, one) for one in parts)
    if not bare or not scaled:
        return None
    found = decay_mistake("weight-decay-differs", reading, bare[0], decays[bare[0].before])
    return replace(found, parameters=tuple(one.name for one in bare))


def is_scaled_parameter(stage: Stage, id: int) -> bool:
    """Whether a value is a parameter times numbers that do not depend on any, as a coefficient"""
    dependent = [one for one in stage.program.parents[id] if one in stage.dependent]
    is_product = stage.node(id).operation in ("multiply", "divide") and len(dependent) == 1
    return is_product and (is_view_of_parameter(stage, dependent[0]) or is_scaled_parameter(stage, dependent[0]))


def penalties_of(reading: Reading, step: Step) -> Iterator[tuple[Node, int]]:
    """The sums of a step's backward pass with a part that is made of its parameter alone, and this part."""
    stage = reading.stage
    for id in sorted(reading.way_to(step)):
        node = stage.node(id)
        if node.operation not in ("add", "subtract"):
            continue
        parents = [one for one in stage.program.parents[id] if one in stage.dependent]
        if len(parents) > 1:
            yield from ((node, one) for one in parents if is_made_of(reading, one, step.before))


def decay_place(reading: Reading, step: Step) -> Place | None:
    """Where the parameter itself is added to its gradient; its gradient's line if it is nowhere"""
    stage = reading.stage
    gradient = reading.gradient_samples((step.before,))
    for node, _ in penalties_of(reading, step):
        return node.place
    node = stage.node(chain_of(reading, step, -1.0).node) if gradient is not None else stage.node(step.after)
    return node.place


def is_made_of(reading: Reading, id: int, parameter: int) -> bool:
    """Whether a value depends on one parameter alone and is not in the forward pass, as a penalty's gradient"""
    stage = reading.stage
    into = stage.program.ancestors([id], stop=stage.parameters) & stage.dependent
    return parameter in into and not (into - {parameter}) & (reading.forward.nodes | set(stage.parameters))
