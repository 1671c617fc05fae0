"""``harness completion``: a script made by shtab from the parser, which needs only the values that options take."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from ..options import add_json
from ..terminal import say
from . import AGREES

SHELLS = ("bash", "zsh", "fish")
FOLDERS = "*/"

# What gives names and files in each shell: shtab has a completer for either, but not for both.
NAMES_OR_FILES = {
    "bash": '{function}() {{ compgen -W {names} -- "$1"; {files} "$1"; }}\n',
    "zsh": "{function}() {{ compadd -- {each}; {files} }}\n",
    "fish": 'function {function}; for name in {each}; echo "$name"; end; for file in {files}; echo "$file"; end; end\n',
}


def known_names() -> dict[str, Sequence[str]]:
    """The names that options take, by ``dest``."""
    from ...backends.setups import BACKENDS
    from ...backends.setups import DTYPES as POLICIES
    from ...checking.mistakes import BY_ID
    from ...models.initializers import ARGUMENTS
    from ...models.network import ACTIVATION_NAMES, COST_NAMES
    from ...models.optimizers import OPTIMIZER_NAMES
    from ...report.explaining import all_explanations
    from ...scenario.scenario import BUILT_IN
    from ...scenario.settings import DTYPES
    from .compare_backends import JITS

    return {
        "accept": tuple(BY_ID),
        "id": tuple(dict.fromkeys(one.id for one in all_explanations())),
        "initializers": tuple(ARGUMENTS),
        "bias_initializer": tuple(ARGUMENTS),
        "activations": ACTIVATION_NAMES,
        "optimizers": OPTIMIZER_NAMES,
        "cost": COST_NAMES,
        "dtype": DTYPES,
        "backends": BACKENDS,
        "dtypes": POLICIES,
        "jit": tuple(JITS),
        "record": ("all", "log"),
        "scenario": tuple(BUILT_IN),
    }


def known_files(command: str) -> dict[str, Sequence[str]]:
    """The patterns of the files that the options of a command take, by ``dest``."""
    return {
        "scenario": ("*.toml", "*.py", "*.ipynb", "*.keras") if command in ("compare", "diagnose") else ("*.toml",),
        "rubric": ("*.toml",),
        "gradescope": ("*.json",),
        "tests": (FOLDERS,),
        "results": (FOLDERS,),
        "path": ("*.py", "*.ipynb", "*.zip") if command == "check" else ("*.py",),
        "model": ("*.keras",),
        "data": ("*.npz",),
        "csv": ("*.csv",),
        "report": ("*.html",),
        "figure": ("*.png", "*.svg"),
        "log_dir": (FOLDERS,),
        "folder": (FOLDERS,),
    }


def files_like(patterns: Sequence[str]) -> dict[str, Any]:
    """A completer that gives files of these patterns, and folders on the way to them."""
    import shtab

    completer: dict[str, Any] = dict(shtab.DIRECTORY if patterns == (FOLDERS,) else shtab.glob(*patterns))
    if patterns != (FOLDERS,) and len(patterns) == 1:  # zsh takes shtab's (*.py) for a glob qualifier
        completer["zsh"] = f"_files -g '{patterns[0]}'"
    return completer


def names_or_files(function: str, names: Sequence[str], patterns: Sequence[str]) -> dict[str, Any]:
    """A completer that gives names, and files of these patterns: a function for each shell."""
    files, preamble = files_like(patterns), {}
    for shell in SHELLS:
        text = NAMES_OR_FILES[shell].format(
            function=function, names=shlex.quote(" ".join(names)), each=shlex.join(names), files=files[shell]
        )
        preamble[shell] = files["preamble"].get(shell, "") + text
    call = {shell: f"({function})" if shell == "fish" else function for shell in SHELLS}
    return {**call, "preamble": preamble}


def commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The name and the parser of each command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion of a whole command line, in the language of that shell."""
    import shtab

    names = known_names()
    for command, command_parser in commands_of(parser):
        command_parser.description = None  # shtab would show it instead of the short help
        files = known_files(command)
        for action in command_parser._actions:
            dest = action.dest
            if dest in names and dest in files:
                completer = names_or_files(f"_harness_glob_{command}_{dest}", names[dest], files[dest])
            elif dest in files:
                completer = files_like(files[dest])
            elif dest in names:
                action.choices = names[dest]
                continue
            else:
                continue
            action.complete = completer  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def add(commands: Any) -> None:
    command = commands.add_parser(
        "completion",
        help="print a script that completes commands, options, names and files",
        description='Print a completion script. Add eval "$(harness completion bash)" to ~/.bashrc, or '
        'eval "$(harness completion zsh)" after compinit to ~/.zshrc, or run harness completion fish > '
        "~/.config/fish/completions/harness.fish. Exit code 0, or 2: bad input.",
    )
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"{', '.join(SHELLS[:-1])} or {SHELLS[-1]}")
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    text = script(arguments.parser_of_all(), arguments.shell)
    say(arguments.json, {"shell": arguments.shell, "script": text}, text)
    return AGREES
