"""Networks that are spread over files, and files that another file, an older NumPy or a smaller machine would run."""

import ast
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file, repeats_an_argument
from harness.checking.result import Verdict
from harness.recording.attempts import FEW_OBSERVATIONS
from harness.recording.attempts import reduced as fewer_observations
from harness.recording.driving.examples import Example, find_examples
from harness.recording.driving.loaded import collect_facts
from harness.recording.driving.pairs.find import find_pairs
from harness.recording.driving.source import FileFacts
from harness.recording.driving.usage import MAX_PROJECT_BYTES, find_snippets, project_files, sibling_names
from harness.recording.failures import is_never_set, is_never_stored, is_wrong_call
from harness.recording.graph import Absorbed, Check, Counted, Reduction
from harness.recording.record import record_file
from harness.recording.shortened import shorten_texts, shortened_lines
from harness.recording.stand_ins.hints import scaled_sizes
from harness.recording.stand_ins.ragged import as_objects
from harness.recording.stand_ins.reduced import reduced

LAYERS = """
import numpy as np

class Dense:
    def __init__(self, units):
        self.units = units
    def __call__(self, before):
        self.W = np.random.normal(0, 0.3, (before.units, self.units))
        return self
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, gradient):
        self.dW = self.x.T @ gradient
        return gradient @ self.W.T

class Source:
    def __init__(self, units):
        self.units = units
    def __call__(self, before):
        return self
    def forward(self, x):
        assert x.shape[1] == self.units
        return x
    def backward(self, gradient):
        return gradient

class Tanh:
    def __call__(self, before):
        self.units = before.units
        return self
    def forward(self, x):
        self.a = np.tanh(x)
        return self.a
    def backward(self, gradient):
        return gradient * (1 - self.a ** 2)

class MSE:
    def forward(self, y, t):
        self.y, self.t = y, t
        return ((y - t) ** 2).sum() / 2
    def backward(self):
        return self.y - self.t
"""

NETWORK = """
class Stack:
    def __init__(self):
        self.parts = []
    def add(self, part):
        self.parts.append(part(self.parts[-1] if self.parts else None))
    def use(self, loss):
        self.loss = loss
    def fit(self, x, y, epochs=5):
        for _ in range(epochs):
            a = x
            for part in self.parts:
                a = part.forward(a)
            self.loss.forward(a, y)
            g = self.loss.backward()
            for part in self.parts[::-1]:
                g = part.backward(g)
                if hasattr(part, "W"):
                    part.W -= 0.01 * part.dW
"""

SCRIPT = """
from network import Stack
from layers import Dense, MSE, Source, Tanh
HIDDEN = 4

def main(data):
    net = Stack()
    net.add(Source(6))
    net.add(Dense(HIDDEN))
    net.add(Tanh())
    net.add(Dense(2))
    net.use(MSE())
    net.fit(data.x, data.y)
"""


def written(folder: Path, **texts: str) -> Path:
    """The folder with files of these names."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.mark.slow
def test_a_network_is_made_as_a_script_of_the_project_makes_it(tmp_path: Path) -> None:
    """The layers get their sizes from one another, in a way that no argument's name shows."""
    folder = written(tmp_path, layers=LAYERS, network=NETWORK, script=SCRIPT)
    recording = record_file(folder / "network.py")
    assert {recording.nodes[one.node].shape for one in recording.parameters} == {(6, 4), (4, 2)}
    assert recording.check is Check.SAME
    assert "stack.add(Dense(4))" in recording.driven.calls
    # the layers compute in another file, and the network hands on what they do
    assert check_file(folder / "network.py").verdict is Verdict.CORRECT


def test_examples_hold_settings_but_no_data() -> None:
    texts = [SCRIPT, "net = Stack()\nnet.fit(X, Y)\n", "model = Stack(load())\n"]
    found = find_examples(texts, ["Stack"], ["Stack", "Dense", "Tanh", "MSE", "Source"])
    assert [list(example.statements("s")) for example in found["Stack"]] == [
        ["s = Stack()", "s.add(Source(6))", "s.add(Dense(4))", "s.add(Tanh())", "s.add(Dense(2))", "s.use(MSE())"]
    ]
    assert found["Stack"][0].sizes == [6, 4, 2]
    images = find_examples(["n = Net((3, 8, 8), 10)"], ["Net"], ["Net"])["Net"][0]
    assert images.image == (3, 8, 8)


