"""The repairs that a program may need: what each replaces, how far the program's own choice is from usual practice, and
the changes that an edit makes.

A repair takes a variant to a variant. ``doubt`` says how much the program's own choice is questioned: 3 if it
contradicts the task, 2 if it is far from practice, 1 if it is unusual, 0 if only a search would question it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..programs.copies import copied_model
from .case import Case
from .faults import Change, ChangeKind, Fault, Value
from .head_choices import CCE, SCCE, HeadVerdict, judge_head
from .heads import UNKNOWN, Head, loss_name
from .layers import CONVOLUTION, DENSE, RECURRENT, LayerFacts, read_layers
from .rates import ADAM_RATE, ADAPTIVE, OptimizerFacts, optimizer_facts, with_rate, without_clipping
from .splits import Judged
from .tasks import Array, TaskKind
from .trials import updates_of
from .variants import ClassWeights, InputScaling, TargetCoding, Variant

USUAL_BATCH = 32
WIDE = 64  # units of a layer that is wide enough for a small task
FEW_UPDATES = 400
ENOUGH_UPDATES = 2000
MOST_EPOCH_FACTOR = 32
LARGE_DROPOUT = 0.65
QUESTIONED_DROPOUT = 0.45
GOOD_HIDDEN = ("relu", "elu", "selu", "gelu", "silu", "swish", "leaky_relu", "mish", "prelu", "relu6", "celu")
FAIR_HIDDEN = ("tanh", "softsign", "softplus", "hard_silu", "hard_swish")
SHAPERS = ("EarlyStopping", "ReduceLROnPlateau", "LearningRateScheduler", "LambdaCallback")

Apply = Callable[[Variant], Variant]


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One repair.

    Attributes:
        key: unique among the repairs of a program
        fault: what it repairs
        doubt: 0 to 3, see the module
        apply: from a variant to the repaired one
        changes: what an edit replaces in the user's program
        block: repairs of one block are taken back together first
        replaces: keys of repairs that have no effect beside this one
    """

    key: str
    fault: Fault
    doubt: float
    apply: Apply
    changes: tuple[Change, ...]
    block: str = ""
    replaces: tuple[str, ...] = ()


# How common a fault is in real programs, most common first: the order among equally doubtful repairs.
PRIOR = (
    Fault.VALIDATION_MISMATCH,
    Fault.OUTPUT_ACTIVATION,
    Fault.LABEL_ENCODING,
    Fault.LOSS,
    Fault.UNSHUFFLED,
    Fault.FROZEN_LAYER,
    Fault.CLONES,
    Fault.ZERO_GRADIENT,
    Fault.SATURATION,
    Fault.EXPLODING_GRADIENT,
    Fault.VANISHING_GRADIENT,
    Fault.DEAD_RELU,
    Fault.PLATEAU,
    Fault.RATE_TOO_LARGE,
    Fault.RATE_TOO_SMALL,
    Fault.UNSCALED_INPUTS,
    Fault.DROPOUT,
    Fault.REGULARIZATION,
    Fault.TOO_FEW_EPOCHS,
    Fault.HIDDEN_ACTIVATION,
    Fault.CLASS_IMBALANCE,
    Fault.TARGET_OUT_OF_RANGE,
    Fault.UNSCALED_TARGETS,
    Fault.BATCH_SIZE,
    Fault.TOO_NARROW,
    Fault.MISSING_LAYER,
    Fault.OPTIMIZER,
    Fault.SUPERFLUOUS_LAYER,
)


def order_of(repair: Repair) -> tuple[float, int]:
    """Sorts repairs, the likeliest cause first."""
    return -repair.doubt, PRIOR.index(repair.fault) if repair.fault in PRIOR else len(PRIOR)


def application_order(repair: Repair) -> tuple[int, str]:
    """Sorts repairs in the order in which they are applied: a later one may build on an earlier one."""
    order = ("rate", "optimizer", "clipping", "epochs", "batch", "layers", "initializer", "head")
    return order.index(repair.block) if repair.block in order else len(order), repair.key


def apply_repairs(variant: Variant, repairs: Sequence[Repair]) -> Variant:
    """A variant with several repairs."""
    chosen = {key for repair in repairs for key in repair.replaces}
    for repair in sorted(repairs, key=application_order):
        if repair.key not in chosen:
            variant = repair.apply(variant)
    return variant


