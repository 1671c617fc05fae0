"""A ``train_step`` of the user's own: repeated if its updates are those of Keras, else read without a training."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from harness.cli.main import main
from harness.programs.capture import capture_script
from harness.programs.contradictions import Check, Severity, contradictions
from harness.programs.fit_calls import program_of
from harness.programs.program import MadeUp, Note, NoteKind
from harness.programs.training import train
from harness.programs.unjudged import read_unjudged
from harness.report.unjudged import lines

L = keras.layers
LOOP = (Note(kind=NoteKind.LOOP_AS_FIT, count=1, detail="tf.GradientTape"),)
SURE = (Severity.CONTRADICTION, Severity.SUSPICION)
SCRIPT = """import keras, numpy as np, tensorflow as tf
x = np.random.default_rng(0).normal(size=(40, 3)).astype('float32')
y = {y}
class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense({units}, activation={activation!r})
        {loss}
    def call(self, x):
        return self.layer(x)
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss = {value}
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {{'loss': loss}}
model = Model()
model.compile(optimizer='adam', loss={compiled})
model.fit(x, y, epochs=2)
"""
QUANTITY = {"units": 1, "activation": None, "loss": "pass", "value": "tf.reduce_mean((y - outputs) ** 2)"}
QUANTITY |= {"compiled": None}
SQUARES = {"value": "self.loss(y, outputs)", "compiled": "lambda a, b: tf.reduce_mean((a - b) ** 2)"}
KEEP = "self.own = keras.losses.SparseCategoricalCrossentropy(from_logits={})"
CLASSES = {"y": "(x[:, 0] > 0) + 0", "units": 2, "activation": "softmax", "value": "self.own(y, outputs)"}
CLASSES |= {"compiled": None}


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("parts", "check"),
    [
        (QUANTITY | {"y": "x.sum(axis=1)"}, Check.BROADCAST_LOSS),
        (QUANTITY | {"y": "x.sum(axis=1, keepdims=True)"}, None),
        (QUANTITY | {"y": "x.sum(axis=1)", "value": "tf.reduce_mean((y[:, None] - outputs) ** 2)"}, None),
        (QUANTITY | SQUARES | {"y": "x.sum(axis=1)"}, Check.BROADCAST_LOSS),
        (QUANTITY | SQUARES | {"y": "x.sum(axis=1, keepdims=True)"}, None),
        (CLASSES | {"loss": KEEP.format(True)}, Check.BOUNDED_BEFORE_LOGITS),
        (CLASSES | {"loss": KEEP.format(False)}, None),
    ],
)
def test_a_step_of_ones_own_is_read(tmp_path, monkeypatch, parts, check):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format(**parts))
    found = contradictions(capture_script("train.py"))
    assert [one.check for one in found if one.severity in SURE] == ([] if check is None else [check])


def test_what_a_model_prints_is_not_part_of_the_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    parts = QUANTITY | {"y": "x.sum(axis=1)", "value": "tf.reduce_mean((y - outputs) ** 2)"}
    text = SCRIPT.format(**parts).replace("return self.layer(x)", "return print(x.shape) or self.layer(x)")
    (tmp_path / "train.py").write_text(text)
    main(["diagnose", "train.py", "--json", "--no-log"])
    assert json.loads(capsys.readouterr().out)["likely"][0]["check"] == "broadcast-loss"
    said = " ".join(lines(read_unjudged(capture_script("train.py"))))
    assert "Leave out train_step(), and give compile() its loss and optimizer: only such trainings are repeated" in said


@pytest.mark.parametrize(
    ("layers", "is_named"),
    [
        ([L.LSTM(4), L.Activation("softmax"), L.Dense(2, "softmax")], True),
        ([L.Flatten(), L.Dense(4), L.Softmax(), L.Dropout(0.1), L.Dense(2, "softmax")], True),
        ([L.LSTM(4), L.Activation("tanh"), L.Dense(2), L.Activation("softmax")], False),
    ],
)
def test_a_softmax_between_layers_is_named(layers, is_named):
    model = keras.Sequential([keras.Input((5, 3)), *layers])
    model.compile("adam", "categorical_crossentropy")
    program = program_of(model, np.ones((40, 5, 3), np.float32), np.eye(2)[np.arange(40) % 2], epochs=1)
    assert (Check.SOFTMAX_IN_HIDDEN in {one.check for one in contradictions(program)}) is is_named


@pytest.mark.parametrize(
    ("epochs", "notes", "severities"),
    [
        (133, LOOP, [Severity.SUSPICION]),  # 399 updates: what a loop counts is taken for epochs
        (134, LOOP, []),
        (33, (), [Severity.FACT]),  # 99 updates of fit
        (34, (), []),
    ],
)
def test_a_short_loop_of_ones_own_is_suspicious(epochs, notes, severities):
    model = keras.Sequential([keras.Input((2,)), L.Dense(1)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
    program = dataclasses.replace(program_of(model, x, x[:, :1], epochs=epochs, batch_size=4), notes=notes)
    assert [one.severity for one in contradictions(program) if one.check is Check.FEW_UPDATES] == severities


@pytest.mark.parametrize(
    ("y", "compared", "checks"),
    [
        ("x.sum(axis=1)", "wanted - outputs", [Check.BROADCAST_LOSS]),
        ("x.sum(axis=1)", "(lambda a, b: b - a)(model(inputs), wanted)", [Check.BROADCAST_LOSS]),  # no name is left
        ("x.sum(axis=1)", "wanted - outputs[:, 0]", []),
        ("x.sum(axis=1, keepdims=True)", "wanted - outputs", []),
    ],
)
def test_a_difference_that_a_tape_records_is_read(tmp_path, monkeypatch, y, compared, checks):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(
        f"""import keras, numpy as np, tensorflow as tf
