"""What a file sees that lists folders of pictures which are not there."""

import pytest

from harness.recording.record import record_file
from harness.recording.stand_ins.folders import read_names
from harness.recording.stand_ins.hints import read_hints


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("label = name.split('_')[0]", "7_3.jpg"),
        ("label = int(name.split('-')[1])", "3-7-3.jpg"),
        ("label = name.split('.')[0]; open('x.png')", "7.3.png"),
        ("label = name.split('.')[0].split('_')[-1]", "3_7.jpg"),
        ("stem, suffix = name.split('.')[-2], name.split('.')[-1]", "3.7.jpg"),
    ],
)
def test_the_class_stands_where_the_file_looks_for_it(text, name):
    assert read_names(read_hints(text)).picture("7", 3) == name


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("y = 1 if 'cat' in filename else 0", ("cat", "other")),
        ("labels = {'rose': 0, 'tulip': 1}", ("rose", "tulip")),
        ("if name.startswith('dog'): y = 1\nelif name.startswith('cat'): y = 0", ("dog", "cat")),
        ("if activation == 'relu': y = 1", ("0", "1", "2")),
    ],
)
def test_classes_that_the_text_names(text, classes):
    assert read_names(read_hints(text)).classes == classes


def test_a_folder_that_is_there_and_one_that_holds_no_pictures(tmp_path):
    """Neither is made up."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "own.txt").write_text("1")
    path = tmp_path / "net.py"
    path.write_text("import os, cv2\ncv2.imread\nprint(os.listdir('inner'))\n# cv2.imread(\n")
    assert record_file(path, drive=False).printed.strip() == "['own.txt']"
    path.write_text("import os\nprint(os.listdir('elsewhere'))\n")
    raised = record_file(path, drive=False).raised
    assert raised is not None
    assert raised.type == "FileNotFoundError"
