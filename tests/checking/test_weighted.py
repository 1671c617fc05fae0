"""Observations that count differently, targets that the network makes itself, rows that are looked up twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import report
from harness.checking.check import check_file
from harness.checking.result import CheckResult, Verdict
from harness.report.checking import cost_words
from tests.network_files import write_file


def checked(folder: Path, text: str) -> CheckResult:
    return check_file(write_file(folder / "mine.py", "import numpy as np\n\nrng = np.random.default_rng(1)\n" + text))


def names(result: CheckResult) -> list[tuple[str, str]]:
    return [(one.id, one.place.text if one.place else "") for one in result.mistakes]


CLASSES = """
X = rng.normal(size=(20, 3))
y = (X[:, :1] > 0.5).astype(float)
weights = np.where(y == 1, 4.0, 1.0)
W, b = rng.normal(size=(3, 4)), np.zeros(4)
V, c = rng.normal(size=(4, 1)), np.zeros(1)
for step in range(5):
    h = np.tanh(X @ W + b)
    p = 1 / (1 + np.exp(-(h @ V + c)))
    d = (p - y) * {weights} / 20
    dh = d @ V.T * {slope}
    V -= 0.1 * h.T @ d
    c -= 0.1 * d.sum(0)
    W -= 0.1 * X.T @ dh
    b -= 0.1 * dh.sum(0)
"""


def test_class_weights_are_a_part_of_the_cost(tmp_path: Path) -> None:
    result = checked(tmp_path, CLASSES.format(weights="weights", slope="(1 - h ** 2)"))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 4
    assert result.cost is not None
    assert result.cost.weights == "weights"
    assert "weighted by weights" in cost_words(result.cost)


def test_a_mistake_beside_class_weights_is_found(tmp_path: Path) -> None:
    result = checked(tmp_path, CLASSES.format(weights="weights", slope="(1 - h)"))
    assert result.verdict is Verdict.MISTAKE
    assert [one.id for one in result.mistakes] == ["wrong-derivative"]
    assert {name for one in result.mistakes for name in one.parameters} == {"W", "b"}


def test_half_of_a_cross_entropy_is_not_a_weighted_one(tmp_path: Path) -> None:
    result = checked(tmp_path, CLASSES.format(weights="(1 - y)", slope="(1 - h ** 2)"))
    assert result.verdict is Verdict.MISTAKE


MASK = """
X = rng.normal(size=(6, 4, 3))
y = rng.integers(0, 3, (6, 4))
mask = (np.arange(4) < np.array([4, 3, 2, 4, 1, 3])[:, None]).astype(float)
W, U, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 3))
for step in range(5):
    hs, ps = [np.zeros((6, 4))], []
    for t in range(4):
        hs.append(np.tanh(X[:, t] @ W + hs[-1] @ U))
        s = np.exp(hs[-1] @ V)
        ps.append(s / s.sum(1, keepdims=True))
    gW, gU, gV = np.zeros_like(W), np.zeros_like(U), np.zeros_like(V)
    behind = np.zeros((6, 4))
    for t in reversed(range(4)):
        d = ps[t].copy()
        d[np.arange(6), y[:, t]] -= 1
        d *= mask[:, t : t + 1] / mask.sum()
        gV += hs[t + 1].T @ d
        dz = (d @ V.T + behind) * (1 - hs[t + 1] ** 2)
        gW += X[:, t].T @ dz
        gU += hs[t].T @ dz
        behind = dz @ U{turned}
    for w, g in ((W, gW), (U, gU), (V, gV)):
        w -= 0.1 * g
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("turned", "verdict"), [(".T", Verdict.CORRECT), ("", Verdict.MISTAKE)])
def test_padding_is_masked_in_the_errors(tmp_path: Path, turned: str, verdict: Verdict) -> None:
    result = checked(tmp_path, MASK.format(turned=turned))
    assert result.verdict is verdict
    if verdict is Verdict.MISTAKE:
        assert [one.id for one in result.mistakes] == ["transposed-weights"]


Q_LEARNING = """
W, b = rng.normal(size=(4, 8)) * 0.3, np.zeros(8)
V, c = rng.normal(size=(8, 2)) * 0.3, np.zeros(2)

def q(s):
    z = s @ W + b
    return z, np.maximum(z, 0), np.maximum(z, 0) @ V + c

s = rng.normal(size=4)
for step in range(20):
    z, h, out = q(s)
    a = int(np.argmax(out))
    after = s * 0.9 + 0.1 * (2 * a - 1) + rng.normal(size=4) * 0.05
    target = -abs(after[0]) + 0.9 * np.max(q(after)[2])
    d = np.zeros(2)
    d[a] = out[a] - target
    dh = V @ d * (z > 0)
    V -= 0.01 * np.outer(h, {delta})
    c -= 0.01 * d
    W -= 0.01 * np.outer(s, dh)
    b -= 0.01 * dh
    s = after
"""


