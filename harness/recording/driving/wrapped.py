"""Values inside objects of the file's own: ``Tensor(Y)`` in the place of Y, ``Shape(7)`` in the place of 7."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .choices import Exhausted, Option
from .making import output_gradients
from .objects import classes_that_set
from .records import OF_ARRAYS, annotated_class
from .results import result_of_kind
from .roles import BACK_NAME, Role, role_of
from .slot import Slot
from .source import Argument, FunctionFacts
from .uses import Uses
from .words import FORWARD_NAME, SIZE_ROLES

if TYPE_CHECKING:
    from .calling import Caller

ARRAYS = (Role.INPUTS, Role.TARGETS, Role.WEIGHT, Role.PARAMETERS, Role.UNKNOWN)  # roles of what may hold an array
GRADIENTS = (Role.UPSTREAM, Role.GRADIENTS)  # of an argument of a backward pass


def wrapped(slot: Slot) -> list[Option]:
    """Objects with what an argument stands for by its name, if its class holds one value and nothing else.

    Inputs are not among them: an object is given inputs whenever nothing says otherwise.
    """
    name = annotated_class(slot.caller, slot.argument) or _only_class_with(slot)
    holder = _holder(slot.caller, name) if name else None
    if holder is None:
        return []
    meant = role_of(Argument(name=slot.argument.name), Uses(), slot.function)
    if meant in SIZE_ROLES:
        bare = replace(slot, role=meant, uses=Uses())  # what is done with the object is not done with the number
        plain = slot.caller.by_role(bare)[:2] if _holds_sizes(slot.caller, holder) else []
        return [partial(_inside, name, option) for option in plain]
    if _holds_sizes(slot.caller, holder):
        return []
    if meant is Role.TARGETS:
        return [partial(_inside, name, option) for option in slot.caller.by_role(slot.as_a(meant))]
    if meant is Role.OUTPUTS and slot.session.forward_results:
        return [partial(_given, slot.caller, name, partial(_outputs, slot.caller))]
    if meant in GRADIENTS and slot.function.owner and BACK_NAME.search(slot.function.name):
        return [partial(_given, slot.caller, name, option) for option in output_gradients(slot.caller)]
    return []


def _only_class_with(slot: Slot) -> str:
    """The class whose instances alone have the attributes that an argument is asked for; "" if there is none."""
    names = classes_that_set(slot.caller, slot.uses.attributes - OF_ARRAYS)
    return names[0] if len(names) == 1 and not slot.uses.methods else ""


def _holder(caller: Caller, name: str) -> FunctionFacts | None:
    """What makes an instance of a class from one value; None if it takes more, or if the class is a layer."""
    maker = caller.facts.maker(name) if inspect.isclass(caller.session.names.get(name)) else None
    is_layer = any(FORWARD_NAME.search(method) for method in caller.facts.methods(name))
    if maker is None or is_layer or len(maker.required) + (maker.node.args.vararg is not None) != 1:
        return None
    roles = [caller.role(maker, one)[0] for one in maker.required]
    return maker if all(role in (*ARRAYS, *SIZE_ROLES) for role in roles) else None


def _holds_sizes(caller: Caller, maker: FunctionFacts) -> bool:
    """Whether the one value is a number of units, or any number of them."""
    return not maker.required or caller.role(maker, maker.required[0])[0] in SIZE_ROLES


def _outputs(caller: Caller) -> str:
    """The outputs that the forward pass made last."""
    return result_of_kind(caller.session.forward_results, Role.OUTPUTS)


def _inside(name: str, option: Option) -> str:
    """The call that makes an instance of a class from a value."""
    return f"{name}({option() if callable(option) else option})"


def _given(caller: Caller, name: str, option: Option) -> str:
    """A value as an instance of a class; one that already is stays as it is."""
    text = option() if callable(option) else option
    if text is None:
        raise Exhausted(name)
    return text if isinstance(caller.session.value(text), caller.session.names[name]) else f"{name}({text})"
