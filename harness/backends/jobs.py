"""What a child process is asked to compute."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass

from .case import Case

START, UPDATES, OUTCOME = "start", "updates", "outcome"  # the parts of a job


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a child is asked to compute."""

    case: str  # folder with the case
    out: str  # folder for the result
    # dtype, jit: of the setup
    dtype: str
    jit: bool | None
    is_wide: bool = False  # whether JAX is to have float64 even if the user's environment does not ask for it
    epsilon: float | None = None  # Keras' ``epsilon()``, at which losses are clipped; None for its default
    # whether TensorFlow's sparse gradients are made dense before the optimizer gets them
    has_dense_gradients: bool = False
    # whether the loss gets outputs without the logits that TensorFlow remembers with them
    has_plain_outputs: bool = False
    parts: tuple[str, ...] = (START, UPDATES)  # what is computed

    def line(self) -> str:
        """The job as a line for the child."""
        return json.dumps(asdict(self))


def steps_of(parts: Collection[str], case: Case) -> int:
    """How many steps a job has; the child names each before it begins with it.

    Args:
        parts: of the job.
        case: what is computed.
    """
    has_start, has_updates = START in parts, UPDATES in parts
    in_float64 = has_start + (has_start and has_updates)
    trainings = len(case.starts) if OUTCOME in parts else 0
    return 1 + has_start + has_updates + in_float64 + trainings  # the first is to make the model
