"""What every result can do: print itself in a terminal and a notebook, and become a JSON document.

The sentences and tables are made in ``report/``, whose modules register themselves here for the types they describe, so
that nothing below has to know them.
"""

from __future__ import annotations

import functools
import io
from typing import Any

Document = dict[str, Any]


@functools.singledispatch
def as_document(result: object) -> Document:
    """The JSON document of a result; its keys are described in docs/json.md."""
    raise TypeError(f"no report describes {type(result).__name__}")


@functools.singledispatch
def as_text(result: object) -> Any:
    """What a person reads of a result, for rich to print."""
    raise TypeError(f"no report describes {type(result).__name__}")


class Result:
    """A result of the public API: typed attributes, and the three ways to read it."""

    def to_dict(self) -> Document:
        """The JSON document that ``--json`` prints."""
        return as_document(self)

    def __rich__(self) -> Any:
        return as_text(self)

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(file=io.StringIO(), width=100)
        console.print(self)
        return console.file.getvalue().rstrip("\n")  # type: ignore[attr-defined]

    def _repr_html_(self) -> str:
        from rich.console import Console

        console = Console(file=io.StringIO(), record=True, width=100)
        console.print(self)
        return console.export_html(inline_styles=True, code_format="<pre style='line-height:1.2'>{code}</pre>")
