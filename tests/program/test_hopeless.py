"""What keeps a program from learning whatever else is changed: own losses, operations without a gradient, one batch."""

import keras
import numpy as np
import pytest

import harness
from harness.programs.capture import capture_script
from harness.programs.contradictions import Check, Severity, contradictions
from harness.programs.fit_calls import program_of
from harness.programs.unjudged import is_judged, read_unjudged
from harness.report.unjudged import lines

L, K = keras.layers, keras.ops
X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
OWN = {
    Check.LOSS_ARGUMENTS_SWAPPED,
    Check.LOSS_PREFERS_WRONG,
    Check.LOSS_WITHOUT_GRADIENT,
    Check.LOSS_GRADIENT_NOT_FINITE,
    Check.CUT_GRADIENT,
    Check.GRADIENT_NOT_FINITE,
}


def found(loss, *layers, y=None):
    """Check -> severity of what is wrong with a loss or an operation, of a network with 4 inputs"""
    model = keras.Sequential([keras.Input((4,)), L.Dense(8, "relu"), *layers])
    model.compile("adam", loss)
    program = program_of(model, X, np.abs(X[:, :1]) if y is None else y, epochs=50)
    return {one.check: one.severity for one in contradictions(program) if one.check in OWN}


def overlap(y, p):
    return (2 * K.sum(y * p) + 1) / (K.sum(y) + K.sum(p) + 1)


def contrastive(y, p):
    """of pairs that are alike, y = 1, and their distance p"""
    return K.mean(y * K.square(p) + (1 - y) * K.square(K.maximum(1 - p, 0)))


def rounded_overlap(y, p):
    return 1 - overlap(y, K.round(p))


RIGHT = {
    "squared": ("linear", lambda y, p: K.mean(K.square(y - p))),
    "pinball": ("linear", lambda y, p: K.mean(K.maximum(0.9 * (y - p), -0.1 * (y - p)))),
    "score of a critic": ("linear", lambda y, p: K.mean(y * p)),
    "computed in the model": ("linear", lambda y, p: p),
    "focal": ("sigmoid", lambda y, p: -K.mean(y * (1 - p) ** 2 * K.log(p) + (1 - y) * p**2 * K.log(1 - p))),
    "1 - overlap": ("sigmoid", lambda y, p: 1 - overlap(y, p)),
    "-overlap": ("sigmoid", lambda y, p: -overlap(y, p)),
    "contrastive": ("sigmoid", contrastive),
    "Poisson": ("softplus", lambda y, p: K.mean(p - y * K.log(p + 1e-7))),
    "hinge": ("tanh", lambda y, p: K.mean(K.maximum(1 - y * p, 0))),
}
WRONG = {
    "negative squares": ("linear", lambda y, p: -K.mean(K.square(y - p)), Check.LOSS_PREFERS_WRONG),
    "overlap": ("sigmoid", overlap, Check.LOSS_PREFERS_WRONG),
    "log-likelihood": (
        "sigmoid",
        lambda y, p: K.mean(y * K.log(p) + (1 - y) * K.log(1 - p)),
        Check.LOSS_PREFERS_WRONG,
    ),
    "rounded": ("sigmoid", rounded_overlap, Check.LOSS_WITHOUT_GRADIENT),
    "compared": ("linear", lambda y, p: K.mean(K.cast(K.abs(y - p) > 1, "float32")), Check.LOSS_WITHOUT_GRADIENT),
    "root": ("relu", lambda y, p: K.sqrt(K.mean(K.square(y - p), axis=-1)), Check.LOSS_GRADIENT_NOT_FINITE),
}


@pytest.mark.every(3)
@pytest.mark.parametrize("name", RIGHT)
def test_a_loss_that_is_right_is_left_alone(name):
    activation, loss = RIGHT[name]
    assert found(loss, L.Dense(1, activation)) == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_loss_that_cannot_train_is_named(name):
    activation, loss, check = WRONG[name]
    assert list(found(loss, L.Dense(1, activation))) == [check]


