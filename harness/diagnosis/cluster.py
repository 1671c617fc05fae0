"""Independent trainings of a diagnosis, with the same bits here as on a Ray cluster.

A part of the work is sent as a pickle. One that cannot be sent, such as a model with a layer of the user's own class
that Keras cannot read back, and one whose worker was lost repeatedly, is done on this machine.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import keras
import numpy as np
import tensorflow as tf

from .. import cluster
from ..models import ensemble
from ..models.network import MemberWeights, Network
from ..models.training import Training
from ..version import __version__

PROBE_SIZES, PROBE_ROWS, PROBE_MEMBERS, PROBE_ITERATIONS = (8, 16, 16, 4), 32, 16, 10

Part = TypeVar("Part")
Found = TypeVar("Found")


class Map(Protocol):
    """How parts are done on this machine, such as ``map``."""

    def __call__(self, work: Callable[[Part], Found], parts: Iterable[Part], /) -> Iterator[Found]:
        """What ``work`` gives for each part, in their order."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A part as a worker gets it.

    Attributes:
        number: of it, from 0.
        pickled: the part; None if it cannot be pickled.
    """

    number: int
    pickled: bytes | None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a part; ``is_done`` is False if this machine has to do it."""

    number: int
    is_done: bool
    found: Any = None


def versions() -> dict[str, str]:
    """The versions of the libraries that trainings depend on, by name."""
    return {"harness": __version__, "numpy": np.__version__, "keras": keras.__version__, "tensorflow": tf.__version__}


@functools.lru_cache(maxsize=1)
def arithmetic() -> str:
    """SHA-256 of the costs of some networks after a few iterations: how XLA rounds on this machine."""
    rng = np.random.default_rng(0)
    network = Network(PROBE_SIZES, ("sigmoid",) * (len(PROBE_SIZES) - 1))
    x, y = (rng.random((PROBE_ROWS, width)) for width in (PROBE_SIZES[0], PROBE_SIZES[-1]))
    weights: MemberWeights = [rng.normal(size=(*shape, PROBE_MEMBERS)) for shape in network.shapes]
    costs = ensemble.outcome(network, weights, x, y, Training(0.5, recorded=[PROBE_ITERATIONS])).costs
    return cluster.digest_of(costs)


def do_there(common: tuple[Callable[[Any], Any], str], sent: Sent) -> Done:
    """On a worker: do a part, if it can be read.

    Args:
        common: the work, and ``arithmetic`` on the machine that started it.
        sent: the part.

    Raises:
        OtherMachine: this worker rounds differently.
    """
    work, expected = common
    cluster.check_rounding(arithmetic(), expected)
    try:
        part = pickle.loads(sent.pickled or b"")
    except Exception:  # unpickling runs code of the user's classes, which may raise anything
        return Done(number=sent.number, is_done=False)
    return Done(number=sent.number, is_done=True, found=work(part))


def pickled(part: object) -> bytes | None:
    """A part with the functions and classes of the user's that it refers to; None if that is not possible."""
    from ray import cloudpickle

    try:
        return bytes(cloudpickle.dumps(part))
    except Exception:  # pickling runs code of the user's classes, which may raise anything
        return None


def lost(part: Sent) -> Done:
    """A part whose worker was lost repeatedly is done on this machine."""
    return Done(number=part.number, is_done=False)


def do_in_order(work: Callable[[Part], Found], parts: Iterable[Part], here: Map = map) -> Iterator[Found]:
    """What ``work`` gives for each part, in the order of the parts.

    Args:
        work: a function of a module, so that workers find it by its name.
        parts: taken as there is room for them.
        here: how they are done on this machine, if it is not connected to a cluster.

    Raises:
        BadInput: a worker differs from this machine.
    """
    if not cluster.is_connected():
        yield from here(work, parts)
        return
    kept: dict[int, Part] = {}
    done: dict[int, Done] = {}

    def to_send() -> Iterator[Sent]:
        for number, part in enumerate(parts):
            kept[number] = part
            yield Sent(number=number, pickled=pickled(part))

    there = cluster.spread(do_there, (work, arithmetic()), to_send(), versions, lost)
    number = 0
    with contextlib.closing(there):
        for one in there:
            done[one.number] = one
            while number in done:
                next_one, part = done.pop(number), kept.pop(number)
                yield next_one.found if next_one.is_done else work(part)
                number += 1
