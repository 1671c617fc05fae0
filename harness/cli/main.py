"""The command line: find the command, run it, report mistakes in plain words."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from types import FrameType

from ..errors import BadInput, escape_controls, known_words, nearest, shown, shown_path
from ..version import __version__
from .commands import AGREES, BAD_INPUT, INTERRUPTED
from .options import Parser
from .terminal import kept_interrupt, open_standard_streams, stdout_to_nowhere

DESCRIPTION = """\
A test bench for neural networks: is hand-written math right, and why does a
network not learn? Without a command it runs 'harness compare'.
"""

FIRST_STEPS = """\
first steps:
  harness check my_network.py   is my hand-written math right?
  harness diagnose train.py     why does my Keras script not learn?
  harness compare               train one network three ways and compare them
  harness sweep                 train it from a thousand seeds
  harness view                  show in TensorBoard what the weights did
  harness explain               what does the name of a mistake mean?

'harness COMMAND --help' lists the options of a command.
"""

# Limits of an error message: what is longer came from a user's file or argument.
MAX_LINE_CHARACTERS, MAX_LINES = 500, 3

# Errors of the machine: something is missing, full or not allowed, and neither the program nor its arguments are wrong.
MACHINE_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EAGAIN),
}

# settings whose option is not their own name with hyphens
OPTIONS = {"initializers": "--init", "bias_initializer": "--bias-init", "optimizers": "--optimizer"}

# commands of earlier versions, for one release after they went
REMOVED = {"bench": "in a clone, 'make bench' measures the speed of training"}

COMMANDS = ("compare", "check", "new", "diagnose", "sweep", "inspect", "explain", "view", "completion")  # modules


def build_parser(names: Sequence[str] = COMMANDS) -> Parser:
    """The parser of the command line.

    Args:
        names: commands that it is for; the modules of the others are not imported.
    """
    parser = Parser(
        prog="harness",
        description=DESCRIPTION,
        epilog=FIRST_STEPS,
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, max_help_position=16),
    )
    parser.add_argument(
        "--version", action="version", version=f"harness {__version__}", help="print the version and exit"
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=Parser)
    parser.set_defaults(parser_of_all=build_parser)  # for 'harness completion'
    for name in names:
        import_module(f".commands.{name}", __package__).add(commands)
    for command in commands.choices.values():
        command.set_defaults(options=[name for name in command._option_string_actions if name.startswith("--")])
    return parser


def check_command(name: str) -> None:
    """Raise BadInput for an unknown command. If it is the name of a file, suggest the commands that read it."""
    if name in REMOVED:
        raise BadInput(f"command line: 'harness {name}' was removed; {REMOVED[name]}")
    if not name.startswith("-") and name not in COMMANDS:
        hint = nearest(name, COMMANDS)
        if not hint and os.path.exists(name):
            commands = " or ".join(f"'harness {command} {shown_path(name)}'" for command in commands_that_read(name))
            hint = f"; did you mean {commands}?"
        raise BadInput(f"command line: unknown command {shown(name)}{known_words(COMMANDS)}{hint}")


def commands_that_read(name: str) -> tuple[str, ...]:
    """The commands for a file or folder, by its name."""
    if os.path.isdir(name):
        return ("check",)
    if name.endswith((".py", ".ipynb")):
        return "check", "diagnose"
    return ("inspect",) if name.endswith(".keras") else ("compare",)


def shortened(message: str) -> str:
    """A message that a terminal can show: a few lines, none too long, without control characters."""
    lines = escape_controls(message).replace("\t", " ").strip().splitlines()[:MAX_LINES]
    limit = MAX_LINE_CHARACTERS
    return "\n".join(line if len(line) <= limit else f"{line[: limit - 3]}..." for line in lines)


def dispatch(arguments: list[str]) -> int:
    """Find the command and run it; everything it printed is flushed at the end."""
    try:
        # bare ``harness``, with or without options, is ``harness compare``
        if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
            arguments = ["compare", *arguments]
        check_command(arguments[0])
        for argument in arguments:
            if argument.startswith("--") and argument.endswith("=--"):  # argparse would parse an empty list
                raise BadInput(f"command line: {argument.removesuffix('=--')} must have a value, got '--'")
        parser = build_parser(arguments[:1] if arguments[0] in COMMANDS else COMMANDS)
        chosen, unknown = parser.parse_known_args(arguments)
        if unknown:
            options = [word for word in unknown if word.startswith("-")]
            near = nearest(options[0].partition("=")[0], chosen.options) if options else ""
            hint = f"see 'harness {chosen.command} --help'{near}"
            raise BadInput(f"command line: unknown {' '.join(options or unknown)}; {hint}")
        return int(chosen.run(chosen))
    finally:
        sys.stdout.flush()  # here a full disk can still be reported


def as_option(key: str) -> str:
    """The name of a setting on the command line; a place in a file stays as it is."""
    return f"command line: {OPTIONS.get(key, '--' + key.replace('_', '-'))}" if key.isidentifier() else key


def machine_problem(error: BaseException) -> str | None:
    """What is wrong with this machine; None if the error is about something else."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # the second is TensorFlow's
        return "not enough memory; give fewer observations, units, seeds or recorded iterations"
    if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
        return f"{error.filename or 'the output'}: {error.strerror}"
    return None


def interrupt_once(number: int, frame: FrameType | None) -> None:
    """Interrupt as Ctrl-C does, which prints and keeps what is done.

    ``timeout`` sends its signal twice, to the process and to its group: the second must not end the printing.
    """
    signal.signal(number, signal.SIG_IGN)
    signal.raise_signal(signal.SIGINT)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code."""
    open_standard_streams()
    if argv is None:  # called as a command, so the process is the harness' own
        signal.signal(signal.SIGTERM, interrupt_once)
    try:
        with kept_interrupt():
            return dispatch(list(sys.argv[1:] if argv is None else argv))
    except BadInput as mistake:
        print(f"harness: {shortened(mistake.in_terms_of(as_option))}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        # If it came while ``exec`` ran a text, which the making of a dataclass does, Python would end as if killed by
        # SIGINT. It forgets the interrupt when it runs another text.
        exec("")
        print(": ".join(["harness: interrupted", *map(str, interrupt.args)]), file=sys.stderr)
        if argv is None and threading.active_count() > 1:  # XLA compiles in a thread; Python would wait for it
            os._exit(INTERRUPTED)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of stdout (head, less) has gone
        stdout_to_nowhere()
        return AGREES
    except Exception as error:
        problem = machine_problem(error)
        if problem is None:
            raise
        if isinstance(error, OSError) and error.filename is None:
            stdout_to_nowhere()
        print(f"harness: {shortened(problem)}", file=sys.stderr)
        return BAD_INPUT
