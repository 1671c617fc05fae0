"""Layer mode: right pairs agree, planted mistakes differ, and conventions of scale are distinguished from mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.layers import check_layers
from harness.checking.result import Agreement, PairResult, Reason, Verdict
from harness.recording.driving.pairs.arrays import pair_data, same_observations
from harness.recording.driving.pairs.find import find_pairs
from harness.recording.driving.pairs.plan import PairKind, program_of
from tests.network_files import write_file

RIGHT = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def relu_forward(x):
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    return dout * (cache > 0)

def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db

def batchnorm_forward(x, gamma, beta, bn_param):
    if bn_param["mode"] != "train":
        raise ValueError
    mean, var = x.mean(axis=0), x.var(axis=0)
    hat = (x - mean) / np.sqrt(var + 1e-5)
    return gamma * hat + beta, (hat, gamma, var)

def batchnorm_backward(dout, cache):
    hat, gamma, var = cache
    dgamma = (dout * hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dhat = dout * gamma
    dx = (dhat - dhat.mean(axis=0) - hat * (dhat * hat).mean(axis=0)) / np.sqrt(var + 1e-5)
    return dx, dgamma, dbeta

def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    n = x.shape[0]
    loss = -np.log(p[np.arange(n), y]).mean()
    dx = p.copy()
    dx[np.arange(n), y] -= 1
    dx /= n
    return loss, dx

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))

def tanh(z):
    return np.tanh(z)

def tanh_derivative(a):
    return 1 - a ** 2

def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)

def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size

class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)

class Updating:
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size)
        self.bias = np.random.rand(1, output_size)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, error, learning_rate):
        before = error @ self.weights.T
        self.weights -= learning_rate * self.x.T @ error
        self.bias -= learning_rate * error.sum(axis=0, keepdims=True)
        return before

class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.a = e / e.sum(axis=1, keepdims=True)
        return self.a

    def backward(self, grad):
        return self.a * (grad - (grad * self.a).sum(axis=1, keepdims=True))
"""

# name -> (what to replace, with what, pair, name of the gradient, what it is a multiple of or None)
MISTAKES = {
    "the mask is inverted": ("dout * (cache > 0)", "dout * (cache < 0)", "relu_forward", "gradient of x"),
    "another shape's weights": (
        "x.T @ dout, dout.sum",
        "x.T @ (2 * dout ** 2), dout.sum",
        "affine_forward",
        "gradient of w",
    ),
    "the bias is summed over the wrong axis": (
        "np.sum(dvalues, axis=0, keepdims=True)",
        "np.sum(dvalues, axis=1, keepdims=True)",
        "Dense.forward",
        "self.dbiases",
    ),
    "the sign": (
        "np.dot(dvalues, self.weights.T)",
        "-np.dot(dvalues, self.weights.T)",
        "Dense.forward",
        "self.dinputs",
    ),
    "the derivative of the output, of neither": (
        "sigmoid(z) * (1 - sigmoid(z))",
        "sigmoid(z) * (1 - z)",
        "sigmoid ",
        "sigmoid_prime",
    ),
    "the factor of the square": ("1 - a ** 2", "1 - a", "tanh ", "tanh_derivative"),
    "a missing term of batch normalisation": (
        "(dhat - dhat.mean(axis=0) - hat",
        "(dhat - hat",
        "batchnorm_forward",
        "dx",
    ),
    "the row sum of softmax": (
        "- (grad * self.a).sum(axis=1, keepdims=True)",
        "- (grad * self.a)",
        "Softmax",
        "return value",
    ),
    "the weights after their update": (
        "        before = error @ self.weights.T\n        self.weights -= learning_rate * self.x.T @ error\n",
        "        self.weights -= learning_rate * self.x.T @ error\n        before = error @ self.weights.T\n",
        "Updating",
        "return value",
    ),
}


def check(tmp_path: Path, text: str) -> tuple[PairResult, ...]:
    """The result for a file with this text."""
    return check_layers(write_file(tmp_path / "layers_under_test.py", text))


def pair(result: tuple[PairResult, ...], name: str) -> PairResult:
    """The pair whose name starts so."""
    return next(one for one in result if one.name.startswith(name))


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> tuple[PairResult, ...]:
    return check(tmp_path_factory.mktemp("layers"), RIGHT)


def test_every_pair_is_found_and_right(right: tuple[PairResult, ...]) -> None:
    found = {one.name.split(" / ")[0]: one.agreement for one in right}
    scaled = {name for name, agreement in found.items() if agreement is Agreement.SCALED}
    assert scaled == {"linear_forward"}
    assert {agreement for name, agreement in found.items() if name not in scaled} == {Agreement.AGREES}
    assert len(found) == 11


def test_a_mean_over_observations_is_a_scale(right: tuple[PairResult, ...]) -> None:
    linear = {gradient.name: gradient for gradient in pair(right, "linear_forward").gradients}
    assert linear["dA_prev"].agreement is Agreement.AGREES
    assert linear["dW"].factor == pytest.approx(1 / 11)  # of 11 observations
    assert linear["db"].factor == pytest.approx(1 / 11)
    assert pair(right, "linear_forward").observations == 11


def test_derivatives_of_the_output_are_distinguished(right: tuple[PairResult, ...]) -> None:
    assert pair(right, "sigmoid ").how == "of z"
    assert pair(right, "tanh ").how == "of a"


def test_places(right: tuple[PairResult, ...]) -> None:
    dense = pair(right, "Dense")
    lines = RIGHT.splitlines()
    assert "def backward(self, dvalues)" in lines[dense.line - 1]
    for gradient in dense.gradients:
        assert gradient.name in lines[gradient.line - 1]


def test_all_gradients_of_a_layer_are_judged(right: tuple[PairResult, ...]) -> None:
    assert {gradient.name for gradient in pair(right, "Dense").gradients} == {
        "self.dweights",
        "self.dbiases",
        "self.dinputs",
    }
    assert {gradient.name for gradient in pair(right, "Updating").gradients} == {
        "return value",
        "update of self.weights",
        "update of self.bias",
    }


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "mistake",
    [*list(MISTAKES)[:3], *(pytest.param(mistake, marks=pytest.mark.slow) for mistake in list(MISTAKES)[3:])],
)
def test_planted_mistakes_differ(mistake: str, tmp_path: Path) -> None:
    before, after, name, gradient = MISTAKES[mistake]
    assert RIGHT.count(before) == 1
    result = check(tmp_path, RIGHT.replace(before, after))
    wrong = pair(result, name)
    assert wrong.agreement is Agreement.DIFFERS
    assert next(one for one in wrong.gradients if one.name == gradient).agreement is Agreement.DIFFERS
    others = [one for one in result if one is not wrong]
    assert {one.agreement for one in others} <= {Agreement.AGREES, Agreement.SCALED}


