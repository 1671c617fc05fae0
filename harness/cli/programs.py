"""What is said at once about a script or notebook that no command can judge."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from ..errors import BadInput, shown_path
from ..programs.kinds import trains_keras
from ..sandbox import is_program

MAX_BYTES = 4096  # of a file that may have no code; larger ones are not parsed twice


def refuse_without_code(path: Path) -> None:
    """Raise BadInput if a script or notebook is empty, or has comments and texts alone."""
    from ..recording import source

    try:
        if path.stat().st_size > MAX_BYTES:
            return
        statements = ast.parse(source.written_text(path)).body
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, RecursionError, MemoryError):
        return  # what is wrong with it is said when it is read
    if all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in statements):
        raise BadInput(f"{shown_path(path)} has no code; write the network, or begin with 'harness new FILE'")


def refuse_folder(name: str) -> None:
    """Raise BadInput for a folder, with the first of its programs that seems to train a Keras model."""
    if not os.path.isdir(name):
        return
    try:
        programs = sorted(path for path in Path(name).iterdir() if is_program(path))
    except OSError:
        programs = []
    program = next((path for path in programs if trains_keras(path)), programs[0] if programs else None)
    hint = "give a script or notebook of it" if program is None else f"give one, such as {shown_path(program)}"
    raise BadInput(f"{shown_path(name)} is a folder; diagnose reads one program", hint=hint)
