"""How fast many seeds of a Keras program are trained at once, against Keras' own ``fit`` at its best.

Run from the repository: ``python -m tests.benchmarks.vectorised [--rounds N] [--case NAME]``

For each case, in one run and in alternating rounds: one model by ``fit`` with 50 steps an execution over one long
epoch, after a first fit that traces it; and all members by the compiled loop, after a first call that compiles it.
Reported are microseconds for one update of one model, medians over rounds, their ratio, and the time before the first
result.
The processor time beside the elapsed time shows whether other work on the machine disturbed the run.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from harness.programs.program import Program
from harness.programs.training import Engine, cost_of_structure, cost_per_update, train

STEPS_PER_EXECUTION = 50


@dataclass(frozen=True)
class Case:
    """A program, how many members are trained at once, and how much is timed."""

    name: str
    program: Callable[[], Program]
    members: int
    updates: int
    compiled: bool = True


def program_of(name: str, layers: list[Any], x: Any, classes: int) -> Program:
    """A classifier with random targets, batches of 32 and Adam."""
    y = np.random.default_rng(1).integers(0, classes, len(x))
    return Program(
        name=name,
        model=keras.Sequential(layers),
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(0.001),
        x=x,
        y=y,
        batch_size=32,
    )


def dense() -> Program:
    """64-64-32-10 on 1,600 observations."""
    x = np.random.default_rng(0).normal(size=(1600, 64)).astype("float32")
    kinds = keras.layers
    layers = [keras.Input((64,)), kinds.Dense(64, "relu"), kinds.Dense(32, "relu"), kinds.Dense(10, "softmax")]
    return program_of("Dense 64-64-32-10", layers, x, 10)


def cnn() -> Program:
    """A small CNN with BatchNormalization and Dropout on images of 16 x 16."""
    x = np.random.default_rng(0).normal(size=(1600, 16, 16, 1)).astype("float32")
    kinds = keras.layers
    layers = [
        keras.Input((16, 16, 1)),
        kinds.Conv2D(8, 3, padding="same"),
        kinds.BatchNormalization(),
        kinds.ReLU(),
        kinds.MaxPooling2D(),
        kinds.Conv2D(16, 3, activation="relu"),
        kinds.MaxPooling2D(),
        kinds.Flatten(),
        kinds.Dropout(0.3),
        kinds.Dense(10, "softmax"),
    ]
    return program_of("small CNN", layers, x, 10)


def table() -> Program:
    """8-16-1, as a beginner trains it on a small table."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(320, 8)).astype("float32")
    kinds = keras.layers
    layers = [keras.Input((8,)), kinds.Dense(16, "relu"), kinds.Dense(1)]
    return replace(program_of("Dense 8-16-1", layers, x, 2), loss="mse")


def normalised() -> Program:
    """A Dense program with BatchNormalization and Dropout."""
    x = np.random.default_rng(0).normal(size=(1600, 64)).astype("float32")
    kinds = keras.layers
    layers = [keras.Input((64,))]
    for units in (64, 32):
        layers += [kinds.Dense(units, "relu"), kinds.BatchNormalization(), kinds.Dropout(0.3)]
    return program_of("Dense + BatchNorm + Dropout", [*layers, kinds.Dense(10, "softmax")], x, 10)


def text() -> Program:
    """Embedding and LSTM on 20 words."""
    x = np.random.default_rng(0).integers(0, 500, (1600, 20)).astype("int32")
    kinds = keras.layers
    layers = [keras.Input((20,), dtype="int32"), kinds.Embedding(500, 16), kinds.LSTM(16), kinds.Dense(10, "softmax")]
    return program_of("Embedding + LSTM", layers, x, 10)


CASES = {
    "dense": Case("dense", dense, 32, 512),
    "cnn": Case("cnn", cnn, 16, 64),
    "table": Case("table", table, 32, 1024),
    "normalised": Case("normalised", normalised, 32, 512),
    "text": Case("text", text, 16, 64, compiled=False),
}


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """(elapsed, processor) seconds."""
    elapsed, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - elapsed, time.process_time() - processor


def fit_rounds(program: Program, updates: int) -> Callable[[], Any]:
    """A fit of so many updates in one epoch, already traced."""
    model = program.fresh_model(0)
    model.compile(program.new_optimizer(), program.loss, steps_per_execution=STEPS_PER_EXECUTION)
    times = -(-updates * program.batch_size // program.rows)
    x, y = (np.concatenate([a] * times)[: updates * program.batch_size] for a in (program.x, program.y))

    def fit() -> Any:
        return model.fit(x, y, batch_size=program.batch_size, epochs=1, verbose=0)

    fit()
    return fit


def measure(case: Case, rounds: int, compiled: bool) -> dict[str, float]:
    """Microseconds for an update of one model by both ways, medians over alternating rounds."""
    program = case.program()
    steps = max(case.updates, 200) // STEPS_PER_EXECUTION * STEPS_PER_EXECUTION
    fit = fit_rounds(program, steps)
    seeds = range(case.members)

    def vectorised() -> Any:
        return train(
            program, seeds=seeds, updates=case.updates, engine=Engine.VECTORISED, compiled=compiled,
            initial_weights=weights,
        )  # fmt: skip

    drawing, _ = timed(lambda: [program.fresh_weights(seed) for seed in seeds])
    weights = [np.stack(values) for values in zip(*(program.fresh_weights(seed) for seed in seeds))]
    first, first_processor = timed(
        lambda: train(program, seeds=seeds, updates=1, engine=Engine.VECTORISED, compiled=compiled,
                      initial_weights=weights)
    )  # fmt: skip
    times: dict[str, list[float]] = {"fit": [], "fit_processor": [], "ours": [], "ours_processor": []}
    for _ in range(rounds):
        for name, work, count in (("fit", fit, steps), ("ours", vectorised, case.updates * case.members)):
            elapsed, processor = timed(work)
            times[name].append(elapsed / count * 1e6)
            times[f"{name}_processor"].append(processor / count * 1e6)
    medians = {name: float(np.median(values)) for name, values in times.items()}
    return medians | {"first": first, "first_processor": first_processor, "drawing": drawing}


def main() -> None:
    """Print one line for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="number of alternating rounds (default: 5)")
    parser.add_argument("--case", choices=CASES, action="append", help="case to run (default: all)")
    parser.add_argument("--xla", choices=("yes", "no"), help="use of XLA (default: what long trainings use)")
    options = parser.parse_args()
    for name in options.case or CASES:
        case = CASES[name]
        compiled = case.compiled if options.xla is None else options.xla == "yes"
        result = measure(case, options.rounds, compiled)
        program = case.program()
        work = {name: result[f"{name}_processor"] for name in ("fit", "ours", "first")}
        print(
            f"{program.name}, {case.members} members\n"
            f"  elapsed: fit {result['fit']:.0f} us, at once {result['ours']:.1f} us, "
            f"{result['fit'] / result['ours']:.1f} times; first result after {result['first']:.2f} s, "
            f"drawing weights {result['drawing']:.2f} s\n"
            f"  processor: fit {work['fit']:.0f} us, at once {work['ours']:.1f} us, "
            f"{work['fit'] / work['ours']:.1f} times; first result {work['first']:.2f} s\n"
            f"  estimated: {cost_per_update(program, case.members) / case.members * 1e6:.1f} us and "
            f"{cost_of_structure(program):.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
