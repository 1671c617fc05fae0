"""Two networks that compete have two costs, and the gradient of neither explains all updates."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Reason, Verdict
from tests.network_files import write_file

RIVALS = """\
import numpy as np
np.random.seed(0)

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

class Maker:
    def __init__(self):
        self.w = np.random.randn(1, 4) * 0.1
        self.b = np.zeros(4)

    def make(self, z):
        return sigmoid(z @ self.w + self.b)

    def train(self, z, judge):
        x = self.make(z)
        delta = (judge.judge(x) - 1) * judge.w * x * (1 - x)
        self.w -= 0.1 * z.T @ delta
        self.b -= 0.1 * delta[0]

class Judge:
    def __init__(self):
        self.w = np.random.randn(4) * 0.1
        self.b = np.zeros(1)

    def judge(self, x):
        return sigmoid(x @ self.w + self.b)

    def train_on_real(self, x):
        delta = self.judge(x) - 1
        self.w -= 0.1 * delta * x
        self.b -= 0.1 * delta

    def train_on_made(self, x):
        delta = self.judge(x)
        self.w -= 0.1 * delta * x
        self.b -= 0.1 * delta

maker, judge = Maker(), Judge()
for epoch in range(50):
    for real in np.array([[0.9, 0.1, 0.1, 0.9], [0.8, 0.2, 0.1, 1.0]]):
        z = np.random.rand(1, 1)
        judge.train_on_real(real)
        judge.train_on_made(maker.make(z)[0])
        maker.train(z, judge)
"""
TRAINED_AGAIN = """\
import numpy as np

def fit(X, y, rounds):
    w, b = np.zeros((X.shape[1], 1)), 0
    for _ in range(rounds):
        a = 1 / (1 + np.exp(-(X @ w + b)))
        cost = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
        dw = X.T @ (a - y) / X.shape[0]
        db = np.sum(a - y) / X.shape[0]
        w = w - 0.1 * dw
        b = b - 0.1 * db
    return w, b, cost

rng = np.random.default_rng(0)
X = rng.normal(size=(23, 7))
for turn in range(TURNS):
    w, b, cost = fit(X, (X[:, :1] > turn) * 1.0, ROUNDS)
"""
LOOKING_AHEAD = """\
import numpy as np
np.random.seed(0)
X = np.random.randn(8, 3)
Y = np.random.rand(8, 1)
w1 = np.random.randn(3, 4)
w2 = np.random.randn(4, 1)
v1 = np.zeros((3, 4))
v2 = np.zeros((4, 1))
for epoch in range(5):
    w1 += 0.9 * v1
    w2 += 0.9 * v2
    h = 1 / (1 + np.exp(-X @ w1))
    a = 1 / (1 + np.exp(-h @ w2))
    loss = np.mean((a - Y) ** 2)
    d2 = (a - Y) * a * (1 - a) * 2 / 8
    d1 = d2 @ w2.T * h * (1 {sign} h)
    g1, g2 = X.T @ d1, h.T @ d2
    v1 = 0.9 * v1 - 0.1 * g1
    v2 = 0.9 * v2 - 0.1 * g2
    w1 -= 0.1 * g1
    w2 -= 0.1 * g2
"""


def test_two_networks_that_compete_are_not_judged(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "rivals.py", RIVALS))
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.SEVERAL_COSTS)


def test_a_momentum_that_looks_ahead_has_one_cost(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "ahead.py", LOOKING_AHEAD.format(sign="+"))).verdict is Verdict.MISTAKE


ADVERSARIES = """\
import numpy as np
np.random.seed(25)
def sig(z): return 1 / (1 + np.exp(-z))
G, g = np.random.randn(2, 1), np.zeros(1)
D, d = np.random.randn(1, 8), np.zeros(8)
E, e = np.random.randn(8, 1), np.zeros(1)
for step in range(10):
    real, z = np.random.normal(2, 0.5, (6, 1)), np.random.randn(6, 2)
    fake = z @ G + g
    hr, hf = np.tanh(real @ D + d), np.tanh(fake @ D + d)
    pr, pf = sig(hr @ E + e), sig(hf @ E + e)
    cost = -np.mean(np.log(pr) + np.log(1 - pf))
    er, ef = (pr - 1) / 6, pf / 6
    ur, uf = (er @ E.T) * (1 - hr ** 2), (ef @ E.T) * (1 - hf ** 2)
    gE, ge = hr.T @ er + hf.T @ ef, (er + ef).sum(0)
    D -= 0.1 * (real.T @ ur + fake.T @ uf)
    d -= 0.1 * (ur + uf).sum(0)
    E -= 0.1 * gE
    e -= 0.1 * ge
    z = np.random.randn(6, 2)
    fake = z @ G + g
    hf = np.tanh(fake @ D + d)
    pf = sig(hf @ E + e)
    loss = -np.mean(np.log(pf))
    u = (((pf - 1) / 6 @ E.T) * (1 - hf ** 2)) @ D.T
    G -= 0.1 * z.T @ u
    g -= 0.1 * u.sum(0)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("right", "wrong", "line"), [("", "", None), ("er + ef).sum", "er).sum", 15), ("((pf - 1)", "((1 - pf)", 25)]
)
def test_networks_that_have_their_turns_are_judged_one_after_the_other(
    tmp_path: Path, right: str, wrong: str, line: int | None
) -> None:
    """Each has a forward pass of its own, with what the other has become as data."""
    result = check_file(write_file(tmp_path / "adversaries.py", ADVERSARIES.replace(right, wrong, 1)))
    assert {one.place.line for one in result.mistakes if one.place} == ({line} if line else set())
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    assert line or len(result.parameters) == 6


