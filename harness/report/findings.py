"""What people read of a finding that needs no training: one sentence for each, with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..programs.findings import Check, Contradiction, Severity
from .words import joined, number

if TYPE_CHECKING:
    from ..programs.program import Place

MOST_FINDINGS = 4  # that are printed before the first training

Values = Mapping[str, Any]


def shape_text(values: Values) -> str:
    """targets of shape (200, 3) against outputs of shape (200, 1)"""
    shapes = [
        tuple("rows" if size is None else size for size in values[key]) for key in ("target shape", "output shape")
    ]
    target, output = (str(shape).replace("'", "") for shape in shapes)
    return f"y has the shape {target} and the output {output}"


def range_text(values: Values) -> str:
    """0 to 9"""
    return f"{number(values['least target'])} to {number(values['largest target'])}"


def momentum_text(values: Values) -> str:
    """with a momentum of 0.9; nothing if there is none."""
    return f" with a momentum of {number(values['momentum'])}" if values.get("momentum") else ""


SENTENCES: dict[Check, Callable[[Values], str]] = {
    Check.SOFTMAX_OVER_ONE_UNIT: lambda v: "softmax over one unit is always 1, so nothing can be learned; use sigmoid",
    Check.REPEATED_ACTIVATION: lambda v: f"the output passes through {joined(v['activations'])}, one after the other",
    Check.BOUNDED_BEFORE_LOGITS: lambda v: (
        f"the loss expects logits (from_logits=True), and the output is already a {v['activation']}"
    ),
    Check.MISSING_PROBABILITIES: lambda v: (
        f"the loss {v['loss']} reads the output as {'logits' if v['from_logits'] else 'probabilities'}, and the last "
        f"activation is {v['activation']}"
    ),
    Check.SIGMOID_FOR_CLASSES: lambda v: (
        f"{v['activation']} outputs do not add up to 1, as the classes of {v['loss']} should; use softmax"
    ),
    Check.ONE_UNIT_UNDER_CATEGORICAL: lambda v: (
        f"{v['loss']} needs one output for each class, and the last layer has one unit"
    ),
    Check.TARGETS_OUT_OF_REACH: lambda v: (
        f"the targets go from {range_text(v)}, which {v['activation']} outputs cannot reach"
    ),
    Check.RECTIFIED_OUTPUT: lambda v: f"a {v['activation']} output has no gradient where it is 0",
    Check.SOFTMAX_FOR_INDEPENDENT: lambda v: "softmax outputs add up to 1, and these targets do not",
    Check.TANH_FOR_BINARY: lambda v: "tanh goes from -1 to 1, and the labels are 0 and 1",
    Check.INTEGERS_UNDER_CATEGORICAL: lambda v: (
        f"{v['loss']} needs one column for each class, and y holds one number in each row"
    ),
    Check.ONE_HOT_UNDER_SPARSE: lambda v: f"{v['loss']} needs class numbers, and y has one column for each class",
    Check.LABELS_FROM_ONE: lambda v: f"the labels go from {range_text(v)}; {v['loss']} needs them from 0",
    Check.LABELS_OUT_OF_RANGE: lambda v: f"the labels go from {range_text(v)}, which {v['loss']} cannot read",
    Check.LABELS_NOT_INTEGER: lambda v: "the labels are not whole numbers, although the loss is one for classes",
    Check.TEXT_LABELS: lambda v: f"the labels are text ({v['example']!r}); a loss needs numbers",
    Check.CLASSES_UNDER_BINARY: lambda v: (
        f"{v['loss']} needs targets between 0 and 1, and the labels go from {range_text(v)}"
    ),
    Check.TARGETS_NOT_PROBABILITIES: lambda v: (
        f"{v['loss']} needs targets between 0 and 1, and these go from {range_text(v)}"
    ),
    Check.BINARY_FOR_ONE_HOT: lambda v: (
        f"softmax over classes goes with categorical_crossentropy, not with {v['loss']}"
    ),
    Check.REGRESSION_UNDER_CROSSENTROPY: lambda v: (
        f"{v['loss']} is a loss for classes, and the targets are quantities from {range_text(v)}"
    ),
    Check.SQUARED_ERROR_FOR_CLASSES: lambda v: (
        f"{v['loss']} is a loss for quantities, and the targets are classes"
        if v.get("classes") is not None
        else f"{v['loss']} is a loss for quantities, and the last activation is one for classes"
    ),
    Check.WIDTH_MISMATCH: shape_text,
    Check.RANK_MISMATCH: lambda v: f"{shape_text(v)}; a Flatten or return_sequences=False may be missing",
    Check.BROADCAST_LOSS: lambda v: f"{shape_text(v)}; your loss compares every target with every output",
    Check.UNKNOWN_LOSS: lambda v: f"Keras does not know the loss {v['loss']}",
    Check.ACCURACY_OF_REGRESSION: lambda v: f"{v['metric']} counts exact matches, which says nothing about quantities",
    Check.METRIC_FOR_OTHER_LABELS: lambda v: f"{v['metric']} is not made for labels and outputs of this shape",
    Check.NOT_FINITE_INPUTS: lambda v: f"x contains {v['count']:,} NaN or infinite values",
    Check.NOT_FINITE_TARGETS: lambda v: f"y contains {v['count']:,} NaN or infinite values",
    Check.ROWS_DIFFER: lambda v: f"x and y have different numbers of rows: {joined(f'{rows:,}' for rows in v['rows'])}",
    Check.CONSTANT_TARGETS: lambda v: "all targets are equal, so there is nothing to learn",
    Check.CONSTANT_INPUTS: lambda v: f"{v['constant']:,} of {v['features']:,} features have the same value in all rows",
    Check.UNSCALED_INPUTS: lambda v: f"the inputs go from {number(v['least'])} to {number(v['largest'])}",
    Check.UNSCALED_TARGETS: lambda v: f"the targets go from {number(v['least'])} to {number(v['largest'])}",
    Check.FROZEN_MODEL: lambda v: "every layer is frozen, so nothing is trained",
    Check.FROZEN_OUTPUT: lambda v: "the last layer is frozen",
    Check.FROZEN_RANDOM: lambda v: f"the layer {v['layer']} is frozen with random weights",
    Check.DROPOUT_RATE: lambda v: f"{v['rate']:.0%} of the units are dropped in each step",
    Check.DROPOUT_ON_OUTPUT: lambda v: "dropout comes after the last layer, so outputs themselves are dropped",
    Check.IDENTICAL_UNITS: lambda v: f"all {v['units']:,} units of the layer start with the same weights",
    Check.MISSING_HIDDEN_ACTIVATION: lambda v: "a hidden layer has no activation, so it adds nothing to the next one",
    Check.SOFTMAX_IN_HIDDEN: lambda v: "softmax is the activation of a hidden layer",
    Check.NO_LEARNING_RATE: lambda v: f"the learning rate is {number(v['learning rate'])}",
    Check.VALIDATION_SCALE: lambda v: f"the validation {v['of']} is on another scale than the training {v['of']}",
    Check.VALIDATION_CLASSES: lambda v: "the validation split holds other classes than the rows for training",
    Check.SORTED_UNSHUFFLED: lambda v: "the rows are sorted by class and not shuffled",
    Check.IMBALANCED: lambda v: f"{v['share']:.0%} of the rows have the same class",
    Check.EMBEDDING_RANGE: lambda v: (
        f"x goes from {number(v['least'])} to {number(v['largest'])}, and the Embedding layer takes whole numbers "
        f"from 0 to {v['rows'] - 1:,}"
    ),
    Check.EMBEDDING_FRACTIONS: lambda v: (
        "the Embedding layer takes whole numbers and drops what is behind the point, and x holds fractions"
    ),
    Check.CHANNELS_FIRST: lambda v: (
        f"images of shape {v['shape']} are read as {v['shape'][0]} rows with {v['shape'][-1]} channels; are the "
        "channels first?"
    ),
    Check.SOFTMAX_AXIS: lambda v: f"softmax adds up along axis {v['axis']}, not over the classes of a row",
    Check.LARGE_LEARNING_RATE: lambda v: (
        f"the learning rate {number(v['learning rate'])} is large for {v['optimizer']}{momentum_text(v)}"
    ),
    Check.SMALL_LEARNING_RATE: lambda v: (
        f"the learning rate {number(v['learning rate'])} is small for {v['optimizer']}{momentum_text(v)}"
    ),
    Check.FEW_UPDATES: lambda v: f"the training makes only {v['updates']:,} updates",
    Check.ONE_BATCH: lambda v: f"one batch holds all {v['rows']:,} rows",
    Check.SAME_BATCH: lambda v: (
        f"the generator gives the same batch of {v['rows']:,} rows again and again; advance its index outside of what "
        "it repeats"
    ),
    Check.UNSCALED_IMAGES: lambda v: (
        f"{v['reader']} reads images with values from 0 to 255, and nothing in the script scales them; divide by 255"
    ),
    Check.UNSCALED_TABLE: lambda v: (
        f"the columns that {v['reader']} reads are used as they are; scale them, as with StandardScaler"
    ),
    Check.OTHER_PREPROCESSING: lambda v: (
        f"the weights of {v['model']} were trained on inputs from its own preprocess_input, and these are divided by "
        "255"
    ),
    Check.UNUSED_OPTIMIZER: lambda v: (
        f"compile is given {v['given']!r} with its default settings, and {v['made']} = {v['call']} of line {v['line']} "
        f"is never used; give optimizer={v['made']}"
    ),
    Check.NO_OPTIMIZER: lambda v: f"compile is given no optimizer, so Keras uses {v['optimizer']} with its defaults",
    Check.FEW_EPOCHS: lambda v: f"the training has only {v['epochs']:,} {'epoch' if v['epochs'] == 1 else 'epochs'}",
    Check.SIGMOID_IN_HIDDEN: lambda v: (
        f"{'a hidden layer has' if len(v['layers']) == 1 else 'hidden layers have'} a sigmoid activation, which passes "
        "on small gradients; use relu"
    ),
    Check.REPEATED_HIDDEN_ACTIVATION: lambda v: (
        f"the outputs of a recurrent layer pass through {joined(v['activations'])}, one after the other; leave the "
        "second out"
    ),
    Check.RELU_IN_RECURRENT: lambda v: (
        f"relu lets the state of {v['kind']} grow without a limit; use its default, tanh"
    ),
    Check.STRONG_PENALTY: lambda v: (
        f"a penalty of {number(v['strength'])} on the weights outweighs the loss; use 0.001 or none"
    ),
    Check.FEW_UNITS_KEPT: lambda v: f"{v['rate']:.0%} of {v['units']:,} units are dropped in each step; drop fewer",
    Check.ONE_HIDDEN_UNIT: lambda v: "all that tells the classes apart passes through a hidden layer of one unit",
    Check.SMALL_VOCABULARY: lambda v: (
        f"the Embedding layer takes whole numbers from 0 to {v['rows'] - 1:,} and no measured values; is input_dim the "
        "number of features?"
    ),
    Check.VOCABULARY_OF_ROWS: lambda v: (
        f"the Embedding layer has one row for each observation ({v['size']}); input_dim is the largest number in x, "
        "plus 1, and no number in x may be negative"
    ),
    Check.ONE_STEP_SEQUENCES: lambda v: f"each sequence has one step, so {v['kind']} sees no order",
    Check.ARGMAX_OF_ONE: lambda v: (
        "argmax over the only output of the model is always 0; compare the prediction with 0.5"
    ),
    Check.ROWS_SHUFFLED_WRONGLY: lambda v: (
        f"random.shuffle repeats some rows of the array {v['array']} and loses others; use numpy.random.shuffle"
    ),
    Check.SWAPPED_FOLDERS: lambda v: f"{v['name']} names the folder {v['folder']}",
}


def place_text(place: Place | None) -> str:
    """train.py:14: , or nothing if the line is not known."""
    if place is None:
        return ""
    return f"{place.file}:{place.line}: " if place.cell is None else f"{place.file}, cell {place.cell}:{place.line}: "


def finding_text(finding: Contradiction) -> str:
    """train.py:14: softmax over one unit is always 1, ..."""
    return f"{place_text(finding.place)}{SENTENCES[finding.check](finding.values)}."


def worth_saying(found: Sequence[Contradiction]) -> Iterator[Contradiction]:
    """What is wrong without any doubt first, then what is suspicious; not what is only worth knowing."""
    for severity in (Severity.CONTRADICTION, Severity.SUSPICION):
        yield from (finding for finding in found if finding.severity is severity)


def worth_checking(found: Sequence[Contradiction]) -> Iterator[Contradiction]:
    """What is often right and sometimes the cause."""
    yield from (finding for finding in found if finding.severity is Severity.HINT)


def first_lines(found: Sequence[Contradiction]) -> list[str]:
    """What can be said before anything is trained."""
    words = {Severity.CONTRADICTION: "Wrong", Severity.SUSPICION: "Suspicious"}
    return [f"{words[one.severity]}: {finding_text(one)}" for one in worth_saying(found)][:MOST_FINDINGS]


def finding_document(finding: Contradiction) -> dict[str, Any]:
    """A finding as JSON takes it."""
    place = finding.place
    return {
        "id": finding.id,
        "check": finding.check.value,
        "severity": finding.severity.value,
        "layer": finding.layer,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
    }
