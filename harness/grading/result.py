"""What the grading of hand-ins found: facts, no sentences."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..checking.result import CheckResult, Found, PairResult, Verdict
from ..results import Result


class HandInKind(enum.Enum):
    """What somebody handed in."""

    FOLDER = "folder"
    ARCHIVE = "archive"
    FILE = "file"


class Problem(enum.Enum):
    """Why a hand-in was not judged, beside the reasons that a file has."""

    NO_FILE = "no-file"  # there is neither a Python file nor a notebook in it
    NO_SUCH_FILE = "no-such-file"  # the file that should be judged is missing
    NOT_A_HAND_IN = "not-a-hand-in"  # another kind of file
    LEADS_ELSEWHERE = "leads-elsewhere"  # a link
    BROKEN_ARCHIVE = "broken-archive"
    ARCHIVE_TOO_LARGE = "archive-too-large"
    TOO_MANY_FILES = "too-many-files"
    FILES_LEFT = "files-left"  # some files are right, others were not judged
    CHECK_FAILED = "check-failed"  # the check itself ended with an exception, or took too long


class Status(enum.Enum):
    """What became of a criterion."""

    EARNED = "earned"
    PARTIAL = "partial"  # the one mistake is named in the rubric
    LOST = "lost"
    NOT_JUDGED = "not-judged"
    NOT_FOUND = "not-found"  # the hand-in has none of its quantities


class TestOutcome(enum.Enum):
    """What became of a test of the course."""

    __test__ = False  # not one of this project's own

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class QuantityFacts:
    """One quantity that was compared."""

    name: str  # the user's
    is_bias: bool  # whether it is a bias; otherwise it is a kernel, or another array
    right: bool  # whether it is as it should be


@dataclass(frozen=True, kw_only=True)
class Award:
    """The points for one criterion."""

    criterion: str  # its name
    status: Status  # what became of it
    points: float | None  # None if somebody has to look
    max_points: float  # what it is worth
    quantities: tuple[str, ...] = ()  # those of the hand-in that it is about
    mistake: str = ""  # the name of the mistake that a part of the points is given for
    unmatched: tuple[str, ...] = ()  # names and patterns of the criterion that fit nothing in the hand-in


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """One test of the course."""

    __test__ = False

    name: str  # of the test
    outcome: TestOutcome  # what became of it
    message: str = ""  # the last line of its failure


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file of a hand-in."""

    name: str  # its path in the hand-in
    result: CheckResult  # the verdict on it


