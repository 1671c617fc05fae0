"""Arguments that are objects of the file: networks, layers, losses, samples."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..literals import last_name
from .choices import Option
from .containers import layer_lists, list_of
from .data import HIDDEN, SECOND_HIDDEN
from .records import (
    OF_ARRAYS,
    annotated_class,
    kinds_of,
    layer_descriptions,
    members,
    records,
    samples,
)
from .results import by_kind, parameters_of_networks, whole
from .roles import Role, words_of
from .shares import share_rank
from .slot import Slot
from .source import FunctionFacts
from .words import (
    ACTIVATION_WORDS,
    FORWARD_NAME,
    LOSS_WORDS,
    MAKER_NAME,
    NETWORK_CLASS,
    OPTIMIZER_WORDS,
    PASS_BACK,
    PLAIN_LOSS,
    PLAIN_OPTIMIZER,
)

if TYPE_CHECKING:
    from .calling import Caller

SMOOTH_NAME = re.compile(r"sigm|logistic|tanh", re.IGNORECASE)  # activations that any network learns with

OF_CLASS = re.compile(r"\b[Tt]ype\[")  # an annotation that asks for a class in the place of an instance


def objects(slot: Slot) -> list[Option]:
    """Instances of the file's classes that have the methods that the code calls."""
    listed = slot.role is Role.OBJECT_LIST
    wanted = slot.uses.element_methods if listed else slot.uses.methods
    attributes = slot.uses.element_attributes if listed else slot.uses.attributes
    annotated = annotated_class(slot.caller, slot.argument)
    if listed:
        return _object_lists(slot, annotated, wanted)
    if annotated and (listed_members := members(slot.caller, annotated)):
        return list(listed_members)
    names = kinds_of(slot.caller, annotated) if annotated else _with_arguments(slot, slot.caller.classes_with(wanted))
    if annotated and OF_CLASS.search(slot.argument.annotation):
        smooth = [name for name in names if SMOOTH_NAME.search(name)]
        return [*smooth, *(name for name in names if name not in smooth)]
    given = records(slot)
    if not names and (at_hand := _instances_at_hand(slot.caller, attributes)):
        return [*at_hand, *given]
    if not names and given:
        whole = (
            []
            if slot.uses.methods
            else [name for name, own in attributes_set(slot.caller).items() if attributes <= own]
        )
        return [*(instance(slot.caller, name) for name in whole if name not in slot.session.stack), *given]
    if not names and attributes:
        names = classes_that_set(slot.caller, attributes)
        if names:
            dims = _dims_of_part(slot)
            parts = [
                instance(slot.caller, name)
                if NETWORK_CLASS.search(name)
                else partial(slot.caller.construction, name, dims)
                for name in names[:4]
            ]
            return [*_networks_made(slot.caller, names), *parts]
    pattern = {Role.LOSS: LOSS_WORDS, Role.OPTIMIZER: OPTIMIZER_WORDS, Role.ACTIVATION: ACTIVATION_WORDS}.get(slot.role)
    words = slot.argument.name
    if pattern is None:
        pattern = next((p for p in (LOSS_WORDS, OPTIMIZER_WORDS, ACTIVATION_WORDS) if p.search(words)), None)
    if pattern is not None:
        matched = [name for name in names if pattern.search(name)]
        names = matched or names
    stem = words.lower().rstrip("s0123456789_")
    network = bool({"model", "net", "network", "nn", "mlp"} & set(words_of(words)))
    names = sorted(
        names,
        key=lambda name: (
            0 if stem and stem in name.lower() else 1,
            0 if network and (NETWORK_CLASS.search(name) or _takes_layers(slot.caller, name)) else 1,
            share_rank(slot.caller, name) if pattern is ACTIVATION_WORDS else 0,
            # a plain step and an error that any output is good for work with whatever else is chosen
            0 if PLAIN_OPTIMIZER.search(name) or PLAIN_LOSS.search(name) else 1,
        ),
    )
    made: list[Option] = [instance(slot.caller, name) for name in names[:6]]
    of_functions = _made_by_functions(slot, names)
    made = [*of_functions, *made] if _takes_objects(slot.caller, names[:1]) else [*made, *of_functions]
    return [*_networks_made(slot.caller, names), *made, *given]


def _takes_layers(caller: Caller, name: str) -> bool:
    """Whether instances of a class are made of a list of objects, as a network is."""
    constructor = caller.facts.constructor(name)
    return constructor is not None and Role.OBJECT_LIST in caller.roles_of(constructor)


def _takes_objects(caller: Caller, names: Sequence[str]) -> bool:
    """Whether instances of the classes are made of other objects, which only the file knows how to put together."""
    constructors = [made for name in names if (made := caller.facts.constructor(name)) is not None]
    roles = {caller.role(one, argument)[0] for one in constructors for argument in one.required}
    return bool(roles & {Role.OBJECT, Role.OBJECT_LIST})


def _made_by_functions(slot: Slot, names: Sequence[str]) -> list[Option]:
    """What functions return that make it of the classes: those without arguments or with layers, the longest first."""
    functions = [
        (function, text)
        for function, text in slot.session.functions()
        if text not in slot.session.stack
        and any(_returns_instance(function, name) for name in names)
        and (not function.required or Role.OBJECT_LIST in slot.caller.roles_of(function))
    ]
    functions.sort(key=lambda item: -len(item[0].text))
    return [whole(slot, function, text, Role.OBJECT) for function, text in functions[:3]]


