"""``harness diagnose``"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import os
import re
import time
import warnings
from pathlib import Path
from typing import Any

from ... import cluster
from ...errors import BadInput, nearest_file, shown_path
from ...programs.kinds import WithoutModel, refuse_other_frameworks, trains_keras
from ...results import as_cards
from ..compiler import compiler_flags, flags_of_ensemble
from ..logs import folder_name, run_log
from ..options import add_data, add_output, add_ray, check_has_data, invalid_value, positive_integer
from ..pages import add_figure, add_report, check_files, say_page, write_pages
from ..programs import refuse_folder, refuse_without_code
from ..scenario_options import add_learning_rate, add_scenario, overrides, refuse_overrides
from ..terminal import Shown, load_tensorflow, progress_bar, show_result, silent_import
from . import DIFFERS, NOT_JUDGED, code_of_diagnosis

MAX_BUDGET_SECONDS = 86400.0
FIT_BUDGETS = 2  # budgets after which the training of the script itself is stopped
MODEL_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def seconds(text: str) -> float:
    """ "60", "60s" or "2m" to seconds, up to a day."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(s|m)?", text.strip())
    budget = 0.0 if match is None else float(match[1]) * (60 if match[2] == "m" else 1)
    if not 0 < budget <= MAX_BUDGET_SECONDS:
        raise invalid_value("a time above 0 and up to a day, such as 45, 60s or 2m", text)
    return budget


def share(text: str) -> float:
    """A share of the rows, between 0 and 1."""
    with contextlib.suppress(ValueError):
        if 0 < float(text) < 1:
            return float(text)
    raise invalid_value("a share between 0 and 1, such as 0.2", text)


def add(commands: Any) -> None:
    command = commands.add_parser(
        "diagnose",
        help="why does it not learn? A Keras script, a NumPy file, a model with data, or a scenario",
        description="Find out why a training does not learn. TARGET is a Keras script or notebook, which is run as it "
        "is in a copy of its folder and whose call of fit is taken apart; a Keras model, MODEL.keras or "
        "module:function, with --data; a scenario; or a hand-written NumPy file that trains a network. Every cause is "
        "proven by trainings with and without it. Exit code 0: it learns; 1: it does not, or only by luck; 2: bad "
        "input; 3: it could not be judged, or only in part.",
    )
    programs = "a Keras script or notebook, a NumPy file, a Keras model with --data, or a scenario: "
    add_learning_rate(add_scenario(command, "TARGET", programs))
    command.add_argument(
        "--budget", type=seconds, metavar="TIME", help="time for trainings: 45, 60s or 2m (default: 30)"
    )
    add_ray(command, "train")
    of_keras = command.add_argument_group("for Keras programs")
    of_keras.add_argument(
        "--fit",
        type=positive_integer,
        metavar="N",
        help="number of the call of fit to judge (default: 1, or 2 if only that one is wrong for sure)",
    )
    of_keras.add_argument("--diff", action="store_true", help="the edit that repairs the script, as a unified diff")
    add_data(of_keras)
    of_keras.add_argument(
        "--epochs", type=positive_integer, metavar="N", help="number of epochs that a model with --data is trained"
    )
    of_keras.add_argument(
        "--validation-split", type=share, metavar="SHARE", help="share of the rows of --data kept for validation"
    )
    output = add_output(command)
    add_report(output)
    add_figure(output)
    command.set_defaults(run=run)


def is_model(name: str) -> bool:
    """Whether it names a Keras model: a file of one, or a function that returns one."""
    return name.endswith((".keras", ".h5", ".hdf5")) or MODEL_FUNCTION.fullmatch(name) is not None


def is_script(name: str) -> bool:
    """Whether it is a file of somebody's that trains a Keras model."""
    if not name.endswith((".py", ".ipynb")):
        return False
    if not os.path.isfile(name):
        hint = nearest_file(Path(name))
        raise BadInput(f"{shown_path(name)} is not a file; give a script, a model with data, or a scenario{hint}")
    refuse_other_frameworks(Path(name), shown_path(name))
    return trains_keras(Path(name))


