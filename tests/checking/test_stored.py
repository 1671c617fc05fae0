"""Numbers that a file keeps in items of an array, and reads from there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.checking.stored import with_stored_numbers
from harness.recording.graph import Ref
from harness.recording.record import record_file
from tests.network_files import write_file

SCALED = """\
import numpy as np
X = np.random.RandomState(2).rand(ROWS)
for n in range(ROWS):
    X[n] = 3 * X[n]
total = X[0] + X[1]
"""


def test_a_read_item_is_the_number_that_was_written_there(tmp_path: Path) -> None:
    recording = record_file(write_file(tmp_path / "net.py", SCALED.replace("ROWS", "4")), drive=False)
    nodes = with_stored_numbers(recording).nodes
    sums = [node for node in nodes if node.operation == "add"]
    operands = [nodes[one.id].operation for one in sums[-1].arguments if isinstance(one, Ref)]
    assert operands == ["multiply", "multiply"]
    products = [node for node in nodes if node.operation == "multiply"]
    assert all(nodes[one].operation == "getitem" for node in products for one in node.parents)


@pytest.mark.slow
def test_items_that_are_written_one_after_the_other_are_not_searched(tmp_path: Path) -> None:
    recording = record_file(write_file(tmp_path / "net.py", SCALED.replace("ROWS", "6000")), drive=False)
    begin = time.process_time()
    with_stored_numbers(recording)
    assert time.process_time() - begin < 3
