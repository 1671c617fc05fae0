"""Where one line goes wrong every time it runs: at each time step, or for each unit in a network of numbers.

To replace what the line made once mends nothing then. All that it made is replaced by the true gradients of all that
one line of the forward pass made, in the same order, or from the last to the first as time steps are gone back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .alignment import ratio
from .locating import TRIED_SETTINGS, Fault, Search, fault_settings, local_factor, passed_on, try_replacement
from .reading import Reading
from .replay import CannotReplay, is_truth
from .stage import Stage

MOST_RUNS = 200  # of a line
MOST_WORK = 300_000  # as in locating.py, of all lines together

Key = tuple[Any, ...]
Pair = tuple[int, int]  # a value, and the node whose gradient it should be


def find_repeated_fault(search: Search) -> Fault | None:
    """The first line of the backward pass after whose repair the most steps are right, and no right one is spoiled.

    Args:
        search: with what is still wrong. It is not changed.
    """
    reading, stage = search.reading, search.reading.stage
    own = replace(search, work=0, replacements=0, most_work=MOST_WORK)
    leading = stage.program.ancestors([step.after for step in search.broken], stop=stage.parameters)
    broken = {step.before for step in search.broken}
    targets = [nodes for nodes in runs_of(stage, targets_in(reading)) if len(nodes) > 1]
    targets.sort(key=lambda nodes: (reading.rank(nodes[0]), -nodes[0]))
    best: Fault | None = None
    for nodes in runs_of(stage, backward_nodes(reading) & leading - search.fixed):
        if own.is_over or not 1 < len(nodes) <= MOST_RUNS:
            continue
        below = stage.program.descendants(nodes, within=stage.needed - search.fixed)
        reached = [step for step in search.broken if step.after in below]
        fewest = fewest_mended(stage, best, nodes)
        if len(reached) < fewest:
            continue
        touched = [step for step in stage.steps if step.after in below and step.before not in broken]
        known = local_factor(reading, (nodes[0],))
        is_chain = nodes[1] in stage.program.descendants(nodes[:1], within=below)
        for meant in (one for made in targets for one in orders(made, len(nodes), is_chain)):
            if [stage.node(one).shape for one in meant] != [stage.node(one).shape for one in nodes]:
                continue
            for factor in (1.0, -1.0) if known is None else (known,):
                if own.is_over or len(reached) < fewest:
                    break
                own.replacements += 1
                mended, spoiled = try_replacement(
                    own, nodes, tuple(meant), factor, False, sorted(below), reached, touched
                )
                if spoiled or len(mended) < fewest:
                    continue
                fault = first_wrong(search, list(zip(nodes, meant)), factor, sorted(below))
                if fault is not None:
                    mends = tuple(step.before for step in mended)
                    best, fewest = passed_on(search, replace(fault, mends=mends)), len(mended) + 1
    return best


def fewest_mended(stage: Stage, best: Fault | None, nodes: Sequence[int]) -> int:
    """How many steps the repair of a line must mend to go before the best so far: as many if that is made of it"""
    if best is None:
        return 1
    return len(best.mends) + (not stage.program.ancestors(best.bundle, stop=stage.parameters) & set(nodes))


def backward_nodes(reading: Reading) -> set[int]:
    """The values that are made of errors, but for those of several observations one by one."""
    stage = reading.stage
    single = {bundle[0] for bundle in reading.backward_bundles() if len(bundle) == 1}
    return {id for id in (single - stage.applied.keys()) & reading.errors_below if not is_truth(stage.node(id))}


def targets_in(reading: Reading) -> set[int]:
    """The values of the forward pass that another line uses, and parts of arrays."""
    stage = reading.stage
    inner = reading.forward.nodes - set(stage.parameters)
    return {id for id in inner if stage.node(id).operation == "getitem" or is_handed_on(stage, id)}


def site_of(stage: Stage, id: int) -> Key:
    """The line of a value, with the lines that called it"""
    place = stage.node(id).place
    return () if place is None else tuple(one.site for one in place.trail)


def is_handed_on(stage: Stage, id: int) -> bool:
    """Whether another line uses a value, so that it is more than a part of an expression."""
    site = site_of(stage, id)
    return any(site_of(stage, child) != site for child in stage.program.children[id] if child in stage.dependent)


def runs_of(stage: Stage, ids: set[int]) -> list[tuple[int, ...]]:
    """What each operation of each line made, in order, by the first of it.

    A line with several operations of one kind makes them in turn, as often as the operation that it has only once.
    """
    found: dict[Key, list[int]] = {}
    lines: dict[Key, set[Key]] = {}
    for id in sorted(ids):
        node, line = stage.node(id), site_of(stage, id)
        if line:
            key = (line, node.operation, len(node.shape), bare(node.names), is_handed_on(stage, id))
            found.setdefault(key, []).append(id)
            lines.setdefault(line, set()).add(key)
    runs = {line: math.gcd(*(len(found[key]) for key in keys)) for line, keys in lines.items()}
    parts = []
    for key, nodes in found.items():
        count = len(nodes) // runs[key[0]]
        parts += [tuple(nodes[first::count]) for first in range(count)]
    return sorted(parts)


def bare(names: Sequence[str]) -> str:
    """The first name of a value, without the numbers of items"""
    return re.sub(r"\d+", "", names[0]) if names else ""


def orders(made: Sequence[int], count: int, is_chain: bool) -> list[list[int]]:
    """What a line made, if it is as often as this: from the last to the first, and in order.

    Of a chain, each of which needs the one before, as of time steps that are gone back, the order is known. The last
    that a line of layers made, which is the output, has an error of its own: so there may be one less.
    """
    if len(made) == count + 1 and is_chain:
        made = made[:-1]
    if len(made) != count:
        return []
    return [list(made)[::-1]] if is_chain else [list(made)[::-1], list(made)]


def first_wrong(search: Search, pairs: Sequence[Pair], factor: float, within: Sequence[int]) -> Fault | None:
    """The first run of a line whose value is wrong although all before it is mended; None if none is.

    Args:
        search: with the values before any repair.
        pairs: each value of the line, with the node whose gradient it should be.
        factor: of the gradients.
        within: what depends on these values, in order.
    """
    reading = search.reading
    for number, (id, target) in enumerate(pairs):
        before = Fault(
            bundle=(), target=(), factor=factor, transposed=False, mends=(), settings=(), repeats=tuple(pairs[:number])
        )
        try:
            settings = fault_settings(reading, search.settings, before, within)
        except (CannotReplay, ValueError):
            return None
        values = [np.ravel(np.asarray(one[id], dtype=float)) for one in settings[:TRIED_SETTINGS]]
        wanted = [np.ravel(one[target]) for one in reading.gradients[:TRIED_SETTINGS]]
        found = ratio(np.concatenate(values), np.concatenate(wanted))
        if found is None or found * factor < 0:  # it may have another factor, such as a rate
            others = tuple(one for one in pairs if one[0] != id)
            return replace(before, bundle=(id,), target=(target,), settings=tuple(settings), repeats=others)
    return None
