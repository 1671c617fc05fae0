"""The child process that runs somebody's file. Started by path, it imports nothing of this project.

Requests come in on stdin and replies go out on what was stdout: a JSON text and the bytes of the arrays in it, each
with its length before it. Nothing is pickled, so a reply cannot make the parent run anything. What the file itself
prints goes to stderr, which the parent keeps apart. The parent imports this module too, for the same two conversions.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    # the folder of this script comes first in the path of a script, and its modules would hide others
    sys.path.pop(0)

import contextlib
import importlib.util
import inspect
import json
import linecache
import os
import struct
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

Json = dict[str, Any]
Tree = Any  # arrays, numbers, texts and None in lists, tuples and dicts

DEEPEST = 12  # levels of lists that are followed
LONGEST_TEXT = 2000  # of a message that the file raises
MOST_BYTES = 2**28  # of one message: of what a function returns, its arguments and what it returns once more


# Trees of arrays as JSON and bytes


def encode(tree: Tree) -> tuple[Json, list[bytes]]:
    """A tree to a JSON document and the bytes of its arrays."""
    arrays: list[bytes] = []

    def node(value: Tree) -> Json:
        if isinstance(value, np.ndarray):
            arrays.append(np.ascontiguousarray(value).tobytes())
            return {"array": len(arrays) - 1, "dtype": value.dtype.str, "shape": list(value.shape)}
        if isinstance(value, (list, tuple)):
            return {"list" if isinstance(value, list) else "tuple": [node(item) for item in value]}
        if isinstance(value, dict):
            return {"dict": [[str(key), node(item)] for key, item in value.items()]}
        return {"value": value}

    return node(tree), arrays


def decode(document: Json, arrays: list[bytes]) -> Tree:
    """The inverse of ``encode``; every array is a new one that can be written to."""
    if "array" in document:
        flat = np.frombuffer(arrays[document["array"]], np.dtype(document["dtype"]))
        return flat.reshape(document["shape"]).copy()
    if "list" in document:
        return [decode(item, arrays) for item in document["list"]]
    if "tuple" in document:
        return tuple(decode(item, arrays) for item in document["tuple"])
    if "dict" in document:
        return {key: decode(item, arrays) for key, item in document["dict"]}
    return document["value"]


def write(stream: BinaryIO, message: Json, tree: Tree = None) -> None:
    """One message, with one tree in it."""
    document, arrays = encode(tree)
    text = json.dumps({**message, "tree": document}).encode()
    stream.write(struct.pack("<QQ", len(text), len(arrays)) + text)
    for content in arrays:
        stream.write(struct.pack("<Q", len(content)) + content)
    stream.flush()


def read(stream: BinaryIO) -> tuple[Json, Json, list[bytes]]:
    """(message, the document of its tree, the arrays' bytes).

    Raises:
        EOFError: the other side has gone.
        ValueError: this is no message, or one of more than ``MOST_BYTES``.
    """
    left = MOST_BYTES

    def exactly(size: int) -> bytes:
        nonlocal left
        left -= size
        if left < 0:
            raise ValueError(f"more than {MOST_BYTES // 2**20} MiB")
        content = stream.read(size)
        if len(content) < size:
            raise EOFError
        return content

    length, count = struct.unpack("<QQ", exactly(16))
    message = json.loads(exactly(length))
    arrays = [exactly(struct.unpack("<Q", exactly(8))[0]) for _ in range(count)]
    if not isinstance(message, dict) or "tree" not in message:
        raise ValueError("no message")
    return message, message.pop("tree"), arrays


# What functions take and give


def plain(tree: Tree) -> Tree:
    """The same with lists of Python floats in place of arrays."""
    if isinstance(tree, np.ndarray):
        return tree.tolist()
    if isinstance(tree, (list, tuple)):
        return type(tree)(plain(item) for item in tree)
    return {key: plain(item) for key, item in tree.items()} if isinstance(tree, dict) else tree


def numbers(items: list[Any]) -> bool:
    """Whether these are numbers, or rows of numbers of one length."""

    def row(items: list[Any]) -> bool:
        return bool(items) and all(isinstance(item, (bool, int, float, complex, np.number)) for item in items)

    rows = bool(items) and all(isinstance(item, list) and row(item) for item in items)
    return row(items) or (rows and len({len(item) for item in items}) == 1)


def to_tree(value: Any, depth: int = 0) -> Tree:
    """Whatever a function returned, as a tree: tensors as arrays, lists of numbers and rows of them as arrays."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float, complex, np.generic)):
        return np.asarray(value)
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return to_tree(list(value.ravel() if value.ndim != 1 else value), depth + 1) if depth < DEEPEST else None
        return np.asarray(value)
    if isinstance(value, Mapping):
        return {str(key): to_tree(item, depth + 1) for key, item in value.items()}
    for method in ("detach", "numpy"):  # PyTorch needs both, TensorFlow the second
        if callable(getattr(value, method, None)):
            value = getattr(value, method)()
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    if isinstance(value, (list, tuple, Iterator, range)) and depth < DEEPEST:
        items = list(value)
        if numbers(items):
            return np.array(items)
        converted = [to_tree(item, depth + 1) for item in items]
        return tuple(converted) if isinstance(value, tuple) else converted
    if hasattr(value, "__dict__") and depth < DEEPEST:
        return to_tree(dict(vars(value)), depth + 1)
    return f"<{type(value).__name__}>"


def same(left: Any, right: Any) -> bool:
    """Whether two trees hold the same numbers in the same places."""
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        left, right = np.asarray(left), np.asarray(right)
        numeric = left.dtype.kind in "fc" and right.dtype.kind in "fc"
        return left.shape == right.shape and bool(np.array_equal(left, right, equal_nan=numeric))
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float) and isinstance(right, float) and left != left:
        return right != right
    return bool(left == right)


