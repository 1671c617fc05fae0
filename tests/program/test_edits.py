"""The edit that makes a change: the text of the user's file that is replaced, and what the edited copy does."""

import json

import numpy as np
import pytest

from harness.programs.capture import capture_script, run_edited
from harness.programs.changes import Change, ChangeKind
from harness.programs.contradictions import Check, Severity, contradictions
from harness.programs.edits import Edit, edited_files, edited_sources, edits_for, unified_diff
from harness.programs.remedies import edits_against
from harness.programs.source.scripts import read_pieces


def change(kind, new=None, layer=None, old=None):
    return Change(kind=ChangeKind(kind), layer=layer, old=old, new=new)


START = "import numpy as np\nrng = np.random.default_rng(0)\nX = rng.normal(size=(60, 3))\n"
ADD = (
    START
    + """\
from keras.models import Sequential
from keras.layers import Dense
y = (X[:, 0] > 0).astype(int)
model = Sequential()
model.add(Dense(5, input_dim=3, activation='relu'))
model.add(Dense(1, activation='softmax'))
model.compile(loss='mse', optimizer='sgd', metrics=['accuracy'])
model.fit(X, y, epochs=3, validation_data=(X[:9], y[:9]))
print(model.evaluate(X, y))
"""
)
LIST = (
    START
    + """\
import tensorflow as tf
y = rng.integers(1, 4, 60)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(8, "relu"),
    tf.keras.layers.Dropout(0.9),
    tf.keras.layers.Dense(8, "relu", kernel_regularizer="l2"),
    tf.keras.layers.Dense(3),
])
opt = tf.keras.optimizers.SGD(0.5, clipnorm=1.0)
model.compile(opt, tf.keras.losses.SparseCategoricalCrossentropy())
model.fit(X, y, 16, 4)
model.predict(X)
"""
)
FUNCTIONAL = (
    START
    + """\
import keras
from keras import layers
def build():
    inputs = keras.Input((3,))
    x = layers.Dense(4)(inputs)
    x = layers.Dense(4)(x)
    outputs = layers.Dense(1)(x)
    return keras.Model(inputs, outputs)
def main():
    model = build()
    model.compile("adam", "mse")
    model.fit(x=X, y=100 * X[:, 0])
    model.predict(X[:2])
if __name__ == "__main__":
    main()
"""
)
NAMED_INPUTS = (
    START
    + """\
import keras
y = 250e3 + 60e3 * X[:, 0]
a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
model = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.concatenate([a, b])))
model.compile("adam", "mse")
model.fit({"a": X, "b": X}, y, epochs=3)
print(model.predict({"a": X, "b": X}))
"""
)
ROWS = (
    START
    + """\
import keras
rows, wanted = X.tolist(), X[:, 0].tolist()
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(rows, wanted)
"""
)
TENSORS = (
    START
    + """\
import keras
import tensorflow as tf
rows, wanted = tf.constant(X), tf.constant(100 * X[:, 0])
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(rows, wanted)
"""
)
LOOP = (
    START
    + """\
import keras
model = keras.Sequential([keras.Input((3,))])
for _ in range(2):
    model.add(keras.layers.Dense(4, activation="tanh"))
model.add(keras.layers.Dense(1))
model.compile("adam", "mse")
model.fit(X, X[:, 0])
"""
)

SPLIT = (
    START
    + """\
import keras
from sklearn.model_selection import train_test_split
a, b, c, d = train_test_split(X, 100 * X[:, 0])
model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(a, c)
print(model.predict(b) - d)
scaled = X / 2
print(model.predict([[1, 2, 3]]))
model.fit(scaled, X[:, 0])  # another training, with data of its own
print(model.predict(scaled))
"""
)


