"""Other calls for a driven file, made from its text alone."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.pair_conventions import is_usual_scale
from harness.checking.pair_verdicts import with_pairs
from harness.checking.result import Agreement, CheckResult, GradientResult, PairResult, Remark, Verdict
from harness.checking.scales import Counts, is_usual, odd_divisor
from harness.checking.unrun import OF_DERIVATIVES
from harness.checking.variants import options_of, variants_of, with_hidden_layer
from harness.recording.driving.pairs.plan import PairKind
from harness.recording.graph import Driven

SOURCE = """\
SHAPES = {"tanh": 1, "relu": 2, "softmax": 3}

class Dense:
    def __init__(self, inputs, units, kind=None, mode="train"):
        self.kind = kind
        self.mode = mode

    def bend(self, z):
        if self.kind == "relu":
            return z
        if self.kind in ("sigmoid", "softmax"):
            return z
        if self.mode == "test":
            return z

class Net:
    def __init__(self, sizes, activation="tanh"):
        self.f = SHAPES[activation]
"""


def test_options_are_the_activations_that_an_argument_is_compared_with() -> None:
    assert options_of(ast.parse(SOURCE)) == {
        "Dense": {"kind": ("relu", "sigmoid")},
        "Net": {"activation": ("tanh", "relu")},
    }


HANDED_ON = """
class Network:
    def __init__(self, sizes, hidden="relu", output="relu", name="net"):
        self.hidden, self.output = hidden, output
    def act(self, kind, z):
        if kind == "relu":
            return np.maximum(z, 0)
        if kind == "tanh":
            return np.tanh(z)
"""


def test_options_may_be_compared_under_another_name_but_not_those_of_the_output() -> None:
    assert options_of(ast.parse(HANDED_ON)) == {"Network": {"hidden": ("relu", "tanh")}}


OTHER_BRANCH = """
class Network:
    def __init__(self, sizes, activation="sigmoid"):
        self.act = self.sigmoid if activation == "sigmoid" else self.tanh

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def tanh(self, x):
        return np.tanh(x)

    def fit(self, x):
        return self.act(x)
"""


def test_a_branch_that_the_default_does_not_take_is_an_option() -> None:
    assert options_of(ast.parse(OTHER_BRANCH)) == {"Network": {"activation": ("sigmoid", "tanh")}}


def test_a_list_of_sizes_gets_a_hidden_layer_more() -> None:
    assert with_hidden_layer(("net = Net([7, 5, 3])", "net.fit(X, Y)")) == ("net = Net([7, 5, 4, 3])", "net.fit(X, Y)")
    assert with_hidden_layer(("net = Net(7, 5, 3)",)) is None


def test_a_list_that_is_given_in_each_iteration_is_not_one_of_sizes() -> None:
    passes = ("for i in range(3):", "    net.forward(i, [7, 5, 3])", "    net.backward(i, [7, 5, 3])")
    assert with_hidden_layer(("net = Net(7, 3)", *passes)) is None
    call = "    w = step(w, X, Y, [7, 5, 3])"
    deeper = "    w = step(w, X, Y, [7, 5, 4, 3])"
    assert with_hidden_layer(("w = init([7, 5, 3])", call)) == ("w = init([7, 5, 4, 3])", deeper)


def test_added_layers_get_one_more_between_them() -> None:
    calls = ("net = Net()", "net.add(Dense(7, 5))", "net.add(Dense(5, 3))", "net.fit(X, Y)")
    assert with_hidden_layer(calls) == (*calls[:2], "net.add(Dense(5, 5))", *calls[2:])


def test_no_layer_is_put_in_where_the_calls_update_each_layer_by_its_name() -> None:
    calls = ("net = Net([7, 5, 3], 'tanh')", "net.back(X, Y)", "net.layers[1].W -= 0.1 * net.layers[1].dW")
    found = [one.lines for one in variants_of(Driven(calls=calls, applied_by_driver=True), SOURCE)]
    assert found
    assert all("[7, 5, 3]" in lines[0] for lines in found)


def test_options_are_set_for_all_layers_but_the_last() -> None:
    calls = ("net = Net()", "net.add(Dense(7, 5))", "net.add(Dense(5, 3))")
    found = {one.what: one.lines for one in variants_of(Driven(calls=calls), SOURCE)}
    assert found["kind='relu'"] == (
        "net = Net()",
        "net.add(Dense(7, 5, kind='relu'))",
        "net.add(Dense(5, 5, kind='relu'))",
        "net.add(Dense(5, 3))",
    )


@pytest.mark.parametrize(
    ("call", "others"),
    [
        ("net = Network([7, 5, 3])", ["net = Network([7, 5, 3], hidden='tanh')"]),
        ("net = Network([7, 5, 3], 'tanh')", ["net = Network([7, 5, 3], 'relu')"]),
        ("net = Network([7, 5, 3], hidden='tanh')", ["net = Network([7, 5, 3], hidden='relu')"]),
    ],
    ids=["default", "position", "name"],
)
def test_an_option_takes_the_place_of_what_is_given_and_the_default_is_not_tried_again(
    call: str, others: list[str]
) -> None:
    driven = Driven(calls=(call,), applied_by_driver=True)
    assert [one.lines[0] for one in variants_of(driven, HANDED_ON) if one.what] == others


def test_each_key_of_the_projects_dictionaries_stands_in_for_the_hidden_layers() -> None:
    calls = ("net = Net([7, 5, 3], ['sigmoid', 'sigmoid'], 'se')", "net.train(X, Y, ['sigmoid'])")
    table = ast.parse("table = {'sigmoid': f, 'relu': g, 'other': h}; losses = {'se': e, 'tanh': e}")
    found = {one.what: one.lines for one in variants_of(Driven(calls=calls, applied_by_driver=True), "", [table])}
    assert found == {"activation='relu'": ("net = Net([7, 5, 3], ['relu', 'sigmoid'], 'se')", calls[1])}


def test_names_of_hidden_layers_alone_are_all_changed() -> None:
    driven = Driven(calls=("net = Net([7, 5, 3], ['sigmoid'])",), applied_by_driver=True)
    table = ast.parse("table = {'sigmoid': f, 'relu': g}")
    assert [one.lines for one in variants_of(driven, "", [table])] == [("net = Net([7, 5, 3], ['relu'])",)]


def test_sums_means_and_halves_are_usual_and_a_mean_over_features_is_not() -> None:
    counts = Counts(observations=20, outputs=3, others=(4, 6))
    assert all(is_usual(one, counts) for one in (0.5, 1, 2, 1 / 20, 2 / 60, 0.5 / 20))
    assert not any(is_usual(one, counts) for one in (1 / 4, 1 / 400))
    assert odd_divisor(1 / 4, counts) == "features"
    assert odd_divisor(1 / 400, counts) == "twice"
    assert odd_divisor(1 / 7, counts) == ""


def test_a_loss_and_its_gradient_may_differ_by_a_mean_if_they_are_two_functions() -> None:
    assert is_usual_scale(11.0, (11, 3), together=False)
    assert not is_usual_scale(11.0, (11, 3), together=True)
    assert not is_usual_scale(11 / 3, (11, 3), together=False)


TWO_SLOPES = """\
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_derivative(a):
    return a * (1 - a)

