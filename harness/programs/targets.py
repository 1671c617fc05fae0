"""What the targets of a program look like, and what its loss is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from .named_losses import name_of_loss

Array = NDArray[Any]
MAX_CLASSES = 1000  # distinct integers that can still be classes
MAX_ROWS = 200_000  # rows looked at
SAMPLED_VALUES = 20_000  # looked at first in a large array, to see whether it has many distinct values
SUM_TOLERANCE = 1e-3  # by which the shares of a row may miss 1
ACCURACIES = frozenset(
    {"acc", "accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"}
)  # metrics that compare the class of each row


class TargetKind(Enum):
    """What targets look like, whatever the loss."""

    BINARY = "binary"  # one column of two values
    CLASSES = "classes"  # one column of few integers
    ONE_HOT = "one-hot"  # rows of 0 with a single 1
    MULTI_HOT = "multi-hot"  # several columns of 0 and 1
    SHARES = "shares"  # rows that are not negative and sum to 1
    REAL = "real"  # anything else


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What targets look like."""

    kind: TargetKind  # see TargetKind
    shape: tuple[int, ...]  # of y
    values: Array  # y as float64, at most ``MAX_ROWS`` rows, spread evenly
    # low, high: least and largest finite value
    low: float
    high: float
    distinct: tuple[float, ...] | None  # distinct values, sorted; None if there are more than ``MAX_CLASSES``
    is_integer: bool  # whether all values are integers
    is_finite: bool  # whether there is no NaN or infinity

    @property
    def width(self) -> int:
        """Values of a row's last axis; 1 for y of shape (rows,)."""
        return self.shape[-1] if len(self.shape) > 1 else 1

    @property
    def classes(self) -> int | None:
        """How many classes the targets name; None if they name none."""
        if self.kind in (TargetKind.ONE_HOT, TargetKind.MULTI_HOT):
            return self.width
        if self.kind in (TargetKind.BINARY, TargetKind.CLASSES) and self.distinct is not None:
            return len(self.distinct)
        return None

    @property
    def is_regression(self) -> bool:
        """Whether the values are quantities and not labels."""
        return self.kind is TargetKind.REAL


def spread_rows(values: Array, limit: int = MAX_ROWS) -> Array:
    """At most ``limit`` rows, spread evenly."""
    return values if len(values) <= limit else values[np.linspace(0, len(values) - 1, limit).astype(int)]


