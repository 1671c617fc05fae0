"""``harness inspect``"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..options import add_json, add_seed
from ..pages import add_figure, add_report, check_files, write_pages
from ..terminal import progress_bar, show_result, silent_import
from . import AGREES, DIFFERS


def add(commands: Any) -> None:
    command = commands.add_parser(
        "inspect",
        help="find clones, dead and saturated units in a Keras model",
        description="Judge a Keras model by its weights: clones, effective width, and the scale of each kernel beside "
        "the scale recommended for its activation. With data, find dead and saturated units too. Code in a model file "
        "is not run. Exit code 0: fine, 1: clones, dead or saturated units, 2: bad input.",
    )
    command.add_argument(
        "model",
        metavar="MODEL",
        help="a .keras file, or module:function, a function of yours that is run and returns a model",
    )
    command.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="NPZ file with the inputs: x, or one array for each input of the model, by its name",
    )
    add_seed(command, "what the function draws")
    output = command.add_argument_group("output")
    add_json(output)
    add_report(output)
    add_figure(output)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ...programs import model_files as source

    check_files(arguments)
    source.check_source(arguments.model, arguments.data)
    with progress_bar("loading TensorFlow") as show:
        with silent_import():
            from ...programs import inspection
            from ...report import inspection as _  # noqa: F401 - registers how an inspection is shown
        model = source.load(arguments.model, arguments.seed)
        x = None if arguments.data is None else source.load_data(arguments.data, model)
        result = inspection.inspect(model, x, show)
    write_pages(arguments, result, folder=None)
    show_result(arguments, result)
    return AGREES if result.is_fine else DIFFERS
