"""How answers of a check read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import check
from harness.checking.mistakes import UNNAMED
from harness.checking.result import (
    UNKNOWN,
    Agreement,
    AssumedCost,
    CheckResult,
    Found,
    GradientResult,
    Kind,
    PairKind,
    PairResult,
    Quantity,
    Reason,
    Verdict,
)
from harness.recording.graph import Counted, Place, Reduction
from harness.report import checking
from harness.report.unjudged import missing_text
from tests.network_files import write_file

PLACE = Place(file="a.py", line=9, function="", variable="loss", text="loss = np.mean((y - a) ** 2)")
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "class_network.py"


def test_the_example_of_the_tutorial_is_correct_once_it_is_mended_as_the_tutorial_says(tmp_path: Path) -> None:
    text = EXAMPLE.read_text().replace("* (1 - self.layer1)", "* self.layer1 * (1 - self.layer1)")
    (tmp_path / "mended.py").write_text(text)
    result = check(tmp_path / "mended.py")
    assert result.verdict is Verdict.CORRECT
    assert "the updates of both parameters agree with the gradient of the cost" in checking.headline(result)


@pytest.mark.parametrize(
    ("reason", "detail", "words"),
    [
        (Reason.STOPPED, "seconds", "complete (the time limit was reached)."),
        (Reason.RAISED, "ValueError: (784,128) (128,1) ", "trained (ValueError: (784,128) (128,1))."),
    ],
)
def test_why_a_file_was_not_judged_is_one_sentence(reason: Reason, detail: str, words: str) -> None:
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=reason, detail=detail)
    assert dict(checking.lines(result))["Why"].endswith(words)


@pytest.mark.parametrize(
    ("kind", "start"), [("file", "Put iris.csv in its place: its data were made up. If"), ("module", "Repair it")]
)
def test_a_file_that_fails_on_made_up_data_is_not_said_to_need_repair_first(kind: str, start: str) -> None:
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=Reason.RAISED, stand_ins=((kind, "iris.csv"),))
    assert dict(checking.lines(result))["What to do"].startswith(start)


@pytest.mark.parametrize(
    ("names", "start"),
    [
        (("x.csv", "y.csv"), "Put x.csv and y.csv in their place: their data were made up."),
        (tuple("abcde"), "Put a, b, c and others in their place"),
    ],
)
def test_all_files_that_were_made_up_are_named_where_any_of_them_may_be_the_reason(
    names: tuple[str, ...], start: str
) -> None:
    stand_ins = tuple(("file", name) for name in names)
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=Reason.RAISED, stand_ins=stand_ins)
    assert dict(checking.lines(result))["What to do"].startswith(start)


@pytest.mark.parametrize("reason", [Reason.NOT_DRIVEN, Reason.NO_PARAMETERS])
@pytest.mark.parametrize("call", ["net = Netz(3)", ""])
def test_a_proposed_call_takes_the_place_of_the_general_one(call: str, reason: Reason) -> None:
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=reason, suggestion=call)
    hint = dict(checking.lines(result))["What to do"]
    assert hint.endswith('Say how it trains: --run "net = Netz(3)"') == bool(call)
    assert ("at the end of the file" in hint) == (not call)
    assert "Network(" not in hint
    assert "not written yet" in hint  # as in a file that only goes forward


@pytest.mark.parametrize(("module", "is_asked"), [("keras", True), ("tensorflow.keras", True), ("dill", False)])
def test_the_command_for_a_keras_script_is_named(module: str, is_asked: bool) -> None:
    stand_ins = (("module", module),)
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=Reason.NO_COST, stand_ins=stand_ins)
    hint = dict(checking.lines(result))["What to do"]
    assert ("run harness diagnose a.py instead" in hint) == is_asked
    assert "Compute the cost in the file" in hint  # the data alone may be Keras'


@pytest.mark.parametrize(("form", "is_computed"), [("", True), ("sum_of_squared_errors", False)])
def test_nobody_is_asked_to_compute_a_cost_that_the_file_computes(form: str, is_computed: bool) -> None:
    cost = AssumedCost(form=form, place=PLACE, variable="loss")
    result = CheckResult(
        file="a.py", verdict=Verdict.NOT_JUDGED, reason=Reason.NO_COST_FITS, cost=cost, suggestion="net.train(X, y)"
    )
    entries = dict(checking.lines(result))
    assert ("the cost that the file computes" in entries["Why"]) == is_computed
    assert ("Compute the cost in the file" in entries["What to do"]) == (not is_computed)
    assert "--run" not in entries["What to do"]  # the file was run; a call would not help


@pytest.mark.parametrize(
    ("failures", "shown"),
    [
        (
            [("train(X)", "ValueError: 1"), ("train(V)", "ValueError: 1"), ("train(Y)", ""), ("train(Z)", "TypeError")],
            ["train(X)  ->  ValueError: 1", "train(Z)  ->  TypeError"],
        ),
        ([("Net(7)", "TypeError:\n2")] * 2, ["Net(7)  ->  TypeError: 2"]),
        ([("Net(7)", "TypeError"), ("Net(5)", "TypeError")], ["Net(7)  ->  TypeError (so did all other calls)"]),
    ],
)
def test_calls_that_were_tried_are_shown_once_a_reason(failures: list[tuple[str, str]], shown: list[str]) -> None:
    reason = Reason.NOT_DRIVEN
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, reason=reason, failures=tuple(failures))
    assert [words for heading, words in checking.lines(result) if heading == "Tried"] == shown


def test_the_calls_that_are_shown_are_those_of_the_layer_that_is_wrong() -> None:
    calls = {"Linear": ("a = Linear(7, 5)", "a.backward(d)"), "Loss": ("b = Loss()", "b.backward(c)")}
    agreements = {"Linear": Agreement.AGREES, "Loss": Agreement.DIFFERS}
    pairs = tuple(
        PairResult(
            kind=PairKind.LAYER,
            name=name,
            line=1,
            gradients=(GradientResult(name="d", of="x", agreement=agreements[name]),),
            calls=calls[name],
        )
        for name in calls
    )
    all_calls = (*calls["Linear"], *calls["Loss"])
    wrong = CheckResult(file="a.py", verdict=Verdict.MISTAKE, pairs=pairs, calls=all_calls)
    right = CheckResult(file="a.py", verdict=Verdict.CORRECT, pairs=pairs[:1], calls=all_calls)
    assert [checking.shown_calls(one) for one in (wrong, right)] == [calls["Loss"], all_calls]


def test_parameters_of_one_name_are_counted() -> None:
    found = Found(id="transposed-weights", place=PLACE, parameters=("self.w", "self.b", "self.w"))
    assert dict(checking.mistake_lines(found))["Affects"] == "self.w (2 of this name), self.b"


@pytest.mark.parametrize(("kind", "end"), [(Kind.NOTHING, "should be 0"), (Kind.GRADIENT, "times a constant")])
def test_zero_times_a_constant_is_said_as_zero(kind: Kind, end: str) -> None:
    found = Found(
        id="wrong-value",
        place=PLACE,
        variable="V",
        got=Quantity(kind=Kind.GRADIENT, name="W"),
        expected=Quantity(kind=kind, name="" if kind is Kind.NOTHING else "V"),
    )
    assert dict(checking.mistake_lines(found))["Value"].endswith(end)


def test_the_other_lines_of_a_mistake_are_shown_with_their_code_and_its_own_line_is_not() -> None:
    own = Place(file="net.py", line=9, text="d = e * slope(h)")
    again = Place(file="net.py", line=9, function="Net.backward", text="d = e * slope(h)")
    near = Place(file="net.py", line=3, text="return h * h")
    elsewhere = Place(file="layers.py", line=5, text="return 1 - h")
    found = Found(id="wrong-derivative", place=own, others=(again, near, elsewhere))
    assert checking.mistake_lines(found)[:3] == [
        ("Line", "net.py, line 9:  d = e * slope(h)"),
        ("See also", "line 3:  return h * h"),
        ("", "layers.py, line 5:  return 1 - h"),
    ]


TURNED = """
import numpy as np

