"""How often ``harness check`` is right on a frozen bench.

    python -m tests.benchmarks.check_accuracy [SAMPLE] [--bench first|second]

The benches (tests/files/frozen and tests/files/frozen_second) were written by people who had not read the recorder, and
are not changed in the light of answers. This prints the figures of docs/accuracy.md
and every miss.

A plant that only multiplies all updates by one number is another learning rate, whatever its writer marked it as: it is
scored as undecidable. Whether it is one is computed from both programs' recorded updates, not from the answer.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.checking.check import check_file
from harness.checking.replay import Program
from harness.checking.result import CheckResult, Verdict
from harness.checking.stage import steps_of
from harness.recording.graph import Recording
from harness.recording.record import record_file
from tests.files.bench import BENCHES, Answer, Case, Score, cases, right_case, score_case, total, write_case

# Which names of the catalogue say the same as a planted kind; several do if the same edit can be seen in several ways.
SAME = {
    "missing-derivative": "missing-hidden-activation-derivative delta-not-multiplied-through",
    "derivative-of-z-taken-at-a": "derivative-of-activation wrong-derivative",
    "derivative-of-a-taken-at-z": "activation-form-at-pre-activation wrong-derivative",
    "wrong-derivative-formula": "wrong-derivative derivative-of-activation activation-form-at-pre-activation",
    "derivative-of-other-activation": "wrong-derivative",
    "wrong-sign-of-update": "gradient-ascent wrong-sign",
    "wrong-sign": "wrong-sign gradient-ascent",
    "missing-output-derivative": "missing-output-activation-derivative",
    "output-derivative-too-much": "cross-entropy-gradient-with-extra-derivative derivative-twice",
    # if the gradients of kernels are sums and those of biases means, either may be meant
    "mean-missing": "sum-instead-of-mean gradient-scaled-differently bias-gradient-averaged kernel-gradient-averaged",
    "mean-twice": "mean-instead-of-sum gradient-scaled-differently bias-gradient-averaged kernel-gradient-averaged",
    "mean-over-features": "mean-over-features gradient-scaled-differently",
    "mean-over-wrong-count": "mean-over-features gradient-scaled-differently",
    "bias-not-summed": "bias-gradient-summed-over-units sum-over-wrong-axis last-observation-only wrong-value "
    "bias-gradient-not-summed gradient-of-one-use",
    "bias-never-updated": "bias-gradient-missing",
    "parameters-never-updated": "kernel-not-updated layer-not-updated bias-gradient-missing",
    "update-before-use": "updated-weights-in-backward",
    "relu-mask-inverted": "relu-mask-inverted",
    "relu-mask-of-wrong-array": "relu-mask-of-wrong-array wrong-derivative derivative-of-wrong-layer",
    "relu-mask-of-other-layer": "relu-mask-of-wrong-array derivative-of-wrong-layer",
    "relu-mask-always-one": "missing-hidden-activation-derivative relu-mask-of-wrong-array wrong-derivative",
    "regularisation-sign": "weight-decay-sign",
    "regularisation-scale": "weight-decay-differs",
    "regularised-bias": "weight-decay-differs",
    "regularisation-of-wrong-array": "weight-decay-differs",
    # of an activation that stands in a derivative, that is the derivative at another layer
    "wrong-layer-activation": "wrong-layer-activation derivative-of-wrong-layer relu-mask-of-wrong-array",
    "wrong-layer-input": "wrong-layer-activation",
    "pre-activation-for-activation": "pre-activation-in-gradient",
    "cost-gradient-wrong": "wrong-sign cost-used-as-gradient target-added cost-gradient-at-pre-activation "
    "binary-crossentropy-one-sided targets-not-one-hot wrong-value",
    "wrong-delta": "output-delta-reused delta-not-multiplied-through wrong-layer-activation "
    "missing-hidden-activation-derivative",
    "off-by-one-loop": "layer-not-updated kernel-not-updated labels-off-by-one weights-of-wrong-layer "
    "bias-gradient-missing last-observation-only wrong-value",
    "wrong-axis": "sum-over-wrong-axis softmax-over-wrong-axis bias-gradient-summed-over-units",
    "gradient-of-other-parameter": "gradient-of-another-parameter",
    "gradients-in-wrong-order": "gradient-of-another-parameter",
    "transposed-weights": "transposed-weights",
    "transposed-gradient": "transposed-gradient",
    "wrong-weights": "weights-of-wrong-layer",
    "constant-factor": "gradient-scaled-differently missing-factor-two extra-factor-two",
    "batch-not-accumulated": "last-observation-only sum-not-accumulated",
    "sum-not-accumulated": "last-observation-only sum-not-accumulated",
    "rate-twice": "learning-rate-twice",
    "gradients-accumulate": "gradient-accumulated-over-iterations",
    "integer-array": "integer-weights",
    "integer-truncation": "integer-weights",
    "in-place-mutation": "shared-memory",
    "shared-memory": "shared-memory",
    "upstream-gradient-dropped": "upstream-gradient-dropped delta-not-multiplied-through",
    "numerical-overflow": "numerical-overflow",
    "exception-in-backward": "exception",
    "update-overwrites-parameter": "wrong-update-rule gradient-of-another-parameter wrong-value",
    "momentum-sign": "momentum-sign",
    "velocity-not-kept": "momentum-overwritten wrong-update-rule",
    "gradient-instead-of-velocity": "momentum-overwritten wrong-update-rule",
    "momentum-coefficients-swapped": "wrong-update-rule",
    "adam-bias-correction": "wrong-update-rule",
    "adam-second-moment": "wrong-update-rule",
    "adam-step-counter": "wrong-update-rule",
    "dropout-mask-missing": "wrong-value gradient-scaled-differently forward-factor-missing",
    "dropout-scale": "wrong-value gradient-scaled-differently forward-factor-missing",
    "dropout-mask-redrawn": "wrong-value",
    "missing-term": "wrong-value gradient-of-one-use",
    # of the second bench
    "wrong-slice": "wrong-value bias-row-not-dropped wrong-index",
    "wrong-index": "wrong-value wrong-index transposed-weights weights-of-wrong-layer",
    "only-last-term": "wrong-value last-observation-only sum-not-accumulated",
    "derivative-on-wrong-layers": "missing-hidden-activation-derivative wrong-derivative wrong-value "
    "delta-not-multiplied-through",
    "error-for-delta": "delta-not-multiplied-through output-delta-reused missing-output-activation-derivative "
    "missing-hidden-activation-derivative wrong-value",
    "softmax-jacobian-diagonal": "softmax-jacobian-diagonal-only wrong-derivative wrong-value",
    "fused-gradient-and-derivative": "cross-entropy-gradient-with-extra-derivative derivative-twice wrong-derivative "
    "wrong-value",
    "gradient-for-weights": "weights-of-wrong-layer wrong-value",
    "weights-before-look-ahead": "weights-of-wrong-layer updated-weights-in-backward wrong-value",
    "optimiser-root-missing": "wrong-update-rule",
    "optimiser-moment": "wrong-update-rule",
    "optimiser-state-swapped": "wrong-update-rule momentum-overwritten",
    "shared-accumulator": "shared-memory wrong-update-rule",
    "add-at-overwritten": "last-observation-only sum-over-wrong-axis wrong-value sum-not-accumulated repeated-index",
    "norm-exponent": "wrong-derivative wrong-value",
    "norm-term-scale": "wrong-value",
    "norm-wrong-axis": "sum-over-wrong-axis wrong-value",
    "unscaled-input": "wrong-layer-activation pre-activation-in-gradient gradient-scaled-differently wrong-value",
    "activation-before-dropout": "wrong-layer-activation wrong-value",
    "in-place-before-use": "shared-memory wrong-layer-activation wrong-value",
}


def same_kind(kind: str, name: str) -> bool:
    """Whether a name of the catalogue says the same as a planted kind."""
    return name in SAME.get(kind, "").split()


def answer_of(result: CheckResult, case: Case) -> Answer:
    """A result in the terms of the bench; two readings, one without a mistake, are fair to the undecidable."""
    findings = []
    readings = [result.mistakes, *(other.mistakes for other in result.alternatives)]
    for found in (found for mistakes in readings for found in mistakes):
        for place in (found.place, *found.others):
            if place is None:
                continue
            same_file = Path(place.file).name == Path(case.main).name and not case.main.endswith(".ipynb")
            findings.append((place.line if same_file else place.text.strip(), found.id))
            findings.append((place.text.strip(), found.id))
        findings.append((0, found.id))
    both = any(readings) and not all(readings)
    if result.verdict is Verdict.NOT_JUDGED:
        verdict = "refused"
    elif both and case.expected == "undecidable":
        verdict = "undecidable"
    else:
        verdict = "mistake" if result.verdict is Verdict.MISTAKE else "right"
    note = result.reason.value if result.reason else ", ".join(found.id for found in result.mistakes)
    return Answer(verdict=verdict, findings=tuple(findings), note=f"{note} {result.detail}".strip())  # type: ignore[arg-type]


def steps_in(recording: Recording, iteration: int) -> list[NDArray[Any]]:
    """What an iteration did to each parameter in the run."""
    steps = steps_of(recording, iteration)
    program = Program(recording.nodes)
    values = program.run([id for one in steps for id in (one.before, one.after)], {}, program.base)
    return [one.of(values) for one in steps]


def keeps_a_state(recording: Recording) -> bool:
    """Whether more than the parameters is carried from the first iteration into the second update."""
    program, first, second = Program(recording.nodes), steps_of(recording, 0), steps_of(recording, 1)
    known = [one.before for one in second]
    into = program.ancestors([one.after for one in second], stop=known) - set(known)
    made = program.descendants(
        [one.before for one in first], within=set(range(max((one.after for one in first), default=0)))
    )
    return bool(into & made)


def is_another_rate(recording: Recording, right: Recording) -> bool:
    """Whether a plant multiplies the first update of every parameter by one positive number, which is not 1.

    In a program with a velocity the first update does not show all that a plant does, so the plant stays a mistake.
    """
    planted, meant = steps_in(recording, 0), steps_in(right, 0)
    if keeps_a_state(right) or not meant or [one.shape for one in planted] != [one.shape for one in meant]:
        return False
    value, reference = (np.concatenate([np.ravel(one) for one in steps]) for steps in (planted, meant))
    square = float(reference @ reference)
    factor = float(value @ reference) / square if square else 0.0
    same = np.max(np.abs(value - factor * reference)) <= 1e-6 * np.max(np.abs(value), initial=0.0)
    return bool(same) and factor > 0 and abs(factor - 1) > 1e-6


def judged(which: Sequence[Case]) -> Iterator[tuple[Score, float]]:
    """Each case with its score and the seconds it took."""
    recordings: dict[str, Recording] = {}  # of right programs, by their main file
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(which):
            path = write_case(case, Path(folder) / f"case_{number:03d}")
            start = time.perf_counter()
            result = check_file(path)
            seconds = time.perf_counter() - start
            if case.expected == "mistake" and len(case.edits) == 1:
                if case.main not in recordings:
                    right = write_case(right_case(case.root, case.main), Path(folder) / f"right_{number:03d}")
                    recordings[case.main] = record_file(right)
                if is_another_rate(record_file(path), recordings[case.main]):
                    case = replace(case, expected="undecidable")
            yield score_case(case, answer_of(result, case), same_kind), seconds


def percent(part: int, whole: int) -> str:
    """12 of 13 (92 %)"""
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "-"


def page(scores: Sequence[Score], seconds: Sequence[float]) -> str:
    """The figures as Markdown, and every miss."""
    rows = ["| programs | accepted | verdict right | a right line | a right name |", "| --- | --- | --- | --- | --- |"]
    groups = {
        "right": [s for s in scores if s.case.expected == "right"],
        "one mistake": [s for s in scores if s.case.expected == "mistake" and len(s.case.edits) == 1],
        "two mistakes": [s for s in scores if s.case.expected == "mistake" and len(s.case.edits) == 2],
        "undecidable": [s for s in scores if s.case.expected == "undecidable"],
    }
    for name, group in groups.items():
        counts = total(group)
        of_lines = "-" if name == "right" else percent(counts.first_line, counts.cases)
        of_names = "-" if name == "right" else percent(counts.first_name, counts.cases)
        rows.append(
            f"| {name} | {percent(counts.accepted, counts.cases)} | {percent(counts.verdict, counts.cases)} "
            f"| {of_lines} | {of_names} |"
        )
    misses = [
        f"- `{s.case.id}`: {s.answer.verdict} ({s.answer.note[:120]})"
        for s in scores
        if not s.verdict or (s.case.edits and not (any(s.lines) and any(s.names)))
    ]
    rows += ["", f"Seconds a program: median {statistics.median(seconds):.2f}, largest {max(seconds):.1f}.", ""]
    return "\n".join([*rows, "Every miss (verdict, line or name):", "", *misses])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Score check on a frozen bench.")
    parser.add_argument("sample", type=int, nargs="?", help="number of cases drawn at random (default: all)")
    parser.add_argument("--bench", choices=BENCHES, default="first", help="the frozen bench (default: first)")
    arguments = parser.parse_args()
    chosen = list(cases(BENCHES[arguments.bench]))
    if arguments.sample is not None:
        chosen = random.Random(0).sample(chosen, arguments.sample)
    print(page(*map(list, zip(*judged(chosen)))))
