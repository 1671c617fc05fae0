"""LSTM and GRU layers in few operations a time step, forwards and backwards.

A recurrent loop that is written out has as many operations as its steps have, times the steps. Tracing it, vectorising
it and running it each cost time for every operation. So the inputs are multiplied by their kernel once for all time
steps, and so are the gradients of both kernels; what remains in a step are the products with the last state. The
backward pass is written by hand: what it multiplies by is known after the forward pass, for all time steps at once.

The functions have the signatures of Keras' own ``backend.lstm`` and ``backend.gru``. What they do not cover raises
``NotImplementedError``, and Keras' layers then use their general loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

MAX_UNROLLED = 64  # time steps of a recurrent layer that are written out one by one

Tensor = Any


def lstm(
    inputs: Tensor,
    initial_state_h: Tensor,
    initial_state_c: Tensor,
    mask: Tensor | None,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    activation: Callable[..., Any],
    recurrent_activation: Callable[..., Any],
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """The loop of an LSTM layer.

    Args:
        inputs: (batch, steps, features).
        initial_state_h, initial_state_c: (batch, units).
    Returns:
        the last output, all outputs (batch, steps, units), and the last states.
    Raises:
        NotImplementedError: a mask, other activations than the usual ones, or too many steps.
    """
    _check_usual(inputs, mask, activation, recurrent_activation)
    projected = _projected(inputs, kernel, bias, go_backwards)
    states, cell = _lstm_steps(projected, initial_state_h, initial_state_c, tf.convert_to_tensor(recurrent_kernel))
    return _answer(states, [states[-1], cell])


def gru(
    inputs: Tensor,
    initial_state: Tensor,
    mask: Tensor | None,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    activation: Callable[..., Any],
    recurrent_activation: Callable[..., Any],
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """The loop of a GRU layer; see ``lstm``.

    Raises:
        NotImplementedError: see ``lstm``; or the reset gate comes before the product with the state.
    """
    _check_usual(inputs, mask, activation, recurrent_activation)
    if not reset_after:
        raise NotImplementedError
    biases = (None, tf.zeros(recurrent_kernel.shape[-1:], inputs.dtype)) if bias is None else tf.unstack(bias)
    projected = _projected(inputs, kernel, biases[0], go_backwards)
    states = _gru_steps(projected, initial_state, tf.convert_to_tensor(recurrent_kernel), biases[1])
    return _answer(states, [states[-1]])


def _check_usual(
    inputs: Tensor, mask: Tensor | None, activation: Callable[..., Any], recurrent_activation: Callable[..., Any]
) -> None:
    """Raise NotImplementedError for a layer that is not written out here."""
    usual = activation is keras.activations.tanh and recurrent_activation is keras.activations.sigmoid
    steps = inputs.shape[1]
    if mask is not None or not usual or steps is None or steps > MAX_UNROLLED:
        raise NotImplementedError


def _projected(inputs: Tensor, kernel: Any, bias: Any, go_backwards: bool) -> Tensor:
    """The inputs times their kernel, with the bias: (steps, batch, gates), in the order in which they are read."""
    steps, features = inputs.shape[1:]
    kernel = tf.convert_to_tensor(kernel)
    rows = tf.reshape(tf.transpose(inputs, (1, 0, 2)), (-1, features))
    product = tf.matmul(rows, kernel)
    if bias is not None:
        product += tf.convert_to_tensor(bias)
    product = tf.reshape(product, (steps, -1, kernel.shape[-1]))
    return tf.reverse(product, [0]) if go_backwards else product


def _answer(states: Tensor, last: list[Tensor]) -> tuple[Tensor, Tensor, list[Tensor]]:
    """What a layer's loop returns, from the states after all steps, (steps, batch, units)."""
    return last[0], tf.transpose(states, (1, 0, 2)), last


