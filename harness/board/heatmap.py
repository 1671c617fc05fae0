"""The weights of a layer as a picture: a column for each neuron, a row for each input, the bias on top.

Blue is negative, white 0, red positive, on a scale that stays the same from frame to frame: clones are equal columns.
"""

from __future__ import annotations

import functools
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..models.network import Array

MAX_ROWS = 64  # more inputs than this are sampled
FRAMES = 20  # of a run at most; TensorBoard's slider has one stop for each
WIDTH = 300  # of the columns together, and of the rows, in pixels: about what TensorBoard gives to a picture
CELL = 48  # pixels of one weight at most, each way
MARGIN = 44  # left of the columns, for the names of the rows
LINE = 14  # of text
APART = 4  # between the bias and the other rows

SHADES = 251  # of the palette's 256 colours; the middle one is white
PAPER, INK, NO_NUMBER = 251, 252, 253


@functools.cache
def palette() -> bytes:
    """256 colours: from blue (-1) over white (0) to red (1), then paper, ink, and a grey for what is no number."""
    position = np.linspace(-1, 1, SHADES)[:, None]
    blue, white, red = np.array([33, 102, 172]), np.array([255, 255, 255]), np.array([178, 24, 43])
    end = np.where(position < 0, blue, red)
    shades = np.rint(white + np.abs(position) * (end - white))
    others = np.array([[250, 250, 250], [60, 60, 60], [170, 170, 170], [0, 0, 0], [0, 0, 0]])
    return np.concatenate([shades, others]).astype(np.uint8).tobytes()


def shade(weights: Array, limit: float) -> NDArray[np.uint8]:
    """Places in the palette of weights from -limit to limit."""
    place = np.rint((np.clip(weights / limit, -1, 1) + 1) / 2 * (SHADES - 1))
    return np.where(np.isnan(place), NO_NUMBER, place).astype(np.uint8)


def sampled(count: int, at_most: int) -> NDArray[np.intp]:
    """Places 0 to count - 1, evenly spread if there are more than ``at_most``."""
    return np.unique(np.linspace(0, count - 1, min(count, at_most)).round().astype(np.intp))


class Grid(NamedTuple):
    """Where the cells of so many rows and columns lie, in pixels; the first row, the bias, apart from the others."""

    rows: int
    columns: int

    @property
    def cell(self) -> tuple[int, int]:
        """(width, height) of a cell and the gap after it"""
        return max(3, min(CELL, WIDTH // self.columns)), max(3, min(CELL, WIDTH // self.rows))

    @property
    def x(self) -> NDArray[np.intp]:
        """Where each column begins"""
        return MARGIN + self.cell[0] * np.arange(self.columns)

    @property
    def y(self) -> NDArray[np.intp]:
        """Where each row begins"""
        return LINE + self.cell[1] * np.arange(self.rows) + np.where(np.arange(self.rows) > 0, APART, 0)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole picture, with names and scale"""
        width, height = self.cell
        return MARGIN + max(width * self.columns, 150) + 16, LINE + height * self.rows + APART + 34


def scale_bar(draw: ImageDraw.ImageDraw, left: int, top: int, limit: float) -> None:
    """The colours with the weights they stand for."""
    font = ImageFont.load_default(11)
    width = 120
    for x in range(width):
        draw.line([(left + x, top), (left + x, top + 7)], fill=round(x / (width - 1) * (SHADES - 1)))
    for x, weight in ((0, -limit), (width // 2, 0.0), (width, limit)):
        draw.text((left + x, top + 9), f"{weight:.3g}", fill=INK, font=font, anchor="ma")


def frame(rows: list[str], columns: list[str], limit: float) -> NDArray[np.uint8]:
    """All but the weights: names of rows and columns, a line under the bias, the scale; (height, width)."""
    grid = Grid(len(rows), len(columns))
    width, height = grid.cell
    image = Image.new("P", grid.size, PAPER)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # no half-tones: the palette has none
    font = ImageFont.load_default(11)
    if height < LINE:  # no room for the others
        draw.text((MARGIN - 4, LINE), rows[0], fill=INK, font=font, anchor="ra")
    else:
        for name, y in zip(rows, grid.y.tolist()):
            draw.text((MARGIN - 4, y + height // 2), name, fill=INK, font=font, anchor="rm")
    draw.text((MARGIN - 4, 1), "neuron", fill=INK, font=font, anchor="ra")
    if width >= 6 * max(map(len, columns)):
        for name, x in zip(columns, grid.x.tolist()):
            draw.text((x + width // 2, 1), name, fill=INK, font=font, anchor="ma")
    line = LINE + height + 1
    draw.line([(MARGIN, line), (MARGIN + width * len(columns) - 2, line)], fill=INK, width=2)
    scale_bar(draw, MARGIN + 8, grid.size[1] - 28, limit)
    return np.array(image)


def png(indices: NDArray[np.uint8]) -> bytes:
    """(height, width) places in the palette as a PNG file"""
    image = Image.fromarray(indices)
    image.putpalette(palette())
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def heat_maps(weights: Array, columns: list[str]) -> list[bytes | None]:
    """A PNG of each of weights (iterations, inputs + 1, neurons), at most ``FRAMES`` of them, evenly spread.

    Args:
        weights: the bias is row 0.
        columns: what to write over each neuron's.

    Returns:
        One for each iteration, None where it was passed over. The scale reaches to the largest weight of them all.
    """
    finite = np.abs(weights[np.isfinite(weights)], dtype=np.float64)
    limit = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    shown = sampled(weights.shape[1], MAX_ROWS + 1)
    rows = ["bias" if row == 0 else f"from {row - 1}" for row in shown]
    grid, picture = Grid(len(rows), len(columns)), frame(rows, columns, limit)
    width, height = (size - 1 for size in grid.cell)  # without the gap
    x = (grid.x[:, None] + np.arange(width)).ravel()
    y = (grid.y[:, None] + np.arange(height)).ravel()
    pngs: list[bytes | None] = [None] * len(weights)
    for index in sampled(len(weights), FRAMES):
        shades = shade(weights[index][shown], limit)
        picture[np.ix_(y, x)] = np.repeat(np.repeat(shades, height, axis=0), width, axis=1)
        pngs[index] = png(picture)
    return pngs


def sampling_note(inputs: int) -> str:
    """What a picture with so many inputs leaves out; nothing where it leaves out nothing."""
    return f" Of {inputs} inputs, {MAX_ROWS} are drawn." if inputs > MAX_ROWS else ""
