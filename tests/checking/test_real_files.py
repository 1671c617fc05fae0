"""What files that nobody prepared do around their training: they plot, take options, fail, and prepare their data."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Verdict
from tests.network_files import write_file

NETWORK = """\
import numpy as np
{head}
np.random.seed(3)
x = np.random.normal(size=(12, 3))
{prepare}
y = (x[:, :1] > 0) * 1.0
w1 = np.random.normal(size=(3, 4)); b1 = np.zeros((1, 4))
w2 = np.random.normal(size=(4, 1)); b2 = np.zeros((1, 1))
for epoch in range(6):
    h = np.tanh(x @ w1 + b1)
    a = 1 / (1 + np.exp(-(h @ w2 + b2)))
    cost = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    d2 = (a - y) / len(x)
    d1 = d2 @ w2.T * (1 - h ** 2)
    g2, g1 = h.T @ d2, x.T @ d1
    {inner}
    w2 -= 0.1 * g2
    b2 -= 0.1 * d2.sum(axis=0, keepdims=True)
    w1 -= 0.1 * g1
    b1 -= 0.1 * d1.sum(axis=0, keepdims=True)
    {later}
{end}
"""


def checked(folder: Path, **parts: str) -> CheckResult:
    """The verdict on the network with lines of one's own in it"""
    empty = {"head": "", "prepare": "", "inner": "", "later": "", "end": ""}
    return check_file(write_file(folder / "net.py", NETWORK.format(**(empty | parts))))


def test_the_network_itself_is_right(tmp_path: Path) -> None:
    assert checked(tmp_path).verdict is Verdict.CORRECT


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "parts",
    [
        {"later": "print('cost: ' + cost)"},
        {"head": "import matplotlib.pyplot as plt", "later": "plt.plot(range(plt.figure()))"},
        {"head": "from tqdm import tqdm", "later": "tqdm.write('epoch')"},
        {"later": "np.savetxt('/no/such/folder/weights.txt', w1)"},
    ],
)
def test_an_exception_beside_the_training_is_not_a_mistake(tmp_path: Path, parts: dict[str, str]) -> None:
    assert checked(tmp_path, **parts).verdict is Verdict.CORRECT


def test_it_says_which_exception_ended_the_run(tmp_path: Path) -> None:
    result = checked(tmp_path, later="print('cost: ' + cost)")
    id, place, text = result.notes[0]
    assert (id, place.line if place else 0) == ("raised-later", 21)
    assert text.startswith(("TypeError", "UFuncTypeError", "_UFuncNoLoopError", "numpy"))


def test_an_exception_on_the_way_to_the_updates_is_one(tmp_path: Path) -> None:
    """It comes in the second iteration, after all parameters were updated once"""
    result = checked(tmp_path, inner="g1 = g1 + (g_one if epoch == 1 else 0)")
    assert [one.id for one in result.mistakes] == ["exception"]
    assert "g_one" in result.exception


