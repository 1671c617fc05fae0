"""All pairs of a file."""

from __future__ import annotations

from collections.abc import Mapping

from ..source import FileFacts, read_source
from .arrays import INPUTS, OUTPUTS
from .calls import StaticCalls
from .derivatives import derivative_plans
from .functions import function_plans
from .layers import layer_plans
from .plan import PairKind, PairPlan
from .returned import returned_plans

MAX_PAIRS = 40


def find_pairs(source: str, *, square: bool = False, imported: Mapping[str, FileFacts] | None = None) -> list[PairPlan]:
    """The pairs of a file.

    Args:
        source: its text.
        square: whether layers have as many outputs as inputs.
        imported: the facts of the files that define the classes which it imports, by class.

    Raises:
        SyntaxError: if it is not Python 3.
    """
    calls = StaticCalls(read_source(source), INPUTS if square else OUTPUTS, imported)
    plans = [*layer_plans(calls), *function_plans(calls), *returned_plans(calls), *derivative_plans(calls)]
    # a layer that cannot be called is not judged; whether anything else without options is a pair is not known
    found = [plan for plan in plans if plan.options or plan.kind is PairKind.LAYER]
    left_out = {plan.line for plan in found[MAX_PAIRS:]}  # all kinds of a layer, or none: one may hide another
    return [plan for plan in found[:MAX_PAIRS] if plan.line not in left_out]
