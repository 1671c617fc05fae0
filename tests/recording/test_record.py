"""Programs in the styles of courses and tutorials are recorded as they are: parameters, updates, their lines."""

import json
from pathlib import Path

import numpy as np
import pytest

import harness
from harness import BadInput
from harness.recording.graph import Absorbed, Check, Kind, Stop
from harness.recording.record import record_file
from tests.network_files import write_file

PROGRAMS = Path(__file__).with_name("programs")

# (file, {parameter: (shape, line of its update)}), read off the programs
EXPECTED = [
    ("class_weights.py", {"self.weights1": ((3, 4), 25), "self.weights2": ((4, 1), 26)}),
    (
        "params_dictionary.py",
        {
            "self.params['W1']": ((5, 6), 42),
            "self.params['b1']": ((6,), 42),
            "self.params['W2']": ((6, 3), 42),
            "self.params['b2']": ((3,), 42),
        },
    ),
    (
        "caches.py",
        {
            "parameters['W1']": ((5, 4), 81),
            "parameters['b1']": ((5, 1), 82),
            "parameters['W2']": ((3, 5), 81),
            "parameters['b2']": ((3, 1), 82),
            "parameters['W3']": ((1, 3), 81),
            "parameters['b3']": ((1, 1), 82),
        },
    ),
    (
        "digits_csv.py",
        {"W1": ((10, 784), 54), "b1": ((10, 1), 55), "W2": ((10, 10), 56), "b2": ((10, 1), 57)},
    ),
    (
        "sizes_lists.py",
        {
            "self.weights[0]": ((4, 3), 27),
            "self.weights[1]": ((2, 4), 27),
            "self.biases[0]": ((4, 1), 28),
            "self.biases[1]": ((2, 1), 28),
        },
    ),
    ("eleven_lines.py", {"syn1": ((4, 1), 12), "syn0": ((3, 4), 13)}),
    ("flat_vector.py", {"theta": ((17,), 25)}),
    (
        "scalars.py",
        {f"self.{name}": ((), 35 + i) for i, name in enumerate(["w1", "w2", "b1", "w3", "w4", "b2", "w5", "w6", "b3"])},
    ),
    ("literal_weights.py", {name: ((), 21 + i) for i, name in enumerate(["w5", "w6", "b2", "w1", "w2", "b1"])}),
    ("momentum_float32.py", {"W": ((3, 4), 23), "b": ((4,), 24)}),
    ("dropout_views.py", {"W1": ((4, 5), 17), "W2": ((5, 2), 18)}),
    ("element_loops.py", {"w": ((3, 2), 19), "v": ((2,), 21)}),
    ("matrix_class.py", {"W": ((3, 1), 9)}),
    ("star_imports.py", {"u": ((3, 1), 13), "w": ((1, 3), 14), "c": ((3,), 15)}),
    ("notebook_cells.ipynb", {"W": ((2, 1), 9)}),
]


@pytest.mark.every(2)
@pytest.mark.parametrize(("name", "expected"), EXPECTED)
def test_parameters_and_updates_are_found(name, expected):
    recording = record_file(PROGRAMS / name)
    assert recording.raised is None
    assert recording.check is Check.SAME
    assert recording.stop is Stop.ENOUGH
    found = {}
    for parameter in recording.parameters:
        lines = {recording.updates[u].place.line for u in parameter.updates}
        assert len(lines) == 1
        found[parameter.name] = parameter.shape, lines.pop()
        assert len(parameter.updates) >= 3
        assert all(recording.updates[u].confirmed for u in parameter.updates)
    assert found == expected


def test_layers_of_one_class_are_parameters_of_their_own():
    recording = record_file(PROGRAMS / "layer_objects.py")
    shapes = [(p.name, p.shape) for p in recording.parameters]
    assert shapes == [
        ("self.weights", (2, 5)),
        ("self.biases", (1, 5)),
        ("self.weights", (5, 1)),
        ("self.biases", (1, 1)),
    ]


