"""Somebody's own file against the references, and the mistake in it by name."""

from .judge import CORRECT, DIFFERS, ERROR, MISTAKE, Report, check_file, check_files, check_functions, files_in, options

__all__ = [
    "CORRECT",
    "DIFFERS",
    "ERROR",
    "MISTAKE",
    "Report",
    "check_file",
    "check_files",
    "check_functions",
    "files_in",
    "options",
]
