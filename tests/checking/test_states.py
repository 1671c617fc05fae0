"""States that an optimizer does not keep, and parameters whose updates are lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict
from harness.report import checking as report
from tests.files.bench import BENCHES, cases, write_case

PROGRAM = """
import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(24, 3))
y = np.sin(X.sum(axis=1, keepdims=True))
params = [rng.normal(size=(3, 5)), {bias}, rng.normal(size=(5, 1)), np.zeros((1, 1))]
state = [np.zeros(p.shape) for p in params]
momentum, rho = 0.9, 0.8

for i in range(5):
    h = np.tanh(X @ params[0] + params[1])
    a = h @ params[2] + params[3]
    d2 = 2 * (a - y) / len(X)
    d1 = (d2 @ params[2].T) * (1 - h ** 2)
    of_sizes = {share} * np.sign(params[2])
    grads = [X.T @ d1, d1.sum(axis=0, keepdims=True), h.T @ d2 {sign} of_sizes, d2.sum(axis=0, keepdims=True)]
    for k in range(4):
        {rule}
        {step}
"""
KEPT = "state[k] = momentum * state[k] + grads[k]"
OF_SQUARES = "state[k] = rho * state[k] + (1 - rho) * grads[k] ** 2"
PLAIN = "params[k] = params[k] - 0.1 * state[k]"
ROOT = "params[k] = params[k] - 0.1 * grads[k] / (np.sqrt(state[k]) + 1e-8)"
EACH = "for j in np.ndindex(params[k].shape): params[k][j] = params[k][j] - 0.1 * state[k][j]"
FIRST_ROW = "for j in range(params[k].shape[1]): params[k][0, j] = params[k][0, j] - 0.1 * state[k][0, j]"
NEW_EVERY_TIME = "state[k] = momentum * fresh + grads[k]"
RIGHT = {"rule": KEPT, "step": PLAIN, "sign": "+", "share": "0.0", "bias": "np.zeros((1, 5))"}


def checked(folder: Path, changes: dict[str, str]) -> tuple[CheckResult, str, list[str]]:
    text = PROGRAM.format(**{**RIGHT, **changes})
    (folder / "mine.py").write_text(text)
    result = check_file(folder / "mine.py")
    return result, report.text(result), text.splitlines()


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "changes",
    [{}, {"rule": OF_SQUARES, "step": ROOT}, {"share": "0.01"}],
    ids=["momentum", "rmsprop", "sum-of-sizes"],
)
def test_states_that_are_kept_are_right(tmp_path: Path, changes: dict[str, str]) -> None:
    result, text, _ = checked(tmp_path, changes)
    assert result.verdict is Verdict.CORRECT, text


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("id", "detail", "line", "changes"),
    [
        ("wrong-update-rule", "not-kept", "momentum * grads", {"rule": "state[k] = momentum * grads[k] + grads[k]"}),
        (
            "wrong-update-rule",
            "not-kept",
            "momentum * fresh",
            {"rule": f"fresh = np.zeros(params[k].shape)\n        {NEW_EVERY_TIME}"},
        ),
        (
            "wrong-update-rule",
            "shares",
            "rho * grads",
            {"rule": "state[k] = rho * state[k] + rho * grads[k] ** 2", "step": ROOT},
        ),
        ("wrong-update-rule", "not-kept", "state[k] = grads", {"rule": "state[k] = grads[k] ** 2", "step": ROOT}),
        ("weight-decay-sign", "", "of_sizes,", {"sign": "-", "share": "0.01"}),
        (
            "integer-weights",
            "",
            "dtype=int",
            {"bias": "np.zeros((1, 5), dtype=int)", "step": EACH},
        ),
    ],
)
def test_states_that_are_lost_are_found(
    tmp_path: Path, id: str, detail: str, line: str, changes: dict[str, str]
) -> None:
    result, text, lines = checked(tmp_path, changes)
    first = result.mistakes[0]
    assert (first.id, first.detail) == (id, detail), text
    assert first.place is not None
    places = [first.place, *first.others]
    assert any(line in lines[one.line - 1] for one in places)


def test_a_parameter_that_is_updated_in_part_is_not_right(tmp_path: Path) -> None:
    result, text, _ = checked(tmp_path, {"step": FIRST_ROW})
    assert result.verdict is not Verdict.CORRECT, text
    assert not all(one.aligned for one in result.parameters)


def test_a_parameter_that_its_step_replaces_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "class Layer:\n"
        "    def __init__(self):\n"
        "        self.m, self.t = np.random.normal(size=(3, 1)), np.zeros((1, 1))\n"
        "layer = Layer()\n"
        "X = np.random.normal(size=(20, 3))\n"
        "Y = X[:, :1] * 2\n"
        "for i in range(5):\n"
        "    out = X @ layer.m + layer.t\n"
        "    d = (out - Y) / 20\n"
        "    layer.m -= 0.1 * X.T @ d\n"
        "    layer.t = 0.1 * d.sum(axis=0, keepdims=True)\n"
    )
    found = check_file(tmp_path / "mine.py").mistakes
    assert [(one.id, one.detail, one.place and one.place.line) for one in found] == [
        ("wrong-update-rule", "overwritten", 12)
    ]


@pytest.mark.every(3)
@pytest.mark.parametrize("rows", ["pass", "x = X[i % 24 : i % 24 + 1]"])
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("pass", []),  # a network that leaves its constant biases as they are: a remark
        ("drawn = True", ["bias-gradient-missing"]),
        ("unused = 2 * (d @ V.T * (1 - h * h)).sum(axis=0)", ["bias-gradient-missing"]),
        ("b -= 0.01 * d.sum(axis=0, keepdims=True)", ["bias-gradient-missing"]),
    ],
)
def test_biases_that_nothing_trains_are_a_mistake_if_they_are_drawn_or_the_file_speaks_of_their_gradients(
    tmp_path: Path, rows: str, more: str, expected: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.normal(size=(3, 5)), np.random.normal(size=(5, 1))\n"
        f"extra, b = np.{'random.normal(size=(1, 5))' if 'drawn' in more else 'full((1, 5), 0.5)'}, np.zeros((1, 1))\n"
        "x = X\n"
        "for i in range(9):\n"
        f"    {rows}\n"
        "    t = np.sin(x[:, :1])\n"
        "    h = np.tanh(x @ W + extra)\n"
        f"    d = h @ V {'+ b ' if more.startswith('b') else ''}- t\n"
        "    dV = h.T @ d\n"
        f"    {more}\n"
        "    W -= 0.01 * x.T @ (d @ V.T * (1 - h * h))\n"
        "    V -= 0.01 * dV\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert [one.id for one in result.mistakes] == expected, report.text(result)
    assert [one.variable for one in result.mistakes] == ["extra" for _ in expected]
    assert any(id == "biases-not-trained" for id, _, _ in result.notes) == (not expected)


@pytest.mark.parametrize(
    ("gradient", "update"),
    [
        ("grad_bias = np.zeros(extra.shape)", "extra = extra - 0.01 * grad_bias"),  # to which nothing is added
        ("grad_bias = delta", "pass"),
    ],
)
def test_a_bias_whose_gradient_stays_0_or_is_another_name_of_the_delta_is_left_out(
    tmp_path: Path, gradient: str, update: str
) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.normal(size=(3, 5)), np.random.normal(size=(5, 1))\n"
        "extra = np.random.normal(size=(1, 5))\n"
        "for i in range(9):\n"
        "    x = X[i % 24 : i % 24 + 1]\n"
        "    h = np.tanh(x @ W + extra)\n"
        "    d = h @ V - np.sin(x[:, :1])\n"
        "    delta = d @ V.T * (1 - h * h)\n"
        f"    {gradient}\n"
        "    V -= 0.01 * h.T @ d\n"
        "    W -= 0.01 * x.T @ delta\n"
        f"    {update}\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert [one.id for one in result.mistakes] == ["bias-gradient-missing"], report.text(result)
    assert [one.variable for one in result.mistakes] == ["extra"]


@pytest.mark.parametrize("update", ["w - 0.1 * g", "w = w - 0.1 * g"])
def test_new_values_that_are_lost_are_a_mistake_at_their_line(tmp_path: Path, update: str) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.normal(size=(3, 5)), 0.5 * np.random.normal(size=(5, 1))\n"
        "for i in range(5):\n"
        "    h = np.tanh(X @ W)\n"
        "    d = (h @ V - np.sin(X[:, :1])) / 24\n"
        "    for w, g in ((W, X.T @ (d @ V.T * (1 - h * h))), (V, h.T @ d)):\n"
        f"        {update}\n"
    )
    (found,) = check_file(tmp_path / "mine.py").mistakes
    assert (found.id, found.place and found.place.line) == ("kernel-not-updated", 8)
    assert found.parameters == ("W", "V")
    assert found.detail == "lost"


def test_a_new_value_that_takes_the_name_of_its_gradient_leaves_the_bias_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "def start():\n"
        "    return np.random.normal(size=(3, 2)), np.random.rand(2) - 0.5\n"
        "def update(W, b, dW, db):\n"
        "    W = W - 0.1 * dW\n"
        "    db = b - 0.1 * db\n"
        "    return W, b\n"
        "W, b = start()\n"
        "for i in range(5):\n"
        "    d = X @ W + b - np.sin(X[:, :2])\n"
        "    W, b = update(W, b, X.T @ d / 24, d.sum(axis=0) / 24)\n"
    )
    result = check_file(tmp_path / "mine.py")
    (found,) = result.mistakes
    assert (found.id, found.place and found.place.line, found.parameters) == ("bias-gradient-missing", 7, ("b",))
    assert "computed and then lost" in report.text(result)


@pytest.mark.slow
def test_new_values_of_a_list_that_are_lost_are_not_an_overwritten_list(tmp_path: Path) -> None:
    case = next(one for one in cases(BENCHES["first"]) if one.id == "notebook/class_minibatch+parameters-never-updated")
    (found,) = check_file(write_case(case, tmp_path)).mistakes
    assert found.id == "kernel-not-updated"


LOOK_AHEAD = (
    "import numpy as np\n"
    "X = np.random.normal(size=(24, 3))\n"
    "P = [np.random.normal(size=(3, 5)), np.random.normal(size=(5, 2))]\n"
    "S = [np.zeros_like(p) for p in P]\n"
    "for i in range(5):\n"
    "    W, V = [p + 0.9 * s for p, s in zip(P, S)]\n"
    "    h = np.tanh(X @ W)\n"
    "    d = (h @ V - np.sin(X[:, :2])) / 24\n"
    "    e = d @ V.T * (1 - h * h)\n"
    "    S = [0.9 * s - 0.1 * g for s, g in zip(S, (X.T @ e, h.T @ d))]\n"
    "    P = [p + s for p, s in zip(P, S)]\n"
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("V.T * (1 - h * h)", "V.T", [("missing-hidden-activation-derivative", 9, "")]),
        ("d @ V.T", "d @ P[1].T", [("wrong-value", 9, "later")]),  # the same as long as the velocity is 0
    ],
)
def test_gradients_where_momentum_looks_ahead(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, int, str]]
) -> None:
    (tmp_path / "mine.py").write_text(LOOK_AHEAD.replace(old, new) if old else LOOK_AHEAD)
    found = check_file(tmp_path / "mine.py").mistakes
    assert [(one.id, one.place and one.place.line, one.detail) for one in found] == expected


MOMENTUM = (
    "import numpy as np\n"
    "X = np.random.normal(size=(24, 3))\n"
    "W, V = np.random.normal(size=(3, 5)), np.random.normal(size=(5, 2))\n"
    "b, mW, mV = np.zeros(5), np.zeros((3, 5)), np.zeros((5, 2))\n"
    "for i in range(5):\n"
    "    h = np.tanh(X @ W + b)\n"
    "    d = (h @ V - np.sin(X[:, :2])) / 24\n"
    "    e = d @ V.T * (1 - h * h)\n"
    "    sW, sV = 0.3 * X.T @ e + 0.8 * mW, 0.3 * h.T @ d + 0.8 * mV\n"
    "    W -= sW\n"
    "    V -= sV\n"
    "    b -= 0.3 * e.sum(axis=0)\n"
    "    mW, mV = sW, sV\n"
)


@pytest.mark.parametrize(("kept", "expected"), [("sW, sV", []), ("sW, 0.3 * h.T @ d", ["wrong-update-rule"])])
def test_momentum_of_one_matrix_that_keeps_the_gradient_and_not_the_step(
    tmp_path: Path, kept: str, expected: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(MOMENTUM.replace("mW, mV = sW, sV", f"mW, mV = {kept}"))
    found = check_file(tmp_path / "mine.py").mistakes
    assert [one.id for one in found] == expected
    assert [one.parameters for one in found] == [("V",) for _ in expected]


@pytest.mark.every(2)
@pytest.mark.parametrize("rate", ["0.5", "0.05"])  # the second is less than the share of the last gradient
def test_momentum_goes_on_while_an_input_is_0(rate: str, tmp_path: Path) -> None:
    """The rows of the kernel that belong to a 0 have no gradient, and move by what the row before left them."""
    path = tmp_path / "mine.py"
    path.write_text(
        """
