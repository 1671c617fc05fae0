"""What setups might have computed, without computing it."""

from __future__ import annotations

import numpy as np

from harness.backends.compare import BackendComparison, Pair, SetupRun
from harness.backends.judge import differences_of
from harness.backends.outcomes import Scores, compare_scores
from harness.backends.quantities import RECORDED_UPDATES, Kind, Quantity
from harness.backends.results import Computed
from harness.backends.setups import Setup

TENSORFLOW, JAX, TORCH = (Setup(backend=name) for name in ("tensorflow", "jax", "torch"))
HIDDEN = Quantity(kind=Kind.INFERENCE_OUTPUT, layer="hidden")
TOP = Quantity(kind=Kind.INFERENCE_OUTPUT, layer="top")
LOSS = Quantity(kind=Kind.LOSS)
GRADIENT = Quantity(kind=Kind.GRADIENT, layer="hidden", weight="kernel")
WEIGHTS = [Quantity(kind=Kind.WEIGHT, layer="hidden", weight="kernel", updates=number) for number in RECORDED_UPDATES]
QUANTITIES = (HIDDEN, TOP, LOSS, GRADIENT, *WEIGHTS)
TERMS = 32
ROUNDOFF32, ROUNDOFF64 = 2.0**-24, 2.0**-53


def computed(*, off=None, imprecise=None):
    """Values of 1 with an error of one rounding of float32.

    Args:
        off: {quantity: by how much it differs in float64 too}.
        imprecise: {quantity: by how much it differs in the setup's dtype alone}.
    """
    reference = {q: np.ones(3) + (off or {}).get(q, 0.0) for q in QUANTITIES}
    values = {q: v + ROUNDOFF32 + (imprecise or {}).get(q, 0.0) for q, v in reference.items()}
    return Computed(
        values=values,
        reference=reference,
        shapes=dict.fromkeys(QUANTITIES, (3,)),
        spread=dict.fromkeys(QUANTITIES, ROUNDOFF32),
        exact_spread=dict.fromkeys(QUANTITIES, ROUNDOFF64),
        terms=dict.fromkeys(QUANTITIES[:4], TERMS),
        version="1.0",
    )


def pair_of(left, right, **others):
    """The pair of what TensorFlow and JAX computed."""
    found = differences_of({TENSORFLOW: left, JAX: right}, TENSORFLOW, JAX)
    return Pair(left=TENSORFLOW, right=JAX, differences=found, **others)


def comparison_of(pair, *, runs=(), random_layers=()):
    """A comparison of one pair."""
    losses = [np.array([0.1, 0.2, 0.3, 0.4, 0.5]) + shift for shift in (0.0, 1.0)]
    scores = [Scores(losses=values, accuracies=1 - values / 10) for values in losses]
    own = [SetupRun(setup=s, version="1.0", scores=of) for s, of in zip((TENSORFLOW, JAX), scores)]
    return BackendComparison(
        name="mine",
        runs=[*own, *runs],
        pairs=[Pair(**{**vars(pair), "scores": compare_scores(*scores)})],
        layers=["hidden", "top"],
        batch_rows=16,
        seeds=5,
        training_updates=40,
        random_layers=random_layers,
    )
