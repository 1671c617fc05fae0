"""The faults that a program can have, by the ids that reports and JSON use, and the changes that repair them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fault(str, Enum):
    """What can be wrong. The values are the ids of JSON."""

    OUTPUT_ACTIVATION = "output-activation"
    LOSS = "loss"
    LABEL_ENCODING = "label-encoding"
    TARGET_OUT_OF_RANGE = "target-out-of-range"
    UNSCALED_INPUTS = "unscaled-inputs"
    UNSCALED_TARGETS = "unscaled-targets"
    VALIDATION_MISMATCH = "validation-mismatch"
    RATE_TOO_LARGE = "learning-rate-too-large"
    RATE_TOO_SMALL = "learning-rate-too-small"
    OPTIMIZER = "optimizer"
    TOO_FEW_EPOCHS = "too-few-epochs"
    TOO_MANY_EPOCHS = "too-many-epochs"
    BATCH_SIZE = "batch-size"
    CLONES = "clones"
    ZERO_GRADIENT = "zero-gradient"
    PLATEAU = "plateau"
    SATURATION = "saturation"
    EXPLODING_GRADIENT = "exploding-gradient"
    VANISHING_GRADIENT = "vanishing-gradient"
    DEAD_RELU = "dead-relu"
    HIDDEN_ACTIVATION = "hidden-activation"
    TOO_NARROW = "too-narrow"
    TOO_WIDE = "too-wide"
    MISSING_LAYER = "missing-layer"
    SUPERFLUOUS_LAYER = "superfluous-layer"
    DROPOUT = "dropout"
    REGULARIZATION = "regularization"
    FROZEN_LAYER = "frozen-layer"
    CLASS_IMBALANCE = "class-imbalance"
    UNSHUFFLED = "unshuffled"
    TOO_LITTLE_DATA = "too-little-data"
    MISSING_VALUES = "missing-values"
    CONTRADICTORY_TARGETS = "contradictory-targets"
    NO_SIGNAL = "no-signal"
    METRIC = "metric"


class ChangeKind(Enum):
    """What an edit changes."""

    ACTIVATION = "activation"
    UNITS = "units"
    LOSS = "loss"
    FROM_LOGITS = "from_logits"
    LABELS = "labels"
    SHAPE = "shape"
    FILL_INPUTS = "fill_inputs"
    SCALE_INPUTS = "scale_inputs"
    SCALE_TARGETS = "scale_targets"
    SCALE_VALIDATION = "scale_validation"
    OPTIMIZER = "optimizer"
    LEARNING_RATE = "learning_rate"
    CLIPPING = "clipping"
    EPOCHS = "epochs"
    BATCH_SIZE = "batch_size"
    CALLBACKS = "callbacks"
    KERNEL_INITIALIZER = "kernel_initializer"
    BIAS_INITIALIZER = "bias_initializer"
    ADD_LAYER = "add_layer"
    REMOVE_LAYER = "remove_layer"
    DROPOUT = "dropout"
    REGULARIZER = "regularizer"
    TRAINABLE = "trainable"
    CLASS_WEIGHT = "class_weight"
    SHUFFLE = "shuffle"
    RESPLIT = "resplit"
    METRIC = "metric"


Value = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that an edit replaces in the user's program.

    Attributes:
        kind: what is replaced
        layer: name of the layer, None if it concerns no layer
        old, new: its value before and after; None if there was or will be none
    """

    kind: ChangeKind
    layer: str | None = None
    old: Value = None
    new: Value = None
