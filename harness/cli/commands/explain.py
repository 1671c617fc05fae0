"""``harness explain``"""

from __future__ import annotations

import argparse
from typing import Any

from ..options import add_json
from ..terminal import print_as
from . import AGREES


def add(commands: Any) -> None:
    command = commands.add_parser(
        "explain",
        help="say what the name of a mistake, a cause or a finding means",
        description="Say what a name means that another command prints, such as missing-hidden-activation-derivative, "
        "and what to do about it. Without a name, list all. Exit code 0, or 2: bad input.",
    )
    command.add_argument("id", nargs="?", metavar="NAME", help="name of a mistake, a cause or a finding (default: all)")
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...report import explaining

    if arguments.id is None:
        explanations, show = explaining.all_explanations(), explaining.all_people
    else:
        explanations, show = explaining.explain(arguments.id), explaining.people
    print_as(
        as_json=arguments.json, machines=lambda: explaining.machines(explanations), people=lambda: show(explanations)
    )
    return AGREES
