"""Which line a mistake is put at if helpers, time steps and units are in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Found, Remark, Verdict, without_echoes
from harness.cli.main import main
from harness.errors import BadInput
from harness.recording.graph import Place
from tests.network_files import write_file

MATRICES = """\
import random, math
random.seed(4)
class M:
    def __init__(self, rows): self.r = rows
    def __matmul__(self, o):
        return M([[sum(p * q[j] for p, q in zip(row, o.r)) for j in range(len(o.r[0]))] for row in self.r])
    def t(self): return M([list(c) for c in zip(*self.r)])
    def apply(self, f): return M([[f(v) for v in row] for row in self.r])
    def __mul__(self, o): return M([[a * b for a, b in zip(p, q)] for p, q in zip(self.r, o.r)])
    def __sub__(self, o): return M([[a - b for a, b in zip(p, q)] for p, q in zip(self.r, o.r)])
    def scale(self, s): return M([[s * v for v in row] for row in self.r])
def rand(n, m): return M([[random.gauss(0, 0.5) for _ in range(m)] for _ in range(n)])
def sig(v): return 1 / (1 + math.exp(-v))
def dsig(a): return a * (1 - a)
w1, w2 = rand(3, 3), rand(2, 3)
for k in range(20):
    a, b = random.random(), random.random()
    x, t = M([[a], [b], [1]]), M([[a * b], [a + b - 1]])
    h = (w1 @ x).apply(sig)
    y = (w2 @ h).apply(sig)
    cost = sum(v[0] * v[0] for v in (y - t).r) / 2
    d2 = (y - t) * y.apply(dsig)
    e1 = w2.t() @ d2
    d1 = e1 * h.apply(dsig)
    w2 = w2 - (d2 @ h.t()).scale(0.5)
    w1 = w1 - (d1 @ x.t()).scale(0.5)
"""


RECURRENT = """\
import numpy as np
rng = np.random.default_rng(3)
W, U, V = rng.normal(0, 0.4, (2, 6)), rng.normal(0, 0.4, (6, 6)), rng.normal(0, 0.4, (6, 1))
X = rng.normal(size=(5, 9, 2))
T = X.sum(axis=(0, 2))[:, None]
for k in range(8):
    h = np.zeros((9, 6))
    c = np.zeros((9, 6))
    tape = []
    for x in X:
        g = np.tanh(x @ W + h @ U)
        tape.append((x, h, g))
        c = 0.5 * c + g
        h = np.tanh(c)
        tape[-1] = (*tape[-1], h)
    y = h @ V
    loss = np.mean((y - T) ** 2)
    dy = 2 * (y - T) / len(y)
    dV, dh, dc = h.T @ dy, dy @ V.T, 0
    dW, dU = 0 * W, 0 * U
    for x, before, g, h in reversed(tape):
        dc = dh * (1 - h**2) + dc
        dz = dc * (1 - g**2)
        dW += x.T @ dz
        dU += before.T @ dz
        dh = dz @ U.T
        dc = 0.5 * dc
    W, U, V = W - 0.1 * dW, U - 0.1 * dU, V - 0.1 * dV
