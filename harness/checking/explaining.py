"""The faults that explain the steps that are wrong: one value, one number, or one line every time that it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .alignment import ratio, samples
from .locating import MOST_OF_ANY_SIGN, MOST_REPLACEMENTS, Fault, Search, apply, find_fault, find_scalar_fault, has_rule
from .reading import Reading
from .repeating import find_repeated_fault
from .replay import Values
from .stage import Step

MOST_FAULTS = 4


@dataclass(frozen=True, kw_only=True)
class Located:
    """What a search found."""

    faults: tuple[Fault, ...]  # the values that explain the broken steps
    left: tuple[Step, ...]  # the steps that are left unexplained
    # steps that climb the cost once the faults are mended, which is a mistake of its own
    climbing: tuple[Step, ...] = ()


def better(reading: Reading, gradient: Fault | None, factor: Fault | None) -> Fault | None:
    """A value that should be a gradient, or a factor, whichever explains more.

    That the last product before an update should be the parameter's gradient says little, so a factor goes before it.
    """
    if gradient is None or factor is None:
        return gradient or factor
    if len(factor.mends) != len(gradient.mends):
        return factor if len(factor.mends) > len(gradient.mends) else gradient
    return factor if gradient.target[0] in reading.stage.parameters else gradient


def climbs(search: Search, step: Step) -> bool:
    """Whether a step is a positive multiple of its gradient now, and pointed up before: a replacement may turn it."""
    reading = search.reading
    gradient = reading.gradient_samples((step.before,))
    before = reading.stage.step_samples(step)
    now = samples([step.of(one) for one in search.settings])
    factor = None if gradient is None else ratio(now.flat, gradient.flat, 1e-6)
    if gradient is None or factor is None or before.flat.shape != gradient.flat.shape:
        return False
    return factor > 0 and float(before.flat @ gradient.flat) > 0


def locate(reading: Reading, broken: Sequence[Step], settings: Sequence[Values] | None = None) -> Located:
    """The faults that explain the broken steps, and the steps that are left unexplained.

    Args:
        reading: the reading.
        broken: the steps that are wrong.
        settings: the values of all nodes after an edit that mends other steps; None if there is none.
    """
    matches = [one for one in reading.matches.values() if one is not None and not one.nothing]
    adaptive = bool(matches) and all(one.via is not None for one in matches)
    search = Search(
        reading,
        list(reading.stage.settings if settings is None else settings),
        list(broken),
        fixed=set(reading.given),
        is_adaptive=adaptive,
        may_adapt=adaptive or has_rule(reading),
    )
    faults: list[Fault] = []
    climbing: list[Step] = []
    while search.broken and len(faults) < MOST_FAULTS:
        fault = better(reading, find_fault(search), find_scalar_fault(search))
        if len(search.broken) > (0 if fault is None else len(fault.mends)) and not search.any_sign:
            repeated = find_repeated_fault(search)
            is_more = repeated is not None and (fault is None or len(repeated.mends) > len(fault.mends))
            fault = repeated if is_more else fault
        if fault is None and not search.any_sign:
            # a second mistake may turn the sign of the same update
            search.any_sign = True
            search.replacements = max(search.replacements, MOST_REPLACEMENTS - MOST_OF_ANY_SIGN)
            continue
        if fault is None:
            break
        faults.append(fault)
        apply(search, fault)
        climbing += [one for one in search.broken if climbs(search, one)]
        search.broken = [one for one in search.broken if one not in climbing]
    mended = {id for fault in faults for id in fault.mends}
    climbing += [one for one in broken if search.any_sign and one.before in mended and climbs(search, one)]
    return Located(faults=tuple(faults), left=tuple(search.broken), climbing=tuple(climbing))
