"""Whether two setups differ by more than rounding explains, quantity by quantity.

Between two results stand the same computations in float64:

    |left - right| <= |left - left64| + |left64 - right64| + |right64 - right|

The outer terms are the roundings of each side's own dtype. They are measured, and judged by what one rounding in every
weight, input and output of a layer does to the float64 computation. The middle term is what the backends compute
differently. In float64 rounding is so small that hardly any difference hides behind it, so that even differences that
the outer terms would hide are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..models.network import Array
from .quantities import Kind, Quantity
from .results import Computed
from .setups import UNIT_ROUNDOFFS, Setup

FLOAT64 = UNIT_ROUNDOFFS["float64"]


class Cause(Enum):
    """What makes two results differ by more than rounding explains."""

    COMPUTATION = "computation"  # the setups compute something else, in float64 too
    PRECISION = "precision"  # one side's errors are larger than those of its dtype
    NOT_FINITE = "not-finite"  # NaN or infinite on one side only
    SHAPE = "shape"  # the arrays have different shapes


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One quantity, computed by two setups."""

    quantity: Quantity  # which one
    largest: float  # the largest |left - right|
    magnitude: float  # the largest absolute value on either side; of a gradient or a weight, in its layer
    # how much of the difference the roundings of both sides explain: the sum of their bounds, or of the largest
    # differences of each from its own float64 computation, which estimate its rounding errors
    by_rounding: float
    is_derived: bool  # whether rounding is bounded, and not estimated
    in_float64: float  # the largest difference between the two float64 computations
    allowed_in_float64: float  # as much of it as rounding explains, see ``allowed_in_float64``
    # the sides whose rounding errors are larger than their dtype explains: of "left" and "right"
    imprecise: tuple[str, ...]
    cause: Cause | None  # why they differ; None if rounding explains the difference

    @property
    def agrees(self) -> bool:
        """Whether rounding explains the difference."""
        return self.cause is None

    @property
    def relative(self) -> float:
        """The largest difference as a share of the magnitude."""
        return self.largest / self.magnitude if self.magnitude > 0 else 0.0

    @property
    def relative_by_rounding(self) -> float:
        """How much of it the roundings explain, as a share of the magnitude."""
        return self.by_rounding / self.magnitude if self.magnitude > 0 else 0.0

    @property
    def is_visible(self) -> bool:
        """Whether the difference is larger than the rounding errors in the dtypes that were asked for."""
        return self.cause is not Cause.COMPUTATION or self.in_float64 > self.by_rounding


def largest_of(values: Array) -> float:
    """The largest absolute value, 0 of none; NaN counts as infinite."""
    absolute = np.abs(values)
    return float(np.max(np.where(np.isnan(absolute), np.inf, absolute), initial=0.0))


def distance(left: Array, right: Array) -> float:
    """The largest |left - right|; equal infinities and NaN on both sides count as 0."""
    with np.errstate(invalid="ignore"):
        same = (left == right) | (np.isnan(left) & np.isnan(right))
        return largest_of(np.where(same, 0.0, left - right))


def own_error(computed: Computed, quantity: Quantity) -> float:
    """The largest difference of a result from its own float64 computation."""
    return distance(computed.values[quantity], computed.reference[quantity])


def one_rounding(computed: Computed, dtype: str, quantity: Quantity) -> float:
    """By how much one rounding of the dtype in every weight, input and output changes a result."""
    return computed.spread[quantity] + UNIT_ROUNDOFFS[dtype] * scale_of(computed, quantity)


def scale_of(computed: Computed, quantity: Quantity) -> float:
    """The size of what a result is computed from.

    The gradients of a layer have one scale, and so have its weights. A gradient that is 0 in theory, such as that of
    the bias of an attention's keys, is what is left when terms of the size of the others cancel.
    """
    alike = [quantity]
    if quantity.kind in (Kind.GRADIENT, Kind.WEIGHT):
        place = (quantity.kind, quantity.layer, quantity.updates)
        alike = [q for q in computed.reference if (q.kind, q.layer, q.updates) == place]
    return max(largest_of(computed.reference[q]) for q in alike)


