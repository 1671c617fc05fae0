"""Rules about a loss of the user's own: it is called with right and with wrong predictions, and differentiated.

A loss that Keras knows is right whatever it is given. One that somebody wrote may grow where predictions get better,
may not change with them at all, or may have no derivative if they are right. None of that needs a training.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ...recording.source import called_name
from ..derivatives import with_gradient
from ..findings import Check, Contradiction, Finding, Rule, Severity, Subject
from ..heads import Head
from ..source.places import Place, argument_of, names_in

Array = NDArray[Any]
ROWS = 16  # of targets and predictions that a loss is called with
DRAWS = 8  # of targets and predictions; all have to agree
OPEN_SIZE = 4  # of an axis that the model leaves open
SMOOTHING = 0.05  # by which probabilities that are right stay away from 0 and 1
LEAST_RISE = 1e-3  # of a loss between wrong and right predictions, relative, that rounding does not make
LEAST_BEND = 1e-3  # relative, by which a loss that is not linear differs from its chord
RECTIFIED = ("relu", "relu6")  # outputs that are often exactly 0, and so equal to a target of 0
PROBABILITIES = ("sigmoid", "hard_sigmoid", "softmax")
NAMES_PREDICTIONS = re.compile(r"pred|output|y_?hat|estimat", re.IGNORECASE)
NAMES_TARGETS = re.compile(r"true|target|label|actual|truth", re.IGNORECASE)
OF_PAIRS = re.compile(r"contrastive|siamese|distance", re.IGNORECASE)  # losses that are small for outputs near 0
TARGETS_FIRST = (
    "categorical_crossentropy", "binary_crossentropy", "sparse_categorical_crossentropy", "kl_divergence", "kld",
    "kullback_leibler_divergence", "poisson", "mean_absolute_percentage_error", "mape",
)  # fmt: skip  # losses of Keras that are others when their arguments are swapped

Loss = Callable[[Array, Array], float]


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Targets with predictions for them, each (rows, ...) as the output of the model."""

    targets: Array  # what the loss is given first
    right: Array  # predictions that follow the targets
    wrong: Array  # predictions that follow the targets of other rows


def own_loss_rules(subject: Subject) -> Finding:
    """A loss of the user's own that cannot train any model, or trains it to be wrong."""
    loss, head = subject.loss, subject.head
    if loss is None or loss.is_known or loss.function is None or head is None:
        return
    name = loss.name.removeprefix("custom:")
    swapped = swapped_arguments(subject, name)
    if swapped is not None:
        yield swapped
        return
    sides = [sides_of(head, np.random.default_rng(draw)) for draw in range(DRAWS)]
    try:
        check = check_of(loss.function, head, sides, has_direction=follows_targets(subject, head))
    except Exception:  # a loss of targets in another form than the output
        return
    if check is None:
        return
    is_seldom = check is Check.LOSS_GRADIENT_NOT_FINITE and head.activation not in RECTIFIED
    severity = Severity.SUSPICION if check is Check.LOSS_GRADIENT_NOT_FINITE else Severity.CONTRADICTION
    yield subject.at(
        next((place for place, _ in functions_named(subject, name)), None) or subject.loss_place, check,
        Severity.HINT if is_seldom and subject.program.can_be_trained else severity, {"loss": name}
    )  # fmt: skip


def follows_targets(subject: Subject, head: Head) -> bool:
    """Whether the outputs are meant to be the targets: they are as many, and not parameters or a distance of pairs."""
    if len(getattr(subject.program.model, "inputs", None) or ()) > 1 or OF_PAIRS.search(subject.loss_name):
        return False
    if subject.targets is None:
        return head.units == 1 or head.activation in PROBABILITIES
    return subject.targets.width == head.units


def check_of(function: Any, head: Head, sides: list[Sides], *, has_direction: bool) -> Check | None:
    """What is wrong with a loss; None if nothing is.

    Args:
        has_direction: whether predictions that follow the targets are the right ones.

    Raises:
        Exception: the loss cannot be called with targets in the form of the output.
    """
    value = value_of(function)
    if all(not np.any(gradient_of(function, side.targets, side.wrong)) for side in sides):
        return Check.LOSS_WITHOUT_GRADIENT
    values = [(value(side.targets, side.right), value(side.targets, side.wrong)) for side in sides]
    if has_direction and head.range is not None and np.all(np.isfinite(values)):
        is_worse = all(right > wrong + LEAST_RISE * abs(wrong) for right, wrong in values)
        is_score = head.activation not in PROBABILITIES and is_linear(value, sides[0])
        if is_worse and not is_score:
            return Check.LOSS_PREFERS_WRONG
    if head.activation in PROBABILITIES:
        return None  # the targets are the limits of what it can be
    equal = [gradient_of(function, side.targets, side.targets) for side in sides]
    is_finite = all(np.all(np.isfinite(gradient)) for gradient in equal)
    return None if is_finite or not np.isfinite(values[0][0]) else Check.LOSS_GRADIENT_NOT_FINITE


