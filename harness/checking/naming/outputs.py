"""Mistakes between outputs and targets: what is taken of them is not the gradient of the cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...recording.graph import Place
from ..alignment import Samples
from ..cost import Form
from ..reading import samples_of_lanes
from ..structure import Layer, is_coupled
from .case import Case, Name, first_name, is_multiple

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Instead:
    """What is taken of outputs and targets where the gradient of the cost should be."""

    id: str  # the mistake
    function: Callable[[Array, Array], Array]  # of the outputs and targets
    at_pre_activation: bool = False  # whether it is taken of pre-activations in the place of outputs


INSTEAD = (
    Instead(id="cost-used-as-gradient", function=lambda x, y: (x - y) ** 2),
    Instead(id="cost-used-as-gradient", function=lambda x, y: np.abs(x - y)),
    Instead(id="cost-gradient-at-pre-activation", function=lambda x, y: x - y, at_pre_activation=True),
    Instead(id="target-added", function=lambda x, y: x + y),
    Instead(id="binary-crossentropy-one-sided", function=lambda x, y: y / x),
    Instead(id="binary-crossentropy-one-sided", function=lambda x, y: y * (1 - x)),
)


def name_output(case: Case, layer: Layer) -> Name | None:
    """The name of a mistake between outputs and targets."""
    if case.faulty is None or not case.stage.errors:
        return None
    return first_name(TESTS, case, layer, case.faulty)


def broadcast_errors(case: Case, layer: Layer, value: Samples) -> Name | None:
    """Outputs and targets have shapes that NumPy makes a larger one of"""
    error = case.stage.errors[0]
    node = case.stage.node(error.node)
    if error.target is None:
        return None
    wide, shape = case.stage.node(error.target).shape, case.stage.node(error.output).shape
    is_wider = wide != shape and node.shape not in (shape, wide)
    return Name("broadcast-by-accident", case.lines(node)) if is_wider else None


def something_instead(case: Case, layer: Layer, value: Samples) -> Name | None:
    """Something else of outputs and targets, with the derivative of the activation or without"""
    derivative, node = case.local_derivative(layer), case.stage.node(case.stage.errors[0].node)
    for instead in INSTEAD:
        if instead.at_pre_activation and layer.a == layer.z:
            continue
        if instead.id == "binary-crossentropy-one-sided" and has_negative_targets(case):
            continue
        expected = case.of_errors(instead.function, layer if instead.at_pre_activation else None)
        # errors that are all above 0, or all below, are their own absolute values
        is_same = instead.id == "cost-used-as-gradient" and is_plain(case, value)
        if expected is None or not np.any(expected.flat) or is_same:
            continue
        scaled = None
        if derivative is not None and derivative.flat.shape == expected.flat.shape:
            scaled = expected.flat * derivative.flat
        if is_multiple(value, expected.flat) or (scaled is not None and is_multiple(value, scaled)):
            return Name(instead.id, case.lines(node))
    return None


def has_negative_targets(case: Case) -> bool:
    """Whether targets are below 0, as those of margins are and shares are not"""
    return any(np.any(error.target_values(case.settings[0]) < 0) for error in case.stage.errors)


def several_classes(case: Case, layer: Layer) -> Name | None:
    """The difference is right for softmax and cross-entropy, but an observation has several classes, or none"""
    stage, value = case.stage, case.faulty
    if value is None or not stage.errors or not case.is_output(layer) or not is_coupled(stage, layer):
        return None
    if case.reading.cost.form is Form.SQUARED or not is_plain(case, value):
        return None
    error = stage.errors[0]
    targets = error.target_values(case.settings[0])
    axes = range(targets.ndim)  # another one than that of the softmax, too: then it is the softmax that is wrong
    if not np.all(np.isin(targets, (0, 1))) or any(np.all(np.sum(targets, axis=axis) == 1) for axis in axes):
        return None
    return Name("targets-not-one-hot", case.lines_after(*target_writes(case)))


def target_writes(case: Case) -> list[Place | None]:
    """The last line that writes into the targets, if there is one"""
    stage, target = case.stage, case.stage.errors[0].target
    made = stage.program.ancestors([target]) if target is not None else set()
    return [stage.node(one).place for one in sorted(made) if stage.node(one).operation == "setitem"][-1:]


def wrong_softmax_axis(case: Case, layer: Layer, value: Samples) -> Name | None:
    """The difference is that of softmax and cross-entropy, but it is the activation that adds up wrongly"""
    output = case.stage.errors[0].output
    is_normalised = is_coupled(case.stage, layer) and adds_up_to_one(case, output)
    is_fitting = case.reading.cost.form in (Form.CATEGORICAL, None)
    if not is_normalised or not is_fitting or not is_plain(case, value):
        return None
    if adds_up_to_one(case, output, -1) and has_other_sums(case):
        return Name("targets-not-one-hot", case.lines_after(*target_writes(case)))
    own = case.reading.cost.node
    if own is not None and is_of(case, lambda x, y: y / x) is False:
        program = case.stage.program
        made_of_it = program.descendants([output], within=program.ancestors([own])) - {output}
        return Name("cost-differs", case.lines(case.stage.node(min(made_of_it, default=own))))
    nodes = [case.stage.node(one) for one in layer.region if one <= output]  # a cost adds up, too
    normalising = [one for one in nodes if one.operation in ("sum", "softmax")]
    normalising = normalising or [one for one in nodes if one.operation == "divide"]  # by what Python's own sum gave
    places = [one.place for one in normalising if one.place is not None]
    return Name("softmax-over-wrong-axis", case.lines_after(*places[-1:]))


def extra_derivative(case: Case, layer: Layer, value: Samples) -> Name | None:
    """The difference of outputs and targets is multiplied by a (1 - a)"""
    expected = case.of_errors(lambda x, y: (x - y) * x * (1 - x))
    if expected is None or not is_multiple(value, expected.flat):
        return None
    is_squared = case.reading.cost.form is Form.SQUARED or is_of(case, lambda x, y: x - y)
    if is_coupled(case.stage, layer) and is_squared:
        return Name("softmax-jacobian-diagonal-only", case.lines())
    return Name("cross-entropy-gradient-with-extra-derivative", case.lines())


# in this order: what is more particular goes first
TESTS = (broadcast_errors, something_instead, wrong_softmax_axis, extra_derivative)


def is_plain(case: Case, value: Samples | None) -> bool:
    """Whether a value is the difference of outputs and targets"""
    plain = case.of_errors(lambda x, y: x - y)
    return value is not None and plain is not None and is_multiple(value, plain.flat)


def is_of(case: Case, gradient: Callable[[Array, Array], Array]) -> bool | None:
    """Whether the gradient of the cost is a multiple of a function of outputs and targets; None if it is not known."""
    error, gradients = case.stage.errors[0], case.reading.gradients
    if any(error.output not in one for one in gradients) or len(case.stage.errors) > 1:
        return None
    expected = case.of_errors(gradient)
    found = samples_of_lanes([[one[error.output]] for one in gradients])
    if expected is None or expected.flat.shape != found.flat.shape:
        return None
    return is_multiple(found, expected.flat)


def has_other_sums(case: Case) -> bool:
    """Whether the targets of each observation, in rows, add up to one number that is not 1, such as a 2 among 0s"""
    targets = case.stage.errors[0].target_values(case.settings[0])
    sums = [np.sum(targets, axis=axis) for axis in range(targets.ndim)]
    if len(sums) != 2 or any(np.allclose(one, 1) for one in sums):
        return False
    return bool(np.allclose(sums[-1], sums[-1][0]))


def adds_up_to_one(case: Case, id: int, *wanted: int) -> bool:
    """Whether values are shares of 1, along one of some axes; without these, along an axis or all together"""
    value = np.asarray(case.settings[0][id], dtype=float)
    axes: tuple[int | None, ...] = wanted or (None, *range(value.ndim))
    return bool(np.all(value >= 0)) and any(np.allclose(np.sum(value, axis=axis), 1) for axis in axes)
