"""The network by hand for many networks at once: members that differ in start, learning rate or optimizer's settings.

The steps are those of handwritten.py with one more axis, the members. It is the last in small networks
(members_last.py) and the first in large ones, with few observations before the units (members_first.py) and with many
after them (observations_last.py): which is faster depends on the sizes (``way_of``).

The members are trained in blocks. A block is small enough to stay in a core's cache for all its iterations, and the
blocks are shared out among the cores. All blocks have one size, the last being filled up with copies, so there is one
program, and a member comes out the same bit for bit whatever its neighbours and however many they are.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import loop, members_first, members_last, observations_last, updates
from .costs import cost_of, weight_of_piece
from .network import Array, MemberWeights, Network, block_size, is_small
from .optimizers import Optimizer
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float

# What a block's numbers take in memory: its weights, and for each observation of a pass its activations.
BLOCK_BYTES_LAST, BLOCK_BYTES_FIRST = 2**17, 2**20
FEWEST_LAST = 16  # members: a vector register's

CHUNK = 2**16  # members whose starts and results are held at once

PIECE = 2**24  # numbers of one layer, of all members of a block, that a cost holds at once


def way_of(network: Network, observations: int) -> ModuleType:
    """The module whose layout is the fastest for iterations with so many observations."""
    if is_small(network, observations):
        return members_last
    return observations_last if observations >= observations_last.FEWEST_OBSERVATIONS else members_first


def layout_of(network: Network, observations: int) -> loop.Layout:
    """How the compiled loop holds the weights of an ensemble in iterations with so many observations."""
    way = way_of(network, observations)
    return loop.Layout(way.gradients, way.hold, way.release)


def members_together(network: Network, dtype: DTypeLike, observations: int) -> int:
    """Members of a block, a power of two: what a cache holds of them during an iteration with so many observations."""
    if is_small(network, observations):
        at_once, room, fewest = min(observations, members_last.OBSERVATIONS_AT_ONCE), BLOCK_BYTES_LAST, FEWEST_LAST
    else:
        at_once, room, fewest = observations, BLOCK_BYTES_FIRST, 1
    numbers = network.weight_count + at_once * sum(network.sizes[1:])
    fitting = max(room // (numbers * np.dtype(dtype).itemsize), fewest)
    return min(2 ** (fitting.bit_length() - 1), block_size(network, dtype))


def costs(
    network: Network,
    weights: list[Float[tf.Tensor, "_rows _units members"]],
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[Float[tf.Tensor, " members"]]:
    """[C], (members,); if the observations are too many for the memory, they are taken in pieces"""
    way = way_of(network, x.shape[0])
    parts = way.hold(weights)

    def of(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        z, a = way.output(network, parts, x)
        return cost_of(network.cost, z, a, y[:, :, None])

    observations = x.shape[0]
    at_once = max(1, PIECE // (max(network.sizes) * weights[0].shape[2]))
    if observations <= at_once:
        return [of(x, y)]

    def of_piece(first: tf.Tensor, count: int) -> tf.Tensor:
        share = tf.constant(weight_of_piece(network.cost, count, observations), x.dtype)
        return share * of(*(tf.slice(v, [first, 0], [count, v.shape[1]]) for v in (x, y)))

    whole, left = divmod(observations, at_once)
    _, total = tf.while_loop(
        lambda piece, total: piece < whole,
        lambda piece, total: (piece + 1, total + of_piece(piece * at_once, at_once)),
        (tf.constant(0), tf.zeros(weights[0].shape[2], x.dtype)),
    )
    return [total + of_piece(tf.constant(whole * at_once), left) if left else total]


def check_members(network: Network, weights: Sequence[Array]) -> int:
    """The number of members; ValueError unless each of ``weights`` is (inputs + 1, units, members) of the network."""
    got = tuple(np.shape(w) for w in weights)
    members = got[0][-1] if got and got[0] else 0
    if members < 1 or got != tuple((*shape, members) for shape in network.shapes):
        wanted = ", ".join(f"({rows}, {units}, members)" for rows, units in network.shapes)
        raise ValueError(f"weights of an ensemble have shapes {got}; this network wants ({wanted}), one member or more")
    return members


def rates_of_members(learning_rate: ArrayLike, members: int) -> Array:
    """The learning rate in float64, () or (members,); ValueError if it has another shape."""
    rates = np.asarray(learning_rate, np.float64)
    if rates.shape not in ((), (members,)):
        raise ValueError(
            f"the learning rate must be one number or one for each of {members} members, got shape {rates.shape}"
        )
    return rates


def settings_of_members(optimizer: Optimizer | Sequence[Optimizer], members: int) -> tuple[str, dict[str, Array]]:
    """The optimizer's name, and each setting in float64, () if there is one optimizer, (members,) if one a member.

    Raises:
        ValueError: other than one, or one for each member; or they differ in name.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer.name, {name: np.asarray(value, np.float64) for name, value in optimizer.settings}
    if len(optimizer) != members:
        raise ValueError(f"give one optimizer or one for each of {members} members, got {len(optimizer)}")
    names = sorted({one.name for one in optimizer})
    if len(names) > 1:
        raise ValueError(f"the members of an ensemble share one optimizer and may differ in settings, got {names}")
    values = np.array([[value for _, value in one.settings] for one in optimizer], np.float64)
    return names[0], {name: values[:, number] for number, (name, _) in enumerate(optimizer[0].settings)}


