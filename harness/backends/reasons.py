"""Why two setups differ: known reasons, each proven by switching it and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from .case import Case
from .jobs import START, UPDATES
from .judge import Cause, Difference, difference_of, distance
from .quantities import Kind, Quantity
from .results import Computed
from .settings import Setting, differing_settings, with_setting_of
from .setups import Setup
from .workers import Failed, Workers

MAX_SETTINGS = 6  # of one pair that are switched
SMALL_EPSILON = 1e-30  # at which no loss is clipped that is a number

# environments in which no backend may compute float32 in less than float32
FULL_PRECISION = {
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "NVIDIA_TF32_OVERRIDE": "0",
    "ONEDNN_DEFAULT_FPMATH_MODE": "STRICT",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "0",
}


class ReasonKind(Enum):
    """Known reasons."""

    SETTING = "setting"  # a layer, the loss or the optimizer is set differently
    WEIGHTS = "weights"  # the weights at the start are not the same
    SILENT_FLOAT32 = "silent-float32"  # the backend computes in float32 although float64 was asked for
    LOW_PRECISION = "low-precision"  # products of float32 are computed in less, such as TF32
    UNSEEDED_DRAW = "unseeded-draw"  # the same seed gives other numbers each time
    RANDOM_DRAW = "random-draw"  # each backend draws other numbers from the same seed
    SPARSE_GRADIENTS = "sparse-gradients"  # an optimizer squares each use of a row of an embedding by itself
    REMEMBERED_LOGITS = "remembered-logits"  # the loss takes the logits of a softmax or sigmoid, not its output
    CLIPPED_LOSS = "clipped-loss"  # probabilities are clipped before their logarithm is taken


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A reason that was switched: without it, the quantity that differed first agrees."""

    kind: ReasonKind  # which
    side: str  # "left" or "right": the one that was switched; "both" if both were
    setting: Setting | None = None  # of ``ReasonKind.SETTING``


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a pair."""

    setup: Setup
    case: Case
    computed: Computed


Progress = Callable[[str], None]


class Search:
    """The search for the reason of the first difference of one pair.

    Args:
        left, right: the two sides.
        first: the difference.
        workers: to compute again with.
        progress: called with what is computed now.
    """

    def __init__(self, left: Side, right: Side, first: Difference, workers: Workers, progress: Progress) -> None:
        self.sides = {"left": left, "right": right}
        self.first, self.workers, self.progress = first, workers, progress

    def reasons(self) -> tuple[Reason, ...]:
        """The first reason that is proven; empty if none is."""
        return tuple(itertools.islice(self._candidates(), 1))

    def _candidates(self) -> Iterator[Reason]:
        """Proven reasons, from the most particular to the most general."""
        if self.first.cause is Cause.PRECISION:
            yield from self._precision()
        yield from self._unseeded()
        yield from self._settings()
        yield from self._weights()
        if self.first.quantity.kind is Kind.WEIGHT:
            yield from self._sparse_gradients()
        if self.first.quantity.kind in (Kind.LOSS, Kind.GRADIENT, Kind.WEIGHT):
            yield from self._remembered_logits()
            yield from self._clipping()
        yield from self._seeded()

    def _again(self, side: str, case: Case | None = None, **switches: Any) -> Computed | None:
        """A side computed again with something switched; None if that is not possible."""
        chosen = self.sides[side]
        parts = (START, UPDATES) if self.first.quantity.kind is Kind.WEIGHT else (START,)
        try:
            return self.workers.compute(chosen.setup, case or chosen.case, self.progress, parts=parts, **switches)
        except Failed:
            return None

    def _agrees(self, left: Computed | None, right: Computed | None) -> bool:
        """Whether the quantity that differed first agrees."""
        quantity = self.first.quantity
        if left is None or right is None or quantity not in left.values or quantity not in right.values:
            return False
        dtypes = self.sides["left"].setup.dtype, self.sides["right"].setup.dtype
        return difference_of(quantity, left, right, dtypes).agrees

    def _switched(self, side: str, case: Case | None = None, **switches: Any) -> bool:
        """Whether both agree when one side is switched."""
        again = self._again(side, case, **switches)
        left, right = self.sides["left"].computed, self.sides["right"].computed
        return self._agrees(again, right) if side == "left" else self._agrees(left, again)

    def _precision(self) -> Iterator[Reason]:
        """float32 although float64 was asked for, and less than float32."""
        for side in self.first.imprecise:
            if self.sides[side].setup.dtype == "float64" and self._switched(side, is_wide=True):
                yield Reason(kind=ReasonKind.SILENT_FLOAT32, side=side)
            elif self.sides[side].setup.dtype == "float32" and self._switched(side, environment=FULL_PRECISION):
                yield Reason(kind=ReasonKind.LOW_PRECISION, side=side)

    def _settings(self) -> Iterator[Reason]:
        """Settings that differ, those of the place of the difference first."""
        left, right = self.sides["left"].case, self.sides["right"].case
        place = self.first.quantity.layer
        settings = sorted(differing_settings(left, right), key=lambda setting: setting.layer != place)
        for setting in settings[:MAX_SETTINGS]:
            if self._switched("right", with_setting_of(right, left, setting)):
                yield Reason(kind=ReasonKind.SETTING, side="right", setting=setting)

    def _weights(self) -> Iterator[Reason]:
        """Other weights at the start."""
        left, right = self.sides["left"].case, self.sides["right"].case
        same = len(left.weights) == len(right.weights) and all(
            ours.shape == theirs.shape and (ours == theirs).all() for ours, theirs in zip(left.weights, right.weights)
        )
        if not same and self._switched("right", replace(right, weights=left.weights)):
            yield Reason(kind=ReasonKind.WEIGHTS, side="right")

    def _sparse_gradients(self) -> Iterator[Reason]:
        """Gradients that TensorFlow gives to the optimizer in parts that belong to one row."""
        for side, of in self.sides.items():
            if of.setup.backend == "tensorflow" and self._switched(side, has_dense_gradients=True):
                yield Reason(kind=ReasonKind.SPARSE_GRADIENTS, side=side)

    def _remembered_logits(self) -> Iterator[Reason]:
        """Losses that TensorFlow computes from the logits behind an output."""
        for side, of in self.sides.items():
            if of.setup.backend == "tensorflow" and self._switched(side, has_plain_outputs=True):
                yield Reason(kind=ReasonKind.REMEMBERED_LOGITS, side=side)

    def _unseeded(self) -> Iterator[Reason]:
        """Numbers that are not the same when the same side is computed again."""
        for side in ("right", "left"):
            if self._changes(side, self.sides[side].case):
                yield Reason(kind=ReasonKind.UNSEEDED_DRAW, side=side)

    def _seeded(self) -> Iterator[Reason]:
        """Numbers that depend on the seed: they are drawn, and each backend draws others."""
        for side in ("right", "left"):
            case = self.sides[side].case
            if self._changes(side, replace(case, seed=case.seed + 1)):
                yield Reason(kind=ReasonKind.RANDOM_DRAW, side=side)

    def _changes(self, side: str, case: Case) -> bool:
        """Whether the quantity that differed first is another one when a side is computed again."""
        quantity: Quantity = self.first.quantity
        before, again = self.sides[side].computed, self._again(side, case)
        if again is None or quantity not in again.reference:
            return False
        return distance(before.reference[quantity], again.reference[quantity]) > self.first.allowed_in_float64

    def _clipping(self) -> Iterator[Reason]:
        """Probabilities that one side clips."""
        left, right = (self._again(side, epsilon=SMALL_EPSILON) for side in ("left", "right"))
        if self._agrees(left, right):
            yield Reason(kind=ReasonKind.CLIPPED_LOSS, side="both")
