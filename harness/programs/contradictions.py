"""What contradicts itself in a program before anything is trained: last layer, loss, labels, metrics and data.

A *contradiction* cannot be meant: its values prove that the program cannot reach what it is written for. A
*suspicion* is unusual and often a mistake. A *fact* is what the search for causes wants to know, and is not a defect.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from .heads import Head, as_tensors, head_of
from .program import Place, Program, take_rows
from .targets import (
    BINARY_CROSSENTROPIES,
    CATEGORICAL_CROSSENTROPIES,
    CROSSENTROPIES,
    REGRESSION_LOSSES,
    SPARSE_CROSSENTROPIES,
    LossFacts,
    TargetKind,
    Targets,
    describe_loss,
    describe_targets,
    metric_names,
    spread_rows,
)

Array = NDArray[Any]
Value = float | int | str | bool | tuple[float | int | str | None, ...] | None

UNREACHABLE_SHARE = 0.01  # of the variance of the targets that no output of the last activation can explain
LARGE_INPUT = 10.0  # inputs of a larger magnitude count as not scaled
LARGE_TARGET = 10.0  # so do targets of a regression
UNEVEN_FEATURES = 100.0  # ratio of the largest to the smallest standard deviation of features
SCALE_RATIO = 5.0  # of validation to training data, from which on they are scaled differently
HIGH_DROPOUT = 0.8  # shares of units dropped from here on are suspicious
FULL_DROPOUT = 0.95  # and from here on leave next to nothing
MAJORITY_SHARE = 0.9  # of one class, from which on classes are called imbalanced
LOSS_ROWS = 8  # rows on which two forms of a loss are compared
MAX_ELEMENTS = 20_000_000  # elements of x looked at
SEVERAL_LABELS_SHARE = 0.1  # of rows with no label or several, from which on labels are not exclusive
SORTED_SHARE = 0.4  # difference of class shares between training and validation rows that no chance makes
MAX_SHIFT = 5.0  # standard deviations by which the mean of validation data may lie away
MIN_ROWS = 10  # of data whose scales are compared
MAX_SCALED_CLASSES = 20  # evenly spaced values that can be labels divided by something


class Severity(Enum):
    """How sure it is that something is wrong."""

    CONTRADICTION = "contradiction"
    SUSPICION = "suspicion"
    FACT = "fact"


class Check(Enum):
    """What was found; report/ has the sentence for each."""

    SOFTMAX_OVER_ONE_UNIT = "softmax-over-one-unit"
    REPEATED_ACTIVATION = "repeated-activation"
    BOUNDED_BEFORE_LOGITS = "bounded-before-logits"
    MISSING_PROBABILITIES = "missing-probabilities"
    SIGMOID_FOR_CLASSES = "sigmoid-for-classes"
    ONE_UNIT_UNDER_CATEGORICAL = "one-unit-under-categorical"
    TARGETS_OUT_OF_REACH = "targets-out-of-reach"
    RECTIFIED_OUTPUT = "rectified-output"
    SOFTMAX_FOR_INDEPENDENT = "softmax-for-independent"
    TANH_FOR_BINARY = "tanh-for-binary"
    INTEGERS_UNDER_CATEGORICAL = "integers-under-categorical"
    ONE_HOT_UNDER_SPARSE = "one-hot-under-sparse"
    LABELS_FROM_ONE = "labels-from-one"
    LABELS_OUT_OF_RANGE = "labels-out-of-range"
    LABELS_NOT_INTEGER = "labels-not-integer"
    TEXT_LABELS = "text-labels"
    CLASSES_UNDER_BINARY = "classes-under-binary"
    TARGETS_NOT_PROBABILITIES = "targets-not-probabilities"
    BINARY_FOR_ONE_HOT = "binary-for-one-hot"
    REGRESSION_UNDER_CROSSENTROPY = "regression-under-crossentropy"
    SQUARED_ERROR_FOR_CLASSES = "squared-error-for-classes"
    WIDTH_MISMATCH = "width-mismatch"
    RANK_MISMATCH = "rank-mismatch"
    BROADCAST_LOSS = "broadcast-loss"
    UNKNOWN_LOSS = "unknown-loss"
    ACCURACY_OF_REGRESSION = "accuracy-of-regression"
    METRIC_FOR_OTHER_LABELS = "metric-for-other-labels"
    NOT_FINITE_INPUTS = "not-finite-inputs"
    NOT_FINITE_TARGETS = "not-finite-targets"
    ROWS_DIFFER = "rows-differ"
    CONSTANT_TARGETS = "constant-targets"
    CONSTANT_INPUTS = "constant-inputs"
    UNSCALED_INPUTS = "unscaled-inputs"
    UNSCALED_TARGETS = "unscaled-targets"
    FROZEN_MODEL = "frozen-model"
    FROZEN_OUTPUT = "frozen-output"
    FROZEN_RANDOM = "frozen-random"
    DROPOUT_RATE = "dropout-rate"
    DROPOUT_ON_OUTPUT = "dropout-on-output"
    IDENTICAL_UNITS = "identical-units"
    MISSING_HIDDEN_ACTIVATION = "missing-hidden-activation"
    SOFTMAX_IN_HIDDEN = "softmax-in-hidden"
    NO_LEARNING_RATE = "no-learning-rate"
    VALIDATION_SCALE = "validation-scale"
    VALIDATION_CLASSES = "validation-classes"
    SORTED_UNSHUFFLED = "sorted-unshuffled"
    IMBALANCED = "imbalanced"
    FEW_UPDATES = "few-updates"
    ONE_BATCH = "one-batch"


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """One thing that contradicts itself, is suspicious, or is worth knowing.

    Attributes:
        id: of the fault in reports and JSON, such as ``output-activation``.
        check: what exactly was found.
        severity: how sure it is that something is wrong.
        place: where it is written; None if that is not known.
        layer: name of the layer it is about, if it is about one.
        values: what shows it, by name.
    """

    id: str
    check: Check
    severity: Severity
    place: Place | None = None
    layer: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A program with what is looked up in it once.

    Attributes:
        program: the program.
        head: its output; None if it has several or it is not known.
        targets: what its targets look like; None if they are not one numeric array.
        loss: what its loss is; None if there is none or several.
        metrics: names of its metrics.
    """

    program: Program
    head: Head | None
    targets: Targets | None
    loss: LossFacts | None
    metrics: tuple[str, ...]

    @property
    def output_place(self) -> Place | None:
        """Where the last activation was written."""
        layer = None if self.head is None else self.head.activation_layer
        return self.layer_place(layer)

    @property
    def loss_place(self) -> Place | None:
        """Where the loss was written."""
        return self.program.places.loss or self.program.places.compile

    @property
    def targets_place(self) -> Place | None:
        """Where the targets were last assigned, else the call of fit."""
        places = self.program.places
        return places.y[-1] if places.y else places.fit

    @property
    def inputs_place(self) -> Place | None:
        """Where the inputs were last assigned, else the call of fit."""
        places = self.program.places
        return places.x[-1] if places.x else places.fit

    def layer_place(self, name: str | None) -> Place | None:
        """Where a layer was written."""
        return None if name is None else self.program.places.layers.get(name)


