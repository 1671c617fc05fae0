"""Initializers by Keras' names with Keras' formulas, for weights (inputs + 1, units) with the bias as row 0.

The fans are those of the kernel, (inputs, units): the bias row does not count. TensorFlow is not needed.

Draws are stateless. All come from one counter-based stream of random blocks (Philox: Salmon et al., Parallel Random
Numbers: As Easy as 1, 2, 3, 2011). The network with seed k reads the k-th stretch of it, all of one length. So any
member of an ensemble can be drawn alone, or many at once, with the same bits. A network reads one number per weight
whatever the initializers are, so two kernels of one family and seed differ in scale only.

Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010. He et al.,
Delving Deep into Rectifiers, 2015. LeCun et al., Efficient BackProp, 1998. Saxe et al., Exact solutions to the
nonlinear dynamics of learning in deep linear neural networks, 2014.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .network import Array, MemberWeights, Network, Weights

if TYPE_CHECKING:
    from jaxtyping import Float

# name to its arguments, in order, with their defaults; None has to be given
ARGUMENTS: dict[str, dict[str, float | None]] = {
    "zeros": {},
    "ones": {},
    "constant": {"value": None},
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "lecun_uniform": {},
    "lecun_normal": {},
    "random_normal": {"stddev": 0.05},
    "random_uniform": {"minval": -0.05, "maxval": 0.05},
    "orthogonal": {"gain": 1.0},
}

# Var(w) that keeps the size of activations (and, for Glorot, of deltas) from layer to layer
VARIANCES: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
}

TRUNCATED_STDDEV = 0.87962566103423978  # of a unit normal that is truncated at -2 and 2
NORMAL_BEYOND_TWO = math.erfc(math.sqrt(2)) / 2  # the probability of a standard normal variable under -2

CONSTANTS = {"zeros": 0.0, "ones": 1.0}

PHILOX_KEY = 2011  # any number would do; another one gives other draws
PHILOX_BLOCK = 4  # 64-bit numbers to one step of its counter


@dataclass(frozen=True)
class Initializer:
    """A name from ``ARGUMENTS`` and the values of all its arguments; ``str`` gives what ``parse`` reads."""

    name: str
    arguments: tuple[float, ...] = ()

    def __str__(self) -> str:
        if self.arguments == tuple(ARGUMENTS[self.name].values()):
            return self.name
        return f"{self.name}({','.join(repr(value).removesuffix('.0') for value in self.arguments)})"

    @property
    def constant(self) -> float | None:
        """The one value of every weight; None if they are drawn."""
        return self.arguments[0] if self.name == "constant" else CONSTANTS.get(self.name)


def known() -> str:
    """Every name, and its arguments if it has any, for people."""
    return ", ".join(name + (f"({', '.join(taken)})" if taken else "") for name, taken in ARGUMENTS.items())


def parse(text: str) -> Initializer:
    """The initializer that ``text`` names: "glorot_uniform", "constant(0.5)", "random_uniform(-1, 1)".

    Arguments come in the order of ``ARGUMENTS`` and have Keras' defaults; only the constant's value must be given.

    Raises:
        ValueError: the name is unknown, or it takes other arguments; the message lists what is known.
    """
    match = re.fullmatch(r"(\w+)\s*(?:\((.*)\))?", text.strip())
    if match is None or match[1] not in ARGUMENTS:
        raise ValueError(f"unknown initializer {text!r}; known are {known()}")
    name, given = match[1], match[2]
    try:
        values = [float(value) for value in given.split(",")] if given and given.strip() else []
    except ValueError:
        raise ValueError(f"initializer {text!r}: an argument is not a number; known are {known()}") from None
    defaults = list(ARGUMENTS[name].values())
    arguments = tuple(value for value in (*values, *defaults[len(values) :]) if value is not None)
    if len(arguments) != len(defaults):
        raise ValueError(f"initializer {text!r}: {len(values)} arguments are not what it takes; known are {known()}")
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"initializer {text!r}: an argument is not finite; known are {known()}")
    if name == "random_normal" and arguments[0] < 0:
        raise ValueError(f"initializer {text!r}: stddev is below 0; known are {known()}")
    if name == "random_uniform" and arguments[0] > arguments[1]:
        raise ValueError(f"initializer {text!r}: minval is above maxval; known are {known()}")
    return Initializer(name, arguments)


def open_interval(drawn: NDArray[np.uint64]) -> Array:
    """64 random bits to (0, 1): the upper 52 and a half, so that 0 and 1 are left out and 1 - u is as likely as u."""
    return ((drawn >> np.uint64(12)) + 0.5) * 2.0**-52


def uniforms(blocks: int, seed: int, members: range) -> Float[Array, "numbers members"]:
    """(4 blocks, members): numbers in the open interval (0, 1); row i of member k is the same in every call."""
    stream = np.random.Philox(key=PHILOX_KEY, counter=(seed + members.start) * blocks)
    drawn = stream.random_raw(len(members) * blocks * PHILOX_BLOCK).reshape(len(members), -1)
    return open_interval(np.ascontiguousarray(drawn.T))


def orthogonal(gain: float, u: Float[Array, "inputs units members"]) -> Float[Array, "inputs units members"]:
    """Saxe et al. 2014: u (inputs, units, members) to gain Q, with orthonormal columns or, if inputs < units, rows.

    A normal matrix is factorised into Q R with diag(R) > 0, which makes Q uniform over the orthogonal matrices.
    """
    wide = u.shape[0] < u.shape[1]
    normal = np.moveaxis(standard_normal(u), -1, 0)  # (members, inputs, units), as linear algebra wants it
    q, r = np.linalg.qr(np.swapaxes(normal, 1, 2) if wide else normal)
    q *= np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    return gain * np.moveaxis(np.swapaxes(q, 1, 2) if wide else q, 0, -1)


def standard_normal(u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The number that a standard normal variable stays under with probability u, elementwise."""
    from scipy.special import ndtri  # takes longer to import than all names here take to check

    return np.asarray(ndtri(u))


