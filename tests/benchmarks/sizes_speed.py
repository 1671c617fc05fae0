"""How fast ensembles of other sizes are than the post's: beside JAX' ``vmap`` of ``fori_loop`` and NumPy's GEMM.

Full batch, sigmoid, float32. Figures are processor time, all threads added up, so that what else the machine does
meanwhile matters little: the ensemble uses all cores, JAX' vmap here one. The three take turns, and each figure is the
least of the rounds. The ratios of each run are added to a history file, and one that is 10 %
worse than the median of the runs before is reported.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.models import ensemble
from harness.models.network import Array, MemberWeights, Network
from harness.models.training import Training
from tests.benchmarks import training_speed as bench

HISTORY = Path("logs") / "bench.jsonl"
REGRESSION = 0.9  # of the median of the ratios before
RATE = 0.01
TOLERANCE = 1e-4  # float32, after three iterations
ROUND_SECONDS = 0.2  # of processor time
FEWEST_ITERATIONS = 100  # so that what a call costs, some milliseconds, is shared out

# (sizes of the layers, observations, members)
SIZES = (
    ((2, 3, 3, 2), 2, 1024),
    ((2, 3, 3, 2), 32, 512),
    ((2, 3, 3, 2), 256, 256),
    ((8, 16, 16, 4), 2, 256),
    ((8, 16, 16, 4), 32, 256),
    ((8, 16, 16, 4), 256, 64),
    ((32, 32, 32, 10), 32, 64),
    ((64, 64, 32, 10), 2, 64),
    ((64, 64, 32, 10), 32, 64),
    ((64, 64, 32, 10), 256, 64),
    ((784, 128, 10), 2, 16),
    ((784, 128, 10), 128, 16),
)


class SizeRow(NamedTuple):
    """Seconds of processor time for an iteration of one member.

    jax is NaN where it is not installed. gemm are the products alone, one after the other in NumPy, which for small
    networks is mostly the time of the calls.
    """

    sizes: tuple[int, ...]
    observations: int
    members: int
    ours: float
    jax: float
    gemm: float

    @property
    def name(self) -> str:
        """Such as "8-16-16-4, 32 observations, 256 members"."""
        return f"{'-'.join(map(str, self.sizes))}, {self.observations} observations, {self.members} members"


def problem(sizes: Sequence[int], observations: int, members: int) -> tuple[Array, Array, MemberWeights]:
    """x, y and weights, (inputs + 1, units, members)"""
    rng = np.random.default_rng(0)
    x, y = (rng.random((observations, size), np.float32) for size in (sizes[0], sizes[-1]))
    return (
        x,
        y,
        [
            (rng.normal(size=(inputs + 1, units, members)) / np.sqrt(inputs + 1)).astype(np.float32)
            for inputs, units in zip(sizes, sizes[1:])
        ],
    )


def gemm_run(sizes: Sequence[int], observations: int) -> Callable[[int], None]:
    """So many times the three products of each layer (of the first, two) of one member, in NumPy."""
    rng = np.random.default_rng(0)
    a = [rng.random((observations, size), np.float32) for size in sizes]
    kernels = [rng.random((inputs, units), np.float32) for inputs, units in zip(sizes, sizes[1:])]

    def run(iterations: int) -> None:
        for _ in range(iterations):
            for layer, kernel in enumerate(kernels):
                np.matmul(a[layer], kernel)
                np.matmul(a[layer].T, a[layer + 1])
                if layer:
                    np.matmul(a[layer + 1], kernel.T)

    return run


def iterations_for(run: Callable[[int], object], seconds: float) -> int:
    """So many that a round takes about that long; the first call compiles."""
    run(1)
    iterations = FEWEST_ITERATIONS
    while True:
        begin = time.process_time()
        run(iterations)
        taken = time.process_time() - begin
        if taken >= seconds / 2:
            return max(FEWEST_ITERATIONS, round(iterations * seconds / taken))
        iterations *= 4


def measure(sizes: tuple[int, ...], observations: int, members: int, rounds: int = 5) -> SizeRow:
    """The three in turns.

    Raises:
        ValueError: JAX comes to other weights.
    """
    x, y, weights = problem(sizes, observations, members)
    network = Network(sizes, ("sigmoid",) * (len(sizes) - 1))

    def ours(iterations: int) -> MemberWeights:
        return ensemble.outcome(network, weights, x, y, Training(RATE, recorded=[iterations])).weights

    runs: dict[str, tuple[Callable[[int], object], int]] = {"ours": (ours, members)}
    try:
        jax_run = bench.jax_ensemble(weights, x, y, RATE)
    except bench.Missing:
        pass
    else:
        off = bench.distance(ours(3), [np.moveaxis(np.asarray(w), 0, -1) for w in jax_run(3)])
        if off > TOLERANCE:
            raise ValueError(f"{sizes}: the weights are off JAX' by {off:.1g} after 3 iterations")
        runs["jax"] = jax_run, members
    runs["gemm"] = gemm_run(sizes, observations), 1
    iterations = {name: iterations_for(run, ROUND_SECONDS) for name, (run, _) in runs.items()}
    least = dict.fromkeys(("ours", "jax", "gemm"), float("nan"))
    for _ in range(rounds):
        for name, (run, networks) in runs.items():
            begin = time.process_time()
            run(iterations[name])
            taken = (time.process_time() - begin) / (iterations[name] * networks)
            least[name] = float(np.fmin(least[name], taken))
    return SizeRow(sizes, observations, members, **least)


def line_of(row: SizeRow) -> str:
    """One line of the table."""
    micro = [f"{seconds * 1e6:>10.3f}" for seconds in (row.ours, row.jax, row.gemm)]
    return f"{row.name:<50}{''.join(micro)}{row.jax / row.ours:>12.2f}{row.ours / row.gemm:>13.2f}"


HEADER = f"{'us of processor time':<50}{'ensemble':>10}{'JAX vmap':>10}{'GEMM':>10}{'times JAX':>12}{'of GEMM':>13}"


def regressions(ratios: dict[str, float], before: Sequence[dict[str, float]]) -> Iterator[str]:
    """A line for each ratio that is under ``REGRESSION`` of the median of those before."""
    for name, ratio in ratios.items():
        past = [run[name] for run in before if name in run]
        if past and ratio < REGRESSION * statistics.median(past):
            yield f"{name}: {ratio:.2f} times, before {statistics.median(past):.2f}"


def remember(ratios: dict[str, float], history: Path) -> list[dict[str, float]]:
    """Add the ratios of this run to the history file; those of the runs before."""
    before = [json.loads(line) for line in history.read_text().splitlines()] if history.exists() else []
    history.parent.mkdir(exist_ok=True)
    with history.open("a") as file:
        file.write(json.dumps(ratios) + "\n")
    return before


def main() -> None:
    """Print the two tables, and what became slower."""
    rows = bench.run()
    print(bench.table(rows), "\n", HEADER, sep="\n")
    keras_row = next(row for row in rows if row.way == bench.BEST_OF_KERAS)
    ratios = {f"{row.way}, times Keras fit": bench.ratio(row, keras_row) for row in rows if row.seconds}
    for case in SIZES:
        row = measure(*case)
        print(line_of(row), flush=True)
        if row.jax == row.jax:  # not NaN
            ratios[f"{row.name}, times JAX"] = row.jax / row.ours
        ratios[f"{row.name}, times GEMM"] = row.gemm / row.ours
    for line in regressions(ratios, remember(ratios, HISTORY)):
        print(f"slower than before: {line}")


if __name__ == "__main__":
    main()
