"""Mistakes at an activation: the delta of the layer above should come back through its weights, and does not."""

from __future__ import annotations

from ..stage import CONTRACTIONS, argument_ids
from ..structure import Layer, Role
from .case import Case, Name
from .outputs import name_output


def at_activation(case: Case) -> Name | None:
    """The target is the activation of a layer below the output, or of the input; or of the output itself."""
    layer = case.layer
    if layer is None or case.target in case.stage.parameters or case.target != layer.a:
        return None
    if case.is_output(layer):
        return name_output(case, layer)
    operation = case.node.operation
    if operation == "multiply" and case.node.shape == () and (named := wrong_number(case, layer)) is not None:
        return named
    if operation == "multiply" and case.node.shape != ():
        return Name("elementwise-for-matmul", case.lines())
    if operation not in CONTRACTIONS and operation != "multiply":
        return None
    forward = case.reading.forward
    above = [one for one in forward.layers if one.number == layer.number + 1 and case.same_lane(one, layer)]
    return wrong_operand(case, above[0], above) if above else None


def bias_gradient_sent_back(case: Case) -> Name | None:
    """The gradient of a bias, a sum over observations, goes back through the weights in the place of the delta"""
    products = [case.stage.node(id) for id in (case.node.id, *case.operands())]
    for node in products:
        sent = argument_ids(node) if node.operation in CONTRACTIONS and node.id in case.reading.errors_below else []
        for operand in sent:
            if any(is_gradient_of_bias(case, operand, layer) for layer in case.reading.forward.layers):
                places = case.lines_after(*case.handed_over(node, operand), node.place)
                return Name("bias-gradient-sent-back", places)
    return None


def is_gradient_of_bias(case: Case, id: int, layer: Layer) -> bool:
    """Whether a value is the gradient of a layer's bias, and not the layer's delta"""
    roles = case.reading.forward.roles
    biases = [one for one in layer.parameters if roles.get(one) is Role.BIAS]
    return any(case.is_gradient_of(id, one) for one in biases) and not case.is_gradient_of(id, layer.z)


def wrong_number(case: Case, layer: Layer) -> Name | None:
    """Another weight than the one the activation was multiplied by, in a network of numbers"""
    meant = partner(case, layer.a)
    origins = [case.origin(one) for one in case.operands()]
    used = [one for one in origins if one in case.stage.parameters]
    if meant is None or not used or meant in used:
        return None
    return Name("weights-of-wrong-layer", case.lines(), case.stage.parameters[used[0]].name)


def partner(case: Case, activation: int) -> int | None:
    """The only parameter that an activation is multiplied by, in a network of numbers"""
    found = set()
    for child in case.stage.program.children[activation]:
        node = case.stage.node(child)
        if child in case.reading.forward.nodes and node.operation == "multiply":
            found |= {case.origin(one) for one in argument_ids(node)} & set(case.stage.parameters)
    return found.pop() if len(found) == 1 else None


def wrong_operand(case: Case, above: Layer, layers: list[Layer]) -> Name | None:
    """The first operand that is neither the weights of the layer above nor its delta"""
    for operand in case.operands():
        origin = case.origin(operand)
        if origin in case.stage.parameters:
            if not any(origin in one.parameters for one in layers) and origin != partner(case, case.target):
                return Name("weights-of-wrong-layer", case.lines(), case.stage.parameters[origin].name)
            continue
        # of numbers, a cost that the file computes looks like the activation of the last layer
        ends = {above.a, *({error.output for error in case.stage.errors} & set(above.region))}
        if above.a != above.z and any(case.is_gradient_of(operand, one) for one in ends):
            return Name("delta-not-multiplied-through", case.lines())
        aligned = case.reading.aligned_with(case.reading.bundle(operand), case.settings)
        found = [case.reading.forward.layer_of(one) for one, _ in aligned]
        if found and not any(one is not None and one.number == above.number for one in found):
            return Name("output-delta-reused", case.lines())
    return None
