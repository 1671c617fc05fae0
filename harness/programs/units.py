"""The units of a Keras model's layers, and what makes two of them clones.

Two units of a layer are clones when swapping them leaves the model as it was. For a layer that feeds forward this is
the definition of symmetry.py: the same incoming and the same outgoing weights. Here it is read out of any Keras model:

    Dense                    unit j: column j of the kernel, bias j
    Conv, Conv transposed    unit j: filter j with all its positions
    Embedding                unit j: dimension j of every token
    SimpleRNN, GRU, LSTM     unit j: its column in each gate; and the recurrent kernel is unchanged by the swap
    normalisation            gamma j and beta j belong to the unit that the layer normalises: by themselves they are 1
                             and 0 for every unit, which is not a symmetry

Outgoing weights are those of the next such layers, found through the layers between that treat every unit alike
(activations, dropout, pooling, normalisation, Flatten). If a unit goes elsewhere (a sum, a layer of one's own),
its outgoing weights are not known, and the incoming ones decide alone. Layers that answer to targets are not hidden
layers; grouped and depthwise convolutions, attention and layers of one's own are not judged.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from scipy.sparse.csgraph import connected_components

from ..measures.symmetry import clone_groups, default_tolerance
from ..models.network import Array

L = keras.layers
CONVOLUTIONS = (L.Conv1D, L.Conv2D, L.Conv3D)
TRANSPOSED = tuple(getattr(L, f"Conv{n}DTranspose") for n in (1, 2, 3) if hasattr(L, f"Conv{n}DTranspose"))
RECURRENT = (L.SimpleRNN, L.GRU, L.LSTM)
SPATIAL = ("MaxPooling", "AveragePooling", "GlobalMaxPooling", "GlobalAveragePooling", "UpSampling", "ZeroPadding")
# treat every unit alike, so that a swap of two goes through them
ALIKE = (
    L.Activation,
    L.ReLU,
    L.LeakyReLU,
    L.ELU,
    L.Softmax,
    L.Dropout,
    L.GaussianNoise,
    L.GaussianDropout,
    L.AlphaDropout,
    L.SpatialDropout1D,
    L.SpatialDropout2D,
    L.SpatialDropout3D,
    L.ActivityRegularization,
    L.Flatten,
    *(getattr(L, f"{name}{n}D") for name in SPATIAL for n in (1, 2, 3) if hasattr(L, f"{name}{n}D")),
)
NEAR = 0.1  # of the length of a unit's weights: nearly clones are that close
MIN_ROWS = 8  # weights of a unit, under which chance makes units that close
MAX_COMPARED = 4096  # units of a layer, which are compared in pairs
NORMALISATION = tuple(
    getattr(L, name) for name in ("BatchNormalization", "LayerNormalization", "RMSNormalization") if hasattr(L, name)
)


@dataclass(frozen=True, kw_only=True)
class Units:
    """What tells the units of one layer apart."""

    layer: keras.Layer  # the Keras layer
    incoming: Array  # (incoming weights, units), the biases as row 0 if it has some
    affine: Array  # (rows, units) of the normalisations that follow
    outgoing: Array | None  # (outgoing weights, units); None if they are not known
    recurrent: Array | None  # (gates, units, units), from row to column; None if there is none
    is_hidden: bool  # False if the layer answers to targets

    @property
    def count(self) -> int:
        """The number of units."""
        return int(self.incoming.shape[1])

    @functools.cached_property
    def columns(self) -> Array:
        """(rows, units): equal columns, and recurrent weights that a swap leaves alone, are clones."""
        parts = [self.incoming, self.affine, *([] if self.outgoing is None else [self.outgoing])]
        return np.concatenate(parts)


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Every layer of a model, those inside of nested models and of wrappers too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers_of(layer)
        elif isinstance(layer, L.Bidirectional):
            yield from (layer.forward_layer, layer.backward_layer)
        elif isinstance(layer, L.Wrapper):
            yield layer.layer
        else:
            yield layer


def array(variable: Any) -> Array:
    """The numbers of a Keras variable or tensor, in float32 or wider: NumPy has little for the narrow ones."""
    value = variable.value if isinstance(variable, keras.Variable) else variable
    if keras.config.backend() == "torch":  # which converts nothing that requires a gradient
        value = keras.ops.convert_to_numpy(value)
    found = np.asarray(value)
    return found if found.dtype in (np.float32, np.float64) else found.astype(np.float32)


def biases(layer: Any, units: int) -> Array:
    """(rows, units): one row, two in a GRU, none without a bias; of each gate"""
    bias = getattr(layer, "bias", None)
    return np.empty((0, units)) if bias is None else array(bias).reshape(-1, units)


def is_plain_convolution(layer: keras.Layer) -> bool:
    """Whether every filter sees every input channel."""
    return isinstance(layer, (*CONVOLUTIONS, *TRANSPOSED)) and getattr(layer, "groups", 1) == 1


def kernel_of(layer: keras.Layer) -> Array | None:
    """(positions, inputs, units) of the kernel, the gates of a recurrent layer among the positions.

    None if the layer has no such units or is not built.
    """
    if not layer.built:
        return None
    if isinstance(layer, RECURRENT):
        kernel = array(layer.cell.kernel)
        return np.moveaxis(kernel.reshape(len(kernel), -1, layer.units), 1, 0)
    if type(layer) is L.Dense:
        return array(layer.kernel)[None]
    if is_plain_convolution(layer):
        kernel = array(layer.kernel)
        if isinstance(layer, TRANSPOSED):
            kernel = np.swapaxes(kernel, -1, -2)  # Keras has (..., filters, inputs) there
        return kernel.reshape(-1, *kernel.shape[-2:])
    if isinstance(layer, L.Embedding):
        return array(layer.embeddings)[None]
    return None


def incoming_of(layer: keras.Layer) -> Array | None:
    """(incoming weights, units), biases first; None if the layer is not judged."""
    kernel = kernel_of(layer)
    if kernel is None:
        return None
    units = kernel.shape[-1]
    bias = biases(layer.cell if isinstance(layer, RECURRENT) else layer, units)
    return np.concatenate([bias.astype(kernel.dtype), kernel.reshape(-1, units)])


def recurrent_of(layer: keras.Layer) -> Array | None:
    """(gates, units, units) of a recurrent layer"""
    if not isinstance(layer, RECURRENT):
        return None
    kernel = array(layer.cell.recurrent_kernel)
    return np.moveaxis(kernel.reshape(len(kernel), -1, layer.units), 1, 0)


Graph = dict[int, list[Any]]


def operations(model: keras.Model) -> Sequence[Any]:
    """The layers of a model, and in a functional one the operations between them."""
    return getattr(model, "operations", model.layers)


def consumers(model: keras.Model) -> Graph:
    """{id of an operation: the operations that take its output}; empty for a model that is not a graph."""
    found: Graph = {}
    for operation in operations(model):
        for node in getattr(operation, "_inbound_nodes", ()):
            for tensor in node.input_tensors:
                taken = found.setdefault(id(tensor._keras_history.operation), [])
                if operation not in taken:
                    taken.append(operation)
    return found


def output_operations(model: keras.Model) -> set[int]:
    """The id of each operation whose output is one of the model's; of the last layer if there is no graph."""
    if getattr(model, "outputs", None):
        return {id(tensor._keras_history.operation) for tensor in model.outputs}
    return {id(layer) for layer in model.layers[-1:]}