"""


@pytest.mark.slow
def test_of_a_matrix_class_that_is_right_the_line_that_calls_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "matrices.py"
    file.write_text(MATRICES.replace("e1 * h.apply(dsig)", "e1 * h.apply(sig)"))
    places = [one for found in check_file(file).mistakes for one in (found.place, *found.others) if one is not None]
    assert 24 in [one.line for one in places]


@pytest.mark.slow
def test_a_line_that_is_wrong_at_every_time_step_is_found(tmp_path: Path) -> None:
    file = tmp_path / "recurrent.py"
    file.write_text(RECURRENT)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(RECURRENT.replace("dc = dh * (1 - h**2) + dc", "dc = dh * (1 - h**2)"))
    (found,) = check_file(file).mistakes
    assert found.place is not None
    assert found.place.line == 22


def test_a_value_without_a_name_is_left_out_on_the_line_of_a_mistake_with_one() -> None:
    here, there = Place(file="net.py", line=9), Place(file="net.py", line=10)
    named = Found(id="wrong-sign", place=here, parameters=("W",))
    echo = Found(id="wrong-value", place=here, parameters=("b",))
    other = Found(id="wrong-value", place=there, parameters=("c",))
    first, second = without_echoes([echo, named, other])
    assert (first.id, first.parameters) == ("wrong-sign", ("W", "b"))
    assert second is not echo
    assert second.place == there


def test_files_are_named_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    folder = tmp_path / "nets"
    folder.mkdir()
    (folder / "recurrent.py").write_text(RECURRENT.replace("dh = dz @ U.T", "dh = dz @ U"))
    monkeypatch.chdir(folder)
    assert main(["check", "recurrent.py"]) == 1
    assert capsys.readouterr().out.startswith("recurrent.py has a mistake: transposed-weights at line 26")


BY_LAYERS = (
    "import numpy as np\n"
    "X, Y = np.random.normal(size=(20, 4)), np.random.normal(size=(20, 3))\n"
    "W, V = np.random.normal(size=(4, 5)), np.random.normal(size=(5, 3))\n"
    "b, c = np.zeros((1, 5)), np.zeros((1, 3))\n"
    "def softmax(z):\n"
    "    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)\n"
    "def back(ds, x, w, mask):\n"
    "    db = np.sum(ds * mask, axis=0, keepdims=True)\n"
    "    return (ds * mask) @ w.T, x.T @ (ds * mask), db\n"
    "T = np.eye(3)[Y.argmax(axis=1)]\n"
    "for i in range(4):\n"
    "    h = np.maximum(0, X @ W + b)\n"
    "    p = softmax(h @ V + c)\n"
    "    d = (p - T) / 20\n"
    "    dh, dV, dc = back(d, h, V, 1.0)\n"
    "    dX, dW, db = back(dh, X, W, h > 0)\n"
    "    W -= 0.1 * dW; V -= 0.1 * dV; b -= 0.1 * db; c -= 0.1 * dc\n"
)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", None),
        # a right value that one of its users does not mask
        ("np.sum(ds * mask,", "np.sum(ds,", ("missing-hidden-activation-derivative", 8)),
        ("back(dh, X, W, h > 0)", "back(dc @ V.T, X, W, h > 0)", ("bias-gradient-sent-back", 16)),
        # Python's own sum goes over the rows
        ("np.exp(z).sum(axis=1, keepdims=True)", "sum(np.exp(z))", ("softmax-over-wrong-axis", 6)),
    ],
)
def test_the_line_of_a_mistake_between_layers(
    tmp_path: Path, old: str, new: str, expected: tuple[str, int] | None
) -> None:
    (tmp_path / "mine.py").write_text(BY_LAYERS.replace(old, new) if old else BY_LAYERS)
    found = check_file(tmp_path / "mine.py").mistakes
    assert [(one.id, one.place and one.place.line) for one in found] == ([] if expected is None else [expected])


CELLS = [
    ("markdown", "# A network"),
    ("code", "%matplotlib inline\nimport numpy as np\nrng = np.random.default_rng(0)"),
    ("code", "%%bash\nls\nls"),
    ("code", "X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))\nW = rng.normal(size=(3, 1))"),
    (
        "code",
        "for _ in range(9):\n    out = np.tanh(X @ W)\n    delta = (out - y) * (1 - out)\n    W -= 0.1 * X.T @ delta",
    ),
]


@pytest.mark.slow
def test_lines_of_notebooks_have_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.ipynb"
    cells = [{"cell_type": kind, "source": text.splitlines(keepends=True)} for kind, text in CELLS]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    assert main(["check", str(path), "--json", "--annotations", "github"]) == 1
    printed = capsys.readouterr()
    mistake = json.loads(printed.out)["mistakes"][0]
    place = mistake["place"]
    # the third line of the fourth code cell, after 3 and 2 lines of Python; %%bash is not Python
    assert (place["cell"], place["cell_line"], place["line"]) == (4, 3, 8)
    assert "In cell 4, line 3: " in printed.err
    main(["check", str(path)])
    text = capsys.readouterr().out
    assert "at cell 4, line 3" in text
    assert "net.ipynb, cell 4, line 3:" in text


def test_a_line_of_a_notebook_that_is_not_python_has_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "net.ipynb"
    cells = [{"cell_type": "code", "source": text} for text in ("x = 1\ny = 2", "z = 28 / 4\nw = 28 * (")]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    with pytest.raises(BadInput, match="cell 2, line 2 is not valid Python"):
        check_file(path)


@pytest.mark.parametrize(("then", "names"), [("", ["Y"]), ("\nY = np.sin(X)", [])])
def test_what_a_cell_left_unfinished_when_it_raised_is_said_if_it_is_used(
    tmp_path: Path, then: str, names: list[str]
) -> None:
    path = tmp_path / "net.ipynb"
    texts = [
        "import numpy as np\nX, table = np.linspace(-1, 1, 12).reshape(12, 1), {0: 0.5, 1: 0.25}",
        "plot(X)",
        f"Y = np.full((12, 1), -1.0)\nfor i in range(12):\n    Y[i] = table[i]{then}",
        "W = np.zeros((1, 1))\nfor _ in range(3):\n    e = X @ W - Y\n    print(np.mean(e**2))\n    W -= X.T @ e / 6",
    ]
    cells = [{"cell_type": "code", "source": text} for text in texts]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    notes = [(place and place.cell_line, detail) for id, place, detail in result.notes if id is Remark.RAISED_BEFORE]
    assert notes == [(3, f"{name} (KeyError: 2)") for name in names]


SQUARED = """\
import numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=(30, 3))
y = np.sin(x[:, :1])
w1, w2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))
def softplus(z, derived=False):
    if derived:
        return 1.0 / (1.0 + np.exp(-z)) / (1.0 + np.exp(-z))
    return np.log(1 + np.exp(z))
