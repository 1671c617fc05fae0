"""The sandboxes, each as the command line that it takes: bubblewrap's, and one of the kernel's namespaces alone.

What a program sees in it: the interpreter and its libraries, read-only; a private /tmp of bounded size with its own
copy of its folder; no network, no other process, no environment variable but a few harmless ones. What it starts ends
with it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import site
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

INSIDE = Path(__file__).with_name("inside.py")
WALLS = Path(__file__).with_name("walls.py")
PACKAGE = Path(__file__).resolve().parents[1]
GIVEN = "/given"  # where the folder is seen, read-only
COPY = "/tmp/hand-in"  # where the program has its own copy of it
COUNTS_BY_NAMESPACE = (5, 14)  # Linux from here on; before, all processes of a user counted towards the limit
SHARED_MEMORY_BYTES = 2**24
FIRST_USER, USERS = 200_000, 1_000_000  # numbers that belong to nobody; no two sandboxes have the same, by and large
SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
PARTS_OF_AN_ENVIRONMENT = ("bin", "lib", "lib64", "share", "etc", "pyvenv.cfg")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/fonts")
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "student",
    "LOGNAME": "student",
    "LANG": "C.UTF-8",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a program in a sandbox may use."""

    seconds: float = 30  # of processor time, each process for itself
    megabytes: int = 8192  # of address space of a process, and of memory of all of them together; 0 for no limit
    processes: int = 128  # at once, threads included
    file_megabytes: int = 192  # of one file, and of all of them together
    open_files: int = 512  # of a process

    def as_resources(self) -> dict[str, int]:
        """By the names of the module ``resource``."""
        wanted = {
            "RLIMIT_CPU": int(self.seconds) + 2,
            "RLIMIT_FSIZE": self.file_megabytes * 2**20,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
            "RLIMIT_MSGQUEUE": 0,
        }
        return wanted | ({"RLIMIT_AS": self.megabytes * 2**20} if self.megabytes else {})


@dataclass(frozen=True, kw_only=True)
class Box(ABC):
    """A sandbox that works on this machine."""

    name: ClassVar[str]
    # whether this process is the superuser, so that the program is run as a user of its own without a user namespace;
    # the kernel does not limit the number of the superuser's processes
    as_root: bool

    def command(
        self,
        command: Sequence[str],
        *,
        given: Path,
        folder: Path,
        limits: Limits,
        environment: dict[str, str] | None = None,
        readable: Sequence[tuple[Path, str]] = (),
    ) -> list[str]:
        """The command line that runs a command in the sandbox.

        Args:
            command: absolute path of a program, and its arguments.
            given: the folder that the program gets a copy of; everybody can read it.
            folder: where it runs, in that copy.
            limits: what it may use.
            environment: variables beside the harmless ones.
            readable: further folders, and where they are seen, read-only.
        """
        user = FIRST_USER + secrets.randbelow(USERS) if self.as_root else None
        resources = limits.as_resources()
        if self.as_root or tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= COUNTS_BY_NAMESPACE:
            resources["RLIMIT_NPROC"] = limits.processes
        settings = {"given": GIVEN, "copy": COPY, "folder": str(folder), "user": user, "limits": resources}
        inner = [sys.executable, "-I", "-S", str(INSIDE), json.dumps(settings), *command]
        shown = [(str(source), place) for source, place in [(given, GIVEN), *readable]]
        return self.around(inner, shown, limits.file_megabytes * 2**20, ENVIRONMENT | (environment or {}))

    @abstractmethod
    def around(
        self, inner: list[str], shown: Sequence[tuple[str, str]], size: int, environment: dict[str, str]
    ) -> list[str]:
        """The command line that runs another one between the walls of this sandbox.

        Args:
            inner: what runs in it.
            shown: folders beside the libraries, and where they are seen, read-only.
            size: bytes that can be written.
            environment: all variables.
        """


