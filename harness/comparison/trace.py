"""What was recorded: the quantities of one iteration, in the order in which they are computed, and those of a run.

The quantities of an iteration, its cost among them, are those of the batch that its update is made with. The cost that
a run has come to, in its curve and in every verdict, is that of all observations.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..models.batches import pieces
from ..models.network import Array, Backward, Forward, Implementation, Network, Weights, weight_of_piece
from ..models.training import Training


class Quantity(NamedTuple):
    """A named quantity of one layer; the cost has no layer. ``str`` gives "z1", "gradient3", "cost"."""

    name: str
    layer: int | None = None

    def __str__(self) -> str:
        return self.name if self.layer is None else f"{self.name}{self.layer}"


COST = Quantity("cost")

FIRST = 16  # observations whose outputs are kept if a batch is not all of them
PIECE = 4_000_000  # numbers of one layer that are computed at once if all observations are asked about

Trace = Mapping[Quantity, Array]
PassForward = Callable[[Network, Weights, Array, Array], Forward]


def quantities(network: Network) -> list[Quantity]:
    """Every quantity of one iteration in the order of computation: forward, cost, backward, update."""
    forward = [Quantity(name, layer) for layer in network.layers for name in ("z", "a")]
    backward = [Quantity(name, layer) for layer in reversed(network.layers) for name in ("delta", "gradient")]
    return [*forward, COST, *backward, *(Quantity("weights", layer) for layer in network.layers)]


class TakenTrace(Trace):
    """One iteration of an implementation. The forward pass is computed at once, because every curve of costs needs it.
    What comes behind it is computed when it is first asked for, because most recorded iterations never are."""

    def __init__(
        self, implementation: Implementation, network: Network, weights: Weights, x: Array, y: Array, rate: float
    ) -> None:
        self._implementation, self._training = implementation, Training(rate)
        self._from = (network, weights, x, y)
        self._forward = implementation.forward(*self._from)

    @cached_property
    def _backward(self) -> Backward:
        return self._implementation.backward(*self._from)

    @cached_property
    def _updated(self) -> Weights:
        return self._implementation.update(*self._from, self._training)

    def _of_layers(self, name: str) -> Sequence[Array] | None:
        """The quantity of that name of each layer; None if the implementation does not offer it."""
        match name:
            case "z":
                return self._forward.z
            case "a":
                return self._forward.a
            case "delta":
                return self._backward.deltas
            case "gradient":
                return self._backward.gradients
            case "weights":
                return self._updated
        return None

    def __getitem__(self, quantity: Quantity) -> Array:
        network, weights, *_ = self._from
        if quantity == COST:
            return np.asarray(self._forward.cost, weights[0].dtype)
        of_layers = self._of_layers(quantity.name)
        if of_layers is None or quantity.layer is None or quantity.layer not in network.layers:
            raise KeyError(quantity)
        return of_layers[quantity.layer - 1]

    def __iter__(self) -> Iterator[Quantity]:
        return (quantity for quantity in quantities(self._from[0]) if quantity in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def take(
    implementation: Implementation, network: Network, weights: Weights, x: Array, y: Array, learning_rate: float
) -> Trace:
    """One iteration from ``weights``, quantity by quantity; the weights in it are those after the update.

    What the implementation does not offer is left out.
    """
    return TakenTrace(implementation, network, weights, x, y, learning_rate)


class Whole(NamedTuple):
    """What all observations say at one iteration: their cost, and the first ones' outputs, (observations, outputs)."""

    cost: float
    outputs: Array


def take_whole(pass_forward: PassForward, network: Network, weights: Weights, x: Array, y: Array) -> Whole:
    """The same as an implementation's ``forward`` computes it, in pieces if the observations are many."""
    cost, outputs = 0.0, x[:0]
    for piece in pieces(len(x), max(FIRST, PIECE // max(network.sizes))):
        result = pass_forward(network, weights, x[piece], y[piece])
        cost += weight_of_piece(network.cost, len(x[piece]), len(x)) * result.cost
        if piece.start == 0:
            outputs = result.a[-1][:FIRST].copy()
    return Whole(cost, outputs)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One implementation trained from one start."""

    implementation: str  # its name, "handwritten", "tape" or "sequential"
    initializer: str  # what the start was drawn with, "ones" or "glorot_uniform" for example
    recorded: Sequence[int]  # the iterations recorded, rising; 0 is the start
    # before the update, at each recorded iteration: a list of (inputs + 1, units), bias as row 0
    weights: Sequence[Weights]
    traces: Sequence[Trace]  # the quantities of each recorded iteration, of its batch
    wholes: Sequence[Whole] = ()  # what all observations say at each; empty if every batch is all of them

    @property
    def name(self) -> str:
        """ "handwritten-ones" """
        return f"{self.implementation}-{self.initializer}"

    @property
    def costs(self) -> list[float]:
        """The cost of all observations at each recorded iteration, before its update."""
        return [whole.cost for whole in self.wholes] or self.batch_costs

    @property
    def batch_costs(self) -> list[float]:
        """The cost of its batch at each recorded iteration."""
        return [float(trace[COST]) for trace in self.traces]

    @property
    def outputs(self) -> list[Array] | None:
        """The outputs at each recorded iteration, (observations, outputs): for all observations, or with mini-batches
        for the first; None if they are not offered."""
        if self.wholes:
            return [whole.outputs for whole in self.wholes]
        quantity = Quantity("a", len(self.weights[0]))
        return list(self.curve(quantity)) if all(quantity in trace for trace in self.traces) else None

    def place(self, iteration: int) -> int:
        """The place of a recorded iteration in ``recorded``."""
        return bisect_left(self.recorded, iteration)

    def curve(self, quantity: Quantity) -> Iterator[Array]:
        """That quantity at each recorded iteration."""
        return (trace[quantity] for trace in self.traces)
