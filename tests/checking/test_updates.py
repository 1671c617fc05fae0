"""Update rules: known ones against their published equations, written out step by step, and slips of them in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.formulas import adam_rules, moment
from harness.checking.result import CheckResult, Remark, Verdict
from harness.checking.rule_places import rate_of
from harness.checking.updates import Replayed, has_falling_rate, linear_response, linear_rule
from harness.report import checking as report
from tests.network_files import write_file

G = np.random.default_rng(0).normal(size=(5, 3, 4))  # (trials, iterations, elements)

FALLING = (1 / (1 + np.array([0.0, 0.01, 0.05])))[None, :, None]  # a rate that falls, and not by one factor


def momentum_steps(kept: float, rate: float, ahead: bool = False, gradients: np.ndarray = G) -> np.ndarray:
    """v = kept v - rate g; w += v, or Nesterov's form of it (Sutskever et al. 2013): w += kept v - rate g."""
    steps, velocity = np.zeros_like(G), np.zeros_like(G[:, 0])
    for t in range(3):
        velocity = kept * velocity - rate * gradients[:, t]
        steps[:, t] = kept * velocity - rate * gradients[:, t] if ahead else velocity
    return steps


@pytest.mark.parametrize(
    ("steps", "name", "slip"),
    [
        (-0.3 * G, "sgd", ""),
        (momentum_steps(0.9, 0.1), "momentum", ""),
        (momentum_steps(0.9, 0.1) * FALLING, "momentum", ""),  # the rate is that of the step
        (momentum_steps(0.9, 0.1, gradients=G * FALLING), "momentum", ""),  # or that of each gradient in the velocity
        (momentum_steps(0.9, 0.1, ahead=True), "nesterov", ""),
        (momentum_steps(-0.9, 0.1), "momentum", "momentum-sign"),
        (momentum_steps(1.0, 0.1), "momentum", "accumulated"),
        (momentum_steps(0.9, 0.1, gradients=np.cumsum(G, axis=1)), "momentum", "accumulated"),
    ],
)
def test_linear_rules_are_recognised(steps: np.ndarray, name: str, slip: str) -> None:
    response = linear_response(Replayed(G, steps))
    assert response is not None
    rule = linear_rule(response)
    assert (rule.name, rule.slip) == (name, slip)
    if name != "sgd" and not slip:
        assert rule.constants == pytest.approx((0.9,), rel=1e-6)


def test_a_rule_with_a_root_is_not_linear() -> None:
    assert linear_response(Replayed(G, G / (np.abs(G) + 0.1))) is None


def adam_steps(square: bool = True) -> np.ndarray:
    """Algorithm 1 of Kingma and Ba (2015) with rate 0.001, 0.9, 0.999 and 1e-8."""
    steps = np.zeros_like(G)
    m, v = np.zeros_like(G[:, 0]), np.zeros_like(G[:, 0])
    for t in range(1, 4):
        g = G[:, t - 1]
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - (0.999 if square else 0.9) ** t)
        steps[:, t - 1] = -0.001 * m_hat / (np.sqrt(v_hat) + 1e-8)
    return steps


def test_adam_is_recognised_and_its_slips_are_distinguished() -> None:
    def explaining(steps: np.ndarray) -> set[tuple[str, str]]:
        rules = adam_rules(G, 0.9, 0.999, 1e-8, False, 0, 4)
        return {(rule.name, rule.slip) for rule, direction in rules if rate_of(steps, direction) is not None}

    assert explaining(adam_steps()) == {("adam", "")}
    assert explaining(adam_steps(square=False)) == {("adam", "second-correction-with-first-beta")}


def test_a_correction_that_is_left_out_is_not_a_rate_that_falls() -> None:
    right = adam_steps()
    falling = right / np.array([1.0, 1.01, 1.02])[:, None]
    uncorrected = right * np.sqrt([1 - 0.999**t for t in (1, 2, 3)])[:, None]
    assert has_falling_rate(falling, right)
    assert not has_falling_rate(uncorrected, right)
    assert not has_falling_rate(-G, G**2)


def test_a_running_mean_begins_at_zero() -> None:
    assert moment(np.ones((1, 3, 1)), 0.9).ravel() == pytest.approx([0.1, 0.19, 0.271])