def test_numbers_in_lists_are_recorded():
    recording = record_file(PROGRAMS / "pure_lists.py")
    assert len(recording.parameters) == 12  # two layers of two neurons with two weights and a bias
    assert not recording.uses_numpy
    assert {recording.updates[u].place.line for p in recording.parameters for u in p.updates} == {54, 55}


def test_steps_are_what_was_subtracted():
    recording = record_file(PROGRAMS / "flat_vector.py")
    for update in recording.updates:
        node = recording.nodes[update.after]
        before, step = node.parents
        assert (node.operation, before) == ("subtract", update.before)
        np.testing.assert_array_equal(node.value, recording.nodes[before].value - recording.nodes[step].value)


def test_updates_follow_each_other():
    recording = record_file(PROGRAMS / "class_weights.py")
    for parameter in recording.parameters:
        updates = [recording.updates[u] for u in parameter.updates]
        assert updates[0].before == parameter.node
        assert [u.before for u in updates[1:]] == [u.after for u in updates[:-1]]


def test_the_recorded_values_are_those_of_the_file():
    """The same arithmetic written out once more."""
    recording = record_file(PROGRAMS / "eleven_lines.py")
    np.random.seed(0)  # noqa: NPY002
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0, 1, 1, 0]]).T
    w = 2 * np.random.random((3, 4)) - 1  # noqa: NPY002
    v = 2 * np.random.random((4, 1)) - 1  # noqa: NPY002
    for i in range(3):
        h = 1 / (1 + np.exp(-(x @ w)))
        o = 1 / (1 + np.exp(-(h @ v)))
        d = (y - o) * (o * (1 - o))
        e = d @ v.T * (h * (1 - h))
        v, w = v + h.T @ d, w + x.T @ e
        for parameter, value in zip(recording.parameters, (v, w)):
            after = recording.nodes[recording.updates[parameter.updates[i]].after].value
            np.testing.assert_allclose(after, value, rtol=1e-12)


@pytest.mark.slow
def test_missing_data_are_reported():
    recording = record_file(PROGRAMS / "digits_csv.py")
    (stand_in,) = [s for s in recording.stand_ins if s.what is Absorbed.FILE]
    assert stand_in.name == "train.csv"
    assert stand_in.shapes[0][1] == 785


def test_plots_are_absorbed():
    recording = record_file(PROGRAMS / "class_weights.py")
    assert [(s.what, s.name) for s in recording.stand_ins] == [(Absorbed.DISPLAY, "matplotlib")]


def test_the_same_recording_twice():
    first, second = (record_file(PROGRAMS / "momentum_float32.py") for _ in range(2))
    assert len(first.nodes) == len(second.nodes)
    for a, b in zip(first.nodes, second.nodes):
        assert (a.operation, a.arguments, a.place) == (b.operation, b.arguments, b.place)
        np.testing.assert_array_equal(a.value, b.value)


SURROUNDINGS = """
import os, resource, signal, sys
ours = ("harness.recording.child", "harness.recording.driving")  # forks have imported what they may need
import heapq, locale, socket, subprocess  # which they have imported as well
print([name for name in sorted(sys.modules) if not name.startswith(ours)], sys.argv, sys.flags, __name__, os.getcwd())
print(sorted(os.environ.items()))
print([signal.getsignal(number) for number in (2, 13, 15)], os.getsid(0) == os.getppid())
print(sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else "")
print(resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CORE), hash("a"))
"""


def test_a_forked_child_is_a_child_that_was_started(tmp_path, monkeypatch):
    """What the other tests are given instead."""
    path = write(tmp_path, SURROUNDINGS + LINEAR)
    forked = record_file(path)
    monkeypatch.setenv("PYTHONFAULTHANDLER", "")  # empty is unset; a variable for Python makes a process of its own
    started = record_file(path)
    assert started.printed.replace("('PYTHONFAULTHANDLER', ''), ", "") == forked.printed
    assert [node.arguments for node in started.nodes] == [node.arguments for node in forked.nodes]
    for one, other in zip(started.nodes, forked.nodes):
        np.testing.assert_array_equal(one.value, other.value)


