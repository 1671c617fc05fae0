"""How a network is trained, as data. Nothing here imports TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .arrays import Array
from .batches import Batches
from .optimizers import SGD, Optimizer


@dataclass(frozen=True, eq=False)
class Training:
    """What a training needs beside the network, its weights and the data.

    Args:
        learning_rate: the factor of the gradient in an update; for an ensemble also one for each member, (members,).
        optimizer: the update rule; for an ensemble also one for each member, all of one name.
        recorded: the iterations at which the weights are asked for, rising; 0 is the start, before any update. They
            may be empty if a single update is asked for.
        batches: which observations each iteration is made with; None is all of them.

    Raises:
        ValueError: the recorded iterations do not rise from 0 on.

    Example:
        >>> Training(0.5, recorded=[0, 1000]).recorded
        (0, 1000)
    """

    learning_rate: float | Array
    optimizer: Optimizer | Sequence[Optimizer] = field(default=SGD, kw_only=True)
    recorded: Sequence[int] = field(default=(), kw_only=True)
    batches: Batches | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        recorded = tuple(self.recorded)
        if any(later <= earlier for earlier, later in zip((-1, *recorded), recorded)):
            raise ValueError(f"recorded iterations must rise, from 0 on, got {list(recorded)}")
        object.__setattr__(self, "recorded", recorded)

    @property
    def single_optimizer(self) -> Optimizer:
        """The optimizer of a single network.

        Raises:
            ValueError: there is one for each member of an ensemble.
        """
        if not isinstance(self.optimizer, Optimizer):
            raise ValueError(f"one network takes one optimizer, got {len(self.optimizer)}")
        return self.optimizer
