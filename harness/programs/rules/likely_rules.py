"""Rules for programs that cannot be trained, most often because their data are missing: what is likely wrong.

If trainings are possible they decide about all of this. If they are not, what most often keeps such a program
from learning is named: as a suspicion if it is rarely right, as a hint if it often is.
"""

from __future__ import annotations

import ast
import dataclasses
import math
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ..findings import TRAINING, Check, Finding, Rule, Severity, Subject
from ..heads import Head, activation_name, head_of
from ..loss_names import BINARY_CROSSENTROPIES, REGRESSION_LOSSES
from ..old_versions.arguments import FIRST_VERSION
from ..program import ARGUMENT, DATA_SET, VALUE, WEIGHTS, MadeUp, made_up_names, made_up_parts, real_rows
from ..source.places import loops_around
from ..targets import are_counting
from ..units import RECURRENT
from ..usual_rates import effective_rate, first_rate
from .data_rules import LARGE_INPUT, numeric_inputs, scale_rules, scales_itself
from .head_rules import is_of_bounded_squares, labels_in_a_row
from .layer_rules import DROPOUTS, is_weighted, next_layer, one_step_rules, steps_of
from .scaling_rules import scaled_target_rules, scales_targets, sources_of
from .source_rules import KNOWN_RAW_TABLES, LIKELY_SOURCE_RULES, PRETRAINED, SCALING, given_keywords
from .split_rules import sorted_split_rules

SIGMOIDS = ("sigmoid", "hard_sigmoid")
LIKELY_RATES = {"SGD": (2e-4, 0.5), "Adagrad": (2e-3, 0.5), "Adadelta": (1e-2, 10.0), "Ftrl": (1e-4, 0.5)}
SLOW_BY_DEFAULT = (
    "Adadelta",
    "Adagrad",
)  # their papers and earlier versions of Keras use rates 1,000 and 10 times larger
LIKELY_RATES_OF_OTHERS = (1e-5, 0.03)  # outside of these a learning rate is rarely right
MANY_STEPS = 5  # of a sequence, from which on a state without a limit grows out of bounds
SLOW_RECURRENT_RATE = 0.001  # of plain SGD, with which recurrent layers hardly move
SLOW_SMALL_RATE = 0.001  # of plain SGD, with which numbers of the order of 1 are fitted slowly
FLATTENED = 4  # times that the slope of a sigmoid makes a gradient smaller, at least
MANY_OUTPUTS, SLOW_WIDE_RATE = 100, 0.01  # over whose mean plain SGD hardly moves at its default rate and below
SEVERAL_LABELS = re.compile(r"MultiLabelBinarizer|multi[_-]?(label|hot)|\btags\b", re.IGNORECASE)
STRONG_PENALTY = 0.1  # of L1 or L2, from which on it outweighs most losses
LARGE_RANGE = 50.0  # inputs of a larger magnitude are raw
HALF_DROPPED, LARGE_DROPOUT = 0.4, 0.7
FEW_UNITS_KEPT = 8  # units that dropout leaves of a hidden layer, below which it is too much
FEW_EPOCHS, VERY_FEW_EPOCHS = 5, 2
SMALL_BATCH = 4  # rows, up to which an epoch makes many updates of most data
MANY_UPDATES = 1000
VERY_FEW_UPDATES, FEW_UPDATES = 100, 400
SMALL_VOCABULARY = 8  # rows of an Embedding layer that are hardly ever a vocabulary


