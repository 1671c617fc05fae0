"""What people read of a diagnosis: a sentence for everything, the notes, the edited program."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from faulty_programs import FAULTY
from programs import dense, program

from harness.cli.commands import code_of_diagnosis
from harness.cli.main import main
from harness.diagnosis import diagnosis
from harness.diagnosis.answer import Cause, Diagnosis, Hint, Level
from harness.diagnosis.diagnosis import diagnose_program
from harness.diagnosis.edited_run import EditedRun
from harness.diagnosis.faults import Fault
from harness.diagnosis.neighbours import Neighbours
from harness.diagnosis.outcomes import Bar, OutcomeKind, share_of
from harness.diagnosis.references import Reference
from harness.diagnosis.tasks import TaskKind
from harness.programs import capture
from harness.programs.changes import Change, ChangeKind
from harness.programs.contradictions import contradictions
from harness.programs.findings import Check, Contradiction, Severity
from harness.programs.program import Note, NoteKind, Program
from harness.report.causes import FAULTS
from harness.report.diagnosing import verdict
from harness.report.findings import SENTENCES, first_lines
from harness.report.remedies import change_text

SCRIPT = """\
import keras
import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(600, 4))
y = (x[:, 0] + x[:, 1] > 0).astype(int)
model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="softmax")])
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.01))
model.fit(x, y, epochs=20, verbose=0)
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture(scope="module")
def unexplained() -> Diagnosis:
    """The diagnosis of softmax over one unit, without any time for trainings."""
    return diagnose_program(FAULTY["softmax_one_unit"][0](), budget=0.001)


def test_every_finding_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Check)


@pytest.mark.slow
def test_what_contradicts_itself_is_known_before_training(script: Path) -> None:
    said: list[tuple[list[str], bool]] = []

    def at_fit(program: Program) -> None:
        said.append((first_lines(contradictions(program)), program.history is None))

    capture.capture_script(script, at_fit=at_fit)
    (lines, is_untrained), *others = said
    assert not others
    assert is_untrained
    assert lines[0].startswith("Wrong: train.py:7: softmax over one unit is always 1")


def test_what_no_weights_can_learn_is_a_cause_without_a_run(unexplained: Diagnosis) -> None:
    cause = next(cause for cause in unexplained.causes if cause.fault.value == "output-activation")
    assert cause.needs_no_run
    assert "This needs no run: softmax over one unit is always 1" in "\n".join(verdict(unexplained))


def test_a_cause_without_a_run_is_an_answer_though_the_score_says_nothing(unexplained: Diagnosis) -> None:
    references = dataclasses.replace(unexplained.references, best=unexplained.references.constant, learners=())
    user = Level(held=0.5, training=0.5, learned=share_of([False]), auc=None, updates=9, error=None)
    found = dataclasses.replace(
        unexplained, outcome=OutcomeKind.NOT_JUDGED, references=references, user=user, partial=False
    )
    said = "\n".join(verdict(found))
    assert said.startswith(f"{found.name} cannot learn as it is.")
    assert "does not show whether the repaired program learns." in said
    assert code_of_diagnosis(found) == 1
    found = dataclasses.replace(found, causes=())
    assert verdict(found)[0] == f"{found.name} could not be judged."
    assert "does not show whether it learns." in "\n".join(verdict(found))
    assert code_of_diagnosis(found) == 3


def test_one_cause_answers_for_all_that_was_found_about_a_start(unexplained: Diagnosis) -> None:
    zeros = Contradiction(check=Check.DEAD_START, severity=Severity.CONTRADICTION, values={"layers": ("first",)})
    found = dataclasses.replace(unexplained, contradictions=(zeros,), causes=(), hints=(), alternatives=())
    assert "start at 0" in "\n".join(verdict(found))
    clones = Cause(fault=Fault.CLONES, changes=(), repaired=None, unrepaired=None)
    assert "start at 0" not in "\n".join(verdict(dataclasses.replace(found, causes=(clones,))))


