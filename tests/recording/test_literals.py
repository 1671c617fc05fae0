"""The nodes and names of a syntax tree, against Python's own walk."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.recording.literals import last_names_in, nodes_in

PACKAGE = Path(__file__).resolve().parents[2] / "harness" / "recording"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py"))[::6], ids=lambda path: path.name)
def test_the_nodes_of_a_tree_are_those_of_the_walk_in_its_order(path):
    tree = ast.parse(path.read_text())
    assert nodes_in(tree) == tuple(ast.walk(tree))


def test_the_names_of_a_tree_are_the_last_parts_of_dotted_ones():
    assert last_names_in(ast.parse("self.layers[i].forward(x)")) == {"self", "layers", "i", "forward", "x"}
