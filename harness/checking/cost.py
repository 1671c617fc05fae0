"""The cost that a verdict assumes: one that the file computes, or one of the catalogue.

The catalogue's costs compare outputs with targets. Where a file compares them is found in its graph: an operation
(``a - y``, ``y / a``, ``probs[range(n), labels] -= 1``) between a value that depends on the parameters and one that
does not.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .replay import Values, resolve

Array = NDArray[Any]

MAXIMISED_WORDS = re.compile("^(?!n).*lik(elihood)?$|^ll$|elbo|reward")


class ShapesDiffer(Exception):
    """Outputs and targets that have no common shape."""


class Form(enum.Enum):
    """A cost of the catalogue, up to a factor."""

    SQUARED = "sum_of_squared_errors"
    BINARY = "binary_crossentropy"
    CATEGORICAL = "categorical_crossentropy"
    ABSOLUTE = "sum_of_absolute_errors"
    HINGE = "hinge"
    PERCEPTRON = "perceptron_criterion"
    MARGINS = "logistic_loss_of_margins"


CROSS_ENTROPIES = frozenset({Form.BINARY, Form.CATEGORICAL})

# The gradient of each cost with respect to the outputs, without a factor
GRADIENTS: dict[Form, Callable[[Array, Array], Array]] = {
    Form.SQUARED: lambda a, y: 2 * (a - y),
    Form.BINARY: lambda a, y: (a - y) / (a * (1 - a)),
    Form.CATEGORICAL: lambda a, y: -y / a,
    Form.ABSOLUTE: lambda a, y: np.sign(a - y),
    Form.HINGE: lambda a, y: np.where(y * a < 1, -y, 0.0),
    Form.PERCEPTRON: lambda a, y: np.where(y * a < 0, -y, 0.0),
    Form.MARGINS: lambda a, y: -y / (1 + np.exp(y * a)),
}

# What each cost is, without a factor
VALUES: dict[Form, Callable[[Array, Array], float]] = {
    Form.SQUARED: lambda a, y: float(np.sum((a - y) ** 2)),
    Form.BINARY: lambda a, y: -float(np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))),
    Form.CATEGORICAL: lambda a, y: -float(np.sum(y * np.log(a))),
    Form.ABSOLUTE: lambda a, y: float(np.sum(np.abs(a - y))),
    Form.HINGE: lambda a, y: float(np.sum(np.maximum(0, 1 - y * a))),
    Form.PERCEPTRON: lambda a, y: float(np.sum(np.maximum(0, -y * a))),
    Form.MARGINS: lambda a, y: float(np.sum(np.logaddexp(0, -y * a))),
}


@dataclass(frozen=True, kw_only=True)
class Error:
    """Where a file compares an output with its target."""

    node: int  # the operation
    output: int  # the node of the output
    target: int | None = None  # the node of the target; None if it is a constant or labels
    # the target as a constant: a number, or a list of as many as there are outputs
    constant: float | list[Any] | None = None
    index: Any = None  # the recorded index that picks each observation's label out of the output, None otherwise
    repeats: tuple[int, ...] = ()  # other operations that compare the same two
    weights: tuple[int, ...] = ()  # nodes of what each observation counts, such as the weight of its class or a mask
    form: Form | None = None  # of this output's cost, if the cost is a sum of several kinds; None if it is the cost's
    factor: float = 1.0  # what this output's cost counts
    # the node of what a threshold made of this output, which the perceptron criterion takes as given; or None. With an
    # index it is the place of the largest output, and the index that of the label
    decided: int | None = None
    # the recorded index of the item that is compared, if a threshold made all outputs at once; None if all are compared
    part: Any = None
    is_wrong: bool = False  # whether a branch says that what was decided is not the target, a constant of 0 or 1

    def target_values(self, values: Values) -> Array:
        """The targets in the shape of the outputs."""
        output = np.asarray(values[self.output], dtype=float)
        if self.index is not None and self.decided is not None:
            return with_one(output.shape, int(resolve(self.index, values)))
        if self.index is not None:
            found = np.zeros(output.shape)
            found[resolve(self.index, values)] = 1
            return found
        raw = np.asarray(values[self.target] if self.target is not None else self.constant, dtype=float)
        if raw.shape != output.shape and raw.size == output.size:
            raw = raw.reshape(output.shape)
        return raw


def with_one(shape: tuple[int, ...], place: int) -> Array:
    """Zeros, and 1 at one place, counted through all of them."""
    found = np.zeros(shape)
    found.flat[place] = 1
    return found


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A cost under which the steps are judged."""

    node: int | None  # of the scalar that the file computes; None for a cost of the catalogue
    form: Form | None  # the catalogue's cost; None for one that the file computes
    errors: tuple[Error, ...] = ()  # where outputs and targets meet, of the catalogue's cost
    meant: bool = False  # whether the file calls it a cost or loss
    # the node of the gradient that comes from above, for a layer without a network: the cost is then the sum of
    # upstream times node; None otherwise
    upstream: int | None = None
    maximised: bool = False  # whether the scalar is one that updates are meant to climb, such as a log-likelihood

    @property
    def is_of_branch(self) -> bool:
        """Whether a branch alone decides the updates, whose other side another iteration may take."""
        return bool(self.errors) and all(one.is_wrong for one in self.errors)

    def seeds(self, values: Values) -> dict[int, Array]:
        """The gradient of the cost with respect to the nodes it is made from."""
        if self.node is not None and self.upstream is not None:
            return {self.node: np.asarray(values[self.upstream], dtype=float).reshape(np.shape(values[self.node]))}
        if self.node is not None:
            return {self.node: np.full(np.shape(values[self.node]), -1.0 if self.maximised else 1.0)}
        found: dict[int, Array] = {}
        with np.errstate(all="ignore"):
            for error in self.errors:
                output = np.asarray(values[error.output], dtype=float)
                gradient = self.gradient_at(error, output, values) * error.factor
                for weights in error.weights:
                    gradient = gradient * np.asarray(values[weights], dtype=float)
                gradient = np.broadcast_to(gradient, output.shape) if gradient.ndim <= output.ndim else gradient
                if gradient.shape != output.shape:
                    raise ShapesDiffer
                found[error.output] = found.get(error.output, 0.0) + gradient
        return found

    def gradient_at(self, error: Error, output: Array, values: Values) -> Array:
        """The gradient of one part of a catalogue's cost with respect to its outputs, without its factor."""
        target = error.target_values(values)
        if error.is_wrong:
            return np.broadcast_to(1 - 2 * target, output.shape)
        if error.decided is not None and error.index is not None:
            return with_one(output.shape, int(values[error.decided])) - target
        if error.part is not None and error.decided is not None:
            gradient = np.zeros(output.shape)
            gradient[resolve(error.part, values)] = np.asarray(values[error.decided], dtype=float) - target
            return gradient
        if error.decided is not None:
            return np.asarray(values[error.decided], dtype=float).reshape(output.shape) - target
        form = error.form or self.form
        assert form is not None
        return GRADIENTS[form](output, target)

    @property
    def outputs(self) -> tuple[int, ...]:
        """The nodes that the gradient starts from."""
        return (self.node,) if self.node is not None else tuple(dict.fromkeys(error.output for error in self.errors))