def rows_into(layer: Any, units: int) -> Array | None:
    """(rows, units): the weights with which a layer takes in each of the units before it; None if that is unknown.

    After Flatten a unit comes in at many places, every so many rows of the kernel.
    """
    if isinstance(layer, L.Bidirectional):
        both = [rows_into(part, units) for part in (layer.forward_layer, layer.backward_layer)]
        return (
            None if any(rows is None for rows in both) else np.concatenate([rows for rows in both if rows is not None])
        )
    if isinstance(layer, L.TimeDistributed):
        return rows_into(layer.layer, units)
    kernel = None if isinstance(layer, L.Embedding) else kernel_of(layer)
    if kernel is None or kernel.shape[1] % units:
        return None
    return np.moveaxis(kernel.reshape(kernel.shape[0], -1, units, kernel.shape[2]), 2, -1).reshape(-1, units)


def is_channels_last(layer: Any) -> bool:
    """Whether units lie on the last axis, as everywhere but in images stored channels first."""
    return getattr(layer, "data_format", None) in (None, "channels_last")


@dataclass(kw_only=True)
class Downstream:
    """What follows a layer: rows for each of its units, whether all of it is known, whether it is an output."""

    affine: list[Array]
    outgoing: list[Array]
    known: bool
    is_output: bool


