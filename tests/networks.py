"""Random networks with data and weights, for the tests that hold for every network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from harness.models.activations import ACTIVATIONS, trainable_names
from harness.models.network import OUTPUT_ACTIVATION_OF_COST, Array, Network, Weights

COSTS = ("sum_of_squared_errors", "mean_squared_error", "binary_crossentropy", "categorical_crossentropy")
ELEMENTWISE = tuple(name for name in trainable_names() if not ACTIVATIONS[name].mixes_units)


class Problem(NamedTuple):
    """A network, weights of each layer (inputs + 1, units), x (observations, inputs), y (observations, outputs)."""

    network: Network
    weights: Weights
    x: Array
    y: Array

    def astype(self, dtype: str) -> Problem:
        """The same in another precision."""
        weights = [w.astype(dtype) for w in self.weights]
        return Problem(self.network, weights, self.x.astype(dtype), self.y.astype(dtype))


def random_problem(rng: np.random.Generator, deepest: int = 4, widest: int = 16) -> Problem:
    """Any depth, width, activation and cost; Glorot-uniform kernels and small biases; y a distribution in each row."""
    depth = int(rng.integers(1, deepest + 1))
    sizes = tuple(int(size) for size in rng.integers(1, widest + 1, depth + 1))
    cost = COSTS[rng.integers(len(COSTS))]
    if cost == "categorical_crossentropy":
        sizes = (*sizes[:-1], max(2, sizes[-1]))
    activations = [ELEMENTWISE[rng.integers(len(ELEMENTWISE))] for _ in range(depth)]
    activations[-1] = OUTPUT_ACTIVATION_OF_COST.get(cost, activations[-1])
    network = Network(sizes, tuple(activations), cost)
    weights = []
    for rows, units in network.shapes:
        limit = np.sqrt(6 / (rows - 1 + units))
        w = rng.uniform(-limit, limit, (rows, units))
        w[0] = rng.normal(0, 0.1, units)
        weights.append(w)
    observations = int(rng.integers(1, 9))
    y = rng.uniform(0, 1, (observations, sizes[-1]))
    return Problem(network, weights, rng.normal(size=(observations, sizes[0])), y / y.sum(axis=1, keepdims=True))


problems = st.integers(0, 2**32 - 1).map(lambda seed: random_problem(np.random.default_rng(seed)))


def post_problem(start: str = "ones") -> Problem:
    """The post's network and data; from all ones, or from a Glorot-uniform draw with zero biases."""
    network = Network((2, 3, 3, 2), ("sigmoid",) * 3)
    x, y = np.array([[0.8, 0.4], [0.3, 0.3]]), np.array([[0.2, 0.4], [1.0, 0.0]])
    if start == "ones":
        return Problem(network, [np.ones(shape) for shape in network.shapes], x, y)
    rng = np.random.default_rng(1)
    weights = []
    for rows, units in network.shapes:
        limit = np.sqrt(6 / (rows - 1 + units))
        weights.append(np.concatenate([np.zeros((1, units)), rng.uniform(-limit, limit, (rows - 1, units))]))
    return Problem(network, weights, x, y)
