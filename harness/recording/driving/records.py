"""Arguments that hold several things under names of their own: settings, a data set, layers in words, samples."""

from __future__ import annotations

import ast
import enum
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from .data import HIDDEN, Form, pairs_text
from .roles import SIZES, Role, role_of
from .settings import Setting, leaves, read_settings, uses_of_attribute
from .slot import Slot
from .source import Argument, FunctionFacts
from .uses import Uses
from .words import TEXTS_BY_NAME

if TYPE_CHECKING:
    from .calling import Caller

# the methods of loggers and of writers, whose results nobody uses
LISTENS = re.compile(r"info|debug|warn(ing)?|error|critical|exception|log\w*|write|add_(scalars?|histogram|image)")
OF_ARRAYS = frozenset({"shape", "T", "size", "ndim", "dtype"})
ASKS = re.compile(r"^(get|is|has|num|n)_?", re.IGNORECASE)
SETTINGS = frozenset(
    {
        *SIZES,
        *(Role.HIDDEN_SIZE, Role.LAYER_COUNT, Role.RATE, Role.EPOCHS, Role.BATCH_SIZE, Role.DECAY, Role.MOMENTUM),
        *(Role.KEEP, Role.SEED, Role.QUIET, Role.FLAG, Role.ACTIVATION, Role.LOSS, Role.OPTIMIZER, Role.CHOICE),
        *(Role.INPUTS, Role.TARGETS),
    }
)


def are_settings(names: Iterable[str], function: FunctionFacts) -> bool:
    """Whether names stand for settings and data, not for weights."""
    roles = {name: _role_by_name(name, function) for name in names}
    known = [
        name for name, role in roles.items() if role in SETTINGS or any(one.search(name) for one, _ in TEXTS_BY_NAME)
    ]
    return bool(roles) and 2 * len(known) >= len(roles) and Role.WEIGHT not in roles.values()


def records(slot: Slot) -> list[Callable[[], str]]:
    """A dictionary or an object with a value for each name that the code asks the argument for.

    Returns:
        options; none if the names do not stand for settings.
    """
    attributes, methods = (
        slot.uses.attributes - slot.uses.methods - OF_ARRAYS,
        {name for name in slot.uses.methods if ASKS.match(name) and name != "get"},
    )
    asked = {re.sub(r"^get_?", "", name, flags=re.IGNORECASE) for name in methods}
    options: list[Callable[[], str]] = []
    if slot.uses.methods and all(map(LISTENS.fullmatch, slot.uses.methods)):
        options.append(lambda: f"{_imported(slot.caller, 'unittest.mock', 'MagicMock')}()")
    settings = read_settings(slot.caller.facts, slot.function, {slot.argument.name}) if slot.uses.keys else ()
    if settings and are_settings(leaves(settings), slot.function):
        options.append(lambda: _dictionary(slot.caller, slot.function, slot.argument.name, settings))
    if are_settings({*attributes, *asked}, slot.function) and methods == slot.uses.methods:
        options.append(lambda: namespace(slot.caller, [*values(attributes), *_answers(methods, values)]))

    def values(names: Iterable[str]) -> list[tuple[str, str]]:
        facts = slot.caller.facts
        uses = {name: uses_of_attribute(facts, slot.function, slot.argument, name) for name in sorted(names)}
        return [(name, _value(slot.caller, slot.function, slot.argument.name, name, uses[name])) for name in uses]

    return options


