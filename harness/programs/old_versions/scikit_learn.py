"""Names of scikit-learn as they were: splitters that took the labels at once, and arguments that had positions."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
from sklearn import datasets, model_selection


class _Splitter:
    """A splitter that knows its rows."""

    def __init__(self, splitter: Any, rows: Any) -> None:
        self.splitter = splitter
        self.rows = rows
        self.n_splits = splitter.get_n_splits()

    def __iter__(self) -> Iterator[Any]:
        """(rows for training, rows for testing) of each part."""
        return iter(self.splitter.split(np.zeros(len(self.rows)), self.rows))

    def __len__(self) -> int:
        """How many parts there are."""
        return int(self.n_splits)

    def split(self, x: Any, y: Any = None, groups: Any = None) -> Any:
        """The rows of each part, as today's splitters give them."""
        return self.splitter.split(x, y, groups)

    def get_n_splits(self, *_: Any) -> int:
        """How many parts there are."""
        return int(self.n_splits)


def _seeded(shuffle: bool, random_state: Any) -> dict[str, Any]:
    """The options of a splitter; a seed has a meaning only for one that shuffles."""
    return {"shuffle": shuffle, "random_state": random_state if shuffle else None}


def KFold(n: Any = 5, n_folds: int = 3, shuffle: bool = False, random_state: Any = None, **options: Any) -> Any:
    """Parts of ``n`` rows."""
    if "n_splits" in options:
        return model_selection.KFold(options["n_splits"], **_seeded(shuffle, random_state))
    return _Splitter(model_selection.KFold(n_folds, **_seeded(shuffle, random_state)), np.zeros(int(n)))


def StratifiedKFold(
    y: Any = None, n_folds: int = 3, shuffle: bool = False, random_state: Any = None, **options: Any
) -> Any:
    """Parts of the rows of ``y`` with the same shares of classes."""
    if y is None or isinstance(y, int):
        return model_selection.StratifiedKFold(options.get("n_splits", y or 5), **_seeded(shuffle, random_state))
    return _Splitter(model_selection.StratifiedKFold(n_folds, **_seeded(shuffle, random_state)), np.asarray(y))


def __getattr__(name: str) -> Any:
    """Everything else is as it was."""
    return getattr(model_selection, name)


def makers_with_positions(stack: contextlib.ExitStack) -> None:
    """Let the functions that draw data sets take by position what is only taken by name since version 1.0."""
    for name, function in list(vars(datasets).items()):
        if name.startswith("make_") and callable(function):
            stack.enter_context(mock.patch.object(datasets, name, _with_positions(function)))


def _with_positions(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arguments all have positions, in the order of their names."""
    names = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        return function(**dict(zip(names, arguments)), **options)

    return call
