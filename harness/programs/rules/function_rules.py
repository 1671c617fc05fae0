"""Rules about the text of a program that makes its network of TensorFlow's functions, without a model of Keras.

Such a program is not run. What contradicts itself in it is read from the calls that it makes, as far as each name
has one meaning in the whole file.
"""

from __future__ import annotations

import ast
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...recording.literals import last_name
from ...recording.source import called_name
from ..findings import Check, Contradiction, Severity
from ..source.places import Source, argument_of

LOGITS_FIRST = (
    "softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_logits_v2", "sigmoid_cross_entropy_with_logits",
    "sparse_softmax_cross_entropy_with_logits", "weighted_cross_entropy_with_logits",
)  # fmt: skip  # losses of TensorFlow that apply softmax or sigmoid themselves
PROBABILITIES = ("softmax", "sigmoid")
OTHER_ACTIVATIONS = ("relu", "relu6", "tanh")  # which give neither logits nor probabilities
LOGITS_SECOND = ("softmax_cross_entropy", "sparse_softmax_cross_entropy", "sigmoid_cross_entropy")
ALIKE = ("reshape", "squeeze", "cast", "identity", "convert_to_tensor")  # operations that leave values as they are
RECTIFIED_BY_DEFAULT = "fully_connected"  # a layer of TensorFlow 1 with an activation unless it is given None
VARIABLES = ("Variable", "get_variable")
KEEPING_COLUMNS = (
    "add", "bias_add", "subtract", "multiply", "divide", "dropout", "cast", "identity", "convert_to_tensor", *VARIABLES,
)  # fmt: skip  # calls beside a product of matrices, or around it, that leave it as many columns
CALLED = ("__call__", "call", "forward")  # methods that an object of the user's own is called through


@dataclass(frozen=True, kw_only=True)
class Meanings:
    """What the names of a file stand for."""

    values: Mapping[str, Sequence[ast.expr]]  # name -> all that is assigned to it
    returned: Mapping[str, Sequence[ast.expr]]  # name of a function or class -> all that a call of it may return

    def meant(self, value: ast.expr | None) -> list[ast.expr]:
        """The expressions that an expression may stand for: what its name is assigned, or its call returns."""
        if isinstance(value, (ast.Name, ast.Attribute)):
            return list(self.values.get(last_name(value), ()))
        if not isinstance(value, ast.Call):
            return []
        names = map(called_name, [value, *self.meant(value.func)])
        return [part for name in names for part in self.returned.get(name, ())]

    def last_operation(self, value: ast.expr | None, seen: frozenset[int] = frozenset()) -> str | None:
        """The operation that gives a value; "" if that is arithmetic, None if it is not known."""
        if value is None or id(value) in seen:
            return None
        seen |= {id(value)}
        if isinstance(value, ast.Call) and called_name(value) in ALIKE and value.args:
            return self.last_operation(value.args[0], seen)
        found = {self.last_operation(part, seen) for part in self.meant(value)}
        if found:
            return found.pop() if len(found) == 1 else None
        if not isinstance(value, ast.Call):
            return "" if isinstance(value, ast.BinOp) else None
        name = called_name(value)
        activation = argument_of(value, "activation") or argument_of(value, "activation_fn")
        if activation is not None:
            return last_name(activation)
        return "relu" if name == RECTIFIED_BY_DEFAULT else name

    def number(self, value: ast.expr | None) -> float | None:
        """The number that an expression stands for; None if that is not known."""
        if isinstance(value, ast.Constant) and isinstance(value.value, (int, float)):
            return float(value.value)
        found = {self.number(part) for part in self.meant(value)} if isinstance(value, ast.Name) else set()
        return found.pop() if len(found) == 1 else None

    def read(self, value: ast.expr) -> Iterator[ast.expr]:
        """The expressions that a value is computed from, through names and functions of the file, the nearest first."""
        seen, waiting = set(), [value]
        while waiting:
            for node in ast.walk(waiting.pop(0)):
                if isinstance(node, ast.expr) and id(node) not in seen:
                    seen.add(id(node))
                    yield node
                    waiting += self.meant(node)


def meanings_of(trees: Sequence[ast.AST]) -> Meanings:
    """What the names of a file stand for."""
    values: dict[str, list[ast.expr]] = defaultdict(list)
    returned: dict[str, list[ast.expr]] = defaultdict(list)
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                values[last_name(target)].append(node.value)
        elif isinstance(node, ast.FunctionDef):
            returned[node.name] += returns_of(node)
        elif isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name in CALLED]
            returned[node.name] += [value for method in methods for value in returns_of(method)]
    values.pop("", None)
    return Meanings(values=values, returned=returned)


def returns_of(function: ast.FunctionDef) -> list[ast.expr]:
    """What a function returns."""
    return [part.value for part in ast.walk(function) if isinstance(part, ast.Return) and part.value is not None]


