"""Options and types of options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import BadInput

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


def up_to(most: int) -> Callable[[str], int]:
    """The type of a whole number from 1 to ``most``."""

    def number(text: str) -> int:
        value = positive(text)
        if value > most:
            raise argparse.ArgumentTypeError(f"must be from 1 to {most}, got {text}")
        return value

    return number


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


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that were given in place of what the scenario says."""
    return {key: value for key in OVERRIDES if (value := getattr(arguments, key, None)) is not None}
