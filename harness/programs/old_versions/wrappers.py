"""The wrappers for scikit-learn of earlier Keras versions and of scikeras, for scripts that train by way of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score

OF_FIT = ("batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
          "class_weight", "sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps")  # fmt: skip


class _Wrapper(BaseEstimator):
    """A function that builds a model, as an estimator of scikit-learn."""

    def __init__(self, build_fn: Callable[..., Any] | None = None, **parameters: Any) -> None:
        """Keep the function and the arguments for it and for ``fit``; scikeras calls the function ``model``."""
        self.build_fn = parameters.pop("model", None) if build_fn is None else build_fn
        self.parameters = parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments, for scikit-learn to copy."""
        return {"build_fn": self.build_fn, **self.parameters}

    def set_params(self, **parameters: Any) -> Any:
        """Other arguments; scikeras puts ``model__`` and the like before their names."""
        self.build_fn = parameters.pop("build_fn", self.build_fn)
        self.parameters = self.parameters | parameters
        return self

    def fit(self, x: Any, y: Any, **options: Any) -> Any:
        """Build a model and fit it."""
        y = self._targets(y)
        given = {name.rpartition("__")[2]: value for name, value in self.parameters.items()}
        self.model = self.model_ = self._built(given)
        of_fit = {name: value for name, value in given.items() if name in OF_FIT} | options
        if self._is_categorical() and np.ndim(y) == 1:
            y = keras.utils.to_categorical(y)
        self.history_ = self.model.fit(x, y, **of_fit)
        return self.history_

    def _built(self, given: dict[str, Any]) -> Any:
        """The model, from the arguments that the function takes."""
        if isinstance(self.build_fn, keras.Model):
            return self.build_fn
        build = self.__call__ if self.build_fn is None else self.build_fn
        taken = inspect.signature(build).parameters
        model = build(**{name: value for name, value in given.items() if name in taken})
        if not model.compiled:  # scikeras compiles the model itself
            model.compile(optimizer=given.get("optimizer", "rmsprop"), loss=given.get("loss"))
        return model

    def _is_categorical(self) -> bool:
        """Whether the loss wants one column for each class."""
        loss = self.model.loss
        name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
        return str(name).startswith("categorical_crossentropy")

    def _targets(self, y: Any) -> Any:
        """The targets that the model is trained on."""
        return np.asarray(y)


class KerasClassifier(ClassifierMixin, _Wrapper):
    """A model for classes as an estimator of scikit-learn."""

    def _targets(self, y: Any) -> Any:
        """Class numbers from 0, or columns as they are."""
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
            return y
        self.classes_, numbers = np.unique(y.ravel(), return_inverse=True)
        return numbers

    def predict_proba(self, x: Any, **options: Any) -> Any:
        """The outputs of the model."""
        return self.model.predict(x, verbose=0)

    def predict(self, x: Any, **options: Any) -> Any:
        """The likeliest class of each row."""
        outputs = self.model.predict(x, verbose=0)
        numbers = outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype(int).ravel()
        return self.classes_[np.minimum(numbers, len(self.classes_) - 1)]

    def score(self, x: Any, y: Any, **options: Any) -> float:
        """The share of rows that are predicted rightly."""
        y = np.asarray(y)
        return float(accuracy_score(y.argmax(axis=-1) if y.ndim == 2 and y.shape[1] > 1 else y, self.predict(x)))


class KerasRegressor(RegressorMixin, _Wrapper):
    """A model for quantities as an estimator of scikit-learn."""

    def predict(self, x: Any, **options: Any) -> Any:
        """The outputs of the model."""
        return np.squeeze(self.model.predict(x, verbose=0), axis=-1)

    def score(self, x: Any, y: Any, **options: Any) -> float:
        """R2."""
        return float(r2_score(y, self.predict(x)))
