"""What contradicts itself without a run is named; programs that are written soundly are left alone."""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.diagnosis.evident_causes import bounds_score
from harness.programs.contradictions import Check, Contradiction, Severity, contradictions, weakened
from harness.programs.fit_calls import program_of
from harness.programs.heads import head_of
from harness.programs.rules.head_rules import metrics_of_labels
from harness.programs.rules.own_losses import sides_of

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4)).astype("float32")
CLASSES = RNG.integers(0, 3, 200)
BINARY = RNG.integers(0, 2, 200)
REAL = X @ np.array([1, 2, 3, 4])
ONE_HOT = np.eye(3)[CLASSES]
MULTI_HOT = RNG.integers(0, 2, (200, 3))
BCE, CCE, SCCE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"


def net(units, activation, *more, hidden="relu"):
    """4 inputs, 8 hidden units, an output layer, and what follows it"""
    return keras.Sequential([keras.Input((4,)), L.Dense(8, hidden), L.Dense(units, activation), *more])


def found(model, loss, y, x=X, metrics=None, optimizer="adam", **fit):
    """(severity, id, check) of all that is more than a fact"""
    model.compile(optimizer, loss, metrics=metrics)
    program = program_of(model, x, y, **{"epochs": 50, **fit})
    return {
        (finding.severity, finding.id, finding.check)
        for finding in contradictions(program)
        if finding.severity is not Severity.FACT
    }


def squared(y, p):
    return keras.ops.mean(keras.ops.square(y - p))


def logits(name):
    return getattr(keras.losses, name)(from_logits=True)


def images(*last):
    return keras.Sequential([keras.Input((8, 8, 1)), L.Conv2D(4, 3, activation="relu"), *last])


def sequences(return_sequences):
    return keras.Sequential([keras.Input((7, 2)), L.LSTM(4, return_sequences=return_sequences), L.Dense(1)])


def stacked_images(activation):
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(4, 3, activation=activation),
            L.Conv2D(4, 3, activation="relu"),
            L.Flatten(),
            L.Dense(3, "softmax"),
        ]
    )


def graph(width):
    """4 inputs, a linear layer of some width, dropout, a layer of 8 units and an output, as a graph"""
    inputs = keras.Input((4,))
    hidden = L.Dropout(0.1)(L.Dense(width)(inputs))
    return keras.Model(inputs, L.Dense(1)(L.Dense(8, "relu")(hidden)))


def first_channels():
    return keras.Sequential([keras.Input((3, 20, 20)), L.Conv2D(4, 3, activation="relu"), L.Flatten(), L.Dense(1)])


def tokens():
    return keras.Sequential([keras.Input((7,)), L.Embedding(10, 4), L.Flatten(), L.Dense(1)])


def zeros(hidden):
    """4 inputs, a hidden layer, and one unit with weights of zero"""
    return keras.Sequential([keras.Input((4,)), hidden, L.Dense(1, kernel_initializer="zeros")])


