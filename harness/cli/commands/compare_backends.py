"""``harness compare`` with ``--backends``, ``--dtypes`` or ``--jit``: the same network computed several ways."""

from __future__ import annotations

import argparse
import contextlib
import logging
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...backends.setups import BACKENDS, DTYPES, Setup, setups_of
from ...errors import BadInput, shown, shown_path
from ...results import as_cards
from ..logs import folder_name, run_log
from ..options import add_data, check_has_data, comma_separated, positive_integer
from ..pages import write_pages
from ..scenario_options import overrides, refuse_overrides
from ..terminal import progress_bar, show_result, silent_import
from . import AGREES, DIFFERS, NOT_JUDGED
from .diagnose import is_model, is_script

if TYPE_CHECKING:
    from ...backends.case import Case

JITS = {"on": True, "off": False}
DEFAULT_SEEDS = 5


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """A parser of known names that are separated by commas."""

    def parse(text: str) -> list[str]:
        chosen = comma_separated(text)
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"must be any of {', '.join(known)}, got {shown(unknown[0])}")
        return chosen

    return parse


def seeds(text: str) -> int:
    """A number of seeds, 0 for none."""
    return 0 if text.strip() == "0" else positive_integer(text)


def add_backends(command: argparse.ArgumentParser) -> None:
    """Add the options."""
    several = command.add_argument_group(
        "the same network computed several ways",
        "With one of these options, SCENARIO may also be a Keras script or a saved model with --data. Each combination "
        "runs in a process of its own.",
    )
    several.add_argument(
        "--backends",
        type=names(BACKENDS),
        metavar="NAME,NAME",
        help=f"backends of Keras to compare: {', '.join(BACKENDS)}",
    )
    several.add_argument(
        "--dtypes", type=names(DTYPES), metavar="NAME,NAME", help="dtype policies of all layers (default: float32)"
    )
    several.add_argument(
        "--jit", type=names(tuple(JITS)), metavar="on,off", help="whether Keras compiles (default: Keras' own choice)"
    )
    add_data(several)
    several.add_argument(
        "--fit", type=positive_integer, default=1, metavar="N", help="number of the script's call of fit (default: 1)"
    )
    several.add_argument(
        "--seeds",
        type=seeds,
        default=DEFAULT_SEEDS,
        metavar="N",
        help="number of trainings of each combination, which show whether a difference matters (default: "
        f"{DEFAULT_SEEDS})",
    )


def is_asked(arguments: argparse.Namespace) -> bool:
    """Whether the same network is to be computed several ways."""
    return any(getattr(arguments, key) is not None for key in ("backends", "dtypes", "jit"))


def check_target(arguments: argparse.Namespace) -> None:
    """Raise BadInput for a target that needs one of these options, or for an option that needs another target."""
    name = arguments.scenario
    of_model, of_script = is_model(name), is_script(name)
    if (of_model or of_script) and not is_asked(arguments):
        raise BadInput(
            f"{shown_path(name)} is a Keras program, and compare is for a scenario",
            hint="give the backends, such as tensorflow,jax, to compute it several ways",
        )
    if arguments.data is not None and not of_model:
        raise BadInput(f"is for a saved model, and {shown_path(name)} is not one", key="data", hint="leave it out")
    if of_model:
        check_has_data(arguments, name)
    if of_model or of_script:
        refuse_overrides(arguments, "a Keras program")


def asked_setups(arguments: argparse.Namespace) -> list[Setup]:
    """Every combination of the options.

    Raises:
        BadInput: there is only one.
    """
    jits = [None] if arguments.jit is None else [JITS[word] for word in arguments.jit]
    setups = setups_of(arguments.backends or ["tensorflow"], arguments.dtypes or ["float32"], jits)
    if len(setups) < 2:
        key = next(key for key in ("backends", "dtypes", "jit") if getattr(arguments, key) is not None)
        got = ",".join(getattr(arguments, key))
        raise BadInput(key=key, expected="two or more names, separated by commas", got=got)
    return setups


def read_case(arguments: argparse.Namespace) -> Case:
    """The network of the target."""
    from ...backends import prepare
    from ...programs import capture, saved
    from ...scenario import scenario

    name, seed = arguments.scenario, arguments.seed or 0
    if is_model(name):
        program = saved.program_of_file(name, arguments.data, seed=seed)
    elif is_script(name):
        program = capture.capture_script(name, fit=arguments.fit, seconds=0.1, seed=seed)
    else:
        return prepare.case_of_scenario(scenario.load(name, overrides(arguments)), seeds=arguments.seeds)
    return prepare.case_of_program(program, seed=seed, seeds=arguments.seeds)


def run_backends(arguments: argparse.Namespace) -> int:
    """Compute a network several ways and compare."""
    from ... import board

    setups = asked_setups(arguments)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(run_log(arguments, folder_name(arguments.scenario)))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # what Keras warns about while somebody's script runs
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        with progress_bar("loading TensorFlow") as show:
            with silent_import():
                from ...backends import compare
                from ...board import backend_events
                from ...report import backends

                case = read_case(arguments)
            result: Any = compare.compare_setups(
                case, setups, show, judged=lambda pair: show.say(backends.pair_line(pair))
            )
        if result.interrupted and not result.pairs:
            raise KeyboardInterrupt  # nothing was compared yet
        if folder is not None:
            result = replace(result, log_dir=str(folder))
            backend_events.write_backends(folder, result)
            board.write_answer(
                folder,
                backends.markdown(result),
                time.time(),
                pictures=as_cards(result),
                pinned=[backend_events.ALL_LAYERS],
            )
        write_pages(arguments, result, folder)
        show_result(arguments, result)
        if result.interrupted:
            raise KeyboardInterrupt
    if not result.agrees:
        return DIFFERS
    return AGREES if result.is_judged else NOT_JUDGED
