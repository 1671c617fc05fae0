"""What the names mean that commands print and that documents hold: one entry for each mistake, cause, reason and so on.

Nothing is written here twice: the entries are made of the tables that the reports themselves read.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..checking.mistakes import BY_ID
from ..errors import BadInput, nearest, shown
from . import causes, findings, mistakes, reasons
from .grading import PROBLEMS
from .handwritten_diagnosis import UNREAD
from .words import Json


class Kind(enum.Enum):
    """Where a name is met."""

    MISTAKE = "mistake"
    SLIP = "update slip"
    CAUSE = "cause"
    FINDING = "finding"
    REASON = "not judged"
    REMARK = "remark"
    HAND_IN = "hand-in not judged"
    OUTCOME = "outcome"
    UNREAD = "not trained"


HEADINGS: Mapping[Kind, str] = {
    Kind.MISTAKE: "Mistakes that harness check names",
    Kind.SLIP: "What harness check says about a wrong update rule",
    Kind.CAUSE: "Causes that harness diagnose proves",
    Kind.FINDING: "What harness diagnose finds without a training",
    Kind.REASON: "Why harness check does not judge a file",
    Kind.REMARK: "What harness check notes beside its verdict",
    Kind.HAND_IN: "Why harness check FOLDER does not judge a hand-in",
    Kind.OUTCOME: "What harness diagnose says of a Keras program",
    Kind.UNREAD: "Why harness diagnose does not train a NumPy file",
}
HOW_SURE: Mapping[Kind, str] = {
    Kind.MISTAKE: "harness check names it with its line, where the gradient begins to differ from the true one.",
    Kind.SLIP: "It comes with the mistake wrong-update-rule.",
    Kind.CAUSE: "harness diagnose names it as a cause only if trainings with and without it prove it.",
    Kind.FINDING: "It is read from the program and its data. Only trainings show whether training fails because of it.",
    Kind.REASON: "A file that is not judged is neither right nor wrong; the exit code is 3.",
    Kind.REMARK: "The --json document has its name and what it is about; the report has the sentence.",
    Kind.HAND_IN: "A hand-in that is not judged gets no points for what is compared, and somebody has to look.",
    Kind.OUTCOME: "It is decided by trainings from several seeds.",
    Kind.UNREAD: "The file is then not judged; the exit code is 3.",
}
ACCEPTING = "If it is meant to be so, end the line with the comment '# harness: accept {id}', or give --accept {id}."


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What one name means."""

    id: str  # the name
    kind: Kind  # where it is met
    what: str  # what it is
    fix: str = ""  # what to do; "" if that depends on the program
    difference: str = ""  # of a mistake, the right step -> the wrong one


class Blank:
    """A value that is not there: a sentence shows the name of it, in capitals."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name.upper().replace(" ", "_")

    def __format__(self, how: str) -> str:
        return repr(self)

    def __iter__(self) -> Iterator[Blank]:
        return iter((self,))

    def __len__(self) -> int:
        return 1

    def __getitem__(self, place: int) -> Blank:
        return self

    def __sub__(self, number: int) -> Blank:
        return self


class Blanks(dict[str, Blank]):
    """Values of a finding, each of them a ``Blank``."""

    def __missing__(self, name: str) -> Blank:
        return Blank(name)


def sentence(text: str) -> str:
    """The text with an end."""
    return text if text.endswith((".", "?")) else f"{text}."


def all_explanations() -> list[Explanation]:
    """Every name with what it means, by kind."""
    made: list[Explanation] = []
    for id, words in mistakes.MISTAKES.items():
        difference = BY_ID[id].difference if id in BY_ID else ""
        made.append(Explanation(id=id, kind=Kind.MISTAKE, what=words.what, fix=words.fix, difference=difference))
    made += [Explanation(id=id, kind=Kind.SLIP, what=words.what, fix=words.fix) for id, words in mistakes.SLIPS.items()]
    made += [
        Explanation(
            id=fault.value,
            kind=Kind.CAUSE,
            what=f"{about.name}: {about.meaning}",
            fix=sentence(about.remedy) if about.remedy else "",
        )
        for fault, about in causes.FAULTS.items()
    ]
    made += [
        Explanation(id=check.value, kind=Kind.FINDING, what=sentence(say(Blanks())))
        for check, say in findings.SENTENCES.items()
    ]
    made += [
        Explanation(id=reason.value, kind=Kind.REASON, what=what, fix=fix)
        for reason, (what, fix) in reasons.REASONS.items()
    ]
    made += [Explanation(id=id.value, kind=Kind.REMARK, what=sentence(text)) for id, text in mistakes.NOTES.items()]
    made += [Explanation(id=id.value, kind=Kind.HAND_IN, what=text) for id, text in PROBLEMS.items()]
    made += [
        Explanation(id=id.value, kind=Kind.OUTCOME, what=f"The program {text}.") for id, text in causes.OUTCOMES.items()
    ]
    made += [Explanation(id=id.value, kind=Kind.UNREAD, what=f"Not trained: {text}.") for id, text in UNREAD.items()]
    return made


def explain(id: str) -> list[Explanation]:
    """What one name means; more than one entry if several commands use it.

    Raises:
        BadInput: the name is unknown.
    """
    known = all_explanations()
    entries = [one for one in known if one.id == id]
    if not entries:
        near = nearest(id, sorted({one.id for one in known}))
        raise BadInput(f"explain: unknown name {shown(id)}", hint=f"harness explain lists all{near}")
    return entries


def people(explanations: Sequence[Explanation]) -> RenderableType:
    """The explanations of one name in full"""
    parts: list[RenderableType] = []
    for one in explanations:
        rows = [("", one.what)]
        if one.difference:
            rows.append(("Right -> wrong", one.difference))
        if one.fix:
            rows.append(("To fix it", one.fix))
        rows.append(("Note", HOW_SURE[one.kind]))
        if one.kind is Kind.MISTAKE:
            rows.append(("Accept it", ACCEPTING.format(id=one.id)))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column()
        for heading, words in rows:
            grid.add_row(heading, Text(words))
        parts += [Text(f"{one.id} ({one.kind.value})", style="bold"), grid, Text()]
    return Group(*parts[:-1])


def all_people(explanations: Sequence[Explanation]) -> RenderableType:
    """All names, each with what it means"""
    parts: list[RenderableType] = []
    for kind, heading in HEADINGS.items():
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column()
        for one in explanations:
            if one.kind is kind:
                grid.add_row(one.id, Text(one.what))
        parts += [Text(heading, style="bold"), grid, Text()]
    return Group(*parts, Text("harness explain NAME says more about one of them."))


def machines(explanations: Sequence[Explanation]) -> Json:
    """The explanations for a machine"""
    return {"explanations": [asdict(one) | {"kind": one.kind.value} for one in explanations]}