SCRIPT = """\
import numpy as np
np.random.seed(3)
X = np.random.normal(size=(12, 4))
Y = np.random.normal(size=(12, 2))
W, B = np.random.normal(size=(4, 3)), np.zeros((1, 3))  # the gradient of B has one axis
V, C = np.random.normal(size=(3, 2)), np.zeros(2)
state = [0.0, 0.0, 0.0, 0.0]
square = [0.0, 0.0, 0.0, 0.0]
for t in range(1, 20):
    H = np.tanh(X @ W + B)
    A = H @ V + C
    cost = np.sum((A - Y) ** 2)
    D = 2 * (A - Y)
    E = D @ V.T * (1 - H ** 2)
    grads = [X.T @ E, E.sum(axis=0), H.T @ D, D.sum(axis=0)]
    for k, (w, g) in enumerate(zip([W, B, V, C], grads)):
{rule}
"""


def checked(folder: Path, rule: str) -> CheckResult:
    path = folder / "net.py"
    path.write_text(SCRIPT.format(rule="\n".join(f"        {line}" for line in rule.split("\n"))))
    return check_file(path)


ADAM = """\
state[k] = 0.9 * state[k] + 0.1 * g
square[k] = 0.99 * square[k] + 0.01 * g ** 2
w -= 0.01 * (state[k] / (1 - 0.9 ** t)) / (np.sqrt(square[k] / (1 - 0.99 ** t)) + 1e-8)"""
ADADELTA = """\
square[k] = 0.9 * square[k] + 0.1 * g ** 2
step = np.sqrt(state[k] + 1e-6) / np.sqrt(square[k] + 1e-6) * g
state[k] = 0.9 * state[k] + 0.1 * step ** 2
w -= step"""
CLIPPED = f"""\
size = np.sqrt(sum((one ** 2).sum() for one in grads))
g = g * min(1.0, 5.0 / (size + 1e-6))
{ADAM}"""
FALLING_ADAM = ADAM.replace("w -= 0.01", "w -= 0.01 / (1 + 0.02 * t)")


@pytest.mark.parametrize(
    ("rule", "slip", "line"),
    [
        ("g = (1 / 48) * g\n" + ADAM.replace("0.01 * g ** 2", "g ** 2"), "shares", 19),
        ("state[k] = 0.9 * state[k] + g if k < 3 else g\nw -= 0.01 * state[k]", "differs", 18),
        *(
            pytest.param(rule, slip, line, marks=pytest.mark.slow)
            for rule, slip, line in (
                (ADAM.replace("(1 - 0.99 ** t)", "(1 - 0.9 ** t)"), "second-correction-with-first-beta", 19),
                (ADAM.replace("(1 - 0.9 ** t)", "(1 - 0.9 * t)"), "correction-not-a-power", 19),
                (ADAM.replace("g ** 2", "state[k] ** 2"), "first-moment-squared", 18),
                (ADAM.replace("g ** 2", "abs(g)"), "not-squared", 18),
                (ADAM.replace("0.1 * g", "g"), "shares", 17),
                (ADAM.replace("0.9 * state", "0.99 * state"), "shares", 17),
                (ADAM.replace("** t", "** 1"), "counter-not-counted", 19),
                ("t = 1\n" + ADAM, "counter-not-counted", 20),
                (CLIPPED.replace("0.1 * g", "g"), "shares", 19),
            )
        ),
    ],
)
def test_slips_of_update_rules_in_a_file_are_not_called_right(tmp_path: Path, rule: str, slip: str, line: int) -> None:
    result = checked(tmp_path, rule)
    assert result.verdict is not Verdict.CORRECT, report.text(result)
    assert [(one.id, one.detail) for one in result.mistakes] == [("wrong-update-rule", slip)], report.text(result)
    found = result.mistakes[0]
    assert line in {place.line for place in (found.place, *found.others) if place is not None}


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (ADAM, "adam"),
        pytest.param(FALLING_ADAM, "adam", marks=pytest.mark.slow),
        (ADAM.replace("g ** 2", "(g - state[k]) ** 2"), "adabelief"),
        (f"g = (1 / 48) * g\n{ADAM}", "adam"),
        ("state[k] = 0.8 * state[k] - 0.01 * g\nw += state[k]", "momentum"),
        (ADADELTA, "adadelta"),
        ("w -= 0.01 * np.sign(g)", "sign"),
        (CLIPPED, "adam"),
    ],
)
def test_right_rules_in_a_file_are_recognised(tmp_path: Path, rule: str, name: str) -> None:
    result = checked(tmp_path, rule)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert ("update-rule", None, name) in result.notes


