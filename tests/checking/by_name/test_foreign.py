"""Somebody's file at arm's length: what it prints, raises, ends, hogs and writes to; which modules it sees."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import numpy as np
import pytest

from harness.checking.by_name import foreign, worker
from harness.checking.by_name.foreign import Child, Gone
from harness.checking.by_name.judge import check_file, options

CORRECT = """
import numpy as np

def forward(weights, x):
    a = [x]
    for w in weights:
        a.append(1 / (1 + np.exp(-(np.hstack([np.ones((len(x), 1)), a[-1]]) @ w))))
    return a[1:]
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def call(path, function="f", arguments=(), **limits):
    with Child(path, [function], **limits) as child:
        assert child.raised is None, child.raised
        return child.call(function, list(arguments)), child


@pytest.mark.parametrize(
    "tree",
    [
        np.arange(6.0).reshape(2, 3),
        [np.ones(2), (np.zeros((0, 3)), {"W1": np.float32([1.5])})],
        {"a": [1, 2.5, None, "text", True]},
        np.asarray(3),
        [],
    ],
)
def test_a_tree_comes_back_as_it_was(tree):
    def same(a, b):
        if isinstance(a, np.ndarray):
            return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b)
        if isinstance(a, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
        if isinstance(a, (list, tuple)):
            return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
        return a == b

    assert same(tree, worker.decode(*worker.encode(tree)))


def test_prints_are_kept_apart(write):
    reply, child = call(
        write("print('loading')\ndef f(x):\n    print('calling', x.shape)\n    return x + 1"), arguments=[np.ones(2)]
    )
    assert np.array_equal(reply.result, [2, 2])
    deadline = time.monotonic() + 5
    while "calling" not in child.output and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.output.split() == ["loading", "calling", "(2,)"]


def test_prints_without_end_neither_block_nor_fill_the_memory(write):
    text = "def f(x):\n    for _ in range(200_000):\n        print('x' * 100)\n    return x"
    reply, child = call(write(text), arguments=[np.ones(1)])
    assert np.array_equal(reply.result, [1])
    assert len(child.output) <= foreign.MOST_OUTPUT


def test_a_traceback_has_the_files_own_lines_only(write):
    path = write(
        "import numpy as np\n\ndef f(x):\n    return helper(x)\n\ndef helper(x):\n    return np.linalg.inv(x)\n"
    )
    reply, _ = call(path, arguments=[np.zeros((2, 3))])
    assert reply.raised.type == "LinAlgError"
    assert [(at["line"], at["function"]) for at in reply.raised.lines] == [(4, "f"), (7, "helper")]
    assert "mine.py, line 7, in helper: return np.linalg.inv(x)" in str(reply.raised)


def test_a_syntax_error_is_shown_with_its_line(write):
    with Child(write("def f(x:\n    pass\n"), ["f"]) as child:
        assert child.raised.type == "SyntaxError"
        assert child.raised.lines[-1]["line"] == 1


@pytest.mark.parametrize("end", ["sys.exit(3)", "raise SystemExit", "raise KeyboardInterrupt", "exit()"])
def test_an_exit_is_told_and_survived(write, end):
    path = write(f"import sys\ndef f(x):\n    if x[0] > 0:\n        {end}\n    return x")
    with Child(path, ["f"]) as child:
        assert child.call("f", [np.ones(1)]).raised.type in ("SystemExit", "KeyboardInterrupt")
        assert np.array_equal(child.call("f", [np.zeros(1)]).result, [0])


@pytest.mark.parametrize(("end", "how"), [("os._exit(7)", "exit code 7"), ("os.kill(os.getpid(), 9)", "SIGKILL")])
def test_the_end_of_the_process_is_told(write, end, how):
    with pytest.raises(Gone, match=f"ended the whole process in f .{how}"):
        call(write(f"import os\ndef f():\n    {end}"))


def test_an_endless_loop_ends_at_the_time_limit_and_leaves_nothing_running(write):
    path = write(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "def f():\n    while True:\n        pass\n"
    )
    started = time.monotonic()
    with pytest.raises(Gone, match="not done after 1 s, in f"), Child(path, ["f"], seconds=1) as child:
        child.call("f", [])
    assert time.monotonic() - started < 5
    left = subprocess.run(["ps", "-o", "stat=", "-g", str(child.process.pid)], capture_output=True, text=True)
    assert [state for state in left.stdout.split() if not state.startswith("Z")] == []  # Z is dead, only not yet buried


def test_memory_is_limited(write):
    pytest.importorskip("resource")
    reply, _ = call(write("def f():\n    return bytearray(3 * 2**30) and 1"), megabytes=2048)
    assert reply.raised.type == "MemoryError"


def test_input_is_empty(write):
    reply, _ = call(write("def f():\n    return input()"))
    assert reply.raised.type == "EOFError"


def test_writing_into_an_argument_is_found(write):
    path = write("def f(a, b):\n    b[0][0] += 1\n    return a")
    reply, _ = call(path, arguments=[np.ones(2), [np.ones(2)]])
    assert list(reply.changed) == [1]


def test_lists_of_numbers_in_place_of_arrays(write):
    path = write("def f(w):\n    return [[type(v).__name__ for v in row] for row in w][0][0], w[0] + w[1]")
    with Child(path, ["f"]) as child:
        name, joined = child.call("f", [np.ones((2, 2))], plain=True).result
    assert name == "float"
    assert np.array_equal(joined, [1, 1, 1, 1])


def test_a_pickle_from_the_child_is_never_loaded(write):
    """Whatever the file returns, only arrays, numbers and texts come over."""
    path = write("class Bomb:\n    def __reduce__(self):\n        return (exit, ())\ndef f():\n    return [Bomb(), 1]")
    reply, _ = call(path)
    assert len(reply.result) == 2


@pytest.mark.parametrize("name", ["models", "harness", "mistakes", "layout"])
def test_modules_of_ours_and_of_the_files_folder_do_not_meet(write, name):
    """A module of the file's own, named like one of ours, is the one it gets; and the check still has ours."""
    write("def squash(z):\n    import numpy as np\n    return 1 / (1 + np.exp(-z))\n", f"{name}.py")
    path = write(
        CORRECT.replace("import numpy as np\n", f"import numpy as np\nfrom {name} import squash\n", 1).replace(
            "1 / (1 + np.exp(-(", "squash(((", 1
        )
    )
    report = check_file(path)
    assert (report.verdict, report.mistakes) == ("correct", []), report.explanations


def test_a_folder_named_models_beside_the_file(write, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("")
    (tmp_path / "models" / "net.py").write_text(CORRECT)
    assert check_file(write("from models.net import forward\n")).verdict == "correct"


def test_none_of_our_modules_is_in_the_child(write):
    path = write(
        "import sys\ndef f():\n    return [m for m in sys.modules if m.split('.')[0] in ('harness', 'models')]"
    )
    assert call(path)[0].result == []


def test_the_worker_needs_no_more_than_numpy():
    """It is started by path, so its imports tell."""
    text = foreign.WORKER.read_text()
    assert "from ." not in text
    assert "import harness" not in text
    code = f"import runpy, sys; runpy.run_path({str(foreign.WORKER)!r}); print('tensorflow' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("import sys\nsys.exit(1)", "sys.exit(1)"),
        ("import os\nos._exit(1)", "exit code 1"),
        ("1 / 0", "ZeroDivisionError"),
        ("", "offers none of"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("def cost(a, y):\n    return 1", "Its cost alone is not enough"),
        ("def forward(weights, x):\n    return 'nothing'", "nothing of the right shape"),
        ("def forward(weights, x):\n    raise RuntimeError('not today')", "not today"),
    ],
)
def test_a_file_that_cannot_be_judged_is_an_error_with_a_plain_word(write, text, word):
    report = check_file(write(text), options())
    assert report.verdict == "error"
    assert word in " ".join(report.explanations)


def test_a_file_that_never_ends_is_an_error_with_a_plain_word(write):
    report = check_file(write("while True:\n    pass"), options(seconds=2))
    assert report.verdict == "error"
    assert "not done after 2 s" in " ".join(report.explanations)


# What the child makes of what a function returns, here in this process


class Tensor:
    """As PyTorch's: an array comes out by two methods."""

    def __init__(self, value):
        self.value = value

    def detach(self):
        return Tensor(self.value)

    def numpy(self):
        return np.asarray(self.value)


class Layer:
    def __init__(self):
        self.w, self.name = [1.0, 2.0], "first"


class Slotted:
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, None),
        ("text", "text"),
        (True, True),
        (3, np.array(3)),
        (np.float32(0.5), np.array(0.5, np.float32)),
        ([1, 2.5], np.array([1, 2.5])),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([[1, 2], [3]], [np.array([1, 2]), np.array([3])]),
        ([], []),
        (range(3), np.array([0, 1, 2])),
        (iter([1.0, 2.0]), np.array([1.0, 2.0])),
        ((np.ones(2), 1), (np.ones(2), np.array(1))),
        ({1: [2.0]}, {"1": np.array([2.0])}),
        (np.array([np.ones(2), np.ones(3)], object), [np.ones(2), np.ones(3)]),
        (np.array([[1, 2], [3, 4]], object), np.array([1, 2, 3, 4])),
        (Tensor([1.0, 2.0]), np.array([1.0, 2.0])),
        (Layer(), {"w": np.array([1.0, 2.0]), "name": "first"}),
        (Slotted(), "<Slotted>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_returned_becomes_a_tree(value, wanted):
    found = worker.to_tree(value)
    assert type(found) is type(wanted)
    assert worker.same(found, wanted)


def test_lists_in_lists_are_followed_to_some_depth_only():
    endless = []
    endless.append(endless)
    found, depth = worker.to_tree(endless), 0
    while isinstance(found, list):
        (found,), depth = found, depth + 1
    assert (found, depth) == ("<list>", worker.DEEPEST)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), True),
        (np.array([1, 2]), np.array([1, 3]), False),
        (np.ones(2), np.ones((1, 2)), False),
        (float("nan"), float("nan"), True),
        (float("nan"), 1.0, False),
        ([1, [2, 3]], (1, [2, 3]), True),
        ([1, 2], [1, 2, 3], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 2}, False),
        ("x", "x", True),
        ("x", None, False),
    ],
)
def test_trees_are_the_same_where_their_numbers_are(left, right, equal):
    assert worker.same(left, right) is equal
    assert worker.same(right, left) is equal


