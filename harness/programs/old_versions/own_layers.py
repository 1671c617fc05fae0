"""Layers and models of the user's own as they were written before Keras 3."""

from __future__ import annotations

import inspect
from types import FunctionType

from .shapes import take_shapes

ONLY_SOMETIMES = ("training", "mask")  # that Keras gives to ``call`` if it knows them; before Keras 3 it always did


def take_old_methods(layer_class: type) -> None:
    """Let the methods of a new class of layers take what they were given, and give what they gave."""
    if layer_class.__module__.startswith("keras."):
        return
    take_shapes(layer_class)
    call = vars(layer_class).get("call")
    if isinstance(call, FunctionType):
        give_defaults(call)


def give_defaults(call: FunctionType) -> None:
    """Give a method ``call`` that asks for ``training`` or ``mask`` the default None for them."""
    parameters = list(inspect.signature(call).parameters.values())
    positional = [one for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    needed = [one.name for one in positional if one.default is one.empty]
    count = next((number for number, name in enumerate(reversed(needed)) if name not in ONLY_SOMETIMES), len(needed))
    call.__defaults__ = (None,) * count + (call.__defaults__ or ()) or None
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and one.default is one.empty and one.name in ONLY_SOMETIMES:
            call.__kwdefaults__ = {**(call.__kwdefaults__ or {}), one.name: None}