IMAGES, SEQUENCES = RNG.random((200, 8, 8, 1)), RNG.normal(size=(200, 7, 2))
SOUND = {
    "binary": lambda: found(net(1, "sigmoid"), BCE, BINARY, metrics=["accuracy"]),
    "binary column": lambda: found(net(1, "sigmoid"), BCE, BINARY[:, None].astype("float32")),
    "binary logits": lambda: found(net(1, None), logits("BinaryCrossentropy"), BINARY),
    "smoothed labels": lambda: found(net(1, "sigmoid"), BCE, 0.05 + 0.9 * BINARY, metrics=["accuracy"]),
    "hinge": lambda: found(net(1, "tanh"), "hinge", 2 * BINARY - 1),
    "two units": lambda: found(net(2, "softmax"), SCCE, BINARY),
    "sparse": lambda: found(net(3, "softmax"), SCCE, CLASSES, metrics=["accuracy"]),
    "sparse column": lambda: found(net(3, "softmax"), SCCE, CLASSES[:, None]),
    "more units than classes": lambda: found(net(5, "softmax"), SCCE, CLASSES),
    "one-hot": lambda: found(net(3, "softmax"), CCE, ONE_HOT, metrics=["categorical_accuracy"]),
    "one-hot logits": lambda: found(net(3, None), logits("CategoricalCrossentropy"), ONE_HOT),
    "softmax as a layer": lambda: found(net(3, None, L.Softmax()), SCCE, CLASSES),
    "softmax as Activation": lambda: found(net(3, None, L.Activation("softmax")), SCCE, CLASSES),
    "several labels": lambda: found(net(3, "sigmoid"), BCE, MULTI_HOT, metrics=["binary_accuracy"]),
    "labels at a threshold": lambda: found(net(1, "sigmoid"), BCE, BINARY, metrics=[keras.metrics.BinaryAccuracy()]),
    "regression": lambda: found(net(1, None), "mse", REAL, metrics=["mae"]),
    "regression of a column": lambda: found(net(1, "linear"), keras.losses.Huber(), REAL[:, None]),
    "positive regression": lambda: found(net(1, "relu"), "mse", np.abs(REAL)),
    "large regression": lambda: found(net(1, None), "mae", 1000 * REAL),
    "two targets": lambda: found(net(2, None), "mse", np.c_[REAL, -REAL]),
    "custom loss": lambda: found(net(1, None), squared, REAL),
    "an output of zeros": lambda: found(zeros(L.Dense(3, "relu")), "mse", REAL),
    "divergence of shares": lambda: found(net(3, "softmax"), "kl_divergence", ONE_HOT),
    "soft labels": lambda: found(net(3, "softmax"), CCE, RNG.dirichlet(np.ones(3), 200)),
    "counts": lambda: found(net(1, "exponential"), "poisson", RNG.poisson(3, 200)),
    "squared error of 0 and 1": lambda: found(net(1, "sigmoid"), "mse", BINARY),
    "autoencoder": lambda: found(net(4, "sigmoid"), BCE, 1 / (1 + np.exp(-X)), metrics=["accuracy"]),
    "linear code in a graph": lambda: found(graph(2), "mse", REAL),
    "softmax over axis 1": lambda: found(net(3, None, L.Softmax(axis=1)), SCCE, CLASSES),
    "stacked images": lambda: found(stacked_images("relu"), SCCE, CLASSES, IMAGES),
    "tokens in range": lambda: found(tokens(), "mse", REAL, RNG.integers(0, 10, (200, 7))),
    "images": lambda: found(images(L.Flatten(), L.Dense(3, "softmax")), SCCE, CLASSES, IMAGES),
    "sequence to one": lambda: found(sequences(False), "mse", REAL, SEQUENCES),
    "sequence to sequence": lambda: found(sequences(True), "mse", SEQUENCES[:, :, :1], SEQUENCES),
    "sequence to flat sequence": lambda: found(sequences(True), "mse", SEQUENCES[:, :, 0], SEQUENCES),
    "tokens": lambda: found(
        keras.Sequential([keras.Input((9,)), L.Embedding(99, 4), L.GlobalAveragePooling1D(), L.Dense(1, "sigmoid")]),
        BCE,
        BINARY,
        RNG.integers(0, 99, (200, 9)),
    ),
}
SURE, MAYBE = Severity.CONTRADICTION, Severity.SUSPICION
FAULTY = {
    "softmax of one unit": (
        lambda: found(net(1, "softmax"), BCE, BINARY), SURE, "output-activation", Check.SOFTMAX_OVER_ONE_UNIT),
    "two softmaxes": (
        lambda: found(net(3, "softmax", L.Softmax()), SCCE, CLASSES), SURE, "output-activation",
        Check.REPEATED_ACTIVATION),
    "linear under bce": (
        lambda: found(net(1, None), BCE, BINARY), SURE, "output-activation", Check.MISSING_PROBABILITIES),
    "divergence of sigmoids": (
        lambda: found(net(3, "sigmoid"), "kl_divergence", RNG.random((200, 3))), SURE, "loss",
        Check.DIVERGENCE_OF_OTHERS),
    "numbers that are not shares": (
        lambda: found(net(3, "softmax"), CCE, RNG.random((200, 3))), SURE, "output-activation",
        Check.SOFTMAX_FOR_INDEPENDENT),
    "two layers of zeros": (
        lambda: found(zeros(L.Dense(3, kernel_initializer="zeros")), "mse", REAL), SURE, "zero-gradient",
        Check.DEAD_START),
    "units of sigmoid that stay equal": (
        lambda: found(zeros(L.Dense(3, "sigmoid", kernel_initializer="zeros")), "mse", REAL), SURE,
        "clones", Check.IDENTICAL_UNITS),
    "units that start equal and are read differently": (
        lambda: found(
            keras.Sequential([keras.Input((4,)), L.Dense(8, "tanh", kernel_initializer="ones"), L.Dense(1)]),
            "mse", REAL
        ), MAYBE,
        "clones", Check.IDENTICAL_UNITS),
    "relu under bce": (
        lambda: found(net(1, "relu"), BCE, BINARY), SURE, "output-activation", Check.MISSING_PROBABILITIES),
    "linear under scce": (
        lambda: found(net(3, None), SCCE, CLASSES), SURE, "output-activation", Check.MISSING_PROBABILITIES),
    "sigmoid under cce": (
        lambda: found(net(3, "sigmoid"), CCE, ONE_HOT), MAYBE, "output-activation", Check.SIGMOID_FOR_CLASSES),
    "softmax under bce": (
        lambda: found(net(3, "softmax"), BCE, ONE_HOT), MAYBE, "loss", Check.BINARY_FOR_ONE_HOT),
    "softmax of several labels": (
        lambda: found(net(3, "softmax"), BCE, MULTI_HOT), SURE, "output-activation", Check.SOFTMAX_FOR_INDEPENDENT),
    "several labels under cce": (
        lambda: found(net(3, "softmax"), CCE, MULTI_HOT), SURE, "output-activation", Check.SOFTMAX_FOR_INDEPENDENT),
    "integers under cce": (
        lambda: found(net(3, "softmax"), CCE, CLASSES), SURE, "label-encoding", Check.INTEGERS_UNDER_CATEGORICAL),
    "one unit under cce": (
        lambda: found(net(1, "sigmoid"), CCE, BINARY), SURE, "loss", Check.ONE_UNIT_UNDER_CATEGORICAL),
    "one-hot under scce": (
        lambda: found(net(3, "softmax"), SCCE, ONE_HOT), SURE, "label-encoding", Check.ONE_HOT_UNDER_SPARSE),
    "labels from 1": (
        lambda: found(net(3, "softmax"), SCCE, CLASSES + 1), SURE, "label-encoding", Check.LABELS_FROM_ONE),
    "too few units": (
        lambda: found(net(2, "softmax"), SCCE, CLASSES), SURE, "label-encoding", Check.LABELS_OUT_OF_RANGE),
    "labels divided by 255": (
        lambda: found(net(3, "softmax"), SCCE, CLASSES / 255), SURE, "label-encoding", Check.LABELS_NOT_INTEGER),
    "labels 1 and 2": (
        lambda: found(net(1, "sigmoid"), BCE, BINARY + 1), SURE, "label-encoding", Check.LABELS_FROM_ONE),
    "labels -1 and 1": (
        lambda: found(net(1, "sigmoid"), BCE, 2 * BINARY - 1), SURE, "label-encoding", Check.LABELS_OUT_OF_RANGE),
    "classes under bce": (
        lambda: found(net(1, "sigmoid"), BCE, CLASSES), SURE, "loss", Check.CLASSES_UNDER_BINARY),
    "regression under bce": (
        lambda: found(net(1, "sigmoid"), BCE, REAL), SURE, "loss", Check.REGRESSION_UNDER_CROSSENTROPY),
    "sigmoid regression": (
        lambda: found(net(1, "sigmoid"), "mse", REAL), SURE, "output-activation", Check.TARGETS_OUT_OF_REACH),
    "tanh regression": (
        lambda: found(net(1, "tanh"), "mae", 9 * REAL), SURE, "output-activation", Check.TARGETS_OUT_OF_REACH),
    "relu below 0": (
        lambda: found(net(1, "relu"), "mse", REAL), SURE, "output-activation", Check.TARGETS_OUT_OF_REACH),
    "accuracy of shares": (
        lambda: found(net(1, "sigmoid"), BCE, 1 / (1 + np.exp(-REAL)), metrics=["accuracy"]), SURE, "metric",
        Check.ACCURACY_OF_REGRESSION),
    "accuracy of a regression": (
        lambda: found(net(1, None), "mse", REAL, metrics=["accuracy"]), SURE, "metric", Check.ACCURACY_OF_REGRESSION),
    "exact matches of shares": (
        lambda: found(net(3, "softmax"), SCCE, CLASSES, metrics=[keras.metrics.Accuracy()]), SURE, "metric",
        Check.EXACT_MATCHES),
    "overlap of probabilities": (
        lambda: found(net(1, "sigmoid"), BCE, BINARY, metrics=[keras.metrics.MeanIoU(num_classes=2)]), SURE, "metric",
        Check.OVERLAP_OF_PROBABILITIES),
    "squared error of one-hot": (
        lambda: found(net(3, "softmax"), "mse", ONE_HOT), MAYBE, "loss", Check.SQUARED_ERROR_FOR_CLASSES),
    "one unit for one-hot": (
        lambda: found(net(1, None), "mse", ONE_HOT), SURE, "output-activation", Check.WIDTH_MISMATCH),
    "three units for integers": (
        lambda: found(net(3, None), "mse", CLASSES), SURE, "label-encoding", Check.LABEL_WIDTH_MISMATCH),
    "no Flatten": (
        lambda: found(images(L.Dense(3, "softmax")), SCCE, CLASSES, IMAGES), SURE, "missing-layer",
        Check.RANK_MISMATCH),
    "return_sequences": (
        lambda: found(sequences(True), "mse", REAL, SEQUENCES), SURE, "missing-layer", Check.RANK_MISMATCH),
    "one output for all steps": (
        lambda: found(sequences(False), "mse", SEQUENCES[:, :, :1], SEQUENCES), SURE, "missing-layer",
        Check.RANK_MISMATCH),
    "NaN in x": (
        lambda: found(net(1, None), "mse", REAL, np.where(X > 2, np.nan, X)), SURE, "missing-values",
        Check.NOT_FINITE_INPUTS),
    "NaN in y": (
        lambda: found(net(1, None), "mse", np.where(REAL > 4, np.nan, REAL)), SURE, "missing-values",
        Check.NOT_FINITE_TARGETS),
    "constant y": (
        lambda: found(net(1, "sigmoid"), BCE, np.zeros(200)), SURE, "no-signal", Check.CONSTANT_TARGETS),
    "validation targets in other units, in one axis": (
        lambda: found(net(1, None), "mse", REAL.reshape(-1, 1), validation_data=(X, 80 * REAL.reshape(-1) + 150)),
        MAYBE, "validation-mismatch", Check.VALIDATION_SCALE),
    "validation times 255": (
        lambda: found(net(1, None), "mse", REAL, validation_data=(X * 255, REAL)), SURE, "validation-mismatch",
        Check.VALIDATION_SCALE),
    "sorted, split": (
        lambda: found(net(3, "softmax"), SCCE, np.sort(CLASSES), validation_split=0.2), SURE, "unshuffled",
        Check.VALIDATION_CLASSES),
    "sorted, not shuffled": (
        lambda: found(net(3, "softmax"), SCCE, np.sort(CLASSES), shuffle=False), SURE, "unshuffled",
        Check.SORTED_UNSHUFFLED),
    "dropout": (
        lambda: found(net(1, None, L.Dropout(0.96)), "mse", REAL), SURE, "dropout", Check.DROPOUT_RATE),
    "dropout on the output": (
        lambda: found(net(1, None, L.Dropout(0.1)), "mse", REAL), SURE, "dropout", Check.DROPOUT_ON_OUTPUT),
    "dropout on what a loss of the user's own reads": (
        lambda: found(net(1, None, L.Dropout(0.1)), lambda y, p: 2 * squared(y, p), REAL), MAYBE, "dropout",
        Check.DROPOUT_ON_OUTPUT,
    ),
    "linear convolution": (
        lambda: found(stacked_images(None), SCCE, CLASSES, IMAGES), MAYBE, "hidden-activation",
        Check.MISSING_HIDDEN_ACTIVATION,
    ),
    "linear layer in a graph": (
        lambda: found(graph(8), "mse", REAL), MAYBE, "hidden-activation", Check.MISSING_HIDDEN_ACTIVATION,
    ),
    "softmax along the rows": (
        lambda: found(net(3, None, L.Softmax(axis=0)), SCCE, CLASSES), SURE, "output-activation", Check.SOFTMAX_AXIS,
    ),
    "channels first": (
        lambda: found(first_channels(), "mse", REAL, RNG.random((200, 3, 20, 20))), MAYBE, "input-layout",
        Check.CHANNELS_FIRST,
    ),
    "numbers beyond the embedding": (
        lambda: found(tokens(), "mse", REAL, RNG.integers(0, 11, (200, 7))), SURE, "input-out-of-range",
        Check.EMBEDDING_RANGE,
    ),
    "fractions for the embedding": (
        lambda: found(tokens(), "mse", REAL, RNG.random((200, 7))), SURE, "input-out-of-range",
        Check.EMBEDDING_FRACTIONS,
    ),
    "large rate": (
        lambda: found(net(1, None), "mse", REAL, optimizer=keras.optimizers.Adam(1.0)), MAYBE,
        "learning-rate-too-large", Check.LARGE_LEARNING_RATE,
    ),
    "small rate": (
        lambda: found(net(1, None), "mse", REAL, optimizer=keras.optimizers.SGD(1e-7)), MAYBE,
        "learning-rate-too-small", Check.SMALL_LEARNING_RATE,
    ),
    "linear hidden layer": (
        lambda: found(net(1, None, hidden=None), "mse", REAL), MAYBE, "hidden-activation",
        Check.MISSING_HIDDEN_ACTIVATION),
    "no learning rate": (
        lambda: found(net(1, None), "mse", REAL, optimizer=keras.optimizers.SGD(0.0)), SURE,
        "learning-rate-too-small", Check.NO_LEARNING_RATE),
    "text labels": (
        lambda: found(net(3, "softmax"), SCCE, np.array(["a", "b"])[BINARY]), SURE, "label-encoding",
        Check.TEXT_LABELS),
    "unknown loss": (
        lambda: found(net(1, None), "mean_square_error", REAL), SURE, "loss", Check.UNKNOWN_LOSS),
}  # fmt: skip


