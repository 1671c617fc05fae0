"""What the nodes of a forward pass are: parameters, pre-activations, activations, and which observation they are of."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from ..recording.graph import Node
from .replay import CannotReplay, is_truth, size_of
from .stage import PRODUCTS, VARIED_KINDS, Stage, argument_ids

SUMS = frozenset({"add", "subtract", "sum"})
MOVES = frozenset(
    {
        *("reshape", "ravel", "transpose", "copy", "array", "astype", "squeeze", "expand_dims", "getitem", "setitem"),
        *("swapaxes", "broadcast_to", "concatenate", "vstack", "hstack", "stack", "column_stack", "append", "insert"),
        *("atleast_2d", "atleast_1d", "tile", "pad", "item", "delete", "repeat", "setitems", "split", "array_split"),
    }
)
LINEAR = PRODUCTS | SUMS | MOVES


class Role(enum.Enum):
    """What a node is in the forward pass."""

    KERNEL = "kernel"  # a parameter that values are multiplied by
    BIAS = "bias"  # a parameter that is added
    PARAMETER = "parameter"  # another one
    PRE_ACTIVATION = "pre-activation"
    ACTIVATION = "activation"
    INTERMEDIATE = "intermediate"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the forward pass, for one observation or batch."""

    number: int  # from 1, in the order of the forward pass
    z: int  # the node of the pre-activation
    a: int  # the node of the activation; the same as z if there is none
    region: tuple[int, ...]  # the nodes from z (excluded) to a (included)
    parameters: tuple[int, ...]  # those that go into z and not through another layer


@dataclass
class Forward:
    """The forward pass of a stage."""

    nodes: set[int]  # those that the cost depends on and that depend on a parameter
    outputs: tuple[int, ...]  # where the cost begins
    # for each node that belongs to one output alone, its number: observations that are handled one by one
    lanes: dict[int, int] = field(default_factory=dict)
    lane_count: int = 1
    layers: list[Layer] = field(default_factory=list)  # in the order of the pass; of every lane
    roles: dict[int, Role] = field(default_factory=dict)  # of the nodes

    def layer_of(self, id: int) -> Layer | None:
        """The layer that a node is the pre-activation, the activation or an inner node of."""
        for layer in self.layers:
            if id in (layer.z, layer.a) or id in layer.region:
                return layer
        return None

    def layer_of_parameter(self, id: int) -> Layer | None:
        """The first layer that a parameter goes into."""
        return next((layer for layer in self.layers if id in layer.parameters), None)


def parameter_viewed(stage: Stage, id: int) -> int | None:
    """The parameter that a node is, perhaps transposed, reshaped, sliced or looking ahead; None if it is none."""
    path: list[int] = []
    found: int | None = None
    while id not in stage.viewed:
        if id in stage.parameters:
            found = id
            break
        path.append(id)
        dependent = [one for one in argument_ids(stage.node(id)) if one in stage.dependent]
        if len(dependent) != 1 or not (stage.node(id).operation in MOVES or is_shifted(stage, id, dependent[0])):
            break
        id = dependent[0]
    else:
        found = stage.viewed[id]
    stage.viewed.update(dict.fromkeys(path, found))
    return found


def is_shifted(stage: Stage, id: int, source: int) -> bool:
    """Whether a matrix is added to one that does not depend on parameters, as Nesterov's momentum looks ahead"""
    node = stage.node(id)
    shapes = [stage.node(one).shape for one in argument_ids(node)]
    is_like = len(shapes) == 2 and shapes[0] == shapes[1] and len(node.shape) == 2 and min(node.shape) > 1
    others = [stage.node(one) for one in argument_ids(node) if one != source]
    return node.operation in ("add", "subtract") and is_like and not any(is_data(one) for one in others)


def is_data(node: Node) -> bool:
    """Whether a node is what a file is given, and not something that it makes"""
    return node.kind in VARIED_KINDS


