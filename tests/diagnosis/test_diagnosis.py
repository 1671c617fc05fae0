"""The whole diagnosis: outcomes, causes with their proof, silence on healthy programs, the same answer twice."""

from __future__ import annotations

import html
import json
import re
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from faulty_programs import FAULTY
from healthy_programs import HEALTHY
from programs import dense, moons, program

from harness.diagnosis.answer import Diagnosis
from harness.diagnosis.diagnosis import Interrupted, _Diagnoser, diagnose_program
from harness.diagnosis.faults import Fault
from harness.diagnosis.outcomes import OutcomeKind, share_of
from harness.diagnosis.tasks import TaskKind
from harness.diagnosis.trials import TooSlow
from harness.programs.fit_calls import program_of
from harness.programs.unjudged import read_unjudged
from harness.report.causes import FAULTS
from harness.report.diagnosing import MOST_LINES, OUTCOMES, cause_lines, verdict
from harness.report.unjudged import lines
from harness.results import as_page

HARMLESS = ("hidden_softmax", "metric")  # a fault that this task survives, and one that changes no training


def faults(found: Diagnosis) -> set[str]:
    return {cause.fault.value for cause in found.causes}


def assert_named(found: Diagnosis, ids: set[str]) -> None:
    """One of these faults is named, with the proof of each cause."""
    assert faults(found) & ids, (found.outcome, faults(found))
    if "no-signal" not in ids:
        assert found.outcome is not OutcomeKind.LEARNS
        for cause in found.causes:  # intervals that exclude each other are the proof
            assert cause.repaired is not None
            assert cause.unrepaired is not None
            assert cause.repaired.learned.of >= 16
            assert cause.repaired.learned.low > cause.unrepaired.learned.high
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(verdict(found)) <= MOST_LINES


@pytest.fixture(scope="module", name="diagnosed")
def _diagnosed() -> tuple[Diagnosis, bool]:
    """The diagnosis of a program with a fault, and whether the weights of its model are as they were."""
    made = FAULTY["softmax_one_unit"][0]()
    before = [np.array(weight) for weight in made.model.get_weights()]
    found = diagnose_program(made)
    after: list[Any] = made.model.get_weights()
    return found, all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", [pytest.param("moons", marks=pytest.mark.slow), "xor"])
def test_a_healthy_program_learns_and_nothing_is_said_against_it(name: str) -> None:
    found = diagnose_program(HEALTHY[name]())
    assert found.outcome is OutcomeKind.LEARNS
    assert not found.causes
    assert not found.hints


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in HEALTHY if name not in ("moons", "xor")])
def test_every_healthy_program_learns(name: str) -> None:
    found = diagnose_program(HEALTHY[name]())
    assert (found.outcome, faults(found)) == (OutcomeKind.LEARNS, set())


def test_a_fault_is_named_with_its_proof(diagnosed: tuple[Diagnosis, bool]) -> None:
    assert_named(diagnosed[0], FAULTY["softmax_one_unit"][1])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name == "dead" else pytest.mark.long)
        for name in FAULTY
        if name not in ("softmax_one_unit", *HARMLESS)
    ],
)
def test_every_fault_is_named_with_its_proof(name: str) -> None:
    make, ids = FAULTY[name]
    assert_named(diagnose_program(make()), ids)


@pytest.mark.slow
def test_accuracy_of_a_regression_is_remarked_and_no_cause() -> None:
    found = diagnose_program(FAULTY["metric"][0]())
    assert found.outcome is OutcomeKind.LEARNS
    assert not found.causes
    assert "accuracy counts exact matches" in verdict(found)[-1]


@pytest.mark.slow
def test_a_code_of_noise_is_not_said_to_learn() -> None:
    rows = np.random.default_rng(0).random((300, 12)).astype("float32")
    found = diagnose_program(program(dense(4, 12, inputs=12), rows, rows, loss="mse", epochs=20))
    assert found.outcome is OutcomeKind.NO_SIGNAL
    assert "No column of the rows can be predicted from the others" in " ".join(verdict(found))


