"""What all tests share: a process that loses no time with what Keras and TensorFlow do by default."""

from __future__ import annotations

import functools
import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.programs.workspace import LEVELS_ABOVE

from .forked import recordings_are_forks
from .ray_cluster import ray_cluster

# Looking for garbage in all that the tests import, again and again, would be a tenth of their work.
gc.disable()


# Their tests share processes that take long to start. What is begun first stays whole in one process of the tests, and
# nothing waits for it in the end.
FIRST = ("test_kill.py", "test_processes.py", "test_cluster.py", "test_wheel.py", "test_killed.py")


@pytest.hookimpl(tryfirst=True)  # before those that are slow are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in FIRST)  # is stable
    leave_out_cases(items)


def leave_out_cases(items: list[pytest.Item]) -> None:
    """Mark cases of tests with ``every(step)`` slow: of those that are not, each ``step``-th stays, and the first."""
    counts: Counter[str] = Counter()
    for item in items:
        mark = item.get_closest_marker("every")
        if mark is not None and item.get_closest_marker("slow") is None:
            name = item.nodeid.partition("[")[0]
            if counts[name] % mark.args[0]:
                item.add_marker(pytest.mark.slow)
            counts[name] += 1


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def forked_recordings() -> Iterator[None]:
    """The child process of each recording is a fork of one that has imported NumPy."""
    with recordings_are_forks():
        yield


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a Ray cluster of two worker processes."""
    with ray_cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """An empty folder with empty ones above it.

    A captured script sees links to what lies beside and above its folder, and that would be those of all other tests.
    """
    folder = tmp_path.joinpath(*["alone"] * LEVELS_ABOVE)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training programs are compiled for this test alone; those that other tests share stay for them.

    For tests that replace functions: a compiled program holds the functions as they were.
    """
    from harness.models import loop

    monkeypatch.setattr(loop, "compiled_descent", functools.cache(loop.compiled_descent.__wrapped__))


@pytest.fixture
def without_compiling(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keras' training steps run operation by operation, because compiling them takes longer than a few steps.

    What TensorFlow prepared for an operation stays for the next test, though it is to be forgotten with each new seed:
    only random numbers of its old generators depend on that, and a third of the time of a capture.
    """
    import tensorflow as tf
    from tensorflow.python import pywrap_tfe

    monkeypatch.setattr(pywrap_tfe, "TFE_ContextClearCaches", lambda handle: None)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