for k in range(100):
    z1 = x @ w1
    a1 = softplus(z1)
    error = a1 @ w2 - y
    loss = np.mean(error ** 2)
    delta = 2 * error / len(x)
    delta1 = (delta @ w2.T) * softplus(z1, derived=True)
    w2 -= 0.1 * a1.T @ delta
    w1 -= 0.1 * x.T @ delta1
"""


def test_a_function_that_gives_a_squared_derivative_is_wrong_itself(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SQUARED)
    [found] = check_file(tmp_path / "net.py").mistakes
    assert (found.id, found.place and found.place.line) == ("wrong-derivative", 8)


HIGHWAY = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(12, 3))
Y = rng.normal(size=(12, 2))
W0, Wt, Wh, V = (rng.normal(0, 0.6, shape) for shape in ((3, 5), (5, 5), (5, 5), (5, 2)))
for k in range(9):
    a = np.tanh(X @ W0)
    t = 1 / (1 + np.exp(-(a @ Wt)))
    h = np.tanh(a @ Wh)
    out = (1 - t) * a + t * h
    d = 2 * (out @ V - Y)
    dout = d @ V.T
    dt = dout * (h - a) * t * (1 - t)
    dh = dout * t * (1 - h * h)
    da = dout * t + dt @ Wt.T + dh @ Wh.T
    dz = da * (1 - a * a)
    V -= 0.01 * out.T @ d
    Wt -= 0.01 * a.T @ dt
    Wh -= 0.01 * a.T @ dh
    W0 -= 0.01 * X.T @ dz
"""


def test_one_use_of_an_array_is_wrong_and_not_all_that_could_change_places(tmp_path: Path) -> None:
    """``t`` for ``1 - t`` in line 15; in line 13 both stand, so that exchanging them changes nothing there"""
    (tmp_path / "net.py").write_text(HIGHWAY)
    [found] = check_file(tmp_path / "net.py").mistakes
    assert (found.id, found.detail, found.place and found.place.line) == ("wrong-derivative", "t -> 1 - t", 15)


