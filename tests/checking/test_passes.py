"""Backward passes that mix what layers stored in two forward passes, and slopes with another limit than 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict
from harness.report import checking as report

LAYERS = """import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
X_val, y_val = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))

class Dense:
    def __init__(self, n, m):
        self.w = rng.normal(size=(n, m)) * 0.3
        self.b = np.zeros(m)
    def forward(self, x):
        self.x = x
        self.out = x @ self.w + self.b
        return self.out
    def backward(self, d):
        self.dw = self.x.T @ d
        self.db = d.sum(axis=0)
        return d @ self.w.T

class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out
    def backward(self, d):
        return d * (1 - self.out ** 2)

class Dropout:
    def forward(self, x):
        self.mask = rng.binomial(1, 0.8, size=x.shape) / 0.8
        return x * self.mask
    def backward(self, d):
        return d * self.mask

"""

ONE_FUNCTION = (
    LAYERS
    + """layers = [Dense(3, 8), Tanh(), Dense(8, 1)]

def run(x):
    for layer in layers:
        x = layer.forward(x)
    return x

for epoch in range(20):
    out = run(X)
    cost = np.sum((out - y) ** 2)
    {before}
    d = 2 * (out - y)
    for layer in reversed(layers):
        d = layer.backward(d)
    for layer in layers:
        if isinstance(layer, Dense):
            layer.w -= 0.001 * layer.dw
            layer.b -= 0.001 * layer.db
    {after}
"""
)

WRITTEN_OUT = (
    LAYERS
    + """one, tanh, drop, two = Dense(3, 8), Tanh(), Dropout(), Dense(8, 1)
for epoch in range(20):
    two.forward(drop.forward(tanh.forward(one.forward(X))))
    cost = np.sum((two.out - y) ** 2)
    two.forward(tanh.forward(one.forward(X_val)))
    print("validation", np.sum((two.out - y_val) ** 2))
    one.backward(tanh.backward(drop.backward(two.backward(2 * (two.out - y)))))
    for layer in one, two:
        layer.w -= 0.001 * layer.dw
        layer.b -= 0.001 * layer.db
"""
)

SLOPE = """import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
W1, W2 = rng.normal(size=(3, 8)), rng.normal(size=(8, 1))

def slope(a):
    d = np.zeros(a.shape)
    d[a < 0] = 0
    d[a > 0] = 1
    return d.astype(float)

for _ in range(20):
    h = np.maximum(0, X @ W1)
    out = h @ W2
    cost = np.sum((out - y) ** 2)
    d2 = 2 * (out - y)
    d1 = d2 @ W2.T * slope(h)
    W2 -= 0.001 * h.T @ d2
    W1 -= 0.001 * X.T @ d1
"""


def checked(folder: Path, text: str) -> CheckResult:
    (folder / "net.py").write_text(text)
    return check_file(folder / "net.py")


def found(result: CheckResult) -> list[tuple[str, int | None]]:
    return [(one.id, one.place and one.place.line) for one in result.mistakes]


PASS = "values-of-another-forward-pass"
VALIDATION = 'print("validation", np.sum((run(X_val) - y_val) ** 2))'


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("pass", VALIDATION, []),
        (f"{VALIDATION}; run(X)", "pass", []),
        (VALIDATION, "pass", [(PASS, 43)]),
    ],
)
def test_a_validation_before_the_backward_pass_is_named_at_its_call(
    tmp_path: Path, before: str, after: str, expected: list[tuple[str, int]]
) -> None:
    result = checked(tmp_path, ONE_FUNCTION.format(before=before, after=after))
    assert found(result) == expected, report.text(result)
    assert (result.verdict is Verdict.CORRECT) == (not expected)


def test_a_mask_of_the_pass_before_the_validation_is_named_at_the_validation(tmp_path: Path) -> None:
    result = checked(tmp_path, WRITTEN_OUT)
    assert found(result) == [(PASS, 37)], report.text(result)


def test_a_slope_with_another_limit_than_0_is_a_wrong_derivative_where_it_is_computed(tmp_path: Path) -> None:
    assert checked(tmp_path, SLOPE).verdict is Verdict.CORRECT
    result = checked(tmp_path, SLOPE.replace("a > 0", "a >= 1"))
    assert found(result) == [("wrong-derivative", 9)], report.text(result)


def test_a_slope_that_calls_its_activation_is_not_another_forward_pass(tmp_path: Path) -> None:
    text = """import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
W, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def slope(x):
    return sigmoid(x) * (1 - sigmoid(x))
for _ in range(20):
    z = X @ W
    h = sigmoid(z)
    out = h @ V
    cost = np.sum((out - y) ** 2)
    d = 2 * (out - y)
    dV, dW = h.T @ d, X.T @ (d @ V.T * slope(h))
    W -= 0.01 * dW
    V -= 0.01 * dV
"""
    assert checked(tmp_path, text.replace("slope(h)", "slope(z)")).verdict is Verdict.CORRECT
    assert found(checked(tmp_path, text)) == [("derivative-of-activation", 15)]
