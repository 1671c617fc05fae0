"""The catalogue of known mistakes: each is the correct pass with one of its named steps replaced.

The pass is the one of models/handwritten.py, in NumPy and float64. With a_0 = x, K_l the kernel of w_l (its rows 1..)
and b_l its bias (row 0), all arrays (observations, units):

    z_l = a_(l-1) K_l + b_l        a_l = f_l(z_l)            C = cost(a_L, y)
    delta_L = dC/da_L f_L'(z_L)    delta_l = (delta_(l+1) K_(l+1)^T) f_l'(z_l)
    dC/dK_l = a_(l-1)^T delta_l    dC/db_l = sum of delta_l over the observations
    w_l <- w_l - learning_rate dC/dw_l

A mistake changes ``Steps`` to other ``Steps``, so two mistakes at once are one change after the other, and there is no
second backward pass anywhere. Nothing here imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from models.network import Array, Network, Weights

from .trace import COST, Quantity

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


# Changes of a step


Change = Callable[[Steps], Steps]


def instead(**steps: Any) -> Change:
    """These steps in place of the ones that were."""
    return lambda base: base._replace(**steps)


def after(step: str, then: Callable[[State, Any], Any]) -> Change:
    """What the step gives goes through ``then`` (state, value); the step's first argument is the state."""

    def change(base: Steps) -> Steps:
        was = getattr(base, step)
        return base._replace(**{step: lambda s, *rest: then(s, was(s, *rest))})

    return change


def both(first: Change, second: Change) -> Change:
    """One change and then the other."""
    return lambda base: second(first(base))


def only_at(change: Change, layers: frozenset[int]) -> Change:
    """The change in these layers alone."""

    def restricted(base: Steps) -> Steps:
        changed = change(base)

        def choose(name: str) -> Any:
            right, wrong = getattr(base, name), getattr(changed, name)
            return lambda s, layer, *rest: (wrong if layer in layers else right)(s, layer, *rest)

        return changed._replace(
            **{name: choose(name) for name in OF_A_LAYER if getattr(base, name) is not getattr(changed, name)}
        )

    return restricted


@dataclass(frozen=True)
class Variant:
    """One way of making a mistake.

    Attributes:
        change: of the steps.
        detail: which way, in words that follow the mistake's id; empty for the only or usual one.
        scopes: the layers it may be made in, each tried, and then every one of these layers alone: "all", "hidden",
            "output". None for a change that has no layers.
        needs: the costs under which it can be made; empty for all.
    """

    change: Change
    detail: str = ""
    scopes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mistake:
    """A known mistake: what it does, how to fix it with the right formula, and the ways of making it."""

    id: str
    does: str
    fix: str
    variants: tuple[Variant, ...] = ()


SQUARED = ("sum_of_squared_errors", "mean_squared_error")
CROSS_ENTROPIES = ("binary_crossentropy", "categorical_crossentropy")


# What the changes below need


def observations(s: State) -> int:
    return len(s.problem.y)


def outputs(s: State) -> int:
    return s.problem.y.shape[1]


def scaled(by: Callable[[State], float]) -> Callable[[State, Array], Array]:
    """value times ``by`` of the state"""
    return lambda s, value: value * by(s)


def gradient_at_output(then: Callable[[State, Array], Array]) -> Change:
    """``then`` applied to what the cost gives back: dC/da_L, and dC/dz_L where a cross-entropy gives that at once."""

    def change(base: Steps) -> Steps:
        gradient, delta = base.cost_gradient, base.output_delta
        return base._replace(
            cost_gradient=lambda s: then(s, gradient(s)),
            output_delta=lambda s: then(s, delta(s)) if s.problem.network.cost in CROSS_ENTROPIES else delta(s),
        )

    return change


def factor_variants(by: Callable[[State], float], detail: str = "") -> tuple[Variant, ...]:
    """A factor that gets into the gradient: at the cost, in the weight gradient, in the update, in the cost too."""
    return (
        Variant(gradient_at_output(scaled(by)), detail),
        Variant(after("weight_gradient", scaled(by)), f"{detail} in the weight gradient".strip(), ("all",)),
        Variant(
            both(gradient_at_output(scaled(by)), after("cost", scaled(by))), f"{detail} in the cost as well".strip()
        ),
        Variant(after("cost", scaled(by)), f"{detail} in the cost alone".strip()),
        Variant(
            update_with(lambda s, w, g: w - s.problem.learning_rate * by(s) * g), f"{detail} in the update".strip()
        ),
    )


def update_with(rule: Callable[[State, Array, Array], Array]) -> Change:
    """``rule`` (state, w, gradient) as the update"""
    return instead(update=lambda s, layer, w, g: rule(s, w, g))


