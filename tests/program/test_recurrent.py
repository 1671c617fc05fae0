"""LSTM and GRU layers as they are written out for many members: the outputs and gradients of Keras' own loop."""

from __future__ import annotations

import contextlib
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.programs import lowering, recurrent

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(3, 4, 2))
WEIGHTS = RNG.normal(size=(3, 4, 5))  # of the outputs in the sum that is differentiated


def sum_and_gradients(layer: Any, *, is_lowered: bool) -> list[Any]:
    """A sum over all outputs, and its gradients by the rows and by each weight."""

    @tf.function(autograph=False)
    def differentiated(x: Any) -> list[Any]:
        weights = [weight.value for weight in layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(WEIGHTS * layer(x) ** 2)
        return [total, *tape.gradient(total, [x, *weights])]

    with lowering.lowered_operations() if is_lowered else contextlib.nullcontext():
        return [np.asarray(value) for value in differentiated(tf.constant(ROWS))]


@pytest.mark.parametrize(
    "options",
    [
        {"go_backwards": True, "bias_initializer": "random_normal"},
        pytest.param({"use_bias": False}, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_outputs_and_gradients_are_those_of_keras(
    kind: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = getattr(keras.layers, kind)(5, return_sequences=True, dtype="float64", **options)
    layer.build((None, 4, 2))
    known = sum_and_gradients(layer, is_lowered=False)
    monkeypatch.setitem(lowering.ORIGINAL, "rnn", None)  # Keras' general loop is not used any more
    found = sum_and_gradients(layer, is_lowered=True)
    assert len(known) == len(layer.trainable_weights) + 2
    for one, other in zip(known, found):
        assert np.allclose(one, other, rtol=1e-12, atol=1e-12)


def test_what_is_not_written_out_is_left_to_keras() -> None:
    zeros, usual = tf.zeros((3, 5)), (keras.activations.tanh, keras.activations.sigmoid)
    kernels = (tf.zeros((2, 20)), tf.zeros((5, 20)), None)
    for mask, activations in ((tf.ones((3, 4)), usual), (None, (keras.activations.relu, usual[1]))):
        with pytest.raises(NotImplementedError):
            recurrent.lstm(tf.constant(ROWS), zeros, zeros, mask, *kernels, *activations)