@pytest.mark.slow
def test_no_longer_training_is_proposed_without_a_signal() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((100, 10)), rng.random((100, 1))
    found = diagnose_program(program(dense(1, inputs=10), x, y, loss="mse", epochs=1), budget=5)
    assert (found.outcome, faults(found)) == (OutcomeKind.NO_SIGNAL, {"no-signal"})
    assert Fault.TOO_FEW_EPOCHS not in [hint.fault for hint in found.hints]


@pytest.mark.long
def test_shuffled_labels_are_a_fault_of_the_data() -> None:
    found = diagnose_program(FAULTY["no_signal"][0]())
    assert found.outcome is OutcomeKind.NO_SIGNAL
    assert faults(found) == {"no-signal"}


@pytest.mark.slow
def test_one_observation_is_beside_a_prediction_of_0_and_proves_no_cause() -> None:
    """The bias moves by 0.01 an update under this cost, so after 50 it is at 0.5 of 42."""
    made = program(dense(1, inputs=1), np.array([[0.0]]), np.array([[42.0]]), loss="mean_absolute_error", epochs=50)
    found = diagnose_program(made)
    assert found.outcome is OutcomeKind.DOES_NOT_TRAIN
    assert faults(found) == set()


@pytest.mark.long
def test_the_same_seed_gives_the_same_answer() -> None:
    made = FAULTY["relu_out"][0]()
    documents = [diagnose_program(made, seed=1).to_dict() for _ in range(2)]
    assert json.dumps(documents[0]) == json.dumps(documents[1])


def test_an_exhausted_clock_names_nothing_that_needs_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.diagnosis.known.LEAST_SECONDS", -1.0)
    found = diagnose_program(FAULTY["softmax_one_unit"][0](), budget=0.0)
    assert found.partial
    assert all(cause.needs_no_run for cause in found.causes)
    assert found.outcome is OutcomeKind.NOT_JUDGED
    assert verdict(found)


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_known_then() -> None:
    x = np.linspace(0, 20, 60)[:, None]
    sine = program(dense(4, 1, inputs=1, last="sigmoid"), x, np.sin(x), loss="mse", batch_size=32, epochs=2)

    def interrupt(what: str, trainings: int) -> None:
        if trainings == 1:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as raised:
        diagnose_program(sine, progress=interrupt)
    found = raised.value.found
    assert found.partial
    assert len(found.tried) == 1
    # half of a sine's variance is below 0, where no output of a sigmoid is
    assert {one.id for one in found.contradictions} >= {"output-activation"}


@pytest.mark.slow
def test_a_program_that_keras_refuses_is_diagnosed_all_the_same() -> None:
    x, y = moons()
    made = program(
        dense(8, 2, inputs=2, last="softmax"), x, y, loss="categorical_crossentropy",
        optimizer=keras.optimizers.Adam(0.02), epochs=30,
    )  # fmt: skip
    found = diagnose_program(made)
    assert "label-encoding" in faults(found)
    assert found.user is not None
    assert found.user.error is not None


def test_the_training_of_the_user_is_not_touched_and_the_page_has_the_evidence(
    diagnosed: tuple[Diagnosis, bool],
) -> None:
    found, is_untouched = diagnosed
    assert is_untouched
    (cause,) = found.causes
    page = re.sub(r"\s+", " ", as_page(found).html())
    for line in cause_lines(found, 1, cause):  # also those below the edits
        words = html.escape(line.strip().partition(". ")[2] if line.startswith("Cause") else line.strip())
        assert words in page


def test_every_fault_and_outcome_has_words() -> None:
    assert set(FAULTS) == set(Fault)
    assert set(OUTCOMES) == set(OutcomeKind)


