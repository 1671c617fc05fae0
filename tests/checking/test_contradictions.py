"""What a file computes as its cost decides between readings; what it only prints as a metric does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict
from harness.report import checking as report
from tests.network_files import write_file

PROGRAM = """
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(24, 3))
y = (X.sum(axis=1, keepdims=True) > 0).astype(float)
W1, b1 = rng.normal(size=(3, 5)), np.zeros((1, 5))
W2, b2 = rng.normal(size=(5, 1)), np.zeros((1, 1))
{definitions}
def run():
    h = np.tanh(X @ W1 + b1)
    return h, 1 / (1 + np.exp(-(h @ W2 + b2)))

for i in range(5):
    h, a = run()
    d2 = {delta}
    d1 = (d2 @ W2.T) * (1 - h ** 2)
    gW2, gW1 = h.T @ d2{penalty}, X.T @ d1
    W2 -= 0.3 * gW2
    b2 -= 0.3 * d2.sum(axis=0, keepdims=True)
    W1 -= 0.3 * gW1
    b1 -= 0.3 * d1.sum(axis=0, keepdims=True)
    h, a = run()
    {printed}
"""
ENTROPY = "def {name}(p):\n    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))\n"
RIDGE = "def loss(p):\n    return np.mean((p - y) ** 2) + 0.05 * np.sum(W2 ** 2)\n"
OF_SQUARES = "2 * (a - y) * a * (1 - a)"


def checked(
    folder: Path, *, delta: str, printed: str = "", definitions: str = "", penalty: str = ""
) -> tuple[CheckResult, str]:
    path = folder / "mine.py"
    text = PROGRAM.format(delta=delta, printed=printed, definitions=definitions, penalty=penalty)
    path.write_text(text)
    result = check_file(path)
    return result, report.text(result)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("of-entropy", {"delta": "(a - y) / len(X)", "printed": "print(perte(a))", "definitions": ENTROPY}),
        ("of-squares", {"delta": f"{OF_SQUARES} / len(X)", "printed": "loss = np.mean((a - y) ** 2)"}),
        (
            "with-penalty",
            {
                "delta": f"{OF_SQUARES} / len(X)",
                "printed": "print(loss(a))",
                "definitions": RIDGE,
                "penalty": " + 0.1 * W2",
            },
        ),
        ("accuracy", {"delta": "a - y", "printed": "print(100 - 100 * np.mean(np.abs((a > 0.5) - y)))"}),
    ],
)
def test_gradients_of_the_stated_cost_are_right(tmp_path: Path, name: str, words: dict[str, str]) -> None:
    words = {key: text.replace("{name}", "perte") for key, text in words.items()}
    result, text = checked(tmp_path, **words)
    assert result.verdict is Verdict.CORRECT, text


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("id", "words"),
    [
        # cross-entropy under a French name, computed after the update
        (
            "cross-entropy-gradient-with-extra-derivative",
            {"delta": "(a - y) * a * (1 - a)", "printed": "print(perte(a))", "definitions": ENTROPY},
        ),
        ("missing-output-activation-derivative", {"delta": "a - y", "printed": "print(np.mean((a - y) ** 2))"}),
        (
            "weight-decay-differs",
            {
                "delta": f"{OF_SQUARES} / len(X)",
                "printed": "print(loss(a))",
                "definitions": RIDGE,
                "penalty": " + 0.05 * W2",
            },
        ),
    ],
)
def test_what_contradicts_the_stated_cost_is_a_mistake_with_both_readings(
    tmp_path: Path, id: str, words: dict[str, str]
) -> None:
    words = {key: text.replace("{name}", "perte") for key, text in words.items()}
    result, text = checked(tmp_path, **words)
    assert [one.id for one in result.mistakes] == [id], text
    assert [one.mistakes for one in result.alternatives] == [()]
    assert len(text.splitlines()) <= 20


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("computed", "expected", "words"),
    [
        ("cost = loss(a)", None, "W2 is moved along dC/d(W2) - 0.05 W2"),
        ("print(loss(a))", 0.1, "the update adds + 0.05 W2 to the gradient; the penalty in the cost gives + 0.1 W2"),
    ],
)
def test_a_weight_decay_is_compared_with_the_derivative_of_the_penalty(
    tmp_path: Path, computed: str, expected: float | None, words: str
) -> None:
    """d(0.05 w^2)/dw = 0.1 w, and half of it is there."""
    before = computed if expected is None else ""
    delta = f"{OF_SQUARES} / len(X); {before}" if before else f"{OF_SQUARES} / len(X)"
    printed = "" if before else computed
    result, text = checked(tmp_path, delta=delta, printed=printed, definitions=RIDGE, penalty=" + 0.05 * W2")
    (found,) = result.mistakes
    assert found.id == "weight-decay-differs"
    assert found.got is not None
    assert found.got.factor == pytest.approx(0.05 if expected else -0.05)
    assert (found.expected and found.expected.factor) == (expected and pytest.approx(expected))
    assert words in " ".join(text.split())


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("id", "delta", "printed"),
    [
        ("sum-instead-of-mean", OF_SQUARES, "print(np.mean((a - y) ** 2))"),  # not called a cost
        ("sum-instead-of-mean", OF_SQUARES, "loss = np.mean((a - y) ** 2)"),
        ("mean-instead-of-sum", f"{OF_SQUARES} / len(X)", "loss = np.sum((a - y) ** 2)"),
        ("missing-factor-two", "(a - y) * a * (1 - a)", "loss = np.sum((a - y) ** 2)"),
        ("missing-factor-two", "(a - y) * a * (1 - a) / len(X)", "loss = np.mean((a - y) ** 2)"),
        ("extra-factor-two", OF_SQUARES, "loss = np.sum((a - y) ** 2) / 2"),
    ],
)
def test_another_scale_that_only_stands_for_another_rate_is_a_second_reading(
    tmp_path: Path, id: str, delta: str, printed: str
) -> None:
    result, text = checked(tmp_path, delta=delta, printed=printed)
    assert result.verdict is Verdict.CORRECT, text
    assert [one.id for one in result.alternatives[0].mistakes] == [id]


CHECKED_BEFORE = """
import numpy as np

