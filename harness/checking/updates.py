"""Which update rule a file follows: plain steps, momentum, Nesterov, Adagrad, RMSprop, Adam and known slips of them.

The gradients of several iterations are replaced by random numbers and the parameters by zeros. What is left is the
rule alone, element by element, and it is compared with the formulas of known rules.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, Node
from .chains import Chain, chains_of
from .formulas import Rule, adaptive_rules, is_near
from .reading import Reading
from .replay import CannotReplay, Program, is_zero
from .rule_places import SAME, TRIALS, aligned_nodes, is_corrected_once, odd_mean, rate_of

Array = NDArray[Any]

NOTHING = 1e-9  # relative, of an influence
MOST_BETAS = 8
MOST_SMALL = 4
SLOWEST_RATE = 0.9  # share of a rate that a schedule leaves of it after one iteration, at least
SMALL = 1e-3  # constants up to this size may guard a denominator
LEAST_SHARE = 1e-4  # that a running mean may take of a new value
ONE_STEP = "momentum-of-last-gradient"


@dataclass(frozen=True)
class Replayed:
    """The steps of one parameter for random gradients."""

    given: Array  # (trials, iterations, elements) gradients, with the sign of true ones
    steps: Array  # (trials, iterations, elements) what was made of them


def replay_rules(
    program: Program, chains: Sequence[Chain], *, silent: Sequence[int] = (), positive: bool = False
) -> list[Replayed] | None:
    """The steps that random gradients lead to; None if they cannot be replayed.

    Args:
        program: the graph.
        chains: of all parameters.
        silent: positions of chains whose gradients are 0.
        positive: whether all gradients are above 0.
    """
    rows: list[tuple[list[Array], list[Array]]] = [([], []) for _ in chains]
    for trial in range(TRIALS):
        rng = np.random.default_rng((17, trial))
        given: dict[int, Any] = {}
        drawn = [
            [
                mask * rng.uniform(0.5, 1.5, mask.shape) * (1 if positive else rng.choice([-1.0, 1.0], mask.shape))
                for mask in chain.written
            ]
            for chain in chains
        ]
        for position, chain in enumerate(chains):
            given |= chain.given(program, [(position not in silent) * one for one in drawn[position]])
        try:
            for position, steps in enumerate(steps_for(program, chains, given)):
                places = chains[position].compared
                rows[position][0].append(np.array([np.ravel(one)[places] for one in drawn[position]]))
                rows[position][1].append(np.array([np.ravel(one)[places] for one in steps]))
        except (CannotReplay, ValueError, KeyError, TypeError):
            return None
    return [Replayed(np.array(given_), np.array(steps)) for given_, steps in rows]


def steps_for(program: Program, chains: Sequence[Chain], given: Mapping[int, Any]) -> list[list[Array]]:
    """What every parameter's steps are for given gradients, if the parameters are 0 before each of them."""
    found: list[list[Array]] = [[] for _ in chains]
    for number in range(len(chains[0].steps)):
        zeros = {
            chain.steps[earlier].before: np.zeros(chain.steps[0].shape)
            for chain in chains
            for earlier in range(number + 1)
        }
        targets = [chain.steps[number].after for chain in chains]
        values = program.run(targets, {**given, **zeros}, None)
        for position, after in enumerate(targets):
            found[position].append(np.asarray(values[after], dtype=float))
    return found


def influences(program: Program, chains: Sequence[Chain], replayed: Sequence[Replayed]) -> set[tuple[int, int]]:
    """Pairs of parameters: gradients of the first reach the steps of the second."""
    found: set[tuple[int, int]] = set()
    for position in range(len(chains)):
        others = replay_rules(program, chains, silent=[position])
        if others is None:
            continue
        for other, (mine, without) in enumerate(zip(replayed, others)):
            largest = float(np.max(np.abs(mine.steps), initial=0.0))
            if other != position and np.max(np.abs(mine.steps - without.steps), initial=0.0) > NOTHING * largest:
                found.add((position, other))
    return found


# Linear rules


def linear_response(replayed: Replayed) -> Array | None:
    """(iterations, iterations) how much of each gradient is in each step; None if the rule is not linear."""
    count = replayed.given.shape[1]
    response = np.zeros((count, count))
    given = replayed.given.transpose(1, 0, 2).reshape(count, -1)
    for number in range(count):
        steps = replayed.steps[:, number].ravel()
        found, *_ = np.linalg.lstsq(given[: number + 1].T, steps, rcond=None)
        largest = float(np.max(np.abs(steps), initial=0.0))
        if not np.all(np.isfinite(steps)) or np.max(np.abs(given[: number + 1].T @ found - steps)) > SAME * largest:
            return None
        response[number, : number + 1] = found
    return response


