"""``harness diagnose``"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import BadInput, shown_path
from ..options import add_learning_rate, add_output, add_scenario, must, overrides
from ..terminal import print_as, progress_bar, silent_import, told_what_is_kept
from . import AGREES, DIFFERS

LONGEST_BUDGET = 86400.0  # seconds
OF_KERAS = ("learning_rate", "iterations", "cost", "seed")  # options that go with a Keras model


def seconds(text: str) -> float:
    """ "60", "60s" or "2m" to seconds, up to a day."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(s|m)?", text.strip())
    found = 0.0 if match is None else float(match[1]) * (60 if match[2] == "m" else 1)
    if not 0 < found <= LONGEST_BUDGET:
        raise must("a time above 0 and up to a day, such as 45, 60s or 2m", text)
    return found


def add(commands: Any) -> None:
    command = commands.add_parser(
        "diagnose",
        help="why does it not learn?",
        description="Train SCENARIO from its first initializer, measure what is wrong, and change one thing at a time, "
        "in many runs each, until it learns. SCENARIO may also be a Keras model, MODEL.keras or module:function, with "
        "--data; or a FILE.py as in check, whose math is checked first. Of the post it asks after 1000 iterations, as "
        "the post does. Exit code 0: it learns, and in time; 1: it does not, or late, or only by luck, whether a cause "
        "was proved or not; 2: bad input.",
    )
    add_learning_rate(add_scenario(command))
    command.add_argument("--data", type=Path, metavar="FILE", help="a .npz file with x and y, for a Keras model")
    command.add_argument("--budget", type=seconds, metavar="TIME", help="for the runs: 45, 60s or 2m (default: 30)")
    add_output(command)
    command.set_defaults(run=run)


def check_options_of_keras(given: Mapping[str, object]) -> None:
    """Raise BadInput for options that a Keras model has no use for, and for numbers that nothing is trained with."""
    from ...scenario import scenario
    from ...scenario.given import whole_number

    options = scenario.arguments(given)
    for key, option in options.items():
        if key not in OF_KERAS:
            raise BadInput("is for a scenario; a Keras model has its own", key=option.where, hint="leave it out")
    if "learning_rate" in options:
        scenario.rate(options["learning_rate"], "float32")
    for key in ("iterations", "seed"):
        if key in options:
            whole_number(options[key])
    if "iterations" in options:
        check_asked(int(str(given["iterations"])))


def check_asked(iterations: int) -> None:
    """Raise BadInput for a run of no iterations, of which there is nothing to ask."""
    if iterations == 0:
        raise BadInput("0 iterations are no training; give 1 or more to ask why it does not learn")


def run(arguments: argparse.Namespace) -> int:
    from ... import board
    from ...programs import model_files as source
    from ...scenario import effort, scenario

    name, given = arguments.scenario, overrides(arguments)
    is_keras = name.endswith((".keras", ".h5")) or re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", name) is not None
    is_file = name.endswith(".py")
    if is_keras and arguments.data is None:
        raise BadInput(f"{shown_path(name)} is a Keras model; give it data with --data FILE.npz, which holds x and y")
    if arguments.data is not None and not is_keras:
        raise BadInput(
            f"command line: --data goes with a Keras model, and {shown_path(name)} has data of its own; leave it out"
        )
    if is_file and not os.path.isfile(name):
        raise BadInput(f"{shown_path(name)} is no file; give a file as in 'harness check', or a scenario")
    chosen = None if is_keras else scenario.load("post" if is_file else name, given)
    budget = arguments.budget or effort.BUDGET_SECONDS
    if chosen is None:
        check_options_of_keras(given)
        source.check_source(name, arguments.data)
    else:
        check_asked(chosen.iterations)
        effort.check_run(chosen.network)
    with contextlib.ExitStack() as stack:
        folder = None
        if not arguments.no_log:
            stem = re.sub(r"[^\w.-]+", "-", Path(name).stem).strip("-.")[: scenario.LONGEST_NAME] or "model"
            called = stem if chosen is None else chosen.name
            folder = stack.enter_context(board.run_folder(arguments.log_dir, called, arguments.name))
        stack.enter_context(told_what_is_kept(folder))
        show = stack.enter_context(progress_bar("loading TensorFlow"))
        with silent_import():
            from ...diagnosis import scenarios as diagnose
            from ...report import scenario_diagnosis as diagnosis
        if chosen is None:
            from ...diagnosis.scenarios import keras_case, keras_model

            case = keras_case.case_of_model(name, arguments.data, given)
            found = keras_model.diagnose(case, budget, show)
        else:
            if is_file:
                from ...diagnosis.scenarios import file

                case = file.case_of_file(Path(name), chosen, diagnose.asked_after("post", given))
            else:
                case = diagnose.case_of(chosen, iterations=diagnose.asked_after(name, given))
            found = diagnose.diagnose(case, budget, show)
        if folder is not None:
            board.write_verdict(folder, diagnosis.markdown(found), time.time())
    print_as(as_json=arguments.json, machines=lambda: diagnosis.machines(found), people=lambda: diagnosis.people(found))
    return AGREES if found.fine else DIFFERS
