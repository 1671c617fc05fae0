"""What was judged already, one line of JSON for each hand-in, so that an interrupted grading can go on."""

from __future__ import annotations

import contextlib
import enum
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ..checking.result import PairResult
from ..errors import BadInput, reason_of, shown_path
from ..results import plain
from .result import HandInResult


class Journal:
    """A file of results by the fingerprints of what was judged.

    Args:
        path: of the file; None keeps nothing.
        resume: whether what is in it counts; otherwise it begins anew.

    Raises:
        BadInput: it cannot be read or written.
    """

    def __init__(self, path: Path | None, resume: bool) -> None:
        self.path = path
        self.known: dict[str, HandInResult] = {}
        if path is None:
            return
        try:
            if resume and path.exists():
                text = path.read_text(encoding="utf-8")
                self.known = dict(entries(text))
                if text and not text.endswith("\n"):  # a line that was cut off must not spoil the next one
                    path.write_text(text + "\n", encoding="utf-8")
            else:
                path.write_text("", encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{shown_path(path)}: cannot be used ({reason_of(error)}); give another folder") from None

    def add(self, key: str, result: HandInResult) -> None:
        """Keep a result, at once, unless it is known or has no key.

        Raises:
            BadInput: it cannot be written.
        """
        if self.path is None or not key or key in self.known:
            return
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "result": plain(result)}) + "\n")
        except OSError as error:
            name = shown_path(self.path)
            raise BadInput(f"{name}: cannot be written ({error.strerror}); make room, then resume") from None


def entries(text: str) -> typing.Iterator[tuple[str, HandInResult]]:
    """The lines of a journal; one that was cut off by an interrupt is passed over."""
    for line in text.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            entry = json.loads(line)
            yield entry["key"], rebuilt(HandInResult, entry["result"])


def rebuilt(kind: Any, value: Any) -> Any:
    """The inverse of ``plain`` for a value of a known type.

    Raises:
        ValueError, KeyError, TypeError: it does not have that type.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else rebuilt(next(one for one in arguments if one is not type(None)), value)
    if is_dataclass(kind) and isinstance(kind, type):
        # a module cannot import the names that import it
        hints = typing.get_type_hints(kind, localns={"PairResult": PairResult})
        return kind(
            **{one.name: rebuilt(hints[one.name], value[one.name]) for one in fields(kind) if one.name in value}
        )
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(value)
    if origin is tuple:
        kinds = arguments[:1] * len(value) if arguments[-1:] == (Ellipsis,) else arguments
        return tuple(rebuilt(one, item) for one, item in zip(kinds, value))
    if origin is Mapping:
        return {key: rebuilt(arguments[1], item) for key, item in value.items()}
    if kind is float:
        return math.nan if value is None else float(value)
    return value
