"""Options and types of options that several commands share; those of a scenario are in ``scenario_options``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import cluster
from ..errors import BadInput, shown, shown_path
from ..scenario.given import MAX_INTEGER


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises BadInput: one plain line that names the help."""

    def error(self, message: str) -> Any:
        named = re.sub(r"^argument (\S+): (?=must )", r"\1 ", message).removeprefix("argument ")
        raise BadInput(f"command line: {named}; see '{self.prog} --help'")


def invalid_value(expected: str, text: str) -> argparse.ArgumentTypeError:
    """The error for the value of an option."""
    return argparse.ArgumentTypeError(f"must be {expected}, got {shown(text)}")


def comma_separated(text: str) -> list[str]:
    """Split "ones, constant(0.5)" at the commas outside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def number(text: str) -> float:
    """Parse a number."""
    try:
        return float(text)
    except ValueError:
        raise invalid_value("a number", text) from None


def numbers(text: str) -> list[float]:
    """Parse numbers that are separated by commas."""
    return [number(part) for part in text.split(",")]


def integer(text: str) -> int:
    """Parse an integer."""
    try:
        return int(text)
    except ValueError:
        raise invalid_value("an integer", text) from None


def positive_integer(text: str) -> int:
    """Parse an integer of 1 or more."""
    if integer(text) < 1:
        raise invalid_value("a positive integer", text)
    return integer(text)


def integer_up_to(largest: int) -> Callable[[str], int]:
    """A parser of integers from 1 to ``largest``."""

    def limited(text: str) -> int:
        if not 1 <= integer(text) <= largest:
            raise invalid_value(f"an integer from 1 to {largest}", text)
        return integer(text)

    return limited


def seed(text: str) -> int:
    """Parse a seed that the generators of Keras and NumPy accept."""
    if not 0 <= integer(text) <= MAX_INTEGER:
        raise invalid_value(f"an integer from 0 to {MAX_INTEGER}", text)
    return integer(text)


def add_seed(command: argparse._ActionsContainer, what: str) -> None:
    """Add the seed of a command without a scenario."""
    command.add_argument("--seed", type=seed, default=0, metavar="N", help=f"seed of {what} (default: 0)")


def add_data(command: argparse._ActionsContainer) -> None:
    """Add the data of a saved model."""
    command.add_argument("--data", type=Path, metavar="FILE", help=".npz file with x and y, for a saved model")


def check_has_data(arguments: argparse.Namespace, model: str) -> None:
    """Raise BadInput for a saved model without ``--data``."""
    if arguments.data is None:
        raise BadInput(f"{shown_path(model)} is a model without data", hint="give a .npz file with x and y as data")


def add_json(command: argparse._ActionsContainer) -> None:
    """Add the options that every command has."""
    command.add_argument(
        "--json", action="store_true", help="print one JSON document on stdout, and everything else on stderr"
    )
    command.add_argument("-v", "--verbose", action="store_true", help="print all tables, and the answer last")


def add_output(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that say where the results go."""
    output = command.add_argument_group("output")
    add_json(output)
    output.add_argument(
        "--log-dir", type=Path, default=Path("logs"), metavar="DIR", help="folder for the logs (default: logs)"
    )
    output.add_argument("--name", metavar="NAME", help="name of the folder of this run (default: the time)")
    output.add_argument("--no-log", action="store_true", help="write no logs")
    return output


def add_ray(command: argparse._ActionsContainer, what: str) -> None:
    """Add the cluster that a command may do its work on.

    Args:
        command: the command, or a group of its options.
        what: what is done there, such as "train".
    """
    command.add_argument(
        "--ray",
        type=cluster.resolved,  # before libraries are loaded and anything is run
        nargs="?",
        const="auto",
        metavar="HOST:PORT",
        help=f"{what} on the Ray cluster at HOST:PORT (default: the cluster that this machine belongs to); whoever can "
        "reach a cluster can run code on it",
    )
