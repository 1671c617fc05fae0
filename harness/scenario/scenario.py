"""What to run: data, network, initializers, training. Built-in scenarios, TOML files, settings in their place.

A TOML file has four parts, each key of which has a default but for ``[data]`` and ``hidden``:

    name = "mine"               # the name of the file
    [data]
    x = [[0.8, 0.4], [0.3, 0.3]]
    y = [[0.2, 0.4], [1.0, 0.0]]
    [network]
    hidden = [3, 3]             # units of the hidden layers; the data give the inputs and outputs
    activations = "sigmoid"     # one for all layers, or a list with one a layer
    cost = "sum_of_squared_errors"
    [training]
    initializers = ["ones", "glorot_uniform"]
    bias_initializer = "zeros"  # by default the constant that the kernel has too, else zeros
    learning_rate = 0.5
    iterations = 10000
    batch_size = 32             # observations in an iteration's batch; by default all of them
    shuffle = true              # another order of the observations in each epoch; false: as they are
    dtype = "float64"
    seed = 0
    record = "log"              # "all", "every 100", "log" (1, 2, 5, 10, 20, ...), "log 50" (50 more between them)

In place of x and y, ``[data]`` takes ``csv = "data.csv"`` with ``inputs`` and ``targets``, lists of names from its
header row, or ``npz = "data.npz"`` with the arrays x and y; both paths are relative to the TOML file.

y may be a flat list where there is one output. Under categorical_crossentropy one column of whole numbers is taken for
class labels and made one-hot, its outputs in the order of the labels. Where no activations are given, all layers are
sigmoid, but the output layer is softmax under categorical_crossentropy.

An iteration is one update. With batch_size an epoch of n observations has ceil(n / batch_size) of them, the last with
what is left, as in Keras' fit, whose default of shuffle = true is ours too. The order of an epoch comes from the seed,
and is the same for all that is trained (models/batches.py). A batch_size of all observations or more is the full batch.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BadInput, known_words, nearest, shown, shown_path
from ..models.batches import Batches
from ..models.network import ACTIVATION_NAMES, COST_NAMES, OUTPUT_ACTIVATION_OF_COST, Array, Network, Weights
from .data import (
    Data,
    cast,
    check_shapes,
    decoded,
    digits_data,
    post_data,
    read_bytes,
    read_data,
    targets_of_cost,
    xor_data,
)
from .given import MOST_WHOLE_NUMBER, Given, finite, must, one_of, texts, whole_number

MOST_WEIGHTS = 50_000_000
MOST_HIDDEN_LAYERS = 100
MOST_STARTS = 100
MOST_TOML = 2**22  # bytes: larger data belong in a CSV or NPZ file
MOST_RECORDED = 100_000  # iterations
COSTS = 200  # between the first and the last iteration of a sweep, spaced evenly in log
LONGEST_NAME = 60
# A key of so many parts, a.b.c: the time and memory that Python's own TOML reader takes for one grows with the square
# of their number, and 100 kB of them would fill any memory.
LONG_KEY = re.compile(r"""(?<![\w".-])(?:[\w"-]+[ \t]*\.[ \t]*){40}""", re.ASCII)
QUOTED = re.compile(r""""(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?""")

DTYPES = ("float64", "float32")
TABLES = {
    "data": ("x", "y", "csv", "inputs", "targets", "npz"),
    "network": ("hidden", "activations", "cost"),
    "training": (
        "initializers",
        "bias_initializer",
        "learning_rate",
        "iterations",
        "batch_size",
        "shuffle",
        "dtype",
        "seed",
        "record",
    ),
}
TABLE_OF = {key: table for table, keys in TABLES.items() for key in keys}
DEFAULTS: dict[str, object] = {
    "cost": "sum_of_squared_errors",
    "initializers": ["ones", "glorot_uniform"],
    "learning_rate": 0.5,
    "iterations": 10_000,
    "dtype": "float64",
    "seed": 0,
    "record": "log",
}
OVERRIDES = ("name", *TABLES["network"], *TABLES["training"])


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario:
    """All that a run depends on. ``load`` makes checked ones.

    Attributes:
        name: letters, digits, - _ . only, so that a folder can have it.
        network: sizes, activations, cost.
        x: (observations, inputs) in ``dtype``.
        y: (observations, outputs) in ``dtype``.
        initializers: the starts to train from, by Keras' names.
        bias_initializer: None is the kernel's own where that is a constant, else zeros.
        learning_rate: the factor of the gradient in one update.
        iterations: updates.
        dtype: "float64" or "float32".
        seed: of the draws, 0 or above.
        record: "all", "every K", "log" or "log N".
        batches: which observations each update is made with; None is all of them.
    """

    name: str
    network: Network
    x: Array
    y: Array
    initializers: tuple[str, ...]
    bias_initializer: str | None
    learning_rate: float
    iterations: int
    dtype: str
    seed: int
    record: str
    batches: Batches | None = None

    @property
    def recorded(self) -> tuple[int, ...]:
        """The iterations to record: rising, from 0 (the start) to ``iterations``."""
        return recorded_iterations(self.record, self.iterations)

    @property
    def batch_size(self) -> int:
        """How many observations an update is made with, at most."""
        return len(self.x) if self.batches is None else self.batches.size

    def batch(self, iteration: int) -> tuple[Array, Array]:
        """x (batch, inputs) and y (batch, outputs) of the update that follows so many iterations."""
        if self.batches is None:
            return self.x, self.y
        rows = self.batches.rows(len(self.x), iteration)
        return self.x[rows], self.y[rows]

    def start(self, initializer: str) -> Weights:
        """The weights to train from, of each layer (inputs + 1, units) in ``dtype``."""
        from ..models.initializers import draw, parse

        bias = None if self.bias_initializer is None else parse(self.bias_initializer)
        return draw(self.network, parse(initializer), bias, self.seed, self.dtype)


