"""The architecture: who may import whom, and what is imported only where it computes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Rooms of harness/ from the bottom up; each may import those before it, and models/.
ORDER = [
    "__init__",
    "given",
    "data",
    "scenario",
    "trace",
    "symmetry",
    "rounding",
    "compare",
    "experiment",
    "post",
    "sweep",
    "bench",
    "saturation",
    "symptoms",
    "diagnose",
    "heatmap",
    "events",
    "series",
    "board",
    "sweep_board",
    "report",
    "sweep_report",
    "bench_report",
    "diagnose_report",
    "diagnose_bench",
    "foreign_worker",
    "foreign",
    "mistakes",
    "layout",
    "observe",
    "explain",
    "check",
    "diagnose_file",
    "check_report",
    "template",
    "pytest_plugin",
    "units",
    "callbacks",
    "model_source",
    "diagnose_keras",
    "inspect_model",
    "inspect_report",
    "options",
    "terminal",
    "commands",
    "cli",
    "__main__",
]

# Rooms that need no TensorFlow, and so must not load it.
WITHOUT_TENSORFLOW = [
    "models.network",
    "models.initializers",
    "models.optimizers",
    "models.numerical",
    "harness.scenario",
    "harness.trace",
    "harness.symmetry",
    "harness.rounding",
    "harness.compare",
    "harness.saturation",
    "harness.symptoms",
    "harness.heatmap",
    "harness.events",
    "harness.series",
    "harness.board",
    "harness.check",
    "harness.pytest_plugin",
    "harness.model_source",
    "harness.cli",
]


def rooms() -> set[str]:
    """The files and folders of harness/."""
    return {path.stem for path in (ROOT / "harness").glob("*.py")} | {"commands"}


def files_of(room: str) -> list[Path]:
    """A room is a file, or a folder of them."""
    return sorted((ROOT / "harness" / room).glob("*.py")) or [ROOT / "harness" / f"{room}.py"]


def imported_rooms(room: str) -> set[str]:
    """The other rooms that one imports, anywhere in it."""
    found: set[str] = set()
    for path in files_of(room):
        level = len(path.relative_to(ROOT / "harness").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom):
                continue
            parts = (node.module or "").split(".")
            if node.level == level or (node.level == 0 and parts.pop(0) == "harness"):
                found |= {parts[0]} if parts and parts[0] else {alias.name for alias in node.names}
    return found & rooms() - {room}


@pytest.mark.parametrize("room", ORDER)
def test_rooms_import_downwards_only(room):
    assert imported_rooms(room) <= set(ORDER[: ORDER.index(room)])


def test_every_room_has_its_place():
    assert rooms() == set(ORDER)


def test_models_know_nothing_of_the_harness():
    for path in (ROOT / "models").glob("*.py"):
        tree = ast.walk(ast.parse(path.read_text()))
        for node in tree:
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(module.split(".")[0] == "harness" for module in modules), path


@pytest.mark.parametrize("module", WITHOUT_TENSORFLOW)
def test_what_needs_no_tensorflow_does_not_import_it(module):
    script = f"import sys, {module}; print('tensorflow' in sys.modules or 'keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_no_derivative_by_hand_comes_from_a_tape():
    assert "GradientTape" not in (ROOT / "models" / "handwritten.py").read_text().replace("no automatic", "")
    assert "import tensorflow" not in (ROOT / "models" / "numerical.py").read_text()
