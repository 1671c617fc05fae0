"""The gradient of a Keras model's compiled loss on some data, under any backend, without a trace left in the model.

The model is called as for prediction (no dropout, the moving statistics of a BatchNormalization), so that the gradient
depends on nothing but the weights and the data: it can be compared from one step to the next, and the random numbers
of training are not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from ..models.network import Array
from .units import incoming_of

LossOf = Callable[[Sequence[Any]], Any]  # the loss, from the values of the model's trainable variables


class LossGradient:
    """Gradients of the loss of one compiled model, with respect to its trainable variables.

    Args:
        model: built and compiled.
        x, y: inputs and targets, in the form that ``model(x)`` and the loss take.

    Raises:
        ValueError: the loss cannot be computed from ``x`` and ``y``.
    """

    def __init__(self, model: keras.Model, x: Any, y: Any) -> None:
        self.model = model
        self.x, self.y = (keras.tree.map_structure(keras.ops.convert_to_tensor, data) for data in (x, y))
        self.compiled: Any = None

    def __call__(self) -> list[tuple[Any, Any]]:
        """(variable, gradient) of each trainable variable."""
        variables = self.model.trainable_variables
        gradients_by = {"tensorflow": self.with_tensorflow, "jax": self.with_jax, "torch": self.with_torch}
        backend = keras.config.backend()
        if backend not in gradients_by:
            raise ValueError(f"the Keras backend {backend} computes no gradients; leave y out")
        try:
            gradients = gradients_by[backend]([variable.value for variable in variables])
        except Exception as error:  # each backend has errors of its own for shapes that do not fit
            raise ValueError(f"{self.model.name}: no loss for x and y, leave y out or correct it: {error}") from error
        return [(v, keras.ops.zeros_like(v) if g is None else g) for v, g in zip(variables, gradients)]

    def loss(self, values: Sequence[Any], others: Sequence[Any] | None = None) -> Any:
        """The loss if the trainable variables had these values, and the other variables those of ``others``."""
        mapping = list(zip(self.model.trainable_variables, values))
        if others is not None:
            mapping += zip(self.model.non_trainable_variables, others)
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True):  # what is assigned is forgotten
            y_pred = self.model(self.x, training=False)
            return self.model.compute_loss(x=self.x, y=self.y, y_pred=y_pred, sample_weight=None, training=False)

    def with_tensorflow(self, values: Sequence[Any]) -> list[Any]:
        """Eager: once an epoch, that is quicker than tracing a function for it."""
        import tensorflow as tf

        values = [tf.convert_to_tensor(value) for value in values]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss = self.loss(values)
        found = tape.gradient(loss, values)
        return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in found]  # of embeddings too

    def with_jax(self, values: Sequence[Any]) -> list[Any]:
        """Compiled once for each callback."""
        import jax

        if self.compiled is None:
            self.compiled = jax.jit(jax.grad(self.loss))
        others = [variable.value for variable in self.model.non_trainable_variables]
        return list(self.compiled(list(values), others))

    def with_torch(self, values: Sequence[Any]) -> list[Any]:
        """On copies, so that the gradients that training collects stay as they are."""
        import torch

        with torch.enable_grad():
            copies = [value.detach().clone().requires_grad_() for value in values]
            return list(torch.autograd.grad(self.loss(copies), copies, allow_unused=True))


def gradients_of_units(layers: Sequence[keras.Layer], gradients: Sequence[tuple[Any, Any]]) -> list[Array]:
    """For each layer the gradient of its incoming weights, (incoming weights, units), ordered as ``incoming_of`` does.

    Weights that are not trained have the gradient 0.
    """
    given = {id(variable) for variable, _ in gradients}
    mapping = list(gradients)
    for layer in layers:
        mapping += [(v, keras.ops.zeros_like(v)) for v in layer.variables if id(v) not in given]
    with keras.StatelessScope(state_mapping=[(v, keras.ops.cast(g, v.dtype)) for v, g in mapping]):
        found = [incoming_of(layer) for layer in layers]
    return [np.array(gradient) for gradient in found if gradient is not None]