@pytest.mark.every(3)
@pytest.mark.parametrize("name", SOUND)
def test_sound_programs_are_left_alone(name):
    assert SOUND[name]() == set()


@pytest.mark.every(2)
@pytest.mark.parametrize("name", FAULTY)
def test_faulty_programs(name):
    make, severity, identity, check = FAULTY[name]
    assert (severity, identity, check) in make()


class Line(keras.Model):
    """A line whose slope Keras does not train; its offset is trained if it is a weight."""

    def __init__(self, weighted):
        super().__init__()
        self.slope = tf.Variable(5.0)
        self.offset = self.add_weight(name="offset") if weighted else tf.Variable(0.0, trainable=False)

    def call(self, x):
        return self.slope * x + self.offset


class OwnStep(Line):
    """The same with updates of its own, which may train the slope."""

    def train_step(self, data):
        return {"loss": self.slope}


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (Line(False), {(SURE, "frozen-layer", Check.UNTRACKED_VARIABLES)}),
        (Line(True), {(MAYBE, "frozen-layer", Check.UNTRACKED_IN_PART)}),
    ],
)
def test_variables_of_tensorflow_are_not_trained(model, named):
    model.build((None, 1))
    assert {one for one in found(model, "mse", REAL) if "untracked" in one[2].value} == named


