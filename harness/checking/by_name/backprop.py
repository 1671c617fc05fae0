"""The correct pass as named steps, each of which can be replaced.

The pass is the one of models/handwritten.py, in NumPy and float64. With a_0 = x, K_l the kernel of w_l (its rows 1..)
and b_l its bias (row 0), all arrays (observations, units):

    z_l = a_(l-1) K_l + b_l        a_l = f_l(z_l)            C = cost(a_L, y)
    delta_L = dC/da_L f_L'(z_L)    delta_l = (delta_(l+1) K_(l+1)^T) f_l'(z_l)
    dC/dK_l = a_(l-1)^T delta_l    dC/db_l = sum of delta_l over the observations
    w_l <- w_l - learning_rate dC/dw_l

Nothing here imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ...comparison.trace import COST, Quantity
from ...models.network import Array, Network, Weights

NEGATIVE_SLOPE = 0.2


# Activations and costs in NumPy


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2"""
    return 0.5 * (1 + np.tanh(0.5 * z))


def softmax(z: Array, axis: int = 1) -> Array:
    """exp(z_i) / sum_j exp(z_j) over the units j"""
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


ACTIVATE: dict[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, NEGATIVE_SLOPE * z),
    "linear": lambda z: z,
    "softmax": softmax,
}

# f' written from a = f(z)
FROM_ACTIVATION: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: np.where(a > 0, 1.0, 0.0),
    "leaky_relu": lambda a: np.where(a > 0, 1.0, NEGATIVE_SLOPE),
    "linear": np.ones_like,
    "softmax": lambda a: a * (1 - a),  # the diagonal of its Jacobian, which alone is never right
}


class CostForm(NamedTuple):
    """``factor`` (observations, outputs) times the cost of that name in models/network.py; ``formula`` in words."""

    cost: str
    factor: Callable[[int, int], float]
    formula: str


COST_FORMS: dict[str, CostForm] = {
    "sum_of_squared_errors": CostForm("sum_of_squared_errors", lambda n, k: 1.0, "the sum of (a - y)^2"),
    "half_sum_of_squared_errors": CostForm("sum_of_squared_errors", lambda n, k: 0.5, "half the sum of (a - y)^2"),
    "mean_squared_error": CostForm("mean_squared_error", lambda n, k: 1.0, "the mean of (a - y)^2"),
    "half_mean_squared_error": CostForm("mean_squared_error", lambda n, k: 0.5, "half the mean of (a - y)^2"),
    "squared_error_per_observation": CostForm(
        "sum_of_squared_errors", lambda n, k: 1 / n, "the sum of (a - y)^2 over outputs, its mean over observations"
    ),
    "half_squared_error_per_observation": CostForm(
        "sum_of_squared_errors",
        lambda n, k: 0.5 / n,
        "half the sum of (a - y)^2 over outputs, its mean over observations",
    ),
    "binary_crossentropy": CostForm(
        "binary_crossentropy", lambda n, k: 1.0, "the mean of -(y log a + (1 - y) log(1 - a))"
    ),
    "summed_binary_crossentropy": CostForm(
        "binary_crossentropy", lambda n, k: float(n * k), "the sum of -(y log a + (1 - y) log(1 - a))"
    ),
    "binary_crossentropy_per_observation": CostForm(
        "binary_crossentropy",
        lambda n, k: float(k),
        "the sum of -(y log a + (1 - y) log(1 - a)) over outputs, its mean over observations",
    ),
    "categorical_crossentropy": CostForm(
        "categorical_crossentropy", lambda n, k: 1.0, "the mean over observations of -sum of y log a"
    ),
    "summed_categorical_crossentropy": CostForm(
        "categorical_crossentropy", lambda n, k: float(n), "the sum of -y log a"
    ),
}


# One problem, and what a pass over it has computed so far


class Problem(NamedTuple):
    """A network with data. weights: of each layer (inputs + 1, units); x (observations, inputs); y (.., outputs).

    form: a key of ``COST_FORMS``, which goes with the network's cost.
    outputs: any (observations, outputs), whose cost is asked for; a cost function is judged by itself.
    """

    network: Network
    weights: Weights
    x: Array
    y: Array
    learning_rate: float
    form: str
    outputs: Array

    @property
    def factor(self) -> float:
        """What the cost of the network is multiplied by."""
        return COST_FORMS[self.form].factor(*self.y.shape)


@dataclass(slots=True)
class State:
    """What the steps of a pass see: the problem, z and a so far (a[0] is x), deltas and gradients by layer."""

    steps: Steps
    problem: Problem
    weights: Weights
    z: list[Array] = field(default_factory=list)
    a: list[Array] = field(default_factory=list)
    deltas: dict[int, Array] = field(default_factory=dict)
    gradients: dict[int, Array] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        return len(self.weights)

    def activation(self, layer: int) -> str:
        """The name of f_l"""
        return self.problem.network.activations[layer - 1]


# The steps, as they are right


