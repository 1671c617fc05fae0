"""Mini-batches: what they are made of, that they are Keras' own, and that all implementations train on the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import board
from harness.comparison import experiment
from harness.comparison.post import is_post
from harness.comparison.trace import Quantity, take_whole
from harness.diagnosis import scenarios as diagnose
from harness.diagnosis.outcomes import OutcomeKind
from harness.diagnosis.scenarios.judge import sampled
from harness.diagnosis.scenarios.runs import gradients_of, run_course
from harness.models import batches as batches_room
from harness.models import ensemble, handwritten, loop, numerical, sequential, tape
from harness.models import network as network_room
from harness.models.batches import Batches, pieces
from harness.models.network import Network, from_keras, to_keras
from harness.models.optimizers import SGD, Optimizer
from harness.models.training import Training
from harness.report import comparison
from harness.scenario.scenario import load, record_of_costs
from harness.sweeps import sweep
from tests.networks import Problem, random_problem

ROOT = Path(__file__).resolve().parents[2]
IMPLEMENTATIONS = {"handwritten": handwritten, "tape": tape, "sequential": sequential}
ORDERS = ([7, 0, 1, 6, 4, 5, 3, 2], [3, 4, 7, 0, 6, 5, 2, 1])  # of two epochs
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 45))


def problem_of(observations: int, cost: str = "mean_squared_error", seed: int = 0) -> Problem:
    """A 3-4-2 network, its weights and so many observations."""
    network = Network((3, 4, 2), ("tanh", "sigmoid"), cost)
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 0.5, shape) for shape in network.shapes]
    return Problem(network, weights, rng.normal(size=(observations, 3)), rng.uniform(0, 1, (observations, 2)))


def same(ours, theirs) -> bool:
    """Whether two lists of weights are the same bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


# What they are made of


@given(SIZES, st.booleans(), st.integers(0, 2**31 - 1), st.integers(0, 5))
def test_the_batches_of_an_epoch_are_all_observations_once(sizes, shuffle, seed, epoch):
    observations, size = sizes
    batches = Batches(size, shuffle, seed)
    first = epoch * batches.per_epoch(observations)
    rows = [batches.rows(observations, first + k) for k in range(batches.per_epoch(observations))]
    assert [len(r) for r in rows[:-1]] == [size] * (len(rows) - 1)
    assert 1 <= len(rows[-1]) <= size
    assert sorted(np.concatenate(rows).tolist()) == list(range(observations))
    if not shuffle:
        assert np.concatenate(rows).tolist() == list(range(observations))


@given(SIZES, st.integers(0, 50), st.integers(0, 50), st.integers(1, 50))
def test_a_training_that_begins_later_has_the_later_batches(sizes, begin, first, count):
    """And the orders that a loop asks for have every batch where it looks for it."""
    observations, size = sizes
    batches = Batches(size, seed=7)
    later = batches.starting_at(begin)
    orders, place = later.orders(observations, first, first + count)
    for iteration in range(first, first + count):
        wanted = batches.rows(observations, begin + iteration).tolist()
        assert later.rows(observations, iteration).tolist() == wanted
        epoch, number = divmod(place + iteration - first, later.per_epoch(observations))
        assert orders[epoch, number * size : (number + 1) * size].tolist() == wanted


@given(SIZES, st.integers(0, 10**9), st.integers(0, 10**6))
def test_the_orders_held_are_enough_wherever_a_call_begins(sizes, begin, first):
    observations, size = sizes
    batches = Batches(size, False, 0, begin)
    epochs = batches.epochs_held(observations)
    held = min(batches.iterations_held(observations), 3 * batches.per_epoch(observations))
    last = begin + first + batches.iterations_held(observations) - 1
    per_epoch = batches.per_epoch(observations)
    assert last // per_epoch - (begin + first) // per_epoch < epochs
    assert len(batches.orders(observations, first, first + held)[0]) <= epochs


def test_orders_are_the_same_on_every_machine():
    """Written down once: a change of them would change everybody's results."""
    assert Batches(2).order(8, 0).tolist() == ORDERS[0]
    assert Batches(2, seed=1).order(8, 3).tolist() == ORDERS[1]


def test_every_observation_is_as_likely_in_every_place():
    """Chi-squared of a 5 x 5 table with (5 - 1)^2 degrees of freedom; its 99.99 % quantile is 45"""
    counts = np.zeros((5, 5))
    for epoch in range(5000):
        counts[np.arange(5), Batches(2, seed=3).order(5, epoch)] += 1
    assert np.sum((counts - 1000) ** 2 / 1000) < 45


