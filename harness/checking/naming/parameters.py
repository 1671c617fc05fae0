"""Mistakes at the gradient of a parameter, though the delta of its layer is right or was never asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...recording.graph import Place
from ..alignment import Samples, ratio
from ..replay import size_of
from ..stage import JOINING, argument_ids
from ..structure import MOVES, Layer, Role, is_view_of_parameter
from .case import Case, Name, first_name, is_multiple, taker_of

Array = NDArray[Any]

FEWEST_NUMBERS = 6  # that a multiple of the parameter is found in
FEWEST_PARTS = 4  # of a vector of parameters whose factors are compared
MOST_USES = 8  # of one parameter
NEGLIGIBLE = 1e-9  # relative to the largest
SAME_FACTOR = 1e-6  # relative


def at_parameter(case: Case) -> Name | None:
    """The target is a parameter, or a part of one."""
    if case.target not in case.stage.parameters:
        return first_name(TESTS_OF_PART, case) if is_view_of_parameter(case.stage, case.target) else None
    found = first_name(TESTS, case)
    if found is not None or case.layer is None:
        return found
    return first_name(TESTS_OF_BIAS if case.role is Role.BIAS else TESTS_OF_KERNEL, case, case.layer)


# Any parameter


def nothing_at_all(case: Case) -> Name | None:
    """The gradient is 0"""
    if case.faulty is None or np.any(case.faulty.flat):
        return None
    return Name("bias-gradient-missing" if case.role is Role.BIAS else "kernel-not-updated", case.lines())


def of_another_parameter(case: Case) -> Name | None:
    """The gradient of another parameter, or the parameter's own turned"""
    for id, alignment in case.aligned:
        if id in case.stage.parameters and id != case.target:
            return Name("gradient-of-another-parameter", case.lines(), case.stage.parameters[id].name)
        if id == case.target and alignment.transposed:
            return Name("transposed-gradient", case.lines())
    return None


def elements(case: Case) -> tuple[Array, Array] | None:
    """(settings, elements) the value and what it should be; None if their sizes differ."""
    rows, wanted = [], []
    for number, values in enumerate(case.settings):
        rows.append(np.ravel(np.asarray(values[case.fault.bundle[0]], dtype=float)))
        wanted.append(np.ravel(case.reading.gradient_at(number, case.fault.target, 0)))
    if len({one.size for one in (*rows, *wanted)}) != 1 or len(case.fault.bundle) > 1:
        return None
    return np.array(rows), np.array(wanted)


def weight_decay(case: Case) -> Name | None:
    """The value differs from the gradient by a multiple of the parameter, or of a part of it"""
    found = elements(case)
    if found is None:
        return None
    value, expected = found
    parameter = np.array([np.ravel(np.asarray(values[case.target], dtype=float)) for values in case.settings])
    for factor in (case.fault.factor, 1.0):
        rest = value - factor * expected
        differs = np.max(np.abs(rest), axis=0) > NEGLIGIBLE * np.max(np.abs(value))
        if not np.any(differs) or value.shape[0] * int(np.sum(differs)) < FEWEST_NUMBERS:
            continue
        if ratio(rest[:, differs].ravel(), parameter[:, differs].ravel()) is not None:
            return Name("weight-decay-differs", case.lines())
    return None


def scaled_parts(case: Case) -> Name | None:
    """Parts of one vector of parameters are multiples of their gradients, but not the same ones"""
    found = elements(case)
    if found is None:
        return None
    value, expected = found
    used = np.all(np.abs(expected) > NEGLIGIBLE * np.max(np.abs(expected)), axis=0)
    if int(np.sum(used)) < FEWEST_PARTS:
        return None
    factors = value[:, used] / expected[:, used]
    usual = np.median(factors)
    if np.any(np.abs(factors - factors[:1]) > SAME_FACTOR * np.abs(factors[:1])) or usual <= 0:
        return None
    odd = factors[0][np.abs(factors[0] - usual) > SAME_FACTOR * usual]
    if not odd.size or np.any(odd <= 0):
        return None
    return Name("gradient-scaled-differently", case.lines_after(place_of_factor(case, float(odd[0]))))


def place_of_factor(case: Case, factor: float) -> Place | None:
    """The line of the first value on the way that is a gradient with this factor"""
    leading = case.stage.program.ancestors(case.fault.bundle, stop=case.stage.parameters)
    for bundle in case.reading.backward_bundles():
        if bundle[0] not in leading or bundle[0] == case.fault.bundle[0]:
            continue
        if any(abs(one.factor - factor) <= SAME_FACTOR * abs(factor) for _, one in case.reading.aligned_with(bundle)):
            return case.stage.node(bundle[0]).place
    return None


