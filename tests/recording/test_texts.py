"""Arrays of texts that become numbers each time that a file computes with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.texts import TextArray, recorded_texts
from harness.report import checking as report
from tests.network_files import write_file

YES_AND_NO = """import numpy as np

def numbered(answers):
    for i in range(len(answers)):
        for j in range(len(answers[i])):
            answers[i][j] = 1 if answers[i][j] == "yes" else 0
    return answers

answers = numbered(np.array([
    ["no", "no", "yes", "no"], ["yes", "yes", "yes", "yes"], ["yes", "no", "yes", "yes"], ["no", "yes", "yes", "no"]
]))
inputs, wanted = answers[:, :3], answers[:, 3:]
np.random.seed(4)
w = 2 * np.random.random((3, 1)) - 1

def squash(z):
    return 2 / (1 + np.exp(-2 * z)) - 1

for turn in range(1000):
    out = squash(np.dot(inputs.astype(float), w))
    error = wanted.astype(float) - out
    w += np.dot(inputs.astype(float).T, error * (1 - out ** 2))
"""


@pytest.mark.parametrize("slip", ["", "error * (1 - out)"], ids=["right", "slipped"])
def test_texts_that_are_converted_in_each_pass_are_the_same_data(tmp_path: Path, slip: str) -> None:
    text = YES_AND_NO.replace("error * (1 - out ** 2)", slip) if slip else YES_AND_NO
    result = check_file(write_file(tmp_path / "mine.py", text))
    assert result.verdict is (Verdict.MISTAKE if slip else Verdict.CORRECT), report.text(result)
    assert [one.place and one.place.line for one in result.mistakes] == ([22] if slip else [])


def test_arrays_of_texts_behave_as_before() -> None:
    plain = np.array([["a", "bc"], ["d", "a"]])
    texts = recorded_texts(plain)
    assert isinstance(texts.T[1:], TextArray)
    assert type(texts == "a") is np.ndarray
    assert (texts == "a").tolist() == [[True, False], [False, True]]
    assert [one.tolist() for one in np.unique(texts, return_counts=True)] == [["a", "bc", "d"], [2, 1, 1]]
    assert np.concatenate([texts, plain]).tolist() == plain.tolist() * 2
    assert np.where(texts == "a", 1, 0).tolist() == [[1, 0], [0, 1]]
    assert (repr(texts), str(texts)) == (repr(plain), str(plain))
    assert recorded_texts(np.ones(2)).dtype == float
