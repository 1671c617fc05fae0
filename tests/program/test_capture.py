"""A script runs as it is, and its call of fit is captured; what cannot be captured is refused in plain words."""

import functools
import json
import os
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import harness
from harness import BadInput
from harness.programs.capture import capture_script
from harness.programs.capture.own_modules import hide_modules, lies_in
from harness.programs.capture.script import Discarding, working_folders
from harness.programs.contradictions import is_surer
from harness.programs.fit_calls import program_of
from harness.programs.kinds import trains_keras
from harness.programs.program import MadeUp, NoteKind
from harness.programs.source.places import calls_fit
from harness.programs.stand_ins import only_shows
from harness.programs.targets import metric_names
from harness.programs.unjudged import read_unjudged
from harness.programs.workspace import Workspace
from harness.report.unjudged import lines

HEADER = """\
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
y = (x[:, 0] > 0).astype(int)
"""
MODEL = """\
model = Sequential()
model.add(Dense(5, input_dim=3, activation='relu'))
model.add(Dense(1,
                activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
"""


pytestmark = pytest.mark.usefixtures("without_compiling")


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Writes train.py into an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def write(*parts, name="train.py"):
        (tmp_path / name).write_text("".join(textwrap.dedent(part) for part in parts))
        return name

    return write


@pytest.fixture
def printed(monkeypatch):
    """The texts that scripts print."""
    texts = []
    monkeypatch.setattr(Discarding, "write", lambda self, text: texts.append(text) or len(text))
    return texts


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "setting", ["model.optimizer.learning_rate = 0.25\n", "model.optimizer.learning_rate.assign(0.25)\n"]
)
def test_a_rate_that_is_set_after_compile_is_the_rate(script, setting):
    program = capture_script(script(HEADER, MODEL, setting, "model.fit(x, y)\n"))
    assert program.optimizer.get_config()["learning_rate"] == 0.25


def test_fit_on_a_model_that_is_never_compiled_is_refused(script):
    program = capture_script(script(HEADER, MODEL.rpartition("model.compile")[0], "model.fit(x, y)\n"))
    assert program.error.place.line == 10
    assert read_unjudged(program).is_refused


def kinds(program):
    """The kinds of a program's notes."""
    return {note.kind for note in program.notes}


@pytest.mark.slow
def test_captures_the_arguments_of_compile_and_fit(script):
    program = capture_script(
        script(HEADER, MODEL, "model.fit(x, y, epochs=3, batch_size=8, validation_split=0.25, shuffle=False)\n")
    )
    assert (program.loss, program.metrics) == ("binary_crossentropy", ["accuracy"])
    assert type(program.optimizer).__name__ == "Adam"
    assert (program.epochs, program.batch_size, program.validation_split, program.shuffle) == (3, 8, 0.25, False)
    assert (program.rows, program.split_rows()) == (40, 30)
    assert program.x.shape == (40, 3)
    assert program.y.shape == (40,)
    assert [len(values) for values in program.history.values()] == [3] * 4
    assert not program.is_stopped
    assert program.error is None


def test_remembers_the_lines_of_layers_compile_and_fit(script):
    places = capture_script(script(HEADER, MODEL, "history = model.fit(x, y)\n")).places
    dense, output = places.layers["dense"], places.layers["dense_1"]
    assert (dense.file, dense.line) == ("train.py", 7)
    assert (output.line, output.end_line) == (8, 9)
    assert output.text == "model.add(Dense(1,"
    assert (places.compile.line, places.fit.line) == (10, 11)
    assert [place.line for place in places.x] == [4]
    assert [place.line for place in places.y] == [5]


@pytest.mark.slow
def test_the_script_goes_on_with_a_real_history(script, printed):
    capture_script(script(HEADER, MODEL, "h = model.fit(x, y, epochs=2)\nprint('epochs', len(h.history['loss']))\n"))
    assert "epochs 2\n" in "".join(printed)


def test_initial_weights_are_those_before_fit(script):
    program = capture_script(
        script(HEADER, MODEL, "model.set_weights([w * 0 + 0.5 for w in model.get_weights()])\nmodel.fit(x, y)\n")
    )
    assert all(np.all(value == 0.5) for value in program.initial_weights.values())
    assert all(np.all(value == 0.5) for value in program.initial_model().get_weights())
    assert all(np.all(value == 0.5) for value in program.fresh_weights(3))  # the script set them, so they stay


@pytest.mark.slow
def test_same_seed_same_run(script):
    path = script(HEADER, MODEL, "model.fit(x, y, epochs=2)\n")
    first, second = (capture_script(path, seed=4).history["loss"] for _ in range(2))
    assert first == second


def test_nothing_of_the_users_is_overwritten(script, tmp_path, printed):
    (tmp_path / "results.txt").write_text("mine")
    (tmp_path / "m.keras").write_text("mine too")
    path = script(
        HEADER,
        MODEL,
        f"""\
        import os, shutil
        model.fit(x, y)
        model.save("m.keras")
        open("results.txt", "a").write("!")
        assert open("results.txt").read() == "mine!"
        open({str(tmp_path / "results.txt")!r}, "w").write("absolute")
        assert open({str(tmp_path / "results.txt")!r}).read() == "absolute"
        os.remove({str(tmp_path / "m.keras")!r})
        shutil.rmtree({str(tmp_path)!r} + "/keep")
        print("reached the end")
        """,
    )
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "a").write_text("a")
    capture_script(path)
    assert "".join(printed).endswith("reached the end\n")
    assert (tmp_path / "results.txt").read_text() == "mine"
    assert (tmp_path / "m.keras").read_text() == "mine too"
    assert sorted(os.listdir(tmp_path)) == ["keep", "m.keras", "results.txt", "train.py"]
    assert (tmp_path / "keep" / "a").exists()


def test_linked_large_files_are_not_written_through(script, tmp_path, monkeypatch, printed):
    monkeypatch.setattr("harness.programs.workspace.MAX_FILE_BYTES", 2)
    (tmp_path / "data.csv").write_text("1,2,3")
    capture_script(
        script(HEADER, MODEL, "model.fit(x, y)\nopen('data.csv', 'a').write('4')\nprint(open('data.csv').read())\n")
    )
    assert "".join(printed).endswith("1,2,34\n")
    assert (tmp_path / "data.csv").read_text() == "1,2,3"


def test_siblings_and_data_are_found(script, tmp_path):
    np.savetxt(tmp_path / "data.csv", np.ones((6, 3)))
    script("def rows():\n    import numpy as np\n    return np.loadtxt('data.csv')\n", name="reading.py")
    program = capture_script(script(HEADER, MODEL, "import reading\nmodel.fit(reading.rows(), [0, 1] * 3)\n"))
    assert program.x.shape == (6, 3)
    assert program.y.shape == (6,)


