"""Where the chain rule begins, dC/dz of the output layer, and how it goes through an activation; in any layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from .activations import derivative_of
from .costs import cost_named, gradient_of_cost
from .network import Network

if TYPE_CHECKING:
    from jaxtyping import Float


def cost_gradient(
    cost: str, a: Float[tf.Tensor, "observations outputs *members"], y: Float[tf.Tensor, "observations outputs *shared"]
) -> Float[tf.Tensor, "observations outputs *members"]:
    """dC/da_L, (observations, outputs); under a cross-entropy dC/dz_L"""
    return gradient_of_cost(cost, a, y)


def through_activation(
    activation: str, gradient: Float[tf.Tensor, "*shape"], a: Float[tf.Tensor, "*shape"]
) -> Float[tf.Tensor, "*shape"]:
    """dC/dz_l = dC/da_l f_l'(z_l), with f' written from a"""
    return gradient * derivative_of(activation, a)


def output_delta(
    network: Network,
    a: Float[tf.Tensor, "observations outputs *members"],
    y: Float[tf.Tensor, "observations outputs *shared"],
) -> Float[tf.Tensor, "observations outputs *members"]:
    """delta_L = dC/dz_L, (observations, outputs)"""
    gradient = cost_gradient(network.cost, a, y)
    if cost_named(network.cost).output_activation is not None:
        return gradient
    return through_activation(network.activations[-1], gradient, a)
