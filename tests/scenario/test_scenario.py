"""Scenarios: what the built-in ones hold, what files and options give, and how every mistake is reported."""

import codecs
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness import BadInput
from harness.models.batches import Batches
from harness.models.training import Training
from harness.scenario import data
from harness.scenario.plans import recorded_iterations
from harness.scenario.scenario import BUILT_IN, Scenario, load
from harness.scenario.settings import OVERRIDES, TABLES
from tests.faults import npz, of_toml

XOR_DATA = "x = [[0, 0], [0, 1], [1, 0], [1, 1]]\ny = [0, 1, 1, 0]\n"
PARTS = {"top": "", "data": XOR_DATA, "network": "hidden = [2]\n", "training": ""}


def toml(**parts: str) -> str:
    """A TOML scenario, with some parts of a good one replaced."""
    of = PARTS | parts
    tables = (f"[{table}]\n{of[table]}\n" for table in TABLES)
    return of["top"] + "\n" + "".join(tables)


def write(folder: Path, content: str | bytes, name: str = "mine.toml") -> str:
    """Put it into a file; returns the path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def mistake(path: str, **overrides: object) -> str:
    """The message of the BadInput that loading ends with, which has at most two lines."""
    with pytest.raises(BadInput) as caught:
        load(path, overrides)
    message = str(caught.value)
    assert 1 <= len(message.splitlines()) <= 2
    return message


def assert_mistake(words: Sequence[str], path: str, **overrides: object) -> str:
    """That message, which must have all of these words."""
    message = mistake(path, **overrides)
    assert all(word in message for word in words), message
    return message


def scenario_or_message(path: str, overrides: dict[str, object]) -> Scenario | str:
    """What loading comes to: a Scenario, or the message of the BadInput."""
    try:
        return load(path, overrides)
    except BadInput as error:
        return str(error)


# --- built in ---


def test_post_is_the_post():
    post = load("post")
    assert post.x.tolist() == [[0.8, 0.4], [0.3, 0.3]]
    assert post.y.tolist() == [[0.2, 0.4], [1.0, 0.0]]
    assert post.x.dtype == post.y.dtype == np.float64
    assert post.network.sizes == (2, 3, 3, 2)
    assert post.network.activations == ("sigmoid",) * 3
    assert post.network.cost == "sum_of_squared_errors"
    assert (post.name, post.learning_rate, post.iterations, post.seed) == ("post", 0.5, 10_000, 0)
    assert post.initializers == ("ones", "glorot_uniform")
    assert [w.tolist() for w in post.start("ones")] == [np.ones(shape).tolist() for shape in ((3, 3), (4, 3), (4, 2))]


def test_start_has_dtype_and_bias_of_the_scenario():
    scenario = load("post", {"dtype": "float32", "bias_initializer": "constant(0.25)", "seed": 3})
    for w in scenario.start("glorot_uniform"):
        assert w.dtype == np.float32
        assert np.all(w[0] == 0.25)
        assert len(np.unique(w[1:])) == w[1:].size
    assert all(np.all(w[0] == 0) for w in load("post").start("glorot_uniform"))


def test_xor_is_exclusive_or():
    xor = load("xor")
    assert xor.network.sizes == (2, 2, 1)
    assert {(*x, *y) for x, y in zip(xor.x.tolist(), xor.y.tolist())} == {(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)}


def test_digits_are_pixels_and_one_hot_labels():
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    theirs = sklearn_datasets.load_digits()
    digits = load("digits")
    assert digits.network.sizes == (64, 32, 10)
    assert digits.network.activations[-1] == "softmax"
    assert np.array_equal(digits.x * 16, theirs.data)
    assert np.array_equal(digits.y, np.eye(10)[theirs.target])


@pytest.mark.parametrize(("name", "most"), [("xor", 0.01), pytest.param("digits", 0.2, marks=pytest.mark.slow)])
def test_built_in_scenarios_learn_from_their_own_random_start(name, most):
    from harness.models import handwritten

    s = load(name)
    (weights,) = handwritten.train(
        s.network, s.start("glorot_uniform"), s.x, s.y, Training(s.learning_rate, recorded=[s.iterations])
    )
    assert handwritten.forward(s.network, weights, s.x, s.y).cost < most


def test_import_takes_no_tensorflow_and_load_no_sklearn():
    code = (
        "import sys, harness.scenario.scenario as s; s.load('post').start('ones');"
        "print([m for m in ('tensorflow', 'keras', 'sklearn') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# --- files ---


def test_smallest_file_gets_the_defaults(tmp_path):
    s = load(write(tmp_path, toml(), "my first.toml"))
    post = load("post")
    assert s.name == "my-first"
    assert s.network.sizes == (2, 2, 1)
    assert s.y.tolist() == [[0], [1], [1], [0]]
    for key in ("initializers", "bias_initializer", "learning_rate", "iterations", "dtype", "seed", "record"):
        assert getattr(s, key) == getattr(post, key)


@pytest.mark.parametrize(
    ("file", "name"), [(".toml", "toml"), ("...toml", "scenario"), ("-a (b).toml", "a-b"), ("x" * 90, "x" * 60)]
)
def test_file_gives_a_name_that_a_folder_can_have(tmp_path, file, name):
    assert load(write(tmp_path, toml(), file)).name == name


def test_every_key_of_a_file_counts(tmp_path):
    s = load(
        write(
            tmp_path,
            toml(
                top='name = "other"\n',
                network='hidden = [4, 5]\nactivations = ["relu", "tanh", "linear"]\ncost = "mean_squared_error"',
                training='initializers = "he_normal"\nbias_initializer = "ones"\nlearning_rate = 2\niterations = 70\n'
                'dtype = "float32"\nseed = 9\nrecord = "every 30"',
            ),
        )
    )
    assert (s.name, s.network.sizes, s.network.cost) == ("other", (2, 4, 5, 1), "mean_squared_error")
    assert s.network.activations == ("relu", "tanh", "linear")
    assert (s.initializers, s.bias_initializer, s.seed) == (("he_normal",), "ones", 9)
    assert (s.learning_rate, type(s.learning_rate), s.iterations) == (2.0, float, 70)
    assert s.x.dtype == s.y.dtype == np.float32
    assert s.recorded == (0, 30, 60, 70)


def test_options_win_over_the_file(tmp_path):
    path = write(tmp_path, toml(training="learning_rate = 0.1\nseed = 4"))
    s = load(path, {"learning_rate": 0.7, "hidden": ["3", "4"], "activations": ["tanh"], "name": "x"})
    assert (s.learning_rate, s.seed, s.network.sizes, s.name) == (0.7, 4, (2, 3, 4, 1), "x")
    assert s.network.activations == ("tanh",) * 3


def test_option_hidden_carries_the_activations_over():
    pytest.importorskip("sklearn")
    assert load("digits", {"hidden": ["8", "8", "8"]}).network.activations == ("tanh", "tanh", "tanh", "softmax")
    assert load("digits", {"hidden": [""]}).network.sizes == (64, 10)


def test_option_may_bring_what_the_file_lacks(tmp_path):
    path = write(tmp_path, toml(network=""))
    assert load(path, {"hidden": [7]}).network.sizes == (2, 7, 1)
    assert "network.hidden is missing" in mistake(path)


def test_cost_gives_the_output_its_activation(tmp_path):
    path = write(tmp_path, toml(network='hidden = [2]\ncost = "categorical_crossentropy"'))
    assert load(path).network.activations == ("sigmoid", "softmax")


@pytest.mark.parametrize("labels", ["[1, 3, 3, 7]", "[[1], [3], [3], [7]]", "[1.0, 3.0, 3.0, 7.0]"])
def test_class_labels_become_one_hot(tmp_path, labels):
    text = toml(
        data=f"x = [[0], [1], [2], [3]]\ny = {labels}", network='hidden = []\ncost = "categorical_crossentropy"'
    )
    assert load(write(tmp_path, text)).y.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]


CSV_DATA = 'csv = "data.csv"\ninputs = ["height", "a b"]\ntargets = ["t"]'


@pytest.mark.parametrize("before", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_gives_the_named_columns_in_their_order(tmp_path, before, end):
    lines = ['height,unused,t,"a b"', "1,text,0.5,2", "", '3,"two\nlines",1e-1,4']
    write(tmp_path, before + end.join(lines).encode(), "data.csv")
    s = load(write(tmp_path, toml(data=CSV_DATA)))
    assert s.x.tolist() == [[1, 2], [3, 4]]
    assert s.y.tolist() == [[0.5], [0.1]]


@pytest.mark.parametrize("cell", ["x", "", "nan", "inf", "1_000", "1;5", "0x10"])
def test_bad_csv_cell_is_reported_by_row_and_column_of_an_editor(tmp_path, cell):
    write(tmp_path, f'a b,note,height,t\n1,"two\nlines",3,4\n\n1,,{cell},2\n', "data.csv")
    assert_mistake(["data.csv, row 5, column 3 ('height')", repr(cell)], write(tmp_path, toml(data=CSV_DATA)))


def with_names(tmp_path, *cells: str, cost: str = "categorical_crossentropy") -> str:
    rows = "".join(f"{number},2,{cell}\n" for number, cell in enumerate(cells))
    write(tmp_path, f"height,a b,t\n{rows}", "data.csv")
    return write(tmp_path, toml(data=CSV_DATA, network=f'hidden = []\ncost = "{cost}"'))


def test_names_of_classes_are_numbered_in_alphabetical_order(tmp_path):
    y = load(with_names(tmp_path, "setosa", "versicolor", " setosa", "aster")).y
    assert y.tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert load(with_names(tmp_path, "yes", "no", "no", cost="binary_crossentropy")).y.tolist() == [[1], [0], [0]]


def test_names_of_more_than_two_classes_choose_their_cost(tmp_path):
    path = with_names(tmp_path, "a", "b", "c", cost="sum_of_squared_errors")
    stated = Path(path).read_text()
    Path(path).write_text(stated.replace('cost = "sum_of_squared_errors"', ""))
    found = load(path)
    assert (found.network.cost, found.network.activations) == ("categorical_crossentropy", ("softmax",))
    assert found.y.tolist() == np.eye(3).tolist()
    path = with_names(tmp_path, "yes", "no", "no", cost="sum_of_squared_errors")
    Path(path).write_text(stated.replace('cost = "sum_of_squared_errors"', ""))
    assert load(path).network.cost == "sum_of_squared_errors"


@pytest.mark.parametrize(
    ("cells", "cost", "words"),
    [
        (
            ("a", "b", "3"),
            "categorical_crossentropy",
            ["row 4", "'t'", "as in the rows above, got '3'", "all as numbers"],
        ),
        (("1", "b"), "categorical_crossentropy", ["row 3", "must be a finite number, got 'b'", "all as numbers"]),
        (("a", ""), "categorical_crossentropy", ["row 3", "got ''"]),
        (("a", "NaN"), "categorical_crossentropy", ["row 3", "got 'NaN'"]),
        (("a", "a"), "categorical_crossentropy", ["only one class ('a')"]),
        (
            ("a", "b", "c"),
            "binary_crossentropy",
            ["3 classes by name", "binary_crossentropy", "categorical_crossentropy"],
        ),
        (("a", "b", "c"), "mean_squared_error", ["3 classes by name", "categorical_crossentropy"]),
    ],
)
def test_names_of_classes_that_cannot_be_numbered(tmp_path, cells, cost, words):
    assert_mistake(words, with_names(tmp_path, *cells, cost=cost))


def test_names_among_the_inputs_are_a_mistake(tmp_path):
    write(tmp_path, "height,a b,t\ntall,2,0\n", "data.csv")
    assert mistake(write(tmp_path, toml(data=CSV_DATA))).endswith("must be a finite number, got 'tall'")


def test_bad_csv_row_of_several_lines_is_reported_by_its_first(tmp_path):
    write(tmp_path, 'height,a b,t,note\n1,2,3,\n1,2,?,"two\nlines"\n', "data.csv")
    assert "data.csv, row 3, column 3 ('t')" in mistake(write(tmp_path, toml(data=CSV_DATA)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["data.csv", "got an empty file"]),
        ("height,a b,t\n", ["data.csv", "got only a header"]),
        ("height,a b,t\n1,2\n", ["data.csv, row 2", "3 cells as the header, got 2"]),
        ("heigth,a b,t\n1,2,3\n", ["data.inputs", "'height'", "did you mean 'heigth'"]),
        ("height,a b,t,t\n1,2,3,4\n", ["data.targets", "two columns 't'"]),
        ("height;a b;t\n1;2;3\n", ["data.csv", "commas"]),
        ("height,a b,t\n1,2,3\n".encode("utf-16"), ["data.csv", "UTF-8"]),
        (b"\x89PNG\r\n\x1a\n\0\0\xff", ["data.csv", "UTF-8"]),
        ("height,a b,t\n" + "1" * 200_000 + ",2,3", ["data.csv, row 2"]),
    ],
)
def test_bad_csv_files(tmp_path, content, words):
    write(tmp_path, content, "data.csv")
    assert_mistake(words, write(tmp_path, toml(data=CSV_DATA)))


def test_npz_gives_its_arrays(tmp_path):
    write(tmp_path, npz(x=np.arange(6).reshape(3, 2), y=np.float16([0, 0.5, 1])), "data.npz")
    s = load(write(tmp_path, toml(data='npz = "data.npz"')))
    assert s.x.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert s.y.tolist() == [[0], [0.5], [1]]
    assert s.x.dtype == s.y.dtype == np.float64


TWO = np.zeros((2, 2))
LIES = npz(x=TWO, y=TWO).replace(b"(2, 2)", b"(9, 9)")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npz(x=TWO), ["must have the arrays x and y"]),
        (npz(x=TWO, y=np.array([[object()]] * 2)), ["pickled"]),
        (npz(x=TWO, y=TWO > 0), ["data.npz: y", "bool"]),
        (npz(x=TWO * 1j, y=TWO), ["data.npz: x", "complex128"]),
        (npz(x=np.zeros(2), y=TWO), ["data.npz: x", "(2,)"]),
        (npz(x=np.zeros((0, 2)), y=TWO), ["data.npz: x", "(0, 2)"]),
        (npz(x=TWO, y=np.array([[0, 0], [0, np.nan]])), ["data.npz: y, row 2, column 2", "nan"]),
        (npz(x=TWO, y=np.zeros((3, 2))), ["data.npz: y", "(3, 2)", "(2, outputs)", "(2, 2)"]),
        (npz(x=TWO, y=TWO)[:-40], ["data.npz", "damaged NPZ file"]),
        (LIES, ["data.npz", "damaged NPZ file"]),
        (npz(x=TWO, y=TWO)[:4], ["data.npz", "damaged NPZ file"]),
        (b"\x80\x04N.", ["data.npz", "numpy.savez"]),
        (b"", ["data.npz", "numpy.savez"]),
    ],
)
def test_bad_npz_files(tmp_path, content, words):
    write(tmp_path, content, "data.npz")
    assert_mistake(words, write(tmp_path, toml(data='npz = "data.npz"')))


def test_pickle_in_npz_is_not_run(tmp_path):
    class Runs:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    write(tmp_path, npz(x=np.array([[Runs()]]), y=TWO), "data.npz")
    assert "pickled" in mistake(write(tmp_path, toml(data='npz = "data.npz"')))
    assert not (tmp_path / "ran").exists()


def test_npz_that_unpacks_to_more_than_memory_is_refused_unread(tmp_path):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"")
        archive.writestr("y.npy", b"")
        archive.getinfo("x.npy").file_size = 10**9  # what the directory says, which is written at the end
    assert "data.npz: x has more than" in mistake(write(tmp_path, toml(data='npz = "data.npz"')))


# --- mistakes in a file: part, its text, words of the message ---

NETWORK_OF_3 = 'hidden = [2, 2]\nactivations = ["relu", "tanh"]'
CLASSES = 'hidden = [2]\ncost = "categorical_crossentropy"'
BINARY = 'hidden = [2]\ncost = "binary_crossentropy"'


@pytest.mark.parametrize(
    ("part", "text", "words"),
    [
        ("data", "", ["[data]", "x and y"]),
        ("data", "x = [[1]]", ["data.y is missing"]),
        ("data", XOR_DATA + 'csv = "a.csv"', ["[data]", "more than one"]),
        ("data", XOR_DATA + 'inputs = "a"', ["data.inputs", "only for csv"]),
        ("data", 'csv = "a.csv"\ninputs = ["a"]', ["data.targets is missing"]),
        ("data", 'csv = "none.csv"\ninputs = ["a"]\ntargets = "b"', ["data.csv", "none.csv", "No such file"]),
        ("data", 'npz = "none.npz"', ["data.npz", "none.npz", "No such file"]),
        ("data", 'npz = "."', ["data.npz", "directory"]),
        ("data", 'npz = "a\\u0000b"', ["data.npz", "cannot be read"]),
        ("data", "npz = 3", ["data.npz", "path", "got 3"]),
        ("data", "x = []\ny = []", ["data.x", "got []"]),
        ("data", "x = [[]]\ny = [[]]", ["data.x, row 1", "got []"]),
        ("data", "x = [1, 2]\ny = [1, 2]", ["data.x, row 1", "list of numbers"]),
        ("data", "x = [[1, 2], [3]]\ny = [1, 2]", ["data.x, row 2", "length 2 as row 1, got 1"]),
        ("data", "x = [[1, 2], [3, 4]]\ny = [[1], 2]", ["data.y, row 2", "got 2"]),
        ("data", 'x = [[1, 2], [3, "4"]]\ny = [1, 2]', ["data.x, row 2, column 2", "'4'"]),
        ("data", "x = [[1, 2], [3, true]]\ny = [1, 2]", ["data.x, row 2, column 2", "True"]),
        ("data", "x = [[1, 2], [3, nan]]\ny = [1, 2]", ["data.x, row 2, column 2", "nan"]),
        ("data", "x = [[1, 2], [3, 4]]\ny = [1, -inf]", ["data.y, row 2, column 1", "-inf"]),
        ("data", f"x = [[1, 0x{'f' * 5000}]]\ny = [1]", ["data.x, row 1, column 2", "too long"]),
        ("data", "x = [[1, 2], [3, 4]]\ny = [1, 2, 3]", ["data.y", "(3, 1)", "(2, outputs)", "(2, 2)"]),
        ("data", "z = 1\n" + XOR_DATA, ["[data]", "'z'"]),
        ("data", "learning_rate = 1\n" + XOR_DATA, ["learning_rate", "[data]", "[training]"]),
        ("data", 'name = "a"\n' + XOR_DATA, ["name", "above all tables"]),
        ("top", "learning_rate = 0.5\n", ["learning_rate", "[training]"]),
        ("top", "[trainig]\nseed = 3\n", ["'trainig'", "did you mean 'training'"]),
        ("top", 'name = "a/b"', ["name", "'a/b'"]),
        ("top", 'name = ".."', ["name", "'..'"]),
        ("top", "name = 3", ["name", "got 3"]),
        ("top", "network = 3\n", ["mine.toml"]),
        ("network", "hidden = 3", ["network.hidden", "list", "got 3"]),
        ("network", "hidden = [3, 0]", ["network.hidden", "[3, 0]"]),
        ("network", "hidden = [true]", ["network.hidden", "[True]"]),
        ("network", 'hidden = ["3"]', ["network.hidden", "['3']"]),
        ("network", "hidden = [10000, 10000]", ["network.hidden", "100050001 weights", "50000000"]),
        ("network", f"hidden = [1{'0' * 400}]", ["network.hidden", "more than 10^15 weights"]),
        ("network", f"hidden = [{'1,' * 200}]", ["network.hidden", "200 hidden layers"]),
        ("network", NETWORK_OF_3, ["network.activations", "2 activations", "3 layers"]),
        ("network", 'hidden = [2]\nactivations = "sigmoit"', ["network.activations", "did you mean 'sigmoid'"]),
        ("network", "hidden = [2]\nactivations = []", ["network.activations", "got []"]),
        ("network", CLASSES + '\nactivations = "tanh"', ["network.activations", "softmax", "got tanh"]),
        ("network", 'hidden = [2]\ncost = "mse"', ["network.cost", "'mse'", "mean_squared_error"]),
        ("network", "hidden = [2]\ncots = 3", ["'cots'", "did you mean 'cost'"]),
        ("training", "learning_rate = 0", ["training.learning_rate", "above 0", "got 0"]),
        ("training", "learning_rate = -0.5", ["training.learning_rate", "got -0.5"]),
        ("training", "learning_rate = nan", ["training.learning_rate", "got nan"]),
        ("training", 'learning_rate = "1"', ["training.learning_rate", "got '1'"]),
        ("training", "learning_rate = true", ["training.learning_rate", "got True"]),
        ("training", 'learning_rate = 1e-60\ndtype = "float32"', ["training.learning_rate", "float32"]),
        ("training", "lerning_rate = 1", ["[training]", "did you mean 'learning_rate'"]),
        ("training", "iterations = -1", ["training.iterations", "got -1"]),
        ("training", "iterations = 2147483648", ["training.iterations", "2147483647", "got 2147483648"]),
        ("training", "iterations = 1e3", ["training.iterations", "got 1000.0"]),
        ("training", "seed = -3", ["training.seed", "got -3"]),
        ("training", 'dtype = "float16"', ["training.dtype", "float16", "float32"]),
        ("training", 'record = "sometimes"', ["training.record", "'sometimes'", "'every K'"]),
        ("training", 'record = "every 0"', ["training.record", "'every 0'"]),
        ("training", "record = 10", ["training.record", "got 10"]),
        ("training", 'iterations = 2147483647\nrecord = "all"', ["training.record", "2147483648", "every"]),
        ("training", 'iterations = 2147483647\nrecord = "log 9999999999"', ["training.record", "2147483648"]),
        ("training", "initializers = []", ["training.initializers", "got []"]),
        ("training", 'initializers = ["ones", "glorot_unifrom"]', ["training.initializers", "'glorot_uniform'"]),
        ("training", 'initializers = ["constant(1)", "constant(1.0)"]', ["training.initializers", "twice"]),
        ("training", 'initializers = "constant(1e60)"\ndtype = "float32"', ["training.initializers", "float32"]),
        ("training", 'bias_initializer = "none"', ["training.bias_initializer", "'none'"]),
        ("training", 'bias_initializer = "orthogonal"', ["training.bias_initializer", "orthogonal"]),
    ],
)
def test_mistakes_in_a_file_are_reported_with_file_and_key(tmp_path, part, text, words):
    message = assert_mistake(words, write(tmp_path, toml(**{part: text})))
    assert "mine.toml" in message or part == "data"


@pytest.mark.parametrize(
    ("y", "network", "words"),
    [
        ("[[0.5, 0.5], [0.6, 0.5]]", CLASSES, ["data.y: observation 2 sums to 1.1", "sum to 1"]),
        ("[[0.5, 0.5], [1.5, -0.5]]", CLASSES, ["data.y: observation 2 has -0.5"]),
        ("[0.5, 0.5]", CLASSES, ["data.y: observation 1 sums to 0.5", "class labels"]),
        ("[1, 1]", CLASSES, ["data.y", "only one class"]),
        ("[[1e308, 1e308], [0, 1]]", CLASSES, ["data.y: observation 1 sums to inf"]),
        ("[[0.5, 0.5], [1, 1.25]]", BINARY, ["data.y: observation 2 has 1.25", "0 to 1"]),
    ],
)
def test_targets_that_the_cost_is_not_defined_for(tmp_path, y, network, words):
    assert_mistake(words, write(tmp_path, toml(data=f"x = [[1], [2]]\ny = {y}", network=network)))


def test_numbers_too_large_for_float32(tmp_path):
    path = write(tmp_path, toml(data="x = [[1], [1e39]]\ny = [1, 2]"))
    assert load(path).x[1, 0] == 1e39
    assert "data.x, row 2, column 1: 1e+39 is too large for float32" in mistake(path, dtype="float32")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("x = \n", ["not TOML", "line 1"]),
        ("x = 1\nx = 2", ["not TOML"]),
        (b"\xff\xfe\0\0", ["UTF-8"]),
        (b"\x7fELF\x02\x01\x01\0\0\0\xb0", ["UTF-8"]),
        (toml().encode("utf-16"), ["UTF-8"]),
        ("x = " + "[" * 100_000, ["TOML", "nested lists"]),
        ("x = 1" + "0" * 5000, ["not TOML"]),
        ("d = 2026-13-45", ["not TOML"]),
        ("", ["network.hidden is missing"]),
    ],
)
def test_files_that_are_not_scenarios(tmp_path, content, words):
    assert_mistake(["mine.toml", *words], write(tmp_path, content))


def test_byte_order_mark_before_toml(tmp_path):
    assert load(write(tmp_path, codecs.BOM_UTF8 + toml().encode())).network.sizes == (2, 2, 1)


@pytest.mark.parametrize("name", ["nothing.toml", "", "a\0b", "x" * 5000, "two\nlines", "/dev/null/x", "\udcff"])
def test_name_that_is_nothing(name):
    message = mistake(name)
    assert all(built_in in message for built_in in BUILT_IN)


def test_name_that_is_nearly_built_in():
    assert "did you mean 'digits'" in mistake("digit")


def test_folder_for_a_file(tmp_path):
    assert "is a folder" in mistake(str(tmp_path))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_endless_file_is_refused():
    assert "a device" in mistake("/dev/zero")


# --- batches ---


def test_batches_of_a_scenario(tmp_path):
    path = write(tmp_path, toml(training="batch_size = 3\nshuffle = false\nseed = 5"))
    scenario = load(path)
    assert scenario.batches == Batches(3, False, 5)
    assert scenario.batch(1)[0].tolist() == scenario.x[3:].tolist()
    assert load(path, {"shuffle": True, "batch_size": 2, "seed": 1}).batches == Batches(2, True, 1)
    assert load("xor", {"batch_size": 2}).batches == Batches(2, True, 0)
    assert load("xor").batches is None
    assert load("xor").batch(7)[1] is not None


@pytest.mark.parametrize("size", [4, 5, 2**31 - 1])
def test_a_batch_of_all_observations_is_the_full_batch(size):
    assert load("xor", {"batch_size": size, "shuffle": True}).batches is None


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ("batch_size = 2.0", ["training.batch_size must be an integer from 1", "got 2.0"]),
        ("batch_size = -1", ["training.batch_size must be an integer", "got -1"]),
        ("batch_size = 2\nshuffle = 1", ["training.shuffle must be true or false", "got 1"]),
        ("shuffle = true", ["training.shuffle: needs batch_size"]),
        ("batchsize = 2", ["did you mean 'batch_size'"]),
    ],
)
def test_mistakes_about_batches(tmp_path, training, words):
    assert_mistake(words, write(tmp_path, toml(training=training)))


# --- mistakes on the command line ---


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("learning_rate", -1.0, ["learning_rate", "got -1.0"]),
        ("learning_rate", float("inf"), ["learning_rate", "got inf"]),
        ("iterations", 2**31, ["iterations"]),
        ("initializers", ["oness"], ["initializers:", "did you mean 'ones'"]),
        ("initializers", [f"constant({n})" for n in range(101)], ["initializers: 101", "at most 100"]),
        ("bias_initializer", "constant", ["bias_initializer:", "constant"]),
        ("hidden", ["3", "x"], ["hidden", "[3, 'x']"]),
        ("hidden", ["100000", "100000"], ["hidden", "weights"]),
        ("activations", ["relu", "relu"], ["activations", "3 layers"]),
        ("activations", ["softmax"], ["activations", "softmax is for the output layer"]),
        ("cost", "categorical_crossentropy", ["cost", "sums to 0.6"]),
        ("dtype", "double", ["dtype", "float64"]),
        ("seed", -1, ["seed"]),
        ("batch_size", 0, ["batch_size must be an integer from 1 to", "got 0"]),
        ("batch_size", True, ["batch_size must be an integer", "got True"]),
        ("shuffle", False, ["shuffle: needs batch_size"]),
        ("record", "every x", ["record", "'every x'"]),
        ("name", "a b", ["name"]),
        ("learningrate", 1.0, ["'learningrate'", "did you mean 'learning_rate'"]),
    ],
)
def test_mistakes_in_settings_name_the_setting(key, value, words):
    assert "--" not in assert_mistake(words, "post", **{key: value})


def test_mistake_is_reported_before_the_data_are_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert "iterations must" in mistake("digits", iterations=-1)


def test_more_data_than_memory_holds(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "MAX_NUMBERS", 3)
    assert_mistake(["post: x has 4 numbers", "at most 3", "give fewer observations"], "post")
    of_classes = 'hidden = [2]\ncost = "categorical_crossentropy"'
    labels = toml(data="x = [[1], [2], [3]]\ny = [1, 2, 3]\n", network=of_classes)
    assert_mistake(["3 classes in 3 rows", "is it really a class label?"], write(tmp_path, labels))


def test_recording_more_iterations_than_memory_holds():
    most = 2**31 - 1
    assert "up to 214750 iterations" in mistake("post", iterations=most, record="every 10000")
    advised = mistake("post", iterations=most, record="all").rsplit("'", 2)[1]
    assert 99_000 < len(load("post", {"iterations": most, "record": advised}).recorded) <= 100_000


# --- recording ---


@pytest.mark.parametrize(
    ("record", "iterations", "recorded"),
    [
        ("all", 3, (0, 1, 2, 3)),
        ("every 4", 10, (0, 4, 8, 10)),
        ("every 5", 10, (0, 5, 10)),
        ("every 50", 10, (0, 10)),
        ("log", 1234, (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1234)),
        ("log", 1, (0, 1)),
        ("log 3", 10_000, (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)),
        ("log 4", 27, (0, 1, 2, 3, 5, 9, 10, 20, 27)),
        *((plan, 0, (0,)) for plan in ("all", "every 3", "log", "log 7")),
    ],
)
def test_recorded_iterations(record, iterations, recorded):
    assert recorded_iterations(record, iterations) == recorded
    assert load("post", {"record": record, "iterations": iterations}).recorded == recorded


PLANS = st.one_of(
    st.sampled_from(["all", "log", " log   12 "]),
    st.builds("{} {}".format, st.sampled_from(["every", "log"]), st.integers(1, 10**10 - 1)),
)


@settings(deadline=None, max_examples=200)
@given(PLANS, st.one_of(st.integers(0, 5000), st.integers(0, 2**31 - 1)))
def test_recorded_rises_from_0_to_iterations(record, iterations):
    loaded = scenario_or_message("post", {"record": record, "iterations": iterations})
    if isinstance(loaded, str):
        assert "at most 100000 fit" in loaded
        return
    recorded = loaded.recorded
    assert recorded[0] == 0
    assert recorded[-1] == iterations
    assert all(left < right for left, right in zip(recorded, recorded[1:]))


# --- whatever is in a file or an option: a Scenario or a BadInput ---


def check_loaded(path: str, overrides: dict[str, object]) -> None:
    """Load; anything but a Scenario that fits together or a BadInput of at most two lines fails the test."""
    loaded = scenario_or_message(path, overrides)
    if isinstance(loaded, str):
        assert 1 <= len(loaded.splitlines()) <= 2
        return
    x, y = loaded.x, loaded.y
    assert x.dtype == y.dtype == np.dtype(loaded.dtype)
    assert (len(x), x.shape[1], y.shape[1]) == (len(y), loaded.network.sizes[0], loaded.network.sizes[-1])
    assert np.all(np.isfinite(x))
    assert np.all(np.isfinite(y))
    assert loaded.name not in ("", ".", "..")
    assert "/" not in loaded.name
    for name in loaded.initializers:
        assert all(np.all(np.isfinite(w)) for w in loaded.start(name))


GARBAGE = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FINITE_OR_NOT = st.floats(width=64)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-3, 12),
    st.integers(),
    FINITE_OR_NOT,
    st.text(max_size=8),
    st.sampled_from(["sigmoid", "softmax", "relu", "ones", "constant(2)", "constant(nan)", "orthogonal", "log 3"]),
    st.sampled_from(["categorical_crossentropy", "binary_crossentropy", "mean_squared_error", "float32", "data.csv"]),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
KEYS = st.one_of(st.sampled_from(sorted({*OVERRIDES, *TABLES, *(k for t in TABLES.values() for k in t)})), st.text())


NO_SURROGATES = st.text(st.characters(exclude_categories=["Cs"]))


@GARBAGE
@given(st.binary(max_size=300))
def test_garbage_bytes(tmp_path, content):
    check_loaded(write(tmp_path, content), {})


@GARBAGE
@given(st.one_of(NO_SURROGATES, st.text("[]{}=\"'#.,\n 0123456789-+eaxydnt_:TZ", max_size=80)), st.integers(0, 200))
@example("\x85", 3)
@example("\u2028 = ", 0)
def test_garbage_text_in_a_good_file(tmp_path, text, place):
    good = toml()
    check_loaded(write(tmp_path, good[:place] + text + good[place:]), {})


@GARBAGE
@given(st.dictionaries(st.sampled_from(sorted(TABLES)), st.dictionaries(KEYS, VALUES, max_size=4), max_size=3))
def test_garbage_values_in_a_good_file(tmp_path, tables):
    good = {"data": {"x": [[0.0, 1.0], [1.0, 0.0]], "y": [1, 0]}, "network": {"hidden": [2]}, "training": {}}
    lines = []
    for table, keys in good.items():
        lines.append(f"[{table}]")
        lines += [f"{of_toml(key)} = {of_toml(value)}" for key, value in (keys | tables.get(table, {})).items()]
    check_loaded(write(tmp_path, "\n".join(lines)), {})


@GARBAGE
@given(st.lists(st.lists(SCALARS, max_size=4), max_size=4), st.lists(st.one_of(SCALARS, st.lists(SCALARS)), max_size=4))
def test_garbage_data(tmp_path, x, y):
    for cost in ("sum_of_squared_errors", "binary_crossentropy", "categorical_crossentropy"):
        check_loaded(
            write(tmp_path, toml(data=f"x = {of_toml(x)}\ny = {of_toml(y)}")), {"cost": cost, "dtype": "float32"}
        )


@GARBAGE
@given(st.dictionaries(KEYS, st.one_of(VALUES, st.none(), st.binary()), max_size=3), st.sampled_from(["post", "xor"]))
def test_garbage_options(overrides, name):
    check_loaded(name, overrides)


@GARBAGE
@given(st.one_of(st.text(), st.binary(max_size=12).map(os.fsdecode)))
def test_garbage_names(name):
    check_loaded(name, {})


@GARBAGE
@given(st.one_of(st.binary(max_size=200), st.text("ab,\"'\n\r\t ;.-e0123\0\ufeff", max_size=80).map(str.encode)))
def test_garbage_csv(tmp_path, content):
    write(tmp_path, content, "data.csv")
    write(tmp_path, b"a,b\n1,2\n" + content, "more.csv")
    for name in ("data.csv", "more.csv"):
        check_loaded(write(tmp_path, toml(data=f'csv = "{name}"\ninputs = "a"\ntargets = "b"')), {})


@GARBAGE
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=8), st.integers(0, 600))
def test_damaged_npz(tmp_path, changes, length):
    content = bytearray(npz(x=TWO, y=TWO))
    for place, byte in changes:
        content[place % len(content)] = byte
    write(tmp_path, bytes(content[: len(content) - length % 50]), "data.npz")
    check_loaded(write(tmp_path, toml(data='npz = "data.npz"')), {})
