"""What an edit replaces in a program: the facts that diagnoses find, and that ``edits`` writes into the source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    ADD_OUTPUT = "add_output"
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
    """One thing that an edit replaces in the user's program."""

    kind: ChangeKind  # what is replaced
    layer: str | None = None  # name of the layer, None if it concerns no layer
    # old, new: its value before and after; None if there was or will be none
    old: Value = None
    new: Value = None
