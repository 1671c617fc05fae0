"""What commands set for the libraries that they load."""

from __future__ import annotations

import os
import sys

from harness.cli.terminal import wide_vectors


def test_xla_gets_wide_vectors_before_tensorflow_is_loaded_and_only_then(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with wide_vectors():
        assert os.environ["XLA_FLAGS"] == "--xla_cpu_prefer_vector_width=512"
    assert "XLA_FLAGS" not in os.environ
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with wide_vectors():
        assert "XLA_FLAGS" not in os.environ


def test_the_users_own_flags_stay(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with wide_vectors():
        assert os.environ["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false"
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false"