def test_without_a_signal_it_says_whether_the_rows_are_known_by_heart(unexplained: Diagnosis) -> None:
    lines = {}
    for training in (0.55, 0.99):
        user = Level(held=0.51, training=training, learned=share_of([True, False]), auc=None, updates=9, error=None)
        found = dataclasses.replace(unexplained, user=user, causes=(), outcome=OutcomeKind.NO_SIGNAL)
        lines[training] = verdict(found)
        assert not any("seeds learn" in line for line in lines[training])  # a few rows above chance are luck
    assert lines[0.55][0].endswith(" cannot learn from these data.")
    first = lines[0.99][0]  # of a few rows, others may show more
    assert first.endswith(
        " learns its training rows by heart, and nothing was found in them that holds for other rows."
    )
    assert "the rows are too few" in FAULTS[Fault.NO_SIGNAL].meaning


@pytest.mark.parametrize(("learned", "is_said"), [(7, True), (8, False)])
def test_a_program_that_learns_from_most_seeds_says_from_how_many(
    unexplained: Diagnosis, learned: int, is_said: bool
) -> None:
    share = share_of([number < learned for number in range(8)])
    user = Level(held=1.0, training=1.0, learned=share, auc=None, updates=9, error=None)
    found = dataclasses.replace(unexplained, user=user, causes=(), outcome=OutcomeKind.LEARNS)
    # 7 of 8: the Wilson interval
    assert ("As it is, 7 of 8 seeds learn (95 % interval: 53 to 98%)." in verdict(found)) == is_said


@pytest.mark.slow
def test_the_edited_program_is_run(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(script), "--no-log", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [cause["id"] for cause in found["causes"]] == ["output-activation"]
    assert found["edited"]["error"] is None
    assert found["edited"]["score"] > 0.9  # the classes are separable; a constant prediction has 0.5
    assert found["edited"]["learned"] == found["edited"]["seeds"]
    assert script.read_text() == SCRIPT


def test_an_edited_program_that_fails_is_reported(unexplained: Diagnosis) -> None:
    edited = EditedRun(
        held=None, training=None, learned=share_of([]), is_plain=False, is_stopped=False, error="ValueError: no"
    )
    lines = verdict(dataclasses.replace(unexplained, edited=edited))
    assert "The edited program could not be run: ValueError: no" in lines


@pytest.mark.parametrize(
    ("note", "line"),
    [
        (
            Note(kind=NoteKind.OLD_NAME, detail="nb_epoch"),
            "Not in this version of Keras, and replaced here: nb_epoch.",
        ),
        (
            Note(kind=NoteKind.MORE_FITS, count=2, detail="train.py:30"),
            "The script calls fit again (train.py:30); --fit 2 judges that call.",
        ),
        (
            Note(kind=NoteKind.FITS_MERGED, count=3),
            "The 3 calls of fit on this model were taken for one training.",
        ),
        (
            Note(kind=NoteKind.WEIGHTS_SET, count=4),
            "Weights that the script set itself (4) are kept in every training.",
        ),
        (Note(kind=NoteKind.SCRIPT_FAILED, detail="KeyError: 'acc'"), "After fit, the script fails: KeyError: 'acc'"),
        (
            Note(kind=NoteKind.STOPPED, count=1),
            "The time limit stopped the training in the script after 1 epoch.",
        ),
    ],
)
def test_notes_have_sentences(unexplained: Diagnosis, note: Note, line: str) -> None:
    assert line in verdict(dataclasses.replace(unexplained, notes=(note,)))


def test_a_diagnosis_prints_itself(unexplained: Diagnosis) -> None:
    assert str(unexplained).startswith(f"{unexplained.name} ")
    assert f"<h1>{unexplained.name} " in unexplained._repr_html_()
    assert unexplained.to_dict()["edited"] is None


def test_a_set_that_could_not_be_confirmed_is_reported_as_such(unexplained: Diagnosis) -> None:
    level = Level(held=0.94, training=0.9, learned=share_of([True] * 8), auc=None, updates=800, error=None)
    hints = (
        Hint(fault=Fault.OPTIMIZER, changes=(Change(kind=ChangeKind.OPTIMIZER, old="SGD", new="Adam"),)),
        Hint(
            fault=Fault.TOO_NARROW,
            changes=(Change(kind=ChangeKind.UNITS, layer="lstm", old=1, new=64),),
            is_needed=True,
        ),
    )
    lines = verdict(dataclasses.replace(unexplained, causes=(), hints=hints, unconfirmed=level))
    place = lines.index(
        "Found, but not confirmed for lack of time: with these, 8 of 8 seeds learn (median balanced accuracy 94.0%)."
    )
    assert lines[place + 1] == "  too few units: Set the units of layer lstm to 64 (they are 1)."
    assert not any("Adam" in line for line in lines)
    assert "No cause is proven: the time ran out." in lines
    assert not any("not shown to matter" in line for line in lines)  # nobody had the time to see


def test_an_edited_program_with_other_repairs_than_the_causes_says_which(unexplained: Diagnosis) -> None:
    edited = EditedRun(
        held=0.9, training=0.9, learned=share_of([True] * 3), is_plain=True, is_stopped=False, error=None
    )
    found = dataclasses.replace(unexplained, edited=edited, remedy=(Fault.OUTPUT_ACTIVATION, Fault.BATCH_SIZE))
    assert (
        "The edited program (trained by Keras' own fit), with repairs of output activation and batch size, reaches "
        "balanced accuracy 90.0%: 3 of 3 seeds learn."
    ) in verdict(found)


def test_a_loss_that_becomes_nan_is_said_beside_another_outcome(unexplained: Diagnosis) -> None:
    level = Level(held=0.5, training=0.5, learned=share_of([False] * 8), auc=None, updates=9, error=None, diverged=8)
    for outcome, is_said in ((OutcomeKind.NO_SIGNAL, True), (OutcomeKind.DIVERGES, False)):
        lines = verdict(dataclasses.replace(unexplained, outcome=outcome, user=level))
        assert any(line.startswith("Its loss becomes NaN or infinite in 8 of 8 trainings") for line in lines) is is_said


@pytest.mark.parametrize("partial", [False, True])
def test_of_a_score_that_shows_nothing_no_seed_is_said_to_learn(unexplained: Diagnosis, partial: bool) -> None:
    level = Level(held=0.5, training=0.5, learned=share_of([True] * 5 + [False] * 3), auc=None, updates=9, error=None)
    references = dataclasses.replace(unexplained.references, best=unexplained.references.constant, p_value=0.8)
    found = dataclasses.replace(
        unexplained, outcome=OutcomeKind.NOT_JUDGED, user=level, references=references, partial=partial
    )
    text = "\n".join(verdict(found))
    assert "seeds learn" not in text
    assert ("about as good as any here" in text) is not partial


@pytest.mark.slow
def test_sigmoid_for_exclusive_classes_is_a_hint_where_it_could_stay() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(240, 2))
    y = np.eye(3)[np.digitize(x[:, 0], [-0.5, 0.5])]
    made = program(dense(4, 3, inputs=2, last="sigmoid"), x, y, loss="mse", optimizer="sgd", epochs=1)
    found = diagnose_program(made)
    named = {hint.fault for hint in found.hints} | {cause.fault for cause in found.causes}
    assert found.outcome is not OutcomeKind.LEARNS
    assert Fault.OUTPUT_ACTIVATION in named | {other.fault for other in found.alternatives}


