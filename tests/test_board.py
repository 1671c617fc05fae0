"""What TensorBoard gets: read back with its own reader, compared with tf.summary, and served by a live TensorBoard."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from networks import post_problem
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.util.tensor_util import make_ndarray

from harness import BadInput, board
from harness.trace import COST, Quantity, Run
from models import handwritten

RECORDED = [0, 1, 10, 300]
NEURONS = [(layer, unit) for layer, units in ((1, 3), (2, 3), (3, 2)) for unit in range(units)]


def run_of(start: str) -> Run:
    """The post's network, trained by hand, with the cost and gradients of each recorded iteration."""
    problem = post_problem(start)
    weights = list(handwritten.train(*problem, 0.5, RECORDED))
    traces = []
    for w in weights:
        gradients = handwritten.backward(problem.network, w, problem.x, problem.y).gradients
        cost = handwritten.forward(problem.network, w, problem.x, problem.y).cost
        traces.append(
            {COST: np.asarray(cost)} | {Quantity("gradient", layer): g for layer, g in enumerate(gradients, start=1)}
        )
    return Run("handwritten", start, RECORDED, weights, traces)


@pytest.fixture(scope="module")
def runs():
    return {start: run_of(start) for start in ("ones", "glorot_uniform")}


def run_with(weights):
    """A run of these weights, one list of layers for each iteration, without gradients."""
    return Run("handwritten", "any", range(len(weights)), weights, [{COST: np.float64(1)} for _ in weights])


def read(folder):
    """TensorBoard's own reader, keeping everything."""
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def points(events, tag):
    """{step: array} of a tag"""
    return {event.step: make_ndarray(event.tensor_proto) for event in events.Tensors(tag)}


def plugins(events):
    """{tag: the TensorBoard plugin that shows it}"""
    return {tag: events.SummaryMetadata(tag).plugin_data.plugin_name for tag in events.Tags()["tensors"]}


@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
def test_every_neuron_has_a_histogram_of_its_weights_at_each_iteration(tmp_path, runs, start):
    board.write(runs[start], tmp_path / "run")
    events = read(tmp_path / "run")
    tags = [tag for tag, plugin in plugins(events).items() if plugin == "histograms"]
    assert tags == [f"layer{layer}/weights/neuron{unit}" for layer, unit in NEURONS]
    for tag, (layer, unit) in zip(tags, NEURONS):
        found = points(events, tag)
        assert list(found) == RECORDED
        for weights, histogram in zip(runs[start].weights, found.values()):
            incoming = weights[layer - 1][:, unit]
            left, right, counts = histogram.T
            assert histogram.shape == (30, 3)
            assert left[0] == incoming.min()
            assert right[-1] == incoming.max()
            assert counts.sum() == len(incoming)
            if np.ptp(incoming) > 0:
                expected, edges = np.histogram(incoming, 30)
                np.testing.assert_array_equal(counts, expected)
                np.testing.assert_allclose(np.append(left, right[-1]), edges, rtol=1e-14, atol=1e-15)


def test_all_ones_start_is_one_bar_at_one(tmp_path, runs):
    board.write(runs["ones"], tmp_path / "run")
    for histogram in (points(read(tmp_path / "run"), f"layer{layer}/weights/neuron0")[0] for layer in (1, 2, 3)):
        np.testing.assert_array_equal(histogram[:, :2], 1)
        np.testing.assert_array_equal(histogram[:-1, 2], 0)


@pytest.mark.parametrize("start", ["ones", "glorot_uniform"])
def test_scalars(tmp_path, runs, start):
    run = runs[start]
    board.write(run, tmp_path / "run")
    events = read(tmp_path / "run")
    problem = post_problem(start)
    expected = {"cost": []}
    for weights in run.weights:
        a = problem.x
        for w in weights:
            a = 1 / (1 + np.exp(-(a @ w[1:] + w[0])))
        expected["cost"].append(np.sum((a - problem.y) ** 2))
    for layer in (1, 2):
        columns = [np.vstack([w[layer - 1], w[layer][1:].T]) for w in run.weights]
        expected[f"layer{layer}/clone_spread"] = [(c.max(axis=1) - c.min(axis=1)).max() for c in columns]
        expected[f"layer{layer}/effective_width"] = [len(np.unique(c.round(7), axis=1).T) for c in columns]
    for layer in (1, 2, 3):
        of_layer = [trace[Quantity("gradient", layer)] for trace in run.traces]
        expected[f"layer{layer}/gradient_norm"] = [np.sqrt((g**2).sum()) for g in of_layer]
    assert {tag for tag, plugin in plugins(events).items() if plugin == "scalars"} == set(expected)
    for tag, values in expected.items():
        found = points(events, tag)
        assert list(found) == RECORDED
        np.testing.assert_allclose(list(found.values()), values, rtol=1e-6, err_msg=tag)
    widths = {"ones": 1, "glorot_uniform": 3}
    assert set(map(float, points(events, "layer1/effective_width").values())) == {widths[start]}