import math
import random

random.seed(1)
rows = [([0.0, 1.0, 1.0], 1.0), ([1.0, 0.0, 1.0], 1.0), ([0.0, 0.0, 1.0], 0.0), ([1.0, 1.0, 1.0], 0.0)]
W = [[random.uniform(-1, 1) for j in range(2)] for i in range(3)]
V = [random.uniform(-1, 1) for j in range(2)]
before_W, before_V = [[0.0] * 2 for i in range(3)], [0.0] * 2
for step in range(3):
    for x, y in rows:
        h = [math.tanh(sum(x[i] * W[i][j] for i in range(3))) for j in range(2)]
        e = y - sum(h[j] * V[j] for j in range(2))
        d = [e * V[j] * (1 - h[j] ** 2) for j in range(2)]
        for j in range(2):
            V[j] += RATE * e * h[j] + 0.1 * before_V[j]
            before_V[j] = e * h[j]
            for i in range(3):
                W[i][j] += RATE * d[j] * x[i] + 0.1 * before_W[i][j]
                before_W[i][j] = d[j] * x[i]
""".replace("RATE", rate)
    )
    assert check_file(path).verdict is Verdict.CORRECT


@pytest.mark.every(2)
@pytest.mark.parametrize(("kept", "verdict"), [("", Verdict.CORRECT), ("[::-1]", Verdict.MISTAKE)])
def test_a_momentum_that_keeps_a_thousandth_is_not_lost_to_rounding(
    kept: str, verdict: Verdict, tmp_path: Path
) -> None:
    """After two rows with an input of 0, what is left of a step is a millionth of it, and its differences round."""
    path = tmp_path / "mine.py"
    path.write_text(
        f"""