@pytest.mark.slow
def test_targets_out_of_reach_are_a_cause_and_the_metric_is_a_remark() -> None:
    x = np.linspace(0, 12, 200)[:, None]
    made = program(dense(8, 1, inputs=1, last="sigmoid"), x, np.sin(x), loss="mse", metrics=["accuracy"])
    found = diagnose_program(made, budget=0.001)
    assert [cause.fault.value for cause in found.causes] == ["output-activation"]
    place = verdict(found).index("Wrong for certain, but not shown to matter here:")
    assert "accuracy counts exact matches" in verdict(found)[place + 1]
    share = np.sum(np.minimum(np.sin(x), 0) ** 2) / np.sum((np.sin(x) - np.sin(x).mean()) ** 2)
    assert f"at least {share:.0%} of their variance stays unexplained" in "\n".join(verdict(found))


def test_a_regression_far_behind_a_reference_learns_and_the_answer_says_so(unexplained: Diagnosis) -> None:
    nearest = Reference(name="nearest neighbours", score=0.9999)
    known = Level(held=0.95, training=0.95, learned=share_of([True] * 8), auc=None, updates=1, error=None)
    found = dataclasses.replace(
        unexplained,
        outcome=OutcomeKind.LEARNS,
        task=TaskKind.REGRESSION,
        causes=(),
        user=known,
        improved=dataclasses.replace(known, held=0.998),
        references=dataclasses.replace(unexplained.references, learners=(nearest,), p_value=0.002),
    )
    lines = verdict(found)
    place = lines.index(
        "It leaves 5.0% of the variance unexplained, and nearest neighbours 0.01% (R2 0.9500 against 0.9999)."
    )
    assert lines[place + 1] == "Further, not needed to learn: this raises the median R2 from 0.95 to 1.00."


