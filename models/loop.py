"""Gradient descent as one compiled loop, for any way of computing the gradients, any optimizer, any thing to record.

The loop is one XLA program. It goes from one recorded iteration to the next, puts by what is to be recorded, and goes
on without leaving the compiled code. The iterations, the learning rate, the optimizer's settings and the orders of the
observations are arguments of it, so runs that share shapes share the program.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf

from . import updates
from .batches import Batches
from .network import Array, Network, Weights, check_weights
from .optimizers import Optimizer, Settings, State
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float

Gradients = Callable[[Network, list[tf.Tensor], tf.Tensor, tf.Tensor], list[tf.Tensor]]
Recording = Callable[[Network, list[tf.Tensor], tf.Tensor, tf.Tensor], list[tf.Tensor]]

# What one call of the program may do at most, so that memory stays bounded and an interrupt is soon heard.
STOPS = 32
RECORDED_BYTES = 2**21  # every call fills the array for its stops with zeros, however many of them are recorded
MULTIPLICATIONS = 4 * 10**9
LEAST_OF_AN_ITERATION = 2000  # multiplications in the time that an iteration of the smallest network takes


class Point(NamedTuple):
    """How far a descent has come: iterations done, the weights, and what the optimizer keeps for each of them."""

    iteration: int
    weights: list[tf.Tensor]
    state: list[State]


class Stop(NamedTuple):
    """An iteration at which the program stops for a moment; ``recorded`` is whether anybody asked for it."""

    iteration: int
    recorded: bool


class Orders(NamedTuple):
    """The orders of the observations in the epochs that a call goes through, (epochs x observations,), one after the
    other; and what makes of an iteration the number of its batch among theirs, ``iteration + shift``."""

    rows: tf.Tensor
    shift: tf.Tensor


def as_they_are(weights: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """The weights in the form they have outside of the program."""
    return list(weights)


class Layout(NamedTuple):
    """How the program computes gradients, and in which form it holds the weights, gradients and state meanwhile.

    gradients: takes and gives that form. hold: the weights to it. release: the inverse of ``hold``.
    """

    gradients: Gradients
    hold: Callable[[Sequence[tf.Tensor]], list[tf.Tensor]] = as_they_are
    release: Callable[[Sequence[tf.Tensor]], list[tf.Tensor]] = as_they_are


def in_other_form(
    form: Callable[[Sequence[tf.Tensor]], list[tf.Tensor]], state: Sequence[State], count: int
) -> list[State]:
    """An optimizer's state with ``form``, a layout's ``hold`` or ``release``, applied to the tensors of each slot;
    ``count`` is how many tensors that gives."""
    slots = [form(slot) for slot in zip(*state)]
    return list(zip(*slots)) if slots else [()] * count


def weights_themselves(network: Network, weights: list[tf.Tensor], x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
    """The ``Recording`` of the weights."""
    return weights


def gradients_of_batch(
    gradients: Gradients,
    size: int,
    network: Network,
    weights: list[tf.Tensor],
    x: tf.Tensor,
    y: tf.Tensor,
    orders: Orders,
    iteration: tf.Tensor,
) -> list[tf.Tensor]:
    """dC/dw of each layer for the cost of one batch: ``size`` observations, or what is left of them in the epoch"""
    observations = x.shape[0]
    per_epoch, left = -(-observations // size), observations % size
    number = tf.cast(iteration + orders.shift, tf.int32)
    epoch, place = number // per_epoch, number % per_epoch
    first = epoch * observations + place * size

    def of(count: int) -> list[tf.Tensor]:
        rows = tf.gather(orders.rows, first + tf.range(count))  # a slice would be a program for each ``shift``
        return gradients(network, weights, tf.gather(x, rows), tf.gather(y, rows))

    if left == 0:
        return of(size)
    return tf.cond(place < per_epoch - 1, lambda: of(size), lambda: of(left))


@functools.cache
def compiled_descent(
    layout: Layout, recording: Recording, network: Network, optimizer: str, batch_size: int | None
) -> Callable[..., tuple[list[tf.Tensor], list[tf.Tensor], list[State]]]:
    """One XLA program: (weights, state, x, y, orders, learning_rate, settings, iteration, stops, count, asked) to
    (recorded, weights, state).

    ``iteration`` is where the weights are; the first ``count`` of ``stops`` (stops,) are those to come, rising.
    What ``recording`` gives at each comes back stacked on axis 0, or zeros unless ``asked``; the weights and the state
    returned are those of the last. ``batch_size`` None is the full batch, which does not look at the ``orders``.
    Whatever the layout, weights and state come and go as (inputs + 1, units, ...).
    """

    def descent(
        weights: list[tf.Tensor],
        state: list[State],
        x: tf.Tensor,
        y: tf.Tensor,
        orders: Orders,
        learning_rate: tf.Tensor,
        settings: Settings,
        iteration: tf.Tensor,
        stops: tf.Tensor,
        count: tf.Tensor,
        asked: tf.Tensor,
    ) -> tuple[list[tf.Tensor], list[tf.Tensor], list[State]]:
        def iterate(
            iteration: tf.Tensor, weights: list[tf.Tensor], state: list[State]
        ) -> tuple[tf.Tensor, list[tf.Tensor], list[State]]:
            if batch_size is None:
                found = layout.gradients(network, weights, x, y)
            else:
                found = gradients_of_batch(layout.gradients, batch_size, network, weights, x, y, orders, iteration)
            return (
                iteration + 1,
                *updates.apply(optimizer, weights, found, state, learning_rate, iteration + 1, settings),
            )

        def to_next_stop(
            number: tf.Tensor,
            iteration: tf.Tensor,
            weights: list[tf.Tensor],
            state: list[State],
            recorded: list[tf.TensorArray],
        ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor], list[State], list[tf.TensorArray]]:
            stop = stops[number]
            iteration, weights, state = tf.while_loop(
                lambda iteration, *_: iteration < stop, iterate, (iteration, weights, state)
            )
            now = tf.cond(
                asked,
                lambda: recording(network, layout.release(weights), x, y),
                lambda: [tf.zeros(r.element_shape, r.dtype) for r in recorded],
            )
            return number + 1, iteration, weights, state, [r.write(number, v) for r, v in zip(recorded, now)]

        recorded = [
            tf.TensorArray(v.dtype, size=stops.shape[0], element_shape=v.shape)
            for v in recording(network, weights, x, y)
        ]
        held = layout.hold(weights)
        held_state = in_other_form(layout.hold, state, len(held))
        _, _, held, held_state, recorded = tf.while_loop(
            lambda number, *_: number < count, to_next_stop, (tf.constant(0), iteration, held, held_state, recorded)
        )
        return (
            [r.stack() for r in recorded],
            layout.release(held),
            in_other_form(layout.release, held_state, len(state)),
        )

    compiled = tf.function(descent, jit_compile=True, autograph=False)
    compiled._omit_frequent_tracing_warning = True  # each network is a program of its own, traced once
    return compiled


def stops_for(recorded: Sequence[int], apart: int) -> Iterator[Stop]:
    """The recorded iterations, and others between two that are more than ``apart`` from each other."""
    reached = 0
    for iteration in recorded:
        yield from (Stop(between, False) for between in range(reached + apart, iteration, apart))
        yield Stop(iteration, True)
        reached = iteration


def batch_size_of(batches: Batches | None, observations: int) -> int | None:
    """How many observations an iteration has at most; None for the full batch, which one as large as that is too."""
    return None if batches is None or batches.size >= observations else batches.size


def calls(
    network: Network,
    observations: int,
    members: int,
    recorded: Sequence[int],
    stops: int,
    batches: Batches | None = None,
) -> Iterator[list[Stop]]:
    """The stops in groups, one to a call: at most so many, and an amount of work, in each. One that is not recorded
    has a call of its own.

    An iteration's work is reckoned as three products a layer for each member, and what any iteration takes.
    """
    size = batch_size_of(batches, observations)
    work = 3 * (size or observations) * network.weight_count * members + LEAST_OF_AN_ITERATION
    apart = max(1, MULTIPLICATIONS // work)
    if batches is not None and size is not None:
        apart = min(apart, batches.iterations_held(observations))
    group: list[Stop] = []
    reached = 0
    for stop in stops_for(recorded, apart):
        if group and (len(group) == stops or stop.iteration - reached > apart):
            yield group
            reached, group = group[-1].iteration, []
        group.append(stop)
    if group:
        yield group


def stops_at_once(recorded_bytes: int) -> int:
    """How many stops a call may have when so many bytes are recorded at each."""
    return max(1, min(STOPS, RECORDED_BYTES // recorded_bytes))


def settings_of(optimizer: Optimizer) -> Settings:
    """The optimizer's settings as tensors, float64 whatever the weights' dtype (see optimizers.py)."""
    return {name: tf.constant(value, tf.float64) for name, value in optimizer.settings}


def orders_of(batches: Batches | None, observations: int, begin: int, end: int) -> Orders:
    """The orders of the epochs that iterations ``begin`` .. ``end`` - 1 lie in, in an array of one size for all calls;
    empty for the full batch."""
    if batches is None or batch_size_of(batches, observations) is None:
        return Orders(tf.zeros([0], tf.int32), tf.constant(0, tf.int64))
    found, place = batches.orders(observations, begin, end)
    rows = np.zeros((batches.epochs_held(observations), observations), np.int32)
    rows[: len(found)] = found
    return Orders(tf.constant(rows.reshape(-1)), tf.constant(place - begin, tf.int64))


def advance(
    program: Callable[..., tuple[list[tf.Tensor], list[tf.Tensor], list[State]]],
    point: Point,
    learning_rate: tf.Tensor,
    settings: Settings,
    x: tf.Tensor,
    y: tf.Tensor,
    orders: Orders,
    group: Sequence[Stop],
    stops: int,
) -> tuple[list[Array], Point]:
    """One call of a ``compiled_descent``: what was recorded at the group's stops, (stops, ...), and the point reached.

    The program has room for ``stops`` of them; the group may fill a part of it.
    """
    iterations = [stop.iteration for stop in group]
    recorded, weights, state = program(
        point.weights,
        point.state,
        x,
        y,
        orders,
        learning_rate,
        settings,
        tf.constant(point.iteration, tf.int64),
        tf.constant(iterations + [0] * (stops - len(iterations)), tf.int64),
        tf.constant(len(iterations), tf.int32),
        tf.constant(any(stop.recorded for stop in group)),
    )
    return [r.numpy()[: len(iterations)] for r in recorded], Point(iterations[-1], weights, state)


def update(
    gradients: Gradients,
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Weights:
    """The weights after a first iteration, op by op and not compiled: what ``train`` must come to as well."""
    check_weights(network, weights)
    dtype, optimizer = weights[0].dtype, training.single_optimizer
    tensors = [tf.constant(w) for w in weights]
    found = gradients(network, tensors, tf.constant(x, dtype), tf.constant(y, dtype))
    updated, _ = updates.apply(
        optimizer.name,
        tensors,
        found,
        updates.start(optimizer.name, tensors),
        tf.constant(training.learning_rate, dtype),
        tf.constant(1, tf.int64),
        settings_of(optimizer),
    )
    return [w.numpy() for w in updated]


def train(
    layout: Layout,
    network: Network,
    weights: Weights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Iterator[Weights]:
    """Descend from ``weights`` in that layout; yield them at each of the recorded iterations.

    Raises:
        ValueError: the weights have other shapes than the network's, or there is more than one optimizer.
    """
    check_weights(network, weights)
    dtype, optimizer, batches = weights[0].dtype, training.single_optimizer, training.batches
    observations = len(x)
    program = compiled_descent(
        layout, weights_themselves, network, optimizer.name, batch_size_of(batches, observations)
    )
    start = [tf.constant(w) for w in weights]
    point = Point(0, start, updates.start(optimizer.name, start))
    x, y, rate = tf.constant(x, dtype), tf.constant(y, dtype), tf.constant(training.learning_rate, dtype)
    settings = settings_of(optimizer)
    stops = stops_at_once(sum(w.nbytes for w in weights))
    for group in calls(network, observations, 1, training.recorded, stops, batches):
        orders = orders_of(batches, observations, point.iteration, group[-1].iteration)
        values, point = advance(program, point, rate, settings, x, y, orders, group, stops)
        for number, stop in enumerate(group):
            if stop.recorded:
                yield [v[number].copy() for v in values]
