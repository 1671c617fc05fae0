"""Rules about the values of x and y, their scale and order, the validation data and the length of the training."""

from __future__ import annotations

import ast
import itertools
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..findings import Check, Finding, Rule, Severity, Subject
from ..loss_names import CROSSENTROPIES
from ..program import VALUE, NoteKind, as_column, made_up_names
from ..targets import TargetKind, Targets, spread_rows

Array = NDArray[Any]

LARGE_INPUT = 10.0  # inputs of a larger magnitude count as not scaled
LARGE_TARGET = 10.0  # so do targets of a regression
UNEVEN_FEATURES = 100.0  # ratio of the largest to the smallest standard deviation of features
SCALE_RATIO = 5.0  # of validation to training data, from which on they are scaled differently
MAJORITY_SHARE = 0.9  # of one class, from which on classes are called imbalanced
MAX_ELEMENTS = 20_000_000  # elements of x looked at
SORTED_SHARE = 0.4  # difference of class shares between training and validation rows that no chance makes
MAX_SHIFT = 5.0  # standard deviations by which the mean of validation data may lie away
RATES = {"SGD": (1e-5, 20.0), "Adadelta": (1e-3, 10.0), "Adagrad": (1e-5, 2.0), "Ftrl": (1e-5, 2.0)}
RATES_OF_OTHERS = (1e-6, 0.5)  # learning rates that are ever of use: what lies outside is suspicious
MIN_ROWS_OF_CLASS = 3  # on average, below which classes that follow each other are not an order
FEW_UPDATES_OF_LOOP = 400  # whose length is a number of updates, which is easily taken for one of epochs
MIN_ROWS = 10  # of data whose scales are compared
NARROW = 0.005  # standard deviation over mean of a column, below which a network sees little more than a constant
FEWEST_ROWS_WITH_OUTLIERS = 6
OUTLYING_SHARE = 0.01  # of the rows that may be outliers, but at least one
OUTLYING_RATIO = 30.0  # times as large as without these rows, from which a standard deviation is theirs


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
        yield subject.at(program.places.fit, Check.ROWS_DIFFER, Severity.CONTRADICTION, {"rows": tuple(lengths)})
    for array in numeric_inputs(program.x):
        bad = int(np.sum(~np.isfinite(array))) if array.dtype.kind == "f" else 0
        if bad:
            yield subject.at(subject.inputs_place, Check.NOT_FINITE_INPUTS, Severity.CONTRADICTION, {"count": bad})
        elif len(array) > 1:
            constant = int(np.sum(np.all(array == array[:1], axis=0)))
            features = int(np.prod(array.shape[1:]))
            if constant:
                is_all = constant == features
                yield subject.at(
                    subject.inputs_place, Check.CONSTANT_INPUTS, Severity.CONTRADICTION if is_all else Severity.FACT,
                    {"constant": constant, "features": features}
                )  # fmt: skip
    if targets is None:
        return
    if not targets.is_finite:
        bad = int(np.sum(~np.isfinite(targets.values)))
        yield subject.at(subject.targets_place, Check.NOT_FINITE_TARGETS, Severity.CONTRADICTION, {"count": bad})
    elif names_targets(subject) and len(targets.values) > 1 and np.all(targets.values == targets.values[:1]):
        yield subject.at(subject.targets_place, Check.CONSTANT_TARGETS, Severity.CONTRADICTION, {"target": targets.low})


def names_targets(subject: Subject) -> bool:
    """Whether y is all that the outputs are compared with: no place holder of an own loss, no first batch of a loop."""
    return subject.loss is not None and subject.loss.is_known and not subject.program.is_trained_otherwise


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
            yield subject.at(
                subject.inputs_place, Check.UNSCALED_INPUTS, Severity.FACT,
                {"least": float(finite.min()), "largest": float(finite.max()), "deviation": float(finite.std()),
                 "uneven": uneven}
            )  # fmt: skip
            idle = (layer for layer in program.model._flatten_layers(include_self=False) if is_unadapted(layer))
            for layer in itertools.islice(idle, 1):
                yield subject.about(layer.name, Check.UNADAPTED_LAYER, Severity.CONTRADICTION)
    if targets is not None and targets.is_regression and subject.loss_name not in CROSSENTROPIES:
        largest = max(abs(targets.low), abs(targets.high))
        if largest > LARGE_TARGET:
            yield subject.at(
                subject.targets_place, Check.UNSCALED_TARGETS, Severity.FACT,
                {"least": targets.low, "largest": targets.high, "deviation": float(np.std(targets.values))}
            )  # fmt: skip


