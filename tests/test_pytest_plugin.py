"""``pytest --backprop FILE`` and the fixture, each in a pytest of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import plants

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "harness.pytest_plugin")


@pytest.fixture
def plugin(pytestconfig, monkeypatch):
    """The option that loads the plugin, where it is not installed."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return () if pytestconfig.pluginmanager.hasplugin("backprop") else PLUGIN


def test_one_test_for_each_quantity_and_layer(pytester, plugin):
    path = pytester.makepyfile(mine=plants.text_of("matrix"))
    result = pytester.runpytest_subprocess(*plugin, "--backprop", path.name, "-v")
    result.assert_outcomes(passed=20)
    result.stdout.fnmatch_lines(["*mine.py::z1 PASSED*", "*mine.py::gradient3 PASSED*", "*mine.py::verdict PASSED*"])


def test_a_mistake_fails_the_quantities_it_changes_with_the_report(pytester, plugin):
    text = plants.edited(plants.text_of("matrix"), plants.PLANTS["matrix"]["missing-hidden-activation-derivative"][0])
    path = pytester.makepyfile(mine=text)
    result = pytester.runpytest_subprocess(*plugin, "--backprop", path.name, "-v")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*mine.py::gradient3 PASSED*", "*mine.py::gradient2 FAILED*", "*missing-hidden-activation-derivative*"]
    )


def test_other_tests_are_left_alone_unless_named(pytester, plugin):
    pytester.makepyfile(test_other="def test_other():\n    pass\n")
    path = pytester.makepyfile(mine=plants.text_of("columns"))
    pytester.runpytest_subprocess(*plugin, "--backprop", path.name).assert_outcomes(passed=20)
    pytester.runpytest_subprocess(*plugin, "--backprop", path.name, "test_other.py").assert_outcomes(passed=21)
    pytester.runpytest_subprocess(*plugin).assert_outcomes(passed=1)


def test_the_file_is_not_run_in_this_process(pytester, plugin):
    path = pytester.makepyfile(mine="import os\nos._exit(9)\n")
    result = pytester.runpytest_subprocess(*plugin, "--backprop", path.name)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ended the whole process*exit code 9*"])


def test_a_file_that_is_missing_is_a_usage_error(pytester, plugin):
    result = pytester.runpytest_subprocess(*plugin, "--backprop", "nowhere.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--backprop: nowhere.py is no file*"])


def test_the_fixture_takes_paths_and_functions(pytester, plugin):
    pytester.makepyfile(mine=plants.text_of("loops"))
    pytester.makepyfile(
        test_it="""
        import mine

        def test_path(check_backprop):
            assert check_backprop("mine.py").verdict == "correct"

        def test_module(check_backprop):
            check_backprop(mine)

        def test_functions(check_backprop):
            check_backprop({"gradients": mine.gradients, "cost": mine.cost})

        def test_wrong(check_backprop):
            def step(weights, x, y, learning_rate):
                d_kernels, d_biases = mine.gradients(weights, x, y)
                return ([k + learning_rate * d for k, d in zip(weights[0], map(__import__("numpy").array, d_kernels))],
                        [b + learning_rate * d for b, d in zip(weights[1], map(__import__("numpy").array, d_biases))])
            check_backprop({"gradients": mine.gradients, "cost": mine.cost, "step": step})
        """
    )
    result = pytester.runpytest_subprocess(*plugin)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*functions: gradient-ascent*"])
