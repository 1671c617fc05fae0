"""Weight decay of some weights that is not that of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

DECAYED = """\
import numpy as np

X, Y = np.random.randn(12, 3), np.random.randn(12, 2)
W, V, penalty = np.random.randn(3, 4), np.random.randn(4, 2), {penalty}
for i in range(9):
    h = np.tanh(X @ W)
    d = (h @ V - Y) / 12
    dV = h.T @ d + {of_V}
    dW = X.T @ (d @ V.T * (1 - h ** 2)) + {of_W}
    V -= 0.1 * dV
    W -= 0.1 * dW
"""


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("penalty", "of_V", "of_W", "line"),
    [
        ("0.0", "penalty * V", "penalty * W", None),
        ("0.0", "V", "penalty * W", 8),
        ("0.01", "penalty * V", "W", 9),
        ("0.01", "penalty / 2 * V", "penalty * W", None),
        ("0.01", "V", "W", None),
    ],
)
def test_a_decay_without_the_coefficient_that_another_has_is_a_mistake(
    tmp_path: Path, penalty: str, of_V: str, of_W: str, line: int | None
) -> None:
    path = write_file(tmp_path / "decayed.py", DECAYED.format(penalty=penalty, of_V=of_V, of_W=of_W))
    result = check_file(path)
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == ([] if line is None else [("weight-decay-differs", line)])
    assert line is not None or result.verdict is Verdict.CORRECT


ONCE = """\
import numpy as np

X, Y = np.random.randn(12, 3), np.random.randn(12, 2)
W, V = np.random.randn(3, 4), np.random.randn(4, 2)
for i in range(9):
    h = np.tanh(X @ W)
    e = h @ V - Y
    cost = np.sum(e ** 2) / 12 + 0.01 * (np.sum(W ** 2) + np.sum(V ** 2))
    d = 2 * e / 12
    part = {part}
    dV = h.T @ d + part * V
    dW = X.T @ (d @ V.T * (1 - h ** 2)) + part * W
    V -= 0.1 * dV
    W -= 0.1 * dW
"""


@pytest.mark.parametrize(("part", "ids"), [("0.02", []), ("0.02 if i == 0 else 0.0", ["weight-decay-differs"])])
def test_the_gradient_of_a_penalty_that_is_left_out_from_the_second_iteration_on_is_missed(
    tmp_path: Path, part: str, ids: list[str]
) -> None:
    result = check_file(write_file(tmp_path / "once.py", ONCE.format(part=part)))
    assert [one.id for one in result.mistakes] == ids
    assert ids or result.verdict is Verdict.CORRECT


CLIPPED_AND_DECAYED = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 4))
Y = rng.normal(size=(20, 2)) * 30
w1, b1 = rng.normal(size=(4, 5)) * 0.4, rng.normal(size=5)
w2, b2 = rng.normal(size=(5, 2)) * 0.4, rng.normal(size=2)
for _ in range(6):
    h = np.tanh(X @ w1 + b1)
    d = (h @ w2 + b2 - Y) / len(X)
    da = d @ w2.T * (1 - h**2)
    dw2 = np.clip(h.T @ d, -0.5, 0.5)
    dw2 += 0.01 * w2
    w2 -= 0.05 * dw2
    b2 -= 0.05 * (d.sum(axis=0) + 0.01 * b2)
    w1 -= 0.05 * (X.T @ da + 0.01 * w1)
    b1 -= 0.05 * (da.sum(axis=0) + 0.01 * b1)
"""


@pytest.mark.slow
def test_a_bias_is_not_blamed_for_a_decay_that_its_kernel_has_beside_a_clipped_gradient(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(CLIPPED_AND_DECAYED)
    assert all(one.id != "weight-decay-differs" for one in check_file(path).mistakes)


NORMS = """
import numpy as np

rng = np.random.default_rng(4)
X, y = rng.normal(size=(15, 3)), rng.normal(size=(15, 1))
V, u = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
for _ in range(10):
    h = np.tanh(X @ V)
    e = h @ u - y
    loss = np.linalg.norm(e) ** 2 / 2 + 0.01 * np.linalg.norm(u) ** 2
    du = h.T @ e + SHARE * u
    dV = X.T @ (e @ u.T * (1 - h**2))
    u -= 0.03 * du
    V -= 0.03 * dV
"""


@pytest.mark.parametrize(("share", "found"), [("0.02", []), ("0.01", [("weight-decay-differs", 11)])])
def test_half_the_gradient_of_a_penalty_by_the_square_of_a_norm_has_the_right_sign(
    tmp_path: Path, share: str, found: list[tuple[str, int]]
) -> None:
    result = check_file(write_file(tmp_path / "norms.py", NORMS.replace("SHARE", share)))
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == found
    assert found or result.verdict is Verdict.CORRECT
