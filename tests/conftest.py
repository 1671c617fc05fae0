"""What all tests share: a process that loses no time with what Keras and TensorFlow do by default."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

# Looking for garbage in all that the tests import, again and again, would be a tenth of their work.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture
def without_compiling() -> Iterator[None]:
    """Keras' training steps run operation by operation, because compiling them takes longer than a few steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
