"""One case computed under the backend of this process, in one dtype."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..models.costs import COSTS
from ..models.network import Array
from ..programs.copies import array_of, set_weights
from ..programs.derivatives import compiled, with_gradient
from .case import Case, Start, inputs_of
from .configs import with_dtype, with_float32_constants
from .definitions import own_names
from .quantities import RECORDED_UPDATES, Kind, Quantity
from .taps import Disturbance, Tapped, Taps

MAX_ELEMENTS = 50_000  # of an array that is compared; of a larger one a sample, the same in every setup
HELD_BATCH = 256  # rows that are predicted at once
MIN_TERMS = 32  # roundings of an elementwise function, such as tanh, at most

Values = dict[Quantity, Array]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one training came to: the loss on the rows that judge, and the predictions for them."""

    loss: float
    predictions: Array


def sampled(values: Array) -> Array:
    """The elements that are compared, (elements,)."""
    flat = np.asarray(values, np.float64).reshape(-1)
    if flat.size <= MAX_ELEMENTS:
        return flat
    return flat[np.random.default_rng(flat.size).integers(0, flat.size, MAX_ELEMENTS)]


def is_float(array: Array) -> bool:
    """Whether it holds real numbers."""
    return np.issubdtype(array.dtype, np.floating)


class Computation:
    """A case in one dtype, ready to be computed.

    Args:
        case: what is computed.
        dtype: name of the dtype policy of every layer.
        jit: Keras' ``jit_compile``; None for "auto".
        is_reference: whether it is the float64 computation that others are measured by: then constants are the same
            under every backend.
        has_dense_gradients, has_plain_outputs: see ``Job``.

    Attributes:
        shapes: of each quantity, known after it was computed.
        terms: of each quantity of the start, how many roundings one of its elements may have gone through.
    """

    def __init__(
        self,
        case: Case,
        dtype: str,
        *,
        jit: bool | None,
        is_reference: bool = False,
        has_dense_gradients: bool = False,
        has_plain_outputs: bool = False,
    ) -> None:
        plain = "float64" if dtype == "float64" else "float32"
        keras.config.set_floatx(plain)
        keras.utils.set_random_seed(case.seed)
        self.case, self.plain = case, plain
        configs = [
            with_dtype(case.model, dtype, plain),
            *(with_dtype(c, plain, plain) for c in (case.loss, case.optimizer)),
        ]
        if is_reference:
            configs = [with_float32_constants(config) for config in configs]
        model, loss, optimizer = (_made(config, case) for config in configs)
        if not model.built:
            model.build(keras.tree.map_structure(np.shape, self.floats(inputs_of(case.x))))
        set_weights(model, case.weights)
        model.compile(loss=loss, optimizer=optimizer, jit_compile="auto" if jit is None else jit)
        model.optimizer.build(model.trainable_variables)
        if has_dense_gradients:
            make_gradients_dense(model.optimizer)
        if has_plain_outputs:
            make_outputs_plain(model)
        self.model, self.is_compiled = model, bool(model.jit_compile)
        self.optimizer_start = [array_of(variable) for variable in model.optimizer.variables]
        self.taps = Taps(model)
        self.names = list(self._names())
        self.shapes: dict[Quantity, tuple[int, ...]] = {}
        self.terms: dict[Quantity, int] = {}
        self.functions: dict[bool, Any] = {}  # whether disturbed -> the compiled function
        self.tapped: tuple[list[Tapped], list[Tapped]] = ([], [])

    def floats(self, values: Any) -> Any:
        """Arrays with real numbers in this computation's dtype, as ``fit`` gives them to the model."""

        def one(array: Array | None) -> Array | None:
            return array.astype(self.plain) if array is not None and is_float(array) else array

        return keras.tree.map_structure(one, values)

    def _names(self) -> Iterator[tuple[str, str]]:
        """(layer, weight) of each weight of the model."""
        owners = {
            id(weight): (tapped.path, weight.path.split(f"{tapped.layer.name}/")[-1])
            for tapped in self.taps.layers
            for weight in tapped.layer.weights
        }
        for weight in self.model.weights:
            yield owners.get(id(weight), ("", weight.path))

    # The start

    def at_start(self, size: float | None = None, phase: float = 0.0) -> Values:
        """Outputs of all layers, the loss and the gradients on the first batch.

        Args:
            size: relative disturbance of weights, inputs and outputs of layers. None computes without any; 0.0 computes
                the same as other sizes do, so that nothing but the disturbance is different.
            phase: which disturbance.
        """
        is_disturbed, size = size is not None, size or 0.0
        x, y, weights = self.floats(self.case.rows(self.case.batches[0]))
        set_weights(self.model, self._disturbed(self.case.weights, size, phase))
        x = self._disturbed_inputs(x, size, phase)
        if is_disturbed not in self.functions:
            function = with_gradient(self._disturbed_loss if is_disturbed else self._loss)
            self.functions[is_disturbed] = compiled(function, jit=self.is_compiled)
        tensors = [
            None if v is None else keras.tree.map_structure(keras.ops.convert_to_tensor, v) for v in (x, y, weights)
        ]
        scalars = [keras.ops.convert_to_tensor(value, dtype="float64") for value in (size, phase)] * is_disturbed
        loss, outputs, gradients = self.functions[is_disturbed](
            [variable.value for variable in self.model.trainable_variables],
            [variable.value for variable in self.model.non_trainable_variables],
            *tensors,
            *scalars,
        )
        set_weights(self.model, self.case.weights)
        values: Values = {}
        rows = len(self.case.batches[0])
        for kind, tapped, arrays in zip((Kind.INFERENCE_OUTPUT, Kind.TRAINING_OUTPUT), self.tapped, outputs):
            self._add_outputs(values, kind, tapped, arrays, rows)
        most = max([MIN_TERMS, *self.terms.values()])
        self._add(values, Quantity(kind=Kind.LOSS), loss, most)
        trainable = {id(variable) for variable in self.model.trainable_variables}
        names = [name for name, weight in zip(self.names, self.model.weights) if id(weight) in trainable]
        for (layer, weight), gradient in list(zip(names, gradients))[::-1]:  # in the order of the backward pass
            self._add(values, Quantity(kind=Kind.GRADIENT, layer=layer, weight=weight), gradient, most)
        return values

    def _add_outputs(
        self, values: Values, kind: Kind, tapped: Sequence[Tapped], arrays: Sequence[Any], rows: int
    ) -> None:
        """Add the outputs of layers; a layer may sum over its inputs, in training over those of the whole batch."""
        terms, numbers = MIN_TERMS, dict[str, int]()
        for one, array in zip(tapped, arrays):
            numbers[one.path] = numbers.get(one.path, 0) + 1
            terms = max(terms, one.inputs // rows if kind is Kind.INFERENCE_OUTPUT else one.inputs)
            self._add(values, Quantity(kind=kind, layer=one.path, number=numbers[one.path]), array, terms)

    def _add(self, values: Values, quantity: Quantity, tensor: Any, terms: int) -> None:
        """Add one quantity."""
        array = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, self.plain)))
        self.shapes[quantity], self.terms[quantity] = array.shape, terms
        values[quantity] = sampled(array)

    def _loss(self, values: Sequence[Any], others: Sequence[Any], x: Any, y: Any, weights: Any) -> tuple[Any, Any]:
        """The training loss, and the outputs of all layers in inference and in training."""
        return self._loss_with(None, values, others, x, y, weights)

    def _disturbed_loss(
        self, values: Sequence[Any], others: Sequence[Any], x: Any, y: Any, weights: Any, size: Any, phase: Any
    ) -> tuple[Any, Any]:
        """The same with every output of a layer disturbed."""
        return self._loss_with(Disturbance(size=size, phase=phase), values, others, x, y, weights)

    def _loss_with(
        self,
        disturbance: Disturbance | None,
        values: Sequence[Any],
        others: Sequence[Any],
        x: Any,
        y: Any,
        weights: Any,
    ) -> tuple[Any, Any]:
        """The training loss, and the outputs of all layers in inference and in training."""
        model = self.model
        mapping = [*zip(model.trainable_variables, values), *zip(model.non_trainable_variables, others)]
        with keras.StatelessScope(state_mapping=mapping):
            _, inference = self.taps.record(lambda: model(x, training=False), disturbance)
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True):
            y_pred, training = self.taps.record(lambda: model(x, training=True), disturbance)
            loss = model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weights, training=True)
        self.tapped = (inference, training)
        return loss, [[one.output for one in tapped] for tapped in self.tapped]

    def _disturbed(self, arrays: Sequence[Array], size: float, phase: float) -> list[Array]:
        """Arrays whose real numbers are off by a share of up to ``size``."""
        if size == 0.0:
            return list(arrays)
        random = np.random.default_rng(int(1000 * phase) + 1)
        return [
            array * (1.0 + size * random.uniform(-1, 1, array.shape)) if is_float(array) else array for array in arrays
        ]

    def _disturbed_inputs(self, x: Any, size: float, phase: float) -> Any:
        """Inputs whose real numbers are off by a share of up to ``size``."""
        return keras.tree.map_structure(lambda array: self._disturbed([array], size, phase + 0.5)[0], x)

    # The updates

    def after_updates(self, size: float = 0.0, phase: float = 0.0) -> Values:
        """The weights after each of ``RECORDED_UPDATES`` of Keras' own updates.

        Args:
            size: relative disturbance of the weights at the start.
            phase: which disturbance.
        """
        self._restart(self._disturbed(self.case.weights, size, phase))
        values: Values = {}
        for number, rows in enumerate(self.case.batches, start=1):
            x, y, weights = self.floats(self.case.rows(rows))
            self.model.train_on_batch(x, y, sample_weight=weights)
            if number in RECORDED_UPDATES:
                for (layer, name), weight in zip(self.names, self.model.weights):
                    quantity = Quantity(kind=Kind.WEIGHT, layer=layer, weight=name, updates=number)
                    array = array_of(weight)
                    self.shapes[quantity] = array.shape
                    values[quantity] = sampled(array)
        return values

    def _restart(self, weights: Sequence[Array]) -> None:
        """Put weights and the optimizer back to the start."""
        set_weights(self.model, weights)
        for variable, value in zip(self.model.optimizer.variables, self.optimizer_start):
            variable.assign(value)

    def train(self, start: Start) -> Score:
        """Train from one start and score what comes out."""
        self._restart(start.weights)
        for rows in start.batches:
            x, y, weights = self.floats(self.case.rows(rows))
            self.model.train_on_batch(x, y, sample_weight=weights)
        assert self.case.held_y is not None
        x, y = self.floats((self.case.held_x, self.case.held_y))
        count = len(y)
        predictions = [
            self.model.predict_on_batch(inputs_of({name: v[first : first + HELD_BATCH] for name, v in x.items()}))
            for first in range(0, count, HELD_BATCH)
        ]
        y_pred = np.concatenate([np.asarray(part, np.float64) for part in predictions])
        loss = self.model.compute_loss(
            x=None, y=keras.ops.convert_to_tensor(y), y_pred=keras.ops.convert_to_tensor(self.floats(y_pred))
        )
        return Score(loss=float(keras.ops.convert_to_numpy(loss)), predictions=y_pred)


