"""Bounds for the rounding errors of networks of dense layers, derived from the sizes of the numbers in them.

They hold for plain layers under a squared error, whose formulas ``comparison.rounding`` knows. For all else the
rounding errors are estimated.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..comparison import rounding, trace
from ..models.network import ACTIVATION_NAMES, Array, Network, from_keras
from .case import Case
from .configs import layer_configs
from .quantities import Kind, Quantity

COSTS = ("sum_of_squared_errors", "mean_squared_error")  # computed from the outputs alone, whatever the backend

# settings of a Dense layer that add something to what it computes
ADDITIONS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")


class DenseNetwork(NamedTuple):
    """A network of dense layers, and what its layers are called."""

    network: Network
    layers: list[str]


def dense_network(case: Case) -> DenseNetwork | None:
    """The network of a case; None if it has other layers, activations or losses."""
    if case.model["class_name"] != "Sequential" or case.loss not in COSTS or case.sample_weight is not None:
        return None
    layers = [(path, layer) for path, layer in layer_configs(case.model) if layer["class_name"] != "InputLayer"]
    if list(case.x) != [""] or case.x[""].ndim != 2 or case.y.ndim != 2:
        return None
    if not all(is_plain_dense(layer) for _, layer in layers):
        return None
    sizes = (case.x[""].shape[1], *(layer["config"]["units"] for _, layer in layers))
    activations = tuple(layer["config"]["activation"] for _, layer in layers)
    try:
        network = Network(sizes, activations, case.loss)
    except ValueError:
        return None
    return DenseNetwork(network, [path for path, _ in layers]) if case.y.shape[1] == sizes[-1] else None


def is_plain_dense(layer: dict[str, Any]) -> bool:
    """Whether a layer is a Dense layer of Keras with nothing added."""
    settings = layer["config"]
    return (
        (layer.get("module"), layer["class_name"]) == ("keras.layers", "Dense")
        and settings["use_bias"]
        and settings["activation"] in ACTIVATION_NAMES
        and not any(settings.get(name) for name in (*ADDITIONS, "lora_rank", "quantization_config"))
    )


def learning_rate(case: Case) -> float | None:
    """That of plain gradient descent; None of another optimizer."""
    if case.optimizer["class_name"] != "SGD":
        return None
    settings = case.optimizer["config"]
    others = ("momentum", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "loss_scale_factor")
    rate = settings["learning_rate"]
    return None if any(settings.get(name) for name in others) or not isinstance(rate, float) else rate


def derived_bounds(case: Case, dtype: str) -> dict[Quantity, float]:
    """Of each quantity that has a derived bound, how far a result may be from the exact one.

    Args:
        case: what is computed.
        dtype: that it is computed in.
    """
    dense, rate = dense_network(case), learning_rate(case)
    rows = case.batches[0]
    x, y = case.x.get("", case.y)[rows], case.y[rows]
    if dense is None or dtype not in ("float32", "float64"):
        return {}
    if not all(np.array_equal(array.astype(dtype), array) for array in (x, y)):  # the rounding of data is not bounded
        return {}
    weights = from_keras(case.weights)
    known = rounding.bounds(dense.network, weights, rounding.no_error(weights), x, y, rate or 0.0, dtype)
    bounds = {Quantity(kind=Kind.LOSS): largest(known[trace.COST])}
    for number, layer in enumerate(dense.layers, start=1):
        of_output = largest(known[trace.Quantity("a", number)])
        for kind in (Kind.INFERENCE_OUTPUT, Kind.TRAINING_OUTPUT):
            bounds[Quantity(kind=kind, layer=layer)] = of_output
        gradient, weight = known[trace.Quantity("gradient", number)], known[trace.Quantity("weights", number)]
        for name, rows_of in (("bias", slice(0, 1)), ("kernel", slice(1, None))):
            bounds[Quantity(kind=Kind.GRADIENT, layer=layer, weight=name)] = largest(gradient[rows_of])
            if rate is not None:
                after = Quantity(kind=Kind.WEIGHT, layer=layer, weight=name, updates=1)
                bounds[after] = largest(weight[rows_of])
    return bounds


def largest(bound: Array) -> float:
    """The bound of the element that may be farthest off; infinite if there is none."""
    return float(np.max(np.where(np.isnan(bound), np.inf, bound)))
