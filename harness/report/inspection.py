"""What people (rich) and machines (JSON) read of an inspected model. Computes nothing but its wording."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from ..measures.saturation import FLAT
from ..programs.inspection import Inspection, LayerReport
from ..results import as_document, as_figure, as_page, as_report, as_verdict
from .clones import judged_note
from .registering import register_drawings
from .words import Json, new_table

MAX_LISTED_UNITS = 8  # of a group


def unit_list(units: list[int]) -> str:
    """0, 1, 2 and 5 more"""
    named = ", ".join(map(str, units[:MAX_LISTED_UNITS]))
    return named if len(units) <= MAX_LISTED_UNITS else f"{named} and {len(units) - MAX_LISTED_UNITS} more"


def width_cell(layer: LayerReport) -> Text:
    """1/64, in red if there are clones"""
    text = f"{layer.effective_width}/{layer.units}"
    if not layer.is_hidden:
        return Text(f"{layer.units} (output)", "dim")
    return Text(text, "bold red" if layer.clones else "green")


def scale_cell(layer: LayerReport) -> Text:
    """2.1 x he"""
    if layer.ratio is None:
        return Text(f"{layer.scale:.2g}", "dim")
    return Text(f"{layer.ratio:.2g} x {layer.rule}", "yellow" if layer.is_off_scale else "")


def data_cells(layer: LayerReport) -> list[str]:
    """Dead units, saturated units and the share of activations that is saturated"""
    if layer.on_data is None:
        return ["-", "-", "-"]
    return [str(len(layer.on_data.dead)), str(len(layer.on_data.saturated)), f"{layer.on_data.share:.1%}"]


def layer_sentences(layer: LayerReport) -> list[str]:
    """What is wrong with a layer, and what to do."""
    sentences = []
    if "not finite" in layer.findings:
        sentences.append(f"{layer.name}: some of its weights are NaN or infinite. Lower the learning rate.")
    if "clones" in layer.findings:
        groups = "; ".join(unit_list(group) for group in layer.clones[:3])
        verb = "is" if layer.effective_width == 1 else "are"
        sentences.append(
            f"{layer.name}: {layer.effective_width} of {layer.units} units {verb} "
            f"distinct{judged_note(layer.outgoing_known)}; clones: {groups}. "
            "No gradient separates them. Give the layer a random kernel_initializer."
        )
    if "near-clones" in layer.findings:
        largest = max(layer.near_clones, key=len)
        sentences.append(
            f"{layer.name}: {len(largest)} of {layer.units} units are nearly identical ({unit_list(largest)}). They "
            "probably started from equal weights, and noise such as dropout separates them slowly. Give the layer a "
            "random kernel_initializer."
        )
    data = layer.on_data
    if data is not None and "dead" in layer.findings:
        sentences.append(
            f"{layer.name}: dead units (0 for all observations): {unit_list(data.dead)}. No gradient reaches their "
            "weights. Use a smaller learning rate or another initializer, or leaky_relu."
        )
    if data is not None and "saturated" in layer.findings:
        sentences.append(
            f"{layer.name}: units saturated for all observations: {unit_list(data.only_saturated)}. Hardly any "
            "gradient reaches their weights. Use smaller initial weights, or scale the inputs."
        )
    if layer.ratio is not None and layer.is_off_scale:
        size = "larger" if layer.ratio > 1 else "smaller"
        factor = layer.ratio if layer.ratio > 1 else 1 / max(layer.ratio, 1e-300)
        sentences.append(
            f"{layer.name}: its kernel is {factor:.2g} times {size} than recommended for {layer.activation} "
            f"({layer.rule}). If the model is not trained yet, choose that initializer."
            if layer.ratio > 0
            else f"{layer.name}: its kernel is 0. Choose another initializer."
        )
    return sentences


def sentences(inspection: Inspection) -> list[str]:
    """The findings in words, or one sentence if there are none."""
    sentences = [sentence for layer in inspection.layers for sentence in layer_sentences(layer)]
    if inspection.is_fine:
        seen = "no hidden unit is dead or saturated on the data" if inspection.observations else ""
        sentences.insert(0, "No hidden layer has clones" + (f", and {seen}." if seen else "."))
    return sentences


def notes(inspection: Inspection) -> str:
    """How to read the table, and what it does not have."""
    sentences = (
        f"scale: root mean square of the kernel, as a multiple of the scale recommended for its activation. saturated: "
        f"the slope of the activation is under {FLAT:.0%} of its maximum."
    )
    if inspection.observations is None:
        sentences += " Dead and saturated units can be found only with data."
    if inspection.not_judged:
        sentences += f" Not judged: {', '.join(inspection.not_judged)}."
    return sentences


@as_verdict.register
@as_report.register
def people(inspection: Inspection) -> RenderableType:
    """Everything that a person reads of an inspected model."""
    seen = inspection.observations is not None
    data_columns = ("dead\nunits", "saturated\nunits", "saturated\nshare") if seen else ()
    columns = [(name, "right") for name in ("effective\nwidth", "scale", *data_columns)]
    table = new_table("Layers", ("layer", "left"), ("activation", "left"), *columns)
    table.columns[0].overflow = "fold"
    for layer in inspection.layers:
        on_data = data_cells(layer) if seen else []
        table.add_row(layer.name, layer.activation, width_cell(layer), scale_cell(layer), *on_data)
    lines = [Text(f"{sentence}\n") for sentence in sentences(inspection)]
    return Group(*lines, *([table] if inspection.layers else []), Text(notes(inspection), "dim"))


def layer_json(layer: LayerReport) -> Json:
    """One layer"""
    data = layer.on_data
    return {
        "name": layer.name,
        "kind": layer.kind,
        "activation": layer.activation,
        "units": layer.units,
        "hidden": layer.is_hidden,
        "effective_width": layer.effective_width,
        "clones": layer.clones,
        "near_clones": layer.near_clones,
        "outgoing_known": layer.outgoing_known,
        "scale": layer.scale,
        "rule": layer.rule,
        "recommended_scale": layer.recommended,
        "dead": None if data is None else data.dead,
        "saturated": None if data is None else data.saturated,
        "saturated_share": None if data is None else data.share,
        "findings": layer.findings,
    }


@as_document.register
def machines(inspection: Inspection) -> Json:
    """Everything as one JSON document."""
    return {
        "model": inspection.model,
        "fine": inspection.is_fine,
        "observations": inspection.observations,
        "layers": [layer_json(layer) for layer in inspection.layers],
        "not_judged": inspection.not_judged,
    }


register_drawings(Inspection, "inspections", as_page, as_figure)
