"""A process that runs the command line in children of its own, and kills them when it is asked to.

It has loaded TensorFlow, and forks before anything was computed: a child begins with its work at once. Each line of
stdin is a request {"folder", "arguments", "after", "stops", "copies"}; when it has had so many seconds of the
processors (null: never) the child gets SIGKILL: that is the same moment of its work however much else the machine does.
At each of the stops, which are seconds of the processors too, it is held while its folder is copied to a number in the
folder of copies: that is what it would leave if it were killed then. Each line of stdout is the answer, [exit code or
minus the signal, seconds of the processors that it took]. The child's stdout and stderr go to the files "out" and "err"
of the folder, and its temporary files into the folder "temporary" beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.processes import processor_seconds

CHUNK = 256  # members of a chunk, so that even a short sweep has many
NOW = 1_800_000_000.0  # what time.time() says, so that the event files of two runs are the same bytes


def child(folder: str, arguments: list[str]) -> None:
    """Run a command line in a folder, and end."""
    from harness.cli import main as cli

    os.chdir(folder)
    tempfile.tempdir = str(Path(folder).parent / "temporary")
    os.makedirs(tempfile.tempdir, exist_ok=True)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    code = 1
    try:
        code = cli.main(arguments)
        sys.stdout.flush()
    finally:
        os._exit(code)


def main() -> None:
    # all that the commands import, so that no child has to
    import harness.comparison.experiment
    import harness.diagnosis.diagnosis
    import harness.diagnosis.scenarios
    import harness.programs.capture
    import harness.programs.edits
    import harness.report.page.diagnoses
    import harness.report.page.sweeps
    import harness.report.page.training
    import harness.sweeps.chunks
    import harness.sweeps.sweep

    harness.sweeps.sweep.CHUNK = CHUNK
    time.time = lambda: NOW
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if not pid:
            child(request["folder"], request["arguments"])
        ended, killed, stopped = 0, False, 0
        while not ended:
            time.sleep(0.001)
            # a child that has ended is there until it is waited for
            seconds = processor_seconds(pid)
            if not killed and request["after"] is not None and seconds >= request["after"]:
                os.kill(pid, signal.SIGKILL)
                killed = True
            if stopped < len(request["stops"]) and seconds >= request["stops"][stopped]:
                os.kill(pid, signal.SIGSTOP)
                ended, status, used = os.wait4(pid, os.WUNTRACED)
                if os.WIFSTOPPED(status):
                    shutil.copytree(request["folder"], Path(request["copies"]) / str(stopped))
                    os.kill(pid, signal.SIGCONT)
                    ended, stopped = 0, stopped + 1
            else:
                ended, status, used = os.wait4(pid, os.WNOHANG)
        print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime]), flush=True)


if __name__ == "__main__":
    main()
