"""Repairs of the data: scales, class weights, order of the rows, validation rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ..programs.changes import Change, ChangeKind
from ..programs.rules.data_rules import is_unadapted
from .case import Case
from .faults import Fault
from .head_choices import judge_head
from .repair import Repair
from .splits import Judged
from .tasks import TaskKind
from .variants import ClassWeights, InputScaling, TargetCoding

SCALING_LAYERS = (
    keras.layers.Normalization, keras.layers.Rescaling, keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
)  # fmt: skip
COLOR_CHANNELS = (3, 4)
LOOKED_AT = 100  # rows, to see what kind of values they hold


def data_repairs(case: Case) -> Iterator[Repair]:
    """Scales, class weights, order of the rows."""
    yield from _input_repairs(case)
    task = case.task
    if not all(fact.finite for fact in case.facts):
        yield Repair(
            key="missing-values",
            fault=Fault.MISSING_VALUES,
            doubt=3,
            apply=lambda variant: dataclasses.replace(variant, filled=True),
            changes=(Change(kind=ChangeKind.FILL_INPUTS, old="NaN", new="mean of the feature"),),
        )
    if task.kind is TaskKind.REGRESSION and np.ptp(case.targets[: case.rows], axis=0).any():
        doubt = target_doubt(case)
        bounded = case.head.activation != "linear" and case.head.is_certain and judge_head(case).doubt == 3
        fault = Fault.TARGET_OUT_OF_RANGE if bounded else Fault.UNSCALED_TARGETS
        yield Repair(
            key="unscaled-targets",
            fault=fault,
            doubt=doubt,
            apply=lambda variant: dataclasses.replace(variant, targets=TargetCoding.STANDARDISED),
            changes=(Change(kind=ChangeKind.SCALE_TARGETS, old=None, new="standardise"),),
        )
    yield from _class_weight_repairs(case)
    trailing = case.split.trailing_fraction > 0
    is_apart = trailing and case.program.validation is not None  # the program's validation data have other classes
    is_sorted = case.sorted_classes or case.sorted_inputs or is_apart
    if not case.program.shuffle or (is_sorted and trailing):
        kind = ChangeKind.RESPLIT if is_apart else ChangeKind.SHUFFLE
        yield Repair(
            key="unshuffled",
            fault=Fault.UNSHUFFLED,
            doubt=3 if is_sorted else (0 if case.split.in_time_order else 1),
            apply=lambda variant: dataclasses.replace(variant.with_program(shuffle=True), mixed_rows=True),
            changes=(Change(kind=kind, old=None if is_apart else case.program.shuffle, new=True),),
        )
    if case.split.judged is Judged.VALIDATION and len(case.inputs[0]) > case.rows:
        doubt = validation_doubt(case)
        if doubt:
            yield Repair(
                key="validation-mismatch",
                fault=Fault.VALIDATION_MISMATCH,
                doubt=doubt,
                apply=lambda variant: dataclasses.replace(variant, matched_validation=True),
                changes=(Change(kind=ChangeKind.SCALE_VALIDATION, old=None, new="as the training inputs"),),
            )


def are_pictures(values: Any) -> bool:
    """Whether rows have height and width, and channels of colors or, as a series of measurements has not, only whole
    numbers."""
    first = np.asarray(values[:LOOKED_AT])
    if first.ndim == 4 and min(first.shape[1:3]) > 1 and first.shape[-1] in COLOR_CHANNELS:
        return True  # whose values an augmentation may have mixed
    return sum(size > 1 for size in first.shape[1:]) >= 2 and bool(np.all(first == np.round(first)))


def _input_repairs(case: Case) -> Iterator[Repair]:
    """Scaled inputs, if any varies."""
    facts = [fact for fact in case.facts if not fact.is_tokens and fact.spread > 0]
    if not facts:
        return
    is_image = all(
        fact.low >= 0 and 50 < fact.high <= 255 and are_pictures(values)
        for values, fact in zip(case.inputs, case.facts)
        if not fact.is_tokens
    )
    first = next((layer for layer in case.program.model.layers if type(layer).__name__ != "InputLayer"), None)
    idle = first.name if first is not None and is_unadapted(first) else None
    if idle is None and isinstance(first, SCALING_LAYERS):
        return
    scaling = InputScaling.DIVIDED_BY_255 if is_image else InputScaling.STANDARDISED
    new = "divide by 255" if is_image else "standardise"
    yield Repair(
        key="unscaled-inputs",
        fault=Fault.UNSCALED_INPUTS,
        doubt=max(fact.doubt for fact in facts),
        apply=lambda variant: dataclasses.replace(variant, inputs=scaling),
        changes=(Change(kind=ChangeKind.SCALE_INPUTS, layer=None if is_image else idle, old=None, new=new),),
    )


def target_doubt(case: Case) -> float:
    """How far the targets of a regression, which vary, are from a mean near 0 and a standard deviation near 1."""
    values = case.targets[: case.rows]
    scale = float((np.abs(values.mean(axis=0)) + values.std(axis=0)).max())
    spread = float(np.median(values.std(axis=0)))
    if scale > 1000 or spread < 1e-3:
        return 2
    if scale > 30 or spread < 0.02:
        return 1
    return 0


def _class_weight_repairs(case: Case) -> Iterator[Repair]:
    """Balanced class weights."""
    smallest, largest = case.class_shares
    if smallest <= 0 or case.task.kind not in (TaskKind.BINARY, TaskKind.MULTICLASS) or case.task.positions > 1:
        return
    given = case.program.class_weight
    if largest / smallest < 3 if given is None else _is_balancing(case, given):
        return
    doubt = 2.5 if given is not None else (2 if largest / smallest >= 6 else 1)
    weights = ClassWeights.BALANCED if largest / smallest >= 1.5 else ClassWeights.EQUAL
    yield Repair(
        key="class-imbalance",
        fault=Fault.CLASS_IMBALANCE,
        doubt=doubt,
        apply=lambda variant: dataclasses.replace(variant, weights=weights),
        changes=(Change(kind=ChangeKind.CLASS_WEIGHT, old=None if given is None else "given", new=weights.value),),
    )


def _is_balancing(case: Case, given: Any) -> bool:
    """Whether given class weights do not make the classes less equal than they are."""
    counts = np.bincount(np.maximum(case.targets[: case.rows], 0).astype(np.intp), minlength=case.task.classes)
    weights = np.array([float(given.get(number, 1.0)) for number in range(case.task.classes)])
    total = counts * weights
    if total.min() <= 0:
        return False
    return float(total.max() / total.min()) <= 1.5 * float(counts.max() / max(1, counts.min()))


def validation_doubt(case: Case) -> float:
    """How differently the validation inputs are scaled from the training inputs."""
    worst = 0.0
    for values, fact in zip(case.inputs, case.facts):
        if fact.is_tokens:
            continue
        flat = values.reshape(len(values), -1).astype(float)
        train, held = flat[: case.rows], flat[case.rows :]
        spread = np.maximum(train.std(axis=0), 1e-9 + 1e-3 * np.abs(train).max())
        shift = float(np.median(np.abs(held.mean(axis=0) - train.mean(axis=0)) / spread))
        ratios = (held.std(axis=0) + 1e-12) / (train.std(axis=0) + 1e-12)
        varied = train.std(axis=0) > 1e-9
        ratio = float(np.median(ratios[varied])) if varied.any() else 1.0
        worst = max(worst, 3 if shift > 1 or ratio > 3 or ratio < 1 / 3 else 0)
    return worst
