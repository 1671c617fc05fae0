"""Programs as people post them: earlier versions, Python 2, snippets without imports, data that are not there."""

import ast

import numpy as np
import pytest
from sklearn.datasets import load_iris

from harness.errors import BadInput
from harness.programs.capture import capture_script
from harness.programs.capture.script import run_edited
from harness.programs.capture.snippets import functions_that_call, sample_shape
from harness.programs.capture.tolerance import tolerant
from harness.programs.changes import Change, ChangeKind
from harness.programs.contradictions import Check, contradictions
from harness.programs.edits import Edit, edits_for
from harness.programs.findings import Severity
from harness.programs.old_versions.arguments import translated
from harness.programs.old_versions.names import places_of
from harness.programs.old_versions.python import readable
from harness.programs.program import MadeUp, NoteKind
from harness.programs.unjudged import is_judged, read_unjudged
from harness.recording.source import undefined_names
from harness.recording.stand_ins.files import Missing
from harness.recording.stand_ins.hints import read_hints

pytestmark = pytest.mark.usefixtures("without_compiling")


@pytest.fixture
def captured(tmp_path, monkeypatch):
    """Captures the text of a script up to fit."""
    monkeypatch.chdir(tmp_path)

    def capture(text):
        (tmp_path / "train.py").write_text(text)
        return capture_script("train.py", seconds=60)

    return capture


def made_up(program):
    """What was made up for a program."""
    return [note.detail for note in program.notes if note.kind is NoteKind.MADE_UP]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print x\n", "print(x)"),
        ("print x\nprint\n", "print()"),
        ("for i in x: print 'a', i,\n", "print('a', i, end=' ')"),
        ("print x\nprint >>sys.stderr, 'x'  # why\n", "print('x', file=sys.stderr)  # why"),
        ("print x\nprint ('a' %\n  b), c\n", "print(('a' %\n  b), c)"),
        ("try:\n  pass\nexcept E, e:\n  pass\n", "except E as e:"),
        ("raise E, 'no'\n", "raise E('no')"),
        ("if a <> 0777: pass\n", "a != 0o777"),
        ("Dense(1, activation=\u2018relu\u2019)\n", "activation='relu'"),
        ("    x = 1\n    y = 2\n", "x = 1\ny = 2"),
        (">>> x = 1\n>>> x\n1\n", "x = 1\nx\n"),
        ("class A:\n\tdef f(self):\n        \treturn 1\n", "return 1"),
        ("      def f(a):\n\t\treturn 1\n\n\tdef g(a):\n\t\treturn 2\n", "def f(a):\n        return 1\n\ndef g(a):"),
    ],
)
def test_text_that_python_cannot_parse_is_made_readable(old, new):
    text = readable(old)
    ast.parse(text)
    assert new in text
    assert len(text.split("\n")) == len(old.split("\n"))


def test_readable_text_is_left_alone():
    text = "print('a') ; x = '\u2018'\n"
    assert readable(text) == text


@pytest.mark.parametrize(
    ("kind", "arguments", "options", "expected"),
    [
        ("Conv2D", (32, 4, 4), {"border_mode": "same"}, ((32, (4, 4)), {"padding": "same"})),
        ("Dense", (12, "uniform"), {}, ((12,), {"kernel_initializer": "uniform"})),
        ("Dense", (150, 2), {}, ((2,), {"input_dim": 150})),
        ("Dense", (16.0,), {}, ((16,), {})),
        ("LSTM", (4,), {"input_dim": 3, "forget_bias_init": "one"}, ((4,), {"input_shape": (None, 3)})),
    ],
)
def test_arguments_of_the_first_version(kind, arguments, options, expected):
    from harness.programs.old_versions.arguments import ARGUMENTS

    assert translated(kind, ARGUMENTS[kind], True, [], arguments, options) == expected


def test_a_stride_is_not_taken_for_a_kernel_in_later_versions():
    assert translated("Conv2D", {}, False, [], (32, 3, 2), {}) == ((32, 3, 2), {})
    assert translated("Conv2D", {}, True, [], (32, 3), {}) == ((32, 3), {})


def test_modules_of_earlier_versions():
    assert places_of("keras.layers.core")[0] == "keras.layers"
    assert "tensorflow.keras.layers" in places_of("tensorflow.contrib.keras.api.keras.layers")
    assert places_of("keras_preprocessing.text") == places_of("keras.preprocessing.text")
    assert places_of("sklearn.grid_search") == ("sklearn.model_selection",)
    assert places_of("keras.no_such_part") == ()
    assert places_of("numpy.no_such_part") == ()


def test_names_that_a_snippet_lacks():
    text = "import os\ndef f(x, y=1):\n    return x + n_rows\nz = [i for i in data]\nmodel.fit(z, f(1))\n"
    assert undefined_names(text) == ["data", "model", "n_rows"]