def test_a_package_of_the_same_name_as_this_one_replaces_no_other_module_of_it(tmp_path):
    (tmp_path / "harness").mkdir()
    for name in ("__init__", "results"):
        (tmp_path / "harness" / f"{name}.py").touch()
    hidden = hide_modules(tmp_path)
    sys.modules.update(hidden)
    assert sorted(hidden) == ["harness", "harness.results"]


def test_a_script_below_runs_in_its_own_folder_if_its_data_are_there(script, tmp_path):
    (tmp_path / "sub").mkdir()
    np.savetxt(tmp_path / "sub" / "data.csv", np.ones((6, 3)))
    path = script(HEADER, MODEL, "model.fit(np.loadtxt('data.csv'), np.zeros(6))\n", name="sub/train.py")
    assert capture_script(path).rows == 6


def test_the_package_that_a_script_is_part_of_is_found_above_it(script, tmp_path):
    (tmp_path / "work" / "own_agents").mkdir(parents=True)
    (tmp_path / "work" / "examples").mkdir()
    script("class Agent:\n    def rows(self):\n        return [[0.0, 1, 2]] * 6\n", name="work/own_agents/agent.py")
    text = "from own_agents.agent import Agent\nmodel.fit(np.array(Agent().rows()), np.zeros(6))\n"
    assert capture_script(script(HEADER, MODEL, text, name="work/examples/train.py")).rows == 6


def test_data_above_the_script_are_found_and_not_overwritten(script, tmp_path, monkeypatch, printed):
    (tmp_path / "work" / "code").mkdir(parents=True)
    (tmp_path / "work" / "data").mkdir()
    np.savetxt(tmp_path / "work" / "data" / "x.csv", np.ones((6, 3)))
    write = "open('../data/x.csv', 'w').write('0')\nopen('../new.txt', 'w').write('0')\n"
    write += "print(open('../new.txt').read())\n"
    script(HEADER, MODEL, "model.fit(np.loadtxt('../data/x.csv'), np.zeros(6))\n", write, name="work/code/train.py")
    monkeypatch.chdir(tmp_path / "work" / "code")
    assert capture_script("train.py").rows == 6
    assert "".join(printed).endswith("0\n")
    assert np.array_equal(np.loadtxt(tmp_path / "work" / "data" / "x.csv"), np.ones((6, 3)))
    assert not (tmp_path / "work" / "new.txt").exists()


def test_callbacks_write_into_the_copy(script, tmp_path):
    logs, best = str(tmp_path / "logs"), str(tmp_path / "best.weights.h5")
    program = capture_script(
        script(
            HEADER,
            MODEL,
            f"""\
            from keras.callbacks import CSVLogger, ModelCheckpoint, TensorBoard
            saving = ModelCheckpoint({best!r}, save_weights_only=True, monitor="loss")
            model.fit(x, y, callbacks=[TensorBoard({logs!r}), CSVLogger("log.csv"), saving])
            """,
        )
    )
    assert program.error is None
    assert len(program.callbacks) == 3
    assert os.listdir(tmp_path) == ["train.py"]


def test_names_of_earlier_versions(script):
    program = capture_script(
        script(
            """\
            import numpy as np
            from keras.models import Sequential
            from keras.layers.core import Dense
            from keras.layers.normalization import BatchNormalization
            from keras.utils import np_utils
            from keras.optimizers import adam
            from keras import backend as K
            x = np.random.rand(30, 4)
            y = np_utils.to_categorical(np.arange(30) % 3)
            model = Sequential([Dense(3, input_dim=4, activation="softmax")])
            def loss(true, predicted):
                return K.mean(K.square(true - predicted))
            model.compile(loss=loss, optimizer=adam(lr=0.25))
            def batches():
                while True:
                    yield x, y
            model.fit_generator(batches(), steps_per_epoch=2, epochs=3)
            """
        )
    )
    assert program.optimizer.get_config()["learning_rate"] == 0.25
    assert (program.epochs, len(program.history["loss"])) == (3, 3)
    old = [note.detail for note in program.notes if note.kind is NoteKind.OLD_NAME]
    assert old == ["keras.layers.core", "keras.layers.normalization", "keras.utils.np_utils", "lr"]
    copy = program.compile_copy(program.initial_model())
    copy.fit(program.x, program.y, verbose=0)  # its loss still finds the functions


@pytest.mark.parametrize("rate", ["10", "np.float32(0.5)"])
def test_rates_that_are_not_floats_of_python_are_made_such(script, rate):
    model = MODEL.replace("optimizer='adam'", f"optimizer=keras.optimizers.Adam({rate})")
    program = capture_script(script("import keras\n", HEADER, model, "model.fit(x, y)\n"))
    assert program.optimizer.get_config()["learning_rate"] == {"10": 10.0}.get(rate, 0.5)
    assert NoteKind.OLD_NAME in kinds(program)


def test_plots_do_nothing(script, printed):
    capture_script(
        script(
            HEADER,
            MODEL,
            """\
            import matplotlib.pyplot as plt
            fig, (left, right) = plt.subplots(1, 2)
            h = model.fit(x, y)
            left.plot(h.history["loss"])
            plt.show()
            print("shown")
            """,
        )
    )
    assert "shown" in "".join(printed)


@pytest.mark.slow
def test_the_second_fit(script):
    path = script(HEADER, MODEL, "model.fit(x, y, epochs=2)\nmodel.fit(x[:20], y[:20], epochs=5)\n")
    first, second = capture_script(path), capture_script(path, fit=2)
    assert (first.epochs, first.rows, second.epochs, second.rows) == (2, 40, 5, 20)
    assert NoteKind.MORE_FITS in kinds(first)
    assert second.set_weights == set(second.initial_weights)  # trained by the first fit
    with pytest.raises(BadInput, match=r"train.py: expected 3 calls of fit, got a script that calls fit 2 times"):
        capture_script(path, fit=3)


