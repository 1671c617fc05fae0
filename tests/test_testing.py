"""The public test of an implementation: what keeps the contract passes, and each way to break it is reported."""

from __future__ import annotations

import doctest
import types
from dataclasses import replace

import numpy as np
import pytest

from harness import testing
from harness.models import handwritten, numerical, sequential, tape
from harness.models.activations import trainable_names
from harness.models.costs import COSTS
from harness.models.network import Network
from harness.models.optimizers import OPTIMIZER_NAMES
from harness.testing import check_implementation

NETWORKS = [Network((2, 3, 2), ("tanh", "sigmoid"))]


@pytest.mark.slow
@pytest.mark.parametrize("module", [handwritten, tape, sequential], ids=lambda module: module.__name__.split(".")[-1])
def test_our_own_implementations_keep_the_contract(module):
    check_implementation(module)


def test_the_examples_run():
    done = doctest.testmod(testing)
    assert done.attempted >= 10
    assert done.failed == 0


def test_the_small_networks_have_every_activation_and_cost():
    networks = testing.small_networks()
    assert {name for network in networks for name in network.activations} == set(trainable_names())
    assert {network.cost for network in networks} == set(COSTS)
    assert {network.depth for network in networks} == {1, 2, 4}


def changed(**functions):
    """The referee in float64, with some functions replaced."""
    own = {name: getattr(numerical, name) for name in testing.FUNCTIONS}
    return types.SimpleNamespace(**{**own, **functions})


def told(implementation, **settings):
    """What ``check_implementation`` raises."""
    settings = {"networks": NETWORKS, "optimizers": ["sgd"], "dtypes": ["float64"], **settings}
    with pytest.raises(AssertionError) as caught:
        check_implementation(implementation, **settings)
    return str(caught.value)


def test_the_unchanged_one_passes():
    check_implementation(changed(), networks=NETWORKS, optimizers=OPTIMIZER_NAMES, dtypes=["float64"])


def test_a_missing_function():
    assert "no function 'train'" in told(changed(train=None))


def of_forward(**parts):
    def forward(*arguments):
        right = numerical.forward(*arguments)
        return replace(right, **{name: change(getattr(right, name)) for name, change in parts.items()})

    return changed(forward=forward)


def of_backward(**parts):
    def backward(*arguments):
        right = numerical.backward(*arguments)
        return replace(right, **{name: change(getattr(right, name)) for name, change in parts.items()})

    return changed(backward=backward)


def shifted(values):
    """The last layer is off in one place by a millionth of a millionth."""
    last = values[-1].copy()
    last[0, 0] += 1e-12
    return [*values[:-1], last]


@pytest.mark.parametrize(
    ("implementation", "message"),
    [
        (of_forward(z=shifted), "forward: z2 differs"),
        (of_forward(a=shifted), r"forward: a2 differs from the referee's by 1e-12 at (0, 0), allowed"),
        (of_forward(cost=lambda cost: cost / 2), "forward: the cost is"),
        (of_forward(cost=lambda cost: float("nan")), "forward: the cost is nan"),
        (of_forward(a=lambda a: [v.T for v in a]), "forward: a1 has shape (3, 5), expected (5, 3)"),
        (of_forward(a=lambda a: a[1:]), "a of 1 layers, expected 2"),
        (of_forward(a=lambda a: [v.astype("float32") for v in a]), "a1 is float32, expected float64"),
        (of_forward(a=lambda a: [v.tolist() for v in a]), "a1 is list, expected float64"),
        (of_backward(deltas=shifted), "backward: delta2 differs"),
        (of_backward(gradients=shifted), "backward: gradient2 differs"),
        (
            of_backward(gradients=lambda g: [v * np.nan for v in g]),
            "backward: gradient1 differs from the referee's by nan",
        ),
    ],
)
def test_a_wrong_pass(implementation, message):
    assert message in told(implementation)


def test_what_is_not_offered_may_be_left_out():
    check_implementation(of_forward(z=lambda z: None), networks=NETWORKS, optimizers=["sgd"], dtypes=["float64"])
    check_implementation(of_backward(deltas=lambda d: None), networks=NETWORKS, optimizers=["sgd"], dtypes=["float64"])


@pytest.mark.parametrize("function", testing.FUNCTIONS)
def test_arguments_must_be_left_alone(function):
    right = getattr(numerical, function)

    def writes(network, weights, x, y, *training):
        answer = right(network, [w.copy() for w in weights], x.copy(), y.copy(), *training)
        answer = list(answer) if function == "train" else answer
        weights[1][0] += 1
        return answer

    assert f"{function} changes the weights of layer 2" in told(changed(**{function: writes}))


def test_an_update_uphill():
    def update(network, weights, x, y, training):
        return numerical.update(network, weights, x, y, replace(training, learning_rate=-training.learning_rate))

    assert "update: weights1 differs" in told(changed(update=update))


@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_training_with_another_rate(optimizer):
    def train(network, weights, x, y, training):
        return numerical.train(network, weights, x, y, replace(training, learning_rate=0.0501))

    message = told(changed(train=train), optimizers=[optimizer])
    assert f"train ({optimizer}), iteration 1: weights1 differs" in message


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZER_NAMES if name != "sgd"])
def test_an_optimizer_that_forgets_its_state(optimizer):
    def train(network, weights, x, y, training):
        for iteration in range(training.recorded[-1] + 1):
            if iteration in training.recorded:
                yield weights
            weights = numerical.update(network, weights, x, y, training)

    assert f"train ({optimizer}), iteration 2" in told(changed(train=train), optimizers=[optimizer])


def test_batches_that_are_not_looked_at():
    def train(network, weights, x, y, training):
        return numerical.train(network, weights, x, y, replace(training, batches=None))

    assert "train (sgd, mini-batches), iteration 1: weights1 differs" in told(changed(train=train))


def test_iterations_that_were_not_asked_for():
    def train(network, weights, x, y, training):
        return numerical.train(network, weights, x, y, replace(training, recorded=range(6)))

    assert "train (sgd) gives the weights of 6 iterations, 4 are recorded" in told(changed(train=train))


def test_weights_that_change_after_they_were_given():
    def train(network, weights, x, y, training):
        own = [w.copy() for w in weights]
        for now in numerical.train(network, weights, x, y, training):
            for mine, reached in zip(own, now):
                mine[:] = reached
            yield own

    assert "changes the weights of iteration 0 afterwards" in told(changed(train=train))
