"""What TensorBoard gets: read back with its own reader, and compared with tf.summary."""

import re
import struct

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import metadata as hparams_metadata

from harness import board
from harness.board import events, series
from harness.comparison.trace import COST, Quantity, Run
from tests.board.runs import NEURONS, RECORDED, points, read
from tests.networks import post_problem
from tests.processes import run_code


@pytest.fixture(scope="module")
def written(tmp_path_factory, runs):
    """A folder with each run."""
    folder = tmp_path_factory.mktemp("logs")
    for start, run in runs.items():
        board.write(run, folder / start, network=post_problem().network)
    return folder


def run_with(weights, iterations=None):
    """A run of these weights, one list of layers for each iteration, without gradients."""
    return Run(
        implementation="handwritten",
        initializer="any",
        recorded=iterations or range(len(weights)),
        weights=weights,
        traces=[{COST: np.float64(1)} for _ in weights],
    )


@pytest.fixture
def logged_as(tmp_path):
    """Writes a run, and reads it back."""

    def write(run, name="run", **options):
        board.write(run, tmp_path / name, **options)
        return read(tmp_path / name)

    return write


def plugins(logged):
    """{tag: the TensorBoard plugin that shows it}"""
    return {tag: logged.SummaryMetadata(tag).plugin_data.plugin_name for tag in logged.Tags()["tensors"]}


def assert_histogram(found, values):
    """One of TensorBoard's histograms (30, 3) against NumPy's of the same values."""
    left, right, counts = found.T
    assert found.shape == (30, 3)
    assert (left[0], right[-1], counts.sum()) == (values.min(), values.max(), values.size)
    if np.ptp(values) > 0:
        expected, edges = np.histogram(values, 30)
        np.testing.assert_array_equal(counts, expected)
        np.testing.assert_allclose(np.append(left, right[-1]), edges, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
def test_every_neuron_has_its_histograms_at_each_iteration(written, runs, start):
    run = runs[start]
    logged = read(written / start)
    tags = sorted(tag for tag, plugin in plugins(logged).items() if plugin == "histograms")
    kinds = ("activation", "gradient", "weights")
    assert tags == [
        f"units of layer{layer}/{kind}/neuron{unit}"
        for layer in (1, 2, 3)
        for kind in kinds
        for n, unit in NEURONS
        if n == layer
    ]
    for layer, unit in NEURONS:
        for kind, of_run in (
            ("weights", [w[layer - 1] for w in run.weights]),
            ("gradient", [trace[Quantity("gradient", layer)] for trace in run.traces]),
            ("activation", [trace[Quantity("a", layer)] for trace in run.traces]),
        ):
            found = points(logged, f"units of layer{layer}/{kind}/neuron{unit}")
            assert list(found) == RECORDED
            for values, histogram in zip(of_run, found.values()):
                assert_histogram(histogram, values[:, unit])


def test_all_ones_start_is_one_bar_at_one(written):
    logged = read(written / "ones")
    for histogram in (points(logged, f"units of layer{layer}/weights/neuron0")[0] for layer in (1, 2, 3)):
        np.testing.assert_array_equal(histogram[:, :2], 1)
        np.testing.assert_array_equal(histogram[:-1, 2], 0)


def expected_scalars(start, run):
    """Every curve, computed here from weights and formulas alone; steep sigmoids are those of |z| > 4.36."""
    problem = post_problem(start)
    wanted = {}

    def add(tag, value):
        wanted.setdefault(tag, []).append(value)

    for weights, trace in zip(run.weights, run.traces):
        a = problem.x
        for layer, w in enumerate(weights, start=1):
            z = a @ w[1:] + w[0]
            a = 1 / (1 + np.exp(-z))
            gradient, moved = trace[Quantity("gradient", layer)], trace[Quantity("weights", layer)] - w
            add(f"units of layer{layer}/gradient_norm", np.sqrt((gradient**2).sum()))
            add(f"units of layer{layer}/update_to_weight", np.sqrt((moved**2).sum() / (w**2).sum()))
            add(f"units of layer{layer}/saturated_share", (np.abs(z) > 4.3567).mean())
            for unit in range(w.shape[1]):
                add(f"units of layer{layer}/weight_mean/neuron{unit}", w[:, unit].mean())
                add(f"units of layer{layer}/activation_mean/neuron{unit}", a[:, unit].mean())
        add("cost", np.sum((a - problem.y) ** 2))
        for observation, unit in ((0, 0), (0, 1), (1, 0), (1, 1)):
            add(f"units of layer3/output/observation{observation}_unit{unit}", a[observation, unit])
        for layer in (1, 2):
            columns = np.vstack([weights[layer - 1], weights[layer][1:].T])
            add(f"symmetry/layer{layer}/clone_spread", np.ptp(columns, axis=1).max())
            add(f"symmetry/layer{layer}/effective_width", len(np.unique(columns.round(7), axis=1).T))
            unit_vectors = columns / np.linalg.norm(columns, axis=0)
            add(f"symmetry/layer{layer}/similarity", (unit_vectors.T @ unit_vectors)[np.triu_indices(3, 1)].mean())
    return wanted


@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
def test_scalars(written, runs, start):
    logged = read(written / start)
    expected = expected_scalars(start, runs[start])
    assert {tag for tag, plugin in plugins(logged).items() if plugin == "scalars"} == set(expected)
    for tag, values in expected.items():
        found = points(logged, tag)
        assert list(found) == RECORDED
        np.testing.assert_allclose(list(found.values()), values, rtol=1e-6, atol=1e-15, err_msg=tag)
    widths = {"ones": 1, "glorot_uniform": 3}
    assert set(map(float, points(logged, "symmetry/layer1/effective_width").values())) == {widths[start]}


def test_no_gradients_no_gradient_norm(logged_as):
    logged = logged_as(run_with([post_problem().weights]))
    assert not [tag for tag in plugins(logged) if "gradient" in tag]


def test_tags_of_wide_and_deep_networks_sort_in_order(logged_as):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(13, 12)) for _ in range(10)]
    logged = logged_as(run_with([weights]))
    tags = [tag for tag, plugin in plugins(logged).items() if plugin == "histograms"]
    assert tags[0] == "units of layer01/weights/neuron00"
    assert tags == sorted(tags)
    assert len(tags) == 120


