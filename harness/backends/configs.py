"""Keras' configurations (nested dictionaries) of a model, a loss or an optimizer, with something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Config = Any  # what Keras' serialisation gives: dictionaries, lists, numbers and texts

# settings of random layers, and the values at which they draw nothing that has an effect
RATES = ("rate", "dropout", "recurrent_dropout", "stddev", "attention_dropout")
RANDOM_CLASSES = {
    "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D", "GRU", "GRUCell", "LSTM", "LSTMCell", "SimpleRNN", "SimpleRNNCell", "ConvLSTM1D", "ConvLSTM2D",
    "ConvLSTM3D", "MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention",
}  # fmt: skip


def changed(config: Config, change: Callable[[str, Any], Any]) -> Config:
    """A copy in which ``change(key, value)`` takes the place of each value; containers are changed inside first."""

    def copy(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            value = {name: copy(name, inner) for name, inner in value.items()}
        elif isinstance(value, (list, tuple)):
            value = [copy(key, inner) for inner in value]
        return change(key, value)

    return copy("", config)


def with_dtype(config: Config, policy: str, plain: str) -> Config:
    """The configuration with another dtype.

    Args:
        config: of a model, a loss or an optimizer.
        policy: name of the dtype policy of layers.
        plain: the dtype if no policy is possible: of inputs and losses.
    """

    def change(key: str, value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
            return value | {"config": value["config"] | {"name": policy}}
        is_float = isinstance(value, str) and (value.startswith(("float", "bfloat", "mixed_")))
        return plain if key == "dtype" and is_float else value

    return changed(config, change)


def with_float32_constants(config: Config) -> Config:
    """The configuration with every number rounded to float32.

    TensorFlow converts some settings by way of float32 and JAX does not, so that 0.9 is two numbers in float64.
    """

    def change(key: str, value: Any) -> Any:
        return float(np.float32(value)) if isinstance(value, float) and abs(value) < 1e30 else value

    return changed(config, change)


def layer_configs(config: Config, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, configuration with ``class_name`` and ``config``) of each layer of a model, those of models inside too."""
    layers = config.get("config", {}).get("layers") if isinstance(config, dict) else None
    for layer in layers or []:
        name = f"{path}{layer['config'].get('name', '')}"
        if isinstance(layer["config"].get("layers"), list):
            yield from layer_configs(layer, f"{name}/")
        else:
            yield name, layer


def is_random(config: Config) -> bool:
    """Whether a layer, or one inside it, draws random numbers in training."""
    draws = []

    def look(key: str, value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") in RANDOM_CLASSES:
            draws.append(any(value["config"].get(name) for name in RATES))
        return value

    changed(config, look)
    return any(draws)


def random_layers(config: Config) -> list[str]:
    """Paths of the layers that draw random numbers in training, and that ``without_draws`` keeps from it."""
    return [path for path, layer in layer_configs(config) if is_random(layer)]


def without_draws(config: Config) -> Config:
    """The configuration with every dropout rate and every noise at 0."""

    def change(key: str, value: Any) -> Any:
        if not (isinstance(value, dict) and value.get("class_name") in RANDOM_CLASSES):
            return value
        settings = {name: 0.0 if name in RATES else setting for name, setting in value["config"].items()}
        return value | {"config": settings}

    return changed(config, change)
