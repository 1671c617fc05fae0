"""``harness new``"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from . import AGREES


def add(commands: Any) -> None:
    command = commands.add_parser(
        "new",
        help="write a file to fill in with my own math",
        description="Write a commented Python file with every function that 'harness check' looks for.",
    )
    command.add_argument("path", type=Path, metavar="FILE", help="a Python file that does not exist yet")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ..check import template

    template.write(arguments.path)
    print(f"{arguments.path} is written. Fill it in, then: harness check {arguments.path}")
    return AGREES
