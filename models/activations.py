"""The table of activations: all that this project knows about each, in one place.

The formulas are NumPy's. Those of the compiled loop stand beside them and are given TensorFlow's module, so that the
table is read without loading it; tests hold the two to each other and to Keras.

To add an activation, write an entry here and a formula in numerical.py, the referee. Everything else reads the table:
training, rounding-error bounds, saturation, the ranges of targets, names and help.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array

NEGATIVE_SLOPE = 0.2  # of leaky_relu for z < 0, as keras.activations.leaky_relu has it

SELU_ALPHA = 1.6732632423543772  # Klambauer et al., Self-Normalizing Neural Networks, 2017
SELU_SCALE = 1.0507009873554805

EVERYWHERE = (-np.inf, np.inf)

ArrayFunction = Callable[[Array], Array]
TensorFunction = Callable[[Any, Any], Any]  # (TensorFlow's module, tensor) to tensor


@dataclass(frozen=True, kw_only=True)
class Kink:
    """A point at which f' jumps."""

    z: float  # where
    below: float  # f' on the left of it
    above: float  # f' on the right of it


@dataclass(frozen=True, kw_only=True)
class SlopeError:
    """How an f' that is computed from a goes wrong, written as a function g(a).

    |g(a + e) - g(a)| <= |g'(a)| |e| + bend e^2, and computing g adds ``rounding(a)`` rounding units.
    """

    change: ArrayFunction | None = None  # a to g'(a); None if f' is constant between the kinks
    bend: float = 0.0  # max |g''| / 2
    rounding: ArrayFunction  # a to a number of rounding units, absolute