x = np.random.default_rng(0).normal(size=(8, 3)).astype('float32')
y = {y}
model = keras.Sequential([keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam()
def update(inputs, wanted):
    with tf.GradientTape() as tape:
        outputs = model(inputs)
        loss = tf.reduce_mean(tf.square({compared}))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
for _ in range(3):
    update(x, y)
"""
    )
    found = contradictions(capture_script("train.py"))
    found = [one for one in found if one.severity in SURE and one.check is not Check.FEW_UPDATES]
    assert [one.check for one in found] == checks
    assert [one.place.line for one in found] == [9] * len(checks)


STEP = """import keras, numpy as np, tensorflow as tf
x = np.random.default_rng(0).normal(size=(24, 3)).astype('float32')
y = x.sum(axis=1, keepdims=True)
class Model(keras.Model):
    def {method}(self, {arguments}):
        {body}
inputs = keras.Input((3,))
hidden = keras.layers.Dense(4, 'tanh', kernel_regularizer='l2')(inputs)
model = Model(inputs, keras.layers.Dense(1)(keras.layers.{noise}(0.5)(hidden)))
model.compile(keras.optimizers.SGD(0.1), 'mse')
model.fit({data}, epochs=3, batch_size=24, shuffle=False)
"""
TAPE = """x, y = data
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss = {loss}
        grads = tape.gradient(loss, {weights})
        self.optimizer.apply_gradients(zip({grads}, {weights}))
        return {{'loss': loss}}"""
OWN = {"loss": "self.compute_loss(x=x, y=y, y_pred=outputs)", "weights": "self.trainable_weights", "grads": "grads"}
RETURNED = "return tf.reduce_mean((y - y_pred) ** 2) + sum(self.losses)"
WRITTEN = {"loss": "tf.reduce_mean((y - outputs) ** 2) + sum(self.losses)"}


def step(data="x, y", noise="Dropout", method="train_step", arguments="data", body=TAPE, **parts):
    """A script whose model has a step of its own."""
    body = body.format(**OWN | parts) if body is TAPE else body
    return STEP.format(data=data, noise=noise, method=method, arguments=arguments, body=body)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("code", "is_plain"),
    [
        (step(), True),
        (step(**WRITTEN), True),
        (step(data="tf.data.Dataset.from_tensor_slices((x, y)).batch(24)"), True),
        (step(method="compute_loss", arguments="x, y, y_pred, *rest, **names", body=RETURNED), True),
        (step(loss="tf.reduce_mean((y - outputs) ** 2)"), False),  # without the regulariser
        (step(loss="2 * self.compute_loss(x=x, y=y, y_pred=outputs)"), False),
        (step(loss="tf.reduce_mean((y[:, 0] - outputs) ** 2)"), False),  # of all pairs
        (step(grads="[tf.clip_by_norm(one, 0.01) for one in grads]"), False),
        (step(weights="self.trainable_weights[:2]"), False),
        (step(data="x, y, sample_weight=np.ones(24)"), False),
    ],
)  # fmt: skip
def test_a_step_whose_updates_are_those_of_keras_is_repeated(tmp_path, monkeypatch, code, is_plain):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(code)
    program = capture_script("train.py")
    kind = NoteKind.STEP_OF_KERAS if is_plain else NoteKind.OWN_LOOP
    assert kind in {note.kind for note in program.notes}
    assert program.can_be_trained is is_plain


@pytest.mark.slow
def test_the_losses_of_a_step_that_is_repeated_are_those_of_the_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = step(noise="Activation").replace("Activation(0.5)", "Activation('tanh')")
    programs = []
    for name, text in (("train.py", code), ("plain.py", code.replace("Model(inputs", "keras.Model(inputs"))):
        (tmp_path / name).write_text(text)
        programs.append(capture_script(name))
    own, plain = programs
    weights = [value[None] for value in own.initial_weights.values()]
    assert own.history is None  # what a step of one's own reports is not known
    assert np.allclose(train(own, seeds=[0], initial_weights=weights).loss[0], plain.history["loss"], rtol=1e-5)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("cost", "loss"),
    [
        ("tf.reduce_mean(tf.square(b - model(a)))", "mean_squared_error"),
        ("tf.reduce_mean(tf.abs(model(a) - b))", "mean_absolute_error"),
        ("tf.reduce_sum(tf.square(b - model(a)))", None),
        ("tf.reduce_mean(tf.square(b[:, 0] - model(a)))", None),
        ("tf.reduce_mean(tf.square(b - model(a, training=True)))", "noise"),  # with a Dropout layer
    ],
)
def test_a_loop_of_a_difference_is_repeated_with_the_loss_that_it_is(tmp_path, monkeypatch, cost, loss):
    monkeypatch.chdir(tmp_path)
    noise = "keras.layers.Dropout(0.5), " if loss == "noise" else ""
    (tmp_path / "train.py").write_text(
        f"""import keras, tensorflow as tf
x = tf.random.normal((12, 3))
model = keras.Sequential([keras.Input((3,)), {noise}keras.layers.Dense(1)])
optimizer = keras.optimizers.SGD(0.1)
for step in range(12):
    a, b = x[step % 3::3], tf.reduce_sum(x, axis=1, keepdims=True)[step % 3::3]
    with tf.GradientTape() as tape:
        cost = {cost}
    optimizer.apply_gradients(zip(tape.gradient(cost, model.trainable_variables), model.trainable_variables))
"""
    )
    program = capture_script("train.py")
    is_repeated = loss not in (None, "noise")
    assert (program.can_be_trained, program.loss is not None) == (is_repeated, is_repeated)
    if is_repeated:
        assert (program.loss.name, program.epochs, len(program.y)) == (loss, 4, 12)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("cost", "loss", "from_logits"),
    [
        ("tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(b, model(a)))", "sparse", False),
        ("tf.reduce_mean(keras.losses.categorical_crossentropy(tf.one_hot(b, 3), model(a), True))", "plain", True),
        ("tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b, model(a)))", "sparse", True),
        ("tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(b, 3), model(a)))", "plain", True),
        ("tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.one_hot(b, 3), model(a)))", "binary", True),
        ("tf.reduce_sum(keras.losses.sparse_categorical_crossentropy(b, model(a)))", None, False),
    ],
)
def test_a_loop_of_a_crossentropy_is_repeated_with_the_loss_that_it_is(tmp_path, monkeypatch, cost, loss, from_logits):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(
        f"""import keras, numpy as np, tensorflow as tf
x, y = tf.random.normal((12, 4)), np.arange(12) // 4
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, {"None" if from_logits else "'softmax'"})])
optimizer = keras.optimizers.SGD(0.1)
for step in range(12):
    a, b = x[step % 3::3], y[step % 3::3]
    with tf.GradientTape() as tape:
        cost = {cost}
    optimizer.apply_gradients(zip(tape.gradient(cost, model.trainable_variables), model.trainable_variables))
