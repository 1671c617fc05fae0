"""Interventions on a start: each takes away one property of the initial weights."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from programs import dense, moons, program

from harness.diagnosis.case import prepare_case
from harness.diagnosis.diagnosis import diagnose_program
from harness.diagnosis.faults import Fault
from harness.diagnosis.layers import read_layers
from harness.diagnosis.mechanisms import Intervention, changed_start, suspects
from harness.programs.program import Program


def made(initializer: str = "ones", **options: object) -> Program:
    x, y = moons(rows=120)
    model = dense(4, 6, 1, inputs=2, hidden="relu", last="sigmoid", kernel_initializer=initializer, **options)
    return program(model, x, y, loss="binary_crossentropy")


def started(kind: Intervention, found: Program) -> list[np.ndarray]:
    return changed_start(found, 3, kind, found.model.layers[-1].name)


def test_noise_breaks_the_symmetry_and_shared_noise_keeps_it() -> None:
    first, _, second, *_ = started(Intervention.NOISE, made())
    assert not np.any(first[:, :1] == first[:, 1:])
    assert np.all(second.std(axis=1) > 0)
    first, _, second, *_ = started(Intervention.SHARED_NOISE, made())
    assert np.all(first == first[:, :1])
    assert first[0, 0] != first[1, 0]  # inputs may differ
    assert np.all(second == second[0, 0])  # units of the layer below are inputs that have to stay equal
    output = made().model.get_weights()[-2]
    assert np.array_equal(started(Intervention.NOISE, made())[-2], output)


def test_rescaling_keeps_the_pattern() -> None:
    kernel = started(Intervention.RESCALED, made())[2]
    assert np.all(kernel == kernel[0, 0])
    assert float(np.sqrt(np.mean(kernel**2))) == pytest.approx(np.sqrt(2 / (4 + 6)))  # Glorot and Bengio


def test_negating_changes_the_sign_of_every_weight() -> None:
    found = made("glorot_uniform", bias_initializer="ones")
    for own, negated in zip(found.fresh_weights(3), started(Intervention.MIRRORED, found)):
        assert np.array_equal(negated, -own)


def test_lifting_sets_hidden_biases_to_zero() -> None:
    found = made("glorot_uniform", bias_initializer="ones")
    weights = started(Intervention.LIFTED, found)
    assert not np.any(weights[1])
    assert not np.any(weights[3])
    assert np.all(weights[5] == 1)
    assert np.array_equal(weights[0], found.fresh_weights(3)[0])


@pytest.mark.parametrize(
    ("initializer", "faults"),
    [
        pytest.param("ones", [Fault.CLONES], marks=pytest.mark.slow),
        ("zeros", [Fault.CLONES, Fault.ZERO_GRADIENT]),
        ("glorot_uniform", []),
    ],
)
def test_a_start_is_suspected_of_what_it_has(initializer: str, faults: list[Fault]) -> None:
    found = made(initializer)
    case = prepare_case(found)
    assert [suspect.fault for suspect in suspects(case, read_layers(found, case.head))] == faults


def from_ones(units: tuple[int, ...], x: list[list[float]], y: list[list[float]], epochs: int, rate: float) -> Program:
    """Sigmoid units that all start with weights and biases of 1, trained on all rows at once."""
    model = dense(
        *units, inputs=2, hidden="sigmoid", last="sigmoid", kernel_initializer="ones", bias_initializer="ones"
    )
    return program(
        model,
        np.array(x, "float32"),
        np.array(y, "float32"),
        loss=lambda y, a: len(x) * keras.ops.sum((a - y) ** 2, axis=-1),  # the sum over all rows
        optimizer=keras.optimizers.SGD(rate),
        epochs=epochs,
        batch_size=len(x),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (lambda: from_ones((3, 3, 2), [[0.8, 0.4], [0.3, 0.3]], [[0.2, 0.4], [1.0, 0.0]], 1000, 0.5), "plateau"),
        (lambda: from_ones((4, 1), [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]], 3000, 3.0), "clones"),
    ],
)
def test_a_keras_program_has_the_cause_of_the_same_scenario(made: Callable[[], Program], fault: str) -> None:
    """The forum question that the project started from, and XOR from ones, as Keras programs."""
    found = diagnose_program(made())
    assert [cause.fault.value for cause in found.causes] == [fault]
    assert {mechanism.fault.value for mechanism in found.mechanisms} == {fault}
