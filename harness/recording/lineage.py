"""What each step is made of: which leaves, and of what kind they are."""

from __future__ import annotations

import numpy as np

from .graph import Guard, Kind, Ref
from .steps import MAX_PATH
from .tape import Step, Tape
from .versions import FORMS, MIXING

MAX_BITS = 20_000  # leaves that dependence is kept for

SCALING = frozenset({"multiply", "divide", "add", "subtract"})
RANGES = frozenset({"arange", "linspace", "logspace", "geomspace"})


class Lineage:
    """What each step of a tape is made of, in lists by the number of the step.

    Dependence is kept as one bit per leaf, and one per parameter for the results of its updates.

    Args:
        tape: the tape whose steps are taken in.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._bits = 0
        self.masks: list[int] = []  # the bits of the leaves that it depends on
        self.initial: list[bool] = []  # whether it is a leaf, possibly in another form
        self.literal: list[bool] = []  # whether it is made of numbers that stand in the file only
        self.plain: list[bool] = []  # whether it is literal, or made of whole numbers of lists besides, as targets are
        self.drawn: list[bool] = []  # whether it is made of random numbers, zeros and ones only
        self.control = 0  # what the guards since the last iteration began depend on

    def new_bit(self) -> int:
        """A bit that nothing else has, for one more leaf; 0 if there are too many leaves."""
        if self._bits >= MAX_BITS:
            return 0
        self._bits += 1
        return 1 << self._bits

    def add_guard(self, guard: Guard) -> None:
        """Take in a branch: what follows may depend on it."""
        if guard.node < len(self.masks):
            self.control |= self.masks[guard.node]

    def add(self, step: Step) -> bool:
        """Take in one more step.

        Returns:
            whether it was made of others; False if it counts as a leaf.
        """
        if step.kind is not Kind.OPERATION or self.makes_zeros(step):
            self.masks.append(self.new_bit())
            self.initial.append(True)
            self.literal.append(step.kind is Kind.LITERAL and step.scalar)
            is_whole = step.kind is Kind.DATA and step.scalar and step.dtype[1:2] == "i"
            self.plain.append(self.literal[-1] or is_whole)
            self.drawn.append(step.kind in (Kind.RANDOM, Kind.FILL) or self.literal[-1])
            return False
        mask = 0
        for parent in self.made_of(step):
            mask |= self.masks[parent]
        self.masks.append(mask)
        self.literal.append(all(self.literal[parent] for parent in step.parents) or self._is_count(step))
        self.plain.append(self.literal[-1] or all(self.plain[parent] for parent in step.parents))
        self.drawn.append(all(self.drawn[parent] for parent in step.parents))
        self.initial.append(self._is_initial(step))
        return True

    def made_of(self, step: Step) -> tuple[int, ...]:
        """The operands, but for a velocity that is still 0 and that is added to a parameter to look ahead.

        A bias that begins as ``0.01 * zeros`` is added to more than a parameter.
        """
        if step.operation not in ("add", "subtract") or len(step.parents) != 2:
            return step.parents
        pairs = zip(step.parents, reversed(step.parents))
        return tuple(one for one, other in pairs if not (self.initial[other] and self._is_resting(one))) or step.parents

    def handed_on(self, step: Step) -> int | None:
        """The operand that the step hands on in another form."""
        if step.kind is not Kind.OPERATION or not step.arguments or self.makes_zeros(step):
            return None
        first = step.arguments[0]
        if step.operation in FORMS and isinstance(first, Ref):
            return first.id
        if step.operation in SCALING:
            operands = self.made_of(step)
            others = [node for node in operands if not self.literal[node]]
            if len(others or operands) == 1:
                return (others or operands)[0]
        return None

    def makes_zeros(self, step: Step) -> bool:
        """Whether it is zeros in the shape of an array, ``0 * w``, as the velocities of an optimizer begin."""
        if step.operation != "multiply" or step.in_place or 0 not in step.arguments:
            return False
        return self._tape.statement(step.place).makes_zeros

    def is_made_of_alone(self, node: int, version: int) -> bool:
        """Whether a value has the shape of a version and is made of it and of numbers of the file only."""
        if self._tape.steps[node].shape != self._tape.steps[version].shape:
            return False
        seen, left = {node}, [node]
        while left and len(seen) < MAX_PATH:
            parents = self._tape.steps[left.pop()].parents
            new = {one for one in parents if one != version and not self.literal[one]} - seen
            if not parents or min(new, default=version) < version:
                return False
            seen |= new
            left += new
        return not left

    def is_sum(self, node: int) -> bool:
        """Whether a value is a sum or mean over an axis, up to a factor."""
        step = self._tape.steps[node]
        while (parent := self.handed_on(step)) is not None:
            step = self._tape.steps[parent]
        return step.operation in ("sum", "mean")

    def _is_count(self, step: Step) -> bool:
        """Whether it is one of a list of whole numbers, as the sizes of layers are, or of a range of settings."""
        if step.operation != "getitem" or step.shape:
            return False
        whole = self._tape.steps[step.parents[0]]
        if whole.operation in RANGES:
            return True
        if step.dtype[1:2] not in ("i", "u"):
            return False
        return whole.kind not in (Kind.OPERATION, Kind.RANDOM) and len(whole.shape) == 1

    def _is_initial(self, step: Step) -> bool:
        """Whether it is still a leaf in another form: nothing of another origin has met it but numbers of the file.

        A sum of drawn arrays of one shape is a leaf as well, as ``np.eye(n) + noise`` is. Targets that are whole
        numbers of lists count as numbers of the file: weights that began as plain numbers become both by one update.
        """
        if not all(self.initial[parent] or self.plain[parent] for parent in step.parents):
            return False
        is_drawn_sum = step.operation in ("add", "subtract") and self.drawn[step.id] and bool(step.shape)
        if is_drawn_sum and all(self._tape.steps[p].shape in (step.shape, ()) for p in step.parents):
            return True
        if step.operation in MIXING:
            parents = self.made_of(step)
            origins = {self.masks[p] for p in parents if not self.plain[p]}
            origins = origins or {self.masks[p] for p in parents}
            return len(origins) < 2
        return True

    def _is_resting(self, node: int) -> bool:
        """Whether it is a multiple of zeros that nothing was written to, and not of inputs with a weight of 0."""
        step = self._tape.steps[node]
        if step.operation != "multiply":
            return False
        zeros = [self._tape.steps[one] for one in step.parents if not self.literal[one]]
        if len(zeros) != 1 or zeros[0].kind is not Kind.FILL:
            return False
        return all(one.value is not None and not np.any(one.value) for one in (step, zeros[0]))