def test_float32_stays_float32():
    recording = record_file(PROGRAMS / "momentum_float32.py")
    for parameter in recording.parameters:
        assert recording.nodes[parameter.node].dtype == "<f4"


def write(folder, text, name="program.py"):
    """A program in a folder of its own."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


LINEAR = """
import numpy as np
X = np.random.randn(8, 2)
y = X @ np.array([[1.0], [-2.0]])
W = np.zeros((2, 1))
for i in range(20):
    W = W - 0.1 * X.T @ (X @ W - y)
"""


def test_an_exception_keeps_its_traceback(tmp_path):
    path = write(tmp_path, LINEAR + "\ndef backward():\n    return undefined_name\n\nbackward()\n")
    path.write_text(path.read_text().replace("range(20)", "range(1)"))
    recording = record_file(path, drive=False)
    assert recording.raised.type == "NameError"
    assert "undefined_name" in recording.raised.message
    assert [(f.line, f.text) for f in recording.raised.frames] == [(12, "backward()"), (10, "return undefined_name")]
    assert recording.stop is Stop.RAISED


def test_python_2_that_cannot_be_converted_is_refused_with_advice(tmp_path):
    path = write(tmp_path, "import numpy as np\nprint 'epoch', 3\n" + "# a comment\n" * 20_000)  # too long to convert
    with pytest.raises(BadInput, match=r"line 2 is Python 2.*\n.*2to3"):
        record_file(path)


def test_a_mistake_of_syntax_beside_python_2_is_named(tmp_path):
    """Converting the file does not help: what converts it stops at the same line."""
    path = write(tmp_path, "print 'epoch', 3\nx = = 3\nprint 'end'\n")
    with pytest.raises(BadInput, match=r"line 2 is not valid Python: neither of version 3 nor of version 2: x = = 3"):
        record_file(path)


def test_a_file_that_changes_with_recording_is_reported(tmp_path):
    """The file looks at its own array in a way that recording cannot hide."""
    text = LINEAR.replace("- 0.1 *", "- (0.1 if X.__class__ is np.ndarray else 0.2) *")
    recording = record_file(write(tmp_path, text))
    assert recording.check is Check.DIFFERENT
    assert recording.changed_at.line == 7


def test_an_exception_that_only_recording_raises_is_reported(tmp_path):
    """An array class of the file's own, of which a recorded array is none."""
    text = """
import numpy as np
class Tensor(np.ndarray):
    def __new__(cls, values):
        return np.asarray(values).view(cls)
    def __array_finalize__(self, made_from):
        self.velocity = np.zeros(3)
X = np.random.randn(6, 3)
w = Tensor(np.random.randn(3))
for i in range(5):
    w = w - 0.1 * (X.T @ (X @ w - 1) + 0 * w.velocity)
"""
    path = write(tmp_path, text)
    recording = record_file(path)
    assert recording.raised.type == "AttributeError"
    assert recording.check is Check.DIFFERENT
    assert recording.changed_at.line == 11


def test_type_shows_what_an_unrecorded_run_would_show(tmp_path):
    text = LINEAR.replace("- 0.1 *", "- (0.1 if type(X) is np.ndarray and type(X[0, 0]) is np.float64 else 0.2) *")
    recording = record_file(write(tmp_path, text))
    assert recording.check is Check.SAME
    assert 0.1 in [n.arguments[0] for n in recording.nodes if n.operation == "multiply"]


def test_relative_imports_and_folders(tmp_path):
    write(tmp_path, "", "pkg/__init__.py")
    write(tmp_path, "import numpy as np\ndef forward(X, W):\n    return X @ W\n", "pkg/model.py")
    main = LINEAR.replace("import numpy as np", "import numpy as np\nfrom .model import forward").replace(
        "(X @ W - y)", "(forward(X, W) - y)"
    )
    recording = record_file(write(tmp_path, main, "pkg/main.py"))
    assert recording.files == ("pkg/main.py", "pkg/__init__.py", "pkg/model.py") or set(recording.files) == {
        "pkg/main.py",
        "pkg/__init__.py",
        "pkg/model.py",
    }
    places = {n.place.file for n in recording.nodes if n.operation == "matmul" and n.place}
    assert "pkg/model.py" in places
    assert len(recording.parameters) == 1