def make_gradients_dense(optimizer: Any) -> None:
    """Let an optimizer get one row for each row of an embedding, where TensorFlow has one for each use of a row."""
    import tensorflow as tf  # only its gradients are sparse

    apply = optimizer.apply

    def apply_dense(gradients: Sequence[Any], *arguments: Any) -> Any:
        dense = [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients]
        return apply(dense, *arguments)

    optimizer.apply = apply_dense


def make_outputs_plain(model: Any) -> None:
    """Let the loss see the values of the outputs only.

    Under TensorFlow, a softmax or sigmoid remembers its logits with its output, and cross-entropies take these in the
    place of the output.
    """
    import tensorflow as tf  # no other backend remembers logits

    compute_loss = model.compute_loss

    def compute_plain_loss(*, y_pred: Any, **arguments: Any) -> Any:
        return compute_loss(y_pred=keras.tree.map_structure(tf.identity, y_pred), **arguments)

    model.compute_loss = compute_plain_loss


def _made(config: Any, case: Case) -> Any:
    """The object of a configuration; a loss may be a name."""
    if isinstance(config, str):
        return COSTS[config].keras_loss(keras)() if config in COSTS else config
    return keras.saving.deserialize_keras_object(
        config, custom_objects=own_names(case.definitions), safe_mode=not case.runs_code
    )
