"""What a wrong derivative of an activation is: another layer's, another activation's, or taken at another value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...recording.graph import Node, Place, sites_of
from ..alignment import Samples, ratio, samples
from ..decisions import ORDERS
from ..edits import slope_of_relu
from ..repairs import FORMS_OF_ACTIVATION
from ..replay import CannotReplay
from ..stage import argument_ids
from ..structure import MOVES, Layer
from .arrays import written_in_forward
from .case import Case, Name, equal, first_name, naming_places, unique

Array = NDArray[Any]

# Derivatives of usual activations, written from z
DERIVATIVES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 0.25 * (1 - np.tanh(0.5 * z) ** 2),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": slope_of_relu,
    "linear": np.ones_like,
}


@dataclass(frozen=True, kw_only=True)
class Derivative:
    """A factor that should be the derivative of an activation."""

    layer: Layer  # the layer of the activation
    node: int  # the factor
    value: Samples  # its values
    at_call: list[Place]  # its lines, the one that asks for it first
    at_definition: list[Place]  # its lines, the one that computes it first


def name_derivative(
    case: Case, layer: Layer, factor: int, expected: Samples | None, whole: Samples | None = None
) -> Name | None:
    """The name of a wrong derivative; None if the factor is none.

    Args:
        case: the fault.
        layer: the layer of the activation.
        factor: the node that should be its derivative.
        expected: the derivative.
        whole: the values of the factor, if it is multiplied in several steps.
    """
    value = whole or case.value(factor)
    if value is None or case.origin(factor) in case.stage.parameters:
        return None
    at_call, at_definition = places_of_derivative(case, factor)
    used = Derivative(layer=layer, node=factor, value=value, at_call=at_call, at_definition=at_definition)
    if expected is not None and are_masks(value, expected):
        return name_mask(case, factor, expected)
    return first_name(TESTS, case, used)


def are_masks(value: Samples, expected: Samples) -> bool:
    """Whether both are made of zeros and ones, and not both of one of them alone"""
    kinds = [set(np.unique(one.flat)) for one in (value, expected)]
    return all(one <= {0.0, 1.0} for one in kinds) and any(len(one) > 1 for one in kinds)


def name_mask(case: Case, mask: int, expected: Samples, zeroed: bool = False) -> Name | None:
    """What is wrong with the mask of a piecewise linear activation.

    Args:
        case: the fault.
        mask: its node.
        expected: the derivative, of zeros and ones; another one has no name.
        zeroed: whether the mask says what becomes 0, rather than what passes.
    """
    value = case.value(mask)
    if value is None or value.flat.shape != expected.flat.shape or not set(np.unique(expected.flat)) <= {0.0, 1.0}:
        return None
    passes = (value.flat == 0) if zeroed else (value.flat != 0)
    if np.array_equal(passes, expected.flat == 0):
        return Name("relu-mask-inverted", case.lines_after(case.stage.node(mask).place))
    written = written_in_forward(case, mask)
    if written is not None:
        return Name("shared-memory", case.lines_after(written.place))
    limit = None if case.layer is None else other_limit(case, case.layer, mask)
    if limit is not None:
        return Name("wrong-derivative", unique([limit, *places_of_derivative(case, mask)[1]]))
    return Name("relu-mask-of-wrong-array", case.lines(case.stage.node(mask)))


def other_limit(case: Case, layer: Layer, mask: int) -> Place | None:
    """Where a mask compares the layer's own values with a number other than 0, as in ``slope[z > 1] = 1``."""
    program = case.stage.program
    own = [case.value(layer.z), case.value(layer.a)]
    into = program.ancestors([mask], stop=case.reading.forward.nodes)
    for id in sorted(into, reverse=True):
        node = case.stage.node(id)
        numbers = [one for one in node.arguments if isinstance(one, (int, float)) and one != 0]
        if node.operation not in ORDERS or not numbers:
            continue
        if any(case.same(one, value) for one in argument_ids(node) for value in own):
            return node.place
    return None


# What it is instead


