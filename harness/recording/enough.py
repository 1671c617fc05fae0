"""When a recording has seen enough of a training: every parameter updated, and nothing to wait for."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from .graph import Place, Ref, Site, Stop, sites_of
from .loops import costs_in, enclosing
from .tape import Step, Tape
from .versions import MIXING, Chain

ENOUGH_UPDATES = 3
ENOUGH_OF_MANY = 2  # updates, if each takes thousands of operations
MANY_NODES = 40_000
MAX_BATCHES = 12  # that are waited for until a smaller last one
MAX_SHORT = 24  # updates in which a loop within an iteration may go round once before no longer one is waited for
MAX_LOOKED_BACK = 2_000  # steps among which batches are looked for
MAX_AWAITED = 10_000  # steps until a cost that loops around the updates compute less often


class Enough:
    """Asks a tape to stop when more updates would show nothing new.

    It waits for a smaller last batch, for a longer sequence, and for a cost that is computed less often than updates.

    Args:
        tape: to stop.
        updates: of every parameter that are enough, if nothing is waited for.
    """

    def __init__(self, tape: Tape, updates: int) -> None:
        self._tape = tape
        self._updates = updates
        self._places: dict[int, dict[tuple[int, int, int], Place]] = defaultdict(dict)  # where each value is used
        self._with_zeros: set[tuple[int, int, int]] = set()  # places where a value is used together with zeros
        self._repeated: set[int] = set()  # values that are used several times at one of their places
        self._loops: dict[Site, tuple[Site, ...]] = {}  # around a line, by their first lines
        self._looked_for_batches = False
        self._awaited: set[Site] | None = None  # lines of costs that none was computed of yet; None: not looked for
        self._last_awaited = 0  # step after which they are not waited for

    def is_awaited(self, chain: Chain) -> bool:
        """Whether a parameter was updated too seldom to stop, whatever the others are."""
        fewest = min(ENOUGH_OF_MANY, self._updates)
        return chain.is_confirmed and len(chain.groups) < fewest

    def stop_if_seen(self, chains: Sequence[Chain]) -> None:
        """Ask the tape to stop if every parameter was updated often enough, and nothing that is ahead is waited for."""
        fewest = min((len(chain.groups) for chain in chains), default=0)
        if fewest >= ENOUGH_OF_MANY and len(self._tape.steps) > MANY_NODES:
            self._tape.stop = Stop.ENOUGH
        if fewest < self._updates or (fewest < MAX_SHORT and any(self.single_turns(chains))):
            return
        if not self._looked_for_batches:
            self._looked_for_batches = True
            self._updates = max(self._updates, self._batches())
            self.stop_if_seen(chains)
            return
        if self._awaited is None:
            self._awaited = self._costs_ahead(chains)
            self._last_awaited = len(self._tape.steps) + MAX_AWAITED
        if not self._awaited:
            self._tape.stop = Stop.ENOUGH

    def look_for_cost(self, step: Step) -> None:
        """Note that a cost is computed that was waited for, and stop if it does not come soon."""
        if not self._awaited:
            return
        if step.place is not None and not self._awaited.isdisjoint(one.site for one in step.place.trail):
            self._awaited = set()
        elif step.id >= self._last_awaited:
            self._tape.stop = Stop.ENOUGH

    def loops_around(self, place: Place | None) -> Iterator[Site]:
        """The loops around a place and those that called it."""
        for one in () if place is None else place.trail:
            if one.site not in self._loops:
                lines = next(source.lines for source in self._tape.sources.values() if source.name == one.file)
                inside = enclosing(ast.parse("\n".join(lines)), one.line)
                self._loops[one.site] = tuple((one.file, loop.lineno) for loop in inside)
            yield from self._loops[one.site]

    def _costs_ahead(self, chains: Sequence[Chain]) -> set[Site]:
        """The lines of costs in the loops around the updates, if none ran: a training may state its cost once an epoch.

        That cost need not be the one that the gradients belong to.
        """
        updates = {self._tape.steps[one].place for chain in chains for one in chain.events}
        loops = {loop for place in updates for loop in self.loops_around(place)}
        found = set()
        for source in self._tape.sources.values():
            starts = {line for file, line in loops if file == source.name}
            for loop in ast.walk(ast.parse("\n".join(source.lines))) if starts else ():
                if isinstance(loop, (ast.For, ast.While)) and loop.lineno in starts:
                    for one in costs_in(loop):
                        found |= {(source.name, line) for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
        return set() if found & sites_of(step.place for step in self._tape.steps) else found

    def note_place(self, step: Step, operand: int, node: int) -> None:
        """Note where a value is used, and whether it was used there before, as weights are in a loop over time."""
        if step.place is None:
            return
        use = id(step.place), step.offset, operand
        others = (
            [self._tape.steps[one].value for one in step.parents if one != node] if step.operation in MIXING else []
        )
        if any(isinstance(value, np.ndarray) and value.ndim and not value.any() for value in others):
            self._with_zeros.add(use)
        if use in self._places[node]:
            self._repeated.add(node)
        self._places[node][use] = step.place

    def single_turns(self, chains: Sequence[Chain]) -> Iterator[Site]:
        """The loops over sequences within an iteration that have gone round only once in each iteration.

        A longer sequence may follow, and only that shows what is carried from one turn to the next. Such a loop uses a
        parameter together with a state that begins with zeros. One that uses several at one place goes through layers.
        """
        versions = [{chain.first, *chain.events} for chain in chains]
        uses = [{use: place for one in group for use, place in self._places[one].items()} for group in versions]
        users = Counter(use for group in uses for use in group)
        for chain, group, its_uses in zip(chains, versions, uses):
            if not self._repeated.isdisjoint(group - {chain.closed}):  # the iteration of the last one goes on
                continue
            around = {loop for after in chain.events for loop in self.loops_around(self._tape.steps[after].place)}
            alone = [place for use, place in its_uses.items() if users[use] == 1 and use in self._with_zeros]
            yield from (loop for place in alone for loop in self.loops_around(place) if loop not in around)

    def _batches(self) -> int:
        """The number of batches until a smaller last one, if that comes soon; else 0."""
        found = 0
        for step in self._tape.steps[-MAX_LOOKED_BACK:]:
            if step.operation != "getitem" or not isinstance(step.arguments[0], Ref):
                continue
            whole = self._tape.steps[step.arguments[0].id].shape
            if len(whole) != len(step.shape):
                continue
            changed = [(n, b) for n, b in zip(whole, step.shape) if n != b]
            if len(changed) == 1:
                rows, batch = changed[0]
                if 1 < batch < rows and rows % batch and rows // batch < MAX_BATCHES:
                    found = max(found, rows // batch + 1)
        return found
