"""Functions that a file's network does not use: right under one convention of several, and their slips."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.layers import check_layers
from harness.checking.pair_verdicts import of_layers
from harness.checking.result import Agreement, CheckResult, Reason, Verdict
from harness.recording.driving.pairs.find import find_pairs
from harness.recording.driving.pairs.plan import PairKind
from tests.network_files import write_file

FUNCTIONS = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_backward(z, dA):
    s = sigmoid(z)
    return dA * s * (1 - s)

def tanh(v):
    return np.tanh(v)

def tanh_backward(grad, out):
    return grad * (1 - out**2)

def relu(z):
    return np.maximum(z, 0)

def relu_prime(z, above):
    return (z > 0) * above

def softplus(v):
    return np.log(1 + np.exp(v))

def softplus_backward(out, g):
    return g * (1 - np.exp(-out))

def cube(z):
    return z**3

def cube_prime(z, above):
    above = np.array(above, copy=True)
    above[z != 0] = (above * 3 * z**2)[z != 0]
    return above

def arctan(z):
    return np.arctan(z)

def arctan_prime(z, a):
    return np.cos(a) ** 2 + 0 * z

def logistic(z):
    return 1 / (1 + np.exp(-z))

def logistic_prime(z, a):
    return a * (1 - a)

def dense_forward(x, w, b):
    return x @ w + b

def dense_backward(x, w, b, grad):
    grad_w = x.T @ grad
    grad_b = grad.sum(axis=0)
    return grad_w, grad_b, grad @ w.T

def mix_forward(x, w, b):
    return x @ w + b

def mix_backward(x, w, dz):
    return x.T @ dz, dz.sum(axis=0), dz @ w.T
"""
SLIPS = {
    "sigmoid": ("dA * s * (1 - s)", "dA * s * (1 + s)"),
    "tanh": ("grad * (1 - out**2)", "grad * (1 - out)"),
    "relu": ("(z > 0) * above", "(z < 0) * above"),
    "softplus": ("g * (1 - np.exp(-out))", "g * (1 + np.exp(-out))"),
    "cube": ("above * 3 * z**2", "above * 3 * z"),
    "arctan": ("np.cos(a) ** 2", "np.cos(z) ** 2"),
    "logistic": ("a * (1 - a)", "a * (1 + a)"),
    "dense_forward": ("grad_b, grad @ w.T", "grad_b, grad @ (w.T + 1)"),
    "mix_forward": ("dz.sum(axis=0), dz @ w.T", "dz.sum(axis=0), dz @ abs(w.T)"),
}


def agreements(tmp_path: Path, text: str) -> dict[str, Agreement]:
    """What is found of each forward function of a text."""
    return {one.owner: one.agreement for one in check_layers(write_file(tmp_path / "functions_under_test.py", text))}


def test_a_pair_is_right_under_one_of_the_conventions_that_its_names_leave_open(tmp_path: Path) -> None:
    found = agreements(tmp_path, FUNCTIONS)
    assert found == dict.fromkeys(SLIPS, Agreement.AGREES)


@pytest.mark.slow
def test_a_slip_is_wrong_under_all_of_them(tmp_path: Path) -> None:
    text = FUNCTIONS
    for right, wrong in SLIPS.values():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    assert agreements(tmp_path, text) == dict.fromkeys(SLIPS, Agreement.DIFFERS)


def test_an_argument_with_the_name_of_a_value_is_not_a_gradient_from_above() -> None:
    kinds = [plan.kind for plan in find_pairs(FUNCTIONS) if plan.name.startswith("logistic")]
    assert kinds == [PairKind.DERIVATIVE]


