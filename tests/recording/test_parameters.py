"""How many updates are recorded before the file is stopped."""

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.graph import Stop
from harness.recording.record import record_file
from tests.network_files import write_file

BATCHES = """
import numpy as np
X = np.random.randn(22, 3)
y = np.random.randn(22, 1)
W = np.zeros((3, 1))
for epoch in range(50):
    for start in range(0, len(X), 4):
        x, t = X[start:start + 4], y[start:start + 4]
        W -= 0.1 * x.T @ (x @ W - t) / len(x)
"""


def test_a_smaller_last_batch_is_waited_for(tmp_path):
    recording = record_file(write_file(tmp_path / "batches.py", BATCHES))
    (parameter,) = recording.parameters
    assert len(parameter.updates) == 6  # five batches of 4 and one of 2
    heights = {n.shape[0] for n in recording.nodes if n.place and n.place.line == 8 and n.operation == "getitem"}
    assert {2, 4} <= heights
    assert recording.stop is Stop.ENOUGH


def test_a_last_batch_that_is_far_away_is_not(tmp_path):
    recording = record_file(write_file(tmp_path / "batches.py", BATCHES.replace("22", "222")))
    (parameter,) = recording.parameters
    assert len(parameter.updates) == 3


def test_a_decay_within_the_step_leaves_it_an_update(tmp_path):
    path = tmp_path / "decay.py"
    path.write_text(
        """
import random
w = [[random.gauss(0, 1) for i in range(2)] for j in range(2)]
decay = 0.01
for epoch in range(50):
    for x in ((1.0, 0.5), (0.2, 0.7)):
        errors = [row[0] * x[0] + row[1] * x[1] - x[0] for row in w]
        g = [[error * one for one in x] for error in errors]
        for i in range(2):
            for j in range(2):
                w[i][j] -= 0.1 * (g[i][j] - decay * w[i][j])
"""
    )
    recording = record_file(path)
    assert [len(one.updates) for one in recording.parameters] == [3] * 4
    assert recording.stop is Stop.ENOUGH


def test_parameters_that_start_from_one_value(tmp_path):
    path = write_file(
        tmp_path / "shared.py",
        """
import numpy as np
X = np.random.randn(6, 2)
y = np.random.randn(6)
weights = [0.5] * 2
b = c = np.zeros(6)
for i in range(9):
    e = weights[0] * X[:, 0] + weights[1] * X[:, 1] + b + 2 * c - y
    for j in range(2):
        weights[j] -= 0.1 * (e * X[:, j]).sum()
    b = b - 0.1 * e
    c = c - 0.2 * e
""",
    )
    recording = record_file(path)
    assert [p.name for p in recording.parameters] == ["weights[0]", "weights[1]", "b", "c"]
    assert [len(p.updates) for p in recording.parameters] == [3, 3, 3, 3]


def test_weights_of_one_layer_in_a_flat_vector_beside_scalars(tmp_path):
    path = write_file(
        tmp_path / "line.py",
        """
import numpy as np
x = np.random.randn(9)
t = 2 * x + 1
w = np.zeros(2)
for i in range(9):
    e = w[0] * x + w[1] - t
    w[0] -= 0.1 * (e * x).mean()
    w[1] -= 0.1 * e.mean()
""",
    )
    recording = record_file(path)
    (parameter,) = recording.parameters
    assert (parameter.name, len(parameter.updates)) == ("w", 3)
    assert all(len(recording.updates[u].parts) == 2 for u in parameter.updates)


