"""``harness sweep``"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...models.optimizers import OPTIMIZER_NAMES
from ...results import as_cards
from ..compiler import compiler_flags, flags_of_ensemble
from ..logs import resumable_log
from ..options import add_output, add_ray, comma_separated, number, numbers, positive_integer
from ..pages import add_figure, add_report, check_files, write_pages
from ..scenario_options import add_scenario, alternatives, overrides
from ..terminal import load_tensorflow, progress_bar, show_result, silent_import
from . import AGREES


def add(commands: Any) -> None:
    command = commands.add_parser(
        "sweep",
        help="train many seeds with every combination of settings",
        description="Train many seeds with every combination of --init, --optimizer and --learning-rate. Ctrl-C stops "
        "it and keeps what is done; --resume goes on from there. Exit code 0, or 2: bad input.",
    )
    override = add_scenario(command)
    override.add_argument(
        "--learning-rate",
        dest="rates",
        action="extend",
        type=numbers,
        metavar="RATE,RATE",
        help="learning rates, separated by commas",
    )
    command.add_argument(
        "--optimizer",
        dest="optimizers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help=f"{alternatives(OPTIMIZER_NAMES)}, also as 'adam(beta_1=0.8)'; separate several by commas, or "
        "repeat the option (default: sgd)",
    )
    command.add_argument(
        "--seeds",
        type=positive_integer,
        default=1000,
        metavar="N",
        help="number of seeds per combination (default: 1000)",
    )
    command.add_argument(
        "--target",
        type=number,
        metavar="COST",
        help="cost that counts as learned (default: 2.5 %% of the cost of the best constant prediction, or 10 %% with "
        "a cross-entropy)",
    )
    output = add_output(command)
    add_report(output)
    add_figure(output)
    output.add_argument("--csv", type=Path, metavar="FILE", help="CSV file to write, with one row per network")
    output.add_argument(
        "--resume",
        action="store_true",
        help="continue the sweep of this --name where it stopped, with the same options, or start it",
    )
    add_ray(command, "train")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ... import board, cluster
    from ...files import check_output_file
    from ...scenario import effort, scenario, settings
    from ...scenario.given import Given, invalid_value

    if arguments.resume and (arguments.no_log or arguments.name is None):
        raise BadInput("command line: --resume continues in a log folder; give its --name, and leave out --no-log")
    check_files(arguments)
    chosen = scenario.load(arguments.scenario, overrides(arguments))
    if arguments.record is None:
        chosen = replace(chosen, record=scenario.record_of_costs(chosen))
    given = [Given(rate, "learning_rate") for rate in arguments.rates or [chosen.learning_rate]]
    rates = [settings.rate(rate, chosen.dtype) for rate in given]
    rules = arguments.optimizers or ["sgd"]
    count = len(chosen.initializers) * len(rules) * len(rates)
    effort.check_sweep(chosen, count * arguments.seeds)
    if arguments.target is not None and not math.isfinite(arguments.target):
        raise invalid_value(Given(arguments.target, "target"), "a finite number")
    if arguments.csv is not None:
        check_output_file(arguments.csv)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(resumable_log(arguments, chosen.name))
        stack.enter_context(compiler_flags(flags_of_ensemble(chosen.network, len(chosen.x))))
        with progress_bar("loading TensorFlow") as show:
            with silent_import():
                load_tensorflow()
                from ...board import sweep_events as sweep_board
                from ...report import sweep as report
                from ...sweeps import chunks, provenance, sweep
                from ...sweeps import cluster as sweep_cluster
            combinations = sweep.combinations(chosen.initializers, rules, rates)
            job = sweep.job(chosen, combinations, arguments.seeds, arguments.target)
            done: list[sweep.Group] = []
            since, to_write = time.time(), False
            train: sweep.Train = sweep.train if arguments.ray is None else sweep_cluster.train
            with cluster.connected(arguments.ray):
                if folder is not None:
                    wanted = chunks.manifest(job, provenance.provenance_of(job))
                    since = chunks.began(folder, wanted) or since
                    done = chunks.read(folder, job)
                    if arguments.resume:
                        print(f"harness: {report.resumed_sentence(folder, job, done)}", file=sys.stderr)
                    if sweep.missing(job, done):
                        board.mark(folder)
                    to_write = board.is_marked(folder)
                    train = chunks.saving(folder, wanted, since, train)
                result = sweep.run(job, show, train, done)
        if arguments.csv is not None:
            sweep.write_csv(result, arguments.csv)
        if folder is not None and to_write:
            sweep_board.write(result, folder, since)
            board.write_answer(
                folder,
                "\n\n".join(report.verdict(result)),
                since,
                pictures=as_cards(result),
                pinned=sweep_board.PINNED,
                step=chosen.iterations,
            )
        write_pages(arguments, result, folder if to_write else None)
        show_result(arguments, result if folder is None else replace(result, log_dir=str(folder)))
        if result.interrupted:
            raise KeyboardInterrupt
    return AGREES
