"""What is done with right gradients: rates, weight decay, momentum, gradients that are never reset.

The first update shows the gradient; the later ones show what is carried from one to the next. At random settings of the
parameters before a later update, its step is ``factor * gradient`` and a constant: what earlier iterations left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind as LeafKind
from ..recording.graph import Node, Place, Recording
from .alignment import ratio
from .chains import Chain
from .choosing import read_like
from .coefficients import Unread, unread_coefficients
from .factors import is_same
from .formulas import is_near
from .labels import found_in_step, label, quantity
from .matching import gradient_nodes, written_shape
from .penalties import decay_mistakes, decay_place, has_penalty
from .reading import Match, Reading
from .replay import CannotReplay, Program, is_zero
from .result import Found, Note, Remark, merge_by_id
from .rule_places import rule_node, slip_node, squares_node
from .scales import common_factor, found_scale, is_of_rate, name_of_scale
from .settings import branches, draw_settings
from .sources import Sources
from .stage import Step, make_stage, steps_of
from .stale import stale_values
from .structure import Role
from .thresholds import error_groups
from .updates import ONE_STEP, RulesFound, find_rules, numbers_in

Array = NDArray[Any]

LATER_ITERATIONS = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the update rules show."""

    mistakes: tuple[Found, ...] = ()  # wrong rules
    notes: tuple[Note, ...] = ()  # remarks, as (id, place, detail)
    is_open: bool = False  # whether a rule is not understood
    # values of a later forward pass that earlier errors went into and that are not known as parameters
    learned: tuple[str, ...] = ()
    # a later iteration in which some gradients are wrong, though they are right in the first; None if none
    departed: Reading | None = None


def departs(reading: Reading) -> bool:
    """Whether some steps are not made of their gradients, which appear nowhere, while others are."""
    unexplained = reading.unexplained
    is_lost = not any(any(gradient_nodes(reading, step)) for step in unexplained)
    return 0 < len(unexplained) < len(reading.stage.steps) and is_lost


def decay_begun(first: Reading, later: Reading) -> list[Found]:
    """What a later iteration adds to gradients or leaves out, of the penalty in the file's own cost, unlike the first.

    A velocity may look like a decay, and begins in the second iteration.
    """
    known = [one for reading in (first, later) for one in reading.matches.values() if one is not None]
    is_plain = all(one is None or not one.decay for one in first.matches.values())
    if not is_plain or any(one.constant for one in known) or not later.cost.meant or not has_penalty(later):
        return []
    return decay_mistakes(later)


def are_sides_seen(readings: Sequence[Reading]) -> bool:
    """Whether both branches made a step of every parameter that is not 0 because of the inputs."""
    seen: dict[str, set[Any]] = {}
    for reading in readings:
        side = reading.cost.errors[0].constant
        for step in reading.stage.steps:
            match = reading.matches[step.before]
            seen.setdefault(step.name, set()).update([side] if match is not None and not match.nothing else [])
    return all(len(sides) > 1 for sides in seen.values())


def turns_round(first: Reading, later: Reading) -> bool:
    """Whether the steps of another branch climb, though those of the first descend."""
    factors = [match.factor for match in later.matches.values() if match is not None]
    return later.cost.is_of_branch and first.descends and any(one > 0 for one in factors)


def unlike_others(first: Reading, later: Reading) -> bool:
    """Whether a step whose gradient is 0 in the first iteration is another multiple of it later than those of others.

    Numbers that are written in the file do not change with random settings: the first row of XOR stays 0.
    """
    has_state = any(one is not None and one.constant for one in later.matches.values())
    return (
        not has_state
        and not later.same_factor
        and any(
            step.before in later.factors and (match := first.matches[before.before]) is not None and match.nothing
            for before, step in zip(first.stage.steps, later.stage.steps)
        )
    )


