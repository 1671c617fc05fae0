"""What is added to a set of repairs, what is tried of several edits, and how the budget is kept."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.diagnosis import edited_run
from harness.diagnosis.case import Case
from harness.diagnosis.clock import Clock
from harness.diagnosis.diagnosis import _Diagnoser, may_still_fall
from harness.diagnosis.edited_run import EditedRun, Remedy, chosen_remedy
from harness.diagnosis.faults import Fault
from harness.diagnosis.mechanisms import Intervention, Suspect
from harness.diagnosis.outcomes import Bar, OutcomeKind, Scores, share_of
from harness.diagnosis.program_search import ProgramRun, ProgramSearch
from harness.diagnosis.proofs import Proofs
from harness.diagnosis.repair import Repair
from harness.diagnosis.repairs import application_order
from harness.diagnosis.search import OutOfBudget, Stage
from harness.diagnosis.trials import Ledger, Plan, Trial, flat_shares
from harness.diagnosis.unproven import is_unfit_head, settled_blocks, unproven_choices
from harness.programs.changes import Change, ChangeKind
from harness.programs.edits import Edit
from harness.programs.findings import Severity

BAR = Bar(constant=0.0, best=1.0, noise=0.0)


class Known(ProgramSearch):
    """A search whose trainings have known scores."""

    scores: dict[frozenset[str], float]

    def __post_init__(self) -> None:
        self.by_key = {repair.key: repair for repair in self.repairs}

    def run(self, keys: Iterable[str], *, stage: Stage = Stage.SEARCH, optional: bool = False) -> ProgramRun:
        self.ledger.check_clock(reserved=stage is not Stage.SEARCH)
        chosen = frozenset(keys)
        if chosen not in self.scores:
            raise OutOfBudget
        held = np.full(8, self.scores[chosen])
        trial = Trial(scores=Scores(held=held, training=held.copy(), diverged=held > 9), auc=None, updates=1)
        self.runs[chosen, stage] = ProgramRun(repairs=chosen, trial=trial, stage=stage)
        return self.runs[chosen, stage]


def repair(key: str, fault: Fault, *changes: Change, block: str = "") -> Repair:
    return Repair(key=key, fault=fault, doubt=1, apply=lambda variant: variant, changes=changes, block=block)


def search(scores: dict[tuple[str, ...], float]) -> Known:
    repairs = [
        repair("scale", Fault.UNSCALED_INPUTS),
        repair("loss", Fault.LOSS),
        repair("epochs", Fault.TOO_FEW_EPOCHS, Change(kind=ChangeKind.EPOCHS, old=1, new=8), block="epochs"),
        repair("epochs:2", Fault.TOO_FEW_EPOCHS, Change(kind=ChangeKind.EPOCHS, old=1, new=2), block="epochs"),
    ]
    case: Any = SimpleNamespace(references=SimpleNamespace(apt=True))
    plan: Any = None
    found = Known(case=case, repairs=repairs, bar=BAR, plan=plan, ledger=Ledger(budget=1.0, deadline=np.inf))
    found.scores = {frozenset(keys): score for keys, score in scores.items()}
    return found


def test_what_raises_the_score_clearly_is_added() -> None:
    found = search({("loss",): 0.7, ("loss", "scale"): 0.95, ("loss", "epochs"): 0.72})
    assert found.improved(frozenset({"loss"})) == {"loss", "scale"}


def test_nothing_is_added_to_what_is_good_enough() -> None:
    found = search({("loss",): 0.95, ("loss", "scale"): 1.0})
    assert found.improved(frozenset({"loss"})) == {"loss"}


def test_a_repair_takes_the_place_of_one_that_sets_the_same_thing() -> None:
    found = search({("epochs:2",): 0.7, ("epochs",): 0.9, ("epochs:2", "epochs"): 0.0})
    assert found.improved(frozenset({"epochs:2"})) == {"epochs"}


@pytest.mark.parametrize(
    ("doubts", "with_rate", "cause"),
    [
        ((1.0, 0.9), 0.9, "learning-rate"),  # plain SGD, at another rate: the milder repair
        ((1.0, 0.9), 0.5, "optimizer"),
        ((1.0, 0.0), 0.9, "optimizer"),  # no rate was found that learns
        ((1.5, 1.0), 0.9, "optimizer"),  # Adagrad, say
    ],
)
def test_the_rate_is_the_cause_where_it_is_enough(doubts: tuple[float, float], with_rate: float, cause: str) -> None:
    found = search({("optimizer",): 1.0, ("learning-rate",): with_rate})
    for key, fault, doubt in zip(("optimizer", "learning-rate"), (Fault.OPTIMIZER, Fault.RATE_TOO_SMALL), doubts):
        found.replace_repair(dataclasses.replace(repair(key, fault), doubt=doubt))
    assert found.minimise(frozenset({"optimizer"})) == {cause}


@pytest.mark.parametrize(
    ("keys", "doubt", "alone", "chosen"),
    [
        (("activation", "width"), 1.0, {"too-few-epochs": 0.9}, {"too-few-epochs"}),
        (("activation", "width"), 1.0, {"too-few-epochs": 0.5, "learning-rate": 0.9}, {"learning-rate"}),
        (("activation", "width"), 1.0, {"too-few-epochs": 0.5, "learning-rate": 0.5}, {"activation", "width"}),
        (("width",), 2.0, {"too-few-epochs": 0.9}, {"width"}),  # far from practice: it is to blame itself
        (("width", "loss"), 1.0, {"too-few-epochs": 0.9}, {"width", "loss"}),
        (("learning-rate",), 0.9, {"too-few-epochs": 0.9}, {"too-few-epochs"}),  # a usual rate
        (("learning-rate",), 2.0, {"too-few-epochs": 0.9}, {"learning-rate"}),
    ],
)
def test_a_longer_training_is_the_cause_before_other_layers_and_a_usual_rate(
    keys: tuple[str, ...], doubt: float, alone: dict[str, float], chosen: set[str]
) -> None:
    found = search({(key,): score for key, score in alone.items()} | {keys: 1.0})
    for made in (
        repair("activation", Fault.HIDDEN_ACTIVATION, block="layers"),
        repair("width", Fault.TOO_NARROW, block="layers"),
        repair("learning-rate", Fault.RATE_TOO_SMALL, block="rate"),
        repair("too-few-epochs", Fault.TOO_FEW_EPOCHS, Change(kind=ChangeKind.EPOCHS, old=1, new=2), block="epochs"),
    ):
        found.by_key[made.key] = dataclasses.replace(made, doubt=doubt)
    assert found.milder(frozenset(keys)) == chosen


@pytest.mark.parametrize(("other", "chosen"), [(0.95, "scale"), (0.84, "loss")])
def test_of_repairs_that_are_as_likely_a_clearly_better_one_is_the_cause(other: float, chosen: str) -> None:
    found = search({("loss",): 0.82, ("scale",): other})
    assert found.repair_fully() == {chosen}


def test_other_repairs_are_not_asked_where_the_likeliest_is_good_enough() -> None:
    found = search({("loss",): 0.95, ("scale",): 1.0})
    assert found.repair_fully() == {"loss"}
    assert (frozenset({"scale"}), Stage.SEARCH) not in found.runs


@pytest.mark.parametrize(
    ("together", "alone", "chosen"),
    [
        (0.9, 0.9, {"loss"}),  # the likeliest that contradicts the task is enough
        (0.9, 0.1, {"loss", "output"}),
        (0.1, 0.1, {"scale"}),  # neither is: all that practice questions are tried
    ],
)
def test_all_that_contradicts_the_task_is_repaired_first(together: float, alone: float, chosen: set[str]) -> None:
    found = search({("loss", "output"): together, ("loss",): alone, ("output",): 0.1, ("scale",): 0.9})
    for made in (repair("loss", Fault.LOSS), repair("output", Fault.OUTPUT_ACTIVATION)):
        found.replace_repair(dataclasses.replace(made, doubt=3, block="head"))
    found.singles = 3
    keys = found.repair_fully()
    assert keys is not None
    assert next(iter(found.runs)) == (frozenset({"loss", "output"}), Stage.SEARCH)
    assert found.minimise(keys) == chosen


@pytest.mark.parametrize(("learned", "settled"), [(16, {"epochs", "rate", "optimizer"}), (15, {"epochs"})])
def test_steps_with_which_every_repaired_seed_learns_are_not_worth_a_look(learned: int, settled: set[str]) -> None:
    minimal = [repair("epochs", Fault.TOO_FEW_EPOCHS, block="epochs"), repair("loss", Fault.LOSS, block="head")]
    assert settled_blocks(minimal, share_of([number < learned for number in range(16)])) == settled


@pytest.mark.parametrize(
    ("together", "alone", "stands_on"),
    [
        (0.95, 0.9, {"loss"}),  # the loss is needed, and enough: the scale is not a cause
        (0.95, 0.5, {"loss", "scale"}),  # both are needed
    ],
)
def test_causes_stand_on_what_is_proven(together: float, alone: float, stands_on: set[str]) -> None:
    known = search({("loss", "scale"): together, ("loss",): alone, ("scale",): 0.3, (): 0.3})
    proofs = Proofs(search=known)
    assert proofs.confirm(frozenset({"loss", "scale"}), diverges=False) == stands_on
    assert {cause.fault.value for cause in proofs.causes} == {known.by_key[key].fault.value for key in stands_on}
    held = proofs.causes[0].repaired
    assert held is not None
    assert held.held == (alone if len(stands_on) == 1 else together)


@pytest.mark.parametrize(
    ("noise", "shared_noise", "negated", "fault"),
    [
        (1.0, 0.0, 0.0, Fault.CLONES),
        (1.0, 0.0, 1.0, Fault.PLATEAU),  # identical units learn from the negated weights
        (1.0, 0.9, 0.0, Fault.PLATEAU),  # and from others that leave them identical
        (0.0, 0.0, 1.0, Fault.PLATEAU),
    ],
)
def test_identical_units_are_to_blame_if_nothing_that_keeps_them_learns(
    noise: float, shared_noise: float, negated: float, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspected = (
        Suspect(fault=Fault.CLONES, intervention=Intervention.NOISE, control=Intervention.SHARED_NOISE),
        Suspect(fault=Fault.PLATEAU, intervention=Intervention.MIRRORED),
    )
    monkeypatch.setattr("harness.diagnosis.proofs.read_layers", lambda *_: ())
    monkeypatch.setattr("harness.diagnosis.proofs.suspects", lambda *_: suspected)
    scores = {"noise": noise, "shared-noise": shared_noise, "mirrored": negated}
    known = search({(f"start:{kind}",): score for kind, score in scores.items()} | {("initializer",): 1.0, (): 0.0})
    known.case.program = known.case.head = None  # type: ignore[misc,assignment]
    known.replace_repair(repair("initializer", Fault.CLONES))
    proofs = Proofs(search=known)
    proofs.confirm(frozenset({"initializer"}), diverges=False)
    proofs.explain_start(0, frozenset())
    assert [cause.fault for cause in proofs.causes] == [fault]
    assert {found.fault for found in proofs.mechanisms} == {fault}


def test_a_longer_training_alone_comes_first_where_there_are_far_too_few_updates() -> None:
    found = search({("loss",): 0.1, ("epochs",): 0.95})
    found.by_key["too-few-epochs"] = dataclasses.replace(found.by_key["epochs"], key="too-few-epochs", doubt=2)
    assert found.full_sets(["loss", "too-few-epochs"])[0] == {"too-few-epochs"}
    found.by_key["too-few-epochs"] = dataclasses.replace(found.by_key["too-few-epochs"], doubt=1)
    assert found.full_sets(["loss", "too-few-epochs"])[0] == {"loss"}


@pytest.mark.parametrize(
    ("doubt", "longer", "chosen"),
    [
        (2, 0.5, {"unscaled-inputs", "too-few-epochs"}),  # scaled inputs are meant, and take more epochs
        (2, 0.9, {"optimizer"}),  # more epochs are enough without scaling: no reason to prefer it
        (1, 0.5, {"optimizer"}),  # the inputs are not far from the usual scale
    ],
)
def test_scaled_inputs_are_meant_where_another_optimizer_is_a_way_round(
    doubt: float, longer: float, chosen: set[str]
) -> None:
    scores = {("optimizer",): 0.95, ("unscaled-inputs",): 0.7, ("too-few-epochs",): longer, (): 0.0}
    found = search(scores | {("optimizer", "unscaled-inputs"): 1.0, ("unscaled-inputs", "too-few-epochs"): 0.95})
    longest = Change(kind=ChangeKind.EPOCHS, old=1, new=2)
    for made in (
        dataclasses.replace(repair("unscaled-inputs", Fault.UNSCALED_INPUTS), doubt=doubt),
        repair("too-few-epochs", Fault.TOO_FEW_EPOCHS, longest, block="epochs"),
        repair("optimizer", Fault.OPTIMIZER),
    ):
        found.by_key[made.key] = made
    assert found.minimise(frozenset({"optimizer", "unscaled-inputs"})) == chosen


@pytest.mark.parametrize(("most", "steps"), [(8, [2, 4]), (3000, [128, 256, 512, 1024, 2048])])
def test_shorter_trainings_are_tried_in_a_few_steps(most: int, steps: list[int]) -> None:
    found = search({})
    change = Change(kind=ChangeKind.EPOCHS, old=1, new=most)
    found.by_key["too-few-epochs"] = repair("too-few-epochs", Fault.TOO_FEW_EPOCHS, change, block="epochs")
    found.case = SimpleNamespace(program=SimpleNamespace(epochs=1))  # type: ignore[assignment]
    found.scores = {frozenset({f"too-few-epochs:{step}"}): 0.1 for step in steps}
    assert found.milder(frozenset({"too-few-epochs"})) == {"too-few-epochs"}
    assert {keys for keys, _ in found.runs} == set(found.scores)


@pytest.mark.parametrize(("repaired", "nearer"), [(0.99, {"scale"}), (0.96, None)])
def test_what_brings_a_regression_nearer_leaves_half_of_what_was_left(repaired: float, nearer: set[str] | None) -> None:
    known = search({(): 0.95, ("scale",): repaired, ("loss",): 0.9})  # what is not known is not affordable
    assert Proofs(search=known).nearer(known.run(()), known.additions(frozenset()), 2) == nearer


def edit(text: str) -> Edit:
    return Edit(
        file="train.py", cell=None, line=1, start=0, end=0, old="", new=text, subject="", fragment=text
    )  # fmt: skip


def remedy(text: str, *, promised: float | None = None, is_whole: bool = True) -> Remedy:
    return Remedy(faults=(Fault.LOSS,), edits=(edit(text),), is_whole=is_whole, promised=promised)


def edited(held: float, learned: int) -> EditedRun:
    share = share_of([number < learned for number in range(8)])
    return EditedRun(held=held, training=held, learned=share, is_plain=False, is_stopped=False, error=None)


@pytest.mark.parametrize(
    ("runs", "wholes", "chosen"),
    [
        ({"a": edited(0.9, 8), "b": edited(1.0, 8)}, (True, True), "a"),  # the first that works
        ({"a": edited(0.5, 2), "b": edited(0.9, 8)}, (True, True), "b"),
        ({"a": edited(0.7, 8), "b": edited(0.9, 8)}, (True, True), "b"),  # the first misses its promise of 0.9
        ({"a": edited(0.9, 8), "b": edited(0.9, 8)}, (False, True), "b"),  # the first leaves something to the user
        ({"a": edited(0.5, 3), "b": edited(0.4, 1)}, (True, True), "a"),  # none works: the nearest
    ],
)
def test_an_edit_that_does_not_do_is_replaced_by_the_next(
    monkeypatch: pytest.MonkeyPatch, runs: dict[str, EditedRun], wholes: tuple[bool, bool], chosen: str
) -> None:
    monkeypatch.setattr(edited_run, "run_edited_program", lambda case, edits, bar, **options: runs[edits[0].new])
    remedies = [remedy(text, promised=0.9, is_whole=whole) for text, whole in zip("ab", wholes)]
    case: Any = None
    best, run = chosen_remedy(case, remedies, BAR, members=8, budget=1.0)
    assert (best.edits[0].new, run) == (chosen, runs[chosen])


@pytest.mark.parametrize(("seconds_left", "is_stopped"), [(-9.0, True), (60.0, False)])
def test_the_trainings_of_an_edited_script_end_with_the_time(
    monkeypatch: pytest.MonkeyPatch, seconds_left: float, is_stopped: bool
) -> None:
    """A budget of 0 s leaves nothing to an edit that is tried after the deadline."""
    scores = Scores(held=np.ones(8), training=np.ones(8), diverged=np.zeros(8, dtype=bool))

    def run_variant(*arguments: Any, tick: Any, **options: Any) -> Trial:
        tick()
        return Trial(scores=scores, auc=None, updates=1)

    program = SimpleNamespace(error=None, is_stopped=False)
    plan = Plan(members=8, search_seeds=8, most_updates=1, prefix_updates=1)
    monkeypatch.setattr(edited_run, "run_edited", lambda *arguments, **options: program)
    monkeypatch.setattr(edited_run, "edited_case", lambda case, program: SimpleNamespace(head=None))
    monkeypatch.setattr(edited_run, "plan_trials", lambda case, budget: plan)
    monkeypatch.setattr(edited_run, "thinned", lambda case, plan: case)
    monkeypatch.setattr(edited_run, "run_variant", run_variant)
    case: Any = SimpleNamespace(program=program, seed=0, has_equal_targets=False)
    deadline = time.monotonic() + seconds_left
    _, run = chosen_remedy(case, [remedy("a")], BAR, members=8, budget=0.0, deadline=deadline)
    assert run is not None
    assert (run.is_stopped, run.held, run.error) == (is_stopped, None if is_stopped else 1.0, None)


@pytest.mark.parametrize(
    ("losses", "epochs", "expected"),
    [
        ([0.0990 - 0.00001 * epoch for epoch in range(250)], 10_000, True),  # it would reach 0
        ([0.0990 - 0.00001 * epoch for epoch in range(250)], 300, False),
        ([0.693] * 250, 10_000, False),
        ([0.5, 0.4, 0.3], 10_000, True),  # too few to say
    ],
)
def test_a_loss_that_was_falling_when_the_time_ran_out_may_still_fall(
    losses: list[float], epochs: int, expected: bool
) -> None:
    assert may_still_fall(losses, epochs) is expected


def test_the_edited_script_is_not_scored_on_equal_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of 9 rows have the targets 1, 2 and 3: R2 would be 0 whatever is predicted."""
    program = SimpleNamespace(error=None, is_stopped=False)
    monkeypatch.setattr(edited_run, "run_edited", lambda *arguments, **options: program)
    monkeypatch.setattr(edited_run, "edited_case", lambda case, program: SimpleNamespace(head=None))
    targets = np.tile([[1.0, 2.0, 3.0]], (9, 1))
    case: Any = SimpleNamespace(program=program, seed=0, targets=targets)
    case.has_equal_targets = Case.has_equal_targets.fget(case)  # type: ignore[attr-defined]
    run = edited_run.run_edited_program(case, (), BAR, members=8, budget=0.0)
    assert (run.held, run.error, run.works) == (None, None, False)


