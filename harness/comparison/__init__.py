"""Several implementations trained from the same weights, traced, and compared within rounding-error bounds."""