def test_a_gradient_of_another_quantity_is_named(tmp_path: Path) -> None:
    """Without the derivative, backward gives the gradient with respect to the product."""
    text = """
import numpy as np

class Unit:
    def __init__(self, n_inputs, n_neurons):
        self.W = np.random.randn(n_inputs, n_neurons)

    def forward(self, x):
        self.x = x
        z = x @ self.W
        return np.tanh(z)

    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T
"""
    unit = pair(check(tmp_path, text), "Unit")
    assert unit.agreement is Agreement.DIFFERS
    assert {gradient.factor for gradient in unit.gradients} == {None}
    for gradient in unit.gradients:
        assert gradient.largest_difference is not None
        assert gradient.largest_difference > 0.01


def test_only_one_of_two_gradients_is_a_mean(tmp_path: Path) -> None:
    text = RIGHT.replace("np.dot(self.inputs.T, dvalues)", "np.dot(self.inputs.T, dvalues) / len(dvalues)")
    dense = pair(check(tmp_path, text), "Dense")
    assert dense.agreement is Agreement.SCALED
    assert not dense.consistent


@pytest.mark.slow
def test_a_loss_whose_gradient_is_not_divided(tmp_path: Path) -> None:
    result = check(tmp_path, RIGHT.replace("2 * (y_pred - y_true) / y_true.size", "2 * (y_pred - y_true)"))
    mse = pair(result, "mse")
    assert mse.agreement is Agreement.SCALED
    assert mse.gradients[0].factor == pytest.approx(33)  # 11 observations of 3 outputs


def test_a_file_without_pairs(tmp_path: Path) -> None:
    assert check(tmp_path, "def area(r):\n    return 3 * r ** 2\n") == ()


def test_a_pair_that_cannot_be_called_is_not_judged(tmp_path: Path) -> None:
    text = """
class Odd:
    def forward(self, x):
        return x.open()

    def backward(self, g):
        return g
"""
    odd = pair(check(tmp_path, text), "Odd")
    assert odd.agreement is Agreement.NOT_JUDGED
    assert not odd.is_called


def test_the_same_seed_gives_the_same_result(right: tuple[PairResult, ...], tmp_path: Path) -> None:
    again = check(tmp_path, RIGHT)
    assert again == right


def test_plans_are_made_from_the_text_alone() -> None:
    plans = find_pairs(RIGHT)
    assert {plan.kind for plan in plans} == set(PairKind)
    compile(program_of(plans), "<program>", "exec")


@pytest.mark.parametrize(
    ("forward", "is_pair"),
    [
        ("def forward(x, p):\n    return x @ p\n", True),
        ("def forward(x, p):\n    return np.tanh(x @ p['W1']) @ p['W2']\n", False),  # a network, not a layer
        ("def forward(x, layers):\n    return x @ layers\n", False),
    ],
)
def test_a_function_that_is_given_the_parameters_of_all_layers_is_not_half_of_a_pair(
    forward: str, is_pair: bool
) -> None:
    text = "import numpy as np\n" + forward + "def backward(g, x, p):\n    return g @ p.T, x.T @ g\n"
    assert bool(find_pairs(text)) is is_pair


def test_data_has_sizes_that_differ() -> None:
    shapes = {name: np.shape(value) for name, value in pair_data(0).items()}
    assert len({*shapes["rows_"], *shapes["weights_"], shapes["one_hot_"][1]}) == 4


def test_an_output_has_the_observations_of_its_input_if_the_input_has_any() -> None:
    assert same_observations("out", "given", "rows_") == ["assert np.shape(out)[0] == np.shape(given)[0]"]
    assert same_observations("out", "given", "weights_") == []


BY_ITS_DEVIATION = """
import numpy as np
class BatchNorm:
    def __init__(self, dim, eps=1e-5):
        self.gamma, self.eps = np.ones(dim), eps
    def forward(self, x):
        var = np.var(x, axis=0)
        centered = x - np.mean(x, axis=0)
        inverse = 1.0 / np.sqrt(var + self.eps)
        self.cache = centered, inverse, var
        return self.gamma * centered * inverse
    def backward(self, g):
        centered, inverse, var = self.cache
        d = g * self.gamma
        d_inverse = np.sum(d * centered, axis=0)
        d_deviation = -1.0 / (var + self.eps) * d_inverse
        d_var = 0.5 / np.sqrt(var + self.eps) * d_deviation
        d_centered = d * inverse + 2.0 * centered * d_var / len(g)
        return d_centered - np.mean(d_centered, axis=0)
"""


def test_a_small_constant_is_left_out_everywhere_or_nowhere(tmp_path: Path) -> None:
    """It stands in a divisor and under a root: without it in one of them, a right backward pass seems to be wrong."""
    (tmp_path / "norm.py").write_text(BY_ITS_DEVIATION)
    (pair,) = check_layers(tmp_path / "norm.py")
    assert pair.agreement is Agreement.AGREES


COSTS_WITH_OUTPUTS = """
import numpy as np

class SoftmaxCrossEntropy:
    def forward(self, y, output):
        e = np.exp(output - output.max(axis=1, keepdims=True))
        self.p, self.y = e / e.sum(axis=1, keepdims=True), y
        cost = -np.sum(y * np.log(self.p))
        return self.p, cost

    def backward(self, grad):
        return grad * (self.p - self.y)

class Squares:
    def forward(self, y, output):
        self.y, self.output = y, output
        return np.sum((output - y) ** 2) / 2, output

    def backward(self, above=1):
        return above * (self.output - self.y)

class LogLikelihood:
    def __call__(self, output, y):
        return -np.sum(y * np.log(output)), output

    def backward(self, output, y):
        return -y / output
"""


def test_costs_that_give_the_outputs_too_and_take_a_one_from_above(tmp_path: Path) -> None:
    path = write_file(tmp_path / "costs.py", COSTS_WITH_OUTPUTS)
    assert [pair.agreement for pair in check_layers(path)] == [Agreement.AGREES] * 3
    path.write_text(COSTS_WITH_OUTPUTS.replace("self.p - self.y", "self.y - self.p").replace("-y / output", "-y"))
    agreements = [pair.agreement for pair in check_layers(path)]
    assert agreements == [Agreement.DIFFERS, Agreement.AGREES, Agreement.DIFFERS]


COST_WITH_UPSTREAM = """
import numpy as np

class CrossEntropy:
    def forward(self, x, target):
        self.p = np.exp(x) / np.sum(np.exp(x), axis=1)[:, None]
        self.target = target
        return -np.sum(target * np.log(self.p))

    def backward(self, received):
        result = received * (self.p - self.target)
        return result
"""


