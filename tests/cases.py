"""Which cases of a long list every run of the tests has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def every(step: int, cases: Iterable[Any]) -> list[Any]:
    """Cases for ``parametrize``: each ``step``-th, beginning with the first, and the others marked slow."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow if place % step else ())
        for place, case in enumerate(cases)
    ]
