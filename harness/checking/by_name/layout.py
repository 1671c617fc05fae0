"""How somebody's file lays out its weights, observations and results, and the way from there to ours and back.

Ours: the weights of a layer are (inputs + 1, units) with the bias as row 0, observations are rows. A ``Layout`` is
found by trying (check.py) or given as words, see ``parse``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ...comparison.trace import Quantity
from ...errors import BadInput, shown
from ...models.network import Array, Weights
from .backprop import ACTIVATE
from .foreign import Parameter
from .worker import Tree

PACKINGS = {
    "bias-first": "one matrix a layer, the bias as its first row",
    "bias-last": "one matrix a layer, the bias as its last row",
    "flat": "[kernel, bias, kernel, bias, ...]",
    "lists": "(list of kernels, list of biases)",
    "pairs": "[(kernel, bias), ...]",
    "dict": "a dictionary of kernels and biases",
    "no-bias": "one kernel a layer, no biases",
}
KERNELS = {"inputs-units": "kernels (inputs, units)", "units-inputs": "kernels (units, inputs)"}
BIASES = {"bias-vector": "biases (units,)", "bias-row": "biases (1, units)", "bias-column": "biases (units, 1)"}
OBSERVATIONS = {
    "rows": "observations are rows",
    "columns": "observations are columns",
    "single": "one observation a call, a vector",
    "single-column": "one observation a call, a column",
}
NUMBERS = {"arrays": "NumPy arrays", "plain": "lists of Python numbers"}
WORDS = (PACKINGS, KERNELS, BIASES, OBSERVATIONS, NUMBERS)
ONE_OBSERVATION = ("single", "single-column")
MATRICES = ("bias-first", "bias-last", "no-bias")  # one array a layer


@dataclass(frozen=True)
class Layout:
    """weights: from PACKINGS; kernel, bias, observations, numbers: from the tables of that name.

    keys: what the kernels and biases are called in a dictionary, before the layer's number.
    """

    weights: str = "bias-first"
    kernel: str = "inputs-units"
    bias: str = ""
    observations: str = "rows"
    numbers: str = "arrays"
    keys: tuple[str, str] = ("W", "b")

    @property
    def words(self) -> list[str]:
        """As ``parse`` takes them."""
        return [word for word in (self.weights, self.kernel, self.bias, self.observations, self.numbers) if word]

    def __str__(self) -> str:
        if self.kernel == "units-inputs" and self.weights in ("bias-first", "bias-last"):
            side = "first" if self.weights == "bias-first" else "last"
            weights = f"one matrix (units, inputs + 1) a layer, the bias as its {side} column"
        elif self.weights in ("bias-first", "bias-last"):
            weights = PACKINGS[self.weights]
        elif self.weights == "dict":
            weights = f"a dictionary {{{self.keys[0]}1, {self.keys[1]}1, ...}}, {KERNELS[self.kernel]}"
        else:
            weights = f"{PACKINGS[self.weights]}, {KERNELS[self.kernel]}"
        biases = f", {BIASES[self.bias]}" if self.bias else ""
        plain = ", lists of Python numbers" if self.numbers == "plain" else ""
        return f"weights as {weights}{biases}; {OBSERVATIONS[self.observations]}{plain}"


def parse(text: str) -> list[str]:
    """ "flat units-inputs columns" to its words.

    Raises:
        BadInput: a word that is none.
    """
    words = re.split(r"[\s,]+", text.strip())
    known = [word for table in WORDS for word in table]
    for word in words:
        if word not in known:
            raise BadInput(f"command line: --layout: unknown {shown(word)}; known are {', '.join(known)}")
    return words


def keys_in(source: str) -> list[tuple[str, str]]:
    """What kernels and biases seem to be called in dictionaries: from string literals such as "W1" and 'b' + str(l)."""
    literals = set(re.findall(r"""[\[({,]\s*f?["']([A-Za-z_]+?)\d*(?:\{\w[^}]*\})?["']""", source))
    biases = [name for name in sorted(literals) if re.fullmatch(r"[bB](ias(es)?)?_?", name)]
    kernels = [name for name in sorted(literals) if re.fullmatch(r"([wWkK]|[tT]heta|[wW]eights?|[kK]ernels?)_?", name)]
    return [(k, b) for k in kernels for b in biases] or [("W", "b")]


def candidates(words: Sequence[str], source: str) -> Iterator[Layout]:
    """Every layout that goes with the given words, the usual ones first."""
    allowed = [[word for word in table if word in words] or list(table) for table in WORDS]
    packings, kernels, biases, observations, numbers = allowed
    for n, o, w, k in product(numbers, observations, packings, kernels):
        if w in MATRICES:
            yield Layout(w, k, "", o, n)
            continue
        for b, keys in product(biases, keys_in(source) if w == "dict" else [("W", "b")]):
            yield Layout(w, k, b, o, n, keys)


# Ours to theirs


def pack_bias(layout: Layout, bias: Array) -> Array:
    """(units,) to the file's shape"""
    return {"bias-vector": bias, "bias-row": bias[None, :], "bias-column": bias[:, None]}[layout.bias]


def pack_weights(layout: Layout, weights: Weights) -> Tree:
    """Ours to the file's."""
    turn = (lambda m: np.ascontiguousarray(m.T)) if layout.kernel == "units-inputs" else np.array
    if layout.weights == "bias-first":
        return [turn(w) for w in weights]
    if layout.weights == "bias-last":
        return [turn(np.concatenate([w[1:], w[:1]])) for w in weights]
    if layout.weights == "no-bias":
        return [turn(w[1:]) for w in weights]
    kernels, biases = [turn(w[1:]) for w in weights], [pack_bias(layout, w[0].copy()) for w in weights]
    if layout.weights == "flat":
        return [part for pair in zip(kernels, biases) for part in pair]
    if layout.weights == "lists":
        return (kernels, biases)
    if layout.weights == "pairs":
        return list(zip(kernels, biases))
    kernel_key, bias_key = layout.keys
    return {f"{kernel_key}{i}": k for i, k in enumerate(kernels, 1)} | {
        f"{bias_key}{i}": b for i, b in enumerate(biases, 1)
    }


def pack_rows(layout: Layout, values: Array) -> Array:
    """(observations, features) to the file's."""
    if layout.observations in ONE_OBSERVATION:
        return values[0].copy() if layout.observations == "single" else values[:1].T.copy()
    return values.copy() if layout.observations == "rows" else np.ascontiguousarray(values.T)


MOST_EXTRA = 2  # other things, such as a cost, beside weights in one tuple

# Theirs to ours: a result is a tree, and a reading says which of its arrays is what

Path = tuple[Any, ...]


def leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Array]]:
    """Every array of a tree with its path, in order."""
    if isinstance(tree, np.ndarray):
        yield path, tree
    elif isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            yield from leaves(item, (*path, i))
    elif isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaves(item, (*path, key))


def follow(tree: Tree, path: Path) -> Tree:
    """What is at that path; IndexError, KeyError or TypeError where there is nothing."""
    for key in path:
        tree = tree[key]
    return tree


def unpack_rows(layout: Layout, values: Array) -> Array:
    """The file's to (observations, features); a vector is one observation, or many with one feature."""
    values = np.asarray(values)
    if layout.observations in ONE_OBSERVATION:
        return values.reshape(1, -1)
    if values.ndim == 1:
        values = values[:, None] if layout.observations == "rows" else values[None, :]
    return values if layout.observations == "rows" or values.ndim != 2 else values.T


class Parts(NamedTuple):
    """Where the weights of one layer are: one matrix, or a kernel and a bias (None: there is none)."""

    kernel: Path
    bias: Path | None
    matrix: bool = False


Reading = list[Parts]


def layer_number(key: Any) -> int | None:
    """12 of "dW12" """
    match = re.search(r"(\d+)$", str(key))
    return int(match[1]) if match else None


def readings(layout: Layout, tree: Tree, depth: int, path: Path = ()) -> Iterator[Reading]:
    """Every way to see weights of so many layers in a tree, the file's own packing of weights first."""
    layers = range(depth)
    size = len(tree) if isinstance(tree, (list, tuple)) or (isinstance(tree, np.ndarray) and tree.ndim) else 0
    if isinstance(tree, dict):
        numbered = {key: layer_number(key) for key in tree}
        order = sorted({number for number in numbered.values() if number is not None})
        biases = {n: key for key, n in numbered.items() if re.match(r"d?_?[bB](?!ack)|.*bias", str(key))}
        kernels = {
            n: key
            for key, n in numbered.items()
            if n is not None and key not in biases.values() and not re.match(r"(?i)(d_?)?[az]|delta|err", str(key))
        }
        order = [n for n in order if n in kernels]
        if len(order) == depth and all(n in biases for n in order):
            yield [Parts((*path, kernels[n]), (*path, biases[n])) for n in order]
        elif len(order) == depth:
            yield [Parts((*path, kernels[n]), None, layout.weights != "no-bias") for n in order]
    elif size:
        own = "matrices" if layout.weights in MATRICES else layout.weights
        for start in range(min(size, MOST_EXTRA + 1)):  # other things may stand before or after them
            ways: dict[str, Reading] = {}
            left = size - start
            if depth <= left <= depth + MOST_EXTRA:
                matrix = layout.weights in ("bias-first", "bias-last")
                ways["matrices"] = [Parts((*path, start + i), None, matrix) for i in layers]
                ways["pairs"] = [Parts((*path, start + i, 0), (*path, start + i, 1)) for i in layers]
            if 2 * depth <= left <= 2 * depth + MOST_EXTRA:
                ways["flat"] = [Parts((*path, start + 2 * i), (*path, start + 2 * i + 1)) for i in layers]
                ways["split"] = [Parts((*path, start + i), (*path, start + depth + i)) for i in layers]
            if 2 <= left <= 2 + MOST_EXTRA:
                ways["lists"] = [Parts((*path, start, i), (*path, start + 1, i)) for i in layers]
            yield from (ways[way] for way in sorted(ways, key=lambda way: way != own))
    if isinstance(tree, (list, tuple, dict)) and len(path) < 2:
        parts = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, item in parts:
            yield from readings(layout, item, depth, (*path, key))


def read_layer(layout: Layout, tree: Tree, parts: Parts, shape: tuple[int, int]) -> Array:
    """The weights of one layer as ours, even in another shape; ValueError where they cannot be put together."""
    kernel = np.asarray(follow(tree, parts.kernel))
    if kernel.dtype.kind not in "fiub" or kernel.ndim != 2:
        raise ValueError("not a matrix")
    if layout.kernel == "units-inputs":
        kernel = kernel.T
    if parts.matrix:
        if layout.weights == "bias-first":
            return kernel
        return np.roll(kernel, 1, axis=1 if kernel.shape == shape[::-1] != shape else 0)
    if parts.bias is None:
        return np.concatenate([np.zeros((1, kernel.shape[1])), kernel])
    bias = np.asarray(follow(tree, parts.bias))
    if bias.dtype.kind not in "fiub":
        raise ValueError("not numbers")
    if bias.size == 1:
        bias = np.broadcast_to(bias.ravel(), kernel.shape[1])
    if bias.size == kernel.shape[0] != kernel.shape[1]:  # the kernel lies the other way round; so be it
        return np.concatenate([bias.reshape(-1, 1), kernel], axis=1)
    return np.concatenate([bias.reshape(1, kernel.shape[1]), kernel])


def read_weights(layout: Layout, tree: Tree, reading: Reading, shapes: Sequence[tuple[int, int]]) -> Weights | None:
    """The weights of all layers as ours, even in other shapes; None where the tree has nothing there."""
    try:
        return [read_layer(layout, tree, parts, shape) for parts, shape in zip(reading, shapes)]
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def resemblance(found: Weights, shapes: Sequence[tuple[int, int]], observations: int) -> int:
    """How much the arrays look like weights of these shapes, for arrays that do not have them."""
    score = 0
    for w, shape in zip(found, shapes):
        if w.shape == shape:
            score += 4
        elif w.shape in shapes or w.shape[::-1] in shapes:
            score += 3
        else:
            score += sum(a == b for a, b in zip(w.shape, shape)) - 2 * (observations in w.shape)
    return score


def find_weights(
    layout: Layout, tree: Tree, shapes: Sequence[tuple[int, int]], observations: int
) -> tuple[Reading, bool] | None:
    """The reading whose arrays have the shapes; else the one whose arrays resemble them most.

    Returns:
        The reading, and whether the shapes are those wanted.
    """
    loose: list[tuple[int, int, Reading]] = []
    for number, reading in enumerate(readings(layout, tree, len(shapes))):
        found = read_weights(layout, tree, reading, shapes)
        if found is None:
            continue
        whole = layout.weights == "no-bias" or all(parts.matrix or parts.bias is not None for parts in reading)
        if whole and all(w.shape == tuple(shape) for w, shape in zip(found, shapes)):
            return reading, True
        loose.append((-resemblance(found, shapes, observations), number, reading))
    return None if not loose else (min(loose)[2], False)


# What forward and backward give of each layer and observation

RowReading = dict[Quantity, Path]


def strip_ones(values: Array, units: int) -> Array:
    """[1, a] or [a, 1] to a"""
    if values.ndim == 2 and values.shape[1] == units + 1:
        if np.all(values[:, 0] == 1):
            return values[:, 1:]
        if np.all(values[:, -1] == 1):
            return values[:, :-1]
    return values


def layers_by_shape(
    layout: Layout, tree: Tree, units: Sequence[int], observations: int
) -> list[list[tuple[Path, Array]]]:
    """For each layer the arrays (observations, units of it), without repeats."""
    found: list[list[tuple[Path, Array]]] = [[] for _ in units]
    for path, leaf in leaves(tree):
        if leaf.ndim > 2 or leaf.dtype.kind not in "fiub" or not leaf.size:
            continue
        if layout.observations in ONE_OBSERVATION and max(leaf.shape, default=1) != leaf.size:
            continue
        rows = unpack_rows(layout, leaf)
        for layer, size in enumerate(units):
            values = strip_ones(rows, size)
            if values.shape == (observations, size):
                found[layer].append((path, values))
    return found


def is_activation_of(z: Array, a: Array) -> bool:
    """Whether some activation takes z to a"""
    if np.array_equal(z, a):
        return False
    with np.errstate(all="ignore"):
        return any(np.allclose(f(z.astype(np.float64)), a, rtol=1e-4, atol=1e-6) for f in ACTIVATE.values())


def named(path: Path, pattern: str) -> bool:
    return any(isinstance(key, str) and re.match(pattern, key) for key in path)


def number_in(path: Path) -> int | None:
    """The layer's number in a path such as ("cache", "Z2")"""
    return next((n for key in reversed(path) if isinstance(key, str) and (n := layer_number(key)) is not None), None)


def in_order(parts: Sequence[tuple[Path, Array]], depth: int) -> list[list[tuple[Path, Array]]]:
    """For each layer its arrays, where shapes do not tell: by the number in their names, else by their order."""
    numbers = [number_in(path) for path, _ in parts]
    if all(n is not None for n in numbers) and len(set(numbers)) >= depth:
        return [[part for part, n in zip(parts, numbers) if n == layer] for layer in range(1, depth + 1)]
    parts = list(parts)[len(parts) % depth :]
    if len(parts) == 2 * depth and not is_activation_of(parts[0][1], parts[1][1]):
        return [[parts[i], parts[depth + i]] for i in range(depth)]
    each = len(parts) // depth
    return [list(parts[i * each : (i + 1) * each]) for i in range(depth)]


def rows_by_layer(
    layout: Layout, tree: Tree, units: Sequence[int], observations: int, used: frozenset[Path] = frozenset()
) -> list[list[tuple[Path, Array]]]:
    """For each layer its arrays: by their shapes where these differ, else by name or order."""
    by_layer = layers_by_shape(layout, tree, units, observations)
    by_layer = [[part for part in parts if part[0] not in used] for parts in by_layer]
    if len(set(units)) == len(units) or len(by_layer[-1]) < 2:
        return by_layer if len(set(units)) == len(units) else [[]] * (len(units) - 1) + by_layer[-1:]
    return in_order(by_layer[-1], len(units)) if len(set(units)) == 1 else by_layer


def find_forward(layout: Layout, tree: Tree, units: Sequence[int], observations: int) -> RowReading:
    """Where z and a of the layers are. units: of layers 1..L; where they are all different, shapes tell the layer."""
    found: RowReading = {}
    by_layer = rows_by_layer(layout, tree, units, observations)
    z_first: bool | None = None
    for parts in by_layer:
        if z_first is None and len(parts) >= 2 and is_activation_of(parts[0][1], parts[1][1]):
            z_first = True
        elif z_first is None and len(parts) >= 2 and is_activation_of(parts[1][1], parts[0][1]):
            z_first = False
    for layer, parts in enumerate(by_layer, start=1):
        unique: list[tuple[Path, Array]] = []
        for path, values in parts:
            if len(parts) <= 2 or not any(np.array_equal(values, other) for _, other in unique):
                unique.append((path, values))
        if not unique:
            continue
        if len(unique) == 1:
            name = "z" if named(unique[0][0], r"(?i)z|pre|logit|net") else "a"
            found[Quantity(name, layer)] = unique[0][0]
            continue
        first, second = unique[0], unique[1]
        pairs = [(p, q) for p in unique for q in unique if p is not q and is_activation_of(p[1], q[1])]
        if pairs:
            first, second = pairs[0]
        elif z_first is False or named(second[0], r"(?i)z|pre"):
            first, second = second, first
        found[Quantity("z", layer)], found[Quantity("a", layer)] = first[0], second[0]
    return found


def find_deltas(layout: Layout, tree: Tree, units: Sequence[int], observations: int, taken: Reading) -> RowReading:
    """Where the deltas are: arrays of their shapes that are no part of the gradients."""
    used = {parts.kernel for parts in taken} | {parts.bias for parts in taken if parts.bias is not None}
    found: RowReading = {}
    for layer, parts in enumerate(rows_by_layer(layout, tree, units, observations, frozenset(used)), start=1):
        free = sorted((path for path, _ in parts), key=lambda path: not named(path, r"(?i)d_?z|delta|error"))
        plain = [path for path in free if not named(path, r"(?i)d_?a|^[az]|grad_?a")]
        if plain:
            found[Quantity("delta", layer)] = plain[0]
    return found


def read_rows(layout: Layout, tree: Tree, reading: RowReading, units: Sequence[int]) -> dict[Quantity, Array]:
    """The arrays of a reading as (observations, units), whatever their shapes."""
    found = {}
    for quantity, path in reading.items():
        try:
            values = unpack_rows(layout, follow(tree, path))
        except (IndexError, KeyError, TypeError):
            continue
        assert quantity.layer is not None
        found[quantity] = strip_ones(values, units[quantity.layer - 1])
    return found


# Which argument is what

ROLES = {
    "x": r"(?i)x(_?(train|data|in|batch))?s?|inputs?(_?(data|vector|array))?|data|features?|observations?|a_?0",
    "y": r"(?i)y(_?(train|true|data|batch))?s?|targets?(_vector)?|labels?|t|expected(_output)?|desired(_outputs?)?",
    "learning_rate": r"(?i)learning_?rate|lr|eta|alpha|rate|step_?size|learn_rate",
    "iterations": r"(?i)(n_?|num_?|max_?)?(iterations?|epochs?|iters?|steps?)|n",
    "a": r"(?i)a(_?l)?|outputs?|pred(iction)?s?|y_?(hat|pred)|activations?|yhat|out|p",
}
WANTED = {
    "forward": ("weights", "x"),
    "backward": ("weights", "x", "y"),
    "gradients": ("weights", "x", "y"),
    "step": ("weights", "x", "y", "learning_rate"),
    "train": ("weights", "x", "y", "learning_rate", "iterations"),
    "cost": ("a", "y"),
}


def roles(function: str, parameters: Sequence[Parameter]) -> list[str]:
    """The role of each argument to give: by the parameters' names where they say it, else in the documented order.

    "weights" more than once means that the weights come in so many arguments.
    """
    wanted = WANTED[function]
    if not parameters or any(p.many for p in parameters):
        return list(wanted)
    by_name: list[str | None] = []
    for p in parameters:
        role = next((r for r in wanted if r in ROLES and re.fullmatch(ROLES[r], p.name) and r not in by_name), None)
        if role is None and p.default:
            continue
        by_name.append(role)
    missing = [role for role in wanted if role != "weights" and role not in by_name]
    unknown = by_name.count(None)
    if "weights" in wanted and not missing and unknown:
        return [role or "weights" for role in by_name]
    if "weights" not in wanted and len(missing) == unknown:
        return [role or missing.pop(0) for role in by_name]
    return list(wanted)