def test_targets_of_q_learning_are_taken_as_given(tmp_path: Path) -> None:
    result = checked(tmp_path, Q_LEARNING.format(delta="d"))
    assert result.verdict is Verdict.CORRECT
    assert {one.name for one in result.parameters} == {"W", "b", "V", "c"}
    assert result.cost is not None
    assert result.cost.held


SIAMESE = """
W, b = rng.normal(size=(4, 3)), np.zeros(3)
one, other = rng.normal(size=(20, 4)), rng.normal(size=(20, 4))
for step in range(5):
    h, k = np.tanh(one @ W + b), np.tanh(other @ W + b)
    d = (h - k) * (1 - h ** 2)
    W -= 0.1 * one.T @ d
    b -= 0.1 * d.sum(0)
"""


def test_a_second_input_is_not_a_target_that_is_taken_as_given(tmp_path: Path) -> None:
    """The gradient lacks what comes through k."""
    assert checked(tmp_path, SIAMESE).verdict is not Verdict.CORRECT


def test_a_mistake_in_q_learning_is_found(tmp_path: Path) -> None:
    result = checked(tmp_path, Q_LEARNING.format(delta="d * d"))
    assert result.verdict is Verdict.MISTAKE
    assert {name for one in result.mistakes for name in one.parameters} == {"V"}


HEADS = """
X = rng.normal(size=(30, 4))
y, t = X[:, :1] * 2 + 1, (X[:, 1:2] > 0) * 1.0
S, A, B = rng.normal(size=(4, 6)), rng.normal(size=(6, 1)), rng.normal(size=(6, 1))
for step in range(5):
    h = np.tanh(X @ S)
    number, share = h @ A, 1 / (1 + np.exp(-h @ B))
    d = 2 * (number - y) / 30
    e = 0.5 * (share - t) / 30
    dh = d @ A.T + {sent_back}
    S -= 0.1 * X.T @ (dh * (1 - h ** 2))
    A -= 0.1 * h.T @ d
    B -= 0.1 * h.T @ e
"""


def test_two_outputs_with_costs_of_two_kinds(tmp_path: Path) -> None:
    result = checked(tmp_path, HEADS.format(sent_back="e @ B.T"))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 3
    assert result.cost is not None
    assert (result.cost.form, result.cost.plus) == ("sum_of_squared_errors", ("binary_crossentropy",))
    assert checked(tmp_path, HEADS.format(sent_back="2 * e @ B.T")).verdict is not Verdict.CORRECT


def test_the_parts_of_a_cost_count_in_the_gradients_as_they_do_in_the_cost(tmp_path: Path) -> None:
    """The line of the part that counts otherwise is wrong, and not the one where the two parts meet."""
    cost = "L = np.mean((number - y) ** 2) - SHARE * np.mean(t * np.log(share) + (1 - t) * np.log(1 - share))"
    text = HEADS.replace("    dh =", f"    {cost}\n    dh =").format(sent_back="e @ B.T")
    assert checked(tmp_path, text.replace("SHARE", "0.5")).verdict is Verdict.CORRECT
    result = checked(tmp_path, text.replace("SHARE", "0.8"))
    assert names(result) == [("gradient-scaled-differently", "e = 0.5 * (share - t) / 30")]
    assert [one.mistakes for one in result.alternatives] == [()]


UNITS = """
x, y = [0.35, 0.9], [0.5, 0.2]
w = [float(one) for one in rng.normal(size=8)]
for step in range(5):
    h = 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1])))
    k = 1 / (1 + np.exp(-(w[2] * x[0] + w[3] * x[1])))
    o = 1 / (1 + np.exp(-(w[4] * h + w[5] * k)))
    p = 1 / (1 + np.exp(-(w[6] * h + w[7] * k)))
    d = (o - y[0]) * o * (1 - o)
    e = (p - y[1]){slope}
    dh = (d * w[4] + e * w[6]) * h * (1 - h)
    dk = (d * w[5] + e * w[7]) * k * (1 - k)
    steps = [dh * x[0], dh * x[1], dk * x[0], dk * x[1], d * h, d * k, e * h, e * k]
    for i in range(8):
        w[i] = w[i] - 0.1 * steps[i]
"""


def test_two_outputs_of_one_activation_have_one_kind_of_cost(tmp_path: Path) -> None:
    assert checked(tmp_path, UNITS.format(slope=" * p * (1 - p)")).verdict is Verdict.CORRECT
    assert checked(tmp_path, UNITS.format(slope="")).verdict is Verdict.MISTAKE


