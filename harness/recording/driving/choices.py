"""Search over the choices that calling somebody's code leaves open: a best-first search, bounded by a count.

A strategy is ordinary code that calls ``choose`` wherever more than one thing could be done. It is run again and again
with other choices; those that the failure before suggests come first.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Option: TypeAlias = str | Callable[[], str]  # an expression, or what makes one

BLAMED_COST = 0.3  # of going to the next option of a choice that the failure points at
COST = 1.0
CLEARED_COST = 3.0  # of a choice that the failure has nothing to do with


class Exhausted(Exception):
    """A choice has no option of this index."""


class Choices:
    """The choices of one attempt.

    Args:
        fixed: index of the option by key; the first option for all others.
    """

    def __init__(self, fixed: Mapping[str, int]) -> None:
        self.fixed = fixed
        self.taken: dict[str, tuple[int, int]] = {}  # key -> (index, number of options)

    def choose(self, key: str, options: Sequence[T]) -> T:
        """One of several options; the same one for the same key.

        Raises:
            Exhausted: if there are none, or fewer than the search asks for.
        """
        index = self.fixed.get(key, 0)
        if index >= len(options):
            raise Exhausted(key)
        self.taken.setdefault(key, (index, len(options)))
        return options[index]

    def without(self, start: str) -> Choices:
        """The same choices but for those whose keys start so, which are made anew."""
        kept = Choices({key: index for key, index in self.fixed.items() if not key.startswith(start)})
        kept.taken = {key: taken for key, taken in self.taken.items() if not key.startswith(start)}
        return kept


class Search:
    """Which choices to try next.

    Args:
        budget: number of attempts.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.tried = 0
        self._refunds = 0
        self._furthest = 0
        self._order = itertools.count()
        self._seen: set[frozenset[tuple[str, int]]] = set()
        self._useful: set[str] = set()  # choices whose first option did not end a statement
        self._useless: set[tuple[str, int]] = set()  # options that alone ended the same statement
        self._heap: list[tuple[float, int, dict[str, int]]] = []
        self._push(0.0, {})

    def _push(self, cost: float, fixed: dict[str, int]) -> None:
        key = frozenset((name, index) for name, index in fixed.items() if index)
        if key not in self._seen and not key & self._useless:
            self._seen.add(key)
            heapq.heappush(self._heap, (cost, next(self._order), fixed))

    @property
    def next_cost(self) -> float:
        """Of the next choices; infinite if nothing is left or the budget is spent."""
        return self._heap[0][0] if self._heap and self.tried < self.budget else math.inf

    def next(self) -> tuple[float, Choices]:
        """The next choices to try, and their cost."""
        cost, _, fixed = heapq.heappop(self._heap)
        self.tried += 1
        return cost, Choices(fixed)

    def refund(self) -> None:
        """Does not count the last attempt, because nothing was called; ten of those count as one."""
        self._refunds += 1
        if self._refunds % 10:
            self.tried -= 1

    def close(self) -> None:
        """Drops everything that is queued: no other choice can help."""
        self.budget = 0

    def again(self, choices: Choices) -> None:
        """Queues the same choices once more, first of all, because something else has changed."""
        heapq.heappush(self._heap, (-1.0, next(self._order), _indices(choices)))

    def learn(self, ran: Mapping[str, tuple[int, int]], ended: Mapping[str, tuple[int, int]]) -> None:
        """Never again tries an option of a wrong type: one that ends a statement which runs with the first option.

        Args:
            ran: the choices for the statements that ran.
            ended: those for the statement that raised a TypeError, none for another end.
        """
        self._useful |= {key for key, (index, _) in ran.items() if not index}
        others = [(key, index) for key, (index, _) in ended.items() if index]
        if len(others) == 1 and others[0][0] in self._useful:
            self._useless.add(others[0])
            self._heap = [item for item in self._heap if others[0] not in item[2].items()]
            heapq.heapify(self._heap)

    def failed(self, cost: float, choices: Choices, blame: Callable[[str], float], progress: int = 0) -> None:
        """Queues what to try after a failure.

        Args:
            cost: of the attempt.
            choices: that were made.
            blame: the cost of changing a choice, by key; negative if that cannot help.
            progress: how far the attempt came; if further than all before, the search goes on from there.
        """
        if progress > self._furthest:
            self._furthest = progress
            cost = min(cost, BLAMED_COST)
        for key, (index, count) in choices.taken.items():
            extra = blame(key)
            if extra < 0:
                continue
            for other in range(index + 1, count) if extra < COST else [index + 1] if index + 1 < count else []:
                self._push(cost + extra + 0.05 * (other - index - 1), {**_indices(choices), key: other})


def _indices(choices: Choices) -> dict[str, int]:
    return {key: index for key, (index, _) in choices.taken.items() if index}