import math
import random

random.seed(1)
rows = [([1.0, 0.7], 1.0), ([1.0, 0.0], 0.4), ([0.2, 0.0], 0.0), ([0.0, 0.0], 0.3)]
W = [[random.uniform(-1, 1) for j in range(2)] for i in range(2)]
V = [random.uniform(-1, 1) for j in range(2)]
moved_W, moved_V = [[0.0] * 2 for i in range(2)], [0.0] * 2
for step in range(3):
    for x, y in rows:
        h = [math.tanh(1 + sum(x[i] * W[i][j] for i in range(2))) for j in range(2)]
        e = y - sum(h[j] * V[j] for j in range(2))
        d = [e * V[j] * (1 - h[j] ** 2) for j in range(2)]{kept}
        for j in range(2):
            moved_V[j] = 0.2 * e * h[j] + 0.001 * moved_V[j]
            V[j] += moved_V[j]
            for i in range(2):
                moved_W[i][j] = 0.2 * d[j] * x[i] + 0.001 * moved_W[i][j]
                W[i][j] += moved_W[i][j]
"""
    )
    assert check_file(path).verdict is verdict


@pytest.mark.parametrize("rows", ["[[0.3, 0.2, 0.5], [0.1, 0.6, 0.3]]", "[[0, 1, 1], [1, 0, 1]]"])
def test_a_row_that_two_functions_convert_is_one_row(rows: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        f"""
import numpy as np

