"""What identical units can never do: the loss under which a program cannot come as long as its units stay equal."""

from __future__ import annotations

import keras
import numpy as np

from ..measures.symptoms import clone_bound
from ..models.costs import COSTS
from ..models.network import Network, Weights
from .answer import CloneBound
from .case import Case

FIRST_SEED = 0  # any seed does: a start that the argument holds for is the same for all


def bound_of_clones(case: Case) -> CloneBound | None:
    """The bound for a program's own start; None if no such bound is known.

    It holds for chains of dense layers whose updates use all observations, for inputs that can be exchanged.
    """
    network, program = network_of(case), case.program
    is_full_batch = program.batch_size >= case.rows and program.validation_split == 0
    if network is None or not is_full_batch or program.sample_weight is not None or program.class_weight is not None:
        return None
    x, y = case.inputs[0][: case.rows].astype(float), case.targets_given[: case.rows].astype(float)
    least = clone_bound(network, dense_weights(case), x, y.reshape(case.rows, -1))
    if least is None:
        return None
    total = least * y.size if network.cost == "mean_squared_error" else None
    return CloneBound(loss=network.cost, least=least, total=total)


def network_of(case: Case) -> Network | None:
    """A program's network as a chain of dense layers under a known cost; None if it is not one."""
    layers = [one for one in getattr(case.program.model, "layers", ()) if not isinstance(one, keras.layers.InputLayer)]
    is_dense = bool(layers) and all(type(one) is keras.layers.Dense for one in layers)
    if not is_dense or not isinstance(case.program.model, keras.Sequential) or case.head.from_logits:
        return None
    if (
        case.head.loss not in COSTS
        or len(case.inputs) != 1
        or case.inputs[0].ndim != 2
        or case.text_targets is not None
    ):
        return None
    activations = tuple(str(keras.activations.serialize(one.activation)) for one in layers)
    sizes = (case.inputs[0].shape[1], *(int(one.units) for one in layers))
    if case.targets_given[: case.rows].size != case.rows * sizes[-1]:
        return None
    try:
        return Network(sizes, activations, case.head.loss)
    except ValueError:  # an activation or a combination that is not in the tables
        return None


def dense_weights(case: Case) -> Weights:
    """The initial weights of each layer, (inputs + 1, units); a missing bias is 0."""
    program = case.program
    values = {
        weight.path: np.asarray(value, float)
        for weight, value in zip(program.model.weights, program.fresh_weights(FIRST_SEED))
    }
    weights = []
    for layer in program.model.layers:
        kernel = values[layer.kernel.path]
        bias = np.zeros(kernel.shape[1]) if layer.bias is None else values[layer.bias.path]
        weights.append(np.vstack([bias[np.newaxis], kernel]))
    return weights