def test_parameters_by_position_only():
    def function(a, /, b, c=1, *many, d=2, **named):
        pass

    found = [(p["name"], p["default"], p["many"]) for p in worker.parameters(function)]
    assert found == [("a", False, False), ("b", False, False), ("c", True, False), ("many", False, True)]
    assert worker.parameters(dict) == []  # which has no signature


def test_the_child_ends_by_itself_when_nobody_asks_any_more(write):
    """Whatever the file started: its threads do not keep the child alive."""
    path = write(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\ndef f(x):\n    return x"
    )
    requests = io.BytesIO()
    worker.write(requests, {"do": "load", "names": ["f", "g"]})
    worker.write(requests, {"do": "call", "function": "f", "plain": True, "twice": True}, [np.ones(2)])
    worker.write(requests, {"do": "call", "function": "g", "plain": False, "twice": False}, [])
    command = [sys.executable, str(foreign.WORKER), str(path), "0"]
    done = subprocess.run(command, input=requests.getvalue(), capture_output=True, timeout=60, check=True)
    answers = io.BytesIO(done.stdout)
    (loaded, _, _), (called, tree, arrays), (failed, _, _) = (worker.read(answers) for _ in range(3))
    assert loaded == {"functions": {"f": [{"name": "x", "default": False, "many": False}]}}
    assert called == {"changed": []}
    assert np.array_equal(worker.decode(tree, arrays)["again"], [1.0, 1.0])
    assert failed["error"]["type"] == "KeyError"
    with pytest.raises(EOFError):
        worker.read(answers)


def test_what_is_no_python_file_is_not_loaded(tmp_path):
    (tmp_path / "mine.txt").write_text("x = 1")
    with pytest.raises(ImportError, match=r"mine\.txt is not a Python file"):
        worker.load(tmp_path / "mine.txt", ["f"])
