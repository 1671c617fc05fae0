"""Which exceptions of a run are mistakes of the file."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.checking.check import check_file
from harness.checking.exceptions import may_be_bound_elsewhere
from harness.checking.result import Verdict
from harness.recording.graph import Absorbed, Place, Raised
from tests.network_files import write_file

ON_A_BRANCH = """
def train(asked):
    if asked:
        rate = 0.1
    return rate
"""
IN_ANOTHER_FUNCTION = """
def prepare():
    rate = 0.1

def train():
    return rate
"""


@pytest.mark.parametrize(
    ("text", "line", "stand_ins", "expected"),
    [
        (ON_A_BRANCH, 5, [Absorbed.INPUT], True),
        (ON_A_BRANCH, 5, [], False),  # the branch was not taken for reasons of the file
        (IN_ANOTHER_FUNCTION, 6, [Absorbed.INPUT], False),
        (IN_ANOTHER_FUNCTION.replace("    rate", "    global rate\n    rate"), 7, [Absorbed.INPUT], True),
        ("from own import *\n" + IN_ANOTHER_FUNCTION, 7, [Absorbed.INPUT], True),
    ],
)
def test_a_name_may_have_been_given_a_value_on_a_branch_that_a_made_up_answer_kept_from_running(
    text: str, line: int, stand_ins: list[Absorbed], expected: bool
) -> None:
    recording: Any = SimpleNamespace(stand_ins=[SimpleNamespace(what=what) for what in stand_ins])
    sources: Any = SimpleNamespace(trees={"net.py": ast.parse(text)})
    frames = (Place(file="net.py", line=line),)
    raised = Raised(type="NameError", message="name 'rate' is not defined", frames=frames)
    assert may_be_bound_elsewhere(recording, raised, sources) is expected


STANDARDISED = """import numpy as np
X = np.random.normal(size=(20, 3))
Y = np.random.normal(size=(20, 2))
X = (X - X.mean(axis=0)) / X.std(axis=0)
w = np.random.normal(size=(4, 2))
for _ in range(5):
    w -= 0.05 * X.T @ (X @ w - Y)
"""


def test_data_that_are_standardised_before_an_exception_are_not_an_update(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(STANDARDISED)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("exception", 7)
    path.write_text(STANDARDISED.replace("(4, 2)", "(3, 2)"))
    assert check_file(path).verdict is Verdict.CORRECT


def test_a_rate_beside_a_factor_of_2_is_not_a_mean(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import numpy as np\nX = np.random.normal(size=(20, 3))\nw = np.zeros(3)\nfor _ in range(5):\n"
        "    for x in X:\n        e = np.dot(w, x) - x.sum() + x[0]\n        cost = np.sum(e ** 2)\n"
        "        w -= 0.1 * 2 * e * x\n"
    )
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert not result.alternatives
    assert result.cost is not None
    assert result.cost.factor is None


FROM_A_FOLDER = """import os
import numpy as np
w = np.random.randn(3, 1)
hidden = np.ones((4, 3)) @ w
rows = np.load(os.path.join(os.environ["FOLDER_OF_ROWS"], "rows.npz"))
"""


def test_a_variable_that_is_not_set_here_is_not_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FROM_A_FOLDER)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.NOT_JUDGED
    assert "FOLDER_OF_ROWS" in result.detail


WITH_NUMERICAL_GRADIENTS = """import numpy as np
rng = np.random.RandomState(0)
X, Y = rng.randn(6, 5), rng.randn(6, 4)
w, b = rng.randn(5, 4), np.zeros(4)

def cost(w, b):
    return 0.5 * np.sum((X @ w + b - Y) ** 2)

def gradients(w, b):
    error = X @ w + b - Y
    return X.T @ error, error.sum(axis=0)

def numerical_gradients(w, b, h=1e-6):
    w, b = w.copy(), b.copy()
    grad_w, grad_b = np.zeros(w.shape), np.zeros(b.shape)
    for values, grad in ((w, grad_w), (b, grad_b)):
        for place in np.ndindex(values.shape):
            values[place] += h
            above = cost(w, b)
            values[place] -= 2 * h
            grad[place] = (above - cost(w, b)) / (2 * h)
            values[place] += h
    return grad_w, grad_b

for own, other in zip(gradients(w, b), numerical_gradients(w, b)):
    distance = np.abs(own.reshape(-1) - other.reshape(own.size)).max()
    print(distance)
for _ in range(20):
    grad_w, grad_b = gradients(w, b)
    w -= 0.01 * grad_w
    b -= 0.01 * grad_b
