"""Repairs of the layers: hidden activations, width, depth, dropout, regularisers, frozen layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from ..programs.changes import Change, ChangeKind
from .case import Case
from .faults import Fault
from .layers import CONVOLUTION, DENSE, FAIR_HIDDEN, GOOD_HIDDEN, RECURRENT, LayerFacts
from .references import wide_code
from .repair import Repair, change_layers, step, with_settings
from .variants import Variant

WIDE = 64  # units of a layer that is wide enough for a small task
LARGE_DROPOUT = 0.65
QUESTIONED_DROPOUT = 0.45


def layer_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Hidden activations, width, depth, dropout, regularisers, frozen layers."""
    yield from _activation_repairs(case, layers)
    yield from _width_repairs(case, layers)
    dropped = [layer for layer in layers if layer.dropout > 0.15]
    if dropped:
        highest = max(layer.dropout for layer in dropped)
        chosen = [layer for layer in dropped if layer.dropout >= min(highest, QUESTIONED_DROPOUT)]
        settings: dict[str, dict[str, Any]] = {
            layer.name: {"rate": 0.0, "dropout": 0.0, "recurrent_dropout": 0.0} for layer in chosen
        }
        yield Repair(
            key="dropout",
            fault=Fault.DROPOUT,
            doubt=step(highest, (0.8, 2.6), (LARGE_DROPOUT, 2.0), (QUESTIONED_DROPOUT, 1.0)),
            apply=with_settings(settings),
            changes=tuple(
                Change(kind=ChangeKind.DROPOUT, layer=layer.name, old=layer.dropout, new=0.0) for layer in chosen
            ),
            block="layers",
        )
    regular = [layer for layer in layers if layer.l1 > 0 or layer.l2 > 0]
    if regular:
        highest = max(max(layer.l2, 3 * layer.l1) for layer in regular)
        none = {"kernel_regularizer": None, "bias_regularizer": None, "activity_regularizer": None}
        yield Repair(
            key="regularization",
            fault=Fault.REGULARIZATION,
            doubt=step(highest, (0.1, 2.6), (0.02, 1.5), (0.005, 1.0)),
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


def _activation_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """relu in hidden layers, and tanh in recurrent ones whose values are shares."""
    hidden = [
        layer for layer in layers if layer.kind in (DENSE, CONVOLUTION) and not layer.is_output and layer.own_activation
    ]
    wrong = [layer for layer in hidden if layer.activation not in GOOD_HIDDEN + FAIR_HIDDEN]
    if wrong:
        linear = [layer for layer in wrong if layer.activation == "linear"]
        doubt = 1.0
        if len(linear) == len(wrong) and case.references.line_suffices:
            doubt = 0.0
        elif len(linear) == len(hidden) or any(layer.activation == "softmax" for layer in wrong):
            doubt = 2.0
        elif len(wrong) >= 3:
            doubt = 1.5
        yield _activation_repair("hidden-activation", wrong, doubt)
    fair = [layer for layer in hidden if layer.activation in FAIR_HIDDEN]
    if fair:
        yield _activation_repair("hidden-relu", fair, 0.5 if len(fair) >= 3 else 0)
    shares = [layer for layer in layers if layer.kind == RECURRENT and layer.own_activation == "softmax"]
    if shares and not shares[-1].is_output:
        yield _activation_repair("recurrent-activation", shares, 2.0, new="tanh")


def _activation_repair(key: str, layers: Sequence[LayerFacts], doubt: float, new: str = "relu") -> Repair:
    """Another activation in some layers."""
    return Repair(
        key=key,
        fault=Fault.HIDDEN_ACTIVATION,
        doubt=doubt,
        apply=with_settings({layer.name: {"activation": new} for layer in layers}),
        changes=tuple(
            Change(kind=ChangeKind.ACTIVATION, layer=layer.name, old=layer.activation, new=new) for layer in layers
        ),
        block="layers",
    )


def _width_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Wider hidden layers, one more, or fewer."""
    hidden = [
        layer
        for layer in layers
        if layer.kind in (DENSE, CONVOLUTION, RECURRENT) and not layer.is_output and layer.units
    ]
    dense = [layer for layer in hidden if layer.kind == DENSE]
    outputs = max(1, case.head.units)
    if case.is_autoencoder:
        yield from _wider_code(case, hidden)
    elif hidden:
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
            doubt=0.0 if hidden or case.references.line_suffices else 1.0,
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


def _wider_code(case: Case, hidden: Sequence[LayerFacts]) -> Iterator[Repair]:
    """A wider code of an autoencoder."""
    least = wide_code(int(np.prod(np.shape(case.inputs[0])[1:])))
    narrow = [layer for layer in hidden if layer.units < least]
    if narrow:
        yield Repair(
            key="too-narrow",
            fault=Fault.TOO_NARROW,
            doubt=2.0 if case.references.code_is_narrow else 0.0,
            apply=with_settings({layer.name: {"units": least, "filters": least} for layer in narrow}),
            changes=tuple(
                Change(kind=ChangeKind.UNITS, layer=layer.name, old=layer.units, new=least) for layer in narrow
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