def test_what_confirms_a_cause_is_never_spent_on_the_search() -> None:
    ledger = Ledger(budget=10.0, deadline=np.inf, reserved=4.0)
    with pytest.raises(OutOfBudget):
        ledger.spend(7.0, optional=True)
    ledger.spend(6.0, optional=True)
    with pytest.raises(OutOfBudget):
        ledger.spend(16.0, optional=False)  # 25 in all, 4 of them reserved
    ledger.spend(15.0, optional=False)
    ledger.spend(4.0, optional=False, reserved=True)
    assert (ledger.spent, ledger.trials) == (25.0, 3)


def test_what_confirms_a_cause_has_the_last_of_the_time() -> None:
    ledger = Ledger(budget=10.0, deadline=time.monotonic() + 5, reserved_time=60.0)
    with pytest.raises(OutOfBudget):
        ledger.check_clock()
    ledger.check_clock(reserved=True)
    ledger.deadline -= 60
    with pytest.raises(OutOfBudget):
        ledger.check_clock(reserved=True)


@pytest.mark.parametrize(
    ("processor", "counted"),
    [(2.0, 50.0), (80.0, 80.0), (400.0, 100.0)],  # busy, less so, and several threads on an idle machine
)
def test_a_busy_machine_ends_no_diagnosis_before_it_has_worked(
    monkeypatch: pytest.MonkeyPatch, processor: float, counted: float
) -> None:
    clock = Clock(started=1000.0, processor=7.0)
    monkeypatch.setattr(time, "monotonic", lambda: 1100.0)
    monkeypatch.setattr(time, "process_time", lambda: 7.0 + processor)
    assert clock.now() == 1000.0 + counted
    ledger = Ledger(budget=10.0, deadline=1090.0, clock=clock)
    assert ledger.is_late == (counted > 90)


