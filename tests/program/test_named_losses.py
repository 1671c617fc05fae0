"""A loss of the user's own that gives the values of one of Keras is read as that."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.programs.contradictions import Check, Severity, contradictions
from harness.programs.fit_calls import program_of
from harness.programs.targets import describe_loss


def entropy(y, p):
    return -tf.reduce_mean(y * tf.math.log(p + 1e-7) + (1 - y) * tf.math.log(1 - p + 1e-7))


class Squares(keras.losses.Loss):
    def call(self, y, p):
        return tf.square(y - p)


@pytest.mark.parametrize(
    ("loss", "name", "from_logits"),
    [
        (lambda y, p: tf.reduce_mean(tf.square(y - p)), "mean_squared_error", False),
        (Squares(), "mean_squared_error", False),
        (lambda y, p: tf.abs(p - y), "mean_absolute_error", False),
        (entropy, "binary_crossentropy", False),
        (lambda y, p: tf.nn.sigmoid_cross_entropy_with_logits(y, p), "binary_crossentropy", True),
        (lambda y, p: -tf.reduce_sum(y * tf.math.log(p), axis=-1), "categorical_crossentropy", False),
        (lambda y, p: tf.nn.softmax_cross_entropy_with_logits(y, p), "categorical_crossentropy", True),
        (lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p), "sparse_categorical_crossentropy", False),
    ],
)
def test_a_loss_that_gives_the_values_of_keras_has_its_name(loss, name, from_logits):
    facts = describe_loss(loss)
    assert (facts.name, facts.from_logits, facts.is_known) == (name, from_logits, True)


@pytest.mark.parametrize(
    "loss",
    [
        lambda y, p: tf.sqrt(tf.reduce_mean(tf.square(y - p))),
        lambda y, p: 2 * tf.reduce_mean(tf.square(y - p)),
        lambda y, p: tf.reduce_sum(tf.square(y - p), axis=-1),
        lambda y, p: keras.losses.categorical_crossentropy(p, y),
        lambda y, p: tf.reduce_mean(y - p),
        Squares(reduction="sum"),
    ],
)
def test_another_loss_is_one_of_the_users_own(loss):
    facts = describe_loss(loss)
    assert facts.name.startswith("custom:")
    assert not facts.is_known


def test_a_loss_of_ones_own_that_is_one_of_keras_still_compares_what_it_is_given():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", Squares())
    x = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    found = contradictions(program_of(model, x, x.sum(axis=1), epochs=100))
    assert Check.BROADCAST_LOSS in [one.check for one in found]


def test_class_numbers_under_a_sparse_loss_of_ones_own_are_no_contradiction():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")])
    model.compile("adam", lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p))
    x = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    found = contradictions(program_of(model, x, np.arange(60) % 3, epochs=100))
    assert [one for one in found if one.severity in (Severity.CONTRADICTION, Severity.SUSPICION)] == []
