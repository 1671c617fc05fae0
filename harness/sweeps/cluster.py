"""Train the chunks of a sweep on an existing Ray cluster, with the same bits as on one machine.

Ray sends functions and data between its processes as pickles, so whoever can reach a cluster can run code on it. Only
the process that the user started writes to disk.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import logging
import os
import re
import socket
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput, shown
from . import provenance
from .sweep import Group, Job, Part, Train, chunk_size, train_part

MAX_RETRIES = 3  # of a chunk whose worker is lost
CHUNKS_PER_CORE = 2  # one that runs, and one that waits
CONNECT_TIMEOUT_SECONDS = 5.0
INSTALL = "pip install 'backprop-harness[ray]'"


@functools.cache
def job_of(reference: Any) -> tuple[Job, str]:
    """On a worker: the job, fetched once, and a digest of how this machine rounds it."""
    import ray

    job: Job = ray.get(reference)
    return job, provenance.arithmetic(job)


def train_there(wanted: Mapping[str, Any], references: Sequence[Any], part: Part) -> Group | str:
    """On a worker: train a chunk, or say how this worker differs from the machine that started the sweep.

    Args:
        wanted: the provenance of that machine.
        references: reference of the job, in a list so that it is not unpickled before the versions are compared.
        part: the members to train.
    """
    import ray

    node = ray.util.get_node_ip_address()
    for name, version in provenance.versions().items():
        if version != wanted["versions"][name]:
            expected = wanted["versions"][name]
            return f"{node} has {name} {version}, this machine has {expected}; install the same version on both"
    job, arithmetic = job_of(references[0])
    if arithmetic != wanted["arithmetic"]:
        return f"{node} rounds differently from this machine (another processor?); use machines of one kind"
    (group,) = train_part(job, part, len(part.members))
    return group


def pieces(parts: Sequence[Part], size: int) -> Iterator[Part]:
    """The parts, cut into chunks of at most ``size`` members."""
    for combination, members in parts:
        for first in range(0, len(members), size):
            yield Part(combination, members[first : first + size])


def cores() -> int:
    """The number of cores that the cluster has now."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


def train(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
    """Train parts of a job on the cluster, one chunk per core at a time, and yield the chunks as they finish.

    Raises:
        BadInput: a worker differs from this machine, or a chunk was lost repeatedly.
    """
    import ray

    if not parts:
        return
    if not cores():
        raise BadInput("Ray: the cluster has no core to train on; start a node with 'ray start'")
    # if a worker dies, Ray gives its chunk to another
    remote = ray.remote(num_cpus=1, max_retries=MAX_RETRIES, scheduling_strategy="SPREAD")(train_there)
    wanted, reference = provenance.provenance_of(job), ray.put(job)
    waiting = pieces(parts, chunk_size(job.scenario, 1))
    running: list[Any] = []
    try:
        while True:
            room = max(CHUNKS_PER_CORE * cores() - len(running), 0)
            running += [remote.remote(wanted, [reference], part) for part in itertools.islice(waiting, room)]
            if not running:
                return
            (first,), running = ray.wait(running, num_returns=1)
            try:
                outcome = ray.get(first)
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
                raise BadInput(
                    f"Ray: a chunk was lost with its worker {MAX_RETRIES + 1} times (out of memory?); "
                    "finished chunks are kept; resume the sweep on other machines"
                ) from None
            if isinstance(outcome, str):
                raise BadInput(f"Ray: the worker at {outcome}")
            yield outcome
    finally:
        for task in running:
            ray.cancel(task, force=True)


@contextlib.contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """Change the current folder during a ``with``."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def check_address(address: str) -> None:
    """Raise BadInput if HOST:PORT does not answer; Ray itself would wait for minutes."""
    if not re.fullmatch(r"[^\s/]+:[0-9]{1,5}", address):
        raise BadInput(
            f"Ray: the address must be HOST:PORT, got {shown(address)}; leave it out for the cluster of this machine"
        )
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), CONNECT_TIMEOUT_SECONDS).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"Ray: no answer from {address} ({reason}); start a cluster with 'ray start'") from None


@contextlib.contextmanager
def connected(address: str) -> Iterator[Train]:
    """Connect to the cluster at HOST:PORT, or with "auto" to that of this machine, and yield ``train``.

    Meanwhile stdout goes to stderr.

    Raises:
        BadInput: Ray is not installed, or there is no such cluster, or it has another version.
    """
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS") or address
    if importlib.util.find_spec("ray") is None:  # before "start a cluster with 'ray start'", which needs it
        raise BadInput(f"Ray is not installed; {INSTALL}")
    if address != "auto":
        check_address(address)
    import ray

    # Ray's workers look for modules in the current folder first, where the user may have modules of the same names
    with standing_in(Path(__file__).resolve().parents[2]):
        try:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise BadInput(
                f"Ray: no connection to a cluster at {address} ({reason}); start one with 'ray start'"
            ) from None
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Ray reports dead workers on stdout
            yield train
    finally:
        ray.shutdown()