def function_findings(sources: Sequence[Source]) -> tuple[Contradiction, ...]:
    """What contradicts itself in a program of TensorFlow's functions."""
    trees = []
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError):
            trees.append((source, ast.parse(source.text)))
    meanings = meanings_of([tree for _, tree in trees])
    calls = [(source, node) for source, tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    rules = (logits_findings, zero_findings, one_unit_findings)
    return tuple(finding for rule in rules for source, call in calls for finding in rule(meanings, source, call))


def logits_of(meanings: Meanings, call: ast.Call) -> ast.expr | None:
    """What a call hands to a loss as logits; None if it does not call such a loss."""
    name = called_name(call)
    if name in (*LOGITS_FIRST, *LOGITS_SECOND):
        return argument_of(call, "logits", 0 if name in LOGITS_FIRST else 1)
    made = [one for one in [call, *meanings.meant(call.func)] if isinstance(one, ast.Call)]
    for one in made:
        given = argument_of(one, "from_logits")
        if isinstance(given, ast.Constant) and given.value is True:
            return argument_of(call, "y_pred", 1) or argument_of(call, "output", 1)
    return None


def logits_findings(meanings: Meanings, source: Source, call: ast.Call) -> Iterator[Contradiction]:
    """Probabilities, or values without a sign, for a loss that expects logits."""
    last = meanings.last_operation(logits_of(meanings, call))
    values = {"activation": last, "loss": called_name(call), "from_logits": True}
    if last in PROBABILITIES:
        yield finding_at(source, call, Check.BOUNDED_BEFORE_LOGITS, values)
    elif last in OTHER_ACTIVATIONS:
        yield finding_at(source, call, Check.MISSING_PROBABILITIES, values)


def zero_findings(meanings: Meanings, source: Source, call: ast.Call) -> Iterator[Contradiction]:
    """Two matrices of weights one after the other that both start at 0: the units between them stay alike."""
    weights = factor_of(call)
    if weights is None or not starts_at_zero(meanings, weights):
        return
    before = [factor for node in meanings.read(call.args[0]) if (factor := factor_of(node)) is not None]
    if before and starts_at_zero(meanings, before[0]):
        is_alike = meanings.last_operation(call.args[0]) in ("sigmoid", "softplus")  # whose value at 0 is not 0
        names = (ast.unparse(before[0]), ast.unparse(weights))
        check = Check.ALIKE_MATRICES if is_alike else Check.ZERO_MATRICES
        yield finding_at(source, call, check, {"weights": names})


def factor_of(node: ast.AST) -> ast.expr | None:
    """The second factor of a product of matrices; None of anything else."""
    if isinstance(node, ast.Call) and called_name(node) == "matmul" and len(node.args) > 1:
        return node.args[1]
    return node.right if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult) else None


def starts_at_zero(meanings: Meanings, weights: ast.expr) -> bool:
    """Whether weights are variables that all begin as zeros."""
    made = meanings.meant(weights)
    return bool(made) and all(
        isinstance(one, ast.Call) and called_name(one) in VARIABLES and "zeros" in map(called_name, one.args)
        for one in made
    )


def one_unit_findings(meanings: Meanings, source: Source, call: ast.Call) -> Iterator[Contradiction]:
    """A softmax over one unit, and not over another axis, such as the steps in attention."""
    is_loss = called_name(call).startswith(("softmax_cross", "sparse_softmax_cross"))
    axis = argument_of(call, "dim") or argument_of(call, "axis", None if is_loss else 1)
    if axis is not None and ast.unparse(axis) != "-1":
        return
    logits = logits_of(meanings, call) if is_loss else argument_of(call, "logits", 0)
    if logits is None or not (is_loss or called_name(call) == "softmax"):
        return
    factor = last_factor(meanings, logits)
    if factor is not None and columns_of(meanings, factor) == 1:
        yield finding_at(source, call, Check.SOFTMAX_OVER_ONE_UNIT, {"instead": "sigmoid"})


def last_factor(meanings: Meanings, value: ast.expr) -> ast.expr | None:
    """The second factor of the product of matrices whose columns a value has; None if that is not known."""
    for node in meanings.read(value):
        if (factor := factor_of(node)) is not None:
            return factor
        if isinstance(node, ast.Call) and called_name(node) not in KEEPING_COLUMNS and not meanings.meant(node):
            return None
    return None


def columns_of(meanings: Meanings, weights: ast.expr) -> float | None:
    """How many columns a matrix of weights has, by the shape of its first value; None if that is not known."""
    found = set()
    for made in meanings.meant(weights):
        parts = [part for part in ast.walk(made) if isinstance(part, ast.List) and len(part.elts) == 2]
        found.add(meanings.number(parts[0].elts[1]) if parts and called_name(made) in VARIABLES else None)
    return found.pop() if len(found) == 1 else None


def finding_at(source: Source, call: ast.Call, check: Check, values: Mapping[str, Any]) -> Contradiction:
    """A contradiction in a call."""
    return Contradiction(check=check, severity=Severity.CONTRADICTION, place=source.place(call), values=values)