def test_a_root_of_zero_that_seldom_occurs_is_a_hint():
    def root(y, p):
        return K.sqrt(K.mean(K.square(y - p)))

    assert found(root, L.Dense(1)) == {Check.LOSS_GRADIENT_NOT_FINITE: Severity.HINT}


def test_classes_under_a_loss_of_ones_own():
    def likelihood(y, p):
        return K.mean(K.sum(y * K.log(p + 1e-7), axis=-1))

    labels = np.eye(3)[np.arange(40) % 3]
    assert list(found(likelihood, L.Dense(3, "softmax"), y=labels)) == [Check.LOSS_PREFERS_WRONG]
    assert found(lambda y, p: -likelihood(y, p), L.Dense(3, "softmax"), y=labels) == {}


@pytest.mark.parametrize(
    ("function", "check"),
    [
        (lambda z: K.sqrt(z), Check.GRADIENT_NOT_FINITE),  # of relu outputs that are 0
        (lambda z: K.cast(K.argmax(z, axis=-1, keepdims=True), "float32"), Check.CUT_GRADIENT),
        (lambda z: K.round(z), Check.CUT_GRADIENT),
        (lambda z: K.sqrt(z + 1.0), None),
        (lambda z: 2 * z, None),
    ],
)
def test_operations_that_no_gradient_passes(function, check):
    assert list(found("mse", L.Lambda(function), L.Dense(1))) == ([] if check is None else [check])


def test_an_activation_of_ones_own_that_overflows():
    def own_elu(z):
        return K.where(z > 0, z, K.exp(z) - 1)

    assert found("mse", L.Dense(8, own_elu), L.Dense(1)) == {}
    large = L.Dense(8, own_elu, kernel_initializer=keras.initializers.Constant(1e3))
    assert list(found("mse", large, L.Dense(1))) == [Check.GRADIENT_NOT_FINITE]


SCRIPT = (
    "import keras, numpy as np\nfrom keras import backend as K\nfrom keras.losses import categorical_crossentropy\n"
    "x, y = np.random.rand(40, 4), np.eye(3)[np.arange(40) % 3]\n"
    "{}\n"
    "m = keras.Sequential([keras.layers.Dense(3, activation='softmax', input_shape=(4,))])\n"
    "m.compile('adam', loss=own)\nm.fit(x, y, epochs=1)\n"
)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("definition", "is_wrong"),
    [
        ("def own(y_true, y_pred): return categorical_crossentropy(y_pred, y_true)", True),
        ("def own(y_true, y_pred): return categorical_crossentropy(y_true, y_pred)", False),
        pytest.param(
            "def own(t, p): return categorical_crossentropy(t, K.clip(p, 0.01, 0.99))", False, marks=pytest.mark.slow
        ),
        ("def own(y_pred, y_true): return categorical_crossentropy(y_pred, y_true)", False),
        ("def own(y_pred, y_true): return -keras.ops.mean(y_true * keras.ops.log(y_pred + 1e-9))", True),
        pytest.param(
            "def own(y_pred, y_true): return keras.ops.mean((y_pred - y_true) ** 2)", False, marks=pytest.mark.slow
        ),
    ],
)
def test_targets_and_predictions_in_the_wrong_order(definition, is_wrong, tmp_path, monkeypatch, without_compiling):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format(definition))
    program = capture_script("train.py", seconds=60)
    checks = [(one.check, one.place.line) for one in contradictions(program) if one.check in OWN]
    assert checks == ([(Check.LOSS_ARGUMENTS_SWAPPED, 5)] if is_wrong else [])


def test_a_program_that_nothing_else_can_help_is_not_trained(tmp_path, monkeypatch, without_compiling):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format("def own(y, p): return keras.ops.mean(y * keras.ops.log(p))"))
    program = capture_script("train.py", seconds=60)
    read = read_unjudged(program)
    text = "\n".join(lines(read))
    assert is_judged(program)  # its data are there
    assert read.is_hopeless
    assert text.startswith("train.py cannot learn: train.py:5: the loss own is larger for right predictions")
    assert "Repair this first" in text


