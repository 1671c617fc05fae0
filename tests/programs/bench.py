"""The frozen bench of Keras programs: healthy ones, the same with planted faults, and the score of a diagnosis.

It knows nothing of the engine. A diagnosis is whatever JSON facts somebody hands in (`outcome`, `causes`,
`contradictions`, `alternatives`, `hints`, each with an `id`), with the text of the edited program if there is one.
Whether an edited program learns is judged by a callable; `frozen/verify.py` has one that uses plain Keras.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FROZEN = Path(__file__).parent / "frozen"
TASKS = ("binary", "multiclass", "multilabel", "regression")
OUTCOMES = (
    "learns", "underfits", "overfits", "does-not-train", "diverges", "lucky", "slow", "no-signal", "not-judged",
)  # fmt: skip
LIMITED_BY_DATA = frozenset({"too-little-data"})


@dataclass(frozen=True, kw_only=True)
class Program:
    """A healthy program, and where its data stand.

    `train` and `test` are two expressions each, inputs and targets, in the names of the program. `one_hot` says that
    the targets are. An output above `threshold` is a yes. `reference` is the best score of a few scikit-learn learners
    on the same split, `constant` that of the best constant prediction, `measured` the scores of the program, one for
    each seed.
    """

    name: str
    source: str
    task: str
    train: tuple[str, str]
    test: tuple[str, str]
    one_hot: bool
    threshold: float
    constant: float
    reference: float
    measured: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program with its true faults (none: a healthy one).

    `accept` has one set for each true fault: the ids that name it. `outcomes` are the acceptable outcomes. `trains` is
    False if the faults hinder the training, so that an edit has something to repair. `editable` is False if only other
    data could repair it. `own_truth` says that its held-out rows are not those of the healthy program. `measured`
    holds the scores of the faulty program in plain Keras, one for each seed.
    """

    id: str
    program: Program
    source: str
    accept: tuple[frozenset[str], ...] = ()
    outcomes: frozenset[str] = frozenset({"learns"})
    trains: bool = False
    editable: bool = True
    own_truth: bool = False
    measured: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Number of true faults."""
        return len(self.accept)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a diagnosis said about one case: its JSON facts, and the edited program (None: no edit was offered)."""

    case: str
    facts: Mapping[str, Any]
    edited: str | None = None

    def ids(self, *keys: str) -> frozenset[str]:
        """The ids in the lists `keys` of the facts; an entry of `alternatives` may be a list of its own."""
        return frozenset(name for key in keys for name in _ids(self.facts.get(key) or ()))

    @property
    def named(self) -> frozenset[str]:
        """The ids that are claimed: causes, and contradictions, which need no run. Hints are not claims."""
        return self.ids("causes", "contradictions")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Counts for the single faults, or for the pairs and triples.

    `all_named` equals `one_named` for single faults. `edits_due` counts the answers to cases that an edit can repair.
    `false_ids` counts the claimed causes that are none of the planted faults.
    """

    answers: int
    outcome_right: int
    one_named: int
    all_named: int
    one_named_with_alternatives: int
    edits_due: int
    edits_offered: int
    edits_work: int
    false_ids: int

    def shares(self) -> dict[str, float]:
        """The counts as shares; false ids as their number per answer. NaN where nothing was counted."""
        counts = {
            "outcome_right": self.outcome_right,
            "one_named": self.one_named,
            "all_named": self.all_named,
            "one_named_with_alternatives": self.one_named_with_alternatives,
            "false_ids_per_answer": self.false_ids,
        }
        shares = {name: _share(count, self.answers) for name, count in counts.items()}
        return shares | {"edit_works": _share(self.edits_work, self.edits_due)}


@dataclass(frozen=True, kw_only=True)
class Score:
    """The figures of the bench. `missed` lists (case, named ids, outcome) of every answer with something wrong."""

    healthy: int
    healthy_said_to_learn: int
    false_alarms: int
    singles: Group
    several: Group
    by_id: dict[str, tuple[int, int]] = field(default_factory=dict)
    missed: tuple[tuple[str, tuple[str, ...], str], ...] = ()


def _share(count: int, total: int) -> float:
    return count / total if total else float("nan")


def _ids(entries: Any) -> Iterable[str]:
    """The ids in a list of facts: of `{"id": ...}`, of strings, or of lists of those (also under `causes`)."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, Mapping):
            if "id" in entry:
                yield entry["id"]
            yield from _ids(entry.get("causes") or ())
        else:
            yield from _ids(entry)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((FROZEN / "faults.toml").read_text(encoding="utf-8"))


@cache
def programs() -> dict[str, Program]:
    """The healthy programs by name, in the order of `faults.toml`."""
    found = {}
    for entry in _table()["program"]:
        if entry["task"] not in TASKS:
            raise ValueError(f"{entry['name']}: task must be one of {', '.join(TASKS)}, got {entry['task']!r}")
        found[entry["name"]] = Program(
            name=entry["name"],
            source=(FROZEN / "healthy" / f"{entry['name']}.py").read_text(encoding="utf-8"),
            task=entry["task"],
            train=(entry["train"][0], entry["train"][1]),
            test=(entry["test"][0], entry["test"][1]),
            one_hot=entry.get("one_hot", False),
            threshold=entry.get("threshold", 0.5),
            constant=entry.get("constant", float("nan")),
            reference=entry.get("reference", float("nan")),
            measured=tuple(entry.get("measured", ())),
        )
    return found