def of_another_layer(case: Case, used: Derivative) -> Name | None:
    """The derivative of another layer"""
    for other in case.reading.forward.layers:
        is_other = other.number != used.layer.number and case.same_lane(other, used.layer)
        if is_other and equal(used.value, case.local_derivative(other)):
            return Name("derivative-of-wrong-layer", used.at_call)
    return None


def at_the_activation(case: Case, used: Derivative) -> Name | None:
    """The right derivative, taken at a and not at z"""
    layer = used.layer
    is_same = bool(layer.region) and equal(used.value, case.local_derivative(layer, at=layer.a))
    return Name("derivative-of-activation", used.at_call) if is_same else None


def form_at_pre_activation(case: Case, used: Derivative) -> Name | None:
    """A derivative written from a, as a (1 - a), that is given z"""
    layer = used.layer
    for name, form in FORMS_OF_ACTIVATION.items():
        if not equal(used.value, case.computed(form, layer.z)):
            continue
        if layer.a == layer.z:
            return Name("activation-missing-on-hidden", case.lines_after(case.stage.node(layer.z).place), name)
        wants_z = name_of_argument(case, used.node).lower().startswith(("z", "net", "pre"))
        is_definition = wants_z and not works_elsewhere(case, used.node)
        places = used.at_definition if is_definition else used.at_call
        return Name("activation-form-at-pre-activation", places, name)
    return None


def of_another_activation(case: Case, used: Derivative) -> Name | None:
    """The derivative of another usual activation"""
    for name, function in DERIVATIVES.items():
        if equal(used.value, case.computed(function, used.layer.z)):
            return of_activation(case, used, name)
    return None


def of_activation(case: Case, used: Derivative, name: str) -> Name:
    """The derivative of a known activation: that, or the activation on the way forward, is not the one that is meant"""
    forward = case.stage.node(used.layer.a).place
    return Name("wrong-derivative", unique([*used.at_definition, *([forward] if forward else [])]), name)


def form_of_another(case: Case, used: Derivative) -> Name | None:
    """A derivative written from a, of another activation or of another layer's"""
    layer = used.layer
    for name, form in FORMS_OF_ACTIVATION.items():
        if layer.a != layer.z and equal(used.value, case.computed(form, layer.a)):
            return of_activation(case, used, name)
        for other in case.reading.forward.layers:
            if other.number != layer.number and equal(used.value, case.computed(form, other.a)):
                return Name("derivative-of-wrong-layer", used.at_call, name)
    return None


def activation_itself(case: Case, used: Derivative) -> Name | None:
    """The activation in the place of its derivative"""
    # the region of the outputs goes on into the cost
    layer, shape = used.layer, case.stage.node(used.layer.z).shape
    nodes = [case.stage.node(one) for one in layer.region]
    activations = [one.id for one in nodes if one.id == layer.a or (one.names and one.shape == shape)]
    if not any(equal(used.value, case.value(one)) for one in activations):
        return None
    made = definition_of(case, used.node)
    return Name("wrong-derivative", unique([*handing_on(case, used.node, made), *used.at_call]), "activation")


def handing_on(case: Case, factor: int, made: Node) -> list[Place]:
    """Where an activation is handed on as its derivative: by a return, or by another name; the factor may be missing"""
    user, place = case.node.place, made.place
    if user is None or place is None:
        return []
    called = next((one for one in place.trail if one.caller is not None and one.caller.site == user.site), None)
    returned = case.sources.argument_returned(user) if called is None else case.sources.return_of(called)
    forward = sites_of(case.stage.node(id).place for id in case.reading.forward.nodes)
    if returned is not None and returned.site in forward:
        returned = None  # right where it is called on the way forward
    named = [one for one in naming_places(case.sources, case.stage.node(factor)) if one.site not in forward]
    return [*([returned] if returned is not None else []), *named]


def of_unknown_form(case: Case, used: Derivative) -> Name | None:
    """Any other value of the backward pass, if there is an activation and its derivative would make all right"""
    if used.layer.a == used.layer.z or used.node in case.reading.forward.nodes or not would_mend(case):
        return None
    broken = [place] if (place := breaking_step(case, used)) is not None else []
    places = used.at_call if works_elsewhere(case, used.node) else used.at_definition
    return Name("wrong-derivative", unique([*broken, *places]))


