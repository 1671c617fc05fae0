"""Networks of objects that hold one number each, and differentiate by walking through the graph of these objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import write_file

ENGINE = """\
import math, random
random.seed(3)

class Number:
    def __init__(self, value, made_of=()):
        self.value = value
        self.slope = 0.0
        self.made_of = set(made_of)
        self.push = lambda: None

    def __add__(self, other):
        out = Number(self.value + other.value, (self, other))
        def push():
            self.slope += out.slope
            other.slope += out.slope
        out.push = push
        return out

    def __mul__(self, other):
        out = Number(self.value * other.value, (self, other))
        def push():
            self.slope += other.value * out.slope
            other.slope += self.value * out.slope
        out.push = push
        return out

    def tanh(self):
        height = math.tanh(self.value)
        out = Number(height, (self,))
        def push():
            self.slope += (1 - height * height) * out.slope
        out.push = push
        return out

    def differentiate(self):
        order, seen = [], set()
        def visit(one):
            if one not in seen:
                seen.add(one)
                for part in one.made_of:
                    visit(part)
                order.append(one)
        visit(self)
        self.slope = 1.0
        for one in reversed(order):
            one.push()

def made():
    return Number(random.uniform(-1, 1))

hidden = [[made() for _ in range(3)] for _ in range(3)]
last = [made() for _ in range(4)]
rows = [((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), -1.0)]
for turn in range(5):
    loss = Number(0.0)
    for (left, right), wanted in rows:
        units = [(u * Number(left) + v * Number(right) + c).tanh() for u, v, c in hidden]
        out = last[3]
        for weight, unit in zip(last, units):
            out = out + weight * unit
        error = out.tanh() + Number(-wanted)
        loss = loss + error * error
    parameters = [one for row in [*hidden, last] for one in row]
    for one in parameters:
        one.slope = 0.0
    loss.differentiate()
    for one in parameters:
        one.value -= 0.1 * one.slope
"""


@pytest.mark.slow
def test_a_graph_of_numbers_is_judged_though_it_is_walked_through_by_sets(tmp_path: Path) -> None:
    """Objects in sets are ordered by their addresses, and these differ from process to process."""
    result = check_file(write_file(tmp_path / "engine.py", ENGINE))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 13  # 3 units of 3 numbers, and 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("(1 - height * height)", "(1 - height)", 31),
        ("other.slope += self.value * out.slope", "other.slope += out.slope", 23),
    ],
)
def test_a_wrong_slope_in_a_graph_of_numbers_has_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    result = check_file(write_file(tmp_path / "engine.py", ENGINE.replace(old, new)))
    assert result.verdict is Verdict.MISTAKE
    assert line in {found.place.line for found in result.mistakes if found.place is not None}


MARGINS = """
    def cut(self):
        out = Number(0 if self.value < 0 else self.value, (self,))
        def push():
            self.slope += (out.value > 0) * out.slope
        out.push = push
        return out

hidden = [[Number(0), Number(random.uniform(-1, 1)), Number(random.uniform(-1, 1))] for _ in range(4)]
last = [Number(0), *(Number(random.uniform(-1, 1)) for _ in range(4))]
points = [(math.cos(k), math.sin(2 * k), 1 if k % 2 else -1) for k in range(20)]
parameters = [one for row in [*hidden, last] for one in row]
for turn in range(8):
    losses = []
    for left, right, sign in points:
        units = [(c + u * Number(left) + v * Number(right)).cut() for c, u, v in hidden]
        out = sum((weight * unit for weight, unit in zip(last[1:], units)), last[0])
        losses.append((Number(1) + Number(-sign) * out).cut())
    penalty = sum((one * one for one in parameters), Number(0)) * Number(0.01)
    loss = sum(losses, Number(0)) * Number(1 / len(losses)) + penalty
    for one in parameters:
        one.slope = 0
    loss.differentiate()
    rate = 1 - 0.9 * turn / 100
    for one in parameters:
        one.value -= rate * one.slope
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slope", "verdict"),
    [("self.value * out.slope", Verdict.CORRECT), ("out.slope", Verdict.MISTAKE)],
    ids=["right", "one-factor"],
)
def test_a_bias_of_0_is_in_the_penalty_and_not_moved_by_the_sums_that_begin_with_it(
    tmp_path: Path, slope: str, verdict: Verdict
) -> None:
    """Branches look at the sums of one observation before the bias goes into those of the next; 0 times 0 is whole."""
    engine = ENGINE[: ENGINE.index("def made")].rstrip() + "\n" + MARGINS
    engine = engine.replace("other.slope += self.value * out.slope", f"other.slope += {slope}")
    result = check_file(write_file(tmp_path / "engine.py", engine))
    assert result.verdict is verdict
    assert len(result.parameters) == 17 or verdict is Verdict.MISTAKE