def test_no_gradients_no_gradient_norm(tmp_path):
    board.write(run_with([post_problem().weights]), tmp_path / "run")
    assert not [tag for tag in plugins(read(tmp_path / "run")) if "gradient" in tag]


def test_tags_of_wide_and_deep_networks_sort_in_order(tmp_path):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(13, 12)) for _ in range(10)]
    board.write(run_with([weights]), tmp_path / "run")
    tags = [tag for tag, plugin in plugins(read(tmp_path / "run")).items() if plugin == "histograms"]
    assert tags[0] == "layer01/weights/neuron00"
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
    return read(folder)


@pytest.mark.parametrize("name", HISTOGRAM_DATA)
def test_histograms_are_those_of_tf_summary(tf_summaries, name):
    wanted = points(tf_summaries, name)[0]
    found = board.histograms(np.asarray(HISTOGRAM_DATA[name]))
    np.testing.assert_array_equal(found[:, 2], wanted[:, 2])
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=1e-14 * np.max(np.abs(HISTOGRAM_DATA[name])))
    assert found.dtype == wanted.dtype


def test_histograms_of_many_at_once_are_those_of_each():
    values = np.random.default_rng(0).normal(size=(4, 5, 9))
    values[1, 2] = 3.0
    one_by_one = [[board.histograms(values[i, j]) for j in range(5)] for i in range(4)]
    np.testing.assert_array_equal(board.histograms(values), one_by_one)


def test_metadata_and_tensors_are_those_of_tf_summary(tmp_path, tf_summaries, runs):
    board.write(runs["ones"], tmp_path / "run")
    board.write_verdict(tmp_path, "**b**")
    ours, verdict = read(tmp_path / "run"), read(tmp_path)
    for events, tag, their_tag in (
        (ours, "layer1/weights/neuron0", "three"),
        (ours, "cost", "scalar"),
        (verdict, "verdict", "verdict"),
    ):
        found, wanted = events.SummaryMetadata(tag), tf_summaries.SummaryMetadata(their_tag)
        assert found.plugin_data == wanted.plugin_data
        assert found.summary_description
        found, wanted = events.Tensors(tag)[0].tensor_proto, tf_summaries.Tensors(their_tag)[0].tensor_proto
        assert found.dtype == wanted.dtype
        assert found.tensor_shape == wanted.tensor_shape
    assert points(verdict, "verdict") == points(tf_summaries, "verdict") == {0: b"**b**"}


def test_a_run_that_diverged_is_written(tmp_path):
    fine, huge, lost = ([np.full((3, 2), v), np.full((3, 2), v)] for v in (1.0, 1e308, np.nan))
    huge[0][0, 0], huge[0][1, 0] = -1e308, np.inf
    partly = [fine[0].copy(), fine[1]]
    partly[0][0, 0], partly[0][1, 0] = np.nan, 5.0
    board.write(run_with([lost, fine, huge, partly, lost]), tmp_path / "run")
    events = read(tmp_path / "run")
    found = points(events, "layer1/weights/neuron0")
    assert list(found) == [1, 3]  # no bar at 0 where there is no number
    assert (found[3][0, 0], found[3][-1, 1], found[3][:, 2].sum()) == (1, 5, 2)
    assert events.SummaryMetadata("layer1/weights/neuron0").plugin_data.plugin_name == "histograms"


