"""What is likely wrong with programs whose data are missing, and what their text says."""

import numpy as np
import pytest

from harness.programs.capture import capture_script
from harness.programs.capture.supply import unused_packages
from harness.programs.changes import Change, ChangeKind
from harness.programs.contradictions import Check, Severity, contradictions
from harness.programs.edits import edits_for
from harness.programs.program import Note, NoteKind
from harness.programs.remedies import edits_against
from harness.programs.unjudged import is_judged, read_unjudged
from harness.report.diagnosing import note_lines
from harness.report.unjudged import lines, missing_text

pytestmark = pytest.mark.usefixtures("without_compiling")

HEAD = "from keras.models import Sequential\nfrom keras.layers import *\nfrom keras.optimizers import *\n"


GET_FILE = ("keras.src.datasets.mnist.get_file", "keras.src.datasets.boston_housing.get_file")


@pytest.fixture
def captured(tmp_path, monkeypatch):
    """Captures the text of a script up to fit."""
    monkeypatch.chdir(tmp_path)

    def capture(text):
        (tmp_path / "train.py").write_text(HEAD + text)
        return capture_script("train.py", seconds=60)

    return capture


def named(program, *severities):
    """What was found, as checks."""
    wanted = severities or (Severity.CONTRADICTION, Severity.SUSPICION)
    return [one.check for one in contradictions(program) if one.severity in wanted]


