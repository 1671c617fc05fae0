"""The formulas of known update rules with a second moment, and of known slips of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The rule of one parameter."""

    name: str  # "sgd", "momentum", "nesterov", "adam", ...; "" if it is not known
    slip: str = ""  # what is wrong with it, "" if nothing is
    constants: tuple[float, ...] = ()  # of the rule: the share of the velocity that is kept, the betas


def moment(given: Array, beta: float) -> Array:
    """The running mean of gradients, which begins at 0: (..., iterations, elements)"""
    return running(given, lambda last, one: beta * last + (1 - beta) * one)


def other_shares(given: Array, kept: float, other: float) -> Array:
    """What keeps a share of the last value and takes in what another share leaves"""
    return running(given, lambda last, one: kept * last + (1 - other) * one)


def running(given: Array, take: Callable[[Array, Array], Array]) -> Array:
    """What is kept from one iteration to the next, beginning at 0: (..., iterations, elements)

    Items that are not written in an iteration, for which 0 is given, stay as they are.

    Args:
        given: of each iteration.
        take: what is kept, from what was kept before and what is given.
    """
    found = np.zeros_like(given)
    last = np.zeros_like(given[:, 0])
    for number in range(given.shape[1]):
        last = np.where(given[:, number] == 0, last, take(last, given[:, number]))
        found[:, number] = last
    return found


def corrected(value: Array, beta: float, counter: Sequence[float]) -> Array:
    """A running mean divided by ``1 - beta ** t``"""
    scale = np.array([1 - beta**t for t in counter])
    return value / scale[None, :, None]


def corrected_by_product(value: Array, beta: float) -> Array:
    """A running mean divided by ``1 - beta * t`` in the place of ``1 - beta ** t``"""
    scale = 1 - beta * np.arange(1, value.shape[1] + 1)
    return np.asarray(value / scale[None, :, None])


def adaptive_rules(
    g: Array, betas: Sequence[float], small: Sequence[float], position: int, parameters: int, starts: Sequence[float]
) -> Iterator[tuple[Rule, Array]]:
    """Known rules and known slips of them, each with the direction that it takes for given gradients.

    Args:
        g: (trials, iterations, elements) the gradients.
        betas: coefficients of running means to try.
        small: constants of denominators to try.
        position: of the parameter among all.
        parameters: number of them.
        starts: what a sum of squares may begin at.
    """
    yield Rule(name="sign"), np.sign(g)
    squares = np.cumsum(g * g, axis=1)
    for eps, inside in itertools.product(small, (False, True)):
        for start in starts:
            yield Rule(name="adagrad"), over(g, start + squares, eps, inside)
            if start:
                yield Rule(name="adagrad-late"), over(g, start + squares - g * g, eps, inside)
        yield Rule(name="adagrad", slip="not-squared"), over(g, np.cumsum(g, axis=1), eps, inside)
        if eps:  # without one it is the sign of the gradient, which some choose
            yield Rule(name="adagrad", slip="not-kept"), over(g, g * g, eps, inside)
        for beta in betas:
            rule = Rule(name="rmsprop", constants=(beta,))
            yield rule, over(g, moment(g * g, beta), eps, inside)
            if eps:  # without one the first step, and so every step, is 0
                yield Rule(name="adadelta", constants=(beta,)), adadelta(g, beta, eps, inside)
            yield replace(rule, slip="not-squared"), over(g, moment(g, beta), eps, inside)
            yield replace(rule, slip="no-root"), g / (moment(g * g, beta) + eps)
            for kept in betas:
                both = Rule(name="rmsprop-momentum", constants=(beta, kept))
                yield both, velocity(over(g, moment(g * g, beta), eps, inside), kept)
        for first, second in itertools.product(betas, betas):
            yield from adam_rules(g, first, second, eps, inside, position, parameters)


def velocity(direction: Array, kept: float) -> Array:
    """The steps of a velocity that a share is kept of and a direction is added to"""
    return running(direction, lambda last, one: kept * last + one)


def adadelta(g: Array, beta: float, eps: float, inside: bool) -> Array:
    """Steps of the size of earlier steps (Zeiler 2012): sqrt(E[step^2] + eps) / sqrt(E[g^2] + eps) * g"""
    directions = over(g, moment(g * g, beta), eps, inside)
    squares = running(
        directions, lambda last, one: beta * last + (1 - beta) * (guarded_root(last, eps, inside) * one) ** 2
    )
    earlier = np.zeros_like(g)
    earlier[:, 1:] = squares[:, :-1]
    return guarded_root(earlier, eps, inside) * directions


