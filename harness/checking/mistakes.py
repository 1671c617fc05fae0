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


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One known mistake."""

    id: str  # its name
    stage: Stage  # where it is made
    difference: str  # expected step -> recorded step, in the words of harness.models


def _mistake(id: str, stage: Stage, difference: str) -> Mistake:
    return Mistake(id=id, stage=stage, difference=difference)


CATALOGUE: tuple[Mistake, ...] = (
    # a factor
    _mistake("missing-factor-two", Stage.OUTPUT, "2 (a - y) -> a - y"),
    _mistake("extra-factor-two", Stage.OUTPUT, "dC/da -> 2 dC/da"),
    _mistake("mean-instead-of-sum", Stage.GRADIENT, "dC/dw -> dC/dw / n"),
    _mistake("sum-instead-of-mean", Stage.GRADIENT, "dC/dw -> n dC/dw"),
    _mistake("mean-over-features", Stage.GRADIENT, "1 / observations -> 1 / features"),
    _mistake("bias-gradient-averaged", Stage.GRADIENT, "sum of delta -> mean of delta, of the bias alone"),
    _mistake("kernel-gradient-averaged", Stage.GRADIENT, "a^T delta -> a^T delta / n, of the kernel alone"),
    _mistake("gradient-scaled-differently", Stage.GRADIENT, "c dC/dw -> other factors for other parameters"),
    _mistake("wrong-sign", Stage.GRADIENT, "dC/dw -> -dC/dw"),
    # the output
    _mistake("missing-output-activation-derivative", Stage.OUTPUT, "dC/dz_L -> dC/da_L"),
    _mistake("cross-entropy-gradient-with-extra-derivative", Stage.OUTPUT, "dC/dz_L -> dC/dz_L f'(z_L)"),
    _mistake("softmax-jacobian-diagonal-only", Stage.OUTPUT, "Jacobian of softmax -> its diagonal"),
    _mistake("binary-crossentropy-one-sided", Stage.OUTPUT, "a - y -> the part of y log a"),
    _mistake("cost-used-as-gradient", Stage.OUTPUT, "2 (a - y) -> (a - y)^2 or |a - y|"),
    _mistake("cost-gradient-at-pre-activation", Stage.OUTPUT, "a - y -> z - y"),
    _mistake("cost-differs", Stage.OUTPUT, "the cost of the gradients -> another one, which is computed"),
    _mistake("target-added", Stage.OUTPUT, "a - y -> a + y"),
    _mistake("target-scaled", Stage.OUTPUT, "(a - y) / n -> a - y / n"),
    _mistake("labels-off-by-one", Stage.OUTPUT, "a[y] -> a[y - 1]"),
    _mistake("targets-not-one-hot", Stage.OUTPUT, "y[range(n), labels] = 1 -> y[:, labels] = 1"),
    _mistake("observations-not-paired", Stage.OUTPUT, "x[order], y[order] -> x[order], y"),
    _mistake("broadcast-by-accident", Stage.OUTPUT, "(n, 1) - (n, 1) -> (n, 1) - (n,)"),
    # derivatives of activations
    _mistake("missing-hidden-activation-derivative", Stage.BACKWARD, "dC/dz_l -> dC/da_l"),
    _mistake("derivative-twice", Stage.BACKWARD, "dC/dz_l -> dC/dz_l f'(z_l)"),
    _mistake("derivative-of-activation", Stage.BACKWARD, "f'(z) -> f'(f(z))"),
    _mistake("activation-form-at-pre-activation", Stage.BACKWARD, "a (1 - a) -> z (1 - z)"),
    _mistake("wrong-derivative", Stage.BACKWARD, "f'(z) -> another function"),
    _mistake("derivative-of-wrong-layer", Stage.BACKWARD, "f'(z_l) -> f'(z_k)"),
    _mistake("relu-mask-of-wrong-array", Stage.BACKWARD, "z_l > 0 -> another array > 0"),
    _mistake("relu-mask-inverted", Stage.BACKWARD, "z > 0 -> z <= 0"),
    _mistake("matmul-for-elementwise", Stage.BACKWARD, "dC/da * f'(z) -> dC/da @ f'(z)"),
    # through the weights
    _mistake("wrong-operation", Stage.BACKWARD, "x * y -> x + y, or another operation of the same values"),
    _mistake("forward-factor-missing", Stage.BACKWARD, "dC/dx * mask -> dC/dx, where the forward pass has x * mask"),
    _mistake("wrong-index", Stage.BACKWARD, "x[:, 1:] -> x[:, :-1], or another part of the same array"),
    _mistake("sum-not-accumulated", Stage.BACKWARD, "sum of terms -> the last term"),
    _mistake("repeated-index", Stage.UPDATE, "np.add.at(x, i, y) -> x[i] += y, although i names items twice"),
    _mistake("delta-not-multiplied-through", Stage.BACKWARD, "delta_l K^T -> dC/da_l K^T"),
    _mistake("upstream-gradient-dropped", Stage.BACKWARD, "dC/da * f'(z) -> f'(z)"),
    _mistake("bias-gradient-sent-back", Stage.BACKWARD, "delta_l K^T -> dC/db_l K^T"),
    _mistake("output-delta-reused", Stage.BACKWARD, "delta_l -> delta of another layer"),
    _mistake("transposed-weights", Stage.BACKWARD, "delta K^T -> delta K"),
    _mistake("weights-of-wrong-layer", Stage.BACKWARD, "delta_l K_l^T -> delta_l K_k^T"),
    _mistake("updated-weights-in-backward", Stage.BACKWARD, "K before the update -> K after it"),
    _mistake("bias-row-not-dropped", Stage.BACKWARD, "K^T -> w^T with the row of the bias"),
    _mistake("elementwise-for-matmul", Stage.BACKWARD, "x @ y -> x * y"),
    _mistake("shared-memory", Stage.BACKWARD, "a copy -> the same array, changed since"),
    # gradients of parameters
    _mistake("wrong-layer-activation", Stage.GRADIENT, "a_(l-1)^T delta_l -> a_k^T delta_l"),
    _mistake("pre-activation-in-gradient", Stage.GRADIENT, "a_(l-1)^T delta_l -> z_(l-1)^T delta_l"),
    _mistake("transposed-gradient", Stage.GRADIENT, "dC/dK -> its transpose"),
    _mistake("gradient-of-another-parameter", Stage.UPDATE, "w -= dC/dw -> w -= dC/dv"),
    _mistake("gradient-of-one-use", Stage.GRADIENT, "dC/dw of all uses of w -> that of one of them"),
    _mistake("bias-gradient-missing", Stage.GRADIENT, "b -= dC/db -> b stays as it is"),
    _mistake("bias-gradient-summed-over-units", Stage.GRADIENT, "sum over observations -> sum over everything"),
    _mistake("bias-gradient-not-summed", Stage.GRADIENT, "sum over observations of delta -> delta"),
    _mistake("sum-over-wrong-axis", Stage.GRADIENT, "sum over observations -> sum over units"),
    _mistake("last-observation-only", Stage.GRADIENT, "sum over observations -> one observation"),
    _mistake("kernel-not-updated", Stage.UPDATE, "K -= dC/dK -> K stays as it is"),
    _mistake("only-last-layer-updated", Stage.UPDATE, "every layer updated -> some are not"),
    # updates
    _mistake("gradient-ascent", Stage.UPDATE, "w - rate dC/dw -> w + rate dC/dw"),
    _mistake("learning-rate-missing", Stage.UPDATE, "w - rate dC/dw -> w - dC/dw"),
    _mistake("learning-rate-twice", Stage.UPDATE, "w - rate dC/dw -> w - rate^2 dC/dw"),
    _mistake("gradient-accumulated-over-iterations", Stage.UPDATE, "gradients start at 0 -> go on from the last ones"),
    _mistake("momentum-sign", Stage.UPDATE, "mu v - rate dC/dw -> -mu v - rate dC/dw"),
    _mistake("momentum-overwritten", Stage.UPDATE, "own velocity of every parameter -> one velocity"),
    _mistake("weight-decay-sign", Stage.UPDATE, "dC/dw + lambda w -> dC/dw - lambda w"),
    _mistake("weight-decay-differs", Stage.UPDATE, "decay of the cost's L2 term -> another one, or none"),
    _mistake("wrong-update-rule", Stage.UPDATE, "Adam, RMSprop, ... -> something else"),
    # the forward pass
    _mistake("forward-pass-not-repeated", Stage.FORWARD, "forward pass in every iteration -> once, before the loop"),
    _mistake("bias-missing-in-forward", Stage.FORWARD, "a K + b -> a K"),
    _mistake("layer-missing-in-forward", Stage.FORWARD, "a_l K -> a_(l-1) K, so that a layer is left out"),
    _mistake("activation-missing-on-output", Stage.FORWARD, "f(z_L) -> z_L"),
    _mistake("activation-missing-on-hidden", Stage.FORWARD, "f(z_l) -> z_l"),
    _mistake("extra-activation-on-output", Stage.FORWARD, "f(z_L) -> f(f(z_L))"),
    _mistake("softmax-over-wrong-axis", Stage.FORWARD, "softmax over units -> softmax over observations"),
    # the run
    _mistake("exception", Stage.RUN, "a gradient -> an exception"),
    _mistake("integer-weights", Stage.RUN, "floating point -> integers"),
    _mistake("numerical-overflow", Stage.RUN, "finite numbers -> inf or nan"),
    # none of these
    _mistake("wrong-value", Stage.BACKWARD, "the true gradient -> something else"),
)

BY_ID: dict[str, Mistake] = {mistake.id: mistake for mistake in CATALOGUE}