def test_a_sigmoid_stack_with_a_small_rate(captured):
    program = captured(
        "m = Sequential([Dense(32, activation='sigmoid', input_dim=6), Dense(32), Activation('sigmoid'), Dense(1)])\n"
        "m.compile(SGD(0.00001), 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert set(named(program)) == {Check.SMALL_LEARNING_RATE, Check.SIGMOID_IN_HIDDEN}
    text = "\n".join(lines(read_unjudged(program)))
    assert "Likely cause, without a training: train.py:4: hidden layers have a sigmoid activation" in text
    assert "Edit: train.py:5: SGD(0.00001) " in text, text


@pytest.mark.every(2)
@pytest.mark.parametrize(("hidden", "is_named"), [("relu", False), ("sigmoid", True)])
def test_the_sigmoids_of_several_outputs_are_not_hidden_layers(captured, hidden, is_named):
    program = captured(
        f"x = Input((6,))\nh = Dense(8, activation='{hidden}')(x)\nh = Dense(8, activation='{hidden}')(h)\n"
        "a, b = Dense(1, activation='sigmoid')(h), Activation('sigmoid')(LSTM(1)(Reshape((2, 4))(h)))\n"
        "m = Model(x, [a, b])\nm.compile('adam', ['binary_crossentropy'] * 2)\n"
        "m.fit(X_train, [y_train, z_train], epochs=50)\n"
    )
    found = set(named(program)) & {Check.SIGMOID_IN_HIDDEN, Check.REPEATED_HIDDEN_ACTIVATION}
    assert found == ({Check.SIGMOID_IN_HIDDEN} if is_named else set())


def test_units_that_stay_equal_come_first_and_once(captured):
    program = captured(
        "m = Sequential([Dense(2, activation='sigmoid', kernel_initializer='zeros', input_dim=6),\n"
        "  Dense(9, activation='sigmoid', kernel_initializer='zeros'),\n"
        "  Dense(2, kernel_initializer='zeros')])\n"
        "m.compile('adam', 'mse', metrics=['accuracy'])\nm.fit(X_train, y_train, epochs=50)\n"
    )
    first, *others = read_unjudged(program).likely
    assert first.finding.check is Check.IDENTICAL_UNITS
    assert [(edit.line, edit.old, edit.new) for edit in first.edits] == [
        (4, "'zeros'", "'glorot_uniform'"),
        (5, "'zeros'", "'glorot_uniform'"),
    ]
    assert not {Check.IDENTICAL_UNITS, Check.SIGMOID_IN_HIDDEN} & {one.finding.check for one in others}


def test_raw_pixels_come_before_sigmoids_for_classes(captured):
    program = captured(
        "from keras.datasets import mnist\n(x, y), _ = mnist.load_data()\n"
        "m = Sequential([Flatten(), Dense(9, activation='relu'), Dense(10, activation='sigmoid')])\n"
        "m.compile('adam', 'sparse_categorical_crossentropy')\nm.fit(x, y, epochs=20)\n"
    )
    likely = [one.finding.check for one in read_unjudged(program).likely]
    assert likely == [Check.UNSCALED_INPUTS, Check.SIGMOID_FOR_CLASSES]


def test_momentum_multiplies_the_rate(captured):
    text = "m = Sequential([Dense(8, activation='relu', input_dim=6), Dense(1)])\nm.compile(SGD(0.1{}), 'mae')\n"
    text += "m.fit(X_train, y_train, epochs=50)\n"
    assert named(captured(text.format(""))) == []
    assert named(captured(text.format(", momentum=0.9"))) == [Check.LARGE_LEARNING_RATE]


def test_penalties_and_dropout_that_leave_little(captured):
    program = captured(
        "from keras.regularizers import l2\n"
        "m = Sequential([Dense(64, activation='relu', input_dim=6, kernel_regularizer=l2(0.5)),\n"
        "  Dense(10, activation='relu'), Dropout(0.5), Dense(4, activation='softmax')])\n"
        "m.compile('adam', 'categorical_crossentropy')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert named(program) == [Check.STRONG_PENALTY, Check.FEW_UNITS_KEPT]


def test_classes_under_losses_for_something_else(captured):
    text = "m = Sequential([Dense(8, activation='relu', input_dim=6), Dense({}, activation='{}')])\n"
    text += "m.compile('adam', '{}', metrics=['accuracy'])\nm.fit(X_train, y_train, epochs=50)\n"
    assert named(captured(text.format(3, "softmax", "binary_crossentropy"))) == [Check.BINARY_FOR_ONE_HOT]
    assert named(captured(text.format(1, "sigmoid", "mae"))) == [Check.SQUARED_ERROR_FOR_CLASSES]
    assert named(captured(text.format(1, "sigmoid", "mse"))) == []
    assert named(captured(text.format(1, "sigmoid", "mse")), Severity.HINT) == []  # it learns under Adam
    text = text.replace("adam", "sgd")
    assert named(captured(text.format(1, "sigmoid", "mse")), Severity.HINT) == [Check.SQUARED_ERROR_FOR_CLASSES]
    assert named(captured(text.format(3, "softmax", "categorical_crossentropy"))) == []


def test_an_accuracy_of_the_quantities_of_a_recurrent_output(captured):
    text = "m = Sequential([GRU(3, return_sequences=True, input_shape=(5, 4))])\n"
    text += "m.compile('adam', '{}', metrics=['acc'])\nm.fit(X_train, y_train, epochs=50)\n"
    assert named(captured(text.format("mse"))) == [Check.ACCURACY_OF_REGRESSION]
    assert named(captured(text.format("hinge"))) == []


@pytest.mark.parametrize(
    ("units", "epochs", "is_named"), [(24, "nb_epoch", True), (24, "epochs", False), (4, "nb_epoch", False)]
)
def test_an_accuracy_that_counts_each_of_many_outputs(captured, units, epochs, is_named):
    program = captured(
        "x, y = np.load('rows.npy'), np.load('labels.npy')\n"
        f"m = Sequential([Dense(16, activation='relu', input_dim=9), Dense({units}, activation='sigmoid')])\n"
        f"m.compile('adam', 'binary_crossentropy', metrics=['accuracy'])\nm.fit(x, y, {epochs}=50)\n"
    )
    assert (Check.ACCURACY_OF_EACH_OUTPUT in named(program)) == is_named


def test_one_hidden_unit_before_many_classes(captured):
    program = captured(
        "m = Sequential([Dense(1, activation='tanh', input_dim=6), Dense(20, activation='softmax')])\n"
        "m.compile('adam', 'categorical_crossentropy')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert named(program) == [Check.ONE_HIDDEN_UNIT]


def test_an_optimizer_that_is_made_and_never_used(captured):
    text = "m = Sequential([Dense(1, input_dim=6)])\nsgd = SGD(lr=0.1)\nm.compile('mse' and {}, 'mae')\n"
    text += "m.fit(X_train, y_train, epochs=50)\n"
    assert named(captured(text.replace("'mse' and {}", "'sgd'"))) == [Check.UNUSED_OPTIMIZER]
    assert named(captured(text.replace("'mse' and {}", "sgd"))) == []
    (left,) = contradictions(captured(text.replace("'mse' and {}", "'adam'")))
    assert (left.check, left.severity) == (Check.UNUSED_OPTIMIZER, Severity.HINT)  # perhaps another one is meant


def test_images_that_nothing_scales(captured):
    text = (
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "data = ImageDataGenerator({}).flow_from_directory('no/train', target_size=(12, 12), class_mode='binary')\n"
        "m = Sequential([Conv2D(2, 3, activation='relu', input_shape=(12, 12, 3)), Flatten()])\n"
        "m.add(Dense(1, activation='sigmoid'))\nm.compile('adam', 'binary_crossentropy')\n"
        "m.fit_generator(data, steps_per_epoch=200, epochs=10)\n"
    )
    program = captured(text.format(""))
    assert named(program) == [Check.UNSCALED_IMAGES]
    (finding,) = [one for one in contradictions(program) if one.check is Check.UNSCALED_IMAGES]
    (edit,) = edits_against(program, finding)
    assert edit.new == "rescale=1 / 255"
    assert named(captured(text.format("rescale=1./255"))) == []


def test_labels_of_a_folder_do_not_count_where_fit_is_given_others(captured):
    text = (
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "data = ImageDataGenerator(1 / 255).flow_from_directory('no', target_size=(12, 12), class_mode='binary')\n"
        "m = Sequential([Flatten(input_shape=(12, 12, 3)), Dense(2, activation='softmax')])\n"
        "m.compile('adam', 'categorical_crossentropy')\nm.fit({}, epochs=50)\n"
    )
    assert Check.FOLDER_LABELS in named(captured(text.format("data")))
    assert Check.FOLDER_LABELS not in named(captured(text.format("images, labels")))


def test_few_epochs_are_a_hint_or_more(captured):
    text = "m = Sequential([Dense(1, input_dim=6)])\nm.compile('adam', 'mse')\nm.fit(X_train, y_train, epochs={})\n"
    assert named(captured(text.format(1))) == [Check.FEW_EPOCHS]
    assert named(captured(text.format(4)), Severity.HINT) == [Check.FEW_EPOCHS]
    assert Check.FEW_EPOCHS not in [one.check for one in contradictions(captured(text.format(40)))]


def test_few_updates_are_known_of_steps_that_are_written(captured):
    text = "m = Sequential([Dense(1, input_dim=6)])\nm.compile('adam', 'mse')\n"
    text += "m.fit(X_train, y_train, batch_size=3, epochs=2, steps_per_epoch={})\n"
    assert named(captured(text.format("2"))) == [Check.FEW_UPDATES]
    assert named(captured(text.format("int(len(X_train) / 3)")), Severity.HINT) == [Check.FEW_EPOCHS]


@pytest.mark.slow
def test_the_rates_of_plain_descent_that_suit_sigmoids(captured):
    layers = "m = Sequential([Dense(9, '{}', input_dim=6), Dense(9, 'sigmoid'), Dense(10, '{}')])\n"
    text = layers + "m.compile(SGD({}), '{}', metrics=['acc'])\nm.fit(X_train, y_train, epochs=50)\n"
    assert named(captured(text.format("sigmoid", "softmax", 1, "categorical_crossentropy"))) == []
    assert named(captured(text.format("sigmoid", "softmax", 3, "mse"))) == []
    assert named(captured(text.format("sigmoid", "sigmoid", 0.5, "mse"))) == []
    small = captured(text.format("sigmoid", "softmax", 0.01, "mse"))
    assert set(named(small)) == {Check.SIGMOID_IN_HIDDEN, Check.SQUARED_ERROR_FOR_CLASSES}
    assert Check.LARGE_LEARNING_RATE in named(captured(text.format("relu", "linear", 3, "mse")))


def test_the_output_of_a_model_in_a_model_is_not_a_hidden_layer(captured):
    program = captured(
        "make = Sequential([Dense(9, 'relu', input_dim=4), Dense(6, 'sigmoid')])\n"
        "judge = Sequential([Dense(9, 'relu', input_dim=6), Dense(1, 'sigmoid')])\n"
        "m = Sequential([make, judge])\nm.compile('adam', 'binary_crossentropy')\nm.fit(noise, y, epochs=50)\n"
    )
    assert Check.SIGMOID_IN_HIDDEN not in named(program, Severity.HINT)


def test_the_targets_of_an_autoencoder_are_not_labels(captured):
    text = "m = Sequential([Dense(3, 'relu', input_dim=6), Dense(6, 'sigmoid')])\n"
    text += "m.compile('adam', 'binary_crossentropy')\nm.fit(X_train, {}, epochs=50)\n"
    assert Check.SIGMOID_FOR_ONE_CLASS in named(captured(text.format("y_train")), Severity.HINT)
    assert Check.SIGMOID_FOR_ONE_CLASS not in named(captured(text.format("X_train")), Severity.HINT)


def test_a_default_rate_that_is_too_small_is_called_the_default(captured):
    text = "m = Sequential([Dense(1, input_dim=6)])\nm.compile({}, 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    said = ["\n".join(lines(read_unjudged(captured(text.format(how))))) for how in ("'adadelta'", "Adadelta(0.002)")]
    assert "the learning rate 0.001, the default of Keras, is small for Adadelta." in said[0]
    assert "the learning rate 0.002 is small for Adadelta." in said[1]


def test_an_embedding_with_a_row_for_each_observation(captured):
    program = captured(
        "m = Sequential([Embedding(len(X_train), 8), LSTM(8), Dense(1, activation='sigmoid')])\n"
        "m.compile('adam', 'binary_crossentropy')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert named(program) == [Check.VOCABULARY_OF_ROWS]


def test_recurrent_layers_with_a_second_activation(captured):
    program = captured(
        "m = Sequential([LSTM(8, input_shape=(5, 2)), Activation('sigmoid'), Dense(1)])\n"
        "m.compile('adam', 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert named(program) == [Check.REPEATED_HIDDEN_ACTIVATION]


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("layer", "check", "severity"),
    [
        ("GRU(8, activation='relu', input_shape=(30, 2))", Check.RELU_IN_RECURRENT, Severity.SUSPICION),
        ("GRU(8, activation='relu', input_shape=(3, 2))", Check.RELU_IN_RECURRENT, Severity.HINT),
        ("GRU(8, input_shape=(1, 2))", Check.ONE_STEP_SEQUENCES, Severity.HINT),
        ("GRU(8, stateful=True, batch_input_shape=(1, 1, 2))", Check.ONE_STEP_SEQUENCES, Severity.SUSPICION),
    ],
)
def test_what_recurrent_layers_make_of_short_sequences(captured, layer, check, severity):
    program = captured(f"m = Sequential([{layer}, Dense(1)])\nm.compile('adam', 'mse')\nm.fit(X, y, epochs=50)\n")
    assert check in named(program, severity)


def test_training_on_the_folder_for_testing(captured):
    program = captured(
        "from keras.preprocessing.image import ImageDataGenerator\ntrain_dir = 'data/test'\n"
        "batches = ImageDataGenerator(rescale=1/255).flow_from_directory(train_dir, target_size=(8, 8))\n"
        "m = Sequential([Flatten(input_shape=(8, 8, 3)), Dense(2, activation='softmax')])\n"
        "m.compile('adam', 'categorical_crossentropy')\nm.fit(batches, epochs=30, steps_per_epoch=100)\n"
    )
    assert named(program) == [Check.SWAPPED_FOLDERS]


# What holds with data too


def test_argmax_of_one_output_is_always_0(captured):
    program = captured(
        "import numpy as np\nx = np.random.rand(40, 2)\ny = (x[:, 0] > 0.5).astype(int)\n"
        "m = Sequential([Dense(1, activation='sigmoid')])\nm.compile('adam', 'binary_crossentropy')\n"
        "m.fit(x, y, epochs=2)\np = m.predict(x)\nprint(np.argmax(p, axis=1), np.argmax(y, axis=0))\n"
    )
    assert is_judged(program)
    found = [one for one in contradictions(program) if one.check is Check.ARGMAX_OF_ONE]
    assert [one.place.line for one in found] == [11]


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("option", "read", "is_named"),
    [
        ("", "np.mean(p == rows.classes)", True),
        ("", "print(rows.class_indices)", False),
        ("", "np.mean(p == rows.classes[rows.index_array])", False),
        ("", "p = m.predict_generator(rows, steps=len(rows.filenames) // 32)", False),
        (", shuffle=False", "np.mean(p == rows.classes)", False),
        ("", "rows.shuffle = False\np = m.predict_generator(rows, 2)\nnp.mean(p == rows.classes)", False),
    ],
)
def test_predictions_of_shuffled_batches_do_not_belong_to_labels_in_order(captured, option, read, is_named):
    program = captured(
        "import numpy as np\nfrom keras.preprocessing.image import ImageDataGenerator\n"
        "made = ImageDataGenerator(rescale=1 / 255)\n"
        "train = made.flow_from_directory('train', target_size=(8, 8), class_mode='binary')\n"
        f"rows = made.flow_from_directory('test', target_size=(8, 8), class_mode='binary'{option})\n"
        "m = Sequential([Flatten(input_shape=(8, 8, 3)), Dense(1, activation='sigmoid')])\n"
        "m.compile('adam', 'binary_crossentropy')\nm.fit(train, epochs=30, steps_per_epoch=100)\n"
        f"p = m.predict(rows).ravel() > 0.5\n{read}\n"
    )
    assert (Check.SHUFFLED_PREDICTIONS in named(program)) is is_named


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("option", "step", "read", "is_named"),
    [
        ("", "", "y = np.concatenate([b for a, b in rows])", True),
        ("", ".prefetch(1)", "y = []\nfor a, b in rows.unbatch():\n    y.append(b)", True),
        (", shuffle=False", "", "y = np.concatenate([b for a, b in rows])", False),
        ("", ".cache()", "y = np.concatenate([b for a, b in rows])", False),
        ("", "", "for a, b in rows.take(1):\n    print(b)", False),
        ("", "", "y = []\nfor a, b in rows:\n    q = m.predict(a)\n    y.append(b)", False),
    ],
)
def test_labels_of_another_pass_do_not_belong_to_predictions(captured, option, step, read, is_named):
    program = captured(
        "import keras\nimport numpy as np\n"
        "train = keras.utils.image_dataset_from_directory('train', image_size=(8, 8))\n"
        f"rows = keras.utils.image_dataset_from_directory('test', image_size=(8, 8){option})\nrows = rows{step}\n"
        "m = Sequential([Rescaling(1 / 255), Flatten(), Dense(1, activation='sigmoid')])\n"
        f"m.compile('adam', 'binary_crossentropy')\nm.fit(train, epochs=30)\np = m.predict(rows)\n{read}\n"
    )
    assert (Check.SHUFFLED_PREDICTIONS in named(program)) is is_named


def test_python_shuffles_the_rows_of_an_array_wrongly(captured):
    text = (
        "import numpy as np\nfrom random import shuffle\ndata = np.array([[i, i % 2] for i in range(40)])\n"
        "{}(data)\nm = Sequential([Dense(1, activation='sigmoid')])\nm.compile('adam', 'binary_crossentropy')\n"
        "m.fit(data[:, :1] / 40, data[:, 1], epochs=2)\n"
    )
    assert Check.ROWS_SHUFFLED_WRONGLY in named(captured(text.format("shuffle")))
    assert Check.ROWS_SHUFFLED_WRONGLY not in named(captured(text.format("np.random.shuffle")))


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("np.random.shuffle(x)\nnp.random.shuffle(y)", 6),
        ("x = shuffle(x)\ny = shuffle(y)", 6),
        ("np.random.shuffle(x)", 5),
        ("a = tf.data.Dataset.from_tensor_slices(x)\nb = tf.data.Dataset.from_tensor_slices(y)\n"
         "x, y = tf.data.Dataset.zip((a.shuffle(40), b)).batch(8), None", 7),
        ("x, y = shuffle(x, y)", None),
        ("x = shuffle(x, random_state=1)\ny = shuffle(y, random_state=1)", None),
        ("np.random.seed(1)\nnp.random.shuffle(x)\nnp.random.seed(1)\nnp.random.shuffle(y)", None),
        ("np.random.shuffle(x)\ny = x[:, 0]", None),
        ("order = np.arange(40)\nnp.random.shuffle(order)\nx, y = x[order], y[order]", None),
        ("x = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(40).batch(8)\ny = None", None),
        ("x = x[np.random.permutation(40)]", 5),
        ("order = np.random.RandomState(7).permutation(40)\nx = x[order]\nx, y = x[:30] / 2, y[:30].astype(int)", 5),
        ("order = np.random.RandomState(7).permutation(40)[:30]\nx, y = x[order, :2], y[order]", None),
        ("order = np.random.permutation(40)\nx = x[order]\ny = np.take(y, order)", None),
        ("x = x[np.random.RandomState(7).permutation(40)]\ny = y[np.random.RandomState(7).permutation(40)]", None),
        ("order = np.random.permutation(40)\nx = x[order]\ny = y[order]\nx, y = x[:30], y[:30]", None),
    ],
)  # fmt: skip
def test_rows_and_their_targets_are_shuffled_apart(captured, lines, line):
    text = (
        "import numpy as np\nimport tensorflow as tf\nfrom sklearn.utils import shuffle\n"
        f"x = np.random.rand(40, 3); y = x.sum(axis=1)\n{lines}\n"
        "m = Sequential([Dense(1)])\nm.compile('adam', 'mse')\nm.fit(x, y, epochs=2)\n"
    )
    found = [one for one in contradictions(captured(text)) if one.check is Check.SHUFFLED_APART]
    assert [one.place.line for one in found] == ([] if line is None else [line + HEAD.count("\n")])


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("lines", "is_apart"),
    [
        ("i = np.random.choice(60, 9)\n{}a = 2 * x[i]\n{}yield a, tf.one_hot(y[np.random.permutation(i)], 3)", True),
        ("i = np.random.permutation(60)\n{}yield x[i[:9]] / 2, y[i[:9]]", False),
        ("i = np.random.permutation(9)\n{}yield (x[:9] + x[i]) / 2, (y[:9] + y[i]) / 2", False),  # mixed on purpose
        ("i = np.random.permutation(60)[:9]\n{}yield [x[:9], x[i]], np.ones(9)", False),  # pairs of inputs
    ],
)
@pytest.mark.parametrize("is_class", [False, True])
def test_a_batch_whose_labels_have_an_order_of_their_own(captured, lines, is_apart, is_class):
    head = "class Data(keras.utils.PyDataset):\n    def __getitem__(self, n):\n        "
    text = (head if is_class else "def batches():\n    while True:\n        ") + lines.format(*[" " * 8] * 2)
    text = text.replace("yield", "return" if is_class else "yield")
    text = "import numpy as np, tensorflow as tf\nx, y = np.random.rand(60, 3), np.arange(60) % 3\n" + text + "\n"
    text += DENSE.format(1, "linear") + "m.compile('adam', 'mse')\nm.fit(X_train, y_train, epochs=9)\n"
    assert (Check.SHUFFLED_APART in named(captured(text))) == is_apart


