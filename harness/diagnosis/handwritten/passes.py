"""One iteration of a recorded network as arrays: its inputs, targets, weights before and after, and activations.

Whatever the layout of the file is, here observations are rows, and a kernel has a row for each input and a column for
each unit. What cannot be brought into this form is not a network of dense layers, or not one that is understood.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checking.cost import Error
from ...checking.output_errors import find_error_groups
from ...checking.recorded_costs import recorded_costs
from ...checking.replay import CannotReplay, Program, Values
from ...checking.stage import Stage, make_stage, steps_of
from ...checking.structure import Forward, Layer, Role, is_view_of_parameter, make_forward
from ...models.activations import ACTIVATIONS
from ...recording.graph import Recording, Ref, references

Array = NDArray[Any]

MATRIX_PRODUCTS = ("matmul", "dot")
TOLERANCE = 1e-9  # relative, between values of the recording and the same computed from what was read
FORMS = frozenset(
    {"reshape", "ravel", "transpose", "copy", "array", "astype", "squeeze", "expand_dims", "atleast_1d", "atleast_2d"}
    | {"item"}
)
TAKING = frozenset({"getitem", "take", "split", "array_split", "vsplit"})  # rows of an array


class Unread(enum.Enum):
    """What could not be read of a file."""

    NOT_TRAINED = "not-trained"  # it does not train by itself: nothing updates parameters, or only added calls do
    MADE_UP = "made-up"  # its data are missing, and made up in the recording
    PART = "part"  # all of its data: they are too many to record, and a part of them was
    STOPPED = "stopped"  # the recording ended too early
    ERROR = "error"  # where outputs and targets are compared
    LAYERS = "layers"  # it is not a chain of dense layers
    ACTIVATION = "activation"  # one that is not in the table
    DATA = "data"  # all rows; an update uses some of them
    COST = "cost"  # no cost in the table has these gradients
    OPTIMIZER = "optimizer"  # no optimizer in the table makes these updates
    LENGTH = "length"  # how many updates the file makes


class CannotRead(Exception):
    """The recording does not show all that a training needs.

    Attributes:
        what: could not be read.
        detail: of it.
        needed: number of updates in a recording that would show it; 0 if none does.
    """

    def __init__(self, what: Unread, detail: str = "", *, needed: int = 0) -> None:
        super().__init__(what.value, detail)
        self.what, self.detail, self.needed = what, detail, needed


@dataclass(frozen=True, kw_only=True)
class DenseLayer:
    """A dense layer in one iteration."""

    # kernel, new_kernel: before and after the update, (inputs, units)
    kernel: Array
    new_kernel: Array
    # bias, new_bias: the same, (units,); None if the layer has no bias
    bias: Array | None
    new_bias: Array | None
    activations: tuple[str, ...]  # the names in the table of those that make these values, the simplest first
    kernel_parameter: int  # index of the kernel in the recording's parameters
    product: int  # the node of inputs times kernel

    @property
    def activation(self) -> str:
        """The simplest activation that makes these values."""
        return self.activations[0]


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One iteration."""

    x: Array  # the observations that it uses, (observations, inputs)
    y: Array  # their targets, (observations, outputs)
    layers: tuple[DenseLayer, ...]  # in order
    x_node: int  # where the first observations come from
    target: Error  # the comparison of the first outputs with their targets


@dataclass(frozen=True, kw_only=True)
class Product:
    """The matrix product of a layer."""

    node: int  # its node
    # inputs, kernel: the nodes of its operands
    inputs: int
    kernel: int
    is_left: bool  # whether the kernel is the left operand, so that observations are columns


def read_pass(recording: Recording, program: Program, iteration: int) -> Pass:
    """One iteration of a recorded network.

    Raises:
        CannotRead: it is not a network of dense layers with a known activation.
    """
    steps = steps_of(recording, iteration)
    if not steps:
        raise CannotRead(Unread.NOT_TRAINED)
    stage = make_stage(recording, program, steps)
    problem = CannotRead(Unread.ERROR)
    for errors in error_groups(stage):
        found = tried_pass(stage, errors)
        if isinstance(found, Pass):
            return found
        problem = found
    raise problem


def tried_pass(stage: Stage, errors: Sequence[Error]) -> Pass | CannotRead:
    """The iteration whose outputs are compared with targets at these places, or why it cannot be read."""
    try:
        return pass_of(stage, errors)
    except CannotRead as problem:
        return problem
    except (CannotReplay, ValueError, IndexError) as problem:  # shapes of another kind of network
        return CannotRead(Unread.LAYERS, str(problem))


