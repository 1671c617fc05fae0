"""Rules about the last layer, the loss, the labels, the metrics and their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..copies import copied_model
from ..findings import Check, Contradiction, Finding, Rule, Severity, Subject, Value
from ..fit_calls import overridden_step
from ..heads import Head, as_tensors
from ..kinds import TAPE
from ..loss_names import (
    BINARY_CROSSENTROPIES,
    CATEGORICAL_CROSSENTROPIES,
    CROSSENTROPIES,
    REGRESSION_LOSSES,
    SPARSE_CROSSENTROPIES,
)
from ..old_versions.arguments import FIRST_VERSION
from ..program import MadeUp, NoteKind, Program, take_rows
from ..targets import ACCURACIES, SUM_TOLERANCE, TargetKind, Targets, are_counting, names_classes
from ..usual_rates import effective_rate, first_rate
from .data_rules import has_made_up_results

Array = NDArray[Any]

ONE_HOT = re.compile(
    r"(?:to_categorical|get_dummies|OneHotEncoder|(?<!Multi)LabelBinarizer|\bone_hot)\s*\("
    r"|np\.eye\((?!.*\]\.(?:sum|max)\()"  # rows that are added up name several labels
)
UNREACHABLE_SHARE = 0.01  # of the variance of the targets that no output of the last activation can explain
STEP_RATE = 0.01  # of plain gradient descent, with which two forms of the targets are compared
MOST_BETWEEN = 0.5  # share of the targets under a cross-entropy that are then quantities
STEP_TOLERANCE = 1e-2  # relative, of weights that are float32
RATE_OF_SQUARES = 0.04  # of plain SGD, over the number of outputs: enough for the small gradients of squares
LOSS_ROWS = 8  # rows on which two forms of a loss are compared
SEVERAL_LABELS_SHARE = 0.1  # of rows with no label or several, from which on labels are not exclusive
MANY_OUTPUTS = 10  # of which nine in ten are right if all are 0
MAX_SCALED_CLASSES = 20  # evenly spaced values that can be labels divided by something


def output_rules(subject: Subject) -> Finding:
    """The last activation against the loss."""
    head, loss = subject.head, subject.loss_name
    if head is None:
        return
    layer = head.activation_layer
    names = [activation.name for activation in head.activations]
    if head.has_softmax_over_one_unit:
        yield subject.about(
            layer, Check.SOFTMAX_OVER_ONE_UNIT, Severity.CONTRADICTION,
            {"units": 1, "activation": "softmax", "instead": "sigmoid" if is_of_classes(subject) else "linear",
             **many_classes(subject)}
        )  # fmt: skip
        return
    if names.count("softmax") > 1 or names.count("sigmoid") > 1 or {"softmax", "sigmoid"} <= set(names):
        yield subject.about(layer, Check.REPEATED_ACTIVATION, Severity.CONTRADICTION, {"activations": tuple(names)})
    elif len(names) > 1 and names[-1] in ("softmax", "sigmoid") and names[-2] in ("relu", "tanh"):
        yield subject.about(layer, Check.REPEATED_ACTIVATION, Severity.SUSPICION, {"activations": tuple(names)})
    if loss in CROSSENTROPIES and head.is_certain and not head.activation.startswith("custom:"):
        yield from crossentropy_rules(subject, head)


def is_of_classes(subject: Subject) -> bool:
    """Whether a program with one output tells classes apart, by its loss, its targets or else its metrics."""
    if subject.loss_name in CROSSENTROPIES or subject.targets is None:
        return subject.loss_name in CROSSENTROPIES or any("acc" in name for name in subject.metrics)
    return subject.targets.kind is TargetKind.BINARY


def many_classes(subject: Subject) -> dict[str, Value]:
    """How many classes a program with one output tells apart, if they may be more than two; 0 if that is not known."""
    targets = subject.targets
    if subject.loss_name not in CROSSENTROPIES - BINARY_CROSSENTROPIES:
        return {}
    if targets is None:
        return {"classes": 0}
    is_numbered = targets.width == 1 and targets.kind is TargetKind.CLASSES and targets.low == 0
    return {"classes": int(targets.high) + 1} if is_numbered else {}


def crossentropy_rules(subject: Subject, head: Head) -> Finding:
    """The last activation against a cross-entropy."""
    assert subject.loss is not None
    loss, activation = subject.loss, head.activation
    place, layer = subject.output_place, head.activation_layer
    is_one_hot = subject.targets is not None and subject.targets.kind is TargetKind.ONE_HOT
    values: dict[str, Value] = {"activation": activation, "loss": loss.name, "units": head.units}
    if loss.from_logits:
        if activation in ("softmax", "sigmoid"):
            severity = Severity.CONTRADICTION if logits_matter(subject) else Severity.SUSPICION
            yield subject.at(subject.loss_place, Check.BOUNDED_BEFORE_LOGITS, severity, values, layer=layer)
        elif activation in ("relu", "relu6", "tanh", "softplus", "softsign"):
            yield subject.about(
                layer, Check.MISSING_PROBABILITIES, Severity.CONTRADICTION, values | {"from_logits": True}
            )
        return
    if loss.name in CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES and head.units == 1:
        yield subject.at(
            subject.loss_place, Check.ONE_UNIT_UNDER_CATEGORICAL, Severity.CONTRADICTION, values, layer=layer
        )
        return
    if activation not in ("softmax", "sigmoid", "hard_sigmoid"):
        row = None if subject.targets is not None else subject.row_given("y", 1)
        columns = None if row is None else row[0] if row else 1
        is_binary = loss.name in BINARY_CROSSENTROPIES
        is_read = is_binary or (loss.name in CATEGORICAL_CROSSENTROPIES and columns != 1)
        if is_read and columns not in (None, head.units) and len(head.shape) == 2:
            values |= {"columns": columns, "instead": "sigmoid" if is_binary else "softmax"}
            yield subject.about(layer, Check.MISSING_OUTPUT, Severity.CONTRADICTION, values)
            return
        yield subject.about(layer, Check.MISSING_PROBABILITIES, Severity.CONTRADICTION, values | {"from_logits": False})
    elif activation != "softmax" and loss.name not in BINARY_CROSSENTROPIES:
        labels = labels_in_a_row(subject)
        is_several = labels == "several" and loss.name in CATEGORICAL_CROSSENTROPIES
        yield subject.at(
            subject.loss_place if is_several else place,
            Check.SEVERAL_LABELS_UNDER_CATEGORICAL if is_several else Check.SIGMOID_FOR_CLASSES, Severity.SUSPICION,
            values | {"labels in a row": labels}, layer=layer
        )  # fmt: skip
    elif activation == "softmax" and loss.name in BINARY_CROSSENTROPIES and is_one_hot:
        yield subject.at(subject.loss_place, Check.BINARY_FOR_ONE_HOT, Severity.SUSPICION, values)


def labels_in_a_row(subject: Subject) -> str | None:
    """Whether a row of y names ``one`` class or ``several``, from its values or how it is made; None if not known."""
    kind = None if subject.targets is None or has_made_up_results(subject) else subject.targets.kind
    if kind is TargetKind.MULTI_HOT or (kind is None and subject.row_given("y", 1) not in (None, (), (1,))):
        return "several"
    return "one" if kind is TargetKind.ONE_HOT or (kind is None and ONE_HOT.search(subject.text)) else None


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


def divergence_rules(subject: Subject) -> Finding:
    """Outputs or targets that do not add up to 1 under a divergence of distributions."""
    head, targets = subject.head, subject.targets
    if head is None or subject.loss_name != "kl_divergence" or not head.is_certain:
        return
    is_distribution = targets is None or targets.kind in (TargetKind.ONE_HOT, TargetKind.SHARES)
    if head.activation != "softmax" or not is_distribution:
        yield subject.at(
            subject.loss_place, Check.DIVERGENCE_OF_OTHERS, Severity.CONTRADICTION,
            {"activation": head.activation, "units": head.units}, layer=head.activation_layer
        )  # fmt: skip


def reach_rules(subject: Subject) -> Finding:
    """The values that the last activation can take against the targets."""
    head, targets, loss = subject.head, subject.targets, subject.loss_name
    if head is None or head.range is None or loss in CROSSENTROPIES:
        return
    if subject.loss is not None and subject.loss.function is None:
        return  # UNKNOWN_LOSS
    if targets is None:
        if head.activation in ("relu", "relu6") and loss in REGRESSION_LOSSES:
            yield subject.about(
                head.activation_layer, Check.RECTIFIED_OUTPUT, Severity.SUSPICION, {"activation": head.activation}
            )
        return
    if head.units == 1 and head.activation == "softmax":
        return  # SOFTMAX_OVER_ONE_UNIT
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
        yield subject.about(
            head.activation_layer, Check.TARGETS_OUT_OF_REACH,
            Severity.SUSPICION if is_custom else Severity.CONTRADICTION, values
        )  # fmt: skip
    elif head.activation in ("relu", "relu6"):
        is_label = targets.kind in (TargetKind.BINARY, TargetKind.ONE_HOT, TargetKind.MULTI_HOT)
        yield subject.about(
            head.activation_layer, Check.RECTIFIED_OUTPUT, Severity.SUSPICION if is_label else Severity.FACT, values
        )
    elif head.activation == "tanh" and targets.low == 0 and targets.high == 1 and not targets.is_regression:
        yield subject.about(head.activation_layer, Check.TANH_FOR_BINARY, Severity.FACT, values)
    is_certain = targets.width > 1 and not loss.startswith("custom:")
    if head.activation == "softmax" and same_width and targets.kind in (TargetKind.MULTI_HOT, TargetKind.REAL):
        values = {**values, "unreachable share": max(share, share_beside_sum(targets.values))}
        yield subject.about(
            head.activation_layer, Check.SOFTMAX_FOR_INDEPENDENT,
            Severity.CONTRADICTION if is_certain else Severity.SUSPICION, values
        )  # fmt: skip


def unreachable_share(values: Array, low: float | None, high: float | None) -> float:
    """The share of the variance of targets that stays unexplained however well outputs between two values fit."""
    finite = values[np.isfinite(values)]
    reach = np.clip(finite, -np.inf if low is None else low, np.inf if high is None else high)
    return share_of_variance(float(np.sum((finite - reach) ** 2)), finite)


def share_beside_sum(values: Array) -> float:
    """The same of outputs that add up to 1: no row of them is nearer to its targets than the plane of such rows."""
    rows = values[np.all(np.isfinite(values), axis=-1)]
    return share_of_variance(float(np.sum((rows.sum(axis=-1) - 1) ** 2)) / values.shape[-1], rows)


def share_of_variance(squares: float, values: Array) -> float:
    """A sum of squared errors as a share of the squared distances from the mean; 0 if all values are equal."""
    total = float(np.sum((values - values.mean()) ** 2)) if values.size else 0.0
    return squares / total if total else 0.0


def label_rules(subject: Subject) -> Finding:
    """The labels against a cross-entropy."""
    head, targets, loss = subject.head, subject.targets, subject.loss_name
    place = subject.targets_place
    if is_text(subject.program.y):
        yield subject.at(
            place, Check.TEXT_LABELS, Severity.CONTRADICTION, {"example": str(np.ravel(subject.program.y)[0])[:40]}
        )
    if targets is None or head is None or loss not in CROSSENTROPIES:
        return
    values: dict[str, Value] = {
        "loss": loss, "units": head.units, "target shape": targets.shape, "output shape": head.shape,
        "least target": targets.low, "largest target": targets.high,
    }  # fmt: skip
    if loss in CATEGORICAL_CROSSENTROPIES and targets.width == 1 and (head.units or 0) > 1:
        if len(targets.shape) <= len(head.shape):
            yield subject.at(place, Check.INTEGERS_UNDER_CATEGORICAL, Severity.CONTRADICTION, values)
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
        return subject.at(subject.targets_place, check, Severity.CONTRADICTION, values)

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
    is_several = targets.kind is TargetKind.MULTI_HOT or (targets.kind is TargetKind.REAL and targets.width > 1)
    if is_several and head.activation == "softmax" and head.units == targets.width:
        shares = float(np.mean(np.abs(targets.values.sum(axis=-1) - 1) > SUM_TOLERANCE))
        yield subject.about(
            head.activation_layer, Check.SOFTMAX_FOR_INDEPENDENT,
            Severity.CONTRADICTION if shares > SEVERAL_LABELS_SHARE else Severity.SUSPICION,
            {**values, "share of rows without exactly one label": shares}
        )  # fmt: skip
    if targets.low >= 0 and targets.high <= 1:
        if targets.is_regression and head.units == 1 and targets.width == 1 and targets.distinct is not None:
            steps = np.diff(targets.distinct)
            if 2 <= len(steps) < MAX_SCALED_CLASSES and np.allclose(steps, steps[0]):
                yield subject.at(subject.targets_place, Check.LABELS_NOT_INTEGER, Severity.SUSPICION, values)
        return
    if targets.kind is TargetKind.BINARY:
        is_shifted = (targets.low, targets.high) == (1, 2)
        check = Check.LABELS_FROM_ONE if is_shifted else Check.LABELS_OUT_OF_RANGE
        place = subject.targets_place
    elif targets.kind is TargetKind.CLASSES:
        check, place = Check.CLASSES_UNDER_BINARY, subject.loss_place
    elif targets.width == 1:
        check, place = Check.REGRESSION_UNDER_CROSSENTROPY, subject.loss_place
    else:
        check, place = Check.TARGETS_NOT_PROBABILITIES, subject.targets_place
    yield subject.at(place, check, Severity.CONTRADICTION, values)


def loss_rules(subject: Subject) -> Finding:
    """The loss against the task, whatever the last activation."""
    targets, loss, head = subject.targets, subject.loss_name, subject.head
    place = subject.loss_place
    if subject.loss is not None and subject.loss.function is None:
        yield subject.at(place, Check.UNKNOWN_LOSS, Severity.CONTRADICTION, {"loss": loss.removeprefix("custom:")})
    if head is None or loss not in REGRESSION_LOSSES:
        return
    values: dict[str, Value] = {
        "loss": loss,
        "units": head.units,
        "classes": None if targets is None else targets.classes,
    }
    if targets is None:
        is_copy = subject.is_trained_on_inputs  # SOFTMAX_FOR_INDEPENDENT
        if head.activation == "softmax" and head.is_certain and (head.units or 0) > 1 and not is_copy:
            severity = Severity.HINT if steps_suit_squares(subject) else Severity.SUSPICION
            yield subject.at(place, Check.SQUARED_ERROR_FOR_CLASSES, severity, values)
        return
    if targets.kind is TargetKind.BINARY or targets.kind is TargetKind.MULTI_HOT:
        severity = Severity.FACT
    elif steps_suit_squares(subject) and subject.program.made_up is not MadeUp.NOTHING:  # no training decides
        severity = Severity.HINT
    elif targets.kind is TargetKind.ONE_HOT or (targets.kind is TargetKind.CLASSES and are_counting(subject.metrics)):
        severity = Severity.SUSPICION
    else:
        return
    yield subject.at(place, Check.SQUARED_ERROR_FOR_CLASSES, severity, values)


def is_of_bounded_squares(subject: Subject) -> bool:
    """Whether the loss is the mean of squared errors of outputs of a sigmoid or softmax, whose gradients are small."""
    head = subject.head
    return subject.loss_name == "mean_squared_error" and head is not None and head.activation in ("sigmoid", "softmax")


def steps_suit_squares(subject: Subject) -> bool:
    """Whether plain gradient descent makes up for small gradients of squared errors by the steps it is given."""
    optimizer, head = subject.program.optimizer, subject.head
    if not isinstance(optimizer, keras.optimizers.SGD) or head is None or not is_of_bounded_squares(subject):
        return False
    return effective_rate(*first_rate(optimizer)) / max(1, head.units or 1) >= RATE_OF_SQUARES


def shape_rules(subject: Subject) -> Finding:
    """The shape of the output against that of the targets."""
    head, targets, loss = subject.head, subject.targets, subject.loss_name
    if head is None or targets is None or head.units is None:
        return
    values: dict[str, Value] = {"target shape": targets.shape, "output shape": head.shape, "loss": loss}
    rank, target_rank = len(head.shape), len(targets.shape)
    if loss in SPARSE_CROSSENTROPIES:
        if rank - target_rank > 1 or (rank - target_rank == 1 and target_rank > 1 and targets.width == 1):
            yield subject.at(
                subject.output_place, Check.RANK_MISMATCH, Severity.CONTRADICTION, values, layer=head.layer
            )
        return
    if rank > max(target_rank, 2) and not (rank == target_rank + 1 and head.units == 1):
        yield subject.at(
            subject.output_place, Check.RANK_MISMATCH,
            Severity.CONTRADICTION if loss and not loss.startswith("custom:") else Severity.SUSPICION, values,
            layer=head.layer
        )  # fmt: skip
        return
    if loss in REGRESSION_LOSSES and head.units == 1 and rank == 2 and is_of_steps(targets):
        yield subject.about(head.layer, Check.RANK_MISMATCH, Severity.CONTRADICTION, values)
        return
    if subject.loss is None or subject.loss.own_name:
        if broadcasts(subject):
            yield subject.at(subject.loss_place, Check.BROADCAST_LOSS, Severity.CONTRADICTION, values)
        elif compares_all_outputs(subject):
            yield subject.at(
                subject.loss_place, Check.LOSS_OF_ALL_OUTPUTS, Severity.CONTRADICTION,
                {"loss": "" if subject.loss is None else subject.loss.own_name, "units": head.units}
            )  # fmt: skip
        return
    if loss in CATEGORICAL_CROSSENTROPIES and targets.width == 1:
        return  # INTEGERS_UNDER_CATEGORICAL
    if rank == target_rank + 1 and head.units == 1:
        return  # Keras takes the last axis away
    if head.units != targets.width:
        if targets.kind in (TargetKind.CLASSES, TargetKind.BINARY):
            yield subject.at(subject.targets_place, Check.LABEL_WIDTH_MISMATCH, Severity.CONTRADICTION, values)
        else:
            yield subject.at(
                subject.output_place, Check.WIDTH_MISMATCH, Severity.CONTRADICTION, values, layer=head.layer
            )


def is_of_steps(targets: Targets) -> bool:
    """Whether a row of y holds one number for each of several steps: Keras compares a single output with them all."""
    return len(targets.shape) == 3 and targets.width == 1 and targets.shape[1] > 1


def broadcasts(subject: Subject) -> bool:
    """Whether a loss of the user's own gives another value for y of shape (rows,) than for (rows, 1)."""
    loss, targets, head = subject.loss, subject.targets, subject.head
    if targets is None or head is None or not (len(targets.shape) == 1 and head.shape[1:] == (1,)):
        return False
    if overridden_step(subject.program.model) == "train_step":
        return step_broadcasts(subject.program, targets)
    if loss is None and is_of_tape(subject.program):
        return True  # y is what the loop subtracts from the outputs
    if loss is None or loss.function is None:
        return False
    count = min(LOSS_ROWS, len(targets.values))
    y = targets.values[:count].astype(np.float32)
    outputs = np.linspace(-1, 1, count, dtype=np.float32)[:, None]
    tensor = keras.ops.convert_to_tensor
    wrapped = as_loss(loss.function)
    try:
        flat = float(np.mean(wrapped(tensor(y), tensor(outputs))))
        column = float(np.mean(wrapped(tensor(y[:, None]), tensor(outputs))))
    except Exception:
        return False
    return not np.isclose(flat, column, rtol=1e-3, equal_nan=True)


