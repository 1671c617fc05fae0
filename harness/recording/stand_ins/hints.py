"""What a file's text says about the data that it wants."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..counts import size_numbers
from ..graph import Array
from ..literals import defaults_of, last_name, nodes_of, texts_of
from .class_names import class_names

ROWS = 60
MAX_ROWS = 12_000
MANY_IMAGES, SHRUNK_ROWS = 2_000, 60
MNIST_ROWS, MNIST_TESTS = 60_000, 10_000
FEWEST_TESTS = 20
MAX_PIXELS = 1_200_000  # of all images of a file together
FEATURES, CLASSES = 4, 3
MANY = 1_000  # from here on a number is taken for a number of observations
FEWEST = 4  # observations
TARGETS = re.compile(r"label|class|target|species|y$|type|outcome|survived|diagnosis|quality")  # columns of a table
IMAGE_WORDS = re.compile(r"mnist|fashion|digit|\b784\b|28\s*\*\s*28|28\s*,\s*28", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Hints:
    """Sizes for made-up data."""

    rows: int = ROWS  # observations
    tests: int = ROWS // 3  # observations of a part for tests
    features: int = FEATURES  # inputs of one observation
    classes: int = CLASSES  # number of classes
    images: bool = False  # whether the data are images of 28 x 28 pixels
    # lists of texts in the file that may be names of columns, longest first
    column_names: tuple[tuple[str, ...], ...] = ()
    strings: frozenset[str] = frozenset()  # all short texts in the file
    class_names: tuple[str, ...] = ()  # texts that the file has numbers for, and looks up what it reads among
    one_hot: bool = False  # whether labels in files of their own are one-hot
    as_columns: bool = False  # whether each observation, and its one-hot label, is a column in files of arrays
    whole: bool = False  # whether text files hold whole numbers only
    nameless: bool = False  # whether text files begin with numbers although a line is skipped somewhere
    fractions: bool = False  # whether pixels are numbers from 0 to 1, not bytes
    single: frozenset[str] = frozenset()  # names of text files with one number a line
    keys: tuple[str, ...] = ()  # columns that the rows of a csv.DictReader are asked for
    columns: int = 0  # the fewest that the rows of a csv.reader have, as far as the file shows; 0 if it does not
    text: str = ""  # of the file


def read_hints(
    text: str,
    *,
    rows: int | None = None,
    features: int | None = None,
    one_hot: bool = False,
    as_columns: bool = False,
    sizes: Mapping[int, int] | None = None,
    classes: int | None = None,
    whole: bool = False,
    nameless: bool = False,
    single: Collection[str] = (),
    fractions: bool = False,
) -> Hints:
    """The sizes that the text of a file suggests.

    Args:
        text: of the file and of those that it imports.
        rows, features, one_hot, as_columns, classes, whole, nameless, single, fractions: see ``Hints``; known better,
            from a failure.
        sizes: numbers of observations in the text that stand for smaller ones.
    """
    sizes = sizes or {}
    nodes = nodes_of(text)
    integers = {n.value for n in nodes if isinstance(n, ast.Constant) and type(n.value) is int}
    images = bool(IMAGE_WORDS.search(text))
    lists = [n.elts for n in nodes if isinstance(n, (ast.List, ast.Tuple)) and len(n.elts) > 1]
    columns = [tuple(texts) for items in lists if len(texts := texts_of(items)) == len(items)]
    names = () if images else class_names(nodes)
    classes = (
        classes or len(names) or (10 if images else next((k for k in _class_counts(nodes) if 2 <= k <= 20), CLASSES))
    )
    batch = max([_batch(nodes), *(int(m) for m in BATCH_TEXT.findall(text) if int(m) <= 1_000)])
    wanted = batch * 4 - batch // 2
    bounds = [sizes.get(bound, bound) for bound in _lower_bounds(nodes)]
    low = max((bound for bound in bounds if bound <= MAX_ROWS - 200), default=0)
    inputs = 784 if images else FEATURES
    if 3072 in integers and not images:
        inputs = 3072
    if inputs > FEATURES:  # two batches, a smaller one among them
        wanted = min(batch * 2 - batch // 2, MAX_PIXELS // inputs)
    count = max(ROWS, min(wanted, 2_000)) + low
    return Hints(
        rows=rows or count,
        tests=sizes.get(MNIST_TESTS, max((rows or count) // 3, FEWEST_TESTS)),
        features=features or inputs,
        classes=classes,
        images=images and features in (None, 784),
        column_names=tuple(sorted(set(columns), key=lambda names: (-len(names), names))),
        strings=frozenset(one for one in texts_of(nodes) if len(one) < 60),
        class_names=names,
        one_hot=one_hot or as_columns,
        as_columns=as_columns,
        whole=whole,
        nameless=nameless,
        single=frozenset(single),
        fractions=fractions,
        keys=tuple(dict.fromkeys(_keys(nodes))) if "DictReader" in text else (),
        columns=_columns(nodes) if "reader" in text else 0,
        text=text,
    )


def _keys(nodes: list[ast.AST]) -> list[str]:
    """The texts in ``row["age"]``."""
    asked = [node for node in nodes if isinstance(node, ast.Subscript)]
    return texts_of(node.slice for node in sorted(asked, key=lambda node: (node.lineno, node.col_offset)))


def _columns(nodes: list[ast.AST]) -> int:
    """How many columns the places need that a file reads in rows of a ``csv.reader``: 6 of ``row[5]``."""
    named = [node for node in nodes if isinstance(node, ast.Assign) and _reads_rows(node.value, set())]
    readers = {target.id for node in named for target in node.targets if isinstance(target, ast.Name)}
    loops = [node for node in nodes if isinstance(node, (ast.For, ast.comprehension))]
    rows = {loop.target.id for loop in loops if isinstance(loop.target, ast.Name) and _reads_rows(loop.iter, readers)}
    needed = [0]
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in rows:
            is_slice = isinstance(node.slice, ast.Slice)
            place = node.slice.upper if isinstance(node.slice, ast.Slice) else node.slice
            if isinstance(place, ast.Constant) and type(place.value) is int:
                needed.append(place.value + (not is_slice))
    return max(needed)


def _reads_rows(node: ast.expr, readers: set[str]) -> bool:
    """Whether an expression is a ``csv.reader``, one of the names of one, or a list of its rows."""
    while isinstance(node, ast.Subscript) or (isinstance(node, ast.Call) and last_name(node.func) == "list"):
        inner = node.value if isinstance(node, ast.Subscript) else next(iter(node.args), None)
        if inner is None:
            return False
        node = inner
    if isinstance(node, ast.Name):
        return node.id in readers
    return isinstance(node, ast.Call) and last_name(node.func) == "reader"


def counts_of_images(text: str) -> tuple[int | None, list[list[int]]]:
    """(made-up images, [number, smaller number] of numbers that count images) if a text says how many MNIST has."""
    if not IMAGE_WORDS.search(text) or MNIST_ROWS not in size_numbers(text):
        return None, shrunk_bounds(text)
    rows = min(read_hints(text).rows, SHRUNK_ROWS * 10)
    return rows, scaled_counts(text, rows)


def shrunk_bounds(text: str) -> list[list[int]]:
    """[number, smaller number] for the bounds of slices through thousands of images, which would take long."""
    if not (IMAGE_WORDS.search(text) or re.search(r"\b3072\b|cifar", text, re.IGNORECASE)):
        return []
    found = sorted({bound for bound in _lower_bounds(list(ast.walk(ast.parse(text)))) if bound > MANY_IMAGES})
    return [[bound, max(bound * SHRUNK_ROWS // found[-1], 2)] for bound in found]


def scaled_counts(text: str, largest: int) -> list[list[int]]:
    """[number, smaller number] for the whole numbers of thousands in a text, which may count observations.

    Args:
        largest: what the largest of them becomes; the others become smaller in proportion.
    """
    numbers = sorted(number for number in size_numbers(text) if number >= MANY)
    return [[number, max(number * largest // numbers[-1], FEWEST)] for number in numbers]


def scaled_sizes(text: str, largest: int) -> list[list[int]]:
    """[number, smaller number] for the larger numbers that a text calls a size of layers, sequences or batches.

    Args:
        largest: what the largest of them becomes; the others become smaller in proportion.
    """
    nodes = list(ast.walk(ast.parse(text)))
    named = [*_set_numbers(nodes), *_default_numbers(nodes)]
    numbers = sorted({number for name, number in named if SIZE_NAME.search(name) and FEW < number < MANY})
    return [[number, max(number * largest // numbers[-1], FEWEST)] for number in numbers]


def scaled_rounds(text: str, rounds: Iterable[int], wanted: int) -> list[list[int]]:
    """[number, smaller number] for the sizes in a text that loops count to, which may go through observations.

    Args:
        text: of the file.
        rounds: how often loops go round, those first that are tried first.
        wanted: what such a number becomes.
    """
    known = size_numbers(text)
    return [[number, wanted] for number in dict.fromkeys(rounds) if FEW < number < MANY and number in known]


def scaled_grids(text: str, rounds: Iterable[int], wanted: int) -> list[list[int]]:
    """[number, smaller number] for the sides of grids of which a loop goes through all points, as to draw a boundary.

    Args:
        text: of the file.
        rounds: how often loops go round.
        wanted: what such a side becomes.
    """
    sides = {number * number: number for number in size_numbers(text) if FEW < number < MANY}
    return [[sides[number], wanted] for number in dict.fromkeys(rounds) if number in sides]


SIZE_NAME = re.compile(r"hidden|units|neuron|seq|steps|window|embed|filters|batch|(^|_)bs$", re.IGNORECASE)
FEW = 24  # units, steps or observations that never make a run too long


def _set_numbers(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    """(name, whole number) of assignments and of arguments by name."""
    for node in nodes:
        if not isinstance(node, (ast.Assign, ast.keyword)):
            continue
        names = [node.arg or ""] if isinstance(node, ast.keyword) else [ast.unparse(one) for one in node.targets]
        if isinstance(node.value, ast.Constant) and type(node.value.value) is int:
            yield from ((name, node.value.value) for name in names)


def _default_numbers(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    """(name, whole number) of arguments with a default."""
    for node in nodes:
        if isinstance(node, ast.arguments):
            for argument, value in defaults_of(node):
                if isinstance(value, ast.Constant) and type(value.value) is int:
                    yield argument.arg, value.value


def _class_counts(nodes: list[ast.AST]) -> Iterator[int]:
    """Whole numbers that names call a number of classes or outputs."""
    pattern = re.compile(r"class|output|n_y|num_labels|out_dim|n_out", re.IGNORECASE)
    return (number for name, number in _set_numbers(nodes) if pattern.search(name))


def input_counts(text: str) -> set[int]:
    """The whole numbers that a text assigns, or has as a default, under the name of a number of inputs."""
    nodes = nodes_of(text)
    return {number for name, number in [*_set_numbers(nodes), *_default_numbers(nodes)] if INPUT_COUNT.search(name)}


INPUT_COUNT = re.compile(r"input|feature|in_dim|dim_in|in_size|n_x$|(^|[_.])n_?in$", re.IGNORECASE)


def batch_size(text: str) -> int:
    """The batch size that a text assigns or has as a default, 16 without one."""
    return _batch(nodes_of(text))


def _batch(nodes: list[ast.AST]) -> int:
    """The largest batch size in the file, 16 without one."""
    named = [*_set_numbers(nodes), *_default_numbers(nodes)]
    return min(max([16, *(number for name, number in named if "batch" in name.lower())]), 1_000)


BATCH_TEXT = re.compile(r"batch[^\n]{0,80}?(?<![\w.])(\d{2,4})(?![\w.])", re.IGNORECASE)


def _lower_bounds(nodes: list[ast.AST]) -> Iterator[int]:
    """Constants that slices start at: rows before them go elsewhere."""
    for node in nodes:
        if isinstance(node, ast.Slice) and isinstance(node.lower, ast.Constant) and type(node.lower.value) is int:
            yield node.lower.value


# Made-up data. Each kind of array has a generator of its own, so that asking twice gives the same.


def rng_of(name: str) -> np.random.Generator:
    """A generator that depends on a name only."""
    return _REAL_GENERATOR(_REAL_PCG64(sum(name.encode()) % 1_000 + 1))


_REAL_GENERATOR, _REAL_PCG64 = np.random.Generator, np.random.PCG64
_ARANGE = np.arange


def labels(rows: int, classes: int, name: str = "labels") -> Array:
    """Integers 0..classes-1, all of them present and about equally often."""
    return rng_of(name).permutation(_ARANGE(rows) % classes)


def images(rows: int, shape: tuple[int, ...], name: str = "images") -> Array:
    """Bytes, a third of them zero as in pictures of digits."""
    rng = rng_of(name)
    pixels = rng.integers(0, 256, (rows, *shape))
    return (pixels * (rng.random((rows, *shape)) > 0.33)).astype("u1")


def inputs(rows: int, features: int, name: str = "inputs") -> Array:
    """Normal numbers, rounded to 3 digits as in text files."""
    return rng_of(name).normal(size=(rows, features)).round(3)
