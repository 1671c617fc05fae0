"""Code as people post it, made readable for today's Python: Python 2, curly quotes, indented snippets, prompts.

Only text that Python cannot parse is changed, and lines keep their numbers.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ...recording.source import is_python

QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\u200b": ""})
PROMPT = re.compile(r"^(>>> ?|\.\.\. ?|In \[\d*\]: ?)")
OUTPUT = re.compile(r"^Out\[\d*\]:.*$")
PRINT = re.compile(r"^(?P<lead>\s*(?:(?:if|else|elif|for|while|try|except|with|def)\b[^#]*?:\s*)?)print\b(?P<rest>.*)$")
REDIRECTED = re.compile(r"^>>\s*([\w.]+)\s*,?\s*(.*)$", re.DOTALL)
EXCEPT = re.compile(r"^(\s*except\s+(?:[\w.]+|\([^)]*\)))\s*,\s*(\w+)\s*:", re.MULTILINE)
RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$", re.MULTILINE)
EXEC = re.compile(r"^(\s*)exec\s+([^(\s].*)$", re.MULTILINE)
METHODS = re.compile(r"\.iter(items|keys|values)\(")
HAS_KEY = re.compile(r"(\b[\w.]+)\.has_key\(([^()]+)\)")
LONG = re.compile(r"\b(\d+)[lL]\b")
OCTAL = re.compile(r"(?<![\w.])0(\d+)\b(?!\.)")
UNEQUAL = re.compile(r"<>")
PYTHON_2 = re.compile(
    r"\b(?:xrange|raw_input|unicode)\(|\b(?:cPickle|urllib2)\b|\.(?:iteritems|has_key)\(|^\s*print\s+[^(\s=]",
    re.MULTILINE,
)
OF_PYTHON_3 = re.compile(r"from __future__ import[^\n]*\bdivision\b")
DIVISION = "__old_quotient__"  # what stands for the division of Python 2 in a program that is run
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def readable(text: str) -> str:
    """A text that Python can parse, with the same lines; the text itself if it can already, or if nothing helps."""
    if is_python(text):
        return text
    changed = text
    for change in CHANGES:
        changed = change(changed)
        if is_python(changed):
            return changed
    return text


def is_python_2(text: str) -> bool:
    """Whether a program is written for Python 2, by what Python 3 does not have."""
    return PYTHON_2.search(text) is not None


def with_old_division(tree: ast.Module) -> ast.Module:
    """A program of Python 2 whose divisions of whole numbers are whole, as they were; lines stay."""
    return ast.fix_missing_locations(tree if OF_PYTHON_3.search(ast.unparse(tree)) else _OldDivision().visit(tree))


class _OldDivision(ast.NodeTransformer):
    """``a / b`` as a call of ``old_quotient``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """One division, and those inside of it."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return ast.copy_location(ast.Call(ast.Name(DIVISION, ast.Load()), [node.left, node.right], []), node)


def old_quotient(one: Any, other: Any) -> Any:
    """The quotient of two numbers or arrays, rounded down if both are whole."""
    is_whole = all(
        isinstance(value, (int, np.integer)) or (isinstance(value, np.ndarray) and value.dtype.kind in "iu")
        for value in (one, other)
    )
    return one // other if is_whole else one / other


def without_quotes(text: str) -> str:
    """Straight quotes and plain spaces in the place of typeset ones."""
    return text.translate(QUOTES)


def without_prompts(text: str) -> str:
    """The code of an interactive session, without its prompts; lines of output become empty."""
    lines = text.split("\n")
    if not any(line.startswith(">>>") or OUTPUT.match(line) or line.startswith("In [") for line in lines):
        return text
    has_prompts = any(line.startswith(">>>") for line in lines)
    kept = []
    for line in lines:
        if OUTPUT.match(line) or (has_prompts and not PROMPT.match(line)):
            kept.append("")
        else:
            kept.append(PROMPT.sub("", line))
    return "\n".join(kept)


def without_indentation(text: str) -> str:
    """A snippet whose lines are all indented, or whose first line alone is not, as it is after copying."""
    dedented = textwrap.dedent(text.expandtabs(8) if "\t" in text and not is_python(text) else text)
    if is_python(dedented):
        return dedented
    first, _, rest = text.partition("\n")
    if not rest or first.rstrip().endswith(":"):
        return dedented
    return f"{first.lstrip()}\n{textwrap.dedent(rest)}"


def from_python2(text: str) -> str:
    """Python 2 as Python 3: print statements, exceptions, old operators and methods."""
    text = EXCEPT.sub(r"\1 as \2:", text)
    text = RAISE.sub(r"\1(\2)", text)
    text = EXEC.sub(r"\1exec(\2)", text)
    text = UNEQUAL.sub("!=", text)
    text = METHODS.sub(r".\1(", text)
    text = HAS_KEY.sub(r"(\2 in \1)", text)
    text = LONG.sub(r"\1", text)
    text = OCTAL.sub(lambda match: match[0] if not match[1].strip("0") else f"0o{match[1]}", text)
    return with_print_calls(text)


def with_print_calls(text: str) -> str:
    """Print statements as calls."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        match = PRINT.match(lines[number])
        if match is None or (re.match(r"\s*(=|\.|\()", match["rest"]) and _is_whole_call(match["rest"])):
            number += 1
            continue
        last = number
        while last + 1 < len(lines) and (_depth(lines[number : last + 1]) > 0 or lines[last].rstrip().endswith("\\")):
            last += 1
        rest = "\n".join([match["rest"], *lines[number + 1 : last + 1]])
        lines[number : last + 1] = (match["lead"] + _print_call(rest)).split("\n")
        number = last + 1
    return "\n".join(lines)


def _depth(lines: list[str]) -> int:
    """How many brackets are open after some lines, not counting those in strings."""
    text = re.sub(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#.*", "", "\n".join(lines))
    return sum(BRACKETS.get(character, 0) for character in text)


def _is_whole_call(rest: str) -> bool:
    """Whether what follows ``print`` is the argument list of a call, or no argument at all."""
    return is_python(f"print{rest}") or rest.lstrip().startswith(("=", "."))


def _print_call(rest: str) -> str:
    """The call for what follows ``print``."""
    code, comment = _split_comment(rest.rstrip())
    code, semicolon, more = code.partition(";") if ";" in code and is_python(f"f({code.partition(';')[0]})") else (
        code, "", "",
    )  # fmt: skip
    code = code.strip()
    ending = ""
    redirected = REDIRECTED.match(code)
    if redirected:
        code, ending = redirected[2], f", file={redirected[1]}"
    if code.endswith(","):
        code, ending = code[:-1], f"{ending}, end=' '"
    if not code:
        ending = ending.removeprefix(", ")
    return f"print({code}{ending}){semicolon}{more}{comment}"


def _split_comment(code: str) -> tuple[str, str]:
    """A line of code and the comment at its end."""
    quote = ""
    for place, character in enumerate(code):
        if quote:
            quote = "" if character == quote and code[place - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and "\n" not in code[place:]:
            return code[:place], f"  {code[place:]}"
    return code, ""


CHANGES: tuple[Callable[[str], str], ...] = (
    without_quotes,
    without_prompts,
    without_indentation,
    from_python2,
    lambda text: text.expandtabs(8),
)  # tried one after the other, each on the result of the last, until Python can parse the text