pytestmark = pytest.mark.usefixtures("without_compiling")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Captures a script written to train.py."""
    monkeypatch.chdir(tmp_path)

    def capture(code):
        (tmp_path / "train.py").write_text(code)
        return capture_script("train.py")

    return capture


@pytest.fixture(scope="module")
def shared():
    """The folder and the captured program of each code that ``captured`` was asked for."""
    return {}


@pytest.fixture
def captured(shared, tmp_path, monkeypatch):
    """Captures a script once for all tests that only look for its edits, which changes nothing."""

    def capture(code):
        folder, program = shared.get(code, (tmp_path / str(len(shared)), None))
        folder.mkdir(exist_ok=True)  # one for each script, because edits are made of what lies there
        monkeypatch.chdir(folder)
        if program is None:
            (folder / "train.py").write_text(code)
            program = capture_script("train.py")
            shared[code] = folder, program
        return program

    return capture


def changed_lines(program, *changes):
    """The lines that the edits add, and the kinds of changes that have no place"""
    edits = edits_for(program, changes)
    lines = unified_diff(edits.edits).splitlines()
    added = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    return added, [change.kind.value for change in edits.unplaced]


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("code", "changes", "lines"),
    [
        (ADD, [change("activation", "sigmoid", "dense_1")], ["model.add(Dense(1, activation='sigmoid'))"]),
        (ADD, [change("units", 2, "dense_1")], ["model.add(Dense(2, activation='softmax'))"]),
        (ADD, [change("loss", "binary_crossentropy")],
         ["model.compile(loss='binary_crossentropy', optimizer='sgd', metrics=['accuracy'])"]),
        (ADD, [change("loss", "binary_crossentropy"), change("from_logits", True)],
         ["import keras", "model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), optimizer='sgd', "
          "metrics=['accuracy'])"]),
        (ADD, [change("optimizer", "Adam"), change("learning_rate", 0.001)],
         ["model.compile(loss='mse', optimizer='adam', metrics=['accuracy'])"]),
        (ADD, [change("metric", "mae", old="accuracy")],
         ["model.compile(loss='mse', optimizer='sgd', metrics=['mae'])"]),
        (ADD, [change("epochs", 30), change("batch_size", 8)],
         ["model.fit(X, y, epochs=30, validation_data=(X[:9], y[:9]), batch_size=8)"]),
        (ADD, [change("add_layer", "Dense(32, relu)", "dense_1")], ["model.add(Dense(32, activation='relu'))"]),
        (ADD, [change("add_output", "Dense(1, sigmoid)", "dense_1")], ["model.add(Dense(1, activation='sigmoid'))"]),
        (ADD, [change("add_layer", "Dense(32, relu)", "dense")],
         ["model.add(Dense(32, activation='relu', input_dim=3))", "model.add(Dense(5, activation='relu'))"]),
        (ROWS, [change("scale_inputs", "standardise"), change("scale_targets", "standardise")],
         ["input_mean, input_std = np.mean(rows, axis=0), np.std(rows, axis=0) + 1e-7",
          "target_mean, target_std = np.mean(wanted, axis=0), np.std(wanted, axis=0)",
          "rows = (rows - input_mean) / input_std",
          "wanted = (wanted - target_mean) / target_std"]),
        (ADD, [change("kernel_initializer", "he_normal", "dense")],
         ["model.add(Dense(5, input_dim=3, activation='relu', kernel_initializer='he_normal'))"]),
        (ADD, [change("scale_inputs", "divide by 255")],
         ["X = X / 255"]),
        (ADD, [change("scale_inputs", "standardise")],
         ["input_mean, input_std = X.mean(axis=0), X.std(axis=0) + 1e-7", "X = (X - input_mean) / input_std"]),
        (TENSORS, [change("scale_targets", "standardise")],
         ["target_mean, target_std = np.mean(wanted, axis=0), np.std(wanted, axis=0)",
          "wanted = (wanted - target_mean) / target_std"]),
        (SPLIT, [change("scale_inputs", "standardise"), change("scale_targets", "standardise")],
         ["input_mean, input_std = a.mean(axis=0), a.std(axis=0) + 1e-7",
          "target_mean, target_std = c.mean(axis=0), c.std(axis=0)",
          "a, b = (a - input_mean) / input_std, (b - input_mean) / input_std",
          "c, d = (c - target_mean) / target_std, (d - target_mean) / target_std",
          "print((model.predict(([[1, 2, 3]] - input_mean) / input_std) * target_std + target_mean))"]),
        (LOOP, [change("scale_inputs", "standardise")],  # the targets are made of the inputs, and stay as they are
         ["input_mean, input_std = X.mean(axis=0), X.std(axis=0) + 1e-7",
          "model.fit((X - input_mean) / input_std, X[:, 0])"]),
        (ADD, [change("labels", "one_hot")],
         ["import keras",
          "model.fit(X, keras.utils.to_categorical(y), epochs=3, "
          "validation_data=(X[:9], keras.utils.to_categorical(y[:9])))",
          "print(model.evaluate(X, keras.utils.to_categorical(y)))"]),
        (ADD, [change("shuffle", True)],
         ["order = np.random.default_rng(0).permutation(len(X))",
          "model.fit(np.asarray(X)[order], np.asarray(y)[order], epochs=3, validation_data=(X[:9], y[:9]))"]),
        (ADD, [change("add_layer", "Dropout(0.5)", "dense_1")],
         ["import keras", "model.add(keras.layers.Dropout(0.5))"]),
        (LIST, [change("regularizer", "l2", "dense")],
         ['tf.keras.layers.Dense(8, "relu", kernel_regularizer="l2"),']),
        (LIST, [change("learning_rate", 1.0)], ["opt = tf.keras.optimizers.SGD(1.0, clipnorm=1.0)"]),
        (LIST, [change("activation", "tanh", "dense")], ['tf.keras.layers.Dense(8, "tanh"),']),
        (LIST, [change("activation", "softmax", "dense_2")], ['tf.keras.layers.Dense(3, activation="softmax"),']),
        (LIST, [change("dropout", 0.0, "dropout")], ["tf.keras.layers.Dropout(0),"]),
        (LIST, [change("regularizer", None, "dense_1")], ['tf.keras.layers.Dense(8, "relu"),']),
        (LIST, [change("remove_layer", None, "dense_1")], []),
        (LIST, [change("add_layer", "Dense(16, relu)", "dense_2")],
         ['tf.keras.layers.Dense(16, activation="relu"),']),
        (LIST, [change("add_output", "Dense(3, softmax)", "dense_2")],
         ['tf.keras.layers.Dense(3), tf.keras.layers.Dense(3, activation="softmax"),']),
        (LIST, [change("learning_rate", 0.01)], ["opt = tf.keras.optimizers.SGD(0.01, clipnorm=1.0)"]),
        (LIST, [change("optimizer", "Adam"), change("learning_rate", 0.001)],
         ["opt = tf.keras.optimizers.Adam(learning_rate=0.001)"]),
        (LIST, [change("clipping")], ["opt = tf.keras.optimizers.SGD(0.5)"]),
        (LIST, [change("from_logits", True)],
         ["model.compile(opt, tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))"]),
        (LIST, [change("epochs", 8), change("batch_size", 32)], ["model.fit(X, y, 32, 8)"]),
        (LIST, [change("labels", "indices")], ["model.fit(X, (y - 1), 16, 4)"]),
        (FUNCTIONAL, [change("remove_layer", None, "dense_1")], []),
        (FUNCTIONAL, [change("add_layer", "Dense(8, relu)", "dense_2")],
         ['outputs = layers.Dense(1)(layers.Dense(8, activation="relu")(x))']),
        (FUNCTIONAL, [change("add_output", "Dense(2, softmax)", "dense_2")],
         ['outputs = layers.Dense(2, activation="softmax")(layers.Dense(1)(x))']),
        (FUNCTIONAL, [change("scale_targets", "standardise")],
         ["target_mean, target_std = (100 * X[:, 0]).mean(axis=0), (100 * X[:, 0]).std(axis=0)",
          "model.fit(x=X, y=((100 * X[:, 0]) - target_mean) / target_std)",
          "(model.predict(X[:2]) * target_std + target_mean)"]),
        (NAMED_INPUTS, [change("scale_targets", "standardise")],
         ["target_mean, target_std = y.mean(axis=0), y.std(axis=0)", "y = (y - target_mean) / target_std",
          'print((model.predict({"a": X, "b": X}) * target_std + target_mean))']),
        (LOOP, [change("activation", "relu", "dense"), change("activation", "relu", "dense_1")],
         ['model.add(keras.layers.Dense(4, activation="relu"))']),
    ],
)  # fmt: skip
def test_edits(captured, code, changes, lines):
    assert changed_lines(captured(code), *changes) == (lines, [])


WITH_DEFAULT = (
    START
    + """\
