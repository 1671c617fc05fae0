"""Mistakes at a pre-activation: dC/da should be multiplied by the derivative of the activation, and is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...recording.graph import Ref
from ..alignment import Samples, ratio
from ..cost import Form
from ..stage import argument_ids
from ..structure import LINEAR, Layer, is_coupled
from .case import Case, Name, first_name, naming_places, unique
from .derivatives import definition_of, name_derivative, name_mask, places_of_derivative, upstream_of
from .outputs import adds_up_to_one, is_plain, name_output, several_classes

MOST_FACTORS = 8  # of a derivative that is multiplied in several steps


def at_pre_activation(case: Case) -> Name | None:
    """The target is a pre-activation, or a node between it and its activation."""
    layer = case.layer
    if layer is None or case.target in case.stage.parameters or case.target == layer.a != layer.z:
        return None
    return first_name(TESTS, case, layer)


def diagonal_jacobian(case: Case, layer: Layer) -> Name | None:
    """dC/da is multiplied by a, or by a (1 - a), as if units did not depend on one another"""
    if case.is_output(layer) and upstream_of(case) is None and is_plain(case, case.faulty):
        return None  # nothing is multiplied: of a binary cross-entropy, a - y is the same number
    is_diagonal = is_coupled(case.stage, layer) and any(
        adds_up_to_one(case, id) and is_by_itself(case, id) for id in layer.region
    )
    return Name("softmax-jacobian-diagonal-only", case.lines()) if is_diagonal else None


def diagonal_jacobian_of_scores(case: Case) -> Name | None:
    """The same of a softmax that is not a layer's, such as that of an attention"""
    forward, shape = case.reading.forward, case.stage.node(case.target).shape
    if case.layer is not None or case.target in case.stage.parameters:
        return None
    after = sorted(case.stage.program.descendants([case.target], within=forward.nodes))
    shares = (id for id in after if case.stage.node(id).shape == shape and adds_up_to_one(case, id))
    is_diagonal = any(is_by_itself(case, id) for id in shares)
    return Name("softmax-jacobian-diagonal-only", case.lines()) if is_diagonal else None


def is_by_itself(case: Case, id: int) -> bool:
    """Whether the value is dC/da by a, or by a (1 - a), of a node"""
    value, upstream, a = case.faulty, case.gradient(id), case.value(id)
    if value is None or upstream is None or a is None or not value.flat.shape == upstream.flat.shape == a.flat.shape:
        return False
    return any(ratio(value.flat, upstream.flat * one) is not None for one in (a.flat, a.flat * (1 - a.flat)))


def missing_derivative(case: Case, layer: Layer) -> Name | None:
    """The value is dC/da"""
    ids = [one for one, _ in case.aligned]
    if layer.a == layer.z or not any(one == layer.a or one in layer.region for one in ids):
        return None
    ones = computed_ones(case)
    if ones is not None:
        return Name("wrong-derivative", places_of_derivative(case, ones)[1], "linear")
    where = "output" if case.is_output(layer) else "hidden"
    # the line of a helper function is right; the one that calls it may leave the derivative out
    places = unique([*case.apart(), *case.lines(), *naming_places(case.sources, case.node), *case.user_of()])
    return Name(f"missing-{where}-activation-derivative", places)


def computed_ones(case: Case) -> int | None:
    """A factor of the value that the file computes of what it depends on, and that is 1 everywhere."""
    for id in case.operands() if case.node.operation == "multiply" else ():
        value = case.value(id)
        is_computed = id in case.stage.dependent and id not in case.reading.errors_below
        if is_computed and value is not None and value.flat.size and np.all(value.flat == 1):
            return id
    return None


def not_multiplied(case: Case) -> Name | None:
    """The value is the gradient of what the target becomes by a function, such as a relu, of a layer or not"""
    for id, _ in case.aligned:
        node = case.stage.node(id)
        if case.target in case.stage.program.parents[id] and node.operation not in LINEAR:
            places = case.lines_after(*naming_places(case.sources, case.node))
            return Name("missing-hidden-activation-derivative", places)
    return None


def delta_of_another_layer(case: Case, layer: Layer) -> Name | None:
    """The value is a gradient of another layer"""
    others = [case.reading.forward.layer_of(one) for one, _ in case.aligned if one not in (layer.z, layer.a)]
    other = next((one for one in others if one is not None), None)
    is_reused = other is not None and other.number != layer.number
    return Name("output-delta-reused", case.lines()) if is_reused else None


def wrong_errors(case: Case, layer: Layer) -> Name | None:
    """The layer is the output, and what it takes of outputs and targets is wrong"""
    return name_output(case, layer) if case.is_output(layer) else None


