"""Train the chunks of a sweep on a Ray cluster, with the same bits as on one machine."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator, Sequence

from .. import cluster
from ..errors import BadInput
from . import provenance
from .sweep import Group, Job, Part, chunk_size, train_part

# on a worker: how it rounds a job
arithmetic_here = functools.lru_cache(maxsize=1)(provenance.arithmetic)


def train_there(common: tuple[Job, str], part: Part) -> Group:
    """On a worker: train a chunk.

    Args:
        common: the job, and the ``arithmetic`` of it on the machine that started the sweep.
        part: the members to train.

    Raises:
        OtherMachine: this worker rounds differently.
    """
    job, arithmetic = common
    cluster.check_rounding(arithmetic_here(job), arithmetic)
    (group,) = train_part(job, part, len(part.members))
    return group


def pieces(parts: Sequence[Part], size: int) -> Iterator[Part]:
    """The parts, cut into chunks of at most ``size`` members."""
    for combination, members in parts:
        for first in range(0, len(members), size):
            yield Part(combination, members[first : first + size])


def lost(part: Part) -> Group:
    """Raise BadInput: without this chunk the sweep is not complete."""
    raise BadInput(
        f"Ray: a chunk was lost with its worker {cluster.MAX_RETRIES + 1} times (out of memory?); "
        "finished chunks are kept; resume the sweep on other machines"
    )


def train(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
    """Train parts of a job on the cluster, and yield the chunks as they finish.

    Raises:
        BadInput: a worker differs from this machine, or a chunk was lost repeatedly.
    """
    if parts:
        common = (job, provenance.arithmetic(job))
        chunks = pieces(parts, chunk_size(job.scenario, 1))
        yield from cluster.spread(train_there, common, chunks, provenance.versions, lost)