PENALISED = """
import numpy as np
X = np.random.randn(6, 2)
y = np.random.randn(6, 1)
W = np.random.randn(2, 3)
V = np.random.randn(3, 1)
for i in range(9):
    h = np.tanh(X @ W)
    d = y - h @ V
    {first}
    {second}
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("W += 0.1 * (X.T @ (d @ V.T * (1 - h * h)) + 0.1 * W)", "V += 0.1 * (h.T @ d + 0.1 * V)"),
        ("W = W + 0.1 * (X.T @ (d @ V.T * (1 - h * h)) + 0.1 * W)", "V = 0.1 * (h.T @ d + 0.1 * V) + V"),
        ("W = 0.9 * W + 0.1 * X.T @ (d @ V.T * (1 - h * h))", "V = 0.9 * V + 0.1 * h.T @ d"),
    ],
)
def test_a_penalty_that_is_added_to_the_gradient_is_not_an_update_of_its_own(tmp_path, first, second):
    recording = record_file(write_file(tmp_path / "penalised.py", PENALISED.format(first=first, second=second)))
    assert [(p.name, len(p.updates)) for p in recording.parameters] == [("W", 3), ("V", 3)]
    lines = {update.place.line for update in recording.updates if update.place is not None}
    assert lines == {10, 11}


BLOCKS = """
import numpy as np
X = np.random.randn(9, 3)
y = np.random.randn(9, 3)
blocks = [[np.random.randn(3, 4) / 2, np.random.randn(4, 3) / 2] for _ in range(2)]
for i in range(9):
    h, kept = X, []
    for W, V in blocks:
        inner = np.tanh(h @ W)
        kept.append((h, inner))
        {residual}
    d = h - y
    for (W, V), (before, inner) in zip(blocks[::-1], kept[::-1]):
        below = d @ V.T * (1 - inner ** 2)
        of_V, of_W = inner.T @ d, before.T @ below
        d = d + below @ W.T
        V -= 0.01 * of_V
        W -= 0.01 * of_W
"""


@pytest.mark.parametrize("residual", ["h = h + inner @ V", "h = inner @ V + h"])
def test_residual_blocks_that_begin_with_the_data_are_not_updates_of_it(tmp_path, residual):
    recording = record_file(write_file(tmp_path / "blocks.py", BLOCKS.format(residual=residual)))
    assert sorted(p.shape for p in recording.parameters) == [(3, 4), (3, 4), (4, 3), (4, 3)]
    assert all(len(p.updates) >= 3 for p in recording.parameters)


BESIDE = """
import numpy as np
X = np.random.randn(9, 3)
y = np.sin(X[:, :2])
def output(p):
    hidden = np.tanh(X @ p[0])
    total = {sum}
    return hidden, total, total @ p[1]
def cost(p):
    above = X @ p[0]
    total = X + np.tanh(above)
    return np.mean((total @ p[1] - y) ** 2)
p = [np.random.randn(3, 3), np.random.randn(3, 2)]
for i in range(9):
    hidden, total, a = output(p)
    d = 2 * (a - y) / y.size
    slopes = X.T @ (d @ p[1].T * (1 - hidden ** 2)), total.T @ d
    p = [one - 0.1 * slope for one, slope in zip(p, slopes)]
    if i % 3 == 0:
        print(cost(p))
"""


@pytest.mark.parametrize("total", ["X + hidden", "hidden + X"])
def test_data_that_a_residual_layer_adds_to_are_not_a_parameter(tmp_path, total):
    recording = record_file(write_file(tmp_path / "beside.py", BESIDE.format(sum=total)))
    assert [p.shape for p in recording.parameters] == [(3, 3), (3, 2)]
    assert all(len(p.updates) >= 3 for p in recording.parameters)


@pytest.mark.parametrize("gradient", ["0.1 * w - X.T @ miss", "0.1 * w + -X.T @ miss", "-(X.T @ miss) + 0.1 * w"])
def test_a_gradient_that_begins_with_its_penalty_is_not_an_update(tmp_path, gradient):
    path = write_file(
        tmp_path / "margin.py",
        f"""
import numpy as np
X, y, w = np.random.randn(9, 2), np.sign(np.random.randn(9)), np.random.randn(2)
for i in range(9):
    miss = y * (y * (X @ w) < 1) / 9
    change = {gradient}
    w = w - 0.1 * change
""",
    )
    (parameter,) = (recording := record_file(path)).parameters
    assert (parameter.name, len(parameter.updates)) == ("w", 3)
    assert {update.place.line for update in recording.updates if update.place is not None} == {7}


@pytest.mark.parametrize(
    "update",
    [
        "np.array([w - 0.1 * g for w, g in zip(W, G)])",
        "np.stack([w - 0.1 * g for w, g in zip(W, G)])",
        "np.array([[w - 0.1 * g for w, g in zip(*rows)] for rows in zip(W, G)])",
    ],
)
def test_an_array_put_together_from_changed_items_is_an_update(tmp_path, update):
    path = write_file(
        tmp_path / "items.py",
        f"""
