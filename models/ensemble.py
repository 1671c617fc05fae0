"""The network by hand for many networks at once: members that differ in start, learning rate or optimizer's settings.

The steps are those of handwritten.py with one more axis, the members, which comes last: neighbouring numbers then
belong to neighbouring members and go through the same operations, which is what a processor's vector units want.

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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from . import loop, updates
from .activations import activate
from .costs import cost_of, weight_of_piece
from .handwritten import output_delta, through_activation
from .network import Array, MemberWeights, Network, block_size
from .optimizers import Optimizer
from .training import Training

if TYPE_CHECKING:
    from jaxtyping import Float

# Up to so many multiplications for a member, a product is faster as broadcast multiply and reduce_sum, above as einsum.
# ns for a member and iteration of three layers, float32, blocks of 256 on one core, observations x inputs x units:
# 2 x 3 x 3: 20 against 67; 8 x 8 x 8: 750, 930; 100 x 4 x 4: 4400, 4400; 16 x 16 x 16: 4500, 5600;
# 100 x 16 x 16: 73000, 21000; 64 x 64 x 64: 710000, 140000.
BROADCAST_AT_MOST = 4096

CHUNK = 2**16  # members whose starts and results are held at once

PIECE = 2**24  # numbers of one layer, of all members of a block, that a cost holds at once


def is_small(a: tf.Tensor, units: int) -> bool:
    """Whether a product of a, (observations, inputs, ...), that has or had so many units is worth no einsum."""
    return a.shape[0] * a.shape[1] * units <= BROADCAST_AT_MOST


def pre_activation(
    a: Float[tf.Tensor, "observations inputs _members"], w: Float[tf.Tensor, "inputs+1 units members"]
) -> Float[tf.Tensor, "observations units members"]:
    """z_l = b_l + a_(l-1) K_l with b_l row 0 of w_l and K_l the others.

    (observations, inputs, members or 1), (inputs + 1, units, members) to (observations, units, members)
    """
    if is_small(a, w.shape[1]):
        return w[0] + tf.reduce_sum(a[:, :, None] * w[1:], axis=1)
    if a.shape[2] == 1:
        return w[0] + tf.einsum("ni,ium->num", a[:, :, 0], w[1:])
    return w[0] + tf.einsum("nim,ium->num", a, w[1:])


def weight_gradient(
    a: Float[tf.Tensor, "observations inputs _members"], delta: Float[tf.Tensor, "observations units members"]
) -> Float[tf.Tensor, "inputs+1 units members"]:
    """dC/dw_l: in row 0, the bias' own, the sum of delta_l over the observations, and a_(l-1)^T delta_l under it.

    (observations, inputs, members or 1), (observations, units, members) to (inputs + 1, units, members)
    """
    if is_small(a, delta.shape[1]):
        kernel = tf.reduce_sum(a[:, :, None] * delta[:, None], axis=0)
    elif a.shape[2] == 1:
        kernel = tf.einsum("ni,num->ium", a[:, :, 0], delta)
    else:
        kernel = tf.einsum("nim,num->ium", a, delta)
    return tf.concat([tf.reduce_sum(delta, axis=0, keepdims=True), kernel], axis=0)


def back_through_weights(
    delta: Float[tf.Tensor, "observations units members"], w: Float[tf.Tensor, "inputs_and_bias units members"]
) -> Float[tf.Tensor, "observations inputs_and_bias-1 members"]:
    """dC/da_(l-1) = delta_l K_l^T

    (observations, units, members), (inputs + 1, units, members) to (observations, inputs, members)
    """
    if is_small(delta, w.shape[0] - 1):
        return tf.reduce_sum(delta[:, None] * w[1:], axis=2)
    return tf.einsum("num,ium->nim", delta, w[1:])


def forward_pass(
    network: Network,
    weights: Sequence[Float[tf.Tensor, "_rows _units members"]],
    x: Float[tf.Tensor, "observations inputs"],
) -> tuple[
    list[Float[tf.Tensor, "observations _units members"]], list[Float[tf.Tensor, "observations _units _members"]]
]:
    """([z_1, .., z_L], [a_0, .., a_L]), each (observations, units, members); a_0 is x, (observations, inputs, 1)"""
    z: list[tf.Tensor] = []
    a = [x[:, :, None]]
    for w, activation in zip(weights, network.activations):
        z.append(pre_activation(a[-1], w))
        a.append(activate(activation, z[-1]))
    return z, a


def gradients(
    network: Network,
    weights: list[Float[tf.Tensor, "_rows _units members"]],
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[Float[tf.Tensor, "_rows _units members"]]:
    """dC/dw of each layer, (inputs + 1, units, members)"""
    _, a = forward_pass(network, weights, x)
    delta = output_delta(network, a[-1], y[:, :, None])
    found = [weight_gradient(a[-2], delta)]
    for layer in reversed(range(1, network.depth)):
        delta = through_activation(
            network.activations[layer - 1], back_through_weights(delta, weights[layer]), a[layer]
        )
        found.insert(0, weight_gradient(a[layer - 1], delta))
    return found


def costs(
    network: Network,
    weights: list[Float[tf.Tensor, "_rows _units members"]],
    x: Float[tf.Tensor, "observations inputs"],
    y: Float[tf.Tensor, "observations outputs"],
) -> list[Float[tf.Tensor, " members"]]:
    """[C], (members,); where the observations are too many for the memory, they are taken in pieces"""

    def of(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        z, a = forward_pass(network, weights, x)
        return cost_of(network.cost, z[-1], a[-1], y[:, :, None])

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


def check_of_members(what: str, value: ArrayLike, members: int) -> Array:
    """The value in float64, () or (members,); ValueError if it has another shape."""
    array = np.asarray(value, np.float64)
    if array.shape not in ((), (members,)):
        raise ValueError(f"{what} must be one number or one for each of {members} members, got shape {array.shape}")
    return array


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
    """Those members of (..., members); a number that all share stays one."""
    return tf.constant(values[..., block] if values.ndim else values, dtype)


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
) -> Iterator[Advance]:
    """Take all members from one recorded iteration to the next; what ``recording`` gives must end in a members axis,
    and have the same shape for any number of observations."""
    members = check_members(network, weights)
    dtype, batches = weights[0].dtype, training.batches
    rates = check_of_members("the learning rate", training.learning_rate, members)
    name, settings = settings_of_members(training.optimizer, members)
    observations = len(x)
    program = loop.compiled_descent(gradients, recording, network, name, loop.batch_size_of(batches, observations))
    x, y = tf.constant(x, dtype), tf.constant(y, dtype)

    size = block_size(network, dtype)
    blocks = np.minimum(np.arange(-(-members // size) * size), members - 1).reshape(-1, size)
    starts = [[members_of(w, block, dtype) for w in weights] for block in blocks]
    points: Sequence[loop.Point] = [loop.Point(0, start, updates.start(name, start)) for start in starts]
    rates_of = [members_of(rates, block, dtype) for block in blocks]
    settings_of = [
        {setting: members_of(values, block, np.dtype(np.float64)) for setting, values in settings.items()}
        for block in blocks
    ]

    recorded_bytes = len(blocks) * sum(v.numpy().nbytes for v in recording(network, starts[0], x[:1], y[:1]))
    stops = loop.stops_at_once(recorded_bytes)
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # TensorFlow lets go of Python's lock while it computes
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
) -> Outcome:
    """Train as ``train`` does and keep the costs, of all observations, and the last weights.

    Args and errors as there; at least one iteration is recorded.
    """
    kept: list[Array] = []
    for advance in descend(costs, network, weights, x, y, training):
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
    rates, optimizer = check_of_members("the learning rate", training.learning_rate, members), training.optimizer
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
    """(members,): the first recorded iteration with a cost at or under ``target``; NaN where there is none."""
    reached = outcome.costs <= target
    return np.where(reached.any(axis=0), np.asarray(recorded, np.float64)[reached.argmax(axis=0)], np.nan)
