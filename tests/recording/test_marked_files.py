"""Text files with lines before their numbers, which the program that reads them looks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.report import checking as report
from tests.network_files import write_file

READS = """import numpy as np

def kind_of(name):
    if name == "robin":
        return 0
    elif name == "wren":
        return 1
    return -1

def read(path):
    with open(path) as file:
        lines = file.readlines()
    rows = []
    FIND
        parts = line.strip().split(", ")
        rows.append([float(one) for one in parts[:-1]] + [kind_of(parts[-1])])
    return np.array(rows)

table = read("../birds/part-1tra.dat")
x, y = table[:, :-1], table[:, -1:]
w, b = np.random.normal(size=(x.shape[1], 1)), np.zeros((1, 1))
for epoch in range(100):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    e = (p - y) * p * (1 - p)
    w -= 0.1 * x.T @ e
    b -= 0.1 * np.sum(e, axis=0, keepdims=True)
"""
BY_INDEX = 'first = lines.index("@data\\n") + 1\n    for line in lines[first:]:'
BY_FLAG = (
    "is_below = False\n"
    "    for line in lines:\n"
    '        if line.startswith("@data"):\n'
    "            is_below = True\n"
    "            continue\n"
    "        if not is_below:\n"
    "            continue"
)


@pytest.mark.every(4)
@pytest.mark.parametrize("find", [BY_INDEX, BY_FLAG], ids=["by index", "by flag"])
@pytest.mark.parametrize("slip", ["", "0.1 * np.sum(e, axis=0, keepdims=True) / len(x)"], ids=["right", "slipped"])
def test_made_up_files_have_the_line_that_is_looked_for(tmp_path: Path, find: str, slip: str) -> None:
    text = READS.replace("FIND", find)
    text = text.replace("0.1 * np.sum(e, axis=0, keepdims=True)", slip) if slip else text
    result = check_file(write_file(tmp_path / "mine.py", text))
    assert result.verdict is (Verdict.MISTAKE if slip else Verdict.CORRECT), report.text(result)