import numpy as np
X, y, W = np.random.randn(6, 2), np.random.randn(6, 3), np.random.randn(2, 3)
for i in range(9):
    G = X.T @ (X @ W - y)
    W = {update}
""",
    )
    (parameter,) = record_file(path).parameters
    assert (parameter.name, parameter.shape, len(parameter.updates)) == ("W", (2, 3), 3)


SUM_OF_TWO = """
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(9, 4)), rng.normal(size=(9, 4))
W = np.eye(4) * 0.8 + rng.normal(0, 0.05, (4, 4))
for i in range(20):
    output = X @ W
    error = output - Y
    W = W - 0.1 * X.T @ error
"""


def test_weights_that_begin_as_a_sum_of_two_arrays(tmp_path):
    recording = record_file(write_file(tmp_path / "sum.py", SUM_OF_TWO))
    assert [(p.name, p.shape, len(p.updates)) for p in recording.parameters] == [("W", (4, 4), 3)]


SEQUENCES = """
import numpy as np
rng = np.random.default_rng(0)
U, W = rng.normal(size=(3, 2)), rng.normal(size=(3, 3))
for n in LENGTHS:
    states = [np.zeros(3)]
    xs = rng.normal(size=(n, 2))
    for x in xs:
        states.append(np.tanh(U @ x + W @ states[-1]))
    error = states[-1] - 0.5
    dU, dW = np.zeros_like(U), np.zeros_like(W)
    for t in reversed(range(n)):
        da = error * (1 - states[t + 1] ** 2)
        dU += np.outer(da, xs[t])
        dW += np.outer(da, states[t])
        error = W.T @ da
    U -= 0.1 * dU
    W -= 0.1 * dW
"""


@pytest.mark.parametrize(("lengths", "updates"), [("[2] * 50", 3), ("[1, 1, 1, 1, 1, 3] * 10", 6), ("[1] * 50", 24)])
def test_a_longer_sequence_is_waited_for(tmp_path, lengths, updates):
    path = write_file(tmp_path / "sequences.py", SEQUENCES.replace("LENGTHS", lengths))
    assert {len(parameter.updates) for parameter in record_file(path).parameters} == {updates}


def test_rows_that_are_added_to_in_place(tmp_path):
    path = write_file(
        tmp_path / "embedding.py",
        """
import numpy as np
words = np.random.randn(9, 4)
outer = np.random.randn(9, 4)
for i in range(9):
    centers, around = np.random.randint(0, 9, 5), np.random.randint(0, 9, 5)
    h = words[centers]
    e = (h * outer[around]).sum(axis=1, keepdims=True) - 1
    change = e * outer[around]
    np.subtract.at(outer, around, 0.1 * e * h)
    np.add.at(words, centers, -0.1 * change)
""",
    )
    recording = record_file(path)
    assert [(p.name, len(p.updates)) for p in recording.parameters] == [("outer", 3), ("words", 3)]


ONE_STEP = """
import numpy as np
sequences = [[0], [3], [2], [1], [4]]
wx, wh, wy = np.random.randn(4, 5), np.random.randn(4, 4), np.random.randn(1, 4)
for epoch in range(90):
    for sequence in sequences:
        hs = [np.zeros((4, 1))]
        for i in sequence:
            hs.append(np.tanh(wx[:, [i]] + wh @ hs[-1]))
        e = wy @ hs[-1] - 1
        dz = wy.T @ e * (1 - hs[-1] ** 2)
        wh -= 0.1 * dz @ hs[-2].T
        wy -= 0.1 * e @ hs[-1].T
"""


def test_a_loop_over_steps_that_goes_round_once_is_noted(tmp_path):
    path = write_file(tmp_path / "sequences.py", ONE_STEP)
    assert [place.line for place in record_file(path).single_turns] == [8]
    path.write_text(ONE_STEP.replace("[2]", "[2, 1]"))
    assert not record_file(path).single_turns


def test_the_classes_among_many_labels_are_not_recorded_one_by_one(tmp_path):
    path = write_file(
        tmp_path / "classes.py",
        """
