"""The serialised form of a recording."""

import io

import numpy as np
import pytest

from harness.recording.graph import (
    Absorbed,
    Check,
    Guard,
    Kind,
    Node,
    Parameter,
    Place,
    Raised,
    Recording,
    Ref,
    StandIn,
    Stop,
    Update,
)
from harness.recording.messages import read_message, recording_from_json, to_json, tree_from_json, write_message
from harness.recording.run import is_involved

PLACE = Place(file="net.py", line=3, variable="W", text="W -= g[1:, 0]")


def sent(recording):
    """The recording as it arrives on the other side of a pipe."""
    arrays = []
    document = to_json(recording, arrays)
    stream = io.BytesIO()
    write_message(stream, document, arrays)
    stream.seek(0)
    return recording_from_json(*read_message(stream))


def test_a_recording_arrives_as_it_was_sent():
    recording = Recording(
        file="net.py",
        nodes=(
            Node(id=0, operation="randn", kind=Kind.RANDOM, value=np.ones((2, 2), "f4"), shape=(2, 2), dtype="float32"),
            Node(
                id=1,
                operation="getitem",
                arguments=(Ref(0), (slice(1, None), Ellipsis, None, [0, Ref(0)])),
                keywords={"x": float("inf"), "y": np.float32(0.1), "z": 1j},
                value=(np.zeros(()), np.arange(3)),
                place=PLACE,
                names=("a", "b"),
            ),
        ),
        parameters=(Parameter(name="W", node=0, leaf=0, shape=(2, 2), updates=(0,)),),
        updates=(Update(parameter=0, iteration=0, before=0, after=1, parts=(1,), confirmed=True, place=PLACE),),
        guards=(Guard(node=0, how="bool", value=True, place=None),),
        stand_ins=(StandIn(what=Absorbed.FILE, name="a.csv", shapes=((3, 4),)),),
        raised=Raised(type="NameError", message="x", frames=(PLACE,)),
        stop=Stop.RAISED,
        check=Check.DIFFERENT,
        changed_at=PLACE,
    )
    arrived = sent(recording)
    first, second = arrived.nodes
    np.testing.assert_array_equal(first.value, np.ones((2, 2)))
    assert first.value.dtype == np.float32
    assert second.arguments == recording.nodes[1].arguments
    assert second.keywords == recording.nodes[1].keywords
    assert isinstance(second.keywords["y"], np.float32)
    assert isinstance(second.value, tuple)
    assert second.parents == (0, 0)
    for name in ("parameters", "updates", "guards", "stand_ins", "raised", "stop", "check", "changed_at", "driven"):
        assert getattr(arrived, name) == getattr(recording, name)


def test_arrays_of_objects_are_refused():
    with pytest.raises(ValueError, match="objects"):
        tree_from_json({"array": 0, "dtype": "|O", "shape": [1]}, [b"12345678"])


@pytest.mark.parametrize(
    ("operands", "place", "own", "expected"),
    [
        (("weights", "data"), Place(file="mine.py", line=2), (), True),
        (("weights", "data"), Place(file="network.py", line=7, caller=Place(file="mine.py", line=2)), (), True),
        (("weights", "data"), Place(file="network.py", line=7), (), False),
        (("weights", "data"), Place(file="network.py", line=7), (2,), True),  # it gets a name in the file
        (("weights", "data"), None, (), False),
        (("data", "data"), Place(file="mine.py", line=2), (), False),  # the file only prepares data
        (("data", "data"), Place(file="mine.py", line=2), (2,), False),
    ],
)
def test_a_file_is_involved_in_what_it_computes_with_parameters(operands, place, own, expected):
    ids = {"weights": 0, "data": 1}
    nodes = (
        Node(id=0, operation="randn", kind=Kind.RANDOM, place=Place(file="mine.py", line=1)),
        Node(id=1, operation="loadtxt", kind=Kind.DATA, place=Place(file="mine.py", line=1)),
        Node(id=2, operation="multiply", arguments=tuple(Ref(ids[one]) for one in operands), place=place),
    )
    parameters = (Parameter(name="w", node=0, leaf=0, shape=(), updates=()),)
    assert is_involved(Recording(file="mine.py", nodes=nodes, parameters=parameters), set(own)) is expected