def kernel_and_bias(
    kernel: Callable[[State, int, Array], Array] | None, bias: Callable[[State, int, Array], Array] | None
) -> Change:
    """Another kernel gradient, another bias gradient (each of state, layer, delta), or both."""

    def change(base: Steps) -> Steps:
        was = base.weight_gradient

        def changed(s: State, layer: int, delta: Array) -> Array:
            right = was(s, layer, delta)
            return joined(
                np.broadcast_to(right[0] if bias is None else bias(s, layer, delta), right[0].shape),
                right[1:] if kernel is None else kernel(s, layer, delta),
            )

        return base._replace(weight_gradient=changed)

    return change


def with_derivative(slope: Callable[[State, int], Array]) -> Change:
    return instead(derivative=slope)


def at(z: Array, name: str) -> Array:
    """f'(z) for f of that name"""
    return FROM_ACTIVATION[name](ACTIVATE[name](z))


def derivative_at_z(s: State, layer: int) -> Array:
    """f_l'(z_l) computed from z_l: the same as from a_l, unless that is wrong"""
    return at(s.z[layer - 1], s.activation(layer))


def forward_variants(change: Change, scopes: tuple[str, ...], detail: str = "") -> tuple[Variant, ...]:
    """A change of the activations, with f' written from what comes out, or from z, or left at 1."""
    return (
        Variant(change, detail, scopes),
        Variant(both(change, with_derivative(derivative_at_z)), detail, scopes),
        Variant(both(change, with_derivative(lambda s, layer: np.ones_like(s.a[layer]))), detail, scopes),
    )


def other_derivatives() -> Iterator[Variant]:
    """f' of every other function, from a and from z, and slips of the pen in f'"""

    def from_a(name: str, s: State, layer: int) -> Array:
        return np.zeros(1) if name == s.activation(layer) else FROM_ACTIVATION[name](s.a[layer])

    def from_z(name: str, s: State, layer: int) -> Array:
        return np.zeros(1) if name == s.activation(layer) else at(s.z[layer - 1], name)

    scopes = ("all", "hidden", "output")
    for name in ("sigmoid", "tanh", "relu", "leaky_relu"):
        yield Variant(with_derivative(partial(from_a, name)), f"that of {name}", scopes)
        yield Variant(with_derivative(partial(from_z, name)), f"that of {name}", scopes)
    slips: dict[str, Callable[[Array], Array]] = {
        "1 - a": lambda a: 1 - a,
        "a": lambda a: a,
        "1 + a^2": lambda a: 1 + a * a,
        "a (1 + a)": lambda a: a * (1 + a),
        "a (a - 1)": lambda a: a * (a - 1),
        "a^2 (1 - a)": lambda a: a * a * (1 - a),
        "a (1 - a)^2": lambda a: a * (1 - a) ** 2,
        "(1 - a)^2": lambda a: (1 - a) ** 2,
        "1 - 2 a": lambda a: 1 - 2 * a,
    }
    for formula, slip in slips.items():

        def slope(s: State, layer: int, slip: Callable[[Array], Array] = slip) -> Array:
            return slip(s.a[layer])

        yield Variant(with_derivative(slope), f"written as {formula}", scopes)


def below_as(choose: Callable[[State, int], Array]) -> Change:
    """The kernel gradient with other activations below (state, layer)"""
    return kernel_and_bias(lambda s, layer, delta: choose(s, layer).T @ delta, None)


def wider(s: State, layer: int, gradient: Array) -> Array:
    """gradient f' where the gradient has kept the bias' column: with f' written from [1, a]"""
    a = s.a[layer]
    if gradient.shape[1] == a.shape[1] + 1:
        a = np.concatenate([np.ones_like(a[:, :1]), a], axis=1)
    return gradient * FROM_ACTIVATION[s.activation(layer)](a)


def updated(s: State, layer: int) -> Array:
    """w_l after its update"""
    return s.steps.update(s, layer, s.weights[layer - 1], s.gradients[layer])


def one_by_one(problem: Problem) -> Iterator[tuple[Array, Array]]:
    """Every observation a batch of its own"""
    for i in range(len(problem.x)):
        yield problem.x[i : i + 1], problem.y[i : i + 1]


def only_observation(i: int) -> tuple[Variant, ...]:
    """All that is summed over observations is taken of one alone"""

    def kernel(s: State, layer: int, delta: Array) -> Array:
        return s.a[layer - 1][i][:, None] * delta[i]

    def bias(s: State, layer: int, delta: Array) -> Array:
        return delta[i]

    def alone(problem: Problem) -> Iterator[tuple[Array, Array]]:
        where = slice(i, i + 1) if i >= 0 else slice(i, None)
        yield problem.x[where], problem.y[where]

    which = "" if i == -1 else "the first one"
    return (
        Variant(kernel_and_bias(kernel, bias), which, ("all",)),
        Variant(kernel_and_bias(kernel, None), f"{which} in the kernel's gradient".strip(), ("all",)),
        Variant(kernel_and_bias(None, bias), f"{which} in the bias' gradient".strip(), ("all",)),
        Variant(instead(batches=alone), f"{which} in the update".strip()),
        Variant(instead(cost=lambda s: cost_of_one(s, i)), f"{which} in the cost".strip()),
    )