WRONG_CALLS = [
    ("TypeError", "Net.act() takes 1 positional argument but 2 were given", "h = self.act(x @ w)", True),
    ("TypeError", "Net.__init__() missing 1 required positional argument: 'sizes'", "net = Net()", True),
    ("TypeError", "act() missing 1 required positional argument: 'x'", "h = act()", True),
    ("TypeError", "act() takes 1 positional argument but 2 were given", "h = self.function(x, True)", False),
    ("TypeError", "act() takes 1 positional argument but 2 were given", "h = self.act(*x)", False),
    ("TypeError", "loss() takes 1 positional argument but 2 were given", "c = loss(a, y)", False),
    ("ValueError", "act() takes 1 positional argument but 2 were given", "h = act(x, y)", False),
]


@pytest.mark.parametrize(("kind", "message", "text", "expected"), WRONG_CALLS)
def test_wrong_calls(kind: str, message: str, text: str, expected: bool) -> None:
    assert is_wrong_call(kind, message, text, {"Net", "act"}) is expected


def test_attributes_that_nothing_sets() -> None:
    source = "class Base:\n    depth = 2\nclass Net(Base):\n    def __init__(self):\n        self.w = 1\n"
    classes = {one.name: one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)}

    def missing(name: str, *more: str) -> bool:
        return is_never_set("AttributeError", f"'Net' object has no attribute '{name}'", classes, [source, *more])

    assert missing("lr")
    assert not missing("w")
    assert not missing("depth")
    assert not missing("lr", "net = Net()\nnet.lr = 0.1\n")
    assert not missing("lr", "setattr(net, name, value)\n")


def test_keys_that_nothing_stores() -> None:
    source = "class Net:\n    def __init__(self):\n        self.w = {'a': 1}\n        self.w['b'] = 2\n"

    def missing(key: str, *more: str, text: str = "") -> bool:
        return is_never_stored("KeyError", repr(key), text or f"x = self.w['{key}']", [source, *more])

    assert missing("c")
    assert not missing("a")
    assert not missing("b")
    assert not missing("c", text="x = w['c']")
    assert not missing("c", "net.w[name] = 3\n")
    assert not missing("c", "fill(net.w)\n")
    assert not missing("c", "net.w.update(other)\n")
    assert not missing("c", "w = net.w\nw['c'] = 3\n")
    assert not missing("c", "def weights(self):\n    return self.w\n")
    assert not missing("c", "net.w |= other\n")
    assert not missing("c", "net.w = read(path)\n")
    assert missing("c", "net.w = {'d': 4}\n")
    assert missing("c", "for key in net.w:\n    print(net.w[key], 'c' in net.w)\n")


MISSING_SELF = """
import numpy as np

class Net:
    def __init__(self, inputs, hidden, outputs):
        self.W1, self.W2 = np.random.randn(inputs, hidden), np.random.randn(hidden, outputs)
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))
    def train(self, X, y, epochs=10):
        for _ in range(epochs):
            h = self.sigmoid(X @ self.W1)
            d = h @ self.W2 - y
            self.W2 -= 0.1 * h.T @ d
"""


@pytest.mark.slow
def test_a_method_without_self_is_the_files_own_mistake(tmp_path: Path) -> None:
    path = written(tmp_path, net=MISSING_SELF) / "net.py"
    result = check_file(path)
    assert [found.id for found in result.mistakes] == ["exception"]
    assert result.exception.startswith("TypeError: Net.sigmoid() takes 1 positional argument but 2 were given")


OLDER = """
import numpy as np
np.random.seed(1)
pairs = [[np.array([a, b, 1.0]), np.array(float(a != b))] for a in (0, 1) for b in (0, 1)]
pairs = np.random.permutation(pairs)
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
errors = np.zeros((9, 2))
for i in range(9):
    for x, t in pairs:
        x = x.reshape(1, 3)
        h = 1 / (1 + np.exp(-x @ W))
        o = 1 / (1 + np.exp(-h @ V))
        d = (o - t) * o * (1 - o)
        errors[i, 0] += (o - t) ** 2
        errors[i][1] = d
        print("error %f" % (o - t), "of %s: %d" % (i, o))
        W -= 0.5 * x.T @ (d @ V.T * h * (1 - h))
        V -= 0.5 * np.sum(h.T @ part for part in [d / 2, d / 2])
"""


