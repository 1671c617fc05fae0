"""Runs of the forum question's network, and TensorBoard's own reader of what is written of them."""

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from harness.comparison.trace import Run, take
from harness.models import handwritten
from harness.models.training import Training
from tests.networks import post_problem

RECORDED = [0, 8, 20, 300]  # far enough apart for a histogram at each
NEURONS = [(layer, unit) for layer, units in ((1, 3), (2, 3), (3, 2)) for unit in range(units)]


def run_of(start: str) -> Run:
    """The post's network, trained by hand, with every quantity of each recorded iteration."""
    problem = post_problem(start)
    weights = list(handwritten.train(*problem, Training(0.5, recorded=RECORDED)))
    traces = [take(handwritten, problem.network, w, problem.x, problem.y, 0.5) for w in weights]
    return Run(implementation="handwritten", initializer=start, recorded=RECORDED, weights=weights, traces=traces)


def read(folder):
    """TensorBoard's own reader, keeping everything."""
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def points(logged, tag):
    """{step: array} of a tag"""
    return {event.step: make_ndarray(event.tensor_proto) for event in logged.Tensors(tag)}
