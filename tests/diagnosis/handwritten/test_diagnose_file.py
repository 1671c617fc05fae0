"""The diagnosis of hand-written files: their own network on their own data."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import numpy_files
import pytest

import harness
from harness.checking.result import CheckResult, Found, Verdict
from harness.cli.main import main
from harness.diagnosis.handwritten import diagnose as handwritten
from harness.diagnosis.handwritten.diagnose import diagnose_file
from harness.diagnosis.handwritten.passes import Unread
from harness.diagnosis.handwritten.read_file import HandwrittenDiagnosis
from harness.diagnosis.outcomes import OutcomeKind
from harness.diagnosis.trials import TooSlow
from harness.programs.program import Program
from harness.recording.graph import Absorbed, Counted, Place, Recording, Reduction, StandIn
from harness.recording.record import record_file
from harness.report.handwritten_diagnosis import UNREAD, verdict
from tests.network_files import write_file
from tests.processes import ROOT


def diagnose(folder: Path, text: str) -> HandwrittenDiagnosis:
    return diagnose_file(write_file(folder / "net.py", text))


def faults(found: HandwrittenDiagnosis) -> list[str]:
    assert found.diagnosis is not None
    return [cause.fault.value for cause in found.diagnosis.causes]


@pytest.mark.slow
def test_xor_from_ones_has_clones(tmp_path: Path) -> None:
    found = diagnose(tmp_path, numpy_files.XOR_FROM_ONES)
    assert found.check.verdict is Verdict.CORRECT
    assert faults(found)[0] == "clones"
    assert found.diagnosis is not None
    bound = found.diagnosis.clone_bound
    assert bound is not None
    assert bound.total == pytest.approx(2 / 3)  # of a monotone function of the sum of the inputs, as in the scenario
    text = "\n".join(verdict(found))
    assert "no training brings mean_squared_error under 0.1667 (0.6667 as a sum over all observations)" in text
    assert "network 2-2-1 (sigmoid, sigmoid), initial weights all 1" in text
    assert "learning rate 0.5 for the gradient of mean_squared_error, the full batch, 3,000 epochs" in text
    assert found.to_dict()["read"]["units"] == [2, 2, 1]


def test_a_file_that_is_not_judged_gets_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path / "other.py", "print(3)")
    assert main(["diagnose", "other.py"]) == 3
    assert "Page with figures" not in capsys.readouterr().out
    assert not list(tmp_path.rglob("report.html"))


@pytest.mark.slow
def test_a_rate_that_is_100_times_too_small_is_named(tmp_path: Path) -> None:
    found = diagnose(tmp_path, numpy_files.columns(0.02, 800))
    assert faults(found) == ["learning-rate-too-small"]


@pytest.mark.slow
def test_a_healthy_file_learns(tmp_path: Path) -> None:
    found = diagnose(tmp_path, numpy_files.columns(2.0, 800))
    assert found.diagnosis is not None
    assert (found.diagnosis.outcome, faults(found)) == (OutcomeKind.LEARNS, [])


def test_a_mistake_in_the_math_is_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "--no-log", str(write_file(tmp_path / "net.py", numpy_files.WRONG))]) == 1
    said = capsys.readouterr().out
    assert "missing-hidden-activation-derivative" in said
    assert "harness check net.py" in " ".join(said.split())


def test_what_is_not_read_is_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "--no-log", "--json", str(write_file(tmp_path / "net.py", numpy_files.UNTIL_GOOD))]) == 3
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], document["unread"]) == ("not-judged", "length")


def test_a_file_that_trains_nothing_is_answered_without_tensorflow(tmp_path: Path) -> None:
    path = write_file(tmp_path / "net.py", "print(1 + 1)\n")
    script = "import sys; from harness.cli.main import main; code = main(['diagnose', *sys.argv[1:]]); "
    script += "print(code, {'tensorflow', 'keras'} & sys.modules.keys())"
    command = [sys.executable, "-c", script, str(path), "--log-dir", str(tmp_path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("net.py was not judged: it does not train a network when it is run.")
    assert answer.stdout.endswith("3 set()\n")


def test_what_is_likely_without_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(tmp_path / "net.py", numpy_files.MISSING_TABLE)
    assert main(["diagnose", "--no-log", "--json", str(path)]) == 3
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], document["unread"], document["missing"]) == ("not-judged", "made-up", ["t.csv"])
    assert [likely["id"] for likely in document["likely"]] == ["clones"]  # and not the rate of 5
    assert (document["read"]["units"][1:], document["read"]["epochs"], document["causes"]) == ([16, 1], 800, [])
    path.write_text(numpy_files.MISSING_TABLE.replace("rate=5.0", "rate=50.0"))
    found = diagnose_file(path)
    assert found.unjudged is not None
    assert {one.finding.id for one in found.unjudged.likely} == {"clones", "learning-rate-too-large"}
    text = "\n".join(verdict(found))
    assert "Likely cause, without a training" in text
    assert "Nothing was trained, because t.csv had to be made up." in text


@pytest.mark.parametrize("text", [numpy_files.XOR_FROM_ONES, numpy_files.UNTIL_GOOD], ids=["read", "unread"])
def test_a_part_of_the_data_is_not_said_to_be_missing(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(path: Path, **options: Any) -> Recording:
        recording = record_file(path, **options)
        fewer = Reduction(what=Counted.OBSERVATIONS, number=50_000, made=12)
        one = StandIn(what=Absorbed.REDUCED, name=fewer.what.value, reduction=fewer)
        return dataclasses.replace(recording, stand_ins=(*recording.stand_ins, one))

    monkeypatch.setattr("harness.diagnosis.handwritten.read_file.record_file", record)
    found = diagnose(tmp_path, text)
    assert (found.unread, found.diagnosis) == (Unread.PART, None)
    said = "\n".join(verdict(found))
    assert "all of its data are too many to record" in said
    assert not any(word in said for word in ("missing", "lacks", "had to be made up"))
    if found.network is not None:
        assert "12 in place of 50,000 observations were used" in said


@pytest.mark.slow
def test_what_is_likely_of_a_training_that_is_too_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(program: Program, **_: Any) -> NoReturn:
        raise TooSlow(program.name, 1.0, 90.0)

    monkeypatch.setattr(handwritten, "diagnose_program", refuse)
    found = diagnose(tmp_path, numpy_files.XOR_FROM_ONES)
    assert (found.diagnosis, found.unread) == (None, None)
    text = "\n".join(verdict(found))
    assert "Likely cause, without a training: all 2 units" in text
    assert "Give a budget of 90 s" in text


def test_the_python_function_takes_a_numpy_file(tmp_path: Path) -> None:
    found = harness.diagnose(write_file(tmp_path / "net.py", numpy_files.UNTIL_GOOD))
    assert isinstance(found, HandwrittenDiagnosis)
    assert found.unread is Unread.LENGTH
    assert "the number of its updates was not found" in str(found)


def test_everything_that_is_not_read_has_words() -> None:
    assert set(UNREAD) == set(Unread)


def test_a_mistake_in_a_notebook_is_placed_in_its_cell() -> None:
    place = Place(file="net.ipynb", line=9, cell=2, cell_line=4)
    check = CheckResult(
        file="net.ipynb", verdict=Verdict.MISTAKE, mistakes=(Found(id="wrong-sign", place=place, parameters=()),)
    )
    found = HandwrittenDiagnosis(name="net.ipynb", check=check, network=None, unread=None, detail="")
    (mistake,) = found.to_dict()["mistakes"]
    assert (mistake["line"], mistake["place"]["cell"], mistake["place"]["cell_line"]) == (9, 2, 4)
