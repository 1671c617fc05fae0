"""How fast each way of training is on this machine: all of them in one process, taking turns, on the post's network.

Each way is first held to the hand-written result after a few iterations, so that all are timed at the same computation.
Then every way runs once a round, and its time is the median over the rounds: what else the machine does meanwhile hits
all of them alike, and the ratios hold where the times do not.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from harness.models import ensemble, handwritten, initializers, sequential, tape
from harness.models.network import Network, Weights, from_keras, to_keras
from harness.models.training import Training

NETWORK = Network((2, 3, 3, 2), ("sigmoid",) * 3)
X = np.array([[0.8, 0.4], [0.3, 0.3]], np.float32)
Y = np.array([[0.2, 0.4], [1.0, 0.0]], np.float32)
LEARNING_RATE = 0.5

CHECKED = 20  # iterations after which a way must have come to the hand-written weights
TOLERANCE = 1e-4  # float32, and the C program may reorder its sums

BEST_OF_KERAS = "Keras fit, many steps to an execution"

C_FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp")
C = "C, " + " ".join(C_FLAGS)
ENSEMBLE = "ensemble"
C_BLOCK = 16  # members; training_speed.c takes multiples

# So many iterations from the start; the weights, (inputs + 1, units) or, of an ensemble, (inputs + 1, units, members).
Train = Callable[[int], Weights]
TrainFrom = Callable[[Weights, int], Weights]


class Missing(Exception):
    """A way needs something that this machine lacks; the message says what."""


class Way(NamedTuple):
    """One way to train. iterations: to a round, for about a tenth of a second. ``train`` may raise ``Missing``."""

    name: str
    networks: int
    iterations: int
    train: Train


@dataclass(frozen=True)
class Row:
    """What was measured of one way.

    Attributes:
        way: its name.
        networks: trained at once.
        iterations: of each network, in a round.
        seconds: for one iteration of one network, in each round; empty if it was skipped.
        skipped: why, or "".
    """

    way: str
    networks: int
    iterations: int
    seconds: tuple[float, ...]
    skipped: str = ""

    @property
    def median(self) -> float:
        """Of the seconds; NaN if it was skipped."""
        return statistics.median(self.seconds) if self.seconds else float("nan")


def ratio(row: Row, other: Row) -> float:
    """How many times as long ``other`` takes for an iteration of a network: the median over rounds; NaN if skipped."""
    if not (row.seconds and other.seconds):
        return float("nan")
    return statistics.median(theirs / ours for ours, theirs in zip(row.seconds, other.seconds))


def logarithmic(iterations: int, count: int = 100) -> list[int]:
    """At most so many iterations from 1 to the last, evenly spaced in their logarithm."""
    return np.unique(np.geomspace(1, iterations, count).round().astype(int)).tolist()


def last(weights: Iterator[Weights]) -> Weights:
    """The last of them."""
    *_, end = weights
    return end


def keras_model() -> keras.Sequential:
    """The network as one compiles it without a thought for speed."""
    model = keras.Sequential([keras.Input((NETWORK.sizes[0],))])
    for units, activation in zip(NETWORK.sizes[1:], NETWORK.activations):
        model.add(keras.layers.Dense(units, activation=activation))
    model.compile(optimizer=keras.optimizers.SGD(LEARNING_RATE), loss=sequential.SumOfSquaredErrors())
    return model


def keras_epochs(model: keras.Sequential, start: Weights, iterations: int) -> Weights:
    """``fit``, one epoch to an iteration"""
    model.set_weights(to_keras(start))
    model.fit(X, Y, batch_size=len(X), epochs=iterations, shuffle=False, verbose=0)
    return from_keras(model.get_weights())


def keras_batches(model: keras.Sequential, start: Weights, iterations: int) -> Weights:
    """``train_on_batch``, one call to an iteration"""
    model.set_weights(to_keras(start))
    for _ in range(iterations):
        model.train_on_batch(X, Y)
    return from_keras(model.get_weights())


def tape_step(weights: list[tf.Tensor], x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
    """One iteration on a GradientTape"""
    return [w - LEARNING_RATE * g for w, g in zip(weights, tape.gradients(NETWORK, weights, x, y))]


def steps(step: Callable[..., list[tf.Tensor]], start: Weights, iterations: int) -> Weights:
    """So many calls of a step, a Python loop around them"""
    weights, x, y = [tf.constant(w) for w in start], tf.constant(X), tf.constant(Y)
    for _ in range(iterations):
        weights = step(weights, x, y)
    return [w.numpy() for w in weights]


def numpy_loop(start: Weights, iterations: int) -> Weights:
    """The hand-written math in NumPy"""
    weights = list(start)
    for _ in range(iterations):
        a = [X]
        for w in weights:
            a.append(1 / (1 + np.exp(-(a[-1] @ w[1:] + w[0]))))
        delta = 2 * (a[-1] - Y) * a[-1] * (1 - a[-1])
        for layer in reversed(range(NETWORK.depth)):
            w, below = weights[layer], a[layer]
            gradient = np.concatenate([delta.sum(axis=0, keepdims=True), below.T @ delta])
            delta = delta @ w[1:].T * below * (1 - below)
            weights[layer] = w - np.float32(LEARNING_RATE) * gradient
    return weights


def jax_functions(learning_rate: float) -> tuple[Any, Any]:
    """JAX' jit of fori_loop over jax.grad for one network, and of its vmap over members, which JAX has first. Both take
    (weights, x, y, iterations).

    Raises:
        Missing: JAX is not installed.
    """
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        raise Missing("JAX is not installed: pip install jax") from None

    def cost(weights: Any, x: Any, y: Any) -> Any:
        a = x
        for w in weights:
            a = jax.nn.sigmoid(a @ w[1:] + w[0])
        return jnp.sum(jnp.square(a - y))

    def loop(weights: Any, x: Any, y: Any, iterations: Any) -> Any:
        def iterate(_: Any, weights: Any) -> Any:
            return [w - learning_rate * g for w, g in zip(weights, jax.grad(cost)(weights, x, y))]

        return jax.lax.fori_loop(0, iterations, iterate, weights)

    return jax.jit(loop), jax.jit(jax.vmap(loop, in_axes=(0, None, None, None)))


def jax_ensemble(weights: Weights, x: Any, y: Any, learning_rate: float) -> Callable[[int], Any]:
    """A number of iterations to JAX' weights, members first; waits until they are there.

    Raises:
        Missing: JAX is not installed.
    """
    _, many = jax_functions(learning_rate)
    start = [np.ascontiguousarray(np.moveaxis(w, -1, 0)) for w in weights]
    return lambda iterations: [w.block_until_ready() for w in many(start, x, y, iterations)]


def jax_single(weights: Weights, x: Any, y: Any, learning_rate: float) -> Callable[[int], Any]:
    """A number of iterations to JAX' weights of one network; waits until they are there.

    Raises:
        Missing: JAX is not installed.
    """
    one, _ = jax_functions(learning_rate)
    return lambda iterations: [w.block_until_ready() for w in one(weights, x, y, iterations)]


@functools.cache
def jax_loops() -> tuple[TrainFrom, TrainFrom]:
    """JAX' loops for the post's network: one network, and members.

    Raises:
        Missing: JAX is not installed.
    """
    one, many = jax_functions(LEARNING_RATE)

    def train_one(start: Weights, iterations: int) -> Weights:
        return [np.asarray(w) for w in one(start, X, Y, iterations)]

    def train_many(start: Weights, iterations: int) -> Weights:
        trained = many([np.moveaxis(w, -1, 0) for w in start], X, Y, iterations)
        return [np.moveaxis(np.asarray(w), 0, -1) for w in trained]

    return train_one, train_many


@functools.cache
def c_loop() -> TrainFrom:
    """training_speed.c, compiled for this machine.

    Raises:
        Missing: there is no C compiler, or it cannot compile the file, or what it made cannot be loaded.
    """
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        raise Missing("no C compiler found (cc, gcc or clang)")
    source = Path(__file__).with_name("training_speed.c")
    with tempfile.TemporaryDirectory() as folder:
        compiled, made = Path(folder) / "bench.o", Path(folder) / "bench.so"
        # linked without -ffast-math: with it, loading would switch off subnormal numbers for the whole process
        for command in (
            [compiler, *C_FLAGS, "-fPIC", "-c", str(source), "-o", str(compiled)],
            [compiler, "-fopenmp", "-shared", str(compiled), "-o", str(made), "-lm"],
        ):
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                raise Missing(f"{Path(compiler).name} could not compile {source.name}: {result.stderr.strip()[-200:]}")
        try:
            program = ctypes.CDLL(str(made))  # stays loaded when the file is gone
        except OSError as error:
            raise Missing(f"what {Path(compiler).name} made of {source.name} cannot be loaded: {error}") from None
    program.train.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_float, *[ctypes.c_void_p] * 5]

    def train(start: Weights, iterations: int) -> Weights:
        members = start[0].shape[-1]
        fill = [(0, 0), (0, 0), (0, -members % C_BLOCK)]
        weights = [np.pad(w, fill) for w in start]
        arrays = [a.ctypes.data for a in (X, Y, *weights)]
        program.train(weights[0].shape[-1], iterations, LEARNING_RATE, *arrays)
        return [w[..., :members] for w in weights]

    return train


def ways(one: Weights, many: Weights) -> Iterator[Way]:
    """Every way, from the starts of one network and of an ensemble.

    A round of each takes about 0.1 s on two cores of 2026, of Keras' ``fit`` at one epoch to an iteration 0.4 s.
    """
    members = many[0].shape[-1]
    model = keras_model()
    compiled_step = tf.function(tape_step, autograph=False)

    def handwritten_recorded(iterations: int) -> Weights:
        return last(handwritten.train(NETWORK, one, X, Y, Training(LEARNING_RATE, recorded=logarithmic(iterations))))

    def ensemble_by_hand(iterations: int) -> Weights:
        return ensemble.outcome(NETWORK, many, X, Y, Training(LEARNING_RATE, recorded=[iterations])).weights

    def contract(implementation: Any) -> Train:
        return lambda iterations: last(
            implementation.train(NETWORK, one, X, Y, Training(LEARNING_RATE, recorded=[iterations]))
        )

    yield Way("Keras fit, one epoch to an iteration", 1, 20, functools.partial(keras_epochs, model, one))
    yield Way("GradientTape, eager", 1, 50, functools.partial(steps, tape_step, one))
    yield Way("Keras train_on_batch", 1, 200, functools.partial(keras_batches, model, one))
    yield Way("GradientTape in a tf.function", 1, 500, functools.partial(steps, compiled_step, one))
    yield Way(BEST_OF_KERAS, 1, 5_000, contract(sequential))
    yield Way("NumPy by hand", 1, 4_000, functools.partial(numpy_loop, one))
    yield Way("tape", 1, 100_000, contract(tape))
    yield Way("handwritten", 1, 100_000, contract(handwritten))
    yield Way("handwritten, weights recorded 100 times", 1, 100_000, handwritten_recorded)
    yield Way("JAX, jit of fori_loop", 1, 100_000, lambda iterations: jax_loops()[0](one, iterations))
    yield Way("JAX, vmap of fori_loop", members, 1_000, lambda iterations: jax_loops()[1](many, iterations))
    yield Way(ENSEMBLE, members, 5_000, ensemble_by_hand)
    yield Way(C, members, 10_000, lambda iterations: c_loop()(many, iterations))


def distance(weights: Weights, others: Weights) -> float:
    """The largest difference of any two weights."""
    return max(float(np.max(np.abs(w - other))) for w, other in zip(weights, others))


def first_call(way: Way, expected: Weights) -> str:
    """Compile it, and why it is to be skipped, or "": it lacks something, or does not come to the expected weights."""
    try:
        off = distance(way.train(CHECKED), expected)
    except Missing as missing:
        return str(missing)
    return "" if off <= TOLERANCE else f"its weights are off by {off:.1g} after {CHECKED} iterations"


def seconds(way: Way) -> float:
    """For one iteration of one network, in one round"""
    begin = time.perf_counter()
    way.train(way.iterations)
    return (time.perf_counter() - begin) / (way.iterations * way.networks)


def run(
    members: int = 1000,
    rounds: int = 5,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    seed: int = 0,
) -> list[Row]:
    """Measure every way that this machine has.

    Args:
        members: of the ensembles, drawn by Glorot uniform.
        rounds: in each of which every way runs once.
        progress: called with the runs done, how many there are, and what comes next.
        seed: of the draws.

    Returns:
        A row for each way, in the order of ``ways``; skipped ones say why.
    """
    kernel = initializers.parse("glorot_uniform")
    many = initializers.draw_members(NETWORK, kernel, None, seed, range(members), np.float32)
    one = [w[..., 0] for w in many]
    # the hand-written result, computed by the ensemble for one network as well: a test holds it to handwritten.py
    expected = ensemble.outcome(NETWORK, many, X, Y, Training(LEARNING_RATE, recorded=[CHECKED])).weights
    all_ways = list(ways(one, many))
    total = len(all_ways) * (1 + rounds)
    skipped: list[str] = []
    for way in all_ways:
        progress(len(skipped), total, f"{way.name}: first call")
        skipped.append(first_call(way, expected if way.networks > 1 else [w[..., 0] for w in expected]))
    measured: list[list[float]] = [[] for _ in all_ways]
    for number in range(rounds):
        for position, way in enumerate(all_ways):
            progress(len(all_ways) * (1 + number) + position, total, way.name)
            if not skipped[position]:
                measured[position].append(seconds(way))
    progress(total, total, "")
    return [
        Row(way.name, way.networks, way.iterations, tuple(times), why)
        for way, times, why in zip(all_ways, measured, skipped)
    ]


def table(rows: Sequence[Row]) -> str:
    """One line for each way: nanoseconds per network and iteration, and the ratio to the best of Keras' ``fit``."""
    keras_row = next(row for row in rows if row.way == BEST_OF_KERAS)
    lines = [f"{'way':<52}{'ns per iteration':>18}{'times Keras fit':>17}"]
    for row in rows:
        figures = f"{row.median * 1e9:>18,.1f}{ratio(row, keras_row):>17,.1f}" if row.seconds else f"  {row.skipped}"
        lines.append(f"{row.way:<52}{figures}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run()))
