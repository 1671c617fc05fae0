"""Write docs/names.md from the tables that the reports read: ``python docs/names.py``."""

from __future__ import annotations

from pathlib import Path

from harness.report.explaining import HEADINGS, HOW_SURE, Explanation, all_explanations

PAGE = Path(__file__).with_name("names.md")
HEAD = """\
# What the names mean

Every name that `harness check` and `harness diagnose` give to a mistake, a cause, a finding, a remark, an outcome, or a
reason why something is not judged. `harness explain NAME` prints the same. Words in capitals stand for values of your
program. This page is made by `python docs/names.py`.
"""


def entry(one: Explanation) -> str:
    """The paragraph of one name."""
    difference = f"  \n  Right -> wrong: `{one.difference}`" if one.difference else ""
    fix = f"  \n  To fix it: {escaped(one.fix)}" if one.fix else ""
    return f"- **{one.id}**  \n  {escaped(one.what)}{difference}{fix}"


def escaped(text: str) -> str:
    """A sentence in which Markdown sees no marks of its own."""
    return "".join(f"\\{letter}" if letter in "*_`<>[]" else letter for letter in text)


def page() -> str:
    """The whole page."""
    known = all_explanations()
    parts = [HEAD]
    for kind, heading in HEADINGS.items():
        parts += [f"## {heading}\n", f"{HOW_SURE[kind]}\n"]
        parts.append("\n".join(entry(one) for one in known if one.kind is kind) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
