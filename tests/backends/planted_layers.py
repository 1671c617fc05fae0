"""Layers and a loss that compute something else than those of Keras; a child process is given this text."""

import keras
import numpy as np
from keras import layers, ops


class TransposedDense(layers.Dense):
    """Multiplies by the transposed kernel, which must be square."""

    def call(self, inputs, training=None):
        return self.activation(ops.matmul(inputs, ops.transpose(self.kernel)) + self.bias)


class NoisyDense(layers.Dense):
    """Adds noise that no seed decides."""

    def call(self, inputs, training=None):
        noise = np.random.default_rng().normal(0, 1e-3, self.units)
        return super().call(inputs, training=training) + ops.cast(noise, self.compute_dtype)


class SeededDense(layers.Dense):
    """Adds noise from Keras' own generator, of which each backend has its own."""

    def call(self, inputs, training=None):
        noise = keras.random.normal((self.units,), stddev=1e-3, dtype="float32", seed=3)
        return super().call(inputs, training=training) + ops.cast(noise, self.compute_dtype)


class CoarseDense(layers.Dense):
    """Multiplies float32 in bfloat16, as hardware may; float64 stays what it is."""

    def call(self, inputs, training=None):
        kernel = self.kernel
        if self.compute_dtype == "float32":
            inputs, kernel = (ops.cast(ops.cast(v, "bfloat16"), "float32") for v in (inputs, kernel))
        return self.activation(ops.matmul(inputs, kernel) + self.bias)


class ApproximateGelu(layers.Activation):
    """gelu by way of tanh."""

    def call(self, inputs):
        return keras.activations.gelu(inputs, approximate=True)


class ClippedUnderJax(keras.losses.Loss):
    """The cross-entropy of class indices, whose probabilities are clipped under one backend only."""

    def call(self, y_true, y_pred):
        floor = keras.config.epsilon() if keras.config.backend() == "jax" else 0.0
        chosen = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
        return -ops.log(ops.maximum(ops.sum(chosen * y_pred, axis=-1), floor))
