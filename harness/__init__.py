"""A test bench for neural-network math written by hand and for Keras programs that do not learn."""

from .errors import BadInput

__version__ = "0.1.0"

__all__ = ["BadInput", "__version__"]
