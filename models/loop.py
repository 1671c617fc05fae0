"""Gradient descent as one compiled loop, for any way of computing the gradients.

The whole loop is one XLA program that runs from one recorded iteration to the next. The number of iterations and the
learning rate are arguments of it, so runs that share shapes share the program.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from .network import Array, Network, Weights, check_weights

Gradients = Callable[[Network, list[tf.Tensor], tf.Tensor, tf.Tensor], list[tf.Tensor]]


def descend(weight: tf.Tensor, gradient: tf.Tensor, learning_rate: tf.Tensor) -> tf.Tensor:
    """w <- w - learning_rate dC/dw"""
    return weight - learning_rate * gradient


@functools.cache
def compiled_descent(gradients: Gradients, network: Network) -> Callable[..., list[tf.Tensor]]:
    """(weights, x, y, learning_rate, iterations) to the weights after so many iterations, as one XLA program."""

    def descent(
        weights: list[tf.Tensor], x: tf.Tensor, y: tf.Tensor, learning_rate: tf.Tensor, iterations: tf.Tensor
    ) -> list[tf.Tensor]:
        def iterate(iteration: tf.Tensor, *weights: tf.Tensor) -> tuple[tf.Tensor, ...]:
            found = gradients(network, list(weights), x, y)
            return (iteration + 1, *(descend(w, g, learning_rate) for w, g in zip(weights, found)))

        start = tf.constant(0, tf.int32)
        return tf.while_loop(lambda iteration, *_: iteration < iterations, iterate, (start, *weights))[1:]

    return tf.function(descent, jit_compile=True, autograph=False)


def update(
    gradients: Gradients, network: Network, weights: Weights, x: Array, y: Array, learning_rate: float
) -> Weights:
    """The weights after one iteration, op by op and not compiled: what ``train`` must come to as well."""
    check_weights(network, weights)
    dtype = weights[0].dtype
    tensors = [tf.constant(w) for w in weights]
    found = gradients(network, tensors, tf.constant(x, dtype), tf.constant(y, dtype))
    rate = tf.constant(learning_rate, dtype)
    return [descend(w, g, rate).numpy() for w, g in zip(tensors, found)]


def train(
    gradients: Gradients,
    network: Network,
    weights: Weights,
    x: Array,
    y: Array,
    learning_rate: float,
    recorded: Sequence[int],
) -> Iterator[Weights]:
    """Descend from ``weights``; yield them at each of the ``recorded`` iterations (rising; 0 is the start).

    Raises:
        ValueError: the weights have other shapes than the network's.
    """
    check_weights(network, weights)
    dtype = weights[0].dtype
    descent = compiled_descent(gradients, network)
    x, y = tf.constant(x, dtype), tf.constant(y, dtype)
    rate = tf.constant(learning_rate, dtype)
    current, reached = [tf.constant(w) for w in weights], 0
    for iteration in recorded:
        if iteration > reached:
            current = descent(current, x, y, rate, tf.constant(iteration - reached, tf.int32))
            reached = iteration
        yield [w.numpy() for w in current]