def test_a_generator_that_starts_again_with_each_batch(captured):
    text = (
        "import numpy as np\nx = np.random.rand(60, 3)\ny = x.sum(axis=1)\n"
        "def batches():\n    {}\n    while True:\n        {}\n        yield x[i:i + 10], y[i:i + 10]\n"
        "        i = (i + 10) % 60\n"
        "m = Sequential([Dense(1)])\nm.compile('adam', 'mse')\nm.fit(batches(), steps_per_epoch=6, epochs=1)\n"
    )
    assert Check.SAME_BATCH in named(captured(text.format("pass", "i = 0")))
    assert Check.SAME_BATCH not in named(captured(text.format("i = 0", "pass")))


@pytest.mark.every(4)
@pytest.mark.parametrize(("size", "is_restarted"), [(16, True), (16, False), (128, False), (500, False)])
def test_a_generator_of_rows_from_a_missing_file(captured, size, is_restarted):
    """The made-up rows may be fewer than a batch asks for, so that every batch holds all of them."""
    text = (
        "import numpy as np\nx, y = np.load('x.npy'), np.load('y.npy')\n"
        "def batches(size):\n    start = 0\n    while True:\n        {}\n"
        "        yield x[start:start + size], y[start:start + size]\n"
        "        start = start + size if start + size < len(x) else 0\n"
        "m = Sequential([Dense(1, input_dim=5)])\nm.compile('adam', 'mse')\n"
        "m.fit_generator(batches({}), steps_per_epoch=600, epochs=9)\n"
    )
    program = captured(text.format("start = 0" if is_restarted else "pass", size))
    assert (Check.SAME_BATCH in named(program)) == is_restarted
    assert read_unjudged(program).is_hopeless == is_restarted