@dataclass(frozen=True, kw_only=True)
class Bubblewrap(Box):
    """A sandbox of bubblewrap."""

    name: ClassVar[str] = "bubblewrap"
    program: str  # its path

    def around(
        self, inner: list[str], shown: Sequence[tuple[str, str]], size: int, environment: dict[str, str]
    ) -> list[str]:
        return [
            self.program,
            *self.namespaces(),
            *mounts(size),
            *(part for source, place in shown for part in ("--ro-bind", source, place)),
            *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
            *("--clearenv", *variables(environment)),
            *("--chdir", "/", "--", *inner),
        ]

    def namespaces(self) -> list[str]:
        """No network, no other processes, and the end of all of them with this process."""
        apart = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        apart += ["--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        if self.as_root:
            return [*apart, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        return ["--unshare-user", *apart]


@dataclass(frozen=True, kw_only=True)
class Namespaces(Box):
    """A sandbox of the kernel's namespaces alone, if bubblewrap is missing; ``walls`` makes them."""

    name: ClassVar[str] = "namespaces of the kernel"

    def around(
        self, inner: list[str], shown: Sequence[tuple[str, str]], size: int, environment: dict[str, str]
    ) -> list[str]:
        links = [(os.readlink(name), name) for name in SYSTEM_FOLDERS if os.path.islink(name)]
        system = [name for name in SYSTEM_FOLDERS if os.path.isdir(name) and not os.path.islink(name)]
        files = [name for name in SYSTEM_FILES if os.path.exists(name)]
        libraries = [str(folder) for folder in library_folders()]
        settings = {
            "as_root": self.as_root,
            "root": str(Path(shown[0][0]).parent / "root"),
            "seen": [*((one, one) for one in [*system, *files, *libraries]), *shown],
            "links": links,
            "size": size,
            "shared": SHARED_MEMORY_BYTES,
            "environment": environment,
        }
        return [sys.executable, "-I", "-S", str(WALLS), json.dumps(settings), *inner]


def variables(environment: dict[str, str]) -> list[str]:
    """The options that set environment variables."""
    return [part for name, value in environment.items() for part in ("--setenv", name, value)]


def mounts(size: int) -> list[str]:
    """The file system of a sandbox, ``size`` bytes of which can be written."""
    libraries = library_folders()
    options = open_folders([*map(Path, SYSTEM_FOLDERS), *map(Path, SYSTEM_FILES)])
    for name in SYSTEM_FOLDERS:
        if os.path.islink(name):
            options += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            options += ["--ro-bind", name, name]
    for name in SYSTEM_FILES:
        options += ["--ro-bind-try", name, name]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(SHARED_MEMORY_BYTES), "--perms", "1777"]
    options += ["--tmpfs", "/dev/shm", "--size", str(size), "--perms", "1777", "--tmpfs", "/tmp"]
    options += open_folders(libraries)  # after /tmp, where an environment or a clone may lie
    for folder in libraries:
        options += ["--ro-bind", str(folder), str(folder)]
    return options


def open_folders(places: Sequence[Path]) -> list[str]:
    """The folders that lie above these, which anybody may pass through; bubblewrap's own are closed to others."""
    above = {folder for place in places if place.exists() for folder in place.parents} - {Path("/"), Path("/tmp")}
    options: list[str] = []
    for folder in sorted(above, key=lambda one: (len(one.parts), one)):
        if not any(one == folder or one in folder.parents for one in map(Path, SYSTEM_FOLDERS)):
            options += ["--perms", "0755", "--dir", str(folder)]
    return options


def library_folders() -> list[Path]:
    """The folders of the interpreter, its libraries and this package, but for those in another one or in /usr.

    Of an environment these are its parts, because people make environments in folders of other things.
    """
    import numpy as np  # here, because most checks of one file have no sandbox and start before it is imported

    wanted = [Path(prefix) / part for prefix in (sys.prefix, sys.base_prefix) for part in PARTS_OF_AN_ENVIRONMENT]
    wanted += [PACKAGE, (PACKAGE / "models").resolve()]
    wanted += [Path(sys.executable).parent, Path(os.path.realpath(sys.executable)).parent, Path(np.__file__).parents[1]]
    if site.ENABLE_USER_SITE:
        wanted.append(Path(site.getusersitepackages()))
    seen = [Path(name) for name in SYSTEM_FOLDERS]
    folders: list[Path] = []
    for folder in sorted(set(wanted), key=lambda one: len(one.parts)):
        if os.path.exists(folder) and not any(one == folder or one in folder.parents for one in [*seen, *folders]):
            folders.append(folder)
    return folders