def propose_repairs(case: Case) -> tuple[Repair, ...]:
    """All repairs that a program may need, the likeliest cause first."""
    layers = read_layers(case.program, case.head)
    rows = len(case.split.folds[0].train)
    updates = updates_of(case.program, rows)
    optimizer = optimizer_facts(case.program.optimizer, updates)
    found: list[Repair] = []
    found += _head_repairs(case)
    found += _data_repairs(case)
    found += _optimizer_repairs(optimizer)
    found += _length_repairs(case, rows, updates)
    found += _initializer_repairs(case, layers)
    found += _layer_repairs(case, layers)
    return tuple(sorted(found, key=order_of))


# Changing layers


def change_layers(variant: Variant, change: Callable[[Any], Any]) -> Variant:
    """The variant with ``change`` applied to a fresh copy of each layer of its network."""
    program = variant.program
    model = copied_model(program.model, 0, change=change, sample=program.sample)
    return dataclasses.replace(variant, program=program.with_model(model))


def configured(layer: Any, **settings: Any) -> Any:
    """A layer of the same kind with some settings replaced."""
    config = dict(layer.get_config())
    for name, value in settings.items():
        if name in config:
            config[name] = value
    return type(layer).from_config(config)


def with_settings(names: dict[str, dict[str, Any]]) -> Callable[[Variant], Variant]:
    """A repair that replaces settings of named layers."""

    def change(layer: Any) -> Any:
        settings = names.get(layer.name)
        return configured(layer, **settings) if settings else layer

    return lambda variant: change_layers(variant, change)


# The head


def _head_repairs(case: Case) -> Iterator[Repair]:
    """Output units and activation, loss, labels."""
    head, verdict = case.head, judge_head(case)
    choice = verdict.choice
    if not (verdict.units or verdict.activation or verdict.loss or verdict.labels):
        return
    if verdict.units or verdict.activation:
        changes = []
        if verdict.units:
            changes.append(Change(kind=ChangeKind.UNITS, layer=head.layer, old=head.units, new=choice.units))
        if verdict.activation:
            name = head.activation_layer or head.layer
            changes.append(
                Change(kind=ChangeKind.ACTIVATION, layer=name, old=head.activation, new=choice.activation)
            )
        yield Repair(
            key="output-activation",
            fault=_head_fault(case, verdict),
            doubt=verdict.doubt,
            apply=lambda variant: set_head(variant, choice.units, choice.activation),
            changes=tuple(changes),
            block="head",
        )
    if verdict.loss:
        changes = []
        if choice.loss != head.loss:
            changes.append(Change(kind=ChangeKind.LOSS, old=head.loss, new=choice.loss))
        if choice.from_logits != head.from_logits:
            changes.append(Change(kind=ChangeKind.FROM_LOGITS, old=head.from_logits, new=choice.from_logits))
        mixed_up = {head.loss, choice.loss} == {CCE, SCCE}
        yield Repair(
            key="loss",
            fault=Fault.LABEL_ENCODING if mixed_up else Fault.LOSS,
            doubt=verdict.doubt,
            apply=lambda variant: set_loss(variant, choice.loss, choice.from_logits),
            changes=tuple(changes),
            block="head",
        )
    if verdict.labels:
        yield Repair(
            key="label-encoding",
            fault=Fault.LABEL_ENCODING,
            doubt=verdict.doubt,
            apply=lambda variant: dataclasses.replace(variant, targets=choice.coding),
            changes=(Change(kind=ChangeKind.LABELS, old=case.task.format.value, new=choice.coding.value),),
            block="head",
        )


def _head_fault(case: Case, verdict: HeadVerdict) -> Fault:
    """What a wrong output layer is called."""
    return Fault.OUTPUT_ACTIVATION


def set_head(variant: Variant, units: int, activation: str) -> Variant:
    """The variant with other output units and another output activation."""
    head = variant.head

    def change(layer: Any) -> Any:
        if layer.name == head.layer:
            settings: dict[str, Any] = {"activation": "linear" if head.activation_layer else activation}
            if units != head.units:
                settings["units"] = units
            return configured(layer, **settings)
        if layer.name == head.activation_layer:
            return keras.layers.Activation(activation, name=layer.name)
        return layer

    changed = change_layers(variant, change)
    return dataclasses.replace(changed, head=dataclasses.replace(head, units=units, activation=activation))


