"""Saturation against Keras' own activations, differentiated numerically."""

import keras
import numpy as np
import pytest

from harness.measures import saturation

JUDGED = [name for name in saturation.judged_names() if name != "softmax"]
Z = np.linspace(-12, 12, 2001)[:-1] + 0.0055  # a kink (0, 1, 3, 6 of the piecewise ones) never lies between two z


def keras_slopes(name, z):
    """|f'(z)| by central differences of Keras' activation"""
    function = keras.activations.get(name)
    with_step = [np.asarray(function(keras.ops.convert_to_tensor(z + step, "float64"))) for step in (-1e-4, 1e-4)]
    return np.abs(with_step[1] - with_step[0]) / 2e-4


@pytest.mark.parametrize("name", JUDGED)
def test_slopes_are_those_of_keras_beside_its_steepest(name):
    a = np.asarray(keras.activations.get(name)(keras.ops.convert_to_tensor(Z, "float64")))
    slopes = keras_slopes(name, Z)
    steepest = keras_slopes(name, np.append(np.linspace(-12, 12, 48001), [-1e-4 * 1.01])).max()
    np.testing.assert_allclose(saturation.relative_slopes(name, a), slopes / steepest, atol=2e-3)
    assert np.mean(saturation.is_saturated(name, a) == (slopes < 0.05 * steepest)) > 0.998


@pytest.mark.parametrize(
    ("name", "a", "saturated"),
    [
        ("sigmoid", [0.0126, 0.0128, 0.5, 0.9872, 0.9874, np.nan], [True, False, False, False, True, False]),
        ("tanh", [-0.975, -0.974, 0.0, 0.974, 0.975], [True, False, False, False, True]),
        ("relu", [0.0, 1e-30, 5.0], [True, False, False]),
        ("leaky_relu", [-100.0, 0.0, 100.0], [False, False, False]),
        ("linear", [-1e9, 0.0, 1e9], [False, False, False]),
    ],
)
def test_thresholds(name, a, saturated):
    assert saturation.is_saturated(name, np.array(a)).tolist() == saturated


def test_units_that_are_dead_on_every_observation():
    a = np.array([[0.0, 0.0, 1.0], [0.0, 2.0, 3.0]])
    assert saturation.dead_units("relu", a) == [0]
    assert saturation.saturated_share("relu", a) == 0.5
    a = np.array([[0.999, 0.001, 0.5], [0.001, 1.0, 0.999]])
    assert saturation.dead_units("sigmoid", a) == []
    assert saturation.saturated_share("sigmoid", a) == pytest.approx(5 / 6)


def test_an_activation_without_one_slope_for_a_value_is_not_judged():
    assert not saturation.is_judged("gelu")
    with pytest.raises(ValueError, match="gelu"):
        saturation.is_saturated("gelu", np.zeros(3))