def spread_rules(subject: Subject) -> Finding:
    """Columns that hardly vary around a number far from 0, and rows so far from the others that these seem equal."""
    program = subject.program
    if len(getattr(program.model, "inputs", None) or []) != 1 or scales_itself(program.model):
        return
    for array in numeric_inputs(program.x):
        if array.ndim != 2 or len(array) < FEWEST_ROWS_WITH_OUTLIERS or not np.all(np.isfinite(array)):
            continue
        values = array.astype(np.float64)
        means, deviations = values.mean(axis=0), values.std(axis=0)
        varying = np.flatnonzero(deviations > 1e-9 * np.maximum(1.0, np.abs(means)))
        ratios = deviations[varying] / np.maximum(np.abs(means[varying]), 1e-300)
        if len(varying) and np.median(ratios) < NARROW:
            column = varying[np.argmin(np.abs(ratios - np.median(ratios)))]
            yield subject.at(
                subject.inputs_place, Check.NARROW_INPUTS, Severity.SUSPICION,
                {"mean": float(means[column]), "deviation": float(deviations[column])}
            )  # fmt: skip
        yield from outlier_findings(subject, values[:, varying])


def outlier_findings(subject: Subject, values: Array) -> Finding:
    """The few rows that make nearly all of the spread of most columns."""
    if not values.shape[1]:
        return
    count = max(1, int(OUTLYING_SHARE * len(values)))
    distances = np.abs(values - np.median(values, axis=0))
    farthest = np.argsort(-distances, axis=0, kind="stable")[:count]
    rows, times = np.unique(farthest, return_counts=True)
    outliers = rows[np.argsort(-times, kind="stable")[:count]]  # the same rows in most columns
    others = np.delete(values, outliers, axis=0)
    left = others.std(axis=0)
    ratios = values.std(axis=0)[left > 0] / left[left > 0]
    if len(ratios) > values.shape[1] / 2 and np.median(ratios) > OUTLYING_RATIO:
        yield subject.at(
            subject.inputs_place, Check.OUTLYING_ROWS, Severity.SUSPICION,
            {"outliers": len(outliers), "rows": len(values), "largest": float(np.abs(values).max()),
             "others": float(np.abs(others).max())}
        )  # fmt: skip


def embedding_rules(subject: Subject) -> Finding:
    """Inputs of Embedding layers that are not numbers of its rows."""
    for tensor, part in subject.program.fed_inputs():
        readers = [node.operation for node in tensor._keras_history.operation._outbound_nodes]
        embeddings = [reader for reader in readers if isinstance(reader, keras.layers.Embedding)]
        array = np.asarray(part)
        if not embeddings or array.dtype.kind not in "iuf" or not array.size:
            continue
        layer = embeddings[0]
        values = spread_rows(array)
        low, high = float(np.min(values)), float(np.max(values))
        facts = {"least": low, "largest": high, "rows": int(layer.input_dim)}
        check = None
        if low < 0 or high >= layer.input_dim:
            check = Check.EMBEDDING_RANGE
        elif array.dtype.kind == "f" and np.any(values != np.round(values)):
            check = Check.EMBEDDING_FRACTIONS
        if check is not None:
            yield subject.about(layer.name, check, Severity.CONTRADICTION, facts)


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
    return bool(layers) and isinstance(layers[0], encoding) and not is_unadapted(layers[0])


def is_unadapted(layer: Any) -> bool:
    """Whether a layer is a Normalization that got no mean and variance, so that it passes values on as they are."""
    if not isinstance(layer, keras.layers.Normalization) or not layer.built or layer.input_mean is not None:
        return False
    return not np.any(layer.adapt_mean) and bool(np.all(np.asarray(layer.adapt_variance) == 1))


def rate_rules(subject: Subject) -> Finding:
    """The learning rate."""
    program = subject.program
    place = program.places.optimizer or program.places.compile
    rate = None if program.optimizer is None else program.optimizer.get_config().get("learning_rate")
    if isinstance(rate, (int, float)) and rate <= 0:
        yield subject.at(place, Check.NO_LEARNING_RATE, Severity.CONTRADICTION, {"learning rate": float(rate)})
    elif isinstance(rate, (int, float)):
        name = type(program.optimizer).__name__
        low, high = RATES.get(name, RATES_OF_OTHERS)
        if not low <= rate <= high:
            is_large = rate > high
            yield subject.at(
                place, Check.LARGE_LEARNING_RATE if is_large else Check.SMALL_LEARNING_RATE, Severity.SUSPICION,
                {"learning rate": float(rate), "optimizer": name}
            )  # fmt: skip


