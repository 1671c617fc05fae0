"""Values that are not parameters, though they come from the same numbers or change in a loop as parameters do."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

DENOISING = """\
import numpy as np

rng = np.random.RandomState(0)
clean = rng.rand(30, 6)
noisy = {noisy}
W1, b1 = rng.randn(6, 4) * 0.3, np.zeros(4)
W2, b2 = rng.randn(4, 6) * 0.3, np.zeros(6)
for epoch in range(5):
    h = np.tanh(noisy @ W1 + b1)
    out = h @ W2 + b2
    {error}
    d1 = d2 @ W2.T * {slope}
    W2 -= 0.1 * h.T @ d2
    b2 -= 0.1 * d2.sum(0)
    W1 -= 0.1 * noisy.T @ d1
    b1 -= 0.1 * d1.sum(0)
"""
RIGHT = "(1 - h ** 2)"


@pytest.mark.every(2)
@pytest.mark.parametrize("noisy", ["clean + 0.1 * rng.randn(30, 6)", "clean + 0.3 * np.sin(6 * clean)"])
@pytest.mark.parametrize("error", ["error = clean - out; d2 = -error / 30", "d2 = -(clean - out) / 30"])
def test_inputs_may_be_made_of_the_targets(tmp_path: Path, noisy: str, error: str) -> None:
    """``clean - out`` does not update ``clean``: d tanh(z)/dz = 1 - tanh(z)^2 makes the file right."""
    text = DENOISING.format(noisy=noisy, error=error, slope=RIGHT)
    result = check_file(write_file(tmp_path / "net.py", text))
    assert (result.verdict, len(result.parameters)) == (Verdict.CORRECT, 4)


def test_a_wrong_slope_of_such_a_file_is_found(tmp_path: Path) -> None:
    text = DENOISING.format(noisy="clean + 0.1 * rng.randn(30, 6)", error="d2 = -(clean - out) / 30", slope="h")
    result = check_file(write_file(tmp_path / "net.py", text))
    (mistake,) = result.mistakes
    assert (mistake.id, mistake.place and mistake.place.line) == ("wrong-derivative", 12)


LEAKING = """\
import numpy as np

rng = np.random.RandomState(0)
W = {{"in": rng.randn(3, 2) * 0.4, "own": rng.randn(3, 3) * 0.4, "out": rng.randn(1, 3) * 0.4}}
leak = 0.3
for trial in range(6):
    u = rng.randn(7, 2)
    target = 0.1 * np.cumsum(u[:, :1] - u[:, 1:], axis=0)
    x = np.zeros(3)
    rates, outputs = [np.tanh(x)], []
    for t in range(7):
        x = (1 - leak) * x + leak * (W["own"] @ rates[-1] + W["in"] @ u[t])
        rates.append(np.tanh(x))
        outputs.append(W["out"] @ rates[-1])
    error = np.array(outputs) - target
    loss = np.mean(error ** 2)
    grads = {{key: np.zeros_like(value) for key, value in W.items()}}
    dx = np.zeros(3)
    for t in reversed(range(7)):
        dy = 2 * error[t] / error.size
        grads["out"] += np.outer(dy, rates[t + 1])
        back = W["out"].T @ dy + leak * W["own"].T @ dx
        dx = {carried}back * (1 - rates[t + 1] ** 2)
        grads["own"] += leak * np.outer(dx, rates[t])
        grads["in"] += leak * np.outer(dx, u[t])
    for key in W:
        W[key] -= 0.1 * grads[key]
"""


def test_a_state_that_leaks_within_each_iteration_is_not_a_parameter(tmp_path: Path) -> None:
    """x(t + 1) = (1 - leak) x(t) + ..., so dC/dx(t) has the term (1 - leak) dC/dx(t + 1)."""
    text = LEAKING.format(carried="(1 - leak) * dx + ")
    result = check_file(write_file(tmp_path / "net.py", text))
    assert result.verdict is Verdict.CORRECT
    assert sorted(one.shape for one in result.parameters) == [(1, 3), (3, 2), (3, 3)]


@pytest.mark.slow
def test_what_leaks_must_be_carried_back_too(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "net.py", LEAKING.format(carried="")))
    assert [one.place and one.place.line for one in result.mistakes] == [23]


FACTORS = """\
import numpy as np

