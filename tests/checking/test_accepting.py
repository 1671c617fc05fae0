"""Mistakes that the author accepts: reported, exit code 0; annotations for a CI service; never for hand-ins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import harness
from harness.checking.accepting import accept_known
from harness.checking.check import check_file
from harness.cli import ci_log
from harness.cli import main as cli
from harness.pytest_plugin import NotRight, check_path
from tests.network_files import write_file

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "my_network.py"
ID = "missing-hidden-activation-derivative"
WRONG = "back = slope @ self.w2.T"  # the line that README.md shows, the 22nd


@pytest.fixture
def commented(tmp_path):
    """The example with a comment at its wrong line."""

    def made(comment: str) -> Path:
        text = EXAMPLE.read_text()
        assert text.count(WRONG) == 1
        return write_file(tmp_path / "net.py", text.replace(WRONG, f"{WRONG}  {comment}"))

    return made


@pytest.mark.slow
def test_a_comment_at_the_line_accepts_the_mistake(commented, capsys):
    path = commented(f"# harness: accept {ID}")
    assert cli.main(["check", str(path)]) == 0
    assert f"net.py has a mistake: {ID} (accepted)" in capsys.readouterr().out
    assert check_path(path, None).is_accepted


def test_a_comment_about_another_mistake_does_not(commented):
    path = commented("# harness: accept wrong-sign, mean-instead-of-sum")
    assert cli.main(["check", str(path)]) == 1
    with pytest.raises(NotRight):
        check_path(path, None)


@pytest.mark.slow
def test_a_name_on_the_command_line_and_in_python_accepts_it(capsys):
    assert cli.main(["check", str(EXAMPLE), "--accept", f"wrong-sign,{ID}"]) == 0
    capsys.readouterr()
    result = harness.check(EXAMPLE, accept=[ID])
    assert result.is_accepted
    assert [found.id for found in result.mistakes] == [ID]
    assert result.to_dict()["mistakes"][0]["accepted"] is True
    assert not harness.check(EXAMPLE).is_accepted


def test_an_unknown_name_is_refused_before_the_file_runs(capsys):
    assert cli.main(["check", "no_such_file.py", "--accept", "wrong-sing"]) == 2
    assert "did you mean 'wrong-sign'" in capsys.readouterr().err


def test_students_cannot_accept_their_own_mistakes(commented, tmp_path, capsys):
    path = commented(f"# harness: accept {ID}")
    folder = tmp_path / "class"
    folder.mkdir()
    shutil.copy(path, folder)
    assert cli.main(["check", str(folder), "--sandbox", "off"]) == 1
    assert cli.main(["check", str(folder), "--accept", ID]) == 2
    capsys.readouterr()


def test_annotations_name_the_line_in_the_form_of_github(commented, monkeypatch):
    path = commented("# 100 %")
    monkeypatch.chdir(path.parent)
    result = check_file(path)
    (line,) = ci_log.github_lines(result, Path("net.py"))
    assert line.startswith(f"::error file=net.py,line=22,title={ID}::A hidden layer's delta lacks")
    (accepted,) = ci_log.github_lines(accept_known(result, [ID]), Path("net.py"))
    assert accepted.startswith("::notice file=net.py,line=22,")


def test_annotations_escape_what_has_a_meaning():
    # the published rules: % CR LF in data, and : , too in properties
    line = ci_log.github_line("error", "a,b:c.py", 3, "t", "100%\n::error::")
    assert line == "::error file=a%2Cb%3Ac.py,line=3,title=t::100%25%0A::error::"


@pytest.mark.every(3)
@pytest.mark.parametrize(("style", "environment", "expected"), [(None, "true", 1), (None, "", 0), ("none", "true", 0)])
def test_annotations_are_printed_where_they_are_wanted(style, environment, expected, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", environment)
    result = harness.check(EXAMPLE)
    ci_log.print_for(style, result, EXAMPLE, as_json=True)
    out, err = capsys.readouterr()
    assert (out, err.count("::error ")) == ("", expected)


def test_a_file_that_is_not_judged_is_a_warning(tmp_path):
    path = write_file(tmp_path / "empty.py", "")
    (line,) = ci_log.github_lines(check_file(path), path)
    assert line.startswith("::warning file=")
