"""Which update rule a file follows: plain steps, momentum, Nesterov, Adagrad, RMSprop, Adam and known slips of them.

The gradients of several iterations are replaced by random numbers and the parameters by zeros. What is left is the
rule alone, element by element, and it is compared with the formulas of known rules.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, Node
from .alignment import ratio
from .formulas import Rule, adaptive_rules, corrected, corrected_by_product, moment, other_shares
from .matching import gradient_nodes
from .reading import Reading
from .replay import CannotReplay, Program, is_zero, size_of
from .stage import Step

Array = NDArray[Any]

TRIALS = 6
ELEMENTS = 4  # of one parameter that a rule is compared at
SAME = 1e-5  # relative; the small constants in denominators are of the order of 1e-8
NOTHING = 1e-9  # relative, of an influence
MOST_BETAS = 8
MOST_SMALL = 4
SLOWEST_RATE = 0.9  # share of a rate that a schedule leaves of it after one iteration, at least
SMALL = 1e-3  # constants up to this size may guard a denominator
LEAST_SHARE = 1e-4  # that a running mean may take of a new value
ONE_STEP = "momentum-of-last-gradient"


@dataclass(frozen=True, kw_only=True)
class Chain:
    """One parameter through several iterations."""

    steps: tuple[Step, ...]  # its steps
    gradients: tuple[int, ...]  # for each, the node that its gradient comes in by
    signs: tuple[float, ...]  # for each, the sign of that node's factor
    # other nodes that are computed as the same gradient, each with its iteration and its multiple of it
    twins: tuple[tuple[int, int, float], ...] = ()

    @property
    def is_of_one_part(self) -> bool:
        """Whether all its steps write the same items, such as all of them; else those of each show little of a state"""
        return all(np.array_equal(mask, self.written[0]) for mask in self.written)

    @cached_property
    def written(self) -> list[Array]:
        """For each step, whether it writes an item, in the shape of the parameter."""
        masks = [np.zeros(step.shape, dtype=bool) for step in self.steps]
        for step, mask in zip(self.steps, masks):
            mask[step.part] = True
        return masks

    @cached_property
    def compared(self) -> Array:
        """The places of the items that a rule is compared at: the first that each step writes."""
        return np.unique(np.concatenate([np.flatnonzero(mask)[:ELEMENTS] for mask in self.written]))

    def given(self, program: Program, drawn: Sequence[Array]) -> dict[int, Any]:
        """The values of its gradient nodes, and of their twins, for a gradient of the parameter at each step."""
        found: dict[int, Any] = {}
        for step, id, sign, one in zip(self.steps, self.gradients, self.signs, drawn):
            shape = program.nodes[id].shape
            value = one if math.prod(shape) == one.size else one[step.part]
            found[id] = sign * value.reshape(shape)
        return found | {id: factor * found[self.gradients[number]] for number, id, factor in self.twins}

    @property
    def name(self) -> str:
        """The user's name of the parameter."""
        return self.steps[0].name


def gradient_node(reading: Reading, step: Step) -> tuple[int, float] | None:
    """The first node that is the gradient of a step, and through which alone the step depends on the iteration."""
    stage = reading.stage
    program = stage.program
    others = {one.after for one in stage.steps if one.before != step.before}
    shared: tuple[int, float] | None = None
    nodes = sorted(gradient_nodes(reading, step))
    clipped = [(one, factor) for gradient, factor in nodes for one in clipped_nodes(reading, gradient)]
    for id, factor in (*nodes, *clipped):
        left = program.ancestors([step.after], stop=[*stage.parameters, id]) & stage.dependent
        if left & (reading.forward.nodes | set(stage.parameters)) <= {step.before}:
            # a delta times a constant input is a gradient, and so is the delta itself, which others are made of too
            if not program.descendants([id], within=stage.needed) & others:
                return id, factor
            shared = shared or (id, factor)
    return shared


def clipped_nodes(reading: Reading, gradient: int) -> Iterator[int]:
    """The products of a gradient with a positive number that gradients are made into, such as a share of their norm."""
    stage = reading.stage
    for id in sorted(set(stage.program.children[gradient]) & stage.needed):
        others = [one for one in stage.program.parents[id] if one != gradient]
        if stage.node(id).operation not in ("multiply", "divide") or len(others) != 1 or size_of(stage.node(id)) < 2:
            continue
        share = (
            stage.samples(others[0]) if size_of(stage.node(others[0])) == 1 and others[0] in stage.dependent else None
        )
        if share is not None and np.all(share.flat > 0):
            yield id


def twins_of(reading: Reading, step: Step, known: int) -> list[tuple[int, float]]:
    """What a file computes once more as the gradient of a step beside a node, for a later one, with its factor.

    The gradient of the step before is often kept, but ``last = x.T @ delta`` is another product of the same arrays.
    """
    stage, gradient = reading.stage, reading.gradient_samples((step.before,))
    own = stage.samples(known)
    others = stage.dependent - stage.needed - reading.forward.nodes - stage.program.descendants([known])
    alike = [id for id in sorted(others) if stage.node(id).shape == step.shape != ()]
    if gradient is None or own is None or not stage.extend(alike):
        return []
    values = [(id, value) for id in alike if (value := stage.samples(id)) is not None]
    found = [(id, ratio(value.flat, own.flat)) for id, value in values]
    return [(id, factor) for id, factor in found if factor is not None]


def chains_of(readings: Sequence[Reading]) -> list[Chain] | None:
    """Every parameter's steps with their gradients, through all iterations; None if one gradient is not found.

    A parameter whose gradient is 0 in one of them, as that of a weight whose input is 0, is left out.
    """
    by_parameter: dict[int, list[tuple[Step, int, float]]] = {}
    twins: dict[int, list[tuple[int, int, float]]] = {}
    for number, reading in enumerate(readings):
        for step in reading.stage.steps:
            found = gradient_node(reading, step)
            match = reading.matches.get(step.before)
            if found is None and match is not None and match.nothing:
                continue
            if found is None or step.parameter < 0:
                return None
            by_parameter.setdefault(step.parameter, []).append((step, *found))
            beside = twins_of(reading, step, found[0])
            twins.setdefault(step.parameter, []).extend((number, id, factor) for id, factor in beside)
    return [
        Chain(
            steps=tuple(one[0] for one in rows),
            gradients=tuple(one[1] for one in rows),
            signs=tuple(float(np.sign(one[2])) for one in rows),
            twins=tuple(twins[parameter]),
        )
        for parameter, rows in by_parameter.items()
        if len(rows) == len(readings)
    ]


# Replays of the rules alone


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


def is_near(first: float, second: float) -> bool:
    """Whether two constants of a rule are equal"""
    return abs(first - second) <= 1e-5 * max(abs(first), abs(second), 1e-3)


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


def rate_of(steps: Array, direction: Array) -> float | None:
    """The one factor of all steps along a direction, None if there is none."""
    return ratio(np.ravel(steps), np.ravel(direction), SAME)


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


# Where a slip is made


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
