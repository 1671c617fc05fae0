"""The unbroken pass against three others that owe it nothing, and the catalogue as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from harness.check import backprop, changes, mistakes
from harness.check.backprop import COST_FORMS, STEPS, Problem, State
from harness.check.mistakes import CATALOGUE
from harness.check.observe import numbers_for
from harness.trace import COST, Quantity, take
from models import handwritten, numerical, tape
from models.network import Network
from tests.networks import post_problem, problems

# the ids that issue 5 asks for
WANTED = [
    "missing-factor-two",
    "mean-instead-of-sum",
    "wrong-sign",
    "missing-output-activation-derivative",
    "missing-hidden-activation-derivative",
    "derivative-of-activation",
    "wrong-derivative",
    "matmul-for-elementwise",
    "elementwise-for-matmul",
    "transposed-weights",
    "transposed-gradient",
    "bias-row-not-dropped",
    "bias-missing-in-forward",
    "bias-gradient-missing",
    "bias-gradient-averaged",
    "updated-weights-in-backward",
    "wrong-layer-activation",
    "last-observation-only",
    "first-layer-only-input",
    "output-delta-reused",
    "delta-not-multiplied-through",
    "activation-missing-on-output",
    "activation-missing-on-hidden",
    "extra-activation-on-output",
    "softmax-over-wrong-axis",
    "softmax-jacobian-diagonal-only",
    "cross-entropy-gradient-with-extra-derivative",
    "learning-rate-missing",
    "learning-rate-twice",
    "gradient-accumulated-over-iterations",
    "gradient-ascent",
    "only-last-layer-updated",
    "layer-order-reversed",
    "arguments-modified",
    "integer-weights",
    "float32-precision-only",
]


def as_problem(problem, form=None):
    network, weights, x, y = problem
    return Problem(network, weights, x, y, 0.3, form or network.cost, np.full(y.shape, 0.4))


def close(got, wanted):
    return np.allclose(got, wanted, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("other", [handwritten, tape])
@settings(max_examples=25, deadline=None)
@given(problem=problems)
def test_the_unbroken_pass_gives_what_the_other_implementations_give(other, problem):
    network, weights, x, y = problem
    ours = dict(backprop.trace(STEPS, as_problem(problem)))
    theirs = take(other, network, weights, x, y, 0.3)
    for quantity, value in theirs.items():
        if quantity != COST:
            assert close(ours[quantity], value), quantity


@settings(max_examples=25, deadline=None)
@given(problem=problems)
def test_the_unbroken_gradients_are_the_numerical_derivatives(problem):
    network, weights, x, y = problem
    ours = dict(backprop.trace(STEPS, as_problem(problem)))
    referee = numerical.differentiate(network, weights, x, y)
    for layer in network.layers:
        assert close(ours[Quantity("gradient", layer)], np.asarray(referee.gradients[layer - 1]))


@pytest.mark.parametrize("form", COST_FORMS)
def test_the_gradient_of_every_cost_is_that_of_its_own_cost_function(form):
    """Central differences of ``cost`` itself, so that a factor in one and not in the other shows."""
    of = COST_FORMS[form].cost
    output = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}.get(of, "tanh")
    network = Network((3, 4, 3), ("tanh", output), of)
    weights, x, y, outputs = numbers_for((3, 4, 3), 5, 0)
    problem = Problem(network, list(weights), x, y, 0.3, form, outputs)
    gradients = backprop.backward(backprop.forward(STEPS, problem))
    for layer in (0, 1):
        for index in ((0, 1), (2, 0), (3, 2)):
            costs = []
            for by in (1e-6, -1e-6):
                moved = [w.copy() for w in weights]
                moved[layer][index] += by
                costs.append(float(backprop.cost(backprop.forward(STEPS, problem._replace(weights=moved)))))
            assert gradients[layer][index] == pytest.approx((costs[0] - costs[1]) / 2e-6, rel=1e-6, abs=1e-8)


def test_the_post_is_reproduced():
    """Figures that the post prints for its all-ones weights."""
    found = dict(backprop.trace(STEPS, as_problem(post_problem())))
    assert found[Quantity("a", 3)] == pytest.approx(
        np.array([[0.9806908, 0.9806908], [0.9803864, 0.9803864]]), abs=2e-7
    )
    wanted = np.array([[0.0288126, 0.0596958], *[[0.028122, 0.0580562]] * 3])
    assert found[Quantity("gradient", 3)] == pytest.approx(wanted, abs=2e-7)


def test_training_is_update_after_update():
    problem = as_problem(post_problem("glorot_uniform"))
    weights = problem.weights
    for _ in range(3):
        weights, _ = backprop.descend(STEPS, problem._replace(weights=weights))
    for got, wanted in zip(backprop.train(STEPS, problem, 3), weights):
        assert np.array_equal(got, wanted)


def test_every_id_that_was_asked_for_is_in_the_catalogue_once():
    ids = [mistake.id for mistake in CATALOGUE]
    assert set(WANTED) <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("mistake", CATALOGUE, ids=lambda mistake: mistake.id)
def test_every_mistake_is_told_in_whole_sentences(mistake):
    for sentence in (mistake.does, mistake.fix):
        assert len(sentence.split()) >= 3
        assert sentence[-1] in ".)"


NETWORKS = {
    "squares": (("sigmoid", "sigmoid", "sigmoid"), "mean_squared_error"),
    "binary": (("tanh", "tanh", "sigmoid"), "binary_crossentropy"),
    "categorical": (("tanh", "tanh", "softmax"), "categorical_crossentropy"),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_mistake_changes_some_number(kind):
    """On a network whose sizes are equal, so that wrong products give numbers; each id by at least one way."""
    activations, cost = NETWORKS[kind]
    network = Network((4, 4, 4, 4), activations, cost)
    weights, x, y, outputs = numbers_for((4, 4, 4, 4), 4, 3)
    problem = Problem(network, list(weights), x, y, 0.37, cost, outputs)
    right = dict(backprop.trace(STEPS, problem, 3))
    without_effect, ids = set(), set()
    with np.errstate(all="ignore"):
        for entry in mistakes.planted(network):
            ids.add(entry.id)
            wrong = dict(backprop.trace(entry.change(STEPS), problem, 3))
            same = right.keys() == wrong.keys() and all(
                wrong[q].shape == v.shape and np.allclose(wrong[q], v, rtol=1e-9, equal_nan=True)
                for q, v in right.items()
            )
            if not same:
                without_effect.discard(entry.id)
                ids.discard(entry.id)
                ids.add(entry.id + " does")
            elif entry.id + " does" not in ids:
                without_effect.add(entry.id)
    assert without_effect == set()


# Single steps, by numbers


def state(activation, a, z=None, y=None, cost="sum_of_squared_errors"):
    """One layer that came to these activations, of two inputs that are 1."""
    a = np.asarray(a, float)
    y = np.zeros(a.shape) if y is None else np.asarray(y, float)
    network = Network((2, a.shape[1]), (activation,), cost)
    x = np.ones((len(a), 2))
    problem = Problem(network, [np.ones((3, a.shape[1]))], x, y, 0.5, cost, a)
    return State(STEPS, problem, problem.weights, [a if z is None else np.asarray(z, float)], [x, a])


LOG_2 = np.log(2)


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("sum_of_squared_errors", 2.0),
        ("half_sum_of_squared_errors", 1.0),
        ("mean_squared_error", 0.25),
        ("half_mean_squared_error", 0.125),
        ("squared_error_per_observation", 0.5),
        ("half_squared_error_per_observation", 0.25),
        ("binary_crossentropy", LOG_2),
        ("summed_binary_crossentropy", 8 * LOG_2),
        ("binary_crossentropy_per_observation", 2 * LOG_2),
        ("categorical_crossentropy", LOG_2),
        ("summed_categorical_crossentropy", 4 * LOG_2),
    ],
)
def test_every_cost_of_outputs_of_one_half(form, wanted):
    """4 observations of 2 outputs, each 1/2 off: of logarithms log 2 each."""
    cost = COST_FORMS[form].cost
    output = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}.get(cost, "tanh")
    s = state(output, np.full((4, 2), 0.5), y=[[1, 0]] * 4, cost=cost)
    problem = s.problem._replace(form=form)
    assert float(backprop.cost(State(STEPS, problem, s.weights, a=s.a))) == pytest.approx(wanted)


def test_the_gradient_at_the_output_of_a_cross_entropy():
    """(a - y) / (a (1 - a)) over 2 terms, and -y / a over 2 observations"""
    found = backprop.cross_entropy_gradient(state("sigmoid", [[0.25], [0.2]], y=[[1], [0]], cost="binary_crossentropy"))
    assert found.ravel() == pytest.approx([-2, 0.625])
    s = state("softmax", [[0.25, 0.75], [0.2, 0.8]], y=[[1, 0], [0, 1]], cost="categorical_crossentropy")
    assert backprop.cross_entropy_gradient(s) == pytest.approx(np.array([[-2, 0], [0, -0.625]]))


SLIPS = {
    "1 - a": 0.7,
    "a": 0.3,
    "1 + a^2": 1.09,
    "a (1 + a)": 0.39,
    "a (a - 1)": -0.21,
    "a^2 (1 - a)": 0.063,
    "a (1 - a)^2": 0.147,
    "(1 - a)^2": 0.49,
    "1 - 2 a": 0.4,
}


def test_slips_of_the_pen_are_what_their_words_say():
    """At a = 0.3"""
    ways = [way for way in mistakes.BY_ID["wrong-derivative"].variants if way.detail.startswith("written as ")]
    s = state("sigmoid", [[0.3]])
    found = {way.detail.removeprefix("written as "): way.change(STEPS).derivative(s, 1).item() for way in ways}
    assert found == pytest.approx(SLIPS)


def test_the_derivatives_of_other_functions_from_a_and_from_z():
    """At a = 0.3 and z = 2; of the layer's own function there is nothing to be mistaken for."""
    s = state("linear", [[0.3]], z=[[2.0]])
    sigmoid = 1 / (1 + np.exp(-2.0))
    wanted = {
        "that of sigmoid": (0.3 * 0.7, sigmoid * (1 - sigmoid)),
        "that of tanh": (1 - 0.3**2, 1 / np.cosh(2.0) ** 2),
        "that of relu": (1.0, 1.0),
        "that of leaky_relu": (1.0, 1.0),
    }
    ways = [way for way in mistakes.BY_ID["wrong-derivative"].variants if way.detail in wanted]
    for name, values in wanted.items():
        found = [way.change(STEPS).derivative(s, 1).item() for way in ways if way.detail == name]
        assert found == pytest.approx(list(values))
        own = state(name.removeprefix("that of "), [[0.3]], z=[[2.0]])
        assert [w.change(STEPS).derivative(own, 1).tolist() for w in ways if w.detail == name] == [[0.0], [0.0]]
    below = state("linear", [[-0.5]])
    assert [w.change(STEPS).derivative(below, 1).item() for w in ways[4:]] == [0.0, 0.0, 0.2, 0.2]
    assert backprop.FROM_ACTIVATION["softmax"](np.array([0.25])) == 0.1875