TWO_UNITS = """
import math, random
xs = [random.random() for i in range(20)]
w1, b1, w2, b2 = random.random(), 0.1, random.random(), 0.2
def sigmoid(z):
    return 1 / (1 + math.exp(-z))
for x in xs:
    h = sigmoid(w1 * x + b1)
    a = sigmoid(w2 * h + b2)
    error = 2 * (a - 0.3 * x)
    error_below = error * w2
    d2, d1 = error * a * (1 - a), error_below * h * (1 - h)
    w2, b2 = w2 - 0.1 * d2 * h, b2 - 0.1 * d2
    w1, b1 = w1 - 0.1 * d1 * x, b1 - 0.1 * d1
"""


@pytest.mark.parametrize("cost", ["", "    loss = (a - 0.3 * x) ** 2\n    print(loss)\n"])
def test_an_error_that_is_sent_back_without_its_derivative_has_a_name(tmp_path: Path, cost: str) -> None:
    (tmp_path / "units.py").write_text(TWO_UNITS.replace("    error_below", f"{cost}    error_below"))
    (found,) = check_file(tmp_path / "units.py").mistakes
    assert found.id == "delta-not-multiplied-through"
    assert found.place
    assert found.place.text.startswith("error_below")


UNITS = """\
import math, random
random.seed(2)
def sigmoid(z):
    return 1 / (1 + math.exp(-z))
u, v, w = [[random.random() for _ in range(3)] for _ in range(3)]
for *x, y in [(0, 0, 0), (0, 1, 1), (1, 0, 1)] * 3:
    x.append(-1)
    g = sigmoid(sum(i * j for i, j in zip(x, u)))
    h = sigmoid(sum(i * j for i, j in zip(x, v)))
    inner = [g, h, -1]
    a = sigmoid(sum(i * j for i, j in zip(inner, w)))
    error = (y - a) * a * (1 - a)
    of_g, of_h = g * (1 - g) * w[0] * error, h * (1 - h) * w[1] * error
    w = [i + j * 0.5 * error for i, j in zip(w, inner)]
    u = [i + j * 0.5 * error for i, j in zip(u, x)]
    v = [i + j * 0.5 * error for i, j in zip(v, x)]
"""


def test_the_delta_of_the_output_at_hidden_units_of_plain_numbers_has_its_name(tmp_path: Path) -> None:
    file = write_file(tmp_path / "units.py", UNITS)
    (found,) = check_file(file).mistakes
    assert (found.id, found.place and found.place.line) == ("output-delta-reused", 15)
    file.write_text(
        UNITS.replace("error for i, j in zip(u", "of_g for i, j in zip(u").replace(
            "error for i, j in zip(v", "of_h for i, j in zip(v"
        )
    )
    assert check_file(file).verdict is Verdict.CORRECT


