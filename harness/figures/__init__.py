"""Charts from numbers; their words come from the caller. ``render`` makes PNG and SVG files of them."""
