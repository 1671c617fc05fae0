"""The command line: find the command, run it, tell mistakes in plain words."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from . import BadInput, __version__
from .commands import (
    AGREES,
    BAD_INPUT,
    INTERRUPTED,
    bench,
    check,
    compare,
    completion,
    diagnose,
    inspect,
    new,
    sweep,
    view,
)
from .given import known_words, nearest, shown
from .options import Parser

DESCRIPTION = """\
A test bench for neural-network math written by hand: is it right, and if so,
why does it not learn? Without a command it is 'harness compare'.
"""

FIRST_STEPS = """\
first steps:
  harness                 compare a learner's network three ways
  harness diagnose        why did that network not learn?
  harness view            what did its weights do? In TensorBoard
  harness new mine.py     write a file to fill in with your own math
  harness check mine.py   is that right?

'harness COMMAND --help' tells the rest.
"""

COMMANDS = (compare, check, new, diagnose, sweep, bench, inspect, view, completion)


def build_parser() -> Parser:
    """The parser of the whole command line."""
    parser = Parser(
        prog="harness",
        description=DESCRIPTION,
        epilog=FIRST_STEPS,
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, max_help_position=16),
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}", help="tell the version")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=Parser)
    parser.set_defaults(parser=parser)  # for the completion, which is of the whole
    for command in COMMANDS:
        command.add(commands)
    return parser


def check_command(name: str) -> None:
    """Raise BadInput unless there is such a command; a scenario in its place is told what it lacks."""
    known = [command.__name__.rpartition(".")[2] for command in COMMANDS]
    if not name.startswith("-") and name not in known:
        hint = nearest(name, known) or f"; did you mean 'harness compare {name}'?" * (Path(name).exists())
        raise BadInput(f"command line: unknown command {shown(name)}{known_words(known)}{hint}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        # bare ``harness``, with or without options, is ``harness compare``
        if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
            arguments.insert(0, "compare")
        check_command(arguments[0])
        chosen, unknown = build_parser().parse_known_args(arguments)
        if unknown:
            raise BadInput(f"command line: unknown {' '.join(unknown)}; see 'harness {chosen.command} --help'")
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
