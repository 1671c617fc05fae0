"""The data that somebody's code is driven with: small, random, and with sizes that all differ."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# All different, with a bias added or not, and unusual, so that an array of the wrong shape does not fit by accident. A
# batch of 12 leaves one of 11.
OBSERVATIONS = 23
INPUTS = 7
HIDDEN = 5
SECOND_HIDDEN = 9
OUTPUTS = 3
BATCH = 12
IMAGES = 4  # observations that are images, which take longer
AS_HIDDEN = "outputs, as many as hidden units"  # what else may be needed to run at all


class Form(enum.Enum):
    """How observations are handed over, most likely first."""

    ROWS = "rows"
    COLUMNS = "columns"
    BIASED = "rows that begin with 1"
    COLUMN_VECTORS = "a list of column vectors"
    VECTOR = "one vector at a time"
    COLUMN = "one column vector at a time"
    ROW_VECTORS = "a list of row vectors"
    ROW = "one row at a time"
    LISTS = "lists"
    LIST = "one list at a time"
    AUGMENTED = "rows that end with the target"
    NUMBERS = "a list of numbers of words at a time"
    SEQUENCES = "sequences of rows"

    @property
    def single(self) -> bool:
        """Whether a call gets one observation."""
        return self in (Form.VECTOR, Form.COLUMN, Form.ROW, Form.LIST, Form.NUMBERS)


class Labels(enum.Enum):
    """What the targets are."""

    ONE_HOT = "one-hot"
    INTEGERS = "integers"
    INTEGER_ROW = "integers in a row"
    INTEGER_COLUMN = "integers in a column"
    BINARY = "binary, one output"
    FLAT = "binary, flat"
    SIGNS = "-1 or 1"
    REAL = "numbers, one output"
    FROM_ONE = "integers from 1"
    FROM_ONE_COLUMN = "integers from 1 in a column"

    @property
    def one_output(self) -> bool:
        """Whether the network has one output."""
        return self in (Labels.BINARY, Labels.FLAT, Labels.SIGNS, Labels.REAL)


# numbers of classes
CLASSES = (Labels.INTEGERS, Labels.INTEGER_ROW, Labels.INTEGER_COLUMN, Labels.FROM_ONE, Labels.FROM_ONE_COLUMN)


INPUT_TEXT = {
    Form.ROWS: "X",
    Form.COLUMNS: "X.T",
    Form.COLUMN_VECTORS: "X[:, :, None]",
    Form.ROW_VECTORS: "X[:, None, :]",
    Form.VECTOR: "X[i]",
    Form.COLUMN: "X[i].reshape(-1, 1)",
    Form.ROW: "X[i:i + 1]",
    Form.LISTS: "X.tolist()",
    Form.LIST: "X[i].tolist()",
    Form.AUGMENTED: "[[*x, int(y)] for x, y in zip(X.tolist(), labels)]",
    Form.BIASED: "np.c_[np.ones(len(X)), X]",
    Form.SEQUENCES: "np.stack([np.roll(X, step, axis=0) for step in range(4)], axis=1)",
}
INTEGER_TEXT = {
    Labels.INTEGERS: "labels",
    Labels.INTEGER_ROW: "labels.reshape(1, -1)",
    Labels.INTEGER_COLUMN: "labels.reshape(-1, 1)",
    Labels.FROM_ONE: "labels + 1",
    Labels.FROM_ONE_COLUMN: "labels.reshape(-1, 1) + 1",
}
FLAT_TEXT = {
    Form.VECTOR: "Y[i, 0]",
    Form.COLUMN: "Y[i, 0]",
    Form.ROW: "Y[i, 0]",
    Form.LIST: "float(Y[i, 0])",
    Form.LISTS: "Y[:, 0].tolist()",
}


def target_text(labels: Labels, form: Form) -> str:
    """The expression for the targets."""
    if form is Form.NUMBERS:  # the word after each
        return "labels[i + 1:i + 5].tolist()"
    if labels in INTEGER_TEXT:
        if form.single and labels in (Labels.FROM_ONE, Labels.FROM_ONE_COLUMN):
            return "labels[i] + 1"
        if form.single:
            return "labels[i]" if labels is Labels.INTEGERS else "labels[i:i + 1]"
        return "labels.tolist()" if form is Form.LISTS else INTEGER_TEXT[labels]
    if labels is Labels.FLAT or (labels is Labels.SIGNS and form is not Form.COLUMNS):
        return FLAT_TEXT.get(form, "Y[:, 0]")
    return "Y" if form in (Form.AUGMENTED, Form.BIASED, Form.SEQUENCES) else INPUT_TEXT[form].replace("X", "Y")


def pairs_text(labels: Labels, form: Form) -> str:
    """The expression for a list of pairs (input, target)."""
    if labels is Labels.INTEGERS:
        targets, y = "labels", "y"
    elif labels is Labels.FLAT:
        targets, y = "Y[:, 0]", "y"
    else:
        targets, y = "Y", "y"
    shapes = {Form.COLUMN: ".reshape(-1, 1)", Form.ROW: ".reshape(1, -1)", Form.LIST: ".tolist()"}
    shape = shapes.get(form, "")
    if not shape:
        return f"list(zip(X, {targets}))"
    if targets == "Y":
        y += shape
    return f"[(x{shape}, {y}) for x, y in zip(X, {targets})]"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of the data and, if the driver decides, of the network."""

    inputs: int = INPUTS
    outputs: int = OUTPUTS
    hidden: int = HIDDEN
    observations: int = OBSERVATIONS


def make_data(sizes: Sizes, labels: Labels, seed: int) -> Mapping[str, Any]:
    """X (observations, inputs), Y (observations, outputs) and labels (observations,)."""
    rng = np.random.default_rng([seed, sizes.inputs, sizes.outputs])
    inputs = np.round(rng.normal(size=(sizes.observations, sizes.inputs)), 3)
    classes = max(sizes.outputs, 2)
    integers = rng.permutation(np.arange(sizes.observations) % classes)
    if labels is Labels.REAL:
        targets = np.round(rng.uniform(0.1, 0.9, size=(sizes.observations, sizes.outputs)), 3)
    elif labels.one_output:
        low = -1.0 if labels is Labels.SIGNS else 0.0
        targets = np.where(integers % 2 == 1, 1.0, low).reshape(-1, 1)
    else:
        targets = np.eye(classes)[integers]
    return {"X": inputs, "Y": targets, "labels": integers}