def test_the_score_of_remembered_rows_is_said_in_words(unexplained: Diagnosis) -> None:
    remembered = Reference(name="memory", score=1.0)
    known = Level(held=0.1, training=0.1, learned=share_of([False] * 8), auc=None, updates=1, error=None)
    references = dataclasses.replace(unexplained.references, learners=(remembered,))
    found = dataclasses.replace(unexplained, task=TaskKind.REGRESSION, user=known, references=references)
    assert ", a look-up of these rows 1.00" in "\n".join(verdict(found))


@pytest.mark.parametrize(
    ("rows", "fault", "words"),
    [
        ((-1,), Fault.NO_SIGNAL, "x and y are 1 row apart: the inputs of a target stand 1 row before it."),
        ((2,), Fault.NO_SIGNAL, "x and y are 2 rows apart: the inputs of a target stand 2 rows after it."),
        ((-1, 0), Fault.WINDOW, "Give each row the inputs of the row before it too;"),
        ((-2, -1, 0), Fault.WINDOW, "Give each row the inputs of the 2 rows before it too;"),
    ],
)
def test_what_is_said_of_other_rows(unexplained: Diagnosis, rows: tuple[int, ...], fault: Fault, words: str) -> None:
    cause = dataclasses.replace(unexplained.causes[0], fault=fault, changes=(), edits=(), repaired=None)
    beside = Neighbours(rows=rows, learner="linear regression", score=0.987, own=0.123)
    found = dataclasses.replace(unexplained, outcome=OutcomeKind.NO_SIGNAL, causes=(cause,), neighbours=beside)
    text = " ".join(verdict(found))
    assert words in text
    assert "linear regression reaches balanced accuracy 98.7%, and 12.3% from the row's own inputs alone." in text


def test_a_program_that_learns_is_fine_whatever_is_suspicious(unexplained: Diagnosis) -> None:
    assert unexplained.contradictions
    suspicious = dataclasses.replace(unexplained, causes=(), partial=False)
    for outcome, code in ((OutcomeKind.LEARNS, 0), (OutcomeKind.UNDERFITS, 1), (OutcomeKind.NOT_JUDGED, 3)):
        assert code_of_diagnosis(dataclasses.replace(suspicious, outcome=outcome)) == code


def test_what_the_clock_left_open_is_a_failure_only_where_a_cause_is_proven(unexplained: Diagnosis) -> None:
    open_one = dataclasses.replace(unexplained, outcome=OutcomeKind.UNDERFITS, partial=True)
    assert open_one.causes
    assert code_of_diagnosis(open_one) == 1
    assert code_of_diagnosis(dataclasses.replace(open_one, causes=())) == 3


