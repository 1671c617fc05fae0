"""HTML from Python calls. Text is escaped unless it is ``Html`` already: no name or line of code becomes markup."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from ...errors import escape_controls

VOID = frozenset({"input", "br", "meta", "line", "circle"})


class Html(str):
    """Text that is markup, and goes into a page as it is."""

    __slots__ = ()


Content = str | Html | None


def escaped(content: Content) -> str:
    """What stands in the page for this content; letters that cannot be seen, or turn others around, are spelt out."""
    if content is None:
        return ""
    return str(content) if isinstance(content, Html) else html.escape(escape_controls(content))


def element(tag: str, *contents: Content, **attributes: str | int | float | bool | None) -> Html:
    """One element.

    Args:
        tag: its name.
        contents: what it holds, one after the other; None is left out.
        attributes: by name. A trailing underscore is dropped and others become hyphens, so ``class_`` is "class" and
            ``aria_label`` is "aria-label". False and None are left out; True is an attribute without a value.
    """
    written = ""
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        written += f" {name.removesuffix('_').replace('_', '-')}"
        written += "" if value is True else f'="{html.escape(str(value))}"'
    if tag in VOID:
        return Html(f"<{tag}{written}>" if tag in {"input", "br", "meta"} else f"<{tag}{written}></{tag}>")
    return Html(f"<{tag}{written}>{''.join(map(escaped, contents))}</{tag}>")


def together(parts: Iterable[Content]) -> Html:
    """Several parts, one after the other."""
    return Html("".join(map(escaped, parts)))


def paragraphs(texts: Iterable[str]) -> Html:
    """A paragraph of each text."""
    return together(element("p", text) for text in texts)


def folded(name: str, part: Html) -> Html:
    """A part that is shown when its name is selected."""
    return element("details", element("summary", name), part)


def table(
    caption: str, header: Sequence[Content], rows: Iterable[Sequence[Content]], numeric: Sequence[int] = ()
) -> Html:
    """A table with a caption and a header.

    Args:
        caption: what it shows.
        header: the name of each column, or ``sorting_buttons`` of them.
        rows: a cell for each column; the first one names its row.
        numeric: the places of columns with numbers, which are set to the right.
    """

    def kind(column: int) -> str | None:
        return "number" if column in numeric else None

    head = element("tr", *(element("th", name, scope="col", class_=kind(i)) for i, name in enumerate(header)))
    body = [
        element(
            "tr",
            element("th", row[0], scope="row", class_=kind(0)),
            *(element("td", cell, class_=kind(i)) for i, cell in enumerate(row[1:], start=1)),
        )
        for row in rows
    ]
    contents = (element("caption", caption), element("thead", head), element("tbody", *body))
    inner = element("table", *contents, class_="sortable" if any(isinstance(name, Html) for name in header) else None)
    return element("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)


def sorting_buttons(names: Iterable[str]) -> list[Html]:
    """A header whose table is sorted by the column whose button is selected."""
    return [element("button", name, type="button") for name in names]


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """A list of names and what they are; a pair without a name goes on with the one before."""
    return element(
        "dl", *(together((element("dt", name), element("dd", text))) for name, text in pairs), class_="facts"
    )