def tanh_derivative(a):
    return 1 - a

class Network:
    def __init__(self, inputs, hidden, outputs):
        self.w1 = np.random.randn(inputs, hidden)
        self.w2 = np.random.randn(hidden, outputs)

    def forward(self, x):
        self.h = sigmoid(x @ self.w1)
        self.a = sigmoid(self.h @ self.w2)
        return self.a

    def train(self, x, y, rate=0.1):
        self.forward(x)
        top = (self.a - y) * sigmoid_derivative(self.a)
        low = top @ self.w2.T * sigmoid_derivative(self.h)
        self.w2 -= rate * self.h.T @ top
        self.w1 -= rate * x.T @ low
"""


@pytest.mark.slow
def test_what_did_not_run_is_named_beside_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TWO_SLOPES)
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.CORRECT
    assert [(id, detail) for id, _, detail in result.notes if id == "did-not-run"] == [
        ("did-not-run", "tanh_derivative")
    ]


@pytest.mark.slow
def test_what_did_not_run_of_a_script_is_named_too(tmp_path: Path) -> None:
    data = "x, y = np.random.rand(5, 2), np.random.rand(5, 1)\n"
    script = data + "net = Network(2, 3, 1)\nfor i in range(9):\n    net.train(x, y)\n"
    (tmp_path / "mine.py").write_text(TWO_SLOPES + script)
    result = check_file(tmp_path / "mine.py")
    assert (result.verdict, result.calls) == (Verdict.CORRECT, ())
    assert [detail for id, _, detail in result.notes if id == "did-not-run"] == ["tanh_derivative"]


@pytest.mark.slow
def test_weights_that_are_not_transposed_are_found_though_only_equal_sizes_work(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TWO_SLOPES.replace("top @ self.w2.T", "top @ self.w2"))
    (found,) = check_file(tmp_path / "mine.py").mistakes
    assert found.id == "transposed-weights"
    assert found.place is not None
    assert "top @ self.w2 *" in found.place.text


TWO_LOSSES = """\
import numpy as np