def error_groups(stage: Stage) -> list[tuple[Error, ...]]:
    """Where outputs may be compared with targets: on the way to the updates, or else to a cost."""
    groups = find_error_groups(stage, stage.needed)
    if groups:
        return groups
    costs = [cost.node for cost in recorded_costs(stage, stage.last) if cost.node is not None]
    return find_error_groups(stage, stage.program.ancestors(costs, stop=stage.parameters) & stage.dependent)


def pass_of(stage: Stage, errors: Sequence[Error]) -> Pass:
    """The iteration whose outputs are compared with targets at these places."""
    forward = make_forward(stage, [error.output for error in errors])
    lanes = range(forward.lane_count)
    chains = [[layer for layer in forward.layers if forward.lanes.get(layer.z, 0) == lane] for lane in lanes]
    if not chains[0] or len({len(chain) for chain in chains}) > 1:
        raise CannotRead(Unread.LAYERS)
    outputs = {error.output: error for error in errors}
    parts = []
    for lane, chain in zip(lanes, chains):
        error = outputs.get(chain[-1].a) or (errors[lane] if len(errors) == forward.lane_count else None)
        if error is None:
            raise CannotRead(Unread.ERROR)
        parts.append(one_lane(stage, forward, chain, error))
    first, *others = agreeing(parts)
    if any(not np.array_equal(a.kernel, b.kernel) for other in others for a, b in zip(first.layers, other.layers)):
        raise CannotRead(Unread.LAYERS)
    return dataclasses.replace(
        first, x=np.concatenate([part.x for part in parts]), y=np.concatenate([part.y for part in parts])
    )


def agreeing(passes: Sequence[Pass]) -> list[Pass]:
    """Passes through the same layers, each with the activations that make the values of all of them.

    One observation may not tell activations apart: a relu that gets no negative value is a linear one too.

    Raises:
        CannotRead: no activation of a layer makes the values of all.
    """
    shared = []
    for layers in zip(*(one.layers for one in passes)):
        names = [name for name in layers[0].activations if all(name in layer.activations for layer in layers)]
        if not names:
            raise CannotRead(Unread.ACTIVATION)
        shared.append(tuple(names))
    return [
        dataclasses.replace(
            one, layers=tuple(dataclasses.replace(layer, activations=names) for layer, names in zip(one.layers, shared))
        )
        for one in passes
    ]


def one_lane(stage: Stage, forward: Forward, chain: Sequence[Layer], error: Error) -> Pass:
    """The iteration of the observations that are handled together."""
    program = stage.program
    products = [product_of(stage, layer) for layer in chain]
    target = [] if error.target is None else [error.target]
    targets = [error.output, *target, *references(error.index)]
    needed = [
        one for layer, product in zip(chain, products) for one in (layer.z, layer.a, product.inputs, product.kernel)
    ]
    values = program.run([*needed, *targets], {}, program.base)
    after = {step.before: program.run([step.after], {}, program.base)[step.after] for step in stage.steps}
    layers: list[DenseLayer] = []
    inputs = x = as_rows(values[products[0].inputs], products[0])
    for layer, product in zip(chain, products):
        rows, ones = without_ones(as_rows(values[product.inputs], product), inputs.shape[1])
        if not is_close(rows, inputs):
            raise CannotRead(Unread.LAYERS)
        found, inputs = dense_layer(stage, forward, layer, product, values, after)
        layers.append(found if ones is None else with_bias_row(found, ones))
    outputs = np.ravel(values[error.output])
    is_turned = not is_close(outputs, np.ravel(inputs))
    if is_turned and not is_close(outputs, np.ravel(inputs.T)):
        raise CannotRead(Unread.ERROR)
    y = np.asarray(error.target_values(values), dtype=float)
    y = np.ravel(np.broadcast_to(y, np.shape(values[error.output])))
    return Pass(
        x=x,
        y=y.reshape(inputs.shape[::-1]).T if is_turned else y.reshape(inputs.shape),
        layers=tuple(layers),
        x_node=products[0].inputs,
        target=error,
    )


def product_of(stage: Stage, layer: Layer) -> Product:
    """The only matrix product of a layer's inputs with its kernel.

    Raises:
        CannotRead: it has none or several, or another kind of product.
    """
    found: list[Product] = []
    stack, seen = [layer.z], set()
    while stack:
        id = stack.pop()
        if id in seen or id not in stage.dependent or id in stage.parameters:
            continue
        seen.add(id)
        node = stage.node(id)
        if node.operation in MATRIX_PRODUCTS and len(node.arguments) == 2:
            operands = [one.id if isinstance(one, Ref) else -1 for one in node.arguments]
            views = [one in stage.dependent and is_view_of_parameter(stage, one) for one in operands]
            if sum(views) == 1 and min(operands) >= 0:
                left = views[0]
                found.append(Product(node=id, inputs=operands[left], kernel=operands[not left], is_left=left))
                continue
        stack.extend(stage.program.parents[id])
    if len(found) != 1:
        raise CannotRead(Unread.LAYERS)
    return found[0]


