"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import BadInput, __version__

if TYPE_CHECKING:
    from .trace import Run

AGREES, DIFFERS, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

DESCRIPTION = """\
A test bench for neural-network math written by hand. Without a command it compares the post's network."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors read like all the others here: one plain line and the way to the help."""

    def error(self, message: str) -> Any:
        raise BadInput(f"{message}; see '{self.prog} --help'")


def comma_separated(text: str) -> list[str]:
    """ "ones, constant(0.5)" to its parts; a comma inside brackets separates arguments"""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def numbers(text: str) -> list[float]:
    """ "0.1,0.5" to its numbers"""
    return [float(part) for part in text.split(",")]


def positive(text: str) -> int:
    """A whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def add_scenario(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The scenario, and the options that stand in for what it says; the learning rate is each command's own."""
    command.add_argument(
        "scenario", nargs="?", default="post", metavar="SCENARIO", help="post, xor, digits or a TOML file (post)"
    )
    override = command.add_argument_group("in place of what the scenario says")
    override.add_argument(
        "--init",
        dest="initializers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help="initializer of the weights, by Keras' name; may be repeated or separated by commas",
    )
    override.add_argument("--bias-init", dest="bias_initializer", metavar="NAME", help="initializer of the biases")
    override.add_argument("--iterations", type=int, metavar="N", help="full-batch updates")
    override.add_argument("--hidden", type=comma_separated, metavar="N,N", help="units of the hidden layers")
    override.add_argument(
        "--activations", type=comma_separated, metavar="NAME", help="one for all layers or one a layer"
    )
    override.add_argument("--cost", metavar="NAME")
    override.add_argument("--dtype", metavar="float64|float32")
    override.add_argument("--seed", type=int, metavar="N")
    override.add_argument("--record", metavar="PLAN", help="all, 'every K', log or 'log N'")
    return override


def add_json(command: argparse._ActionsContainer) -> None:
    """The option that every command has."""
    command.add_argument("--json", action="store_true", help="one JSON document on stdout, all else on stderr")


