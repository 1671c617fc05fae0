"""Grading: verdicts of several files, resuming, reports, the tests of a course, and the command line."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.checking.result import CheckResult, Found, Kind, ParameterFacts, Quantity, Reason, Verdict
from harness.cli import main as cli
from harness.errors import BadInput
from harness.grading import grade as grading_module
from harness.grading.course_tests import run_tests
from harness.grading.grade import Settings, grade, together
from harness.grading.hand_ins import hand_ins_in
from harness.grading.journal import Journal, rebuilt
from harness.grading.result import (
    FileResult,
    Grading,
    HandInKind,
    HandInResult,
    Problem,
    TestOutcome,
    TestResult,
    without_expected,
)
from harness.recording.graph import Place
from harness.report import grading as report
from harness.results import as_page, plain
from harness.sandbox import Absence, Limits, find_box
from tests.grading.classes import network
from tests.processes import PATIENCE, start_harness

MISTAKE = Found(
    id="wrong-sign",
    place=Place(file="net.py", line=9, text="dW = -X.T @ d  # hm", variable="dW", function="f"),
    variable="dW",
    parameters=("W",),
    got=Quantity(kind=Kind.UNKNOWN),
    expected=Quantity(kind=Kind.GRADIENT, name="W"),
    ratio=-1.0,
)
FACTS = ParameterFacts(name="W", shape=(3, 2), place=None, factor=-0.1, decay=0.0, adaptive=False, aligned=True)


def verdict_on(name: str, verdict: Verdict, *, reason: Reason | None = None, network: bool = True) -> FileResult:
    mistakes = (MISTAKE,) if verdict is Verdict.MISTAKE else ()
    parameters = (FACTS,) if network else ()
    result = CheckResult(file=name, verdict=verdict, mistakes=mistakes, parameters=parameters, reason=reason)
    return FileResult(name=name, result=result)


RIGHT = verdict_on("right.py", Verdict.CORRECT)
LAYERS = verdict_on("layers.py", Verdict.CORRECT, network=False)
WRONG = verdict_on("wrong.py", Verdict.MISTAKE)
PLOT = verdict_on("plot.py", Verdict.NOT_JUDGED, reason=Reason.NO_PARAMETERS)
OPEN = verdict_on("open.py", Verdict.NOT_JUDGED, reason=Reason.NOT_DRIVEN)


@pytest.mark.parametrize(
    ("files", "verdict", "decides"),
    [
        ([RIGHT], Verdict.CORRECT, RIGHT),
        ([PLOT, RIGHT], Verdict.CORRECT, RIGHT),
        ([LAYERS, RIGHT], Verdict.CORRECT, RIGHT),
        ([RIGHT, WRONG, OPEN], Verdict.MISTAKE, WRONG),
        ([RIGHT, OPEN], Verdict.NOT_JUDGED, OPEN),
        ([LAYERS, PLOT], Verdict.NOT_JUDGED, PLOT),
        ([PLOT], Verdict.NOT_JUDGED, PLOT),
    ],
)
def test_the_files_of_a_hand_in_together(files, verdict, decides):
    found, _, ordered = together(files)
    assert (found, ordered[0]) == (verdict, decides)
    assert {one.name for one in ordered} == {one.name for one in files}


def of_class(*results: tuple[str, FileResult]) -> Grading:
    found = [
        HandInResult(id=id, kind=HandInKind.FILE, verdict=file.result.verdict, files=(file,)) for id, file in results
    ]
    return Grading(folder="class", hand_ins=tuple(found))


CLASS = of_class(("ann", RIGHT), ("bob", WRONG), ("carl", WRONG), ("dora", PLOT))


def test_the_summary_counts_mistakes_and_groups_equal_ones():
    assert CLASS.by_mistake == (("wrong-sign", ("bob", "carl")),)
    (group,) = CLASS.groups
    assert (group.hand_ins, group.code) == (("bob", "carl"), ("dW=-X.T@d",))
    text = "\n".join(report.summary(CLASS))
    assert "1 of 4 hand-ins correct, 2 with a mistake, 1 not judged." in text
    assert "2 of 4: wrong-sign." in text
    assert "To be looked at by you: dora." in text


def test_a_result_comes_back_from_a_journal_as_it_was(tmp_path):
    one = replace(CLASS.hand_ins[1], problem=Problem.FILES_LEFT, left_out=("a",), seconds=1.5)
    assert rebuilt(HandInResult, json.loads(json.dumps(plain(one)))) == one
    Journal(tmp_path / "j", resume=False).add("key", one)
    with open(tmp_path / "j", "a") as file:
        file.write('{"key": "cut o')
    assert Journal(tmp_path / "j", resume=True).known == {"key": one}
    assert Journal(tmp_path / "j", resume=False).known == {}


def test_a_line_that_was_cut_off_does_not_spoil_the_next_one(tmp_path):
    one = CLASS.hand_ins[0]
    (tmp_path / "j").write_text('{"key": "cut o')
    Journal(tmp_path / "j", resume=True).add("key", one)
    assert Journal(tmp_path / "j", resume=True).known == {"key": one}


@pytest.mark.parametrize(
    ("jobs", "pool"),
    [(1, None), (2, ThreadPoolExecutor), pytest.param(2, None, marks=pytest.mark.slow)],
    ids=["one", "threads", "processes"],
)
def test_a_journal_on_a_full_disk_is_one_line(tmp_path, monkeypatch, jobs, pool):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    if pool is not None:  # started sooner than processes
        monkeypatch.setattr(grading_module, "new_pool", pool)
    for name in ("a.txt", "b.zip"):
        (tmp_path / name).write_text("")
    (tmp_path / "ann.py").write_text("x = (")
    journal = Journal(tmp_path / "journal", resume=False)
    journal.path = Path("/dev/full")
    with pytest.raises(BadInput, match=r"^/dev/full: cannot be written \(No space left on device\); make room"):
        grade(hand_ins_in(tmp_path), Settings(), jobs=jobs, journal=journal)


def test_only_what_is_new_or_changed_is_judged_again(tmp_path, monkeypatch):
    judged: list[str] = []

    def check(path: Path, **_: object) -> CheckResult:
        judged.append(path.name)
        return replace(RIGHT.result, file=path.name)

    monkeypatch.setattr(grading_module, "check_file", check)
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("a.py", "b.py"):
        (folder / name).write_text("x = 1")

    def run(resume: bool = True, **changes: int) -> list[str]:
        judged.clear()
        journal = Journal(tmp_path / "journal", resume)
        grade(hand_ins_in(folder), Settings(**changes), journal=journal)
        return list(judged)

    assert run(resume=False) == ["a.py", "b.py"]
    assert run() == []
    (folder / "b.py").write_text("x = 2")
    (folder / "c.py").write_text("x = 3")
    assert run() == ["b.py", "c.py"]
    assert run(seed=1) == ["a.py", "b.py", "c.py"]
    assert run() == []
    monkeypatch.setattr(np, "__version__", "0.1")
    assert run() == ["a.py", "b.py", "c.py"]
    assert run(resume=False) == ["a.py", "b.py", "c.py"]


def test_a_fault_of_the_check_loses_one_hand_in_only(tmp_path, monkeypatch):
    def check(path: Path, **_: object) -> CheckResult:
        if path.name == "a.py":
            raise ZeroDivisionError(f"in {path}")
        return replace(RIGHT.result, file=path.name)

    monkeypatch.setattr(grading_module, "check_file", check)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1")
    found = grade(hand_ins_in(tmp_path), Settings()).hand_ins
    assert [(one.verdict, one.problem) for one in found] == [
        (Verdict.NOT_JUDGED, Problem.CHECK_FAILED),
        (Verdict.CORRECT, None),
    ]


def test_a_check_without_end_is_given_up(tmp_path, monkeypatch):
    def check(path: Path, **_: object) -> CheckResult:
        if path.name == "a.py":
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        while path.name == "a.py":
            with contextlib.suppress(Exception):
                time.sleep(0.01)
        return replace(RIGHT.result, file=path.name)

    monkeypatch.setattr(grading_module, "check_file", check)
    monkeypatch.setattr(grading_module, "PATIENCE_SECONDS", 0.1)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1")
    found = grade(hand_ins_in(tmp_path), Settings(seconds=0.05)).hand_ins
    assert [(one.verdict, one.result and one.result.reason) for one in found] == [
        (Verdict.NOT_JUDGED, Reason.STOPPED),
        (Verdict.CORRECT, None),
    ]


# Reports


def test_a_cell_has_one_line_and_is_not_a_formula():
    assert report.cell("=1+1\n2") == "'=1+1 2"
    assert report.cell("-x") == "'-x"
    assert report.cell("a\x1b[2J") == "a\\x1b[2J"
    assert report.cell(-0.5) == -0.5


def test_a_line_of_a_notebook_is_named_in_its_cell():
    place = replace(MISTAKE.place, file="net.ipynb", line=9, cell=2, cell_line=4)
    result = replace(WRONG.result, mistakes=(replace(MISTAKE, place=place),))
    one = of_class(("bob", FileResult(name="net.ipynb", result=result))).hand_ins[0]
    assert report.cells_of(one)["line"] == "cell 2:4"
    assert report.cells_of(CLASS.hand_ins[1])["line"] == "9"


def test_what_should_be_is_hidden_if_wanted():
    open_text = report.student_text(CLASS, CLASS.hand_ins[1])
    bare = without_expected(CLASS)
    hidden = report.student_text(bare, bare.hand_ins[1])
    assert "To fix it" in open_text
    assert "-1 times what it should be" in open_text
    assert "To fix it" not in hidden
    assert "should be" not in hidden
    assert "line 9" in hidden
    (mistake,) = bare.to_dict()["hand_ins"][1]["files"][0]["result"]["mistakes"]
    assert (mistake["id"], mistake["got"], mistake["expected"], mistake["ratio"]) == ("wrong-sign", None, None, None)


def test_what_a_test_expects_is_hidden_as_well():
    failed = TestResult(name="test_cost[x0-0.6931]", outcome=TestOutcome.FAILED, message="assert 0.7 == 0.6931")
    one = replace(CLASS.hand_ins[0], tests=(failed,), tests_finished=True)
    bare = without_expected(replace(CLASS, hand_ins=(one,)))
    for text in (report.student_text(bare, bare.hand_ins[0]), json.dumps(bare.to_dict()), as_page(bare).html()):
        assert "test_cost" in text
        assert "0.6931" not in text


@pytest.mark.slow
def test_one_file_is_hidden_from_as_well(tmp_path, capsys):
    (tmp_path / "net.py").write_text(network(0, "missing-hidden-activation-derivative"))
    for options in ([], ["--json"], ["--verbose"]):
        assert cli.main(["check", str(tmp_path / "net.py"), "--hide-expected", *options]) == 1
        out = capsys.readouterr().out
        assert "missing-hidden-activation-derivative" in out
        assert "should be" not in out
        assert "To fix it" not in out
        assert '"expected": {' not in out


def test_gradescope_gets_what_its_format_asks_for():
    """The names and values are those of the output format in the documentation of its autograders."""
    for one, score, status in zip(CLASS.hand_ins, (1.0, 0.0, 0.0, 0.0), ("passed", "failed", "failed", "failed")):
        document = json.loads(report.gradescope_json(CLASS, one))
        assert document["score"] == score
        assert document["output_format"] in ("text", "html", "simple_format", "md", "ansi")
        assert document["stdout_visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        (test,) = document["tests"]
        assert (test["score"], test["max_score"], test["status"]) == (score, 1.0, status)
        assert isinstance(test["name"], str)
    assert document["extra_data"]["judged"] is False


def test_the_page_has_the_report_of_each_and_what_was_compared():
    page = as_page(CLASS).html()
    for text in ("2 of 4: wrong-sign.", "W 3x2", "The report of each hand-in", "bob: there is a mistake"):
        assert text in page


def test_reports_keep_their_names_when_others_hand_in(tmp_path):
    report.write_reports(of_class(("bob", WRONG), ("c/d", RIGHT), ("c:d", RIGHT)), tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    assert len(before) == 6
    report.write_reports(of_class(("ann", RIGHT), ("bob", RIGHT), ("c/d", RIGHT), ("c:d", RIGHT)), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == before | {"ann.txt", "ann.json"}
    assert (tmp_path / "bob.txt").read_text().startswith("bob: correct")


# With real programs


def test_what_a_hand_in_leaves_behind_does_not_hold_up_its_tests(tmp_path):
    folder, tests = tmp_path / "class", tmp_path / "tests"
    folder.mkdir()
    tests.mkdir()
    (folder / "net.py").write_text(
        "import os, time\nleft = os.fork()\nif left == 0:\n    os.setsid()\n    time.sleep(600)\n    os._exit(0)\n"
        f"open({str(tmp_path / 'left')!r}, 'w').write(str(left))\n"
    )
    (tests / "test_net.py").write_text("import net\ndef test_it():\n    pass\n")
    started = time.monotonic()
    outcomes, finished = run_tests(tests, folder, folder / "net.py", Limits(seconds=60, megabytes=0))
    assert ([one.outcome for one in outcomes], finished) == ([TestOutcome.PASSED], True)
    assert time.monotonic() - started < 300
    os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)


def test_what_belongs_to_the_teacher_is_not_a_hand_in(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "essay.zip").write_text("")
    for _ in range(2):
        line = ["check", ".", "--csv", "marks.csv", "--results", "results", "--report", "class.html", "--json"]
        assert cli.main([*line, "--sandbox", "off"]) == 3
        assert [one["id"] for one in json.loads(capsys.readouterr().out)["hand_ins"]] == ["essay.zip"]


@pytest.fixture
def of_two(tmp_path) -> Path:
    folder = tmp_path / "class"
    (folder / "ann").mkdir(parents=True)
    (folder / "ann" / "net.py").write_text(network(0))
    (folder / "bob").mkdir()
    (folder / "bob" / "net.py").write_text(network(0, "missing-hidden-activation-derivative"))
    return folder


RUBRIC = """
file = "net.py"
criteria = [{ name = "out", quantities = ["W2", "b2"], points = 4 }, { name = "hidden", quantities = "W1", points = 6 }]
"""


@pytest.mark.slow
def test_a_folder_with_everything(of_two, tmp_path, capsys):
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_net.py").write_text(
        "import net\n"
        "def test_shape():\n    assert net.W1.shape == (net.inputs_.shape[1], 3)\n"
        "def test_wrong():\n    assert net.W1 is None\n"
    )
    line = ["check", str(of_two), "--rubric", str(tmp_path / "rubric.toml"), "--tests", str(tmp_path / "tests")]
    line += ["--csv", str(tmp_path / "marks.csv"), "--results", str(tmp_path / "results"), "--json"]
    assert cli.main(line) == 1
    first = capsys.readouterr().out
    document = json.loads(first)
    assert [(one["id"], one["verdict"], one["points"]) for one in document["hand_ins"]] == [
        ("ann", "correct", 10.0),
        ("bob", "mistake", 4.0),
    ]
    outcomes = [[test["outcome"] for test in one["tests"]] for one in document["hand_ins"]]
    assert outcomes == [["passed", "failed"]] * 2
    assert [path.name for path in sorted((tmp_path / "results").iterdir())] == [
        *("ann.json", "ann.txt", "bob.json", "bob.txt", "journal.jsonl")
    ]
    with open(tmp_path / "marks.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["hand_in"], row["points"], row["points: hidden"], row["tests_passed"]) for row in rows] == [
        ("ann", "10.0", "6.0", "1"),
        ("bob", "4.0", "0.0", "1"),
    ]
    assert cli.main([*line, "--resume"]) == 1
    assert capsys.readouterr().out == first


def test_the_table_of_a_class_has_the_tests_of_the_course():
    tests = (
        TestResult(name="test_a", outcome=TestOutcome.PASSED),
        TestResult(name="test_b", outcome=TestOutcome.FAILED, message="no"),
    )
    one = HandInResult(id="ann", kind=HandInKind.FILE, verdict=Verdict.CORRECT, tests=tests, tests_finished=True)
    shown = str(Grading(folder="class", hand_ins=(one, replace(one, id="bob", tests=tests[:1]))))
    rows = [" ".join(line.split()) for line in shown.splitlines()]
    assert {"ann correct 1 / 2", "bob correct 1 / 1"} <= {*rows}


def test_without_pytest_the_tests_of_a_course_are_bad_input(tmp_path, monkeypatch, capsys):
    (tmp_path / "a.py").write_text("print('hello')\n")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["check", str(tmp_path), "--tests", str(tmp_path), "--sandbox", "off"]) == 2
    assert capsys.readouterr().err == (
        "harness: command line: --tests: needs pytest, which is not installed; run: pip install pytest\n"
    )


@pytest.mark.slow
@pytest.mark.skipif(isinstance(find_box(), Absence), reason="no sandbox on this machine")
def test_a_hand_in_that_ends_the_tests_has_not_passed_them(tmp_path):
    folder, tests = tmp_path / "class", tmp_path / "tests"
    folder.mkdir()
    tests.mkdir()
    (folder / "net.py").write_text(
        "import os, sys\nif 'pytest' in sys.modules:\n    os.write(3, b'{}')\n    os._exit(0)\n" + network(0)
    )
    (tests / "test_net.py").write_text("def test_it():\n    import net\n")
    box = find_box()
    assert not isinstance(box, Absence)
    (one,) = grade(hand_ins_in(folder), Settings(box=box, tests=tests)).hand_ins
    assert (one.verdict, one.tests, one.tests_finished, one.is_complete) == (Verdict.CORRECT, (), False, False)


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_judged_and_ends_everything(tmp_path):
    folder, results = tmp_path / "class", tmp_path / "results"
    folder.mkdir()
    (folder / "a.py").write_text("print('hello')\n")
    for name in "bcde":
        (folder / f"{name}.py").write_text("while True:\n    pass\n")
    line = ["check", folder, "--results", results, "--jobs", "2"]
    process = start_harness(*line, cwd=tmp_path, start_new_session=True)
    journal = results / "journal.jsonl"
    while not journal.exists() or not journal.read_text():
        assert process.poll() is None
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.splitlines()[-1] == f"harness: interrupted: {results} keeps what was judged; to continue, add --resume"
    assert journal.read_text().count("\n") == 1


@pytest.mark.slow
def test_a_signal_to_the_command_alone_ends_what_it_judges_too(tmp_path):
    """Not after the time limit of what is being judged, which is far away."""
    folder, results, temporary = (tmp_path / name for name in ("class", "results", "temporary"))
    folder.mkdir()
    temporary.mkdir()
    (folder / "a.py").write_text("print('hello')\n")
    for name in "bc":
        (folder / f"{name}.py").write_text("while True:\n    pass\n")
    line = ["check", folder, "--results", results, "--jobs", "2", "--seconds", PATIENCE]
    process = start_harness(*line, cwd=tmp_path, environment={"TMPDIR": str(temporary)})
    journal = results / "journal.jsonl"
    while not journal.exists() or not journal.read_text() or len(list(temporary.iterdir())) < 2:
        assert process.poll() is None
        time.sleep(0.1)
    process.terminate()
    _, err = process.communicate(timeout=PATIENCE / 2)
    assert process.returncode == 130
    assert err == f"harness: interrupted: {results} keeps what was judged; to continue, add --resume\n"
    assert not list(temporary.iterdir())


@pytest.mark.slow
def test_what_is_not_judged_has_its_own_exit_code(tmp_path, capsys):
    (tmp_path / "a.py").write_text("print('hello')\n")
    (tmp_path / "b.txt").write_text("hello")
    assert cli.main(["check", str(tmp_path), "--seconds", "5", "--jobs", "1"]) == 3
    assert "To be looked at by you: a.py, b.txt." in capsys.readouterr().out
    assert cli.main(["check", str(tmp_path), "--seconds", "5", "--hand-in"]) == 3
    assert "a.py was not judged." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gradescope", "r.json"], "--gradescope: is for one hand-in, not for a folder of them; add --hand-in"),
        (["--resume"], "--resume: needs the folder of the last run; name it with --results"),
        (["--tests", "nowhere"], "--tests must be a folder of pytest files, got 'nowhere'"),
        (["--rubric", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--results", "net.py/r"], "net.py/r: cannot be written (Not a directory); choose another folder\n"),
        (["--sandbox", "maybe"], "--sandbox: invalid choice: 'maybe'"),
    ],
)
def test_options_that_make_no_sense_are_one_line(of_two, options, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("")
    assert cli.main(["check", str(of_two), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_no_sandbox_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("harness.sandbox.finding.programs", lambda: [])
    monkeypatch.setattr("harness.sandbox.finding.try_box", lambda box: "no")
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b").mkdir()
    command = ["check", str(tmp_path), "--jobs", "1"]
    assert cli.main(command) == 3
    assert capsys.readouterr().err == (
        "harness: no sandbox, because bubblewrap is not installed; the files can read and write what you can\n"
    )
    assert cli.main([*command, "--sandbox", "require"]) == 2
    assert capsys.readouterr().err.startswith("harness: command line: --sandbox: none on this machine: ")
    assert cli.main([*command, "--sandbox", "off"]) == 3
    assert capsys.readouterr().err == ""
