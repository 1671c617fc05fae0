"""Files of Python 2 are read as they were run: their statements, names and quotients; lines stay as they are."""

import ast
import json

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording import python_2
from harness.recording.python_2 import from_python_2, is_python
from harness.recording.source import MAX_BYTES

LAYERS = """\
import numpy as np


def sigmoid(z):
    if z is None:
        print "no input"
    return 1 / (1 + np.exp(-z))
"""
NETWORK = """\
import numpy as np
import layers

np.random.seed(1)
X = np.random.randn(8, 3)
y = (X.sum(axis=1, keepdims=True) > 0) * 1.0
W = np.random.randn(3, 1)
m = X.shape[0]
costs = {}
for i in xrange(20):
    a = layers.sigmoid(np.dot(X, W))
    cost = -(1.0 / m) * np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
    dW = (1.0 / m) * np.dot(X.T, a - y)
    W -= 0.5 * dW
    if i % 10 == 0 and not costs.has_key(i): print "cost", cost
"""


STEP, WHOLE_STEP = "dW = (1.0 / m)", "dW = (1 / m)"


def in_both(text):
    """A text without what Python 3 cannot read."""
    return (
        text.replace('print "no input"', "pass").replace('print "cost", cost', "pass").replace("costs.has_key(i)", "i")
    )


@pytest.fixture
def checked(tmp_path):
    """Checks a network, whose module lies beside it."""

    def check(text, layers=LAYERS):
        (tmp_path / "layers.py").write_text(layers)
        path = tmp_path / "network.py"
        path.write_text(text)
        return check_file(path)

    return check


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("print 'a', b,", "print('a', b, end=' ')"),
        ("print ('a %d' %\n  b), c  # why", "print(('a %d' %\n  b), c)  # why"),
        ("try:\n\tpass\nexcept (A, B), e:\n        print e", "except (A, B) as e:\n        print(e)"),
        ("raise A, 'no'", "raise A('no')"),
        ("exec code in names", "exec(code, names)"),
        ("print `a` <> 0777", "print(repr(a) != 0o777)"),
        ("print d.keys()[0], unicode(x), 12L", "print(list(d.keys())[0], str(x), 12)"),
        ("a = zip(x, y); print map(int, raw_input())", "a = list(zip(x, y)); print(list(map(int, input())))"),
        ("import cPickle\nprint cPickle.load(f)", "import pickle\nprint(pickle.load(f))"),
        ("from urllib import urlretrieve; print 1", "from urllib.request import urlretrieve; print(1)"),
        ("from urllib import urlopen, quote; print 1", "print(1)"),
        ("from itertools import izip, chain\nprint izip(x)", "from itertools import chain\nprint(zip(x))"),
        ("def f(a, (b, c)):\n    '''x'''\n    print b", "    '''x'''"),
        ("print '%s' \\\n    % a", "print('%s' \\\n    % a)"),
        (
            "from __future__ import print_function\nprint('a', end='')\ntry: pass\nexcept A, e: pass",
            "print('a', end='')",
        ),
    ],
)
def test_every_line_stays_in_its_place(old, new):
    text = from_python_2(old)
    ast.parse(text)
    assert new in text
    assert text.count("\n") == old.count("\n")


def test_what_is_not_python_stays_refused():
    assert from_python_2("print 'a'\nif x = 1 then\n") is None


def test_a_network_of_python_2_is_judged_with_its_module(checked):
    result = checked(NETWORK)
    assert result.verdict is Verdict.CORRECT
    assert [(id, detail) for id, _, detail in result.notes] == [("python-2", "network.py")]


def test_a_whole_quotient_is_found_at_its_line(checked):
    """1 / 8 is 0 in Python 2, so that W never changes."""
    (found,) = checked(NETWORK.replace(STEP, WHOLE_STEP)).mistakes
    assert (found.place.line, found.place.text) == (13, "dW = (1 / m) * np.dot(X.T, a - y)")


def test_a_quotient_in_place_is_whole_too(checked):
    text = NETWORK.replace("costs = {}", "costs, rate = {}, 1; rate /= m")
    (found,) = checked(text.replace(STEP, "dW = rate")).mistakes
    assert found.place.line == 13


