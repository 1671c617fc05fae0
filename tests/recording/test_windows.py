"""``as_strided``: gradients go through its windows, and those beyond an array are noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.recording.windows import Windows, watch_windows
from tests.network_files import write_file

CONVOLUTION = """
import numpy as np
np.random.seed(0)
X = np.random.randn(2, 3, 6, 6)
Y = np.random.randn(2, 4, 4, 4)
scale = np.ones((1, 3, 1, 1))
W = np.random.randn(4, 3, 3, 3) * 0.1
for i in range(4):
    scaled = X * scale
    n, c, h, w = scaled.strides
    windows = np.lib.stride_tricks.as_strided(scaled, (2, 4, 4, 3, 3, 3), (n, h, w, c, h, w), writeable=False)
    out = np.einsum("nhwckl,fckl->nfhw", windows, W)
    delta = (out - Y) / len(X)
    spread = np.zeros_like(X)
    for h in range(4):
        for w in range(4):
            spread[:, :, h:h + 3, w:w + 3] += np.einsum("nf,fckl->nckl", SENT[:, :, h, w], W)
    scale -= 0.01 * np.sum(spread * X, axis=(0, 2, 3), keepdims=True)
    W -= 0.01 * np.einsum("nhwckl,nfhw->fckl", windows, delta)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("sent", "verdict"), [("delta", "correct"), ("out", "mistake")])
def test_gradients_go_through_windows(tmp_path: Path, sent: str, verdict: str) -> None:
    result = check_file(write_file(tmp_path / "convolution.py", CONVOLUTION.replace("SENT", sent)))
    assert result.verdict.value == verdict
    assert {one.name for one in result.parameters} == {"scale", "W"}


SCATTERED = """
import numpy as np
from numpy.lib.stride_tricks import as_strided
np.random.seed(0)
X = np.random.randn(8, 6)
Y = np.random.randn(8, 4)
w = np.random.randn(3)
scale = np.ones(6)
for i in range(4):
    scaled = X * scale
    n, k = scaled.strides
    windows = as_strided(scaled, (8, 4, 3), (n, k, k))
    delta = (windows @ w - Y) / len(X)
    spread = np.zeros_like(scaled)
    back = as_strided(spread, (8, 4, 3), (n, k, k))
    for j in range(4):
        back[:, j] += delta[:, j, None] * w
    w = w - 0.1 * np.einsum("nkj,nk->j", windows, delta)
    scale = scale - 0.1 * np.sum(spread * X, axis=0)
"""


def test_writes_to_windows_that_overlap_are_not_a_mistake(tmp_path: Path) -> None:
    assert not check_file(write_file(tmp_path / "scattered.py", SCATTERED)).mistakes


WINDOWS = """
import numpy as np
x = np.arange(12.0).reshape(3, 4)
w = np.ones(2)
for i in range(4):
    windows = np.lib.stride_tricks.as_strided(x, (ROWS, 2), (8 * 4, 8))
    w -= 0.01 * windows.T @ (windows @ w - 1)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("rows", "bounded", "beyond"), [(3, True, ""), (4, False, ""), (4, True, "16 bytes beyond")])
def test_windows_beyond_an_array_are_an_error_if_runs_differ(
    tmp_path: Path, rows: int, bounded: bool, beyond: str
) -> None:
    path = write_file(tmp_path / "windows.py", WINDOWS.replace("ROWS", str(rows)))
    run = (
        "import sys; from harness.recording import run; "
        f"task = dict(path={str(path)!r}, root={str(tmp_path)!r}, seed=0, seconds=20, text='', bounded={bounded}); "
        "answer = run.record(task)[0]; raised = answer['recording'].get('raised') or {}; "
        "sys.__stdout__.write(f\"{answer['is_beyond']} {raised.get('message', '')}\")"
    )
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    is_beyond, _, message = done.stdout.partition(" ")
    assert is_beyond == str(rows == 4)
    assert beyond in message if beyond else not message


def test_no_window_of_an_array_that_is_too_short_is_not_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tricks = np.lib.stride_tricks
    monkeypatch.setattr(tricks, "as_strided", tricks.as_strided)  # which is put back after the test
    for name in ("is_bounded", "is_beyond"):
        monkeypatch.setattr(Windows, name, False)
    watch_windows(is_bounded=True)
    three = np.arange(3.0)
    assert tricks.as_strided(three, (0, 5), (8, 8)).shape == (0, 5)
    assert not Windows.is_beyond
    with pytest.raises(ValueError, match="beyond the array"):
        tricks.as_strided(three, (1, 5), (8, 8))