def test_dropout_after_the_output_of_a_functional_model(captured):
    program = captured(
        "from keras.models import Model\na = Input((6,))\nb = Dropout(0.5)(Dense(3, activation='softmax')(a))\n"
        "m = Model(a, b)\nm.compile('adam', 'categorical_crossentropy')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert Check.DROPOUT_ON_OUTPUT in named(program, Severity.CONTRADICTION)


def test_dropout_after_the_output_comes_before_what_is_only_suspicious(captured):
    program = captured(
        "m = Sequential([Dense(8, activation='relu', input_dim=6), Dense(3, activation='softmax')])\n"
        "m.add(Dropout(0.5))\nm.compile('adam', 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    first, second = read_unjudged(program).likely
    assert [first.finding.check, second.finding.check] == [Check.DROPOUT_ON_OUTPUT, Check.SQUARED_ERROR_FOR_CLASSES]
    assert [(edit.line, edit.new) for edit in first.edits] == [(5, "0")]


# Snippets


def test_fit_is_called_although_an_argument_cannot_be_computed(captured):
    program = captured(
        "m = Sequential([Dense(1, input_dim=6)])\nm.compile('adam', 'mse')\n"
        "h = m.fit(X_train, y_train.values, epochs=50)\n"
    )
    assert program.epochs == 50


def test_a_method_of_a_class_without_its_attributes_is_called(captured):
    program = captured(
        "class Net:\n    def train(self):\n        m = Sequential([Dense(1, activation='softmax', input_dim=6)])\n"
        "        m.compile('adam', 'mse')\n        m.fit(self.X_train, self.y_train, epochs=self.rounds)\n"
    )
    assert named(program)[0] is Check.SOFTMAX_OVER_ONE_UNIT


def test_a_package_that_is_never_used_is_not_missing(captured):
    text = "import numpy as np\nimport no_such_package\nx = np.random.rand(40, 2)\nm = Sequential([Dense(1)])\n"
    text += "m.compile('adam', 'mse')\nm.fit(x, x[:, 0], epochs=2)\n"
    assert is_judged(captured(text))
    assert not is_judged(captured(text.replace("x = np", "no_such_package.load()\nx = np")))


def test_functions_for_images_of_scipy_are_supplied(captured):
    pytest.importorskip("PIL")
    program = captured(
        "from scipy.misc import imresize\nimport numpy as np\n"
        "x = np.stack([imresize(np.full((8, 8), value), (4, 6)) for value in range(20)])\n"
        "m = Sequential([Flatten(), Dense(np.int64(1))])\nm.compile('adam', 'mse')\nm.fit(x, np.arange(20), epochs=1)\n"
    )
    assert program.x.shape == (20, 4, 6)


def test_the_layer_that_is_applied_to_each_step(captured):
    program = captured(
        "m = Sequential([LSTM(8, input_shape=(5, 2), return_sequences=True)])\n"
        "m.add(TimeDistributed(Dense(1, activation='relu')))\n"
        "m.compile('adam', 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert named(program) == [Check.RECTIFIED_OUTPUT]
    edits = read_unjudged(program).likely[0].edits
    assert [(edit.line, edit.fragment) for edit in edits] == [(5, "activation='linear'")]


@pytest.mark.slow
def test_each_of_several_outputs_is_read(captured):
    program = captured(
        "from keras.models import Model\nimport numpy as np\nx = np.random.rand(40, 6)\na = Input((6,))\n"
        "b = Dense(1, activation='softmax', name='sort')(a)\nc = Dense(1, name='size')(a)\nm = Model(a, [b, c])\n"
        "m.compile('adam', {'sort': 'binary_crossentropy', 'size': 'mse'})\n"
        "m.fit(x, {'sort': (x[:, 0] > 0.5).astype(int), 'size': x.sum(axis=1)}, epochs=4)\n"
    )
    assert not is_judged(program)
    assert named(program) == [Check.SOFTMAX_OVER_ONE_UNIT]
    assert "the model has 2 outputs" in "\n".join(lines(read_unjudged(program)))


@pytest.mark.slow
def test_batch_size_and_epochs_alone_may_be_missing(captured):
    program = captured(
        "import numpy as np\nx = np.random.rand(20, 6)\nm = Sequential([Dense(1)])\nm.compile('sgd', 'mse')\n"
        "m.fit(x, x[:, 0], epochs=EPOCHS, batch_size=BATCH_SIZE)\n"
    )
    assert is_judged(program)
    assert (program.epochs, program.batch_size) == (30, 32)


def test_calls_of_fit_in_a_loop_are_many_epochs(captured):
    text = "m = Sequential([Dense(1, input_dim=6)])\nm.compile('adam', 'mse')\n"
    text += "for i in range(50):\n    m.fit(X_train, y_train, nb_epoch=1)\n"
    assert Check.FEW_EPOCHS not in [one.check for one in contradictions(captured(text))]


def test_values_that_cannot_be_unpacked_are_made_up(captured):
    program = captured(
        "(x_train, y_train), (x_test, y_test) = train_test_split(data)\nrows, steps, features = y_train.shape\n"
        "first, *rest = data\n"
        "m = Sequential([LSTM(4, input_shape=(steps, features)), Dense(1, activation='softmax')])\n"
        "m.compile('adam', loss=my_loss)\nm.fit(x_train, y_train, epochs=30)\n"
    )
    assert named(program) == [Check.SOFTMAX_OVER_ONE_UNIT]


FIT = "m.fit(X_train, y_train, epochs=50)\n"
DENSE = "m = Sequential([Dense(8, activation='relu', input_dim=6), Dense({}, activation='{}')])\n"


def test_outputs_between_two_values_for_quantities_that_nothing_scales(captured):
    text = DENSE.format(1, "tanh") + "m.compile('rmsprop', 'mse')\n" + FIT
    program = captured(text)
    assert named(program) == [Check.BOUNDED_OUTPUT]
    assert "-> activation='linear'" in "\n".join(lines(read_unjudged(program)))
    assert named(captured("y_train = MinMaxScaler().fit_transform(y_train)\n" + text)) == []
    assert named(captured(text.replace("y_train,", "X_train,"))) == []  # an autoencoder of what is given


def test_sigmoid_outputs_by_how_many_labels_a_row_has(captured):
    text = DENSE.format(3, "sigmoid") + "m.compile('adam', '{}')\nm.fit(X_train, y, epochs=50)\n"
    categorical, binary = text.format("categorical_crossentropy"), text.format("binary_crossentropy")
    columns, classes = "y = table[:, [4, 5, 6]]\n", "y = keras.utils.to_categorical(y_train)\n"
    assert named(captured(columns + categorical)) == [Check.SEVERAL_LABELS_UNDER_CATEGORICAL]
    assert named(captured(classes + categorical)) == [Check.SIGMOID_FOR_CLASSES]
    assert named(captured(columns + binary)) == []
    assert named(captured(classes + binary)) == [Check.SIGMOID_FOR_ONE_CLASS]
    several = "from sklearn.preprocessing import MultiLabelBinarizer\ny = MultiLabelBinarizer().fit_transform(tags)\n"
    assert named(captured(several + binary), *Severity) == []


@pytest.mark.parametrize(
    ("optimizer", "before", "expected"),
    [
        ("'sgd'", "", [Check.UNSCALED_UNDER_SGD]),
        ("'adam'", "", []),
        ("SGD(0.01, clipnorm=1.0)", "", []),
        ("'sgd'", "X_train = StandardScaler().fit_transform(X_train)\n", []),
    ],
)
def test_plain_gradient_descent_on_what_nothing_scales(captured, optimizer, before, expected):
    assert named(captured(before + DENSE.format(1, "linear") + f"m.compile({optimizer}, 'mse')\n" + FIT)) == expected


def test_plain_gradient_descent_is_only_a_hint_if_nothing_says_what_it_is_given(captured):
    program = captured(DENSE.format(1, "linear") + "m.compile('sgd', 'mse')\nagent_of_mine.train(m)\n")
    assert named(program) == []
    assert named(program, Severity.HINT) == [Check.UNSCALED_UNDER_SGD]


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("units", "loss", "mode", "is_wrong"),
    [
        (1, "binary_crossentropy", "", True),
        (1, "binary_crossentropy", ", class_mode='binary'", False),
        (3, "categorical_crossentropy", "", False),
        (3, "categorical_crossentropy", ", class_mode='sparse'", True),
        (3, "sparse_categorical_crossentropy", "", True),
    ],
)
def test_the_form_of_labels_that_a_folder_gives(captured, units, loss, mode, is_wrong):
    program = captured(
        "from keras.preprocessing.image import ImageDataGenerator\n"
        f"data = ImageDataGenerator(rescale=1/255).flow_from_directory('no/train', target_size=(9, 9){mode})\n"
        f"m = Sequential([Flatten(input_shape=(9, 9, 3)), Dense({units}, '{['softmax', 'sigmoid'][units == 1]}')])\n"
        f"m.compile('adam', '{loss}')\nm.fit(data, steps_per_epoch=200, epochs=10)\n"
    )
    assert (Check.FOLDER_LABELS in named(program)) is is_wrong


@pytest.mark.slow
def test_labels_of_a_file_that_nothing_makes_one_hot(captured):
    text = "import pickle\nx = np.load('x.npy')\ny = np.array(pickle.load(open('labels', 'rb')))\n{}"
    text += DENSE.format(4, "softmax") + "m.compile('adam', 'categorical_crossentropy')\nm.fit(x, y, epochs=50)\n"
    assert named(captured(text.format(""))) == [Check.NOTHING_ONE_HOT]
    assert named(captured(text.format("x = x / y_scale\n"))) == [Check.NOTHING_ONE_HOT]  # not y is missing, but another
    assert named(captured(text.format("y = keras.utils.to_categorical(y)\n"))) == []
    for given in ("y = keras.utils.to_categorical(y, 7)\n", "n = 7\ny = keras.utils.to_categorical(y, n)\n"):
        assert named(captured(text.format(given))) == [Check.LABEL_WIDTH_MISMATCH]
    for given in ("y = keras.utils.to_categorical(y, 0)\n", "n = 4\ny = keras.utils.to_categorical(y, n)\n"):
        assert named(captured(text.format(given))) == []  # Keras counts the classes itself if it is given 0


TABLE = "t = np.loadtxt('t.csv', delimiter=',')\nx = {}\ny = {}\n"
LAYERS = (
    "m = Sequential([Dense(9, 'relu', input_shape=({},)), Dense({}, '{}')])\nm.compile('adam', 'binary_crossentropy')\n"
    "m.fit(x, y, epochs=99)\n"
)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("x", "wanted", "severity"),
    [
        ("t[:, 0:2]", 8, Severity.CONTRADICTION),
        ("t[:, 1]", 8, Severity.CONTRADICTION),
        ("t[:, [0, 3, 4]].astype('float32')", 5, Severity.CONTRADICTION),
        ("np.array(t)[:90, :n]\nn = 3", 4, Severity.CONTRADICTION),
        ("t[:, 0:8]", 4, Severity.SUSPICION),  # unless the table is narrow
        ("t[:, 0:8]", 8, None),
        ("t[:, 1]", 1, None),
        ("t[:, :-1]", 3, None),
        ("t[:, 0:2]\nx = np.c_[x, x * x]", 4, None),
        ("t[:, 0:2]\ndef train(x): m.fit(x, y)", 8, None),
    ],
)
def test_the_columns_written_for_x_against_the_first_layer(captured, x, wanted, severity):
    program = captured(TABLE.format(x, "t[:, 9]") + LAYERS.format(wanted, 1, "sigmoid"))
    found = [one for one in contradictions(program) if one.check is Check.MODEL_INPUT_SHAPE]
    assert [one.severity for one in found] == ([severity] if severity else [])
    if found:
        assert found[0].place.text.startswith("m = Sequential")


@pytest.mark.parametrize(
    ("y", "expected"),
    [("t[:, -1]", "Dense(1, activation='sigmoid')"), ("t[:, 8:10]", "Dense(2, activation='sigmoid')")],
)
def test_an_output_layer_that_was_left_out(captured, y, expected):
    program = captured(TABLE.format("t[:, 0:8]", y) + LAYERS.format(8, 4, "relu"))
    likely = read_unjudged(program).likely[0]
    assert likely.finding.check is Check.MISSING_OUTPUT
    assert [edit.new for edit in likely.edits] == [f", {expected}"]


def test_names_of_older_versions_are_named_although_nothing_is_trained(captured):
    program = captured(DENSE.format(1, "linear") + "m.compile(Adam(lr=0.001), 'mse')\n" + FIT)
    assert "Not in this version of Keras, and replaced here: lr." in list(lines(read_unjudged(program)))


def test_an_output_of_as_many_units_as_columns_has_another_activation_only(captured):
    program = captured(TABLE.format("t[:, 0:8]", "t[:, 8:12]") + LAYERS.format(8, 4, "relu"))
    assert named(program) == [Check.MISSING_PROBABILITIES]


def test_few_epochs_are_a_hint_beside_anything_else(captured):
    text = DENSE.format(1, "{}") + "m.compile('adam', 'mae')\nm.fit(X_train, y_train, epochs=1)\n"
    assert named(captured(text.format("linear"))) == [Check.FEW_EPOCHS]
    assert named(captured(text.format("relu"))) == [Check.RECTIFIED_OUTPUT]


@pytest.mark.parametrize(("metric", "is_named"), [("accuracy", True), ("binary_accuracy", False)])
def test_accuracy_beside_a_squared_error_is_not_meant_for_labels(captured, metric, is_named):
    text = DENSE.format(1, "linear") + f"m.compile('adam', 'mse', ['{metric}'])\nm.fit(X_train, y_train, epochs=9)\n"
    assert (Check.ACCURACY_OF_REGRESSION in named(captured(text))) == is_named


def test_epochs_that_a_wrapper_does_not_pass_on(captured):
    text = (
        "from keras.wrappers.scikit_learn import KerasRegressor\nfrom sklearn.{} import KFold\n"
        "def build():\n  m = Sequential([Dense(1, input_dim=6, init='normal')])\n"
        "  m.compile('adam', 'mae')\n  return m\n"
        "KerasRegressor(build_fn=build, nb_epoch=9).fit(X_train, y_train)\n"
    )
    first = captured(text.format("cross_validation"))
    assert first.epochs == 9
    assert Check.IGNORED_EPOCHS not in named(first)
    second = captured(text.format("model_selection"))
    assert second.epochs == 1
    assert Check.IGNORED_EPOCHS in named(second)
    edits = edits_for(second, [Change(kind=ChangeKind.EPOCHS, old=1, new=20)]).edits
    assert [(edit.line, edit.old, edit.new) for edit in edits] == [(10, "nb_epoch=9", "epochs=20")]


def test_softmax_inside_a_recurrent_network(captured):
    text = "m = Sequential([LSTM(4, '{}', return_sequences=True, input_shape=(5, 2)), LSTM(3, '{}'){}])\n"
    text += "m.compile('adam', 'mae')\nm.fit(X_train, y_train, epochs=50)\n"
    program = captured(text.format("softmax", "tanh", ", Dense(1)"))
    assert named(program) == [Check.SOFTMAX_IN_HIDDEN]
    assert [edit.new for one in read_unjudged(program).likely for edit in one.edits] == ["'tanh'"]
    assert Check.SOFTMAX_IN_HIDDEN not in named(captured(text.format("tanh", "softmax", "")))


def test_plain_descent_under_a_mean_over_many_outputs(captured):
    text = "m = Sequential([Dense(9, input_dim=784), Dense({})])\nm.compile(SGD(0.001), 'mse')\n"
    text += "x = x / 255\nm.fit(x, {}, epochs=50)\n"
    assert Check.SMALL_LEARNING_RATE in named(captured(text.format(784, "x")))
    assert Check.SMALL_LEARNING_RATE not in named(captured(text.format(1, "y")))


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("y", "is_scaled"),
    [("s.fit_transform(y)", True), ("MinMaxScaler().fit_transform(y).ravel()", True), ("y.ravel()", False),
     ("LabelEncoder().fit_transform(y)", False), ("s.fit_transform(t)[:, 3]", False)],
)  # fmt: skip
def test_classes_of_targets_that_a_scaler_made(captured, y, is_scaled):
    program = captured(
        "from sklearn.preprocessing import *\nfrom sklearn.model_selection import train_test_split\n"
        "import pandas as pd\nt = pd.read_csv('t.csv').values\nx, y = t[:, :3], t[:, 3:4]\n"
        f"r, s = MinMaxScaler(), MinMaxScaler()\nx = r.fit_transform(x)\ny = {y}\n"
        "x_train, x_test, y_train, y_test = train_test_split(x, y)\n"
        "m = Sequential([Dense(9, 'relu', input_dim=3), Dense(1, 'sigmoid')])\n"
        "m.compile('adam', 'binary_crossentropy', metrics=['accuracy'])\nm.fit(x_train, y_train, epochs=50)\n"
    )
    found = [Check.REGRESSION_UNDER_CROSSENTROPY, Check.ACCURACY_OF_REGRESSION]
    assert [check for check in named(program) if check in found] == (found if is_scaled else [])


