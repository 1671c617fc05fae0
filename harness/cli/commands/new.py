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
        help="write a template for hand-written math",
        description="Write a commented Python file with the functions of a small network, to fill in and then check "
        "with 'harness check'. Exit code 0, or 2: bad input.",
    )
    command.add_argument("path", type=Path, metavar="FILE", help="path of the new Python file")
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...checking import template

    template.write(arguments.path)
    sentence = f"Wrote {arguments.path}. Fill it in, then run: harness check {arguments.path}"
    say(arguments.json, {"path": str(arguments.path)}, sentence)
    return AGREES
