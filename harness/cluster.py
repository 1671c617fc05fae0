"""Work of many independent parts on an existing Ray cluster, with the same results as on one machine.

Ray sends functions and data between its processes as pickles, so whoever can reach a cluster can run code on it. Only
the process that the user started writes results to disk.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import hashlib
import importlib.util
import itertools
import logging
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .errors import BadInput, reason_of, shown

MAX_RETRIES = 3  # of a part whose worker is lost
PARTS_PER_CORE = 2  # one that runs, and one that waits
CONNECT_TIMEOUT_SECONDS = 5.0
INIT_TIMEOUT_SECONDS = 120.0  # some seconds on a quiet machine
XLA_FLAGS, THREADS = "XLA_FLAGS", "TF_NUM_INTRAOP_THREADS"  # environment variables that decide how results are rounded
INSTALL = "pip install 'backprop-harness[ray]'"

# What an HTTP/2 connection begins with: the client's preface and settings, the head of the server's settings.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
FRAME_TYPE, SETTINGS = 3, 4  # place of a frame's type in its head, and the type of settings

Common = TypeVar("Common")
Part = TypeVar("Part")
Outcome = TypeVar("Outcome")
Versions = Callable[[], Mapping[str, str]]

connection: contextvars.ContextVar[bool] = contextvars.ContextVar("connection", default=False)


class OtherMachine(Exception):
    """On a worker: it would come to other results than the machine that the user started; the message says why."""


def digest_of(costs: Any) -> str:
    """SHA-256 of costs, bit by bit, which another way of rounding changes."""
    return hashlib.sha256(costs.astype("<f8").tobytes()).hexdigest()


def check_rounding(digest: str, expected: str) -> None:
    """Raise OtherMachine on a worker whose arithmetic gives another digest than the machine that the user started."""
    if digest != expected:
        raise OtherMachine("rounds differently from this machine (another processor?); use machines of one kind")


@dataclass(frozen=True)
class Refusal:
    """Why a worker did not do its part."""

    reason: str


@functools.lru_cache(maxsize=1)
def common_of(reference: Any) -> Any:
    """On a worker: what all parts have in common, fetched once."""
    import ray

    return ray.get(reference)


def do_there(
    work: Callable[[Any, Any], Any], versions: Versions, wanted: Mapping[str, str], references: Sequence[Any], part: Any
) -> Any:
    """On a worker: do a part, or say how this worker differs from the machine that started the work.

    Args:
        work: takes what all parts have in common, and a part.
        versions: versions of the libraries that the results depend on, by name.
        wanted: what ``versions`` gives on that machine.
        references: reference of what is common, in a list so that it is not unpickled before the versions are compared.
        part: what to do.
    """
    import ray

    node = ray.util.get_node_ip_address()
    for name, version in versions().items():
        if version != wanted[name]:
            difference = f"has {name} {version}, this machine has {wanted[name]}"
            return Refusal(f"{node} {difference}; install the same version on both")
    try:
        return work(common_of(references[0]), part)
    except OtherMachine as difference:
        return Refusal(f"{node} {difference}")


def is_connected() -> bool:
    """Whether this is the block of a ``connected``."""
    return connection.get()


def cores() -> int:
    """The number of cores that the cluster has now."""
    import ray

    return int(ray.cluster_resources().get("CPU", 0))


def spread(
    work: Callable[[Common, Part], Outcome],
    common: Common,
    parts: Iterable[Part],
    versions: Versions,
    lost: Callable[[Part], Outcome],
) -> Generator[Outcome, None, None]:
    """Do parts of a work on the cluster, one per core at a time, and yield what they give as they finish.

    Args:
        work: takes ``common`` and a part; a function of a module, so that workers find it by its name.
        common: what all parts have in common; sent once to each worker.
        parts: taken as there is room for them.
        versions: versions of the libraries that the results depend on, by name; a function of a module.
        lost: what to yield for a part that was lost with its worker repeatedly; it may raise ``BadInput`` instead.

    Raises:
        BadInput: a worker differs from this machine.
    """
    import ray

    if not cores():
        raise BadInput("Ray: the cluster has no core to work on; start a node with 'ray start'")
    # if a worker dies, Ray gives its part to another
    remote = ray.remote(num_cpus=1, max_retries=MAX_RETRIES, scheduling_strategy="SPREAD")(do_there)
    wanted, reference = versions(), ray.put(common)
    waiting = iter(parts)
    running: dict[Any, Part] = {}
    try:
        while True:
            room = max(PARTS_PER_CORE * cores() - len(running), 0)
            for part in itertools.islice(waiting, room):
                running[remote.remote(work, versions, wanted, [reference], part)] = part
            if not running:
                return
            (first,), _ = ray.wait(list(running), num_returns=1)
            part = running.pop(first)
            try:
                outcome = ray.get(first)
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
                outcome = lost(part)
            if isinstance(outcome, Refusal):
                raise BadInput(f"Ray: the worker at {outcome.reason}")
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
    """Raise BadInput if HOST:PORT does not answer as a cluster does; Ray itself would wait for minutes."""
    if not re.fullmatch(r"[^\s/]+:[0-9]{1,5}", address):
        raise BadInput(
            f"Ray: the address must be HOST:PORT, got {shown(address)}; leave it out for the cluster of this machine"
        )
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), CONNECT_TIMEOUT_SECONDS) as server:
            server.sendall(PREFACE)
            answer = server.recv(FRAME_TYPE + 1, socket.MSG_WAITALL)
        if answer[FRAME_TYPE:] != bytes([SETTINGS]):
            raise OSError("it is another kind of server")
    except (OSError, OverflowError) as error:
        raise BadInput(
            f"Ray: no answer from {address} ({reason_of(error)}); start a cluster with 'ray start'"
        ) from None


def resolved(address: str) -> str:
    """The address of a cluster that answers; "auto", which Ray looks for itself, stays as it is.

    Raises:
        BadInput: Ray is not installed, or nothing answers.
    """
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS") or address
    if importlib.util.find_spec("ray") is None:  # before "start a cluster with 'ray start'", which needs it
        raise BadInput(f"Ray is not installed; {INSTALL}")
    if address != "auto":
        check_address(address)
    return address


def within_limit(start: Callable[..., object], **options: Any) -> None:
    """Call ``start`` in a thread: Ray's code hears no Ctrl-C while it waits for a cluster, and may wait for minutes.

    Raises:
        TimeoutError: it has not ended after ``INIT_TIMEOUT_SECONDS``.
        Exception: what it raises.
    """
    failures: list[Exception] = []

    def run() -> None:
        try:
            start(**options)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(INIT_TIMEOUT_SECONDS)
    if thread.is_alive():
        raise TimeoutError(f"none within {INIT_TIMEOUT_SECONDS:.0f} s")
    if failures:
        raise failures[0]


def rounding_environment() -> dict[str, str]:
    """The environment variables that make workers round as this machine does.

    XLA divides large matrix products among TensorFlow's threads, which adds in another order. By default there are as
    many threads as this process may use cores.
    """
    cores_here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    flags = {XLA_FLAGS: os.environ[XLA_FLAGS]} if XLA_FLAGS in os.environ else {}
    return {THREADS: os.environ.get(THREADS, str(cores_here)), **flags}


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connect to the cluster at HOST:PORT, or with "auto" to that of this machine, during a ``with``.

    Meanwhile stdout goes to stderr, and workers get the ``rounding_environment`` of this process. With None nothing
    happens.

    Raises:
        BadInput: Ray is not installed, or the cluster does not answer or has another version.
    """
    if address is None:
        yield
        return
    address = resolved(address)
    import ray

    # Ray's workers look for modules in the current folder first, where the user may have modules of the same names
    with standing_in(Path(__file__).resolve().parents[1]):
        try:
            within_limit(
                ray.init,
                address=address,
                logging_level=logging.ERROR,
                log_to_driver=False,
                runtime_env={"env_vars": rounding_environment()},
            )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise BadInput(
                f"Ray: no connection to a cluster at {address} ({reason}); start one with 'ray start'"
            ) from None
    try:
        token = connection.set(True)
        with contextlib.redirect_stdout(sys.stderr):  # Ray reports dead workers on stdout
            yield
    finally:
        connection.reset(token)
        ray.shutdown()
