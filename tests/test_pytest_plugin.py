"""``pytest --backprop FILE`` and the fixture, each in a pytest of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checking.programs import RIGHT

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "harness.pytest_plugin")


@pytest.fixture
def plugin(pytestconfig, monkeypatch):
    """The option that loads the plugin, if it is not installed."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return () if pytestconfig.pluginmanager.hasplugin("backprop") else PLUGIN


def test_one_test_for_each_parameter(pytester, plugin):
    path = pytester.makepyfile(mine=RIGHT["objects"])
    result = pytester.runpytest_inprocess(*plugin, "--backprop", path.name, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*mine.py::update of self.first PASSED*", "*mine.py::verdict PASSED*"])
    # the program adds 0.4 times -dC/dw of half the squared error, which is 0.2 times that of the squared error
    result.stdout.fnmatch_lines(["*update of self.first (3, 5), mine.py, line 30: -0.2 times its gradient"])


def test_a_mistake_fails_the_parameters_that_it_spoils_and_shows_the_report_once(pytester, plugin):
    path = pytester.makepyfile(mine=RIGHT["objects"].replace(" * slope(self.hidden)", "", 1))
    result = pytester.runpytest_inprocess(*plugin, "--backprop", path.name, "-v")
    assert result.ret == 1
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*mine.py::update of self.first FAILED*", "*low = (top @ self.second.T)*", "*To fix it:*"]
    )
    shown, _, _ = result.stdout.str().partition("short test summary")  # which is not cut if CI is set
    assert shown.count("To fix it:") == 1


def test_one_test_for_each_gradient_of_a_layer(pytester, plugin):
    layers = """
        import numpy as np

        def sigmoid(z):
            return 1 / (1 + np.exp(-z))

        def sigmoid_prime(z):
            return sigmoid(z) * (1 - sigmoid(z)){}
        """
    right = pytester.makepyfile(right=layers.format(""))
    wrong = pytester.makepyfile(wrong=layers.format(" * 0.5 * z"))
    result = pytester.runpytest_inprocess(*plugin, "--backprop", right.name, "--backprop", wrong.name, "-v")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*right.py::sigmoid / sigmoid_prime: sigmoid_prime PASSED*"])
    result.stdout.fnmatch_lines(["sigmoid / sigmoid_prime: sigmoid_prime agrees; 1 times the true gradient, *"])


@pytest.mark.slow
def test_other_tests_are_left_alone_unless_named(pytester, plugin):
    pytester.makepyfile(test_other="def test_other():\n    pass\n")
    path = pytester.makepyfile(mine=RIGHT["objects"])
    pytester.runpytest_inprocess(*plugin, "--backprop", path.name).assert_outcomes(passed=3)
    pytester.runpytest_inprocess(*plugin, "--backprop", path.name, "test_other.py").assert_outcomes(passed=4)
    pytester.runpytest_inprocess(*plugin).assert_outcomes(passed=1)


def test_the_file_is_not_run_in_this_process_and_what_is_not_judged_is_skipped(pytester, plugin):
    path = pytester.makepyfile(mine="import os\nos._exit(9)\n")
    result = pytester.runpytest_inprocess(*plugin, "--backprop", path.name, "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*was not judged*"])


def test_a_file_that_is_missing_is_a_usage_error(pytester, plugin):
    result = pytester.runpytest_inprocess(*plugin, "--backprop", "nowhere.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--backprop: nowhere.py is not a file*"])


def test_the_fixture_takes_paths_and_modules(pytester, plugin):
    pytester.makepyfile(network_of_matrices=RIGHT["objects"])
    pytester.makepyfile(wrong=RIGHT["objects"].replace(" * slope(self.hidden)", "", 1))
    pytester.makepyfile(
        test_it="""
        import network_of_matrices

        def test_path(check_backprop):
            assert check_backprop("network_of_matrices.py").verdict.value == "correct"

        def test_module(check_backprop):
            check_backprop(network_of_matrices)

        def test_wrong(check_backprop):
            check_backprop("wrong.py")
        """
    )
    result = pytester.runpytest_inprocess(*plugin)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*missing-hidden-activation-derivative*"])