OF_ONES = """\
import math, random
random.seed(2)
def sigmoid(z):
    return 1 / (1 + math.exp(-z))
rows, labels = [(0.2, 0.4, 1), (0.9, 0.7, 1), (0.3, 0.8, 1)], [1, 0, 1]
u, v, w = [[random.uniform(-1, 1) for _ in range(3)] for _ in range(3)]
for turn in range(3):
    total = 0
    for n in range(len(rows)):
        x = rows[n]
        g = sigmoid(sum(i * j for i, j in zip(x, u)))
        h = sigmoid(sum(i * j for i, j in zip(x, v)))
        inner = [g, h, 1]
        a = sigmoid(sum(i * j for i, j in zip(inner, w)))
        total += 0.5 * (labels[n] - a) * (labels[n] - a)
        d = (labels[n] - a) * (1 - a) * a
        w = [i + 0.5 * d * j for i, j in zip(w, inner)]
        of_g, of_h = w[0] * d * g * (1 - g), w[1] * d * h * (1 - h)
        u = [i + 0.5 * of_g * j for i, j in zip(u, x)]
        v = [i + 0.5 * of_h * j for i, j in zip(v, x)]
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("cost", ["total += 0.5 * (labels[n] - a) * (labels[n] - a)", "print(a)"])
def test_a_label_that_is_a_plain_1_is_a_target_though_derivatives_have_ones_too(tmp_path: Path, cost: str) -> None:
    text = OF_ONES.replace("total += 0.5 * (labels[n] - a) * (labels[n] - a)", cost)
    if cost == "print(a)":
        text = text.replace("d = (labels[n] - a) * (1 - a) * a", "d = labels[n] - a; d = d * (a - a * a)")
    (tmp_path / "units.py").write_text(text)
    (found,) = check_file(tmp_path / "units.py").mistakes
    assert (found.id, found.place and found.place.line) == ("updated-weights-in-backward", 18)


GATE = """\
import math
rows, labels = [[0, 1], [1, 0], [1, 1]], [1, 1, 0]
w, b, rate = [0.3, -0.2], 0.1, 0.5
for turn in range(4):
    for x, y in zip(rows, labels):
        a = 1 / (1 + math.exp(-(sum([x[i] * w[i] for i in range(2)]) + b)))
        slope = 2 * (a - y) * a * (1 - a)
        w = [w[i] - rate * slope * x[i] for i in range(2)]
        b = b - rate * slope
"""


def test_a_single_unit_of_plain_numbers_is_a_network(tmp_path: Path) -> None:
    (tmp_path / "gate.py").write_text(GATE)
    assert check_file(tmp_path / "gate.py").verdict is Verdict.CORRECT
    (tmp_path / "gate.py").write_text(GATE.replace("rate * slope * x[i]", "rate * (a - y) * x[i]"))
    (found,) = check_file(tmp_path / "gate.py").mistakes
    assert found.place is not None
    assert (found.id, found.place.line) == ("missing-output-activation-derivative", 8)
    assert found.parameters == ("w[0]", "w[1]")


# Two hidden units share a bias; its gradient is that of the first unit only.
SHARED = """
import math
w = {"w1": 0.15, "w2": 0.25, "w3": 0.4, "w4": 0.45, "b1": 0.35, "b2": 0.6}
x, t = 0.7, 0.2
for epoch in range(50):
    h1 = 1 / (1 + math.exp(-(w["w1"] * x + w["b1"])))
    h2 = 1 / (1 + math.exp(-(w["w2"] * x + w["b1"])))
    o = 1 / (1 + math.exp(-(w["w3"] * h1 + w["w4"] * h2 + w["b2"])))
    cost = 0.5 * (t - o) ** 2
    d = (o - t) * o * (1 - o)
    e1, e2 = d * w["w3"] * h1 * (1 - h1), d * w["w4"] * h2 * (1 - h2)
    gradients = {"w3": d * h1, "w4": d * h2, "b2": d, "w1": e1 * x, "w2": e2 * x, "b1": e1 + e2}
    for key, value in gradients.items():
        w[key] -= 0.5 * value
    print(cost)
"""


def test_a_number_that_two_units_share_needs_the_gradients_of_both(tmp_path: Path) -> None:
    file = write_file(tmp_path / "shared.py", SHARED)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(SHARED.replace("e1 + e2", "e1"))
    assert [one.id for one in check_file(file).mistakes] == ["gradient-of-one-use"]


UNITS_WITH_THRESHOLDS = """\
import math, random
random.seed(3)

class Unit:
    def __init__(self, inputs):
        self.weights = [random.random() for _ in range(inputs)]
        self.threshold = 0.1 * inputs

    def fire(self):
        total = 0
        for value, weight in zip(self.inputs, self.weights):
            total += value * weight
        return 1 / (1 + math.exp(self.threshold - total))

    def slope(self):
        return self.fire() * (1 - self.fire())

