"""A Keras model and its data as a case: what it was compiled with, its targets, its network if it is one of ours.

A Sequential model of Dense layers with the activations of models/network.py becomes a ``Case``: hundreds of runs at
once, by hand, from its own initializers. Any other is a ``KerasCase``, which only Keras can train.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...errors import BadInput
from ...models import initializers
from ...models.network import ACTIVATION_NAMES, COST_NAMES, Array, Network, Weights, from_keras
from ...models.optimizers import DEFAULTS, Optimizer
from ...programs import model_files as source
from .case import Case

ITERATIONS = 1000  # full-batch updates, where the user does not say how many
SAMPLE = 256  # observations that a model of other layers than Dense is trained on
LOSSES = {
    "mse": "mean_squared_error",
    "mean_squared_error": "mean_squared_error",
    "MeanSquaredError": "mean_squared_error",
    "binary_crossentropy": "binary_crossentropy",
    "BinaryCrossentropy": "binary_crossentropy",
    "categorical_crossentropy": "categorical_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "sparse_categorical_crossentropy": "sparse_categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
}
OF_OUTPUT = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}


@dataclass(frozen=True, eq=False)
class KerasCase:
    """A model that Keras has to train itself.

    Attributes:
        model: as it was given; only copies are trained.
        x: its inputs, an array or one for each input; the first axis is the observations.
        y: (observations, outputs), one-hot under a categorical cross-entropy.
        cost: from ``COST_NAMES``.
        of: how many observations there were before the sample was taken.
    """

    name: str
    model: keras.Model
    x: Any
    y: Array
    cost: str
    of: int
    optimizer: Optimizer
    learning_rate: float
    iterations: int
    seed: int
    start_name: str = "its own initializers"
    mistake: str | None = None


# Reading the model


def compile_config(name: str, model: keras.Model) -> dict[str, Any]:
    """Loss and optimizer as the model was compiled with, {} if it was not; of a file they are read, nothing is run."""
    if getattr(model, "optimizer", None) is not None:
        found = model.get_compile_config() or {}
    elif Path(name).is_file():
        with zipfile.ZipFile(name) as archive:
            found = json.loads(archive.read("config.json")).get("compile_config") or {}
    else:
        found = {}
    return dict(found)


def class_and_config(value: Any) -> tuple[str, dict[str, Any]]:
    """A serialised object's class and settings; a string is a class without settings"""
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict):
        return str(value.get("class_name", "")), dict(value.get("config") or {})
    return "", {}


def cost_of(compiled: Mapping[str, Any], given: Mapping[str, object], output: str | None, y: Array) -> str:
    """The cost by its Keras name: given, compiled, or the one that the output activation goes with."""
    loss, _ = class_and_config(compiled.get("loss"))
    name = str(given.get("cost") or LOSSES.get(loss) or loss or OF_OUTPUT.get(output or "", "mean_squared_error"))
    if name == "categorical_crossentropy" and y.shape[1] == 1:
        name = "sparse_categorical_crossentropy"
    if name not in (*COST_NAMES, "sparse_categorical_crossentropy"):
        raise BadInput(f"the loss {name} is not known here; known are {', '.join(COST_NAMES)}; choose one with --cost")
    return name


def optimizer_of(compiled: Mapping[str, Any], given: Mapping[str, object]) -> tuple[Optimizer, float]:
    """The optimizer and its learning rate; SGD with 0.01, Keras' own, where the model has none.

    Raises:
        BadInput: an optimizer that is not known here, or a rate that changes by a schedule.
    """
    name, config = class_and_config(compiled.get("optimizer") or "SGD")
    kind = {"adamw": "adam"}.get(name.lower(), name.lower())
    if kind == "sgd" and config.get("momentum"):
        kind = "nesterov" if config.get("nesterov") else "momentum"
    if kind not in DEFAULTS:
        raise BadInput(
            f"the optimizer {name} is not known here; known are SGD, RMSprop, Adam and AdamW; "
            "compile the model with one of them"
        )
    rate = given.get("learning_rate") or config.get("learning_rate", 0.01)
    if not isinstance(rate, (int, float)):
        raise BadInput("the model's learning rate follows a schedule; give one number with --learning-rate")
    settings = tuple((key, float(config[key])) for key in DEFAULTS[kind] if config.get(key) is not None)
    return Optimizer(kind, settings), float(rate)