def softmax_rules(subject: Subject) -> Finding:
    """A softmax over several classes under a binary cross-entropy, and a squared error for probabilities."""
    head, loss = subject.head, subject.loss_name
    if head is None or not head.is_certain or subject.targets is not None:
        return
    values = {"loss": loss, "units": head.units, "activation": head.activation}
    is_softmax = head.activation == "softmax" and (head.units or 0) > 1
    if is_softmax and subject.is_trained_on_inputs and loss in BINARY_CROSSENTROPIES | REGRESSION_LOSSES:
        yield subject.about(head.activation_layer, Check.SOFTMAX_FOR_INDEPENDENT, Severity.SUSPICION, values)
    elif is_softmax and loss in BINARY_CROSSENTROPIES:
        yield subject.at(subject.loss_place, Check.BINARY_FOR_ONE_HOT, Severity.SUSPICION, values)
    is_labelled = counts_classes(subject) and not scales_targets(subject)
    if head.activation in SIGMOIDS and loss in REGRESSION_LOSSES and is_labelled:
        is_slow = loss == "mean_squared_error"  # it learns, but more slowly than by a cross-entropy
        if not is_slow or type(subject.program.optimizer).__name__ in ("SGD", *SLOW_BY_DEFAULT):
            severity = Severity.HINT if is_slow else Severity.SUSPICION
            yield subject.at(subject.loss_place, Check.SQUARED_ERROR_FOR_CLASSES, severity, values)


def bounded_rules(subject: Subject) -> Finding:
    """Outputs between two values under a loss for quantities that nothing in the script scales."""
    head = subject.head
    if head is None or head.range is None or head.activation == "softmax" or subject.loss_name not in REGRESSION_LOSSES:
        return
    low, high = head.range
    if low is None or high is None or subject.targets is not None or SCALING.search(subject.text):
        return
    if not counts_classes(subject) and not subject.is_trained_on_inputs:
        yield subject.about(
            head.activation_layer, Check.BOUNDED_OUTPUT, Severity.SUSPICION,
            {"activation": head.activation, "least output": low, "largest output": high}
        )  # fmt: skip


def counts_classes(subject: Subject) -> bool:
    """Whether compile or fit are asked for the share of rows that are predicted rightly.

    Beside a percentage of the targets that says nothing: labels are 0 too, and nothing is a percentage of 0.
    """
    if subject.loss_name == "mean_absolute_percentage_error":
        return False
    return are_counting(subject.metrics) or bool(given_keywords(subject) & {"class_mode", "show_accuracy"})


def descent_rules(subject: Subject) -> Finding:
    """Plain gradient descent under a squared error on data that nothing scales, which most often diverges."""
    head, optimizer = subject.head, subject.program.optimizer
    config = {} if optimizer is None else optimizer.get_config()
    is_clipped = any(config.get(name) for name in ("clipnorm", "clipvalue", "global_clipnorm"))
    if head is None or not isinstance(optimizer, keras.optimizers.SGD) or is_clipped:
        return
    is_unbounded = head.range is not None and head.range[1] is None
    if subject.loss_name != "mean_squared_error" or not is_unbounded or subject.targets is not None:
        return
    rate = config.get("learning_rate")
    if (
        scales_itself(subject.program.model)
        or SCALING.search(subject.text)
        or (isinstance(rate, float) and rate < 0.001)
        or are_small_inputs(subject)
    ):
        return
    is_given = any(subject.fitted("x", 0))  # else nothing in the script says where its data come from
    yield subject.at(
        subject.inputs_place, Check.UNSCALED_UNDER_SGD, Severity.SUSPICION if is_given else Severity.HINT,
        {"optimizer": "SGD", "loss": subject.loss_name}
    )  # fmt: skip


def are_small_inputs(subject: Subject) -> bool:
    """Whether the inputs are of the order of 1, and known: nothing that they are computed from had to be made up."""
    made = made_up_parts(subject.program.notes)
    names = sources_of(subject.fitted("x", 0), subject.assigned)
    is_own = names and names.isdisjoint(re.findall(r"\w+", " ".join(made)))
    is_known = is_own and all(
        part.startswith((VALUE, ARGUMENT, "the function")) for part in made
    )  # and no file or package
    arrays = numeric_inputs(subject.program.x) if is_known else []
    return bool(arrays) and all(np.max(np.abs(array)) <= LARGE_INPUT for array in arrays)


def one_class_rules(subject: Subject) -> Finding:
    """Several sigmoid outputs under a binary cross-entropy, for rows that have one class each."""
    head = subject.head
    is_sigmoid = head is not None and head.activation in SIGMOIDS and (head.units or 0) > 2
    if head is None or not is_sigmoid or subject.loss_name not in BINARY_CROSSENTROPIES:
        return
    if subject.is_trained_on_inputs:  # as an autoencoder is: its targets are not labels
        return
    labels = labels_in_a_row(subject)
    if labels == "one" or (labels is None and subject.targets is None and not SEVERAL_LABELS.search(subject.text)):
        yield subject.about(
            head.activation_layer, Check.SIGMOID_FOR_ONE_CLASS, Severity.HINT if labels is None else Severity.SUSPICION,
            {"loss": subject.loss_name}
        )  # fmt: skip


