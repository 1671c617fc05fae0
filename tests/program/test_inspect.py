"""``harness inspect``: what it finds in models made for it, and what it refuses to open."""

import json
import math
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from harness import BadInput
from harness.programs import model_files as source
from harness.programs.inspection import inspect
from harness.programs.units import split_recurrent
from harness.report import inspection as inspect_report
from harness.report.page.inspections import page_of
from tests.processes import PATIENCE, run_code

L = keras.layers
ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)


def two_layers(hidden, **arguments):
    """4 inputs, a hidden layer "hidden" of 6, an output layer"""
    return keras.Sequential([keras.Input((4,)), L.Dense(6, hidden, name="hidden", **arguments), L.Dense(1, name="out")])


def told(inspection):
    """What a person reads, at 80 columns"""
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(inspect_report.people(inspection))
    return console.export_text()


def test_a_fresh_model_is_fine():
    found = inspect(two_layers("tanh"), RNG.normal(size=(50, 4)))
    assert found.is_fine
    assert [(layer.name, layer.units, layer.effective_width, layer.is_hidden) for layer in found.layers] == [
        ("hidden", 6, 6, True),
        ("out", 1, 1, False),
    ]
    assert "No hidden layer has clones" in told(found)


def test_clones_are_found_with_their_units():
    model = two_layers("tanh")
    kernel, bias = model.get_layer("hidden").get_weights()
    following, its_bias = model.get_layer("out").get_weights()
    kernel[:, [2, 5]], following[[2, 5]] = kernel[:, [0]], following[0]
    model.get_layer("hidden").set_weights([kernel, bias])
    model.get_layer("out").set_weights([following, its_bias])
    found = inspect(model)
    assert not found.is_fine
    assert found.layers[0].clones == [[0, 2, 5]]
    assert found.layers[0].effective_width == 4
    assert "clones: 0, 2, 5" in told(found).replace("\n", " ")


def test_units_that_are_read_with_different_weights_are_not_clones():
    """They compute the same, but the next update tells them apart."""
    model = two_layers("tanh", kernel_initializer="ones")
    model.get_layer("out").set_weights([np.arange(1.0, 7.0)[:, None], np.zeros(1)])
    assert inspect(model).layers[0].clones == []
    model.get_layer("out").set_weights([np.ones((6, 1)), np.zeros(1)])
    assert inspect(model).layers[0].clones == [[0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize(("near", "findings"), [(3, []), (4, ["near-clones"])])
def test_near_clones_are_more_than_half_of_the_units(near, findings):
    model = keras.Sequential([keras.Input((30,)), L.Dense(6, "tanh", name="hidden"), L.Dense(1)])
    kernel = RNG.normal(size=(30, 6)) / 6
    kernel[:, :near] = kernel[:, [0]] * (1 + 1e-3 * RNG.normal(size=(30, near)))
    model.layers[0].set_weights([kernel, np.zeros(6)])
    model.layers[1].set_weights([np.full((6, 1), 0.3), np.zeros(1)])
    assert inspect(model).layers[0].findings == findings


def test_dead_and_saturated_units_need_data_and_are_those_of_the_formulas():
    x = RNG.normal(size=(600, 4))  # more than one batch
    model = two_layers("relu")
    kernel, bias = model.get_layer("hidden").get_weights()
    bias[1], bias[4] = -100, 100
    model.get_layer("hidden").set_weights([kernel, bias])
    found = inspect(model, x).layers[0]
    assert found.on_data.dead == [1]
    assert found.on_data.share == pytest.approx(np.mean(x @ kernel + bias <= 0))
    assert found.findings == ["dead"]
    assert inspect(model).layers[0].on_data is None
    assert inspect(model).is_fine

    model = two_layers("sigmoid")
    kernel, bias = model.get_layer("hidden").get_weights()
    bias[3], bias[5] = 30, -8
    kernel[:, [3, 5]] *= 0.1
    model.get_layer("hidden").set_weights([kernel, bias])
    found = inspect(model, x)
    assert found.layers[0].on_data.saturated == [3, 5]
    assert found.layers[0].on_data.dead == [3]  # in float32 its sigmoid is exactly 1
    assert found.layers[0].findings == ["dead", "saturated"]
    assert found.layers[0].on_data.share == pytest.approx(np.mean(np.abs(x @ kernel + bias) > 4.3567))
    assert not found.is_fine


def test_a_unit_is_dead_only_if_it_is_in_every_batch():
    model = two_layers("relu")
    model.get_layer("hidden").set_weights([np.tile(np.eye(4), 2)[:, :6], np.zeros(6)])
    x = np.concatenate([np.ones((300, 4)), -np.ones((300, 4))])
    found = inspect(model, x).layers[0].on_data
    assert (found.dead, found.share) == ([], 0.5)
    assert inspect(model, x[300:]).layers[0].on_data.dead == list(range(6))
    assert inspect(model, x[::-1]).layers[0].on_data.dead == []


def test_an_activation_layer_of_its_own_counts():
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, name="hidden"), L.ReLU(), L.Dense(1)])
    model.get_layer("hidden").set_weights([np.eye(4, 3), np.array([-100.0, 0, 0])])
    found = inspect(model, RNG.normal(size=(20, 4))).layers[0]
    assert (found.activation, found.rule, found.on_data.dead) == ("relu", "he", [0])


