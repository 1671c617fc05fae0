"""A rule about ``validation_split``, if the data are missing and the text of the user's file says how rows follow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ...recording.source import called_name
from ..findings import Check, Finding, Severity, Subject
from ..loss_names import CROSSENTROPIES
from ..program import FILE, MadeUp, made_up_names
from ..source.columns import assigned_pairs
from ..source.places import names_in, names_of
from .scaling_rules import sources_of

SORTED_TABLES = re.compile(r"\biris|\bwine\.(?:csv|data)|\bseeds", re.IGNORECASE)  # files that are sorted by class
MIXES = re.compile(r"shuffle\w*\(|permutation\(|\.sample\(|train_test_split\(|sort_values\(|random\.choice\(|KFold\(")

Pair = tuple[set[str], ast.expr]


def sorted_split_rules(subject: Subject) -> Finding:
    """Rows that are kept apart from the end of a table that is sorted by class, or of rows gathered class by class."""
    program = subject.program
    is_unknown = program.made_up is MadeUp.FORMATS  # else the labels are looked at
    is_split = is_unknown and program.validation_split > 0 and subject.loss_name in CROSSENTROPIES
    if not is_split or MIXES.search(subject.text):
        return
    tables = sorted(filter(SORTED_TABLES.search, made_up_names(program.notes, FILE)))
    if tables or gathers_by_class(subject):
        yield subject.at(
            program.places.fit, Check.SORTED_SPLIT, Severity.SUSPICION,
            {"split": program.validation_split, "file": tables[0] if tables else None}
        )  # fmt: skip


def gathers_by_class(subject: Subject) -> bool:
    """Whether labels are gathered in two loops, one in the other, and the outer one alone says which label it is."""
    known = [*subject.assigned, *(pair for _, tree in subject.code for pair in (*appended(tree), *gone_through(tree)))]
    wanted = sources_of(subject.fitted("y", 1), known)
    loops = [node for _, tree in subject.code for node in ast.walk(tree) if isinstance(node, ast.For)]
    for outer in loops:
        made = [*assigned_pairs(outer), *gone_through(outer)]
        of_class = made_from(names_of(outer.target), made)
        for inner in loops:
            if inner is outer or inner not in ast.walk(outer):
                continue
            of_row = made_from(names_of(inner.target), made)
            for names, value in appended(inner):
                used = names_in(value)
                if names & wanted and used & of_class and not used & of_row:
                    return True
    return False


def appended(tree: ast.AST) -> Iterator[Pair]:
    """(names, value) of all calls of ``append``; those of a pair part by part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) == "append" and isinstance(node.func, ast.Attribute):
            for value in node.args:
                parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
                yield from ((names_of(node.func.value), part) for part in parts)


def gone_through(tree: ast.AST) -> Iterator[Pair]:
    """(names, what they are taken from) of all loops."""
    return ((names_of(node.target), node.iter) for node in ast.walk(tree) if isinstance(node, ast.For))


def made_from(names: set[str], pairs: Sequence[Pair]) -> set[str]:
    """Names, and those that are computed from them."""
    while more := set().union(*(made for made, value in pairs if names_in(value) & names)) - names:
        names = names | more
    return names
