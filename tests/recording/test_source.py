"""What is read of a user's text before it runs."""

from __future__ import annotations

import ast

from harness.recording.source import function_names

TEXT = """\
class Net:
    @staticmethod
    def slope(z):
        return [[1 if one > 0 else 0 for one in row] for row in z]

    def fit(self, x):
        def step():
            return max(w * w for w in self.w), lambda: {w for w in self.w}
        return step()

masks = {name: 0 for name in "ab"}
"""


def test_a_function_has_the_name_that_python_gives_it_and_a_comprehension_that_of_its_function():
    assert function_names(ast.parse(TEXT)) == {
        (1, "Net"): "Net",
        (2, "slope"): "Net.slope",
        (4, "<listcomp>"): "Net.slope",
        (6, "fit"): "Net.fit",
        (7, "step"): "Net.fit.<locals>.step",
        (8, "<genexpr>"): "Net.fit.<locals>.step",
        (8, "<lambda>"): "Net.fit.<locals>.step.<locals>.<lambda>",
        (8, "<setcomp>"): "Net.fit.<locals>.step.<locals>.<lambda>",
        (11, "<dictcomp>"): "<module>",
    }
