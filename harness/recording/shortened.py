"""A part of the texts and tables that a file reads or holds, for a run that all of them would make too long."""

from __future__ import annotations

import ast
import re

NUMBERS = re.compile(r"(?<![\w.])[-+]?\d+(\.\d*)?")
NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*")  # a whole line of a table with one column
OF_A_TABLE = 0.9  # share of the lines of a file that are rows
LINE = 40  # characters that are left of a text for each observation
MOST_CHARACTERS = 10_000_000  # of a text that is repeated
STRUCTURED = re.compile(r"\s*([\[{<]|import\b|from\b|def\b|class\b)")  # how JSON, XML and code begin


def shortened_lines(lines: list[str], at_most: int) -> list[str]:
    """At most ``at_most`` rows of a table and what is not a row of it, or as many lines of a text, none of them long.

    What only a program of its own can read is left as it is.
    """
    rows = [number for number, line in enumerate(lines) if len(NUMBERS.findall(line)) > 1 or NUMBER.fullmatch(line)]
    if len(rows) >= OF_A_TABLE * len(lines):
        left_out = set(rows) - {rows[place] for place in places(len(rows), at_most)} if len(rows) > at_most else ()
        return [line for number, line in enumerate(lines) if number not in left_out] if left_out else lines
    room = at_most * LINE
    if sum(map(len, lines)) <= room or STRUCTURED.match(lines[0]):
        return lines
    some = [lines[place] for place in places(len(lines), at_most)] if len(lines) > at_most else lines
    return [_cut(line, room // len(some)) for line in some]


def shortened_text(text: str, at_most: int) -> str:
    """The text with the lines that ``shortened_lines`` leaves."""
    lines = text.splitlines(keepends=True)
    return "".join(shortened_lines(lines, at_most)) if lines else text


def shorten_texts(tree: ast.Module, at_most: int) -> bool:
    """Shorten each long text that stands in a tree, and say whether there was one."""
    shortener = _Shortener(at_most)
    shortener.visit(tree)
    return shortener.has_cut


class _Shortener(ast.NodeTransformer):
    """Cuts texts, those that are repeated as well: ``"one two " * 100``. Docstrings are left as they are."""

    def __init__(self, at_most: int) -> None:
        self.at_most, self.has_cut = at_most, False

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return self._shorter(node, node.value) if isinstance(node.value, str) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        parts = [one.value for one in (node.left, node.right) if isinstance(one, ast.Constant)]
        texts = [one for one in parts if isinstance(one, str)]
        counts = [one for one in parts if isinstance(one, int)]
        if isinstance(node.op, ast.Mult) and texts and counts and len(texts[0]) * counts[0] <= MOST_CHARACTERS:
            return self._shorter(node, texts[0] * counts[0])
        return self.generic_visit(node)

    def _shorter(self, node: ast.expr, text: str) -> ast.expr:
        left = shortened_text(text, self.at_most)
        if left == text:
            return node
        self.has_cut = True
        return ast.copy_location(ast.Constant(left), node)


def places(count: int, at_most: int) -> list[int]:
    """Evenly spread places."""
    return [number * (count - 1) // max(at_most - 1, 1) for number in range(at_most)]


def _cut(line: str, length: int) -> str:
    """The beginning of a line, to the end of a word if it has one, and its own end."""
    if len(line) <= length:
        return line
    begun = line[:length]
    return (begun.rpartition(" ")[0] or begun) + ("\n" if line.endswith("\n") else "")
