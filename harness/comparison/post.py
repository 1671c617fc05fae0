"""The post that this project starts from: every figure that it prints, beside the computed one.

Everything here is computed in float64; the post's own arithmetic was float32 on values rounded to seven digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models import handwritten
from ..models.network import Array
from ..models.training import Training
from ..scenario.scenario import Scenario, load
from .trace import Quantity, take

PRINTED_ERROR = 2e-7  # of a figure for the first iteration
PRINTED_ERROR_AFTER_1000 = 5e-7  # of a figure after a thousand iterations in float32
LEARNED = 0.01  # both outputs called learned lie within this of their targets

OUTPUTS_AFTER_1000 = np.array([[0.5992708, 0.1997655], [0.5993174, 0.2004307]])
OUTPUTS_AFTER_10000 = np.array([[0.2002207, 0.3998017], [0.9927028, 0.008218]])

# Every figure for the all-ones weights before the first update, by the computed quantity that it is.
PRINTED: dict[str, list[list[float]]] = {
    "z1": [[2.2] * 3, [1.6] * 3],
    "a1": [[0.9002495] * 3, [0.8320184] * 3],
    "a2": [[0.9758906] * 3, [0.9705753] * 3],
    "a3": [[0.9806908] * 2, [0.9803864] * 2],
    "a3 - y": [[0.7806908, 0.5806908], [-0.0196136, 0.9803864]],
    "dC/da3": [[1.5613816, 1.1613816], [-0.0392272, 1.9607728]],
    "sigmoid'(z3)": [[0.01893635] * 2, [0.01922891] * 2],
    "delta3": [[0.02956687, 0.02199233], [-0.0007543, 0.03770352]],
    "gradient3": [[0.0288126, 0.0596958], *[[0.028122, 0.0580562]] * 3],
}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A figure that the post prints, the computed one, and whether they agree within the post's own rounding."""

    claim: str
    printed: Array
    measured: Array
    agrees: bool


@dataclass(frozen=True, kw_only=True)
class RecoveredRate:
    """The learning rate that the post does not state."""

    rate: float  # the shortest decimal number between ``low`` and ``high``
    # low, high: the rates between which the outputs lie within the printed figures' error
    low: float
    high: float
    miss: float  # the largest difference from the printed outputs at ``rate``


def final_cost() -> float:
    """The cost of the outputs that the post prints after 10000 iterations from its random start: 0.000121"""
    return float(np.sum((OUTPUTS_AFTER_10000 - load("post").y) ** 2))


def is_post(scenario: Scenario) -> bool:
    """Whether it is the post's network on the post's data in full batches, whatever else of the training."""
    post = load("post")
    same_data = scenario.x.shape == post.x.shape and scenario.y.shape == post.y.shape
    return (
        scenario.network == post.network
        and scenario.batches is None
        and same_data
        and bool(np.allclose(scenario.x, post.x) and np.allclose(scenario.y, post.y))
    )


def outputs_after(iterations: int, initializer: str, learning_rate: float) -> Array:
    """The outputs of the post's network after so many iterations, (2, 2)"""
    post = load("post")
    training = Training(learning_rate, recorded=[iterations])
    (weights,) = handwritten.train(post.network, post.start(initializer), post.x, post.y, training)
    return handwritten.forward(post.network, weights, post.x, post.y).a[-1]


def shortest_between(low: float, high: float) -> float:
    """The number between the two that takes the fewest decimals to write."""
    middle = (low + high) / 2
    return next(r for r in (round(middle, digits) for digits in range(18)) if low <= r <= high)


def recover_learning_rate(outputs: Array, iterations: int, error: float) -> RecoveredRate:
    """Find the rate with which the all-ones start comes to ``outputs`` after ``iterations``.

    A search over four decades of rates on a log scale, then one by golden section in each valley of what it found.

    Raises:
        ValueError: no rate between 0.001 and 10 comes within ``error`` of the outputs.
    """
    from scipy.optimize import brentq, minimize_scalar  # imported here: it takes as long as the whole search

    def miss(rate: float) -> float:
        return float(np.max(np.abs(outputs_after(iterations, "ones", rate) - outputs)))

    rates = np.geomspace(0.001, 10, 41)
    misses = np.array([np.inf, *(miss(float(rate)) for rate in rates), np.inf])
    # the outputs may come near for a while at another rate too: every valley is looked into, the deepest first
    valleys = np.flatnonzero((misses[1:-1] <= misses[:-2]) & (misses[1:-1] <= misses[2:])).tolist()
    for valley in sorted(valleys, key=lambda place: float(misses[place + 1])):
        low, high = float(rates[max(valley - 1, 0)]), float(rates[min(valley + 1, len(rates) - 1)])
        best = float(minimize_scalar(miss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x)
        if miss(best) <= error:
            break
    else:
        raise ValueError(f"no learning rate from 0.001 to 10 reproduces the outputs within {error:g}")
    low, high = (float(brentq(lambda rate: miss(rate) - error, best, end)) for end in (low, high))
    rate = shortest_between(low, high)
    return RecoveredRate(rate=rate, low=low, high=high, miss=miss(rate))


def first_iteration() -> dict[str, Array]:
    """Ours for each key of ``PRINTED``."""
    post = load("post")
    trace = take(handwritten, post.network, post.start("ones"), post.x, post.y, post.learning_rate)
    a3 = trace[Quantity("a", 3)]
    steps = {
        "a3 - y": a3 - post.y,
        "dC/da3": np.asarray(handwritten.cost_gradient(post.network.cost, a3, post.y)),
        "sigmoid'(z3)": np.asarray(handwritten.through_activation("sigmoid", np.ones_like(a3), a3)),
    }
    return {str(quantity): value for quantity, value in trace.items()} | steps


def claims(recovered: RecoveredRate) -> list[Claim]:
    """Every printed figure beside the computed one, in the order of the post."""
    ours = first_iteration()
    all_claims = [
        Claim(
            claim=name,
            printed=np.array(printed),
            measured=ours[name],
            agrees=bool(np.max(np.abs(ours[name] - printed)) <= PRINTED_ERROR),
        )
        for name, printed in PRINTED.items()
    ]
    after_1000 = outputs_after(1000, "ones", recovered.rate)
    close = bool(np.max(np.abs(after_1000 - OUTPUTS_AFTER_1000)) <= PRINTED_ERROR_AFTER_1000)
    all_claims.append(
        Claim(
            claim="outputs after 1000 iterations from ones",
            printed=OUTPUTS_AFTER_1000,
            measured=after_1000,
            agrees=close,
        )
    )
    # The post's random start is unknown, so the numbers cannot be the same: what can be compared is that both learned.
    y = load("post").y
    after_10000 = outputs_after(10000, "glorot_uniform", recovered.rate)
    learned = all(bool(np.max(np.abs(outputs - y)) <= LEARNED) for outputs in (OUTPUTS_AFTER_10000, after_10000))
    name = "outputs after 10000 iterations from another random start, within 0.01 of y"
    all_claims.append(Claim(claim=name, printed=OUTPUTS_AFTER_10000, measured=after_10000, agrees=learned))
    return all_claims
