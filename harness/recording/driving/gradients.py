"""Pairs the gradients that a file returns with the parameters that they belong to, by name and shape."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .result import Pair
from .session import Session

GRADIENT_PART = re.compile(
    r"(?-i:(^|_)d(?=[A-Z_]))|^(d|g_?)(?=(ws?|bs?|weights?|bias(es)?|theta|gamma|beta)\d*(\[\d+\])?$)|grad(ient)?s?|nabla|delta|deriv(ative)?s?|^del_?",
    re.IGNORECASE,
)
GRADIENT_NAMED = re.compile(
    r"^_?d_?[A-Z]\w{0,2}$|^_?d[LEJC]_?d_?[A-Za-z]|^_?[dg]_?([wW]s?|[bB]s?|[wW]eights?|[bB]ias(es)?|[tT]heta|[gG]amma|[bB]eta)(?![a-z])|[gG]rad|[nN]abla|[dD]elta|[dD]eriv|^del_|^d[xyzwbahos]\d*$"
)
OF_COST = re.compile(r"^_?d[LEJC]_?d_?(?=[A-Za-z])")  # dLdW, dL_dW, dEdb


def plain_name(name: str) -> str:
    """A name without what marks a gradient: dW1, dLdW1, W1_grad and W1 are "w1"; nabla_b and biases are "b"."""
    name = OF_COST.sub("", name)
    if re.match(r"^d[A-Z]", name):
        name = name[1:]
    text = GRADIENT_PART.sub("", name).lower().replace("_", "")
    text = re.sub(r"^(weights?|ws?)(?=\d*(\[\d+\])?$)", "w", text)
    text = re.sub(r"^(bias(es)?|bs?)(?=\d*(\[\d+\])?$)", "b", text)
    return text


def _entries(session: Session) -> Iterator[tuple[str, str, Any]]:
    """All arrays, dictionaries and lists at hand: name, expression, value; attributes of objects included."""
    for name, text in session.pool.items():
        with contextlib.suppress(Exception):
            yield name, text, session.value(text)
    for variable in session.objects:
        yield from _attributes(variable, session.names.get(variable), 3)


def _attributes(text: str, value: Any, depth: int) -> Iterator[tuple[str, str, Any]]:
    """(name, expression, value) of the attributes of an object, and of the objects in them to a depth."""
    for name, item in list(getattr(value, "__dict__", {}).items()):
        yield name, f"{text}.{name}", item
        if depth and isinstance(item, (list, tuple)):
            for index, one in enumerate(item[:20]):
                if hasattr(one, "__dict__") and not isinstance(one, np.ndarray):
                    yield from _attributes(f"{text}.{name}[{index}]", one, depth - 1)
        elif (
            depth
            and hasattr(item, "__dict__")
            and not (isinstance(item, (np.ndarray, type)) or inspect.isroutine(item))
        ):
            yield from _attributes(f"{text}.{name}", item, depth - 1)


def _flat(name: str, text: str, value: Any) -> Iterator[tuple[str, str, np.ndarray[Any, Any]]]:
    """The arrays in an entry, those of dictionaries under their keys, those of lists with their index."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0:
        yield name, text, value
    elif isinstance(value, dict):
        for key, item in list(value.items())[:40]:
            if isinstance(item, np.ndarray):
                yield str(key), f"{text}[{key!r}]", item
    elif isinstance(value, (list, tuple)) and 0 < len(value) < 20:
        for index, item in enumerate(value):
            if isinstance(item, np.ndarray) and item.dtype.kind == "f":
                yield f"{name}[{index}]", f"{text}[{index}]", item
            elif isinstance(item, dict):
                yield from _flat(f"{name}[{index}]", f"{text}[{index}]", item)


def pair_gradients(session: Session, returned: Sequence[str] = ()) -> list[Pair]:
    """Pairs of parameter and gradient among all that was made; each parameter once.

    Args:
        session: of the attempt.
        returned: variables that hold what a backward pass returned, whatever they are called.
    """
    gradients: list[tuple[str, str, np.ndarray[Any, Any]]] = []
    parameters: list[tuple[str, str, np.ndarray[Any, Any]]] = []
    for name, text, value in _entries(session):
        inside = (
            GRADIENT_NAMED.search(name) is not None
            or GRADIENT_NAMED.search(text.split("[")[0].split(".")[-1]) is not None
            or text.split("[")[0] in returned
        )
        for one in _flat(name, text, value):
            marked = inside or GRADIENT_NAMED.search(one[0]) is not None
            (gradients if marked else parameters).append(one)
    pairs: list[Pair] = []
    taken: set[int] = set()
    for name, text, gradient in gradients:
        owner = text.rpartition(".")[0]
        matches = [
            (other_text, parameter)
            for other_name, other_text, parameter in parameters
            if parameter.shape == gradient.shape
            and id(parameter) not in taken
            and plain_name(other_name) == plain_name(name)
            and (not owner or "." not in other_text or other_text.rpartition(".")[0] == owner or "[" in text)
        ]
        if not matches and plain_name(name) == "" and owner:  # p.grad of p.data
            matches = [
                (t, p)
                for n, t, p in parameters
                if t.rpartition(".")[0] == owner and n in ("data", "value", "val", "v") and p.shape == gradient.shape
            ]
        is_unnamed = plain_name(name) in ("", "j") or gradient.ndim == 1 or [text] == list(returned)
        if not matches and is_unnamed:
            matches = [
                (t, p)
                for n, t, p in parameters
                if p.shape == gradient.shape and re.search(r"param|theta|^w|weight", n, re.IGNORECASE)
            ]
        if matches:
            taken.add(id(matches[0][1]))
            pairs.append(Pair(parameter=matches[0][0], gradient=text))
            continue
        misfits = [
            p for n, t, p in parameters if plain_name(n) == plain_name(name) and plain_name(n) and "[" in text + t
        ]
        if misfits and all(p.shape != gradient.shape for p in misfits):
            session.watcher.notes.append(f"{text} has shape {gradient.shape}, its parameter {misfits[0].shape}")
    return pairs
