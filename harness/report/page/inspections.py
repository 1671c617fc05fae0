"""The page of an inspected Keras model."""

from __future__ import annotations

import altair as alt

from ...figures import spread
from ...programs.inspection import Inspection, LayerReport
from .. import inspection as words
from ..words import count, joined
from .document import Figure, Page, Part, Section, Tone
from .html import Content, element, table

FINDINGS = {
    "not finite": "weights that are not finite",
    "clones": "clones",
    "near-clones": "nearly identical units",
    "dead": "dead units",
    "saturated": "saturated units",
}


def headline(inspection: Inspection) -> str:
    """The answer in one sentence."""
    if inspection.is_fine:
        return words.sentences(inspection)[0]
    bad = [layer for layer in inspection.layers if layer.findings]
    kinds = list(dict.fromkeys(finding for layer in bad for finding in layer.findings))
    have = "has" if len(bad) == 1 else "have"
    return f"{len(bad)} of {count(len(inspection.layers), 'layer')} {have} {joined(FINDINGS[kind] for kind in kinds)}."


def layer_cells(layer: LayerReport, *, on_data: bool) -> tuple[Content, ...]:
    """The row of one layer."""
    bad = element("span", ", ".join(FINDINGS[finding] for finding in layer.findings), class_="badge bad")
    return (
        layer.name,
        layer.activation,
        words.width_cell(layer).plain,
        words.scale_cell(layer).plain,
        *(words.data_cells(layer) if on_data else ()),
        bad if layer.findings else element("span", "fine", class_="badge good"),
    )


def figure_of(inspection: Inspection) -> alt.LayerChart | None:
    """How many of the units of each hidden layer are distinct; None if there are no hidden layers."""
    rows = width_rows(inspection)
    if not rows:
        return None
    return spread.shares_chart(rows, "share of the units that are distinct", "Distinct units of each hidden layer")


def width_rows(inspection: Inspection) -> list[spread.ShareRow]:
    """The share of the units of each hidden layer that are distinct."""
    return [
        spread.ShareRow(
            name=f"{layer.name}: {layer.effective_width} of {layer.units}",
            value=layer.effective_width / layer.units,
            low=layer.effective_width / layer.units,
            high=layer.effective_width / layer.units,
            reached=not layer.clones,
        )
        for layer in inspection.layers
        if layer.is_hidden
    ]


def page_of(inspection: Inspection) -> Page:
    """The page of an inspection."""
    seen = inspection.observations is not None
    data_columns = ("dead units", "saturated units", "saturated share") if seen else ()
    header = ("layer", "activation", "distinct units", "scale", *data_columns, "found")
    rows = [layer_cells(layer, on_data=seen) for layer in inspection.layers]
    chart = figure_of(inspection)
    parts: list[Part] = []
    if chart is not None:
        parts.append(Figure(chart=chart, description="; ".join(row.name for row in width_rows(inspection))))
    if rows:
        parts.append(table("Layers", header, rows, numeric=tuple(range(2, len(header) - 1))))
    parts.append(element("p", words.notes(inspection), class_="note"))
    return Page(
        title=f"harness inspect: {inspection.model}",
        tone=Tone.GOOD if inspection.is_fine else Tone.BAD,
        headline=headline(inspection),
        answer=[text for text in words.sentences(inspection) if text != headline(inspection)],
        sections=[Section(heading="", parts=parts)],
    )