def known_scale_rules(subject: Subject) -> Finding:
    """Inputs of a known data set, or the user's own beside made-up settings, that are raw."""
    if subject.program.made_up is MadeUp.FORMATS:
        return
    for finding in scale_rules(subject):
        largest = finding.values.get("largest", 0)
        if finding.check is not Check.UNSCALED_INPUTS or not isinstance(largest, (int, float)):
            continue
        made = made_up_names(subject.program.notes, DATA_SET)
        if any(map(KNOWN_RAW_TABLES.search, made)):  # the numbers are made up, and the kind of table is not
            readers = [name for *_, name in subject.calls() if name == "load_data" or any(one in name for one in made)]
            yield subject.at(
                finding.place, Check.UNSCALED_TABLE, Severity.SUSPICION, {"reader": min(readers, default="your file")}
            )
        elif largest > LARGE_RANGE:
            yield dataclasses.replace(finding, severity=Severity.SUSPICION)


def heads_of(subject: Subject) -> list[Head]:
    """The outputs of the model, of those that are known."""
    heads = [head_of(part.model) for part in subject.program.of_outputs()] or [subject.head]
    return [head for head in heads if head is not None]


def hidden_layers(subject: Subject) -> Iterator[tuple[Any, str]]:
    """Layers with weights before the output, each with the activation that follows it directly.

    The last layer of a model inside the model, such as the generator before a discriminator, is an output too.
    """
    model, last = subject.program.model, {head.layer for head in heads_of(subject)}
    inner = [one for one in model._flatten_layers(include_self=False) if isinstance(one, keras.Model)]
    connected = [one for one in inner if getattr(one, "outputs", None)]  # not of a class of the user's
    last |= {head.layer for head in map(head_of, connected) if head is not None}
    layers = [layer for layer in model._flatten_layers(include_self=False) if layer not in inner]
    for layer in layers:
        if not is_weighted(layer) or layer.name in last:
            continue
        name = activation_name(layer.activation)
        after = next_layer(layer)
        if name == "linear" and isinstance(after, keras.layers.Activation):
            name = activation_name(after.activation)
        yield layer, name


def is_gate(layer: Any) -> bool:
    """Whether what other layers give is multiplied by the output of a layer, as in squeeze-and-excitation."""
    after = next_layer(layer)
    if isinstance(after, keras.layers.Activation):
        after = next_layer(after)
    return isinstance(after, keras.layers.Multiply)


def activation_rules(subject: Subject) -> Finding:
    """Hidden activations that saturate, or that come one after the other."""
    sigmoids = [layer for layer, name in hidden_layers(subject) if name in SIGMOIDS and not is_gate(layer)]
    others = [name for _, name in hidden_layers(subject) if name not in SIGMOIDS]
    if sigmoids and (len(sigmoids) > 1 or others):
        is_likely = len(sigmoids) > 1 and not has_large_steps(subject)
        yield subject.about(
            sigmoids[0].name, Check.SIGMOID_IN_HIDDEN, Severity.SUSPICION if is_likely else Severity.HINT,
            {"layers": tuple(layer.name for layer in sigmoids)}
        )  # fmt: skip
    for layer in subject.program.model._flatten_layers(include_self=False):
        if not isinstance(layer, RECURRENT):
            continue
        after = next_layer(layer)
        name = activation_name(after.activation) if isinstance(after, keras.layers.Activation) else "linear"
        if name in SIGMOIDS and after.name not in {head.activation_layer for head in heads_of(subject)}:
            yield subject.about(
                after.name, Check.REPEATED_HIDDEN_ACTIVATION, Severity.SUSPICION,
                {"activations": (activation_name(layer.activation), name)}
            )  # fmt: skip
        elif activation_name(layer.activation) == "relu":
            is_short = (steps_of(layer) or MANY_STEPS) < MANY_STEPS
            yield subject.about(
                layer.name, Check.RELU_IN_RECURRENT, Severity.HINT if is_short else Severity.SUSPICION,
                {"kind": type(layer).__name__}
            )  # fmt: skip
            return


