"""Repairs of the layers: hidden activations, width, depth, dropout, regularisers, frozen layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from ..programs.changes import Change, ChangeKind
from ..programs.findings import Check
from .case import Case
from .faults import Fault
from .layers import CONVOLUTION, DENSE, FAIR_HIDDEN, GOOD_HIDDEN, RECURRENT, WIDTHS, LayerFacts
from .repair import Repair, added_layer, change_layers, layers_repair, step
from .variants import Variant

WIDE = 64  # units of a layer that is wide enough for a small task
LARGE_DROPOUT = 0.65
QUESTIONED_DROPOUT = 0.45


def layer_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Hidden activations, width, depth, dropout, regularisers, frozen layers."""
    yield from _activation_repairs(case, layers)
    yield from _width_repairs(case, layers)
    of_output = {finding.layer for finding in case.found if finding.check is Check.DROPOUT_ON_OUTPUT}
    dropped = [layer for layer in layers if layer.name in of_output] or [
        layer for layer in layers if layer.dropout > 0.15
    ]
    if dropped:
        highest = max(layer.dropout for layer in dropped)
        chosen = [layer for layer in dropped if layer.dropout >= min(highest, QUESTIONED_DROPOUT)]
        yield layers_repair(
            key="dropout",
            fault=Fault.DROPOUT,
            doubt=step(highest, (0.8, 2.6), (LARGE_DROPOUT, 2.0), (QUESTIONED_DROPOUT, 1.0)),
            kind=ChangeKind.DROPOUT,
            layers=((layer.name, layer.dropout, 0.0) for layer in chosen),
            settings=("rate", "dropout", "recurrent_dropout"),
        )
    regular = [layer for layer in layers if layer.l1 > 0 or layer.l2 > 0]
    if regular:
        highest = max(max(layer.l2, 3 * layer.l1) for layer in regular)
        yield layers_repair(
            key="regularization",
            fault=Fault.REGULARIZATION,
            doubt=step(highest, (0.1, 2.6), (0.02, 1.5), (0.005, 1.0)),
            kind=ChangeKind.REGULARIZER,
            layers=((layer.name, max(layer.l1, layer.l2), None) for layer in regular),
            settings=("kernel_regularizer", "bias_regularizer", "activity_regularizer"),
        )
    frozen = [layer for layer in layers if layer.has_weights and not layer.trainable]
    if frozen:
        yield Repair(
            key="frozen-layer",
            fault=Fault.FROZEN_LAYER,
            doubt=1 if case.program.set_weights else 2.5,
            apply=_thawed,
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
    return layers_repair(
        key=key,
        fault=Fault.HIDDEN_ACTIVATION,
        doubt=doubt,
        kind=ChangeKind.ACTIVATION,
        layers=((layer.name, layer.activation, new) for layer in layers),
        settings=("activation",),
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
    if hidden and not case.is_autoencoder:  # the width of a code is chosen
        narrow = [layer for layer in hidden if layer.units < WIDE]
        chosen = narrow or hidden
        least = min(layer.units for layer in hidden)
        doubt = 2.0 if least <= max(1, outputs // 4) else (1.0 if least <= max(3, outputs // 2) else 0.0)
        yield _wider([(layer, WIDE if layer.units < WIDE else 2 * layer.units) for layer in chosen], doubt)
    if case.head.layer is not None:
        yield Repair(
            key="missing-layer",
            fault=Fault.MISSING_LAYER,
            doubt=0.0 if hidden or case.references.line_suffices else 1.0,
            apply=added_layer(
                case.head.layer, lambda: keras.layers.Dense(WIDE, activation="relu", name="added_hidden")
            ),
            changes=(Change(kind=ChangeKind.ADD_LAYER, layer=case.head.layer, old=None, new=f"Dense({WIDE}, relu)"),),
            block="layers",
        )
    if len(dense) >= 3 and not case.is_autoencoder:
        removed = dense[2:]
        names = {layer.name for layer in removed}
        yield Repair(
            key="superfluous-layer",
            fault=Fault.SUPERFLUOUS_LAYER,
            doubt=1.0 if len(dense) >= 6 else 0.0,
            apply=lambda variant: change_layers(variant, lambda layer: [] if layer.name in names else layer),
            changes=tuple(
                Change(kind=ChangeKind.REMOVE_LAYER, layer=layer.name, old=f"Dense({layer.units})", new=None)
                for layer in removed
            ),
            block="layers",
        )


def _wider(units: Sequence[tuple[LayerFacts, int]], doubt: float) -> Repair:
    """More units in some layers."""
    return layers_repair(
        key="too-narrow",
        fault=Fault.TOO_NARROW,
        doubt=doubt,
        kind=ChangeKind.UNITS,
        layers=((layer.name, layer.units, new) for layer, new in units),
        settings=WIDTHS,
    )
