"""Programs that Keras refuses: the cause is named, with its line and what to do."""

import numpy as np
import pytest

from harness.cli.main import main
from harness.errors import BadInput
from harness.programs.capture import RefusedByKeras, capture_script
from harness.programs.findings import Check
from harness.programs.rules.failures import explained
from harness.programs.unjudged import is_judged, read_refused, read_unjudged
from harness.report.findings import finding_text
from harness.report.unjudged import lines

HEAD = "import keras, numpy as np\nfrom keras import Sequential, layers\nfrom keras.layers import *\n"
TAIL = "m.compile('adam', 'mse')\nm.fit(np.zeros((20, 8)), np.zeros(20))\n"
BEFORE_FIT = [
    ("m = Sequential([Input((9,)),\n  LSTM(3)])\n", Check.LAYER_INPUT_RANK, "train.py:5: ", "Reshape((9, 1))"),
    ("m = Sequential([Input((9, 2)), LSTM(3), LSTM(3)])\n", Check.LAYER_INPUT_RANK, "", "return_sequences=True"),
    ("m = Sequential([Conv2D(3, 3, input_shape=(28, 28))])\n", Check.LAYER_INPUT_RANK, "", "input_shape=(28, 28, 1)"),
    ("m = Sequential([Conv2D(3, 3, input_shape=(60, 28, 28, 1))])\n", Check.ROWS_IN_INPUT_SHAPE, "", "(28, 28, 1)"),
    ("m = Sequential([Conv2D(3, 3, input_shape=(1, 28, 28))])\n", Check.IMAGE_TOO_SMALL, "", "input_shape=(28, 28, 1)"),
    ("m = Sequential([Input((4, 4, 1)), MaxPooling2D(8, 1)])\n", Check.IMAGE_TOO_SMALL, "", "fewer layers of pooling"),
    ("m = Sequential([Dense(3, foo=1)])\n", Check.UNKNOWN_ARGUMENT, "train.py:4: ", "Dense does not take foo"),
    (
        "keras.optimizers.SGD(0.1, momentum=1.9)\nm = 1\n",
        Check.ARGUMENT_VALUE,
        "train.py:4: ",
        "a float between [0, 1]",
    ),
    ("m = Sequential()\nm.add(Dense)\n", Check.NOT_A_LAYER, "train.py:5: ", "call the class"),
    ("m = Dense(3)(Dense(2))\n", Check.LAYER_CALLED_ON, "", "not on a tensor"),
    ("m = Concatenate()([Input((3,)), Input((3, 2))])\n", Check.MERGED_SHAPES, "", "do not fit"),
    ("m = Sequential([Input((8,)), Reshape((3, 3))])\n", Check.RESHAPED_SIZE, "", "(3, 3)"),
    ("m = Sequential([Dense(3, activation='relo')])\n", Check.UNKNOWN_NAME, "", "use 'relu'"),
    ("m = keras.Model(Input((3,)), Dense(2)(Input((3,))))\n", Check.NOT_CONNECTED, "", "does not depend"),
    ("m = Sequential([Dense(3)])\nm.compile('adamm', 'mse')\n", Check.UNKNOWN_NAME, "train.py:5: ", "use 'adam'"),
]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a script."""
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "train.py").write_text(HEAD + text)
        return "train.py"

    return write


@pytest.mark.every(4)
@pytest.mark.parametrize(("text", "check", "place", "said"), BEFORE_FIT)
def test_what_keras_refuses_before_fit_is_named(written, text, check, place, said):
    with pytest.raises(RefusedByKeras) as refused:
        capture_script(written(text + TAIL))
    finding = refused.value.finding
    assert finding.check is check
    assert finding_text(finding).startswith(place or "train.py:4: ")
    assert said in finding_text(finding)
    shown = list(lines(read_refused("train.py", finding, ())))
    assert shown[0].startswith("train.py cannot be trained by Keras: train.py:")
    assert said in shown[0]
    assert len(shown) == 1


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("model", "rows", "check", "said"),
    [
        ("Input((9, 2)), LSTM(3), Dense(1)", "(20, 9)", Check.MODEL_INPUT_SHAPE, "x.reshape(-1, 9, 1)"),
        ("Input((None, 9)), LSTM(3), Dense(1)", "(20, 9)", Check.MODEL_INPUT_SHAPE, "input_shape=(9, 1)"),
        ("Input((9,)), Dense(1)", "(20, 8)", Check.LAYER_INPUT_WIDTH, "9 values"),
        ("Conv2D(3, 3), Flatten(), Dense(1)", "(20, 9, 9)", Check.LAYER_INPUT_RANK, "the axis of channels"),
    ],
)
def test_inputs_that_the_model_cannot_read_are_not_searched(written, model, rows, check, said):
    text = f"m = Sequential([{model}])\nm.compile('adam', 'mse')\nm.fit(np.random.rand(*{rows}), np.arange(20.0))\n"
    program = capture_script(written(text))
    assert not is_judged(program)
    read = read_unjudged(program)
    assert read.is_refused
    assert [likely.finding.check for likely in read.likely] == [check]
    assert said in finding_text(read.likely[0].finding)


def test_a_loss_that_reads_a_tensor_of_the_model(written):
    program = capture_script(
        written(
            "i = Input((8,))\nh = Dense(2)(i)\nm = keras.Model(i, Dense(1)(h))\n"
            "m.compile('adam', loss=lambda y, p: keras.ops.sum(h))\nm.fit(np.random.rand(20, 8), np.arange(20.0))\n"
        )
    )
    read = read_unjudged(program)
    assert (read.is_refused, [one.finding.check for one in read.likely]) == (True, [Check.LOSS_OF_MODEL_TENSOR])
    assert read.likely[0].finding.place.line == program.places.compile.line


def test_rows_of_a_known_data_set_that_the_model_cannot_read(written):
    program = capture_script(
        written(
            "(x, y), _ = keras.datasets.mnist.load_data()\n"
            "m = Sequential([Input((28, 28, 1)), Conv2D(2, 3), Flatten(), Dense(10, 'softmax')])\n"
            "m.compile('adam', 'sparse_categorical_crossentropy')\nm.fit(x.reshape(-1, 784) / 255, y)\n"
        )
    )
    assert read_unjudged(program).likely[0].finding.check is Check.MODEL_INPUT_SHAPE


def test_errors_of_the_script_itself_stay_errors(written):
    with pytest.raises(BadInput, match="ZeroDivisionError") as error:
        capture_script(written("1 / 0\n" + TAIL))
    assert not isinstance(error.value, RefusedByKeras)
    assert explained("read_csv() got an unexpected keyword argument 'delim_whitespace'", None, {}) is None


@pytest.mark.parametrize(
    ("message", "check", "values"),
    [
        (
            'Input 0 of layer "lstm" is incompatible with the layer: expected ndim=3, found ndim=2. '
            "Full shape received: (None, 9)",
            Check.LAYER_INPUT_RANK,
            {"layer": "lstm", "wanted": 3, "shape": (None, 9)},
        ),
        (
            'Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 9, '
            "but received input with shape (None, 8)",
            Check.LAYER_INPUT_WIDTH,
            {"layer": "dense", "wanted": 9, "shape": (None, 8)},
        ),
        (
            "Computed output size would be negative. Received: `inputs.shape=(None, 4, 4, 1)` and `pool_size=(8, 8)`.",
            Check.IMAGE_TOO_SMALL,
            {"shape": (None, 4, 4, 1), "window": (8, 8)},
        ),
        (
            "Computed output size would be negative. Received `inputs shape=(None, 1, 28, 28)`, "
            "`kernel shape=(3, 3, 28, 3)`, `dilation_rate=[1 1]`.",
            Check.IMAGE_TOO_SMALL,
            {"shape": (None, 1, 28, 28), "window": (3, 3)},
        ),
    ],
)
def test_errors_of_keras_3_12_are_read_as_those_of_later_versions(message, check, values):
    finding = explained(message, None, {})
    assert finding is not None
    assert (finding.check, finding.values) == (check, values)


@pytest.mark.parametrize(("data", "is_refused"), [("x = 3\n", True), ("x = np.load('none.npy')\n", False)])
def test_values_that_were_made_up_are_not_said_to_be_wrong(written, data, is_refused):
    text = data + "keras.ops.convert_to_tensor(np.array([None, 'a'], dtype=object))\n" + TAIL
    with pytest.raises(BadInput) as error:
        capture_script(written(text))
    assert isinstance(error.value, RefusedByKeras) == is_refused


def test_a_refused_script_ends_with_1(written, capsys):
    assert main(["diagnose", written(BEFORE_FIT[0][0] + TAIL), "--no-log", "--json"]) == 1
    printed = capsys.readouterr().out
    assert '"outcome": "does-not-train"' in printed
    assert '"check": "layer-input-rank"' in printed


def test_arguments_that_optimizers_of_the_first_version_ignored(written):
    text = "m = Sequential([Dense(1, input_dim=8)])\nm.compile(keras.optimizers.SGD(l2=0.0, lr=0.05), 'mse')\n"
    text += "m.fit(np.random.rand(20, 8), np.arange(20.0), nb_epoch=1)\n"
    program = capture_script(written(text))
    assert float(np.asarray(program.optimizer.learning_rate)) == pytest.approx(0.05)


def test_a_model_whose_constructor_raises_has_no_name(written):
    with pytest.raises(BadInput, match=r"train.py:4: the script fails before it calls fit: ValueError: All `outputs`"):
        capture_script(written("m = keras.Model(Input((3,)), None)\n" + TAIL))


@pytest.mark.slow
def test_a_callback_that_raises_is_why_nothing_is_judged(written, capsys):
    """Not the time, although no training of a repair is tried."""
    text = "class Full(keras.callbacks.Callback):\n  def on_epoch_end(self, epoch, logs):\n    raise OSError('full')\n"
    rows = "x = np.random.rand(60, 3)\nm = Sequential([Input((3,)), Dense(1)])\nm.compile('adam', 'mse')\n"
    path = written(text + rows + "m.fit(x, x.sum(1), epochs=3, callbacks=[Full()])\n")
    assert main(["diagnose", path, "--no-log"]) == 3
    said = capsys.readouterr().out
    assert "fit stops with OSError: full (train.py, line 6)" in said
    assert "time ran out" not in said


@pytest.mark.slow
def test_the_reason_of_what_fit_raises_is_said_if_it_is_known(written, capsys):
    text = "class Refusing(keras.callbacks.Callback):\n  def on_epoch_end(self, epoch, logs):\n"
    text += "    raise ValueError('Invalid dtype: object')\nx = np.random.rand(60, 3)\n"
    text += "m = Sequential([Input((3,)), Dense(1)])\nm.compile('adam', 'mse')\n"
    path = written(text + "m.fit(x, x.sum(1), epochs=3, callbacks=[Refusing()])\n")
    assert main(["diagnose", path, "--no-log"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "This means: x or y holds values of the kind object and not numbers; encode texts" in said
    assert "Repair this first; then the model can be trained." in said
