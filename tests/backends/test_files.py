"""What goes between the processes, and changes of configurations."""

import dataclasses

import numpy as np
import pytest

from harness.backends import child, configs
from harness.backends.case import Case, Start, inputs_of, read_case, write_case
from harness.backends.results import Outcome, read_computed, write_computed
from harness.backends.settings import differing_settings, with_setting_of
from harness.backends.setups import Setup, setups_of
from tests.backends.results_for_tests import computed


def layer(name, class_name="Dense", **settings):
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    return {"class_name": class_name, "config": {"name": name, "dtype": policy, **settings}}


def model(*layers):
    return {"class_name": "Sequential", "config": {"name": "all", "layers": list(layers)}}


def case(*layers, **others):
    return Case(
        name="mine",
        model=model(*layers),
        loss="mean_squared_error",
        optimizer={"class_name": "SGD", "config": {"learning_rate": 0.1}},
        weights=[np.ones((2, 1))],
        x={"": np.zeros((3, 2))},
        y=np.arange(3),
        batches=[np.array([0, 2])],
        **others,
    )


def assert_equal(left, right):
    if isinstance(left, np.ndarray):
        np.testing.assert_array_equal(left, right)
        assert left.dtype == right.dtype
    elif dataclasses.is_dataclass(left):
        for field in dataclasses.fields(left):
            assert_equal(getattr(left, field.name), getattr(right, field.name))
    elif isinstance(left, dict):
        assert list(left) == list(right)
        for key in left:
            assert_equal(left[key], right[key])
    elif isinstance(left, (list, tuple)):
        assert len(left) == len(right)
        for one, other in zip(left, right):
            assert_equal(one, other)
    else:
        assert left == right


def test_a_case_is_read_as_it_was_written(tmp_path):
    start = Start(weights=[np.zeros((2, 1))], batches=[np.array([1]), np.array([0, 1])])
    written = case(layer("a"), starts=[start], held_x={"": np.ones((1, 2))}, held_y=np.array([1]), seed=3)
    write_case(tmp_path, written)
    assert_equal(read_case(tmp_path), written)


def test_results_are_read_as_they_were_written(tmp_path):
    outcome = Outcome(losses=np.array([0.5]), predictions=np.ones((1, 3, 1)))
    written = dataclasses.replace(computed(), outcome=outcome)
    write_computed(tmp_path, written)
    assert_equal(read_computed(tmp_path), written)


def test_inputs_by_name_stay_by_name():
    assert inputs_of({"": "x"}) == "x"
    assert inputs_of({"a": "x", "b": "z"}) == {"a": "x", "b": "z"}


def test_setups_are_every_combination():
    found = setups_of(["tensorflow", "jax", "jax"], ["float32", "float64"], [None])
    assert [setup.name for setup in found] == ["tensorflow", "tensorflow float64", "jax", "jax float64"]
    assert Setup(backend="jax", jit=False).name == "jax not compiled"


def test_the_dtype_of_every_layer_is_another_one():
    config = model({"class_name": "InputLayer", "config": {"dtype": "float32"}}, layer("a"))
    found = configs.with_dtype(config, "mixed_bfloat16", "float32")["config"]["layers"]
    assert found[0]["config"]["dtype"] == "float32"
    assert found[1]["config"]["dtype"]["config"]["name"] == "mixed_bfloat16"
    words = {"class_name": "InputLayer", "config": {"dtype": "int32"}}
    assert configs.with_dtype(model(words), "float64", "float64") == model(words)


def test_constants_are_rounded_to_float32():
    rounded = configs.with_float32_constants({"rate": 0.9, "count": 3, "nested": [0.1]})
    assert rounded == {"rate": float(np.float32(0.9)), "count": 3, "nested": [float(np.float32(0.1))]}


def test_random_layers_are_found_and_kept_from_drawing():
    wrapped = layer("wrapped", "Bidirectional", layer=layer("inner", "LSTM", dropout=0.2))
    config = model(layer("a"), layer("drop", "Dropout", rate=0.5), layer("still", "Dropout", rate=0), wrapped)
    assert configs.random_layers(config) == ["drop", "wrapped"]
    assert configs.random_layers(configs.without_draws(config)) == []
    assert config["config"]["layers"][1]["config"]["rate"] == 0.5  # the original stays


def test_layers_of_models_inside_have_a_path():
    inner = {"class_name": "Sequential", "config": {"name": "encoder", "layers": [layer("a")]}}
    assert [path for path, _ in configs.layer_configs(model(inner, layer("b")))] == ["encoder/a", "b"]


@pytest.mark.parametrize("part", ["layer", "optimizer", "loss"])
def test_a_setting_can_be_taken_from_the_other_side(part):
    left = case(layer("a"), layer("norm", "BatchNormalization", epsilon=1e-3))
    changed = {
        "layer": {"model": model(layer("a"), layer("norm", "BatchNormalization", epsilon=1e-5))},
        "optimizer": {"optimizer": {"class_name": "SGD", "config": {"learning_rate": 0.2}}},
        "loss": {"loss": "mean_absolute_error"},
    }
    right = dataclasses.replace(left, **changed[part])
    (setting,) = differing_settings(left, right)
    assert setting.part == part
    assert setting.layer == ("norm" if part == "layer" else "")
    assert setting.key == {"layer": "epsilon", "optimizer": "learning_rate", "loss": "class"}[part]
    assert_equal(with_setting_of(right, left, setting), left)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("no\nmore"), "ValueError: no"),
        (KeyError(), "KeyError: "),
        (ValueError('in user code:\n\n    File "a.py", line 3\n\n    ValueError: no\n'), "ValueError: no"),
    ],
)
def test_what_went_wrong_is_one_line(error, message):
    assert child.message_of(error) == message
