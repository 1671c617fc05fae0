"""Ways of writing, storing and using a network that were met in public repositories: each gives a recording."""

import json

import pytest

from harness.recording import source
from harness.recording.graph import Check
from harness.recording.project import root_of
from harness.recording.python_2 import is_python
from harness.recording.record import record_file
from harness.recording.sizes import counts_beyond, loop_beyond, wants_one_hot
from harness.recording.stand_ins.hints import shrunk_bounds
from tests.network_files import write_file

DATA = """
import numpy as np
np.random.seed(1)
X = np.random.normal(size=(6, 3))
Y = np.random.normal(size=(6, 2))
"""

LAYERS = """
import numpy as np


class Dense:
    def __init__(self, units):
        self.units = units

    def connect(self, inputs):
        self.w = np.random.normal(size=(inputs, self.units))

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, delta):
        step = self.x.T @ delta
        delta = delta @ self.w.T
        self.w -= 0.01 * step
        return delta
"""

USER = """
from layers import Dense
import numpy as np
np.random.seed(0)
X, Y = np.random.normal(size=(6, 3)), np.random.normal(size=(6, 2))
layers = [Dense(4), Dense(2)]
layers[0].connect(3)
layers[1].connect(4)
for epoch in range(20):
    a = X
    for layer in layers:
        a = layer.forward(a)
    delta = a - Y
    for layer in reversed(layers):
        delta = layer.backward(delta)
"""

PROGRAMS = {
    # the sum inside the step is not the update
    "decay": (
        DATA
        + """
w, v = [np.random.normal(size=(3, 4)), np.random.normal(size=(4, 2))]
for i in range(20):
    h = np.tanh(X @ w)
    d = h @ v - Y
    gradients = [X.T @ (d @ v.T * (1 - h * h)), h.T @ d]
    w, v = [p - 0.01 * (g + 0.1 * p) for p, g in zip([w, v], gradients)]
""",
        2,
    ),
    "two statements on a line": (
        DATA
        + """
w = np.random.normal(size=(3, 2)); b = np.zeros(2)
for i in range(20):
    d = X @ w + b - Y
    w -= 0.01 * X.T @ d; b -= 0.01 * d.sum(axis=0)
""",
        2,
    ),
    "lists that NumPy makes arrays of": (
        "import math\n"
        + DATA
        + """
w, v = np.random.normal(size=(4, 3)), np.random.normal(size=(2, 4))
sigmoid = lambda z: 1 / (1 + math.exp(-z))
for i in range(20):
    x, y = X[i % 6].reshape(3, 1), Y[i % 6].reshape(2, 1)
    h = np.reshape(list(map(sigmoid, w @ x)), (4, 1))
    d = v @ h - y
    v_step, w_step = d @ h.T, (v.T @ d * h * (1 - h)) @ x.T
    v -= 0.1 * v_step
    w -= 0.1 * w_step
""",
        2,
    ),
    "sizes in an array and weights that are taken out": (
        DATA
        + """
sizes = np.array([3, 4, 2])
weights = [np.random.normal(size=(sizes[i], sizes[i + 1])) * np.sqrt(2.0 / sizes[i]) for i in range(2)]
for i in range(20):
    h = np.tanh(X @ weights[0])
    d = h @ weights[1] - Y
    after = []
    while weights:
        w = weights.pop()
        step = h.T @ d if not after else X.T @ d
        d = d @ w.T * (1 - h * h) if not after else d
        after.append(w * (1 - 0.001) - 0.01 * step)
    weights = after[::-1]
""",
        2,
    ),
    "values that are copied wherever they are set and read": (
        DATA
        + """
class Unit:
    def set(self, w):
        self.w = np.array(w)

    def get(self):
        return self.w.copy()

unit = Unit()
unit.set(np.random.normal(size=(3, 2)))
for i in range(20):
    d = X @ unit.get() - Y
    new = unit.get() - 0.01 * X.T @ d
    unit.set(new)
""",
        1,
    ),
    "a pool of processes": (
        "from multiprocessing import Pool\n"
        + DATA
        + """
def train(rate):
    w = np.random.normal(size=(3, 2))
    for i in range(20):
        w -= rate * X.T @ (X @ w - Y)

if __name__ == "__main__":
    with Pool(2) as pool:
        pool.map(train, [0.01, 0.02])
""",
        1,
    ),
    "executors of threads": (
        "import concurrent.futures\n"
        + DATA
        + """
def train(rate):
    w = np.random.normal(size=(3, 2))
    for i in range(20):
        w -= rate * X.T @ (X @ w - Y)

with concurrent.futures.ThreadPoolExecutor(2) as executor:
    for _ in concurrent.futures.as_completed([executor.submit(train, rate) for rate in (0.01, 0.02)]):
        pass
""",
        1,
    ),
    "a generator that is seeded with the time": (
        "import time\n"
        + DATA
        + """
np.random.seed(int(time.time() * 1000) % 2**32)
w = np.random.normal(size=(3, 2))
for i in range(20):
    w -= 0.01 * X.T @ (X @ w - Y)
""",
        1,
    ),
    "a generator that is seeded with a date": (
        "import datetime, random\n"
        + DATA
        + """
random.seed(datetime.datetime.now())
w = np.array([[random.random(), random.random()] for _ in range(3)])
for i in range(20):
    w -= 0.01 * X.T @ (X @ w - Y)
""",
        1,
    ),
    "np.vectorize on a matrix": (
        DATA
        + """
act = np.vectorize(lambda z: max(0.0, z))
slope = np.vectorize(lambda z: 1.0 if z > 0 else 0.1)
w = np.asmatrix(np.random.normal(size=(3, 2)))
for i in range(20):
    x = np.asmatrix(X[i % 6])
    z = x * w
    d = np.multiply(act(z) - Y[i % 6], slope(z))
    w -= 0.01 * x.T * d
""",
        1,
    ),
}


