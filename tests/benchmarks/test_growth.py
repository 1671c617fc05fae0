"""The bench of growth: its points, what it measures, its figure."""

from itertools import groupby

import numpy as np
import pytest

from harness import load
from tests.benchmarks.growth import LARGEST, POINTS, Cost, Point, draw, measure, measure_reading, write_scenarios


def test_on_each_axis_only_that_grows():
    for axis, group in groupby(sorted(POINTS + LARGEST, key=lambda point: point.axis), key=lambda point: point.axis):
        points = list(group)
        assert len({point.place for point in points}) == len(points) >= 4
        others = {
            (point.members, point.observations, point.iterations, len(point.hidden), point.hidden[0])
            for point in points
        }
        varying = [len(set(values)) > 1 for values in zip(*others)]
        assert sum(varying) == 1, axis


def test_a_point_is_measured_and_drawn(tmp_path):
    cost = measure(Point(axis="members", members=2, hidden=(2,), iterations=3))
    assert cost.seconds > 0
    assert cost.megabytes > -1  # the kernel counts pages by processor, so that a peak is exact to some of them
    draw(POINTS, [Cost(seconds=place + 1, megabytes=1) for place in range(len(POINTS))], tmp_path / "growth.svg")
    drawn = (tmp_path / "growth.svg").read_text()
    assert all(point.axis in drawn for point in POINTS)


def test_each_kind_of_file_holds_the_same_data_and_is_measured(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install '.[parquet]'")
    paths = write_scenarios(tmp_path, 50)
    scenarios = [load(str(path)) for path in paths]
    assert [path.stem for path in paths] == ["npz", "csv", "parquet"]
    assert all(np.array_equal(scenario.x, scenarios[0].x) for scenario in scenarios)
    assert all(np.array_equal(scenario.y, scenarios[0].y) for scenario in scenarios)
    assert all(measure_reading(path).seconds > 0 for path in paths)
