"""The facts about the head of a network that repairs ask for: what ``programs.heads`` reads, and its loss.

These belong together: a repair of one of them often needs another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from ..programs.heads import head_of
from ..programs.loss_names import HINGE_LOSSES
from ..programs.program import Program
from ..programs.targets import describe_loss
from .scores import Reading
from .tasks import LabelFormat, Task, TaskKind, class_indices

CUSTOM = "custom"  # canonical name of a loss or activation of the user's own
LINEAR = "linear"


@dataclass(frozen=True, kw_only=True)
class HeadFacts:
    """The head of a network."""

    layer: str | None  # name of the last layer with weights; None if it cannot be read
    activations: tuple[str, ...]  # names of the activations behind it, in order; none if the output is linear
    activation_layers: tuple[str, ...]  # names of the layers that apply them; a Dense layer applies its own
    is_certain: bool  # whether nothing else happens to the outputs
    units: int  # of the outputs
    loss: str  # canonical name, such as "mean_squared_error"; "custom" for a function of the user's own
    from_logits: bool  # whether the loss takes the outputs for logits
    rank: int  # number of axes of the outputs, with that of the observations

    @property
    def activation(self) -> str:
        """The activation of the outputs; several in a row are joined by +."""
        names = tuple(CUSTOM if name.startswith("custom:") else name for name in self.activations)
        return "+".join(names) if names else LINEAR


def read_head(program: Program) -> HeadFacts:
    """The head of a program's network.

    Raises:
        BadInput: the model has several outputs, or the shape of its output is not known.
    """
    found = head_of(program.model, program.sample)
    if found is None:
        raise BadInput(
            f"{program.name}: expected a model with one output whose shape is known. Diagnose one output at a time: "
            "make a model of the same inputs and that output."
        )
    name, from_logits = loss_facts(program.loss)
    return HeadFacts(
        layer=found.layer,
        activations=tuple(applied.name for applied in found.activations),
        activation_layers=tuple(applied.layer for applied in found.activations),
        is_certain=found.is_certain,
        units=found.units or 1,
        loss=name,
        from_logits=from_logits,
        rank=len(found.shape),
    )


def loss_facts(loss: object) -> tuple[str, bool]:
    """Canonical name of a loss, and whether it takes logits."""
    facts = describe_loss(loss)
    if facts is None:
        return CUSTOM, False
    return (facts.name if facts.is_known else CUSTOM), facts.from_logits


def reading_of(task: Task, head: HeadFacts) -> Reading:
    """How classes are read from the outputs: as the loss means them."""
    if head.units > 1 and task.kind is not TaskKind.MULTILABEL:
        columns = np.arange(head.units)
        known = columns
        if task.format is LabelFormat.INDICES:
            known = class_indices(columns.astype(float), task.values)
        elif head.units != task.columns:
            known = np.where(columns < task.columns, columns, -1)
        return Reading(threshold=0.5, column_classes=known)
    one = np.zeros(1, dtype=np.intp)
    if head.from_logits and not head.activation.endswith("sigmoid"):
        return Reading(threshold=0.0, column_classes=one)
    if head.loss in HINGE_LOSSES:
        return Reading(threshold=0.0, column_classes=one)
    if task.kind is TaskKind.BINARY and task.format is LabelFormat.INDICES and len(task.values) == 2:
        return Reading(threshold=float(np.mean(task.values)), column_classes=one)
    return Reading(threshold=0.5, column_classes=one)
