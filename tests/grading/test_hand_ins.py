"""What is found in a folder of hand-ins, and what a copy of each holds."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from harness.cli import main as cli
from harness.errors import BadInput
from harness.grading import hand_ins
from harness.grading.hand_ins import (
    HandIn,
    Unusable,
    hand_in_at,
    hand_ins_in,
    harmless_name,
    judged_files,
    refuse_export,
    staged,
)
from harness.grading.result import HandInKind, Problem


def names(folder: Path) -> list[str]:
    """The files of a copy."""
    return [path.relative_to(folder).as_posix() for path in hand_ins.files_of(folder)]


def stage(path: Path, tmp_path: Path) -> tuple[list[str], tuple[str, ...]]:
    """(files of the copy, what was left out)"""
    left_out = staged(hand_in_at(path), tmp_path / "copy")
    return names(tmp_path / "copy"), left_out


def archive(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_everything_has_a_row_but_what_the_system_makes(tmp_path):
    for name in ("ann", "__pycache__", ".git"):
        (tmp_path / name).mkdir()
    for name in ("bob.py", "carl.ipynb", "dora.ZIP", "essay.pdf", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_text("")
    assert hand_ins_in(tmp_path) == [
        HandIn(id="ann", path=tmp_path / "ann", kind=HandInKind.FOLDER),
        HandIn(id="bob.py", path=tmp_path / "bob.py", kind=HandInKind.FILE),
        HandIn(id="carl.ipynb", path=tmp_path / "carl.ipynb", kind=HandInKind.FILE),
        HandIn(id="dora.ZIP", path=tmp_path / "dora.ZIP", kind=HandInKind.ARCHIVE),
        HandIn(id="essay.pdf", path=tmp_path / "essay.pdf", kind=HandInKind.FILE),
    ]


def test_a_folder_without_hand_ins_is_bad_input(tmp_path):
    (tmp_path / "essay.pdf").write_text("")
    with pytest.raises(BadInput, match="expected a folder with Python files, notebooks, zip files or folders"):
        hand_ins_in(tmp_path)


@pytest.mark.parametrize(
    "name", ["../net.py", "/etc/net.py", "a/../../net.py", "..\\..\\net.py", "C:\\net.py", "./net.py", "x\x01/net.py"]
)
def test_no_member_of_an_archive_gets_out(tmp_path, name):
    found, _ = stage(archive(tmp_path / "a.zip", {name: "x = 1"}), tmp_path)
    assert len(found) == 1
    assert found[0].endswith("net.py")
    assert ".." not in found[0].split("/")
    assert not (tmp_path / "net.py").exists()


def test_links_in_an_archive_are_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        link = zipfile.ZipInfo("secret.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("net.py", "x = 1")
    assert stage(tmp_path / "a.zip", tmp_path) == (["net.py"], ("secret.py",))


def test_a_bomb_is_refused_before_it_fills_anything(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.grading.hand_ins.MAX_COPIED_BYTES", 10_000)
    path = archive(tmp_path / "bomb.zip", {"zeros": "0" * 5_000_000})
    assert path.stat().st_size < 10_000
    with pytest.raises(Unusable) as caught:
        staged(hand_in_at(path), tmp_path / "copy")
    assert caught.value.problem is Problem.ARCHIVE_TOO_LARGE
    assert sum(file.stat().st_size for file in (tmp_path / "copy").rglob("*")) <= 10_000 + 4096


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.grading.hand_ins.MAX_COPIED_FILES", 3)
    with pytest.raises(Unusable) as caught:
        staged(hand_in_at(archive(tmp_path / "a.zip", {f"{n}.py": "" for n in range(4)})), tmp_path / "copy")
    assert caught.value.problem is Problem.ARCHIVE_TOO_LARGE


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"not a zip file"])
def test_a_broken_archive_says_so(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Unusable) as caught:
        staged(hand_in_at(tmp_path / "a.zip"), tmp_path / "copy")
    assert caught.value.problem is Problem.BROKEN_ARCHIVE


def test_an_archive_in_a_folder_is_unpacked_in_place(tmp_path):
    folder = tmp_path / "ann"
    folder.mkdir()
    inner = archive(tmp_path / "inner.zip", {"src/net.py": "x = 1"})
    with zipfile.ZipFile(folder / "all.zip", "w") as file:
        file.write(inner, "inner.zip")
    assert stage(folder, tmp_path) == (["all/inner/src/net.py"], ())


def test_a_link_to_elsewhere_is_not_followed(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "net.py").write_text("x = 1")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ann").symlink_to(tmp_path / "secret")
    with pytest.raises(Unusable) as caught:
        staged(hand_in_at(tmp_path / "class" / "ann"), tmp_path / "copy")
    assert caught.value.problem is Problem.LEADS_ELSEWHERE


def test_files_of_all_students_in_one_folder_are_joined_by_student(tmp_path):
    """The names are those that Canvas, Blackboard, and Moodle without folders give."""
    for name in ("leeann_LATE_12_345_net.py", "leeann_LATE_12_346_tools.py", "leebob_13_347_my_net.py", "free_1.py"):
        (tmp_path / name).write_text("import tools" if "net" in name else "")
    for name in ("net.py", "data.csv"):
        (tmp_path / f"Cy Lee_99_assignsubmission_file_{name}").write_text("")
        (tmp_path / f"hw_1_dlee_attempt_2026-11-26-09-00-00_{name}").write_text("")
    found = {one.id: one for one in hand_ins_in(tmp_path)}
    assert set(found) == {
        *("leeann_LATE_12", "leebob_13_347_my_net.py", "free_1.py", "Cy Lee_99_assignsubmission_file_"),
        "hw_1_dlee_attempt_2026-11-26-09-00-00",
    }
    staged(found["leeann_LATE_12"], tmp_path / "copy")
    assert names(tmp_path / "copy") == ["net.py", "tools.py"]
    assert [path.name for path in judged_files(tmp_path / "copy", "", "")[0]] == ["net.py"]


def test_a_file_of_an_export_has_the_name_that_the_student_gave_it(tmp_path):
    """Canvas adds -1 to the name of a file that is handed in again."""
    for name, text in (
        *(("leeann_12_345_net-1.py", "import tools\nopen('run-3.csv')"), ("leeann_12_346_tools-2.py", "")),
        *(("leeann_12_347_run-3.csv", "1"), ("leebob_13_348_net-1.py", ""), ("hw_eve_attempt_2026_lab-1.py", "")),
        *(("leecy_14_349_part-1.py", ""), ("leecy_14_350_part-2.py", "")),
    ):
        (tmp_path / name).write_text(text)
    copies = {}
    for one in hand_ins_in(tmp_path):
        staged(one, tmp_path / "copies" / one.id)
        copies[one.id] = names(tmp_path / "copies" / one.id)
    assert copies == {
        "leeann_12": ["net.py", "run-3.csv", "tools.py"],
        "leebob_13_348_net-1.py": ["net.py"],
        "leecy_14": ["part-1.py", "part-2.py"],
        "hw_eve_attempt_2026_lab-1.py": ["lab-1.py"],
    }
    assert judged_files(tmp_path / "copies" / "leeann_12", "", "")[0] == [tmp_path / "copies" / "leeann_12" / "net.py"]


@pytest.mark.parametrize(
    ("members", "students"),
    [
        (["leeann_12_345_net.py", "leeann_12_346_tools.py", "leebob_13_347_net.py"], 2),
        (["Ann Lee_4_assignsubmission_file_/net.py", "Bob Lee_5_assignsubmission_file_/net.py"], 2),
        (["a_9_export/submission_1/net.py", "a_9_export/submission_2/net.py", "a_9_export/metadata.yml"], 2),
        (["__MACOSX/x", "hw/Ann_4_assignsubmission_file/net.py", "hw/Ann_4_assignsubmission_onlinetext/a.html"], 1),
        (["net.py", "data/run_1.csv", "data/run_2.csv"], 1),
    ],
)
def test_an_export_of_several_students_is_not_taken_for_one_hand_in(tmp_path, capsys, members, students):
    path = archive(tmp_path / "export.zip", dict.fromkeys(members, "x = 1"))
    if students == 1:
        refuse_export(path)
        return
    assert cli.main(["check", str(path)]) == 2
    assert f"export.zip: expected one hand-in, got an export with {students} of them; unpack" in capsys.readouterr().err


def test_of_two_members_of_an_archive_with_one_name_both_are_kept(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("../net.py", "x = 1")
        file.writestr("net.py", "x = 2")
    assert stage(tmp_path / "a.zip", tmp_path) == (["net-2.py", "net.py"], ())


def test_an_archive_too_deep_to_be_unpacked_is_named(tmp_path):
    path = archive(tmp_path / "0.zip", {"net.py": "x = 1"})
    for number in range(1, 4):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as file:
            file.write(path, path.name)
        path = tmp_path / f"{number}.zip"
    assert stage(path, tmp_path) == (["2/1/0.zip"], ("2/1/0.zip",))


def test_folders_that_are_not_looked_into_are_named(tmp_path):
    for name in ("net.py", "venv/lib.py", "__pycache__/x.pyc"):
        (tmp_path / "ann" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ann" / name).write_text("")
    (tmp_path / "ann" / "link").symlink_to(tmp_path)
    assert stage(tmp_path / "ann", tmp_path) == (["net.py"], ("link/", "venv/"))


@pytest.mark.parametrize("name", ["net.py", "net.ipynb", "net.zip"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(Unusable) as caught:
        stage(tmp_path / name, tmp_path)
    assert caught.value.problem is Problem.NOT_A_HAND_IN


def test_the_ending_of_a_name_may_be_in_capitals(tmp_path):
    (tmp_path / "NET.PY").write_text("x = 1")
    assert stage(tmp_path / "NET.PY", tmp_path)[0] == ["NET.PY"]
    assert judged_files(tmp_path / "copy", "net.py", "")[0] == [tmp_path / "copy" / "NET.PY"]


def test_a_file_gets_the_modules_that_it_imports_and_no_others(tmp_path):
    (tmp_path / "ann.py").write_text("from tools import f\nimport numpy")
    (tmp_path / "tools.py").write_text("import more, json")
    (tmp_path / "more.py").write_text("")
    for name in ("bob", "numpy", "json"):  # no hand-in takes the place of a library for others
        (tmp_path / f"{name}.py").write_text("")
    assert stage(tmp_path / "ann.py", tmp_path)[0] == ["ann.py", "more.py", "tools.py"]


def test_a_file_gets_the_data_that_it_names(tmp_path):
    (tmp_path / "ann.py").write_text("np.loadtxt('course.csv')")
    for name in ("course.csv", "other.csv", "bob.zip"):
        (tmp_path / name).write_text("1")
    assert stage(tmp_path / "ann.py", tmp_path)[0] == ["ann.py", "course.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read everything")
def test_what_cannot_be_read_is_left_out(tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "net.py").write_text("x = 1")
    (tmp_path / "ann" / "net.py").chmod(0)
    assert stage(tmp_path / "ann", tmp_path) == ([], ("net.py",))


@pytest.mark.parametrize(
    ("files", "wanted", "chosen"),
    [
        ({"net.py": "import tools", "tools.py": ""}, "", ["net.py"]),
        ({"net.py": "", "test_net.py": "import net"}, "", ["net.py"]),
        ({"a.py": "import b", "b.py": "import a"}, "", ["a.py", "b.py"]),
        (
            {"a.py": "import b", "b.py": "import a", "c.py": "", "d.py": "import e", "e.py": ""},
            "",
            [f"{n}.py" for n in "abcd"],
        ),
        ({"a.py": "", "sub/Net.py": ""}, "net.py", ["sub/Net.py"]),
        ({"a.py": "", "b.ipynb": "{}"}, "*.ipynb", ["b.ipynb"]),
        ({"test_only.py": ""}, "", ["test_only.py"]),
        ({"__MACOSX/a.py": "", "b.py": "", ".hidden/c.py": ""}, "", ["b.py"]),
    ],
)
def test_which_files_are_judged(tmp_path, files, wanted, chosen):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    found, others = judged_files(tmp_path, wanted, "")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == chosen
    assert not set(found) & set(others)


@pytest.mark.parametrize(
    ("files", "wanted", "problem"),
    [({}, "", Problem.NO_FILE), ({"a.py": ""}, "net.py", Problem.NO_SUCH_FILE), ({"a.txt": ""}, "", Problem.NO_FILE)],
)
def test_a_hand_in_without_the_file_says_so(tmp_path, files, wanted, problem):
    for name in files:
        (tmp_path / name).write_text("")
    with pytest.raises(Unusable) as caught:
        judged_files(tmp_path, wanted, "")
    assert caught.value.problem is problem


def test_names_are_made_harmless():
    assert harmless_name("a:b*c?d\x00\n.py") == "a_b_c_d__.py"
    long = harmless_name("ü" * 300 + ".py")
    assert len(os.fsencode(long)) <= hand_ins.MAX_NAME_BYTES
    assert long.endswith(".py")
    assert harmless_name("ü" * 300 + ".py") != harmless_name("ü" * 301 + ".py")
