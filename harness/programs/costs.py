"""What training costs, counted from a program's size, so that a budget of time becomes a fixed number of updates.

The counts are those of layers, weights and activations; no clock is read, so the same program has the same cost
everywhere. The constants were fitted once, as processor time, on a common server processor. Another machine may be two
times faster or slower; it makes the same number of updates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras

from .program import Program

# Seconds of processor time, fitted to tests/benchmarks/vectorised.py.
CALL_SECONDS = 60e-6  # of one update, however many members, in the compiled loop
CALL_SECONDS_PLAIN = 200e-6  # the same without XLA
LAYER_SECONDS_PLAIN = 110e-6  # more for each layer without XLA
STEP_SECONDS_PLAIN = 450e-6  # more for each time step of a recurrent layer without XLA
MULTIPLY_ADD_SECONDS = 0.015e-9  # of one multiplication and addition
ELEMENT_SECONDS = 1.6e-9  # of one activation, forwards, backwards and in the loss
PATCH_SECONDS = 2.5e-9  # of one element of the patches that a convolution is turned into
WEIGHT_SECONDS = 0.5e-9  # of updating one weight
PLAIN_FACTOR = 1.6  # how much slower the same work is without XLA
ALONE_LAYER_SECONDS = 0.25e-3  # of each layer in an update of a member trained alone, because of its convolutions
CONVOLVED_SECONDS = 0.08e-9  # of one multiplication and addition of TensorFlow's own convolution, all passes
COMPILE_SECONDS = 0.5  # of XLA for any loop
COMPILE_LAYER_SECONDS = 0.1  # more for each layer with weights
COMPILE_WINDOW_SECONDS = 0.06  # more for each position of a convolution's or pool's window
TRACE_SECONDS = 0.3  # of tracing any loop
TRACE_LAYER_SECONDS = 0.03
TRACE_STEP_SECONDS = 0.03  # more for each time step of a recurrent layer that is unrolled
BYTES_OF_MEMBERS = 2**30  # memory that all members trained at once may take
BYTES_OF_PREDICTION = 2**28  # memory that the activations of a prediction may take
MAX_ROWS_AT_ONCE = 4096
CONVOLVED_ONE_BY_ONE = 8_000_000  # multiplications of all convolutions for one batch, forwards
FORWARDS_AND_BACKWARDS = 3  # a training step costs three times the forward pass


@dataclass(frozen=True, kw_only=True)
class Work:
    """The size of one forward pass of one row, and of the model."""

    multiply_adds: int  # of the layers with weights, for each row
    convolved: int  # of these, those of convolutions
    elements: int  # activations of all layers, for each row
    patches: int  # of these, the elements of the patches that convolutions are turned into
    parameters: int  # weights of the model
    layers: int  # that compute something
    weighted_layers: int  # with weights
    windows: int  # positions of the windows of convolutions and pools, added up
    time_steps: int  # of recurrent layers, added up


def work_of(program: Program) -> Work:
    """The size of a program's model; axes of unknown length are as long as those of the data."""
    return work_of_model(program.model, unknown=unknown_length(program))


def unknown_length(program: Program) -> int:
    """The longest axis of the inputs that the model takes at any length; 1 if it has no such axis."""
    lengths = [
        length
        for tensor, array in program.fed_inputs()
        for size, length in zip(tensor.shape[1:], getattr(array, "shape", ())[1:])
        if size is None
    ]
    return max(lengths, default=1)


def work_of_model(model: Any, *, unknown: int = 1) -> Work:
    """The size of a built model, with the length of axes that it does not fix."""
    multiply_adds = convolved = elements = patches = layers = weighted = windows = time_steps = 0
    for layer in model._flatten_layers():
        if isinstance(layer, (keras.Model, keras.layers.InputLayer)) or layer is model:
            continue
        if isinstance(layer, keras.layers.Layer) and not hasattr(layer, "_inbound_nodes"):
            continue
        output = shape_of(layer, "output", unknown)
        layers += 1
        size = math.prod(output)
        steps = shape_of(layer, "input", unknown)[0] if isinstance(layer, keras.layers.RNN) else 1
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
                convolved += places * sum(matrices)
                patches += places * math.prod(window) * shape_of(layer, "input", unknown)[-1]
        elements += size
    parameters = sum(math.prod(w.shape) for w in model.weights)
    return Work(
        multiply_adds=multiply_adds,
        convolved=convolved,
        elements=elements,
        patches=patches,
        parameters=parameters,
        layers=layers,
        weighted_layers=weighted,
        windows=windows,
        time_steps=time_steps,
    )


