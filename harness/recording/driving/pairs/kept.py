"""The weights and gradients that a layer keeps in dictionaries and lists, or gives back in a dictionary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...literals import assigned, is_of_self, last_name, nodes_in, texts_of
from ..source import FunctionFacts

OF_GRADIENTS = re.compile(r"[gG]rad|^_?d_?(params?|weights?)$")


@dataclass(frozen=True)
class Item:
    """One item of an attribute that holds several arrays."""

    path: str  # of the instance: "params['W']", "params[0]"
    name: str  # its key, or the name of what was put there; "" if it has none


def kept_items(methods: Iterable[FunctionFacts]) -> Mapping[str, tuple[Item, ...]]:
    """The items of each attribute that methods set to a dictionary or list, or whose items they set."""
    found: dict[str, dict[str, Item]] = {}
    for method in methods:
        for target, value in _assignments(method.node):
            for attribute, key, name in _items(target, value):
                path = f"{attribute}[{key}]"
                found.setdefault(attribute, {}).setdefault(path, Item(path, name))
    return {attribute: tuple(items.values()) for attribute, items in found.items()}


def _assignments(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Each target that is assigned to, with the value if it is a new one."""
    for node in nodes_in(tree):
        if isinstance(node, ast.Assign):
            yield from assigned(node)
        elif isinstance(node, ast.AnnAssign):
            yield node.target, node.value
        elif isinstance(node, ast.AugAssign):
            yield node.target, None


def _items(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, str, str]]:
    """The attribute, the key and the name of each item that an assignment sets."""
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Subscript):
        target = target.value  # self.grads[0][...] = dW
    if isinstance(target, ast.Subscript) and is_of_self(target.value) and isinstance(target.slice, ast.Constant):
        key = target.slice.value
        yield last_name(target.value), repr(key), key if isinstance(key, str) else last_name(value or target)
    elif is_of_self(target) and isinstance(value, ast.Dict):
        for text in texts_of(value.keys):
            yield last_name(target), repr(text), text
    elif is_of_self(target) and isinstance(value, (ast.List, ast.Tuple)):
        for place, one in enumerate(value.elts):
            yield last_name(target), str(place), last_name(one)


def given_back_keys(function: FunctionFacts) -> dict[str, list[str]]:
    """The keys of each dictionary that a function returns.

    Returns:
        by what picks it out of the result: "" for the result itself, "[1]" for one of several values.
    """
    found: dict[str, list[str]] = {}
    for node in nodes_in(function.node):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        parts = {f"[{place}]": one for place, one in enumerate(getattr(node.value, "elts", ()))} or {"": node.value}
        for pick, part in parts.items():
            keys = texts_of(part.keys) if isinstance(part, ast.Dict) else _keys_of(function.node, last_name(part))
            if keys:
                found[pick] = keys
    return found


def _keys_of(tree: ast.AST, name: str) -> list[str]:
    """The keys of a variable that a function makes a dictionary."""
    keys: list[str] = []
    for target, value in _assignments(tree):
        if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Dict):
            keys += texts_of(value.keys)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == name:
            keys += texts_of([target.slice])
    return list(dict.fromkeys(keys))
