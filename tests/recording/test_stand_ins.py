"""Files that lack their data or packages are run with stand-ins, and every stand-in is reported."""

import zipfile
from importlib.util import find_spec

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.graph import Absorbed, Check
from harness.recording.record import record_file
from harness.recording.stand_ins.hints import read_hints

TRAIN = """
W = np.random.randn(X.shape[1], 10) * 0.01
for i in range(20):
    Z = X @ W
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    W -= 0.1 * X.T @ (P - np.eye(10)[y]) / len(X)
"""

SOURCES = {
    "idx": """
import numpy as np
with open("train-images-idx3-ubyte", "rb") as f:
    magic, n, rows, columns = np.frombuffer(f.read(16), ">i4")
    X = np.frombuffer(f.read(), np.uint8).reshape(n, rows * columns) / 255
with open("train-labels-idx1-ubyte", "rb") as f:
    f.read(8)
    y = np.frombuffer(f.read(), np.uint8)
""",
    "idx under other names": """
import struct
import numpy as np
def counts(file, many):
    return [int.from_bytes(file.read(4), "big") for _ in range(many)]
with open("data/train_images.bin", "rb") as f:
    _, n, height, width = counts(f, 4)
    X = np.array([list(f.read(height * width)) for _ in range(n)]) / 255
with open("data/train_labels.bin", "rb") as f:
    _, n = counts(f, 2)
    y = np.array(struct.unpack(f"{n}B", f.read()))
""",
    "idx as text": """
import numpy as np
with open("train-images.idx3-ubyte") as f:
    X = np.fromfile(file=f, dtype=np.uint8)[16:].reshape((60000, 784)) / 255
with open("train-labels.idx1-ubyte") as f:
    y = np.fromfile(file=f, dtype=np.uint8)[8:].reshape(60000)
""",
    "idx.gz": """
import gzip, struct
import numpy as np
with gzip.open("data/train-images-idx3-ubyte.gz") as f:
    _, n, r, c = struct.unpack(">IIII", f.read(16))
    X = np.frombuffer(f.read(), dtype=np.uint8).reshape(n, 784).astype(np.float32) / 255
y = np.frombuffer(gzip.open("data/train-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
""",
    "pickle": """
import gzip, pickle
import numpy as np
with gzip.open("mnist.pkl.gz", "rb") as f:
    train, valid, test = pickle.load(f, encoding="latin1")
X, y = train
""",
    "CIFAR": """
import pickle
import numpy as np
def unpickle(name):
    with open("cifar-10-batches-py/" + name, "rb") as file:
        return pickle.load(file, encoding="bytes")
names = unpickle("batches.meta")[b"label_names"]
assert len(names) == 10 and isinstance(names[0], bytes)
batch = unpickle("data_batch_1")
X, y = batch[b"data"] / 255, np.array(batch[b"labels"])
""",
    "keras": """
import numpy as np
from tensorflow.keras.datasets import mnist
(X, y), (_, _) = mnist.load_data()
X = X.reshape(len(X), 784) / 255
""",
    "tf": """
import numpy as np
import tensorflow as tf
(X, y), _ = tf.keras.datasets.mnist.load_data()
X = X.reshape(-1, 784) / 255
""",
    "openml": """
import numpy as np
from sklearn.datasets import fetch_openml
digits = fetch_openml("mnist_784")
X = digits.data.iloc[:50].values / 255
y = digits.target.iloc[:50].astype(int).values
""",
    "torchvision": """
import numpy as np
from torchvision import datasets
data = datasets.MNIST(".", train=True, download=True)
X = data.data.numpy().reshape(-1, 784) / 255
y = data.targets.numpy()
""",
    "python-mnist": """
import numpy as np
from mnist import MNIST
X, y = MNIST(".", return_type="numpy").load_training()
X = X.astype(np.float32) / 255
""",
    "csv module": """
import csv
import numpy as np
with open("mnist_train.csv") as f:
    rows = np.array([[float(x) for x in row] for row in csv.reader(f)])
y, X = rows[:, 0].astype(int), rows[:, 1:] / 255
""",
    "lines": """
import numpy as np
lines = open("mnist_train.csv").readlines()
values = [line.split(",") for line in lines]
y = np.array([int(v[0]) for v in values])
X = np.asarray([v[1:] for v in values], dtype=float) / 255
""",
    "npz": """
import numpy as np
with np.load("mnist.npz") as f:
    X, y = f["x_train"], f["y_train"]
X = X.reshape(len(X), -1) / 255
""",
    "npy files that nothing reshapes": """
import numpy as np
X, y = np.load("mnist_train_images.npy") / 255, np.load("mnist_train_labels.npy")
assert X.ndim == 2
""",
    "a dictionary in a pickle": """
import pickle
import numpy as np
mnist = pickle.load(open("mnist.pkl", "rb"))
X, y = mnist["training_images"].reshape(-1, 784) / 255, mnist["training_labels"]
""",
    "loadtxt of whole numbers": """
import numpy as np
data = np.loadtxt("mnist_train.csv", dtype=int, delimiter=",")
X, y = data[:, 1:] / 255, data[:, 0]
""",
    "loadtxt": """
import numpy as np
data = np.loadtxt("mnist_train.csv", delimiter=",", skiprows=1)
y, X = data[:, 0].astype(int), data[:, 1:] / 255
""",
    "urlopen": """
import gzip, urllib.request
import numpy as np
def fetch(name, offset):
    content = urllib.request.urlopen("http://nowhere.invalid/mnist/" + name).read()
    return np.frombuffer(gzip.decompress(content), np.uint8, offset=offset)
X = fetch("train-images-idx3-ubyte.gz", 16).reshape(-1, 784) / 255
y = fetch("train-labels-idx1-ubyte.gz", 8)
""",
    "60000": """
import numpy as np
with open("train-images-idx3-ubyte", "rb") as f:
    f.read(16)
    X = np.frombuffer(f.read(), np.uint8).reshape(60000, 784) / 255
with open("train-labels-idx1-ubyte", "rb") as f:
    f.read(8)
    y = np.frombuffer(f.read(), np.uint8)
assert len(X) == 60000
""",
    "mat": """
import numpy as np
from scipy.io import loadmat
data = loadmat("ex4data1.mat")
X, y = data["X"], data["y"].ravel() - 1
assert X.shape[1] == 400
""",
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", SOURCES)
def test_missing_digits(name, tmp_path):
    path = tmp_path / "digits.py"
    path.write_text(SOURCES[name] + TRAIN)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    (parameter,) = recording.parameters
    assert (parameter.name, parameter.shape[1]) == ("W", 10)
    assert recording.check is Check.SAME
    kinds = {s.what for s in recording.stand_ins}
    assert kinds & {Absorbed.FILE, Absorbed.DATASET, Absorbed.DOWNLOAD}


def test_downloads_whose_sizes_are_checked(tmp_path):
    """The name under which a download is kept says nothing; that of the address does."""
    path = tmp_path / "net.py"
    path.write_text(
        """
import gzip, os, struct, urllib.request
import numpy as np
def fetch(name, count, shape):
    kept, _ = urllib.request.urlretrieve("http://host/" + name + ".gz", "kept.tmp")
    with gzip.open(kept) as f:
        (magic,) = struct.unpack("I", f.read(4))
        if magic != (0x3080000 if shape else 0x1080000):
            raise ValueError("not the file that was asked for")
        (n,) = struct.unpack(">I", f.read(4))
        if n != count:
            raise ValueError(f"expected {count} items")
        f.read(4 * len(shape))
        return np.frombuffer(f.read(), np.uint8).reshape(count, *shape)
X = fetch("train-images-idx3-ubyte", 60000, (28, 28)).reshape(60000, 784) / 255
y = fetch("train-labels-idx1-ubyte", 60000, ())
tests = fetch("t10k-images-idx3-ubyte", 10000, (28, 28))
X, y = X[:50000], y[:50000]
"""
        + TRAIN
    )
    recording = record_file(path)
    assert recording.raised is None
    assert [(p.name, len(p.updates)) for p in recording.parameters] == [("W", 3)]


@pytest.mark.parametrize(
    "archive",
    [
        'zipfile.ZipFile("text8.zip")',
        'zipfile.ZipFile(io.BytesIO(urllib.request.urlopen("http://localhost/text8.zip").read()))',
    ],
)
def test_a_missing_archive_has_a_member_of_its_name_and_others_that_are_asked_for(archive, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(f"""
import io, urllib.request, zipfile
with {archive} as z:
    assert z.namelist() == ["text8"]
    vocab = set(z.read("text8").decode().split())
    assert 5 < len(vocab) < 100
    rows = z.open("other.txt").read().decode()
    assert set(rows.split()) <= vocab
""")
    recording = record_file(path, drive=False)
    assert recording.raised is None, recording.raised
    assert recording.stand_ins


def test_a_download_is_read_by_its_headers_and_in_pieces(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("""
import urllib.request
with urllib.request.urlopen("http://localhost/train.csv", timeout=30) as answer:
    size, content = int(answer.headers.get("content-length", 0)), b""
    assert answer.getcode() == answer.status == 200 and answer.getheader("Server") is None
    while piece := answer.read(64):
        content += piece
assert len(content) == size > 64 and int(answer.info()["Content-Length"]) == size
""")
    recording = record_file(path, drive=False)
    assert recording.raised is None, recording.raised


def test_a_line_is_drawn_from_one_limit_of_a_plot_to_the_other(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("""
import matplotlib.pyplot as plt
import numpy as np
fig, axes = plt.subplots()
left, right = axes.get_xlim()
places = np.linspace(left, right, 5)
plt.xlim(-2, 2)
assert np.allclose(2 * places + plt.ylim()[0], [0, 0.5, 1, 1.5, 2])
""")
    recording = record_file(path, drive=False)
    assert recording.raised is None, recording.raised


def test_a_text_of_words(tmp_path):
    path = tmp_path / "vectors.py"
    path.write_text(
        """
import numpy as np
from collections import Counter
words = open("corpus.txt").read().lower().split()
vocab = [w for w, n in Counter(words).items() if n >= 5]
index = {w: i for i, w in enumerate(vocab)}
assert 5 < len(vocab) < 100
places = [index[w] for w in words if w in index]
U, V = np.random.randn(len(vocab), 4) * 0.1, np.random.randn(4, len(vocab)) * 0.1
for center, context in zip(places, places[1:]):
    h = U[center]
    p = np.exp(h @ V)
    p /= p.sum()
    p[context] -= 1
    dV, dh = np.outer(h, p), V @ p
    V -= 0.1 * dV
    U[center] -= 0.1 * dh
"""
    )
    recording = record_file(path)
    assert sorted(p.name for p in recording.parameters) == ["U", "V"]
    assert min(len(p.updates) for p in recording.parameters) > 1


ROWS_NEEDED = {
    64: """
b = [d["x"][i:i + 16].reshape(16, 4) for i in range(0, len(d["x"]), 16)]
X, y = b[0], d["y"][:16]
""",
    600: """
b = np.array_split(d["x"], len(d["x"]) // 10)
X = np.concatenate(b[:len(b) // 40])
y = d["y"][:len(X)]
""",
}


@pytest.mark.parametrize("rows", ROWS_NEEDED)
def test_as_many_observations_as_parts_of_them_need(tmp_path, rows):
    path = tmp_path / "net.py"
    path.write_text(f"import numpy as np\nd = np.load('data.npz')\n{ROWS_NEEDED[rows]}\n{TRAIN}")
    recording = record_file(path)
    assert [len(p.updates) for p in recording.parameters] == [3]
    assert {shape[0] for one in recording.stand_ins for shape in one.shapes} == {rows}


def test_a_text_file_of_whole_numbers_holds_labels(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "import numpy as np\nX = np.loadtxt('first.txt')\ny = np.loadtxt('second.txt', dtype=int)\n"
        "assert y.shape == (len(X),)\n" + TRAIN
    )
    assert [len(p.updates) for p in record_file(path).parameters] == [3]


def test_a_failure_without_made_up_sizes_is_the_files_own(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "import pickle\nimport numpy as np\nfor n in range(1, 6):\n"
        "    part = pickle.load(open(f'part_{n}.pkl', 'rb'))\nnp.zeros(3)[5]\n"
    )
    recording = record_file(path)
    assert recording.raised is not None
    assert recording.raised.type == "IndexError"


def test_arrays_without_names_are_what_their_files_are_called(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "import numpy as np\nX = np.load('train_images.npz')['arr_0'].reshape(-1, 784) / 255\n"
        "y = np.load('train_labels.npz')['arr_0']\n" + TRAIN
    )
    assert [len(p.updates) for p in record_file(path).parameters] == [3]


def test_a_csv_of_named_columns(tmp_path):
    text = """
import numpy as np
import pandas as pd
df = pd.read_csv("iris.csv", names=["sl", "sw", "pl", "pw", "species"])
df = df.sample(frac=1)
y = pd.get_dummies(df["species"]).values
X = df.drop("species", axis=1).to_numpy()
X = (X - X.mean(axis=0)) / X.std(axis=0)
W, b = np.zeros((4, y.shape[1])), np.zeros(y.shape[1])
for i in range(9):
    e = X @ W + b - y
    W -= 0.01 * X.T @ e
    b -= 0.01 * e.sum(axis=0)
"""
    path = tmp_path / "iris.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert [p.name for p in recording.parameters] == ["W", "b"]
    (stand_in,) = [s for s in recording.stand_ins if s.what is Absorbed.FILE]
    assert stand_in.shapes[0][1] == 5


def test_columns_of_classes_that_are_asked_for_by_name_are_one_hot(tmp_path):
    text = """
import numpy as np
import pandas as pd
flowers = pd.read_csv("flowers.csv", names=["length", "width", "kind"])
flowers = pd.get_dummies(flowers, columns=["kind"])
y = flowers[["kind_rose", "kind_tulip", "kind_lily"]].values
X = flowers[["length", "width"]].values
assert (y.sum(axis=1) == 1).all() and (y.sum(axis=0) > 0).all()
assert not set(flowers[["pixel_1", "pixel_2"]].values.ravel()) <= {0, 1}
W = np.zeros((2, 3))
for i in range(9):
    W -= 0.01 * X.T @ (X @ W - y)
"""
    path = tmp_path / "flowers.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert [p.name for p in recording.parameters] == ["W"]


@pytest.mark.skipif(find_spec("openpyxl") is not None, reason="with openpyxl, pandas reads spreadsheets itself")
def test_a_spreadsheet_whose_reader_is_not_installed(tmp_path):
    with zipfile.ZipFile(tmp_path / "rows.xlsx", "w") as sheet:
        sheet.writestr("xl/workbook.xml", "<workbook/>")
    path = tmp_path / "sheet.py"
    path.write_text("import numpy as np\nimport pandas as pd\ntable = pd.read_excel('rows.xlsx')\n" + OF_TABLE)
    recording = record_file(path)
    assert ("rows.xlsx", Absorbed.FILE) in {(one.name, one.what) for one in recording.stand_ins}
    assert [p.name for p in recording.parameters] == ["w"]


OF_TABLE = """
X, y = table.iloc[:, :-1].values, table.iloc[:, -1:].values
w = np.zeros((X.shape[1], 1))
for i in range(5):
    w -= 0.1 * X.T @ (X @ w - y) / len(X)
"""


def test_a_shape_that_a_failure_names(tmp_path):
    """The made-up table is made again with the number of columns that the network wants."""
    text = """
import numpy as np
X = np.genfromtxt("sensors.csv", delimiter=",")
W = np.random.randn(11, 1)
for i in range(9):
    W -= 0.01 * X.T @ (X @ W)
"""
    path = tmp_path / "sensors.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert recording.parameters[0].shape == (11, 1)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("place", "asked"),
    [
        ("points.csv", "points.csv"),
        ("points.csv", r"D:\\study\\points.csv"),
        ("data/points.csv", "/home/me/points.csv"),
    ],
)
def test_a_file_that_is_there_is_used(tmp_path, place, asked):
    (tmp_path / "data").mkdir()
    (tmp_path / place).write_text("a,b,y\n" + "\n".join(f"{i},{i * i},{i % 2}" for i in range(9)))
    text = """
import numpy as np
import pandas as pd
data = pd.read_csv("points.csv")
X, y = data[["a", "b"]].values, data["y"].values
w = np.zeros(2)
for i in range(9):
    w = w - 0.0001 * X.T @ (X @ w - y)
"""
    path = tmp_path / "points.py"
    path.write_text(text.replace("points.csv", asked))
    recording = record_file(path, drive=False)
    assert recording.stand_ins == () or all(s.what is not Absorbed.FILE for s in recording.stand_ins)
    (leaf,) = [n for n in recording.nodes if n.names and n.names[0] == "X"]
    assert leaf.value[3].tolist() == [3, 9]


def test_missing_modules_of_a_course(tmp_path):
    text = """
import numpy as np
import matplotlib.pyplot as plt
from testCases_v2 import *
from dnn_utils_v2 import sigmoid, sigmoid_backward
fig, axes = plt.subplots(2, 2)
for ax in axes:
    ax.plot([1, 2])
activation_cache = None
X, Y = np.random.randn(3, 8), np.random.randint(0, 2, (1, 8))
W = np.zeros((1, 3))
for i in range(9):
    A, cache = sigmoid(W @ X)
    dZ = sigmoid_backward(-(Y / A) + (1 - Y) / (1 - A), cache)
    W = W - 0.1 * dZ @ X.T / 8
"""
    path = tmp_path / "course.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert recording.parameters[0].name == "W"
    assert {"testCases_v2", "dnn_utils_v2", "matplotlib"} <= {s.name for s in recording.stand_ins}


def test_command_line_arguments(tmp_path):
    text = """
import argparse
import numpy as np
parser = argparse.ArgumentParser()
parser.add_argument("rate", type=float)
parser.add_argument("--steps", type=int, required=True)
options = parser.parse_args()
X = np.random.randn(5, 2)
w = np.ones(2)
for i in range(options.steps):
    w -= options.rate * X.T @ (X @ w)
"""
    path = tmp_path / "arguments.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert [p.name for p in recording.parameters] == ["w"]
    assert (Absorbed.INPUT, "command-line arguments") in [(s.what, s.name) for s in recording.stand_ins]


def test_arithmetic_with_what_is_missing_and_bars_that_are_called(tmp_path):
    (tmp_path / "net.py").write_text(
        """
import numpy as np
import cv2
from tqdm import tqdm
from alive_progress import alive_bar
picture = cv2.VideoCapture(0).frame
inverted = (255 - picture) / 255.0
shift = -(picture - inverted) ** 2 % 3
X, y = np.random.rand(12, 4), np.random.randint(10, size=12)
bar = tqdm(total=20)
"""
        + TRAIN
        + """
    bar.update(1)
    with alive_bar(3) as step:
        step()
"""
    )
    recording = record_file(tmp_path / "net.py")
    assert recording.raised is None
    assert len(recording.parameters) == 1
    assert len(recording.updates) >= 3


def test_an_array_does_not_take_up_what_is_missing(tmp_path):
    (tmp_path / "net.py").write_text(
        "import numpy as np\nimport cv2\nW = np.random.rand(3) - cv2.VideoCapture(0).frame\n"
    )
    recording = record_file(tmp_path / "net.py")
    assert recording.raised is not None
    assert recording.raised.type == "TypeError"


def test_a_picture_that_was_written_is_read_again(tmp_path):
    text = """
import os
import cv2
import numpy as np
from PIL import Image
for name in os.listdir("photos"):
    cv2.imwrite("small/" + name, cv2.resize(cv2.cvtColor(cv2.imread("photos/" + name), cv2.COLOR_BGR2GRAY), (5, 4)))
    Image.open("photos/" + name).convert("L").resize((3, 2)).save("tiny/" + name)
X = np.array([cv2.imread("small/" + name) for name in os.listdir("small")])
T = np.array([np.asarray(Image.open("tiny/" + name)) for name in os.listdir("tiny")])
"""
    path = tmp_path / "photos.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    shapes = {node.names[0]: node.shape[1:] for node in recording.nodes if node.names and node.names[0] in "XT"}
    assert shapes == {"X": (4, 5), "T": (2, 3)}


@pytest.mark.slow
def test_a_split_of_more_rows_than_were_made_up_becomes_smaller(tmp_path):
    text = """
import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.model_selection import train_test_split
data = fetch_openml("mnist_784", as_frame=False)
X, X_test, y, y_test = train_test_split(data.data, data.target, test_size=10000)
W = np.zeros((784, 1))
for i in range(9):
    W -= 0.01 * X.T @ (X @ W - y.astype(float).reshape(-1, 1))
"""
    path = tmp_path / "digits.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert [(one.shape, len(one.updates)) for one in recording.parameters] == [((784, 1), 3)]


PAIRS = {
    "an array in nested tuples": "(X, y), (_, _) = np.load('letters.npz', allow_pickle=True)['arr_0']",
    "pairs of a pickle": """
import pickle
training, test = pickle.load(open('letters.pkl', 'rb'))
X, y = training
""",
    "splits that a class unpickles": """
import pickle
class Data:
    def __init__(self, path='cifar.pkl'):
        reader = pickle._Unpickler(open(path, 'rb'))
        reader.encoding = 'latin1'
        self.train, self.valid, self.test = reader.load()
    def rows(self):
        X, y = self.train
        return X, y
X, y = Data().rows()
""",
    "items of a pair": """
import pickle
training, test = pickle.load(open('letters.pkl', 'rb'))
X, y = training[0], training[1]
""",
}


@pytest.mark.parametrize("name", PAIRS)
def test_inputs_and_targets_in_pairs(name, tmp_path):
    path = tmp_path / "pairs.py"
    path.write_text("import numpy as np\n" + PAIRS[name] + TRAIN)
    recording = record_file(path)
    assert recording.check is Check.SAME
    assert [(p.name, p.shape, len(p.updates)) for p in recording.parameters] == [("W", (4, 10), 3)]
    assert not any(node.kind.value == "lost" for node in recording.nodes)


def test_settings_that_lie_beside_are_read_if_an_argument_names_a_file(tmp_path):
    (tmp_path / "settings.json").write_text('{"inputs": 3}')
    path = tmp_path / "settings.py"
    path.write_text(
        """
import argparse, json
import numpy as np
parser = argparse.ArgumentParser()
parser.add_argument("settings_file")
with open(parser.parse_args().settings_file) as file:
    settings = json.load(file)
X, y = np.random.rand(60, settings["inputs"]), np.arange(60) % 10
"""
        + TRAIN
    )
    assert [p.shape for p in record_file(path).parameters] == [(3, 10)]


@pytest.mark.parametrize("reading", ['csv.reader(f, delimiter=";")', '[line.split("|") for line in f]'])
def test_numbers_of_a_missing_text_are_separated_as_the_file_reads_them(reading, tmp_path):
    path = tmp_path / "wine.py"
    path.write_text(
        "import csv\nimport numpy as np\n"
        f'with open("wine.csv") as f:\n    rows = np.array([[float(x) for x in row] for row in {reading}])\n'
        "x, y = rows[:, :-1], rows[:, -1]\nassert x.shape[1] > 1\n"
        "w = np.random.randn(x.shape[1])\n"
        "for i in range(3):\n    w -= 0.01 * x.T @ (x @ w - y)\n"
    )
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert [one.name for one in recording.parameters] == ["w"]


def test_a_missing_table_whose_first_column_is_the_target_has_classes_in_it(tmp_path):
    path = tmp_path / "galaxies.py"
    path.write_text(
        "import numpy as np\n"
        'train = np.genfromtxt("train.csv", delimiter=",")\n'
        "y = train[:, 0].reshape(len(train), 1)\n"
        "x = train[:, 1:] / 255.0\n"
        "assert set(np.unique(y)) <= {0.0, 1.0, 2.0}\n"
    )
    assert record_file(path, drive=False).raised is None


@pytest.mark.parametrize(
    "reading",
    [
        "rows = [[int(part) for part in line.split(',')] for line in open('cells.data')]",
        "rows = [[float(row['size']), float(row['class'])] for row in csv.DictReader(open('cells.csv'))]",
    ],
    ids=["whole-numbers", "named-columns"],
)
def test_a_missing_text_has_the_numbers_and_names_that_the_file_asks_for(reading, tmp_path):
    path = tmp_path / "cells.py"
    path.write_text(
        f"import csv\nimport numpy as np\n{reading}\n"
        "x, y = np.array(rows)[:, :-1], np.array(rows)[:, -1]\n"
        "assert len(np.unique(x[:, 0])) > len(np.unique(y)) > 1\n"
    )
    assert record_file(path, drive=False).raised is None


def test_the_first_thousand_images_of_fewer_that_were_made_up(tmp_path):
    path = tmp_path / "clothes.py"
    path.write_text(
        "from keras.datasets import fashion_mnist\n"
        "(x, y), _ = fashion_mnist.load_data()\n"
        "x = x[:1000].reshape(1000, -1) / 255\n"
        "assert x.shape == (60, 784) and len(y[:1000]) == 60\n"
    )
    assert record_file(path, drive=False).raised is None


def test_a_missing_table_has_the_names_of_classes_that_the_file_looks_up(tmp_path):
    """Three names are three classes, and the numbers of the other columns stay numbers."""
    text = (
        "import csv\n"
        "import numpy as np\n"
        'numbers = {"red kite": 0, "heron": 1, "crane": 2}\n'
        "x, y = [], []\n"
        'with open("birds.csv") as stream:\n'
        "    reader = csv.reader(stream)\n"
        "    header = next(reader)\n"
        "    for row in reader:\n"
        "        x.append([float(one) for one in row[:4]])\n"
        "        y.append(numbers[row[4]])\n"
        "x, y = np.array(x), np.array(y)\n"
        "assert sorted(set(y.tolist())) == [0, 1, 2] and x.shape[1] == 4\n"
        "W = np.random.normal(size=(4, 3))\n"
        "for _ in range(5):\n"
        "    p = np.exp(x @ W)\n"
        "    p /= p.sum(axis=1, keepdims=True)\n"
        "    d = p - np.eye(3)[y]\n"
        "    W = W - 0.01 * x.T @ d\n"
    )
    path = tmp_path / "birds.py"
    path.write_text(text)
    recording = record_file(path)
    assert recording.raised is None
    assert len(recording.parameters) == 1


LOADED = """
import numpy as np
X, Y = np.random.rand(12, 3), np.random.rand(12, 2)
layers = [{"w": np.random.rand(3, 4), "b": np.zeros(4)}, {"w": np.random.rand(4, 2), "b": np.zeros(2)}]
def load(path):
    saved = np.load(path)
    index = 0
    for layer in layers:
        for key in layer:
            assert layer[key].shape == saved[index].shape
            layer[key] = saved[index]
            index += 1
load("weights.npy")
for _ in range(4):
    h = np.tanh(X @ layers[0]["w"] + layers[0]["b"])
    d = (h @ layers[1]["w"] + layers[1]["b"] - Y) / 12
    e = d @ layers[1]["w"].T * (1 - h * h)
    for layer, a, g in zip(layers, (X, h), (e, d)):
        layer["w"] -= 0.1 * a.T @ g
        layer["b"] -= 0.1 * g.sum(0)
"""


@pytest.mark.slow
def test_saved_weights_that_are_missing_get_the_shapes_that_are_asserted(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(LOADED)
    recording = record_file(path)
    assert recording.raised is None
    assert {one.name for one in recording.stand_ins} == {"weights.npy"}
    assert [len(one.updates) > 1 for one in recording.parameters] == [True] * 4
    # of the size that weights usually start with, so that no unit is saturated
    assert all(0 < np.abs(recording.nodes[one.leaf].value).max() < 1 for one in recording.parameters)
    assert check_file(path).verdict is Verdict.CORRECT
    asserted = "            assert layer[key].shape == saved[index].shape\n"
    for changed in (LOADED.replace(asserted, ""), f"{LOADED}try:\n    pass\nfinally:\n    pass\n"):
        path.write_text(changed)
        raised = record_file(path, drive=False).raised
        assert raised is not None
        assert raised.type == "FileNotFoundError"


def test_a_missing_file_whose_lines_are_read_as_one_number_each_has_one_column(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("""
import numpy as np
table = np.loadtxt("inputs.csv", delimiter=",")
with open("results.txt") as f:
    wanted = np.array([[float(line)] for line in f])
W = np.zeros((table.shape[1], 1))
for i in range(9):
    W -= 0.1 * table.T @ (table @ W - wanted) / len(table)
""")
    recording = record_file(path)
    assert [len(p.updates) for p in recording.parameters] == [3]
    shapes = {one.name: {shape[1:] for shape in one.shapes} for one in recording.stand_ins}
    assert shapes["results.txt"] == {(1,)}
    assert shapes["inputs.csv"] != {(1,)}


@pytest.mark.parametrize("convert", ["float(one)", "int(float(one))"])
def test_a_missing_text_whose_first_line_is_read_as_numbers_begins_with_numbers(tmp_path, convert):
    path = tmp_path / "net.py"
    path.write_text(f"""
import numpy as np

def settings(path):
    with open(path) as f:
        return f.readline().split(", ")

W = np.zeros((4, 1))
for line in open("rows.csv").readlines():
    values = [{convert} for one in line.split(",")]
    x, y = np.array(values[:4]).reshape(1, 4), values[-1]
    W -= 0.1 * x.T @ (x @ W - y)
""")
    recording = record_file(path)
    assert [len(p.updates) for p in recording.parameters] == [3]


def test_urllib_alone_has_its_module_of_requests(tmp_path):
    text = "import urllib\nassert callable(urllib.request.urlopen)\nassert not hasattr(urllib, 'somewhere')\n"
    path = tmp_path / "net.py"
    path.write_text(text)
    assert record_file(path).raised is None


@pytest.mark.parametrize("slope", ["1 / (1 + np.exp(-z[mask]))", "1 + np.exp(-z[mask])"])
def test_the_negative_of_truth_values_is_their_opposite(slope, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(f"""
import numpy as np
def slope(z):
    found = np.zeros(z.shape)
    mask = z < 0
    found[mask] = np.exp(z[mask]) / (1 + np.exp(z[mask]))
    mask = np.negative(mask)
    found[mask] = {slope}
    return found
np.random.seed(1)
X, y = np.random.randn(20, 3), np.random.randn(20, 1)
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
for i in range(30):
    z = X @ W
    hidden = np.log(1 + np.exp(z))
    error = hidden @ V - y
    cost = 0.5 * np.sum(error ** 2)
    dV = hidden.T @ error
    dW = X.T @ (error @ V.T * slope(z))
    V -= 0.01 * dV
    W -= 0.01 * dW
""")
    result = check_file(path)
    assert result.verdict is (Verdict.CORRECT if "1 /" in slope else Verdict.MISTAKE), result
    assert (Absorbed.MODULE.value, "numpy.negative of truth values") in result.stand_ins


def test_a_file_whose_turns_each_read_an_observation(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("""
import numpy as np
pictures, kinds = open("train-images.idx3-ubyte", "rb"), open("train-labels.idx1-ubyte", "rb")
pictures.seek(16)
kinds.seek(8)
pairs = [(np.frombuffer(pictures.read(784), np.uint8).reshape(1, 784) / 255, kinds.read(1)[0]) for k in range(60000)]
np.random.seed(0)
W = np.random.randn(784, 10) * 0.01
for x, kind in pairs[:20]:
    a = np.tanh(x @ W)
    error = a - np.eye(10)[[kind]]
    W -= 0.1 * x.T @ (error * (1 - a ** 2))
""")
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, result


@pytest.mark.parametrize("slope", ["(1 - a ** 2)", "(1 - a)"])
def test_a_table_whose_reader_compares_the_names_of_classes(slope, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(f"""
import numpy as np
def number(name):
    if name == "Setosa":
        return 0
    elif name == "Other":
        return 1
rows, kinds = [], []
for line in open("flowers.data"):
    parts = line.strip().split(",")
    rows.append([float(one) for one in parts[:4]])
    kinds.append(int(number(parts[4])))
X, y = np.array(rows), np.array(kinds).reshape(-1, 1)
np.random.seed(0)
W = np.random.randn(4, 1)
for i in range(20):
    a = np.tanh(X @ W)
    cost = np.sum((a - y) ** 2) / 2
    W -= 0.01 * X.T @ ((a - y) * {slope})
""")
    result = check_file(path)
    assert result.verdict is (Verdict.CORRECT if "**" in slope else Verdict.MISTAKE), result


def test_inputs_in_a_file_of_their_own_have_no_column_of_targets(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("""
import csv
import numpy as np
X = np.array(list(csv.reader(open("x_train.csv"))), dtype=float)
y = np.array(list(csv.reader(open("y_train.csv"))), dtype=float)[:, :1]
np.random.seed(0)
W = np.random.randn(14, 1)
for i in range(20):
    error = np.dot(X, W) - y
    W -= 0.01 * X.T.dot(error)
""")
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, result


def test_pictures_by_functions_that_scipy_had(tmp_path):
    pytest.importorskip("scipy.misc")
    path = tmp_path / "net.py"
    path.write_text("""
import numpy as np
import scipy.misc
square = np.zeros((32, 32))
square[8:24, 8:24] = 255
small = scipy.misc.imresize(square, (8, 8), interp="nearest")
x = small.reshape(1, 64) / 255
np.random.seed(0)
W = np.random.randn(64, 2)
for i in range(20):
    error = x @ W - np.array([[1.0, 0.0]])
    W -= 0.01 * x.T @ error
""")
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, result
    assert (Absorbed.MODULE.value, "scipy.misc.imresize") in result.stand_ins


@pytest.mark.every(2)
@pytest.mark.parametrize(("axis", "verdict"), [(1, Verdict.CORRECT), (0, Verdict.MISTAKE)])
def test_observations_are_columns_if_biases_are(axis, verdict, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(f"""
import numpy as np
data = np.load("measured.npz")
np.random.seed(0)
W = [np.random.randn(5, len(data["inputs"][0])), np.random.randn(3, 5)]
b = [np.random.randn(5, 1), np.random.randn(3, 1)]
for x, y in zip(data["inputs"], data["labels"]):
    kept = [x]
    for w, c in zip(W, b):
        kept.append(1 / (1 + np.exp(-(np.matmul(w, kept[-1]) + c))))
    error = y - kept[-1]
    rate = np.mean(np.abs(error))
    last = error * kept[2] * (1 - kept[2])
    first = np.matmul(W[1].T, last) * kept[1] * (1 - kept[1])
    for w, c, delta, before in zip(W, b, [first, last], kept):
        w += rate * np.matmul(delta, before.T)
        c += rate * np.sum(delta, axis={axis}, keepdims=True)
""")
    result = check_file(path)
    assert result.verdict is verdict, result


SETTING_AND_CLASSES = """
import numpy as np
def number_of_sizes(kind):
    if kind == "small":
        return 0
    elif kind == "large":
        return 1
class Reader:
    def __init__(self, order):
        self.order = order
    def columns(self):
        if self.order == "first":
            place = 0
        elif self.order == "last":
            place = 1
        return place
np.random.seed(number_of_sizes("large") + Reader("last").columns())
rows = [line.split(",") for line in open("numbers.data")]
table = np.array(rows, dtype=float)
X, y = table[:, :4], table[:, 4:5]
W = np.random.randn(4, 1)
for i in range(20):
    error = X @ W - y
    W -= 0.01 * X.T @ error
"""


def test_texts_that_settings_are_compared_with_are_not_names_of_classes(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(SETTING_AND_CLASSES)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT, result


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("for row in rows: number(row[4])", ("a", "b")),
        ("for row in rows: number(row['kind'].strip())", ("a", "b")),
        ("numbers = list(map(number, names))", ("a", "b")),
        ("table.apply(lambda text: number(text))", ("a", "b")),
        ("table = load(path, converters={4: number})", ("a", "b")),
        ("last = line.split(',')[-1]; number(last)", ("a", "b")),
        ("number('a')", ()),
        ("number(sys.argv[1])", ()),
        ("number(settings['kind'])", ()),
        ("for kind in ['a', 'b']: number(kind)", ()),
        ("number(args.kind)", ()),
        ("number(input())", ()),
        ("", ()),
    ],
)
def test_names_of_classes_are_those_that_something_read_is_compared_with(given, expected):
    text = f"""
def number(name):
    if name == "a":
        return 0
    elif name == "b":
        return 1
{given}
"""
    assert read_hints(text).class_names == expected


def test_a_pickle_of_one_array_may_have_the_name_of_its_data_set(tmp_path):
    text = """
import pickle
parts = [pickle.load(open(f"data/MNIST_{part}", "rb")) for part in ("Train_X", "Train_y")]
assert parts[0].shape[1:] in ((784,), (28, 28)) and parts[1].shape == (len(parts[0]),)
"""
    path = tmp_path / "net.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    assert recording.raised is None, recording.raised


OPTIONAL = """
try:
    import mplcyberpunk
    step = 10.0
except ImportError:
    step = 0.1
"""
STEPS = """
import sys
sys.path.append(FOLDER)
import numpy as np
from with_optional_parts import step

X, y = np.eye(4), np.arange(4.0)
w = np.zeros(4)
for _ in range(3):
    w -= step * X.T @ (X @ w - y)
print(step)
"""


def test_what_an_installed_package_does_without_is_not_made_up_for_it(tmp_path):
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "with_optional_parts.py").write_text(OPTIONAL)
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "mine.py"
    path.write_text(STEPS.replace("FOLDER", repr(str(tmp_path / "installed"))))
    recording = record_file(path)
    assert recording.printed == "0.1\n"
    assert recording.stand_ins == ()
