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
SHAPE = r"([(\[][^()\[\]]*[)\]])"  # (None, 28, 28) or [None 1 28 28]
NAMES_OF_KIND: Mapping[str, Callable[[], Iterable[str]]] = {
    "optimizer": lambda: names_of(keras.optimizers),
    "loss": lambda: names_of(keras.losses),
    "metric": lambda: (*names_of(keras.metrics), "accuracy"),
    "activation function": lambda: names_of(keras.activations),
    "initializer": lambda: names_of(keras.initializers),
    "regularizer": lambda: names_of(keras.regularizers),
}  # what Keras knows of each kind


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A kind of error, and what its message says.

    Attributes:
        pattern: found in messages of this kind; its groups are the values.
        id, check: of the finding.
        read: the values of the finding, from a match.
    """

    pattern: re.Pattern[str]
    id: str
    check: Check
    read: Callable[[re.Match[str]], dict[str, Value]]


def names_of(module: object) -> list[str]:
    """What a module of Keras defines."""
    return [name for name in vars(module) if not name.startswith("_")]


def read_shape(text: str) -> tuple[int | None, ...]:
    """(None, 28, 28) of "(None, 28, 28)" or "[None 28 28]"."""
    return tuple(None if part == "None" else int(part) for part in re.findall(r"None|-?\d+", text))


def layer_rank(match: re.Match[str]) -> dict[str, Value]:
    """The number of axes that a layer reads, and the shape that it gets."""
    return {"layer": match[1], "wanted": int(match[2]), "shape": read_shape(match[3])}


def close_name(match: re.Match[str]) -> dict[str, Value]:
    """A name that Keras does not know, and the one that is most like it."""
    kind, name = match[1], match[2].strip("'\" ")
    known = {candidate.lower(): candidate for candidate in NAMES_OF_KIND[kind]()}
    similar = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.75)
    return {"kind": kind.split()[0], "name": name, "similar": known[similar[0]] if similar else None}


def unknown_arguments(match: re.Match[str]) -> dict[str, Value]:
    """What was called, and the names of arguments that it does not take."""
    names = tuple(re.findall(r"'([^']+)':", match["names"])) if match["names"].startswith("{") else (match["names"],)
    return {"called": match["called"].rpartition(".")[2], "names": names}


REASONS: tuple[Reason, ...] = (
    Reason(
        pattern=re.compile(rf"of layer '(\S+)' is incompatible.*expected (?:min_|max_)?ndim=(\d+).*received: {SHAPE}"),
        id="input-layout", check=Check.LAYER_INPUT_RANK, read=layer_rank,
    ),
    Reason(
        pattern=re.compile(rf"Kernel shape must have the same length as input.* and input of shape {SHAPE}"),
        id="input-layout", check=Check.ROWS_IN_INPUT_SHAPE, read=lambda match: {"shape": read_shape(match[1])},
    ),
    Reason(
        pattern=re.compile(rf"of layer '(\S+)' is incompatible.*axis -?\d+ .*to have value (\d+),.*with shape {SHAPE}"),
        id="input-layout", check=Check.LAYER_INPUT_WIDTH,
        read=lambda match: {"layer": match[1], "wanted": int(match[2]), "shape": read_shape(match[3])},
    ),
    Reason(
        pattern=re.compile(rf"Expected shape {SHAPE}, but input has incompatible shape {SHAPE}"),
        id="input-layout", check=Check.MODEL_INPUT_SHAPE,
        read=lambda match: {"wanted": read_shape(match[1]), "shape": read_shape(match[2])},
    ),
    Reason(
        pattern=re.compile(
            rf"output size would be zero or negative.*?shape={SHAPE}.*?(?:pool_size|kernel shape)={SHAPE}"
        ),
        id="input-layout", check=Check.IMAGE_TOO_SMALL,
        read=lambda match: {"shape": read_shape(match[1]), "window": read_shape(match[2])[:2]},
    ),
    Reason(
        pattern=re.compile(rf"`target` and `output` must have the same.*target.shape={SHAPE}, output.shape={SHAPE}"),
        id="label-encoding", check=Check.WIDTH_MISMATCH,
        read=lambda match: {"target shape": read_shape(match[1]), "output shape": read_shape(match[2])},
    ),
    Reason(
        pattern=re.compile(r"expects (\d+) (?:named )?input\(s\).*received (\d+) input"),
        id="input-layout", check=Check.NUMBER_OF_INPUTS,
        read=lambda match: {"wanted": int(match[1]), "given": int(match[2])},
    ),
    Reason(
        pattern=re.compile(r"Invalid dtype: (object|str|bytes)|Unsupported object type (\w+)"),
        id="missing-values", check=Check.NOT_NUMBERS, read=lambda match: {"kind": match[1] or match[2]},
    ),
    Reason(
        pattern=re.compile(r"(?P<called>Trainer\.(?:compile|fit))\(\) got an unexpected.*argument '(?P<names>\w+)'"),
        id="wrong-call", check=Check.UNKNOWN_ARGUMENT, read=unknown_arguments,
    ),
    Reason(
        pattern=re.compile(r"Unrecognized keyword arguments? passed to (?P<called>\w+): (?P<names>\{.*\})"),
        id="wrong-call", check=Check.UNKNOWN_ARGUMENT, read=unknown_arguments,
    ),
    Reason(
        pattern=re.compile(r"Argument\(s\) not (?P<called>)recognized: (?P<names>\{.*\})"),
        id="wrong-call", check=Check.UNKNOWN_ARGUMENT, read=unknown_arguments,
    ),
    Reason(
        pattern=re.compile(rf"Could not interpret ({'|'.join(NAMES_OF_KIND)}) identifier: (.+)"),
        id="wrong-call", check=Check.UNKNOWN_NAME, read=close_name,
    ),
    Reason(
        pattern=re.compile(r"Only instances of `keras\.Layer` can be added.*of type <class '([\w.]+)'>"),
        id="wrong-call", check=Check.NOT_A_LAYER, read=lambda match: {"kind": match[1]},
    ),
    Reason(
        pattern=re.compile(r"Only input tensors may be passed.*of type <class '([\w.]+)'>"),
        id="wrong-call", check=Check.LAYER_CALLED_ON, read=lambda match: {"kind": match[1]},
    ),
    Reason(
        pattern=re.compile(r"You must call `compile\(\)`"),
        id="wrong-call", check=Check.NOT_COMPILED, read=lambda match: {},
    ),
    Reason(
        pattern=re.compile(
            r"requires inputs with matching shapes.*input_shape=(\[.*\])|incompatible shapes. Received shapes (.*)"
        ),
        id="input-layout", check=Check.MERGED_SHAPES, read=lambda match: {"shapes": (match[1] or match[2])},
    ),
    Reason(
        pattern=re.compile(rf"size of the tensor must be unchanged.*input_shape={SHAPE}, target_shape={SHAPE}"),
        id="input-layout", check=Check.RESHAPED_SIZE,
        read=lambda match: {"shape": read_shape(match[1]), "wanted": read_shape(match[2])},
    ),
    Reason(
        pattern=re.compile(r"KerasTensor cannot be used as input to a TensorFlow function"),
        id="wrong-call", check=Check.TENSOR_FUNCTION, read=lambda match: {},
    ),
    Reason(
        pattern=re.compile(r"When providing `x` as (?:a )?(.*), `y` should not be passed"),
        id="wrong-call", check=Check.TARGETS_BESIDE_BATCHES, read=lambda match: {"kind": match[1]},
    ),
    Reason(
        pattern=re.compile(r"is not connected to `inputs`"),
        id="wrong-call", check=Check.NOT_CONNECTED, read=lambda match: {},
    ),
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
        match = reason.pattern.search(text)
        if match is None:
            continue
        values = reason.read(match)
        layer = values.get("layer")
        name = layer if isinstance(layer, str) else None
        return Contradiction(
            id=reason.id, check=reason.check, severity=Severity.CONTRADICTION,
            place=layer_places.get(name or "", place), layer=name, values=values,
        )  # fmt: skip
    return None