def train(x, y):
    w = np.random.default_rng(0).normal(size=(3, x.shape[0])) * 0.1
    for step in range(20):
        a = w @ x
        cost = np.sum((a - y) ** 2)
        w -= 0.01 * (3 * (a - y) + a) @ x.T
"""


def test_what_the_lines_that_train_hand_over_is_called_by_what_it_is_made_of(tmp_path: Path) -> None:
    result = check(write_file(tmp_path / "mine.py", TURNED), run="net = train(X.T, Y.T)")
    assert [*result.sizes] == ["X", "Y"]
    assert [one.expected and one.expected.name for one in result.mistakes] == ["a - Y"]


def test_an_exception_shows_each_line_once_and_what_was_run_by_no_made_up_file() -> None:
    own = Place(file="net.py", line=9, function="train", variable="", text="self.w += numpy.dot(a, b)")
    run = Place(file="<run>", line=3, function="<module>", variable="", text="net.train(X, Y)")
    result = CheckResult(
        file="net.py",
        verdict=Verdict.MISTAKE,
        mistakes=(Found(id="exception", place=own, others=(run,)),),
        traceback=(run, own),
        exception="NameError: name 'numpy' is not defined",
    )
    assert [words for heading, words in checking.lines(result) if heading in ("See also", "")] == [
        "the call that was run:  net.train(X, Y)",
        "net.py, line 9, in train:  self.w += numpy.dot(a, b)",
    ]


def test_names_of_an_older_numpy_are_not_called_imports() -> None:
    stand_ins = (("module", "numpy.asfarray"), ("module", "dill"), ("file", "a.csv"))
    result = CheckResult(file="a.py", verdict=Verdict.NOT_JUDGED, stand_ins=stand_ins)
    assert dict(checking.lines(result))["Stand-ins"] == (
        "numpy.asfarray (not in this version of NumPy), dill (an import that was not loaded), a.csv (a missing file)"
    )


def test_values_that_are_missing_are_named_together() -> None:
    assert missing_text(("the value of df", "the value of y", "the value of x")) == "the values of df, y and x"
    assert missing_text(("the file a.csv", "the value of y")) == "the file a.csv and the value of y"
    mixed = ("the value of x", "the file a.csv", "the value of y")
    assert missing_text(mixed) == "the file a.csv and the values of x and y"


def test_two_mistakes_of_one_kind_are_explained_once() -> None:
    first, second = (
        Found(id="transposed-weights", place=Place(file="net.py", line=line, function="", variable="", text=""))
        for line in (7, 9)
    )
    result = CheckResult(file="net.py", verdict=Verdict.MISTAKE, mistakes=(first, second))
    assert [heading for heading, _ in checking.lines(result)] == ["Line", "Mistake", "To fix it", "Line"]


ROWS_OF_A_PACKAGE = """
import numpy as np
import sheets_of_nobody