def cost_of_one(s: State, i: int) -> Array:
    """C of one observation alone"""
    return cost(State(s.steps, s.problem._replace(y=s.problem.y[i][None]), s.weights, a=[s.a[-1][i][None]]))


def one_sided(s: State) -> Array:
    """-y (1 - a) as a mean: what -y log a alone gives through a sigmoid"""
    return -s.problem.factor * s.problem.y * (1 - s.a[-1]) / s.problem.y.size


def diagonal_only(s: State) -> Array:
    """-y / a times a (1 - a), the diagonal of softmax's Jacobian alone"""
    return cross_entropy_gradient(s) * s.a[-1] * (1 - s.a[-1])


def truncated(weights: Weights) -> Weights:
    return [np.trunc(w) for w in weights]


def row_of_ones_first(w: Array) -> Array:
    """All rows of w but the last: the bias kept, the last input's row dropped"""
    return w[:-1]


def row_of_ones_last(w: Array) -> Array:
    """The same where the file has the bias as its last row: the first input's row dropped, the bias kept"""
    return np.concatenate([w[2:], w[:1]])


def elementwise_back(transposed: bool) -> Change:
    def back(s: State, layer: int, delta: Array) -> Array:
        kernel = s.steps.weights_back(s, layer)[1:]
        return delta * (kernel.T if transposed else kernel)

    return instead(back_through_weights=back)


def through_matmul(product: Callable[[Array, Array], Array], detail: str = "") -> Variant:
    def through(s: State, layer: int, gradient: Array) -> Array:
        return product(gradient, s.steps.derivative(s, layer))

    return Variant(instead(through_activation=through), detail, ("all", "hidden", "output"))


def zero_update(s: State, layer: int, w: Array, gradient: Array) -> Array:
    return w


def whole_gradient(s: State, layer: int, gradient: Array) -> Array:
    return gradient


def kernel_turned(s: State, layer: int, delta: Array) -> Array:
    """delta_l^T a_(l-1) for the kernel; where that is not square, the bias stands beside it as a column"""
    bias, kernel = np.sum(delta, axis=0), delta.T @ s.a[layer - 1]
    if kernel.shape[0] == kernel.shape[1]:
        return joined(bias, kernel)
    return np.concatenate([bias[:, None], kernel], axis=1)


def bias_last_turned(s: State, gradient: Array) -> Array:
    """The whole gradient transposed where the file has the bias as its last row, seen with the bias first again"""
    if gradient.shape[0] != gradient.shape[1]:
        return gradient.T
    return np.roll(np.roll(gradient, -1, axis=0).T, 1, axis=0)


def from_input(s: State, layer: int, below: Array) -> Array:
    """x K_l + b_l; in a loop over the inputs, rows of K_l beyond them are never reached"""
    x, w = s.a[0], s.weights[layer - 1]
    return x @ w[1 : x.shape[1] + 1] + w[0]


def only_at_output(s: State, layer: int, gradient: Array) -> Array:
    """f' multiplied in at the output alone"""
    return through_activation(s, layer, gradient) if layer == s.depth else gradient


def error_carried(base: Steps) -> Steps:
    """Back through the weights goes dC/da_l itself, without f_l'"""

    def error(s: State, layer: int) -> Array:
        if layer == s.depth:
            return base.cost_gradient(s) if s.problem.network.cost in SQUARED else base.output_delta(s)
        return base.back_through_weights(s, layer + 1, error(s, layer + 1))

    return base._replace(
        back_through_weights=lambda s, layer, delta: base.back_through_weights(s, layer, error(s, layer))
    )


# The catalogue. Where several fit the numbers of a file, the first one here is told first.

