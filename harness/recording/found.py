"""The parameters of a training and their updates, as the search for them has left them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from .graph import Parameter, Site, Update
from .tape import Tape
from .versions import Chain

NEW = r"(?:new|next|updated?|upd|plus|after|final|nuev[oa]|nov[oa]|neu)"
NEW_NAME = re.compile(rf"((?:\w+\.)*)(?:(\w+?)_?{NEW}|{NEW}_?(\w+?))(\[.*\])?", re.IGNORECASE)
MAX_PARTS = 10_000  # of one update, which may be made item by item


def found_in(tape: Tape, chains: Sequence[Chain], first: int) -> tuple[tuple[Parameter, ...], tuple[Update, ...]]:
    """The parameters and updates, by the time of their first update.

    Args:
        tape: what was recorded.
        chains: the versions of what may be parameters.
        first: the iteration to begin with.
    """
    parameters: list[Parameter] = []
    updates: list[Update] = []
    for chain in chains:
        groups = chain.groups[first:]
        closed, places = len(groups), {line_of(tape, after) for _, after in groups}
        if chain.is_pending:
            groups.append((chain.closed, chain.latest))
        if chain.is_dropped or not (chain.groups or (chain.roles and _is_same_variable(tape, chain))):
            continue
        number, before_updates = len(parameters), len(updates)
        for iteration, (before, after) in enumerate(groups):
            parts = _parts(chain, before, after)
            while len(parts) > 1 and chain.events[parts[-1]].is_projection:
                parts = parts[:-1]  # the step is what is judged, not what is made of the new value
            after = parts[-1]
            updates.append(
                Update(
                    parameter=number,
                    iteration=iteration,
                    before=before,
                    after=after,
                    parts=parts,
                    confirmed=iteration < closed or line_of(tape, after) in places,
                    place=tape.steps[after].place,
                )
            )
        node = groups[0][0] if groups else chain.first
        parameters.append(
            Parameter(
                name=_name(tape, chains, chain),
                node=node,
                leaf=leaf_of(tape, chain.first),
                shape=tape.steps[node].shape,
                updates=tuple(range(before_updates, len(updates))),
            )
        )
    parameters, updates = _without_running_sums(tape, parameters, updates)
    return _with_own_names(tape, parameters), tuple(updates)


def _without_running_sums(
    tape: Tape, parameters: list[Parameter], updates: list[Update]
) -> tuple[list[Parameter], list[Update]]:
    """All but sums that begin with a parameter and end before its updates: ``z = self.bias`` and ``z += w * x``.

    They seem updates of it if a file calls its forward pass before the training, on observations of no update.
    """
    confirmed = [one for one in updates if one.confirmed]
    trained = {one.parameter for one in confirmed}
    first = min((one.after for one in confirmed), default=0)
    nodes = {parameters[number].node for number in trained}
    doubted = [
        number
        for number, one in enumerate(parameters)
        if number not in trained and one.node in nodes and all(updates[update].after < first for update in one.updates)
    ]
    if not doubted:
        return parameters, updates
    made_of, stack = set[int](), [one.after for one in confirmed]
    while stack:
        node = stack.pop()
        if node not in made_of:
            made_of.add(node)
            stack += tape.steps[node].parents
    sums = {one for one in doubted if made_of.isdisjoint(updates[number].after for number in parameters[one].updates)}
    left = [number for number in range(len(parameters)) if number not in sums]
    kept = [replace(one, parameter=left.index(one.parameter)) for one in updates if one.parameter not in sums]
    numbered = [[place for place, one in enumerate(kept) if one.parameter == number] for number in range(len(left))]
    return [replace(parameters[number], updates=tuple(own)) for number, own in zip(left, numbered)], kept


def line_of(tape: Tape, node: int) -> Site | None:
    """The line that a node was made in."""
    place = tape.steps[node].place
    return None if place is None else place.site


def leaf_of(tape: Tape, node: int) -> int:
    """The first leaf that went into a node."""
    while parents := tape.steps[node].parents:
        node = parents[0]
    return node


def _parts(chain: Chain, before: int, after: int) -> tuple[int, ...]:
    """The events between two versions, in order."""
    path = [after]
    while (event := chain.events.get(path[-1])) is not None and event.before != before and len(path) < MAX_PARTS:
        path.append(event.before)
    return tuple(reversed(path))


def _is_same_variable(tape: Tape, chain: Chain) -> bool:
    """Whether the replacement took the place of the first version in the file's own variables, or is called its new
    value, as in a calculation that makes one update."""
    last, names = tape.steps[chain.latest], set(tape.steps[chain.first].names)
    is_renewed = any(new_name_of(one) in names for one in last.names)
    return last.in_place or is_renewed or bool(set(last.names) & names)


def new_name_of(name: str) -> str:
    """The name whose new value has a name: ``w1`` of ``w1_new`` and ``new_w1``; "" of another name."""
    match = NEW_NAME.fullmatch(name)
    return "".join(filter(None, match.groups())) if match is not None else ""


def _name(tape: Tape, chains: Sequence[Chain], chain: Chain) -> str:
    """What the user calls it: an attribute or item rather than a local variable, and the first of these."""
    first = [name for name in tape.steps[chain.first].names if name != "return"]
    lasting = [name for name in first if name.startswith("self.") or "[" in name]
    if lasting:
        twins = [other for other in chains if other.first == chain.first]
        return lasting[min(twins.index(chain), len(lasting) - 1)]
    later = [name for version in chain.events for name in tape.steps[version].names]
    places = [place.outside_operators for version in chain.events if (place := tape.steps[version].place)]
    targets = [place.variable for place in places if place.variable not in ("", "return")]
    whole = [name for name in first if any(target.startswith(name + "[") for target in targets)]
    if whole:
        return whole[0]
    lasting = [name for name in [*targets, *later] if name.startswith("self.") or "[" in name]
    kept = [name for name in first if name in later or name in targets]
    made = tape.steps[chain.first].place
    asked = [one.variable for one in (made.callers if made else ()) if one.variable not in ("", "return")]
    return (lasting or kept or targets or first or asked or later or [""])[0]


def _with_own_names(tape: Tape, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """``for p, g in ((W, dW), (b, db)): p -= g`` gives several one name: each gets the first that is its own."""
    names = {one.node: tape.steps[one.node].names for one in parameters}
    owners = Counter(name for one in parameters for name in set(names[one.node]))
    given = Counter(one.name for one in parameters)
    own = [[name for name in names[one.node] if owners[name] == 1] for one in parameters]
    pairs = zip(parameters, own)
    return tuple(replace(one, name=mine[0]) if mine and given[one.name] > 1 else one for one, mine in pairs)
