"""Where a file computes the parts of an update rule, and a slip in one: values that are multiples of a quantity."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alignment import ratio
from .chains import ELEMENTS, Chain
from .formulas import Rule, corrected, corrected_by_product, is_near, moment, other_shares
from .replay import CannotReplay, Program

Array = NDArray[Any]

TRIALS = 6
SAME = 1e-5  # relative; the small constants in denominators are of the order of 1e-8


def wrong_part(rule: Rule, given: Array) -> Array | None:
    """The quantity that a slip makes wrong, for given gradients; None if it is the rule as a whole."""
    count = given.shape[1]
    proper = [float(number + 1) for number in range(count)]
    if rule.slip == "not-squared":
        return moment(given, rule.constants[-1]) if rule.constants else np.cumsum(given, axis=1)
    if rule.slip == "not-kept":
        return given * given
    if len(rule.constants) != 2:
        return None
    one, two = rule.constants
    parts: dict[str, Callable[[], Array]] = {
        "second-correction-with-first-beta": lambda: corrected(moment(given * given, two), one, proper),
        "first-correction-with-second-beta": lambda: corrected(moment(given, one), two, proper),
        "only-first-corrected": lambda: moment(given * given, two),
        "only-second-corrected": lambda: moment(given, one),
        "betas-swapped": lambda: moment(given, one),
        "correction-not-a-power": lambda: corrected_by_product(moment(given, one), one),
        "counter-not-counted": lambda: corrected(moment(given, one), one, [1.0] * count),
        "gradient-for-first-moment": lambda: given,
        "first-moment-squared": lambda: moment(moment(given, one) ** 2, two),
    }
    return parts[rule.slip]() if rule.slip in parts else None


def slip_node(program: Program, chain: Chain, rule: Rule) -> int | None:
    """The last node of the last iteration that is the quantity that a slip makes wrong, or a multiple of it."""
    if rule.slip == "accumulated":
        return first_sum(program, chain)
    if rule.slip == "shares":
        return odd_mean(program, chain, rule)
    found = aligned_nodes(program, chain, lambda given: wrong_part(rule, given))
    if rule.slip in ("only-first-corrected", "only-second-corrected"):
        once = 1 / (1 - rule.constants[rule.slip == "only-first-corrected"])  # the correction of the first iteration
        found = [one for one in found if is_near(one[1], once)] or found
    exact = [id for id, factor in found if is_near(factor, 1.0)]
    return exact[-1] if exact else found[-1][0] if found else None


def squares_node(program: Program, chain: Chain, rule: Rule) -> int | None:
    """The first node of the last iteration that is the running mean of squares of a rule, or a multiple of it."""
    found = aligned_nodes(program, chain, lambda given: moment(given * given, rule.constants[-1]))
    return found[0][0] if found else None


def first_sum(program: Program, chain: Chain) -> int | None:
    """Where the gradient of the last iteration is added to something first"""
    inner = program.ancestors([chain.steps[-1].after]) & program.descendants([chain.gradients[-1]])
    made = [id for id in sorted(inner - {chain.gradients[-1]}) if program.nodes[id].operation in ("add", "subtract")]
    return made[0] if made else None


def odd_mean(program: Program, chain: Chain, rule: Rule) -> int | None:
    """The running mean of a rule whose old and new part do not add up to 1; None if there is none."""
    if rule.name not in ("rmsprop", "rmsprop-momentum", "adam"):
        return None
    # what is averaged may be a multiple of the gradient, such as its mean, but no share of a running mean
    multiples = [1.0, *(factor for _, factor in aligned_nodes(program, chain, lambda given: given))]
    shares = [one * (1 - beta) for one in multiples for beta in rule.constants]
    scales = [one for one in multiples if not any(is_near(one, share) for share in shares)]
    # of one gradient, its square is a multiple of the running mean
    most = 1 if chain.is_of_one_part else None
    second = rule.constants[0 if rule.name == "rmsprop-momentum" else -1]
    found = aligned_nodes(program, chain, lambda given: moment(given * given, second))
    if found and not any(is_near(factor, one * one) for _, factor in found[:most] for one in scales):
        return found[0][0]
    if rule.name != "adam":
        return None
    first = rule.constants[0]
    found = aligned_nodes(program, chain, lambda given: moment(given, first))
    if found and not any(is_near(factor, one) for _, factor in found[:most] for one in scales):
        return found[0][0]
    if first != second and rule.slip == "shares":
        found = aligned_nodes(program, chain, lambda given: other_shares(given, second, first))
        found += aligned_nodes(program, chain, lambda given: other_shares(given * given, first, second))
        return found[0][0] if found else None
    return None


def is_corrected_once(program: Program, chain: Chain, rule: Rule) -> bool:
    """Whether both running means are divided by ``1 - beta``, which is their correction in the first iteration."""
    if rule.name != "adam":
        return False
    first, second = rule.constants
    quantities = ((first, lambda given: moment(given, first)), (second, lambda given: moment(given * given, second)))
    for beta, quantity in quantities:
        factors = [factor for _, factor in aligned_nodes(program, chain, quantity)]
        if not all(any(is_near(one, wanted) for one in factors) for wanted in (1.0, 1 / (1 - beta))):
            return False
    return True


def aligned_nodes(program: Program, chain: Chain, quantity: Callable[[Array], Array | None]) -> list[tuple[int, float]]:
    """The nodes of the last iteration that are a multiple of a quantity, for random gradients, and the factors."""
    rows: list[Array] = []
    given: list[Array] = []
    inner: list[int] = []
    last = chain.steps[-1]
    for trial in range(TRIALS):
        rng = np.random.default_rng((23, trial))
        drawn = [mask * rng.uniform(0.5, 1.5, mask.shape) for mask in chain.written]
        values = chain.given(program, drawn)
        values |= {step.before: np.zeros(last.shape) for step in chain.steps}
        inner = sorted(program.ancestors([last.after], stop=values) & program.descendants([chain.gradients[-1]]))
        try:
            found = program.run(inner, values, None)
        except CannotReplay:
            return []
        shape = np.shape(values[chain.gradients[-1]])
        is_part = math.prod(shape) != math.prod(last.shape)
        kept = [id for id in inner if np.shape(found[id]) == (shape if is_part else last.shape)]
        places = slice(ELEMENTS) if is_part else chain.compared
        rows.append(np.array([np.ravel(found[id])[places] for id in kept]))
        given.append(np.array([np.ravel(one[last.part] if is_part else one)[places] for one in drawn]))
        inner = kept
    expected = quantity(np.array(given))
    if expected is None:
        return []
    values_of = np.array(rows).transpose(1, 0, 2)  # (nodes, trials, elements)
    factors = [(id, rate_of(value, expected[:, -1])) for id, value in zip(inner, values_of)]
    return [(id, factor) for id, factor in factors if factor is not None]


def rule_node(program: Program, chain: Chain) -> int:
    """Where a rule is written: the last named value between gradient and update, on another line; else the update."""
    last = chain.steps[-1]
    update = program.nodes[last.after].place
    gradient = program.nodes[chain.gradients[-1]].place
    inner = program.ancestors([last.after], stop=[step.before for step in chain.steps])
    inner &= program.descendants([chain.gradients[-1]])
    for id in sorted(inner, reverse=True):
        node = program.nodes[id]
        if node.place is None or node.shape != last.shape or id == last.after:
            continue
        if update is not None and node.place.site == update.site:
            continue
        if gradient is not None and node.place.site == gradient.site:
            continue
        return id
    return last.after


def rate_of(steps: Array, direction: Array) -> float | None:
    """The one factor of all steps along a direction, None if there is none."""
    return ratio(np.ravel(steps), np.ravel(direction), SAME)
