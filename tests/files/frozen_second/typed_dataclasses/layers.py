from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass
class Dense:
    """Affine map followed by tanh (hidden) or nothing (last)."""

    inputs: int
    outputs: int
    rng: np.random.Generator = field(repr=False)
    last: bool = False
    weights: Matrix = field(init=False, repr=False)
    bias: Matrix = field(init=False, repr=False)
    grad_weights: Matrix = field(init=False, repr=False)
    grad_bias: Matrix = field(init=False, repr=False)

    def __post_init__(self) -> None:
        scale = np.sqrt(2.0 / (self.inputs + self.outputs))
        self.weights = self.rng.normal(0.0, scale, (self.outputs, self.inputs))
        self.bias = np.zeros(self.outputs)

    def forward(self, batch: Matrix) -> Matrix:
        self._batch = batch
        pre = batch @ self.weights.T + self.bias
        self._post = pre if self.last else np.tanh(pre)
        return self._post

    def backward(self, upstream: Matrix) -> Matrix:
        if not self.last:
            upstream = upstream * (1.0 - self._post**2)
        self.grad_weights = upstream.T @ self._batch
        self.grad_bias = upstream.sum(axis=0)
        return upstream @ self.weights


@dataclass(frozen=True)
class Settings:
    hidden: tuple[int, ...] = (8, 6)
    rate: float = 0.1
    decay: float = 5e-2
    epochs: int = 200
    batch: int = 16


@dataclass
class Regressor:
    settings: Settings
    seed: int = 0
    layers: list[Dense] = field(default_factory=list)

    def build(self, n_in: int, n_out: int) -> Regressor:
        rng = np.random.default_rng(self.seed)
        sizes = (n_in, *self.settings.hidden, n_out)
        self.layers = [Dense(a, b, rng, last=k == len(sizes) - 2) for k, (a, b) in enumerate(zip(sizes, sizes[1:]))]
        return self

    def predict(self, batch: Matrix) -> Matrix:
        for layer in self.layers:
            batch = layer.forward(batch)
        return batch

    def loss(self, predicted: Matrix, wanted: Matrix) -> float:
        penalty = sum(float(np.sum(layer.weights**2)) for layer in self.layers)
        return float(np.mean(np.sum((predicted - wanted) ** 2, axis=1))) + 0.5 * self.settings.decay * penalty

    def step(self, batch: Matrix, wanted: Matrix) -> float:
        predicted = self.predict(batch)
        upstream = 2.0 * (predicted - wanted) / len(batch)
        for layer in reversed(self.layers):
            upstream = layer.backward(upstream)
        for layer in self.layers:
            layer.weights -= self.settings.rate * (layer.grad_weights + self.settings.decay * layer.weights)
            layer.bias -= self.settings.rate * layer.grad_bias
        return self.loss(predicted, wanted)

    def fit(self, inputs: Matrix, wanted: Matrix) -> list[float]:
        history: list[float] = []
        order = np.random.default_rng(self.seed + 1)
        for _ in range(self.settings.epochs):
            index = order.permutation(len(inputs))
            for start in range(0, len(inputs), self.settings.batch):
                chosen = index[start : start + self.settings.batch]
                history.append(self.step(inputs[chosen], wanted[chosen]))
        return history


def demo() -> None:
    rng = np.random.default_rng(5)
    inputs = rng.normal(size=(64, 3))
    wanted = np.stack([np.sin(inputs[:, 0]), inputs[:, 1] * inputs[:, 2]], axis=1)
    history = Regressor(Settings()).build(3, 2).fit(inputs, wanted)
    print(f"{history[0]:.3f} -> {history[-1]:.3f}")


if __name__ == "__main__":
    demo()
