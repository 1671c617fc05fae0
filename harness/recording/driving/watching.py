"""Sees, without recording, whether running code updates parameters, and whether shapes only fit by accident."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .updates import UpdateLine

MAX_LINES = 120_000  # of the user's code that one attempt may run
ITERATIONS = 3
ENOUGH_UPDATES = 3 * ITERATIONS  # of one statement, for three layers
MAX_COMPARED = 64  # arrays in one container
# functions of NumPy after which targets are targets still: the same in another shape, and some of them put together
MOVING = frozenset(
    {"reshape", "transpose", "squeeze", "expand_dims", "atleast_2d", "ravel", "array_split", "split", "take"}
)
JOINING = frozenset({"concatenate", "stack", "hstack", "vstack", "column_stack", "row_stack", "dstack"})


class Enough(BaseException):
    """Raised in the user's code when parameters were updated often enough; not an Exception, so that it passes."""


class Overrun(BaseException):
    """Raised in the user's code when an attempt runs for too long."""


class Targets(np.ndarray[Any, Any]):
    """Labels that notice when arithmetic broadcasts them to a larger shape: such shapes fit by accident."""

    notes: list[str]
    _stands_for = np.ndarray  # what its type is for the user's code
    whole: bool = False  # whether single items stay arrays, so that they notice too

    def __array_finalize__(self, made_from: Any) -> None:
        self.notes = getattr(made_from, "notes", [])
        self.whole = getattr(made_from, "whole", False)

    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        if self.whole and isinstance(item, np.integer):
            kept = np.asarray(item).view(Targets)
            kept.notes = self.notes
            return kept
        return item

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        plain = [np.asarray(value) if isinstance(value, Targets) else value for value in inputs]
        if out is not None:
            options["out"] = tuple(np.asarray(value) if isinstance(value, Targets) else value for value in out)
        result = getattr(ufunc, method)(*plain, **options)
        if method == "__call__" and ufunc in (np.add, np.subtract) and any(isinstance(value, int) for value in inputs):
            shifted = np.asarray(result).view(Targets)  # labels from 1 are labels still
            shifted.notes, shifted.whole = self.notes, self.whole
            return shifted
        shape = getattr(result, "shape", ())
        if method == "__call__" and (len(shape) >= 2 or self.size == 1) and int(np.prod(shape)) > self.size:
            repeated = len(set(shape)) < len(shape) and max(shape) > 1
            if ufunc is np.subtract or (ufunc in (np.multiply, np.divide, np.add) and repeated):
                self.notes.append(f"targets of shape {self.shape} were broadcast to {shape}")
        return result

    def __array_function__(self, function: Callable[..., Any], types: Any, arguments: Any, options: Any) -> Any:
        result = super().__array_function__(function, types, arguments, options)
        if function.__name__ in JOINING and all(isinstance(part, Targets) for part in arguments[0]):
            together = np.asarray(result).view(Targets)
            together.notes, together.whole = self.notes, self.whole
            return together
        is_moved = not isinstance(result, Targets) or function.__name__ in MOVING
        return result if is_moved else np.asarray(result)


