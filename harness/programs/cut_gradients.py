"""Rules about operations in a model that training cannot pass: their derivative is missing, or is not finite.

Keras' own layers can all be differentiated. Only models with other operations in them are looked at: Lambda layers, and
layers and activations of the user's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .derivatives import gradients_or_none
from .findings import Check, Contradiction, Finding, Rule, Severity, Subject
from .heads import activation_name, as_tensors
from .program import MadeUp, take_rows

ROWS = 32  # of x, on which the outputs are differentiated
MOST_WEIGHTS = 20_000_000  # of a model whose outputs are differentiated


def cut_gradient_rules(subject: Subject) -> Finding:
    """Weights that the outputs depend on, and that no gradient reaches, or none that is a number."""
    model, program = subject.program.model, subject.program
    others = [operation for operation in operations_of(model) if not is_differentiable(operation)]
    if not others or not model.built or model.count_params() > MOST_WEIGHTS:
        return
    try:
        x = as_tensors(take_rows(program.x, slice(0, ROWS)))
        gradients = gradients_or_none(lambda: total(model, x), [v.value for v in model.trainable_variables])
    except Exception:  # the model cannot be called, or the backend does not say what is reached
        return
    missing = [v for v, gradient in zip(model.trainable_variables, gradients) if gradient is None]
    name = str(others[0].name)
    if missing and "stop_gradient" not in subject.text:  # with that word it is meant
        layers = dict.fromkeys(variable.path.rpartition("/")[0] for variable in missing)
        yield Contradiction(
            id="zero-gradient", check=Check.CUT_GRADIENT, severity=Severity.CONTRADICTION,
            place=subject.layer_place(name), layer=name, values={"layers": tuple(layers)},
        )  # fmt: skip
    elif any(not np.all(np.isfinite(np.asarray(gradient))) for gradient in gradients):
        is_on_own_data = program.made_up is MadeUp.NOTHING
        yield Contradiction(
            id="exploding-gradient", check=Check.GRADIENT_NOT_FINITE,
            severity=Severity.CONTRADICTION if is_on_own_data else Severity.SUSPICION,
            place=subject.layer_place(name), layer=name,
        )  # fmt: skip


def operations_of(model: Any) -> Iterator[Any]:
    """The layers of a model and the operations between them."""
    for operation in getattr(model, "_operations", None) or model.layers:
        yield from operations_of(operation) if isinstance(operation, keras.Model) else [operation]


def is_differentiable(operation: Any) -> bool:
    """Whether it is a layer of Keras' own, and not one around a function of the user's."""
    if not isinstance(operation, keras.Layer) or isinstance(operation, keras.layers.Lambda):
        return False
    function = getattr(operation, "activation", None)
    is_known = function is None or not activation_name(function).startswith("custom:")
    return is_known and type(operation).__module__.startswith("keras.")


def total(model: Any, x: Any) -> Any:
    """One number that depends on all that a model computes."""
    outputs = keras.tree.flatten(model(x, training=False))
    return sum(keras.ops.sum(keras.ops.cast(part, "float32")) for part in [*outputs, *model.losses])


CUT_GRADIENT_RULES: tuple[Rule, ...] = (cut_gradient_rules,)