def test_seeds_and_epochs_have_orders_of_their_own():
    orders = {tuple(Batches(2, seed=s).order(50, e).tolist()) for s in range(20) for e in range(20)}
    assert len(orders) == 400


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": 2, "seed": -1}, {"size": 2, "begin": -1}])
def test_what_are_not_batches_is_refused(wrong):
    with pytest.raises(ValueError, match="or above, got"):
        Batches(**wrong)


@given(st.integers(1, 100), st.integers(1, 120))
def test_pieces_are_all_observations(observations, at_most):
    found = [list(range(observations))[piece] for piece in pieces(observations, at_most)]
    assert [row for piece in found for row in piece] == list(range(observations))
    assert all(len(piece) <= at_most for piece in found)


# Training on them, against Keras' own fit


KERAS = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
}


def kerases_own(problem: Problem, size: int, epochs: int) -> list[np.ndarray]:
    """The weights after so many epochs of a plain ``fit`` with a batch size."""
    network, weights, x, y = problem
    with sequential.floatx("float64"):
        model = keras.Sequential([keras.Input((3,))])
        for units, activation in zip(network.sizes[1:], network.activations):
            model.add(keras.layers.Dense(units, activation=activation, dtype="float64"))
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss=KERAS[network.cost](dtype="float64"))
        model.set_weights(to_keras(weights))
        model.fit(x, y, batch_size=size, epochs=epochs, shuffle=False, verbose=0)
        return from_keras(model.get_weights())


@pytest.mark.slow
@pytest.mark.parametrize(("size", "cost"), [(5, "binary_crossentropy"), (4, "mean_squared_error")])
def test_unshuffled_batches_train_as_keras_own_fit_does(size, cost):
    """12 observations in batches of 4, and of 5 with 2 left, which count as much as a whole batch."""
    problem = problem_of(12, cost)
    wanted = kerases_own(problem, size, epochs=3)
    for module in IMPLEMENTATIONS.values():
        (found,) = module.train(*problem, Training(0.5, recorded=[9], batches=Batches(size, shuffle=False)))
        for ours, theirs in zip(found, wanted):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.slow  # each example compiles every implementation
@settings(max_examples=2, deadline=None)
@given(st.integers(2, 12), st.integers(1, 12), st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1))
def test_every_implementation_trains_on_the_same_batches(observations, size, order_seed, seed):
    """What each comes to is what its own update makes of the batches, one after the other."""
    network, weights, _, _ = random_problem(np.random.default_rng(seed), deepest=2, widest=5)
    rng = np.random.default_rng(seed + 1)
    x = rng.normal(size=(observations, network.sizes[0]))
    y = rng.dirichlet(np.ones(network.sizes[-1]), observations)
    batches = Batches(size, seed=order_seed)
    iterations = 2 * batches.per_epoch(observations) + 1
    expected = weights
    for iteration in range(iterations):
        rows = batches.rows(observations, iteration)
        expected = handwritten.update(network, expected, x[rows], y[rows], Training(0.1))
    for module in IMPLEMENTATIONS.values():
        (found,) = module.train(network, weights, x, y, Training(0.1, recorded=[iterations], batches=batches))
        for ours, theirs in zip(found, expected):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("handwritten", 5),
        *(pytest.param(name, 5, marks=pytest.mark.slow) for name in ("tape", "sequential")),
        *(pytest.param(name, 4, marks=pytest.mark.slow) for name in IMPLEMENTATIONS),
    ],
)
def test_one_iteration_at_a_time_is_one_call_bit_for_bit(name, size):
    network, weights, x, y = problem_of(12)
    batches, module = Batches(size, seed=2), IMPLEMENTATIONS[name]
    (whole,) = module.train(network, weights, x, y, Training(0.5, recorded=[8], batches=batches))
    *_, recorded = module.train(network, weights, x, y, Training(0.5, recorded=range(9), batches=batches))
    assert same(whole, recorded)
    for iteration in range(8):
        (weights,) = module.train(
            network, weights, x, y, Training(0.5, recorded=[1], batches=batches.starting_at(iteration))
        )
    assert same(whole, weights)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["handwritten", "sequential"])