Finding = Iterator[Contradiction]
Rule = Callable[[Subject], Finding]


def contradictions(program: Program) -> tuple[Contradiction, ...]:
    """All that contradicts itself in a program, is suspicious or worth knowing; the surest first.

    Nothing is trained. Rules that cannot be judged (a loss or an activation of the user's own) stay silent.
    """
    head = None
    with contextlib.suppress(Exception):  # a model that cannot be built has no output
        head = head_of(program.model, program.sample)
    subject = Subject(
        program=program,
        head=head,
        targets=describe_targets(program.y),
        loss=describe_loss(program.loss),
        metrics=metric_names(program.metrics) + metric_names(program.weighted_metrics),
    )
    found = [finding for rule in RULES for finding in rule(subject)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def applied_loss(subject: Subject) -> str:
    """The name of the loss; empty if there is none."""
    return "" if subject.loss is None else subject.loss.name


def output_rules(subject: Subject) -> Finding:
    """The last activation against the loss."""
    head, loss = subject.head, applied_loss(subject)
    if head is None:
        return
    place, layer = subject.output_place, head.activation_layer
    names = [activation.name for activation in head.activations]
    if head.units == 1 and "softmax" in names:
        yield Contradiction(
            id="output-activation", check=Check.SOFTMAX_OVER_ONE_UNIT, severity=Severity.CONTRADICTION, place=place,
            layer=layer, values={"units": 1, "activation": "softmax"},
        )  # fmt: skip
        return
    if names.count("softmax") > 1 or names.count("sigmoid") > 1 or {"softmax", "sigmoid"} <= set(names):
        yield Contradiction(
            id="output-activation", check=Check.REPEATED_ACTIVATION, severity=Severity.CONTRADICTION, place=place,
            layer=layer, values={"activations": tuple(names)},
        )  # fmt: skip
    elif len(names) > 1 and names[-1] in ("softmax", "sigmoid") and names[-2] in ("relu", "tanh"):
        yield Contradiction(
            id="output-activation", check=Check.REPEATED_ACTIVATION, severity=Severity.SUSPICION, place=place,
            layer=layer, values={"activations": tuple(names)},
        )  # fmt: skip
    if loss in CROSSENTROPIES and head.is_certain and not head.activation.startswith("custom:"):
        yield from crossentropy_rules(subject, head)


def crossentropy_rules(subject: Subject, head: Head) -> Finding:
    """The last activation against a cross-entropy."""
    assert subject.loss is not None
    loss, activation = subject.loss, head.activation
    place, layer = subject.output_place, head.activation_layer
    values: dict[str, Value] = {"activation": activation, "loss": loss.name, "units": head.units}
    if loss.from_logits:
        if activation in ("softmax", "sigmoid"):
            severity = Severity.CONTRADICTION if logits_matter(subject) else Severity.SUSPICION
            yield Contradiction(
                id="loss", check=Check.BOUNDED_BEFORE_LOGITS, severity=severity, place=subject.loss_place,
                layer=layer, values=values,
            )  # fmt: skip
        elif activation in ("relu", "relu6", "tanh", "softplus", "softsign"):
            yield Contradiction(
                id="output-activation", check=Check.MISSING_PROBABILITIES, severity=Severity.CONTRADICTION,
                place=place, layer=layer, values=values | {"from_logits": True},
            )  # fmt: skip
        return
    if loss.name in CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES and head.units == 1:
        yield Contradiction(
            id="loss", check=Check.ONE_UNIT_UNDER_CATEGORICAL, severity=Severity.CONTRADICTION,
            place=subject.loss_place, layer=layer, values=values,
        )  # fmt: skip
        return
    if activation not in ("softmax", "sigmoid", "hard_sigmoid"):
        yield Contradiction(
            id="output-activation", check=Check.MISSING_PROBABILITIES, severity=Severity.CONTRADICTION, place=place,
            layer=layer, values=values | {"from_logits": False},
        )  # fmt: skip
    elif activation != "softmax" and loss.name not in BINARY_CROSSENTROPIES:
        yield Contradiction(
            id="output-activation", check=Check.SIGMOID_FOR_CLASSES, severity=Severity.SUSPICION, place=place,
            layer=layer, values=values,
        )  # fmt: skip
    elif activation == "softmax" and loss.name in BINARY_CROSSENTROPIES:
        yield from softmax_under_binary(subject, values)


def softmax_under_binary(subject: Subject, values: Mapping[str, Value]) -> Finding:
    """A softmax of several units under a binary cross-entropy."""
    if subject.targets is not None and subject.targets.kind is TargetKind.ONE_HOT:
        yield Contradiction(
            id="loss", check=Check.BINARY_FOR_ONE_HOT, severity=Severity.SUSPICION, place=subject.loss_place,
            values=values,
        )  # fmt: skip


def logits_matter(subject: Subject) -> bool:
    """Whether ``from_logits=True`` changes the loss of an output that is already a softmax or sigmoid.

    Keras keeps the logits of some activations beside their output and computes the loss from them; then it does not.
    """
    try:
        rows = slice(0, LOSS_ROWS)
        x, y = take_rows(subject.program.x, rows), np.asarray(take_rows(subject.program.y, rows))
        outputs = subject.program.model(as_tensors(x), training=False)
        assert subject.loss is not None
        known = float(np.mean(subject.loss.function(y, outputs)))
        plain = float(np.mean(subject.loss.function(y, np.asarray(outputs))))
    except Exception:
        return True
    return bool(np.isclose(known, plain, rtol=1e-4))


def reach_rules(subject: Subject) -> Finding:
    """The values that the last activation can take against the targets."""
    head, targets, loss = subject.head, subject.targets, applied_loss(subject)
    if head is None or targets is None or head.range is None or loss in CROSSENTROPIES:
        return
    if loss not in REGRESSION_LOSSES and not loss.startswith("custom:"):
        return
    low, high = head.range
    share = unreachable_share(targets.values, low, high)
    values: dict[str, Value] = {
        "activation": head.activation, "least output": low, "largest output": high, "least target": targets.low,
        "largest target": targets.high, "unreachable share": share,
    }  # fmt: skip
    same_width = head.units == targets.width or targets.width == 1
    if share > UNREACHABLE_SHARE and same_width:
        is_custom = loss.startswith("custom:")
        yield Contradiction(
            id="output-activation", check=Check.TARGETS_OUT_OF_REACH,
            severity=Severity.SUSPICION if is_custom else Severity.CONTRADICTION, place=subject.output_place,
            layer=head.activation_layer, values=values,
        )  # fmt: skip
    elif head.activation in ("relu", "relu6"):
        is_label = targets.kind in (TargetKind.BINARY, TargetKind.ONE_HOT, TargetKind.MULTI_HOT)
        yield Contradiction(
            id="output-activation", check=Check.RECTIFIED_OUTPUT,
            severity=Severity.SUSPICION if is_label else Severity.FACT, place=subject.output_place,
            layer=head.activation_layer, values=values,
        )  # fmt: skip
    elif head.activation == "tanh" and targets.low == 0 and targets.high == 1 and not targets.is_regression:
        yield Contradiction(
            id="output-activation", check=Check.TANH_FOR_BINARY, severity=Severity.FACT, place=subject.output_place,
            layer=head.activation_layer, values=values,
        )  # fmt: skip
    if head.activation == "softmax" and same_width and targets.kind in (TargetKind.MULTI_HOT, TargetKind.REAL):
        yield Contradiction(
            id="output-activation", check=Check.SOFTMAX_FOR_INDEPENDENT,
            severity=Severity.SUSPICION if targets.width == 1 else Severity.CONTRADICTION,
            place=subject.output_place, layer=head.activation_layer, values=values,
        )  # fmt: skip


def unreachable_share(values: Array, low: float | None, high: float | None) -> float:
    """The share of the variance of targets that stays unexplained however well outputs between two values fit."""
    finite = values[np.isfinite(values)]
    total = float(np.sum((finite - finite.mean()) ** 2)) if finite.size else 0.0
    if total == 0:
        return 0.0
    reach = np.clip(finite, -np.inf if low is None else low, np.inf if high is None else high)
    return float(np.sum((finite - reach) ** 2) / total)


def label_rules(subject: Subject) -> Finding:
    """The labels against a cross-entropy."""
    head, targets, loss = subject.head, subject.targets, applied_loss(subject)
    place = subject.targets_place
    if is_text(subject.program.y):
        yield Contradiction(
            id="label-encoding", check=Check.TEXT_LABELS, severity=Severity.CONTRADICTION, place=place,
            values={"example": str(np.ravel(subject.program.y)[0])[:40]},
        )  # fmt: skip
    if targets is None or head is None or loss not in CROSSENTROPIES:
        return
    values: dict[str, Value] = {
        "loss": loss, "units": head.units, "target shape": targets.shape, "output shape": head.shape,
        "least target": targets.low, "largest target": targets.high,
    }  # fmt: skip
    if loss in CATEGORICAL_CROSSENTROPIES and targets.width == 1 and (head.units or 0) > 1:
        if len(targets.shape) <= len(head.shape):
            yield Contradiction(
                id="label-encoding", check=Check.INTEGERS_UNDER_CATEGORICAL, severity=Severity.CONTRADICTION,
                place=place, values=values,
            )  # fmt: skip
    elif loss in SPARSE_CROSSENTROPIES:
        yield from sparse_rules(subject, head, targets, values)
    elif loss in BINARY_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES:
        yield from probability_rules(subject, head, targets, values)


def is_text(y: Any) -> bool:
    """Whether targets are strings."""
    return isinstance(y, np.ndarray) and y.dtype.kind in "US" and y.size > 0


def sparse_rules(subject: Subject, head: Head, targets: Targets, values: Mapping[str, Value]) -> Finding:
    """The labels against a sparse categorical cross-entropy."""

    def finding(check: Check) -> Contradiction:
        return Contradiction(
            id="label-encoding", check=check, severity=Severity.CONTRADICTION, place=subject.targets_place,
            values=values,
        )  # fmt: skip

    if len(targets.shape) == len(head.shape) and targets.width > 1:
        yield finding(Check.ONE_HOT_UNDER_SPARSE)
        return
    if not targets.is_integer:
        yield finding(Check.LABELS_NOT_INTEGER)
    if head.units is None or head.units == 1:
        return
    if targets.high >= head.units or targets.low < 0:
        is_shifted = targets.low == 1 and targets.high == head.units
        yield finding(Check.LABELS_FROM_ONE if is_shifted else Check.LABELS_OUT_OF_RANGE)


def probability_rules(subject: Subject, head: Head, targets: Targets, values: Mapping[str, Value]) -> Finding:
    """The targets of a cross-entropy that are not between 0 and 1."""
    if targets.low >= 0 and targets.high <= 1:
        if targets.kind is TargetKind.MULTI_HOT and head.activation == "softmax":
            shares = float(np.mean(targets.values.sum(axis=-1) != 1))
            yield Contradiction(
                id="output-activation", check=Check.SOFTMAX_FOR_INDEPENDENT,
                severity=Severity.CONTRADICTION if shares > SEVERAL_LABELS_SHARE else Severity.SUSPICION,
                place=subject.output_place, layer=head.activation_layer,
                values={**values, "share of rows without exactly one label": shares},
            )  # fmt: skip
        if targets.is_regression and head.units == 1 and targets.width == 1 and targets.distinct is not None:
            steps = np.diff(targets.distinct)
            if 2 <= len(steps) < MAX_SCALED_CLASSES and np.allclose(steps, steps[0]):
                yield Contradiction(
                    id="label-encoding", check=Check.LABELS_NOT_INTEGER, severity=Severity.SUSPICION,
                    place=subject.targets_place, values=values,
                )  # fmt: skip
        return
    is_two_classes = targets.kind is TargetKind.BINARY
    if is_two_classes:
        identity, check = "label-encoding", Check.LABELS_OUT_OF_RANGE
        if (targets.low, targets.high) == (1, 2):
            check = Check.LABELS_FROM_ONE
        place = subject.targets_place
    elif targets.kind is TargetKind.CLASSES:
        identity, check, place = "loss", Check.CLASSES_UNDER_BINARY, subject.loss_place
    elif targets.width == 1:
        identity, check, place = "loss", Check.REGRESSION_UNDER_CROSSENTROPY, subject.loss_place
    else:
        identity, check, place = "target-out-of-range", Check.TARGETS_NOT_PROBABILITIES, subject.targets_place
    yield Contradiction(id=identity, check=check, severity=Severity.CONTRADICTION, place=place, values=values)


def loss_rules(subject: Subject) -> Finding:
    """The loss against the task, whatever the last activation."""
    targets, loss, head = subject.targets, applied_loss(subject), subject.head
    place = subject.loss_place
    if subject.loss is not None and subject.loss.function is None:
        yield Contradiction(
            id="loss", check=Check.UNKNOWN_LOSS, severity=Severity.CONTRADICTION, place=place,
            values={"loss": loss.removeprefix("custom:")},
        )  # fmt: skip
    if targets is None or head is None or loss not in REGRESSION_LOSSES:
        return
    values: dict[str, Value] = {"loss": loss, "units": head.units, "classes": targets.classes}
    if targets.kind is TargetKind.BINARY or targets.kind is TargetKind.MULTI_HOT:
        severity = Severity.FACT
    elif targets.kind is TargetKind.ONE_HOT or (
        targets.kind is TargetKind.CLASSES and any("accuracy" in name or name == "acc" for name in subject.metrics)
    ):
        severity = Severity.SUSPICION
    else:
        return
    yield Contradiction(id="loss", check=Check.SQUARED_ERROR_FOR_CLASSES, severity=severity, place=place, values=values)


def shape_rules(subject: Subject) -> Finding:
    """The shape of the output against that of the targets."""
    head, targets, loss = subject.head, subject.targets, applied_loss(subject)
    if head is None or targets is None or head.units is None:
        return
    values: dict[str, Value] = {"target shape": targets.shape, "output shape": head.shape, "loss": loss}
    rank, target_rank = len(head.shape), len(targets.shape)
    if loss in SPARSE_CROSSENTROPIES:
        if rank - target_rank > 1 or (rank - target_rank == 1 and target_rank > 1 and targets.width == 1):
            yield Contradiction(
                id="missing-layer", check=Check.RANK_MISMATCH, severity=Severity.CONTRADICTION,
                place=subject.output_place, layer=head.layer, values=values,
            )  # fmt: skip
        return
    if rank > max(target_rank, 2) and not (rank == target_rank + 1 and head.units == 1):
        yield Contradiction(
            id="missing-layer", check=Check.RANK_MISMATCH,
            severity=Severity.CONTRADICTION if loss and not loss.startswith("custom:") else Severity.SUSPICION,
            place=subject.output_place, layer=head.layer, values=values,
        )  # fmt: skip
        return
    if loss.startswith("custom:") or not loss:
        if broadcasts(subject):
            yield Contradiction(
                id="label-encoding", check=Check.BROADCAST_LOSS, severity=Severity.CONTRADICTION,
                place=subject.loss_place, values=values,
            )  # fmt: skip
        return
    if loss in CATEGORICAL_CROSSENTROPIES and targets.width == 1:
        return  # INTEGERS_UNDER_CATEGORICAL
    if rank == target_rank + 1 and head.units == 1:
        return  # Keras takes the last axis away
    if head.units != targets.width:
        is_labels = targets.kind in (TargetKind.CLASSES, TargetKind.BINARY) and head.units > 1
        yield Contradiction(
            id="label-encoding" if is_labels else "output-activation", check=Check.WIDTH_MISMATCH,
            severity=Severity.CONTRADICTION, place=subject.targets_place if is_labels else subject.output_place,
            layer=None if is_labels else head.layer, values=values,
        )  # fmt: skip


def broadcasts(subject: Subject) -> bool:
    """Whether a loss of the user's own gives another value for y of shape (rows,) than for (rows, 1)."""
    loss, targets, head = subject.loss, subject.targets, subject.head
    if loss is None or loss.function is None or targets is None or head is None:
        return False
    if not (len(targets.shape) == 1 and head.shape[1:] == (1,)):
        return False
    count = min(LOSS_ROWS, len(targets.values))
    y = targets.values[:count].astype(np.float32)
    outputs = np.linspace(-1, 1, count, dtype=np.float32)[:, None]
    tensor = keras.ops.convert_to_tensor
    wrapped = loss.function
    if not isinstance(wrapped, keras.losses.Loss):  # as compile does
        wrapped = keras.src.losses.losses.LossFunctionWrapper(wrapped)
    try:
        flat = float(np.mean(wrapped(tensor(y), tensor(outputs))))
        column = float(np.mean(wrapped(tensor(y[:, None]), tensor(outputs))))
    except Exception:
        return False
    return not np.isclose(flat, column, rtol=1e-3, equal_nan=True)


def metric_rules(subject: Subject) -> Finding:
    """Metrics that say nothing about these targets."""
    targets, head, loss = subject.targets, subject.head, applied_loss(subject)
    if targets is None or head is None:
        return
    place = subject.program.places.compile
    for name in subject.metrics:
        values: dict[str, Value] = {"metric": name, "loss": loss, "units": head.units}
        if name in ("accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"):
            is_labels_beyond = targets.kind is TargetKind.CLASSES and head.units == 1
            if loss in REGRESSION_LOSSES and targets.width == head.units and (
                (targets.is_regression and not targets.is_integer)
                or (targets.is_regression and targets.is_integer and (targets.low < 0 or targets.high > 1))
                or is_labels_beyond
            ):  # fmt: skip
                yield Contradiction(
                    id="metric", check=Check.ACCURACY_OF_REGRESSION, severity=Severity.CONTRADICTION, place=place,
                    values=values,
                )  # fmt: skip
                continue
        other = (
            (name == "categorical_accuracy" and (targets.width == 1 or head.units == 1))
            or (name == "sparse_categorical_accuracy" and targets.width > 1 and len(targets.shape) == len(head.shape))
            or (name == "binary_accuracy" and targets.kind is TargetKind.ONE_HOT and (head.units or 0) > 2)
        )  # fmt: skip
        if other:
            yield Contradiction(
                id="metric", check=Check.METRIC_FOR_OTHER_LABELS, severity=Severity.SUSPICION, place=place,
                values=values,
            )  # fmt: skip


def numeric_inputs(x: Any) -> list[Array]:
    """The numeric arrays of x, at most so many rows that looking at them takes no time."""
    found = []
    for array in keras.tree.flatten(x):
        array = np.asarray(array)
        if array.dtype.kind in "iuf" and array.size and array.ndim:
            row = max(1, array.size // len(array))
            found.append(spread_rows(array, max(1, MAX_ELEMENTS // row)))
    return found


def data_rules(subject: Subject) -> Finding:
    """Values that are missing, constant or of different lengths."""
    program, targets = subject.program, subject.targets
    lengths = [int(np.shape(part)[0]) for part in keras.tree.flatten((program.x, program.y)) if np.ndim(part)]
    if len(set(lengths)) > 1:
        yield Contradiction(
            id="label-encoding", check=Check.ROWS_DIFFER, severity=Severity.CONTRADICTION,
            place=program.places.fit, values={"rows": tuple(lengths)},
        )  # fmt: skip
    for array in numeric_inputs(program.x):
        bad = int(np.sum(~np.isfinite(array))) if array.dtype.kind == "f" else 0
        if bad:
            yield Contradiction(
                id="missing-values", check=Check.NOT_FINITE_INPUTS, severity=Severity.CONTRADICTION,
                place=subject.inputs_place, values={"count": bad},
            )  # fmt: skip
        elif len(array) > 1:
            constant = int(np.sum(np.all(array == array[:1], axis=0)))
            features = int(np.prod(array.shape[1:]))
            if constant:
                is_all = constant == features
                yield Contradiction(
                    id="no-signal", check=Check.CONSTANT_INPUTS,
                    severity=Severity.CONTRADICTION if is_all else Severity.FACT, place=subject.inputs_place,
                    values={"constant": constant, "features": features},
                )  # fmt: skip
    if targets is None:
        return
    if not targets.is_finite:
        bad = int(np.sum(~np.isfinite(targets.values)))
        yield Contradiction(
            id="missing-values", check=Check.NOT_FINITE_TARGETS, severity=Severity.CONTRADICTION,
            place=subject.targets_place, values={"count": bad},
        )  # fmt: skip
    elif len(targets.values) > 1 and np.all(targets.values == targets.values[:1]):
        yield Contradiction(
            id="no-signal", check=Check.CONSTANT_TARGETS, severity=Severity.CONTRADICTION,
            place=subject.targets_place, values={"target": targets.low},
        )  # fmt: skip


def scale_rules(subject: Subject) -> Finding:
    """Inputs and targets that are far from the order of 1."""
    program, targets = subject.program, subject.targets
    arrays = [] if scales_itself(program.model) else numeric_inputs(program.x)
    for array in arrays:
        finite = np.where(np.isfinite(array), array, 0).reshape(len(array), -1).astype(np.float64)
        largest = float(np.max(np.abs(finite)))
        deviations = finite.std(axis=0)
        varying = deviations[deviations > 0]
        uneven = float(varying.max() / varying.min()) if varying.size and array.ndim == 2 else 1.0
        if largest > LARGE_INPUT or uneven > UNEVEN_FEATURES:
            yield Contradiction(
                id="unscaled-inputs", check=Check.UNSCALED_INPUTS, severity=Severity.FACT,
                place=subject.inputs_place,
                values={
                    "least": float(finite.min()), "largest": float(finite.max()),
                    "deviation": float(finite.std()), "uneven": uneven,
                },
            )  # fmt: skip
    if targets is not None and targets.is_regression and applied_loss(subject) not in CROSSENTROPIES:
        largest = max(abs(targets.low), abs(targets.high))
        if largest > LARGE_TARGET:
            yield Contradiction(
                id="unscaled-targets", check=Check.UNSCALED_TARGETS, severity=Severity.FACT,
                place=subject.targets_place,
                values={"least": targets.low, "largest": targets.high, "deviation": float(np.std(targets.values))},
            )  # fmt: skip


def scales_itself(model: Any) -> bool:
    """Whether the first layer that sees the inputs scales or encodes them."""
    layers = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if not isinstance(layer, (keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Reshape, keras.Model))
    ]
    encoding = (
        keras.layers.Embedding, keras.layers.Rescaling, keras.layers.Normalization, keras.layers.BatchNormalization,
        keras.layers.LayerNormalization, keras.layers.TextVectorization, keras.layers.StringLookup,
        keras.layers.IntegerLookup, keras.layers.CategoryEncoding, keras.layers.Hashing, keras.layers.Discretization,
        keras.layers.Lambda,
    )  # fmt: skip
    return bool(layers) and isinstance(layers[0], encoding)


def layer_rules(subject: Subject) -> Finding:
    """Frozen layers, dropout rates, and hidden layers without an activation of use."""
    model, program = subject.program.model, subject.program
    layers = list(model._flatten_layers(include_self=False))
    weighted = [layer for layer in layers if layer.weights and not list(layer._flatten_layers(include_self=False))]
    frozen = [layer for layer in weighted if not layer.trainable_weights and layer.weights and not layer.trainable]
    if weighted and not model.trainable_weights:
        yield Contradiction(
            id="frozen-layer", check=Check.FROZEN_MODEL, severity=Severity.CONTRADICTION,
            place=subject.layer_place(weighted[-1].name), values={"layers": len(weighted)},
        )  # fmt: skip
    else:
        for layer in frozen:
            is_output = subject.head is not None and layer.name == subject.head.layer
            is_set = any(weight.path in program.set_weights for weight in layer.weights)
            yield Contradiction(
                id="frozen-layer", check=Check.FROZEN_OUTPUT if is_output else Check.FROZEN_RANDOM,
                severity=Severity.SUSPICION if is_output or (program.places.layers and not is_set) else Severity.FACT,
                place=subject.layer_place(layer.name), layer=layer.name, values={"layer": layer.name},
            )  # fmt: skip
    yield from dropout_rules(subject, layers)
    yield from hidden_rules(subject, layers)


def dropout_rules(subject: Subject, layers: list[Any]) -> Finding:
    """Dropout that leaves little, or that is applied to the output."""
    kinds = (keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D)
    for layer in layers:
        if not isinstance(layer, kinds):
            continue
        rate = float(layer.rate)
        if rate >= HIGH_DROPOUT:
            yield Contradiction(
                id="dropout", check=Check.DROPOUT_RATE,
                severity=Severity.CONTRADICTION if rate >= FULL_DROPOUT else Severity.SUSPICION,
                place=subject.layer_place(layer.name), layer=layer.name, values={"rate": rate},
            )  # fmt: skip
    last = layers[-1] if layers else None
    if isinstance(subject.program.model, keras.Sequential) and isinstance(last, kinds) and last.rate > 0:
        yield Contradiction(
            id="dropout", check=Check.DROPOUT_ON_OUTPUT, severity=Severity.SUSPICION,
            place=subject.layer_place(last.name), layer=last.name, values={"rate": float(last.rate)},
        )  # fmt: skip


def hidden_rules(subject: Subject, layers: list[Any]) -> Finding:
    """Dense layers in a row with nothing between them, a softmax in between, or identical units."""
    program = subject.program
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    if isinstance(program.model, keras.Sequential):
        order = [layer for layer in layers if not isinstance(layer, (keras.layers.InputLayer, keras.layers.Dropout))]
        for first, second in zip(order, order[1:]):
            if not isinstance(first, keras.layers.Dense) or not isinstance(second, keras.layers.Dense):
                continue
            name = getattr(first.activation, "__name__", "")
            if name == "linear":
                yield Contradiction(
                    id="hidden-activation", check=Check.MISSING_HIDDEN_ACTIVATION, severity=Severity.SUSPICION,
                    place=subject.layer_place(first.name), layer=first.name,
                    values={"layer": first.name, "units": first.units},
                )  # fmt: skip
            elif name == "softmax":
                yield Contradiction(
                    id="hidden-activation", check=Check.SOFTMAX_IN_HIDDEN, severity=Severity.SUSPICION,
                    place=subject.layer_place(first.name), layer=first.name,
                    values={"layer": first.name, "units": first.units},
                )  # fmt: skip
    for layer in dense:
        is_output = subject.head is not None and layer.name == subject.head.layer
        kernel = next((program.initial_weights.get(weight.path) for weight in layer.weights), None)
        if is_output or kernel is None or kernel.ndim != 2 or kernel.shape[1] < 2:
            continue
        if np.all(kernel == kernel[:, :1]):
            yield Contradiction(
                id="clones", check=Check.IDENTICAL_UNITS, severity=Severity.SUSPICION,
                place=subject.layer_place(layer.name), layer=layer.name,
                values={"units": int(kernel.shape[1]), "weight": float(kernel[0, 0])},
            )  # fmt: skip


def training_rules(subject: Subject) -> Finding:
    """Learning rate, number of updates and the order of rows."""
    program = subject.program
    place = program.places.optimizer or program.places.compile
    rate = None if program.optimizer is None else program.optimizer.get_config().get("learning_rate")
    if isinstance(rate, (int, float)) and rate <= 0:
        yield Contradiction(
            id="learning-rate-too-small", check=Check.NO_LEARNING_RATE, severity=Severity.CONTRADICTION, place=place,
            values={"learning rate": float(rate)},
        )  # fmt: skip
    rows = program.split_rows()
    updates = (program.steps_per_epoch or -(-rows // max(1, program.batch_size))) * program.epochs
    if updates < 100:
        yield Contradiction(
            id="too-few-epochs", check=Check.FEW_UPDATES, severity=Severity.FACT, place=program.places.fit,
            values={"updates": updates, "epochs": program.epochs},
        )  # fmt: skip
    if program.batch_size >= rows > 64:
        yield Contradiction(
            id="batch-size", check=Check.ONE_BATCH, severity=Severity.FACT, place=program.places.fit,
            values={"batch size": program.batch_size, "rows": rows},
        )  # fmt: skip
    yield from order_rules(subject)


def class_numbers(y: Any, targets: Targets) -> Array | None:
    """The class of each row as a number; None if targets name no classes."""
    if targets.kind is TargetKind.ONE_HOT and len(targets.shape) == 2:
        return np.asarray(y).argmax(axis=-1)
    if targets.kind in (TargetKind.BINARY, TargetKind.CLASSES) and np.size(y) == len(y):
        return np.asarray(y).ravel()
    return None


def order_rules(subject: Subject) -> Finding:
    """Rows sorted by class, and how often the commonest class occurs."""
    program, targets = subject.program, subject.targets
    labels = None if targets is None else class_numbers(program.y, targets)
    if labels is None or len(labels) < MIN_ROWS:
        return
    split = program.split_rows()
    missing: list[Any] = []
    if split < len(labels):
        missing = sorted(set(labels[split:].tolist()) - set(labels[:split].tolist()))
        if missing:
            share = float(np.mean(np.isin(labels[split:], missing)))
            yield Contradiction(
                id="unshuffled", check=Check.VALIDATION_CLASSES,
                severity=Severity.CONTRADICTION if share > 0.5 else Severity.SUSPICION, place=program.places.fit,
                values={"classes": tuple(missing[:10]), "share": share, "split": program.validation_split},
            )  # fmt: skip
    train = labels[:split]
    if split <= len(labels) - MIN_ROWS and not missing:
        difference = share_difference(train, labels[split:])
        if difference > SORTED_SHARE:
            yield Contradiction(
                id="unshuffled", check=Check.VALIDATION_CLASSES, severity=Severity.CONTRADICTION,
                place=program.places.fit, values={"difference": difference, "split": program.validation_split},
            )  # fmt: skip
    changes = int(np.sum(train[1:] != train[:-1]))
    if not program.shuffle and changes == len(set(train.tolist())) - 1 and changes > 0:
        yield Contradiction(
            id="unshuffled", check=Check.SORTED_UNSHUFFLED, severity=Severity.CONTRADICTION,
            place=program.places.fit, values={"classes": changes + 1},
        )  # fmt: skip
    majority = float(np.max(np.unique(labels, return_counts=True)[1]) / len(labels))
    if majority >= MAJORITY_SHARE and majority < 1:
        yield Contradiction(
            id="class-imbalance", check=Check.IMBALANCED, severity=Severity.FACT, place=subject.targets_place,
            values={"share": majority},
        )  # fmt: skip


def share_difference(first: Array, second: Array) -> float:
    """How differently often classes occur in two sets of labels: 0 for equally often, 1 for no class in common."""
    classes = np.unique(np.concatenate([first, second]))
    shares = [np.array([np.mean(labels == c) for c in classes]) for labels in (first, second)]
    return float(np.sum(np.abs(shares[0] - shares[1])) / 2)


def validation_rules(subject: Subject) -> Finding:
    """Validation data on another scale than the training data."""
    program = subject.program
    if program.validation is None:
        return
    for train, validation in zip(numeric_inputs(program.x), numeric_inputs(program.validation.x)):
        yield from scale_findings(subject, train, validation, "x", Severity.CONTRADICTION)
    if subject.targets is not None and subject.targets.is_regression:
        for train, validation in zip(numeric_inputs(program.y), numeric_inputs(program.validation.y)):
            yield from scale_findings(subject, train, validation, "y", Severity.SUSPICION)


def scale_findings(subject: Subject, train: Array, validation: Array, of: str, severity: Severity) -> Finding:
    """A finding if the values of ``validation`` spread or lie differently from those of ``train``."""
    if train.shape[1:] != validation.shape[1:] or len(validation) < MIN_ROWS:
        return
    difference = scale_difference(train, validation)
    if difference is None:
        return
    ratio, shift = difference
    is_scaled = not 1 / SCALE_RATIO < ratio < SCALE_RATIO
    if is_scaled or shift > MAX_SHIFT:
        yield Contradiction(
            id="validation-mismatch", check=Check.VALIDATION_SCALE,
            severity=severity if is_scaled else Severity.SUSPICION, place=subject.program.places.fit,
            values={"of": of, "ratio": ratio, "shift": shift},
        )  # fmt: skip


def scale_difference(train: Array, other: Array) -> tuple[float, float] | None:
    """How differently the same features are scaled in two sets of rows.

    Returns:
        The medians over features of how many times larger the values of ``other`` spread, and of how many standard
        deviations its mean lies away; None if nothing varies.
    """
    flat = [np.nan_to_num(array.reshape(len(array), -1).astype(np.float64)) for array in (train, other)]
    spread = [values.std(axis=0) for values in flat]
    varying = (spread[0] > 0) & (spread[1] > 0)
    if np.sum(varying) < 0.5 * np.sum(spread[0] > 0) or not np.any(varying):
        return None
    shift = np.abs(flat[1].mean(axis=0) - flat[0].mean(axis=0))[varying] / spread[0][varying]
    return float(np.median(spread[1][varying] / spread[0][varying])), float(np.median(shift))


RULES: tuple[Rule, ...] = (
    output_rules,
    reach_rules,
    label_rules,
    loss_rules,
    shape_rules,
    metric_rules,
    data_rules,
    scale_rules,
    layer_rules,
    training_rules,
    validation_rules,
)