def shape_of(layer: Any, side: str, unknown: int) -> tuple[int, ...]:
    """The shape of one row of a layer's input or output, with the length of unknown axes; (1,) if it is not known."""
    try:
        tensor = keras.tree.flatten(getattr(layer, side))[0]
    except (AttributeError, ValueError, IndexError):
        return (1,)
    return tuple(unknown if size is None else int(size) for size in tensor.shape[1:]) or (1,)


def member_seconds(work: Work, batch: int) -> float:
    """Estimated seconds of one update of one member, in the compiled loop, without what all members share."""
    products = FORWARDS_AND_BACKWARDS * work.multiply_adds * MULTIPLY_ADD_SECONDS
    activations = work.elements * ELEMENT_SECONDS + work.patches * PATCH_SECONDS
    return batch * (products + activations) + work.parameters * WEIGHT_SECONDS


def update_seconds(work: Work, *, batch: int, members: int, is_compiled: bool) -> float:
    """Estimated seconds of one update of all members."""
    if is_one_by_one(work, batch, is_compiled=is_compiled):
        return members * (work.layers * ALONE_LAYER_SECONDS + batch * work.multiply_adds * CONVOLVED_SECONDS)
    share = members * member_seconds(work, batch)
    if is_compiled:
        return CALL_SECONDS + share
    steps = work.layers * LAYER_SECONDS_PLAIN + work.time_steps * STEP_SECONDS_PLAIN
    return CALL_SECONDS_PLAIN + steps + PLAIN_FACTOR * share


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
    if work.time_steps > 1 or is_one_by_one(work, batch, is_compiled=True):
        return False
    saved = update_seconds(work, batch=batch, members=members, is_compiled=False) - update_seconds(
        work, batch=batch, members=members, is_compiled=True
    )
    return updates * saved > compile_seconds(work)


def is_one_by_one(work: Work, batch: int, *, is_compiled: bool) -> bool:
    """Whether TensorFlow's own convolutions, for one member after another, are faster: if they are large, and
    without XLA always, but for networks with recurrent layers, which gain more from being trained together."""
    small = 0 if not is_compiled and work.time_steps <= 1 else CONVOLVED_ONE_BY_ONE
    return work.convolved * batch > small


def rows_at_once(work: Work, members: int) -> int:
    """How many rows are predicted or evaluated at once, so that all members' activations fit into memory."""
    return max(32, min(MAX_ROWS_AT_ONCE, BYTES_OF_PREDICTION // (4 * members * (work.elements + 2 * work.patches + 1))))


def members_at_once(work: Work, *, batch: int, members: int, is_compiled: bool) -> int:
    """How many members are trained at once: all, as many as fit into memory, or one if convolutions ask for it."""
    if is_one_by_one(work, batch, is_compiled=is_compiled):
        return 1
    floats = 6 * work.parameters + FORWARDS_AND_BACKWARDS * batch * (work.elements + 2 * work.patches)
    return max(1, min(members, BYTES_OF_MEMBERS // max(1, 4 * floats)))


def cost_per_update(program: Program, members: int) -> float:
    """Estimated seconds of one update of so many members of a program, trained at once for long.

    It is a formula of the program's size (see ``update_seconds``): the same program has the same cost on every machine.
    """
    work = work_of(program)
    batch = min(program.batch_size, program.rows)
    return update_seconds(work, batch=batch, members=members, is_compiled=work.time_steps <= 1)


def cost_of_structure(program: Program) -> float:
    """Estimated seconds before the first update of a structure that was not trained before: tracing and compiling."""
    work = work_of(program)
    batch = min(program.batch_size, program.rows)
    can_compile = work.time_steps <= 1 and not is_one_by_one(work, batch, is_compiled=True)
    return trace_seconds(work) + (compile_seconds(work) if can_compile else 0.0)