rng = np.random.default_rng(3)
X, y = rng.normal(size=(24, 3)), rng.integers(0, 4, 24)
W1, W2 = rng.normal(size=(3, 5)), rng.normal(size=(5, 4))

def loss(X, y, reg):
    h = np.maximum(0, X @ W1)
    p = np.exp(h @ W2)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(X)), y]).mean() + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    p[np.arange(len(X)), y] -= 1
    p /= len(X)
    return loss, X.T @ ((p @ W2.T) * (h > 0)) + reg * W1, h.T @ p + reg * W2{more}

print(loss(X, y, reg=0.1)[0])
for i in range(5):
    cost, g1, g2 = loss(X, y, reg=5e-6)
    W1 -= 0.1 * g1
    W2 -= 0.1 * g2
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("more", "verdict"), [("", Verdict.CORRECT), (" * 2", Verdict.MISTAKE)])
def test_a_penalty_of_an_earlier_call_is_not_held_against_the_training(
    tmp_path: Path, more: str, verdict: Verdict
) -> None:
    path = write_file(
        tmp_path / "earlier.py", CHECKED_BEFORE.format(more=more).replace("5e-6", "5e-6" if not more else "0.05")
    )
    result = check_file(path)
    assert result.verdict is verdict, report.text(result)


COST_WITH_GRADIENTS = """\
import numpy as np

rng = np.random.default_rng(1)
X, T = rng.normal(size=(20, 4)), np.sign(rng.normal(size=(20, 2)))
W, b = rng.normal(size=(4, 2)), np.zeros(2)


def cost_and_gradients(W, b):
    S = X @ W + b
    margins = np.maximum(0, 1 - T * S)
    cost = np.sum({cost}) / len(X)
    dS = -T * (margins > 0) / len(X)
    return cost, X.T @ dS, dS.sum(axis=0)


for step in range(5):
    cost, dW, db = cost_and_gradients(W, b)
    W -= 0.1 * dW
    b -= 0.1 * db
"""


