"""A test bench for neural-network math written by hand."""

__version__ = "0.1.0"
