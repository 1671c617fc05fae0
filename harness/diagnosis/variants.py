"""A variant of a program: the same training with some choices replaced, and what that does to its data.

Scalers and class weights depend on the rows that are trained on, so a variant says how data are prepared, and
``prepare_fold`` does it for the rows of one fold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from ..programs.program import Program, Validation
from .case import Case
from .head_facts import HeadFacts, reading_of
from .scores import Reading
from .splits import Fold
from .tasks import Array, Indices, LabelFormat, Task, TaskKind

Start = Callable[[Program, int], list[Array]]  # (program, seed) -> initial weights


class InputScaling(Enum):
    """What is done to the inputs."""

    AS_GIVEN = "as_given"
    STANDARDISED = "standardised"
    DIVIDED_BY_255 = "divided_by_255"


class TargetCoding(Enum):
    """What is done to the targets."""

    AS_GIVEN = "as_given"
    STANDARDISED = "standardised"
    INDICES = "indices"  # classes numbered from 0
    ONE_HOT = "one_hot"
    SIGNED = "signed"  # -1 and 1
    COLUMN = "column"  # as given, in one column: (rows, 1) instead of (rows,)


class ClassWeights(Enum):
    """How observations of different classes are weighted."""

    AS_GIVEN = "as_given"
    BALANCED = "balanced"
    EQUAL = "equal"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A program with some choices replaced."""

    program: Program  # model, loss, optimizer, epochs, ...; its data are those of the user
    head: HeadFacts  # of its network
    inputs: InputScaling = InputScaling.AS_GIVEN  # what is done to the inputs
    targets: TargetCoding = TargetCoding.AS_GIVEN  # what is done to the targets
    weights: ClassWeights = ClassWeights.AS_GIVEN  # how classes are weighted
    mixed_rows: bool = False  # whether the rows are put in random order before anything else
    matched_validation: bool = False  # whether the validation inputs are brought to the scale of the training inputs
    filled: bool = False  # whether missing inputs (NaN, infinite) are filled in
    rows_share: float = 1.0  # share of the training rows that is trained on
    # the initial weights of a seed in place of those that the initializers draw; None for these
    start: Start | None = None

    def with_program(self, **settings: Any) -> Variant:
        """The variant with some settings of its program replaced."""
        return dataclasses.replace(self, program=dataclasses.replace(self.program, **settings))


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A variant with the data of one fold, ready to be trained and judged."""

    program: Program  # with the training rows of the fold, and without a validation split
    held: object  # inputs that judge, in the program's structure
    held_targets: Array  # as ``Task.read_targets`` gives them
    training: object  # inputs of (some of) the training rows
    training_targets: Array  # of the same rows
    reading: Reading  # how classes are read from the outputs
    # offset, factor: outputs * factor + offset are in the unit of the user's targets
    offset: Array
    factor: Array


MOST_JUDGED_TRAINING_ROWS = 500


def prepare_fold(case: Case, variant: Variant, fold: Fold, *, confirm: bool) -> Prepared:
    """Data of one fold for a variant.

    Args:
        confirm: whether the rows for confirmation judge, or those for the search
    """
    program = variant.program
    train = fold.train
    if variant.mixed_rows:
        kept = fold.train
        if case.split.trailing_fraction > 0:  # the rows that the program keeps from training are then random ones
            everything = np.setdiff1d(np.arange(len(case.inputs[0])), np.union1d(fold.search, fold.confirm))
            kept = np.random.default_rng([case.seed, 7]).permutation(everything)[: len(fold.train)]
        train = np.random.default_rng([case.seed, 8]).permutation(kept)
    if variant.rows_share < 1:
        kept_rows = max(1, round(len(train) * variant.rows_share))
        train = np.sort(np.random.default_rng([case.seed, 10]).permutation(train)[:kept_rows])
    held = fold.confirm if confirm else fold.search
    inputs = [_scaled(case, variant, number, train) for number in range(len(case.inputs))]
    targets, offset, factor = code_targets(case, variant, train)
    sample = train[:: max(1, len(train) // MOST_JUDGED_TRAINING_ROWS)][:MOST_JUDGED_TRAINING_ROWS]
    validation = None
    if program.callbacks and program.validation_data() is not None:
        validation = Validation(x=case.packed([values[held] for values in inputs]), y=targets[held])
    prepared = dataclasses.replace(
        program,
        x=case.packed([values[train] for values in inputs]),
        y=targets[train],
        sample_weight=_sample_weight(case, program.sample_weight, train),
        class_weight=_class_weight(case, variant, train, targets[train]),
        validation=validation,
        validation_split=0.0,
    )
    return Prepared(
        program=prepared,
        held=case.packed([values[held] for values in inputs]),
        held_targets=rows_of(case.targets, held, case.task),
        training=case.packed([values[sample] for values in inputs]),
        training_targets=rows_of(case.targets, sample, case.task),
        reading=reading_for(case.task, variant),
        offset=offset,
        factor=factor,
    )


def _sample_weight(case: Case, given: Array | None, train: Indices) -> Array | None:
    """Sample weights of the training rows; rows of the validation data, which have none, get the mean."""
    if given is None or len(given) != case.rows:
        return None
    weights = np.asarray(given)
    missing = np.full(len(case.inputs[0]) - case.rows, weights.mean(), weights.dtype)
    return np.concatenate([weights, missing])[train] if weights.ndim == 1 else weights[train]


def rows_of(targets: Array, rows: Indices, task: Task) -> Array:
    """Targets of some observations, where each has ``task.positions`` of them."""
    if task.positions == 1:
        return targets[rows]
    tail = targets.shape[1:]
    return targets.reshape(-1, task.positions, *tail)[rows].reshape(-1, *tail)


def reading_for(task: Task, variant: Variant) -> Reading:
    """How classes are read from the outputs of a variant, whose labels may be written anew."""
    if variant.targets in (TargetCoding.AS_GIVEN, TargetCoding.COLUMN):
        return reading_of(task, variant.head)
    columns = np.arange(max(variant.head.units, 1))
    plain = reading_of(task, variant.head)
    threshold = plain.threshold
    if variant.targets is TargetCoding.SIGNED:
        threshold = 0.0
    elif variant.targets is TargetCoding.INDICES and not variant.head.from_logits:
        threshold = 0.5
    return Reading(threshold=threshold, column_classes=np.where(columns < task.classes, columns, -1))


def _scaled(case: Case, variant: Variant, number: int, train: Indices) -> Array:
    """One input of all rows, scaled by what the training rows say."""
    values = case.inputs[number]
    facts = case.facts[number]
    if variant.filled:
        values = filled(values, train)
    if variant.matched_validation and len(values) > case.rows:
        values = match_scale(values, case.rows)
    if variant.inputs is InputScaling.AS_GIVEN or facts.is_tokens:
        return values
    if variant.inputs is InputScaling.DIVIDED_BY_255:
        return (values / 255.0).astype(np.float32)
    axes = tuple(range(values.ndim - 1)) if values.ndim > 2 else (0,)
    known = values[train].astype(float)
    mean, spread = known.mean(axis=axes), known.std(axis=axes)
    spread = np.where(spread > 1e-9 * np.maximum(1.0, np.abs(mean)), spread, 1.0)
    return ((values - mean) / spread).astype(np.float32)


def filled(values: Array, train: Indices) -> Array:
    """The inputs with what is missing replaced by the mean of the feature in the training rows."""
    known = np.where(np.isfinite(values), values, np.nan).astype(float)
    with np.errstate(all="ignore"):
        counts = np.isfinite(known[train]).sum(axis=0)
        mean = np.where(counts > 0, np.nansum(known[train], axis=0) / np.maximum(counts, 1), 0.0)
    return np.where(np.isnan(known), mean, known).astype(np.float32)


def match_scale(values: Array, rows: int) -> Array:
    """The inputs with those of the validation rows brought to the mean and spread of the training rows."""
    axes = tuple(range(values.ndim - 1)) if values.ndim > 2 else (0,)
    train, held = values[:rows].astype(float), values[rows:].astype(float)
    spread = np.where(held.std(axis=axes) > 1e-12, held.std(axis=axes), 1.0)
    matched = (held - held.mean(axis=axes)) / spread * train.std(axis=axes) + train.mean(axis=axes)
    return np.concatenate([train, matched]).astype(np.float32)


def code_targets(case: Case, variant: Variant, train: Indices) -> tuple[Array, Array, Array]:
    """Targets of all rows as a variant writes them, with offset and factor that bring its outputs back."""
    given = case.targets_given
    if case.text_targets is not None and variant.targets is TargetCoding.AS_GIVEN:
        return case.text_targets, np.zeros(1), np.ones(1)
    offset, factor = np.zeros(1), np.ones(1)
    if variant.targets is TargetCoding.STANDARDISED and case.task.kind is TaskKind.REGRESSION:
        axes = tuple(range(given.ndim - 1)) if given.ndim > 1 else (0,)
        known = given[train].astype(float)
        mean, spread = np.asarray(known.mean(axis=axes)), np.asarray(known.std(axis=axes))
        spread = np.where(spread > 0, spread, 1.0)
        return ((given - mean) / spread).astype(np.float32), mean.reshape(-1), spread.reshape(-1)
    if variant.targets is TargetCoding.COLUMN:
        return given.reshape(len(given), -1), offset, factor
    are_labels = case.task.format not in (LabelFormat.VALUES, LabelFormat.MULTI_HOT)
    if variant.targets in (TargetCoding.AS_GIVEN, TargetCoding.STANDARDISED) or not are_labels:
        return given, offset, factor
    indices = case.targets.reshape(len(given), -1) if case.task.positions > 1 else case.targets
    indices = np.maximum(indices, 0)
    if variant.targets is TargetCoding.ONE_HOT:
        return np.eye(case.task.classes, dtype=np.float32)[indices], offset, factor
    if variant.targets is TargetCoding.SIGNED:
        return (2.0 * indices - 1.0).astype(np.float32), offset, factor
    return indices.astype(np.int32), offset, factor


def _class_weight(case: Case, variant: Variant, train: Indices, coded: Array) -> dict[int, float] | None:
    """Class weights of the training rows, by the number that Keras knows a class by."""
    if variant.weights is ClassWeights.EQUAL:
        return None
    if variant.weights is ClassWeights.AS_GIVEN:
        given = variant.program.class_weight
        return dict(given) if given is not None else None
    classes, counts = np.unique(case.targets[train], return_counts=True)
    balanced = len(train) / (len(classes) * counts)
    numbers: Sequence[int]
    if coded.ndim > 1 and coded.shape[-1] > 1:
        numbers = [int(number) for number in classes]
    elif variant.targets is TargetCoding.AS_GIVEN:
        numbers = [int(value) for value in case.task.values[classes]]
    else:
        numbers = [int(number) for number in classes]
    return {number: float(weight) for number, weight in zip(numbers, balanced)}
