"""Which answer a program gets: a diagnosis, one for each of its outputs, or what is said without a training."""

from __future__ import annotations

from ..programs.contradictions import hopeless
from ..programs.custom_gradients import gradients_dropped_with_graphs
from ..programs.program import Program
from ..programs.unjudged import Unjudged, is_judged, read_unjudged
from ..scenario.effort import BUDGET_SECONDS
from . import diagnosis, outputs
from .answer import Diagnosis
from .search import Progress


def has_several_judged(program: Program) -> bool:
    """Whether a program has several outputs that are diagnosed one after another."""
    return program.outputs > 1 and program.is_fit_on_own_data and program.error is None


@gradients_dropped_with_graphs()
def diagnose_captured(
    program: Program, *, budget: float = BUDGET_SECONDS, seed: int = 0, progress: Progress | None = None
) -> Diagnosis | outputs.OutputsDiagnosis | Unjudged:
    """Why a program's training does not learn, or that it does; what is likely if trainings would say nothing.

    Args:
        program: as it was when it called ``fit``.
        budget: seconds for trainings.
        seed: of all draws.
        progress: called with what was trained and how many trainings there were.

    Raises:
        BadInput: the program cannot be judged, with what to do.
        Interrupted: by Ctrl-C, with what is known of a program with one output.
    """
    if has_several_judged(program):
        return outputs.diagnose_outputs(program, budget=budget, seed=seed, progress=progress)
    if not is_judged(program) or hopeless(program):
        return read_unjudged(program)
    return diagnosis.diagnose_program(program, budget=budget, seed=seed, progress=progress)
