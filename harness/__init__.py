"""A test bench for neural-network math written by hand."""

__version__ = "0.1.0"


class BadInput(Exception):
    """A user's mistake, told in one or two plain lines: what was wrong, where, what to do. Ends a command with 2."""
