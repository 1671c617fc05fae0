"""What a Keras model's weights show, and some data: clones, dead units, saturation, scale.

The scale of a kernel is compared with the rule that its activation is recommended to start from (initializers.py has
the sources): He's for relu and its like, LeCun's for selu, Glorot's for all others. It says how the model was
initialised as long as it is not trained; training changes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..measures import saturation
from ..measures.symptoms import root_mean_square
from ..models.activations import initializer_family
from ..models.initializers import VARIANCES
from ..models.network import Array
from ..progress import Progress, silent
from ..results import Result
from .units import (
    NORMALISATION,
    RECURRENT,
    Units,
    activations,
    applied_activation,
    consumers,
    groups_of,
    kernel_of,
    layers_of,
    near_groups_of,
    probe_of,
    units_of,
)

OFF = 2.0  # a kernel so many times larger or smaller than the rule has it is reported; the rules differ by up to 1.4
BATCH = 256  # observations at once


@dataclass(frozen=True, kw_only=True)
class OnData:
    """What the units of a layer did on data: units dead and saturated on every observation, the share saturated."""

    dead: list[int]
    saturated: list[int]
    share: float

    @property
    def only_saturated(self) -> list[int]:
        """Those saturated that are not dead."""
        return [unit for unit in self.saturated if unit not in self.dead]


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """What was found of one layer."""

    # name, kind: of the Keras layer and its class
    name: str
    kind: str
    activation: str  # of its units, also if it is a layer of its own
    units: int  # how many
    is_hidden: bool  # False for a layer that answers to targets; its clones are not a defect
    outgoing_known: bool  # False if the incoming weights decided alone
    clones: list[list[int]]  # groups of two or more
    near_clones: list[list[int]]  # groups of two or more that are nearly clones, exact ones among them
    effective_width: int  # distinct units
    # scale, rule, recommended: root mean square of the kernel, the rule's name and its standard deviation; the last two
    # None if there is no rule (an embedding)
    scale: float
    rule: str | None
    recommended: float | None
    on_data: OnData | None  # None if there are no data, or if the activation is not judged

    @property
    def ratio(self) -> float | None:
        """How many times the scale that the rule recommends; None if a rule is not known or the scale not finite."""
        return None if self.recommended is None or not math.isfinite(self.scale) else self.scale / self.recommended

    @property
    def is_off_scale(self) -> bool:
        """Whether the kernel is far larger or smaller than the rule has it."""
        return self.ratio is not None and not 1 / OFF <= self.ratio <= OFF

    @property
    def findings(self) -> list[str]:
        """What is wrong with it, each in a few words."""
        found = [] if math.isfinite(self.scale) else ["not finite"]
        if self.is_hidden and self.clones:
            found.append("clones")
        elif self.is_hidden and any(2 * len(group) > self.units for group in self.near_clones):
            found.append("near-clones")
        if self.on_data is not None and self.is_hidden:
            if self.on_data.dead:
                found.append("dead")
            if self.on_data.only_saturated:
                found.append("saturated")
        return found


@dataclass(frozen=True, kw_only=True)
class Inspection(Result):
    """What was found of a model: the layers that were judged, and the names of those with weights that were not."""

    model: str
    observations: int | None
    layers: list[LayerReport]
    not_judged: list[str]

    @property
    def is_fine(self) -> bool:
        """Whether no layer has clones, dead or saturated units, or weights that are not numbers."""
        return not any(layer.findings for layer in self.layers)


def fans(layer: keras.Layer, kernel: Array) -> tuple[int, int]:
    """(fan in, fan out) of a kernel (positions, inputs, units) as Keras counts them; a unit of each gate is one more"""
    positions, inputs, units = kernel.shape
    return (inputs if isinstance(layer, RECURRENT) else positions * inputs), positions * units


def recommended_scale(layer: keras.Layer, kernel: Array, activation: str) -> tuple[str | None, float | None]:
    """The rule for an activation, and the standard deviation it gives this layer's kernel; None for an embedding."""
    if isinstance(layer, keras.layers.Embedding):
        return None, None
    rule = initializer_family(activation)
    return rule, math.sqrt(VARIANCES[rule](*fans(layer, kernel)))


