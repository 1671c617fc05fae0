"""Driving files as other people write them: what plays which role follows from its use, not from its name."""

from __future__ import annotations

import pytest

from .driving_variants import SIZES_HANDED_ON, VARIANTS
from .test_driving import driven


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_variant_is_driven_as_it_is_meant(name: str) -> None:
    source, lines = VARIANTS[name]
    found = driven(source)
    assert found.lines == lines
    assert found.succeeded
    assert not found.doubts


ACCUMULATED = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.w = {"w1": np.random.randn(n_in, n_hidden) * 0.3, "w2": np.random.randn(n_hidden, n_out) * 0.3}
        self.grads = {"w1": np.zeros((n_in, n_hidden)), "w2": np.zeros((n_hidden, n_out))}
    def loss(self, x, y):
        h = np.tanh(x @ self.w["w1"])
        d = h @ self.w["w2"] - y
        self.grads["w2"] += h.T @ d
        self.grads["w1"] += x.T @ (d @ self.w["w2"].T * (1 - h ** 2))
        return 0.5 * np.sum(d ** 2)
"""
CLEARING = """
    def zero_grad(self):
        self.grads["w1"][...] = 0
        self.grads["w2"][...] = 0
"""


def test_gradients_that_add_up_are_cleared_as_the_file_clears_them() -> None:
    found = driven(ACCUMULATED + CLEARING)
    assert found.lines[-1] == "    net.zero_grad()"
    assert not found.doubts


def test_gradients_that_add_up_are_doubtful_if_nothing_clears_them() -> None:
    """They may be cleared by a file that is not there."""
    assert driven(ACCUMULATED).doubts == ("gradients are added up, and nothing sets them back to 0",)


APART = """
import numpy as np
def forward(X, W1, W2):
    h = np.tanh(X @ W1)
    return h, h @ W2
def backward(X, y, out, W2):
    h, p = out
    d = p - y
    return X.T @ (d @ W2.T * (1 - h ** 2)), h.T @ d
def step(params, grads, lr):
    return [p - lr * g for p, g in zip(params, grads)]
"""


def test_weights_that_only_the_update_knows_are_doubtful() -> None:
    found = driven(APART)
    assert found.doubts or not found.succeeded


def test_targets_of_one_unit_are_not_numbers_of_classes() -> None:
    source, _ = VARIANTS["one unit"]
    assert driven(source).labels == "binary, flat"


WITHOUT_TARGETS = """
import numpy as np
def train(X, extra=None, *, more):
    w = np.random.randn(7, 3)
    for _ in range(3):
        d = X @ w
        if more is None:
            w -= 0.1 * X.T @ d
    return w
"""


def test_a_network_that_only_trains_with_none_for_its_targets_is_doubtful() -> None:
    """None fits as an index, as it does in ``y[np.arange(n), None] = 1``, and says nothing about the file."""
    assert driven(WITHOUT_TARGETS).doubts == ("more is None, and there are no targets",)


def test_layers_that_ask_whether_they_are_the_first_are_doubtful() -> None:
    """A network may train all layers but its first, which stands for the inputs."""
    source = SIZES_HANDED_ON.replace('place == "last"', 'place == "last" or place == "input"')
    assert driven(source).doubts == ("place says which layer is the first: 'last'",)