def rule_mistakes(recording: Recording, reading: Reading, sources: Sources) -> Rules:
    """The mistakes of update rules.

    Args:
        recording: the recording.
        reading: the first iteration, whose gradients are right.
        sources: the user's files.
    """
    late = [step for step in reading.stage.steps if is_late(recording, step)]
    if late:
        found = [found_in_step(reading, step, "wrong-update-rule", detail="late") for step in late]
        return Rules(mistakes=tuple(merge_by_id(found)))
    notes: list[Note] = []
    differences = last_steps(recording, reading)
    if differences:
        found, notes = turned_momentum(reading, differences), [(Remark.UPDATE_RULE, None, "momentum")]
    else:
        found = decay_mistakes(reading)
    if found:
        return Rules(mistakes=tuple(merge_by_id(found)))
    readings = [reading]
    unexplained: Place | None = None
    is_of_branch = reading.cost.is_of_branch
    iterations = range(1, len(recording.parameters[0].updates)) if is_of_branch else LATER_ITERATIONS
    for iteration in iterations:
        steps = steps_of(recording, iteration)
        if len(steps) != len(reading.stage.steps):
            break
        later = read_later(recording, reading, steps)
        if later is None:
            notes.append((Remark.LATER_ITERATION_NOT_READ, None, str(iteration + 1)))
            break
        learned = learned_values(reading, later)
        if learned:
            return Rules(learned=learned)
        stale = stale_values(reading, later)
        if stale:
            return Rules(mistakes=tuple(stale))
        begun = decay_begun(reading, later)
        if begun:
            return Rules(mistakes=tuple(begun))
        if departs(later) or unlike_others(reading, later) or turns_round(reading, later):
            return Rules(departed=later)
        readings.append(later)
        if later.unexplained and unexplained is None:
            unexplained = later.stage.node(later.unexplained[0].after).place
    if is_of_branch and not are_sides_seen(readings):
        return Rules(is_open=True)
    longer = longer_iteration(recording)
    if longer is not None:
        later = read_later(recording, reading, steps_of(recording, longer))
        if later is not None and departs(later):
            return Rules(departed=later)
    known = find_rules(readings)
    if known is not None:
        found += known_mistakes(reading, known, sources)
        unknown = [chain for chain, rule in zip(known.chains, known.rules) if not rule.name]
        if found or not unknown:
            notes += [
                (Remark.UPDATE_RULE, None, one) for one in sorted({rule.name for rule in known.rules} - {"", "sgd"})
            ]
            return Rules(mistakes=tuple(merge_by_id(found)), notes=tuple(notes))
        place = reading.stage.node(unknown[0].steps[0].after).place
        notes.append((Remark.UPDATE_RULE_UNKNOWN, place, unknown[0].name))
        # a step that is made of its own iteration's gradient alone is right whatever the rule is called
        return Rules(notes=tuple(notes), is_open=unexplained is not None or keeps_a_state(readings, unknown))
    for number, later in enumerate(readings[1:], 1):
        if later.unexplained:
            break
        found += carried_mistakes(recording, later, number)
    if not found and unexplained is None and len(readings) > 1:
        unexplained = unknown_state(recording, readings[1])
    if unexplained is not None and not found:
        notes.append((Remark.LATER_ITERATION_DIFFERS, unexplained, ""))
    return Rules(mistakes=tuple(merge_by_id(found)), notes=tuple(notes), is_open=unexplained is not None and not found)


def is_late(recording: Recording, step: Step) -> bool:
    """Whether a parameter's first step is made of a forward pass before the last one that used it."""
    if step.returned:
        return False
    first = recording.parameters[step.parameter].updates[0]
    return recording.updates[first].before != step.before


def learned_values(first: Reading, later: Reading) -> tuple[str, ...]:
    """The sums that go into a later forward pass and that the first errors went into, other than parameters.

    Each may be a parameter that began as a plain number, whose updates were not compared with anything.
    """
    stage, program = later.stage, later.stage.program
    parameters = set(stage.parameters)
    # not after the outputs: a cost may be added up over iterations
    forward = program.ancestors([error.output for error in later.errors], stop=parameters) & later.forward.nodes
    made = first.made_by_errors - stage.dependent - parameters
    into = sorted({parent for id in forward - parameters for parent in program.parents[id]} & made)
    sums = [id for id in into if stage.node(id).operation in ("add", "subtract")]
    return tuple(dict.fromkeys(label(stage, id) for id in sums))


def longer_iteration(recording: Recording) -> int | None:
    """An iteration that is the longest, as that of a longer sequence, if it comes after those that are read anyway."""
    updates = [recording.updates[one] for one in recording.parameters[0].updates]
    lengths = [update.after - update.before for update in updates]
    longest = lengths.index(max(lengths))
    return longest if longest > LATER_ITERATIONS[-1] else None