def _flat(values: Tensor) -> Tensor:
    """(steps, batch, n) as (steps * batch, n)."""
    return tf.reshape(values, (-1, values.shape[-1]))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _lstm_steps(projected: Tensor, hidden: Tensor, cell: Tensor, recurrent: Tensor) -> Any:
    """All steps of an LSTM.

    Args:
        projected: (steps, batch, 4 units): of the gates input, forget, candidate and output.
        hidden, cell: (batch, units) before the first step.
        recurrent: (units, 4 units).
    Returns:
        the hidden states after all steps (steps, batch, units), and the last cell state.
    """
    hiddens, cells, gates, squashed = [hidden], [cell], [], []
    for part in tf.unstack(projected):
        i, f, g, o = tf.split(part + tf.matmul(hiddens[-1], recurrent), 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cells.append(f * cells[-1] + i * g)
        squashed.append(tf.tanh(cells[-1]))
        hiddens.append(o * squashed[-1])
        gates.append((i, f, g, o))
    states = tf.stack(hiddens[1:])

    def gradient(d_states: Tensor, d_cell: Tensor) -> tuple[Tensor, ...]:
        i, f, g, o = map(tf.stack, zip(*gates))
        before, after = tf.stack(cells[:-1]), tf.stack(squashed)
        # by what the gradient of the cell state (of the hidden state, for the output gate) reaches a gate
        to_gates = tf.concat([g * i * (1 - i), before * f * (1 - f), i * (1 - g * g), after * o * (1 - o)], -1)
        to_cell = tf.unstack(o * (1 - after * after))
        d_hidden, d_gates = tf.zeros_like(hidden), []
        steps = zip(tf.unstack(d_states), to_cell, tf.unstack(to_gates), gates)
        for d_state, cell_factor, gate_factor, step_gates in reversed(list(steps)):
            d_hidden += d_state
            d_cell += d_hidden * cell_factor
            d_gates.append(tf.concat([d_cell, d_cell, d_cell, d_hidden], -1) * gate_factor)
            d_hidden = tf.matmul(d_gates[-1], recurrent, transpose_b=True)
            d_cell *= step_gates[1]
        d_projected = tf.stack(d_gates[::-1])
        d_recurrent = tf.matmul(_flat(tf.stack(hiddens[:-1])), _flat(d_projected), transpose_a=True)
        return d_projected, d_hidden, d_cell, d_recurrent

    return (states, cells[-1]), gradient


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _gru_steps(projected: Tensor, hidden: Tensor, recurrent: Tensor, bias: Tensor) -> Any:
    """All steps of a GRU whose reset gate comes after the product with the state.

    Args:
        projected: (steps, batch, 3 units): of the gates update and reset, and of the candidate.
        hidden: (batch, units) before the first step.
        recurrent: (units, 3 units).
        bias: (3 units,) of the product with the state.
    Returns:
        the states after all steps (steps, batch, units).
    """
    units = hidden.shape[-1]
    hiddens, gates = [hidden], []
    for outer_gates, outer in zip(*map(tf.unstack, tf.split(projected, [2 * units, units], axis=-1))):
        inner_gates, inner = tf.split(tf.matmul(hiddens[-1], recurrent) + bias, [2 * units, units], axis=-1)
        z, r = tf.split(tf.sigmoid(outer_gates + inner_gates), 2, axis=-1)
        n = tf.tanh(outer + r * inner)
        hiddens.append(n + z * (hiddens[-1] - n))
        gates.append((z, r, n, inner))
    states, before = tf.stack(hiddens[1:]), tf.stack(hiddens[:-1])

    def gradient(d_states: Tensor) -> tuple[Tensor, ...]:
        z, r, n, inner = map(tf.stack, zip(*gates))
        to_candidate = (1 - z) * (1 - n * n)
        to_gates = tf.concat([(before - n) * z * (1 - z), to_candidate * inner * r * (1 - r)], -1)
        to_inner = tf.unstack(tf.concat([to_gates, to_candidate * r], -1))
        d_hidden, d_inner, d_hiddens = tf.zeros_like(hidden), [], []
        steps = zip(tf.unstack(d_states), to_inner, gates)
        for d_state, inner_factor, step_gates in reversed(list(steps)):
            d_hidden += d_state
            d_hiddens.append(d_hidden)
            d_inner.append(tf.concat([d_hidden, d_hidden, d_hidden], -1) * inner_factor)
            d_hidden = d_hidden * step_gates[0] + tf.matmul(d_inner[-1], recurrent, transpose_b=True)
        d_all = tf.stack(d_hiddens[::-1])
        d_projected = tf.concat([d_all, d_all, d_all], -1) * tf.concat([to_gates, to_candidate], -1)
        products = _flat(tf.stack(d_inner[::-1]))
        d_recurrent = tf.matmul(_flat(before), products, transpose_a=True)
        return d_projected, d_hidden, d_recurrent, tf.reduce_sum(products, 0)

    return states, gradient
