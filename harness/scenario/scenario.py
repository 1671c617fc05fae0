"""What to run: data, network, initializers, training. Built-in scenarios, TOML files, settings in their place.

A TOML file has four parts. All keys have defaults, except ``[data]`` and ``hidden``:

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
    bias_initializer = "zeros"  # default: that of the weights if it is a constant, otherwise zeros
    learning_rate = 0.5
    iterations = 10000
    batch_size = 32             # number of observations per iteration; default: all of them
    shuffle = true              # whether each epoch has its own order of observations
    dtype = "float64"
    seed = 0
    record = "log"              # "all", "every 100", "log" (1, 2, 5, 10, 20, ...), "log 50" (50 more between them)

In place of x and y, ``[data]`` takes ``csv = "data.csv"`` with ``inputs`` and ``targets``, lists of names from its
header row, ``parquet = "data.parquet"`` with the same two lists, or ``npz = "data.npz"`` with the arrays x and y; these
paths are relative to the TOML file.

y may be a flat list if there is one output. With categorical_crossentropy, one column of integers is read as class
labels and made one-hot; the outputs have the order of the labels. By default all layers are sigmoid, except a softmax
output layer with categorical_crossentropy.

An iteration is one update. With batch_size, an epoch of n observations has ceil(n / batch_size) iterations, and the
last batch holds the remainder, as in Keras' fit. The order of an epoch follows from the seed and is the same for
everything that is trained (models/batches.py). A batch_size of all observations or more means full batches.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..errors import BadInput, known_words, nearest, nearest_file, shown, shown_path
from ..models.batches import Batches
from ..models.network import COST_NAMES, Array, Network, Weights
from .contents import decoded, read_bytes
from .data import cast, check_shapes, digits_data, post_data, read_data, targets_of_cost, xor_data
from .given import Data, Given, integer_from, invalid_value, one_of
from .plans import recorded_iterations
from .settings import (
    DTYPES,
    MAX_NAME_CHARACTERS,
    OVERRIDES,
    TABLE_OF,
    TABLES,
    bias,
    folder_name,
    hidden_units,
    initializers,
    mini_batches,
    network,
    rate,
    record_plan,
)

MAX_TOML_BYTES = 2**22  # larger data belong in a file of their own
DRAWN_ITERATIONS = 150  # of one run, evenly spaced in log, for curves that show when a plateau ends
MAX_DRAWN_NUMBERS = 20_000_000  # that these record: 160 MB; large networks are drawn at fewer iterations
SWEEP_COSTS = 200  # recorded between the first and the last iteration of a sweep, evenly spaced in log
# A key with this many parts, as a.b.c: Python's TOML reader needs time and memory that grow with the square of their
# number, and 100 kB of them would fill any memory.
LONG_KEY = re.compile(r"""(?<![\w".-])(?:[\w"-]+[ \t]*\.[ \t]*){40}""", re.ASCII)
QUOTED = re.compile(r""""(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?""")

