"""The referee of the frozen bench: numerical differentiation of costs that are written here, apart from the programs.

    python tests/files/frozen/verify.py              # all cases: right programs must be right, every plant wrong
    python tests/files/frozen/verify.py TEXT         # the cases whose id contains TEXT

For every program there is one driver. It runs the program for zero, one, two and three updates and says which cost
each update should have descended, as a function of the parameters; the referee differentiates that cost numerically,
applies the rule of the optimiser, and compares.
Data files, plots and progress bars are replaced by stand-ins, so that neither pandas nor matplotlib is needed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import sys
import tempfile
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import Case, cases, write_case

Array = np.ndarray[Any, np.dtype[Any]]
Params = dict[str, Array]
Cost = Callable[[Params], Any]
Rule = Callable[[Sequence[Params]], Params]

STEP = 1e-5
# entries of an array that are differentiated, at most
MAX_ENTRIES = 40
RIGHT_BELOW = 2e-5
RIGHT_BELOW_FLOAT32 = 2e-3
WRONG_ABOVE = 1e-2
UPDATES = 3


class DriverError(Exception):
    """The driver does not fit the program any more: a fault of the bench, not of the program."""


@dataclass
class Comparison:
    """One array of one update: what the referee expects and what the program did."""

    name: str
    expected: Array
    actual: Array
    scale: float

    @property
    def error(self) -> float:
        """The largest difference, relative to the scale; infinite for NaN or another shape."""
        if np.shape(self.expected) != np.shape(self.actual):
            return np.inf
        known = ~np.isnan(self.expected)
        expected, actual = self.expected[known], np.asarray(self.actual, float)[known]
        if not known.any() or not np.all(np.isfinite(actual)):
            return np.inf
        return float(np.max(np.abs(expected - actual)) / self.scale)


# stand-ins -----------------------------------------------------------------------------------------------------------


class Anything:
    """Has every attribute, can be called and indexed; stands in for a plotting library."""

    def __getattr__(self, name: str) -> Anything:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: object, **kwargs: object) -> Anything:
        return self


class Table:
    """The little of pandas' DataFrame that the programs use."""

    def __init__(self, values: Array) -> None:
        self.values = values
        self.shape = values.shape

    def head(self) -> Table:
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype)


def module(name: str, **content: object) -> types.ModuleType:
    made = types.ModuleType(name)
    made.__dict__.update(content)
    return made


def stand_ins(tables: dict[str, Array]) -> dict[str, types.ModuleType]:
    plt = Anything()
    return {
        "matplotlib": module("matplotlib", pyplot=plt),
        "matplotlib.pyplot": plt,  # type: ignore[dict-item]
        "tqdm": module("tqdm", tqdm=lambda it, **_: it, trange=range),
        "pandas": module("pandas", read_csv=lambda name, **_: Table(tables[name])),
    }


# running a program ---------------------------------------------------------------------------------------------------


