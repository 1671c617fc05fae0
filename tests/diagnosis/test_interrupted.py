"""What a diagnosis prints if Ctrl-C, or the signal of ``timeout``, ends it."""

import json

import keras
import numpy as np
import pytest

from harness.cli.commands import INTERRUPTED
from harness.cli.main import main
from harness.diagnosis import diagnosis, outputs
from harness.diagnosis.captured import diagnose_captured
from harness.diagnosis.diagnosis import Interrupted
from harness.diagnosis.search import OutOfBudget
from harness.programs.fit_calls import program_of

SCRIPT = """
import keras
import numpy as np

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
y = np.array([[0], [1], [1], [0]], "float32")
model = keras.Sequential([
    keras.Input((2,)),
    keras.layers.Dense(4, "tanh"),
    keras.layers.Dense(1, "softmax"),
])
model.compile("sgd", "binary_crossentropy")


class Ended(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise KeyboardInterrupt


model.fit(x, y, epochs=5, callbacks=[Ended()])
"""


def test_what_the_text_says_is_printed_if_the_training_of_the_script_is_interrupted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    assert main(["diagnose", "train.py", "--no-log", "--json"]) == INTERRUPTED
    document = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in document["likely"]][:1] == ["softmax-over-one-unit"]
    assert document["partial"] is True


def test_nothing_is_printed_before_the_call_of_fit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("raise KeyboardInterrupt\nimport keras\nmodel.fit(x, y)\n")
    assert main(["diagnose", "train.py", "--no-log"]) == INTERRUPTED
    assert capsys.readouterr().out == ""


def two_outputs():
    """a program with two outputs"""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, {name: keras.layers.Dense(1, name=name)(inputs) for name in ("first", "second")})
    model.compile("sgd", {"first": "mse", "second": "mse"})
    x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
    return program_of(model, x, {"first": x[:, :1], "second": x[:, 1:]}, epochs=1)


def test_the_outputs_that_were_diagnosed_are_kept(monkeypatch):
    asked = []

    def diagnosed(part, **_):
        asked.append(part.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return part.name

    monkeypatch.setattr(outputs, "diagnose_program", diagnosed)
    with pytest.raises(Interrupted) as interrupt:
        diagnose_captured(two_outputs())
    assert interrupt.value.found.outputs == ("output first",)


def test_an_interrupt_after_the_clock_ended_the_search_keeps_what_is_done(monkeypatch, no_references):
    """What the search found is confirmed then, which takes trainings of its own."""

    def out_of_budget(_):
        raise OutOfBudget

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(diagnosis._Diagnoser, "judge", out_of_budget)
    monkeypatch.setattr(diagnosis._Diagnoser, "confirm_smallest", interrupted)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
    with pytest.raises(Interrupted) as interrupt:
        diagnose_captured(program_of(model, x, x[:, :1], epochs=1))
    assert interrupt.value.found.partial
