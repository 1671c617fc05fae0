"""Changes of a step, and what the steps of known mistakes need. A change makes other ``Steps`` out of ``Steps``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...models.network import Array, Weights
from .backprop import (
    ACTIVATE,
    FROM_ACTIVATION,
    OF_A_LAYER,
    Problem,
    State,
    Steps,
    cost,
    cross_entropy_gradient,
    joined,
    through_activation,
)

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
