"""Recordings as messages: a JSON text and the bytes of the arrays. Nothing is pickled, so reading one runs nothing."""

from __future__ import annotations

import enum
import functools
import json
import struct
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, BinaryIO, cast, get_args, get_type_hints

import numpy as np

from .graph import Json, Kind, Node, Place, Recording, Ref

MAX_MESSAGE_BYTES = 2**30


def to_json(value: Any, arrays: list[bytes]) -> Json:
    """A recording, or a part of one, as JSON; the arrays' bytes are appended to ``arrays``."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Ref):
        return {"ref": value.id}
    if isinstance(value, np.ndarray):
        arrays.append(np.ascontiguousarray(value).tobytes())
        return {"array": len(arrays) - 1, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, np.generic):
        arrays.append(value.tobytes())
        return {"scalar": len(arrays) - 1, "dtype": value.dtype.str}
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else {"float": repr(float(value))}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    if isinstance(value, slice):
        return {"slice": [to_json(item, arrays) for item in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, tuple):
        return {"tuple": [to_json(item, arrays) for item in value]}
    if isinstance(value, list):
        return [to_json(item, arrays) for item in value]
    if isinstance(value, Mapping):
        return {"map": [[key, to_json(item, arrays)] for key, item in value.items()]}
    if isinstance(value, Recording):
        return _recording_to_json(value, arrays)
    if is_dataclass(value):
        content = {f.name: getattr(value, f.name) for f in fields(value) if f.name != "caller"}
        return {key: to_json(item, arrays) for key, item in content.items() if item is not None}
    raise TypeError(f"a recording cannot hold a {type(value).__name__}")


def _recording_to_json(recording: Recording, arrays: list[bytes]) -> Json:
    """A whole recording: places are written once, nodes as rows."""
    numbers: dict[int, int] = {}  # by id: a line has a place for each way that it is called
    places: list[Json] = []

    def number_of(place: Place | None) -> int:
        if place is None:
            return -1
        if id(place) not in numbers:
            caller = number_of(place.caller)
            numbers[id(place)] = len(places)
            places.append(to_json(place, arrays) | {"caller": caller})
        return numbers[id(place)]

    def row(node: Node) -> list[Json]:
        return [
            node.operation,
            [to_json(a, arrays) for a in node.arguments],
            {key: to_json(item, arrays) for key, item in node.keywords.items()},
            to_json(node.value, arrays),
            list(node.shape),
            node.dtype,
            number_of(node.place),
            node.kind.value,
            node.in_place + 2 * node.scalar,
            list(node.names),
        ]

    content = {f.name: getattr(recording, f.name) for f in fields(recording)}
    rows = [row(node) for node in content.pop("nodes")]
    others = {key: to_json(item, arrays) for key, item in content.items() if item is not None}
    return others | {"nodes": rows, "places": places}


def tree_from_json(document: Json, arrays: list[bytes]) -> Any:
    """The inverse of ``to_json`` for arguments and values.

    Raises:
        ValueError: if the document is malformed.
    """
    if isinstance(document, list):
        return [tree_from_json(item, arrays) for item in document]
    if not isinstance(document, dict):
        return document
    if "array" in document:
        flat = np.frombuffer(arrays[document["array"]], _plain_dtype(document["dtype"]))
        return flat.reshape(document["shape"])
    if "scalar" in document:
        return np.frombuffer(arrays[document["scalar"]], _plain_dtype(document["dtype"]))[0]
    if "ref" in document:
        return Ref(int(document["ref"]))
    if "float" in document:
        return float(document["float"])
    if "complex" in document:
        return complex(*map(float, document["complex"]))
    if "slice" in document:
        return slice(*(tree_from_json(item, arrays) for item in document["slice"]))
    if "ellipsis" in document:
        return Ellipsis
    if "tuple" in document:
        return tuple(tree_from_json(item, arrays) for item in document["tuple"])
    if "map" in document:
        return {key: tree_from_json(item, arrays) for key, item in document["map"]}
    raise ValueError("malformed recording")


def _plain_dtype(name: str) -> np.dtype[Any]:
    """The dtype of this name, unless it holds objects."""
    dtype = np.dtype(name)
    if dtype.hasobject:
        raise ValueError("malformed recording: an array of objects")
    return dtype


_kinds_of = functools.cache(get_type_hints)  # the types of the fields of a dataclass


def _restored(kind: Any, document: Json, arrays: list[bytes]) -> Any:
    """The inverse of ``to_json`` for a value of a known type."""
    if document is None:
        return None
    known = [one for one in get_args(kind) if one is not NoneType]
    if isinstance(kind, UnionType) and len(known) == 1:
        return _restored(known[0], document, arrays)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(document)
    if is_dataclass(kind):
        given = {f.name: None for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING} | document
        kinds = _kinds_of(cast(type, kind))
        return cast(type, kind)(**{key: _restored(kinds[key], item, arrays) for key, item in given.items()})
    if known and is_dataclass(known[0]):
        return tuple(_restored(known[0], item, arrays) for item in document["tuple"])
    return tree_from_json(document, arrays)


def recording_from_json(document: Json, arrays: list[bytes]) -> Recording:
    """The inverse of ``to_json`` for a whole recording.

    Raises:
        ValueError, KeyError, TypeError: if the document is malformed.
    """
    places: list[Place] = []
    for item in document["places"]:
        number = item.pop("caller")
        places.append(Place(**item, caller=None if number < 0 else places[number]))

    def node(number: int, row: list[Json]) -> Node:
        operation, arguments, keywords, value, shape, dtype, place, kind, flags, names = row
        return Node(
            id=number,
            operation=operation,
            arguments=tuple(tree_from_json(argument, arrays) for argument in arguments),
            keywords={key: tree_from_json(item, arrays) for key, item in keywords.items()},
            value=tree_from_json(value, arrays),
            shape=tuple(shape),
            dtype=dtype,
            place=None if place < 0 else places[place],
            kind=Kind(kind),
            in_place=bool(flags & 1),
            scalar=bool(flags & 2),
            names=tuple(names),
        )

    nodes = tuple(node(number, row) for number, row in enumerate(document["nodes"]))
    others = {key: item for key, item in document.items() if key not in ("nodes", "places")}
    return replace(_restored(Recording, others, arrays), nodes=nodes)


def write_message(stream: BinaryIO, document: Json, arrays: list[bytes]) -> None:
    """One message: the sizes of its parts, the JSON text, the arrays' bytes."""
    text = json.dumps(document).encode()
    sizes = struct.pack(f"<{len(arrays) + 2}Q", len(arrays), len(text), *map(len, arrays))
    stream.write(b"".join([sizes, text, *arrays]))
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[Json, list[bytes]]:
    """The inverse of ``write_message``.

    Raises:
        EOFError: if the other side has gone.
        ValueError: if this is not a message, or one of more than ``MAX_MESSAGE_BYTES``.
    """

    def exactly(size: int) -> bytes:
        if size > MAX_MESSAGE_BYTES:
            raise ValueError(f"more than {MAX_MESSAGE_BYTES // 2**20} MiB")
        content = stream.read(size)
        if len(content) < size:
            raise EOFError
        return content

    count, length = struct.unpack("<QQ", exactly(16))
    sizes = struct.unpack(f"<{count}Q", exactly(8 * count))
    text = exactly(length)
    content = memoryview(exactly(sum(sizes)))
    arrays, start = [], 0
    for size in sizes:
        arrays.append(bytes(content[start : start + size]))
        start += size
    return json.loads(text), arrays
