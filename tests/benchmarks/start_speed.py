"""What a command takes from its start to its end, beside ``import tensorflow`` in a process of its own.

``python -m tests.benchmarks.start_speed [--rounds N]`` prints the table of docs/speed.md. The commands take turns; each
figure is the least of the rounds. On a busy machine only the processor time says something.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMPORT = "import tensorflow"
COMMANDS = {
    IMPORT: ["-c", IMPORT],
    "harness --help": ["-m", "harness", "--help"],
    "harness check my_network.py": ["-m", "harness", "check", str(ROOT / "docs" / "examples" / "my_network.py")],
    "harness --no-log": ["-m", "harness", "--no-log"],
    "harness diagnose post --no-log": ["-m", "harness", "diagnose", "post", "--no-log"],
}
EXIT_CODES = (0, 1)  # 1: my_network.py has a mistake, and the forum question's network does not learn


def seconds_of(arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds of the clock and of the processors, those of its child processes too.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, *arguments]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for
    if process.returncode not in EXIT_CODES:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds (default: 3)")
    rounds = parser.parse_args(arguments).rounds
    taken = [{name: seconds_of(command) for name, command in COMMANDS.items()} for _ in range(rounds)]
    least = {name: [min(kind) for kind in zip(*(turn[name] for turn in taken))] for name in COMMANDS}
    print("| command | clock, s | processor, s | times the clock of the import | times its processor time |")
    print("| --- | --- | --- | --- | --- |")
    for name, (clock, processor) in least.items():
        of_clock, of_processor = (own / other for own, other in zip((clock, processor), least[IMPORT]))
        print(f"| `{name}` | {clock:.2f} | {processor:.2f} | {of_clock:.2f} | {of_processor:.2f} |")


if __name__ == "__main__":
    main()
