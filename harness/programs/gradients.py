"""The gradient of a Keras model's compiled loss on some data, under any backend, without a trace left in the model.

The model is called as for prediction (no dropout, the moving statistics of a BatchNormalization), so that the gradient
depends on nothing but the weights and the data: it can be compared from one step to the next, and the random numbers
of training are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ..models.network import Array
from .derivatives import WithGradient, compiled, with_gradient
from .units import incoming_of


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
        self.function: WithGradient | None = None

    def __call__(self) -> list[tuple[Any, Any]]:
        """(variable, gradient) of each trainable variable."""
        model = self.model
        values, others = (
            [variable.value for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )
        try:
            if self.function is None:
                self.function = with_gradient(self.loss)
                # once an epoch, TensorFlow is quicker without a graph that would have to be traced first
                if keras.config.backend() == "jax":
                    self.function = compiled(self.function, jit=True)
            _, _, gradients = self.function(values, others)
        except Exception as error:  # each backend has errors of its own for shapes that do not fit
            raise ValueError(f"{model.name}: no loss for x and y, leave y out or correct it: {error}") from error
        return list(zip(model.trainable_variables, gradients))

    def loss(self, values: Sequence[Any], others: Sequence[Any]) -> tuple[Any, None]:
        """The loss if the variables had these values, trainable and others; and nothing else."""
        model = self.model
        mapping = [*zip(model.trainable_variables, values), *zip(model.non_trainable_variables, others)]
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True):  # what is assigned is forgotten
            y_pred = model(self.x, training=False)
            loss = model.compute_loss(x=self.x, y=self.y, y_pred=y_pred, sample_weight=None, training=False)
        return loss, None


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
