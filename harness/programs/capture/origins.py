"""Where in the user's code the layers, weights, optimizers and losses of a running script were made."""

from __future__ import annotations

import contextlib
import functools
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import keras

from ..copies import CONSTRUCTION, array_of
from ..old_versions.arguments import FIRST_VERSION, translated_optimizer
from ..source.places import Place, Sources

Wrapper = Callable[..., Any]


class Origins:
    """Remembers where what Keras makes was made while the user's script runs.

    Attributes:
        old_names: arguments of optimizers of earlier Keras versions that were translated.
    """

    def __init__(self, sources: Sources, old_names: list[str]) -> None:
        """Nothing is made yet; ``old_names`` is added to."""
        self.sources = sources
        self.old_names = old_names
        self.made: dict[int, tuple[Any, Place | None]] = {}
        self.created: dict[int, tuple[Any, int]] = {}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is made inside the block."""
        from keras.src.optimizers.base_optimizer import BaseOptimizer

        wrapped: list[tuple[Any, str, Any]] = [
            (keras.Layer, "__new__", staticmethod(self._layer(keras.Layer.__new__))),
            (keras.Model, "__new__", staticmethod(self._layer(keras.Model.__new__))),
            (keras.Layer, "add_weight", self._add_weight(keras.Layer.add_weight)),
            (BaseOptimizer, "__init__", self._initialised(BaseOptimizer.__init__)),
            (keras.losses.Loss, "__init__", self._initialised(keras.losses.Loss.__init__)),
        ]
        with contextlib.ExitStack() as stack:
            for owner, name, wrapper in wrapped:
                stack.enter_context(mock.patch.object(owner, name, wrapper))
            yield

    def _layer(self, new: Any) -> Wrapper:
        """Layer.__new__ that remembers the user's line, and the arguments given to a class of the user's own."""

        @functools.wraps(new)
        def make(kind: Any, *arguments: Any, **options: Any) -> Any:
            layer = new(kind, *arguments, **options)
            self.made[id(layer)] = (layer, self.sources.here())
            if not type(layer).__module__.startswith("keras."):
                object.__setattr__(layer, CONSTRUCTION, (arguments, options))
            return layer

        return make

    def _add_weight(self, add_weight: Any) -> Wrapper:
        """Layer.add_weight that remembers the first value of the weight."""

        @functools.wraps(add_weight)
        def add(layer: Any, *arguments: Any, **options: Any) -> Any:
            variable = add_weight(layer, *arguments, **options)
            with contextlib.suppress(Exception):  # a weight without a value yet
                self.created[id(variable)] = (variable, fingerprint(variable))
            return variable

        return add

    def _initialised(self, initialise: Any) -> Wrapper:
        """The __init__ of an optimizer or loss that remembers the user's line."""

        @functools.wraps(initialise)
        def init(made: Any, *arguments: Any, **options: Any) -> None:
            self.made.setdefault(id(made), (made, self.sources.here()))
            if isinstance(made, keras.optimizers.Optimizer):
                options = translated_optimizer(options, self.old_names, is_first=self._is_for_first_version())
            initialise(made, *arguments, **options)

        return init

    def _is_for_first_version(self) -> bool:
        """Whether the user's code was written for the first version of Keras."""
        return any(source is not None and FIRST_VERSION.search(source.text) for source in self.sources.known.values())

    def layer_places(self) -> dict[str, Place]:
        """Name of a layer -> where it was made, of all layers so far.

        A layer whose constructor raised is left out, because it was not named.
        """
        layers = [(made, place) for made, place in self.made.values() if isinstance(made, keras.Layer)]
        return {made.name: place for made, place in layers if place is not None and hasattr(made, "name")}

    def place_of(self, made: Any) -> Place | None:
        """Where an object was made, if it is known."""
        known = self.made.get(id(made))
        return None if known is None or known[0] is not made else known[1]

    def is_set(self, weight: Any) -> bool:
        """Whether a weight has another value than the one that it was made with."""
        known = self.created.get(id(weight))
        return known is not None and known[0] is weight and known[1] != fingerprint(weight)


def fingerprint(variable: Any) -> int:
    """A number that changes with the values of a weight."""
    return zlib.crc32(array_of(variable).tobytes())