def has_large_steps(subject: Subject) -> bool:
    """Whether plain gradient descent is given steps so large that small gradients pass through sigmoid layers too."""
    is_plain = isinstance(subject.program.optimizer, keras.optimizers.SGD)
    return is_plain and effective_rate(*first_rate(subject.program.optimizer)) >= LIKELY_RATES["SGD"][1]


def penalty_rules(subject: Subject) -> Finding:
    """Penalties and dropout that leave little to learn."""
    for layer in subject.program.model._flatten_layers(include_self=False):
        regularizer = getattr(layer, "kernel_regularizer", None)
        strength = max((float(getattr(regularizer, name, 0) or 0) for name in ("l1", "l2")), default=0.0)
        if strength >= STRONG_PENALTY:
            yield subject.about(layer.name, Check.STRONG_PENALTY, Severity.SUSPICION, {"strength": strength})
            break
    for layer, _ in hidden_layers(subject):
        drop = following_dropout(layer)
        units = getattr(layer, "units", None)
        if drop is None or units is None:
            continue
        kept = units * (1 - float(drop.rate))
        if (drop.rate >= HALF_DROPPED and kept < FEW_UNITS_KEPT) or drop.rate >= LARGE_DROPOUT:
            yield subject.about(
                drop.name, Check.FEW_UNITS_KEPT, Severity.SUSPICION, {"rate": float(drop.rate), "units": int(units)}
            )
            return


def following_dropout(layer: Any) -> Any:
    """The dropout after a layer and its activation; None if there is none."""
    after = next_layer(layer)
    if isinstance(after, (keras.layers.Activation, keras.layers.BatchNormalization)):
        after = next_layer(after)
    return after if isinstance(after, DROPOUTS) else None


def width_rules(subject: Subject) -> Finding:
    """A hidden layer of one unit before several classes."""
    head = subject.head
    if head is None or (head.units or 0) < 3 or head.activation != "softmax":
        return
    for layer, _ in hidden_layers(subject):
        if getattr(layer, "units", None) == 1:
            yield subject.about(layer.name, Check.ONE_HIDDEN_UNIT, Severity.SUSPICION, {"classes": head.units})
            return


def likely_rate_rules(subject: Subject) -> Finding:
    """Learning rates, with the momentum that multiplies them, that are rarely right."""
    program = subject.program
    rate, momentum = first_rate(program.optimizer)
    if rate <= 0:
        return
    name = type(program.optimizer).__name__
    low, high = LIKELY_RATES.get(name, LIKELY_RATES_OF_OTHERS)
    effective = effective_rate(rate, momentum)
    is_recurrent = any(isinstance(layer, RECURRENT) for layer in program.model._flatten_layers(include_self=False))
    if name == "SGD" and is_recurrent:
        low = SLOW_RECURRENT_RATE
    if name == "SGD" and is_mean_of_many(subject):
        low = SLOW_WIDE_RATE
    if name == "SGD" and is_of_small_numbers(subject):
        low = SLOW_SMALL_RATE
    if name == "SGD" and subject.head is not None and is_of_bounded_squares(subject):
        high *= max(FLATTENED, subject.head.units or 0)
    elif name == "SGD" and any(hidden in SIGMOIDS for _, hidden in hidden_layers(subject)):
        high *= FLATTENED
    is_large = effective > high
    if low < effective <= high or (not is_large and is_pretrained(subject)):
        return  # pretrained weights are tuned with small rates
    is_usual = bool(np.isclose(rate, type(program.optimizer)().get_config()["learning_rate"]))
    yield subject.at(
        program.places.optimizer or program.places.compile,
        Check.LARGE_LEARNING_RATE if is_large else Check.SMALL_LEARNING_RATE,
        Severity.HINT if is_usual and not momentum and name not in SLOW_BY_DEFAULT else Severity.SUSPICION,
        {"learning rate": rate, "optimizer": name, "momentum": momentum, "default": is_usual}
    )  # fmt: skip