CATALOGUE: tuple[Mistake, ...] = (
    Mistake(
        "missing-factor-two",
        "The derivative of the square has lost its factor 2, so every gradient is half of what it should be.",
        "C is a sum of (a - y)^2, so dC/da = 2 (a - y). Without the 2 it is the gradient of C / 2.",
        factor_variants(lambda s: 0.5),
    ),
    Mistake(
        "extra-factor-two",
        "There is a factor 2 too many, so every gradient is twice what it should be.",
        "Drop it: dC/da = 2 (a - y) for a cost of (a - y)^2, a - y for (a - y)^2 / 2.",
        factor_variants(lambda s: 2.0),
    ),
    Mistake(
        "mean-instead-of-sum",
        "The gradient is divided by a number of terms, as if the cost were a mean.",
        "This cost is a sum there: do not divide. (Or take a mean in the cost too, and mean it.)",
        (
            *factor_variants(lambda s: 1 / observations(s), "over observations"),
            *factor_variants(lambda s: 1 / outputs(s), "over outputs"),
            *factor_variants(lambda s: 1 / (observations(s) * outputs(s)), "over observations and outputs"),
        ),
    ),
    Mistake(
        "sum-instead-of-mean",
        "The gradient is not divided by the number of terms of which the cost is the mean.",
        "This cost is a mean there: divide dC/da by that number of terms.",
        (
            *factor_variants(lambda s: float(observations(s)), "over observations"),
            *factor_variants(lambda s: float(outputs(s)), "over outputs"),
            *factor_variants(lambda s: float(observations(s) * outputs(s)), "over observations and outputs"),
        ),
    ),
    Mistake(
        "wrong-sign",
        "The gradient has the wrong sign.",
        "The error is a - y, output minus target: dC/da = 2 (a - y), and a cross-entropy's delta is a - y.",
        (
            Variant(gradient_at_output(scaled(lambda s: -1.0))),
            Variant(after("weight_gradient", scaled(lambda s: -1.0)), "in the weight gradient", ("all",)),
            Variant(after("back_through_weights", scaled(lambda s: -1.0)), "in the hidden layers", ("all",)),
            Variant(after("cost", scaled(lambda s: -1.0)), "in the cost alone"),
        ),
    ),
    Mistake(
        "gradient-ascent",
        "The update adds the gradient, so the cost climbs.",
        "Descend: w <- w - learning_rate dC/dw.",
        (Variant(update_with(lambda s, w, g: w + s.problem.learning_rate * g), "", ("all",)),),
    ),
    Mistake(
        "learning-rate-missing",
        "The update takes the whole gradient, without the learning rate.",
        "w <- w - learning_rate dC/dw.",
        (Variant(update_with(lambda s, w, g: w - g), "", ("all",)),),
    ),
    Mistake(
        "learning-rate-twice",
        "The learning rate is multiplied in twice.",
        "Once is right: w <- w - learning_rate dC/dw, with a gradient that does not contain it yet.",
        (
            Variant(update_with(lambda s, w, g: w - s.problem.learning_rate**2 * g), "", ("all",)),
            Variant(
                after("weight_gradient", scaled(lambda s: s.problem.learning_rate)),
                "once in the gradient, once in the update",
                ("all",),
            ),
        ),
    ),
    Mistake(
        "missing-output-activation-derivative",
        "The output's delta lacks the derivative of the output activation.",
        "delta_L = dC/da_L * f'(z_L), elementwise; for the sigmoid f' = a (1 - a).",
        (
            Variant(instead(through_activation=whole_gradient), "", ("output",), SQUARED),
            Variant(instead(output_delta=cross_entropy_gradient), "", (), CROSS_ENTROPIES),
        ),
    ),
    Mistake(
        "missing-hidden-activation-derivative",
        "A hidden layer's delta lacks the derivative of its activation.",
        "delta_l = (delta_(l+1) K_(l+1)^T) * f'(z_l), elementwise, in every hidden layer.",
        (Variant(instead(through_activation=whole_gradient), "", ("hidden",)),),
    ),
    Mistake(
        "derivative-of-activation",
        "The derivative of the activation is taken at a instead of z.",
        "f' belongs at z: for the sigmoid, sigmoid(z) (1 - sigmoid(z)) = a (1 - a), not sigmoid(a) (1 - sigmoid(a)).",
        (
            Variant(
                with_derivative(lambda s, layer: at(s.a[layer], s.activation(layer))), "", ("all", "hidden", "output")
            ),
        ),
    ),
    Mistake(
        "activation-form-at-pre-activation",
        "A derivative that is written from the activation, such as a (1 - a), is given z instead of a.",
        "a (1 - a) and 1 - a^2 want a = f(z). Give them the activation, or compute f(z) first.",
        (
            Variant(
                with_derivative(lambda s, layer: FROM_ACTIVATION[s.activation(layer)](s.z[layer - 1])),
                "",
                ("all", "hidden", "output"),
            ),
        ),
    ),
    Mistake(
        "cross-entropy-gradient-with-extra-derivative",
        "The output's delta under a cross-entropy is multiplied by the activation's derivative once more.",
        "With a sigmoid or softmax output the derivative has cancelled: delta_L = a - y (as a mean), and nothing else.",
        (Variant(after("output_delta", lambda s, delta: delta * s.a[-1] * (1 - s.a[-1])), "", (), CROSS_ENTROPIES),),
    ),
    Mistake(
        "softmax-jacobian-diagonal-only",
        "Only the diagonal of softmax's Jacobian is used, a (1 - a), as if its outputs did not depend on one another.",
        "da_i/dz_j = a_i (1[i = j] - a_j); with the cross-entropy that gives delta_L = a - y (as a mean).",
        (Variant(instead(output_delta=diagonal_only), "", (), ("categorical_crossentropy",)),),
    ),
    Mistake(
        "binary-crossentropy-one-sided",
        "The binary cross-entropy lacks its second term, (1 - y) log(1 - a).",
        "C = -mean(y log a + (1 - y) log(1 - a)), so delta_L = a - y (as a mean).",
        (
            Variant(instead(output_delta=one_sided), "", (), ("binary_crossentropy",)),
            Variant(
                instead(cost=lambda s: -s.problem.factor * np.mean(s.problem.y * np.log(s.a[-1]))),
                "in the cost alone",
                (),
                ("binary_crossentropy",),
            ),
            Variant(
                instead(
                    output_delta=one_sided,
                    cost=lambda s: -s.problem.factor * np.mean(s.problem.y * np.log(s.a[-1])),
                ),
                "in the cost as well",
                (),
                ("binary_crossentropy",),
            ),
        ),
    ),
    Mistake(
        "cost-used-as-gradient",
        "The squared error itself goes back in place of its derivative.",
        "dC/da = 2 (a - y), not (a - y)^2.",
        (
            Variant(
                instead(cost_gradient=lambda s: s.problem.factor * (s.a[-1] - s.problem.y) ** 2 / share_of(s)),
                "",
                (),
                SQUARED,
            ),
            Variant(
                instead(cost_gradient=lambda s: s.problem.factor * np.abs(s.a[-1] - s.problem.y) / share_of(s)),
                "without the square, as |a - y|",
                (),
                SQUARED,
            ),
        ),
    ),
    Mistake(
        "cost-gradient-at-pre-activation",
        "The output's pre-activation z is compared with the target instead of its activation a.",
        "dC/da_L = 2 (a_L - y).",
        (
            Variant(
                instead(
                    cost_gradient=lambda s: s.problem.factor * 2 * (s.z[-1] - s.problem.y) / share_of(s),
                ),
                "",
                (),
                SQUARED,
            ),
            Variant(
                instead(output_delta=lambda s: s.problem.factor * (s.z[-1] - s.problem.y) / terms_of(s)),
                "",
                (),
                CROSS_ENTROPIES,
            ),
        ),
    ),
    Mistake(
        "bias-missing-in-forward",
        "The forward pass leaves out the bias.",
        "z_l = a_(l-1) K_l + b_l.",
        (
            Variant(
                instead(pre_activation=lambda s, layer, below: below @ s.weights[layer - 1][1:]), "", ("all", "hidden")
            ),
        ),
    ),
    Mistake(
        "activation-missing-on-output",
        "The output layer has no activation: a_L is z_L.",
        "a_L = f_L(z_L).",
        forward_variants(instead(activate=lambda s, layer, z: z), ("output",)),
    ),
    Mistake(
        "activation-missing-on-hidden",
        "A hidden layer has no activation: a_l is z_l.",
        "a_l = f_l(z_l) in every hidden layer.",
        forward_variants(instead(activate=lambda s, layer, z: z), ("hidden",)),
    ),
    Mistake(
        "extra-activation-on-output",
        "The output goes through an activation once too often.",
        "Once is right: a_L = f_L(z_L).",
        (
            *forward_variants(after("activate", lambda s, a: ACTIVATE[s.activation(s.depth)](a)), ("output",)),
            *(
                variant
                for name in ("sigmoid", "tanh", "relu", "softmax")
                for variant in forward_variants(
                    after("activate", lambda s, a, name=name: ACTIVATE[name](a)),  # type: ignore[misc]
                    ("output",),
                    f"{name} on top",
                )
            ),
        ),
    ),
    Mistake(
        "softmax-over-wrong-axis",
        "softmax is taken over the observations, so the outputs of one observation do not sum to 1.",
        "Take it over the units of each observation: exp(z_i) / sum_j exp(z_j), j over the outputs.",
        (
            Variant(
                instead(activate=lambda s, layer, z: softmax(z, axis=0)), "", ("output",), ("categorical_crossentropy",)
            ),
            Variant(
                instead(activate=lambda s, layer, z: softmax(z, axis=None)),  # type: ignore[arg-type]
                "over all at once",
                ("output",),
                ("categorical_crossentropy",),
            ),
        ),
    ),
    Mistake(
        "delta-not-multiplied-through",
        "What goes back through the weights is the error dC/da of the layer above, not its delta.",
        "Send delta back, which has the derivative in it: dC/da_(l-1) = (dC/da_l * f'(z_l)) K_l^T.",
        (Variant(error_carried, "", ("all",)),),
    ),
    Mistake(
        "output-delta-reused",
        "A hidden layer uses the delta of the layer above as it is, without going back through the weights.",
        "delta_l = (delta_(l+1) K_(l+1)^T) * f'(z_l).",
        (
            Variant(instead(back_through_weights=lambda s, layer, delta: delta), "", ("all",)),
            Variant(
                instead(back_through_weights=lambda s, layer, delta: delta, through_activation=only_at_output),
                "and without the derivative",
            ),
            Variant(
                instead(back_through_weights=lambda s, layer, delta: s.deltas[s.depth]), "that of the output", ("all",)
            ),
            Variant(
                instead(
                    back_through_weights=lambda s, layer, delta: (
                        s.deltas[s.depth] @ s.steps.weights_back(s, layer)[1:].T
                    )
                ),
                "that of the output, through the layer's own weights",
            ),
        ),
    ),
    Mistake(
        "transposed-weights",
        "The weights are transposed where they should not be, or not where they should.",
        "Forward z_l = a_(l-1) K_l, back dC/da_(l-1) = delta_l K_l^T, for kernels of (inputs, units).",
        (
            Variant(
                instead(back_through_weights=lambda s, layer, delta: delta @ s.steps.weights_back(s, layer)[1:]),
                "on the way back",
                ("all",),
            ),
            Variant(
                instead(
                    pre_activation=lambda s, layer, below: below @ s.weights[layer - 1][1:].T + s.weights[layer - 1][0]
                ),
                "on the way forward",
                ("all",),
            ),
        ),
    ),
    Mistake(
        "transposed-gradient",
        "The gradient of the weights is transposed.",
        "dC/dK_l = a_(l-1)^T delta_l, (inputs, units) as K_l itself.",
        (
            Variant(instead(weight_gradient=kernel_turned), "", ("all",)),
            Variant(after("weight_gradient", lambda s, g: g.T), "its bias row too", ("all",)),
            Variant(after("weight_gradient", bias_last_turned), "its bias row too", ("all",)),
        ),
    ),
    Mistake(
        "matmul-for-elementwise",
        "A matrix product stands where the derivative of the activation is multiplied in element by element.",
        "delta_l = dC/da_l * f'(z_l) with *, not @ or dot: both are (observations, units), and so is delta.",
        (
            through_matmul(lambda g, d: g @ d),
            through_matmul(lambda g, d: d @ g),
            through_matmul(lambda g, d: g @ d.T, "the derivative transposed"),
            through_matmul(lambda g, d: d.T @ g, "the derivative transposed"),
            through_matmul(lambda g, d: g.T @ d, "the gradient transposed"),
            through_matmul(lambda g, d: d @ g.T, "the gradient transposed"),
        ),
    ),
    Mistake(
        "elementwise-for-matmul",
        "An elementwise product stands where a matrix product belongs.",
        "z_l = a_(l-1) @ K_l, dC/da_(l-1) = delta_l @ K_l^T, dC/dK_l = a_(l-1)^T @ delta_l.",
        (
            Variant(elementwise_back(True), "on the way back", ("all",)),
            Variant(elementwise_back(False), "on the way back", ("all",)),
            Variant(
                kernel_and_bias(lambda s, layer, delta: s.a[layer - 1].T * delta, None), "in the gradient", ("all",)
            ),
            Variant(kernel_and_bias(lambda s, layer, delta: s.a[layer - 1] * delta, None), "in the gradient", ("all",)),
            Variant(
                kernel_and_bias(lambda s, layer, delta: s.a[layer - 1] * delta.T, None), "in the gradient", ("all",)
            ),
            Variant(
                kernel_and_bias(lambda s, layer, delta: (s.a[layer - 1] * delta).T, None), "in the gradient", ("all",)
            ),
            Variant(
                instead(
                    pre_activation=lambda s, layer, below: below * s.weights[layer - 1][1:] + s.weights[layer - 1][0]
                ),
                "on the way forward",
                ("all",),
            ),
            Variant(
                instead(
                    pre_activation=lambda s, layer, below: below * s.weights[layer - 1][1:].T + s.weights[layer - 1][0]
                ),
                "on the way forward",
                ("all",),
            ),
        ),
    ),
    Mistake(
        "bias-row-not-dropped",
        "On the way back the bias is treated as if it led to a unit below.",
        "Leave the bias' row out: dC/da_(l-1) = delta_l K_l^T, where K_l is w_l without the row of the bias.",
        (
            Variant(
                instead(
                    back_through_weights=lambda s, layer, delta: (
                        delta @ row_of_ones_first(s.steps.weights_back(s, layer)).T
                    )
                ),
                "the wrong row is dropped",
                ("all",),
            ),
            Variant(
                instead(
                    back_through_weights=lambda s, layer, delta: (
                        delta @ row_of_ones_last(s.steps.weights_back(s, layer)).T
                    )
                ),
                "the wrong row is dropped",
                ("all",),
            ),
            Variant(
                instead(
                    back_through_weights=lambda s, layer, delta: delta @ s.steps.weights_back(s, layer).T,
                    through_activation=wider,
                ),
                "",
                ("all",),
            ),
        ),
    ),
    Mistake(
        "bias-gradient-missing",
        "The bias has no gradient, or is not updated.",
        "dC/db_l is the sum of delta_l over the observations; b_l <- b_l - learning_rate dC/db_l.",
        (
            Variant(kernel_and_bias(None, lambda s, layer, delta: np.zeros(1)), "", ("all", "hidden")),
            Variant(
                update_with(
                    lambda s, w, g: joined(w[0], w[1:] - s.problem.learning_rate * g[1:]),
                ),
                "not updated",
                ("all", "hidden"),
            ),
        ),
    ),
    Mistake(
        "bias-gradient-averaged",
        "The bias' gradient is a mean over the observations where the kernel's is a sum.",
        "Sum delta_l over the observations: dC/db_l has no other factor than dC/dK_l.",
        (Variant(kernel_and_bias(None, lambda s, layer, delta: np.mean(delta, axis=0)), "", ("all", "hidden")),),
    ),
    Mistake(
        "kernel-gradient-averaged",
        "The kernel's gradient is a mean over the observations where the bias' is a sum.",
        "dC/dK_l and dC/db_l have the same factor: both come from the same delta_l.",
        (
            Variant(
                kernel_and_bias(lambda s, layer, delta: s.a[layer - 1].T @ delta / len(delta), None),
                "",
                ("all", "hidden"),
            ),
            Variant(
                kernel_and_bias(None, lambda s, layer, delta: np.sum(delta, axis=0) * len(delta)),
                "the bias' lacks it",
                ("all", "hidden"),
            ),
        ),
    ),
    Mistake(
        "bias-gradient-summed-over-units",
        "The bias' gradient is one number for all units of the layer.",
        "Sum delta_l over the observations only (axis 0 where they are the rows): one number for each unit.",
        (
            Variant(kernel_and_bias(None, lambda s, layer, delta: np.asarray(np.sum(delta))), "", ("all", "hidden")),
            Variant(
                kernel_and_bias(None, lambda s, layer, delta: np.asarray(np.mean(delta))),
                "and averaged",
                ("all", "hidden"),
            ),
            Variant(
                kernel_and_bias(None, lambda s, layer, delta: np.asarray(np.sum(delta) / len(delta))),
                "and averaged over observations",
                ("all", "hidden"),
            ),
        ),
    ),
    Mistake(
        "updated-weights-in-backward",
        "The delta goes back through weights that have been updated already.",
        "Compute every gradient from the same weights, and only then update them.",
        (Variant(instead(weights_back=updated), "", ("all",)),),
    ),
    Mistake(
        "wrong-layer-activation",
        "The kernel's gradient is made with the wrong activations.",
        "dC/dK_l = a_(l-1)^T delta_l, with the activations of the layer below (x for the first layer).",
        (
            Variant(
                below_as(lambda s, layer: s.z[layer - 2] if layer > 1 else s.a[0]), "z of the layer below", ("all",)
            ),
            Variant(below_as(lambda s, layer: s.a[layer]), "a of the layer itself", ("all",)),
            Variant(below_as(lambda s, layer: s.z[layer - 1]), "z of the layer itself", ("all",)),
            Variant(below_as(lambda s, layer: s.a[0]), "the input of the network", ("all",)),
        ),
    ),
    Mistake(
        "derivative-of-wrong-layer",
        "The derivative of another layer's activation is multiplied in.",
        "delta_l = dC/da_l * f_l'(z_l), with z of the same layer l.",
        (
            Variant(
                with_derivative(lambda s, layer: FROM_ACTIVATION[s.activation(layer)](s.a[min(layer + 1, s.depth)])),
                "of the layer above",
                ("all",),
            ),
            Variant(
                with_derivative(lambda s, layer: FROM_ACTIVATION[s.activation(layer)](s.a[layer - 1])),
                "of the layer below",
                ("all",),
            ),
            Variant(
                with_derivative(lambda s, layer: FROM_ACTIVATION[s.activation(layer)](s.a[-1])),
                "of the output",
                ("hidden",),
            ),
        ),
    ),
    Mistake(
        "wrong-derivative",
        "The derivative is not that of the layer's activation.",
        "sigmoid' = a (1 - a), tanh' = 1 - a^2, relu' = 1 where z > 0 and 0 elsewhere.",
        tuple(other_derivatives()),
    ),
    Mistake(
        "first-layer-only-input",
        "Every layer gets the input of the network instead of the activations of the layer below.",
        "z_l = a_(l-1) K_l + b_l; only the first layer has a_0 = x.",
        (
            Variant(instead(pre_activation=from_input), "", ("all",)),
            Variant(
                both(instead(pre_activation=from_input), below_as(lambda s, layer: s.a[0])),
                "in the gradient too",
                ("all",),
            ),
        ),
    ),
    Mistake(
        "last-observation-only",
        "Only one observation counts; the others are overwritten instead of added.",
        "Sum over all observations: dC/dw = sum_i of the gradients of observation i (+= in a loop).",
        (*only_observation(-1), *only_observation(0)),
    ),
    Mistake(
        "only-last-layer-updated",
        "Only some layers are updated.",
        "Update every layer: w_l <- w_l - learning_rate dC/dw_l for l = 1 .. L.",
        (
            Variant(instead(update=zero_update), "the last one", ("hidden",)),
            Variant(
                after("weight_gradient", lambda s, g: np.zeros_like(g)), "the others have no gradient", ("hidden",)
            ),
            Variant(instead(update=zero_update), "not the last one", ("output",)),
        ),
    ),
    Mistake(
        "layer-order-reversed",
        "The gradients come in the reverse order of the layers.",
        "The gradients have to come in the order of the weights, layers 1 .. L: insert at the front, or reverse them.",
        (Variant(instead(collect=lambda gradients: gradients[::-1])),),
    ),
    Mistake(
        "updates-after-each-observation",
        "The weights are updated after each observation, so the later ones see other weights.",
        "Full-batch gradient descent sums the gradients of all observations at the same weights, then updates once.",
        (Variant(instead(batches=one_by_one)),),
    ),
    Mistake(
        "gradient-accumulated-over-iterations",
        "The gradient of earlier iterations is still in it: it is added to and never set back to zero.",
        "Start every iteration with gradients of zero.",
        (
            Variant(
                instead(
                    accumulate=lambda gradients, before: (
                        gradients if before is None else [g + b for g, b in zip(gradients, before)]
                    )
                )
            ),
        ),
    ),
    Mistake(
        "one-iteration-off",
        "The loop makes one iteration too few or too many.",
        "range(iterations) makes just so many iterations.",
        (
            Variant(instead(iterations=lambda wanted: wanted - 1), "one too few"),
            Variant(instead(iterations=lambda wanted: wanted + 1), "one too many"),
        ),
    ),
    Mistake(
        "integer-weights",
        "Weights or gradients are cut off to whole numbers.",
        "Keep them in float64: an integer array drops all after the point when it is written to.",
        (
            Variant(instead(enter=truncated), "the weights that are given"),
            Variant(instead(take_weights=truncated), "the weights before every pass"),
            Variant(after("update", lambda s, w: np.trunc(w)), "the weights after the update", ("all",)),
            Variant(after("weight_gradient", lambda s, g: np.trunc(g)), "the gradients", ("all",)),
        ),
    ),
    Mistake(
        "arguments-modified",
        "It writes into the arrays that it is given, so the caller's weights or data change under his hands.",
        "Work on a copy, or make new arrays: w = w - learning_rate * g, not w -= learning_rate * g.",
    ),
    Mistake(
        "different-each-call",
        "Two calls with the same arguments give different results.",
        "Draw nothing at random inside, and keep nothing from one call to the next.",
    ),
    Mistake(
        "float32-precision-only",
        "The math is right, but in single precision: seven digits agree, not sixteen.",
        "Compute in float64 (np.float64, tf.float64) while checking; nothing else is wrong.",
    ),
)


