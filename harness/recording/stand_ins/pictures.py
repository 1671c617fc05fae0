"""Pictures that do not exist, and what OpenCV, Pillow, scikit-image and the like do with them."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import Absorbed, Array
from ..values import RecordedArray, plain, record, wrap
from . import hints as made_up
from .absorbed import Absorbing, Entered, noted
from .hints import FEATURES, Hints

SIDE = 16  # pixels of a picture if its size is not known
GRAY, COLOR = 1, 3  # channels
# the constants of OpenCV that say what becomes of the channels
IMREAD_GRAYSCALE, IMREAD_COLOR, IMREAD_UNCHANGED = 0, 1, -1
TO_GRAY = {"COLOR_BGR2GRAY": 6, "COLOR_RGB2GRAY": 7, "COLOR_BGRA2GRAY": 10, "COLOR_RGBA2GRAY": 11}
TO_COLOR = {"COLOR_GRAY2BGR": 8, "COLOR_GRAY2RGB": 8}


WRITTEN: dict[str, Array] = {}  # pixels that the run has written, by path


def write(path: Any, pixels: Any, *_: Any, **__: Any) -> bool:
    """Keep a picture, so that what is read under its path is what was written."""
    WRITTEN[os.path.abspath(str(path))] = np.array(plain(pixels))
    return True


def written_in(folder: str) -> list[str]:
    """The names of the pictures that the run has written into a folder."""
    return [os.path.basename(path) for path in WRITTEN if os.path.dirname(path) == os.path.abspath(folder)]


class Album:
    """Gives the pictures that were written, and makes others up by their names.

    Args:
        note: called with the first one.
        hints: the sizes.
    """

    def __init__(self, note: Callable[..., None], hints: Hints) -> None:
        self.note, self.hints = note, hints

    def pixels(self, path: Any, channels: int) -> Array:
        """A picture as bytes, (height, width) or (height, width, 3)."""
        written = WRITTEN.get(os.path.abspath(str(path)))
        if written is not None:
            return gray(written) if channels == GRAY else written
        name = Path(str(path)).name
        side = self._side(channels)
        shape = (side, side) if channels == GRAY else (side, side, channels)
        self.note(Absorbed.FILE, f"*{Path(name).suffix}", shape, (math.prod(shape),))
        return made_up.images(1, shape, name)[0]

    def _side(self, channels: int) -> int:
        """How high and wide pictures are: as the network wants, if that is known."""
        if self.hints.images:
            return 28
        features = self.hints.features
        for count in (channels, COLOR, GRAY):
            side = math.isqrt(features // count)
            if features != FEATURES and side * side * count == features:
                return side
        return SIDE

    def opened(self, path: Any, *_: Any, **__: Any) -> Picture:
        """A made-up picture, as Pillow opens one."""
        return Picture(self.pixels(path, GRAY if self.hints.images else COLOR))


class Picture(Entered):
    """A picture as Pillow has it. What only shows or filters it gives the picture itself.

    Args:
        pixels: bytes, (height, width) or (height, width, channels).
    """

    def __init__(self, pixels: Array) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]
        self.size = (self.width, self.height)
        self.mode = "L" if pixels.ndim == 2 else "RGB"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return self.pixels.copy() if dtype is None else self.pixels.astype(dtype)

    def resize(self, size: Any, *_: Any, **__: Any) -> Picture:
        """With another (width, height)."""
        return Picture(scaled(self.pixels, int(size[1]), int(size[0])))

    def thumbnail(self, size: Any, *_: Any, **__: Any) -> None:
        """No larger than (width, height), in place."""
        Picture.__init__(self, scaled(self.pixels, min(self.height, int(size[1])), min(self.width, int(size[0]))))

    def crop(self, box: Any) -> Picture:
        """The part from (left, upper) to (right, lower)."""
        left, upper, right, lower = map(int, box)
        return Picture(scaled(self.pixels, lower - upper, right - left))

    def convert(self, mode: str = "RGB", *_: Any, **__: Any) -> Picture:
        """With one channel or three; black and white as truth values."""
        if mode in ("L", "1", "F", "I", "P"):
            pixels = gray(self.pixels)
            return Picture(pixels > 127 if mode == "1" else pixels)
        return Picture(colored(self.pixels))

    def save(self, path: Any, *_: Any, **__: Any) -> None:
        """Keep it under its path."""
        write(path, self.pixels)

    def getdata(self, *_: Any) -> list[Any]:
        """The pixels in one list."""
        rows = self.pixels.reshape(self.width * self.height, -1).tolist()
        return [row[0] for row in rows] if self.pixels.ndim == 2 else list(map(tuple, rows))

    def getpixel(self, place: Any) -> Any:
        """The pixel at (x, y)."""
        pixel = self.pixels[int(place[1]), int(place[0])].tolist()
        return tuple(pixel) if isinstance(pixel, list) else pixel

    __getitem__ = getpixel  # of what ``load`` gives, the picture itself

    def tobytes(self, *_: Any) -> bytes:
        """The pixels row by row."""
        return self.pixels.tobytes()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: self


# What is done with pixels


def scaled(pixels: Array, height: int, width: int) -> Array:
    """The nearest pixels of a picture of another size."""
    rows, columns = (np.arange(n) * old // n for n, old in zip((height, width), pixels.shape))
    return pixels[rows[:, None], columns]


def gray(pixels: Array) -> Array:
    """One channel."""
    return pixels if pixels.ndim == 2 else pixels[..., :COLOR].mean(axis=-1).astype(pixels.dtype)


def colored(pixels: Array) -> Array:
    """Three channels."""
    return np.stack([pixels] * COLOR, axis=-1) if pixels.ndim == 2 else pixels[..., :COLOR]


def _recorded(change: Callable[..., Array]) -> Callable[..., Any]:
    """A function of pixels that is on the tape if they are: its gradient is not known."""

    def changed(pixels: Any, *arguments: Any) -> Any:
        result = change(np.asarray(plain(pixels)), *arguments)
        if not isinstance(pixels, RecordedArray):
            return result
        return wrap(result, record(f"pictures.{change.__name__}", (pixels,), {}, result))

    return changed


def bright(pixels: Array, limit: float, largest: float) -> Array:
    """The largest value where a pixel is above the limit, 0 elsewhere."""
    return (pixels > limit) * np.uint8(largest)


_scaled, _gray, _colored, _bright = _recorded(scaled), _recorded(gray), _recorded(colored), _recorded(bright)


# By package


def functions(album: Album) -> dict[str, Any]:
    """What any module for pictures gives, by name."""

    def imread(path: Any, *flags: Any, **options: Any) -> Array:
        flag = [*flags, options.get("flags", options.get("as_gray", options.get("mode")))][0]
        is_gray = flag in ("L", "F") or flag is True or (type(flag) is int and flag == IMREAD_GRAYSCALE)
        return album.pixels(path, GRAY if is_gray else COLOR)

    def load_img(path: Any, *_: Any, target_size: Any = None, **options: Any) -> Picture:
        picture = album.opened(path)
        if options.get("color_mode") == "grayscale" or options.get("grayscale"):
            picture = picture.convert("L")
        return picture if target_size is None else picture.resize(target_size[::-1])

    def img_to_array(picture: Any, *_: Any, **__: Any) -> Array:
        pixels = np.asarray(picture, "f4")
        return pixels[..., None] if pixels.ndim == 2 else pixels

    def imresize(pixels: Any, size: Any, *_: Any, **__: Any) -> Any:
        return _scaled(pixels, int(size[0]), int(size[1]))

    writers = dict.fromkeys(("imwrite", "imsave"), write)
    return {"imread": imread, "load_img": load_img, "img_to_array": img_to_array, "imresize": imresize, **writers}


def restore(misc: Any, album: Album) -> None:
    """Give ``scipy.misc`` the functions for pictures that it had before version 1.3 of SciPy."""

    made = functions(album)
    for name in ("imread", "imresize", "imsave"):
        if not hasattr(misc, name):
            note_use = functools.partial(album.note, Absorbed.MODULE, f"scipy.misc.{name}")
            setattr(misc, name, noted(made[name], note_use))


def of_modules(album: Album) -> dict[str, dict[str, Any]]:
    """What modules for pictures give by name, by module."""
    image = Absorbing("Image")
    image.__dict__.update(open=album.opened, fromarray=lambda pixels, *_, **__: Picture(np.asarray(plain(pixels))))
    image.__dict__["Image"] = Picture
    return {"cv2": _of_opencv(), "PIL": {"Image": image, "open": album.opened}, "skimage": _of_scikit_image(album)}


def _of_opencv() -> dict[str, Any]:
    """The functions of OpenCV that change the size and the channels of a picture."""

    def resize(pixels: Any, dsize: Any = None, *_: Any, **options: Any) -> Any:
        if dsize is None or tuple(dsize) == (0, 0):
            height, width = np.shape(pixels)[:2]
            return _scaled(pixels, round(height * options.get("fy", 1)), round(width * options.get("fx", 1)))
        return _scaled(pixels, int(dsize[1]), int(dsize[0]))

    def cvtColor(pixels: Any, code: Any, *_: Any, **__: Any) -> Any:
        if code in TO_GRAY.values():
            return _gray(pixels)
        return _colored(pixels) if code in TO_COLOR.values() else pixels

    def threshold(pixels: Any, limit: float, largest: float, *_: Any, **__: Any) -> tuple[float, Any]:
        return limit, _bright(pixels, limit, largest)

    def same(pixels: Any, *_: Any, **__: Any) -> Any:
        return pixels

    filters = ("GaussianBlur", "medianBlur", "blur", "bilateralFilter", "equalizeHist", "flip", "fastNlMeansDenoising")
    flags = {"IMREAD_GRAYSCALE": IMREAD_GRAYSCALE, "IMREAD_COLOR": IMREAD_COLOR, "IMREAD_UNCHANGED": IMREAD_UNCHANGED}
    changes = {"resize": resize, "cvtColor": cvtColor, "threshold": threshold}
    return {**flags, **TO_GRAY, **TO_COLOR, **changes, **dict.fromkeys(filters, same)}


def _of_scikit_image(album: Album) -> dict[str, Any]:
    """The modules of scikit-image for reading, sizes and colors; sizes and colors give numbers from 0 to 1."""

    def to_unit(pixels: Any) -> Any:
        return pixels / 255 if np.asarray(plain(pixels)).dtype.kind in "iu" else pixels

    def resize(pixels: Any, shape: Any, *_: Any, **__: Any) -> Any:
        return to_unit(_scaled(pixels, int(shape[0]), int(shape[1])))

    def rgb2gray(pixels: Any, *_: Any, **__: Any) -> Any:
        return to_unit(_gray(pixels))

    modules = {"io": functions(album), "transform": {"resize": resize}, "color": {"rgb2gray": rgb2gray}}
    found: dict[str, Any] = {}
    for name, names in modules.items():
        module = Absorbing(name)
        module.__dict__.update(names)
        found |= {name: module, **names}
    return found
