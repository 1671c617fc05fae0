"""The notebook in docs/examples, executed cell by cell as Jupyter does."""

import ast
import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def shown_by(source, names):
    """Run a cell; the HTML or text of its last expression, None if it ends with something else."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)


@pytest.mark.slow
def test_the_notebook_runs_and_shows_figures(monkeypatch, capsys):
    monkeypatch.chdir(EXAMPLES)
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text())
    names = {}
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    shown = [shown_by(cell, names) for cell in cells]
    compared, swept, checked, mistakes = [shown[place] for place in (1, 3, 4, 5)]
    # a chart of the cost, three rows of weights and a drawing of the network, the charts for each of two initializers
    assert compared.count("<svg") == 1 + 3 * 2 + 2
    assert swept.count("<svg") == 1
    assert '<div class="wrong">' in checked
    assert mistakes == "[('missing-hidden-activation-derivative', 22)]"
    assert capsys.readouterr().out == "True 0.4\n"
