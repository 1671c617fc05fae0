"""A little PyTorch look-alike: Module, Parameter, Sequential, SGD."""
from abc import ABC, abstractmethod
from typing import Iterator, List

import numpy as np


class Parameter:
    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.grad = np.zeros_like(data)

    def zero_grad(self) -> None:
        self.grad[...] = 0


class Module(ABC):
    @abstractmethod
    def forward(self, x: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def backward(self, grad: np.ndarray) -> np.ndarray: ...

    def parameters(self) -> Iterator[Parameter]:
        for value in vars(self).values():
            if isinstance(value, Parameter):
                yield value

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.forward(x)


class Linear(Module):
    def __init__(self, in_features: int, out_features: int) -> None:
        bound = 1 / np.sqrt(in_features)
        self.weight = Parameter(np.random.uniform(-bound, bound, (in_features, out_features)))
        self.bias = Parameter(np.random.uniform(-bound, bound, (1, out_features)))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.saved = x
        return np.matmul(x, self.weight.data) + self.bias.data

    def backward(self, grad: np.ndarray) -> np.ndarray:
        self.weight.grad += np.matmul(self.saved.T, grad)
        self.bias.grad += grad.sum(0, keepdims=True)
        return np.matmul(grad, self.weight.data.T)


class ReLU(Module):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad: np.ndarray) -> np.ndarray:
        return grad * self.mask


class Sigmoid(Module):
    def forward(self, x: np.ndarray) -> np.ndarray:
        self.out = 1.0 / (1.0 + np.exp(-x))
        return self.out

    def backward(self, grad: np.ndarray) -> np.ndarray:
        return grad * self.out * (1 - self.out)


class Sequential(Module):
    def __init__(self, *modules: Module) -> None:
        self.modules: List[Module] = list(modules)

    def forward(self, x: np.ndarray) -> np.ndarray:
        for m in self.modules:
            x = m(x)
        return x

    def backward(self, grad: np.ndarray) -> np.ndarray:
        for m in reversed(self.modules):
            grad = m.backward(grad)
        return grad

    def parameters(self) -> Iterator[Parameter]:
        for m in self.modules:
            yield from m.parameters()


class BCELoss:
    def __call__(self, p: np.ndarray, t: np.ndarray) -> float:
        self.p, self.t = np.clip(p, 1e-9, 1 - 1e-9), t
        return -np.mean(self.t * np.log(self.p) + (1 - self.t) * np.log(1 - self.p))

    def backward(self) -> np.ndarray:
        return (self.p - self.t) / (self.p * (1 - self.p)) / self.p.size


class SGD:
    def __init__(self, parameters: Iterator[Parameter], lr: float, momentum: float = 0.0) -> None:
        self.parameters, self.lr, self.momentum = list(parameters), lr, momentum
        self.buffers = [np.zeros_like(p.data) for p in self.parameters]

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.zero_grad()

    def step(self) -> None:
        for p, v in zip(self.parameters, self.buffers):
            v *= self.momentum
            v += p.grad
            p.data -= self.lr * v


def main() -> None:
    np.random.seed(17)
    x = np.random.uniform(-1, 1, (100, 2))
    t = (x[:, :1] * x[:, 1:] > 0).astype(float)

    model = Sequential(Linear(2, 12), ReLU(), Linear(12, 6), ReLU(), Linear(6, 1), Sigmoid())
    criterion = BCELoss()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(300):
        optimizer.zero_grad()
        loss = criterion(model(x), t)
        model.backward(criterion.backward())
        optimizer.step()
        if epoch % 50 == 0:
            print(f"Epoch {epoch:3d}: loss = {loss:.4f}")


if __name__ == "__main__":
    main()
