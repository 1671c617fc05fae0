"""Driving files that only define things: they train, with data that fits, and the lines say how."""

from __future__ import annotations

import copy
import functools
import math
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.recording.driving.choices import Choices, Exhausted, Search
from harness.recording.driving.data import INPUT_TEXT, Form, Labels, target_text
from harness.recording.driving.drive import drive
from harness.recording.driving.gradients import plain_name
from harness.recording.driving.result import Driven
from harness.recording.driving.roles import Role, role_of
from harness.recording.driving.session import dimensions
from harness.recording.driving.source import read_source
from harness.recording.driving.uses import uses_of
from harness.recording.driving.watching import Targets

from .driving_styles import (
    DATA_IN_THE_CONSTRUCTOR,
    FLAT_VECTOR,
    FUNCTIONS_WITH_CACHES,
    FUNCTIONS_WITH_TUPLES,
    LAYER_OBJECTS,
    LOSS_WITH_GRADIENTS,
    MODULES_WITHOUT_TRAINING,
    NAMED_SETTINGS,
    ONE_OBSERVATION_PER_CALL,
    STYLES,
)

NAME = "file_under_test"


def load(source: str, path: str = "/nowhere/net.py") -> dict[str, Any]:
    """The namespace of a file that was executed."""
    module = ModuleType(NAME)
    module.__file__ = path
    sys.modules[NAME] = module
    exec(compile(source, path, "exec"), module.__dict__)
    return module.__dict__


def driven(source: str, **options: Any) -> Driven:
    """What driving a file gives."""
    return drive(load(source), source, **options)


def numbers(value: Any, depth: int = 6) -> list[float]:
    """All floating numbers in a value, in order."""
    if isinstance(value, np.ndarray):
        return value.ravel().tolist() if value.dtype.kind == "f" else []
    if isinstance(value, (float, np.floating)):
        return [float(value)]
    if depth == 0 or isinstance(value, (ModuleType, type, str)) or (callable(value) and not hasattr(value, "__dict__")):
        return []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else None
    if items is None:
        items = vars(value).values() if hasattr(value, "__dict__") and not callable(value) else []
    return [number for item in list(items) for number in numbers(item, depth - 1)]


def run(found: Driven, names: dict[str, Any], lines: tuple[str, ...]) -> dict[str, Any]:
    """The namespace after lines of the driver were run in it."""
    np.random.seed(1)  # noqa: NPY002
    names.update(copy.deepcopy({key: value for key, value in found.data.items() if key != "np"}), np=np)
    exec("\n".join(lines), names)
    return names


@functools.cache
def driven_style(style: str) -> Driven:
    return driven(STYLES[style])


@pytest.mark.every(4)
@pytest.mark.parametrize("style", list(STYLES))
def test_every_style_is_driven(style: str) -> None:
    found = driven_style(style)
    assert found.succeeded
    assert not found.doubts


@pytest.mark.every(4)
@pytest.mark.parametrize("style", list(STYLES))
def test_the_lines_run_alone_and_change_the_weights(style: str) -> None:
    """Seen here by comparing all numbers in what the first lines make with and without the lines that train."""
    found = driven_style(style)
    trains = next((n for n, line in enumerate(found.lines) if line.startswith("for")), len(found.lines) - 1)
    after = run(found, load(STYLES[style]), found.lines)
    before = run(found, load(STYLES[style]), found.lines[:trains])
    made = [name for line in found.lines[:trains] if (name := line.split(" = ")[0]).isidentifier()]
    assert not made or any(numbers(before[name]) != numbers(after[name]) for name in made)


@pytest.mark.every(3)
@pytest.mark.parametrize("style", list(STYLES))
def test_sizes_differ_so_that_shapes_do_not_fit_by_accident(style: str) -> None:
    sizes = driven_style(style).sizes
    assert len(set(sizes.values())) == len(sizes)


@pytest.mark.every(3)
@pytest.mark.parametrize("style", ["layer objects", "a flat vector", "loss with gradients"])
def test_the_same_seed_gives_the_same_lines(style: str) -> None:
    first, second = driven(STYLES[style], seed=3), driven(STYLES[style], seed=3)
    assert first.lines == second.lines
    assert first.count == second.count
    assert first.attempts == second.attempts
    for key in ("X", "Y", "labels"):
        np.testing.assert_array_equal(first.data[key], second.data[key])


