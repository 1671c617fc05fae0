"""Files that shuffle their observations and not the targets, or the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file

PROGRAM = """\
import numpy as np

X = np.random.normal(size=(24, 3))
Y = np.sin(X[:, :1])
W = np.random.normal(size=(3, 1)) * 0.5
for epoch in range(20):
    order = np.random.permutation(24)
    Xs, Ys = X[order], Y[order]
    for k in range(0, 24, 8):
        x, y = Xs[k:k + 8], Ys[k:k + 8]
        W -= 0.1 * x.T @ (x @ W - y) / 8
"""
AGAIN = "np.random.seed(epoch); np.random.shuffle(X); np.random.seed(epoch); np.random.shuffle(Y)"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("X[order], Y[order]", "X[order], Y[order]", None),
        ("X[order], Y[order]", "X[order], Y", 8),
        ("X[order], Y[order]", "X, Y[order]", 8),
        (
            "order = np.random.permutation(24)\n    Xs, Ys = X[order], Y[order]",
            "Xs, Ys = X, Y; np.random.shuffle(X)",
            7,
        ),
        ("order = np.random.permutation(24)\n    Xs, Ys = X[order], Y[order]", f"{AGAIN}; Xs, Ys = X, Y", None),
        ("Xs[k:k + 8], Ys[k:k + 8]", "X[order[k:k + 8]], Y[k:k + 8]", 10),
        ("Y[order]", "np.sin(X[order][:, :1])", None),
        ("Y[order]", "np.array([float(one) for one in Y[:, 0]])[order].reshape(-1, 1)", None),
        ("Y[order]", "np.ones((24, 1))", None),
        ("Y[order]", "Y[np.random.permutation(24)]", 8),
        ("Xs[k:k + 8], Ys[k:k + 8]", "X[np.random.choice(24, 8)], Y[np.random.choice(24, 8)]", 10),
        ("Xs[k:k + 8], Ys[k:k + 8]", "(rows := np.random.choice(24, 8), X[rows], Y[rows])[1:]", None),
        ("Xs[k:k + 8]", "Xs[k:k + 8][:, np.array([0, 1, 2, 2])[np.random.permutation(4)]][:, :3]", None),
    ],
)
def test_an_order_of_inputs_or_targets_alone_is_a_mistake(tmp_path: Path, old: str, new: str, line: int | None) -> None:
    path = tmp_path / "net.py"
    assert old in PROGRAM
    path.write_text(PROGRAM.replace(old, new))
    found = [(one.id, one.place and one.place.line) for one in check_file(path).mistakes]
    assert found == ([] if line is None else [("observations-not-paired", line)])
