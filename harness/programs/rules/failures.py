"""Why Keras refuses a program: the errors that layers, models, compile and fit raise, read for their cause."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import keras

from ..findings import Check, Contradiction, Severity, Value
from ..source.places import Place

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SHAPE = r"[(\[][^()\[\]]*[)\]]"  # (None, 28, 28) or [None 1 28 28]
QUOTED_LAYER = r"""['"](?P<layer>[^\s'"]+)['"]"""  # Keras 3.12 puts it in double quotes
NAMES_OF_KIND: Mapping[str, Callable[[], Iterable[str]]] = {
    "optimizer": lambda: names_of(keras.optimizers),
    "loss": lambda: names_of(keras.losses),
    "metric": lambda: (*names_of(keras.metrics), "accuracy"),
    "activation function": lambda: names_of(keras.activations),
    "initializer": lambda: names_of(keras.initializers),
    "regularizer": lambda: names_of(keras.regularizers),
}  # what Keras knows of each kind


def names_of(module: object) -> list[str]:
    """What a module of Keras defines."""
    return [name for name in vars(module) if not name.startswith("_")]


def read_shape(text: str) -> tuple[int | None, ...]:
    """(None, 28, 28) of "(None, 28, 28)" or "[None 28 28]"."""
    return tuple(None if part == "None" else int(part) for part in re.findall(r"None|-?\d+", text))


def read_groups(match: re.Match[str]) -> dict[str, Value]:
    """The named groups of a message: numbers and shapes as such, everything else as text."""
    return {name.replace("_", " "): read_value(text) for name, text in match.groupdict().items()}


def read_value(text: str) -> Value:
    """A number, a shape or a text."""
    return int(text) if text.isdigit() else read_shape(text) if re.fullmatch(SHAPE, text) else text


def image_and_window(match: re.Match[str]) -> dict[str, Value]:
    """The shape of what is too small, and rows and columns of the window."""
    return {"shape": read_shape(match["shape"]), "window": read_shape(match["window"])[:2]}


def close_name(match: re.Match[str]) -> dict[str, Value]:
    """A name that Keras does not know, and the one that is most like it."""
    kind, name = match["kind"], match["name"].strip("'\" ")
    known = {candidate.lower(): candidate for candidate in NAMES_OF_KIND[kind]()}
    similar = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.75)
    return {"kind": kind.split()[0], "name": name, "similar": known[similar[0]] if similar else None}


def unknown_arguments(match: re.Match[str]) -> dict[str, Value]:
    """What was called, and the names of arguments that it does not take."""
    names = tuple(re.findall(r"'([^']+)':", match["names"])) if match["names"].startswith("{") else (match["names"],)
    return {"called": match["called"].rpartition(".")[2], "names": names}


@dataclass(frozen=True)
class Reason:
    """A kind of error, and what its message says."""

    check: Check  # of the finding
    pattern: str  # found in messages of this kind; its named groups are the values
    read: Callable[[re.Match[str]], dict[str, Value]] = read_groups  # the values of the finding, from a match


REASONS: tuple[Reason, ...] = (
    Reason(Check.LAYER_INPUT_RANK,
           rf"of layer {QUOTED_LAYER} is incompatible.*expected (?:min_|max_)?ndim=(?P<wanted>\d+).*received: "
           rf"(?P<shape>{SHAPE})"),
    Reason(Check.ROWS_IN_INPUT_SHAPE,
           rf"Kernel shape must have the same length as input.* and input of shape (?P<shape>{SHAPE})"),
    Reason(Check.LAYER_INPUT_WIDTH,
           rf"of layer {QUOTED_LAYER} is incompatible.*axis -?\d+ .*to have value (?P<wanted>\d+),.*with shape "
           rf"(?P<shape>{SHAPE})"),
    Reason(Check.MODEL_INPUT_SHAPE,
           rf"Expected shape (?P<wanted>{SHAPE}), but input has incompatible shape (?P<shape>{SHAPE})"),
    Reason(Check.IMAGE_TOO_SMALL,
           rf"output size would be (?:zero or )?negative.*?shape=(?P<shape>{SHAPE}).*?(?:pool_size|kernel shape)="
           rf"(?P<window>{SHAPE})", image_and_window),
    Reason(Check.LABEL_WIDTH_MISMATCH,
           rf"`target` and `output` must have the same.*target.shape=(?P<target_shape>{SHAPE}), "
           rf"output.shape=(?P<output_shape>{SHAPE})"),
    Reason(Check.NUMBER_OF_INPUTS,
           r"expects (?P<wanted>\d+) (?:named )?input\(s\).*received (?P<given>\d+) input"),
    Reason(Check.NOT_NUMBERS,
           r"(?:Invalid dtype: (?=object|str|bytes)|Unsupported object type )(?P<kind>\w+)"),
    Reason(Check.UNKNOWN_ARGUMENT,
           r"(?P<called>Trainer\.(?:compile|fit))\(\) got an unexpected.*argument '(?P<names>\w+)'",
           unknown_arguments),
    Reason(Check.UNKNOWN_ARGUMENT,
           r"Unrecognized keyword arguments? passed to (?P<called>\w+): (?P<names>\{.*\})", unknown_arguments),
    Reason(Check.UNKNOWN_ARGUMENT,
           r"Argument\(s\) not (?P<called>)recognized: (?P<names>\{.*\})", unknown_arguments),
    Reason(Check.ARGUMENT_VALUE,
           r"^(?:Argument )?`(?P<name>\w+)` (?:must|should) be (?P<wanted>[^.`]+)(?:\.|$)"),
    Reason(Check.UNKNOWN_NAME,
           rf"Could not interpret (?P<kind>{'|'.join(NAMES_OF_KIND)}) identifier: (?P<name>.+)", close_name),
    Reason(Check.NOT_A_LAYER,
           r"Only instances of `keras\.Layer` can be added.*of type <class '(?P<kind>[\w.]+)'>"),
    Reason(Check.LAYER_CALLED_ON,
           r"Only input tensors may be passed.*of type <class '(?P<kind>[\w.]+)'>"),
    Reason(Check.NOT_COMPILED, r"You must call `compile\(\)`"),
    Reason(Check.MERGED_SHAPES,
           r"(?:requires inputs with matching shapes.*input_shape=(?=\[)|incompatible shapes. Received shapes )"
           r"(?P<shapes>\[.*\]|.*)"),
    Reason(Check.RESHAPED_SIZE,
           rf"size of the tensor must be unchanged.*input_shape=(?P<shape>{SHAPE}), target_shape=(?P<wanted>{SHAPE})"),
    Reason(Check.TENSOR_FUNCTION, r"KerasTensor cannot be used as input to a TensorFlow function"),
    Reason(Check.TARGETS_BESIDE_BATCHES,
           r"When providing `x` as (?:a )?(?P<kind>.*), `y` should not be passed"),
    Reason(Check.NOT_CONNECTED, r"(?:is not connected to `inputs`|`inputs` not connected to `outputs`)"),
)  # fmt: skip

OF_INPUTS = frozenset(
    {
        Check.LAYER_INPUT_RANK,
        Check.LAYER_INPUT_WIDTH,
        Check.ROWS_IN_INPUT_SHAPE,
        Check.MODEL_INPUT_SHAPE,
        Check.IMAGE_TOO_SMALL,
        Check.NUMBER_OF_INPUTS,
        Check.TARGETS_BESIDE_BATCHES,
        Check.NOT_COMPILED,
        Check.UNKNOWN_ARGUMENT,
    }
)  # reasons that no repair of the search removes: the model does not read x at all


def explained(message: str, place: Place | None, layer_places: Mapping[str, Place]) -> Contradiction | None:
    """Why Keras refuses a program; None if its message is not one of those known here.

    Args:
        message: of the exception.
        place: the user's line that raised it.
        layer_places: name of a layer -> where it was made, which says more than the line of a whole list of layers.
    """
    text = " ".join(COLOURS.sub("", message).split())
    for reason in REASONS:
        match = re.search(reason.pattern, text)
        if match is None:
            continue
        values = reason.read(match)
        layer = values.get("layer")
        name = layer if isinstance(layer, str) else None
        return Contradiction(
            check=reason.check, severity=Severity.CONTRADICTION,
            place=layer_places.get(name or "", place), layer=name, values=values,
        )  # fmt: skip
    return None