HELPERS = """\
import math, random
random.seed(1)
def dot(a, b):
    rows = []
    for i in range(len(a)):
        row = []
        for j in range(len(b[0])):
            total = 0
            for k in range(len(b)):
                total += a[i][k] * b[k][j]
            row.append(total)
        rows.append(row)
    return rows
def each(f, *matrices):
    return [[f(*items) for items in zip(*rows)] for rows in zip(*matrices)]
def turned(a):
    return [list(row) for row in zip(*a)]
def squash(z):
    return 1 / (1 + math.exp(-z))
def slope(a):
    return a * (1 - a)
def drawn(n, m):
    return [[random.uniform(-1, 1) for _ in range(m)] for _ in range(n)]
w1, w2 = drawn(4, 2), drawn(1, 4)
b1, b2 = drawn(4, 1), drawn(1, 1)
for _ in range(20):
    x = [[random.random()], [random.random()]]
    y = [[float(x[0][0] > x[1][0])]]
    h = each(squash, each(lambda p, q: p + q, dot(w1, x), b1))
    a = each(squash, each(lambda p, q: p + q, dot(w2, h), b2))
    error = each(lambda p, q: p - q, y, a)
    d = each(lambda e, o: e * slope(o), error, a)
    back = dot(turned(w2), d)
    w2 = each(lambda p, q: p + 0.1 * q, w2, dot(d, turned(h)))
    b2 = each(lambda p, q: p + 0.1 * q, b2, d)
    d = each(lambda e, o: e * slope(o), back, h)
    w1 = each(lambda p, q: p + 0.1 * q, w1, dot(d, turned(x)))
    b1 = each(lambda p, q: p + 0.1 * q, b1, d)
"""


UPDATE = """\
    w2 = each(lambda p, q: p + 0.1 * q, w2, dot(d, turned(h)))
    b2 = each(lambda p, q: p + 0.1 * q, b2, d)
"""