@dataclass(frozen=True, kw_only=True)
class HandInResult:
    """One hand-in."""

    id: str  # its name, that of the file or folder
    kind: HandInKind  # what was handed in
    verdict: Verdict  # on all of it
    problem: Problem | None = None  # why it was not judged, if that is not the reason of a file
    detail: str = ""  # of the problem
    files: tuple[FileResult, ...] = ()  # those that were judged, the one that decides first
    helpers: tuple[str, ...] = ()  # programs that were not judged because others import them, or that are tests
    # names of what the program did not get: links that lead elsewhere, and what is too much
    left_out: tuple[str, ...] = ()
    quantities: tuple[QuantityFacts, ...] = ()  # what was compared, of the file that decides
    awards: tuple[Award, ...] = ()  # by the rubric; empty without one
    tests: tuple[TestResult, ...] = ()  # of the course
    tests_finished: bool | None = None  # whether all tests ran; None if there are none
    seconds: float = 0.0  # that it took

    @property
    def result(self) -> CheckResult | None:
        """The verdict on the file that decides."""
        return self.files[0].result if self.files else None

    @property
    def mistakes(self) -> tuple[Found, ...]:
        """Those of the file that decides."""
        return self.result.mistakes if self.result is not None and self.verdict is Verdict.MISTAKE else ()

    @property
    def points(self) -> float | None:
        """The sum of the points; None if there is no rubric or nothing was judged."""
        given = [award.points for award in self.awards if award.points is not None]
        return sum(given) if given else None

    @property
    def max_points(self) -> float:
        """What all criteria are worth."""
        return sum(award.max_points for award in self.awards)

    @property
    def is_complete(self) -> bool:
        """Whether nobody has to look: it was judged, and so was every criterion."""
        judged = self.verdict is not Verdict.NOT_JUDGED and self.tests_finished is not False
        return judged and all(award.points is not None for award in self.awards)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Hand-ins with the same mistakes at lines that read the same."""

    mistakes: tuple[str, ...]  # their names
    code: tuple[str, ...]  # the lines, without blanks
    hand_ins: tuple[str, ...]  # the names of the hand-ins


@dataclass(frozen=True, kw_only=True)
class Grading(Result):
    """All hand-ins of a folder.

    Attributes:
        folder: its name.
        hand_ins: in the order of their names.
        sandbox: its name, or "" if they ran without one.
        seed: of everything that was drawn.
        hides_expected: whether reports for students keep back what values should be.
    """

    folder: str
    hand_ins: tuple[HandInResult, ...]
    sandbox: str = ""
    seed: int = 0
    hides_expected: bool = False

    @property
    def by_verdict(self) -> Mapping[Verdict, int]:
        """How many hand-ins have each verdict."""
        return {verdict: sum(one.verdict is verdict for one in self.hand_ins) for verdict in Verdict}

    @property
    def by_mistake(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(name of a mistake, the hand-ins that have it), the most frequent first."""
        names_by_id: dict[str, list[str]] = {}
        for one in self.hand_ins:
            for id in dict.fromkeys(mistake.id for mistake in one.mistakes):
                names_by_id.setdefault(id, []).append(one.id)
        return tuple(
            (id, tuple(names)) for id, names in sorted(names_by_id.items(), key=lambda item: (-len(item[1]), item[0]))
        )

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Names and patterns of the rubric that fit nothing in any hand-in that was judged."""
        awards = [award for one in self.hand_ins if one.verdict is not Verdict.NOT_JUDGED for award in one.awards]
        names = dict.fromkeys((award.criterion, name) for award in awards for name in award.unmatched)
        return tuple(
            name
            for criterion, name in names
            if all(name in award.unmatched for award in awards if award.criterion == criterion)
        )

    @property
    def groups(self) -> tuple[Group, ...]:
        """Hand-ins with equal mistakes, two and more of them, the largest group first."""
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
        for one in self.hand_ins:
            if one.mistakes:
                alike.setdefault((tuple(m.id for m in one.mistakes), code_of(one.mistakes)), []).append(one.id)
        groups = [
            Group(mistakes=ids, code=code, hand_ins=tuple(names))
            for (ids, code), names in alike.items()
            if len(names) > 1
        ]
        return tuple(sorted(groups, key=lambda group: (-len(group.hand_ins), group.mistakes, group.code)))


def code_of(mistakes: tuple[Found, ...]) -> tuple[str, ...]:
    """The lines of mistakes, without blanks and comments."""
    lines = (one.place.text.partition("#")[0] if one.place is not None else "" for one in mistakes)
    return tuple("".join(line.split()) for line in lines)


# What students may not see


def without_expected(grading: Grading) -> Grading:
    """The same without what values should be: the line and the name of each mistake are left.

    The names of parametrized tests end with what was expected, too.
    """
    hand_ins = tuple(
        replace(
            one,
            files=tuple(replace(file, result=_bare_result(file.result)) for file in one.files),
            tests=tuple(replace(test, name=test.name.partition("[")[0], message="") for test in one.tests),
        )
        for one in grading.hand_ins
    )
    return replace(grading, hand_ins=hand_ins, hides_expected=True)


def _bare_result(result: CheckResult) -> CheckResult:
    """The verdict on a file without what values should be, and without other readings."""
    return replace(
        result,
        mistakes=tuple(map(_bare_mistake, result.mistakes)),
        alternatives=(),
        parameters=tuple(replace(one, factor=None) for one in result.parameters),
        rows=(),
        pairs=tuple(map(_bare_pair, result.pairs)),
    )


def _bare_mistake(mistake: Found) -> Found:
    """A mistake without what it is and should be; of an exception, its text is left."""
    detail = mistake.detail if mistake.id == "exception" else ""
    return replace(mistake, got=None, expected=None, ratio=None, detail=detail)


def _bare_pair(pair: PairResult) -> PairResult:
    """A pair whose gradients agree or do not, without how."""
    gradients = tuple(
        replace(one, factor=None, largest_difference=None, aligned_with="", true_shape=()) for one in pair.gradients
    )
    return replace(pair, gradients=gradients, mistakes=tuple(map(_bare_mistake, pair.mistakes)))