rng = np.random.default_rng(1)
W, V = rng.normal(size=(3, 2)), rng.normal(size=2)
X, Y = {rows}, [1.0, 0.2]
for step in range(3):
    for x, y in zip(X, Y):
        h = np.tanh(np.array(x) @ W)
        e = y - h @ V
        W, V = W + 0.5 * np.outer(x, e * V * (1 - h ** 2)), V + 0.5 * e * h
"""
    )
    assert check_file(path).verdict is Verdict.CORRECT


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("projection", "is_right"),
    [
        ("np.clip(W - 0.1 * X.T @ g, -0.5, 0.5)", True),
        ("np.maximum(W - 0.1 * X.T @ g, 0)", True),
        ("shrink(W - 0.1 * X.T @ g)", True),
        ("shortened(W - 0.1 * X.T @ g)", True),
        ("shortened(W - 0.1 * X.T @ g)", False),
    ],
)
def test_weights_that_are_projected_after_their_step_are_judged_by_the_step(
    tmp_path: Path, projection: str, is_right: bool
) -> None:
    derivative = "(1 - H * H)" if is_right else "(1 - H)"
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.rand(3, 5) * 0.4, np.random.normal(size=(5, 1)) * 0.4\n"
        "def shrink(w):\n"
        "    return np.sign(w) * np.maximum(np.abs(w) - 0.001, 0)\n"
        "def shortened(w):\n"
        "    return w * np.minimum(1, 0.8 / np.sqrt((w ** 2).sum(axis=0)))\n"
        "for i in range(5):\n"
        "    H = np.tanh(X @ W)\n"
        "    d = (H @ V - np.sin(X[:, :1])) / 24\n"
        f"    g = (d @ V.T) * {derivative}\n"
        f"    W, V = {projection}, V - 0.1 * H.T @ d\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == (
        [] if is_right else [("wrong-derivative", 11)]
    )
    assert result.verdict is (Verdict.CORRECT if is_right else Verdict.MISTAKE)
    assert ("update-projected", "W") in [(id, detail) for id, _, detail in result.notes]


@pytest.mark.parametrize(
    ("update", "is_late"),
    [
        ("W = W + states[0]\n    V = V + states[1]\n    states = moved(states, gradients)", True),
        ("W += states[0]; V += states[1]; states = moved(states, gradients)", True),
        ("states = moved(states, gradients); W, V = W + states[0], V + states[1]", False),
    ],
)
def test_a_velocity_that_is_added_before_it_is_computed_is_late(tmp_path: Path, update: str, is_late: bool) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X = np.random.normal(size=(24, 3))\n"
        "W, V = np.random.normal(size=(3, 5)) * 0.4, np.random.normal(size=(5, 1)) * 0.4\n"
        "states = [np.zeros((3, 5)), np.zeros((5, 1))]\n"
        "def moved(states, gradients):\n"
        "    return [0.9 * v - 0.1 * g for v, g in zip(states, gradients)]\n"
        "for i in range(6):\n"
        "    H = np.tanh(X @ W)\n"
        "    d = (H @ V - np.sin(X[:, :1])) / 24\n"
        "    gradients = [X.T @ ((d @ V.T) * (1 - H * H)), H.T @ d]\n"
        f"    {update}\n"
    )
    found = [(one.id, one.detail, one.place and one.place.line) for one in check_file(tmp_path / "mine.py").mistakes]
    assert found == ([("wrong-update-rule", "late", 11)] if is_late else [])


@pytest.mark.parametrize("start", ["outputs = []", "outputs = outputs"])
def test_outputs_of_the_pass_before_are_found_where_they_are_used(tmp_path: Path, start: str) -> None:
    (tmp_path / "mine.py").write_text(
        "import random\n"
        "units = [[random.uniform(-1, 1) for i in range(2)] for j in range(2)]\n"
        "last = [random.uniform(-1, 1) for j in range(2)]\n"
        "outputs = []\n"
        "for epoch in range(3):\n"
        "    for x, t in (([1.0, 2.0], 0.5), ([2.0, 0.3], 1.0), ([0.4, 1.7], 0.2)):\n"
        f"        {start}\n"
        "        for unit in units:\n"
        "            outputs.append((unit[0] * x[0] + unit[1] * x[1]) ** 2)\n"
        "        d = last[0] * outputs[0] + last[1] * outputs[1] - t\n"
        "        fresh = outputs[-2:]\n"
        "        for j in range(2):\n"
        "            s = units[j][0] * x[0] + units[j][1] * x[1]\n"
        "            for i in range(2):\n"
        "                units[j][i] -= 0.01 * d * last[j] * 2 * s * x[i]\n"
        "        for j in range(2):\n"
        "            last[j] -= 0.01 * d * fresh[j]\n"
    )
    found = [(one.id, one.detail, one.place and one.place.line) for one in check_file(tmp_path / "mine.py").mistakes]
    assert found == ([] if start == "outputs = []" else [("wrong-value", "stale", 10)])


def test_a_drawn_number_that_becomes_an_array_at_its_first_update_is_not_called_untrained(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "rng = np.random.default_rng(0)\n"
        "X = rng.normal(size=(24, 3))\n"
        "Y = np.tanh(X[:, :2])\n"
        "W, b = rng.normal(size=(3, 2)), rng.normal()\n"
        "for turn in range(9):\n"
        "    d = (X @ W + b - Y) / 24\n"
        "    W -= 0.1 * X.T @ d\n"
        "    b -= 0.1 * d.sum(axis=0)\n"
    )
    found = check_file(tmp_path / "mine.py").mistakes
    assert "bias-gradient-missing" not in [one.id for one in found]


BEGUN_AS_0 = """
import numpy as np

