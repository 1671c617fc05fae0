"""Points by a rubric, from results that are written down here."""

from __future__ import annotations

import pytest

from harness.checking.result import CheckResult, Found, ParameterFacts, Reason, Verdict
from harness.errors import BadInput
from harness.grading.result import Grading, HandInKind, HandInResult, Status, TestOutcome, TestResult
from harness.grading.rubric import Criterion, Rubric, awards_of, biases_of, is_bias, quantities_of, read_rubric
from harness.report.grading import award_text, summary

RUBRIC = """
file = "net.py"
[[criteria]]
name = "weights"
quantities = ["kernels"]
points = 6
partial = 0.5
[[criteria]]
name = "biases"
quantities = "biases"
points = 4
[mistakes]
"wrong-sign" = 0.75
[tests]
points = 5
"""


@pytest.fixture
def rubric(tmp_path) -> Rubric:
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    return read_rubric(tmp_path / "rubric.toml")


def parameter(name: str, aligned: bool = True) -> ParameterFacts:
    return ParameterFacts(name=name, shape=(3, 2), place=None, factor=None, decay=0.0, adaptive=False, aligned=aligned)


def result(verdict: Verdict, *mistakes: tuple[str, tuple[str, ...]], names: str = "W1 b1 W2 b2") -> CheckResult:
    found = tuple(Found(id=id, place=None, parameters=spoiled) for id, spoiled in mistakes)
    reason = Reason.NO_COST if verdict is Verdict.NOT_JUDGED else None
    parameters = tuple(parameter(name) for name in names.split())
    return CheckResult(file="net.py", verdict=verdict, mistakes=found, parameters=parameters, reason=reason)


def points(rubric: Rubric, of: CheckResult, tests: str = "pp", finished: bool | None = True) -> list[float | None]:
    outcomes = {"p": TestOutcome.PASSED, "f": TestOutcome.FAILED, "s": TestOutcome.SKIPPED}
    ran = [TestResult(name=f"{number}", outcome=outcomes[letter]) for number, letter in enumerate(tests)]
    return [award.points for award in awards_of(rubric, of, of.verdict, quantities_of(of), ran, finished)]


def test_a_rubric_is_read(rubric):
    assert rubric == Rubric(
        criteria=(
            Criterion(name="weights", quantities=("kernels",), points=6.0, partial=0.5),
            Criterion(name="biases", quantities=("biases",), points=4.0),
        ),
        file="net.py",
        mistakes={"wrong-sign": 0.75},
        test_points=5.0,
    )


def test_what_is_right_earns_everything(rubric):
    assert points(rubric, result(Verdict.CORRECT)) == [6, 4, 5]


def test_a_wrong_bias_costs_the_biases(rubric):
    assert points(rubric, result(Verdict.MISTAKE, ("bias-gradient-averaged", ("b1",)))) == [6, 0, 5]


def test_a_single_mistake_that_has_a_name_leaves_a_part(rubric):
    assert points(rubric, result(Verdict.MISTAKE, ("transposed-weights", ("W1",)))) == [3, 4, 5]
    assert points(rubric, result(Verdict.MISTAKE, ("wrong-sign", ("W1", "b1")))) == [4.5, 3, 5]


def test_two_mistakes_and_one_without_a_name_leave_nothing(rubric):
    two = result(Verdict.MISTAKE, ("transposed-weights", ("W1",)), ("wrong-sign", ("W2",)))
    assert points(rubric, two) == [0, 4, 5]
    assert points(rubric, result(Verdict.MISTAKE, ("wrong-value", ("W1",)))) == [0, 4, 5]


def test_a_mistake_of_no_parameter_counts_for_all_of_them(rubric):
    assert points(rubric, result(Verdict.MISTAKE, ("numerical-overflow", ()))) == [3, 0, 5]


def test_what_was_not_judged_gets_no_points_and_never_full_marks(rubric):
    of = result(Verdict.NOT_JUDGED)
    awards = awards_of(rubric, of, of.verdict, quantities_of(of), [], False)
    assert [(award.status, award.points) for award in awards] == [(Status.NOT_JUDGED, None)] * 3