def test_functions_are_chained_from_initialisation_to_update() -> None:
    found = driven(FUNCTIONS_WITH_CACHES)
    assert found.lines == (
        "parameters = make_parameters([7, 5, 1])",
        "for i in range(3):",
        "    A, caches = model_forward(X.T, parameters)",
        "    grads = model_backward(A, Y.T, caches)",
        "    parameters = update_parameters(parameters, grads, 0.1)",
    )
    assert found.layout == "columns"


def test_lists_of_weights_and_biases_are_handed_on() -> None:
    lines = "\n".join(driven(STYLES["lists of pairs"]).lines)
    assert "acts = forward_pass(X.T, result1)" in lines
    assert "result1 = apply_gradients(result1, grads, 0.1)" in lines


def test_a_list_of_sizes_and_activations_stays_a_list_of_sizes() -> None:
    facts = read_source("def make_net(layers):\n    return [np.zeros((n, n)) for n, kind in layers]\n")
    function = facts.functions["make_net"]
    uses = uses_of("layers", function.node)
    assert uses.unpacked
    assert role_of(function.arguments[0], uses, function) is not Role.PARAMETERS


def test_an_argument_whose_default_is_a_text_is_not_a_size() -> None:
    facts = read_source("def make_net(sizes, hidden='relu', hidden_size='auto'):\n    return sizes\n")
    function = facts.functions["make_net"]
    roles = [role_of(one, uses_of(one.name, function.node), function) for one in function.arguments]
    assert roles == [Role.SIZES, Role.ACTIVATION, Role.CHOICE]


def test_a_function_that_trains_is_called_itself_with_the_sizes_the_file_fixes() -> None:
    found = driven(FUNCTIONS_WITH_TUPLES)
    assert found.lines == ("W1, b1, W2, b2 = gradient_descent(X.T, labels, 0.1, 3)",)
    assert found.data["X"].shape[1] == 784
    assert found.data["labels"].max() < 10


def test_pairs_of_column_vectors() -> None:
    found = driven(ONE_OBSERVATION_PER_CALL)
    assert "net = Network([7, 5, 3])" in found.lines
    assert "x.reshape(-1, 1), y.reshape(-1, 1)" in found.lines[1]


def test_the_forward_pass_is_part_of_every_iteration() -> None:
    found = driven(DATA_IN_THE_CONSTRUCTOR)
    assert found.lines == (
        "net = NeuralNetwork(X, Y)",
        "for i in range(3):",
        "    net.feedforward()",
        "    net.backprop()",
    )
    assert found.data["Y"].shape == (23, 1)  # three classes would fit by broadcasting only


def test_layers_and_losses_are_put_together() -> None:
    lines = driven(LAYER_OBJECTS).lines
    assert "net.add(Full(7, 5))" in lines
    assert "net.add(Activation(tanh, tanh_prime))" in lines
    assert "net.use(mse, mse_prime)" in lines


def test_texts_that_the_file_compares_with_are_used() -> None:
    found = driven(NAMED_SETTINGS)
    assert found.lines[0] == "perceptrons = Perceptrons(7, 5, 3, 0.1, 'tanh')"


