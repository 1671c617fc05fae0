"""A test of the contract that every implementation of a network keeps, for implementations written elsewhere.

``models.network.Implementation`` is the contract: the functions ``forward``, ``backward``, ``update`` and ``train``, of
a module or of an object. ``check_implementation`` runs them on small networks and compares every number with the
referee, which differentiates numerically in float64.

Example:
    Gradient descent in NumPy, for sigmoid units and the sum of squared errors:

    >>> import numpy as np
    >>> from harness.models.network import Backward, Forward, Network
    >>> class ByNumPy:
    ...     def forward(self, network, weights, x, y):
    ...         z, a = [], [x]
    ...         for w in weights:
    ...             z.append(a[-1] @ w[1:] + w[0])
    ...             a.append(1 / (1 + np.exp(-z[-1])))
    ...         return Forward(z, a[1:], float(np.sum((a[-1] - y) ** 2)))
    ...
    ...     def backward(self, network, weights, x, y):
    ...         a = [x, *self.forward(network, weights, x, y).a]
    ...         delta = 2 * (a[-1] - y) * a[-1] * (1 - a[-1])
    ...         deltas, gradients = [], []
    ...         for layer in reversed(network.layers):
    ...             deltas.insert(0, delta)
    ...             gradients.insert(0, np.vstack([delta.sum(axis=0), a[layer - 1].T @ delta]))
    ...             delta = delta @ weights[layer - 1][1:].T * a[layer - 1] * (1 - a[layer - 1])
    ...         return Backward(deltas, gradients)
    ...
    ...     def update(self, network, weights, x, y, training):
    ...         gradients = self.backward(network, weights, x, y).gradients
    ...         return [w - training.learning_rate * g for w, g in zip(weights, gradients)]
    ...
    ...     def train(self, network, weights, x, y, training):
    ...         done = 0
    ...         for iteration in training.recorded:
    ...             while done < iteration:
    ...                 rows = slice(None) if training.batches is None else training.batches.rows(len(x), done)
    ...                 weights = self.update(network, weights, x[rows], y[rows], training)
    ...                 done += 1
    ...             yield weights

    >>> from harness.testing import check_implementation
    >>> networks = [Network((2, 3, 2), ("sigmoid", "sigmoid")), Network((3, 1), ("sigmoid",))]
    >>> check_implementation(ByNumPy(), networks=networks, optimizers=["sgd"])

    A wrong derivative is found, and where it begins:

    >>> class Mistaken(ByNumPy):
    ...     def backward(self, network, weights, x, y):
    ...         right = super().backward(network, weights, x, y)
    ...         return Backward(None, [right.gradients[0] / 2, *right.gradients[1:]])
    >>> check_implementation(Mistaken(), networks=networks, optimizers=["sgd"])
    Traceback (most recent call last):
    ...
    AssertionError: Mistaken.backward: gradient1 differs from the referee's by 0.1315 at (0, 2), allowed 4e-15
      2-3-2, sigmoid sigmoid, sum_of_squared_errors, float64
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparison import rounding
from .comparison.trace import COST, Quantity
from .models import initializers, numerical
from .models.activations import activation_named
from .models.batches import Batches
from .models.costs import COSTS, Targets, cost_named
from .models.network import ACTIVATION_NAMES, Array, Implementation, Network, Weights
from .models.optimizers import OPTIMIZER_NAMES, Optimizer
from .models.training import Training

OBSERVATIONS = 5
LEARNING_RATE = 0.05
RECORDED = (0, 1, 2, 5)
FUNCTIONS = ("forward", "backward", "update", "train")


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A network with weights and data of one dtype."""

    network: Network
    weights: Weights  # of each layer (inputs + 1, units)
    x: Array  # (observations, inputs)
    y: Array  # (observations, outputs)

    @property
    def arguments(self) -> tuple[Network, Weights, Array, Array]:
        """What every function of an implementation takes first; a list of its own."""
        return self.network, list(self.weights), self.x, self.y

    @property
    def dtype(self) -> str:
        """ "float64" or "float32" """
        return str(self.weights[0].dtype)

    def __str__(self) -> str:
        sizes = "-".join(map(str, self.network.sizes))
        return f"{sizes}, {' '.join(self.network.activations)}, {self.network.cost}, {self.dtype}"


def small_networks() -> list[Network]:
    """Every activation in a hidden layer and under a squared error, every cost, one layer and four."""
    elementwise = [name for name in ACTIVATION_NAMES if not activation_named(name).mixes_units]
    networks = [Network((2, 3, 2), (name, name)) for name in elementwise]
    networks += [Network((3, 4, 2), ("tanh", cost.output_activation or "linear"), name) for name, cost in COSTS.items()]
    return [*networks, Network((2, 1), ("sigmoid",)), Network((2, 3, 1, 2, 2), ("tanh", "sigmoid", "tanh", "linear"))]