@dataclass(frozen=True, kw_only=True)
class Activation:
    """One activation a = f(z), under the name that Keras has for it.

    An entry without ``tensor_function`` cannot be trained here: it is known for networks that others trained.
    """

    # z to a; with ``mixes_units`` units lie on axis 1. None if only facts are known
    function: ArrayFunction | None = None
    # a to f'(z), elementwise; of one that mixes units the diagonal of its Jacobian. None if one value of a belongs
    # to different slopes (gelu, silu)
    derivative: ArrayFunction | None = None
    steepest: float = 1.0  # max |f'|
    range: tuple[float, float] = EVERYWHERE  # (least, greatest) value that a can come near to
    curvature: float = 0.0  # max |f''| away from the kinks
    kinks: tuple[Kink, ...] = ()  # the points at which f' jumps
    slope_error: SlopeError | None = None  # how far the derivative is off if a is
    # family of the initializer that keeps the size of activations: "glorot", "he" or "lecun"
    initializer: str = "glorot"
    is_monotone: bool = True  # whether each unit is a monotone function of its own z
    can_die: bool = False  # whether f' is exactly 0 on a stretch of z, so that no gradient comes through
    mixes_units: bool = False  # whether a unit's a depends on the z of others; then it is for the output layer
    tensor_function: TensorFunction | None = None  # (tf, z) to a; units lie on axis 1
    tensor_derivative: TensorFunction | None = None  # (tf, a) to f'(z); None if the cost takes care of it
    keras_function: TensorFunction | None = None  # (keras, z) to a, in place of Keras' own activation of that name


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), with the exponential of a number that is not positive"""
    e = np.exp(-np.abs(z))
    return np.where(z > 0, 1.0, e) / (1 + e)


def softmax(z: Array) -> Array:
    """exp(z_i) / sum_j exp(z_j) over the units j, axis 1"""
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return np.asarray(e / np.sum(e, axis=1, keepdims=True))


def constant(value: float) -> ArrayFunction:
    """The function that is ``value`` everywhere."""
    return lambda a: np.full_like(a, value)


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(
        function=sigmoid,
        derivative=lambda a: (a - 1) * a * -1,  # a (1 - a), in the form that the post gives it
        steepest=1 / 4,
        range=(0.0, 1.0),
        curvature=1 / (6 * np.sqrt(3)),
        slope_error=SlopeError(change=lambda a: 1 - 2 * a, bend=1.0, rounding=lambda a: 3 * np.abs(a * (1 - a))),
        tensor_function=lambda tf, z: tf.sigmoid(z),
        tensor_derivative=lambda tf, a: a * (1 - a),  # the same bits as the post's form, with one operation less
    ),
    "tanh": Activation(
        function=np.tanh,
        derivative=lambda a: 1 - a * a,
        range=(-1.0, 1.0),
        curvature=4 / (3 * np.sqrt(3)),
        slope_error=SlopeError(change=lambda a: -2 * a, bend=1.0, rounding=constant(2)),
        tensor_function=lambda tf, z: tf.tanh(z),
        tensor_derivative=lambda tf, a: 1 - a * a,
    ),
    "relu": Activation(
        function=lambda z: np.maximum(z, 0),
        derivative=lambda a: (a > 0) * 1.0,  # at z = 0 the value that TensorFlow takes
        range=(0.0, np.inf),
        kinks=(Kink(z=0.0, below=0.0, above=1.0),),
        slope_error=SlopeError(rounding=constant(2)),
        initializer="he",
        can_die=True,
        tensor_function=lambda tf, z: tf.nn.relu(z),
        tensor_derivative=lambda tf, a: tf.cast(a > 0, a.dtype),
    ),
    "leaky_relu": Activation(
        function=lambda z: np.where(z > 0, z, NEGATIVE_SLOPE * z),
        derivative=lambda a: np.where(a > 0, 1.0, NEGATIVE_SLOPE),  # a has the sign of z
        kinks=(Kink(z=0.0, below=NEGATIVE_SLOPE, above=1.0),),
        slope_error=SlopeError(rounding=constant(2)),
        initializer="he",
        tensor_function=lambda tf, z: tf.where(z > 0, z, NEGATIVE_SLOPE * z),
        tensor_derivative=lambda tf, a: tf.where(a > 0, tf.ones_like(a), NEGATIVE_SLOPE * tf.ones_like(a)),
        # Keras' own goes through an op that holds its slope in float32, off by 3e-9
        keras_function=lambda keras, z: keras.ops.where(z > 0, z, NEGATIVE_SLOPE * z),
    ),
    "linear": Activation(
        function=lambda z: z,
        derivative=np.ones_like,
        slope_error=SlopeError(rounding=np.zeros_like),
        tensor_function=lambda tf, z: z,
        tensor_derivative=lambda tf, a: tf.ones_like(a),
    ),
    # under its cross-entropy, whose delta needs no derivative of it (costs.py)
    "softmax": Activation(
        function=softmax,
        derivative=lambda a: a * (1 - a),
        steepest=1 / 4,
        range=(0.0, 1.0),
        is_monotone=False,
        mixes_units=True,
        tensor_function=lambda tf, z: tf.nn.softmax(z, axis=1),
    ),
    # Known in models that others trained, with Keras' default arguments.
    "relu6": Activation(
        function=lambda z: np.clip(z, 0, 6),
        derivative=lambda a: ((a > 0) & (a < 6)) * 1.0,
        range=(0.0, 6.0),
        kinks=(Kink(z=0.0, below=0.0, above=1.0), Kink(z=6.0, below=1.0, above=0.0)),
        initializer="he",
        can_die=True,
    ),
    "elu": Activation(
        function=lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        derivative=lambda a: np.where(a > 0, 1.0, a + 1),
        range=(-1.0, np.inf),
        curvature=1.0,
        initializer="he",
    ),
    "selu": Activation(
        function=lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        derivative=lambda a: np.where(a > 0, SELU_SCALE, a + SELU_SCALE * SELU_ALPHA),
        steepest=SELU_SCALE * SELU_ALPHA,  # just below 0
        range=(-SELU_SCALE * SELU_ALPHA, np.inf),
        curvature=SELU_SCALE * SELU_ALPHA,
        kinks=(Kink(z=0.0, below=SELU_SCALE * SELU_ALPHA, above=SELU_SCALE),),
        initializer="lecun",
    ),
    "softplus": Activation(
        function=lambda z: np.logaddexp(z, 0),
        derivative=lambda a: 1 - np.exp(-a),  # a = log(1 + e^z), so f' = sigmoid(z) = 1 - e^-a
        range=(0.0, np.inf),
        curvature=1 / 4,
    ),
    "softsign": Activation(
        function=lambda z: z / (1 + np.abs(z)),
        derivative=lambda a: (1 - np.abs(a)) ** 2,
        range=(-1.0, 1.0),
        curvature=2.0,
    ),
    "hard_sigmoid": Activation(
        function=lambda z: np.clip(z / 6 + 0.5, 0, 1),
        derivative=lambda a: ((a > 0) & (a < 1)) / 6,
        steepest=1 / 6,
        range=(0.0, 1.0),
        kinks=(Kink(z=-3.0, below=0.0, above=1 / 6), Kink(z=3.0, below=1 / 6, above=0.0)),
        can_die=True,
    ),
    "hard_tanh": Activation(
        function=lambda z: np.clip(z, -1, 1),
        derivative=lambda a: (np.abs(a) < 1) * 1.0,
        range=(-1.0, 1.0),
        kinks=(Kink(z=-1.0, below=0.0, above=1.0), Kink(z=1.0, below=1.0, above=0.0)),
        can_die=True,
    ),
    "gelu": Activation(initializer="he", is_monotone=False),
    "silu": Activation(initializer="he", is_monotone=False),
}


def activation_named(name: str) -> Activation:
    """The entry of that name.

    Raises:
        ValueError: there is none; the message lists what is known.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; known are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def trainable_names() -> tuple[str, ...]:
    """The names of those that a network here can have."""
    return tuple(name for name, activation in ACTIVATIONS.items() if activation.tensor_function is not None)


def initializer_family(name: str) -> str:
    """The family of initializers for layers of that activation: "glorot" for one that the table does not have, as in
    Keras' Dense."""
    return ACTIVATIONS[name].initializer if name in ACTIVATIONS else Activation.initializer


def activate(name: str, z: Any) -> Any:
    """a = f(z) in TensorFlow, softmax included; z (observations, units, ...)

    Raises:
        ValueError: the activation is unknown or cannot be trained.
    """
    import tensorflow as tf

    function = activation_named(name).tensor_function
    if function is None:
        raise ValueError(f"activation {name!r} cannot be trained here; known are {', '.join(trainable_names())}")
    return function(tf, z)


def derivative_of(name: str, a: Any) -> Any:
    """f'(z) written from a = f(z), elementwise, in TensorFlow; any shape

    Raises:
        ValueError: the activation is unknown or has no elementwise derivative.
    """
    import tensorflow as tf

    derivative = activation_named(name).tensor_derivative
    if derivative is None:
        raise ValueError(f"activation {name!r} has no elementwise derivative here; use it under the cost that needs it")
    return derivative(tf, a)
