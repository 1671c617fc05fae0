"""The first thing that runs in a sandbox: takes the program's own copy of its folder, sets limits, runs the command.

Started by path, with a JSON object of settings and the command as arguments; it imports nothing of this project.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import sys

HOPELESS = 126  # exit code if the command cannot be run


def become(user: int | None) -> None:
    """Go on as a user that nothing on this machine belongs to; as before if None."""
    if user is None:
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def set_limits(limits: dict[str, int]) -> None:
    """Set each limit that this system knows."""
    for name, value in limits.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def main(arguments: list[str]) -> None:
    """``inside.py SETTINGS COMMAND ARGUMENT ...``"""
    settings, command = json.loads(arguments[0]), arguments[1:]
    become(settings["user"])
    shutil.copytree(settings["given"], settings["copy"], symlinks=True)
    os.chdir(settings["folder"])
    set_limits(settings["limits"])
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        os.write(2, f"sandbox: {error}\n".encode(errors="replace"))
        os._exit(HOPELESS)
