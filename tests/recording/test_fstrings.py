"""F-strings that Python reads from version 3.12 on are read by every version, and lines keep their numbers."""

import ast

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.fstrings import for_older_versions

NAMES = {"row": {"name": "Ada", "other": ""}, "parts": ["p", "q"], "width": 6, "x": 2.5}
NEW = [
    (r'''f"{row["name"]}: {', '.join(f"{one}!" for one in parts)}"''', "Ada: p!, q!"),
    (r"""f'{row['name']!r:>{width}}|{x:.2f}'""", " 'Ada'|2.50"),
    (r"""f"{'\n'.join(parts)} and {"a\tb".join(parts)}" """, "p\nq and pa\tbq"),
    ('f"{\n  x +\n  width}"', "8.5"),
    (r"""f"{f"{row["name"]}"}" 'tail' """, "Adatail"),
    (r'''f"{row["other"] or ""}{{{width}}}"''', "{6}"),
    (r'''rf"\d {row["name"]}\n"''', r"\d Ada\n"),
    (r""""a" if"a" in parts else f"{row["name"]}" """, "Ada"),
]
OLD = (
    """text = f"{row['name']}" # it's "quoted"\nother = 'don\\'t' + '''f"{x["y"]}"'''\n""",
    'print(f"{x:{width}} {{}}", f"""{row["name"]}""")',
    "text = f'{x",
)
NETWORK = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.random((20, 2))
y = X @ np.array([1.0, -1.0])
w = np.zeros(2)
history = {"loss": []}
for epoch in range(10):
    error = X @ w - y
    history["loss"].append(np.mean(error**2))
    print(f"epoch {epoch}: {history["loss"][-1]:.4f} {'\\t'.join(f"{one:.2f}" for one in w)}")
    w -= 0.1 * 2 * X.T @ error / len(X)
"""


@pytest.mark.parametrize(("text", "value"), NEW)
def test_new_fstrings_keep_their_value_and_their_lines(text, value):
    changed = for_older_versions(text)
    assert changed.count("\n") == text.count("\n")
    assert eval(changed.strip(), {}, NAMES) == value


@pytest.mark.parametrize("text", OLD)
def test_other_texts_stay_as_they_are(text):
    assert for_older_versions(text) == text


def test_a_network_that_prints_with_new_fstrings_is_judged(tmp_path):
    path = tmp_path / "network.py"
    path.write_text(NETWORK)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(NETWORK.replace("w -= 0.1", "w += 0.1"))
    result = check_file(path)
    assert [(one.id, one.place.line) for one in result.mistakes] == [("gradient-ascent", 13)]


def test_what_is_changed_is_python():
    ast.parse("\n".join(for_older_versions(text).strip() for text, _ in NEW))
