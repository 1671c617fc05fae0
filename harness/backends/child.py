"""The child process of one setup: reads jobs from stdin, one JSON document a line, and answers each with lines.

An answer is any number of ``{"progress": ...}``, then ``{"done": true}`` or ``{"failed": message}``. What libraries
print goes to stderr.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.network import Array
from .case import read_case
from .derived import derived_bounds
from .jobs import OUTCOME, START, UPDATES, Job
from .quantities import Quantity
from .results import Computed, Outcome, write_computed
from .setups import UNIT_ROUNDOFFS

if TYPE_CHECKING:
    from .computation import Computation

PHASES = (1.0, 2.0)  # of the disturbances
REFERENCE = "float64"
EXACT_SIZE = 8 * UNIT_ROUNDOFFS[REFERENCE]  # of a disturbance in float64: a smaller one would often be rounded away
MAX_MESSAGE = 300  # characters of what went wrong

Progress = Callable[[str], None]  # called with what is computed now


def compute(job: Job, progress: Progress) -> Computed:
    """Compute one job under the backend of this process."""
    import keras

    from .computation import Computation
    from .wide import wide

    case = read_case(Path(job.case))
    switches = {"has_dense_gradients": job.has_dense_gradients, "has_plain_outputs": job.has_plain_outputs}
    before = keras.config.epsilon()
    keras.config.set_epsilon(before if job.epsilon is None else job.epsilon)
    try:
        with wide(job.is_wide):
            progress("model")
            computation = Computation(case, job.dtype, jit=job.jit, **switches)
            computed = compute_parts(computation, job.parts, progress)
        if START not in job.parts:
            return computed
        with wide(True):
            progress("the same in float64")
            twin = Computation(case, REFERENCE, jit=job.jit, is_reference=True, **switches)
            return with_reference(computed, twin, job.dtype, job.parts, progress)
    finally:
        keras.config.set_epsilon(before)


def compute_parts(computation: Computation, parts: Collection[str], progress: Progress) -> Computed:
    """Parts of a case in the dtype of the setup, without its float64 computation."""
    import keras

    values: dict[Quantity, Array] = {}
    outcome = None
    if START in parts:
        progress("outputs and gradients")
        values |= computation.at_start()
    if UPDATES in parts:
        progress("updates")
        values |= computation.after_updates()
    if OUTCOME in parts:
        scores = []
        for number, start in enumerate(computation.case.starts, start=1):
            progress(f"training {number} of {len(computation.case.starts)}")
            scores.append(computation.train(start))
        outcome = Outcome(
            losses=np.array([score.loss for score in scores]),
            predictions=np.stack([score.predictions for score in scores]),
        )
    return Computed(
        values=values,
        shapes=computation.shapes,
        is_compiled=computation.is_compiled,
        version=importlib.metadata.version(keras.config.backend()),
        outcome=outcome,
    )


def with_reference(
    computed: Computed, twin: Computation, dtype: str, parts: Collection[str], progress: Progress
) -> Computed:
    """The same with its float64 computation, and how far roundings move that.

    Args:
        computed: in the dtype of the setup.
        twin: the same case in float64.
        dtype: of the setup.
        parts: what was computed.
        progress: called with what is computed now.
    """
    reference = twin.at_start()
    still = twin.at_start(0.0)
    spread = spread_of(still, [twin.at_start(UNIT_ROUNDOFFS[dtype], phase) for phase in PHASES])
    exact = spread_of(still, [twin.at_start(EXACT_SIZE, phase) for phase in PHASES])
    if UPDATES in parts:
        progress("updates in float64")
        after = twin.after_updates()
        reference |= after
        spread |= spread_of(after, [twin.after_updates(UNIT_ROUNDOFFS[dtype], phase) for phase in PHASES])
        exact |= spread_of(after, [twin.after_updates(EXACT_SIZE, phase) for phase in PHASES])
    return replace(
        computed,
        reference=reference,
        spread=spread,
        exact_spread=exact,
        bound=derived_bounds(twin.case, dtype),
        exact_bound=derived_bounds(twin.case, REFERENCE),
        terms=twin.terms,
    )


def spread_of(values: Mapping[Quantity, Any], disturbed: list[dict[Quantity, Any]]) -> dict[Quantity, float]:
    """The largest change of each quantity by any of the disturbances."""
    return {
        quantity: max(float(np.max(np.abs(other[quantity] - array), initial=0.0)) for other in disturbed)
        for quantity, array in values.items()
    }


def message_of(error: BaseException) -> str:
    """What went wrong, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):  # TensorFlow's "in user code:", with the message of the error below
        message = next((line for line in lines[1:] if line.startswith(type(error).__name__)), lines[-1])
        return message[:MAX_MESSAGE]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:MAX_MESSAGE]


def main() -> None:
    """Answer jobs until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is not an answer
    if os.environ.get("KERAS_BACKEND") != "tensorflow":
        # Keras would load it, if it can, without using it
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    for line in sys.stdin:
        job = Job(**json.loads(line))
        try:
            computed = compute(job, lambda what: print(json.dumps({"progress": what}), file=answers))
            write_computed(Path(job.out), computed)
            answer: dict[str, Any] = {"done": True}
        except Exception as error:  # each backend has errors of its own
            answer = {"failed": message_of(error)}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