def test_variables_of_tensorflow_may_be_trained_by_a_step_of_ones_own():
    model, own = Line(False), OwnStep(False)
    for one in (model, own):
        one.build((None, 1))
    model.compile("adam", "mse")
    program = program_of(model, X[:, :1], REAL, epochs=50)
    assert any(one.check is Check.UNTRACKED_VARIABLES for one in contradictions(program))
    stepped = dataclasses.replace(program, model=own)
    assert all(one.check is not Check.UNTRACKED_VARIABLES for one in contradictions(stepped))


def test_frozen_models():
    frozen = net(1, None)
    frozen.trainable = False
    assert (SURE, "frozen-layer", Check.FROZEN_MODEL) in found(frozen, "mse", REAL)
    output = net(1, None)
    output.layers[-1].trainable = False
    assert (MAYBE, "frozen-layer", Check.FROZEN_OUTPUT) in found(output, "mse", REAL)


def test_a_normalization_layer_that_was_never_adapted():
    def normalized(x, adapted):
        layer = L.Normalization()
        if adapted:
            layer.adapt(x)
        return found(keras.Sequential([keras.Input((4,)), layer, L.Dense(1)]), "mse", REAL, x)

    raw = 100 + 50 * X
    assert (SURE, "unscaled-inputs", Check.UNADAPTED_LAYER) in normalized(raw, adapted=False)
    assert not normalized(raw, adapted=True)
    assert not normalized(X, adapted=False)  # which are scaled as they are


