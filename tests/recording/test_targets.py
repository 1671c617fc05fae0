"""Which variables of loops are targets."""

from __future__ import annotations

import ast

import pytest

from harness.recording.targets import looped_targets

CASES = {
    "for x, t in rows:\n    out = run(x)\n    error = t - out": [["t"]],
    "for x, t in rows:\n    error = run(x) - t": [["t"]],
    "for i, (x, t) in enumerate(zip(X, T)):\n    error = t + run(x[i])": [["t"]],
    "def learn(x, goal):\n    e = goal - run(x)\nfor x, t in rows:\n    learn(x, t)": [["t"]],
    "for x, t in rows:\n    if run(x) != t:\n        w = w + t * x": [["t"]],
    "for i in range(9):\n    k = run(i)\n    gap = i - k": [],
    "for k, size in enumerate(sizes):\n    first = run(k)\n    gap = k - first": [],
    "for x, t in rows:\n    p = run(x)\n    e = t - p\n    loss = -log(p[t])": [],
    "for n, m in sizes:\n    w = draw(n)\n    k = n - w\n    z = zeros((n, m))": [],
    "for a, b in zip(x, y):\n    total += a - b": [],
    "for w, x in zip(weights, values):\n    total += w * x": [],
}


@pytest.mark.parametrize(("text", "names"), CASES.items())
def test_targets_are_what_is_compared_with_outputs_and_counts_nothing(text: str, names: list[list[str]]) -> None:
    assert list(looped_targets(ast.parse(text)).values()) == names