def is_of_small_numbers(subject: Subject) -> bool:
    """Whether a squared error has small gradients because inputs and targets are known to be of the order of 1."""
    targets = subject.targets
    if subject.loss_name != "mean_squared_error" or targets is None or subject.program.made_up is not MadeUp.NOTHING:
        return False
    return max(abs(targets.low), abs(targets.high)) <= 1 and all(
        np.max(np.abs(array)) <= 1 for array in numeric_inputs(subject.program.x)
    )


def is_mean_of_many(subject: Subject) -> bool:
    """Whether the loss is the mean over so many outputs that the gradient of each is small."""
    sizes = () if subject.head is None else subject.head.shape[1:]
    is_mean = subject.loss_name in REGRESSION_LOSSES | BINARY_CROSSENTROPIES
    return is_mean and None not in sizes and math.prod(size or 1 for size in sizes) >= MANY_OUTPUTS


def is_pretrained(subject: Subject) -> bool:
    """Whether the model begins with weights of an earlier training."""
    if subject.program.set_weights or "load_weights(" in subject.text or "load_model(" in subject.text:
        return True
    if made_up_names(subject.program.notes, WEIGHTS):  # in a module of the user's, too
        return True
    return any(name in PRETRAINED for _, _, name in subject.calls())


def length_rules(subject: Subject) -> Finding:
    """Very few epochs, unless they are known to be long, and few updates of a data set whose size is known."""
    program = subject.program
    is_looped = any(loops_around(source, tree, program.places.fit) for source, tree in subject.code)
    if program.is_trained_otherwise or is_looped or program.places.fit is None:  # no call says how many
        return
    rows = real_rows(program)
    steps = program.steps_per_epoch or (None if rows is None else -(-rows // max(1, program.batch_size)))
    updates = None if steps is None else steps * program.epochs
    is_enough = program.epochs > FEW_EPOCHS if updates is None else updates > MANY_UPDATES
    if is_enough or is_pretrained(subject):  # pretrained models need few
        return
    is_known = program.made_up is MadeUp.VALUES or has_written_steps(subject)
    if is_known and updates is not None and updates <= FEW_UPDATES:
        yield subject.at(
            program.places.fit, Check.FEW_UPDATES,
            Severity.SUSPICION if updates <= VERY_FEW_UPDATES else Severity.HINT,
            {"updates": updates, "epochs": program.epochs}
        )  # fmt: skip
        return
    if program.made_up is MadeUp.VALUES:
        return
    if FIRST_VERSION.search(subject.text) and not given_keywords(subject) & {"epochs", "nb_epoch"}:
        return  # the default of the first version was many
    is_short = program.epochs <= VERY_FEW_EPOCHS and program.batch_size > SMALL_BATCH
    yield subject.at(
        program.places.fit, Check.FEW_EPOCHS, Severity.SUSPICION if is_short else Severity.HINT,
        {"epochs": program.epochs}
    )  # fmt: skip


def has_written_steps(subject: Subject) -> bool:
    """Whether a call that trains is given a number of steps per epoch, which made-up data do not change."""
    return any(
        word.arg == "steps_per_epoch" and isinstance(word.value, ast.Constant)
        for _, call, called in subject.calls()
        for word in (call.keywords if called in TRAINING else ())
    )


def input_rules(subject: Subject) -> Finding:
    """An Embedding layer with hardly any rows, and sequences of one step."""
    for layer in subject.program.model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.Embedding) and layer.input_dim < SMALL_VOCABULARY:
            yield subject.about(layer.name, Check.SMALL_VOCABULARY, Severity.SUSPICION, {"rows": int(layer.input_dim)})
    yield from one_step_rules(subject, is_stateful=False)


LIKELY_RULES: tuple[Rule, ...] = (
    softmax_rules, bounded_rules, scaled_target_rules, one_class_rules, descent_rules, input_rules, known_scale_rules,
    activation_rules, *LIKELY_SOURCE_RULES, likely_rate_rules, penalty_rules, width_rules, length_rules,
    sorted_split_rules,
)  # fmt: skip  # the likelier causes first
