"""Which variables of loops are targets."""

from __future__ import annotations

import ast

import pytest

from harness.recording.targets import targets_of

CASES = {
    "for x, t in rows:\n    out = run(x)\n    error = t - out": [["t"]],
    "for x, t in rows:\n    error = run(x) - t": [["t"]],
    "for i, (x, t) in enumerate(zip(X, T)):\n    error = t + run(x[i])": [["t"]],
    "def learn(x, goal):\n    e = goal - run(x)\nfor x, t in rows:\n    learn(x, t)": [["t"]],
    "for x, t in rows:\n    if run(x) != t:\n        w = w + t * x": [["t", "x"]],
    "for x, t in rows:\n    e = t - run(x)\n    w = w + e * x\n    v[x] = 1": [["t"]],
    "for t in wanted:\n    e = t - run(t)\n    for x in row:\n        w = w + e * x": [["t"]],
    "for i in range(9):\n    k = run(i)\n    gap = i - k": [],
    "for k, size in enumerate(sizes):\n    first = run(k)\n    gap = k - first": [],
    "for x, t in rows:\n    p = run(x)\n    e = t - p\n    loss = -log(p[t])": [],
    "for n, m in sizes:\n    w = draw(n)\n    k = n - w\n    z = zeros((n, m))": [],
    "for a, b in zip(x, y):\n    total += a - b": [],
    "for w, x in zip(weights, values):\n    total += w * x": [],
    "for row in rows:\n    x, t = row\n    error = t - run(x)": [["t"]],
    "for i in range(9):\n    t = y[i]\n    error = t - run(x[i])": [["t"]],
    "for row in rows:\n    t = row[0] or row[1]\n    out = run(row)\n    error = t - out": [["t"]],
    "for row in rows:\n    out = 1 if run(row) else 0\n    gap = out - run(row)": [],
    "for row in rows:\n    a, b = row\n    total += a - b": [],
}
ITEMS = {
    "for i in range(9):\n    out = run(x[i])\n    error = y[i] - out": ["y[i]"],
    "for row in rows:\n    error = row[-1] - run(row)": ["row[-1]"],
    "for i in range(9):\n    w += (y[i] - run(x[i])) * x[i]\n    b += y[i] - run(x[i])": ["x[i]"] * 3 + ["y[i]"] * 2,
    "def learn(x, goal):\n    e = goal - run(x)\nfor i in range(9):\n    learn(x[i], y[i])": ["y[i]"],
    "for i in range(9):\n    out[i] = run(i)\n    gap = out[i] - mean()": [],
    "for i in range(9):\n    total = total + y[i]": [],
    "for i in range(9):\n    p = run(x[i])\n    gap = y[i] - p\n    loss = log(q[y[i]])": [],
    "for i in range(9):\n    gap = a[i] - b[i]": [],
}


@pytest.mark.parametrize(("text", "names"), CASES.items())
def test_targets_are_what_is_compared_with_outputs_and_counts_nothing(text: str, names: list[list[str]]) -> None:
    assert list(targets_of(ast.parse(text)).named.values()) == names


@pytest.mark.parametrize(("text", "items"), ITEMS.items())
def test_items_are_targets_if_outputs_are_subtracted_from_them(text: str, items: list[str]) -> None:
    assert sorted(ast.unparse(one) for one in targets_of(ast.parse(text)).items) == items