def test_lists_of_different_lengths_and_arrays_of_one_item_work_as_in_older_versions(tmp_path: Path) -> None:
    """NumPy makes no array of the pairs since 1.24, and no number of an array and no sum of a generator since 2.4."""
    recording = record_file(written(tmp_path, older=OLDER) / "older.py")
    assert recording.raised is None
    assert [(one.name, len(one.updates)) for one in recording.parameters] == [("W", 3), ("V", 3)]
    assert recording.check is Check.SAME


ROW_BY_ROW = """
import numpy as np
samples = np.empty([0, 200])
with open("rows.txt") as rows:
    for row in rows:
        numbers = [float(one) for one in row.split(" ")]
        samples = np.concatenate((samples, np.array([numbers])), axis=0)
w = np.random.normal(size=(199, 1))
for epoch in range(4):
    X, Y = samples[:, :-1], samples[:, -1:]
    w = w - 0.001 * X.T @ (X @ w - Y)
"""


@pytest.mark.slow
def test_a_part_of_the_lines_is_read_of_a_file_that_would_take_too_much_memory_row_by_row(tmp_path: Path) -> None:
    path = written(tmp_path, net=ROW_BY_ROW) / "net.py"
    rows = np.random.default_rng(0).normal(size=(1_600, 200)).round(1).tolist()
    (tmp_path / "rows.txt").write_text("\n".join(" ".join(map(str, row)) for row in rows))
    recording = record_file(path)
    part = Reduction(what=Counted.OBSERVATIONS, number=None, made=200)
    assert (Absorbed.REDUCED, part) in [(one.what, one.reduction) for one in recording.stand_ins]
    assert [len(one.updates) > 1 for one in recording.parameters] == [True]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["a b\n", *(f"{i} -{i}.5\n" for i in range(9))], ["a b\n", "0 -0.5\n", "4 -4.5\n", "8 -8.5\n"]),
        ([f"chapter {i}\n" for i in range(9)], None),
        (["1 2\n"] * 3, None),
    ],
)
def test_the_rows_of_a_table_are_thinned_out_and_its_heading_stays(lines: list[str], left: list[str] | None) -> None:
    assert shortened_lines(lines, 3) == (left or lines)


def test_long_texts_become_shorter_but_no_docstring_does() -> None:
    story = "one two three. " * 100
    text = f'"""{story}"""\ntext = {story!r}\nmore = "ab " * 2000\nshort = "ab " * 3\n'
    tree = ast.parse(text)
    assert shorten_texts(tree, 3)
    names: dict[str, str] = {}
    exec(compile(tree, "net.py", "exec"), names)
    assert names["__doc__"] == story
    assert (names["short"], names["more"][:6], len(names["more"]) <= 120) == ("ab ab ab ", "ab ab ", True)
    assert story.startswith(names["text"])
    assert 60 < len(names["text"]) <= 120
    assert not shorten_texts(ast.parse("text = 'one two'"), 3)


def test_texts_of_files_become_shorter_but_not_what_only_a_program_can_read() -> None:
    long = [f"{i} once upon a time there was a king in a land far away\n" for i in range(50)]
    part = shortened_lines(long, 3)
    assert [line.split()[0] for line in part] == ["0", "24", "49"]
    assert sum(map(len, part)) <= 123
    assert shortened_lines(["{" + long[0], *long], 3) == ["{" + long[0], *long]


def test_items_of_different_lengths_stay_what_they_are() -> None:
    first, second = np.arange(3.0), np.arange(2.0)
    whole = as_objects([[first, 1.0], [second, 2.0]], (2, 2))
    assert whole.shape == (2, 2)
    assert whole[0, 0] is first
    assert whole[:, 1].tolist() == [1.0, 2.0]


MANY_ROWS = """
import numpy as np
data = np.loadtxt("data.txt")
X, Y = data[:, :3], data[:, 3]
w = np.random.normal(size=3)
for epoch in range(50):
    step = np.zeros(3)
    for x, y in zip(X, Y):
        step += (x @ w - y) * x
    w -= 0.1 * step / len(X)
"""


@pytest.mark.slow
def test_a_part_of_the_observations_is_used_if_all_are_too_many(tmp_path: Path) -> None:
    folder = written(tmp_path, many=MANY_ROWS)
    np.savetxt(folder / "data.txt", np.random.default_rng(0).normal(size=(20_000, 4)))
    recording = record_file(folder / "many.py")
    assert [len(one.updates) for one in recording.parameters] == [3]
    part = Reduction(what=Counted.OBSERVATIONS, number=None, made=FEW_OBSERVATIONS)
    assert (Absorbed.REDUCED, part) in [(one.what, one.reduction) for one in recording.stand_ins]