def _answers(methods: Iterable[str], values: Callable[[Iterable[str]], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Methods that give a setting each."""
    bare = {name: re.sub(r"^get_?", "", name, flags=re.IGNORECASE) for name in methods}
    return [(name, f"lambda: {value}") for name, bare_name in sorted(bare.items()) for _, value in values([bare_name])]


def namespace(caller: Caller, values: Iterable[tuple[str, str]]) -> str:
    """An object with attributes of these values."""
    name = _imported(caller, "types", "SimpleNamespace")
    return f"{name}({', '.join(f'{name}={value}' for name, value in values)})"


def _imported(caller: Caller, module: str, name: str) -> str:
    """A name of the standard library, which the lines import."""
    if name not in caller.session.names:
        caller.session.run(f"from {module} import {name}")
    return name


def _role_by_name(name: str, function: FunctionFacts) -> Role:
    return role_of(Argument(name=name), Uses(), function)


def _value(caller: Caller, function: FunctionFacts, record: str, name: str, uses: Uses | None = None) -> str:
    """The expression for one name of a record."""
    one = Argument(name=name)
    uses = uses or Uses()
    role = role_of(one, uses, function)
    options = caller.options(Slot(caller=caller, function=function, argument=one, role=role, uses=uses))
    if "get" in uses.methods:  # with a default for what is not there
        options.insert(0, "{}")
    option = caller.session.choose(f"{record}.{name} ({name})", options)
    return option() if callable(option) else option


def _dictionary(caller: Caller, function: FunctionFacts, name: str, settings: Iterable[Setting]) -> str:
    """A dictionary with a value for each setting; ``name`` is what the code calls it."""
    values = [(one.key, _of_setting(caller, function, name, one)) for one in settings]
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in values) + "}"


def _of_setting(caller: Caller, function: FunctionFacts, name: str, setting: Setting) -> str:
    """The value of one setting: a dictionary, a list with a dictionary for each layer, or a plain value."""
    inside = f"{name}.{setting.key}"
    if setting.entries:
        return _dictionary(caller, function, inside, setting.entries)
    if setting.elements:
        return _by_layer(caller, lambda: _dictionary(caller, DESCRIPTION, inside, setting.elements))
    return _value(caller, function, name, setting.key, setting.uses)


# Layers that are described, and samples


def _description() -> FunctionFacts:
    """What stands for the function that a description of a layer is given to."""
    node = ast.parse("def describe(): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    return FunctionFacts(name="describe", node=node)


DESCRIPTION = _description()


def layer_descriptions(caller: Caller, uses: Uses) -> list[Callable[[], str]]:
    """A list with a dictionary for each layer of a network with one hidden layer: ``{"inputs": 7, "units": 5}``."""
    spread = [made for name in sorted(uses.element_spread) if (made := caller.facts.constructor(name)) is not None]
    if not uses.element_keys and not spread:
        return []

    def describe() -> str:
        entries = {key: uses.element_entries.get(key) for key in sorted(uses.element_keys)}
        values = [f"{key!r}: {_value(caller, DESCRIPTION, 'layer', key, seen)}" for key, seen in entries.items()]
        for constructor in spread:
            call = ast.parse(f"layer({caller.arguments(constructor)})", mode="eval").body
            assert isinstance(call, ast.Call)
            given = {one.name: value for one, value in zip(constructor.arguments, call.args)}
            given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            values += [f"{name!r}: {ast.unparse(value)}" for name, value in given.items()]
        return "{" + ", ".join(values) + "}"

    return [lambda: _by_layer(caller, describe)]


def unpacked_layers(slot: Slot) -> list[Callable[[], str]]:
    """A list with a tuple for each layer, ``(5, "relu")``, or for the hidden one alone."""
    parts = [replace(part, counted=False) if part.strings else part for part in slot.uses.parts]
    names = ["units" if part.counted else "kind" for part in parts]

    def describe() -> str:
        values = [_value(slot.caller, DESCRIPTION, slot.argument.name, *one) for one in zip(names, parts)]
        return f"({', '.join(values)})"

    both = [lambda: _by_layer(slot.caller, describe, only_hidden=True), lambda: _by_layer(slot.caller, describe)]
    return both if slot.role is Role.HIDDEN_SIZES else both[::-1]


def _by_layer(caller: Caller, describe: Callable[[], str], *, only_hidden: bool = False) -> str:
    """A list with a description for each layer of a network with one hidden layer, or for that layer alone."""
    session = caller.session
    if not only_hidden:
        session.give_sizes()
    layers = []
    for dims in ((session.input_size, HIDDEN), (HIDDEN, session.output_size))[: 1 if only_hidden else 2]:
        before, session.dims = session.dims, dims
        try:
            layers.append(describe())
        finally:
            session.dims = before
    return f"[{', '.join(layers)}]"


def samples(caller: Caller, name: str) -> Callable[[], str] | None:
    """A list with an instance of a class for each observation; None if it does not take an input and a target."""
    maker = caller.facts.maker(name)
    roles = [caller.role(maker, argument)[0] for argument in maker.required] if maker is not None else []
    if len(roles) != 2 or set(roles) != {Role.INPUTS, Role.TARGETS}:
        return None

    def make() -> str:
        arguments = ", ".join("x" if role is Role.INPUTS else "y" for role in roles)
        return f"[{name}({arguments}) for x, y in {_one_by_one(caller, name)}]"

    return make


def _one_by_one(caller: Caller, name: str) -> str:
    """The observations as pairs (x, y)."""
    session = caller.session
    session.make_data()
    session.form = session.choose(f"samples of {name}", [Form.ROWS, Form.COLUMN, Form.ROW, Form.LIST])
    return pairs_text(session.pick_labels(), session.form)


# Classes that an annotation names


def annotated_class(caller: Caller, argument: Argument) -> str:
    """The class of the user's that an annotation names; "" if there is none."""
    names = re.findall(r"[A-Za-z_]\w*", argument.annotation)
    return next((name for name in names if name in caller.facts.classes), "")


def is_list(argument: Argument) -> bool:
    """Whether an annotation names a list of something."""
    return re.search(r"(?i)\b(list|sequence|tuple|iterable|collection)\b", argument.annotation) is not None


def kinds_of(caller: Caller, name: str) -> list[str]:
    """A class and those that are derived from it, without abstract ones, the derived ones first."""
    facts, names = caller.facts, caller.session.names
    derived = [one for one in facts.classes if one != name and name in _bases(caller, one)]
    usable = [one for one in [*derived, name] if inspect.isclass(names.get(one))]
    concrete = [one for one in usable if not any(method.abstract for method in facts.methods(one).values())]
    return concrete or usable


def _bases(caller: Caller, name: str) -> set[str]:
    """The classes that a class is derived from."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = caller.facts.classes.get(waiting.pop())
        for base in one.bases if one else ():
            if base not in found:
                found.add(base)
                waiting.append(base)
    return found


def members(caller: Caller, name: str) -> list[str]:
    """The members of an enumeration as expressions; none if the class is not one."""
    thing = caller.session.names.get(name)
    if not (inspect.isclass(thing) and issubclass(thing, enum.Enum)):
        return []
    return [f"{name}.{member.name}" for member in thing]
