"""Histograms written in a second: tf.summary.histogram, eager, and harness/events.py, the same data on the same disk.

python docs/histogram_speed.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from harness.board import runs
from harness.board.events import histogram_series, histograms
from harness.models.network import Array

ITERATIONS, NEURONS, TURNS = 40, 32, 5


def with_tensorflow(weights: Array, folder: Path) -> None:
    """One call a histogram, as its documentation has it"""
    with tf.summary.create_file_writer(str(folder)).as_default():
        for step, of_step in enumerate(weights):
            for neuron, values in enumerate(of_step):
                tf.summary.histogram(f"layer1/weights/neuron{neuron:02}", values, step=step)


def with_numpy(weights: Array, folder: Path) -> None:
    """All of them counted at once, one event an iteration"""
    counted = histograms(weights)
    series = [
        histogram_series(f"layer1/weights/neuron{neuron:02}", "", "", counted[:, neuron]) for neuron in range(NEURONS)
    ]
    folder.mkdir()
    runs.write_events(folder, 0.0, [], series, range(ITERATIONS))


def fastest(write: Callable[[Array, Path], None], weights: Array) -> float:
    """Histograms in a second, the best of some turns after one that does not count"""
    seconds = []
    for _ in range(TURNS + 1):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            write(weights, Path(folder) / "run")
            seconds.append(time.perf_counter() - start)
    return ITERATIONS * NEURONS / min(seconds[1:])


def main() -> None:
    """Print both for a small layer and for one as wide as an image."""
    for inputs in (3, 785):
        weights = np.random.default_rng(0).normal(size=(ITERATIONS, NEURONS, inputs))
        before, after = fastest(with_tensorflow, weights), fastest(with_numpy, weights)
        print(f"{inputs:4} weights a neuron: {before:7.0f} /s and {after:7.0f} /s, {after / before:.0f} times as many")


if __name__ == "__main__":
    main()
