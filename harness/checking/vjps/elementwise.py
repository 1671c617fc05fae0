"""Functions of each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from .operation import Array, Gradient, Operation, binary, constant, unary, unbroadcast, without_storage

SQRT_PI = float(np.sqrt(np.pi))


def power_by_base(x: Array, y: Array, output: Array) -> Array:
    """y x^(y - 1), 0 for y = 0"""
    y = np.asarray(y, dtype=float)
    return np.where(y == 0, 0.0, y * np.power(np.asarray(x, dtype=float), np.where(y == 0, 1.0, y - 1)))


def power_by_exponent(x: Array, y: Array, output: Array) -> Array:
    """x^y log x, 0 for x = 0; a negative base has an integer exponent, through which no gradient flows"""
    return np.where(x > 0, output * np.log(np.where(x > 0, x, 1)), 0.0)


def power(x: Any, y: Any) -> Any:
    """x^y in floating point: NumPy refuses integers to negative integer powers, which a replay never means."""
    x = np.asarray(x)
    return np.power(x.astype(float) if x.dtype.kind in "iub" and np.any(np.asarray(y) < 0) else x, y)


def expit(x: Any) -> Array:
    """1 / (1 + exp(-x)) without overflow"""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, dtype=float))))


def erf(x: Any) -> Any:
    """The error function (SciPy is loaded for it alone)."""
    from scipy import special

    return special.erf(x)


def clip_backward(
    g: Array, output: Array, x: Any, a_min: Any = None, a_max: Any = None, **keywords: Any
) -> tuple[Gradient, ...]:
    """1 inside the limits, 0 outside"""
    a_min, a_max = keywords.get("min", a_min), keywords.get("max", a_max)
    inside = np.ones(np.shape(x), dtype=bool)
    if a_min is not None:
        inside = inside & (np.asarray(x) >= a_min)
    if a_max is not None:
        inside = inside & (np.asarray(x) <= a_max)
    return (g * inside,)


def round_forward(x: Any, decimals: Any = 0, **keywords: Any) -> Array:
    """The value itself if decimals are kept: what is made of it agrees within their rounding."""
    return np.asarray(x) if decimals > 0 else np.round(x, int(decimals))


def round_backward(g: Array, output: Array, x: Any, decimals: Any = 0, **keywords: Any) -> tuple[Gradient, ...]:
    """To the value if decimals are kept; none if it becomes a whole number"""
    return (g if decimals > 0 else None,)


def where_backward(g: Array, output: Array, condition: Any, x: Any, y: Any) -> tuple[Gradient, ...]:
    """To x where the condition holds, to y elsewhere"""
    chosen = np.asarray(condition, dtype=bool)
    return None, unbroadcast(np.where(chosen, g, 0.0), np.shape(x)), unbroadcast(np.where(chosen, 0.0, g), np.shape(y))


ELEMENTWISE: dict[str, Operation] = {
    "add": binary(np.add, lambda x, y, o: 1.0, lambda x, y, o: 1.0),
    "subtract": binary(np.subtract, lambda x, y, o: 1.0, lambda x, y, o: -1.0),
    "multiply": binary(np.multiply, lambda x, y, o: y, lambda x, y, o: x),
    "divide": binary(np.divide, lambda x, y, o: 1 / y, lambda x, y, o: -o / y),
    "power": binary(power, power_by_base, power_by_exponent),
    "float_power": binary(np.float_power, power_by_base, power_by_exponent),
    "maximum": binary(np.maximum, lambda x, y, o: x >= y, lambda x, y, o: x < y),
    "minimum": binary(np.minimum, lambda x, y, o: x <= y, lambda x, y, o: x > y),
    "fmax": binary(np.fmax, lambda x, y, o: x >= y, lambda x, y, o: x < y),
    "fmin": binary(np.fmin, lambda x, y, o: x <= y, lambda x, y, o: x > y),
    "logaddexp": binary(np.logaddexp, lambda x, y, o: np.exp(x - o), lambda x, y, o: np.exp(y - o)),
    "logaddexp2": binary(np.logaddexp2, lambda x, y, o: 2 ** (x - o), lambda x, y, o: 2 ** (y - o)),
    "hypot": binary(np.hypot, lambda x, y, o: x / o, lambda x, y, o: y / o),
    "arctan2": binary(np.arctan2, lambda x, y, o: y / (x * x + y * y), lambda x, y, o: -x / (x * x + y * y)),
    "remainder": binary(np.remainder, lambda x, y, o: 1.0, lambda x, y, o: -np.floor_divide(x, y)),
    "heaviside": constant(np.heaviside),
    "negative": unary(np.negative, lambda x, o: -1.0),
    "positive": unary(np.positive, lambda x, o: 1.0),
    "exp": unary(np.exp, lambda x, o: o),
    "exp2": unary(np.exp2, lambda x, o: o * np.log(2)),
    "expm1": unary(np.expm1, lambda x, o: o + 1),
    "log": unary(np.log, lambda x, o: 1 / x),
    "log2": unary(np.log2, lambda x, o: 1 / (x * np.log(2))),
    "log10": unary(np.log10, lambda x, o: 1 / (x * np.log(10))),
    "log1p": unary(np.log1p, lambda x, o: 1 / (1 + x)),
    "sqrt": unary(np.sqrt, lambda x, o: 0.5 / o),
    "cbrt": unary(np.cbrt, lambda x, o: 1 / (3 * o * o)),
    "square": unary(np.square, lambda x, o: 2 * x),
    "reciprocal": unary(lambda x: 1.0 / np.asarray(x), lambda x, o: -o * o),
    "absolute": unary(np.absolute, lambda x, o: np.sign(x)),
    "fabs": unary(np.fabs, lambda x, o: np.sign(x)),
    "sin": unary(np.sin, lambda x, o: np.cos(x)),
    "cos": unary(np.cos, lambda x, o: -np.sin(x)),
    "tan": unary(np.tan, lambda x, o: 1 + o * o),
    "sinh": unary(np.sinh, lambda x, o: np.cosh(x)),
    "cosh": unary(np.cosh, lambda x, o: np.sinh(x)),
    "tanh": unary(np.tanh, lambda x, o: 1 - o * o),
    "arcsin": unary(np.arcsin, lambda x, o: 1 / np.sqrt(1 - x * x)),
    "arccos": unary(np.arccos, lambda x, o: -1 / np.sqrt(1 - x * x)),
    "arctan": unary(np.arctan, lambda x, o: 1 / (1 + x * x)),
    "arcsinh": unary(np.arcsinh, lambda x, o: 1 / np.sqrt(x * x + 1)),
    "arctanh": unary(np.arctanh, lambda x, o: 1 / (1 - x * x)),
    "deg2rad": unary(np.deg2rad, lambda x, o: np.pi / 180),
    "rad2deg": unary(np.rad2deg, lambda x, o: 180 / np.pi),
    "sinc": unary(np.sinc, lambda x, o: np.where(x == 0, 0.0, (np.cos(np.pi * x) - o) / np.where(x == 0, 1, x))),
    "expit": unary(expit, lambda x, o: o * (1 - o)),
    "erf": unary(erf, lambda x, o: 2 / SQRT_PI * np.exp(-x * x)),
    "nan_to_num": unary(np.nan_to_num, lambda x, o: np.isfinite(x)),
    "real": unary(np.real, lambda x, o: 1.0),
    "clip": Operation(forward=without_storage(np.clip), backward=clip_backward),
    "round": Operation(forward=round_forward, backward=round_backward),
    "where": Operation(forward=np.where, backward=where_backward),
}