@pytest.mark.slow
def test_gradients_of_another_cost_than_the_function_returns_are_wrong_and_both_costs_are_said(tmp_path: Path) -> None:
    path = write_file(tmp_path / "net.py", COST_WITH_GRADIENTS.format(cost="margins"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(COST_WITH_GRADIENTS.format(cost="margins ** 2"))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert [found.place and found.place.line for found in result.mistakes] == [12]
    assert [(other.cost.form, other.mistakes) for other in result.alternatives] == [("hinge", ())]


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("cost", "axis", "ids"),
    [
        ("np.log(P[range(20), T])", 1, []),
        ("P[range(20), T]", 1, ["cost-differs"]),  # without the logarithm
        ("np.log(P[range(20), T])", 0, ["softmax-over-wrong-axis"]),
    ],
)
def test_a_softmax_is_not_blamed_for_a_cost_that_is_not_its_own(
    tmp_path: Path, cost: str, axis: int, ids: list[str]
) -> None:
    path = write_file(
        tmp_path / "net.py",
        "import numpy as np\n"
        "rng = np.random.default_rng(1)\n"
        "X, T = rng.normal(size=(20, 4)), rng.integers(0, 3, 20)\n"
        "W = rng.normal(size=(4, 3))\n"
        "def loss(W):\n"
        "    E = np.exp(X @ W)\n"
        f"    P = E / np.sum(E, axis={axis}, keepdims=True)\n"
        f"    cost = -np.sum({cost}) / 20\n"
        "    D = P.copy()\n"
        "    D[range(20), T] -= 1\n"
        "    return cost, X.T @ D / 20\n"
        "for step in range(5):\n"
        "    cost, dW = loss(W)\n"
        "    W -= 0.1 * dW\n",
    )
    assert [one.id for one in check_file(path).mistakes] == ids


SOFTMAX_UNDER_BINARY = """
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 6)), np.eye(3)[rng.integers(0, 3, 20)]
W = rng.normal(size=(6, 3))
for step in range(20):
    e = np.exp(X @ W)
    a = e / e.sum(axis=1, keepdims=True)
    print(-np.mean(Y * np.log(a) + (1 - Y) * np.log(1 - a)))
    W -= 0.1 * X.T @ (a - Y) / 20
"""


def test_a_stated_cost_of_another_kind_is_a_second_reading(tmp_path):
    """With softmax outputs, a - Y is the gradient of -sum Y log a, without the second term that is printed."""
    found = check_file(write_file(tmp_path / "net.py", SOFTMAX_UNDER_BINARY))
    assert found.verdict is Verdict.CORRECT
    (second,) = [one for one in found.alternatives if one.cost.form == ""]
    assert second.cost.place is not None
    assert second.cost.place.line == 9
    assert [(one.id, one.place and one.place.line) for one in second.mistakes] == [("wrong-derivative", 10)]


PIXELS = """
import numpy as np
X = np.random.uniform(0, 255, (40, 12))
Y = np.eye(4)[np.random.randint(0, 4, 40)]
def loss_and_gradients(W, b):
    e = np.exp(X @ W + b - np.max(X @ W + b, axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    loss = -np.sum(Y * np.log(a + 1e-10)) / 40 + 0.05 * np.sum(W ** 2)
    return loss, X.T @ (a - Y) / 40 + 0.1 * W, np.sum(a - Y, axis=0) / 40
W, b = np.random.normal(size=(12, 4)) * 0.01, np.zeros(4)
for i in range(5):
    loss, dW, db = loss_and_gradients(W, b)
    W, b = W - 0.01 * dW, b - 0.01 * db
"""


def test_the_constant_in_a_logarithm_is_not_another_cost_though_pixels_saturate_the_outputs(tmp_path: Path) -> None:
    (tmp_path / "pixels.py").write_text(PIXELS)
    assert check_file(tmp_path / "pixels.py").verdict is Verdict.CORRECT


MEAN_OVER_OUTPUTS = """
import numpy as np
X, Y = np.random.normal(size=(60, 20)), np.eye(3)[np.random.randint(0, 3, 60)]
W = np.random.normal(size=(20, 3))
for i in range(5):
    a = 1 / (1 + np.exp(-X @ W))
    loss = -np.mean(Y * np.log(a) + (1 - Y) * np.log(1 - a))
    print(loss)
    W -= 0.1 * X.T @ (a - Y) / 60
"""


def test_a_mean_over_outputs_is_not_one_over_inputs_that_are_as_many_times_fewer_than_rows(tmp_path: Path) -> None:
    (tmp_path / "mean.py").write_text(MEAN_OVER_OUTPUTS)
    assert check_file(tmp_path / "mean.py").verdict is Verdict.CORRECT


STOPPING = """
import numpy as np

rng = np.random.default_rng(4)
X = np.hstack([np.ones((18, 1)), rng.normal(size=(18, 2))])
Y = np.eye(2)[(X[:, 1] > X[:, 2]).astype(int)]
theta, before = np.zeros((3, 2)), {before}
for i in range(40):
    p = np.exp(X @ theta)
    p = p / p.sum(axis=1, keepdims=True)
    cost = -np.sum(Y * np.log(p)) / 18 + 0.02 / 2 * np.sum(theta{decayed} ** 2)
    theta = theta - 0.5 * (X.T @ (p - Y) / 18 + 0.02 * theta)
    if abs(before - cost) < 1e-9:
        break
    before = cost
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("before", ["np.inf", "0"])
def test_a_cost_is_the_files_own_though_a_rule_that_ends_the_training_compares_it(tmp_path: Path, before: str) -> None:
    """The penalty of the cost spares the first row, that of the gradient does not."""
    path = write_file(tmp_path / "stopping.py", STOPPING.format(before=before, decayed="[1:]"))
    result = check_file(path)
    (found,) = result.mistakes
    assert found.id == "weight-decay-differs"
    assert (found.place and found.place.line, result.cost and result.cost.variable) == (12, "cost")
    assert found.got is not None
    assert found.expected is not None
    assert (found.got.name, found.expected.name) == ("theta", "theta[1:]")
    assert found.got.factor == pytest.approx(0.02)
    path.write_text(STOPPING.format(before=before, decayed=""))
    assert check_file(path).verdict is Verdict.CORRECT


TWO_CLASSES = """
import numpy as np

rng = np.random.default_rng(4)
X, y = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
W, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))