def keeps_a_state(readings: Sequence[Reading], chains: Sequence[Chain]) -> bool:
    """Whether steps depend on what earlier iterations leave: something is added, or goes in that is not a gradient"""
    names = {step.name for chain in chains for step in chain.steps}
    for reading in readings[1:]:
        stage = reading.stage
        for step in stage.steps:
            match = reading.matches[step.before]
            if step.name not in names or match is None:
                continue
            if match.constant:
                return True
            into = stage.program.ancestors([step.after], stop=stage.parameters) - reading.forward.nodes
            into -= stage.dependent | set(stage.parameters)
            if any(stage.node(id).shape == step.shape != () for id in into):
                return True
    return False


SLIPS = {"momentum-sign": "momentum-sign", "accumulated": "gradient-accumulated-over-iterations"}


def known_mistakes(reading: Reading, known: RulesFound, sources: Sources) -> list[Found]:
    """Known slips of update rules, and parameters whose rule is not that of the others."""
    program = reading.stage.program
    found = [
        rule_mistake(
            reading, chain, SLIPS.get(rule.slip, "wrong-update-rule"), rule.slip, slip_node(program, chain, rule)
        )
        for chain, rule in zip(known.chains, known.rules)
        if rule.slip
    ]
    found += [
        rule_mistake(reading, chain, "wrong-update-rule", "not-kept", node)
        for chain, rule in zip(known.chains, known.rules)
        if rule.name == "sgd" and chain.is_of_one_part and (node := forgotten_velocity(program, chain)) is not None
    ]
    found += shared_coefficients(reading, known, sources)
    if found:
        return found
    if known.crossed and all(rule.name in LINEAR_RULES for rule in known.rules):
        crossed = sorted({other for _, other in known.crossed})
        return [rule_mistake(reading, known.chains[one], "momentum-overwritten", "", None) for one in crossed]
    if any(not rule.name for rule in known.rules):
        return []
    return [rule_mistake(reading, chain, "wrong-update-rule", "differs", None) for chain in odd_chains(reading, known)]


def shared_coefficients(reading: Reading, known: RulesFound, sources: Sources) -> list[Found]:
    """The running means of squares that keep the share of the first mean, beside a second share that is never read."""
    program, found = reading.stage.program, list[Found]()
    unread: dict[Place, list[Unread]] = {}
    for chain, rule in zip(known.chains, known.rules):
        if rule.slip or len(rule.constants) != 2 or rule.name not in TWO_MEANS or not is_near(*rule.constants):
            continue
        node = squares_node(program, chain, rule)
        place = None if node is None else program.nodes[node].place
        if place is None:
            continue
        if place not in unread:
            unread[place] = [one for one in unread_coefficients(sources, [place]) if one.partners]
        if unread[place]:
            one = rule_mistake(reading, chain, "wrong-update-rule", "shared-coefficient", node)
            found.append(replace(one, others=(unread[place][0].place, *one.others)))
    return found


RuleKey = tuple[Any, ...]


def odd_chains(reading: Reading, known: RulesFound) -> list[Chain]:
    """The parameters whose rule is not that of the others of their role: that kernels and biases differ is a choice."""
    compared = [(chain, rule) for chain, rule in zip(known.chains, known.rules) if chain.is_of_one_part]
    keys: list[RuleKey] = [(rule.name, *(round(one, 4) for one in rule.constants)) for _, rule in compared]
    roles = [reading.forward.roles.get(chain.steps[0].before) for chain, _ in compared]

    def weight(key: RuleKey, role: Role | None) -> tuple[int, int, bool]:
        return list(zip(keys, roles)).count((key, role)), keys.count(key), key[0] != ONE_STEP

    usual = {role: max(keys, key=lambda key: weight(key, role)) for role in roles}
    return [chain for (chain, _), key, role in zip(compared, keys, roles) if key != usual[role]]


# a state by its name; a function that is called so may belong to one rule of several, as to one without a state
VELOCITY = re.compile(r"(?i)(momentum|veloc)\w*(?![\w(])")


def forgotten_velocity(program: Program, chain: Chain) -> int | None:
    """The value of a plain step that a share of new zeros is added to, or the first whose line speaks of momentum.

    None if the share is 0.
    """
    last = chain.steps[-1]
    inner = program.ancestors([last.after], stop=[step.before for step in chain.steps])
    inner &= program.descendants([chain.gradients[-1]]) - {chain.gradients[-1]}
    begun = next((id for id in sorted(inner) if adds_share_of_zeros(program, program.nodes[id])), None)
    if begun is not None:
        return begun
    gradient = program.nodes[chain.gradients[-1]].place
    lines = [program.nodes[id].place for id in sorted(inner)]
    places = [one for one in lines if one is not None and one != gradient and VELOCITY.search(one.text)]
    if not places:
        return None
    into = program.ancestors([last.after], stop=[*chain.gradients, *(step.before for step in chain.steps)])
    of_line = [program.nodes[id] for id in into if program.nodes[id].place in places or program.nodes[id].is_leaf]
    if any(node.operation == "multiply" and 0.0 in factors_in(program, node) for node in of_line):
        return None
    return next(id for id in sorted(inner) if program.nodes[id].place == places[0])