NETWORK = """
import numpy as np
rng = np.random.default_rng(1)
X = rng.normal(size=(16, 3))
Y = np.tanh(X[:, :1] - X[:, 1:2])
W = [rng.normal(0, 0.5, (3, 5)), rng.normal(0, 0.5, (5, 1))]
v = [np.zeros_like(w) for w in W]
for i in range(9):
    old = {old}
    {ahead}
    h = np.tanh(X @ W[0])
    d = (h @ W[1] - Y) / 16
    g = [X.T @ (d @ W[1].T * (1 - h * h)), h.T @ d]
    for k in range(2):
        {rule}
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("old", "ahead", "rule"),
    [
        (
            "W",
            "for k in range(2): W[k] -= 0.9 * v[k]",
            "W[k] += 0.9 * v[k]; v[k] = 0.9 * v[k] + 0.1 * g[k]; W[k] -= v[k]",
        ),
        ("W", "for k in range(2): W[k] -= 0.9 * v[k]", "v[k] = 0.9 * v[k] + 0.1 * g[k]; W[k] -= 0.1 * g[k]"),
        ("W", "W = [w - 0.9 * u for w, u in zip(W, v)]", "v[k] = 0.9 * v[k] + 0.1 * g[k]; W[k] = old[k] - v[k]"),
    ],
    ids=["taken-back", "kept", "other-list"],
)
def test_weights_that_look_ahead_are_parameters_and_velocities_are_not(
    tmp_path: Path, old: str, ahead: str, rule: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(NETWORK.format(old=old, ahead=ahead, rule=rule))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert sorted(one.shape for one in result.parameters) == [(3, 5), (5, 1)]
    assert any(id == "update-rule" for id, *_ in result.notes)


@pytest.mark.every(2)
@pytest.mark.parametrize(("sign", "ids"), [("+", []), ("-", ["momentum-sign"])])
def test_momentum_as_a_difference_of_weights_is_not_weight_decay(tmp_path: Path, sign: str, ids: list[str]) -> None:
    path = tmp_path / "mine.py"
    rule = f"new = W[k] - 0.1 * g[k] {sign} 0.3 * (W[k] - v[k]); v[k] = W[k]; W[k] = new"
    path.write_text(NETWORK.format(old="W", ahead="", rule=rule))
    result = check_file(path)
    assert [one.id for one in result.mistakes] == ids, report.text(result)


BY_OBSERVATION = """
import numpy as np
rng = np.random.default_rng(2)
X, Y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
W, V = rng.normal(size=(3, 3)), rng.normal(size=(3, 2))
dW, dV = np.zeros_like(W), np.zeros_like(V)
for i in range(6):
    {reset}
    for x, y in zip(X, Y):
        h = np.tanh(x @ W)
        d = 2 * (h @ V - y)
        dV += np.outer(h, d)
        dW += np.outer(x, V @ d * (1 - h * h))
    W -= 0.01 * dW
    V -= 0.01 * dV
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("reset", "ids"),
    [("pass", ["gradient-accumulated-over-iterations"]), ("dW, dV = np.zeros_like(W), np.zeros_like(V)", [])],
)
def test_sums_over_observations_that_are_never_set_back_are_found(tmp_path: Path, reset: str, ids: list[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BY_OBSERVATION.format(reset=reset))
    result = check_file(path)
    assert [one.id for one in result.mistakes] == ids, report.text(result)


@pytest.mark.every(2)
@pytest.mark.parametrize("sign", ["+", "-"])
def test_a_velocity_that_is_one_of_three_terms_belongs_to_the_update(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "mine.py"
    other = "-" if sign == "+" else "+"
    rule = f"W[k] = W[k] {sign} 0.9 * v[k] - 0.1 * g[k]; v[k] = 0.9 * v[k] {other} 0.1 * g[k]"
    path.write_text(NETWORK.format(old="W", ahead="", rule=rule))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, report.text(result)
    assert sorted(one.shape for one in result.parameters) == [(3, 5), (5, 1)]


# Adam with running means that are written as a step towards the gradient (Kingma and Ba 2015, algorithm 1, rearranged).
TOWARDS = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
y = X @ np.array([[1.0], [2.0], [-1.0]])
W, b = rng.normal(size=(3, 1)), np.zeros(1)
m, v = [np.zeros_like(W), np.zeros_like(b)], [np.zeros_like(W), np.zeros_like(b)]
sums = [np.zeros_like(W), np.zeros_like(b)]
for t in range(1, 60):
    e = (X @ W + b - y) / 30
    {reset}
    sums[0] += X.T @ e
    sums[1] += e.sum(axis=0)
    for i, (p, g) in enumerate(zip((W, b), sums)):
        m[i] += 0.1 * (g - m[i])
        v[i] += 0.001 * (g {square} - v[i])
        p -= 0.01 * (m[i] / (1 - 0.9 ** t)) / (np.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8)
"""
RESET = "for g in sums: g[...] = 0"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reset", "square", "ids"),
    [
        (RESET, "** 2", []),
        (RESET, "** 1", ["wrong-update-rule"]),
        ("", "** 2", ["gradient-accumulated-over-iterations"]),
    ],
)
def test_a_running_mean_may_be_a_step_towards_the_gradient(
    tmp_path: Path, reset: str, square: str, ids: list[str]
) -> None:
    file = tmp_path / "towards.py"
    file.write_text(TOWARDS.format(reset=reset, square=square))
    result = check_file(file)
    assert result.verdict is (Verdict.MISTAKE if ids else Verdict.CORRECT)
    assert [one.id for one in result.mistakes] == ids


TWO_KERNELS = """\
import numpy as np
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(9, 3)), rng.random((9, 1))
W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
lr, {rates}
for _ in range(5):
    h = np.tanh(X @ W1)
    d = h @ W2 - Y
    g2, g1 = h.T @ d, X.T @ (d @ W2.T * (1 - h ** 2))
    W2 -= {rate} * g2
    W1 -= lr * g1
"""


@pytest.mark.slow
def test_a_rate_twice_on_the_line_of_one_of_two_kernels_is_a_mistake_and_another_rate_is_not(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TWO_KERNELS.format(rates="other = 0.1, 0.01", rate="other"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(TWO_KERNELS.format(rates="other = 0.1, 0.01", rate="lr * lr"))
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("learning-rate-twice", 10)


LINES_OF_THEIR_OWN = """\
import numpy as np
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(9, 3)), rng.random((9, 2))
W1, W2, W3 = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(5, 2))
lr = 0.1
for _ in range(5):
    h1 = np.tanh(X @ W1)
    h2 = np.tanh(h1 @ W2)
    a = h2 @ W3
    loss = 0.5 * np.sum((a - Y) ** 2)
    d3 = a - Y
    d2 = d3 @ W3.T * (1 - h2**2)
    d1 = d2 @ W2.T * (1 - h1**2)
    W1 -= {first}
    W2 -= lr * h1.T @ d2
    W3 -= lr * h2.T @ d3
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("first", "ids"),
    [
        ("lr * X.T @ d1", []),
        ("lr * X.T @ d1 * lr", ["learning-rate-twice"]),
        ("lr * X.T @ (d1 / 2)", ["missing-factor-two"]),  # and no mean over the two outputs
    ],
)
def test_gradients_without_a_line_of_their_own(tmp_path: Path, first: str, ids: list[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LINES_OF_THEIR_OWN.format(first=first))
    assert [one.id for one in check_file(path).mistakes] == ids


BESIDE_RATES = """\
import numpy as np
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(9, 3)), rng.random((9, 1))
class Net:
    def __init__(self):
        self.W1, self.W2, self.lr = rng.normal(size=(3, 4)), rng.normal(size=(4, 1)), 0.1
    def gradients(self):
        h = np.tanh(X @ self.W1)
        d = h @ self.W2 - Y
        d1 = d @ self.W2.T * (1 - h**2)
        gradient1 = X.T @ d1
        gradient2 = h.T @ d
        return {returned}
    def step(self):
        g1, g2 = self.gradients()
        self.W1 -= {rate} * g1
        self.W2 -= self.lr * g2
net = Net()
for _ in range(5):
    net.step()
"""


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("returned", "rate", "ids"),
    [
        ("gradient1, gradient2", "0.03", []),
        ("20 * self.lr * gradient1, gradient2", "self.lr", []),  # a rate of its own
        ("2 * gradient1, gradient2", "self.lr", ["extra-factor-two"]),
        ("3 * gradient1, gradient2", "self.lr", ["gradient-scaled-differently"]),
        ("gradient1, gradient2", "self.lr ** 2", ["learning-rate-twice"]),
    ],
)
def test_a_number_before_the_line_of_the_update_is_not_another_rate(
    tmp_path: Path, returned: str, rate: str, ids: list[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BESIDE_RATES.format(returned=returned, rate=rate))
    assert [one.id for one in check_file(path).mistakes] == ids


ADAGRAD = "square[k] = square[k] + g * g\nw -= 0.1 * g / np.sqrt(square[k] + 1e-8)"


@pytest.mark.parametrize("rule", [ADAGRAD, *(pytest.param(one, marks=pytest.mark.slow) for one in (ADAM, CLIPPED))])
def test_a_rule_that_makes_steps_of_one_size_does_not_hide_a_mean(tmp_path: Path, rule: str) -> None:
    text = SCRIPT.format(rule="\n".join(f"        {line}" for line in rule.split("\n")))
    (tmp_path / "net.py").write_text(text.replace("D.sum(axis=0)]", "D.mean(axis=0)]"))
    result = check_file(tmp_path / "net.py")
    assert [(one.id, one.parameters) for one in result.mistakes] == [("bias-gradient-averaged", ("C",))]
    for means in (text.replace("D = 2 *", "D = 2 / 12 *"), text.replace("w -= ", "w -= (2 if k % 2 else 1) * ")):
        (tmp_path / "net.py").write_text(means)
        assert not check_file(tmp_path / "net.py").mistakes


# The rate is the size of the mean, so that a gradient without it times the rate is as large as the others.
WITHOUT_A_MEAN = """\
import numpy as np
rng = np.random.default_rng(17)
X, y = rng.normal(size=(14, 10, 3)), rng.normal(size=14)
F, w = rng.normal(size=(3, 5)), rng.normal(size=5)
sums = [np.zeros_like(F), np.zeros_like(w)]
for _ in range(6):
    a = np.tanh(X @ F)
    pool = a.mean(axis=1)
    e = pool @ w - y
    loss = (e ** 2).mean()
    d = 2 * e / 14
    da = np.repeat((d[:, None] * w)[:, None, :], 10, axis=1) / 10
    dz = da * (1 - a ** 2)
    gradients = [np.tensordot(X, dz, axes=([0, 1], [0, 1])), pool.T @ d]
    for p, s, g in zip((F, w), sums, gradients):
        s += g ** 2
        p -= 0.1 * g / (np.sqrt(s) + 1e-7)
print(loss)
"""


@pytest.mark.slow
def test_a_mean_that_is_left_out_is_found_though_the_rate_is_as_large(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(WITHOUT_A_MEAN)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(WITHOUT_A_MEAN.replace("axis=1) / 10", "axis=1)"))
    result = check_file(file)
    assert result.verdict is Verdict.MISTAKE
    assert [one.parameters for one in result.mistakes] == [("F",)]


RATE_OF_ACCURACY = """
import numpy as np
rng = np.random.RandomState(3)
X = rng.randn(60, 4)
y = rng.randint(0, 3, 60)
W1, b1 = rng.randn(4, 6) * 0.5, np.zeros((1, 6))
W2, b2 = rng.randn(6, 3) * 0.5, np.zeros((1, 3))
rate = 1.0
for epoch in range(40):
    hidden = np.tanh(X @ W1 + b1)
    logits = hidden @ W2 + b2
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    output = exps / exps.sum(axis=1, keepdims=True)
    loss = np.mean(-np.log(output[range(60), y]))
    accuracy = np.mean(np.argmax(output, axis=1) == y)
    delta = output.copy()
    delta[range(60), y] -= 1
    delta /= 60
    delta1 = delta @ W2.T * (1 - hidden ** 2)
    rate = 2 * (1 - accuracy) ** 2
    W2 -= rate * (hidden.T @ delta)
    b2 -= rate * delta.sum(axis=0, keepdims=True)
    W1 -= rate * (X.T @ delta1)
    b1 -= rate * delta1.sum(axis=0, keepdims=True)
"""


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("right", "written", "lines"),
    [
        ("", "", set()),
        ("(1 - hidden ** 2)", "(1 - hidden)", {19}),
        ("rate = 2 * (1 - accuracy) ** 2", "rate = 2 * np.mean(np.abs(output - np.eye(3)[y]))", set()),
        ("b2 -= rate", "b2 -= np.mean(np.abs(hidden)) * rate", {22}),
        ("rate = 2 * (1 - accuracy) ** 2", "rate = 2 * (accuracy - 2)", {20, 21, 22, 23, 24}),  # uphill
    ],
)
def test_a_rate_may_be_made_of_the_share_of_right_predictions_or_of_the_size_of_errors(
    tmp_path: Path, right: str, written: str, lines: set[int]
) -> None:
    (tmp_path / "net.py").write_text(RATE_OF_ACCURACY.replace(right, written) if right else RATE_OF_ACCURACY)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is (Verdict.MISTAKE if lines else Verdict.CORRECT), report.text(result)
    assert all(one.place is not None and one.place.line in lines for one in result.mistakes)


CLASSES = """import numpy as np
X = np.random.normal(size=(20, 3))
Y = np.eye(4)[np.random.randint(0, 4, size=20)]
W1, b1 = np.random.normal(size=(3, 5)), np.zeros(5)
W2, b2 = np.random.normal(size=(5, 4)), np.zeros(4)
for _ in range(5):
    h = np.tanh(X @ W1 + b1)
    a = np.exp(h @ W2 + b2)
    a /= a.sum(axis=1, keepdims=True)
    d = a - Y
    sums = []
    for inputs in (h, X):
        dW = DW / len(X) * inputs.T @ d
        db = DB / len(X) * d.sum(axis=0)
        sums.append((dW, db))
        d = d @ W2.T * (1 - h**2) if inputs is h else d
    W2 -= 0.1 * sums[0][0]
    b2 -= 0.1 * sums[0][1]
    W1 -= 0.1 * sums[1][0]
    b1 -= 0.1 * sums[1][1]
"""


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("kernel", "bias", "found"),
    [
        (1, 1, []),
        (2, 1, [("extra-factor-two", 13)]),
        (1, 2, [("extra-factor-two", 14)]),
        (1, 0.5, [("missing-factor-two", 14)]),
    ],
)
def test_of_as_many_gradients_those_that_are_a_mean_of_a_cross_entropy_are_right(
    tmp_path: Path, kernel: float, bias: float, found: list[tuple[str, int]]
) -> None:
    path = tmp_path / "classes.py"
    path.write_text(CLASSES.replace("DW", str(kernel)).replace("DB", str(bias)))
    assert [(one.id, one.place and one.place.line) for one in check_file(path).mistakes] == found


