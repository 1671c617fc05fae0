"""Judge hand-ins on a Ray cluster, with the same results as on one machine.

The machine that the user started copies each hand-in and sends the copy, so no folder has to be shared. It alone keeps
the journal, which a grading whose machine was lost goes on from.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .. import cluster
from ..sandbox import Box, Bubblewrap, copy_folder, find_bubblewrap, find_namespaces
from ..scratch import scratch_folder
from ..version import __version__
from .grade import Settings, failed, fingerprint, judge
from .hand_ins import HandIn, Unusable, staged
from .journal import Journal
from .result import HandInResult, Problem

Files = Mapping[str, bytes]  # contents by path in a folder


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A hand-in as a worker gets it."""

    number: int  # of it, from 0
    key: str  # its fingerprint
    hand_in: HandIn  # what it is
    files: Files  # of the copy that is judged
    left_out: tuple[str, ...]  # names of what is not in the copy

    def stage(self, hand_in: HandIn, destination: Path) -> tuple[str, ...]:
        """Write the copy into a new folder; the names of what was left out."""
        write_files(self.files, destination)
        return self.left_out


@dataclass(frozen=True, kw_only=True, eq=False)
class SentSettings:
    """How hand-ins are judged, as a worker gets it."""

    settings: Settings  # without what is a matter of each machine: the sandbox, and the folder of the course's tests
    box: str  # name of the sandbox; "" for none
    tests: Files | None  # files of the course's tests; None if there are none


def versions() -> dict[str, str]:
    """The versions that a verdict depends on, by name."""
    return {"harness": __version__, "numpy": np.__version__, "Python": platform.python_version()}


def read_files(folder: Path) -> Files:
    """The files of a copy."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_files(files: Files, destination: Path) -> None:
    """Write files into a new folder, for anybody to read."""
    destination.mkdir(parents=True)
    destination.chmod(0o755)
    for name, content in files.items():
        path = destination / name
        for folder in reversed(path.relative_to(destination).parents[:-1]):
            (destination / folder).mkdir(exist_ok=True)
            (destination / folder).chmod(0o755)
        path.write_bytes(content)
        path.chmod(0o644)


def sent_settings(settings: Settings) -> SentSettings:
    """The settings as a worker gets them."""
    tests = None
    if settings.tests is not None:
        with scratch_folder() as scratch:
            copy_folder(settings.tests, scratch / "tests")
            tests = read_files(scratch / "tests")
    return SentSettings(
        settings=replace(settings, box=None, tests=None),
        box=settings.box.name if settings.box is not None else "",
        tests=tests,
    )


@functools.cache
def box_named(name: str) -> Box:
    """On a worker: its sandbox of that name.

    Raises:
        OtherMachine: it has none.
    """
    box = find_bubblewrap() if name == Bubblewrap.name else find_namespaces()
    if isinstance(box, Box):
        return box
    raise cluster.OtherMachine(f"has no sandbox by {name}, this machine has; use machines of one kind")


@functools.lru_cache(maxsize=1)
def settings_here(sent: SentSettings) -> Settings:
    """On a worker: the settings, with its own sandbox and a folder of the course's tests.

    Raises:
        OtherMachine: it lacks that sandbox.
    """
    tests = None
    if sent.tests is not None:
        at_exit = contextlib.ExitStack()
        atexit.register(at_exit.close)
        tests = at_exit.enter_context(scratch_folder()) / "tests"
        write_files(sent.tests, tests)
    return replace(sent.settings, box=box_named(sent.box) if sent.box else None, tests=tests)


def judge_there(common: SentSettings, sent: Sent) -> tuple[int, str, HandInResult]:
    """On a worker: (number, fingerprint, result) of a hand-in.

    Raises:
        OtherMachine: this worker lacks the sandbox.
    """
    _, result = judge(sent.hand_in, settings_here(common), {}, stage=sent.stage)
    return sent.number, sent.key, result


def lost(part: Sent) -> tuple[int, str, HandInResult]:
    """(number, "", result) of a hand-in that workers were lost with; without a fingerprint, it is judged again."""
    return part.number, "", failed(part.hand_in, Problem.CHECK_FAILED, "its process ended")


def sent(number: int, hand_in: HandIn, settings: Settings) -> Sent:
    """A hand-in as a worker gets it.

    Raises:
        Unusable: it cannot be copied.
    """
    with scratch_folder() as scratch:
        copy = scratch.resolve() / "hand-in"
        left_out = staged(hand_in, copy)
        key = fingerprint(hand_in, copy, settings)
        return Sent(number=number, key=key, hand_in=hand_in, files=read_files(copy), left_out=left_out)


def judge_all(hand_ins: Sequence[HandIn], settings: Settings, journal: Journal) -> Iterator[HandInResult]:
    """Judge hand-ins on the cluster; the results in their order.

    Raises:
        BadInput: a worker differs from this machine.
    """
    done: dict[int, HandInResult] = {}

    def parts() -> Iterator[Sent]:
        """What is to be judged; what is known, or cannot be sent, is done at once."""
        for number, hand_in in enumerate(hand_ins):
            try:
                part = sent(number, hand_in, settings)
            except (Unusable, OSError):
                done[number] = judge(hand_in, settings, {})[1]
                continue
            if part.key in journal.known:
                done[number] = journal.known[part.key]
            else:
                yield part

    place = 0
    common = sent_settings(settings)
    with contextlib.closing(cluster.spread(judge_there, common, parts(), versions, lost)) as judged:
        for number, key, result in judged:
            journal.add(key, result)
            done[number] = result
            while place in done:
                yield done.pop(place)
                place += 1
    yield from (done[number] for number in range(place, len(hand_ins)))
