"""Copies of a model: the same network, other random numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.programs.copies import copied_model, first_line
from harness.programs.fit_calls import program_of

L = keras.layers
X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
Y = X[:, 0]


def sequential():
    return keras.Sequential(
        [keras.Input((4,)), L.Dense(200, "relu", kernel_initializer="he_normal"), L.Dropout(0.5),
         L.BatchNormalization(), L.Dense(1, bias_initializer="ones")]
    )  # fmt: skip


def functional():
    inputs = keras.Input((4,))
    shared = L.Dense(4, activation="tanh")
    hidden = shared(shared(inputs))
    return keras.Model(inputs, L.Dense(1)(L.Concatenate()([hidden, keras.ops.exp(hidden)])))


def program(model):
    model.compile("sgd", "mse")
    return program_of(model, X, Y)


@pytest.mark.parametrize("make", [sequential, functional])
def test_seeds_decide_everything(make):
    given = program(make())
    one, same, other = given.fresh_model(1), given.fresh_model(1), given.fresh_model(2)
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), same.get_weights()))
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])
    outputs = [np.asarray(model(X, training=True)) for model in (one, same, other)]
    assert np.array_equal(outputs[0], outputs[1])
    assert not np.allclose(outputs[0], outputs[2])


def test_weights_follow_the_initializers():
    weights = program(sequential()).fresh_weights(5)
    assert np.std(weights[0]) == pytest.approx(np.sqrt(2 / 4), rel=0.1)  # He: sqrt(2 / inputs)
    assert np.all(weights[1] == 0)
    assert np.all(weights[-1] == 1)


def test_fresh_weights_are_those_of_the_fresh_model():
    given = program(functional())
    assert all(np.array_equal(a, b) for a, b in zip(given.fresh_weights(9), given.fresh_model(9).get_weights()))


def test_a_layer_used_twice_stays_one():
    model = functional()
    assert copied_model(model, 0).count_params() == model.count_params() == 4 * 5 + 9


@pytest.mark.parametrize("activation", [tf.nn.softmax, tf.nn.swish, tf.nn.relu])
def test_an_activation_of_tensorflow_is_copied(activation):
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, activation=activation)])
    copy = copied_model(model, 0)
    copy.set_weights(model.get_weights())
    assert np.array_equal(copy(np.eye(4)), model(np.eye(4)))


def test_layers_are_replaced_inserted_and_removed():
    def change(layer):
        if isinstance(layer, L.Dropout):
            return []
        return [L.Dense(3, name="new"), layer] if layer.name == last else layer

    model = sequential()
    last = model.layers[-1].name
    copy = copied_model(model, 0, change=change)
    assert [type(layer).__name__ for layer in copy.layers] == ["Dense", "BatchNormalization", "Dense", "Dense"]
    assert copy.layers[2].name == "new"


def test_validation_split_is_keras_own():
    model = sequential()
    model.compile("sgd", "mse")
    given = program_of(model, X, Y, validation_split=0.33)
    (train, _, _), (held, _, _) = keras.src.trainers.data_adapters.array_slicing.train_validation_split(
        (X, Y, None), 0.33
    )
    assert np.array_equal(given.training_data()[0], train)
    assert np.array_equal(given.validation_data().x, held)


@pytest.mark.slow
def test_a_compiled_copy_trains_as_the_original():
    model = sequential()
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    given = program_of(model, X, Y)
    copy = given.compile_copy(given.initial_model())
    assert copy.evaluate(X, Y, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0))
    assert copy.optimizer is not model.optimizer
    assert float(copy.optimizer.learning_rate) == pytest.approx(0.01)


def test_adapted_layers_keep_their_state_in_every_copy():
    norm = L.Normalization()
    norm.adapt(100 + 5 * X)
    model = keras.Sequential([keras.Input((4,)), norm, L.Dense(1)])
    model.compile("sgd", "mse")
    given = program_of(model, 100 + 5 * X, Y)
    for copy in (given.initial_model(), given.fresh_model(1), copied_model(given.model, 0)):
        outputs = np.asarray(copy.layers[0](100 + 5 * X))
        assert np.allclose(outputs.mean(axis=0), 0, atol=1e-5)
        assert np.allclose(outputs.std(axis=0), 1, atol=1e-4)
    assert np.allclose(given.initial_model()(X), model(X))


def test_frozen_layers_keep_their_weights():
    model = sequential()
    model.layers[0].trainable = False
    given = program(model)
    assert np.array_equal(given.fresh_weights(1)[0], model.get_weights()[0])
    assert not np.array_equal(given.fresh_weights(1)[-2], model.get_weights()[-2])


def test_of_an_error_in_a_graph_the_line_of_its_node_is_said():
    text = "Graph execution error:\n\nDetected at node\n\nindices[0,2] = 9 is not in [0, 4)\n\t [[{{node gather}}]]"
    assert first_line(ValueError(text)) == "indices[0,2] = 9 is not in [0, 4)"
    assert first_line(ValueError("bad shape\nmore")) == "bad shape"


class Nested(keras.Model):
    """A frozen model and a layer, both made by __init__, so that a new object undoes what was changed in them."""

    def __init__(self):
        super().__init__()
        self.inner = keras.Sequential([L.Dense(5), L.Dense(2)])
        self.inner.trainable = False
        self.last = L.Dense(1)

    def call(self, inputs):
        return self.last(self.inner(inputs))


@pytest.mark.parametrize(
    "make", [Nested, lambda: keras.Sequential([keras.Input((4,)), Nested().inner, L.Dense(1)])], ids=["own", "known"]
)
def test_changed_layers_stay_changed_in_copies_of_copies(make):
    model = make()
    model(X[:2])

    def thaw(layer):
        layer.trainable = True
        return layer

    def narrow(layer):
        return L.Dense(3, name=layer.name) if getattr(layer, "units", 0) == 5 else layer

    thawed, narrowed = (copied_model(model, 0, change=change, sample=X[:2]) for change in (thaw, narrow))
    assert len(model.trainable_weights) == 2
    assert len(copied_model(thawed, 1, sample=X[:2]).trainable_weights) == 6
    both = copied_model(copied_model(narrowed, 1, change=thaw, sample=X[:2]), 2, sample=X[:2])
    assert [weight.shape for weight in both.weights] == [(4, 3), (3,), (3, 2), (2,), (2, 1), (1,)]
    assert len(both.trainable_weights) == 6


def test_a_model_without_layers_is_copied():
    assert copied_model(keras.Sequential(name="empty"), 3).name == "empty"