DEFAULTS: dict[str, object] = {
    "cost": "sum_of_squared_errors",
    "initializers": ["ones", "glorot_uniform"],
    "learning_rate": 0.5,
    "iterations": 10_000,
    "dtype": "float64",
    "seed": 0,
    "record": "log",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario:
    """Everything that a run depends on. Make one with ``load``, which checks it.

    Attributes:
        name: letters, digits, "-", "_" and ".", so that a folder can have this name.
        network: sizes, activations, cost.
        x: (observations, inputs) in ``dtype``.
        y: (observations, outputs) in ``dtype``.
        initializers: initializers to train from, by Keras' names.
        bias_initializer: None means the initializer of the weights if it is a constant, otherwise zeros.
        learning_rate: factor of the gradient in one update.
        iterations: number of updates.
        dtype: "float64" or "float32".
        seed: seed of everything that is drawn, 0 or larger.
        record: iterations to record: "all", "every K", "log" or "log N".
        batches: the observations of each update; None means all of them.
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
    def drawn(self) -> tuple[int, ...]:
        """The iterations of the run that is drawn: those to record, and with the plan "log" enough for smooth curves.

        Large networks are drawn at fewer iterations, so that what is recorded fits into memory.
        """
        if self.record != "log":
            return self.recorded
        affordable = MAX_DRAWN_NUMBERS // self.numbers_recorded
        return recorded_iterations(f"log {min(DRAWN_ITERATIONS, affordable)}" if affordable else "log", self.iterations)

    @property
    def numbers_recorded(self) -> int:
        """The numbers that one recorded iteration holds: z, a and delta of a batch, the gradients, and the weights
        before and after."""
        return 3 * self.batch_size * sum(self.network.sizes[1:]) + 3 * self.network.weight_count

    @property
    def batch_size(self) -> int:
        """The largest number of observations per update."""
        return len(self.x) if self.batches is None else self.batches.size

    def batch(self, iteration: int) -> tuple[Array, Array]:
        """x (batch, inputs) and y (batch, outputs) of the update after this many iterations."""
        if self.batches is None:
            return self.x, self.y
        rows = self.batches.rows(len(self.x), iteration)
        return self.x[rows], self.y[rows]

    def start(self, initializer: str) -> Weights:
        """The initial weights of each layer, (inputs + 1, units) in ``dtype``."""
        from ..models.initializers import draw, parse

        bias = None if self.bias_initializer is None else parse(self.bias_initializer)
        return draw(self.network, parse(initializer), bias, self.seed, self.dtype)


def record_of_costs(scenario: Scenario) -> str:
    """The plan of a sweep, which records only costs.

    ``SWEEP_COSTS`` of them give the iterations to a target within 2 %. With mini-batches each cost needs all
    observations, so there are only as many as take about as long as the training itself.
    """
    if scenario.batches is None:
        return f"log {SWEEP_COSTS}"
    affordable = 3 * scenario.iterations * scenario.batches.size // len(scenario.x)  # a forward pass is a third
    return f"log {min(SWEEP_COSTS, affordable)}" if affordable else "log"


# --- the built-in scenarios ---


class BuiltIn(NamedTuple):
    """A scenario without a file: a function that loads its data, and the settings that differ from the defaults."""

    data: Callable[[], Data]
    settings: dict[str, object]


BUILT_IN = {
    "post": BuiltIn(post_data, {"hidden": [3, 3]}),
    # 51 of 60 networks from glorot_uniform come below a cost of 0.01; at a learning rate of 0.5 it is 44, at 5 it is 39
    "xor": BuiltIn(xor_data, {"hidden": [2], "learning_rate": 3.0, "iterations": 5000}),
    # networks from glorot_uniform reach an accuracy of 97.6 to 98.1 % and a cost of 0.11
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


def carried_over(settings: Mapping[str, Given], hidden: Given) -> Given | None:
    """The scenario's activations for another number of hidden layers, if its hidden layers all have the same one.

    With these, ``hidden`` alone can change the depth.
    """
    given = settings.get("activations")
    if given is None or not isinstance(given.value, (list, tuple)) or not isinstance(hidden.value, (list, tuple)):
        return given
    names = list(given.value)
    if len(names) < 2 or any(name != names[0] for name in names[:-1]):
        return given
    return Given([names[0]] * len(hidden.value) + names[-1:], given.where)


def arguments(overrides: Mapping[str, object]) -> dict[str, Given]:
    """The overrides by key; units of hidden layers may still be text."""
    settings: dict[str, Given] = {}
    for key, value in overrides.items():
        if key not in OVERRIDES:
            raise BadInput(f"unknown setting {shown(key)}{known_words(OVERRIDES)}{nearest(str(key), OVERRIDES)}")
        if key == "hidden" and isinstance(value, (list, tuple)):
            value = [int(v) if isinstance(v, str) and re.fullmatch("[0-9]{1,15}", v) else v for v in value if v != ""]
        settings[key] = Given(value, key)
    return settings


def placed(values: Mapping[str, object], source: str) -> dict[str, Given]:
    """Values by their keys, as if they stood in the tables of a file."""
    return {key: Given(value, f"{source}: {TABLE_OF[key]}.{key}") for key, value in values.items()}


def unknown_key(file: str, table: str | None, key: str) -> BadInput:
    """The error for a key that is unknown in that table (None: outside all tables)."""
    place = "" if table is None else f" in [{table}]"
    if key in TABLE_OF:
        return BadInput(f"{file}: {key} is out of place{place}; it goes under [{TABLE_OF[key]}]")
    if key == "name":
        return BadInput(f"{file}: name is out of place{place}; it goes above all tables")
    known = ("name", *TABLES) if table is None else TABLES[table]
    return BadInput(f"{file}: unknown key {shown(key)}{place}{known_words(known)}{nearest(key, known)}")


def flattened(document: Mapping[str, object], file: str) -> dict[str, Given]:
    """The keys of all tables of a TOML document. No two tables share a key."""
    settings: dict[str, Given] = {}
    for table, content in document.items():
        if table == "name":
            settings[table] = Given(content, f"{file}: name")
            continue
        if table not in TABLES:
            raise unknown_key(file, None, table)
        if not isinstance(content, dict):
            raise invalid_value(Given(content, f"{file}: {table}"), f"a table, [{table}]")
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
    text = decoded(read_bytes(path, file, MAX_TOML_BYTES, "give the data as csv =, parquet = or npz ="), file)
    if LONG_KEY.search(QUOTED.sub('"', text)):
        raise BadInput(f"{file}: cannot be read as TOML: a key has too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadInput(f"{file}: cannot be read as TOML: too many nested lists") from None
    except ValueError as error:  # TOMLDecodeError is one, and numbers of thousands of digits are another
        raise BadInput(f"{file}: not TOML: {' '.join(str(error).split())}") from None


def check_path(name: str) -> None:
    """Raise BadInput if there is nothing to read."""
    known = f"built in are {', '.join(BUILT_IN)}"
    try:
        if Path(name).is_dir():
            raise BadInput(f"{shown_path(name)} is a folder; give a TOML file, or a name: {known}")
        missing = not Path(name).exists()
    except OSError as error:  # other problems appear when it is read
        missing = error.errno == errno.ENAMETOOLONG
    if Path(name).suffix in (".csv", ".parquet", ".npz"):
        raise BadInput(
            f"{shown_path(name)} is data; give a TOML file that names it:\n"
            "[data] with csv or parquet, inputs and targets, or with npz; "
            "and [network] with hidden, the units of each layer"
        )
    if Path(name).suffix in (".py", ".ipynb") and not missing:
        raise BadInput(f"{shown_path(name)} is a program, which the commands check and diagnose read; give a TOML file")
    if missing:
        hint = nearest(name, BUILT_IN) or nearest_file(Path(name))
        raise BadInput(f"{shown_path(name)} is neither a TOML file nor a built-in scenario; {known}{hint}")


def name_after(path: Path, default: str) -> str:
    """A folder name made from that of a file, without what a folder name cannot contain."""
    return re.sub(r"[^\w.-]+", "-", path.stem).strip("-.")[:MAX_NAME_CHARACTERS] or default


def from_file(name: str) -> tuple[dict[str, Given], Callable[[], Data]]:
    """The settings of a TOML file, and a function that reads its data."""
    check_path(name)
    path = Path(name)
    file = shown_path(name)
    settings = flattened(read_toml(path), file)
    settings.setdefault("name", Given(name_after(path, "scenario"), f"{file}: name"))
    return settings, partial(read_data, settings, file, path.parent)


def built_in(name: str) -> tuple[dict[str, Given], Callable[[], Data]]:
    """The settings of a built-in scenario, and a function that loads its data."""
    scenario = BUILT_IN[name]
    return placed(scenario.settings, name) | {"name": Given(name, f"{name}: name")}, scenario.data


def load(name_or_path: str, overrides: Mapping[str, object] = {}) -> Scenario:
    """Load a built-in scenario or a TOML file.

    Args:
        name_or_path: "post", "xor", "digits", or the path of a TOML file.
        overrides: settings that override the scenario, by their keys without the table: {"learning_rate": 0.1}.

    Returns:
        A ``Scenario``.

    Raises:
        BadInput: something in it is wrong; the message says where, what was expected and what to do.

    Example:
        >>> from harness import load
        >>> load("xor", {"seed": 7}).x.shape
        (4, 2)
    """
    options = arguments(overrides)
    settings, data = built_in(name_or_path) if name_or_path in BUILT_IN else from_file(name_or_path)
    if "hidden" in options:
        carried = carried_over(settings, options["hidden"])
        settings |= {} if carried is None else {"activations": carried}
    given = placed(DEFAULTS, shown_path(name_or_path)) | settings | options

    if "hidden" not in given:
        where = f"{shown_path(name_or_path)}: network.hidden"
        raise BadInput(f"{where} is missing; give the units of the hidden layers, such as [3, 3], or []")

    # everything that needs no data is checked first, because data may take long to read
    name = folder_name(given["name"])
    hidden_units(given["hidden"])
    one_of(given["cost"], COST_NAMES)
    dtype = one_of(given["dtype"], DTYPES)
    learning_rate = rate(given["learning_rate"], dtype)
    iterations, seed = integer_from(0, given["iterations"]), integer_from(0, given["seed"])
    record = record_plan(given["record"], iterations)
    starts = initializers(given["initializers"], dtype)
    bias_initializer = bias(given["bias_initializer"], dtype) if "bias_initializer" in given else None
    batches = mini_batches(given)

    loaded = data()
    check_shapes(loaded)
    if "cost" not in settings | options and any(len(names) > 2 for names in loaded.classes):
        given["cost"] = given["cost"]._replace(value="categorical_crossentropy")
    y = targets_of_cost(loaded, given["cost"])
    fitting_network = network(given, loaded.x.shape[1], y.shape[1])
    x, y = cast(loaded.x, dtype, loaded.x_where), cast(y, dtype, loaded.y_where)
    if batches is not None and batches.size >= len(x):
        batches = None
    return Scenario(
        name=name,
        network=fitting_network,
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