"""
    )
    program = capture_script("train.py")
    assert program.can_be_trained is (loss is not None)
    if loss is not None:
        names = {"sparse": "sparse_categorical_crossentropy", "plain": "categorical_crossentropy"}
        name = names.get(loss, "binary_crossentropy")
        assert (program.loss.name, program.loss.from_logits, program.epochs) == (name, from_logits, 4)


@pytest.mark.every(2)
@pytest.mark.parametrize("made", ["Own()", "keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])"])
def test_a_loop_that_asks_call_of_its_model_is_repeated(tmp_path, monkeypatch, made):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(
        f"""import keras, tensorflow as tf
x = tf.random.normal((12, 3))
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = keras.layers.Dense(1)
    def call(self, inputs):
        return self.last(inputs)
model = {made}
optimizer = keras.optimizers.SGD(0.1)
for step in range(8):
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean(tf.square(model.call(x) - tf.reduce_sum(x, axis=1, keepdims=True)))
    optimizer.apply_gradients(zip(tape.gradient(cost, model.trainable_variables), model.trainable_variables))
"""
    )
    program = capture_script("train.py")
    assert program.can_be_trained
    assert (program.loss.name, program.epochs, len(program.y)) == ("mean_squared_error", 8, 12)


def without_network(*_, **__):
    """A download of Keras that fails."""
    raise OSError("URL fetch failure")


def test_a_difference_from_the_targets_of_a_made_up_data_set_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("keras.src.datasets.boston_housing.get_file", without_network)
    (tmp_path / "train.py").write_text(
        """import keras, tensorflow as tf
