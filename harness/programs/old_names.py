"""Names of earlier Keras versions that scripts still use, supplied while a script runs.

Keras 3 moved or removed modules such as ``keras.layers.core`` and ``keras.utils.np_utils``, functions of
``keras.backend`` that ``tensorflow.keras`` still has, ``fit_generator``, and arguments such as ``lr``. A name is
supplied only if this version of Keras does not have it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any
from unittest import mock

import keras

from .stand_ins import importing_file

LAYERS, UTILS = ("layers",), ("utils",)
ENGINE = ("layers", "models", "")
MOVED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("layers.core", "layers.convolutional", "layers.pooling", "layers.recurrent", "layers.embeddings",
         "layers.normalization", "layers.normalization.batch_normalization", "layers.advanced_activations",
         "layers.noise", "layers.wrappers", "layers.merge", "layers.local", "layers.convolutional_recurrent",
         "layers.cudnn_recurrent", "layers.experimental", "layers.experimental.preprocessing", "layers.core.dense"),
        LAYERS,
    ),
    **dict.fromkeys(
        ("utils.np_utils", "utils.vis_utils", "utils.generic_utils", "utils.layer_utils", "utils.data_utils",
         "utils.io_utils", "utils.visualize_util"),
        UTILS,
    ),
    **dict.fromkeys(
        ("engine", "engine.topology", "engine.training", "engine.base_layer", "engine.input_layer",
         "engine.sequential"),
        ENGINE,
    ),
    **dict.fromkeys(
        ("optimizers.gradient_descent_v2", "optimizers.adam_v2", "optimizers.rmsprop_v2", "optimizers.adagrad_v2",
         "optimizers.nadam_v2", "optimizers.adamax_v2", "optimizers.adadelta_v2", "optimizer_v2",
         "optimizer_v2.gradient_descent", "optimizer_v2.adam", "optimizer_v2.rmsprop"),
        ("optimizers",),
    ),
    "objectives": ("losses",),
    "initializations": ("initializers",),
    "backend.tensorflow_backend": ("backend",),
    "preprocessing.text": ("preprocessing.text",),
    "preprocessing.image": ("preprocessing.image",),
}  # fmt: skip
SHARED = ("backend", "losses", "metrics", "layers", "utils", "initializers", "optimizers", "preprocessing.image")
ALIASES = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
RENAMED = {"plot": "plot_model"}  # in moved modules
DENSE = {
    "output_dim": "units", "init": "kernel_initializer", "bias": "use_bias", "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
}  # fmt: skip
RECURRENT = DENSE | {
    "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation", "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout", "U_regularizer": "recurrent_regularizer",
}  # fmt: skip
CONVOLUTION = DENSE | {
    "nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding", "subsample": "strides",
    "subsample_length": "strides",
}  # fmt: skip
POOLING = {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding"}
ARGUMENTS = {
    "Dense": DENSE,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), RECURRENT),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), CONVOLUTION),
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"), POOLING),
    "Dropout": {"p": "rate"},
    "Embedding": {"init": "embeddings_initializer"},
    "BatchNormalization": {"mode": ""},
}  # names that arguments of layers had in the first version; those without a new name are left out
LOWER_CASE = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam")
PREFIXES = ("keras.", "tensorflow.keras.")


class MovedModule(ModuleType):
    """A module of an earlier version, whose names are looked up where they are now."""

    def __init__(self, name: str, places: Sequence[str]) -> None:
        """Look names up in the modules ``places`` of Keras."""
        super().__init__(name)
        self.__path__: list[str] = []
        self.places = tuple(places)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        for place in self.places:
            for prefix in ("keras", "tensorflow.keras"):
                with contextlib.suppress(ImportError, AttributeError):
                    module = importlib.import_module(f"{prefix}.{place}" if place else prefix)
                    if module is not self:
                        return getattr(module, (ALIASES | RENAMED).get(name, name))
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class MovedFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of earlier versions, if the user's code imports them."""

    def __init__(self, is_users: Callable[[str], bool]) -> None:
        """Answer imports from the files for which ``is_users`` is true."""
        self.is_users = is_users
        self.supplied: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A module that is looked up elsewhere; None if it was not in an earlier version."""
        if moved_name(fullname) is None or not self.is_users(importing_file()):
            return None
        self.supplied.append(fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module for a name."""
        return MovedModule(spec.name, MOVED[str(moved_name(spec.name))])

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do."""


def moved_name(fullname: str) -> str | None:
    """The key of a module of an earlier version; None if it is another module."""
    for prefix in PREFIXES:
        name = fullname.removeprefix(prefix)
        if fullname.startswith(prefix) and name in MOVED:
            return name
    return None


@contextlib.contextmanager
def old_names(is_users: Callable[[str], bool]) -> Iterator[MovedFinder]:
    """Supply the names of earlier Keras versions inside the block.

    Args:
        is_users: whether a file is the user's, so that only the user's imports are answered.
    """
    finder = MovedFinder(is_users)
    before = set(sys.modules)
    supply_functions()
    with contextlib.ExitStack() as stack:
        for name in ("fit_generator", "evaluate_generator", "predict_generator"):
            new_name = name.removesuffix("_generator")
            _supply(stack, keras.Model, name, functools.partialmethod(_by_generator, new_name))
        for name, renamed in ARGUMENTS.items():
            layer = getattr(keras.layers, name)
            stack.enter_context(
                mock.patch.object(layer, "__init__", _with_old_arguments(layer.__init__, renamed, finder.supplied))
            )
        sys.meta_path.append(finder)  # asked last: what exists is not replaced
        try:
            yield finder
        finally:
            sys.meta_path.remove(finder)
            for name in set(sys.modules) - before:
                if isinstance(sys.modules[name], MovedModule):
                    parent, _, child = name.rpartition(".")
                    del sys.modules[name]
                    if isinstance(vars(sys.modules.get(parent, keras)).get(child), MovedModule):
                        delattr(sys.modules[parent], child)


@functools.cache
def supply_functions() -> None:
    """Give the modules of Keras the functions and classes of earlier versions that they miss.

    They stay: a loss of the user's own may call them whenever it is trained with.
    """
    for name in SHARED:
        with contextlib.suppress(ImportError):
            ours, theirs = (importlib.import_module(f"{root}.{name}") for root in ("keras", "tensorflow.keras"))
            for source, target in ((theirs, ours), (ours, theirs)):
                for key in dir(source):
                    if not key.startswith("_") and not hasattr(target, key):
                        setattr(target, key, getattr(source, key))
    for optimizer in LOWER_CASE:
        if not hasattr(keras.optimizers, optimizer.lower()):
            setattr(keras.optimizers, optimizer.lower(), getattr(keras.optimizers, optimizer))
    for old, new in ALIASES.items():
        if not hasattr(keras.layers, old):
            setattr(keras.layers, old, getattr(keras.layers, new))


def _supply(stack: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    """Set an attribute for the time of a stack, if it is missing."""
    if not hasattr(owner, name):
        stack.enter_context(mock.patch.object(owner, name, value, create=True))


def _with_old_arguments(initialise: Any, renamed: Mapping[str, str], supplied: list[str]) -> Any:
    """The ``__init__`` of a layer that takes old names of arguments too; where both are given, the new one counts.

    Args:
        initialise: the layer's own.
        renamed: the new name for each old one; empty for what is no longer an argument.
        supplied: the old names that were used are added to it.
    """

    def init(self: Any, *arguments: Any, **options: Any) -> None:  # Keras reads this signature: nothing is wrapped
        for old in [name for name in options if name in renamed]:
            supplied.append(old)
            value, new = options.pop(old), renamed[old]
            if new:
                options.setdefault(new, value)
        initialise(self, *arguments, **options)

    return init


def _by_generator(model: Any, name: str, generator: Any, *arguments: Any, **options: Any) -> Any:
    """A call of ``fit_generator`` and its like by the method that took its place."""
    for removed in ("max_queue_size", "max_q_size", "workers", "use_multiprocessing", "pickle_safe"):
        options.pop(removed, None)
    if arguments:
        options["steps_per_epoch" if name == "fit" else "steps"] = arguments[0]
    if len(arguments) > 1 and name == "fit":
        options["epochs"] = arguments[1]
    return getattr(model, name)(generator, **options)
