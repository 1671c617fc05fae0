"""SciPy's convolutions of two matrices written with NumPy, whose arithmetic is recorded; SciPy's own is not."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def install(signal: Any) -> None:
    """Replace ``correlate2d`` and ``convolve2d`` of ``scipy.signal``.

    Args:
        signal: the module.
    """
    signal.correlate2d = _with_numpy(signal.correlate2d, is_flipped=False)
    signal.convolve2d = _with_numpy(signal.convolve2d, is_flipped=True)


def _with_numpy(real: Callable[..., Any], is_flipped: bool) -> Callable[..., Any]:
    """One of the two; SciPy's own for what is not a plain sum over windows of the first matrix.

    Args:
        real: SciPy's.
        is_flipped: whether the second matrix is turned round first, as for a convolution.
    """
    signature = inspect.signature(real)

    @functools.wraps(real)
    def slide(*arguments: Any, **options: Any) -> Any:
        given = signature.bind(*arguments, **options)
        given.apply_defaults()
        values = given.arguments
        image, kernel, mode = np.asarray(values["in1"]), np.asarray(values["in2"]), values["mode"]
        is_plain = values["boundary"] == "fill" and values["fillvalue"] == 0 and image.ndim == kernel.ndim == 2
        fits = all(size >= other for size, other in zip(image.shape, kernel.shape))
        if not is_plain or (mode == "valid" and not fits) or "c" in (image.dtype.kind, kernel.dtype.kind):
            return real(*arguments, **options)
        return _windows(_padded(image, kernel.shape, mode, is_flipped), kernel[::-1, ::-1] if is_flipped else kernel)

    return slide


def _padded(image: Any, size: tuple[int, ...], mode: str, is_flipped: bool) -> Any:
    """The image with the zeros around it that the mode asks for: none, so many as are needed to keep its size, all."""
    if mode == "valid":
        return image
    if mode == "full":
        return np.pad(image, [(side - 1, side - 1) for side in size])
    less, more = [(side - 1) // 2 for side in size], [side // 2 for side in size]
    return np.pad(image, list(zip(more, less) if is_flipped else zip(less, more)))


def _windows(image: Any, kernel: Any) -> Any:
    """The sum over each window of the image times the kernel."""
    height, width = kernel.shape
    rows = np.arange(image.shape[0] - height + 1)[:, None, None, None] + np.arange(height)[None, None, :, None]
    columns = np.arange(image.shape[1] - width + 1)[None, :, None, None] + np.arange(width)[None, None, None, :]
    return np.tensordot(image[rows, columns], kernel, axes=([2, 3], [0, 1]))
