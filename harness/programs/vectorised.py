"""Many members of one program trained at once: the whole loop over updates in one compiled TensorFlow function.

The variables of all members are stacked on a first axis. One training step of one member is traced with Keras' own
layers, loss and optimizer (``StatelessScope``), gradient included, and vectorised over members by
``tf.vectorized_map``. So clipping by a norm, schedules and sparse gradients mean what they mean in ``fit``.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.optimizers.base_optimizer import BaseOptimizer
from numpy.typing import NDArray

from .copies import derived_seed, first_line
from .lowering import lowered_operations, untracked_variables
from .program import Program, take_rows
from .structure import TrainingData, has_rowwise_step, template_of
from .trained import FallbackReason

Array = NDArray[Any]
Tensor = Any

CHUNK_UPDATES = 256  # updates of one call of the compiled loop
MAX_CHUNK_INDICES = 2**22  # row numbers that one call is given
MAX_LOOPS = 24  # compiled loops kept in this process
SEED_STREAM = 2  # tells seeds of dropout and noise apart from those of weights (1)

STATEFUL_RANDOM_OPS = frozenset(
    {"RandomUniform", "RandomUniformInt", "RandomStandardNormal", "TruncatedNormal", "RandomShuffle", "Multinomial",
     "RandomGamma", "RandomPoissonV2", "ParameterizedTruncatedNormal"}
)  # fmt: skip
FOREIGN_OPS = frozenset({"PyFunc", "EagerPyFunc", "PyFuncStateless"})


class CannotVectorise(Exception):
    """A program cannot be trained many members at once; ``reason`` and ``detail`` say why."""

    def __init__(self, reason: FallbackReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Members:
    """The state of all members: tensors stacked on a first axis."""

    trainable: list[Tensor]  # of ``model.trainable_variables``
    other: list[Tensor]  # of ``model.non_trainable_variables``: moving statistics, frozen weights, seeds
    optimizer: list[Tensor]  # of the optimizer's variables
    metrics: list[Tensor] = field(default_factory=list)  # of the model's metrics; empty if they are not recorded


def check_optimizer(optimizer: Any) -> None:
    """Raise CannotVectorise for options of an optimizer that only ``fit`` handles."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise CannotVectorise(FallbackReason.OPTIMIZER, "LossScaleOptimizer")
    for option in ("gradient_accumulation_steps", "use_ema", "loss_scale_factor"):
        if getattr(optimizer, option, None):
            raise CannotVectorise(FallbackReason.OPTIMIZER, option)


def check_model(model: Any) -> None:
    """Raise CannotVectorise for models whose training is their own, or of types that the loop does not take."""
    for name in ("train_step", "fit", "make_train_function", "_make_function"):
        method = getattr(type(model), name, None)
        if not str(getattr(method, "__module__", "")).startswith("keras."):
            raise CannotVectorise(FallbackReason.TRAIN_STEP, f"{type(model).__name__}.{name}")
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            raise CannotVectorise(FallbackReason.STATE, layer.name)
        policy = getattr(getattr(layer, "dtype_policy", None), "name", "")
        if "float16" in policy or "int8" in policy or "float8" in policy:
            raise CannotVectorise(FallbackReason.DTYPE, f"{layer.name}: {policy}")


def check_data(data: TrainingData) -> None:
    """Raise CannotVectorise for data that is not numbers."""
    for array in data.leaves():
        if array.dtype.kind not in "fiub":
            raise CannotVectorise(FallbackReason.DTYPE, str(array.dtype))


def check_graph(graph: Any) -> None:
    """Raise CannotVectorise for steps with random numbers or Python code outside of the model's variables."""
    for operation in graph.get_operations():
        if operation.type in STATEFUL_RANDOM_OPS:
            raise CannotVectorise(FallbackReason.RANDOM, operation.name)
        if operation.type in FOREIGN_OPS:
            raise CannotVectorise(FallbackReason.TRACING, f"{operation.type}: {operation.name}")
        if operation.type.startswith("Assign") and "Variable" in operation.type:
            raise CannotVectorise(FallbackReason.STATE, operation.name)


