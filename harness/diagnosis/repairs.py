"""The repairs that a program may need: what each replaces, how far the program's own choice is from usual practice, and
the changes that an edit makes.

A repair takes a variant to a variant. ``doubt`` says how much the program's own choice is questioned: 3 if it
contradicts the task, 2 if it is far from practice, 1 if it is unusual, 0 if only a search would question it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..programs.contradictions import Check, Severity
from ..programs.program import NoteKind
from .case import Case
from .data_repairs import data_repairs
from .faults import Fault
from .head_repairs import head_repairs
from .layer_repairs import layer_repairs
from .layers import read_layers
from .rates import optimizer_facts
from .repair import CERTAIN, Repair
from .start_repairs import initializer_repairs
from .training_repairs import length_repairs, optimizer_repairs
from .trials import Plan, updates_of
from .variants import Variant

# How common a fault is in real programs, most common first: the order among equally doubtful repairs.
PRIOR = (
    Fault.MISSING_VALUES, Fault.VALIDATION_MISMATCH, Fault.OUTPUT_ACTIVATION, Fault.LABEL_ENCODING, Fault.LOSS,
    Fault.UNSHUFFLED, Fault.FROZEN_LAYER, Fault.CLONES, Fault.ZERO_GRADIENT, Fault.SATURATION,
    Fault.EXPLODING_GRADIENT, Fault.VANISHING_GRADIENT, Fault.DEAD_RELU, Fault.PLATEAU, Fault.RATE_TOO_LARGE,
    Fault.RATE_TOO_SMALL, Fault.UNSCALED_INPUTS, Fault.DROPOUT, Fault.REGULARIZATION, Fault.TOO_FEW_EPOCHS,
    Fault.HIDDEN_ACTIVATION, Fault.CLASS_IMBALANCE, Fault.TARGET_OUT_OF_RANGE, Fault.UNSCALED_TARGETS,
    Fault.BATCH_SIZE, Fault.TOO_NARROW, Fault.MISSING_LAYER, Fault.OPTIMIZER, Fault.SUPERFLUOUS_LAYER,
)  # fmt: skip


# Keys of repairs that a hand-written network takes new code for; another number is asked first.
NEW_CODE = ("optimizer", "batch-size")

# What a finding without a run says about a choice.
DOUBTS = {Severity.CONTRADICTION: CERTAIN, Severity.SUSPICION: 1.0, Severity.HINT: 0.0, Severity.FACT: 0.0}


def order_of(repair: Repair) -> tuple[float, int]:
    """Sorts repairs, the likeliest cause first."""
    return -repair.doubt, PRIOR.index(repair.fault) if repair.fault in PRIOR else len(PRIOR)


def application_order(repair: Repair) -> tuple[int, str]:
    """Sorts repairs in the order in which they are applied: a later one may build on an earlier one."""
    order = ("rate", "optimizer", "clipping", "epochs", "batch", "layers", "initializer", "shape", "head")
    return order.index(repair.block) if repair.block in order else len(order), repair.key


def apply_repairs(variant: Variant, repairs: Sequence[Repair]) -> Variant:
    """A variant with several repairs."""
    chosen = {key for repair in repairs for key in repair.replaces}
    for repair in sorted(repairs, key=application_order):
        if repair.key not in chosen:
            variant = repair.apply(variant)
    return variant


def propose_repairs(case: Case, plan: Plan) -> tuple[Repair, ...]:
    """All repairs that a program may need and that the plan has room for, the likeliest cause first."""
    layers = read_layers(case.program, case.head)
    rows = len(case.split.folds[0].train)
    updates = updates_of(case.program, rows)
    optimizer = optimizer_facts(case.program.optimizer, updates)
    proposed = [
        *head_repairs(case),
        *data_repairs(case),
        *optimizer_repairs(optimizer, unread_rate(case)),
        *length_repairs(case, rows, updates, plan),
        *initializer_repairs(case, layers),
        *layer_repairs(case, layers),
    ]
    known = [_doubted(repair, case) for repair in proposed]
    if any(note.kind is NoteKind.HAND_WRITTEN for note in case.program.notes):
        known = [dataclasses.replace(repair, doubt=0) if repair.key in NEW_CODE else repair for repair in known]
    return tuple(sorted(known, key=order_of))


def unread_rate(case: Case) -> float | None:
    """The learning rate that a program sets where nothing reads it; None if there is none that is a number."""
    found = (finding.values["rate"] for finding in case.found if finding.check is Check.UNREAD_RATE)
    return next((rate for rate in found if isinstance(rate, float)), None)


def _doubted(repair: Repair, case: Case) -> Repair:
    """The repair with at least the doubt that a contradiction or suspicion of the same fault raises."""
    of_fault = [finding.severity for finding in case.found if finding.id == repair.fault.value]
    least = max((DOUBTS[severity] for severity in of_fault), default=0.0)
    return dataclasses.replace(repair, doubt=max(repair.doubt, least))