def batches(x: Any, observations: int) -> Iterator[Any]:
    """The data, ``BATCH`` observations at a time."""
    for start in range(0, observations, BATCH):
        chosen = slice(start, start + BATCH)
        yield [values[chosen] for values in x] if isinstance(x, list) else x[chosen]


def on_data(
    probe: keras.Model, names: Sequence[str], x: Any, observations: int, progress: Progress
) -> list[OnData | None]:
    """What each layer's units did, by the names of their activations; a batch is forgotten before the next."""
    dead: list[NDArray[np.bool_]] = [np.array(True) for _ in names]
    saturated: list[NDArray[np.bool_]] = [np.array(True) for _ in names]
    count, total = [0] * len(names), [0] * len(names)
    for number, batch in enumerate(batches(x, observations)):
        progress(number * BATCH, observations, "observations")
        for place, (name, a) in enumerate(zip(names, activations(probe, batch))):
            if saturation.is_judged(name):
                slopes = saturation.relative_slopes(name, a)
                flat = slopes < saturation.FLAT
                dead[place] = dead[place] & (slopes == 0).all(axis=0)
                saturated[place] = saturated[place] & flat.all(axis=0)
                count[place] += int(flat.sum())
                total[place] += flat.size
    return [
        OnData(
            dead=np.flatnonzero(dead[place]).tolist(),
            saturated=np.flatnonzero(saturated[place]).tolist(),
            share=count[place] / total[place],
        )
        if saturation.is_judged(name)
        else None
        for place, name in enumerate(names)
    ]


def layer_report(units: Units, activation: str, found: OnData | None) -> LayerReport:
    """All that is reported of one layer."""
    groups = groups_of(units)
    kernel = kernel_of(units.layer)
    assert kernel is not None  # or there would be no units
    rule, recommended = recommended_scale(units.layer, kernel, activation)
    return LayerReport(
        name=units.layer.name,
        kind=type(units.layer).__name__,
        activation=activation,
        units=units.count,
        is_hidden=units.is_hidden,
        outgoing_known=units.outgoing is not None,
        clones=[group for group in groups if len(group) > 1],
        near_clones=near_groups_of(units),
        effective_width=len(groups),
        scale=root_mean_square(kernel.astype(np.float64)),  # about 0, not about the mean as in the rules
        rule=rule,
        recommended=recommended,
        on_data=found,
    )


def inspect(model: keras.Model, x: Any = None, progress: Progress = silent) -> Inspection:
    """Judge a built model; with data (an array, or a list of one for each input) also how its units answer to them.

    Raises:
        BadInput: the model has no weights yet, or data is given and the model is not a graph of layers.
    """
    if not model.built:
        raise BadInput(f"{model.name} has no weights yet; give it an Input layer, or build it before it is returned")
    graph, every = consumers(model), units_of(model)
    applied = [applied_activation(units.layer, graph) for units in every]
    names = [name for _, name in applied]
    observations: int | None = None
    found: list[OnData | None] = [None] * len(every)
    if x is not None and every:
        observations = len(x[0] if isinstance(x, list) else x)
        try:
            probe = probe_of(model, [operation for operation, _ in applied])
        except ValueError as error:
            raise BadInput(str(error)) from None
        found = on_data(probe, names, x, observations, progress)
    judged = {id(units.layer) for units in every}
    others = [
        layer.name
        for layer in layers_of(model)
        if layer.weights and id(layer) not in judged and not isinstance(layer, NORMALISATION)
    ]
    reports = [layer_report(*of_layer) for of_layer in zip(every, names, found)]
    return Inspection(model=model.name, observations=observations, layers=reports, not_judged=others)