def is_imprecise(computed: Computed, dtype: str, quantity: Quantity, error: float) -> bool:
    """Whether a result of the start is farther from its float64 computation than its dtype explains.

    What training makes of rounding errors is not judged if it has no bound.
    """
    if quantity in computed.bound:
        return error > computed.bound[quantity] + computed.exact_bound[quantity]
    if quantity.kind is Kind.WEIGHT:
        return False
    return error > computed.terms[quantity] * one_rounding(computed, dtype, quantity)


def is_derived(left: Computed, right: Computed, quantity: Quantity) -> bool:
    """Whether the rounding errors of both sides have a derived bound."""
    return all(quantity in side.bound and quantity in side.exact_bound for side in (left, right))


def allowed_in_float64(left: Computed, right: Computed, quantity: Quantity, dtypes: tuple[str, str]) -> float:
    """How far two float64 computations may be apart.

    By as much as both may be off, if that has been derived. Else by the roundings of float64, and by one rounding of
    the setups' own dtypes: backends keep some constants of their formulas in float32, and what is smaller than that is
    nothing that the setups themselves could compute.
    """
    if is_derived(left, right, quantity):
        return left.exact_bound[quantity] + right.exact_bound[quantity]
    magnitude = max(scale_of(left, quantity), scale_of(right, quantity))
    exact = left.exact_spread[quantity] + right.exact_spread[quantity] + 2 * FLOAT64 * magnitude
    terms = max(left.terms.get(quantity, 0), right.terms.get(quantity, 0)) or max(left.terms.values())
    of_constants = max(one_rounding(side, dtype, quantity) for side, dtype in zip((left, right), dtypes))
    return max(1, quantity.updates) * (terms * exact + of_constants)


def difference_of(quantity: Quantity, left: Computed, right: Computed, dtypes: tuple[str, str]) -> Difference:
    """One quantity of two setups.

    Args:
        quantity: which one; both have it.
        left, right: what they computed.
        dtypes: of the two.
    """
    ours, theirs = left.values[quantity], right.values[quantity]
    if left.shapes[quantity] != right.shapes[quantity]:
        return Difference(
            quantity=quantity,
            largest=np.inf,
            magnitude=max(largest_of(ours), largest_of(theirs)),
            by_rounding=0.0,
            is_derived=False,
            in_float64=np.inf,
            allowed_in_float64=0.0,
            imprecise=(),
            cause=Cause.SHAPE,
        )
    largest = distance(ours, theirs)
    errors = own_error(left, quantity), own_error(right, quantity)
    exact, allowed = distance(left.reference[quantity], right.reference[quantity]), np.inf
    if np.isfinite(exact):
        allowed = allowed_in_float64(left, right, quantity, dtypes)
    derived = is_derived(left, right, quantity)
    imprecise = tuple(
        side
        for side, computed, dtype, error in zip(("left", "right"), (left, right), dtypes, errors)
        if is_imprecise(computed, dtype, quantity, min(error, largest))  # an error of both is not a difference
    )
    cause = None
    if np.all(np.isfinite(ours)) != np.all(np.isfinite(theirs)):
        cause = Cause.NOT_FINITE
    elif exact > allowed:
        cause = Cause.COMPUTATION
    elif imprecise:
        cause = Cause.PRECISION
    return Difference(
        quantity=quantity,
        largest=largest,
        magnitude=max(scale_of(left, quantity), scale_of(right, quantity)),
        by_rounding=left.bound[quantity] + right.bound[quantity] if derived else sum(errors),
        is_derived=derived,
        in_float64=exact,
        allowed_in_float64=allowed,
        imprecise=imprecise,
        cause=cause,
    )


def differences_of(computed: Mapping[Setup, Computed], left: Setup, right: Setup) -> list[Difference]:
    """Every quantity that both setups computed, in the order of computation."""
    ours, theirs = computed[left], computed[right]
    return [
        difference_of(quantity, ours, theirs, (left.dtype, right.dtype))
        for quantity in ours.values
        if quantity in theirs.values
    ]
