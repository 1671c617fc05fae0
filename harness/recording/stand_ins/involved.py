"""Whether an exception has to do with one of the stand-ins, so that it says nothing about the user's file."""

from __future__ import annotations

import ast
import contextlib
import linecache
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import numpy as np

HERE = str(Path(__file__).resolve().parent)
PACKAGE = __name__.rpartition(".")[0]
MAX_ITEMS = 8  # of a container that are looked at
MAX_DEPTH = 3
WORDS = re.compile(
    r"\b(?!(?:if|elif|else|for|in|not|and|or|is|return|yield|with|as|lambda|while|raise|del)\b)"
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?"
)
QUOTED = re.compile(r"'([A-Za-z_][\w.]*)'")


def involves_stand_in(error: BaseException) -> bool:
    """Whether a stand-in raised the exception, is named in it, or is a value of the line that raised it."""
    if isinstance(error, NameError):
        return False  # a name without a value: nothing was stood in for it
    frames = list(_frames(error.__traceback__))
    if frames and frames[-1][0].f_code.co_filename.startswith(HERE):
        return True
    if isinstance(error, AttributeError) and _is_stand_in(getattr(error, "obj", None), 0):
        return True
    classes = _classes()
    if any(name.rpartition(".")[2] in classes for name in QUOTED.findall(str(error))):
        return True
    users = [(frame, line) for frame, line in frames if not _is_ours(frame)]
    return bool(users) and any(_is_stand_in(value, 0) for value in _values(*users[-1]))


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames of a traceback with their lines, outermost first."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of the recorder or of an installed package."""
    name = frame.f_code.co_filename
    return name.startswith(str(Path(HERE).parent)) or "site-packages" in name or name.startswith("<frozen")


def _classes() -> frozenset[str]:
    """The names of the stand-ins' classes."""
    return frozenset(
        name
        for module in [value for key, value in sys.modules.items() if key.startswith(f"{PACKAGE}.")]
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__.startswith(PACKAGE)
    )


def _is_stand_in(value: Any, depth: int) -> bool:
    """Whether a value is a stand-in, or holds one."""
    if str(getattr(value, "__module__", "")).startswith(PACKAGE):  # of a function, a class, or an object's class
        return True
    if depth >= MAX_DEPTH:
        return False
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(_is_stand_in(item, depth + 1) for item in value.ravel()[:MAX_ITEMS].tolist())
    items = list(value.values()) if type(value) is dict else value if type(value) in (list, tuple) else []
    return any(_is_stand_in(item, depth + 1) for item in items[:MAX_ITEMS])


def _values(frame: FrameType, line: int) -> Iterator[Any]:
    """The values of the names, and of the attributes of names, that stand in a line."""
    text = linecache.getline(frame.f_code.co_filename, line).strip()
    names = {**frame.f_globals, **frame.f_locals}
    for node in _expressions(text):
        if isinstance(node, ast.Name) and node.id in names:
            yield names[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            yield getattr(names[node.value.id], "__dict__", {}).get(node.attr)


def _expressions(text: str) -> Iterator[ast.AST]:
    """The nodes of a line's syntax tree; of the words in it, if it is a part of a statement only."""
    for attempt in (text, text.rstrip(":"), f"{text}\n    pass", "; ".join(WORDS.findall(text))):
        with contextlib.suppress(SyntaxError):
            yield from ast.walk(ast.parse(attempt))
            return
