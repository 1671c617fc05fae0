"""What a run would take, and the refusal of one that would take hours or more memory than there is.

The figures are of two cores of 2026 and hold within a factor of a few, which is enough: minutes go through, hours are
refused, and with them the run of 10^9 iterations that was a slip of the finger.
"""

from __future__ import annotations

from ..errors import BadInput
from ..models.network import Network, block_size
from .scenario import Scenario

MOST_SECONDS = 2 * 3600
BUDGET = 30.0  # seconds of a diagnosis, where nobody gives another
MOST_NUMBERS = 500_000_000  # held at once: 4 GB
IMPLEMENTATIONS = 3  # that a comparison trains

# seconds of one multiplication or activation, forward and backward, of one network
SECONDS_A_PRODUCT, SECONDS_AN_ACTIVATION = 6e-10, 1e-9
# of one iteration of any network, however small
SECONDS_COMPILED, SECONDS_BY_KERAS, SECONDS_IN_PYTHON = 3e-7, 7e-5, 2e-4
# to trace one recorded iteration of a small network three ways and to compare and draw it
SECONDS_A_RECORD = 0.05
# The referee's work for one entry of a gradient is one forward pass; a layer gets at most so many of the numbers that
# all those passes compute, evenly spread over its entries.
REFEREE_WORK = 4_000_000
# of one number in the forward passes of the referee, which is complex
SECONDS_OF_REFEREE = 3e-8
# what a member and a combination of a sweep take without any iteration: to draw, judge and write one
SECONDS_A_MEMBER, SECONDS_A_COMBINATION = 1e-6, 0.02
# what a diagnosis trains beside the run that it is asked about, at least; and how many budgets that may take
FEWEST_MEMBERS, FEWEST_OBSERVATIONS, BUDGETS = 16, 64, 10


def pass_seconds(network: Network, observations: int) -> float:
    """What the arithmetic of one iteration takes."""
    products = sum(inputs * units for inputs, units in zip(network.sizes, network.sizes[1:]))
    return observations * (products * SECONDS_A_PRODUCT + sum(network.sizes[1:]) * SECONDS_AN_ACTIVATION)


def in_words(seconds: float) -> str:
    """ "about 20 minutes", "about 3 hours", "about 4 days", "more than a year" """
    hours = seconds / 3600
    if hours > 365 * 24:
        return "more than a year"
    if hours < 2:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {hours:.0f} hours" if hours < 48 else f"about {hours / 24:.0f} days"


def check_time(seconds: float, instead: str) -> None:
    """Raise BadInput for what would take hours."""
    if seconds > MOST_SECONDS:
        raise BadInput(f"this would take {in_words(seconds)}, at most {MOST_SECONDS // 3600} are allowed; {instead}")


def check_numbers(numbers: float, instead: str) -> None:
    """Raise BadInput for what would not fit into memory."""
    if numbers > MOST_NUMBERS:
        told = f"{numbers:.1e}".replace("e+0", "e").replace("e+", "e")
        raise BadInput(f"this would hold {told} numbers at once, at most {MOST_NUMBERS} are allowed; {instead}")


def check_comparison(scenario: Scenario) -> None:
    """Raise BadInput where ``compare`` would take hours, or where what it records would not fit: z, a and delta of a
    batch, the gradients, and the weights before and after, of every implementation from every start."""
    network, observations = scenario.network, scenario.batch_size
    training = scenario.iterations * (
        SECONDS_BY_KERAS
        + (IMPLEMENTATIONS - 1) * SECONDS_COMPILED
        + IMPLEMENTATIONS * pass_seconds(network, observations)
    )
    most = max(REFEREE_WORK, observations * sum(network.sizes))
    referee = sum(min(most, rows * units * observations * sum(network.sizes)) for rows, units in network.shapes)
    recording = len(scenario.recorded) * (SECONDS_A_RECORD + IMPLEMENTATIONS * SECONDS_OF_REFEREE * referee)
    instead = (
        "record fewer iterations, with --record log"
        if recording > training
        else "give fewer iterations; 'harness sweep' trains without Keras, which takes a hundredth of the time"
    )
    check_time(len(scenario.initializers) * (training + recording), instead)
    of_record = 3 * observations * sum(network.sizes[1:]) + 3 * network.weight_count
    check_numbers(
        IMPLEMENTATIONS * len(scenario.initializers) * len(scenario.recorded) * of_record,
        "record fewer iterations, with --record log; or give fewer observations, units or initializers, or a "
        "--batch-size",
    )


def check_drawing(scenario: Scenario, max_neurons: int) -> None:
    """Raise BadInput where the histograms of a run, of 30 bins with three numbers each, would not fit."""
    neurons = sum(min(units, max_neurons) for units in scenario.network.sizes[1:])
    kinds = 3  # of weights, gradients and activations
    numbers = 2 * len(scenario.recorded) * neurons * kinds * 90  # and once more as an event file has them
    check_numbers(numbers, "record fewer iterations, with --record log, or draw nothing, with --no-log")


def members_at_once(scenario: Scenario, most: int) -> int:
    """How many members of a sweep can be drawn and held at once, at most so many."""
    each = 4 * scenario.network.weight_count + len(scenario.recorded)
    return max(1, min(most, MOST_NUMBERS // 4 // each))


def check_sweep(scenario: Scenario, combinations: int, members: int) -> None:
    """Raise BadInput where ``sweep`` would take hours or not fit.

    Args:
        combinations: of initializer, optimizer and rate.
        members: the networks of all of them together.
    """
    network, observations = scenario.network, scenario.batch_size
    check_numbers(4 * members, "give fewer --seeds")
    # a block of large networks may be one member, but where not even 16 would fit, to draw each takes many seconds
    members_held = max(FEWEST_MEMBERS, block_size(network, scenario.dtype))
    check_numbers(
        4 * members_held * (observations * sum(network.sizes) + network.weight_count),
        "give fewer observations or units, or train one network with 'harness compare'",
    )
    costs = 0 if scenario.batches is None else len(scenario.recorded) * pass_seconds(network, len(scenario.x)) / 3
    each = SECONDS_A_MEMBER + scenario.iterations * pass_seconds(network, observations) + costs
    least = SECONDS_A_COMBINATION + scenario.iterations * SECONDS_COMPILED
    check_time(members * each + combinations * least, "give fewer --seeds, iterations or combinations")


def check_run(network: Network, observations: int, iterations: int, an_iteration: float, budget: float) -> None:
    """Raise BadInput where ``diagnose`` would be far beyond its budget, or memory, before the first change is tried.

    Args:
        an_iteration: the seconds of one of the run that is asked about, without its arithmetic.
        budget: the seconds that the changes may take.
    """
    check_numbers(4 * FEWEST_MEMBERS * network.weight_count, "give fewer units")
    alone = an_iteration + pass_seconds(network, observations)
    beside = SECONDS_COMPILED + FEWEST_MEMBERS * pass_seconds(network, min(observations, FEWEST_OBSERVATIONS))
    seconds = iterations * (alone + beside)
    if seconds > BUDGETS * budget:
        raise BadInput(
            f"the run alone would take {in_words(seconds)}, and with a --budget of {budget:g} s at most "
            f"{BUDGETS * budget:g} s are allowed; give fewer iterations, or a larger --budget"
        )
