"""What training one program from many seeds gives, whichever way it was trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Engine(Enum):
    """What trained the members."""

    VECTORISED = "vectorised"  # all members at once in one compiled loop
    FIT = "fit"  # Keras' own fit, one member after another


class FallbackReason(Enum):
    """Why a program cannot be trained many members at once, so that Keras' own ``fit`` trains them one after another.

    ``detail`` is that of ``CannotVectorise``.
    """

    CALLBACK = "callback"  # a callback needs the model itself; ``detail`` names it
    TRAIN_STEP = "train-step"  # the model has a train_step or fit of its own
    OPTIMIZER = "optimizer"  # the optimizer has state that only fit handles; ``detail`` names the option
    DTYPE = "dtype"  # weights or data of a type that the loop does not take; ``detail`` names it
    STATE = "state"  # the model changes state that is not among its variables
    RANDOM = "random"  # random numbers that no seed of the model controls
    TRACING = "tracing"  # TensorFlow could not trace the step for many members; ``detail`` is its message
    EXECUTION = "execution"  # TensorFlow could not run the step for many members; ``detail`` is its message


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Members trained from one program; member i began from ``seeds[i]``."""

    seeds: tuple[int, ...]  # of initial weights, batch order and dropout masks
    engine: Engine  # what trained the members
    # (members, epochs) mean training loss of each epoch, as ``fit`` reports it; NaN after a member stopped. The last
    # epoch may be partial if a number of updates was asked for
    loss: Array
    weights: tuple[Array, ...]  # for each weight of ``model.weights``, (members, ...), after training
    updates: Array  # (members,) updates made; fewer than asked for if a callback stopped the member
    diverged: Array  # (members,) whether a loss or a weight is NaN or infinite
    # (members,) update, from 1, whose loss was the first that is not finite; -1 if there was none. Where Keras' fit
    # trained, the last update of the epoch in which that happened
    diverged_at: Array

    @property
    def members(self) -> int:
        """How many members were trained."""
        return len(self.seeds)

    def member_weights(self, member: int) -> list[Array]:
        """The weights of one member, in the order of ``model.weights``: what ``model.set_weights`` takes."""
        return [stacked[member] for stacked in self.weights]


def joined(parts: list[Trained]) -> Trained:
    """The members of several trainings of one program, in order."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return replace(
        first,
        seeds=tuple(seed for part in parts for seed in part.seeds),
        loss=np.concatenate([part.loss for part in parts]),
        weights=tuple(np.concatenate(values) for values in zip(*(part.weights for part in parts))),
        updates=np.concatenate([part.updates for part in parts]),
        diverged=np.concatenate([part.diverged for part in parts]),
        diverged_at=np.concatenate([part.diverged_at for part in parts]),
    )
