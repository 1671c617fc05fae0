"""The losses of Keras by the targets that they take, by the names of their functions. Nothing here imports Keras."""

from __future__ import annotations

REGRESSION_LOSSES = frozenset(
    {"mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
     "huber", "log_cosh"}
)  # fmt: skip
BINARY_CROSSENTROPIES = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
CATEGORICAL_CROSSENTROPIES = frozenset({"categorical_crossentropy", "categorical_focal_crossentropy"})
SPARSE_CROSSENTROPIES = frozenset({"sparse_categorical_crossentropy"})
CROSSENTROPIES = BINARY_CROSSENTROPIES | CATEGORICAL_CROSSENTROPIES | SPARSE_CROSSENTROPIES
HINGE_LOSSES = frozenset({"hinge", "squared_hinge"})
