"""Keras operations written so that many members are trained at once in one compiled loop.

``tf.vectorized_map`` runs a convolution with other weights for each member, a random number and a recurrent loop
member by member, and XLA refuses that inside a loop. While a step is traced, the functions here stand in for Keras' own
ones. They compute the same: a convolution is a product of patches and weights, a pool compares shifted copies, a
recurrent layer is unrolled (``recurrent`` writes out the two usual ones). Random numbers come from a counter and the
layer's own seed, by integer hashing, so they are other numbers than Keras would draw, of the same distribution, and
each member has its own.

What a function does not cover (groups, channels first, ...) is left to Keras' own.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src import backend
from keras.src.backend.tensorflow import nn as keras_nn
from keras.src.backend.tensorflow import random as keras_random
from keras.src.backend.tensorflow.optimizer import TFOptimizer
from keras.src.optimizers.base_optimizer import BaseOptimizer

from . import recurrent

MAX_WINDOW = 64  # positions of a kernel or pool that are written out one by one
MANTISSA_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}

Tensor = Any


# Windows: convolutions and pools


def per_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """A value for each spatial axis."""
    return (int(value),) * axes if isinstance(value, int) else tuple(int(v) for v in value)


def window_extent(size: int, window: int, stride: int, dilation: int, padding: str) -> tuple[int, int, int]:
    """Padding before, padding after, and the number of windows along one axis, as TensorFlow counts them."""
    reach = (window - 1) * dilation + 1
    if padding == "valid":
        return 0, 0, max(0, (size - reach) // stride + 1)
    count = -(-size // stride)
    missing = max(0, (count - 1) * stride + reach - size)
    return missing // 2, missing - missing // 2, count


def shifted_copies(
    x: Tensor, window: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...], padding: str, fill: float
) -> list[Tensor]:
    """For each position in the window, what stands there for every window.

    Args:
        x: (batch, *sizes, channels).
        fill: value of the padding.
    Returns:
        as many tensors as positions, each (batch, *windows, channels), the last axis of the window fastest.
    """
    axes = len(window)
    extents = [window_extent(*a, padding) for a in zip(x.shape[1 : 1 + axes], window, strides, dilations)]
    if any(before or after for before, after, _ in extents):
        pads = [[0, 0], *([before, after] for before, after, _ in extents), [0, 0]]
        x = tf.pad(x, pads, constant_values=tf.cast(fill, x.dtype))
    copies = []
    for position in itertools.product(*map(range, window)):
        cut = tuple(
            slice(p * dilation, p * dilation + (count - 1) * stride + 1, stride)
            for p, stride, dilation, (_, _, count) in zip(position, strides, dilations, extents)
        )
        copies.append(x[(slice(None), *cut)])
    return copies


def is_covered(x: Tensor, window: Sequence[int], data_format: str | None) -> bool:
    """Whether windows over ``x`` can be written out: known sizes, channels last, not too many positions."""
    return (
        backend.standardize_data_format(data_format) == "channels_last"
        and all(size is not None for size in x.shape[1:])
        and math.prod(window) <= MAX_WINDOW
    )


def conv(
    inputs: Tensor,
    kernel: Tensor,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """``keras.ops.conv`` as one product of patches and weights.

    Args:
        inputs: (batch, *sizes, channels).
        kernel: (*window, channels, filters).
    """
    axes = len(inputs.shape) - 2
    window = tuple(kernel.shape[:axes])
    in_one_group = inputs.shape[-1] == kernel.shape[-2]
    if not (is_covered(inputs, window, data_format) and in_one_group and padding.lower() in ("valid", "same")):
        return ORIGINAL["conv"](inputs, kernel, strides, padding, data_format, dilation_rate)
    copies = shifted_copies(
        inputs, window, per_axis(strides, axes), per_axis(dilation_rate, axes), padding.lower(), 0.0
    )
    patches = tf.concat(copies, -1) if len(copies) > 1 else copies[0]
    filters = kernel.shape[-1]
    product = tf.matmul(tf.reshape(patches, (-1, patches.shape[-1])), tf.reshape(kernel, (-1, filters)))
    return tf.reshape(product, (-1, *patches.shape[1:-1], filters))


def pooled(
    inputs: Tensor,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: str,
    data_format: str | None,
    fill: float,
) -> list[Tensor] | None:
    """What stands at each position of a pool's windows; None if they cannot be written out.

    Args:
        inputs: (batch, *sizes, channels).
        fill: value of the padding.
    """
    axes = len(inputs.shape) - 2
    window = per_axis(pool_size, axes)
    if not is_covered(inputs, window, data_format):
        return None
    steps = window if strides is None else per_axis(strides, axes)
    return shifted_copies(inputs, window, steps, (1,) * axes, padding.lower(), fill)


def max_pool(
    inputs: Tensor,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """``keras.ops.max_pool``; of equal values the first one gets the gradient, as in TensorFlow."""
    copies = pooled(inputs, pool_size, strides, padding, data_format, -math.inf)
    if copies is None:
        return ORIGINAL["max_pool"](inputs, pool_size, strides, padding, data_format)
    largest = copies[0]
    for copy in copies[1:]:
        largest = tf.where(copy > largest, copy, largest)
    return largest


def average_pool(
    inputs: Tensor,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """``keras.ops.average_pool``; padding does not count."""
    copies = pooled(inputs, pool_size, strides, padding, data_format, 0.0)
    if copies is None:
        return ORIGINAL["average_pool"](inputs, pool_size, strides, padding, data_format)
    if padding.lower() == "valid":
        return tf.add_n(copies) / tf.cast(len(copies), inputs.dtype)
    ones = tf.ones((1, *inputs.shape[1:-1], 1), inputs.dtype)
    counted = pooled(ones, pool_size, strides, padding, data_format, 0.0)
    assert counted is not None
    return tf.add_n(copies) / tf.add_n(counted)


# Recurrent layers


def rnn(step_function: Callable[..., Any], inputs: Tensor, initial_states: Any, **options: Any) -> Any:
    """Keras' recurrent loop, unrolled if the sequence is short.

    A sequence that is read backwards is turned round first: Keras' unrolled loop would leave the mask of the outputs as
    it was.
    """
    first = keras.tree.flatten(inputs)[0]
    time = 0 if options.get("time_major") else 1
    steps = first.shape[time]
    if steps is not None and steps <= recurrent.MAX_UNROLLED and not options.get("unroll"):
        options["unroll"] = True
        mask = options.get("mask")
        if mask is not None and options.get("go_backwards"):
            inputs = keras.tree.map_structure(lambda x: tf.reverse(x, [time]), inputs)
            options |= {"mask": tf.reverse(mask, [time]), "go_backwards": False}
    return ORIGINAL["rnn"](step_function, inputs, initial_states, **options)


# Sparse gradients


def divide(x1: Any, x2: Any) -> Any:
    """``keras.ops.divide``; a sparse gradient is divided where it has values.

    Keras also looks for zeros and NaN in the divisor, among all rows. Optimizers divide by a root of a positive number.
    """
    if isinstance(x1, tf.IndexedSlices) and tf.is_tensor(x2) and len(x2.shape):
        return tf.IndexedSlices(x1.values / tf.gather(x2, x1.indices), x1.indices, x1.dense_shape)
    return ORIGINAL["divide"](x1, x2)


# Random numbers


def mixed(bits: Tensor) -> Tensor:
    """Each uint32 hashed to another one, by a bijection in which every bit depends on every other."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, tf.constant(shift, tf.uint32)))
        bits = bits * tf.constant(factor, tf.uint32)
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, tf.constant(16, tf.uint32)))


