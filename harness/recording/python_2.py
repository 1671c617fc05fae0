"""Python 2 as Python 3: the text with the same lines, and its division of whole numbers.

The text is converted by fissix, which is lib2to3 kept up to date, with those of its fixers that leave every line in its
place. Nothing here imports NumPy, because a check starts its child process before that.
"""

from __future__ import annotations

import ast
import builtins
import csv
import functools
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# What ast.parse raises; the last two if a text is nested too deeply
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
FIXERS = (
    *("apply", "basestring", "dict", "except", "exec", "filter", "funcattrs", "getcwdu", "has_key", "imports", "input"),
    *("itertools", "itertools_imports", "long", "map", "ne", "next", "nonzero", "numliterals", "print", "raise"),
    *("raw_input", "repr", "throw", "tuple_params", "unicode", "urllib", "xrange", "zip"),
)
# the fixer of urllib makes several lines of one that imports from it what Python 3 has in several modules
CHOICES = (frozenset[str](), frozenset({"print"}), frozenset({"urllib"}), frozenset({"print", "urllib"}))
# the fixer of tuples in parameters takes them apart on a line of its own, before the first statement of the function
TAKEN_APART = re.compile(r"^([ \t]+\(.*\) = xxx_todo_changeme\d*)\n[ \t]*", re.MULTILINE)
INDENTATION = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)
MAX_CHARACTERS = 200_000  # of a text that is converted, which takes seconds for so many
ONE_KIND_OF_TEXT = re.compile(r"(utf|ascii|latin)[-_\d]*$", re.IGNORECASE)  # encodings that change no English text
TRUE_DIVISION = re.compile(r"from __future__ import[^\n]*\bdivision\b")


@functools.lru_cache(maxsize=256)
def from_python_2(text: str) -> str | None:
    """A text of Python 2 as Python 3, with the same lines; None if it is not Python 2, or not written by hand."""
    if len(text) > MAX_CHARACTERS or isinstance(problem_of(text), (RecursionError, MemoryError)):
        return None  # what is nested too deeply stays so
    for left_out in CHOICES:
        try:
            changed = str(_converter(left_out).refactor_string(f"{text}\n", "text"))
        except Exception:  # of many types, for what is not Python; OSError if no grammar can be stored
            continue
        changed = TAKEN_APART.sub(r"\1; ", changed.removesuffix("\n"))
        for same in (changed, INDENTATION.sub(lambda match: match[0].expandtabs(8), changed)):
            if is_python(same) and same.count("\n") == text.count("\n"):
                return same
    return None


def line_of_neither(text: str) -> int:
    """The line from which on a text that is not Python 3 is not Python 2 either; 0 if it is, or that is not known."""
    lines = [_line_of_failure(text, left_out) for left_out in CHOICES[:2]] if len(text) <= MAX_CHARACTERS else [0]
    return max(lines) if all(lines) else 0


def _line_of_failure(text: str, left_out: frozenset[str]) -> int:
    try:
        _converter(left_out).refactor_string(f"{text}\n", "text")
    except Exception as error:  # as above; the parser says where
        return int(getattr(error, "context", ("", (0, 0)))[1][0])
    return 0


@functools.cache
def _converter(left_out: frozenset[str]) -> Any:
    """What converts a text; without the fixer of print statements, print is a function."""
    from fissix.refactor import RefactoringTool  # here, because few files need it and its grammar takes long to read

    names = [f"fissix.fixes.fix_{name}" for name in FIXERS if name not in left_out]
    return RefactoringTool(names, {"print_function": "print" in left_out})


@functools.lru_cache(maxsize=256)
def problem_of(text: str) -> Exception | None:
    """Why Python cannot parse a text; None if it can."""
    try:
        ast.parse(text)
    except NOT_PYTHON as error:
        return error.with_traceback(None)
    return None


def is_python(text: str) -> bool:
    """Whether Python can parse a text. It cannot either if an expression is nested too deeply."""
    return problem_of(text) is None


# what Python 2 does not have
ONLY_PYTHON_3 = (
    *(ast.JoinedStr, ast.AnnAssign, ast.Nonlocal, ast.NamedExpr, ast.MatMult, ast.YieldFrom),
    *(ast.AsyncFunctionDef, ast.Await),
)
TERMS = (ast.Add, ast.Sub, ast.Mult, ast.Div)  # operations that keep numbers whole in Python 2
MAKES_WHOLE = re.compile(r"int|long|len|max|min|sum|abs")  # functions whose result is whole if their arguments are
PRINTED = frozenset({"end", "sep", "file", "flush"})  # options of the function, which a statement does not have