ACTOR = """
A, C = np.zeros((3, 2)), np.zeros(3)
for step in range(20):
    s = rng.normal(size=3)
    e = np.exp(s @ A)
    p = e / e.sum()
    a = rng.choice(2, p=p)
    advantage = (s[0] if a == 0 else -s[0]) - s @ C
    d = -p
    d[a] += 1
    A += 0.1 * advantage * np.outer(s, d)
    C += 0.05 * advantage * s
"""


def test_a_second_network_with_a_cost_of_its_own_is_not_a_bias_that_was_left_out(tmp_path: Path) -> None:
    assert checked(tmp_path, ACTOR).verdict is Verdict.NOT_JUDGED


EMBEDDING = """
docs, y = rng.integers(0, 12, size=(30, 5)), rng.integers(0, 3, size=30)
E, W = rng.normal(size=(12, 4)), rng.normal(size=(4, 3))
for step in range(5):
    h = E[docs].mean(axis=1)
    p = np.exp(h @ W)
    p /= p.sum(1, keepdims=True)
    p[np.arange(30), y] -= 1
    dE = np.zeros_like(E)
    {add}
    W -= 0.1 * h.T @ p
    E -= 0.1 * dE
"""


def test_an_index_that_names_rows_twice(tmp_path: Path) -> None:
    right = checked(tmp_path, EMBEDDING.format(add="np.add.at(dE, docs, (p @ W.T)[:, None, :] / 5)"))
    assert right.verdict is Verdict.CORRECT
    wrong = "dE[docs] += (p @ W.T)[:, None, :] / 5"
    assert names(checked(tmp_path, EMBEDDING.format(add=wrong))) == [("repeated-index", wrong)]


NEGATIVES = """
V, U = rng.normal(size=(9, 4)), rng.normal(size=(9, 4))
drawn = [(0, [1, 2, 3]), (4, [5, 6, 5]), (1, [2, 2, 8]), (3, [3, 4, 5])]
for centre, index in drawn:
    h = V[centre]
    s = 1 / (1 + np.exp(-(U[index] @ h)))
    d = s - np.array([1, 0, 0])
    dh = d @ U[index]
    U[index] -= 0.1 * np.outer(d, h)
    V[centre] -= 0.1 * dh
"""


def test_rows_that_are_named_twice_from_the_second_update_on(tmp_path: Path) -> None:
    assert names(checked(tmp_path, NEGATIVES)) == [("repeated-index", "U[index] -= 0.1 * np.outer(d, h)")]


FACTORS = """
R = rng.integers(1, 6, size=(5, 4)).astype(float)
P, Q = rng.random((5, 3)), rng.random((4, 3))
for i in range(len(R)):
    for j in range(len(R[i])):
        e = R[i][j] - P[i] @ Q[j]
        {kept}
        P[i] += 0.01 * (2 * e * Q[j] - 0.02 * P[i])
        Q[j] += 0.01 * (2 * e * {row} - 0.02 * Q[j])
"""


def test_weight_decay_of_the_rows_that_an_observation_looks_up(tmp_path: Path) -> None:
    assert checked(tmp_path, FACTORS.format(kept="p = P[i].copy()", row="p")).verdict is Verdict.CORRECT
    found = names(checked(tmp_path, FACTORS.format(kept="", row="P[i]")))
    assert found == [("updated-weights-in-backward", "Q[j] += 0.01 * (2 * e * P[i] - 0.02 * Q[j])")]


MARGIN = """
X = rng.normal(size=(50, 3))
y = np.where(X[:, 0] + X[:, 1] > 0, 1, -1)
w, b = rng.normal(size=3), 0.0
for x_i, y_i in zip(X, y):
    if y_i * (x_i @ w - b) >= 1:
        w -= 0.01 * (2 * 0.01 * w)
    else:
        w -= 0.01 * (2 * 0.01 * w - x_i * y_i)
        b -= 0.01 * y_i
"""


def test_a_margin_that_a_branch_looks_at_is_that_of_the_hinge_loss(tmp_path: Path) -> None:
    result = checked(tmp_path, MARGIN)
    assert result.verdict is Verdict.CORRECT
    assert result.cost is not None
    assert result.cost.form == "hinge"
    turned = checked(tmp_path, MARGIN.replace("b -= 0.01", "b += 0.01"))
    assert names(turned) == [("gradient-ascent", "b += 0.01 * y_i")]