def test_a_part_of_the_observations_is_evenly_spread() -> None:
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10)
    assert reduced(y, 4).tolist() == [0, 3, 6, 9]
    few_x, few_y = reduced((x, y), 2)
    assert few_x.tolist() == [[0.0, 1.0], [18.0, 19.0]]
    assert few_y.tolist() == [0, 9]
    assert reduced(x, 10) is x
    assert reduced(x[3, 1], 10) == 7.0
    assert reduced(np.array(7.0), 10).shape == ()


LAYER_WITH_UPDATE = """
import numpy as np

class Dense:
    def __init__(self, inputs, outputs):
        self.weights = np.random.normal(size=(inputs, outputs))
    def forward(self, x):
        self.x = x
        return x @ self.weights
    def backward(self, gradient):
        self.weights_gradient = self.x.T @ gradient
        return gradient @ self.weights.T
    def update(self, learning_rate):
        self.weights -= learning_rate * self.weights_gradient
"""


@pytest.mark.parametrize("sign", ["-", "+"])
def test_the_update_of_a_layer_belongs_to_its_pair(tmp_path: Path, sign: str) -> None:
    source = LAYER_WITH_UPDATE.replace("self.weights -=", f"self.weights {sign}=")
    assert find_pairs(source)[0].name == "Dense.forward / Dense.backward / Dense.update"
    result = check_file(written(tmp_path, layer=source) / "layer.py")
    assert result.verdict is (Verdict.CORRECT if sign == "-" else Verdict.MISTAKE)


MATH = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
TRAINING = """
import numpy as np
from net.Squash import sigmoid
X, Y = np.random.rand(8, 3), np.random.rand(8, 1)
w = np.random.randn(3, 1)
for _ in range(3):
    a = sigmoid(X @ w)
    w -= 0.1 * X.T @ ((a - Y) * a * (1 - a))
"""


def test_a_file_named_as_its_package_does_not_hide_it(tmp_path: Path) -> None:
    """net/net.py beside net/squash.py, whose name a Mac does not tell from Squash.py."""
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "squash.py").write_text(MATH)
    (folder / "net.py").write_text("import net.squash\n" + TRAINING)
    (tmp_path / "pyproject.toml").write_text("")
    assert check_file(folder / "net.py").verdict is Verdict.CORRECT


RAGGED = """
import numpy as np
X, Y = np.random.rand(8, 3), np.random.rand(8, 1)
sizes = np.array([[1, 2], [3]])
w = np.random.randn(3, 1)
for _ in range(3):
    w -= 0.1 * X.T @ (X @ w - Y)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "sizes",
    [
        "np.array([[1, 2], [3]])",
        "np.roll([[1, 2], [3]], shift=-1)\nassert list(sizes) == [[3], [1, 2]]",
        # what is lost on the way to an update is not what keeps the file from being run
        "np.array([[1, 2], [3]])\nX = np.fromiter(map(float, X.ravel()), float).reshape(8, 3)",
    ],
)
def test_a_file_that_only_runs_with_an_older_numpy_is_not_called_correct(tmp_path: Path, sizes: str) -> None:
    folder = written(tmp_path, ragged=RAGGED.replace("np.array([[1, 2], [3]])", sizes))
    result = check_file(folder / "ragged.py")
    assert result.verdict is Verdict.NOT_JUDGED
    assert "dtype=object" in result.detail


def test_what_only_runs_with_an_older_numpy_is_said_before_what_cannot_be_recorded(tmp_path: Path) -> None:
    text = RAGGED.replace("X.T @ (X @ w - Y)", "np.array([[float(str(g))] for [g] in X.T @ (X @ w - Y)])")
    assert "dtype=object" in check_file(written(tmp_path, ragged=text) / "ragged.py").detail


RAGGED_GRADIENTS = """
import math
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.random((6, 1))
weights = [rng.normal(size=(4, 3)), rng.normal(size=(1, 4))]
biases = [np.zeros(4), np.zeros(1)]
def squash(z):
    return np.fromiter((1 / (1 + math.exp(-e)) for e in z), float)
