"""Results for the pages' tests: the network of the forum question, trained in NumPy alone."""

from dataclasses import replace

from harness.comparison.experiment import Experiment
from harness.comparison.trace import Run, take
from harness.models import handwritten
from harness.models.training import Training
from harness.scenario.scenario import load


def experiment_of(iterations, **settings):
    """A comparison with its hand-written runs only."""
    scenario = load("post", {"iterations": iterations, **settings})
    runs = []
    for initializer in scenario.initializers:
        training = Training(scenario.learning_rate, recorded=scenario.drawn)
        weights = list(
            handwritten.train(scenario.network, scenario.start(initializer), scenario.x, scenario.y, training)
        )
        traces = [
            take(handwritten, scenario.network, w, scenario.x, scenario.y, scenario.learning_rate) for w in weights
        ]
        runs.append(
            Run(
                implementation="handwritten",
                initializer=initializer,
                recorded=scenario.drawn,
                weights=weights,
                traces=traces,
            )
        )
    return Experiment(scenario=scenario, runs=runs, comparisons=[], not_offered={}, constant_cost=0.4, device="CPU:0")


def renamed(experiment, name):
    """The same with another name of the first initializer, for names that could be markup."""
    first, *others = experiment.runs
    return replace(experiment, runs=[replace(first, initializer=name), *others])