@pytest.mark.parametrize(
    ("before", "is_missing"), [("", True), ("from keras.optimizers import Adam\n", False), ("Adam = None\n", False)]
)
def test_a_name_that_its_first_assignment_reads_is_missing(before, is_missing):
    text = f"{before}Adam = Adam(0.01)\nlist = list(Adam)\nrows = [rows for rows in list]\nsame = lambda same: same\n"
    assert undefined_names(text) == (["Adam"] if is_missing else [])


def test_functions_that_train():
    text = "def a(): pass\nclass B:\n    def c(self): self.model.fit(1)\ndef d(x): x.fit_generator(2)\n"
    assert functions_that_call(text, {"fit", "fit_generator"}) == [("c", "B"), ("d", "")]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Conv2D(8, 3, input_shape=(28, 28, 1))", (28, 28, 1)),
        ("w, h = 30, 20\nConv2D(8, 3, input_shape=(w, h, 3))", (30, 20, 3)),
        ("Dense(8, input_dim=5)", (5,)),
        ("LSTM(8, input_shape=X.shape[1:])", (20, 4)),
    ],
)
def test_the_shape_that_a_program_speaks_of(text, shape):
    assert sample_shape(text)[0] == shape


def test_a_failing_assignment_goes_on_with_a_made_up_value():
    class Hook:
        def attempt(self, compute, names):
            try:
                return compute()
            except ValueError:
                return names[0]

    space = {"__made_up__": Hook()}
    text = "def f():\n    a, b = int('x'), 1\n    return a\nc = f()\nd = int('3')\n"
    exec(compile(tolerant(text), "f", "exec"), space)
    assert (space["c"], space["d"]) == ("a", 3)


NAMED_CLASSES = """
import numpy as np, pandas as pd
from keras.models import Sequential
from keras.layers import Dense
table = np.array(pd.read_csv('flowers.data.csv', header=None))
kinds = table[:, -1]
for i in range(len(kinds)):
    if kinds[i] == 'red':
        kinds[i] = 1
one_hot = np.zeros((len(kinds), 3))
for i in range(len(kinds)):
    one_hot[i][kinds[i]] += 1
    one_hot[i][kinds[i]] = 1
model = Sequential([Dense(3, activation='relu', input_dim=4), Dense(3, activation='relu')])
model.compile(optimizer='adam', loss='mse')
model.fit(table[:, :-1].astype(float), one_hot, epochs=2500)
"""


def test_names_of_classes_that_made_up_numbers_are_not(captured):
    program = captured(NAMED_CLASSES)
    assert "the file flowers.data.csv" in made_up(program)
    (found,) = [one for one in contradictions(program) if one.check is Check.RECTIFIED_OUTPUT]
    assert found.place.line == 14


KERAS_1 = """
model = Sequential()
model.add(LSTM(3, 8, return_sequences=False))
model.add(Dense(8, 1))
model.add(Activation('softmax'))
model.compile(loss='binary_crossentropy', optimizer=SGD(lr=0.1, decay=1e-6, momentum=0), class_mode='binary')
print model.summary()
model.fit(vecX, vecY, nb_epoch=n_epoch, show_accuracy=True, batch_size=16)
"""


def test_a_snippet_without_imports_and_data(captured):
    program = captured(KERAS_1)
    assert program.made_up is MadeUp.FORMATS
    assert not is_judged(program)
    assert made_up(program)[:3] == ["the value of n_epoch (30)", "the value of vecX", "the value of vecY"]
    (found,) = contradictions(program)
    assert (found.check, found.place.line) == (Check.SOFTMAX_OVER_ONE_UNIT, 5)
    assert read_unjudged(program).missing[0] == "the value of n_epoch (30)"


def test_layers_that_take_shapes_for_those_of_tensorflow_are_trained(captured):
    program = captured(
        """import keras, numpy as np, tensorflow as tf
class Own(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(shape=[input_shape.as_list()[-1], 2])
        super().build(input_shape)
    def call(self, x):
        return x @ self.kernel
    def compute_output_shape(self, input_shape):
        return tf.TensorShape(input_shape[:-1].as_list() + [2])
model = keras.Sequential([keras.Input((3,)), Own(), keras.layers.Dense(1)])
model.compile('sgd', 'mse')
model.fit(np.ones((8, 3)), np.ones(8), epochs=1)
"""
    )
    assert program.can_be_trained
    assert [tuple(weight.shape) for weight in program.fresh_model(0).weights] == [(3, 2), (2, 1), (1,)]


@pytest.mark.every(3)
@pytest.mark.parametrize("given", ["x, training", "x, training, mask", "x, mask=None, *, training"])
def test_layers_that_ask_for_what_keras_always_gave_are_trained(captured, given):
    program = captured(
        f"""from tensorflow.python.keras import layers
from tensorflow.python.keras.models import Sequential
from keras_preprocessing.sequence import pad_sequences
class Own(layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)
    def call(self, {given}):
        return self.drop(x, training=training)
model = Sequential([layers.Input((3,)), Own(), layers.Dense(1)])
model.compile('sgd', 'mse')
x = pad_sequences([[1], [2, 3], [4]], maxlen=3)
model.fit(x, x[:, 2:], epochs=1)
"""
    )
    assert program.can_be_trained
    assert program.error is None
    x = np.ones((100, 3), "float32")
    assert np.mean(np.asarray(program.model.layers[0](x, training=True)) == 0) > 0.2
    assert np.array_equal(program.model.layers[0](x), x)