HISTOGRAM_DATA = {
    "one_value": [0.3],
    "constant": [1.0, 1.0, 1.0],
    "zeros": [0.0, 0.0],
    "three": [0.1, -0.7, 0.2],
    "two_ends": [-1.0, 2.0],
    "on_the_edges": np.linspace(0, 30, 31),
    "float32": np.float32([0.1, 0.2, 0.30000001, -0.1]),
    "normal": np.random.default_rng(0).normal(size=1000),
    "large": [1e200, -3e200, 0],
    "close": [1.0, 1.0 + 1e-15, 1.0 + 3e-15],
}


@pytest.fixture(scope="module")
def tf_summaries(tmp_path_factory):
    """What tf.summary itself writes, read back."""
    folder = tmp_path_factory.mktemp("tf")
    with tf.summary.create_file_writer(str(folder)).as_default():
        for name, data in HISTOGRAM_DATA.items():
            tf.summary.histogram(name, np.asarray(data), step=0)
        tf.summary.scalar("scalar", 0.1, step=7)
        tf.summary.text("verdict", "**b**", step=0)
        tf.summary.image("image", np.zeros((1, 2, 3, 3)), step=0)
    return read(folder)


@pytest.mark.parametrize("name", HISTOGRAM_DATA)
def test_histograms_are_those_of_tf_summary(tf_summaries, name):
    wanted = points(tf_summaries, name)[0]
    found = events.histograms(np.asarray(HISTOGRAM_DATA[name]))
    np.testing.assert_array_equal(found[:, 2], wanted[:, 2])
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=1e-14 * np.max(np.abs(HISTOGRAM_DATA[name])))
    assert found.dtype == wanted.dtype


def test_histograms_of_many_at_once_are_those_of_each():
    values = np.random.default_rng(0).normal(size=(4, 5, 9))
    values[1, 2] = 3.0
    one_by_one = [[events.histograms(values[i, j]) for j in range(5)] for i in range(4)]
    np.testing.assert_array_equal(events.histograms(values), one_by_one)


def test_metadata_and_tensors_are_those_of_tf_summary(tmp_path, tf_summaries, written):
    board.write_answer(tmp_path, "**b**")
    ours, answer = read(written / "ones"), read(tmp_path / "answer")
    for logged, tag, their_tag in (
        (ours, "units of layer1/weights/neuron0", "three"),
        (ours, "cost", "scalar"),
        (ours, "weights", "image"),
        (answer, "answer", "verdict"),
    ):
        found, wanted = logged.SummaryMetadata(tag), tf_summaries.SummaryMetadata(their_tag)
        assert found.plugin_data == wanted.plugin_data
        assert found.summary_description
        found, wanted = logged.Tensors(tag)[0].tensor_proto, tf_summaries.Tensors(their_tag)[0].tensor_proto
        assert found.dtype == wanted.dtype
        assert found.tensor_shape == wanted.tensor_shape
    assert points(answer, "answer") == points(tf_summaries, "verdict") == {0: b"**b**"}