def test_updates_that_are_too_slow_are_said_to_be_before_anything_is_trained() -> None:
    model = keras.Sequential(
        [keras.Input((None, 1)), keras.layers.LSTM(4, return_sequences=True), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(30, 3000, 1))
    slow = program_of(model, x, np.cumsum(x, axis=1), epochs=100)
    with pytest.raises(TooSlow, match="which is too long for the budget") as caught:
        diagnose_program(slow)
    assert caught.value.budget > 100
    read = read_unjudged(slow, needed_budget=caught.value.budget)
    assert f"Give a budget of {caught.value.budget:,.0f} s, or try the same on shorter or fewer rows." in list(
        lines(read)
    )
    assert read.to_dict()["needed_budget"] == caught.value.budget


@pytest.mark.parametrize(
    ("reference", "counting"), [("least squares", ["optimizer", "longer"]), ("gradient boosting", ["optimizer"])]
)
def test_a_longer_training_is_a_cause_only_if_all_there_is_to_learn_is_a_line(
    monkeypatch: Any, reference: str, counting: list[str]
) -> None:
    """Every training without noise comes nearer if it goes on."""
    asked: list[list[str]] = []
    diagnoser: Any = object.__new__(_Diagnoser)
    diagnoser.case = SimpleNamespace(
        task=SimpleNamespace(kind=TaskKind.REGRESSION),
        references=SimpleNamespace(much_nearer=lambda score: SimpleNamespace(name=reference, score=1.0)),
    )
    diagnoser.search = SimpleNamespace(
        additions=lambda keys: ["optimizer"], much_longer=lambda: ["longer"], is_longer=lambda key: key == "longer"
    )
    diagnoser.proofs = SimpleNamespace(nearer=lambda own, keys, times: asked.append(keys) or frozenset(keys))
    monkeypatch.setattr(_Diagnoser, "raise_bar_to", lambda self, best, own: None)
    assert diagnoser.raise_bar_to_reference(SimpleNamespace(median=0.9)) == frozenset(counting)
    assert asked == [counting]


@pytest.mark.parametrize(
    ("noise", "gain", "outcome"),  # 11 of 16 seeds learn as it is
    [
        (0.0, 0.1, OutcomeKind.LUCKY),
        (0.02, 0.1, OutcomeKind.LEARNS),  # a seed that misses a lowered threshold by little says nothing
        (0.02, 0.2, OutcomeKind.LUCKY),
    ],
)
def test_a_program_that_learns_from_most_seeds_depends_on_them_if_its_repair_is_proven(
    monkeypatch: Any, noise: float, gain: float, outcome: OutcomeKind
) -> None:
    repaired, own = frozenset({"unscaled-inputs"}), 0.7
    search = SimpleNamespace(
        bar=SimpleNamespace(noise=noise),
        share=lambda keys: share_of([True] * 11 + [False] * 5),
        learned=lambda trial: share_of([True] * 22 + [False] * 10),
        repair_fully=lambda: repaired,
        run=lambda keys: own + gain if keys else own,
        quality=lambda run, top: run,
        best_known=lambda: 1.0,
        proof=lambda keys, without: object(),
        minimise=lambda keys: keys,
    )
    diagnoser = object.__new__(_Diagnoser)
    monkeypatch.setattr(_Diagnoser, "own_trial_of_more_seeds", lambda self: None)
    diagnoser.search, diagnoser.outcome = search, OutcomeKind.LEARNS  # type: ignore[assignment]
    assert diagnoser.steadier() == (repaired if outcome is OutcomeKind.LUCKY else None)
    assert diagnoser.outcome is outcome


@pytest.mark.slow
def test_what_is_far_from_practice_is_tried_in_the_first_part_of_a_training_that_says_nothing_of_the_whole(
    monkeypatch: Any,
) -> None:
    """It is found and not proven: the whole may learn as it is."""
    monkeypatch.setattr(_Diagnoser, "stands_for_whole", lambda self: False)
    x = 3 + 0.001 * np.random.default_rng(0).normal(size=(400, 2))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    found = diagnose_program(program_of(model, x, (x[:, 0] - x[:, 1]) * 1000, epochs=1_000_000), budget=1)
    assert found.outcome is OutcomeKind.NOT_JUDGED
    assert found.partial
    assert found.unconfirmed is not None
    assert found.unconfirmed.learned.count == found.unconfirmed.learned.of
    assert [hint.fault for hint in found.hints if hint.is_needed] == [Fault.UNSCALED_INPUTS]
    assert not found.causes