def loss_of():
    p = np.exp(np.tanh(X @ W) @ V)
    p /= p.sum(axis=1, keepdims=True)
    total = -np.sum(np.log(p[range(30), y])) + 0.01 / 2 * (np.sum(W ** 2) + np.sum(V ** 2))
    return 1 / 30 * total

for i in range(8):
    h = np.tanh(X @ W)
    p = np.exp(h @ V)
    p /= p.sum(axis=1, keepdims=True)
    p[range(30), y] -= 1
    gV, gW = h.T @ p / 30, X.T @ (p @ V.T * (1 - h * h)) / 30
    gV += 0.01{divisor} * V
    gW += 0.01{divisor} * W
    W, V = W - 0.1 * gW, V - 0.1 * gV
    print(loss_of())
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("divisor", ["", " / 30"])
def test_the_penalty_of_two_classes_is_compared_with_the_cost_that_the_file_states(
    tmp_path: Path, divisor: str
) -> None:
    """A loss that divides its penalty by 30 as well has the derivative 0.01 / 30 w."""
    result = check_file(write_file(tmp_path / "classes.py", TWO_CLASSES.format(divisor=divisor)))
    if divisor:
        assert result.verdict is Verdict.CORRECT, report.text(result)
        return
    (found,) = result.mistakes
    assert (found.id, sorted(found.parameters)) == ("weight-decay-differs", ["V", "W"])
    assert {place.line for place in (found.place, *found.others) if place is not None} == {20, 21}
    assert found.expected is not None
    assert found.expected.factor == pytest.approx(0.01 / 30)
    assert result.cost is not None
    assert (result.cost.form, result.cost.variable) == ("", "loss_of")