def test_more_neurons_than_shown_are_one_of_each_group_of_clones(tmp_path):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(3, 9)), rng.normal(size=(10, 1))]
    for clone in (4, 7):  # of unit 2
        weights[0][:, clone], weights[1][1 + clone] = weights[0][:, 2], weights[1][1 + 2]
    board.write(run_with([weights]), tmp_path / "run", max_neurons=4)
    events = read(tmp_path / "run")
    tags = [tag for tag in plugins(events) if tag.startswith("layer1/weights/")]
    assert tags == [f"layer1/weights/neuron{unit}" for unit in (0, 1, 2, 3)]
    incoming = weights[0][:, 2]
    histogram = points(events, tags[2])[0]
    assert (histogram[0, 0], histogram[-1, 1]) == (incoming.min(), incoming.max())
    descriptions = [events.SummaryMetadata(tag).summary_description for tag in tags]
    assert all("9 neurons; 5 of them are not shown" in description for description in descriptions)
    assert "3 clones" in descriptions[2]
    assert "no clone" in descriptions[0]


@pytest.mark.parametrize("length", [0, 1, 3, 4, 8, 100, 2047, 2048, 2049, 2051, 5000])
def test_checksum_is_tensorboards(length):
    data = np.random.default_rng(length).bytes(length)
    assert board.masked_crc(data) == masked_crc32c(data)


def test_same_run_and_time_give_the_same_bytes(tmp_path, runs):
    for folder in ("a", "b"):
        board.write(runs["ones"], tmp_path / folder, wall_time=1e9)
    (a,), (b,) = (list((tmp_path / folder).iterdir()) for folder in ("a", "b"))
    assert a.name == b.name
    assert a.read_bytes() == b.read_bytes()


def make_run_folder(root, scenario, name=None):
    """Nothing but the folder."""
    with board.run_folder(root, scenario, name) as folder:
        return folder


def test_finished_folder_has_no_mark(tmp_path, runs):
    with board.run_folder(tmp_path, "post", "first") as folder:
        assert folder == tmp_path / "post" / "first"
        assert (folder / board.UNFINISHED).is_file()
        board.write(runs["ones"], folder / runs["ones"].name)
    assert [path.name for path in folder.iterdir()] == ["handwritten-ones"]


def test_interrupt_before_anything_was_written_frees_the_name(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), board.run_folder(tmp_path, "post", "first"):
            raise KeyboardInterrupt
    assert list((tmp_path / "post").iterdir()) == []


def test_interrupted_run_is_marked_and_readable(tmp_path, runs, monkeypatch):
    left = iter(range(20))
    record = board.record

    def interrupted(event):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return record(event)

    monkeypatch.setattr(board, "record", interrupted)
    with pytest.raises(KeyboardInterrupt), board.run_folder(tmp_path, "post", "first") as folder:
        board.write(runs["ones"], folder / "run")
    assert (folder / board.UNFINISHED).is_file()
    found = [points(read(folder / "run"), tag) for tag in plugins(read(folder / "run"))]
    assert sum(map(len, found)) == 19  # and the record of the file's version
    assert found[0] == pytest.approx({0: 1.96, 1: 1.96}, abs=0.3)


def test_timestamped_folders_of_one_second_are_distinct(tmp_path):
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(board.run_folder(tmp_path, "post")) for _ in range(5)]
    assert len(set(folders)) == 5
    assert all(re.fullmatch(r"\d{8}-\d{6}(-\d)?", folder.name) for folder in folders)


def test_existing_folder_is_not_overwritten(tmp_path, runs):
    folder = make_run_folder(tmp_path, "post", "first")
    board.write(runs["ones"], folder / "run")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match=rf"{folder} exists.*--name"):
        make_run_folder(tmp_path, "post", "first")
    with pytest.raises(BadInput, match="exists"):
        board.write(runs["ones"], folder / "run")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_of_many_at_once_exactly_one_gets_the_name(tmp_path):
    together = threading.Barrier(8)

    def claim(_):
        together.wait()
        try:
            return make_run_folder(tmp_path, "post", "same")
        except BadInput:
            return None

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(claim, range(8)))
    assert [folder for folder in claims if folder] == [tmp_path / "post" / "same"]


ESCAPES = ["", ".", "..", "../x", "a/b", "/tmp", "a\\b", "..\\x", "C:x", ".hidden", "a\0b", "a\nb", "-rf", "~", " a"]


