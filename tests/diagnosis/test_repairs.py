"""Repairs are proposed for what is unusual, and do what they say; no training is needed to see it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from faulty_programs import FAULTY, USUAL
from healthy_programs import HEALTHY
from programs import cancer, dense, digits, moons, program

from harness.diagnosis.case import Case, prepare_case
from harness.diagnosis.data_repairs import are_pictures
from harness.diagnosis.diagnosis import diagnose_program
from harness.diagnosis.faults import Fault
from harness.diagnosis.outcomes import OutcomeKind
from harness.diagnosis.rates import OptimizerFacts, optimizer_facts
from harness.diagnosis.references import Reference, References
from harness.diagnosis.repair import Repair
from harness.diagnosis.repairs import apply_repairs, propose_repairs
from harness.diagnosis.training_repairs import optimizer_repairs, rates_to_try
from harness.diagnosis.trials import Plan
from harness.diagnosis.variants import Variant, code_targets, prepare_fold
from harness.programs.capture import capture_script
from harness.programs.fit_calls import program_of

pytestmark = pytest.mark.usefixtures("no_references")


PLAN = Plan(members=8, search_seeds=8, most_updates=100_000, prefix_updates=None)


def proposed(made: Any) -> tuple[Case, dict[str, Repair]]:
    case = prepare_case(made)
    return case, {repair.key: repair for repair in propose_repairs(case, PLAN)}


def repaired(made: Any, *keys: str) -> Variant:
    case, repairs = proposed(made)
    return apply_repairs(Variant(program=case.program, head=case.head), [repairs[key] for key in keys])


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("softmax_one_unit", Fault.OUTPUT_ACTIVATION),
        ("linear_bce", Fault.OUTPUT_ACTIVATION),
        ("bce_for_regression", Fault.LOSS),
        ("cce_integers", Fault.LABEL_ENCODING),
        ("labels_scaled", Fault.LABEL_ENCODING),
        ("rate_small", Fault.RATE_TOO_SMALL),
        ("rate_large", Fault.RATE_TOO_LARGE),
        ("adadelta", Fault.RATE_TOO_SMALL),
        ("big_batch", Fault.BATCH_SIZE),
        ("unscaled_cancer", Fault.UNSCALED_INPUTS),
        ("clones", Fault.CLONES),
        ("zeros", Fault.ZERO_GRADIENT),
        ("no_hidden_activation", Fault.HIDDEN_ACTIVATION),
        ("narrow", Fault.TOO_NARROW),
        ("dropout", Fault.DROPOUT),
        ("regularization", Fault.REGULARIZATION),
        ("sorted", Fault.UNSHUFFLED),
    ],
)
def test_the_planted_fault_is_questioned_first(name: str, fault: Fault) -> None:
    case = prepare_case(FAULTY[name][0]())
    assert propose_repairs(case, PLAN)[0].fault is fault


@pytest.mark.every(4)
@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_of_a_healthy_program_contradicts_the_task(name: str) -> None:
    case = prepare_case(HEALTHY[name]())
    assert not [repair.key for repair in propose_repairs(case, PLAN) if repair.doubt >= 3]


def test_output_activation_is_replaced_in_a_fresh_model() -> None:
    made = FAULTY["softmax_one_unit"][0]()
    changed = repaired(made, "output-activation")
    assert changed.program.model.layers[-1].activation.__name__ == "sigmoid"
    assert made.model.layers[-1].activation.__name__ == "softmax"


def test_the_width_of_a_code_is_a_choice() -> None:
    x, _ = digits()
    _, repairs = proposed(program(dense(32, 2, 32, 64, inputs=64, last="sigmoid"), x, x, loss="mse", epochs=2))
    assert "too-narrow" not in repairs


def test_a_separate_activation_layer_is_replaced() -> None:
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1), keras.layers.Activation("softmax")]
    )
    changed = repaired(program(model, *moons(), loss="binary_crossentropy"), "output-activation").program.model
    outputs = np.asarray(changed(moons()[0][:50]))
    assert outputs.std() > 0
    assert 0 < outputs.min() < outputs.max() < 1


def test_integers_under_a_categorical_loss_get_the_sparse_one() -> None:
    made = FAULTY["cce_integers"][0]()
    assert repaired(made, "loss").head.loss == "sparse_categorical_crossentropy"


def test_scaled_labels_are_numbered_from_zero() -> None:
    case, repairs = proposed(FAULTY["labels_scaled"][0]())
    variant = apply_repairs(Variant(program=case.program, head=case.head), [repairs["label-encoding"]])
    coded, _, _ = code_targets(case, variant, case.split.folds[0].train)
    assert np.array_equal(coded, digits()[1])


def test_inputs_are_standardised_by_the_training_rows_alone() -> None:
    case, repairs = proposed(FAULTY["unscaled_cancer"][0]())
    variant = apply_repairs(Variant(program=case.program, head=case.head), [repairs["unscaled-inputs"]])
    fold = case.split.folds[0]
    prepared = prepare_fold(case, variant, fold, confirm=False)
    x = cancer()[0].astype(float)
    mean, spread = x[fold.train].mean(axis=0), x[fold.train].std(axis=0)
    assert np.asarray(prepared.program.x) == pytest.approx((x[fold.train] - mean) / spread, abs=1e-4)
    assert np.asarray(prepared.held) == pytest.approx((x[fold.search] - mean) / spread, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "odd", "clip", "is_proposed"),
    [("Adam", False, None, False), ("Adam", True, None, True), ("Adam", False, 1.0, True), ("SGD", False, None, True)],
)
def test_adam_is_proposed_for_every_other_optimizer(
    name: str, odd: bool, clip: float | None, is_proposed: bool
) -> None:
    facts = OptimizerFacts(name=name, rate=0.01, last_rate=0.01, momentum=0.0, clip=clip, weight_decay=0.0, odd=odd)
    assert ("optimizer" in {one.key for one in optimizer_repairs(facts)}) is is_proposed


def test_pictures_of_bytes_hold_whole_numbers_and_a_series_does_not() -> None:
    rng = np.random.default_rng(0)
    assert are_pictures(rng.integers(0, 256, (300, 8, 8, 1)).astype("float32"))
    assert are_pictures(rng.uniform(0, 255, (300, 8, 8, 3)))  # an augmentation mixes the values of neighbours
    assert not are_pictures(rng.integers(0, 256, (300, 20, 1)).astype("float32"))  # sequences of whole numbers
    assert not are_pictures(50 + 30 * np.sin(np.arange(400.0)).reshape(20, 20, 1))  # windows of a measured series


def test_a_flatten_is_put_before_the_first_dense_layer() -> None:
    made = FAULTY["flat"][0]()
    assert repaired(made, "flatten").program.model.output_shape == (None, 10)


def test_an_initializer_is_replaced_and_draws_different_units() -> None:
    changed = repaired(FAULTY["clones"][0](), "initializer").program.fresh_model(3)
    kernel = np.asarray(changed.layers[0].kernel)
    assert np.linalg.matrix_rank(kernel) == min(kernel.shape)


def of_one_row() -> Any:
    """a network of two layers that both start at 0, and its only row"""
    zeros: dict[str, Any] = {"use_bias": False, "kernel_initializer": "zeros"}
    layers = [keras.layers.Dense(1, **zeros), keras.layers.Dense(1, **zeros)]
    model = keras.Sequential([keras.Input((1,)), *layers])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    return program_of(model, np.array([[1.0]]), np.array([[2.0]]), epochs=50)


def test_single_weights_of_zero_are_questioned_and_targets_that_do_not_vary_are_not_scaled() -> None:
    repairs = proposed(of_one_row())[1]
    assert repairs["initializer"].fault is Fault.ZERO_GRADIENT
    assert len(repairs["initializer"].changes) == 2
    assert "unscaled-targets" not in repairs


@pytest.mark.slow
def test_weights_of_zero_are_proven_to_be_a_cause_by_a_single_row() -> None:
    found = diagnose_program(of_one_row())
    assert found.outcome is OutcomeKind.DOES_NOT_TRAIN
    assert [cause.fault for cause in found.causes] == [Fault.ZERO_GRADIENT]


def test_class_weights_that_balance_are_not_questioned() -> None:
    _, repairs = proposed(HEALTHY["rare_weighted"]())
    assert "class-imbalance" not in repairs
    _, repairs = proposed(FAULTY["inverted_weights"][0]())
    assert repairs["class-imbalance"].doubt >= 2


def test_text_labels_are_read_and_need_an_encoding() -> None:
    x, y = moons()
    made = program(dense(8, 1, inputs=2, last="sigmoid"), x, np.array(["no", "yes"])[y], loss="binary_crossentropy")
    case, repairs = proposed(made)
    assert np.array_equal(case.targets, y)
    assert repairs["label-encoding"].doubt >= 3
    variant = apply_repairs(Variant(program=made, head=case.head), [repairs["label-encoding"]])
    assert np.array_equal(code_targets(case, variant, case.split.folds[0].train)[0], y)


@pytest.mark.slow
def test_every_repair_of_every_program_can_be_made() -> None:
    for name, (make, _) in USUAL.items():
        case, repairs = proposed(make())
        user = Variant(program=case.program, head=case.head)
        for repair in repairs.values():
            assert apply_repairs(user, [repair]) is not None, (name, repair.key)


@pytest.mark.parametrize(("linear", "doubt"), [(0.99, 0), (0.5, 1)])
def test_no_layer_is_missing_where_a_line_suffices(
    linear: float, doubt: float, no_references: References, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Reference(name="linear regression", score=linear)
    found = dataclasses.replace(no_references, learners=(line,))
    monkeypatch.setattr("harness.diagnosis.case.measure_references", lambda *_, **__: found)
    x = np.linspace(0, 1, 200)[:, None]
    _, repairs = proposed(program(dense(1, inputs=1), x, 3 * x, loss="mse", epochs=10))
    assert repairs["missing-layer"].doubt == doubt


@pytest.mark.parametrize(("rows", "batch", "updates"), [(9, 9, 3000), (640, 32, 3000), (6400, 32, 2000)])
def test_a_longer_training_goes_on_for_enough_updates(rows: int, batch: int, updates: int) -> None:
    x = np.random.default_rng(0).normal(size=(rows, 2))
    made = program(dense(1, inputs=2), x, x[:, :1], loss="mse", epochs=1, batch_size=batch)
    case, repairs = proposed(made)
    (change,) = repairs["too-few-epochs"].changes
    per_epoch = -(-len(case.split.folds[0].train) // batch)
    assert updates <= int(change.new or 0) * per_epoch < updates + per_epoch


@pytest.mark.parametrize(
    ("rate", "diverges", "tried"),
    [
        (0.001, False, (0.01, 0.0001, 0.1, 0.00001)),  # usual: both ways, the nearest first
        (0.001, True, (0.0001, 0.00001, 0.000001, 0.0000001)),
        (1e-7, False, (1e-6, 1e-5, 1e-4, 1e-3)),
    ],
)
def test_other_rates_lie_where_the_rate_may_be_wrong(rate: float, diverges: bool, tried: tuple[float, ...]) -> None:
    facts = optimizer_facts(keras.optimizers.Adam(rate), 100)
    assert rates_to_try(facts, diverges=diverges) == pytest.approx(tried)


def test_classes_taught_as_one_quantity_are_one_cause_with_three_edits() -> None:
    labels = np.arange(160) % 8 + 1
    x = np.random.default_rng(0).normal(size=(160, 4))
    made = program(dense(8, 1, inputs=4), x, labels, loss="mse", metrics=["accuracy"])
    _, repairs = proposed(made)
    assert {key for key in repairs if repairs[key].block == "head"} == {"loss"}
    edited = {(change.kind.value, change.new) for change in repairs["loss"].changes}
    assert edited >= {("units", 8), ("loss", "sparse_categorical_crossentropy"), ("labels", "indices")}
    assert repaired(made, "loss").head.units == 8


def test_dropout_on_the_output_is_repaired_alone_and_before_a_loss_that_can_learn() -> None:
    labels = np.eye(3)[np.arange(120) % 3]
    layers = [keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.5, name="hidden"), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dropout(0.1, name="output")])
    x = np.random.default_rng(0).normal(size=(120, 2))
    _, repairs = proposed(program(model, x, labels, loss="mse"))
    assert [(change.layer, change.new) for change in repairs["dropout"].changes] == [("output", 0.0)]
    assert next(iter(repairs)) == "dropout"
    assert "loss" in repairs


@pytest.mark.slow
def test_the_rate_that_a_script_means_is_tried_if_nothing_reads_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(
        "import keras, numpy as np\nfrom keras.layers import Dense\nx = np.array([[0., 0], [0, 1], [1, 0], [1, 1]])\n"
        "model = keras.Sequential([keras.Input((2,)), Dense(2, 'tanh'), Dense(1, 'sigmoid')])\n"
        "model.compile('adam', 'binary_crossentropy')\nmodel.optimizer.lr = 0.1\n"
        "model.fit(x, np.array([0, 1, 1, 0]), epochs=2, verbose=0)\n"
    )
    _, repairs = proposed(capture_script("train.py"))
    rate = repairs["learning-rate"]
    assert (rate.fault, rate.doubt, rate.changes[0].new) == (Fault.RATE_TOO_SMALL, 3.0, 0.1)