@pytest.mark.slow
def test_a_layer_whose_output_is_overwritten(captured):
    text = "i = Input((6,))\nh = {}(i)\nh = Dense(4, 'relu')({})\nm = Model(i, Dense(1)(h))\n"
    text += "m.compile('adam', 'mae')\nm.fit(X_train, y_train, epochs=50)\n"
    text = "from keras import Model\n" + text
    assert named(captured(text.format("Dense(9, 'relu')", "i"))) == [Check.OVERWRITTEN_LAYER]
    assert named(captured(text.format("Dense(9, 'relu')", "h"))) == []
    dropped = captured(text.format("Dropout(0.5)", "i"))
    assert named(dropped) == []
    assert Check.OVERWRITTEN_LAYER in named(dropped, Severity.HINT)


def test_layers_that_are_overwritten_one_after_the_other_are_one_finding(captured):
    program = captured(
        "from keras import Model\ni = Input((6,))\nh = Dense(9, 'relu')(i)\nh = Dropout(0.1)(i)\n"
        "h = Dense(4, 'relu')(i)\nm = Model(i, Dense(1)(h))\nm.compile('adam', 'mae')\nm.fit(X_train, y_train)\n"
    )
    said = "\n".join(lines(read_unjudged(program)))
    assert "train.py:6: the outputs of 2 layers, up to line 7, are overwritten one after the other" in said
    assert said.count("overwritten") == 1


def test_a_table_that_is_known_by_its_name(captured):
    text = "t = np.loadtxt('{}.csv', delimiter=',')\n" + DENSE.format(1, "sigmoid")
    text += "m.compile('adam', 'binary_crossentropy')\nm.fit(t[:, 0:6], t[:, 6], epochs=50)\n"
    assert named(captured(text.format("pima-indians-diabetes"))) == [Check.UNSCALED_TABLE]
    assert named(captured(text.format("rows"))) == []


def test_a_missing_archive_is_counted_once(captured):
    text = "x = np.load('x.npz')['x']\n" + DENSE.format(1, "linear")
    program = captured(text + "m.compile('adam', 'mae')\nm.fit(x, y, epochs=50)\n")
    assert [name for name in read_unjudged(program).missing if name.startswith("the file")] == ["the file x.npz"]


def test_images_of_folders_that_no_layer_flattens(captured):
    text = (
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "data = ImageDataGenerator(rescale=1/255).flow_from_directory('no/train', target_size=(9, 9))\n"
        "m = Sequential([Input((9, 9, 3)), Conv2D(2, 3, activation='relu'), {}Dense(3, 'softmax')])\n"
        "m.compile('adam', 'categorical_crossentropy')\nm.fit(data, steps_per_epoch=200, epochs=10)\n"
    )
    assert named(captured(text.format(""))) == [Check.RANK_MISMATCH]
    assert named(captured(text.format("GlobalAveragePooling2D(), "))) == []


@pytest.mark.parametrize(("units", "names", "is_wrong"), [(1, 3, True), (1, 2, False), (3, 3, False), (4, 3, True)])
def test_as_many_outputs_as_folders_are_named(captured, units, names, is_wrong):
    last = "Dense(1, activation='sigmoid')" if units == 1 else f"Dense({units}, activation='softmax')"
    mode, loss = ("binary", "binary_crossentropy") if units == 1 else ("categorical", "categorical_crossentropy")
    program = captured(
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "flow = ImageDataGenerator(rescale=1/255).flow_from_directory('data/train', target_size=(8, 8),\n"
        f"  classes={['a', 'b', 'c'][:names]}, class_mode='{mode}')\n"
        f"m = Sequential([Conv2D(4, 3, activation='relu', input_shape=(8, 8, 3)), Flatten(), {last}])\n"
        f"m.compile('adam', '{loss}')\nm.fit_generator(flow, steps_per_epoch=2, epochs=20)\n"
    )
    assert (Check.FOLDER_CLASSES in named(program)) == is_wrong


def test_a_name_that_is_only_known_as_an_activation(captured):
    program = captured("m = Sequential([Dense(8, activation=act, input_dim=6), Dense(1)])\nm.compile('adam', 'mse')\n"
                       "m.fit(X_train, y_train, epochs=20)\n")  # fmt: skip
    assert program.model.layers[0].activation.__name__ == "relu"


def test_a_width_that_is_read_from_a_missing_matrix(captured):
    program = captured(
        "m = Sequential([Embedding(max_features, embedding_matrix.shape[1], weights=[embedding_matrix]), LSTM(4),\n"
        "  Dense(3, activation='softmax')])\nm.compile('adam', 'categorical_crossentropy')\n"
        "m.fit(x_train, y_train, epochs=11)\n"
    )
    assert program.model.layers[0].output_dim > 1


@pytest.mark.parametrize(
    ("counts", "weights", "is_said"),
    [
        ("# classes: [(0, 788118), (1, 103355)]", "", True),  # 88 % of one class
        ("# 0    9000\n# 1     500", "", True),
        ("# classes: {0: 600, 1: 400}", "", False),
        ("# classes: {0: 9000, 1: 500}", ", class_weight={0: 1, 1: 18}", False),
    ],
)
def test_numbers_of_rows_of_each_class_in_the_script(captured, counts, weights, is_said):
    program = captured(
        f"{counts}\nm = Sequential([Dense(8, activation='relu', input_dim=6), Dense(1, activation='sigmoid')])\n"
        f"m.compile('adam', 'binary_crossentropy')\nm.fit(X_train, y_train, epochs=50{weights})\n"
    )
    assert (Check.IMBALANCED in named(program, Severity.HINT)) is is_said


