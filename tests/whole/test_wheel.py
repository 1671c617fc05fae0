"""The package claims one top-level name: as a wheel, editable and from a clone it works beside other ``models``."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWNER = "OWNER = 'somebody else'\n"

# Run by pytest in the user's project, whose own ``models`` comes first.
PROJECT_TEST = """
import models

import harness
import harness.models.network


def test_models_are_the_projects_own():
    assert models.OWNER == 'somebody else'
    assert harness.models is not models


def test_the_fixture(check_backprop):
    check_backprop('right.py')


def test_where_it_is_from():
    assert harness.__file__.startswith({root!r})
"""

# what loads TensorFlow, of the wheel alone
MAIN_JOB = """

def test_the_main_job():
    from harness.callbacks import NeuronHistograms, SymmetryMonitor

    assert harness.compare(iterations=2, initializers=['ones']).agrees
"""

pytestmark = pytest.mark.slow


def run(*command: str | Path) -> None:
    """Run a command, and show what it printed if it fails."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository, with what git knows of it."""
    folder = tmp_path_factory.mktemp("clone") / "repository"
    run("git", "clone", "--quiet", ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the clone."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, clone)
    (path,) = folder.glob("*.whl")
    return path


def environment(folder: Path) -> tuple[Path, Path]:
    """A virtual environment with the libraries of this one and a distribution that owns ``models``.

    Returns:
        Its Python, and its site-packages.
    """
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    # only the folder: the .pth files in it, such as that of an editable installation, are not read
    (packages / "libraries.pth").write_text("".join(f"{path}\n" for path in site.getsitepackages()))
    (packages / "models").mkdir()
    (packages / "models" / "__init__.py").write_text(OWNER)
    described = packages / "other_models-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: other-models\nVersion: 1.0\n")
    (described / "RECORD").write_text("models/__init__.py,,\n")
    return folder / "bin" / "python", packages


@pytest.fixture(scope="module", params=["wheel", "editable", "clone"])
def installed(
    request: pytest.FixtureRequest, clone: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """A Python that has the harness, the folder that it comes from, and the environment variables to run it with."""
    python, packages = environment(tmp_path_factory.mktemp("environment") / "venv")
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps")
    if request.param == "wheel":
        run(*install, wheel)
        yield python, packages, {}
    elif request.param == "editable":
        run(*install, "--editable", clone)
        yield python, clone, {}
    else:
        yield python, clone, {"PYTHONPATH": str(clone)}


def test_it_holds_the_package_and_nothing_else(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "harness", "models"], check=True, capture_output=True, text=True
    )
    tracked = {name for name in listed.stdout.split() if name != "harness/models"}  # a link in the repository
    assert names == {f"harness/{name}" if name.startswith("models/") else name for name in tracked}
    assert "harness/models/handwritten.py" in names
    assert all(name.startswith("harness/") for name in names)


def test_a_distribution_keeps_its_models(installed):
    python, _, variables = installed
    if "PYTHONPATH" in variables:
        pytest.skip("the folder models/ of a clone on PYTHONPATH comes before site-packages")
    imports = "import models, harness.models.network; assert harness.models is not models; "
    run(python, "-I", "-c", f"{imports}{OWNER.replace('OWNER =', 'assert models.OWNER ==')}")


# a package in the folder is found as a module there is, and what a distribution could change is tested above
@pytest.mark.parametrize(
    "beside", ["module", *(pytest.param(b, marks=pytest.mark.long) for b in ("package", "distribution"))]
)
def test_it_works_beside_other_models(installed, beside, tmp_path):
    python, root, variables = installed
    if beside == "module":
        (tmp_path / "models.py").write_text(OWNER)
    elif beside == "package":
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "__init__.py").write_text(OWNER)
    elif "PYTHONPATH" in variables:
        pytest.skip("the folder models/ of a clone on PYTHONPATH comes before site-packages")
    (tmp_path / "right.py").write_text((ROOT / "tests" / "files" / "matrix.py").read_text())
    is_wheel = root.name == "site-packages"
    (tmp_path / "test_project.py").write_text(PROJECT_TEST.format(root=str(root)) + (MAIN_JOB if is_wheel else ""))
    done = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_project.py"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{4 if is_wheel else 3} passed" in done.stdout
