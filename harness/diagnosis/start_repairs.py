"""Repairs of the start: initial kernels and biases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..programs.changes import Change, ChangeKind, Value
from .case import Case
from .faults import Fault
from .layers import GOOD_HIDDEN, LayerFacts, read_layers
from .repair import Repair, change_layers, configured
from .tasks import Array
from .variants import Variant

LARGE_RATIO = 4.0  # of a kernel's standard deviation to Glorot's, above which it is too large
SMALL_RATIO = 0.15  # and below which it is too small


def initializer_repairs(case: Case, layers: Sequence[LayerFacts]) -> Iterator[Repair]:
    """Initial kernels and biases as Keras draws them by default."""
    judged = [(layer, *kernel_fault(layer, case)) for layer in layers if layer.kernel is not None]
    doubtful = [(layer, fault, doubt) for layer, fault, doubt in judged if doubt > 0]
    biases = [layer for layer in layers if layer.bias is not None and np.abs(layer.bias).max(initial=0.0) > 0.5]
    if not doubtful and not biases:
        return
    faults = sorted(((doubt, -number, fault) for number, (_, fault, doubt) in enumerate(doubtful)), reverse=True)
    names = {layer.name: layer for layer, _, _ in doubtful}
    changes = [
        Change(
            kind=ChangeKind.KERNEL_INITIALIZER,
            layer=name,
            old=describe_kernel(layer.kernel),
            new=initializer_for(layer),
        )
        for name, layer in names.items()
    ]
    changes += [
        Change(kind=ChangeKind.BIAS_INITIALIZER, layer=layer.name, old=describe_kernel(layer.bias), new="zeros")
        for layer in biases
    ]
    bias_doubt, dead = 0.0, False
    for layer in biases:
        middle = float(np.median(np.asarray(layer.bias)))
        bias_doubt = max(bias_doubt, 2.5 if not layer.is_output and abs(middle) > 2 else 1.0)
        dead = dead or (layer.activation == "relu" and middle < -0.5)
    fault = faults[0][2] if faults else (Fault.DEAD_RELU if dead else Fault.SATURATION)
    yield Repair(
        key="initializer",
        fault=fault,
        doubt=max(faults[0][0] if faults else 0.0, bias_doubt),
        apply=lambda variant: _redrawn(variant, {layer.name: layer for layer in [*names.values(), *biases]}),
        changes=tuple(changes),
        block="initializer",
    )


def kernel_fault(layer: LayerFacts, case: Case) -> tuple[Fault, float]:
    """What is wrong with the initial kernel of a layer, and how doubtful it is.

    The standard deviation is compared with that of Glorot's initializer for the same shape.
    """
    kernel = layer.kernel
    assert kernel is not None
    if kernel.size <= 1 or (layer.is_output and not case_has_hidden(case)):
        return Fault.CLONES, 0.0
    flat = kernel.reshape(-1, kernel.shape[-1])
    if not np.any(flat):
        return Fault.ZERO_GRADIENT, 0.5 if layer.is_output else 3.0
    if has_equal_units(kernel):
        return Fault.CLONES, 1.0 if layer.is_output else 3.0
    if layer.kind == "other":
        return Fault.SATURATION, 1.0 if float(flat.std()) > 2 else 0.0
    ratio = kernel_ratio(kernel)
    bounded = layer.activation in ("tanh", "sigmoid", "softmax", "hard_sigmoid", "softsign")
    if ratio > LARGE_RATIO:
        fault = Fault.SATURATION if bounded else Fault.EXPLODING_GRADIENT
        return fault, 2.5 if ratio > 10 else 1.0
    if ratio < SMALL_RATIO:
        return Fault.VANISHING_GRADIENT, 2.5 if ratio < 0.02 else 1.0
    return Fault.CLONES, 0.0


def glorot_deviation(kernel: Array) -> float:
    """The standard deviation that Glorot's initializer gives a kernel of this shape, all but its last axis taken
    together."""
    fan_in, fan_out = kernel.reshape(-1, kernel.shape[-1]).shape
    return float(np.sqrt(2.0 / (fan_in + fan_out)))


def kernel_ratio(kernel: Array) -> float:
    """The root mean square of a kernel, relative to Glorot's standard deviation."""
    return float(np.sqrt(np.mean(kernel.astype(float) ** 2))) / glorot_deviation(kernel)


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
    if layer.kind == "other":
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
