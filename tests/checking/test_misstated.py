"""Costs that a file computes and prints, and that are not the ones that its gradients belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.cost import GRADIENTS, VALUES, Form
from harness.checking.result import CheckResult, Verdict
from harness.report import checking as report
from tests.files.bench import BENCHES, cases, write_case
from tests.network_files import write_file

RIGHT = "-np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / 30"


def checked(folder: Path, *lines: str) -> CheckResult:
    """The verdict on a logistic regression with right gradients that runs these lines between forward and backward"""
    path = write_file(
        folder / "mine.py",
        "import numpy as np\n"
        "X = np.random.normal(size=(30, 3))\n"
        "y = (X.sum(axis=1, keepdims=True) > 0) * 1.0\n"
        "W, b = np.random.normal(size=(3, 1)), np.zeros((1, 1))\n"
        "for i in range(5):\n"
        "    a = 1 / (1 + np.exp(-(X @ W + b)))\n"
        + "".join(f"    {line}\n" for line in lines)
        + "    d = (a - y) / 30\n"
        "    W -= 0.5 * X.T @ d\n"
        "    b -= 0.5 * d.sum(axis=0, keepdims=True)\n",
    )
    return check_file(path)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ("np.sum(-y * np.log(a) + (1 - y) * np.log(1 - a)) / 30", ("cost-differs", "+ -> -")),
        (RIGHT.replace("y *", "y.ravel() *"), ("broadcast-by-accident", "")),
    ],
)
def test_a_slip_in_the_cost_that_is_printed_is_a_mistake_at_its_line(
    tmp_path: Path, cost: str, expected: tuple[str, str]
) -> None:
    result = checked(tmp_path, f"cost = {cost}", "print(cost)")
    (found,) = result.mistakes
    assert (found.id, found.detail, found.place and found.place.line) == (*expected, 7)
    assert not found.parameters


LEFT_OUT = """import numpy as np
rows, marks = np.loadtxt("train_x"), np.loadtxt("train_y").reshape(50000, 1)
pixels = 784
rows, marks = rows[:-len(rows) // 5] / 255, marks[:-len(marks) // 5]
one_hot = np.zeros((40000, 10))
for i in range(40000):
    one_hot[i, int(marks[i])] = 1
W1, W2 = np.random.uniform(-0.1, 0.1, (pixels, 8)), np.random.uniform(-0.1, 0.1, (8, 10))
def entropy(y, p):
    loss = np.sum(-y * np.log(p)) / len(y)
    return loss
for step in range(200):
    h = np.tanh(rows @ W1)
    e = np.exp(h @ W2)
    p = e / e.sum(axis=1, keepdims=True)
    print(entropy(one_hot, p))
    d = (p - one_hot) / len(rows)
    dW2, dW1 = h.T @ d, rows.T @ (d @ W2.T * (1 - h**2))
    W1 -= 0.1 * dW1
    W2 -= 0.1 * dW2
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", None),
        ("-y * np.log(p)", "-p * np.log(p)", "cost-differs"),
    ],
)
def test_the_target_of_a_cost_is_not_its_negation(tmp_path: Path, old: str, new: str, expected: str | None) -> None:
    text = (
        "import numpy as np\n"
        "X = np.random.normal(size=(30, 4))\n"
        "y = np.eye(3)[np.random.randint(0, 3, 30)]\n"
        "W = np.random.normal(size=(4, 3))\n"
        "for i in range(5):\n"
        "    e = np.exp(X @ W)\n"
        "    p = e / e.sum(axis=1, keepdims=True)\n"
        "    loss = np.sum(-y * np.log(p)) / 30\n"
        "    d = (p - y) / 30\n"
        "    W -= 0.5 * X.T @ d\n"
    )
    assert old in text
    result = check_file(write_file(tmp_path / "mine.py", text.replace(old, new) if old else text))
    assert [one.id for one in result.mistakes] == ([expected] if expected else []), report.text(result)
    assert expected or result.verdict is Verdict.CORRECT, report.text(result)


@pytest.mark.slow
@pytest.mark.parametrize("slip", ["", "-p * np.log(p)"])
def test_a_cost_without_its_targets_is_found_in_a_file_that_counts_a_part_of_its_rows(
    tmp_path: Path, slip: str
) -> None:
    result = check_file(write_file(tmp_path / "mine.py", LEFT_OUT.replace("-y * np.log(p)", slip or "-y * np.log(p)")))
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == ([("cost-differs", 10)] if slip else []), report.text(result)
    assert slip or result.verdict is Verdict.CORRECT, report.text(result)
    assert {(one.number, one.made) for one in result.reductions} >= {(50000, 60), (40000, 48)}


