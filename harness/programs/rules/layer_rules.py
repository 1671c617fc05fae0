"""Rules about frozen layers, dropout, hidden activations and the strides of a kernel."""

from __future__ import annotations

from typing import Any

import keras

from ..findings import Check, Finding, Rule, Severity, Subject
from ..heads import activations_of
from ..old_versions.arguments import is_of_numbers
from ..program import MadeUp
from ..source.places import Place
from ..units import RECURRENT

MOST_PASSING = 8  # layers in a row that only pass values on
CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D, keras.layers.Conv2DTranspose)
DROPOUTS = (keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D)
# layers that leave values as they are
PASSING = (*DROPOUTS, keras.layers.Flatten, keras.layers.Reshape, keras.layers.ZeroPadding2D)
HIGH_DROPOUT = 0.8  # shares of units dropped from here on are suspicious
FULL_DROPOUT = 0.95  # and from here on leave next to nothing


def layer_rules(subject: Subject) -> Finding:
    """Frozen layers, dropout rates, and hidden layers without an activation of use."""
    model = subject.program.model
    layers = list(model._flatten_layers(include_self=False))
    weighted = [layer for layer in layers if layer.weights and not list(layer._flatten_layers(include_self=False))]
    frozen = [layer for layer in weighted if not layer.trainable_weights and layer.weights and not layer.trainable]
    if weighted and not model.trainable_weights:
        yield subject.at(
            subject.layer_place(weighted[-1].name), Check.FROZEN_MODEL, Severity.CONTRADICTION,
            {"layers": len(weighted)}
        )  # fmt: skip
    else:
        yield from frozen_rules(subject, frozen)
    yield from dropout_rules(subject, layers)
    yield from hidden_rules(subject, layers)


def frozen_rules(subject: Subject, frozen: list[Any]) -> Finding:
    """Frozen layers, those of one line together."""
    program, head = subject.program, subject.head
    if program.made_up is not MadeUp.NOTHING:
        return  # weights that were to be loaded are missing
    by_line: dict[tuple[Place | None, Check, bool], list[Any]] = {}
    for layer in frozen:
        is_output = head is not None and layer.name == head.layer
        is_set = any(weight.path in program.set_weights for weight in layer.weights)
        is_odd = is_output or (bool(program.places.layers) and not is_set)
        check = Check.FROZEN_OUTPUT if is_output else Check.FROZEN_RANDOM
        by_line.setdefault((subject.layer_place(layer.name), check, is_odd), []).append(layer)
    for (place, check, is_odd), layers in by_line.items():
        yield subject.at(
            place, check, Severity.SUSPICION if is_odd else Severity.FACT,
            {"layer": layers[0].name, "layers": len(layers)}, layer=layers[0].name
        )  # fmt: skip


def in_a_row(model: Any) -> list[Any]:
    """The layers of a Sequential model, and of Sequential models in it, in order."""
    found: list[Any] = []
    for layer in model.layers:
        found += in_a_row(layer) if isinstance(layer, keras.Sequential) else [layer]
    return found


def dropout_rules(subject: Subject, layers: list[Any]) -> Finding:
    """Dropout that leaves little, or that is applied to the output."""
    for layer in layers:
        if not isinstance(layer, DROPOUTS):
            continue
        rate = float(layer.rate)
        if rate >= HIGH_DROPOUT:
            yield subject.about(
                layer.name, Check.DROPOUT_RATE, Severity.CONTRADICTION if rate >= FULL_DROPOUT else Severity.SUSPICION,
                {"rate": rate}
            )  # fmt: skip
    last = last_layer(subject.program.model)
    if isinstance(last, DROPOUTS) and last.rate > 0:
        is_known = subject.loss is not None and subject.loss.is_known  # so that outputs are compared with targets
        yield subject.about(
            last.name, Check.DROPOUT_ON_OUTPUT, Severity.CONTRADICTION if is_known else Severity.SUSPICION,
            {"rate": float(last.rate)}
        )  # fmt: skip


def last_layer(model: Any) -> Any:
    """The layer that gives the only output of a model; None if it is not known."""
    if isinstance(model, keras.Sequential):
        layers = in_a_row(model)
        return layers[-1] if layers else None
    outputs = getattr(model, "outputs", None) or []
    return outputs[0]._keras_history.operation if len(outputs) == 1 else None


def hidden_rules(subject: Subject, layers: list[Any]) -> Finding:
    """Dense layers in a row with nothing between them, or a softmax in between."""
    model = subject.program.model
    for activation, check in (("linear", Check.MISSING_HIDDEN_ACTIVATION), ("softmax", Check.SOFTMAX_IN_HIDDEN)):
        alike = [
            layer for layer in layers
            if (activations_of(layer) or ["linear"])[-1] == activation and (
                (feeds_weights(layer, model) and (is_weighted(layer) or activation == "softmax"))
                or (activation == "softmax" and isinstance(layer, RECURRENT) and layer._outbound_nodes)
            )
        ]  # fmt: skip
        if alike:
            yield subject.about(
                alike[0].name, check, Severity.SUSPICION, {"layers": tuple(layer.name for layer in alike)}
            )  # fmt: skip