def affine_rows(layer: Any, units: int) -> list[Array]:
    """gamma and beta of a normalisation over the last axis"""
    rows = [weight for weight in layer.weights if weight.name in ("gamma", "beta", "scale")]
    return [array(row)[None] for row in rows if tuple(row.shape) == (units,)]


def follow(operation: Any, units: int, graph: Graph, outputs: set[int], found: Downstream) -> None:
    """Collect into ``found`` what an operation's output goes through."""
    found.is_output |= id(operation) in outputs
    found.known &= id(operation) in graph or id(operation) in outputs
    for consumer in graph.get(id(operation), ()):
        rows = rows_into(consumer, units)
        if rows is not None:
            found.outgoing.append(rows)
        elif isinstance(consumer, NORMALISATION) and is_channels_last(consumer):
            found.affine += affine_rows(consumer, units)
            follow(consumer, units, graph, outputs, found)
        elif isinstance(consumer, ALIKE) and is_channels_last(consumer):
            follow(consumer, units, graph, outputs, found)
        else:
            found.known = False


def stacked(parts: Sequence[Array], units: int, like: Array) -> Array:
    """(rows, units) of all parts, also of none"""
    return np.concatenate([np.empty((0, units), like.dtype), *parts])


def units_of(model: keras.Model) -> list[Units]:
    """The units of every layer of a built model for which clones have a meaning, in the model's order."""
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    graph: Graph = {}
    outputs: set[int] = set()
    for each in (model, *nested):
        graph |= consumers(each)
        outputs |= output_operations(each)
    found = []
    for layer in layers_of(model):
        incoming = incoming_of(layer)
        if incoming is None:
            continue
        units = incoming.shape[1]
        recurrent = recurrent_of(layer)
        down = Downstream(affine=[], outgoing=[], known=is_channels_last(layer), is_output=False)
        follow(layer, units, graph, outputs, down)
        found.append(
            Units(
                layer=layer,
                incoming=incoming,
                affine=stacked(down.affine, units, incoming),
                outgoing=stacked(down.outgoing, units, incoming) if down.known else None,
                recurrent=recurrent,
                is_hidden=not down.is_output,
            )
        )
    return found


def rough_groups(columns: Array, allowed: float) -> tuple[list[int], list[Array]]:
    """The units in groups that no pair of clones crosses, by the row in which they differ most: single ones, groups.

    Sorted by it, neighbours further apart than ``allowed`` part two groups. In a random layer that leaves few pairs.
    """
    row = columns[np.argmax(np.ptp(columns, axis=1))]
    order = np.argsort(row, kind="stable")
    is_apart = np.concatenate([[True], ~(np.diff(row[order]) <= allowed), [True]])
    single = order[is_apart[:-1] & is_apart[1:]].tolist()
    begins = np.flatnonzero(is_apart[:-1] & ~is_apart[1:])
    ends = np.flatnonzero(~is_apart[:-1] & is_apart[1:]) + 1
    return single, [np.sort(order[begin:end]) for begin, end in zip(begins, ends)]


def swapped_difference(recurrent: Array, first: int, second: int) -> float:
    """The largest change in recurrent weights (gates, units, units) if two units are swapped."""
    order = np.arange(recurrent.shape[1])
    order[[first, second]] = second, first
    return float(np.max(np.abs(recurrent[:, order][:, :, order] - recurrent)))