NETWORK = """
import numpy as np

np.random.seed(0)
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
W1, W2 = np.random.randn(2, 3), np.random.randn(3, 1)


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_derivative(y_true, y_pred):
    return y_true - y_pred


for i in range(50):
    H = np.tanh(X @ W1)
    delta = H @ W2 - Y
    back = (delta @ W2.T) * (1 - H**2)
    W2 -= 0.1 * H.T @ delta
    W1 -= 0.1 * X.T @ back
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("derivative", "verdict"),
    [("y_true - y_pred", Verdict.CORRECT), ("(y_true - y_pred) ** 2", Verdict.MISTAKE)],
)
def test_the_sign_of_an_unused_loss_is_a_convention(tmp_path: Path, derivative: str, verdict: Verdict) -> None:
    text = NETWORK.replace("return y_true - y_pred\n", f"return {derivative}\n")
    assert check_file(write_file(tmp_path / "functions_under_test.py", text)).verdict is verdict


ADDING = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, error, lr):
        back = error @ self.W.T
        self.W += lr * self.x.T @ error
        self.b += lr * error.sum(axis=0)
        return back

def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)

def mse_prime(y_true, y_pred):
    return y_true - y_pred
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", Verdict.NOT_JUDGED),
        ("return y_true - y_pred", "return y_pred - y_true", Verdict.MISTAKE),
        pytest.param("self.W +=", "self.W -=", Verdict.MISTAKE, marks=pytest.mark.slow),
        pytest.param("error", "grad_output", Verdict.MISTAKE, marks=pytest.mark.slow),
        pytest.param("back = error", "back = 2 * error", Verdict.MISTAKE, marks=pytest.mark.slow),
    ],
)
def test_layers_that_add_what_they_make_of_errors(tmp_path: Path, old: str, new: str, verdict: Verdict) -> None:
    text = ADDING.replace(old, new) if old else ADDING
    file = write_file(tmp_path / "functions_under_test.py", text)
    start = CheckResult(file=file.name, verdict=Verdict.NOT_JUDGED, reason=Reason.NO_PARAMETERS)
    assert of_layers(start, check_layers(file), text).verdict is verdict


SLOPES = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.W + self.b)

    def backward(self, back):
        self.dW = self.x.T @ back
        self.db = back.sum(axis=0)
        return (back @ self.W.T) * (1 - self.x**2)
"""


@pytest.mark.parametrize(
    ("old", "new", "agreement"),
    [
        ("", "", Agreement.NOT_JUDGED),
        (" * (1 - self.x**2)", " * (1 - self.x)", Agreement.DIFFERS),
        pytest.param(" * (1 - self.x**2)", "", Agreement.DIFFERS, marks=pytest.mark.slow),
        pytest.param("back.sum(axis=0)", "back[0]", Agreement.DIFFERS, marks=pytest.mark.slow),
    ],
)
def test_a_layer_may_have_the_slope_of_the_layer_before(
    tmp_path: Path, old: str, new: str, agreement: Agreement
) -> None:
    found = agreements(tmp_path, SLOPES.replace(old, new) if old else SLOPES)
    assert found == {"Dense": agreement}


SQUASH = """
import numpy as np

class Squash:
    def forward(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, above):
        return above * self.out * (1 - self.out)
"""


def test_an_activation_alone_has_no_convention_that_takes_its_slope_at_its_input(tmp_path: Path) -> None:
    """Of a layer with weights, their gradients show that the slope is that of the layer before."""
    assert agreements(tmp_path, SQUASH) == {"Squash": Agreement.AGREES}
    slipped = SQUASH.replace("above * self.out * (1 - self.out)", "above * self.x * (1 - self.x)")
    assert agreements(tmp_path, slipped) == {"Squash": Agreement.DIFFERS}


MEANS = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dw = x.T @ dout / len(x)
    db = dout.mean(axis=0)
    return dout @ w.T, dw, db

class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, lr):
        self.dW = self.x.T @ grad
        self.db = grad.mean(axis=0)
        back = grad @ self.W.T
        self.W -= lr * self.dW / len(self.x)
        self.b -= lr * self.db
        return back
"""


@pytest.mark.parametrize(
    ("old", "new", "mistakes"),
    [
        ("", "", []),
        ("db = dout.mean(axis=0)", "db = dout.sum(axis=0)", [("sum-instead-of-mean", 10)]),
        pytest.param("x.T @ dout / len(x)", "x.T @ dout", [("bias-gradient-averaged", 10)], marks=pytest.mark.slow),
        ("self.db = grad.mean", "self.db = grad.sum", [("sum-instead-of-mean", 27)]),
        ("        self.b -= lr * self.db\n", "        self.db *= len(grad)\n", [("sum-instead-of-mean", 27)]),
    ],
)
def test_parameters_of_one_layer_are_all_averaged_or_all_summed(
    tmp_path: Path, old: str, new: str, mistakes: list[tuple[str, int]]
) -> None:
    text = MEANS.replace(old, new) if old else MEANS
    file = write_file(tmp_path / "functions_under_test.py", text)
    start = CheckResult(file=file.name, verdict=Verdict.NOT_JUDGED, reason=Reason.NO_PARAMETERS)
    result = of_layers(start, check_layers(file), text)
    assert [(one.id, one.place.line) for one in result.mistakes if one.place] == mistakes
    assert (result.verdict is Verdict.CORRECT) == (not mistakes)