def breaking_step(case: Case, used: Derivative) -> Place | None:
    """Where items are set of what was the right derivative until then; None if it never was"""
    node, expected = case.stage.node(used.node), case.local_derivative(used.layer)
    while node.operation in MOVES and argument_ids(node) and expected is not None:
        before = case.stage.node(argument_ids(node)[0])
        if node.operation == "setitem" and case.same(before.id, expected):
            return node.place
        node = before
    return None


def would_mend(case: Case) -> bool:
    """Whether the faulty value would be right if what comes in were multiplied by the right derivative.

    It would not if a term is missing. What cannot be replayed is taken to be so.
    """
    reading, stage, upstream = case.reading, case.stage, upstream_of(case)
    if upstream is None:
        return True
    try:
        found = [
            stage.program.gradients({upstream: known[upstream]}, values, reading.forward.nodes)[case.target]
            for values, known in zip(stage.settings, reading.gradients)
        ]
    except (CannotReplay, KeyError, ValueError):
        return True
    wanted = [known[case.target] for known in reading.gradients]
    return ratio(samples(found).flat, samples(wanted).flat) is not None


def upstream_of(case: Case) -> int | None:
    """The forward node whose gradient the faulty value is made of by factors alone; None if there is none"""
    id = case.node.id
    while case.stage.node(id).operation in ("multiply", "divide"):
        above = [one for one in argument_ids(case.stage.node(id)) if one in case.reading.errors_below]
        if len(above) != 1:
            return None
        id = above[0]
        aligned = case.reading.aligned_with(case.reading.bundle(id), case.settings)
        if aligned:
            return aligned[0][0]
    return None


# in this order: what is more particular goes first
TESTS = (
    *(of_another_layer, at_the_activation, form_at_pre_activation, of_another_activation, form_of_another),
    *(activation_itself, of_unknown_form),
)


# Its lines


def name_of_argument(case: Case, factor: int) -> str:
    """The first argument of the function that computes a derivative"""
    place = definition_of(case, factor).place
    return "" if place is None else case.sources.argument_of(place.function)


def places_of_derivative(case: Case, factor: int) -> tuple[list[Place], list[Place]]:
    """The lines of a derivative, where it is asked for first and where it is computed first"""
    definition, use = definition_of(case, factor), case.lines()
    made, user = definition.place, case.node.place
    is_data = definition.id < case.stage.first_computed
    if made is None or (is_data and made.function == "<module>"):
        return use, use
    if definition.id in case.reading.forward.nodes:  # right where it is made: it was taken for a derivative
        return (places := unique([*use, made])), places
    if made.function == "<module>" or (user is not None and made.function == user.function):
        # on lines of one function: where it is computed, unless that is within the expression itself
        return (places := unique([made, *use])), places
    names = tuple(name for one in (factor, definition.id) for name in case.stage.node(one).names)
    found = case.sources.call_of(made.function, names) if names else None
    call = [found] if found else []
    return unique([*call, *use, made]), unique([made, *call, *use])


def definition_of(case: Case, factor: int) -> Node:
    """Where a derivative is computed: in a function of its own, or on the line itself"""
    node = case.stage.node(factor)
    while node.operation in MOVES and argument_ids(node) and node.id not in case.reading.forward.nodes:
        before = case.stage.node(argument_ids(node)[0])
        if node.operation == "setitem" and before.id in case.reading.forward.nodes:
            break  # it changes an activation in place
        node = before
    return node


def works_elsewhere(case: Case, factor: int) -> bool:
    """Whether the same line gives the right derivative for another layer"""
    node = case.stage.node(factor)
    within = case.stage.program.ancestors([factor], stop=case.stage.parameters)  # the line's own steps on the way
    candidates = [case.stage.node(id) for id in sorted((case.stage.needed & case.stage.dependent) - within)]
    twins = [one.id for one in candidates if (one.place, one.operation) == (node.place, node.operation)]
    derivatives = [case.local_derivative(other) for other in case.reading.forward.layers] if twins else []
    return any(case.same(id, one) for one in derivatives for id in twins)
