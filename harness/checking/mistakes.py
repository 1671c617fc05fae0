"""The catalogue of mistakes: facts under ids; ``report/mistakes.py`` has the sentences under the same ids."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Stage(enum.Enum):
    """Where a mistake is made."""

    OUTPUT = "output"  # between the cost and the output layer's pre-activation
    BACKWARD = "backward"  # on the way back through the layers
    GRADIENT = "gradient"  # in the gradient of a parameter
    UPDATE = "update"  # in what is done with the gradient
    FORWARD = "forward"  # in the forward pass
    RUN = "run"  # in how the file runs


@dataclass(frozen=True)
class Mistake:
    """One known mistake."""

    id: str  # its name
    stage: Stage  # where it is made
    difference: str  # expected step -> recorded step, in the words of harness.models


UNNAMED = "wrong-value"  # the id of a mistake that no other id describes

CATALOGUE: tuple[Mistake, ...] = (
    # a factor
    Mistake("missing-factor-two", Stage.OUTPUT, "2 (a - y) -> a - y"),
    Mistake("extra-factor-two", Stage.OUTPUT, "dC/da -> 2 dC/da"),
    Mistake("mean-instead-of-sum", Stage.GRADIENT, "dC/dw -> dC/dw / n"),
    Mistake("sum-instead-of-mean", Stage.GRADIENT, "dC/dw -> n dC/dw"),
    Mistake("mean-over-features", Stage.GRADIENT, "1 / observations -> 1 / features"),
    Mistake("bias-gradient-averaged", Stage.GRADIENT, "sum of delta -> mean of delta, of the bias alone"),
    Mistake("kernel-gradient-averaged", Stage.GRADIENT, "a^T delta -> a^T delta / n, of the kernel alone"),
    Mistake("gradient-scaled-differently", Stage.GRADIENT, "c dC/dw -> other factors for other parameters"),
    Mistake("wrong-sign", Stage.GRADIENT, "dC/dw -> -dC/dw"),
    # the output
    Mistake("missing-output-activation-derivative", Stage.OUTPUT, "dC/dz_L -> dC/da_L"),
    Mistake("cross-entropy-gradient-with-extra-derivative", Stage.OUTPUT, "dC/dz_L -> dC/dz_L f'(z_L)"),
    Mistake("softmax-jacobian-diagonal-only", Stage.OUTPUT, "Jacobian of softmax -> its diagonal"),
    Mistake("binary-crossentropy-one-sided", Stage.OUTPUT, "a - y -> the part of y log a"),
    Mistake("cost-used-as-gradient", Stage.OUTPUT, "2 (a - y) -> (a - y)^2 or |a - y|"),
    Mistake("cost-gradient-at-pre-activation", Stage.OUTPUT, "a - y -> z - y"),
    Mistake("cost-differs", Stage.OUTPUT, "the cost of the gradients -> another one, which is computed"),
    Mistake("target-added", Stage.OUTPUT, "a - y -> a + y"),
    Mistake("target-scaled", Stage.OUTPUT, "(a - y) / n -> a - y / n"),
    Mistake("labels-off-by-one", Stage.OUTPUT, "a[y] -> a[y - 1]"),
    Mistake("targets-not-one-hot", Stage.OUTPUT, "y[range(n), labels] = 1 -> y[:, labels] = 1"),
    Mistake("observations-not-paired", Stage.OUTPUT, "x[order], y[order] -> x[order], y"),
    Mistake("broadcast-by-accident", Stage.OUTPUT, "(n, 1) - (n, 1) -> (n, 1) - (n,)"),
    # derivatives of activations
    Mistake("missing-hidden-activation-derivative", Stage.BACKWARD, "dC/dz_l -> dC/da_l"),
    Mistake("derivative-twice", Stage.BACKWARD, "dC/dz_l -> dC/dz_l f'(z_l)"),
    Mistake("derivative-of-activation", Stage.BACKWARD, "f'(z) -> f'(f(z))"),
    Mistake("activation-form-at-pre-activation", Stage.BACKWARD, "a (1 - a) -> z (1 - z)"),
    Mistake("wrong-derivative", Stage.BACKWARD, "f'(z) -> another function"),
    Mistake("derivative-of-wrong-layer", Stage.BACKWARD, "f'(z_l) -> f'(z_k)"),
    Mistake("relu-mask-of-wrong-array", Stage.BACKWARD, "z_l > 0 -> another array > 0"),
    Mistake("relu-mask-inverted", Stage.BACKWARD, "z > 0 -> z <= 0"),
    Mistake("matmul-for-elementwise", Stage.BACKWARD, "dC/da * f'(z) -> dC/da @ f'(z)"),
    # through the weights
    Mistake("wrong-operation", Stage.BACKWARD, "x * y -> x + y, or another operation of the same values"),
    Mistake("forward-factor-missing", Stage.BACKWARD, "dC/dx * mask -> dC/dx, where the forward pass has x * mask"),
    Mistake("wrong-index", Stage.BACKWARD, "x[:, 1:] -> x[:, :-1], or another part of the same array"),
    Mistake("sum-not-accumulated", Stage.BACKWARD, "sum of terms -> the last term"),
    Mistake("repeated-index", Stage.UPDATE, "np.add.at(x, i, y) -> x[i] += y, although i names items twice"),
    Mistake("delta-not-multiplied-through", Stage.BACKWARD, "delta_l K^T -> dC/da_l K^T"),
    Mistake("gradient-summed-too-early", Stage.BACKWARD, "dC/da -> its sum over observations or units"),
    Mistake("upstream-gradient-dropped", Stage.BACKWARD, "dC/da * f'(z) -> f'(z)"),
    Mistake("bias-gradient-sent-back", Stage.BACKWARD, "delta_l K^T -> dC/db_l K^T"),
    Mistake("output-delta-reused", Stage.BACKWARD, "delta_l -> delta of another layer"),
    Mistake("transposed-weights", Stage.BACKWARD, "delta K^T -> delta K"),
    Mistake("weights-of-wrong-layer", Stage.BACKWARD, "delta_l K_l^T -> delta_l K_k^T"),
    Mistake("updated-weights-in-backward", Stage.BACKWARD, "K before the update -> K after it"),
    Mistake("bias-row-not-dropped", Stage.BACKWARD, "K^T -> w^T with the row of the bias"),
    Mistake("elementwise-for-matmul", Stage.BACKWARD, "x @ y -> x * y"),
    Mistake("values-of-another-forward-pass", Stage.BACKWARD, "a of the rows of the errors -> a of other rows"),
    Mistake("shared-memory", Stage.BACKWARD, "a copy -> the same array, changed since"),
    # gradients of parameters
    Mistake("wrong-layer-activation", Stage.GRADIENT, "a_(l-1)^T delta_l -> a_k^T delta_l"),
    Mistake("pre-activation-in-gradient", Stage.GRADIENT, "a_(l-1)^T delta_l -> z_(l-1)^T delta_l"),
    Mistake("transposed-gradient", Stage.GRADIENT, "dC/dK -> its transpose"),
    Mistake("gradient-of-another-parameter", Stage.UPDATE, "w -= dC/dw -> w -= dC/dv"),
    Mistake("gradient-of-one-use", Stage.GRADIENT, "dC/dw of all uses of w -> that of one of them"),
    Mistake("bias-gradient-missing", Stage.GRADIENT, "b -= dC/db -> b stays as it is"),
    Mistake("bias-gradient-summed-over-units", Stage.GRADIENT, "sum over observations -> sum over everything"),
    Mistake("bias-gradient-not-summed", Stage.GRADIENT, "sum over observations of delta -> delta"),
    Mistake("sum-over-wrong-axis", Stage.GRADIENT, "sum over observations -> sum over units"),
    Mistake("last-observation-only", Stage.GRADIENT, "sum over observations -> one observation"),
    Mistake("kernel-not-updated", Stage.UPDATE, "K -= dC/dK -> K stays as it is"),
    Mistake("layer-not-updated", Stage.UPDATE, "every layer updated -> some are not"),
    # updates
    Mistake("gradient-ascent", Stage.UPDATE, "w - rate dC/dw -> w + rate dC/dw"),
    Mistake("learning-rate-missing", Stage.UPDATE, "w - rate dC/dw -> w - dC/dw"),
    Mistake("learning-rate-twice", Stage.UPDATE, "w - rate dC/dw -> w - rate^2 dC/dw"),
    Mistake("gradient-accumulated-over-iterations", Stage.UPDATE, "gradients start at 0 -> go on from the last ones"),
    Mistake("momentum-sign", Stage.UPDATE, "mu v - rate dC/dw -> -mu v - rate dC/dw"),
    Mistake("momentum-overwritten", Stage.UPDATE, "own velocity of every parameter -> one velocity"),
    Mistake("weight-decay-sign", Stage.UPDATE, "dC/dw + lambda w -> dC/dw - lambda w"),
    Mistake("weight-decay-differs", Stage.UPDATE, "decay of the cost's L2 term -> another one, or none"),
    Mistake("wrong-update-rule", Stage.UPDATE, "Adam, RMSprop, ... -> something else"),
    # the forward pass
    Mistake("update-not-repeated", Stage.UPDATE, "w -= dC/dw in every iteration -> once, after the loop"),
    Mistake("forward-pass-not-repeated", Stage.FORWARD, "forward pass in every iteration -> once, before the loop"),
    Mistake("bias-missing-in-forward", Stage.FORWARD, "a K + b -> a K"),
    Mistake("layer-missing-in-forward", Stage.FORWARD, "a_l K -> a_(l-1) K, so that a layer is left out"),
    Mistake("activation-missing-on-output", Stage.FORWARD, "f(z_L) -> z_L"),
    Mistake("activation-missing-on-hidden", Stage.FORWARD, "f(z_l) -> z_l"),
    Mistake("extra-activation-on-output", Stage.FORWARD, "f(z_L) -> f(f(z_L))"),
    Mistake("softmax-over-wrong-axis", Stage.FORWARD, "softmax over units -> softmax over observations"),
    # the run
    Mistake("exception", Stage.RUN, "a gradient -> an exception"),
    Mistake("integer-weights", Stage.RUN, "floating point -> integers"),
    Mistake("numerical-overflow", Stage.RUN, "finite numbers -> inf or nan"),
    # none of these
    Mistake(UNNAMED, Stage.BACKWARD, "the true gradient -> something else"),
)

BY_ID: dict[str, Mistake] = {mistake.id: mistake for mistake in CATALOGUE}
OF_LAYERS = (Stage.BACKWARD, Stage.GRADIENT, Stage.UPDATE)  # stages of mistakes that do not lie at output and cost
