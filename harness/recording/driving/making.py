"""What other functions make: parameters, outputs, caches and gradients, each from the call that returns it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .choices import Exhausted, Option
from .functions import matching_classes
from .given import inputs_text, sizes, targets_text
from .objects import objects
from .preparing import ensure_attributes
from .records import OF_ARRAYS, layer_descriptions, records
from .results import (
    attributes_named,
    by_kind,
    from_sizes,
    parameters_of_networks,
    producers,
    production,
    result_of_kind,
)
from .returns import UNNAMED
from .roles import CACHE_NAME, GRADIENT_ARGUMENT, OUTPUT_NAME, PARAMETERS_NAME, Role, words_of
from .slot import Slot
from .source import FunctionFacts
from .weights import by_hand
from .words import DERIVATIVE_WORDS, FORWARD_NAME, LOSS_WORDS, MAKER_NAME, STRUCTURE_WORDS

if TYPE_CHECKING:
    from .calling import Caller


GRADIENTS_METHOD = r"back|grad|bprop|nabla|deriv|delta"


def made(slot: Slot) -> list[Option]:
    """What was returned before under this name or one like it, or what makes it; by hand at last."""
    session = slot.session
    options: list[Option] = []
    pattern = {
        Role.PARAMETERS: PARAMETERS_NAME,
        Role.GRADIENTS: GRADIENT_ARGUMENT,
        Role.CACHE: CACHE_NAME,
        Role.OUTPUTS: OUTPUT_NAME,
    }.get(slot.role)
    if slot.argument.name in session.pool:
        options.append(session.pool[slot.argument.name])
    if slot.role is Role.OUTPUTS and slot.caller.in_loss and session.forward_results:
        options.append(result_of_kind(session.forward_results, slot.role))
    named = producers(slot.caller, slot.function, lambda names: slot.argument.name in names)
    options.extend(production(slot.caller, producer, text, slot.argument.name) for producer, text in named)
    if slot.role is Role.GRADIENTS and slot.function.owner:
        options.extend(by_kind(slot, GRADIENTS_METHOD, Role.GRADIENTS, owner=slot.function.owner))
    if pattern is not None:
        similar = [text for name, text in reversed(session.pool.items()) if pattern.match(name) and "[" not in text]
        options.extend(similar)
        others = producers(slot.caller, slot.function, lambda names: any(pattern.match(name) for name in names))
        for producer, text in others:
            names = [name for name in (*producer.returns, *producer.return_keys) if not UNNAMED.fullmatch(name)]
            name = next(name for name in names if pattern.match(name))
            options.append(production(slot.caller, producer, text, name))
    options.extend(attributes_named(slot.caller, slot.argument.name, pattern if slot.role is Role.PARAMETERS else None))
    if slot.role is Role.OUTPUTS:
        options.extend(by_kind(slot, r"forward|predict|feed|fprop|propag|hypothesis", Role.OUTPUTS))
    if slot.role is Role.CACHE:
        options.extend(by_kind(slot, r"forward|feed|fprop|propag", Role.CACHE))
    if slot.role is Role.GRADIENTS:
        options.extend(by_kind(slot, GRADIENTS_METHOD, Role.GRADIENTS))
    if slot.role in (Role.PARAMETERS, Role.WEIGHT):
        options = [*records(slot), *options]  # settings, not weights, by their keys
        options.extend(parameters_of_networks(slot.caller, slot.uses))
        options.extend(by_kind(slot, MAKER_NAME.pattern, Role.PARAMETERS))
        options.extend(from_sizes(slot))
        options.extend(by_hand(slot))
    if slot.role is Role.UPSTREAM:
        options.extend(output_gradients(slot.caller))
    if slot.role is Role.UNKNOWN and slot.uses.attributes - OF_ARRAYS and not slot.uses.array:
        options.extend(objects(slot.as_a(Role.OBJECT)))
    if slot.role is Role.UNKNOWN:
        options.extend(_data_by_place(slot))
    is_listed = (slot.uses.indexed or slot.uses.iterated or slot.uses.measured) and not slot.uses.array
    if slot.role is Role.UNKNOWN and is_listed:
        options.extend(sizes(slot.as_a(Role.SIZES))[:4])
    compared = Role.TARGETS in slot.caller.roles_of(slot.function)
    if slot.role is Role.UNKNOWN and slot.uses.arithmetic and compared:
        forward = r"forward|predict|feed|fprop|propag|hypothesis"
        options.extend(by_kind(slot, forward, Role.OUTPUTS))
    if slot.role is Role.UNKNOWN:
        options.extend([*layer_descriptions(slot.caller, slot.uses), *records(slot)])
        structure = set(words_of(slot.argument.name)) & STRUCTURE_WORDS
        lists = sizes(slot.as_a(Role.SIZES))[:4] if structure else []
        options.extend([*lists, "0.1", "3", partial(inputs_text, slot.caller)])
        options.extend([partial(_nothing, slot), "[]", "{}"])
    if slot.uses.methods or slot.uses.attributes - OF_ARRAYS:
        instances = objects(slot.as_a(Role.OBJECT))
        # arrays and dictionaries have no such attributes
        return (
            [*instances, *options] if slot.uses.attributes - OF_ARRAYS - slot.uses.methods else [*options, *instances]
        )
    return options


def output_gradients(caller: Caller) -> list[Option]:
    """What a backward pass may begin with: the gradient of the file's own loss, or the error of the outputs."""
    return _loss_gradients(caller) or [partial(_output_error, caller)]


