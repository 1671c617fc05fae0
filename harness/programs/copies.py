"""Copies of a Keras model: the same layers with weights of their own, drawn from any seed.

A copy is made from the configuration of each layer. Seeds inside the configuration (initializers, dropout, noise,
augmentation) are replaced by seeds derived from the one that is given, so that the same seed gives the same copy and
different seeds give independent ones. A subclass of ``keras.Model`` is made again by its own ``get_config``, or by the
call that made it, if that is known.
"""

from __future__ import annotations

import contextlib
import copy as copying
import inspect
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput

Array = NDArray[Any]
ChangeLayer = Callable[[Any], Any]  # from a layer of a model to the layer, or the list of layers, to put in its place
# Attribute of a model or layer: the (arguments, options) of the call that made it
CONSTRUCTION = "_harness_construction"
# Attribute of a copy whose layers were changed: the (original, changes) that it is made of
CHANGED = "_harness_changed"


def array_of(variable: Any) -> Array:
    """A copy of the values of a variable or tensor."""
    return np.array(keras.ops.convert_to_numpy(variable))


class SeedStream:
    """Seeds derived from one seed: the same sequence for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.numbers = itertools.count()

    def draw(self) -> int:
        """The next seed, between 0 and 2^31 - 1."""
        return derived_seed(self.seed, next(self.numbers))


def derived_seed(*parts: int) -> int:
    """A seed between 0 and 2^31 - 1 that depends on all ``parts`` and looks unrelated to them."""
    return int(np.random.SeedSequence([part % 2**32 for part in parts]).generate_state(1)[0] >> 1)


def with_seeds(config: Any, seeds: SeedStream) -> Any:
    """A copy of a layer's configuration with every seed in it replaced by one of ``seeds``."""
    if isinstance(config, dict):
        return {
            key: seeds.draw() if key == "seed" and isinstance(value, int | None) else with_seeds(value, seeds)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(with_seeds(value, seeds) for value in config)
    return config


def custom_objects(model: Any) -> dict[str, Any]:
    """Classes and functions that the layers of ``model`` use and Keras does not know, by name: the user's own, and
    activations of TensorFlow."""
    names: dict[str, Any] = {}
    layers = list(model._flatten_layers()) if hasattr(model, "_flatten_layers") else [model]
    for layer in layers:
        for value in (type(layer), *vars(layer).values()):
            kind = value if isinstance(value, type) or inspect.isfunction(value) else type(value)
            root = str(getattr(kind, "__module__", "") or "").split(".")[0]
            is_known = root in ("keras", "builtins", "numpy") or (root == "tensorflow" and not inspect.isfunction(kind))
            if not is_known:
                names[getattr(kind, "__name__", "")] = kind
    return names


def copied_layer(layer: Any, seeds: SeedStream) -> Any:
    """A new layer with the configuration of ``layer``, its seeds replaced.

    Raises:
        BadInput: the layer cannot be made again from its configuration.
    """
    if isinstance(layer, keras.layers.Lambda):
        return type(layer)(
            layer.function,
            output_shape=layer._output_shape,
            mask=layer.mask,
            arguments=layer.arguments,
            name=layer.name,
            trainable=layer.trainable,
        )
    construction = getattr(layer, CONSTRUCTION, None)
    try:
        if construction is not None and not _holds_layers(construction):
            with seeded_random(seeds.draw()):
                copy = _constructed(layer, construction)
            _take_names(layer, copy)
        else:
            copy = type(layer).from_config(with_seeds(layer.get_config(), seeds))
        known = layer.get_config().get("vocabulary") or () if hasattr(layer, "get_vocabulary") else None
        if known is not None and layer.vocabulary_size() > len(known):
            copy.set_vocabulary(layer.get_vocabulary(include_special_tokens=False))
    except Exception as error:
        raise BadInput(
            f"layer {layer.name}: expected a layer that can be made again from get_config(), got "
            f"{type(layer).__name__} ({first_line(error)}); give the class a get_config() that returns its arguments"
        ) from None
    return copy


def _constructed(made: Any, construction: Any) -> Any:
    """A layer or model made by the same call as another, not built."""
    arguments, options = construction
    copy = type(made)(*arguments, **options)
    object.__setattr__(copy, CONSTRUCTION, construction)
    if not made.trainable:
        copy.trainable = False
    return copy


def _take_names(old: Any, new: Any) -> None:
    """Give a copy that is not built, and the layers in it, the names of the original; paths of weights have them."""
    for named, other in zip(old._flatten_layers(), new._flatten_layers()):
        if type(named) is not type(other):
            break
        other.name = named.name


def set_weights(model: Any, weights: Sequence[Array]) -> None:
    """``model.set_weights``, also for layers that compute with constants made from their weights (Normalization)."""
    model.set_weights(list(weights))
    for layer in model._flatten_layers(include_self=False):
        if hasattr(layer, "finalize_state") and getattr(layer, "built", False):
            layer.finalize_state()


def first_line(error: BaseException) -> str:
    """The first line of what an exception says, or its class if it says nothing; of a graph, the line of its node."""
    lines = str(error).strip().splitlines()
    of_node = [before for before, line in zip(lines, lines[1:]) if line.strip().startswith("[[{{node")]
    return (of_node or lines)[0][:200] if lines else type(error).__name__


def copied_model(model: Any, seed: int, *, change: ChangeLayer | None = None, sample: Any = None) -> Any:
    """A copy of ``model``, not compiled, with weights drawn anew by the initializers of its layers.

    Args:
        model: a Sequential, functional or subclassed model.
        seed: of all random numbers in the copy: initial weights, dropout masks, noise, augmentation.
        change: what to put in the place of each layer: the layer that it is given (a fresh copy, not built), another
            layer, or a list of layers in a row (an empty list removes it). A model inside of the model is one more
            layer. In a model of the user's own class only layers that are attributes of the model are replaced.
        sample: a few rows of x, on which a model without an input shape is built.
    Raises:
        BadInput: a layer or the model cannot be made again.
    """
    with keras.saving.custom_object_scope(custom_objects(model)):
        copy = _copied(model, SeedStream(seed), change)
    if sample is not None and not is_built(copy):
        copy(keras.tree.map_structure(keras.ops.convert_to_tensor, sample), training=False)
    _keep_adapted(model, copy)
    return copy


def is_built(model: Any) -> bool:
    """Whether a model has all its weights; Keras takes a Sequential model for built if its first layer is."""
    is_partly = type(model) is keras.Sequential and not all(layer.built for layer in model.layers)
    return bool(model.built) and not is_partly


def _keep_adapted(model: Any, copy: Any) -> None:
    """Give layers such as Normalization the state that ``adapt`` gave them; it is data, not a draw."""
    adapted = {
        layer.name: layer
        for layer in model._flatten_layers(include_self=False)
        if hasattr(layer, "finalize_state") and layer.built and layer.weights
    }
    for layer in copy._flatten_layers(include_self=False):
        old = adapted.get(layer.name)
        if old is not None and layer.built and type(layer) is type(old):
            layer.set_weights(old.get_weights())
            layer.finalize_state()


def _copied(model: Any, seeds: SeedStream, change: ChangeLayer | None) -> Any:
    """A copy of a model or of a model inside one."""
    if type(model) is keras.Sequential:
        return _copied_sequential(model, seeds, change)
    if _has_default_config(model):
        return _copied_functional(model, seeds, change)
    # another call of the class undoes what was changed in the layers that it makes
    original, changes = getattr(model, CHANGED, (model, ()))
    copy = _copied_subclass(original, seeds)
    changes = (*changes, *(() if change is None else (change,)))
    for one in changes:
        _change_attributes(copy, seeds, one)
    if changes:
        object.__setattr__(copy, CHANGED, (original, changes))
    return copy


def _copied_subclass(model: Any, seeds: SeedStream) -> Any:
    """A copy of a model of the user's own class, not built, with the same names."""
    with seeded_random(seeds.draw()):
        copy = _constructed_again(model, seeds)
    _take_names(model, copy)
    return copy


def _constructed_again(model: Any, seeds: SeedStream) -> Any:
    """A new object of the model's class, by the call that made the model, its configuration, or without arguments."""
    kind = type(model)
    construction = getattr(model, CONSTRUCTION, None)
    if construction is not None and not _holds_layers(construction):
        return _constructed(model, construction)
    try:
        return kind.from_config(with_seeds(model.get_config(), seeds))
    except Exception as error:
        with contextlib.suppress(Exception):
            return kind()
        raise BadInput(
            f"{model.name}: expected a model that can be made again, got {kind.__name__} ({first_line(error)}); "
            "give the class a get_config() that returns the arguments of its __init__"
        ) from None


def _holds_layers(construction: Any) -> bool:
    """Whether a call was given layers, which a second call would share."""
    return any(isinstance(value, keras.Layer) for value in keras.tree.flatten(construction))


def _change_attributes(model: Any, seeds: SeedStream, change: ChangeLayer) -> None:
    """Replace the layers that a model of the user's own class keeps as attributes; it must not be built yet."""
    for name, value in list(vars(model).items()):
        if name.startswith("_") or not isinstance(value, keras.Layer):
            continue
        changed = change(_copied(value, seeds, change) if isinstance(value, keras.Model) else value)
        if changed is value:
            continue
        if isinstance(changed, (list, tuple)):
            changed = changed[0] if len(changed) == 1 else keras.Sequential(list(changed) or [keras.layers.Identity()])
        others = [layer for layer in model._layers if layer is not changed]
        setattr(model, name, changed)
        # weights are in the order of the layers, where the new one takes the place of the old one
        model._layers[:] = [changed if layer is value else layer for layer in others]


@contextlib.contextmanager
def seeded_random(seed: int) -> Iterator[None]:
    """Seed Python's and NumPy's global generators inside the block, and put their states back after it."""
    python_state = random.getstate()
    numpy_state = np.random.get_state()  # noqa: NPY002 - the user's code may draw from it
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


def _has_default_config(model: Any) -> bool:
    """Whether a model is a functional one of Keras' own kind, made of inputs and outputs."""
    return type(model).__name__ == "Functional" and type(model).__module__.startswith("keras.")


def _layers_for(layer: Any, seeds: SeedStream, change: ChangeLayer | None) -> list[Any]:
    """The layers that stand for ``layer`` in a copy."""
    if isinstance(layer, keras.Model):
        copy = _copied(layer, seeds, change)
        copy.trainable = layer.trainable if not layer.trainable else copy.trainable
    else:
        copy = copied_layer(layer, seeds)
    changed = copy if change is None else change(copy)
    return list(changed) if isinstance(changed, (list, tuple)) else [changed]


def _copied_sequential(model: Any, seeds: SeedStream, change: ChangeLayer | None) -> Any:
    """A copy of a Sequential model."""
    layers: list[Any] = []
    first = model._layers[0] if model._layers else None
    if isinstance(first, keras.layers.InputLayer):
        layers.append(keras.Input(batch_shape=first.batch_shape, dtype=first.dtype, name=first.name))
    for layer in model.layers:
        layers += _layers_for(layer, seeds, change)
    return keras.Sequential(layers, name=model.name, trainable=model.trainable)


def _copied_functional(model: Any, seeds: SeedStream, change: ChangeLayer | None) -> Any:
    """A copy of a functional model; a layer used several times stays one layer."""
    made: dict[int, list[Any]] = {}

    def operation(layer: Any) -> Any:
        if id(layer) not in made:
            is_layer = isinstance(layer, keras.Layer)
            made[id(layer)] = _layers_for(layer, seeds, change) if is_layer else [_copied_operation(layer)]
        chain = made[id(layer)]
        return _Chain(chain) if len(chain) != 1 else chain[0]

    inputs = keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model._inputs_struct
    )
    outputs = model._run_through_graph(inputs, operation_fn=operation)
    return keras.Model(inputs, outputs, name=model.name, trainable=model.trainable)


