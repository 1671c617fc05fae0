"""Activations and losses with their derivatives: sigmoid and sigmoid_prime, mse and mse_prime, tanh(x, deriv=True)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..roles import Role
from ..source import FunctionFacts
from ..words import ACTIVATION_WORDS, LOSS_WORDS
from .arrays import LOSS_DATA
from .calls import StaticCalls
from .plan import GradientPlan, PairKind, PairOption, PairPlan

DERIVATIVE = re.compile(
    r"^(d_?|deriv(ative)?_?(of_?)?|grad(ient)?_?(of_?)?)(?P<a>\w+)$"
    r"|^(?P<b>\w+?)_?(prime|deriv(ative)?|der|grad(ient)?|derivate|back(ward)?|d)$",
    re.IGNORECASE,
)
FLAG_NAME = re.compile(r"^(is_?)?(deriv\w*|prime|grad\w*|d|back\w*)$", re.IGNORECASE)

OF_INPUT = "of z"
OF_VALUE = re.compile(r"^(a|out(put)?s?|act(ivat\w*)?|s|y|val(ue)?)$", re.IGNORECASE)  # the name of an argument


def derivative_plans(calls: StaticCalls) -> Iterator[PairPlan]:
    """The functions and methods that are the derivative of another one."""
    owners = [("", calls.facts.functions), *((name, one.methods) for name, one in calls.facts.classes.items())]
    for owner, functions in owners:
        for name, function in functions.items():
            yield from _derivative(calls, owner, functions, name, function)
            yield from _flagged(calls, owner, name, function)


def _derivative(
    calls: StaticCalls, owner: str, functions: Mapping[str, FunctionFacts], name: str, derivative: FunctionFacts
) -> Iterator[PairPlan]:
    """sigmoid and sigmoid_prime, mse and mse_derivative."""
    match = DERIVATIVE.match(name)
    if match is None:
        return
    stem = (match.group("a") or match.group("b") or "").strip("_")
    forward = functions.get(stem) or next(
        (f for key, f in functions.items() if key.lower() == stem.lower() and key != name), None
    )
    if forward is None or forward is derivative or not forward.returns_something:
        return
    if len(forward.returns) > 1 or len(derivative.returns) > 1:
        return
    prefix = _prefix(calls, owner, forward)
    if prefix is None:
        return
    counts = len(forward.required), len(derivative.required)
    if counts == (1, 1):
        call = f"{prefix}{derivative.name}({{}})"
        yield elementwise(calls, owner, prefix, forward, call, derivative.node.lineno, derivative.name)
    elif counts == (1, 2) and (given := _given_both(forward, derivative)):
        call = f"{prefix}{derivative.name}({given})"
        plan = elementwise(calls, owner, prefix, forward, call, derivative.node.lineno, derivative.name)
        yield replace(plan, options=tuple(one for one in plan.options if one.how == OF_INPUT))
    elif counts == (2, 2) and LOSS_WORDS.search(stem):
        yield _loss_pair(calls, owner, prefix, forward, derivative)


def _given_both(forward: FunctionFacts, derivative: FunctionFacts) -> str:
    """The arguments of a derivative that is given the argument of its function and its value, with places for both.

    Empty unless one has the name of that argument, and the other the name of a value. Without a value of that name in
    the function, y may be a target.
    """
    names = [one.name for one in derivative.required]
    values = [one for one in names if one in forward.returns or (one != "y" and OF_VALUE.match(one))]
    given = dict.fromkeys(values, "{output}") | {forward.required[0].name: "{}"}
    texts = [given.get(one, "") for one in names]
    return ", ".join(texts) if sorted(texts) == ["{output}", "{}"] else ""


def _flagged(calls: StaticCalls, owner: str, name: str, function: FunctionFacts) -> Iterator[PairPlan]:
    """sigmoid(x, derivative=True)."""
    flags = [a for a in function.arguments if FLAG_NAME.match(a.name) and a.default in ("False", "0", "")]
    if len(function.arguments) != 2 or len(flags) != 1 or function.arguments[0] is flags[0]:
        return
    if not ACTIVATION_WORDS.search(name) and not re.search(r"nonlin|act", name, re.IGNORECASE):
        return
    prefix = _prefix(calls, owner, function)
    if prefix is None:
        return
    off = "" if flags[0].default else ", False"
    label = f"{name}(.., {flags[0].name}=True)"
    yield elementwise(calls, owner, prefix, function, f"{prefix}{name}({{}}, True)", function.node.lineno, label, off)


def _prefix(calls: StaticCalls, owner: str, function: FunctionFacts) -> str | None:
    """What goes before the name of a function or method in a call; the instance is made without its constructor."""
    if not owner:
        return ""
    if function.name.startswith("__") or function.reads - set(calls.facts.methods(owner)):
        return None
    return f"{owner}." if function.static else f"object.__new__({owner})."


def elementwise(
    calls: StaticCalls, owner: str, prefix: str, forward: FunctionFacts, call: str, line: int, label: str, off: str = ""
) -> PairPlan:
    """An elementwise function and its derivative, of its argument or of its result.

    Args:
        calls: of the file.
        owner: class of a method, "" for a function.
        prefix: of the call of the function.
        forward: the function.
        call: of the derivative, with "{}" for the argument, and "{output}" for the function's value if it is given.
        line: of the derivative.
        label: its name for the report.
        off: further arguments of the function that say that its value is asked for.
    """
    options: list[PairOption] = []
    for how, argument in ((OF_INPUT, "input{k}"), ("of a", "output{k}")):
        for data in ("rows_", "columns_", "vector_", "row_", "column_"):
            key = calls.new_key()
            lines = (
                f"input{key} = {data} + 0.0",
                f"output{key} = {prefix}{forward.name}(input{key}{off})",
                f"gradient{key}0 = {call.format(argument.format(k=key), output=f'output{key}')}",
            )
            gradient = GradientPlan(label=label, of=forward.name, value=f"gradient{key}0", of_value=f"input{key}")
            options.append(
                PairOption(
                    lines=lines,
                    output=f"output{key}",
                    upstream="",
                    gradients=(gradient,),
                    how=how,
                    single=data in ("row_", "column_"),
                )
            )
    where = f"{owner}." if owner else ""
    name = f"{where}{label}" if label.startswith(f"{forward.name}(") else f"{where}{forward.name} / {where}{label}"
    return PairPlan(kind=PairKind.DERIVATIVE, name=name, line=line, options=tuple(options))


def _loss_pair(
    calls: StaticCalls, owner: str, prefix: str, forward: FunctionFacts, derivative: FunctionFacts
) -> PairPlan:
    """A loss and its derivative, each given outputs and targets in one order or the other."""
    options: list[PairOption] = []
    for data, target in LOSS_DATA:
        for first_forward in _outputs_first(calls, forward):
            for first_derivative in _outputs_first(calls, derivative):
                key = calls.new_key()
                pair = (f"input{key}", target)
                forward_text = ", ".join(pair if first_forward else pair[::-1])
                derivative_text = ", ".join(pair if first_derivative else pair[::-1])
                lines = (
                    f"input{key} = {data} + 0.0",
                    f"output{key} = {prefix}{forward.name}({forward_text})",
                    f"gradient{key}0 = {prefix}{derivative.name}({derivative_text})",
                )
                gradient = GradientPlan(
                    label=derivative.name, of="output", value=f"gradient{key}0", of_value=f"input{key}"
                )
                options.append(PairOption(lines=lines, output=f"output{key}", upstream="", gradients=(gradient,)))
    where = f"{owner}." if owner else ""
    return PairPlan(
        kind=PairKind.LOSS,
        name=f"{where}{forward.name} / {where}{derivative.name}",
        line=derivative.node.lineno,
        options=tuple(options),
    )


def _outputs_first(calls: StaticCalls, function: FunctionFacts) -> list[bool]:
    """Whether the outputs come first; both are tried if the names do not say."""
    first, second = (calls.role(function, argument) is Role.TARGETS for argument in function.required[:2])
    return [second] if first != second else [True, False]
