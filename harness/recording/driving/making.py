"""What other functions make: parameters, outputs, caches and gradients, each from the call that returns it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .choices import Exhausted, Option
from .functions import matching_classes
from .given import inputs_text, sizes, targets_text
from .objects import objects
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
from .roles import CACHE_NAME, GRADIENT_ARGUMENT, OUTPUT_NAME, PARAMETERS_NAME, Role, words_of
from .source import Argument, FunctionFacts
from .uses import Uses
from .weights import by_hand
from .words import DERIVATIVE_WORDS, FORWARD_NAME, LOSS_WORDS, MAKER_NAME, STRUCTURE_WORDS, UNNAMED

if TYPE_CHECKING:
    from .calling import Caller


def made(caller: Caller, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
    """What was returned before under this name or one like it, or what makes it; by hand at last."""
    session = caller.session
    options: list[Option] = []
    pattern = {
        Role.PARAMETERS: PARAMETERS_NAME,
        Role.GRADIENTS: GRADIENT_ARGUMENT,
        Role.CACHE: CACHE_NAME,
        Role.OUTPUTS: OUTPUT_NAME,
    }.get(role)
    if argument.name in session.pool:
        options.append(session.pool[argument.name])
    if role is Role.OUTPUTS and caller.in_loss and session.forward_results:
        options.append(result_of_kind(session.forward_results, role))
    named = producers(caller, function, lambda names: argument.name in names)
    options.extend(production(caller, producer, text, argument.name) for producer, text in named)
    if pattern is not None:
        similar = [text for name, text in reversed(session.pool.items()) if pattern.match(name) and "[" not in text]
        options.extend(similar)
        others = producers(caller, function, lambda names: any(pattern.match(name) for name in names))
        for producer, text in others:
            names = [name for name in (*producer.returns, *producer.return_keys) if not UNNAMED.fullmatch(name)]
            name = next(name for name in names if pattern.match(name))
            options.append(production(caller, producer, text, name))
    options.extend(attributes_named(caller, argument.name, pattern if role is Role.PARAMETERS else None))
    if role is Role.OUTPUTS:
        options.extend(
            by_kind(caller, function, argument, r"forward|predict|feed|fprop|propag|hypothesis", Role.OUTPUTS)
        )
    if role is Role.CACHE:
        options.extend(by_kind(caller, function, argument, r"forward|feed|fprop|propag", Role.CACHE))
    if role is Role.GRADIENTS:
        options.extend(by_kind(caller, function, argument, r"back|grad|bprop|nabla|deriv|delta", Role.GRADIENTS))
    if role in (Role.PARAMETERS, Role.WEIGHT):
        options = [*records(caller, function, argument, uses), *options]  # settings, not weights, by their keys
        options.extend(parameters_of_networks(caller, uses))
        options.extend(by_kind(caller, function, argument, MAKER_NAME.pattern, Role.PARAMETERS))
        options.extend(from_sizes(caller, function, argument))
        options.extend(by_hand(caller, function, argument, uses))
    if role is Role.UPSTREAM:
        options.extend(_loss_gradients(caller) or [partial(_output_error, caller)])
    if role is Role.UNKNOWN and uses.attributes - OF_ARRAYS and not uses.array:
        options.extend(objects(caller, function, argument, Role.OBJECT, uses))
    if role is Role.UNKNOWN:
        options.extend(_data_by_place(caller, function, argument))
    if role is Role.UNKNOWN and (uses.indexed or uses.iterated or uses.measured) and not uses.array:
        options.extend(sizes(caller, function, argument, Role.SIZES, uses)[:4])
    compared = any(caller.role(function, other)[0] is Role.TARGETS for other in function.arguments)
    if role is Role.UNKNOWN and uses.arithmetic and compared:
        forward = r"forward|predict|feed|fprop|propag|hypothesis"
        options.extend(by_kind(caller, function, argument, forward, Role.OUTPUTS))
    if role is Role.UNKNOWN:
        options.extend([*layer_descriptions(caller, uses), *records(caller, function, argument, uses)])
        structure = set(words_of(argument.name)) & STRUCTURE_WORDS
        lists = sizes(caller, function, argument, Role.SIZES, uses)[:4] if structure else []
        options.extend([*lists, "0.1", "3", partial(inputs_text, caller)])
        options.extend([partial(_nothing, caller, function, argument), "[]", "{}"])
    if uses.methods or uses.attributes - OF_ARRAYS:
        instances = objects(caller, function, argument, Role.OBJECT, uses)
        # arrays and dictionaries have no such attributes
        return [*instances, *options] if uses.attributes - OF_ARRAYS - uses.methods else [*options, *instances]
    return options


def _loss_gradients(caller: Caller) -> list[Option]:
    """Gradients of the file's own loss with respect to the network's output."""
    options: list[Option] = []
    for name, function in caller.facts.functions.items():
        if not callable(caller.session.names.get(name)):
            continue
        both = len(function.returns) == 2 and re.match(r"d[a-zA-Z_]|grad|result", function.returns[1]) is not None
        if LOSS_WORDS.search(name) and (DERIVATIVE_WORDS.search(name) or both) and name not in caller.session.stack:
            options.append(_loss_gradient(caller, function))
    for name in matching_classes(caller, Argument(name="loss"), Role.LOSS):
        for method in caller.facts.methods(name).values():
            named = re.search(r"back|grad|bprop|deriv|prime|diff|delta", method.name)
            if named and method.returns_something and not method.abstract:
                options.append(_loss_gradient(caller, method, name))
    return options[:6]


def _data_by_place(caller: Caller, function: FunctionFacts, argument: Argument) -> list[Option]:
    """Inputs and then targets for the arguments of a training function whose names and uses say nothing."""
    if not _trains_without_targets(caller, function):
        return []
    roles = [caller.role(function, one)[0] for one in function.required]
    unknown = [one.name for one, role in zip(function.required, roles) if role is Role.UNKNOWN]
    data = [targets_text] if Role.INPUTS in roles else [inputs_text, targets_text]
    if len(unknown) < len(data):
        return []
    return [partial(make, caller) for name, make in zip(unknown, data) if name == argument.name]


def _trains_without_targets(caller: Caller, function: FunctionFacts) -> bool:
    """Whether a function trains, and no argument is known to be its targets."""
    roles = caller.roles_of(function)
    return function.name != "__init__" and not {Role.TARGETS, Role.PAIRS} & roles and caller.facts.trains(function)


def _nothing(caller: Caller, function: FunctionFacts, argument: Argument) -> str:
    """None. As an index it fits everything, so that a network may train with it in the place of its targets."""
    if argument.required and _trains_without_targets(caller, function):
        caller.session.watcher.notes.append(f"{argument.name} is None, and there are no targets")
    return "None"


def _output_error(caller: Caller) -> str:
    """The outputs made last minus the targets: the gradient of half the squared error, if the file has no loss."""
    session = caller.session
    if not session.forward_results:
        raise Exhausted("outputs")
    outputs, targets = result_of_kind(session.forward_results, Role.OUTPUTS), targets_text(caller)
    session.assumes_loss = True
    return f"{targets} - {outputs}" if session.hints.is_turned else f"{outputs} - {targets}"


def _loss_gradient(caller: Caller, function: FunctionFacts, owner: str = "") -> Callable[[], str]:
    """The gradient that a function of a loss, or a method of one of this class, returns for the outputs made last."""

    def make() -> str:
        if not caller.session.forward_results:
            raise Exhausted(function.name)
        variable = caller.make_object(owner) if owner else ""
        caller.in_loss = True
        try:
            if owner:
                outputs = caller.session.forward_results
                cost = _value_of_loss(caller, owner)
                if cost is not None and not any(part is cost for part in caller.facts.reach(function)):
                    caller.call(cost, f"{variable}.{cost.name}", repeat=True)
                    caller.session.forward_results = outputs
                caller.ensure_attributes(function, variable)
            targets = caller.call(function, f"{variable}.{function.name}".lstrip("."), repeat=True)
        finally:
            caller.in_loss = False
        if not targets:
            raise Exhausted(function.name)
        return targets[0] if owner else targets[-1]

    return make


def _value_of_loss(caller: Caller, owner: str) -> FunctionFacts | None:
    """The method of a loss that gives its value, which callers look at in each iteration: it shows what is trained."""
    methods = [
        one for one in caller.facts.methods(owner).values() if FORWARD_NAME.search(one.name) and not one.abstract
    ]
    return next((one for one in methods if Role.TARGETS in caller.roles_of(one) and one.returns_something), None)
