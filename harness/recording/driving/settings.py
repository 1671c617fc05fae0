"""What code asks a dictionary of settings for, dictionaries and lists inside of it included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..literals import assigned
from .argument_uses import argument_uses
from .source import Argument, FileFacts, FunctionFacts
from .uses import Uses, uses_of

MAX_DEPTH = 4  # of dictionaries in dictionaries, and of functions that a value is handed on to


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One entry of a dictionary of settings."""

    key: str  # of the entry
    uses: Uses  # what the code does with its value
    entries: tuple[Setting, ...] = ()  # of the dictionary that its value is; none for another value
    # entries of the dictionaries in the list that its value is; none for another value
    elements: tuple[Setting, ...] = ()


def uses_of_attribute(facts: FileFacts, function: FunctionFacts, argument: Argument, name: str) -> Uses:
    """What the code does with an attribute of an argument: ``np.zeros((settings.inputs + 1, settings.outputs))``."""
    uses = Uses()
    for holder in sorted(_with_other_names(function, {argument.name})):
        for node in _places(facts, function, holder):
            uses.merge(uses_of(f"{holder}.{name}", node))
    return uses


def leaves(settings: tuple[Setting, ...]) -> Iterator[str]:
    """The keys of the values that are not dictionaries or lists of them."""
    for one in settings:
        inside = one.entries or one.elements
        yield from leaves(inside) if inside else (one.key,)


def read_settings(
    facts: FileFacts, function: FunctionFacts, names: set[str], depth: int = MAX_DEPTH
) -> tuple[Setting, ...]:
    """The entries that a function asks for of what goes by these names: ``settings["model"]["layers"][i]["units"]``."""
    names = _with_other_names(function, names)
    keys = {key for name in names for node in _places(facts, function, name) for key in uses_of(name, node).keys}
    found = {key: _setting(facts, function, key, {f"{name}[{key!r}]" for name in names}, depth - 1) for key in keys}
    for other, name in _handed_on(facts, function, names) if depth else ():
        for one in read_settings(facts, other, {name}, depth - 1):
            found.setdefault(one.key, one).uses.merge(one.uses)
    return tuple(found[key] for key in sorted(found))


def _handed_on(facts: FileFacts, function: FunctionFacts, names: set[str]) -> Iterator[tuple[FunctionFacts, str]]:
    """The functions of the file that are given what goes by these names, and what they call it."""
    for call in ast.walk(function.node):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        called = facts.functions.get(call.func.id)
        if called is not None and called is not function:
            given = [(one.name, value) for one, value in zip(called.arguments, call.args)]
            given += [(one.arg, one.value) for one in call.keywords if one.arg]
            yield from ((called, name) for name, value in given if ast.unparse(value) in names)


def _setting(facts: FileFacts, function: FunctionFacts, key: str, names: set[str], depth: int) -> Setting:
    """The entry that goes by these names."""
    names = _with_other_names(function, names)
    uses = Uses()
    for name in sorted(names):
        uses.merge(argument_uses(facts, function, Argument(name=name), MAX_DEPTH))
        for node in _places(facts, function, name):
            uses.merge(uses_of(name, node))
    if depth == 0:
        return Setting(key=key, uses=uses)
    entries = read_settings(facts, function, names, depth) if uses.keys else ()
    items = {item for name in names for item in _items(function, name)} if uses.element_keys else set()
    return Setting(key=key, uses=uses, entries=entries, elements=read_settings(facts, function, items, depth))


def _items(function: FunctionFacts, name: str) -> Iterator[str]:
    """How the items of a list are called: ``layers[i]``, and the variables of loops over it."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == name:
            yield ast.unparse(node)
        elif isinstance(node, (ast.For, ast.comprehension)):
            if ast.unparse(node.iter) == name and isinstance(node.target, ast.Name):
                yield node.target.id
            elif ast.unparse(node.iter) == f"enumerate({name})" and isinstance(node.target, ast.Tuple):
                yield ast.unparse(node.target.elts[-1])


def _with_other_names(function: FunctionFacts, names: set[str]) -> set[str]:
    """The names, and those that a function assigns the same values to: ``model = settings["model"]``."""
    targets = {
        ast.unparse(target)
        for statement in ast.walk(function.node)
        if isinstance(statement, ast.Assign)
        for target, value in assigned(statement)
        if ast.unparse(value) in names
    }
    return names | targets


def _places(facts: FileFacts, function: FunctionFacts, name: str) -> Iterator[ast.AST]:
    """Where a name stands for the same value: in the function, and an attribute in all methods of the class."""
    yield function.node
    if name.startswith("self.") and function.owner:
        for method in facts.methods(function.owner).values():
            if method.node is not function.node:
                yield method.node