table = sheets_of_nobody.open("rows.sheet").pages[0]
X, Y = np.zeros((40, 2)), np.zeros((40, 1))
for i in range(40):
    X[i, 0] = table.cell(i, 0).value
    Y[i, 0] = table.cell(i, 2).value
w = np.random.normal(size=(2, 1))
for _ in range(30):
    w -= 0.01 * X.T @ (X @ w - Y)
"""


def test_what_a_missing_package_would_read_asks_for_the_package_and_not_for_a_seed(tmp_path: Path) -> None:
    result = check(write_file(tmp_path / "net.py", ROWS_OF_A_PACKAGE))
    assert result.reason is Reason.MISSING_MODULE
    advice = "Install sheets_of_nobody, or run the part that trains with --run."
    assert dict(checking.lines(result))["What to do"] == advice


def test_a_derivative_that_is_a_constant_is_called_one() -> None:
    place = Place(file="net.py", line=7, text="return 1. * (a >= 0)")
    found = Found(id="wrong-derivative", place=place, detail="linear")
    words = dict(checking.lines(CheckResult(file="net.py", verdict=Verdict.MISTAKE, mistakes=(found,))))
    assert words["To fix it"].startswith("It is the same for every value here, as without an activation. sigmoid' = ")


def test_what_was_made_smaller_and_which_limit_was_reached_are_said_in_words() -> None:
    reductions = (
        Reduction(what=Counted.OBSERVATIONS, number=50_000, made=50),
        Reduction(what=Counted.SIZES, number=128, made=6),
        Reduction(what=Counted.OBSERVATIONS, number=None, made=12),
    )
    result = CheckResult(
        file="a.py",
        verdict=Verdict.NOT_JUDGED,
        reason=Reason.TOO_MANY,
        detail="seconds",
        stand_ins=(("dataset", "load_iris"),),
        reductions=reductions,
    )
    words = dict(checking.lines(result))
    expected = (
        "50 in place of 50,000 observations, 6 in place of 128 units, steps or observations, 12 of the observations"
    )
    assert words["Stand-ins"] == f"{expected}, load_iris (a data set)"
    assert result.to_dict()["reductions"][0] == {"what": "observations", "number": 50_000, "made": 50}
    assert words["Why"].endswith("with other numbers (the time limit was reached).")


def test_a_wrong_value_of_another_shape_than_the_gradient_is_said_with_both() -> None:
    expected = Quantity(kind=Kind.GRADIENT, name="b", shape=(3,))
    found = Found(id=UNNAMED, place=None, variable="db", shape=(8, 3), got=UNKNOWN, expected=expected)
    words = checking.value_words(found)
    assert (
        words
        == "db (8, 3) is not a gradient of the cost; it should be dC/d(b), of shape (3,), or that times a constant"
    )
    same = replace(found, shape=(3,))
    assert "of shape" not in checking.value_words(same)