def test_the_gradient_of_one_cost_from_above_is_one(tmp_path: Path) -> None:
    """Whatever the name of the argument is by which a loss multiplies all that it gives back."""
    path = write_file(tmp_path / "cost.py", COST_WITH_UPSTREAM)
    (pair,) = check_layers(path)
    assert pair.agreement is Agreement.AGREES
    assert pair.gradients[0].factor == pytest.approx(1.0)
    path.write_text(COST_WITH_UPSTREAM.replace("self.p - self.target", "self.p * (1 - self.p)"))
    (pair,) = check_layers(path)
    assert pair.agreement is Agreement.DIFFERS


BY_SHAPES_THAT_FIT = """
import numpy as np

class LayerNorm:
    def __init__(self, dim):
        self.gamma, self.beta = np.ones(dim), np.zeros(dim)
    def forward(self, x):
        self.inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        self.hat = (x - x.mean(axis=-1, keepdims=True)) * self.inverse
        return self.gamma * self.hat + self.beta
    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.hat).sum(axis=0), dout.sum(axis=0)
        d = dout * self.gamma
        mean, along = d.mean(axis=-1, keepdims=True), (d * self.hat).mean(axis=-1, keepdims=True)
        return self.inverse * (d - mean - self.hat * along)

class SoftmaxCrossEntropy:
    def forward(self, Y, Z):
        e = np.exp(Z - Z.max(axis=0, keepdims=True))
        self.A, self.Y = e / e.sum(axis=0, keepdims=True), Y
        return self.A, -np.sum(Y * np.log(self.A)) / Z.shape[1]
    def backward(self, upstream):
        return upstream * (self.A - self.Y)
"""


def test_no_verdict_on_a_call_whose_shapes_only_fit(tmp_path: Path) -> None:
    """A layer with the size of its inputs, and a loss of observations in columns."""
    norm, loss = check_layers(write_file(tmp_path / "layers.py", BY_SHAPES_THAT_FIT))
    assert [gradient.agreement for gradient in norm.gradients] == [Agreement.AGREES] * 3
    assert [gradient.agreement for gradient in loss.gradients] == [Agreement.SCALED]  # a sum, not a mean
    assert loss.gradients[0].factor == pytest.approx(11)


POOLING = """
import numpy as np

class MaxPool:
    def __init__(self, pool_size):
        self.size = pool_size
    def forward(self, image):
        self.image = image
        rows, columns = image.shape[0] // self.size, image.shape[1] // self.size
        out = np.zeros((rows, columns, image.shape[2]))
        for i in range(rows):
            for j in range(columns):
                out[i, j] = np.amax(self.window(i, j), axis=(0, 1))
        return out
    def window(self, i, j):
        return self.image[i * self.size:(i + 1) * self.size, j * self.size:(j + 1) * self.size]
    def backprop(self, d_out):
        d = np.zeros(self.image.shape)
        for i in range(d_out.shape[0]):
            for j in range(d_out.shape[1]):
                part = self.window(i, j)
                largest = np.amax(part, axis=(0, 1))
                for a in range(self.size):
                    for b in range(self.size):
                        for c in range(part.shape[2]):
                            if part[a, b, c] == largest[c]:
                                d[i * self.size + a, j * self.size + b, c] = d_out[i, j, c]
        return d
"""


@pytest.mark.slow
def test_a_pooling_that_looks_for_the_largest_value(tmp_path: Path) -> None:
    """Its branches hold near the recorded values only."""
    path = write_file(tmp_path / "pooling.py", POOLING)
    (pair,) = check_layers(path)
    assert [gradient.agreement for gradient in pair.gradients] == [Agreement.AGREES]
    path.write_text(POOLING.replace("d_out[i, j, c]\n", "2 * d_out[i, j, c]\n"))
    (pair,) = check_layers(path)
    assert [gradient.factor for gradient in pair.gradients] == [pytest.approx(2)]


IMAGES_WITH_CHANNELS_LAST = """
import numpy as np

def conv_forward(A_prev, W, b, hparameters):
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    size = (A_prev.shape[1] - f + 2 * pad) // stride + 1
    Z = np.zeros((len(A_prev), size, size, W.shape[3]))
    for h in range(size):
        for w in range(size):
            part = padded[:, h * stride:h * stride + f, w * stride:w * stride + f]
            Z[:, h, w] = np.tensordot(part, W, axes=([1, 2, 3], [0, 1, 2])) + b[0, 0, 0]
    return Z, (A_prev, W, b, hparameters)

def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dpadded, dW = np.zeros_like(padded), np.zeros_like(W)
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            rows, columns = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
            dpadded[:, rows, columns] += np.tensordot(dZ[:, h, w], W, axes=([1], [3]))
            dW += np.tensordot(padded[:, rows, columns], dZ[:, h, w], axes=([0], [0]))
    db = np.zeros_like(b) + dZ.sum(axis=(0, 1, 2))
    return dpadded[:, pad:-pad, pad:-pad], dW, db
"""


def test_a_convolution_of_images_with_channels_last(tmp_path: Path) -> None:
    (pair,) = check_layers(write_file(tmp_path / "convolution.py", IMAGES_WITH_CHANNELS_LAST))
    assert [(one.name, one.agreement) for one in pair.gradients] == [
        ("gradient of A_prev", Agreement.AGREES),
        ("dW", Agreement.AGREES),
        ("db", Agreement.AGREES),
    ]


@pytest.mark.every(2)
@pytest.mark.parametrize(("decay", "agrees"), [("+ 0.1 * self.weights", True), ("- 0.1 * self.weights", False)])
def test_weight_decay_in_a_gradient_is_that_of_a_penalty(tmp_path: Path, decay: str, agrees: bool) -> None:
    gradient = "np.dot(self.inputs.T, dvalues)"
    dense = pair(check(tmp_path, RIGHT.replace(gradient, f"{gradient} {decay}")), "Dense")
    assert dense.agreement is (Agreement.AGREES if agrees else Agreement.DIFFERS)


def test_an_activation_that_is_given_targets_has_the_derivative_of_a_loss_in_it() -> None:
    text = (
        RIGHT
        + """
class Output:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, y_true):
        return self.out - y_true
"""
    )
    names = [plan.name for plan in find_pairs(text)]
    assert names == [plan.name for plan in find_pairs(RIGHT)]