def numerical(cost: Any, parameter: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Central differences of a cost with respect to an array, in place."""
    gradient = np.zeros_like(parameter)
    for index in np.ndindex(parameter.shape):
        kept = parameter[index]
        values = []
        for step in (1e-6, -1e-6):
            parameter[index] = kept + step
            values.append(cost())
        parameter[index] = kept
        gradient[index] = (values[0] - values[1]) / 2e-6
    return gradient


def test_returned_gradients_are_paired_with_their_parameters() -> None:
    """The pairs are right if the paired gradient is the slope of the loss along the paired parameter."""
    found = driven(LOSS_WITH_GRADIENTS)
    assert found.applied_by_driver
    assert {pair.parameter for pair in found.gradients} == {f"net.params['{key}']" for key in ("W1", "b1", "W2", "b2")}
    names = load(LOSS_WITH_GRADIENTS)
    run(found, names, ("net = TwoLayerNet(7, 5, 3)", "loss, grads = net.loss(X, labels)"))
    for pair in found.gradients:
        slope = numerical(lambda: names["net"].loss(names["X"], names["labels"])[0], eval(pair.parameter, names))
        np.testing.assert_allclose(eval(pair.gradient, names), slope, atol=1e-7)


def test_a_flat_vector_of_weights() -> None:
    found = driven(FLAT_VECTOR)
    assert [(pair.parameter, pair.gradient) for pair in found.gradients] == [("nn_params", "grad")]
    assert "size=58" in found.lines[0]  # 5 * (7 + 1) + 3 * (5 + 1)
    assert "labels + 1" in " ".join(found.lines) or "labels.reshape(-1, 1) + 1" in " ".join(found.lines)


def test_a_loss_object_gives_the_upstream_gradient() -> None:
    found = driven(MODULES_WITHOUT_TRAINING)
    text = "\n".join(found.lines)
    assert "Sequential(Linear(7, 5), ReLU(), Linear(5, 3))" in text
    assert text.index("forward(X)") < text.index("mse_loss.forward(") < text.index("sequential.backward(")


def test_updates_are_in_place_because_layers_may_hold_the_same_array() -> None:
    lines = driven(LOSS_WITH_GRADIENTS).lines
    assert "    net.params['W1'] -= 0.1 * grads['W1']" in lines


def test_of_two_targets_that_which_the_forward_pass_returns_is_its_outputs() -> None:
    source = """
import numpy as np

class Net:
    def __init__(self, dim=(784, 64, 10)):
        self.w = [np.random.randn(n, m + 1) * 0.3 for m, n in zip(dim[:-1], dim[1:])]

    def forward(self, x):
        ones = np.ones((1, x.shape[1]))
        hidden = [np.concatenate((x, ones))]
        hidden.append(np.concatenate((np.tanh(self.w[0] @ hidden[0]), ones)))
        y = self.w[1] @ hidden[1]
        return y, hidden

    def backprop(self, hidden, y, target):
        delta = y - target
        dw = [delta @ hidden[1].T]
        delta = (self.w[1].T @ delta * (1 - hidden[1] ** 2))[:-1]
        dw.append(delta @ hidden[0].T)
        dw.reverse()
        return dw
"""
    found = driven(source)
    assert found.succeeded
    assert [line.strip() for line in found.lines[-4:]] == [
        "y, hidden = net.forward(X.T)",
        "dw = net.backprop(hidden, y, Y.T)",
        "net.w[0] -= 0.1 * dw[0]",
        "net.w[1] -= 0.1 * dw[1]",
    ]


def test_a_method_is_given_the_outputs_of_its_forward_pass_and_targets_that_predictions_are_compared_with() -> None:
    source = """
import numpy as np

def relu(z):
    A = np.maximum(0, z)
    return A, z

class Net:
    def __init__(self, sizes):
        self.w1, self.w2 = np.random.randn(sizes[1], sizes[0]) * 0.3, np.random.randn(sizes[2], sizes[1]) * 0.3

    def forward(self, X):
        self.x, (self.h, self.z) = X, relu(self.w1 @ X)
        AL = 1 / (1 + np.exp(-self.w2 @ self.h))
        return AL

    def backward(self, A, Y):
        m = A.shape[1]
        dA = -(Y / A - (1 - Y) / (1 - A))
        d = dA * A * (1 - A) / m
        self.dw2, self.dw1 = d @ self.h.T, (self.w2.T @ d * (self.z > 0)) @ self.x.T

    def update(self):
        self.w1 = self.w1 - 0.1 * self.dw1
        self.w2 = self.w2 - 0.1 * self.dw2

    def accuracy(self, X, Y):
        predictions = self.forward(X) > 0.5
        return np.mean(predictions == Y)
"""
    found = driven(source)
    assert "    AL = net.forward(X.T)" in found.lines
    assert "    net.backward(AL, Y.T)" in found.lines


WITH_OPTIONS = """
import random
import numpy as np

class Net:
    def __init__(self, inputs, outputs, hidden, more=None):
        {first}
        self.w1, self.w2 = np.random.randn(inputs, hidden[0]), np.random.randn(hidden[0], outputs)

    def train(self, X, y, rate=0.1, epochs=3):
        for _ in range(epochs):
            h = np.tanh(X @ self.w1)
            d = h @ self.w2 - y
            self.w1, self.w2 = self.w1 - rate * X.T @ (d @ self.w2.T * (1 - h**2)), self.w2 - rate * h.T @ d
"""


@pytest.mark.parametrize(
    ("first", "certain"), [("random.shuffle(3.5)", True), ("random.sample(hidden, 2.5)", False), ("pass", False)]
)
def test_an_exception_that_no_argument_can_be_to_blame_for_ends_the_search(first: str, certain: bool) -> None:
    found = driven(WITH_OPTIONS.replace("{first}", first))
    assert found.certain is certain
    assert found.succeeded is (first == "pass")
    assert (found.count == 10) is certain


def test_a_mistake_of_the_file_itself_is_certain() -> None:
    source = NAMED_SETTINGS.replace("back = (self.who.T", "back = (self.wrong_name + undefined_thing.T")
    source = source.replace("self.wrong_name + ", "")
    found = driven(source)
    assert not found.succeeded
    assert found.certain
    assert found.attempts[-1].type == "NameError"
    assert "undefined_thing" in source.splitlines()[found.attempts[-1].line - 1]


def test_a_failure_proposes_a_line_of_the_files_own_names() -> None:
    source = """
import numpy as np

class Net:
    def __init__(self, secret):
        self.w = np.zeros(secret.open("key"))

    def train(self, X, y):
        self.w -= 0.1 * X.T @ (X @ self.w - y)
"""
    found = driven(source, budget=40)
    assert not found.succeeded
    assert found.suggestion == "net = Net(secret=...); net.train(X, Y)"
    assert found.attempts
    assert found.count <= 40


def test_a_proposed_line_trains_with_the_data_at_hand() -> None:
    source = """
import numpy as np

class Net:
    def __init__(self, secret):
        self.w = np.zeros(secret.open("key"))

    def gradient(self, x_train, targets):
        return x_train.T @ (x_train @ self.w - targets)

    def train(self, x_train, targets, x_val, epochs):
        for _ in range(epochs):
            self.w -= 0.1 * self.gradient(x_train, targets)
"""
    assert driven(source, budget=40).suggestion == "net = Net(secret=...); net.train(X, Y, np.copy(X), 3)"


PASSES_APART = """
import numpy as np

class Net:
    def __init__(self):
        self.layers = []

    def add_layer(self, secret):
        self.layers.append(np.zeros(secret.open("key")))

    def forward(self, x):
        self.x = x
        return x @ self.layers[0]

    def backward(self, grad):
        self.grad = self.x.T @ grad

    def update(self, rate):
        self.layers[0] -= rate * self.grad
"""


def test_a_proposed_line_adds_layers_and_makes_the_passes() -> None:
    line = (
        "net = Net(); net.add_layer(secret=...); outputs = net.forward(X); net.backward(outputs - Y); net.update(0.1)"
    )
    assert driven(PASSES_APART, budget=20).suggestion == line


def test_nothing_to_call() -> None:
    found = driven("import numpy as np\n\ndef area(r):\n    return np.pi * r ** 2\n")
    assert not found.succeeded
    assert found.suggestion == ""
    assert found.count == 0


def test_endless_training_ends() -> None:
    source = """
import numpy as np

def train(X, y):
    w = np.zeros((X.shape[1], 1))
    while True:
        w = w - 0.01 * X.T @ (X @ w - y)
    return w
"""
    found = driven(source)
    assert found.succeeded
    assert found.data["Y"].shape[1] == 1 or found.layout == "rows"


def test_attempts_do_not_change_the_file_for_each_other() -> None:
    source = """
import numpy as np

W = np.ones((4, 2))
calls = []

def train(X, y):
    global W
    calls.append(1)
    W -= 0.1 * X.T @ (X @ W - y)
"""
    names = load(source)
    found = drive(names, source)
    assert found.succeeded
    assert found.data["X"].shape[1] == 4
    assert found.data["Y"].shape[1] == 2


def test_labels_of_a_batch_that_are_put_together_are_broadcast_all_the_same() -> None:
    """Column vectors side by side are (3, n), and numbers (1, n), which fits every unit by accident."""
    source = """
import numpy as np

class Net:
    def __init__(self, sizes):
        self.weights = [np.random.randn(after, before) for before, after in zip(sizes[:-1], sizes[1:])]

    def update_mini_batch(self, mini_batch, rate):
        X = np.column_stack([data[0] for data in mini_batch])
        Y = np.column_stack([data[1] for data in mini_batch])
        gradients = self.backprop(X, Y)
        self.weights = [w - rate * g for w, g in zip(self.weights, gradients)]

    def backprop(self, x, y):
        hidden = np.tanh(self.weights[0] @ x)
        error = self.weights[1] @ hidden - y
        return [(self.weights[1].T @ error * (1 - hidden ** 2)) @ x.T, error @ hidden.T]

    def accuracy(self, data):
        results = [(np.argmax(self.weights[1] @ np.tanh(self.weights[0] @ x)), y) for x, y in data]
        return sum(int(x == y) for x, y in results)

def vectorize(y):
    e = np.zeros((10, 1))
    e[y] = 1.0
    return e
"""
    found = driven(source)
    assert found.succeeded
    assert not found.doubts
    assert found.labels == "one-hot"


def test_arguments_of_any_number_that_are_handed_on_are_left_out() -> None:
    source = """
import numpy as np

class Base:
    def predict(self, X):
        raise NotImplementedError

class Net(Base):
    def __init__(self, n_inputs, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.w = np.random.randn(n_inputs, 1)

    def predict(self, X):
        return X @ self.w

    def fit(self, X, y, epochs):
        for _ in range(epochs):
            self.w -= 0.1 * X.T @ (self.predict(X) - y)
"""
    found = driven(source)
    assert found.succeeded
    assert found.count == 1
    assert found.lines[0] == "net = Net(7)"


def test_outputs_are_as_many_as_the_columns_that_the_file_names() -> None:
    """A cost of the second column alone is one of two classes."""
    source = """
import numpy as np

class Net:
    def __init__(self, sizes):
        self.w = np.random.randn(sizes[0], sizes[-1])

    def fit(self, X, y, epochs):
        for _ in range(epochs):
            output = np.exp(X @ self.w)
            output /= output.sum(axis=1, keepdims=True)
            print(cost(y.argmax(axis=1), output[:, 1]))
            self.w -= 0.1 * X.T @ (output - y) / len(y)

def cost(y, p):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
"""
    assert driven(source).sizes["outputs"] == 2


def test_labels_that_are_broadcast_do_not_count() -> None:
    """(n, 1) minus (n,) is (n, n): such a call runs, and is wrong."""
    source = """
import numpy as np

class Net:
    def __init__(self, n_inputs):
        self.w = np.random.randn(n_inputs, 1)

    def fit(self, X, y, epochs=5):
        assert y.ndim == 1 or y.shape[1] == 1
        for _ in range(epochs):
            out = X @ self.w
            self.w -= 0.01 * X.T @ (out - y).mean(axis=1, keepdims=True)
"""
    found = driven(source)
    assert found.succeeded
    assert found.data["Y"].shape == (23, 1)
    assert "Y[:, 0]" not in "\n".join(found.lines)


def test_a_loop_on_one_line_steps_parameters_of_several_shapes() -> None:
    """In a trace of lines its ``p[k]`` is one parameter before, and the next one after."""
    source = """
import numpy as np

def initialize(n_x, n_y):
    return {"W1": np.random.randn(n_y, n_x) * 0.01, "b1": np.zeros((n_y, 1))}

def gradients(p, X, Y):
    delta = (p["W1"] @ X + p["b1"] - Y) / X.shape[1]
    return {"dW1": delta @ X.T, "db1": delta.sum(axis=1, keepdims=True)}

def update(p, g, lr=1.2):
    for k in p: p[k] = p[k] - lr * g["d" + k]
    return p

def nn_model(X, Y, num_iterations=1000):
    p = initialize(X.shape[0], Y.shape[0])
    for _ in range(num_iterations):
        p = update(p, gradients(p, X, Y))
    return p
"""
    found = driven(source)
    assert found.succeeded
    assert found.doubts == ()


def test_a_setting_that_only_the_main_block_sets() -> None:
    source = (
        NAMED_SETTINGS.replace("self.lr * errors", "learning_rate * errors").replace(
            "self.lr * back", "learning_rate * back"
        )
        + '\nif __name__ == "__main__":\n    learning_rate = float(input())\n'
    )
    found = driven(source)
    assert found.succeeded
    assert "learning_rate = 0.1" in found.lines


def test_examples_in_the_docstring_are_followed() -> None:
    source = '''
import numpy as np

class Odd:
    """A network.

    >>> thing = Odd({"in": 2, "out": 1})
    >>> thing.learn_from({"inputs": np.ones((4, 2)), "wanted": np.zeros((4, 1))})
    """

    def __init__(self, layout):
        self.weights = np.random.rand(layout["in"], layout["out"])

    def learn_from(self, book):
        for _ in range(4):
            self.weights -= 0.1 * book["inputs"].T @ (book["inputs"] @ self.weights - book["wanted"])
'''
    found = driven(source)
    assert found.succeeded
    assert "thing.learn_from" in found.lines[-1]


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([(7, 5), (5, 3)], (7, 3)),
        ([(5, 7), (3, 5)], (7, 3)),
        ([(7, 5), (1, 5), (5, 1)], (7, 1)),
        ([(5, 7), (5, 1), (1, 5)], (7, 1)),
        ([], None),
    ],
)
def test_dimensions_of_a_chain_of_weights(shapes: list[tuple[int, int]], expected: tuple[int, int] | None) -> None:
    assert dimensions([np.zeros(shape) for shape in shapes]) == expected


@pytest.mark.parametrize(
    ("gradient", "parameter"),
    [
        ("dW1", "W1"),
        ("db2", "b2"),
        ("nabla_w", "weights"),
        ("nabla_b", "biases"),
        ("W1_grad", "W1"),
        ("dweights", "weights"),
    ],
)
def test_names_of_gradients(gradient: str, parameter: str) -> None:
    assert plain_name(gradient) == plain_name(parameter)


def test_the_search_tries_blamed_choices_first_and_ends() -> None:
    search = Search(budget=50)
    tried = []
    while not math.isinf(search.next_cost):
        cost, choices = search.next()
        try:
            tried.append((choices.choose("blamed", "abc"), choices.choose("other", "xy")))
        except Exhausted:
            continue
        search.failed(cost, choices, lambda key: 0.3 if key == "blamed" else 1.0)
    assert tried[:3] == [("a", "x"), ("b", "x"), ("c", "x")]
    assert sorted(tried) == sorted({(a, b) for a in "abc" for b in "xy"})


def test_the_search_drops_an_option_of_a_wrong_type_once_the_first_one_has_run() -> None:
    search = Search(budget=20)
    seen = []
    for _ in range(6):
        if math.isinf(search.next_cost):
            break
        cost, choices = search.next()
        size, form = choices.choose("size", [5, (5,)]), choices.choose("form", ["rows", "columns", "lists"])
        seen.append((size, form))
        ran = dict(choices.taken) if size == 5 else {}
        search.learn(ran, {"size": choices.taken["size"]} if size != 5 else {})
        search.failed(cost, choices, lambda key: 0.3 if key == "form" else 0.2)
    assert seen.count(((5,), "rows")) == 1
    assert {size for size, form in seen if form != "rows"} == {5}


def test_a_function_of_a_module_that_is_imported_is_called() -> None:
    facts = read_source("import numpy as np, steps as s\ndef fit(x):\n    np.exp(x)\n    return s.descend(x)")
    assert "descend" in facts.functions["fit"].calls
    assert "exp" not in facts.functions["fit"].calls


def test_what_arrays_are_made_as_large_as_is_a_size() -> None:
    facts = read_source(
        "import numpy as np\nclass Linear:\n    def __init__(self, input_d, out_d):\n"
        "        self.w = np.zeros((input_d, out_d))"
    )
    make = facts.classes["Linear"].methods["__init__"]
    roles = [role_of(one, uses_of(one.name, make.node), make) for one in make.arguments]
    assert roles == [Role.INPUT_SIZE, Role.OUTPUT_SIZE]


def test_an_option_that_does_not_exist() -> None:
    with pytest.raises(Exhausted):
        Choices({}).choose("anything", [])


def test_targets_notice_that_they_are_broadcast() -> None:
    targets = np.arange(6.0).view(Targets)
    targets.notes = []
    assert isinstance(targets.reshape(-1, 1), Targets)
    np.subtract(np.ones((6, 1)), targets)
    assert targets.notes == ["targets of shape (6,) were broadcast to (6, 6)"]
    targets.notes.clear()
    assert type(np.ones(6) - targets) is np.ndarray
    assert not targets.notes


LISTENED = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out)
    def forward(self, x):
        self.x = x
        return x @ self.w
    def backward(self, d, y):
        dx = d @ self.w.T
        self.w -= 0.1 * self.x.T @ d
        return dx

class Softmax:
    def forward(self, x):
        e = np.exp(x)
        return e / e.sum(axis=1, keepdims=True)
    def backward(self, a, y):
        return a - y

class Model:
    def __init__(self, logger, args, layers=[]):
        self.layers, self.logger, self.args = layers, logger, args
    def train(self, x, y, epochs=3):
        for epoch in range(epochs):
            a = x
            for layer in self.layers:
                a = layer.forward(a)
            for layer in reversed(self.layers):
                a = layer.backward(a, y)
            self.logger.info(epoch)
            np.save(self.args.save_path, a)
"""


@pytest.mark.slow
def test_what_listens_and_where_to_save_are_made_up(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = driven(LISTENED)
    assert "net = Model(MagicMock(), SimpleNamespace(save_path='data.csv'), " in "\n".join(found.lines)


@pytest.mark.slow
def test_a_network_that_learns_the_same_from_other_targets_is_called_in_another_way(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = driven(LISTENED)
    assert found.succeeded
    assert not found.doubts
    assert "Softmax()" in "\n".join(found.lines)
    alone = driven(LISTENED.replace("a - y", "a"))
    assert any("targets" in doubt for doubt in alone.doubts)


CALLED = """
import numpy as np

class Net:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
    def __call__(self, x):
        e = np.exp(x @ self.W)
        class_shares = e / e.sum(axis=1, keepdims=True)
        return class_shares.argmax(axis=1), class_shares
    def descend(self, class_shares, targets, x, lr):
        class_shares[range(len(x)), targets] -= 1
        self.W -= lr * x.T @ class_shares
"""


def test_what_the_network_itself_returns_when_called_is_given_by_its_name() -> None:
    found = driven(CALLED)
    assert found.succeeded
    assert [line.strip() for line in found.lines[-2:]] == [
        "argmax, class_shares = net(X)",
        "net.descend(class_shares, labels, X, 0.1)",
    ]


TEMPLATE_METHODS = """
import numpy as np

class Layer:
    def learn(self, d):
        return self.backpropagate(d)
    def run(self, x):
        return self.propagate(x)
    def backpropagate(self, d):
        raise NotImplementedError
    def propagate(self, x):
        raise NotImplementedError

class Dense(Layer):
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
    def propagate(self, x):
        self.x = x
        return x @ self.W
    def backpropagate(self, d):
        back = d @ self.W.T
        self.W -= 0.01 * self.x.T @ d
        return back

class Net:
    def __init__(self, layers):
        self.layers = layers
    def fit(self, X, y, epochs=3):
        for _ in range(epochs):
            a = X
            for layer in self.layers:
                a = layer.run(a)
            d = a - y
            for layer in reversed(self.layers):
                d = layer.learn(d)
"""


def test_what_a_base_class_leaves_to_its_layers_trains_the_network() -> None:
    found = driven(TEMPLATE_METHODS)
    assert found.succeeded
    assert found.lines[-1] == "net.fit(X, Y, epochs=3)"


WORD_VECTORS = """
import numpy as np

class SkipGram:
    def __init__(self, vocab_size, embedding_dim):
        self.W_in = np.random.uniform(-0.5, 0.5, (vocab_size, embedding_dim))
        self.W_out = np.random.uniform(-0.5, 0.5, (vocab_size, embedding_dim))

    def train_pair(self, center, context, negatives, lr):
        v, u, n = self.W_in[center], self.W_out[context], self.W_out[negatives]
        p, q = 1 / (1 + np.exp(-u @ v)), 1 / (1 + np.exp(-n @ v))
        loss = -np.log(p) - np.sum(np.log(1 - q))
        dv = (p - 1) * u + q @ n
        self.W_out[context] -= lr * (p - 1) * v
        self.W_out[negatives] -= lr * np.outer(q, v)
        self.W_in[center] -= lr * dv
        return loss
"""


def test_arguments_that_number_rows_of_a_matrix_are_given_different_numbers() -> None:
    found = driven(WORD_VECTORS)
    assert found.succeeded
    assert not found.doubts
    assert found.lines[-1].strip() == "loss = skip_gram.train_pair(i, i + 1, np.arange(i + 2, i + 5), 0.1)"


LAYERS_WITH_FUNCTIONS = """
import numpy as np

def sigmoid(z, grad=False):
    return sigmoid(z) * (1 - sigmoid(z)) if grad else 1 / (1 + np.exp(-z))

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.5

    def grad(self, dz, h):
        return h.T @ dz / len(h)

class Net:
    def __init__(self, n_features, n_outputs, num_layers, hidden_size, learning_rate):
        sizes = [n_features, *[hidden_size] * num_layers, n_outputs]
        self.layers = [(Linear(*pair), sigmoid) for pair in zip(sizes, sizes[1:])]
        self.learning_rate = learning_rate

    def train(self, X, y):
        zs, hs = [], [X]
        for layer, activation in self.layers:
            zs.append(hs[-1] @ layer.W)
            hs.append(activation(zs[-1]))
        dz = (hs[-1] - y) * sigmoid(zs[-1], grad=True)
        for i in reversed(range(len(self.layers))):
            layer, _ = self.layers[i]
            dW = layer.grad(dz, hs[i])
            dz = dz @ layer.W.T * sigmoid(zs[i - 1], grad=True) if i > 0 else None
            layer.W -= self.learning_rate * dW
"""


def test_square_weights_of_layers_in_pairs_with_their_activations_are_not_an_accident() -> None:
    found = driven(LAYERS_WITH_FUNCTIONS)
    assert found.succeeded
    assert not found.doubts


WHOLE_BATCHES = """
import numpy as np

class Net:
    def __init__(self, n_in, n_out, learning_rate=0.1):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.learning_rate = learning_rate

    def train(self, X, Y, epochs, batch_size):
        for _ in range(epochs):
            for b in range(len(X) // batch_size):
                rows = slice(b * batch_size, (b + 1) * batch_size)
                output = X[rows] @ self.W
                self.W -= self.learning_rate * X[rows].T @ (output - Y[rows]) / batch_size

batch_size = 10000
"""


def test_a_batch_size_of_the_file_that_is_larger_than_the_data_is_replaced() -> None:
    found = driven(WHOLE_BATCHES)
    assert found.lines[-1] == "net.train(X, Y, 3, 12)"
    assert not found.attempts
    assert driven(WHOLE_BATCHES.replace("10000", "5")).lines[-1] == "net.train(X, Y, 3, batch_size)"


ONE_LAYER_AND_TWO = """
import numpy as np

class Net:
    def __init__(self, parts):
        if parts[0]["inputs"] != 8:
            raise ValueError("eight sensors")
        self.weights = [np.random.randn(one["inputs"], one["units"]) * 0.1 for one in parts]

    def train(self, X, Y):
        kept = [X]
        for w in self.weights:
            kept.append(np.tanh(kept[-1] @ w))
        d = (kept[-1] - Y) / len(X)
        for i in reversed(range(len(self.weights))):
            d = d * (1 - kept[i + 1] ** 2)
            d, step = d @ self.weights[i].T, kept[i].T @ d
            self.weights[i] -= 0.1 * step

one_layer = [{"inputs": 8, "units": 3}]
two_layers = [{"inputs": 8, "units": 5}, {"inputs": 5, "units": 3}]

def experiment(x, y):
    net = Net(one_layer)
    net.train(x, y)
    deep = Net(two_layers)
    deep.train(x, y)
"""


def test_of_the_networks_that_a_file_makes_one_with_several_layers_is_trained() -> None:
    assert "Net(two_layers)" in "\n".join(driven(ONE_LAYER_AND_TWO).lines)


@pytest.mark.parametrize("form", [Form.ROWS, Form.BIASED, Form.SEQUENCES, Form.AUGMENTED])
def test_what_is_added_to_the_inputs_is_not_added_to_the_targets(form: Form) -> None:
    names = {"np": np, "X": np.zeros((6, 4)), "Y": np.eye(3)[[0, 1, 2, 0, 1, 2]], "labels": np.array([0, 1, 2] * 2)}
    inputs, targets = eval(INPUT_TEXT[form], names), eval(target_text(Labels.ONE_HOT, form), names)
    assert len(inputs) == 6
    assert np.array_equal(targets, names["Y"])
