"""One quantity of a checked file in words: what is compared, with its own numbers."""

from __future__ import annotations

from ..checking.result import CheckResult, Found, GradientResult, PairResult, ParameterFacts
from .checking import code, update_words, value_words, where
from .mistakes import AGREEMENTS
from .words import number


def parameter_line(one: ParameterFacts) -> str:
    """update of W1 (3, 4), net.py, line 11: -0.05 times its gradient"""
    place = f", {where(one.place)}" if one.place is not None else ""
    return f"update of {one.name} {one.shape}{place}: {update_words(one)}"


def parameter_text(result: CheckResult, one: ParameterFacts) -> str:
    """What a check says of one parameter: its update, and the mistakes that spoil it, each with its numbers"""
    spoiling = [mistake for mistake in result.mistakes if one.name in mistake.parameters]
    return "\n".join([parameter_line(one), *map(mistake_line, spoiling)])


def mistake_line(mistake: Found) -> str:
    """wrong-sign, net.py, line 9:  dW = ...; dW is -1 times what it should be"""
    value = f"; {value_words(mistake)}" if mistake.ratio is not None or mistake.got is not None else ""
    line = f", {where(mistake.place)}:  {code(mistake.place)}" if mistake.place is not None else ""
    return f"{mistake.id}{line}{value}"


def gradient_line(pair: PairResult, one: GradientResult) -> str:
    """affine_forward / affine_backward: dW agrees; 1 times the true gradient, largest difference 2e-15"""
    numbers = [f"{number(one.factor)} times the true gradient"] if one.factor is not None else []
    if one.largest_difference is not None:
        numbers.append(f"largest relative difference {number(one.largest_difference)}")
    return f"{pair.name}: {one.name} {AGREEMENTS[one.agreement]}" + (f"; {', '.join(numbers)}" if numbers else "")