# Counts and their Poisson log-likelihood, which no cost of the catalogue is, climbed under a name of its own.
POISSON = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.uniform(size=(40, 2))
y = rng.poisson(np.exp(1 + X[:, 0] - X[:, 1]))
W, b, v, c = rng.normal(size=(2, 4)), np.zeros(4), rng.normal(size=4) * 0.2, 0.0
for step in range(20):
    h = np.tanh(X @ W + b)
    eta = h @ v + c
    mean = np.exp(eta)
    {name} = np.sum(y * eta - mean)
    delta = y - mean
    dh = np.outer(delta, v) * (1 - h ** 2)
    v += 0.001 * h.T @ delta
    c += 0.001 * delta.sum()
    W += 0.001 * X.T @ dh
    b += 0.001 * dh.sum(axis=0)
    print({name})
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("name", ["ll", "log_lik"])
def test_a_likelihood_of_the_file_may_be_climbed(tmp_path: Path, name: str) -> None:
    result = check_file(write_file(tmp_path / "counts.py", POISSON.format(name=name)))
    assert result.verdict is Verdict.CORRECT
    assert result.cost is not None
    assert (result.cost.variable, result.cost.maximised) == (name, True)


LOG_LOSS = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
y = (X[:, 0] > 0).astype(float)
w, b = np.zeros(3), 0.0
for turn in range(20):
    a = 1 / (1 + np.exp(-(X @ w + b)))
    loss = np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
    cost = {turned}
    d = (a - y) / 30
    w = w + 0.5 * X.T @ d
    b = b - 0.5 * d.sum()
"""


@pytest.mark.parametrize("turned", ["loss / -30", "-1 / 30 * loss"])
def test_what_a_cost_is_turned_from_is_not_the_cost_whatever_it_is_called(tmp_path: Path, turned: str) -> None:
    """The slip in the step of ``w`` climbs the cost, and descends on what the file calls its loss."""
    result = check_file(write_file(tmp_path / "net.py", LOG_LOSS.format(turned=turned)))
    assert [(one.id, one.parameters) for one in result.mistakes] == [("gradient-ascent", ("w",))]
    assert result.cost is not None
    assert result.cost.variable == "cost"


@pytest.mark.every(2)
@pytest.mark.parametrize("name", ["loss", "fit"])
def test_nothing_else_of_the_file_may_be_climbed(tmp_path: Path, name: str) -> None:
    """A number without such a name is climbed by a sign that is wrong, too."""
    assert check_file(write_file(tmp_path / "counts.py", POISSON.format(name=name))).verdict is not Verdict.CORRECT


HELD_OUT = """\
import numpy as np

rng = np.random.RandomState(2)
X, y = rng.randn(24, 3), rng.randint(0, 2, (24, 1)).astype(float)
x_val, y_val = rng.randn(8, 3), rng.randint(0, 2, (8, 1)).astype(float)
W = rng.randn(3, 1)
for epoch in range(5):
    out = 1 / (1 + np.exp(-(X @ W)))
    W -= 0.1 * X.T @ (out - y) / 24
    loss = np.mean((1 / (1 + np.exp(-({inputs} @ W))) - {targets}) ** 2)
    print(loss)
"""


def test_a_measure_of_held_out_data_need_not_be_the_cost(tmp_path: Path) -> None:
    """The step is that of a cross-entropy; of the training data, a squared error contradicts it."""
    path = tmp_path / "net.py"
    path.write_text(HELD_OUT.format(inputs="x_val", targets="y_val"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(HELD_OUT.format(inputs="X", targets="y"))
    assert [one.id for one in check_file(path).mistakes] == ["missing-output-activation-derivative"]


TURNED_LATER = """\
import numpy as np
rng = np.random.default_rng(2)
X, Y = rng.normal(size=(20, 3)), (rng.random((20, 1)) > 0.5) * 1.0
W, b = rng.normal(size=(3, 1)), np.zeros((1, 1))

def bce_loss(t, p):
    total = np.sum(t * np.log(p) + (1 - t) * np.log(1 - p))
    return -1 / len(t) * total

for _ in range(6):
    a = 1 / (1 + np.exp(-(X @ W + b)))
    loss = bce_loss(Y, a)
    d = (a - Y) / 20
    W {sign}= 0.5 * X.T @ d
    b {sign}= 0.5 * d.sum(0, keepdims=True)
"""


def test_the_sum_of_logarithms_before_its_sign_is_turned_is_not_a_cost(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TURNED_LATER.format(sign="-"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(TURNED_LATER.format(sign="+"))
    assert {one.id for one in check_file(path).mistakes} == {"gradient-ascent"}


LOGISTIC = """\
import numpy as np
np.random.seed(0)
X = np.random.randn(100, 2)
y = (X[:, 0] - 2 * X[:, 1] > 0.3) * 1
X = np.c_[np.ones(100), X]
theta = np.zeros(3)