def test_a_factor_gets_in_where_its_words_say():
    """A factor of 3 in: what goes back, the weight gradient, both costs, the cost, the update."""
    s = state("linear", [[0.4], [0.6]])
    one, two = np.array([[2.0]]), np.array([[4.0]])
    for way, gradient, cost, updated in zip(
        changes.factor_variants(lambda s: 3.0),
        (3, 1, 3, 1, 1),
        (1, 1, 3, 3, 1),
        (1, 1, 1, 1, 3),
    ):
        steps = way.change(STEPS)
        assert steps.cost_gradient(s) == pytest.approx(gradient * np.array([[0.8], [1.2]]))
        assert steps.cost(s) == pytest.approx(cost * (0.4**2 + 0.6**2))
        # the rate is 1/2: 2 - 4 / 2, or three times as far
        assert steps.update(s, 1, one, two) == pytest.approx(2 - updated * 2)
    in_gradient = changes.factor_variants(lambda s: 3.0)[1].change(STEPS)
    delta = np.array([[1.0], [2.0]])
    assert in_gradient.weight_gradient(s, 1, delta) == pytest.approx(np.full((3, 1), 9.0))


@pytest.mark.parametrize(("i", "which"), [(-1, ""), (0, "the first one")])
def test_one_observation_alone_is_that_one(i, which):
    s = state("linear", [[1.0], [10.0], [100.0]])
    x, y = np.arange(6.0).reshape(3, 2), np.arange(3.0)[:, None]
    problem = s.problem._replace(x=x, y=y)
    kernel_and_bias, kernel, bias, update, cost = changes.only_observation(i)
    ways = (kernel_and_bias, kernel, bias, update, cost)
    places = ("", "in the kernel's gradient", "in the bias' gradient", "in the update", "in the cost")
    assert [way.detail for way in ways] == [f"{which} {place}".strip() for place in places]
    ((some_x, some_y),) = update.change(STEPS).batches(problem)
    assert (some_x.tolist(), some_y.tolist()) == ([x[i].tolist()], [y[i].tolist()])
    delta = np.array([[1.0], [2.0], [4.0]])
    alone, whole = delta[i].item(), 7.0
    for way, bias_row, kernel_rows in ((kernel_and_bias, alone, alone), (kernel, whole, alone), (bias, alone, whole)):
        found = way.change(STEPS).weight_gradient(s, 1, delta)
        assert found.ravel().tolist() == [bias_row, kernel_rows, kernel_rows]
    assert cost.change(STEPS).cost(s) == (10000.0 if i else 1.0)