def values(initializer: Initializer, fan_in: int, fan_out: int, u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Weights from uniforms u (..., members), of the same shape, in float64."""
    match initializer.name, initializer.arguments:
        case "random_normal", (stddev,):
            return stddev * standard_normal(u)
        case "random_uniform", (minval, maxval):
            return minval + (maxval - minval) * u
        case "orthogonal", (gain,):
            return orthogonal(gain, u)
    family, distribution = initializer.name.split("_")
    variance = VARIANCES[family](fan_in, fan_out)
    if distribution == "uniform":
        return math.sqrt(3 * variance) * (2 * u - 1)  # U(-limit, limit) has variance limit^2 / 3
    # normal, truncated at two standard deviations, then made as wide as it was before
    beyond = NORMAL_BEYOND_TWO
    return math.sqrt(variance) / TRUNCATED_STDDEV * standard_normal(beyond + (1 - 2 * beyond) * u)


def draw_members(
    network: Network,
    kernel: Initializer,
    bias: Initializer | None,
    seed: int,
    members: range,
    dtype: DTypeLike = np.float64,
) -> MemberWeights:
    """The weights of many networks at once: of each layer (inputs + 1, units, members), bias as row 0.

    Args:
        network: gives the shapes.
        kernel: for rows 1 and up.
        bias: for row 0; None is the kernel's if that is a constant, else zeros.
        seed: of member 0; member k is ``draw`` with seed + k, bit for bit, whatever ``members`` asks for.
        members: which ones, in steps of 1; ``range(1000, 2000)`` is the second thousand.
        dtype: drawn in float64, then cast to it.

    Raises:
        ValueError: a seed below 0, a range with another step than 1, or an orthogonal bias.
    """
    bias = bias or (Initializer("zeros") if kernel.constant is None else kernel)  # zeros as Keras' Dense has
    if seed + members.start < 0:
        raise ValueError(f"a seed must be 0 or above, got {seed + members.start}")
    if members.step != 1:
        raise ValueError(f"members must be a range in steps of 1, got {members}")
    if bias.name == "orthogonal":
        raise ValueError("orthogonal needs a matrix, and a bias is a vector; give the biases another initializer")
    count = network.weight_count
    drawn = kernel.constant is None or bias.constant is None
    blocks = -(-count // PHILOX_BLOCK)  # rounded up
    u = uniforms(blocks, seed, members) if drawn else np.empty((count, len(members)))  # constants do not look at it
    weights, taken = [], 0
    for rows, units in network.shapes:
        of_layer = u[taken : taken + rows * units].reshape(rows, units, len(members))
        taken += rows * units
        w = np.empty(of_layer.shape, dtype)
        # a bias has one axis; for Keras both of its fans are its length
        w[0] = values(bias, units, units, of_layer[0]) if bias.constant is None else bias.constant
        w[1:] = values(kernel, rows - 1, units, of_layer[1:]) if kernel.constant is None else kernel.constant
        weights.append(w)
    return weights


def draw(
    network: Network, kernel: Initializer, bias: Initializer | None, seed: int, dtype: DTypeLike = np.float64
) -> Weights:
    """The weights of one network, (inputs + 1, units) of each layer; arguments and errors as for ``draw_members``."""
    return [w[..., 0] for w in draw_members(network, kernel, bias, seed, range(1), dtype)]
