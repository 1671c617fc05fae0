"""Arrays of texts, such as the cells of a CSV file.

A file may convert them to numbers each time that it computes with them. The numbers are recorded as the same data then.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from .graph import Kind
from .values import NUMERIC, TAPE, converted_leaf, memory_of

TEXTS = "US"  # kinds of dtypes


class TextArray(np.ndarray):
    """An array of texts. If the user's file converts it to numbers twice, the second ones are a copy of the first."""

    _stands_for = np.ndarray  # what its type is for the user's code

    def astype(self, dtype: Any, *rest: Any, **options: Any) -> Any:
        """As ``ndarray.astype``."""
        result = _unrecorded(self).astype(dtype, *rest, **options)
        if result.dtype.kind not in NUMERIC:
            return recorded_texts(result)
        return converted_leaf(_met_before(self), result, "astype", Kind.DATA) if TAPE.on else result

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        named = {name: _unrecorded(value) for name, value in keywords.items()}
        return getattr(ufunc, method)(*map(_unrecorded, inputs), **named)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        named = {name: _unrecorded(value) for name, value in keywords.items()}
        return recorded_texts(function(*map(_unrecorded, arguments), **named))

    def __repr__(self) -> str:
        return repr(_unrecorded(self))

    def __str__(self) -> str:
        return str(_unrecorded(self))


def recorded_texts(value: Any) -> Any:
    """An array of texts as one whose conversions are recorded; anything else as it is."""
    is_text = type(value) is np.ndarray and value.dtype.kind in TEXTS
    return value.view(TextArray) if is_text else value


MET: deque[TextArray] = deque(maxlen=8)  # the latest that were converted


def _met_before(array: TextArray) -> TextArray:
    """The array that stands for this part of memory: each slice and each transpose is another object."""
    known = next((one for one in MET if memory_of(one) == memory_of(array)), None)
    if known is None:
        MET.append(array)
    return array if known is None else known


def _unrecorded(value: Any) -> Any:
    """A value, or the items of a list or tuple, with plain arrays instead of arrays of texts."""
    if isinstance(value, TextArray):
        return value.view(np.ndarray)
    if isinstance(value, (list, tuple)) and any(isinstance(one, (TextArray, list, tuple)) for one in value):
        return type(value)(map(_unrecorded, value)) if type(value) in (list, tuple) else value
    return value
