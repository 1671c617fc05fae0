"""What is made up for the arguments of a script."""

import pytest

from harness.recording.stand_ins.arguments import Script, file_beside


@pytest.mark.parametrize(
    ("text", "demanded", "argument"),
    [
        ("import sys\nn = int(sys.argv[1])", 0, "3"),
        ("import sys\nrate = float(sys.argv[1])", 0, "0.1"),
        ("import sys\nif sys.argv[1] == 'S':\n    pass\nelif sys.argv[1] == 'B':\n    pass", 0, "S"),
        ("import sys\nmode = sys.argv[1]\nif mode not in ['test', 'train']:\n    exit()", 0, "train"),
        ("import sys\nif len(sys.argv) < 2:\n    sys.exit()\nn = int(sys.argv[1])", 2, "3"),
        ("import sys\nname = 'own.csv'\nif len(sys.argv) > 1:\n    name = sys.argv[1]\nopen(name)", 0, "data.csv"),
        ("from sys import argv\nscript, first, second = argv", 3, "3"),
    ],
)
def test_arguments_that_a_script_asks_for(text, demanded, argument, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = Script(text)
    assert script.demanded() == demanded
    assert script.argument(1) == argument


def test_the_file_beside_whose_name_fits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("package.json", "shape-function.json"):
        (tmp_path / name).write_text("{}")
    assert file_beside("data_file") == "data.csv"
    assert file_beside("function_file") == "shape-function.json"
    for name in ("a_train.csv", "a_test.csv", "README.txt", "net.py"):
        (tmp_path / name).write_text("1,2\n")
    assert file_beside("test_path") == "a_test.csv"
    assert file_beside("train_file") == "a_train.csv"
    assert file_beside("metrics_out") == "data.csv"
