"""The Keras callbacks on small models of many kinds, under the backend that KERAS_BACKEND names."""

import importlib.util
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from harness.callbacks import NeuronHistograms, SymmetryMonitor, SymmetryWarning

if keras.config.backend() == "tensorflow":
    pytestmark = pytest.mark.usefixtures("without_compiling")

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.integers(0, 2, size=(24, 2)).astype("float32")


def dense(start="ones", **arguments):
    """4-5-3-2, every kernel from one initializer"""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            L.Dense(5, "tanh", kernel_initializer=start, name="first"),
            L.Dense(3, "tanh", kernel_initializer=start, name="second"),
            L.Dense(2, kernel_initializer=start, name="outputs"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.05), "mse", **arguments)
    return model


def fit(model, *callbacks, x=X, y=Y, epochs=2, batch_size=8):
    """History, and the warnings of ours; three batches an epoch unless given otherwise."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0, shuffle=False, callbacks=callbacks)
    return history.history, [str(one.message) for one in caught if one.category is SymmetryWarning]


def read(folder, run="train"):
    """{tag: {step: array}} of all that was written about training, or validation"""
    logged = EventAccumulator(str(Path(folder) / run), size_guidance={"tensors": 0}).Reload()
    return {
        tag: {e.step: make_ndarray(e.tensor_proto) for e in logged.Tensors(tag)} for tag in logged.Tags()["tensors"]
    }


# SymmetryMonitor


def test_clones_are_reported_once_for_each_hidden_layer_and_found_in_the_history():
    monitor = SymmetryMonitor()
    history, told = fit(dense(), monitor, epochs=3)
    assert len(told) == 2
    assert "layer 'first': 1 of its 5 units is distinct after 3 updates" in told[0]
    assert "kernel_initializer" in told[0]
    assert "layer 'second'" in told[1]
    assert history["first_effective_width"] == [1, 1, 1]
    assert "outputs_effective_width" not in history
    assert monitor.effective_widths["second"] == [(0, 1), (3, 1), (6, 1), (9, 1)]
    assert fit(dense(), monitor)[1] == []  # once


def test_a_drawn_start_is_fine():
    history, told = fit(dense("glorot_uniform"), SymmetryMonitor())
    assert told == []
    assert history["first_effective_width"] == [5, 5]


def test_units_that_the_next_layer_tells_apart_are_not_clones():
    model = dense("glorot_uniform")
    model.get_layer("first").set_weights([np.ones((4, 5), "float32"), np.zeros(5, "float32")])
    history, told = fit(model, SymmetryMonitor())
    assert told == []
    assert history["first_effective_width"] == [5, 5]


def test_two_clones_among_others_are_found():
    model = dense("glorot_uniform")
    kernel, bias = model.get_layer("first").get_weights()
    following, its_bias = model.get_layer("second").get_weights()
    kernel[:, 3], following[3] = kernel[:, 1], following[1]
    model.get_layer("first").set_weights([kernel, bias])
    model.get_layer("second").set_weights([following, its_bias])
    _, told = fit(model, SymmetryMonitor())
    assert len(told) == 1
    assert "4 of its 5 units are distinct" in told[0]


def test_stop_training_ends_it_in_the_first_epoch():
    history, told = fit(dense(), SymmetryMonitor(every=1, stop_training=True), epochs=5)
    assert len(history["loss"]) == 1
    assert "after 1 update." in told[0]


@pytest.mark.slow
def test_every_counts_batches_and_respects_steps_per_execution():
    monitor = SymmetryMonitor(every=2)
    fit(dense(), monitor, epochs=2, batch_size=4)  # six batches an epoch
    assert [step for step, _ in monitor.effective_widths["first"]] == [0, 2, 4, 6, 8, 10, 12]
    if keras.config.backend() == "torch":
        return  # has no steps_per_execution
    monitor = SymmetryMonitor(every=2)
    fit(dense(steps_per_execution=3), monitor, epochs=2, batch_size=4)
    assert [step for step, _ in monitor.effective_widths["first"]] == [0, 3, 6, 9, 12]


@pytest.mark.slow
def test_dropout_parts_clones_and_a_frozen_layer_is_left_alone():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            L.Dense(6, "tanh", kernel_initializer="ones"),
            L.Dropout(0.5, seed=1),
            L.Dense(2, kernel_initializer="ones"),
        ]
    )
    model.compile("sgd", "mse")
    assert fit(model, SymmetryMonitor())[1] == []
    # so little is learned that the units still count as equal, yet they part as far as they move
    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    model.compile(keras.optimizers.SGD(1e-5), "mse")
    monitor = SymmetryMonitor()
    assert fit(model, monitor)[1] == []
    assert [width for _, width in monitor.effective_widths[model.layers[0].name]] == [1, 1, 1]
    frozen = dense()
    frozen.get_layer("first").trainable = False
    frozen.compile("sgd", "mse")
    history, told = fit(frozen, SymmetryMonitor())
    assert [message[:14] for message in told] == ["layer 'second'"]
    assert "first_effective_width" not in history


def sequence_model(layer):
    """One recurrent layer between its inputs and an output"""
    model = keras.Sequential([keras.Input((5, 2)), layer, L.Dense(1, kernel_initializer="ones", name="outputs")])
    model.compile("sgd", "mse")
    return model


SEQUENCES = RNG.normal(size=(8, 5, 2)).astype("float32")


@pytest.mark.every(3)
@pytest.mark.parametrize("kind", [L.SimpleRNN, pytest.param(L.GRU, marks=pytest.mark.slow), L.LSTM])
@pytest.mark.parametrize(("recurrent", "width"), [("ones", 1), ("identity", 1), ("orthogonal", 4)])
def test_recurrent_units_are_clones_if_a_swap_changes_nothing(kind, recurrent, width):
    if recurrent == "identity" and kind is not L.SimpleRNN:
        recurrent = "zeros"  # identity wants a square
    layer = kind(4, kernel_initializer="ones", recurrent_initializer=recurrent, name="memory")
    monitor = SymmetryMonitor()
    _, told = fit(sequence_model(layer), monitor, x=SEQUENCES, y=SEQUENCES[:, 0, :1])
    assert [found for _, found in monitor.effective_widths["memory"]] == [width] * 3
    assert len(told) == (width == 1)


def test_convolutions_with_what_follows_them():
    images = RNG.normal(size=(8, 6, 6, 2)).astype("float32")

    def model(following):
        built = keras.Sequential(
            [
                keras.Input((6, 6, 2)),
                L.Conv2D(4, 3, kernel_initializer="ones", name="filters"),
                L.BatchNormalization(name="normal"),
                L.ReLU(),
                L.MaxPooling2D(),
                L.Flatten(),
                L.Dense(1, kernel_initializer=following, name="outputs"),
            ]
        )
        built.compile("sgd", "mse")
        return built

    for following, width in (("ones", 1), ("glorot_uniform", 4)):
        history, told = fit(model(following), SymmetryMonitor(), x=images, y=images[:, 0, 0, :1])
        assert history["filters_effective_width"] == [width, width]
        assert len(told) == (width == 1)
    parted = model("ones")  # gamma of the normalisation belongs to the filters
    gamma, *others = parted.get_layer("normal").get_weights()
    parted.get_layer("normal").set_weights([gamma * np.float32([1, 1, 2, 3]), *others])
    monitor = SymmetryMonitor()
    fit(parted, monitor, x=images, y=images[:, 0, 0, :1])
    assert monitor.effective_widths["filters"][0] == (0, 3)


def test_several_inputs_and_outputs_embedding_and_a_sum(tmp_path):
    tokens, numbers = keras.Input((3,), name="tokens"), keras.Input((4,), name="numbers")
    embedded = L.Flatten()(L.Embedding(7, 4, embeddings_initializer="ones", name="words")(tokens))
    hidden = L.Dense(4, kernel_initializer="ones", name="hidden")(embedded)
    other = L.Dense(4, name="other")(numbers)
    total = L.Add()([hidden, other])
    model = keras.Model(
        {"tokens": tokens, "numbers": numbers},
        {"a": L.Dense(2, kernel_initializer="ones", name="a")(hidden), "b": L.Dense(1, name="b")(total)},
    )
    model.compile("sgd", {"a": "mse", "b": "mse"})
    x = {"tokens": RNG.integers(0, 7, (16, 3)), "numbers": RNG.normal(size=(16, 4)).astype("float32")}
    y = {"a": np.zeros((16, 2), "float32"), "b": np.ones((16, 1), "float32")}
    monitor = SymmetryMonitor()
    _, told = fit(model, monitor, NeuronHistograms(tmp_path, x=x), x=x, y=y)
    assert set(monitor.effective_widths) == {"words", "hidden", "other"}  # outputs answer to targets
    assert any("layer 'words'" in message and "embeddings_initializer" in message for message in told)
    assert monitor.effective_widths["other"][0][1] == 4
    assert "units of words/activation/neuron0" in read(tmp_path)


def test_a_model_that_is_not_a_graph_is_judged_by_incoming_weights():
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = L.Dense(3, "tanh", kernel_initializer="ones", name="first")
            self.second = L.Dense(2, kernel_initializer="ones", name="second")

        def call(self, x):
            return self.second(self.first(x))

    model = Mine()
    model.compile("sgd", "mse")
    _, told = fit(model, SymmetryMonitor())
    assert len(told) == 1
    assert "judged by their incoming weights" in told[0]


def near(start, rate=0.5, learning_rate=0.01):
    """9-12-2 with dropout, which separates units that start identical"""
    model = keras.Sequential(
        [
            keras.Input((9,)),
            L.Dense(12, "tanh", kernel_initializer=start, name="hidden"),
            L.Dropout(rate, seed=1),
            L.Dense(2, kernel_initializer=start, name="outputs"),
        ]
    )
    model.compile(keras.optimizers.SGD(learning_rate), "mse")
    return model


WIDE = RNG.normal(size=(100, 9)).astype("float32")
SIGNS = np.sign(WIDE[:, :2])


@pytest.mark.slow
def test_units_that_dropout_separates_too_slowly_are_reported():
    model, monitor = near("ones"), SymmetryMonitor(stop_training=True)
    history, told = fit(model, monitor, x=WIDE, y=SIGNS, batch_size=5, epochs=4)
    assert monitor.effective_widths["hidden"][-1][1] == 12  # no two are equal
    assert len(history["loss"]) == 4  # and training is not stopped
    assert len(told) == 1
    assert "layer 'hidden': 12 of its 12 units are nearly identical after 60 updates" in told[0]
    assert "kernel_initializer" in told[0]


@pytest.mark.slow
@pytest.mark.parametrize(("start", "learning_rate"), [("glorot_uniform", 0.01), ("ones", 0.5)])
def test_units_that_differ_or_separate_are_not_reported(start, learning_rate):
    monitor = SymmetryMonitor()
    _, told = fit(near(start, learning_rate=learning_rate), monitor, x=WIDE, y=SIGNS, batch_size=5, epochs=4)
    assert told == []


def test_units_that_become_equal_are_not_blamed_on_the_initializer():
    model = dense("glorot_uniform")
    first = model.get_layer("first")

    class Collapse(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            first.set_weights([np.zeros_like(weight) for weight in first.get_weights()])
            model.get_layer("second").set_weights([np.zeros((5, 3)), np.zeros(3)])

    _, told = fit(model, Collapse(), SymmetryMonitor(), epochs=1)
    assert "became identical during training" in told[0]
    assert "kernel_initializer" not in told[0]


def test_the_warning_points_at_the_line_that_calls_fit():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = dense()
        line = sys._getframe().f_lineno + 1
        model.fit(X, Y, epochs=1, verbose=0, callbacks=[SymmetryMonitor()])
    places = {(one.filename, one.lineno) for one in caught if one.category is SymmetryWarning}
    assert places == {(__file__, line)}


@pytest.mark.parametrize(("start", "is_shown"), [("glorot_uniform", False), ("ones", True)])
def test_a_healthy_progress_line_stays_as_it_is(capsys, start, is_shown):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = dense(start).fit(X, Y, epochs=1, verbose=2, callbacks=[SymmetryMonitor()])
    assert ("effective_width" in capsys.readouterr().out) == is_shown
    assert history.history["first_effective_width"] == [1 if is_shown else 5]


# NeuronHistograms


def gradients_by_hand(model, x, y):
    """dC/dw of the mean squared error of tanh, tanh and linear layers, (inputs + 1, units) of each layer."""
    weights = [np.vstack([b, w]).astype(float) for w, b in zip(*[iter(model.get_weights())] * 2)]
    activations = [np.asarray(x, float)]
    for layer, w in enumerate(weights):
        z = activations[-1] @ w[1:] + w[0]
        activations.append(z if layer == len(weights) - 1 else np.tanh(z))
    delta = 2 * (activations[-1] - y) / y.size
    gradients = []
    for layer in reversed(range(len(weights))):
        a = activations[layer]
        gradients.insert(0, np.vstack([delta.sum(axis=0), a.T @ delta]))
        delta = (delta @ weights[layer][1:].T) * (1 - a**2)
    return gradients


def test_gradients_are_those_of_the_loss_on_the_given_data(tmp_path):
    model = dense("glorot_uniform")
    start = gradients_by_hand(model, X[:10], Y[:10])
    fit(model, NeuronHistograms(tmp_path, x=X[:10], y=Y[:10]))
    logged = read(tmp_path)
    for step, gradients in ((-1, start), (1, gradients_by_hand(model, X[:10], Y[:10]))):
        for name, gradient in zip(("first", "second", "outputs"), gradients):
            assert logged[f"units of {name}/gradient_norm"][step] == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
            for unit in range(gradient.shape[1]):
                found = logged[f"units of {name}/gradient/neuron{unit}"][step]
                assert found[0, 0] == pytest.approx(gradient[:, unit].min(), rel=1e-3, abs=1e-6)
                assert found[-1, 1] == pytest.approx(gradient[:, unit].max(), rel=1e-3, abs=1e-6)
                assert found[:, 2].sum() == len(gradient)


def test_gradients_of_a_model_that_is_not_a_graph_with_a_frozen_layer_and_a_penalty(tmp_path):
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = L.Dense(3, trainable=False, name="first")
            self.only = L.Dense(2, kernel_regularizer=keras.regularizers.L2(0.5), name="only")

        def call(self, x):
            return self.only(self.first(x))

    model = Mine()
    model.compile("sgd", "mse")
    fit(model, NeuronHistograms(tmp_path, x=X, y=Y), epochs=1)
    kernel, bias = model.only.get_weights()
    hidden = keras.ops.convert_to_numpy(model.first(X))
    error = 2 * (hidden @ kernel + bias - Y) / Y.size
    penalty = np.vstack([np.zeros(2), 2 * 0.5 * kernel])
    expected = np.vstack([np.sum(error, axis=0), hidden.T @ error]) + penalty
    logged = read(tmp_path)
    assert logged["units of only/gradient_norm"][0] == pytest.approx(np.linalg.norm(expected), rel=1e-4)
    assert not [tag for tag in logged if tag.startswith(("units of first/gradient", "units of only/activation"))]


def test_targets_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="without x"):
        NeuronHistograms(tmp_path, y=Y)
    with pytest.raises(ValueError, match="no loss for x and y"):
        fit(dense("glorot_uniform"), NeuronHistograms(tmp_path, x=X, y=Y[:, :1].repeat(5, axis=1)))


def test_loss_and_metrics_are_on_the_axis_of_keras_own_callback(tmp_path):
    model = dense("glorot_uniform", metrics=["mae"])
    theirs, mine = tmp_path / "keras", tmp_path / "mine"
    model.fit(
        X,
        Y,
        epochs=5,
        initial_epoch=2,
        validation_data=(X, Y),
        verbose=0,
        callbacks=[NeuronHistograms(mine), keras.callbacks.TensorBoard(theirs)],
    )
    for run in ("train", "validation"):
        wanted = {tag: steps for tag, steps in read(theirs, run).items() if tag.startswith("epoch_")}
        found = {tag: steps for tag, steps in read(mine, run).items() if tag.startswith("epoch_")}
        assert {"epoch_loss", "epoch_mae"} <= set(wanted)
        assert found == wanted
        assert list(found["epoch_loss"]) == [2, 3, 4]
    assert list(read(mine)["units of first/weights/neuron0"]) == [1, 2, 3, 4]


def test_every_few_batches_the_step_is_the_number_of_updates(tmp_path):
    fit(dense("glorot_uniform"), NeuronHistograms(tmp_path, every=2), epochs=2)
    logged = read(tmp_path)
    assert list(logged["units of first/weights/neuron0"]) == [0, 2, 4, 6]
    assert list(logged["batch_loss"]) == [2, 4, 6]
    assert list(logged["epoch_loss"]) == [0, 1]


def test_another_fit_goes_on_after_the_last_epoch(tmp_path):
    model, callback = dense("glorot_uniform"), NeuronHistograms(tmp_path)
    for _ in range(2):
        fit(model, callback, epochs=2)
    assert sorted(read(tmp_path)["epoch_loss"]) == [0, 1, 2, 3]


def test_a_tag_is_described_once(tmp_path):
    fit(dense("glorot_uniform"), NeuronHistograms(tmp_path), epochs=3)
    (file,) = (tmp_path / "train").glob("events*")
    assert file.read_bytes().count(b"The mean of the incoming weights of neuron 3") == 1


def test_histograms_of_every_neuron_with_their_activations(tmp_path):
    model = dense("glorot_uniform")
    start = model.get_layer("first").get_weights()
    fit(model, NeuronHistograms(tmp_path, x=X))
    logged = read(tmp_path)
    for name, units in (("first", 5), ("second", 3), ("outputs", 2)):
        for kind in ("weights", "activation"):
            assert [tag for tag in logged if tag.startswith(f"units of {name}/{kind}/")] == [
                f"units of {name}/{kind}/neuron{unit}" for unit in range(units)
            ]
    assert list(logged["units of first/weights/neuron3"]) == [-1, 0, 1]
    before = np.append(start[0][:, 3], start[1][3])
    found = logged["units of first/weights/neuron3"][-1]
    assert (found[0, 0], found[-1, 1]) == (before.min(), before.max())
    np.testing.assert_array_equal(found[:, 2], np.histogram(before.astype(float), 30)[0])
    after = model.get_layer("first").get_weights()
    assert logged["units of first/weight_mean/neuron3"][1] == pytest.approx(
        np.append(after[0][:, 3], after[1][3]).mean(), abs=1e-6
    )
    a = np.tanh(X @ after[0] + after[1])
    assert logged["units of first/activation_mean/neuron0"][1] == pytest.approx(a[:, 0].mean(), abs=1e-6)
    assert logged["units of first/saturated_share"][1] == pytest.approx((1 - a**2 < 0.05).mean())
    assert logged["symmetry/first/effective_width"][1] == 5
    assert "symmetry/outputs/effective_width" not in logged
    assert logged["custom_scalars__config__"]
    (text,) = logged["answer"].values()
    assert "| first | 5 | 5 |" in text.item().decode()
    pins = json.loads((tmp_path / "train" / "first_page.json").read_text())
    assert {"plugin": "scalars", "tag": "epoch_loss"} in pins
    assert all(pin["tag"] in logged for pin in pins)


def test_clones_are_drawn_once_with_their_count_and_the_rest_sampled(tmp_path):
    fit(dense(), NeuronHistograms(tmp_path, max_neurons=3))
    logged = read(tmp_path)
    assert [tag for tag in logged if tag.startswith("units of first/weights/")] == ["units of first/weights/neuron0"]
    assert "| neuron 0 | 5 clones |" in logged["which_neurons"][-1].item().decode()
    assert len([tag for tag in logged if tag.startswith("units of second/weights/")]) == 3


def test_frozen_layers_are_drawn_once(tmp_path):
    model = dense("glorot_uniform")
    model.get_layer("first").trainable = False
    model.compile("sgd", "mse")
    fit(model, NeuronHistograms(tmp_path))
    logged = read(tmp_path)
    assert list(logged["units of first/weights/neuron0"]) == [-1]
    assert list(logged["units of second/weights/neuron0"]) == [-1, 0, 1]


def test_training_again_goes_on_in_the_same_run(tmp_path):
    model, callback = dense("glorot_uniform"), NeuronHistograms(tmp_path, every=3)
    fit(model, callback, epochs=1)
    fit(model, callback, epochs=1)
    assert len(list((tmp_path / "train").glob("events*"))) == 2
    assert sorted(read(tmp_path)["units of first/weights/neuron0"]) == [0, 3, 6]


def test_activations_of_a_model_that_is_not_a_graph_are_refused(tmp_path):
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.only = L.Dense(2)

        def call(self, x):
            return self.only(x)

    model = Mine()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="leave the data out"):
        fit(model, NeuronHistograms(tmp_path, x=X))


# Both


@pytest.mark.parametrize(
    "callback",
    [NeuronHistograms("logs/here", every=7, max_neurons=9), SymmetryMonitor(5, True, 1e-3), SymmetryMonitor()],
)
def test_serialisation_gives_the_same_callback(callback):
    config = keras.saving.serialize_keras_object(callback)
    assert config["registered_name"] == f"harness>{type(callback).__name__}"
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(callback)
    assert again.get_config() == callback.get_config()


@pytest.mark.parametrize("every", [0, -1, 1.5, "batch", True, None])
def test_every_that_says_nothing_is_refused(every):
    for kind in (SymmetryMonitor, lambda every: NeuronHistograms("logs", every)):
        with pytest.raises(ValueError, match="every must be"):
            kind(every)


def test_other_arguments_are_checked():
    with pytest.raises(ValueError, match="max_neurons"):
        NeuronHistograms("logs", max_neurons=0)
    with pytest.raises(ValueError, match="tolerance"):
        SymmetryMonitor(tolerance=-1)


@pytest.mark.slow
def test_callbacks_change_nothing_about_training(tmp_path):
    finals = []
    for callbacks in ([], [SymmetryMonitor(every=1), NeuronHistograms(tmp_path, every=1, x=WIDE, y=SIGNS)]):
        keras.utils.set_random_seed(3)
        model = near("glorot_uniform")
        fit(model, *callbacks, x=WIDE, y=SIGNS, epochs=1, batch_size=25)
        finals.append(model.get_weights())
    for without, with_callbacks in zip(*finals):
        np.testing.assert_array_equal(without, with_callbacks)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_all_of_this_and_inspect_under_another_backend(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"no {backend}: pip install {backend}")
    if keras.config.backend() == backend:
        pytest.skip("is what runs already")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-k", "not another_backend and not of_the_command", __file__, "tests/program/test_inspect.py"]
    finished = subprocess.run(
        command,
        cwd=Path(__file__).parents[1],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout[-3000:]