def of_one_use(case: Case) -> Name | None:
    """The gradient by way of one of several uses, such as that of the decoder with tied weights

    Of a layer's output, that without what comes back through a connection around the next layer.
    """
    stage, found = case.stage, elements(case)
    uses = [one for one in stage.program.children[case.target] if one in case.reading.forward.nodes]
    if found is None or not 2 <= len(uses) <= MOST_USES:
        return None
    takers = [] if case.target in stage.parameters else taker_of(case.node.place)
    for use in uses:
        ways = [
            stage.program.gradients({use: known[use]}, values, {use, case.target})[case.target]
            for values, known in zip(case.settings, case.reading.gradients)
        ]
        if ratio(found[0].ravel(), np.array(ways, dtype=float).ravel()) is not None:
            if case.target in stage.parameters and len({stage.node(one).place for one in uses}) == 1:
                kept = kept_term(case)
                if kept is not None:
                    return Name("sum-not-accumulated", case.lines_after(kept))
            # a layer returns the gradient of its own use; the line that takes it forgets the other
            return Name("gradient-of-one-use", case.lines_after(*takers))
    return None


def kept_term(case: Case) -> Place | None:
    """The line of a loop that replaces a sum by its last term, as ``total = part`` does; None if there is none."""
    stage, node = case.stage, case.node
    while len(node.names) < 2:
        parents = [one for one in stage.program.parents[node.id] if one in stage.dependent]
        if len(parents) != 1 or stage.node(parents[0]).shape != node.shape:
            return None
        node = stage.node(parents[0])
    return case.sources.kept_last(node.names)


def turned_part(case: Case) -> Name | None:
    """The gradient of a part of a vector of parameters is turned before it is made flat"""
    made = case.stage.node(case.origin(case.node.id))
    found = case.reading.aligned_with(case.reading.bundle(made.id), case.settings)
    is_turned = any(one.transposed and is_view_of_parameter(case.stage, id) for id, one in found)
    return Name("transposed-gradient", case.lines_after(made.place)) if is_turned else None


def parts_in_wrong_order(case: Case) -> Name | None:
    """A vector is put together of the right gradients of its parts, but not in their order"""
    if case.node.operation not in JOINING:
        return None
    parts = [case.origin(one) for one in case.stage.program.parents[case.node.id]]
    found = [case.reading.aligned_with(case.reading.bundle(one), case.settings) for one in parts]
    is_right = [any(is_view_of_parameter(case.stage, id) and not one.transposed for id, one in row) for row in found]
    return Name("gradient-of-another-parameter", case.lines()) if all(is_right) and len(is_right) > 1 else None


def transposed_gradient(case: Case) -> Name | None:
    """The gradient turned, and written into an array of the right shape"""
    value, own = case.faulty, case.gradient(case.target)
    if value is None or own is None or own.turned is None:
        return None
    return Name("transposed-gradient", case.lines()) if ratio(value.flat, own.turned) is not None else None


# in this order: what is more particular goes first
TESTS = (
    *(nothing_at_all, of_another_parameter, weight_decay, parts_in_wrong_order, scaled_parts, of_one_use),
    *(transposed_gradient, turned_part),
)
TESTS_OF_PART = (weight_decay, turned_part)


# A kernel or a bias


def wrong_delta(case: Case, layer: Layer) -> Name | None:
    """The gradient is made with something else than its layer's delta"""
    for operand in case.operands():
        found = [one for one, _ in case.reading.aligned_with(case.reading.bundle(operand), case.settings)]
        if not found or case.same(operand, case.delta(layer)):
            continue
        if layer.a != layer.z and (layer.a in found or any(one in layer.region for one in found)):
            where = "output" if case.is_output(layer) else "hidden"
            return Name(f"missing-{where}-activation-derivative", case.lines())
        layers = [case.reading.forward.layer_of(one) for one in found]
        if any(one is not None and one.number != layer.number for one in layers):
            return Name("output-delta-reused", case.lines())
    return None


def by_setting(case: Case, value: Samples) -> Array | None:
    """(settings, elements) values; None if they cannot be distinguished"""
    count = len(case.settings)
    return value.flat.reshape(count, -1) if value.flat.size % count == 0 else None