def test_half_of_the_time_that_is_left_stays_for_the_search() -> None:
    """On a slow machine the proofs of a first set that learns may take longer than all that is left."""
    ledger = Ledger(budget=10.0, deadline=180.0, reserved_time=54.0)
    ledger.reserve_time(500.0, now=60.0)
    assert ledger.reserved_time == 60.0
    ledger.reserve_time(500.0, now=100.0)
    assert ledger.reserved_time == 60.0  # what is kept is not given back


@pytest.mark.parametrize(("score", "reserved"), [(0.9, 16.0), (0.1, 1.0)])
def test_time_is_kept_to_confirm_what_learned(monkeypatch: pytest.MonkeyPatch, score: float, reserved: float) -> None:
    """8 seeds of the search took 4 s: 16 fresh ones with a repair and 16 without it take 16 s."""
    known = search({})
    known.plan = Plan(members=8, search_seeds=8, most_updates=1, prefix_updates=None)
    known.ledger.reserved_time = 1.0
    fold = SimpleNamespace(train=np.arange(4))
    known.case = SimpleNamespace(seed=0, split=SimpleNamespace(folds=[fold]))  # type: ignore[assignment]
    known.user = SimpleNamespace()  # type: ignore[assignment]
    held = np.full(8, score)
    trial = Trial(scores=Scores(held=held, training=held, diverged=held > 9), auc=None, updates=1)
    module = "harness.diagnosis.program_search."
    monkeypatch.setattr(module + "apply_repairs", lambda *_: SimpleNamespace(rows_share=1.0))
    monkeypatch.setattr(module + "estimated_seconds", lambda *_: 0.0)
    monkeypatch.setattr(module + "run_variant", lambda *_, **__: trial)
    monkeypatch.setattr(known.ledger, "check_clock", lambda **_: None)
    known.ledger.clock = SimpleNamespace(now=iter([100.0, 104.0]).__next__)  # type: ignore[assignment]
    known.train(frozenset({"loss"}), Stage.SEARCH, optional=False)
    assert known.ledger.reserved_time == reserved