def set_loss(variant: Variant, name: str, from_logits: bool) -> Variant:
    """The variant with another loss."""
    loss: Any = name
    if from_logits:
        loss = {
            "binary_crossentropy": keras.losses.BinaryCrossentropy,
            "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
            "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
        }[name](from_logits=True)
    program = dataclasses.replace(variant.program, loss=loss, loss_weights=None)
    head = dataclasses.replace(variant.head, loss=loss_name(loss), from_logits=from_logits)
    return dataclasses.replace(variant, program=program, head=head)


# The data


def _data_repairs(case: Case) -> Iterator[Repair]:
    """Scales, class weights, order of the rows."""
    yield from _input_repairs(case)
    task = case.task
    if task.kind is TaskKind.REGRESSION:
        doubt = target_doubt(case)
        bounded = case.head.activation not in ("linear", UNKNOWN) and judge_head(case).doubt == 3
        fault = Fault.TARGET_OUT_OF_RANGE if bounded else Fault.UNSCALED_TARGETS
        yield Repair(
            key="unscaled-targets",
            fault=fault,
            doubt=doubt,
            apply=lambda variant: dataclasses.replace(variant, targets=TargetCoding.STANDARDISED),
            changes=(Change(kind=ChangeKind.SCALE_TARGETS, old=None, new="standardise"),),
        )
    yield from _class_weight_repairs(case)
    trailing = case.split.trailing_fraction > 0
    if not case.program.shuffle or (case.sorted_classes and trailing):
        yield Repair(
            key="unshuffled",
            fault=Fault.UNSHUFFLED,
            doubt=3 if case.sorted_classes else (0 if case.split.in_time_order else 1),
            apply=_mixed,
            changes=(Change(kind=ChangeKind.SHUFFLE, old=case.program.shuffle, new=True),),
        )
    if case.split.judged is Judged.VALIDATION and len(case.inputs[0]) > case.rows:
        doubt = validation_doubt(case)
        if doubt:
            yield Repair(
                key="validation-mismatch",
                fault=Fault.VALIDATION_MISMATCH,
                doubt=doubt,
                apply=lambda variant: dataclasses.replace(variant, matched_validation=True),
                changes=(Change(kind=ChangeKind.SCALE_VALIDATION, old=None, new="as the training inputs"),),
            )


def _mixed(variant: Variant) -> Variant:
    """The variant with its rows in random order, mixed anew in each epoch."""
    return dataclasses.replace(
        variant, mixed_rows=True, program=dataclasses.replace(variant.program, shuffle=True)
    )


def _input_repairs(case: Case) -> Iterator[Repair]:
    """Scaled inputs."""
    facts = [fact for fact in case.facts if not fact.is_tokens]
    if not facts:
        return
    is_image = all(
        values.ndim >= 3 and fact.low >= 0 and 50 < fact.high <= 255
        for values, fact in zip(case.inputs, case.facts)
        if not fact.is_tokens
    )
    first = next((layer for layer in case.program.model.layers if type(layer).__name__ != "InputLayer"), None)
    if type(first).__name__ in ("Normalization", "Rescaling", "BatchNormalization", "LayerNormalization"):
        return
    scaling = InputScaling.DIVIDED_BY_255 if is_image else InputScaling.STANDARDISED
    new = "divide by 255" if is_image else "standardise"
    yield Repair(
        key="unscaled-inputs",
        fault=Fault.UNSCALED_INPUTS,
        doubt=max(input_doubt(fact.scale, fact.spread, fact.spread_ratio) for fact in facts),
        apply=lambda variant: dataclasses.replace(variant, inputs=scaling),
        changes=(Change(kind=ChangeKind.SCALE_INPUTS, old=None, new=new),),
    )


