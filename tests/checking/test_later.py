"""Files that train several networks: the later ones are judged too, or the answer is not "correct"."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking import later, verdict
from harness.checking.check import check_file
from harness.checking.result import CheckResult, Reason, Verdict
from harness.checking.sources import Sources
from harness.recording.record import record_file

from ..benchmarks.check_accuracy import BENCHES, cases, write_case

FIRST = """\
import numpy as np

np.random.seed(1)
X = np.random.randn(20, 2)
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)
rate = 0.5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backward(a, V):
    return X.T @ (a - Y) / 20


V = np.random.randn(2, 1)
for i in range(8):
    V = V - rate * backward(sigmoid(X @ V), V)
"""
SECOND = """

def backward_deep(acts, weights):
    d = acts[-1] - Y
    for k in reversed(range(len(weights))):
        back = d @ weights[k].T * acts[k] * (1 - acts[k])
        weights[k] = weights[k] - rate * acts[k].T @ d / 20
        d = back


def train_deep(weights):
    for i in range(9):
        acts = [X]
        for W in weights:
            acts.append(sigmoid(acts[-1] @ W))
        backward_deep(acts, weights)


print(sigmoid(X @ V))
weights = [np.random.randn(2, 4), np.random.randn(4, 1)]
"""
CALL = "train_deep(weights)\n"
RIGHT = FIRST + SECOND + CALL


@pytest.fixture
def checked(tmp_path: Path):
    """What is said of a file with this text."""

    def check(text: str) -> CheckResult:
        path = tmp_path / "net.py"
        path.write_text(text)
        return check_file(path)

    return check


def test_both_networks_are_right(checked) -> None:
    result = checked(RIGHT)
    assert result.verdict is Verdict.CORRECT
    assert [one.name for one in result.parameters] == ["V", "weights[1]", "weights[0]"]
    assert not result.notes


def test_a_mistake_of_the_second_network_is_found(checked) -> None:
    old = RIGHT.splitlines(keepends=True)
    (number,) = [number for number, line in enumerate(old) if "back = d @" in line]
    old[number], old[number + 1] = old[number + 1], old[number]
    (found,) = checked("".join(old)).mistakes
    assert found.id == "updated-weights-in-backward"
    assert found.place is not None
    assert found.place.line == number + 2


def test_a_second_network_that_cannot_be_judged_is_not_passed_over(checked) -> None:
    result = checked(RIGHT.replace("d = acts[-1] - Y", "d = acts[-1] ** 3 - 0.2"))
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.NETWORKS_LEFT)
    assert result.detail == "backward_deep"


def test_a_network_that_nothing_trains_is_a_remark(checked) -> None:
    result = checked(FIRST + SECOND)
    assert result.verdict is Verdict.CORRECT
    assert ("did-not-run", None, "backward_deep") in result.notes


NETWORK = """\
import numpy as np

np.random.seed(1)
X = np.random.randn(20, 2)
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


class Net:
    def __init__(self, sizes, kind):
        self.kind = kind
        self.W = [np.random.randn(a, b) for a, b in zip(sizes, sizes[1:])]
        self.V = [0 * W for W in self.W]

    def act(self, z, slope=False):
        if self.kind == "tanh":
            return 1 - np.tanh(z) ** 2 if slope else np.tanh(z)
        if slope:
            return np.where(z > 0, 1, 0)
        return np.maximum(z, 0)

    def step(self, k, g, momentum):
        if momentum:
            self.V[k] = momentum * self.V[k] + g
            self.W[k] = self.W[k] - 0.1 * self.V[k]
        else:
            self.W[k] = self.W[k] - 0.1 * g

    def train(self, epochs, momentum=0):
        for epoch in range(epochs):
            a, z = [X], []
            for W in self.W:
                z.append(a[-1] @ W)
                a.append(self.act(z[-1]))
            a[-1] = z[-1]
            d = (a[-1] - Y) / 20
            gradients = []
            for k in reversed(range(len(self.W))):
                gradients.insert(0, a[k].T @ d)
                if k > 0:
                    d = d @ self.W[k].T * self.act(z[k - 1], slope=True)
            for k, g in enumerate(gradients):
                self.step(k, g, momentum)
        return np.mean((a[-1] - Y) ** 2)


