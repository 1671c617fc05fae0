"""The case of a Keras program, or of a scenario's network in Keras."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ..errors import BadInput
from ..models import sequential
from ..models.activations import activation_named
from ..models.network import Array, to_keras
from ..models.optimizers import SGD
from ..programs.batches import BatchPlan, plan_of
from ..programs.copies import array_of, first_line
from ..programs.fit_calls import program_of
from ..programs.program import Program
from ..programs.source.scripts import read_pieces
from ..scenario.scenario import Scenario
from .case import Case, Start
from .configs import Config
from .quantities import RECORDED_UPDATES

MAX_TRAINING_UPDATES = 300  # of a training for the outcome
MAX_HELD_ROWS = 1000  # that judge the outcome

# what the value of a plain constant is made of
CONSTANT_NODES = (
    ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip


def case_of_scenario(scenario: Scenario, *, seeds: int) -> Case:
    """The case of a scenario's network in Keras, from its first initializer.

    Args:
        scenario: its dtype does not matter.
        seeds: trainings for the outcome.

    Raises:
        BadInput: Keras has no activation that computes the same.
    """
    own = [name for name in scenario.network.activations if activation_named(name).keras_function is not None]
    if own:
        raise BadInput(f"is not one that every backend has, got {own[0]}", key="activations", hint="choose another")
    model = sequential.build(scenario.network, "float32", SGD)
    model.set_weights(to_keras([w.astype(np.float32) for w in scenario.start(scenario.initializers[0])]))
    model.optimizer.learning_rate = scenario.learning_rate
    rows = len(scenario.x)
    size = scenario.batch_size
    program = program_of(
        model,
        scenario.x,
        scenario.y,
        name=scenario.name,
        batch_size=size,
        epochs=max(1, -(-scenario.iterations // -(-rows // size))),
        shuffle=scenario.batches is not None and scenario.batches.shuffle,
    )
    # the cost by its name: its class belongs to this package, which a child finds it in again
    return replace(case_of_program(program, seed=scenario.seed, seeds=seeds), loss=scenario.network.cost)


def case_of_program(program: Program, *, seed: int = 0, seeds: int = 0) -> Case:
    """The case of a Keras program.

    Args:
        program: captured, or of a model with data.
        seed: of the order of rows, and of what is drawn.
        seeds: trainings for the outcome, each from weights of its own.

    Raises:
        BadInput: the model has several outputs, no targets, or cannot be made again from its configuration.
    """
    if len(getattr(program.model, "outputs", None) or [0]) != 1:
        raise BadInput(f"{program.name}: expected a model with one output, got {len(program.model.outputs)}")
    x, y, sample_weight = program.training_data()
    if y is None:
        raise BadInput(f"{program.name}: expected targets y, got a model that is trained without")
    validation = program.validation_data()
    held_x, held_y = (x, y) if validation is None else (validation.x, validation.y)
    y = np.asarray(keras.tree.flatten(y)[0])
    plan = plan_of(program, len(y))
    updates = min(MAX_TRAINING_UPDATES, program.epochs * plan.steps)
    initial = program.initial_model(seed) if program.is_copyable else program.model
    return Case(
        name=program.name,
        model=serialised(program.model, program.name, "model"),
        loss=serialised(keras.tree.flatten(program.loss)[0], program.name, "loss"),
        optimizer=serialised(program.new_optimizer(), program.name, "optimizer"),
        weights=[array_of(weight) for weight in initial.weights],
        x=named_inputs(program.model, x),
        y=y,
        sample_weight=weights_of(program, y, sample_weight),
        batches=batches_of(plan, seed, RECORDED_UPDATES[-1]),
        starts=[
            Start(weights=program.fresh_weights(number), batches=batches_of(plan, number, updates))
            for number in range(seed + 1, seed + 1 + seeds)
        ],
        held_x={name: values[:MAX_HELD_ROWS] for name, values in named_inputs(program.model, held_x).items()},
        held_y=np.asarray(keras.tree.flatten(held_y)[0])[:MAX_HELD_ROWS],
        seed=seed,
        runs_code=program.path is not None,
        definitions=definitions_of(program),
    )


def serialised(thing: Any, name: str, what: str) -> Config:
    """Keras' configuration of a model, a loss or an optimizer; a loss may be a name.

    Raises:
        BadInput: it has none.
    """
    if isinstance(thing, str):
        return thing
    try:
        return keras.saving.serialize_keras_object(thing)
    except Exception as error:
        raise BadInput(
            f"{name}: expected a {what} that Keras can save, got {type(thing).__name__} ({first_line(error)}); "
            "give the class a get_config() that returns its arguments"
        ) from None


def definitions_of(program: Program) -> str:
    """The imports, classes, functions and plain constants of a script, without what it does with them."""
    if program.path is None:
        return ""
    kept: list[str] = []
    for piece in read_pieces(program.path, program.name, str(program.path)):
        try:
            statements = ast.parse(piece.source.text).body
        except (SyntaxError, ValueError):
            continue
        kept += [ast.unparse(statement) for statement in statements if is_definition(statement)]
    return "\n".join(kept)


def is_definition(statement: ast.stmt) -> bool:
    """Whether a statement defines something and does nothing else that lasts."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(node, CONSTANT_NODES) for node in ast.walk(statement.value))
    return isinstance(statement, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef))


def named_inputs(model: Any, x: Any) -> dict[str, Array]:
    """The inputs by name; the only one under the name ""."""
    if isinstance(x, dict):
        return {str(name): np.asarray(values) for name, values in x.items()}
    arrays = [np.asarray(values) for values in keras.tree.flatten(x)]
    if len(arrays) == 1:
        return {"": arrays[0]}
    return {tensor.name: values for tensor, values in zip(model.inputs, arrays)}


def weights_of(program: Program, y: Array, sample_weight: Array | None) -> Array | None:
    """The weight of each row: that of the program, or that of its class."""
    if program.class_weight is None:
        return sample_weight
    labels = np.argmax(y, axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1).astype(int)
    by_class = np.array([program.class_weight.get(int(label), 1.0) for label in labels])
    return by_class if sample_weight is None else by_class * sample_weight


def batches_of(plan: BatchPlan, seed: int, updates: int) -> Sequence[Array]:
    """The rows of each update."""
    rows = plan.batches([seed], 0, updates)[:, 0]
    return [batch[:size] for batch, size in zip(rows, plan.batch_sizes(0, updates))]