def h(theta, X):
    return 1 / (1 + np.exp(-X.dot(theta)))

def J(theta):
    p = h(theta, X)
    reg = 0.1 / (2 * len(y)) * np.sum(theta[1:] ** 2)
    return (-y.dot(np.log(p)) - (1 - y).dot(np.log(1 - p))) / len(y) + reg

def grad(theta):
    g = X.T.dot(h(theta, X) - y) / len(y)
    g[1:] += 0.1 / len(y) * theta[1:]
    return g

costs = []
for i in range(20):
    theta = theta - 0.5 * grad(theta)
    costs.append(J(theta))
"""


@pytest.mark.slow
def test_a_sum_beside_the_penalty_of_a_mean_is_named_at_its_line(tmp_path: Path) -> None:
    """The steps are so large that outputs are exactly 0 and 1, and the line calls the forward pass as well."""
    path = write_file(tmp_path / "logistic.py", LOGISTIC)
    assert check_file(path).verdict is Verdict.CORRECT
    (found,) = check_file(write_file(path, LOGISTIC.replace(" - y) / len(y)", " - y)"))).mistakes
    assert (found.id, found.place and found.place.line) == ("sum-instead-of-mean", 17)
    assert found.ratio == pytest.approx(100)


# The cost is computed of all rows after each pass, a step of some of them.
OF_ALL_ROWS = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(50, 4))
Y = np.eye(3)[rng.integers(0, 3, 50)]
W, b = rng.normal(size=(4, 3)) / 2, np.zeros(3)
reg = 0.05

def forward(x):
    e = np.exp(x @ W + b)
    return e / e.sum(axis=1, keepdims=True)

def compute_loss(y, p):
    m = len(y)
    return -np.sum(y * np.log(p)) / m + {penalty}

for epoch in range(3):
    for start in range(0, 40, 20):
        x, y = X[start:start + 20], Y[start:start + 20]
        m = len(x)
        d = forward(x) - y
        W -= 0.1 * (x.T @ d / m + {decay})
        b -= 0.1 * d.sum(axis=0) / m
    loss = compute_loss(Y, forward(X))
    print(loss)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("penalty", "decay", "ids"),
    [
        ("reg / 2 * np.sum(W ** 2)", "reg * W", []),
        ("reg / 2 * np.sum(W ** 2) / m", "reg * W / m", []),
        ("reg / 2 * np.sum(W ** 2)", "2 * reg * W", ["weight-decay-differs"]),
    ],
    ids=["as it is", "divided", "twice"],
)
def test_a_penalty_beside_a_cost_of_more_rows_than_a_step(
    tmp_path: Path, penalty: str, decay: str, ids: list[str]
) -> None:
    result = check_file(write_file(tmp_path / "rows.py", OF_ALL_ROWS.format(penalty=penalty, decay=decay)))
    assert [one.id for one in result.mistakes] == ids, report.text(result)
    assert result.verdict is (Verdict.MISTAKE if ids else Verdict.CORRECT)


MISPLACED = """
import numpy as np

rng = np.random.default_rng(5)
X = rng.normal(size=(12, 3))
y = {targets}
W, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
for step in range(4):
    h = np.tanh(X @ W)
    a = {output}
    loss = {cost}
    d = {delta}
    back = d @ V.T * (1 - h ** 2)
    V -= 0.1 * h.T @ d
    W -= 0.1 * X.T @ back