def test_a_matrix_of_word_vectors_is_made_up_as_wide_as_the_layer_says(captured):
    program = captured(
        "model = tf.keras.Sequential([\n"
        "    tf.keras.layers.Embedding(number_of_words, 50, weights=[embedding_matrix], trainable=False),\n"
        "    tf.keras.layers.GlobalAveragePooling1D(),\n"
        "    tf.keras.layers.Dense(4, activation='sigmoid')])\n"
        "model.compile(loss='categorical_crossentropy', optimizer='adam')\n"
        "model.fit(sequences, kinds, epochs=10)\n"
    )
    assert program.model.layers[0].get_weights()[0].shape[1] == 50
    assert Check.SIGMOID_FOR_CLASSES in {found.check for found in contradictions(program)}


def test_an_input_whose_type_is_a_name_of_python_s(captured):
    program = captured(
        "import keras\nimport numpy as np\nrows = keras.Input(shape=(3,), dtype='float')\n"
        "model = keras.Model(rows, keras.layers.Dense(1)(rows))\nmodel.compile(loss='mse', optimizer='adam')\n"
        "model.fit(np.ones((8, 3)), np.ones(8), epochs=1)\n"
    )
    assert program.model.inputs[0].dtype == "float32"


def test_a_package_that_is_not_installed_and_not_used_leaves_the_data_as_they_are(captured):
    program = captured(
        "from keras.models import Sequential\nfrom keras.layers import Dense\nimport numpy as np\n"
        "import a_package_of_nobody\nfrom a_package_of_nobody import pp\n"
        "x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])\n"
        "model = Sequential([Dense(2, activation='sigmoid'), Dense(1, activation='sigmoid')])\n"
        "model.compile(loss='binary_crossentropy', optimizer='sgd')\n"
        "model.fit(x, y, epochs=1)\n"
    )
    assert program.made_up is MadeUp.NOTHING
    assert [note.detail for note in program.notes if note.kind is NoteKind.MODULE_REPLACED] == ["a_package_of_nobody"]
    assert is_judged(program)


def test_a_data_set_of_keras_without_its_import(captured):
    program = captured(
        "(x, y), (a, b) = fashion_mnist.load_data()\n"
        "model = Sequential()\n"
        "model.add(Flatten())\n"
        "model.add(Dense(10, activation='softmax'))\n"
        "model.compile(loss='sparse_categorical_crossentropy', optimizer='adam')\n"
        "model.fit(x, y, epochs=1)\n"
    )
    assert program.x.shape[1:] == (28, 28)
    assert Check.UNSCALED_INPUTS in [one.check for one in contradictions(program)]


def test_arrays_that_are_split_are_the_data(captured):
    program = captured(
        "a, b, c, d = train_test_split(C, r, train_size=0.8)\n"
        "model = Sequential()\n"
        "model.add(LSTM(8, input_shape=(C.shape[1], C.shape[2])))\n"
        "model.add(Dense(1, activation='softmax'))\n"
        "model.compile(loss='binary_crossentropy', optimizer='adam')\n"
        "model.fit(a, c, epochs=1)\n"
    )
    assert program.made_up is MadeUp.FORMATS
    assert {"the value of C", "the value of r"} <= set(made_up(program))
    assert [one.check for one in contradictions(program)][:1] == [Check.SOFTMAX_OVER_ONE_UNIT]


def test_imports_alone_are_supplied_and_the_training_is_judged(captured):
    program = captured(
        "x = np.linspace(0, 1, 40)[:, None]\nm = Sequential([Dense(1, input_dim=1)])\n"
        "m.compile(loss='mse', optimizer='sgd')\nm.fit(x, 2 * x, epochs=2)\n"
    )
    assert is_judged(program)
    assert len(program.history["loss"]) == 2
    supplied = {note.detail for note in program.notes if note.kind is NoteKind.IMPORT_SUPPLIED}
    assert supplied == {"np", "Sequential", "Dense"}


def test_a_module_is_supplied_that_has_what_is_taken_of_it_and_a_fit_before_compile_is_read_whole(captured):
    program = captured(
        "from keras.models import Sequential\nfrom keras.layers import *\n"
        "iris = datasets.load_iris()\n"
        "model = Sequential([Input((4,)), Dense(3, activation='softmax')])\n"
        "model.fit(iris.data, iris.target, epochs=5)\n"
        "history = model.compile('adam', 'categorical_crossentropy')\n"
        "print(history.history)\n"
    )
    assert program.made_up is MadeUp.NOTHING
    assert program.y.tolist() == load_iris().target.tolist()
    notes = {note.kind: note.detail for note in program.notes}
    assert notes[NoteKind.IMPORT_SUPPLIED] == "datasets"  # and not what the star gives
    assert notes[NoteKind.FAILS_BEFORE_FIT] == "train.py:3: name 'datasets' is not defined"
    found = read_unjudged(program)
    assert found.is_refused
    assert [(one.finding.check, one.finding.place.line) for one in found.likely] == [
        (Check.NOT_COMPILED, 5),
        (Check.INTEGERS_UNDER_CATEGORICAL, 5),
    ]
    assert [edit.new for edit in found.likely[1].edits] == ["'sparse_categorical_crossentropy'"]


