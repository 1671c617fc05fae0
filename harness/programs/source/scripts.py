"""The user's file as pieces of code to run: a script, or the code cells of a notebook."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ..old_versions.python import readable
from .places import Source

MAGIC = re.compile(r"^(\s*)([%!?].*|.*\?\s*)$")  # a line for IPython alone
MAGIC_VALUE = re.compile(r"^(\s*[\w\s,]+=\s*)[%!].*$")  # x = !ls
HARMLESS_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")  # the rest of the cell is Python
MAX_FILE_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Code that is run as one."""

    filename: str  # under which Python runs it
    source: Source  # the code, and where the user finds it


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
        data = path.read_bytes()
        text = _decoded(data)
    except OSError as error:
        raise BadInput(f"{shown}: expected a file that can be read, got: {error.strerror}") from None
    if path.suffix != ".ipynb":
        return [Piece(filename=filename, source=Source(file=shown, text=readable(without_magic(text))))]
    return [
        Piece(
            filename=f"{filename}#cell{number}",
            source=Source(file=shown, text=readable(without_magic(cell)), cell=number),
        )
        for number, cell in enumerate(code_cells(text, shown), 1)
    ]


def _decoded(data: bytes) -> str:
    """The text of a file in UTF-8, with Windows' or Unix' line ends, else in Latin-1."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def code_cells(text: str, shown: str) -> list[str]:
    """The text of each code cell of a notebook.

    Raises:
        BadInput: it is not a notebook, or has no code.
    """
    try:
        notebook = json.loads(text)
        sheets = notebook.get("worksheets", [notebook])
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] == "code"]
        codes = [_joined(cell.get("source", cell.get("input", ""))) for cell in cells]
    except (AttributeError, ValueError, KeyError, TypeError, RecursionError):
        raise BadInput(f"{shown}: expected a Jupyter notebook, got a file in another format") from None
    if not codes:
        raise BadInput(f"{shown}: expected a notebook with code cells, got none")
    return codes


def _joined(source: Any) -> str:
    """The text of a cell, which is stored whole or in lines."""
    return source if isinstance(source, str) else "".join(source)


def without_magic(cell: str) -> str:
    """A cell's code with what only IPython understands replaced, so that its lines keep their numbers."""
    lines = cell.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(HARMLESS_CELL_MAGICS):
        return "\n" * (len(lines) - 1)
    try:
        ast.parse(cell)
        return cell
    except (SyntaxError, ValueError):
        return "\n".join(MAGIC.sub(r"\1pass", MAGIC_VALUE.sub(r"\1None", line)) for line in lines)