def test_a_number_that_has_the_name_of_a_function_of_python(captured):
    program = captured(
        "m = Sequential([Dense(8, activation='relu', input_dim=6), Dropout(0.5, seed=seed), Dense(1)])\n"
        "m.compile('adam', 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    )
    assert "the value of seed" in read_unjudged(program).missing  # and random.seed is not handed on


@pytest.mark.slow
def test_what_is_likely_of_a_program_that_is_too_slow(captured):
    program = captured(
        "import numpy as np\nx = np.random.rand(20, 3) * 10000\n"
        "m = Sequential([Dense(8, activation='relu', input_dim=3), Dense(1, activation='sigmoid')])\n"
        "m.compile('Adadelta', 'binary_crossentropy')\nm.fit(x, x[:, 0] > 5000, epochs=50)\n"
    )
    ids = [likely.finding.id for likely in read_unjudged(program, needed_budget=1000.0).likely]
    assert ids == [
        "unscaled-inputs",
        "learning-rate-too-small",
    ]  # Adadelta's default of 0.001 is a thousandth of the paper's 1
    assert read_unjudged(program).likely == ()  # trainings would decide


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("made", "fitted", "beside", "unread"),
    [
        ("s.fit_transform(x)", "x", "", "x"),
        ("s.fit_transform(y)", "x", "", "y"),
        ("pd.DataFrame(s.fit_transform(x), columns=list('abc'))", "x_train", "print(z.shape, z[:3])\n", "x"),
        ("s.fit_transform(x)", "z", "", None),
        ("s.fit_transform(x)", "x", "svm.fit(z)\n", None),
        ("s.fit_transform(x_test)", "x_train", "", None),
    ],
)
def test_scaled_rows_that_nothing_reads(captured, made, fitted, beside, unread):
    program = captured(
        "from sklearn.preprocessing import *\nfrom sklearn.model_selection import train_test_split\n"
        "import pandas as pd\nt = pd.read_csv('t.csv').values\nx, y = t[:, :3], t[:, 3:4]\n"
        f"s = StandardScaler()\nx_train, x_test, y_train, y_test = train_test_split(x, y)\nz = {made}\n{beside}"
        "m = Sequential([Dense(9, 'relu', input_dim=3), Dense(1)])\n"
        f"m.compile('adam', 'mse')\nm.fit({fitted}, y, epochs=50)\n"
    )
    faults = {Check.UNREAD_SCALING: "unscaled-inputs", Check.UNREAD_TARGET_SCALING: "unscaled-targets"}
    found = [(faults[one.check], one.id, one.place.line) for one in contradictions(program) if one.check in faults]
    if unread is None:
        assert not found
    else:
        fault = "unscaled-inputs" if unread == "x" else "unscaled-targets"
        assert found == [(fault, fault, 11)]
        said = f"kept as z, which nothing reads: fit is given {unread} as it was"
        assert said in "\n".join(lines(read_unjudged(program)))


def test_edits_of_an_output_with_another_number_of_units(captured):
    text = "from keras.datasets import mnist, boston_housing\n(x, y), _ = {}.load_data()\nx = x.reshape(len(x), -1)\n"
    text += "m = Sequential([Dense(9, 'relu', input_dim=x.shape[1]), Dense({}, activation='{}')])\n"
    text += "m.compile('adam', loss='{}')\nm.fit(x, y, epochs=50)\n"

    def edited(*parts):
        return [edit.new for one in read_unjudged(captured(text.format(*parts))).likely for edit in one.edits]

    new = edited("mnist", 1, "sigmoid", "binary_crossentropy")
    assert new[:3] == ["10", "'softmax'", "'sparse_categorical_crossentropy'"]
    assert edited("boston_housing", 10, "linear", "mse")[0] == "1"


def test_softmax_over_one_unit_by_what_the_output_is_for(captured):
    text = DENSE.format(1, "softmax") + "m.compile('adam', 'mse', metrics=['{}'])\nm.fit(X_train, y_train, epochs=50)\n"
    for metric, new in (("acc", "sigmoid"), ("mae", "linear")):
        said = "\n".join(lines(read_unjudged(captured(text.format(metric)))))
        assert f"use {new}" in said
        assert f"-> activation='{new}'" in said


def test_softmax_over_one_unit_needs_no_data_to_be_certain(captured):
    text = "m = Sequential([Dense(8, activation='relu', input_dim=6), Dense({}), Activation('softmax')])\n"
    text += "m.compile('adam', 'binary_crossentropy')\nm.fit(X_train, y_train, epochs=50)\n"
    said = "\n".join(lines(read_unjudged(captured(text.format("1")))))
    assert said.startswith("train.py cannot learn: train.py:4: softmax over one unit is always 1")
    assert "That does not depend on the data: the values of X_train and y_train had to be made up." in said
    program = captured("units = min(len(y_train), 1)\n" + text.format("units"))  # of made-up targets
    read = read_unjudged(program)
    assert (program.model.output_shape[-1], read.is_hopeless) == (1, False)


def test_a_percentage_is_of_quantities(captured):
    text = DENSE.format(1, "sigmoid") + "m.compile('adam', '{}', metrics=['accuracy'])\nm.fit(X, y, epochs=50)\n"
    assert named(captured(text.format("mape"))) == [Check.BOUNDED_OUTPUT]
    assert named(captured(text.format("mae"))) == [Check.SQUARED_ERROR_FOR_CLASSES]


@pytest.mark.parametrize(("end", "expected"), [("1", []), ("500", [Check.UNSCALED_UNDER_SGD])])
def test_inputs_that_the_file_computes_itself_have_a_known_scale(captured, end, expected):
    program = captured(
        f"import numpy as np\nx = np.linspace(0, {end}, 50)[:, None]\ny = measured(x)\n"
        "m = Sequential([Dense(8, activation='relu', input_dim=1), Dense(1)])\n"
        "m.compile('sgd', 'mse')\nm.fit(x, y, epochs=50)\n"
    )
    assert named(program) == expected


@pytest.mark.slow
def test_an_endless_loop_of_small_steps_on_small_numbers(captured, tmp_path):
    (tmp_path / "train.py").write_text(
        f"{HEAD}import numpy as np\nx, y = np.zeros((50, 1)), np.zeros((50, 1))\n"
        "for i in range(50):\n    x[i] = 0.02 * i\n    y[i, 0] = np.power(x[i] - 0.5, 2)\n"
        "m = Sequential([Dense(8, activation='relu', input_dim=1), Dense(1)])\nm.compile(SGD(lr=0.001), 'mse')\n"
        "while True:\n    m.train_on_batch(x, y)\n    if not m.layers: break\n"  # so that it may end
    )
    program = capture_script("train.py", seconds=0.5)
    assert named(program) == [Check.SMALL_LEARNING_RATE]
    text = "\n".join(lines(read_unjudged(program)))
    assert text.count("Nothing was trained, because the script trains with train_on_batch().") == 1


def test_all_reasons_for_no_training_are_in_one_sentence(captured):
    program = captured("m = Sequential([Dense(1, input_dim=2)])\nm.compile('sgd', 'mse')\nm.train_on_batch(a, b)\n")
    text = "\n".join(lines(read_unjudged(program)))
    assert text.count("Nothing was trained, because") == 1
    assert "train_on_batch() and because the data of fit and the values of a and b had to be made up." in text


def test_models_that_are_trained_in_turn_are_not_asked_to_be_fit_once(captured):
    program = captured(
        "import numpy as np\nmake = Sequential([Dense(3, input_dim=2)])\n"
        "judge = Sequential([Dense(1, activation='sigmoid', input_dim=3)])\n"
        "judge.compile('adam', 'binary_crossentropy')\nboth = Sequential([make, judge])\n"
        "both.compile('adam', 'binary_crossentropy')\nfor step in range(9):\n    noise = np.random.rand(8, 2)\n"
        "    judge.train_on_batch(make.predict(noise), np.zeros(8))\n    both.train_on_batch(noise, np.ones(8))\n"
    )
    text = "\n".join(lines(read_unjudged(program)))
    assert "Nothing was trained, because the script trains 2 models in turn with train_on_batch()." in text
    assert "call fit() once" not in text


def test_a_value_that_is_missing_twice_is_named_once():
    assert missing_text(("the value of x, y", "the value of x")) == "the values of x and y"
    many = ("the package a", "the value of x, y, z", "the weights b", "the value of u", "the value of v, w")
    assert missing_text(many) == "the package a and the weights b, and the values of x, y, z, u and 2 more"


def edits_of(program, check):
    """The old and the new text of each edit against a finding."""
    one = next(one for one in read_unjudged(program).likely if one.finding.check is check)
    return [(edit.line, edit.new) for edit in one.edits]


PICTURES = "from keras.datasets import mnist\n(x, y), _ = mnist.load_data()\n"
PICTURES += "x, held = x[:-10000].reshape(50000, 784) / 255.0, x[-10000:]\ny = y[:-10000]\n"


def test_two_findings_of_one_head_ask_for_the_same_edits(captured):
    program = captured(
        f"{PICTURES}y = keras.utils.to_categorical(y)\n"
        "m = Sequential([Dense(9, activation='relu'), Dense(10, activation='relu')])\n"
        "m.compile('adam', 'mse', metrics=['accuracy'])\nm.fit(x, y, epochs=20)\n"
    )
    pair = [(9, "'softmax'"), (10, "'categorical_crossentropy'")]
    assert edits_of(program, Check.RECTIFIED_OUTPUT) == pair
    assert edits_of(program, Check.SQUARED_ERROR_FOR_CLASSES) == pair


