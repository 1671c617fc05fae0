"""A page and its parts, as a file for a browser and as a piece of a notebook."""

from __future__ import annotations

import enum
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from ...version import __version__
from .html import Html, element, paragraphs, together

if TYPE_CHECKING:
    import altair as alt

UNFOLDED_CHARACTERS = 400  # of the answer, if the page is narrow
STATIC_WIDTH = 620  # pixels of a chart that cannot grow, in a notebook
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:"


class Tone(enum.Enum):
    """What kind of answer it is."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart on a page."""

    chart: alt.LayerChart  # without a width, as that of the page is used
    description: str  # what it shows, for those who cannot see it
    caption: str = ""  # below it; "" for none
    follows_iteration: bool = False  # whether it has the cursor of the page's slider


@dataclass(frozen=True, kw_only=True)
class Row:
    """Figures beside each other; below each other if the page is narrow."""

    figures: Sequence[Figure]  # from left to right
    narrowest: int = 280  # pixels that each needs at least


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the slider of a page shows: numbers for the drawings of networks, at each iteration."""

    iterations: Sequence[int]  # rising
    readouts: Sequence[str]  # what is written beside the slider at each
    # for each drawing the weights of its edges, the biases and the colours of its units at each iteration
    networks: Sequence[dict[str, Any]]


Part = Html | Figure | Row


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page with a heading; without one it belongs to the answer."""

    heading: str
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page of a result."""

    title: str  # what was asked, for the browser's tab and above the answer
    tone: Tone  # of the answer
    headline: str  # the answer in one sentence
    answer: Sequence[str]  # more of it, a paragraph each
    sections: Sequence[Section]  # figures and tables
    course: Course | None = None  # of the slider; None if there is none

    def html(self) -> str:
        """The page as one HTML file that loads nothing else."""
        writer = _Writer()
        sections = [writer.section(section) for section in self.sections]
        data = {
            "specs": writer.specs,
            "themes": {"light": {**writer.render.LIGHT, "background": None}, "dark": writer.render.DARK},
            "course": None if self.course is None else vars(self.course),
        }
        script = Html(writer.render.javascript().replace("</script", "<\\/script")) if writer.specs else Html("")
        return "<!doctype html>\n" + element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("meta", http_equiv="Content-Security-Policy", content=POLICY),
                element("meta", name="color-scheme", content="light dark"),
                element("meta", name="generator", content=f"backprop-harness {__version__}"),
                element("title", f"{self.headline} - {self.title}"),
                element("style", asset("page.css")),
            ),
            element(
                "body",
                element("main", head_of(self), *sections),
                element("noscript", element("p", "The charts of this page need JavaScript.")),
                element("script", Html(embedded(data)), type="application/json", id="data"),
                element("script", script),
                element("script", asset("page.js")),
            ),
            lang="en",
        )

    def fragment(self) -> str:
        """The page as a piece of HTML for a notebook, its charts as pictures."""
        sections = map(_StaticWriter().section, self.sections)
        style = element("style", asset("notebook.css"))
        return element("div", style, head_of(self), together(sections), class_="harness")


def embedded(document: Any) -> str:
    """JSON that can stand in a script element, whatever texts are in it."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def asset(name: str) -> Html:
    """A file beside this module."""
    return Html((resources.files(__package__) / name).read_text(encoding="utf-8"))


class _Writer:
    """Writes the parts of one page; charts are numbered."""

    def __init__(self) -> None:
        from ...figures import render

        self.render = render
        self.specs: list[Any] = []

    def figure(self, figure: Figure) -> Html:
        """A place for a chart, which the script draws."""
        spec = self.render.spec(figure.chart.properties(width="container"))
        title = spec.pop("title", "")  # as text of the page, which goes on in the next line if the page is narrow
        self.specs.append(spec)
        place = element(
            "div",
            class_="chart" + (" timed" if figure.follows_iteration else ""),
            data_spec=len(self.specs) - 1,
            role="img",
            aria_label=figure.description,
        )
        heading = element("p", title if isinstance(title, str) else title["text"], class_="chart-title")
        caption = element("figcaption", figure.caption) if figure.caption else None
        return element("figure", heading, place, caption)

    def part(self, part: Part) -> Html:
        """One part of a section."""
        if isinstance(part, Figure):
            return self.figure(part)
        if isinstance(part, Row):
            style = f"--columns: {min(len(part.figures), 3)}; --narrowest: {part.narrowest}px"
            return element("div", *map(self.figure, part.figures), class_="row", style=style)
        return part

    def section(self, section: Section) -> Html:
        """A section with its heading."""
        heading = element("h2", section.heading) if section.heading else None
        return element("section", heading, *map(self.part, section.parts))


class _StaticWriter(_Writer):
    """Writes charts as pictures, which need no script."""

    def figure(self, figure: Figure) -> Html:
        picture = self.render.svg(figure.chart.properties(width=STATIC_WIDTH))
        described = element("div", Html(picture), role="img", aria_label=figure.description)
        return element("figure", described, element("figcaption", figure.caption) if figure.caption else None)


def answer_of(page: Page) -> Html:
    """The answer's paragraphs; if the page is narrow, those after the first few are folded to show the figures."""
    lengths = itertools.accumulate(map(len, page.answer))
    first = max(1, sum(length <= UNFOLDED_CHARACTERS for length in lengths))
    rest = page.answer[first:]
    folded = element("details", element("summary", "The rest of the answer"), paragraphs(rest), class_="more", open="")
    return element("div", paragraphs(page.answer[:first]), folded if rest else None, class_="answer")


def head_of(page: Page) -> Html:
    """The answer."""
    return element(
        "header",
        element("p", page.title, class_="asked"),
        element("h1", page.headline),
        answer_of(page),
        class_=page.tone.value,
    )
