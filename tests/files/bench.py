"""The frozen benches of hand-written networks: their cases, how to put one into a folder, and how to score answers.

A case is a program as a student would hand it in (`tests/files/frozen/<style>/...`), right or with planted mistakes
(`plants.toml`). Nothing here knows how a program is judged: `score` calls what it is given.
`frozen/verify.py` is the referee that shows that right files are right and that every plant is wrong.
`frozen_second` is a second bench of the same layout, of other programs by another writer.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FROZEN = Path(__file__).parent / "frozen"
FROZEN_SECOND = Path(__file__).parent / "frozen_second"
BENCHES = {"first": FROZEN, "second": FROZEN_SECOND}
# what stands beside the programs and is not one
NOT_PROGRAMS = {"verify.py", "plants.toml"}

Expected = Literal["right", "mistake", "undecidable"]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One planted mistake: an exact replacement of text that occurs once in the file.

    file   -- the edited file, relative to the bench's folder; the case's own file or one of its siblings
    kind   -- what is wrong, in kebab-case
    lines  -- the lines of the edited file (from 1) that a report may point at; for a notebook, lines of the .ipynb
    """

    file: str
    kind: str
    old: str
    new: str
    lines: tuple[int, ...]

    def apply(self, text: str) -> str:
        """The text with the mistake in it. Raises ValueError unless the old text occurs exactly once."""
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.file}: {self.kind}: the text to be replaced occurs {count} times: {self.old!r}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program and what a judge of it should find.

    id           -- '<style>/<program>' for a right program, with '+<kind>' for each planted mistake
    root         -- the bench's folder
    main         -- the file to be judged, relative to it
    expected     -- 'right', 'mistake' or 'undecidable' (a cost or rate that the file does not state makes it right)
    edits        -- no edit, one, or two
    uses_numpy   -- False for programs of plain Python numbers: "uses no NumPy" is a fair answer
    """

    id: str
    root: Path
    main: str
    expected: Expected
    edits: tuple[Edit, ...]
    uses_numpy: bool

    @property
    def style(self) -> str:
        """The folder of the style."""
        return self.main.split("/", 1)[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the planted mistakes."""
        return tuple(edit.kind for edit in self.edits)

    @property
    def kind(self) -> str:
        """The kinds of the planted mistakes in one word; empty for a right program."""
        return "+".join(self.kinds)

    @property
    def lines(self) -> tuple[tuple[int, ...], ...]:
        """For each planted mistake the lines of its file that a report may point at."""
        return tuple(edit.lines for edit in self.edits)

    @property
    def texts(self) -> dict[str, str]:
        """Every file of the program, by its path relative to the bench's folder, with the mistakes in it."""
        files = program_files(self.root, self.main)
        texts = {name: (self.root / name).read_text(encoding="utf-8") for name in files}
        for edit in self.edits:
            texts[edit.file] = edit.apply(texts[edit.file])
        return texts

    @property
    def source(self) -> str:
        """The text of the file to be judged."""
        return self.texts[self.main]

    @property
    def line_texts(self) -> tuple[tuple[str, ...], ...]:
        """For each planted mistake the text of its lines, stripped; for notebooks, whose lines have two counts."""
        return tuple(
            tuple(code_line(texts[edit.file], edit.file, line) for line in edit.lines)
            for texts in [self.texts]
            for edit in self.edits
        )


def code_line(text: str, file: str, line: int) -> str:
    """A line (from 1) of a file, stripped; of a notebook, the code that the line of JSON holds."""
    found = text.splitlines()[line - 1].strip()
    if file.endswith(".ipynb"):
        found = json.loads(found.rstrip(",")).strip()
    return found


def programs(root: Path = FROZEN) -> list[str]:
    """The files of a bench to be judged, relative to its folder, sorted."""
    single = [path for ending in ("*.py", "*.ipynb") for path in root.glob(f"*/{ending}")]
    packages = list(root.glob("*/*/train.py"))
    names = sorted(path.relative_to(root).as_posix() for path in single + packages)
    return [name for name in names if name not in NOT_PROGRAMS]


def program_files(root: Path, main: str) -> list[str]:
    """All files of a program: its own, and, if it has a folder of its own, everything in that."""
    if main.count("/") == 1:
        return [main]
    folder = (root / main).parent
    return sorted(path.relative_to(root).as_posix() for path in folder.rglob("*.py"))


def uses_numpy(root: Path, main: str) -> bool:
    """Whether any file of the program imports NumPy."""
    files = program_files(root, main)
    return any("import numpy" in (root / name).read_text(encoding="utf-8") for name in files)