GIVEN_WEIGHTS = """
import numpy as np
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
class Normalisation:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta
    def forward(self, x):
        centred = x - x.mean(axis=0)
        self.std = np.sqrt(np.mean(centred ** 2, axis=0) + 1e-7)
        self.normal = centred / self.std
        return self.gamma * self.normal + self.beta
    def backward(self, dout):
        return self.__backward(dout)
    def __backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.normal * dout, axis=0)
        d = self.gamma * dout
        return (d - d.mean(axis=0) - self.normal * np.mean(d * self.normal, axis=0)) / self.std
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("right", "wrong", "gradient"),
    [
        ("self.x.T @ dout", "self.x.T @ (2 * dout)", "self.dW"),
        ("self.normal * dout", "self.normal + dout", "self.dgamma"),
    ],
)
def test_layers_that_are_given_their_weights(tmp_path: Path, right: str, wrong: str, gradient: str) -> None:
    def results(text: str) -> dict[str, Agreement]:
        return {one.name: one.agreement for pair in check(tmp_path, text) for one in pair.gradients}

    names = ("return value", "self.dW", "self.db", "self.dgamma", "self.dbeta")
    assert results(GIVEN_WEIGHTS) == dict.fromkeys(names, Agreement.AGREES)
    mistaken = results(GIVEN_WEIGHTS.replace(right, wrong))
    assert [name for name, one in mistaken.items() if one is not Agreement.AGREES] == [gradient]


SHAPED = """
import numpy as np
class LayerFullyConnected:
    def __init__(self, shape):
        self.weights = np.random.randn(*shape)
        self.bias = np.zeros(shape[1])
    def forward(self, points):
        self.points = points
        return points.dot(self.weights) + self.bias
    def backward(self, gradient):
        self.d_weights = self.points.T.dot(gradient)
        self.d_bias = np.SUM(gradient, axis=0)
        return gradient.dot(self.weights.T)
"""


@pytest.mark.parametrize(("total", "agreement"), [("sum", Agreement.AGREES), ("max", Agreement.DIFFERS)])
def test_a_layer_may_be_given_the_shape_of_its_weights(total: str, agreement: Agreement, tmp_path: Path) -> None:
    """A network that is given the sizes of all its layers is not a layer."""
    (pair,) = check_layers(write_file(tmp_path / "layer.py", SHAPED.replace("SUM", total)))
    found = {one.of: one.agreement for one in pair.gradients}
    assert found == {"input": Agreement.AGREES, "self.weights": Agreement.AGREES, "self.bias": agreement}
    assert not find_pairs(SHAPED.replace("LayerFullyConnected", "Network"))


LOSSES_OF_ACTIVATIONS = """
import numpy as np
class Binary:
    def forward(self, label, out):
        self.label, self.out = label, out
        return np.mean(-label * np.log(out) - (1 - label) * np.log(1 - out))
    def backward(self):
        return self.out - self.label
class BinaryByRows:
    def forward(self, out, label):
        return -np.sum(label * np.log(out) + (1 - label) * np.log(1 - out)) / len(out)
    def backward(self, out, label):
        return (label - out) / len(out)
def cross_entropy(a, y):
    return -np.mean(np.sum(y * np.log(a + 1e-9), axis=1))
def cross_entropy_derivative(a, y):
    return (a - y) / len(y)
"""


def test_a_loss_whose_derivative_goes_through_the_output_activation(tmp_path: Path) -> None:
    """Whether a sigmoid or a softmax below leaves its own derivative out is not in the loss: no mistake of it."""
    assert [one.agreement for one in check(tmp_path, LOSSES_OF_ACTIVATIONS)] == [Agreement.NOT_JUDGED] * 3
    wrong = LOSSES_OF_ACTIVATIONS.replace("self.out - self.label", "self.out + self.label")
    wrong = wrong.replace("label - out", "label - 2 * out").replace("(a - y)", "(a - y ** 2 / 2)")
    assert [one.agreement for one in check(tmp_path, wrong)] == [Agreement.DIFFERS] * 3


ONE_LAYER = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.weight, self.bias = np.random.randn(n_in, n_out) * 0.3, np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.weight + self.bias)

    def backward(self, above, rate):
        delta = above * (1 - np.tanh(self.x @ self.weight + self.bias) ** 2)
        given = delta @ self.weight.T{more}
        self.weight -= rate * self.x.T @ delta
        self.bias -= rate * delta.sum(axis=0, keepdims=True)
        return {back}

def mean_squared_error(output, y):
    return np.mean((output - y) ** 2), 2 * (output - y) / output.size
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("more", "back", "mistakes"),
    [
        ("", "given", []),
        (" * 1", "delta @ self.weight.T", ["updated-weights-in-backward"]),
        (" * self.x", "given", ["wrong-value"]),
        (" * (1 - self.x ** 2)", "given", []),  # meant to be of what the layer before gives its tanh
        ("", "delta", []),  # of what the layer itself gives its tanh
    ],
)
def test_what_a_layer_hands_back_is_compared_if_nothing_uses_it(
    tmp_path: Path, more: str, back: str, mistakes: list[str]
) -> None:
    path = write_file(tmp_path / "dense.py", ONE_LAYER.replace("{more}", more).replace("{back}", back))
    result = check_file(path)
    assert [one.id for one in result.mistakes] == mistakes
    assert result.verdict is (Verdict.MISTAKE if mistakes else Verdict.CORRECT)


def test_a_backward_function_that_does_not_use_what_comes_from_above_is_named(tmp_path: Path) -> None:
    text = """
import numpy as np

def tanh_forward(x):
    out = np.tanh(x)
    return out, out

def tanh_backward(dout, cache):
    return 1 - cache ** 2
"""
    (mistake,) = check_file(write_file(tmp_path / "tanh.py", text)).mistakes
    assert mistake.id == "upstream-gradient-dropped"


WITHOUT_COST_BESIDE_A_LAYER = """\
import numpy as np

class Memory:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.3

    def predict(self, X):
        return np.tanh(X @ self.W)

    def fit(self, X, y, epochs=3):
        for _ in range(epochs):
            out = self.predict(X)
            self.W += 0.1 * X.T @ out

class Gate:
    def __init__(self, size):
        self.W = np.random.randn(size, size) * 0.3

    def forward(self, x):
        if not hasattr(self, "signal"):
            raise RuntimeError("a gate needs a signal")
        self.x = x
        return x @ self.W

    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T
"""


def test_a_layer_that_the_calls_leave_out_does_not_hide_why_they_are_not_judged(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "memory.py", WITHOUT_COST_BESIDE_A_LAYER))
    assert result.reason is Reason.NO_COST
    assert result.calls == ("memory = Memory(7, 3)", "memory.fit(X, Y, epochs=3)")


UNITS = """
import numpy as np

class Linear:
    def __init__(self, fan_in, fan_out):
        self.weight = np.random.randn(fan_out, fan_in) * 0.1
        self.bias = np.zeros(fan_out)

    def run(self, x):
        self.cache = x
        return x @ self.weight.T + self.bias

    def bwd(self, g):
        self.{name} = {gradient}
        self.gb = g.sum(0)
        return g @ self.weight