def as_rows(value: Any, product: Product) -> Array:
    """The inputs of a product, one observation a row."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 1:
        return array[None, :]
    if array.ndim != 2:
        raise CannotRead(Unread.LAYERS)
    return array.T if product.is_left else array


def as_kernel(value: Any, product: Product) -> Array:
    """The kernel of a product, (inputs, units)."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 1:
        return array[:, None]
    return array.T if product.is_left else array


def is_close(one: Array, other: Array) -> bool:
    """Whether two arrays are the same but for rounding."""
    if one.shape != other.shape:
        return False
    size = max(1.0, float(np.max(np.abs(one), initial=0.0)))
    return bool(np.all(np.abs(one - other) <= TOLERANCE * size))


def without_ones(rows: Array, width: int) -> tuple[Array, int | None]:
    """Rows without a column of ones before or after ``width`` others, and its place; None if they have none."""
    for place in (0, -1):
        if rows.shape[1] == width + 1 and np.all(rows[:, place] == 1):
            return np.delete(rows, place, axis=1), place
    return rows, None


def with_bias_row(layer: DenseLayer, place: int) -> DenseLayer:
    """The layer with the row of its kernel that a column of ones is multiplied by as its bias."""
    row, new_row = layer.kernel[place], layer.new_kernel[place]
    return dataclasses.replace(
        layer,
        kernel=np.delete(layer.kernel, place, axis=0),
        new_kernel=np.delete(layer.new_kernel, place, axis=0),
        bias=row if layer.bias is None else row + layer.bias,
        new_bias=new_row if layer.new_bias is None else new_row + layer.new_bias,
    )


def dense_layer(
    stage: Stage, forward: Forward, layer: Layer, product: Product, values: Values, after: Values
) -> tuple[DenseLayer, Array]:
    """A layer and its activations, one observation a row.

    The bias is what the pre-activation has beside the product, before the update and with the parameters after it.
    """
    program = stage.program
    inputs, kernel = as_rows(values[product.inputs], product), as_kernel(values[product.kernel], product)
    given = {**after, product.inputs: values[product.inputs]}
    changed = program.run([layer.z, product.kernel], given)
    new_kernel = as_kernel(changed[product.kernel], product)
    products = inputs @ kernel
    is_turned = lies_turned(values[layer.z], products)
    bias = common_row(rows_of(values[layer.z], products, is_turned) - products)
    new_bias = common_row(rows_of(changed[layer.z], products, is_turned) - inputs @ new_kernel)
    z = products + bias
    a, activations = activated(values[layer.a], z, is_turned)
    kernels = program.ancestors([product.kernel], stop=stage.parameters) & set(stage.parameters)
    has_bias = bool(
        np.any(bias) or np.any(new_bias) or any(forward.roles.get(one) is Role.BIAS for one in layer.parameters)
    )
    if len(kernels) != 1:
        raise CannotRead(Unread.LAYERS)
    found = DenseLayer(
        kernel=kernel,
        new_kernel=new_kernel,
        bias=bias if has_bias else None,
        new_bias=new_bias if has_bias else None,
        activations=activations,
        kernel_parameter=stage.parameters[kernels.pop()].parameter,
        product=product.node,
    )
    return found, a


def lies_turned(value: Any, products: Array) -> bool:
    """Whether pre-activations have one observation a column.

    Args:
        value: as the file has them.
        products: inputs times kernel, (observations, units), which they differ from by a bias.
    """
    array = np.asarray(value, dtype=float)
    if array.ndim != 2 or array.shape != products.shape:
        return array.ndim == 2
    if array.shape != array.shape[::-1]:
        return False
    spread, spread_turned = (float(np.max(np.ptp(one - products, axis=0))) for one in (array, array.T))
    return spread_turned < spread


def rows_of(value: Any, products: Array, is_turned: bool) -> Array:
    """What a layer computes, one observation a row.

    Args:
        value: as the file has it.
        products: inputs times kernel, (observations, units).
        is_turned: whether the file has one observation a column.
    """
    array = np.asarray(value, dtype=float)
    if array.size != products.size:
        raise CannotRead(Unread.LAYERS)
    return array.reshape(products.shape[::-1]).T if is_turned else array.reshape(products.shape)