def enter(weights: Weights) -> Weights:
    """The weights as a function gets them"""
    return weights


def take_weights(weights: Weights) -> Weights:
    """The weights that one pass works with"""
    return weights


def pre_activation(s: State, layer: int, below: Array) -> Array:
    """z_l = a_(l-1) K_l + b_l"""
    w = s.weights[layer - 1]
    return below @ w[1:] + w[0]


def activate(s: State, layer: int, z: Array) -> Array:
    """a_l = f_l(z_l)"""
    return ACTIVATE[s.activation(layer)](z)


def cost(s: State) -> Array:
    """C of a_L and y"""
    a, y, name = s.a[-1], s.problem.y, s.problem.network.cost
    found: Any
    if name == "sum_of_squared_errors":
        found = np.sum((a - y) ** 2)
    elif name == "mean_squared_error":
        found = np.mean((a - y) ** 2)
    elif name == "binary_crossentropy":
        found = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    else:
        found = -np.sum(y * np.log(a)) / len(y)
    return np.asarray(s.problem.factor * found)


def cost_gradient(s: State) -> Array:
    """dC/da_L of the squared errors: 2 (a - y), or the mean's share of it"""
    a, y = s.a[-1], s.problem.y
    share = 1 if s.problem.network.cost == "sum_of_squared_errors" else y.size
    return s.problem.factor * 2 * (a - y) / share


def cross_entropy_gradient(s: State) -> Array:
    """dC/da_L of the cross-entropies: (a - y) / (a (1 - a)) or -y / a, as a mean"""
    a, y = s.a[-1], s.problem.y
    if s.problem.network.cost == "binary_crossentropy":
        return s.problem.factor * (a - y) / (a * (1 - a)) / y.size
    return -s.problem.factor * y / a / len(y)


def output_delta(s: State) -> Array:
    """delta_L = dC/dz_L; under a cross-entropy (a - y) as a mean, at once"""
    a, y, name = s.a[-1], s.problem.y, s.problem.network.cost
    if name == "binary_crossentropy":
        return s.problem.factor * (a - y) / y.size
    if name == "categorical_crossentropy":
        return s.problem.factor * (a * np.sum(y, axis=1, keepdims=True) - y) / len(y)
    return s.steps.through_activation(s, s.depth, s.steps.cost_gradient(s))


def derivative(s: State, layer: int) -> Array:
    """f_l' written from a_l"""
    return FROM_ACTIVATION[s.activation(layer)](s.a[layer])


def through_activation(s: State, layer: int, gradient: Array) -> Array:
    """dC/dz_l = dC/da_l f_l'(z_l)"""
    return gradient * s.steps.derivative(s, layer)


def joined(bias: Array, kernel: Array) -> Array:
    """The bias as row 0 over the kernel"""
    return np.concatenate([bias[None, :], kernel])


def weight_gradient(s: State, layer: int, delta: Array) -> Array:
    """dC/dK_l = a_(l-1)^T delta_l, and over it the bias' row, the sum of delta_l"""
    return joined(np.sum(delta, axis=0), s.a[layer - 1].T @ delta)


def weights_back(s: State, layer: int) -> Array:
    """The w_l through which delta_l goes back"""
    return s.weights[layer - 1]


def back_through_weights(s: State, layer: int, delta: Array) -> Array:
    """dC/da_(l-1) = delta_l K_l^T"""
    return delta @ s.steps.weights_back(s, layer)[1:].T


def collect(gradients: list[Array]) -> list[Array]:
    """The gradients of layers 1..L, as they are handed on"""
    return gradients


def update(s: State, layer: int, w: Array, gradient: Array) -> Array:
    """w_l <- w_l - learning_rate dC/dw_l"""
    return w - s.problem.learning_rate * gradient


def batches(problem: Problem) -> Iterator[tuple[Array, Array]]:
    """The (x, y) of the updates in one iteration: one full batch"""
    yield problem.x, problem.y


def accumulate(gradients: list[Array], before: list[Array] | None) -> list[Array]:
    """The gradients to descend along; those of earlier iterations do not count"""
    return gradients


def iterations(wanted: int) -> int:
    """How many iterations are made"""
    return wanted


class Steps(NamedTuple):
    """The named steps of the pass; each function's docstring has its equation."""

    enter: Callable[[Weights], Weights] = enter
    take_weights: Callable[[Weights], Weights] = take_weights
    pre_activation: Callable[[State, int, Array], Array] = pre_activation
    activate: Callable[[State, int, Array], Array] = activate
    cost: Callable[[State], Array] = cost
    cost_gradient: Callable[[State], Array] = cost_gradient
    output_delta: Callable[[State], Array] = output_delta
    derivative: Callable[[State, int], Array] = derivative
    through_activation: Callable[[State, int, Array], Array] = through_activation
    weight_gradient: Callable[[State, int, Array], Array] = weight_gradient
    weights_back: Callable[[State, int], Array] = weights_back
    back_through_weights: Callable[[State, int, Array], Array] = back_through_weights
    collect: Callable[[list[Array]], list[Array]] = collect
    update: Callable[[State, int, Array, Array], Array] = update
    batches: Callable[[Problem], Iterator[tuple[Array, Array]]] = batches
    accumulate: Callable[[list[Array], list[Array] | None], list[Array]] = accumulate
    iterations: Callable[[int], int] = iterations