class MeanPool:
    def run(self, x):
        self.n = x.shape[1]
        return x.mean(axis=1)

    def bwd(self, d):
        return np.repeat(d[:, None, :], self.n, axis=1) {share}
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("changes", "verdict", "agreement"),
    [
        ({}, Verdict.CORRECT, Agreement.AGREES),
        ({"gradient": "g.T @ self.cache ** 2"}, Verdict.MISTAKE, Agreement.AGREES),
        # what is handed back is the gradient from above of another layer: there, a factor is not one of the cost
        ({"share": ""}, Verdict.MISTAKE, Agreement.DIFFERS),
        ({"name": "slope", "gradient": "g.T @ self.cache ** 2"}, Verdict.NOT_JUDGED, Agreement.AGREES),
    ],
    ids=["right", "kernel", "factor-of-the-input", "no-gradient-found"],
)
def test_layers_are_correct_only_if_every_gradient_was_compared(
    changes: dict[str, str], verdict: Verdict, agreement: Agreement, tmp_path: Path
) -> None:
    text = UNITS.format(**{"name": "gw", "gradient": "g.T @ self.cache", "share": "/ self.n", **changes})
    result = check_file(write_file(tmp_path / "units.py", text))
    assert result.verdict is verdict
    assert pair(result.pairs, "MeanPool").agreement is agreement
    assert ("self.weight" in result.detail) == (verdict is Verdict.NOT_JUDGED)


TABLE = """
import numpy as np

class {name}:
    def __init__(self, vocab, dim):
        self.table = np.random.randn(vocab, dim)

    def forward(self, idx):
        self.idx = idx
        return self.table[idx]

    def backward(self, d):
        self.{gradient} = np.zeros_like(self.table)
        np.add.at(self.{gradient}, self.idx, d{factor})
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.CORRECT),
        ({"factor": " * d"}, Verdict.MISTAKE),
        ({"gradient": "slope"}, Verdict.NOT_JUDGED),
    ],
    ids=["right", "squared", "no-gradient-found"],
)
def test_a_parameter_is_known_by_what_the_forward_pass_reads(
    changes: dict[str, str], verdict: Verdict, tmp_path: Path
) -> None:
    text = TABLE.format(**{"name": "Embedding", "gradient": "grad", "factor": "", **changes})
    assert check_file(write_file(tmp_path / "words.py", text)).verdict is verdict


SECRET = """
import numpy as np

class Projection:
    def __init__(self, n_in, n_out):
        self.proj = np.random.randn(n_in, n_out)

    def forward(self, x):
        self.x = x
        return x @ self.proj

    def backward(self, grad):
        return grad @ self.proj.T
"""


def test_a_drawn_array_without_a_gradient_is_not_passed_over(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "projection.py", SECRET))
    assert result.verdict is Verdict.NOT_JUDGED
    assert "self.proj" in result.detail


ATTENTION = """
import numpy as np

class SelfAttention:
    def __init__(self, d):
        self.Wq, self.Wk, self.Wv = (np.random.randn(d, d) * 0.3 for _ in range(3))
        self.d = d

    def forward(self, X):
        self.X = X
        self.Q, self.K, self.V = X @ self.Wq, X @ self.Wk, X @ self.Wv
        s = self.Q @ self.K.T / np.sqrt(self.d)
        e = np.exp(s - s.max(-1, keepdims=True))
        self.A = e / e.sum(-1, keepdims=True)
        return self.A @ self.V

    def backward(self, dO):
        dV = self.A.T @ dO
        dA = dO @ self.V.T
        dS = self.A * (dA{coupled}) / np.sqrt(self.d)
        dQ, dK = dS @ self.K, dS.T @ self.Q
        self.dWq, self.dWk, self.dWv = self.X.T @ dQ, self.X.T @ dK, self.X.T @ dV
        return dQ @ self.Wq.T + dK @ self.Wk.T + dV @ self.Wv.T
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("coupled", [" - (dA * self.A).sum(-1, keepdims=True)", ""])
def test_a_layer_as_wide_as_its_input_is_compared_alone(coupled: str, tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "attention.py", ATTENTION.format(coupled=coupled)))
    assert result.verdict is (Verdict.CORRECT if coupled else Verdict.MISTAKE)


@pytest.mark.slow
def test_the_layers_that_a_network_imports_are_compared_if_it_is_not_judged(tmp_path: Path) -> None:
    write_file(tmp_path / "units.py", UNITS.format(name="gw", gradient="g.T @ self.cache ** 2", share="/ self.n"))
    text = "from units import Linear\n\nclass Net:\n    def __init__(self, plan):\n        raise RuntimeError(plan)\n\n"
    text += "    def fit(self, X, y):\n        self.W -= 0.1 * self.dW\n"
    result = check_file(write_file(tmp_path / "net.py", text))
    assert (result.verdict, result.file) == (Verdict.MISTAKE, "net.py")
    assert {(one.place.file, one.place.text) for one in result.mistakes if one.place} == {
        ("units.py", "self.gw = g.T @ self.cache ** 2")
    }
    write_file(tmp_path / "units.py", UNITS.format(name="gw", gradient="g.T @ self.cache", share="/ self.n"))
    result = check_file(tmp_path / "net.py")
    assert result.reason is Reason.NOT_DRIVEN
    assert {(one.file, one.agreement) for one in result.pairs} == {("units.py", Agreement.AGREES)}


PENALISED = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out, penalty=0):
        self.weights = 0.1 * np.random.randn(n_in, n_out)
        self.biases = np.zeros((1, n_out))
        self.penalty = penalty

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.biases

    def backward(self, d):
        self.dweights = self.x.T @ d
        {keep} = np.sum(d, axis=0, keepdims=True)
        if self.penalty > 0:
            self.biases += self.penalty * np.sign(self.biases)
        return d @ self.weights.T
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("keep", ["self.dbiases", "sums"])
def test_an_update_that_is_off_is_not_compared(keep: str, tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "dense.py", PENALISED.format(keep=keep)))
    assert result.verdict is not Verdict.MISTAKE
    compared = [one.name for found in check_layers(tmp_path / "dense.py") for one in found.gradients]
    assert sorted(compared) == ["return value", *(["self.dbiases"] if keep != "sums" else []), "self.dweights"]
    unread = [name for found in check_layers(tmp_path / "dense.py") for name in found.unread]
    assert unread == (["self.biases"] if keep == "sums" else [])