def plant(case: str, source: str, replacements: Sequence[Sequence[str]]) -> str:
    """The source with each old text, which must occur exactly once at its turn, replaced by the new one.

    Raises ValueError if an old text does not occur exactly once.
    """
    for old, new in replacements:
        if source.count(old) != 1:
            raise ValueError(f"{case}: {old!r} must occur once in the program, but occurs {source.count(old)} times")
        source = source.replace(old, new)
    return source


def healthy() -> tuple[Case, ...]:
    """The healthy programs as cases without faults."""
    return tuple(
        Case(id=program.name, program=program, source=program.source, trains=True, measured=program.measured)
        for program in programs().values()
    )


def faulty(size: int | None = None) -> tuple[Case, ...]:
    """The programs with planted faults; with `size`, those with that many."""
    cases = []
    for entry in _table().get("fault", []):
        unknown = set(entry["outcomes"]) - set(OUTCOMES)
        if unknown:
            raise ValueError(f"{entry['id']}: not an outcome: {', '.join(sorted(unknown))}")
        program = programs()[entry["program"]]
        case = Case(
            id=entry["id"],
            program=program,
            source=plant(entry["id"], program.source, entry["replacements"]),
            accept=tuple(frozenset(ids) for ids in entry["accept"]),
            outcomes=frozenset(entry["outcomes"]),
            trains=entry.get("trains", False),
            editable=not entry.get("uneditable", False),
            own_truth=entry.get("own_truth", False),
            measured=tuple(entry.get("measured", ())),
        )
        cases.append(case)
    return tuple(case for case in cases if size in (None, case.size))


def write(case: Case, folder: Path) -> Path:
    """Write the program of a case into `folder` as `train.py`, so that its name gives nothing away."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "train.py"
    path.write_text(case.source, encoding="utf-8")
    return path


def all_named(case: Case, named: frozenset[str]) -> bool:
    """Whether each true fault has an id of its own among the named ones (one id cannot name two faults)."""

    def assign(faults: tuple[frozenset[str], ...], free: frozenset[str]) -> bool:
        return not faults or any(assign(faults[1:], free - {name}) for name in faults[0] & free)

    # two faults that share an id, such as two activations, are listed once with several places
    distinct = tuple(dict.fromkeys(case.accept))
    return assign(distinct, named)


def is_false_alarm(answer: Answer) -> bool:
    """Whether a healthy program is accused: of a failure, or of a cause other than too little data.

    `not-judged` without any id is not an alarm, though it is not praise either.
    """
    accused = answer.named - LIMITED_BY_DATA
    limited = bool(answer.named) and not accused
    return bool(accused) or not (limited or answer.facts.get("outcome") in ("learns", "not-judged"))


def score(answers: Iterable[Answer], learns: Callable[[Case, str], bool] | None = None) -> Score:
    """Count what is right in the answers; several answers to one case, such as several seeds, count each.

    Args:
        answers: the answers, to healthy and faulty cases.
        learns: says whether the edited program (case, text) learns; without it no edit counts as working.

    Raises:
        KeyError: an answer is to a case that does not exist.
    """
    cases = {case.id: case for case in (*healthy(), *faulty())}
    pairs = [(cases[answer.case], answer) for answer in answers]
    calm = [answer for case, answer in pairs if not case.size]
    by_id: dict[str, tuple[int, int]] = {}
    missed = []
    for case, answer in pairs:
        for ids in case.accept:
            label = " or ".join(sorted(ids))
            named, total = by_id.get(label, (0, 0))
            by_id[label] = (named + bool(ids & answer.named), total + 1)
        wrong = is_false_alarm(answer) if not case.size else not all_named(case, answer.named)
        outcome = str(answer.facts.get("outcome"))
        if wrong or outcome not in case.outcomes:
            missed.append((case.id, tuple(sorted(answer.named)), outcome))
    return Score(
        healthy=len(calm),
        healthy_said_to_learn=sum(answer.facts.get("outcome") == "learns" for answer in calm),
        false_alarms=sum(map(is_false_alarm, calm)),
        singles=_group([pair for pair in pairs if pair[0].size == 1], learns),
        several=_group([pair for pair in pairs if pair[0].size > 1], learns),
        by_id=dict(sorted(by_id.items())),
        missed=tuple(missed),
    )


def _group(pairs: Sequence[tuple[Case, Answer]], learns: Callable[[Case, str], bool] | None) -> Group:
    outcome_right = one = every = alternatives = due = offered = work = false_ids = 0
    for case, answer in pairs:
        true = frozenset().union(*case.accept)
        outcome_right += answer.facts.get("outcome") in case.outcomes
        one += bool(true & answer.named)
        every += all_named(case, answer.named)
        alternatives += bool(true & (answer.named | answer.ids("alternatives")))
        false_ids += len(answer.ids("causes") - true)
        if case.editable and not case.trains:
            due += 1
            offered += answer.edited is not None
            work += bool(answer.edited is not None and learns is not None and learns(case, answer.edited))
    return Group(
        answers=len(pairs),
        outcome_right=outcome_right,
        one_named=one,
        all_named=every,
        one_named_with_alternatives=alternatives,
        edits_due=due,
        edits_offered=offered,
        edits_work=work,
        false_ids=false_ids,
    )