rng = np.random.RandomState(0)
ratings = [(i, j, float(1 + (2 * i + 3 * j) % 5)) for i in range(4) for j in range(3)]
P, Q = rng.normal(scale=0.5, size=(4, 2)), rng.normal(scale=0.5, size=(3, 2))
users, items = np.zeros(4), np.zeros(3)
for epoch in range(3):
    rng.shuffle(ratings)
    for i, j, r in ratings:
        e = r - {prediction}
        users[i] += 0.05 * (e - 0.01 * users[i])
        items[j] += 0.05 * (e {sign} 0.01 * items[j])
        old = P[i].copy()
        P[i] += 0.05 * (e * Q[j] - 0.01 * P[i])
        Q[j] += 0.05 * (e * old - 0.01 * Q[j])
"""
# where the rows are read, which are seen to be those of a new iteration at once, and the single items
PREDICTIONS = ("(users[i] + items[j] + P[i] @ Q[j])", "(P[i] @ Q[j] + users[i] + items[j])")


@pytest.mark.every(2)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_each_iteration_of_single_items_is_seen(tmp_path: Path, prediction: str) -> None:
    """Matrix factorisation with biases: an iteration changes one item of each, and the next one reads another."""
    text = FACTORS.format(prediction=prediction, sign="-")
    result = check_file(write_file(tmp_path / "net.py", text))
    assert result.verdict is Verdict.CORRECT
    assert sorted(one.name for one in result.parameters) == ["P", "Q", "items", "users"]


@pytest.mark.slow
def test_a_wrong_sign_of_a_single_items_penalty_is_found(tmp_path: Path) -> None:
    text = FACTORS.format(prediction=PREDICTIONS[0], sign="+")
    result = check_file(write_file(tmp_path / "net.py", text))
    assert [one.place and one.place.line for one in result.mistakes] == [12]


GROWING = """\
import numpy as np

rng = np.random.RandomState(1)
X = rng.randn(2, 20)
Y = (X[:1] * X[1:] > 0).astype(float)
W1, b1, W2, b2 = rng.randn(5, 2), 0.1, rng.randn(1, 5), 0.1
for epoch in range(5):
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    d2 = (A2 - Y) / 20
    db2 = {db2}
    d1 = W2.T @ d2 * (1 - A1 ** 2)
    db1 = {db1}
    W2 = W2 - 0.5 * d2 @ A1.T
    W1 = W1 - 0.5 * d1 @ X.T
    b2 = b2 - 0.5 * db2
    b1 = b1 - 0.5 * db1
"""
SUMS = {"db1": "np.sum(d1, axis=1, keepdims=True)", "db2": "np.sum(d2, axis=1, keepdims=True)"}


def test_a_bias_that_begins_as_a_number_is_judged_once_each_unit_has_its_own(tmp_path: Path) -> None:
    """0.1 becomes a column by its first update; dC/db of a column is the sum over the observations."""
    result = check_file(write_file(tmp_path / "net.py", GROWING.format(**SUMS)))
    assert result.verdict is Verdict.CORRECT
    assert sorted(one.shape for one in result.parameters) == [(1, 1), (1, 5), (5, 1), (5, 2)]


@pytest.mark.parametrize("name", ["db1", "db2"])
def test_a_bias_that_becomes_one_number_for_each_observation_is_a_mistake(tmp_path: Path, name: str) -> None:
    text = GROWING.format(**{**SUMS, name: name.replace("db", "d")})
    result = check_file(write_file(tmp_path / "net.py", text))
    assert "bias-gradient-not-summed" in [one.id for one in result.mistakes]


def test_numbers_of_the_file_that_multiply_arrays_are_used(tmp_path: Path) -> None:
    text = """\
import numpy as np

rng = np.random.RandomState(3)
x, y = rng.randn(12), rng.randn(12)


