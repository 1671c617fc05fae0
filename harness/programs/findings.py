"""What is found in a program without training it: the kinds of findings, and the program that rules look at."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..recording.source import called_name
from .source.columns import assigned_pairs, row_taken
from .source.places import argument_of, call_at

if TYPE_CHECKING:
    from .heads import Head
    from .program import Program
    from .source.places import Place, Source
    from .targets import LossFacts, Targets

Value = float | int | str | bool | tuple[float | int | str | None, ...] | None
TRAINING = ("fit", "fit_generator", "train_on_batch")  # methods that are given x and y
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Severity(Enum):
    """How sure it is that something is wrong."""

    CONTRADICTION = "contradiction"
    SUSPICION = "suspicion"
    HINT = "hint"
    FACT = "fact"


class Check(Enum):
    """What was found, with the fault that it is; report/ has the sentence for each."""

    fault: str  # id of the fault in reports and JSON, such as ``output-activation``

    def __new__(cls, value: str, fault: str) -> Check:
        """A member whose value is its name in JSON."""
        member = object.__new__(cls)
        member._value_, member.fault = value, fault
        return member

    SOFTMAX_OVER_ONE_UNIT = "softmax-over-one-unit", "output-activation"
    REPEATED_ACTIVATION = "repeated-activation", "output-activation"
    BOUNDED_BEFORE_LOGITS = "bounded-before-logits", "loss"
    MISSING_PROBABILITIES = "missing-probabilities", "output-activation"
    MISSING_OUTPUT = "missing-output", "missing-layer"
    SIGMOID_FOR_CLASSES = "sigmoid-for-classes", "output-activation"
    SEVERAL_LABELS_UNDER_CATEGORICAL = "several-labels-under-categorical", "loss"
    ONE_UNIT_UNDER_CATEGORICAL = "one-unit-under-categorical", "loss"
    TARGETS_OUT_OF_REACH = "targets-out-of-reach", "output-activation"
    RECTIFIED_OUTPUT = "rectified-output", "output-activation"
    DIVERGENCE_OF_OTHERS = "divergence-of-others", "loss"
    SOFTMAX_FOR_INDEPENDENT = "softmax-for-independent", "output-activation"
    TANH_FOR_BINARY = "tanh-for-binary", "output-activation"
    INTEGERS_UNDER_CATEGORICAL = "integers-under-categorical", "label-encoding"
    ONE_HOT_UNDER_SPARSE = "one-hot-under-sparse", "label-encoding"
    LABELS_FROM_ONE = "labels-from-one", "label-encoding"
    LABELS_OUT_OF_RANGE = "labels-out-of-range", "label-encoding"
    LABELS_NOT_INTEGER = "labels-not-integer", "label-encoding"
    TEXT_LABELS = "text-labels", "label-encoding"
    CLASSES_UNDER_BINARY = "classes-under-binary", "loss"
    TARGETS_NOT_PROBABILITIES = "targets-not-probabilities", "target-out-of-range"
    BINARY_FOR_ONE_HOT = "binary-for-one-hot", "loss"
    REGRESSION_UNDER_CROSSENTROPY = "regression-under-crossentropy", "loss"
    SQUARED_ERROR_FOR_CLASSES = "squared-error-for-classes", "loss"
    WIDTH_MISMATCH = "width-mismatch", "output-activation"
    LABEL_WIDTH_MISMATCH = "label-width-mismatch", "label-encoding"
    RANK_MISMATCH = "rank-mismatch", "missing-layer"
    BROADCAST_LOSS = "broadcast-loss", "label-encoding"
    LOSS_OF_ALL_OUTPUTS = "loss-of-all-outputs", "loss"
    UNKNOWN_LOSS = "unknown-loss", "loss"
    LOSS_ARGUMENTS_SWAPPED = "loss-arguments-swapped", "loss"
    LOSS_PREFERS_WRONG = "loss-prefers-wrong", "loss"
    LOSS_WITHOUT_GRADIENT = "loss-without-gradient", "loss"
    LOSS_GRADIENT_NOT_FINITE = "loss-gradient-not-finite", "loss"
    LOSS_OF_MODEL_TENSOR = "loss-of-model-tensor", "loss"
    CUT_GRADIENT = "cut-gradient", "zero-gradient"
    DEAD_START = "dead-start", "zero-gradient"
    ZERO_MATRICES = "zero-matrices", "zero-gradient"
    ALIKE_MATRICES = "alike-matrices", "clones"
    GRADIENT_NOT_FINITE = "gradient-not-finite", "exploding-gradient"
    ACCURACY_OF_REGRESSION = "accuracy-of-regression", "metric"
    ACCURACY_OF_EACH_OUTPUT = "accuracy-of-each-output", "metric"
    METRIC_FOR_OTHER_LABELS = "metric-for-other-labels", "metric"
    EXACT_MATCHES = "exact-matches", "metric"
    OVERLAP_OF_PROBABILITIES = "overlap-of-probabilities", "metric"
    NOT_FINITE_INPUTS = "not-finite-inputs", "missing-values"
    NOT_FINITE_TARGETS = "not-finite-targets", "missing-values"
    NUMBER_OF_TARGETS = "number-of-targets", "label-encoding"
    ROWS_DIFFER = "rows-differ", "label-encoding"
    CONSTANT_TARGETS = "constant-targets", "no-signal"
    CONSTANT_INPUTS = "constant-inputs", "no-signal"
    UNSCALED_INPUTS = "unscaled-inputs", "unscaled-inputs"
    NARROW_INPUTS = "narrow-inputs", "unscaled-inputs"
    OUTLYING_ROWS = "outlying-rows", "unscaled-inputs"
    UNSCALED_TARGETS = "unscaled-targets", "unscaled-targets"
    FROZEN_MODEL = "frozen-model", "frozen-layer"
    UNTRACKED_VARIABLES = "untracked-variables", "frozen-layer"
    UNTRACKED_IN_PART = "untracked-in-part", "frozen-layer"
    FROZEN_OUTPUT = "frozen-output", "frozen-layer"
    FROZEN_RANDOM = "frozen-random", "frozen-layer"
    DROPOUT_RATE = "dropout-rate", "dropout"
    DROPOUT_ON_OUTPUT = "dropout-on-output", "dropout"
    IDENTICAL_UNITS = "identical-units", "clones"
    MISSING_HIDDEN_ACTIVATION = "missing-hidden-activation", "hidden-activation"
    SOFTMAX_IN_HIDDEN = "softmax-in-hidden", "hidden-activation"
    UNREAD_RATE = "unread-rate", "wrong-call"
    NUMBER_AS_STRIDES = "number-as-strides", "wrong-call"
    NO_LEARNING_RATE = "no-learning-rate", "learning-rate-too-small"
    VALIDATION_SCALE = "validation-scale", "validation-mismatch"
    ENCODED_APART = "encoded-apart", "validation-mismatch"
    VALIDATION_CLASSES = "validation-classes", "unshuffled"
    SORTED_SPLIT = "sorted-split", "unshuffled"
    SORTED_UNSHUFFLED = "sorted-unshuffled", "unshuffled"
    IMBALANCED = "imbalanced", "class-imbalance"
    EMBEDDING_RANGE = "embedding-range", "input-out-of-range"
    EMBEDDING_FRACTIONS = "embedding-fractions", "input-out-of-range"
    CHANNELS_FIRST = "channels-first", "input-layout"
    SOFTMAX_AXIS = "softmax-axis", "output-activation"
    LARGE_LEARNING_RATE = "large-learning-rate", "learning-rate-too-large"
    SMALL_LEARNING_RATE = "small-learning-rate", "learning-rate-too-small"
    FEW_UPDATES = "few-updates", "too-few-epochs"
    ONE_BATCH = "one-batch", "batch-size"
    SAME_BATCH = "same-batch", "too-little-data"
    UNSCALED_IMAGES = "unscaled-images", "unscaled-inputs"
    UNSCALED_TABLE = "unscaled-table", "unscaled-inputs"
    OVERWRITTEN_LAYER = "overwritten-layer", "missing-layer"
    OTHER_PREPROCESSING = "other-preprocessing", "unscaled-inputs"
    UNUSED_OPTIMIZER = "unused-optimizer", "optimizer"
    UNREAD_SCALING = "unread-scaling", "unscaled-inputs"
    UNREAD_TARGET_SCALING = "unread-target-scaling", "unscaled-targets"
    NO_OPTIMIZER = "no-optimizer", "optimizer"
    FEW_EPOCHS = "few-epochs", "too-few-epochs"
    SIGMOID_IN_HIDDEN = "sigmoid-in-hidden", "hidden-activation"
    REPEATED_HIDDEN_ACTIVATION = "repeated-hidden-activation", "hidden-activation"
    RELU_IN_RECURRENT = "relu-in-recurrent", "hidden-activation"
    STRONG_PENALTY = "strong-penalty", "regularization"
    FEW_UNITS_KEPT = "few-units-kept", "dropout"
    ONE_HIDDEN_UNIT = "one-hidden-unit", "too-narrow"
    SMALL_VOCABULARY = "small-vocabulary", "input-out-of-range"
    VOCABULARY_OF_ROWS = "vocabulary-of-rows", "input-out-of-range"
    ONE_STEP_SEQUENCES = "one-step-sequences", "missing-layer"
    ARGMAX_OF_ONE = "argmax-of-one", "prediction"
    PREDICTED_BEFORE_FIT = "predicted-before-fit", "prediction"
    SHUFFLED_PREDICTIONS = "shuffled-predictions", "prediction"
    ROWS_SHUFFLED_WRONGLY = "rows-shuffled-wrongly", "too-little-data"
    SHUFFLED_APART = "shuffled-apart", "no-signal"
    SWAPPED_FOLDERS = "swapped-folders", "validation-mismatch"
    BOUNDED_OUTPUT = "bounded-output", "output-activation"
    SIGMOID_FOR_ONE_CLASS = "sigmoid-for-one-class", "output-activation"
    UNSCALED_UNDER_SGD = "unscaled-under-sgd", "unscaled-inputs"
    UNADAPTED_LAYER = "unadapted-layer", "unscaled-inputs"
    IGNORED_EPOCHS = "ignored-epochs", "too-few-epochs"
    NOTHING_ONE_HOT = "nothing-one-hot", "label-encoding"
    CLASS_NUMBERS = "class-numbers", "label-encoding"
    FOLDER_LABELS = "folder-labels", "label-encoding"
    FOLDER_CLASSES = "folder-classes", "output-activation"
    LAYER_INPUT_RANK = "layer-input-rank", "input-layout"
    LAYER_INPUT_WIDTH = "layer-input-width", "input-layout"
    ROWS_IN_INPUT_SHAPE = "rows-in-input-shape", "input-layout"
    MODEL_INPUT_SHAPE = "model-input-shape", "input-layout"
    IMAGE_TOO_SMALL = "image-too-small", "input-layout"
    NUMBER_OF_INPUTS = "number-of-inputs", "input-layout"
    NOT_NUMBERS = "not-numbers", "missing-values"
    UNKNOWN_ARGUMENT = "unknown-argument", "wrong-call"
    ARGUMENT_VALUE = "argument-value", "wrong-call"
    UNKNOWN_NAME = "unknown-name", "wrong-call"
    NOT_A_LAYER = "not-a-layer", "wrong-call"
    LAYER_CALLED_ON = "layer-called-on", "wrong-call"
    NOT_COMPILED = "not-compiled", "wrong-call"
    MERGED_SHAPES = "merged-shapes", "input-layout"
    RESHAPED_SIZE = "reshaped-size", "input-layout"
    TENSOR_FUNCTION = "tensor-function", "wrong-call"
    TARGETS_BESIDE_BATCHES = "targets-beside-batches", "wrong-call"
    NOT_CONNECTED = "not-connected", "wrong-call"


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """One thing that contradicts itself, is suspicious, or is worth knowing."""

    check: Check  # what exactly was found
    severity: Severity  # how sure it is that something is wrong
    place: Place | None = None  # where it is written; None if that is not known
    layer: str | None = None  # name of the layer it is about, if it is about one
    values: Mapping[str, Value] = field(default_factory=dict)  # what shows it, by name

    @property
    def id(self) -> str:
        """The id of the fault in reports and JSON, such as ``output-activation``."""
        return self.check.fault


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A program with what is looked up in it once."""

    program: Program  # the program
    head: Head | None  # its output; None if it has several or it is not known
    targets: Targets | None  # what its targets look like; None if they are not one numeric array
    loss: LossFacts | None  # what its loss is; None if there is none or several
    metrics: tuple[str, ...]  # names of its metrics
    # the user's file, in pieces with their syntax trees; empty for a model given in Python
    code: tuple[tuple[Source, ast.Module], ...] = ()

    @property
    def text(self) -> str:
        """The text of the user's file."""
        return "\n".join(source.text for source, _ in self.code)

    def calls(self) -> Iterator[tuple[Source, ast.Call, str]]:
        """All calls in the user's file, with the last part of the name of what is called."""
        for source, tree in self.code:
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield source, node, called_name(node)

    @property
    def assigned(self) -> list[tuple[set[str], ast.expr]]:
        """(names, value) of all assignments in the user's file."""
        return [pair for _, tree in self.code for pair in assigned_pairs(tree)]

    def row_given(self, name: str, position: int) -> tuple[int | None, ...] | None:
        """The shape of a row of x or y by the columns of a table that are written for it, as in ``row_taken``."""
        handed = {node.arg for _, tree in self.code for node in ast.walk(tree) if isinstance(node, ast.arg)}
        pairs = [(names - handed, value) for names, value in self.assigned]
        rows = {row_taken(given, pairs) for given in self.fitted(name, position)}
        return rows.pop() if len(rows) == 1 else None

    def fitted(self, name: str, position: int) -> Iterator[ast.expr]:
        """What the calls that train are given as an argument, as it is written."""
        for _, call, called in self.calls():
            given = argument_of(call, name, position) if called in TRAINING else None
            if given is not None:
                yield given

    @property
    def is_trained_on_inputs(self) -> bool:
        """Whether x is given as y too, as to an autoencoder."""
        return any(ast.unparse(x) == ast.unparse(y) for x, y in zip(self.fitted("x", 0), self.fitted("y", 1)))

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

    def layer_calls(self, name: str | None) -> list[ast.Call]:
        """The calls that make a layer, as they are written in the user's files."""
        place = self.layer_place(name)
        pieces = [source for source, _ in self.code if place and (source.file, source.cell) == (place.file, place.cell)]
        return [call for source in pieces if (call := call_at(source.text, place)) is not None]

    def about(
        self, layer: str | None, check: Check, severity: Severity, values: Mapping[str, Value] = NOTHING
    ) -> Contradiction:
        """A finding about a layer, given by its name, at the line that made it."""
        return self.at(self.layer_place(layer), check, severity, values, layer=layer)

    def at(
        self, place: Place | None, check: Check, severity: Severity, values: Mapping[str, Value] = NOTHING,
        *, layer: str | None = None,
    ) -> Contradiction:  # fmt: skip
        """A finding at a line, about a layer if one is given."""
        return Contradiction(check=check, severity=severity, place=place, layer=layer, values=values)

    @property
    def loss_name(self) -> str:
        """The name of the loss; empty if there is none or several."""
        return "" if self.loss is None else self.loss.name


Finding = Iterator[Contradiction]
Rule = Callable[[Subject], Finding]