def test_a_mistake_before_an_exception_is_still_found(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    empty = {"head": "", "prepare": "", "inner": "", "later": "", "end": "print('done' + 1)"}
    file.write_text(NETWORK.format(**empty).replace(" * (1 - h ** 2)", ""))
    result = check_file(file)
    assert result.verdict is Verdict.MISTAKE
    assert [one.id for one in result.mistakes] == ["missing-hidden-activation-derivative"]


def test_an_exception_of_a_stand_in_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    """The module is missing: how many there are cannot be known"""
    result = checked(tmp_path, head="import no_such_module", prepare="x = x[: len(range(no_such_module.count))]")
    assert result.verdict is Verdict.NOT_JUDGED


def test_data_that_are_prepared_in_place_are_not_parameters(tmp_path: Path) -> None:
    result = checked(tmp_path, prepare="x = np.array(x.tolist())\nx -= x.mean(axis=0)\nx /= x.std(axis=0)")
    assert result.verdict is Verdict.CORRECT


def test_data_that_are_prepared_after_the_weights_are_made_are_not_parameters(tmp_path: Path) -> None:
    """Data that a step changes as well are trained, whatever their name is."""
    empty = {"head": "", "prepare": "", "inner": "", "later": "", "end": ""}
    prepare = "total = np.zeros(3)\ntotal += x.sum(axis=0)\nx -= total / len(x)\n"
    file = write_file(tmp_path / "net.py", NETWORK.format(**empty).replace("for epoch", f"{prepare}for epoch"))
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(file.read_text().replace("    w2 -= ", "    x -= 0.1 * d2 @ d2.T @ x\n    w2 -= "))
    assert check_file(file).verdict is not Verdict.CORRECT


def test_data_of_a_list_that_a_library_returns_are_the_same_data_transposed(tmp_path: Path) -> None:
    rows = pickle.dumps([np.random.default_rng(0).normal(size=(12, 3)), 0])
    assert checked(tmp_path, head="import pickle", prepare=f"x, _ = pickle.loads({rows!r})").verdict is Verdict.CORRECT


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("rows", "targets", "found"),
    [
        (24, "x.flatten()", [("broadcast-by-accident", 7)]),  # line 8 does not fit
        (300_000, "x.flatten()", [("broadcast-by-accident", 7)]),  # 700 GB
        (24, "x - x.T", [("exception", 8)]),  # a table that was meant
        (24, "x", []),
    ],
)
def test_a_table_of_all_pairs_is_named_at_the_difference(
    tmp_path: Path, rows: int, targets: str, found: list[tuple[str, int]]
) -> None:
    text = f"""\
import numpy as np
x = np.random.normal(size=({rows}, 1))
w1, w2 = np.random.normal(size=(1, 5)), np.random.normal(size=(5, 1))
y = {targets}
for epoch in range(6):
    h = np.tanh(x @ w1)
    error = h @ w2 - y
    d1 = np.dot(error, w2.T) * (1 - h ** 2)
    w2 -= 0.01 * h.T @ error
    w1 -= 0.01 * x.T @ d1
"""
    file = write_file(tmp_path / "net.py", text)
    assert [(one.id, one.place and one.place.line) for one in check_file(file).mistakes] == found


def test_a_file_that_needs_more_memory_is_judged_with_fewer_observations(tmp_path: Path) -> None:
    """A table of 700 GB"""
    text = """\
import numpy as np
x = np.eye(300_000)
w = np.random.normal(size=(300_000, 2))
y = np.random.normal(size=(300_000, 2))
for epoch in range(6):
    w -= 0.1 * x.T @ (x @ w - y)
"""
    file = write_file(tmp_path / "net.py", text)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(text.replace("x @ w - y", "x @ w + y"))
    assert check_file(file).verdict is Verdict.MISTAKE


def test_options_with_choices_and_without_a_default_get_one(tmp_path: Path) -> None:
    head = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rate", choices=["slow", "fast"])
rate = {"slow": 0.1, "fast": 0.2}[parser.parse_args().rate]"""
    assert checked(tmp_path, head=head).verdict is Verdict.CORRECT


def test_zeros_and_ones_may_be_the_labels_of_two_classes(tmp_path: Path) -> None:
    """One observation a time, and a small constant under a name in the quotients"""
    text = """\
import numpy as np
x = np.random.normal(size=(8, 2))
y = np.vstack([np.zeros((4, 1)), np.ones((4, 1))])
w1, b1 = np.random.normal(size=(2, 3)), np.zeros((1, 3))
w2, b2 = np.random.normal(size=(3, 1)), np.zeros((1, 1))
eps = 1e-8
for i in range(8):
    h = np.tanh(x[i:i + 1] @ w1 + b1)
    a = 1 / (1 + np.exp(-(h @ w2 + b2)))
    d2 = ((1 - y[i]) / (1 - a + eps) - y[i] / (a + eps)) * a * (1 - a)
    d1 = d2 @ w2.T * (1 - h ** 2)
    w2 -= 0.1 * h.T @ d2
    b2 -= 0.1 * d2
    w1 -= 0.1 * x[i:i + 1].T @ d1
    b1 -= 0.1 * d1
