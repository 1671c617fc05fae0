"""The user's file as pieces of code to run: a script, or the code cells of a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import BadInput
from ...recording.source import OTHER_LANGUAGE, code_cells, decoded, without_magics
from ..old_versions.python import readable
from .places import Source

MAX_FILE_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Code that is run as one."""

    filename: str  # under which Python runs it
    source: Source  # the code, and where the user finds it
    written: str  # the code as it is in the file, which need not be Python: IPython's commands, Python 2


def runnable(text: str) -> str:
    """What is run of a script or a cell, with the same lines."""
    return readable(without_magics(text))


def read_pieces(path: Path, shown: str, filename: str) -> list[Piece]:
    """The code of a script or notebook.

    Args:
        path: the file to read.
        shown: the file as the user knows it.
        filename: under which Python shall run it.
    Raises:
        BadInput: the file cannot be read, is not a notebook, or has no code.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInput(f"{shown}: expected a script or notebook, got a file of more than {MAX_FILE_BYTES} bytes")
        text = decoded(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{shown}: expected a file that can be read, got: {error.strerror}") from None
    if path.suffix != ".ipynb":
        return [Piece(filename=filename, source=Source(file=shown, text=runnable(text)), written=text)]
    try:
        cells = code_cells(text)
    except ValueError:
        raise BadInput(f"{shown}: expected a Jupyter notebook, got a file in another format") from None
    if not cells:
        raise BadInput(f"{shown}: expected a notebook with code cells, got none")
    return [
        Piece(
            filename=f"{filename}#cell{number}",
            source=Source(file=shown, text="" if OTHER_LANGUAGE.match(cell) else runnable(cell), cell=number),
            written=cell,
        )
        for number, cell in enumerate(cells, 1)
    ]
