"""Mistakes in a factor of a product, in a network of numbers."""

from __future__ import annotations

from ..mistakes import UNNAMED
from ..structure import Role
from .case import Case, Name, equal, first_name
from .derivatives import name_derivative
from .parameters import of_one_use


def at_factor(case: Case) -> Name:
    """A number that should have another value, after which all is right."""
    return first_name(TESTS, case) or unexplained_number(case)


def updated_weight(case: Case) -> Name | None:
    """A weight after its update"""
    applied, made_of = case.stage.applied, set(case.stage.program.parents[case.node.id])
    stale = [applied[one].name for one in made_of if one in applied]
    return Name("updated-weights-in-backward", case.lines(), stale[0]) if stale else None


def another_weight(case: Case) -> Name | None:
    """A weight that the chain rule does not ask for, in the gradients of several parameters"""
    origins = {case.origin(one) for one in set(case.stage.program.parents[case.node.id])}
    used = [case.stage.parameters[one].name for one in origins if one in case.stage.parameters]
    mended = {case.stage.parameters[one].name for one in case.fault.mends}
    return Name("weights-of-wrong-layer", case.lines(), used[0]) if used and len(mended) > 1 else None


def derivative_of_another_layer(case: Case) -> Name | None:
    """The derivative of a layer that none of the parameters belongs to"""
    own = [case.reading.forward.layer_of_parameter(one) for one in case.fault.mends]
    value = case.value(case.node.id)
    for other in case.reading.forward.layers:
        if other not in own and equal(value, case.local_derivative(other)):
            return Name("derivative-of-wrong-layer", case.lines())
    return None


def wrong_derivative(case: Case) -> Name | None:
    """A derivative of a known form"""
    layer = case.reading.forward.layer_of_parameter(case.fault.mends[0])
    if layer is None or layer.a == layer.z:
        return None
    found = name_derivative(case, layer, case.node.id, case.local_derivative(layer))
    return None if found is None or found.id == "wrong-derivative" else found


def another_delta(case: Case) -> Name | None:
    """The delta of a layer that the parameter does not belong to"""
    own = case.reading.forward.layer_of_parameter(case.fault.mends[0])
    found = [case.reading.forward.layer_of(one) for one, _ in case.aligned]
    is_delta = any(layer is not None and layer.z == one for layer, (one, _) in zip(found, case.aligned))
    is_reused = own is not None and is_delta and all(layer is None or layer.number != own.number for layer in found)
    return Name("output-delta-reused", case.lines()) if is_reused else None


TESTS = (updated_weight, of_one_use, another_weight, another_delta, derivative_of_another_layer, wrong_derivative)


def unexplained_number(case: Case) -> Name:
    """Any other factor, by what it is a factor of"""
    role = case.reading.forward.roles.get(case.fault.mends[0])
    if len({case.stage.parameters[one].name for one in case.fault.mends}) > 1:
        return Name("wrong-derivative", case.lines())
    of_role = {Role.BIAS: UNNAMED, Role.KERNEL: "wrong-layer-activation"}
    return Name(of_role.get(role, "wrong-derivative") if role is not None else "wrong-derivative", case.lines())