def test_quotients_are_those_of_python_3_if_the_file_says_so(checked):
    text = "from __future__ import division\n" + NETWORK.replace(STEP, WHOLE_STEP)
    assert checked(text).verdict is Verdict.CORRECT


def test_a_module_that_python_3_can_read_has_whole_quotients_too(checked):
    layers = "import cPickle\n" + in_both(LAYERS) + "\n\ndef mean(total, n):\n    return 1 / n * total\n"
    text = NETWORK.replace("(1.0 / m) * np.dot(X.T, a - y)", "layers.mean(np.dot(X.T, a - y), m)")
    (found,) = checked(text, layers).mistakes
    assert ("layers.py", 12) in {place.site for place in (found.place, *found.others)}


def test_a_name_that_only_python_2_has_is_enough(checked):
    text = in_both(NETWORK).replace(STEP, WHOLE_STEP)
    (found,) = checked(text).mistakes
    assert found.place.line == 13
    assert checked(f"xrange = range\n{text}", in_both(LAYERS)).verdict is Verdict.CORRECT


def test_the_first_line_of_a_script_is_enough(checked):
    text = in_both(NETWORK).replace(STEP, WHOLE_STEP).replace("xrange", "range")
    assert checked(f"#!/usr/bin/env python2.7\n{text}", in_both(LAYERS)).verdict is Verdict.MISTAKE
    assert checked(f"#!/usr/bin/env python\n{text}", in_both(LAYERS)).verdict is Verdict.CORRECT


DEEP = f"import network\nx = {'-' * 100_000}1\n"  # more than the parser's stack holds


@pytest.mark.slow
def test_what_cannot_be_parsed_beside_a_file_is_left_alone(checked, tmp_path):
    (tmp_path / "deep.py").write_text(DEEP)
    with (tmp_path / "large.py").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    assert checked(in_both(NETWORK), in_both(LAYERS)).verdict is Verdict.CORRECT


def test_what_is_nested_too_deeply_is_not_converted(monkeypatch):
    monkeypatch.setattr(python_2, "_converter", pytest.fail)  # would take seconds, and leave it as deep
    assert from_python_2(DEEP) is None
    assert not is_python(DEEP)


@pytest.mark.slow
def test_a_text_that_nobody_wrote_is_not_converted():
    line = "print 'x'\n"
    assert from_python_2(line * 10) is not None
    assert from_python_2(line * 30_000) is None


def test_the_kernel_of_a_notebook_is_enough(tmp_path):
    text = in_both(NETWORK).replace(STEP, WHOLE_STEP).replace("xrange", "range").replace("import layers", "")
    cells = ["%matplotlib inline", text.replace("layers.sigmoid(np.dot(X, W))", "1 / (1 + np.exp(-np.dot(X, W)))")]
    document = {
        "cells": [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells],
        "metadata": {"kernelspec": {"name": "python2"}},
        "nbformat": 4,
    }
    path = tmp_path / "network.ipynb"
    path.write_text(json.dumps(document))
    (found,) = check_file(path).mistakes
    assert (found.place.cell, found.place.cell_line) == (2, 13)


def test_texts_stay_texts_and_modules_that_set_the_encoding_are_loaded(checked):
    words = 'import sys\nreload(sys)\nsys.setdefaultencoding("utf8")\nLETTERS = "a b".encode("utf-8") + " c"\n'
    third = "import layers\nassert layers.LETTERS.decode('utf-8').split(' ')[2] == 'c'"
    network = NETWORK.replace("import layers", third)
    assert checked(network, words + LAYERS).verdict is Verdict.CORRECT
    alone = in_both(NETWORK).replace("xrange", "range")
    assert checked(alone, in_both(words + LAYERS)).verdict is Verdict.CORRECT


def test_an_answer_that_is_a_number_is_enough(checked):
    text = in_both(NETWORK).replace("xrange(20)", "range(input('how often: '))").replace(STEP, WHOLE_STEP)
    (found,) = checked(text, in_both(LAYERS)).mistakes
    assert found.place.line == 13  # 1 / m is 0 in Python 2