@pytest.mark.parametrize("name", ESCAPES)
def test_name_stays_in_the_log_folder(tmp_path, name):
    with pytest.raises(BadInput, match="cannot name a folder"):
        make_run_folder(tmp_path / "logs", "post", name)
    with pytest.raises(BadInput, match="cannot name a folder"):
        make_run_folder(tmp_path / "logs", name, "first")
    assert list(tmp_path.iterdir()) == []


def test_log_folder_that_cannot_be_written(tmp_path, runs):
    (tmp_path / "file").write_text("")
    for write in (
        lambda: make_run_folder(tmp_path / "file", "post", "first"),
        lambda: make_run_folder(tmp_path / "file", "post"),
        lambda: make_run_folder(tmp_path, "file", "first"),
        lambda: make_run_folder(tmp_path, "file"),
        lambda: make_run_folder(tmp_path, "post", "n" * 300),
        lambda: board.write(runs["ones"], tmp_path / "file" / "run"),
        lambda: board.write_verdict(tmp_path / "file" / "run", "text"),
    ):
        with pytest.raises(BadInput, match="cannot write into"):
            write()


def test_view_of_nothing(tmp_path):
    with pytest.raises(BadInput, match="no folder"):
        board.view(tmp_path / "missing")
    with pytest.raises(BadInput, match="no run in"):
        board.view(tmp_path)


def test_view_on_a_busy_port(tmp_path):
    board.write_verdict(tmp_path, "text")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BadInput, match=rf"port {port} is in use.*--port"):
            board.view(tmp_path, port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_view_on_a_port_that_is_none(tmp_path, port):
    board.write_verdict(tmp_path, "text")
    with pytest.raises(BadInput, match=f"no port {port}"):
        board.view(tmp_path, port)


VIEW = """
import importlib.abc, sys
class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "tensorflow":
            print("TensorFlow is imported", flush=True)
sys.meta_path.insert(0, Watch())
from pathlib import Path
from harness import board
board.view(Path(sys.argv[1]), int(sys.argv[2]))
"""


def get(address, give_up):
    """JSON from ``address``, once it is served and not empty."""
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                found = json.load(answer)
        except urllib.error.URLError:
            found = None
        if found or time.monotonic() > give_up:
            return found
        time.sleep(0.05)


def test_live_tensorboard_lists_what_was_written_and_ends_at_ctrl_c(tmp_path, runs):
    for start, run in runs.items():
        board.write(run, tmp_path / start)
    board.write_verdict(tmp_path, "| a |\n|---|\n| 1 |")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    root = Path(board.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", VIEW, str(tmp_path), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    try:
        address, give_up = f"http://127.0.0.1:{port}", time.monotonic() + 20
        assert sorted(get(f"{address}/data/runs", give_up)) == [".", "glorot_uniform", "ones"]
        assert get(f"{address}/data/plugins_listing", give_up)
        histograms = get(f"{address}/data/plugin/histograms/tags", give_up)
        scalars = get(f"{address}/data/plugin/scalars/tags", give_up)
        wanted = {f"layer{layer}/weights/neuron{unit}" for layer, unit in NEURONS}
        for start in runs:
            assert set(histograms[start]) == wanted
            assert {"cost", "layer2/clone_spread", "layer3/gradient_norm"} <= set(scalars[start])
        served = get(f"{address}/data/plugin/histograms/histograms?run=ones&tag=layer1/weights/neuron2", give_up)
        assert [step for _, step, _ in served] == RECORDED
        assert get(f"{address}/data/plugin/text/tags", give_up) == {".": ["verdict"]}
        with pytest.raises(OSError, match=r"refused|timed out|unreachable|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=1)  # 127.0.0.1 and no other
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert output.splitlines() == [f"TensorBoard shows {tmp_path} at {address}/ (Ctrl-C ends it)"]
    assert errors == ""


def test_writing_imports_no_tensorflow(tmp_path):
    code = (
        "import sys; from pathlib import Path; from harness import board;"
        "board.write_verdict(Path(sys.argv[1]), 'text'); print('tensorflow' in sys.modules)"
    )
    root = Path(board.__file__).parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"
