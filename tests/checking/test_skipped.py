"""Forward passes that leave out a layer which the backward pass goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

NETWORK = """
import numpy as np
rng = np.random.default_rng(3)
X, T = rng.normal(size=(9, 4)), rng.normal(size=(9, 2))
U, V, W = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 2))
for step in range(6):
    h = np.tanh(X @ U)
    g = np.tanh(h @ V)
    o = g @ W
    loss = 0.5 * np.sum((o - T) ** 2)
    d = o - T
    e = d @ W.T * (1 - g ** 2)
    f = e @ V.T * (1 - h ** 2)
    W -= 0.01 * g.T @ d
    V -= 0.01 * h.T @ e
    U -= 0.01 * X.T @ f
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "others"),
    [
        ("g @ W", "h @ W", 9, [8]),  # the second layer is left out
        ("h @ V)", "X @ V)", 8, [7]),  # the first is
    ],
)
def test_a_layer_that_the_forward_pass_leaves_out_is_named_at_the_line_that_should_use_it(
    tmp_path: Path, old: str, new: str, line: int, others: list[int]
) -> None:
    assert old in NETWORK
    result = check_file(write_file(tmp_path / "net.py", NETWORK.replace(old, new)))
    (found,) = result.mistakes
    assert (found.id, found.place and found.place.line) == ("layer-missing-in-forward", line)
    assert [place.line for place in found.others] == others


def test_a_network_that_uses_all_its_layers_is_right_and_another_mistake_keeps_its_name(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "net.py", NETWORK)).verdict is Verdict.CORRECT
    wrong = NETWORK.replace("(1 - g ** 2)", "(1 - g)").replace("(1 - h ** 2)", "(1 - h)")
    assert "layer-missing-in-forward" not in {
        one.id for one in check_file(write_file(tmp_path / "b.py", wrong)).mistakes
    }
