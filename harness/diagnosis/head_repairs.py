"""Repairs of the head: output units and activation, loss, labels."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from ..programs.changes import Change, ChangeKind
from ..programs.contradictions import Check
from ..programs.targets import class_of_loss
from .case import Case
from .faults import Fault
from .head_choices import CCE, SCCE, HeadVerdict, judge_head
from .head_facts import loss_facts
from .layers import CONVOLUTION, DENSE, RECURRENT, read_layers
from .repair import Apply, Repair, added_layer, change_layers, configured
from .tasks import TaskKind
from .variants import TargetCoding, Variant


def head_repairs(case: Case) -> Iterator[Repair]:
    """Output units and activation, loss, labels."""
    head, verdict = case.head, judge_head(case)
    yield from _shape_repairs(case)
    repairs = [*_output_repairs(case, verdict), *_loss_repairs(case, verdict), *_label_repairs(case, verdict)]
    if case.task.kind is TaskKind.MULTICLASS and head.units == 1 and verdict.loss and len(repairs) > 1:
        yield _together(repairs)
    else:
        yield from repairs


def _together(repairs: Sequence[Repair]) -> Repair:
    """One repair of output, loss and labels if classes are taught as one quantity: that is one decision."""

    def apply(variant: Variant) -> Variant:
        return functools.reduce(lambda changed, repair: repair.apply(changed), repairs, variant)

    return Repair(
        key="loss",
        fault=Fault.LOSS,
        doubt=max(repair.doubt for repair in repairs),
        apply=apply,
        changes=tuple(change for repair in repairs for change in repair.changes),
        block="head",
    )


def _output_repairs(case: Case, verdict: HeadVerdict) -> Iterator[Repair]:
    """Output units and activation."""
    head, choice = case.head, verdict.choice
    if verdict.units or verdict.activation:
        changes = []
        if verdict.units:
            changes.append(Change(kind=ChangeKind.UNITS, layer=head.layer, old=head.units, new=choice.units))
        if verdict.activation:
            name = head.activation_layers[-1] if head.activation_layers else head.layer
            changes.append(Change(kind=ChangeKind.ACTIVATION, layer=name, old=head.activation, new=choice.activation))
        yield Repair(
            key="output-activation",
            fault=Fault.OUTPUT_ACTIVATION,
            doubt=verdict.doubt,
            apply=lambda variant: set_head(variant, choice.units, choice.activation),
            changes=tuple(changes),
            block="head",
        )


def _loss_repairs(case: Case, verdict: HeadVerdict) -> Iterator[Repair]:
    """The loss."""
    head, choice = case.head, verdict.choice
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


def _label_repairs(case: Case, verdict: HeadVerdict) -> Iterator[Repair]:
    """How the labels are written."""
    choice = verdict.choice
    if verdict.labels:
        yield Repair(
            key="label-encoding",
            fault=Fault.LABEL_ENCODING,
            doubt=verdict.doubt,
            apply=lambda variant: dataclasses.replace(variant, targets=choice.coding),
            changes=(Change(kind=ChangeKind.LABELS, old=case.task.format.value, new=choice.coding.value),),
            block="head",
        )


def _shape_repairs(case: Case) -> Iterator[Repair]:
    """A missing Flatten, and targets of a shape that a loss of the user's own broadcasts."""
    if case.head.rank > 2 and case.task.positions == 1:
        first = _first_dense(case)
        if first is not None:
            yield Repair(
                key="flatten",
                fault=Fault.MISSING_LAYER,
                doubt=3,
                apply=_flattened(first),
                changes=(Change(kind=ChangeKind.ADD_LAYER, layer=first, old=None, new="Flatten()"),),
                block="shape",
            )
    if case.has(Check.BROADCAST_LOSS):
        yield Repair(
            key="target-shape",
            fault=Fault.LABEL_ENCODING,
            doubt=3,
            apply=lambda variant: dataclasses.replace(variant, targets=TargetCoding.COLUMN),
            changes=(Change(kind=ChangeKind.SHAPE, old="(rows,)", new="(rows, 1)"),),
            block="head",
        )


def _first_dense(case: Case) -> str | None:
    """Name of the first Dense layer behind all layers that need positions (convolutions, recurrent layers)."""
    layers = read_layers(case.program, case.head)
    last = max((number for number, layer in enumerate(layers) if layer.kind in (CONVOLUTION, RECURRENT)), default=-1)
    return next((layer.name for layer in layers[last + 1 :] if layer.kind == DENSE), None)


def _flattened(before: str) -> Apply:
    """A Flatten in front of a layer."""
    add = added_layer(before, lambda: keras.layers.Flatten(name="added_flatten"))
    return lambda variant: dataclasses.replace(add(variant), head=dataclasses.replace(variant.head, rank=2))


def set_head(variant: Variant, units: int, activation: str) -> Variant:
    """The variant with other output units and another output activation."""
    head = variant.head

    behind = [name for name in head.activation_layers if name != head.layer]

    def change(layer: Any) -> Any:
        if layer.name == head.layer:
            settings: dict[str, Any] = {"activation": "linear" if behind else activation}
            if units != head.units:
                settings["units"] = units
            return configured(layer, **settings)
        if layer.name in behind:
            return keras.layers.Activation(activation if layer.name == behind[-1] else "linear", name=layer.name)
        return layer

    applied = (behind[-1] if behind else head.layer,)
    new = dataclasses.replace(
        head,
        units=units,
        activations=() if activation == "linear" else (activation,),
        activation_layers=() if activation == "linear" or applied[0] is None else (applied[0],),
    )
    return dataclasses.replace(change_layers(variant, change), head=new)


def set_loss(variant: Variant, name: str, from_logits: bool) -> Variant:
    """The variant with another loss."""
    loss: Any = class_of_loss(name)(from_logits=True) if from_logits else name
    head = dataclasses.replace(variant.head, loss=loss_facts(loss)[0], from_logits=from_logits)
    return dataclasses.replace(variant.with_program(loss=loss, loss_weights=None), head=head)
