"""Accuracy, beside scikit-learn's and Keras'."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from harness.measures.accuracy import accuracy, accuracy_of_members, counts_classes, right_answers
from harness.models.network import Network, to_keras

RNG = np.random.default_rng(0)


def test_one_of_many_is_the_largest_output():
    outputs, labels = RNG.normal(size=(50, 3)), RNG.integers(0, 3, 50)
    assert np.mean(right_answers(outputs, np.eye(3)[labels])) == accuracy_score(labels, outputs.argmax(axis=1))


@pytest.mark.parametrize("columns", [1, 4])
def test_labels_of_their_own_are_right_if_all_are(columns):
    outputs, y = RNG.random((50, columns)), RNG.integers(0, 2, (50, columns)).astype(float)
    assert np.mean(right_answers(outputs, y)) == accuracy_score(y, outputs > 0.5)


def test_what_is_not_a_number_is_not_right():
    outputs = np.array([[np.nan, 0.1], [0.9, 0.1], [np.inf, 0.0]])
    assert right_answers(outputs, np.array([[1.0, 0.0]] * 3)).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cost", "y", "expected"),
    [
        ("categorical_crossentropy", [[1, 0], [0, 1]], True),
        ("categorical_crossentropy", [[0.5, 0.5], [0, 1]], False),
        ("binary_crossentropy", [[1], [0]], True),
        ("binary_crossentropy", [[0.3], [0]], False),
        ("mean_squared_error", [[1], [0]], False),
    ],
)
def test_what_is_a_classification(cost, y, expected):
    assert counts_classes(cost, np.array(y, float)) is expected


@pytest.mark.parametrize(
    ("activations", "cost", "outputs"),
    [
        (("tanh", "softmax"), "categorical_crossentropy", 3),
        pytest.param(("relu", "sigmoid"), "binary_crossentropy", 1, marks=pytest.mark.slow),
    ],
)
def test_networks_are_as_accurate_as_keras_says(activations, cost, outputs):
    import keras

    network = Network((4, 5, outputs), activations, cost)
    x = RNG.normal(size=(60, 4))
    labels = RNG.integers(0, max(outputs, 2), 60)
    y = np.eye(3)[labels] if outputs == 3 else labels[:, None].astype(float)
    weights = [RNG.normal(size=(*shape, 2)) for shape in network.shapes]
    found = accuracy_of_members(network, weights, x, y)
    model = keras.Sequential(
        [keras.Input((4,)), *(keras.layers.Dense(*of) for of in zip(network.sizes[1:], activations))]
    )
    model.compile(loss=cost, metrics=["accuracy"])
    for member in range(2):
        of_member = [w[:, :, member] for w in weights]
        model.set_weights(to_keras(of_member))
        assert found[member] == pytest.approx(model.evaluate(x, y, verbose=0)[1], abs=1e-6)
        assert accuracy(network, of_member, x, y) == found[member]
    assert accuracy(network, of_member, x, y * 0.5) is None
