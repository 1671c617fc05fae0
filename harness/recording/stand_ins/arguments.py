"""What would be typed after the name of a script."""

from __future__ import annotations

import argparse
import ast
import operator
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import source
from ..graph import Absorbed
from ..literals import last_name, nodes_of, texts_of
from . import settings

NUMBER = "3"
DATA_FILE = "data.csv"
DATA_SUFFIXES = (".csv", ".txt", ".data", ".dat", ".tsv", ".arff", ".npy", ".npz", ".mat", ".pkl")
LAST_SUFFIX = ".json"  # of a file that may hold settings: it is taken if its name fits, and there are no others
NO_DATA = re.compile(r"readme|requirement|licen[cs]e|changelog|output|result", re.IGNORECASE)
OPENS = re.compile(r"open|load\w*|read\w*|genfromtxt|parse\w*")  # functions that are given the path of a file
IS_PATH = re.compile(r"file|path|data|train|test|input|csv|\bfn\b", re.IGNORECASE)
IS_OUTPUT = re.compile(r"out(put)?|save|result|metric", re.IGNORECASE)
LARGEST = 2**24  # bytes of a file that is taken for data
ENDS = frozenset({"exit", "quit", "usage", "_exit"})  # functions that end the script
MOST_ARGUMENTS = 30
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}


def install(note: Callable[..., None]) -> None:
    """Give ``sys.argv`` and argparse what a script asks for.

    Args:
        note: called with it.
    """
    sys.argv = _Arguments(list(sys.argv), note)
    real = argparse.ArgumentParser.parse_known_args

    def parse(self: Any, args: Any = None, namespace: Any = None) -> Any:
        typed = [] if args is None else args
        for action in self._actions:
            if action.nargs == argparse.PARSER:  # a command, whose own parser asks for the rest
                if not typed:
                    note(Absorbed.INPUT, "command-line arguments")
                    typed = [settings.training(action.choices)]
            elif _is_wanted(action):
                note(Absorbed.INPUT, "command-line arguments")
                _make_optional(action)
        return real(self, typed, namespace)

    argparse.ArgumentParser.parse_known_args = parse  # type: ignore[method-assign]


def _is_wanted(action: argparse.Action) -> bool:
    """Whether a script does not run without an argument, or has no default to choose one of its words by."""
    is_required = action.required or (not action.option_strings and action.nargs not in ("?", "*"))
    return is_required or bool(action.choices and action.default is None and action.option_strings)


def _make_optional(action: argparse.Action) -> None:
    """Give an argument a default."""
    action.required = False
    guess = settings.guessed(action.type, action.choices)
    if guess == DATA_FILE and IS_PATH.search(action.dest):
        guess = file_beside(action.dest)
    if action.default in (None, argparse.SUPPRESS):
        count = action.nargs if isinstance(action.nargs, int) else 1
        action.default = [guess] * count if isinstance(action.nargs, int) or action.nargs in ("+", "*") else guess
    if not action.option_strings:
        action.nargs = "*" if action.nargs in ("+", "*") else "?"


class _Arguments(list[str]):
    """``sys.argv`` with as many arguments as the script demands or asks for."""

    def __init__(self, given: list[str], note: Callable[..., None]) -> None:
        super().__init__(given)
        self.note = note
        self.script = Script(source.read_text(Path(given[0])))
        for place in range(len(self), self.script.uses.needed):
            self.append(self._typed(place))

    def __getitem__(self, key: Any) -> Any:
        return self._typed(key) if isinstance(key, int) and key >= len(self) else super().__getitem__(key)

    def _typed(self, place: int) -> str:
        self.note(Absorbed.INPUT, "sys.argv")
        return self.script.argument(place)


class Script:
    """What the text of a script says about its arguments.

    Args:
        text: of the file.
    """

    def __init__(self, text: str) -> None:
        self.nodes = nodes_of(text)
        self.uses = read_uses(self.nodes)
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def argument(self, place: int) -> str:
        """An argument that fits what the script does with it: a choice, a number, the name of a file."""
        name = self.uses.names.get(place, "")
        choices: list[str] = []
        for use in self._places_of(place):
            parent = self.parents[use]
            function = ast.unparse(parent.func).rpartition(".")[2] if isinstance(parent, ast.Call) else ""
            if function in ("int", "float"):
                return self._number(function, parent)
            if OPENS.fullmatch(function):
                return file_beside(name)
            if isinstance(parent, ast.Compare):
                choices.extend(_texts(parent))
        if choices:
            return settings.training(choices)
        return file_beside(name) if IS_PATH.search(name) else NUMBER

    def _places_of(self, place: int) -> Iterator[ast.AST]:
        """Where the argument is used, by itself or by the name that it is assigned to."""
        names = set()
        for node in self.nodes:
            if _is_argument(node, place):
                yield node
                names |= _targets(self.parents[node])
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
                yield node

    def _number(self, function: str, call: ast.AST) -> str:
        """A number for ``name = int(sys.argv[1])``."""
        known = settings.number_named(" ".join(_targets(self.parents[call])))
        if function == "int":
            return str(known) if isinstance(known, int) else NUMBER
        return str(settings.guessed(float, None) if known is None else known)


def _is_argument(node: ast.AST, place: int) -> bool:
    """Whether it is ``sys.argv[place]``."""
    if not isinstance(node, ast.Subscript) or not _is_argv(node.value):
        return False
    return isinstance(node.slice, ast.Constant) and node.slice.value == place


