"""What it means that another array should stand in the place of one."""

from __future__ import annotations

from ...recording.graph import Node
from ..decisions import ORDERS
from ..mistakes import UNNAMED
from ..repairs import Bench, Repair
from ..stage import CONTRACTIONS, argument_ids
from ..structure import MOVES, Role
from .case import Case


def name_of_array(case: Case, bench: Bench, repair: Repair) -> str | None:
    """The name of another array in the place of one; None if other tests name it better"""
    forward, parameters, dependent = case.reading.forward, case.stage.parameters, case.stage.dependent
    old, new = case.origin(repair.old), case.origin(repair.new)
    if new in parameters:
        return name_of_parameter(case, repair)
    if case.stage.node(old).in_place and is_written_into(case, new, old):
        return "shared-memory"
    if is_compared(case, repair) and is_of_wrong_array(case, bench, repair):
        return name_of_mask(case, repair, "relu-mask-of-wrong-array")
    if old not in dependent and new not in dependent and case.target not in parameters:
        return UNNAMED
    if new not in forward.nodes and new in dependent:
        return name_of_gradients(case, repair)
    if forward.roles.get(case.target) is Role.KERNEL and case.target in parameters:
        return name_of_input(case, old, new)
    return name_in_derivative(case, old, new)


def name_of_parameter(case: Case, repair: Repair) -> str | None:
    """A parameter should stand in the place of something else"""
    old = case.origin(repair.old)
    if old in case.stage.applied:
        return "updated-weights-in-backward"
    if old not in case.stage.parameters and is_compared(case, repair):
        return "relu-mask-of-wrong-array"
    if old in case.stage.parameters or case.stage.node(repair.node).operation in CONTRACTIONS:
        return "weights-of-wrong-layer"
    return "weight-decay-differs" if old in case.reading.errors_below else None


def users_of(case: Case, bench: Bench, id: int) -> list[int]:
    """The operations of a bench that use a value"""
    return [one for one in bench.local if id in case.stage.program.parents[one]]


def is_compared(case: Case, repair: Repair) -> bool:
    """Whether a mask is made of the value that another should stand in the place of"""
    return case.stage.node(repair.node).operation in ORDERS


def is_of_wrong_array(case: Case, bench: Bench, repair: Repair) -> bool:
    """Whether only the mask is wrong, or it is not made of the layer's own values"""
    old, new = case.origin(repair.old), case.origin(repair.new)
    layer = case.reading.forward.layer_of(new)
    is_own = layer is not None and old == layer.a and new == layer.z
    users = users_of(case, bench, repair.old)
    return not is_own or all(case.stage.node(one).operation in ORDERS for one in users)


def is_written_into(case: Case, before: int, after: int) -> bool:
    """Whether a value was written over one that stood in the same array"""
    id = after
    while case.stage.node(id).in_place and argument_ids(case.stage.node(id)):
        id = argument_ids(case.stage.node(id))[0]
        if id == before:
            return True
    return False


def name_of_mask(case: Case, repair: Repair, name: str) -> str:
    """The name of a wrong mask; another one if it would be right had nothing been written into its array"""
    return name if written_in_forward(case, repair.node) is None else "shared-memory"


def written_in_forward(case: Case, mask: int) -> Node | None:
    """The first write into a layer's values, during the forward pass, that a mask of the backward pass is made from.

    A write that the outputs are made from is an activation in place, after which the mask is the same.
    """
    stage, forward = case.stage, case.reading.forward
    layers, end = {case.origin(layer.z) for layer in forward.layers}, max(forward.outputs)
    related = stage.program.descendants([mask], within=stage.needed)
    for id in sorted(stage.program.ancestors([mask], stop=stage.parameters) | related):
        if id <= end or stage.node(id).operation not in ORDERS:
            continue
        for operand in argument_ids(stage.node(id)):
            node = stage.node(operand)
            while node.operation in MOVES and argument_ids(node):
                before = argument_ids(node)[0]
                if node.in_place and node.id <= end and node.id not in forward.nodes and before in layers:
                    return node
                node = stage.node(before)
    return None


def name_of_gradients(case: Case, repair: Repair) -> str | None:
    """One gradient in the place of another"""
    layers = []
    for id in (repair.old, repair.new):
        aligned = case.reading.aligned_with(case.reading.bundle(id), case.settings)
        layers.append(case.reading.forward.layer_of(aligned[0][0]) if aligned else None)
    used, meant = layers
    if used is None or meant is None:
        return None
    return "output-delta-reused" if used.number != meant.number else "delta-not-multiplied-through"


def name_of_input(case: Case, old: int, new: int) -> str | None:
    """What the delta of a kernel is multiplied by"""
    layer = case.reading.forward.layer_of(new)
    if layer is not None and layer.a == new != layer.z and old == layer.z:
        return "pre-activation-in-gradient"
    return "wrong-layer-activation" if old not in case.stage.parameters else None


def name_in_derivative(case: Case, old: int, new: int) -> str:
    """What a derivative is taken of"""
    used, meant = case.reading.forward.layer_of(old), case.reading.forward.layer_of(new)
    if used is None or meant is None:
        return "wrong-derivative"
    if used.number != meant.number:
        return "derivative-of-wrong-layer"
    if new == meant.z:
        return "derivative-of-activation"
    return "activation-form-at-pre-activation" if old == used.z else "wrong-derivative"
