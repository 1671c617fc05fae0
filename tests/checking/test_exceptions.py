"""Which exceptions of a run are mistakes of the file."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.checking.check import check_file
from harness.checking.exceptions import may_be_bound_elsewhere
from harness.checking.result import Verdict
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


STANDARDISED = """import numpy as np
X = np.random.normal(size=(20, 3))
Y = np.random.normal(size=(20, 2))
X = (X - X.mean(axis=0)) / X.std(axis=0)
w = np.random.normal(size=(4, 2))
for _ in range(5):
    w -= 0.05 * X.T @ (X @ w - Y)
"""


def test_data_that_are_standardised_before_an_exception_are_not_an_update(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(STANDARDISED)
    (found,) = check_file(path).mistakes
    assert (found.id, found.place and found.place.line) == ("exception", 7)
    path.write_text(STANDARDISED.replace("(4, 2)", "(3, 2)"))
    assert check_file(path).verdict is Verdict.CORRECT


def test_a_rate_beside_a_factor_of_2_is_not_a_mean(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import numpy as np\nX = np.random.normal(size=(20, 3))\nw = np.zeros(3)\nfor _ in range(5):\n"
        "    for x in X:\n        e = np.dot(w, x) - x.sum() + x[0]\n        cost = np.sum(e ** 2)\n"
        "        w -= 0.1 * 2 * e * x\n"
    )
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    assert not result.alternatives
    assert result.cost is not None
    assert result.cost.factor is None
