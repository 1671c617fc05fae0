"""Saved weights whose file is missing: made up with the shapes that the file asserts where it takes them over."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Array
from ..literals import nodes_of
from ..values import TAPE, plain
from .hints import inputs

SCALE = 0.1  # of made-up weights
FREE = (ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.expr_context)  # call no function


def comparison(variable: str) -> re.Pattern[str]:
    """An array's shape compared with that of an item of a list: ``assert w.shape == saved[i].shape``."""
    return re.compile(rf"(\S+)\.shape [=!]= {re.escape(variable)}\[\w+\]\.shape")


def asserts_shapes(text: str, variable: str) -> bool:
    """Whether a file compares the shapes of the items of a loaded list, and expects no exception if it is missing."""
    return bool(comparison(variable).search(text)) and not any(isinstance(node, ast.Try) for node in nodes_of(text))


class SavedWeights:
    """The list of arrays that a missing file would hold.

    Args:
        variable: the name that the file gives to the list.
        name: of the missing file.
        note: called with the shape of each array that is made up.
    """

    def __init__(self, variable: str, name: str, note: Callable[[tuple[int, ...]], None]) -> None:
        self.variable, self.name, self.note = variable, name, note
        self.made: dict[int, Array] = {}

    def __getitem__(self, number: Any) -> Array:
        place = int(plain(number))
        if place not in self.made:
            shape = self._shape_at(sys._getframe(1))
            if shape is None:
                raise FileNotFoundError(2, "No such file or directory", self.name)
            self.made[place] = inputs(int(np.prod(shape)), 1, f"{self.name} {place}").reshape(shape) * SCALE
            self.note(shape)
        return self.made[place]

    def _shape_at(self, frame: Any) -> tuple[int, ...] | None:
        """The shape that a line compares that of an item with; None if it compares nothing."""
        source = TAPE.sources.get(frame.f_code.co_filename)
        found = comparison(self.variable).search(source.lines[frame.f_lineno - 1]) if source is not None else None
        if found is None:
            return None
        try:
            tree = ast.parse(found[1].lstrip("("), mode="eval")
        except SyntaxError:
            return None
        if not all(isinstance(node, FREE) for node in ast.walk(tree)):
            return None
        return np.shape(eval(compile(tree, self.name, "eval"), frame.f_globals, frame.f_locals))
