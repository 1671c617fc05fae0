"""What is odd and right all the same, and updates that are none: constants in rows, steps of 0, calls of the driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Remark, Verdict
from harness.report import checking as report

ROWS_OF_A_TABLE = """import numpy as np
words = np.random.randint(0, 6, size=40)
table, out = np.random.normal(size=(6, 4)), np.random.normal(size=(4, 6))
for i in range(1, 40):
    c, o = words[i - 1], words[i]
    h = table[c]
    p = np.exp(h @ out)
    p /= p.sum()
    p[o] -= 1
    dh = out @ p
    out -= 0.05 * np.outer(h, p)
    table[c] -= 0.05 * dh
"""

REGRESSION = """import numpy as np
X = np.random.normal(size=(20, 3))
y = np.random.normal(size=20)
w, b = np.random.normal(size=3), 0.0
for _ in range(30):
    e = X @ w + b - y
    cost = np.mean(e ** 2)
    w -= 0.2 * X.T @ e / 20
    b -= 0.2 * e.mean()
"""

ROW_BY_ROW = """import numpy as np
X = np.random.normal(size=(20, 3))
y = np.random.randint(0, 2, size=20)
w, b = np.random.normal(size=3), 0.0
for _ in range(30):
    for x, t in zip(X, y):
        e = 1 / (1 + np.exp(-(x @ w + b))) - t
        w -= 0.1 * e * x
        b -= 0.1 * e
"""

OUTPUT_LEFT_OUT = """import numpy as np
x, y = np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[1.0], [1.0], [0.0]])
class Net:
    def __init__(self):
        self.w1, self.w2 = np.random.rand(3, 4), np.random.rand(4, 1)
        self.out = np.zeros(y.shape)
    def forward(self):
        self.h = 1 / (1 + np.exp(-x @ self.w1))
        self.out = 1 / (1 + np.exp(-self.h @ self.w2))
    def backward(self):
        d = 2 * (y - self.out) * self.out * (1 - self.out)
        d_w1 = x.T @ (d @ self.w2.T * self.h * (1 - self.h))
        self.w2 += self.h.T @ d
        self.w1 += d_w1
net = Net()
net.forward()
net.backward()
"""

GRADIENTS_ALONE = """import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))

def predict(X, w, b):
    y_pred = sigmoid(np.dot(X, w) + b)
    return y_pred

def log_loss(y, y_hat):
    return -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))

def gradients(X, y, y_hat):
    dw = np.dot(X.T, (y_hat - y)) / len(X)
    db = np.sum(y_hat - y) / len(X)
    return dw, db