"""
    assert check_file(write_file(tmp_path / "net.py", text)).verdict is Verdict.CORRECT


def test_weight_decay_under_an_adaptive_rule_is_right(tmp_path: Path) -> None:
    """The gradient of the penalty is added before the rule scales it; the cost that is printed has no penalty"""
    text = NETWORK.format(head="", prepare="", inner="", later="", end="")
    for name in ("w2", "w1"):
        gradient = f"g{name[1]}"
        scaled = f"{gradient} / (np.sqrt(0.1 * {gradient} ** 2) + 1e-8)"
        rule = f"{gradient} = {gradient} + 0.01 * {name}\n    {name} -= 0.01 * {scaled}"
        text = text.replace(f"{name} -= 0.1 * {gradient}", rule)
    assert check_file(write_file(tmp_path / "net.py", text)).verdict is Verdict.CORRECT


TWO_LAYERS = """
import numpy as np
np.random.seed(0)
X, y = np.random.randn(20, 3), np.random.randn(20, 2)
W1, b1, W2, b2 = np.random.randn(3, 4), np.random.randn(4), np.random.randn(4, 2), np.random.randn(2)
for _ in range(5):
    h = np.tanh(X @ W1 + b1)
    delta = h @ W2 + b2 - y
    back = (delta @ W2.T) * (1 - h ** 2)
    dW2, db2, dW1, db1 = h.T @ delta, delta.sum(0), X.T @ back, back.sum(0)
    PENALTIES
    W1 -= 0.01 * dW1; b1 -= 0.01 * db1; W2 -= 0.01 * dW2; b2 -= 0.01 * db2
"""


@pytest.mark.parametrize(
    ("penalised", "verdict"),
    [
        ("dW1 += 0.5 * W1; dW2 += 0.5 * W2", Verdict.CORRECT),
        ("dW2 += 0.5 * W2; db2 += 0.5 * b2", Verdict.CORRECT),  # one layer has a penalty, and the other has none
        ("dW2 += 0.5 * W2; db1 += 0.5 * b1", Verdict.MISTAKE),  # b1 in the place of W1
    ],
)
def test_a_penalty_is_chosen_for_each_layer_and_not_for_its_bias_alone(
    penalised: str, verdict: Verdict, tmp_path: Path
) -> None:
    found = check_file(write_file(tmp_path / "net.py", TWO_LAYERS.replace("PENALTIES", penalised)))
    assert found.verdict is verdict
    assert [(one.id, one.parameters) for one in found.mistakes] == (
        [("weight-decay-differs", ("b1",))] if verdict is Verdict.MISTAKE else []
    )


def test_an_update_that_fits_one_observation_only_is_not_called_correct(tmp_path):
    """The bias of the outputs lacks its sum, which shows with two observations or more."""
    path = write_file(
        tmp_path / "net.py",
        """
import numpy as np

class Net:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out)
        self.b = np.zeros((1, n_out))

    def fit(self, X, y, epochs=10, lr=0.1):
        for _ in range(epochs):
            out = X @ self.w + self.b
            delta = 2 * (out - y) / y.size
            self.w -= lr * X.T @ delta
            self.b -= lr * delta
""",
    )
    found = check_file(path)
    assert found.verdict is not Verdict.CORRECT


def test_layers_that_could_not_all_be_called_are_not_called_correct(tmp_path):
    path = write_file(
        tmp_path / "layers.py",
        """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_out, n_in)

    def forward(self, x):
        self.x = x
        return x @ self.W.T

    def backward(self, grad):
        self.dW = grad.T @ self.x
        return grad @ self.W.T

class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad):
        return grad * (1 - self.out ** 2)
""",
    )
    found = check_file(path)
    assert found.verdict is not Verdict.CORRECT


EMBEDDING = """
import numpy as np

class Embedding:
    def __init__(self, num_embeddings, embedding_dim):
        self.weights = np.random.randn(num_embeddings, embedding_dim)

    def forward(self, indices):
        self.indices = indices
        return self.weights[indices]

    def backward(self, grad):
        self.dW = np.zeros_like(self.weights)
        np.add.at(self.dW, self.indices, grad)

class Linear:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out) * 0.3

    def forward(self, x):
        self.x = x
        return x @ self.weights

    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.weights.T

class Network:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)

    def step(self, rate):
        for layer in self.layers:
            layer.weights -= rate * layer.dW
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("", "", 0),
        pytest.param("self.indices, grad)", "self.indices, -grad)", 14, marks=pytest.mark.slow),
        ("self.x.T @ grad", "self.x.T @ np.abs(grad)", 25),
    ],
)
def test_a_network_and_the_layers_that_it_does_not_use_are_judged_together(
    tmp_path: Path, right: str, wrong: str, line: int
) -> None:
    found = check_file(write_file(tmp_path / "net.py", EMBEDDING.replace(right, wrong) if right else EMBEDDING))
    assert found.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    assert {mistake.place.line for mistake in found.mistakes if mistake.place} == ({line} if line else set())