"""
OF_NUMBERS = {
    "targets": "X[:, :1] - X[:, 1:2]",
    "output": "h @ V",
    "cost": "0.5 * np.sum((a - y) ** 2) / 12",
}
OF_CLASSES = {
    "targets": "(X[:, :1] > 0).astype(float)",
    "output": "1 / (1 + np.exp(-h @ V))",
    "cost": "-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))",
}


@pytest.mark.every(6)
@pytest.mark.parametrize("network", [OF_NUMBERS, OF_CLASSES], ids=["numbers", "classes"])
@pytest.mark.parametrize("delta", ["a - y / 12", "a - y / len(X)", "a - 2 * y"])
def test_targets_that_are_scaled_in_the_gradient_alone(tmp_path: Path, network: dict[str, str], delta: str) -> None:
    result = check_file(write_file(tmp_path / "mine.py", MISPLACED.format(delta=delta, **network)))
    assert [(one.id, one.place.text if one.place else "") for one in result.mistakes] == [
        ("target-scaled", f"d = {delta}")
    ]


@pytest.mark.every(3)
@pytest.mark.parametrize("delta", ["(a - y) / 12", "a / 12 - y / 12", "a - y"])
def test_targets_that_are_scaled_as_the_outputs_are(tmp_path: Path, delta: str) -> None:
    result = check_file(write_file(tmp_path / "mine.py", MISPLACED.format(delta=delta, **OF_NUMBERS)))
    assert result.verdict is Verdict.CORRECT


def test_targets_that_are_smoothed_for_the_gradient_are_a_choice(tmp_path: Path) -> None:
    text = MISPLACED.format(delta="(a - (0.9 * y + 0.05)) / 12", **OF_CLASSES)
    assert check_file(write_file(tmp_path / "mine.py", text)).verdict is Verdict.CORRECT


ONE_BY_ONE = """
import numpy as np

rng = np.random.default_rng(5)
X, labels = rng.normal(size=(12, 3)), rng.integers(0, 4, size=12)
W, b = rng.normal(size=(3, 4)), np.zeros(4)

def one_hot(label):
    row = np.zeros(4)
    row[label] = 1
    return row

for i in range(3):
    for x, label in zip(X, labels):
        z = x @ W + b
        a = np.exp(z - z.max())
        a = a / a.sum()
        loss = -np.log(a[label])
        d = a - one_hot(label)
        W -= 0.1 * np.outer(x, d)
        b -= 0.1 * d
    print(loss)
"""
IN_BATCHES = """
import numpy as np

rng = np.random.default_rng(5)
X, labels = rng.normal(size=(12, 3)), rng.integers(0, 4, size=12)
W, b = rng.normal(size=(3, 4)), np.zeros(4)
for i in range(3):
    z = X @ W + b
    a = np.exp(z - z.max(axis=1, keepdims=True))
    a = a / a.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(a[np.arange(12), labels]))
    d = (a - np.eye(4)[labels]) / 12
    W -= 0.1 * X.T @ d
    b -= 0.1 * d.sum(axis=0)
    print(loss)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("text", "old", "new", "line"),
    [
        (ONE_BY_ONE, "one_hot(label)\n", "one_hot(label - 1)\n", 19),
        (IN_BATCHES, "np.eye(4)[labels]", "np.eye(4)[labels - 1]", 12),
    ],
    ids=["one-by-one", "batch"],
)
def test_targets_of_the_column_before_that_of_the_cost_are_off_by_one(
    tmp_path: Path, text: str, old: str, new: str, line: int
) -> None:
    file = write_file(tmp_path / "mine.py", text)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(file.read_text().replace(old, new))
    (found,) = check_file(file).mistakes
    assert (found.id, found.place and found.place.line) == ("labels-off-by-one", line)


SQUARES_BESIDE = """
import numpy as np
def soft(z):
    e = np.exp(z - z.max())
    return e / e.sum()
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def squares(errors):
    return sum([one ** 2 for one in errors.flatten().tolist()]) / errors.shape[0]
rng = np.random.default_rng(2)
rows, kinds = rng.normal(size=(18, 4)), np.eye(3)[rng.integers(0, 3, 18)]
W = np.zeros((3, 4))
for turn in range(6):
    total = 0.0
    for row, kind in zip(rows, kinds):
        x = row.reshape(4, 1)
        errors = kind.reshape(3, 1) - soft(W @ x)
        total += squares(errors)
        W = W + 0.1 * errors @ x.T
    print(total / 18)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("right", "written", "verdict"),
    [
        ("", "", Verdict.CORRECT),
        ("errors @ x.T", "(errors + x[0]) @ x.T", Verdict.MISTAKE),
        ("W @ x)\n", "W @ x) * 0.5\n", Verdict.MISTAKE),
    ],
)
def test_squares_of_the_errors_of_a_softmax_are_a_number_to_look_at(
    tmp_path: Path, right: str, written: str, verdict: Verdict
) -> None:
    text = SQUARES_BESIDE.replace(right, written) if right else SQUARES_BESIDE
    assert check_file(write_file(tmp_path / "net.py", text)).verdict is verdict


WAITS_ONCE = """\
import numpy as np

