"""Remedies of overfitting: each changes one thing of the user's network."""

from __future__ import annotations

import numpy as np
from programs import dense, moons, program

from harness.diagnosis.case import prepare_case
from harness.diagnosis.faults import Fault
from harness.diagnosis.restraints import restraints
from harness.diagnosis.training_repairs import fewer_rows
from harness.diagnosis.variants import Variant, prepare_fold


def test_each_remedy_of_overfitting_changes_one_thing() -> None:
    x, y = moons(rows=120)
    made = program(dense(64, 1, inputs=2, last="sigmoid"), x, y, loss="binary_crossentropy", epochs=32)
    case = prepare_case(made)
    plain = Variant(program=made, head=case.head)
    variants = {repair.key: repair.apply(plain) for repair in restraints(case, whole=True)}
    faults = {repair.key: repair.fault for repair in restraints(case, whole=True)}
    assert {key: variant.program.epochs for key, variant in variants.items()} == {
        "fewer-epochs:4": 8, "fewer-epochs:16": 2, "more-dropout": 32, "weight-penalty": 32, "too-wide": 32,
    }  # fmt: skip
    kinds = [type(layer).__name__ for layer in variants["more-dropout"].program.model.layers]
    assert kinds == ["Dense", "Dropout", "Dense"]
    hidden, output = variants["weight-penalty"].program.model.layers
    assert float(np.asarray(hidden.kernel_regularizer.l2)) == np.float32(0.01)
    assert output.kernel_regularizer is None
    assert [layer.units for layer in variants["too-wide"].program.model.layers] == [16, 1]
    assert (faults["fewer-epochs:4"], faults["too-wide"]) == (Fault.TOO_MANY_EPOCHS, Fault.TOO_WIDE)
    assert [repair.key for repair in restraints(case, whole=False)] == ["more-dropout", "weight-penalty", "too-wide"]


def test_fewer_rows_make_as_many_updates() -> None:
    x, y = moons(rows=120)
    made = program(dense(4, 1, inputs=2, last="sigmoid"), x, y, loss="binary_crossentropy", epochs=10)
    case = prepare_case(made)
    half = fewer_rows(case, 0.5, "rows:0.5").apply(Variant(program=made, head=case.head))
    fold = case.split.folds[0]
    prepared = prepare_fold(case, half, fold, confirm=False)
    assert (len(prepared.program.x), prepared.program.epochs) == (len(fold.train) // 2, 20)
