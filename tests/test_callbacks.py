"""The Keras callbacks on small models of many kinds."""

import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from harness.callbacks import NeuronHistograms, SymmetryMonitor, SymmetryWarning

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
    """History, and the warnings of ours; three batches an epoch unless told otherwise."""
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


def test_clones_are_told_once_for_each_hidden_layer_and_found_in_the_history():
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


def test_units_that_the_next_layer_tells_apart_are_no_clones():
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


def test_every_counts_batches_and_respects_steps_per_execution():
    monitor = SymmetryMonitor(every=2)
    fit(dense(), monitor, epochs=2, batch_size=4)  # six batches an epoch
    assert [step for step, _ in monitor.effective_widths["first"]] == [0, 2, 4, 6, 8, 10, 12]
    monitor = SymmetryMonitor(every=2)
    fit(dense(steps_per_execution=3), monitor, epochs=2, batch_size=4)
    assert [step for step, _ in monitor.effective_widths["first"]] == [0, 3, 6, 9, 12]


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


@pytest.mark.parametrize("kind", [L.SimpleRNN, L.GRU, L.LSTM])
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
    assert "words/activation/neuron0" in read(tmp_path)


def test_a_model_that_is_no_graph_is_judged_by_incoming_weights():
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


# NeuronHistograms


def test_histograms_of_every_neuron_with_their_activations(tmp_path):
    model = dense("glorot_uniform")
    start = model.get_layer("first").get_weights()
    fit(model, NeuronHistograms(tmp_path, x=X))
    logged = read(tmp_path)
    for name, units in (("first", 5), ("second", 3), ("outputs", 2)):
        for kind in ("weights", "activation"):
            assert [tag for tag in logged if tag.startswith(f"{name}/{kind}/")] == [
                f"{name}/{kind}/neuron{unit}" for unit in range(units)
            ]
    assert list(logged["first/weights/neuron3"]) == [-1, 0, 1]
    before = np.append(start[0][:, 3], start[1][3])
    found = logged["first/weights/neuron3"][-1]
    assert (found[0, 0], found[-1, 1]) == (before.min(), before.max())
    np.testing.assert_array_equal(found[:, 2], np.histogram(before.astype(float), 30)[0])
    after = model.get_layer("first").get_weights()
    assert logged["first/weight_mean/neuron3"][1] == pytest.approx(
        np.append(after[0][:, 3], after[1][3]).mean(), abs=1e-6
    )
    a = np.tanh(X @ after[0] + after[1])
    assert logged["first/activation_mean/neuron0"][1] == pytest.approx(a[:, 0].mean(), abs=1e-6)
    assert logged["first/saturated_share"][1] == pytest.approx((1 - a**2 < 0.05).mean())
    assert logged["symmetry/first/effective_width"][1] == 5
    assert "symmetry/outputs/effective_width" not in logged
    assert logged["custom_scalars__config__"]


def test_clones_are_drawn_once_with_their_count_and_the_rest_sampled(tmp_path):
    fit(dense(), NeuronHistograms(tmp_path, max_neurons=3))
    logged = read(tmp_path)
    assert [tag for tag in logged if tag.startswith("first/weights/")] == ["first/weights/neuron0"]
    assert "| neuron 0 | 5 clones |" in logged["which_neurons"][-1].item().decode()
    assert len([tag for tag in logged if tag.startswith("second/weights/")]) == 3


def test_frozen_layers_are_drawn_once(tmp_path):
    model = dense("glorot_uniform")
    model.get_layer("first").trainable = False
    model.compile("sgd", "mse")
    fit(model, NeuronHistograms(tmp_path))
    logged = read(tmp_path)
    assert list(logged["first/weights/neuron0"]) == [-1]
    assert list(logged["second/weights/neuron0"]) == [-1, 0, 1]


def test_training_again_goes_on_in_the_same_run(tmp_path):
    model, callback = dense("glorot_uniform"), NeuronHistograms(tmp_path, every=3)
    fit(model, callback, epochs=1)
    fit(model, callback, epochs=1)
    assert len(list((tmp_path / "train").iterdir())) == 2
    assert sorted(read(tmp_path)["first/weights/neuron0"]) == [0, 3, 6]


def test_activations_of_a_model_that_is_no_graph_are_refused(tmp_path):
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


def test_callbacks_change_nothing_about_training(tmp_path):
    finals = []
    for callbacks in ([], [SymmetryMonitor(every=1), NeuronHistograms(tmp_path, every=1, x=X)]):
        keras.utils.set_random_seed(3)
        model = dense("glorot_uniform")
        fit(model, *callbacks)
        finals.append(model.get_weights())
    for without, with_callbacks in zip(*finals):
        np.testing.assert_array_equal(without, with_callbacks)