@pytest.mark.every(3)
@pytest.mark.parametrize("name", PROGRAMS)
def test_styles_of_updates(name, tmp_path):
    text, count = PROGRAMS[name]
    recording = record_file(write_file(tmp_path / "net.py", text), drive=False)
    assert recording.raised is None
    assert recording.check is Check.SAME
    assert len(recording.parameters) == count
    assert all(len(parameter.updates) >= 3 for parameter in recording.parameters)


def test_the_target_of_each_of_two_statements_on_a_line(tmp_path):
    recording = record_file(write_file(tmp_path / "net.py", PROGRAMS["two statements on a line"][0]), drive=False)
    # Python knows columns from version 3.11 on
    if hasattr((lambda: 0).__code__, "co_positions"):
        assert {recording.updates[p.updates[0]].place.variable for p in recording.parameters} == {"w", "b"}


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4})


def test_a_notebook_that_was_saved_as_a_script(tmp_path):
    path = write_file(
        tmp_path / "net.py",
        notebook(DATA, "w = np.ones((3, 2))", "for i in range(9):\n    w -= 0.01 * X.T @ (X @ w - Y)"),
    )
    (parameter,) = record_file(path, drive=False).parameters
    assert parameter.name == "w"


def test_a_dictionary_is_not_a_notebook(tmp_path):
    path = tmp_path / "settings.py"
    for text in ('{"cells": [1, 2]}', '{"rate": 0.1}'):
        path.write_text(text)
        assert source.read_text(path) == text


def test_a_module_that_the_notebook_writes_is_a_part_of_it():
    text = source.notebook_text(
        notebook("%%writefile net.py\nclass Net:\n    pass", "from net import Net\nimport net as n\nprint(n.Net)")
    )
    assert "class Net" in text
    assert "import Net" not in text
    assert is_python(text)
    assert "n = __import__('sys').modules['__main__']" in text


@pytest.mark.slow
def test_layers_are_driven_by_the_script_of_another_folder(tmp_path):
    (tmp_path / "README.md").write_text("A network.")
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "layers.py").write_text(LAYERS)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "run.py").write_text(
        "import sys\nsys.path.append('../parts')\n" + USER.replace("from layers", "from parts.layers")
    )
    recording = record_file(folder / "layers.py")
    assert len(recording.parameters) == 2
    assert "run.py" in recording.driven.calls[0]


@pytest.mark.slow
def test_layers_are_driven_by_a_notebook(tmp_path):
    (tmp_path / "layers.py").write_text(LAYERS)
    (tmp_path / "use.ipynb").write_text(
        notebook(*USER.split("layers = ", 1)[:1], "layers = " + USER.split("layers = ", 1)[1])
    )
    recording = record_file(tmp_path / "layers.py")
    assert len(recording.parameters) == 2
    assert "use.ipynb" in recording.driven.calls[0]


def test_functions_are_driven_by_the_class_that_uses_them(tmp_path):
    (tmp_path / "steps.py").write_text(
        "def step(w, x, y, rate):\n    '''x: rows; needs w of the right size'''\n"
        "    if w.ndim != 2 or len(w) != 7 or w.shape[1] != 3 or type(rate) is not float or rate > 0.05:\n"
        "        raise ValueError('not like this')\n"
        "    w -= rate * x.T @ (x @ w - y)\n    return w\n"
    )
    (tmp_path / "net.py").write_text(
        "import numpy as np\nfrom steps import step\n\nclass Network:\n"
        "    def __init__(self, inputs, outputs):\n        self.w = np.random.normal(size=(inputs, outputs))\n\n"
        "    def fit(self, X, Y, epochs):\n        for _ in range(epochs):\n"
        "            self.w = step(self.w, X, Y, 0.01)\n"
    )
    recording = record_file(tmp_path / "steps.py")
    assert len(recording.parameters) == 1