def check_options(arguments: argparse.Namespace, name: str, *, of_script: bool, of_model: bool) -> None:
    """Raise BadInput for options that have no meaning for this target."""
    given = {
        "data": of_model,
        "epochs": of_model,
        "validation_split": of_model,
        "diff": of_script,
    }
    for key, fits in given.items():
        if getattr(arguments, key) and not fits:
            needed = "a Keras script" if key == "diff" else "a Keras model without a script"
            raise BadInput(f"is for {needed}, and {shown_path(name)} is not one", key=key, hint="leave it out")
    if of_script or of_model:
        refuse_overrides(arguments, "a Keras program", ("seed", "batch_size") if of_model else ("seed",))


def run(arguments: argparse.Namespace) -> int:
    from ...checking.template import follows_template

    name = arguments.scenario
    check_files(arguments)
    refuse_folder(name)
    if name.endswith((".py", ".ipynb")):
        refuse_without_code(Path(name))
    try:
        of_model, of_script = is_model(name), is_script(name)
        check_options(arguments, name, of_script=of_script, of_model=of_model)
        if of_script or of_model:
            return run_program(arguments, name, of_script=of_script)
    except WithoutModel as refused:
        return show_functions(arguments, name, refused)
    if name.endswith((".py", ".ipynb")) and not follows_template(Path(name)):
        from .diagnose_handwritten import run_handwritten

        return run_handwritten(arguments, name)
    if name.endswith(".py"):
        return run_functions(arguments, name)
    return run_scenario(arguments, name)


def show_functions(arguments: argparse.Namespace, name: str, refused: WithoutModel) -> int:
    """Show what the text of a program says that trains without a model of Keras; raise ``refused`` if it is nothing."""
    with silent_import():
        from ...programs.unjudged import read_functions
        from ...report import unjudged as _  # noqa: F401 - registers how it is shown
    read = read_functions(Path(name), refused.how)
    if not read.likely:
        raise refused
    show_result(arguments, read)
    return NOT_JUDGED


def run_functions(arguments: argparse.Namespace, name: str) -> int:
    """Diagnose the network of the forum question with the functions of 'harness new', if their math is right."""
    from ...checking.check import check_file
    from ...checking.result import Verdict
    from ...report import checking as _  # noqa: F401 - registers how the result is shown

    result = check_file(name, seed=arguments.seed or 0)
    if result.verdict is Verdict.CORRECT:  # then it gives the numbers of the scenario
        return run_scenario(arguments, "post")
    show_result(arguments, result)
    return DIFFERS if result.verdict is Verdict.MISTAKE else NOT_JUDGED


class BeforeTraining:
    """What is known of a program before anything of it is trained: all of the answer if Ctrl-C comes then."""

    def __init__(self, shown: Shown) -> None:
        """Say it with ``shown``; nothing is known yet."""
        self.shown = shown
        self.program: Any = None
        self.read: Any = None

    def take(self, program: Any) -> None:
        """Read a program, and say what contradicts itself in it, at a terminal."""
        from ...programs.unjudged import is_judged, read_unjudged
        from ...report import findings

        self.program, self.read = program, None
        if not is_judged(program):
            return  # it is all of the answer
        with contextlib.suppress(Exception):  # it runs within the user's script; the diagnosis will raise it again
            self.read = read_unjudged(program)
            for line in findings.first_lines(self.read.contradictions):
                self.shown.say(line)

    def answer(self) -> Any:
        """What is known, without the trainings that were to follow; None before the call of fit."""
        from ...programs.unjudged import read_unjudged

        if self.program is None:
            return None
        return dataclasses.replace(self.read or read_unjudged(self.program), is_partial=True)


def captured_program(
    arguments: argparse.Namespace, name: str, before: BeforeTraining, budget: float, *, of_script: bool
) -> Any:
    """The program of a script, which is run, or of a model with data; its contradictions are shown at once.

    Raises:
        RefusedByKeras: Keras refuses the model of the script before it is trained.
    """
    from ...programs import capture, contradictions, saved

    seed = arguments.seed or 0
    if of_script:
        return capture.capture_script(
            name,
            fit=arguments.fit or 1,
            seconds=FIT_BUDGETS * budget,
            seed=seed,
            at_fit=before.take,
            is_surer=None if arguments.fit else contradictions.is_surer,
        )
    program = saved.program_of_file(
        name,
        arguments.data,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        validation_split=arguments.validation_split,
        seed=seed,
    )
    before.take(program)
    return program


