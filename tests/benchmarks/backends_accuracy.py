"""Ten stock models under two backends, and planted differences: the figures of docs/backends.md.

``python -m tests.benchmarks.backends_accuracy [SEEDS]`` prints the largest differences of each model over so many seeds
(default: 20), and for each plant where it was found.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from harness.backends.case import Case
from harness.backends.compare import BackendComparison, Pair, compare_cases
from harness.backends.judge import differences_of
from harness.backends.quantities import RECORDED_UPDATES, Kind
from harness.backends.results import Computed, read_computed
from harness.backends.setups import Setup
from harness.backends.workers import Workers
from tests.backends.seeds_child import write_cases
from tests.backends.stock_models import MODELS, OPTIMIZERS, PLANTS, Plant, case_of

ROOT = Path(__file__).resolve().parents[2]
SIDES = (Setup(backend="tensorflow"), Setup(backend="jax"))
SEEDS = 20


def model_case(name: str, seed: int) -> Case:
    """The case of a stock model."""
    return case_of(MODELS[name], seed=seed, optimizer=OPTIMIZERS.get(name, "adam"))


def compare_model(name: str, workers: Workers) -> BackendComparison:
    """A stock model on both sides, as ``harness compare`` does it."""
    case = model_case(name, 0)
    return compare_cases([(side, case) for side in SIDES], workers)


def compare_seeds(name: str, seeds: int) -> list[Pair]:
    """A stock model on both sides, from other weights and data for each seed; one process a side computes all."""
    computed: dict[Setup, list[Computed]] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_cases(folder / "cases", [model_case(name, seed) for seed in range(seeds)])
        for side in SIDES:
            results = folder / side.backend
            command = [sys.executable, "-m", "tests.backends.seeds_child", folder / "cases", results]
            environment = os.environ | {"KERAS_BACKEND": side.backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
            subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True)
            computed[side] = [read_computed(results / str(seed)) for seed in range(seeds)]
    return [pair_of({side: computed[side][seed] for side in SIDES}) for seed in range(seeds)]


def pair_of(computed: Mapping[Setup, Computed]) -> Pair:
    """The pair of what both sides computed."""
    left, right = SIDES
    return Pair(left=left, right=right, differences=differences_of(computed, left, right))


def compare_plant(plant: Plant, workers: Workers) -> BackendComparison:
    """A planted difference on the second side."""
    case = plant.given(case_of(plant.make))
    return compare_cases([(SIDES[0], case), (SIDES[1], plant.change(case))], workers)


def is_found(plant: Plant, pair: Pair) -> bool:
    """Whether a plant was found where it is, for its reason."""
    first = pair.first
    if first is None or pair.place is None or len(pair.reasons) != 1:
        return False
    (reason,) = pair.reasons
    key = None if reason.setting is None else reason.setting.key
    is_there = pair.place.name == plant.place and plant.layer in (None, first.quantity.layer)
    return is_there and (reason.kind.name, key) == (plant.reason, plant.key)


def largest(pairs: list[Pair], *kinds: Kind, updates: int = 0) -> float:
    """The largest relative difference of some kinds of quantities."""
    differences = [d for pair in pairs for d in pair.differences]
    return max(d.relative for d in differences if d.quantity.kind in kinds and d.quantity.updates == updates)


def main(seeds: int) -> None:
    """Print both tables."""
    print("| model | outputs | loss | gradients | weights after 1 | 10 | 100 updates | differences reported |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in MODELS:
        pairs = compare_seeds(name, seeds)
        figures = [
            largest(pairs, Kind.INFERENCE_OUTPUT, Kind.TRAINING_OUTPUT),
            largest(pairs, Kind.LOSS),
            largest(pairs, Kind.GRADIENT),
            *(largest(pairs, Kind.WEIGHT, updates=number) for number in (1, 10, RECORDED_UPDATES[-1])),
        ]
        cells = " | ".join(f"{figure:.1e}" for figure in figures)
        print(f"| {name} | {cells} | {sum(not pair.agrees for pair in pairs)} of {len(pairs)} |", flush=True)
    with Workers() as workers:
        print("\n| plant | found at | by (relative) | right place and reason |\n| --- | --- | --- | --- |")
        for name, plant in PLANTS.items():
            for pair in compare_plant(plant, workers).pairs:
                where, size = "nothing", 0.0
                if pair.first is not None and pair.place is not None:
                    where, size = pair.first.quantity.layer or pair.place.value, pair.first.relative
                print(f"| {name} | {where} | {size:.1e} | {'yes' if is_found(plant, pair) else 'no'} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