def common_row(values: Array) -> Array:
    """The row that all rows are equal to, with zeros for what is rounding.

    Raises:
        CannotRead: they differ, so that it is not a bias.
    """
    rows = np.broadcast_to(values[:1], values.shape)
    if not np.allclose(values, rows, rtol=0, atol=1e-7 * max(1.0, float(np.max(np.abs(values), initial=0.0)))):
        raise CannotRead(Unread.LAYERS)
    return np.where(np.abs(values[0]) < 1e-12, 0.0, values[0])


def activated(value: Any, z: Array, is_turned: bool) -> tuple[Array, tuple[str, ...]]:
    """The activations of a layer, one observation a row, and the names of those in the table that make them.

    Args:
        value: as the file has them, perhaps with ones for the biases of the next layer.
        z: pre-activations, (observations, units).
        is_turned: whether the file has pre-activations with one observation a column; their activations may be turned
            once more, as the next layer takes them.

    Raises:
        CannotRead: no activation in the table makes them.
    """
    array = np.asarray(value, dtype=float)
    if array.ndim < 2:
        array = rows_of(array, z, is_turned=False) if array.size == z.size else array[None, :]
    for turned in (is_turned, not is_turned):
        a, _ = without_ones(array.T if turned else array, z.shape[1])
        names = activations_of(z, a)
        if names:
            return a, names
    raise CannotRead(Unread.ACTIVATION)


def activations_of(z: Array, a: Array) -> tuple[str, ...]:
    """The activations in the table that make a of z, the simplest first; none if there is none."""
    found = []
    for name in ("linear", *(other for other in ACTIVATIONS if other != "linear")):
        activation = ACTIVATIONS[name]
        if activation.function is None or (activation.mixes_units and z.shape[1] < 2):
            continue
        with np.errstate(all="ignore"):
            if is_close(np.asarray(activation.function(z), dtype=float), a):
                found.append(name)
    return tuple(found)


# All rows of the data


def all_rows(program: Program, id: int, part: Array) -> Array:
    """The array that a node's rows were taken from, one observation a row; the part itself if nothing was taken.

    Args:
        id: the node.
        part: its value, (observations, features).

    Raises:
        CannotRead: it was put together in another way.
    """
    while True:
        node = program.nodes[id]
        parents = [one.id for one in node.arguments if isinstance(one, Ref)]
        if node.operation in TAKING and parents:
            base = np.asarray(program.run([parents[0]], {}, program.base)[parents[0]])
            if base.size > part.size:
                return containing(base, part)
        elif node.is_leaf or node.operation not in FORMS or len(parents) != 1:
            return part
        id = parents[0]


def containing(base: Array, part: Array) -> Array:
    """A whole array in the orientation in which the rows of a part are among its own.

    Raises:
        CannotRead: it is in none.
    """
    base = np.asarray(base, dtype=float)
    width = part.shape[1]
    candidates = [base.reshape(len(base), -1), base.reshape(len(base), -1).T]
    for whole in candidates:
        if whole.shape[1] == width and all(rows_equal(whole, row).any() for row in part):
            return whole
    raise CannotRead(Unread.DATA)


def rows_equal(whole: Array, row: Array) -> NDArray[np.bool_]:
    """Which rows of an array are equal to one."""
    return np.asarray(np.all(whole == row, axis=1))


def sorted_rows(one: Pass) -> Array:
    """The observations of an iteration with their targets, in an order that does not depend on how they are mixed."""
    table = np.hstack([one.x, one.y])
    return table[np.lexsort(table.T)]


def whole_data(program: Program, first: Pass, others: Iterable[Pass]) -> tuple[Array, Array]:
    """All observations and targets of a training; an iteration may use a part of them.

    Args:
        first: the first iteration.
        others: later ones.

    Raises:
        CannotRead: its rows are not those of an array.
    """
    if all(is_close(sorted_rows(other), sorted_rows(first)) for other in others):
        return first.x, first.y
    x = all_rows(program, first.x_node, first.x)
    y = all_targets(program, first)
    if len(x) != len(y) or len(x) <= len(first.x):
        raise CannotRead(Unread.DATA)
    for row, target in zip(first.x, first.y):
        if not np.any(rows_equal(x, row) & rows_equal(y, target)):
            raise CannotRead(Unread.DATA)
    return x, y


def all_targets(program: Program, first: Pass) -> Array:
    """All targets of a training."""
    error, outputs = first.target, first.y.shape[1]
    if error.index is None:
        if error.target is None:
            raise CannotRead(Unread.DATA)
        return all_rows(program, error.target, first.y)
    picks = list(references(error.index))
    if not picks:
        raise CannotRead(Unread.DATA)
    picked = np.argmax(first.y, axis=1)[:, None].astype(float)
    known = all_rows(program, picks[-1], picked)
    return np.eye(outputs)[known[:, 0].astype(int)]
