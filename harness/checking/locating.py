"""Where a gradient goes wrong: the earliest value whose replacement by a true gradient mends all that is made of it.

A right file may pass through values that are aligned with nothing, so the first of those is not the mistake. Replacing
is a proof: with the true gradient in the place of one value, and nothing else changed, the updates become right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..recording.graph import Node
from .alignment import Samples, align, are_alike, ratio, samples
from .matching import carries_a_state, changes, decayed_step, is_descent_rule
from .reading import Bundle, Reading
from .replay import CannotReplay, Values, is_truth
from .settings import SETTINGS
from .stage import JOINING, Step

TRIED_SETTINGS = 3
MOST_REPLACEMENTS = 3000
WRITES = frozenset({"setitem", "add_at", "subtract_at"})  # operations that write items of an array
MOST_OF_ANY_SIGN = 600  # of them, if steps that climb count as mended
MOST_WORK = 250_000  # computed nodes and compared arrays of all replacements together; see work_of
ELEMENTS_OF_WORK = 4_000  # that an array may have to count no more than a number


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A value that should be a certain gradient."""

    bundle: Bundle  # the nodes of the value
    target: Bundle  # the nodes whose gradient it should be
    factor: float  # of that gradient
    transposed: bool  # whether it should be its transpose
    mends: tuple[int, ...]  # the parameters whose steps become right
    settings: tuple[Values, ...]  # the values of all nodes before the replacement
    # whether the value is a factor that the gradient of the target is made with, not that gradient
    is_factor: bool = False
    # the other values of the same line that are wrong with it, each with the node whose gradient it should be
    repeats: tuple[tuple[int, int], ...] = ()


@dataclass
class Search:
    """The state of a search: values with all replacements so far, and what is still wrong.

    ``any_sign``: whether a step that climbs is right as well, but for its sign.
    ``may_adapt``: whether steps may be made of their gradients by a rule with roots, clips and the like.
    ``most_work``: after which the search ends.
    """

    reading: Reading
    settings: list[Values]
    broken: list[Step]
    fixed: set[int] = field(default_factory=set)
    is_adaptive: bool = False
    any_sign: bool = False
    may_adapt: bool = False
    work: int = 0
    replacements: int = 0
    most_work: int | None = None

    @cached_property
    def carrying(self) -> set[int]:
        """The parameters to whose steps something that earlier iterations left is added"""
        stage = self.reading.stage
        return {step.before for step in stage.steps if carries_a_state(stage, step)}

    @property
    def right(self) -> list[Step]:
        """The steps that are right; those whose gradient is 0 say nothing"""
        broken = {step.before for step in self.broken}
        known = self.reading.matches
        steps = [step for step in self.reading.stage.steps if step.before not in broken]
        return [step for step in steps if (match := known.get(step.before)) is None or not match.nothing]

    @property
    def is_over(self) -> bool:
        """Whether so much was tried that the search ends; counted, so that a loaded machine finds the same."""
        most_work = MOST_WORK if self.most_work is None else self.most_work
        return self.replacements > MOST_REPLACEMENTS or self.work > most_work


def work_of(shape: tuple[int, ...]) -> int:
    """What it costs to compute or compare an array, in arrays of few elements."""
    return 1 + math.prod(shape) // ELEMENTS_OF_WORK


