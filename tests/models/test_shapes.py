"""Every array of ``models`` has the shape that its annotation says, in the functions that people call and within."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest

from harness.models import (
    batches,
    ensemble,
    handwritten,
    initializers,
    loop,
    members_first,
    members_last,
    network,
    numerical,
    observations_last,
    sequential,
    tape,
    transposed_kernels,
)
from harness.models.batches import Batches
from harness.models.network import Network
from harness.models.training import Training
from harness.testing import check_implementation, problem_of
from tests.shapes import WrongShape, annotated_functions, check_module, checked

NETWORKS = [
    Network((2, 3, 4, 2), ("tanh", "relu", "sigmoid")),
    Network((3, 4, 2), ("leaky_relu", "softmax"), "categorical_crossentropy"),
]


@pytest.mark.usefixtures("compiled_anew")
@pytest.mark.parametrize(
    "module",
    [numerical, *(pytest.param(module, marks=pytest.mark.slow) for module in (handwritten, tape, sequential))],
    ids=lambda module: module.__name__,
)
def test_shapes_of_an_implementation(module, monkeypatch):
    names = check_module(monkeypatch, module)
    assert {"forward", "backward", "update", "train"} <= set(names)
    dtypes = ["float64"] if module is numerical else ["float64", "float32"]
    check_implementation(module, networks=NETWORKS, optimizers=["sgd", "adam"], dtypes=dtypes)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_anew")
@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_shapes_of_an_ensemble(network, is_last, monkeypatch):
    monkeypatch.setattr(ensemble, "is_small", lambda network, observations: is_last)
    check_module(monkeypatch, initializers)
    assert {"train", "outcome", "outcomes", "costs"} <= set(check_module(monkeypatch, ensemble))
    for way in (members_first, members_last):
        assert {"hold", "release", "output", "gradients", "weight_gradient"} <= set(check_module(monkeypatch, way))
    problem = problem_of(network, "float32")
    training = Training(0.1, recorded=[0, 3], batches=Batches(2))

    def draw(members):
        return initializers.draw_members(
            network, initializers.parse("orthogonal"), None, 0, members, np.dtype("float32")
        )

    assert len(list(ensemble.train(network, draw(range(3)), problem.x, problem.y, training))) == 2
    outcomes = list(ensemble.outcomes(network, draw, 5, problem.x, problem.y, training, 3))
    assert [outcome.costs.shape for outcome in outcomes] == [(2, 3), (2, 2)]
    assert ensemble.iterations_to_reach(0.1, outcomes[0], training.recorded).shape == (3,)


def test_a_wrong_shape_is_found():
    problem = problem_of(NETWORKS[0], "float64")
    forward = checked(numerical.forward)
    forward(*problem.arguments)
    with pytest.raises(WrongShape, match=r"forward: y has shape \(4, 2\), annotated 'observations outputs'"):
        forward(problem.network, problem.weights, problem.x, problem.y[:4])
    with pytest.raises(WrongShape, match=r"forward: weights\[0\] has shape \(3,\)"):
        forward(problem.network, [w[:, 0] for w in problem.weights], problem.x, problem.y)


def test_no_public_function_takes_or_gives_an_array_without_a_shape():
    """But for elementwise ones, tables of names, and lists in Keras' order."""
    shapeless = {
        "sigmoid", "softplus", "log_softmax", "activate", "cost", "sgd", "momentum", "nesterov", "rmsprop", "adam",
        "layers_from", "to_keras", "from_keras", "check_weights", "check_members", "rates_of_members", "members_of",
        "numbers_of", "settings_of_members", "set_optimizer", "open_interval", "advance",
    }  # fmt: skip
    for module in (
        batches,
        ensemble,
        handwritten,
        initializers,
        loop,
        members_first,
        members_last,
        observations_last,
        network,
        numerical,
        sequential,
        tape,
        transposed_kernels,
    ):
        for name, function in vars(module).items():
            if not inspect.isfunction(function) or function.__module__ != module.__name__:
                continue
            hints = " ".join(str(hint) for hint in function.__annotations__.values())
            bare = hints.replace("Float[Array", "").replace("NDArray", "")
            assert name in shapeless or "Array" not in bare, f"{module.__name__}.{name}"
    assert "forward" in annotated_functions(handwritten)


@pytest.mark.slow
def test_a_program_does_not_load_jaxtyping():
    code = "import sys, harness.models.handwritten, harness.testing; sys.exit('jaxtyping' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
