"""Keeps the garbage collector off what is imported: looking through it again and again is a tenth of the tests' work."""

from __future__ import annotations

import gc

import pytest

gc.disable()  # while tests, and with them TensorFlow, are imported


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
