"""The network as a Keras user writes it: Sequential, Dense, compile, fit.

Keras keeps z to itself and has no deltas, so neither is offered. ``fit`` gets its batches from a dataset, the full
batch again and again or the mini-batches in their order, many steps to one execution and compiled by XLA: that is what
makes it fast here.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from .activations import NEGATIVE_SLOPE
from .batches import Batches
from .network import Array, Backward, Forward, Network, Weights, check_weights, from_keras, to_keras
from .optimizers import SGD, Optimizer

STEPS_PER_EXECUTION = 1000  # at most; from about here on the Python between two executions no longer shows


class SumOfSquaredErrors(keras.losses.Loss):
    """C = sum_ij (a_ij - y_ij)^2 as a Keras loss: summed over outputs here, over observations by the reduction."""

    def __init__(self, name: str = "sum_of_squared_errors", dtype: str | None = None) -> None:
        super().__init__(name=name, reduction="sum", dtype=dtype)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """(observations, outputs) twice to (observations,)"""
        return keras.ops.sum(keras.ops.square(y_pred - y_true), axis=-1)


def leaky_relu(z: tf.Tensor) -> tf.Tensor:
    """z where z > 0, else slope z: Keras' own goes through an op that holds its slope in float32, off by 3e-9"""
    return keras.ops.where(z > 0, z, NEGATIVE_SLOPE * z)


LOSSES: dict[str, type[keras.losses.Loss]] = {
    "sum_of_squared_errors": SumOfSquaredErrors,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
}

# in place of Keras' own activation of that name
ACTIVATIONS = {"leaky_relu": leaky_relu}

# each with the settings of ours as keyword arguments; the learning rate is assigned later
OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "momentum": keras.optimizers.SGD,
    "nesterov": functools.partial(keras.optimizers.SGD, nesterov=True),
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
}


@contextlib.contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Keras' default float for the length of a ``with``: the optimizer's learning rate has no dtype of its own."""
    before = keras.config.floatx()
    keras.config.dtype_policy()  # Keras settles on one for the whole process at its first use: not while this lasts
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def keras_optimizer(optimizer: Optimizer, dtype: str) -> keras.optimizers.Optimizer:
    """Keras' counterpart of ours; its learning rate is to be assigned.

    Keras puts a setting that is a Python float through tf.cast, by way of float32 even to float64: 0.9 would be off by
    2e-8. A NumPy float64 is not, but would make float64 of a float32 update.
    """
    number = np.float64 if dtype == "float64" else float
    return OPTIMIZERS[optimizer.name](**{name: number(value) for name, value in optimizer.settings})


@functools.lru_cache(maxsize=16)
def build(network: Network, dtype: str, optimizer: Optimizer) -> keras.Sequential:
    """A compiled ``keras.Sequential`` of Dense layers for this network; weights and rate are to be assigned.

    One model serves every run of the same network, dtype and optimizer, so that Keras traces its training step once.
    """
    with floatx(dtype):
        model = keras.Sequential([keras.Input((network.sizes[0],), dtype=dtype)])
        for units, activation in zip(network.sizes[1:], network.activations):
            model.add(keras.layers.Dense(units, activation=ACTIVATIONS.get(activation, activation), dtype=dtype))
        model.compile(
            optimizer=keras_optimizer(optimizer, dtype),
            loss=LOSSES[network.cost](dtype=dtype),
            jit_compile=True,
            steps_per_execution=STEPS_PER_EXECUTION,
        )
        model.optimizer.build(model.trainable_variables)
    return model


def with_weights(network: Network, weights: Weights, optimizer: Optimizer = SGD) -> keras.Sequential:
    """The network's model, these weights in it."""
    check_weights(network, weights)
    model = build(network, str(weights[0].dtype), optimizer)
    model.set_weights(to_keras(weights))
    return model


def set_optimizer(model: keras.Sequential, learning_rate: float, state: Sequence[Array] | None) -> None:
    """Put the optimizer into that state, its variables' values; None is before the first update."""
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(np.zeros(variable.shape) if state is None else state[number])
    model.optimizer.learning_rate = learning_rate


