"""The user's files where edits of a captured program go: texts, calls, and names to write things under."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import keras

from ...recording.source import called_name
from ..program import Program
from ..source.places import Place, call_at
from ..source.scripts import read_pieces
from .edited import Key
from .texts import Edit, Text, Unplaced, is_docstring, is_future


class ScriptTexts:
    """The texts of one program, and the imports that edits of it need.

    Attributes:
        program: as captured, with its places.
        imports: the edits that add an import, one for each line and text.
    """

    def __init__(self, program: Program) -> None:
        """Nothing is read yet."""
        self.program = program
        self.texts: dict[Key, Text] = {}
        self.imports: dict[tuple[Key, str], Edit] = {}

    def text(self, place: Place | None) -> Text:
        """The text that a place is in."""
        if place is None:
            raise Unplaced
        key = (place.file, place.cell)
        if key not in self.texts:
            for piece in read_pieces(Path(place.file), place.file, place.file):
                self.texts[place.file, piece.source.cell] = Text(piece.source)
        return self.texts[key]

    def call(self, place: Place | None) -> tuple[Text, ast.Call]:
        """The call at a place, as a node of its text's tree."""
        text = self.text(place)
        wanted = call_at(text.source.text, place)
        if wanted is None:
            raise Unplaced
        for node in ast.walk(text.tree):
            if isinstance(node, ast.Call) and text.span(node) == text.span(wanted):
                return text, node
        raise Unplaced

    def makes(self, text: Text, call: ast.Call, kind: type) -> bool:
        """Whether a call is that of a class, by its name or an alias of it."""
        name = called_name(call)
        dotted = dict(text.imported()).get(name, name)
        name = dotted.rsplit(".", 1)[-1]
        return name == kind.__name__ or getattr(keras.layers, name, None) is kind

    def keras_name(self, text: Text, name: str) -> str:
        """How to write ``keras.NAME`` in a text; an import is added if Keras is not imported whole."""
        for known, dotted in text.imported():
            if dotted in ("keras", "tensorflow.keras"):
                return f"{known}.{name}"
            if dotted == "tensorflow":
                return f"{known}.keras.{name}"
            if dotted in (f"keras.{name.rsplit('.', 1)[0]}", f"tensorflow.keras.{name.rsplit('.', 1)[0]}"):
                return f"{known}.{name.rsplit('.', 1)[1]}"
            if dotted in (f"keras.{name}", f"tensorflow.keras.{name}"):
                return known
        self.add_import(text, "import keras")
        return f"keras.{name}"

    def numpy_name(self, text: Text) -> str:
        """How to write ``numpy`` in a text."""
        for known, dotted in text.imported():
            if dotted == "numpy":
                return known
        self.add_import(text, "import numpy as np")
        return "np"

    def add_import(self, text: Text, line: str) -> None:
        """Add an import before the first import of a text, or at its top."""
        key = (text.source.file, text.source.cell), line
        body = [node for node in text.tree.body if not is_docstring(node) and not is_future(node)]
        first = next((node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))), body[0])
        self.imports[key] = text.insert_before(first, line)

    def all_texts(self, place: Place | None) -> list[Text]:
        """All cells of the notebook that a place is in, or its file."""
        file = self.text(place).source.file
        return [text for (name, _), text in self.texts.items() if name == file]


def only_call(call: ast.Call, is_wanted: Callable[[ast.Call], bool]) -> ast.Call:
    """The call itself if it is the wanted one, else the only wanted call inside it (Python 3.10 knows just the line).

    Raises:
        Unplaced: there is none, or several.
    """
    if is_wanted(call):
        return call
    inner = [node for node in ast.walk(call) if isinstance(node, ast.Call) and is_wanted(node)]
    if len(inner) != 1:
        raise Unplaced
    return inner[0]