def test_modules_next_to_the_file_and_above_it(tmp_path):
    write(tmp_path, "import numpy as np\ndef step(W, g):\n    return W - 0.1 * g\n", "lib/optim.py")
    main = LINEAR.replace("import numpy as np", "import numpy as np\nfrom lib.optim import step").replace(
        "W = W - 0.1 * X.T @ (X @ W - y)", "W = step(W, X.T @ (X @ W - y))"
    )
    recording = record_file(write(tmp_path, main, "scripts/train.py"))
    (parameter,) = recording.parameters
    assert recording.updates[parameter.updates[0]].place.file == "lib/optim.py"


def test_a_folder_is_found_though_the_clone_has_a_package_of_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(harness.__file__).parents[1]))
    write(tmp_path / "models", "def step(W, g):\n    return W - 0.1 * g\n", "optim.py")
    main = LINEAR.replace("import numpy as np", "import numpy as np\nfrom models.optim import step")
    path = write(tmp_path, main.replace("W = W - 0.1 * X.T @ (X @ W - y)", "W = step(W, X.T @ (X @ W - y))"))
    assert len(record_file(path).parameters) == 1


def test_lines_after_the_file(tmp_path):
    text = """
import numpy as np
class Net:
    def __init__(self, n):
        self.W = np.random.randn(n, 3)
    def fit(self, X, Y, steps):
        for _ in range(steps):
            self.W -= 0.1 * X.T @ (X @ self.W - Y)
"""
    recording = record_file(
        write(tmp_path, text), run="net = Net(4)\nnet.fit(X, Y, 5)", data={"X": np.ones((6, 4)), "Y": np.zeros((6, 3))}
    )
    (parameter,) = recording.parameters
    assert (parameter.name, parameter.shape) == ("self.W", (4, 3))
    given = [n for n in recording.nodes if n.kind is Kind.ARGUMENT]
    assert {"X", "Y"} <= {name for n in given for name in n.names}


def test_files_are_not_overwritten(tmp_path):
    weights = write_file(tmp_path / "weights.txt", "mine")
    ending = (
        "open('weights.txt', 'w').write('theirs')\nnp.savetxt('weights.txt', W)\nimport os\nos.remove('weights.txt')"
    )
    text = LINEAR.replace("range(20)", "range(2)") + ending + "\n"
    recording = record_file(write(tmp_path, text))
    assert recording.raised is None
    assert weights.read_text() == "mine"


def test_what_is_printed_is_kept(tmp_path, capfd):
    recording = record_file(write(tmp_path, "print('hello')\n" + LINEAR))
    assert recording.printed == "hello\n"
    assert capfd.readouterr() == ("", "")


def test_sys_exit_and_input(tmp_path):
    text = "n = int(input('how many? '))\n" + LINEAR + "\nimport sys\nsys.exit(1)\n"
    recording = record_file(write(tmp_path, text.replace("range(20)", "range(n)")))
    assert recording.stop is Stop.EXITED
    assert [(s.what, s.name) for s in recording.stand_ins] == [(Absorbed.INPUT, "input()")]
    assert len(recording.updates) == 1


@pytest.mark.slow
def test_an_endless_loop_is_aborted(tmp_path):
    recording = record_file(write(tmp_path, "import numpy as np\nwhile True:\n    pass\n"), seconds=1.0)
    assert recording.stop is Stop.SECONDS
    assert recording.parameters == ()


