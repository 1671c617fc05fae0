"""Repairs of the start: initial kernels and biases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from keras.src.initializers.random_initializers import compute_fans

from ..errors import BadInput
from ..measures.symptoms import root_mean_square
from ..programs.changes import Change, ChangeKind, Value
from .case import Case
from .faults import Fault
from .layers import GOOD_HIDDEN, OTHER, LayerFacts, read_layers
from .repair import Repair, change_layers, configured
from .starts import measured_fault
from .tasks import Array
from .variants import Variant

LARGE_EMBEDDING = 2.0  # standard deviation
LARGE_BIAS = 0.5
# Times the standard deviation of a usual initializer below and above which a start is unusual by itself, and those from
# which it is questioned if it does harm on the data.
USUAL_RATIOS = (0.15, 4.0)
HARMLESS_RATIOS = (0.4, 2.5)


def initializer_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Initial kernels and biases as Keras draws them by default."""
    layers = [layer for layer in layers if layer.trainable]  # one that is frozen keeps what it was given
    judged = [layer for layer in layers if layer.kernel is not None and _is_judged(layer, case)]
    exact = {layer.name: shown for layer in judged if (shown := exact_fault(layer))}
    biases = [layer for layer in layers if has_large_bias(layer)]
    kernels = [layer for layer in judged if layer.name in exact or not has_usual_scale(layer, HARMLESS_RATIOS)]
    faults = list(exact.values())
    if biases or len(kernels) > len(exact):
        harm = start_fault(case, [*kernels, *biases])
        if harm is None:
            harm = (Fault.PLATEAU, 1.0)
            kernels = [layer for layer in kernels if layer.name in exact or not has_usual_scale(layer)]
        faults += [harm] if biases or len(kernels) > len(exact) else []
    if not faults:
        return
    changes = [
        Change(
            kind=ChangeKind.KERNEL_INITIALIZER,
            layer=layer.name,
            old=describe_kernel(layer.kernel),
            new=initializer_for(layer),
        )
        for layer in kernels
    ]
    changes += [
        Change(kind=ChangeKind.BIAS_INITIALIZER, layer=layer.name, old=describe_kernel(layer.bias), new="zeros")
        for layer in biases
    ]
    fault, doubt = max(faults, key=lambda found: found[1])
    yield Repair(
        key="initializer",
        fault=fault,
        doubt=doubt,
        apply=lambda variant: _redrawn(variant, {layer.name: layer for layer in [*kernels, *biases]}),
        changes=tuple(changes),
        block="initializer",
    )


def _is_judged(layer: LayerFacts, case: Case) -> bool:
    """Whether the kernel of a layer can keep the network from learning: not that of a network of one layer, nor one
    number, unless that is 0."""
    kernel = np.asarray(layer.kernel)
    return (kernel.size > 1 or not np.any(kernel)) and not (layer.is_output and not case_has_hidden(case))


def exact_fault(layer: LayerFacts) -> tuple[Fault, float] | None:
    """What the initial kernel of a layer shows without data, and how doubtful it is; None if all units differ."""
    kernel = np.asarray(layer.kernel)
    if not np.any(kernel):
        return Fault.ZERO_GRADIENT, 0.5 if layer.is_output else 3.0
    return (Fault.CLONES, 1.0 if layer.is_output else 3.0) if has_equal_units(kernel) else None


def has_usual_scale(layer: LayerFacts, ratios: tuple[float, float] = USUAL_RATIOS) -> bool:
    """Whether a kernel is about as large as a usual initializer draws it; an embedding, whether it is not too large."""
    kernel = np.asarray(layer.kernel)
    return float(kernel.std()) <= LARGE_EMBEDDING if layer.kind == OTHER else is_usual(kernel, ratios)


def is_usual(kernel: Array, ratios: tuple[float, float] = USUAL_RATIOS) -> bool:
    """Whether the root mean square of a kernel is between so many times the smaller and the larger of Glorot's and He's
    standard deviation."""
    size, (inputs, _), glorot = root_mean_square(kernel), compute_fans(kernel.shape), glorot_deviation(kernel)
    he = float(np.sqrt(2.0 / inputs))
    return ratios[0] * min(glorot, he) <= size <= ratios[1] * max(glorot, he)


def has_large_bias(layer: LayerFacts) -> bool:
    """Whether a bias starts far from 0."""
    return layer.bias is not None and bool(np.abs(layer.bias).max(initial=0.0) > LARGE_BIAS)


def start_fault(case: Case, layers: Sequence[LayerFacts]) -> tuple[Fault, float] | None:
    """What the start of some layers does to the program's data that usual initializers in them do not."""
    own = Variant(program=case.program, head=case.head)
    try:
        usual = _redrawn(own, {layer.name: layer for layer in layers}).program
    except BadInput:  # the model cannot be copied
        return None
    return measured_fault(case, usual)


def glorot_deviation(kernel: Array) -> float:
    """The standard deviation that Glorot's initializer gives a kernel of this shape."""
    return float(np.sqrt(2.0 / sum(compute_fans(kernel.shape))))


def has_equal_units(kernel: Array) -> bool:
    """Whether all units of a layer start with the same incoming weights."""
    flat = kernel.reshape(-1, kernel.shape[-1])
    return flat.shape[1] > 1 and bool(np.allclose(flat, flat[:, :1], rtol=1e-5, atol=1e-8))


def case_has_hidden(case: Case) -> bool:
    """Whether the network has a hidden layer with weights."""
    return sum(layer.kernel is not None for layer in read_layers(case.program, case.head)) > 1


def describe_kernel(values: Array | None) -> Value:
    """A constant, or a standard deviation, in few digits."""
    if values is None or values.size == 0:
        return None
    if np.ptp(values) == 0:
        return f"constant {float(values.flat[0]):.4g}"
    return f"standard deviation {float(np.std(values)):.2g}"


def initializer_for(layer: LayerFacts) -> str:
    """The usual initializer of a layer."""
    if layer.kind == OTHER:
        return "uniform"
    return "he_normal" if layer.activation in GOOD_HIDDEN else "glorot_uniform"


def _redrawn(variant: Variant, layers: dict[str, LayerFacts]) -> Variant:
    """The variant with usual initializers in named layers."""

    def change(layer: Any) -> Any:
        facts = layers.get(layer.name)
        if facts is None:
            return layer
        return configured(
            layer, kernel_initializer=initializer_for(facts), embeddings_initializer="uniform", bias_initializer="zeros"
        )

    paths = variant.program.set_weights
    kept = frozenset(path for path in paths if "/" in path and layers.keys().isdisjoint(path.split("/")))
    return change_layers(variant, change).with_program(set_weights=kept)