def test_calls_that_hold_few_orders_change_nothing(name, monkeypatch):
    problem, module = problem_of(11), IMPLEMENTATIONS[name]
    adam = Optimizer("adam")
    (whole,) = module.train(*problem, Training(0.01, optimizer=adam, recorded=[40], batches=Batches(3)))
    monkeypatch.setattr(batches_room, "ORDERS", 1)
    groups = list(loop.calls(problem.network, 11, 1, [40], 32, Batches(3)))
    assert len(groups) == 8  # of 5 iterations, which lie in two epochs wherever they begin
    (split,) = module.train(*problem, Training(0.01, optimizer=adam, recorded=[40], batches=Batches(3)))
    assert same(whole, split)


@pytest.mark.parametrize(
    "name", ["handwritten", *(pytest.param(name, marks=pytest.mark.slow) for name in ("tape", "sequential"))]
)
def test_a_batch_of_all_observations_is_the_full_batch(name):
    problem, module = problem_of(6), IMPLEMENTATIONS[name]
    full = list(module.train(*problem, Training(0.5, recorded=[0, 3])))
    for size in (6, 100):
        found = list(
            module.train(*problem, Training(0.5, optimizer=SGD, recorded=[0, 3], batches=Batches(size, shuffle=False)))
        )
        assert all(same(a, b) for a, b in zip(found, full))


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_anew")
def test_other_seeds_and_beginnings_share_a_program():
    """Compiling takes over a second, a call a few milliseconds."""
    problem = problem_of(13)

    def seconds(**of_batches) -> float:
        begin = time.process_time()
        list(handwritten.train(*problem, Training(0.5, recorded=[0, 30], batches=Batches(6, **of_batches))))
        return time.process_time() - begin

    first = seconds()
    assert max(seconds(begin=k, seed=k) for k in range(1, 6)) < first / 3


# The ensemble


@pytest.mark.slow
@pytest.mark.parametrize("size", [5, 4])
def test_a_member_of_an_ensemble_is_the_handwritten_run(size):
    network, weights, x, y = problem_of(12)
    many = [np.stack([w, 0.5 * w, -w], axis=-1) for w in weights]
    batches = Batches(size, seed=2)
    outcome = ensemble.outcome(network, many, x, y, Training(0.5, recorded=[0, 7], batches=batches))
    *_, last = ensemble.train(network, many, x, y, Training(0.5, recorded=[0, 7], batches=batches))
    assert same(last, outcome.weights)
    for number, factor in enumerate((1, 0.5, -1)):
        (alone,) = handwritten.train(
            network, [factor * w for w in weights], x, y, Training(0.5, recorded=[7], batches=batches)
        )
        for ours, theirs in zip(last, alone):
            np.testing.assert_allclose(ours[..., number], theirs, rtol=1e-12, atol=1e-13)
        # the cost is that of all observations
        assert outcome.costs[1, number] == pytest.approx(numerical.forward(network, alone, x, y).cost, rel=1e-12)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_anew")
@pytest.mark.parametrize(("observations", "cost"), [(12, "sum_of_squared_errors"), (13, "mean_squared_error")])
def test_costs_in_pieces_are_the_costs(observations, cost, monkeypatch):
    network, weights, x, y = problem_of(observations, cost)
    many = [np.stack([w, -w], axis=-1) for w in weights]
    monkeypatch.setattr(ensemble, "PIECE", 4 * 2 * 4)  # four units, a block of two members, four observations
    monkeypatch.setattr(network_room, "BLOCK", 2)
    found = ensemble.outcome(network, many, x, y, Training(0.5, recorded=[0], batches=Batches(5))).costs[0]
    wanted = [numerical.forward(network, [sign * w for w in weights], x, y).cost for sign in (1, -1)]
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


# In the harness


DIGITS = ("digits", {"batch_size": 32, "iterations": 60, "initializers": ["glorot_uniform"], "hidden": [8]})
XOR = ("xor", {"batch_size": 3, "iterations": 60, "initializers": ["glorot_uniform"]})


