"""Word vectors with negative samples: a statement updates the row of the next word, another those of the samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

SAMPLED = """import numpy as np
np.random.seed(1)
def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -20, 20)))
def log_sigmoid(x):
    return -np.logaddexp(0.0, -x)
words = np.random.randint(0, 12, 60)
table = np.arange(12)
inner = np.random.uniform(-0.1, 0.1, (12, 5))
outer = np.zeros((12, 5))
for i in range(2, 58):
    for j in range(i - 2, i + 3):
        if j == i:
            continue
        center, context = words[i], words[j]
        others = table[np.random.permutation(12)[:3]]
        v, u, n = inner[center], outer[context], outer[others]
        near, far = u @ v, n @ v
        p, q = sigmoid(near), sigmoid(far)
        loss = -log_sigmoid(near) - np.sum(log_sigmoid(-far))
        dv = (p - 1.0) * u + q @ n
        du = (p - 1.0) * v
        dn = np.outer(q, v)
        inner[center] -= 0.05 * dv
        outer[context] -= 0.05 * du
        outer[others] -= 0.05 * dn
"""


def test_rows_that_two_statements_update_belong_to_one_step(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "words.py", SAMPLED))
    assert result.verdict is Verdict.CORRECT
    assert {one.name for one in result.parameters} == {"inner", "outer"}


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("old", "new", "id", "line"),
    [
        ("np.outer(q, v)", "np.outer(q - 1, v)", "wrong-derivative", 23),
        ("table[np.random.permutation(12)[:3]]", "np.array([3, 3, (i + j) % 12])", "repeated-index", 26),
        ("np.random.permutation(12)[:3]", "np.random.randint(0, 12, size=3)", "repeated-index", 26),
    ],
    ids=["samples", "the-same-word-at-once", "the-same-word-later"],
)
def test_a_mistake_of_the_samples_has_its_line(tmp_path: Path, old: str, new: str, id: str, line: int) -> None:
    result = check_file(write_file(tmp_path / "words.py", SAMPLED.replace(old, new)))
    assert result.verdict is Verdict.MISTAKE
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [(id, line)]
