"""Gradients of a program's own graphs, which TensorFlow would keep for as long as the process runs.

TensorFlow registers the gradient of each operation of ``tf.custom_gradient`` under a new name and never removes it.
Each one holds its graph, the model in it and all weights: one for each call of ``fit``, and more for activations such
as swish.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from tensorflow.python.framework import ops

NAMED = "CustomGradient-"  # how the names begin that TensorFlow makes up
KEPT = "_gradients_kept_by_harness"  # attribute of a graph

Gradient = Callable[..., Any]


@contextlib.contextmanager
def gradients_dropped_with_graphs() -> Iterator[None]:
    """Let gradients that are registered inside the block go as soon as their graphs do.

    TensorFlow does not offer this: in a version that registers them otherwise, all are kept.
    """
    is_known = hasattr(ops, "RegisterGradient") and hasattr(ops.gradient_registry, "_registry")
    with mock.patch.object(ops, "RegisterGradient", _Register) if is_known else contextlib.nullcontext():
        yield


class _Register:
    """``tf.RegisterGradient`` whose functions are held by graphs, and by the registry only weakly."""

    def __init__(self, op_type: str) -> None:
        self.op_type = op_type

    def __call__(self, function: Gradient) -> Gradient:
        graphs = _enclosing_graphs() if self.op_type.startswith(NAMED) else []
        if not graphs:
            ops.gradient_registry.register(function, self.op_type)
            return function
        for graph in graphs:
            setattr(graph, KEPT, (*getattr(graph, KEPT, ()), function))
        held = weakref.ref(function)

        def gradient(*arguments: Any) -> Any:
            kept = held()
            assert kept is not None  # the operation that asks for it belongs to one of the graphs
            return kept(*arguments)

        ops.gradient_registry.register(gradient, self.op_type)
        weakref.finalize(function, ops.gradient_registry._registry.pop, self.op_type, None)
        return function


def _enclosing_graphs() -> list[Any]:
    """The graph of a function that is being traced, and those of the functions around it; none outside of all."""
    graphs, graph = [], ops.get_default_graph()
    while graph.building_function:
        graphs.append(graph)
        graph = graph.outer_graph
    return graphs