class VectorisedLoop:
    """One structure of program, traced for a number of members.

    Args:
        program: any program of the structure.
        data: its training data; only their shapes and types matter.
        members: how many are trained at once.
        is_compiled: whether XLA compiles the loop.
        has_metrics: whether the program's metrics are computed.
    Raises:
        CannotVectorise: the structure cannot be traced for many members.
    """

    def __init__(
        self, program: Program, data: TrainingData, *, members: int, is_compiled: bool, has_metrics: bool
    ) -> None:
        check_data(data)
        try:
            self.model = template_of(program, data)
        except Exception as error:  # whatever a user's layers and losses raise; fit raises it again
            raise CannotVectorise(FallbackReason.TRACING, f"{type(error).__name__}: {first_line(error)}") from error
        check_model(self.model)
        self.optimizer = program.new_optimizer()
        check_optimizer(self.optimizer)
        if not self.model.trainable_variables:
            raise CannotVectorise(FallbackReason.STATE, "no trainable weights")
        with lowered_operations():  # it then knows variables by the names that the general form uses
            self.optimizer.build(self.model.trainable_variables)
        self.optimizer._variables.extend(untracked_variables(self.optimizer))
        self.takes_weight = data.sample_weight is not None
        self.members = members
        self.is_compiled = is_compiled
        self.has_metrics = has_metrics
        self.batch = min(program.batch_size, data.rows)
        self.remainder = data.rows % self.batch
        self.pads = bool(self.remainder) and not has_metrics and has_rowwise_step(program, self.model)
        self.data = one_row(data, has_weight=self.takes_weight or self.pads)
        self.lowers_windows = is_compiled or members > 1
        self.chunk = min(CHUNK_UPDATES, max(1, MAX_CHUNK_INDICES // (members * self.batch)))
        self.metric_variables = self.model.metrics_variables if has_metrics else []
        self.fresh_metrics = [np.asarray(v) for v in self.model.metrics_variables]
        self._predict = tf.function(self._predicted, autograph=False)
        self._evaluate = tf.function(self._evaluated, autograph=False)
        self._results = tf.function(self._metric_results, autograph=False)
        self._train = self._traced_loop()

    # One member

    def _scope(self, trainable: Any, other: Any, metrics: Any) -> StatelessScope:
        """A scope in which the model's variables have these values."""
        values = list(zip(self.model.trainable_variables, trainable))
        values += zip(self.model.non_trainable_variables, other)
        values += zip(self.model.metrics_variables, metrics or map(tf.constant, self.fresh_metrics))
        return StatelessScope(state_mapping=values, collect_losses=True)

    def _member_loss(self, trainable: Any, other: Any, metrics: Any, batch: Any, training: bool) -> tuple[Any, ...]:
        """(loss, other variables, metrics' variables) of one member after one batch."""
        model = self.model
        x, y, weight = batch
        with self._scope(trainable, other, metrics) as scope:
            known = set(scope.state_mapping)
            outputs = model(x, training=training) if model._call_has_training_arg else model(x)
            loss = model._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weight, training=training)
            if self.has_metrics:
                rows = tf.shape(keras.tree.flatten(x)[0])[0]
                model._loss_tracker.update_state(loss, sample_weight=tf.cast(rows, loss.dtype))
                model.compute_metrics(x, y, outputs, sample_weight=weight)
            if set(scope.state_mapping) - known:
                raise CannotVectorise(FallbackReason.STATE, "a variable that does not belong to the model")
        other = [scope.get_current_value(v) for v in model.non_trainable_variables]
        return loss, other, [scope.get_current_value(v) for v in self.metric_variables]

    def _member_step(self, arguments: Any) -> tuple[Any, ...]:
        """(loss, trainable, other, optimizer's, metrics' variables) of one member after one update."""
        trainable, other, optimizer, metrics, leaves = arguments
        trainable, batch = list(trainable), self.data.packed(list(leaves))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(trainable)
            loss, other, metrics = self._member_loss(trainable, other, metrics, batch, training=True)
        gradients = tape.gradient(loss, trainable)
        if all(gradient is None for gradient in gradients):
            raise CannotVectorise(FallbackReason.STATE, "no weight has a gradient")
        moved, state = BaseOptimizer.stateless_apply(self.optimizer, list(optimizer), gradients, trainable)
        return loss, tuple(moved), tuple(other), tuple(state), tuple(metrics)

    # All members

    def _mapped(self, function: Callable[[Any], Any], arguments: Any) -> Any:
        """What ``function`` gives for each member, stacked; the arguments are stacked too."""
        if self.members > 1:
            return tf.vectorized_map(function, arguments)
        results = function(keras.tree.map_structure(lambda t: t[0], arguments))
        return keras.tree.map_structure(lambda t: t[tf.newaxis], results)

    def _step(self, state: Members, leaves: list[Tensor]) -> tuple[Members, Tensor]:
        """(state, losses) of all members after one update, each on its own batch (members, batch, ...)."""
        parts = (state.trainable, state.other, state.optimizer, state.metrics, leaves)
        losses, *moved = self._mapped(self._member_step, tuple(map(tuple, parts)))
        trainable, other, optimizer, metrics = map(list, moved)
        return Members(trainable=trainable, other=other, optimizer=optimizer, metrics=metrics), losses

    def _batch(self, indices: Tensor, scale: Tensor, leaves: list[Tensor]) -> list[Tensor]:
        """Each member's rows, (members, batch, ...), the sample weights of padded rows 0."""
        rows = [tf.gather(leaf, indices) for leaf in leaves]
        if self.pads:
            rows[-1] = rows[-1] * tf.cast(scale, rows[-1].dtype)
        return rows

    def _loop(
        self, state: list[list[Tensor]], indices: Tensor, scales: Tensor, count: Tensor, leaves: list[Tensor]
    ) -> tuple[list[list[Tensor]], Tensor]:
        """The first ``count`` updates of a chunk.

        Args:
            state: trainable, other, optimizer's and metrics' variables, stacked.
            indices: (updates, members, batch) rows of each batch.
            scales: (updates, batch) factor of each row's weight: 0 for padding; all 1 in a full batch.
            count: updates to make.
            leaves: all rows of the data.
        Returns:
            the state, and the losses (updates, members).
        """
        lengths = [len(part) for part in state]

        def unflat(flat: Sequence[Tensor]) -> Members:
            parts, start = [], 0
            for length in lengths:
                parts.append(list(flat[start : start + length]))
                start += length
            return Members(trainable=parts[0], other=parts[1], optimizer=parts[2], metrics=parts[3])

        def full(flat: Sequence[Tensor], update: Tensor) -> tuple[list[Tensor], Tensor]:
            moved, losses = self._step(unflat(flat), self._batch(indices[update], scales[update], leaves))
            return self._flat(moved), losses

        def smaller(flat: Sequence[Tensor], update: Tensor) -> tuple[list[Tensor], Tensor]:
            rows = self._batch(indices[update][:, : self.remainder], scales[update], leaves)
            moved, losses = self._step(unflat(flat), rows)
            return self._flat(moved), losses

        def body(update: Tensor, recorded: Tensor, *flat: Tensor) -> tuple[Tensor, ...]:
            if self.remainder and not self.pads:
                is_smaller = scales[update, self.remainder] < 0.5
                moved, losses = tf.cond(is_smaller, lambda: smaller(flat, update), lambda: full(flat, update))
            else:
                moved, losses = full(flat, update)
            recorded = tf.tensor_scatter_nd_update(recorded, [[update]], [tf.cast(losses, recorded.dtype)])
            return (update + 1, recorded, *moved)

        flat = [tensor for part in state for tensor in part]
        recorded = tf.zeros((self.chunk, self.members), keras.config.floatx())
        _, recorded, *flat = tf.while_loop(
            lambda update, *_: update < count, body, (tf.constant(0), recorded, *flat), parallel_iterations=1
        )
        moved = unflat(flat)
        return [moved.trainable, moved.other, moved.optimizer, moved.metrics], recorded

    @staticmethod
    def _flat(state: Members) -> list[Tensor]:
        """All tensors in one list."""
        return [*state.trainable, *state.other, *state.optimizer, *state.metrics]

    def _traced_loop(self) -> Callable[..., Any]:
        """The compiled loop; traced here, so that what cannot be traced is known at once."""
        state = self._specs()
        indices = tf.TensorSpec((self.chunk, self.members, self.batch), tf.int32)
        scales = tf.TensorSpec((self.chunk, self.batch), keras.config.floatx())
        leaves = [tf.TensorSpec((None, *leaf.shape[1:]), leaf.dtype) for leaf in self.data.leaves()]
        function = tf.function(self._loop, autograph=False, jit_compile=self.is_compiled, reduce_retracing=True)
        try:
            with lowered_operations(windows=self.lowers_windows), _quiet():
                traced = function.get_concrete_function(state, indices, scales, tf.TensorSpec((), tf.int32), leaves)
        except CannotVectorise:
            raise
        except Exception as error:
            raise CannotVectorise(FallbackReason.TRACING, f"{type(error).__name__}: {first_line(error)}") from error
        for graph in _graphs_of(traced.graph):
            check_graph(graph)
        return traced

    def _specs(self) -> list[list[Any]]:
        """Shapes and types of the stacked state."""

        def spec(variable: Any) -> Any:
            return tf.TensorSpec((self.members, *variable.shape), variable.dtype)

        variables = (
            self.model.trainable_variables,
            self.model.non_trainable_variables,
            self.optimizer.variables,
            self.metric_variables,
        )
        return [list(map(spec, part)) for part in variables]

    def _leaves(self, data: TrainingData) -> list[Array]:
        """The arrays of the data; if batches are padded, sample weights are the last of them."""
        leaves = data.leaves()
        if self.pads and not self.takes_weight:
            leaves.append(np.ones(data.rows, keras.config.floatx()))
        return leaves

    # Use

    def starting(self, seeds: Sequence[int], weights: Sequence[Array], learning_rates: Array | None) -> Members:
        """The members before the first update.

        Args:
            seeds: one of each member, for dropout and noise.
            weights: for each weight of ``model.weights``, (members, ...).
            learning_rates: (members,) or None for the program's own.
        Raises:
            ValueError: learning rates for an optimizer with a schedule.
        """
        by_variable = {id(v): stacked for v, stacked in zip(self.model.weights, weights)}

        def value(variable: Any) -> Tensor:
            known = by_variable.get(id(variable))
            if known is not None:
                return tf.constant(known, variable.dtype)
            return tf.constant(np.stack([np.asarray(variable)] * self.members), variable.dtype)

        other = [value(v) for v in self.model.non_trainable_variables]
        numbers = seed_places(self.model)
        for number, place in enumerate(numbers):
            states = [[derived_seed(seed, number, SEED_STREAM), 0] for seed in seeds]
            other[place] = tf.constant(states, self.model.non_trainable_variables[place].dtype)
        optimizer = [value(v) for v in self.optimizer.variables]
        if learning_rates is not None:
            optimizer[self.rate_place()] = tf.constant(learning_rates, self.optimizer._learning_rate.dtype)
        state = Members(trainable=[value(v) for v in self.model.trainable_variables], other=other, optimizer=optimizer)
        return self.with_fresh_metrics(state)

    def rate_place(self) -> int:
        """Where the learning rate stands among the optimizer's variables.

        Raises:
            ValueError: the rate is a schedule.
        """
        for place, variable in enumerate(self.optimizer.variables):
            if variable is self.optimizer._learning_rate:
                return place
        raise ValueError("the learning rate is a schedule, so that members cannot have rates of their own")

    def with_rates(self, state: Members, rates: Array) -> Members:
        """The same members with these learning rates, (members,)."""
        optimizer = list(state.optimizer)
        optimizer[self.rate_place()] = tf.constant(rates, self.optimizer._learning_rate.dtype)
        return replace(state, optimizer=optimizer)

    def with_fresh_metrics(self, state: Members) -> Members:
        """The same members with nothing counted in their metrics."""
        if not self.has_metrics:
            return state
        fresh = [
            tf.constant(np.stack([value] * self.members), v.dtype)
            for v, value in zip(self.metric_variables, self.fresh_metrics)
        ]
        return replace(state, metrics=fresh)

    def tensors(self, data: TrainingData) -> list[Tensor]:
        """The data in the form that ``run`` takes."""
        return [tf.constant(leaf) for leaf in self._leaves(data)]

    def run(self, state: Members, batches: Array, sizes: Array, leaves: list[Tensor]) -> tuple[Members, Array]:
        """Make some updates, at most ``chunk``.

        Args:
            batches: (updates, members, batch) rows of each batch; what a smaller batch leaves over may be anything.
            sizes: (updates,) rows that each batch really has.
            leaves: from ``tensors``.
        Returns:
            the members, and the losses (updates, members).
        Raises:
            CannotVectorise: TensorFlow cannot run the loop, most often XLA cannot compile it.
        """
        count = len(batches)
        indices = np.zeros((self.chunk, self.members, self.batch), np.int32)
        indices[:count] = batches
        scales = np.ones((self.chunk, self.batch), keras.config.floatx())
        for update in np.flatnonzero(sizes < self.batch):
            scales[update] = 0.0
            scales[update, : sizes[update]] = self.batch / sizes[update] if self._averages else 1.0
        parts = [state.trainable, state.other, state.optimizer, state.metrics]
        try:
            parts, losses = self._train(parts, tf.constant(indices), tf.constant(scales), tf.constant(count), leaves)
        except tf.errors.OpError as error:
            raise CannotVectorise(FallbackReason.EXECUTION, f"{type(error).__name__}: {first_line(error)}") from error
        moved = Members(trainable=parts[0], other=parts[1], optimizer=parts[2], metrics=parts[3])
        return moved, losses.numpy()[:count]

    @property
    def _averages(self) -> bool:
        """Whether the loss is a mean over rows, not a sum."""
        losses = self.model._compile_loss
        return getattr(getattr(losses, "_user_loss", None), "reduction", "mean") != "sum"

    def weights(self, state: Members) -> list[Array]:
        """For each weight of ``model.weights``, (members, ...)."""
        variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        values = {id(v): value for v, value in zip(variables, [*state.trainable, *state.other])}
        return [values[id(v)].numpy() for v in self.model.weights]

    # Prediction and evaluation

    def _predicted(self, trainable: Any, other: Any, x: Any) -> Any:
        """Outputs of all members for the same rows, (members, rows, ...)."""

        def predict(arguments: Any) -> Any:
            with self._scope(arguments[0], arguments[1], None):
                return self.model(x, training=False) if self.model._call_has_training_arg else self.model(x)

        return self._mapped(predict, (tuple(trainable), tuple(other)))

    def _evaluated(self, trainable: Any, other: Any, metrics: Any, batch: Any) -> Any:
        """(losses, metrics' variables) of all members on the same rows."""
        arguments = (tuple(trainable), tuple(other), tuple(metrics))
        losses, _, counted = self._mapped(
            lambda a: self._member_loss(a[0], a[1], a[2], batch, training=False), arguments
        )
        return losses, counted

    def _metric_results(self, metrics: Any) -> dict[str, Any]:
        """Name -> (members,) of all metrics, the loss included."""

        def results(variables: Any) -> dict[str, Any]:
            with StatelessScope(state_mapping=list(zip(self.metric_variables, variables))):
                return dict(self.model.get_metrics_result())

        return self._mapped(results, tuple(metrics))

    def _for_any_rows(self, function: Any, batch: Any, *state: list[Tensor]) -> Any:
        """Call ``function`` with the state and a batch; it is traced once for any number of rows."""
        spec = keras.tree.map_structure(
            lambda t: None if t is None else tf.TensorSpec((None, *t.shape[1:]), t.dtype), batch
        )
        try:
            with lowered_operations(windows=self.lowers_windows), _quiet():
                traced = function.get_concrete_function(*state, spec)
            return traced(*state, batch)
        except CannotVectorise:
            raise
        except Exception as error:
            raise CannotVectorise(FallbackReason.TRACING, f"{type(error).__name__}: {first_line(error)}") from error

    def predict(self, state: Members, x: Any, at_once: int) -> Any:
        """Outputs in inference mode, (members, rows, ...), or a list or dict of them.

        Args:
            at_once: rows that are predicted at once.
        """
        rows = keras.tree.flatten(x)[0].shape[0]
        parts = []
        for first in range(0, rows, at_once):
            piece = keras.tree.map_structure(tf.constant, take_rows(x, slice(first, first + at_once)))
            outputs = self._for_any_rows(self._predict, piece, state.trainable, state.other)
            parts.append(keras.tree.map_structure(lambda t: t.numpy(), outputs))
        return keras.tree.map_structure(lambda *pieces: np.concatenate(pieces, axis=1), *parts)

    def evaluate(self, state: Members, data: TrainingData, piece: int) -> tuple[Array, dict[str, Array]]:
        """(losses (members,), metrics by name) in inference mode, as ``evaluate`` reports them.

        Args:
            piece: rows that are evaluated at once; the loss is the mean over pieces, weighted by their rows.
        """
        state = self.with_fresh_metrics(state)
        total = np.zeros(self.members)
        for first in range(0, data.rows, piece):
            part = tuple(take_rows(a, slice(first, first + piece)) for a in (data.x, data.y, data.sample_weight))
            part = keras.tree.map_structure(lambda a: None if a is None else tf.constant(a), part)
            losses, metrics = self._for_any_rows(self._evaluate, part, state.trainable, state.other, state.metrics)
            state = replace(state, metrics=list(metrics))
            total += losses.numpy().astype(np.float64) * min(piece, data.rows - first)
        return total / data.rows, self.metric_results(state)

    def metric_results(self, state: Members) -> dict[str, Array]:
        """Name -> (members,) of what the metrics have counted; empty if they are not recorded."""
        if not self.has_metrics:
            return {}
        with _quiet():
            return {name: value.numpy() for name, value in self._results(state.metrics).items()}


def one_row(data: TrainingData, *, has_weight: bool) -> TrainingData:
    """The first row of some data, for its structure and types; with a sample weight if there is to be one."""
    x, y, weight = keras.tree.map_structure(
        lambda a: None if a is None else a[:1], (data.x, data.y, data.sample_weight)
    )
    if has_weight and weight is None:
        weight = np.ones(1, keras.config.floatx())
    return TrainingData(x=x, y=y, sample_weight=weight, rows=1)


def seed_places(model: Any) -> list[int]:
    """Where the states of seeds stand among the non-trainable variables of a model."""
    weights = {id(v) for v in model.weights}
    return [
        place
        for place, v in enumerate(model.non_trainable_variables)
        if id(v) not in weights and v.path.endswith("seed_generator_state") and tuple(v.shape) == (2,)
    ]


def _graphs_of(graph: Any) -> list[Any]:
    """A graph and those of the functions that it calls."""
    found, waiting = [], [graph]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        found.append(current)
        for name in getattr(current, "_functions", {}):
            inner = getattr(current._get_function(name), "graph", None)
            if inner is not None:
                waiting.append(inner)
    return found


class _quiet:
    """Keep TensorFlow from reporting each operation that is vectorised by a loop."""

    def __enter__(self) -> None:
        self.logger = logging.getLogger("tensorflow")
        self.level = self.logger.level
        self.logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        self.logger.setLevel(self.level)


_LOOPS: OrderedDict[Hashable, VectorisedLoop | CannotVectorise] = OrderedDict()


def loop_for(key: Hashable, make: Callable[[], VectorisedLoop]) -> VectorisedLoop:
    """The loop kept under a key, made if there is none yet.

    Raises:
        CannotVectorise: it could not be made, now or the last time.
    """
    known = _LOOPS.get(key)
    if known is None:
        try:
            known = make()
        except CannotVectorise as error:
            known = error
        remember(key, known)
    else:
        _LOOPS.move_to_end(key)
    if isinstance(known, CannotVectorise):
        raise known
    return known


def known_loop(key: Hashable) -> VectorisedLoop | None:
    """The loop kept under a key, if there is one."""
    known = _LOOPS.get(key)
    return known if isinstance(known, VectorisedLoop) else None


def remember(key: Hashable, value: VectorisedLoop | CannotVectorise) -> None:
    """Keep a loop, or that there can be none, under a key."""
    _LOOPS[key] = value
    _LOOPS.move_to_end(key)
    while len(_LOOPS) > MAX_LOOPS:
        _LOOPS.popitem(last=False)