import keras
class Net:
    def __init__(self, units, loss="mse"):
        self.model = keras.Sequential([keras.layers.Dense(units)])
        self.model.compile("adam", loss)
    def fit(self, x, y, *, epochs=2):
        self.model.fit(x, y, epochs=epochs)
net = Net(1)
net.fit(X, X[:, 0])
"""
)


@pytest.mark.parametrize(
    ("code", "changes", "lines"),
    [
        (WITH_DEFAULT, [change("loss", "mae"), change("epochs", 9)],
         ['def __init__(self, units, loss="mae"):', "def fit(self, x, y, *, epochs=9):"]),
        (WITH_DEFAULT.replace("Net(1)", "Net(1, 'mse')"), [change("loss", "mae")],
         ['self.model.compile("adam", "mae")']),
        pytest.param(WITH_DEFAULT.replace("Net(1)", "Net(*[1])"), [change("loss", "mae")],
                     ['self.model.compile("adam", "mae")'], marks=pytest.mark.slow),
        pytest.param(WITH_DEFAULT.replace("0])\n", "0], epochs=3)\n"), [change("epochs", 9)],
                     ["self.model.fit(x, y, epochs=9)"], marks=pytest.mark.slow),
        pytest.param(WITH_DEFAULT.replace("net = Net(1)", "Made = Net; net = Made(1)"), [change("loss", "mae")],
                     ['self.model.compile("adam", "mae")'], marks=pytest.mark.slow),
        pytest.param(WITH_DEFAULT.replace("        self.model.comp", "        print(loss)\n        self.model.comp"),
                     [change("loss", "mae")], ['self.model.compile("adam", "mae")'], marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_value_is_replaced_where_it_stands_as_a_default_if_no_other_is_given(captured, code, changes, lines):
    assert changed_lines(captured(code), *changes) == (lines, [])


OTHER_LAYERS = """import keras
import numpy as np

