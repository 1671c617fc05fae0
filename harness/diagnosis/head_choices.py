"""The heads that suit a task, and which of them is nearest to the one that a program has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..programs.heads import RANGES
from ..programs.loss_names import CROSSENTROPIES, HINGE_LOSSES, REGRESSION_LOSSES
from .case import Case
from .tasks import LabelFormat, TaskKind
from .variants import TargetCoding

BCE, CCE, SCCE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"
FOCAL = {BCE: "binary_focal_crossentropy", CCE: "categorical_focal_crossentropy"}
UNUSUAL = 1.5  # changes that a sigmoid for each of several exclusive classes counts for: it works, but few mean it
SOUND_REGRESSION_LOSSES = REGRESSION_LOSSES - {"mean_squared_logarithmic_error", "mean_absolute_percentage_error"}


@dataclass(frozen=True, kw_only=True)
class HeadChoice:
    """A head that suits a task."""

    units: int  # of the outputs
    activation: str  # of the outputs
    loss: str  # canonical name
    from_logits: bool  # whether the loss takes the outputs for logits
    coding: TargetCoding  # how the targets must be written


@dataclass(frozen=True, kw_only=True)
class HeadVerdict:
    """How a program's head stands to its task."""

    choice: HeadChoice  # the nearest head that suits; equal to the program's own if that suits
    # units, activation, loss, labels: whether each has to change for it
    units: bool
    activation: bool
    loss: bool
    labels: bool
    doubt: int  # 0 if the head is a usual one, 1 if it can work but is unusual, 3 if it contradicts the task


def suitable_heads(case: Case) -> Iterator[HeadChoice]:
    """The heads that suit a task, best first."""
    task, head = case.task, case.head
    plain = is_numbered_from_zero(case)

    def choice(units: int, activation: str, loss: str, logits: bool, needed: TargetCoding) -> HeadChoice:
        given = TargetCoding.AS_GIVEN
        coding = given if _fits(case, needed, plain) else needed
        return HeadChoice(units=units, activation=activation, loss=loss, from_logits=logits, coding=coding)

    if task.kind is TaskKind.REGRESSION:
        loss = head.loss if head.loss in SOUND_REGRESSION_LOSSES else "mean_squared_error"
        yield choice(task.columns, "linear", loss, False, TargetCoding.AS_GIVEN)
        return
    if task.kind is TaskKind.MULTILABEL:
        yield choice(task.columns, "sigmoid", BCE, False, TargetCoding.AS_GIVEN)
        yield choice(task.columns, "linear", BCE, True, TargetCoding.AS_GIVEN)
        return
    count = task.classes
    if task.kind is TaskKind.BINARY and task.format is LabelFormat.INDICES:
        yield choice(1, "sigmoid", BCE, False, TargetCoding.INDICES)
        yield choice(1, "linear", BCE, True, TargetCoding.INDICES)
        for loss in sorted(HINGE_LOSSES):
            yield choice(1, "tanh", loss, False, TargetCoding.SIGNED)
            yield choice(1, "linear", loss, False, TargetCoding.SIGNED)
    if (task.format is LabelFormat.INDICES and task.kind is TaskKind.MULTICLASS) or head.units >= 2:
        units = max(count, head.units) if task.format is LabelFormat.INDICES and plain else count
        sparse = TargetCoding.INDICES
        yield choice(units, "softmax", SCCE, False, sparse)
        yield choice(units, "linear", SCCE, True, sparse)
    yield choice(count, "softmax", CCE, False, TargetCoding.ONE_HOT)
    yield choice(count, "linear", CCE, True, TargetCoding.ONE_HOT)
    yield choice(count, "sigmoid", BCE, False, TargetCoding.ONE_HOT)


def is_numbered_from_zero(case: Case) -> bool:
    """Whether the class labels are 0, 1, ... or a subset of such numbers that the outputs have room for."""
    values = case.task.values
    if case.text_targets is not None or len(values) == 0 or not np.all(values == np.round(values)) or values.min() < 0:
        return False
    return bool(values.max() < max(len(values), case.head.units if case.head.units > 1 else 0))