@dataclass
class Program:
    """A case in a folder. `run` executes it and returns its names."""

    path: Path
    tables: dict[str, Array] = field(default_factory=dict)

    def text(self) -> str:
        text = self.path.read_text(encoding="utf-8")
        if self.path.suffix == ".ipynb":
            cells = ["".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
            text = "\n".join(cells)
            text = "\n".join("" if line[:1] in "%!" and line else line for line in text.split("\n"))
        return text

    def run(self, *swaps: tuple[str, str], until: str | None = None) -> dict[str, Any]:
        """Execute the program.

        Args:
            swaps: texts replaced before, to shorten a loop.
            until: the text before which execution ends.
        """
        text = self.text()
        for old, new in swaps:
            if text.count(old) != 1:
                raise DriverError(f"{old!r} occurs {text.count(old)} times")
            text = text.replace(old, new)
        if until is not None:
            if text.count(until) != 1:
                raise DriverError(f"{until!r} occurs {text.count(until)} times")
            text = text[: text.index(until)]
        names: dict[str, Any] = {"__name__": "program", "__file__": str(self.path)}
        before = set(sys.modules)
        folder, stands = os.getcwd(), stand_ins(self.tables)
        sys.modules.update(stands)
        sys.path.insert(0, str(self.path.parent))
        os.chdir(self.path.parent)
        try:
            exec(compile(text, str(self.path), "exec"), names)
        finally:
            os.chdir(folder)
            sys.path.remove(str(self.path.parent))
            own = [
                name
                for name in set(sys.modules) - before
                if name in stands or str(self.path.parent) in str(getattr(sys.modules[name], "__file__", ""))
            ]
            for name in own:
                del sys.modules[name]
        return names

    def loops(self, old: str, new: str, until: str | None = None) -> list[dict[str, Any]]:
        """The names after 0, 1, 2 and 3 rounds; new holds {} for their number."""
        return [self.run((old, new.format(k)), until=until) for k in range(UPDATES + 1)]


# the referee ---------------------------------------------------------------------------------------------------------


def differentiate(cost: Cost, params: Params) -> Params:
    """Central differences in float64; NaN for the entries of large arrays that are left out."""
    params = {name: np.array(value, dtype=np.float64) for name, value in params.items()}
    gradients = {}
    for name, value in params.items():
        gradient = np.full(value.shape, np.nan)
        entries = np.random.default_rng(0).permutation(value.size)[:MAX_ENTRIES]
        for entry in entries:
            place = np.unravel_index(entry, value.shape)
            old = value[place]
            value[place] = old + STEP
            above = cost(params)
            value[place] = old - STEP
            below = cost(params)
            value[place] = old
            gradient[place] = (above - below) / (2 * STEP)
        gradients[name] = gradient
    return gradients


def scales_of(expected: Params) -> dict[str, float]:
    """The largest entry of each array, but not below a thousandth of the largest of all (sums that cancel)."""
    largest = {name: float(np.max(np.abs(np.nan_to_num(value)))) for name, value in expected.items()}
    return {name: max(value, 1e-3 * max(largest.values()), 1e-30) for name, value in largest.items()}


def descent(rate: float) -> Rule:
    return lambda gradients: {name: -rate * g for name, g in gradients[-1].items()}


def follow(states: Sequence[Params], costs: Sequence[Cost] | Cost, rule: Rule) -> list[Comparison]:
    """Compare the updates of a program with the rule applied to numerical gradients at the program's own states."""
    comparisons, gradients = [], []
    for number, (before, after) in enumerate(zip(states, states[1:])):
        cost = costs if callable(costs) else costs[number]
        gradients.append(differentiate(cost, before))
        expected = rule(gradients)
        scales = scales_of(expected)
        for name in expected:
            actual = np.asarray(after[name], float) - np.asarray(before[name], float)
            comparisons.append(Comparison(f"update {number + 1} of {name}", expected[name], actual, scales[name]))
    return comparisons


def gradients_of(cost: Cost, params: Params, actual: Params) -> list[Comparison]:
    """Compare gradients that the program returns."""
    expected = differentiate(cost, params)
    scales = scales_of(expected)
    return [
        Comparison(f"gradient of {name}", expected[name], np.asarray(actual[name]), scales[name]) for name in expected
    ]


def each(cost: Callable[[Any, Params], Any], items: Sequence[Any]) -> list[Cost]:
    """One cost for each update, of the batch, mask or observation that the update sees."""
    return [partial(cost, item) for item in items]


def through(function: Callable[[Array], Array], upstream: Array) -> Cost:
    """The cost whose gradient with respect to the output of the function is `upstream`."""
    return lambda p: np.sum(upstream * function(p["x"]))


def attributes(thing: object, *names: str) -> Params:
    return {name: np.array(getattr(thing, name)) for name in names}


def keys(mapping: Any, names: Sequence[str] | None = None) -> Params:
    return {name: np.array(mapping[name]) for name in (mapping if names is None else names)}


def numbered(arrays: Sequence[Any], stem: str = "p") -> Params:
    return {f"{stem}{k}": np.array(value) for k, value in enumerate(arrays)}


def steps(snapshot: Callable[[], Params], update: Callable[[int], object], count: int = UPDATES) -> list[Params]:
    """The parameters before and after each of some updates."""
    states = [snapshot()]
    for number in range(count):
        update(number)
        states.append(snapshot())
    return states


# formulas, apart from those of the programs --------------------------------------------------------------------------


def sig(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


def relu(z: Array) -> Array:
    """The kink lies just above 0: the programs' slope at exactly 0 (zero biases, units without input) is 0."""
    return z * (z > 2 * STEP)


def log_softmax(z: Array, axis: int) -> Array:
    z = z - np.max(z, axis=axis, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=axis, keepdims=True))


def bce(z: Array, y: Array) -> float:
    """Summed binary cross-entropy from logits."""
    return float(np.sum(np.logaddexp(0, z) - y * z))


def xent(z: Array, y: Array, axis: int) -> float:
    """Summed cross-entropy from logits; y one-hot."""
    return -float(np.sum(y * log_softmax(z, axis)))


def onehot(labels: Array, classes: int) -> Array:
    return (np.asarray(labels)[:, None] == np.arange(classes)).astype(float)


def rng(seed: int = 0) -> np.random.RandomState:
    return np.random.RandomState(seed)


def two(p: Params, X: Array, act: Callable[[Array], Array], names: str = "W1 b1 W2 b2") -> Array:
    """Rows through one hidden layer; returns the last pre-activation."""
    w1, b1, w2, b2 = (p[name] for name in names.split())
    return act(X @ w1 + b1) @ w2 + b2


def columns(p: Params, X: Array, act: Callable[[Array], Array], layers: int) -> Array:
    """Columns through W1, b1 .. WL, bL; returns the last pre-activation."""
    a = X
    for k in range(1, layers + 1):
        z = p[f"W{k}"] @ a + p[f"b{k}"]
        a = act(z)
    return z


# drivers: one a program ----------------------------------------------------------------------------------------------

Driver = Callable[[Program], list[Comparison]]
DRIVERS: dict[str, Driver] = {}


def driver(main: str) -> Callable[[Driver], Driver]:
    def keep(function: Driver) -> Driver:
        DRIVERS[main] = function
        return function

    return keep


@driver("classic_class/xor_two_weights.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = rng(1).rand(5, 3), np.array([[0], [1], [1], [0], [1]])
    net = names["NeuralNetwork"](X.copy(), y.copy())
    states = steps(lambda: attributes(net, "weights1", "weights2"), lambda _: (net.feedforward(), net.backprop()))
    return follow(states, lambda p: np.sum((sig(sig(X @ p["weights1"]) @ p["weights2"]) - y) ** 2), descent(1))


@driver("classic_class/regression_with_bias.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = rng(1).randn(8, 3), rng(2).randn(8, 2)
    net = names["Net"](3, 6, 2)
    wanted = ("weights1", "bias1", "weights2", "bias2")
    states = steps(lambda: attributes(net, *wanted), lambda _: net.fit(X, y, epochs=1))
    return follow(states, lambda p: np.mean((two(p, X, np.tanh, " ".join(wanted)) - y) ** 2), descent(0.05))


@driver("classic_class/exam_scores.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(1000)", "range({})")
    X, y = np.array([[3, 8], [1, 6], [4, 5.0]]) / np.array([6, 9]), np.array([[88], [71], [84]]) / 100
    states = [attributes(names["NN"], "W1", "W2") for names in runs]
    return follow(states, lambda p: 0.5 * np.sum((sig(sig(X @ p["W1"]) @ p["W2"]) - y) ** 2), descent(1))


@driver("params_dict/two_layer_net.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(0)
    net = names["TwoLayerNet"](4, 7, 3, std=0.5)
    net.params["b1"] += 0.1
    X, y = rng(1).randn(12, 4), rng(2).randint(0, 3, 12)

    def cost(part: Array) -> Cost:
        def value(p: Params) -> float:
            decay = 0.05 * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
            return xent(two(p, X[part], relu), onehot(y[part], 3), 1) / len(part) + decay

        return value

    parts = [rng(seed).choice(12, 6) for seed in range(UPDATES)]

    def update(number: int) -> None:
        np.random.seed(number)
        net.train(X, y, learning_rate=0.1, reg=0.05, num_iters=1, batch_size=6)

    whole = np.arange(12)
    start = keys(net.params)
    _, grads = net.loss(X, y, reg=0.05)
    compared = gradients_of(cost(whole), start, grads)
    return compared + follow(steps(lambda: keys(net.params), update), [cost(part) for part in parts], descent(0.1))


@driver("params_dict/three_layer_function.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    params = names["init_params"]([2, 5, 4, 1])
    X, y = rng(1).randn(9, 2), rng(2).randint(0, 2, 9)
    box = {"params": params}

    def update(_: int) -> None:
        _, grads = names["loss"](X, y, box["params"])
        box["params"] = names["sgd"](box["params"], grads, 0.5)

    def cost(p: Params) -> float:
        h = np.tanh(X @ p["W1"] + p["b1"])
        return bce(np.tanh(h @ p["W2"] + p["b2"]) @ p["W3"] + p["b3"], y[:, None]) / 9

    return follow(steps(lambda: keys(box["params"]), update), cost, descent(0.5))


@driver("params_dict/svm_hinge_net.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="for epoch in tqdm")
    net, X, y = names["model"], names["X_train"].copy(), names["y_train"].copy()

    def update(_: int) -> None:
        _, grads = net.loss(names["X_train"], names["y_train"])
        net.step(grads, 0.1)

    def cost(p: Params) -> float:
        z = X @ p["W1"] + p["b1"]
        s = (z * np.where(z > 0, 1, 0.1)) @ p["W2"] + p["b2"]
        hinge = np.maximum(0, 1 + s - s[np.arange(len(y)), y][:, None]) * (1 - onehot(y, 3))
        return float(np.sum(hinge)) / len(y)

    return follow(steps(lambda: keys(net.params), update), cost, descent(0.1))


@driver("columns_caches/l_layer_binary.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, Y = rng(1).randn(4, 10), rng(2).randint(0, 2, (1, 10))
    states = [
        keys(names["L_layer_model"](X.copy(), Y.copy(), [4, 6, 5, 1], learning_rate=0.1, num_iterations=k))
        for k in range(UPDATES + 1)
    ]
    return follow(states, lambda p: bce(columns(p, X, relu, 3), Y) / 10, descent(0.1))


@driver("columns_caches/planar_one_hidden.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="plt.scatter")
    X, Y = names["X"].copy(), names["Y"].copy()
    states = [keys(names["nn_model"](names["X"], names["Y"], k)) for k in range(UPDATES + 1)]
    return follow(states, lambda p: bce(columns(p, X, np.tanh, 2), Y.astype(float)) / X.shape[1], descent(1.2))


@driver("columns_caches/softmax_deep_class.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, Y = rng(1).randn(5, 11), onehot(rng(2).randint(0, 3, 11), 3).T
    states = []
    for k in range(UPDATES + 1):
        net = names["DeepNet"]([5, 7, 4, 3])
        net.fit(X.copy(), Y.copy(), learning_rate=0.5, n_iterations=k)
        states.append(keys(net.parameters))
    return follow(states, lambda p: xent(columns(p, X, sig, 3), Y, 0) / 11, descent(0.5))


@driver("csv_labels/digits_plain.py")
def _(program: Program) -> list[Comparison]:
    pixels = rng(1).randint(0, 256, (1060, 784)) * (rng(2).rand(1060, 784) < 0.15)
    program.tables["train.csv"] = np.column_stack([rng(3).randint(0, 10, 1060), pixels])
    np.random.seed(9)
    names = program.run(until="W1, b1, W2, b2 = gradient_descent(X_train")
    X, y = names["X_train"].copy(), names["Y_train"].copy()
    states = []
    for k in range(UPDATES + 1):
        np.random.seed(4)
        params = names["gradient_descent"](names["X_train"], names["Y_train"], 0.1, k)
        states.append(dict(zip(("W1", "b1", "W2", "b2"), map(np.array, params))))
    return follow(states, lambda p: xent(columns(p, X, relu, 2), onehot(y, 10).T, 0) / 60, descent(0.1))


@driver("csv_labels/flowers_rows.py")
def _(program: Program) -> list[Comparison]:
    values, labels = rng(1).rand(30, 4) * 5, rng(2).randint(0, 3, 30)
    lines = [",".join([*map(str, row), str(label)]) for row, label in zip(values, labels)]
    (program.path.parent / "iris.csv").write_text("\n".join(lines) + "\n")
    runs = program.loops("range(400)", "range({})")
    X = (values - values.mean(0)) / values.std(0)
    states = [dict(zip(("W1", "b1", "W2", "b2"), map(np.array, names["params"]))) for names in runs]
    return follow(states, lambda p: xent(two(p, X, np.tanh), onehot(labels, 3), 1) / 30, descent(0.3))


@driver("csv_labels/heart_binary.py")
def _(program: Program) -> list[Comparison]:
    table = np.column_stack([rng(1).randint(0, 200, (25, 13)), rng(2).randint(0, 2, 25)])
    (program.path.parent / "data").mkdir(exist_ok=True)
    np.savetxt(program.path.parent / "data" / "heart.csv", table, delimiter=",", header="a,b", fmt="%d")
    names = program.run()
    X, Y = names["X"].copy(), table[:, -1:].T
    states = []
    for k in range(UPDATES + 1):
        np.random.seed(0)
        states.append(dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), map(np.array, names["train"](0.2, k)))))
    return follow(states, lambda p: bce(columns(p, X, relu, 3), Y) / 25, descent(0.2))


def pairs_of(sizes: Sequence[int], count: int) -> list[tuple[Array, Array]]:
    source = rng(5)
    return [(source.randn(sizes[0], 1), source.rand(sizes[-1], 1)) for _ in range(count)]


def pair_columns(p: Params, x: Array, layers: int) -> Array:
    a = x
    for k in range(layers):
        z = p[f"W{k}"] @ a + p[f"b{k}"]
        a = sig(z)
    return z


def lists_of(net: Any) -> Params:
    return numbered(net.weights, "W") | numbered(net.biases, "b")


@driver("sizes_pairs/network_sgd.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(0)
    net = names["Network"]([3, 5, 4, 2])
    pairs = pairs_of([3, 2], 4 * UPDATES)
    batches = [pairs[4 * k : 4 * k + 4] for k in range(UPDATES)]
    states = steps(
        lambda: lists_of(net), lambda k: net.SGD([(x.copy(), y.copy()) for x, y in batches[k]], 1, 4, 0.7)
    )

    def cost(batch: list[tuple[Array, Array]], p: Params) -> Any:
        return sum(0.5 * np.sum((sig(pair_columns(p, x, 3)) - y) ** 2) for x, y in batch) / 4

    return follow(states, each(cost, batches), descent(0.7))


@driver("sizes_pairs/cross_entropy_pairs.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="random.seed(0)\nnp.random.seed(0)")
    np.random.seed(0)
    net = names["Net"]([3, 5, 4, 2])
    pairs = pairs_of([3, 2], 4 * UPDATES)
    batches = [pairs[4 * k : 4 * k + 4] for k in range(UPDATES)]
    states = steps(lambda: lists_of(net), lambda k: net.train_batch(batches[k], 0.8))
    costs = each(lambda batch, p: sum(bce(pair_columns(p, x, 3), y) for x, y in batch) / 4, batches)
    return follow(states, costs, descent(0.8))


@driver("sizes_pairs/online_tanh.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net = names["OnlineNetwork"]((4, 6, 5, 2))
    pairs = [(x[:, 0], y[:, 0]) for x, y in pairs_of([4, 2], UPDATES)]

    def cost(p: Params, x: Array, y: Array) -> float:
        for k in range(3):
            x = np.tanh(p[f"W{k}"] @ x + p[f"b{k}"])
        return 0.5 * np.sum((x - y) ** 2)

    states = steps(lambda: lists_of(net), lambda k: net.learn(pairs[k][0].copy(), pairs[k][1].copy(), 0.1))
    return follow(states, each(lambda pair, p: cost(p, *pair), pairs), descent(0.1))


@driver("eleven_lines/xor_lines.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(10000)", "range({})")
    X, y = np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]]), np.array([[0, 0, 1, 1]]).T
    states = [keys(names, ["W0", "W1"]) for names in runs]
    return follow(states, lambda p: 0.5 * np.sum((sig(sig(X @ p["W0"]) @ p["W1"]) - y) ** 2), descent(1))


@driver("eleven_lines/relu_fit_random.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(500)", "range({})")
    X, y = runs[0]["data"], runs[0]["goal"]
    states = [keys(names, ["A", "B"]) for names in runs]
    return follow(states, lambda p: np.sum((relu(X @ p["A"]) @ p["B"] - y) ** 2), descent(1e-4))


@driver("eleven_lines/sine_three_layers.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("trange(2000)", "trange({})", until="plt.figure")
    x = np.linspace(-2, 3, 50)[:, None]
    states = [keys(names, ["w1", "b1", "w2", "b2", "w3", "b3"]) for names in runs]

    def cost(p: Params) -> float:
        h = np.tanh(x @ p["w1"] + p["b1"])
        return np.mean((np.tanh(h @ p["w2"] + p["b2"]) @ p["w3"] + p["b3"] - np.sin(x)) ** 2)

    return follow(states, cost, descent(0.05))


def dense_params(layers: Sequence[Any], kernel: str, bias: str) -> Params:
    dense = [layer for layer in layers if hasattr(layer, kernel)]
    return numbered([getattr(layer, kernel) for layer in dense], "W") | numbered(
        [getattr(layer, bias) for layer in dense], "b"
    )


def rows(p: Params, X: Array, act: Callable[[Array], Array], layers: int) -> Array:
    """Rows through W0, b0 ..; returns the last pre-activation."""
    a = X
    for k in range(layers):
        z = a @ p[f"W{k}"] + p[f"b{k}"]
        a = act(z)
    return z


@driver("layer_objects/dense_list.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("epochs = 500", "epochs = {}")
    X, Y = runs[0]["X"], runs[0]["Y"]
    states = [dense_params(names["network"], "W", "b") for names in runs]
    return follow(states, lambda p: np.mean((sig(rows(p, X, np.tanh, 3)) - Y) ** 2), descent(0.5))


@driver("layer_objects/neuron_layers.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(3)
    net = names["NeuralNetwork"]()
    for n_in, n_out, act in ((3, 6, "relu"), (6, 5, "sigmoid"), (5, 2, "sigmoid")):
        net.add_layer(names["Layer"](n_in, n_out, act))
    X, Y = rng(1).randn(9, 3), rng(2).rand(9, 2)

    def cost(p: Params) -> float:
        h = sig(relu(X @ p["W0"] + p["b0"]) @ p["W1"] + p["b1"])
        return 0.5 * np.sum((sig(h @ p["W2"] + p["b2"]) - Y) ** 2)

    states = steps(lambda: dense_params(net._layers, "weights", "bias"), lambda _: net.train(X, Y, 0.2, 1))
    return follow(states, cost, descent(0.2))


@driver("layer_objects/tiny_framework/train.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(("iters = 400", "iters = 0"))
    net, X, T = names["model"], rng(1).randn(10, 5), onehot(rng(2).randint(0, 3, 10), 3)
    states = steps(lambda: dense_params(net.layers, "W", "b"), lambda _: net.train_step(X, T, 0.1))
    return follow(states, lambda p: xent(rows(p, X, relu, 3), T, 1) / 10, descent(0.1))


@driver("logits_softmax/from_logits.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(2)
    Dense, ReLU = names["Dense"], names["ReLU"]
    net = [Dense(6, 8), ReLU(), Dense(8, 7), ReLU(), Dense(7, 4)]
    X, y = rng(1).randn(10, 6), rng(2).randint(0, 4, 10)
    states = steps(lambda: dense_params(net, "weights", "biases"), lambda _: names["train"](net, X, y))
    return follow(states, lambda p: xent(rows(p, X, relu, 3), onehot(y, 4), 1) / 10, descent(0.1))


@driver("logits_softmax/log_softmax_script.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(301)", "range({})")
    X, Y = runs[0]["points"], runs[0]["onehot"]
    order = "Wh bh Wo bo"
    states = [keys(names, order.split()) for names in runs]

    def elu(z: Array) -> Array:
        return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))

    return follow(states, lambda p: xent(two(p, X, elu, order), Y, 1) / 90, descent(0.2))


@driver("logits_softmax/sigmoid_logits.py")
def _(program: Program) -> list[Comparison]:
    net = program.run()["LogitNet"](4, 6, 3)
    X, Y = rng(1).randn(11, 4), rng(2).randint(0, 2, (11, 3))
    order = "W_in b_in W_out b_out"
    states = steps(lambda: attributes(net, *order.split()), lambda _: net.fit(X, Y, n_iter=1))
    return follow(states, lambda p: bce(two(p, X, lambda z: np.logaddexp(0, z), order), Y) / 11, descent(0.3))


@driver("flat_vector/nn_cost_function.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    theta, X, y = rng(1).randn(5 * 4 + 3 * 6), rng(2).randn(8, 3), rng(3).randint(0, 3, 8)

    def cost(p: Params) -> float:
        first, second = p["theta"][:20].reshape(5, 4), p["theta"][20:].reshape(3, 6)
        z = sig(X @ first[:, 1:].T + first[:, 0]) @ second[:, 1:].T + second[:, 0]
        return bce(z, onehot(y, 3)) / 8 + 0.9 / 16 * (np.sum(first[:, 1:] ** 2) + np.sum(second[:, 1:] ** 2))

    compared = []
    for _ in range(2):
        _, grad = names["nnCostFunction"](theta, 3, 5, 3, X, y, 0.9)
        compared += gradients_of(cost, {"theta": rng(1).randn(38)}, {"theta": grad})
    return compared


@driver("flat_vector/unroll_minimise.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="theta0 =")
    theta, X, t = rng(1).randn(21), rng(2).randn(9, 3), rng(3).randn(9)

    def cost(p: Params) -> float:
        w1, b1, w2, b2 = np.split(p["theta"], [12, 16, 20])
        return 0.5 * np.mean((np.tanh(X @ w1.reshape(4, 3).T + b1) @ w2 + b2 - t) ** 2)

    compared = []
    for _ in range(2):
        _, grad = names["objective"](theta, X, t)
        compared += gradients_of(cost, {"theta": rng(1).randn(21)}, {"theta": grad})
    return compared


@driver("flat_vector/theta_class.py")
def _(program: Program) -> list[Comparison]:
    net = program.run()["FlatMLP"]((2, 5, 4, 3))
    X, Y = rng(1).randn(10, 2), onehot(rng(2).randint(0, 3, 10), 3)

    def cost(p: Params) -> float:
        w1, b1, w2, b2, w3, b3 = np.split(p["theta"], [10, 15, 35, 39, 51])
        h = relu(relu(X @ w1.reshape(2, 5) + b1) @ w2.reshape(5, 4) + b2)
        return xent(h @ w3.reshape(4, 3) + b3, Y, 1) / 10

    return follow(steps(lambda: attributes(net, "theta"), lambda _: net.fit(X, Y, 0.5, 1)), cost, descent(0.5))


SCALARS = [f"w{k}" for k in range(1, 7)] + ["b1", "b2", "b3"]


def six(p: Params, x1: Array, x2: Array, act: Callable[[Array], Array]) -> Array:
    h1 = act(p["w1"] * x1 + p["w2"] * x2 + p["b1"])
    h2 = act(p["w3"] * x1 + p["w4"] * x2 + p["b2"])
    return p["w5"] * h1 + p["w6"] * h2 + p["b3"]


@driver("scalars/two_inputs_six_weights.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="network.train(data")
    net, data, y = names["network"], rng(1).randn(UPDATES, 2), np.array([1, 0, 1])
    states = steps(lambda: attributes(net, *SCALARS), lambda k: net.train(data[k : k + 1], y[k : k + 1], 1))
    costs = each(lambda k, p: (sig(six(p, data[k, 0], data[k, 1], sig)) - y[k]) ** 2, range(UPDATES))
    return follow(states, costs, descent(0.1))


@driver("scalars/worked_example.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(100)", "range({})", until='print("outputs')
    names = [f"w{k}" for k in range(1, 9)] + ["b1", "b2"]

    def cost(p: Params) -> Any:
        h1, h2 = sig(p["w1"] * 0.1 + p["w2"] * 0.6 + p["b1"]), sig(p["w3"] * 0.1 + p["w4"] * 0.6 + p["b1"])
        o1, o2 = sig(p["w5"] * h1 + p["w6"] * h2 + p["b2"]), sig(p["w7"] * h1 + p["w8"] * h2 + p["b2"])
        return 0.5 * (o1 - 0.05) ** 2 + 0.5 * (o2 - 0.9) ** 2

    return follow([keys(run, names) for run in runs], cost, descent(0.5))


@driver("scalars/xor_scalar_batch.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, x1, x2, y = names["ScalarNet"](), rng(1).randn(7), rng(2).randn(7), rng(3).randn(7)
    states = steps(lambda: attributes(net, *SCALARS), lambda _: names["train"](net, x1, x2, y, 0.3, 1))
    return follow(states, lambda p: 0.5 * np.mean((six(p, x1, x2, np.tanh) - y) ** 2), descent(0.3))


@driver("pure_lists/seeds_no_numpy.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="seed(1)\ndataset")
    random.seed(3)
    net = names["initialize_network"](2, 3, 2)
    data = [[0.4, -1.1, 1], [1.5, 0.3, 0], [-0.7, 0.8, 1]]

    def cost(p: Params, row: list[float]) -> float:
        h = sig(p["L0"] @ np.array([*row[:2], 1]))
        return 0.5 * np.sum((sig(p["L1"] @ np.append(h, 1)) - np.eye(2)[int(row[2])]) ** 2)

    states = steps(
        lambda: numbered([[n["weights"] for n in layer] for layer in net], "L"),
        lambda k: names["train_network"](net, [data[k]], 0.5, 1, 2),
    )
    return follow(states, each(lambda row, p: cost(p, row), data), descent(0.5))


@driver("pure_lists/matrix_lists.py")
def _(program: Program) -> list[Comparison]:
    net = program.run()["ListNetwork"](3, 4, 2)
    X, T = rng(1).randn(6, 3), rng(2).rand(6, 2)
    states = steps(lambda: attributes(net, "W1", "W2"), lambda _: net.train(X.tolist(), T.tolist(), 0.1, 1))
    return follow(states, lambda p: 0.5 * np.sum((np.tanh(np.tanh(X @ p["W1"]) @ p["W2"]) - T) ** 2), descent(0.1))


@driver("pure_lists/perceptron_house.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(200)", "range({})")
    X, y = np.array(runs[0]["houses"]), np.array(runs[0]["prices"])
    states = [keys(names, ["hidden", "hidden_bias", "out", "out_bias"]) for names in runs]

    def cost(p: Params) -> float:
        return np.mean((relu(X @ p["hidden"].T + p["hidden_bias"]) @ p["out"] + p["out_bias"] - y) ** 2)

    return follow(states, cost, descent(0.05))


@driver("float32/mnist_like_float32.py")
def _(program: Program) -> list[Comparison]:
    net = program.run()["Float32Net"](6, 8, 3)
    X, Y = rng(1).rand(12, 6), onehot(rng(2).randint(0, 3, 12), 3)
    states = steps(
        lambda: attributes(net, "W1", "b1", "W2", "b2"), lambda _: net.fit(X, Y, lr=0.5, epochs=1, batch_size=12)
    )
    return follow(states, lambda p: xent(two(p, X, relu), Y, 1) / 12, descent(0.5))


@driver("float32/curve_script.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(1000)", "range({})", until="plt.plot(x, y)")
    x = np.linspace(-1, 1, 32)[:, None]
    states = [keys(names, ["W1", "b1", "W2", "b2"]) for names in runs]
    return follow(states, lambda p: 0.5 * np.mean((two(p, x, sig) - (x**2 - 0.3 * x)) ** 2), descent(0.1))


@driver("l2/regularised_columns.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, Y = rng(1).randn(3, 12), rng(2).randint(0, 2, (1, 12))

    def cost(p: Params) -> float:
        return bce(columns(p, X, relu, 3), Y) / 12 + 0.7 / 24 * sum(np.sum(p[f"W{k}"] ** 2) for k in (1, 2, 3))

    states = [keys(names["model"](X, Y, num_iterations=k)) for k in range(UPDATES + 1)]
    return follow(states, cost, descent(0.3))


@driver("l2/moons_weight_decay.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="model = build_model(3")
    X, y = names["X"].copy(), np.repeat([0, 1], 50)
    source = rng(0)
    first = source.randn(2, 3) / np.sqrt(2)
    start = {"W1": first, "b1": np.zeros((1, 3)), "W2": source.randn(3, 2) / np.sqrt(3), "b2": np.zeros((1, 2))}
    states = [start] + [keys(names["build_model"](3, k)) for k in range(1, UPDATES + 1)]

    def cost(p: Params) -> float:
        decay = 0.5 / 2 * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
        return xent(two(p, X, np.tanh), onehot(y, 2), 1) + decay

    return follow(states, cost, descent(0.01))


def momentum(rate: float, beta: float, share: float) -> Rule:
    def rule(gradients: Sequence[Params]) -> Params:
        velocity = {name: np.zeros_like(g) for name, g in gradients[0].items()}
        for step in gradients:
            velocity = {name: beta * velocity[name] + share * step[name] for name in step}
        return {name: -rate * v for name, v in velocity.items()}

    return rule


@driver("momentum/velocity_dict.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, T = rng(1).randn(10, 3), rng(2).randn(10, 2)
    states = [keys(names["train"](X, T, steps=k)[0]) for k in range(UPDATES + 1)]
    return follow(states, lambda p: 0.5 * np.sum((two(p, X, sig) - T) ** 2) / 10, momentum(0.1, 0.9, 1))


@driver("momentum/nesterov_like_script.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(300)", "range({})", until='print("loss"')
    X, y = runs[0]["X"], runs[0]["y"]
    states = [keys(names, ["W1", "b1", "W2", "b2"]) for names in runs]
    return follow(states, lambda p: bce(two(p, X, np.tanh), y) / 80, momentum(0.8, 0.9, 0.1))


def adam(rate: float, beta1: float, beta2: float, epsilon: float = 1e-8) -> Rule:
    def rule(gradients: Sequence[Params]) -> Params:
        update = {}
        t = len(gradients)
        for name in gradients[0]:
            m = sum((1 - beta1) * beta1 ** (t - 1 - k) * g[name] for k, g in enumerate(gradients))
            v = sum((1 - beta2) * beta2 ** (t - 1 - k) * g[name] ** 2 for k, g in enumerate(gradients))
            update[name] = -rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        return update

    return rule


@driver("adam/adam_class.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, optimiser = names["Model"](3, 5), names["AdamOptim"]()
    X, Y = rng(1).randn(9, 3), rng(2).randn(9, 1)
    states = steps(lambda: keys(net.params), lambda _: names["fit"](net, X, Y, 1, optimiser))
    return follow(states, lambda p: np.mean((two(p, X, np.tanh) - Y) ** 2), adam(0.01, 0.9, 0.999))


@driver("adam/adam_inline_script.py")
def _(program: Program) -> list[Comparison]:
    runs = [program.run(("range(1, 201)", f"range(1, {k + 1})")) for k in range(UPDATES + 1)]
    X, Y = runs[0]["X"], runs[0]["Y"]
    states = [dict(zip(("W1", "b1", "W2", "b2"), map(np.array, names["params"]))) for names in runs]
    return follow(
        states, lambda p: xent(columns(p, X, lambda z: np.maximum(z, z / 100), 2), Y, 0) / 48, adam(0.02, 0.9, 0.99)
    )


@driver("dropout/inverted_dropout_columns.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="np.random.seed(3)\ntrain_X")
    X, Y = rng(8).randn(2, 20), rng(2).randint(0, 2, (1, 20))
    states = [keys(names["model"](X, Y, num_iterations=k)) for k in range(UPDATES + 1)]
    source = rng(1)
    for shape in ((9, 2), (5, 9), (1, 5)):
        source.randn(*shape)
    masks = [[(source.rand(n, 20) < 0.8) / 0.8 for n in (9, 5)] for _ in range(UPDATES)]

    def cost(p: Params, first: Array, second: Array) -> float:
        a = relu(p["W1"] @ X + p["b1"]) * first
        a = relu(p["W2"] @ a + p["b2"]) * second
        return bce(p["W3"] @ a + p["b3"], Y) / 20

    return follow(states, each(lambda pair, p: cost(p, *pair), masks), descent(0.3))


@driver("dropout/dropout_class_rows.py")
def _(program: Program) -> list[Comparison]:
    net = program.run()["DropoutNet"](3, 8, 2)
    X, Y = rng(1).randn(10, 3), rng(2).randn(10, 2)
    source = rng(0)
    source.randn(3, 8), source.randn(8, 2)
    masks = [(source.rand(10, 8) < 0.75) / 0.75 for _ in range(UPDATES)]
    states = steps(lambda: attributes(net, "W1", "b1", "W2", "b2"), lambda _: net.fit(X, Y, 0.1, 1))

    def cost(p: Params, mask: Array) -> float:
        return 0.5 * np.sum(((np.tanh(X @ p["W1"] + p["b1"]) * mask) @ p["W2"] + p["b2"] - Y) ** 2) / 10

    return follow(states, each(lambda mask, p: cost(p, mask), masks), descent(0.1))


@driver("layer_pairs/affine_relu_softmax.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    x, w, b = rng(1).randn(5, 2, 3), rng(2).randn(6, 4), rng(3).randn(4)
    up, scores, y = rng(4).randn(5, 4), rng(5).randn(7, 4), rng(6).randint(0, 4, 7)

    def affine(p: Params) -> Array:
        return p["x"].reshape(5, 6) @ p["w"] + p["b"]

    compared = []
    for _ in range(2):
        _, cache = names["affine_forward"](x, w, b)
        grads = dict(zip("xwb", names["affine_backward"](up.copy(), cache)))
        compared += gradients_of(lambda p: np.sum(up * affine(p)), {"x": x, "w": w, "b": b}, grads)
        _, cache = names["relu_forward"](scores)
        relu_grad = names["relu_backward"](scores[::-1].copy(), cache)
        compared += gradients_of(lambda p: np.sum(scores[::-1] * relu(p["x"])), {"x": scores}, {"x": relu_grad})
        _, cache = names["affine_relu_forward"](x, w, b)
        grads = dict(zip("xwb", names["affine_relu_backward"](up.copy(), cache)))
        compared += gradients_of(lambda p: np.sum(up * relu(affine(p))), {"x": x, "w": w, "b": b}, grads)
        _, dx = names["softmax_loss"](scores, y)
        compared += gradients_of(lambda p: xent(p["x"], onehot(y, 4), 1) / 7, {"x": scores}, {"x": dx})
    return compared


@driver("layer_pairs/layer_dense_dvalues.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(1)
    x, up = rng(1).randn(6, 4), rng(2).randn(6, 5)
    wide = rng(3).randn(6, 5)
    dense = names["Layer_Dense"](4, 5)
    compared = []
    for _ in range(2):
        dense.forward(x)
        dense.backward(up.copy())
        compared += gradients_of(
            lambda p: np.sum(up * (p["x"] @ p["w"] + p["b"])),
            {"x": x, "w": dense.weights, "b": dense.biases},
            {"x": dense.dinputs, "w": dense.dweights, "b": dense.dbiases},
        )
        for name, function in (
            ("Activation_ReLU", relu),
            ("Activation_Sigmoid", sig),
            ("Activation_Softmax", lambda z: np.exp(log_softmax(z, 1))),
        ):
            layer = names[name]()
            layer.forward(wide)
            layer.backward(up.copy())
            compared += gradients_of(through(function, up), {"x": wide}, {"x": layer.dinputs})
    return compared


@driver("layer_pairs/linear_layernorm.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    x, up, wide = rng(1).randn(6, 4), rng(2).randn(6, 5), rng(3).randn(6, 5)
    linear = names["Linear"](4, 5)
    compared = []

    def standardise(z: Array) -> Array:
        centred = z - z.mean(1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)

    for _ in range(2):
        linear.forward(x)
        grad_x = linear.backward(up.copy())
        compared += gradients_of(
            lambda p: np.sum(up * (p["x"] @ p["w"].T + p["b"])),
            {"x": x, "w": linear.W, "b": linear.b},
            {"x": grad_x, "w": linear.grad_W, "b": linear.grad_b},
        )
        for name, function in (("Tanh", np.tanh), ("Standardise", standardise)):
            layer = names[name]()
            layer.forward(wide)
            grad = layer.backward(up.copy())
            compared += gradients_of(through(function, up), {"x": wide}, {"x": grad})
    return compared


@driver("notebook/circles_from_scratch.ipynb")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(1000)", "range({})", until="losses[-1]")
    X, y = runs[0]["X"], runs[0]["y"]
    states = [keys(names, ["W1", "b1", "W2", "b2"]) for names in runs]
    return follow(states, lambda p: bce(two(p, X, np.tanh), y) / 120, descent(0.5))


@driver("notebook/class_minibatch.ipynb")
def _(program: Program) -> list[Comparison]:
    program.tables["points.csv"] = np.column_stack([rng(1).randn(40, 2), rng(2).randint(0, 3, 40)])
    names = program.run(until="net = MLP(")
    net, X, Y = names["MLP"]([2, 8, 6, 3]), rng(8).randn(10, 2), onehot(rng(4).randint(0, 3, 10), 3)

    def update(_: int) -> None:
        net.forward(X)
        net.step(*net.backward(Y), lr=0.1)

    states = steps(lambda: numbered(net.Ws, "W") | numbered(net.bs, "b"), update)
    return follow(states, lambda p: xent(rows(p, X, relu, 3), Y, 1) / 10, descent(0.1))


# all cases -----------------------------------------------------------------------------------------------------------


@dataclass
class Finding:
    """What the referee says of one case."""

    verdict: str
    worst: float
    detail: str
    updates: list[Array] = field(default_factory=list)


def examine(case: Case) -> Finding:
    """Drive one case in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        program = Program(write_case(case, Path(folder).resolve()))
        try:
            with np.errstate(all="ignore"):
                comparisons = DRIVERS[case.main](program)
        except DriverError:
            raise
        except Exception as error:
            return Finding("wrong", np.inf, f"raises {type(error).__name__}: {error}"[:100])
    worst = max(comparisons, key=lambda c: c.error)
    limit = RIGHT_BELOW_FLOAT32 if case.style == "float32" else RIGHT_BELOW
    verdict = "right" if worst.error < limit else "wrong" if worst.error > WRONG_ABOVE else "unclear"
    departing = [c.name for c in comparisons if not c.error < limit]
    detail = f"{len(departing)} of {len(comparisons)} depart: {', '.join(departing[:3])}"
    return Finding(verdict, worst.error, detail, [np.asarray(c.actual) for c in comparisons])


def same_updates(one: Finding, other: Finding) -> bool:
    """Whether two programs did the same, to rounding, or raised the same exception."""
    if not one.updates or not other.updates:
        return one.detail == other.detail and bool(one.updates) == bool(other.updates)
    return len(one.updates) == len(other.updates) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-12, equal_nan=True)
        for a, b in zip(one.updates, other.updates)
    )


def main(chosen: Iterable[Case]) -> int:
    """Examine the cases whose id contains the first argument; returns whether any is not what it should be."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    faults, counts = [], {"right": 0, "single": 0, "pair": 0}
    findings: dict[tuple[str, str, str], Finding] = {}
    for case in chosen:
        if wanted not in case.id:
            continue
        finding = examine(case)
        expected = "wrong" if case.edits else "right"
        counts[("right", "single", "pair")[len(case.edits)]] += 1
        print(f"{finding.verdict:7} {finding.worst:9.2e} {case.expected:11} {case.id}  {finding.detail}")
        if finding.verdict != expected:
            faults.append(case.id)
        if len(case.edits) == 1:
            edit = case.edits[0]
            findings[edit.file, edit.old, edit.new] = finding
        for edit in case.edits if len(case.edits) == 2 else ():
            alone = findings.get((edit.file, edit.old, edit.new))
            if alone is None or same_updates(alone, finding):
                faults.append(f"{case.id}: does not differ from {edit.kind} alone, or that is not a case")
    print(counts, "faults:", faults or "none")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(cases()))
