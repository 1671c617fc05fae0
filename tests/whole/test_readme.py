"""The README and the pages in docs/ show what the commands print, and their links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import plants

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

# (page, command line, lines shown below it; "..." stands for lines left out)
SHOWN = [
    (page.name, *block.partition("\n")[::2])
    for page in PAGES
    for block in re.findall(r"^```console\n\$ (.*?)\n?^```$", page.read_text(), re.S | re.M)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a reader might stand: with the examples, and a folder of files to grade."""
    folder = tmp_path_factory.mktemp("reader")
    for example in (ROOT / "docs" / "examples").iterdir():
        shutil.copy(example, folder)
    (folder / "handed-in").mkdir()
    for name in ("columns", "loops"):
        (folder / "handed-in" / f"{name}.py").write_text(plants.text_of(name))
    return folder


def marks(command: str) -> list[pytest.MarkDecorator]:
    """Commands that load TensorFlow are slow."""
    return [] if command.split()[1] in ("check", "new", "completion") else [pytest.mark.slow]


@pytest.mark.parametrize(
    ("page", "command", "shown"),
    [pytest.param(*case, marks=marks(case[1]), id=f"{case[0]}: {case[1]}") for case in SHOWN],
)
def test_the_output_shown_is_the_output_printed(page, command, shown, folder):
    harness, *arguments = shlex.split(command)
    assert harness == "harness"
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode in (0, 1), done.stderr) == (True, "")
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


def test_something_is_shown():
    shown = {command for page, command, _ in SHOWN if page == "README.md"}
    assert {command.split()[1] for command in shown} >= {"check", "compare", "sweep"}


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