OUTLYING = np.concatenate([X[:20], 1e4 + X[:1]])
HEAVY_TAILED = np.exp(X[:, :4])


@pytest.mark.every(6)
@pytest.mark.parametrize(
    ("x", "checks"),
    [
        pytest.param(1.1 + 0.001 * X, {Check.NARROW_INPUTS}, id="narrow"),
        pytest.param(1.1 + 0.1 * X, set(), id="wide enough"),
        pytest.param(0.001 * X, set(), id="small"),
        pytest.param(OUTLYING, {Check.OUTLYING_ROWS}, id="one row far away"),
        pytest.param(HEAVY_TAILED, set(), id="heavy tails"),
        pytest.param(np.eye(4)[np.arange(200) % 4], set(), id="one-hot"),
    ],
)
def test_columns_that_hardly_vary_and_rows_far_from_the_others(x, checks):
    about = {Check.NARROW_INPUTS, Check.OUTLYING_ROWS}
    assert {check for *_, check in found(net(1, None), "mse", x[:, :1], x)} & about == checks
    scaled = keras.Sequential([keras.Input((4,)), L.BatchNormalization(), L.Dense(1)])
    assert not {check for *_, check in found(scaled, "mse", x[:, :1], x)} & about


def test_a_loss_class_that_broadcasts():
    class Squared(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    assert (SURE, "label-encoding", Check.BROADCAST_LOSS) in found(net(1, None), Squared(), REAL)
    assert found(net(1, None), Squared(), REAL[:, None]) == set()


def test_from_logits_of_an_activation_is_sure_only_if_it_changes_the_loss():
    """Keras keeps the logits of a softmax layer beside its output; of a product after it, it cannot."""
    kept = found(net(3, "softmax"), logits("SparseCategoricalCrossentropy"), CLASSES)
    assert kept == {(MAYBE, "loss", Check.BOUNDED_BEFORE_LOGITS)}
    lost = found(net(3, "softmax", L.Reshape((3,))), logits("SparseCategoricalCrossentropy"), CLASSES)
    assert lost == {(SURE, "loss", Check.BOUNDED_BEFORE_LOGITS)}


def test_the_unreachable_share_is_that_of_the_best_clipped_targets():
    """Half of the targets are -1, half 1: a relu reaches 0 and 1, and a quarter of the variance stays."""
    model = net(1, "relu")
    model.compile("sgd", "mse")
    findings = contradictions(program_of(model, X, np.tile([-1.0, 1.0], 100)))
    (finding,) = [finding for finding in findings if finding.check is Check.TARGETS_OUT_OF_REACH]
    assert finding.values["unreachable share"] == pytest.approx(100 * 1 / 200)


def test_the_unreachable_share_of_outputs_that_add_up_to_1():
    """Rows (0, 0, 0) and (3, 3, 3): a row of softmax is at least (s - 1)^2 / 3 = 1 / 3 and 64 / 3 away from them, of
    2 * 3 * 1.5^2 = 13.5 in all."""
    model = net(3, "softmax")
    model.compile("sgd", "mse")
    findings = contradictions(program_of(model, X, np.tile([[0.0] * 3, [3.0] * 3], (100, 1))))
    (one,) = [one for one in findings if one.check is Check.SOFTMAX_FOR_INDEPENDENT]
    assert one.values["unreachable share"] == pytest.approx((1 + 64) / 3 / 13.5)
    assert bounds_score(one)
    assert not bounds_score(dataclasses.replace(one, values={**one.values, "unreachable share": 0.1}))


def test_heads():
    head = head_of(net(3, "relu", L.Dropout(0.1), L.Softmax()))
    assert (head.units, head.activation, head.kind) == (3, "softmax", "Dense")
    assert [activation.name for activation in head.activations] == ["relu", "softmax"]
    inputs = keras.Input((4,))
    head = head_of(keras.Model(inputs, keras.ops.sigmoid(L.Dense(2)(inputs))))
    assert (head.units, head.activation) == (2, "sigmoid")
    outer = keras.Sequential([keras.Input((4,)), net(2, "tanh")])
    assert head_of(outer).activation == "tanh"
    assert head_of(keras.Sequential([keras.Input((4,)), L.Dense(1), L.Lambda(lambda x: 2 * x)])).range is None


@pytest.mark.parametrize(
    ("beside", "rate", "epochs"),
    [
        (None, Severity.SUSPICION, Severity.SUSPICION),  # alone
        (Severity.SUSPICION, Severity.SUSPICION, Severity.HINT),
        (Severity.CONTRADICTION, Severity.HINT, Severity.HINT),
    ],
)
def test_what_is_seldom_the_cause_is_a_hint_beside_what_is_surer(beside, rate, epochs):
    def one(check, severity):
        return Contradiction(check=check, severity=severity)

    company = [] if beside is None else [one(Check.SOFTMAX_OVER_ONE_UNIT, beside)]
    for check, expected in ((Check.LARGE_LEARNING_RATE, rate), (Check.FEW_EPOCHS, epochs)):
        *_, last = weakened([*company, one(check, Severity.SUSPICION)])
        assert last.severity is expected


def test_known_within_a_second():
    import time

    model = images(L.Flatten(), L.Dense(3, "softmax"))
    model.compile("adam", SCCE)
    program = program_of(model, np.zeros((20000, 8, 8, 1), "uint8"), RNG.integers(0, 3, 20000))
    start = time.thread_time()
    contradictions(program)
    assert time.thread_time() - start < 1


def test_a_state_that_is_kept_between_sequences_of_one_step():
    model = keras.Sequential([keras.Input(batch_shape=(1, 1, 1)), L.LSTM(4, stateful=True), L.Dense(1)])
    model.compile("adam", "mse")
    found = contradictions(program_of(model, np.zeros((20, 1, 1)), np.arange(20.0)[:, None], batch_size=1))
    assert [one.severity for one in found if one.check is Check.ONE_STEP_SEQUENCES] == [Severity.SUSPICION]


@pytest.mark.parametrize(("films", "is_wrong"), [(10, False), (20, True)])
def test_embeddings_read_the_inputs_of_their_names(films, is_wrong):
    """20 users and 10 films, in a dict, whose keys are sorted another way than the inputs of the model."""
    user, film = keras.Input((1,), name="user"), keras.Input((1,), name="film")
    parts = [L.Flatten()(L.Embedding(rows, 2)(tensor)) for tensor, rows in ((user, 20), (film, 10))]
    rows = np.arange(200)[:, None]
    known = found(keras.Model([user, film], L.Dot(1)(parts)), "mse", REAL, {"user": rows % 20, "film": rows % films})
    assert ((SURE, "input-out-of-range", Check.EMBEDDING_RANGE) in known) is is_wrong


@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (1, "sigmoid"), (3, "sigmoid")])
def test_right_and_wrong_predictions_of_a_loss_are_probabilities(units, activation):
    sides = sides_of(head_of(net(units, activation)), np.random.default_rng(0))
    for side in (sides.right, sides.wrong):
        assert np.all((side > 0) & (side < 1))
        assert activation != "softmax" or np.allclose(side.sum(axis=-1), 1)
    assert np.all((sides.right > 0.5) == (sides.targets > 0.5))
    assert not np.any((sides.wrong > 0.5) & (sides.targets > 0.5))


