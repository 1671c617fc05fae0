"""What programs that were written for earlier versions of pandas and Keras do, and programs of several modules."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

from harness.programs.capture.script import capture_script
from harness.programs.contradictions import contradictions
from harness.programs.findings import Check
from harness.programs.kinds import trains_keras
from harness.programs.old_versions.columns import OF_COLUMNS
from harness.programs.old_versions.tensor_functions import OF_TENSORS
from harness.programs.program import NoteKind, made_up_parts
from harness.programs.unjudged import read_unjudged
from harness.report.findings import remedy_of_image
from harness.report.unjudged import lines

pytestmark = pytest.mark.usefixtures("without_compiling")

MODEL = """\
import keras, numpy as np, tensorflow as tf
from tensorflow.keras import backend as K
"""
COLUMNS = """\
import keras, numpy as np, pandas as pd
table = pd.DataFrame({"age": [1.0, np.nan, 3.0, 4.0] * 5, "sex": ["f", "m"] * 10})
table["age"].fillna(9.0, inplace=True)
table["sex"].replace({"f": 0, "m": 1}, inplace=True)
table["age"][table["age"] == 4] = 5.0
grid = [[0.0, 0.0], [0.0, 0.0]]
class Scale:
    def by(self, factor, inplace):
        return factor
scales = [Scale()]
grid[1][0] = scales[0].by(7.0, inplace=True)
numbers = {"a": [3, 1, 2]}
numbers["a"].sort()
x = table.values.astype(float)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(x, np.ones(20) * grid[1][0], verbose=0)
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Writes train.py into an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="train.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
        return tmp_path / name

    return write


def old_names_of(program):
    """What was replaced because this version does not have it."""
    return [note.detail for note in program.notes if note.kind is NoteKind.OLD_NAME]


def test_a_copied_layer_of_an_earlier_version_keeps_its_decorator(script):
    program = capture_script(
        script(
            MODEL + "from keras.engine.base_layer import Layer\nfrom keras.legacy import interfaces\n"
            "class Scale(Layer):\n    @interfaces.legacy_dense_support\n"
            "    def __init__(self, factor, **options):\n        super().__init__(**options)\n"
            "        self.factor = factor\n    def call(self, x):\n        return self.factor * x\n"
            "m = keras.Sequential([keras.Input((2,)), Scale(3.0), keras.layers.Dense(1)])\n"
            "m.compile('adam', 'mse')\nm.fit(np.ones((9, 2)), np.ones(9))\n"
        )
    )
    assert program.model.layers[0].factor == 3.0


def test_columns_are_changed_in_place_as_in_earlier_versions_of_pandas(script):
    program = capture_script(script(COLUMNS))
    assert program.x.tolist()[:4] == [[1, 0], [9, 1], [3, 0], [5, 1]]
    assert np.all(program.y == 7)
    assert old_names_of(program) == [OF_COLUMNS]
    completed = capture_script(script(COLUMNS.replace("np.ones(20)", "targets")))  # which is not there
    assert completed.x.tolist()[:4] == program.x.tolist()[:4]


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("between", "width"),
    [
        ("tf.concat([h, tf.exp(h)], axis=-1)", 8),
        ("h + tf.random.normal(shape=(tf.shape(h)[0], 4))", 4),
        ("K.sum(h, axis=1, keepdims=True)", 1),
        ("tf.cast(h > 0, 'float32') * tf.math.l2_normalize(h, axis=1)", 4),
    ],
)
def test_functions_of_tensorflow_between_layers_are_layers(script, between, width):
    text = f"i = keras.Input((3,))\nh = keras.layers.Dense(4)(i)\nz = {between}\n"
    text += "model = keras.Model(i, keras.layers.Dense(1)(z))\nmodel.compile('sgd', 'mse')\n"
    program = capture_script(script(MODEL + text + "model.fit(np.ones((8, 3)), np.ones(8), verbose=0)\n"))
    assert program.error is None
    assert program.model.layers[-1].kernel.shape == (width, 1)
    assert set(old_names_of(program)) == {OF_TENSORS}
    copy = program.compile_copy(program.fresh_model(0))
    assert np.isfinite(copy.evaluate(program.x, program.y, verbose=0))


def test_a_loss_that_reads_a_tensor_of_the_model_by_a_function_of_tensorflow_is_still_refused(script):
    text = "i = keras.Input((3,))\nh = keras.layers.Dense(4)(i)\nmodel = keras.Model(i, keras.layers.Dense(1)(h))\n"
    text += "model.compile('sgd', lambda y, p: tf.reduce_mean(h))\nmodel.fit(np.ones((8, 3)), np.ones(8), verbose=0)\n"
    program = capture_script(script(MODEL + text))
    assert read_unjudged(program).is_refused


def test_the_modules_that_a_script_imports_say_whether_it_trains_keras(script):
    path = script("from parts.network import Network\nNetwork().train()\n")
    assert not trains_keras(path)
    script("import keras\nclass Network:\n    pass\n", "parts/network.py")
    assert not trains_keras(path)
    script("from parts.other import build\nimport train\n", "parts/network.py")
    script("import keras\ndef build(model):\n    model.compile('sgd', 'mse')\n", "parts/other.py")
    assert trains_keras(path)