def arrays_of(path: Path, model: keras.Model) -> tuple[Any, Array]:
    """x as the model takes it, and y (observations, outputs)

    Raises:
        BadInput: an array is missing or does not fit.
    """
    x = source.load_data(path, model)
    arrays = source.read_arrays(path)
    if "y" not in arrays:
        raise BadInput(f"{path} has no array y; give it the targets, (observations, outputs)")
    y = np.asarray(arrays["y"])
    y = y[:, None] if y.ndim == 1 else y
    observations = len(x[0] if isinstance(x, list) else x)
    if y.ndim != 2 or len(y) != observations or not np.issubdtype(y.dtype, np.number) or not np.isfinite(y).all():
        raise BadInput(
            f"{path}: y has shape {y.shape}; give finite numbers ({observations}, outputs), one row for each x"
        )
    return x, y.astype(np.float64)


def as_targets(y: Array, cost: str, outputs: int) -> tuple[Array, str]:
    """Targets one-hot where they are labels, and the cost's name without "sparse"

    Raises:
        BadInput: labels or targets that the outputs do not fit.
    """
    if cost == "sparse_categorical_crossentropy":
        labels = y[:, 0].astype(int)
        if y.shape[1] != 1 or np.any(labels != y[:, 0]) or labels.min() < 0 or labels.max() >= outputs:
            raise BadInput(f"y must be class labels from 0 to {outputs - 1}, one a row")
        return np.eye(outputs)[labels], "categorical_crossentropy"
    if y.shape[1] != outputs:
        raise BadInput(f"y has {y.shape[1]} columns, the model {outputs} outputs; give one column for each")
    return y, cost


def dense_network(model: keras.Model, cost: str) -> Network | None:
    """The model as a ``Network``; None where it is no chain of Dense layers with activations that are known there."""
    if not isinstance(model, keras.Sequential) or not model.built:
        return None
    sizes: list[int] = []
    activations: list[str] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.layers.Activation) and activations and activations[-1] == "linear":
            activations[-1] = layer.activation.__name__
            continue
        if type(layer) is not keras.layers.Dense or not layer.use_bias or not layer.trainable:
            return None
        if layer.kernel_regularizer or layer.bias_regularizer or layer.kernel_constraint or layer.bias_constraint:
            return None
        sizes = sizes or [int(layer.kernel.shape[0])]
        sizes.append(int(layer.units))
        activations.append(layer.activation.__name__)
    if not sizes or not set(activations) <= set(ACTIVATION_NAMES):
        return None
    try:
        return Network(tuple(sizes), tuple(activations), cost)
    except ValueError:
        return None


def with_probabilities(model: keras.Model, compiled: Mapping[str, Any]) -> keras.Model:
    """The model with the activation after it that a loss compiled with ``from_logits=True`` puts there itself."""
    loss, config = class_and_config(compiled.get("loss"))
    if not config.get("from_logits"):
        return model
    activation = keras.layers.Activation("sigmoid" if LOSSES.get(loss) == "binary_crossentropy" else "softmax")
    if isinstance(model, keras.Sequential):
        return keras.Sequential([keras.Input(batch_shape=model.input_shape), *model.layers, activation])
    return keras.Model(model.input, activation(model.outputs[0]))


# The case


def reinitialised(model: keras.Model, seed: int) -> list[Array]:
    """The weights of a copy of the model, drawn anew by its own initializers, in Keras' order"""
    keras.utils.set_random_seed(seed)
    copy: list[Array] = keras.models.clone_model(model).get_weights()
    return copy


