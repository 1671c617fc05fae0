"""Mini-batches: which observations the update of an iteration is made with.

The observations are divided anew in each epoch: a batch is the next ``size`` of them in that epoch's order, and the
last one what is left, as in Keras' ``fit(batch_size=..., shuffle=...)``. The order is a function of the seed and the
epoch alone. So every implementation trains on the same batches, however many iterations it makes at once, and a run
can be taken up at any iteration. Nothing here imports TensorFlow.

If there are no batches, an iteration is the full batch.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

PHILOX_KEY = 2**64  # of the generator, beside the seed; the starts are drawn with another, models/initializers.py
PHILOX_BLOCK = 4  # numbers that one step of its counter gives

ORDERS = 2**16  # observations in the permutations kept in memory; at least two epochs are kept


@functools.lru_cache(maxsize=8)
def shuffled(seed: int, epoch: int, observations: int) -> NDArray[np.int32]:
    """A permutation of 0 .. observations - 1, (observations,), not to be written to.

    The numbers are sorted by random bits in front of their own: those of Philox, which NumPy keeps the same for ever.
    """
    stream = np.random.Philox(key=PHILOX_KEY + seed, counter=epoch * -(-observations // PHILOX_BLOCK))
    own = observations.bit_length()
    keys = stream.random_raw(observations) << np.uint64(own) | np.arange(observations, dtype=np.uint64)
    order = (np.sort(keys) & np.uint64(2**own - 1)).astype(np.int32)
    order.setflags(write=False)
    return order


@dataclass(frozen=True)
class Batches:
    """How observations are divided into batches.

    Attributes:
        size: observations in a batch.
        shuffle: whether each epoch has an order of its own; else the observations stay as they are.
        seed: of the orders, 0 or above.
        begin: the iteration that training begins with; what trains counts its own iterations from 0.

    Raises:
        ValueError: a size below 1, or a seed or an iteration below 0.

    Example:
        >>> [Batches(2, shuffle=False).rows(5, iteration).tolist() for iteration in range(4)]
        [[0, 1], [2, 3], [4], [0, 1]]
    """

    size: int
    shuffle: bool = True
    seed: int = 0
    begin: int = 0

    def __post_init__(self) -> None:
        for name, least in (("size", 1), ("seed", 0), ("begin", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} of batches must be {least} or above, got {getattr(self, name)}")

    def starting_at(self, iteration: int) -> Batches:
        """The same batches for a training that begins ``iteration`` iterations later."""
        return replace(self, begin=self.begin + iteration)

    def per_epoch(self, observations: int) -> int:
        """Iterations in an epoch."""
        return -(-observations // self.size)

    def order(self, observations: int, epoch: int) -> NDArray[np.int32]:
        """The order of the observations in an epoch (0, 1, ..), (observations,)"""
        return shuffled(self.seed, epoch, observations) if self.shuffle else np.arange(observations, dtype=np.int32)

    def rows(self, observations: int, iteration: int) -> NDArray[np.int32]:
        """The observations that iteration 0, 1, .. of a training is made with, (size or fewer,)"""
        epoch, place = divmod(self.begin + iteration, self.per_epoch(observations))
        return self.order(observations, epoch)[place * self.size : (place + 1) * self.size]

    def epochs_held(self, observations: int) -> int:
        """Number of epoch permutations kept in memory."""
        return max(2, ORDERS // observations)

    def iterations_held(self, observations: int) -> int:
        """Number of iterations whose epochs fit into that, wherever in an epoch the first one lies."""
        return (self.epochs_held(observations) - 1) * self.per_epoch(observations) + 1

    def orders(self, observations: int, first: int, last: int) -> tuple[NDArray[np.int32], int]:
        """The orders of the epochs that iterations ``first`` .. ``last`` - 1 lie in, and where in them to begin.

        Returns:
            (epochs, observations), at most ``epochs_held`` of them for ``iterations_held``; and the place of
            iteration ``first`` among all the batches of these epochs.
        """
        per_epoch = self.per_epoch(observations)
        epoch, place = divmod(self.begin + first, per_epoch)
        through = (self.begin + max(last, first + 1) - 1) // per_epoch
        return np.stack([self.order(observations, e) for e in range(epoch, through + 1)]), place


def pieces(observations: int, at_most: int) -> Iterator[slice]:
    """All observations in pieces of ``at_most``, the last what is left: for what does not fit into memory at once."""
    return (slice(first, min(first + at_most, observations)) for first in range(0, observations, at_most))