def feeds_weights(layer: Any, model: Any) -> bool:
    """Whether all that a layer feeds, by way of dropout and reshaping, is a Dense or convolutional layer."""
    if isinstance(model, keras.Sequential):
        order = in_a_row(model)
        following = order[next(i for i, other in enumerate(order) if other is layer) + 1 :] if layer in order else []
        after = next((other for other in following if not isinstance(other, PASSING)), None)
        return after is not None and is_weighted(after) and not is_bottleneck(layer, after)
    return _feeds_weights(layer, layer, 0)


def is_bottleneck(layer: Any, after: Any) -> bool:
    """Whether a layer is narrower than what it reads and than the next layer: a code, which is meant to be linear."""
    widths = [getattr(part, "units", None) for part in (layer, after)]
    inputs = layer.kernel.shape[0] if isinstance(layer, keras.layers.Dense) and layer.built else 0
    return None not in widths and widths[0] < inputs and widths[0] < widths[1]  # type: ignore[operator]


def _feeds_weights(first: Any, layer: Any, depth: int) -> bool:
    """The same of ``first`` in a graph of layers, from a layer on that its values have come to."""
    nodes = layer._outbound_nodes
    if len(nodes) != 1 or depth > MOST_PASSING:
        return False
    after = nodes[0].operation
    if len(nodes[0].input_tensors) != 1:
        return False
    if isinstance(after, PASSING):
        return _feeds_weights(first, after, depth + 1)
    return is_weighted(after) and not is_bottleneck(first, after)


def next_layer(layer: Any) -> Any:
    """The only layer that reads the output of a layer; None if there are several."""
    nodes = layer._outbound_nodes
    return nodes[0].operation if len(nodes) == 1 else None


def is_weighted(layer: Any) -> bool:
    """Whether a layer computes weighted sums: Dense, or a convolution of any kind."""
    return isinstance(layer, (keras.layers.Dense, *CONVOLUTIONS))


def layout_rules(subject: Subject) -> Finding:
    """Images whose channels seem to be first, and a softmax along another axis than that of the classes."""
    model = subject.program.model
    for tensor in getattr(model, "inputs", None) or []:
        shape = tuple(tensor.shape[1:])
        readers = [node.operation for node in tensor._keras_history.operation._outbound_nodes]
        images = [reader for reader in readers if isinstance(reader, keras.layers.Conv2D)]
        if not images or len(shape) != 3 or None in shape or images[0].data_format != "channels_last":
            continue
        if shape[0] in (1, 3) and shape[1] > 8 and shape[2] > 8:
            yield subject.about(images[0].name, Check.CHANNELS_FIRST, Severity.SUSPICION, {"shape": shape})
    for layer in model._flatten_layers(include_self=False):
        axis = layer.axis if isinstance(layer, keras.layers.Softmax) else None
        rank = len(subject.head.shape) if subject.head is not None else 2
        if isinstance(axis, int) and axis not in (-1, rank - 1) and rank == 2:
            yield subject.about(layer.name, Check.SOFTMAX_AXIS, Severity.CONTRADICTION, {"axis": axis})


def one_step_rules(subject: Subject, *, is_stateful: bool = True) -> Finding:
    """Sequences of one step, for layers that keep their state between batches or for those that do not."""
    for layer in subject.program.model._flatten_layers(include_self=False):
        if isinstance(layer, RECURRENT) and layer.stateful is is_stateful and steps_of(layer) == 1:
            yield subject.about(
                layer.name, Check.ONE_STEP_SEQUENCES, Severity.SUSPICION if is_stateful else Severity.HINT,
                {"kind": type(layer).__name__, "stateful": is_stateful}
            )  # fmt: skip
            return


def strides_rules(subject: Subject) -> Finding:
    """Two numbers after the filters that are meant as rows and columns of a kernel: the second one is the strides.

    Even kernels that move by their own size cut an image into patches, and are meant.
    """
    found = []
    for layer in subject.program.model._flatten_layers(include_self=False):
        if not isinstance(layer, keras.layers.Conv2D) or layer.kernel_size != layer.strides:
            continue
        rows, columns = layer.kernel_size
        if rows == columns != 1 and rows % 2 == 1 and any(map(is_of_numbers, subject.layer_calls(layer.name))):
            found.append(layer)
    if found:
        yield subject.about(
            found[0].name, Check.NUMBER_AS_STRIDES, Severity.SUSPICION,
            {"size": found[0].kernel_size[0], "layers": tuple(layer.name for layer in found)}
        )  # fmt: skip


def steps_of(layer: Any) -> int | None:
    """Steps of the sequences that a recurrent layer reads; None if they are not known."""
    nodes = layer._inbound_nodes
    shape = tuple(nodes[0].input_tensors[0].shape) if nodes and nodes[0].input_tensors else ()
    return shape[1] if len(shape) == 3 else None


LAYER_RULES: tuple[Rule, ...] = (layer_rules, layout_rules, one_step_rules, strides_rules)