def is_view_of_parameter(stage: Stage, id: int) -> bool:
    """Whether a node is a parameter, perhaps transposed, reshaped, sliced or looking ahead."""
    return parameter_viewed(stage, id) is not None


def is_margin(stage: Stage, id: int) -> bool:
    """Whether a value is an output times a target, so that no other branch has to ask for the target."""
    node, operands = stage.node(id), stage.program.parents[id]
    outputs = [one for one in operands if one in stage.dependent and not is_view_of_parameter(stage, one)]
    return (
        node.operation == "multiply"
        and len(operands) == 2
        and len(outputs) == 1
        and not stage.dependent.issuperset(operands)
    )


def is_compared_margin(stage: Stage, id: int) -> bool:
    """Whether a value is an output times a target that is compared, as a branch does; a cost may be scaled by data."""
    return is_margin(stage, id) and any(is_truth(stage.node(one)) for one in stage.program.children[id])


def asks_for_margin(stage: Stage) -> bool:
    """Whether a branch looks at an output times its target"""
    asked = {one for guard in stage.recording.guards for one in stage.program.parents[guard.node]}
    return any(is_margin(stage, one) for one in asked & stage.dependent)


def is_affine(stage: Stage, id: int, affine: Collection[int]) -> bool:
    """Whether a node is a sum or a product of one activation with parameters, or a rearrangement of such."""
    node = stage.node(id)
    arguments = [one for one in stage.program.parents[id] if one in stage.dependent]
    views = [one for one in arguments if is_view_of_parameter(stage, one)]
    rest = [one for one in arguments if one not in views]
    if node.operation in PRODUCTS:
        return bool(views) and len(rest) <= 1
    if node.operation in ("add", "subtract"):
        return bool(arguments) and all(one in affine or one in views for one in arguments)
    if node.operation == "sum" or node.operation in MOVES:
        return bool(rest) and all(one in affine for one in rest)
    return False


def is_coupled(stage: Stage, layer: Layer) -> bool:
    """Whether a unit of an activation depends on other units of its layer, as those of a softmax do."""
    if any(stage.node(id).operation in ("sum", "softmax", "max") for id in layer.region):
        return True
    values, shape = stage.settings[0], stage.node(layer.a).shape
    if not layer.region or size_of(stage.node(layer.z)) < 2 or size_of(stage.node(layer.a)) < 2:
        return False
    first = np.zeros(shape)
    first.flat[0] = 1
    try:
        found = stage.program.gradients({layer.a: first}, values, {*layer.region, layer.z})
    except (CannotReplay, KeyError):
        return False
    return int(np.count_nonzero(found.get(layer.z, 0.0))) > 1


def find_layers(stage: Stage, forward: Forward) -> None:
    """Find the layers and the roles of all nodes of a forward pass."""
    program, nodes = stage.program, forward.nodes
    affine: dict[int, frozenset[int]] = {}  # with the parameters that go into each
    for id in sorted(nodes):
        if id not in stage.parameters and is_affine(stage, id, affine):
            affine[id] = parameters_into(stage, id, affine)
    last = [id for id in sorted(affine) if not any(child in affine for child in program.children[id] if child in nodes)]
    number_in_lane: dict[int, int] = {}
    for z in last:
        region = region_after(stage, forward, z, affine)
        a = region[-1] if region else z
        lane = forward.lanes.get(z, 0)
        number_in_lane[lane] = number_in_lane.get(lane, 0) + 1
        forward.layers.append(
            Layer(number=number_in_lane[lane], z=z, a=a, region=tuple(region), parameters=tuple(sorted(affine[z])))
        )
        for one in region:
            forward.roles[one] = Role.INTERMEDIATE
        forward.roles[z] = Role.PRE_ACTIVATION
        forward.roles[a] = Role.ACTIVATION if region else Role.PRE_ACTIVATION
    for id in stage.parameters:
        forward.roles[id] = role_of_parameter(stage, id, affine)


