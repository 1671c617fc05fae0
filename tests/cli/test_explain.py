"""harness explain: every name that a command can print has a meaning, and none needs TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from harness.checking.mistakes import CATALOGUE
from harness.checking.result import Reason, Remark
from harness.cli import main as cli
from harness.diagnosis.faults import Fault
from harness.diagnosis.handwritten.passes import Unread
from harness.diagnosis.outcomes import OutcomeKind
from harness.grading.result import Problem
from harness.programs.findings import Check
from harness.report.explaining import Kind, all_explanations
from tests.processes import PATIENCE


def ids(kind: Kind) -> list[str]:
    return [one.id for one in all_explanations() if one.kind is kind]


def test_every_name_is_explained_once():
    assert sorted(ids(Kind.MISTAKE)) == sorted(one.id for one in CATALOGUE)
    assert set(ids(Kind.CAUSE)) >= {fault.value for fault in Fault}
    assert ids(Kind.FINDING) == [check.value for check in Check]
    of = {
        Kind.REASON: Reason,
        Kind.REMARK: Remark,
        Kind.HAND_IN: Problem,
        Kind.OUTCOME: OutcomeKind,
        Kind.UNREAD: Unread,
    }
    for kind, members in of.items():
        assert sorted(ids(kind)) == sorted(one.value for one in members)
    for kind in Kind:
        assert len(ids(kind)) == len(set(ids(kind))) > 0


def test_every_sentence_is_complete_without_the_values_of_a_program():
    for one in all_explanations():
        assert one.what.endswith((".", "?")), one
        assert "object at" not in one.what, one
        assert "<" not in one.what.replace("<=", ""), one


def test_one_name_is_explained_in_full(capsys):
    assert cli.main(["explain", "missing-hidden-activation-derivative"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("lacks the derivative", "dC/dz_l -> dC/da_l", "To fix it", "# harness: accept"):
        assert words in " ".join(out.split())


def test_a_name_with_several_meanings_has_them_all(capsys):
    assert cli.main(["explain", "unscaled-inputs", "--json"]) == 0
    kinds = [one["kind"] for one in json.loads(capsys.readouterr().out)["explanations"]]
    assert kinds == ["cause", "finding"]


def test_without_a_name_all_are_listed(capsys):
    assert cli.main(["explain"]) == 0
    out = capsys.readouterr().out
    assert all(one.id in out for one in all_explanations())


def test_an_unknown_name_is_bad_input_with_the_nearest(capsys):
    assert cli.main(["explain", "unscaled-input"]) == 2
    assert "did you mean 'unscaled-inputs'" in capsys.readouterr().err


def test_it_needs_no_tensorflow():
    script = (
        "import sys; from harness.cli.main import main; main(['explain', '--json']); "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["bench"])
def test_a_command_that_went_says_what_to_use(name, capsys):
    assert cli.main([name]) == 2
    assert "was removed; in a clone, 'make bench'" in capsys.readouterr().err