def derivative_twice(case: Case, layer: Layer) -> Name | None:
    """dC/dz is multiplied by the derivative once more"""
    derivative, value, delta = case.local_derivative(layer), case.faulty, case.delta(layer)
    if value is None or delta is None or derivative is None or not np.any(derivative.flat != 1):
        return None
    if ratio(value.flat, delta.flat * derivative.flat) is None or is_squared_elsewhere(case, derivative):
        return None
    is_of_cost = case.reading.cost.form in (Form.BINARY, Form.CATEGORICAL) or case.reading.cost.node is not None
    is_extra = case.is_output(layer) and is_of_cost
    return Name("cross-entropy-gradient-with-extra-derivative" if is_extra else "derivative-twice", case.lines())


def is_squared_elsewhere(case: Case, derivative: Samples) -> bool:
    """Whether a function of the file gives the square of the derivative, which is then wrong itself"""
    squared = Samples(derivative.shape, derivative.flat**2)
    for id in case.operands() if case.node.operation == "multiply" else ():
        made, used = definition_of(case, id).place, case.node.place
        is_handed = made is not None and used is not None and made.function != used.function
        if is_handed and id not in case.reading.errors_below and case.same(id, squared):
            return True
    return False


def wrong_mask(case: Case, layer: Layer) -> Name | None:
    """``dz[z <= 0] = 0`` with another mask"""
    if case.node.operation != "setitem" or len(case.node.arguments) != 3:
        return None
    index = case.node.arguments[1]
    derivative = case.local_derivative(layer)
    if not isinstance(index, Ref) or derivative is None:
        return None
    return name_mask(case, index.id, derivative, zeroed=True) or Name("wrong-derivative", case.lines())


def matrix_product(case: Case, layer: Layer) -> Name | None:
    """The derivative goes into a matrix product"""
    if case.node.operation not in ("matmul", "dot"):
        return None
    derivative = case.local_derivative(layer)
    is_factor = any(case.same(one, derivative) for one in case.operands())
    return Name("matmul-for-elementwise", case.lines()) if is_factor else None


def wrong_factor(case: Case, layer: Layer) -> Name | None:
    """The value is a product: one of its factors is wrong"""
    operands = case.operands()
    if case.node.operation not in ("multiply", "divide", "where") or not operands:
        return None
    derivative = case.local_derivative(layer)
    if any(case.same(one, derivative) for one in operands):
        return wrong_upstream(case, layer, [one for one in operands if not case.same(one, derivative)])
    factors = [one for one in operands if one not in case.reading.errors_below]
    if len(factors) != 1 or len(operands) < 2:
        return None
    return name_derivative(case, layer, factors[0], derivative, whole_factor(case, layer))


def whole_factor(case: Case, layer: Layer) -> Samples | None:
    """What dC/da was multiplied by in several steps, such as ``error * a * (1 - a)``; None for one step"""
    id, steps = case.node.id, 0
    while case.stage.node(id).operation == "multiply" and steps < MOST_FACTORS:
        upstream = [one for one in argument_ids(case.stage.node(id)) if one in case.reading.errors_below]
        if len(upstream) != 1:
            return None
        id, steps = upstream[0], steps + 1
        if case.is_gradient_of(id, layer.a):
            value, before = case.value(case.node.id), case.value(id)
            if steps == 1 or value is None or before is None or value.shape != before.shape:
                return None
            return None if np.any(before.flat == 0) else Samples(value.shape, value.flat / before.flat)
    return None


def product_left_out(case: Case, layer: Layer) -> Name | None:
    """The gradient of ``A @ h`` is used as that of h, though the forward pass multiplies h by the constant matrix A"""
    program, dependent = case.stage.program, case.stage.dependent
    for id in layer.region:
        is_product = case.stage.node(id).operation in ("matmul", "dot")
        if is_product and not dependent.issuperset(program.parents[id]):
            used = [one for one in argument_ids(case.node) if case.is_gradient_of(one, id)]
            if used:
                return Name("forward-factor-missing", case.lines_after(case.stage.node(used[0]).place))
    return None


def wrong_upstream(case: Case, layer: Layer, operands: Sequence[int]) -> Name | None:
    """f'(z) is right and is multiplied by something else than dC/da"""
    for one in operands:
        for id, _ in case.reading.aligned_with(case.reading.bundle(one), case.settings):
            other = case.reading.forward.layer_of(id)
            if other is not None and other.number != layer.number:
                return Name("output-delta-reused", case.lines())
    return None


# in this order: what is more particular goes first
TESTS = (
    *(several_classes, diagonal_jacobian, missing_derivative, delta_of_another_layer, wrong_errors, derivative_twice),
    *(product_left_out, wrong_mask, matrix_product, wrong_factor),
)
