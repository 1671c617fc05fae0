"""What a start does to the activations and gradients of the program's own data, and usual starts do not.

Weights alone do not say it: kernels a little too small in each of ten layers leave no gradient, and one that is far too
large does no harm if its inputs are small.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..errors import BadInput
from ..measures.symptoms import root_mean_square
from ..models.activations import activation_named
from ..programs.copies import set_weights
from ..programs.costs import rows_at_once, work_of
from ..programs.gradients import LossGradient
from ..programs.inspection import inspect
from ..programs.program import Program, as_column, take_rows
from .case import Case
from .faults import Fault
from .tasks import Array
from .trials import REFUSALS

MEASURED_ROWS = 256  # that a start is measured on
USUAL_STARTS = 3  # that it is compared with
FAR, SLIGHTLY = 2.5, 1.0  # doubts of a start that is much worse than usual ones, and of one that is worse
WORSE_SHARES = (0.5, 0.25)  # of saturated activations or dead units, more than usual: much worse, and worse
EXPLODED = (30.0, 5.0)  # times the usual gradient
VANISHED = (1 / 100, 1 / 10)
DEEP = 4  # layers with a kernel from which a small gradient is one that vanished on its way back


@dataclass(frozen=True, kw_only=True)
class StartFacts:
    """What one start of a network does."""

    saturated: float  # the largest share of a layer's activations that are saturated, of units that cannot die
    dead: float  # the largest share of a hidden layer's units that are 0 on every row
    gradients: Array  # root mean square of the loss's gradient with respect to each trained kernel


def measured_fault(case: Case, usual: Program) -> tuple[Fault, float] | None:
    """What a program's start does to its data that usual starts do not, and how doubtful that is.

    Args:
        usual: the program with usual initializers
    Returns:
        None if it does nothing of the kind, or cannot be measured: the model cannot be copied, say.
    """
    try:
        own = measure_start(case, case.program.compile_copy(case.program.initial_model()))
        model = usual.compile_copy(usual.fresh_model(0))
        others = []
        for seed in range(USUAL_STARTS):
            set_weights(model, usual.fresh_weights(seed))
            others.append(measure_start(case, model))
    except REFUSALS:
        return None
    usually = np.median([other.gradients for other in others], axis=0)
    if not np.all(np.isfinite(usually)):
        return None  # the data are to blame
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(usually > 0, own.gradients / usually, 1.0)
    more_dead = own.dead - float(np.median([other.dead for other in others]))
    more_saturated = own.saturated - float(np.median([other.saturated for other in others]))
    for level, doubt in enumerate((FAR, SLIGHTLY)):
        if more_dead >= WORSE_SHARES[level]:
            return Fault.DEAD_RELU, doubt
        if more_saturated >= WORSE_SHARES[level]:
            return Fault.SATURATION, doubt
        if not np.all(times < EXPLODED[level]):  # a gradient that is not a number has exploded too
            return Fault.EXPLODING_GRADIENT, doubt
        if np.any(times < VANISHED[level]):
            return Fault.VANISHING_GRADIENT if len(times) >= DEEP else Fault.PLATEAU, doubt
    return None


def measure_start(case: Case, model: Any) -> StartFacts:
    """What the weights of a compiled model do on rows of the program, spread over all of them.

    Activations are those of models that are a graph of layers; of others, the gradients alone are measured.

    Raises:
        one of ``REFUSALS``: gradients cannot be had.
    """
    count = min(case.rows, MEASURED_ROWS, rows_at_once(work_of(case.program), 1))
    rows = np.linspace(0, case.rows - 1, count).astype(int)
    x, y = (keras.tree.map_structure(as_column, take_rows(data, rows)) for data in (case.program.x, case.program.y))
    counts_output = "crossentropy" not in case.head.loss  # whose gradient goes past the output activation
    saturated, dead, layers = [0.0], [0.0], []
    with contextlib.suppress(BadInput):
        layers = inspect(model, x).layers
    for layer in layers:
        if layer.on_data is None:
            continue
        if not activation_named(layer.activation).can_die:
            saturated += [layer.on_data.share] if layer.is_hidden or counts_output else []
        elif layer.is_hidden:
            dead.append(len(layer.on_data.dead) / layer.units)
    gradients = [gradient for variable, gradient in LossGradient(model, x, y)() if len(variable.shape) > 1]
    return StartFacts(saturated=max(saturated), dead=max(dead), gradients=_sizes(gradients))


def _sizes(gradients: Sequence[Any]) -> Array:
    """The root mean square of each of some tensors."""
    return np.array([root_mean_square(keras.ops.convert_to_numpy(gradient)) for gradient in gradients])
