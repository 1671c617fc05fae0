"""The catalogue of known mistakes: each is the correct pass of backprop.py with one of its named steps replaced.

A mistake changes ``Steps`` to other ``Steps``, so two mistakes at once are one change after the other, and there is no
second backward pass anywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...models.network import Network
from .backprop import ACTIVATE, FROM_ACTIVATION, STEPS, State, cross_entropy_gradient, joined, same_forward, softmax
from .changes import (
    CROSS_ENTROPIES,
    SQUARED,
    Change,
    Mistake,
    Variant,
    after,
    at,
    below_as,
    bias_last_turned,
    both,
    diagonal_only,
    elementwise_back,
    error_carried,
    factor_variants,
    forward_variants,
    from_input,
    gradient_at_output,
    instead,
    kernel_and_bias,
    kernel_turned,
    observations,
    one_by_one,
    one_sided,
    only_at,
    only_at_output,
    only_observation,
    other_derivatives,
    outputs,
    row_of_ones_first,
    row_of_ones_last,
    scaled,
    through_matmul,
    truncated,
    update_with,
    updated,
    whole_gradient,
    wider,
    with_derivative,
    zero_update,
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
        "It modifies its input arrays in place, so the caller's weights or data change.",
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
