"""A judgement that takes too much arithmetic ends without a verdict, at the same place on every machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from harness.alarm import Alarm
from harness.checking import check, choosing, edits, locating, matching, verdict
from harness.checking.alignment import is_beside_line, ratio, samples
from harness.checking.check import check_file
from harness.checking.cost import Form
from harness.checking.matching import decayed_step, with_decay
from harness.checking.replay import Program, TooMuchWork, is_truth, resolve
from harness.checking.result import Reason, Verdict
from harness.recording import record
from harness.recording.graph import Kind, Node, Ref, Stop
from harness.recording.record import record_file
from harness.sandbox import patience


def test_work_is_counted_in_elements_and_ends_a_program() -> None:
    """A product of (2, 3) and (3, 4): 8 results, 6 + 12 operands, and 24 products of numbers, of which 8 count 1"""
    left = Node(id=0, operation="leaf", kind=Kind.DATA, value=np.ones((2, 3)), shape=(2, 3), dtype="<f8")
    right = Node(id=1, operation="leaf", kind=Kind.DATA, value=np.ones((3, 4)), shape=(3, 4), dtype="<f8")
    arguments = (Ref(id=0), Ref(id=1))
    product = Node(id=2, operation="matmul", arguments=arguments, shape=(2, 4), dtype="<f8")
    program = Program([left, right, product], most_work=29)
    program.run([2], {})
    assert program.work == 8 + 6 + 12 + 3
    with pytest.raises(TooMuchWork):
        program.run([2], {})


@pytest.mark.parametrize(("dtype", "expected"), [("|b1", True), ("<f8", False), ("", False)])
def test_a_value_that_is_several_arrays_is_not_a_truth_value(dtype: str, expected: bool) -> None:
    assert is_truth(Node(id=0, operation="frexp", dtype=dtype)) is expected


def test_only_the_gradients_that_are_asked_for_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the weights, x^T g, and not those of the observations"""
    x, g = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[1.0], [10.0], [100.0]])
    data = Node(id=0, operation="leaf", kind=Kind.DATA, value=x, shape=(3, 2), dtype="<f8")
    weights = Node(id=1, operation="leaf", kind=Kind.RANDOM, value=np.ones((2, 1)), shape=(2, 1), dtype="<f8")
    output = Node(id=2, operation="matmul", arguments=(Ref(id=0), Ref(id=1)), shape=(3, 1), dtype="<f8")
    program = Program([data, weights, output])
    values = program.run([2], {})
    products, matmul = [], np.matmul
    monkeypatch.setattr(np, "matmul", lambda *given: products.append(given) or matmul(*given))
    found = program.gradients({2: g}, values, {1, 2})
    assert found[1].tolist() == [[531.0], [642.0]]
    assert len(products) == 1


def test_an_index_of_many_observations_is_taken_as_it_is() -> None:
    numbers = list(range(15_000))
    index = resolve((numbers, Ref(id=0)), {0: np.arange(3)})
    assert index[0] is numbers
    assert index[1].tolist() == [0, 1, 2]
    assert resolve([1, Ref(id=0)], {0: 7.0}) == [1, 7.0]


def test_later_iterations_are_read_under_the_files_own_cost_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one is read under those of the catalogue too."""
    read, costs = choosing.read, []
    monkeypatch.setattr(choosing, "read", lambda stage, cost: costs.append((stage.end, cost.form)) or read(stage, cost))
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "np.random.seed(0)\n"
        "X, y, w = np.random.rand(20, 3), np.random.rand(20, 1), np.random.rand(3, 1)\n"
        "for i in range(5):\n"
        "    error = X @ w - y\n"
        "    loss = np.mean(error ** 2)\n"
        "    w -= 0.1 * X.T @ error / 10\n"
    )
    assert check_file(tmp_path / "mine.py").verdict is Verdict.CORRECT
    first = min(end for end, _ in costs)
    assert {form for end, form in costs if end == first} > {None, Form.SQUARED}
    assert {end for end, _ in costs} > {first}
    assert {form for end, form in costs if end != first} == {None}


def test_a_file_that_takes_too_much_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "MOST_WORK", 1_000)
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "X, y, w = np.random.rand(20, 3), np.random.rand(20, 1), np.random.rand(3, 1)\n"
        "for i in range(5):\n"
        "    w -= 0.1 * X.T @ (X @ w - y)\n"
    )
    result = check_file(tmp_path / "mine.py")
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.TOO_MANY)


BY_POSITIONS = """
import numpy as np
np.random.seed(0)
pictures, labels = np.random.rand(6, 8, 8), np.eye(3)[[0, 1, 2, 0, 1, 2]]
kernel, W = np.random.randn(3, 3), np.random.randn(36, 3)
positions = [(i, j) for i in range(6) for j in range(6)]
for picture, t in zip(pictures, labels):
    z = np.zeros((6, 6))
    for i, j in positions:
        z[i, j] = np.sum(picture[i:i + 3, j:j + 3] * kernel)
    x = z.reshape(-1)
    e = np.exp(x @ W)
    delta = e / e.sum() - t
    W -= 0.01 * np.outer(x, delta)
    back = (W @ delta).reshape(6, 6)
    gradient = np.zeros((3, 3))
    for i, j in positions:
        gradient += back[i, j] * picture[i:i + 3, j:j + 3]
    kernel -= 0.01 * gradient
