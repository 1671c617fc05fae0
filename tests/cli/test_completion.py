"""Shell completion as a shell has it: bash, zsh and fish complete, none of them by running Python."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import main as cli
from harness.cli.commands import completion
from harness.models.initializers import ARGUMENTS
from harness.models.network import ACTIVATION_NAMES
from harness.models.optimizers import OPTIMIZER_NAMES
from tests.processes import PATIENCE

ROOT = Path(__file__).resolve().parents[2]

# Options and arguments whose values are numbers, or any text.
FREE = {
    "iterations", "batch_size", "hidden", "seed", "learning_rate", "rates", "name", "max_neurons", "budget", "seeds",
    "target", "seconds", "memory", "jobs", "port", "host", "ray", "fit", "epochs", "validation_split", "lines",
    "layout",
}  # fmt: skip


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The script for each shell, and a folder in which there is something of every kind."""
    folder = tmp_path_factory.mktemp("completion")
    for name in ("mine.py", "mine.toml", "model.keras", "data.npz", "table.csv", "notes.txt"):
        (folder / name).touch()
    (folder / "runs").mkdir()
    for shell in completion.SHELLS:
        with open(folder / f"harness.{shell}", "w") as script, contextlib.redirect_stdout(script):
            assert cli.main(["completion", shell]) == 0
    return folder


def bash(folder, line):
    """What bash's programmable completion offers for a line."""
    words = " ".join(f"'{word}'" for word in line.split(" "))
    script = f"""source harness.bash
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        $(complete -p harness | sed 's/.*-F //; s/ .*//') 2> /dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return {word.rstrip("/") for word in done.stdout.splitlines() if word}


def fish(folder, line):
    """What fish offers."""
    if shutil.which("fish") is None:
        pytest.skip("no fish")
    command = ["fish", "-c", f"source harness.fish; complete -C '{line}'"]
    env = os.environ | {"HOME": str(folder.parent)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return {offer.partition("\t")[0].rstrip("/") for offer in done.stdout.splitlines()}


def zsh(folder, line):
    """What zsh lists at a terminal."""
    if shutil.which("zsh") is None:
        pytest.skip("no zsh")
    (folder / ".zshrc").write_text(
        'PS1="> "; autoload -Uz compinit; compinit -u; eval "$(cat harness.zsh)"; '
        "zstyle ':completion:*' insert-tab false; bindkey '^T' list-choices; echo READY\n"
    )
    process, terminal = pty.fork()
    if not process:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-i"], os.environ | {"ZDOTDIR": str(folder), "TERM": "xterm", "COLUMNS": "160"})

    def read(until):
        """Up to what matches, and all that follows without a pause."""
        seen, give_up = "", time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            if select.select([terminal], [], [], 0.5)[0]:
                seen += os.read(terminal, 65536).decode()
            elif re.search(until, seen):
                break
        return seen

    try:
        read("READY")
        os.write(terminal, line.encode() + b"\x14")
        seen = read(r"\n.*\w")  # the list begins on a line below
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    listed = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", " ", seen.partition("\n")[2])
    return {word.rstrip("/") for word in listed.split()}


@pytest.mark.parametrize(
    "shell", [bash, pytest.param(zsh, marks=pytest.mark.slow), pytest.param(fish, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("line", "offered", "withheld"),
    [
        ("harness ", {"compare", "check", "new", "diagnose", "sweep", "inspect", "view", "completion"}, set()),
        ("harness compare --init ", set(ARGUMENTS), {"sgd"}),
        ("harness compare --activations ", set(ACTIVATION_NAMES), set()),
        ("harness sweep --optimizer ", set(OPTIMIZER_NAMES), {"ones"}),
        ("harness compare --dtype ", {"float32", "float64"}, {"mine.py"}),
        ("harness compare ", {"post", "xor", "digits", "mine.toml", "runs"}, set()),
        ("harness compare --bias", {"--bias-init"}, {"--cost"}),
        ("harness check ", {"mine.py", "runs"}, set()),
        ("harness view ", {"runs"}, {"mine.py", "notes.txt"}),
        ("harness inspect m --data d", {"data.npz"}, {"mine.py"}),
        ("harness completion ", {"bash", "zsh", "fish"}, set()),
    ],
)
def test_it_completes(shell, line, offered, withheld, scripts):
    found = shell(scripts, line)
    if shell is zsh and line.endswith(("--bias", "--data d")):
        pytest.skip("one match only, which zsh does not list")
    assert offered <= found
    assert not withheld & found


def test_bash_withholds_files_of_other_kinds(scripts):
    assert bash(scripts, "harness check ") == {"mine.py", "runs"}
    assert bash(scripts, "harness sweep ") == {"post", "xor", "digits", "mine.toml", "runs"}
    assert bash(scripts, "harness diagnose m") == {"mine.py", "mine.toml", "model.keras"}


def test_every_value_is_known_or_free():
    for command, parser in completion.commands_of(cli.build_parser()):
        known = {*completion.known_names(), *completion.known_files(command)}
        for action in parser._actions:
            takes_a_value = action.nargs != 0 and not action.choices
            assert not takes_a_value or (action.dest in known) != (action.dest in FREE), (command, action.dest)


def test_neither_tensorflow_nor_keras_is_imported(capsys):
    script = "import sys; from harness.cli import main as cli; cli.main(['completion', 'bash']); "
    script += "print({'tensorflow', 'keras'} & set(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