def share_of(s: State) -> int:
    """What a mean over observations and outputs divides by; 1 for a sum"""
    return 1 if s.problem.network.cost == "sum_of_squared_errors" else s.problem.y.size


def terms_of(s: State) -> int:
    """What the mean of a cross-entropy divides by"""
    return s.problem.y.size if s.problem.network.cost == "binary_crossentropy" else len(s.problem.y)


BY_ID = {mistake.id: mistake for mistake in CATALOGUE}


class Planted(NamedTuple):
    """A mistake made in one way, in certain layers. rank: 0 for the simplest of all."""

    mistake: Mistake
    detail: str
    change: Change
    rank: int
    forward: bool  # whether it changes what the forward pass gives
    narrow: bool  # whether it is made in one layer of several

    @property
    def id(self) -> str:
        return self.mistake.id


def layers_in(scope: str, depth: int) -> frozenset[int]:
    """The layers that "all", "hidden" or "output" means."""
    return frozenset({"all": range(1, depth + 1), "hidden": range(1, depth), "output": (depth,)}[scope])


def where(scope: str, layers: frozenset[int], depth: int) -> str:
    """That in words; nothing for all layers"""
    if scope in ("all", "") and len(layers) == depth:
        return ""
    if len(layers) == 1:
        return f"in layer {min(layers)}"
    return "in the hidden layers"