SCALES = [
    (lambda start: L.Dense(400, "relu", kernel_initializer=start), (300,), "he_normal", math.sqrt(2 / 300)),
    (lambda start: L.Dense(400, "tanh", kernel_initializer=start), (300,), "glorot_uniform", math.sqrt(2 / 700)),
    (lambda start: L.Dense(400, "selu", kernel_initializer=start), (300,), "lecun_normal", math.sqrt(1 / 300)),
    (
        lambda start: L.Conv2D(64, 3, activation="relu", kernel_initializer=start),
        (8, 8, 32),
        "he_uniform",
        math.sqrt(2 / 288),
    ),
    (lambda start: L.Conv2DTranspose(64, 3, kernel_initializer=start), (8, 8, 32), "glorot_normal", math.sqrt(2 / 864)),
    (lambda start: L.LSTM(64, kernel_initializer=start), (5, 100), "glorot_uniform", math.sqrt(2 / (100 + 4 * 64))),
]


@pytest.mark.every(3)
@pytest.mark.parametrize(("layer", "shape", "start", "recommended"), SCALES)
def test_keras_own_initializers_have_the_scale_of_the_rule(layer, shape, start, recommended):
    model = keras.Sequential([keras.Input(shape), layer(keras.initializers.get(start)), L.Flatten(), L.Dense(1)])
    found = inspect(model).layers[0]
    assert found.recommended == pytest.approx(recommended)
    assert found.rule == start.split("_")[0]
    assert found.ratio == pytest.approx(1, abs=0.05)


def test_a_page_says_each_sentence_once_and_its_headline_first():
    fine = page_of(inspect(two_layers("tanh")))
    assert fine.headline == "No hidden layer has clones."
    assert fine.headline not in fine.answer
    model = two_layers("tanh", kernel_initializer="ones")
    model.get_layer("out").set_weights([np.ones((6, 1)), np.zeros(1)])
    wrong = page_of(inspect(model))
    assert wrong.headline == "1 of 2 layers has clones."
    assert "clones: 0, 1, 2, 3, 4, 5" in " ".join(wrong.answer)


def test_a_scale_far_off_is_reported():
    found = inspect(two_layers("relu", kernel_initializer=keras.initializers.RandomNormal(stddev=20, seed=1)))
    assert "times larger than recommended for relu (he)" in told(found)
    assert found.is_fine  # it is not a defect of a trained model


