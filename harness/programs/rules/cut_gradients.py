"""Rules about what training cannot pass: operations without a derivative or a finite one, and starts it cannot leave.

Keras' own layers can all be differentiated. Only models with other operations in them are looked at: Lambda layers, and
layers and activations of the user's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ..derivatives import gradients_or_none
from ..findings import Check, Finding, Rule, Severity, Subject
from ..heads import activation_name, as_tensors
from ..program import MadeUp, take_rows
from .layer_rules import CONVOLUTIONS, next_layer

ROWS = 32  # of x, on which the outputs are differentiated
MOST_WEIGHTS = 20_000_000  # of a model whose outputs are differentiated
ROWS_AT_START = 512  # of x, on which a start without any gradient is looked for
MOST_WEIGHTS_AT_START = 1_000_000  # of a model in which it is looked for
WEIGHTED = (keras.layers.Dense, *CONVOLUTIONS)
ONE = (1, "softmax")  # units and activation of an output that nothing changes, whatever the weights


def cut_gradient_rules(subject: Subject) -> Finding:
    """Weights that the outputs depend on, and that no gradient reaches, or none that is a number."""
    model, program = subject.program.model, subject.program
    others = [operation for operation in operations_of(model) if not is_differentiable(operation)]
    if not others or not model.built or model.count_params() > MOST_WEIGHTS:
        return
    try:
        x = as_tensors(take_rows(program.x, slice(0, ROWS)))
        gradients = gradients_or_none(lambda: total(model, x), [v.value for v in model.trainable_variables])
    except Exception:  # the model cannot be called, or the backend does not say what is reached
        return
    missing = [v for v, gradient in zip(model.trainable_variables, gradients) if gradient is None]
    name = str(others[0].name)
    if missing and "stop_gradient" not in subject.text:  # with that word it is meant
        layers = dict.fromkeys(variable.path.rpartition("/")[0] for variable in missing)
        yield subject.about(name, Check.CUT_GRADIENT, Severity.CONTRADICTION, {"layers": tuple(layers)})
    elif any(not np.all(np.isfinite(np.asarray(gradient))) for gradient in gradients):
        is_on_own_data = program.made_up is MadeUp.NOTHING
        yield subject.about(
            name, Check.GRADIENT_NOT_FINITE, Severity.CONTRADICTION if is_on_own_data else Severity.SUSPICION
        )


def start_rules(subject: Subject) -> Finding:
    """Initial weights of zero that training does not leave, or units of a layer that start alike."""
    zeros = [layer for layer in layers_of(subject) if starts_at_zero(layer)]
    if zeros and is_dead(subject):
        yield subject.about(
            zeros[0].name, Check.DEAD_START,
            Severity.CONTRADICTION if subject.program.made_up is MadeUp.NOTHING else Severity.SUSPICION,
            {"layers": tuple(layer.name for layer in zeros)}
        )  # fmt: skip
        return
    alike = [layer for layer in layers_of(subject) if has_equal_units(subject, layer)]
    if alike:
        kernel = subject.program.initial_weights[alike[0].kernel.path]
        stays = all(stays_equal(subject, layer) for layer in alike)
        yield subject.about(
            alike[0].name, Check.IDENTICAL_UNITS,
            Severity.CONTRADICTION if stays else Severity.SUSPICION,
            {"layers": tuple(layer.name for layer in alike), "units": int(kernel.shape[1]), "stay": stays}
        )  # fmt: skip


def layers_of(subject: Subject) -> list[Any]:
    """The layers of a model, and of models in it."""
    return list(subject.program.model._flatten_layers(include_self=False))


def is_dead(subject: Subject) -> bool:
    """Whether no weight changes the outputs of the initial model, but for the last bias."""
    model, program, head = subject.program.model, subject.program, subject.head
    if head is None or model.count_params() > MOST_WEIGHTS_AT_START or (head.units, head.activation) == ONE:
        return False
    try:
        x = as_tensors(take_rows(program.x, slice(0, ROWS_AT_START)))
        gradients = gradients_or_none(lambda: mixed(model, x), [v.value for v in model.trainable_variables])
    except Exception:  # the model cannot be called, or has no gradient
        return False
    moving = [v for v, one in zip(model.trainable_variables, gradients) if one is None or np.any(np.asarray(one) != 0)]
    return all(v.path.rpartition("/")[0].endswith(head.layer) and len(v.shape) == 1 for v in moving)


def has_equal_units(subject: Subject, layer: Any) -> bool:
    """Whether the units of a hidden Dense layer start with the same weights, one as the other."""
    if not isinstance(layer, keras.layers.Dense) or (subject.head is not None and layer.name == subject.head.layer):
        return False
    kernel = subject.program.initial_weights.get(layer.kernel.path) if layer.built else None
    if kernel is None or kernel.ndim != 2 or 0 in kernel.shape or kernel.shape[1] < 2:
        return False
    return bool(np.all(kernel == kernel[:, :1]))


def stays_equal(subject: Subject, layer: Any) -> bool:
    """Whether the units of a layer that start alike are also read alike, so that every update of them is the same."""
    initial = subject.program.initial_weights
    bias = initial.get(layer.bias.path) if layer.bias is not None else None
    after = next_layer(layer)
    while isinstance(after, keras.layers.Activation):
        after = next_layer(after)
    kernel = initial.get(after.kernel.path) if isinstance(after, keras.layers.Dense) and after.built else None
    return kernel is not None and bool(np.all(kernel == kernel[:1])) and (bias is None or not np.ptp(bias))


def starts_at_zero(layer: Any) -> bool:
    """Whether a layer is trained and the weights of its inputs are all 0."""
    kernel = layer.kernel if isinstance(layer, WEIGHTED) and layer.built and layer.trainable else None
    return kernel is not None and not np.any(np.asarray(kernel))


def mixed(model: Any, x: Any) -> Any:
    """One number in which no two outputs cancel each other: their sum with fixed random factors."""
    rng = np.random.default_rng(0)
    outputs = keras.tree.flatten(model(x, training=False))
    return sum(keras.ops.sum(part * rng.normal(size=part.shape).astype("float32")) for part in outputs)


def operations_of(model: Any) -> Iterator[Any]:
    """The layers of a model and the operations between them."""
    for operation in getattr(model, "_operations", None) or model.layers:
        yield from operations_of(operation) if isinstance(operation, keras.Model) else [operation]


def is_differentiable(operation: Any) -> bool:
    """Whether it is a layer of Keras' own, and not one around a function of the user's."""
    if not isinstance(operation, keras.Layer) or isinstance(operation, keras.layers.Lambda):
        return False
    function = getattr(operation, "activation", None)
    is_known = function is None or not activation_name(function).startswith("custom:")
    return is_known and type(operation).__module__.startswith("keras.")


def total(model: Any, x: Any) -> Any:
    """One number that depends on all that a model computes."""
    outputs = keras.tree.flatten(model(x, training=False))
    return sum(keras.ops.sum(keras.ops.cast(part, "float32")) for part in [*outputs, *model.losses])


CUT_GRADIENT_RULES: tuple[Rule, ...] = (cut_gradient_rules, start_rules)
