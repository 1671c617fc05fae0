"""The edits in the user's files that make changes to a captured program; the files themselves are never written."""

from .edited import edited_files, edited_sources, unified_diff
from .program_edits import Edits, edits_for
from .texts import Edit

__all__ = ["Edit", "Edits", "edited_files", "edited_sources", "edits_for", "unified_diff"]