def members_of(values: Array, block: NDArray[np.intp], dtype: np.dtype) -> tf.Tensor:
    """Those members of (..., members)."""
    return tf.constant(values[..., block], dtype)


def numbers_of(values: Array, block: NDArray[np.intp], dtype: np.dtype, is_last: bool) -> tf.Tensor:
    """Those members' numbers of (members,), in the shape that goes with the weights as the loop holds them, the members
    last or first; a number that all share, (), stays one."""
    if not values.ndim:
        return tf.constant(values, dtype)
    return tf.constant(values[block] if is_last else values[block, None, None], dtype)


def thread_count() -> int:
    """How many threads train blocks of members: OMP_NUM_THREADS, or one for each core. It changes no result.

    Ray gives each of its workers that variable, as the worker's share of the cores.
    """
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(given) if given.isdecimal() and int(given) else os.cpu_count() or 1


class Advance(NamedTuple):
    """One call of the compiled program for every block.

    stops: at which iterations it stopped. recorded: what was recorded there, each (stops, ..., members). points: where
    each block has come to. members: how many there are without the copies that fill up the last block.
    """

    stops: list[loop.Stop]
    recorded: list[Array]
    points: Sequence[loop.Point]
    members: int

    @property
    def weights(self) -> MemberWeights:
        """(inputs + 1, units, members) at the last stop"""
        return [
            np.concatenate(layer, axis=-1)[..., : self.members]
            for layer in zip(*([w.numpy() for w in point.weights] for point in self.points))
        ]