def input_doubt(scale: float, spread: float, ratio: float) -> float:
    """How far inputs are from a mean near 0 and a standard deviation near 1.

    Args:
        scale: the largest |mean| + standard deviation of a feature
        spread: the median standard deviation
        ratio: the largest over the smallest standard deviation
    """
    if scale > 300 or spread < 1e-3:
        return 2.5
    if scale > 30 or spread < 0.01:
        return 2
    if scale > 5 or spread < 0.05 or ratio > 100:
        return 1
    return 0


def target_doubt(case: Case) -> float:
    """How far the targets of a regression are from a mean near 0 and a standard deviation near 1."""
    values = case.targets[: case.rows]
    scale = float((np.abs(values.mean(axis=0)) + values.std(axis=0)).max())
    spread = float(np.median(values.std(axis=0)))
    if scale > 1000 or spread < 1e-3:
        return 2
    if scale > 30 or spread < 0.02:
        return 1
    return 0


def _class_weight_repairs(case: Case) -> Iterator[Repair]:
    """Balanced class weights."""
    smallest, largest = case.class_shares
    if smallest <= 0 or case.task.kind not in (TaskKind.BINARY, TaskKind.MULTICLASS) or case.task.positions > 1:
        return
    given = case.program.class_weight
    if given is None and largest / smallest < 3:
        return
    if given is not None:
        doubt: float = 1 if _is_balancing(case, given) else 2.5
    else:
        doubt = 2 if largest / smallest >= 6 else 1
    if given is not None and _is_balancing(case, given):
        return
    weights = ClassWeights.BALANCED if largest / smallest >= 1.5 else ClassWeights.EQUAL
    yield Repair(
        key="class-imbalance",
        fault=Fault.CLASS_IMBALANCE,
        doubt=doubt,
        apply=lambda variant: dataclasses.replace(variant, weights=weights),
        changes=(
            Change(kind=ChangeKind.CLASS_WEIGHT, old=None if given is None else "given", new=weights.value),
        ),
    )


def _is_balancing(case: Case, given: Any) -> bool:
    """Whether given class weights do not make the classes less equal than they are."""
    counts = np.bincount(np.maximum(case.targets[: case.rows], 0).astype(np.intp), minlength=case.task.classes)
    weights = np.array([float(given.get(number, 1.0)) for number in range(case.task.classes)])
    total = counts * weights
    if total.min() <= 0:
        return False
    return float(total.max() / total.min()) <= 1.5 * float(counts.max() / max(1, counts.min()))


def validation_doubt(case: Case) -> float:
    """How differently the validation inputs are scaled from the training inputs."""
    worst = 0.0
    for values, fact in zip(case.inputs, case.facts):
        if fact.is_tokens:
            continue
        flat = values.reshape(len(values), -1).astype(float)
        train, held = flat[: case.rows], flat[case.rows :]
        spread = np.maximum(train.std(axis=0), 1e-9 + 1e-3 * np.abs(train).max())
        shift = float(np.median(np.abs(held.mean(axis=0) - train.mean(axis=0)) / spread))
        ratios = (held.std(axis=0) + 1e-12) / (train.std(axis=0) + 1e-12)
        varied = train.std(axis=0) > 1e-9
        ratio = float(np.median(ratios[varied])) if varied.any() else 1.0
        worst = max(worst, 3 if shift > 1 or ratio > 3 or ratio < 1 / 3 else 0)
    return worst


# Optimizer and length


