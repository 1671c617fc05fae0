"""How a bad start hurts: an intervention on the initial weights that removes one property of them and nothing else.

Usual initializers repair everything about a start at once. Noise that differs from unit to unit breaks the symmetry of
identical units, and the same noise for all units of a layer does not; a change of scale keeps the pattern of the
weights; a lifted bias keeps the kernel; negated weights differ in nothing but where the training starts. What helps
says which property was to blame.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..measures.symptoms import root_mean_square
from ..programs.program import Program
from .answer import Intervention
from .case import Case
from .faults import Fault
from .layers import GOOD_HIDDEN, OTHER, LayerFacts
from .repair import Repair
from .start_repairs import (
    glorot_deviation,
    has_equal_units,
    has_large_bias,
    has_usual_scale,
    is_usual,
    start_fault,
)
from .tasks import Array

SIGNED = ("kernel", "recurrent_kernel", "bias")  # weights that a start draws around 0; others are scales


KEEPING_CLONES = (Intervention.SHARED_NOISE, Intervention.RESCALED, Intervention.LIFTED, Intervention.MIRRORED)


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A property of the start, and how to take it away."""

    fault: Fault  # what the property is called
    intervention: Intervention  # that removes it
    # that does not remove it and must not help; None if only the unchanged start is compared
    control: Intervention | None = None


def suspects(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Suspect]:
    """The properties that a start has and that may keep it from learning, the most specific first."""
    hidden = [layer for layer in layers if layer.kernel is not None and not layer.is_output and layer.kind != OTHER]
    drawn = [layer for layer in hidden if np.any(layer.kernel)]
    has_clones = any(has_equal_units(np.asarray(layer.kernel)) for layer in hidden)
    scaled = [layer for layer in drawn if not has_usual_scale(layer)]
    biases = [layer for layer in hidden if has_large_bias(layer)]
    if has_clones:
        yield Suspect(fault=Fault.CLONES, intervention=Intervention.NOISE, control=Intervention.SHARED_NOISE)
    if len(drawn) < len(hidden):
        yield Suspect(fault=Fault.ZERO_GRADIENT, intervention=Intervention.SHARED_NOISE)
    if scaled or biases:
        fault, _ = start_fault(case, hidden) or (Fault.PLATEAU, 0)
        if scaled:
            yield Suspect(fault=fault, intervention=Intervention.RESCALED)
        if biases:
            yield Suspect(fault=fault, intervention=Intervention.LIFTED)
    # weights drawn around 0 are as likely with the other sign, and relu units would be off with it
    if drawn and (has_clones or biases) and not any(layer.activation in GOOD_HIDDEN for layer in hidden):
        yield Suspect(fault=Fault.PLATEAU, intervention=Intervention.MIRRORED)


def intervention_repair(case: Case, kind: Intervention, fault: Fault) -> Repair:
    """An intervention on the initial weights as a repair, so that the search can train it."""

    def start(program: Program, seed: int) -> list[Array]:
        return changed_start(program, seed, kind, case.head.layer)

    return Repair(
        key=f"start:{kind.value}",
        fault=fault,
        doubt=0,
        apply=lambda variant: dataclasses.replace(variant, start=start),
        changes=(),
        block="start",
    )


def changed_start(program: Program, seed: int, kind: Intervention, output: str | None) -> list[Array]:
    """The initial weights of a seed after an intervention; those of the output layer stay, unless all are negated.

    Args:
        output: name of the output layer
    """
    rng = np.random.default_rng([seed, 11])
    values = program.fresh_weights(seed)
    changed = []
    is_first = True
    for weight, value in zip(program.model.weights, values):
        parts = str(weight.path).split("/")
        new = np.asarray(value)
        if kind is Intervention.MIRRORED:
            changed.append(-new if parts[-1] in SIGNED else new)
            continue
        if output in parts:
            changed.append(new)
            continue
        if parts[-1] == "kernel" and new.ndim >= 2:
            new = _changed_kernel(new, kind, rng, is_first=is_first)
            is_first = False
        elif parts[-1] == "bias" and kind is Intervention.LIFTED:
            new = np.zeros_like(new)
        changed.append(new.astype(np.asarray(value).dtype))
    return changed


def _changed_kernel(kernel: Array, kind: Intervention, rng: np.random.Generator, *, is_first: bool) -> Array:
    """A kernel after an intervention."""
    deviation = glorot_deviation(kernel)
    rescaled = kernel * (deviation / root_mean_square(kernel)) if np.any(kernel) else kernel
    if kind in (Intervention.NOISE, Intervention.SHARED_NOISE) and not is_usual(kernel):
        kernel = rescaled  # so that their scale is not what decides
    if kind is Intervention.NOISE:
        return kernel + rng.normal(0, deviation, kernel.shape)
    if kind is Intervention.SHARED_NOISE:
        # behind the first layer, the inputs are units that have to stay identical too
        shape = (*kernel.shape[:-1], 1) if is_first else (1,) * kernel.ndim
        return kernel + rng.normal(0, deviation, shape)
    return rescaled if kind is Intervention.RESCALED else kernel
