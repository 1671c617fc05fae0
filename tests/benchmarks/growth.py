"""How time and memory of training grow: members, width, depth, observations and iterations, each alone.

``python -m tests.benchmarks.growth`` measures every point in a process of its own, so that its peak memory is its own,
prints a table and draws it as docs/growth.svg. A point takes seconds of the processor; ``--full`` adds the largest.
``--files`` measures how long reading a million observations takes instead, from each kind of file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FIGURE = ROOT / "docs" / "growth.svg"


@dataclass(frozen=True, kw_only=True)
class Point:
    """What is trained: the forum question's network and data, but for what grows."""

    axis: str
    members: int = 1
    hidden: tuple[int, ...] = (3, 3)
    observations: int = 2
    iterations: int = 1000

    @property
    def place(self) -> int:
        """Where it lies on its axis."""
        return {
            "members": self.members,
            "width": self.hidden[0],
            "depth": len(self.hidden) + 1,
            "observations": self.observations,
            "iterations": self.iterations,
        }[self.axis]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What training a point takes, its program having been compiled before: seconds of the processor, and the peak of
    the process in MB less what it had before."""

    seconds: float
    megabytes: float


POINTS = [
    *(Point(axis="members", members=10**n, iterations=100) for n in range(2, 6)),
    *(Point(axis="width", members=16, hidden=(n, n), observations=32, iterations=10) for n in (2, 8, 16, 64, 256)),
    *(Point(axis="depth", members=256, hidden=(3,) * (n - 1)) for n in (2, 4, 8, 16)),
    *(Point(axis="observations", members=16, observations=10**n, iterations=10) for n in range(1, 6)),
    *(Point(axis="iterations", iterations=10**n) for n in range(3, 7)),
]
LARGEST = [
    Point(axis="members", members=10**6, iterations=100),
    Point(axis="width", members=16, hidden=(1024, 1024), observations=32, iterations=10),
    Point(axis="observations", members=16, observations=10**6, iterations=10),
    Point(axis="iterations", iterations=10**7),
]


def measure(point: Point) -> Cost:
    """Train a point in this process."""
    from harness.models import ensemble, initializers
    from harness.models.network import Network
    from harness.models.training import Training

    rng = np.random.default_rng(0)
    x, y = (rng.random((point.observations, 2), np.float32) for _ in range(2))
    network = Network((2, *point.hidden, 2), ("sigmoid",) * (len(point.hidden) + 1))
    kernel = initializers.parse("glorot_uniform")

    def train(members: int, iterations: int) -> None:
        for _ in ensemble.outcomes(
            network,
            lambda some: initializers.draw_members(network, kernel, None, 0, some, np.float32),
            members,
            x,
            y,
            Training(0.5, recorded=[iterations]),
        ):
            pass

    train(1, 1)
    before, begin = peak_megabytes(), time.process_time()
    train(point.members, point.iterations)
    seconds = time.process_time() - begin
    return Cost(seconds=seconds, megabytes=peak_megabytes() - before)


def peak_megabytes() -> float:
    """Most memory that this process has had; ``getrusage`` would count that of its parent, which it began with."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def write_scenarios(folder: Path, observations: int) -> list[Path]:
    """The same random observations, of two inputs and a label, as a file of each kind, each with its scenario."""
    import pyarrow
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    x, y = rng.random((observations, 2)).round(6), rng.integers(0, 2, observations)
    np.savez(folder / "data.npz", x=x, y=y)
    np.savetxt(folder / "data.csv", np.c_[x, y], "%g", ",", header="a,b,t", comments="")
    parquet.write_table(pyarrow.table({"a": x[:, 0], "b": x[:, 1], "t": y}), folder / "data.parquet")
    scenarios = []
    for kind in ("npz", "csv", "parquet"):
        columns = "" if kind == "npz" else 'inputs = ["a", "b"]\ntargets = "t"\n'
        scenarios.append(folder / f"{kind}.toml")
        scenarios[-1].write_text(f'[data]\n{kind} = "data.{kind}"\n{columns}[network]\nhidden = []\n')
    return scenarios


def measure_reading(scenario: Path) -> Cost:
    """Load a scenario in this process."""
    import harness

    if scenario.stem == "parquet":
        import pyarrow.parquet  # noqa: F401 - the memory of the library is not that of the data
    before, begin = peak_megabytes(), time.process_time()
    harness.load(str(scenario))
    seconds = time.process_time() - begin
    return Cost(seconds=seconds, megabytes=peak_megabytes() - before)


def measure_alone(option: str, value: str) -> Cost:
    """What this program prints with the option, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", option, value]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(**json.loads(done.stdout))


def draw(points: Sequence[Point], costs: Sequence[Cost], path: Path) -> None:
    """Seconds over each axis, both logarithmic, as an SVG file."""
    import altair as alt

    from harness.figures import render

    values = [{"axis": point.axis, "place": point.place, **asdict(cost)} for point, cost in zip(points, costs)]
    charts = [
        alt.Chart(alt.Data(values=[value for value in values if value["axis"] == axis]), title=axis)
        .mark_line(point=True)
        .encode(
            alt.X("place:Q", scale=alt.Scale(type="log"), title=axis),
            alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds of the processor"),
        )
        .properties(width=160, height=160)
        for axis in dict.fromkeys(point.axis for point in points)
    ]
    path.write_text(render.svg(alt.hconcat(*charts)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and draw it, or measure one point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="with the largest points, which take minutes")
    parser.add_argument("--files", action="store_true", help="measure reading a million observations instead")
    parser.add_argument("--point", help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.read is not None:
        print(json.dumps(asdict(measure_reading(chosen.read))))
        return
    if chosen.point is not None:
        given = json.loads(chosen.point)
        print(json.dumps(asdict(measure(Point(**given | {"hidden": tuple(given["hidden"])})))))
        return
    if chosen.files:
        print("| file | seconds | MB |\n| --- | --- | --- |")
        with tempfile.TemporaryDirectory() as folder:
            for scenario in write_scenarios(Path(folder), 10**6):
                cost = measure_alone("--read", str(scenario))
                print(f"| {scenario.stem} | {cost.seconds:.3g} | {cost.megabytes:.0f} |", flush=True)
        return
    points = sorted(POINTS + LARGEST * chosen.full, key=lambda point: (point.axis, point.place))
    costs = []
    print("| axis | | seconds | MB |\n| --- | --- | --- | --- |")
    for point in points:
        costs.append(measure_alone("--point", json.dumps(asdict(point))))
        print(f"| {point.axis} | {point.place:,} | {costs[-1].seconds:.3g} | {costs[-1].megabytes:.0f} |", flush=True)
    draw(points, costs, FIGURE)


if __name__ == "__main__":
    main()
