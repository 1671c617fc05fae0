"""Makes the small programs of this folder importable by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.diagnosis.references import References

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def no_references(monkeypatch: pytest.MonkeyPatch) -> References:
    """What off-the-shelf learners reach takes seconds, and most repairs do not depend on it: they reach nothing."""
    nothing = References(constant=0.0, learners=(), best=1.0, p_value=None, apt=True, noise=0.0)
    monkeypatch.setattr("harness.diagnosis.case.measure_references", lambda *_, **__: nothing)
    return nothing