rng = np.random.default_rng(5)
X = rng.normal(size=(20, 3))
y = np.sin(X.sum(axis=1, keepdims=True))
w, b, vw, vb = rng.normal(size=(3, 2)), np.zeros((1, 2)), 0, 0
for i in range(5):
    a = X @ w + b
    loss = np.mean((a - y) ** 2)
    d = (a - y) / len(X)
    vw = 0.9 * vw + 0.1 * X.T @ d
    vb = {rule}
    w, b = w - 0.3 * vw, b - 0.3 * vb
"""


@pytest.mark.parametrize(
    ("rule", "line"), [("0.9 * vb + 0.1 * d.sum(axis=0)", 0), ("0.1 * vb + 0.9 * d.sum(axis=0)", 13)]
)
def test_a_velocity_that_begins_as_a_plain_0_is_not_a_parameter(tmp_path: Path, rule: str, line: int) -> None:
    (tmp_path / "mine.py").write_text(BEGUN_AS_0.format(rule=rule))
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is (Verdict.MISTAKE if line else Verdict.CORRECT)
    assert {found.place.line for found in result.mistakes if found.place is not None} == ({line} if line else set())


ONE_STATE = """\
import numpy as np
np.random.seed(1)
X, y = np.random.randn(20, 4), np.random.randn(20, 4)
W, V = np.random.randn(4, 4), np.random.randn(4, 4)
class Rule:
    def __init__(self):
        self.v, self.m, self.t = 0, 0, 0
    def momentum(self, w, g):
        self.v = 0.9 * self.v + g
        return w - 0.01 * self.v
    def adam(self, w, g):
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g * g
        return w - 0.01 * (self.m / (1 - 0.9 ** self.t)) / (np.sqrt(self.v / (1 - 0.999 ** self.t)) + 1e-8)
    def rmsprop(self, w, g):
        self.v = 0.9 * self.v + 0.1 * g * g
        return w - 0.01 * g / (np.sqrt(self.v) + 1e-8)