hidden, out = [Unit(2), Unit(2), Unit(2)], [Unit(3), Unit(3)]
rows = [([0.1, 0.9], [1.0, 0.0]), ([0.8, 0.3], [0.0, 1.0]), ([0.6, 0.7], [1.0, 1.0])]
for epoch in range(3):
    for inputs, wanted in rows:
        for unit in hidden:
            unit.inputs = inputs
        activations = [unit.fire() for unit in hidden]
        for unit in out:
            unit.inputs = activations
        errors = [(y - unit.fire()) * unit.slope() for unit, y in zip(out, wanted)]
        back = [sum(e * u.weights[k] for e, u in zip(errors, out)) * hidden[k].slope() for k in range(3)]
        for unit, error in zip([*hidden, *out], [*back, *errors]):
            for k in range(len(unit.weights)):
                unit.weights[k] += 0.5 * error * unit.inputs[k]
"""


@pytest.mark.slow
def test_a_threshold_that_no_step_changes_is_not_a_target(tmp_path: Path) -> None:
    """It is taken off in the forward pass, and again for the derivative, and was drawn at random."""
    result = check_file(write_file(tmp_path / "units.py", UNITS_WITH_THRESHOLDS))
    assert result.cost.place.line == 27
    assert result.verdict is Verdict.CORRECT
    wrong = UNITS_WITH_THRESHOLDS.replace("* hidden[k].slope()", "")
    (mistake,) = check_file(write_file(tmp_path / "units.py", wrong)).mistakes
    assert mistake.place.line == 28


LISTS = """
import random
from math import exp
random.seed(1)
rows = [[random.gauss(0, 1) for _ in range(2)] for _ in range(3)]
labels = [1, 0, 1]
W = [[random.uniform(-0.5, 0.5) for _ in range(2)] for _ in range(2)]
v = [random.uniform(-0.5, 0.5) for _ in range(3)]
for epoch in range(4):
    gW = [[0.0] * 2 for _ in range(2)]
    gv = [0.0] * 3
    for x, t in zip(rows, labels):
        h = [1 / (1 + exp(-sum(a * b for a, b in zip(w, x)))) for w in W] + [1.0]
        o = 1 / (1 + exp(-sum(a * b for a, b in zip(v, h))))
        d = o - t
        gv = [g + d * hi for g, hi in zip(gv, h)]
        dh = [o * vi * hi * (1 - hi) for vi, hi in zip(v, h)]
        gW = [[g + dhi * xi for g, xi in zip(gw, x)] for gw, dhi in zip(gW, dh)]
    W = [[w - 0.1 * g for w, g in zip(ws, gs)] for ws, gs in zip(W, gW)]
    v = [a - 0.1 * g for a, g in zip(v, gv)]
"""


def test_an_output_in_the_place_of_its_error_is_not_a_wrong_weight(tmp_path: Path) -> None:
    """The weights of hidden units and of the bias unit are all right; what they are multiplied by is wrong for all."""
    wrong = "dh = [o * vi * hi * (1 - hi) for vi, hi in zip(v, h)]"
    found = check_file(write_file(tmp_path / "net.py", LISTS)).mistakes
    assert [(one.id, one.place.text if one.place else "") for one in found] == [("upstream-gradient-dropped", wrong)]


BY_HAND = """
import math