def _optimizer_repairs(facts: OptimizerFacts) -> Iterator[Repair]:
    """The learning rate alone, clipping, and Adam at its usual rate."""
    low, typical, high = facts.usual
    distance = facts.distance
    off = max(distance, 1 / distance) if distance > 0 else np.inf
    doubt = 0 if off == 1 else (1 if off < 4 else (2 if off < 20 else 2.75))
    too_small = distance < 1 or (distance == 1 and facts.rate < typical)
    yield Repair(
        key="learning-rate",
        fault=Fault.RATE_TOO_SMALL if too_small else Fault.RATE_TOO_LARGE,
        doubt=doubt,
        apply=lambda variant: _with_rate(variant, typical),
        changes=(Change(kind=ChangeKind.LEARNING_RATE, old=facts.rate, new=typical),),
        block="rate",
    )
    if facts.clip is not None:
        yield Repair(
            key="clipping",
            fault=Fault.OPTIMIZER,
            doubt=2 if facts.clip < 0.05 else (1 if facts.clip < 0.5 else 0),
            apply=lambda variant: dataclasses.replace(
                variant,
                program=dataclasses.replace(variant.program, optimizer=without_clipping(variant.program.optimizer)),
            ),
            changes=(Change(kind=ChangeKind.CLIPPING, old=facts.clip, new=None),),
            block="clipping",
        )
    if facts.weight_decay > 0.05:
        yield Repair(
            key="weight-decay",
            fault=Fault.REGULARIZATION,
            doubt=2 if facts.weight_decay > 0.5 else 1,
            apply=lambda variant: _without_decay(variant),
            changes=(Change(kind=ChangeKind.REGULARIZER, old=facts.weight_decay, new=None),),
            block="clipping",
        )
    if facts.name == "Adam" and not facts.odd and facts.rate == ADAM_RATE and facts.clip is None:
        return
    weak = facts.name in ("Adagrad", "Adadelta", "Ftrl")
    plain = facts.name == "SGD"
    yield Repair(
        key="optimizer",
        fault=Fault.OPTIMIZER,
        doubt=2 if facts.odd else (1.5 if weak else (1 if plain or doubt else 0)),
        apply=lambda variant: dataclasses.replace(
            variant,
            program=dataclasses.replace(variant.program, optimizer=keras.optimizers.Adam(ADAM_RATE)),
        ),
        changes=(
            Change(kind=ChangeKind.OPTIMIZER, old=facts.name, new="Adam"),
            Change(kind=ChangeKind.LEARNING_RATE, old=facts.rate, new=ADAM_RATE),
        ),
        block="optimizer",
        replaces=("learning-rate", "clipping", "weight-decay"),
    )


def _with_rate(variant: Variant, rate: float) -> Variant:
    """The variant with another constant learning rate."""
    program = dataclasses.replace(variant.program, optimizer=with_rate(variant.program.optimizer, rate))
    return dataclasses.replace(variant, program=program)


def _without_decay(variant: Variant) -> Variant:
    """The variant without weight decay."""
    optimizer = variant.program.optimizer
    config = dict(optimizer.get_config()) | {"weight_decay": 0.0 if type(optimizer).__name__ == "AdamW" else None}
    program = dataclasses.replace(variant.program, optimizer=type(optimizer).from_config(config))
    return dataclasses.replace(variant, program=program)


def _length_repairs(case: Case, rows: int, updates: int) -> Iterator[Repair]:
    """Epochs, batch size, callbacks."""
    program = case.program
    epochs = max(1, program.epochs - program.initial_epoch)
    factor = int(np.clip(np.ceil(ENOUGH_UPDATES / updates), 4, MOST_EPOCH_FACTOR))
    doubt = 2 if epochs == 1 or updates < FEW_UPDATES / 4 else (1 if updates < FEW_UPDATES or epochs <= 3 else 0)
    yield Repair(
        key="too-few-epochs",
        fault=Fault.TOO_FEW_EPOCHS,
        doubt=doubt,
        apply=lambda variant: _longer(variant, factor),
        changes=(Change(kind=ChangeKind.EPOCHS, old=program.epochs, new=program.epochs * factor),),
        block="epochs",
    )
    size = program.batch_size
    if size > 2 * USUAL_BATCH and rows > 2 * USUAL_BATCH or size <= 2 and rows > 200:
        large = size >= rows / 3
        doubt = (2 if large and updates < FEW_UPDATES else 1 if large or size > rows / 8 else 0) if size > 2 else 1
        yield Repair(
            key="batch-size",
            fault=Fault.BATCH_SIZE,
            doubt=doubt,
            apply=lambda variant: dataclasses.replace(
                variant, program=dataclasses.replace(variant.program, batch_size=USUAL_BATCH, steps_per_epoch=None)
            ),
            changes=(Change(kind=ChangeKind.BATCH_SIZE, old=size, new=USUAL_BATCH),),
            block="batch",
        )
    shapers = [type(callback).__name__ for callback in program.callbacks if is_shaping(callback)]
    if shapers:
        history = program.history or {}
        done = len(next(iter(history.values()), ())) if history else program.epochs
        yield Repair(
            key="callbacks",
            fault=Fault.TOO_FEW_EPOCHS if "EarlyStopping" in shapers else Fault.RATE_TOO_SMALL,
            doubt=2 if done <= program.epochs // 4 and done <= 5 else 1,
            apply=lambda variant: dataclasses.replace(
                variant, program=dataclasses.replace(variant.program, callbacks=())
            ),
            changes=(Change(kind=ChangeKind.CALLBACKS, old=", ".join(shapers), new=None),),
            block="epochs",
        )


