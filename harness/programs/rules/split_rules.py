"""Rules about the rows that are kept for validation, by the text of the user's file: their order and their labels."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ...recording.source import called_name
from ..findings import TRAINING, Check, Finding, Severity, Subject
from ..loss_names import CROSSENTROPIES
from ..program import FILE, MadeUp, made_up_names
from ..source.columns import assigned_pairs
from ..source.places import argument_of, names_in, names_of
from .scaling_rules import sources_of

# files that are sorted by class, unless their names say that they are parts of them or were mixed
SORTED_TABLES = re.compile(
    r"^(?!.*(?:train|test|shuffl|random|mix)).*(?:\biris|\bwine\.(?:csv|data)|\bseeds)", re.IGNORECASE
)
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


def encoding_rules(subject: Subject) -> Finding:
    """Labels for validation that are chosen as those for training are, by comparisons with names of other classes."""
    for source, call, name in subject.calls():
        held = argument_of(call, "validation_data") if name in TRAINING else None
        y = argument_of(call, "y", 1) if name in TRAINING else None
        if y is None or not isinstance(held, (ast.List, ast.Tuple)) or len(held.elts) < 2:
            continue
        train, validation = (label_choices(subject, names_in(value)) for value in (y, held.elts[1]))
        for (how, classes), (other_how, other_classes) in zip(train, validation):
            if how == other_how and [*map(class_name, classes)] != [*map(class_name, other_classes)]:
                yield subject.at(
                    source.place(call), Check.ENCODED_APART, Severity.SUSPICION,
                    {"training": classes, "validation": other_classes}
                )  # fmt: skip
                return


def class_name(text: str) -> str:
    """The name of a class as it is in all files, some of which write it with a space, a full stop or capitals."""
    return text.strip(" .").casefold()


def label_choices(subject: Subject, names: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Of each choice between labels that names get: its form without names, and the texts that are compared with."""
    found = []
    for _, tree in subject.code:
        for node in ast.walk(tree):
            made = names_of(node.targets[0]) if isinstance(node, ast.Assign) else set()
            if isinstance(node, ast.For):
                made = set().union(*(gathered for gathered, _ in appended(node)))
            for test, labels in choices(node) if made & names else ():
                if labels and not any(map(names_in, labels)):  # others choose rows and not labels
                    form, texts = without_names(test)
                    found.append((f"{form} {[*map(ast.unparse, labels)]}", texts))
    return found


def choices(statement: ast.AST) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """(condition, what it chooses from) of all conditions in a statement that have both branches."""
    for node in ast.walk(statement):
        if isinstance(node, ast.If) and node.orelse:
            yield node.test, [value for part in (*node.body, *node.orelse) for _, value in appended(part)]
        elif isinstance(node, ast.IfExp):
            yield node.test, [node.body, node.orelse]
        elif isinstance(node, ast.Call) and called_name(node) == "where" and len(node.args) == 3:
            yield node.args[0], node.args[1:]


def without_names(test: ast.expr) -> tuple[str, tuple[str, ...]]:
    """A condition without its names and without the texts that it compares with, and these texts."""
    copy, texts = ast.parse(ast.unparse(test), mode="eval"), []
    for node in ast.walk(copy):
        if isinstance(node, ast.Name):
            node.id = "_"
        for other in node.comparators if isinstance(node, ast.Compare) else ():
            if isinstance(other, ast.Constant) and isinstance(other.value, str):
                texts.append(other.value)
                other.value = ""
    return ast.unparse(copy), tuple(texts)


def gathers_by_class(subject: Subject) -> bool:
    """Whether labels are gathered in two loops, one in the other, and the outer one alone says which label it is."""
    known = [*subject.assigned, *(pair for _, tree in subject.code for pair in (*appended(tree), *gone_through(tree)))]
    wanted = sources_of(subject.fitted("y", 1), known)
    loops = [node for _, tree in subject.code for node in ast.walk(tree) if isinstance(node, ast.For)]
    for outer in loops:
        made = [*assigned_pairs(outer), *gone_through(outer)]
        of_class = made_from(names_of(outer.target), made)
        for inner in (node for node in ast.walk(outer) if isinstance(node, ast.For) and node is not outer):
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