@pytest.mark.slow
def test_a_helper_that_every_product_goes_through_does_not_make_a_delta_an_input_that_is_overwritten(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(HELPERS)
    assert check_file(path).verdict is Verdict.CORRECT


@pytest.mark.slow
def test_updated_weights_that_go_through_a_helper_are_at_the_call_of_the_helper(tmp_path: Path) -> None:
    early = HELPERS.replace(UPDATE, "").replace("    back = ", UPDATE + "    back = ").replace("w2), d)", "w2), error)")
    (tmp_path / "mine.py").write_text(early)
    line = early[: early.index("    back = ")].count("\n") + 1
    found = [(one.id, one.place and one.place.line) for one in check_file(tmp_path / "mine.py").mistakes]
    assert sorted(found) == [("delta-not-multiplied-through", line), ("updated-weights-in-backward", line)]


# A cost of directions; the gradient lacks the part along the output. What it is multiplied by was made as data.
DIRECTIONS = """
import numpy as np
rng = np.random.default_rng(4)
X = rng.normal(size=(50, 6)); Y = X @ rng.normal(size=(6, 3))
A, B = rng.normal(size=(6, 8)) / 3, rng.normal(size=(8, 3)) / 3
for step in range(20):
    h = np.tanh(X @ A)
    p = h @ B
    size = np.linalg.norm(p, axis=1, keepdims=True)
    length = np.linalg.norm(Y, axis=1, keepdims=True)
    cost = (1 - (p * Y).sum(axis=1, keepdims=True) / (size * length)).mean()
    dp = -(Y / (size * length)) / len(X)
    dz = dp @ B.T * (1 - h ** 2)
    B -= h.T @ dp
    A -= X.T @ dz
print(cost)
"""


def test_a_line_that_makes_data_is_not_blamed_for_a_derivative(tmp_path: Path) -> None:
    file = tmp_path / "directions.py"
    file.write_text(DIRECTIONS)
    (found,) = check_file(file).mistakes
    assert found.place is not None
    assert (found.place.line, found.others) == (12, ())


# The operators of the file's own class make their result in one line of its constructor.
OPERATORS = """
import math, random
class Matrix:
    def __init__(self, rows, columns, f):
        self.rows, self.columns = rows, columns
        self.d = [[f(i, j) for j in range(columns)] for i in range(rows)]
    def __matmul__(self, o):
        return Matrix(self.rows, o.columns, lambda i, j: sum(self.d[i][k] * o.d[k][j] for k in range(self.columns)))
    def __add__(self, o):
        return Matrix(self.rows, self.columns, lambda i, j: self.d[i][j] + o.d[i][j])
    def __sub__(self, o):
        return Matrix(self.rows, self.columns, lambda i, j: self.d[i][j] - o.d[i][j])
    def __mul__(self, o):
        right = o.d if isinstance(o, Matrix) else [[o] * self.columns] * self.rows
        return Matrix(self.rows, self.columns, lambda i, j: self.d[i][j] * right[i][j])
    def turned(self):
        return Matrix(self.columns, self.rows, lambda i, j: self.d[j][i])
    def map(self, f):
        return Matrix(self.rows, self.columns, lambda i, j: f(self.d[i][j]))
random.seed(7)
drawn = lambda i, j: random.gauss(0, 0.8)
ih, ho = Matrix(3, 2, drawn), Matrix(1, 3, drawn)
for x, t in [([0.2, -1.0], 1.0), ([1.0, 0.7], -1.0), ([-0.5, 0.4], 0.5)] * 3:
    x = Matrix(2, 1, lambda i, j: x[i])
    h = (ih @ x).map(math.tanh)
    o = (ho @ h).map(math.tanh)
    error = Matrix(1, 1, lambda i, j: t) - o
    g = error * o.map(lambda v: 1 - v * v)
    back = ho.turned() @ {back}
    gh = back * h.map(lambda v: {slope})
    ho = ho + g @ h.turned() * 0.1
    ih = ih + gh @ x.turned() * 0.1
"""


@pytest.mark.parametrize(
    ("back", "slope", "expected"),
    [
        ("error", "1 - v * v", ("delta-not-multiplied-through", 29)),
        ("g", "1 - math.tanh(v) ** 2", ("derivative-of-activation", 30)),
    ],
)
def test_a_mistake_is_at_the_line_that_uses_an_operator_of_the_files_own_class(
    tmp_path: Path, back: str, slope: str, expected: tuple[str, int]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(OPERATORS.replace("{back}", back).replace("{slope}", slope))
    result = check_file(file)
    (found,) = result.mistakes
    assert (found.id, found.place and found.place.line) == expected
    assert {one.name for one in result.parameters} == {"ih", "ho"}


ACTIVATION_FOR_DERIVATIVE = """
import numpy as np
rng = np.random.default_rng(4)
X = rng.normal(size=(50, 6)); Y = rng.uniform(size=(50, 3))
A, B = rng.normal(size=(6, 8)) / 3, rng.normal(size=(8, 3)) / 3
for step in range(20):
    h = np.tanh(X @ A)
    p = h @ B
    error = p - Y
    back = error @ B.T * h
    B -= 0.01 * h.T @ error
    A -= 0.01 * X.T @ back
"""


def test_an_activation_in_the_place_of_its_derivative_is_wrong_at_that_place(tmp_path: Path) -> None:
    file = tmp_path / "squashed.py"
    file.write_text(ACTIVATION_FOR_DERIVATIVE)
    (found,) = check_file(file).mistakes
    assert found.place is not None
    assert (found.id, found.place.line, [one.line for one in found.others]) == ("wrong-derivative", 10, [7])


def test_a_right_value_that_is_used_in_the_wrong_place_is_not_blamed(tmp_path: Path) -> None:
    """The activations turned round are right for the second kernel; the first one needs the inputs."""
    file = tmp_path / "turned.py"
    file.write_text(
        "import numpy as np\n"
        "rng = np.random.default_rng(1)\n"
        "X, Y = rng.random((5, 3)), rng.random((5, 3))\n"
        "W1, W2 = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))\n"
        "for i in range(5):\n"
        "    h = 1 / (1 + np.exp(-(X @ W1)))\n"
        "    out = 1 / (1 + np.exp(-(h @ W2)))\n"
        "    d2 = (out - Y) * out * (1 - out)\n"
        "    d1 = (d2 @ W2.T) * h * (1 - h)\n"
        "    turned = h.T\n"
        "    W2 -= 0.5 * turned @ d2\n"
        "    W1 -= 0.5 * turned @ d1\n"
    )
    (found,) = check_file(file).mistakes
    assert (found.id, found.place and found.place.line) == ("wrong-layer-activation", 12)


# An activation in the place of its derivative, with a gradient of the cost that its missing factor would cancel.
SLOPES = """\
import numpy as np
rng = np.random.default_rng(3)
X, Y = rng.random((12, 3)), (rng.random((12, 1)) > 0.5) * 1.0
W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

{slope}

for _ in range(5):
    z1 = X @ W1
    a1 = sigmoid(z1)
    z2 = a1 @ W2
    a2 = sigmoid(z2)
    cost = -np.mean(Y * np.log(a2) + (1 - Y) * np.log(1 - a2))
    upstream = -(Y / a2 - (1 - Y) / (1 - a2)) / 12
    d2 = upstream * slope({given}2)
    d1 = d2 @ W2.T * slope({given}1)
    W1 -= 0.5 * X.T @ d1
    W2 -= 0.5 * a1.T @ d2
"""
OF_ACTIVATION = "def slope(a):\n    return a"
OF_SUM = "def slope(z):\n    h = sigmoid(z)\n    return h"


@pytest.mark.parametrize(
    ("slope", "given", "text"),
    [(OF_ACTIVATION, "a", "return a"), (OF_SUM, "z", "return h")],
)
def test_an_activation_that_is_returned_as_its_derivative_is_named_at_the_return(
    tmp_path: Path, slope: str, given: str, text: str
) -> None:
    program = SLOPES.format(slope=slope, given=given)
    path = tmp_path / "mine.py"
    path.write_text(program)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.text) == ("wrong-derivative", text)


def test_a_part_of_a_right_gradient_is_not_blamed_for_the_derivative_after_it(tmp_path: Path) -> None:
    """With a constant for 1 - p in the line of the clipped outputs, all steps would be right too."""
    clipped = "p = np.clip(a2, 1e-9, 1 - 1e-9)\n    upstream = (p - Y) / (p * (1 - p)) / 12"
    program = SLOPES.format(slope=OF_ACTIVATION, given="a")
    program = program.replace("upstream = -(Y / a2 - (1 - Y) / (1 - a2)) / 12", clipped)
    path = tmp_path / "mine.py"
    path.write_text(program)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.text) == ("wrong-derivative", "return a")