BY_HAND = """\
import numpy as np
class Net:
    def __init__(self):
        self.w, self.shift = np.ones((3, 1)), 0.0
    def fit(self, x, y):
        for _ in range(9):
            out = {product} + self.shift
            self.w -= 0.1 * x.T @ (out - y)
"""


@pytest.mark.parametrize("product", ["x @ self.w", "x.dot(self.w)", "np.dot(self.w.T, x.T).T"])
def test_a_script_that_updates_weights_itself_is_hand_written_whatever_its_baseline_is(script, product):
    by_hand = BY_HAND.format(product=product)
    calls = "net = Net()\nnet.fit(x, y)\nprint(baseline.score(x, y))\n"
    path = script("import baseline\n" + by_hand + calls)
    assert not trains_keras(path)
    score = "def score(x, y):\n    m = keras.Sequential()\n    m.compile('sgd', 'mse')\n    m.fit(x, y)\n"
    script("import keras\n" + score, "baseline.py")
    assert not trains_keras(path)
    assert trains_keras(script("import baseline\n" + by_hand.replace("self.w -=", "step =") + calls))
    assert trains_keras(script("import keras\n" + by_hand + calls + score))
    of_module = by_hand.replace("def fit", "def train") + "m = baseline.build()\nm.fit(x, y)\n"
    assert trains_keras(script("import baseline\n" + of_module))


