"""float64 under JAX and PyTorch, whose computations Keras and JAX otherwise make in float32."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras


@contextlib.contextmanager
def wide(is_wanted: bool) -> Iterator[None]:
    """Let JAX and PyTorch compute in float64 inside the block, as TensorFlow always does.

    JAX has an option for it, and an attention whose softmax is in float32 whatever it is given. Keras has a table by
    which results of both backends become float32.
    """
    if not is_wanted:
        yield
        return
    from keras.src.backend.common import dtypes

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, float64="float64"))
        if keras.config.backend() == "jax":
            import jax

            stack.callback(jax.config.update, "jax_enable_x64", jax.config.jax_enable_x64)
            jax.config.update("jax_enable_x64", True)
            stack.enter_context(mock.patch("jax.nn.dot_product_attention", attention))
        yield


def attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    **others: Any,
) -> Any:
    """``jax.nn.dot_product_attention`` by its definition, in the dtype of its arguments.

    Args:
        query: (batch, targets, heads, size).
        key, value: (batch, sources, heads, size).
        bias: added to the products of query and key, (batch, heads, targets, sources) or less by broadcasting.
        mask: where attention is allowed, of the same shape.
        scale: of those products; 1 / sqrt(size) by default.
        is_causal: whether a target attends to no later source.
        others: choices between ways to compute the same.
    """
    import jax
    import jax.numpy as jnp

    logits = jnp.einsum("btnh,bsnh->bnts", query, key) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if bias is not None:
        logits += bias
    if is_causal:
        causal = jnp.tril(jnp.ones(logits.shape[-2:], bool))
        mask = causal if mask is None else mask & causal
    if mask is not None:
        logits = jnp.where(mask, logits, -0.7 * jnp.finfo(logits.dtype).max)
    return jnp.einsum("bnts,bsnh->btnh", jax.nn.softmax(logits), value)