ROWS = """\
import csv
w, b = 0.1, 0.2
for epoch in range(9):
    for x, t in csv.reader(open("rows.csv", "rb")):
        error = float(t) - (w * float(x) + b)
        w = w + 0.1 * error * float(x)
        b = b + 0.1 * error
    print epoch, w, b
"""


def test_a_table_that_is_opened_as_binary_is_read_as_text(tmp_path):
    (tmp_path / "rows.csv").write_text("0.5,1.0\n-0.4,0.3\n0.7,1.2\n")
    path = tmp_path / "line.py"
    path.write_text(ROWS)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(ROWS.replace("b + 0.1", "b - 0.1"))
    assert check_file(path).verdict is Verdict.MISTAKE


TURNED_ROUND = """\
import numpy as np

np.random.seed(1)
X, y = np.random.randn(12, 3), np.random.randn(12, 1)
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
for i in xrange(20):
    z = np.dot(X, W)
    is_off = z <= 0
    h = z.copy()
    h[is_off] = 0.0
    error = np.dot(h, V) - y
    dz = np.dot(error, V.T)
    dz[{off}] = 0.0
    W -= 0.01 * np.dot(X.T, dz)
    V -= 0.01 * np.dot(h.T, error)
    if i % 10 == 0: print np.sum(error ** 2) / 2
"""


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("off", "verdict"),
    [("-(-is_off)", Verdict.CORRECT), ("-is_off", Verdict.MISTAKE), ("is_off - (z > z)", Verdict.CORRECT)],
)
def test_truth_values_could_be_negated_and_subtracted(off, verdict, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(TURNED_ROUND.format(off=off))
    result = check_file(path)
    assert result.verdict is verdict, result
    assert not result.exception


BATCHES = """\
from __future__ import print_function
import numpy as np
np.random.seed(1)
X = np.random.randn(30, 3)
y = np.dot(X, np.array([[1.0], [-2.0], [0.5]]))
w = np.random.randn(3, 1)
for epoch in range(3):
    for batch in range(len(X) / 8):
        rows, wanted = X[batch * 8 : (batch + 1) * 8], y[batch * 8 : (batch + 1) * 8]
        out = np.dot(rows, w)
        w -= 0.1 * np.dot(rows.T, out - wanted) / len(rows)
    print("cost", np.mean((np.dot(X, w) - y) ** 2), end=" ")
"""


@pytest.mark.parametrize(
    ("text", "is_old"),
    [
        (BATCHES, True),
        ("first = rows[:, 3 * m / 4 :]", True),
        ("first = rows[: m / 4]\nlast = f'{m}'", False),
        ("from __future__ import division\nfirst = rows[: m / 4]", False),
        ("first = rows[: m // 4]\nhalf = range(int(m / 2))\nsome = rows[: round(m / 3)]", False),
        ("part = table.loc[low / 2 : high / 2]", False),
        ("for i in range(n / 2):\n    print(i, end=' ')", False),
        ("def halves(n):\n    return range(n / 2)\ndef train(n):\n    return n\ntrain(3)", False),
        ("def halves(n):\n    return range(n / 2)\ndef train(n):\n    return halves(n)\ntrain(3)", True),
        ("def halves(n):\n    return range(n / 2)", True),
    ],
)
def test_a_quotient_that_counts_is_enough(text, is_old):
    assert python_2.counts_by_quotients(text) is is_old


def test_a_range_of_a_quotient_is_run_as_in_python_2(checked):
    result = checked(BATCHES)
    assert result.verdict is Verdict.CORRECT
    assert [(id, detail) for id, _, detail in result.notes if id == "python-2"] == [("python-2", "network.py")]
    (found,) = checked(BATCHES.replace("out - wanted", "wanted - out")).mistakes
    assert found.place.line == 11


def test_a_division_that_the_recorder_does_is_old_too():
    woven = ast.parse("range(__harness__.by_float('truediv', n, size / 2))")
    assert ast.unparse(python_2.with_old_division(woven)) == "range(__old_quotient__(n, __old_quotient__(size, 2)))"