OTHER_MODEL = """
other = Sequential()
other.add(Dense(4, input_dim=3, kernel_initializer="{first}"))
other.add(Dense(1, kernel_initializer="{second}"))
other.compile("sgd", "mse")
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("first", "second", "number"),
    [
        pytest.param("zeros", "zeros", 2, id="two layers of zeros"),
        pytest.param("glorot_uniform", "glorot_uniform", 1, id="as usual"),
    ],
)
def test_a_later_fit_that_alone_is_wrong_for_sure_is_captured_in_place_of_the_first(script, first, second, number):
    other = OTHER_MODEL.format(first=first, second=second)
    path = script(HEADER, MODEL, "model.fit(x, y, epochs=1)\n", other, "other.fit(x, x[:, :1], epochs=2)\n")
    program = capture_script(path, is_surer=is_surer)
    assert (program.fit_number, program.epochs) == (number, number)
    assert (NoteKind.EARLIER_FIT in kinds(program)) is (number == 2)
    assert capture_script(path).fit_number == 1


@pytest.mark.slow
def test_fits_in_a_loop_are_one_training(script):
    program = capture_script(script(HEADER, MODEL, "for i in range(4):\n    model.fit(x, y, epochs=2)\n"))
    assert program.epochs == 8
    assert len(program.history["loss"]) == 8
    assert NoteKind.FITS_MERGED in kinds(program)


@pytest.mark.slow
def test_a_long_fit_is_stopped(script):
    program = capture_script(script(HEADER, MODEL, "model.fit(x, y, epochs=1000000)\n"), seconds=0.5)
    assert program.is_stopped
    assert program.epochs == 1000000
    assert 0 < len(program.history["loss"]) < 1000000
    assert NoteKind.STOPPED in kinds(program)


def test_a_generator_is_read_and_trained_on(script):
    program = capture_script(
        script(
            HEADER,
            MODEL,
            """\
            def batches():
                number = 0
                while True:
                    yield np.full((8, 3), number), np.zeros(8)
                    number += 1
            model.fit(batches(), steps_per_epoch=5, epochs=2)
            """,
        )
    )
    assert program.source == "generator"
    assert program.x[:, 0].tolist() == np.repeat(np.arange(5.0), 8).tolist()
    assert (program.batch_size, program.epochs, len(program.history["loss"])) == (8, 2, 2)
    assert NoteKind.MATERIALISED in kinds(program)


@pytest.mark.every(2)
@pytest.mark.parametrize(("shuffle", "shuffles"), [("", False), (".shuffle(40)", True)])
def test_a_dataset_is_read(script, shuffle, shuffles):
    program = capture_script(
        script(
            HEADER,
            MODEL,
            f"import tensorflow as tf\ndata = tf.data.Dataset.from_tensor_slices((x, y)){shuffle}.batch(16)\n"
            "model.fit(data, validation_data=data)\n",
        )
    )
    assert (program.source, program.rows, program.batch_size) == ("tf.data", 40, 16)
    assert program.shuffle is shuffles
    assert program.validation.x.shape == (40, 3)


def test_a_pydataset_is_read(script):
    program = capture_script(
        script(
            HEADER,
            MODEL,
            """\
            import keras
            class Data(keras.utils.Sequence):
                def __len__(self):
                    return 4
                def __getitem__(self, i):
                    return x[10 * i:10 * i + 10], y[10 * i:10 * i + 10]
            model.fit(Data())
            """,
        )
    )
    assert program.source == "PyDataset"
    assert np.array_equal(program.y, (program.x[:, 0] > 0).astype(int))


def test_a_model_of_the_users_own_class(script):
    program = capture_script(
        script(
            HEADER,
            """\
            import keras
            class Net(keras.Model):
                def __init__(self, units):
                    super().__init__()
                    self.hidden = Dense(units, activation="relu")
                    self.out = Dense(1)
                def call(self, x):
                    return self.out(self.hidden(x))
            model = Net(6)
            model.compile(keras.optimizers.SGD(learning_rate=0.1), keras.losses.MeanSquaredError())
            model.fit(x, y)
            """,
        )
    )
    assert program.is_copyable
    assert [weight.shape for weight in program.fresh_weights(0)] == [(3, 6), (6,), (6, 1), (1,)]
    assert program.places.layers["dense"].text == 'self.hidden = Dense(units, activation="relu")'
    assert program.places.optimizer.column == len("model.compile(")
    assert program.places.loss.text.startswith("model.compile(")
    with_relu = program.initial_model()
    assert with_relu(program.x).shape == (40, 1)


@pytest.mark.slow
def test_a_layer_of_the_users_own_without_get_config(script, printed):
    given = capture_script(
        script(
            HEADER,
            """\
            import keras
            class Scaled(keras.layers.Layer):
                def __init__(self, units, rate=0.5):
                    super().__init__()
                    self.units, self.inner, self.drop = units, Dense(units), keras.layers.Dropout(rate)
                def build(self, shape):
                    self.factor = self.add_weight(shape=(self.units,), initializer="ones")
                    self.inner.build(shape)
                def call(self, x, training=None):
                    return self.drop(self.inner(x) * self.factor, training=training)
            model = Sequential([keras.Input((3,)), Scaled(4), Dense(1)])
            model.compile("adam", "mse")
            expected = model.predict(x[:3])
            model.fit(x, y)
            print(" ".join(f"{value:.5f}" for value in expected.ravel()))
            """,
        )
    )
    assert given.is_copyable
    expected = [float(word) for word in "".join(printed).splitlines()[-1].split()]
    assert np.asarray(given.initial_model()(given.x[:3])).ravel() == pytest.approx(expected, abs=1e-4)
    one, same = (np.asarray(given.fresh_model(1)(given.x, training=True)) for _ in range(2))
    assert np.array_equal(one, same)


def test_an_error_inside_fit_keeps_the_program(script):
    program = capture_script(script(HEADER, MODEL, "model.fit(x[:, :2], y)\n"))
    assert program.error.kind == "ValueError"
    assert "expected axis -1 of input shape to have value 3" in program.error.message
    assert program.error.place.line == 11
    assert program.history is None


def test_an_error_after_fit_is_noted(script):
    program = capture_script(script(HEADER, MODEL, "model.fit(x, y)\nprint(1 / 0)\n"))
    (note,) = program.notes
    assert (note.kind, note.detail) == (NoteKind.SCRIPT_FAILED, "train.py:12: ZeroDivisionError: division by zero")


@pytest.mark.slow
def test_notebooks(script):
    cells = ["%matplotlib inline\n", *(HEADER + MODEL).splitlines(keepends=True)]
    code = [
        {"cell_type": "markdown", "source": "# text"},
        {"cell_type": "code", "source": cells},
        {"cell_type": "code", "source": "!ls\nmodel.fit(x, y, epochs=2)\n"},
    ]
    program = capture_script(script(json.dumps({"cells": code}), name="train.ipynb"))
    assert program.epochs == 2
    assert (program.places.layers["dense"].cell, program.places.layers["dense"].line) == (1, 8)
    assert (program.places.fit.cell, program.places.fit.line) == (2, 2)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print('hello')\n", "train.py: expected a script that calls model.fit(), got one that ends without"),
        (
            "import tensorflow as tf\nx = tf.placeholder(tf.float32)\n",
            "got one with the placeholders and sessions of TensorFlow 1; write the model in Keras",
        ),
        ("import torch\n", "train.py: expected a program that trains with Keras, got one that imports PyTorch"),
        ("import nothing_of_this_name\n", "install it with: pip install nothing_of_this_name"),
        ("import numpy.no_such_part\n", "the installed version of numpy does not have this module"),
        ("import keras.no_such_part\n", "does not have this module, so change the import"),
        ("x = 3)\n", "train.py:1: the script fails before it calls fit: SyntaxError"),
        ("open('none.csv')\n", "train.py:1: the script fails before it calls fit: FileNotFoundError"),
        ("x = 3\nx.fit\n", "train.py:2: the script fails before it calls fit: AttributeError"),
        ("input('?')\n", "nobody is there to answer"),
        ("import sys\nsys.exit(3)\n", "train.py:2: the script ended with exit code 3 before it called fit"),
    ],
)
def test_what_cannot_be_captured(script, code, message):
    with pytest.raises(BadInput) as error:
        capture_script(script(code))
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) <= 2


def test_a_module_that_is_not_python_is_named_with_its_line(script, tmp_path):
    (tmp_path / "layers_of_mine.py").write_text("UNITS = 3\n<<<<<<< HEAD\nDEPTH = 2\n")
    with pytest.raises(BadInput) as error:
        capture_script(script("import keras\n\nfrom layers_of_mine import UNITS\n"))
    first, text = str(error.value).splitlines()
    assert first.startswith("layers_of_mine.py:2: the script fails before it calls fit: SyntaxError")
    assert text.strip() == "<<<<<<< HEAD"


def test_loops_of_the_users_own_are_refused(script):
    tape = "import tensorflow as tf\nw = tf.Variable(1.0)\nwith tf.GradientTape() as tape:\n    c = w * w\n"
    with pytest.raises(BadInput, match=r"train.py:3: expected a training with model.fit\(\), got a training loop with"):
        capture_script(script(tape))
    endless = (
        "import tensorflow as tf\nw = tf.Variable(1.0)\nwhile True:\n    with tf.GradientTape():\n        c = w * w\n"
    )
    with pytest.raises(BadInput, match=r"train.py:4: .*got a training loop with tf.GradientTape"):
        capture_script(script(endless))


def test_a_training_step_of_the_users_own_is_read_at_its_first_update(script):
    step = "import keras\nclass Net(keras.Sequential):\n    def train_step(self, data):\n        return {}\n"
    own_step = capture_script(script(HEADER, step, MODEL.replace("Sequential()", "Net()"), "model.fit(x, y)\n"))
    assert [note.detail for note in own_step.notes if note.kind is NoteKind.OWN_LOOP] == ["train_step()"]
    assert not own_step.can_be_trained
    assert own_step.x.shape[1:] == own_step.model.input_shape[1:]


DATA_OF_LOOP = (
    "import numpy as np, keras, tensorflow as tf\n"
    "x, y = np.arange(24.0).reshape(12, 2) / 24, np.arange(12.0).reshape(12, 1)\n"
    "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
)
TAPE_LOOP = (
    DATA_OF_LOOP + "optimizer, loss = keras.optimizers.SGD(0.01), keras.losses.MeanSquaredError()\n"
    "for epoch in range(6):\n"
    "    for a, b in tf.data.Dataset.from_tensor_slices((x, y)).shuffle(12, seed=epoch).batch(4):\n"
    "        with tf.GradientTape() as tape:\n"
    "            cost = loss(b, model(a, training=True))\n"
    "        gradients = tape.gradient(cost, model.trainable_variables)\n"
    "        optimizer.apply_gradients(zip(gradients, model.trainable_variables))\n"
)


@pytest.mark.slow
def test_a_loop_of_train_on_batch_is_repeated_by_fit(script):
    loop = DATA_OF_LOOP + (
        "model.compile('sgd', 'mse')\n"
        "for epoch in range(5):\n"
        "    order = np.random.permutation(12)\n"
        "    for start in range(0, 12, 3):\n"
        "        model.train_on_batch(x[order[start:start + 3]], y[order[start:start + 3]])\n"
    )
    program = capture_script(script(loop))
    assert (program.can_be_trained, program.epochs, program.batch_size) == (True, 5, 3)
    order = np.argsort(program.y[:, 0])
    assert np.array_equal(program.y[order, 0], np.arange(12))
    assert np.allclose(program.x[order], np.arange(24).reshape(12, 2) / 24)


@pytest.mark.slow
def test_of_a_loop_that_does_not_end_all_rows_so_far_are_read(script):
    loop = DATA_OF_LOOP + (
        "model.compile('sgd', 'mse')\n"
        "for step in range(18):\n"
        "    model.train_on_batch(x[step % 12:step % 12 + 1], y[step % 12:step % 12 + 1])\n"
        "while True:\n"
        "    pass\n"
    )
    program = capture_script(script(loop), seconds=1)
    (stopped,) = [note for note in program.notes if note.kind is NoteKind.SCRIPT_STOPPED]
    assert (program.is_trained_otherwise, len(program.x)) == (True, min(12, stopped.count))
    assert f"stopped this loop after {stopped.count:,} updates" in "\n".join(lines(read_unjudged(program)))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("ends", "never_ends"),
    [("pass", True), ("if step > 60: break", False), ("if step > 60: raise SystemExit", False)],
)
def test_of_a_loop_that_never_ends_the_first_updates_are_repeated_by_fit(script, monkeypatch, ends, never_ends):
    monkeypatch.setattr("harness.programs.capture.followed_loops.ENDLESS_UPDATES", 48)
    loop = DATA_OF_LOOP + (
        "model.compile('sgd', 'mse')\n"
        "step = 0\n"
        "while True:\n"
        "    step += 1\n"
        f"    {ends}\n"
        "    model.train_on_batch(x[step % 4 :: 4], y[step % 4 :: 4])\n"
    )
    program = capture_script(script(loop))
    updates = 48 if never_ends else 60
    assert (program.never_ends, program.can_be_trained) == (never_ends, True)
    assert (program.epochs, program.batch_size, len(program.y)) == (updates // 4, 3, 12)


FITS_IN_A_LOOP = DATA_OF_LOOP + (
    "model.compile('sgd', 'mse')\n"
    "for epoch in range(3):\n"
    "    for start in range(0, 12, 4):\n"
    "        model.fit(x[start:start + 4], y[start:start + 4], batch_size=2)\n"
)


@pytest.mark.slow
def test_fits_on_parts_of_the_data_in_a_loop_are_one_training(script):
    program = capture_script(script(FITS_IN_A_LOOP))
    assert (program.can_be_trained, program.epochs, program.batch_size, len(program.x)) == (True, 3, 2, 12)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("loops", "meant"),
    [
        ("for i in range(10**6):\n    ", 0),  # an expression that is not evaluated
        ("count = 5_000\nfor i in range(100, count + 0):\n    ", 0),
        ("count = 5_000\nfor i in range(100, count):\n    ", 4_900),
        ("for i in range(1_000):\n    for j in range(0, 10, 2):\n        ", 5_000),
    ],
)
def test_a_loop_of_fits_that_is_stopped_is_as_long_as_it_is_meant_to_be(script, loops, meant):
    text = f"{DATA_OF_LOOP}model.compile('sgd', 'mse')\n{loops}model.fit(x, y, epochs=3)\n"
    program = capture_script(script(text), seconds=0.5)
    assert [note.kind for note in program.notes].count(NoteKind.STOPPED) == 1
    assert program.is_stopped
    assert 3 * meant == program.epochs if meant else 3 <= program.epochs < 5_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("for epoch in range(3)", "while True"),
        pytest.param("batch_size=2)\n", "batch_size=2, epochs=2 if start == 0 else 15_000)\n", marks=pytest.mark.slow),
        ("keras.layers.Dense(1)", "keras.layers.Reshape((1, 2)), keras.layers.GRU(1, stateful=True)"),
        ("batch_size=2)\n", "batch_size=2)\n        assert start < 8\n"),
    ],
)
@pytest.mark.slow
def test_a_loop_of_fits_that_does_not_end_or_keeps_its_state_is_read_only(script, old, new):
    loop = FITS_IN_A_LOOP.replace(old, new).replace("keras.Input((2,))", "keras.Input((2,), batch_size=2)")
    program = capture_script(script(loop), seconds=1)
    assert [note.kind for note in program.notes if note.kind in (NoteKind.OWN_LOOP, NoteKind.FITS_MERGED)] == [
        NoteKind.OWN_LOOP
    ]


@pytest.mark.slow
def test_a_script_that_does_not_come_to_fit_in_time_is_refused(script, monkeypatch):
    monkeypatch.setattr("harness.programs.capture.script.SECONDS_BEFORE_FIT", 1)
    with pytest.raises(BadInput, match="a call of fit within 1 s, got none"):
        capture_script(script(HEADER, MODEL, "while True: pass\nmodel.fit(x, y)\n"))


def test_a_model_that_is_compiled_and_never_trained_is_read(script):
    build = "def build():\n    model = keras.Sequential([keras.layers.Dense(1, 'softmax', input_shape=(2,))])\n"
    build += "    model.compile('sgd', 'mse')\n    return model\n"
    for text in (build + "build()\n", build + "for batch in range(1, EPOCHS + 1): net.train_on_batch(batch)\n"):
        program = capture_script(script("import keras\n" + text))
        assert NoteKind.NEVER_FIT in [note.kind for note in program.notes]
        assert (program.model.input_shape, program.places.compile.line) == ((None, 2), 4)


def test_maps_of_python_2_are_lists(script):
    text = HEADER + "rows = map(float, xrange(3))\nprint rows[0]\n" + MODEL + "model.fit(x, y)\n"
    assert not capture_script(script(text)).notes


@pytest.mark.slow
def test_a_plain_loop_with_a_tape_is_repeated_by_fit(script):
    program = capture_script(script(TAPE_LOOP))
    assert (program.can_be_trained, program.epochs, program.batch_size, len(program.x)) == (True, 6, 4, 12)
    assert [note.count for note in program.notes if note.kind is NoteKind.LOOP_AS_FIT] == [6]


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("loop", "passes", "epochs"),
    [
        ("for step in range(2 * 20):", 0, 40),
        ("for step in range(40):", 2, 40),
        ("for step in range(20):\n  for again in range(2):", 0, 40),  # two passes each
        ("for step in range(40):\n  for start in range(3):", 2, 40),
    ],
)
def test_the_end_of_a_long_loop_is_not_waited_for_if_it_is_known(script, monkeypatch, loop, passes, epochs):
    monkeypatch.setattr("harness.programs.capture.own_loops.SHARE_OF_ENDLESS", 0.0)
    rows = "[start::3]" if "start" in loop else ""
    text = f"{DATA_OF_LOOP}model.compile('sgd', 'mse')\n{loop}\n    model.train_on_batch(x{rows}, y{rows})\n"
    program = capture_script(script(text))
    assert (program.can_be_trained, program.epochs, len(program.x)) == (True, epochs, 12)
    assert [note.count for note in program.notes if note.kind is NoteKind.STOPPED] == [passes] * (passes > 0)


@pytest.mark.parametrize(
    ("body", "is_said"),
    [
        ("if step > 5: break", True),
        ("if step > 5: return", True),
        ("for value in x:\n            if value[0] > 0: break", False),
    ],
)
def test_a_long_loop_that_can_break_off_is_said_to_end_earlier(script, monkeypatch, body, is_said):
    for share in ("SHARE_OF_ENDLESS", "SHARE_OF_BREAKING"):
        monkeypatch.setattr(f"harness.programs.capture.own_loops.{share}", 0.0)
    text = f"{DATA_OF_LOOP}model.compile('sgd', 'mse')\ndef train():\n    for step in range(40):\n"
    text += f"        model.train_on_batch(x, y)\n        {body}\ntrain()\n"
    program = capture_script(script(text))
    assert (program.epochs, NoteKind.BREAKS_OFF in kinds(program)) == (40, is_said)


def test_the_end_of_a_loop_that_breaks_off_is_waited_for(script, monkeypatch):
    monkeypatch.setattr("harness.programs.capture.own_loops.SHARE_OF_ENDLESS", 0.0)
    loop = "for step in range(40):\n    model.train_on_batch(x, y)\n    if step == 4: break\n"
    program = capture_script(script(f"{DATA_OF_LOOP}model.compile('sgd', 'mse')\n{loop}"))
    assert (program.epochs, NoteKind.BREAKS_OFF in kinds(program)) == (5, False)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("from sklearn.preprocessing import StandardScaler as S\ns = S()\ns.fit(x)\nS().fit(x).transform(x)", False),
        ("from sklearn import svm\nclass A:\n  def f(self):\n    self.s = svm.SVC()\n    self.s.fit(x)", False),
        ("import sklearn.svm\nsklearn.svm.SVC().fit(x, y)\nmodel.fit(x, y)", True),
        ("from keras.wrappers.scikit_learn import KerasClassifier as K\nfrom sklearn.pipeline import make_pipeline\n"
         "p = make_pipeline(K(f))\np.fit(x)", True),
        ("model.fit_generator(x)", True),
        ("print 'model.fit(x)'", True),  # Python 2
        ("# model.fit(x)", False),
    ],
)  # fmt: skip
def test_the_fit_of_a_scaler_is_not_that_of_a_model(text, calls):
    assert calls_fit(text) is calls


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("zip(gradients", "zip([0.5 * g for g in gradients]"),  # gradients of another cost
        ("optimizer.apply", "(optimizer if epoch else keras.optimizers.Adam()).apply"),  # two optimizers
    ],
)
def test_a_loop_that_does_what_fit_does_not_is_read_only(script, old, new):
    program = capture_script(script(TAPE_LOOP.replace(old, new)))
    assert [note.detail for note in program.notes if note.kind is NoteKind.OWN_LOOP] == ["tf.GradientTape"]
    assert not program.can_be_trained


@pytest.mark.every(3)
@pytest.mark.parametrize("decorator", ["", "@tf.function\n", "@tf.function(reduce_retracing=True)\n"])
def test_a_loop_with_a_tape_is_read_at_its_first_update(script, decorator):
    loop = (
        "import numpy as np, tensorflow as tf\nfrom tensorflow import keras\n"
        "x, y = np.random.rand(8, 2), np.ones((8, 1))\n"
        "model = keras.Sequential([keras.layers.Dense(1, activation='softmax')])\n"
        "optimizer, loss = keras.optimizers.Adam(0.5), keras.losses.BinaryCrossentropy()\n"
        f"{decorator}def step(a, b):\n    with tf.GradientTape() as tape:\n        cost = loss(b, model(a))\n"
        "    gradients = tape.gradient(cost, model.trainable_variables)\n"
        "    optimizer.apply_gradients(zip(gradients, model.trainable_variables))\n"
        "for number in range(9):\n    step(x, y)\n"
    )
    tf.config.run_functions_eagerly(False)
    program = capture_script(script(loop))
    assert type(program.loss).__name__ == "BinaryCrossentropy"
    assert program.optimizer.get_config()["learning_rate"] == 0.5
    assert (program.places.optimizer.line, program.places.loss.line) == (5, 5)
    assert (program.made_up, program.can_be_trained) == (MadeUp.NOTHING, True)
    assert (len(program.x), program.epochs, program.batch_size) == (8, 9, 8)


def test_a_model_and_data_given_in_python():
    import keras

    model = keras.Sequential([keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((50, 4)), np.zeros(50)
    program = program_of(model, x, y, epochs=7, steps_per_epoch=5)
    assert (program.epochs, program.batch_size, program.loss) == (7, 10, "mse")
    before = model.get_weights()
    program.compile_copy(program.fresh_model(1)).fit(x, y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    with pytest.raises(BadInput, match="compiled"):
        program_of(keras.Sequential([keras.layers.Dense(1)]), x, y)
    with pytest.raises(BadInput, match="unexpected keyword argument 'epoch'"):
        program_of(model, x, y, epoch=3)


@pytest.mark.slow
def test_arguments_of_the_first_version(script):
    path = script(
        "import numpy as np\n"
        "from keras.models import Sequential\n"
        "from keras.layers.core import Dense, Dropout\n"
        "model = Sequential()\n"
        "model.add(Dense(output_dim=5, input_dim=1, init='uniform', activation='relu'))\n"
        "model.add(Dropout(p=0.25))\n"
        "model.add(Dense(output_dim=1))\n"
        "model.compile(loss='mse', optimizer='sgd')\n"
        "model.fit(np.ones((8, 1)), np.ones(8), nb_epoch=2, verbose=0)\n"
    )
    program = capture_script(path)
    hidden, dropout, last = program.model.layers
    assert (hidden.units, dropout.rate, last.units, program.epochs) == (5, 0.25, 1, 2)
    assert type(hidden.kernel_initializer).__name__ == "RandomUniform"
    assert {"output_dim", "init", "p"} <= {note.detail for note in program.notes if note.kind is NoteKind.OLD_NAME}


@pytest.mark.parametrize(
    ("attributes", "is_inside"),
    [
        ({"__file__": "/mine/net.py"}, True),
        ({"__file__": None, "__path__": ["/mine/models"]}, True),
        ({"__file__": "/other/net.py", "__path__": ["/other"]}, False),
        ({"__path__": 3}, False),  # of a module that answers to every name
    ],
)
def test_where_a_module_lies(attributes, is_inside):
    module = ModuleType("one")
    vars(module).update(attributes)
    assert lies_in(module, "/mine/") is is_inside


def test_a_folder_is_found_though_the_clone_has_a_package_of_its_name(script, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(harness.__file__).parents[1]))
    path = Path(
        script(
            "import numpy as np, keras\n"
            "from models.small import make\n"
            "model = make()\n"
            "model.compile(loss='mse', optimizer='sgd')\n"
            "model.fit(np.ones((8, 3)), np.ones(8), verbose=0)\n"
        )
    )
    (path.parent / "models").mkdir()
    (path.parent / "models" / "small.py").write_text(
        "import keras\ndef make():\n    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
    )
    assert [layer.units for layer in capture_script(path).model.layers] == [1]
    assert "models" not in sys.modules


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [("'adadelta'", 1.0), ("'adagrad'", 0.01), ("Adadelta(rho=0.9)", 1.0), ("Adagrad(lr=0.1)", 0.1), ("'adam'", 0.001)],
)
@pytest.mark.parametrize("epochs", ["nb_epoch", "epochs"])
def test_default_rates_of_the_first_version(script, optimizer, rate, epochs):
    path = script(
        "import numpy as np\n"
        "from keras.models import Sequential\n"
        "from keras.layers import Dense\n"
        "from keras.optimizers import Adadelta, Adagrad\n"
        "model = Sequential([Dense(1, input_dim=1)])\n"
        f"model.compile(loss='mse', optimizer={optimizer})\n"
        f"model.fit(np.ones((8, 1)), np.ones(8), {epochs}=1, verbose=0)\n"
    )
    program = capture_script(path)
    is_default_of_today = epochs == "epochs" and "lr" not in optimizer
    assert float(program.optimizer.learning_rate) == pytest.approx(0.001 if is_default_of_today else rate)


@pytest.mark.slow
def test_a_sequential_model_that_begins_with_two_merged_models(script):
    path = script(
        "import numpy as np\n"
        "from keras.models import Sequential\n"
        "from keras.layers import Dense, Merge\n"
        "left, right = Sequential(), Sequential()\n"
        "left.add(Dense(3, input_dim=5))\n"
        "right.add(Dense(3, input_dim=4))\n"
        "model = Sequential()\n"
        "model.add(Merge([left, right], mode='concat'))\n"
        "model.add(Dense(1))\n"
        "model.compile(loss='mse', optimizer='sgd')\n"
        "model.fit([np.ones((8, 5)), np.ones((8, 4))], np.ones(8), nb_epoch=2, verbose=0)\n"
    )
    program = capture_script(path)
    assert not {NoteKind.NOT_COPIED, NoteKind.MADE_UP} & {note.kind for note in program.notes}
    assert len(program.fresh_model(1).weights) == 6


def test_a_module_of_tensorflow_that_was_an_attribute_of_it(script):
    path = script(
        "import numpy as np, keras, tensorflow as tf\n"
        "tf.python.control_flow_ops = tf\n"
        "model = keras.Sequential([keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((4, 2)), np.ones(4), verbose=0)\n"
    )
    assert capture_script(path).can_be_trained


@pytest.mark.slow
def test_the_softmax_of_sequences_of_the_first_version(script):
    path = script(
        "import numpy as np\n"
        "from keras.models import Sequential\n"
        "from keras.layers.core import Activation, TimeDistributedDense\n"
        "from keras.layers.recurrent import LSTM\n"
        "model = Sequential()\n"
        "model.add(LSTM(3, 8, return_sequences=True, activation='time_distributed_softmax'))\n"
        "model.add(TimeDistributedDense(8, 3))\n"
        "model.add(Activation('time_distributed_softmax'))\n"
        "model.compile(loss='categorical_crossentropy', optimizer='sgd')\n"
        "model.fit(np.eye(3)[None], np.eye(3)[None], nb_epoch=1, verbose=0)\n"
    )
    layers = capture_script(path).model.layers
    assert [layers[place].activation.__name__ for place in (0, 2)] == ["softmax"] * 2


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        ("Dense(3, input_dim=5)", "Dense(5, input_dim=3)"),
        ("containers.Sequential([Dense(5, 3, activation='tanh')])", "containers.Sequential([Dense(3, 5)])"),
    ],
)
def test_an_autoencoder_of_the_first_version(script, encoder, decoder):
    path = script(
        "import numpy as np\n"
        "from keras.layers import containers\n"
        "from keras.layers.core import AutoEncoder, Dense\n"
        "from keras.models import Sequential\n"
        "x = np.ones((8, 5))\n"
        "model = Sequential()\n"
        f"model.add(AutoEncoder(encoder={encoder}, decoder={decoder}, output_reconstruction=False, tie_weights=True))\n"
        "model.compile(loss='mse', optimizer='sgd')\n"
        "model.fit(X=x, y=x, nb_epoch=2, verbose=0)\n"
        "code = model.layers[0].encoder\n"
    )
    program = capture_script(path)
    notes = {note.kind for note in program.notes}
    assert not {NoteKind.NOT_COPIED, NoteKind.MADE_UP, NoteKind.SCRIPT_FAILED} & notes
    assert [weight.shape for weight in program.fresh_model(1).weights] == [(5, 3), (3,), (3, 5), (5,)]


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from keras.utils import plot_model", "plot_model"),
        ("import tensorflow as tf", "tf.keras.utils.plot_model"),
        ("from keras.utils.visualize_util import plot", "plot"),
    ],
)
def test_a_picture_of_the_model_that_cannot_be_drawn(script, monkeypatch, imported, call):
    def fail(*arguments, **options):
        raise ImportError("a package is missing")

    monkeypatch.setattr("keras.utils.plot_model", fail)
    monkeypatch.setattr("tensorflow.keras.utils.plot_model", fail)
    model = f"model.compile('adam', 'mse')\n{call}(model, to_file='model.png')\n"
    program = capture_script(script(f"{imported}\n", HEADER, MODEL, model, "model.fit(x, y, epochs=2)\n"))
    assert NoteKind.MADE_UP not in {note.kind for note in program.notes}


def test_functions_that_only_a_module_of_an_earlier_version_has_under_their_name(script):
    path = script(
        "from keras.preprocessing.text import one_hot, text_to_word_sequence\n"
        "from keras.preprocessing.sequence import pad_sequences\n"
        "from keras.models import Sequential\n"
        "from keras.layers import Dense, Embedding, Flatten\n"
        "rows = pad_sequences([one_hot(text, 30) for text in ('so good', 'so very bad', 'fine')], maxlen=3)\n"
        "model = Sequential([Embedding(30, 2, input_length=3), Flatten(), Dense(1, activation='sigmoid')])\n"
        "model.compile('adam', 'binary_crossentropy')\n"
        "model.fit(rows, [1, 0, 1], epochs=2, verbose=0)\n"
    )
    program = capture_script(path)
    assert program.x.shape == (3, 3)
    assert NoteKind.MADE_UP not in {note.kind for note in program.notes}


TEXTS = """\
import numpy as np
import keras
from keras import layers
texts = np.array(["good film", "bad film", "not good", "very good"] * 10)
y = np.array([1, 0, 0, 1] * 10)
vectorize = layers.TextVectorization(max_tokens=20, output_sequence_length=3)
vectorize.adapt(texts)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "model",
    [
        "model = keras.Sequential([vectorize, layers.Embedding(20, 4), layers.Flatten(), layers.Dense(1)])\n",
        "i = keras.Input((1,), dtype='string')\nh = layers.Embedding(20, 4)(vectorize(i))\n"
        "model = keras.Model(i, layers.Dense(1)(layers.Flatten()(h)))\n",
    ],
)
def test_text_is_encoded_once_and_the_rest_of_the_model_is_kept(script, model):
    fit = "model.compile('adam', 'mse')\nmodel.fit(texts[:, None], y, validation_data=(texts[:8, None], y[:8]))\n"
    program = capture_script(script(TEXTS, model, fit))
    assert (program.x.shape, program.validation.x.shape) == ((40, 3), (8, 3))
    # good and film are the commonest of the four texts' words: numbers 2 and 3, 0 fills
    assert program.x[0].tolist() == [2, 3, 0]
    assert program.fresh_model(0)(program.x[:5]).shape == (5, 1)
    assert [name for name in program.places.layers if "embedding" in name]
    assert program.loss == "mse"