for x, y in zip(X, Y):
    h = squash(weights[0] @ x + biases[0])
    a = squash(weights[1] @ h + biases[1])
    kept = np.copy([h, a])
    dw, db = np.zeros_like(weights), np.zeros_like(biases)
    db[1] = 2 * (a - y) * a * (1 - a)
    dw[1] = np.outer(db[1], kept[0])
    db[0] = weights[1].T @ db[1] * (1 - h)
    dw[0] = np.outer(db[0], x)
    weights -= 0.1 * dw
    biases -= 0.1 * db
"""


@pytest.mark.slow
def test_arrays_made_like_lists_of_unequal_arrays_are_followed(tmp_path: Path) -> None:
    """Of an older NumPy: np.copy and np.zeros_like of such lists, and lists from which an array is subtracted."""
    right = RAGGED_GRADIENTS.replace("db[1] * (1 - h)", "db[1] * h * (1 - h)")
    folder = written(tmp_path, wrong=RAGGED_GRADIENTS, right=right)
    found = check_file(folder / "wrong.py")
    line = RAGGED_GRADIENTS[: RAGGED_GRADIENTS.index("db[0] = ")].count("\n") + 1
    assert [one.place and one.place.line for one in found.mistakes] == [line]
    result = check_file(folder / "right.py")
    assert (result.verdict, result.mistakes) == (Verdict.NOT_JUDGED, ())
    assert "dtype=object" in result.detail


def answer_of(updates, loops=(), length=100):
    """What a run answers that ended among too many operations: one parameter, so many updates, operations between."""
    made = {"tuple": [{"after": number * length} for number in range(updates)]}
    numbers = {"tuple": [{"updates": {"tuple": list(range(updates))}}]}
    counts = {"tuple": [{"count": count} for count in loops]}
    return {"recording": {"stop": "nodes", "updates": made, "parameters": numbers, "loops": counts}}, []


def test_layers_become_smaller_where_one_update_takes_too_many_operations():
    """The first run with fewer observations has one update, so that others may be missing: sizes are tried as well."""
    text = "hidden_size = 400\nclasses = 26\nrows = 3000\ndata = open(path)\ndef net(seq_length=100, rate=0.1): pass\n"
    assert scaled_sizes(text, 6) == [[100, 4], [400, 6]]
    runs = []

    def record(task):
        runs.append(task.get("sizes"))
        return answer_of(2 if [400, 6] in task.get("sizes", []) else 1)

    task, found = fewer_observations({"text": text}, answer_of(0), record)
    assert task["sizes"] == [[3000, 24], [100, 4], [400, 6]]
    assert (len(runs), len(found[0]["recording"]["updates"]["tuple"])) == (3, 2)


def test_what_a_loop_goes_through_becomes_smaller_if_one_update_takes_too_many_operations():
    """80 is the size of the data and the rounds of a loop; 90 epochs and 28 pixels are not both."""
    text = "X = np.random.rand(80, 28)\nfor epoch in range(90):\n    for x in X: step(x)\n"
    runs = []

    def record(task):
        runs.append(task["sizes"])
        return answer_of(2)

    task, _ = fewer_observations({"text": text}, answer_of(0, [90, 80]), record)
    assert runs == [task["sizes"]] == [[[80, 5]]]


@pytest.mark.parametrize(("length", "sizes"), [(50_000, [[80, 5]]), (30_000, None)])
def test_an_iteration_that_is_too_long_to_be_judged_gets_fewer_observations(length, sizes):
    text = "X = np.random.rand(80, 28)\nfor x in X: step(x)\n"
    task, _ = fewer_observations({"text": text}, answer_of(2, [80], length), lambda task: answer_of(2))
    assert task.get("sizes") == sizes


PLAIN_SUMS = """
import math
import random

random.seed(4)
X = [[random.random() for _ in range(3)] for _ in range(400)]
Y = [1.0 if sum(x) > 1.5 else 0.0 for x in X]
W = [[random.gauss(0, 1) for _ in range(5)] for _ in range(3)]
v = [random.gauss(0, 1) for _ in range(5)]
for epoch in range(200):
    dW = [[0.0] * 5 for _ in range(3)]
    dv = [0.0] * 5
    for x, y in zip(X, Y):
        a = [math.tanh(sum(x[i] * W[i][j] for i in range(3))) for j in range(5)]
        p = 1 / (1 + math.exp(-sum(a[j] * v[j] for j in range(5))))
        for j in range(5):
            dv[j] += (p - y) * a[j]
            for i in range(3):
                dW[i][j] += (p - y) * v[j] * (1 - a[j] ** 2) * x[i]
    for j in range(5):
        v[j] -= 0.5 * dv[j] / len(X)
        for i in range(3):
            W[i][j] -= 0.5 * dW[i][j] / len(X)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "verdict"), [("(1 - a[j] ** 2)", Verdict.CORRECT), ("(1 - a[j])", Verdict.MISTAKE)])