class Net:
    def __init__(self, sizes, out="sigmoid", loss="mse"):
        self.w = [np.random.randn(a, b) * 0.4 for a, b in zip(sizes, sizes[1:])]
        self.out, self.loss = out, loss

    def fit(self, X, Y, epochs=3, lr=0.1):
        for _ in range(epochs):
            h = np.tanh(X @ self.w[0])
            z = h @ self.w[1]
            a = z if self.out == "linear" else 1 / (1 + np.exp(-z))
            d = a - Y
            if self.loss == "mse" and self.out == "sigmoid":
                d = d * a * (1 - a)
            low = d @ self.w[1].T * (1 - h ** 2)
            if self.loss == "cross_entropy":
                low = -low
            self.w[1] -= lr * h.T @ d
            self.w[0] -= lr * X.T @ low
"""


def test_losses_and_activations_of_the_output_are_options_too() -> None:
    assert options_of(ast.parse(TWO_LOSSES)) == {
        "Net": {"out": ("linear", "sigmoid"), "loss": ("cross_entropy", "mse")}
    }


@pytest.mark.slow
def test_a_mistake_with_another_loss_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TWO_LOSSES)
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.MISTAKE
    assert any("loss='cross_entropy'" in line for line in result.calls)


def test_a_layer_that_its_pair_judges_is_not_left_beside_an_option_that_was_judged() -> None:
    right = GradientResult(name="dW", of="weights", agreement=Agreement.AGREES)
    pair = PairResult(kind=PairKind.LAYER, name="Embedding", line=1, gradients=(right,))
    notes = ((Remark.OPTION_JUDGED, None, "activation='tanh'"),)
    result = CheckResult(file="mine.py", verdict=Verdict.CORRECT, notes=notes)
    assert with_pairs(result, [], ["Embedding"], [], "", lambda: (pair,)) == result
    unused = replace(result, notes=((Remark.DID_NOT_RUN, None, "Embedding, Other"),))
    (note,) = with_pairs(unused, ["Embedding"], [], [], "", lambda: (pair,)).notes
    assert note == (Remark.DID_NOT_RUN, None, "Other")


@pytest.mark.slow
def test_methods_that_did_not_run_are_named_with_their_class(tmp_path: Path) -> None:
    method = "\n    def dropout_backward(self, d, mask, keep=0.5):\n        return d * mask\n"
    (tmp_path / "mine.py").write_text(TWO_SLOPES + method)
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.CORRECT
    assert [detail for id, _, detail in result.notes if id == "did-not-run"] == [
        "tanh_derivative, Network.dropout_backward"
    ]


SWITCHED_OFF = """\
import numpy as np

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden) * 0.3
        self.W2 = np.random.randn(n_hidden, n_out) * 0.3
        self.v1 = np.zeros_like(self.W1)
        self.v2 = np.zeros_like(self.W2)

    def fit(self, X, y, epochs=100, lr=0.1, keep_prob=1.0, optimizer="sgd"):
        for _ in range(epochs):
            h = np.tanh(X @ self.W1)
            mask = (np.random.rand(*h.shape) < keep_prob) / keep_prob
            d = (h * mask) @ self.W2 - y
            dW2 = (h * mask).T @ d
            dW1 = X.T @ (d @ self.W2.T * BACK * (1 - h ** 2))
            if optimizer == "momentum":
                self.v1 = 0.9 * self.v1 + dW1
                self.v2 = 0.9 * self.v2 + dW2
                self.W1 -= lr * self.v1
                self.W2 -= lr * SECOND
            else:
                self.W1 -= lr * dW1
                self.W2 -= lr * dW2
"""


def test_steps_and_what_is_switched_off_are_options_of_methods() -> None:
    assert options_of(ast.parse(SWITCHED_OFF)) == {"fit": {"keep_prob": (0.8,), "optimizer": ("momentum",)}}


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("back", "second", "line"),
    [("mask", "self.v2", None), ("1", "self.v2", 16), ("mask", "self.v1[:5, :3]", 21)],
    ids=["right", "no mask on the way back", "another velocity"],
)
def test_what_the_defaults_leave_out_is_tried(tmp_path: Path, back: str, second: str, line: int | None) -> None:
    path = tmp_path / "net.py"
    path.write_text(SWITCHED_OFF.replace("BACK", back).replace("SECOND", second))
    result = check_file(path)
    assert [one.place.line for one in result.mistakes if one.place] == ([line] if line else [])
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    if line is None:
        assert {detail for id, _, detail in result.notes if id == "option-judged"} == {
            "keep_prob=0.8",
            "optimizer='momentum'",
        }


CLIPPED = """
import numpy as np

class Net:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def fit(self, X, Y, epochs=3, clip=None):
        for _ in range(epochs):
            d = X @ self.W + self.b - Y
            dW, db = X.T @ d, d.sum(axis=0)
            if clip:
                db = clip * db * np.abs(dW).sum(axis=0)
            self.W -= 0.01 * dW
            self.b -= 0.01 * db
