"""What is found in a program without training it: the kinds of findings, and the program that rules look at."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..recording.source import called_name
from .source.places import argument_of

if TYPE_CHECKING:
    from .heads import Head
    from .program import Program
    from .source.places import Place, Source
    from .targets import LossFacts, Targets

Value = float | int | str | bool | tuple[float | int | str | None, ...] | None
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Severity(Enum):
    """How sure it is that something is wrong."""

    CONTRADICTION = "contradiction"
    SUSPICION = "suspicion"
    HINT = "hint"
    FACT = "fact"


class Check(Enum):
    """What was found; report/ has the sentence for each."""

    SOFTMAX_OVER_ONE_UNIT = "softmax-over-one-unit"
    REPEATED_ACTIVATION = "repeated-activation"
    BOUNDED_BEFORE_LOGITS = "bounded-before-logits"
    MISSING_PROBABILITIES = "missing-probabilities"
    SIGMOID_FOR_CLASSES = "sigmoid-for-classes"
    SEVERAL_LABELS_UNDER_CATEGORICAL = "several-labels-under-categorical"
    ONE_UNIT_UNDER_CATEGORICAL = "one-unit-under-categorical"
    TARGETS_OUT_OF_REACH = "targets-out-of-reach"
    RECTIFIED_OUTPUT = "rectified-output"
    DIVERGENCE_OF_OTHERS = "divergence-of-others"
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
    LOSS_ARGUMENTS_SWAPPED = "loss-arguments-swapped"
    LOSS_PREFERS_WRONG = "loss-prefers-wrong"
    LOSS_WITHOUT_GRADIENT = "loss-without-gradient"
    LOSS_GRADIENT_NOT_FINITE = "loss-gradient-not-finite"
    LOSS_OF_MODEL_TENSOR = "loss-of-model-tensor"
    CUT_GRADIENT = "cut-gradient"
    DEAD_START = "dead-start"
    ZERO_MATRICES = "zero-matrices"
    GRADIENT_NOT_FINITE = "gradient-not-finite"
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
    EMBEDDING_RANGE = "embedding-range"
    EMBEDDING_FRACTIONS = "embedding-fractions"
    CHANNELS_FIRST = "channels-first"
    SOFTMAX_AXIS = "softmax-axis"
    LARGE_LEARNING_RATE = "large-learning-rate"
    SMALL_LEARNING_RATE = "small-learning-rate"
    FEW_UPDATES = "few-updates"
    ONE_BATCH = "one-batch"
    SAME_BATCH = "same-batch"
    UNSCALED_IMAGES = "unscaled-images"
    UNSCALED_TABLE = "unscaled-table"
    OVERWRITTEN_LAYER = "overwritten-layer"
    OTHER_PREPROCESSING = "other-preprocessing"
    UNUSED_OPTIMIZER = "unused-optimizer"
    UNREAD_SCALING = "unread-scaling"
    NO_OPTIMIZER = "no-optimizer"
    FEW_EPOCHS = "few-epochs"
    SIGMOID_IN_HIDDEN = "sigmoid-in-hidden"
    REPEATED_HIDDEN_ACTIVATION = "repeated-hidden-activation"
    RELU_IN_RECURRENT = "relu-in-recurrent"
    STRONG_PENALTY = "strong-penalty"
    FEW_UNITS_KEPT = "few-units-kept"
    ONE_HIDDEN_UNIT = "one-hidden-unit"
    SMALL_VOCABULARY = "small-vocabulary"
    VOCABULARY_OF_ROWS = "vocabulary-of-rows"
    ONE_STEP_SEQUENCES = "one-step-sequences"
    ARGMAX_OF_ONE = "argmax-of-one"
    ROWS_SHUFFLED_WRONGLY = "rows-shuffled-wrongly"
    SHUFFLED_APART = "shuffled-apart"
    SWAPPED_FOLDERS = "swapped-folders"
    BOUNDED_OUTPUT = "bounded-output"
    SIGMOID_FOR_ONE_CLASS = "sigmoid-for-one-class"
    UNSCALED_UNDER_SGD = "unscaled-under-sgd"
    IGNORED_EPOCHS = "ignored-epochs"
    NOTHING_ONE_HOT = "nothing-one-hot"
    CLASS_NUMBERS = "class-numbers"
    FOLDER_LABELS = "folder-labels"
    FOLDER_CLASSES = "folder-classes"
    LAYER_INPUT_RANK = "layer-input-rank"
    LAYER_INPUT_WIDTH = "layer-input-width"
    ROWS_IN_INPUT_SHAPE = "rows-in-input-shape"
    MODEL_INPUT_SHAPE = "model-input-shape"
    IMAGE_TOO_SMALL = "image-too-small"
    NUMBER_OF_INPUTS = "number-of-inputs"
    NOT_NUMBERS = "not-numbers"
    UNKNOWN_ARGUMENT = "unknown-argument"
    ARGUMENT_VALUE = "argument-value"
    UNKNOWN_NAME = "unknown-name"
    NOT_A_LAYER = "not-a-layer"
    LAYER_CALLED_ON = "layer-called-on"
    NOT_COMPILED = "not-compiled"
    MERGED_SHAPES = "merged-shapes"
    RESHAPED_SIZE = "reshaped-size"
    TENSOR_FUNCTION = "tensor-function"
    TARGETS_BESIDE_BATCHES = "targets-beside-batches"
    NOT_CONNECTED = "not-connected"


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """One thing that contradicts itself, is suspicious, or is worth knowing."""

    id: str  # of the fault in reports and JSON, such as ``output-activation``
    check: Check  # what exactly was found
    severity: Severity  # how sure it is that something is wrong
    place: Place | None = None  # where it is written; None if that is not known
    layer: str | None = None  # name of the layer it is about, if it is about one
    values: Mapping[str, Value] = field(default_factory=dict)  # what shows it, by name


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

    def fitted(self, name: str, position: int) -> Iterator[ast.expr]:
        """What the calls of fit are given as an argument, as it is written."""
        for _, call, called in self.calls():
            given = argument_of(call, name, position) if called in ("fit", "fit_generator") else None
            if given is not None:
                yield given

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

    def about(
        self, layer: str | None, id: str, check: Check, severity: Severity, values: Mapping[str, Value] = NOTHING
    ) -> Contradiction:
        """A finding about a layer, given by its name, at the line that made it."""
        place = self.layer_place(layer)
        return Contradiction(id=id, check=check, severity=severity, place=place, layer=layer, values=values)

    def at(
        self, place: Place | None, id: str, check: Check, severity: Severity, values: Mapping[str, Value] = NOTHING
    ) -> Contradiction:
        """A finding at a line."""
        return Contradiction(id=id, check=check, severity=severity, place=place, values=values)

    @property
    def loss_name(self) -> str:
        """The name of the loss; empty if there is none or several."""
        return "" if self.loss is None else self.loss.name


Finding = Iterator[Contradiction]
Rule = Callable[[Subject], Finding]
