"""Activations, losses and optimizers: as texts, functions, classes or instances, whatever the use asks for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .choices import Option
from .objects import instance, objects, takes
from .records import annotated_class, members
from .roles import HIDDEN_WORDS, Role, words_of
from .shares import known_outputs, of_shares, share_rank
from .slot import Slot
from .source import Argument, FunctionFacts
from .words import ACTIVATION_WORDS, ACTIVATIONS, DERIVATIVE_WORDS, FUNCTIONS, LOSS_WORDS, OPTIMIZER_WORDS

if TYPE_CHECKING:
    from .calling import Caller


def named_functions(slot: Slot) -> list[Option]:
    """Names of activations, losses and optimizers: as texts, functions or classes, whatever the use asks for."""
    strings = [repr(text) for text in _ordered_strings(slot)]
    functions = list(_matching_functions(slot))
    if slot.role is Role.FUNCTION and set(words_of(slot.argument.name)) & METRIC_WORDS:
        functions.append(ANY_METRIC)
    instances: list[Option] = []
    of_objects = slot.uses.methods - {"lower", "strip", "upper", "items", "keys", "get"} or slot.uses.attributes
    if of_objects or slot.role is Role.OPTIMIZER:
        instances = objects(slot)
    classes = matching_classes(slot.caller, slot.role)
    annotated = annotated_class(slot.caller, slot.argument)
    if annotated and (of_enumeration := members(slot.caller, annotated)):
        words = ACTIVATION_WORDS if slot.role is Role.ACTIVATION else LOSS_WORDS
        return [*(one for one in of_enumeration if words.search(one)), *of_enumeration]
    if slot.role is Role.ACTIVATION_LIST:
        strings = [] if slot.uses.element_called and functions else strings  # a text cannot be called
        of_hidden = bool(set(words_of(slot.argument.name)) & HIDDEN_WORDS)
        lists = _activation_lists(slot.caller, strings, functions, instances, of_hidden_layers=of_hidden)
        return [*_pairs_of_functions(slot.caller), *lists]
    options: list[Option] = []
    if slot.uses.strings or slot.uses.attribute_of:
        options.extend([*strings, *functions, *instances])
    elif instances and slot.uses.methods:
        options.extend([*instances, *functions, *strings])
    elif slot.uses.called or "callable" in slot.argument.annotation.lower():
        callables = [instance(slot.caller, name) for name in classes if "__call__" in slot.caller.facts.methods(name)]
        options.extend([*functions, *callables, *classes, *instances, *strings])
    else:
        if not (instances or _keys_like(slot.caller, ACTIVATION_WORDS)):  # no text of the file names an activation
            instances = [instance(slot.caller, name) for name in classes]
        options.extend(
            [*strings, *functions, *instances]
            if "str" in slot.argument.annotation
            else [*functions, *instances, *strings]
        )
    if slot.role is Role.LOSS and not slot.uses.called and not slot.uses.methods and not slot.uses.strings:
        options.extend(slot.caller.by_role(slot.as_a(Role.UNKNOWN)))
    pairs = _pairs_of_functions(slot.caller) if slot.role is Role.ACTIVATION else []
    options.extend([*classes, *pairs, "None"])
    return ["None", *functions] if _has_none_of_its_own(slot, functions) else options


def _ordered_strings(slot: Slot) -> list[str]:
    """Texts that the file compares the argument with; else the usual ones."""
    texts = list(slot.uses.strings)
    for owner in sorted(slot.uses.attribute_of):
        texts.extend(
            name
            for name in slot.caller.facts.methods(owner)
            if not DERIVATIVE_WORDS.search(name) and not name.startswith("__")
        )
    if slot.role in (Role.ACTIVATION, Role.ACTIVATION_LIST):
        if slot.role is Role.ACTIVATION_LIST or not texts:  # a file may ask for some of them alone by name
            texts = list(dict.fromkeys([*texts, *_keys_like(slot.caller, ACTIVATION_WORDS)]))
        texts = texts or ["sigmoid", "tanh", "relu"]
        last = bool({"output", "last", "final", "out"} & set(words_of(slot.argument.name))) or of_shares(slot.caller)
        order: tuple[str, ...] = ("sigmoid", "tanh", "relu", "logistic")
        if last and known_outputs(slot.caller) != 1:
            order = ("softmax", "sigmoid", "linear")
        return sorted(texts, key=lambda t: next((i for i, name in enumerate(order) if name in t.lower()), len(order)))
    if slot.role is Role.LOSS:
        return texts or _keys_like(slot.caller, LOSS_WORDS) or ["mse", "cross_entropy", "categorical_crossentropy"]
    if slot.role is Role.OPTIMIZER:
        texts = texts or _keys_like(slot.caller, OPTIMIZER_WORDS) or ["sgd", "adam", "SGD"]
        return sorted(texts, key=lambda t: 0 if t.lower() in ("sgd", "gd", "gradient_descent") else 1)
    return texts


METRIC_WORDS = {"metric", "metrics", "accuracy", "acc", "score", "scorer", "scoring", "callback", "callbacks", "hook"}
ANY_METRIC = "lambda *given, **named: 0.0"  # no training depends on it


def _keys_like(caller: Caller, pattern: re.Pattern[str]) -> list[str]:
    """Texts of this kind that are keys of dictionaries, or compared with, anywhere in the file."""
    texts = [text for text in caller.facts.texts if pattern.search(text) and len(text) < 30 and " " not in text]
    static = [
        name
        for owner, facts in caller.facts.classes.items()
        if pattern.search(owner)
        for name, method in facts.methods.items()
        if method.static and not DERIVATIVE_WORDS.search(name)
    ]
    return [*texts, *static]


def _matching_functions(slot: Slot) -> list[str]:
    """Functions of the file that the argument's name describes; the derivative of the function chosen before."""
    derivative = is_of_derivative(slot.function, slot.argument)
    kind = OPTIMIZER_WORDS if slot.role is Role.OPTIMIZER else _kind_of_function(slot)
    found = []
    for name, function in slot.caller.facts.functions.items():
        if (
            callable(slot.session.names.get(name))
            and kind.search(name)
            and _is_derivative(slot.caller, name) == derivative
            and not (function.abstract or _is_asked_which(slot.caller, function))
        ):
            found.append((name, function))
    count = slot.uses.given.get("")
    found = [one for one in found if count is None or takes(one[1], count)] or found
    topic = _topic(kind)
    stem = slot.session.stems.get(topic)

    def rank(item: tuple[str, FunctionFacts]) -> tuple[int, int, int]:
        name = item[0].lower()
        usual = next((i for i, usual in enumerate((*ACTIVATIONS, "mse", "mean_sq", "squared")) if usual in name), 50)
        apart = 0 if stem and stem in name else 1
        shares = share_rank(slot.caller, name) if topic == "activation" else 0
        # the last layer has an activation of its own, and a derivative is that of the function beside it
        return (apart, shares, usual) if derivative else (shares, apart, usual)

    found.sort(key=rank)
    names = [name for name, _ in found] or _sharing_a_word(slot.caller, slot.argument)
    if slot.role is Role.FUNCTION and not names and not set(words_of(slot.argument.name)) & METRIC_WORDS:
        names = [
            name for name in slot.caller.facts.functions if callable(slot.session.names.get(name)) and len(name) > 1
        ]
        names = [name for name in names if count is None or takes(slot.caller.facts.functions[name], count)] or names
    if names and not derivative:
        slot.session.stems.setdefault(topic, names[0].lower())
    return names