def activations_of_layers(model: keras.Sequential, x: tf.Tensor) -> list[tf.Tensor]:
    """[a_1, .., a_L], calling one layer after the other as the model does"""
    a = [x]
    for layer in model.layers:
        a.append(layer(a[-1]))
    return a[1:]


def forward(network: Network, weights: Weights, x: Array, y: Array) -> Forward:
    """See ``network.Implementation``; z is None."""
    model = with_weights(network, weights)
    a = activations_of_layers(model, tf.constant(x))
    return Forward(None, [v.numpy() for v in a], float(model.loss(tf.constant(y), a[-1])))


def tape_gradients(model: keras.Sequential, x: Array, y: Array) -> list[tf.Tensor]:
    """[dC/dkernel, dC/dbias, ...] in Keras' order"""
    with tf.GradientTape() as tape:
        cost = model.loss(tf.constant(y), model(tf.constant(x), training=True))
    return tape.gradient(cost, model.trainable_variables)


def backward(network: Network, weights: Weights, x: Array, y: Array) -> Backward:
    """See ``network.Implementation``; the deltas are None."""
    model = with_weights(network, weights)
    return Backward(None, from_keras([g.numpy() for g in tape_gradients(model, x, y)]))


def update(
    network: Network, weights: Weights, x: Array, y: Array, learning_rate: float, optimizer: Optimizer = SGD
) -> Weights:
    """See ``network.Implementation``: the optimizer's own update, op by op."""
    model = with_weights(network, weights, optimizer)
    set_optimizer(model, learning_rate, None)
    model.optimizer.apply(tape_gradients(model, x, y), model.trainable_variables)
    return from_keras(model.get_weights())


def untuned() -> tf.data.Options:
    """For a dataset that hands out the same batch again and again: tuning it costs a quarter of the training."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    options.threading.private_threadpool_size = 1
    return options


def full_batches(x: Array, y: Array) -> Callable[[int, int], tf.data.Dataset]:
    """(begin, end) to the batch of each of the iterations ``begin`` .. ``end`` - 1: all observations"""
    batch = tf.data.Dataset.from_tensors((x, y)).with_options(untuned())
    return lambda begin, end: batch.repeat(end - begin)


def mini_batches(x: Array, y: Array, batches: Batches) -> Callable[[int, int], tf.data.Dataset]:
    """(begin, end) to the batch of each of the iterations ``begin`` .. ``end`` - 1"""
    observations = len(x)
    per_epoch = batches.per_epoch(observations)
    all_x, all_y = tf.constant(x), tf.constant(y)

    def between(begin: int, end: int) -> tf.data.Dataset:
        found, place = batches.orders(observations, begin, end)
        orders = tf.constant(found)  # (epochs, observations)

        def batch(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            first = number % per_epoch * batches.size
            rows = orders[number // per_epoch, first : first + batches.size]  # at the end of an epoch there are fewer
            return tf.gather(all_x, rows), tf.gather(all_y, rows)

        numbers = tf.data.Dataset.range(place, place + end - begin)
        return numbers.map(batch).prefetch(tf.data.AUTOTUNE)

    return between


def train(
    network: Network,
    weights: Weights,
    x: Array,
    y: Array,
    learning_rate: float,
    recorded: Sequence[int],
    optimizer: Optimizer = SGD,
    batches: Batches | None = None,
) -> Iterator[Weights]:
    """See ``network.Implementation``. One call of ``fit`` from one recorded iteration to the next, or as far as the
    orders of its batches are held."""
    current, state, reached = weights, None, 0
    between = full_batches(x, y) if batches is None else mini_batches(x, y, batches)
    for iteration in recorded:
        while reached < iteration:
            end = iteration if batches is None else min(iteration, reached + batches.iterations_held(len(x)))
            # another run may have had the model since
            model = with_weights(network, current, optimizer)
            set_optimizer(model, learning_rate, state)
            # one epoch of so many steps, each of which is an iteration
            model.fit(between(reached, end), shuffle=False, verbose=0)
            current, reached = from_keras(model.get_weights()), end
            state = [variable.numpy() for variable in model.optimizer.variables]
        yield current
