"""Which rows each update of a member is made with: the same for the compiled loop and for Keras' ``fit``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .copies import derived_seed
from .program import Program

Array = NDArray[Any]

ORDER_STREAM = 3  # tells seeds of the order of rows apart from those of weights (1) and of dropout (2)
BLOCK_ROWS = 4096  # rows in the orders that are drawn together, if one pass has no more


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """How the rows are divided into batches.

    Rows are passed through again and again, in a new order each time if they are shuffled. The last batch of a pass is
    what is left. An epoch is ``steps`` batches; that is one pass, unless ``fit`` was given ``steps_per_epoch``.
    """

    rows: int  # rows of the training data
    size: int  # rows of a batch
    steps: int  # batches of an epoch
    shuffle: bool  # whether each pass has an order of its own. The rows of a full batch stay as they are
    _drawn: dict[int, tuple[int, Array]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def steps_per_pass(self) -> int:
        """Batches in one pass over all rows."""
        return -(-self.rows // self.size)

    def batch_sizes(self, first: int, last: int) -> Array:
        """(last - first,) how many rows each of these updates is made with."""
        place = np.arange(first, last) % self.steps_per_pass
        return np.minimum(self.size, self.rows - place * self.size)

    def batches(self, seeds: Sequence[int], first: int, last: int) -> Array:
        """Rows of the updates ``first`` .. ``last`` - 1 of each member.

        Returns:
            (updates, members, size) int32; the places that a smaller batch leaves over hold row 0.
        """
        steps = self.steps_per_pass
        passes = range(first // steps, -(-last // steps))
        result = np.zeros((len(passes) * steps, len(seeds), self.size), np.int32)
        padding = steps * self.size - self.rows
        for member, seed in enumerate(seeds):
            orders = np.stack([self.order(seed, number) for number in passes])
            result[:, member] = np.pad(orders, ((0, 0), (0, padding))).reshape(-1, self.size)
        start = first - passes.start * steps
        return result[start : start + last - first]

    def order(self, seed: int, number: int) -> Array:
        """The order of the rows in a pass (0, 1, ..), (rows,)."""
        if not self.shuffle or self.size >= self.rows:
            return np.arange(self.rows, dtype=np.int32)
        in_block = max(1, BLOCK_ROWS // self.rows)
        block, place = divmod(number, in_block)
        known = self._drawn.get(seed)
        if known is None or known[0] != block:
            known = (block, drawn_orders(seed, block, in_block, self.rows))
            self._drawn[seed] = known
        return known[1][place]


def drawn_orders(seed: int, block: int, passes: int, rows: int) -> Array:
    """The orders of several passes, (passes, rows), from bits of Philox, which NumPy keeps the same for ever."""
    stream = np.random.Philox(key=derived_seed(seed, ORDER_STREAM), counter=[0, 0, block, 0])
    keys = stream.random_raw(passes * rows).reshape(passes, rows)
    return np.argsort(keys, axis=1, kind="stable").astype(np.int32)


def plan_of(program: Program, rows: int) -> BatchPlan:
    """How a program divides so many rows into batches."""
    size = min(program.batch_size, rows)
    return BatchPlan(
        rows=rows, size=size, steps=program.steps_per_epoch or -(-rows // size), shuffle=bool(program.shuffle)
    )