def as_loss(function: Any) -> Any:
    """A loss as compile calls it."""
    is_loss = isinstance(function, keras.losses.Loss)
    return function if is_loss else keras.src.losses.losses.LossFunctionWrapper(function)


def compares_all_outputs(subject: Subject) -> bool:
    """Whether a loss of the user's own for class numbers is the same if the outputs of any row change their places.

    A loss of embeddings may not see if those of all rows do, and is not meant.
    """
    loss, targets, head = subject.loss, subject.targets, subject.head
    if loss is None or loss.function is None or head is None or targets is None or targets.width != 1:
        return False
    units = head.units or 0
    is_counted = any("acc" in name for name in subject.metrics) and names_classes(targets, subject.metrics)
    if len(head.shape) != 2 or not is_counted or not 1 < targets.high + 1 <= units:
        return False
    rng, wrapped, tensor = np.random.default_rng(0), as_loss(loss.function), keras.ops.convert_to_tensor
    y = np.asarray(take_rows(subject.program.y, slice(0, LOSS_ROWS))).reshape(-1, 1)  # as versions before 3 give it
    outputs = rng.dirichlet(np.ones(units), len(y)).astype(np.float32)
    try:
        values = [float(np.mean(wrapped(tensor(y), tensor(rng.permuted(outputs, axis=1))))) for _ in range(units)]
    except Exception:  # it needs targets in another form
        return False
    return bool(np.isfinite(values[0]) and np.allclose(values, values[0], rtol=1e-4))