def adam_rules(
    g: Array, first: float, second: float, eps: float, inside: bool, position: int, parameters: int
) -> Iterator[tuple[Rule, Array]]:
    """Adam, its relatives and its slips, for two coefficients"""
    count = g.shape[1]
    proper = [float(number + 1) for number in range(count)]
    m, v = moment(g, first), moment(g * g, second)
    m_hat, v_hat = corrected(m, first, proper), corrected(v, second, proper)
    rule = Rule(name="adam", constants=(first, second), slip="betas-swapped" if first > second else "")
    yield rule, over(m_hat, v_hat, eps, inside)
    yield rule, over(m, v, eps, inside)
    # both corrections in the rate, so that the small constant is not corrected
    yield rule, over(m_hat, v, eps, inside) / np.sqrt(corrected(np.ones_like(v), second, proper))
    right = replace(rule, slip="")
    greatest = running(g, lambda last, one: np.asarray(np.maximum(second * last, np.abs(one))))
    yield replace(right, name="adamax"), m_hat / (greatest + eps)
    yield replace(right, name="amsgrad"), over(m, np.maximum.accumulate(v, axis=1), eps, inside)
    yield (
        replace(right, name="adabelief"),
        over(m_hat, corrected(moment((g - m) ** 2, second), second, proper), eps, inside),
    )
    ahead = first * m_hat + (1 - first) * corrected(g, first, proper)
    yield replace(right, name="nadam"), over(ahead, v_hat, eps, inside)
    counters = {
        "counter-not-counted": [1.0] * count,
        "counter-per-parameter": [float(number * parameters + position + 1) for number in range(count)],
    }
    for slip, t in counters.items():
        yield replace(rule, slip=slip), over(corrected(m, first, t), corrected(v, second, t), eps, inside)
    if first != second:
        wrong_v, wrong_m = corrected(v, first, proper), corrected(m, second, proper)
        yield replace(rule, slip="second-correction-with-first-beta"), over(m_hat, wrong_v, eps, inside)
        yield replace(rule, slip="first-correction-with-second-beta"), over(wrong_m, v_hat, eps, inside)
        odd_m = corrected(other_shares(g, second, first), first, proper)
        odd_v = corrected(other_shares(g * g, first, second), second, proper)
        yield replace(rule, slip="shares"), over(odd_m, v_hat, eps, inside)
        yield replace(rule, slip="shares"), over(m_hat, odd_v, eps, inside)
    yield replace(rule, slip="correction-not-a-power"), over(corrected_by_product(m, first), v_hat, eps, inside)
    yield replace(rule, slip="only-first-corrected"), over(m_hat, v, eps, inside)
    yield replace(rule, slip="only-second-corrected"), over(m, v_hat, eps, inside)
    for unsquared in (g, np.abs(g)):
        wrong_v = corrected(moment(unsquared, second), second, proper)
        yield replace(rule, slip="not-squared"), over(m_hat, wrong_v, eps, inside)
    yield replace(rule, slip="no-root"), m_hat / (v_hat + eps)
    yield replace(rule, slip="no-root"), m / (v + eps)
    yield replace(rule, slip="gradient-for-first-moment"), over(g, v_hat, eps, inside)
    yield (
        replace(rule, slip="first-moment-squared"),
        over(m_hat, corrected(moment(m * m, second), second, proper), eps, inside),
    )


def over(direction: Array, square: Array, eps: float, inside: bool) -> Array:
    """A direction divided by the root of a second moment; the small constant inside or outside of the root"""
    with np.errstate(all="ignore"):
        return np.asarray(direction / guarded_root(square, eps, inside))


def guarded_root(square: Array, eps: float, inside: bool) -> Array:
    """The root of a second moment, with the small constant inside or outside of it"""
    return np.asarray(np.sqrt(square + eps) if inside else np.sqrt(square) + eps)


def is_near(first: float, second: float) -> bool:
    """Whether two constants of a rule are equal"""
    return abs(first - second) <= 1e-5 * max(abs(first), abs(second), 1e-3)
