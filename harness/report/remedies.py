"""What to do about a cause, in words: each change of a program, and the edit that makes it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..programs.changes import Change, ChangeKind
from ..recording.source import place_words
from .words import count, number

if TYPE_CHECKING:
    from ..programs.edits import Edit

MOST_EDITS = 3  # of a cause that are printed; --diff shows all
LONGEST_SUBJECT = 60  # characters of a call that are repeated in an edit


def change_text(change: Change) -> str:
    """What to do, for a change whose line is not known."""
    layer = f" of layer {change.layer}" if change.layer else ""
    rate = rate_text(change) if change.kind is ChangeKind.LEARNING_RATE else ""
    texts = {
        ChangeKind.ACTIVATION: f"Set the activation{layer} to {change.new} (it is {change.old}).",
        ChangeKind.UNITS: f"Set the units{layer} to {change.new} (they are {change.old}).",
        ChangeKind.LOSS: f"Use the loss {change.new} instead of {change.old}.",
        ChangeKind.FROM_LOGITS: f"Set from_logits={change.new} in the loss.",
        ChangeKind.LABELS: f"Write the labels as {labels_text(change.new)}.",
        ChangeKind.SHAPE: f"Reshape y from {change.old} to {change.new}.",
        ChangeKind.FILL_INPUTS: "Replace missing inputs by the mean of their feature.",
        ChangeKind.SCALE_INPUTS: scale_text("inputs", change.new),
        ChangeKind.SCALE_TARGETS: scale_text("targets", change.new),
        ChangeKind.SCALE_VALIDATION: "Scale the validation inputs exactly as the training inputs.",
        ChangeKind.OPTIMIZER: f"Use the optimizer {change.new} instead of {change.old}.",
        ChangeKind.LEARNING_RATE: f"Set the learning rate to {rate}.",
        ChangeKind.CLIPPING: f"Do not clip gradients at {change.old}.",
        ChangeKind.EPOCHS: f"Train for {change.new} epochs instead of {change.old}.",
        ChangeKind.BATCH_SIZE: f"Set the batch size to {change.new} (it is {change.old}).",
        ChangeKind.CALLBACKS: f"Remove the callbacks that end or slow the training ({change.old}).",
        ChangeKind.KERNEL_INITIALIZER: f"Use the initializer {change.new} for the kernel{layer} (now: {change.old}).",
        ChangeKind.BIAS_INITIALIZER: f"Start the biases{layer} from {change.new} (now: {change.old}).",
        ChangeKind.ADD_LAYER: f"Add {change.new} before layer {change.layer}.",
        ChangeKind.ADD_OUTPUT: f"Add {change.new} after layer {change.layer}.",
        ChangeKind.REMOVE_LAYER: f"Remove layer {change.layer}, {change.old}.",
        ChangeKind.DROPOUT: f"Set the dropout rate{layer} to {change.new} (it is {change.old}).",
        ChangeKind.REGULARIZER: f"Remove the regularization{layer} (its strength is {change.old})."
        if change.new is None
        else f"Penalise the weights{layer}: kernel_regularizer={change.new}.",
        ChangeKind.TRAINABLE: f"Set trainable=True{layer}.",
        ChangeKind.CLASS_WEIGHT: f"Weight the classes: {change.new}.",
        ChangeKind.SHUFFLE: "Put the rows in random order before fit, and let fit shuffle them.",
        ChangeKind.RESPLIT: "Put all rows in random order before they are split into training and validation rows.",
        ChangeKind.METRIC: f"Use the metric {change.new} instead of {change.old}.",
    }
    return texts[change.kind]


def as_sentence(text: str) -> str:
    """A phrase as a sentence; a name in code at its beginning stays as it is."""
    first = text[:1] if "_" in text.split(" ")[0] else text[:1].upper()
    return f"{first}{text[1:]}."


def labels_text(coding: object) -> str:
    """How labels are to be written."""
    return {"indices": "integers from 0", "one_hot": "one column per class (to_categorical)", "signed": "-1 and 1"}.get(
        str(coding), str(coding)
    )


def scale_text(what: str, how: object) -> str:
    """How values are to be scaled."""
    if how == "standardise":
        return f"Standardise the {what}: subtract their mean and divide by their standard deviation."
    return f"Scale the {what}: {how}."


def rate_text(change: Change) -> str:
    """0.001, 1/1,000 of yours"""
    new, old = float(change.new or 0), float(change.old or 0)
    if old <= 0 or new <= 0:
        return number(new)
    if math.isclose(new, old, rel_tol=1e-3):
        return number(new)
    if new >= old:
        return f"{number(new)}, {factor_text(new / old)} times yours"
    return f"{number(new)}, 1/{factor_text(old / new)} of yours"


def factor_text(factor: float) -> str:
    """10, 2.5, 1,000"""
    return f"{factor:,.0f}" if factor >= 10 else number(factor)


def edit_text(edit: Edit) -> str:
    """train.py:14: Dense(1, activation="softmax") -> activation="sigmoid" """
    subject = edit.subject
    if len(subject) > LONGEST_SUBJECT and "(" in subject:
        subject = subject[: subject.index("(")] + "(...)"
    fragment = "; ".join(line.strip() for line in edit.fragment.splitlines())
    what = f"{subject} -> {fragment}" if subject else f"add {fragment}"
    return f"{place_words(edit.file, edit.line, edit.cell)}: {what}"


def remedy_lines(changes: Sequence[Change], edits: Iterable[Edit], most: int = MOST_EDITS) -> Iterator[str]:
    """What to do: the edits if their lines are known, else the changes in words."""
    placed = list(dict.fromkeys(edit_text(edit) for edit in edits))
    if placed:
        more = f", and {count(len(placed) - most, 'more edit')} (--diff shows all)" if len(placed) > most else ""
        *first, last = placed[:most]
        yield from first
        yield f"{last}{more}"
        return
    texts = list(dict.fromkeys(change_text(change) for change in changes))
    if texts:
        yield " ".join(texts[:most])