def is_of_tape(program: Program) -> bool:
    """Whether a program trains with a tape in a loop of its own."""
    return any(note.kind is NoteKind.OWN_LOOP and note.detail == TAPE for note in program.notes)


def step_broadcasts(program: Program, targets: Targets) -> bool:
    """Whether a ``train_step`` of the user's own mixes the rows of y of shape (rows,), and not those of (rows, 1).

    An update that mixes no rows moves the weights as the updates with each row alone do together, or in the mean.
    """
    count = min(LOSS_ROWS, len(targets.values))
    y = targets.values[:count].astype(np.float32)
    try:
        model = copied_model(program.model, 0, sample=take_rows(program.x, slice(0, 2)))
        model.compile(keras.optimizers.SGD(STEP_RATE), loss=program.loss)  # which the step may call
        before = model.get_weights()

        def moved(rows: slice, given: Array) -> Array:
            model.set_weights(before)
            model.train_step((as_tensors(take_rows(program.x, rows)), as_tensors(given[rows])))
            return np.concatenate([np.ravel(new - old) for new, old in zip(model.get_weights(), before)])

        alone = np.sum([moved(slice(row, row + 1), y) for row in range(count)], axis=0)
        mixes = [not adds_up(moved(slice(0, count), given), alone, count) for given in (y, y[:, None])]
    except Exception:  # the step needs more than a model that is compiled, or does not read the rows
        return False
    return mixes == [True, False]