def _is_derivative(caller: Caller, name: str) -> bool:
    """Whether a function is a derivative, by its name or as ``dtanh`` beside ``tanh``."""
    is_beside = name[:1] == "d" and name[1:] in caller.facts.functions
    return is_beside or DERIVATIVE_WORDS.search(name) is not None


def _kind_of_function(slot: Slot) -> re.Pattern[str]:
    """The words of the functions that an argument asks for: those of losses, or of activations."""
    name = slot.argument.name
    of_loss = slot.role is Role.LOSS or (LOSS_WORDS.search(name) and not ACTIVATION_WORDS.search(name))
    return LOSS_WORDS if of_loss else ACTIVATION_WORDS


def _topic(kind: re.Pattern[str]) -> str:
    """The name that the function which was chosen last is kept under."""
    return "loss" if kind is LOSS_WORDS else "activation"


def note_function(slot: Slot, text: str) -> None:
    """Notes that a function of the file is given, so that the argument for its derivative is given the one of it."""
    is_function = slot.role in FUNCTIONS and text in slot.caller.facts.functions
    if is_function and not is_of_derivative(slot.function, slot.argument):
        slot.session.stems[_topic(_kind_of_function(slot))] = text.lower()


def is_of_derivative(function: FunctionFacts, argument: Argument) -> bool:
    """Whether an argument is the derivative of a function, by its name or as ``df`` beside ``f``."""
    others = {one.name for one in function.arguments}
    is_beside = argument.name[:1] == "d" and argument.name[1:] in others
    return is_beside or DERIVATIVE_WORDS.search(argument.name) is not None


