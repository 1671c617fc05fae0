"""``harness diagnose net.py``, for a hand-written file with a network and data of its own."""

from __future__ import annotations

import argparse
import contextlib
import logging
import time
from pathlib import Path

from ... import cluster
from ...results import as_cards
from ..logs import folder_name, run_log
from ..pages import say_page, write_pages
from ..scenario_options import refuse_overrides
from ..terminal import progress_bar, show_result, silent_import
from . import DIFFERS, NOT_JUDGED, code_of_diagnosis

OVERRIDDEN = ("seed", "iterations")  # settings of a file that options may set


def run_handwritten(arguments: argparse.Namespace, name: str) -> int:
    """Diagnose a hand-written file with a network and data of its own."""
    from ... import board
    from ...checking.result import Verdict
    from ...diagnosis.handwritten.read_file import read_file
    from ...report import handwritten_diagnosis
    from ...scenario.effort import BUDGET_SECONDS

    refuse_overrides(arguments, "a file", OVERRIDDEN)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(run_log(arguments, folder_name(name)))
        show = stack.enter_context(progress_bar(f"running {name}"))
        found = read_file(Path(name), seed=arguments.seed or 0, updates=arguments.iterations)
        if found.network is not None:
            show(0, 0, "loading TensorFlow")
            with silent_import():
                from ...diagnosis.diagnosis import Interrupted
                from ...diagnosis.handwritten.diagnose import diagnose_read
                from ...report import diagnosing  # noqa: F401 - registers how it is shown
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            show(0, 0, f"running {name}")
            try:
                with cluster.connected(arguments.ray):
                    found = diagnose_read(
                        found,
                        budget=arguments.budget or BUDGET_SECONDS,
                        seed=arguments.seed or 0,
                        progress=lambda what, trainings: show(trainings, 0, what),
                    )
            except Interrupted as interrupt:
                show_result(arguments, interrupt.found)
                raise
        if folder is not None:
            text = "\n\n".join(handwritten_diagnosis.verdict(found))
            board.write_answer(folder, text, time.time(), pictures=as_cards(found.diagnosis))
        is_judged = found.diagnosis is not None or found.check.verdict is not Verdict.NOT_JUDGED
        page_folder = folder if is_judged else None
        write_pages(arguments, found, page_folder)
    show_result(arguments, found)
    say_page(arguments, page_folder)
    if found.diagnosis is None:
        is_hopeless = found.unjudged is not None and found.unjudged.is_hopeless
        return DIFFERS if is_hopeless or found.check.verdict is Verdict.MISTAKE else NOT_JUDGED
    return code_of_diagnosis(found.diagnosis)