"""
WRONG_SLOPE = ("np.where(z > 0, 1, 0)", "np.where(z > 0, 1, 1)")
OTHER_ACTIVATION = 'Net([2, 4, 1], "tanh").train(6)\nnet = Net([2, 4, 1], "relu")\nprint(net.train(6))\n'
OTHER_OPTIMIZER = 'net = Net([2, 4, 1], "tanh")\nnet.train(6)\nnet.train(6, momentum=0.9)\n'
IN_A_LOOP = 'for kind in ["tanh", "relu"]:\n    print(Net([2, 4, 1], kind).train(6))\n'
LONG_FIRST = 'Net([2, 4, 1], "tanh").train(10**9)\nNet([2, 4, 1], "relu").train(6)\n'


@pytest.mark.every(2)
@pytest.mark.parametrize("calls", [OTHER_ACTIVATION, IN_A_LOOP, LONG_FIRST])
def test_a_mistake_on_another_way_through_the_same_code_is_found(checked, calls: str) -> None:
    assert checked(NETWORK + calls).verdict is Verdict.CORRECT
    result = checked(NETWORK.replace(*WRONG_SLOPE) + calls)
    assert [one.place and one.place.line for one in result.mistakes] == [18]


RAISING = {
    "on a line of the first": ('[2, 4, 1], "relu"', '[3, 4, 1], "relu"', 32),
    "in what it calls": ("np.maximum(z, 0)", "np.maximum(z, zero)", 19),
}


@pytest.mark.every(2)
@pytest.mark.parametrize("why", RAISING)
def test_an_exception_in_a_later_training_is_a_mistake(checked, why: str) -> None:
    old, new, line = RAISING[why]
    result = checked((NETWORK + OTHER_ACTIVATION).replace(old, new))
    assert [(one.id, one.place and one.place.line) for one in result.mistakes] == [("exception", line)]


def test_an_exception_after_the_trainings_leaves_the_verdict(checked) -> None:
    result = checked(NETWORK + OTHER_ACTIVATION + "print(net.W[5])\n")
    assert result.verdict is Verdict.CORRECT


@pytest.mark.slow
def test_a_network_that_is_trained_on_with_another_optimizer_is_judged(checked) -> None:
    result = checked(NETWORK + OTHER_OPTIMIZER)
    assert (result.verdict, len(result.parameters)) == (Verdict.CORRECT, 2)
    wrong = NETWORK.replace("self.W[k] - 0.1 * self.V[k]", "self.W[k] + 0.1 * self.V[k]") + OTHER_OPTIMIZER
    result = checked(wrong)
    assert (result.reason, result.detail) == (Reason.NETWORKS_LEFT, "Net.step")


def test_another_way_through_the_same_code_that_cannot_be_judged_is_not_passed_over(checked) -> None:
    result = checked(NETWORK.replace("np.where(z > 0, 1, 0)", "np.sort(np.where(z > 0, z, 1))") + OTHER_ACTIVATION)
    assert result.verdict is not Verdict.CORRECT


def test_a_second_loop_of_a_script_is_judged(checked) -> None:
    loop = "U = np.random.randn(2, 1)\nfor i in range(8):\n    U = U - rate * X.T @ (sigmoid(X @ U) - Y)\n"
    assert checked(FIRST + loop).verdict is Verdict.CORRECT
    result = checked(FIRST + loop.replace("sigmoid(X @ U) - Y", "sigmoid(X @ U) + Y"))
    assert result.verdict is Verdict.MISTAKE


def test_the_rest_of_the_function_that_trains_is_no_further_training(tmp_path: Path, monkeypatch) -> None:
    """Its second loop updates too, and was recorded with the first."""
    starts = []
    monkeypatch.setattr(later, "recorded_from", lambda start, loops, record: starts.append(start) or record(start))
    case = next(one for one in cases(BENCHES["second"]) if one.id == "per_observation/neuron_loops")
    assert check_file(write_case(case, tmp_path)).verdict is Verdict.CORRECT
    assert starts == []


@pytest.mark.slow
def test_later_trainings_share_the_work_of_one_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text(RIGHT)
    for most_work, reason in ((600_000, None), (200_000, Reason.NETWORKS_LEFT)):
        monkeypatch.setattr(verdict, "MOST_WORK", most_work)
        assert check_file(tmp_path / "net.py").reason is reason


LAZY = """
import numpy as np
np.random.seed(1)
class Net:
    W = None
    def step(self, x, y):
        if self.W is None:
            self.W, self.v = np.random.randn(x.shape[1], 1), np.zeros((x.shape[1], 1))
        self.v = 0.9 * self.v - 0.1 * x.T @ (x @ self.W - y) / len(x)
        self.W += self.v
