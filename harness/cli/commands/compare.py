"""``harness compare``"""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

from ..compiler import compiler_flags, flags_of_single
from ..logs import run_log
from ..options import add_output, positive_integer
from ..pages import add_figure, add_report, check_files, write_pages
from ..scenario_options import add_learning_rate, add_scenario, overrides
from ..terminal import load_tensorflow, progress_bar, show_result, silent_import
from . import AGREES, DIFFERS
from .compare_backends import add_backends, check_target, is_asked, run_backends


def add(commands: Any) -> None:
    command = commands.add_parser(
        "compare",
        help="train the same network three ways and compare every number",
        description="Train a network by hand, with GradientTape and with keras.Sequential from the same weights, "
        "compare every quantity, and log the runs for TensorBoard. With --backends, --dtypes or --jit, compute a "
        "network in Keras several ways instead, and find where the results part. Exit code 0: all agree, 1: some "
        "differ, 2: bad input, 3: a combination could not be computed.",
    )
    add_learning_rate(add_scenario(command))
    add_backends(command)
    output = add_output(command)
    add_report(output)
    add_figure(output)
    output.add_argument(
        "--max-neurons",
        type=positive_integer,
        default=32,
        metavar="N",
        help="maximum number of units of a layer that TensorBoard draws (default: 32)",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...scenario import effort, scenario

    check_files(arguments)
    check_target(arguments)
    if is_asked(arguments):
        return run_backends(arguments)
    chosen = scenario.load(arguments.scenario, overrides(arguments))
    effort.check_comparison(chosen)
    with contextlib.ExitStack() as stack:
        if not arguments.no_log:
            effort.check_drawing(chosen, arguments.max_neurons)
        folder = stack.enter_context(run_log(arguments, chosen.name))
        stack.enter_context(compiler_flags(flags_of_single(chosen.network, chosen.batch_size)))
        show = stack.enter_context(progress_bar("loading TensorFlow"))
        with silent_import():
            load_tensorflow()
            from ...comparison import experiment
            from ...report import comparison as _  # noqa: F401 - registers how the result is shown

            log = None
            if folder is not None:
                from .compare_log import RunLog

                log = RunLog(folder, chosen, arguments.max_neurons)
        result = experiment.run(chosen, show, None if log is None else log.write_drawn)
        if log is not None:
            result = log.write_answer(result)
        write_pages(arguments, result, folder)
    show_result(arguments, result)
    return AGREES if result.agrees else DIFFERS
