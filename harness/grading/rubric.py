"""Points by a rubric: which quantities, how many points, and what a single mistake that has a name leaves of them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..checking.mistakes import CATALOGUE
from ..checking.result import Agreement, CheckResult, Verdict
from ..errors import BadInput, nearest, shown, shown_path
from ..scenario.scenario import read_toml
from .result import Award, QuantityFacts, Status, TestOutcome, TestResult

ALL, KERNELS, BIASES = "all", "kernels", "biases"
BIAS = re.compile(r"^(b|bias|biases)[\d_]*$|bias|^(d?b)_?\w{0,2}$", re.IGNORECASE)
UNNAMED = frozenset({"wrong-value", "exception"})  # mistakes without a name, for which no part of the points is given
TESTS = "tests"  # the name of the criterion that the tests of the course are

MAX_POINTS = 1_000_000  # of a criterion

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One row of a rubric."""

    name: str  # of it
    quantities: tuple[str, ...]  # "all", "kernels", "biases", or patterns of the students' names, such as "W*"
    points: float  # what it is worth
    partial: float = 0.0  # the share of the points that a single mistake that has a name leaves


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """What hand-ins are graded by."""

    criteria: tuple[Criterion, ...] = ()  # the rows
    file: str = ""  # pattern of the name of the file to judge; "" if it is detected
    run: str = ""  # lines that make it train; "" if they are detected
    # the share of the points that a single mistake leaves, by its name
    mistakes: Mapping[str, float] = field(default_factory=dict)
    test_points: float = 0.0  # what the tests of the course are worth


# Reading one