@functools.lru_cache(maxsize=256)
def counts_by_quotients(text: str) -> bool:
    """Whether a quotient is where Python 3 takes whole numbers only: ``range(n / size)``, ``rows[: n / 2]``.

    What has anything that Python 2 lacks is not looked at, nor what asks for the division of Python 3. A function that
    is never named does not count if the file calls its other functions: perhaps nobody has run it.
    """
    tree = ast.parse(text) if "/" in text and TRUE_DIVISION.search(text) is None else ast.Module([], [])
    nodes = list(ast.walk(tree))
    found = [one for one in nodes if _counts_by_quotient(one)]
    if not found or _is_only_python_3(text, nodes):
        return False
    dead = {id(one) for function in _never_named(text, tree, nodes) for one in ast.walk(function)}
    return any(id(one) not in dead for one in found)


def _never_named(text: str, tree: ast.Module, nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """The functions whose name stands only once in a text, if the text calls others of its own outside of functions."""
    own = {one.name: one for one in nodes if isinstance(one, (ast.FunctionDef, ast.ClassDef))}
    statements = [one for one in tree.body if not isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    calls = [one.func for statement in statements for one in ast.walk(statement) if isinstance(one, ast.Call)]
    if not any(isinstance(one, ast.Name) and one.id in own for one in calls):
        return []
    functions = [(name, one) for name, one in own.items() if isinstance(one, ast.FunctionDef) and name[:2] != "__"]
    return [one for name, one in functions if len(re.findall(rf"\b{name}\b", text)) == 1]


def _counts_by_quotient(node: ast.AST) -> bool:
    """Whether one node is a range, or a slice by places and not by labels, with such a quotient in it."""
    if isinstance(node, ast.Call):
        is_range = isinstance(node.func, ast.Name) and node.func.id in ("range", "xrange")
        return is_range and any(map(_is_quotient, node.args))
    if not isinstance(node, ast.Subscript) or (isinstance(node.value, ast.Attribute) and node.value.attr == "loc"):
        return False
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    slices = [part for part in parts if isinstance(part, ast.Slice)]
    bounds = [bound for part in slices for bound in (part.lower, part.upper, part.step) if bound is not None]
    return any(map(_is_quotient, bounds))


def _is_quotient(node: ast.expr) -> bool:
    """Whether an expression is a quotient, or a sum or a product with one, of numbers that may be whole."""
    parts = [node]
    for part in parts:
        if isinstance(part, ast.BinOp) and isinstance(part.op, TERMS):
            parts += [part.left, part.right]
    ends = [part for part in parts if not isinstance(part, ast.BinOp)]
    is_whole = all(isinstance(end, (ast.Name, ast.Attribute, ast.Subscript)) or _may_be_whole(end) for end in ends)
    return is_whole and any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) for part in parts)


def _may_be_whole(node: ast.expr) -> bool:
    """Whether a constant is whole, or a call is one of a function that gives a whole number."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and bool(MAKES_WHOLE.fullmatch(node.func.id))


def _is_only_python_3(text: str, nodes: Iterable[ast.AST]) -> bool:
    """Whether a text has what Python 2 lacks."""
    has_function = re.search(r"from __future__ import[^\n]*\bprint_function\b", text) is not None
    for node in nodes:
        if isinstance(node, ONLY_PYTHON_3):
            return True
        if isinstance(node, ast.arg) and node.annotation is not None:
            return True
        if isinstance(node, ast.arguments) and node.kwonlyargs:
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            is_printed = node.func.id == "print" and any(one.arg in PRINTED for one in node.keywords)
            if (is_printed and not has_function) or (node.func.id == "super" and not node.args):
                return True
    return False


def old_quotient(one: Any, other: Any) -> Any:
    """The quotient of two numbers or arrays, rounded down if both are whole."""
    return operator.floordiv(one, other) if _are_whole(one, other) else operator.truediv(one, other)


def old_quotient_in_place(one: Any, other: Any) -> Any:
    """What ``one /= other`` leaves in ``one``."""
    return operator.ifloordiv(one, other) if _are_whole(one, other) else operator.itruediv(one, other)


def _are_whole(*values: Any) -> bool:
    """Whether all are whole numbers or arrays of them."""
    kinds = [getattr(getattr(value, "dtype", None), "kind", None) for value in values]
    return all(kind in ("i", "u") or isinstance(value, int) for kind, value in zip(kinds, values))


# what a program of Python 2 that is run must find under these names
DIVISIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "__old_quotient__": old_quotient,
    "__old_quotient_in_place__": old_quotient_in_place,
}


def with_old_division(tree: ast.Module) -> ast.Module:
    """A program of Python 2 whose divisions of whole numbers are whole, as they were; lines stay."""
    futures = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    if any(alias.name == "division" for node in futures for alias in node.names):
        return tree
    return ast.fix_missing_locations(_OldDivision().visit(tree))


class _OldDivision(ast.NodeTransformer):
    """``a / b`` as a call of ``old_quotient``, ``a /= b`` as one of ``old_quotient_in_place``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """One division, and those inside of it."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        call = ast.Call(ast.Name("__old_quotient__", ast.Load()), [node.left, node.right], [])
        return ast.copy_location(call, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """One division that the recorder does, of what may be targets, and those inside of it."""
        self.generic_visit(node)
        if ast.unparse(node.func) == "__harness__.by_float" and ast.unparse(node.args[0]) == "'truediv'":
            node.func, node.args = ast.Name("__old_quotient__", ast.Load()), node.args[1:]
            return ast.fix_missing_locations(node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """One division in place, unless its target may not be computed twice."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or any(isinstance(part, ast.Call) for part in ast.walk(node.target)):
            return node
        before = ast.parse(ast.unparse(node.target), mode="eval").body
        for part in ast.walk(before):
            ast.copy_location(part, node)
        call = ast.copy_location(
            ast.Call(ast.Name("__old_quotient_in_place__", ast.Load()), [before, node.value], []), node
        )
        return ast.copy_location(ast.Assign([node.target], call), node)


