"""Rules about frozen layers, dropout, hidden activations and initial weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from .findings import Check, Contradiction, Finding, Rule, Severity, Subject
from .program import MadeUp, Place

HIGH_DROPOUT = 0.8  # shares of units dropped from here on are suspicious
FULL_DROPOUT = 0.95  # and from here on leave next to nothing


def layer_rules(subject: Subject) -> Finding:
    """Frozen layers, dropout rates, and hidden layers without an activation of use."""
    model = subject.program.model
    layers = list(model._flatten_layers(include_self=False))
    weighted = [layer for layer in layers if layer.weights and not list(layer._flatten_layers(include_self=False))]
    frozen = [layer for layer in weighted if not layer.trainable_weights and layer.weights and not layer.trainable]
    if weighted and not model.trainable_weights:
        yield Contradiction(
            id="frozen-layer", check=Check.FROZEN_MODEL, severity=Severity.CONTRADICTION,
            place=subject.layer_place(weighted[-1].name), values={"layers": len(weighted)},
        )  # fmt: skip
    else:
        yield from frozen_rules(subject, frozen)
    yield from dropout_rules(subject, layers)
    yield from hidden_rules(subject, layers)


def frozen_rules(subject: Subject, frozen: list[Any]) -> Finding:
    """Frozen layers, those of one line together."""
    program, head = subject.program, subject.head
    if program.made_up is not MadeUp.NOTHING:
        return  # weights that were to be loaded are missing
    by_line: dict[tuple[Place | None, Check, bool], list[Any]] = {}
    for layer in frozen:
        is_output = head is not None and layer.name == head.layer
        is_set = any(weight.path in program.set_weights for weight in layer.weights)
        is_odd = is_output or (bool(program.places.layers) and not is_set)
        check = Check.FROZEN_OUTPUT if is_output else Check.FROZEN_RANDOM
        by_line.setdefault((subject.layer_place(layer.name), check, is_odd), []).append(layer)
    for (place, check, is_odd), layers in by_line.items():
        yield Contradiction(
            id="frozen-layer", check=check, severity=Severity.SUSPICION if is_odd else Severity.FACT, place=place,
            layer=layers[0].name, values={"layer": layers[0].name, "layers": len(layers)},
        )  # fmt: skip


def in_a_row(model: Any) -> list[Any]:
    """The layers of a Sequential model, and of Sequential models in it, in order."""
    found: list[Any] = []
    for layer in model.layers:
        found += in_a_row(layer) if isinstance(layer, keras.Sequential) else [layer]
    return found


def dropout_rules(subject: Subject, layers: list[Any]) -> Finding:
    """Dropout that leaves little, or that is applied to the output."""
    kinds = (keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D)
    for layer in layers:
        if not isinstance(layer, kinds):
            continue
        rate = float(layer.rate)
        if rate >= HIGH_DROPOUT:
            yield Contradiction(
                id="dropout", check=Check.DROPOUT_RATE,
                severity=Severity.CONTRADICTION if rate >= FULL_DROPOUT else Severity.SUSPICION,
                place=subject.layer_place(layer.name), layer=layer.name, values={"rate": rate},
            )  # fmt: skip
    model = subject.program.model
    last = in_a_row(model)[-1] if isinstance(model, keras.Sequential) and model.layers else None
    if isinstance(last, kinds) and last.rate > 0:
        yield Contradiction(
            id="dropout", check=Check.DROPOUT_ON_OUTPUT, severity=Severity.SUSPICION,
            place=subject.layer_place(last.name), layer=last.name, values={"rate": float(last.rate)},
        )  # fmt: skip


def hidden_rules(subject: Subject, layers: list[Any]) -> Finding:
    """Dense layers in a row with nothing between them, a softmax in between, or identical units."""
    program = subject.program
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    if isinstance(program.model, keras.Sequential):
        order = [layer for layer in in_a_row(program.model) if not isinstance(layer, keras.layers.Dropout)]
        before_dense = [
            first
            for first, second in zip(order, order[1:])
            if isinstance(first, keras.layers.Dense) and isinstance(second, keras.layers.Dense)
        ]
        for activation, check in (
            ("linear", Check.MISSING_HIDDEN_ACTIVATION),
            ("softmax", Check.SOFTMAX_IN_HIDDEN),
        ):
            alike = [layer for layer in before_dense if getattr(layer.activation, "__name__", "") == activation]
            if alike:
                yield Contradiction(
                    id="hidden-activation", check=check, severity=Severity.SUSPICION,
                    place=subject.layer_place(alike[0].name), layer=alike[0].name,
                    values={"layers": tuple(layer.name for layer in alike)},
                )  # fmt: skip
    for layer in dense:
        is_output = subject.head is not None and layer.name == subject.head.layer
        kernel = next((program.initial_weights.get(weight.path) for weight in layer.weights), None)
        if is_output or kernel is None or kernel.ndim != 2 or kernel.shape[1] < 2:
            continue
        if np.all(kernel == kernel[:, :1]):
            yield Contradiction(
                id="clones", check=Check.IDENTICAL_UNITS, severity=Severity.SUSPICION,
                place=subject.layer_place(layer.name), layer=layer.name,
                values={"units": int(kernel.shape[1]), "weight": float(kernel[0, 0])},
            )  # fmt: skip


LAYER_RULES: tuple[Rule, ...] = (layer_rules,)
