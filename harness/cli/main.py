"""The command line: find the command, run it, tell mistakes in plain words."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from functools import partial

from ..errors import BadInput, known_words, nearest, on_the_terminal, shown, shown_path
from ..version import __version__
from .commands import (
    AGREES,
    BAD_INPUT,
    INTERRUPTED,
    check,
    compare,
    completion,
    diagnose,
    inspect,
    new,
    sweep,
    view,
)
from .options import Parser
from .terminal import open_standard_streams, stdout_to_nowhere

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

LONGEST_LINE, MOST_LINES = 500, 3  # of a message: whatever else is in it, it came from a user's file or argument

# what a machine lacks, or does not allow: no mistake of ours, and no argument's either
OF_THE_MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EAGAIN),
}

# settings whose option is not their own name with hyphens
OPTIONS = {"initializers": "--init", "bias_initializer": "--bias-init", "optimizers": "--optimizer"}

COMMANDS = (compare, check, new, diagnose, sweep, inspect, view, completion)


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
        hint = nearest(name, known) or f"; did you mean 'harness compare {shown_path(name)}'?" * os.path.exists(name)
        raise BadInput(f"command line: unknown command {shown(name)}{known_words(known)}{hint}")


def in_short(message: str) -> str:
    """A message that a terminal can show: a few lines, none too long, with no character that would steer it."""
    lines = on_the_terminal(message).strip().splitlines()[:MOST_LINES]
    return "\n".join(line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..." for line in lines)


def dispatch(arguments: list[str]) -> int:
    """Find the command and run it; what it printed is out when this ends."""
    try:
        # bare ``harness``, with or without options, is ``harness compare``
        if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
            arguments = ["compare", *arguments]
        check_command(arguments[0])
        for argument in arguments:
            if argument.startswith("--") and argument.endswith("=--"):  # argparse would make an empty list of it
                raise BadInput(f"command line: {argument.removesuffix('=--')} must have a value, got '--'")
        chosen, unknown = build_parser().parse_known_args(arguments)
        if unknown:
            raise BadInput(f"command line: unknown {' '.join(unknown)}; see 'harness {chosen.command} --help'")
        return int(chosen.run(chosen))
    finally:
        sys.stdout.flush()  # here, where a full disk can still be told


def as_option(key: str) -> str:
    """What a setting is called on the command line; the place in a file stays as it is."""
    return f"command line: {OPTIONS.get(key, '--' + key.replace('_', '-'))}" if key.isidentifier() else key


def lacking(error: BaseException) -> str | None:
    """What this machine lacks, if that is what the error is about."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # the second is TensorFlow's
        return "not enough memory for this: give fewer observations, units, members or recorded iterations"
    if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
        return f"{error.filename or 'the output'}: {error.strerror}"
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    open_standard_streams()
    try:
        return dispatch(list(sys.argv[1:] if argv is None else argv))
    except BadInput as mistake:
        print(f"harness: {in_short(mistake.in_terms_of(as_option))}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        print(": ".join(["harness: interrupted", *map(str, interrupt.args)]), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output (head, less) has gone: nothing is left to say, and nobody to say it to
        stdout_to_nowhere()
        return AGREES
    except Exception as error:
        told = lacking(error)
        if told is None:
            raise
        if isinstance(error, OSError) and error.filename is None:
            stdout_to_nowhere()
        print(f"harness: {in_short(told)}", file=sys.stderr)
        return BAD_INPUT