def _returns_instance(function: FunctionFacts, name: str) -> bool:
    """Whether a function returns an instance of a class that it makes: ``return Network(..)``, or by a name."""
    for node in ast.walk(function.node):
        if not (isinstance(node, (ast.Assign, ast.Return)) and isinstance(node.value, ast.Call)):
            continue
        is_returned = isinstance(node, ast.Return) or ast.unparse(node.targets[0]) in function.returns
        if is_returned and last_name(node.value.func) == name:
            return True
    return False


def _networks_made(caller: Caller, names: Sequence[str]) -> list[str]:
    """The networks of these classes that exist: an optimizer is given the one that is trained."""
    made = [(one, type(caller.session.names.get(one)).__name__) for one in caller.session.objects]
    return [one for one, owner in made if owner in names and NETWORK_CLASS.search(owner)]


def _object_lists(slot: Slot, annotated: str, wanted: set[str]) -> list[Option]:
    """Lists of samples, of layers, or of descriptions of layers."""
    asked = slot.uses.element_attributes - OF_ARRAYS
    names = [annotated] if annotated else slot.caller.classes_with(wanted) or classes_that_set(slot.caller, asked)
    of_samples = [made for name in names if (made := samples(slot.caller, name)) is not None]
    if of_samples:
        return list(of_samples)
    are_layers = slot.uses.element_called or any(FORWARD_NAME.search(name) or PASS_BACK.match(name) for name in wanted)
    if not are_layers and (of_networks := parameters_of_networks(slot.caller, slot.uses)):
        return of_networks
    paired = bool(slot.uses.pair_methods or slot.uses.pair_called)
    lists: list[Option] = [
        *_lists_at_hand(slot, wanted, asked),
        *layer_descriptions(slot.caller, slot.uses),
        *layer_lists(slot.caller, wanted, paired=paired),
    ]
    if not wanted:  # functions do to the layers what elsewhere methods do
        lists += [list_of(slot.caller, name, [], paired=False) for name in names if not NETWORK_CLASS.search(name)]
    if wanted or not asked:
        return lists
    return [*by_kind(slot, MAKER_NAME.pattern, Role.PARAMETERS), *lists]


def _lists_at_hand(slot: Slot, wanted: set[str], attributes: set[str]) -> list[str]:
    """The lists of layers of the networks that exist: an optimizer is given the layers that are trained."""
    session, classes = slot.session, slot.caller.facts.classes
    found = []
    for variable in session.objects:
        thing = session.names.get(variable)
        for name, value in sorted(getattr(thing, "__dict__", {}).items()):
            is_list = isinstance(value, list) and value and type(thing).__name__ != slot.function.owner
            if is_list and all(type(one).__name__ in classes for one in value):
                known = {one for item in value for one in dir(item)}
                if wanted <= known and (wanted or attributes & known):
                    found.append(f"{variable}.{name}")
    return found


def _instances_at_hand(caller: Caller, attributes: set[str]) -> list[str]:
    """The objects with these attributes that the file, or a module that it imports, makes: ``activations.TANH``."""
    classes, names = caller.facts.classes, caller.session.names
    known = {name: names[name] for name in sorted(caller.session.own)}
    for module in [name for name, value in known.items() if inspect.ismodule(value)]:
        known |= {f"{module}.{name}": value for name, value in vars(known[module]).items() if name.isidentifier()}
    fitting = [
        text
        for text, value in known.items()
        if type(value).__name__ in classes and attributes and all(hasattr(value, one) for one in attributes)
    ]
    return sorted(fitting, key=lambda text: SMOOTH_NAME.search(text) is None)


def attributes_set(caller: Caller) -> dict[str, set[str]]:
    """The attributes that the instances of each class have, by the text."""
    return {
        name: {attribute for method in caller.facts.methods(name).values() for attribute in method.writes}
        | {one.name for one in caller.facts.classes[name].fields}
        for name in caller.facts.classes
        if inspect.isclass(caller.session.names.get(name))
    }


def classes_that_set(caller: Caller, attributes: set[str]) -> list[str]:
    """Classes whose methods set all those of the attributes that any class sets."""
    sets = attributes_set(caller)
    wanted = attributes & {attribute for own in sets.values() for attribute in own}
    return [name for name, own in sets.items() if wanted and wanted <= own]


def _dims_of_part(slot: Slot) -> tuple[int, int]:
    """Sizes of one of several layers that are arguments of their own: layer1, layer2."""
    session = slot.session
    session.give_sizes()
    stem = re.sub(r"\d+$", "", slot.argument.name)
    parts = [other.name for other in slot.function.required if re.sub(r"\d+$", "", other.name) == stem]
    sizes = [session.input_size, *[HIDDEN, SECOND_HIDDEN][: max(len(parts) - 1, 0)], session.output_size]
    index = parts.index(slot.argument.name) if slot.argument.name in parts else 0
    return sizes[min(index, len(sizes) - 2)], sizes[min(index, len(sizes) - 2) + 1]


def _with_arguments(slot: Slot, names: list[str]) -> list[str]:
    """The classes whose methods take as many arguments as they are called with; all if there are none."""

    def fits(name: str) -> bool:
        mine = slot.caller.facts.methods(name)
        called = [(mine[method], count) for method, count in slot.uses.given.items() if method in mine]
        return all(takes(method, count) for method, count in called)

    return [name for name in names if fits(name)] or names


def instance(caller: Caller, name: str) -> Callable[[], str]:
    """An instance of a class: an expression inside a layer, else a variable."""

    def make() -> str:
        return caller.construction(name) if caller.session.dims is not None else caller.make_object(name)

    return make


def takes(function: FunctionFacts, count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    star = function.node.args.vararg is not None or function.node.args.kwarg is not None
    return star or len(function.required) <= count <= len(function.arguments)
