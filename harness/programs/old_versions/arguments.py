"""Arguments of layers, optimizers, callbacks, compile and fit of earlier Keras versions, translated for a script."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras.src.optimizers.base_optimizer import BaseOptimizer

from ...recording.source import called_name
from . import wrappers

DENSE = {
    "output_dim": "units", "init": "kernel_initializer", "bias": "use_bias", "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
}  # fmt: skip
RECURRENT = DENSE | {
    "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation", "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout", "U_regularizer": "recurrent_regularizer", "forget_bias_init": "",
    "consume_less": "", "truncate_gradient": "", "implementation": "", "time_major": "",
}  # fmt: skip
CONVOLUTION = DENSE | {
    "nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding", "subsample": "strides",
    "subsample_length": "strides", "dim_ordering": "data_format",
}  # fmt: skip
POOLING = {
    "pool_length": "pool_size", "stride": "strides", "border_mode": "padding", "dim_ordering": "data_format",
}  # fmt: skip
DROPOUT = {"p": "rate", "dim_ordering": "data_format"}
IMAGES = {"dim_ordering": "data_format"}
ARGUMENTS = {
    "Dense": DENSE,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), RECURRENT),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), CONVOLUTION),
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"), POOLING),
    **dict.fromkeys(("UpSampling2D", "ZeroPadding2D", "GlobalAveragePooling2D"), IMAGES),
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D"), DROPOUT),
    "GaussianNoise": {"sigma": "stddev"},
    "Embedding": {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer", "dropout": ""},
    "BatchNormalization": {"mode": "", "beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "RepeatVector": {}, "Activation": {}, "Flatten": {}, "Reshape": {"dims": "target_shape"}, "Permute": {},
}  # fmt: skip  # names that arguments of layers had in the first version; those without a new name are left out
OLD_LOSSES = {
    "kullback_leibler_divergence": "kl_divergence", "kld": "kl_divergence", "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity", "cosine": "cosine_similarity", "huber_loss": "huber",
}  # fmt: skip
OLD_ACTIVATIONS = {"time_distributed_softmax": "softmax"}
FIRST_RATES = {"Adadelta": 1.0, "Adagrad": 0.01}  # defaults of optimizers whose steps are a tenth or less today
OF_CALLBACKS: dict[str, Mapping[str, str]] = {
    "ModelCheckpoint": {"period": ""},
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "TensorBoard": {
        "write_grads": "", "batch_size": "", "embeddings_layer_names": "", "embeddings_data": "",
    },
}  # fmt: skip
FIRST_VERSION_LAYERS = re.compile(r"\b(?:border_mode|nb_filter|Convolution[123]D|init=|output_dim|W_regularizer)")
BEFORE_SECOND_VERSION = re.compile(r"\bsklearn\.(?:cross_validation|grid_search)\b")
FIRST_VERSION = re.compile(
    rf"{FIRST_VERSION_LAYERS.pattern}|\b(?:nb_epoch|samples_per_epoch|dim_ordering|class_mode|show_accuracy|np_utils"
    r"|Model\(\s*input\s*=)"
)
CHANNELS_FIRST = re.compile(
    r"(dim_ordering\w*\s*[=(]\s*['\"]th['\"]|(input_shape\s*=|Input\(\s*(shape\s*=)?)\s*\(\s*[134]\s*,\s*\w+\s*,\s*\w+\s*\))"
)
CHANNELS_LAST = re.compile(r"(input_shape\s*=|Input\(\s*(shape\s*=)?)\s*\(\s*\w+\s*,\s*\w+\s*,\s*[134]\s*\)")
BATCH_SHAPE = "_harness_batch_shape"  # attribute of a layer that was given ``batch_input_shape``
LEAST_DECAY = 1e-4  # per update; below, the old ``decay`` of an optimizer hardly changes any training
KINDS = {"float": "float32", "int": "int32"}
ORDERINGS = {"th": "channels_first", "tf": "channels_last"}
OF_OPTIMIZERS = frozenset(inspect.signature(BaseOptimizer.__init__).parameters)  # arguments of all optimizers
OF_QUEUES = (
    "max_queue_size", "max_q_size", "workers", "use_multiprocessing", "pickle_safe", "nb_worker", "nb_val_worker",
)  # fmt: skip  # arguments of fit and its like that say how rows are fetched
SIZES = ("units", "filters", "input_dim", "output_dim")
BESIDE_STRIDES = frozenset({"padding", "strides", "data_format"})  # arguments with other names in the first version


def hands_on_nb_epoch(text: str) -> bool:
    """Whether wrappers for scikit-learn hand ``nb_epoch`` to fit, which those of the second version take and ignore.

    The second version still takes the names that layers had in the first, so these alone do not tell them apart.
    """
    return FIRST_VERSION_LAYERS.search(text) is not None and BEFORE_SECOND_VERSION.search(text) is not None


def takes_strides(text: str) -> bool:
    """Whether the second number after the filters of a Conv2D is its strides in the version that a file is written for.

    The second version, before it was part of TensorFlow, took both numbers for rows and columns of the kernel as the
    first one did, but refused them beside an argument that the first one had another name for.
    """
    if "tensorflow.keras" in text or "tf.keras" in text:
        return True
    tree = ast.Module(body=[], type_ignores=[])
    with contextlib.suppress(SyntaxError):
        tree = ast.parse(text)
    return any(
        called_name(node) in ("Conv2D", "Convolution2D") and is_of_numbers(node)
        and any(keyword.arg in BESIDE_STRIDES for keyword in node.keywords)
        for node in ast.walk(tree) if isinstance(node, ast.Call)
    )  # fmt: skip


def is_of_numbers(call: ast.Call) -> bool:
    """Whether the call of a layer has two more positional arguments after the first that may be plain numbers."""
    return len(call.args) >= 3 and not any(isinstance(one, (ast.Tuple, ast.List, ast.Starred)) for one in call.args[:3])


def unread_rates(tree: ast.AST) -> Iterator[ast.Assign]:
    """Statements that set the rate of an optimizer under its earlier name, an attribute that nothing reads now."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    made = {
        target.id for node in nodes for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Call)
        and isinstance(kind := getattr(keras.optimizers, called_name(node.value), None), type)
        and issubclass(kind, keras.optimizers.Optimizer)
    }  # fmt: skip
    for node in nodes:
        target = node.targets[0]
        if not isinstance(target, ast.Attribute) or target.attr != "lr":
            continue
        holder = target.value
        if getattr(holder, "attr", None) == "optimizer" or (isinstance(holder, ast.Name) and holder.id in made):
            yield node


