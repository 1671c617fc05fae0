"""The loss, its gradient and what else a function gives, under whichever backend Keras runs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

# (values of the trainable variables, other arguments) -> (loss, anything else)
Function = Callable[..., tuple[Any, Any]]

# the same arguments -> (loss, anything else, gradients)
WithGradient = Callable[..., tuple[Any, Any, Sequence[Any]]]


def with_gradient(function: Function, *, jit: bool) -> WithGradient:
    """The function with the gradient of its first result, with respect to each of the values of its first argument.

    Args:
        function: of values and other arguments; its first result is a scalar.
        jit: whether it is compiled.

    Raises:
        ValueError: the backend computes no gradients.
    """
    makers = {"tensorflow": _with_tensorflow, "jax": _with_jax, "torch": _with_torch}
    backend = keras.config.backend()
    if backend not in makers:
        raise ValueError(f"the Keras backend {backend} computes no gradients")
    return makers[backend](function, jit)


def _with_tensorflow(function: Function, jit: bool) -> WithGradient:
    """A graph, which XLA compiles if ``jit``."""
    import tensorflow as tf

    def both(values: Sequence[Any], *rest: Any) -> tuple[Any, Any, Sequence[Any]]:
        values = [tf.convert_to_tensor(value) for value in values]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, others = function(values, *rest)
        gradients = tape.gradient(loss, values)
        found = [tf.zeros_like(v) if g is None else tf.convert_to_tensor(g) for v, g in zip(values, gradients)]
        return loss, others, found

    return tf.function(both, jit_compile=jit or None)


def _with_jax(function: Function, jit: bool) -> WithGradient:
    """One compiled function, or one operation after the other."""
    import jax

    differentiated = jax.value_and_grad(function, has_aux=True)
    compiled = jax.jit(differentiated) if jit else differentiated

    def both(values: Sequence[Any], *rest: Any) -> tuple[Any, Any, Sequence[Any]]:
        (loss, others), gradients = compiled(list(values), *rest)
        return loss, others, gradients

    return both


def _with_torch(function: Function, jit: bool) -> WithGradient:
    """On copies, one operation after the other."""
    import torch

    def both(values: Sequence[Any], *rest: Any) -> tuple[Any, Any, Sequence[Any]]:
        with torch.enable_grad():
            copies = [value.detach().clone().requires_grad_() for value in values]
            loss, others = function(copies, *rest)
            gradients = torch.autograd.grad(loss, copies, allow_unused=True)
        return loss, others, [torch.zeros_like(v) if g is None else g for v, g in zip(copies, gradients)]

    return both
