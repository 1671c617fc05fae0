"""Names of earlier versions that scripts still use, supplied while a script runs.

Keras 3 moved or removed modules such as ``keras.layers.core`` and ``keras.utils.np_utils``, functions of
``keras.backend`` that ``tensorflow.keras`` still has, ``fit_generator``, and classes such as ``Merge``; TensorFlow 2
removed ``tf.ConfigProto``; Python 3 renamed ``cPickle`` and ``urllib2``. A name is supplied only if the installed
version does not have it. Arguments are in ``arguments``.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import re
import sys
import urllib
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any
from unittest import mock

import keras
import numpy as np

from ..copies import forget_states
from ..inside_tensorflow import importing_keras
from ..stand_ins import importing_file
from .arguments import OF_QUEUES, old_arguments
from .lists import taking_lists
from .own_layers import take_old_methods
from .tensor_functions import layers_of_functions

PLACES = (
    "", "layers", "models", "optimizers", "losses", "metrics", "callbacks", "utils", "initializers", "regularizers",
    "constraints", "activations", "backend", "datasets", "applications", "preprocessing", "preprocessing.image",
    "preprocessing.text", "preprocessing.sequence",
)  # fmt: skip  # modules of Keras in which a name is looked up
FIRST_PLACE = {"objectives": "losses", "initializations": "initializers", "backend.tensorflow_backend": "backend"}
OLD_PLACES = (
    "engine", "objectives", "initializations", "optimizer_v2", "optimizer_v1", "saving", "legacy", "premade",
    "feature_column", "mixed_precision", "wrappers", "python", "api",
)  # fmt: skip  # packages of earlier versions besides
OLD_DECORATOR = re.compile(r"legacy_\w+_support")  # of keras.legacy.interfaces: for arguments of the first version
ROOTS = re.compile(
    r"^(tensorflow\.contrib\.keras\.(python|api)\.keras|tensorflow\.contrib\.keras|tensorflow\.python\.keras"
    r"|tensorflow_core\.(python\.)?keras|tensorflow\.keras|tf_keras|keras\.api(\._v[12]\.keras)?|keras)(\.|$)"
)
OTHER_MODULES = {
    "cPickle": "pickle", "StringIO": "io", "cStringIO": "io", "Queue": "queue", "urllib2": "urllib.request",
    "urlparse": "urllib.parse", "ConfigParser": "configparser",
    "sklearn.cross_validation": "harness.programs.old_versions.scikit_learn",
    "sklearn.grid_search": "sklearn.model_selection", "sklearn.externals": "joblib",
    "sklearn.externals.joblib": "joblib", "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.datasets.samples_generator": "sklearn.datasets", "sklearn.preprocessing.data": "sklearn.preprocessing",
    "sklearn.preprocessing.label": "sklearn.preprocessing", "sklearn.metrics.classification": "sklearn.metrics",
    "tensorflow.contrib": "tensorflow",
}  # fmt: skip
PARTS_OF_KERAS = ("keras_preprocessing", "keras_applications")  # packages of their own for a time
WRAPPERS = ("wrappers", "wrappers.scikit_learn")
SCIKERAS = ("scikeras", "scikeras.wrappers")
SHARED = ("backend", "losses", "metrics", "layers", "utils", "initializers", "optimizers", "preprocessing.image")
ALIASES = {
    "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization", "Deconvolution2D": "Conv2DTranspose",
}  # fmt: skip
MODULES_OF_LAYERS = (
    "core", "convolutional", "pooling", "normalization", "recurrent", "embeddings", "advanced_activations", "noise",
    "wrappers", "local",
)  # fmt: skip
RENAMED = {"plot": "plot_model", "maxnorm": "MaxNorm", "max_norm": "MaxNorm", "nonneg": "NonNeg",
           "unitnorm": "UnitNorm", "l1l2": "L1L2", "WeightRegularizer": "L1L2"}  # fmt: skip
LOWER_CASE = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam")
OPTIMIZERS_OF_TENSORFLOW_1 = {
    "AdamOptimizer": "Adam", "GradientDescentOptimizer": "SGD", "RMSPropOptimizer": "RMSprop",
    "AdagradOptimizer": "Adagrad", "AdadeltaOptimizer": "Adadelta", "MomentumOptimizer": "SGD",
}  # fmt: skip
OF_NUMPY = {
    "float": float, "int": int, "bool": bool, "object": object, "str": str, "complex": complex, "float_": np.float64,
    "Inf": np.inf, "NaN": np.nan, "infty": np.inf, "product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all,
    "sometrue": np.any, "unicode_": np.str_,
    "in1d": np.isin, "row_stack": np.vstack, "asscalar": lambda a: a.item(),
}  # fmt: skip
OF_PYTHON_2 = {
    "xrange": range, "unicode": str, "basestring": str, "long": int, "unichr": chr, "reduce": functools.reduce,
}  # fmt: skip
LISTS_OF_PYTHON_2 = {
    "map": lambda *given: list(map(*given)),
    "filter": lambda *given: list(filter(*given)),
    "zip": lambda *given: list(zip(*given)),
}  # what gave lists
OF_URLLIB = {
    "urlopen": urllib.request.urlopen, "urlretrieve": urllib.request.urlretrieve, "quote": urllib.parse.quote,
    "urlencode": urllib.parse.urlencode, "unquote": urllib.parse.unquote,
}  # fmt: skip


class MovedModule(ModuleType):
    """A module of an earlier version, whose names are looked up where they are now."""

    def __init__(self, name: str, places: Sequence[str]) -> None:
        """Look names up in the modules ``places``."""
        super().__init__(name)
        self.__path__: list[str] = []
        self.places = tuple(places)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":  # from keras.layers.core import *
            module = importlib.import_module(self.places[0])
            return [key for key in dir(module) if not key.startswith("_")]
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if OLD_DECORATOR.fullmatch(name):
            return _as_it_is
        for place in self.places:
            with contextlib.suppress(ImportError, AttributeError):
                module = importlib.import_module(place)
                if module is not self:
                    return getattr(module, (ALIASES | RENAMED).get(name, name))
        with contextlib.suppress(ImportError):  # a module of an earlier version: from keras.utils import np_utils
            return importlib.import_module(f"{self.__name__}.{name}")
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
        if not places_of(fullname) or not self.is_users(importing_file()):
            return None
        self.supplied.append(fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module for a name."""
        return MovedModule(spec.name, places_of(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do."""


def places_of(fullname: str) -> tuple[str, ...]:
    """The modules in which the names of a module of an earlier version are now; empty if it is another module."""
    if fullname in OTHER_MODULES:
        return (OTHER_MODULES[fullname],)
    if fullname in SCIKERAS:
        return ("harness.programs.old_versions.wrappers",)
    if fullname.startswith(PARTS_OF_KERAS):
        return places_of(fullname.replace("_", ".", 1))
    root = ROOTS.match(fullname)
    if root is None:
        return ()
    name = fullname[root.end() :]
    if name in WRAPPERS:
        return ("harness.programs.old_versions.wrappers",)
    if name.startswith(("datasets.", "applications.")) and name.count(".") == 1:
        return tuple(f"{prefix}.{name}" for prefix in ("keras", "tensorflow.keras") if prefix + "." != root[0])
    if name.split(".")[0] not in {place.split(".")[0] for place in (*PLACES, *OLD_PLACES)}:
        return ()
    own = (place for place in PLACES if f"{name}.".startswith(f"{place}."))
    first = FIRST_PLACE.get(name) or max(own, key=len, default="")
    places = dict.fromkeys([first, *PLACES])
    return tuple(
        f"{prefix}.{place}" if place else prefix for place in places for prefix in ("keras", "tensorflow.keras")
    )


@contextlib.contextmanager
def old_names(is_users: Callable[[str], bool], text: str = "") -> Iterator[MovedFinder]:
    """Supply the names of earlier versions inside the block.

    Args:
        is_users: whether a file is the user's, so that only the user's imports are answered.
        text: of the user's file, from which the version that it was written for is seen.
    """
    finder = MovedFinder(is_users)
    before = set(sys.modules)
    supply_functions()
    for layers in (keras.layers, importlib.import_module("tensorflow.keras.layers")):
        for name in MODULES_OF_LAYERS:  # keras.layers.core.Dense; an import may take the place
            _give(layers, name, layers)
    with contextlib.ExitStack() as stack:
        for name in ("fit_generator", "evaluate_generator", "predict_generator"):
            new_name = name.removesuffix("_generator")
            _supply(stack, keras.Model, name, functools.partialmethod(_by_generator, new_name))
        for root in ("keras.models", "keras.saving", "tensorflow.keras.models"):
            module = importlib.import_module(root)
            stack.enter_context(mock.patch.object(module, "load_model", _loading(module.load_model)))
        set_weights = functools.partialmethod(_set_weights_of_lists, keras.Layer.set_weights)
        stack.enter_context(mock.patch.object(keras.Layer, "set_weights", set_weights))
        stack.enter_context(
            mock.patch.object(keras.Layer, "__init_subclass__", classmethod(take_old_methods), create=True)
        )
        for side in ("input", "output"):
            _supply(stack, keras.Layer, f"get_{side}_shape_at", functools.partialmethod(_shape_at, side))
        _supply(stack, keras.Model, "train", _train)
        _supply(stack, keras.Model, "reset_states", forget_states)
        _supply(stack, keras.Model, "predict_proba", _predict_proba)
        _supply(stack, keras.Model, "predict_classes", _predict_classes)
        for name, attribute in (("input", "inputs"), ("output", "outputs")):
            stack.enter_context(mock.patch.object(keras.Sequential, name, _only_one(attribute), create=True))
        for name, value in OF_PYTHON_2.items():
            _supply(stack, builtins, name, value)
        for name, function in OF_URLLIB.items():
            _supply(stack, urllib, name, function)
        for name, value in OF_NUMPY.items():
            if name not in vars(np):  # NumPy answers the removed names with an error of its own
                stack.enter_context(mock.patch.dict(vars(np), {name: value}))
        if "scipy.misc" in text and importlib.util.find_spec("scipy.misc") is not None:
            module = importlib.import_module("scipy.misc")
            for name, function in _image_functions().items():
                _supply(stack, module, name, function)
        if "sklearn" in text:
            from . import scikit_learn

            scikit_learn.makers_with_positions(stack)
        if "pandas" in text:
            from ...recording.stand_ins.absorbed import noted
            from ...recording.stand_ins.tables import EARLIER_METHODS

            for kind, methods in EARLIER_METHODS.items():
                for name, method in methods.items():
                    note_use = functools.partial(finder.supplied.append, f"{kind.__name__}.{name}")
                    _supply(stack, kind, name, noted(method, note_use))
        stack.enter_context(mock.patch.object(builtins, "__import__", importing_keras(is_users, finder.supplied)))
        stack.enter_context(taking_lists())
        stack.enter_context(layers_of_functions(finder.supplied))
        stack.enter_context(old_arguments(text, finder.supplied))
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
    """Give the modules of Keras and TensorFlow the functions and classes of earlier versions that they miss.

    They stay: a loss of the user's own may call them whenever it is trained with.
    """
    for name in SHARED:
        with contextlib.suppress(ImportError):
            ours, theirs = (importlib.import_module(f"{root}.{name}") for root in ("keras", "tensorflow.keras"))
            for source, target in ((theirs, ours), (ours, theirs)):
                for key in dir(source):
                    if not key.startswith("_") and not hasattr(target, key):
                        setattr(target, key, getattr(source, key))
    roots = [importlib.import_module(root) for root in ("keras", "tensorflow.keras")]
    for root in roots:
        for optimizer in LOWER_CASE:
            _give(root.optimizers, optimizer.lower(), getattr(keras.optimizers, optimizer))
        for old, new in ALIASES.items():
            _give(root.layers, old, getattr(keras.layers, new))
        supplied: dict[str, Any] = {
            "TimeDistributedDense": _time_distributed_dense, "Merge": _Merge, "merge": _merge,
            "AutoEncoder": _auto_encoder, "containers": keras.models,
        }  # fmt: skip
        for name, value in supplied.items():
            _give(root.layers, name, value)
        for name in ("maxnorm", "nonneg", "unitnorm"):
            _give(root.constraints, name, getattr(keras.constraints, RENAMED[name]))
        _give(root.regularizers, "l1l2", keras.regularizers.L1L2)
        for name in ("activity_l1", "activity_l2"):
            _give(root.regularizers, name, getattr(keras.regularizers, name[-2:].upper()))
        _give(root.optimizers, "legacy", keras.optimizers)
        for name in ("set_session", "set_learning_phase", "clear_session", "manual_variable_initialization"):
            _give(root.backend, name, _nothing)
        _give(root.backend, "tensorflow_backend", root.backend)
        _give(root.backend, "get_session", _nothing)
        _give(root.backend, "image_dim_ordering", _image_dim_ordering)
        _give(root.backend, "set_image_dim_ordering", _set_image_dim_ordering)
    plain_call = keras.Layer.call
    keras.Layer.call = lambda layer, *a, **k: a[0] if type(layer) is keras.Layer and a else plain_call(layer, *a, **k)
    tensorflow = importlib.import_module("tensorflow")
    for name in dir(tensorflow.compat.v1):
        if not name.startswith(("_", "disable_")):
            _give(tensorflow, name, getattr(tensorflow.compat.v1, name))
    _give(tensorflow, "python", importlib.import_module("tensorflow.python"))  # tf.python.control_flow_ops = tf
    for old, new in OPTIMIZERS_OF_TENSORFLOW_1.items():
        _give(tensorflow.train, old, functools.partial(_optimizer_of_tensorflow_1, getattr(keras.optimizers, new)))


def _optimizer_of_tensorflow_1(kind: Any, *arguments: Any, **options: Any) -> Any:
    """An optimizer of Keras from the arguments of that of TensorFlow 1."""
    renamed = {"beta1": "beta_1", "beta2": "beta_2"}
    if kind is keras.optimizers.RMSprop:
        renamed["decay"] = "rho"
    options.pop("use_locking", None)
    return kind(*arguments, **{renamed.get(name, name): value for name, value in options.items()})


def _image_functions() -> dict[str, Any]:
    """The functions for images that ``scipy.misc`` once had; none if Pillow is not installed."""
    try:
        image = importlib.import_module("PIL.Image")
    except ImportError:
        return {}

    def imread(path: Any, flatten: bool = False, mode: Any = None) -> Any:
        read = image.open(path)
        return np.asarray(read.convert("F" if flatten else mode) if flatten or mode else read)

    def imresize(array: Any, size: Any, *_: Any, **__: Any) -> Any:
        pixels = np.asarray(array)
        if isinstance(size, (int, float)):  # percent, or a fraction
            size = tuple(int(side * (size / 100 if isinstance(size, int) else size)) for side in pixels.shape[:2])
        return np.asarray(image.fromarray(pixels.astype(np.uint8)).resize((int(size[1]), int(size[0]))))

    def toimage(array: Any, *_: Any, **__: Any) -> Any:
        pixels = np.asarray(array, np.float64)
        span = float(np.ptp(pixels)) or 1.0
        return image.fromarray((255 * (pixels - pixels.min()) / span).astype(np.uint8))

    def imsave(path: Any, array: Any, *_: Any) -> None:
        toimage(array).save(path)

    return {"imread": imread, "imresize": imresize, "toimage": toimage, "imsave": imsave}


def _give(module: Any, name: str, value: Any) -> None:
    """Set an attribute of a module that does not have it."""
    if value is not None and not hasattr(module, name):
        setattr(module, name, value)


def _supply(stack: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    """Set an attribute for the time of a stack, if it is missing."""
    if not hasattr(owner, name):
        stack.enter_context(mock.patch.object(owner, name, value, create=True))


def _shape_at(layer: Any, side: str, _: int) -> tuple[int | None, ...]:
    """The shape of what a layer or model is given, or gives, with the rows as None."""
    return tuple(getattr(layer, side).shape)


def _only_one(attribute: str) -> property:
    """The input or output of a Sequential model, which Keras 3 knows only after the model was called."""

    def get(model: Any) -> Any:
        tensors = getattr(model, attribute)
        return tensors[0] if isinstance(tensors, list) and len(tensors) == 1 else tensors

    return property(get)


def _as_it_is(function: Any) -> Any:
    """Stands for a decorator that has nothing left to do."""
    return function


def _nothing(*arguments: Any, **options: Any) -> None:
    """Stands for a function that has nothing left to do."""


def _image_dim_ordering() -> str:
    """Where the channels of images are: ``th`` for first, ``tf`` for last."""
    return "th" if keras.config.image_data_format() == "channels_first" else "tf"


def _set_image_dim_ordering(ordering: str) -> None:
    """Say where the channels of images are."""
    keras.config.set_image_data_format("channels_first" if ordering == "th" else "channels_last")


def _time_distributed_dense(*arguments: Any, **options: Any) -> Any:
    """A Dense layer that is applied to every position."""
    shape = {key: options.pop(key) for key in ("input_shape", "batch_input_shape") if key in options}
    length, width = options.pop("input_length", None), options.pop("input_dim", None)
    if width is not None and not shape:
        shape = {"input_shape": (length, width)}
    return keras.layers.TimeDistributed(keras.layers.Dense(*arguments, **options), **shape)


MERGED = {"concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "dot": "Dot"}


def _merge(inputs: Any, mode: str = "sum", concat_axis: int = -1, **options: Any) -> Any:
    """Several tensors in one, by a mode."""
    layer = getattr(keras.layers, MERGED.get(mode, "Add"))
    return (layer(axis=concat_axis) if mode == "concat" else layer())(list(inputs))


class _Merge:
    """The first layer of a Sequential model that took several models."""

    def __new__(cls, layers: Any, mode: str = "sum", concat_axis: int = -1, **options: Any) -> Any:
        """A model of all their inputs."""
        outputs = _merge([layer.output for layer in layers], mode, concat_axis)
        return keras.Model([layer.input for layer in layers], outputs)


def _auto_encoder(encoder: Any, decoder: Any, *_: Any, **__: Any) -> Any:
    """The layer of the first version that trains two layers, or containers of layers, one after the other."""
    model = keras.Sequential([encoder, decoder])
    for name, part in {"encoder": encoder, "decoder": decoder}.items():
        object.__setattr__(model, name, part)  # Keras would count it as another layer
    return model


SHORT_NAMES = ("mse", "mae", "mape", "msle", "kld")  # that old files of models hold for losses and metrics


def _loading(load: Any) -> Any:
    """``load_model`` that knows the short names of losses in HDF5 files."""

    def loading(path: Any, custom_objects: Any = None, *arguments: Any, **options: Any) -> Any:
        known = {name: getattr(keras.losses, name) for name in SHORT_NAMES if hasattr(keras.losses, name)}
        model = load(path, known | dict(custom_objects or {}), *arguments, **options)
        if str(path).endswith((".h5", ".hdf5")) and getattr(model, "optimizer", None) is not None:
            # Keras builds it for other variables than the model then has, and fit would refuse it
            model.optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
        return model

    return loading


def _set_weights_of_lists(layer: Any, set_weights: Callable[[Any, Any], None], weights: Any) -> None:
    """``set_weights`` that takes nested lists as earlier versions did."""
    set_weights(layer, [np.asarray(weight) if isinstance(weight, (list, tuple)) else weight for weight in weights])


def _train(model: Any, x: Any, y: Any, *_: Any, **__: Any) -> Any:
    """One update, as the first version called it."""
    return model.train_on_batch(x, y)


def _predict_proba(model: Any, x: Any, *arguments: Any, **options: Any) -> Any:
    """The outputs of a model."""
    return model.predict(x, verbose=0)


def _predict_classes(model: Any, x: Any, *arguments: Any, **options: Any) -> Any:
    """The likeliest classes by a model."""
    outputs = model.predict(x, verbose=0)
    return outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32")


def _by_generator(model: Any, name: str, generator: Any = None, *arguments: Any, **options: Any) -> Any:
    """A call of ``fit_generator`` and its like by the method that took its place."""
    generator = options.pop("generator", generator)
    for removed in OF_QUEUES:
        options.pop(removed, None)
    samples = options.pop("samples_per_epoch", options.pop("val_samples", None))
    steps = "steps_per_epoch" if name == "fit" else "steps"
    if arguments:
        is_first_version = "nb_val_samples" in options or "nb_epoch" in options
        samples, options[steps] = (arguments[0], None) if is_first_version else (samples, arguments[0])
    if len(arguments) > 1 and name == "fit":
        options["epochs"] = arguments[1]
    if samples is not None:
        generator, options[steps] = steps_for(generator, samples)
    wanted = options.pop("nb_val_samples", None)
    if wanted is not None and options.get("validation_data") is not None:
        validation = options["validation_data"]
        if not isinstance(validation, (tuple, list)):
            options["validation_data"], options["validation_steps"] = steps_for(validation, wanted)
    return getattr(model, name)(generator, **options)


def steps_for(batches: Any, samples: Any) -> tuple[Any, int]:
    """(the batches, how many of them hold so many samples), as the first version counted."""
    size = getattr(batches, "batch_size", None)
    if not size:
        if hasattr(batches, "__getitem__"):
            first = batches[0]
        else:
            batches = iter(batches)
            first = next(batches)
            batches = itertools.chain([first], batches)
            batches = (batch for batch in batches)  # Keras asks for a true generator
        size = len(keras.tree.flatten(first)[0])
    return batches, max(1, -(-int(samples) // int(size)))
