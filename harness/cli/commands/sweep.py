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
from ..options import add_output, add_scenario, alternatives, comma_separated, number, numbers, overrides, positive
from ..terminal import progress_bar, show_result, silent_import, told_what_is_kept
from . import AGREES


def add(commands: Any) -> None:
    command = commands.add_parser(
        "sweep",
        help="what would another seed, start, rate or optimizer have given?",
        description="Train many seeds of every combination of --init, --optimizer and --learning-rate. Ctrl-C ends it "
        "with what is done; with --resume it goes on from there. Exit code 0, or 2: bad input.",
    )
    override = add_scenario(command)
    override.add_argument(
        "--learning-rate",
        dest="rates",
        action="extend",
        type=numbers,
        metavar="RATE,RATE",
        help="one or more, by commas",
    )
    command.add_argument(
        "--optimizer",
        dest="optimizers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help=f"{alternatives(OPTIMIZER_NAMES)}, also as 'adam(beta_1=0.8)'; several by commas or repeated "
        "(default: sgd)",
    )
    command.add_argument(
        "--seeds", type=positive, default=1000, metavar="N", help="of each combination (default: 1000)"
    )
    command.add_argument(
        "--target",
        type=number,
        metavar="COST",
        help="cost that counts as learned (default: all but a fortieth of what a constant prediction leaves)",
    )
    output = add_output(command)
    output.add_argument("--csv", type=Path, metavar="FILE", help="write one row for every member")
    output.add_argument(
        "--resume",
        action="store_true",
        help="go on with the sweep of that --name, given the same options, where it was stopped; or begin it",
    )
    command.add_argument(
        "--ray",
        nargs="?",
        const="auto",
        metavar="HOST:PORT",
        help="train on the Ray cluster there, or on that which this machine belongs to; whoever can reach a cluster "
        "can run code on it, so use your own",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ... import board
    from ...files import check_csv_file
    from ...scenario import effort, scenario
    from ...scenario.given import Given, must

    if arguments.resume and (arguments.no_log or arguments.name is None):
        raise BadInput("command line: --resume goes on in a log folder; say which with --name, and leave out --no-log")
    chosen = scenario.load(arguments.scenario, overrides(arguments))
    if arguments.record is None:
        chosen = replace(chosen, record=scenario.record_of_costs(chosen))
    given = [Given(rate, "learning_rate") for rate in arguments.rates or [chosen.learning_rate]]
    rates = [scenario.rate(rate, chosen.dtype) for rate in given]
    rules = arguments.optimizers or ["sgd"]
    count = len(chosen.initializers) * len(rules) * len(rates)
    effort.check_sweep(chosen, count * arguments.seeds)
    if arguments.target is not None and not math.isfinite(arguments.target):
        raise must(Given(arguments.target, "target"), "a finite number")
    if arguments.csv is not None:
        check_csv_file(arguments.csv)
    with contextlib.ExitStack() as stack:
        folder = None
        if not arguments.no_log:
            in_folder = board.resumed_folder if arguments.resume else board.run_folder
            folder = stack.enter_context(in_folder(arguments.log_dir, chosen.name, arguments.name))
            stack.enter_context(told_what_is_kept(folder, f"; to go on, add --name {folder.name} --resume"))
        with progress_bar("loading TensorFlow") as show:
            with silent_import():
                from ...board import sweep_events as sweep_board
                from ...report import sweep as _  # noqa: F401 - registers how a sweep is shown
                from ...sweeps import chunks, cluster, provenance, sweep
            combinations = sweep.combinations(chosen.initializers, rules, rates)
            job = sweep.job(chosen, combinations, arguments.seeds, arguments.target)
            done: list[sweep.Group] = []
            since, to_write = time.time(), False
            here = contextlib.nullcontext(sweep.train)
            with here if arguments.ray is None else cluster.connected(arguments.ray) as train:
                if folder is not None:
                    wanted = chunks.manifest(job, provenance.of(job))
                    since = chunks.began(folder, wanted) or since
                    done = chunks.read(folder, job)
                    if arguments.resume:
                        print(chunks.told(folder, job, done), file=sys.stderr)
                    if sweep.missing(job, done):
                        board.mark(folder)
                    to_write = board.is_marked(folder)
                    train = chunks.saving(folder, wanted, since, train)
                found = sweep.run(job, show, train, done)
        if arguments.csv is not None:
            sweep.write_csv(found, arguments.csv)
        if folder is not None and to_write:
            sweep_board.write(found, folder, since)
        show_result(arguments, found if folder is None else replace(found, log_dir=str(folder)))
        if found.interrupted:
            raise KeyboardInterrupt
    return AGREES