def step_is_right(search: Search, step: Step, values: Sequence[Values], after: set[int]) -> bool:
    """Whether the step is made of its gradient for these values (a first part of the settings)."""
    reading = search.reading
    count = len(values)
    search.work += count * work_of(step.shape)
    if any(step.before not in one for one in reading.gradients[:count]):
        return False  # the cost does not depend on it
    gradients = [one[step.before] for one in reading.gradients[:count]]
    try:
        steps = [step.of(one) for one in values]
    except (ValueError, TypeError):
        return False
    if any(one.shape != np.shape(g) for one, g in zip(steps, gradients)):
        return False
    value, whole = samples(steps), reading.gradient_samples((step.before,))
    assert whole is not None  # because each is an array
    gradient = Samples(whole.shape, whole.flat[: value.flat.size])
    factor = ratio(value.flat, gradient.flat, 1e-6)
    if factor is None and step.before in search.carrying:
        if count == 1:
            return True  # what is carried over is the same at all settings, so one alone does not show it
        factor = ratio(changes(value.flat, count), changes(gradient.flat, count), 1e-6)
    if factor is not None:
        # if the other steps are Adam's, one that is a multiple of its gradient was replaced behind the rule
        return (factor < 0 or search.any_sign) and not search.is_adaptive
    parameter = samples([one[step.before] for one in values])
    may_decay = step.before in reading.decaying
    two = decayed_step(value, gradient, parameter) if may_decay else None
    if two is not None:
        return two.factor < 0
    if not search.may_adapt or count < TRIED_SETTINGS:
        return search.may_adapt
    between = reading.stage.program.ancestors([step.after], stop=[step.before]) & after
    for id in sorted(between - {step.after}, reverse=True):
        rows = [one.get(id) for one in values]
        if not are_alike([*rows, gradients[0]]):
            continue
        search.work += count * work_of(step.shape)
        found, alignment = samples(rows), align(samples(rows), gradient)
        is_turned = alignment is not None and alignment.transposed
        made_of = decayed_step(found, gradient, parameter) if alignment is None and may_decay else alignment
        if made_of is not None and not is_turned and is_descent_rule(reading, step, id, made_of.factor):
            return True
    return False


def local_factor(reading: Reading, bundle: Bundle) -> float | None:
    """The factor that gradients have just before a value: that of the nearest value before it that is one.

    None if there is no gradient before it.
    """
    program = reading.stage.program
    before = program.ancestors(bundle, stop=reading.stage.parameters) & reading.stage.dependent
    before -= reading.forward.nodes | set(bundle)
    # between outputs and cost, a part of the gradient (-y / a alone) may be that of a part of the cost, of any sign
    beyond = program.descendants([error.output for error in reading.errors], within=reading.forward.nodes)
    beyond -= {error.output for error in reading.errors}
    for id in sorted(before, reverse=True)[:60]:
        found = [one for one in reading.aligned_with(reading.bundle(id)) if one[0] not in beyond]
        if found:
            return found[0][1].factor
    return None


def factors_of_joined(reading: Reading, bundle: Bundle) -> list[float]:
    """The factors that a value without a gradient before it may have: those of the parts that it is joined with, or 1,
    and -1 because targets may be subtracted from outputs or the other way round."""
    program = reading.stage.program
    joins = [id for id in program.children[bundle[0]] if reading.stage.node(id).operation in JOINING]
    parts = sorted({part for id in joins for part in program.parents[id]} - set(bundle))
    found = [one.factor for part in parts for _, one in reading.aligned_with(reading.bundle(part))]
    return list(dict.fromkeys([*found, 1.0, -1.0]))


def targets_for(reading: Reading, bundle: Bundle, value: Samples) -> list[tuple[Bundle, bool]]:
    """The forward nodes whose gradient has the shape of a value, and whether it has to be transposed."""
    found = []
    # the latest first: if several would do (a relu's mask applied twice is the mask), it is nearest to the cost
    targets = [one for one in reading.forward_bundles() if not is_part(reading, one[0])]
    if len(bundle) > 1 and len(bundle) == len(reading.forward.outputs):
        targets += [(id,) * len(bundle) for id in reading.stage.parameters if id in reading.forward.nodes]
    for target in sorted(targets, key=lambda one: (reading.rank(one[0]), -one[0])):
        reference = reading.gradient_samples(target)
        if reference is None or not np.any(reference.flat) or reference.flat.size != value.flat.size:
            continue
        if reference.shape == value.shape:
            found.append((target, False))
        elif len(value.shape) == 2 and reference.shape == value.shape[::-1]:
            found.append((target, True))
    return found


def is_part(reading: Reading, id: int) -> bool:
    """Whether a value is a part of an array: one number of it, or the array before the last of its items is written."""
    stage = reading.stage
    if stage.node(id).operation == "getitem" and stage.node(id).shape == ():
        return True
    return stage.node(id).operation in WRITES and any(
        stage.node(child).operation in WRITES and stage.node(child).in_place and stage.program.parents[child][0] == id
        for child in stage.program.children[id]
    )


def is_count(node: Node) -> bool:
    """Whether a value is a whole number, such as an index"""
    return node.shape == () and np.dtype(node.dtype or "f8").kind in "iu"


