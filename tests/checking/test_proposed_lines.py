"""The line that is proposed for a file that nothing makes train can be pasted as it is."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Verdict
from harness.report import checking

# the calls that are tried fail in each of them, because something has to be a thing that only its author knows
SIZES = """
    import numpy as np

    class Net:
        def __init__(self, num_features, hidden, classes, vault):
            self.first = np.random.randn(num_features, hidden) * vault.open("scale")
            self.second = np.random.randn(hidden, classes)

        def train(self, x_train, y_train, learning_rate, epochs):
            for _ in range(epochs):
                inner = np.tanh(x_train @ self.first)
                error = inner @ self.second - y_train
                back = error @ self.second.T * (1 - inner**2)
                self.second -= learning_rate * inner.T @ error
                self.first -= learning_rate * x_train.T @ back
"""
DELTAS = """
    import numpy as np

    class Layer:
        def __init__(self, shape, vault):
            self.w = np.random.randn(*shape) * vault.open("scale")

        def forward(self, x):
            self.x = x
            return x @ self.w

        def backward(self, delta):
            self.w -= 0.1 * self.x.T @ delta
            return delta @ self.w.T
"""
FUNCTION = """
    import numpy as np

    def train(X, y, num_features, lr, n_iters, vault):
        w = np.zeros((num_features, 1)) + vault.open("start")
        for _ in range(n_iters):
            w -= lr * X.T @ (X @ w - y)
        return w
"""
ADDED = """
    import numpy as np

    class Model:
        def __init__(self):
            self.layers = []

        def add(self, units, vault):
            self.layers.append(np.ones((7, units)) * vault.open("scale"))

        def forward(self, x):
            self.x = x
            return x @ self.layers[0]

        def backward(self, grad):
            self.grad = self.x.T @ grad

        def update(self, rate):
            self.layers[0] -= rate * self.grad
"""
SETTINGS = """
    import numpy as np

    WIDTH = 4

    class Perceptron:
        def __init__(self, input_dim, WIDTH, activation, vault):
            self.a = np.random.randn(input_dim, WIDTH) + vault.open("start")
            self.b = np.random.randn(WIDTH, 1)

        def fit(self, X, y, alpha, batch_size):
            for at in range(0, len(X), batch_size):
                x, t = X[at : at + batch_size], y[at : at + batch_size]
                inner = np.tanh(x @ self.a)
                error = inner @ self.b - t
                self.b -= alpha * inner.T @ error
                self.a -= alpha * x.T @ (error @ self.b.T * (1 - inner**2))
"""
PAIRS = """
    import numpy as np

    class Network:
        def __init__(self, sizes, vault):
            self.weights = [np.random.randn(m, n) + vault.open("start") for n, m in zip(sizes, sizes[1:])]

        def SGD(self, training_data, epochs, mini_batch_size, eta, test_data):
            for _ in range(epochs):
                for x, y in training_data:
                    self.weights[0] -= eta * np.outer(self.weights[0] @ x - y, x)
"""
PROGRAMS = [SIZES, DELTAS, FUNCTION, ADDED, SETTINGS, PAIRS]


def written(folder: Path, source: str) -> Path:
    """A file of this text."""
    path = folder / "mine.py"
    path.write_text(textwrap.dedent(source))
    return path


@pytest.mark.every(3)
@pytest.mark.parametrize("source", PROGRAMS)
def test_a_proposed_line_has_no_undefined_name(source: str, tmp_path: Path) -> None:
    path = written(tmp_path, source)
    line = check_file(path).suggestion
    assert "vault=..." in line
    result = check_file(path, run=line)
    raised = [reason for _, reason in result.failures] + [result.detail, result.exception]
    assert not [one for one in raised if "NameError" in one]


@pytest.mark.slow
def test_a_proposed_line_trains_once_it_is_filled_in(tmp_path: Path) -> None:
    line = check_file(written(tmp_path, SIZES)).suggestion
    filled = SIZES.replace('vault.open("scale")', "vault")
    result = check_file(written(tmp_path, filled), run=line.replace("vault=...", "vault=0.3"))
    assert result.verdict is Verdict.CORRECT


def test_the_advice_names_what_is_to_be_filled_in() -> None:
    line = "net = Net(7, vault=...); net.train(X, Y)"
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=Reason.NOT_DRIVEN, suggestion=line)
    hint = dict(checking.lines(result))["What to do"]
    assert hint.endswith(f'--run "{line}" Put a value in place of the dots for vault; the rest of the line can stay.')


FIVE_DIMENSIONS = """
    import numpy as np

    class Trainer:
        def __init__(self, learning_rate, weights):
            self.learning_rate = learning_rate
            assert weights.ndim == 5
            self.weights = weights

        def step(self, x, y):
            error = np.einsum("ni,iabcd->nabcd", x, self.weights) - y
            self.weights -= self.learning_rate * np.einsum("ni,nabcd->iabcd", x, error)
"""


@pytest.mark.slow
def test_a_constructor_that_fails_with_what_was_guessed_is_left_to_fill_in(tmp_path: Path) -> None:
    line = check_file(written(tmp_path, FIVE_DIMENSIONS)).suggestion
    assert line.startswith("net = Trainer(learning_rate=0.1, weights=...); net.step(X, ")
