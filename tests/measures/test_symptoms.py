"""What is measured on one run, with weights whose layers are known to be sick."""

import numpy as np
import pytest

from harness.measures import symptoms
from harness.models import numerical
from harness.models.network import Network

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def test_the_symptoms_of_each_layer_are_those_that_were_made():
    network = Network((2, 4, 3, 1), ("relu", "sigmoid", "sigmoid"))
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    weights[0][:, 1] = weights[0][:, 0]
    weights[1][2] = weights[1][1]  # so that units 0 and 1 of layer 1 are clones
    weights[0][:, 2] = -1.0  # dead
    weights[1][:, 0] = [40.0, 0, 0, 0, 0]  # saturated
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    weights[2][:] = 0.0
    weights[2][0] = 30.0  # every output is 1
    gradients = [np.full(shape, 0.5) for shape in network.shapes]
    one, two, output = symptoms.layer_symptoms(network, weights, X, y, gradients)
    assert (one.units, one.width, one.dead, one.saturated) == (4, 3, 0.25, 0.0)
    assert (two.units, two.width, two.dead) == (3, 3, 0.0)
    assert two.saturated == pytest.approx(1 / 3)
    assert output.saturated == 0.5  # of four that are saturated, two are far from their targets
    assert [layer.gradient for layer in (one, two, output)] == [0.5] * 3


def test_saturated_outputs_are_no_symptom_under_a_cross_entropy():
    network = Network((2, 1), ("sigmoid",), "binary_crossentropy")
    weights = [np.array([[30.0], [0.0], [0.0]])]
    outputs = symptoms.activations_of(network, weights, X)
    assert symptoms.saturated_shares(network, outputs, np.zeros((4, 1))) == [0.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 4.0], np.sqrt(12.5)), ([1e200, -1e200], 1e200), ([1e-200] * 3, 1e-200), ([], 0.0), ([1.0, np.inf], np.inf)],
)
def test_the_root_mean_square_neither_overflows_nor_vanishes(values, expected):
    assert symptoms.root_mean_square(np.array(values)) == pytest.approx(expected)


def test_targets_beyond_the_range_of_the_outputs_cost_what_is_beyond():
    y = np.array([[2.0, 0.5], [-1.0, 1.0]])
    assert symptoms.range_cost(Network((1, 2), ("sigmoid",)), y) == pytest.approx(2.0)
    assert symptoms.range_cost(Network((1, 2), ("tanh",)), y) == pytest.approx(1.0)
    assert symptoms.range_cost(Network((1, 2), ("linear",)), y) == 0.0


def test_data_are_exchangeable_only_if_every_swap_of_inputs_leaves_them_the_same():
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    assert symptoms.inputs_are_exchangeable(X, y)
    assert not symptoms.inputs_are_exchangeable(X, np.array([[0.0], [1.0], [0.0], [0.0]]))
    turned = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 1.0], [3.0, 1.0, 2.0]])  # the same if all move on by one
    assert not symptoms.inputs_are_exchangeable(turned, np.zeros((3, 1)))
    assert symptoms.inputs_are_exchangeable(X[:, :1], y)


@pytest.mark.parametrize("seed", range(3))
def test_no_training_from_equal_weights_comes_under_the_bound_of_clones(seed):
    network = Network((2, 3, 1), ("tanh", "sigmoid"))
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    weights = [np.full(shape, value) for shape, value in zip(network.shapes, (0.3 + seed, 1.0 - seed))]
    bound = symptoms.clone_bound(network, weights, X, y)
    assert bound == pytest.approx(2 / 3)
    for _ in range(60):
        gradients = numerical.backward(network, weights, X, y).gradients
        weights = [w - 0.5 * g for w, g in zip(weights, gradients)]
        assert float(np.sum((numerical.forward_pass(network, weights, X)[1][-1] - y) ** 2)) >= bound - 1e-9
    weights[0][1, 0] += 0.1
    assert symptoms.clone_bound(network, weights, X, y) is None