BESIDE = """
class Squash:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def {name}(self, grad):
        return grad * (1 - self.y)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("name", "line"), [("backward_delta", 37), ("slope_back", 0)])
def test_a_layer_beside_those_that_ran_keeps_a_network_from_being_correct(tmp_path: Path, name: str, line: int) -> None:
    """It is compared alone. A class whose gradient goes by another name is only said not to have run."""
    path = tmp_path / "net.py"
    layers = EMBEDDING[EMBEDDING.index("class Linear") :]
    layers = layers.replace(
        "def backward(self, grad):\n        self.dW", "def backward_delta(self, grad):\n        self.dW"
    )
    layers = layers.replace("layer.backward(", "layer.backward_delta(")
    path.write_text("import numpy as np\n" + layers + BESIDE.format(name=name))
    found = check_file(path)
    assert found.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    assert [one.place.line for one in found.mistakes if one.place] == [line] * bool(line)


def test_a_derivative_whose_name_is_part_of_another_one_is_left_too(tmp_path: Path) -> None:
    path = write_file(
        tmp_path / "slopes.py",
        "import numpy as np\n"
        "def leaky_relu(x):\n    return np.where(x > 0, x, 0.1 * x)\n"
        "def leaky_relu_backward(dout, x):\n    return dout * np.where(x > 0, 1, 0.1)\n"
        "def relu_backward(dout, cache):\n    return dout * cache.thing\n",
    )
    found = check_file(path)
    assert (found.verdict, found.reason) == (Verdict.NOT_JUDGED, Reason.LAYERS_LEFT)
    assert found.detail == "relu_backward"


@pytest.mark.slow
def test_a_network_is_not_correct_with_a_layer_that_could_not_be_called(tmp_path: Path) -> None:
    path = write_file(tmp_path / "net.py", EMBEDDING.replace("self.indices = indices", "self.indices = indices.rows()"))
    found = check_file(path)
    assert found.verdict is Verdict.NOT_JUDGED
    assert found.reason is Reason.LAYERS_LEFT
    assert "Embedding" in found.detail


@pytest.mark.parametrize(
    "prepare",
    [
        "x = (x - np.nanmedian(x, axis=0)) / np.nanstd(x)",
        pytest.param("start = np.linalg.qr(np.random.normal(size=(3, 3)))[0]; x = x @ start", marks=pytest.mark.slow),
        pytest.param("x.resize(12, 3, 1); x = x[:, :, 0]", marks=pytest.mark.slow),
    ],
)
def test_operations_before_the_training_need_not_be_known(tmp_path: Path, prepare: str) -> None:
    assert checked(tmp_path, prepare=prepare).verdict is Verdict.CORRECT
    wrong = checked(tmp_path, prepare=prepare, inner="g1 = x.T @ (d2 @ w2.T)")
    assert [mistake.id for mistake in wrong.mistakes] == ["missing-hidden-activation-derivative"]


SUMMED = """\
import numpy as np
np.random.seed(3)
x, y = np.random.normal(size=(5, 3)), np.random.normal(size=(5, 4))
w = np.random.normal(size=(3, 4))
def forward(x):
    total = np.zeros(4)
    for i in range(3):
        total += x[i] * w[i]
    return total
for epoch in range(3):
    for one, target in zip(x, y):
        a = np.tanh(forward(one))
        print(np.sum((a - target) ** 2))
        w -= 0.1 * np.outer(one, 2 * (a - target) * (1 - a ** 2))
"""


def test_a_sum_that_begins_with_zeros_is_not_a_bias(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SUMMED)
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT


LABELLED = """\
import numpy as np
np.random.seed(0)
x, y = np.random.normal(size=(8, 2)), [0, 1, 1, 0, 1, 0, 0, 1]
w1, w2 = np.random.normal(size=(2, 4)), np.random.normal(size=(4, 2))
for i in range(5):
    h = np.tanh(x @ w1)
    z = h @ w2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    d = p.copy()
    for j in range(len(p)):
        {label}
    d1 = {slope} * (d @ w2.T)
    w1 = w1 - 0.1 * x.T @ d1
    w2 = w2 - 0.1 * h.T @ d
