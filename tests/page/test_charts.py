"""The charts: what they draw, in numbers from elsewhere, and that PNG and SVG files come out of them."""

import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from harness.figures import render, spread, training


def rows_of(layer):
    """The rows of a layer's CSV data as dictionaries."""
    names, *lines = layer["data"]["values"].split("\n")
    return [dict(zip(names.split(","), line.split(","))) for line in lines]


def curve(name, values, iterations=(0, 1, 10, 100)):
    return training.Curve(name=name, iterations=iterations, values=values)


@pytest.fixture(scope="module")
def costs():
    curves = [curve("ones", [2.0, 1.0, 0.4, 0.4]), curve("drawn", [0.8, 0.4, 0.04, 0.0004])]
    return training.cost_chart(curves, 0.4, "constant: 0.4", ("iteration", "cost"), "Costs")


def test_the_cost_chart_holds_every_point_and_the_level(costs):
    document = render.spec(costs)
    lines = next(layer for layer in document["layer"] if layer["mark"]["type"] == "line")
    rows = rows_of(lines)
    assert [float(row["cost"]) for row in rows] == [2.0, 1.0, 0.4, 0.4, 0.8, 0.4, 0.04, 0.0004]
    # iteration 0 lies left of 1, the others where they are
    assert [float(row["x"]) for row in rows[:4]] == [0.5, 1.0, 10.0, 100.0]
    level = next(layer for layer in document["layer"] if layer["mark"]["type"] == "rule")
    assert level["data"]["values"][0]["cost"] == 0.4
    assert lines["encoding"]["y"]["scale"]["type"] == "log"


def test_a_png_is_of_twice_the_chart_and_an_svg_is_xml(costs):
    chart = costs.properties(width=300, height=100)
    png, svg = render.png(chart), render.svg(chart)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])  # of the header, as the PNG specification has it
    assert width > 600
    assert height > 200
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "constant: 0.4" in "".join(root.itertext())


def test_costs_at_zero_have_a_linear_axis_and_nan_is_left_out():
    chart = training.cost_chart([curve("a", [1.0, 0.0, float("nan"), 0.5])], 0.4, "", ("", ""), "")
    lines = next(layer for layer in render.spec(chart)["layer"] if layer["mark"]["type"] == "line")
    assert len(rows_of(lines)) == 3
    assert lines["encoding"]["y"]["scale"].get("type") != "log"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0005, 3.0, [0.001, 0.01, 0.1, 1.0]),
        (0.3, 2.5, [0.5, 1.0, 2.0]),
        (1e-14, 1.0, [1e-14, 1e-11, 1e-8, 1e-5, 1e-2]),
    ],
)
def test_ticks_are_round_numbers(low, high, ticks):
    np.testing.assert_allclose(training.log_ticks(low, high), ticks)


def test_clones_are_drawn_thick_to_thin_and_others_thin():
    weights = np.zeros((2, 3, 4))
    course = training.LayerCourse(iterations=[0, 1], weights=weights, groups=[[0, 2, 3], [1]])
    widths = training.line_widths(course)
    assert widths[0] > widths[2] > widths[3] == widths[1]


def test_of_a_large_layer_the_clones_are_drawn_first():
    groups = [[unit] for unit in range(20)] + [[20, 21, 22]]
    course = training.LayerCourse(iterations=[0], weights=np.zeros((1, 101, 23)), groups=groups)
    assert {20, 21, 22} <= set(course.units)
    assert len(course.units) == 8
    assert course.rows[0] == 0
    assert course.rows[-1] == 100
    assert len(course.rows) == 9


def test_every_network_is_a_point_in_its_row_and_colour():
    rows = [
        spread.PointRow(name="a", values=np.array([0.1, 0.2]), reached=np.array([True, False])),
        spread.PointRow(name="b", values=np.array([0.3, np.nan]), reached=np.array([True, False])),
    ]
    chart = spread.points_chart(rows, [spread.Mark(value=0.15, name="target")], "cost", "", is_cost=True)
    points = rows_of(render.spec(chart)["layer"][0])
    assert [(float(p["x"]), round(float(p["y"])), p["r"]) for p in points] == [
        (0.1, 0, "1"),
        (0.2, 0, "0"),
        (0.3, 1, "1"),
    ]


def test_very_many_networks_are_counted_in_bins():
    values = np.concatenate([np.full(300, 0.001), np.full(200, 1.0)])
    row = spread.PointRow(name="a", values=values, reached=values < 0.01)
    chart = spread.points_chart([row], [], "cost", "", is_cost=True)
    bars = rows_of(render.spec(chart)["layer"][1])
    heights = {bar["r"]: float(bar["y"]) - float(bar["y2"]) for bar in bars}
    assert heights["0"] / heights["1"] == pytest.approx(200 / 300, rel=1e-3)


def test_the_script_is_kept_and_a_damaged_copy_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(render.sys, "platform", "linux")
    made = []
    monkeypatch.setattr(render, "bundled", lambda: made.append(1) or "window.vegaEmbed = 1;")
    for damaged in (False, False, True):
        if damaged:
            (kept,) = (tmp_path / "backprop-harness").glob("*.js")
            kept.write_text("alert(1)")
        render.javascript.cache_clear()
        assert render.javascript() == "window.vegaEmbed = 1;"
    assert len(made) == 2
    render.javascript.cache_clear()
