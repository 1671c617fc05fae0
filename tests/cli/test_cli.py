"""The command line as a user has it: real processes, exit codes, what goes where."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator

from harness.cli import main as cli
from harness.cli import options
from harness.cli.commands import completion
from harness.models.network import ACTIVATION_NAMES, COST_NAMES
from harness.models.optimizers import OPTIMIZER_NAMES
from harness.scenario.scenario import BUILT_IN
from harness.scenario.settings import DTYPES
from tests.processes import PATIENCE, interrupted, run_harness

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The main job with everything on, in an empty folder: a process of its own would load TensorFlow again."""
    folder = tmp_path_factory.mktemp("run")
    out, err, arguments = io.StringIO(), io.StringIO(), ["--json", "--name", "first"]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(folder)
        code = cli.main(arguments)
    return folder, subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@pytest.mark.slow
def test_bare_harness_is_the_post_and_agrees(logged):
    _, done = logged
    assert done.returncode == 0
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["scenario"]["name"] == "post"
    assert document["agrees"] is True
    assert document["recovered_learning_rate"] == 0.5
    assert len(document["post_claims"]) == 11
    assert all(claim["agrees"] for claim in document["post_claims"])


@pytest.mark.parametrize("chosen", [None, "3"])
def test_check_gives_numpy_one_thread_unless_the_user_chose(tmp_path, monkeypatch, chosen):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    code = "import os; from harness.cli.main import main; main(['check', 'none.py']); "
    code += "print(os.environ['OPENBLAS_NUM_THREADS'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == (chosen or "1")


@pytest.mark.slow
def test_the_json_has_the_documented_keys(logged):
    document = json.loads(logged[1].stdout)
    assert {"scenario", "runs", "comparisons", "post_claims", "recovered_learning_rate"} <= set(document)
    assert len(document["runs"]) == 6
    run = document["runs"][0]
    assert set(run) == {
        *("implementation", "initializer", "iterations", "final_cost", "accuracy", "costs", "outputs"),
        *("effective_width", "clone_spread", "log_dir"),
    }
    assert set(document["comparisons"][0]) >= {
        *("left", "right", "initializer", "quantity", "iteration", "max_abs", "max_rel", "max_ulp", "agrees"),
    }
    by_name = {(run["implementation"], run["initializer"]): run for run in document["runs"]}
    for name in ("handwritten", "tape", "sequential"):
        assert by_name[name, "ones"]["effective_width"] == [1, 1]
        assert by_name[name, "ones"]["clone_spread"] == [0, 0]
        assert by_name[name, "ones"]["final_cost"] == pytest.approx(0.000342, abs=5e-7)
        assert by_name[name, "ones"]["iterations"] == 10000
        assert by_name[name, "glorot_uniform"]["effective_width"] == [3, 3]


@pytest.mark.slow
def test_every_run_is_logged_with_a_histogram_for_each_neuron(logged):
    folder, done = logged
    for run in json.loads(done.stdout)["runs"]:
        events = EventAccumulator(str(folder / run["log_dir"]), size_guidance={TENSORS: 0})
        events.Reload()
        plugins = {tag: events.SummaryMetadata(tag).plugin_data.plugin_name for tag in events.Tags()["tensors"]}
        histograms = [tag for tag, plugin in plugins.items() if plugin == "histograms" and "weights" in tag]
        assert len(histograms) == 8
        for tag in histograms:
            assert [event.step for event in events.Tensors(tag)][-1] == 10000
    assert not (folder / "logs" / "post" / "first" / "UNFINISHED").exists()


