"""The unbroken pass against three others that owe it nothing, and the catalogue as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from harness.checking.by_name import backprop, changes, mistakes
from harness.checking.by_name.backprop import COST_FORMS, STEPS, Problem, State
from harness.checking.by_name.mistakes import CATALOGUE
from harness.checking.by_name.observe import numbers_for
from harness.comparison.trace import COST, Quantity, take
from harness.models import handwritten, numerical, tape
from harness.models.network import Network
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
    of_catalogue = [way.detail for way in mistakes.BY_ID["last-observation-only"].variants]
    assert of_catalogue == [f"{w} {p}".strip() for w in ("", "the first one") for p in places]
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


# Every way of making a mistake, by numbers


def two_layers(cost="sum_of_squared_errors"):
    """Two layers of two units, of numbers that no pass gave."""
    x, y = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    weights = [np.ones((3, 2)), np.array([[7.0, 8.0], [1.0, 2.0], [3.0, 4.0]])]
    output = "softmax" if cost == "categorical_crossentropy" else "sigmoid"
    z = [np.array([[0.5, 1.0], [2.0, -1.0]]), np.array([[2.0, 3.0], [-1.0, -2.0]])]
    a = [x, np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[0.5, 0.6], [0.7, 0.8]])]
    problem = Problem(Network((2, 2, 2), ("tanh", output), cost), weights, x, y, 0.5, cost, a[2])
    deltas, gradients = {2: np.array([[5.0, 6.0], [7.0, 8.0]])}, {2: np.array([[2.0, 4.0], [6.0, 8.0], [2.0, 2.0]])}
    return State(STEPS, problem, weights, z, a, deltas, gradients)


DELTA = np.array([[1.0, 10.0], [100.0, 1000.0]])
BIAS, KERNEL = [101.0, 1010.0], [[30.1, 301.0], [40.2, 402.0]]  # the right gradient: sums of delta, a_1^T delta
Z = two_layers().z[1]
SIGMOID = 1 / (1 + np.exp(-Z))
HALF = np.array([[0.25, 0.24], [0.21, 0.16]])  # a_2 (1 - a_2)

# (mistake, number of the way, layer, what it gives), of the step that is named, with DELTA or what the step is given
WAYS = {
    "back_through_weights": [
        ("wrong-sign", 2, 2, [[-21, -43], [-2100, -4300]]),
        ("transposed-weights", 0, 2, [[31, 42], [3100, 4200]]),
        ("output-delta-reused", 0, 2, DELTA),
        ("output-delta-reused", 1, 2, DELTA),
        ("output-delta-reused", 2, 2, [[5, 6], [7, 8]]),
        ("output-delta-reused", 3, 2, [[17, 39], [23, 53]]),
        ("elementwise-for-matmul", 0, 2, [[1, 30], [200, 4000]]),
        ("elementwise-for-matmul", 1, 2, [[1, 20], [300, 4000]]),
        # 2 (a - y) is -1 1.2 1.4 -0.4, and the kernel of layer 1 is all ones
        ("delta-not-multiplied-through", 0, 2, [[1.4, 1.8], [0.6, 2.6]]),
        ("delta-not-multiplied-through", 0, 1, [[3.2, 3.2], [3.2, 3.2]]),
        ("bias-row-not-dropped", 0, 2, [[87, 21], [8700, 2100]]),
        ("bias-row-not-dropped", 1, 2, [[43, 87], [4300, 8700]]),
        ("bias-row-not-dropped", 2, 2, [[87, 21, 43], [8700, 2100, 4300]]),
    ],
    "weight_gradient": [
        ("wrong-sign", 1, 2, [[-101, -1010], [-30.1, -301], [-40.2, -402]]),
        ("learning-rate-twice", 1, 2, [[50.5, 505], [15.05, 150.5], [20.1, 201]]),
        ("transposed-gradient", 1, 2, [[101, 30.1, 40.2], [1010, 301, 402]]),
        ("elementwise-for-matmul", 2, 2, [BIAS, [0.1, 3], [20, 400]]),
        ("elementwise-for-matmul", 3, 2, [BIAS, [0.1, 2], [30, 400]]),
        ("elementwise-for-matmul", 4, 2, [BIAS, [0.1, 20], [3, 400]]),
        ("elementwise-for-matmul", 5, 2, [BIAS, [0.1, 30], [2, 400]]),
        ("bias-gradient-missing", 0, 2, [[0, 0], *KERNEL]),
        ("bias-gradient-averaged", 0, 2, [[50.5, 505], *KERNEL]),
        ("kernel-gradient-averaged", 0, 2, [BIAS, [15.05, 150.5], [20.1, 201]]),
        ("kernel-gradient-averaged", 1, 2, [[202, 2020], *KERNEL]),
        ("bias-gradient-summed-over-units", 0, 2, [[1111, 1111], *KERNEL]),
        ("bias-gradient-summed-over-units", 1, 2, [[277.75, 277.75], *KERNEL]),
        ("bias-gradient-summed-over-units", 2, 2, [[555.5, 555.5], *KERNEL]),
        ("wrong-layer-activation", 0, 2, [BIAS, [200.5, 2005], [-99, -990]]),
        ("wrong-layer-activation", 0, 1, [BIAS, [301, 3010], [502, 5020]]),
        ("wrong-layer-activation", 1, 2, [BIAS, [70.5, 705], [80.6, 806]]),
        ("wrong-layer-activation", 2, 2, [BIAS, [-98, -980], [-197, -1970]]),
        ("wrong-layer-activation", 3, 2, [BIAS, [301, 3010], [502, 5020]]),
        ("first-layer-only-input", 1, 2, [BIAS, [301, 3010], [502, 5020]]),
        ("only-last-layer-updated", 1, 2, np.zeros((3, 2))),
        ("integer-weights", 3, 2, [BIAS, [30, 301], [40, 402]]),
    ],
    "pre_activation": [
        ("bias-missing-in-forward", 0, 2, [[0.7, 1], [1.5, 2.2]]),
        ("transposed-weights", 1, 2, [[7.5, 9.1], [8.1, 10.5]]),
        ("elementwise-for-matmul", 6, 2, [[7.1, 8.4], [7.9, 9.6]]),
        ("elementwise-for-matmul", 7, 2, [[7.1, 8.6], [7.6, 9.6]]),
        ("first-layer-only-input", 0, 2, [[14, 18], [25, 34]]),
        ("first-layer-only-input", 1, 2, [[14, 18], [25, 34]]),
    ],
    "activate": [
        *(("activation-missing-on-output", way, 2, Z) for way in range(3)),
        *(("activation-missing-on-hidden", way, 1, Z) for way in range(3)),
        *(("extra-activation-on-output", way, 2, 1 / (1 + np.exp(-SIGMOID))) for way in range(6)),
        *(("extra-activation-on-output", way, 2, np.tanh(SIGMOID)) for way in range(6, 9)),
        *(("extra-activation-on-output", way, 2, SIGMOID) for way in range(9, 12)),  # relu of what is above 0
        *(
            ("extra-activation-on-output", way, 2, np.exp(SIGMOID) / np.exp(SIGMOID).sum(1, keepdims=True))
            for way in range(12, 15)
        ),
        ("softmax-over-wrong-axis", 0, 2, np.exp(Z) / np.exp(Z).sum(0)),
        ("softmax-over-wrong-axis", 1, 2, np.exp(Z) / np.exp(Z).sum()),
    ],
    "derivative": [
        ("derivative-of-activation", 0, 1, 1 / np.cosh([[0.1, 0.2], [0.3, 0.4]]) ** 2),
        ("activation-form-at-pre-activation", 0, 2, [[-2, -6], [-2, -6]]),
        ("activation-form-at-pre-activation", 0, 1, [[0.75, 0], [-3, 0]]),
        ("derivative-of-wrong-layer", 0, 1, [[0.75, 0.64], [0.51, 0.36]]),
        ("derivative-of-wrong-layer", 0, 2, HALF),
        ("derivative-of-wrong-layer", 1, 2, [[0.09, 0.16], [0.21, 0.24]]),
        ("derivative-of-wrong-layer", 2, 1, [[0.75, 0.64], [0.51, 0.36]]),
        # f' from a, from z, or left at 1
        ("activation-missing-on-output", 0, 2, HALF),
        ("activation-missing-on-output", 1, 2, SIGMOID * (1 - SIGMOID)),
        ("activation-missing-on-output", 2, 2, np.ones((2, 2))),
    ],
    "through_activation": [
        ("missing-output-activation-derivative", 0, 2, DELTA),
        ("missing-hidden-activation-derivative", 0, 1, DELTA),
        ("output-delta-reused", 1, 1, DELTA),
        ("output-delta-reused", 1, 2, [[0.25, 2.4], [21, 160]]),
        ("matmul-for-elementwise", 0, 2, [[2.35, 1.84], [235, 184]]),
        ("matmul-for-elementwise", 1, 2, [[24.25, 242.5], [16.21, 162.1]]),
        ("matmul-for-elementwise", 2, 2, [[2.65, 1.81], [265, 181]]),
        ("matmul-for-elementwise", 3, 2, [[21.25, 212.5], [16.24, 162.4]]),
        ("matmul-for-elementwise", 4, 2, [[21.25, 16.24], [212.5, 162.4]]),
        ("matmul-for-elementwise", 5, 2, [[2.65, 265], [1.81, 181]]),
    ],
}


@pytest.mark.parametrize(
    ("step", "id", "way", "layer", "wanted"), [(step, *each) for step, rows in WAYS.items() for each in rows]
)
def test_every_way_of_a_mistake_gives_its_numbers(step, id, way, layer, wanted):
    """Worked out by hand. z_2 goes in where an activation is asked for, a_1 where a pre-activation is, else DELTA."""
    s = two_layers()
    s.steps = mistakes.BY_ID[id].variants[way].change(STEPS)
    into = {"activate": (Z,), "pre_activation": (s.a[1],), "derivative": ()}.get(step, (DELTA,))
    assert getattr(s.steps, step)(s, layer, *into) == pytest.approx(np.array(wanted, float), rel=1e-12)


SQUARES = "sum_of_squared_errors"


@pytest.mark.parametrize(
    ("step", "id", "way", "cost", "wanted"),
    [
        # a - y is -0.5 0.6 0.7 -0.2, z - y is 1 3 -1 -3
        ("cost_gradient", "wrong-sign", 0, SQUARES, [[1, -1.2], [-1.4, 0.4]]),
        ("cost_gradient", "cost-used-as-gradient", 0, SQUARES, [[0.25, 0.36], [0.49, 0.04]]),
        ("cost_gradient", "cost-used-as-gradient", 0, "mean_squared_error", [[0.0625, 0.09], [0.1225, 0.01]]),
        ("cost_gradient", "cost-used-as-gradient", 1, SQUARES, [[0.5, 0.6], [0.7, 0.2]]),
        ("cost_gradient", "cost-used-as-gradient", 1, "mean_squared_error", [[0.125, 0.15], [0.175, 0.05]]),
        ("cost_gradient", "cost-gradient-at-pre-activation", 0, SQUARES, [[2, 6], [-2, -6]]),
        ("cost_gradient", "cost-gradient-at-pre-activation", 0, "mean_squared_error", [[0.5, 1.5], [-0.5, -1.5]]),
        ("output_delta", "cost-gradient-at-pre-activation", 1, "binary_crossentropy", [[0.25, 0.75], [-0.25, -0.75]]),
        ("output_delta", "cost-gradient-at-pre-activation", 1, "categorical_crossentropy", [[0.5, 1.5], [-0.5, -1.5]]),
        # -y / a over 2 observations
        ("output_delta", "missing-output-activation-derivative", 1, "categorical_crossentropy", [[-1, 0], [0, -0.625]]),
        (
            "output_delta",
            "cross-entropy-gradient-with-extra-derivative",
            0,
            "binary_crossentropy",
            [[-0.125 * 0.25, 0.15 * 0.24], [0.175 * 0.21, -0.05 * 0.16]],
        ),
        ("output_delta", "softmax-jacobian-diagonal-only", 0, "categorical_crossentropy", [[-0.25, 0], [0, -0.1]]),
        ("output_delta", "binary-crossentropy-one-sided", 0, "binary_crossentropy", [[-0.125, 0], [0, -0.05]]),
        ("output_delta", "binary-crossentropy-one-sided", 2, "binary_crossentropy", [[-0.125, 0], [0, -0.05]]),
        ("output_delta", "wrong-sign", 0, SQUARES, [[0.25, -0.288], [-0.294, 0.064]]),
        ("output_delta", "wrong-sign", 0, "binary_crossentropy", [[0.125, -0.15], [-0.175, 0.05]]),
        ("cost", "wrong-sign", 3, SQUARES, -(0.25 + 0.36 + 0.49 + 0.04)),
        ("cost", "binary-crossentropy-one-sided", 1, "binary_crossentropy", -(np.log(0.5) + np.log(0.8)) / 4),
        ("cost", "binary-crossentropy-one-sided", 2, "binary_crossentropy", -(np.log(0.5) + np.log(0.8)) / 4),
        ("weights_back", "updated-weights-in-backward", 0, SQUARES, [[6, 6], [-2, -2], [2, 3]]),
    ],
)
def test_every_way_at_the_output_gives_its_numbers(step, id, way, cost, wanted):
    s = two_layers(cost)
    s.steps = mistakes.BY_ID[id].variants[way].change(STEPS)
    into = (2,) if step == "weights_back" else ()
    assert getattr(s.steps, step)(s, *into) == pytest.approx(np.array(wanted, float), rel=1e-12)


@pytest.mark.parametrize(
    ("id", "way", "wanted"),
    [
        ("gradient-ascent", 0, [3.5, 8.5]),
        ("learning-rate-missing", 0, [-1, 1]),
        ("learning-rate-twice", 0, [1.25, 4.75]),
        ("bias-gradient-missing", 1, [2, 3.5]),
        ("only-last-layer-updated", 0, [2, 6]),
        ("only-last-layer-updated", 2, [2, 6]),
        ("integer-weights", 2, [0, 3]),
    ],
)
def test_every_way_of_a_wrong_update_gives_its_numbers(id, way, wanted):
    """At a rate of 1/2 from weights 2 and 6 along a gradient of 3 and 5: 0.5 and 3.5 are right"""
    change = mistakes.BY_ID[id].variants[way].change
    found = change(STEPS).update(two_layers(), 2, np.array([[2.0], [6.0]]), np.array([[3.0], [5.0]]))
    assert found.ravel().tolist() == wanted


def test_factors_of_a_mean_and_of_a_sum():
    """3 observations of 2 outputs; every fifth way is in the cost alone."""
    s = state("linear", np.full((3, 2), 0.5))
    for id, wanted in (
        ("missing-factor-two", [0.5]),
        ("extra-factor-two", [2]),
        ("mean-instead-of-sum", [1 / 3, 1 / 2, 1 / 6]),
        ("sum-instead-of-mean", [3, 2, 6]),
    ):
        ways = mistakes.BY_ID[id].variants[3::5]
        assert [way.change(STEPS).cost(s) / 1.5 for way in ways] == pytest.approx(wanted)


def test_mistakes_between_iterations_and_in_the_order_of_layers():
    def steps(id, way=0):
        return mistakes.BY_ID[id].variants[way].change(STEPS)

    assert steps("layer-order-reversed").collect([1, 2, 3]) == [3, 2, 1]
    accumulate = steps("gradient-accumulated-over-iterations").accumulate
    assert (accumulate([3, 4], None), accumulate([3, 4], [10, 20])) == ([3, 4], [13, 24])
    assert [steps("one-iteration-off", way).iterations(10) for way in (0, 1)] == [9, 11]
    given = [np.array([1.5, -1.5])]
    assert steps("integer-weights", 0).enter(given)[0].tolist() == [1, -1]
    assert steps("integer-weights", 1).take_weights(given)[0].tolist() == [1, -1]


def test_the_places_of_a_mistake():
    """Of three layers: all, those that a mistake may be in, then each alone; the usual way of every mistake first."""
    network = Network((4, 4, 4, 4), *NETWORKS["squares"])
    every = mistakes.planted(network)
    assert [entry.rank for entry in every] == list(range(len(every)))
    assert [entry.narrow for entry in every] == sorted(entry.narrow for entry in every)
    firsts = list(dict.fromkeys(entry.id for entry in every))
    possible = [m.id for m in CATALOGUE if any(not way.needs or network.cost in way.needs for way in m.variants)]
    assert firsts == possible
    found = [(entry.detail, entry.narrow) for entry in every if entry.id == "bias-gradient-averaged"]
    assert found == [
        ("", False),
        ("in the hidden layers", False),
        ("in layer 1", True),
        ("in layer 2", True),
        ("in layer 3", True),
    ]
    places = [entry.detail for entry in every if entry.id == "missing-output-activation-derivative"]
    assert places == ["in layer 3"]
    hidden = [entry.detail for entry in every if entry.id == "missing-hidden-activation-derivative"]
    assert hidden == ["in the hidden layers", "in layer 1", "in layer 2"]
    forward = {entry.id for entry in every if entry.forward}
    assert {"bias-missing-in-forward", "activation-missing-on-output"} <= forward
    assert {"wrong-sign", "gradient-ascent", "bias-gradient-averaged"}.isdisjoint(forward)
    single = [entry for entry in mistakes.planted(Network((4, 4), ("sigmoid",))) if entry.id == "wrong-sign"]
    assert [(entry.detail, entry.narrow) for entry in single] == [
        ("", False),
        ("in the weight gradient", False),
        ("in the hidden layers", False),
        ("in the cost alone", False),
    ]
    # the change is made in its layer and in no other
    alone = next(entry for entry in every if entry.id == "bias-gradient-averaged" and entry.detail == "in layer 2")
    s = two_layers()
    bias_rows = [alone.change(STEPS).weight_gradient(s, layer, DELTA)[0].tolist() for layer in (1, 2)]
    assert bias_rows == [BIAS, [50.5, 505]]


def test_a_kernel_that_alone_is_wrong_leaves_the_bias_as_it_is():
    """The bias' row of the gradient is the sum of delta; the kernel's rows are others."""
    s = two_layers()
    kernel = changes.kernel_and_bias(lambda s, layer, delta: np.full((2, 2), 7.0), None)(STEPS)
    assert kernel.weight_gradient(s, 2, DELTA).tolist() == [BIAS, [7, 7], [7, 7]]
    bias = changes.kernel_and_bias(None, lambda s, layer, delta: np.array([7.0]))(STEPS)
    assert bias.weight_gradient(s, 2, DELTA) == pytest.approx(np.array([[7, 7], *KERNEL]))


def test_the_error_that_is_carried_back_under_a_cross_entropy():
    """(a - y) / 4 through the kernel's transpose"""
    s = two_layers("binary_crossentropy")
    back = changes.error_carried(STEPS).back_through_weights
    assert back(s, 2, DELTA) == pytest.approx(np.array([[0.175, 0.225], [0.075, 0.325]]))


def test_rows_of_a_kernel_beyond_the_inputs_are_never_reached():
    s = two_layers()
    s.weights[1] = np.vstack([s.weights[1], [[1000.0, 1000.0]]])
    assert changes.from_input(s, 2, s.a[1]).tolist() == [[14, 18], [25, 34]]