def linear_rule(response: Array) -> Rule:
    """The rule with this response."""
    count = len(response)
    small = 1e-9 * np.max(np.abs(response))
    response = np.where(np.abs(response) <= small, 0.0, response)
    if not np.any(response - np.diag(np.diag(response))):
        return Rule(name="sgd")
    if count < 2 or np.any(np.diag(response) == 0):
        return Rule(name="")
    # the share that is kept, along the rows (rates may differ) or down the columns (the rate is in the velocity)
    below = [float(response[number + 1, number]) for number in range(count - 1)]
    rows = [below[number] / float(response[number + 1, number + 1]) for number in range(count - 1)]
    columns = [below[number] / float(response[number, number]) for number in range(count - 1)]
    kept = rows[0] - 1
    if count > 2 and 0 < kept < 1 and is_near(float(response[2, 0] / response[2, 2]), 1 + kept + kept * kept):
        # the velocity of gradients that are added to the last ones
        return Rule(name="momentum", slip="accumulated", constants=(kept,))
    for shares, rated in ((rows, 2), (columns, 0)):  # by the rate of the step, or of the gradient
        kept = shares[0]
        if not all(is_near(one, kept) for one in shares):
            continue
        if count < 3 or is_near(float(response[2, 0] / response[rated, rated]), kept * kept):
            slip = "momentum-sign" if kept < 0 else "accumulated" if is_near(kept, 1.0) else ""
            slip = slip or ("kept-above-one" if kept > 1 else "")
            return Rule(name="momentum", slip=slip, constants=(kept,))
        share = float(response[2, 0] / response[1, 0])
        if shares is columns and 0 < share < 1 and is_near(kept, share * share / (1 + share)):
            return Rule(name="nesterov", constants=(share,))
        if response[2, 0] == 0:
            return Rule(name=ONE_STEP, slip="momentum-sign" if kept < 0 else "", constants=(kept,))
    return Rule(name="")


# Rules with a second moment


def constants_of(program: Program, chain: Chain) -> tuple[list[float], list[float], list[float]]:
    """The numbers between 0 and 1 (with their complements to 1), the small ones, and those that the sum of squares may
    begin at, that a rule is made with."""
    inner = program.ancestors(
        [step.after for step in chain.steps], stop=[*chain.gradients, *(step.before for step in chain.steps)]
    )
    found: set[float] = set()
    fills: set[float] = set()
    for id in sorted(inner):
        node = program.nodes[id]
        found |= numbers_in(node)
        if node.kind is Kind.FILL and node.shape and np.ptp(value := np.asarray(node.value)) == 0:
            fills.add(float(value.flat[0]))
    betas = {one for one in found if 0 < one < 1 and one > SMALL}
    betas |= {round(1 - one, 12) for one in found if LEAST_SHARE <= one < 1}
    small = {one for one in found if 0 < one <= SMALL}
    starts = [one for one in sorted(fills) if one > 0]
    # what is squared may be a multiple of the gradient node, such as its mean
    multiples = {1.0, *(factor for _, factor in aligned_nodes(program, chain, lambda given: given))} if starts else ()
    starts = [one / factor**2 for one in starts for factor in multiples]
    return sorted(betas)[-MOST_BETAS:], [0.0, *sorted(small)[:MOST_SMALL]], [0.0, *starts]


def numbers_in(node: Node) -> set[float]:
    """The single numbers of a node: constants in its arguments, and its value if it is a leaf."""
    found = {float(one) for one in node.arguments if isinstance(one, (int, float, np.number)) and np.isfinite(one)}
    if node.is_leaf and node.shape == () and node.value is not None and not isinstance(node.value, tuple):
        value = np.asarray(node.value)
        if value.dtype.kind in "fiu" and np.isfinite(value):
            found.add(float(value))
    return found


