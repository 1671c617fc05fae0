"""The wheel: what is in it, and that it works outside the clone, beside somebody else's ``models``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from what git knows of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_it_holds_the_two_packages_whole_and_nothing_else(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "harness", "models"], check=True, capture_output=True, text=True
    )
    assert names == set(tracked.stdout.split())


def test_it_runs_the_main_job_beside_other_models(wheel, tmp_path):
    installed, project = tmp_path / "installed", tmp_path / "project"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    project.mkdir()
    (project / "models.py").write_text("raise SystemExit('somebody else')\n")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "compare", "--iterations", "10", "--json", "--name", "one"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["agrees"] is True
    assert (project / "logs" / "post" / "one" / "tape-ones").is_dir()