def test_an_interrupt_of_the_edited_program_keeps_the_causes(
    monkeypatch: pytest.MonkeyPatch, unexplained: Diagnosis
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    plan = SimpleNamespace(members=8)
    search = SimpleNamespace(ledger=SimpleNamespace(deadline=0.0), bar=unexplained.bar)
    edit: Any = SimpleNamespace()
    found = dataclasses.replace(unexplained, edits=(edit,), partial=False)
    diagnoser = SimpleNamespace(run=lambda: found, remedies=lambda _: (), plan=plan, search=search)
    monkeypatch.setattr(diagnosis, "prepare_case", lambda *_, **__: None)
    monkeypatch.setattr(diagnosis, "_Diagnoser", lambda *_: diagnoser)
    monkeypatch.setattr(diagnosis, "chosen_remedy", interrupt)
    made: Any = SimpleNamespace(path="train.py", notes=())
    with pytest.raises(diagnosis.Interrupted) as raised:
        diagnosis.diagnose_program(made)
    assert raised.value.found == dataclasses.replace(found, partial=True)


def test_what_is_certain_is_not_said_to_be_worth_a_look(unexplained: Diagnosis) -> None:
    """Softmax over labels of which a row has several, where the repair of the head is only a hint."""
    changes = (Change(kind=ChangeKind.ACTIVATION, layer="last", old="softmax", new="sigmoid"),)
    hint = Hint(fault=Fault.OUTPUT_ACTIVATION, changes=changes)
    certain = Contradiction(check=Check.SOFTMAX_FOR_INDEPENDENT, severity=Severity.CONTRADICTION)
    found = dataclasses.replace(unexplained, causes=(), hints=(hint,), contradictions=(certain,))
    lines = verdict(found)
    place = lines.index("Wrong for certain, but not shown to matter here:")
    assert "softmax outputs add up to 1" in lines[place + 1]
    assert place < lines.index("Not proven, but worth a look:")
    doubtful = dataclasses.replace(certain, severity=Severity.SUSPICION)
    assert "softmax outputs" not in "\n".join(verdict(dataclasses.replace(found, contradictions=(doubtful,))))


@pytest.mark.parametrize(("is_proven", "is_shown"), [(False, True), (True, False)])
def test_rows_far_away_are_named_beside_a_hint_of_unscaled_inputs(
    unexplained: Diagnosis, is_proven: bool, is_shown: bool
) -> None:
    """The hint says to scale the inputs; that a single row sets their scale is another thing to know."""
    values = {"outliers": 1, "rows": 50, "largest": 10_000.0, "others": 11.0}
    seen = Contradiction(check=Check.OUTLYING_ROWS, severity=Severity.SUSPICION, values=values)
    cause = Cause(fault=Fault.UNSCALED_INPUTS, changes=(), repaired=None, unrepaired=None)
    found = dataclasses.replace(
        unexplained,
        outcome=OutcomeKind.UNDERFITS,
        causes=(cause,) if is_proven else (),
        hints=() if is_proven else (Hint(fault=Fault.UNSCALED_INPUTS, changes=()),),
        contradictions=(seen,),
        alternatives=(),
    )
    heading = "Seen without a run, and not shown to matter here:"
    assert (heading in verdict(found)) == is_shown


@pytest.mark.parametrize(
    ("held", "reference", "is_apt", "said"),
    [
        (0.32, 0.32, True, " learns about as much as any learner finds in its rows (R2 0.32)."),
        (0.32, 0.9, True, " learns."),  # boosting finds more
        (0.32, 0.32, False, " learns."),  # flat learners prove nothing about images
        (0.9, 0.32, True, " learns."),
    ],
)
def test_a_low_score_is_what_the_rows_hold(
    unexplained: Diagnosis, held: float, reference: float, is_apt: bool, said: str
) -> None:
    level = Level(held=held, training=held, learned=share_of([True] * 8), auc=None, updates=1, error=None)
    references = dataclasses.replace(unexplained.references, constant=0.0, best=reference, apt=is_apt)
    found = dataclasses.replace(
        unexplained,
        outcome=OutcomeKind.LEARNS,
        task=TaskKind.REGRESSION,
        causes=(),
        user=level,
        references=references,
        bar=Bar(constant=0.0, best=reference, noise=0.0),
    )
    assert verdict(found)[0].endswith(said)
    is_limited = "(R2" in said
    assert any(line.startswith("If more is expected, check that a row") for line in verdict(found)) is is_limited
    code = Reference(name="principal components", score=reference)
    of_code = dataclasses.replace(found, references=dataclasses.replace(references, learners=(code,)))
    assert verdict(of_code)[0].endswith(said.replace("any learner finds in its rows", "a code of this width holds"))
    assert ("If more is expected, give the narrowest layer more units." in verdict(of_code)) is is_limited


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (None, 0.01, "0.01"),  # a rate that is not known
        (0.0, 0.01, "0.01"),
        (0.01, 0.01, "0.01"),
        (0.001, 0.01, "0.01, 10 times yours"),
        (0.004, 0.01, "0.01, 2.5 times yours"),
        (10.0, 0.01, "0.01, 1/1,000 of yours"),
    ],
)
def test_a_learning_rate_is_compared_with_the_old_one_if_there_is_one(old: float | None, new: float, text: str) -> None:
    change = Change(kind=ChangeKind.LEARNING_RATE, old=old, new=new)
    assert change_text(change) == f"Set the learning rate to {text}."
