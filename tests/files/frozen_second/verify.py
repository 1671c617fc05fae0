"""The referee of the second frozen bench; its machinery is that of the first, its drivers and formulas are its own.

    python tests/files/frozen_second/verify.py              # right programs must be right, every plant wrong
    python tests/files/frozen_second/verify.py TEXT         # the cases whose id contains TEXT

For every program there is one driver. It runs the program for zero, one, two and three updates and says which cost
each update should have descended, as a function of the parameters, with formulas that are written here.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "frozen"))

from bench import FROZEN_SECOND, cases

# the first bench's referee: this file is `__main__` or loaded by its path, so the name is free
from verify import (
    UPDATES,
    Array,
    Comparison,
    Params,
    Program,
    Rule,
    attributes,
    bce,
    columns,
    descent,
    driver,
    each,
    follow,
    keys,
    main,
    module,
    numbered,
    onehot,
    relu,
    rng,
    sig,
    steps,
    two,
    xent,
)

# aids ----------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def pretended(**modules: object) -> Iterator[None]:
    """Modules that need not be installed; '__' in a name stands for a dot."""
    names = {name.replace("__", "."): made for name, made in modules.items()}
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(names)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                del sys.modules[name]
            else:
                sys.modules[name] = old


def package(name: str, **content: object) -> Any:
    """A module that counts as a package."""
    made = module(name, **content)
    made.__path__ = []
    return made


def leaky(z: Array, slope: float) -> Array:
    return np.where(z > 0, z, slope * z)


def heavy_ball(rate: float, inertia: float, names: Sequence[str] | None = None) -> Rule:
    """Steps that keep a part of the step before; only for the named parameters if there are names."""

    def rule(gradients: Sequence[Params]) -> Params:
        result = {}
        for name in gradients[-1]:
            kept = inertia if names is None or name in names else 0.0
            step = np.zeros_like(gradients[-1][name])
            for gradient in gradients:
                step = kept * step - rate * gradient[name]
            result[name] = step
        return result

    return rule


# drivers: one a program ----------------------------------------------------------------------------------------------


@driver("other_languages/netz_xor.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="epochen = 2000")
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    wanted = [f"{kind}_{layer}" for kind in ("gewichte", "schwelle") for layer in ("versteckt", "ausgabe")]

    def cost(k: int, p: Params) -> float:
        hidden = sig(X[k] @ p["gewichte_versteckt"] - p["schwelle_versteckt"])
        return float(0.5 * np.sum((sig(hidden @ p["gewichte_ausgabe"] - p["schwelle_ausgabe"]) - y[k]) ** 2))

    states = steps(lambda: keys(names, wanted), lambda k: names["rueckwaerts"](X[k + 1], y[[k + 1]]))
    return follow(states, each(cost, [1, 2, 3]), heavy_ball(0.3, 0.8, [n for n in wanted if "gewichte" in n]))


@driver("other_languages/red_neuronal.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(600)", "range({})", until="plt.plot(errores)")
    X, y = runs[0]["X"], runs[0]["Y"]
    states = [numbered(names["red"].pesos, "W") | numbered(names["red"].sesgos, "b") for names in runs]
    return follow(states, lambda p: np.mean((stacked(p, X, (np.tanh, np.tanh, sig)) - y) ** 2), descent(0.9))


ALIASES = {"W": "poids", "b": "biais"}


@driver("other_languages/reseau_profond.py")
def _(program: Program) -> list[Comparison]:
    X, y = rng(3).randn(20, 2), rng(4).randint(0, 2, 20)
    sklearn = {
        "sklearn": package("sklearn"),
        "sklearn__datasets": module("d", make_circles=lambda **_: (X.copy(), y.copy())),
        "sklearn__metrics": module("m", accuracy_score=lambda a, b: np.mean(a == b)),
    }
    with pretended(**sklearn):
        runs = program.loops("n_iter=2000)", "n_iter={})", until="fig, (gauche")
    states = [
        {f"{name}{k}": layer[long] for k, layer in enumerate(names["couches"], 1) for name, long in ALIASES.items()}
        for names in runs
    ]
    return follow(states, lambda p: bce(columns(p, X.T, sig, 3), y) / 20, descent(1.0))


@driver("other_languages/rede_preco.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = names["carregar"]()
    net = names["RedeNeural"](3, 8)
    wanted = ("pesos_oculta", "vies_oculta", "pesos_saida", "vies_saida")
    states = steps(lambda: attributes(net, *wanted), lambda _: net.treinar(X, y, epocas=1))
    return follow(
        states,
        lambda p: 0.5 * np.mean((two(p, X, lambda z: leaky(z, 0.1), " ".join(wanted)) - y) ** 2),
        descent(0.05),
    )


def with_one(X: Array) -> Array:
    return np.column_stack([X, np.ones(len(X))])


@driver("bias_in_matrix/ones_column.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(301)", "range({})")
    X, t = runs[0]["X"], runs[0]["T"]
    states = [keys(names, ["V", "W"]) for names in runs]
    return follow(states, lambda p: xent(with_one(np.tanh(with_one(X) @ p["V"])) @ p["W"], t, 1), descent(0.02))


@driver("bias_in_matrix/theta_first_column.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, Y = rng(1).randn(12, 3), rng(2).randint(0, 2, (12, 2))

    def cost(p: Params) -> float:
        a, decay = X, 0.0
        for k in range(3):
            z = p[f"p{k}"][:, 0] + a @ p[f"p{k}"][:, 1:].T
            a, decay = sig(z), decay + np.sum(p[f"p{k}"][:, 1:] ** 2)
        return (bce(z, Y) + 0.1 / 2 * decay) / 12

    states = [numbered(names["train"](X.copy(), Y.copy(), hidden=(5, 4), iterations=k)[0]) for k in range(UPDATES + 1)]
    return follow(states, cost, descent(1.0))


@driver("per_observation/augmented_outer.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="data = flowers()")
    net, X = names["Perceptron2"](4, 6, 3), rng(1).randn(3, 4)

    def cost(k: int, p: Params) -> float:
        h = sig(p["A"] @ np.append(X[k], 1))
        return xent(p["B"] @ np.append(h, 1), np.eye(3)[k], 0)

    states = steps(lambda: attributes(net, "A", "B"), lambda k: net.learn(X[k], k, 0.1))
    return follow(states, each(cost, [0, 1, 2]), descent(0.1))


@driver("per_observation/neuron_loops.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="for sweep in")
    wanted = ["w", "theta", "v", "phi"]
    pairs = names["patterns"][:UPDATES]

    def cost(pair: tuple[Array, Array], p: Params) -> float:
        h = np.tanh(p["w"] @ pair[0] + p["theta"])
        return float(0.5 * np.sum((np.tanh(p["v"] @ h + p["phi"]) - pair[1]) ** 2))

    states = steps(lambda: keys(names, wanted), lambda k: names["train_pattern"](*pairs[k], 0.1))
    return follow(states, each(cost, pairs), descent(0.1))


def stacked(p: Params, x: Array, acts: Sequence[Callable[[Array], Array]], w: str = "W", b: str = "b") -> Array:
    """Rows through W0, b0, W1, b1 ..."""
    for k, act in enumerate(acts):
        x = act(x @ p[f"{w}{k}"] + p[f"{b}{k}"])
    return x


def plain(z: Array) -> Array:
    return z


@driver("closures/pullbacks.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(400)", "range({})")
    x, y = runs[0]["x"], runs[0]["y"]

    def soft(z: Array) -> Array:
        return np.log(1 + np.exp(z))

    states = [
        {f"{n}{k}": np.array(layer[j]) for k, layer in enumerate(names["params"][::2]) for j, n in enumerate("Wb")}
        for names in runs
    ]
    return follow(states, lambda p: np.mean((stacked(p, x, (soft, soft, plain)) - y) ** 2), descent(0.05))


@driver("closures/make_network.py")
def _(program: Program) -> list[Comparison]:
    # the weights are cells of the closure
    names = program.run()
    X, y = rng(1).randn(3, 9), rng(2).randint(0, 2, (1, 9))
    _, train = names["make_network"](3, 5, seed=4)

    def cell(function: Any, name: str) -> Any:
        return function.__closure__[function.__code__.co_freevars.index(name)].cell_contents

    wanted = ["w_hidden", "b_hidden", "w_out", "b_out"]

    def cost(p: Params) -> float:
        return bce(p["w_out"] @ sig(p["w_hidden"] @ X + p["b_hidden"]) + p["b_out"], y) / 9

    states = steps(
        lambda: {name: np.array(cell(train, name)) for name in wanted},
        lambda _: train(X.copy(), y.copy(), rate=0.7, rounds=1),
    )
    return follow(states, cost, descent(0.7))


@driver("closures/activation_table.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(300)", "range({})")
    x, t = runs[0]["x"], runs[0]["t"]
    acts = (
        np.sin,
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: z * sig(z),
        plain,
    )

    def cost(p: Params) -> float:
        e = np.abs(stacked(p, x, acts) - t)
        return float(np.mean(np.where(e < 1, e**2 / 2, e - 0.5)))

    states = [
        numbered([layer["w"] for layer in names["net"].theta], "W")
        | numbered([layer["b"] for layer in names["net"].theta], "b")
        for names in runs
    ]
    return follow(states, cost, descent(0.05))


@driver("typed_dataclasses/layers.py")
def _(program: Program) -> list[Comparison]:
    # dataclasses look their module up
    with pretended(program=module("program")):
        names = program.run()
    X, Y = rng(1).randn(9, 3), rng(2).randn(9, 2)
    net = names["Regressor"](names["Settings"]()).build(3, 2)

    def cost(p: Params) -> float:
        decay = sum(np.sum(p[f"W{k}"] ** 2) for k in range(3))
        out = stacked({n: v.T if n[0] == "W" else v for n, v in p.items()}, X, (np.tanh, np.tanh, plain))
        return float(np.sum((out - Y) ** 2)) / 9 + 0.025 * decay

    states = steps(
        lambda: numbered([c.weights for c in net.layers], "W") | numbered([c.bias for c in net.layers], "b"),
        lambda _: net.step(X, Y),
    )
    return follow(states, cost, descent(0.1))


@driver("typed_dataclasses/modules.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(
        ("range(300)", "range(loops)"), ("    np.random.seed(17)\n", "    global model\n    np.random.seed(17)\n")
    )
    names_of = ["W0", "b0", "W1", "b1", "W2", "b2"]
    states = []
    for k in range(UPDATES + 1):
        names["loops"] = k
        names["main"]()
        states.append(dict(zip(names_of, [np.array(q.data) for q in names["model"].parameters()])))
    np.random.seed(17)
    X = np.random.uniform(-1, 1, (100, 2))
    t = X[:, :1] * X[:, 1:] > 0
    return follow(states, lambda p: bce(stacked(p, X, (relu, relu, plain)), t) / 100, heavy_ball(0.1, 0.9))


@driver("einsum/batch_einsum.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(200)", "range({})")
    X, t = runs[0]["x"], onehot(runs[0]["labels"], 3)
    names = "w1 c1 w2 c2"
    states = [keys(run, names.split()) for run in runs]
    return follow(states, lambda p: xent(two(p, X, relu, names), t, 1) / 32, descent(0.5))


@driver("einsum/tensor_heads.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(500)", "range({})")
    X, Y = runs[0]["X"], runs[0]["Y"]

    def cost(p: Params) -> float:
        outs = [np.tanh(X @ p["U"][g] + p["p"][g]) @ p["V"][g] + p["q"][g] for g in range(2)]
        return float(0.5 * np.sum((np.array(outs) - Y) ** 2)) / 40

    return follow([keys(run["params"]) for run in runs], cost, descent(0.3))


@driver("recursion/linked_layers.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(6)
    X, y = rng(1).randn(11, 3), rng(2).randint(0, 2, (11, 2))
    first = names["build"]([3, 7, 5, 2])
    layers = [first, first.next, first.next.next]
    states = steps(
        lambda: numbered([c.w for c in layers], "W") | numbered([c.b for c in layers], "b"),
        lambda _: first.learn(X, y, 0.8),
    )
    return follow(states, lambda p: 0.5 * np.sum((stacked(p, X, (np.tanh, np.tanh, sig)) - y) ** 2) / 11, descent(0.8))


@driver("comprehensions/zip_reversed.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(500)", "range({})")
    X, t = runs[0]["points"], runs[0]["targets"]
    states = [numbered(run["weights"], "W") | numbered(run["biases"], "b") for run in runs]
    return follow(states, lambda p: xent(stacked(p, X, (relu, relu, plain)), t, 1) / 80, descent(0.5))


@driver("comprehensions/layers_as_dicts.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = rng(1).randn(4, 10), rng(2).randint(0, 2, (1, 10))
    net = names["init_network"]([4, 6, 5, 1])
    states = steps(
        lambda: numbered([c["w"] for c in net], "w") | numbered([c["b"] for c in net], "b"),
        lambda _: names["train"](net, X, y, n_iter=1, print_every=0),
    )

    def cost(p: Params) -> float:
        h = np.tanh(p["w1"] @ np.tanh(p["w0"] @ X + p["b0"]) + p["b1"])
        return bce(p["w2"] @ h + p["b2"], y) / 10

    return follow(states, cost, descent(0.5))


@driver("optimisers/rmsprop_minibatch.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, X, y = names["MLP"](3, 8, 4), rng(1).randn(12, 3), rng(2).randint(0, 4, 12)

    def rule(gradients: Sequence[Params]) -> Params:
        result = {}
        for name, last in gradients[-1].items():
            mean = np.zeros_like(last)
            for gradient in gradients:
                mean = 0.9 * mean + 0.1 * gradient[name] ** 2
            result[name] = -0.01 * last / (np.sqrt(mean) + 1e-8)
        return result

    def cost(p: Params) -> float:
        return xent(two(p, X, lambda z: leaky(z, 0.1)), onehot(y, 4), 1) / 12

    return follow(steps(lambda: keys(net.params), lambda _: net.rmsprop(net.loss(X, y)[1])), cost, rule)


@driver("optimisers/nesterov.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(1, 601)", "range(1, {} + 1)")
    X, T = runs[0]["X"], runs[0]["T"]
    states = [numbered(run["net"].W, "W") | numbered(run["net"].b, "b") for run in runs]

    def cost(k: int, p: Params) -> float:
        # the velocity is the step before
        ahead = {n: p[n] + (0.9 * (states[k][n] - states[k - 1][n]) if k else 0) for n in p}
        return float(0.5 * np.sum((stacked(ahead, X, (np.tanh, plain)) - T) ** 2)) / 40

    return follow(states, each(cost, range(UPDATES)), heavy_ball(0.1, 0.9))


@driver("optimisers/adagrad_globals.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(600)", "range({})")
    book, place = runs[0]["book"], runs[0]["place"]
    eye = np.eye(len(place))

    def cost(n: int, p: Params) -> float:
        a, b, c = (eye[:, [place[letter]]] for letter in book[n : n + 3])
        return xent(p["Out"] @ np.tanh(p["Old"] @ a + p["New"] @ b + p["h_off"]) + p["o_off"], c, 0)

    def rule(gradients: Sequence[Params]) -> Params:
        return {
            name: -0.1 * last / np.sqrt(sum(g[name] ** 2 for g in gradients) + 1e-8)
            for name, last in gradients[-1].items()
        }

    states = [keys(run, ["Old", "New", "Out", "h_off", "o_off"]) for run in runs]
    return follow(states, each(cost, range(UPDATES)), rule)


@driver("optimisers/adam_schedule.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    config = names["config"] | {"every": 2}
    X, y = rng(1).randn(10, 6), rng(2).randn(10, 1)
    state = names["init"](config)

    def cost(p: Params) -> float:
        return float(np.mean((two(p, X, relu) - y) ** 2)) + 0.02 * sum(np.abs(p[n]).sum() for n in ("W1", "W2"))

    def rule(gradients: Sequence[Params]) -> Params:
        t = len(gradients)
        result = {}
        for name in gradients[-1]:
            m = sum(0.1 * 0.9 ** (t - 1 - k) * g[name] for k, g in enumerate(gradients)) / (1 - 0.9**t)
            v = sum(0.001 * 0.999 ** (t - 1 - k) * g[name] ** 2 for k, g in enumerate(gradients)) / (1 - 0.999**t)
            result[name] = -0.02 * 0.5 ** ((t - 1) // 2) * m / (np.sqrt(v) + 1e-8)
        return result

    states = steps(
        lambda: keys(state["p"]),
        lambda _: names["adam"](state, names["gradient"](state["p"], X, y, config["l1"]), config),
    )
    return follow(states, cost, rule)


@driver("conv/bars_loops.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="images = [")
    net, images = names["net"], [names["make_image"]() for _ in range(UPDATES)]
    names_of = ("filters", "fbias", "dense", "dbias")

    def cost(item: tuple[Array, int], p: Params) -> float:
        image, label = item
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        act = relu(np.tensordot(p["filters"], windows, ([1, 2], [2, 3])) + p["fbias"][:, None, None])
        flat = act.reshape(3, 3, 2, 3, 2).max(axis=(2, 4)).ravel()
        return xent(p["dense"] @ flat + p["dbias"], np.eye(2)[label], 0)

    def update(k: int) -> None:
        net.backward(net.forward(images[k][0]), images[k][1], 0.02)

    return follow(steps(lambda: attributes(net, *names_of), update), each(cost, images), descent(0.02))


@driver("conv/im2col_net.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = rng(3).randn(5, 1, 5, 5), rng(2).randint(0, 3, 5)
    net = names["SmallConvNet"](filters=(2, 3), reg=0.1, seed=3)

    def convolve(x: Array, w: Array, b: Array) -> Array:
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        return np.einsum("nchwij,fcij->nfhw", windows, w) + b[:, None, None]

    def cost(p: Params) -> float:
        deep = relu(convolve(relu(convolve(X, p["K1"], p["k1"])), p["K2"], p["k2"]))
        decay = sum(np.sum(p[name] ** 2) for name in ("K1", "K2", "out"))
        return xent(deep.mean(axis=(2, 3)) @ p["out"] + p["off"], onehot(y, 3), 1) / 5 + 0.05 * decay

    states = steps(lambda: keys(net.params), lambda _: names["train"](net, X, y, steps=1, lr=0.1))
    return follow(states, cost, descent(0.1))


@driver("rnn/adding_problem.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="for it in range")
    net, (xs, target) = names["net"], names["sequences"](7, 5)

    def cost(p: Params) -> float:
        h = np.zeros((7, 12))
        for x in xs:
            h = np.tanh(x @ p["Wx"] + h @ p["Wh"] + p["bh"])
        return float(np.mean((h @ p["Wy"] + p["by"] - target) ** 2))

    def update(_: int) -> None:
        net.bptt(2 * (net.forward(xs) - target) / len(target))
        net.sgd(0.05)

    return follow(steps(lambda: attributes(net, "Wx", "Wh", "bh", "Wy", "by"), update), cost, descent(0.05))


@driver("rnn/language_model.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="rate, before = ")
    net, eye = names["model"], np.eye(len(names["WORDS"]))
    # in the first a word occurs twice
    sentences = [[0, 1, 3, 6, 1, 4, 9], *names["corpus"][:2]]

    def cost(sentence: list[int], p: Params) -> float:
        s, total = np.zeros(10), 0.0
        for word, after in zip(sentence, sentence[1:]):
            s = np.tanh(p["read"] @ eye[word] + p["keep"] @ s)
            total += xent(p["say"] @ s, eye[after], 0)
        return total

    states = steps(
        lambda: attributes(net, "read", "keep", "say"),
        lambda k: net.improve(sentences[k][:-1], sentences[k][1:], 0.05),
    )
    return follow(states, each(cost, sentences), descent(0.05))


@driver("autoencoder/tied_weights.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    x = rng(1).rand(9, 8)
    net = names["TiedAutoencoder"](8, 3)
    states = steps(lambda: attributes(net, "M", "to_code", "to_visible"), lambda _: net.learn(x, 0.5))
    return follow(
        states, lambda p: bce(sig(x @ p["M"] + p["to_code"]) @ p["M"].T + p["to_visible"], x) / 9, descent(0.5)
    )


@driver("skip/residual_blocks.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, x, y = names["ResidualNet"](3), rng(1).randn(10, 3), rng(2).randn(10, 1)

    def state() -> Params:
        blocks = [numbered(block, f"block{k}_") for k, block in enumerate(net.blocks)]
        return attributes(net, "stem", "head", "offset") | blocks[0] | blocks[1]

    def cost(p: Params) -> float:
        h = x @ p["stem"]
        for k in range(2):
            h = h + relu(h @ p[f"block{k}_0"] + p[f"block{k}_1"]) @ p[f"block{k}_2"]
        return float(np.sum((h @ p["head"] + p["offset"] - y) ** 2)) / 20

    return follow(steps(state, lambda _: net.step(x, y, 0.1)), cost, descent(0.1))


@driver("skip/wide_and_deep.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(1, 501)", "range(1, {} + 1)")
    x, y = runs[0]["x"], runs[0]["clicked"]

    def cost(p: Params) -> float:
        deep = np.tanh(np.tanh(x @ p["w_a"] + p["b_a"]) @ p["w_b"] + p["b_b"])
        return bce(deep @ p["w_out"][:5] + x @ p["w_out"][5:] + p["b_out"], y) / 90

    states = [keys(run, ["w_a", "b_a", "w_b", "b_b", "w_out", "b_out"]) for run in runs]
    return follow(states, cost, descent(1.0))


@driver("norm/batchnorm_mlp.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, X, y = names["BNNet"](5, 6, 3), 2 * rng(1).randn(14, 5), rng(2).randint(0, 3, 14)

    def state() -> Params:
        return attributes(net, "W1", "W2", "b2") | attributes(net.bn, "gamma", "beta")

    def cost(p: Params) -> float:
        u = X @ p["W1"]
        u = (u - u.mean(0)) / np.sqrt(u.var(0) + 1e-5)
        return xent(relu(p["gamma"] * u + p["beta"]) @ p["W2"] + p["b2"], onehot(y, 3), 1) / 14

    return follow(steps(state, lambda _: net.train_step(X, y, 0.2)), cost, descent(0.2))


@driver("norm/layernorm_silu.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    x, t = rng(1).randn(11, 4), rng(2).randn(11, 1)

    def cost(p: Params) -> float:
        u = x @ p["wi"]
        u = (u - u.mean(1, keepdims=True)) / np.sqrt(u.var(1, keepdims=True) + 1e-5) * p["g"] + p["s"]
        return float(np.mean(np.log(np.cosh(u * sig(u) @ p["wo"] + p["bo"] - t))))

    states = [keys(names["fit"](x, t, h=6, steps=k, anneal=1.0)[0]) for k in range(UPDATES + 1)]
    return follow(states, cost, descent(0.3))


@driver("embedding/next_word.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(400)", "range({})")
    words = onehot(runs[0]["contexts"].ravel(), len(runs[0]["vocab"]))
    t = onehot(runs[0]["nexts"], len(runs[0]["vocab"]))

    def cost(p: Params) -> float:
        return xent(two(p, (words @ p["C"]).reshape(len(t), -1), np.tanh), t, 1) / len(t)

    return follow([keys(run, ["C", "W1", "b1", "W2", "b2"]) for run in runs], cost, descent(0.5))


@driver("autograd/tensor_tape.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(300)", "range({})")
    X, Y = runs[0]["X"], runs[0]["Y"]
    states = [{name: np.array(run[name].data) for name in ("W1", "b1", "W2", "b2")} for run in runs]
    return follow(states, lambda p: np.mean((np.tanh(two(p, X, np.tanh)) - Y) ** 2), descent(0.5))


@driver("missing_data/mnist_npz.py")
def _(program: Program) -> list[Comparison]:
    x = (rng(1).randint(0, 256, (20, 28, 28)) * (rng(2).rand(20, 28, 28) < 0.2)).astype(np.uint8)
    y = rng(3).randint(0, 10, 20).astype(np.uint8)
    np.savez(program.path.parent / "mnist.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    runs = program.loops("range(5)", "range({})")
    X = x.reshape(20, 784).T / 255

    def cost(p: Params) -> float:
        return xent(p["B"] @ relu(p["A"] @ X + p["a"]) + p["b"], onehot(y, 10).T, 0) / 20

    return follow([keys(run, ["A", "a", "B", "b"]) for run in runs], cost, descent(0.1))


@driver("missing_data/idx_dropout.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, x, y = names["Classifier"](6, 8, 4), rng(1).rand(9, 6), rng(2).randint(0, 4, 9)
    net.b1 += 0.3
    masks: list[Array] = []

    def update(_: int) -> None:
        net.forward(x, training=True)
        masks.append(net.mask.copy())
        net.step(net.backward(y), lr=0.2)

    def cost(mask: Array, p: Params) -> float:
        return xent((np.tanh(x @ p["W1"] + p["b1"]) * mask) @ p["W2"] + p["b2"], onehot(y, 4), 1) / 9

    states = steps(lambda: attributes(net, "W1", "b1", "W2", "b2"), update)
    return follow(states, each(cost, masks), descent(0.2))


@driver("missing_data/wine_quality.py")
def _(program: Program) -> list[Comparison]:
    table = np.column_stack([rng(1).rand(30, 11) * 9, rng(2).randint(3, 9, 30)])
    program.tables["winequality-red.csv"] = table
    runs = program.loops("0.05, 300, 0.01", "0.05, {}, 0.01", until="plt.plot(train_costs")
    z = (table - table.mean(0)) / (table.std(0) + 1e-8)
    X, y = z[:24, :-1], z[:24, -1:]

    def cost(p: Params) -> float:
        ridge = 0.01 * (np.sum(p["ih"] ** 2) + np.sum(p["ho"] ** 2))
        return float(np.mean((two(p, X, sig, "ih h ho o") - y) ** 2)) + ridge

    return follow([keys(run["weights"]) | keys(run["biases"]) for run in runs], cost, descent(0.05))


@driver("command_line/fit_curve.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    argv = ["--hidden", "6", "--iterations"]
    x = np.linspace(-1, 1, 60).reshape(-1, 1)
    y = np.sin(4 * x) * np.exp(-x)
    states = [dict(zip("wbvc", names["run"](names["parse_args"]([*argv, str(k)])).theta)) for k in range(UPDATES + 1)]
    return follow(states, lambda p: 0.5 * np.mean((two(p, x, np.tanh, "w b v c") - y) ** 2), heavy_ball(0.02, 0.9))


@driver("command_line/ask_user.py")
def _(program: Program) -> list[Comparison]:
    runs = []
    for k in range(UPDATES + 1):
        answers = iter(["5", str(k), "0.7", ""])
        with mock.patch("builtins.input", lambda _, answers=answers: next(answers)):
            runs.append(program.run())
    X, y = runs[0]["inputs"], runs[0]["outputs"]
    names = "synapse_0 bias_0 synapse_1 bias_1"
    states = [keys(run, names.split()) for run in runs]
    return follow(states, lambda p: 0.5 * np.sum((sig(two(p, X, sig, names)) - y) ** 2), descent(0.7))


@driver("packages/spiral_modules/train.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    np.random.seed(3)
    X, t = rng(1).randn(12, 2), onehot(rng(2).randint(0, 3, 12), 3)
    model, optimizer = names["build"](), names["RMSpropMomentum"]()
    dense = model.layers[::2][:3]

    def update(_: int) -> None:
        model.backward(model(X), t)
        optimizer.apply(model.trainable())

    def cost(p: Params) -> float:
        slope = partial(leaky, slope=0.05)
        return xent(stacked(p, X, (slope, slope, plain)), t, 1) / 12

    def rule(gradients: Sequence[Params]) -> Params:
        result = {}
        for name in gradients[-1]:
            square = step = np.zeros_like(gradients[-1][name])
            for g in gradients:
                square = 0.9 * square + 0.1 * g[name] ** 2
                step = 0.5 * step - 0.01 * g[name] / np.sqrt(square + 1e-7)
            result[name] = step
        return result

    states = steps(lambda: numbered([c.kernel for c in dense], "W") | numbered([c.bias for c in dense], "b"), update)
    return follow(states, cost, rule)


@driver("packages/flat_modules/train.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="for epoch in")
    net, X, y = names["net"], rng(1).randn(9, 2), rng(2).randint(0, 2, (9, 1))
    states = steps(
        lambda: numbered(net.matrices, "W") | numbered(net.offsets, "b"),
        lambda _: net.move(*net.slopes(X, y), rate=0.2),
    )
    return follow(states, lambda p: 0.5 * np.sum((stacked(p, X, (sig, sig, sig)) - y) ** 2), descent(0.2))


@driver("pure_python/neuron_objects.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="net.train(rows, targets)")
    net, X, T = names["net"], np.array(names["rows"]), np.array(names["targets"])
    chosen = [3, 5, 6]

    def state() -> Params:
        weights = [np.array([neuron.weights for neuron in layer]).T for layer in net.layers]
        biases = [np.array([neuron.bias for neuron in layer]) for layer in net.layers]
        return numbered(weights, "W") | numbered(biases, "b")

    def cost(k: int, p: Params) -> float:
        return float(0.5 * np.sum((stacked(p, X[k], (sig, sig)) - T[k]) ** 2))

    def update(number: int) -> None:
        k = chosen[number]
        net.train([X[k].tolist()], [T[k].tolist()], epochs=1)

    return follow(steps(state, update), each(cost, chosen), descent(0.5))


@driver("pure_python/vectors_as_lists.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="centers = [")
    X = rng(1).randn(3, 2)

    def cost(k: int, p: Params) -> float:
        return xent(p["W2"] @ np.tanh(p["W1"] @ X[k] + p["b1"]) + p["b2"], np.eye(3)[k], 0)

    states = steps(
        lambda: keys(names, ["W1", "b1", "W2", "b2"]), lambda k: names["train"]([X[k].tolist()], [k], epochs=1)
    )
    return follow(states, each(cost, range(3)), descent(0.1))


@driver("float32/scaled_f4.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net = names["Net32"](4, 7, 5, 1)
    x, t = rng(1).randn(10, 4).astype(np.float32), rng(2).randint(0, 2, (10, 1)).astype(np.float32)
    states = steps(lambda: numbered(net.Ws, "W") | numbered(net.bs, "b"), lambda _: net.sgd(x, t, 0.5))
    return follow(states, lambda p: bce(stacked(p, x, (np.tanh, np.tanh, plain)), t) / 10, descent(0.5))


@driver("forum/stuck_at_half.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(5000)", "range({})")
    X, Y = runs[0]["X"], runs[0]["Y"]

    def cost(p: Params) -> float:
        a = X
        for k in (1, 2, 3):
            a = sig(p[f"w{k}"] @ a + p[f"b{k}"])
        return float(0.5 * np.sum((a - Y) ** 2))

    return follow([keys(run, ["w1", "b1", "w2", "b2", "w3", "b3"]) for run in runs], cost, descent(0.5))


@driver("forum/one_sample_at_a_time.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="for epoch in")
    net, xs = names["net"], [np.array([v]) for v in (0.4, -1.3, 2.2)]

    def cost(x: Array, p: Params) -> float:
        turned = {n: v.T for n, v in p.items()}
        return float(0.5 * np.sum((stacked(turned, x, (np.tanh, np.tanh, plain)) - np.sin(x)) ** 2))

    def update(k: int) -> None:
        net.forward(xs[k])
        net.backward(np.sin(xs[k]), 0.02)

    states = steps(lambda: numbered(net.W, "W") | numbered(net.B, "b"), update)
    return follow(states, each(cost, xs), descent(0.02))


@driver("forum/gates_trainer.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="for name in wanted")
    brain, rows, wanted = names["Brain"](2, 4, 1), names["rows"], names["wanted"]["XOR"]

    def state() -> Params:
        return numbered([brain.first.m, brain.second.m], "W") | numbered([brain.first.t, brain.second.t], "b")

    def update(_: int) -> None:
        brain.think(rows)
        brain.correct(wanted, 0.1)

    return follow(
        steps(state, update),
        lambda p: 0.5 * np.sum((stacked(p, rows, (np.tanh, np.tanh)) - wanted) ** 2),
        descent(0.1),
    )


@driver("notebook/homework_two_layers.ipynb")
def _(program: Program) -> list[Comparison]:
    with pretended(tqdm__notebook=module("tqdm.notebook", tqdm=lambda it, **_: it)):
        runs = program.loops("tqdm(range(500))", "tqdm(range({}))", until="plt.plot(curve)")
    X, t = runs[0]["X_train"], onehot(runs[0]["y_train"], 3)

    def cost(p: Params) -> float:
        decay = 0.005 * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
        return xent(two(p, X, lambda z: leaky(z, 0.1)), t, 1) / len(X) + decay

    return follow([keys(run["model"]) for run in runs], cost, descent(0.5))


@driver("notebook/heart_from_scratch.ipynb")
def _(program: Program) -> list[Comparison]:
    table = np.column_stack([rng(1).randint(0, 200, (25, 13)), rng(2).randint(0, 2, 25)])
    program.tables["/kaggle/input/heart-disease-uci/heart.csv"] = table
    runs = program.loops("range(300)", "range({})")
    x, y = table[:, :13], table[:, 13:]
    x = (x - x.min(0)) / (x.max(0) - x.min(0) + 1e-9)
    names = "weight1 bias1 weight2 bias2"
    states = [keys(run["parameters"]) for run in runs]
    return follow(states, lambda p: bce(two(p, x, np.tanh, names), y) / 25, descent(0.3))


@driver("definitions_only/estimator.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = rng(1).randn(10, 4), rng(2).randint(0, 2, 10)
    wanted = ("coef_hidden_", "intercept_hidden_", "coef_out_", "intercept_out_")

    def fitted(k: int) -> Params:
        net = names["TwoClassNet"](6, penalty=0.02, n_epochs=k, shuffle=False, batch_size=10, random_state=3)
        return attributes(net.fit(X, y), *wanted)

    def cost(p: Params) -> float:
        decay = 0.02 * (np.sum(p["coef_hidden_"] ** 2) + np.sum(p["coef_out_"] ** 2))
        return bce(two(p, X, sig, " ".join(wanted)), y[:, None]) + decay

    return follow([fitted(k) for k in range(UPDATES + 1)], cost, descent(0.05))


@driver("definitions_only/hinge_functions.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    X, y = rng(1).randn(4, 12), rng(2).randint(0, 3, 12)
    box = {"p": names["init_params"](4, 6, 3)}

    def update(_: int) -> None:
        _, grads = names["svm_cost"](box["p"], X, y, C=0.7)
        box["p"] = names["sgd_update"](box["p"], grads, 0.1)

    def cost(p: Params) -> float:
        s = p["Ws"] @ np.tanh(p["Wh"] @ X + p["bh"]) + p["bs"]
        t = 2 * onehot(y, 3).T - 1
        return 0.7 * float(np.sum(np.maximum(0, 1 - t * s) ** 2)) / 12 + float(np.sum(p["Ws"] ** 2)) / 24

    return follow(steps(lambda: keys(box["p"]), update), cost, descent(0.1))


@driver("np_matrix/matlab_port.py")
def _(program: Program) -> list[Comparison]:
    runs = program.loops("range(1, 801)", "range(1, {} + 1)", until="print('Training accuracy")
    X, y = np.asarray(runs[0]["X"]), np.asarray(runs[0]["y"])

    def cost(p: Params) -> float:
        hidden = sig(p["Theta1"][:, 1:] @ X + p["Theta1"][:, :1])
        return bce(p["Theta2"][:, 1:] @ hidden + p["Theta2"][:, :1], y) / 40

    return follow([keys(run, ["Theta1", "Theta2"]) for run in runs], cost, descent(1.5))


@driver("missing_data/keras_mnist.py")
def _(program: Program) -> list[Comparison]:
    images, labels = rng(1).randint(0, 256, (UPDATES, 28, 28)), rng(2).randint(0, 10, UPDATES)
    mnist = module("mnist", load_data=lambda: ((images, labels), (images, labels)))
    keras = {
        "tensorflow": package("tensorflow"),
        "tensorflow__keras": package("keras"),
        "tensorflow__keras__datasets": module("datasets", mnist=mnist),
        "tensorflow__keras__utils": module("utils", to_categorical=onehot),
    }
    with pretended(**keras):
        names = program.run(until="net = new_network()")
    net, X = names["new_network"](), images.reshape(UPDATES, -1) / 255

    def cost(k: int, p: Params) -> float:
        return xent(p["M3"] @ sig(p["M2"] @ sig(p["M1"] @ X[k])), np.eye(10)[labels[k]], 0)

    states = steps(lambda: keys(net, ["M1", "M2", "M3"]), lambda k: names["learn"](net, X[k], np.eye(10)[labels[k]]))
    return follow(states, each(cost, range(UPDATES)), descent(0.1))


@driver("embedding/skipgram_negative.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net = names["SkipGram"]("a b c d e f a c e b d f")
    chosen = [(0, 1, [3, 4, 5]), (2, 0, [1, 3, 2]), (4, 4, [0, 2, 1])]

    def cost(item: tuple[int, int, list[int]], p: Params) -> float:
        center, context, noise = item
        scores = p["outer"][[context, *noise]] @ p["inner"][center]
        return bce(scores, np.array([1, 0, 0, 0]))

    states = steps(lambda: attributes(net, "inner", "outer"), lambda k: net.step(*chosen[k]))
    return follow(states, each(cost, chosen), descent(0.1))


@driver("other_languages/obuchenie.py")
def _(program: Program) -> list[Comparison]:
    names = program.run(until="epoha = 0")
    X, y = names["vhod"], names["otvet"]
    wanted = "vesa_1 smesh_1 vesa_2 smesh_2"
    states = steps(lambda: keys(names, wanted.split()), lambda _: names["shag"](0.5))
    return follow(states, lambda p: np.mean((np.tanh(two(p, X, np.tanh, wanted)) - y) ** 2), descent(0.5))


@driver("rnn/lstm_cell.py")
def _(program: Program) -> list[Comparison]:
    names = program.run()
    net, xs, targets = names["LSTM"](2, 4, 3), rng(1).randn(5, 6, 2), rng(2).randn(5, 6, 3)

    def cost(p: Params) -> float:
        h = cell = np.zeros((6, 4))
        total = 0.0
        for x, target in zip(xs, targets):
            gates = np.split(x @ p["W"][:2] + h @ p["W"][2:] + p["b"], 4, axis=1)
            cell = sig(gates[1]) * cell + sig(gates[0]) * np.tanh(gates[3])
            h = sig(gates[2]) * np.tanh(cell)
            total += np.sum((h @ p["V"] + p["c"] - target) ** 2)
        return float(total) / targets.size

    states = steps(lambda: attributes(net, "W", "b", "V", "c"), lambda _: net.train_step(xs, targets, 0.5))
    return follow(states, cost, descent(0.5))


if __name__ == "__main__":
    sys.exit(main(cases(FROZEN_SECOND)))