def bits_of_state(shape: Sequence[int], state: Tensor, stream: int) -> Tensor:
    """Uniformly distributed uint32 of a shape.

    Args:
        state: (2,) seed and count, integers.
        stream: tells apart several arrays drawn from one state.
    """
    words = tf.cast(state, tf.uint32)
    first = mixed(words[0] + tf.constant(0x9E3779B9 * (stream + 1) % 2**32, tf.uint32))
    second = mixed(words[1] + first)
    numbers = tf.cast(tf.range(math.prod(shape), dtype=tf.int32), tf.uint32)
    return tf.reshape(mixed(tf.bitwise.bitwise_xor(mixed(numbers + second), first)), shape)


def unit_interval(shape: Sequence[int], state: Tensor, dtype: str, stream: int = 0) -> Tensor:
    """Numbers uniformly distributed in [0, 1), with as many random bits as their type holds."""
    bits = MANTISSA_BITS[dtype]
    high = bits_of_state(shape, state, stream)
    if bits <= 32:
        kept = tf.bitwise.right_shift(high, tf.constant(32 - bits, tf.uint32))
        return tf.cast(tf.cast(kept, tf.int32), dtype) * tf.cast(2.0**-bits, dtype)
    low = bits_of_state(shape, state, stream + 1)
    fraction = tf.cast(tf.cast(high, tf.int64), dtype) * tf.cast(2.0**-32, dtype)
    rest = tf.cast(tf.cast(tf.bitwise.right_shift(low, tf.constant(64 - bits, tf.uint32)), tf.int64), dtype)
    return fraction + rest * tf.cast(2.0**-bits, dtype)


def is_drawable(shape: Any, dtype: str) -> bool:
    """Whether random numbers of this shape and type are drawn here."""
    known = isinstance(shape, (list, tuple)) and all(isinstance(size, int) for size in shape)
    return known and dtype in MANTISSA_BITS


def static_shape(shape: Any) -> Any:
    """The shape as integers, if it is known while tracing."""
    value = tf.get_static_value(shape) if tf.is_tensor(shape) else shape
    if value is None:
        return shape
    return tuple(int(size) if isinstance(size, int) or hasattr(size, "__index__") else size for size in value)


