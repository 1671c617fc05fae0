"""Which exceptions of a run are mistakes of the file."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import Any

import pytest

from harness.checking.exceptions import may_be_bound_elsewhere
from harness.recording.graph import Absorbed, Place, Raised

ON_A_BRANCH = """
def train(asked):
    if asked:
        rate = 0.1
    return rate
"""
IN_ANOTHER_FUNCTION = """
def prepare():
    rate = 0.1

def train():
    return rate
"""


@pytest.mark.parametrize(
    ("text", "line", "stand_ins", "expected"),
    [
        (ON_A_BRANCH, 5, [Absorbed.INPUT], True),
        (ON_A_BRANCH, 5, [], False),  # the branch was not taken for reasons of the file
        (IN_ANOTHER_FUNCTION, 6, [Absorbed.INPUT], False),
        (IN_ANOTHER_FUNCTION.replace("    rate", "    global rate\n    rate"), 7, [Absorbed.INPUT], True),
        ("from own import *\n" + IN_ANOTHER_FUNCTION, 7, [Absorbed.INPUT], True),
    ],
)
def test_a_name_may_have_been_given_a_value_on_a_branch_that_a_made_up_answer_kept_from_running(
    text: str, line: int, stand_ins: list[Absorbed], expected: bool
) -> None:
    recording: Any = SimpleNamespace(stand_ins=[SimpleNamespace(what=what) for what in stand_ins])
    sources: Any = SimpleNamespace(trees={"net.py": ast.parse(text)})
    frames = (Place(file="net.py", line=line),)
    raised = Raised(type="NameError", message="name 'rate' is not defined", frames=frames)
    assert may_be_bound_elsewhere(recording, raised, sources) is expected