def _copied_operation(operation: Any) -> Any:
    """A copy of an operation that is not a layer, such as ``keras.ops.exp``, outside any graph."""
    copy = copying.copy(operation)
    copy._inbound_nodes, copy._outbound_nodes = [], []
    return copy


class _Chain:
    """Several layers, or none, called in a row in the place of one."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def __call__(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """The output of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How one weight of a model is drawn."""

    path: str  # of the variable in Keras' terms, such as ``dense/kernel``
    # a Keras initializer or a callable of the user's own; None if the weight was not made by ``add_weight``, and keeps
    # its value
    initializer: Any
    shape: tuple[int, ...]  # of the weight
    dtype: str  # of the weight, by name
    value: Array  # of the weight in the model as it is

    def draw(self, seed: int) -> Array:
        """The weight drawn with this seed."""
        if self.initializer is None:
            return self.value
        initializer = self.initializer
        if isinstance(initializer, keras.initializers.Initializer):
            config = initializer.get_config()
            if "seed" in config:
                initializer = type(initializer).from_config(config | {"seed": seed})
            return array_of(initializer(self.shape, dtype=self.dtype))
        with seeded_random(seed):
            return array_of(initializer(self.shape, dtype=self.dtype))


@contextlib.contextmanager
def recorded_initializers() -> Iterator[dict[int, Any]]:
    """Record the initializer of every weight that a layer adds: id of the variable -> initializer.

    The dictionary keeps no variable alive; look the variables up while the model exists.
    """
    initializers: dict[int, Any] = {}
    add_weight = keras.Layer.add_weight

    def recording(layer: Any, *arguments: Any, **options: Any) -> Any:
        variable = add_weight(layer, *arguments, **options)
        given = options.get("initializer", arguments[1] if len(arguments) > 1 else None)
        default = "glorot_uniform" if "float" in str(variable.dtype) else "zeros"
        initializers[id(variable)] = keras.initializers.get(default if given is None else given)
        return variable

    keras.Layer.add_weight = recording
    try:
        yield initializers
    finally:
        keras.Layer.add_weight = add_weight


def drawings_of(model: Any, sample: Any = None) -> tuple[Drawing, ...]:
    """How each weight of a model is drawn, in the order of ``model.weights``.

    Args:
        model: any built model, or one that can be copied and built on ``sample``. Of a model that cannot be copied,
            the layers are; a weight whose layer cannot be copied either keeps its value.
        sample: a few rows of x, on which a model without an input shape is built.
    """
    with recorded_initializers() as initializers:
        try:
            copy = copied_model(model, 0, sample=sample)
        except BadInput:
            if not model.built:
                raise
            return _drawings_by_layer(model)
    return tuple(_drawing(weight, initializers.get(id(weight))) for weight in copy.weights)


def _drawing(weight: Any, initializer: Any) -> Drawing:
    """How a variable is drawn."""
    return Drawing(
        path=weight.path,
        initializer=initializer,
        shape=tuple(weight.shape),
        dtype=str(weight.dtype),
        value=array_of(weight),
    )


def _drawings_by_layer(model: Any) -> tuple[Drawing, ...]:
    """How the weights of a model that cannot be copied are drawn, from copies of its layers."""
    known: dict[int, Any] = {}
    for layer in model._flatten_layers(include_self=False):
        own = [*layer._trainable_variables, *layer._non_trainable_variables]
        if not own:
            continue
        with recorded_initializers() as initializers, contextlib.suppress(Exception):
            copy = copied_layer(layer, SeedStream(0))
            copy.build_from_config(layer.get_build_config())
            again = [*copy._trainable_variables, *copy._non_trainable_variables]
            if [tuple(v.shape) for v in again] == [tuple(v.shape) for v in own]:
                known |= {id(old): initializers.get(id(new)) for old, new in zip(own, again)}
    return tuple(_drawing(weight, known.get(id(weight))) for weight in model.weights)


def drawn_weights(drawings: Sequence[Drawing], seed: int, kept: Sequence[Array | None]) -> list[Array]:
    """All weights of a model drawn anew, in the order of ``model.weights``.

    Args:
        drawings: from ``drawings_of``.
        seed: the same seed gives the same weights.
        kept: for each weight the value that it keeps, such as that of a pretrained layer; None if it is drawn.
    """
    return [
        drawing.draw(derived_seed(seed, number, 1)) if value is None else value
        for number, (drawing, value) in enumerate(zip(drawings, kept))
    ]


def forget_states(model: keras.Model) -> None:
    """Forget what recurrent layers with a state keep from batch to batch."""
    for layer in model._flatten_layers(include_self=False):
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()