def test_what_the_training_rows_need_to_be_known_is_a_hint_if_no_others_are() -> None:
    sets = [("scale",), ("loss", "scale"), ("epochs", "loss", "scale")]
    found = search(dict.fromkeys(sets, 0.0))
    for keys, training in zip(sets, (0.1, 0.95, 0.99)):
        run = found.run(keys)
        run.trial.scores.training[:] = training
    diagnoser: Any = SimpleNamespace(search=found)
    assert _Diagnoser.fitting_rows(diagnoser) == {"loss", "scale"}
    task = SimpleNamespace(kind=None, is_classification=False, format=None)
    case: Any = SimpleNamespace(task=task, head=SimpleNamespace(activation="linear"), found=())
    hints = unproven_choices(case, found.repairs, (), set(), settled=set(), fitting=frozenset({"loss", "scale"}))
    assert {hint.fault for hint in hints} == {Fault.LOSS, Fault.UNSCALED_INPUTS}
    assert not any(hint.is_needed for hint in hints)


@pytest.mark.parametrize(("line_fails", "first"), [(True, Fault.TOO_NARROW), (False, Fault.UNSCALED_INPUTS)])
def test_of_unconfirmed_repairs_those_that_a_curved_border_takes_are_named_first(
    line_fails: bool, first: Fault
) -> None:
    task = SimpleNamespace(kind=None, is_classification=False, format=None)
    references = SimpleNamespace(line_fails=line_fails)
    case: Any = SimpleNamespace(task=task, head=SimpleNamespace(activation="linear"), found=(), references=references)
    repairs = [repair("scale", Fault.UNSCALED_INPUTS), repair("width", Fault.TOO_NARROW)]
    hints = unproven_choices(case, repairs, repairs, set(), settled=set())
    assert hints[0].fault is first
    assert len(hints) == 2