def parse_record(record: str) -> tuple[str, int]:
    """ "every 10" to ("every", 10); where there is no number it is 0.

    Raises:
        ValueError: no such plan.
    """
    match = re.fullmatch(r"(all|log)|(every|log) +([1-9][0-9]{0,9})", record)
    if match is None:
        raise ValueError("must be 'all', 'every K', 'log' or 'log N' with a whole number from 1 on")
    return (match[1], 0) if match[1] else (match[2], int(match[3]))


def most_recorded(record: str, iterations: int) -> int:
    """A bound for the number of iterations that ``recorded_iterations`` gives, found without making them."""
    plan, number = parse_record(record)
    points = {"all": iterations, "every": iterations // max(number, 1) + 1, "log": number + 3 * len(str(iterations))}
    return 1 + min(points[plan], iterations)


def recorded_iterations(record: str, iterations: int) -> tuple[int, ...]:
    """Rising iterations with 0 and ``iterations``: all, every K-th, or 1, 2, 5, 10, ... and N spaced evenly in log.

    Raises:
        ValueError: no such plan.
    """
    plan, number = parse_record(record)
    if plan == "all":
        return tuple(range(iterations + 1))
    if plan == "every":
        return tuple(sorted({*range(0, iterations + 1, number), iterations}))
    points = {digit * 10**power for power in range(len(str(iterations))) for digit in (1, 2, 5)}
    if iterations:
        points |= {round(point) for point in np.geomspace(1, iterations, min(number, MOST_RECORDED)).tolist()}
    return tuple(sorted({0, iterations, *(point for point in points if point < iterations)}))


def record_of_costs(scenario: Scenario) -> str:
    """The plan of a sweep, which records no more than costs: ``COSTS`` of them, so that the iterations to a target are
    told to within 2 %; with mini-batches no more than take about as long as the training, for each needs all
    observations."""
    if scenario.batches is None:
        return f"log {COSTS}"
    as_long = 3 * scenario.iterations * scenario.batches.size // len(scenario.x)  # going forward alone is a third
    return f"log {min(COSTS, as_long)}" if as_long else "log"


# --- values ---


def rate(given: Given, dtype: str) -> float:
    """A finite number above 0, in the dtype too."""
    value = given.value
    if not isinstance(value, (int, float)) or not finite(value) or value <= 0:
        raise must(given, "a finite number above 0")
    limits = np.finfo(dtype)
    if not float(limits.tiny) <= value <= float(limits.max):
        raise must(given, f"a number that {dtype} can hold")
    return float(value)


def folder_name(given: Given) -> str:
    """A name that every file system takes for a folder."""
    value = given.value
    fits = isinstance(value, str) and re.fullmatch(r"[\w-][\w.-]*", value) and len(value) <= LONGEST_NAME
    if not isinstance(value, str) or not fits:
        raise must(given, f"at most {LONGEST_NAME} letters, digits, '-', '_' and '.', the first no '.'")
    return value


def initializer(given: Given, text: str, dtype: str) -> str:
    """The name of an initializer, written in the one way that its own module writes it."""
    from ..models.initializers import ARGUMENTS, parse

    try:
        parsed = parse(text)
    except ValueError as error:
        name = text.split("(")[0].strip()
        hint = "" if name in ARGUMENTS else nearest(name, ARGUMENTS)
        raise BadInput(f"{error}{hint}", key=given.where) from None
    if any(abs(value) > float(np.finfo(dtype).max) for value in parsed.arguments):
        raise BadInput(f"{shown(text)} has a number that {dtype} cannot hold", key=given.where)
    return str(parsed)


def initializers(given: Given, dtype: str) -> tuple[str, ...]:
    """One or more, each once: a run is known by its initializer."""
    given_texts = texts(given, "an initializer or a list of them")
    if len(given_texts) > MOST_STARTS:
        raise BadInput(f"{len(given_texts)} initializers are given, at most {MOST_STARTS} are allowed", key=given.where)
    named = [initializer(given, text, dtype) for text in given_texts]
    for name in named:
        if named.count(name) > 1:
            raise BadInput(f"{name} is given twice; give each initializer once", key=given.where)
    return tuple(named)


def bias(given: Given, dtype: str) -> str:
    """An initializer that can fill a row."""
    if not isinstance(given.value, str):
        raise must(given, "an initializer")
    name = initializer(given, given.value, dtype)
    if name.startswith("orthogonal"):
        raise BadInput("orthogonal needs a matrix, and a bias is none; give it another, such as zeros", key=given.where)
    return name


def record_plan(given: Given, iterations: int) -> str:
    """A plan that ``recorded_iterations`` knows, and that memory has room for."""
    try:
        plan = " ".join(given.value.split()) if isinstance(given.value, str) else ""
        count = most_recorded(plan, iterations)
    except ValueError as error:
        raise BadInput(f"{error}, got {shown(given.value)}", key=given.where) from None
    if count > MOST_RECORDED:
        raise BadInput(
            f"{shown(plan)} records up to {count} iterations, at most {MOST_RECORDED} fit; "
            f"record 'log' or 'every {-(-iterations // (MOST_RECORDED - 2))}'",
            key=given.where,
        )
    return plan


def mini_batches(settings: Mapping[str, Given]) -> Batches | None:
    """The batches that are asked for, None where none are; whether they are smaller than the data is not known yet."""
    size, shuffle = settings.get("batch_size"), settings.get("shuffle")
    if shuffle is not None and not isinstance(shuffle.value, bool):
        raise must(shuffle, "true or false")
    if size is None:
        if shuffle is not None:
            raise BadInput("needs batch_size; give batch_size too, or drop it", key=shuffle.where)
        return None
    number = size.value
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST_WHOLE_NUMBER:
        raise must(size, f"a whole number from 1 to {MOST_WHOLE_NUMBER}")
    return Batches(number, True if shuffle is None else bool(shuffle.value), whole_number(settings["seed"]))


# --- network ---


def hidden_units(given: Given) -> list[int]:
    """The units of each hidden layer."""
    value = given.value
    wanted = "a list of whole numbers from 1 on, one for each hidden layer"
    if not isinstance(value, (list, tuple)):
        raise must(given, wanted)
    for units in value:
        if not isinstance(units, int) or isinstance(units, bool) or units < 1:
            raise must(given, wanted)
    if len(value) > MOST_HIDDEN_LAYERS:
        raise BadInput(
            f"{len(value)} hidden layers are given, at most {MOST_HIDDEN_LAYERS} can be trained; give fewer",
            key=given.where,
        )
    return list(value)


def check_size(given: Given, sizes: Sequence[int]) -> None:
    """Raise BadInput unless a machine can train so many weights."""
    count = sum((inputs + 1) * units for inputs, units in zip(sizes, sizes[1:]))
    if count > MOST_WEIGHTS:
        told = str(count) if count < 10**15 else "more than 10^15"
        raise BadInput(
            f"{shown(given.value)} makes {told} weights, at most {MOST_WEIGHTS} are allowed; give fewer units",
            key=given.where,
        )


def activation_names(given: Given | None, layers: int, cost: str) -> list[str]:
    """One activation a layer, from one for all layers or one a layer; by default sigmoid, and what the cost needs."""
    if given is None:
        return ["sigmoid"] * (layers - 1) + [OUTPUT_ACTIVATION_OF_COST.get(cost, "sigmoid")]
    names = texts(given, "an activation for all layers, or a list with one a layer")
    for name in names:
        one_of(Given(name, given.where), ACTIVATION_NAMES)
    if len(names) == 1:
        return names * layers
    if len(names) != layers:
        raise BadInput(
            f"{len(names)} activations are given for {layers} layers (hidden and output); "
            "give one for all, or one for each layer",
            key=given.where,
        )
    return names


def network(settings: Mapping[str, Given], inputs: int, outputs: int) -> Network:
    """The network between the data's inputs and outputs."""
    hidden = settings["hidden"]
    sizes = (inputs, *hidden_units(hidden), outputs)
    check_size(hidden, sizes)
    cost = one_of(settings["cost"], COST_NAMES)
    activations = activation_names(settings.get("activations"), len(sizes) - 1, cost)
    try:
        return Network(sizes, tuple(activations), cost)
    except ValueError as error:  # names that do not go together: told of the one that came last
        at = settings.get("activations", settings["cost"])
        if is_argument(settings["cost"]) and not is_argument(at):
            at = settings["cost"]
        hint = "" if len(sizes) == 2 else f"\nThe network has {len(sizes) - 1} layers: activations can be one for each."
        raise BadInput(f"{error}{hint}", key=at.where) from None


def carried_over(settings: Mapping[str, Given], hidden: Given) -> Given | None:
    """The scenario's activations for other hidden layers than it has, where its own have one activation throughout.

    So the option --hidden alone is enough for another depth.
    """
    given = settings.get("activations")
    if given is None or not isinstance(given.value, (list, tuple)) or not isinstance(hidden.value, (list, tuple)):
        return given
    names = list(given.value)
    if len(names) < 2 or any(name != names[0] for name in names[:-1]):
        return given
    return Given([names[0]] * len(hidden.value) + names[-1:], given.where)


# --- the built-in scenarios ---


class BuiltIn(NamedTuple):
    """A scenario without a file: its data, loaded when asked for, and what differs from the defaults."""

    data: Callable[[], Data]
    settings: dict[str, object]


BUILT_IN = {
    "post": BuiltIn(post_data, {"hidden": [3, 3]}),
    # 51 of 60 Glorot-uniform starts come below a cost of 0.01; at a rate of 0.5 it is 44 of them, at 5 39
    "xor": BuiltIn(xor_data, {"hidden": [2], "learning_rate": 3.0, "iterations": 5000}),
    # Glorot-uniform starts come to 97.6 to 98.1 % of the digits, and to a cost of 0.11
    "digits": BuiltIn(
        digits_data,
        {
            "hidden": [32],
            "activations": ["tanh", "softmax"],
            "cost": "categorical_crossentropy",
            "learning_rate": 0.5,
            "iterations": 200,
        },
    ),
}


# --- loading ---


def is_argument(given: Given) -> bool:
    """Whether it was given in place of what the scenario says."""
    return given.where in OVERRIDES


def arguments(overrides: Mapping[str, object]) -> dict[str, Given]:
    """The overrides, by the keys that they stand in for; units of hidden layers may still be text."""
    settings: dict[str, Given] = {}
    for key, value in overrides.items():
        if key not in OVERRIDES:
            raise BadInput(f"unknown setting {shown(key)}{known_words(OVERRIDES)}{nearest(str(key), OVERRIDES)}")
        if key == "hidden" and isinstance(value, (list, tuple)):
            value = [int(v) if isinstance(v, str) and re.fullmatch("[0-9]{1,15}", v) else v for v in value if v != ""]
        settings[key] = Given(value, key)
    return settings


def defaults(source: str) -> dict[str, Given]:
    """What holds where neither the scenario nor an argument says anything."""
    return {key: Given(value, f"{source}: {TABLE_OF[key]}.{key}") for key, value in DEFAULTS.items()}


def unknown_key(file: str, table: str | None, key: str) -> BadInput:
    """The error of a key that is not known in that table (None: in none)."""
    place = "" if table is None else f" in [{table}]"
    if key in TABLE_OF:
        return BadInput(f"{file}: {key} is out of place{place}; it goes under [{TABLE_OF[key]}]")
    if key == "name":
        return BadInput(f"{file}: name is out of place{place}; it goes above all tables")
    known = ("name", *TABLES) if table is None else TABLES[table]
    return BadInput(f"{file}: unknown key {shown(key)}{place}{known_words(known)}{nearest(key, known)}")


def flattened(document: Mapping[str, object], file: str) -> dict[str, Given]:
    """The keys of all tables of a TOML document: no two tables share one."""
    settings: dict[str, Given] = {}
    for table, content in document.items():
        if table == "name":
            settings[table] = Given(content, f"{file}: name")
            continue
        if table not in TABLES:
            raise unknown_key(file, None, table)
        if not isinstance(content, dict):
            raise must(Given(content, f"{file}: {table}"), f"a table, [{table}]")
        for key, value in content.items():
            if key not in TABLES[table]:
                raise unknown_key(file, table, key)
            settings[key] = Given(value, f"{file}: {table}.{key}")
    return settings


def read_toml(path: Path) -> dict[str, object]:
    """The document of a TOML file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    file = shown_path(path)
    text = decoded(read_bytes(path, file, MOST_TOML, "give the data as csv = or npz ="), file)
    if LONG_KEY.search(QUOTED.sub('"', text)):
        raise BadInput(f"{file}: not TOML that can be read: a key of too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadInput(f"{file}: not TOML that can be read: too many lists in lists") from None
    except ValueError as error:  # TOMLDecodeError is one, and numbers of thousands of digits are another
        raise BadInput(f"{file}: not TOML: {' '.join(str(error).split())}") from None


def check_path(name: str) -> None:
    """Raise BadInput where there is nothing to read at all."""
    known = f"built in are {', '.join(BUILT_IN)}"
    try:
        if Path(name).is_dir():
            raise BadInput(f"{shown_path(name)} is a folder; give a TOML file, or a name: {known}")
        missing = not Path(name).exists()
    except OSError as error:  # what else is wrong comes out when it is read
        missing = error.errno == errno.ENAMETOOLONG
    if Path(name).suffix in (".csv", ".npz"):
        raise BadInput(
            f"{shown_path(name)} is data; give a TOML file that names it:\n"
            "[data] with csv, inputs and targets, or npz; and [network] with hidden, the units of the hidden layers"
        )
    if missing:
        raise BadInput(
            f"{shown_path(name)} is neither a TOML file nor a built-in scenario; {known}{nearest(name, BUILT_IN)}"
        )


def from_file(name: str) -> tuple[dict[str, Given], Callable[[], Data]]:
    """The settings of a TOML file, and its data, not read yet."""
    check_path(name)
    path = Path(name)
    file = shown_path(name)
    settings = flattened(read_toml(path), file)
    stem = re.sub(r"[^\w.-]+", "-", path.stem).strip("-.")[:LONGEST_NAME] or "scenario"
    settings.setdefault("name", Given(stem, f"{file}: name"))
    return settings, partial(read_data, settings, file, path.parent)


def built_in(name: str) -> tuple[dict[str, Given], Callable[[], Data]]:
    """The settings of a built-in scenario, and its data, not loaded yet."""
    scenario = BUILT_IN[name]
    settings = {key: Given(value, f"{name}: {TABLE_OF[key]}.{key}") for key, value in scenario.settings.items()}
    return settings | {"name": Given(name, f"{name}: name")}, scenario.data


def load(name_or_path: str, overrides: Mapping[str, object] = {}) -> Scenario:
    """The scenario of that name or in that TOML file, with other settings in place of what it says.

    Args:
        name_or_path: one of ``BUILT_IN``, or the path of a TOML file as described above.
        overrides: values by the keys of the file, without their tables: {"learning_rate": 0.1}.

    Raises:
        BadInput: anything in it is wrong; the message says what and where.
    """
    options = arguments(overrides)
    settings, data = built_in(name_or_path) if name_or_path in BUILT_IN else from_file(name_or_path)
    if "hidden" in options:
        carried = carried_over(settings, options["hidden"])
        settings |= {} if carried is None else {"activations": carried}
    given = defaults(shown_path(name_or_path)) | settings | options

    if "hidden" not in given:
        where = f"{shown_path(name_or_path)}: network.hidden"
        raise BadInput(f"{where} is missing; give the units of the hidden layers, such as [3, 3], or []")

    # all that needs no data first: a mistake is told at once, however long the data take
    name = folder_name(given["name"])
    hidden_units(given["hidden"])
    one_of(given["cost"], COST_NAMES)
    dtype = one_of(given["dtype"], DTYPES)
    learning_rate = rate(given["learning_rate"], dtype)
    iterations, seed = whole_number(given["iterations"]), whole_number(given["seed"])
    record = record_plan(given["record"], iterations)
    starts = initializers(given["initializers"], dtype)
    bias_initializer = bias(given["bias_initializer"], dtype) if "bias_initializer" in given else None
    batches = mini_batches(given)

    found = data()
    check_shapes(found)
    y = targets_of_cost(found, given["cost"])
    of_data = network(given, found.x.shape[1], y.shape[1])
    x, y = cast(found.x, dtype, found.x_where), cast(y, dtype, found.y_where)
    if batches is not None and batches.size >= len(x):
        batches = None
    return Scenario(
        name=name,
        network=of_data,
        x=x,
        y=y,
        initializers=starts,
        bias_initializer=bias_initializer,
        learning_rate=learning_rate,
        iterations=iterations,
        dtype=dtype,
        seed=seed,
        record=record,
        batches=batches,
    )
