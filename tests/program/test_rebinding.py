"""Which variables of a script an edit changes together, read from its text alone."""

import ast

import pytest

from harness.programs.edits.rebinding import rebound_names, rebound_validation
from harness.programs.edits.texts import Text
from harness.programs.source.places import Source


def text_and_fit(code: str) -> tuple[Text, ast.Call]:
    """a script and its first call of fit"""
    text = Text(Source(file="train.py", text=code))
    calls = [node for node in ast.walk(text.tree) if isinstance(node, ast.Call)]
    return text, next(call for call in calls if ast.unparse(call.func) == "model.fit")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("held = 3 * x\nmodel.fit(x, y, validation_data=(held, w))\n", "held"),
        ("held = x\nmodel.fit(x, y, validation_data=(held[:9], w))\nprint(held)\n", "held"),
        ("model.fit(x, y, validation_data=(held, w))\n", None),  # it comes from elsewhere
        ("held = x\nmodel.fit(x, y, validation_data=(held, w))\nheld = 0\n", None),
        ("held = x\nfor _ in range(3):\n    model.fit(x, y, validation_data=(held, w))\n", None),
        ("x = 3 * z\nmodel.fit(x, y, validation_data=(x, y))\n", None),  # they are the training inputs
    ],
)
def test_validation_inputs_are_changed_if_they_are_assigned_before_fit_alone(code, name):
    assert rebound_validation(*text_and_fit(code)) == name


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a = z[:9]\nb = z[9:]\nc = other[9:]\nmodel.fit(a, y)\n", ["a", "b"]),
        ("a, b = z[:9], z[9:]\nmodel.fit(a, y)\n", ["a", "b"]),
        ("a, b = z[:9], other[9:]\nmodel.fit(a, y)\n", ["a"]),
        ("a, b, c, d = train_test_split(z, t)\nmodel.fit(a, c)\n", ["a", "b"]),
    ],
)
def test_rows_of_one_array_are_changed_together_and_those_of_others_are_not(code, names):
    assert rebound_names(*text_and_fit(code), "x", 0) == names
