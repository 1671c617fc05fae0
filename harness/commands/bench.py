"""``harness bench``"""

from __future__ import annotations

import argparse
from typing import Any

from ..options import add_json, add_seed, up_to
from ..terminal import progress_bar, show_result, silent_import
from . import AGREES

SECONDS_A_MEMBER = 1e-3  # of a round: all ways that train an ensemble


def add(commands: Any) -> None:
    command = commands.add_parser(
        "bench",
        help="how fast is each way of training on this machine?",
        description="Train the post's network every way there is, in turns, and tell the time of one iteration. "
        "JAX and a C compiler take part where they are installed. Exit code 0, or 2: bad input.",
    )
    command.add_argument(
        "--members", type=up_to(1_000_000), default=1000, metavar="N", help="networks of an ensemble (default: 1000)"
    )
    command.add_argument(
        "--rounds", type=up_to(1000), default=5, metavar="N", help="of which the median is told (default: 5)"
    )
    add_seed(command, "the weights to start from")
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from .. import effort

    effort.check_time(arguments.rounds * (2 + arguments.members * SECONDS_A_MEMBER), "give fewer --rounds or --members")
    with progress_bar("loading TensorFlow") as show:
        with silent_import():
            from .. import bench
            from ..report import bench as bench_report
        rows = bench.run(arguments.members, arguments.rounds, show, arguments.seed)
    show_result(arguments.json, lambda: bench_report.machines(rows), lambda: bench_report.people(rows))
    return AGREES