PUSHED = """
X = rng.random((20, 2))
Y = (X.sum(1, keepdims=True) > 1) * 1.0
W, b, V, c = rng.normal(size=(2, 3)), np.zeros((1, 3)), rng.normal(size=(3, 1)), np.zeros((1, 1))
vW, vb, vV, vc = np.zeros_like(W), np.zeros_like(b), np.zeros_like(V), np.zeros_like(c)
for step in range(9):
    W += 0.9 * vW
    V += 0.9 * vV
    h = 1 / (1 + np.exp(-(X @ W + b)))
    o = 1 / (1 + np.exp(-(h @ V + c)))
    d = (o - Y) * o * (1 - o) / 20
    e = (d @ V.T) * h * (1 - h)
    vV, vc = 0.9 * vV - 0.05 * h.T @ d, 0.9 * vc - 0.05 * d.sum(0, keepdims=True)
    vW, vb = 0.9 * vW - 0.05 * X.T @ e, 0.9 * vb - 0.05 * e.sum(0, keepdims=True)
    W += vW
    b += vb
    V += vV
    c += vc
"""


def test_a_smaller_step_than_that_of_the_others_does_not_lack_a_learning_rate(tmp_path: Path) -> None:
    """The weights are pushed ahead by a share of their velocity, 1.9 times as far as the biases."""
    assert "learning-rate-missing" not in {one.id for one in checked(tmp_path, PUSHED).mistakes}


# The words beside a word are outputs of 1, drawn ones are outputs of 0: nothing is subtracted from those.
SAMPLES = """
import numpy as np
rng = np.random.default_rng(3)
inner, outer = rng.normal(0, 0.3, (9, 4)), rng.normal(0, 0.3, (9, 4))

def squash(z):
    return 1 / (1 + np.exp(-z))

for word in [1, 5, 2, 7, 4, 0]:
    beside, drawn = (word + 1) % 9, [(word + 3) % 9, (word + 6) % 9, (word + 5) % 9]
    v = inner[word]
    near, far = squash(v @ outer[beside]) - 1, squash(outer[drawn] @ v)
    back = near * outer[beside] + far @ outer[drawn]
    outer[beside] -= 0.1 * near * v
    for one, error in zip(drawn, far):
        outer[one] -= 0.1 * error * v
    inner[word] -= 0.1 * back
"""


def test_outputs_whose_target_is_0_are_errors_beside_those_that_are_compared_with_1(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SAMPLES)
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.CORRECT, report.text(result)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("near * outer[beside] + far @", "near * outer[beside] - far @"),
        ("outer[one] -= 0.1 * error * v", "outer[one] -= 0.1 * error * outer[one]"),
        ("back = near * outer[beside] + far @ outer[drawn]", "back = near * outer[beside]"),
    ],
    ids=["negated", "other factor", "left out"],
)
def test_slips_beside_outputs_whose_target_is_0_are_not_right(tmp_path: Path, old: str, new: str) -> None:
    assert SAMPLES.count(old) == 1
    (tmp_path / "mine.py").write_text(SAMPLES.replace(old, new))
    result = check_file(tmp_path / "mine.py")
    assert result.verdict is Verdict.MISTAKE
    if new.count("- far"):
        assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("wrong-sign", 13)]


PRINTED_AT_TIMES = """
X = rng.normal(size=(20, 4))
price = X[:, :1] - X[:, 1:2]
kinds = np.eye(3)[rng.integers(0, 3, 20)]
W, V, U = (0.5 * rng.normal(size=shape) for shape in ((4, 5), (5, 1), (5, 3)))
for step in range(9):
    h = np.tanh(X @ W)
    guess = h @ V
    e = np.exp(h @ U)
    p = e / e.sum(axis=1, keepdims=True)
    if step % 4 == 0:
        loss = 0.4 * ((guess - price) ** 2).mean() - 0.6 * (kinds * np.log(p)).sum(axis=1).mean()
        print(loss)
    of_guess = 0.8 * (guess - price) / 20
    of_p = 0.6 * (p - kinds) / 20
    back = of_guess @ V.T + {through}
    V -= 0.1 * h.T @ of_guess
    U -= 0.1 * h.T @ of_p
    W -= 0.1 * X.T @ (back * (1 - h ** 2))
"""


def test_a_cost_of_two_kinds_that_is_computed_in_some_iterations_only(tmp_path: Path) -> None:
    result = checked(tmp_path, PRINTED_AT_TIMES.format(through="of_p @ U.T"))
    assert result.verdict is Verdict.CORRECT
    assert len(result.parameters) == 3


def test_values_of_an_earlier_iteration_are_found_if_the_cost_is_not_computed_later(tmp_path: Path) -> None:
    stale = PRINTED_AT_TIMES.format(through="of_p @ U.T").replace(
        "    h = np", "    first = U.copy() if step == 0 else first\n    h = np"
    )
    result = checked(tmp_path, stale.replace("of_p @ U.T", "of_p @ first.T"))
    assert result.verdict is Verdict.MISTAKE
