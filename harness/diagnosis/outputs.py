"""The diagnosis of a model with several outputs: each output with its own loss and targets, trained without the others.

An output that does not learn alone has a cause of its own. One that learns alone and not beside the others is held back
by them; that is not asked here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..errors import BadInput
from ..programs.program import Places, Program
from ..results import Result
from ..scenario.effort import BUDGET_SECONDS
from .answer import Diagnosis
from .diagnosis import Interrupted, diagnose_program
from .search import Progress


@dataclass(frozen=True, kw_only=True)
class OutputsDiagnosis(Result):
    """What becomes of each output alone.

    Attributes:
        name: of the program.
        outputs: the diagnosis of each output, which has its name.
    """

    name: str
    outputs: tuple[Diagnosis, ...]


def diagnose_outputs(
    program: Program, *, budget: float = BUDGET_SECONDS, seed: int = 0, progress: Progress | None = None
) -> OutputsDiagnosis:
    """Why the outputs of a model do not learn, one after another.

    Args:
        program: with several outputs, and data of its own.
        budget: seconds for all of them together.
        seed: of all draws.
        progress: called with what was trained and how many trainings there were.

    Raises:
        BadInput: an output has no loss or no targets of its own.
        Interrupted: by Ctrl-C, with what is known of the outputs so far.
    """
    found: list[Diagnosis] = []
    for name, part in zip(program.model.output_names, program.of_outputs()):
        if part.loss is None or part.y is None:
            raise BadInput(f"{program.name}: expected a loss and targets for output {name}, got none")
        # an edit of its line would change the other outputs too
        alone = dataclasses.replace(part, name=f"output {name}", path=None, places=Places())
        try:
            found.append(diagnose_program(alone, budget=budget / program.outputs, seed=seed, progress=progress))
        except KeyboardInterrupt as interrupt:
            if isinstance(interrupt, Interrupted) and isinstance(interrupt.found, Diagnosis):
                found.append(interrupt.found)
            if not found:
                raise
            raise Interrupted(OutputsDiagnosis(name=program.name, outputs=tuple(found))) from None
    return OutputsDiagnosis(name=program.name, outputs=tuple(found))
