"""The options of the commands that take a scenario."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import Any

from ..errors import BadInput
from ..models.network import ACTIVATION_NAMES, COST_NAMES
from ..scenario.settings import TABLES
from .options import comma_separated, integer, number


def alternatives(names: Sequence[str]) -> str:
    """ "a, b or c" """
    return f"{', '.join(names[:-1])} or {names[-1]}"


def add_scenario(
    command: argparse.ArgumentParser, metavar: str = "SCENARIO", others: str = ""
) -> argparse._ArgumentGroup:
    """Add the scenario and the options that override it, except the learning rate.

    Args:
        command: the command.
        metavar: what its help calls the scenario.
        others: what may be given in place of a scenario, such as "a Keras script, or ".
    """
    description = f"{others}post, xor, digits or a TOML file (default: post)"
    command.add_argument("scenario", nargs="?", default="post", metavar=metavar, help=description)
    override = command.add_argument_group("settings that override the scenario")
    override.add_argument(
        "--init",
        dest="initializers",
        action="extend",
        type=comma_separated,
        metavar="NAME",
        help="initializer of the weights, by Keras' name: ones, glorot_uniform, 'constant(0.5)', ...; separate "
        "several by commas, or repeat the option",
    )
    override.add_argument("--bias-init", dest="bias_initializer", metavar="NAME", help="initializer of the biases")
    override.add_argument("--iterations", type=integer, metavar="N", help="number of updates")
    override.add_argument(
        "--batch-size", type=integer, metavar="N", help="number of observations per update (default: all of them)"
    )
    override.add_argument(
        "--shuffle",
        action=argparse.BooleanOptionalAction,
        help="whether each epoch of mini-batches has its own order of observations (default: yes)",
    )
    override.add_argument("--hidden", type=comma_separated, metavar="N,N", help="number of units of each hidden layer")
    override.add_argument(
        "--activations",
        type=comma_separated,
        metavar="NAME,NAME",
        help=f"{alternatives(ACTIVATION_NAMES)}; one for all layers, or one a layer by commas",
    )
    override.add_argument("--cost", metavar="NAME", help=alternatives(COST_NAMES))
    override.add_argument("--dtype", metavar="NAME", help="float64 or float32")
    override.add_argument("--seed", type=integer, metavar="N", help="seed of everything that is drawn")
    override.add_argument("--record", metavar="PLAN", help="iterations to record: all, 'every K', log or 'log N'")
    return override


def add_learning_rate(override: argparse._ArgumentGroup) -> None:
    """Add the learning rate."""
    override.add_argument("--learning-rate", type=number, metavar="RATE", help="factor of the gradient in an update")


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that were given to override the scenario."""
    settings = (*TABLES["network"], *TABLES["training"])
    return {key: value for key in settings if (value := getattr(arguments, key, None)) is not None}


def refuse_overrides(arguments: argparse.Namespace, owner: str, allowed: Collection[str] = ("seed",)) -> None:
    """Raise BadInput for options that override a scenario, if the target has settings of its own.

    Args:
        arguments: of the command.
        owner: what has them, such as "a Keras program".
        allowed: settings that options may override all the same.
    """
    for key in overrides(arguments):
        if key not in allowed:
            raise BadInput(f"is for a scenario; {owner} has its own", key=key, hint="leave it out")