TWO = """\
import numpy as np

X = np.random.normal(size=(20, 3))
Y = np.sin(X @ np.random.normal(size=(3, 3)))
for scale in np.logspace(-1, 0, num=3):
    networks = [[scale * np.random.randn(3, 40), scale * np.random.randn(40, 3)] for one in range(2)]
    for epoch in range(20):
        for network in networks:
            h = np.tanh(X @ network[0])
            d = (h @ network[1] - Y) / Y.shape[0]
            back = d @ network[1].T * (1 - h**2)
            for W, g in zip(network, [X.T @ back, h.T @ d]):
                W -= 0.1 * g
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("left_out", "line"), [("", None), (" * (1 - h**2)", 11)])
def test_two_networks_of_one_loop_are_judged_with_weights_of_a_listed_scale(
    tmp_path: Path, left_out: str, line: int | None
) -> None:
    result = check_file(write_file(tmp_path / "net.py", TWO.replace(left_out, "") if left_out else TWO))
    assert len(result.parameters) == 4
    assert [one.place and one.place.line for one in result.mistakes] == ([] if line is None else [line])
    assert result.verdict is (Verdict.CORRECT if line is None else Verdict.MISTAKE)


ACTOR = """
import numpy as np

rng = np.random.default_rng(2)
states = rng.normal(size=(20, 4))
W, b, V = rng.normal(0, 0.1, (4, 3)), np.zeros(3), rng.normal(0, 0.1, (4, 1))
for episode in range(6):
    e = np.exp(states @ W + b)
    pi = e / e.sum(axis=1, keepdims=True)
    actions = np.array([rng.choice(3, p=row) for row in pi])
    reward = (actions == 1).astype(float)
    advantage = reward - (states @ V)[:, 0]
    policy_loss = -(advantage * np.log(pi[np.arange(20), actions])).mean()
    value_loss = 0.5 * (advantage ** 2).mean()
    print(policy_loss + value_loss)
    delta = pi.copy()
    delta[np.arange(20), actions] -= 1
    delta *= advantage[:, None] / 20
    W -= 0.5 * states.T @ delta
    b -= 0.5 * delta.sum(axis=0)
    V -= 0.5 * {critic} / 20
"""


@pytest.mark.parametrize(
    ("critic", "verdict"),
    [("-states.T @ advantage[:, None]", Verdict.CORRECT), ("states.T @ advantage[:, None]", Verdict.MISTAKE)],
    ids=["right", "turned"],
)
def test_an_actor_takes_what_its_critic_says_as_given(tmp_path: Path, critic: str, verdict: Verdict) -> None:
    result = check_file(write_file(tmp_path / "actor.py", ACTOR.format(critic=critic)))
    assert result.verdict is verdict
    if verdict is Verdict.CORRECT:
        assert {one.name for one in result.parameters} == {"W", "b", "V"}


@pytest.mark.parametrize(
    ("critic", "verdict"),
    [("-states.T @ advantage[:, None]", Verdict.CORRECT), ("-states.T @ delta[:, :1]", Verdict.MISTAKE)],
    ids=["right", "of-the-actor"],
)
def test_actions_that_are_drawn_by_comparing_with_sums_of_probabilities_are_data(
    tmp_path: Path, critic: str, verdict: Verdict
) -> None:
    drawn = "actions = (rng.random((20, 1)) > np.cumsum(pi, axis=1)).sum(axis=1).clip(0, 2)"
    text = ACTOR.replace("actions = np.array([rng.choice(3, p=row) for row in pi])", drawn).format(critic=critic)
    assert check_file(write_file(tmp_path / "actor.py", text)).verdict is verdict


@pytest.mark.every(2)
@pytest.mark.parametrize(("turns", "rounds"), [(2, 1), (3, 3)])
def test_a_training_that_is_called_again_has_observations_of_its_own(tmp_path: Path, turns: int, rounds: int) -> None:
    """The number of trainings is not that of observations."""
    text = TRAINED_AGAIN.replace("TURNS", str(turns)).replace("ROUNDS", str(rounds))
    right = check_file(write_file(tmp_path / "right.py", text))
    assert right.verdict is Verdict.CORRECT
    assert len(right.parameters) == 2 * turns
    slipped = check_file(write_file(tmp_path / "slipped.py", text.replace("/ X.shape[0]", "/ X.shape[1]")))
    assert [one.id for one in slipped.mistakes] == ["mean-over-features"]
    ratio = slipped.mistakes[0].ratio
    assert ratio is not None
    assert abs(ratio - 23 / 7) < 1e-9
