"""Which numbers become smaller with the data."""

import ast

import pytest

from harness.recording.counts import cuts_in, sizes_in
from harness.recording.stand_ins.hints import counts_of_images, scaled_grids
from harness.recording.stand_ins.reduced import may_read

SIZES = [
    "X = data[:60000]",
    "X = images.reshape(60000, 784)",
    "X = np.frombuffer(f.read(60000 * 784), np.uint8)",
    "X = np.random.randn(60000, 3)",
    "n_train = 60000",
    "def load(path, count=60000): pass",
    "net = Network(hidden=60000)",
    "for i in range(60000):\n    step(X[i])",
    "for i in range(60000):\n    picture = decode(stream, i)",
    "order = list(range(60000))",
    "while place < 60000:\n    place += 1",
    "if len(rows) > 60000: rows = rows[5:]",
    "def load(path, count): pass\nload('train', 60000)",
    "settings = {'samples': 60000}",
    "parser.add_argument('--samples', default=60000)",
    "X = [np.zeros(10) for _ in range(60000)]",
    "for i in range(60000):\n    t = random()\n    if i % 2: X.append([cos(t), t]); y.append(1)\n    else: y.append(0)",
    "for i in range(60000):\n    a = gauss(0, 1)\n    rows.append([a, a + gauss(0, 1), i % 2])",
]
OTHERS = [
    "epochs = 60000",
    "for epoch in range(60000): step(X)",
    "for i in range(60000):\n    step(X)",
    "for i in range(60000):\n    losses.append(net.step(X))",
    "for i in range(60000):\n    net.step(X)\n    rows.append([net.loss])",
    "for i in range(60000):\n    w -= rate * slope(w)\n    rows.append([w])",
    "np.random.seed(60000)",
    "angle = position / 60000 ** (2 * i / width)",
    "rate = 1 / 60000",
    "prices = [2104, 60000, 2400, 1416, 3000, 1985, 1534]",
    "if step % 60000 == 0: show()",
    "def fit(x, max_iterations=60000): pass",
    "def fit(x, epochs): pass\nfit(x, 60000)",
    "settings = {'epochs': 60000}",
    "parser.add_argument('--epochs', default=60000)",
    "pixels = picture * 60000",
]


@pytest.mark.parametrize("text", SIZES)
def test_a_number_in_a_shape_or_a_range_over_rows_is_a_size(text):
    assert 60000 in [node.value for node in sizes_in(ast.parse(text))]


@pytest.mark.parametrize("text", OTHERS)
def test_another_number_is_not(text):
    assert 60000 not in [node.value for node in sizes_in(ast.parse(text))]


def test_a_mean_over_all_observations_is_divided_by_their_smaller_number():
    tree = ast.parse("X = data[:60000]\ncost = total / 60000\nrate = 0.1 / 60000")
    assert [(node.value, node.lineno) for node in sizes_in(tree)] == [(60000, 1), (60000, 2)]


@pytest.mark.parametrize("text", ["a, b = x[:60000], x[60000:]", "n = 60000\na, b = x[:n], x[n:, 1:]"])
def test_a_number_that_cuts_observations_counts_a_part_of_them(text: str) -> None:
    assert 60000 in cuts_in(text)
    assert 60000 not in cuts_in(text.replace("[n:, ", "[:n, ").replace("60000:]", ":60000]"))


def test_a_loop_over_all_points_of_a_grid_goes_round_as_often_as_the_square_of_its_side() -> None:
    text = "def draw(net, side=100):\n    for point in grid(side):\n        net(point)\n"
    assert scaled_grids(text, [10_000, 7], 5) == [[100, 5]]
    assert scaled_grids(text, [10_001], 5) == []


def test_a_text_reads_observations_only_if_it_calls_what_does() -> None:
    calls = ("np.loadtxt(name)", "imread(path)", "datasets.load_iris()", "lines = f.readlines()", "with open (p):")
    assert all(map(may_read, calls))
    assert not may_read("a = f(z)  # x is *already* squashed (as a load of numbers)")


@pytest.mark.parametrize(
    ("text", "is_counted"),
    [
        ("train = read_mnist()[:60000]\n", True),
        ("train = read_mnist()[:500]\n", False),
        ("train = read_letters()[:60000]\n", False),
    ],
)
def test_images_are_counted_if_a_file_says_how_many_mnist_has(text, is_counted):
    rows, _ = counts_of_images(text)
    assert (rows is not None) is is_counted
