"""A run that somebody asks about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...models import initializers
from ...models.batches import Batches
from ...models.network import Array, Network, Weights
from ...scenario.scenario import Scenario

POST_ASKS_AFTER = 1000  # iterations: what the post asks about is the outputs that it prints then


@dataclass(frozen=True, eq=False)
class Case:
    """A run that somebody asks about."""

    name: str
    # network, x, y: x (observations, inputs), y (observations, outputs)
    network: Network
    x: Array
    y: Array
    start: Weights  # the weights it starts from, of each layer (inputs + 1, units)
    start_name: str  # what they were made with, "ones" for example
    # starts of the same initializer, (inputs + 1, units, members), for a network of the same depth; None if there is
    # one start only
    draw: Callable[[Network, range], Weights] | None
    # learning_rate, iterations: of the training
    learning_rate: float
    iterations: int
    seed: int = 0  # of all that is drawn here
    batches: Batches | None = None  # which observations each iteration is made with, in every run; None is all of them


def case_of(scenario: Scenario, iterations: int | None = None) -> Case:
    """The scenario's run from the first of its initializers; ``iterations`` takes the place of its own."""
    name = scenario.initializers[0]
    kernel = initializers.parse(name)
    bias = None if scenario.bias_initializer is None else initializers.parse(scenario.bias_initializer)

    def draw(network: Network, members: range) -> Weights:
        return initializers.draw_members(network, kernel, bias, scenario.seed, members, scenario.dtype)

    random = kernel.constant is None or (bias is not None and bias.constant is None)
    return Case(
        scenario.name,
        scenario.network,
        scenario.x,
        scenario.y,
        scenario.start(name),
        name,
        draw if random else None,
        scenario.learning_rate,
        scenario.iterations if iterations is None else iterations,
        seed=scenario.seed,
        batches=scenario.batches,
    )


def asked_after(name: str, given: Mapping[str, object]) -> int | None:
    """The iteration at which the forum question asks; None for other scenarios, or if iterations are given."""
    return POST_ASKS_AFTER if name == "post" and "iterations" not in given else None