def adaptive_rule(
    program: Program, chain: Chain, replayed: Replayed, position: int, parameters: int, shown: Shown
) -> Rule:
    """The known rule that explains the steps, right ones first."""
    betas, small, starts = constants_of(program, chain)
    slipped: Rule | None = None
    scheduled: Rule | None = None
    # the root of the square of one gradient is its size: steps by the sign, or a state that is not kept
    unmeant = "sign" if has_spare_state(program, chain) else "not-kept"
    with np.errstate(all="ignore"):
        summed = adaptive_rules(np.cumsum(replayed.given, axis=1), betas, small, position, parameters, starts)
        accumulated = ((replace(rule, slip="accumulated"), direction) for rule, direction in summed if not rule.slip)
        rules = adaptive_rules(replayed.given, betas, small, position, parameters, starts)
        for rule, direction in itertools.chain(rules, accumulated):
            if (rule.slip and slipped is not None) or unmeant in (rule.slip, rule.name):
                continue
            if not chain.is_of_one_part:  # what is kept shows in the shares alone that are taken in
                if rule.slip or rule.name == "sign" or (shown and (rule.name, rule.constants) not in shown):
                    continue
                if odd_mean(program, chain, rule) is not None:
                    continue
                direction = np.where(replayed.given == 0, 0.0, direction)
            if rate_of(replayed.steps, direction) is None:
                if not rule.slip and scheduled is None and has_falling_rate(replayed.steps, direction):
                    scheduled = rule
                continue
            if not rule.slip:
                return without_slip(program, chain, rule)
            slipped = rule
    if slipped is None and scheduled is not None:
        return without_slip(program, chain, scheduled)
    return slipped or Rule(name="")


def without_slip(program: Program, chain: Chain, rule: Rule) -> Rule:
    """A right rule, unless shares in its running means do not add up to 1, or a correction is that of one iteration."""
    if not chain.is_of_one_part:
        return rule
    if odd_mean(program, chain, rule) is not None:
        return replace(rule, slip="shares")
    return replace(rule, slip="counter-not-counted") if is_corrected_once(program, chain, rule) else rule


def has_spare_state(program: Program, chain: Chain) -> bool:
    """Whether zeros of the parameter's shape were made that go into no step: a state that is meant to be kept."""
    used = program.ancestors(step.after for step in chain.steps)
    shape = chain.steps[0].shape
    return any(
        node.kind is Kind.FILL and node.shape == shape and node.id not in used and is_zero(node.value)
        for node in program.nodes
    )


def has_falling_rate(steps: Array, direction: Array) -> bool:
    """Whether the rate along a direction falls from one iteration to the next, or stays.

    It falls slowly, because a correction that is left out of Adam looks like a rate that falls fast.
    """
    rates: list[float] = []
    for number in range(steps.shape[1]):
        rate = rate_of(steps[:, [number]], direction[:, [number]])
        if rate is None or (rates and not SLOWEST_RATE <= rate / rates[-1] <= 1):
            return False  # most directions that are not of the rule, at the first iteration
        rates.append(rate)
    return True


Shown = Set[tuple[str, tuple[float, ...]]]  # the names and the constants of rules


def rule_of(program: Program, chain: Chain, replayed: Replayed, position: int, parameters: int, shown: Shown) -> Rule:
    """The rule of one parameter; if its steps write different items, one of those that other parameters show."""
    response = linear_response(replayed)
    if response is not None:
        return linear_rule(response)
    return adaptive_rule(program, chain, replayed, position, parameters, shown)


@dataclass(frozen=True, kw_only=True)
class RulesFound:
    """The rules of all parameters."""

    chains: tuple[Chain, ...]  # the parameters
    rules: tuple[Rule, ...]  # of each
    # which parameter's gradients (first) reach which other parameter (second), by position
    crossed: frozenset[tuple[int, int]]


def find_rules(readings: Sequence[Reading]) -> RulesFound | None:
    """The update rules of all parameters through these iterations; None if they cannot be replayed.

    Args:
        readings: the iterations, in order, each with right gradients.
    """
    program = readings[0].stage.program
    chains = chains_of(readings)
    if not chains or len(readings) < 2:
        return None
    replayed = replay_rules(program, chains)
    if replayed is not None and not all(np.all(np.isfinite(one.steps)) for one in replayed):
        replayed = replay_rules(program, chains, positive=True)
    if replayed is None:
        return None
    rules: list[Rule] = [Rule(name="")] * len(chains)
    shown: set[tuple[str, tuple[float, ...]]] = set()
    for position in sorted(range(len(chains)), key=lambda one: not chains[one].is_of_one_part):
        rules[position] = rule_of(program, chains[position], replayed[position], position, len(chains), shown)
        if chains[position].is_of_one_part:
            shown.add((rules[position].name, rules[position].constants))
    if len(chains) < len(readings[0].stage.steps) and not all(rule.name for rule in rules):
        return None  # of some parameters only, a rule that is not known says nothing
    crossed = frozenset(influences(program, chains, replayed))
    return RulesFound(chains=tuple(chains), rules=tuple(rules), crossed=crossed)
