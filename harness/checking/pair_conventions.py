"""What the gradient of a pair may be by a convention, if it is not the true one of the forward side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.driving.pairs.plan import GradientPlan
from .alignment import Alignment, Samples, align, samples
from .matching import decayed_step
from .replay import Values
from .scales import HALVES

Array = NDArray[Any]

TOLERANCE = 1e-6  # relative, of a factor
BEFORE_ACTIVATION = "what the output activation is given"
BEFORE_INPUT = "what the layer before gives its activation"


def with_penalty(
    gradient: GradientPlan, mine: Samples, reference: Samples, of: int, settings: Sequence[Values]
) -> Alignment | None:
    """The gradient of a parameter to which weight decay is added: that of a loss with a penalty."""
    if gradient.of in ("input", "output") or mine.flat.shape != reference.flat.shape:
        return None
    match = decayed_step(mine, reference, samples([values[of] for values in settings]))
    return Alignment(factor=match.factor) if match is not None and min(match.factor, match.decay) > 0 else None


def of_layer_before(
    gradient: GradientPlan, mine: Samples, true: Sequence[Array], of: int, settings: Sequence[Values]
) -> str:
    """Whether what a layer gives back has the derivative of an activation in it whose output is the layer's input."""
    if gradient.of != "input":
        return ""
    given = [np.asarray(values[of], dtype=float) for values in settings]
    rows = [*zip(*map(before_activation, given, true)), [one * (x > 0) for x, one in zip(given, true)]]
    return BEFORE_INPUT if any(align(mine, samples(one)) for one in rows) else ""


def is_usual_scale(factor: float, shape: tuple[int, ...], *, together: bool) -> bool:
    """Whether a loss and its gradient may differ by a factor: one half, a mean for a sum.

    Args:
        factor: gradient over true gradient.
        shape: of the outputs.
        together: whether one function gives both, which is then the mean or sum of both.
    """
    sizes = [1.0] if together else [1.0, *map(float, shape), float(np.prod(shape))]
    usual = [half * size**power for half in HALVES for size in sizes for power in (1, -1)]
    return any(abs(factor - one) <= TOLERANCE * one for one in usual)


def before_activation(output: Array, gradient: Array) -> tuple[Array, ...]:
    """The gradients of a loss with respect to what an output activation is given: a sigmoid, tanh or softmax."""
    product = output * gradient
    softmax = (product - output * np.sum(product, axis=axis, keepdims=True) for axis in range(output.ndim))
    return product * (1 - output), gradient * (1 - output**2), *softmax


def is_behind_cross_entropy(outputs: Sequence[Any], upstreams: Sequence[Any], gradients: Sequence[Array]) -> bool:
    """Whether a softmax takes for granted that it gets the gradient of a cross-entropy: ``a * (1 + da)``.

    The true gradient is ``a * (da - sum(a * da))``. For ``da = -y / a``, that sum is -1, or the same share of a mean.

    Args:
        outputs: of the softmax, at several settings.
        upstreams: the gradients of its outputs; none if there are none.
        gradients: what it gives back.
    """
    shapes = {np.shape(one) for some in (outputs, upstreams, gradients) for one in some}
    if len(shapes) != 1 or not upstreams or any(np.any(np.asarray(output) <= 0) for output in outputs):
        return False
    rests = [gradient / output - upstream for output, upstream, gradient in zip(outputs, upstreams, gradients)]
    share = float(np.mean(rests[0]))
    return share > 0 and all(np.allclose(rest, share, rtol=1e-6, atol=0) for rest in rests)