def test_text_that_no_layer_encodes_is_refused(script):
    model = "model = keras.Sequential([layers.Dense(1)])\nmodel.compile('adam', 'mse')\nmodel.fit(texts, y)\n"
    with pytest.raises(BadInput, match=r"train.py:10: x: expected numbers, or text that the first layer"):
        capture_script(script(TEXTS, model))


def test_metrics_given_third_as_in_earlier_versions(script):
    program = capture_script(
        script(
            HEADER,
            MODEL,
            "model.compile('adam', 'mean_squared_error', ['mean_absolute_error'])\nmodel.fit(x, y)\n",
        )
    )
    assert (program.loss, program.metrics) == ("mean_squared_error", ["mean_absolute_error"])
    assert "mean_absolute_error" in program.history
    assert [note.detail for note in program.notes if note.kind is NoteKind.OLD_NAME] == ["metrics"]


def test_the_folder_that_holds_what_a_script_names_comes_first(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    script = own / "train.py"
    script.write_text("table = open('rows.csv')\n")
    assert working_folders(script, tmp_path) == [own, tmp_path]  # neither: that which is quick to copy
    (tmp_path / "rows.csv").touch()
    assert working_folders(script, tmp_path) == [tmp_path, own]
    (own / "rows.csv").touch()
    assert working_folders(script, tmp_path) == [tmp_path, own]  # as Python itself would run it
    (tmp_path / "rows.csv").unlink()
    assert working_folders(script, tmp_path) == [own, tmp_path]
    assert working_folders(script, own) == [own]


def test_a_script_that_fails_for_another_reason_in_the_folder_of_its_files_is_completed_there(script, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "rows").mkdir()
    np.save(tmp_path / "rows" / "x.npy", np.full((40, 3), 7.0))
    text = f"import os\n{HEADER}x = np.load(os.path.join('ro' + 'ws', 'x.npy'))\n{MODEL}model.fit(x, targets)\n"
    program = capture_script(script(text, name="own/train.py"))
    assert [note.detail for note in program.notes if note.kind is NoteKind.MADE_UP] == ["the value of targets"]
    assert np.all(program.x == 7)


def test_the_layers_of_a_class_have_their_lines_under_the_names_of_its_copy(script):
    lines = ["class Net(keras.Model):", "    def __init__(self):", "        super().__init__()"]
    lines += ["        self.first = keras.layers.Dense(3)", "        self.last = keras.layers.Dense(1)"]
    lines += ["    def call(self, x):", "        return self.last(self.first(x))"]
    text = "import keras, numpy as np\n" + "\n".join(lines) + "\nnet = Net()\nnet.compile('sgd', 'mse')\n"
    program = capture_script(script(text + "net.fit(np.ones((8, 2)), np.ones(8))\n"))
    places = program.places.layers
    assert [places[layer.name].line for layer in (program.model.first, program.model.last)] == [5, 6]


@pytest.mark.every(2)
@pytest.mark.parametrize("parts", [("{'out': y}", "{'out': 'mse'}", "{'out': 'mae'}"), ("[y]", "['mse']", "['mae']")])
def test_what_a_dict_or_list_holds_for_the_only_output_is_taken_out_of_it(script, parts):
    targets, loss, metrics = parts
    build = "a = keras.Input((2,))\nmodel = keras.Model(a, keras.layers.Dense(1, name='out')(a))\n"
    train = f"model.compile('adam', {loss}, metrics={metrics})\nmodel.fit(x, {targets}, epochs=2, verbose=0)\n"
    program = capture_script(
        script("import keras\nimport numpy as np\nx = np.ones((9, 2))\ny = x[:, 0]\n", build, train)
    )
    assert program.error is None
    assert isinstance(program.y, np.ndarray)
    assert program.loss == "mse"
    assert metric_names(program.metrics) == ("mae",)
    model = program.compile_copy(program.fresh_model(0))
    assert model.evaluate(program.x, program.y, verbose=0)[0] > 0


def test_a_loop_that_asks_at_every_update_gets_the_same_answers_from_one_batch(script, printed):
    head = HEADER + MODEL.replace("'adam'", "'sgd'") + "first = model.evaluate(x, y, verbose=0)\n"
    loop = """\
        for step in range(3):
            model.train_on_batch(x, y)
            value, accuracy = model.evaluate(x, y, verbose=0)
            print(np.allclose(model.predict(x, verbose=0), model(x)))
            print(np.isclose(accuracy, np.mean((np.asarray(model(x))[:, 0] > 0.5) == y)))
    """
    program = capture_script(script(head, loop))
    assert "".join(printed).split() == ["True"] * 6
    assert NoteKind.LOOP_AS_FIT in kinds(program)


def test_a_loop_that_asks_at_every_update_does_not_wait_for_evaluate(script, monkeypatch):
    text = HEADER + MODEL + "for step in range(4):\n    model.train_on_batch(x, y)\n    model.evaluate(x, y)\n"
    asked, real = [], keras.Model.evaluate
    monkeypatch.setattr(keras.Model, "evaluate", functools.wraps(real)(lambda *_, **options: asked.append(options)))
    assert NoteKind.LOOP_AS_FIT in kinds(capture_script(script(text)))
    assert not asked


@pytest.mark.parametrize(
    ("text", "is_keras"),
    [
        ("from keras.models import Sequential\nm.compile(sgd(lr=.2), 'mse')\nagent.train(game)\n", True),
        ("from keras.datasets import mnist\nimport re\nwords = re.compile('a+')\nnet.train(x)\n", False),
        ("from keras.datasets import mnist\nnet.train(x)\n", False),
        ("import tensorflow as tf\nm = tf.keras.Sequential()\nm.compile(my_optimizer, 'mse')\nm.train(x)\n", True),
        ("import numpy as np  # as keras does it\nm.compile(Adam(), 'mse')\nm.train(x)\n", False),
    ],
)
def test_a_script_that_compiles_a_model_is_one_of_keras(tmp_path, text, is_keras):
    (tmp_path / "train.py").write_text(text)
    assert trains_keras(tmp_path / "train.py") is is_keras


def test_the_shapes_of_a_layer_are_asked_as_in_earlier_versions(script):
    text = "assert model.get_input_shape_at(0) == (None, 3) and model.layers[-1].get_output_shape_at(0)[0] is None\n"
    assert capture_script(script(HEADER, MODEL, text, "model.fit(x, y)\n")).rows


def test_a_script_that_fails_before_it_trains_is_not_said_to_train_nothing(script):
    text = "agent = object()\nagent.learn(model)\n"
    said = list(lines(read_unjudged(capture_script(script(HEADER, MODEL, text)))))
    assert "Nothing was trained, because the script fails after it compiles a model." in said
    assert any(line.startswith("As it is, the script fails before fit: train.py:") for line in said)


@pytest.mark.parametrize("package", ["tqdm", "matplotlib", "visualkeras"])
def test_a_package_that_only_shows_is_not_data(package):
    assert only_shows(package)


@pytest.mark.parametrize("package", ["cv2", "pandas", "mnist"])
def test_a_package_that_data_may_be_read_with_does_not_only_show(package):
    assert not only_shows(package)


def test_a_temporary_folder_above_the_copy_is_written_to_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "copy").mkdir()
    workspace = Workspace(folder=tmp_path / "code", top=tmp_path, top_copy=tmp_path / "copy")
    scratch, own = str(tmp_path / "temporary" / "x.txt"), str(tmp_path / "code" / "x.txt")
    assert workspace.writable(scratch) == str(tmp_path / "copy" / "temporary" / "x.txt")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert workspace.writable(scratch) == scratch
    assert workspace.writable(own) == str(tmp_path / "copy" / "code" / "x.txt")


def test_the_steps_of_fit_generator_without_a_number_of_epochs(script):
    text = "def batches():\n    while True:\n        yield x, y\nmodel.fit_generator(batches(), 3)\n"
    program = capture_script(script(HEADER, MODEL, text))
    assert (program.steps_per_epoch, program.epochs) == (3, 1)


def test_a_table_at_an_address_is_read_and_not_made_up_beside_a_file_that_is_missing(script, monkeypatch):
    rows = np.arange(18.0).reshape(6, 3)

    def read(source):
        if "://" not in source:
            raise FileNotFoundError(source)
        return pd.DataFrame(rows)

    monkeypatch.setattr("pandas.read_csv", read)
    text = "import pandas as pd\nother = pd.read_csv('gone.csv')\n"
    text += "x = pd.read_csv('https://data.example/rows.csv').values\nmodel.fit(x, x[:, 0])\n"
    assert np.array_equal(capture_script(script(HEADER, MODEL, text)).x, rows)
