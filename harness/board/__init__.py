"""TensorBoard: the folder of a run, the event files in it, and the page that shows them."""

from ..files import UNFINISHED
from .runs import is_marked, mark, resumed_folder, run_folder, write, write_answer, write_text
from .server import launch, view

__all__ = [
    "UNFINISHED", "is_marked", "launch", "mark", "resumed_folder", "run_folder", "view", "write", "write_answer",
    "write_text",
]  # fmt: skip