def distinct_targets(reading: Reading, targets: Sequence[tuple[Bundle, bool]]) -> list[tuple[Bundle, bool]]:
    """One target of each direction: nodes that only copy or scale have the same one."""
    kept: list[tuple[Bundle, bool]] = []
    for target, transposed in targets:
        reference = reading.gradient_samples(target)
        assert reference is not None
        alike = [reading.gradient_samples(other) for other, turned in kept if turned == transposed]
        alike = [one for one in alike if one is not None and one.shape == reference.shape]
        if all(one is None or ratio(one.flat, reference.flat) is None for one in alike):
            kept.append((target, transposed))
    return kept


def find_scalar_fault(search: Search) -> Fault | None:
    """The earliest number whose scaling mends the most steps: a factor of a product, in a network of numbers.

    Such a factor (d out / d w) is not a gradient of the cost. What it should be follows from what the steps should be.
    """
    reading, stage = search.reading, search.reading.stage
    program = stage.program
    broken = {step.before for step in search.broken if step.shape == ()}
    leading = program.ancestors([step.after for step in search.broken if step.shape == ()], stop=stage.parameters)
    wanted = next(iter(reading.factors.values()), -1.0)  # that of the steps that are right
    best: Fault | None = None
    best_key: tuple[int, int, int] | None = None
    right = search.right
    for bundle in reading.backward_bundles():
        id = bundle[0]
        if len(bundle) > 1 or id not in leading or id in stage.applied or id in search.fixed:
            continue
        if stage.node(id).shape != () or is_term(reading, id):
            continue
        if search.is_over:
            break
        below = program.descendants(bundle, within=stage.needed - search.fixed)
        reached = [step for step in search.broken if step.after in below and step.before in broken]
        touched = [step for step in right if step.after in below]
        if not reached or touched:
            continue
        search.replacements += 1
        found = scaled_values(search, id, sorted(below), reached[0], wanted)
        if found is None:
            continue
        mended = [step for step in reached if step_is_right(search, step, found, below)]
        if len(mended) < len(reached):
            continue
        key = (-len(mended), int(not stage.node(id).names), id)
        if best_key is None or key < best_key:
            best_key = key
            best = Fault(
                bundle=bundle,
                target=(reached[0].before,),
                factor=wanted,
                transposed=False,
                mends=tuple(step.before for step in mended),
                settings=tuple(search.settings),
                is_factor=True,
            )
    return best


def is_term(reading: Reading, id: int) -> bool:
    """Whether a value is added to others that depend on the errors: any sum is mended by one of its terms."""
    stage = reading.stage
    sums = [
        child
        for child in set(stage.program.children[id]) & stage.needed - reading.forward.nodes
        if stage.node(child).operation in ("add", "subtract", "sum")
    ]
    return any((set(stage.program.parents[one]) - {id}) & reading.errors_below or is_term(reading, one) for one in sums)


def scaled_values(
    search: Search, id: int, within: Sequence[int], step: Step, wanted: float, count: int = TRIED_SETTINGS
) -> list[Values] | None:
    """The values after a number was scaled so that one step becomes right; None if that is not possible."""
    reading = search.reading
    if reading.stage.node(step.after).shape != () or step.shape != ():
        return None  # more than one number, or a number that its update makes an array of
    found = []
    for number, values in enumerate(search.settings[:count]):
        now, expected = float(step.of(values)), wanted * float(reading.gradients[number][step.before])
        if now == 0 or not np.isfinite(expected / now):
            return None
        try:
            changed = reading.stage.program.rerun(values, {id: np.asarray(values[id]) * (expected / now)}, within)
        except CannotReplay:
            return None
        if abs(float(step.of(changed)) - expected) > 1e-6 * abs(expected) + 1e-14:
            return None
        found.append(changed)
    return found


def candidates_of(search: Search) -> list[tuple[Bundle, list[Step]]]:
    """The values that may be replaced, each with the broken steps that are made with it.

    Those of most steps go first, and of these the values that depend on the errors, as gradients do.
    """
    reading, stage = search.reading, search.reading.stage
    ends = {*stage.parameters, *search.fixed}
    leading = [(step, stage.program.ancestors([step.after], stop=ends) - search.fixed) for step in search.broken]
    found = []
    for bundle in reading.backward_bundles():
        is_done = (stage.applied.keys() | search.fixed) & set(bundle)
        if is_done or is_part(reading, bundle[0]) or is_count(stage.node(bundle[0])):
            continue
        reached = [step for step, above in leading if above & set(bundle)]
        if reached:
            found.append((bundle, reached))
    return sorted(found, key=lambda one: (-len(one[1]), one[0][0] not in reading.errors_below))