def sides_of(head: Head, rng: np.random.Generator) -> Sides:
    """Targets of the kind that an output can take, and right and wrong predictions of them."""
    shape = (ROWS, *(OPEN_SIZE if size is None else size for size in head.shape[1:]))
    if head.activation == "softmax" and (head.units or 0) > 1:
        units = shape[-1]
        classes = rng.integers(0, units, shape[:-1])
        targets, others = (np.eye(units, dtype=np.float32)[(classes + step) % units] for step in (0, 1))
        spread = SMOOTHING / units
        return Sides(
            targets=targets,
            right=(1 - SMOOTHING) * targets + spread,
            wrong=((1 - SMOOTHING) * others + spread).astype(np.float32),
        )
    if head.activation in PROBABILITIES:
        targets = rng.integers(0, 2, shape).astype(np.float32)
        right = ((1 - 2 * SMOOTHING) * targets + SMOOTHING).astype(np.float32)
        return Sides(targets=targets, right=right, wrong=1 - right)
    targets = rng.normal(size=shape).astype(np.float32)
    if head.range is not None and head.range[0] == 0:
        targets = np.abs(targets)
    if head.range is not None and head.range[1] is not None:
        targets = np.tanh(targets)
    return Sides(targets=targets, right=targets, wrong=np.roll(targets, 1, axis=0))


def value_of(function: Any) -> Loss:
    """The mean of a loss, as a number of targets and predictions."""
    tensor = keras.ops.convert_to_tensor
    return lambda targets, predictions: float(np.mean(function(tensor(targets), tensor(predictions))))


def gradient_of(function: Any, targets: Array, predictions: Array) -> Array:
    """The gradient of the mean of a loss with respect to the predictions, 0 if it does not depend on them."""
    tensor = keras.ops.convert_to_tensor

    def mean(values: list[Any]) -> tuple[Any, None]:
        return keras.ops.mean(keras.ops.cast(function(tensor(targets), values[0]), "float32")), None

    return np.asarray(with_gradient(mean)([tensor(predictions)])[2][0])


def is_linear(value: Loss, side: Sides) -> bool:
    """Whether a loss is linear in the predictions, as the score of a critic is: its sign says nothing."""
    ends = value(side.targets, side.right), value(side.targets, side.wrong)
    middle = value(side.targets, (side.right + side.wrong) / 2)
    return bool(abs(middle - sum(ends) / 2) <= LEAST_BEND * abs(ends[0] - ends[1]))


def swapped_arguments(subject: Subject, name: str) -> Contradiction | None:
    """A loss that takes the targets for predictions, read from its names and calls; None if it does not."""
    for place, definition in functions_named(subject, name):
        first, second = (argument.arg for argument in definition.args.args[:2])
        calls = dict(calls_in_order(definition, first, second))
        is_reversed = NAMES_PREDICTIONS.search(first) and NAMES_TARGETS.search(second)
        called = next((called for called, is_swapped in calls.items() if is_swapped), None)
        if called is None and (calls or not is_reversed or is_symmetric(subject)):
            continue
        return subject.at(
            place, Check.LOSS_ARGUMENTS_SWAPPED, Severity.CONTRADICTION,
            {"loss": name, "called": called, "first": first, "second": second}
        )  # fmt: skip
    return None


def is_symmetric(subject: Subject) -> bool:
    """Whether targets and predictions can be swapped without a change of the loss."""
    assert subject.loss is not None
    assert subject.head is not None
    value, side = value_of(subject.loss.function), sides_of(subject.head, np.random.default_rng(0))
    try:
        return bool(np.isclose(value(side.targets, side.wrong), value(side.wrong, side.targets), rtol=1e-4))
    except Exception:
        return False


def calls_in_order(definition: ast.FunctionDef, first: str, second: str) -> Iterator[tuple[str, bool]]:
    """Losses of Keras that a loss calls with both of its arguments, and whether it gives them the second one first."""
    for node in ast.walk(definition):
        if not isinstance(node, ast.Call) or called_name(node) not in TARGETS_FIRST:
            continue
        parts = (
            argument_of(node, "y_true", 0) or argument_of(node, "target", 0),
            argument_of(node, "y_pred", 1) or argument_of(node, "output", 1),
        )
        targets, predictions = (names_in(part) & {first, second} for part in parts)
        if targets != predictions and len(targets) == len(predictions) == 1:
            yield called_name(node), targets == {second}


def functions_named(subject: Subject, name: str) -> Iterator[tuple[Place, ast.FunctionDef]]:
    """Definitions of functions of a name with two arguments or more, and where they are."""
    for source, tree in subject.code:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == name and len(node.args.args) > 1:
                yield source.place(node), node


OWN_LOSS_RULES: tuple[Rule, ...] = (own_loss_rules,)
