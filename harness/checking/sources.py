"""The text of the user's files: where the value of a helper function is asked for, and what its argument is called.

The recording names the innermost line that computed a value. If that is a line of a helper (``sigmoid_prime``), the
line that called it with the wrong argument may be the mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from ..errors import BadInput
from ..recording.graph import Place, Site
from ..recording.project import root_of
from ..recording.source import called_name, is_python_2, read_text, written_text


def read_old(path: Path) -> list[str]:
    """The lines of a file of Python 2 as they are written; none of any other file."""
    try:
        return written_text(path).split("\n") if is_python_2(path) else []
    except (OSError, ValueError):  # such as that of lines that are run after the file
        return []


def read_texts(path: Path, names: Iterable[str], read: Callable[[Path], str] = read_text) -> dict[str, str]:
    """The texts of the user's files that can be read.

    Args:
        path: the file that is checked.
        names: of files, relative to the folder that is recorded with it.
        read: ``read_text``, or ``written_text`` for people.
    """
    root = root_of(path.resolve())
    texts = {}
    for name in dict.fromkeys(names):
        try:
            texts[name] = read(root / name)
        except (OSError, ValueError, BadInput):  # noqa: PERF203 - a file that cannot be read is left out
            continue
    return texts


class Sources:
    """The user's files, by their names relative to the folder that was recorded."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts = dict(texts or {})

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        """The files that can be parsed"""
        found = {}
        for name, text in self.texts.items():
            try:
                found[name] = ast.parse(text)
            except (SyntaxError, ValueError):  # noqa: PERF203 - a file that cannot be parsed is left out
                continue
        return found

    @property
    def classes(self) -> list[ast.ClassDef]:
        """The classes at the top level of the files"""
        return [one for tree in self.trees.values() for one in tree.body if isinstance(one, ast.ClassDef)]

    def arguments_at(self, file: str, line: int) -> list[str]:
        """The names of the arguments of the function that begins in a line of a file."""
        found = [one for one in self.functions_of(file) if one.lineno == line]
        return [argument.arg for one in found for argument in one.args.args]

    def call_of(self, function: str, names: tuple[str, ...]) -> Place | None:
        """The only line that assigns a call of this function to one of these names."""
        bare = function.rsplit(".", 1)[-1]
        return self._assignment_to(names, lambda value: any(called_name(one) == bare for one in ast.walk(value)))

    def renaming_of(self, names: tuple[str, ...]) -> Place | None:
        """The only line that gives a value another name than its first: ``delta = error``."""
        return self._assignment_to(names[1:], lambda value: ast.unparse(value) == names[0])

    def kept_last(self, names: tuple[str, ...]) -> Place | None:
        """The only line of a loop that gives a value a name that the loop does not read: ``total = part``."""
        found: dict[Site, Place] = {}
        for file, tree in self.trees.items():
            for loop in [one for one in ast.walk(tree) if isinstance(one, (ast.For, ast.While))]:
                read = {name for statement in loop.body for name in names_in(statement, ast.Load)}
                for node in [one for statement in loop.body for one in ast.walk(statement)]:
                    if not isinstance(node, ast.Assign) or ast.unparse(node.value) != names[0]:
                        continue
                    targets = {ast.unparse(one) for one in node.targets}
                    if targets & set(names[1:]) and targets.isdisjoint(read):
                        place = self._place_of(file, node, [min(targets)])
                        found[place.site] = place
        return next(iter(found.values())) if len(found) == 1 else None

    def _assignment_to(self, names: tuple[str, ...], is_meant: Callable[[ast.expr], bool]) -> Place | None:
        """The only line that assigns a value that is meant to one of these names."""
        found: list[Place] = []
        for file, tree in self.trees.items():
            for node in ast.walk(tree):
                if not isinstance(node, ast.Assign):
                    continue
                targets = {ast.unparse(one) for target in node.targets for one in parts_of(target)}
                if targets & set(names) and is_meant(node.value):
                    found.append(self._place_of(file, node, targets))
        return found[0] if len(found) == 1 else None

    def _place_of(self, file: str, node: ast.Assign, targets: Iterable[str]) -> Place:
        """The line of an assignment to these targets."""
        lines = self.texts[file].splitlines()
        text = lines[node.lineno - 1].strip() if node.lineno <= len(lines) else ""
        return Place(file=file, line=node.lineno, variable=", ".join(sorted(targets)), text=text)

    def return_of(self, place: Place) -> Place | None:
        """The only return statement of the innermost function that a line is in."""
        function = self.function_at(place)
        return None if function is None else self.only_return(place.file, function)

    def function_at(self, place: Place) -> ast.FunctionDef | None:
        """The innermost function that a line is in"""
        functions = self.functions_of(place.file)
        around = [one for one in functions if one.lineno <= place.line <= (one.end_lineno or one.lineno)]
        return around[-1] if around else None

    def argument_returned(self, place: Place) -> Place | None:
        """The return statement of the only function called on a line that returns its argument as it is."""
        tree = self.trees.get(place.file)
        calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)] if tree is not None else []
        called = {called_name(one) for one in calls if one.lineno <= place.line <= (one.end_lineno or 0)}
        found = []
        for file in self.trees:
            for function in self.functions_of(file):
                returned = self.only_return(file, function) if function.name in called else None
                arguments = {one.arg for one in function.args.args}
                if returned is not None and returned.text.removeprefix("return").strip(" ();") in arguments:
                    found.append(returned)
        return found[0] if len(found) == 1 else None

    def functions_of(self, file: str) -> list[ast.FunctionDef]:
        """The functions of a file, in the order of their lines"""
        tree = self.trees.get(file)
        found = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)] if tree is not None else []
        return sorted(found, key=lambda one: one.lineno)

    def only_return(self, file: str, function: ast.FunctionDef) -> Place | None:
        """The return statement of a function that has one"""
        found = [one for one in ast.walk(function) if isinstance(one, ast.Return)]
        if len(found) != 1:
            return None
        line = found[0].lineno
        text = self.texts[file].splitlines()[line - 1].strip()
        return Place(file=file, line=line, function=function.name, variable="return", text=text)

    def argument_of(self, function: str) -> str:
        """The name of the first argument of a function, without self; "" if it is not known."""
        bare = function.rsplit(".", 1)[-1]
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name == bare:
                    arguments = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
                    return arguments[0] if arguments else ""
        return ""

    def passing_on(self, file: str, line: int) -> Place | None:
        """The last line of the function defined at this line that hands one of its arguments on to another function."""
        tree = self.trees.get(file)
        if tree is None:
            return None
        lines = self.texts[file].splitlines()
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef) or function.lineno != line:
                continue
            arguments = {one.arg for one in function.args.args} - {"self", "cls"}
            calls = [one for one in ast.walk(function) if isinstance(one, ast.Call)]
            passing = [call for call in calls if any(isinstance(a, ast.Name) and a.id in arguments for a in call.args)]
            line = max((call.lineno for call in passing), default=line)
            return Place(file=file, line=line, function=function.name, text=lines[line - 1].strip())
        return None


def parts_of(target: ast.expr) -> list[ast.expr]:
    """The single targets of an assignment"""
    if isinstance(target, (ast.Tuple, ast.List)):
        return [one for item in target.elts for one in parts_of(item)]
    return [target]


def names_in(statement: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """The names and attributes that a statement reads, or gives a value, with those whose items it does."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, context):
            found.add(ast.unparse(node))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, context):
            found.add(ast.unparse(node.value))
    return found
