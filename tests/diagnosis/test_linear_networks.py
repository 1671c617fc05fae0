"""Networks without activations, and targets that do not depend linearly on their inputs."""

import keras
import numpy as np
import pytest

from harness.diagnosis.case import prepare_case
from harness.diagnosis.diagnosis import diagnose_program
from harness.diagnosis.evident_causes import linear_causes
from harness.diagnosis.faults import Fault
from harness.diagnosis.layers import computes_line
from harness.diagnosis.outcomes import OutcomeKind
from harness.diagnosis.repairs import propose_repairs
from harness.diagnosis.trials import plan_trials
from harness.programs.fit_calls import program_of


def squares(activation, noise=0.0):
    """The squares of numbers between 0 and 1, of which a line explains 0.94."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(600, 1))
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((1,)), dense(16, activation=activation), keras.layers.Dropout(0.0), dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return program_of(model, x, x[:, 0] ** 2 + rng.normal(0, noise, 600), epochs=20, name="squares")


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("activation", "noise", "is_linear", "is_named"),
    [(None, 0.0, True, True), ("relu", 0.0, False, False), (None, 0.1, True, False)],
)
def test_a_line_is_named_where_it_is_far_from_targets_without_noise(activation, noise, is_linear, is_named):
    program = squares(activation, noise)
    case = prepare_case(program, seed=0)
    repairs = propose_repairs(case, plan_trials(case, 30.0))
    assert computes_line(program.model) is is_linear
    assert [cause.fault for cause in linear_causes(case, repairs)] == [Fault.HIDDEN_ACTIVATION] * is_named


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("hidden", "power", "named"),
    [([], 2, [Fault.MISSING_LAYER]), ([4], 2, [Fault.HIDDEN_ACTIVATION]), ([], 1, []), ([4], 3, [])],
)
def test_what_no_line_explains_is_named_in_a_small_table(hidden, power, named):
    """A line explains nothing of the squares of numbers around 0, and most of their third powers."""
    x = np.arange(-12.0, 13.0)[:, None]
    model = keras.Sequential([keras.Input((1,)), *map(keras.layers.Dense, hidden), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.0001), "mse")
    program = program_of(model, x, x[:, 0] ** power, epochs=50, name="powers")
    case = prepare_case(program, seed=0)
    repairs = propose_repairs(case, plan_trials(case, 30.0))
    assert [cause.fault for cause in linear_causes(case, repairs)] == named


def test_functions_beside_the_layers_are_no_line():
    x = keras.Input((2,))
    assert computes_line(keras.Model(x, keras.layers.Dense(1)(x)))
    assert not computes_line(keras.Model(x, keras.layers.Dense(1)(x * x)))
    assert not computes_line(keras.Model(x, keras.layers.Multiply()([keras.layers.Dense(1)(x), x[:, :1]])))


@pytest.mark.slow
def test_a_linear_network_is_not_said_to_learn_a_curve(monkeypatch):
    monkeypatch.setattr("harness.diagnosis.proofs.Proofs.nearer", lambda *_: None)  # as if the time were over
    found = diagnose_program(squares(None), budget=4.0)
    assert (found.outcome, [cause.fault for cause in found.causes]) == (
        OutcomeKind.UNDERFITS,
        [Fault.HIDDEN_ACTIVATION],
    )
    assert found.references.best > 0.999
    assert found.user.held < 0.96