"""


def test_values_after_the_earliest_that_explains_all_are_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop over positions makes thousands of them; and no line of so long a pass is edited."""
    tried: list[object] = []
    known = locating.local_factor
    monkeypatch.setattr(locating, "local_factor", lambda *given: tried.append(given) or known(*given))
    monkeypatch.setattr(edits, "MOST_EDITED", 10)
    monkeypatch.setattr(edits.EditBench, "mends_if", lambda *_: pytest.fail("a long pass was edited"))
    (tmp_path / "mine.py").write_text(BY_POSITIONS)
    (found,) = check_file(tmp_path / "mine.py").mistakes
    assert (found.id, found.place and found.place.line) == ("updated-weights-in-backward", 15)
    assert len(tried) < 10


def test_a_step_that_no_decay_explains_takes_one_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not one for each axis of the parameter whose ends might be spared."""
    solved, solve = [], np.linalg.lstsq
    monkeypatch.setattr(np.linalg, "lstsq", lambda *given, **options: solved.append(given) or solve(*given, **options))
    rng = np.random.default_rng(1)
    step, gradient, weights = (samples(rng.normal(size=(8, 30, 40))) for _ in range(3))
    assert decayed_step(step, gradient, weights) is None
    assert len(solved) == 1


@pytest.mark.parametrize("scale", [1.0, 1e-9])  # of the gradient: far below the weights, or as large
@pytest.mark.parametrize("spared", ["nothing", "first row", "last column", "rows that do not move"])
def test_decays_that_spare_some_weights_are_left_open(spared: str, scale: float) -> None:
    """``-0.1 gradient / scale - 0.01 weights``, from a part of 9,600 elements"""
    rng = np.random.default_rng(2)
    gradient, weights = scale * rng.normal(size=(8, 30, 40)), rng.normal(size=(8, 30, 40))
    decayed = weights.copy()
    if spared == "first row":
        decayed[:, 0] = 0
    elif spared == "last column":
        decayed[:, :, -1] = 0
    elif spared == "rows that do not move":
        gradient[:, 3:20] = decayed[:, 3:20] = 0
    step = -0.1 / scale * gradient - 0.01 * decayed
    found = decayed_step(samples(step), samples(gradient), samples(weights))
    assert found is not None
    assert (found.factor, found.decay) == pytest.approx((-0.1 / scale, -0.01))


ONE_STEP = """import numpy as np

x, y = np.random.normal(size=(6, 2)), np.random.normal(size=(6, 1))
v, w = np.random.normal(size=(2, 3)), np.random.normal(size=(3, 1))
h = np.tanh(x @ v)
error = h @ w - y
{cost}
dw = h.T @ error / 6
dv = x.T @ (error @ w.T * (1 - h)) / 6
w -= 0.1 * dw
v -= 0.1 * dv
"""


@pytest.mark.parametrize(
    ("cost", "answer"), [("", Verdict.NOT_JUDGED), ("cost = np.mean(error**2) / 2", Verdict.MISTAKE)]
)
def test_no_mistake_rests_on_an_inferred_cost_of_a_run_that_was_cut_off(
    tmp_path: Path, cost: str, answer: Verdict
) -> None:
    (tmp_path / "mine.py").write_text(ONE_STEP.format(cost=cost))
    recording = record_file(tmp_path / "mine.py")
    assert verdict.check_recording(recording).verdict is Verdict.MISTAKE
    cut_off = verdict.check_recording(dataclasses.replace(recording, stop=Stop.NODES))
    assert cut_off.verdict is answer
    assert answer is Verdict.MISTAKE or cut_off.reason is Reason.TOO_MANY


class Rung(BaseException):
    """What another alarm raises."""


@pytest.mark.slow
def test_a_file_whose_judging_takes_too_long_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "endless.py"
    path.write_text("import numpy as np\n")
    record_file(path)  # so that the process that is forked has started, which cannot be interrupted
    path.write_text("import numpy as np\nwhile True:\n    pass\n")
    monkeypatch.setattr(check, "MOST_WAITING", 0.2)
    result = check_file(path, seconds=1)
    assert (result.verdict, result.reason, result.detail) == (Verdict.NOT_JUDGED, Reason.TOO_MANY, "seconds")
    with pytest.raises(Rung), Alarm(Rung).running(0.2):  # which is not replaced
        check_file(path, seconds=60)


def test_a_busy_machine_does_not_end_what_has_not_computed_for_as_long_as_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both clocks have run out at once: that of the recorded run, and that of all that is done with the file"""
    path = tmp_path / "slow.py"
    path.write_text(
        "import numpy as np\nnp.random.seed(1)\nx, t = np.random.randn(9, 3), np.random.randn(9, 1)\n"
        "w = np.random.randn(3, 1)\nfor _ in range(50):\n    y = x @ w\n    print(((y - t) ** 2).sum())\n"
        "    w -= 0.1 * (x.T @ (2 * (y - t)))\n"
    )
    monkeypatch.setattr(check, "MOST_WAITING", 1e-6)
    monkeypatch.setattr(record, "WAITING", 0)
    monkeypatch.setattr(record, "GRACE_SECONDS", 0)
    monkeypatch.setattr(patience, "processor_seconds_below", lambda pid: 0.0)
    monkeypatch.setattr(patience, "LEAST_SHARE", 0.0)
    assert check_file(path).verdict is Verdict.CORRECT


