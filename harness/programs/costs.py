"""What training costs, counted from a program's size, so that a budget of time becomes a fixed number of updates.

The counts are those of layers, weights and activations; no clock is read, so the same program has the same cost
everywhere. The constants were fitted once on two cores of a common server processor. Another machine may be two times
faster or slower; it makes the same number of updates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras

from .program import Program

# Seconds, fitted by tests/benchmarks/vectorised.py --fit-costs.
CALL_SECONDS = 60e-6  # of one update, however many members, in the compiled loop
CALL_SECONDS_PLAIN = 700e-6  # the same without XLA
LAYER_SECONDS_PLAIN = 60e-6  # more for each layer without XLA
MULTIPLY_ADD_SECONDS = 0.10e-9  # of one multiplication and addition, forwards
ELEMENT_SECONDS = 2.0e-9  # of one activation, forwards, backwards and in the loss
WEIGHT_SECONDS = 1.0e-9  # of updating one weight
PLAIN_FACTOR = 1.6  # how much slower the same work is without XLA
COMPILE_SECONDS = 0.30  # of XLA for any loop
COMPILE_LAYER_SECONDS = 0.05  # more for each layer with weights
COMPILE_WINDOW_SECONDS = 0.06  # more for each position of a convolution's or pool's window
TRACE_SECONDS = 0.15  # of tracing any loop
TRACE_LAYER_SECONDS = 0.02
TRACE_STEP_SECONDS = 0.02  # more for each time step of a recurrent layer that is unrolled
BYTES_OF_MEMBERS = 2**30  # memory that all members trained at once may take
FORWARDS_AND_BACKWARDS = 3  # a training step costs three times the forward pass


@dataclass(frozen=True, kw_only=True)
class Work:
    """The size of one forward pass of one row, and of the model.

    Attributes:
        multiply_adds: of the layers with weights, for each row.
        elements: activations of all layers, for each row.
        patches: of these, the elements of the patches that convolutions are turned into.
        parameters: weights of the model.
        layers: that compute something.
        weighted_layers: with weights.
        windows: positions of the windows of convolutions and pools, added up.
        time_steps: of recurrent layers, added up.
    """

    multiply_adds: int
    elements: int
    patches: int
    parameters: int
    layers: int
    weighted_layers: int
    windows: int
    time_steps: int


def work_of(model: Any) -> Work:
    """The size of a built model; axes of unknown length count as 1."""
    multiply_adds = elements = patches = layers = weighted = windows = time_steps = 0
    for layer in model._flatten_layers():
        if isinstance(layer, (keras.Model, keras.layers.InputLayer)) or layer is model:
            continue
        if isinstance(layer, keras.layers.Layer) and not hasattr(layer, "_inbound_nodes"):
            continue
        output = shape_of(layer, "output")
        layers += 1
        size = math.prod(output)
        steps = shape_of(layer, "input")[0] if isinstance(layer, keras.layers.RNN) else 1
        places = steps if steps > 1 else math.prod(output[:-1])
        matrices = [math.prod(w.shape) for w in layer.weights if len(w.shape) >= 2]
        weighted += bool(matrices)
        if not isinstance(layer, keras.layers.Embedding):
            multiply_adds += places * sum(matrices)
        if steps > 1:
            time_steps += steps
            size *= steps
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if isinstance(window, (tuple, list)):
            windows += math.prod(window)
            if hasattr(layer, "kernel_size"):
                patches += places * math.prod(window) * shape_of(layer, "input")[-1]
        elements += size
    parameters = sum(math.prod(w.shape) for w in model.weights)
    return Work(
        multiply_adds=multiply_adds,
        elements=elements,
        patches=patches,
        parameters=parameters,
        layers=layers,
        weighted_layers=weighted,
        windows=windows,
        time_steps=time_steps,
    )


def shape_of(layer: Any, side: str) -> tuple[int, ...]:
    """The shape of one row of a layer's input or output; (1,) if it is not known."""
    try:
        tensor = keras.tree.flatten(getattr(layer, side))[0]
    except (AttributeError, ValueError, IndexError):
        return (1,)
    return tuple(int(size or 1) for size in tensor.shape[1:]) or (1,)


def member_seconds(work: Work, batch: int) -> float:
    """Estimated seconds of one update of one member, in the compiled loop, without what all members share."""
    products = FORWARDS_AND_BACKWARDS * work.multiply_adds * MULTIPLY_ADD_SECONDS
    return batch * (products + (work.elements + work.patches) * ELEMENT_SECONDS) + work.parameters * WEIGHT_SECONDS


def update_seconds(work: Work, *, batch: int, members: int, is_compiled: bool) -> float:
    """Estimated seconds of one update of all members."""
    share = members * member_seconds(work, batch)
    if is_compiled:
        return CALL_SECONDS + share
    return CALL_SECONDS_PLAIN + work.layers * LAYER_SECONDS_PLAIN + PLAIN_FACTOR * share


def compile_seconds(work: Work) -> float:
    """Estimated seconds that XLA takes for the loop, beyond tracing it."""
    return COMPILE_SECONDS + COMPILE_LAYER_SECONDS * work.weighted_layers + COMPILE_WINDOW_SECONDS * work.windows


def trace_seconds(work: Work) -> float:
    """Estimated seconds of tracing the loop."""
    return TRACE_SECONDS + TRACE_LAYER_SECONDS * work.layers + TRACE_STEP_SECONDS * work.time_steps


def compiling_pays(work: Work, *, batch: int, members: int, updates: int) -> bool:
    """Whether XLA saves more in so many updates than compiling costs.

    Unrolled recurrent layers take XLA longer than they ever save.
    """
    if work.time_steps > 1:
        return False
    saved = update_seconds(work, batch=batch, members=members, is_compiled=False) - update_seconds(
        work, batch=batch, members=members, is_compiled=True
    )
    return updates * saved > compile_seconds(work)


def members_at_once(work: Work, *, batch: int, members: int) -> int:
    """How many members fit into memory at once, at least one."""
    floats = 6 * work.parameters + FORWARDS_AND_BACKWARDS * batch * (work.elements + 2 * work.patches)
    return max(1, min(members, BYTES_OF_MEMBERS // max(1, 4 * floats)))


def cost_per_update(program: Program, members: int) -> float:
    """Estimated seconds of one update of so many members of a program, trained at once for long.

    It is a formula of the program's size (see ``update_seconds``): the same program has the same cost on every machine.
    """
    work = work_of(program.model)
    batch = min(program.batch_size, program.rows)
    return update_seconds(work, batch=batch, members=members, is_compiled=work.time_steps <= 1)


def cost_of_structure(program: Program, *, is_compiled: bool = True) -> float:
    """Estimated seconds before the first update of a structure that was not trained before: tracing and compiling."""
    work = work_of(program.model)
    return trace_seconds(work) + (compile_seconds(work) if is_compiled and work.time_steps <= 1 else 0.0)