def test_the_function_does_not_train_it_either(tmp_path, monkeypatch, without_compiling):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format("def own(y, p): return keras.ops.mean(y * keras.ops.log(p))"))
    read = harness.diagnose("train.py")
    assert str(read).startswith("train.py cannot learn:")


GENERATOR = (
    "import keras, numpy as np\nx, y = np.random.rand(40, 4), np.random.rand(40, 1)\n"
    "def batches():\n  rows = np.arange(8)\n  while True:\n{}"
    "m = keras.Sequential([keras.layers.Dense(1, input_shape=(4,))])\n"
    "m.compile('adam', 'mse')\nm.fit(batches(), steps_per_epoch=5, epochs=2)\n"
)


@pytest.mark.parametrize(
    ("body", "is_wrong"),
    [
        ("    a, b = x[rows], y[rows]\n    yield a, b\n", True),  # drawn once, before the loop
        pytest.param("    yield x[:8], y[:8]\n", True, marks=pytest.mark.slow),
        ("    rows = np.random.permutation(40)[:8]\n    yield x[rows], y[rows]\n", False),
        pytest.param("    yield x, y\n", False, marks=pytest.mark.slow),  # one batch of all rows
    ],
)
def test_a_generator_that_gives_one_batch_again_and_again(body, is_wrong, tmp_path, monkeypatch, without_compiling):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(GENERATOR.format(body))
    program = capture_script("train.py", seconds=60)
    assert read_unjudged(program).is_hopeless == is_wrong


@pytest.mark.parametrize(
    ("loss", "metrics", "is_said"),
    [
        ("binary_crossentropy", None, True),
        ("hinge", None, True),
        ("mse", ["accuracy"], True),
        (lambda y, p: K.mean(y + p), None, False),
    ],
)
def test_labels_of_one_class(loss, metrics, is_said):
    model = keras.Sequential([keras.Input((4,)), L.Dense(1, "sigmoid")])
    model.compile("adam", loss, metrics=metrics)
    read = read_unjudged(program_of(model, X, np.zeros(40)))
    assert read.is_hopeless is is_said
    assert (Check.CONSTANT_TARGETS in [one.check for one in read.contradictions]) is is_said


def test_the_first_batch_of_a_loop_may_have_labels_of_one_class(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(
        "import numpy as np\nfrom keras import Sequential, layers\n"
        "first, second = (Sequential([layers.Dense(1, 'sigmoid')]) for _ in range(2))\n"
        "for model in (first, second):\n    model.compile('adam', 'binary_crossentropy')\n"
        "for step in range(2):\n    for model in (first, second):\n"
        "        model.train_on_batch(np.random.rand(8, 3), np.ones(8))\n"
    )
    assert Check.CONSTANT_TARGETS not in [one.check for one in contradictions(capture_script(path))]


@pytest.mark.parametrize(("rows", "is_said"), [(9, True), (10, False)])
def test_tokens_beyond_an_embedding_that_fit_refuses(rows, is_said, tmp_path, without_compiling):
    path = tmp_path / "train.py"
    path.write_text(
        "import numpy as np\nimport keras\nfrom keras import layers\n"
        f"model = keras.Sequential([layers.Embedding({rows}, 2), layers.Flatten(), layers.Dense(1, 'sigmoid')])\n"
        "model.compile('adam', 'binary_crossentropy')\n"
        "model.fit(np.arange(10).reshape(5, 2), np.array([0, 1, 0, 1, 1]))\n"
    )
    program = capture_script(path)
    assert (program.error is not None, read_unjudged(program).is_hopeless) == (is_said, is_said)
    if is_said:
        text = " ".join(lines(read_unjudged(program)))
        assert "x goes from 0 to 9, and the Embedding layer takes whole numbers from 0 to 8" in text