"""
STRICT = WITH_NUMERICAL_GRADIENTS.replace(
    "    print(distance)\n", "    if distance > 1e-3:\n        raise ValueError('the gradients do not match')\n"
)


def test_several_numerical_gradients_keep_their_shapes_when_they_end_early(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(WITH_NUMERICAL_GRADIENTS)
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT
    slip = WITH_NUMERICAL_GRADIENTS.replace("    return X.T @ error,", "    return X.T @ error * 2,")
    (tmp_path / "slip.py").write_text(slip)
    assert check_file(tmp_path / "slip.py").verdict is Verdict.MISTAKE


def test_a_refusal_of_numerical_gradients_that_ended_early_is_not_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(STRICT)
    assert check_file(tmp_path / "net.py").verdict is Verdict.NOT_JUDGED


ONE_LABEL = """
import numpy as np
data, labels = [[1, 0], [0, 1], [1, 1], [0, 0]], [[1], [1], [0], [0]]
hidden, outputs = 1, 10
V, W = np.random.rand(2, hidden), np.random.rand(hidden, outputs)
for epoch in range(5):
    for x, t in zip(data, labels):
        inputs, wanted = np.array(x).reshape(1, 2), np.array(t).reshape(1, outputs)
        h = np.tanh(inputs @ V)
        error = h @ W - wanted
        back = error @ W.T * (1 - h**2)
        W -= 0.1 * h.T @ error
        V -= 0.1 * inputs.T @ back
"""


def test_sizes_that_do_not_fit_the_data_of_the_file_are_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(ONE_LABEL)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place.line) == ("exception", 8)
    path.write_text(ONE_LABEL.replace("outputs = 1, 10", "outputs = 10, 1"))
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text("import sys\n" + ONE_LABEL.replace("1, 10", "1, int(input())"))
    assert check_file(path).verdict is not Verdict.MISTAKE


OF_A_LIBRARY = """from textwrap import TextWrapper
import numpy as np

X = np.random.normal(size=(20, 3))
wrapper = TextWrapper(line_length=70)
"""


def test_a_library_that_does_not_take_an_argument_may_be_another_version_of_it(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(OF_A_LIBRARY)
    result = check_file(file)
    assert result.verdict is Verdict.NOT_JUDGED
    assert "line_length" in result.exception


def test_a_class_of_the_project_that_does_not_take_an_argument_is_called_wrongly(tmp_path: Path) -> None:
    wrapper = "class TextWrapper:\n    def __init__(self, width):\n        self.width = width\n"
    (tmp_path / "wrapping.py").write_text(wrapper)
    file = tmp_path / "net.py"
    file.write_text(OF_A_LIBRARY.replace("from textwrap", "from wrapping"))
    result = check_file(file)
    assert result.verdict is Verdict.MISTAKE
    assert result.mistakes[0].id == "exception"


CUT_SHORT = """import numpy as np

X = np.random.normal(size=(20, 3))
Y = np.random.normal(size=(20, 2))
w = np.random.normal(size=(3, 4)) * 0.4
v = np.random.normal(size=(4, 2)) * 0.4
rate = float(input("rate: "))
for _ in range(5):
    h = np.tanh(X @ w)
    d = h @ v - Y
    g = X.T @ (d @ v.T * (1 - h**2))
    v -= rate * h.T @ d
    w -= rate * g[:, None]
"""


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (CUT_SHORT, Verdict.NOT_JUDGED),
        (CUT_SHORT.replace("g[:, None]", "g"), Verdict.CORRECT),
        (CUT_SHORT.replace("    w -= rate * g[:, None]\n", ""), Verdict.MISTAKE),
    ],
    ids=["fails at the update", "right", "without an update"],
)
def test_a_parameter_whose_first_update_fails_is_not_called_never_updated(
    tmp_path: Path, text: str, verdict: Verdict
) -> None:
    file = tmp_path / "net.py"
    file.write_text(text)
    result = check_file(file)
    assert result.verdict is verdict
    assert [one.id for one in result.mistakes] == ([] if verdict is not Verdict.MISTAKE else ["kernel-not-updated"])


LAST_NOT_UPDATED = """import numpy as np

rng = np.random.default_rng(2)


class Dense:
    def __init__(self, n, m):
        self.weights, self.biases = rng.normal(size=(n, m)), np.zeros((1, m))

    def forward(self, x):
        self.x = x
        self.out = np.tanh(x @ self.weights + self.biases)
        return self.out

    def backward(self, d):
        d = d * (1 - self.out**2)
        self.dweights, self.dbiases = self.x.T @ d, d.sum(axis=0, keepdims=True)
        return d @ self.weights.T


def update(layer):
    layer.weights -= 0.1 * layer.dweights
    layer.biases -= 0.1 * layer.dbiases


X, Y = rng.normal(size=(20, 3)), float(input("scale: ")) * rng.uniform(-1, 1, size=(12, 2))
first, last = Dense(3, 5), Dense(5, 2)
for start in (0, 10):
    out = last.forward(first.forward(X[start : start + 10]))
    first.backward(last.backward(out - Y[start : start + 10]))
    update(first)
    update(last)
"""


def test_an_iteration_is_complete_if_the_next_one_has_begun_before_an_exception(tmp_path: Path) -> None:
    """The forward pass of the second batch runs, and its targets are missing."""
    file = write_file(tmp_path / "net.py", LAST_NOT_UPDATED.replace("size=(12, 2)", "size=(20, 2)"))
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(LAST_NOT_UPDATED.replace("    update(last)\n", "").replace("size=(12, 2)", "size=(20, 2)"))
    assert [one.id for one in check_file(file).mistakes] == ["layer-not-updated"]
    file.write_text(LAST_NOT_UPDATED.replace("    update(last)\n", ""))
    assert [one.id for one in check_file(file).mistakes] == ["layer-not-updated"]
