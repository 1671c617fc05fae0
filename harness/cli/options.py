"""Options and types of options that several commands share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput, shown
from ..models.network import ACTIVATION_NAMES, COST_NAMES
from ..scenario.given import MOST_WHOLE_NUMBER

OVERRIDES = (
    "initializers",
    "bias_initializer",
    "learning_rate",
    "iterations",
    "batch_size",
    "shuffle",
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
        named = re.sub(r"^argument (\S+): (?=must )", r"\1 ", message).removeprefix("argument ")
        raise BadInput(f"command line: {named}; see '{self.prog} --help'")


def alternatives(names: Sequence[str]) -> str:
    """ "a, b or c" """
    return f"{', '.join(names[:-1])} or {names[-1]}"


def must(wanted: str, text: str) -> argparse.ArgumentTypeError:
    """The error of a value that is not what was wanted."""
    return argparse.ArgumentTypeError(f"must be {wanted}, got {shown(text)}")


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


def number(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise must("a number", text) from None


def numbers(text: str) -> list[float]:
    """ "0.1,0.5" to its numbers"""
    return [number(part) for part in text.split(",")]


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise must("a whole number", text) from None


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if whole(text) < 1:
        raise must("a whole number from 1 on", text)
    return whole(text)


def up_to(most: int) -> Callable[[str], int]:
    """The type of a whole number from 1 to ``most``."""

    def limited(text: str) -> int:
        if not 1 <= whole(text) <= most:
            raise must(f"a whole number from 1 to {most}", text)
        return whole(text)

    return limited


def seed(text: str) -> int:
    """A whole number that Keras' and NumPy's generators take."""
    if not 0 <= whole(text) <= MOST_WHOLE_NUMBER:
        raise must(f"a whole number from 0 to {MOST_WHOLE_NUMBER}", text)
    return whole(text)


def add_scenario(command: argparse.ArgumentParser, metavar: str = "SCENARIO") -> argparse._ArgumentGroup:
    """The scenario, and the options that stand in for what it says; the learning rate is each command's own."""
    command.add_argument(
        "scenario",
        nargs="?",
        default="post",
        metavar=metavar,
        help="post, xor, digits or a TOML file (default: post)",
    )
    override = command.add_argument_group("in place of what the scenario says")
    override.add_argument(
        "--init",
        dest="initializers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help="initializer of the weights, by Keras' name: ones, glorot_uniform, 'constant(0.5)', ...; several by "
        "commas or repeated",
    )
    override.add_argument("--bias-init", dest="bias_initializer", metavar="NAME", help="initializer of the biases")
    override.add_argument("--iterations", type=whole, metavar="N", help="updates")
    override.add_argument(
        "--batch-size", type=whole, metavar="N", help="observations in an update's batch (all of them)"
    )
    override.add_argument(
        "--shuffle",
        action=argparse.BooleanOptionalAction,
        help="another order of the observations in each epoch of mini-batches, or the one that they have (shuffle)",
    )
    override.add_argument("--hidden", type=comma_separated, metavar="N,N", help="units of the hidden layers")
    override.add_argument(
        "--activations",
        type=comma_separated,
        metavar="NAME,NAME",
        help=f"{alternatives(ACTIVATION_NAMES)}; one for all layers, or one a layer by commas",
    )
    override.add_argument(
        "--cost",
        metavar="NAME",
        help=alternatives(COST_NAMES),
    )
    override.add_argument("--dtype", metavar="NAME", help="float64 or float32")
    override.add_argument("--seed", type=whole, metavar="N", help="of all that is drawn")
    override.add_argument("--record", metavar="PLAN", help="iterations to record: all, 'every K', log or 'log N'")
    return override


def add_learning_rate(override: argparse._ArgumentGroup) -> None:
    """The learning rate of a command that takes one."""
    override.add_argument(
        "--learning-rate", type=number, metavar="RATE", help="the factor of the gradient in an update"
    )


def add_seed(command: argparse._ActionsContainer, what: str) -> None:
    """The seed of a command that has no scenario."""
    command.add_argument("--seed", type=seed, default=0, metavar="N", help=f"of {what} (default: 0)")


def add_json(command: argparse._ActionsContainer) -> None:
    """The options that every command with a result has."""
    command.add_argument("--json", action="store_true", help="one JSON document on stdout, everything else on stderr")
    command.add_argument("-v", "--verbose", action="store_true", help="all tables, and the answer last")


def add_output(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Where the results go."""
    output = command.add_argument_group("output")
    add_json(output)
    output.add_argument(
        "--log-dir", type=Path, default=Path("logs"), metavar="DIR", help="where runs are logged (default: logs)"
    )
    output.add_argument("--name", metavar="NAME", help="of this run's folder (default: the time)")
    output.add_argument("--no-log", action="store_true", help="log nothing")
    return output


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that were given in place of what the scenario says."""
    return {key: value for key in OVERRIDES if (value := getattr(arguments, key, None)) is not None}