import numpy as np
y = np.random.randint(0, 3, 60_000)
x = np.random.randn(20, 4)
w = np.zeros((4, len(set(y))))
for i in range(9):
    w -= 0.1 * x.T @ (x @ w - np.eye(3)[y[:20]])
""",
    )
    recording = record_file(path)
    assert [parameter.shape for parameter in recording.parameters] == [(4, 3)]
    assert len(recording.nodes) < 100


def test_a_loop_over_the_only_hidden_layer_is_not_a_sequence(tmp_path):
    path = write_file(
        tmp_path / "layers.py",
        """
import numpy as np
x = np.random.randn(6, 3)
hidden, last = [np.random.randn(3, 4)], np.random.randn(4, 1)
for i in range(60):
    values = [x]
    for w in hidden:
        values.append(np.tanh(values[-1] @ w))
    delta = values[-1] @ last - 1
    for n in range(len(hidden)):
        back = delta @ last.T * (1 - values[n + 1] ** 2)
        hidden[n] = hidden[n] - 0.1 * values[n].T @ back
    last = last - 0.1 * values[-1].T @ delta
""",
    )
    recording = record_file(path)
    assert [len(parameter.updates) for parameter in recording.parameters] == [3, 3]
    assert not recording.single_turns


@pytest.mark.parametrize("start", ["0.0 * np.ones(2)", "1e-4 * np.zeros(2)"])
def test_biases_that_begin_as_a_multiple_are_not_velocities_at_rest(tmp_path, start):
    path = write_file(
        tmp_path / "biases.py",
        f"""
import numpy as np
x = np.random.randn(6, 3)
w, b = np.random.randn(3, 2), {start}
for i in range(3):
    delta = x @ w + b - 1
    w -= 0.1 * x.T @ delta
    b -= 0.1 * delta.sum(axis=0)
""",
    )
    recording = record_file(path)
    assert sorted(parameter.shape for parameter in recording.parameters) == [(2,), (3, 2)]


DATA = """
import numpy as np
rng = np.random.RandomState(0)
X, t, W = rng.randn(8, 2), rng.randn(8, 1), rng.randn(2, 1)
def step(w, d):
    return w - 0.1 * d
def largest(a):
    return np.max(np.abs(a))