def test_names_of_a_module_of_the_users_are_not_made_up(captured, tmp_path):
    (tmp_path / "settings.py").write_text("EPOCHS = 7\nUNITS = 3\n")
    program = captured(
        "from settings import *\nimport keras, numpy as np\n"
        "data = np.loadtxt('nowhere.csv')\n"
        "model = keras.Sequential([keras.layers.Dense(UNITS, input_dim=8), keras.layers.Dense(1)])\n"
        "model.compile('adam', 'mse')\nmodel.fit(data[:, 0:8], data[:, 8], epochs=EPOCHS)\n"
    )
    assert made_up(program) == ["the file nowhere.csv"]
    assert (program.epochs, program.model.layers[0].units) == (7, 3)


TABLE = """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
data = np.loadtxt('nowhere.csv', delimiter=',')
X, Y = data[:, 0:8], data[:, 8]
model = Sequential([Dense(12, input_dim=8, activation='relu'), Dense(1, activation='relu')])
model.compile(loss='mse', optimizer='adam', metrics=['accuracy'])
model.fit(X, Y, epochs=150)
"""


def test_a_missing_table_is_made_up_and_only_the_model_is_read(captured):
    program = captured(TABLE)
    assert made_up(program) == ["the file nowhere.csv"]
    assert program.x.shape[1] == 8
    assert program.y is None
    assert program.history is None
    checks = [(one.check, one.severity.value) for one in contradictions(program)]
    assert checks == [
        (Check.RECTIFIED_OUTPUT, "suspicion"),
        (Check.ACCURACY_OF_REGRESSION, "suspicion"),
        (Check.UNSCALED_TABLE, "hint"),
    ]


@pytest.mark.parametrize("read", ["from scipy.io import loadmat", "import scipy.io as io; loadmat = io.loadmat"])
def test_a_missing_file_of_matlab_is_made_up(captured, read):
    program = captured(
        f"{read}\nimport keras\ndata = loadmat('nowhere.mat')\nX, y = data['X'], data['y']\n"
        "layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.l2(1.0), activation='sigmoid')\n"
        "m = keras.Sequential([layer])\nm.compile('adam', 'binary_crossentropy')\nm.fit(X, y, epochs=100)\n"
    )
    assert made_up(program) == ["the file nowhere.mat"]
    assert not is_judged(program)
    assert [one.finding.check for one in read_unjudged(program).likely] == [Check.STRONG_PENALTY]


def test_a_file_of_matlab_that_is_there_is_read(captured, tmp_path):
    from scipy.io import savemat

    x = np.arange(12.0).reshape(6, 2)
    savemat(tmp_path / "here.mat", {"X": x})
    program = captured(
        "from scipy.io import loadmat\nimport keras\nX = loadmat('here')['X']\n"
        "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\nm.fit(X, X[:, 0])\n"
    )
    assert np.array_equal(program.x, x)
    assert program.made_up is MadeUp.NOTHING