def training_rules(subject: Subject) -> Finding:
    """Number of updates and the order of rows."""
    program = subject.program
    rows = program.split_rows()
    updates = (program.steps_per_epoch or -(-rows // max(1, program.batch_size))) * program.epochs
    is_loop = any(note.kind is NoteKind.LOOP_AS_FIT for note in program.notes)
    if not program.never_ends and (updates < 100 or (is_loop and updates < FEW_UPDATES_OF_LOOP)):
        yield subject.at(
            program.places.fit, Check.FEW_UPDATES, Severity.SUSPICION if is_loop else Severity.FACT,
            {"updates": updates, "epochs": program.epochs}
        )  # fmt: skip
    if program.batch_size >= rows > 64:
        yield subject.at(
            program.places.fit, Check.ONE_BATCH, Severity.FACT, {"batch size": program.batch_size, "rows": rows}
        )
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
            yield subject.at(
                program.places.fit, Check.VALIDATION_CLASSES,
                Severity.CONTRADICTION if share > 0.5 else Severity.SUSPICION,
                {"classes": tuple(missing[:10]), "share": share, "split": program.validation_split}
            )  # fmt: skip
    train = labels[:split]
    if split <= len(labels) - MIN_ROWS and not missing:
        difference = share_difference(train, labels[split:])
        if difference > SORTED_SHARE:
            yield subject.at(
                program.places.fit, Check.VALIDATION_CLASSES, Severity.CONTRADICTION,
                {"difference": difference, "split": program.validation_split}
            )  # fmt: skip
    changes = int(np.sum(train[1:] != train[:-1]))
    is_sorted = changes == len(set(train.tolist())) - 1 and 0 < changes < len(train) / MIN_ROWS_OF_CLASS
    if not program.shuffle and is_sorted:
        yield subject.at(program.places.fit, Check.SORTED_UNSHUFFLED, Severity.CONTRADICTION, {"classes": changes + 1})
    majority = float(np.max(np.unique(labels, return_counts=True)[1]) / len(labels))
    if majority >= MAJORITY_SHARE and majority < 1:
        yield subject.at(subject.targets_place, Check.IMBALANCED, Severity.FACT, {"share": majority})


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
            yield from scale_findings(subject, as_column(train), as_column(validation), "y", Severity.SUSPICION)


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
        yield subject.at(
            subject.program.places.fit, Check.VALIDATION_SCALE, severity if is_scaled else Severity.SUSPICION,
            {"of": of, "ratio": ratio, "shift": shift}
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


def batch_rules(subject: Subject) -> Finding:
    """A generator whose batches are all the same."""
    program = subject.program
    arrays = [np.asarray(part) for part in keras.tree.flatten((program.x, program.y)) if part is not None]
    size = program.batch_size
    if program.source != "generator" or not arrays or arrays[0].dtype.kind not in "iuf":
        return
    if has_made_up_results(subject):
        return
    first = arrays[0][:size]
    if len(arrays[0]) < 2 * size or np.all(first == first[:1]) or gives_whole_arrays(subject):
        return
    if all(repeats_batch(array, size) for array in arrays):
        yield subject.at(program.places.fit, Check.SAME_BATCH, Severity.CONTRADICTION, {"rows": size})


def repeats_batch(array: Array, size: int) -> bool:
    """Whether an array holds the same batch of rows again and again."""
    batches = array[: len(array) // size * size].reshape(-1, size, *array.shape[1:])
    return all(np.array_equal(batch, batches[0]) for batch in batches)


def has_made_up_results(subject: Subject) -> bool:
    """Whether something that the user's code computes had to be made up: it is the same each time it is asked for."""
    computed = {name for names, _ in subject.assigned for name in names}
    return bool(made_up_names(subject.program.notes, VALUE) & computed)


def gives_whole_arrays(subject: Subject) -> bool:
    """Whether a generator of the user's yields arrays that it does not make itself: one batch of all rows is meant."""
    for _, tree in subject.code:
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            parts = list(ast.walk(function))
            made = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
            given = [part.value for part in parts if isinstance(part, ast.Yield)]
            arrays = [array for value in given for array in (value.elts if isinstance(value, ast.Tuple) else [value])]
            if arrays and all(isinstance(array, ast.Name) and array.id not in made for array in arrays):
                return True
    return False


DATA_RULES: tuple[Rule, ...] = (
    data_rules, scale_rules, spread_rules, embedding_rules, rate_rules, training_rules, validation_rules, batch_rules,
)  # fmt: skip
