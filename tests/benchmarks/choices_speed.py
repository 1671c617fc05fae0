"""What the layouts of an ensemble and the flags of XLA are worth, beside those that the harness chooses.

``python -m tests.benchmarks.choices_speed [--rounds N] [layouts | flags]`` prints both tables of docs/speed.md: full
batch, sigmoid, float32, processor time of all threads, the least of the rounds. What is chosen is printed in bold. What
has the same flags takes turns in one process.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from unittest.mock import patch

from harness.cli.compiler import ONE_FUNCTION, ONE_THREAD, WIDE_VECTORS, flags_of_ensemble, flags_of_single
from harness.models import ensemble, handwritten, members_first, members_last, observations_last
from harness.models.network import Network
from harness.models.training import Training
from tests.benchmarks import training_speed as bench
from tests.benchmarks.sizes_speed import RATE, least_seconds, measured_with, problem

LAYOUTS = {"members last": members_last, "members first": members_first, "observations last": observations_last}
CHOSEN, JAX = "chosen", "JAX"
MODULE = "tests.benchmarks.choices_speed"  # also if it is run as a program

Case = tuple[tuple[int, ...], int, int]  # sizes of the layers, observations, members

# on both sides of where network.is_small and ensemble.way_of change from one layout to the next
LAYOUT_CASES: tuple[Case, ...] = (
    ((8, 8, 8, 2), 32, 256),
    ((2, 64, 1), 4, 256),
    ((16, 32, 32, 4), 2, 64),
    ((24, 24, 24, 8), 8, 64),
    ((32, 32, 32, 10), 2, 64),
    ((64, 64, 32, 10), 2, 64),
    ((24, 24, 24, 8), 32, 64),
    ((64, 64, 32, 10), 16, 64),
    ((8, 16, 16, 4), 32, 256),
    ((8, 16, 16, 4), 256, 64),
    ((32, 32, 32, 10), 32, 64),
    ((64, 64, 32, 10), 32, 64),
    ((64, 64, 32, 10), 256, 64),
    ((784, 128, 10), 128, 16),
    ((784, 128, 10), 2, 16),
)
FLAG_CASES: tuple[Case, ...] = (
    ((2, 3, 3, 2), 2, 1024),
    ((2, 3, 3, 2), 32, 512),
    ((2, 3, 3, 2), 256, 256),
    ((8, 16, 16, 4), 2, 256),
    ((8, 8, 8, 2), 32, 256),
    ((24, 24, 24, 8), 8, 64),
    ((2, *(3,) * 15, 2), 2, 256),
    ((2, *(3,) * 47, 2), 2, 256),
    ((8, 16, 16, 4), 256, 64),
    ((64, 64, 32, 10), 32, 64),
    ((2, 3, 3, 2), 2, 1),
    ((2, 3, 3, 2), 256, 1),
    ((8, 16, 16, 4), 2, 1),
    ((8, 16, 16, 4), 32, 1),
    ((8, 16, 16, 4), 256, 1),
    ((64, 64, 32, 10), 32, 1),
    ((64, 64, 32, 10), 256, 1),
    ((784, 128, 10), 128, 1),
)
FLAGS_OF_MANY = ("", WIDE_VECTORS, None, f"{WIDE_VECTORS} {ONE_FUNCTION}")
FLAGS_OF_ONE = ("", WIDE_VECTORS, f"{ONE_THREAD} {WIDE_VECTORS}", f"{ONE_THREAD} {WIDE_VECTORS} {ONE_FUNCTION}")


def network_of(sizes: Sequence[int]) -> Network:
    """With sigmoids."""
    return Network(tuple(sizes), ("sigmoid",) * (len(sizes) - 1))


@contextlib.contextmanager
def layout(name: str) -> Iterator[None]:
    """Train ensembles with this layout in the block, whatever their sizes."""
    module = LAYOUTS[name]
    with (
        patch.object(ensemble, "way_of", lambda *_: module),
        patch.object(ensemble, "is_small", lambda *_: module is members_last),
    ):
        yield


def trainer(way: str, sizes: Sequence[int], observations: int, members: int) -> Callable[[int], object]:
    """What trains for a number of iterations: a layout, the chosen one, or JAX; one member is a single network.

    Raises:
        training_speed.Missing: JAX is not installed.
    """
    x, y, weights = problem(sizes, observations, members)
    network = network_of(sizes)
    if way == JAX:
        return bench.jax_ensemble(weights, x, y, RATE)

    def train(iterations: int) -> object:
        training = Training(RATE, recorded=[iterations])
        if members == 1:
            return bench.last(handwritten.train(network, [w[..., 0] for w in weights], x, y, training))
        with contextlib.nullcontext() if way == CHOSEN else layout(way):
            return ensemble.outcome(network, weights, x, y, training)

    return train


def measure(
    ways: Sequence[str], sizes: Sequence[int], observations: int, members: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """Seconds of processor time: of an iteration of one member, and of the first call, which compiles. JAX is left out
    if it is not installed."""
    runs, first = {}, {}
    for way in ways:
        with contextlib.suppress(bench.Missing):
            run = trainer(way, sizes, observations, members)
            begin = time.process_time()
            run(1)
            first[way] = time.process_time() - begin
            runs[way] = run, members
    least = least_seconds(runs, rounds)
    return {way: (least[way], first[way]) for way in runs}


def measured_cases(
    flags: str, ways: Sequence[str], cases: Sequence[Case], rounds: int
) -> dict[Case, dict[str, tuple[float, float]]]:
    """What ``measure`` finds in each case, in one process with these flags of XLA."""
    found = measured_with(flags, "measure", [(list(ways), *case, rounds) for case in cases], MODULE)
    return dict(zip(cases, found))


def name_of(sizes: Sequence[int]) -> str:
    """Such as "8-16-16-4"; of many hidden layers how many there are."""
    hidden = sizes[1:-1]
    return "-".join(map(str, sizes)) if len(hidden) < 4 else f"{sizes[0]}, {len(hidden)} of {hidden[0]}, {sizes[-1]}"


def cell(seconds: float | None, is_chosen: bool) -> str:
    """Microseconds, in bold if it is chosen; empty if it was not measured."""
    if seconds is None:
        return ""
    written = f"{seconds * 1e6:,.3g}" if seconds < 1e-3 else f"{seconds * 1e6:,.0f}"
    return f"**{written}**" if is_chosen else written


def layout_rows(rounds: int) -> Iterator[str]:
    """The table of the layouts, each with the flags that ``harness sweep`` gives it."""
    yield "| network | observations | members | members last | members first | observations last | JAX |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    small, *others = LAYOUTS
    parts = {f"{WIDE_VECTORS} {ONE_FUNCTION}": [small], WIDE_VECTORS: [*others, JAX]}
    measured = [measured_cases(flags, ways, LAYOUT_CASES, rounds) for flags, ways in parts.items()]
    for sizes, observations, members in LAYOUT_CASES:
        found = {way: of_way for part in measured for way, of_way in part[sizes, observations, members].items()}
        chosen = ensemble.way_of(network_of(sizes), observations)
        cells = [cell(found[way][0] if way in found else None, LAYOUTS.get(way) is chosen) for way in (*LAYOUTS, JAX)]
        yield f"| {name_of(sizes)} | {observations} | {members} | {' | '.join(cells)} |"


def flag_rows(rounds: int) -> Iterator[str]:
    """The table of the flags; each column has those of the columns before it too."""
    yield "| network | observations | members | no flags | 512 bits | one thread | one function | compiling |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    many, one = ([case for case in FLAG_CASES if (case[2] == 1) == is_one] for is_one in (False, True))
    for cases, columns, choose in (
        (many, FLAGS_OF_MANY, flags_of_ensemble),
        (one, FLAGS_OF_ONE, flags_of_single),
    ):
        measured = {flags: measured_cases(flags, [CHOSEN], cases, rounds) for flags in columns if flags is not None}
        for sizes, observations, members in cases:
            found = {flags: of_flags[sizes, observations, members][CHOSEN] for flags, of_flags in measured.items()}
            chosen = choose(network_of(sizes), observations)
            cells = [cell(found[flags][0] if flags in found else None, flags == chosen) for flags in columns]
            compiling = ", ".join(f"{found[flags][1]:.2g}" for flags in list(found)[-2:])
            yield f"| {name_of(sizes)} | {observations} | {members} | {' | '.join(cells)} | {compiling} |"


TABLES = {"layouts": layout_rows, "flags": flag_rows}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="?", choices=TABLES, help="the table to print (default: both)")
    parser.add_argument("--rounds", type=int, default=5, help="number of timed rounds (default: 5)")
    chosen = parser.parse_args(arguments)
    for table in [chosen.table] if chosen.table else TABLES:
        for row in TABLES[table](chosen.rounds):
            print(row, flush=True)
        print()


if __name__ == "__main__":
    main()
