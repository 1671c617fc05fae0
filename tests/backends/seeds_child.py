"""The child process that computes one model at many seeds: its functions are compiled once, which takes longest.

``python -m tests.backends.seeds_child CASES RESULTS`` computes the cases in the folders CASES/0, CASES/1, ..., which
are one model with other weights, data and batches, under the backend of ``KERAS_BACKEND``.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from harness.backends.case import Case, read_case, write_case
from harness.backends.child import REFERENCE, compute_parts, with_reference
from harness.backends.jobs import START, UPDATES
from harness.backends.results import Computed, write_computed

DTYPE = "float32"
PARTS = (START, UPDATES)


def write_cases(folder: Path, cases: list[Case]) -> None:
    """Write the cases for a child."""
    for number, case in enumerate(cases):
        (folder / str(number)).mkdir(parents=True)
        write_case(folder / str(number), case)


def read_cases(folder: Path) -> list[Case]:
    """Read what ``write_cases`` wrote."""
    numbered = itertools.takewhile(Path.is_dir, (folder / str(number) for number in itertools.count()))
    return [read_case(path) for path in numbered]


def silent(what: str) -> None:
    """Show no progress."""


def compute_all(cases: list[Case]) -> list[Computed]:
    """Compute every case in float32 and then in float64, because a dtype is a setting of the whole process."""
    from harness.backends.computation import Computation
    from harness.backends.wide import wide

    computation = Computation(cases[0], DTYPE, jit=None)
    computed = []
    for computation.case in cases:
        computed.append(compute_parts(computation, PARTS, silent))
    with wide(True):
        twin = Computation(cases[0], REFERENCE, jit=None, is_reference=True)
        for number, twin.case in enumerate(cases):
            computed[number] = with_reference(computed[number], twin, DTYPE, PARTS, silent)
    return computed


def main(cases: Path, results: Path) -> None:
    """Compute the cases."""
    if os.environ["KERAS_BACKEND"] != "tensorflow":
        sys.modules["tensorflow"] = None  # type: ignore[assignment]  # as harness.backends.child
    for number, computed in enumerate(compute_all(read_cases(cases))):
        (results / str(number)).mkdir(parents=True)
        write_computed(results / str(number), computed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