def adds_share_of_zeros(program: Program, node: Node) -> bool:
    """Whether a sum has a term that is a number, other than 0, times zeros as they were made, or items of them."""
    shares = [program.nodes[one] for one in node.parents] if node.operation in ("add", "subtract") else []
    return any(
        share.operation == "multiply"
        and share.shape == node.shape != ()
        and 0.0 not in factors_in(program, share)
        and any(
            (one.kind is LeafKind.FILL or one.operation == "getitem") and is_zero(one.value)
            for one in (program.nodes[id] for id in share.parents)
        )
        for share in shares
    )


def factors_in(program: Program, node: Node) -> set[float]:
    """The single numbers that a product is made with"""
    found = numbers_in(node)
    for parent in program.parents[node.id]:
        found |= numbers_in(program.nodes[parent])
    return found


TWO_MEANS = frozenset({"adam", "amsgrad", "nadam"})
LINEAR_RULES = frozenset({"sgd", "momentum", "nesterov", ONE_STEP})


def rule_mistake(reading: Reading, chain: Chain, id: str, slip: str, node_id: int | None) -> Found:
    """A wrong update rule, at the line of what is wrong in it"""
    stage = reading.stage
    node = stage.node(node_id if node_id is not None else rule_node(stage.program, chain))
    update = stage.node(chain.steps[-1].after).place
    return Found(
        id=id,
        place=node.place,
        others=(update,) if update is not None and update != node.place else (),
        variable=label(stage, node.id),
        shape=chain.steps[0].shape,
        parameters=(chain.name,),
        detail=slip,
    )


def read_later(recording: Recording, reading: Reading, steps: tuple[Step, ...]) -> Reading | None:
    """A later iteration under the cost of the first one; None if it cannot be replayed."""
    stage = make_stage(recording, reading.stage.program, steps)
    errors = next(iter(error_groups(stage, stage.needed)), ())
    stage.errors = errors
    try:
        if not draw_settings(stage, branches(stage) if reading.stage.steering else ()):
            return None
        return read_like(reading, stage, errors)
    except CannotReplay:
        return None


def last_steps(recording: Recording, reading: Reading) -> list[tuple[Step, Match]]:
    """The steps that look like weight decay and are momentum without a velocity, ``alpha * (w - w_old)``.

    If ``w_old`` starts at 0, the first iteration adds ``alpha * w``. Each later one adds a share of what the
    parameter has changed by, so that it takes the same share of an earlier version off.

    Returns:
        the steps of the second iteration, none if the decay of one is not momentum.
    """
    steps = steps_of(recording, 1)
    has_decay = any(match is not None and match.decay for match in reading.matches.values())
    if not has_decay or len(steps) != len(reading.stage.steps):
        return []
    later = read_later(recording, reading, steps)
    if later is None:
        return []
    decayed = [(step, match) for step in steps if (match := later.matches[step.before]) is not None and match.decay]
    is_momentum = all(match.constant and takes_off_earlier(recording, later, step, match) for step, match in decayed)
    return decayed if is_momentum else []


def turned_momentum(reading: Reading, differences: Sequence[tuple[Step, Match]]) -> list[Found]:
    """Momentum that takes the last step back, ``alpha * (w_old - w)``."""
    turned = {step.parameter for step, match in differences if match.decay < 0}
    return [
        found_in_step(reading, step, "momentum-sign", place=decay_place(reading, step))
        for step in reading.stage.steps
        if step.parameter in turned
    ]


def takes_off_earlier(recording: Recording, later: Reading, step: Step, match: Match) -> bool:
    """Whether the constant in a step is an earlier version of the parameter, with the negated share of the present."""
    if step.parameter < 0:
        return False
    update = recording.updates[recording.parameters[step.parameter].updates[0]]
    values = later.stage.settings[0]
    rest = step.of(values) - match.factor * later.gradients[0][step.before] - match.decay * values[step.before]
    known = later.stage.program.run([update.before, *update.parts], {}, later.stage.program.base)
    shares = [ratio(np.ravel(rest), np.ravel(known[id]), 1e-5) for id in (update.before, *update.parts)]
    return any(share is not None and is_near(share, -match.decay) for share in shares)


