"""Stand-ins for what a file needs and this machine lacks: data files, downloads, displays, packages."""

from .hints import MANY, scaled_counts, scaled_sizes, shrunk_bounds
from .install import install, patch_when_imported

__all__ = ["MANY", "install", "patch_when_imported", "scaled_counts", "scaled_sizes", "shrunk_bounds"]