def right_case(root: Path, main: str) -> Case:
    """The program without a mistake."""
    return Case(
        id=main.rsplit(".", 1)[0],
        root=root,
        main=main,
        expected="right",
        edits=(),
        uses_numpy=uses_numpy(root, main),
    )


def planted_case(root: Path, entry: dict[str, Any]) -> Case:
    """The case of one entry of plants.toml."""
    main = entry["main"]
    edits = tuple(
        Edit(
            file=edit.get("file", main),
            kind=edit["kind"],
            old=edit["old"],
            new=edit["new"],
            lines=tuple(edit["lines"]),
        )
        for edit in entry["edit"]
    )
    expected: Expected = "undecidable" if entry.get("undecidable", False) else "mistake"
    return Case(id=entry["id"], root=root, main=main, expected=expected, edits=edits, uses_numpy=uses_numpy(root, main))


def cases(root: Path = FROZEN) -> Iterator[Case]:
    """All cases of a bench: the right programs, then the planted mistakes in the order of plants.toml."""
    for main in programs(root):
        yield right_case(root, main)
    plants = tomllib.loads((root / "plants.toml").read_text(encoding="utf-8"))
    for entry in plants["plant"]:
        yield planted_case(root, entry)


def write_case(case: Case, folder: Path) -> Path:
    """Put the files of a case into an empty or new folder.

    Returns:
        The file to be judged. Data files that it reads are missing, as they are for whoever gets it by mail.
    """
    program = Path(case.main).parent
    for name, text in case.texts.items():
        path = folder / Path(name).relative_to(program)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / Path(case.main).name


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a judge says of one program.

    verdict   -- 'right', 'mistake', 'undecidable' (reports both readings) or 'refused' (not accepted or not judged)
    findings  -- for each mistake that was reported: the line and the name. The line is its text, stripped, or its
                 number in the file to be judged (only the text works for notebooks and for files beside it)
    note      -- anything worth printing beside a miss
    """

    verdict: Literal["right", "mistake", "undecidable", "refused"]
    findings: tuple[tuple[str | int, str], ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How one case was answered.

    accepted  -- the program was judged at all
    verdict   -- the answer is the expected one
    lines     -- for each planted mistake, whether a finding points at one of its lines
    names     -- for each planted mistake, whether a finding has its name, on whatever line
    """

    case: Case
    answer: Answer
    accepted: bool
    verdict: bool
    lines: tuple[bool, ...]
    names: tuple[bool, ...]


def score_case(case: Case, answer: Answer, same_kind: Callable[[str, str], bool]) -> Score:
    """Compare one answer with what was planted."""
    return Score(
        case=case,
        answer=answer,
        accepted=answer.verdict != "refused",
        verdict=answer.verdict == case.expected,
        lines=tuple(
            any(where in numbers or where in texts for where, _ in answer.findings)
            for numbers, texts in zip(case.lines, case.line_texts)
        ),
        names=tuple(any(same_kind(kind, name) for _, name in answer.findings) for kind in case.kinds),
    )


def score(
    verdict_of: Callable[[Path], Answer],
    folder: Path,
    which: Iterable[Case] | None = None,
    same_kind: Callable[[str, str], bool] = str.__eq__,
) -> list[Score]:
    """Judge the cases one after the other.

    Args:
        verdict_of: judges the file at a path.
        folder: where the programs are written, one folder each, removed afterwards.
        which: the cases, by default all of the first bench.
        same_kind: whether a planted kind and a reported name mean the same mistake.
    """
    scores = []
    for number, case in enumerate(cases() if which is None else which):
        place = folder / f"case_{number:03d}"
        path = write_case(case, place)
        scores.append(score_case(case, verdict_of(path), same_kind))
        shutil.rmtree(place)
    return scores


@dataclass(frozen=True, kw_only=True)
class Total:
    """Counts over some scores. `first_line` and `first_name` ask for at least one of the planted mistakes."""

    cases: int
    accepted: int
    verdict: int
    first_line: int
    first_name: int
    all_lines: int


def total(scores: Iterable[Score]) -> Total:
    """Count how the cases were answered; to be called on the scores of one expected verdict, style or kind."""
    scores = list(scores)
    return Total(
        cases=len(scores),
        accepted=sum(score.accepted for score in scores),
        verdict=sum(score.verdict for score in scores),
        first_line=sum(any(score.lines) for score in scores),
        first_name=sum(any(score.names) for score in scores),
        all_lines=sum(bool(score.lines) and all(score.lines) for score in scores),
    )