def test_a_run_that_diverged_is_written(logged_as):
    fine, huge, lost = ([np.full((3, 2), v), np.full((3, 2), v)] for v in (1.0, 1e308, np.nan))
    huge[0][0, 0], huge[0][1, 0] = -1e308, np.inf
    partly = [fine[0].copy(), fine[1]]
    partly[0][0, 0], partly[0][1, 0] = np.nan, 5.0
    logged = logged_as(run_with([lost, fine, huge, partly, lost]))
    found = points(logged, "units of layer1/weights/neuron0")
    assert list(found) == [1, 3]  # no bar at 0 if there is no number
    assert (found[3][0, 0], found[3][-1, 1], found[3][:, 2].sum()) == (1, 5, 2)
    assert logged.SummaryMetadata("units of layer1/weights/neuron0").plugin_data.plugin_name == "histograms"


def test_of_more_neurons_than_shown_clones_are_drawn_once_and_the_rest_sampled(logged_as):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(3, 9)), rng.normal(size=(10, 1))]
    for clone in (4, 7):  # of unit 2
        weights[0][:, clone], weights[1][1 + clone] = weights[0][:, 2], weights[1][1 + 2]
    logged = logged_as(run_with([weights]), max_neurons=4)
    tags = [tag for tag in plugins(logged) if tag.startswith("units of layer1/weights/")]
    assert tags == [
        f"units of layer1/weights/neuron{unit}" for unit in (0, 2, 3, 8)
    ]  # of 0, 1, 3, 5, 6, 8: ends and middle
    assert_histogram(points(logged, tags[1])[0], weights[0][:, 2])
    assert "3 clones" in logged.SummaryMetadata(tags[1]).summary_description
    assert "clones" not in logged.SummaryMetadata(tags[0]).summary_description
    told = points(logged, "which_neurons")[0].item().decode()
    assert "**layer1** has 9 neurons, and 4 are drawn" in told
    assert "3 others have no clone among these" in told
    assert "| neuron 2 | 3 clones |" in told
    assert "layer2" not in told


@pytest.mark.parametrize(
    ("groups", "at_most", "shown"),
    [
        ([[0], [1], [2]], 3, {0: 1, 1: 1, 2: 1}),
        ([[0, 1, 2]], 3, {0: 1, 1: 1, 2: 1}),
        ([list(range(100))], 32, {0: 100}),
        ([[0, 3], [1, 4, 5], [2, 6]], 2, {0: 2, 1: 3}),
        ([[0, 9], *([unit] for unit in range(1, 9))], 3, {0: 2, 1: 1, 8: 1}),
        ([[unit] for unit in range(5)], 1, {0: 1}),
    ],
)
def test_shown_neurons(groups, at_most, shown):
    assert series.shown_neurons(groups, at_most) == shown


def test_no_text_where_every_neuron_is_drawn(written):
    assert "text" not in plugins(read(written / "ones")).values()


def test_custom_scalars_overlay_the_neurons_of_each_layer(written):
    logged = read(written / "ones")
    layout = layout_pb2.Layout.FromString(points(logged, "custom_scalars__config__")[0].item())
    tags = [tag for tag, plugin in plugins(logged).items() if plugin == "scalars"]
    drawn = {
        chart.title: [tag for tag in tags if any(re.match(pattern, tag) for pattern in chart.multiline.tag)]
        for category in layout.category
        for chart in category.chart
    }
    assert drawn["layer2: mean weight of each neuron"] == [
        f"units of layer2/weight_mean/neuron{unit}" for unit in range(3)
    ]
    assert drawn["layer3: mean activation of each neuron"] == [
        f"units of layer3/activation_mean/neuron{n}" for n in range(2)
    ]
    assert len(drawn["outputs of each observation"]) == 4
    assert len(drawn) == 7


@pytest.mark.slow
def test_hparams_of_equal_runs_are_one_session_group(logged_as, runs):
    groups = []
    for name, rate in (("a", 0.5), ("b", 0.5), ("c", 1.0)):
        logged = logged_as(runs["ones"], name, hparams={"learning_rate": rate})
        content = logged.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        start = hparams_metadata.parse_session_start_info_plugin_data(content)
        groups.append(start.group_name)
        assert start.hparams["initializer"].string_value == "ones"
        assert start.hparams["implementation"].string_value == "handwritten"
        content = logged.SummaryMetadata("_hparams_/experiment").plugin_data.content
        experiment = hparams_metadata.parse_experiment_plugin_data(content)
        assert [metric.name.tag for metric in experiment.metric_infos] == [
            "cost",
            "symmetry/layer1/effective_width",
            "symmetry/layer2/effective_width",
        ]
    assert groups[0] == groups[1] != groups[2]