WRITES_SLOPES = """\
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(3, 20)), rng.integers(0, 2, (2, 20)) * 1.0
weights, biases = [rng.normal(size=(4, 3)) * 0.5, rng.normal(size=(2, 4)) * 0.5], [np.zeros((4, 1)), np.zeros((2, 1))]


def relu(z):
    x = np.copy(z)
    {first}z[x < 0.0] = 0
    z[x >= 0.0] = 1
    return np.maximum(0.0, x), z


for _ in range(4):
    activations, zs = [X], []
    for w, b, f in zip(weights, biases, (relu, lambda z: (z, 1))):
        zs.append(w @ activations[-1] + b)
        activations.append(f(zs[-1])[0])
    delta = activations[-1] - Y
    hidden = (weights[1].T @ delta) * relu(zs[0])[1]
    for w, b, d, a in zip(weights, biases, [hidden, delta], activations):
        w -= 0.002 * d @ a.T
        b -= 0.002 * d.sum(axis=1, keepdims=True)
"""


@pytest.mark.parametrize(("first", "lines"), [("", [10]), ("z = np.copy(z); ", [])])
def test_an_activation_that_writes_its_slope_into_its_argument_is_named_where_it_writes(
    tmp_path: Path, first: str, lines: list[int]
) -> None:
    path = tmp_path / "net.py"
    path.write_text(WRITES_SLOPES.format(first=first))
    result = check_file(path)
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == [("shared-memory", line) for line in lines]
    assert result.verdict is (Verdict.MISTAKE if lines else Verdict.CORRECT)