@contextlib.contextmanager
def old_arguments(text: str, supplied: list[str]) -> Iterator[None]:
    """Take the arguments of earlier versions inside the block.

    Args:
        text: of the user's file, from which the version that it was written for is seen.
        supplied: the old names that were used are added to it.
    """
    is_first = FIRST_VERSION.search(text) is not None
    layout = keras.config.image_data_format()
    if is_first and CHANNELS_FIRST.search(text) and not CHANNELS_LAST.search(text):
        keras.config.set_image_data_format("channels_first")
    with contextlib.ExitStack() as stack:
        if hands_on_nb_epoch(text):
            stack.enter_context(mock.patch.object(wrappers, "OF_FIT", (*wrappers.OF_FIT, "nb_epoch")))
        for name, renamed in ARGUMENTS.items():
            layer = getattr(keras.layers, name)
            has_first_positions = is_first and not (name == "Conv2D" and takes_strides(text))
            of_layer = functools.partial(translated, name, renamed, has_first_positions, supplied)
            stack.enter_context(mock.patch.object(layer, "__init__", _wrapped(layer.__init__, of_layer)))
        for name, old in OF_CALLBACKS.items():
            callback = getattr(keras.callbacks, name)
            translate = functools.partial(translated_callback, name, old, supplied)
            stack.enter_context(mock.patch.object(callback, "__init__", _wrapped(callback.__init__, translate)))
        functional = keras.src.models.functional.Functional
        for owner, name in ((keras.Model, "__new__"), (functional, "__init__")):
            stack.enter_context(mock.patch.object(owner, name, _model(getattr(owner, name), supplied)))
        stack.enter_context(mock.patch.object(keras.Sequential, "add", _adding(keras.Sequential.add)))
        made: list[tuple[Any, Any]] = [
            (keras.optimizers.SGD, functools.partial(translated_momentum, supplied)),
            (keras.layers.InputLayer, translated_shape),
        ]
        if is_first and "tensorflow.keras" not in text:
            made += [
                (getattr(keras.optimizers, name), functools.partial(translated_rate, name, rate, supplied))
                for name, rate in FIRST_RATES.items()
            ]
        apply_gradients = _applying(BaseOptimizer.apply_gradients)
        stack.enter_context(mock.patch.object(BaseOptimizer, "apply_gradients", apply_gradients))
        for kind, translate in made:
            stack.enter_context(mock.patch.object(kind, "__init__", _wrapped(kind.__init__, translate)))
        try:
            yield
        finally:
            keras.config.set_image_data_format(layout)