def diagnosed(arguments: argparse.Namespace, program: Any, show: Shown, budget: float) -> Any:
    """The answer about a program."""
    from ...diagnosis import captured, trials
    from ...programs import contradictions, unjudged

    try:
        with contradictions.quiet(), cluster.connected(arguments.ray):
            return captured.diagnose_captured(
                program,
                budget=budget,
                seed=arguments.seed or 0,
                progress=lambda what, trainings: show(trainings, 0, what),
            )
    except trials.TooSlow as error:
        return unjudged.read_unjudged(program, needed_budget=error.budget * program.outputs)


def code_of_answer(answer: Any) -> int:
    """The exit code of an answer about a program: that of its worst output, if it has several."""
    from ...diagnosis.outputs import OutputsDiagnosis
    from ...programs.unjudged import Unjudged

    if isinstance(answer, Unjudged):
        return DIFFERS if answer.is_refused or answer.is_hopeless else NOT_JUDGED
    if isinstance(answer, OutputsDiagnosis):
        codes = {code_of_diagnosis(one) for one in answer.outputs}
        return DIFFERS if DIFFERS in codes else max(codes)
    return code_of_diagnosis(answer)


def run_program(arguments: argparse.Namespace, name: str, *, of_script: bool) -> int:
    """Diagnose a Keras program; Ctrl-C shows what is known."""
    from ... import board
    from ...programs import model_files
    from ...scenario.effort import BUDGET_SECONDS
    from ...scratch import temporary_files_in_scratch

    if not of_script:
        model_files.check_source(name, arguments.data)
        check_has_data(arguments, name)
    budget = arguments.budget or BUDGET_SECONDS
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(run_log(arguments, folder_name(name)))
        stack.enter_context(temporary_files_in_scratch())
        show = stack.enter_context(progress_bar("loading TensorFlow"))
        with silent_import():
            from ...diagnosis.answer import Diagnosis
            from ...diagnosis.diagnosis import Interrupted
            from ...programs import capture, edits, unjudged
            from ...report import diagnosing
            from ...report import outputs_diagnosis as _several  # noqa: F401 - registers how several outputs are shown
            from ...report import unjudged as _  # noqa: F401 - registers how a program without its data is shown
        # what Keras warns about is in the answer, if it matters
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        show(0, 0, f"running {name}")
        before = BeforeTraining(show)
        try:
            program = captured_program(arguments, name, before, budget, of_script=of_script)
            result = diagnosed(arguments, program, show, budget)
        except capture.RefusedByKeras as refused:
            result = unjudged.read_refused(Path(name).name, refused.finding, refused.missing)
        except KeyboardInterrupt as interrupt:
            known = interrupt.found if isinstance(interrupt, Interrupted) else before.answer()
            if known is not None:
                show_result(arguments, known)
            raise
        is_whole = isinstance(result, Diagnosis)
        if is_whole and folder is not None:
            text = "\n\n".join(diagnosing.verdict(result))
            board.write_answer(folder, text, time.time(), pictures=as_cards(result))
        if not isinstance(result, unjudged.Unjudged):
            write_pages(arguments, result, folder)
    show_result(arguments, result)
    if is_whole and arguments.diff and not arguments.json:
        print(edits.unified_diff(result.edits), end="")
    if is_whole:
        say_page(arguments, folder)
    return code_of_answer(result)


def run_scenario(arguments: argparse.Namespace, name: str) -> int:
    """Diagnose a scenario."""
    from ...scenario import effort, scenario

    chosen = scenario.load(name, overrides(arguments))
    if chosen.iterations == 0:
        raise BadInput("0 iterations are not a training; give 1 or more to ask why it does not learn")
    effort.check_run(chosen.network)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(run_log(arguments, chosen.name))
        stack.enter_context(compiler_flags(flags_of_ensemble(chosen.network, len(chosen.x))))
        show = stack.enter_context(progress_bar("loading TensorFlow"))
        with silent_import():
            load_tensorflow()
            from ...diagnosis import scenarios
            from ...report import diagnosing, scenario_words
        case = scenarios.case_of(chosen, iterations=scenarios.asked_after(name, overrides(arguments)))
        with cluster.connected(arguments.ray):
            found = scenarios.diagnose(
                case,
                arguments.budget or effort.BUDGET_SECONDS,
                lambda done, total, what: show(done, total, scenario_words.progress_text(what)),
            )
        if folder is not None:
            from ... import board

            text = "\n\n".join(diagnosing.verdict(found))
            board.write_answer(folder, text, time.time(), pictures=as_cards(found))
        write_pages(arguments, found, folder)
    show_result(arguments, found)
    say_page(arguments, folder)
    return code_of_diagnosis(found)
