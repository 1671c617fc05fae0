"""What the layers of a network are, as far as repairs ask: facts, in the order in which they compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..programs.heads import activations_of
from ..programs.program import Program
from .head_facts import LINEAR, HeadFacts
from .tasks import Array

DENSE, CONVOLUTION, RECURRENT, OTHER = "dense", "convolution", "recurrent", "other"
DROPOUTS = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "AlphaDropout")
GOOD_HIDDEN = ("relu", "elu", "selu", "gelu", "silu", "swish", "leaky_relu", "mish", "prelu", "relu6", "celu")
FAIR_HIDDEN = ("tanh", "softsign", "softplus", "hard_silu", "hard_swish")
WIDTHS = ("units", "filters")  # the arguments of layers that say how wide they are
OF_LINES = (
    keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Reshape, keras.layers.Dropout,
    keras.layers.BatchNormalization, keras.layers.Rescaling, keras.layers.Normalization,
)  # fmt: skip  # layers that are linear functions when they predict
RECURRENT_LAYERS = ("LSTM", "GRU", "SimpleRNN")


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """One layer."""

    name: str  # of the layer
    kind: str  # dense, convolution, recurrent or other
    units: int  # units or filters; 0 of other layers
    activation: str  # of the layer together with activation layers behind it, before the next layer with weights
    own_activation: str | None  # of the layer alone; None if it has none to set
    is_output: bool  # whether it has the output units
    dropout: float  # rate of a dropout layer, or the larger one of a recurrent layer
    # l1, l2: strength of its kernel's regularizer
    l1: float
    l2: float
    trainable: bool  # whether it and its weights are trained
    has_weights: bool  # whether it has weights that could be trained
    kernel: Array | None  # the initial values of its kernel, None if it has none
    bias: Array | None  # the initial values of its bias, None if it has none


def read_layers(program: Program, head: HeadFacts) -> tuple[LayerFacts, ...]:
    """The layers of a program's network, those of models inside it too."""
    layers = [layer for layer in _flat(program.model) if not isinstance(layer, keras.layers.InputLayer)]
    facts = []
    for number, layer in enumerate(layers):
        own = own_activation(layer)
        kind = _kind(layer)
        l1, l2 = _strengths(getattr(layer, "kernel_regularizer", None))
        l1_activity, l2_activity = _strengths(getattr(layer, "activity_regularizer", None))
        kernel = getattr(layer, "kernel", None)
        if kind == RECURRENT:
            kernel = getattr(getattr(layer, "cell", None), "kernel", None)
        elif isinstance(layer, keras.layers.Embedding):
            kernel = getattr(layer, "embeddings", None)
        facts.append(
            LayerFacts(
                name=layer.name,
                kind=kind,
                units=int(getattr(layer, "units", 0) or getattr(layer, "filters", 0) or 0),
                activation=_with_following(own or LINEAR, layers[number + 1 :]),
                own_activation=own,
                is_output=layer.name == head.layer,
                dropout=_rate(layer),
                l1=max(l1, l1_activity),
                l2=max(l2, l2_activity),
                trainable=bool(layer.trainable),
                has_weights=bool(layer.weights) and not isinstance(layer, keras.layers.Normalization),
                kernel=_initial(program, kernel),
                bias=_initial(program, getattr(layer, "bias", None)),
            )
        )
    return tuple(facts)


def _initial(program: Program, weight: Any) -> Array | None:
    """The value of a weight when fit was called."""
    if not hasattr(weight, "path"):
        return None
    known = program.initial_weights.get(weight.path)
    return np.asarray(known if known is not None else weight)


def _flat(model: Any) -> list[Any]:
    """All layers that are not models, in the order in which they compute as far as it is known."""
    layers = []
    for layer in getattr(model, "layers", []):
        layers += _flat(layer) if isinstance(layer, keras.Model) else [layer]
    return layers


def computes_line(model: Any) -> bool:
    """Whether a model is a linear function of its inputs, whatever its weights are."""
    operations = getattr(getattr(model, "_functional", model), "operations", None) or []
    return len(operations) > 0 and all(
        computes_line(one)
        if isinstance(one, keras.Model)
        else isinstance(one, OF_LINES)
        or (isinstance(one, (keras.layers.Dense, keras.layers.Activation)) and own_activation(one) == LINEAR)
        for one in operations
    )


def _kind(layer: Any) -> str:
    """dense, convolution, recurrent or other"""
    name = type(layer).__name__
    if name == "Dense":
        return DENSE
    if name.startswith(("Conv", "SeparableConv")):
        return CONVOLUTION
    if name in RECURRENT_LAYERS:
        return RECURRENT
    return OTHER


def _rate(layer: Any) -> float:
    """The rate of dropout."""
    if type(layer).__name__ in DROPOUTS:
        return float(layer.rate)
    if type(layer).__name__ in RECURRENT_LAYERS:
        return float(max(getattr(layer, "dropout", 0) or 0, getattr(layer, "recurrent_dropout", 0) or 0))
    return 0.0


def _strengths(regularizer: Any) -> tuple[float, float]:
    """The factors of |w| and w^2."""
    if regularizer is None:
        return 0.0, 0.0
    return float(getattr(regularizer, "l1", 0.0) or 0.0), float(getattr(regularizer, "l2", 0.0) or 0.0)


def own_activation(layer: Any) -> str | None:
    """The activation that a layer with units applies itself; None if it has none to set."""
    if not hasattr(layer, "activation"):
        return None
    names = activations_of(layer)
    return names[0] if names else LINEAR


def _with_following(own: str, following: list[Any]) -> str:
    """The activation of a layer and of the activation layers behind it, before the next layer with units."""
    for layer in following:
        if _kind(layer) != OTHER or isinstance(layer, (keras.layers.Embedding, keras.layers.RNN)):
            break
        names = [name for name in activations_of(layer) or [] if name != LINEAR]
        if names and own == LINEAR:
            own = names[0]
    return own
