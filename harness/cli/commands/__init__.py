"""One module a command: ``add`` gives the parser its options, ``run`` calls and prints and returns the exit code.

Modules that compute are imported only inside ``run``, so that help and bad arguments answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...diagnosis.answer import Diagnosis

# exit codes: fine; a difference, mistake or failure was found; bad input; not judged, or only in part; Ctrl-C
AGREES, DIFFERS, BAD_INPUT, NOT_JUDGED, INTERRUPTED = 0, 1, 2, 3, 130


def code_of_diagnosis(diagnosis: Diagnosis) -> int:
    """The exit code of a diagnosis: it learns, it does not, or it could not be judged.

    A cause that is proven stays so, whatever the clock or the score left open beside it.
    """
    from ...diagnosis.outcomes import OutcomeKind

    if not diagnosis.causes and (diagnosis.outcome is OutcomeKind.NOT_JUDGED or diagnosis.partial):
        return NOT_JUDGED
    return AGREES if diagnosis.outcome is OutcomeKind.LEARNS else DIFFERS
