"""What files and their authors cannot do: run code in this process, leave the log folder, steer the terminal."""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from harness import BadInput, board
from harness.board import server
from harness.callbacks import NeuronHistograms
from harness.cli import main as cli
from harness.programs import model_files as source
from tests.network_files import write_file
from tests.processes import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "harness").rglob("*.py"), *(ROOT / "models").rglob("*.py")])


# What runs somebody's program on purpose: everything of recording/ but what the parent process uses runs in the child
# process; a Keras script runs in this one, in a copy of its folder, as SECURITY.md says.
IN_THE_PARENT = {"graph.py", "record.py", "source.py", "signatures.py", "parameters.py", "__init__.py"}
RUNS_PROGRAMS = {
    path
    for path in SOURCES
    if path.is_relative_to(ROOT / "harness" / "recording")
    and (path.parent != ROOT / "harness" / "recording" or path.name not in IN_THE_PARENT)
} | {ROOT / "harness" / "programs" / "capture" / "script.py", ROOT / "harness" / "backends" / "definitions.py"}


# By reading

# what was pickled for it by the process that started it, on a worker of the user's own Ray cluster, which pickles too
UNPICKLES = {ROOT / "harness" / "diagnosis" / "cluster.py"}
UNPICKLING = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
EVALUATING = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
LOADING = ("enable_unsafe_deserialization", "load_weights", "model_from_json", "from_pickle")
RUNNING = ("import_module", "exec_module", "run_path", "run_module")
# only files with one of these words are read as Python, which would take seconds for all of them
WORDS = re.compile(
    "|".join([*UNPICKLING, *EVALUATING, *LOADING, *RUNNING, "shell", "np.load", "numpy.load", "load_model"])
)


@functools.cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All nodes of a file; none if it has none of the words that these tests are about."""
    text = path.read_text()
    return list(ast.walk(ast.parse(text))) if WORDS.search(text) else []


def calls(path: Path):
    """(name as it is written, keywords) of every call in a file."""
    for node in nodes_of(path):
        if isinstance(node, ast.Call):
            yield written(node.func), {k.arg: written(k.value) for k in node.keywords}


def is_evaluating(call: ast.Call) -> bool:
    """Whether a call runs a text."""
    return written(call.func) in EVALUATING


def written(node: ast.AST) -> str:
    """A name, a dotted name or a constant as it is written; "?" stands for any other expression."""
    if isinstance(node, ast.Attribute):
        return f"{written(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else repr(node.value) if isinstance(node, ast.Constant) else "?"


def test_nothing_unpickles_or_evaluates():
    for path in sorted({*SOURCES} - RUNS_PROGRAMS):
        modules = [alias.name for node in nodes_of(path) if isinstance(node, ast.Import) for alias in node.names]
        modules += [node.module or "" for node in nodes_of(path) if isinstance(node, ast.ImportFrom)]
        assert bool({m.split(".")[0] for m in modules} & UNPICKLING) == (path in UNPICKLES), path
        evaluated = [node.args for node in nodes_of(path) if isinstance(node, ast.Call) and is_evaluating(node)]
        # an empty text makes Python forget an interrupt
        assert all([written(one) for one in arguments] == ["''"] for arguments in evaluated), path
        for name, keywords in calls(path):
            assert "shell" not in keywords, path
            if name.endswith(("np.load", "numpy.load")):
                assert keywords.get("allow_pickle") == "False", path
            if name.endswith("load_model"):
                assert keywords.get("safe_mode") == "True", path
            assert not name.endswith(LOADING), (path, name)


def test_modules_are_run_by_name_only_where_the_user_names_them():
    """The child runs a file; ``module:function`` is the user's own code, and the help says that it runs here."""
    runs = {
        str(path.relative_to(ROOT))
        for path in {*SOURCES} - RUNS_PROGRAMS
        for name, _ in calls(path)
        if name.endswith(RUNNING)
    }
    assert runs == {
        "harness/cli/main.py",  # commands, by names from a table
        "harness/programs/model_files.py",
        "harness/programs/capture/made_up.py",  # readers of scipy and keras
        "harness/programs/capture/made_up_folders.py",  # loaders of keras that read folders
        "harness/programs/capture/made_up_sets.py",  # data sets of keras and sklearn
        "harness/programs/old_versions/names.py",  # of keras alone, under its names of earlier versions
        "harness/programs/capture/snippets.py",  # usual imports that a snippet lacks, from a table
        "harness/report/registering.py",  # modules of that package, by the names that report/ writes
    }


# By trying


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.py"):
        return write_file(tmp_path / name, text)

    return write


def test_a_class_of_one_s_own_in_a_keras_file_is_refused_without_running(tmp_path):
    fuse = tmp_path / "fuse"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    config["config"]["layers"][-1] |= {"module": "os", "class_name": "system", "registered_name": None}
    config["config"]["layers"][-1]["config"] = {"command": f"touch {fuse}"}
    files["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "evil.keras", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(BadInput, match="cannot be loaded") as caught:
        source.load(str(tmp_path / "evil.keras"))
    assert len(str(caught.value).splitlines()) == 1
    assert not fuse.exists()


def test_a_keras_file_that_would_make_a_model_larger_than_memory_is_refused_unmade(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)]).save(tmp_path / "m.keras")
    assert source.load(str(tmp_path / "m.keras")).count_params() == 2 * 3 + 3 + 3 + 1
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "large.keras", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content.replace(b'"units": 3', b'"units": 3000000000'))
    with pytest.raises(BadInput, match="has units 3000000000, and its weights have not"):
        source.load(str(tmp_path / "large.keras"))