def test_raw_pixels_are_divided_by_an_edit(captured):
    text = PICTURES.replace(" / 255.0", "") + "m = Sequential([Dense(9, activation='relu'), Dense(10), {}])\n"
    program = captured(text.format("Softmax()") + "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(x, y)\n")
    edits = edits_of(program, Check.UNSCALED_INPUTS)
    assert edits
    assert all("/ 255" in new for _, new in edits)


OWN_LOSS = "import tensorflow as tf\ndef mine(y, p):\n    return {}\n"


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("loss", "is_wrong"),
    [
        ("tf.reduce_mean(tf.abs(y - p))", True),
        ("tf.keras.losses.sparse_categorical_crossentropy(tf.reshape(y, [-1]), p)", False),
        ("tf.reduce_mean((tf.one_hot(tf.cast(tf.reshape(y, [-1]), 'int32'), 10) - p) ** 2)", False),
        ("tf.reduce_mean((tf.cast(y == tf.transpose(y), 'float32') - p @ tf.transpose(p)) ** 2)", False),
    ],
)
def test_a_loss_of_ones_own_that_does_not_know_which_output_is_which_class(captured, loss, is_wrong):
    program = captured(
        f"{OWN_LOSS.format(loss)}{PICTURES}y = y.astype('float32')\n"
        "m = Sequential([Dense(9, activation='relu'), Dense(10, activation='relu')])\n"
        "m.compile('adam', loss=mine, metrics=['sparse_categorical_accuracy'])\nm.fit(x, y, epochs=20)\n"
    )
    assert (Check.LOSS_OF_ALL_OUTPUTS in named(program)) is is_wrong
    if is_wrong:
        pair = [(12, "'softmax'"), (13, "'sparse_categorical_crossentropy'")]
        assert edits_of(program, Check.LOSS_OF_ALL_OUTPUTS) == pair


@pytest.mark.every(2)
@pytest.mark.parametrize("source", [PICTURES, "x = pd.read_csv('cells.csv').values\n"])
def test_softmax_over_all_pixels_of_an_autoencoder(captured, source):
    program = captured(
        f"{source}m = Sequential([Dense(9, activation='relu'), Dense(784, activation='softmax')])\n"
        "m.compile('adam', 'binary_crossentropy')\nm.fit(x, x, epochs=20)\n"
    )
    assert Check.SOFTMAX_FOR_INDEPENDENT in named(program)
    assert not {Check.BINARY_FOR_ONE_HOT, Check.SQUARED_ERROR_FOR_CLASSES} & set(named(program))
    assert edits_of(program, Check.SOFTMAX_FOR_INDEPENDENT)[0][1] == "'sigmoid'"


@pytest.mark.slow
def test_labels_of_a_known_picture_set_are_not_doubted(captured):
    model = "m = Sequential([Dense(9, activation='relu'), Dense(10, activation='softmax')])\n"
    model += "m.compile('adam', 'sparse_categorical_crossentropy')\nm.fit(x, y, epochs=20)\n"
    program = captured(PICTURES + model)
    assert len(program.y) == 1_000  # 50 times fewer than the real ones
    assert named(program, Severity.HINT) == []
    openml = "from sklearn.datasets import fetch_openml\nx, y = fetch_openml('mnist_784', return_X_y=True)\n"
    assert Check.CLASS_NUMBERS not in named(captured(openml + model), Severity.HINT)