def no_solution(*_: object, **__: object) -> None:
    """Stands for least squares that are not to be computed."""
    raise AssertionError("three items decide")


def test_a_few_items_decide_that_a_value_is_not_made_of_gradient_and_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    gradient, parameter, other = rng.normal(size=(3, 60))
    found = with_decay(-0.3 * gradient - 0.01 * parameter, gradient, parameter)
    assert found is not None
    assert (found.factor, found.decay) == (pytest.approx(-0.3), pytest.approx(-0.01))
    monkeypatch.setattr(np.linalg, "lstsq", no_solution)
    assert with_decay(other, gradient, parameter) is None
    assert with_decay(gradient + 1e-4 * other, gradient, parameter) is None
    with pytest.raises(AssertionError, match="three items decide"):
        with_decay(gradient + 1e-9 * other - parameter, gradient, parameter)


def test_two_items_decide_that_a_value_is_no_multiple_and_never_that_it_is_one() -> None:
    rng = np.random.default_rng(4)
    reference, other = rng.normal(size=(2, 50))
    assert not is_beside_line(3 * reference + 2e-8 * other, reference, 1e-7)
    assert ratio(3 * reference + 2e-8 * other, reference) == pytest.approx(3)
    assert is_beside_line(3 * reference + 1e-4 * other, reference, 1e-7)
    assert ratio(3 * reference + 1e-4 * other, reference) is None
    spoiled, part = 3 * reference, reference.copy()
    spoiled[7] += 1  # an item that is not among the two
    assert not is_beside_line(spoiled, reference, 1e-7)
    assert ratio(spoiled, reference) is None
    part[[50 // 3, -1]] = 0
    assert ratio(-2 * part, part) == pytest.approx(-2)
    part[3] = np.nan
    assert ratio(-2 * part, part) is None


WITH_A_UNIT_THAT_IS_OFF = """import random
random.seed(1)
points = [(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(12)]
w, b, v = [0.4, -0.3, 0.2], [0.5, 0.6, -9.0], [0.3, -0.7, 0.5]
for _ in range(20):
    gw, gb, gv = [0.0] * 3, [0.0] * 3, [0.0] * 3
    for x, t in points:
        h = [max(0.0, w[j] * x + b[j]) for j in range(3)]
        e = v[0] * h[0] + v[1] * h[1] + v[2] * h[2] - t
        for j in range(3):
            d = e * v[j] * (h[j] > 0)
            gw[j] += d * x
            gb[j] += d
            gv[j] += e * h[j]
    for j in range(3):
        w[j] -= 0.1 * (gw[j] + 0.01 * w[j])
        b[j] -= 0.1 * gb[j]
        v[j] -= 0.1 * gv[j]
"""


@pytest.mark.slow
def test_a_unit_that_is_off_may_decay_but_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(WITH_A_UNIT_THAT_IS_OFF)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(WITH_A_UNIT_THAT_IS_OFF.replace("+ 0.01 * w[j]", "- 0.01 * w[j]"))
    assert check_file(path).verdict is not Verdict.CORRECT


def test_what_is_0_everywhere_takes_no_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a unit that is off, whose gradient of the sum over observations is 0 at all settings"""
    values = np.random.default_rng(0).normal(size=(2, 8))
    solved: list[object] = []
    monkeypatch.setattr(matching, "shares_of", lambda *given: solved.append(given))
    assert with_decay(values[0], np.zeros(8), values[1]) is None
    assert with_decay(np.zeros(8), values[0], values[1]) is None
    assert not solved
