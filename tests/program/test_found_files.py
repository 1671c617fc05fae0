"""Files that a script names by a path that does not exist, and that lie in its folder."""

from __future__ import annotations

import numpy as np
import pytest

from harness.programs.capture.script import capture_script
from harness.programs.program import MadeUp, NoteKind

SCRIPT = """import keras, numpy as np, pandas as pd
table = {read}
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile('sgd', 'mse')
model.fit(table[:, :2], table[:, 2:], epochs=1, verbose=0)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("read", "file", "is_found"),
    [
        ("pd.read_csv(r'C:\\Users\\ann\\tables\\wages.csv', header=None).values", "wages.csv", True),
        ("np.loadtxt('/content/drive/wages.csv', delimiter=',')", "wages.csv", True),
        ("np.array([line.split(',') for line in open('wages.csv')], float)", "data/raw/wages.csv", True),
        ("np.genfromtxt('tables\\\\wages.csv', delimiter=',')", "tables/wages.csv", True),
        ("np.loadtxt('/content/' + 'wag' + 'es.csv', delimiter=',')", "wages.csv", False),  # not named
        ("np.loadtxt('wages.csv', delimiter=',')", ("one/wages.csv", "two/wages.csv"), False),  # which one is meant?
    ],
)
def test_a_file_is_found_by_its_name(tmp_path, monkeypatch, read, file, is_found):
    monkeypatch.chdir(tmp_path)
    files = [file] if isinstance(file, str) else list(file)
    values = np.random.default_rng(0).normal(size=(7, 3))
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(tmp_path / name, values, delimiter=",")
    (tmp_path / "train.py").write_text(SCRIPT.format(read=read))
    program = capture_script("train.py")
    assert [note.detail for note in program.notes if note.kind is NoteKind.FILE_FOUND] == (files if is_found else [])
    assert (program.made_up is MadeUp.NOTHING) is is_found
    if is_found:
        assert np.allclose(program.x, values[:, :2])


def test_a_file_is_found_while_something_else_is_made_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt(tmp_path / "wages.csv", np.ones((7, 3)), delimiter=",")
    code = SCRIPT.format(read="pd.read_csv('C:/tables/wages.csv', header=None).values")
    (tmp_path / "train.py").write_text(code.replace("epochs=1", "epochs=some_number"))
    program = capture_script("train.py")
    assert len(program.x) == 7
    assert {note.kind for note in program.notes} >= {NoteKind.FILE_FOUND, NoteKind.MADE_UP}