def _targets(statement: ast.AST) -> set[str]:
    """The names that a statement assigns to."""
    if not isinstance(statement, ast.Assign):
        return set()
    return {target.id for target in statement.targets if isinstance(target, ast.Name)}


def _texts(comparison: ast.Compare) -> list[str]:
    """The texts that something is compared with, in lists too."""
    return texts_of(
        part for side in (comparison.left, *comparison.comparators) for part in getattr(side, "elts", [side])
    )


@dataclass(frozen=True, kw_only=True)
class ArgumentUses:
    """How a program reads ``sys.argv``."""

    names: dict[int, str]  # the variable or option that holds an argument, by its number
    needed: int  # items without which the program ends or fails before it reads them; 0 if it does not check


def read_uses(nodes: Iterable[ast.AST]) -> ArgumentUses:
    """How a program reads ``sys.argv``, from the nodes of its syntax tree."""
    names: dict[int, str] = {}
    unpacked = 0
    conditions: list[tuple[ast.expr, bool]] = []  # each with the value that ends the program
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            start = _start(node.value)
            if isinstance(target, (ast.Tuple, ast.List)) and start is not None:
                names |= {start + number: last_name(part) for number, part in enumerate(target.elts)}
                unpacked = max(unpacked, start + len(target.elts))
            elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(node.value, (ast.Tuple, ast.List)):
                for part, value in zip(target.elts, node.value.elts):
                    names |= dict.fromkeys(_indices(value), last_name(part))
            else:
                names |= dict.fromkeys(_indices(node.value), last_name(target))
        elif isinstance(node, ast.keyword) and node.arg is not None:
            names |= dict.fromkeys(_indices(node.value), node.arg)
        elif isinstance(node, ast.If):
            conditions += [(node.test, True)] if _ends(node.body) else []
            conditions += [(node.test, False)] if _ends(node.orelse) else []
        elif isinstance(node, ast.Assert):
            conditions.append((node.test, False))
    fitting = (
        count
        for count in range(max(1, unpacked), MOST_ARGUMENTS)
        if all(_truth(test, count) is not ending for test, ending in conditions)
    )
    is_checked = any(_truth(test, 0) is not None for test, _ in conditions)
    return ArgumentUses(names=names, needed=next(fitting, 0) if is_checked else unpacked)


def _is_argv(node: ast.AST) -> bool:
    """Whether an expression is ``sys.argv``."""
    return last_name(node) == "argv"


def _indices(node: ast.AST) -> Iterator[int]:
    """The numbers of the arguments that an expression reads."""
    for part in ast.walk(node):
        number = part.slice if isinstance(part, ast.Subscript) and _is_argv(part.value) else None
        if isinstance(number, ast.Constant) and isinstance(number.value, int):
            yield number.value


def _start(node: ast.AST) -> int | None:
    """The number of the first argument of ``sys.argv`` or a slice of it; None for any other expression."""
    if isinstance(node, ast.Subscript) and _is_argv(node.value) and isinstance(node.slice, ast.Slice):
        lower = node.slice.lower or ast.Constant(0)
        return lower.value if isinstance(lower, ast.Constant) and isinstance(lower.value, int) else None
    return 0 if _is_argv(node) else None


def _ends(body: list[ast.stmt]) -> bool:
    """Whether statements end the program, or the function that they stand in."""
    for node in (part for statement in body for part in ast.walk(statement)):
        if isinstance(node, (ast.Raise, ast.Return)) or source.called_name(node) in ENDS:
            return True
    return False


def _truth(test: ast.expr, count: int) -> bool | None:
    """Whether a condition on ``len(sys.argv)`` holds for a number of arguments; None if it is about something else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value = _truth(test.operand, count)
        return None if value is None else not value
    if isinstance(test, ast.BoolOp):
        values = [_truth(part, count) for part in test.values]
        decisive = isinstance(test.op, ast.Or)
        return decisive if decisive in values else None if None in values else not decisive
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right, kind = test.left, test.comparators[0], type(test.ops[0])
    if isinstance(left, ast.Constant):
        left, right, kind = right, left, MIRRORED.get(kind, kind)
    number = right.value if isinstance(right, ast.Constant) else None
    is_length = isinstance(left, ast.Call) and last_name(left.func) == "len" and any(map(_is_argv, left.args))
    if not is_length or kind not in COMPARISONS or not isinstance(number, int):
        return None
    return COMPARISONS[kind](count, number)


def file_beside(name: str) -> str:
    """A file of data beside the script, one whose name has the most words in common with a name of the script.

    Args:
        name: of the variable or the argument.

    Returns:
        the path from the script's folder; that of a missing file, if there is none.
    """
    if IS_OUTPUT.search(name):
        return DATA_FILE
    words = set(re.split(r"[\W_]+", name.lower()))
    found = []
    for path in [*Path().iterdir(), *Path().glob("*/*")]:
        suffix = path.suffix.lower()
        if suffix not in (*DATA_SUFFIXES, LAST_SUFFIX) or NO_DATA.search(path.stem) or not path.is_file():
            continue
        size = path.stat().st_size
        common = len(words & set(re.split(r"[\W_]+", path.stem.lower())))
        if 0 < size <= LARGEST and (common or suffix != LAST_SUFFIX):
            found.append((suffix == LAST_SUFFIX, -common, size, path.as_posix()))
    return min(found)[-1] if found else DATA_FILE