def test_layers_that_are_not_judged_are_named_and_nan_is_reported():
    inputs = keras.Input((6, 4))
    model = keras.Model(inputs, L.Dense(1)(L.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)))
    assert inspect(model).not_judged == ["attention"]
    model = two_layers("tanh")
    model.get_layer("hidden").set_weights([np.full((4, 6), np.nan), np.zeros(6)])
    found = inspect(model)
    assert not found.is_fine
    assert "NaN or infinite" in told(found)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["layers"][0]["scale"] is None


def test_no_weights_yet_and_data_for_no_graph():
    with pytest.raises(BadInput, match="no weights yet"):
        inspect(keras.Sequential([L.Dense(2)]))

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.only = L.Dense(2)

        def call(self, x):
            return self.only(x)

    mine = Mine()
    mine(np.zeros((1, 3)))
    assert len(inspect(mine).layers) == 1
    with pytest.raises(BadInput, match="leave the data out"):
        inspect(mine, np.zeros((1, 3)))


# Files


def test_a_saved_model_comes_back_with_named_inputs(tmp_path):
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], L.Dense(1)(L.Dense(4, "tanh", name="hidden")(L.Concatenate()([a, b]))))
    model.save(tmp_path / "m.keras")
    np.savez(tmp_path / "x.npz", b=np.ones((7, 3)), a=np.zeros((7, 2)))
    loaded = source.load(str(tmp_path / "m.keras"))
    found = inspect(loaded, source.load_data(tmp_path / "x.npz", loaded))
    assert (found.observations, found.layers[0].effective_width) == (7, 4)
    np.savez(tmp_path / "one.npz", a=np.zeros((7, 2)))
    with pytest.raises(BadInput, match="an array for each input: a, b"):
        source.load_data(tmp_path / "one.npz", loaded)
    np.savez(tmp_path / "uneven.npz", a=np.zeros((7, 2)), b=np.zeros((6, 3)))
    with pytest.raises(BadInput, match="different numbers of observations"):
        source.load_data(tmp_path / "uneven.npz", loaded)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_is_unpickled_and_no_lambda_is_run(tmp_path):
    fuse = tmp_path / "fuse"
    bomb = pickle.dumps(Bomb(fuse))
    (tmp_path / "bomb.keras").write_bytes(bomb)
    (tmp_path / "bomb.npz").write_bytes(bomb)
    np.savez(tmp_path / "object.npz", x=np.array([Bomb(fuse)], dtype=object))
    with zipfile.ZipFile(tmp_path / "zip.keras", "w") as file:
        file.writestr("config.json", bomb)
    keras.Sequential([keras.Input((4,)), L.Lambda(lambda x: x * 2), L.Dense(2)]).save(tmp_path / "lambda.keras")
    model = two_layers("tanh")
    model.save(tmp_path / "old.h5")
    for name, message in (
        ("bomb.keras", "is not a .keras file"),
        ("zip.keras", "is not a .keras file"),
        ("lambda.keras", "holds Python code"),
        ("old.h5", "HDF5"),
        ("missing.keras", "not a file"),
    ):
        with pytest.raises(BadInput, match=message):
            source.load(str(tmp_path / name))
    for name, message in (
        ("bomb.npz", "not an NPZ file"),
        ("object.npz", "holds pickled objects"),
        ("missing.npz", "not a file"),
    ):
        with pytest.raises(BadInput, match=message):
            source.load_data(tmp_path / name, model)
    assert not fuse.exists()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": np.zeros((3, 4))}, "it must have an array x"),
        ({}, r"has the arrays \[\]"),
        ({"x": np.zeros((3, 5))}, r"x has shape \(3, 5\); the model wants \(any, 4\)"),
        ({"x": np.zeros((0, 4))}, r"shape \(0, 4\)"),
        ({"x": np.full((3, 4), np.nan)}, "finite numbers"),
        ({"x": np.full((3, 4), "text")}, "must hold numbers"),
    ],
)
def test_data_that_does_not_fit(tmp_path, arrays, message):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(BadInput, match=message):
        source.load_data(tmp_path / "x.npz", two_layers("tanh"))


# Near-clones


