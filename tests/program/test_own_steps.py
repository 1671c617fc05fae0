"""A ``train_step`` of the user's own, and a softmax between layers: read without a training."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from harness.cli.main import main
from harness.programs.capture import capture_script
from harness.programs.contradictions import Check, Severity, contradictions
from harness.programs.fit_calls import program_of
from harness.programs.program import Note, NoteKind

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
model.compile(optimizer='adam')
model.fit(x, y, epochs=2)
"""
QUANTITY = {"units": 1, "activation": None, "loss": "pass", "value": "tf.reduce_mean((y - outputs) ** 2)"}
KEEP = "self.own = keras.losses.SparseCategoricalCrossentropy(from_logits={})"
CLASSES = {"y": "(x[:, 0] > 0) + 0", "units": 2, "activation": "softmax", "value": "self.own(y, outputs)"}


@pytest.mark.parametrize(
    ("parts", "check"),
    [
        (QUANTITY | {"y": "x.sum(axis=1)"}, Check.BROADCAST_LOSS),
        (QUANTITY | {"y": "x.sum(axis=1, keepdims=True)"}, None),
        (QUANTITY | {"y": "x.sum(axis=1)", "value": "tf.reduce_mean((y[:, None] - outputs) ** 2)"}, None),
        (CLASSES | {"loss": KEEP.format(True)}, Check.BOUNDED_BEFORE_LOGITS),
        (CLASSES | {"loss": KEEP.format(False)}, None),
    ],
)
def test_a_step_of_ones_own_is_read(tmp_path, monkeypatch, parts, check):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format(**parts))
    found = contradictions(capture_script("train.py").program)
    assert [one.check for one in found if one.severity in SURE] == ([] if check is None else [check])


def test_what_a_model_prints_is_not_part_of_the_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    parts = QUANTITY | {"y": "x.sum(axis=1)", "value": "tf.reduce_mean((y - outputs) ** 2)"}
    text = SCRIPT.format(**parts).replace("return self.layer(x)", "return print(x.shape) or self.layer(x)")
    (tmp_path / "train.py").write_text(text)
    main(["diagnose", "train.py", "--json", "--no-log"])
    assert json.loads(capsys.readouterr().out)["likely"][0]["check"] == "broadcast-loss"


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
    ("y", "checks"),
    [("x.sum(axis=1)", [Check.BROADCAST_LOSS]), ("x.sum(axis=1, keepdims=True)", [])],
)
def test_a_difference_that_a_tape_records_is_read(tmp_path, monkeypatch, y, checks):
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
        loss = tf.reduce_mean(tf.square(wanted - outputs))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
for _ in range(3):
    update(x, y)
"""
    )
    found = [one for one in contradictions(capture_script("train.py").program) if one.severity in SURE]
    assert [one.check for one in found] == checks
    assert [one.place.line for one in found] == [9] * len(checks)