def adds_up(together: Array, alone: Array, count: int) -> bool:
    """Whether a change of weights is the sum or the mean of the changes that so many rows make alone."""
    tolerance = STEP_TOLERANCE * float(np.max(np.abs(alone)))
    return any(np.allclose(factor * together, alone, rtol=0, atol=tolerance) for factor in (1, count))


def metric_rules(subject: Subject) -> Finding:
    """Metrics that say nothing about these targets."""
    targets, head, loss = subject.targets, subject.head, subject.loss_name
    values: dict[str, Value]
    if head is None:
        return
    place = subject.program.places.compile
    yield from metrics_of_each_output(subject, head)
    if head.activation in ("softmax", "sigmoid"):
        for check, name in metrics_of_labels(subject.program):
            values = {"metric": name, "activation": head.activation}
            yield subject.at(place, check, Severity.CONTRADICTION, values)
    if targets is None:
        yield from metrics_of_unknown(subject, head)
        return
    for name in subject.metrics:
        values = {"metric": name, "loss": loss, "units": head.units}
        if name in ACCURACIES:
            is_labels_beyond = targets.kind is TargetKind.CLASSES and head.units == 1
            is_of_quantities = loss in REGRESSION_LOSSES and targets.width == head.units and (
                (targets.is_regression and not targets.is_integer)
                or (targets.is_regression and targets.is_integer and (targets.low < 0 or targets.high > 1))
                or is_labels_beyond
            )  # fmt: skip
            if is_of_quantities or (loss in CROSSENTROPIES and head.units == 1 and are_mostly_between(targets)):
                yield subject.at(place, Check.ACCURACY_OF_REGRESSION, Severity.CONTRADICTION, values)
                continue
        other = (
            (name == "categorical_accuracy" and (targets.width == 1 or head.units == 1))
            or (name == "sparse_categorical_accuracy" and targets.width > 1 and len(targets.shape) == len(head.shape))
            or (name == "binary_accuracy" and targets.kind is TargetKind.ONE_HOT and (head.units or 0) > 2)
        )  # fmt: skip
        if other:
            yield subject.at(place, Check.METRIC_FOR_OTHER_LABELS, Severity.SUSPICION, values)


