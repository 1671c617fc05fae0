"""The network as a Keras user writes it: Sequential, Dense, compile, fit.

Keras keeps z to itself and has no deltas, so neither is offered. ``fit`` gets its batches from a dataset, the full
batch again and again or the mini-batches in their order, many steps to one execution and compiled by XLA: that is what
makes it fast here.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from .activations import activation_named
from .batches import Batches
from .costs import COSTS
from .network import Array, Backward, Forward, Network, Weights, check_weights, from_keras, to_keras
from .optimizers import OPTIMIZERS, SGD, Optimizer
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float

STEPS_PER_EXECUTION = 1000  # at most; from about here on the Python between two executions no longer shows


# the class of each cost's loss
LOSSES: dict[str, Callable[..., keras.losses.Loss]] = {name: cost.keras_loss(keras) for name, cost in COSTS.items()}

SumOfSquaredErrors = LOSSES["sum_of_squared_errors"]


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
    """Keras' optimizer for one of this package; its learning rate is to be assigned.

    Keras puts a setting that is a Python float through tf.cast, by way of float32 even to float64: 0.9 would be off by
    2e-8. A NumPy float64 is not, but would make float64 of a float32 update.
    """
    number = np.float64 if dtype == "float64" else float
    made_by = OPTIMIZERS[optimizer.name].keras_optimizer(keras)
    return made_by(**{name: number(value) for name, value in optimizer.settings})


def keras_activation(name: str) -> str | Callable[[tf.Tensor], tf.Tensor]:
    """What a Dense layer is given for that activation: Keras' own by its name, or the table's in place of it."""
    own = activation_named(name).keras_function
    return name if own is None else functools.partial(own, keras)


@functools.lru_cache(maxsize=16)
def build(network: Network, dtype: str, optimizer: Optimizer) -> keras.Sequential:
    """A compiled ``keras.Sequential`` of Dense layers for this network; weights and rate are to be assigned.

    One model serves every run of the same network, dtype and optimizer, so that Keras traces its training step once.
    """
    with floatx(dtype):
        model = keras.Sequential([keras.Input((network.sizes[0],), dtype=dtype)])
        for units, activation in zip(network.sizes[1:], network.activations):
            model.add(keras.layers.Dense(units, activation=keras_activation(activation), dtype=dtype))
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


def set_optimizer(model: keras.Sequential, learning_rate: float | Array, state: Sequence[Array] | None) -> None:
    """Put the optimizer into that state, its variables' values; None is before the first update."""
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(np.zeros(variable.shape) if state is None else state[number])
    model.optimizer.learning_rate = learning_rate


def activations_of_layers(
    model: keras.Sequential, x: Float[tf.Tensor, "observations inputs"]
) -> list[Float[tf.Tensor, "observations _units"]]:
    """[a_1, .., a_L], calling one layer after the other as the model does"""
    a = [x]
    for layer in model.layers:
        a.append(layer(a[-1]))
    return a[1:]


def forward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Forward:
    """See ``network.Implementation``; z is None."""
    model = with_weights(network, weights)
    a = activations_of_layers(model, tf.constant(x))
    return Forward(None, [v.numpy() for v in a], float(model.loss(tf.constant(y), a[-1])))


def tape_gradients(
    model: keras.Sequential, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> list[tf.Tensor]:
    """[dC/dkernel, dC/dbias, ...] in Keras' order"""
    with tf.GradientTape() as tape:
        cost = model.loss(tf.constant(y), model(tf.constant(x), training=True))
    return tape.gradient(cost, model.trainable_variables)


def backward(
    network: Network, weights: Weights, x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Backward:
    """See ``network.Implementation``; the deltas are None."""
    model = with_weights(network, weights)
    return Backward(None, from_keras([g.numpy() for g in tape_gradients(model, x, y)]))


def update(
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Weights:
    """See ``network.Implementation``: the optimizer's own update, op by op."""
    model = with_weights(network, weights, training.single_optimizer)
    set_optimizer(model, training.learning_rate, None)
    model.optimizer.apply(tape_gradients(model, x, y), model.trainable_variables)
    return from_keras(model.get_weights())


def untuned() -> tf.data.Options:
    """For a dataset that hands out the same batch again and again: tuning it costs a quarter of the training."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    options.threading.private_threadpool_size = 1
    return options


def full_batches(
    x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"]
) -> Callable[[int, int], tf.data.Dataset]:
    """(begin, end) to the batch of each of the iterations ``begin`` .. ``end`` - 1: all observations"""
    batch = tf.data.Dataset.from_tensors((x, y)).with_options(untuned())
    return lambda begin, end: batch.repeat(end - begin)


def mini_batches(
    x: Float[Array, "observations inputs"], y: Float[Array, "observations outputs"], batches: Batches
) -> Callable[[int, int], tf.data.Dataset]:
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
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Iterator[Weights]:
    """See ``network.Implementation``. One call of ``fit`` from one recorded iteration to the next, or as far as the
    orders of its batches are held."""
    current, state, reached = weights, None, 0
    batches = training.batches
    between = full_batches(x, y) if batches is None else mini_batches(x, y, batches)
    for iteration in training.recorded:
        while reached < iteration:
            end = iteration if batches is None else min(iteration, reached + batches.iterations_held(len(x)))
            # another run may have had the model since
            model = with_weights(network, current, training.single_optimizer)
            set_optimizer(model, training.learning_rate, state)
            # one epoch of so many steps; each is an iteration
            model.fit(between(reached, end), shuffle=False, verbose=0)
            current, reached = from_keras(model.get_weights()), end
            state = [variable.numpy() for variable in model.optimizer.variables]
        yield current
