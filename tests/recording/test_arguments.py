"""What is made up for the arguments of a script."""

import pytest

from harness.recording.record import record_file
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
        ("import sys\nleast = 2\nif len(sys.argv) < least:\n    sys.exit()\nn = int(sys.argv[1])", 0, "3"),
        ("from sys import argv\nscript, first, second = argv", 3, "3"),
    ],
)
def test_arguments_that_a_script_asks_for(text, demanded, argument, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = Script(text)
    assert script.uses.needed == demanded
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


COMMANDS = """
import argparse
import numpy as np
parser = argparse.ArgumentParser()
commands = parser.add_subparsers(dest="command", required=True)
commands.add_parser("eval").add_argument("weights")
training = commands.add_parser("train")
training.add_argument("--layers", type=int, nargs=2, required=True)
training.add_argument("--rate", type=float, default=0.5)
args = parser.parse_args()
x, w = np.random.randn(9, args.layers[0]), np.zeros((args.layers[0], args.layers[1]))
for i in range(20):
    w -= args.rate * x.T @ (x @ w - 1)
"""


def test_a_command_with_a_parser_of_its_own(tmp_path):
    path = tmp_path / "commands.py"
    path.write_text(COMMANDS)
    assert [parameter.shape for parameter in record_file(path).parameters] == [(3, 3)]