def parameters(function: Callable[..., Any]) -> list[Json]:
    """The name of each parameter that can be given by position, and whether it has a default."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        {"name": p.name, "default": p.default is not p.empty, "many": p.kind is p.VAR_POSITIONAL}
        for p in found
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)
    ]


def call(function: Callable[..., Any], arguments: Callable[[], list[Tree]], twice: bool) -> tuple[Json, Tree]:
    """Call it with fresh arguments.

    Returns:
        {"changed": the places of the arguments that it wrote to} and {"result", "again", "arguments"}: what it
        returned, what it returned when called once more with the same (None unless ``twice``), and the arguments
        after the call.
    """
    given, untouched = arguments(), arguments()
    result = to_tree(function(*given))
    after = [to_tree(argument) for argument in given]
    changed = [place for place, (a, b) in enumerate(zip(after, untouched)) if not same(a, to_tree(b))]
    again = to_tree(function(*arguments())) if twice else None
    return {"changed": changed}, {"result": result, "again": again, "arguments": after}


# What the file raises


def own_lines(error: BaseException, folder: Path) -> list[Json]:
    """The frames of the traceback that lie in the file's own folder: file, line, function, text."""
    lines = []
    frames: TracebackType | None = error.__traceback__
    for frame in traceback.extract_tb(frames):
        path = Path(frame.filename)
        if folder in path.parents and "site-packages" not in path.parts:
            text = linecache.getline(frame.filename, frame.lineno or 0).strip()
            lines.append(
                {"file": str(path.relative_to(folder)), "line": frame.lineno, "function": frame.name, "text": text}
            )
    return lines


def describe(error: BaseException, folder: Path) -> Json:
    """What was raised and where, for the parent."""
    lines = own_lines(error, folder)
    if isinstance(error, SyntaxError) and error.filename:
        where = Path(error.filename).name
        lines.append({"file": where, "line": error.lineno, "function": "", "text": (error.text or "").strip()})
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    if isinstance(error, SystemExit):
        message = f"sys.exit({error.code if error.code is not None else ''})"
    return {"type": type(error).__name__, "message": message[:LONGEST_TEXT], "lines": lines}


# The child itself


def load(path: Path, names: list[str]) -> dict[str, Callable[..., Any]]:
    """Run the file as a module of its own name; those of its functions that are asked for."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return {name: getattr(module, name) for name in names if callable(getattr(module, name, None))}


def serve(path: Path, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the parent closes the pipe. The first one loads the file."""
    functions: dict[str, Callable[..., Any]] = {}
    while True:
        try:
            message, document, arrays = read(requests)
        except EOFError:
            return
        try:
            if message["do"] == "load":
                functions = load(path, message["names"])
                write(replies, {"functions": {name: parameters(f) for name, f in functions.items()}})
            else:
                as_lists = message["plain"]

                def arguments(document: Json = document, arrays: list[bytes] = arrays, p: bool = as_lists) -> Any:
                    tree = decode(document, arrays)
                    return plain(tree) if p else tree

                reply, tree = call(functions[message["function"]], arguments, message["twice"])
                write(replies, reply, tree)
        except BaseException as error:  # sys.exit and KeyboardInterrupt raised by the file are its own too
            write(replies, {"error": describe(error, path.parent)})


def main() -> None:
    """``worker.py FILE MEGABYTES``"""
    path, megabytes = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # the file gets no input, and what it prints goes where errors go
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if megabytes:
        with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file behind
    sys.path.insert(0, str(path.parent))
    sys.argv = [str(path)]
    serve(path, requests, replies)
    os._exit(0)  # threads that the file started do not keep the child alive


if __name__ == "__main__":
    main()
