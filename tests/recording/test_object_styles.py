"""Files that only define networks of objects are judged: the right ones right, and each mistake at its line."""

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.driving.data import Labels
from harness.recording.driving.examples import find_examples
from harness.recording.driving.roles import Role, role_of
from harness.recording.driving.source import Argument, read_source
from harness.recording.driving.suggestions import label_order
from harness.recording.driving.uses import Uses

from .object_styles import SLOPES, STYLES
from .style_checks import check_style, params

QUICK = ("all gradients from one method", "one layer, of a list of sizes")


@pytest.mark.every(2)
@pytest.mark.parametrize("name", params(STYLES, QUICK))
def test_a_network_of_objects_and_its_mistake(name, tmp_path):
    text, old, new = STYLES[name]
    assert text.count(old) == 1
    check_style(tmp_path / "net.py", text, old, new)


def test_an_activation_that_is_not_given_a_gradient_drops_none(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(SLOPES[: SLOPES.index("class SquaredError")])
    assert check_file(path).verdict is Verdict.CORRECT


@pytest.mark.slow
def test_layers_beside_a_network_may_make_a_logger(tmp_path):
    text = STYLES["attributes that callers set"][0]
    layers, network = text[: text.index("class NeuralNetwork")], text[text.index("class NeuralNetwork") :]
    logger = "import logging\n\nlogger = logging.getLogger(__name__)\n"
    (tmp_path / "layers.py").write_text(logger + layers)
    path = tmp_path / "network.py"
    path.write_text("import copy\n\n\n" + network)
    assert check_file(path).verdict is Verdict.CORRECT


ADDED = """
import numpy as np

class Net:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out) * 0.4
    def forward(self, x):
        return x @ self.weights
    def backward(self, x, y):
        self.grad_weights = x.T @ (y - self.forward(x))
    def update_weights(self, schedule):
        self.weights += schedule.at(self.epoch, self.weights.shape) * self.grad_weights
"""


def test_gradients_that_the_file_adds_are_added_for_it(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(ADDED)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(ADDED.replace("y - self.forward(x)", "self.forward(x) - y"))
    assert check_file(path).verdict is Verdict.MISTAKE


def test_an_example_names_a_class_by_its_module_and_sets_attributes():
    text = "import Network\nnet = Network.Network(3)\nnet.loss = SquaredError()\nnet.data = load()\nnet.late = 1\n"
    (example,) = find_examples([text], ["Network"], ["Network", "SquaredError"])["Network"]
    assert list(example.statements("net")) == ["net = Network(3)", "net.loss = SquaredError()"]


def test_an_example_is_given_the_default_of_an_argument_as_a_whole():
    text = "def main(options={'units': 4}, seed=1):\n    net = Net(**options)\n"
    (example,) = find_examples([text], ["Net"], ["Net"])["Net"]
    assert example.construction == "Net(**{'units': 4})"
    assert not find_examples([text + text.replace("4", "5")], ["Net"], ["Net"])


@pytest.mark.parametrize(
    ("value", "is_step"), [("rate * self.mean + (1 - rate) * x", False), ("self.mean - rate * dmean", True)]
)
def test_a_running_average_is_not_a_step(value, is_step):
    text = f"class Norm:\n    def forward(self, x, rate, dmean):\n        self.mean = {value}\n"
    (update,) = read_source(text).methods("Norm")["forward"].updates
    assert update.likely is is_step


def test_labels_that_are_halved_are_signs():
    text = "def loss(a, labels):\n    return -np.log(np.abs(labels / 2 - 0.5 + a))\n"
    assert label_order(read_source(text), text)[0] is Labels.SIGNS


def test_an_argument_without_a_word_has_a_role():
    method = read_source("class Nothing:\n    def forward(self, _):\n        return 0\n").methods("Nothing")["forward"]
    assert role_of(Argument(name="_"), Uses(), method) is Role.UNKNOWN


@pytest.mark.slow
def test_gradients_of_all_observations_that_do_not_fit_a_bias_are_a_mistake_if_they_are_a_mean(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("""
import numpy as np

class Model:
    def __init__(self, inputs, units, outputs):
        self.V, self.c = np.random.randn(inputs, units), np.zeros((1, units))
        self.W, self.b = np.random.randn(units, outputs), np.zeros((1, outputs))
    def forward(self, X):
        self.h = np.tanh(X @ self.V + self.c)
        return self.h @ self.W + self.b
    def loss(self, outputs, y):
        return np.mean((outputs - y) ** 2)
    def backprop(self, X, y, outputs):
        d = 2 * (outputs - y) / y.size
        back = d @ self.W.T * (1 - self.h ** 2)
        self.W -= 0.1 * self.h.T @ d
        self.b -= 0.1 * d
        self.V -= 0.1 * X.T @ back
        self.c -= 0.1 * back.sum(axis=0, keepdims=True)
    def fit(self, X, y, epochs=10):
        for _ in range(epochs):
            outputs = self.forward(X)
            print(self.loss(outputs, y))
            self.backprop(X, y, outputs)
""")
    result = check_file(path)
    assert [(one.id, one.place.line) for one in result.mistakes if one.place] == [("bias-gradient-not-summed", 14)]