@pytest.mark.parametrize(("units", "is_named"), [(1, True), (3, False)])
def test_an_accuracy_is_of_a_regression_if_each_target_has_an_output(units, is_named):
    checks = {check for _, _, check in found(net(units, None), "mse", REAL, metrics=["accuracy"])}
    assert (Check.ACCURACY_OF_REGRESSION in checks) is is_named


@pytest.mark.parametrize(
    ("units", "last", "is_named"),
    [
        (3, L.Reshape((3, 1)), False),
        (2, L.Lambda(lambda p: p[:, 1:], output_shape=(1,)), False),
        (1, L.Reshape((1, 1)), True),
    ],
    ids=["reshaped", "sliced", "one"],
)
def test_a_column_of_a_softmax_over_several_units_is_not_a_softmax_over_one(units, last, is_named):
    head = head_of(net(units, "softmax", last))
    assert (head.units, head.has_softmax_over_one_unit) == (1, is_named)


def test_a_step_of_ones_own_may_give_predicted_labels_to_accuracy():
    class Own(keras.Sequential):
        def train_step(self, *_):
            return {}

    for kind, counts in ((keras.Sequential, True), (Own, False)):
        model = kind([keras.Input((4,)), L.Dense(3, "softmax")])
        program = SimpleNamespace(model=model, metrics=[keras.metrics.Accuracy()], weighted_metrics=None)
        assert [check for check, _ in metrics_of_labels(program)] == [Check.EXACT_MATCHES] * counts


@pytest.mark.parametrize(
    ("metric", "is_named"),
    [
        (keras.metrics.MeanIoU(num_classes=3), True),
        (keras.metrics.MeanIoU(num_classes=3, sparse_y_pred=False), False),
        (keras.metrics.OneHotMeanIoU(num_classes=3), False),
        (keras.metrics.BinaryIoU(threshold=0.5), False),
    ],
)
def test_an_overlap_of_probabilities_is_named_if_they_are_taken_for_labels(metric, is_named):
    probabilities, labels = np.eye(3)[[0, 1, 2]] * 0.8 + 0.05, np.array([0, 1, 2])
    if is_named:  # perfect outputs score as those of class 0
        metric.update_state(np.eye(3)[labels], probabilities)
        assert float(metric.result()) < 0.5
    program = SimpleNamespace(model=net(3, "softmax"), metrics=[metric], weighted_metrics=None)
    assert [check for check, _ in metrics_of_labels(program)] == [Check.OVERLAP_OF_PROBABILITIES] * is_named


def test_a_program_that_is_compiled_without_a_loss_is_looked_at():
    assert found(net(3, "softmax"), None, CLASSES, metrics=["accuracy"]) is not None
