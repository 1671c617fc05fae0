"""Coefficients of an optimizer that a file stores and never reads, such as the decay rate of a second running mean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from ..recording.graph import Place
from ..recording.literals import assigned, defaults_of, is_of_self, last_name
from .idle_loops import is_update
from .sources import Sources, parts_of

NAME = re.compile(
    r"(?i)(beta|rho|decay|decay_?rate|weight_?decay|momentum|eps|epsilon|lambda|lambd|lamb|lam|lmbda|reg|"
    r"regulari[sz]ation|dropout|dropout_?rate|drop_?prob|keep_?prob|learning_?rate|lr)_?\d?_?"
)
RATE = re.compile(r"(?i)(learning_?rate|l_?rate|lr|eta|alpha|step_?size)_?\d?_?")  # of an update
PAIRED = re.compile(r"(?i)(beta|rho|decay|decay_?rate)_?\d_?")  # as ``beta1`` and ``beta2``
LOOKED_UP = frozenset({"vars", "locals", "globals", "__dict__", "eval", "exec"})  # they read names that nobody writes


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A coefficient that is stored, or passed, and never read."""

    name: str  # as it is written, such as ``self.beta2``
    place: Place  # where it gets its value
    scope: ast.ClassDef | ast.FunctionDef  # the class or function that it belongs to
    partners: tuple[str, ...]  # names that differ by their number alone and are read there, such as ``self.beta1``


def unread_coefficients(sources: Sources, places: Sequence[Place]) -> list[Unread]:
    """The coefficients that are never read, of classes and functions that ran.

    Args:
        sources: the user's files.
        places: lines that ran, each in a class or function that counts.
    """
    found: list[Unread] = []
    functions = [one.name for file in sources.trees for one in sources.functions_of(file)]
    for file, tree in sources.trees.items():
        lines = {one.line for place in places for one in place.trail if one.file == file}
        nodes = list(ast.walk(tree))
        if any(last_name(node) in LOOKED_UP for node in nodes):
            continue
        for scope in nodes:
            if not isinstance(scope, (ast.ClassDef, ast.FunctionDef)):
                continue
            if lines.isdisjoint(range(scope.lineno, (scope.end_lineno or scope.lineno) + 1)):
                continue
            if not isinstance(scope, ast.ClassDef) and functions.count(scope.name) > 1:
                continue  # those of one name take the same arguments, which not every one needs
            of_scope = attributes_of(sources, scope) if isinstance(scope, ast.ClassDef) else arguments_of(scope)
            for name, line in of_scope:
                text = sources.texts[file].splitlines()[line - 1].strip()
                place = Place(file=file, line=line, variable=name, text=text)
                found.append(Unread(name=name, place=place, scope=scope, partners=partners_of(scope, name)))
    return list({(one.place.file, one.place.line, one.name): one for one in found}.values())


def attributes_of(sources: Sources, scope: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """The coefficients that a class stores as attributes and that nothing reads, each with its line."""
    known = {one.name: one for one in sources.classes}
    bases = [ast.unparse(base) for base in scope.bases]
    if any(base not in known and base not in ("object", "ABC", "abc.ABC") for base in bases):
        return  # a class of elsewhere may read them
    family = family_of(scope, list(known.values()))
    for method in scope.body:
        if isinstance(method, ast.FunctionDef):
            for name, line in stored_as_given(method):
                if not is_read_in(sources, name, family):
                    yield f"self.{name}", line


def stored_as_given(method: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """The coefficients that a method stores as numbers or as its arguments and does not use itself, with lines."""
    arguments = {one.arg for one in (*method.args.args, *method.args.kwonlyargs)}
    statements = [node for node in ast.walk(method) if isinstance(node, ast.Assign)]
    stored = [(one, part, value) for one in statements for whole, value in assigned(one) for part in parts_of(whole)]
    for statement, target, value in stored:
        if not is_of_self(target) or not NAME.fullmatch(target.attr):
            continue
        used = {name.id for name in ast.walk(value) if isinstance(name, ast.Name)}
        is_nothing = isinstance(value, ast.Constant) and not value.value
        if is_nothing or not used <= arguments | {"float", "abs"}:
            continue
        others = (part for part in method.body if part is not statement)
        elsewhere = {one.id for part in others for one in ast.walk(part) if is_read(one)}
        if elsewhere.isdisjoint(used & arguments):
            yield target.attr, statement.lineno


def arguments_of(scope: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """The coefficients that a function takes and does not use.

    They have a default or a partner, or are the rate of an update that the function makes.
    """
    arguments = [*scope.args.posonlyargs, *scope.args.args]
    usual = [one for one, _ in defaults_of(scope.args)]
    read = {node.id for part in scope.body for node in ast.walk(part) if is_read(node)}
    updates = any(isinstance(node, ast.stmt) and is_update(node) for node in ast.walk(scope))
    for one in (*arguments, *scope.args.kwonlyargs):
        is_meant = NAME.fullmatch(one.arg) and (one in usual or partners_of(scope, one.arg))
        is_rate = updates and RATE.fullmatch(one.arg)
        if one.arg not in read and (is_meant or is_rate):
            yield one.arg, one.lineno


def family_of(scope: ast.ClassDef, classes: Sequence[ast.ClassDef]) -> list[ast.ClassDef]:
    """A class with its bases and its subclasses, and theirs in turn."""
    family, names = [scope], {scope.name, *map(ast.unparse, scope.bases)}
    for _ in classes:
        for one in classes:
            bases = set(map(ast.unparse, one.bases))
            if one not in family and (one.name in names or bases & {member.name for member in family}):
                family.append(one)
                names |= {one.name} | bases
    return family


def is_read_in(sources: Sources, name: str, family: Sequence[ast.ClassDef]) -> bool:
    """Whether a family of classes reads an attribute of this name, or a file reads it of something other than ``self``.

    A text that is its name counts too, as in ``getattr(rule, "beta2")``.
    """
    of_family = {id(node) for one in family for node in ast.walk(one)}
    for tree in sources.trees.values():
        for node in ast.walk(tree):
            is_named = isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Store)
            if is_named and (id(node) in of_family or not is_of_self(node)):
                return True
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute) and node.target.attr == name:
                return True
            if isinstance(node, ast.Constant) and node.value == name:
                return True
    return False


def partners_of(scope: ast.ClassDef | ast.FunctionDef, name: str) -> tuple[str, ...]:
    """The names read in a class or function that differ from a name by their number alone."""
    if not PAIRED.fullmatch(name.removeprefix("self.")):
        return ()
    named = [node for node in ast.walk(scope) if isinstance(node, ast.Name) or is_of_self(node)]
    read = {ast.unparse(node) for node in named if isinstance(node.ctx, ast.Load)}
    stem = re.sub(r"\d", "", name)
    return tuple(sorted(one for one in read if one != name and re.sub(r"\d", "", one) == stem))


def is_read(node: ast.AST) -> TypeGuard[ast.Name]:
    """Whether it is a name that is read."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
