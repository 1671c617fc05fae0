"""How fast other sizes are than the post's: ensembles beside JAX' ``vmap`` of ``fori_loop`` and NumPy's GEMM, single
networks beside JAX' ``fori_loop``. Each is measured in a process with the flags that ``harness sweep`` or ``harness
compare`` would give XLA, and JAX with the same.

Full batch, sigmoid, float32. Figures are processor time, all threads added up, so that what else the machine does
meanwhile matters little: the ensemble uses all cores, JAX' vmap here one. All take turns, and each figure is the least
of the rounds. The ratios of each run are added to a history file, and one that is 10 %
worse than the median of the runs before is reported.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.cli.compiler import WIDE_VECTORS, environment_of, flags_of_ensemble, flags_of_single
from harness.models import ensemble, handwritten, initializers
from harness.models.network import Array, MemberWeights, Network, Weights
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
    ((784, 128, 10), 256, 16),
)


class SingleRow(NamedTuple):
    """Seconds of processor time for an iteration of a single network; jax is NaN if it is not installed."""

    sizes: tuple[int, ...]
    observations: int
    ours: float
    jax: float

    @property
    def name(self) -> str:
        """Such as "8-16-16-4, 32 observations, a single network"."""
        return f"{'-'.join(map(str, self.sizes))}, {self.observations} observations, a single network"


class SizeRow(NamedTuple):
    """Seconds of processor time for an iteration of one member.

    jax is NaN if it is not installed. gemm are the products alone, one after the other in NumPy, which for small
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


def least_seconds(runs: dict[str, tuple[Callable[[int], object], int]], rounds: int) -> dict[str, float]:
    """The least processor time of an iteration of one network, taking turns.

    Args:
        runs: by name, what trains for a number of iterations, and how many networks it trains at once.
    """
    iterations = {name: iterations_for(run, ROUND_SECONDS) for name, (run, _) in runs.items()}
    least = dict.fromkeys(runs, float("nan"))
    for _ in range(rounds):
        for name, (run, networks) in runs.items():
            begin = time.process_time()
            run(iterations[name])
            taken = (time.process_time() - begin) / (iterations[name] * networks)
            least[name] = float(np.fmin(least[name], taken))
    return least


def check_weights(sizes: tuple[int, ...], ours: Weights, theirs: Weights) -> None:
    """Raise ValueError if JAX comes to other weights."""
    off = bench.distance(ours, theirs)
    if off > TOLERANCE:
        raise ValueError(f"{sizes}: the weights are off JAX' by {off:.1g} after 3 iterations")


def measure(sizes: tuple[int, ...], observations: int, members: int, rounds: int = 9) -> SizeRow:
    """An ensemble, JAX and the products alone, in turns.

    Raises:
        ValueError: JAX comes to other weights.
    """
    x, y, weights = problem(sizes, observations, members)
    network = Network(sizes, ("sigmoid",) * (len(sizes) - 1))

    def ours(iterations: int) -> MemberWeights:
        return ensemble.outcome(network, weights, x, y, Training(RATE, recorded=[iterations])).weights

    runs: dict[str, tuple[Callable[[int], object], int]] = {
        "ours": (ours, members),
        "gemm": (gemm_run(sizes, observations), 1),
    }
    try:
        jax_run = bench.jax_ensemble(weights, x, y, RATE)
    except bench.Missing:
        pass
    else:
        check_weights(sizes, ours(3), [np.moveaxis(np.asarray(w), 0, -1) for w in jax_run(3)])
        runs["jax"] = jax_run, members
    return SizeRow(sizes, observations, members, **{"jax": float("nan"), **least_seconds(runs, rounds)})


def measure_single(sizes: tuple[int, ...], observations: int, rounds: int = 9) -> SingleRow:
    """A single network and JAX, in turns.

    Raises:
        ValueError: JAX comes to other weights.
    """
    x, y, weights = problem(sizes, observations, 1)
    start = [w[..., 0] for w in weights]
    network = Network(sizes, ("sigmoid",) * (len(sizes) - 1))

    def ours(iterations: int) -> Weights:
        return bench.last(handwritten.train(network, start, x, y, Training(RATE, recorded=[iterations])))

    runs: dict[str, tuple[Callable[[int], object], int]] = {"ours": (ours, 1)}
    try:
        jax_run = bench.jax_single(start, x, y, RATE)
    except bench.Missing:
        pass
    else:
        check_weights(sizes, ours(3), [np.asarray(w) for w in jax_run(3)])
        runs["jax"] = jax_run, 1
    return SingleRow(sizes, observations, **{"jax": float("nan"), **least_seconds(runs, rounds)})