def test_plain_python_that_sums_over_hundreds_of_rows_is_judged(tmp_path, slope, verdict):
    """One iteration takes more operations than are judged, so a part of the rows is."""
    text = PLAIN_SUMS.replace("(1 - a[j] ** 2)", slope)
    (tmp_path / "net.py").write_text(text)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is verdict
    if verdict is Verdict.MISTAKE:
        line = text[: text.index("dW[i][j] += ")].count("\n") + 1
        assert line in [one.place and one.place.line for one in result.mistakes]


def test_a_large_project_is_read_in_part_and_its_unrelated_scripts_are_not_run(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("class Net:\n    pass\n")
    (tmp_path / "uses.py").write_text("from net import Net\nprint(Net())\n")
    (tmp_path / "imports.py").write_text("import net\nprint('nothing of it')\n")
    for number in range(8):
        (tmp_path / f"other{number}.py").write_text("x = 1  # " + "long " * (MAX_PROJECT_BYTES // 20) + "\n")
    names = {"__file__": str(tmp_path / "net.py")}
    read = {Path(path).name for path in project_files(names, str(tmp_path))}
    assert {"uses.py", "imports.py"} <= read
    assert len(read) == 2 + 3
    found = find_snippets("", FileFacts(own_classes=["Net"]), names, str(tmp_path))
    assert len(found) == 1
    assert "'uses.py'" in found[0]


ACTIVATIONS = """
from abc import ABC, abstractmethod
import numpy as np

class Activation(ABC):
    @abstractmethod
    def value(self, z): ...
    @abstractmethod
    def slope(self, a): ...

class Tanh(Activation):
    def value(self, z):
        return np.tanh(z)
    def slope(self, a):
        return 1 - a ** 2
"""

LAYER = """
import numpy as np
from functions import Activation

class Layer:
    def __init__(self, inputs: int, units: int, activation: Activation, start: "Start"):
        self.W = start.draw(inputs, units)
        self.activation = activation
    def forward(self, x):
        self.x = x
        self.a = self.activation.value(x @ self.W)
        return self.a
    def backward(self, gradient):
        delta = gradient * self.activation.slope(self.a)
        self.dW = self.x.T @ delta
        return delta @ self.W.T
"""

USER = """
import numpy as np
from functions import Tanh
from layer import Layer

class Start:
    def draw(self, inputs, units):
        return np.random.normal(0, 0.5, (inputs, units))

X, Y = np.random.normal(size=(9, 4)), np.random.normal(size=(9, 2))
layers = [Layer(4, 3, Tanh(), Start()), Layer(3, 2, Tanh(), Start())]
for step in range(5):
    out = X
    for layer in layers:
        out = layer.forward(out)
    cost = ((out - Y) ** 2).sum() / 2
    gradient = out - Y
    for layer in layers[::-1]:
        gradient = layer.backward(gradient)
    for layer in layers:
        layer.W -= 0.1 * layer.dW
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("slope", ["gradient * self.activation.slope(self.a)", "gradient * 1.0"])
def test_layers_that_cannot_be_called_alone_are_judged_in_the_network_of_the_project(
    tmp_path: Path, slope: str
) -> None:
    text = LAYER.replace("gradient * self.activation.slope(self.a)", slope)
    # it says that it changes parameters, and is a test all the same
    checked = "from layer import Layer\nfrom network import layers\nlayers[0].W += 1e-4\nprint(layers)\n"
    folder = written(tmp_path, functions=ACTIVATIONS, layer=text, network=USER, gradient_tests=checked)
    result = check_file(folder / "layer.py")
    if slope.endswith("1.0"):
        assert [(one.id, one.place and one.place.file) for one in result.mistakes] == [
            ("missing-hidden-activation-derivative", "layer.py")
        ]
    else:
        assert result.verdict is Verdict.CORRECT
    assert "network.py" in result.calls[-1]


def test_an_abstract_class_stands_for_those_of_an_imported_file_that_are_derived_from_it(tmp_path: Path) -> None:
    network = """
import numpy as np
from functions import Activation

class Network:
    def __init__(self, inputs: int, outputs: int, activation: Activation):
        self.W = np.random.normal(0, 0.5, (inputs, outputs))
        self.activation = activation
    def train(self, X, y, epochs):
        for _ in range(epochs):
            a = self.activation.value(X @ self.W)
            self.W -= 0.1 * X.T @ ((a - y) * self.activation.slope(a))
"""
    folder = written(tmp_path, functions=ACTIVATIONS, network=network)
    recording = record_file(folder / "network.py")
    assert recording.driven.failures == ()
    assert "from functions import Tanh" in recording.driven.calls
    assert check_file(folder / "network.py").verdict is Verdict.CORRECT


def test_a_folder_of_the_user_may_have_the_name_of_this_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "harness"
    folder.mkdir()
    written(folder, slopes="def slope(a):\n    return a * (1 - a)\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(sys.modules, "slopes", importlib.import_module("slopes"))
    facts, _ = collect_facts({"__file__": str(folder / "net.py")}, "from slopes import slope\n")
    assert "slope" in facts.functions


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("train(net, X, X, Y)", True),
        ("suite(make, Y.T, Y.T, 7)", True),
        ("    dw = net.backprop(hidden, Y.T, Y.T)", True),
        ("net.fit(X, Y, np.copy(X), np.copy(Y))", False),
        ("net.fit(X.T, Y.T, len(X), len(X))", False),
    ],
)
def test_calls_that_give_the_same_data_twice(line: str, expected: bool) -> None:
    assert repeats_an_argument(line) is expected


def test_functions_of_tests_are_not_what_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path, net="def slope(a):\n    return a * (1 - a)\n")
    (folder / "tests").mkdir()
    monkeypatch.syspath_prepend(folder)
    for name in ("trains", "tests/suite"):
        (folder / f"{name}.py").write_text(f"from net import slope\n\ndef {name[-5:]}(x):\n    return slope(x)\n")
    facts, names = sibling_names({"__file__": str(folder / "net.py")}, str(folder))
    assert set(names) == {"rains"}


WRONG_CALL = """
import numpy as np
class Layer:
    def __init__(self, inputs, outputs):
        self.w = np.random.randn(inputs, outputs)
    def forward(self, x):
        self.x = x
        return x @ self.w
    def apply(self, gradient):
        self.w -= 0.1 * gradient
    def backward(self, grad):
        before = grad @ self.w.T
        self.apply(self.x.T @ grad, 1)
        return before
"""
ITS_NETWORK = """
from layer import Layer

class Net:
    def __init__(self):
        self.layers = [Layer(7, 5), Layer(5, 3)]

    def train(self, X, y, epochs):
        for _ in range(epochs):
            out = X
            for layer in self.layers:
                out = layer.forward(out)
            grad = out - y
            for layer in reversed(self.layers):
                grad = layer.backward(grad)
"""


def test_a_wrong_call_in_an_imported_file_is_found_at_its_line(tmp_path: Path) -> None:
    """No argument of the driver's can be to blame, whichever file of the project the line is in."""
    result = check_file(written(tmp_path, layer=WRONG_CALL, net=ITS_NETWORK) / "net.py")
    assert result.verdict is Verdict.MISTAKE
    (found,) = result.mistakes
    assert found.id == "exception"
    assert found.place is not None
    assert (found.place.file, found.place.line) == ("layer.py", 13)


MATRIX = """
import random

class Matrix:
    def __init__(self, rows, columns):
        self.matrix = [[random.random() * 2 - 1 for column in range(columns)] for row in range(rows)]
    def add(self, other):
        pairs = zip(self.matrix, other.matrix)
        self.matrix = [[value + change for value, change in zip(row, changes)] for row, changes in pairs]

def column(values):
    made = Matrix(len(values), 1)
    made.matrix = [[value] for value in values]
    return made

def times(a, b):
    made = Matrix(len(a.matrix), len(b.matrix[0]))
    made.matrix = [[sum(x * y for x, y in zip(row, units)) for units in zip(*b.matrix)] for row in a.matrix]
    return made

def step(rate, target, output, inputs):
    made = Matrix(len(output.matrix), len(inputs.matrix))
    errors = [t[0] - y[0] for t, y in zip(target.matrix, output.matrix)]
    made.matrix = [[rate * error * x[0] for x in inputs.matrix] for error in errors]
    return made
"""

OF_MATRICES = """
from shop import matrix

class Net:
    def __init__(self, inputs, outputs):
        self.weights = matrix.Matrix(outputs, inputs)
    def train(self, inputs, target):
        inputs, target = matrix.column(inputs), matrix.column(target)
        self.weights.add(matrix.step(0.1, target, matrix.times(self.weights, inputs), inputs))
"""

ENDLESS = """
from random import random
import matplotlib.pyplot as plt
from shop.net import Net

net = Net(2, 1)
while True:
    for turn in range(10):
        x = [random(), random()]
        net.train(x, [x[0] - 2 * x[1]])
    plt.pause(0.05)
"""

OF_ANOTHER = """
import shop.other as other

one = other.Perceptron()
for turn in range(500):
    one.train(0.5, 1.0)
"""

ANOTHER = """
class Perceptron:
    def __init__(self):
        self.w = 0.25
    def train(self, x, y):
        self.w = self.w + 0.1 * (y - self.w * x) * x
"""


def test_an_endless_example_is_judged_by_what_it_trained_of_the_file(tmp_path: Path) -> None:
    """All arithmetic is in another module; another example trains something else of the package."""
    shop, examples = tmp_path / "shop", tmp_path / "examples"
    shop.mkdir()
    examples.mkdir()
    (tmp_path / "setup.py").write_text("")
    written(shop, __init__="", matrix=MATRIX, net=OF_MATRICES, other=ANOTHER)
    written(examples, demo=OF_ANOTHER, endless=ENDLESS)
    result = check_file(shop / "net.py")
    assert result.verdict is Verdict.CORRECT
    assert "endless.py" in "\n".join(result.calls)
    assert len(result.parameters) == 2  # numbers of one matrix


def test_what_is_set_up_after_an_instance_is_made_ends_with_what_needs_data() -> None:
    text = "rate = 0.5\nnet = Net(3)\nnet.rate = rate\nnet.seed = 7\nnet.data = load()\nnet.steps = 9\n"
    assert find_examples([text], ["Net"], ["Net"]) == {
        "Net": [Example("Net(3)", ("self_.rate = 0.5", "self_.seed = 7"))]
    }


EXPORTED = """
# In[1]:

import numpy as np
from cases_of_the_course import first_case

# In[2]:

def predict(x, w):
    return np.tanh(x @ w)

print(predict(*first_case()).sum() + 1)

# In[3]:

def train(x, y, rounds=5):
    w = np.random.randn(x.shape[1], y.shape[1]) * 0.4
    for _ in range(rounds):
        p = predict(x, w)
        w -= 0.1 * x.T @ ((p - y) * (1 - p**2)) / len(x)
    return w
"""


def test_a_script_made_of_a_notebook_goes_on_after_an_exception(tmp_path):
    path = tmp_path / "exported.py"
    path.write_text(EXPORTED)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(EXPORTED.replace("1 - p**2", "1 - p"))
    assert check_file(path).verdict is Verdict.MISTAKE


OF_PARTS = """
import numpy as np

class Net:
    def __init__(self, watcher=None):
        self.watcher = watcher
        self.w = np.random.randn(3, 2)
    def train(self, x, y):
        output = x @ self.w
        self.watcher.note(((output - y) ** 2).mean())
        self.w -= 0.1 * 2 * x.T @ (output - y) / y.size
"""

OLD_WATCHER = """
class Watcher:
    def __init__(self):
        self.costs = deque()
    def note(self, cost):
        self.costs.append(cost)
"""

SCRIPT_OF_PARTS = """
import sys
from net import Net
from watching import Watcher

net = Net(watcher=Watcher())
net.train(*sys.modules["loaded"].data)
"""


@pytest.mark.slow
def test_of_two_classes_of_one_name_the_one_that_a_script_imports_is_used(tmp_path: Path) -> None:
    """The other one, an earlier version beside it, cannot be made."""
    new = OLD_WATCHER.replace("deque()", "[]")
    written(tmp_path, net=OF_PARTS, watcher=OLD_WATCHER, watching=new, script=SCRIPT_OF_PARTS)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is Verdict.CORRECT, (result.mistakes, result.calls)
    written(tmp_path, net=OF_PARTS.replace("2 * x.T", "2 * -x.T"))
    assert check_file(tmp_path / "net.py").verdict is Verdict.MISTAKE
