"""Which kind of training a file holds, by its text alone; nothing here imports TensorFlow."""

from __future__ import annotations

import re
from pathlib import Path

CALLS_FIT = re.compile(rb"\.\s*fit(_generator)?\s*\(")
TRAINS_KERAS = re.compile(rb"KerasClassifier|KerasRegressor|train_on_batch\s*\(|GradientTape")  # in other ways


def trains_keras(path: Path) -> bool:
    """Whether a script or notebook seems to train a Keras model; else its network is hand-written."""
    text = path.read_bytes()
    is_of_keras = path.suffix == ".ipynb" and b"keras" in text
    return is_of_keras or any(pattern.search(text) for pattern in (CALLS_FIT, TRAINS_KERAS))