GATES = """
import numpy as np

class MultiplyGate:
    def forward(self, W, x):
        return np.dot(W, x)

    def backward(self, W, x, dz):
        return np.outer(dz, x), np.dot(W.T, dz)

class Scale:
    def forward(self, x):
        return 2 * x

    def backward(self, d):
        return 2 * d
"""


def test_a_layer_that_is_given_its_weights_with_its_input_is_not_called_with_numbers(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "gates.py", GATES))
    assert result.verdict is Verdict.NOT_JUDGED
    assert "MultiplyGate.forward / MultiplyGate.backward" in result.detail


ONCE = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(a):
    return a * (1 - a)


x, y = np.array([[0.5, 0.8]]), np.array([[1.0]])
W1, W2 = np.random.randn(2, 3), np.random.randn(3, 1)
a1 = sigmoid(x @ W1)
a2 = sigmoid(a1 @ W2)
dL_dz2 = (a2 - y) * sigmoid_derivative(a2)
{gradients}
"""
PRODUCTS = "dL_dW2 = a1.T @ dL_dz2\ndL_dW1 = np.dot(x.T, (dL_dz2 @ W2.T) * sigmoid_derivative(a1))"


def test_gradients_that_a_file_computes_once_and_applies_nowhere_are_not_called_right(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "once.py", ONCE.format(gradients=PRODUCTS)))
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, Reason.LAYERS_LEFT)
    assert result.detail == "dL_dW2, dL_dW1"
    assert [pair.agreement for pair in result.pairs] == [Agreement.AGREES]


def test_a_derivative_that_is_only_tried_is_right(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "once.py", ONCE.format(gradients="print(dL_dz2)")))
    assert result.verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("back", "verdict"),
    [
        ("np.einsum('...,...,...->...', self.y, 1 - self.y, eta)", Verdict.CORRECT),
        ("eta * self.y", Verdict.MISTAKE),
    ],
)
def test_a_gradient_from_above_may_have_the_name_of_a_rate(tmp_path: Path, back: str, verdict: Verdict) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "class Sigmoid:\n"
        "    def forward(self, x):\n"
        "        self.y = 1 / (1 + np.exp(-x))\n"
        "        return self.y\n"
        "    def backward(self, eta):\n"
        f"        return {back}\n",
    )
    assert check_file(path).verdict is verdict


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("stored", "verdict"),
    [("self.x.T @ grad", Verdict.NOT_JUDGED), ("self.x.T @ grad ** 2", Verdict.MISTAKE)],
)
def test_the_loss_may_have_the_derivative_of_a_softmax(tmp_path: Path, stored: str, verdict: Verdict) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "class SoftmaxLayer:\n"
        "    def __init__(self, n_in, n_out):\n"
        "        self.W = np.random.randn(n_in, n_out)\n"
        "    def forward(self, x):\n"
        "        self.x, z = x, x @ self.W\n"
        "        e = np.exp(z - z.max(axis=1, keepdims=True))\n"
        "        return e / e.sum(axis=1, keepdims=True)\n"
        "    def backward(self, grad):\n"
        f"        self.dW = {stored}\n"
        "        return grad @ self.W.T\n",
    )
    assert check_file(path).verdict is verdict


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("back", "verdict"),
    [
        ("self.a * (1 + grad)", Verdict.NOT_JUDGED),  # right if the loss gives -y / a
        ("self.a * (1 / len(grad) + grad)", Verdict.NOT_JUDGED),  # and if that is averaged
        ("self.a * (1 - grad)", Verdict.MISTAKE),
        ("self.a * grad", Verdict.MISTAKE),
    ],
)
def test_a_softmax_may_take_the_gradient_of_a_cross_entropy_for_granted(
    tmp_path: Path, back: str, verdict: Verdict
) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "class Softmax:\n"
        "    def forward(self, z):\n"
        "        e = np.exp(z - z.max(axis=1, keepdims=True))\n"
        "        self.a = e / e.sum(axis=1, keepdims=True)\n"
        "        return self.a\n"
        "    def backward(self, grad):\n"
        f"        return {back}\n",
    )
    assert check_file(path).verdict is verdict


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("before", "verdict"), [("da @ self.Wh.T", Verdict.CORRECT), ("da @ self.Wh", Verdict.MISTAKE)]
)
def test_a_recurrent_cell_hands_its_cache_over_and_takes_a_state(tmp_path: Path, before: str, verdict: Verdict) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "class Cell:\n"
        "    def __init__(self, n_in, n_state):\n"
        "        self.Wx, self.Wh = np.random.randn(n_in, n_state), np.random.randn(n_state, n_state)\n"
        "    def step_forward(self, x, h_prev):\n"
        "        h = np.tanh(x @ self.Wx + h_prev @ self.Wh)\n"
        "        return h, (x, h_prev, h)\n"
        "    def step_backward(self, dh, cache):\n"
        "        x, h_prev, h = cache\n"
        "        da = dh * (1 - h ** 2)\n"
        f"        dx, dh_prev = da @ self.Wx.T, {before}\n"
        "        dWx, dWh = x.T @ da, h_prev.T @ da\n"
        "        return dx, dh_prev, dWx, dWh\n",
    )
    assert check_file(path).verdict is verdict


@pytest.mark.parametrize(("power", "verdict"), [("", Verdict.CORRECT), (" ** 2", Verdict.MISTAKE)])
def test_a_loss_may_have_a_value_and_a_gradient(tmp_path: Path, power: str, verdict: Verdict) -> None:
    path = write_file(
        tmp_path / "mine.py",
        "import numpy as np\n"
        "class MeanSquares:\n"
        "    def value(self, out, target):\n"
        "        return np.mean((out - target) ** 2)\n"
        "    def gradient(self, out, target):\n"
        f"        return 2 * (out - target){power} / out.size\n",
    )
    assert check_file(path).verdict is verdict


@pytest.mark.every(2)
@pytest.mark.parametrize("back", ["before", "delta @ self.weight.T"])
def test_a_pass_may_say_on_what_it_works(tmp_path: Path, back: str) -> None:
    text = ONE_LAYER.replace("{more}", "").replace("{back}", back).replace("given = ", "before = ")
    text = text.replace("def forward(", "def forward_on_signal(").replace("def backward(", "def backward_on_signal(")
    pairs = check_layers(write_file(tmp_path / "dense.py", text))
    right = pair(pairs, "Dense.forward_on_signal").agreement is Agreement.AGREES
    assert right is (back == "before")


HELD = """
import numpy as np

class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)

class Module:
    def __init__(self):
        self.params = {}

    def add(self, name, data):
        self.params[name] = Parameter(data)

class Linear(Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.add("W", np.random.randn(inputs, outputs) * 0.1)
        self.add("b", np.zeros(outputs))

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].data + self.params["b"].data

    def backward(self, upstream):
        self.params["W"].grad += self.x.T @ upstream
        self.params["b"].grad += np.mean(upstream, axis=0)
        return upstream @ self.params["W"].data.T
