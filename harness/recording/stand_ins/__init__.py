"""Stand-ins for what a file needs and this machine lacks: data files, downloads, displays, packages."""

from .hints import shrunk_bounds
from .install import install

__all__ = ["install", "shrunk_bounds"]