def region_after(stage: Stage, forward: Forward, z: int, affine: Collection[int]) -> list[int]:
    """The nodes that an activation is computed with, in order; the last is the activation."""
    program, nodes = stage.program, forward.nodes
    found: set[int] = set()
    stack = [child for child in program.children[z] if child in nodes]
    while stack:
        id = stack.pop()
        if id in found or (id in affine and size_of(stage.node(id)) > 0):
            continue
        others = [one for one in program.parents[id] if one in stage.dependent and one != z and one not in found]
        if any(one in affine for one in others):
            continue
        found.add(id)
        if id not in forward.outputs:
            stack.extend(child for child in program.children[id] if child in nodes)
    ordered = sorted(found)
    # what only the cost is made of (a sum over outputs) does not belong to the activation
    ends = [one for one in ordered if one in forward.outputs]
    if ends:
        return [one for one in ordered if one <= ends[-1]]
    wide = size_of(stage.node(z))
    outside = [one for one in ordered if any(child in affine for child in program.children[one] if child in nodes)]
    if outside:
        return [one for one in ordered if one <= outside[-1]]
    return [one for one in ordered if size_of(stage.node(one)) == wide]


def parameters_into(stage: Stage, id: int, affine: Mapping[int, frozenset[int]]) -> frozenset[int]:
    """The parameters that go into a sum or product directly, or by way of other ones before it."""
    found: set[int] = set()
    for parent in stage.program.parents[id]:
        if parent in stage.dependent:
            parameter = parameter_viewed(stage, parent)
            found |= affine.get(parent, frozenset()) if parameter is None else {parameter}
    return frozenset(found)


def role_of_parameter(stage: Stage, id: int, affine: Collection[int]) -> Role:
    """Whether a parameter multiplies values, is added, or something else."""
    views, stack = {id}, [id]
    while stack:
        for child in stage.program.children[stack.pop()]:
            if child in stage.dependent and child not in views and is_view_of_parameter(stage, child):
                views.add(child)
                stack.append(child)
    uses = {
        stage.node(child).operation
        for view in views
        for child in stage.program.children[view]
        if child in affine and child not in views
    }
    if uses & PRODUCTS:
        return Role.KERNEL
    return Role.BIAS if uses & SUMS else Role.PARAMETER


def make_forward(stage: Stage, outputs: Iterable[int]) -> Forward:
    """The forward pass that leads to these outputs."""
    outputs = tuple(outputs)
    if outputs in stage.forwards:
        return cast(Forward, stage.forwards[outputs])
    program = stage.program
    nodes = program.ancestors(outputs, stop=stage.parameters) & stage.dependent
    forward = Forward(nodes, outputs)
    if len(outputs) > 1:
        owner: dict[int, int] = {}
        shared = False
        for number, output in enumerate(outputs):
            for id in program.ancestors([output], stop=stage.parameters) & stage.dependent:
                if id in stage.parameters or is_view_of_parameter(stage, id):
                    continue
                shared = shared or (id in owner and owner[id] != number)
                owner[id] = number
        if not shared:
            forward.lanes, forward.lane_count = owner, len(outputs)
    find_layers(stage, forward)
    stage.forwards[outputs] = forward
    return forward


def lanes_of_rest(stage: Stage, forward: Forward) -> dict[int, int]:
    """For every node of the stage that depends on one lane alone, that lane; forward nodes included."""
    if forward.lane_count == 1:
        return {}
    found: dict[int, int] = dict(forward.lanes)
    mixed: set[int] = set()
    for id in sorted(stage.needed & stage.dependent):
        if id in found:
            continue
        parents = [one for one in stage.program.parents[id] if one in found or one in mixed]
        lanes = {found[one] for one in parents if one in found}
        if any(one in mixed for one in parents) or len(lanes) > 1:
            mixed.add(id)
        elif lanes:
            found[id] = lanes.pop()
    return found