def test_a_known_data_set_keeps_its_formats(captured, monkeypatch):
    def unreachable(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("keras.src.datasets.mnist.get_file", unreachable)
    program = captured(
        "from keras.datasets import mnist\nimport keras\n(x, y), _ = mnist.load_data()\nx = x.reshape(60000, 784)\n"
        "m = keras.Sequential([keras.layers.Dense(10, activation='softmax')])\n"
        "m.compile('adam', 'categorical_crossentropy')\nm.fit(x, y)\n"
    )
    assert program.made_up is MadeUp.VALUES
    assert made_up(program) == ["the data set mnist"]
    assert sorted(set(program.y.tolist())) == list(range(10))
    checks = {one.check for one in contradictions(program)}
    assert {Check.INTEGERS_UNDER_CATEGORICAL, Check.UNSCALED_INPUTS} <= checks


def test_a_folder_of_images_that_is_not_there(captured):
    program = captured(
        "from keras.preprocessing.image import ImageDataGenerator\nfrom keras.models import Sequential\n"
        "from keras.layers import *\n"
        "batches = ImageDataGenerator(rescale=1./255).flow_from_directory('no/train', target_size=(20, 20))\n"
        "m = Sequential([Convolution2D(2, 3, 3, activation='relu', input_shape=(20, 20, 3)), Flatten()])\n"
        "m.add(Dense(1, activation='softmax'))\n"
        "m.compile('adam', 'binary_crossentropy')\n"
        "m.fit_generator(batches, samples_per_epoch=100, nb_epoch=3)\n"
    )
    assert made_up(program) == ["the folder train"]
    assert program.epochs == 3
    assert program.model.layers[0].kernel_size == (3, 3)
    assert contradictions(program)[0].check is Check.SOFTMAX_OVER_ONE_UNIT


def test_a_wrapper_of_scikit_learn_and_old_splitters(captured):
    program = captured(
        "from keras.wrappers.scikit_learn import KerasClassifier\nfrom keras.models import Sequential\n"
        "from keras.layers import Dense\nimport numpy as np\n"
        "from sklearn.cross_validation import StratifiedKFold, cross_val_score\n"
        "def build():\n    m = Sequential([Dense(1, input_dim=2, init='uniform', activation='sigmoid')])\n"
        "    m.compile('adam', 'binary_crossentropy')\n    return m\n"
        "x = np.random.rand(40, 2)\ny = (x[:, 0] > 0.5).astype(int)\n"
        "folds = StratifiedKFold(y=y, n_folds=4, shuffle=True, random_state=7)\n"
        "cross_val_score(KerasClassifier(build_fn=build, nb_epoch=2, batch_size=5), x, y, cv=folds)\n"
    )
    assert is_judged(program)
    assert (program.rows, program.epochs, program.batch_size) == (30, 2, 5)
    (edit,) = edits_for(program, [Change(kind=ChangeKind.SCALE_INPUTS, new="standardise")]).edits
    assert edit.new.endswith("x = (x - input_mean) / input_std\n")  # the rows, and not the model before them


def test_an_edited_script_that_does_not_reach_fit_is_not_completed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "import keras\nm = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\n"
    (tmp_path / "train.py").write_text(text + "x = [[1.0], [2.0]]\nm.fit(x, [0, 1])\n")
    program = capture_script("train.py")
    place = {"file": "train.py", "cell": None, "line": 4, "start": len(text), "end": len(text)}
    edit = Edit(**place, old="", new="x = None + 1\n", subject="", fragment="x = None + 1")
    with pytest.raises(BadInput, match="the edited script fails before it calls fit"):
        run_edited(program, [edit], trains=False)


@pytest.mark.parametrize(("given", "shape"), [("(4,)", (None, None, 4)), ("(3, 4)", (None, 3, 4))])
def test_input_dim_of_a_recurrent_layer_replaces_the_shape_of_one_step(captured, given, shape):
    program = captured(
        "import keras, numpy as np\nm = keras.models.Sequential()\n"
        f"m.add(keras.layers.LSTM(2, input_shape={given}, input_dim=4))\nm.add(keras.layers.Dense(1))\n"
        "m.compile('adam', 'mse')\nm.fit(np.zeros((9, 3, 4)), np.zeros(9))\n"
    )
    assert program.error is None
    assert program.model.input_shape == shape


def test_tables_have_the_methods_of_earlier_versions(captured):
    program = captured(
        "import keras, numpy as np, pandas as pd\ntable = pd.DataFrame({'a': [1.0, 2], 'b': [3.0, 4]})\n"
        "table = table.append(table, ignore_index=True)\nx = table.as_matrix(columns=['a'])\n"
        "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\nm.fit(x, table['b'].as_matrix())\n"
    )
    assert is_judged(program)
    assert program.x.tolist() == [[1], [2], [1], [2]]
    old = [note.detail for note in program.notes if note.kind is NoteKind.OLD_NAME]
    assert old == ["DataFrame.append", "DataFrame.as_matrix", "Series.as_matrix"]


def test_a_table_is_read_as_earlier_versions_did(captured, tmp_path):
    (tmp_path / "known.csv").write_text("day,a,b\n2020-01-01,1,3\n2020-01-02,2,4\n")
    program = captured(
        "import keras, pandas as pd\ntable = pd.DataFrame.from_csv('known.csv', header=0)\n"
        "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\nm.fit(table[['a']], table.b)\n"
    )
    assert (program.x.tolist(), program.y.tolist()) == ([[1], [2]], [3, 4])
    assert [note.detail for note in program.notes if note.kind is NoteKind.OLD_NAME] == ["DataFrame.from_csv"]


@pytest.mark.slow
def test_a_function_that_nobody_calls_is_called(captured):
    program = captured(
        "import keras, numpy as np\nx = np.random.rand(20, 2)\n"
        "def train(epochs=3):\n    m = keras.Sequential([keras.layers.Dense(1)])\n"
        "    m.compile('adam', 'mse')\n    m.fit(x, x[:, 0], epochs=epochs)\n"
    )
    assert is_judged(program)
    assert program.epochs == 3
    assert NoteKind.CALLED in {note.kind for note in program.notes}


METHODS = (
    "    def make(self, width=6):\n        m = Sequential()\n        m.add(Dense(self.hidden_units, input_dim=width))\n"
    "        m.add(Dense(1, activation='softmax'))\n"
    "        m.compile('adam', 'binary_crossentropy')\n        return m\n"
    "    def _stopping(self):\n        return [EarlyStopping(patience=self.patience)]\n"
    "    def train(self, net, X, y):\n        net.fit(X, y, epochs=7, callbacks=self._stopping())\n"
)


@pytest.mark.parametrize("class_line", ["", "class Net:\n"])
def test_methods_are_called_with_the_model_that_another_one_compiles(captured, class_line):
    program = captured(class_line + METHODS)
    assert (program.epochs, [type(one).__name__ for one in program.callbacks]) == (7, ["EarlyStopping"])
    assert program.model.layers[0].units == 32
    assert Check.SOFTMAX_OVER_ONE_UNIT in {one.check for one in contradictions(program)}


def test_an_error_of_the_users_own_stays_one(captured):
    from harness import BadInput

    with pytest.raises(BadInput, match=r"train.py:2: the script fails before it calls fit: ZeroDivisionError"):
        captured("import keras\n1 / 0\nkeras.Sequential().fit(1)\n")


def test_losses_of_earlier_versions_are_known(captured):
    program = captured(
        "import keras, numpy as np\nx = np.random.rand(20, 2)\nm = keras.Sequential([keras.layers.Dense(1)])\n"
        "m.compile('adam', loss='kullback_leibler_divergence', metrics='mae')\n"
        "m.fit(x, x[:, 0], epochs=1.0, workers=4)\n"
    )
    assert program.loss == "kl_divergence"
    assert Check.UNKNOWN_LOSS not in {one.check for one in contradictions(program)}
    assert np.isfinite(program.history["loss"]).all()


def test_lists_of_numbers_are_taken_as_they_once_were(captured):
    program = captured(
        "import keras\nx = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]\ny = [1, 1, 0, 0]\n"
        "m = keras.Sequential([keras.layers.Dense(1)])\nm.compile('adam', 'mse')\n"
        "m.fit(x, y, epochs=2, validation_data=(x, y))\n"
    )
    assert (program.x.shape, program.y.shape) == ((4, 2), (4,))
    assert program.error is None
    assert len(program.history["val_loss"]) == 2


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("x", "y", "shapes"),
    [
        ("[rows]", "[targets]", ((4, 2), (4, 1))),
        ("[rows]", "[[1, 1, 0, 0]]", ((4, 2), (4,))),
        ("np.array(rows)", "[targets]", ((4, 2), (4, 1))),
        ("np.array(rows)", "[np.array(targets)]", ((4, 2), (4, 1))),
        ("rows", "targets", ((4, 2), (4, 1))),
        ("rows[:1]", "targets[:1]", ((1, 2), (1, 1))),
    ],
)
def test_a_list_for_each_input_and_output_is_taken_as_it_once_was(captured, x, y, shapes):
    program = captured(
        "import keras\nimport numpy as np\nrows = [[0, 1], [1, 0], [1, 1], [0, 0]]\ntargets = [[1], [1], [0], [0]]\n"
        "m = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])\nm.compile('adam', 'mse')\n"
        f"m.predict({x})\nm.evaluate({x}, {y}, verbose=0)\n"
        f"m.fit({x}, {y}, epochs=2, validation_data=({x}, {y}))\nm.predict([rows])\nm.predict_on_batch(rows)\n"
    )
    assert (program.x.shape, program.y.shape) == shapes
    assert not {NoteKind.SCRIPT_FAILED, NoteKind.MADE_UP} & {note.kind for note in program.notes}
    assert program.error is None
    assert len(program.history["val_loss"]) == 2
    assert not [one for one in contradictions(program) if one.severity is Severity.CONTRADICTION]


