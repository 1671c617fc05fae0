"""Numbers of extended precision, whose unused bytes differ from run to run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.tape import bits_of, fingerprint
from harness.report import checking as report

KERNELS_BY_LAYER = """import numpy as np

X = np.random.normal(size=(30, 3))
Y = np.eye(2)[np.random.randint(0, 2, 30)].T
kernels = {
    0: np.random.uniform(-1, 1, size=(5, 4)).astype(np.longdouble),
    1: np.random.uniform(-1, 1, size=(2, 6)).astype(np.longdouble),
}

def squash(z):
    return 1 / (1 + np.exp(-z))

def with_ones(a):
    return np.concatenate((np.ones((1, a.shape[1]), dtype=np.longdouble), a), axis=0)

for epoch in range(40):
    first = with_ones(X.T)
    second = with_ones(squash(kernels[0] @ first))
    out = squash(kernels[1] @ second)
    cost = -np.sum(Y * np.log(out) + (1 - Y) * np.log(1 - out)) / 30
    error = out - Y
    hidden = (kernels[1].T @ error * second * (1 - second))[1:]
    steps = {0: hidden @ first.T / 30, 1: error @ second.T / 30}
    for layer in kernels.keys():
        kernels[layer] = kernels[layer] - 0.8 * steps[layer]
"""


@pytest.mark.parametrize(("old", "new", "line"), [("", "", None), (" * second * (1 - second)", " * second", 22)])
def test_a_network_of_extended_precision_is_judged(tmp_path: Path, old: str, new: str, line: int | None) -> None:
    (tmp_path / "mine.py").write_text(KERNELS_BY_LAYER.replace(old, new) if old else KERNELS_BY_LAYER)
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT), report.text(result)
    assert line is None or line in [one.place.line for one in result.mistakes if one.place]


@pytest.mark.parametrize("kind", [np.longdouble, np.clongdouble])
def test_bytes_that_mean_nothing_are_not_compared(kind: type) -> None:
    clean, other = np.zeros(3, kind), np.frombuffer(b"\xff" * np.zeros(3, kind).nbytes, kind).copy()
    clean[:] = other[:] = kind(1) / 3
    assert fingerprint(clean) == fingerprint(other)
    other[1] += np.finfo(kind).eps
    assert fingerprint(clean) != fingerprint(other)
    assert bits_of(clean) != bits_of(other)