ELSEWHERE = """
import os
os.environ["LEFT_BEHIND"] = "1"
import builtins
builtins.left_behind = 1
raise RuntimeError(f"not today, says process {os.getpid()}")
"""


def own_traces() -> tuple[object, ...]:
    """What a file that ran in this process would have left."""
    import builtins

    return os.environ.get("LEFT_BEHIND"), getattr(builtins, "left_behind", None), sys.modules.get("mine")


@pytest.mark.parametrize(("command", "code"), [(["check"], 3), (["diagnose", "--no-log"], 3)])
def test_somebody_s_file_runs_in_a_child_only(write, command, code, tmp_path, capsys):
    path = write(ELSEWHERE)
    before = own_traces()  # other tests have modules of that name
    assert cli.main([*command, str(path)]) == code
    told = re.search(r"says\s+process\s+(\d+)", "".join(capsys.readouterr()))
    assert told is not None
    assert int(told[1]) != os.getpid()
    assert own_traces() == before


@pytest.mark.slow
def test_under_pytest_too(write, tmp_path):
    path = write(ELSEWHERE)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--backprop", str(path)]
    started = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=os.environ)
    out, _ = started.communicate(timeout=PATIENCE)
    assert (started.returncode, "1 skipped" in out) == (0, True), out
    told = re.search(r"says\s+process\s+(\d+)", out)
    assert told is not None, out
    assert int(told[1]) != started.pid


def test_a_file_cannot_steer_the_terminal(write, capsys):
    path = write("print('\\x1b]0;title\\x07\\x1b[2J')\nraise ValueError('\\x1b[31m\\u202e')", "\x1b[1mmine.py")
    assert cli.main(["check", str(path)]) == 3
    shown = "".join(capsys.readouterr())
    assert "ValueError" in shown
    assert all(letter.isprintable() or letter in "\n\t" for letter in shown), repr(shown)


HOSTILE = {
    "deletes its folder": "import shutil, os\nshutil.rmtree(os.getcwd())\n",
    "ends the process": "import os\nos._exit(0)\n",
    "recurses": "def f():\n    f()\nf()\n",
    "starts threads": "import threading, time\n"
    "for _ in range(20):\n    threading.Thread(target=time.sleep, args=(600,)).start()\n",
    "starts processes": "import os, time\nfor _ in range(20):\n    if not os.fork():\n        time.sleep(600)\n",
    "closes everything": "import os\nos.closerange(0, 100)\n",
    "never ends": "while True:\n    pass\n",
    "takes all memory": "x = [bytearray(2**28) for _ in range(1000)]\n",
    "prints without end": "while True:\n    print('x' * 100)\n",
    "aborts": "import os\nos.abort()\n",
}
UNTIL_A_LIMIT = ("starts processes", "takes all memory", "prints without end", "never ends")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name, marks=pytest.mark.slow if name in UNTIL_A_LIMIT else ())
        for name, text in HOSTILE.items()
    ],
)
def test_a_hostile_file_is_one_plain_line(text, tmp_path, capsys):
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "mine.py").write_text(text)
    assert cli.main(["check", str(folder / "mine.py"), "--seconds", "1", "--memory", "500"]) == 3
    out, err = capsys.readouterr()
    assert "was not judged" in out
    assert "Traceback" not in out + err
    if folder.exists():
        assert {path.name for path in folder.iterdir()} == {"mine.py"}


def test_a_file_that_is_not_text_is_bad_input(tmp_path, capsys):
    (tmp_path / "mine.py").write_text("\x00\x01")
    assert cli.main(["check", str(tmp_path / "mine.py")]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)


@pytest.mark.parametrize("name", ["../out", "/out", "..", ".", "a/b", "a\\b", "\x00", "", " x", "x" * 61, ".x", "a\nb"])
@pytest.mark.parametrize("which", ["scenario", "name"])
def test_no_name_leads_out_of_the_log_folder(tmp_path, name, which):
    given = ("post", name) if which == "name" else (name, "x")
    with pytest.raises(BadInput), board.run_folder(tmp_path / "logs", *given):
        pass
    assert not (tmp_path / "logs").exists()


def test_no_name_of_an_initializer_or_layer_leads_out_of_the_log_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", "--init", "../../x", "--iterations", "1"]) == 2
    assert list(tmp_path.iterdir()) == []
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="..")])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 2)), verbose=0, callbacks=[NeuronHistograms(tmp_path / "logs" / "deep")])
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]
    files = [path.resolve() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(path.is_relative_to(tmp_path / "logs" / "deep") for path in files)


# TensorBoard


@pytest.mark.parametrize(
    ("host", "only_here"), [(None, True), ("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)]
)
def test_others_reach_tensorboard_only_where_that_was_asked_for_and_reported(
    tmp_path, host, only_here, monkeypatch, capsys
):
    (tmp_path / "events.out.tfevents.1.x").write_bytes(b"")
    asked = {}

    def launch(folder, port, host):
        asked["host"] = host
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "launch", launch)
    assert cli.main(["view", str(tmp_path), *([] if host is None else ["--host", host])]) == 0
    assert asked["host"] == (host or "127.0.0.1")
    err = capsys.readouterr().err
    assert err == "" if only_here else re.fullmatch(r"harness: whoever can reach .* can read the logs; .*\n", err)


def test_an_address_of_another_machine_is_a_plain_line(tmp_path, capsys):
    (tmp_path / "events.out.tfevents.1.x").write_bytes(b"")
    assert cli.main(["view", str(tmp_path), "--host", "192.0.2.1"]) == 2
    assert "Traceback" not in capsys.readouterr().err