def _wrapped(initialise: Any, translate: Any) -> Any:
    """The ``__init__`` of a layer or callback whose arguments are translated first."""

    def init(self: Any, *arguments: Any, **options: Any) -> None:  # Keras reads this signature: nothing is wrapped
        batch_shape = options.pop("batch_input_shape", None)
        if batch_shape is not None:
            options["input_shape"] = tuple(batch_shape[1:])
        arguments, options = translate(arguments, options)
        initialise(self, *arguments, **options)
        if batch_shape is not None:
            object.__setattr__(self, BATCH_SHAPE, tuple(batch_shape))

    return init


def _applying(apply_gradients: Any) -> Any:
    """``Optimizer.apply_gradients`` that takes the counter of steps of TensorFlow 1, which it does not need."""

    @functools.wraps(apply_gradients)
    def applying(*arguments: Any, global_step: Any = None, **options: Any) -> Any:
        return apply_gradients(*arguments, **options)

    return applying


def _adding(add: Any) -> Any:
    """``Sequential.add`` that keeps the number of rows of ``batch_input_shape``, which layers with a state need."""

    def adding(model: Any, layer: Any, *arguments: Any, **options: Any) -> None:
        batch_shape = getattr(layer, BATCH_SHAPE, None)
        if batch_shape is not None and not model._layers:
            add(model, keras.layers.InputLayer(batch_shape=batch_shape))
        add(model, layer, *arguments, **options)

    return adding


def _model(make: Any, supplied: list[str]) -> Any:
    """``Model.__new__`` or the ``__init__`` of a functional model that takes ``input`` and ``output``."""

    def made(kind: Any, *arguments: Any, **options: Any) -> Any:
        is_functional = kind is keras.Model or isinstance(kind, keras.src.models.functional.Functional)
        for old in ("input", "output"):
            if is_functional and old in options and f"{old}s" not in options:
                options[f"{old}s"] = options.pop(old)
                supplied.append(old)
        return make(kind, *arguments, **options)

    return staticmethod(made) if make.__name__ == "__new__" else made