(x, y), _ = keras.datasets.boston_housing.load_data()
model = keras.Sequential([keras.Input((13,)), keras.layers.Dense(1)])
optimizer = keras.optimizers.SGD(0.1)
for step in range(9):
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean(tf.square(y[step::9] - model(x[step::9])))
    optimizer.apply_gradients(zip(tape.gradient(cost, model.trainable_variables), model.trainable_variables))
"""
    )
    program = capture_script("train.py")
    assert program.made_up is MadeUp.VALUES
    (found,) = [one for one in contradictions(program) if one.check is Check.BROADCAST_LOSS]
    assert found.place.line == 7


def test_a_loop_written_for_tensorflow_1_is_repeated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(
        """import tensorflow as tf
tf.enable_eager_execution()
x = tf.random_normal([12, 3])
y = tf.to_float(tf.reduce_sum(x, axis=1, keepdims=True))
model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer=tf.zeros_initializer())])
optimizer = tf.train.AdamOptimizer(learning_rate=0.01, beta1=0.8)
for step in range(20):
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean(tf.square(model(x) - y))
    grads = tape.gradient(cost, model.variables)
    optimizer.apply_gradients(grads_and_vars=zip(grads, model.variables), global_step=None)
"""
    )
    program = capture_script("train.py")
    assert program.can_be_trained
    assert (program.loss.name, program.epochs, len(program.y)) == ("mean_squared_error", 20, 12)