def find_fault(search: Search) -> Fault | None:
    """The earliest value whose replacement mends the most steps and spoils none."""
    reading, stage = search.reading, search.reading.stage
    program = stage.program
    best: Fault | None = None
    best_key: tuple[int, int, int, int] | None = None
    right = search.right
    for bundle, reached in candidates_of(search):
        if search.is_over:
            break
        if best_key is not None and (-len(reached), 0, 0, bundle[0]) > best_key:
            continue  # at best, it would come after that
        value = reading.value_samples(bundle, search.settings)
        if value is None or value.flat.size == 0 or is_truth(stage.node(bundle[0])):
            continue
        aligned = dict(reading.aligned_with(bundle, search.settings))
        below = program.descendants(bundle, within=stage.needed - search.fixed)
        within = sorted(below)
        touched = [step for step in right if step.after in below]
        known = local_factor(reading, bundle)
        if known is None and search.any_sign:
            continue
        factors = [known] if known is not None else factors_of_joined(reading, bundle)
        targets = distinct_targets(reading, targets_for(reading, bundle, value))
        for (target, transposed), factor in itertools.product(targets, factors):
            found = aligned.get(target[0])
            if (found is not None and found.transposed == transposed) or search.is_over:
                continue
            search.replacements += 1
            mended, spoiled = try_replacement(search, bundle, target, factor, transposed, within, reached, touched)
            if not mended or spoiled:
                continue
            fault = Fault(
                bundle=bundle,
                target=target,
                factor=factor,
                transposed=transposed,
                mends=tuple(step.before for step in mended),
                settings=tuple(search.settings),
            )
            passed = passed_on(search, fault)
            # a value that is a gradient is less likely to be wrong, unless it goes on through what should change it,
            # and so is a part of a line that makes a gradient
            is_gradient = bool(aligned) and passed is fault and not is_of_another_unit(reading, aligned, target[0])
            is_gradient = is_gradient or is_within_gradient(search, bundle)
            # that the last product before an update should be the parameter's gradient says little
            key = (-len(mended), int(target[0] in stage.parameters), int(is_gradient), bundle[0])
            if best_key is None or key < best_key:
                best_key, best = key, passed
    return best


def passed_on(search: Search, fault: Fault) -> Fault:
    """The fault at the last operation that only passes the value on, such as a mask that lets everything through.

    If a derivative is missing there is no such operation; if one stands that does nothing, it is the mistake.
    """
    reading, stage = search.reading, search.reading.stage
    if len(fault.bundle) > 1 or fault.target[0] in stage.parameters:
        return fault
    id = fault.bundle[0]
    while True:
        value = reading.value_samples((id,), search.settings)
        children = [
            one for one in stage.program.children[id] if one in stage.needed and one not in reading.forward.nodes
        ]
        if value is None or len(children) != 1 or stage.node(children[0]).operation not in MASKING:
            break
        other = reading.value_samples((children[0],), search.settings)
        if other is None or other.flat.shape != value.flat.shape or not np.array_equal(other.flat, value.flat):
            break
        id = children[0]
    return fault if id == fault.bundle[0] else replace(fault, bundle=(id,))


def is_within_gradient(search: Search, bundle: Bundle) -> bool:
    """Whether a value is a part of a line that makes a true gradient of it"""
    whole = search.reading.value_of_line(bundle[0])
    return whole != bundle[0] and bool(search.reading.aligned_with(search.reading.bundle(whole), search.settings))


def is_of_another_unit(reading: Reading, aligned: Collection[int], target: int) -> bool:
    """Whether a number is the gradient of what the line of the target computes for another unit"""
    own = reading.stage.node(target)
    others = [reading.stage.node(id) for id in aligned]
    return own.shape == () and any((one.place, one.operation) == (own.place, own.operation) for one in others)


MASKING = frozenset({"multiply", "setitem", "where"})


