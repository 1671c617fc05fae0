"""The architecture: imports go down only, and TensorFlow is imported only where it computes."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What needs no TensorFlow, and so must not load it.
WITHOUT_TENSORFLOW = [
    "harness",
    "harness.models.batches",
    "harness.models.network",
    "harness.models.activations",
    "harness.models.costs",
    "harness.models.initializers",
    "harness.models.optimizers",
    "harness.models.numerical",
    "harness.scenario",
    "harness.scenario.effort",
    "harness.measures.baseline",
    "harness.measures.symmetry",
    "harness.measures.saturation",
    "harness.measures.symptoms",
    "harness.comparison.trace",
    "harness.comparison.rounding",
    "harness.comparison.differences",
    "harness.board",
    "harness.checking.check",
    "harness.pytest_plugin",
    "harness.sandbox",
    "harness.grading.grade",
    "harness.report.handwritten_diagnosis",
    "harness.backends.workers",
    "harness.programs.model_files",
    "harness.cli.main",
]


def test_imports_go_down_only(tmp_path):
    """With one that goes up planted in a copy: it is found, and no other one is."""
    ignored = shutil.ignore_patterns("__pycache__", "logs")
    shutil.copytree(ROOT / "harness", tmp_path / "harness", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "harness" / "measures" / "planted.py"
    planted.write_text("def late():\n    from ..report import words\n\n    return words\n")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.findall(r"^- +(.+) \(", done.stdout, re.MULTILINE) == [
        "harness.measures.planted -> harness.report.words",  # of the order of the packages
        ".measures -> .report",  # of the imports that may not go round
    ], done.stdout


def test_only_harness_models_is_imported():
    """A user's own ``models`` would answer to that name."""
    for path in [*ROOT.glob("harness/**/*.py"), *ROOT.glob("models/*.py"), *ROOT.glob("tests/**/test_*.py")]:
        text = path.read_text()
        if not re.search(r"\b(from|import)\s[^.]*\bmodels\b", text):
            continue  # reading all files as Python would take seconds
        for node in ast.walk(ast.parse(text)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.split(".")[0] == "models" for name in names), path


def test_what_needs_no_tensorflow_does_not_import_it():
    """One after the other in one process, which prints those after which it is there."""
    script = "import importlib, sys\nfor name in sys.argv[1:]:\n    importlib.import_module(name)\n"
    script += "    if {'tensorflow', 'keras'} & sys.modules.keys():\n        print(name)\n"
    command = [sys.executable, "-c", script, *WITHOUT_TENSORFLOW]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_no_derivative_by_hand_comes_from_a_tape():
    assert "GradientTape" not in (ROOT / "models" / "handwritten.py").read_text().replace("no automatic", "")
    assert "import tensorflow" not in (ROOT / "models" / "numerical.py").read_text()


def test_the_page_of_the_architecture_names_what_there_is():
    """``module.py: name`` on the page is a module, and what it defines."""
    files = [path for folder in ("harness", "models", "docs", "tests") for path in ROOT.joinpath(folder).rglob("*.py")]
    named = re.findall(r"([\w/]+\.py)(?:: (\w+)(?:, (\w+))?)?", (ROOT / "ARCHITECTURE.md").read_text())
    assert len(named) > 50
    for module, *names in named:
        texts = [path.read_text() for path in files if path.as_posix().endswith(f"/{module}")]
        assert texts, module
        for name in filter(None, names):
            assert any(re.search(rf"(?:def|class) {name}\b", text) for text in texts), f"{module}: {name}"


def test_files_that_pages_and_comments_name_are_there():
    """``models/loop.py`` in any of them, for example."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    code = [path for top in ("harness", "models", "docs", "tests") for path in ROOT.glob(f"{top}/**/*.py")]
    name = re.compile(r"(?<![\w./-])(?:harness|models|docs|tests)/(?:\w+/)*\w+\.(?:py|md|css|js)\b")
    named = [(path, found) for path in (*pages, *code) for found in name.findall(path.read_text())]
    assert len(named) > 100
    assert [(path, found) for path, found in named if not ROOT.joinpath(found).exists()] == []