def _loss_gradients(caller: Caller) -> list[Option]:
    """Gradients of the file's own loss with respect to the network's output."""
    options: list[Option] = []
    for name, function in caller.facts.functions.items():
        if not callable(caller.session.names.get(name)):
            continue
        both = len(function.returns) == 2 and re.match(r"d[a-zA-Z_]|grad|result", function.returns[1]) is not None
        if LOSS_WORDS.search(name) and (DERIVATIVE_WORDS.search(name) or both) and name not in caller.session.stack:
            options.append(_loss_gradient(caller, function))
    for name in matching_classes(caller, Role.LOSS):
        for method in caller.facts.methods(name).values():
            named = re.search(r"back|grad|bprop|deriv|prime|diff|delta", method.name)
            if named and method.returns_something and not method.abstract:
                options.append(_loss_gradient(caller, method, name))
    for method, text in caller.session.functions():  # of the network itself
        is_named = LOSS_WORDS.search(method.name) and DERIVATIVE_WORDS.search(method.name)
        if (
            method.owner
            and is_named
            and method.returns_something
            and len(method.required) == 2
            and text not in caller.session.stack
        ):
            options.append(_loss_gradient(caller, method, variable=text.rpartition(".")[0]))
    return options[:6]


def _data_by_place(slot: Slot) -> list[Option]:
    """Inputs and then targets for the arguments of a training function whose names and uses say nothing."""
    if not _trains_without_targets(slot.caller, slot.function):
        return []
    roles = [slot.caller.role(slot.function, one)[0] for one in slot.function.required]
    unknown = [one.name for one, role in zip(slot.function.required, roles) if role is Role.UNKNOWN]
    data = [targets_text] if Role.INPUTS in roles else [inputs_text, targets_text]
    if len(unknown) < len(data):
        return []
    return [partial(make, slot.caller) for name, make in zip(unknown, data) if name == slot.argument.name]


def _trains_without_targets(caller: Caller, function: FunctionFacts) -> bool:
    """Whether a function trains, and no argument is known to be its targets."""
    roles = caller.roles_of(function)
    return function.name != "__init__" and not {Role.TARGETS, Role.PAIRS} & roles and caller.facts.trains(function)


def _nothing(slot: Slot) -> str:
    """None. As an index it fits everything, so that a network may train with it in the place of its targets."""
    if slot.argument.required and _trains_without_targets(slot.caller, slot.function):
        slot.session.watcher.notes.append(f"{slot.argument.name} is None, and there are no targets")
    return "None"


def _output_error(caller: Caller) -> str:
    """The outputs made last minus the targets: the gradient of half the squared error, if the file has no loss."""
    session = caller.session
    if not session.forward_results:
        raise Exhausted("outputs")
    outputs = _array_in(caller, result_of_kind(session.forward_results, Role.OUTPUTS))
    targets = targets_text(caller)
    session.assumes_loss = True
    return f"{targets} - {outputs}" if session.hints.is_turned else f"{outputs} - {targets}"


def _array_in(caller: Caller, text: str) -> str:
    """The expression for the array that an object of the file's holds: ``output.data``; itself for an array."""
    value = caller.session.value(text)
    if type(value).__name__ not in caller.facts.classes or isinstance(value, np.ndarray):
        return text
    names = [name for name, one in vars(value).items() if isinstance(one, np.ndarray) and one.size]
    return f"{text}.{names[0]}" if names else text


def _loss_gradient(
    caller: Caller, function: FunctionFacts, owner: str = "", *, variable: str = ""
) -> Callable[[], str]:
    """The gradient that a function of a loss, or a method of one of this class, returns for the outputs made last.

    Args:
        caller: builds the call.
        function: what returns the gradient.
        owner: class of a loss that has the method, and becomes an object first; "" for a function.
        variable: of the object that has the method, if there is one.
    """

    def make() -> str:
        if not caller.session.forward_results:
            raise Exhausted(function.name)
        thing = caller.make_object(owner) if owner else variable
        with caller.loss_of_outputs():
            if owner:
                outputs = caller.session.forward_results
                cost = _value_of_loss(caller, owner)
                if cost is not None and not any(part is cost for part in caller.facts.reach(function)):
                    caller.call(cost, f"{thing}.{cost.name}", repeat=True)
                    caller.session.forward_results = outputs
                ensure_attributes(caller, function, thing)
            targets = caller.call(function, f"{thing}.{function.name}".lstrip("."), repeat=True)
        if not targets:
            raise Exhausted(function.name)
        return targets[0] if thing else targets[-1]

    return make


def _value_of_loss(caller: Caller, owner: str) -> FunctionFacts | None:
    """The method of a loss that gives its value, which callers look at in each iteration: it shows what is trained."""
    methods = [
        one for one in caller.facts.methods(owner).values() if FORWARD_NAME.search(one.name) and not one.abstract
    ]
    return next((one for one in methods if Role.TARGETS in caller.roles_of(one) and one.returns_something), None)