"""
LABELS = (
    "d[j, y[j]] -= 1",
    "d[j, y[j]] = p[j, y[j]] - 1",
    "d[j][y[j]] -= 1",
    "exec('if y[j] == 0: d[j, 0], d[j, 1] = p[j, 0] - 1, p[j, 1]\\nelse: d[j, 0], d[j, 1] = p[j, 0], p[j, 1] - 1')",
)


@pytest.mark.parametrize(
    "label", [LABELS[0], *(pytest.param(label, marks=pytest.mark.slow) for label in LABELS[1:3]), LABELS[3]]
)
def test_labels_may_be_subtracted_one_by_one(tmp_path: Path, label: str) -> None:
    (tmp_path / "net.py").write_text(LABELLED.format(label=label, slope="(1 - h ** 2)"))
    assert check_file(tmp_path / "net.py").verdict is Verdict.CORRECT
    (tmp_path / "wrong.py").write_text(LABELLED.format(label=label, slope="(1 - h)"))
    assert [mistake.id for mistake in check_file(tmp_path / "wrong.py").mistakes] == ["wrong-derivative"]


DECAY_OF_THE_STEPPED_WEIGHTS = """
import numpy as np
np.random.seed(0)
class Layer:
    def __init__(self, inputs, units):
        self.weights, self.biases = np.random.randn(inputs, units) * 0.5, np.zeros(units)
x, y = np.random.randn(20, 4), np.random.randn(20, 2)
low, high = Layer(4, 5), Layer(5, 2)
for epoch in range(5):
    h = np.tanh(x @ low.weights + low.biases)
    d = h @ high.weights + high.biases - y
    cost = 0.5 * np.sum(d ** 2)
    gradients = [(x.T @ (d @ high.weights.T * (1 - h ** 2)), (d @ high.weights.T * (1 - h ** 2)).sum(axis=0)),
                 (h.T @ d, d.sum(axis=0))]
    for layer, (by_weights, by_biases) in zip((low, high), gradients):
        layer.weights = (1 - {decay}) * (layer.weights - 0.01 * by_weights)
        layer.biases -= 0.01 * by_biases
"""


@pytest.mark.parametrize("decay", ["0.01", "0"])
def test_weights_that_shrink_after_their_step_are_updated(decay: str, tmp_path: Path) -> None:
    """The loop may call a layer by another name than the constructor does."""
    result = check_file(write_file(tmp_path / "decay.py", DECAY_OF_THE_STEPPED_WEIGHTS.replace("{decay}", decay)))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 4


ONLY_DEFINED = """
import numpy as np
import tqdm
class NeuralNetwork:
    def __init__(self, inputs, outputs):
        self.w = np.random.randn(inputs, outputs)
        self.b = np.zeros((1, outputs))
    def train(self, X, y, epochs):
        for _ in tqdm.tqdm(range(epochs)):
            d = X @ self.w + self.b - y
            self.w -= 0.01 * X.T @ d
            self.b -= 0.01 * d.sum(axis=0, keepdims=True)
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("np.zeros((1, outputs))", "np.zeros(1, outputs)"),
        pytest.param("tqdm.tqdm(", "tqdm(", marks=pytest.mark.slow),
    ],
)
def test_a_library_used_as_it_cannot_be_is_the_mistake(right: str, wrong: str, tmp_path: Path) -> None:
    path = write_file(tmp_path / "defined.py", ONLY_DEFINED)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(ONLY_DEFINED.replace(right, wrong))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert wrong in result.mistakes[0].place.text


INDENTED = """\
import numpy as np
text = open("letters.txt").read()
letters = sorted(set(text))
W, U = np.random.randn(8, len(letters)) * 0.1, np.random.randn(len(letters), 8) * 0.1

def loss(codes):
    hs, ps = {}, {}
    for t in range(len(codes) - 1):
        hs[t] = np.tanh(W[:, [codes[t]]])
        ps[t] = np.exp(U @ hs[t]) / np.sum(np.exp(U @ hs[t]))
        dU = np.zeros_like(U)
        for t in reversed(range(len(codes) - 1)):
            dy = np.copy(ps[t])
            dy[codes[t + 1]] -= 1
            dU += dy @ hs[t].T
        return dU

for turn in range(5):
    U -= 0.1 * loss([letters.index(one) for one in text[:12]])
"""