def test_lists_for_two_inputs_are_two_arrays(captured):
    program = captured(
        "import keras\nimport numpy as np\na, b = keras.Input((2,)), keras.Input((1,))\n"
        "m = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.concatenate([a, b])))\nm.compile('adam', 'mse')\n"
        "m.fit([[[0, 1], [1, 0], [2, 1]], [4, 5, 6]], [1, 2, 3])\n"
    )
    assert [part.shape for part in program.x] == [(3, 2), (3,)]
    assert program.error is None


def test_a_model_that_was_saved_in_hdf5_is_trained_on(captured):
    program = captured(
        "from keras.models import Sequential, load_model\nfrom keras.layers import Dense\nimport numpy as np\n"
        "m = Sequential([Dense(1, input_shape=(2,))])\nm.compile(loss='mse', optimizer='rmsprop')\nm.save('m.h5')\n"
        "x = np.random.rand(40, 2)\nload_model('m.h5').fit(x, x[:, 0], epochs=2)\n"
    )
    assert program.error is None
    assert len(program.history["loss"]) == 2


def test_modules_of_layers_are_attributes_as_they_once_were(captured):
    program = captured(
        "import keras\nimport numpy as np\nx = np.random.rand(8, 2)\n"
        "m = keras.models.Sequential([keras.layers.core.Dense(3), keras.layers.normalization.BatchNormalization()])\n"
        "m.compile('adam', 'mse')\nm.fit(x, np.zeros((8, 3)))\n"
    )
    assert [type(layer).__name__ for layer in program.model.layers] == ["Dense", "BatchNormalization"]