X, Y, net = np.random.randn(20, 2), np.random.randn(20, 1), Net()
for epoch in range(30):
    order = np.random.permutation(20)
    for first in range(0, 20, 5):
        rows = order[first:first + 5]
        net.step(X[rows], Y[rows])
"""


def test_a_loop_over_epochs_whose_first_turn_makes_the_network_is_one_training(checked) -> None:
    assert checked(LAZY).verdict is Verdict.CORRECT


def test_a_recording_begins_at_no_line_twice(tmp_path: Path) -> None:
    """What could not be recorded from a line on is passed over for what comes after the loops around it."""
    path = tmp_path / "net.py"
    path.write_text(RIGHT + CALL)
    recording = record_file(path)
    sources = Sources({"net.py": path.read_text()})
    first = later.next_start(recording, sources, ["backward_deep"], set())
    assert first is not None
    assert later.next_start(recording, sources, ["backward_deep"], {first[0]}) is None


DEEP = """\
import numpy as np


def forward(X, weights):
    kept = [X]
    for W in weights:
        kept.append(1 / (1 + np.exp(-kept[-1] @ W)))
    return kept


def backward(kept, weights, Y):
    delta = (kept[-1] - Y) / len(Y)
    gradients = {"dW%d" % (len(weights) - 1): kept[-2].T @ delta}
    for k in reversed(range(len(weights) - 1)):
        delta = delta @ weights[k + 1].T * kept[k + 1] * (1 - kept[k + 1])
        gradients["dW%d" % k] = kept[k].T @ delta
    return gradients


def fit(X, Y, shape, rounds):
    weights = [np.random.randn(a, b) for a, b in zip(shape[:-1], shape[1:])]
    for i in range(rounds):
        kept = forward(X, weights)
        gradients = backward(kept, weights, Y)
        for k in range(len(weights)):
            weights[k] = weights[k] - 0.5 * gradients["dW%d" % k]
    return weights
"""
STUDY = """\
import numpy as np
from deep import fit

table = np.loadtxt("measured.csv", delimiter=",")
X, Y = table[:, :-1], (table[:, -1:] > 0).astype(float)
for hidden in ([], [5], [5, 4]):
    fit(X, Y, [X.shape[1], *hidden, 1], 50)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [('"dW%d" % k] = kept', '"dW" + k] = kept', 16), ("weights[k + 1].T *", "weights[k + 2].T *", 15)],
)
def test_a_deeper_network_of_the_script_that_uses_a_file_is_judged_too(
    tmp_path: Path, old: str, new: str, line: int
) -> None:
    (tmp_path / "study.py").write_text(STUDY)
    path = tmp_path / "deep.py"
    path.write_text(DEEP)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(DEEP.replace(old, new))
    result = check_file(path)
    assert result.verdict is not Verdict.CORRECT
    assert f"deep.py:{line}" in [f"{one.file}:{one.line}" for one in result.traceback]
    named = [(one.id, one.place and one.place.line) for one in result.mistakes]
    assert named == ([("exception", line)] if "+ 2" not in new else [])


FOLDS = """\
import numpy as np

np.random.seed(1)
X = np.random.randn(24, 2)
Y = np.stack([X[:, 0] * X[:, 1], X[:, 0]], axis=1)


def run(sizes, epochs):
    best = []
    for fold in range(4):
        W, V = np.random.randn(2, sizes[0]), np.random.randn(sizes[0], sizes[1])
        for epoch in range(epochs):
            h = np.tanh(X @ W)
            d = (h @ V - Y[:, : sizes[1]]) / 24
            back = np.zeros_like(h)
            for unit in range(sizes[1]):
                back += np.outer(d[:, unit], V[:, unit])
            V -= 0.1 * h.T @ d
            W -= 0.1 * X.T @ (back * (1 - h * h))
        best.append(np.abs(d).max())
    print(min(best))


def main():
    run([3, 1], 1_000_000)
    run([5, 1], 1_000_000)
    run([3, 2], 1_000_000)


main()
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(("sign", "lines"), [("+=", []), ("=", [17])])
def test_the_third_training_by_one_function_is_judged_if_each_needs_the_result_of_its_loops(
    checked, sign: str, lines: list[int]
) -> None:
    """Only the third network has several outputs, and only there their errors have to be added up."""
    result = checked(FOLDS.replace("back += ", f"back {sign} "))
    assert [one.place.line for one in result.mistakes if one.place] == lines
    assert result.verdict is (Verdict.MISTAKE if lines else Verdict.CORRECT)
