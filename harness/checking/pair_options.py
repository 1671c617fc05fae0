"""What a pair's backward side gives, as the recording shows it: what it belongs to, and what it leaves as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

from ..recording.driving.gradients import plain_name
from ..recording.driving.pairs.layers import is_weight_name
from ..recording.driving.pairs.passes import without_mark
from ..recording.driving.pairs.plan import GradientPlan, PairKind, PairOption
from ..recording.driving.roles import words_of
from ..recording.graph import Node
from .alignment import squeezed
from .result import GradientResult


def without_idle(option: PairOption, node: Callable[[str], Node | None]) -> PairOption:
    """The option without the updates that the backward pass left out, as those of a penalty that is off.

    Args:
        option: one that worked.
        node: gives what a name of its lines is bound to.
    """
    updates = [one for one in option.gradients if one.after]
    idle = [one for one in updates if node(one.after) is node(one.of_value)]
    gradients = tuple(one for one in option.gradients if one not in idle)
    read = {one.of_value for one in gradients}
    unread = tuple((one.of, one.of_value) for one in idle if one.of_value not in read)
    return replace(option, gradients=gradients, unread=(*option.unread, *unread)) if gradients else option


def by_shape(option: PairOption, node: Callable[[str], Node | None]) -> PairOption:
    """The option with each gradient that is returned without a name as that of the argument that has its shape.

    ``return x.T @ dz, dz.sum(axis=0), dz @ w.T`` says by shapes alone which is which. What has the shape of the
    argument that it was taken for stays, and so does what has the shape of several others or of none.

    Args:
        option: one that worked.
        node: gives what a name of its lines is bound to.
    """

    def shape(bound: str) -> tuple[int, ...] | None:
        known = node(bound)
        return squeezed(known.shape) if known is not None else None

    fits = {one for one in option.gradients if not one.value or shape(one.value) == shape(one.of_value)}
    moved = [one for one in option.gradients if one not in fits and not names_its_argument(one)]
    taken = {one.of_value for one in option.gradients if one not in moved}
    given = dict([*((bound, name) for name, bound in option.unread), *((one.of_value, one.of) for one in moved)])
    found: dict[GradientPlan, str] = {}
    for one in moved:
        alike = [bound for bound in given if bound not in taken and shape(bound) == shape(one.value)]
        if len(alike) == 1 and alike[0] not in found.values():
            found[one] = alike[0]
    if not found:
        return option
    gradients = tuple(
        replace(one, of=given[found[one]], of_value=found[one]) if one in found else one
        for one in option.gradients
        if one in found or one.of_value not in found.values()
    )
    read = {one.of_value for one in gradients}
    unread = tuple((name, bound) for bound, name in given.items() if bound not in read)
    return replace(option, gradients=gradients, unread=unread)


def names_its_argument(gradient: GradientPlan) -> bool:
    """Whether the name of a gradient is that of what it is taken for: "dW" of "W", "dA_prev" of "A"."""
    is_same = plain_name(gradient.label) == plain_name(gradient.of)
    return is_same or bool(without_mark(gradient.label) & set(words_of(gradient.of)))


def are_in_proportion(kind: PairKind, option: PairOption, gradients: Sequence[GradientResult]) -> bool:
    """Whether the gradients of all parameters have one factor.

    An update may divide by the number of observations what the layer keeps as a sum. The update counts then, beside
    those of other parameters, and what is only kept counts beside it.

    Args:
        kind: of the pair; of losses and derivatives there is one gradient.
        option: the way of calling.
        gradients: what was found of its gradients, in their order.
    """
    factors: dict[str, set[float]] = {}
    kept: dict[str, set[float]] = {}
    for one, result in zip(option.gradients, gradients):
        is_parameter = one.of_value not in option.observed and (kind is PairKind.LAYER or is_weight_name(one.of))
        if is_parameter and result.of and result.factor is not None:
            of = factors if one.after else kept
            of.setdefault(one.of_value, set()).add(round(result.factor, 9))
    found = {*chain.from_iterable((kept | factors).values())}
    return len(found) < 2 or kind not in (PairKind.LAYER, PairKind.FUNCTIONS)