class Net:
    def __init__(self):
        self.w, self.v, self.b = 0.8, -0.6, 0.1

    def step(self):
        h = np.tanh(self.w * x + self.b)
        d = (self.v * h - y) / 12
        back = d * self.v * (1 - h ** 2)
        for name, g in {"w": np.sum(back * x), "v": np.sum(d * h), "b": np.sum(back)}.items():
            setattr(self, name, getattr(self, name) - 0.3 * g)


net = Net()
for i in range(5):
    net.step()
"""
    result = check_file(write_file(tmp_path / "net.py", text))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 3


def test_a_mask_of_ones_is_not_a_forgotten_weight(tmp_path: Path) -> None:
    """Ones for the entries that were observed count each error; they are not on the way to the outputs."""
    text = """\
import numpy as np

rng = np.random.RandomState(5)
M, O = rng.randn(6, 4), np.ones((6, 4))
O[2, 3] = 0
A, B = rng.randn(6, 2), rng.randn(2, 4)
for i in range(5):
    loss = np.sum(O * (M - A @ B) ** 2) / np.sum(O)
    slope = 2 / np.sum(O) * ((A @ B - M) * O)
    A, B = A - 0.1 * slope @ B.T, B - 0.1 * A.T @ {slope}
"""
    assert check_file(write_file(tmp_path / "net.py", text.format(slope="slope"))).verdict is Verdict.CORRECT
    wrong = check_file(write_file(tmp_path / "net.py", text.format(slope="np.abs(slope)")))
    assert wrong.verdict is Verdict.MISTAKE


def test_a_sum_over_the_only_unit_leaves_a_bias_one_number_for_each_observation(tmp_path: Path) -> None:
    text = GROWING.format(**{**SUMS, "db2": "np.sum(d2, axis=0, keepdims=True)"})
    result = check_file(write_file(tmp_path / "net.py", text))
    assert "bias-gradient-not-summed" in [one.id for one in result.mistakes]


SCALED = """\
import random

random.seed(2)
rows = []
for i in range(12):
    size = random.gauss(3, 1)
    rows.append([size, random.gauss(0, 0.5), 2 * size + 1])
lows = [min(row[j] for row in rows) for j in range(2)]
highs = [max(row[j] for row in rows) for j in range(2)]
for row in rows:
    for j in range(2):
        row[j] = (row[j] - lows[j]) / (highs[j] - lows[j])
u, v, c = 0.1, -0.2, 0.3
for epoch in range(3):
    for p, q, y in rows:
        error = u * p + v * q + c - y
        u -= 0.1 * error * p
        v -= 0.1 * error * q
        c -= 0.1 * error
"""


def test_drawn_data_that_their_own_smallest_value_scales_are_not_weights(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "line.py", SCALED)).verdict is Verdict.CORRECT
    wrong = check_file(write_file(tmp_path / "line.py", SCALED.replace("c -= 0.1", "c += 0.1")))
    assert wrong.verdict is Verdict.MISTAKE


BY_FEEDBACK = """import numpy as np
np.random.seed(0)
size, actions = 4, 4
moves = [(-1, 0), (1, 0), (0, -1), (0, 1)]
weights = np.random.rand(size * size, actions) * 0.01
for game in range(30):
    place = [0, 0]
    while place != [3, 3]:
        grid = np.zeros((size, size))
        grid[place[0], place[1]] = 1
        scores = grid.reshape(1, -1)[0] @ weights + 0.5 * np.random.rand(actions)
        for k, (down, right) in enumerate(moves):
            if not (0 <= place[0] + down < size and 0 <= place[1] + right < size):
                scores[k] -= 1000
        action = np.where(scores == max(scores))[0][0]
        new = [place[0] + moves[action][0], place[1] + moves[action][1]]
        gain = sum(new) - sum(place)
        feedback = np.zeros(actions)
        feedback[action] = gain + 0.5 * np.random.rand()
        weights += grid.reshape(-1, 1) * feedback
        place = new
"""


def test_weights_that_move_by_feedback_have_no_cost(tmp_path: Path) -> None:
    """Scores with noise, of which those that are ruled out are lowered, are not outputs less targets"""
    (tmp_path / "net.py").write_text(BY_FEEDBACK)
    assert check_file(tmp_path / "net.py").verdict is Verdict.NOT_JUDGED
