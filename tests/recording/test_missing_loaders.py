"""Results of a loader in a missing module, if a file asks how many columns they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.report import checking as report
from tests.network_files import write_file

MEASURED = """import numpy as np
import mnist_reader

# nothing here makes rows of pictures, as view or reshape would
inputs, results = mnist_reader.load_all()
w = np.random.uniform(-0.1, 0.1, (inputs.shape[1], results.shape[1]))
b = np.zeros((1, results.shape[1]))

def confidence(row):
    return max(row / np.sum(row))

def forward(x):
    return 1 / (1 + np.exp(-(np.dot(x, w) + b)))

for epoch in range(20):
    guesses = forward(inputs)
    print([confidence(row) for row in guesses[:3]], np.argmax(results, axis=1)[:3])
    for start in range(0, len(inputs), 20):
        x, y = inputs[start : start + 20], results[start : start + 20]
        a = forward(x)
        d = (a - y) * a * (1 - a)
        w -= 0.1 * np.dot(x.T, d)
        b -= 0.1 * np.sum(d, axis=0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("slip", ["", "np.sum(a - y, axis=0)"], ids=["right", "slipped"])
def test_results_of_a_missing_loader_have_a_column_for_each_class(tmp_path: Path, slip: str) -> None:
    text = MEASURED.replace("np.sum(d, axis=0)", slip) if slip else MEASURED
    result = check_file(write_file(tmp_path / "mine.py", text))
    assert result.verdict is (Verdict.MISTAKE if slip else Verdict.CORRECT), report.text(result)
    assert {name for one in result.mistakes for name in one.parameters} == ({"b"} if slip else set())
