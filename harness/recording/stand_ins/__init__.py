"""Stand-ins for what a file needs and this machine lacks: data files, downloads, displays, packages."""

from .hints import MANY, counts_of_images, scaled_counts, scaled_sizes
from .install import install, patch_when_imported

__all__ = ["MANY", "counts_of_images", "install", "patch_when_imported", "scaled_counts", "scaled_sizes"]
