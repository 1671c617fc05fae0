"""Made-up data become what a file needs to train: outputs for its softmax, columns for its targets, labels."""

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

ONE_AT_A_TIME = """
import numpy as np
inputs = np.genfromtxt("data/train_inputs.csv", delimiter=",")
answers = np.genfromtxt("data/train_labels.csv", delimiter=",")
X, Y = np.expand_dims(inputs, -1), np.expand_dims(answers, -1)
W = np.random.randn(len(Y[0]), len(X[0])) * 0.1
for epoch in range(3):
    for x, y in zip(X, Y):
        e = np.exp(W @ x)
        p = e / np.sum(e)
        cost = -np.sum(y * np.log(p))
        W -= 0.1 * (p - y) @ x.T
"""
COUNTED_INPUTS = """
import numpy as np
rows = np.loadtxt("digits_table.csv", delimiter=",")
inputs, outputs = 64, 10
W, V = np.random.randn(inputs, 7) * 0.1, np.random.randn(7, outputs) * 0.1
x, t = rows[:, :inputs], rows[:, inputs:]
for epoch in range(3):
    for i in range(len(x)):
        h = np.tanh(x[i] @ W)
        error = h @ V - t[i]
        back = (V @ error) * (1 - h**2)
        V -= 0.01 * np.outer(h, error)
        W -= 0.01 * np.outer(x[i], back)
"""
OPENED = """
import numpy as np
from idx2numpy import convert_from_file
with open("train-images.idx3-ubyte", "rb") as images, open("train-labels.idx1-ubyte", "rb") as labels:
    images, labels = convert_from_file(images), convert_from_file(labels)
assert images.shape[1:] == (28, 28) and labels.shape == (len(images),)
W = np.zeros((784, 10))
for image, label in zip(images, labels):
    x = image.reshape(1, -1) / 255
    p = 1 / (1 + np.exp(-(x @ W)))
    guessed = p.argmax() == label
    if guessed:
        hits = 1
    W -= 0.1 * x.T @ (p - np.eye(10)[label])
"""
OF_A_BOOK = """
from linear_algebra import dot, vector_subtract
weights = [0.2, -0.4, 0.3]
for turn in range(20):
    for x, wanted in (([1.0, 2.0, 0.5], 1.0), ([1.0, -1.0, 2.0], 0.0)):
        error = dot(weights, x) - wanted
        weights = vector_subtract(weights, [0.1 * error * one for one in x])
"""
WHOLE_BATCHES = """
import math
import pickle
import numpy as np
with open("train_x.pickle", "rb") as file:
    X = pickle.load(file)
with open("train_y.pickle", "rb") as file:
    y = pickle.load(file)
BATCH_SIZE = 100
def batch(rows, i):
    return [rows[n] for n in range(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)]
X, y = list(map(np.asarray, X)), list(np.asarray(y))
w = np.zeros(len(X[0]))
count = math.ceil(len(X) / BATCH_SIZE)
batches = [(np.array(batch(X, i)), np.array(batch(y, i))) for i in range(count)]
for epoch in range(2):
    for rows, wanted in batches:
        w -= 0.1 * rows.T @ (rows @ w - wanted) / len(rows)
"""
SLIPS = {
    "batches": (WHOLE_BATCHES, "@ w - wanted)", "@ w + wanted)"),
    "softmax": (ONE_AT_A_TIME, "W -= 0.1 * (p - y)", "W -= 0.1 * (y - p)"),
    "table": (COUNTED_INPUTS, "(1 - h**2)", "(1 - h)"),
    "opened": (OPENED, "(p - np.eye", "(np.eye(10)[label] - p) + 0 * (p - np.eye"),
    "vectors": (OF_A_BOOK, "wanted\n", "wanted + weights[0]\n"),
}


@pytest.mark.every(3)
@pytest.mark.parametrize("name", SLIPS)
def test_a_file_trains_with_data_that_fit_it(name, tmp_path):
    text, right, wrong = SLIPS[name]
    path = tmp_path / "net.py"
    path.write_text(text)
    assert check_file(path).verdict is Verdict.CORRECT
    assert right in text
    path.write_text(text.replace(right, wrong))
    assert check_file(path).verdict is Verdict.MISTAKE
