"""Real comparisons: each backend in a process of its own."""

import importlib.util
import json
import signal
import time
from dataclasses import replace

import keras
import numpy as np
import pytest

from harness.backends import compare
from harness.backends.prepare import case_of_program, case_of_scenario
from harness.backends.reasons import ReasonKind
from harness.backends.setups import Setup
from harness.backends.workers import Failed, Workers
from harness.errors import BadInput
from harness.programs.fit_calls import program_of
from harness.scenario.scenario import load
from tests.backends.stock_models import MODELS, PLANTS, case_of
from tests.benchmarks.backends_accuracy import SEEDS, compare_model, compare_plant, compare_seeds, is_found
from tests.processes import PATIENCE, run_harness, start_harness

QUICK_MODELS, QUICK_PLANTS = ("BatchNormalization",), ("batch normalization epsilon",)

SCRIPT = """
import keras
import numpy as np
from keras import layers

class Scale(layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")
    def call(self, values):
        return values * self.factor

x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "tanh"), Scale(), layers.Dropout(0.5)])
model.add(layers.Dense(1, "sigmoid"))
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=2, verbose=0)
"""


@pytest.fixture(scope="module")
def workers():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("no jax: pip install jax")
    with Workers() as workers:
        yield workers


def some(names, quick):
    """The names, the quick ones marked ``slow`` and the others ``long``."""
    return [pytest.param(name, marks=pytest.mark.slow if name in quick else pytest.mark.long) for name in names]


@pytest.mark.parametrize("name", some(MODELS, QUICK_MODELS))
def test_stock_models_agree(name, workers):
    (pair,) = compare_model(name, workers).pairs
    assert pair.agrees, pair.first
    assert len({difference.quantity.kind for difference in pair.differences}) == 5


@pytest.mark.long
@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_reported_in_20_seeds(name):
    pytest.importorskip("jax")
    assert [pair.first for pair in compare_seeds(name, SEEDS)] == [None] * SEEDS


@pytest.mark.parametrize("name", some(PLANTS, QUICK_PLANTS))
def test_planted_differences_are_found_where_they_are(name, workers):
    (pair,) = compare_plant(PLANTS[name], workers).pairs
    assert is_found(PLANTS[name], pair), (pair.first, pair.reasons)


@pytest.mark.long
def test_float64_that_is_float32_is_named(workers):
    case = case_of(MODELS["Dense"])
    setups = [Setup(backend=backend, dtype="float64") for backend in ("tensorflow", "jax")]
    (pair,) = compare.compare_cases([(setup, case) for setup in setups], workers).pairs
    assert pair.first.imprecise == ("right",)
    assert [(reason.kind, reason.side) for reason in pair.reasons] == [(ReasonKind.SILENT_FLOAT32, "right")]


@pytest.mark.slow
def test_adam_with_an_embedding_parts_at_the_optimizer(workers):
    case = case_of(MODELS["Embedding"], optimizer="adam")
    (pair,) = compare.compare_cases([(Setup(backend=name), case) for name in ("tensorflow", "jax")], workers).pairs
    assert (pair.place, pair.first.quantity.updates) == (compare.Place.OPTIMIZER, 1)
    assert [(reason.kind, reason.side) for reason in pair.reasons] == [(ReasonKind.SPARSE_GRADIENTS, "left")]


@pytest.mark.slow
def test_logits_that_tensorflow_remembers_are_named(workers):
    """The softmax of one unit is 1, whose cross-entropy does not depend on the weights; that of its logits does."""
    case = case_of(lambda: keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, "softmax")]))
    case = replace(case, loss="binary_crossentropy", y=(case.y > 0).astype("float32").reshape(-1, 1))
    (pair,) = compare.compare_cases([(Setup(backend=name), case) for name in ("tensorflow", "jax")], workers).pairs
    assert pair.place is compare.Place.LOSS
    assert [(reason.kind, reason.side) for reason in pair.reasons] == [(ReasonKind.REMEMBERED_LOGITS, "left")]


@pytest.mark.long
def test_dtypes_and_compilation_agree_within_their_rounding(workers):
    case = case_of(MODELS["branched"])
    setups = [Setup(backend="jax", dtype=dtype) for dtype in ("float32", "mixed_bfloat16")]
    setups.append(Setup(backend="jax", jit=False))
    result = compare.compare_cases([(setup, case) for setup in setups], workers)
    assert [run.is_compiled for run in result.runs] == [True, True, False]
    assert [pair.first for pair in result.pairs] == [None] * 3


@pytest.mark.long
def test_what_a_backend_cannot_compute_is_reported(workers):
    case = case_of(MODELS["Dense"])
    broken = Setup(backend="jax")
    with pytest.raises(Failed, match="weights"):
        workers.compute(broken, replace(case, weights=case.weights[:1]), lambda what: None)


@pytest.mark.slow
def test_a_script_with_a_layer_of_its_own(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    line = ["compare", "train.py", "--backends", "tensorflow,jax", "--seeds", "2", "--json", "--name", "one"]
    done = run_harness(*line, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["random_layers"] == ["dropout"]
    assert document["layers"] == ["dense", "scale", "dropout", "dense_1"]
    assert document["pairs"][0]["with_draws"]["layer"] == "dropout"
    assert len(document["setups"][0]["losses"]) == 2
    assert (tmp_path / "logs/train/one/report.html").is_file()


@pytest.mark.slow
def test_ctrl_c_ends_the_children_too(tmp_path):
    line = ["compare", "xor", "--backends", "tensorflow,jax", "--no-log"]
    process = start_harness(*line, cwd=tmp_path, environment={"TMPDIR": str(tmp_path)})
    deadline = time.monotonic() + PATIENCE
    while not list(tmp_path.glob("harness-*/content/worker-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err == "harness: interrupted\n"
    assert not list(tmp_path.glob("harness-*"))


def test_a_model_with_several_outputs_is_refused():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile("sgd", ["mean_squared_error", "mean_squared_error"])
    program = program_of(model, np.zeros((4, 2)), [np.zeros((4, 1)), np.zeros((4, 1))])
    with pytest.raises(BadInput, match="a model with one output, got 2"):
        case_of_program(program)


def test_the_case_of_a_scenario_has_its_weights_and_its_data():
    scenario = load("post", {"initializers": ["ones"]})
    case = case_of_scenario(scenario, seeds=0)
    assert all((weight == 1).all() for weight in case.weights)
    np.testing.assert_array_equal(case.x[""], scenario.x)
    assert case.loss == "sum_of_squared_errors"
    assert [len(rows) for rows in case.batches] == [len(scenario.x)] * 100