def test_a_layer_with_a_state_keeps_its_number_of_rows(captured):
    program = captured(
        "from keras.models import Sequential\nfrom keras.layers import LSTM, Dense\nimport numpy as np\n"
        "x = np.random.rand(8, 5, 1)\n"
        "m = Sequential([LSTM(2, batch_input_shape=(4, 5, 1), stateful=True), Dense(1)])\nm.compile('adam', 'mse')\n"
        "for i in range(2):\n    m.fit(x, x[:, -1], nb_epoch=1, batch_size=4, shuffle=False)\n    m.reset_states()\n"
    )
    assert program.model.input_shape == (4, 5, 1)
    assert (program.epochs, program.error) == (2, None)


def test_columns_of_a_missing_table_are_there_by_their_names(captured):
    program = captured(
        "import pandas as pd\nfrom keras import Sequential\nfrom keras.layers import Dense\n"
        "df = pd.read_csv('customers.csv')\ny = df['Left'].apply(lambda v: 1 if v == 'Yes' else 0)\n"
        "x = pd.get_dummies(df.drop(['Left', 'Customer ID'], axis=1))\n"
        "m = Sequential([Dense(1, 'relu', input_dim=len(x.columns))])\n"
        "m.compile('adam', 'binary_crossentropy')\nm.fit(x, y)\n"
    )
    assert made_up(program) == ["the file customers.csv"]
    assert Check.MISSING_PROBABILITIES in [one.check for one in contradictions(program)]


def test_a_missing_archive_in_a_missing_folder(captured):
    program = captured(
        "import numpy as np\nfrom keras import Sequential\nfrom keras.layers import Dense\n"
        "with np.load('data/set/mnist.npz', allow_pickle=True) as f:\n    x, y = f['x_train'], f['y_train']\n"
        "x = x.reshape(-1, 28 * 28)\n"
        "m = Sequential([Dense(1, input_dim=784)])\nm.compile('adam', 'mse', metrics=['accuracy'])\nm.fit(x, y)\n"
    )
    assert made_up(program) == ["the file mnist.npz"]
    assert program.model.input_shape == (None, 784)


def test_divisions_of_python_2_are_whole(captured):
    text = "import numpy as np\nfrom keras import Sequential\nfrom keras.layers import Dense\nprint 'begins'\nn = 10\n"
    text += "m = Sequential([Dense(n / 4, input_dim=n * 3 / 4), Dense(1)])\nm.compile('sgd', 'mse')\n"
    text += "x = np.full((6, 7), 3.0) / 2\nm.fit(x, np.ones(6) / 2)\n"
    program = captured(text)
    assert (program.model.input_shape, program.model.layers[0].units) == ((None, 7), 2)
    assert (program.x[0, 0], program.places.fit.line) == (1.5, 9)


def test_what_a_module_lacks_is_said_beside_what_is_missing(captured):
    text = "import keras\nimport pandas as pd\nd = pd.read_csv('absent.csv').values\n"
    text += "m = keras.Sequential([keras.layers.Dense(1, input_dim=4)])\n"
    text += "m.compile('adam', 'mse', metrics=[keras.metrics.agreement])\nm.fit(d[:, :4], d[:, 4])\n"
    with pytest.raises(BadInput) as raised:
        captured(text)
    first, second, *_ = str(raised.value).split("\n")
    assert first.startswith("train.py:3: the script fails before it calls fit: FileNotFoundError")
    assert second.startswith("With the data it would fail too. train.py:5: the script fails before it calls fit:")


@pytest.mark.parametrize("rows", ["csv.reader(f)", "list(table)[1:]", "table"])
def test_rows_of_a_missing_file_have_the_columns_that_are_read(rows):
    text = "import csv\nx, y = [], []\nwith open('measured.csv') as f:\n    table = csv.reader(f)\n"
    text += f"    for row in {rows}:\n        x.append([float(row[3]), float(row[7])])\n        y.append(row[9])\n"
    missing = Missing(lambda *_: None, read_hints(text))
    assert {len(line.split(",")) for line in missing.text("measured.csv").split()} == {10}
    assert read_hints(text.replace("row[9]", "row[:9]")).columns == 9


@pytest.mark.slow
def test_a_program_for_both_versions_of_python_divides_as_python_3_does(captured):
    text = "import numpy as np\nfrom keras import Sequential\nfrom keras.layers import Dense\n{}\n"
    text += "y = np.array([i / 4 for i in range(6)])\nm = Sequential([Dense(1, input_dim=1)])\n"
    text += "m.compile('sgd', 'mse')\nm.fit(np.ones((6, 1)), y)\n"
    both = [
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
        "from importlib import reload\ntext = 'in Python 2: print x, unicode(x)'",
        "try:\n    unicode('a')\nexcept NameError:\n    unicode = str",
    ]
    for first in both:
        assert captured(text.format(first)).y.ravel()[1] == 0.25
    for first in ("import cPickle", "print \u2018posted\u2019"):
        assert captured(text.format(first)).y.ravel()[1] == 0