def next_state(seed: Any) -> Tensor:
    """The state of a Keras seed, (2,), which is advanced."""
    return keras_random._cast_seed(keras_random.draw_seed(seed))


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """``keras.random.uniform``."""
    kind = backend.standardize_dtype(dtype or backend.floatx())
    shape = static_shape(shape)
    if not is_drawable(shape, kind):
        return ORIGINAL["uniform"](shape, minval, maxval, dtype, seed)
    low, high = tf.cast(minval, kind), tf.cast(maxval, kind)
    return low + (high - low) * unit_interval(shape, next_state(seed), kind)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """``keras.random.normal``."""
    kind = backend.standardize_dtype(dtype or backend.floatx())
    shape = static_shape(shape)
    if not is_drawable(shape, kind):
        return ORIGINAL["normal"](shape, mean, stddev, dtype, seed)
    state = next_state(seed)
    # Box-Muller: 1 - u lies in (0, 1], so the logarithm is finite
    radius = tf.sqrt(-2.0 * tf.math.log(1.0 - unit_interval(shape, state, kind)))
    angle = (2.0 * math.pi) * unit_interval(shape, state, kind, stream=2)
    return tf.cast(mean, kind) + tf.cast(stddev, kind) * radius * tf.cos(angle)


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """``keras.random.truncated_normal``: within two standard deviations."""
    kind = backend.standardize_dtype(dtype or backend.floatx())
    shape = static_shape(shape)
    if not is_drawable(shape, kind):
        return ORIGINAL["truncated_normal"](shape, mean, stddev, dtype, seed)
    edge = math.erf(2.0 / math.sqrt(2.0))
    values = edge * (2.0 * unit_interval(shape, next_state(seed), kind) - 1.0)
    return tf.cast(mean, kind) + tf.cast(stddev * math.sqrt(2.0), kind) * tf.math.erfinv(values)


def dropout(inputs: Tensor, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """``keras.random.dropout``: what is kept is divided by the share that is kept."""
    if rate in (0.0, 1.0):
        return ORIGINAL["dropout"](inputs, rate, noise_shape, seed)
    sizes = inputs.shape if noise_shape is None else noise_shape
    shape = tuple(known if size is None else size for size, known in zip(static_shape(tuple(sizes)), inputs.shape))
    if not is_drawable(shape, "float32"):
        return ORIGINAL["dropout"](inputs, rate, noise_shape, seed)
    limit = tf.constant(min(round(float(rate) * 2**32), 2**32 - 1), tf.uint32)
    kept = bits_of_state(shape, next_state(seed), 0) >= limit
    return tf.where(kept, inputs / tf.cast(1.0 - rate, inputs.dtype), tf.zeros((), inputs.dtype))


ORIGINAL: dict[str, Callable[..., Any]] = {
    "conv": keras_nn.conv,
    "max_pool": keras_nn.max_pool,
    "average_pool": keras_nn.average_pool,
    "rnn": backend.rnn,
    "divide": backend.numpy.divide,
    "uniform": keras_random.uniform,
    "normal": keras_random.normal,
    "truncated_normal": keras_random.truncated_normal,
    "dropout": keras_random.dropout,
}


# What Keras' optimizers do otherwise under TensorFlow, for distributed training; the general form can be stateless.
OPTIMIZER_METHODS = ("assign", "assign_add", "assign_sub", "_apply_weight_decay", "_backend_update_step", "_var_key")


def untracked_variables(optimizer: Any) -> list[Any]:
    """Variables that a built optimizer keeps beside those that it lists."""
    listed = {id(v) for v in optimizer.variables}
    own = [v for v in vars(optimizer).values() if isinstance(v, keras.Variable)]
    return [v for v in own if id(v) not in listed]


@contextlib.contextmanager
def lowered_operations(*, windows: bool = True) -> Iterator[None]:
    """While a step is traced, let Keras' layers use the functions of this module, and its optimizers be stateless.

    Args:
        windows: whether convolutions, pools and recurrent loops are written out; a single member without XLA is faster
            with TensorFlow's own.
    """
    here = globals()
    places: list[tuple[Any, str, Any]] = []
    replaced = [(backend.numpy, ("divide",)), (backend.random, ("uniform", "normal", "truncated_normal", "dropout"))]
    if windows:
        replaced += [(backend.nn, ("conv", "max_pool", "average_pool")), (backend, ("rnn",))]
    for module, names in replaced:
        places += [(module, name, here[name]) for name in names]
    if windows:
        places += [(backend, name, getattr(recurrent, name)) for name in ("lstm", "gru")]
    places += [(TFOptimizer, name, getattr(BaseOptimizer, name)) for name in OPTIMIZER_METHODS]
    saved = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, lowered in places:
        setattr(owner, name, lowered)
    try:
        yield
    finally:
        for owner, name, original in saved:
            setattr(owner, name, original)
