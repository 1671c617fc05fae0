"""The finished chunks of a sweep in its log folder, so that a sweep that was stopped can be resumed.

``sweep.json`` describes the sweep; ``chunks/<combination>-<members>.npz`` hold the results, each written completely or
not at all. Nothing in either is unpickled or run.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput, shown
from ..files import PARTIAL, UNFINISHED, plain_errors, write_bytes
from .sweep import ARRAYS, Combination, Group, Job, Part, Train

MANIFEST, CHUNKS = "sweep.json", "chunks"
FORMAT = 2  # of both
MEMBER_BYTES, HEADER_BYTES = 40, 2**14  # upper bounds for the file of a chunk


def described(value: Any) -> Any:
    """A value as JSON: dataclasses by their fields, arrays by dtype, shape and digest."""
    if is_dataclass(value):
        return {field.name: described(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Combination):
        return value._asdict()
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.dtype} {value.shape} sha256:{digest}"
    if isinstance(value, tuple):
        return [described(part) for part in value]
    return value


def manifest(job: Job, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the results of a sweep depend on."""
    return {"format": FORMAT, **described(job), **provenance}


def first_difference(was: Any, now: Any, where: str = "") -> tuple[str, str, str] | None:
    """The first place where two JSON values differ, with both values; None if they are equal."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*now, *was]):
            difference = first_difference(was.get(key), now.get(key), f"{where}.{key}" if where else key)
            if difference is not None:
                return difference
        return None
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        each = (first_difference(*both, f"{where}[{place}]") for place, both in enumerate(zip(was, now)))
        return next((difference for difference in each if difference is not None), None)
    if json.dumps(was) == json.dumps(now):  # NaN equals NaN
        return None
    return where, shown(was), shown(now)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest in the folder; None if nothing was written yet.

    Raises:
        BadInput: it cannot be read, or ``manifest`` did not make it.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "not the JSON that a sweep wrote"
        raise BadInput(f"{path}: cannot be read ({reason}); start the sweep again under another name") from None
    if not isinstance(content, dict) or not isinstance(content.get("began"), float):
        raise BadInput(f"{path}: not written by a sweep; start the sweep again under another name")
    return content


def began(folder: Path, wanted: Mapping[str, Any]) -> float | None:
    """When the sweep in the folder began, in seconds since 1970; None if nothing was written yet.

    Args:
        folder: the log folder.
        wanted: the ``manifest`` of the sweep to resume.

    Raises:
        BadInput: the folder holds another sweep; the first difference is named.
    """
    written = read_manifest(folder)
    if written is None:
        if any(path.name != UNFINISHED and not path.name.endswith(PARTIAL) for path in folder.iterdir()):
            raise BadInput(f"{folder}: holds no sweep that can be resumed; choose another name")
        return None
    since = float(written.pop("began"))
    difference = first_difference(written, json.loads(json.dumps(wanted)))
    if difference is None:
        return since
    where, was, now = difference
    if where == "arithmetic":
        raise BadInput(
            f"{folder}: this machine rounds differently from the one that started the sweep, so results would be "
            "mixed; resume it there, or start another sweep under another name"
        )
    raise BadInput(
        f"{folder}: the sweep was started with {where} {was}, got {now}; "
        "resume it with the same settings, or start another sweep under another name"
    )


def write_chunk(folder: Path, job: Job, group: Group) -> None:
    """Save a chunk. Its name has the number of its combination, its first member and the one after its last.

    Raises:
        BadInput: it cannot be written.
    """
    number, first = job.combinations.index(group.combination), group.seeds[0] - job.scenario.seed
    path = folder / CHUNKS / f"{number}-{first}-{first + len(group.seeds)}.npz"
    with plain_errors(path.parent):
        path.parent.mkdir(exist_ok=True)
    content = io.BytesIO()
    np.savez(content, **{name: getattr(group, name).astype(dtype) for name, dtype in ARRAYS.items()})
    write_bytes(path, content.getvalue())


def part_of(path: Path, job: Job) -> Part | None:
    """The members that a chunk of this name holds; None if it is not a chunk of this job."""
    match = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,15})-([0-9]{1,15})\.npz", path.name)
    if match is None:
        return None
    number, first, end = map(int, match.groups())
    if number >= len(job.parts):
        return None
    combination, members = job.parts[number]
    return Part(combination, range(first, end)) if first < end <= len(members) else None


def read_chunk(path: Path, job: Job, part: Part) -> Group | None:
    """A chunk from its file, whose bytes are checked by a CRC-32; None if it is damaged."""
    most = MEMBER_BYTES * len(part.members) + HEADER_BYTES
    try:
        with open(path, "rb") as file:
            content = io.BytesIO(file.read(most))
        with np.load(content, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ARRAYS}
    except Exception:  # a damaged archive makes zipfile, zlib and numpy raise many kinds
        return None
    if any(arrays[name].dtype != dtype or arrays[name].shape != (len(part.members),) for name, dtype in ARRAYS.items()):
        return None
    seed = job.scenario.seed
    return Group(
        combination=part.combination, seeds=range(seed + part.members.start, seed + part.members.stop), **arrays
    )


def read(folder: Path, job: Job) -> list[Group]:
    """The complete chunks of a folder, no member twice. Damaged and overlapping chunks are removed.

    Raises:
        BadInput: a file cannot be removed.
    """
    groups: list[Group] = []
    reached: dict[Part, int] = {}
    named = {path: part for path in (folder / CHUNKS).glob("*.npz") if (part := part_of(path, job)) is not None}
    useless = [
        *folder.glob(f".*{PARTIAL}"),
        *(folder / CHUNKS).glob(f".*{PARTIAL}"),
    ]  # left by a process that was killed
    for path, part in sorted(named.items(), key=lambda item: item[1].members.start):
        key = part._replace(members=range(0))
        group = read_chunk(path, job, part) if part.members.start >= reached.get(key, 0) else None
        if group is None:
            useless.append(path)
        else:
            groups.append(group)
            reached[key] = part.members.stop
    with plain_errors(folder):
        for path in useless:
            path.unlink()
    return groups


def saving(folder: Path, wanted: Mapping[str, Any], since: float, train: Train) -> Train:
    """Train with ``train``, and save each chunk in the folder before it is yielded.

    Args:
        folder: the log folder.
        wanted: the ``manifest``, written with the first chunk if it is missing.
        since: when the sweep began, in seconds since 1970.
        train: trains parts of a job and yields chunks.
    """

    def saved(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
        with contextlib.closing(train(job, parts)) as trained:
            for group in trained:
                if not (folder / MANIFEST).exists():
                    write_bytes(folder / MANIFEST, json.dumps({**wanted, "began": since}, indent=1).encode())
                write_chunk(folder, job, group)
                yield group

    return saved
