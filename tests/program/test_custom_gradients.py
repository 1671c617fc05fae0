"""Gradients of ``tf.custom_gradient`` go with the graphs that they belong to, and not before."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from harness.programs.custom_gradients import NAMED, gradients_dropped_with_graphs
from harness.programs.fit_calls import program_of

X = np.linspace(-2, 2, 12, dtype="float32").reshape(6, 2)


def registered():
    """The names of gradients that TensorFlow made up."""
    gc.collect()
    return {name for name in ops.gradient_registry.list() if name.startswith(NAMED)}


@tf.custom_gradient
def tripled(x):
    """The same numbers, with three times their gradient."""
    return tf.identity(x), lambda upstream: 3.0 * upstream


def at_once(x):
    return tripled(x)


def in_a_branch(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: tripled(x), lambda: x)


def in_a_loop(x):
    return tf.while_loop(lambda turn, _: turn < 1, lambda turn, now: (turn + 1, tripled(now)), (0, x))[1]


def in_a_function(x):
    return tf.function(tripled)(x)


@pytest.mark.every(4)
@pytest.mark.parametrize("function", [at_once, in_a_branch, in_a_loop, in_a_function])
def test_a_graph_keeps_its_gradient_after_the_block_and_no_longer_than_itself(function):
    before = registered()
    with gradients_dropped_with_graphs():
        graph = tf.function(function, autograph=False)
        graph.get_concrete_function(tf.TensorSpec((), tf.float32))
    assert registered() - before
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = graph(x)
    assert float(tape.gradient(y, x)) == 3.0
    del graph, tape, y
    assert registered() <= before


def test_gradients_outside_of_the_block_are_left_to_tensorflow():
    before = registered()
    with gradients_dropped_with_graphs():
        pass
    tf.function(at_once).get_concrete_function(tf.TensorSpec((), tf.float32))
    assert registered() - before


def test_a_fit_within_the_block_leaves_no_model_behind():
    before = registered()
    with gradients_dropped_with_graphs():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "swish")])
        model.compile("sgd", "mse", metrics=["accuracy"])
        model.fit(X, X[:, :1], verbose=0)
    held = weakref.ref(model)
    del model
    assert registered() <= before
    assert held() is None


def test_a_program_that_drew_weights_leaves_no_model_behind():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    program = program_of(model, X, X[:, :1])
    first, again, other = program.fresh_weights(3), program.fresh_weights(3), program.fresh_weights(4)
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    held = weakref.ref(program.model)
    del model, program
    gc.collect()
    assert held() is None