"""


def checked(folder: Path, text: str, old: str = "", new: str = "") -> CheckResult:
    assert old in text
    (folder / "mine.py").write_text(text.replace(old, new) if old else text)
    return check_file(folder / "mine.py")


def remarks(result: CheckResult) -> dict[Remark, str]:
    return {id: detail for id, _, detail in result.notes}


def test_rows_of_a_table_that_a_constant_moves_are_found(tmp_path: Path) -> None:
    assert checked(tmp_path, ROWS_OF_A_TABLE).verdict is Verdict.CORRECT
    result = checked(tmp_path, ROWS_OF_A_TABLE, "0.05 * dh", "0.05")
    found = [(one.id, one.variable, one.place and one.place.line) for one in result.mistakes]
    assert found == [("wrong-value", "table", 12)], report.text(result)


def test_targets_that_a_cost_adds_to_the_outputs_are_remarked(tmp_path: Path) -> None:
    assert Remark.TARGETS_ADDED not in remarks(checked(tmp_path, REGRESSION))
    result = checked(tmp_path, REGRESSION, "+ b - y", "+ b + y")
    assert result.verdict is Verdict.CORRECT
    assert [place and place.line for id, place, _ in result.notes if id is Remark.TARGETS_ADDED] == [6]
    assert "negative targets" in report.text(result).replace("\n", " ")


@pytest.mark.parametrize(("rows", "shift"), [("zip(X, y)", ""), ("zip(X, y[1:])", "1"), ("zip(X[2:], y)", "-2")])
def test_targets_of_other_rows_are_remarked(tmp_path: Path, rows: str, shift: str) -> None:
    result = checked(tmp_path, ROW_BY_ROW, "zip(X, y)", rows)
    assert result.verdict is Verdict.CORRECT
    assert remarks(result).get(Remark.TARGETS_OF_OTHER_ROWS, "") == shift


def test_updates_that_are_0_whatever_the_weights_are_not_right(tmp_path: Path) -> None:
    assert checked(tmp_path, OUTPUT_LEFT_OUT).verdict is Verdict.CORRECT
    result = checked(tmp_path, OUTPUT_LEFT_OUT, "        self.out = 1 / (1 + np.exp(-self.h @ self.w2))\n")
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.NO_COST_FITS), report.text(result)


def test_a_bias_that_the_tried_calls_leave_out_is_not_a_mistake_of_the_file(tmp_path: Path) -> None:
    result = checked(tmp_path, GRADIENTS_ALONE)
    assert result.verdict is not Verdict.MISTAKE, report.text(result)


@pytest.mark.parametrize(("kernel", "expected"), [("d @ x.T", Verdict.CORRECT), ("(d @ x.T) * x.T", Verdict.MISTAKE)])
def test_inputs_that_are_drawn_anew_are_not_a_part_of_an_update_rule(
    tmp_path: Path, kernel: str, expected: Verdict
) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "W, V = np.random.rand(4, 3), np.random.rand(2, 4)\n"
        "y = np.array([[1.0], [-2.0]])\n"
        "for i in range(50):\n"
        "    x = np.random.rand(3, 1)\n"
        "    h = 1 / (1 + np.exp(-W @ x))\n"
        "    e = V @ h - y\n"
        "    d = V.T @ e * h * (1 - h)\n"
        "    V = V - 0.01 * e @ h.T\n"
        f"    W = W - 0.01 * {kernel}\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is expected, report.text(result)


CLASSES = """import numpy as np
X = np.random.normal(size=(12, 3))
Y = np.eye(2)[np.random.randint(0, 2, 12)]
class Net:
    def __init__(self):
        self.W = np.random.normal(size=(3, 4))
        self.V = np.random.normal(size=(4, 2))
    def softmax(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    def forward(self, x):
        self.h = np.tanh(x @ self.W)
        return self.softmax(self.h @ self.V)
    def backward(self, x, a, y):
        d = (a - y) / len(x)
        dV = self.h.T @ d
        dW = x.T @ (d @ self.V.T * (1 - self.h ** 2))
        self.V -= 0.1 * dV
        self.W -= 0.1 * dW
net = Net()
for i in range(9):
    net.backward(X, net.forward(X), Y)
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("self.softmax(self.h @ self.V)", "self.softmax(self.h @ self.V)", None),
        ("self.softmax(self.h @ self.V)", "self.h @ self.V", 8),
        ("Y = np.eye(2)[np.random.randint(0, 2, 12)]", "Y = np.random.normal(size=(12, 2))", None),
    ],
)
def test_a_softmax_that_is_never_called_is_remarked(tmp_path: Path, old: str, new: str, line: int | None) -> None:
    text = CLASSES if line or old == new else CLASSES.replace("self.softmax(self.h @ self.V)", "self.h @ self.V")
    result = checked(tmp_path, text, old, new)
    assert result.verdict is Verdict.CORRECT
    found = [place and place.line for id, place, _ in result.notes if id is Remark.SOFTMAX_NOT_CALLED]
    assert found == ([] if line is None else [line])


TWO_LAYERS = """import numpy as np
X, y = np.random.normal(size=(20, 3)), np.random.normal(size=(20, 1))
W1, b1, W2, b2 = np.random.normal(size=(3, 4)), np.zeros(4), np.random.normal(size=(4, 1)), np.zeros(1)
lr, reg = 0.1, 0.01
for _ in range(5):
    h = np.tanh(X @ W1 + b1)
    d2 = 2 * (h @ W2 + b2 - y) / len(X)
    d1 = d2 @ W2.T * (1 - h**2)
    dW1, dW2 = X.T @ d1, h.T @ d2
    W1 -= lr * dW1
    b1 -= lr * d1.sum(axis=0)
    W2 -= lr * dW2
    b2 -= lr * d2.sum(axis=0)
"""


