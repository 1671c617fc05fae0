"""Walls made by the kernel's namespaces alone, for a Linux without bubblewrap: makes them, then runs the command.

Started by path, with a JSON object of what is to be seen and the command as arguments; it imports nothing of this
project. It does what bubblewrap does: a new root with nothing in it but read-only libraries, a few devices and a
bounded /tmp; no network, no other process, no privileges; the end of everything with the process that asked for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import sys

HOPELESS = 126  # exit code if there are no walls
NEW_USER = 0x10000000
NEW_MOUNTS, NEW_CGROUPS, NEW_NAMES = 0x00020000, 0x02000000, 0x04000000
NEW_MESSAGES, NEW_PROCESSES, NEW_NETWORK = 0x08000000, 0x20000000, 0x40000000
NEW_REST = NEW_MOUNTS | NEW_CGROUPS | NEW_NAMES | NEW_MESSAGES | NEW_PROCESSES | NEW_NETWORK
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
RECURSIVE, PRIVATE = 16384, 1 << 18
KEPT_FLAGS = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}  # of statvfs, and the same of mount
DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
DIE_WITH_PARENT, NO_NEW_PRIVILEGES = 1, 38
CAPABILITIES_VERSION = 0x20080522
SET_USER_AND_GROUP = 1 << 7 | 1 << 6
DEVICES = ("null", "zero", "full", "random", "urandom")
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}

libc = ctypes.CDLL(None, use_errno=True)


def call(what: str, result: int) -> None:
    """Raise the error of a system call that failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2)"""
    parts = [None if part is None else part.encode() for part in (source, target, kind)]
    call(f"mount {target}", libc.mount(*parts, ctypes.c_ulong(flags), options.encode()))


def leave_the_others(as_root: bool) -> None:
    """Go into new namespaces, and on as their first process; the process that was here waits, and ends with its end."""
    call("prctl", libc.prctl(DIE_WITH_PARENT, signal.SIGKILL))
    user, group = os.getuid(), os.getgid()
    call("unshare", libc.unshare(NEW_REST if as_root else NEW_USER | NEW_REST))
    if not as_root:
        for name, content in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(content)
    child = os.fork()
    if child:
        for number in (0, 1):  # only the program holds its pipes
            os.close(number)
        status = os.waitpid(child, 0)[1]
        os._exit(os.waitstatus_to_exitcode(status) % 256)
    call("prctl", libc.prctl(DIE_WITH_PARENT, signal.SIGKILL))


def show(source: str, target: str) -> None:
    """Let a file or folder be seen at another place, read-only."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, None, BIND | RECURSIVE)
    kept = sum(flag for known, flag in KEPT_FLAGS.items() if os.statvfs(target).f_flag & known)
    mount("none", target, None, BIND | REMOUNT | READ_ONLY | NO_SUID | kept)


def furnish(root: str, seen: list[list[str]], links: list[list[str]], size: int, shared: int) -> None:
    """Make a root with nothing but what is to be seen, /proc, a few devices and a /tmp."""
    os.makedirs(root, exist_ok=True)
    mount("none", "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", root, "tmpfs", NO_SUID | NO_DEVICES, "size=4m,mode=755")
    os.umask(0o022)
    for target, name in links:
        os.symlink(target, root + name)
    for folder in ("/proc", "/dev", "/tmp", "/dev/shm"):
        os.mkdir(root + folder)
    mount("proc", f"{root}/proc", "proc", READ_ONLY | NO_SUID | NO_DEVICES | NO_PROGRAMS)
    mount("tmpfs", f"{root}/tmp", "tmpfs", NO_SUID | NO_DEVICES, f"size={size},mode=1777")
    mount("tmpfs", f"{root}/dev/shm", "tmpfs", NO_SUID | NO_DEVICES, f"size={shared},mode=1777")
    for device in DEVICES:
        place = f"{root}/dev/{device}"
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))
        mount(f"/dev/{device}", place, None, BIND)
    for name, target in LINKS.items():
        os.symlink(target, f"{root}/dev/{name}")
    for source, name in seen:
        show(source, root + name)


def close_behind(root: str) -> None:
    """Make this the root, without a way back, and nothing in it to be changed but /tmp and /dev/shm."""
    os.chdir(root)
    call("pivot_root", libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"."))
    call("umount", libc.umount2(b".", DETACH))
    os.chdir("/")
    mount("none", "/", None, REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES)


def give_up_privileges(as_root: bool) -> None:
    """Keep nothing but, for the superuser, the way to become somebody else; nor gain anything later."""
    call("prctl", libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    kept = SET_USER_AND_GROUP if as_root else 0
    header = struct.pack("Ii", CAPABILITIES_VERSION, 0)
    call("capset", libc.capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)))


def main(arguments: list[str]) -> None:
    """``walls.py SETTINGS COMMAND ARGUMENT ...``"""
    settings, command = json.loads(arguments[0]), arguments[1:]
    as_root = settings["as_root"]
    leave_the_others(as_root)
    furnish(settings["root"], settings["seen"], settings["links"], settings["size"], settings["shared"])
    with contextlib.suppress(OSError):
        socket.sethostname("sandbox")
    close_behind(settings["root"])
    give_up_privileges(as_root)
    os.execve(command[0], command, settings["environment"])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        os.write(2, f"walls: {error}\n".encode(errors="replace"))
        os._exit(HOPELESS)
