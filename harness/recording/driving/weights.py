"""Random weights by hand, for functions that are given weights and do not make them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .choices import Option
from .data import HIDDEN, INPUTS, SECOND_HIDDEN
from .roles import Role
from .slot import Slot
from .uses import is_bias
from .words import BY_HAND

if TYPE_CHECKING:
    from .session import Session


def by_hand(slot: Slot) -> list[Option]:
    """Random weights of the shapes that a network of one hidden layer has."""
    session, uses, is_of_biases = slot.session, slot.uses, is_bias(slot.argument.name)

    def kept(make: Callable[[], str]) -> Callable[[], str]:
        """Keeps the weights that an expression makes in a variable."""

        def option() -> str:
            session.give_sizes()
            name = session.new_name(slot.argument.name)
            session.run(f"{name} = {make()}")
            session.pool[slot.argument.name] = name
            return name

        return option

    def dictionaries() -> str:
        columns = session.hints.prefers_columns > 0
        layers = []
        for into, outof in ((session.input_size, HIDDEN), (HIDDEN, session.output_size)):
            bias, kernel = ((outof, 1), (outof, into)) if columns else ((1, outof), (into, outof))
            texts = [f"{key!r}: {_random(bias if is_bias(key) else kernel)}" for key in sorted(uses.element_keys)]
            layers.append("{" + ", ".join(texts) + "}")
        return f"[{', '.join(layers)}]"

    def layers_of(columns: bool) -> str:
        """The arrays of a network with one hidden layer in a list, as the code goes through them by layer."""
        pairs = [(session.input_size, HIDDEN), (HIDDEN, session.output_size)]
        if is_of_biases:
            shapes = [(after, 1) if columns else (1, after) for _, after in pairs]
        else:
            shapes = [pair[::-1] if columns else pair for pair in pairs]
        return f"[{', '.join(map(_random, shapes))}]"

    if uses.keys:
        return [kept(lambda: _weights_by_key(session, sorted(uses.keys)))]
    if uses.element_keys:
        return [kept(dictionaries)]
    by_layer = uses.measured or uses.iterated or uses.element_counted or (uses.indexed and is_of_biases)
    if by_layer and not uses.array:
        columns = session.hints.prefers_columns >= 0
        return [kept(partial(layers_of, columns)), kept(partial(layers_of, not columns))]
    out = session.output_size if session.labels is not None else 3
    known = [one for one in slot.function.arguments if slot.caller.role(slot.function, one)[0] is Role.WEIGHT]
    weights = [one for one in known if not is_bias(one.name)]
    layers = max(1, len(weights))
    sizes = [*[INPUTS, HIDDEN, SECOND_HIDDEN][:layers], out]
    numbers = [int(d) for d in re.findall(r"\d+", slot.argument.name)]
    alike = [one for one in known if is_bias(one.name) == is_of_biases]  # hid_w, out_w, hid_b, out_b
    place = numbers[0] - 1 if numbers else alike.index(slot.argument) if slot.argument in alike else 0
    index = min(max(place, 0), layers - 1)
    into, outof = sizes[index], sizes[index + 1]
    if is_of_biases:
        shapes: list[tuple[int, ...]] = [(outof,), (1, outof), (outof, 1), ()]
    else:
        shapes = [(into, outof), (outof, into), (into,), (into, 1), (outof, into + 1), (into + 1, outof)]
        flat = HIDDEN * (INPUTS + 1) + out * (HIDDEN + 1)
        if re.search(r"nn_param|initial|flat|vec|theta$|params?$", slot.argument.name, re.IGNORECASE):
            shapes = [(flat,), (INPUTS,), (INPUTS, 1), (INPUTS, out), *shapes]
    if session.hints.prefers_columns > 0 and not is_of_biases:
        shapes[0], shapes[1] = shapes[1], shapes[0]

    def array(shape: tuple[int, ...]) -> str:
        return session.array_text(_random(shape))

    return [kept(partial(array, shape)) for shape in shapes]


def _random(shape: tuple[int, ...]) -> str:
    """The expression for random weights of a shape."""
    return f"{BY_HAND}size={shape if len(shape) != 1 else shape[0]})"


def _weights_by_key(session: Session, keys: list[str]) -> str:
    """A dictionary of random weights, with the shapes that the numbers in its keys suggest."""
    out = session.output_size
    numbered = sorted({int(d) for key in keys for d in re.findall(r"\d+", key)})
    layers = max(1, len(numbered))
    sizes = [*[INPUTS, HIDDEN, SECOND_HIDDEN][:layers], out]
    columns = session.hints.prefers_columns > 0
    parts = []
    for key in keys:
        number = [int(d) for d in re.findall(r"\d+", key)]
        index = numbered.index(number[0]) if number else 0
        into, outof = sizes[min(index, layers - 1)], sizes[min(index, layers - 1) + 1]
        if is_bias(key):
            parts.append(f"{key!r}: np.zeros({(outof, 1) if columns else (1, outof)})")
        else:
            parts.append(f"{key!r}: {_random((outof, into) if columns else (into, outof))}")
    return "{" + ", ".join(parts) + "}"