"""


def test_a_layer_is_not_right_by_the_gradient_of_its_input_alone(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(HELD)
    result = check_file(path)
    assert result.verdict is Verdict.NOT_JUDGED
    assert "its weights" in result.detail


NORM_OF_IMAGES = """
import numpy as np


class BatchNorm2D:
    def __init__(self, num_features, momentum=0.9, tiny=1e-5):
        self.params = {"scale": np.ones((1, num_features, 1, 1)), "shift": np.zeros((1, num_features, 1, 1))}
        self.grads = {}
        self.usual = np.zeros((1, num_features, 1, 1))
        self.momentum, self.tiny = momentum, tiny

    def forward(self, x):
        mean = x.mean(axis=(0, 2, 3), keepdims=True)
        self.usual = self.momentum * self.usual + (1 - self.momentum) * mean
        self.spread = np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + self.tiny)
        self.plain = (x - mean) / self.spread
        return self.params["scale"] * self.plain + self.params["shift"]

    def backward(self, above):
        self.grads["scale"] = np.sum(above * self.plain, axis=(0, 2, 3), keepdims=True)
        self.grads["shift"] = np.sum(above, axis=(0, 2, 3), keepdims=True)
        d = above * self.params["scale"]
        centred = d - d.mean(axis=(0, 2, 3), keepdims=True)
        return (centred - self.plain * (d * self.plain).mean(axis=(0, 2, 3), keepdims=True)) / self.spread
"""


@pytest.mark.slow
def test_a_norm_of_images_is_given_images(tmp_path: Path) -> None:
    path = tmp_path / "norm.py"
    path.write_text(NORM_OF_IMAGES)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(NORM_OF_IMAGES.replace("centred - self.plain * (d", "d - self.plain * (d"))
    assert check_file(path).verdict is Verdict.MISTAKE


@pytest.mark.slow
def test_the_layers_of_a_notebook_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "norm.ipynb"
    text = NORM_OF_IMAGES.replace("(0, 2, 3)", "0").replace("(1, num_features, 1, 1)", "num_features")
    text = text.replace("BatchNorm2D", "BatchNorm")
    for code, verdict in ((text, Verdict.CORRECT), (text.replace("above * self.plain, ", "above, "), Verdict.MISTAKE)):
        cells = [{"cell_type": "code", "source": "absent = open('absent.txt')"}, {"cell_type": "code", "source": code}]
        path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
        result = check_file(path)
        assert result.verdict is verdict
    assert {one.place.cell for one in result.mistakes if one.place} == {2}


UPSTREAM_MASKED = """import numpy as np
np.random.seed(0)
class Relu:
    def forward(self, x):
        return np.maximum(x, 0)
    def backward(self, x):
        return np.array(x > 0).astype("int")
class Layer:
    def __init__(self, n, m):
        self.w = np.random.randn(n, m)
    def forward(self, x):
        self.x = x
        return x @ self.w
    def backward(self, d):
        back = d @ self.w.T
        self.w -= 0.1 * self.x.T @ d
        return back
X, y = np.random.randn(12, 3), np.random.randn(12, 1)
layers = [Layer(3, 4), Relu(), Layer(4, 1)]
for turn in range(9):
    out = X
    for one in layers:
        out = one.forward(out)
    d = 2 * (out - y) / 12
    for one in reversed(layers):
        d = one.backward(d)
"""


def test_a_mask_of_whole_numbers_cuts_no_fractions(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "net.py", UPSTREAM_MASKED))
    assert result.verdict is Verdict.MISTAKE
    assert [found.place and found.place.line for found in result.mistakes] == [7]
    assert result.mistakes[0].id != "integer-weights"


@pytest.mark.every(2)
@pytest.mark.parametrize("of", ["shift", "kernel"])
def test_gradients_are_judged_after_they_were_made_zero_as_in_a_loop(tmp_path: Path, of: str) -> None:
    text = f"""
import numpy as np

class Weight:
    def __init__(self, value):
        self.data, self.grad = value, np.zeros(value.shape)

class Affine:
    def __init__(self, n_in, n_out):
        self.kernel = Weight(np.random.randn(n_in, n_out) * 0.3)
        self.shift = Weight(np.zeros(n_out))

    def forward(self, x):
        self.x = x
        return x @ self.kernel.data + self.shift.data

    def zero_grad(self):
        self.kernel.grad = np.zeros_like(self.kernel.data)
        self.shift.grad = np.zeros_like(self.{of}.data)

    def backward(self, grad):
        self.kernel.grad += self.x.T @ grad
        self.shift.grad += grad.sum(axis=0)
        return grad @ self.kernel.data.T
"""
    (tmp_path / "net.py").write_text(text)
    result = check_file(tmp_path / "net.py")
    assert result.verdict is (Verdict.CORRECT if of == "shift" else Verdict.MISTAKE)
    lines = [one.place.text for one in result.mistakes if one.place is not None]
    assert lines == ([] if of == "shift" else ["self.shift.grad = np.zeros_like(self.kernel.data)"])


STACKED_COLUMNS = """import numpy as np

class Dense:
    def __init__(self, input_size, output_size):
        self.weights = np.random.normal(0, 0.01, size=(output_size, input_size))
        self.biases = np.zeros((output_size, 1))
    def forward(self, inputs):
        self.inputs = inputs
        return self.weights @ inputs + self.biases
    def backward(self, output_gradient, learn_rate, momentum, clip_value):
        back = self.weights.T @ output_gradient
        d_weights = np.sum(output_gradient @ np.swapaxes(self.inputs, 1, 2), axis=0)
        d_biases = np.sum(output_gradient, axis=0)
        self.weights = self.weights - learn_rate * np.clip(d_weights, -clip_value, clip_value)
        self.biases = self.biases - learn_rate * np.clip(d_biases, -clip_value, clip_value)
        return back

class ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, 0)
    def backward(self, output_gradient):
        return np.where(self.inputs > 0, 1, 0) * output_gradient
"""


@pytest.mark.every(2)
@pytest.mark.parametrize("settings", ["learn_rate, momentum, clip_value", "learn_rate, clip_value"])
def test_a_layer_of_stacked_columns_that_updates_itself_is_compared(tmp_path: Path, settings: str) -> None:
    path = tmp_path / "layer.py"
    text = STACKED_COLUMNS.replace("learn_rate, momentum, clip_value", settings)
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    lines = text.replace("return back", "return self.weights.T @ output_gradient").split("\n")
    path.write_text("\n".join(line for line in lines if "back = " not in line))
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("updated-weights-in-backward", 15)


SLOPES = """
import numpy as np