@pytest.mark.parametrize(
    ("iterations", "figures"),
    [
        ("2", ()),
        pytest.param("1000", ("All 11 figures", "0.5992708", "0.400230"), marks=pytest.mark.slow),
    ],
)
def test_people_get_the_verdict_and_the_tables(iterations, figures, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["compare", "--no-log", "--init", "ones", "--iterations", iterations, "-v"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("The math is right", "stay identical", "tape numerical", *figures):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.slow
def test_a_toml_file_of_one_s_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(
        "[data]\nx = [[0.0], [1.0]]\ny = [[1.0], [0.0]]\n[network]\nhidden = [2]\n[training]\niterations = 20\n"
    )
    assert cli.main(["compare", "mine.toml", "--json", "--init", "he_normal,constant(0.5)", "--name", "n"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["post_claims"] == []
    assert document["recovered_learning_rate"] is None
    assert document["scenario"]["initializers"] == ["he_normal", "constant(0.5)"]
    # implementations that agree share the folder of their initializer
    folders = {path.name for path in (tmp_path / "logs" / "mine" / "n").iterdir() if path.is_dir()}
    assert folders == {"answer", "he_normal", "constant(0.5)"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--learning-rate", "fast"], "--learning-rate"),
        (["--learning-rate", "-1"], "--learning-rate"),
        (["compare", "nothing.toml"], "nothing.toml"),
        (["compare", "--init", "glorot"], "--init"),
        (["compare", "--hidden", "3,x"], "--hidden"),
        (["compare", "--activations", "sigmoid,tanh"], "--activations"),
        (["frobnicate"], "unknown command 'frobnicate'; known are compare, "),
        (["diagnos"], "did you mean 'diagnose'?"),
        (["compare", "--frob"], "unknown --frob; see 'harness compare --help'"),
        (["check", "--rubrik", "rubric.toml", "folder"], "unknown --rubrik; see 'harness check --help'"),
        (["check", "--rubrik", "rubric.toml", "folder"], "; did you mean '--rubric'?"),
        (["--iteratons=5"], "see 'harness compare --help'; did you mean '--iterations'?"),
        (["view", "--prot", "80"], "did you mean '--port'?"),
        (["./net.py"], "did you mean 'harness check ./net.py' or 'harness diagnose ./net.py'?"),
        (["folder"], "did you mean 'harness check folder'?"),
        (["net.keras"], "did you mean 'harness inspect net.keras'?"),
        (["diagnose", "none"], "none is a folder; diagnose reads one program; give a script or notebook of it\n"),
        (["mine.toml"], "did you mean 'harness compare mine.toml'?"),
        (["check", "net"], "net: the file does not exist; did you mean 'net.py'?"),
        (["diagnose", "net"], "did you mean 'net.py'?"),
        (["diagnose", "pst"], "did you mean 'post'?"),
        (["diagnose", "nett.py"], "did you mean 'net.py'?"),
        (["check", "net.py"], "net.py has no code; write the network, or begin with 'harness new FILE'"),
        (["diagnose", "net.py"], "net.py has no code"),
        (["diagnose", "folder"], "folder is a folder; diagnose reads one program; give one, such as folder/train.py"),
        (["compare", "data.csv"], "data.csv is data; give a TOML file that names it"),
        (["compare", "net.py"], "net.py is a program, which the commands check and diagnose read; give a TOML file"),
        (["check", "empty.ipynb"], "empty.ipynb: cannot be read (it is not a notebook; save it again in Jupyter)"),
        (["compare", "--seed", "x"], "--seed must be an integer, got 'x'; see 'harness compare --help'"),
        (["check", "--seconds", "0", "x.py"], "--seconds must be a number above 0 and at most 86400, got '0'"),
        (["check", "--memory", "-1", "x.py"], "--memory must be "),
        (["diagnose", "--budget", "0"], "--budget must be a time above 0 and up to a day, such as 45, 60s or 2m"),
        (["inspect", "--seed", "-1", "m.keras"], "--seed must be an integer from 0 to 2147483647, got '-1'"),
        (["completion", "csh"], "invalid choice: 'csh'"),
        (["compare", "--name", "../escape"], "../escape"),
        (["view", "no-such-folder"], "no-such-folder"),
    ],
)
def test_bad_input_is_one_plain_line_and_exit_2(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("none").mkdir()
    for name in ("net.py", "net.keras", "empty.ipynb", "mine.toml", "folder/train.py"):
        Path(name).touch()
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) <= 2


def test_a_folder_is_refused_with_a_program_of_it_that_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = Path("course")
    folder.mkdir()
    assert cli.main(["diagnose", "course"]) == 2
    assert "course is a folder; diagnose reads one program; give a script or notebook" in capsys.readouterr().err
    (folder / "loading.py").touch()
    (folder / "train.py").write_text("import keras\nkeras.Sequential([]).fit(x, y)\n")
    assert cli.main(["diagnose", "course"]) == 2
    assert "diagnose reads one program; give one, such as course/train.py" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["compare", "nothing.toml"], ["view", "no-such-folder"]])
def test_bad_input_is_answered_quickly_and_without_a_traceback(arguments, tmp_path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_harness(*arguments, cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # whatever else the machine does
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert took < 2  # seconds of the processors; importing TensorFlow alone takes longer


def test_tensorflow_is_not_imported_to_say_a_word():
    script = """
import contextlib, sys
from harness.cli import main as cli
for arguments in ["--help"], ["--version"], ["compare", "--help"], ["--seed", "x"]:
    with contextlib.suppress(SystemExit):
        cli.main(arguments)
    print(arguments, {"tensorflow", "rich"} & set(sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    answers = [line for line in done.stderr.splitlines() if line.startswith("[")]
    assert len(answers) == 4
    assert all(answer.endswith(" set()") for answer in answers), answers


def test_a_file_starts_before_numpy_is_imported_to_judge_it():
    """Both take a tenth of a second. The process is then used: another would be started for the recording."""
    script = """
import sys
from harness.cli import main as cli
from harness.sandbox import Launch
start = Launch.start
def noted(launch):
    print("started", "numpy" in sys.modules, file=sys.stderr)
    return start(launch)
Launch.start = noted
sys.exit(cli.main(["check", "docs/examples/my_network.py"]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (1, "started False\n")


def test_a_name_is_not_used_twice(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs" / "post" / "first").mkdir(parents=True)
    assert cli.main(["compare", "--iterations", "1", "--name", "first"]) == 2
    assert "first exists" in capsys.readouterr().err


@pytest.mark.slow
def test_models_of_the_folder_one_stands_in_are_not_ours(tmp_path):
    (tmp_path / "models.py").write_text("raise SystemExit('somebody else')\n")
    (tmp_path / "harness.py").write_text("raise SystemExit('somebody else')\n")
    installed = subprocess.run(
        [sys.executable, str(ROOT / "harness"), "compare", "--no-log", "--iterations", "1", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert installed.returncode == 0, installed.stderr
    assert json.loads(installed.stdout)["agrees"] is True


@pytest.mark.slow
@pytest.mark.usefixtures("compiled_anew")
def test_a_difference_ends_with_1(monkeypatch, capsys):
    from harness.models import handwritten

    right = handwritten.weight_gradient
    monkeypatch.setattr(handwritten, "weight_gradient", lambda a, delta: 2 * right(a, delta))
    assert cli.main(["compare", "xor", "--no-log", "--iterations", "2", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["agrees"] is False


def commands():
    """Each command and its parser."""
    return list(completion.commands_of(cli.build_parser()))


def test_the_help_is_a_screenful_with_what_to_do_first(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert "first steps:" in lines
    for command, _ in commands():
        assert any(line.split()[:1] == [command] for line in lines)


@pytest.mark.parametrize(("command", "parser"), commands())
def test_help_texts_have_one_voice(command, parser):
    """A phrase in small letters without a full stop; a default in brackets; the exit codes at the end."""
    assert re.search(r"Exit code 0(: [^.]+|, or 2: bad input)\.$", parser.description)
    for action in parser._actions:
        assert action.help, (command, action.dest)
        assert not action.help.endswith(".")
        assert not action.help[0].isupper() or action.help.split()[0].isupper()
        if action.default not in (None, False, argparse.SUPPRESS) and action.nargs != 0:
            assert f"(default: {action.default}" in action.help or "(default: one per core)" in action.help


@pytest.mark.parametrize("command", ["compare", "diagnose", "sweep"])
def test_the_help_says_what_may_be_given_in_place_of_a_scenario(command):
    (scenario,) = (action for action in dict(commands())[command]._actions if action.dest == "scenario")
    assert scenario.metavar == ("TARGET" if command == "diagnose" else "SCENARIO")
    assert scenario.help.endswith("post, xor, digits or a TOML file (default: post)")
    assert ("a Keras script" in scenario.help) == (command == "diagnose")


def test_the_help_names_every_known_name():
    told = {action.dest: action.help for action in dict(commands())["sweep"]._actions}
    for dest, known in (
        ("activations", ACTIVATION_NAMES), ("cost", COST_NAMES), ("optimizers", OPTIMIZER_NAMES),
        ("dtype", DTYPES), ("scenario", BUILT_IN),
    ):  # fmt: skip
        assert all(name in told[dest] for name in known), dest


def test_every_command_that_draws_has_a_seed():
    with_seed = {command for command, parser in commands() if any(a.dest == "seed" for a in parser._actions)}
    assert with_seed == {"compare", "check", "diagnose", "sweep", "inspect"}


def test_commas_inside_brackets_do_not_separate():
    assert options.comma_separated("ones, random_uniform(-1,1),constant(2)") == [
        "ones",
        "random_uniform(-1,1)",
        "constant(2)",
    ]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc to see when training begins")
def test_an_interrupt_keeps_what_was_recorded_and_marks_it(tmp_path):
    """Ctrl-C in the middle of a training that would take minutes."""
    arguments = ["compare", "--init", "ones", "--iterations", "80000000", "--record", "every 100000", "--name", "long"]
    code, out, err = interrupted(arguments, tmp_path)
    assert code == 130, err
    assert (out, err) == (
        "",
        "harness: interrupted: logs/post/long keeps what was recorded, and is marked UNFINISHED\n",
    )
    folder = tmp_path / "logs" / "post" / "long"
    assert (folder / "UNFINISHED").exists()
    events = EventAccumulator(str(folder / "ones"))
    events.Reload()
    assert len(events.Tensors("cost")) >= 2