def recorded_step(recording: Recording, reading: Reading, step: Step, iteration: int) -> Array | None:
    """What an iteration did to a parameter in the user's run"""
    if step.parameter < 0:
        return None
    parameter = recording.parameters[step.parameter]
    update = recording.updates[parameter.updates[iteration]]
    known = reading.stage.program.run([update.before, update.after], {}, reading.stage.program.base)
    return np.asarray(known[update.after], dtype=float) - np.asarray(known[update.before], dtype=float)


def carried_mistakes(recording: Recording, later: Reading, iteration: int) -> list[Found]:
    """What earlier iterations left in the steps, if it is wrong.

    One number is a multiple of any other, so for parameters of one number only a share that all of them have counts.
    """
    shares: list[tuple[Step, Match, float]] = []
    for step in later.stage.steps:
        match = later.matches[step.before]
        if match is not None and match.constant:
            share = carried_share(recording, later, step, match, iteration)
            shares += [(step, match, share)] if share is not None else []
    of_numbers = [share for step, _, share in shares if step.shape == ()]
    is_one = len(of_numbers) > 1 and all(is_near(one, of_numbers[0]) for one in of_numbers)
    found = [carried_mistake(later, *one) for one in shares if one[0].shape != () or is_one]
    return [one for one in found if one is not None]


def unknown_state(recording: Recording, later: Reading) -> Place | None:
    """Where items are written one by one with a state of them that is not a share of the step before; None if none are.

    The rules of whole parameters are replayed, and are not asked here.
    """
    for step in later.stage.steps:
        match = later.matches[step.before]
        if match is None or not match.constant or written_shape(later.stage, step) == step.shape:
            continue
        if carried_share(recording, later, step, match, 1) is None:
            return later.stage.node(step.after).place
    return None


def carried_share(recording: Recording, later: Reading, step: Step, match: Match, iteration: int) -> float | None:
    """What is left of the step before in a step, as a share of it; None if it is something else"""
    before = recorded_step(recording, later, step, iteration - 1)
    if before is None or not np.any(before):
        return None
    carried = step.of(later.stage.settings[0]) - match.factor * later.gradients[0][step.before]
    return ratio(np.ravel(carried), np.ravel(before), 1e-5)


def carried_mistake(later: Reading, step: Step, match: Match, share: float) -> Found | None:
    """The mistake if a share of the step before that is left in a step is wrong"""
    id = "gradient-accumulated-over-iterations" if is_same(share, 1.0) else "momentum-sign" if share < 0 else ""
    if not id:
        return None
    place = carrying_place(later, step) or later.stage.node(step.after).place
    own = quantity(later, step.before, match.factor)
    return found_in_step(later, step, id, place=place, got=own, expected=own, ratio=share)


def carrying_place(later: Reading, step: Step) -> Place | None:
    """Where what earlier iterations left is added to a gradient"""
    stage = later.stage
    for id in sorted(stage.program.ancestors([step.after], stop=[step.before])):
        node = stage.node(id)
        if node.operation not in ("add", "subtract") or id not in stage.dependent or id == step.after:
            continue
        if id in later.forward.nodes:
            continue
        old = [one for one in stage.program.parents[id] if one not in stage.dependent]
        if old and any(not stage.node(one).is_leaf for one in old) and node.shape == step.shape:
            return node.place
    return None


# Factors against the cost that the file computes


def scale_mistake(reading: Reading) -> Found | None:
    """Gradients that are a multiple of those of the cost that the file computes."""
    common = common_factor(reading) if reading.cost.node is not None else None
    if common is None or is_same(common[0], 1.0):
        return None
    factor, node_id = common
    if is_of_rate(reading, factor):
        return None
    id = name_of_scale(reading, factor)
    return found_scale(reading, node_id, id=id, factor=factor, expected=1.0, ratio=factor)


def belongs_together(reading: Reading) -> bool:
    """Whether the file computes its cost and its gradient in one function that is named after the cost."""
    stage = reading.stage
    if reading.cost.node is None or not stage.errors:
        return False
    place, other = stage.node(reading.cost.node).place, stage.node(stage.errors[0].node).place
    if place is None or other is None or place.function != other.function or place.function == "<module>":
        return False
    name = place.function.rsplit(".", 1)[-1].lower()
    return any(word in name for word in ("loss", "cost", "grad", "objective"))