"""
DESCENT = "W = W - 0.01 * X.T @ (X @ W - t)"
STYLES = {
    "the last update is that of a line that was seen to update": (f"for i in range(2):\n    {DESCENT}", ["W: 2"]),
    "a single update": (DESCENT, ["W: 1, not confirmed"]),
    "a variant of the weights that does not take their place": (DESCENT.replace("W =", "V ="), []),
    "centred inputs are not trained": (
        f"largest(X)\nX = X - X.mean(axis=0)\nlargest(X)\nfor i in range(9):\n    {DESCENT}",
        ["W: 3"],
    ),
    "a bias that takes the shape of its gradient": (
        "b = np.zeros(1)\nfor i in range(9):\n    d = X @ W + b - t\n    W = W - 0.01 * X.T @ d\n"
        "    b = b - 0.01 * d.sum(axis=0, keepdims=True)",
        ["W: 3", "b: 3"],
    ),
    "a decay in a statement before the update": (
        "for i in range(9):\n    g = X.T @ (X @ W - t)\n    W = 0.99 * W\n    W = W - 0.01 * g",
        ["W: 3 of 2 parts"],
    ),
    "a decay of the same array under another name": (
        "for i in range(9):\n    g = X.T @ (X @ W - t)\n    for p in [W]:\n        p *= 0.99\n        p -= 0.01 * g",
        ["p: 3 of 2 parts"],
    ),
    "a penalty added in the call that updates": (
        "for i in range(9):\n    g = X.T @ (X @ W - t)\n    W = step(W, g + 0.1 * W)",
        ["W: 3"],
    ),
    "weights scaled by an item of a list of sizes": (
        f"W = rng.randn(2, 1) / np.sqrt(np.array([2, 1])[0])\nfor i in range(9):\n    {DESCENT}",
        ["W: 3"],
    ),
    "an update that a branch makes": (
        "w = rng.randn(2)\nfor i in range(9):\n    for x, y in zip(X, np.sign(t[:, 0])):\n"
        "        if y * (w[0] * x[0] + w[1] * x[1]) <= 0:\n            w = w + y * x",
        ["w: 3"],
    ),
    "rows by a list of their numbers": (
        "E = rng.randn(5, 2)\nfor i in range(9):\n    d = E[[1, 3]] - X[:2]\n    E[[1, 3]] = E[[1, 3]] - 0.1 * d",
        ["E: 3"],
    ),
    "a row by way of a copy": (
        "E = rng.randn(5, 2)\nfor i in range(9):\n    row = E[2].copy()\n    E[2] = row - 0.1 * (row - X[0])",
        ["E: 3"],
    ),
    "numbers that are multiplied by whole columns": (
        "class Net:\n    v, w = 0.5, -0.3\n"
        "for i in range(9):\n    h = np.tanh(Net.v * X[:, 0])\n    d = Net.w * h - X[:, 1]\n"
        "    grads = {'w': np.sum(d * h), 'v': np.sum(d * Net.w * (1 - h**2) * X[:, 0])}\n"
        "    for name, g in grads.items():\n        setattr(Net, name, getattr(Net, name) - 0.01 * g)",
        ["w: 3", "v: 3"],
    ),
    "a scale in an exponential, in an assignment of several": (
        "s = np.zeros(1)\nfor i in range(9):\n    e = np.exp(s)\n    d = (X @ W) * e - t\n"
        "    W, s = W - 0.01 * X.T @ d * e, s - 0.01 * np.sum(d * (X @ W) * e)",
        ["W: 3", "s: 3"],
    ),
    "batches that are all of one size": (
        "for i in range(9):\n    for s in range(0, 8, 2):\n        x, y = X[s:s + 2], t[s:s + 2]\n"
        "        W = W - 0.1 * x.T @ (x @ W - y)",
        ["W: 3"],
    ),
}


@pytest.mark.every(4)
@pytest.mark.parametrize(("lines", "expected"), STYLES.values(), ids=STYLES)
def test_what_is_a_parameter_and_how_often_it_was_updated(tmp_path, lines, expected):
    recording = record_file(write_file(tmp_path / "net.py", DATA + lines))
    found = []
    for parameter in recording.parameters:
        last = recording.updates[parameter.updates[-1]]
        parts = f" of {len(last.parts)} parts" if len(last.parts) > 1 else ""
        found.append(f"{parameter.name}: {len(parameter.updates)}{parts}{'' if last.confirmed else ', not confirmed'}")
    assert found == expected


def test_targets_are_no_parameter_if_their_error_ends_the_loop(tmp_path):
    path = write_file(
        tmp_path / "until.py",
        """
import numpy as np
x = np.array([[0.1, 1.0], [1.1, 0.2], [0.9, 1.2], [0.4, 1.0]])
d = np.array([-1.0, -1.0, 1.0, 1.0])
w = np.random.uniform(-0.5, 0.5, 3)
error = 100.0
while not error < 0.01:
    y = w[0] + x @ w[1:]
    errors = d - y
    w[0] += 0.05 * np.sum(errors)
    w[1:] += 0.05 * errors @ x
    error = np.sum(errors ** 2)
""",
    )
    recording = record_file(path)
    assert [one.name for one in recording.parameters] == ["w"]
    written = [n.id for n in recording.nodes if n.operation == "setitem" and n.place.line == 11]
    assert [one.after for one in recording.updates] == written[: len(recording.updates)]  # none is left out


PASSES_TWICE = """
import numpy as np
np.random.seed(0)
X, t = np.random.randn(30, 3), np.random.randint(0, 2, (30, 1))
V, b, W = np.random.randn(3, 4), np.zeros(4), np.random.randn(4, 1)
h = np.tanh(X.dot(V) + b)
y = 1 / (1 + np.exp(-h.dot(W)))
for i in range(50):
    delta = y - t
    hidden = delta.dot(W.T) * (1 - h * h)
    W -= 0.01 * h.T.dot(delta)
    V -= 0.01 * X.T.dot(hidden)
    b -= 0.01 * hidden.sum(axis=0)
    h = np.tanh(X.dot(V) + b)
    y = 1 / (1 + np.exp(-h.dot(W)))