x1, x2, target = 0.05, 0.1, 0.9
w1, w2, w3 = 0.15, 0.2, 0.4
hidden = 1 / (1 + math.exp(-(w1 * x1 + w2 * x2)))
out = 1 / (1 + math.exp(-w3 * hidden))
print("error", 0.5 * (target - out) ** 2)
delta = (out - target) * out * (1 - out)
below = delta * w3 * hidden * (1 - hidden)
{0}w1{1} = w1 - 0.5 * below * x1
{0}w2{1} = w2 - 0.5 * below * x2
{0}w3{1} = w3 - 0.5 * delta * hidden
print({0}w1{1}, {0}w2{1}, {0}w3{1})
"""


@pytest.mark.every(3)
@pytest.mark.parametrize("around", [("new_", ""), ("", "_new"), ("", "_updated")])
def test_one_update_by_hand_is_judged_by_the_names_of_the_new_weights(tmp_path: Path, around: tuple[str, str]) -> None:
    text = BY_HAND.format(*around)
    assert check_file(write_file(tmp_path / "mine.py", text)).verdict is Verdict.CORRECT
    result = check_file(write_file(tmp_path / "mine.py", text.replace("(1 - hidden)", "hidden")))
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [
        ("missing-output-activation-derivative", 10)
    ]


def test_a_next_state_is_not_an_update(tmp_path: Path) -> None:
    text = "import numpy as np\nx = np.zeros(3)\nx_{} = x + 0.1 * np.tanh(x)\nprint(x_{})\n"
    results = [check_file(write_file(tmp_path / "mine.py", text.format(name, name))) for name in ("new", "later")]
    assert {one.verdict for one in results} == {Verdict.NOT_JUDGED}


ONE_ITEM = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 3))
y = X @ np.array([[1.0], [2.0], [-1.0]]) + 0.5
W, b = np.zeros((3, 1)), np.zeros((1, 1))
for turn in range(9):
    d = 2 * (X @ W + np.float(b) - y) / len(X)
    W -= 0.1 * X.T @ d
    b -= 0.1 * np.sum(d)
"""


def test_an_array_of_one_item_is_a_number_for_the_type_that_numpy_had(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "mine.py", ONE_ITEM)).verdict is Verdict.CORRECT
    result = check_file(write_file(tmp_path / "mine.py", ONE_ITEM.replace("b -= 0.1 * np.sum", "b -= 0.1 * np.mean")))
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("bias-gradient-averaged", 11)]


BIAS_OF_ONE_NUMBER = """\
import numpy as np

np.random.seed(1)
X = np.random.randn(12, 4)
Y = (np.random.rand(12, 2) > 0.5) * 1.0


class Layer:
    def __init__(self, n, m):
        self.W = np.random.randn(n, m) * 0.3
        self.b = BEGIN

    def forward(self, x):
        self.x = x
        return 1 / (1 + np.exp(-(x @ self.W + self.b)))

    def step(self, d, rate):
        back = d @ self.W.T
        self.W += -rate * self.x.T @ d
        self.b += -rate * np.OVER(d, axis=0)
        return back


one, two = Layer(4, 3), Layer(3, 2)
for epoch in range(30):
    h = one.forward(X)
    a = two.forward(h)
    cost = 0.5 * np.sum((a - Y) ** 2)
    d = two.step((a - Y) * a * (1 - a), 0.1) * h * (1 - h)
    one.step(d, 0.1)
"""


@pytest.mark.every(4)
@pytest.mark.parametrize("begin", ["np.random.randn()", "0.0"])
@pytest.mark.parametrize(("over", "mistakes"), [("sum", []), ("mean", ["bias-gradient-averaged"])])
def test_a_bias_may_become_an_array_by_what_is_added_to_it(
    tmp_path: Path, begin: str, over: str, mistakes: list[str]
) -> None:
    path = tmp_path / "net.py"
    path.write_text(BIAS_OF_ONE_NUMBER.replace("BEGIN", begin).replace("OVER", over))
    result = check_file(path)
    assert result.verdict is (Verdict.MISTAKE if mistakes else Verdict.CORRECT)
    assert [one.id for one in result.mistakes] == mistakes


SWAPPED = """\
import numpy as np

X = np.array([[0.5, 1.5], [1.0, 1.0], [1.5, 0.5], [3.0, 0.5], [2.0, 2.0], [1.0, 2.5]])
y = np.array([0, 0, 0, 1, 1, 1])


def gradients(X, y, w, b):
    dw, db = np.zeros(2), 0.0
    for i in range(6):
        error = 1 / (1 + np.exp(-(np.dot(X[i], w) + b))) - y[i]
        dw = dw + error * X[i]
        db = db + error
    return dw / 6, db / 6


w, b = np.zeros(2), 0.0
for turn in range(20):
    dw, db = gradients(X, y, w, b)
    w = w - 0.1 * dw
    b = b - 0.1 * db
"""