def test_a_printed_cost_is_compared_with_the_outputs_before_they_are_reshaped(tmp_path: Path) -> None:
    result = checked(tmp_path, f"loss = {RIGHT.replace('y *', 'y.ravel() *')}", "print(loss)", "a = a.reshape(-1, 1)")
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("broadcast-by-accident", 7)]


def test_another_cost_that_is_printed_is_a_second_reading(tmp_path: Path) -> None:
    result = checked(tmp_path, "cost = np.mean(np.abs(a - y) ** 3)", "print(cost)")
    assert result.verdict is Verdict.CORRECT
    assert [(one.id, one.place and one.place.line) for one in result.alternatives[0].mistakes] == [("cost-differs", 7)]


@pytest.mark.parametrize("shown", ["np.mean(np.log(np.cosh({} - y)))", "np.mean(np.abs({} - y) ** 3)"])
def test_another_cost_that_has_a_forward_pass_of_its_own_is_a_second_reading(tmp_path: Path, shown: str) -> None:
    result = checked(tmp_path, f"cost = {shown.format('(1 / (1 + np.exp(-(X @ W + b))))')}", "print(cost)")
    assert result.verdict is Verdict.CORRECT
    assert [(one.id, one.place and one.place.line) for one in result.alternatives[0].mistakes] == [("cost-differs", 7)]


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "lines",
    [
        (f"cost = {RIGHT}",),
        (f"cost = {RIGHT.replace('(a)', '(a + 1e-8)')}",),
        (f"cost = {RIGHT.replace('(a)', '(1 / (1 + np.exp(-(X @ W + b))))')}",),  # of another forward pass
        (f"cost = {RIGHT}", "val_loss = -np.log(a[:5]).mean()"),  # of other observations
        ("accuracy_loss = np.mean((a > 0.5) != y)",),
    ],
)
def test_the_right_cost_stands_alone(tmp_path: Path, lines: tuple[str, ...]) -> None:
    result = checked(tmp_path, *lines)
    assert result.verdict is Verdict.CORRECT
    assert not [found for one in result.alternatives for found in one.mistakes if found.id == "cost-differs"]


@pytest.mark.parametrize(
    ("outputs", "expected"), [("a", ("wrong-derivative", 8)), ("sigmoid(X @ W)", ("cost-differs", 9))]
)
def test_a_categorical_cost_of_sigmoid_outputs_is_a_second_reading(
    tmp_path: Path, outputs: str, expected: tuple[str, int]
) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "X, W = np.random.normal(size=(20, 3)), np.random.normal(size=(3, 2))\n"
        "y = np.eye(2)[(X[:, 0] > 0).astype(int)]\n"
        "def sigmoid(z):\n"
        "    return 1 / (1 + np.exp(-z))\n"
        "for i in range(5):\n"
        "    a = sigmoid(X @ W)\n"
        "    W -= X.T @ (a - y) / 20\n"
        f"    print(-np.sum(y * np.log({outputs})) / 20)\n",
    )
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert [(one.id, one.place and one.place.line) for one in result.alternatives[0].mistakes] == [expected]


def test_the_mean_over_the_outputs_of_one_observation_is_not_another_scale(tmp_path: Path) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "W, V = np.random.normal(size=(5, 4)), np.random.normal(size=(3, 5))\n"
        "for i in range(5):\n"
        "    x, y = np.random.normal(size=4), np.random.normal(size=3)\n"
        "    h = np.tanh(W @ x)\n"
        "    loss = np.mean((V @ h - y) ** 2)\n"
        "    d = 2 / 3 * (V @ h - y)\n"
        "    e = V.T @ d * (1 - h ** 2)\n"
        "    V -= 0.1 * np.outer(d, h)\n"
        "    W -= 0.1 * np.outer(e, x)\n",
    )
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert not result.alternatives