def distinct_values(finite: Array) -> Array:
    """The distinct values, sorted; of a large array with more than ``MAX_CLASSES`` only some, with both ends."""
    flat = finite.ravel()
    if flat.size > SAMPLED_VALUES:
        some = np.unique(np.append(flat[:: flat.size // SAMPLED_VALUES], [flat.min(), flat.max()]))
        if len(some) > MAX_CLASSES:
            return some
    return np.unique(flat)


def describe_targets(y: Any) -> Targets | None:
    """What targets look like; None if they are not one numeric array with rows."""
    if y is None or isinstance(y, (list, tuple, dict)):
        return None
    array = np.asarray(y)
    if array.dtype.kind not in "biuf" or array.ndim == 0 or array.size == 0:
        return None
    values = spread_rows(array).astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        finite = np.zeros(1)
    unique = distinct_values(finite)
    is_integer = bool(np.all(finite == np.round(finite)))
    return Targets(
        kind=kind_of(values, unique, is_integer),
        shape=tuple(array.shape),
        values=values,
        low=float(unique[0]),
        high=float(unique[-1]),
        distinct=tuple(map(float, unique)) if len(unique) <= MAX_CLASSES else None,
        is_integer=is_integer,
        is_finite=bool(np.all(np.isfinite(values))),
    )


def kind_of(values: Array, unique: Array, is_integer: bool) -> TargetKind:
    """What targets look like, from the values and the distinct ones among them."""
    width = values.shape[-1] if values.ndim > 1 else 1
    if width == 1:
        if len(unique) == 2 and (is_integer or values.ndim <= 2):
            return TargetKind.BINARY
        few = max(2, min(MAX_CLASSES, len(values) // 4))
        consecutive = len(unique) - 1 >= 0.5 * (unique[-1] - unique[0])
        return TargetKind.CLASSES if is_integer and 2 < len(unique) <= few and consecutive else TargetKind.REAL
    if len(unique) <= 2 and set(unique.tolist()) <= {0.0, 1.0}:
        return TargetKind.ONE_HOT if np.all(values.sum(axis=-1) == 1) else TargetKind.MULTI_HOT
    if unique[0] >= 0 and np.all(np.abs(values.sum(axis=-1) - 1) < SUM_TOLERANCE):
        return TargetKind.SHARES
    return TargetKind.REAL


def names_classes(targets: Targets | None, metrics: tuple[str, ...]) -> bool:
    """Whether targets are labels from 0 on; numbers of more than two classes only beside a metric that counts them."""
    if targets is None or targets.low != 0 or targets.is_regression:
        return False
    return targets.kind is not TargetKind.SHARES and (targets.high == 1 or are_counting(metrics))


def are_counting(metrics: tuple[str, ...]) -> bool:
    """Whether one of some metrics, by its name, is the share of rows that are predicted rightly."""
    return any("accuracy" in name or name == "acc" for name in metrics)


def only_item(value: Any) -> Any:
    """The item of a list, tuple or dict that has one; whatever else is given as it is."""
    if isinstance(value, (list, tuple, dict)) and len(value) == 1 and "class_name" not in value:
        return next(iter(value.values() if isinstance(value, dict) else value))
    return value


@dataclass(frozen=True, kw_only=True)
class LossFacts:
    """What a loss is."""

    name: str  # of Keras' function, such as ``mean_squared_error``; a loss of the user's own has ``custom:`` before it
    from_logits: bool  # whether it expects values before a softmax or sigmoid
    is_known: bool  # whether it is one of Keras', or gives the values of one
    own_name: str = ""  # of the user's own function; empty if it is Keras'
    function: Any  # to call with (y, predictions); None if it cannot be made


def describe_loss(loss: Any) -> LossFacts | None:
    """What a loss is; None if there is none, or several."""
    loss = only_item(loss)
    if loss is None or isinstance(loss, (list, tuple, dict)):
        return None
    try:
        function = keras.losses.get(loss)
    except (TypeError, ValueError):
        return LossFacts(name=f"custom:{loss}", from_logits=False, is_known=False, own_name=str(loss), function=None)
    inner = getattr(function, "fn", function)
    options = dict(getattr(function, "_fn_kwargs", {}) or {})
    name = getattr(inner, "__name__", None) or type(inner).__name__
    module = str(getattr(inner, "__module__", "") if hasattr(inner, "__name__") else type(inner).__module__)
    is_own = not (module.startswith("keras.") and hasattr(inner, "__name__"))
    known = name, bool(options.get("from_logits", False))
    if is_own:
        known = (name_of_loss(function) if isinstance(function, Hashable) else None) or ("", False)
    return LossFacts(
        name=known[0] or f"custom:{name}",
        from_logits=known[1],
        is_known=bool(known[0]),
        own_name=name if is_own else "",
        function=function,
    )


def class_of_loss(name: str) -> type[keras.losses.Loss]:
    """The class of a loss of Keras by the name of its function: ``BinaryCrossentropy`` of ``binary_crossentropy``.

    Raises:
        KeyError: Keras has none of this name.
    """
    return vars(keras.losses)["".join(part.title() for part in name.split("_"))]


def metric_names(metrics: Any) -> tuple[str, ...]:
    """The names of the metrics given to compile, in lower case; a metric object's by its class."""
    names = []
    for metric in keras.tree.flatten(metrics) if metrics is not None else []:
        if metric is None:
            continue
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
        names.append("".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(str(name))))
    return tuple(names)