class Sigmoid:
    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, x):
        return self.forward(x) * (1 - self.forward(x))

class Leaky:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, x):
        return np.maximum(x, self.alpha * x)

    def backward(self, x):
        return np.where(x > 0, 1.0, self.alpha)

class Identity:
    def forward(self, x):
        return x

    def backward(self, x):
        return x

class Mix:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out)

    def forward(self, x):
        return x @ self.weights

    def backward(self, x):
        return x @ self.weights.T
"""


@pytest.mark.parametrize(("slip", "wrong"), [(("", ""), ""), (("1 - self", "2 - self"), "Sigmoid")])
def test_a_backward_pass_that_is_given_the_input_gives_the_slope(
    tmp_path: Path, slip: tuple[str, str], wrong: str
) -> None:
    path = tmp_path / "activations.py"
    path.write_text(SLOPES.replace(*slip), encoding="utf-8")
    found = {one.owner: one.agreement for one in check_layers(path)}
    expected = dict.fromkeys(["Sigmoid", "Leaky", "Identity", "Mix"], Agreement.AGREES)
    assert found == expected | ({wrong: Agreement.DIFFERS} if wrong else {})


RETURNED = """
import numpy as np

def linear(x, W, b):
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum(axis=0))

def sigmoid(z):
    a = 1 / (1 + np.exp(-z))

    def back(d):
        return d * a * (1 - a)

    return a, back

def mse(p, t):
    n = len(p)
    return ((p - t) ** 2).sum() / n, lambda: 2 * (p - t) / n
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x.T @ d,", "x.T @ d * 2 * d.sum(),", id="weights"),
        pytest.param("d.sum(axis=0)", "d.mean(axis=0)", id="biases are averaged and weights are not"),
        pytest.param("d * a *", "a *", id="inner function"),
        pytest.param("2 * (p - t) / n", "2 * (p - 2 * t) / n", id="loss"),
    ],
)
def test_functions_that_return_their_derivative_as_a_function(tmp_path: Path, before: str, after: str) -> None:
    result = check_file(write_file(tmp_path / "right.py", RETURNED))
    assert result.verdict is Verdict.CORRECT, result
    assert [pair.name for pair in result.pairs] == ["linear / lambda", "sigmoid / sigmoid.back", "mse / lambda"]
    assert RETURNED.count(before) == 1
    wrong = check_file(write_file(tmp_path / "wrong.py", RETURNED.replace(before, after)))
    assert wrong.verdict is Verdict.MISTAKE


INVERSE = """
def standardize(x):
    mean, deviation = x.mean(axis=0), x.std(axis=0)

    def back(z):
        return z * deviation + mean

    return (x - mean) / deviation, back

def shifted(x):
    return x - x.mean(), lambda z: z + x.mean()

def scaled(x):
    return x / x.std(), lambda data: data * x.std()

def layer(sizes):
    return (lambda x: x * sizes), (lambda d: d * sizes)
"""


def test_an_inverse_is_not_a_derivative() -> None:
    assert find_pairs(INVERSE) == []


OF_LAYERS = """
import numpy as np

class Parameter:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)

class Dense:
    def __init__(self, n_in, n_out):
        self.W = Parameter(np.random.randn(n_in, n_out) * 0.1)
        self.B = Parameter(np.zeros(n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W.value + self.B.value

    def backward(self, d_out):
        self.W.grad += self.x.T @ d_out
        self.B.grad += d_out.sum(axis=0)
        return d_out @ self.W.value.T

class ActivationLayer:
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, x):
        self.x = x
        return self.activation(x)

    def backward(self, output_error):
        return self.activation_prime(self.x) * output_error

class Flattener:
    def forward(self, x):
        self.n, self.height, self.width, self.channels = x.shape
        return x.reshape(self.n, -1)

    def backward(self, d_out):
        return d_out.reshape(self.n, self.height, self.width, self.channels)

class Reshape:
    def __init__(self, input_shape, output_shape):
        self.input_shape = input_shape
        self.output_shape = output_shape

    def forward(self, x):
        return np.reshape(x, self.output_shape)

    def backward(self, output_error):
        return np.reshape(output_error, self.input_shape)

class Embedding:
    def __init__(self, words, units):
        self.table = np.random.randn(words, units)

    def forward(self, words):
        self.words = words
        return self.table[words]

    def backward(self, d_out):
        self.dtable = np.zeros_like(self.table)
        np.add.at(self.dtable, self.words, d_out)
        return self.dtable
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        pytest.param("self.B.grad += d_out.sum(axis=0)", "self.B.grad += d_out[0]", "Dense", id="parameters"),
        pytest.param(
            "activation_prime(self.x) *", "activation_prime(output_error) *", "ActivationLayer", id="functions"
        ),
        pytest.param("d_out.reshape(self.n,", "(d_out**2).reshape(self.n,", "Flattener", id="flattened"),
        pytest.param("np.reshape(output_error, self", "np.reshape(output_error**2, self", "Reshape", id="shape"),
        pytest.param(
            "np.add.at(self.dtable, self.words, d_out)", "self.dtable[self.words] = d_out", "Embedding", id="words"
        ),
    ],
)
def test_layers_that_are_given_functions_shapes_and_words(tmp_path: Path, before: str, after: str, name: str) -> None:
    found = check_layers(write_file(tmp_path / "right.py", OF_LAYERS))
    assert [one.agreement for one in found] == [Agreement.AGREES] * 5, found
    assert OF_LAYERS.count(before) == 1
    found = check_layers(write_file(tmp_path / "wrong.py", OF_LAYERS.replace(before, after)))
    assert [one.name for one in found if one.agreement is not Agreement.AGREES] == [f"{name}.forward / {name}.backward"]
    assert {one.agreement for one in found} == {Agreement.AGREES, Agreement.DIFFERS}


WITH_MODEL = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def model(setting, batch):
    hidden, first = affine_forward(batch.inputs, setting["w"], setting["b"])
    out, second = affine_forward(np.tanh(hidden), setting["v"], setting["c"])
    dy = (out - batch.targets) / len(out)
    dh, dv, dc = affine_backward(dy, second)
    _, dw, db = affine_backward(dh, first)
    return dw, db, dv, dc
"""


def test_a_function_that_uses_the_layers_of_a_file_must_run_too(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "mine.py", WITH_MODEL))
    assert (result.verdict, result.reason, result.detail) == (Verdict.NOT_JUDGED, Reason.LAYERS_LEFT, "model")
    alone = WITH_MODEL[: WITH_MODEL.index("def model")]
    assert check_file(write_file(tmp_path / "alone.py", alone)).verdict is Verdict.CORRECT
