"""Training loops of the user's own: ``train_on_batch`` and ``tf.GradientTape``.

Model, loss and optimizer are read at the first update. A plain loop is followed to its end (``followed_loops``) and
repeated by fit; trainings prove nothing about another.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import keras
import numpy as np

from ..kinds import ON_BATCH, TAPE
from ..source.places import Place, Sources, may_break_off, run_so_far
from .followed_loops import FollowedLoop, NotPlain, ScriptEnded, check_gradients, noises

Wrapper = Callable[..., Any]


FITS = "fit() on other rows in each pass of a loop"
SHARE_OF_ENDLESS = 0.5  # of the seconds of a loop, for one that never ends, or whose end is known
SHARE_OF_BREAKING = 0.9  # of them, for a loop whose end is known, and that can end before it
ROWS_AT_ONCE = 1024  # that are at most evaluated or predicted as one batch while a loop is followed
OF_QUESTIONS = {"self", "x", "y", "batch_size", "verbose"}  # arguments of evaluate that leave one batch one
PAIRS = (("target", "labels"), ("output", "logits"))  # what Keras and TensorFlow call targets and outputs
MOST_TAPES = 4  # tapes after which a loop without an optimizer of Keras is given up


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A loop at its first update."""

    how: str  # how it trains, such as ``train_on_batch()``
    model: Any  # the model that it trains
    # x, y: what the model was last called with, and its targets; None if they are not known
    x: Any = None
    y: Any = None
    # loss, optimizer: that it uses; None if they are those of compile, or not known
    loss: Any = None
    optimizer: Any = None
    gradients: tuple[tuple[Any, Any], ...] = ()  # that a tape's update applies, with their variables
    place: Place | None = None  # of a loss that is written in the loop; None if it is not known


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the outputs of a model are compared with, by something else than a ``Loss`` of Keras."""

    outputs: Any = None
    targets: Any = None
    place: Place | None = None  # in the user's code
    losses: tuple[keras.losses.Loss, ...] = ()  # whose values may be made of it


class OwnLoops:
    """Watches for loops in a script that never calls fit.

    Attributes:
        tapes: how often a tape was entered.
        place: where that was first.
        followed: the loop that goes on after its first update; None if there is none.
    """

    def __init__(
        self, sources: Sources, is_wanted: Callable[[], bool], at_loop: Callable[[Loop], None], give_up: Wrapper
    ) -> None:
        """Prepare to watch.

        Args:
            sources: the user's code.
            is_wanted: whether a loop at this moment is the training of the script.
            at_loop: called with a loop at its first update; it ends the script if ``followed`` is not set then.
            give_up: called with how a loop trains if it cannot be read; it ends the script.
        """
        self.sources, self.is_wanted, self.at_loop, self.give_up = sources, is_wanted, at_loop, give_up
        self.tapes = 0
        self.place: Place | None = None
        self.followed: FollowedLoop | None = None
        self.is_checking = False
        self.called: dict[int, tuple[Any, Any, Any]] = {}
        self.loss: Any = None
        self.targets: Any = None
        self.is_comparison_known = False
        self.loss_of_comparison: Any = None
        self.comparison = Comparison()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch inside the block."""
        import tensorflow as tf
        from keras.src import ops
        from keras.src.models.functional import Functional
        from keras.src.optimizers.base_optimizer import BaseOptimizer

        with (
            contextlib.ExitStack() as stack,
            mock.patch.object(keras.Model, "train_on_batch", self._on_batch(keras.Model.train_on_batch)),
            mock.patch.object(keras.Model, "evaluate", self._asked(keras.Model.evaluate, evaluate_batch)),
            mock.patch.object(keras.Model, "predict", self._asked(keras.Model.predict, keras.Model.predict_on_batch)),
            mock.patch.object(keras.Model, "__call__", self._call(keras.Model.__call__)),
            mock.patch.object(keras.Model, "__init_subclass__", self._subclassing(stack)),
            mock.patch.object(keras.losses.Loss, "__call__", self._loss(keras.losses.Loss.__call__)),
            mock.patch.object(BaseOptimizer, "apply_gradients", self._apply(BaseOptimizer.apply_gradients)),
            mock.patch.object(tf.GradientTape, "__enter__", self._enter(tf.GradientTape.__enter__)),
            mock.patch.object(tf, "function", self._function(tf.function)),
            mock.patch.object(tf.Tensor, "__sub__", self._subtract(tf.Tensor.__sub__)),
            mock.patch.object(tf.Tensor, "__rsub__", self._subtract(tf.Tensor.__rsub__)),
        ):
            for kind in (keras.Sequential, Functional):
                stack.enter_context(mock.patch.object(kind, "call", self._call(kind.call)))
            for module, name, loss in (
                (ops, "binary_crossentropy", keras.losses.BinaryCrossentropy),
                (ops, "categorical_crossentropy", keras.losses.CategoricalCrossentropy),
                (ops, "sparse_categorical_crossentropy", keras.losses.SparseCategoricalCrossentropy),
                (tf.nn, "sigmoid_cross_entropy_with_logits", keras.losses.BinaryCrossentropy),
                (tf.nn, "softmax_cross_entropy_with_logits", keras.losses.CategoricalCrossentropy),
                (tf.nn, "sparse_softmax_cross_entropy_with_logits", keras.losses.SparseCategoricalCrossentropy),
            ):
                function = getattr(module, name)
                stack.enter_context(mock.patch.object(module, name, self._crossentropy(function, loss)))
            yield

    def _is_here(self) -> bool:
        """Whether the user's code is what asks, in a script whose loop is wanted."""
        is_wanted = self.is_wanted() or self.followed is not None
        return is_wanted and not self.is_checking and self.sources.here() is not None

    def _update(self, loop: Loop) -> None:
        """An update of a loop: the first is handed on, and later ones are followed.

        Raises:
            ScriptEnded: the loop is not plain; it is left at its first update.
        """
        try:
            if self.followed is None:
                self.at_loop(loop)
            if self.followed is not None:
                self.followed.take(loop.model, loop.optimizer, loop.loss, loop.x, loop.y)
        except NotPlain:
            self.followed = None
            raise ScriptEnded from None

    def follow(self, loop: Loop, seconds: float, *, is_endless: bool) -> None:
        """Let a loop go on after its first update if it may be plain, for some time.

        Args:
            loop: at its first update.
            seconds: in which it has to end.
            is_endless: whether its text says that it never ends.

        Raises:
            NotPlain: its gradients are not those of its loss, or not known.
        """
        if loop.how == TAPE:
            self.is_checking = True
            try:
                gradients, variables = map(list, zip(*loop.gradients))
                check_gradients(loop.model, loop.loss, loop.x, loop.y, gradients, variables)
            finally:
                self.is_checking = False
        outermost = self.sources.outermost_loop()
        breaks_off = outermost is not None and may_break_off(outermost[0])
        shares = (SHARE_OF_ENDLESS, SHARE_OF_BREAKING if breaks_off else SHARE_OF_ENDLESS, 1)
        soon, long, late = (time.monotonic() + share * seconds for share in shares)
        deadline = soon if is_endless else late
        self.followed = FollowedLoop(
            loop.model, loop.optimizer, loop.loss, deadline, is_endless, self._run_so_far, long, breaks_off
        )

    def _run_so_far(self) -> tuple[int, int]:
        """As ``run_so_far``, of the loop of the user's that everything runs in."""
        outermost = self.sources.outermost_loop()
        return (0, 0) if outermost is None else run_so_far(*outermost)

    def _on_batch(self, train_on_batch: Wrapper) -> Wrapper:
        """Model.train_on_batch."""

        @functools.wraps(train_on_batch)
        def training(model: Any, x: Any, y: Any = None, *arguments: Any, **options: Any) -> Any:
            if self._is_here():
                self._update(Loop(how=ON_BATCH, model=model, x=x, y=y))
            return train_on_batch(model, x, y, *arguments, **options)

        return training

    def _asked(self, method: Wrapper, of_batch: Wrapper) -> Wrapper:
        """Model.evaluate or predict that takes few rows as one batch: many loops ask at every update.

        Args:
            method: of a model.
            of_batch: gives the same of one batch.
        """
        signature = inspect.signature(method)

        @functools.wraps(method)
        def asking(*arguments: Any, **options: Any) -> Any:
            given = signature.bind(*arguments, **options).arguments
            rows = [given[name] for name in ("x", "y") if name in given]
            is_followed = self.followed is not None and self.sources.here() is not None
            if is_followed and given.keys() <= OF_QUESTIONS and all(map(is_one_batch, rows)):
                return of_batch(given["self"], *rows)
            return method(*arguments, **options)

        return asking

    def _enter(self, enter: Wrapper) -> Wrapper:
        """GradientTape.__enter__."""

        def entering(tape: Any) -> Any:
            if self._is_here() and self.followed is None:
                self.tapes += 1
                self.place = self.place or self.sources.here()
                if self.tapes > MOST_TAPES:
                    self.give_up(TAPE)
            return enter(tape)

        return entering

    def _function(self, function: Wrapper) -> Wrapper:
        """tf.function that makes no graph of a function of the user's: only updates whose values are known are read."""

        @functools.wraps(function)
        def making(func: Any = None, *arguments: Any, **options: Any) -> Any:
            if func is None:
                return functools.partial(making, **options)
            code = getattr(func, "__code__", None)
            is_own = code is not None and self.sources.get(code.co_filename) is not None
            return eager(func) if is_own and self.is_wanted() else function(func, *arguments, **options)

        return making

    def _call(self, call: Wrapper) -> Wrapper:
        """Model.__call__ that remembers inputs and outputs."""

        @functools.wraps(call)
        def calling(model: Any, *arguments: Any, **options: Any) -> Any:
            outputs = call(model, *arguments, **options)
            if self.tapes and arguments and not self.is_checking:
                self.called[id(model)] = (model, arguments[0], outputs)
            return outputs

        return calling

    def _subclassing(self, stack: contextlib.ExitStack) -> Any:
        """Model.__init_subclass__ that also watches what the ``call`` of a new class is given: loops call it directly.

        Args:
            stack: takes the watching back.
        """

        def subclassing(kind: type[Any], /, **options: Any) -> None:
            super(keras.Model, kind).__init_subclass__(**options)
            if "call" in vars(kind):
                stack.enter_context(mock.patch.object(kind, "call", self._call(kind.call)))

        return classmethod(subclassing)

    def _loss(self, call: Wrapper) -> Wrapper:
        """Loss.__call__ that remembers the loss and the targets."""

        @functools.wraps(call)
        def calling(loss: Any, y_true: Any, *arguments: Any, **options: Any) -> Any:
            if self.tapes and not self.is_checking:
                self.loss, self.targets = loss, y_true
            return call(loss, y_true, *arguments, **options)

        return calling

    def _apply(self, apply_gradients: Wrapper) -> Wrapper:
        """Optimizer.apply_gradients."""

        @functools.wraps(apply_gradients)
        def applying(optimizer: Any, grads_and_vars: Iterable[Any], *arguments: Any, **options: Any) -> Any:
            pairs = list(grads_and_vars)
            found = self._model_of([variable for _, variable in pairs]) if self.tapes and self._is_here() else None
            if found is not None:
                model, x, outputs = found
                one = self.comparison
                is_compared = self.loss is None and one.outputs is outputs
                y, place = (one.targets, one.place) if is_compared else (self.targets, None)
                loss = self._loss_of_comparison(model, x, y, pairs) if is_compared else self.loss
                known = {"loss": loss, "optimizer": optimizer, "gradients": tuple(pairs), "place": place}
                self._update(Loop(how=TAPE, model=model, x=x, y=y, **known))
            return apply_gradients(optimizer, pairs, *arguments, **options)

        return applying

    def _loss_of_comparison(self, model: Any, x: Any, y: Any, pairs: list[tuple[Any, Any]]) -> Any:
        """The loss of Keras that a loop makes of a comparison, by its first gradients; None if there is none."""
        if not self.is_comparison_known:
            self.is_comparison_known = self.is_checking = True
            gradients, variables = map(list, zip(*pairs))
            for loss in () if noises(model) else self.comparison.losses:
                with contextlib.suppress(Exception):  # NotPlain, or tensors without values
                    check_gradients(model, loss, x, y, gradients, variables)
                    self.loss_of_comparison = loss
                    break
            self.is_checking = False
        return self.loss_of_comparison

    def _subtract(self, subtract: Wrapper) -> Wrapper:
        """Tensor.__sub__ or __rsub__ that remembers what is compared with the outputs of a model, and where."""

        @functools.wraps(subtract)
        def subtracting(one: Any, other: Any) -> Any:
            for outputs, targets in ((one, other), (other, one)):
                self._compare(outputs, targets, keras.losses.MeanSquaredError, keras.losses.MeanAbsoluteError)
            return subtract(one, other)

        return subtracting

    def _crossentropy(self, function: Wrapper, loss: type[keras.losses.Loss]) -> Wrapper:
        """A function of Keras or TensorFlow that remembers what is compared with the outputs of a model, and where.

        Args:
            loss: whose value is the mean of those of the function.
        """
        signature = inspect.signature(function)

        @functools.wraps(function)
        def calling(*arguments: Any, **options: Any) -> Any:
            bound = signature.bind(*arguments, **options)
            bound.apply_defaults()
            given = bound.arguments
            targets, outputs = (given[first] if first in given else given[second] for first, second in PAIRS)
            values = function(*arguments, **options)  # that of Keras calls that of TensorFlow
            self._compare(outputs, targets, lambda: loss(from_logits=given.get("from_logits", True)))
            return values

        return calling

    def _compare(self, outputs: Any, targets: Any, *losses: Callable[[], keras.losses.Loss]) -> None:
        """Remember what is compared with the outputs of a model, and where."""
        if self.tapes and not self.is_checking and any(outputs is known[2] for known in self.called.values()):
            made = tuple(loss() for loss in losses)
            self.comparison = Comparison(outputs=outputs, targets=targets, place=self.sources.here(), losses=made)

    def _model_of(self, variables: list[Any]) -> tuple[Any, Any, Any] | None:
        """The smallest model that was called and has all variables, with its inputs and outputs."""
        wanted = {id(variable) for variable in variables}
        fitting = [
            known
            for known in self.called.values()
            if wanted <= {id(part) for weight in known[0].trainable_weights for part in (weight, weight.value)}
        ]
        return min(fitting, key=lambda known: len(known[0].trainable_weights), default=None)


def is_one_batch(values: Any) -> bool:
    """Whether values are an array with few rows."""
    return isinstance(values, np.ndarray) and values.ndim > 0 and 0 < len(values) <= ROWS_AT_ONCE


def evaluate_batch(model: Any, x: Any, y: Any = None) -> Any:
    """What ``model.evaluate`` returns, of one batch."""
    model.reset_metrics()
    return model.test_on_batch(x, y)


def eager(function: Wrapper) -> Wrapper:
    """A function that is called as it is, with tensors in the place of arrays as in its graph."""

    @functools.wraps(function)
    def calling(*arguments: Any, **options: Any) -> Any:
        given = (keras.ops.convert_to_tensor(value) if isinstance(value, np.ndarray) else value for value in arguments)
        return function(*given, **options)

    return calling
