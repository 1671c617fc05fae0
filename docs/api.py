"""Write docs/api.md from the docstrings of the public API: ``python docs/api.py``."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

import harness
from harness import callbacks

PAGE = Path(__file__).with_name("api.md")
FUNCTIONS = ("check", "diagnose", "compare", "sweep", "inspect", "load")
HEAD = """\
# The Python API

`import harness` loads neither NumPy nor TensorFlow; what a function needs is imported when you call it. Names that are
not on this page are private and may change. This page is made from the docstrings by `python docs/api.py`.

All results have typed attributes, print themselves in a terminal and in a notebook, and have `to_dict()`, the document
that `--json` prints ([its keys](json.md)). `str(result)` is the answer as text.
"""
SECTIONS = ("Args", "Returns", "Raises", "Attributes", "Example", "Examples")


def signature_of(name: str, item: Any) -> str:
    """The call with its defaults; the section Args has the types."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(item).parameters.values()
        if parameter.name != "self"
    ]
    text = str(inspect.Signature(parameters)).replace("'", '"')
    return name + re.sub(r"<function (\w+) at 0x\w+>", r"\1", text)


def as_markdown(docstring: str) -> str:
    """A docstring in Keras' form, its sections under bold titles and its examples in code blocks."""
    lines: list[str] = []
    section, block = "", False
    for line in inspect.cleandoc(docstring).splitlines():
        title = line.rstrip(":")
        if line.endswith(":") and title in SECTIONS:
            section = title
            lines += [f"**{title}**", ""]
        elif section in ("Args", "Raises", "Attributes") and re.match(r"    \S", line):
            name, colon, rest = line.strip().partition(":")
            lines.append(f"- `{name}`:{rest}" if colon else f"  {line.strip()}")
        elif section in ("Example", "Examples") and line.startswith("    >>>") and not block:
            block = True
            lines += ["```python", line[4:]]
        elif block and not line.strip():
            block = False
            lines += ["```", ""]
        elif block:
            lines.append(line[4:])
        elif section in ("Args", "Raises", "Attributes") and line.startswith("      "):
            lines.append(f"  {line.strip()}")
        else:
            lines.append(textwrap.dedent(line) if section == "Returns" else line)
    if block:
        lines.append("```")
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<!`)``(?!`)", "`", text))


def section_of(name: str, item: Any, call: str = "") -> str:
    """The heading, the call and the docstring of one name."""
    code = f"```python\n{call}\n```\n\n" if call else ""
    return f"### {name}\n\n{code}{as_markdown(item.__doc__)}\n"


def page() -> str:
    """The whole page."""
    functions = {name: getattr(harness, name) for name in FUNCTIONS if name in harness.__all__}
    types = {name: getattr(harness, name) for name in sorted({*harness.__all__} - {*functions, "__version__"})}
    parts = [
        HEAD,
        "## Functions\n",
        *(section_of(f"harness.{name}", item, signature_of(name, item)) for name, item in functions.items()),
        "## Types\n",
        *(section_of(f"harness.{name}", item) for name, item in types.items()),
        "## Keras callbacks\n",
        *(
            section_of(f"{item.__module__}.{item.__name__}", item, signature_of(item.__name__, item.__init__))
            for item in (callbacks.NeuronHistograms, callbacks.SymmetryMonitor)
        ),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