def replacement(
    reading: Reading, values: Values, number: int, bundle: Bundle, target: Bundle, factor: float, transposed: bool
) -> Values:
    """The nodes of a bundle with the true gradients of the target, at one setting."""
    gradients = [reading.gradient_at(number, target, lane) for lane in range(len(bundle))]
    return {
        id: (factor * np.asarray(np.squeeze(gradient).T if transposed else gradient)).reshape(np.shape(values[id]))
        for id, gradient in zip(bundle, gradients)
    }


def try_replacement(
    search: Search,
    bundle: Bundle,
    target: Bundle,
    factor: float,
    transposed: bool,
    within: Sequence[int],
    reached: Sequence[Step],
    touched: Sequence[Step],
) -> tuple[list[Step], bool]:
    """Which broken steps a replacement mends, and whether it spoils a right one."""
    reading = search.reading
    program = reading.stage.program
    found: list[Values] = []
    after = set(within)
    try:
        for number, values in enumerate(search.settings[:TRIED_SETTINGS]):
            given = replacement(reading, values, number, bundle, target, factor, transposed)
            found.append(program.rerun(values, given, within))
            search.work += sum(work_of(reading.stage.node(id).shape) for id in within)
            # most replacements mend nothing, which one setting shows
            if number == 0 and not any(step_is_right(search, step, found, after) for step in reached):
                return [], False
    except (CannotReplay, ValueError):
        return [], True
    mended = [step for step in reached if step_is_right(search, step, found, after)]
    spoiled = bool(mended) and not all(step_is_right(search, step, found, after) for step in touched)
    return mended, spoiled


def apply(search: Search, fault: Fault) -> None:
    """Go on with the fault mended, at all settings."""
    reading = search.reading
    program = reading.stage.program
    mended = {*fault.bundle, *(id for id, _ in fault.repeats)}
    within = sorted(program.descendants(mended, within=reading.stage.needed - search.fixed))
    if fault.is_factor:
        step = next(one for one in search.broken if one.before == fault.target[0])
        scaled = scaled_values(search, fault.bundle[0], within, step, fault.factor, SETTINGS)
        search.settings = scaled or search.settings
    else:
        search.settings = fault_settings(reading, search.settings, fault, within)
    search.fixed |= mended
    search.broken = [step for step in search.broken if step.before not in fault.mends]


def fault_settings(reading: Reading, settings: Sequence[Values], fault: Fault, within: Sequence[int]) -> list[Values]:
    """The values at all settings with a fault mended.

    Args:
        reading: the reading.
        settings: the values before.
        fault: the fault, with all its repetitions.
        within: what is computed again, in order.
    """
    found = []
    for number, values in enumerate(settings):
        given = replacement(reading, values, number, fault.bundle, fault.target, fault.factor, fault.transposed)
        for id, target in fault.repeats:
            given |= replacement(reading, values, number, (id,), (target,), fault.factor, False)
        found.append(reading.stage.program.rerun(values, given, within))
    return found


def replaced_upstream(reading: Reading, broken: Sequence[Step]) -> int | None:
    """The value of the forward pass whose gradient should have been used where the one from above was; None if none.

    So it is if a layer of several parts leaves one of them out on its way back.
    """
    stage = reading.stage
    right = [step for step in stage.steps if step not in broken]
    search = Search(reading, list(stage.settings), list(broken))
    for id in reading.given:
        value = reading.value_samples((id,))
        within = sorted(stage.program.descendants([id], within=stage.needed))
        for target, transposed in distinct_targets(reading, targets_for(reading, (id,), value) if value else []):
            if target[0] in stage.parameters or target[0] in reading.cost.outputs or transposed:
                continue
            mended, spoiled = try_replacement(search, (id,), target, 1.0, False, within, broken, right)
            if len(mended) == len(broken) and not spoiled:
                return target[0]
    return None


def has_rule(reading: Reading) -> bool:
    """Whether something beside sums and products is computed of the errors, as Adam's root is of a gradient."""
    stage = reading.stage
    made = stage.needed - reading.forward.nodes
    return any(stage.node(id).operation in OF_RULES for id in made & reading.errors_below or made)


OF_RULES = frozenset({"sqrt", "clip", "sign", "minimum", "norm", "power", "square", "hypot"})


assert TRIED_SETTINGS <= SETTINGS