class Watcher:
    """Traces the lines of the user's files.

    Args:
        updates: the update statements of each file, by the file's name in code objects.
    """

    def __init__(self, updates: Mapping[str, tuple[UpdateLine, ...]]) -> None:
        self.squares: set[int] = set()  # lengths that must not appear twice in a shape
        self.lines = 0
        self.hits: dict[tuple[str, int], int] = {}  # likely updates seen, by place
        self.rounds: dict[tuple[object, ...], int] = {}  # the same, by parameter: a line may step several
        self.notes: list[str] = []
        self.functions: set[str] = set()
        self.visited: set[tuple[str, int]] = set()
        self.stop_early = True
        self._by_file = {name: self._compiled(lines) for name, lines in updates.items()}

    @staticmethod
    def _compiled(lines: tuple[UpdateLine, ...]) -> dict[int, list[tuple[UpdateLine, CodeType | None]]]:
        table: dict[int, list[tuple[UpdateLine, CodeType | None]]] = {}
        for update in lines:
            code = None
            if update.target:
                expression = ast.parse(update.target, mode="eval")
                code = compile(expression, "<target>", "eval")
            table.setdefault(update.first, []).append((update, code))
        return table

    @property
    def updated(self) -> bool:
        """Whether a statement that reads like the step of a parameter changed it."""
        return bool(self.hits)

    @property
    def has_iterated(self) -> bool:
        """Whether every parameter that was seen was updated several times."""
        return bool(self.rounds) and min(self.rounds.values()) >= ITERATIONS

    def run(self, action: Callable[[], None]) -> None:
        """Does something under this watch."""
        previous = sys.gettrace()
        sys.settrace(self._enter)
        try:
            action()
        finally:
            sys.settrace(previous)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        """The trace function of a frame of the files that are watched; None for others."""
        table = self._by_file.get(frame.f_code.co_filename)
        if table is None:
            return None
        self.functions.add(frame.f_code.co_name)
        return self._local(table, frame.f_code.co_filename)

    def _local(self, table: dict[int, list[tuple[UpdateLine, CodeType | None]]], name: str) -> Any:
        """A trace function that compares the target of each update statement before and after it."""
        pending: list[tuple[UpdateLine, CodeType | None, Any]] = []

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "exception":
                return trace
            self.lines += 1
            line = frame.f_lineno
            if pending and (event == "return" or not pending[0][0].first < line <= pending[0][0].last):
                for update, code, before in pending:
                    self._compare(name, update, before, _value(code, frame), frame)
                pending.clear()
            if event == "line":
                self.visited.add((name, line))
                if line in table:
                    pending.extend((update, code, _frozen(_value(code, frame))) for update, code in table[line])
                if self.lines > MAX_LINES:
                    raise Overrun
                if self.stop_early and self.hits and max(self.hits.values()) >= ENOUGH_UPDATES:
                    raise Enough
            elif event == "return":
                self._look_for_squares(frame, argument)
            return trace

        return trace

    def _compare(self, name: str, update: UpdateLine, before: Any, after: Any, frame: FrameType) -> None:
        """Count an update that changed its target, and note one that changed its shape."""
        if update.target and not _changed(before, after):
            return
        if update.target:
            for old, new in zip(_leaves(before), _leaves(after)):
                if np.shape(old) != np.shape(new) and not update.likely:
                    return
                grown = np.size(new) > np.size(old)  # a number that becomes an array was meant for one observation
                if np.shape(old) != np.shape(new) and (grown or np.ndim(old) == np.ndim(new)):
                    self.notes.append(f"line {update.first}: {np.shape(old)} became {np.shape(new)}")
        if update.likely:
            place, parameter = (name, update.first), (name, update.first, _owners(update.target, frame))
            self.hits[place] = self.hits.get(place, 0) + 1
            self.rounds[parameter] = self.rounds.get(parameter, 0) + 1

    def _look_for_squares(self, frame: FrameType, result: Any) -> None:
        if not self.squares:
            return
        for value in [result, *frame.f_locals.values()]:
            for one in value if isinstance(value, (tuple, list)) and len(value) < 8 else [value]:
                shape: tuple[int, ...] = one.shape if isinstance(one, np.ndarray) else ()
                if len(shape) == 2 and shape[0] == shape[1] and shape[0] in self.squares and not _is_diagonal(one):
                    self.notes.append(f"an array of shape {shape} in {frame.f_code.co_name}")


def _owners(target: str, frame: FrameType) -> tuple[object, ...]:
    """Which of several parameters an expression such as ``layer.w[i]`` stands for: the objects and indices in it."""
    values = [frame.f_locals.get(name) for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*", target)]
    return tuple(v if isinstance(v, (int, str)) else id(v) for v in values if not isinstance(v, (np.ndarray, float)))


def _is_diagonal(matrix: np.ndarray[Any, Any]) -> bool:
    """Whether a square matrix is the Jacobian of an elementwise function, which is square by right."""
    return np.count_nonzero(matrix) == np.count_nonzero(np.diagonal(matrix))


def _value(code: CodeType | None, frame: FrameType) -> Any:
    if code is None:
        return None
    try:
        return eval(code, frame.f_globals, dict(frame.f_locals))
    except Exception:  # not bound yet
        return None


def _frozen(value: Any) -> Any:
    """A copy of the numbers in a value, deep enough to compare."""
    if isinstance(value, np.ndarray):
        return np.array(value, copy=True) if value.dtype != object else None
    if isinstance(value, (dict, list, tuple)):
        return [_frozen(item) for item in list(value.values() if isinstance(value, dict) else value)[:MAX_COMPARED]]
    if isinstance(value, (float, np.floating)):
        return float(value)
    return None


def _leaves(value: Any) -> list[Any]:
    frozen = _frozen(value) if not isinstance(value, list) else value
    if isinstance(frozen, list):
        return [leaf for item in frozen for leaf in _leaves(item)]
    return [] if frozen is None else [frozen]


def _changed(before: Any, after: Any) -> bool:
    """Whether floating numbers became other ones."""
    old, new = _leaves(before), _leaves(after)
    if len(old) != len(new) or not old:
        return False
    for one, other in zip(old, new):
        if np.asarray(other).dtype.kind != "f" and np.asarray(one).dtype.kind != "f":
            continue
        if np.shape(one) != np.shape(other) or not np.array_equal(one, other, equal_nan=True):
            return True
    return False