def is_shaping(callback: Any) -> bool:
    """Whether a callback changes the training."""
    name = type(callback).__name__
    return name in SHAPERS or not str(type(callback).__module__).startswith("keras")


def _longer(variant: Variant, factor: int) -> Variant:
    """The variant trained for more epochs."""
    program = variant.program
    epochs = program.initial_epoch + (program.epochs - program.initial_epoch) * factor
    return dataclasses.replace(variant, program=dataclasses.replace(program, epochs=epochs))


# Initial weights


def _initializer_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Initial kernels and biases as Keras draws them by default."""
    judged = [(layer, *kernel_fault(layer, case)) for layer in layers if layer.kernel is not None]
    doubtful = [(layer, fault, doubt) for layer, fault, doubt in judged if doubt > 0]
    biases = [layer for layer in layers if layer.bias is not None and np.abs(layer.bias).max(initial=0.0) > 0.5]
    if not doubtful and not biases:
        return
    faults = sorted(((doubt, -number, fault) for number, (_, fault, doubt) in enumerate(doubtful)), reverse=True)
    names = {layer.name: layer for layer, _, _ in doubtful}
    changes = [
        Change(kind=ChangeKind.KERNEL_INITIALIZER, layer=name, old=describe_kernel(layer.kernel), new=initializer_for(layer))
        for name, layer in names.items()
    ]
    changes += [
        Change(kind=ChangeKind.BIAS_INITIALIZER, layer=layer.name, old=describe_kernel(layer.bias), new="zeros")
        for layer in biases
    ]
    bias_doubt = 0.0
    for layer in biases:
        bias_doubt = max(bias_doubt, 2.5 if not layer.is_output and np.abs(np.median(layer.bias)) > 2 else 1)  # type: ignore[arg-type]
    dead = any(layer.activation == "relu" and np.median(layer.bias) < -0.5 for layer in biases if layer.bias is not None)
    fault = faults[0][2] if faults else (Fault.DEAD_RELU if dead else Fault.SATURATION)
    yield Repair(
        key="initializer",
        fault=fault,
        doubt=max(faults[0][0] if faults else 0.0, bias_doubt),
        apply=lambda variant: _redrawn(variant, {layer.name: layer for layer in [*names.values(), *biases]}),
        changes=tuple(changes),
        block="initializer",
    )


def kernel_fault(layer: LayerFacts, case: Case) -> tuple[Fault, float]:
    """What is wrong with the initial kernel of a layer, and how doubtful it is.

    The standard deviation is compared with that of Glorot's initializer for the same shape.
    """
    kernel = layer.kernel
    assert kernel is not None
    if kernel.size <= 1 or layer.is_output and not case_has_hidden(case):
        return Fault.CLONES, 0.0
    flat = kernel.reshape(-1, kernel.shape[-1])
    if not np.any(flat):
        return Fault.ZERO_GRADIENT, 0.5 if layer.is_output else 3.0
    same_columns = flat.shape[1] > 1 and np.allclose(flat, flat[:, :1], rtol=1e-5, atol=1e-8)
    if same_columns:
        return Fault.CLONES, 1.0 if layer.is_output else 3.0
    if layer.kind == "other":
        return Fault.SATURATION, 1.0 if float(flat.std()) > 2 else 0.0
    fan_in, fan_out = flat.shape
    ratio = float(np.sqrt(np.mean(flat**2))) / np.sqrt(2.0 / (fan_in + fan_out))
    bounded = layer.activation in ("tanh", "sigmoid", "softmax", "hard_sigmoid", "softsign")
    if ratio > 4:
        fault = Fault.SATURATION if bounded else Fault.EXPLODING_GRADIENT
        return fault, 2.5 if ratio > 10 else 1.0
    if ratio < 0.15:
        return Fault.VANISHING_GRADIENT, 2.5 if ratio < 0.02 else 1.0
    return Fault.CLONES, 0.0


def case_has_hidden(case: Case) -> bool:
    """Whether the network has a hidden layer with weights."""
    return sum(layer.kernel is not None for layer in read_layers(case.program, case.head)) > 1


def describe_kernel(values: Array | None) -> Value:
    """A constant, or a standard deviation, in few digits."""
    if values is None or values.size == 0:
        return None
    if np.ptp(values) == 0:
        return f"constant {float(values.flat[0]):.4g}"
    return f"standard deviation {float(np.std(values)):.2g}"


def initializer_for(layer: LayerFacts) -> str:
    """The usual initializer of a layer."""
    if layer.kind == "other":
        return "uniform"
    return "he_normal" if layer.activation in GOOD_HIDDEN else "glorot_uniform"


def _redrawn(variant: Variant, layers: dict[str, LayerFacts]) -> Variant:
    """The variant with usual initializers in named layers."""

    def change(layer: Any) -> Any:
        facts = layers.get(layer.name)
        if facts is None:
            return layer
        return configured(
            layer,
            kernel_initializer=initializer_for(facts),
            embeddings_initializer="uniform",
            bias_initializer="zeros",
        )

    changed = change_layers(variant, change)
    program = changed.program
    kept = frozenset(path for path in program.set_weights if path.split("/")[-2:-1] != [] and not _is_of(path, layers))
    return dataclasses.replace(changed, program=dataclasses.replace(program, set_weights=kept))


def _is_of(path: str, layers: dict[str, LayerFacts]) -> bool:
    """Whether a weight belongs to one of the layers."""
    return any(part in layers for part in path.split("/"))


# Layers


def _layer_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Hidden activations, width, depth, dropout, regularisers, frozen layers."""
    yield from _activation_repairs(layers)
    yield from _width_repairs(case, layers)
    dropped = [layer for layer in layers if layer.dropout > 0.15]
    if dropped:
        highest = max(layer.dropout for layer in dropped)
        chosen = [layer for layer in dropped if layer.dropout >= min(highest, QUESTIONED_DROPOUT)]
        settings = {layer.name: {"rate": 0.0, "dropout": 0.0, "recurrent_dropout": 0.0} for layer in chosen}
        yield Repair(
            key="dropout",
            fault=Fault.DROPOUT,
            doubt=2.6 if highest >= 0.8 else (2 if highest > LARGE_DROPOUT else (1 if highest > QUESTIONED_DROPOUT else 0)),
            apply=with_settings(settings),  # type: ignore[arg-type]
            changes=tuple(Change(kind=ChangeKind.DROPOUT, layer=layer.name, old=layer.dropout, new=0.0) for layer in chosen),
            block="layers",
        )
    regular = [layer for layer in layers if layer.l1 > 0 or layer.l2 > 0]
    if regular:
        highest = max(max(layer.l2, 3 * layer.l1) for layer in regular)
        none = {"kernel_regularizer": None, "bias_regularizer": None, "activity_regularizer": None}
        yield Repair(
            key="regularization",
            fault=Fault.REGULARIZATION,
            doubt=2.6 if highest >= 0.1 else (1.5 if highest >= 0.02 else (1 if highest >= 0.005 else 0)),
            apply=with_settings({layer.name: none for layer in regular}),
            changes=tuple(
                Change(kind=ChangeKind.REGULARIZER, layer=layer.name, old=max(layer.l1, layer.l2), new=None)
                for layer in regular
            ),
            block="layers",
        )
    frozen = [layer for layer in layers if layer.has_weights and not layer.trainable]
    if frozen:
        yield Repair(
            key="frozen-layer",
            fault=Fault.FROZEN_LAYER,
            doubt=1 if case.program.set_weights else 2.5,
            apply=lambda variant: _thawed(variant),
            changes=tuple(Change(kind=ChangeKind.TRAINABLE, layer=layer.name, old=False, new=True) for layer in frozen),
            block="layers",
        )