@pytest.mark.parametrize("form", Form)
def test_the_gradient_of_each_cost_is_that_of_its_value(form: Form) -> None:
    """By central differences, where no term is at a kink"""
    a, y, step = np.array([0.3, 0.6, 0.8]), np.array([0.0, 1.0, 1.0]), 1e-6
    moved = [np.eye(3)[i] * step for i in range(3)]
    differences = [(VALUES[form](a + one, y) - VALUES[form](a - one, y)) / (2 * step) for one in moved]
    np.testing.assert_allclose(GRADIENTS[form](a, y), differences, rtol=1e-6, atol=1e-8)


def test_squares_that_are_printed_beside_absolute_errors_are_a_second_reading(tmp_path: Path) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "X = np.random.normal(size=(12, 3))\n"
        "y = X @ np.array([[1.0], [2.0], [-1.0]]) + 0.1\n"
        "W, b = np.random.normal(size=(3, 1)), np.zeros((1, 1))\n"
        "for i in range(5):\n"
        "    out = X @ W + b\n"
        "    loss = np.mean((out - y) ** 2)\n"
        "    print(loss)\n"
        "    d = np.sign(out - y) / 12\n"
        "    W -= 0.1 * X.T @ d\n"
        "    b -= 0.1 * d.sum(axis=0, keepdims=True)\n",
    )
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert result.cost is not None
    assert result.cost.form == Form.ABSOLUTE.value
    assert [one.cost.variable for one in result.alternatives] == ["loss"]


def test_a_cost_that_is_computed_once_an_epoch_is_compared_as_well(tmp_path: Path) -> None:
    # the gradients are those of the cross-entropy, in 25 updates for each mean of squares
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(50, 3))\n"
        "y = (X.sum(axis=1, keepdims=True) > 0) * 1.0\n"
        "W, b = np.random.normal(size=(3, 1)), np.zeros((1, 1))\n"
        "for epoch in range(5):\n"
        "    for i in range(0, 50, 2):\n"
        "        a = 1 / (1 + np.exp(-(X[i : i + 2] @ W + b)))\n"
        "        d = (a - y[i : i + 2]) / 2\n"
        "        W -= 0.5 * X[i : i + 2].T @ d\n"
        "        b -= 0.5 * d.sum(axis=0, keepdims=True)\n"
        "    loss = np.mean((1 / (1 + np.exp(-(X @ W + b))) - y) ** 2)\n"
        "    print(epoch, loss)\n"
    )
    result = check_file(tmp_path / "mine.py")
    (found,) = result.mistakes
    assert (found.id, found.place and found.place.line) == ("missing-output-activation-derivative", 8)


SUMMED = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=({rows}, 4))
y = rng.integers(0, 3, {rows})
W, b = rng.normal(size=(4, 3)), np.zeros((1, 3))
total = 0
for epoch in range(3):
    epoch_loss = 0
    for k in range(0, {rows}, 8):
        x, label = X[k:k + 8], y[k:k + 8]
        z = x @ W + b
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[range(8), label]).mean() + 0.05 * np.sum(W ** 2)
        onehot = np.eye(3)[label]
        d = (p - onehot) / 8
        W -= 0.1 * (x.T @ d{penalty})
        b -= 0.1 * d.sum(axis=0, keepdims=True)
        epoch_loss += loss
    total += epoch_loss / ({rows} // 9)
print(total)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("penalty", "found"), [("", ["weight-decay-differs"]), (" + 0.1 * W", [])])
@pytest.mark.parametrize("rows", [40, 8])  # the mean over 8 // 9 batches is not finite
def test_the_penalty_of_a_cost_that_is_summed_over_batches_is_compared(
    tmp_path: Path, rows: int, penalty: str, found: list[str]
) -> None:
    result = check_file(write_file(tmp_path / "mine.py", SUMMED.format(rows=rows, penalty=penalty)))
    assert [one.id for one in result.mistakes] == found
    assert result.verdict is (Verdict.MISTAKE if found else Verdict.CORRECT)


def test_a_penalty_of_the_updated_weights_stays_a_part_of_the_cost(tmp_path: Path) -> None:
    """The cost is that of the outputs before the update, and the penalty that of the weights after it."""
    planted = "typed_dataclasses/layers+regularisation-of-wrong-array"
    case = next(one for one in cases(BENCHES["second"]) if one.id == planted)
    (found,) = check_file(write_case(case, tmp_path)).mistakes
    assert (found.id, found.place and found.place.line) == ("weight-decay-differs", 79)