def test_a_program_that_fails_before_it_calls_fit_is_not_said_to_call_none(captured):
    program = captured(
        "import keras\nfrom pathlib import Path\n"
        "m = keras.Sequential([keras.layers.Dense(1, input_dim=3)])\nm.compile('sgd', 'mse')\n"
        "def read():\n    for path in sorted(Path('frames').iterdir()):\n        raise OSError\n    return 1 / 0\n"
        "def main():\n    x, y = read().rows[0]\n    if x > {}: m.fit(x, y)\nmain()\n"
    )
    assert NoteKind.NEVER_FIT not in [note.kind for note in program.notes]
    assert not is_judged(program)


def test_arrays_of_one_element_are_numbers_as_they_once_were(captured):
    program = captured(
        "import keras, math\nimport numpy as np\nfrom math import sqrt\n"
        "x, y = np.zeros((40, 1)), np.zeros((40, 2))\n"
        "for i in range(40):\n    x[i] = 0.25 * i\n    y[i, 0] = np.power(x[i] - 0.5, 2)\n"
        "    y[i, 1], size = math.sin(x[i]), float(x[i])\n    y[i, 1:][0] += sqrt(x[i]) + math.fsum(x[i])\n"
        "m = keras.Sequential([keras.layers.Dense(2)])\nm.compile('sgd', 'mse')\nm.fit(x, y, epochs=1, verbose=0)\n"
    )
    grid = np.arange(40) / 4
    np.testing.assert_allclose(np.ravel(program.x), grid)
    np.testing.assert_allclose(program.y, np.stack([(grid - 0.5) ** 2, np.sin(grid) + np.sqrt(grid) + grid], 1))
    assert program.made_up is MadeUp.NOTHING
    assert program.error is None


def test_an_array_of_several_elements_is_not_a_number(captured):
    with pytest.raises(BadInput, match=r"train.py:3: .*setting an array element with a sequence"):
        captured("import numpy as np\nx = np.zeros(4)\nx[0] = np.ones(2)\nmodel.fit(x, x)\n")


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("imported", "unpacked"),
    [
        ("from zipfile import ZipFile", "ZipFile('ratings.zip').extractall('.')"),
        ("import zipfile", "with zipfile.ZipFile('ratings.zip', 'r') as archive:\n    archive.extract('table.csv')"),
        ("import tarfile", "tarfile.open('ratings.zip', 'r:gz').extractall()"),
        ("import shutil", "shutil.unpack_archive('ratings.zip')"),
    ],
)
def test_an_archive_that_is_missing_is_empty(captured, imported, unpacked):
    program = captured(
        f"{imported}\nimport pandas as pd\nfrom keras import Sequential, layers\n{unpacked}\n"
        "table = pd.read_csv('table.csv', names=['user', 'item', 'rating'])\n"
        "m = Sequential([layers.Dense(4, activation='relu', input_dim=2), layers.Dense(1)])\n"
        "m.compile('adam', 'mse')\nm.fit(table[['user', 'item']], table['rating'], epochs=50)\n"
    )
    assert made_up(program)[:2] == ["the file ratings.zip", "the file table.csv"]
    assert not is_judged(program)


@pytest.mark.parametrize(
    ("head", "epochs"),
    [
        ("if len(sys.argv) != 4:\n    sys.exit()\nrate = float(sys.argv[1])\nepochs = int(sys.argv[2])\n", 30),
        ("from sys import argv\nif 3 > len(argv):\n    raise KeyError\n_, rate, epochs = argv[:3]\n", 30),
        ("_, epochs, rate = sys.argv\n", 30),
        ("epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 7\nrate = missing_rate\n", 7),
    ],
)
def test_arguments_that_a_script_checks_for_are_made_up_by_their_names(captured, head, epochs):
    program = captured(
        f"import keras, sys\nimport numpy as np\n{head}"
        "model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])\n"
        "model.compile(keras.optimizers.SGD(float(rate)), 'mse')\n"
        "model.fit(np.ones((9, 2)), np.ones(9), epochs=int(epochs))\n"
    )
    assert program.optimizer.get_config()["learning_rate"] == pytest.approx(0.001)
    assert program.epochs == epochs
    assert program.made_up is not MadeUp.NOTHING


@pytest.mark.slow
def test_arguments_that_only_say_how_long_to_train_leave_the_data_the_users(captured):
    program = captured(
        "import keras, sys\nimport numpy as np\nassert len(sys.argv) == 3\n"
        "epochs, batch_size = int(sys.argv[1]), int(sys.argv[2])\n"
        "model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])\n"
        "model.compile('adam', 'mse')\n"
        "model.fit(np.ones((9, 2)), np.ones(9), epochs=epochs, batch_size=batch_size)\n"
    )
    assert (program.epochs, program.batch_size, program.made_up) == (30, 32, MadeUp.NOTHING)
