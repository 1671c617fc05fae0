"""What a run needs in memory. Runs that cannot fit are refused; how long a run takes is the user's choice."""

from __future__ import annotations

from ..errors import BadInput
from ..models.network import Network, block_size
from .scenario import Scenario

BUDGET_SECONDS = 30.0  # of a diagnosis, by default
MAX_NUMBERS = 500_000_000  # held at once: 4 GB
IMPLEMENTATIONS = 3  # that a comparison trains

# seconds of one multiplication or activation, forward and backward, of one network, on two cores of 2026
SECONDS_A_PRODUCT, SECONDS_AN_ACTIVATION = 6e-10, 1e-9
# Numbers that the referee computes at most for the gradient of one layer. Each entry takes one forward pass, so of a
# large layer it computes only some entries, evenly spread.
REFEREE_WORK = 4_000_000
# what a diagnosis trains beside the run that it is asked about, at least
FEWEST_MEMBERS, FEWEST_OBSERVATIONS = 16, 64


def pass_seconds(network: Network) -> float:
    """An estimate of the arithmetic of one iteration of one observation, in seconds."""
    products = sum(inputs * units for inputs, units in zip(network.sizes, network.sizes[1:]))
    return products * SECONDS_A_PRODUCT + sum(network.sizes[1:]) * SECONDS_AN_ACTIVATION


def check_numbers(numbers: float, hint: str) -> None:
    """Raise BadInput if that number of numbers does not fit into memory."""
    if numbers > MAX_NUMBERS:
        count = f"{numbers:.1e}".replace("e+0", "e").replace("e+", "e")
        raise BadInput(f"this needs {count} numbers in memory at once, the limit is {MAX_NUMBERS:,}", hint=hint)


def check_comparison(scenario: Scenario) -> None:
    """Raise BadInput if what a comparison records of every implementation from every start would not fit."""
    iterations = (IMPLEMENTATIONS - 1) * len(scenario.recorded) + len(scenario.drawn)
    check_numbers(
        len(scenario.initializers) * iterations * scenario.numbers_recorded,
        "record fewer iterations, or give fewer observations, units or initializers, or a smaller batch",
    )


def check_drawing(scenario: Scenario, max_neurons: int) -> None:
    """Raise BadInput if the histograms of a run, of 30 bins with three numbers each, would not fit."""
    neurons = sum(min(units, max_neurons) for units in scenario.network.sizes[1:])
    kinds = 3  # of weights, gradients and activations
    numbers = 2 * len(scenario.drawn) * neurons * kinds * 90  # and once more as an event file has them
    check_numbers(numbers, "record fewer iterations, or do not log")


def members_at_once(scenario: Scenario, most: int) -> int:
    """How many members of a sweep can be drawn and held at once: ``most`` at most."""
    each = 4 * scenario.network.weight_count + len(scenario.recorded)
    return max(1, min(most, MAX_NUMBERS // 4 // each))


def check_sweep(scenario: Scenario, members: int) -> None:
    """Raise BadInput if a sweep of ``members`` networks would not fit."""
    network, observations = scenario.network, scenario.batch_size
    check_numbers(4 * members, "give fewer seeds")
    # a block of large networks may be one member, but if not even 16 fit, drawing each takes many seconds
    members_held = max(FEWEST_MEMBERS, block_size(network, scenario.dtype))
    check_numbers(
        4 * members_held * (observations * sum(network.sizes) + network.weight_count),
        "give fewer observations or units, or compare one network instead of many",
    )


def check_run(network: Network) -> None:
    """Raise BadInput if the networks that a diagnosis trains at once would not fit."""
    check_numbers(4 * FEWEST_MEMBERS * network.weight_count, "give fewer units")