first = Rule()
second = Rule()
for i in range(10):
    h = np.tanh(X @ W)
    error = h @ V - y
    cost = np.sum(error ** 2) / 2
    dV, dW = h.T @ error, X.T @ (error @ V.T * (1 - h ** 2))
    W = first.momentum(W, dW)
    V = second.momentum(V, dV)
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(("kind", "line"), [("momentum", 9), ("adam", 13), ("rmsprop", 17)])
def test_one_state_of_an_optimizer_for_two_parameters_has_a_name(tmp_path: Path, kind: str, line: int) -> None:
    path = tmp_path / "net.py"
    text = ONE_STATE.replace(".momentum(", f".{kind}(")
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(text.replace("second = Rule()", "second = first"))
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line, found.parameters) == ("momentum-overwritten", line, ("V",))
    assert found.others


RULES = """\
import numpy as np
class Plain:
    def velocity(self, g):
        return g
class Kept:
    v = 0
    def velocity(self, g):
        {keep}
        return self.v
np.random.seed(1)
X, y, w = np.random.randn(20, 3), np.random.randn(20, 1), np.random.randn(3, 1)
rule = {rule}()
for i in range(9):
    error = X @ w - y
    g = X.T @ error / len(X)
    step = rule.velocity(g)
    w = w - 0.1 * step
"""


@pytest.mark.parametrize(
    ("rule", "keep", "verdict"),
    [
        ("Plain", "self.v = 0.9 * self.v + g", Verdict.CORRECT),
        ("Kept", "self.v = 0.9 * self.v + g", Verdict.CORRECT),
        ("Kept", "self.v = velocity = 0.9 * np.zeros_like(g) + g", Verdict.MISTAKE),
    ],
)
def test_a_function_that_is_named_after_a_velocity_need_not_keep_one(
    tmp_path: Path, rule: str, keep: str, verdict: Verdict
) -> None:
    path = tmp_path / "net.py"
    path.write_text(RULES.format(rule=rule, keep=keep))
    assert check_file(path).verdict is verdict