rng = np.random.RandomState(3)
X, Y = rng.randn(3, 40), rng.randn(1, 40)


def cost_and_gradient(w):
    n = np.shape(Y)[1]
    V, U = np.reshape(w[:16], (4, 4)), np.reshape(w[16:], (1, 5))
    below = np.vstack((X, np.ones((1, n))))
    hidden = 1 / (1 + np.exp(-np.dot(V, below)))
    above = np.vstack((hidden, np.ones((1, n))))
    delta = np.dot(U, above) - Y
    loss = 0.5 * np.sum(delta**2) / n
    gradient = np.zeros((21, 1))
    gradient[16:] = np.reshape(np.dot(delta, above.T) / n, (5, 1))
    delta = hidden * (1 - hidden) * np.dot(U[:, :-1].T, delta)
    gradient[:16] = np.reshape(np.dot(delta, below.T) / n, (16, 1))
    return loss, gradient


w, step, last = rng.randn(21, 1) / 2, 0.01, float("inf")
for turn in range(50):
    loss, gradient = cost_and_gradient(w)
    if loss < last and turn >= 1:
        step = 1.01 * step
        w = w - step * gradient
        last = loss
    elif loss >= last:
        step = 0.5 * step
        w = w - step * gradient
        last = loss
"""


@pytest.mark.slow
def test_a_cost_that_is_computed_once_before_the_first_step_is_the_one_of_the_steps(tmp_path: Path) -> None:
    """Its line runs twice, and what the first run gives trains nothing."""
    result = check_file(write_file(tmp_path / "net.py", WAITS_ONCE))
    assert (result.verdict, [one.id for one in result.mistakes]) == (Verdict.CORRECT, [])
    scaled = WAITS_ONCE.replace("/ n, (", "/ n**2, (")
    assert check_file(write_file(tmp_path / "scaled.py", scaled)).verdict is Verdict.MISTAKE


LOOKED_AT = """\
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Net:
    def __init__(self):
        rng = np.random.default_rng(1)
        self.w, self.v = rng.normal(size=(2, 4)), rng.normal(size=(4, 1))

    def forward(self, X):
        self.h = sigmoid(X @ self.w)
        return sigmoid(self.h @ self.v)

    def backward(self, X, y, out, rate):
        delta = y - out
        below = delta @ self.v.T * self.h * (1 - self.h)
        self.v += rate * self.h.T @ delta
        self.w += rate * X.T @ below


def train(X, y, net):
    for epoch in range(2000):
        out = net.forward(X)
        net.backward(X, y, out, 0.5)
        if epoch % 100 == 0:
            loss = np.mean((y - out) ** 2)
            print(epoch, loss)


X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
train(X, np.array([[0], [1], [1], [0]]), Net())
"""


@pytest.mark.slow
def test_a_cost_that_is_printed_elsewhere_now_and_then_is_a_second_reading(tmp_path: Path) -> None:
    path = write_file(tmp_path / "net.py", LOOKED_AT)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    named = [(other.cost.variable, [one.id for one in other.mistakes]) for other in result.alternatives]
    assert named == [("loss", ["missing-output-activation-derivative"])]
    # one that is computed for every update says what is meant, and so does an error that is scaled as its squares
    path.write_text(LOOKED_AT.replace("delta = y - out", "delta = (y - out) / 2"))
    assert [one.id for one in check_file(path).mistakes] == ["missing-output-activation-derivative"]
    path.write_text(LOOKED_AT.replace("if epoch % 100 == 0:", "if epoch >= 0:"))
    assert [one.id for one in check_file(path).mistakes] == ["missing-output-activation-derivative"]
    path.write_text(LOOKED_AT.replace(" * (1 - self.h)", ""))
    assert [(one.id, one.place and one.place.line) for one in check_file(path).mistakes] == [("wrong-derivative", 19)]
