"""Files that lack their pictures, their arguments or an older NumPy: the right one is right, the wrong one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.result import Reason, Verdict
from tests.network_files import write_file

OPENCV = r"""
import os, cv2
import numpy as np
FOLDER = r"C:\Users\me\pets\train"
CATEGORIES = ["Dog", "Cat"]
rows = []
for category in CATEGORIES:
    path = os.path.join(FOLDER, category)
    for name in os.listdir(path):
        picture = cv2.imread(os.path.join(path, name), cv2.IMREAD_GRAYSCALE)
        rows.append((cv2.resize(picture, (6, 5)), CATEGORIES.index(category)))
x = np.array([row[0] for row in rows]).reshape(-1, 30) / 255
y = np.array([row[1] for row in rows]).reshape(-1, 1)
"""
PILLOW = """
import glob, os
import numpy as np
from PIL import Image
x, y = [], []
for name in glob.glob("pets/train/*.png"):
    x.append(np.array(Image.open(name).convert("L").resize((6, 5))).flatten() / 255.0)
    y.append([int(os.path.basename(name).split("_")[1]) % 2])
x, y = np.array(x), np.array(y)
"""
SCIKIT_IMAGE = """
from pathlib import Path
import numpy as np
from skimage import color, io
from skimage.transform import resize
x, y = [], []
for label, folder in enumerate(sorted(Path("flowers").iterdir())):
    if folder.is_dir():
        for file in folder.iterdir():
            if file.suffix == ".jpg":
                x.append(resize(color.rgb2gray(io.imread(file)), (5, 6)).ravel())
                y.append([label % 2])
x, y = np.array(x), np.array(y)
"""
WORDS_IN_NAMES = """
import os
import numpy as np
import matplotlib.pyplot as plt
x, y = [], []
for root, folders, files in os.walk("./pets"):
    for name in files:
        if name.endswith((".png", ".jpg")):
            x.append(plt.imread(os.path.join(root, name))[:5, :6, 0].flatten() / 255)
            y.append([1 if "cat" in name else 0])
x, y = np.array(x), np.array(y)
"""
MIXED = """
import numpy as np
table = np.array([["a", "0.5", "0"], ["b", "2", "1"], ["a", "3", "1"], ["b", "0.25", "0"], ["a", "1.5", "1"]])
size = np.where(table[:, 0] == "a", 0.1, table[:, 0])
size = np.where(size == "b", 0.9, size)
x = np.repeat(np.c_[size, table[:, 1]].astype(float), 15, axis=1)
y = table[:, 2:].astype(float)
"""
ARGUMENTS = """
import sys
import numpy as np
if len(sys.argv) != 3:
    print("usage: net.py DATA MODE")
    sys.exit(1)
train_file = sys.argv[1]
rows = []
for line in open(train_file):
    if line.strip() and not line.startswith("@"):
        color, size, answer = line.split(",")
        rows.append([float(color == "red"), float(size), float(answer.strip() == "yes")])
x, y = np.repeat(np.array(rows)[:, :2], 15, axis=1), np.array(rows)[:, 2:]
if sys.argv[2] not in ("batch", "all"):
    raise SystemExit("unknown mode")
"""
TWO_CLASSES = """
import pickle
import numpy as np
with open("moons.pkl", "rb") as file:
    x, labels = pickle.load(file)
x, y = np.repeat(x[:, :2], 15, axis=1), np.eye(2)[labels][:, 1:]
"""
NETWORK = """
np.random.seed(1)
w1, w2 = np.random.randn(30, 4) * 0.1, np.random.randn(4, 1) * 0.1
for epoch in range(5):
    h = np.tanh(x @ w1)
    a = 1 / (1 + np.exp(-(h @ w2)))
    print(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))
    d2 = (a - y) / len(x)
    d1 = d2 @ w2.T * (1 - h**2)
    w2 -= 0.1 * h.T @ d2
    w1 -= 0.1 * x.T @ d1
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(OPENCV, id="opencv"),
        pytest.param(PILLOW, id="pillow", marks=pytest.mark.slow),
        pytest.param(SCIKIT_IMAGE, id="scikit-image", marks=pytest.mark.slow),
        pytest.param(WORDS_IN_NAMES, id="words in names", marks=pytest.mark.slow),
        pytest.param(MIXED, id="words and numbers"),
        pytest.param(ARGUMENTS, id="arguments"),
        pytest.param(TWO_CLASSES, id="labels of two classes", marks=pytest.mark.slow),
    ],
)
def test_the_right_file_is_right_and_the_wrong_one_is_named(tmp_path: Path, source: str) -> None:
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / "sets").mkdir()
    rows = "red,0.5,yes\ngreen,0.25,no\nred,0.75,no\ngreen,0.5,yes\nred,0.1,yes\n"
    (tmp_path / "sets" / "train.data").write_text("@colors and sizes\n" + rows)
    file = tmp_path / "net.py"
    file.write_text(source + NETWORK)
    assert check_file(file).verdict is Verdict.CORRECT
    file.write_text(source + NETWORK.replace(" * (1 - h**2)", ""))
    assert [mistake.id for mistake in check_file(file).mistakes] == ["missing-hidden-activation-derivative"]


