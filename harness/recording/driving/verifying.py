"""Lines that were found are run once more on their own, after the file: with the same targets, and with others."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .result import Driven
from .session import FILE, matrices_in
from .updates import UpdateLine
from .watching import Enough, Overrun, Watcher
from .words import BY_HAND


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A run of the lines."""

    updated: bool  # whether parameters were updated
    # the floating matrices in all that the lines and the file name, afterwards, other than those of rows of the data
    weights: Sequence[NDArray[Any]]


def run_alone(
    driven: Driven, namespace: Mapping[str, Any], updates: dict[str, tuple[UpdateLine, ...]], *, turned: bool = False
) -> Alone | None:
    """Runs the lines.

    Args:
        driven: what was found.
        namespace: the executed file's globals.
        updates: the update statements, by file.
        turned: whether each observation is given the targets of another one.

    Returns:
        what came of it; None if it raised before all was updated a few times.
    """
    data = {name: copy.deepcopy(value) for name, value in driven.data.items() if name != "np"}
    if turned:
        data |= {name: np.roll(data[name], 1, axis=0) for name in ("Y", "labels") if name in data}
    names = {**namespace, **data, "np": np}
    watcher = Watcher(updates)
    watcher.stop_early = not any(BY_HAND in line for line in driven.lines)  # such weights are returned when a call ends
    code = compile("\n".join(driven.lines), FILE, "exec")
    try:
        watcher.run(lambda: exec(code, names))
    except (Enough, Overrun):
        pass
    except (Exception, SystemExit):
        if not watcher.has_iterated:
            return None
    known = [value for name, value in names.items() if name not in data and not inspect.ismodule(value)]
    given = {row.tobytes() for one in matrices_in(list(data.values())) for row in (*one, *one.T)}
    weights = [one for one in matrices_in(known) if not all(row.tobytes() in given for row in one)]
    return Alone(updated=watcher.updated or watcher.has_iterated, weights=weights)


def are_same(left: Sequence[NDArray[Any]], right: Sequence[NDArray[Any]]) -> bool:
    """Whether two runs ended with the same weights, if there are any."""
    return bool(left) and len(left) == len(right) and all(map(np.array_equal, left, right))