def groups_of(units: Units, tolerance: float | None = None) -> list[list[int]]:
    """The units of a layer in groups of clones, a group of one for a unit that has none; see symmetry.clone_groups.

    Args:
        units: of the layer.
        tolerance: how far apart, relative to the layer's largest weight, two weights may lie and count as equal. By
            default the square root of the dtype's epsilon.
    """
    columns = units.columns
    if tolerance is None:
        tolerance = default_tolerance(columns)
    largest = float(max(columns.max(), -columns.min()))
    single, several = rough_groups(columns, tolerance * largest)
    found = [[unit] for unit in single]
    for rough in several:
        part = columns[:, rough]
        scale = float(np.max(np.abs(part))) or 1.0
        for group in clone_groups([part], 1, tolerance * largest / scale):
            found += split_recurrent(rough[group].tolist(), units.recurrent, tolerance)
    return sorted(found)


def near_groups_of(units: Units) -> list[list[int]]:
    """Groups of two or more units that are nearly clones: each is close to another of its group.

    Two units are close if their weight vectors lie within ``NEAR`` of the longer one's length. Identical units that
    dropout or unequal noise has pulled apart stay that close for a long time; of random vectors of ``MIN_ROWS``
    numbers, one pair in about 10^8 does. A layer with fewer weights to a unit, or too many units, is not judged.
    """
    columns = units.columns.astype(np.float64)
    rows, count = columns.shape
    if rows < MIN_ROWS or count > MAX_COMPARED or not np.all(np.isfinite(columns)):
        return []
    squares = np.sum(columns**2, axis=0)
    apart = squares[:, None] + squares[None] - 2 * columns.T @ columns
    close = apart <= NEAR**2 * np.maximum(squares[:, None], squares[None])
    _, group = connected_components(close, directed=False)
    members = [np.flatnonzero(group == number).tolist() for number in range(group.max() + 1)]
    return [of_one for of_one in members if len(of_one) > 1]


def split_recurrent(group: list[int], recurrent: Array | None, tolerance: float) -> list[list[int]]:
    """The group in groups whose members the recurrent weights do not tell apart either."""
    if recurrent is None:
        return [group]
    allowed = tolerance * float(np.max(np.abs(recurrent)))
    found: list[list[int]] = []
    while group:
        alike = [unit for unit in group if unit == group[0] or swapped_difference(recurrent, group[0], unit) <= allowed]
        found.append(alike)
        group = [unit for unit in group if unit not in alike]
    return found


def spread_of(units: Units, group: Sequence[int]) -> float:
    """The largest difference between two units of a group in any one weight, recurrent ones aside."""
    return float(np.max(np.ptp(units.columns[:, list(group)], axis=1)))


def activation_of(layer: keras.Layer) -> str:
    """The name of a layer's activation, "linear" if it has none."""
    function = getattr(layer, "activation", None)
    return "linear" if function is None else str(getattr(function, "__name__", type(function).__name__))


def applied_activation(layer: keras.Layer, graph: Graph) -> tuple[Any, str]:
    """The operation that gives the units' activation, and its name: a layer's own, or an activation layer after it,
    also with normalisations between the two."""
    followers = graph.get(id(layer), [])
    while len(followers) == 1 and isinstance(followers[0], NORMALISATION) and activation_of(layer) == "linear":
        followers = graph.get(id(followers[0]), [])
    if activation_of(layer) == "linear" and len(followers) == 1:
        if isinstance(followers[0], L.Activation):
            return followers[0], activation_of(followers[0])
        if isinstance(followers[0], L.ReLU) and not followers[0].negative_slope and not followers[0].threshold:
            return followers[0], "relu" if followers[0].max_value is None else "relu6"
    return layer, activation_of(layer)


def probe_of(model: keras.Model, outputs: Sequence[Any]) -> keras.Model:
    """A model that gives the output of each of some layers or operations of ``model``.

    Raises:
        ValueError: the model is not a graph of layers (a subclass of keras.Model), or one of them is nested in another.
    """
    try:
        inputs = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
        return keras.Model(inputs, [operation.output for operation in outputs])
    except (AttributeError, TypeError, ValueError, KeyError):
        raise ValueError(
            f"{model.name}: activations can be had of Sequential and functional models only, without models inside; "
            "leave the data out"
        ) from None


def activations(probe: keras.Model, x: Any) -> list[Array]:
    """The activation of each layer's units on data, (observations, units); positions count as observations."""
    found = (array(a) for a in keras.tree.flatten(probe(x, training=False)))
    return [a.reshape(-1, a.shape[-1]) for a in found]
