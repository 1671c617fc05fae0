"""What the text suggests about the data: observations in rows or columns, the kind of targets, how many outputs."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Container, Iterable, Iterator

from ..literals import assigned, last_name
from .data import OUTPUTS, Labels
from .roles import OUTPUT_NAME, TARGET_NAME
from .source import FileFacts


def column_votes(facts: FileFacts) -> int:
    """How strongly the text suggests observations in columns; negative for rows."""
    return sum(function.prefers_columns for function in facts.definitions())


def output_count(facts: FileFacts) -> int:
    """The number of outputs to begin with: 2 if columns of outputs and targets are named, and none after the second."""
    columns = {
        node.slice.elts[1].value
        for function in facts.definitions()
        for node in ast.walk(function.node)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Tuple)
        and len(node.slice.elts) == 2
        and isinstance(node.slice.elts[0], ast.Slice)
        and isinstance(node.slice.elts[1], ast.Constant)
        and any(pattern.match(last_name(node.value)) for pattern in (OUTPUT_NAME, TARGET_NAME))
    }
    return 2 if 1 in columns and columns <= {0, 1} else OUTPUTS


MATRIX = re.compile(r"\b(np|numpy)\.(as)?mat(rix)?\(")
MATRIX_PRODUCT = re.compile(r"\b[xX] ?\* ?theta(\.T)?\b")


def matrix_options(source: str) -> tuple[bool, ...]:
    """Whether data and weights may be matrices, most likely first: if the text makes some, or multiplies like that."""
    if MATRIX.search(source):
        return (True, False)
    return (False, True) if MATRIX_PRODUCT.search(source) else (False,)


OF_TARGETS = r"(y|t|y_true|y_(train|batch)|targets?|labels?|expected|desired)(\[[^\]]*\])?"
OF_OUTPUTS = r"(\w+\.)?(pred\w*|outputs?|out|y_?hat|y_pred\w*)(\[[^\]]*\])?"


# (1 + y) / 2, y / 2 - 0.5: what makes 0 and 1 of -1 and 1
SIGNS_HALVED = re.compile(
    r"\(1\s*[-+]\s*(\w+\.)?(y|t|y_true|labels?|targets?)\)\s*/\s*2|\b(y|t|y_true|labels?|targets?)\s*/\s*2\)?\s*[-+]\s*0?\.5"
)


def is_error_turned(texts: Iterable[str]) -> bool:
    """Whether the project makes its error as targets - outputs everywhere, other than to square it."""
    text = "\n".join(texts)
    turned, usual = (
        re.search(rf"(?i)(?<![\w.]){first} - {second}\b(?!\)* ?\*\*)", text)
        for first, second in ((OF_TARGETS, OF_OUTPUTS), (OF_OUTPUTS, OF_TARGETS))
    )
    return turned is not None and usual is None


def label_order(facts: FileFacts, source: str) -> list[Labels]:
    """The kinds of targets that the text suggests, most likely first."""
    scores = {
        Labels.ONE_HOT: 1.0,
        Labels.INTEGERS: 0.5,
        Labels.BINARY: 0.8,
        Labels.FLAT: 0.3,
        Labels.SIGNS: 0.2,
        Labels.REAL: 0.1,
    }
    if re.search(r"(range|arange)\([^()]*(\([^()]*\))?[^()]*\),\s*\w*(y|Y|label|target)", source):
        scores[Labels.INTEGERS] += 1.2
    if any(_is_compared(name, source) for name in _target_names(facts)):
        scores[Labels.INTEGERS] += 1.2
    # the item that the target says is set: ``wanted[label] = 1``
    is_set = r"\[%s(\[\w+\])?\] *[-+]?= *[01]\b"
    if any(re.search(is_set % re.escape(name), source) for name in _target_names(facts)):
        scores[Labels.INTEGERS] += 1.2
    if re.search(r"\b(y|Y|labels?|targets?)\.max\(\)\s*\+\s*1|max\((y|Y|labels)\)\s*\+\s*1", source):
        scores[Labels.INTEGERS] += 1.0
    if re.search(r"range\(1,\s*\w*(label|class|K|k)\w*\s*\+\s*1\)|\b(y|Y)(\[\w+\])?\s*-\s*1\b", source):
        scores |= {Labels.FROM_ONE: 2.0, Labels.FROM_ONE_COLUMN: 1.9}
    if re.search(r"one_?hot|get_dummies|np\.eye\(|to_categorical", source, re.IGNORECASE):
        scores[Labels.INTEGERS] += 0.4
    if re.search(r"softmax|argmax", source, re.IGNORECASE):
        scores[Labels.ONE_HOT] += 0.3
    if re.search(r"1\s*-\s*(y|Y|t|targets?|labels?)\b", source) and not re.search("softmax", source, re.IGNORECASE):
        scores[Labels.BINARY] += 0.5
    if re.search(r"sign\(|hinge|perceptron", source, re.IGNORECASE):
        scores[Labels.SIGNS] += 0.8
    if SIGNS_HALVED.search(source):
        scores[Labels.SIGNS] += 2.0
    return sorted(scores, key=lambda label: -scores[label])


def _target_names(facts: FileFacts) -> set[str]:
    """The names of arguments that are targets."""
    return {a.name for function in facts.definitions() for a in function.arguments if TARGET_NAME.match(a.name)}


def _is_compared(name: str, source: str) -> bool:
    """Whether the text asks whether a count is the target, as in ``1 if row == label else 0``; not of predictions."""
    found = re.findall(rf"\b([a-z]\w*) == {re.escape(name)}\b(?![\[.(])", source)
    found += re.findall(rf"\b{re.escape(name)}\[\w+\] == ([a-z]\w*)\b(?![\[.(])", source)
    return not all(OUTPUT_NAME.match(one) for one in found)


def value_in_script(source: str, name: str, known: Container[str]) -> str:
    """The expression that statements outside of functions and classes assign to a name; "" if there is none.

    Args:
        source: text of the file.
        name: that is assigned.
        known: names that the expression may use besides NumPy and Python's own.
    """
    values = [
        value
        for statement in _outside_of_functions(ast.parse(source).body)
        if isinstance(statement, ast.Assign)
        for target, value in assigned(statement)
        if isinstance(target, ast.Name) and target.id == name
    ]
    texts = [
        ast.unparse(value)
        for value in values
        if all(
            one.id in known or one.id == "np" or hasattr(builtins, one.id)
            for one in ast.walk(value)
            if isinstance(one, ast.Name)
        )
    ]
    return texts[0] if texts else ""


def _outside_of_functions(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements in order, those inside of conditions and loops included, without what functions and classes have."""
    for statement in body:
        yield statement
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _outside_of_functions(
                child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)
            )