def test_numerical_gradients_are_cut_short(tmp_path):
    text = (
        DATA
        + """
calls = []

def cost(w):
    calls.append(1)
    return np.sum((X @ w - Y) ** 2)

def numerical_gradient(f, w):
    grad = np.zeros_like(w)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            kept = w[i, j]
            w[i, j] = kept + 1e-4
            high = f(w)
            w[i, j] = kept - 1e-4
            grad[i, j] = (high - f(w)) / 2e-4
            w[i, j] = kept
    return grad

big = np.zeros((300, 2))
X, kept = np.zeros((6, 300)), X
numerical_gradient(cost, big)
assert len(calls) < 100, len(calls)
assert not big.any()
X = kept
w = np.random.normal(size=(3, 2))
for i in range(9):
    w -= 0.01 * X.T @ (X @ w - Y)
"""
    )
    recording = record_file(write_file(tmp_path / "net.py", text), drive=False)
    assert recording.raised is None
    assert [p.name for p in recording.parameters] == ["w"]
    assert len(recording.nodes) < 200


def test_the_root_of_a_project_that_is_a_package(tmp_path):
    project = tmp_path / "project"
    (project / "nn").mkdir(parents=True)
    for folder in (project, project / "nn"):
        (folder / "__init__.py").write_text("")
    (project / "README.md").write_text("A network.")
    (project / "nn" / "net.py").write_text("x = 1\n")
    assert root_of(project / "nn" / "net.py") == project


def test_the_root_of_a_folder_that_its_own_files_import(tmp_path):
    package = tmp_path / "above" / "nets"
    (package / "parts").mkdir(parents=True)
    (package / "net.py").write_text("import numpy as np\n")
    (package / "parts" / "dense.py").write_text("import nets_of_others\nimport numpy as np\n")
    assert root_of(package / "net.py") == package
    (package / "parts" / "dense.py").write_text("import numpy as np\nfrom nets import starts\n")
    assert root_of(package / "net.py") == package.parent
    (package / "nets.py").write_text("starts = 1\n")  # which is what the name stands for
    assert root_of(package / "net.py") == package


def test_what_failures_say_about_made_up_data():
    assert wants_one_hot("operands could not be broadcast together with shapes (60,10) (60,) ", {60})
    assert not wants_one_hot("operands could not be broadcast together with shapes (60,1) (60,) ", {60})
    # 10,000 was taken for 50 of the observations; there are 20 of them
    message = "index 20 is out of bounds for axis 0 with size 20"
    assert loop_beyond(message, [60], {"sizes": [[10_000, 50], [60_000, 60]]}) == [10_000, 20]


def test_counts_are_made_smaller_if_a_wide_table_would_have_to_be_too_long(tmp_path):
    path = write_file(tmp_path / "train.py", "held_out = list(range(59000, 59000 + 1000))\n")
    message = "index 59000 is out of bounds for axis 0 with size 1200"
    smaller = [[1000, 16], [59000, 1000]]  # 59000 : 1000 = 1000 : 16.9
    assert counts_beyond(message, [[{"tuple": [1200, 785]}]], {"path": str(path)}) == smaller
    assert counts_beyond(message, [[{"tuple": [1200, 5]}]], {"path": str(path)}) == []
    assert counts_beyond(message.replace("59000", "58999"), [[{"tuple": [1200, 785]}]], {"path": str(path)}) == []


def test_bounds_of_thousands_of_images_are_made_smaller():
    assert shrunk_bounds("x = mnist[50000:]\ny = mnist[2500:]") == [[2500, 3], [50000, 60]]
    assert shrunk_bounds("x = table[50000:]") == []
    assert shrunk_bounds("x = mnist[1000:]") == []


def test_lines_for_ipython_alone_leave_the_rest_of_a_cell_as_it_is():
    """What the shell gives is None; a text that is Python keeps lines that look like commands."""
    text = source.notebook_text(
        notebook("%matplotlib inline\nfiles = !ls\nnp.dot?\n# why?\nx = 1", 'query = """\n%s or\n"""', "%%bash\nls")
    )
    assert text == 'pass\nfiles = None\npass\n# why?\nx = 1\nquery = """\n%s or\n"""\n'
