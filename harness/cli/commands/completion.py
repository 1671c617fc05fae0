"""``harness completion``"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..options import add_json
from ..terminal import say
from . import AGREES

SHELLS = ("bash", "zsh", "fish")


class Values(NamedTuple):
    """What an option or argument may be.

    Attributes:
        words: names that are known.
        several: whether more than one may be given, by commas.
        files: patterns of file names; with any, folders too. "*/" alone is folders.
    """

    words: Sequence[str] = ()
    several: bool = False
    files: Sequence[str] = ()


# One function in the language of each shell, by the name {name}: it gives the values for the word that is being typed.

BASH = """\
{name}() {{
  local before=""
  {several} && [[ $1 == *,* ]] && before="${{1%,*}},"
  compgen -P "$before" -W {words} -- "${{1##*,}}"
  for pattern in {files}; do compgen -f -X "!$pattern" -- "$1"; done
  {folders} && compgen -d -- "$1"
}}
"""

ZSH = """\
{name}() {{
  {several} && {{ _values -s , name {each}; return }}
  compadd -- {each}
  {folders} && _files -g {either}
}}
"""

FISH = """\
function {name}
  set -l before ""
  {several}; and set before (string match -r '.*,' -- (commandline -ct))
  for word in {each}; echo "$before$word"; end
  for suffix in {suffixes}; __fish_complete_suffix $suffix; end
  {folders}; and __fish_complete_directories (commandline -ct)
end
"""

FUNCTIONS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
CALLS = {"bash": "{name}", "zsh": "{name}", "fish": "({name})"}


def values_of(command: str) -> dict[str, Values]:
    """The values of a command's options and arguments, by their ``dest``; those left out are numbers or any text."""
    from ...models.initializers import ARGUMENTS
    from ...models.network import ACTIVATION_NAMES, COST_NAMES
    from ...models.optimizers import OPTIMIZER_NAMES
    from ...scenario.scenario import BUILT_IN, DTYPES

    initializers, models = tuple(ARGUMENTS), ("*.keras",)
    return {
        "initializers": Values(initializers, several=True),
        "bias_initializer": Values(initializers),
        "activations": Values(ACTIVATION_NAMES, several=True),
        "optimizers": Values(OPTIMIZER_NAMES, several=True),
        "cost": Values(COST_NAMES),
        "dtype": Values(DTYPES),
        "record": Values(("all", "log")),
        "scenario": Values(tuple(BUILT_IN), files=("*.toml", *(("*.py", *models) if command == "diagnose" else ()))),
        "path": Values(files=("*.py", "*.ipynb") if command == "check" else ("*.py",)),
        "model": Values(files=models),
        "data": Values(files=("*.npz",)),
        "csv": Values(files=("*.csv",)),
        "log_dir": Values(files=("*/",)),
        "folder": Values(files=("*/",)),
    }


def completers(name: str, values: Values) -> dict[str, Any]:
    """What shtab wants to know of an option: a function for each shell, and how it is called."""
    quoted = shlex.join(values.words)
    patterns = [pattern for pattern in values.files if pattern != "*/"]
    parts = {
        "name": name,
        "several": "true" if values.several else "false",
        "folders": "true" if values.files else "false",
        "words": shlex.quote(" ".join(values.words)),
        "each": quoted,
        "files": shlex.join(patterns),
        # a lone (*.py) would be one of zsh's glob qualifiers
        "either": shlex.quote(f"({'|'.join(values.files)})" if len(values.files) > 1 else "".join(values.files)),
        "suffixes": shlex.join(pattern.removeprefix("*") for pattern in patterns),
    }
    return {shell: CALLS[shell].format(**parts) for shell in SHELLS} | {
        "preamble": {shell: FUNCTIONS[shell].format(**parts) for shell in SHELLS}
    }


def commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The name and the parser of each command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion of a whole command line, in the language of that shell."""
    import shtab

    for command, of_command in commands_of(parser):
        of_command.description = None  # which shtab would show in place of the short help
        known = values_of(command)
        for action in of_command._actions:
            if action.dest in known:
                # shtab takes names with "glob" in them for those of functions that give files
                kind = "glob" if known[action.dest].files else "words"
                action.complete = completers(f"_harness_{kind}_{command}_{action.dest}", known[action.dest])  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def add(commands: Any) -> None:
    command = commands.add_parser(
        "completion",
        help="let the shell complete commands, options, names and files",
        description='Print a script that lets a shell complete harness: eval "$(harness completion bash)" in '
        '~/.bashrc, eval "$(harness completion zsh)" after compinit in ~/.zshrc, or '
        "harness completion fish > ~/.config/fish/completions/harness.fish. Exit code 0, or 2: bad input.",
    )
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"{', '.join(SHELLS[:-1])} or {SHELLS[-1]}")
    add_json(command.add_argument_group("output"))
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    told = script(arguments.parser, arguments.shell)
    say(arguments.json, {"shell": arguments.shell, "script": told}, told)
    return AGREES
