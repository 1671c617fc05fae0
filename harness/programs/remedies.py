"""The edit that removes what was found in a program without training it, if there is one obvious edit."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from .changes import Change, ChangeKind
from .edits import Edit, edits_for
from .findings import Check, Contradiction
from .heads import Head, head_of
from .loss_names import BINARY_CROSSENTROPIES, CROSSENTROPIES, REGRESSION_LOSSES
from .program import MadeUp, Program
from .targets import TargetKind, Targets, describe_loss, describe_targets, metric_names, names_classes
from .units import RECURRENT
from .usual_rates import usual_rates

USUAL_INITIALIZER = "glorot_uniform"  # Keras' own
OF_LABELS = (
    Check.LOSS_OF_ALL_OUTPUTS,
    Check.RECTIFIED_OUTPUT,
    Check.SQUARED_ERROR_FOR_CLASSES,
    Check.TARGETS_OUT_OF_REACH,
)  # what a head for classes mends if the targets are labels
ENOUGH_UPDATES = 2_000  # for most small networks
BYTES = (0, 255)  # the least and the largest value of raw pixels
LARGEST_EFFECTIVE_RATE = 0.1  # of plain SGD, with what momentum adds


def edits_against(program: Program, finding: Contradiction) -> tuple[Edit, ...]:
    """The edits that remove a finding; none if they are not obvious or their place is not known."""
    changes = tuple(changes_for(program, finding))
    if not changes:
        return ()
    try:
        made = edits_for(program, changes)
    except Exception:  # the file cannot be read or parsed as it stands
        return ()
    return () if made.unplaced else made.edits


def changes_for(program: Program, finding: Contradiction) -> Iterator[Change]:
    """What is to be replaced because of a finding."""
    values, check = finding.values, finding.check
    head = head_of(program.model, program.sample)
    loss = str(values.get("loss", ""))
    targets, known = describe_targets(program.y), describe_loss(program.loss)
    is_replaced = check is Check.LOSS_OF_ALL_OUTPUTS or (known is not None and known.name in REGRESSION_LOSSES)
    labelled = targets if is_replaced and names_classes(targets, metric_names(program.metrics)) else None
    is_raw = check is Check.UNSCALED_INPUTS and (values["least"], values["largest"]) == BYTES
    if check is Check.SOFTMAX_OVER_ONE_UNIT and values.get("classes") is not None:  # which may be more than two
        if values["classes"] and targets is not None and head is not None:
            yield from classifying_head(head, targets)
    elif check is Check.SOFTMAX_OVER_ONE_UNIT:
        yield activation(finding, str(values["instead"]))
        if loss_name(program) in CROSSENTROPIES - BINARY_CROSSENTROPIES:
            yield Change(kind=ChangeKind.LOSS, new="binary_crossentropy")
    elif check is Check.MISSING_PROBABILITIES and not values.get("from_logits"):
        yield activation(finding, "sigmoid" if loss in BINARY_CROSSENTROPIES else "softmax")
    elif check is Check.MISSING_OUTPUT:
        new = f"Dense({values['columns']}, {values['instead']})"
        yield Change(kind=ChangeKind.ADD_OUTPUT, layer=finding.layer, new=new)
    elif check in OF_LABELS and head is not None and labelled is not None:  # one pair for all of them
        yield from classifying_head(head, labelled)
    elif check in (
        Check.MISSING_PROBABILITIES,
        Check.RECTIFIED_OUTPUT,
        Check.TARGETS_OUT_OF_REACH,
        Check.BOUNDED_OUTPUT,
    ):
        yield activation(finding, "linear")
    elif check is Check.SOFTMAX_FOR_INDEPENDENT and loss in BINARY_CROSSENTROPIES | REGRESSION_LOSSES:
        yield activation(finding, "sigmoid" if loss in BINARY_CROSSENTROPIES else "linear")
    elif check is Check.SIGMOID_FOR_CLASSES:
        yield activation(finding, "softmax")
    elif check is Check.SIGMOID_FOR_ONE_CLASS:
        yield activation(finding, "softmax")
        yield Change(kind=ChangeKind.LOSS, new="categorical_crossentropy")
    elif check is Check.SEVERAL_LABELS_UNDER_CATEGORICAL:
        yield Change(kind=ChangeKind.LOSS, new="binary_crossentropy")
    elif check is Check.CLASSES_UNDER_BINARY and targets is not None and targets.low == 0 and head and head.units == 1:
        yield from classifying_head(head, targets)
    elif check is Check.WIDTH_MISMATCH and loss in REGRESSION_LOSSES:
        yield from as_many_units(finding)
    elif check is Check.REGRESSION_UNDER_CROSSENTROPY:
        yield Change(kind=ChangeKind.LOSS, new="mean_squared_error")
    elif check is Check.BINARY_FOR_ONE_HOT:
        yield Change(kind=ChangeKind.LOSS, new="categorical_crossentropy")
    elif check is Check.SQUARED_ERROR_FOR_CLASSES and head is not None:
        is_binary = head.activation != "softmax"
        yield Change(kind=ChangeKind.LOSS, new="binary_crossentropy" if is_binary else "categorical_crossentropy")
    elif check is Check.ONE_UNIT_UNDER_CATEGORICAL and head is not None:
        yield Change(kind=ChangeKind.LOSS, new="binary_crossentropy")
        if head.activation != "sigmoid":
            yield activation(finding, "sigmoid")
    elif check is Check.INTEGERS_UNDER_CATEGORICAL:
        yield Change(kind=ChangeKind.LOSS, new="sparse_categorical_crossentropy")
    elif check in (Check.MISSING_HIDDEN_ACTIVATION, Check.SOFTMAX_IN_HIDDEN, Check.SIGMOID_IN_HIDDEN):
        names = values["layers"]
        assert isinstance(names, tuple)
        yield from (hidden_activation(program, str(name)) for name in names)
    elif check in (Check.DEAD_START, Check.IDENTICAL_UNITS):
        names = values["layers"]
        assert isinstance(names, tuple)
        for name in names:
            yield Change(kind=ChangeKind.KERNEL_INITIALIZER, layer=str(name), new=USUAL_INITIALIZER)
    elif check in (Check.LARGE_LEARNING_RATE, Check.SMALL_LEARNING_RATE):
        momentum = values.get("momentum")
        rate = usual_rates(str(values["optimizer"]), momentum if isinstance(momentum, float) else 0.0)[1]
        if isinstance(momentum, float):  # which multiplies the rate
            rate = min(rate, round(LARGEST_EFFECTIVE_RATE * (1 - momentum), 6))
        if rate != values["learning rate"]:
            yield Change(kind=ChangeKind.LEARNING_RATE, new=rate)
    elif check is Check.FEW_UPDATES and program.made_up is MadeUp.VALUES:
        epochs, updates = (int(str(values[name])) for name in ("epochs", "updates"))
        yield Change(kind=ChangeKind.EPOCHS, old=epochs, new=epochs * -(-ENOUGH_UPDATES // updates))
    elif check is Check.UNREAD_RATE and isinstance(values["rate"], float):
        yield Change(kind=ChangeKind.LEARNING_RATE, new=values["rate"])
    elif check is Check.DROPOUT_ON_OUTPUT:
        yield Change(kind=ChangeKind.DROPOUT, layer=finding.layer, old=float(str(values["rate"])), new=0.0)
    elif check in (Check.UNADAPTED_LAYER, Check.NARROW_INPUTS):
        yield Change(kind=ChangeKind.SCALE_INPUTS, layer=finding.layer, new="standardise")
    elif is_raw or (check is Check.UNSCALED_IMAGES and program.source == "PyDataset"):
        yield Change(kind=ChangeKind.SCALE_INPUTS, new="divide by 255")
    elif check is Check.ACCURACY_OF_REGRESSION:
        yield Change(kind=ChangeKind.METRIC, old=str(values["metric"]), new="mae")


def classifying_head(head: Head, targets: Targets) -> Iterator[Change]:
    """The units, activation and loss that fit labels from 0 on, as far as they are others."""
    loss, new = "binary_crossentropy", "sigmoid"
    if targets.kind is TargetKind.ONE_HOT:
        loss, new = "categorical_crossentropy", "softmax"
    elif targets.width == 1 and (targets.high > 1 or head.units != 1):
        loss, new = "sparse_categorical_crossentropy", "softmax"
    classes = int(targets.high) + 1
    if new == "softmax" and targets.width == 1 and head.units is not None and head.units < classes:
        yield Change(kind=ChangeKind.UNITS, layer=head.layer, old=head.units, new=classes)
    if head.activation != new:
        yield Change(kind=ChangeKind.ACTIVATION, layer=head.activation_layer, old=head.activation, new=new)
    yield Change(kind=ChangeKind.LOSS, new=loss)


def as_many_units(finding: Contradiction) -> Iterator[Change]:
    """As many units as there are targets in a row."""
    target, output = (finding.values[f"{of} shape"] for of in ("target", "output"))
    assert isinstance(target, tuple)
    assert isinstance(output, tuple)
    columns = int(str(target[1])) if len(target) > 1 else 1
    yield Change(kind=ChangeKind.UNITS, layer=finding.layer, old=int(str(output[-1])), new=columns)


def activation(finding: Contradiction, new: str) -> Change:
    """Another activation in the layer that a finding is about."""
    return Change(kind=ChangeKind.ACTIVATION, layer=finding.layer, new=new)


def hidden_activation(program: Program, name: str) -> Change:
    """The usual activation of a hidden layer, in the Activation layer after it if there is one."""
    layer = program.model.get_layer(name)
    new = "tanh" if isinstance(layer, RECURRENT) else "relu"
    nodes = layer._outbound_nodes
    after = nodes[0].operation if len(nodes) == 1 else None
    is_separate = isinstance(after, keras.layers.Activation)
    return Change(kind=ChangeKind.ACTIVATION, layer=str(after.name) if after and is_separate else name, new=new)


def loss_name(program: Program) -> str:
    """The name of the loss as compile was given it, or of its function."""
    loss = program.loss
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")
    return str(name)
