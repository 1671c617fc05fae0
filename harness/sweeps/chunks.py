"""The finished chunks of a sweep in its log folder, so that a sweep that was stopped can be taken up again.

``sweep.json`` says what sweep it is; ``chunks/<combination>-<members>.npz`` hold what was trained, each written whole
or not at all. Nothing in either is unpickled or run.
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
from .sweep import Combination, Group, Job, Part, Train

MANIFEST, CHUNKS = "sweep.json", "chunks"
FORMAT = 1  # of both
ARRAYS = {"final_cost": "<f8", "reached_at": "<f8", "stuck": "|b1", "clones": "|b1"}  # of a chunk, each (members,)
BYTES_A_MEMBER, BYTES_BESIDE = 32, 2**14  # more than a chunk's file has


def described(value: Any) -> Any:
    """A value in JSON's words: what has fields by their names, an array by its dtype, its shape and a digest."""
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
    """All that the results of a sweep depend on."""
    return {"format": FORMAT, **described(job), **provenance}


def first_difference(was: Any, now: Any, where: str = "") -> tuple[str, str, str] | None:
    """Where two JSON values differ first, and what each has there; None where they are the same."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*now, *was]):
            found = first_difference(was.get(key), now.get(key), f"{where}.{key}" if where else key)
            if found is not None:
                return found
        return None
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        each = (first_difference(*both, f"{where}[{place}]") for place, both in enumerate(zip(was, now)))
        return next((found for found in each if found is not None), None)
    if json.dumps(was) == json.dumps(now):  # NaN is the same as NaN
        return None
    return where, shown(was), shown(now)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What the folder says it holds; None where nothing was written yet.

    Raises:
        BadInput: it cannot be read, or is not what ``manifest`` makes.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        told = getattr(error, "strerror", None) or "not the JSON that a sweep wrote"
        raise BadInput(f"{path}: cannot be read ({told}); begin the sweep again under another name") from None
    if not isinstance(found, dict) or not isinstance(found.get("began"), float):
        raise BadInput(f"{path}: not what a sweep wrote; begin the sweep again under another name")
    return found


def began(folder: Path, wanted: Mapping[str, Any]) -> float | None:
    """When the sweep in the folder began, in seconds since 1970; None where nothing of it was written yet.

    Args:
        wanted: the ``manifest`` of the sweep that is to go on there.

    Raises:
        BadInput: the folder holds another sweep; the first difference is named.
    """
    found = read_manifest(folder)
    if found is None:
        if any(path.name != UNFINISHED and not path.name.endswith(PARTIAL) for path in folder.iterdir()):
            raise BadInput(f"{folder}: holds no sweep that could be taken up; give another name")
        return None
    since = float(found.pop("began"))
    difference = first_difference(found, json.loads(json.dumps(wanted)))
    if difference is None:
        return since
    where, was, now = difference
    if where == "arithmetic":
        raise BadInput(
            f"{folder}: this machine rounds otherwise than the one where the sweep was begun, so results would be "
            "mixed; take it up there, or begin another under another name"
        )
    raise BadInput(
        f"{folder}: was begun with {where} {was}, now it is {now}; "
        "take it up as it was begun, or begin another under another name"
    )


def write_chunk(folder: Path, job: Job, group: Group) -> None:
    """Keep a chunk, under the number of its combination, its first member and the one after its last.

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
    """What members a chunk of that name holds; None where it is no chunk of this job."""
    match = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,15})-([0-9]{1,15})\.npz", path.name)
    if match is None:
        return None
    number, first, end = map(int, match.groups())
    if number >= len(job.parts):
        return None
    combination, members = job.parts[number]
    return Part(combination, range(first, end)) if first < end <= len(members) else None


def read_chunk(path: Path, job: Job, part: Part) -> Group | None:
    """A chunk from its file, every byte of which goes into a CRC-32; None where it is not whole."""
    most = BYTES_A_MEMBER * len(part.members) + BYTES_BESIDE
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
    """The whole chunks of a folder, no member twice; what else chunks left there is removed, to be trained again.

    Raises:
        BadInput: a file cannot be removed.
    """
    found: list[Group] = []
    reached: dict[Part, int] = {}
    named = {path: part for path in (folder / CHUNKS).glob("*.npz") if (part := part_of(path, job)) is not None}
    useless = [*folder.glob(f".*{PARTIAL}"), *(folder / CHUNKS).glob(f".*{PARTIAL}")]  # of a process that was killed
    for path, part in sorted(named.items(), key=lambda item: item[1].members.start):
        whole = part._replace(members=range(0))
        group = read_chunk(path, job, part) if part.members.start >= reached.get(whole, 0) else None
        if group is None:
            useless.append(path)
        else:
            found.append(group)
            reached[whole] = part.members.stop
    with plain_errors(folder):
        for path in useless:
            path.unlink()
    return found


def told(folder: Path, job: Job, done: Sequence[Group]) -> str:
    """How much of a job a folder has, in words."""
    members = sum(len(group.seeds) for group in done)
    return f"harness: {folder}: {members:,} of {job.members:,} members were done, in {len(done):,} chunks"


def saving(folder: Path, wanted: Mapping[str, Any], since: float, train: Train) -> Train:
    """Train as ``train`` does, and keep each chunk in the folder before it is handed on.

    Args:
        wanted: the ``manifest``, written with the first chunk where there is none.
        since: when the sweep began, in seconds since 1970.
    """

    def saved(job: Job, parts: Sequence[Part]) -> Generator[Group, None, None]:
        with contextlib.closing(train(job, parts)) as trained:
            for group in trained:
                if not (folder / MANIFEST).exists():
                    write_bytes(folder / MANIFEST, json.dumps({**wanted, "began": since}, indent=1).encode())
                write_chunk(folder, job, group)
                yield group

    return saved