def old_opposite(value: Any) -> Any:
    """``-value``, which turned truth values round before version 1.13 of NumPy."""
    return operator.invert(value) if _are_truths(value) else operator.neg(value)


def old_difference(one: Any, other: Any) -> Any:
    """``one - other``, which was whether they differ for truth values before version 1.13 of NumPy."""
    return operator.xor(one, other) if _are_truths(one, other) else operator.sub(one, other)


def _are_truths(*values: Any) -> bool:
    """Whether all are truth values of NumPy, which refuses to subtract them today."""
    return all(getattr(getattr(value, "dtype", None), "kind", None) == "b" for value in values)


def with_old_signs(tree: ast.Module) -> ast.Module:
    """A program of Python 2 in which truth values can be negated and subtracted; lines stay."""
    return ast.fix_missing_locations(_OldSigns().visit(tree))


class _OldSigns(ast.NodeTransformer):
    """``-a`` as a call of ``old_opposite``, and ``a - b`` as one of ``old_difference``, but for numbers of the text."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """One sign, and those inside of it."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.USub) or isinstance(node.operand, ast.Constant):
            return node
        return ast.copy_location(ast.Call(ast.Name("__old_opposite__", ast.Load()), [node.operand], []), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """One difference, and those inside of it."""
        self.generic_visit(node)
        sides = [node.left, node.right]
        if not isinstance(node.op, ast.Sub) or any(isinstance(one, ast.Constant) for one in sides):
            return node
        return ast.copy_location(ast.Call(ast.Name("__old_difference__", ast.Load()), sides, []), node)


def old_text(text: Any, method: str, *arguments: Any) -> Any:
    """What ``encode`` or ``decode`` returns; a string stays one, as in Python 2, and can be joined to others."""
    return text if isinstance(text, str) else getattr(text, method)(*arguments)


def with_old_text(tree: ast.Module) -> ast.Module:
    """A program of Python 2 whose strings stay strings, and that does not load modules again; lines stay."""
    return ast.fix_missing_locations(_OldText().visit(tree))


class _OldText(ast.NodeTransformer):
    """``a.encode("utf-8")`` as a call of ``old_text``, ``reload(sys)`` and ``sys.setdefaultencoding(a)`` as theirs."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """One call, and those inside of it."""
        self.generic_visit(node)
        called, first = node.func, node.args[0] if node.args else None
        if first is None or node.keywords:
            return node
        if ast.unparse(called) in ("reload", "sys.setdefaultencoding"):
            return first
        is_named = isinstance(first, ast.Constant) and ONE_KIND_OF_TEXT.match(str(first.value))
        if not is_named or not isinstance(called, ast.Attribute) or called.attr not in ("encode", "decode"):
            return node
        arguments = [called.value, ast.Constant(called.attr), *node.args]
        return ast.copy_location(ast.Call(ast.Name("__old_text__", ast.Load()), arguments, []), node)


def old_reader(lines: Iterable[Any], *arguments: Any, **options: Any) -> Any:
    """What ``csv.reader`` returned, also for a file that was opened as binary."""
    texts = (line.decode("latin-1") if isinstance(line, bytes) else line for line in lines)
    return READER(texts, *arguments, **options)


READER = csv.reader


def give_old_names() -> None:
    """Let what runs in this process find what the conversion supposes, and what it leaves as it was."""
    vars(csv).update(reader=old_reader)
    vars(builtins).update(DIVISIONS, __old_text__=old_text, reduce=functools.reduce)
    vars(builtins).update(__old_opposite__=old_opposite, __old_difference__=old_difference)