@pytest.mark.parametrize(("seconds_left", "causes"), [(60.0, {Fault.LOSS}), (-1.0, set())])
def test_what_was_found_before_the_clock_ended_the_search_is_confirmed(seconds_left: float, causes: set[Fault]) -> None:
    """The search ends after its first set that learns, of which one repair is not needed."""
    known = search({("loss", "scale"): 0.9})
    known.run({"loss", "scale"})
    known.scores = {frozenset(keys): 0.9 if "loss" in keys else 0.1 for keys in ((), ("loss",), ("scale",))}
    known.scores |= {frozenset({"loss", "scale"}): 0.9}
    known.ledger = Ledger(budget=1.0, deadline=time.monotonic() + seconds_left, reserved_time=60.0)
    proofs = Proofs(search=known)
    diagnoser: Any = SimpleNamespace(search=known, proofs=proofs, minimal=None, outcome=OutcomeKind.UNDERFITS)
    for name in ("prove", "smallest_learning"):
        setattr(diagnoser, name, functools.partial(getattr(_Diagnoser, name), diagnoser))
    _Diagnoser.confirm_smallest(diagnoser)
    assert {cause.fault for cause in proofs.causes} == causes


def test_how_long_a_loss_stays_where_it_began() -> None:
    rows = [[1.0, 1.0, 0.995, 0.5], [200.0, 201.0, 150.0, 99.0], [1.0, 0.5, 0.4, 0.3], [2.0, 2.0, np.nan, np.nan]]
    assert flat_shares(np.array(rows)) == [0.75, 0.5, 0.25, 1.0]


