"""Which of many things are drawn; without altair, so that what draws no chart does not import it."""

from __future__ import annotations

import numpy as np


def sampled(count: int, most: int) -> list[int]:
    """Places 0 to count - 1, evenly spread if there are more than ``most``."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)).tolist()
