"""Somebody's program kept apart: a command in, the same command in a sandbox out.

``finding`` says which sandbox this machine has, ``box`` makes the command, ``walls`` makes a sandbox if bubblewrap
is missing, ``inside`` is the first thing that runs in a sandbox, ``staging`` copies the folder that the program gets,
``launching`` starts and ends it, ``usage`` reads what it uses, and ``patience`` says when it has taken too long.
"""

from .box import Box, Bubblewrap, Limits, Namespaces
from .finding import Absence, Policy, find_box, find_bubblewrap, find_namespaces, require_box
from .launching import ONE_NUMPY_THREAD, Launch, current_box, end, prepared, use_box
from .patience import Patience, own_patience
from .staging import MAX_COPIED_BYTES, MAX_COPIED_FILES, copy_folder, is_program

__all__ = [
    "MAX_COPIED_BYTES", "MAX_COPIED_FILES", "ONE_NUMPY_THREAD", "Absence", "Box", "Bubblewrap", "Launch", "Limits",
    "Namespaces", "Patience", "Policy", "copy_folder", "current_box", "end", "find_box", "find_bubblewrap",
    "find_namespaces", "is_program", "own_patience", "prepared", "require_box", "use_box",
]  # fmt: skip