def descend(
    recording: loop.Recording,
    network: Network,
    weights: MemberWeights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
    before_call: Callable[[], None] = lambda: None,
) -> Iterator[Advance]:
    """Take all members from one recorded iteration to the next; what ``recording`` gives must end in a members axis,
    and have the same shape for any number of observations. What ``before_call`` raises ends it."""
    members = check_members(network, weights)
    dtype, batches = weights[0].dtype, training.batches
    rates = rates_of_members(training.learning_rate, members)
    name, settings = settings_of_members(training.optimizer, members)
    observations = len(x)
    batch_size = loop.batch_size_of(batches, observations)
    at_once = batch_size or observations
    compiled = loop.compiled_descent(layout_of(network, at_once), recording, network, name, batch_size)

    def program(*arguments: Any) -> Any:
        before_call()
        return compiled(*arguments)

    x, y = tf.constant(x, dtype), tf.constant(y, dtype)

    size = members_together(network, dtype, at_once)
    blocks = np.minimum(np.arange(-(-members // size) * size), members - 1).reshape(-1, size)
    is_last = is_small(network, at_once)
    starts = [[members_of(w, block, dtype) for w in weights] for block in blocks]
    points: Sequence[loop.Point] = [loop.Point(0, start, updates.start(name, start)) for start in starts]
    rates_of = [numbers_of(rates, block, dtype, is_last) for block in blocks]
    settings_of = [
        {setting: numbers_of(values, block, np.dtype(np.float64), is_last) for setting, values in settings.items()}
        for block in blocks
    ]

    recorded_bytes = len(blocks) * sum(v.numpy().nbytes for v in recording(network, starts[0], x[:1], y[:1]))
    stops = loop.stops_at_once(recorded_bytes)
    with ThreadPoolExecutor(thread_count()) as threads:  # TensorFlow lets go of Python's lock while it computes
        for group in loop.calls(network, observations, size, training.recorded, stops, batches):
            orders = loop.orders_of(batches, observations, points[0].iteration, group[-1].iteration)
            advance = functools.partial(loop.advance, program, x=x, y=y, orders=orders, group=group, stops=stops)
            values, points = zip(*threads.map(advance, points, rates_of, settings_of))
            joined = [np.concatenate(parts, axis=-1)[..., :members] for parts in zip(*values)]
            yield Advance(group, joined, points, members)


def train(
    network: Network,
    weights: MemberWeights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
) -> Iterator[MemberWeights]:
    """The weights of all members at each of the recorded iterations.

    Args:
        weights: of each layer (inputs + 1, units, members), float32 or float64, in which everything is computed.
        x, y: (observations, inputs), (observations, outputs), shared by all members.
        training: its learning rate and its optimizer may be one for all members or one for each; the batches are
            shared by all.

    Raises:
        ValueError: shapes or lengths that do not fit; the message says which.
    """
    for advance in descend(loop.weights_themselves, network, weights, x, y, training):
        for number, stop in enumerate(advance.stops):
            if stop.recorded:
                yield [v[number] for v in advance.recorded]


class Outcome(NamedTuple):
    """Members that were trained.

    members: which. costs: (recorded, members), the cost at each recorded iteration. weights: of each layer
    (inputs + 1, units, members), at the last recorded iteration.
    """

    members: range
    costs: Float[Array, "recorded members"]
    weights: MemberWeights


def outcome(
    network: Network,
    weights: MemberWeights,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
    before_call: Callable[[], None] = lambda: None,
) -> Outcome:
    """Train as ``train`` does and keep the costs, of all observations, and the last weights.

    Args and errors as there; at least one iteration is recorded. ``before_call`` is called before each call of the
    compiled program, which takes at most about a second: what it raises ends the training, whatever thread trains.
    """
    kept: list[Array] = []
    for advance in descend(costs, network, weights, x, y, training, before_call):
        (of_stops,) = advance.recorded
        kept.extend(cost for cost, stop in zip(of_stops, advance.stops) if stop.recorded)
    return Outcome(range(advance.members), np.stack(kept), advance.weights)


def outcomes(
    network: Network,
    draw: Callable[[range], MemberWeights],
    members: int,
    x: Float[Array, "observations inputs"],
    y: Float[Array, "observations outputs"],
    training: Training,
    chunk: int = CHUNK,
) -> Iterator[Outcome]:
    """Draw and train members 0, 1, .., ``members`` - 1, so many at a time, in memory that their number does not raise.

    Args:
        draw: a range of members to their starting weights, each (inputs + 1, units, members), whatever the range
            starts at: ``initializers.draw_members`` with everything else given.
        chunk: how many members are drawn, trained and yielded at once. It changes no result.
        others: as for ``train``; recorded holds at least one iteration.
    """
    rates, optimizer = rates_of_members(training.learning_rate, members), training.optimizer
    for first in range(0, members, chunk):
        some = range(first, min(first + chunk, members))
        of_some = slice(some.start, some.stop)
        of_training = replace(
            training,
            learning_rate=rates[of_some] if rates.ndim else rates,
            optimizer=optimizer if isinstance(optimizer, Optimizer) else optimizer[of_some],
        )
        yield outcome(network, draw(some), x, y, of_training)._replace(members=some)


def iterations_to_reach(target: float, outcome: Outcome, recorded: Sequence[int]) -> Float[Array, " members"]:
    """(members,): the first recorded iteration with a cost at or under ``target``; NaN if there is none."""
    reached = outcome.costs <= target
    return np.where(reached.any(axis=0), np.asarray(recorded, np.float64)[reached.argmax(axis=0)], np.nan)
