"""The first page, and a live TensorBoard."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from harness import BadInput, board
from harness.board import first_page
from tests.board.runs import NEURONS, RECORDED, points, read
from tests.processes import PATIENCE, heeding_ctrl_c, run_code


def test_view_of_nothing(tmp_path):
    with pytest.raises(BadInput, match="is not a folder"):
        board.view(tmp_path / "missing")
    with pytest.raises(BadInput, match="has no logged run"):
        board.view(tmp_path)


def test_view_draws_no_chart_and_imports_nothing_that_does(tmp_path):
    code = (
        "import sys; from harness.cli.main import main; main(['view', sys.argv[1]]);"
        "print([name for name in ('altair', 'vl_convert') if name in sys.modules])"
    )
    answer = run_code(code, tmp_path / "missing")
    assert "is not a folder" in answer.stderr
    assert answer.stdout == "[]\n"


def test_view_on_a_busy_port(tmp_path):
    board.write_answer(tmp_path, "text")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BadInput, match=rf"port: {port} is in use"):
            board.view(tmp_path, port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_view_on_a_port_that_is_none(tmp_path, port):
    board.write_answer(tmp_path, "text")
    with pytest.raises(BadInput, match=f"port must be .*, got {port}"):
        board.view(tmp_path, port)


def pins_of(address):
    """The pinned cards of an address, and the filter of the runs."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    assert query["smoothing"] == ["0"]
    return json.loads(query.get("pinnedCards", ["[]"])[0]), query.get("runFilter", [None])[0]


def test_the_first_page_pins_the_newest_answer(tmp_path, runs):
    png = struct.pack(">8x8s2I", b"", 4, 3)
    for name, when in (("new", 2e9), ("old.er", 1e9)):
        folder = tmp_path / "post" / name
        board.write_answer(folder, "text", pictures={"a<b": png}, pinned=["cost"], step=7)
        os.utime(folder / "answer" / first_page.FILE_NAME, (when, when))
    picture = {"plugin": "images", "tag": "answer in pictures/a<b", "sample": 0}
    cost = {"plugin": "scalars", "tag": "cost"}
    cards, runs_shown = pins_of(first_page.address_of_first_page(tmp_path))
    assert cards == [picture | {"runId": "defaultExperimentId/post/new/answer"}, cost]
    assert runs_shown == "^post/new/"
    cards, runs_shown = pins_of(first_page.address_of_first_page(tmp_path / "post" / "old.er"))
    assert cards == [picture | {"runId": "defaultExperimentId/answer"}, cost]
    assert runs_shown is None
    assert b"a<b" not in first_page.opening_page(tmp_path)
    (tmp_path / "post" / "new" / "answer" / first_page.FILE_NAME).write_text('{"what": 1}')
    assert pins_of(first_page.address_of_first_page(tmp_path))[0] == []
    assert list(points(read(folder / "answer"), "answer in pictures/a<b")) == [7]


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
        except OSError:  # a URLError, or a TimeoutError while the answer is read
            found = None
        if found or time.monotonic() > give_up:
            return found
        time.sleep(0.05)


def test_live_tensorboard_lists_what_was_written_and_ends_at_ctrl_c(tmp_path, runs):
    for start, run in runs.items():
        board.write(run, tmp_path / start)
    board.write_answer(tmp_path, "| a |\n|---|\n| 1 |")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    root = Path(board.__file__).parents[2]
    with heeding_ctrl_c():
        process = subprocess.Popen(
            [sys.executable, "-c", VIEW, str(tmp_path), str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
    try:
        address, give_up = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
        assert sorted(get(f"{address}/data/runs", give_up)) == ["answer", "glorot_uniform", "ones"]
        assert get(f"{address}/data/plugins_listing", give_up)
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            assert b'location.replace("/?smoothing=0#timeseries&_smoothingWeight=0")' in answer.read()
        histograms = get(f"{address}/data/plugin/histograms/tags", give_up)
        scalars = get(f"{address}/data/plugin/scalars/tags", give_up)
        kinds = ("weights", "gradient", "activation")
        wanted = {f"units of layer{layer}/{kind}/neuron{unit}" for layer, unit in NEURONS for kind in kinds}
        for start in runs:
            assert set(histograms[start]) == wanted
            assert {"cost", "symmetry/layer2/clone_spread", "units of layer3/gradient_norm"} <= set(scalars[start])
        served = get(
            f"{address}/data/plugin/histograms/histograms?run=ones&tag=units%20of%20layer1/weights/neuron2", give_up
        )
        assert [step for _, step, _ in served] == RECORDED
        assert get(f"{address}/data/plugin/text/tags", give_up) == {"answer": ["answer"]}
        with pytest.raises(OSError, match=r"refused|timed out|unreachable|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=1)  # 127.0.0.1 and no other
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0
    assert output.splitlines() == [f"{address}/"]
    assert errors == ""
