"""Rows that go through the forward pass outside of the training, such as those of a grid that is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

DATA = """
import numpy as np

rng = np.random.default_rng(0)
rows = rng.uniform(-1, 1, (40, 2)) * [3, 1] + 1
labels = (rows[:, 0] * rows[:, 1] > 0).astype(float).reshape(-1, 1)
"""

OWN_SCALER = """
class Scaler:
    def fit(self, table):
        self.means, self.deviations = table.mean(axis=0), table.std(axis=0)
        return self

    def transform(self, table):
        table = table.copy()
        if not np.isfinite(table.sum()):
            raise ValueError("not finite")
        table -= self.means
        table /= self.deviations
        return table
"""

LIBRARY = """
from sklearn.preprocessing import StandardScaler as Scaler
"""

NETWORK = """
class Network:
    def __init__(self):
        self.params = [
            {"W": rng.normal(0, 0.5, (2, 6)), "b": np.zeros((1, 6))},
            {"W": rng.normal(0, 0.5, (6, 1)), "b": np.zeros((1, 1))},
        ]

    def forward(self, X):
        hidden = np.tanh(X @ self.params[0]["W"] + self.params[0]["b"])
        return hidden, 1 / (1 + np.exp(-(hidden @ self.params[1]["W"] + self.params[1]["b"])))

    def fit(self, X, y, epochs=40):
        for _ in range(epochs):
            hidden, output = self.forward(X)
            delta = (output - y) / len(X)
            before = (delta @ self.params[1]["W"].T) * (1 - hidden**2)
            self.params[1]["W"] -= 0.5 * hidden.T @ delta
            self.params[1]["b"] -= 0.5 * delta.sum(axis=0, keepdims=True)
            self.params[0]["W"] -= 0.5 * X.T @ before
            self.params[0]["b"] -= 0.5 * before.sum(axis=0, keepdims=True)

def draw_areas(network, scaler):
    low, high = rows.min(axis=0) - 0.5, rows.max(axis=0) + 0.5
    xx, yy = np.meshgrid(np.linspace(low[0], high[0], 9), np.linspace(low[1], high[1], 9))
    grid = scaler.transform(np.c_[xx.ravel(), yy.ravel()])
    return network.forward(grid)[1].reshape(xx.shape)

def predict(network, scaler, points):
    scaled = scaler.transform(np.asarray(points))
    return network.forward(scaled)[1]

scaler = Scaler().fit(rows)
network = Network()
draw_areas(network, scaler)
network.fit(scaler.transform(rows), labels)
draw_areas(network, scaler)
print(predict(network, scaler, [[0.5, 1.0], [2.0, 0.5]]))
"""


@pytest.mark.parametrize("scaler", [OWN_SCALER, pytest.param(LIBRARY, marks=pytest.mark.slow)])
def test_rows_that_are_scaled_and_drawn_before_the_training_are_not_weights(tmp_path: Path, scaler: str) -> None:
    file = tmp_path / "areas.py"
    file.write_text(DATA + scaler + NETWORK)
    result = check_file(file)
    assert (result.verdict, result.reason, result.detail) == (Verdict.CORRECT, None, "")
