"""How much longer a sweep takes on Ray workers than without Ray on the same cores, and how it scales.

Run from the repository, on a machine that does nothing else: ``python -m tests.benchmarks.cluster_speed [--rounds N]``

Chunks of about a second each; a worker trains with one thread, which is its share of the cores. A first sweep of each
kind is not counted: its workers load TensorFlow and compile.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from harness import cluster, load
from harness.sweeps import cluster as on_cluster
from harness.sweeps import sweep
from tests.ray_cluster import ALONE, ray_cluster

CHUNKS = 12
ITERATIONS = 30_000  # with the forum question's network, a chunk of one core then takes about a second


def job() -> sweep.Job:
    """Twelve chunks of one core."""
    scenario = load("post", {"iterations": ITERATIONS, "dtype": "float32", "initializers": ["glorot_uniform"]})
    chosen = sweep.combinations(["glorot_uniform"], ["sgd"], [0.5])
    return sweep.job(scenario, chosen, CHUNKS * sweep.chunk_size(scenario, 1))


def seconds_of(run: Callable[[], sweep.Sweep], rounds: int) -> tuple[float, sweep.Sweep]:
    """The least time of several runs after one that is not counted, and what the last came to."""
    run()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begin)
    return min(times), result


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the seconds of each, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="number of timed runs of each (default: 3)")
    rounds = parser.parse_args(arguments).rounds
    os.environ |= ALONE
    work = job()
    here, expected = seconds_of(lambda: sweep.run(work), rounds)
    seconds = {}
    for cores in (1, 2):
        with (
            tempfile.TemporaryDirectory() as folder,
            ray_cluster(Path(folder), cores) as address,
            cluster.connected(address),
        ):
            seconds[cores], result = seconds_of(lambda: sweep.run(work, train=on_cluster.train), rounds)
        if not np.array_equal(result.groups[0].final_cost, expected.groups[0].final_cost):
            raise SystemExit("the workers came to other costs")
    print(f"without Ray, on {os.cpu_count()} cores: {here:.2f} s for {CHUNKS} chunks")
    for cores, taken in seconds.items():
        print(f"Ray, workers: {cores}: {taken:.2f} s, a chunk takes {taken * cores / CHUNKS:.2f} s")
    print(f"overhead: two workers take {seconds[2] / here:.3f} times as long as this process with two threads")
    print(f"scaling: two workers are {seconds[1] / seconds[2]:.2f} times as fast as one")


if __name__ == "__main__":
    main()