IF_NONE = """
import numpy as np
import pandas as pd
class Net:
    def __init__(self):
        self.w = np.random.randn(3, 1)
    def forward(self, X, w=None):
        if w == None:
            w = self.w
        return X @ w
data = pd.read_csv("missing.csv")
X, y = data[["a", "b", "c"]].to_numpy(), data[["y"]].to_numpy()
net = Net()
for i in range(5):
    print(np.mean((net.forward(X, net.w + 0.1) - y) ** 2))
    net.w -= 0.1 * X.T @ (net.forward(X) - y) / len(X)
"""


@pytest.mark.slow
def test_an_array_that_is_compared_with_none_is_the_files_own_mistake_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(IF_NONE)
    result = check_file(tmp_path / "mine.py")
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("exception", 8)]
    (tmp_path / "mine.py").write_text(IF_NONE.replace("w == None", "w is None"))
    assert check_file(tmp_path / "mine.py").verdict is Verdict.CORRECT


def test_a_step_that_is_looked_up_before_it_was_made_is_the_files_own_mistake(tmp_path: Path) -> None:
    (tmp_path / "letters.py").write_text(INDENTED)
    (found,) = check_file(tmp_path / "letters.py").mistakes
    assert (found.id, found.place and found.place.line) == ("exception", 13)


# Names that every star import of an old NumPy gave (Harrington 2012 writes all of its chapters so).
STARRED = """
from numpy import *
random.seed(0)
X, t = mat(random.normal(size=(30, 3))), mat(random.normal(size=(30, 1)))
w = mat(zeros((3, 1)))
for step in range(20):
    error = X * w - t
    w = w - 0.01 * X.T * error
print(float(error.T * error))
"""

# Pairs that are put in order by scores of true weights, which are drawn and never trained.
PAIRS = """
import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(60, 5))
rank = X @ rng.normal(size=5)
i, j = rng.integers(0, 60, (2, 100))
first, second = np.where(rank[i] > rank[j], i, j), np.where(rank[i] > rank[j], j, i)
A, v = rng.normal(size=(5, 4)), rng.normal(size=4)
for step in range(20):
    hi, hj = np.tanh(X[first] @ A), np.tanh(X[second] @ A)
    margin = (hi - hj) @ v
    loss = np.mean(np.log1p(np.exp(-margin)))
    d = -1 / (1 + np.exp(margin)) / len(margin)
    di, dj = np.outer(d, v) * (1 - hi ** 2), np.outer(-d, v) * (1 - hj ** 2)
    v -= 0.1 * (hi - hj).T @ d
    A -= 0.1 * (X[first].T @ di + X[second].T @ dj)
"""


@pytest.mark.parametrize("source", [STARRED, PAIRS])
def test_right_files_in_further_manners(tmp_path: Path, source: str) -> None:
    result = check_file(write_file(tmp_path / "further.py", source))
    assert result.verdict is Verdict.CORRECT, (result.reason, result.detail)


INPUTS_AND_TARGETS_IN_ONE_TABLE = """\
import numpy as np
table = np.loadtxt("table.txt")
x, y = table[:, :4], table[:, 4:]
w = np.random.randn(4, 3) * 0.1
b = np.zeros(3)
for epoch in range(20):
    z = x @ w + b
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p = p / p.sum(axis=AXIS, keepdims=True)
    g = (p - y) / len(y)
    w -= 0.01 * x.T @ g
    b -= 0.01 * g.sum(axis=0)
"""


@pytest.mark.parametrize(("axis", "line"), [("1", None), ("0", 9)])
def test_one_hot_targets_that_stand_beside_the_inputs_stay_shares(tmp_path: Path, axis: str, line: int | None) -> None:
    rows = np.random.default_rng(0).normal(5, 2, (30, 4))
    np.savetxt(tmp_path / "table.txt", np.hstack([rows, np.eye(3)[np.arange(30) % 3]]))
    file = tmp_path / "net.py"
    file.write_text(INPUTS_AND_TARGETS_IN_ONE_TABLE.replace("AXIS", axis))
    result = check_file(file)
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    assert [one.place.line for one in result.mistakes if one.place] == ([line] if line else [])