STEPS = Steps()

# the steps that are made for one layer, which is their second argument
OF_A_LAYER = (
    "pre_activation",
    "activate",
    "derivative",
    "through_activation",
    "weight_gradient",
    "weights_back",
    "back_through_weights",
    "update",
)


# The pass


def forward(steps: Steps, problem: Problem) -> State:
    """z and a of every layer."""
    s = State(steps, problem, steps.take_weights(problem.weights), a=[problem.x])
    for layer in range(1, s.depth + 1):
        s.z.append(steps.pre_activation(s, layer, s.a[-1]))
        s.a.append(steps.activate(s, layer, s.z[-1]))
    return s


def backward_by_layer(s: State) -> Iterator[int]:
    """The delta and gradient of each layer, into ``s``; yields the layer as it is done, L first."""
    steps = s.steps
    delta = steps.output_delta(s)
    for layer in range(s.depth, 0, -1):
        s.deltas[layer] = delta
        s.gradients[layer] = steps.weight_gradient(s, layer, delta)
        yield layer
        if layer > 1:
            delta = steps.through_activation(s, layer - 1, steps.back_through_weights(s, layer, delta))


def backward(s: State) -> list[Array]:
    """The gradients of layers 1..L; they and the deltas are in ``s`` too."""
    for _ in backward_by_layer(s):
        pass
    return s.steps.collect([s.gradients[layer] for layer in range(1, s.depth + 1)])


def descend(steps: Steps, problem: Problem, before: list[Array] | None = None) -> tuple[Weights, list[Array]]:
    """The weights after one iteration, and the gradients that its last update went along."""
    weights, along = problem.weights, before
    for x, y in steps.batches(problem):
        s = forward(steps, problem._replace(weights=weights, x=x, y=y))
        along = steps.accumulate(backward(s), along)
        weights = [steps.update(s, layer, w, g) for layer, (w, g) in enumerate(zip(s.weights, along), start=1)]
    return weights, along or []


def train(steps: Steps, problem: Problem, wanted: int) -> Weights:
    """The weights after the wanted number of iterations."""
    weights, before = problem.weights, None
    for _ in range(steps.iterations(wanted)):
        weights, before = descend(steps, problem._replace(weights=weights), before)
    return weights


FORWARD_STEPS = ("enter", "take_weights", "pre_activation", "activate")


def same_forward(steps: Steps, others: Steps) -> bool:
    """Whether both have the same forward pass."""
    return all(getattr(steps, name) is getattr(others, name) for name in FORWARD_STEPS)


def trace(
    steps: Steps, problem: Problem, trained: int = 0, done: State | None = None
) -> Iterator[tuple[Quantity, Array]]:
    """The quantities of one iteration in the order of computation; stops where shapes no longer go together.

    The cost is that of ``problem.outputs``, and the gradients are those that ``backward`` alone gives, before any
    update. After the weights of one update come those after ``trained`` iterations, if any; layer L first, whose
    gradient depends on the fewest steps.

    Args:
        done: a forward pass over the same problem, taken as it is if ``steps`` have the same forward pass.
    """
    problem = problem._replace(weights=steps.enter(problem.weights))
    try:
        before_update = steps if steps.weights_back is weights_back else steps._replace(weights_back=weights_back)
        if done is not None and same_forward(steps, done.steps):
            s = State(before_update, problem, done.weights, done.z, done.a)
        else:
            s = forward(before_update, problem)
    except (ValueError, IndexError):
        yield COST, steps.cost(State(steps, problem, problem.weights, a=[problem.outputs]))
        return
    try:
        for layer in range(1, s.depth + 1):
            yield Quantity("z", layer), s.z[layer - 1]
            yield Quantity("a", layer), s.a[layer]
        yield COST, steps.cost(State(steps, problem, problem.weights, a=[problem.outputs]))
        if steps.collect is collect:
            for layer in backward_by_layer(s):
                yield Quantity("delta", layer), s.deltas[layer]
                yield Quantity("gradient", layer), s.gradients[layer]
        else:
            gradients = backward(s)
            for layer in range(s.depth, 0, -1):
                yield Quantity("delta", layer), s.deltas[layer]
                yield Quantity("gradient", layer), gradients[layer - 1]
        for name, weights in (("weights", descend(steps, problem)[0]), ("trained", None)):
            if weights is None:
                weights = train(steps, problem, trained) if trained else []
            for layer in range(len(weights), 0, -1):
                yield Quantity(name, layer), weights[layer - 1]
    except (ValueError, IndexError):
        return
