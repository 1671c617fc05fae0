"""What the callbacks cost: the time of an epoch of 784-128-64-10 with each, beside Keras' own TensorBoard callback.

    python -m tests.benchmarks.callback_overhead [ROUNDS]

The candidates take turns, one short training after the other, and each is compared with the training without a
callback of the same round: what else the machine does slows both alike. On a busy machine look at the callback's own
time: the CPU seconds that all threads of the process used while it ran, beside those of an epoch without it. The first
epoch of a training also sets a callback up (files, compiling under JAX); it is left out of the ratios and printed by
itself.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from harness.callbacks import NeuronHistograms, SymmetryMonitor

EPOCHS, OBSERVATIONS, BATCH, ROUNDS, PROBED = 8, 12_800, 128, 9, 200

Candidates = dict[str, Callable[[str], list[keras.callbacks.Callback]]]


class Clock(keras.callbacks.Callback):
    """The seconds and the process' CPU seconds of each epoch, from its beginning to the next one's.

    Args:
        own: where the CPU seconds go that the callbacks between this clock and a ``Stop`` used at the end of each
            epoch.
    """

    async_safe = True

    def __init__(self, own: list[float]) -> None:
        super().__init__()
        self.times: list[tuple[float, float]] = []
        self.own = own

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.times.append((time.perf_counter(), time.process_time()))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.own.append(-time.process_time())

    def on_train_end(self, logs: Any = None) -> None:
        self.times.append((time.perf_counter(), time.process_time()))


class Stop(keras.callbacks.Callback):
    """Ends what a ``Clock`` began at the end of an epoch."""

    async_safe = True

    def __init__(self, own: list[float]) -> None:
        super().__init__()
        self.own = own

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.own[-1] += time.process_time()


def new_model() -> keras.Model:
    """784-128-64-10, as for the MNIST digits"""
    dense = keras.layers.Dense
    built = keras.Sequential([keras.Input((784,)), dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")])
    built.compile("sgd", "sparse_categorical_crossentropy")
    return built


def seconds_of(model: keras.Model, x: Any, y: Any, callbacks: list[keras.callbacks.Callback]) -> list[list[float]]:
    """[seconds, CPU seconds, CPU seconds of the callbacks] of each epoch."""
    own: list[float] = []
    clock = Clock(own)
    model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0, callbacks=[clock, *callbacks, Stop(own)])
    return [[*epoch, of_callbacks] for epoch, of_callbacks in zip(np.diff(np.array(clock.times), axis=0), own)]


def main() -> None:
    """Print the median ratio of each candidate to no callback, and what it wrote."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    rng = np.random.default_rng(0)
    x = rng.random((OBSERVATIONS, 784), np.float32)
    y = rng.integers(0, 10, OBSERVATIONS)
    candidates: Candidates = {
        "no callback": lambda folder: [],
        "SymmetryMonitor()": lambda folder: [SymmetryMonitor()],
        "NeuronHistograms(folder)": lambda folder: [NeuronHistograms(folder)],
        "NeuronHistograms(folder, x, y)": lambda folder: [NeuronHistograms(folder, x=x[:PROBED], y=y[:PROBED])],
        "keras TensorBoard(folder, histogram_freq=1)": lambda folder: [
            keras.callbacks.TensorBoard(folder, histogram_freq=1, write_graph=False)
        ],
    }
    trained = new_model()
    trained.fit(x, y, epochs=1, batch_size=BATCH, verbose=0)  # compiled outside of the clock
    names = list(candidates)
    wall: dict[str, list[float]]
    wall, cpu, own, first = ({name: [] for name in names} for _ in range(4))
    written: dict[str, float] = {}
    for number in range(rounds):
        base: list[float] = []
        for name in [names[0], *(names[1:] if number % 2 else reversed(names[1:]))]:
            with tempfile.TemporaryDirectory() as folder:
                epochs = seconds_of(trained, x, y, candidates[name](folder))
                written[name] = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / EPOCHS
            middle = [statistics.median(column) for column in zip(*epochs[1:])]
            base = base or middle
            wall[name].append(middle[0] / base[0] - 1)
            cpu[name].append(middle[1] / base[1] - 1)
            own[name].append(middle[2] / base[1])
            first[name].append(epochs[0][0] - middle[0])
    print(
        f"{keras.config.backend()}: epochs of {OBSERVATIONS // BATCH} batches, {rounds} rounds. Medians (and "
        "quartiles) of what an epoch takes more than without a callback; more seconds of the first; kB an epoch"
    )
    print(f"{'':44} {'time':24} {'CPU time':24} {'its own CPU time':24} {'first':>6} {'kB':>6}")
    for name in names:
        columns = " ".join(f"{quartiles(of[name]):24}" for of in (wall, cpu, own))
        print(f"{name:44} {columns} {statistics.median(first[name]):6.2f} {written[name] / 1000:6.0f}")


def quartiles(shares: list[float]) -> str:
    """ "+3.1% (+2.0% to +4.5%)" """
    low, middle, high = np.quantile(shares, [0.25, 0.5, 0.75])
    return f"{middle:+.1%} ({low:+.1%} to {high:+.1%})"


if __name__ == "__main__":
    main()
