"""Names of mistakes that one fact decides between."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.checking.naming.changes import of_inserted
from harness.checking.naming.outputs import broadcast_errors
from harness.checking.result import Found, merge_by_id
from harness.recording.graph import Place


@pytest.mark.parametrize(
    ("output", "target", "error", "is_named"),
    [
        ((4, 1), (4,), (4, 4), True),
        ((4, 1), (4, 1), (4,), False),  # a part of the differences of equal shapes
        ((4, 3), (3,), (4, 3), False),  # the targets are those of every row
        ((3,), (4, 3), (4, 3), False),
    ],
)
def test_errors_larger_than_outputs_and_targets_were_broadcast_by_accident(
    output: tuple[int, ...], target: tuple[int, ...], error: tuple[int, ...], is_named: bool
) -> None:
    nodes = [SimpleNamespace(shape=shape) for shape in (output, target, error)]
    stage = SimpleNamespace(errors=[SimpleNamespace(node=2, output=0, target=1)], node=nodes.__getitem__)
    case: Any = SimpleNamespace(stage=stage, lines=lambda *_: ())
    layer: Any = None
    name = broadcast_errors(case, layer, value=layer)
    assert (name is not None and name.id == "broadcast-by-accident") is is_named


@pytest.mark.parametrize(
    ("dependent", "name"), [({7}, "delta-not-multiplied-through"), (set(), "forward-factor-missing")]
)
def test_a_factor_that_is_left_out_is_one_of_the_forward_pass_if_it_is_constant(dependent: set[int], name: str) -> None:
    case: Any = SimpleNamespace(stage=SimpleNamespace(dependent=dependent))
    repair: Any = SimpleNamespace(new=7)
    bench: Any = None
    assert of_inserted(case, bench, repair) == name


def test_a_mistake_on_several_lines_names_each_line_once() -> None:
    first, second, third = (Place(file="mine.py", line=line) for line in (3, 5, 8))
    found = (
        Found(id="wrong-derivative", place=first, others=(second,), parameters=("W1",)),
        Found(id="wrong-derivative", place=third, others=(second, first), parameters=("W2", "W1")),
        Found(id="wrong-derivative", place=None, parameters=("b1",)),
    )
    joined = Found(id="wrong-derivative", place=first, others=(second, third), parameters=("W1", "W2", "b1"))
    assert merge_by_id(found) == [joined]
