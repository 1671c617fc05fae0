"""The activations at the end of a network, whose derivative a loss may have, all of it or a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


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