def initializer_of(model: keras.Model) -> tuple[initializers.Initializer, initializers.Initializer] | None:
    """(kernel's, bias') of all Dense layers alike, by our names; None where they differ or are not known."""
    found = set()
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Dense):
            continue
        pair = []
        for each in (layer.kernel_initializer, layer.bias_initializer):
            name = {"Orthogonal": "orthogonal"}.get(
                type(each).__name__, keras.src.utils.naming.to_snake_case(type(each).__name__)
            )
            config = each.get_config()
            if name not in initializers.ARGUMENTS or config.get("mean"):
                return None
            pair.append(
                initializers.Initializer(name, tuple(float(config[key]) for key in initializers.ARGUMENTS[name]))
            )
        found.add(tuple(pair))
    return found.pop() if len(found) == 1 else None  # type: ignore[return-value]


def dense_case(name: str, model: keras.Model, network: Network, x: Array, y: Array, rate: float, iterations: int,
               optimizer: Optimizer, seed: int) -> Case:  # fmt: skip
    """The case of a chain of Dense layers, started by its own initializers, in float64."""
    pair = initializer_of(model)
    if pair is None:  # draws by Keras itself, one by one
        start: Weights = [np.asarray(w, np.float64) for w in from_keras(reinitialised(model, seed))]
        again = from_keras(reinitialised(model, seed + 1))
        random = any(not np.array_equal(a, b) for a, b in zip(start, again))

        def by_keras(members: range) -> Weights:
            drawn = [from_keras(reinitialised(model, seed + member)) for member in members]
            return [np.stack(layer, axis=-1).astype(np.float64) for layer in zip(*drawn)]

        return Case(name, network, x, y, start, "its own initializers", by_keras if random else None, None, rate,
                    iterations, optimizer, seed)  # fmt: skip
    kernel, bias = pair

    def on(network: Network, members: range) -> Weights:
        return initializers.draw_members(network, kernel, bias, seed, members)

    random = kernel.constant is None or bias.constant is None
    first: Weights = [w[..., 0] for w in on(network, range(1))]
    return Case(name, network, x, y, first, str(kernel), (lambda members: on(network, members)) if random else None,
                on if random else None, rate, iterations, optimizer, seed)  # fmt: skip


def case_of_model(name: str, data: Path, given: Mapping[str, object]) -> Case | KerasCase:
    """The case of ``MODEL.keras`` or ``module:function`` on the arrays x and y of a .npz file.

    Args:
        given: learning_rate, iterations, cost and seed in place of the model's own.

    Raises:
        BadInput: the model or the data cannot be read, or do not fit.
    """
    model = source.load(name)
    x, y = arrays_of(data, model)
    if not model.built or len(getattr(model, "outputs", None) or []) != 1:
        raise BadInput(f"{name} must be built and have one output")
    compiled = compile_config(name, model)
    model = with_probabilities(model, compiled)
    last = [layer for layer in model.layers if hasattr(layer, "activation")]
    output = getattr(last[-1].activation, "__name__", None) if last else None
    y, cost = as_targets(y, cost_of(compiled, given, output, y), int(model.outputs[0].shape[-1]))
    optimizer, rate = optimizer_of(compiled, given)
    iterations, seed = int(given.get("iterations", ITERATIONS)), int(given.get("seed") or 0)  # type: ignore[call-overload]
    title = Path(name).stem if name.endswith(".keras") else name
    network = dense_network(model, cost)
    if network is not None and isinstance(x, np.ndarray) and x.ndim == 2:
        return dense_case(title, model, network, x.astype(np.float64), y, rate, iterations, optimizer, seed)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(y))[:SAMPLE])
    few = [part[chosen] for part in x] if isinstance(x, list) else x[chosen]
    return KerasCase(title, model, few, y[chosen], cost, len(y), optimizer, rate, iterations, seed)