SCALED = """\
import numpy as np
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(9, 3)), rng.random((9, 1))
W, c, V, k = rng.normal(size=(3, 4)), np.zeros((1, 4)), rng.normal(size=(4, 1)), np.zeros((1, 1))
rate, faster = 0.1, 2.0
for _ in range(5):
    h = np.tanh(X @ W + c)
    d = h @ V + k - Y
    dV, dk = h.T @ d, {first}d.sum(axis=0, keepdims=True)
    d = d @ V.T * (1 - h**2)
    dW, dc = X.T @ d, {first}d.sum(axis=0, keepdims=True)
    {second}
    W -= rate * dW
    c -= rate * dc
    V -= rate * dV
    k -= rate * dk
"""


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        ("", "dk *= 2; dc *= 2", []),
        ("", "dk = faster * dk; dc = dc * faster", []),
        ("2 * ", "", ["extra-factor-two"]),
        ("", "dk *= len(X); dc *= len(X)", ["sum-instead-of-mean"]),
        ("", "dk *= rate; dc *= rate", ["learning-rate-twice"]),
    ],
)
def test_a_statement_that_only_multiplies_gradients_is_another_rate(
    tmp_path: Path, first: str, second: str, ids: list[str]
) -> None:
    text = SCALED.format(first=first, second=second.replace("; ", "\n    "))
    result = check_file(write_file(tmp_path / "mine.py", text))
    assert [one.id for one in result.mistakes] == ids
    rates = sorted(place.line for id, place, _ in result.notes if id is Remark.ANOTHER_RATE and place is not None)
    assert rates == ([] if ids else [12, 13])
