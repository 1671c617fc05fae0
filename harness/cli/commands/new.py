"""``harness new``"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..options import add_json
from ..terminal import say
from . import AGREES


def add(commands: Any) -> None:
    command = commands.add_parser(
        "new",
        help="write a file to fill in with my own math",
        description="Write a commented Python file with every function that 'harness check' looks for. Exit code 0, or "
        "2: bad input.",
    )
    command.add_argument("path", type=Path, metavar="FILE", help="a Python file that does not exist yet")
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...checking.by_name import template

    template.write(arguments.path)
    told = f"{arguments.path} is written. Fill it in, then: harness check {arguments.path}"
    say(arguments.json, {"path": str(arguments.path)}, told)
    return AGREES