def read_rubric(path: Path) -> Rubric:
    """A rubric from a TOML file.

    Raises:
        BadInput: it cannot be read, or is not a rubric.
    """
    name = shown_path(path)
    document = read_toml(path)
    known(document, ("file", "run", "criteria", "mistakes", "tests"), name)
    rows = document.get("criteria", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(key=f"{name}: criteria", expected="tables [[criteria]]", got=rows)
    criteria = tuple(criterion(row, f"{name}: criteria {number}") for number, row in enumerate(rows, start=1))
    names = [one.name for one in criteria]
    for one in names:
        if names.count(one) > 1 or one == TESTS:
            raise BadInput(f"{name}: criteria: the name {shown(one)} is taken; give each a name of its own")
    tests = table(document, "tests", name)
    known(tests, ("points",), f"{name}: tests")
    rubric = Rubric(
        criteria=criteria,
        file=text(document, "file", name),
        run=text(document, "run", name),
        mistakes=mistake_shares(table(document, "mistakes", name), f"{name}: mistakes"),
        test_points=amount(tests, "points", f"{name}: tests", 0.0),
    )
    if not criteria and not rubric.test_points:
        raise BadInput(f"{name}: has no points; give [[criteria]] with name, quantities and points")
    return rubric


def known(given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """Raise BadInput for a key that has no meaning."""
    for key in given:
        if key not in names:
            raise BadInput(f"{where}: unknown key {shown(key)}; known are {', '.join(names)}{nearest(key, names)}")


def table(given: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """A table, empty if there is none."""
    value = given.get(key, {})
    if not isinstance(value, dict):
        raise BadInput(key=f"{where}: {key}", expected=f"a table [{key}]", got=value)
    return value


def text(given: Mapping[str, Any], key: str, where: str) -> str:
    """A text, "" if there is none."""
    value = given.get(key, "")
    if not isinstance(value, str):
        raise BadInput(key=f"{where}: {key}", expected="a text", got=value)
    return value


def amount(given: Mapping[str, Any], key: str, where: str, default: float | None = None) -> float:
    """A number from 0 to ``MAX_POINTS``."""
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_POINTS:
        raise BadInput(key=f"{where}: {key}", expected=f"a number from 0 to {MAX_POINTS:,}", got=value)
    return float(value)


def share(given: Mapping[str, Any], key: str, where: str) -> float:
    """A number from 0 to 1."""
    value = amount(given, key, where, 0.0)
    if value > 1:
        raise BadInput(key=f"{where}: {key}", expected="a share from 0 to 1", got=value)
    return value


def criterion(row: Mapping[str, Any], where: str) -> Criterion:
    """One row."""
    known(row, ("name", "quantities", "points", "partial"), where)
    patterns = row.get("quantities", ALL)
    patterns = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(patterns, list) or not patterns or not all(isinstance(one, str) and one for one in patterns):
        raise BadInput(key=f"{where}: quantities", expected='"all", "kernels", "biases" or names', got=patterns)
    return Criterion(
        name=text(row, "name", where) or ", ".join(patterns),
        quantities=tuple(patterns),
        points=amount(row, "points", where),
        partial=share(row, "partial", where),
    )


def mistake_shares(given: Mapping[str, Any], where: str) -> dict[str, float]:
    """The shares by the names of mistakes."""
    names = [one.id for one in CATALOGUE]
    for id in given:
        if id not in names:
            raise BadInput(f"{where}: unknown mistake {shown(id)}{nearest(id, names)}; harness explain lists them")
    return {id: share(given, id, where) for id in given}


# What was compared


def quantities_of(result: CheckResult) -> tuple[QuantityFacts, ...]:
    """Every quantity that a check compared: parameters, or the gradients of layers."""
    spoiled = {name for one in result.mistakes for name in one.parameters}
    biases = biases_of({one.name: one.shape for one in result.parameters})
    facts = {
        one.name: QuantityFacts(
            name=one.name, is_bias=one.name in biases, right=one.aligned and one.name not in spoiled
        )
        for one in result.parameters
    }
    for name in sorted(spoiled - facts.keys()):
        facts[name] = QuantityFacts(name=name, is_bias=is_bias(name, ()), right=False)
    for pair in result.pairs:
        for one in pair.gradients:
            name = f"{pair.name}: {one.name}"
            right = pair.consistent and one.agreement in (Agreement.AGREES, Agreement.SCALED)
            facts[name] = QuantityFacts(name=name, is_bias=is_bias(one.of, one.true_shape), right=right)
    quantities = tuple(facts.values())
    if result.verdict is Verdict.MISTAKE and all(one.right for one in quantities):
        # the mistake belongs to none of them alone, so it counts for each
        return tuple(replace(one, right=False) for one in quantities)
    return quantities


def biases_of(shapes: Mapping[str, Shape]) -> set[str]:
    """The biases among parameters in the order of their updates.

    If no name or number of axes says which is which, the shapes do: of a layer's two parameters, which follow each
    other or are the same number of places apart, the bias is one row of the kernel's units, or one column in all
    layers. None if that leaves more than one reading.
    """
    named = {name for name, shape in shapes.items() if is_bias(name, shape)}
    if named or len(shapes) % 2:
        return named
    names, half = list(shapes), len(shapes) // 2
    readings: set[frozenset[str]] = set()
    for pairs in ([*zip(names[::2], names[1::2])], [*zip(names[:half], names[half:])]):
        for units_axis in (0, 1):
            biases = frozenset(filter(None, (bias_of_pair(pair, shapes, units_axis) for pair in pairs)))
            readings |= {biases} if len(biases) == half else set()
    return set(readings.pop()) if len(readings) == 1 else set()


def bias_of_pair(pair: tuple[str, str], shapes: Mapping[str, Shape], units_axis: int) -> str | None:
    """The one of two parameters that has the shape of a bias of the other, whose units lie on that axis."""
    for bias, kernel in (pair, pair[::-1]):
        expected = tuple(size if axis == units_axis else 1 for axis, size in enumerate(shapes[kernel]))
        if len(expected) == 2 and shapes[bias] == expected != shapes[kernel]:
            return bias
    return None


def is_bias(name: str, shape: Shape) -> bool:
    """Whether a parameter is a bias, by its name or because it has one axis."""
    parts = [part for part in re.split(r"[.\[\]'\"]+", name) if part and not part.isdecimal()]
    last = parts[-1] if parts else name
    return bool(BIAS.search(last)) or len(shape) == 1


def fits(one: QuantityFacts, pattern: str) -> bool:
    """Whether a criterion with this name or pattern is about a quantity."""
    if pattern in (ALL, KERNELS, BIASES):
        return pattern == ALL or one.is_bias == (pattern == BIASES)
    return any(fnmatch.fnmatchcase(name, pattern) for name in (one.name, one.name.rpartition(".")[2]))


# Points


def awards_of(
    rubric: Rubric,
    result: CheckResult | None,
    verdict: Verdict,
    quantities: Sequence[QuantityFacts],
    tests: Sequence[TestResult],
    tests_finished: bool | None,
) -> tuple[Award, ...]:
    """The points for each criterion; none if nothing was judged.

    Args:
        rubric: what to grade by.
        result: of the file that decides.
        verdict: on the hand-in.
        quantities: that were compared.
        tests: of the course.
        tests_finished: whether all of them ran; None if there are none.
    """
    awards = [award(one, rubric, result, verdict, quantities) for one in rubric.criteria]
    if rubric.test_points:
        awards.append(award_for_tests(rubric.test_points, tests, tests_finished))
    return tuple(awards)


def award(
    criterion: Criterion,
    rubric: Rubric,
    result: CheckResult | None,
    verdict: Verdict,
    quantities: Sequence[QuantityFacts],
) -> Award:
    """The points for one criterion."""
    about = [one for one in quantities if any(fits(one, pattern) for pattern in criterion.quantities)]
    status, points, mistake = Status.LOST, 0.0, ""
    if result is None or verdict is Verdict.NOT_JUDGED:
        status = Status.NOT_JUDGED
    elif not about and any(one.id == "exception" for one in result.mistakes):
        status = Status.LOST
    elif not about:
        status = Status.NOT_FOUND
    elif all(one.right for one in about):
        status, points = Status.EARNED, criterion.points
    elif len(result.mistakes) == 1 and result.mistakes[0].id not in UNNAMED:
        left = rubric.mistakes.get(result.mistakes[0].id, criterion.partial)
        if left:
            status, points, mistake = Status.PARTIAL, left * criterion.points, result.mistakes[0].id
    return Award(
        criterion=criterion.name,
        status=status,
        points=None if status in (Status.NOT_JUDGED, Status.NOT_FOUND) else points,
        max_points=criterion.points,
        quantities=tuple(one.name for one in about),
        mistake=mistake,
        unmatched=tuple(
            name
            for name in criterion.quantities
            if status is not Status.NOT_JUDGED and not any(fits(one, name) for one in quantities)
        ),
    )


def award_for_tests(points: float, tests: Sequence[TestResult], finished: bool | None) -> Award:
    """The points for the share of tests that passed."""
    counted = [one for one in tests if one.outcome is not TestOutcome.SKIPPED]
    passed = sum(one.outcome is TestOutcome.PASSED for one in counted)
    if not finished or not counted:
        return Award(criterion=TESTS, status=Status.NOT_JUDGED, points=None, max_points=points)
    status = Status.EARNED if passed == len(counted) else Status.PARTIAL if passed else Status.LOST
    return Award(criterion=TESTS, status=status, points=points * passed / len(counted), max_points=points)
