"""A file that finds the weights of an earlier training is judged by a run that finds none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.graph import Absorbed
from harness.recording.record import record_file

SCRIPT = """\
import os
import numpy as np

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def train():
    W = np.random.randn(2, 3)
    V = np.random.randn(3, 1)
    for _ in range(20):
        h = np.tanh(X @ W)
        d = h @ V - Y
        low = d @ V.T * (1 - SLOPE)
        V -= 0.1 * h.T @ d
        W -= 0.1 * X.T @ low
    return W, V


BEGIN
while True:
    asked = input("two numbers, or q: ")
    if asked == "q":
        break
    print(np.tanh(np.array([float(one) for one in asked.split()]) @ W) @ V)
"""
BEGINNINGS = {
    "exists": "if os.path.exists('weights.npz'):\n"
    "    saved = np.load('weights.npz')\n"
    "    W, V = saved['W'], saved['V']\n"
    "else:\n"
    "    W, V = train()",
    "raises": "try:\n"
    "    with np.load('weights.npz') as saved:\n"
    "        W, V = saved['W'], saved['V']\n"
    "except FileNotFoundError:\n"
    "    W, V = train()",
}


def write(folder: Path, beginning: str, slope: str = "h ** 2") -> Path:
    np.savez(folder / "weights.npz", W=np.ones((2, 3)), V=np.ones((3, 1)))
    path = folder / "net.py"
    path.write_text(SCRIPT.replace("BEGIN", BEGINNINGS[beginning]).replace("SLOPE", slope))
    return path


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_file_that_loads_its_weights_is_run_as_if_there_were_none(tmp_path: Path, beginning: str) -> None:
    recording = record_file(write(tmp_path, beginning))
    assert len(recording.parameters) == 2
    assert (Absorbed.SAVED, "weights.npz") in [(one.what, one.name) for one in recording.stand_ins]


@pytest.mark.parametrize(("slope", "verdict"), [("h ** 2", Verdict.CORRECT), ("h", Verdict.MISTAKE)])
def test_the_training_that_is_left_out_is_judged(tmp_path: Path, slope: str, verdict: Verdict) -> None:
    assert check_file(write(tmp_path, "exists", slope)).verdict is verdict


def test_weights_are_there_for_a_file_that_trains_on_from_them(tmp_path: Path) -> None:
    path = write(tmp_path, "exists")
    path.write_text(path.read_text().replace("while True:", "train()\nwhile True:"))
    recording = record_file(path)
    assert recording.parameters
    assert Absorbed.SAVED not in [one.what for one in recording.stand_ins]
