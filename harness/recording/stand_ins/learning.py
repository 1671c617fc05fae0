"""What comes from scikit-learn: by way of modules that are missing, and data sets that it would download."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from .hints import inputs, labels

# functions and classes that files also take from modules of their own or of other packages
IN_MODULES = {
    "sklearn.model_selection": ("train_test_split",),
    "sklearn.preprocessing": ("StandardScaler", "MinMaxScaler", "OneHotEncoder", "LabelBinarizer", "LabelEncoder"),
    "sklearn.datasets": (
        *("load_iris", "load_digits", "load_wine", "load_breast_cancer", "load_diabetes", "make_moons"),
        *("make_circles", "make_blobs", "make_gaussian_quantiles", "make_classification", "make_regression"),
    ),
    "sklearn.metrics": ("accuracy_score",),
    "sklearn.utils": ("shuffle",),
}
MADE_UP_ROWS = 90


def _named(module: str, name: str) -> Callable[..., Any]:
    """A function or a class of scikit-learn, which is imported when it is called."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments, **options)

    return call


def bunch(**items: Any) -> Any:
    """A dictionary with attributes, as scikit-learn gives data sets."""
    return importlib.import_module("sklearn.utils").Bunch(**items)


def made_up(features: int, classes: int) -> Callable[..., Any]:
    """A function in place of one that downloads a data set."""

    def fetch(*_: Any, return_X_y: bool = False, **__: Any) -> Any:
        y = labels(MADE_UP_ROWS, classes, "loaded")
        x = inputs(MADE_UP_ROWS, features, "loaded") + y[:, None]
        if return_X_y:
            return x, y
        names = [f"feature {i}" for i in range(features)]
        return bunch(data=x, target=y, feature_names=names, target_names=np.arange(classes).astype(str))

    return fetch


NAMES: dict[str, Any] = {name: _named(module, name) for module, names in IN_MODULES.items() for name in names}
# mlxtend's name for it
NAMES["shuffle_arrays_unison"] = lambda arrays, random_seed=None: NAMES["shuffle"](*arrays, random_state=random_seed)
DOWNLOADED = {"load_boston": made_up(13, 9), "fetch_california_housing": made_up(8, 9)}