def check_compared(compared: experiment.Experiment) -> None:
    """A comparison agrees, its quantities are those of a batch, and its curve is that of all observations."""
    assert compared.agrees
    run, scenario = compared.runs[0], compared.scenario
    assert {0, 1, 2, 5, 10, 20, 50, 60} <= {*run.recorded}
    assert compared.runs[1].recorded == (0, 1, 2, 5, 10, 20, 50, 60)
    trace = run.traces[2]
    rows = scenario.batches.rows(len(scenario.x), 2)
    forward = numerical.forward(scenario.network, run.weights[2], scenario.x[rows], scenario.y[rows])
    np.testing.assert_allclose(trace[Quantity("a", scenario.network.depth)], forward.a[-1], rtol=1e-9)
    assert run.batch_costs[2] == pytest.approx(forward.cost, rel=1e-12)
    for weights, cost, outputs in zip(run.weights, run.costs, run.outputs):
        everything = numerical.forward(scenario.network, weights, scenario.x, scenario.y)
        assert cost == pytest.approx(everything.cost, rel=1e-12)
        np.testing.assert_allclose(outputs, everything.a[-1][:16], rtol=1e-9)
    assert run.costs != run.batch_costs


@pytest.fixture(scope="module")
def compared():
    """A comparison of xor in batches of 3 and 1."""
    return experiment.run(load(*XOR))


@pytest.mark.slow
def test_a_comparison_is_made_in_batches(compared):
    check_compared(compared)


@pytest.mark.slow
def test_a_comparison_of_many_observations_is_made_in_batches():
    pytest.importorskip("sklearn")
    scenario = load(*DIGITS)
    assert len(scenario.batch(56)[0]) == 5  # the last of the first epoch has 1797 - 56 x 32 observations
    check_compared(experiment.run(scenario))


@pytest.mark.slow
def test_a_comparison_says_what_its_batches_were(compared):
    document = compared.to_dict()
    assert document["scenario"]["batch_size"] == 3
    assert document["scenario"]["shuffle"] is True
    assert document["runs"][0]["final_cost"] == pytest.approx(compared.runs[0].costs[-1])
    assert "those of its batch of 3" in comparison.agreement_notes(compared)
    full = comparison.scenario_json(load("post"))
    assert full["batch_size"] is None
    assert full["shuffle"] is None