def test_repairs_are_applied_in_the_order_in_which_one_builds_on_another() -> None:
    keys = {"a": "head", "b": "shape", "c": "", "d": "rate", "e": "epochs", "f": "head"}
    repairs = [repair(key, Fault.LOSS, block=block) for key, block in keys.items()]
    assert [one.key for one in sorted(repairs, key=application_order)] == ["d", "e", "b", "a", "f", "c"]


@pytest.mark.parametrize(
    ("block", "is_classification", "severities", "is_unfit"),
    [
        ("head", True, [], True),
        ("layers", True, [], False),
        ("head", False, [], False),
        ("head", False, [Severity.SUSPICION], True),
        ("head", False, [Severity.FACT], False),
    ],
)
def test_a_head_is_unfit_for_classes_or_if_a_rule_suspects_it(
    block: str, is_classification: bool, severities: list[Severity], is_unfit: bool
) -> None:
    found = [SimpleNamespace(id=Fault.LOSS.value, severity=severity) for severity in severities]
    case: Any = SimpleNamespace(found=found, task=SimpleNamespace(is_classification=is_classification))
    assert is_unfit_head(case, repair("loss", Fault.LOSS, block=block)) is is_unfit


def test_a_works_needs_a_score() -> None:
    assert not dataclasses.replace(edited(0.9, 8), held=None).works
    assert not dataclasses.replace(edited(0.9, 8), error="ValueError").works
    assert not edited(0.9, 6).works
    assert edited(0.9, 7).works