def _fits(case: Case, needed: TargetCoding, plain: bool) -> bool:
    """Whether the targets are already written as a head needs them."""
    task = case.task
    if case.text_targets is not None:
        return False
    if needed is TargetCoding.INDICES:
        zero_one = task.kind is not TaskKind.BINARY or case.head.units > 1 or np.array_equal(task.values, [0, 1])
        return task.format is LabelFormat.INDICES and plain and bool(zero_one)
    if needed is TargetCoding.ONE_HOT:
        return task.format is LabelFormat.ONE_HOT
    if needed is TargetCoding.SIGNED:
        return np.array_equal(task.values, [-1, 1]) or np.array_equal(task.values, [0, 1])  # Keras turns 0 into -1
    return True


def judge_head(case: Case) -> HeadVerdict:
    """How a program's head stands to its task, and the nearest one that suits."""
    head = case.head
    loss = {value: key for key, value in FOCAL.items()}.get(head.loss, head.loss)
    ranked = []
    for number, choice in enumerate(suitable_heads(case)):
        units = choice.units != head.units
        activation = choice.activation != head.activation and head.is_certain
        other_loss = choice.loss != loss or choice.from_logits != head.from_logits
        if choice.loss not in (BCE, CCE, SCCE):
            other_loss = choice.loss != loss
        labels = choice.coding is not TargetCoding.AS_GIVEN
        changes = 2 * units + activation + other_loss + 1.5 * labels
        if choice.activation == "sigmoid" and choice.coding is not TargetCoding.SIGNED and choice.units > 1:
            changes += UNUSUAL * (case.task.kind is not TaskKind.MULTILABEL)
        ranked.append((changes + 0.01 * number, choice, units, activation, other_loss, labels))
    _, choice, units, activation, other_loss, labels = min(ranked, key=lambda item: item[0])
    doubt = 0
    if units or activation or other_loss or labels:
        doubt = 1 if can_work(case) else 3
    return HeadVerdict(choice=choice, units=units, activation=activation, loss=other_loss, labels=labels, doubt=doubt)


def can_work(case: Case) -> bool:
    """Whether an unusual head can learn the task all the same; False only if it contradicts it."""
    task, head = case.task, case.head
    if case.text_targets is not None:
        return False
    least_output, largest_output = RANGES.get(head.activation.split("+")[-1], (None, None))
    low = -np.inf if least_output is None else least_output
    high = np.inf if largest_output is None else largest_output
    if head.activation == "softmax" and head.units == 1:
        return False
    probability_loss = head.loss in CROSSENTROPIES
    if task.kind is TaskKind.REGRESSION:
        least, most = float(np.min(case.targets)), float(np.max(case.targets))
        if head.units != task.columns or head.activation == "softmax":
            return False
        if probability_loss and not (head.loss == BCE and least >= 0 and most <= 1):
            return False
        return least >= low - 1e-6 and most <= high + 1e-6
    if probability_loss and not head.from_logits and head.activation in ("linear", "tanh"):
        return False
    if (head.from_logits and head.activation == "softmax") or "+" in head.activation:
        return False
    if head.loss in (CCE, FOCAL[CCE]) and (task.format is not LabelFormat.ONE_HOT or head.units != task.columns):
        return False
    if head.loss == SCCE and (task.format is not LabelFormat.INDICES or not is_numbered_from_zero(case)):
        return False
    if task.kind is TaskKind.MULTILABEL:
        return head.units == task.columns and head.activation not in ("softmax", "relu")
    if task.format is LabelFormat.ONE_HOT:
        return head.units == task.columns and head.activation not in ("relu",)
    if head.units > 1 and head.loss != SCCE:
        return False  # one number per observation against several outputs
    if task.kind is TaskKind.MULTICLASS and head.units == 1:
        return False
    if task.kind is TaskKind.BINARY and head.units == 1:
        least, most = float(task.values.min()), float(task.values.max())
        if head.loss in (BCE, FOCAL[BCE]):
            return least == 0 and most == 1 and head.activation != "relu"
        return head.loss in HINGE_LOSSES or (least >= low - 1e-6 and most <= high + 1e-6)
    return True
