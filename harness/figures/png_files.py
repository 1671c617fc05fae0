"""What a PNG file says about itself; without altair, so that what draws no chart does not import it."""

from __future__ import annotations

import struct


def png_size(picture: bytes) -> tuple[int, int]:
    """(width, height) of a PNG file in pixels, which it has from byte 16 on."""
    width, height = struct.unpack(">2I", picture[16:24])
    return width, height