PENALISED = """\
import numpy as np

X = np.random.normal(size=(30, 4))
Y = X @ np.random.normal(size=(4, 2)) + 0.1
W = np.random.normal(size=(4, 2)) * 0.5
for i in range(50):
    error = X @ W - Y
    g = X.T @ error * 2 / error.size
    W -= 0.05 * (g + 0.1 * W)
    print(np.mean(error**2) + 0.05 * np.sum(W**2))
"""


@pytest.mark.parametrize(("decayed", "found"), [("W", []), ("g", [("weight-decay-differs", 9)])])
def test_a_number_with_a_penalty_is_a_cost_without_a_name(
    tmp_path: Path, decayed: str, found: list[tuple[str, int]]
) -> None:
    path = write_file(tmp_path / "net.py", PENALISED.replace("g + 0.1 * W", f"g + 0.1 * {decayed}"))
    assert [(one.id, one.place and one.place.line) for one in check_file(path).mistakes] == found


@pytest.mark.parametrize(
    ("units", "outputs", "delta", "ids"),
    [
        (1, "1 / (1 + np.exp(-z))", "-y * (1 - a)", ["binary-crossentropy-one-sided"]),
        (2, "1 / (1 + np.exp(-z))", "-y * (1 - a)", ["binary-crossentropy-one-sided"]),
        (2, "np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)", "a - y", []),
    ],
)
def test_a_cost_that_lets_every_output_grow_is_a_mistake(
    tmp_path: Path, units: int, outputs: str, delta: str, ids: list[str]
) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        f"X, W = np.random.normal(size=(20, 3)), np.random.normal(size=(3, {units}))\n"
        f"y = np.eye(2)[(X[:, 0] > 0).astype(int)][:, :{units}]\n"
        "for i in range(5):\n"
        "    z = X @ W\n"
        f"    a = {outputs}\n"
        "    cost = -np.sum(y * np.log(a))\n"
        f"    W -= 0.1 * X.T @ ({delta})\n",
    )
    found = [(one.id, one.place and one.place.line) for one in check_file(path).mistakes]
    assert found == [(one, 7) for one in ids]


RATE_BEFORE = """\
import numpy as np
rng = np.random.default_rng(0)
X, T = (rng.random((7, 12)) > 0.5) * 1.0, np.eye(10)[rng.integers(0, 10, 7)]

def fit(X, T, rate=0.1):
    n, d = X.shape
    w, W = rng.normal(size=(d, 3)), rng.normal(size=(3, T.shape[1]))
    for _ in range(6):
        a = 1 / (1 + np.exp(-X @ w))
        A = 1 / (1 + np.exp(-a @ W))
        delta = (T - A) * A * (1 - A)
        G = {factor} * np.dot(a.T, delta)
        g = {factor} * np.dot(X.T, delta @ W.T * a * (1 - a))
        W = W + G
        w = w + g

fit(X, T)
"""


