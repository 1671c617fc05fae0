"""A sweep's chunks on a Ray cluster that is there already: many machines, and the same bits as on one.

Ray sends functions and data between its own processes as pickles, so whoever reaches a cluster can run code on it: it
is trusted. What is written to disk is written by the process that was started here.
"""

from __future__ import annotations

import contextlib
import functools
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

RETRIES = 3  # of a chunk whose worker is lost
AT_ONCE = 2  # chunks under way for each core: one that runs, one that waits for it
SECONDS_TO_ANSWER = 5.0
INSTALL = "pip install 'backprop-harness[ray]'"


@functools.cache
def job_of(reference: Any) -> tuple[Job, str]:
    """For a worker: the job, fetched once, and how this machine rounds it."""
    import ray

    job: Job = ray.get(reference)
    return job, provenance.arithmetic(job)


def train_there(wanted: Mapping[str, Any], references: Sequence[Any], part: Part) -> Group | str:
    """For a worker: train a chunk, or say in what this worker is another than where the sweep was started.

    Args:
        wanted: the provenance there.
        references: of the job, in a list so that it is not unpickled before the versions are known to be the same.
    """
    import ray

    node = ray.util.get_node_ip_address()
    for name, version in provenance.versions().items():
        if version != wanted["versions"][name]:
            return f"{node} has {name} {version}, here it is {wanted['versions'][name]}; install the same on both"
    job, arithmetic = job_of(references[0])
    if arithmetic != wanted["arithmetic"]:
        return f"{node} rounds otherwise than this machine (another processor?); use machines of one kind"
    (group,) = train_part(job, part, len(part.members))
    return group


def pieces(parts: Sequence[Part], size: int) -> Iterator[Part]:
    """The parts cut into chunks of so many members at most."""
    for combination, members in parts:
        for first in range(0, len(members), size):
            yield Part(combination, members[first : first + size])


def cores() -> int:
    """How many the cluster has now."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


def train(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
    """Train parts of a job on the cluster, a chunk to a core at a time, and yield the chunks as they come in.

    Raises:
        BadInput: a worker is not as this machine, or one was lost again and again.
    """
    import ray

    if not parts:
        return
    if not cores():
        raise BadInput("Ray: the cluster has no core to train on; start a node with 'ray start'")
    # a worker's death is no error of the chunk: Ray gives it to another
    remote = ray.remote(num_cpus=1, max_retries=RETRIES, scheduling_strategy="SPREAD")(train_there)
    wanted, reference = provenance.of(job), ray.put(job)
    waiting = pieces(parts, chunk_size(job.scenario, 1))
    running: list[Any] = []
    try:
        while True:
            room = max(AT_ONCE * cores() - len(running), 0)
            running += [remote.remote(wanted, [reference], part) for part in itertools.islice(waiting, room)]
            if not running:
                return
            (first,), running = ray.wait(running, num_returns=1)
            try:
                found = ray.get(first)
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
                raise BadInput(
                    f"Ray: a chunk was lost with its worker {RETRIES + 1} times (out of memory?); "
                    "what is done is kept; resume it on other machines"
                ) from None
            if isinstance(found, str):
                raise BadInput(f"Ray: the worker at {found}")
            yield found
    finally:
        for task in running:
            ray.cancel(task, force=True)


@contextlib.contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """The current folder is another during a ``with``."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def check_address(address: str) -> None:
    """Raise BadInput unless somebody answers at HOST:PORT; Ray itself would wait for minutes."""
    if not re.fullmatch(r"[^\s/]+:[0-9]{1,5}", address):
        raise BadInput(
            f"Ray: an address is HOST:PORT, got {shown(address)}; give one, or none for the cluster of this machine"
        )
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        told = getattr(error, "strerror", None) or error
        raise BadInput(f"Ray: nobody answers at {address} ({told}); start a cluster with 'ray start'") from None


@contextlib.contextmanager
def connected(address: str) -> Iterator[Train]:
    """``train`` on the cluster at HOST:PORT, or on that of this machine: "auto". Meanwhile stdout goes to stderr.

    Raises:
        BadInput: Ray is not installed, or there is no such cluster, or it is of another version.
    """
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS") or address
    if address != "auto":
        check_address(address)
    try:
        import ray
    except ImportError:
        raise BadInput(f"Ray is not installed; {INSTALL}") from None
    # Ray puts the current folder before all others where its workers look for modules; there may be somebody's models
    with standing_in(Path(__file__).resolve().parents[2]):
        try:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            told = " ".join(str(error).split())
            raise BadInput(
                f"Ray: no connection to a cluster at {address} ({told}); start one with 'ray start'"
            ) from None
    try:
        with contextlib.redirect_stdout(sys.stderr):  # where Ray tells of workers that died
            yield train
    finally:
        ray.shutdown()
