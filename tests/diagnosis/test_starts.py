"""What a start does is measured on the program's data: weights of the same size are harmless or not."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from programs import dense, program

from harness.diagnosis.case import Case, prepare_case
from harness.diagnosis.faults import Fault
from harness.diagnosis.layers import read_layers
from harness.diagnosis.repair import Repair
from harness.diagnosis.start_repairs import initializer_repairs

pytestmark = pytest.mark.usefixtures("no_references")
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(80, 8)).astype("float32")
Normal = keras.initializers.RandomNormal


def repair_of(*units: int, rows: Any = ROWS, **options: Any) -> Repair | None:
    """The repair of the start of a network of Dense layers, if there is one."""
    model = dense(*units, 1, inputs=rows.shape[1], last="sigmoid", **options)
    case: Case = prepare_case(program(model, rows, RNG.integers(0, 2, len(rows)), loss="binary_crossentropy"))
    return next(initializer_repairs(case, read_layers(case.program, case.head)), None)


@pytest.mark.parametrize(
    ("units", "options", "fault"),
    [
        # the deviations of 16 units' kernels are 0.25 by Glorot, a third of it in each of eight layers leaves nothing
        ((16,) * 8, {"hidden": "tanh", "kernel_initializer": Normal(stddev=0.08)}, Fault.VANISHING_GRADIENT),
        ((16, 16), {"hidden": "tanh", "kernel_initializer": Normal(stddev=8.0)}, Fault.SATURATION),
        ((16, 16, 16), {"hidden": "relu", "kernel_initializer": Normal(stddev=3.0)}, Fault.EXPLODING_GRADIENT),
        ((16,), {"hidden": "relu", "bias_initializer": keras.initializers.Constant(-20.0)}, Fault.DEAD_RELU),
        ((16,), {"hidden": "sigmoid", "bias_initializer": keras.initializers.Constant(9.0)}, Fault.SATURATION),
    ],
)
def test_a_start_is_named_after_what_it_does(units: tuple[int, ...], options: dict[str, Any], fault: Fault) -> None:
    found = repair_of(*units, **options)
    assert found is not None
    assert (found.fault, found.doubt) == (fault, 2.5)


def test_the_same_weights_do_harm_on_some_inputs_only() -> None:
    """Units of inputs near 0 are not saturated, however large their weights."""
    options = {"hidden": "tanh", "kernel_initializer": Normal(stddev=8.0)}
    near = repair_of(16, rows=ROWS * 1e-3, **options)
    assert near is not None
    assert near.fault is not Fault.SATURATION


def test_missing_values_are_not_blamed_on_the_start() -> None:
    rows = ROWS.copy()
    rows[3, 1] = np.nan
    found = repair_of(16, 16, rows=rows, hidden="relu", kernel_initializer=Normal(stddev=3.0))
    assert found is not None
    assert (found.fault, found.doubt) == (Fault.PLATEAU, 1.0)  # no more than that it is unusual


@pytest.mark.parametrize("initializer", ["glorot_uniform", "he_normal"])
def test_what_keras_draws_for_few_inputs_is_not_questioned(initializer: str) -> None:
    """Glorot's and He's deviations for one input and 64 units are 0.18 and 1.4, and 0.06 and 0.47 for a window of 9."""
    column, image = ROWS[:, :1], RNG.normal(size=(80, 6, 6, 1)).astype("float32")
    assert repair_of(64, rows=column, hidden="relu", kernel_initializer=initializer) is None
    layers: list[Any] = [keras.Input((6, 6, 1)), keras.layers.Conv2D(64, 3, kernel_initializer=initializer)]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(1)])
    case = prepare_case(program(model, image, RNG.normal(size=80), loss="mse"))
    assert not list(initializer_repairs(case, read_layers(case.program, case.head)))


def test_the_start_of_a_layer_is_what_it_had_when_fit_was_called() -> None:
    model = dense(16, 1, inputs=8, last="sigmoid", bias_initializer=Normal(stddev=1.0))
    case = prepare_case(program(model, ROWS, RNG.integers(0, 2, len(ROWS)), loss="binary_crossentropy"))
    start = [weight.copy() for weight in model.get_weights()]
    model.set_weights([np.full_like(weight, 7.0) for weight in start])
    layers = read_layers(case.program, case.head)
    for found, expected in zip([one for layer in layers for one in (layer.kernel, layer.bias)], start, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("scale", [0.7, 1.5])
def test_a_usual_start_is_not_questioned(scale: float) -> None:
    assert repair_of(16, 16, hidden="tanh", kernel_initializer=Normal(stddev=0.25 * scale)) is None
