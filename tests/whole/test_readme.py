"""The README and the pages in docs/ show what the commands print, what they tell readers to type works, and their links
lead somewhere."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import textwrap
import zipfile
from pathlib import Path

import pytest

import harness
from harness.cli.main import build_parser
from harness.grading.rubric import read_rubric
from harness.sandbox import Absence, find_box
from tests.network_files import write_file
from tests.processes import run_harness

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of a page in a language, without their fences."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.S | re.M)


def commands_in(block: str) -> list[list[str]]:
    """The words of each command of a block of shell: one per line, pipe or redirection."""
    text = re.sub(r"(?m)(^|\s+)#.*$", "", block.replace("\\\n", " "))
    lexer = shlex.shlex(text, posix=True, punctuation_chars="\n|>&;")
    lexer.whitespace, lexer.whitespace_split = " \t", True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("\n|>&;"):
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


# (page, command line, lines shown below it; "..." stands for lines left out)
SHOWN = [
    (page.name, *block.removeprefix("$ ").partition("\n")[::2]) for page in PAGES for block in blocks(page, "console")
]


HAND_IN = """\
import numpy as np

rng = np.random.default_rng(1)
X = rng.normal(size=(20, 4))
y = (X[:, :1] > 0).astype(float)
W1, b1 = rng.normal(size=(4, 5)), np.zeros(5)
W2, b2 = rng.normal(size=(5, 1)), np.zeros(1)
for epoch in range(50):
    h = np.tanh(X @ W1 + b1)
    out = 1 / (1 + np.exp(-(h @ W2 + b2)))
    loss = -np.mean(y * np.log(out) + (1 - y) * np.log(1 - out))
    d2 = (out - y) / len(X)
    dW2 = h.T @ d2
    db2 = d2.sum(axis=0)
    d1 = d2 @ W2.T * (1 - h**2)
    dW1 = X.T @ d1
    db1 = d1.sum(axis=0)
    W2 -= 0.1 * dW2
    b2 -= 0.1 * db2
    W1 -= 0.1 * dW1
    b1 -= 0.1 * db1
print(loss)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a reader might stand: with the examples, and a folder of files to grade."""
    folder = tmp_path_factory.mktemp("reader")
    for example in (ROOT / "docs" / "examples").iterdir():
        shutil.copy(example, folder)
    (rubric,) = blocks(ROOT / "docs" / "tutorials" / "teacher.md", "toml")
    write_file(folder / "rubric.toml", rubric)
    (folder / "handed-in" / "ann").mkdir(parents=True)
    write_file(folder / "handed-in" / "ann" / "net.py", HAND_IN)
    with zipfile.ZipFile(folder / "handed-in" / "bob.zip", "w") as file:
        file.writestr("net.py", HAND_IN.replace(" * (1 - h**2)", ""))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": ["print(1 + 1)\n"]}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write_file(folder / "handed-in" / "carl.ipynb", json.dumps(notebook))
    return folder


def marks(command: str) -> list[pytest.MarkDecorator]:
    """Commands that load TensorFlow, and those that judge a folder, are slow; what hand-ins get needs a sandbox."""
    if "handed-in" in command:
        return [pytest.mark.slow, pytest.mark.skipif(isinstance(find_box(), Absence), reason="no sandbox")]
    return [] if command.split()[1] in ("check", "new", "completion") else [pytest.mark.slow]


@pytest.mark.parametrize(
    ("page", "command", "shown"),
    [pytest.param(*case, marks=marks(case[1]), id=f"{case[0]}: {case[1]}") for case in SHOWN],
)
def test_the_output_shown_is_the_output_printed(page, command, shown, folder):
    program, *arguments = shlex.split(command)
    assert program == "harness"
    done = run_harness(*arguments, cwd=folder, environment={"COLUMNS": "80"})
    assert (done.returncode in (0, 1, 3), done.stderr) == (True, "")
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    left_out = False
    for line in shown.splitlines():
        if line == "...":
            left_out = True
            continue
        if left_out:
            assert line in printed
            del printed[: printed.index(line)]
        assert printed.pop(0) == line
        left_out = False
    assert left_out or not shown or not any(printed)


def test_the_tutorial_shows_how_to_accept_a_mistake(tmp_path):
    wrong = re.search(r"^ *d_weights1 = .*\n", (ROOT / "docs" / "examples" / "class_network.py").read_text(), re.M)
    [accepted] = [block for block in blocks(ROOT / "docs" / "tutorials" / "learner.md", "python") if "accept" in block]
    path = write_file(tmp_path / "class_network.py", wrong.string.replace(wrong[0], textwrap.indent(accepted, " " * 8)))
    assert harness.check(path).is_accepted


def test_something_is_shown():
    shown = {command for page, command, _ in SHOWN if page == "README.md"}
    assert {command.split()[1] for command in shown} >= {"check", "compare", "sweep"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_in_blocks_of_shell_are_understood(page):
    parser = build_parser()
    for command in (command for block in blocks(page, "sh") for command in commands_in(block)):
        if command[:1] == ["harness"] and command[1:] != ["--help"]:
            _, unknown = parser.parse_known_args(command[1:])
            assert (command, unknown) == (command, [])


def test_a_block_of_shell_is_taken_apart_like_a_shell_does():
    assert commands_in("harness check a.py --run 'x = 1\ny = 2'  # why\nharness sweep \\\n  xor | sed -n p > f") == [
        ["harness", "check", "a.py", "--run", "x = 1\ny = 2"],
        ["harness", "sweep", "xor"],
        ["sed", "-n", "p"],
        ["f"],
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "api.md"], ids=lambda page: page.name)
def test_python_on_a_page_is_python(page):
    for block in blocks(page, "python"):
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_scenarios_and_rubrics_on_a_page_are_accepted(page, tmp_path):
    (tmp_path / "flowers.csv").write_text("length,width,kind\n1.0,2.0,rose\n3.0,1.5,lily\n")
    for number, block in enumerate(blocks(page, "toml")):
        path = write_file(tmp_path / f"{number}.toml", block)
        assert read_rubric(path).criteria if "[[criteria]]" in block else harness.load(str(path))


def anchors(page: Path) -> set[str]:
    """The places in a page that a link may name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        other = page if not name else (page.parent / name).resolve()
        assert other.is_file(), target
        assert not anchor or anchor in anchors(other), target