x, y = np.zeros((8, 4, 4, 1)), np.zeros((8, 1))
model = keras.Sequential(
    [
        keras.layers.Conv2DTranspose(2, 3),
        keras.layers.GaussianDropout(0.9),
        keras.layers.Flatten(),
        keras.layers.Dense(1),
    ]
)
model.compile("sgd", "mse")
model.fit(x, y)
"""


@pytest.mark.parametrize(
    ("changes", "added"),
    [
        ([change("units", 8, "conv2d_transpose")], "keras.layers.Conv2DTranspose(8, 3),"),
        ([change("dropout", 0.0, "gaussian_dropout")], "keras.layers.GaussianDropout(0),"),
        ([change("optimizer", "AdamW"), change("learning_rate", 0.001)], 'model.compile("adamw", "mse")'),
    ],
)
def test_arguments_and_defaults_are_those_of_the_class(captured, changes, added):
    assert changed_lines(captured(OTHER_LAYERS), *changes) == ([added], [])


@pytest.mark.slow
def test_an_import_is_added_below_those_from_the_future(program):
    code = f'"""Ours."""\nfrom __future__ import annotations\n{ADD}'
    edits = edits_for(program(code), [change("labels", "one_hot")]).edits
    ((_, edited),) = edited_sources(edits).values()
    assert edited.splitlines()[1:4] == ["from __future__ import annotations", "import keras", "import numpy as np"]
    compile(edited, "train.py", "exec")  # a SyntaxError if another import came first


@pytest.mark.slow
def test_the_edited_copy_runs_and_the_file_stays(program, tmp_path):
    captured = program(ADD)
    edits = edits_for(
        captured, [change("activation", "sigmoid", "dense_1"), change("loss", "binary_crossentropy"),
                   change("optimizer", "Adam"), change("learning_rate", 0.1), change("epochs", 15)]
    ).edits  # fmt: skip
    after = run_edited(captured, edits)
    assert (after.loss, after.epochs) == ("binary_crossentropy", 15)
    assert after.history["accuracy"][-1] > 0.95 > captured.history["accuracy"][-1]
    assert (tmp_path / "train.py").read_text() == ADD


@pytest.mark.slow
def test_scaled_inputs_are_what_fit_gets(program):
    captured = program(ADD)
    after = run_edited(captured, edits_for(captured, [change("scale_inputs", "standardise")]).edits)
    assert np.allclose(after.x.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(after.x.std(axis=0), 1, atol=1e-6)


TWO_INPUTS = """\
import keras, numpy as np
rows = 90 + 30 * np.random.default_rng(0).normal(size=(60, 5))
a, b, y, a2, b2 = rows[:40, :2], rows[:40, 2:], rows[:40, 0], rows[40:, :2], rows[40:, 2:]
left, right = keras.Input((2,), name="left"), keras.Input((3,), name="right")
net = keras.Model([left, right], keras.layers.Dense(1)(keras.layers.Concatenate()([left, right])))
net.compile("sgd", "mse")
held = ([a2, b2], y[:20])
net.fit([a, b], y, epochs=1, validation_data=([a2, b2], rows[40:, 0]))
net.predict([a2, b2[:5]])
"""


@pytest.mark.slow
def test_the_only_input_that_is_given_in_a_list_is_scaled_in_it(program):
    found = program(FUNCTIONAL.replace("model.fit(x=X, y=100 * X[:, 0])", "model.fit([X[:40]], [X[:40, 0]])"))
    edits = edits_for(found, [change("scale_inputs", "standardise"), change("scale_targets")]).edits
    again = run_edited(found, edits)
    for values in (again.x[0], again.y):
        assert len(values) == 40
        assert np.allclose(values.mean(axis=0), 0, atol=1e-5)
        assert np.allclose(values.std(axis=0), 1, atol=1e-4)


@pytest.mark.slow
def test_each_of_several_inputs_is_scaled_with_the_others_of_its_columns(program):
    captured = program(TWO_INPUTS)
    after = run_edited(captured, edits_for(captured, [change("scale_inputs", "standardise")]).edits)
    for before, kept, scaled, held in zip(captured.x, captured.validation.x, after.x, after.validation.x):
        mean, std = before.mean(axis=0), before.std(axis=0)
        assert np.allclose(scaled, (before - mean) / std, atol=1e-5)
        assert np.allclose(held, (kept - mean) / std, atol=1e-5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[a2, b2[:5]]", "[a2, b2 + 0]"),  # another use that no line before fit changes
        ("[a2, b2[:5]]", "{'left': a2, 'right': b2}"),  # other keys
        ("fit([a, b], y", "fit([a, b], a[:, 0]"),  # targets made of an input
        ("fit([a, b]", "fit([a, b * 1]"),
        ("net.fit(", "for _ in range(2):\n    net.fit("),
        ("([a2, b2], rows[40:, 0])", "held"),
    ],
)
@pytest.mark.slow
def test_several_inputs_are_not_scaled_in_part(captured, old, new):
    assert changed_lines(captured(TWO_INPUTS.replace(old, new)), change("scale_inputs", "standardise")) == (
        [],
        ["scale_inputs"],
    )


OWN_LOOP = """\
import numpy as np
import tensorflow as tf
x, y = np.random.rand(12, 2).astype("float32"), np.arange(12) % 2
model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
optimizer = tf.keras.optimizers.SGD(learning_rate=1e-6)
loss = tf.keras.losses.SparseCategoricalCrossentropy()
for _ in range(3):
    with tf.GradientTape() as tape:
        cost = loss(y, model(x))
    optimizer.apply_gradients(zip(tape.gradient(cost, model.trainable_variables), model.trainable_variables))