def problem_of(network: Network, dtype: str) -> Problem:
    """Drawn weights, biases among them, and data that suit the cost; the same in every call."""
    rng = np.random.default_rng(0)
    shape = (OBSERVATIONS, network.sizes[-1])
    match cost_named(network.cost).targets:
        case Targets.NUMBERS:
            y = rng.normal(size=shape)
        case Targets.PROBABILITIES:
            y = rng.uniform(size=shape)
        case Targets.DISTRIBUTIONS:
            y = rng.dirichlet(np.ones(shape[1]), shape[0])
    kernel, bias = initializers.parse("glorot_uniform"), initializers.parse("random_normal(0.5)")
    return Problem(
        network=network,
        weights=initializers.draw(network, kernel, bias, 0, np.dtype(dtype)),
        x=rng.normal(size=(OBSERVATIONS, network.sizes[0])).astype(dtype),
        y=y.astype(dtype),
    )


@contextmanager
def left_alone(function: str, problem: Problem) -> Iterator[None]:
    """Raise AssertionError when the arrays of the problem are others afterwards than before."""
    arrays = [*problem.weights, problem.x, problem.y]
    names = [*(f"the weights of layer {layer}" for layer in problem.network.layers), "x", "y"]
    before = [array.copy() for array in arrays]
    yield
    for name, array, copy in zip(names, arrays, before):
        if not np.array_equal(array, copy):
            raise AssertionError(f"{function} changes {name}, which it was given\n  {problem}")


def check_arrays(
    function: str, problem: Problem, name: str, got: Sequence[Any], wanted: Sequence[Array], allowed: Sequence[Array]
) -> None:
    """Raise AssertionError unless each layer's array has the shape, the dtype and, nearly, the values wanted."""
    if len(got) != len(wanted):
        raise AssertionError(f"{function} gives {name} of {len(got)} layers, expected {len(wanted)}\n  {problem}")
    for layer, (ours, theirs, most) in enumerate(zip(got, wanted, allowed), start=1):
        quantity = Quantity(name, layer)
        if np.shape(ours) != theirs.shape:
            raise AssertionError(
                f"{function}: {quantity} has shape {np.shape(ours)}, expected {theirs.shape}\n  {problem}"
            )
        if getattr(ours, "dtype", None) != problem.dtype:
            dtype = getattr(ours, "dtype", type(ours).__name__)
            raise AssertionError(f"{function}: {quantity} is {dtype}, expected {problem.dtype}\n  {problem}")
        off = np.abs(np.asarray(ours, np.float64) - theirs)
        wrong = ~(off <= most)  # NaN is wrong too
        if np.any(wrong):
            place = np.unravel_index(int(np.argmax(np.where(wrong, np.nan_to_num(off, nan=np.inf), -1))), off.shape)
            raise AssertionError(
                f"{function}: {quantity} differs from the referee's by {off[place]:.4g} at "
                f"{tuple(int(index) for index in place)}, allowed {np.broadcast_to(most, off.shape)[place]:.1g}"
                f"\n  {problem}"
            )


def check_passes(name: str, implementation: Implementation, problem: Problem) -> None:
    """``forward``, ``backward`` and the ``update`` of gradient descent against the referee.

    What is allowed is twice the rounding-error bound of the quantity, and the referee's own error.
    """
    network, weights, x, y = problem.arguments
    bounds = rounding.bounds(network, weights, rounding.no_error(weights), x, y, LEARNING_RATE, problem.dtype)

    def allowed(quantity: str) -> list[Array]:
        return [2 * bounds[Quantity(quantity, layer)] for layer in network.layers]

    right = numerical.forward(network, weights, x, y)
    with left_alone(f"{name}.forward", problem):
        forward = implementation.forward(*problem.arguments)
    if forward.z is not None:
        check_arrays(f"{name}.forward", problem, "z", forward.z, right.z or [], allowed("z"))
    check_arrays(f"{name}.forward", problem, "a", forward.a, right.a, allowed("a"))
    if not abs(float(forward.cost) - right.cost) <= 2 * float(bounds[COST]):
        raise AssertionError(
            f"{name}.forward: the cost is {float(forward.cost):.6g}, the referee's {right.cost:.6g}\n  {problem}"
        )

    derivatives = numerical.differentiate(network, weights, x, y)
    gradients = [np.asarray(g) for g in derivatives.gradients]
    with left_alone(f"{name}.backward", problem):
        backward = implementation.backward(*problem.arguments)
    if backward.deltas is not None:
        deltas = numerical.backward(*problem.arguments).deltas or []
        own = [most + np.max(derivatives.errors) for most in allowed("delta")]
        check_arrays(f"{name}.backward", problem, "delta", backward.deltas, deltas, own)
    own = [most + error for most, error in zip(allowed("gradient"), derivatives.errors)]
    check_arrays(f"{name}.backward", problem, "gradient", backward.gradients, gradients, own)

    with left_alone(f"{name}.update", problem):
        updated = implementation.update(*problem.arguments, Training(LEARNING_RATE))
    wanted = [w.astype(np.float64) - LEARNING_RATE * g for w, g in zip(weights, gradients)]
    own = [most + LEARNING_RATE * error for most, error in zip(allowed("weights"), derivatives.errors)]
    check_arrays(f"{name}.update", problem, "weights", updated, wanted, own)


