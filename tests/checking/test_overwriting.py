"""Arrays that are refilled in place: an observation does not depend on the one that stood there before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.checking.check import check_file
from harness.checking.overwriting import chains_of, cut_chain, without_overwritten
from harness.checking.replay import Program
from harness.checking.result import Verdict
from harness.recording.graph import Driven, Kind, Node, Recording, Ref
from tests.network_files import write_file

SUMS = """\
import numpy as np
np.random.seed(1)
N, I, H, O = 6, 3, 4, 2
X = np.random.randn(N, I); T = np.random.rand(N, O)
W = [np.random.randn(H, I), np.random.randn(O, H)]
b = [np.zeros(H), np.zeros(O)]
VW = [np.zeros_like(w) for w in W]; Vb = [np.zeros_like(v) for v in b]
a0 = np.zeros(I); a1 = np.zeros(H); a2 = np.zeros(O); d1 = np.zeros(H); d2 = np.zeros(O)

def f(z):
    return 1 / (1 + np.exp(-z))

for epoch in range(4):
    SW = [np.zeros_like(w) for w in W]; Sb = [np.zeros_like(v) for v in b]
    for n in range(N):
{forward}
        d2{whole} = (a2 - T[n]) * a2 * (1 - a2)
        d1{whole} = W[1].T @ d2{slope}
        SW[1] += np.outer(d2, a1); Sb[1] += d2
        SW[0] += np.outer(d1, a0); Sb[0] += d1
    for l in range(2):
        VW[l] = 0.9 * VW[l] + (1 - 0.9) * SW[l] / N
        Vb[l] = 0.9 * Vb[l] + (1 - 0.9) * Sb[l] / N
        W[l] -= 0.3 * VW[l]
        b[l] -= 0.3 * Vb[l]
"""
FORWARDS = {
    "whole": "        a0[:] = X[n]\n        a1[:] = f(W[0] @ a0 + b[0])\n        a2[:] = f(W[1] @ a1 + b[1])",
    "items": (
        "        a0[...] = X[n]\n"
        "        for j in range(H):\n            a1[j] = f(W[0][j] @ a0 + b[0][j])\n"
        "        for k in range(O):\n            a2[k] = f(W[1][k] @ a1 + b[1][k])"
    ),
    "out": (
        "        np.copyto(a0, X[n])\n        np.dot(W[0], a0, out=a1); a1 += b[0]; a1[:] = f(a1)\n"
        "        np.dot(W[1], a1, out=a2); a2 += b[1]; a2[:] = f(a2)"
    ),
}


@pytest.mark.parametrize(
    "way", [pytest.param("out", marks=pytest.mark.slow), "items", pytest.param("whole", marks=pytest.mark.slow)]
)
def test_sums_over_observations_in_refilled_arrays_are_right(tmp_path: Path, way: str) -> None:
    file = write_file(tmp_path / "net.py", SUMS.format(forward=FORWARDS[way], whole="[:]", slope=" * a1 * (1 - a1)"))
    assert check_file(file).verdict is Verdict.CORRECT


def test_a_missing_slope_in_refilled_arrays_is_found(tmp_path: Path) -> None:
    result = check_file(write_file(tmp_path / "net.py", SUMS.format(forward=FORWARDS["whole"], whole="[:]", slope="")))
    assert result.verdict is Verdict.MISTAKE
    assert result.mistakes[0].id == "missing-hidden-activation-derivative"


def recording_of(writes: list[tuple[object, int]], reads: list[tuple[int, object]]) -> Recording:
    """An array of three items, its writes (index, value's node), and reads of a version by an index"""
    nodes = [Node(id=0, operation="zeros", value=np.zeros(3), shape=(3,), dtype="<f8", kind=Kind.FILL)]
    nodes.append(Node(id=1, operation="array", value=np.array(5.0), shape=(), dtype="<f8", kind=Kind.DATA))
    base, versions = 0, []
    for number, (index, value) in enumerate(writes):
        id = len(nodes)
        arguments = (Ref(base), index, Ref(value))
        nodes.append(Node(id=id, operation="setitem", arguments=arguments, shape=(3,), dtype="<f8"))  # type: ignore[arg-type]
        versions.append(id)
        base = id
        for version, read in reads:
            if version == number:
                place = (Ref(id), read)
                nodes.append(Node(id=len(nodes), operation="getitem", arguments=place, dtype="<f8"))  # type: ignore[arg-type]
    return Recording(file="net.py", nodes=tuple(nodes), driven=Driven())


def test_a_write_to_every_item_forgets_the_array() -> None:
    found = without_overwritten(recording_of([(slice(None), 1), (slice(None), 1)], []))
    assert found.nodes[2].parents == found.nodes[3].parents == (1,)
    values = Program(found.nodes).run([3], {})
    np.testing.assert_array_equal(values[3], [5.0, 5.0, 5.0])


def test_writes_item_by_item_begin_again_if_nobody_reads_between() -> None:
    writes: list[tuple[object, int]] = [(0, 1), (1, 1), (2, 1)] * 2
    found = without_overwritten(recording_of(writes, []))
    assert found.nodes[5].parents == (0, 1)
    # reading an item that was written in this round is not a reason against it, reading one of the round before is
    assert without_overwritten(recording_of(writes, [(3, 0)])).nodes[5].parents == (0, 1)
    assert without_overwritten(recording_of(writes, [(3, 2)])).nodes[5].parents == (4, 1)


def test_a_write_at_an_index_that_is_not_known_ends_the_search() -> None:
    nodes = list(recording_of([(0, 1), (Ref(1), 1), (0, 1)], []).nodes)
    cut_chain(nodes, chains_of(nodes)[0])
    assert [node.parents for node in nodes[2:]] == [(0, 1), (2, 1, 1), (3, 1)]