"""


@pytest.mark.parametrize(
    ("changes", "added"),
    [
        ([change("learning_rate", 0.01)], "optimizer = tf.keras.optimizers.SGD(learning_rate=0.01)"),
        ([change("optimizer", "Adam"), change("learning_rate", 0.001)],
         "optimizer = tf.keras.optimizers.Adam(learning_rate=0.001)"),
        ([change("from_logits", True)], "loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)"),
        ([change("loss", "categorical_crossentropy"), change("from_logits", True)],
         "loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True)"),
        ([change("loss", "mean_squared_error")], "loss = tf.keras.losses.MeanSquaredError()"),
    ],
)  # fmt: skip
def test_a_loop_of_ones_own_is_edited_where_its_parts_are_made(captured, changes, added):
    assert changed_lines(captured(OWN_LOOP), *changes) == ([added], [])


@pytest.mark.slow
def test_a_loss_that_is_written_in_a_loop_is_not_replaced(captured):
    text = OWN_LOOP.replace("loss(y, model(x))", "tf.reduce_mean(tf.square(y - model(x)[:, 0]))")
    assert changed_lines(captured(text), change("loss", "binary_crossentropy")) == ([], ["loss"])


DATASETS = """\
import numpy as np
import tensorflow as tf
rows = 90 + 30 * np.random.default_rng(0).normal(size=(60, 3))
make = tf.data.Dataset.from_tensor_slices
train = make((rows[:40], np.arange(40) // 10)).batch(8)
held, test = make((rows[40:], np.arange(20) // 5)).batch(4), rows[:5]
model = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
model.fit(train, epochs=1, validation_data=held)
model.evaluate(held)
"""


@pytest.mark.slow
def test_the_datasets_of_fit_are_scaled_and_shuffled(program):
    captured = program(DATASETS)
    changes = [change("scale_inputs", "standardise"), change("shuffle", "shuffled"), change("batch_size", 5)]
    edits = edits_for(captured, changes)
    assert not edits.unplaced
    after = run_edited(captured, edits.edits)
    mean, std = captured.x.mean(axis=0), captured.x.std(axis=0)
    assert np.allclose(np.sort(after.x, axis=0), np.sort((captured.x - mean) / std, axis=0), atol=1e-5)
    assert np.allclose(after.validation.x, (captured.validation.x - mean) / std, atol=1e-5)
    assert (after.batch_size, after.error) == (5, None)
    assert sorted(after.y) == list(captured.y) != list(after.y)  # the labels came in order before
    images = change("scale_inputs", "divide by 255")
    assert changed_lines(captured, images)[0][:1] == ["train = train.map(lambda x, y: (x / 255, y))"]


QUANTITIES = """\
import numpy as np
import tensorflow as tf
rows = np.random.default_rng(0).normal(size=(60, 3))
prices = 4000 + 900 * rows[:, :1]
make = tf.data.Dataset.from_tensor_slices
train, held = make((rows[:40], prices[:40])).batch(8), make((rows[40:], prices[40:])).batch(4)
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="adam")
model.fit(train, epochs=1, validation_data=held)
print(model.predict(held).mean())
"""


@pytest.mark.slow
def test_the_targets_of_datasets_are_scaled(captured):
    program = captured(QUANTITIES)
    edits = edits_for(program, [change("scale_targets", "standardise")])
    assert not edits.unplaced
    after = run_edited(program, edits.edits)
    mean, std = program.y.mean(axis=0), program.y.std(axis=0)
    assert np.allclose(after.y, (program.y - mean) / std)
    assert np.allclose(after.validation.y, (program.validation.y - mean) / std)
    assert after.error is None
    added, _ = changed_lines(program, change("scale_targets", "standardise"))
    assert added[-1] == "print((model.predict(held) * target_std + target_mean).mean())"


@pytest.mark.slow
def test_the_targets_of_datasets_that_are_whole_numbers_are_left(captured):
    whole = captured(QUANTITIES.replace("900 * rows[:, :1]", "np.arange(60)"))
    assert changed_lines(whole, change("scale_targets", "standardise")) == ([], ["scale_targets"])


GENERATED = """\
import numpy as np
import keras
rng = np.random.default_rng(0)
rows = 90 + 30 * rng.normal(size=(40, 3))
prices = 4000 + 900 * rows[:, :1]

def batches(first):
    while True:
        for start in range(first, first + 20, 10):
            part = slice(start, start + 10)
            yield rows[part], prices[part]

model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="adam")
model.fit(batches(0), steps_per_epoch=2, epochs=1, validation_data=batches(20), validation_steps=2)
print(model.predict(rows[:2]))
"""
YIELDED = "yield rows[part], (np.asarray(prices[part]) - target_mean) / target_std"


@pytest.mark.slow
def test_what_a_generator_yields_is_scaled(captured):
    program = captured(GENERATED)
    edits = edits_for(program, [change("scale_targets", "standardise")])
    assert not edits.unplaced
    added, _ = changed_lines(program, change("scale_targets", "standardise"))
    assert (added[0], added[-1]) == (YIELDED, "print((model.predict(rows[:2]) * target_std + target_mean))")
    after = run_edited(program, edits.edits)
    mean, std = program.y.mean(axis=0), program.y.std(axis=0)
    assert np.allclose(after.y, (program.y - mean) / std, atol=1e-4)
    assert after.history["val_loss"][-1] < 1e-3 * program.history["val_loss"][-1]
    alone = captured(GENERATED.replace("print(model.predict(rows[:2]))", ""))
    inputs = edits_for(alone, [change("scale_inputs", "standardise")])
    assert not inputs.unplaced
    assert np.allclose(run_edited(alone, inputs.edits).x.std(axis=0), 1, atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("scale_inputs", "", ""),  # which predict is given as they are
        ("scale_targets", "predict(rows[:2])", "evaluate(rows, prices)"),
        ("scale_targets", "validation_data=batches(20), validation_steps=2", "validation_data=(rows, prices)"),
        ("scale_targets", "rows[part], prices[part]", "(rows[part], prices[part], np.ones(10))"),
    ],
)
@pytest.mark.slow
def test_what_a_generator_yields_is_not_scaled_in_part(captured, kind, old, new):
    assert changed_lines(captured(GENERATED.replace(old, new)), change(kind, "standardise")) == ([], [kind])


FLOWS = """\
import numpy as np
from keras import Sequential, layers
from keras.src.legacy.preprocessing.image import ImageDataGenerator
images = np.random.default_rng(0).integers(0, 256, size=(40, 6, 6, 3)).astype("float32")
labels = np.arange(40) % 2
augmented = ImageDataGenerator(horizontal_flip=True)
train = augmented.flow(images[:30], labels[:30], batch_size=10)
held = ImageDataGenerator().flow(images[30:], labels[30:])
model = Sequential([layers.Flatten(), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="adam")
model.fit(train, epochs=1, validation_data=held)
model.evaluate(held)
"""


@pytest.mark.slow
def test_generators_of_images_divide_by_255(captured):
    program, wanted = captured(FLOWS), change("scale_inputs", "divide by 255")
    edits = edits_for(program, [wanted])
    assert changed_lines(program, wanted) == (
        [
            "augmented = ImageDataGenerator(horizontal_flip=True, rescale=1 / 255)",
            "held = ImageDataGenerator(rescale=1 / 255).flow(images[30:], labels[30:])",
        ],
        [],
    )
    after = run_edited(program, edits.edits)
    assert (after.x.max() <= 1, after.validation.x.max() <= 1, after.error) == (True, True, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("evaluate(held)", "predict(images)"),
        ("validation_data=held", "validation_data=(images[30:], labels[30:])"),
        ("ImageDataGenerator()", "ImageDataGenerator(rescale=1 / 128)"),
    ],
)
@pytest.mark.slow
def test_generators_of_images_are_not_scaled_in_part(captured, old, new):
    program = captured(FLOWS.replace(old, new))
    assert changed_lines(program, change("scale_inputs", "divide by 255")) == ([], ["scale_inputs"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fit(train", "fit(train.take(3)"),
        ("evaluate(held)", "predict(test)"),  # an array, for all that is known
        ("validation_data=held", "validation_data=held.take(2)"),
        ("model.fit(", "for _ in range(2):\n    model.fit("),
    ],
)
@pytest.mark.slow
def test_datasets_are_not_scaled_in_part(captured, old, new):
    wanted = change("scale_inputs", "standardise")
    assert changed_lines(captured(DATASETS.replace(old, new)), wanted) == ([], ["scale_inputs"])


@pytest.mark.slow
def test_a_normalization_layer_is_adapted_to_the_inputs_of_fit(program):
    captured = program(
        "import keras, numpy as np\nx = 90 + 30 * np.random.default_rng(0).normal(size=(50, 3))\n"
        "net = keras.Sequential([keras.Input((3,)), keras.layers.Normalization(), keras.layers.Dense(1)])\n"
        "net.compile('sgd', 'mse')\nnet.fit(x, x[:, 0] / 90, epochs=1)\n"
    )
    changes = [change("scale_inputs", "standardise", captured.model.layers[0].name)]
    assert changed_lines(captured, *changes) == (["net.layers[0].adapt(x)"], [])
    after = run_edited(captured, edits_for(captured, changes).edits)
    assert np.allclose(after.model.layers[0].adapt_mean, after.x.mean(axis=0), rtol=1e-5)


@pytest.mark.every(6)
@pytest.mark.parametrize(
    ("code", "unplaced"),
    [
        (LOOP, change("activation", "relu", "dense")),  # one call makes two layers
        (ADD, change("remove_layer", None, "dense")),  # it has the input shape
        (ADD, change("scale_validation", "as the training inputs")),
        (ADD.replace("epochs=3", "**{'epochs': 3}"), change("epochs", 5)),
        (ADD, change("callbacks")),
        (ADD, change("activation", "relu", "no_such_layer")),
    ],
)
def test_what_has_no_place_is_said(captured, code, unplaced):
    assert changed_lines(captured(code), unplaced) == ([], [unplaced.kind.value])


@pytest.mark.slow
def test_class_weights_are_inverse_to_the_counts(program):
    code = ADD.replace("(X[:, 0] > 0).astype(int)", "np.repeat([0, 1], [45, 15])")
    lines, _ = changed_lines(program(code), change("class_weight", "balanced"))
    assert lines[0].endswith("class_weight={0: 0.667, 1: 2.0})")


def test_the_names_of_a_diff_are_as_patch_takes_them(tmp_path):
    (tmp_path / "n.py").write_text("a = 1\n")
    where = {"file": str(tmp_path / "n.py"), "cell": None, "line": 1, "start": 4, "end": 5}
    diff = unified_diff([Edit(**where, old="1", new="2", subject="a = 1", fragment="2")])
    assert diff.splitlines()[:2] == [f"--- a{tmp_path}/n.py", f"+++ b{tmp_path}/n.py"]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("%matplotlib inline\nrate = 1\nfiles = !ls\n", "%matplotlib inline\nrate = 2\nfiles = !ls\n"),
        ("print 'start'\nrate = 1\nprint 'end'\n", "print 'start'\nrate = 2\nprint 'end'\n"),
        # an indented snippet whose edited line is not Python either: all of it is made so
        ("    rate = 1\n    print(rate)\n", "rate = 2\nprint(rate)\n"),
    ],
)
def test_lines_without_an_edit_stay_as_they_were_written(tmp_path, text, after):
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": text}]}))
    run = read_pieces(tmp_path / "n.ipynb", "n.ipynb", "n.ipynb")[0].source.text
    at = run.index("1")
    where = {"file": "n.ipynb", "cell": 1, "line": 2, "start": at, "end": at + 1}
    edit = Edit(**where, old="1", new="2", subject="rate = 1", fragment="2")
    (edited,) = edited_files([edit], tmp_path).values()
    assert json.loads(edited)["cells"][0]["source"] == after


@pytest.mark.slow
def test_notebooks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = ADD.split("model = Sequential()\n")
    cells = [{"cell_type": "code", "source": text} for text in (first, "model = Sequential()\n" + second)]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    captured = capture_script("n.ipynb")
    edits = edits_for(captured, [change("activation", "sigmoid", "dense_1"), change("epochs", 9)]).edits
    assert [(edit.cell, edit.line) for edit in edits] == [(2, 3), (2, 5)]
    assert "(cell 2)" in unified_diff(edits)
    assert "activation='sigmoid'" in edited_sources(edits)["n.ipynb", 2][1]
    after = run_edited(captured, edits)
    assert after.epochs == 9
    assert json.loads((tmp_path / "n.ipynb").read_text())["cells"] == cells


FILLED = (
    START
    + """\
import keras
X[3, 1] = np.nan
m = keras.Sequential([keras.layers.Dense(1)])
m.compile("adam", lambda y, p: keras.ops.mean((y - p) ** 2))
m.fit(X, np.arange(60.0), epochs=2)
"""
)


@pytest.mark.slow
def test_missing_values_are_filled_with_the_mean_of_their_feature(program):
    captured = program(FILLED)
    found = edits_for(captured, [change("fill_inputs", "mean of the feature")])
    filled = run_edited(captured, found.edits).x
    others = np.delete(captured.x[:, 1], 3)
    assert np.isclose(filled[3, 1], others.mean())
    assert np.array_equal(np.delete(filled, 3, axis=0), np.delete(captured.x, 3, axis=0))


@pytest.mark.slow
def test_targets_get_a_column(program):
    captured = program(FILLED)
    found = edits_for(captured, [change("shape", "(rows, 1)")])
    assert run_edited(captured, found.edits).y.shape == (60, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ("X = X / 4\n", "X_val = X_val / 4\n"),
        ("X /= 4\n", "X_val = X_val / 4\n"),
        ("scaler = StandardScaler()\nX = scaler.fit_transform(X)\n", "X_val = scaler.transform(X_val)\n"),
    ],
)
def test_validation_inputs_are_scaled_as_those_of_the_training_were(program, scaling, expected):
    captured = program(
        START + "import keras\nfrom sklearn.preprocessing import StandardScaler\nX_val = 3 * X[:20]\n" + scaling +
        "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\n"
        "m.fit(X, X[:, 0], validation_data=(X_val, X_val[:, 0]))\n"
    )  # fmt: skip
    found = edits_for(captured, [change("scale_validation", "as the training inputs")])
    (edit,) = found.edits
    assert (edit.old, edit.new) == ("", expected)


IN_ORDER = (
    START
    + """\
from sklearn.model_selection import train_test_split
import keras
y = np.repeat([0, 1, 2], 20)
X[:, 0] = y
x_train, x_val, y_train, y_val = SPLIT
model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
model.fit(FIRST, validation_data=(SECOND))
"""
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "first", "second"),
    [
        ("train_test_split(X, y, test_size=0.25, shuffle=False)", "x_train, y_train", "x_val, y_val"),
        ("X[:45], X[45:], y[:45], y[45:]", "x_train, y_train", "x_val, y_val"),
        ("X, X, y, y", "X[:45], y[:45]", "X[45:], y[45:]"),
    ],
)
def test_training_and_validation_rows_are_drawn_anew_together(program, split, first, second):
    captured = program(IN_ORDER.replace("SPLIT", split).replace("FIRST", first).replace("SECOND", second))
    assert set(captured.validation.y) == {2}
    after = run_edited(captured, edits_for(captured, [change("resplit", True)]).edits, trains=False)
    assert (len(after.y), len(after.validation.y)) == (45, 15)
    assert np.array_equal(after.x[:, 0], after.y)  # inputs and targets stay together
    assert len(set(after.validation.y)) == 3
    assert after.history is None


@pytest.mark.slow
def test_a_rate_that_nothing_reads_is_set_where_it_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = ADD.replace("model.fit(", "model.optimizer.lr = 0.25\nmodel.fit(")
    (tmp_path / "train.py").write_text(text)
    program = capture_script("train.py")
    assert program.optimizer.get_config()["learning_rate"] == pytest.approx(0.01)
    (found,) = [one for one in contradictions(program) if one.check is Check.UNREAD_RATE]
    assert (found.place.line, found.values["rate"], found.severity) == (11, 0.25, Severity.CONTRADICTION)
    edits = edits_against(program, found)
    assert [edit.new for edit in edits] == ["model.optimizer.learning_rate = 0.25"]
    edited = run_edited(program, edits, trains=False)
    assert edited.optimizer.get_config()["learning_rate"] == 0.25
    assert not [one for one in contradictions(edited) if one.check is Check.UNREAD_RATE]
