"""One process that answers all day, as a notebook or a server may: its memory, files, threads and processes stay flat.

``python -m tests.soak [SECONDS]`` prints one line for each round of commands (default: 1,800 s, for a quiet machine).
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from harness.cli import main as cli

SECONDS = 1800.0
WARM_UP_ROUNDS = 3  # in which libraries are loaded and caches are filled
MEGABYTES_PER_ROUND = 2.0  # that are not a leak: allocators and caches of TensorFlow grow by as much

OF_TENSORFLOW = "__autograph_generated_file"  # how the names of its temporary files begin

RIGHT = Path(__file__).parent / "files" / "matrix.py"
WRONG = RIGHT.read_text().replace("error = 2 *", "error = 3 *", 1)
SCRIPT = """
import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=16, verbose=0)
"""
NO_LOG = "--no-log"
COMMANDS: list[tuple[str, ...]] = [
    ("check", "right.py"),
    ("check", "wrong.py", "--json"),
    ("check", "class", "--sandbox", "off"),
    ("check", "none.py"),
    ("compare", "xor", "--iterations", "20", NO_LOG),
    ("compare", "xor", "--iterations", "20", "--log-dir", "logs"),
    ("compare", "none.toml"),
    ("sweep", "--seeds", "20", "--iterations", "20", NO_LOG),
    ("diagnose", "train.py", "--budget", "2", NO_LOG),
    ("explain", "plateau"),
]


@dataclass(frozen=True, kw_only=True)
class Use:
    """What this process holds.

    Attributes:
        megabytes: of memory.
        files: descriptors that are open.
        threads: of Python.
        children: processes that descend from this one.
        left: names in the folder of temporary files, without those that TensorFlow removes when the process ends.
    """

    megabytes: float
    files: int
    threads: int
    children: int
    left: int


def children_of(pid: int) -> list[int]:
    """The processes that descend from one."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [child, *children_of(child)]
    return found


def use_now(temporary: Path) -> Use:
    """What this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Use(
        megabytes=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        files=len(os.listdir("/proc/self/fd")),
        threads=threading.active_count(),
        children=len(children_of(os.getpid())),
        left=sum(not name.startswith(OF_TENSORFLOW) for name in os.listdir(temporary)),
    )


def prepare(folder: Path) -> None:
    """Write the files that the commands read."""
    (folder / "class").mkdir()
    for name, content in (("right.py", RIGHT.read_text()), ("wrong.py", WRONG)):
        (folder / name).write_text(content)
        (folder / "class" / name).write_text(content)
    (folder / "train.py").write_text(SCRIPT)


def rounds(seconds: float) -> Iterator[tuple[list[int], Use]]:
    """Run all commands again and again; the exit codes of each round, and what the process holds after it."""
    deadline = time.monotonic() + seconds
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as temporary:
        prepare(Path(work))
        # of this process, and of its children
        with mock.patch.dict(os.environ, TMPDIR=temporary), mock.patch.object(tempfile, "tempdir", temporary):
            os.chdir(work)
            try:
                while time.monotonic() < deadline:
                    with redirected():
                        codes = [cli.main(command) for command in COMMANDS]
                    yield codes, use_now(Path(temporary))
            finally:
                os.chdir(before)


@contextlib.contextmanager
def redirected() -> Iterator[None]:
    """Without what is printed."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def leaks(uses: list[Use]) -> list[str]:
    """What grew from the first round after the warm-up to the last."""
    _, *settled = uses[WARM_UP_ROUNDS - 1 :]
    if len(settled) < 2:
        return ["too few rounds to tell"]
    first, last = settled[0], settled[-1]
    grown = [name for name in ("files", "threads", "children", "left") if getattr(last, name) > getattr(first, name)]
    a_round = (last.megabytes - first.megabytes) / (len(settled) - 1)
    return grown + ([f"memory, by {a_round:.1f} MB a round"] if a_round > MEGABYTES_PER_ROUND else [])


def main(seconds: float) -> int:
    """Print what is held after each round; 1 if something grew."""
    uses = []
    for codes, use in rounds(seconds):
        uses.append(use)
        print(len(uses), codes, use, flush=True)
    grown = leaks(uses)
    print("flat" if not grown else f"grew: {', '.join(grown)}")
    return int(bool(grown))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