@pytest.mark.slow
def test_results_in_the_wrong_order_may_make_an_array_of_a_bias(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "mine.py", SWAPPED)).verdict is Verdict.CORRECT
    text = SWAPPED.replace("dw, db = gradients", "db, dw = gradients")
    result = check_file(write_file(tmp_path / "mine.py", text))
    wrong = "gradient-of-another-parameter"
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [(wrong, 19), (wrong, 20)]
    # of another forward pass, the gradient of the bias is wrong as well
    result = check_file(write_file(tmp_path / "mine.py", text.replace("(np.dot(X[i], w) + b)", "np.dot(X[i], w + b)")))
    found = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert found == [("wrong-value", 12), (wrong, 20)]


WITH_A_PENALTY = """
weights, bias = [Number(random.uniform(-1, 1)) for _ in range(2)], Number(0.1)
points = [(0.3, -0.8, 1.0), (0.9, 0.4, -1.0), (-0.5, 0.7, 0.5)]
for turn in range(5):
    data = Number(0.0)
    for left, right, wanted in points:
        error = (weights[0] * Number(left) + weights[1] * Number(right) + bias).tanh() + Number(-wanted)
        data = data + error * error
    penalty = (weights[0] * weights[0] + weights[1] * weights[1]) * Number(0.1)
    loss = data + penalty
    for one in [*weights, bias]:
        one.slope = 0.0
    loss.differentiate()
    for one in [*weights, bias]:
        one.value -= 0.1 * one.slope
"""


@pytest.mark.slow
def test_the_cost_of_a_graph_of_numbers_is_the_one_that_the_same_line_of_the_program_sums_up(tmp_path: Path) -> None:
    """One line of an operator makes all sums, so its line alone says nothing of which is the cost."""
    engine = ENGINE[: ENGINE.index("def made")].rstrip() + "\n" + WITH_A_PENALTY
    file = write_file(tmp_path / "engine.py", engine)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(engine.replace("    loss.diff", "    (loss if turn == 0 else data).diff"))
    assert check_file(file).verdict is not Verdict.CORRECT


NEURONS = """\
import math, random
random.seed(4)

class Unit:
    rate = 0.05

    def __init__(self, inputs):
        self.weights = [random.uniform(-1, 1) for _ in range(inputs)]

    @staticmethod
    def squash(total):
        return math.tanh(total)

    @staticmethod
    def slope(total):
        return 1 - math.tanh(total) ** 2

    def fire(self, values):
        total = 0
        for number, value in enumerate(values):
            total += value * self.weights[number]
        self.total = total
        self.output = self.squash(total)

    def judge(self, target):
        self.error = self.slope(self.total) * (target - self.output)

    def blame(self, later, place):
        error = 0
        for one in later:
            error += self.slope(self.total) * one.weights[place] * one.error
        self.error = error

    def learn(self, values):
        for number, value in enumerate(values):
            self.weights[number] += self.rate * self.error * value

hidden = [Unit(3) for _ in range(3)]
last = [Unit(3)]
bias = 1
rows = [[bias, 0, 0], [bias, 1, 1], [bias, 0, 1], [bias, 1, 0]]
labels = [1, 1, 0, 0]
wanted = [0]
for epoch in range(500):
    for n in range(len(rows)):
        values = []
        for place in range(3):
            values.insert(place, rows[n][place])
            wanted[0] = labels[n]
        for one in hidden:
            one.fire(values)
        made = [one.output for one in hidden]
        last[0].fire(made)
        last[0].judge(wanted[0])
        for place, one in enumerate(hidden):
            one.blame(last, place)
        last[0].learn(made)
        for one in hidden:
            one.learn(values)
"""


def test_a_slope_that_all_units_of_plain_numbers_take_at_their_outputs_has_its_name(tmp_path: Path) -> None:
    assert check_file(write_file(tmp_path / "right.py", NEURONS)).verdict is Verdict.CORRECT
    wrong = check_file(write_file(tmp_path / "wrong.py", NEURONS.replace("slope(self.total)", "slope(self.output)")))
    assert [(one.id, one.place.line) for one in wrong.mistakes if one.place] == [("derivative-of-activation", 26)]
