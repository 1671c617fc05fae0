"""docs/json.md has every key that a command prints, and no other."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main as cli
from harness.cli.commands import completion
from tests.network_files import text_without_hidden_derivative
from tests.processes import PATIENCE, run_code, start_harness

ROOT = Path(__file__).resolve().parents[2]

# Command lines whose documents have every key.
LINES = {
    "compare": ["compare", "--init", "ones", "--iterations", "2", "--name", "one"],
    "check": ["check", "wrong.py"],
    "new": ["new", "mine.py"],
    "diagnose": ["diagnose", "--no-log"],
    "sweep": ["sweep", "--seeds", "3", "--iterations", "9", "--target", "1.9", "--no-log"],
    "inspect": ["inspect", "two:layers", "--data", "data.npz"],
    "completion": ["completion", "bash"],
    "explain": ["explain", "unscaled-inputs"],
}

TWO = """
import keras
def layers():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import numpy as np

    folder = tmp_path_factory.mktemp("json")
    (folder / "wrong.py").write_text(text_without_hidden_derivative())
    (folder / "two.py").write_text(TWO)
    np.savez(folder / "data.npz", x=np.zeros((5, 2)))
    return folder


def facts_of(text: str) -> dict[str, Any]:
    """A printed document without the version of its keys, which all have."""
    document: dict[str, Any] = json.loads(text)
    assert next(iter(document)) == "schema_version"
    assert document.pop("schema_version") == 1
    return document


def paths(value: Any, path: str = "") -> Iterator[str]:
    """ "runs", "runs[].costs", ... of a document"""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = f"{path}.{key}" if path else key
            yield name
            yield from paths(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{path}[]")


def documented(command: str) -> set[str]:
    """The paths in a section of docs/json.md, and in those that it refers to."""
    page = (ROOT / "docs" / "json.md").read_text()
    section = page.split(f"\n## {command}\n")[1].split("\n## ")[0]
    found = set()
    for keys, what in re.findall(r"^\| (`.*?`) \| (.*) \|$", section, re.M):
        names = re.findall("`(.*?)`", keys)
        found |= set(names)
        for other in re.findall(r"\(#(\w+)\)", what):
            found |= {f"{name}{dot}{inner}" for name in names for dot in (".", "[].") for inner in documented(other)}
    return found


def matches(path: str, name: str) -> bool:
    """Whether a path is that name, * being any part."""
    return re.fullmatch(re.escape(name).replace(r"\*", r"[^.\[]+"), path) is not None


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.slow if name == "diagnose" else ()) for name in sorted(LINES)]
)
def test_every_key_is_documented_and_every_documented_key_is_there(command, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert cli.main([*LINES[command], "--json"]) in (0, 1)
    out, err = capsys.readouterr()
    assert err == ""
    printed = set(paths(facts_of(out)))
    names = documented(command)
    assert not {path for path in printed if not any(matches(path, name) for name in names)}
    missing = {name for name in names if not any(matches(path, name) for path in printed)}
    # of a reference both "a.b" and "a[].b" were made, of which one is there
    pairs = {name.replace("[]", "") for name in names if any(matches(path, name) for path in printed)}
    assert not {name for name in missing if name.replace("[]", "") not in pairs}


@pytest.mark.slow
def test_the_document_of_a_folder_has_the_documented_keys(folder, monkeypatch, capsys):
    handed_in, tests = folder / "handed-in", folder / "course"
    for name in ("one", "two"):
        (handed_in / name).mkdir(parents=True)
        (handed_in / name / "wrong.py").write_text((folder / "wrong.py").read_text())
    tests.mkdir()
    (tests / "test_it.py").write_text("def test_it():\n    pass\n")
    (folder / "rubric.toml").write_text("[[criteria]]\npoints = 1\n")
    monkeypatch.chdir(folder)
    options = ["--rubric", "rubric.toml", "--tests", "course", "--sandbox", "off", "--jobs", "1", "--json"]
    assert cli.main(["check", "handed-in", *options]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    of_file = "hand_ins[].files[].result."
    printed = {path for path in paths(facts_of(out)) if not path.startswith(of_file)}
    names = {name for name in documented("grading") if ".result" not in name or name.endswith(".result")}
    assert not {path for path in printed if not any(matches(path, name) for name in names)}
    assert not {name for name in names if not any(matches(path, name) for path in printed)}


@pytest.mark.slow
def test_view_tells_its_address_before_it_serves(folder):
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "logs" / "events.out.tfevents.1.harness").touch()
    process = start_harness("view", "--json", cwd=folder, stderr=None)
    assert process.stdout is not None
    lines = []
    while "}\n" not in lines and (line := process.stdout.readline()):
        lines.append(line)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest) == (0, "")
    document = facts_of("".join(lines))
    assert set(document) == documented("view")
    assert document["folder"] == "logs"
    assert document["address"].startswith("http://127.0.0.1:")


def test_every_command_has_json_and_a_section():
    commands = dict(completion.commands_of(cli.build_parser()))
    assert set(commands) == {*LINES, "view"}
    for command, parser in commands.items():
        assert parser.parse_args(["--json", *(["bash"] if command == "completion" else ["x"] * wanted(parser))]).json
        assert documented(command)


def wanted(parser):
    """How many arguments a command cannot do without."""
    return sum(not action.option_strings and action.nargs is None for action in parser._actions)


# one process runs several commands, because each would load TensorFlow
SEEDED = """
import json, os, sys
from harness.cli.main import main
os.chdir(sys.argv[1])
for line in json.loads(sys.argv[2]):
    print(main([*line, "--seed", "5", "--json"]))
"""


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(["check", "inspect", "sweep", "compare"], marks=pytest.mark.slow),
        pytest.param(["diagnose"], marks=pytest.mark.long),
    ],
)
def test_the_same_seed_gives_the_same_bytes(commands, folder):
    """In two processes, whose sets have orders of their own."""
    lines = LINES | {"compare": ["compare", "--iterations", "50", "--no-log"]}
    before = sorted(folder.iterdir())
    first, second = (run_code(SEEDED, folder, json.dumps([lines[name] for name in commands])) for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stderr == ""
    assert first.stdout.count('"schema_version"') == len(commands)
    assert sorted(folder.iterdir()) == before
