"""What was recorded: the quantities of one iteration, in the order in which they are computed, and those of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.network import Array, Implementation, Network, Weights


class Quantity(NamedTuple):
    """A named quantity of one layer; the cost has no layer. ``str`` gives "z1", "gradient3", "cost"."""

    name: str
    layer: int | None = None

    def __str__(self) -> str:
        return self.name if self.layer is None else f"{self.name}{self.layer}"


COST = Quantity("cost")

Trace = dict[Quantity, Array]


def quantities(network: Network) -> list[Quantity]:
    """Every quantity of one iteration in the order of computation: forward, cost, backward, update."""
    forward = [Quantity(name, layer) for layer in network.layers for name in ("z", "a")]
    backward = [Quantity(name, layer) for layer in reversed(network.layers) for name in ("delta", "gradient")]
    return [*forward, COST, *backward, *(Quantity("weights", layer) for layer in network.layers)]


def take(
    implementation: Implementation, network: Network, weights: Weights, x: Array, y: Array, learning_rate: float
) -> Trace:
    """One iteration from ``weights``, quantity by quantity; the weights in it are those after the update.

    What the implementation does not offer is left out.
    """
    forward = implementation.forward(network, weights, x, y)
    backward = implementation.backward(network, weights, x, y)
    updated = implementation.update(network, weights, x, y, learning_rate)
    offered: Trace = {COST: np.asarray(forward.cost, weights[0].dtype)}
    for name, of_layers in (
        ("z", forward.z),
        ("a", forward.a),
        ("delta", backward.deltas),
        ("gradient", backward.gradients),
        ("weights", updated),
    ):
        if of_layers is not None:
            offered.update({Quantity(name, layer): value for layer, value in enumerate(of_layers, start=1)})
    return {quantity: offered[quantity] for quantity in quantities(network) if quantity in offered}


@dataclass(frozen=True)
class Run:
    """One implementation trained from one start.

    Attributes:
        implementation: its name, "handwritten", "tape" or "sequential".
        initializer: what the start was drawn with, "ones" or "glorot_uniform" for example.
        recorded: the iterations recorded, rising; 0 is the start.
        weights: before the update, at each recorded iteration: a list of (inputs + 1, units), bias as row 0.
        traces: the quantities of each recorded iteration.
    """

    implementation: str
    initializer: str
    recorded: Sequence[int]
    weights: Sequence[Weights]
    traces: Sequence[Trace]

    @property
    def name(self) -> str:
        """ "handwritten-ones" """
        return f"{self.implementation}-{self.initializer}"

    @property
    def costs(self) -> list[float]:
        """The cost at each recorded iteration, before its update."""
        return [float(trace[COST]) for trace in self.traces]

    def curve(self, quantity: Quantity) -> Iterator[Array]:
        """That quantity at each recorded iteration."""
        return (trace[quantity] for trace in self.traces)
