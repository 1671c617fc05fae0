"""Statements that read like the update of a parameter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..literals import assigned, last_name
from ..source import is_sum
from .uses import names_in

# of rates and weights, in the languages that networks are often written in
RATE_NAME = re.compile(
    r"(^|[_\s])(lr|eta|alpha|rate|learning|learn_?rate|epsilon|step_?size|gamma|tasa|taxa|taux|lernrate)|(?-i:[a-z]Rate\b)",
    re.IGNORECASE,
)
WEIGHT_NAME = re.compile(
    r"(weight|bias|theta|synapse|\bsyn_?\d|kernel|param|coef|pesos?|sesgo|poids|gewicht|(?<![a-z])[wb](?![a-z])|(?<![a-z])[wb]_?[a-z]?[a-z]?\d*$)",
    re.IGNORECASE,
)
GRADIENT_NAME = re.compile(
    r"((?-i:^d_?[A-Z])|^d_?[wb]\d*$|^_?d_?(weight|bias|theta)|grad|nabla|delta|deriv|loss|cost|err|acc|total|count|sum"
    r"|correct|score|decay|penalty|regular|reg_|(?-i:^v[A-Z_])|velocity|moment|running|^z\d*$|^a\d*$|^res"
    r"|^out(?!\w*(weight|bias|theta|kernel)|\w*_[wb]\d*$))",
    re.IGNORECASE,
)
STEPS = re.compile(
    r"updat|step|optim|descent|apply|sgd|adam|adjust", re.IGNORECASE
)  # functions that return new weights
SUM_NAME = re.compile(r"sub(tract)?|add", re.IGNORECASE)  # functions that return a sum of what they are given
STEP_WORDS = re.compile(
    r"(grad|delta|nabla|\bd[A-Zwb]|adjust|change|correction|velocity|update|direction|(?<![a-z])d_?[wb])"
)


@dataclass(frozen=True, kw_only=True)
class UpdateLine:
    """A statement that replaces something by itself plus or minus something."""

    # first, last: its lines
    first: int
    last: int
    target: str  # the expression that is replaced, as text
    likely: bool  # whether names say that it is the step of a parameter


def mangled(owner: str, name: str) -> str:
    """The attribute that ``self.name`` stands for in a class."""
    return f"_{owner.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name


def updates_of(node: ast.AST, owner: str) -> Iterator[UpdateLine]:
    """The statements that replace a value by itself plus or minus something; ``owner`` is the class of a method."""
    loops = [item for item in ast.walk(node) if isinstance(item, (ast.For, ast.While))]
    lines_of_loops = {loop.lineno for loop in loops if loop.body[0].lineno == loop.lineno}
    for update in _updates_of(node, owner):
        # ``for k in p: p[k] -= ...`` steps all of p: on one line, ``k`` moves on with the parameter
        whole = update.target.partition("[")[0] if "[" in update.target else ""
        yield replace(update, target=whole) if update.first in lines_of_loops else update


def _updates_of(node: ast.AST, owner: str) -> Iterator[UpdateLine]:
    """The update statements, with the targets as they are written."""
    for item in ast.walk(node):
        if isinstance(item, ast.AugAssign) and isinstance(item.op, (ast.Add, ast.Sub)):
            yield _update(item, item.target, item.value, isinstance(item.op, ast.Sub), owner)
        elif isinstance(item, ast.Assign):
            for target, value in assigned(item):
                if _replaces(target, value):
                    yield _update(item, target, value, _subtracts(value), owner)
        elif isinstance(item, ast.Return) and _is_stepped(item.value):
            yield UpdateLine(first=item.lineno, last=item.end_lineno or item.lineno, target="", likely=True)
        elif isinstance(item, ast.Call) and last_name(item.func) in ("append", "setattr", "subtract", "add"):
            last = item.args[-1] if item.args else None
            if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Sub) and RATE_NAME.search(names_in(last.right)):
                yield UpdateLine(first=item.lineno, last=item.end_lineno or item.lineno, target="", likely=True)


def _is_stepped(value: ast.expr | None) -> bool:
    """``w - lr * g``, ``[w - lr * g for w, g in ...]``, ``{k: p[k] - lr * g[k] for k in p}`` and several of them."""
    if isinstance(value, ast.DictComp):
        element = value.value
    elif isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        element = value.elt
    elif isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:  # tuple(..), Parameters(*..)
        inside = value.args[0]
        inside = inside.value if isinstance(inside, ast.Starred) else inside
        return isinstance(inside, (ast.ListComp, ast.GeneratorExp)) and _is_stepped(inside)
    elif isinstance(value, (ast.BinOp, ast.Tuple)):
        element = value
    else:
        return False
    if isinstance(element, (ast.Tuple, ast.List)):
        return bool(element.elts) and all(map(_is_stepped, element.elts))
    if isinstance(element, ast.BinOp):
        is_product = isinstance(element.right, ast.BinOp)  # 2 * epsilon * u - epsilon is a random start
        return isinstance(element.op, ast.Sub) and is_product and RATE_NAME.search(names_in(element.right)) is not None
    return False


def _update(statement: ast.stmt, target: ast.expr, value: ast.expr, subtracts: bool, owner: str) -> UpdateLine:
    """The facts of one update statement: its lines, its target, and whether it is likely one of a parameter."""
    text, used = ast.unparse(target), names_in(value)
    name = text.split("[")[0].split(".")[-1]
    weight = bool(WEIGHT_NAME.search(text)) and not GRADIENT_NAME.search(name)
    step = bool(RATE_NAME.search(used)) or bool(STEP_WORDS.search(ast.unparse(value)))
    constant = isinstance(value, ast.Constant)
    # a local sum such as "params += layer.size" is none
    summed = isinstance(statement, ast.AugAssign) and not subtracts and isinstance(target, ast.Name) and not step
    likely = not constant and not summed and (weight or (step and subtracts and not GRADIENT_NAME.search(name)))
    likely &= not _is_average(value)
    plain = re.fullmatch(r"[\w.]+(\[[^()]*\])*", text) is not None or "str(" in text
    return UpdateLine(
        first=statement.lineno,
        last=statement.end_lineno or statement.lineno,
        target=re.sub(r"(?<=\.)__\w+", lambda private: mangled(owner, private[0]), text) if plain else "",
        likely=likely,
    )


def _is_average(value: ast.expr) -> bool:
    """Whether it is a running average, ``a * old + (1 - a) * new``, as of statistics, and not a step."""
    if not (isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add)):
        return False
    shares = [
        {ast.unparse(part) for part in (side.left, side.right)}
        for side in (value.left, value.right)
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Mult)
    ]
    return len(shares) == 2 and any(
        {f"1 - {one}", f"1.0 - {one}"} & shares[1 - place] for place in (0, 1) for one in shares[place]
    )


def _replaces(target: ast.expr, value: ast.expr) -> bool:
    """Whether the value is made of the target and something added to it or subtracted."""
    if isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        element: ast.expr = value.elt
        source = " ".join(ast.unparse(generator.iter) for generator in value.generators)
        return is_sum(element) and ast.unparse(target) in source
    if isinstance(value, ast.DictComp):
        return is_sum(value.value)
    if isinstance(value, ast.Call) and SUM_NAME.fullmatch(last_name(value.func)):
        return any(ast.unparse(target) == ast.unparse(argument) for argument in value.args)
    if isinstance(value, ast.Call) and last_name(value.func) in ("array", "asarray", "list", "clip"):
        return bool(value.args) and _replaces(target, value.args[0])
    if isinstance(value, ast.Call) and any(ast.unparse(target) == ast.unparse(argument) for argument in value.args):
        # map2(lambda w, g: w - rate * g, weights, gradients), difference(weights, scaled(rate, gradients))
        bodies = [argument.body for argument in value.args if isinstance(argument, ast.Lambda)]
        rest = [names_in(one) for one in value.args if ast.unparse(one) != ast.unparse(target)]
        # delta = layer.backward(delta, rate) is not the step of delta
        is_weight = isinstance(value.func, ast.Name) and WEIGHT_NAME.search(ast.unparse(target)) is not None
        is_stepped = any(map(is_sum, bodies)) or any(map(RATE_NAME.search, rest))
        return STEPS.search(last_name(value.func)) is not None or (is_weight and is_stepped)
    if not is_sum(value):
        return False
    wanted = ast.unparse(target)
    if any(ast.unparse(item) == wanted for item in ast.walk(value) if isinstance(item, type(target))):
        return True
    assert isinstance(value, ast.BinOp)
    return isinstance(value.op, ast.Sub) and bool(RATE_NAME.search(names_in(value.right)))


def _subtracts(node: ast.expr) -> bool:
    """Whether something is subtracted, or added with its sign turned."""
    return any(
        (isinstance(item, ast.BinOp) and isinstance(item.op, ast.Sub))
        or (
            isinstance(item, ast.UnaryOp)
            and isinstance(item.op, ast.USub)
            and not isinstance(item.operand, ast.Constant)
        )
        for item in ast.walk(node)
    )
