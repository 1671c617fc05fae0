"""A function of a model's variables and its gradient, under whichever backend Keras runs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

# (values of variables, other arguments) -> (loss, anything else)
Function = Callable[..., tuple[Any, Any]]

# the same arguments -> (loss, anything else, gradients)
WithGradient = Callable[..., tuple[Any, Any, Sequence[Any]]]


def with_gradient(function: Function) -> WithGradient:
    """The function with the gradient of its first result, with respect to each of the values of its first argument.

    It is computed one operation after the other, see ``compiled``. A gradient is 0 if the result does not depend on
    a value.

    Args:
        function: of a list of tensors and other arguments; its first result is a scalar.

    Raises:
        ValueError: the backend computes no gradients.
    """
    makers = {"tensorflow": _with_tensorflow, "jax": _with_jax, "torch": _with_torch}
    backend = keras.config.backend()
    if backend not in makers:
        raise ValueError(f"the Keras backend {backend} computes no gradients")
    return makers[backend](function)


def compiled(function: WithGradient, *, jit: bool) -> WithGradient:
    """The function as Keras' own training step would be run.

    Args:
        function: of tensors.
        jit: Keras' ``jit_compile``. Without it TensorFlow makes a graph, and the others nothing.
    """
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        graph: WithGradient = tf.function(function, jit_compile=jit or None)
        return graph
    if keras.config.backend() == "jax" and jit:
        import jax

        return jax.jit(function)
    return function


def gradients_or_none(function: Callable[[], Any], values: Sequence[Any]) -> list[Any]:
    """The gradient of a scalar with respect to each value; None if nothing that can be differentiated leads there.

    Args:
        function: computes the scalar from the values.
        values: variables that it reads.

    Raises:
        ValueError: the backend gives 0 for both.
    """
    if keras.config.backend() != "tensorflow":
        raise ValueError(f"the Keras backend {keras.config.backend()} does not distinguish a missing gradient from 0")
    import tensorflow as tf

    with tf.GradientTape() as tape:
        scalar = function()
    gradients = tape.gradient(scalar, values) if isinstance(scalar, tf.Tensor) else [None] * len(values)
    return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients]


def _with_tensorflow(function: Function) -> WithGradient:
    import tensorflow as tf

    def both(values: Sequence[Any], *rest: Any) -> tuple[Any, Any, Sequence[Any]]:
        values = [tf.convert_to_tensor(value) for value in values]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, others = function(values, *rest)
        gradients = tape.gradient(loss, values)
        # those of embeddings are sparse
        found = [tf.zeros_like(v) if g is None else tf.convert_to_tensor(g) for v, g in zip(values, gradients)]
        return loss, others, found

    return both


def _with_jax(function: Function) -> WithGradient:
    import jax

    differentiated = jax.value_and_grad(function, has_aux=True)

    def both(values: Sequence[Any], *rest: Any) -> tuple[Any, Any, Sequence[Any]]:
        (loss, others), gradients = differentiated(list(values), *rest)
        return loss, others, gradients

    return both


def _with_torch(function: Function) -> WithGradient:
    import torch

    def both(values: Sequence[Any], *rest: Any) -> tuple[Any, Any, Sequence[Any]]:
        with torch.enable_grad():
            # on copies, so that the gradients that training collects stay as they are
            copies = [value.detach().clone().requires_grad_() for value in values]
            loss, others = function(copies, *rest)
            gradients = torch.autograd.grad(loss, copies, allow_unused=True)
        return loss, others, [torch.zeros_like(v) if g is None else g for v, g in zip(copies, gradients)]

    return both
