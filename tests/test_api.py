"""The public API: loaded lazily, its examples run, its results read three ways."""

from __future__ import annotations

import doctest
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness import api
from harness.measures import learning


def test_importing_it_loads_neither_numpy_nor_tensorflow():
    script = "import sys, harness; print(sorted({'numpy', 'tensorflow', 'keras', 'rich'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there_and_has_a_docstring():
    assert set(harness.__all__) <= set(dir(harness))
    for name in harness.__all__:
        assert getattr(harness, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'comapre'"):
        _ = harness.comapre


@pytest.mark.parametrize("module", [pytest.param(api, marks=pytest.mark.slow), learning])
def test_the_examples_in_the_docstrings_hold(module):
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


@pytest.mark.parametrize("name", ["api", "names"])
def test_pages_that_are_made_of_the_code_are_those_that_it_makes(name):
    """Where it fails: python docs/api.py, or python docs/names.py"""
    path = Path(__file__).resolve().parents[1] / "docs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert path.with_suffix(".md").read_text() == maker.page()


@pytest.fixture(scope="module")
def swept():
    return harness.sweep("post", seeds=16, iterations=2000, initializers=["glorot_uniform"])


def test_a_result_is_read_as_text_html_and_json(swept):
    assert str(swept).startswith("Learned means a cost of at most 0.01.") or "forum question" in str(swept)
    assert "<svg" in swept._repr_html_()
    assert json.loads(json.dumps(swept.to_dict()))["target"] == pytest.approx(0.01)


def test_settings_beside_a_scenario_of_ones_own_are_refused():
    with pytest.raises(harness.BadInput, match="iterations"):
        harness.compare(harness.load("post"), iterations=10)