@pytest.mark.slow
def test_batches_of_two_sizes_are_shown_in_tensorboard(tmp_path):
    """Batches of 2 and 1: the means and histograms of each iteration are those of its own batch."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    scenario = load("xor", {"batch_size": 3, "iterations": 3, "record": "all", "initializers": ["glorot_uniform"]})
    run = experiment.run(scenario).runs[0]
    assert [len(trace_a) for trace_a in run.curve(next(q for q in run.traces[0] if str(q) == "a1"))] == [3, 1, 3, 1]
    board.write(run, tmp_path / "run", 0.0, network=scenario.network)
    events = EventAccumulator(str(tmp_path / "run"), size_guidance={"tensors": 0}).Reload()

    def tag(name):
        return [make_ndarray(event.tensor_proto) for event in events.Tensors(name)]

    np.testing.assert_allclose(tag("cost"), run.costs, rtol=1e-6)
    np.testing.assert_allclose(tag("batch_cost"), run.batch_costs, rtol=1e-6)
    a1 = [trace[next(q for q in trace if str(q) == "a1")] for trace in run.traces]
    np.testing.assert_allclose(tag("units of layer1/activation_mean/neuron1"), [a[:, 1].mean() for a in a1], rtol=1e-6)
    assert [h[:, 2].sum() for h in tag("units of layer1/activation/neuron0")] == [3, 1, 3, 1]
    outputs = numerical.forward(scenario.network, run.weights[-1], scenario.x, scenario.y).a[-1]
    assert tag("units of layer2/output/observation3_unit0")[-1] == pytest.approx(outputs[3, 0], rel=1e-6)


@pytest.mark.slow
def test_a_sweep_trains_in_the_scenarios_batches():
    scenario = load("xor", {"batch_size": 3, "iterations": 20, "initializers": ["glorot_uniform"], "seed": 4})
    (group,) = sweep.run(sweep.job(scenario, sweep.combinations(["glorot_uniform"], ["sgd"], [3.0]), 3)).groups
    for member in range(3):
        start = load("xor", {"seed": 4 + member}).start("glorot_uniform")
        (alone,) = handwritten.train(
            scenario.network, start, scenario.x, scenario.y, Training(3.0, recorded=[20], batches=scenario.batches)
        )
        wanted = numerical.forward(scenario.network, alone, scenario.x, scenario.y).cost
        assert group.final_cost[member] == pytest.approx(wanted, rel=1e-9)


def test_a_sweep_records_no_more_costs_than_take_as_long_as_its_training():
    """Of 4 observations each cost is a third of the work of a full batch, or of 4 / 3 iterations of one observation."""
    assert record_of_costs(load("xor")) == "log 200"
    assert record_of_costs(load("xor", {"batch_size": 1, "iterations": 100})) == "log 75"
    assert record_of_costs(load("xor", {"batch_size": 1, "iterations": 1})) == "log"
    assert record_of_costs(load("xor", {"batch_size": 1, "iterations": 10_000})) == "log 200"


def test_a_diagnosis_trains_in_the_scenarios_batches():
    scenario = load("xor", {"batch_size": 1, "iterations": 40, "initializers": ["glorot_uniform"]})
    case = diagnose.case_of(scenario)
    course = run_course(case, 40)
    weights = case.start
    for iteration in range(40):
        rows = scenario.batches.rows(4, iteration)
        weights = handwritten.update(case.network, weights, case.x[rows], case.y[rows], Training(case.learning_rate))
    for ours, theirs in zip(course.weights[-1], weights):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert course.costs[-1] == pytest.approx(numerical.forward(case.network, weights, case.x, case.y).cost, rel=1e-9)


@pytest.mark.slow
def test_a_diagnosis_in_batches_names_a_cause_and_its_proof():
    """XOR one observation at a time, from clones: they cannot be parted, and noise parts them."""
    scenario = load("xor", {"batch_size": 1, "initializers": ["ones"], "iterations": 4000, "learning_rate": 1.0})
    found = diagnose.diagnose(diagnose.case_of(scenario), 60.0)
    assert found.outcome is OutcomeKind.UNDERFITS
    assert "clones" in [cause.fault for cause in found.causes]


def test_gradients_and_costs_of_many_observations_are_taken_in_pieces(monkeypatch):
    from harness.comparison import trace
    from harness.diagnosis.scenarios import runs

    scenario = load("xor", {"initializers": ["glorot_uniform"]})
    case = diagnose.case_of(scenario)
    whole = gradients_of(case, case.start)
    monkeypatch.setattr(runs, "PIECE", 3 * 2)
    monkeypatch.setattr(trace, "PIECE", 3 * 2)
    monkeypatch.setattr(trace, "FIRST", 1)
    for ours, theirs in zip(gradients_of(case, case.start), whole):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    cost = take_whole(numerical.forward, case.network, case.start, case.x, case.y).cost
    assert cost == pytest.approx(numerical.forward(case.network, case.start, case.x, case.y).cost, rel=1e-14)


def test_a_sample_is_no_smaller_than_a_batch():
    """Mini-batches take as long on fewer observations, so only their costs are reason to leave some out."""
    pytest.importorskip("sklearn")
    in_batches = diagnose.case_of(load("digits", {"batch_size": 100, "iterations": 10**6}))
    assert len(sampled(in_batches, 30.0).x) == 1797
    assert len(sampled(in_batches, 1e-6).x) == 100
    assert len(sampled(diagnose.case_of(load("digits", {"iterations": 10**6})), 30.0).x) == 64


def test_the_post_in_batches_is_not_the_post():
    assert is_post(load("post", {"iterations": 3}))
    assert not is_post(load("post", {"batch_size": 1}))


# At scale


@pytest.mark.long
@pytest.mark.parametrize(("hidden", "iterations"), [(32, 2000), (1024, 50)])
def test_a_hundred_thousand_observations(tmp_path, hidden, iterations):
    """In a child, whose memory is its own to be measured."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 64))
    np.savez(tmp_path / "many.npz", x=x, y=np.argmax(x @ rng.normal(size=(64, 10)), axis=1))
    (tmp_path / "many.toml").write_text(
        f"""
        [data]
        npz = "many.npz"
        [network]
        hidden = [{hidden}]
        cost = "categorical_crossentropy"
        activations = ["tanh", "softmax"]
        [training]
        batch_size = 128
        initializers = ["glorot_uniform"]
        learning_rate = 0.2
        iterations = {iterations}
        """
    )
    measured = (
        "import resource, sys; from harness.cli.main import main; code = main(sys.argv[1:]); print(resource.getrusage"
    )
    measured += "(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    commands = {"compare": [], "sweep": ["--seeds", "4"], "diagnose": ["--budget", "5"]}
    for command, options in commands.items():
        done = subprocess.run(
            [sys.executable, "-c", measured, command, "many.toml", "--json", "--no-log", *options],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in ((0, 1) if command == "diagnose" else (0,)), done.stderr[-2000:]
        assert json.loads(done.stdout)
        assert int(done.stderr.split()[-1]) < 4 * 2**20  # kilobytes