UNLIKE = """
import numpy as np

rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
W, b = rng.normal(size=(3, 4)), np.zeros(4)
V, c = rng.normal(size=(4, 1)), np.zeros(1)
for step in range(20):
    h = np.tanh(X @ W + b)
    a = h @ V + c
    cost = np.COST((a - y) ** 2)
    d = 2 * (a - y)
    e = d @ V.T * (1 - h**2)
    dV, dW = h.T @ dKERNELS, X.T @ eKERNELS
    dc, db = d.BIASES(axis=0), e.BIASES(axis=0)
    V -= 0.001 * dV
    c -= 0.001 * dc
    W -= 0.001 * dW
    b -= 0.001 * db
print(cost)
"""


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("cost", "kernels", "biases", "mistakes"),
    [
        ("sum", "", "sum", []),
        ("mean", "", "mean", ["sum-instead-of-mean"]),
        ("sum", " / 20", "sum", ["kernel-gradient-averaged"]),
        ("sum", "", "mean", ["bias-gradient-averaged"]),
    ],
)
def test_gradients_of_kernels_and_biases_are_both_sums_or_both_means(
    cost: str, kernels: str, biases: str, mistakes: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(UNLIKE.replace("COST", cost).replace("KERNELS", kernels).replace("BIASES", biases))
    assert [one.id for one in check_file(path).mistakes] == mistakes


ONE_NUMBER = """
import numpy as np

rng = np.random.default_rng(0)
X, t = rng.normal(size=(12, 5)), rng.normal(size=12)
w = rng.normal(size=5)
for epoch in range(20):
    for x, y in zip(X, t):
        z = np.dot(w, x)
        cost = 0.5 * (z - y) ** 2
        gradient = (z - y) * xDIVISOR
        w -= 0.1 * gradient
print(cost)
"""


@pytest.mark.parametrize(("divisor", "mistakes"), [("", []), (" / x.shape[0]", ["mean-over-features"])])
def test_an_output_that_is_one_number_is_of_one_observation(divisor: str, mistakes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(ONE_NUMBER.replace("DIVISOR", divisor))
    assert [one.id for one in check_file(path).mistakes] == mistakes


def test_a_rate_that_is_one_over_the_number_of_outputs_is_not_a_mean_over_them(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(RATE_BEFORE.format(factor="rate"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(RATE_BEFORE.format(factor="1 / T.shape[1]"))
    assert {one.id for one in check_file(path).mistakes} == {"mean-over-features"}


OUTPUTS_TWICE = """
import numpy as np
np.random.seed(0)
X, theta = np.random.normal(size=(20, 3)), np.random.normal(size=(3, 1))
y = (X[:, :1] > 0) * 1.0
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def cost_and_slope(theta):
    first = np.dot((-y).reshape(1, 20), np.log(sigmoid(np.dot(X, theta))))
    second = np.dot((np.ones((20, 1)) - y).reshape(1, 20), np.log(np.ones((20, 1)) - sigmoid(np.dot(X, theta))))
    cost = (first - second) / 20 + 0.1 * np.dot(theta.T, theta) / 40
    return cost, np.dot((sigmoid(np.dot(X, theta)) - y).T, X).T / 20 + 0.1 * theta / 20
for i in range(5):
    cost, slope = cost_and_slope(theta)
    theta -= 0.1 * slope
"""


def test_a_cost_that_computes_its_outputs_for_each_part_has_both_parts(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "mine.py", OUTPUTS_TWICE))
    assert (result.verdict, result.mistakes) == (Verdict.CORRECT, ())


POWERS = """
import numpy as np
np.random.seed(0)
data = np.random.normal(size=(40, 2)) * 1.5
y = (data[:, 0] * data[:, 1] > 0) * 1.0
X = np.stack([data[:, 0] ** (d - k) * data[:, 1] ** k for d in range(7) for k in range(d + 1)], axis=1)
theta = np.zeros(28)
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
for i in range(5):
    a = sigmoid(X @ theta)
    cost = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / 40
    theta = theta - 0.01 * X.T @ ({error}) / 40
"""


@pytest.mark.parametrize(("error", "verdict"), [("a - y", Verdict.CORRECT), ("(a - y) * a", Verdict.MISTAKE)])
def test_powers_of_the_data_saturate_no_unit_at_random_weights(tmp_path: Path, error: str, verdict: Verdict) -> None:
    assert check_file(write_file(tmp_path / "mine.py", POWERS.replace("{error}", error))).verdict is verdict


ONE_BY_ONE = """
import numpy as np

class Net:
    def __init__(self, n_in, n_hidden):
        self.w = {"w_1": np.random.randn(n_hidden, n_in) * 0.4, "w_2": np.random.randn(1, n_hidden) * 0.4}

    def gradients(self, x, y):
        h = np.tanh(self.w["w_1"] @ x)
        self.output = self.w["w_2"] @ h
        d2 = self.output - y
        d1 = self.w["w_2"].T @ d2 * (1 - h ** 2)
        return {"w_1": d1 @ x.T, "w_2": d2 @ h.T}

    def fit(self, X, y, batch_size):
        for start in range(0, len(X), batch_size):
            xs, ys = X[start : start + batch_size], y[start : start + batch_size]
            all_gradients, loss = [], 0
            for i in range(len(xs)):
                all_gradients.append(self.gradients(xs[i].reshape(-1, 1), ys[i]))
                loss += np.mean((self.output - ys[i]) ** 2) / 2
            print(loss)
            for name in self.w:
                self.w[name] -= 0.1 * np.mean([one[name] for one in all_gradients], axis=0)

X = np.random.randn(24, 3)
Net(3, 8).fit(X, X[:, :1] - X[:, 1:2], batch_size=8)
"""


@pytest.mark.slow
def test_the_mean_over_a_batch_as_large_as_a_layer_is_not_one_over_its_units(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(ONE_BY_ONE)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(ONE_BY_ONE.replace("(1 - h ** 2)", "(1 - h)"))
    assert check_file(path).verdict is Verdict.MISTAKE


MEANS_OF_EACH = """\
import numpy as np
rng = np.random.default_rng(0)
X, T = rng.normal(size=(12, 7, 1)), rng.random((12, 3, 1))
w, W = rng.normal(size=(5, 7)), rng.normal(size=(3, 5))

def mean_squares(out, wanted):
    return np.sum((out - wanted) ** 2) / len(out)

def slope(out, wanted):
    return 2 * (out - wanted) / len({counted})

for _ in range(6):
    g, G = np.zeros_like(w), np.zeros_like(W)
    for x, t in zip(X, T):
        a = np.tanh(w @ x)
        out = W @ a
        cost = mean_squares(out, t)
        delta = slope(out, t)
        G += delta @ a.T
        g += (W.T @ delta * (1 - a ** 2)) @ x.T
    w -= 0.1 / len(X) * g
    W -= 0.1 / len(X) * G
"""


def test_one_observation_at_a_time_may_have_a_mean_over_its_outputs(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MEANS_OF_EACH.format(counted="out"))
    assert check_file(path).verdict is Verdict.CORRECT


RUNNING_AVERAGE = """\
import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(4, 5))
y = (X[:, :1] * X[:, 1:2] > 0) * 1.0
W1, b1 = rng.normal(size=(5, 4)), np.zeros((1, 4))
W2, b2 = rng.normal(size=(4, 1)), np.zeros((1, 1))
for epoch in range(4):
    epoch_loss = 0.0
    for start in range(0, len(X), 4):
        x, t = X[start : start + 4], y[start : start + 4]
        h = np.tanh(x @ W1 + b1)
        a = h @ W2 + b2
        loss = np.mean((a - t) ** 2)
        epoch_loss += loss * len(x)
        d2 = 2 * (a - t) / DIVISOR
        dW2, db2 = h.T @ d2, d2.sum(axis=0, keepdims=True)
        d1 = d2 @ W2.T * (1 - h**2)
        dW1, db1 = x.T @ d1, d1.sum(axis=0, keepdims=True)
        for parameter, gradient in ((W1, dW1), (b1, db1), (W2, dW2), (b2, db2)):
            parameter -= 0.5 * gradient
    avg_loss = epoch_loss / len(X)
    print(avg_loss)
"""


def test_a_running_average_of_as_many_rows_as_hidden_units_is_a_mean_over_rows(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(RUNNING_AVERAGE.replace("DIVISOR", "len(t)"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(RUNNING_AVERAGE.replace("DIVISOR", "X.shape[1]"))
    assert {one.id for one in check_file(path).mistakes} == {"mean-over-features"}


WITH_SPARE_UNITS = """\
import numpy as np
np.random.seed(21)
D = np.random.rand(22, 6)
W, V, c = np.random.randn(6, 3) * 0.3, np.random.randn(3, 6) * 0.3, np.zeros(6)
for _ in range(9):
    H = 1 / (1 + np.exp(-D @ W))
    R = H @ V + c
    cost = 0.5 * np.sum((R - D) ** 2) / len(D) + 0.05 * np.sum(H) / len(D)
    dR = (R - D) / len(D)
    dH = (dR @ V.T{part}) * H * (1 - H)
    V -= 0.4 * H.T @ dR
    c -= 0.4 * dR.sum(axis=0)
    W -= 0.4 * D.T @ dH
print(cost)
"""


@pytest.mark.parametrize(("part", "ids"), [(" + 0.05 / len(D)", []), ("", ["cost-differs"])])
def test_what_a_cost_makes_of_hidden_units_and_gradients_leave_out_is_a_second_reading(
    tmp_path: Path, part: str, ids: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(WITH_SPARE_UNITS.format(part=part))
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.CORRECT
    assert [one.mistakes[0].id for one in result.alternatives if one.cost.form == ""] == ids


MARGINS = """import numpy as np
X = np.random.normal(size=(30, 3))
y = np.sign(X.sum(axis=1) + 0.3)
W1, b1 = np.random.normal(size=(3, 4)), np.zeros(4)
w2 = np.random.normal(size=4)
for i in range(5):
    h = np.tanh(X @ W1 + b1)
    margin = y * (h @ w2)
    loss = COST
    g = np.where(margin < LEAST, -y, 0.0) / len(y)
    dh = np.outer(g, w2) * (1 - h**2)
    w2 = w2 - 0.1 * (h.T @ g)
    W1 = W1 - 0.1 * (X.T @ dh)
    b1 = b1 - 0.1 * dh.sum(axis=0)
    print(loss)
"""


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("cost", "least", "line"),
    [
        ("np.maximum(0, 1 - margin).mean()", "1", None),
        ("np.maximum(0, 1 - margin).mean()", "0", 10),
        ("np.maximum(0, -margin).mean()", "0", None),
        ("np.maximum(0, -margin).mean()", "1", 10),
        ("np.sum(margin < 0)", "0", None),
    ],
)
def test_a_gradient_that_counts_other_margins_than_the_hinge_that_is_computed_is_a_mistake(
    tmp_path: Path, cost: str, least: str, line: int | None
) -> None:
    result = check_file(write_file(tmp_path / "mine.py", MARGINS.replace("COST", cost).replace("LEAST", least)))
    assert result.verdict is (Verdict.CORRECT if line is None else Verdict.MISTAKE)
    assert not (line is None and result.alternatives)
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == ([] if line is None else [("cost-differs", line)])


OF_OTHER_CLASSES = """
import numpy as np

class Softmax:
    def forward(self, z, y):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.output = e / e.sum(axis=1, keepdims=True)
        return np.mean(-np.log(np.clip(self.output, 1e-7, 1 - 1e-7)[range(len(y)), y]))

    def backward(self, y):
        self.dinputs = self.output.copy()
        self.dinputs[range(len(y)), PICKED] -= 1
        self.dinputs = self.dinputs / len(y)

rng = np.random.default_rng(4)
X = rng.normal(size=(30, 4))
y = rng.integers(0, 3, size=30)
w = rng.normal(size=(4, 3)) * 0.3
ending = Softmax()
for _ in range(10):
    loss = ending.forward(X @ w, y)
    ending.backward(y)
    w -= 0.1 * X.T @ ending.dinputs
"""


@pytest.mark.parametrize(
    ("picked", "verdict"), [("y", Verdict.CORRECT), ("y - 1", Verdict.MISTAKE), ("2 - y", Verdict.MISTAKE)]
)
def test_a_gradient_of_other_classes_than_the_cost_is_a_mistake(tmp_path: Path, picked: str, verdict: Verdict) -> None:
    result = check_file(write_file(tmp_path / "net.py", OF_OTHER_CLASSES.replace("PICKED", picked)))
    assert result.verdict is verdict


DIVIDED_LATER = """\
import numpy as np

rng = np.random.default_rng(4)
X = rng.normal(size=(60, 6))
labels = rng.integers(0, 7, size=60)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Network:
    def __init__(self):
        self.w, self.v = rng.normal(size=(6, 5)), rng.normal(size=(5, 7))

    def forward(self, x):
        self.h = 1 / (1 + np.exp(-x @ self.w))
        return softmax(self.h @ self.v)

    def train(self, x, t, rate):
        out = self.forward(x)
        loss = -np.mean(np.log(out[np.arange(len(t)), t]))
        out[np.arange(len(t)), t] -= 1
        delta = FACTOR
        dv = self.h.T @ delta
        dw = x.T @ (delta @ self.v.T * self.h * (1 - self.h))
        self.v -= rate * dv / x.shape[0]
        self.w -= rate * dw / x.shape[0]
        return loss


network = Network()
for epoch in range(20):
    for start in range(0, 60, 15):
        loss = network.train(X[start : start + 15], labels[start : start + 15], 0.1)
    print(epoch, loss)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize("factor", ["2 * out / out.shape[1]", "out / out.shape[1]", "out / x.shape[1]"])
def test_a_mean_over_features_beside_that_over_observations_is_another_rate(tmp_path: Path, factor: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(DIVIDED_LATER.replace("FACTOR", factor))
    assert check_file(path).verdict is Verdict.CORRECT
    if not factor.startswith("2"):
        path.write_text(DIVIDED_LATER.replace("FACTOR", factor).replace(" / x.shape[0]", ""))
        assert [one.id for one in check_file(path).mistakes] == ["mean-over-features"]
    path.write_text(DIVIDED_LATER.replace("FACTOR", factor).replace("rate * dw / x.shape[0]", "rate * dw"))
    assert check_file(path).verdict is Verdict.MISTAKE
