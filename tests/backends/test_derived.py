"""Which networks have derived bounds, and that exact results are within them."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from harness.backends.derived import derived_bounds
from harness.backends.prepare import case_of_program, case_of_scenario
from harness.backends.quantities import Kind, Quantity
from harness.programs.fit_calls import program_of
from harness.scenario.scenario import load


def dense_case(*parts, loss="mean_squared_error", optimizer="sgd"):
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((3,)), *parts])
    model.compile(optimizer, loss)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    return case_of_program(program_of(model, x, x[:, :1], batch_size=4))


def test_a_dense_network_has_bounds_up_to_its_first_update():
    case = dense_case(layers.Dense(4, "tanh", name="hidden"), layers.Dense(1, name="top"))
    bounds = derived_bounds(case, "float32")
    assert len(bounds) == 1 + 2 * 2 + 4 + 4  # loss, outputs twice, gradients, weights
    x = case.x[""][case.batches[0]].astype("float64")
    kernel, bias, *_ = (weight.astype("float64") for weight in case.weights)
    hidden = np.tanh(x @ kernel + bias)
    computed = np.tanh(x.astype("float32") @ case.weights[0] + case.weights[1])
    of_hidden = Quantity(kind=Kind.INFERENCE_OUTPUT, layer="hidden")
    assert np.abs(computed - hidden).max() < bounds[of_hidden] < 1e-5
    assert derived_bounds(case, "float64")[of_hidden] < 1e-14
    assert not any(quantity.kind is Kind.WEIGHT for quantity in derived_bounds(with_adam(case), "float32"))


def with_adam(case):
    return replace(case, optimizer=keras.saving.serialize_keras_object(keras.optimizers.Adam()))


def test_a_scenario_has_bounds():
    case = case_of_scenario(load("xor", {}), seeds=0)
    assert Quantity(kind=Kind.LOSS) in derived_bounds(case, "float64")


@pytest.mark.parametrize(
    ("parts", "loss"),
    [
        ([layers.Dense(2), layers.BatchNormalization(), layers.Dense(1)], "mean_squared_error"),
        ([layers.Dense(1, kernel_regularizer="l2")], "mean_squared_error"),
        ([layers.Dense(1, use_bias=False)], "mean_squared_error"),
        ([layers.Dense(1, "gelu")], "mean_squared_error"),
        ([layers.Dense(1, "sigmoid")], "binary_crossentropy"),
    ],
)
def test_others_have_none(parts, loss):
    assert derived_bounds(dense_case(*parts, loss=loss), "float32") == {}


def test_inputs_that_a_dtype_does_not_have_leave_no_bound():
    case = dense_case(layers.Dense(1))
    finer = replace(case, x={"": case.x[""].astype("float64") + 1e-12})
    assert derived_bounds(finer, "float32") == {}
    assert derived_bounds(finer, "float64")
    assert derived_bounds(case, "mixed_bfloat16") == {}
