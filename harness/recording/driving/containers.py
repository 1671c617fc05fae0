"""Lists of layer objects for a network that is given its layers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .data import HIDDEN
from .roles import Role
from .shares import wants_shares
from .source import Argument, FunctionFacts
from .uses import uses_of

if TYPE_CHECKING:
    from .calling import Caller

DENSE_WORDS = re.compile(r"dense|linear|fully|fc|affine|layer|inner", re.IGNORECASE)
OTHER_LAYERS = re.compile(
    r"conv|pool|drop|norm|rnn|lstm|gru|embed|flatten|reshape|pad|upsampl|input|optim|loss|cost|entropy|concat|recurrent",
    re.IGNORECASE,
)
ACTIVATION_CLASS = re.compile(r"sigm|tanh|relu|logistic|softmax|activ|identity|softplus|elu|swish|gelu", re.IGNORECASE)
ORDER = ("sigmoid", "tanh", "relu", "activ")


def layer_classes(caller: Caller, wanted: set[str]) -> tuple[list[str], list[str]]:
    """Classes with weights, and activations, that have the methods a network calls on its layers."""
    names = caller.classes_with(wanted or {"forward"}) or caller.classes_with(wanted or {"__call__"})
    if not names:  # a method that only some layers have
        for method in sorted(wanted):
            names = names or caller.classes_with({method})
    dense, activations = [], []
    for name in names:
        constructor = caller.facts.constructor(name)
        roles = [caller.role(constructor, a)[0] for a in constructor.arguments] if constructor else []
        sized = any(
            role in (Role.INPUT_SIZE, Role.OUTPUT_SIZE, Role.HIDDEN_SIZE, Role.COUNT, Role.SIZES) for role in roles
        )
        required = list(constructor.required) if constructor else []
        if OTHER_LAYERS.search(name) and not DENSE_WORDS.search(re.sub(OTHER_LAYERS, "", name)):
            continue
        trains = any(update.likely for method in caller.facts.methods(name).values() for update in method.updates)
        if ACTIVATION_CLASS.search(name) and not (sized and (required or trains)):
            activations.append(name)
        elif sized or len(required) >= 2:
            dense.append(name)
    bases = {base for name in names for base in caller.facts.classes[name].bases}
    dense = [
        name for name in dense if name not in bases or not any(name in caller.facts.classes[d].bases for d in dense)
    ]
    dense.sort(key=lambda name: (OTHER_LAYERS.search(name) is not None, DENSE_WORDS.search(name) is None))
    activations.sort(key=lambda name: next((i for i, word in enumerate(ORDER) if word in name.lower()), len(ORDER)))
    return dense, activations


def layer_lists(caller: Caller, wanted: set[str], *, paired: bool = False) -> list[Callable[[], str]]:
    """Expressions for a list of layers.

    Args:
        caller: builds the calls.
        wanted: methods that the layers must have, those of them that any class has.
        paired: whether each item is a layer together with its activation.
    """
    dense, activations = layer_classes(caller, wanted)
    if paired and not (dense and activations):  # the two may have no method in common
        dense, activations = _with_weights_and_without(caller)
    return [list_of(caller, name, activations, paired=paired) for name in dense[:3]]


def _with_weights_and_without(caller: Caller) -> tuple[list[str], list[str]]:
    """The classes of layers, and those of activations, by their names."""
    names = [name for name in caller.facts.classes if inspect.isclass(caller.session.names.get(name))]
    activations = [name for name in names if ACTIVATION_CLASS.search(name) and not _is_abstract(caller, name)]
    dense = [
        name for name in names if name not in activations and DENSE_WORDS.search(name) and not OTHER_LAYERS.search(name)
    ]
    return [name for name in dense if not _is_abstract(caller, name)], activations


def _is_abstract(caller: Caller, name: str) -> bool:
    return any(method.abstract for method in caller.facts.methods(name).values())


def list_of(caller: Caller, dense: str, activations: list[str], *, paired: bool) -> Callable[[], str]:
    """A list of the layers of a network with one hidden layer."""

    def make() -> str:
        texts = layer_texts(caller, dense, activations)
        if paired and len(texts) == 3:  # none after the last layer
            texts.append(texts[1])
        if paired:
            texts = [f"({layer}, {activation})" for layer, activation in zip(texts[::2], texts[1::2])]
        return "[" + ", ".join(texts) + "]"

    return make


def layer_texts(caller: Caller, dense: str, activations: list[str]) -> list[str]:
    """The layers of a network with one hidden layer, as expressions."""
    session = caller.session
    session.give_sizes()
    out = session.output_size
    own = any(
        caller.role(c, a)[0] is Role.ACTIVATION for c in [caller.facts.constructor(dense)] if c for a in c.arguments
    )
    plain = [name for name in activations if "softmax" not in name.lower()]
    middle = plain[:3] if not own else [""]
    between = session.choose("hidden activation", middle or [""])
    sigmoids = [name for name in activations if "sigmoid" in name.lower()]
    softmaxes = [name for name in activations if "softmax" in name.lower()]
    last_options = ["", *sigmoids, *softmaxes]
    if wants_shares(caller) and not own:
        last_options = [*softmaxes, *sigmoids, ""] if out > 1 else [*sigmoids, ""]
    last = session.choose("output activation", last_options)
    inputs = [caller.construction(dense, (session.input_size,) * 2)] if _begins_with_inputs(caller, dense) else []
    first = next((name for name in caller.facts.classes if INPUT_CLASS.search(name)), "")
    if first and not inputs:
        # layers that are given their own size alone take that of the layer before
        options = [True, False] if len(_sizes_of(caller, dense)) == 1 else [False, True]
        if session.choose(f"a layer for the inputs ({first})", options):
            inputs = [caller.construction(first, (session.input_size,) * 2)]
    texts = [caller.construction(dense, (session.input_size, HIDDEN))]
    if between:
        texts.append(caller.construction(between, (HIDDEN, HIDDEN)))
    session.at_output = True
    try:
        texts.append(caller.construction(dense, (HIDDEN, out)))
    finally:
        session.at_output = False
    if last:
        texts.append(caller.construction(last, (out, out)))
    return [*inputs, *texts]


def _begins_with_inputs(caller: Caller, dense: str) -> bool:
    """Whether the first layer of a network stands for its inputs: layers have one size, and the first one is apart."""
    texts = [method.text for name in caller.facts.classes for method in caller.facts.methods(name).values()]
    texts += [function.text for function in caller.facts.functions.values()]
    return len(_sizes_of(caller, dense)) == 1 and any(FIRST_APART.search(text) for text in texts)


def _sizes_of(caller: Caller, dense: str) -> list[Argument]:
    """The arguments of a layer that say how large it is, and have no default, or say how many inputs it has."""
    constructor = caller.facts.constructor(dense)
    roles = {one: caller.role(constructor, one)[0] for one in constructor.arguments} if constructor else {}
    return [one for one, role in roles.items() if role is Role.INPUT_SIZE or (one.required and role in SIZED)]


INPUT_CLASS = re.compile(r"^_?Input_?(Layer)?\d?$|^Layer_?Input$", re.IGNORECASE)
FIRST_APART = re.compile(r"layers\[1:\]|layers\[0\]\.\w+ = |in range\(1, len\((self\.)?layers\)|layers\[i - 1\]")


def adder(caller: Caller, owner: str) -> tuple[FunctionFacts, str] | None:
    """The method that appends a layer, and the attribute it appends to."""
    for method in caller.facts.methods(owner).values():
        if method.name.startswith("__") or not method.arguments:
            continue
        text = re.sub(r"\s", "", method.text)
        for argument in method.arguments[:1]:
            for attribute in sorted(method.reads | method.writes):
                added = (
                    f"self.{attribute}.append({argument.name})",
                    f"self.{attribute}+=[{argument.name}]",
                    f"self.{attribute}+=({argument.name}",
                )
                if not any(part in text for part in added):
                    continue
                if ADD_NAME.search(method.name) or element_uses(caller, owner, attribute)[0]:
                    return method, attribute  # not the outputs of layers, kept on the way
    return None


def element_uses(caller: Caller, owner: str, attribute: str) -> tuple[set[str], set[str]]:
    """Methods and attributes of the elements of a list in an attribute."""
    methods: set[str] = set()
    attributes: set[str] = set()
    for method in caller.facts.methods(owner).values():
        uses = uses_of(f"self.{attribute}", method.node)
        methods |= uses.element_methods
        attributes |= uses.element_attributes
    return methods - {"append"}, attributes


def add_layers(caller: Caller, variable: str, owner: str) -> bool:
    """Adds layers through a method of the network; whether there is such a method and the network has none yet."""
    found = adder(caller, owner)
    session = caller.session
    if found is None:
        return _add_by_size(caller, variable, owner)
    method, attribute = found
    value = getattr(session.names[variable], attribute, None)
    if value is not None and len(value) > 0:
        return False
    wanted, _ = element_uses(caller, owner, attribute)
    if not wanted:  # the list goes by another name elsewhere, such as a property's
        names = {name for part in caller.facts.methods(owner).values() for name in part.reads}
        wanted = {used for name in sorted(names) for used in element_uses(caller, owner, name)[0]}
    dense, activations = layer_classes(caller, wanted)
    if not dense:
        role = caller.role(method, method.arguments[0])[0]
        if role in (Role.LOSS, Role.OPTIMIZER):
            return False
        return _add_by_size(caller, variable, owner)
    name = session.choose(f"layers of {owner}", dense[:3])
    for text in layer_texts(caller, name, activations):
        session.run(f"{variable}.{method.name}({text})")
    return True


ADD_NAME = re.compile(r"^_?(add|append|insert|push|create|new)_?\w*$|layer$", re.IGNORECASE)
SIZED = (Role.INPUT_SIZE, Role.OUTPUT_SIZE, Role.HIDDEN_SIZE, Role.COUNT, Role.SIZES)


def _add_by_size(caller: Caller, variable: str, owner: str) -> bool:
    """Adds layers through methods that take sizes: one method for all layers, or one for each kind of layer."""
    session = caller.session
    methods = []
    for method in caller.facts.methods(owner).values():
        if ADD_NAME.search(method.name) and not method.name.startswith("__") and len(method.arguments) > 0:
            sizes = [a for a in method.arguments if caller.role(method, a)[0] in SIZED]
            if sizes and Role.OBJECT_LIST not in caller.roles_of(method):
                methods.append((method, len([a for a in sizes if a.required])))
    if not methods:
        return False
    session.give_sizes()
    into, out = session.input_size, session.output_size
    kinds = {
        word: found for word in ("input", "hidden", "output") for found in methods if word in found[0].name.lower()
    }
    if kinds:
        general = next(
            (found for found in methods if not re.search("input|hidden|output", found[0].name, re.IGNORECASE)), None
        )
        if general is None and "output" not in kinds:
            general = kinds.get("hidden")
        steps = [("input", (into, into)), ("hidden", (into, HIDDEN)), ("output", (HIDDEN, out))]
        plan = [(found[0], dims) for word, dims in steps if (found := kinds.get(word, general)) is not None]
        if kinds.get("output") is not None and kinds.get("input") is None and general is None:
            plan = [(kinds.get("hidden", kinds["output"])[0], (into, HIDDEN)), (kinds["output"][0], (HIDDEN, out))]
    else:
        method, count = methods[0]
        chain = [(into, HIDDEN), (HIDDEN, out)]
        chains = [chain, [(into, into), *chain]] if count > 1 else [[(into, into), *chain], chain]
        plan = [(method, dims) for dims in session.choose("added sizes", chains)]
    for method, dims in plan:
        session.dims = dims
        try:
            text = caller.arguments(method)
        finally:
            session.dims = None
        session.run(f"{variable}.{method.name}({text})")
    return True