def test_the_weights_are_one_picture_at_the_last_iteration(written):
    ((step, (width, height, png)),) = points(read(written / "ones"), "weights").items()
    assert step == 300
    assert struct.unpack(">2I", png[16:24]) == (int(width), int(height))


def test_a_run_that_was_interrupted_is_written_without_its_picture(logged_as):
    """Drawing it takes most of a second, while somebody waits after Ctrl-C."""
    tags = logged_as(run_with([post_problem().weights]), is_finished=False).Tags()["tensors"]
    assert "cost" in tags
    assert "weights" not in tags


@pytest.mark.slow
def test_wide_deep_and_broken_networks_have_a_picture(logged_as):
    rng = np.random.default_rng(0)
    nan = [np.full((4, 3), np.nan), np.zeros((4, 1))]
    wide = [rng.normal(size=(200, 9)), *(rng.normal(size=(10, 9)) for _ in range(8))]
    for name, weights in (("nan", nan), ("wide", wide)):
        assert list(points(logged_as(run_with([weights, weights]), name, max_neurons=4), "weights")) == [1]


def test_histograms_are_written_at_iterations_that_a_linear_axis_keeps_apart(logged_as):
    iterations = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1010, 2000, 4000]
    logged = logged_as(run_with([[np.eye(3, 2)] for _ in iterations], iterations))
    assert list(points(logged, "units of layer1/weights/neuron0")) == [0, 100, 200, 500, 1000, 2000, 4000]
    assert list(points(logged, "cost")) == iterations


def test_side_by_side_has_a_row_for_each_start(tmp_path, runs):
    board.write_answer(tmp_path, "text", runs=[runs["ones"], runs["glorot_uniform"], runs["ones"]])
    logged = read(tmp_path / "answer")
    tags = [tag for tag, plugin in plugins(logged).items() if plugin == "histograms"]
    assert sorted(tags) == [
        f"unit by unit/layer{layer}/{start}/neuron{unit}"
        for layer in (1, 2)
        for start in ("glorot_uniform", "ones")
        for unit in range(3)
    ]
    for start in runs:
        rows = [points(logged, f"unit by unit/layer1/{start}/neuron{unit}")[300] for unit in range(3)]
        same = all(np.array_equal(rows[0], other) for other in rows[1:])
        assert same == (start == "ones")
        assert_histogram(rows[1], runs[start].weights[-1][0][:, 1])


@pytest.mark.parametrize("length", [0, 1, 3, 8, 100, 251, 252, 253, 256, 508, 509, 5000])
def test_checksum_is_tensorboards(length):
    data = np.random.default_rng(length).bytes(length)
    assert events.masked_crc(data) == masked_crc32c(data)


@pytest.mark.slow
def test_same_run_and_time_give_the_same_bytes(tmp_path, runs):
    for folder in ("a", "b"):
        board.write(runs["ones"], tmp_path / folder, wall_time=1e9)
    (a,), (b,) = (list((tmp_path / folder).iterdir()) for folder in ("a", "b"))
    assert a.name == b.name
    assert a.read_bytes() == b.read_bytes()


def test_an_answer_is_written_in_place_of_an_older_one(tmp_path):
    for number, when in enumerate((1e9, 1.5e9)):
        board.write_answer(tmp_path, f"answer {number}", when)
    assert points(read(tmp_path / "answer"), "answer") == {0: b"answer 1"}


def test_the_text_of_a_run_is_beside_its_curves(tmp_path, runs):
    board.write(runs["ones"], tmp_path / "run", 1e9)
    board.write_text(tmp_path / "run", "It learns.", 1e9)
    logged = read(tmp_path / "run")
    assert points(logged, "answer") == {0: b"It learns."}
    assert len(points(logged, "cost")) == len(RECORDED)


def test_writing_imports_no_tensorflow(tmp_path):
    code = (
        "import sys; from pathlib import Path; from harness import board;"
        "board.write_answer(Path(sys.argv[1]), 'text'); print('tensorflow' in sys.modules)"
    )
    answer = run_code(code, tmp_path)
    assert answer.stdout == "False\n"
