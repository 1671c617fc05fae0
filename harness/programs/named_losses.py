"""Which loss of Keras a function of the user's own is, by the values that it gives."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Hashable, Iterator
from typing import Any

import keras
import numpy as np
from keras.src.losses.losses import LossFunctionWrapper
from numpy.typing import NDArray

Array = NDArray[Any]

ROWS, UNITS = 8, 3
DRAWS = 3  # the values have to agree in each
TOLERANCE = 1e-3  # relative; a small number that is added to a probability stays below it
OF_QUANTITIES = ("mean_squared_error", "mean_absolute_error", "log_cosh")
OF_CLASSES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")


@functools.lru_cache(maxsize=64)
def name_of_loss(loss: Hashable) -> tuple[str, bool] | None:
    """The name of the loss of Keras that gives the same values, and whether it takes logits; None if none does."""
    function = loss if isinstance(loss, keras.losses.Loss) else LossFunctionWrapper(loss)
    candidates = [(name, False) for name in OF_QUANTITIES]
    candidates += [(name, from_logits) for name in OF_CLASSES for from_logits in (False, True)]
    return next((known for known in candidates if _is_same(function, *known)), None)


def _is_same(function: Any, name: str, from_logits: bool) -> bool:
    """Whether a function gives the values of a loss of Keras."""
    kind = getattr(keras.losses, name)
    options = {"from_logits": from_logits} if name in OF_CLASSES else {}
    for y, outputs in _draws(name, from_logits):
        wanted = float(np.mean(kind(y, outputs, **options)))
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                value = float(np.mean(function(y, outputs)))
            except Exception:  # it needs targets in another form
                return False
        if not abs(value - wanted) <= TOLERANCE * abs(wanted):
            return False
    return True


def _draws(name: str, from_logits: bool) -> Iterator[tuple[Array, Array]]:
    """Targets of the form that a loss takes, with outputs."""
    rng = np.random.default_rng(0)
    for _ in range(DRAWS):
        outputs = rng.normal(size=(ROWS, UNITS)).astype(np.float32)
        classes = rng.integers(0, UNITS, ROWS)
        if name in OF_QUANTITIES:
            yield rng.normal(size=(ROWS, UNITS)).astype(np.float32), outputs
        elif name == "binary_crossentropy":
            y = (rng.random((ROWS, 1)) < 0.5).astype(np.float32)
            yield y, outputs[:, :1] if from_logits else 1 / (1 + np.exp(-outputs[:, :1]))
        else:
            one_hot = np.eye(UNITS, dtype=np.float32)[classes]
            shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
            yield (
                one_hot if name == "categorical_crossentropy" else classes[:, None],
                outputs if from_logits else shares,
            )
