"""The architecture: who may import whom, and what is imported only where it computes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Rooms of harness/ from the bottom up, files and folders; each may import those before it, and models/.
ORDER = [
    "__init__",
    "given",
    "csv_file",
    "data",
    "scenario",
    "effort",
    "trace",
    "baseline",
    "symmetry",
    "saturation",
    "symptoms",
    "rounding",
    "compare",
    "experiment",
    "post",
    "sweep",
    "provenance",
    "cluster",
    "bench",
    "board",
    "chunks",
    "keras_models",
    "check",
    "diagnose",
    "report",
    "callbacks",
    "pytest_plugin",
    "options",
    "terminal",
    "commands",
    "cli",
    "__main__",
]

# The same inside the folders; ``__init__`` is a folder's face, and nothing in the folder imports it.
ORDER_IN = {
    "board": ["heatmap", "events", "series", "runs", "server", "sweep"],
    "keras_models": ["units", "source", "inspection"],
    "check": [
        "worker",
        "foreign",
        "backprop",
        "changes",
        "mistakes",
        "layout",
        "observe",
        "explain",
        "judge",
        "template",
    ],
    "diagnose": ["case", "changes", "runs", "hypotheses", "judge", "file", "keras_case", "keras_model"],
    "report": ["words", "comparison", "sweep", "bench", "check", "diagnosis", "inspection"],
}

# Rooms that need no TensorFlow, and so must not load it.
WITHOUT_TENSORFLOW = [
    "harness.models.batches",
    "harness.models.network",
    "harness.models.initializers",
    "harness.models.optimizers",
    "harness.models.numerical",
    "harness.scenario",
    "harness.effort",
    "harness.trace",
    "harness.baseline",
    "harness.symmetry",
    "harness.rounding",
    "harness.compare",
    "harness.saturation",
    "harness.symptoms",
    "harness.board",
    "harness.check",
    "harness.pytest_plugin",
    "harness.keras_models.source",
    "harness.cli",
]


def rooms() -> set[str]:
    """The files and folders of harness/."""
    return {path.stem for path in (ROOT / "harness").glob("*.py")} | {
        path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")
    }


def imports_of(path: Path) -> Iterator[tuple[str, ...]]:
    """What of harness/ a file imports, anywhere in it, as ("board", "events", "Series"): a module or a name in one."""
    package = path.relative_to(ROOT / "harness").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        parts = tuple((node.module or "").split(".")) if node.module else ()
        if node.level:
            base = package[: len(package) - node.level + 1]
        elif parts and parts[0] == "harness":
            base, parts = (), parts[1:]
        else:
            continue
        yield from ((*base, *parts, alias.name) for alias in node.names)


def imported_rooms(room: str) -> set[str]:
    """The other rooms that one imports."""
    files = sorted((ROOT / "harness" / room).glob("*.py")) or [ROOT / "harness" / f"{room}.py"]
    return {parts[0] for path in files for parts in imports_of(path)} & rooms() - {room}


@pytest.mark.parametrize("room", ORDER)
def test_rooms_import_downwards_only(room):
    assert imported_rooms(room) <= set(ORDER[: ORDER.index(room)])


def test_every_room_has_its_place():
    assert rooms() == set(ORDER)
    for folder, order in ORDER_IN.items():
        assert {path.stem for path in (ROOT / "harness" / folder).glob("*.py")} == {"__init__", *order}


@pytest.mark.parametrize(("folder", "file"), [(folder, file) for folder, order in ORDER_IN.items() for file in order])
def test_inside_a_folder_too(folder, file):
    order = ORDER_IN[folder]
    found = {parts[1] for parts in imports_of(ROOT / "harness" / folder / f"{file}.py") if parts[0] == folder}
    assert found <= set(order[: order.index(file)])


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
