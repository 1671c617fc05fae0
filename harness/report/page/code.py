"""Somebody's code on a page: numbered lines, some of them marked, and unified diffs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .html import Html, element

MAX_LINES = 1500  # of a file that is shown whole; of a longer one, what is near the marked lines
AROUND = 40  # lines before and after a marked one in a long file


def code_line(number: str, text: str, kind: str | None = None, remark: str = "") -> Html:
    """One line with its number, and what there is to say of it beside it."""
    beside = element("span", remark, class_="remark") if remark else None
    return element(
        "div",
        element("span", number, class_="number"),
        element("span", text or " ", class_="text"),
        beside,
        class_=kind,
    )


def shown_lines(count: int, marked: Sequence[int]) -> list[int]:
    """The numbers of the lines that are shown, from 1."""
    if count <= MAX_LINES:
        return list(range(1, count + 1))
    near = {line for mark in marked or [1] for line in range(mark - AROUND, mark + AROUND + 1)}
    return sorted(line for line in near if 1 <= line <= count)


def listing(
    source: str, wrong: Mapping[int, str], related: Sequence[int], remarks: Mapping[int, str], name: str
) -> Html:
    """A file with its wrong lines marked.

    Args:
        source: the text of the file.
        wrong: what to say under each wrong line, by its number from 1.
        related: the numbers of other lines that belong to it.
        remarks: what to say beside lines, by their numbers.
        name: of the file, for a heading that only screen readers say.
    """
    texts = source.splitlines()
    parts: list[Html] = []
    before = 0
    for line in shown_lines(len(texts), [*wrong, *related]):
        if line > before + 1:
            parts.append(code_line("", "..."))
        kind = "wrong" if line in wrong else "related" if line in related else None
        parts.append(code_line(str(line), texts[line - 1], kind, remarks.get(line, "")))
        if wrong.get(line):
            parts.append(element("div", wrong[line], class_="says"))
        before = line
    return element("div", *parts, class_="code", tabindex=0, role="region", aria_label=f"Code of {name}")


def diff_listing(diff: str) -> Html:
    """A unified diff in colours."""
    kinds = {"+": "added", "-": "removed", "@": "quiet"}
    lines = []
    for line in diff.splitlines():
        kind = "quiet" if line.startswith(("+++", "---")) else kinds.get(line[:1])
        lines.append(element("div", element("span", line or " ", class_="text"), class_=kind))
    return element("div", *lines, class_="code diff", tabindex=0, role="region", aria_label="Changes as a unified diff")