def metrics_of_labels(program: Program) -> Iterator[tuple[Check, str]]:
    """Metrics of Keras that expect predicted labels and are given outputs: the check and the name of each.

    Those of overlap drop the decimals of a predicted label.
    """
    if overridden_step(program.model) == "train_step":
        return  # it may give the metrics predicted labels
    for metric in keras.tree.flatten((program.metrics, program.weighted_metrics)):
        if type(metric) is keras.metrics.Accuracy:
            yield Check.EXACT_MATCHES, "Accuracy"
        elif type(metric) in (keras.metrics.IoU, keras.metrics.MeanIoU) and metric.sparse_y_pred:
            yield Check.OVERLAP_OF_PROBABILITIES, type(metric).__name__


def are_mostly_between(targets: Targets) -> bool:
    """Whether one column of targets has many values, most of them between 0 and 1: no label of a class matches them."""
    values, distinct = targets.values, targets.distinct
    is_of_labels = distinct is not None and len(distinct) <= MAX_SCALED_CLASSES
    share = float(np.mean((values > 0) & (values < 1)))
    return targets.width == 1 and targets.is_finite and not is_of_labels and share > MOST_BETWEEN


def metrics_of_unknown(subject: Subject, head: Head) -> Finding:
    """Metrics of another kind than the loss and the output beside them, if the targets are not known."""
    is_of_quantities = head.activation in ("linear", "relu") or head.kind in ("LSTM", "GRU", "SimpleRNN")
    names = [name for name in subject.metrics if name in ("accuracy", "acc")]  # binary_accuracy is asked for labels
    if names and subject.loss_name in REGRESSION_LOSSES and head.is_certain and is_of_quantities:
        yield subject.at(
            subject.program.places.compile, Check.ACCURACY_OF_REGRESSION, Severity.SUSPICION,
            {"metric": names[0], "loss": subject.loss_name, "units": head.units}
        )  # fmt: skip
    for name in subject.metrics:
        if is_for_other_form(name, subject.loss_name, head.units or 0):
            yield subject.at(
                subject.program.places.compile, Check.METRIC_FOR_OTHER_LABELS, Severity.SUSPICION,
                {"metric": name, "loss": subject.loss_name, "units": head.units}
            )  # fmt: skip