def test_a_start_from_ones_is_seen_under_dropout():
    """Dropout masks part the units, so none of them are exact clones after training."""
    keras.utils.set_random_seed(0)
    layers = [L.Dense(8, "tanh", kernel_initializer="ones"), L.Dropout(0.3), L.Dense(1, kernel_initializer="ones")]
    model = keras.Sequential([keras.Input((8,)), *layers])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    (hidden, _) = inspect(model).layers
    assert hidden.effective_width == 8
    assert hidden.near_clones == [list(range(8))]
    assert hidden.findings == ["near-clones"]


def test_random_units_are_not_near_clones():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), L.Dense(512, "relu"), L.Dense(2)])
    assert all(layer.near_clones == [] for layer in inspect(model).layers)


def test_a_convolution_normalised_before_relu_is_read_as_relu():
    block = [L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(), L.ReLU()]
    model = keras.Sequential([keras.Input((8, 8, 1)), *block, L.Flatten(), L.Dense(2)])
    assert [layer.activation for layer in inspect(model).layers] == ["relu", "linear"]


# Functions


MODULE = """
import keras
import models.parts  # somebody else's package of that name
print("a word of its own")

def build():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(models.parts.UNITS), keras.layers.Dense(1)])

def fail():
    raise RuntimeError("it does not work")

def stop():
    raise SystemExit(3)

def seven():
    return 7
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder with a module and a ``models`` of its own, as the current one"""
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("")
    (tmp_path / "models" / "parts.py").write_text("UNITS = 5\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return tmp_path


def test_a_function_is_called_among_its_own_modules(mine, capsys):
    model = source.load("mine:build")
    assert [layer.units for layer in inspect(model).layers] == [5, 1]
    assert capsys.readouterr().out == ""
    for name, message in (
        ("fail", r"mine.py, line 10: RuntimeError: it does not work"),
        ("stop", "SystemExit: 3"),
        ("seven", "returned int"),
        ("other", "no attribute 'other'"),
    ):
        with pytest.raises(BadInput, match=message):
            source.load(f"mine:{name}")
    with pytest.raises(BadInput, match="No module named 'absent'"):
        source.load("absent:build")


def test_what_is_wrong_with_a_file_is_reported_without_keras(tmp_path):
    code = (
        "import sys; from pathlib import Path; from harness import BadInput\n"
        "from harness.programs import model_files as source\n"
        "try: source.check_source(sys.argv[1], None)\n"
        "except BadInput as error: print(error, 'keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = run_code(code, tmp_path / "m.keras")
    assert done.stdout.endswith("False False\n")


# The command


@pytest.mark.slow
def test_exit_code_and_json_of_the_command(mine):
    keras.Sequential(
        [keras.Input((4,)), L.Dense(6, kernel_initializer="ones"), L.Dense(1, kernel_initializer="ones")]
    ).save("clones.keras")
    for arguments, code, said in (
        (["clones.keras", "--json"], 1, '"effective_width": 1'),
        (["mine:build"], 0, "No hidden layer has clones"),
        (["absent.keras"], 2, "harness: absent.keras is not a file"),
    ):
        done = subprocess.run(
            [sys.executable, str(ROOT / "harness"), "inspect", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == code, done.stderr
        assert said in (done.stderr if code == 2 else done.stdout)
        if "--json" in arguments:
            assert json.loads(done.stdout)["fine"] is False


def test_recurrent_weights_that_are_all_zero_keep_a_group_together():
    rng = np.random.default_rng(0)
    assert split_recurrent([0, 1, 2], np.zeros((1, 3, 3)), 1e-6) == [[0, 1, 2]]
    assert split_recurrent([0, 1, 2], rng.normal(size=(1, 3, 3)), 1e-6) == [[0], [1], [2]]
    pair = np.array([[[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [4.0, 4.0, 5.0]]])  # 0 and 1 can be swapped
    assert split_recurrent([0, 1, 2], pair, 1e-6) == [[0, 1], [2]]