"""


def test_a_forward_pass_may_be_written_before_the_loop_and_at_its_end(tmp_path):
    recording = record_file(write_file(tmp_path / "twice.py", PASSES_TWICE))
    assert [len(one.updates) for one in recording.parameters] == [3, 3, 3]
    assert recording.stop is Stop.ENOUGH


ITEMS_ELSEWHERE = """
import numpy as np
np.random.seed(0)
X, y, theta = np.random.randn(20, 3), np.random.randn(20), np.random.randn(3)
new = np.zeros(theta.shape)
for i in range(50):
    error = X @ theta - y
    for j in range(3):
        new[j] = theta[j] - 0.01 * np.sum(error * X[:, j]) / len(X)
    theta = new
"""


@pytest.mark.parametrize("again", [False, True])
def test_items_may_be_written_into_another_array_that_takes_the_place_of_the_parameter(tmp_path, again):
    text = ITEMS_ELSEWHERE
    if again:  # zeros in every iteration
        made = "new = np.zeros(theta.shape)\n"
        text = text.replace(made, "").replace("    error", f"    {made}    error")
    recording = record_file(write_file(tmp_path / "items.py", text))
    assert [len(one.updates) for one in recording.parameters] == [3]
    assert recording.stop is Stop.ENOUGH


def test_an_array_that_is_filled_with_other_items_is_not_a_parameter(tmp_path):
    text = ITEMS_ELSEWHERE.replace("theta[j] - 0.01", "1.0 - 0.01").replace("theta = new", "print(new)")
    assert not record_file(write_file(tmp_path / "items.py", text)).parameters


ERRORS_BY_ITEM = """
import numpy as np
rng = np.random.default_rng(0)
V = rng.normal(size=(2, 3))
rows = [rng.choice([-1.0, 1.0], size=3) for _ in range(6)]
rows = [(x, np.array([x[0] * x[1], x[2]]) * 0.8) for x in rows]
for epoch in range(5):
    for x, t in rows:
        y = np.zeros(2)
        for k in range(2):
            y[k] = np.tanh(V[k] @ x)
        d = np.zeros(2)
        for k in range(2):
            d[k] = t[k] - y[k]
        for k in range(2):
            for j in range(3):
                V[k, j] += 0.1 * d[k] * (1 - y[k] ** 2) * x[j]
"""


def test_errors_that_are_written_item_by_item_take_the_place_of_no_target(tmp_path):
    recording = record_file(write_file(tmp_path / "errors.py", ERRORS_BY_ITEM))
    assert {one.name for one in recording.parameters} == {"V"}


def test_weights_of_zero_that_multiply_the_inputs_are_not_a_velocity(tmp_path):
    """A multiple of zeros that is added to a bias is left out as one, but not if the inputs are the other factor."""
    path = write_file(
        tmp_path / "each.py",
        """
import numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=3)
y = 2 * x + 1
w = np.zeros(3)
b = rng.normal(size=3)
for i in range(20):
    error = w * x + b - y
    w = w - 0.2 * error * x
    b = b - 0.2 * error
""",
    )
    assert {one.name for one in record_file(path).parameters} == {"w", "b"}


def test_an_update_whose_products_with_numbers_are_by_dot(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("""
import numpy as np
rng = np.random.RandomState(1)
X, y, W, kept, rate = rng.randn(12, 3), rng.randn(12, 1), rng.randn(3, 1), 1.0, 0.05
for turn in range(20):
    error = np.dot(X, W) - y
    W = np.subtract(np.dot(kept, W), np.dot(rate, np.dot(X.T, error) / 12))
""")
    (parameter,) = record_file(path, drive=False).parameters
    assert parameter.name == "W"
    assert len(parameter.updates) > 1
    assert check_file(path).verdict is Verdict.CORRECT
