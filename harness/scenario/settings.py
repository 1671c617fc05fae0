"""The settings of a scenario: their keys, and what each must be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import BadInput, nearest, shown
from ..models.batches import Batches
from ..models.network import ACTIVATION_NAMES, COST_NAMES, OUTPUT_ACTIVATION_OF_COST, Network
from .given import Given, finite, integer_from, invalid_value, one_of, texts
from .plans import MAX_RECORDED_ITERATIONS, max_recorded

MAX_WEIGHTS = 50_000_000
MAX_HIDDEN_LAYERS = 100
MAX_INITIALIZERS = 100
MAX_NAME_CHARACTERS = 60

DTYPES = ("float64", "float32")
TABLES = {
    "data": ("x", "y", "csv", "parquet", "inputs", "targets", "npz"),
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
OVERRIDES = ("name", *TABLES["network"], *TABLES["training"])


def is_argument(given: Given) -> bool:
    """Whether it overrides the scenario."""
    return given.where in OVERRIDES


def rate(given: Given, dtype: str) -> float:
    """The value, which must be a finite number above 0, in the dtype too."""
    value = given.value
    if not isinstance(value, (int, float)) or not finite(value) or value <= 0:
        raise invalid_value(given, "a finite number above 0")
    limits = np.finfo(dtype)
    if not float(limits.tiny) <= value <= float(limits.max):
        raise invalid_value(given, f"a number that {dtype} can hold")
    return float(value)


def folder_name(given: Given) -> str:
    """The value, which must be a folder name on every file system."""
    value = given.value
    if isinstance(value, str) and re.fullmatch(r"[\w-][\w.-]*", value) and len(value) <= MAX_NAME_CHARACTERS:
        return value
    raise invalid_value(
        given, f"at most {MAX_NAME_CHARACTERS} letters, digits, '-', '_' and '.', not starting with '.'"
    )


def initializer(given: Given, text: str, dtype: str) -> str:
    """The name of an initializer in its normal form."""
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
    """One or more initializers. Each may be given once, because it identifies a run."""
    given_texts = texts(given, "an initializer or a list of them")
    if len(given_texts) > MAX_INITIALIZERS:
        raise BadInput(
            f"{len(given_texts)} initializers are given, at most {MAX_INITIALIZERS} are allowed", key=given.where
        )
    named = [initializer(given, text, dtype) for text in given_texts]
    for name in named:
        if named.count(name) > 1:
            raise BadInput(f"{name} is given twice; give each initializer once", key=given.where)
    return tuple(named)


def bias(given: Given, dtype: str) -> str:
    """An initializer that can fill a vector."""
    if not isinstance(given.value, str):
        raise invalid_value(given, "an initializer")
    name = initializer(given, given.value, dtype)
    if name.startswith("orthogonal"):
        raise BadInput(
            "orthogonal needs a matrix, and a bias is a vector; use another initializer, such as zeros", key=given.where
        )
    return name


def record_plan(given: Given, iterations: int) -> str:
    """A plan that ``recorded_iterations`` knows and that fits into memory."""
    try:
        plan = " ".join(given.value.split()) if isinstance(given.value, str) else ""
        count = max_recorded(plan, iterations)
    except ValueError as error:
        raise BadInput(f"{error}, got {shown(given.value)}", key=given.where) from None
    if count > MAX_RECORDED_ITERATIONS:
        raise BadInput(
            f"{shown(plan)} records up to {count} iterations, at most {MAX_RECORDED_ITERATIONS} fit; "
            f"record 'log' or 'every {-(-iterations // (MAX_RECORDED_ITERATIONS - 2))}'",
            key=given.where,
        )
    return plan


def mini_batches(settings: Mapping[str, Given]) -> Batches | None:
    """The mini-batches, or None. Whether they are smaller than the data is not known yet."""
    size, shuffle = settings.get("batch_size"), settings.get("shuffle")
    if shuffle is not None and not isinstance(shuffle.value, bool):
        raise invalid_value(shuffle, "true or false")
    if size is None:
        if shuffle is not None:
            raise BadInput("needs batch_size; give batch_size too, or leave it out", key=shuffle.where)
        return None
    is_shuffled = True if shuffle is None else bool(shuffle.value)
    return Batches(integer_from(1, size), is_shuffled, integer_from(0, settings["seed"]))


# --- network ---


def hidden_units(given: Given) -> list[int]:
    """The units of each hidden layer."""
    value = given.value
    if not isinstance(value, (list, tuple)) or not all(type(units) is int and units >= 1 for units in value):
        raise invalid_value(given, "a list of positive integers, one for each hidden layer")
    if len(value) > MAX_HIDDEN_LAYERS:
        raise BadInput(
            f"{len(value)} hidden layers are given, at most {MAX_HIDDEN_LAYERS} can be trained; give fewer",
            key=given.where,
        )
    return list(value)


def check_size(given: Given, sizes: Sequence[int]) -> None:
    """Raise BadInput for more weights than a machine can train."""
    count = sum((inputs + 1) * units for inputs, units in zip(sizes, sizes[1:]))
    if count > MAX_WEIGHTS:
        shown_count = str(count) if count < 10**15 else "more than 10^15"
        raise BadInput(
            f"{shown(given.value)} makes {shown_count} weights, at most {MAX_WEIGHTS} are allowed; give fewer units",
            key=given.where,
        )


def activation_names(given: Given | None, layers: int, cost: str) -> list[str]:
    """One activation per layer; by default sigmoid, and for the output what the cost needs."""
    if given is None:
        return ["sigmoid"] * (layers - 1) + [OUTPUT_ACTIVATION_OF_COST.get(cost, "sigmoid")]
    names = texts(given, "an activation for all layers, or a list with one per layer")
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
    """The network, with the inputs and outputs of the data."""
    hidden = settings["hidden"]
    sizes = (inputs, *hidden_units(hidden), outputs)
    check_size(hidden, sizes)
    cost = one_of(settings["cost"], COST_NAMES)
    activations = activation_names(settings.get("activations"), len(sizes) - 1, cost)
    try:
        return Network(sizes, tuple(activations), cost)
    except ValueError as error:  # names that do not fit together: blame the one that came last
        at = settings.get("activations", settings["cost"])
        if is_argument(settings["cost"]) and not is_argument(at):
            at = settings["cost"]
        hint = (
            "" if len(sizes) == 2 else f"\nThe network has {len(sizes) - 1} layers; activations can name one for each."
        )
        raise BadInput(f"{error}{hint}", key=at.where) from None
