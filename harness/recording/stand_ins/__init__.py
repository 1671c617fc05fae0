"""Stand-ins for what a file needs and this machine lacks: data files, downloads, displays, packages."""

from .hints import scaled_counts, shrunk_bounds
from .install import install, patch_when_imported

__all__ = ["install", "patch_when_imported", "scaled_counts", "shrunk_bounds"]