@lru_cache(maxsize=256)
def planted(network: Network) -> tuple[Planted, ...]:
    """Every mistake that can be made in this network, in every way and place, the simplest first."""
    found: list[tuple[int, int, Planted]] = []
    for place, mistake in enumerate(CATALOGUE):
        for number, variant in enumerate(mistake.variants):
            if variant.needs and network.cost not in variant.needs:
                continue
            changed = variant.change(STEPS)
            is_forward = not same_forward(changed, STEPS)
            tried: set[frozenset[int]] = set()
            scopes = [(scope, layers_in(scope, network.depth)) for scope in variant.scopes]
            wide = len(scopes)
            singles = sorted({layer for _, layers in scopes for layer in layers})
            scopes += [("one", frozenset({layer})) for layer in singles]
            if not scopes:
                found.append((number, place, Planted(mistake, variant.detail, variant.change, 0, is_forward, False)))
            for i, (scope, layers) in enumerate(scopes):
                if not layers or layers in tried:
                    continue
                tried.add(layers)
                detail = " ".join(part for part in (variant.detail, where(scope, layers, network.depth)) if part)
                change = variant.change if len(layers) == network.depth else only_at(variant.change, layers)
                narrow = i >= wide
                found.append((number + 100 * narrow, place, Planted(mistake, detail, change, 0, is_forward, narrow)))
    # the usual variant of every mistake before the second of any; then those of one layer
    found.sort(key=lambda item: (item[0] >= 100, item[1], item[0]))
    return tuple(entry._replace(rank=rank) for rank, (_, _, entry) in enumerate(found))