"""


@pytest.mark.slow
def test_a_limit_of_gradients_that_is_off_by_default_is_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "clipped.py"
    path.write_text(CLIPPED)
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert [one.place.text for one in result.mistakes if one.place] == ["db = clip * db * np.abs(dW).sum(axis=0)"]


TWO_NETWORKS = """import numpy as np

class Single:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(size=(n_in, n_out))

    def backprop(self, X, y, rate):
        a = 1 / (1 + np.exp(-X @ self.W))
        self.W -= rate * X.T @ ((a - y) * a * (1 - a))

class Double:
    def __init__(self, n_in, n_out):
        self.W, self.V = np.random.normal(size=(n_in, 5)), np.random.normal(size=(5, n_out))

    def backprop(self, X, y, rate):
        h = np.tanh(X @ self.W)
        a = 1 / (1 + np.exp(-h @ self.V))
        d = (a - y) * a * (1 - a)
        dh = d @ self.V.T * (1 - h * h)
        self.V -= rate * h.T @ d
        self.W -= rate * X.T @ dh

def train(net: Single | Double, X, y, rate):
    for _ in range(5):
        net.backprop(X, y, rate)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("ending", ["", "print(open('no such file'))\n"])
def test_a_second_network_of_a_file_is_judged_by_the_calls_of_the_first(tmp_path: Path, ending: str) -> None:
    (tmp_path / "right.py").write_text(TWO_NETWORKS + ending)
    right = check_file(tmp_path / "right.py")
    assert right.verdict is Verdict.CORRECT
    assert not any(id == "did-not-run" for id, _, _ in right.notes)
    (tmp_path / "wrong.py").write_text(TWO_NETWORKS.replace("(1 - h * h)", "(1 - h)") + ending)
    found = check_file(tmp_path / "wrong.py")
    assert [(one.id, one.place and one.place.line) for one in found.mistakes] == [("wrong-derivative", 19)]


OF_ANY_DEPTH = """\
import numpy as np


class Network:
    def __init__(self, sizes, rate=0.5):
        self.rate = rate
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]

    def forward(self, X):
        self.kept = [X]
        for W in self.weights:
            self.kept.append(1 / (1 + np.exp(-self.kept[-1] @ W)))

    def backward(self, Y):
        last = len(self.weights) - 1
        delta = (self.kept[-1] - Y) / len(Y)
        steps = [self.kept[-2].T @ delta]
        for layer in range(last - 1, -1, -1):
            delta = delta @ self.weights[layer + 1].T * self.kept[layer + 1] * (1 - self.kept[layer + 1])
            steps.insert(0, self.kept[layer].T @ delta)
        self.weights = [W - self.rate * step for W, step in zip(self.weights, steps)]

    def train(self, X, Y, epochs=10):
        for _ in range(epochs):
            self.forward(X)
            self.backward(Y)
"""


@pytest.mark.slow
def test_an_exception_in_the_backward_pass_of_a_layer_more_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(OF_ANY_DEPTH)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(OF_ANY_DEPTH.replace("weights[layer + 1].T", "weights[layer + (layer == last - 1)].T"))
    result = check_file(path)
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("exception", 19)]
    assert result.traceback
    path.write_text(OF_ANY_DEPTH.replace("(last - 1, -1, -1):\n", "(last - 1, -1, -1):\n            assert last < 2\n"))
    assert check_file(path).verdict is Verdict.CORRECT  # it refuses more layers itself


@pytest.mark.slow
def test_a_default_number_of_outputs_that_does_not_fit_made_up_data_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import numpy as np\n"
        "class Net:\n"
        "    def __init__(self, n_in, n_hidden, n_out=1, rate=0.05):\n"
        "        self.w = np.random.randn(n_in, n_hidden) * 0.5\n"
        "        self.v = np.random.randn(n_hidden, n_out) * 0.5\n"
        "        self.rate = rate\n"
        "    def forward(self, X):\n"
        "        self.h = np.tanh(X @ self.w)\n"
        "        return self.h @ self.v\n"
        "    def backprop(self, X, y, out):\n"
        "        d = 2.0 * (out - y) / y.size\n"
        "        dv, dh = self.h.T @ d, d @ self.v.T\n"
        "        dw = X.T @ (dh * (1 - self.h ** 2))\n"
        "        self.v -= self.rate * dv\n"
        "        self.w -= self.rate * dw\n"
        "    def fit(self, X, y, epochs=100):\n"
        "        for epoch in range(epochs):\n"
        "            out = self.forward(X)\n"
        "            self.backprop(X, y, out)\n"
    )
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT, result.exception


def test_a_function_that_grades_a_network_computes_no_gradient() -> None:
    assert not any(map(OF_DERIVATIVES.search, ("grade_learner", "Grader", "grading", "grades")))
    assert all(map(OF_DERIVATIVES.search, ("gradient", "weight_grads", "grad_w", "sigmoid_grad", "gradX")))
