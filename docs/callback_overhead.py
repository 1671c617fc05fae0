"""What the callbacks cost: seconds a training of a 784-128-64-10 model takes with each, beside Keras' own TensorBoard.

python docs/callback_overhead.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable

import keras
import numpy as np

from harness.callbacks import NeuronHistograms, SymmetryMonitor

EPOCHS, OBSERVATIONS, BATCH, TURNS = 10, 12_800, 128, 7


def model() -> keras.Model:
    """784-128-64-10, as for the MNIST digits"""
    dense = keras.layers.Dense
    built = keras.Sequential([keras.Input((784,)), dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")])
    built.compile("sgd", "sparse_categorical_crossentropy")
    return built


def main() -> None:
    """Time each in turn, ``TURNS`` times over, and print the fastest."""
    rng = np.random.default_rng(0)
    x = rng.random((OBSERVATIONS, 784), np.float32)
    y = rng.integers(0, 10, OBSERVATIONS)
    candidates: dict[str, Callable[[str], list[keras.callbacks.Callback]]] = {
        "no callback": lambda folder: [],
        "SymmetryMonitor()": lambda folder: [SymmetryMonitor()],
        "NeuronHistograms(folder)": lambda folder: [NeuronHistograms(folder)],
        "NeuronHistograms(folder, x=200 observations)": lambda folder: [NeuronHistograms(folder, x=x[:200])],
        "keras TensorBoard(folder, histogram_freq=1)": lambda folder: [
            keras.callbacks.TensorBoard(folder, histogram_freq=1)
        ],
    }
    trained = model()
    trained.fit(x, y, epochs=1, batch_size=BATCH, verbose=0)  # compile outside of the clock
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(TURNS):
        for name, callbacks in candidates.items():
            with tempfile.TemporaryDirectory() as folder:
                given = callbacks(folder)
                start = time.perf_counter()
                trained.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0, callbacks=given)
                seconds[name].append(time.perf_counter() - start)
    without = min(seconds["no callback"])
    print(
        f"{EPOCHS} epochs of {OBSERVATIONS // BATCH} batches, fastest of {TURNS}; ms: over no callback, for each epoch"
    )
    for name, found in seconds.items():
        fastest = min(found)
        print(f"{name:46} {fastest:6.2f} s {1000 * (fastest - without) / EPOCHS:8.1f} ms {fastest / without - 1:8.1%}")


if __name__ == "__main__":
    main()