ACTIVATION_FOR_SLOPE = """\
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 3)), rng.integers(0, 2, (20, 1)) * 1.0
V, W = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for _ in range(4):
    a = sigmoid(X @ V)
    out = sigmoid(a @ W)
    delta = (out - Y) * out * (1 - out)
    hidden = delta @ W.T * sigmoid(X @ V)
    W -= 0.1 * a.T @ delta
    V -= 0.1 * X.T @ hidden
"""


def test_an_activation_that_is_called_in_the_place_of_its_slope_is_named_where_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(ACTIVATION_FOR_SLOPE)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("wrong-derivative", 16)


THROUGH_A_DIAGONAL = """\
import numpy as np

rng = np.random.default_rng(3)
W1, b1 = rng.normal(size=(3, 2)), np.zeros((3, 1))
W2, b2 = rng.normal(size=(1, 3)), np.zeros((1, 1))


def fire(t):
    return 1 / (1 + np.exp(-t))


def slopes(t):
    return [[fire(item) * (1 - fire(item)) for item in row] for row in t]


def spread(row):
    return np.diag(row[0])


for k in range(40):
    x = rng.uniform(size=(2, 1))
    y = x[:1] * x[1:]
    z = W1 @ x + b1
    h = fire(z)
    out = fire(W2 @ h + b2)
    top = (out - y) * out * (1 - out)
    each = np.array(slopes(z)).reshape(1, 3)
    low = spread(each) @ W2.T * top
    W2 = W2 - 0.1 * top * h.T
    b2 = b2 - 0.1 * top
    W1 = W1 - 0.1 * low @ x.T
    b1 = b1 - 0.1 * low
"""


def test_a_derivative_that_is_given_the_activation_is_at_its_call_though_its_value_is_arranged_anew_after_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "net.py"
    path.write_text(THROUGH_A_DIAGONAL)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(THROUGH_A_DIAGONAL.replace("slopes(z)", "slopes(h)"))
    [found] = check_file(path).mistakes
    line = THROUGH_A_DIAGONAL[: THROUGH_A_DIAGONAL.index("slopes(z)")].count("\n") + 1
    assert (found.id, found.place and found.place.line) == ("derivative-of-activation", line)


BIAS_FROM_KERNEL = """\
import numpy as np

rng = np.random.default_rng(8)
X, Y = rng.normal(size=(12, 3)), rng.uniform(size=(12, 2))
W, b = rng.normal(size=(3, 4)), np.zeros((1, 4))
V, c = rng.normal(size=(4, 2)), np.zeros((1, 2))
for _ in range(9):
    h = np.tanh(X @ W + b)
    out = h @ V + c
    loss = np.sum((out - Y) ** 2) / 2
    dout = out - Y
    dV = h.T @ dout
    dh = dout @ V.T * (1 - h**2)
    dW = X.T @ dh
    V -= 0.01 * dV
    W -= 0.01 * dW
    c -= 0.01 * np.sum(dout, axis=0, keepdims=True)
    b -= 0.01 * np.sum(dh, axis=0, keepdims=True)
"""


