"""A dense network as data: sizes, activations, cost, and the layout of its weights.

The weights of layer l are one matrix ``w`` of shape (inputs + 1, units). Row 0 is the bias, rows 1.. are the kernel,
so that ``z = [1, a] @ w`` needs no separate bias. Nothing here imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import DTypeLike

from .activations import activation_named, trainable_names
from .arrays import Array as Array
from .arrays import MemberWeights as MemberWeights
from .arrays import Weights as Weights
from .costs import COSTS, cost_named
from .costs import weight_of_piece as weight_of_piece
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float

ACTIVATION_NAMES = trainable_names()
COST_NAMES = tuple(COSTS)

BLOCK = 256  # members at most: 64 take 1.5 times as long for each member, 1024 are 8 % faster but too few to share out
BLOCK_BYTES = 2**19  # of weights in a block of several members, at most: half of a core's cache

# Where the members of an ensemble come last: layers of at most so many units and inputs, or so much work in an
# iteration. Measured in docs/speed.md.
SMALL_UNITS = 8
SMALL_UNITS_OF_LITTLE_WORK = 64
LITTLE_WORK = 20_000  # weights x observations

# Up to so many multiplications a product is faster as broadcast multiply and reduce_sum, which XLA fuses with its
# neighbours, than as a call of a matrix product. us for an iteration of three layers in the compiled loop, float32, two
# cores, observations x inputs x units: 2 x 3 x 3: 0.21 against 0.31; 4 x 4 x 4: 0.28, 5.6; 16 x 16 x 16: 5.8, 15;
# 100 x 8 x 8: 8.7, 25; 32 x 32 x 32: 117, 31.
BROADCAST_AT_MOST = 4096

SMALL_PRODUCT = 2**22  # multiplications of a product up to which threads cost more than they gain

# A cross-entropy is the log-likelihood of one output activation only; with that one its delta is free of logarithms.
OUTPUT_ACTIVATION_OF_COST = {
    name: cost.output_activation for name, cost in COSTS.items() if cost.output_activation is not None
}


@dataclass(frozen=True)
class Network:
    """Layers 1..L of dense units.

    Args:
        sizes: (inputs, units of layer 1, ..., outputs), at least two positive numbers.
        activations: the name of one activation for each layer, from ``ACTIVATION_NAMES``. ``softmax`` is for the
            output layer under ``categorical_crossentropy``.
        cost: from ``COST_NAMES``. ``sum_of_squared_errors`` sums over observations and outputs, with no factor; the
            others mean what the Keras loss of that name means (a mean over observations).

    Raises:
        ValueError: a size, name or combination that is not such a network; the message says which and what would be.

    Example:
        >>> post = Network((2, 3, 3, 2), ("sigmoid",) * 3)
        >>> post.shapes
        ((3, 3), (4, 3), (4, 2))
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    cost: str = "sum_of_squared_errors"

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or any(not isinstance(size, int) or size < 1 for size in self.sizes):
            raise ValueError(f"sizes must be two or more positive whole numbers, got {list(self.sizes)}")
        if len(self.activations) != len(self.sizes) - 1:
            raise ValueError(
                f"activations must be one for each of the {len(self.sizes) - 1} layers, got {len(self.activations)}"
            )
        for name in self.activations:
            if name not in ACTIVATION_NAMES:
                raise ValueError(f"unknown activation {name!r}; known are {', '.join(ACTIVATION_NAMES)}")
        for name in self.activations[:-1]:
            if activation_named(name).mixes_units:
                raise ValueError(f"{name} is for the output layer; give the hidden layers another activation")
        output = self.activations[-1]
        wanted = cost_named(self.cost).output_activation or output
        if output != wanted:
            raise ValueError(f"{self.cost} needs {wanted} on the output layer, got {output}")
        if activation_named(output).mixes_units:
            self.check_mixed_outputs()

    def check_mixed_outputs(self) -> None:
        """Raise ValueError unless there is something to mix, and a cost whose delta takes care of the mixing."""
        output = self.activations[-1]
        if self.sizes[-1] == 1:
            raise ValueError(f"{output} over one output is always 1; use sigmoid with binary_crossentropy")
        costs = [name for name, needed in OUTPUT_ACTIVATION_OF_COST.items() if needed == output]
        if self.cost not in costs:
            raise ValueError(f"{output} on the output layer needs {' or '.join(costs)}, got {self.cost}")

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return len(self.activations)

    @property
    def layers(self) -> range:
        """1..L."""
        return range(1, self.depth + 1)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs + 1, units) of the weights of each layer."""
        return tuple((inputs + 1, units) for inputs, units in zip(self.sizes, self.sizes[1:]))

    @property
    def weight_count(self) -> int:
        """How many weights there are, with the biases."""
        return sum(rows * units for rows, units in self.shapes)

    def largest_product(self, observations: int) -> int:
        """Multiplications of the largest product with a kernel, in an iteration with so many observations."""
        return observations * max(inputs * units for inputs, units in zip(self.sizes, self.sizes[1:]))


def is_small(network: Network, observations: int) -> bool:
    """Whether the members of an ensemble come last (members_last.py), or first (members_first.py), in iterations with
    so many observations."""
    widest = max(network.sizes)
    is_little = network.weight_count * observations <= LITTLE_WORK
    return widest <= SMALL_UNITS or (is_little and widest <= SMALL_UNITS_OF_LITTLE_WORK)


def block_size(network: Network, dtype: DTypeLike) -> int:
    """Members of an ensemble that are trained together: a power of two, as many as ``BLOCK_BYTES`` hold between 1 and
    ``BLOCK``."""
    fitting = BLOCK_BYTES // (network.weight_count * np.dtype(dtype).itemsize)
    return 2 ** (min(max(fitting, 1), BLOCK).bit_length() - 1)


def check_weights(network: Network, weights: Sequence[Array]) -> None:
    """Raise ValueError unless ``weights`` has the network's shapes."""
    got = tuple(np.shape(w) for w in weights)
    if got != network.shapes:
        raise ValueError(f"weights have shapes {got}; this network wants {network.shapes}, the bias as row 0")