def test_a_crash_is_not_an_exception_here(tmp_path):
    recording = record_file(write(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"), drive=False)
    assert recording.stop is Stop.DIED


def test_optimizer_state_is_not_a_parameter(tmp_path):
    text = LINEAR.replace(
        "W = np.zeros((2, 1))", "W = np.zeros((2, 1))\ncache = np.zeros((2, 1))\nv = np.zeros((2, 1))"
    )
    text = text.replace(
        "    W = W - 0.1 * X.T @ (X @ W - y)",
        "    g = X.T @ (X @ W - y)\n    cache += g ** 2\n    v = 0.9 * v + g / np.sqrt(cache + 1e-8)\n    W -= 0.1 * v",
    )
    recording = record_file(write(tmp_path, text))
    assert [p.name for p in recording.parameters] == ["W"]


def test_centred_inputs_are_not_a_parameter(tmp_path):
    text = LINEAR.replace("y = X @", "X = X - X.mean(axis=0)\nX -= X.min()\nX = (X - X.mean()) / X.std()\ny = X @")
    recording = record_file(write(tmp_path, text))
    assert [p.name for p in recording.parameters] == ["W"]


def test_weight_decay_in_a_statement_of_its_own_is_a_part(tmp_path):
    text = LINEAR.replace("    W = W", "    W *= 0.99\n    W = W")
    recording = record_file(write(tmp_path, text))
    (parameter,) = recording.parameters
    assert parameter.shape == (2, 1)
    assert len(parameter.updates) == 3


def test_no_bytecode_is_left_beside_the_file(tmp_path):
    (tmp_path / "helper.py").write_text("rate = 0.1\n")
    (tmp_path / "mine.py").write_text((PROGRAMS / "eleven_lines.py").read_text() + "\nimport helper\n")
    assert record_file(tmp_path / "mine.py").parameters
    assert {path.name for path in tmp_path.iterdir()} == {"helper.py", "mine.py"}


@pytest.mark.parametrize("line", ["list(map(float, input('weights: ').split(' ')))", "input('a, b').split(',')"])
def test_an_answer_that_is_split_has_several_numbers(tmp_path, line):
    text = f"parts = [float(one) for one in {line}]\nprint(len(parts))\n"
    recording = record_file(write(tmp_path, text))
    assert recording.raised is None
    assert recording.printed == "2\n"


def test_a_notebook_that_fails_in_the_midst_of_training_ends_alike_without_recording(tmp_path):
    training = "w = np.ones(3)\nfor _ in range(2):\n    w = w - 0.1 * (w @ np.arange(3.0)) * np.arange(3.0)"
    cells = ["import numpy as np", training, "np.nothing(w)", "later = 1.0\nlast = later + 1.0"]
    content = {"cells": [{"cell_type": "code", "source": text} for text in cells], "metadata": {}, "nbformat": 4}
    recording = record_file(write_file(tmp_path / "net.ipynb", json.dumps(content)), drive=False)
    assert recording.raised is not None
    assert recording.raised.type == "AttributeError"
    assert recording.check is Check.SAME


@pytest.mark.parametrize("line", ["get_ipython().run_line_magic('matplotlib', 'inline')", "display(w)"])
def test_a_script_that_was_exported_from_a_notebook_has_the_names_of_cells(tmp_path, line):
    training = "for _ in range(2):\n    w = w - 0.1 * (w @ np.arange(3.0)) * np.arange(3.0)\n"
    recording = record_file(write(tmp_path, f"import numpy as np\nw = np.ones(3)\n{line}\n{training}"), drive=False)
    assert recording.raised is None
    assert [one.name for one in recording.parameters] == ["w"]


def test_data_that_a_file_asks_to_be_arrays_are_arrays_when_it_is_driven(tmp_path):
    path = write_file(
        tmp_path / "net.py",
        """
import numpy as np
class Net:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out)
    def fit(self, X, y, epochs):
        if type(X) != np.ndarray or type(y) != np.ndarray:
            return None
        for _ in range(epochs):
            self.w -= 0.1 * X.T @ (X @ self.w - y)
""",
    )
    assert [parameter.shape for parameter in record_file(path).parameters] == [(7, 3)]