def test_the_gradient_of_a_bias_that_is_made_of_that_of_its_kernel_is_of_another_parameter(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(BIAS_FROM_KERNEL)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(
        BIAS_FROM_KERNEL.replace("np.sum(dh, axis", "np.mean(dW, axis").replace("np.sum(dout, axis", "np.mean(dV, axis")
    )
    found = check_file(path).mistakes
    named = [(one.id, one.place and one.place.line) for one in found]
    assert named == [("gradient-of-another-parameter", 17), ("gradient-of-another-parameter", 18)]


SOFTMAX_AND_TWO_COSTS = """\
import numpy as np

rng = np.random.default_rng(5)
X, Y = rng.normal(size=(20, 4)), np.eye(3)[rng.integers(0, 3, 20)]
W, b = rng.normal(size=(4, 5)), np.zeros((1, 5))
V, c = rng.normal(size=(5, 3)), np.zeros((1, 3))


def cost(a):
    parts = Y * np.log(a) + (1 - Y) * np.log(1 - a)
    return -np.sum(parts) / 20


for _ in range(6):
    h = np.tanh(X @ W + b)
    e = np.exp(h @ V + c)
    a = e / e.sum(axis=1, keepdims=True)
    print(cost(a))
    error = a - Y
    below = error @ V.T * (1 - h**2)
    V -= 0.1 * h.T @ error / 20
    c -= 0.1 * error.sum(axis=0, keepdims=True) / 20
    W -= 0.1 * X.T @ below / 20
    b -= 0.1 * below.sum(axis=0, keepdims=True) / 20
"""


def test_errors_that_belong_to_another_cost_than_the_printed_one_are_no_derivative_of_a_softmax(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(SOFTMAX_AND_TWO_COSTS)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(SOFTMAX_AND_TWO_COSTS.replace("np.eye(3)[rng.integers(0, 3, 20)]", "rng.uniform(size=(20, 3))"))
    [found] = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("cost-differs", 19)
    assert [one.line for one in found.others] == [10]


OF_A_CLASS = """\
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def slope(a):
    return a * (1 - a)
class Net:
    def __init__(self):
        self.u, self.v = np.random.randn(3, 4), np.random.randn(4, 1)
    def forward(self):
        self.h = sigmoid(x @ self.u)
        self.out = sigmoid(self.h @ self.v)
    def backward(self):
        d = (self.out - y) * slope(self.out)
        dv = self.h.T @ ((self.out - y) * slope(self.out))
        du = x.T @ (d @ self.v.T * slope(self.h))
        self.u -= 0.1 * du
        self.v -= 0.1 * dv
x, y = np.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]]), np.array([[0.0], [1], [1], [0]])
net = Net()
for _ in range(5):
    net.forward()
    net.backward()
"""


@pytest.mark.parametrize(
    ("old", "new", "id", "line"),
    [
        ("slope(self.h)", "self.h", "wrong-derivative", 15),
        ("dv = self.h.T @ ((self.out - y) * slope(self.out))", "dv = self.h.T @ (d * x)", "exception", 14),
    ],
    ids=["the-activation", "another-width"],
)
def test_a_line_of_the_forward_pass_and_a_bias_that_there_is_not_are_not_to_blame(
    tmp_path: Path, old: str, new: str, id: str, line: int
) -> None:
    (found,) = check_file(write_file(tmp_path / "mine.py", OF_A_CLASS.replace(old, new))).mistakes
    assert (found.id, found.place and found.place.line) == (id, line)


THREE_CALLS = """\
import numpy as np

rng = np.random.default_rng(2)
sizes = [2, 3, 1]
layers = [(rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in zip(sizes, sizes[1:])]
x, y = np.array([0.4, 0.9]), 0.7


def squash(z):
    return 1 / (1 + np.exp(-z))


def part(error, other, z):
    return -error * other * squash(z) * (1 - squash(z))


def back(layer, values, errors, rate):
    W, b = layer
    below = [0 for _ in values]
    sums = W @ values + b
    for row, error in enumerate(errors):
        z = sums[row]
        for place in range(len(values)):
            W_old = W[row][place]
            W[row][place] += rate * part(error, values[place], z)
            SENT
        b[row] += rate * part(error, 1, z)
    return below


for step in range(8):
    values = [x]
    for W, b in layers:
        values.append(squash(W @ values[-1] + b))
    errors = [values[-1][0] - y]
    for layer, before in zip(layers[::-1], values[-2::-1]):
        errors = back(layer, before, errors, 0.5)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        ("below[place] -= part(error, W_old, z)", []),
        ("below[place] += rate * part(error, W[row][place], z)", [26]),
    ],
)
def test_the_call_of_a_helper_that_is_right_for_other_calls_is_the_place(
    tmp_path: Path, sent: str, lines: list[int]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(THREE_CALLS.replace("SENT", sent))
    result = check_file(path)
    assert [one.place.line for one in result.mistakes if one.place] == lines
    assert result.verdict is (Verdict.MISTAKE if lines else Verdict.CORRECT)
