"""What a child process is asked to compute."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

START, UPDATES, OUTCOME = "start", "updates", "outcome"  # the parts of a job


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a child is asked to compute.

    Attributes:
        case: folder with the case.
        out: folder for the result.
        dtype, jit: of the setup.
        is_wide: whether JAX is to have float64 even if the user's environment does not ask for it.
        epsilon: Keras' ``epsilon()``, at which losses are clipped; None for its default.
        has_dense_gradients: whether TensorFlow's sparse gradients are made dense before the optimizer gets them.
        parts: what is computed.
    """

    case: str
    out: str
    dtype: str
    jit: bool | None
    is_wide: bool = False
    epsilon: float | None = None
    has_dense_gradients: bool = False
    parts: tuple[str, ...] = (START, UPDATES)

    def line(self) -> str:
        """The job as a line for the child."""
        return json.dumps(asdict(self))
