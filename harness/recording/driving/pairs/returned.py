"""Functions that return their output together with the function that hands a gradient back through them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..roles import UPSTREAM_NAME
from ..source import FunctionFacts, read_function, walk_own
from ..words import LOSS_WORDS
from .arrays import LOSS_DATA
from .calls import StaticCalls
from .functions import MAX_OPTIONS, forward_calls, option_of, returned_gradients
from .plan import PairKind, PairOption, PairPlan

LAMBDA = "lambda"
OF_DERIVATIVES = re.compile(r"backward|back_?prop|bprop|pullback|vjp|grad(?!e)|deriv", re.IGNORECASE)
# names of gradients; others that begin with "d", such as "data", may be those of what an inverse is given
FROM_ABOVE = re.compile(r"^(d[a-zA-Z]?|d_\w+|d[A-Z]\w*|g[a-z]?|ct|cotangents?)$|diff|grad|delta|err")


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What a function returns beside its output."""

    backward: FunctionFacts
    place: int  # its place among what is returned
    output: int  # that of the output

    def name(self, owner: str) -> str:
        """The name of the function with that of the one that it is defined in; a lambda has none."""
        return LAMBDA if self.backward.name == LAMBDA else f"{owner}.{self.backward.name}"


def returned_plans(calls: StaticCalls) -> Iterator[PairPlan]:
    """The pairs of a function and the function that it returns, of a file."""
    for name, forward in calls.facts.functions.items():
        returned = _returned_by(forward)
        if returned is None:
            continue
        is_loss = LOSS_WORDS.search(name) is not None and len(forward.required) == 2
        found = _loss_options(calls, forward, returned) if is_loss else _options(calls, forward, returned)
        yield PairPlan(
            kind=PairKind.LOSS if is_loss else PairKind.FUNCTIONS,
            name=f"{name} / {returned.name(name)}",
            line=returned.backward.node.lineno,
            options=tuple(found)[:MAX_OPTIONS],
        )


def _returned_by(forward: FunctionFacts) -> Returned | None:
    """The function that a function returns in a pair with its output; None if it returns something else."""
    functions = _functions_in(forward.node)
    inner = {one.name: one for one in functions if isinstance(one, ast.FunctionDef)}
    inside = {id(node) for one in functions for node in walk_own(one)}
    returns = [one for one in walk_own(forward.node) if isinstance(one, ast.Return) and id(one) not in inside]
    if len(returns) != 1 or not isinstance(returns[0].value, ast.Tuple) or len(returns[0].value.elts) != 2:
        return None
    found = [_function_of(part, inner) for part in returns[0].value.elts]
    backward = next((one for one in found if one is not None), None)
    if backward is None or None not in found or not _is_derivative(forward, backward):
        return None
    place = found.index(backward)
    return Returned(backward=backward, place=place, output=1 - place)


def _functions_in(node: ast.AST) -> list[ast.AST]:
    """The functions that are defined in another one."""
    return [one for one in ast.walk(node) if isinstance(one, (ast.FunctionDef, ast.Lambda)) and one is not node]


def _function_of(part: ast.expr, inner: dict[str, ast.FunctionDef]) -> FunctionFacts | None:
    """The function that a returned value is: a lambda, or one that is defined inside."""
    if isinstance(part, ast.Lambda):
        node = ast.parse("def f(): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        node.name, node.args, node.body = LAMBDA, part.args, [ast.Return(value=part.body)]
        return read_function(ast.fix_missing_locations(ast.copy_location(node, part)))
    return read_function(inner[part.id]) if isinstance(part, ast.Name) and part.id in inner else None


def _is_derivative(forward: FunctionFacts, backward: FunctionFacts) -> bool:
    """Whether a returned function hands a gradient back, by its name or that of its argument: it may be an inverse."""
    given = [one.name for one in backward.required]
    is_from_above = any(UPSTREAM_NAME.match(one) or FROM_ABOVE.search(one) for one in given)
    is_named = OF_DERIVATIVES.search(backward.name) or (not given and LOSS_WORDS.search(forward.name))
    return len(given) <= 1 and bool(is_from_above or is_named)


def _options(calls: StaticCalls, forward: FunctionFacts, returned: Returned) -> Iterator[PairOption]:
    """The ways of calling a layer and what it returns."""
    for call in forward_calls(calls, forward.name, forward, (returned.output,)):
        given = f"upstream{call.key}" if returned.backward.required else ""
        yield option_of(call, returned.backward, f"both{call.key}[{returned.place}]({given})")


def _loss_options(calls: StaticCalls, forward: FunctionFacts, returned: Returned) -> Iterator[PairOption]:
    """The ways of calling a loss and what it returns."""
    given = "1.0" if returned.backward.required else ""
    first = forward.required[0].name
    for data, target in LOSS_DATA:
        key = calls.new_key()
        gradients, more = returned_gradients(key, returned.backward, {first: f"input{key}"})
        yield PairOption(
            lines=(
                f"input{key} = {data} + 0.0",
                f"both{key} = {forward.name}(input{key}, {target})",
                f"output{key} = both{key}[{returned.output}]",
                f"back{key} = both{key}[{returned.place}]({given})",
                *more,
            ),
            output=f"output{key}",
            upstream="",
            gradients=tuple(gradients),
        )