def _thawed(variant: Variant) -> Variant:
    """The variant with all layers trained."""

    def change(layer: Any) -> Any:
        layer.trainable = True
        return layer

    changed = change_layers(variant, change)
    changed.program.model.trainable = True
    return changed


def _activation_repairs(layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """relu in hidden layers."""
    hidden = [
        layer for layer in layers if layer.kind in (DENSE, CONVOLUTION) and not layer.is_output and layer.own_activation
    ]
    wrong = [layer for layer in hidden if layer.activation not in GOOD_HIDDEN + FAIR_HIDDEN]
    if wrong:
        linear = [layer for layer in wrong if layer.activation == "linear"]
        doubt = 1.0
        if len(linear) == len(hidden) or any(layer.activation == "softmax" for layer in wrong):
            doubt = 2.0
        elif len(wrong) >= 3:
            doubt = 1.5
        yield _activation_repair("hidden-activation", wrong, doubt)
    fair = [layer for layer in hidden if layer.activation in FAIR_HIDDEN]
    if fair:
        yield _activation_repair("hidden-relu", fair, 0.5 if len(fair) >= 3 else 0)


def _activation_repair(key: str, layers: Sequence[LayerFacts], doubt: float) -> Repair:
    """relu in some layers."""
    return Repair(
        key=key,
        fault=Fault.HIDDEN_ACTIVATION,
        doubt=doubt,
        apply=with_settings({layer.name: {"activation": "relu"} for layer in layers}),
        changes=tuple(
            Change(kind=ChangeKind.ACTIVATION, layer=layer.name, old=layer.activation, new="relu") for layer in layers
        ),
        block="layers",
    )


def _width_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Wider hidden layers, one more, or fewer."""
    hidden = [
        layer for layer in layers if layer.kind in (DENSE, CONVOLUTION, RECURRENT) and not layer.is_output and layer.units
    ]
    dense = [layer for layer in hidden if layer.kind == DENSE]
    outputs = max(1, case.head.units)
    if hidden and not case.is_autoencoder:
        narrow = [layer for layer in hidden if layer.units < WIDE]
        chosen = narrow or hidden
        least = min(layer.units for layer in hidden)
        doubt = 2.0 if least <= max(1, outputs // 4) else (1.0 if least <= max(3, outputs // 2) else 0.0)
        wide = {layer.name: WIDE if layer.units < WIDE else 2 * layer.units for layer in chosen}
        yield Repair(
            key="too-narrow",
            fault=Fault.TOO_NARROW,
            doubt=doubt,
            apply=with_settings({name: {"units": units, "filters": units} for name, units in wide.items()}),
            changes=tuple(
                Change(kind=ChangeKind.UNITS, layer=layer.name, old=layer.units, new=wide[layer.name])
                for layer in chosen
            ),
            block="layers",
        )
    if case.head.layer is not None:
        yield Repair(
            key="missing-layer",
            fault=Fault.MISSING_LAYER,
            doubt=1.0 if not hidden else 0.0,
            apply=lambda variant: _deepened(variant),
            changes=(Change(kind=ChangeKind.ADD_LAYER, layer=case.head.layer, old=None, new=f"Dense({WIDE}, relu)"),),
            block="layers",
        )
    if len(dense) >= 3 and not case.is_autoencoder:
        removed = dense[2:]
        yield Repair(
            key="superfluous-layer",
            fault=Fault.SUPERFLUOUS_LAYER,
            doubt=1.0 if len(dense) >= 6 else 0.0,
            apply=lambda variant: _without_layers(variant, {layer.name for layer in removed}),
            changes=tuple(
                Change(kind=ChangeKind.REMOVE_LAYER, layer=layer.name, old=f"Dense({layer.units})", new=None)
                for layer in removed
            ),
            block="layers",
        )


def _deepened(variant: Variant) -> Variant:
    """The variant with one more hidden layer before the output."""
    name = variant.head.layer

    def change(layer: Any) -> Any:
        if layer.name == name:
            return [keras.layers.Dense(WIDE, activation="relu", name="added_hidden"), layer]
        return layer

    return change_layers(variant, change)


def _without_layers(variant: Variant, names: set[str]) -> Variant:
    """The variant without some layers."""
    return change_layers(variant, lambda layer: [] if layer.name in names else layer)


def head_of(variant: Variant) -> Head:
    """The head of a variant."""
    return variant.head
