"""Files and notebooks with edits made: their text, and a unified diff."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..source.scripts import Piece, read_pieces, runnable
from .texts import Edit

Key = tuple[str, "int | None"]  # file and cell


def without_overlaps(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in the order of the text, without those that lie inside another and without repetitions."""
    unique = list(dict.fromkeys(edits))
    unique.sort(key=lambda edit: (edit.file, edit.cell or 0, edit.start, edit.end))
    kept: list[Edit] = []
    for edit in unique:
        outer = [
            other
            for other in unique
            if other is not edit
            and (other.file, other.cell) == (edit.file, edit.cell)
            and other.start <= edit.start
            and edit.end <= other.end
            and other.end - other.start > edit.end - edit.start
            and not (edit.start == edit.end and edit.start in (other.start, other.end))
        ]
        if not outer:
            kept.append(edit)
    return kept


def edited_text(text: str, edits: Iterable[Edit]) -> str:
    """A file's or cell's text with its edits made.

    Args:
        text: as the edits were made for.
        edits: of this file or cell, in the order of the text.
    """
    for edit in reversed(list(edits)):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def edited_sources(edits: Sequence[Edit], base: Path = Path()) -> dict[Key, tuple[str, str]]:
    """The texts before and after, of every file or cell that has edits.

    Args:
        edits: as ``edits_for`` gives them.
        base: the folder that the files of the edits are relative to.
    """
    found: dict[Key, tuple[str, str]] = {}
    for file in dict.fromkeys(edit.file for edit in edits):
        for piece in read_pieces(base / file, file, file):
            own = [edit for edit in edits if (edit.file, edit.cell) == (file, piece.source.cell)]
            if own:
                found[file, piece.source.cell] = _edited_as_written(piece, own)
    return found


def _edited_as_written(piece: Piece, edits: Sequence[Edit]) -> tuple[str, str]:
    """A piece before and after its edits, with the lines that Python cannot read as the user wrote them.

    If an edited line is one of these, or the piece would not run the same, the text is all Python.
    """
    before, after = piece.source.text, edited_text(piece.source.text, edits)
    old, new, written = before.split("\n"), after.split("\n"), piece.written.split("\n")
    for kind, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            new[first:last] = written[start:end]
        elif old[start:end] != written[start:end]:
            return before, after
    restored = "\n".join(new)
    return (piece.written, restored) if runnable(restored) == after else (before, after)


def unified_diff(edits: Sequence[Edit]) -> str:
    """The edits as a unified diff, one part for each file or cell."""
    parts: list[str] = []
    for (file, cell), (before, after) in edited_sources(edits).items():
        path = Path(file).as_posix().lstrip("/")  # "a//home" is a path that patch does not take
        name = path if cell is None else f"{path} (cell {cell})"
        lines = [text if text.endswith("\n") or not text else text + "\n" for text in (before, after)]
        parts += difflib.unified_diff(
            lines[0].splitlines(keepends=True), lines[1].splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
    return "".join(parts)


def edited_files(edits: Sequence[Edit], base: Path) -> dict[Path, str]:
    """The text of each edited file with its edits made, by its absolute path.

    Args:
        edits: as ``edits_for`` gives them.
        base: the folder that the files of the edits are relative to.
    """
    found = {}
    for file in dict.fromkeys(edit.file for edit in edits):
        path = (base / file).resolve()
        sources = edited_sources([edit for edit in edits if edit.file == file], base)
        if path.suffix == ".ipynb":
            found[path] = edited_notebook(path, {cell: after for (_, cell), (_, after) in sources.items() if cell})
        else:
            found[path] = sources[file, None][1]
    return found


def edited_notebook(path: Path, cells: Mapping[int, str]) -> str:
    """A notebook with the code of some cells replaced, by their numbers from 1."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    sheets = notebook.get("worksheets", [notebook])
    codes = [cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] == "code"]
    for number, text in cells.items():
        codes[number - 1]["source" if "source" in codes[number - 1] else "input"] = text
    return json.dumps(notebook)
