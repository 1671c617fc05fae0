"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import BadInput, __version__

if TYPE_CHECKING:
    from rich.progress import Progress

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


def build_parser() -> Parser:
    """The parser of the whole command line."""
    parser = Parser(prog="harness", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    compare = commands.add_parser(
        "compare",
        help="train the network three ways from the same weights and compare every quantity",
        description="Train the network by hand, with GradientTape and with keras.Sequential from the same weights, "
        "compare every quantity, and log it for TensorBoard. Exit code 0: all agree, 1: some differ, 2: bad input.",
    )
    compare.add_argument(
        "scenario", nargs="?", default="post", metavar="SCENARIO", help="post, xor, digits or a TOML file (post)"
    )
    override = compare.add_argument_group("in place of what the scenario says")
    override.add_argument(
        "--init",
        dest="initializers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help="initializer of the weights, by Keras' name; may be repeated or separated by commas",
    )
    override.add_argument("--bias-init", dest="bias_initializer", metavar="NAME", help="initializer of the biases")
    override.add_argument("--learning-rate", type=float, metavar="RATE")
    override.add_argument("--iterations", type=int, metavar="N", help="full-batch updates")
    override.add_argument("--hidden", type=comma_separated, metavar="N,N", help="units of the hidden layers")
    override.add_argument(
        "--activations", type=comma_separated, metavar="NAME", help="one for all layers or one a layer"
    )
    override.add_argument("--cost", metavar="NAME")
    override.add_argument("--dtype", metavar="float64|float32")
    override.add_argument("--seed", type=int, metavar="N")
    override.add_argument("--record", metavar="PLAN", help="all, 'every K', log or 'log N'")
    output = compare.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="one JSON document on stdout, all else on stderr")
    output.add_argument(
        "--log-dir", type=Path, default=Path("logs"), metavar="DIR", help="where runs are logged (logs)"
    )
    output.add_argument("--name", metavar="NAME", help="name of this run's folder (the time)")
    output.add_argument("--no-log", action="store_true", help="write nothing")
    compare.set_defaults(run=run_compare)

    view = commands.add_parser(
        "view", help="open TensorBoard on the logs", description="Open TensorBoard on 127.0.0.1. Ctrl-C ends it."
    )
    view.add_argument("folder", nargs="?", type=Path, default=Path("logs"), metavar="DIR", help="what to show (logs)")
    view.add_argument("--port", type=int, metavar="N", help="6006, or the next one that is free")
    view.set_defaults(run=run_view)
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


def progress_bar() -> Progress:
    """A bar on stderr that goes away when done; at no terminal it shows nothing."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def run_compare(arguments: argparse.Namespace) -> int:
    """``harness compare``"""
    from . import board, scenario

    given = {key: getattr(arguments, key) for key in OVERRIDES if getattr(arguments, key) is not None}
    chosen = scenario.load(arguments.scenario, given)
    with contextlib.ExitStack() as stack:
        folder = None
        if not arguments.no_log:
            folder = stack.enter_context(board.run_folder(arguments.log_dir, chosen.name, arguments.name))
        bar = stack.enter_context(progress_bar())
        task = bar.add_task("loading TensorFlow", total=None)
        with silent_import():
            from . import experiment, post, report

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        wall_time = time.time()

        def write(run: Run) -> None:
            if folder is not None and run.recorded:
                board.write(run, folder / run.name, wall_time)

        try:
            found = experiment.run(chosen, show, write)
        except KeyboardInterrupt:
            kept = () if folder is None else (f"{folder} has what was recorded, and is marked {board.UNFINISHED}",)
            raise KeyboardInterrupt(*kept) from None
        recovered, figures = None, []
        if post.is_post(chosen):
            recovered = post.recover_learning_rate(post.OUTPUTS_AFTER_1000, 1000, post.PRINTED_ERROR_AFTER_1000)
            figures = post.claims(recovered)
        if folder is not None:
            board.write_verdict(folder, report.markdown(report.verdict(found, recovered, figures), found), wall_time)
    log_dir = None if folder is None else str(folder)
    if arguments.json:
        print(json.dumps(report.machines(found, recovered, figures, log_dir), indent=1))
    else:
        from rich.console import Console

        Console().print(report.people(found, recovered, figures, log_dir))
    return AGREES if found.agrees and all(claim.agrees for claim in figures) else DIFFERS


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