def is_for_other_form(metric: str, loss: str, units: int) -> bool:
    """Whether a metric reads labels or outputs in another form than the loss beside it, whatever the targets are."""
    if metric == "categorical_accuracy":
        return units == 1 or loss in SPARSE_CROSSENTROPIES
    if metric == "sparse_categorical_accuracy":
        return units == 1 or loss in CATEGORICAL_CROSSENTROPIES
    return metric == "binary_accuracy" and loss in SPARSE_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES and units > 2


def metrics_of_each_output(subject: Subject, head: Head) -> Finding:
    """Accuracy beside a binary cross-entropy of many outputs, which the first version of Keras counted one by one."""
    names = [name for name in subject.metrics if name in ("accuracy", "acc")]
    units = head.units or 0
    is_of_many = subject.loss_name in BINARY_CROSSENTROPIES and units >= MANY_OUTPUTS
    if names and is_of_many and FIRST_VERSION.search(subject.text):
        yield subject.at(
            subject.program.places.compile, Check.ACCURACY_OF_EACH_OUTPUT, Severity.SUSPICION,
            {"metric": names[0], "loss": subject.loss_name, "units": units, "share of zeros": 1 - 1 / units}
        )  # fmt: skip


HEAD_RULES: tuple[Rule, ...] = (
    output_rules, divergence_rules, reach_rules, label_rules, loss_rules, shape_rules, metric_rules,
)  # fmt: skip