def summed_over_units(case: Case, layer: Layer) -> Name | None:
    """All units of a bias have the same gradient"""
    own = case.gradient(case.target)
    if case.faulty is None or own is None:
        return None
    units, value = by_setting(case, own), by_setting(case, case.faulty)
    if units is None or value is None or value.shape != units.shape or units.shape[1] == 1:
        return None
    return Name("bias-gradient-summed-over-units", case.lines()) if np.allclose(value, value[:, :1], atol=0) else None


def delta_of_one_observation(case: Case, layer: Layer) -> Name | None:
    """The gradient of a bias is the delta of the first or the last observation"""
    value, delta = case.faulty, case.delta(layer)
    if value is None or delta is None or len(delta.shape) != 2:
        return None
    rows = delta.flat.reshape(len(case.settings), *delta.shape)
    ones = (np.take(rows, number, axis=axis).ravel() for axis in (1, 2) for number in (0, -1))
    return Name("last-observation-only", case.lines()) if any(is_multiple(value, one) for one in ones) else None


def delta_not_summed(case: Case, layer: Layer) -> Name | None:
    """The gradient of a bias has a row for every observation"""
    own = case.gradient(case.target)
    if own is None or not case.is_gradient_of(case.node.id, layer.z):
        return None
    if size_of(case.node) <= own.flat.size // len(case.settings):
        return None
    update = case.stage.node(case.stage.parameters[case.target].after).place
    return Name("bias-gradient-not-summed", case.lines_after(update))


def sum_over_another_axis(case: Case, layer: Layer) -> Name | None:
    """The gradient of a bias is any other sum of its delta, or of what cannot be compared with one"""
    if case.node.operation not in ("sum", "mean"):
        return None
    delta = case.delta(layer)
    is_of_delta = delta is None or any(case.same(one, delta) for one in case.operands())
    is_used_once = len(case.reading.lines_of_use(case.target)) == 1
    return Name("sum-over-wrong-axis", case.lines()) if is_of_delta and is_used_once else None


def made_of_another_gradient(case: Case, layer: Layer) -> Name | None:
    """The gradient of a bias is a sum or mean of the gradient of another parameter, such as the kernel"""
    node = case.node
    while node.operation in MOVES or node.operation in ("sum", "mean"):
        operands = [one for one in argument_ids(node) if one in case.stage.dependent]
        if len(operands) != 1:
            return None
        node = case.stage.node(operands[0])
        for id, _ in case.reading.aligned_with(case.reading.bundle(node.id), case.settings):
            if id in case.stage.parameters and id != case.target:
                return Name("gradient-of-another-parameter", case.lines(), case.stage.parameters[id].name)
    return None


TESTS_OF_BIAS = (
    *(wrong_delta, made_of_another_gradient, summed_over_units, delta_of_one_observation, delta_not_summed),
    sum_over_another_axis,
)


def wrong_input(case: Case, layer: Layer) -> Name | None:
    """The delta of a kernel is right, and what it is multiplied by is not the layer's input"""
    delta = case.delta(layer)
    rest = [one for one in case.operands() if not case.same(one, delta)]
    if len(rest) == len(case.operands()):
        return None
    wide = [one for one in case.operands() if case.stage.node(one).shape != ()]
    if case.node.operation == "multiply" and len(wide) > 1:
        return Name("elementwise-for-matmul", case.lines())
    below = [one for one in case.reading.forward.layers if one.number == layer.number - 1 and one.a != one.z]
    for operand in rest:
        if any(case.same(operand, case.value(one.z)) for one in below):
            return Name("pre-activation-in-gradient", case.lines())
        source = source_of(case, operand)
        if source is not None:
            other, origin = source
            is_below = origin == other.z != other.a and other.number == layer.number - 1
            return Name("pre-activation-in-gradient" if is_below else "wrong-layer-activation", case.lines())
        if layer.number > 1:
            return Name("wrong-layer-activation", case.lines())
    return None


def source_of(case: Case, operand: int) -> tuple[Layer, int] | None:
    """The layer that an operand comes from, and its node; None if it comes from no layer"""
    origin = case.origin(operand)
    layer = case.reading.forward.layer_of(origin)
    if layer is not None:
        return layer, origin
    candidates = [(other, id) for other in case.reading.forward.layers for id in (other.z, other.a)]
    return next((one for one in reversed(candidates) if case.same(operand, case.value(one[1]))), None)


TESTS_OF_KERNEL = (wrong_delta, wrong_input)
