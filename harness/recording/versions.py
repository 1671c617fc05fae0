"""The versions of a parameter: what it was before and after each update, and where a forward pass uses it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

Role: TypeAlias = tuple[str, int, str, int]  # file, line, operation, place of the argument

ROUNDING = frozenset({"round", "around"})
# operations that hand on their first operand, changed in form, by constants only, or rounded
FORMS = frozenset(
    {"copy", "astype", "reshape", "ravel", "transpose", "squeeze", "expand_dims", "swapaxes", "atleast_2d", "setitem"}
    | {"positive", "item", "array", "moveaxis", "broadcast_to", "atleast_1d"}
    | ROUNDING
)
# operations that make one value of two
MIXING = frozenset({"multiply", "divide", "add", "subtract", "matmul", "dot", "tensordot", "einsum", "outer", "inner"})


@dataclass
class Event:
    """One replacement: node ``after`` = version ``before`` with ``step`` added or subtracted."""

    before: int
    after: int
    step: int | None
    sign: int
    direct: bool  # whether the operand was the version itself, not the version in another form
    is_item: bool = False  # whether an item was replaced
    is_projection: bool = False  # whether it is a function of ``before`` alone, such as that clipped


@dataclass(eq=False)
class Chain:
    """The versions of one parameter."""

    first: int
    bit: int
    roles: set[Role] = field(default_factory=set)
    events: dict[int, Event] = field(default_factory=dict)
    latest: int = 0
    closed: int = 0  # the last version that a forward pass used
    groups: list[tuple[int, int]] = field(default_factory=list)  # (before, after) of closed updates
    stale_uses: int = 0
    sum_mask: int = 0  # of what may be a sum of data, as of a residual layer: all that it depends on
    is_shown: bool = False  # whether a forward pass has shown that its first event is an update
    passed_over: int = -1  # the last step that read an item that the update has not written
    item_lines: set[tuple[str, int]] = field(default_factory=set)  # statements that update it item by item
    is_passing: bool = False  # whether its first version stays, and its statement makes a sum of it in each iteration

    def is_forward(self, role: Role) -> bool:
        """Whether a role is not just the reading of an item that its update replaces."""
        return role[:2] not in self.item_lines or not (role[2] == "getitem" or role[2] in FORMS)

    def close(self) -> None:
        """End an update: a forward pass uses its result."""
        self.groups.append((self.closed, self.latest))
        self.closed = self.latest

    def pending(self, version: int) -> list[Event]:
        """The replacements since a version, the last one first; none if the latest one is not made of it."""
        found: list[Event] = []
        latest = self.latest
        while latest != version:
            if latest not in self.events:
                return []
            found.append(self.events[latest])
            latest = found[-1].before
        return found

    def begins_scaled(self, version: int) -> bool:
        """Whether what replaced a version is a sum with a multiple of it: perhaps the gradient of a penalty."""
        first = self.pending(version)[-1:]
        return any(not one.direct and one.step is not None for one in first)

    @property
    def is_pending(self) -> bool:
        return self.latest != self.closed

    @property
    def is_passed_over(self) -> bool:
        """Whether an item that the update has not written was read after what it has written."""
        return self.is_pending and self.passed_over > self.latest

    def pass_by(self) -> None:
        """Take its only event for what it is: a sum on the way through layers, as ``x + f(x)`` in a residual layer."""
        self.is_passing, self.is_shown = True, False

    @property
    def is_dropped(self) -> bool:
        """Whether old versions go on being used: then it was a value on its way through layers, not a parameter."""
        return self.is_passing or (self.stale_uses >= 2 and 2 * self.stale_uses >= len(self.groups))

    @property
    def is_confirmed(self) -> bool:
        """Whether it was used after an update."""
        return bool(self.groups) and not self.is_dropped


def confirmed(chains: Iterable[Chain]) -> list[Chain]:
    """The parameters that were used after an update."""
    return [chain for chain in chains if chain.is_confirmed]