def translated_shape(arguments: tuple[Any, ...], options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of an input, whose shape may be one number and whose type may be a name of Python's."""
    options = {key: (value,) if key == "shape" and type(value) is int else value for key, value in options.items()}
    if options.get("dtype") in KINDS:
        options["dtype"] = KINDS[options["dtype"]]
    return tuple(
        (value,) if type(value) is int and place == 0 else value for place, value in enumerate(arguments)
    ), options


def translated_momentum(
    supplied: list[str], arguments: tuple[Any, ...], options: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of SGD, whose momentum may be the whole number 0 or 1."""
    options = dict(options)
    if type(options.get("momentum")) is int:
        supplied.append("momentum")
        options["momentum"] = float(options["momentum"])
    return arguments, options


def translated_rate(
    name: str, rate: float, supplied: list[str], arguments: tuple[Any, ...], options: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of an optimizer with the rate that was its default."""
    options = dict(options)
    if not arguments and not {"lr", "learning_rate"} & set(options):
        supplied.append(f"{name}(learning_rate={rate})")
        options["learning_rate"] = rate
    return arguments, options


def translated(
    kind: str,
    renamed: Mapping[str, str],
    has_first_positions: bool,
    supplied: list[str],
    arguments: tuple[Any, ...],
    options: Any,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a layer as Keras 3 takes them; if an old and a new name are given, the new one counts.

    Args:
        kind: of layer.
        renamed: the new name for each old one; empty for what is no longer an argument.
        has_first_positions: whether positional arguments are those of the first version.
        supplied: the old names that were used are added to it.
    """
    options = dict(options)
    for old in [name for name in options if name in renamed]:
        supplied.append(old)
        value, new = options.pop(old), renamed[old]
        if new:
            options.setdefault(new, ORDERINGS.get(value, value) if new == "data_format" else value)
    if "activation" in options:
        options["activation"] = _renamed_activation(options["activation"], supplied)
    if has_first_positions or kind == "Dense":
        arguments = _first_positions(kind, arguments, options, supplied)
    if "nb_row" in options and "nb_col" in options:
        options["kernel_size"] = (options.pop("nb_row"), options.pop("nb_col"))
    if kind == "Activation" and arguments:
        arguments = (_renamed_activation(arguments[0], supplied), *arguments[1:])
    arguments = tuple(_whole(value) if place == 0 else value for place, value in enumerate(arguments))
    for name in SIZES:
        if name in options:
            options[name] = _whole(options[name])
    if kind in ("LSTM", "GRU", "SimpleRNN", "Conv1D"):
        _sequence_shape(options, supplied)
    return arguments, options


def _renamed_activation(value: Any, supplied: list[str]) -> Any:
    """An activation by the name that it has now."""
    if isinstance(value, str) and value in OLD_ACTIVATIONS:
        supplied.append(value)
        return OLD_ACTIVATIONS[value]
    return value


def _whole(value: Any) -> Any:
    """A size such as 16.0, from Python 2's division, or a number of NumPy's, as a whole number of Python's."""
    if isinstance(value, np.integer):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _first_positions(
    kind: str, arguments: tuple[Any, ...], options: dict[str, Any], supplied: list[str]
) -> tuple[Any, ...]:
    """The positional arguments of the first version: rows and columns of a kernel, and (inputs, outputs)."""
    numbers = [type(value) is int for value in arguments]
    if kind == "Conv2D" and len(numbers) >= 3 and all(numbers[:3]):
        supplied.append("Convolution2D(filters, rows, columns)")
        return (arguments[0], arguments[1:3], *arguments[3:])
    if kind in ("Dense", "LSTM", "GRU", "SimpleRNN") and len(numbers) >= 2:
        if all(numbers[:2]):  # (inputs, outputs), before version 1
            supplied.append(f"{kind}(inputs, outputs)")
            if kind != "Dense":
                options.setdefault("input_shape", (None, arguments[0]))
            else:
                options.setdefault("input_dim", arguments[0])
            return (arguments[1], *arguments[2:])
        if is_initializer(arguments[1]):
            supplied.append("init")
            options.setdefault("kernel_initializer", arguments[1])
            return (arguments[0], *arguments[2:])
    return arguments


def is_initializer(value: Any) -> bool:
    """Whether a value is the name of an initializer and not of an activation."""
    if not isinstance(value, str):
        return False
    try:
        keras.activations.get(value)
    except ValueError:
        with contextlib.suppress(ValueError):
            return keras.initializers.get(value) is not None
    return False


def _sequence_shape(options: dict[str, Any], supplied: list[str]) -> None:
    """``input_length`` and ``input_dim`` of a layer for sequences as ``input_shape``, which they replaced then."""
    is_of_steps = "input_shape" in options and ("input_dim" not in options or len(options["input_shape"]) == 2)
    if is_of_steps or "batch_input_shape" in options or "batch_shape" in options:
        options.pop("input_length", None)
        options.pop("input_dim", None)
        return
    if "input_dim" in options:
        supplied.append("input_dim")
        options["input_shape"] = (options.pop("input_length", None), options.pop("input_dim"))


def translated_callback(
    kind: str, renamed: Mapping[str, str], supplied: list[str], arguments: tuple[Any, ...], options: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a callback as Keras 3 takes them."""
    options = dict(options)
    for old in [name for name in options if name in renamed]:
        supplied.append(old)
        value = options.pop(old)
        if renamed[old]:
            options.setdefault(renamed[old], value)
    if kind == "ModelCheckpoint":
        path = options.pop("filepath", arguments[0] if arguments else "model.keras")
        ending = ".weights.h5" if options.get("save_weights_only") else ".keras"
        path = str(path)
        if not path.endswith(ending):
            supplied.append("filepath")
            path += ending
        arguments = (path, *arguments[1:])
    return arguments, options


def translated_compile(
    arguments: tuple[Any, ...], options: dict[str, Any], supplied: list[str]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of ``compile`` as Keras 3 takes them; earlier versions took metrics third, and weights fourth."""
    if len(arguments) > 2 and not are_weights(arguments[2]):
        supplied.append("metrics")
        options = dict(zip(("metrics", "loss_weights"), arguments[2:], strict=False)) | options
        arguments = arguments[:2]
    options = {
        key: value for key, value in options.items() if key not in ("class_mode", "sample_weight_mode", "theano_mode")
    }
    for key in ("loss", "metrics"):
        if key in options:
            options[key] = renamed_losses(options[key], supplied)
    if isinstance(options.get("metrics"), str) or callable(options.get("metrics")):
        options["metrics"] = [options["metrics"]]
    return arguments, options


def are_weights(value: Any) -> bool:
    """Whether an argument holds numbers, as ``loss_weights`` does, and not metrics."""
    parts = keras.tree.flatten(value)
    return bool(parts) and all(isinstance(part, (int, float)) for part in parts)


def renamed_losses(value: Any, supplied: list[str]) -> Any:
    """The names of losses and metrics of earlier versions as they are now, in whatever structure they are given."""
    if isinstance(value, str) and value in OLD_LOSSES:
        supplied.append(value)
        return OLD_LOSSES[value]
    if isinstance(value, (list, tuple)):
        return type(value)(renamed_losses(part, supplied) for part in value)
    if isinstance(value, dict):
        return {key: renamed_losses(part, supplied) for key, part in value.items()}
    return value


def translated_fit(options: dict[str, Any], supplied: list[str]) -> dict[str, Any]:
    """The arguments of ``fit`` as Keras 3 takes them."""
    options = dict(options)
    if "nb_epoch" in options:
        supplied.append("nb_epoch")
        options.setdefault("epochs", options.pop("nb_epoch"))
    if "X" in options:
        supplied.append("X")
        options.setdefault("x", options.pop("X"))
    for removed in ("show_accuracy", *OF_QUEUES):
        if removed in options:
            supplied.append(removed)
            del options[removed]
    for name in ("epochs", "steps_per_epoch", "validation_steps", "batch_size", "initial_epoch"):
        value = options.get(name)
        if isinstance(value, float):
            supplied.append(f"{name}={value:g}")
            options[name] = max(1, int(value)) if name != "initial_epoch" else int(value)
    return options


def translated_optimizer(options: dict[str, Any], supplied: list[str], *, is_first: bool = False) -> dict[str, Any]:
    """The arguments of an optimizer as Keras 3 takes them; a ``decay`` that matters becomes a schedule.

    Args:
        options: arguments by name that the kind of optimizer hands on to all optimizers.
        supplied: the old names that were used are added to it.
        is_first: whether the file was written for the first version, which ignored arguments that it did not know.
    """
    options = dict(options)
    if is_first:
        ignored = set(options) - OF_OPTIMIZERS - {"lr", "decay"}
        supplied += sorted(ignored)
        options = {name: value for name, value in options.items() if name not in ignored}
    if "lr" in options:
        supplied.append("lr")
        options["learning_rate"] = options.pop("lr")
    rate = options.get("learning_rate")
    if isinstance(rate, (int, np.number)) and not isinstance(rate, float):
        supplied.append(f"learning_rate={rate}")
        options["learning_rate"] = rate = float(rate)
    options.pop("schedule_decay", None)
    decay = options.pop("decay", None)
    if decay:
        supplied.append("decay")
        if decay >= LEAST_DECAY and isinstance(rate, float):
            schedules = keras.optimizers.schedules
            options["learning_rate"] = schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=float(decay))
    return options