def test_a_quantity_that_the_file_does_not_have_is_for_somebody_to_look_at(rubric):
    of = result(Verdict.CORRECT, names="W1 W2")
    assert [award.status for award in awards_of(rubric, of, of.verdict, quantities_of(of), [], None)] == [
        Status.EARNED,
        Status.NOT_FOUND,
        Status.NOT_JUDGED,
    ]


@pytest.mark.parametrize(("tests", "finished", "expected"), [("pf", True, 2.5), ("ffs", True, 0), ("pp", False, None)])
def test_tests_earn_their_share(rubric, tests, finished, expected):
    assert points(rubric, result(Verdict.CORRECT), tests, finished)[2] == expected


def test_the_students_own_names_can_be_given():
    rubric = Rubric(criteria=(Criterion(name="first", quantities=("W1", "self.b*"), points=2.0),))
    assert points(rubric, result(Verdict.MISTAKE, ("wrong-value", ("W2",)), names="self.W1 W2 self.b1")) == [2.0]


def test_a_name_that_fits_nothing_is_reported():
    """W2 and w2: the criterion is judged by what it fits, and both the hand-in and the class say what it does not."""
    rubric = Rubric(criteria=(Criterion(name="out", quantities=("w2", "b2"), points=4.0),))
    right, other = result(Verdict.CORRECT), result(Verdict.CORRECT, names="W1 w2 b1 b2")
    hand_ins = [
        HandInResult(
            id="ann",
            kind=HandInKind.FILE,
            verdict=of.verdict,
            awards=awards_of(rubric, of, of.verdict, quantities_of(of), [], None),
        )
        for of in (right, other, result(Verdict.NOT_JUDGED))
    ]
    awards = [one.awards[0] for one in hand_ins]
    assert [award.unmatched for award in awards] == [("w2",), (), ()]
    assert award_text(awards[0]) == "out: 4 / 4, right (b2); not in the file: w2"
    alone = Grading(folder="class", hand_ins=(hand_ins[0], hand_ins[2]))
    assert alone.to_dict()["unmatched"] == ["w2"]
    assert any("w2 fit nothing" in line for line in summary(alone))
    assert Grading(folder="class", hand_ins=tuple(hand_ins)).unmatched == ()


@pytest.mark.parametrize(
    ("shapes", "biases"),
    [
        ({"w_o": (1, 5), "c_o": (1, 1), "w_h": (5, 4), "c_h": (5, 1)}, {"c_o", "c_h"}),  # units are rows
        ({"u": (4, 5), "v": (5, 1), "s": (1, 5), "t": (1, 1)}, {"s", "t"}),  # units are columns, kernels first
        ({"u": (2, 2), "v": (2, 2)}, set()),  # no biases
        ({"u": (1, 1), "v": (1, 1)}, set()),  # which is which cannot be known
        ({"W": (5, 1), "c": (1, 1), "b": (1, 5), "U": (4, 5)}, {"b"}),  # a name is believed first
    ],
)
def test_biases_without_a_telling_name_are_known_by_their_shapes(shapes, biases):
    assert biases_of(shapes) == biases


@pytest.mark.parametrize("name", ["b", "b1", "self.b2", "bias", "biases[0]", "params['b1']", "theta_bias", "b_h"])
def test_names_of_biases(name):
    assert is_bias(name, (3, 1))


@pytest.mark.parametrize("name", ["W", "W1", "self.weights[0]", "params['W1']", "beta", "hidden", "web"])
def test_names_of_kernels(name):
    assert not is_bias(name, (3, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no points; give"),
        ("points = 3", "unknown key 'points'"),
        ("[[criteria]]\npoints = -1", "criteria 1: points must be a number from 0 to 1,000,000, got -1"),
        ("[[criteria]]\npoints = 1\npartial = 2", "partial must be a share from 0 to 1, got 2"),
        ("[[criteria]]\nquantities = 3\npoints = 1", "quantities must be"),
        (
            "[[criteria]]\npoints = 1\n[mistakes]\nwrong-sing = 1",
            "unknown mistake 'wrong-sing'; did you mean 'wrong-sign'",
        ),
        ("criteria = 3", "criteria must be tables"),
        ("[[criteria]]\npoints = 1\n" * 2, "criteria: the name 'all' is taken; give each a name of its own"),
        ("x = [", "not TOML"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_said_in_one_line(tmp_path, text, message):
    (tmp_path / "rubric.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        read_rubric(tmp_path / "rubric.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