def is_derivative_beside(function: FunctionFacts, argument: Argument) -> bool:
    """Whether an argument is the derivative of another that is required: ``act_prime=None`` beside ``act``."""
    words = {word for word in words_of(argument.name) if not DERIVATIVE_WORDS.search(word)}
    is_derivative = DERIVATIVE_WORDS.search(argument.name) is not None
    return is_derivative and any(words and words <= set(words_of(one.name)) for one in function.required)


def _has_none_of_its_own(slot: Slot, functions: Sequence[str]) -> bool:
    """Whether the function that is given beside an optional derivative has none: a loss may have it in its own."""
    stem = slot.session.stems.get(_topic(_kind_of_function(slot)))
    if stem is None or slot.argument.required or not is_derivative_beside(slot.function, slot.argument):
        return False
    return not any(stem in name.lower() for name in functions)


def _pairs_of_functions(caller: Caller) -> list[str]:
    """The values of the file that hold a function and its derivative: ``sigm = (lambda x: .., lambda a: ..)``."""
    names = caller.session.names
    pairs = [
        name
        for name in sorted(caller.session.own)
        if isinstance(names.get(name), (tuple, list)) and len(names[name]) == 2 and all(map(callable, names[name]))
    ]
    return sorted(pairs, key=lambda name: ACTIVATION_WORDS.search(name) is None)


def _is_asked_which(caller: Caller, function: FunctionFacts) -> bool:
    """Whether an argument says which of several functions it is, as in ``act(x, "relu")``: a text stands for it."""
    return any(caller.role(function, argument)[1].strings for argument in function.arguments[1:])


def _sharing_a_word(caller: Caller, argument: Argument) -> list[str]:
    """Functions of the file that have a word of the argument's name: compute_gradient for gradient_function."""
    wanted = set(words_of(argument.name)) - {"function", "func", "fn", "f", "callback"}
    facts, names = caller.facts, caller.session.names
    sharing = [name for name in facts.functions if callable(names.get(name)) and wanted & set(words_of(name))]
    return [name for name in sharing if not _is_asked_which(caller, facts.functions[name])]


def matching_classes(caller: Caller, role: Role) -> list[str]:
    """Classes of the file whose names are those of activations, losses or optimizers."""
    pattern = {Role.LOSS: LOSS_WORDS, Role.OPTIMIZER: OPTIMIZER_WORDS}.get(role, ACTIVATION_WORDS)
    return [
        name
        for name in caller.facts.classes
        if inspect.isclass(caller.session.names.get(name)) and pattern.search(name)
    ]


def _activation_lists(
    caller: Caller, strings: list[str], functions: list[str], instances: list[Option], *, of_hidden_layers: bool
) -> list[Option]:
    """An activation for each layer, the last one meant for the output; for each hidden layer alone, if it is one."""
    last = next((text for text in strings if "softmax" in text), None) if known_outputs(caller) != 1 else None
    options: list[Option] = []
    for names in (strings, functions):
        if names:
            both = [f"[{names[0]}, {last if names is strings and last else names[0]}]", f"[{names[0]}, {names[0]}]"]
            one = f"[{names[0]}]"
            options.extend([one, *both] if of_hidden_layers else [*both, one])
            options.append(f"[{names[0]}, {names[0]}, {names[0]}]")
    return [*options, *instances]