IN_THE_CONSTRUCTOR = """\
import numpy as np
import pandas as pd


class Net:
    def __init__(self, {arguments}):
        {reading}
        self.W1 = np.random.randn(self.X.shape[1], 6) * 0.3
        self.W2 = np.random.randn(6, 1) * 0.3

    def train(self, lr=0.1, epochs=10):
        for _ in range(epochs):
            h = np.tanh(self.X @ self.W1)
            e = h @ self.W2 - self.y
            d = e @ self.W2.T * {slope}
            self.W2 -= lr * h.T @ e / len(self.X)
            self.W1 -= lr * self.X.T @ d / len(self.X)
"""
BY_LINE = (
    "data_file",
    "rows = np.array([list(map(float, line.split(','))) for line in open(data_file)]); "
    "self.X, self.y = rows[:, :-1], rows[:, -1:]",
)
BY_COLUMN = (
    "path, target_column",
    "table = pd.read_csv(path); self.y = table[target_column].values.reshape(-1, 1); "
    "self.X = table.drop(target_column, axis=1).values",
)


@pytest.mark.every(2)
@pytest.mark.parametrize(("arguments", "reading"), [BY_LINE, BY_COLUMN], ids=["lines", "columns"])
def test_a_class_that_wants_the_name_of_a_file_is_given_a_made_up_one(
    tmp_path: Path, arguments: str, reading: str
) -> None:
    path = tmp_path / "net.py"
    for slope, verdict in (("(1 - h ** 2)", Verdict.CORRECT), ("(1 - h)", Verdict.MISTAKE)):
        path.write_text(IN_THE_CONSTRUCTOR.format(arguments=arguments, reading=reading, slope=slope))
        result = check_file(path)
        assert result.verdict is verdict
        assert any("data.csv" in one for one in result.stand_ins)


DIGITS = """
import pickle
import numpy as np

with open("digits.pkl", "rb") as stream:
    x, labels = pickle.load(stream)
x = np.reshape(x, (len(x), 784))
x[x < 0.3] = 0
x -= np.mean(x, axis=0)
y = np.eye(10)[labels]
rng = np.random.default_rng(0)
w1, b1 = rng.normal(0, 0.1, (784, 8)), np.zeros(8)
w2, b2 = rng.normal(0, 0.1, (8, 10)), np.zeros(10)
for step in range(20):
    h = 1 / (1 + np.exp(-(x @ w1 + b1)))
    out = 1 / (1 + np.exp(-(h @ w2 + b2)))
    loss = np.sum((out - y) ** 2)
    delta = 2 * (out - y) * out * (1 - out)
    back = delta @ w2.T * h * (1 - h)
    w2 -= 0.001 * h.T @ delta
    b2 -= 0.001 * delta.sum(axis=0)
    w1 -= 0.001 * x.T @ back
    b1 -= 0.001 * back.sum(axis=0)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("right", "slipped", "line"), [("", "", None), ("back = delta @ w2.T * h * (1 - h)", "back = delta @ w2.T", 19)]
)
def test_pixels_are_fractions_if_a_file_writes_fractions_into_them(
    tmp_path: Path, right: str, slipped: str, line: int | None
) -> None:
    """That bytes were made up is not the file's mistake."""
    result = check_file(write_file(tmp_path / "digits.py", DIGITS.replace(right, slipped) if right else DIGITS))
    assert [one.place and one.place.line for one in result.mistakes] == ([] if line is None else [line])
    assert result.verdict is (Verdict.CORRECT if line is None else Verdict.MISTAKE)


def test_a_type_that_was_made_up_is_not_named(tmp_path: Path) -> None:
    text = DIGITS.replace("x[x < 0.3] = 0", "labels -= np.mean(labels)")
    result = check_file(write_file(tmp_path / "digits.py", text))
    assert result.verdict is Verdict.NOT_JUDGED
    assert result.reason is Reason.RAISED
