"""A small stand-in for the parts of scikit-learn that prepare data. Used only where scikit-learn is not installed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .hints import inputs, labels


def train_test_split(
    *arrays: Any,
    test_size: Any = None,
    train_size: Any = None,
    random_state: Any = None,
    shuffle: bool = True,
    **_: Any,
) -> list[Any]:
    """Each array in two parts."""
    rows = len(arrays[0])
    size = test_size if test_size is not None else (1 - train_size if isinstance(train_size, float) else 0.25)
    tests = int(np.ceil(rows * size)) if isinstance(size, float) else int(size)
    seed = 0 if random_state is None else int(random_state)
    order = np.random.RandomState(seed).permutation(rows) if shuffle else np.arange(rows)
    first = order[tests:] if shuffle else order[: rows - tests]
    second = order[:tests] if shuffle else order[rows - tests :]
    parts = []
    for array in arrays:
        taken = array.iloc if hasattr(array, "iloc") else array
        if isinstance(array, list):
            parts += [[array[i] for i in first], [array[i] for i in second]]
        else:
            parts += [taken[first], taken[second]]
    return parts


class _Scaler:
    """Subtracts and divides."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def transform(self, x: Any, *_: Any) -> Any:
        """Scaled."""
        return (np.asarray(x, dtype=float) - self.low) / self.width

    def fit_transform(self, x: Any, *_: Any) -> Any:
        """Fit, then scale."""
        return self.fit(x).transform(x)

    def inverse_transform(self, x: Any) -> Any:
        """Back."""
        return np.asarray(x) * self.width + self.low

    def fit(self, x: Any, *_: Any) -> Any:
        """To mean 0 and deviation 1."""
        x = np.asarray(x, dtype=float)
        self.low, width = x.mean(axis=0), x.std(axis=0)
        self.width = np.where(width == 0, 1.0, width)
        return self


class StandardScaler(_Scaler):
    """To mean 0 and deviation 1."""


class MinMaxScaler(_Scaler):
    """To 0..1."""

    def fit(self, x: Any, *_: Any) -> Any:
        """To 0..1."""
        x = np.asarray(x, dtype=float)
        self.low, width = x.min(axis=0), x.max(axis=0) - x.min(axis=0)
        self.width = np.where(width == 0, 1.0, width)
        return self


class _Dense:
    """A matrix with ``toarray``."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.shape = value.shape

    def toarray(self) -> Any:
        """The array."""
        return self.value

    todense = toarray


class OneHotEncoder:
    """One column for each value."""

    def __init__(self, *_: Any, sparse: bool = True, sparse_output: bool = True, **__: Any) -> None:
        self.is_dense = not (sparse and sparse_output)

    def fit(self, y: Any, *_: Any) -> Any:
        """Find the values."""
        y = np.asarray(y)
        self.categories_ = [np.unique(column) for column in y.reshape(len(y), -1).T]
        return self

    def transform(self, y: Any) -> Any:
        """Zeros and ones."""
        y = np.asarray(y)
        columns = y.reshape(len(y), -1).T
        parts = [(c[:, None] == values).astype(float) for c, values in zip(columns, self.categories_)]
        result = np.concatenate(parts, axis=1)
        return result if self.is_dense else _Dense(result)

    def fit_transform(self, y: Any, *_: Any) -> Any:
        """Both."""
        return self.fit(y).transform(y)


class LabelBinarizer(OneHotEncoder):
    """One column for each value, as an array."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.is_dense = True


class LabelEncoder:
    """Values as whole numbers."""

    def fit(self, y: Any) -> Any:
        """Find the values."""
        self.classes_ = np.unique(np.asarray(y))
        return self

    def transform(self, y: Any) -> Any:
        """Their places."""
        return np.searchsorted(self.classes_, np.asarray(y))

    def fit_transform(self, y: Any) -> Any:
        """Both."""
        return self.fit(y).transform(y)

    def inverse_transform(self, y: Any) -> Any:
        """Back."""
        return self.classes_[np.asarray(y)]


class Bunch(dict[str, Any]):
    """A dictionary with attributes."""

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(name)


def _loader(features: int, classes: int, rows: int = 90) -> Any:
    def load(*_: Any, return_X_y: bool = False, **__: Any) -> Any:
        x, y = inputs(rows, features, "loaded"), labels(rows, classes, "loaded")
        x = x + y[:, None]
        if return_X_y:
            return x, y
        names = [f"feature {i}" for i in range(features)]
        return Bunch(data=x, target=y, feature_names=names, target_names=np.arange(classes).astype(str), images=x)

    return load


def make_points(n_samples: Any = 90, *_: Any, n_features: int = 2, centers: Any = 2, **options: Any) -> tuple[Any, Any]:
    """Points of some classes."""
    rows = n_samples if isinstance(n_samples, int) else sum(n_samples)
    classes = options.get("n_classes", centers if isinstance(centers, int) else len(centers))
    y = labels(rows, classes, "points")
    return inputs(rows, n_features, "points") + y[:, None], y


def make_regression(
    n_samples: int = 90, n_features: int = 10, *_: Any, n_targets: int = 1, **__: Any
) -> tuple[Any, Any]:
    """Points with a number each."""
    x = inputs(n_samples, n_features, "regression")
    y = x @ inputs(n_features, n_targets, "coefficients")
    return x, y[:, 0] if n_targets == 1 else y


def accuracy_score(y: Any, predicted: Any, **_: Any) -> float:
    """How often they are equal."""
    return float(np.mean(np.asarray(y) == np.asarray(predicted)))


def shuffle(*arrays: Any, random_state: Any = None, **_: Any) -> Any:
    """All in the same random order."""
    order = np.random.RandomState(0 if random_state is None else random_state).permutation(len(arrays[0]))
    result = [array[order] for array in arrays]
    return result if len(result) > 1 else result[0]


def shuffle_arrays_unison(arrays: Any, random_seed: Any = None) -> Any:
    """As mlxtend does it: all in the same random order."""
    return shuffle(*arrays, random_state=random_seed)


NAMES: dict[str, Any] = {
    "train_test_split": train_test_split,
    "StandardScaler": StandardScaler,
    "MinMaxScaler": MinMaxScaler,
    "OneHotEncoder": OneHotEncoder,
    "LabelBinarizer": LabelBinarizer,
    "LabelEncoder": LabelEncoder,
    "load_iris": _loader(4, 3),
    "load_digits": _loader(64, 10, 120),
    "load_wine": _loader(13, 3),
    "load_breast_cancer": _loader(30, 2),
    "load_boston": _loader(13, 9),
    "load_diabetes": _loader(10, 9),
    "fetch_california_housing": _loader(8, 9),
    "make_moons": make_points,
    "make_circles": make_points,
    "make_blobs": make_points,
    "make_gaussian_quantiles": make_points,
    "make_classification": make_points,
    "make_regression": make_regression,
    "accuracy_score": accuracy_score,
    "shuffle": shuffle,
    "shuffle_arrays_unison": shuffle_arrays_unison,
}