def to_keras(weights: Sequence[Array]) -> list[Array]:
    """[(inputs + 1, units), ...] to Keras' order [kernel (inputs, units), bias (units,), ...]."""
    return [part for w in weights for part in (w[1:], w[0])]


def from_keras(arrays: Sequence[Array]) -> Weights:
    """Keras' [kernel, bias, ...] to [(inputs + 1, units), ...]; the inverse of ``to_keras``."""
    return [
        np.concatenate([np.asarray(bias)[None, :], np.asarray(kernel)])
        for kernel, bias in zip(arrays[::2], arrays[1::2])
    ]


@dataclass(frozen=True)
class Forward:
    """What a forward pass gives; item l - 1 of each list belongs to layer l. None if it is not offered.

    z: (observations, units) pre-activations. a: (observations, units) activations. cost: a number.
    """

    z: list[Float[Array, "observations _units"]] | None
    a: list[Float[Array, "observations _units"]]
    cost: float


@dataclass(frozen=True)
class Backward:
    """What a backward pass gives; item l - 1 of each list belongs to layer l. None if it is not offered.

    deltas: dC/dz, (observations, units). gradients: dC/dw, (inputs + 1, units).
    """

    deltas: list[Float[Array, "observations _units"]] | None
    gradients: Weights


class Implementation(Protocol):
    """The contract that every way of writing the network keeps. A module serves as well as an object.

    ``weights`` is a list of (inputs + 1, units), ``x`` (observations, inputs), ``y`` (observations, outputs): NumPy
    arrays of one dtype, float32 or float64, in which everything is computed. Nothing is written into an argument, and
    what was given back once is not changed later. ``harness.testing.check_implementation`` tests all of it.
    """

    def forward(
        self,
        network: Network,
        weights: Weights,
        x: Float[Array, "observations inputs"],
        y: Float[Array, "observations outputs"],
    ) -> Forward:
        """z and a of each layer, and the cost."""

    def backward(
        self,
        network: Network,
        weights: Weights,
        x: Float[Array, "observations inputs"],
        y: Float[Array, "observations outputs"],
    ) -> Backward:
        """delta and gradient of each layer."""

    def update(
        self,
        network: Network,
        weights: Weights,
        x: Float[Array, "observations inputs"],
        y: Float[Array, "observations outputs"],
        training: Training,
    ) -> Weights:
        """The weights after a first iteration, made with all observations: the optimizer remembers none before it."""

    def train(
        self,
        network: Network,
        weights: Weights,
        x: Float[Array, "observations inputs"],
        y: Float[Array, "observations outputs"],
        training: Training,
    ) -> Iterator[Weights]:
        """The weights at each of the recorded iterations."""