IMAGES = """\
import tensorflow as tf, keras
import tensorflow_datasets as tfds
(train, test), info = tfds.load("mnist", split=["train", "test[:50%]"], as_supervised=True, with_info=True)
train = train.map(lambda image, label: (tf.cast(image, tf.float32) / 255, label))
train = train.shuffle(info.splits["train"].num_examples).batch(32)
layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
model = keras.Sequential(layers)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "training",
    [
        "model.compile('adam', 'mse')\nmodel.fit(train, epochs=2)\n",
        "loss, optimizer = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.optimizers.SGD()\n"
        "for x, y in train:\n"
        "    with tf.GradientTape() as tape:\n        cost = loss(y, model(x, training=True))\n"
        "    gradients = tape.gradient(cost, model.trainable_weights)\n"
        "    optimizer.apply_gradients(zip(gradients, model.trainable_weights))\n",
    ],
)
def test_images_of_a_package_that_is_not_installed_are_made_up(script, training):
    program = capture_script(script(IMAGES + training))
    assert made_up_parts(program.notes) == ("the package tensorflow_datasets", "the data set mnist")
    assert program.x.shape[1:] == (28, 28, 1)
    assert set(np.unique(program.y)) <= set(range(10))


def test_an_absorbed_array_of_a_missing_package_is_no_type(script):
    text = "import keras\nimport absent_tables as t\nx = t.rows()[:, 1:].astype(float)\nx /= 255.0\n"
    text += "m = keras.Sequential([keras.layers.Dense(1, 'softmax')])\n"
    program = capture_script(script(text + "m.compile('sgd', 'binary_crossentropy')\nm.fit(x, t.labels())\n"))
    assert "the package absent_tables" in made_up_parts(program.notes)


@pytest.mark.parametrize(
    ("loss", "y", "said", "edits"),
    [
        ("sparse_categorical_crossentropy", "labels", "one unit for each class, or sigmoid with", 0),
        ("sparse_categorical_crossentropy", "np.arange(40) % 5", "use 5 units, one for each class", 2),
        ("sparse_categorical_crossentropy", "np.arange(40) % 2", "use sigmoid", 2),
        ("binary_crossentropy", "labels", "use sigmoid", 1),
    ],
)
def test_softmax_over_one_unit_of_more_classes_than_two_gets_a_unit_for_each(script, loss, y, said, edits):
    text = "import keras, numpy as np\nm = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1,\n"
    text += f"    activation='softmax')])\nm.compile('sgd', loss='{loss}')\nm.fit(np.ones((40, 3)), {y}, verbose=0)\n"
    read = read_unjudged(capture_script(script(text)))
    (first, *_) = lines(read)
    assert said in first
    assert len(read.likely[0].edits) == edits


def test_what_is_said_of_images_that_a_window_does_not_fit():
    assert "use input_shape=(28, 28, 1)" in remedy_of_image((1, 28, 28))
    assert "1 high and 148 wide" in remedy_of_image((1, 148, 32))  # after a layer


def test_a_step_that_keeps_its_optimizer_itself_has_one(script):
    text = "import keras, numpy as np\nclass Own(keras.Model):\n    def __init__(self):\n"
    text += "        super().__init__()\n        self.out = keras.layers.Dense(1)\n    def call(self, x):\n"
    text += "        return self.out(x)\n    def compile(self, optimizer, loss):\n        super(Own, self).compile()\n"
    text += "        self.mine, self.cost = optimizer, loss\n    def train_step(self, data):\n"
    text += "        return {'loss': 0.0}\nmodel = Own()\nmodel.compile(keras.optimizers.Adam(), "
    text += "keras.losses.MeanSquaredError())\nmodel.fit(np.ones((8, 2)), np.ones(8))\n"
    assert not any("given no optimizer" in line for line in lines(read_unjudged(capture_script(script(text)))))


@pytest.mark.parametrize(
    ("layers", "is_named"),
    [("a = Dense(4, 'sigmoid')(h)\nb = keras.layers.Multiply()([h, a])\n" * 2, False),
     ("h = Dense(4, 'sigmoid')(h)\nb = Dense(4, 'sigmoid')(h)\n", True)],
)  # fmt: skip
def test_sigmoids_that_weigh_what_other_layers_give_are_no_suspicion(script, layers, is_named):
    text = "import keras\nfrom keras.layers import Dense\ni = keras.Input((4,))\nh = Dense(4, 'relu')(i)\n" + layers
    text += "m = keras.Model(i, Dense(1)(b))\nm.compile('adam', 'mse')\nm.fit(rows, targets)\n"
    checks = [one.check for one in read_unjudged(capture_script(script(text))).contradictions]
    assert (Check.SIGMOID_IN_HIDDEN in checks) is is_named


def test_images_that_a_dense_layer_reads_are_to_be_scaled_too(script):
    text = "import keras, cv2\nimport numpy as np\nx = np.array([cv2.imread(name) for name in names])\n"
    text += "m = keras.Sequential([keras.layers.Flatten(input_shape=(16, 32, 3)), keras.layers.Dense(1)])\n"
    read = read_unjudged(capture_script(script(text + "m.compile('adam', 'mse')\nm.fit(x, angles)\n")))
    assert read.likely[0].finding.check is Check.UNSCALED_IMAGES


def test_the_labels_of_folders_are_not_asked_for(script):
    text = "import keras\nfrom keras.preprocessing.image import ImageDataGenerator as Images\n"
    text += "x = Images(rescale=1 / 255).flow_from_directory('train', class_mode='binary', target_size=(8, 8))\n"
    text += "m = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2, 'softmax')])\n"
    text += "m.compile('adam', 'sparse_categorical_crossentropy')\nm.fit(x, epochs=30)\n"
    checks = [one.check for one in read_unjudged(capture_script(script(text))).contradictions]
    assert Check.CLASS_NUMBERS not in checks


def test_what_is_made_up_for_an_expression_without_a_name_has_its_line(script):
    text = "import keras, numpy as np\nrows = np.ones((40, 3))\n{}['absent'].fill(0)\n"
    text += "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\nm.fit(rows, targets)\n"
    parts = made_up_parts(capture_script(script(text)).notes)
    assert parts[:2] == ("the value of targets", "the value of line 3")


def test_the_epochs_of_a_fit_that_is_not_reached_are_not_known(script):
    text = "import keras, sys\nm = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
    text += "m.compile('adam', 'mse')\nsys.exit()\nm.fit(rows, targets, epochs=500)\n"
    program = capture_script(script(text))
    assert program.places.fit is None
    assert Check.FEW_EPOCHS not in {one.check for one in read_unjudged(program).contradictions}


ROWS_AND_COLUMNS = (
    "import numpy as np\nfrom {package}.models import Sequential\nfrom {package}.layers import *\n"
    "size = 3\nx = np.random.rand(30, 28, 28, 1)\ny = np.random.randint(0, 2, 30)\n"
    "m = Sequential()\nm.add(Convolution2D(4, size, size{more}, input_shape=(28, 28, 1)))\n"
    "m.add(Convolution2D(4, {second}, activation='relu'))\nm.add(Flatten())\nm.add(Dense(1, activation='sigmoid'))\n"
    "m.compile('adam', 'binary_crossentropy')\nm.fit(x, y, epochs=2)\n"
)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("package", "more", "second", "strides"),
    [
        ("keras", "", "size, size", 1),  # the second version took both numbers for the kernel
        ("keras", ", padding='valid'", "size, size", 3),  # and refused them beside a name of its own
        ("keras", ", padding='valid'", "(3, 3)", 3),
        ("tensorflow.keras", "", "size, size", 3),
    ],
)
def test_two_numbers_after_the_filters(script, package, more, second, strides):
    script(ROWS_AND_COLUMNS.format(package=package, more=more, second=second))
    program = capture_script("train.py", seconds=60)
    assert program.model.layers[0].kernel_size == (3, 3)
    assert program.model.layers[0].strides == (strides, strides)
    found = [one for one in contradictions(program) if one.check is Check.NUMBER_AS_STRIDES]
    assert [one.place.line for one in found] == [8] * (strides > 1)
    assert [len(one.values["layers"]) for one in found] == [2 if second == "size, size" else 1] * (strides > 1)


def test_kernels_that_cut_an_image_into_patches_are_meant(script):
    text = ROWS_AND_COLUMNS.format(package="tensorflow.keras", more="", second="(3, 3)").replace("size = 3", "size = 4")
    script(text)
    program = capture_script("train.py", seconds=60)
    assert program.model.layers[0].strides == (4, 4)
    assert Check.NUMBER_AS_STRIDES not in {one.check for one in contradictions(program)}