def test_each_observation_is_a_batch_of_its_own():
    problem = state("linear", np.zeros((3, 1))).problem._replace(x=np.arange(3.0)[:, None], y=np.arange(3.0)[:, None])
    found = [(x.tolist(), y.tolist()) for x, y in changes.one_by_one(problem)]
    assert found == [([[k]], [[k]]) for k in (0.0, 1.0, 2.0)]


def test_gradients_that_are_turned():
    """kernel_turned: delta^T a of 2 observations; the bias stays row 0 where the kernel is square."""
    s = state("linear", np.zeros((2, 2)))
    s.a[0] = np.array([[1.0, 2.0], [3.0, 4.0]])
    delta = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert changes.kernel_turned(s, 1, delta).tolist() == [[2, 1], [4, 6], [3, 4]]
    narrow = delta[:, :1]
    assert changes.kernel_turned(s, 1, narrow).tolist() == [[2, 4, 6]]  # the bias as a column beside it
    gradient = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    # with the bias as the last row: 4 5 6, 7 8 9, 1 2 3; turned: 4 7 1, 5 8 2, 6 9 3
    assert changes.bias_last_turned(s, gradient).tolist() == [[6, 9, 3], [4, 7, 1], [5, 8, 2]]
    for other in (gradient[:2], gradient[:, :2]):
        assert np.array_equal(changes.bias_last_turned(s, other), other.T)


def test_a_gradient_with_the_bias_column_gets_its_derivative_from_ones():
    """1 (1 - 1) = 0 for the column of ones, a (1 - a) for the rest"""
    s = state("sigmoid", [[0.5, 0.25]])
    assert changes.wider(s, 1, np.ones((1, 3))).tolist() == [[0.0, 0.25, 0.1875]]
    assert changes.wider(s, 1, np.ones((1, 2))).tolist() == [[0.25, 0.1875]]


def test_a_trace_has_every_quantity_in_the_order_of_computation():
    problem = as_problem(post_problem())
    names = ["z1", "a1", "z2", "a2", "z3", "a3", "cost"]
    names += ["delta3", "gradient3", "delta2", "gradient2", "delta1", "gradient1", "weights3", "weights2", "weights1"]
    assert [str(q) for q, _ in backprop.trace(STEPS, problem)] == names
    assert [str(q) for q, _ in backprop.trace(STEPS, problem, 2)] == [*names, "trained3", "trained2", "trained1"]