def measure_beside_c(members: int = 1000, rounds: int = 9) -> tuple[float, float]:
    """Seconds of processor time for an iteration of one member of the post's network: the ensemble, the C program.

    Raises:
        training_speed.Missing: no C compiler.
    """
    c_run = bench.c_loop()
    weights = initializers.draw_members(
        bench.NETWORK, initializers.parse("glorot_uniform"), None, 0, range(members), np.float32
    )

    def ours(iterations: int) -> MemberWeights:
        training = Training(bench.LEARNING_RATE, recorded=[iterations])
        return ensemble.outcome(bench.NETWORK, weights, bench.X, bench.Y, training).weights

    least = least_seconds(
        {"ours": (ours, members), "c": (lambda iterations: c_run(weights, iterations), members)}, rounds
    )
    return least["ours"], least["c"]


def measured_with(
    flags: str, function: str, arguments: Sequence[object], module: str = "tests.benchmarks.sizes_speed"
) -> Iterator[Any]:
    """What a function of a module returns for each of its arguments, in a process with these flags of XLA.

    XLA reads its flags once, so one process cannot measure with two sets of them.
    """
    code = f"import json; from {module} import {function}\n"
    code += f"for given in {list(arguments)}: print(json.dumps({function}(*given)), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment_of(flags) | os.environ, stdout=subprocess.PIPE, text=True
    ) as child:
        for line in child.stdout or ():
            yield json.loads(line)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, child.args)


def rows_of(
    function: str, cases: Sequence[tuple[Any, ...]], flags_of: Callable[[Network, int], str]
) -> Iterator[list[Any]]:
    """What a function of this module returns for each of (sizes, observations, ...), with the flags of the command."""

    def flags(case: tuple[Any, ...]) -> str:
        return flags_of(Network(case[0], ("sigmoid",) * (len(case[0]) - 1)), case[1])

    for of_group, group in itertools.groupby(cases, flags):
        for sizes, *numbers in measured_with(of_group, function, list(group)):
            yield [tuple(sizes), *numbers]


def line_of(row: SizeRow) -> str:
    """One line of the table."""
    micro = [f"{seconds * 1e6:>10.3f}" for seconds in (row.ours, row.jax, row.gemm)]
    return f"{row.name:<50}{''.join(micro)}{row.jax / row.ours:>12.2f}{row.ours / row.gemm:>13.2f}"


def line_of_single(row: SingleRow) -> str:
    """One line of the table of single networks."""
    micro = [f"{seconds * 1e6:>10.3f}" for seconds in (row.ours, row.jax)]
    return f"{row.name:<50}{''.join(micro)}{row.jax / row.ours:>12.2f}"


HEADER = f"{'us of processor time':<50}{'ensemble':>10}{'JAX vmap':>10}{'GEMM':>10}{'times JAX':>12}{'of GEMM':>13}"
SINGLE_HEADER = f"{'us of processor time':<50}{'ours':>10}{'JAX loop':>10}{'times JAX':>12}"


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
    """Print the tables, and what became slower."""
    rows = {row.way: row for row in bench.run()}
    print(bench.table(list(rows.values())))
    ratios = {
        f"{way}, times Keras fit": bench.ratio(row, rows[bench.BEST_OF_KERAS])
        for way, row in rows.items()
        if row.seconds
    }
    if rows[bench.C].seconds:
        of_sweep = flags_of_ensemble(bench.NETWORK, len(bench.X))
        for name, flags in (("without flags", ""), ("with wide vectors", WIDE_VECTORS), ("as in sweep", of_sweep)):
            [(ours, c)] = measured_with(flags, "measure_beside_c", [()])
            ratios[f"ensemble {name}, times C"] = c / ours
            print(f"{name}: {ours * 1e9:.1f} ns of processor time for a member, {ours / c:.2f} times as long as in C")
    print("\n", HEADER, sep="")
    for row in itertools.starmap(SizeRow, rows_of("measure", SIZES, flags_of_ensemble)):
        print(line_of(row), flush=True)
        if not math.isnan(row.jax):
            ratios[f"{row.name}, times JAX"] = row.jax / row.ours
        ratios[f"{row.name}, times GEMM"] = row.gemm / row.ours
    print("\n", SINGLE_HEADER, sep="")
    singles = [(sizes, observations) for sizes, observations, _ in SIZES]
    for single in itertools.starmap(SingleRow, rows_of("measure_single", singles, flags_of_single)):
        print(line_of_single(single), flush=True)
        if not math.isnan(single.jax):
            ratios[f"{single.name}, times JAX"] = single.jax / single.ours
    for line in regressions(ratios, remember(ratios, HISTORY)):
        print(f"slower than before: {line}")


if __name__ == "__main__":
    main()
