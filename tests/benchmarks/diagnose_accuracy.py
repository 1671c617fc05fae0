"""How often ``harness diagnose`` is right on its frozen bench: python -m tests.benchmarks.diagnose_accuracy [SAMPLE]

The bench (tests/programs/frozen) was written by somebody who had not read the search, and is not changed in the light
of answers. Each program is diagnosed in a process of its own, as from the command line; an edited program is trained
with plain Keras.
"""

from __future__ import annotations

import importlib.util
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.programs import bench

ROOT = Path(__file__).resolve().parents[2]


def diagnose(path: Path, seed: int) -> dict[str, Any]:
    """The facts about one program, with the text of the edited program under ``edited``."""
    from harness.diagnosis.diagnosis import diagnose_program
    from harness.programs.capture import capture_script
    from harness.programs.edits import edited_files
    from harness.report import diagnosing as _  # noqa: F401 - registers how the result is shown

    found = diagnose_program(capture_script(path, seed=seed), seed=seed)
    edited = edited_files(found.edits, path.parent) if found.edits else {}
    return {**found.to_dict(), "edited": next(iter(edited.values()), None)}


def answers(which: Sequence[bench.Case], seed: int) -> Iterator[tuple[bench.Answer, float]]:
    """Each case with its answer and the seconds of the whole process."""
    for case in which:
        with tempfile.TemporaryDirectory() as folder:
            path = bench.write(case, Path(folder))
            start = time.perf_counter()
            command = [sys.executable, "-m", "tests.benchmarks.diagnose_accuracy", "--one", str(path), str(seed)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            took = time.perf_counter() - start
        facts = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"outcome": "error"}
        if done.returncode:
            print(f"{case.id}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        print(f"{case.id}: {facts['outcome']} {took:.0f} s", file=sys.stderr, flush=True)
        yield bench.Answer(case=case.id, facts=facts, edited=facts.pop("edited", None)), took


def referee() -> Any:
    """``frozen/verify.py``, which trains with plain Keras."""
    spec = importlib.util.spec_from_file_location("verify", bench.FROZEN / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify"] = module
    spec.loader.exec_module(module)
    return module


def page(given: Sequence[bench.Answer], seconds: Sequence[float]) -> str:
    """The figures as Markdown, and every miss."""
    score = bench.score(given, referee().learns)
    rows = [
        f"Healthy programs: {score.healthy_said_to_learn} of {score.healthy} are said to learn, "
        f"{score.false_alarms} false alarms.",
        "",
        "| programs | number | outcome right | a true fault | all true faults | the edit works | wrong causes |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, group in {"one fault": score.singles, "two or three faults": score.several}.items():
        shares = group.shares()
        keys = ("outcome_right", "one_named", "all_named", "edit_works")
        rows.append(
            f"| {name} | {group.answers} | {' | '.join(f'{shares[key]:.0%}' for key in keys)} "
            f"| {shares['false_ids_per_answer']:.2f} a program |"
        )
    rows += ["", f"Seconds a program: median {statistics.median(seconds):.0f}, largest {max(seconds):.0f}.", ""]
    rows += ["| true fault | named |", "| --- | --- |"]
    rows += [f"| {label} | {named} of {number} |" for label, (named, number) in score.by_id.items()]
    misses = [f"- `{case}`: {outcome}, named {', '.join(named) or 'nothing'}" for case, named, outcome in score.missed]
    return "\n".join([*rows, "", "Every miss:", "", *misses])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(diagnose(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        chosen = [*bench.healthy(), *bench.faulty()]
        if len(sys.argv) > 1:
            chosen = random.Random(0).sample(chosen, int(sys.argv[1]))
        print(page(*map(list, zip(*answers(chosen, 0)))))
