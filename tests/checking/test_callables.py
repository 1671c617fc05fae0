"""A function that trains when it is called."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import harness
from harness.checking.callables import without_calls
from harness.checking.result import Verdict
from tests.network_files import write_file

TEXT = """\
import numpy as np


def train(slope=lambda h: 1 - h ** 2):
    x, y = np.random.normal(size=(6, 3)), np.random.normal(size=(6, 1))
    w, v = np.random.normal(size=(3, 4)), np.random.normal(size=(4, 1))
    for _ in range(5):
        h = np.tanh(x @ w)
        d = h @ v - y
        g = x.T @ (d @ v.T * slope(h))
        v = v - 0.1 * h.T @ d
        w = w - 0.1 * g


def forgets():
    train(np.ones_like)


def needs(data):
    return data


raise_if_run = [].append
raise_if_run(1 / 1)
if __name__ == "__main__":
    raise SystemExit(3)
"""


def module_of(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("mine", write_file(folder / "mine.py", TEXT))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_function_of_a_cell_is_judged_with_the_cells_that_were_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IPython runs cells in the module ``__main__`` and keeps their texts as ``In``."""
    cells = [
        "",
        "%matplotlib inline\nfrom harness import check\nnothing_of_this_name",
        TEXT[: TEXT.index("raise_if_run")],
        "answer = check(train)",
    ]
    notebook = ModuleType("__main__")
    notebook.In = cells  # type: ignore[attr-defined]
    exec(compile(cells[2], "<cell>", "exec"), notebook.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    monkeypatch.chdir(tmp_path)
    assert harness.check(notebook.train).verdict is Verdict.CORRECT
    found = harness.check(notebook.forgets)
    (place,) = [one.place for one in found.mistakes]
    assert place is not None
    assert (place.file, place.cell, place.cell_line) == ("notebook.ipynb", 2, 10)
    assert cells[2].splitlines()[9].strip() == place.text
    assert "notebook.ipynb has a mistake" in str(found)
    assert "notebook.ipynb, cell 2, line 10" in str(found)


@pytest.mark.slow
def test_a_function_of_a_cell_is_judged_as_it_is_now_whatever_was_checked_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells are run again after they were repaired, and earlier cells keep the answers to other checks."""
    cells = [
        "import harness as h\nimport numpy as np",
        "before = h.check('net.py')\nlines = [one.place for one in before.mistakes]",
        "def train(:",
        TEXT[: TEXT.index("raise_if_run")].replace("* slope(h)", ""),
        "first = h.check(train)",
        "first = str(first)\nlow = 0.1 * np.ones(3)",
        TEXT[: TEXT.index("raise_if_run")],
        "\nanswer = h.check(train)\nprint(answer.nothing)",
    ]
    write_file(tmp_path / "net.py", "lr = 0.1\n")
    notebook = ModuleType("__main__")
    notebook.In = [""]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    monkeypatch.chdir(tmp_path)
    for cell in cells:
        notebook.In.append(cell)  # type: ignore[attr-defined]
        with contextlib.suppress(SyntaxError, AttributeError):
            exec(compile(cell, "<cell>", "exec"), notebook.__dict__)
    assert notebook.first.startswith("notebook.ipynb has a mistake")  # type: ignore[attr-defined]
    assert notebook.answer.verdict is Verdict.CORRECT  # type: ignore[attr-defined]


def test_a_file_that_asks_for_its_own_check_is_run_once(tmp_path: Path) -> None:
    """Its own check would ask for the next one, until the limit of time."""
    asks = "import harness\nfound = harness.check('own.py')\nprint(found.mistakes)\n"
    path = write_file(tmp_path / "own.py", TEXT[: TEXT.index("def forgets")] + asks)
    assert harness.check(path, seconds=20).verdict is Verdict.CORRECT


@pytest.mark.slow
def test_a_script_may_keep_the_answer_to_its_own_check(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    ending = "import harness as h\nanswer = h.check(train)\nassert answer.verdict.value == 'correct'\nprint('kept')\n"
    path.write_text(TEXT[: TEXT.index("raise_if_run")] + ending)
    env = os.environ | {"PYTHONPATH": str(Path(harness.__file__).parents[1])}
    ended = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False, env=env)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("kept\n", "", 0)


def test_a_function_is_judged_by_what_it_does_when_called(tmp_path: Path) -> None:
    module = module_of(tmp_path)
    assert harness.check(module.train).verdict is Verdict.CORRECT
    found = harness.check(module.forgets)
    assert found.verdict is Verdict.MISTAKE
    assert [(one.place.file, one.place.line) for one in found.mistakes if one.place] == [("mine.py", 10)]


def test_a_function_that_needs_arguments_is_refused_unless_lines_are_run_in_its_place(tmp_path: Path) -> None:
    needs = module_of(tmp_path).needs
    with pytest.raises(harness.BadInput, match="needs data"):
        harness.check(needs)
    assert harness.check(needs, run="train()").verdict is Verdict.CORRECT
    with pytest.raises(harness.BadInput, match="top level"):
        harness.check(lambda: None)


def test_what_a_file_runs_by_itself_is_left_out_on_the_same_lines() -> None:
    left = without_calls(TEXT).split("\n")
    assert len(left) == len(TEXT.split("\n"))
    assert "raise SystemExit" not in "\n".join(left)
    assert left[3].startswith("def train")


def test_what_uses_this_package_is_left_out_and_a_check_of_the_file_itself_is_not() -> None:
    text = "from harness import check as judge, sweep\nok = check(g)\na = judge(f)\nb = [a]\na = 1\nc = a\nd = a"
    assert without_calls(text).split("\n")[1:] == ["ok = check(g)", "", "", "a = 1", "c = a", "d = a"]
    assert without_calls(text, running=6).split("\n")[4:] == ["a = 1", "raise SystemExit"]