def test_one_line_with_another_learning_rate_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TWO_LAYERS)
    assert not [id for id, _, _ in check_file(path).notes if id is Remark.ANOTHER_RATE]
    path.write_text(TWO_LAYERS.replace("lr * dW2", "lr * reg * dW2"))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    ((place, times),) = [(place, times) for id, place, times in result.notes if id is Remark.ANOTHER_RATE]
    assert (place and place.line, times) == (12, "0.01")
    assert "learning rate at this line is not that of the other parameters" in report.text(result)


@pytest.mark.parametrize(
    ("rate", "line"),
    [
        ("lr", None),
        ("lr * np.mean((h @ W2 + b2 - y) ** 2)", 10),
        ("lr * (2 if np.mean((h @ W2 + b2 - y) ** 2) > 1 else 1)", None),
    ],
)
def test_steps_that_are_multiplied_by_the_cost_are_remarked(tmp_path: Path, rate: str, line: int | None) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TWO_LAYERS.replace("    W1 -= lr", f"    rate = {rate}\n    W1 -= lr").replace("-= lr", "-= rate"))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, result
    found = [place.line for id, place, _ in result.notes if id is Remark.STEP_SCALED and place]
    assert found == ([] if line is None else [line + 1])
    assert ("leave that number out" in report.text(result)) == (line is not None)


@pytest.mark.parametrize("function", ["np.floor", "np.ceil", "np.round"])
def test_steps_that_are_cut_to_whole_numbers_are_wrong(tmp_path: Path, function: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TWO_LAYERS.replace("lr * dW1", f"lr * {function}(dW1)"))
    result = check_file(path)
    assert [found.place.line for found in result.mistakes if found.place] == [10]


def test_the_cost_itself_as_a_factor_of_every_step_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    text = TWO_LAYERS.replace("    d2 =", "    cost = np.mean((h @ W2 + b2 - y) ** 2)\n    d2 =")
    path.write_text(text.replace("-= lr", "-= lr * cost"))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, result
    assert Remark.STEP_SCALED in [id for id, _, _ in result.notes]
    path.write_text(text.replace("-= lr * dW1", "-= lr * cost * dW1"))
    assert check_file(path).verdict is Verdict.MISTAKE  # of one step alone, it changes the direction


RATES = """import numpy as np
X, y = np.random.normal(size=(20, 3)), np.random.normal(size=(20, 1))
W1, W2 = np.random.normal(size=(3, 4)), np.random.normal(size=(4, 1))
lr, other, m = 0.1, 0.03, 20
for _ in range(5):
    h = np.tanh(X @ W1)
    cost = np.sum((h @ W2 - y) ** 2) / m
    d2 = 2 * (h @ W2 - y) / m
    d1 = d2 @ W2.T * (1 - h**2)
    W1 -= RATE * X.T @ d1
    W2 -= lr * h.T @ d2
    print(cost)
"""


@pytest.mark.parametrize("rate", ["other", "0.03"])
def test_a_rate_of_its_own_that_multiplies_a_product_is_remarked(tmp_path: Path, rate: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(RATES.replace("RATE", rate))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert [(id, place and place.line, times) for id, place, times in result.notes] in (
        [(Remark.ANOTHER_RATE, 10, "0.3")],
        [(Remark.ANOTHER_RATE, 11, "3.333")],
    )


@pytest.mark.every(7)
@pytest.mark.parametrize("rate", ["lr / 2", "lr / m", "2 * lr", "lr * lr", "m * lr", "len(X) * lr", "1.5 * lr"])
def test_a_number_beside_the_rate_is_not_another_rate(tmp_path: Path, rate: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(RATES.replace("RATE", rate))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert [one.place and one.place.line for one in result.mistakes] in ([10], [11])