def test_numbers_of_a_made_up_table_are_not_said(captured):
    program = captured(
        "from keras.datasets import boston_housing\n(x, y), _ = boston_housing.load_data()\n"
        "m = Sequential([Dense(9, activation='relu'), Dense(1)])\nm.compile('adam', 'mse')\nm.fit(x, y, epochs=200)\n"
    )
    assert named(program) == [Check.UNSCALED_TABLE]
    first = next(lines(read_unjudged(program)))
    assert first.endswith("the columns that load_data reads are used as they are; scale them, as with StandardScaler.")


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("reader", "batch", "updates"),  # 0.75 of 20,640 rows; 404 rows; 60,000 rows, of which few are made
    [
        (
            "x, y = fetch_california_housing(return_X_y=True)\nx, _, y, _ = train_test_split(x, y)",
            256,
            61,
        ),
        ("(x, y), _ = keras.datasets.boston_housing.load_data()", 32, 13),
        ("(x, y), _ = keras.datasets.mnist.load_data()\nx = x.reshape(-1, 784) / 255", 4096, 15),
        ("(x, y), _ = keras.datasets.mnist.load_data()\nx = x.reshape(-1, 784) / 255", 128, None),
    ],
)
def test_few_updates_of_a_data_set_of_known_size(captured, monkeypatch, reader, batch, updates):
    def without_network(*_, **__):
        raise OSError("no network")

    for reader_of_file in ("sklearn.datasets.fetch_california_housing", *GET_FILE):
        monkeypatch.setattr(reader_of_file, without_network)
    program = captured(
        "from sklearn.datasets import fetch_california_housing\n"
        f"from sklearn.model_selection import train_test_split\n{reader}\n"
        "x = (x - x.mean(axis=0)) / (x.std() + 1)\n"
        "m = Sequential([Dense(9, activation='relu'), Dense(1)])\nm.compile('sgd', 'mse')\n"
        f"m.fit(x, y, epochs=1, batch_size={batch})\n"
    )
    found = [one for one in read_unjudged(program).likely if one.finding.check is Check.FEW_UPDATES]
    assert [one.finding.values["updates"] for one in found] == ([] if updates is None else [updates])
    assert [edit.new for one in found for edit in one.edits] == ([] if updates is None else [str(-(-2000 // updates))])


def test_numbers_of_rows_that_were_made_up_are_not_said(captured):
    program = captured(
        "(x, y), _ = keras.datasets.mnist.load_data()\n"
        "m = Sequential([Flatten(), Dense(10, activation='sigmoid')])\nm.compile('sgd', 'mse')\nm.fit(x / 255, y)\n"
    )
    said = " ".join(lines(read_unjudged(program)))
    assert "y has the shape (rows,) and the output (rows, 10)" in said


NET_OF_CLASSES = "m = Sequential([Flatten(), Dense(8, activation='relu'), Dense(3, activation='softmax')])\n"
NET_OF_CLASSES += "m.compile('adam', 'categorical_crossentropy')\nm.fit(x, y, epochs=50, validation_split=0.2)\n"
OF_FOLDERS = (
    "import os, cv2\nimport numpy as np\nx, y = [], []\nfor kind in os.listdir('animals'):\n"
    "    folder = os.path.join('animals', kind)\n    number = ['cat', 'cow', 'dog'].index(kind)\n"
    "    for name in os.listdir(folder):\n        picture = cv2.imread(os.path.join(folder, name)) / 255\n"
    "        x.append(picture)\n        y.append({})\nx, y = np.array(x), keras.utils.to_categorical(y, 3)\n"
)
OF_PAIRS = (
    "import os, cv2\nimport numpy as np\nrows = []\nfor number, kind in enumerate(['cat', 'cow', 'dog']):\n"
    "    for name in os.listdir(kind):\n        rows.append([cv2.imread(kind + name) / 255, number])\n{}"
    "x = np.array([row[0] for row in rows])\nlabels = []\nfor picture, label in rows:\n    labels.append(label)\n"
    "y = keras.utils.to_categorical(labels, 3)\n"
)
OF_TABLE = (
    "table = StandardScaler().fit_transform(pd.read_csv('{}.csv', header=None).values[:, :4])\nx = table\n"
    "y = keras.utils.to_categorical(pd.read_csv('{}.csv', header=None).values[:, 4], 3)\n"
)


@pytest.mark.every(7)
@pytest.mark.parametrize(
    ("before", "is_sorted"),
    [
        (OF_FOLDERS.format("number"), True),
        (OF_FOLDERS.format("name[0]"), False),
        (OF_PAIRS.format(""), True),
        (OF_PAIRS.format("random.shuffle(rows)\n"), False),
        (OF_TABLE.format("iris", "iris"), True),
        (OF_TABLE.format("iris_training", "iris_training"), False),
        (OF_TABLE.format("cells", "cells"), False),
    ],
)
def test_a_validation_split_of_rows_that_follow_each_other_by_class(captured, before, is_sorted):
    program = captured(before + NET_OF_CLASSES)
    assert (Check.SORTED_SPLIT in named(program)) is is_sorted
    if is_sorted:
        assert "validation_split keeps the last 20% of the rows apart" in "\n".join(lines(read_unjudged(program)))


@pytest.mark.every(6)
@pytest.mark.parametrize(
    ("units", "loss", "metric", "is_other"),
    [
        (3, "categorical_crossentropy", "sparse_categorical_accuracy", True),
        (3, "categorical_crossentropy", "categorical_accuracy", False),
        (3, "sparse_categorical_crossentropy", "categorical_accuracy", True),
        (3, "categorical_crossentropy", "binary_accuracy", True),
        (1, "binary_crossentropy", "categorical_accuracy", True),
        (1, "binary_crossentropy", "binary_accuracy", False),
    ],
)
def test_a_metric_for_labels_in_another_form_than_the_loss_takes_them(captured, units, loss, metric, is_other):
    text = DENSE.format(units, "sigmoid" if units == 1 else "softmax")
    program = captured(f"{text}m.compile('adam', '{loss}', metrics=['{metric}'])\n{FIT}")
    assert (Check.METRIC_FOR_OTHER_LABELS in named(program)) is is_other


def test_a_question_ends_in_one_mark_and_an_edit_of_a_metric_shows_which(captured):
    program = captured(
        "m = Sequential([Embedding(4, 8), LSTM(8), Dense(1)])\nm.compile('adam', 'mse', metrics=['accuracy'])\n"
        "m.fit(measured, prices, epochs=50)\n"
    )
    said = "\n".join(lines(read_unjudged(program)))
    assert "is input_dim the number of features?\n" in said
    assert "Edit: train.py:5: 'accuracy' -> 'mae'\n" in said


@pytest.mark.parametrize(("batch", "severity"), [(1, Severity.HINT), (32, Severity.SUSPICION)])
def test_an_epoch_of_single_rows_is_not_a_short_training(captured, batch, severity):
    text = "m = Sequential([LSTM(8, input_shape=(9, 1)), Dense(1)])\nm.compile('adam', 'mse')\n"
    program = captured(f"{text}m.fit(X_train, y_train, epochs=1, batch_size={batch})\n")
    assert Check.FEW_EPOCHS in named(program, severity)


BY_LOOPS = (
    "y_train, y_test = [], []\nfor name in given:\n    if name == 'ham':\n        y_train.append([1, 0])\n"
    "    else:\n        y_train.append([0, 1])\ny_train = np.array(y_train)\nfor label in held:\n"
    "    if label == '{}':\n        y_test.append([1, 0])\n    else:\n        y_test.append([0, 1])\n"
)
BY_CONDITIONS = "y_train = np.where(given == 'ham', 1, 0)\ny_test = np.where(held == '{}', 1, 0)\n"


@pytest.mark.every(6)
@pytest.mark.parametrize("labels", [BY_LOOPS, BY_CONDITIONS], ids=["loops", "conditions"])
@pytest.mark.parametrize(("compared", "is_other"), [("spam", True), ("ham", False), (" Ham.", False)])
def test_labels_for_validation_that_are_encoded_the_other_way_round(captured, labels, compared, is_other):
    program = captured(
        f"{labels.format(compared)}m = Sequential([Dense(8, activation='relu', input_dim=6), Dense(2)])\n"
        "m.compile('adam', 'hinge')\nm.fit(X_train, y_train, epochs=50, validation_data=(X_test, np.array(y_test)))\n"
    )
    assert (Check.ENCODED_APART in named(program)) is is_other
    if is_other:
        text = "\n".join(lines(read_unjudged(program)))
        assert "for training are made by a comparison with 'ham', and those for validation by the same one with" in text


@pytest.mark.parametrize(
    "rows",
    [
        "y_train, y_test = t[t.part == 'train'].price, t[t.part == 'test'].price\n",
        "y_train, y_test = [], []\nfor row in t:\n    if row[0] == 'train':\n        y_train.append(row[1])\n"
        "    else:\n        continue\nfor row in t:\n    if row[0] == 'test':\n        y_test.append(row[1])\n"
        "    else:\n        continue\n",
    ],
)
def test_rows_for_validation_may_be_chosen_by_another_name(captured, rows):
    program = captured(
        f"{rows}m = Sequential([Dense(8, activation='relu', input_dim=6), Dense(1)])\nm.compile('adam', 'mse')\n"
        "m.fit(X_train, y_train, epochs=50, validation_data=(X_test, y_test))\n"
    )
    assert Check.ENCODED_APART not in named(program)


@pytest.mark.parametrize(("targets", "is_wrong"), [("[a_train, b_train]", True), ("[a_train]", False), ("a", False)])
def test_a_list_of_targets_for_one_output(captured, targets, is_wrong):
    program = captured(
        "from keras.models import Model\na, b = Input((4,)), Input((4,))\n"
        "m = Model([a, b], Dense(3, activation='softmax')(concatenate([a, b])))\n"
        f"m.compile('adam', 'categorical_crossentropy')\nm.fit([x_train, z_train], {targets}, epochs=50)\n"
    )
    assert (Check.NUMBER_OF_TARGETS in named(program)) is is_wrong


EARLY = (
    "import keras, numpy as np\nx = np.random.rand(30, 4)\ny = x[:, :1] + 0.5\n"
    "m = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\nm.compile('adam', 'mse')\n"
    "before = m.predict(x)\nprint(before)\nh = m.fit(x, y, epochs=2, verbose=0)\nprint(h.history['loss'])\n"
)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("before", "more", "lines"),
    [
        ("", "", [9]),
        ("", "print(m.predict(x))\n", []),
        ("", "m.save('m.keras')\n", []),
        ("def show():\n    print(m.predict(x))\n", "show()\n", []),
        ("def show(m):\n    print(m)\n", "show(3)\n", [11]),
    ],
)
def test_predictions_of_a_model_that_is_trained_after_them(captured, before, more, lines):
    found = [one for one in contradictions(captured(before + EARLY + more)) if one.check is Check.PREDICTED_BEFORE_FIT]
    assert [one.place.line for one in found] == lines


FILES = (
    "import numpy as np\nimport absent_reader\nnames = [str(i) for i in range(90)]\n"
    "def read(part):\n    images = []\n    for name in part:\n        image = absent_reader.read(name) / 255\n"
    "        image = np.stack([image, image], axis=-1)\n        images.append(image)\n    return np.array(images)\n"
    "def batches(size):\n    while True:\n        for start in range(0, len(names), size):\n"
    "            X, Y = read(names[start:start + size]), labels_of(names[start:start + size])\n            yield X, Y\n"
)


def test_batches_of_results_that_were_made_up_are_not_the_same_batch(captured):
    program = captured(
        f"from keras.utils import to_categorical\n{FILES}def labels_of(part):\n"
        "    return np.array([np.eye(4)[table[name]].sum(axis=0) for name in part])\n"
        "table = absent_reader.labels()\n"
        "m = Sequential([Flatten(input_shape=(6, 6, 2)), Dense(8, 'relu'), Dense(4, 'sigmoid')])\n"
        "m.compile('adam', 'binary_crossentropy')\nm.fit(batches(9), steps_per_epoch=10, epochs=50)\n"
    )
    assert not {Check.SAME_BATCH, Check.SIGMOID_FOR_ONE_CLASS} & set(named(program))
    assert not read_unjudged(program).is_hopeless


def test_a_package_whose_name_is_defined_anew_is_not_missing():
    text = "from absent.parts import Stopper\nimport needed\n{}class Stopper:\n    pass\nStopper(needed.f())\n"
    assert unused_packages(text.format("")) == {"absent"}
    assert unused_packages(text.format("first = Stopper()\n")) == set()


@pytest.mark.parametrize(
    ("use", "is_unused"),
    [
        ("x = x.astype(absent.config.floatX)\n", True),
        ("absent.config.floatX = absent.config.device = 'cpu'\nx = np.zeros(3, dtype=absent.float64)\n", True),
        ("x = x.astype(absent.config.floatX)\nx = absent.scaled(x)\n", False),
        ("absent.seen.append(absent.int32)\n", False),
    ],
)
def test_a_package_that_is_asked_for_types_of_numbers_only_is_not_missing(use, is_unused):
    assert unused_packages(f"import absent\n{use}") == ({"absent"} if is_unused else set())


def test_the_rows_of_a_script_that_asks_an_absent_package_for_a_type_are_its_own(captured):
    text = "import numpy as np, absent\nx = np.arange(120.0).reshape(40, 3).astype(absent.config.floatX)\n"
    text += "y = (x[:, 0] > 50).astype(absent.config.floatX)\nm = Sequential([Dense(1, 'sigmoid', input_dim={})])\n"
    text += "m.compile('adam', 'binary_crossentropy')\nm.fit(x, y)\nm.evaluate(x_test, y_test)\n"
    fitting = captured(text.format(3))
    assert fitting.x.shape == (40, 3)
    assert fitting.y.dtype == np.float32
    assert is_judged(fitting)
    other = read_unjudged(captured(text.format(8)))
    assert other.is_refused
    assert other.likely[0].finding.check is Check.LAYER_INPUT_WIDTH
    assert other.missing == ()


@pytest.mark.parametrize(
    ("before", "units", "fit", "said"),
    [
        ("", "vocabulary", "x, words", "words must hold whole numbers from 0 to vocabulary - 1; others"),
        ("vocabulary = 30\n", "vocabulary", "x, words", "words must hold whole numbers from 0 to 29; others"),
        ("", "4", "x, words[1]", "y must hold whole numbers from 0 to 3; others"),
    ],
)
def test_numbers_of_classes_by_the_names_that_the_script_has_for_them(captured, before, units, fit, said):
    program = captured(
        f"{before}m = Sequential([Dense(8, 'relu', input_dim=6), Dense({units}, 'softmax')])\n"
        f"m.compile('adam', 'sparse_categorical_crossentropy')\nm.fit({fit}, epochs=50)\n"
    )
    assert said in "\n".join(lines(read_unjudged(program)))


def test_weights_that_a_module_loads_are_tuned_with_small_rates(captured, tmp_path):
    module = HEAD + "def net():\n    m = Sequential([Dense(8, 'relu', input_dim=6), Dense(1)])\n{}    return m\n"
    text = "from nets import net\nm = net()\nm.compile(RMSprop(1e-5), 'mse')\nm.fit(X_train, y_train, epochs=50)\n"
    for line, expected in (("", [Check.SMALL_LEARNING_RATE]), ("    m.load_weights('a.weights.h5')\n", [])):
        (tmp_path / "nets.py").write_text(module.format(line))
        assert named(captured(text)) == expected


def test_a_download_that_fails_is_named_by_its_address():
    detail = "train.py:2: Exception: URL fetch failure on https://a.org/b.npz: None -- [Errno -2] Name not known"
    note = Note(kind=NoteKind.FAILS_BEFORE_FIT, detail=detail)
    assert list(note_lines([note])) == ["https://a.org/b.npz could not be downloaded here."]