def add_output(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Where the results go."""
    output = command.add_argument_group("output")
    add_json(output)
    output.add_argument(
        "--log-dir", type=Path, default=Path("logs"), metavar="DIR", help="where runs are logged (logs)"
    )
    output.add_argument("--name", metavar="NAME", help="name of this run's folder (the time)")
    output.add_argument("--no-log", action="store_true", help="write nothing")
    return output


def add_compare(commands: Any) -> None:
    """``harness compare``"""
    command = commands.add_parser(
        "compare",
        help="train the network three ways from the same weights and compare every quantity",
        description="Train the network by hand, with GradientTape and with keras.Sequential from the same weights, "
        "compare every quantity, and log it for TensorBoard. Exit code 0: all agree, 1: some differ, 2: bad input.",
    )
    add_scenario(command).add_argument("--learning-rate", type=float, metavar="RATE")
    add_output(command)
    command.set_defaults(run=run_compare)


def add_sweep(commands: Any) -> None:
    """``harness sweep``"""
    command = commands.add_parser(
        "sweep",
        help="train thousands of networks: what would another seed, start, rate or optimizer have given",
        description="Train many seeds of every combination of --init, --optimizer and --learning-rate. Exit code 0, "
        "or 2 for bad input. Ctrl-C ends it with what is done.",
    )
    override = add_scenario(command)
    override.add_argument(
        "--learning-rate", dest="rates", action="extend", type=numbers, metavar="RATE", help="one or more, by commas"
    )
    command.add_argument(
        "--optimizer",
        dest="optimizers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help="sgd, momentum, nesterov, rmsprop or adam, also as adam(beta_1=0.8); may be repeated (sgd)",
    )
    command.add_argument("--seeds", type=positive, default=1000, metavar="N", help="members of each combination (1000)")
    command.add_argument("--target", type=float, metavar="COST", help="the cost to reach (a hundredth of the mean's)")
    add_output(command).add_argument("--csv", type=Path, metavar="FILE", help="write one row for every member")
    command.set_defaults(run=run_sweep)


def add_bench(commands: Any) -> None:
    """``harness bench``"""
    command = commands.add_parser(
        "bench",
        help="how fast each way of training is on this machine",
        description="Train the post's network every way there is, in turns, and tell the time of one iteration. "
        "JAX and a C compiler take part where they are installed.",
    )
    command.add_argument("--members", type=positive, default=1000, metavar="N", help="networks of an ensemble (1000)")
    command.add_argument("--rounds", type=positive, default=5, metavar="N", help="of which the median is told (5)")
    add_json(command)
    command.set_defaults(run=run_bench)


def add_view(commands: Any) -> None:
    """``harness view``"""
    command = commands.add_parser(
        "view", help="open TensorBoard on the logs", description="Open TensorBoard on 127.0.0.1. Ctrl-C ends it."
    )
    command.add_argument(
        "folder", nargs="?", type=Path, default=Path("logs"), metavar="DIR", help="what to show (logs)"
    )
    command.add_argument("--port", type=int, metavar="N", help="6006, or the next one that is free")
    command.set_defaults(run=run_view)


def build_parser() -> Parser:
    """The parser of the whole command line."""
    parser = Parser(prog="harness", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for add in (add_compare, add_sweep, add_bench, add_view):
        add(commands)
    return parser


OVERRIDES = (
    "initializers",
    "bias_initializer",
    "learning_rate",
    "iterations",
    "hidden",
    "activations",
    "cost",
    "dtype",
    "seed",
    "record",
)


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that were given in place of what the scenario says."""
    return {key: value for key in OVERRIDES if (value := getattr(arguments, key, None)) is not None}


@contextlib.contextmanager
def silent_import() -> Iterator[None]:
    """Keep what TensorFlow's libraries write to stderr while they load, unless loading fails.

    It comes from C++ before any log level is read, so the file descriptor itself has to be put aside.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr that goes away when done; at no terminal it shows nothing.

    It is a function of (done, in all, what is running now).
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("loading TensorFlow", total=None)

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield show


def show_result(as_json: bool, machines: Callable[[], Any], people: Callable[[], Any]) -> None:
    """One JSON document, or what people read, on stdout."""
    if as_json:
        print(json.dumps(machines(), indent=1))
    else:
        from rich.console import Console

        Console().print(people())


@contextlib.contextmanager
def told_what_is_kept(folder: Path | None) -> Iterator[None]:
    """An interrupt that goes on with a word on where the unfinished results are."""
    from .board import UNFINISHED

    try:
        yield
    except KeyboardInterrupt:
        if folder is None:
            raise
        raise KeyboardInterrupt(f"{folder} has what was recorded, and is marked {UNFINISHED}") from None


def run_compare(arguments: argparse.Namespace) -> int:
    """``harness compare``"""
    from . import board, scenario

    chosen = scenario.load(arguments.scenario, overrides(arguments))
    with contextlib.ExitStack() as stack:
        folder = None
        if not arguments.no_log:
            folder = stack.enter_context(board.run_folder(arguments.log_dir, chosen.name, arguments.name))
        stack.enter_context(told_what_is_kept(folder))
        show = stack.enter_context(progress_bar())
        with silent_import():
            from . import experiment, post, report
        wall_time = time.time()

        def write(run: Run) -> None:
            if folder is not None and run.recorded:
                board.write(run, folder / run.name, wall_time)

        found = experiment.run(chosen, show, write)
        recovered, figures = None, []
        if post.is_post(chosen):
            recovered = post.recover_learning_rate(post.OUTPUTS_AFTER_1000, 1000, post.PRINTED_ERROR_AFTER_1000)
            figures = post.claims(recovered)
        if folder is not None:
            board.write_verdict(folder, report.markdown(report.verdict(found, recovered, figures), found), wall_time)
    log_dir = None if folder is None else str(folder)
    show_result(
        arguments.json,
        lambda: report.machines(found, recovered, figures, log_dir),
        lambda: report.people(found, recovered, figures, log_dir),
    )
    return AGREES if found.agrees and all(claim.agrees for claim in figures) else DIFFERS


def run_sweep(arguments: argparse.Namespace) -> int:
    """``harness sweep``"""
    from . import scenario
    from .given import Given

    # finer than a comparison needs: the iterations to a target are told to within 2 %
    chosen = scenario.load(arguments.scenario, {"record": "log 200", **overrides(arguments)})
    given = [Given(rate, "command line: --learning-rate") for rate in arguments.rates or [chosen.learning_rate]]
    rates = [scenario.rate(rate, chosen.dtype) for rate in given]
    with progress_bar() as show:
        with silent_import():
            from . import sweep, sweep_report
        combinations = sweep.combinations(chosen.initializers, arguments.optimizers or ["sgd"], rates)
        found = sweep.run(chosen, combinations, arguments.seeds, arguments.target, show)
    if arguments.csv is not None:
        sweep.write_csv(found, arguments.csv)
    log_dir = None
    show_result(
        arguments.json, lambda: sweep_report.machines(found, log_dir), lambda: sweep_report.people(found, log_dir)
    )
    return INTERRUPTED if found.interrupted else AGREES


def run_bench(arguments: argparse.Namespace) -> int:
    """``harness bench``"""
    with progress_bar() as show:
        with silent_import():
            from . import bench, bench_report
        rows = bench.run(arguments.members, arguments.rounds, show)
    show_result(arguments.json, lambda: bench_report.machines(rows), lambda: bench_report.people(rows))
    return AGREES


def run_view(arguments: argparse.Namespace) -> int:
    """``harness view``"""
    from . import board

    board.view(arguments.folder, arguments.port)
    return AGREES


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        # bare ``harness``, with or without options, is ``harness compare``
        if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
            arguments.insert(0, "compare")
        chosen = build_parser().parse_args(arguments)
        return int(chosen.run(chosen))
    except BadInput as mistake:
        print(f"harness: {mistake}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        print(": ".join(["harness: interrupted", *map(str, interrupt.args)]), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output (head, less) has gone: nothing is left to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return AGREES
