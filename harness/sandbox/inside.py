"""The first thing that runs in a sandbox: takes the program's own copy of its folder, sets limits, runs the command.

It also takes away the system calls by which a program could get memory that no limit counts (of no process, or in a
file system of its own) or reach the keys of the user who started it.

Started by path, with a JSON object of settings and the command as arguments; it imports nothing of this project.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import shutil
import struct
import sys

HOPELESS = 126  # exit code if the command cannot be run

SET_SECCOMP, FILTER_MODE = 22, 2  # of prctl
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # what a filter returns, the second with an error
LOAD, IF_EQUAL, IF_ABOVE, IF_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # what a filter is made of
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where a filter finds them
NEW_USER_NAMESPACE = 0x10000000
OTHER_NUMBERS = 0x40000000  # from here on, of x32: the same calls under other numbers
# memfd_create, memfd_secret, shmget, msgget, unshare, setns, add_key, request_key, keyctl, bpf, userfaultfd,
# io_uring_setup
OF_X86 = (319, 447, 29, 68, 272, 308, 248, 249, 250, 321, 323, 425)
OF_OTHERS = (279, 447, 194, 186, 97, 268, 217, 218, 219, 280, 282, 425)
CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
CLONE3 = 435  # its flags are in memory, where no filter sees them; glibc does without it
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}


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


def refusals(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter of system calls as (code, steps if true, steps if false, value), for the kernel's small machine."""
    refused = [(IF_EQUAL, 0, 1, number) for number in (OF_X86 if machine == "x86_64" else OF_OTHERS)]
    refuse = (RETURN, 0, 0, REFUSE | errno.EPERM)
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        *((IF_EQUAL, 1, 0, ARCHITECTURES[machine]), refuse),
        (LOAD, 0, 0, NUMBER),
        *((IF_ABOVE, 0, 1, OTHER_NUMBERS), refuse),
        *(step for one in refused for step in (one, refuse)),
        *((IF_EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, REFUSE | errno.ENOSYS)),
        *((IF_EQUAL, 0, 3, CLONE[machine]), (LOAD, 0, 0, FIRST_ARGUMENT), (IF_SET, 0, 1, NEW_USER_NAMESPACE), refuse),
        (RETURN, 0, 0, ALLOW),
    ]


def filter_calls() -> None:
    """Refuse system calls from here on, if the kernel has filters and this knows its numbers."""
    machine = os.uname().machine
    if machine not in ARCHITECTURES or sys.maxsize < 2**32:
        return
    steps = b"".join(struct.pack("HBBI", *step) for step in refusals(machine))
    program = ctypes.create_string_buffer(steps, len(steps))
    described = ctypes.create_string_buffer(struct.pack("HP", len(steps) // 8, ctypes.addressof(program)))
    ctypes.CDLL(None).prctl(SET_SECCOMP, FILTER_MODE, described, 0, 0)


def main(arguments: list[str]) -> None:
    """``inside.py SETTINGS COMMAND ARGUMENT ...``"""
    settings, command = json.loads(arguments[0]), arguments[1:]
    become(settings["user"])
    shutil.copytree(settings["given"], settings["copy"], symlinks=True)
    os.chdir(settings["folder"])
    set_limits(settings["limits"])
    filter_calls()
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        os.write(2, f"sandbox: {error}\n".encode(errors="replace"))
        os._exit(HOPELESS)
