"""What is compared: the outputs of layers, the loss, gradients and weights, by the names of Keras."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

RECORDED_UPDATES = (1, 2, 5, 10, 20, 50, 100)  # after which the weights are compared


class Kind(Enum):
    """Kinds of quantities, in the order in which they are compared."""

    INFERENCE_OUTPUT = "inference-output"  # of a layer, called as by predict
    TRAINING_OUTPUT = "training-output"  # of a layer, called as by fit
    LOSS = "loss"
    GRADIENT = "gradient"  # of the loss, with respect to a weight
    WEIGHT = "weight"  # after some updates


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One array that every setup computes."""

    kind: Kind  # what it is
    layer: str = ""  # path of the layer, names joined by "/"; "" of the loss
    weight: str = ""  # name of a weight in its layer, such as "kernel"; "" of outputs and the loss
    number: int = 1  # of equal names, from 1: calls of a shared layer, outputs of one layer
    updates: int = 0  # made before; 0 of everything but weights