def near(weights: Weights, dtype: str) -> list[Array]:
    """What weights after some updates may differ by: half of the digits, of the layer's largest."""
    return [np.full(w.shape, np.sqrt(np.finfo(dtype).eps) * np.max(np.abs(w))) for w in weights]


def check_training(name: str, implementation: Implementation, problem: Problem, training: Training) -> None:
    """``train``, and ``update`` as its first iteration, against the same training by the referee."""
    path: list[Weights] = []
    kept: list[Weights] = []
    with left_alone(f"{name}.train", problem):
        for weights in implementation.train(*problem.arguments, training):
            path.append(weights)
            kept.append([np.array(w) for w in weights])
    call = f"{name}.train ({training.optimizer}{'' if training.batches is None else ', mini-batches'})"
    if len(path) != len(training.recorded):
        raise AssertionError(
            f"{call} gives the weights of {len(path)} iterations, {len(training.recorded)} are recorded\n  {problem}"
        )
    for iteration, given, weights in zip(training.recorded, path, kept):
        if not all(np.array_equal(a, b) for a, b in zip(given, weights)):
            raise AssertionError(f"{call} changes the weights of iteration {iteration} afterwards\n  {problem}")
    for iteration, got, wanted in zip(training.recorded, kept, numerical.train(*problem.arguments, training)):
        at = f"{call}, iteration {iteration}"
        check_arrays(at, problem, "weights", got, wanted, near(wanted, problem.dtype))
    if training.batches is None:
        wanted = numerical.update(*problem.arguments, training)
        got = implementation.update(*problem.arguments, training)
        at = f"{name}.update ({training.optimizer})"
        check_arrays(at, problem, "weights", got, wanted, near(wanted, problem.dtype))


def check_implementation(
    implementation: Implementation,
    *,
    networks: Sequence[Network] | None = None,
    optimizers: Sequence[str] = OPTIMIZER_NAMES,
    dtypes: Sequence[str] = ("float64", "float32"),
) -> None:
    """Test that an implementation of a network keeps the contract ``models.network.Implementation``.

    For every network and dtype, ``forward``, ``backward`` and ``update`` give arrays of the right shape and dtype whose
    values lie within rounding error of the referee's. For the first network and every optimizer, ``train`` gives the
    weights at the recorded iterations, and no others, with all observations and with mini-batches. No argument and
    nothing that was given back is changed. What an implementation does not offer (``z``, ``deltas``) may be None.

    Args:
        implementation: a module or an object with the four functions.
        networks: what it is tested on; by default small ones with every activation and every cost.
        optimizers: names from ``models.optimizers.OPTIMIZER_NAMES``.
        dtypes: of "float64" and "float32".

    Raises:
        AssertionError: it does not keep the contract; the message says where and by how much.

    Example:
        >>> from harness.models import numerical
        >>> check_implementation(numerical, dtypes=["float64"])  # the referee itself
    """
    name = str(getattr(implementation, "__name__", type(implementation).__name__)).rpartition(".")[2]
    for function in FUNCTIONS:
        if not callable(getattr(implementation, function, None)):
            raise AssertionError(f"{name} has no function {function!r}; expected {', '.join(FUNCTIONS)}")
    networks = small_networks() if networks is None else networks
    for dtype in dtypes:
        for network in networks:
            check_passes(name, implementation, problem_of(network, dtype))
    problem = problem_of(networks[0], dtypes[0])
    for optimizer in optimizers:
        training = Training(LEARNING_RATE, optimizer=Optimizer(optimizer), recorded=RECORDED)
        check_training(name, implementation, problem, training)
    # 2, 2 and 1 observation; the second recorded iteration lies in the second epoch
    mini_batches = Training(
        LEARNING_RATE, optimizer=Optimizer(optimizers[0]), recorded=(1, 4), batches=Batches(2, seed=1)
    )
    check_training(name, implementation, problem, mini_batches)
