"""What is read from the text of programs that make their network of TensorFlow's functions."""

import json
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.programs.findings import Check, Contradiction
from harness.programs.rules.function_rules import function_findings
from harness.programs.source.places import Source

GRAPH = """import tensorflow as tf
x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, {classes}])
hidden = {activation}(tf.matmul(x, tf.Variable({first}([4, 8]))) + b)
w = tf.Variable({second}([8, {classes}]))
out = tf.add(tf.matmul(hidden, w), b2)
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits={given}, labels=y))
"""
RIGHT = {
    "classes": "3", "activation": "tf.nn.relu", "first": "tf.random_normal", "second": "tf.random_normal",
    "given": "out",
}  # fmt: skip
TAPE = """import tensorflow as tf
w = [tf.Variable(tf.zeros([4, 8])), tf.Variable(tf.zeros([8, 3]))]
first, second = w
v = tf.Variable(tf.zeros([8, 3]))
loss_of = tf.keras.losses.SparseCategoricalCrossentropy(from_logits={})
class Net:
    def __call__(self, x):
        return tf.nn.softmax(tf.nn.relu(x @ first) @ v)
net = Net()
with tf.GradientTape() as tape:
    loss = loss_of(tf.constant([0]), net(tf.ones([1, 4])))
print(float(loss))
"""


def found_in(text: str) -> list[tuple[Check, str, int]]:
    def facts(one: Contradiction) -> tuple[Check, str, int]:
        assert one.place is not None
        return one.check, one.id, one.place.line

    return [facts(one) for one in function_findings([Source(file="train.py", text=text)])]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"second": "tf.zeros"}, []),  # random units before it: its gradient is not 0
        ({"given": "tf.nn.softmax(out)"}, [(Check.BOUNDED_BEFORE_LOGITS, "loss", 6)]),
        ({"given": "tf.nn.relu(out)"}, [(Check.MISSING_PROBABILITIES, "output-activation", 6)]),
        ({"given": "tf.layers.dense(out, 3, activation=tf.nn.softmax)"}, [(Check.BOUNDED_BEFORE_LOGITS, "loss", 6)]),
        (
            {"given": "tf.contrib.layers.fully_connected(out, 3)"},  # which has a relu unless it is given None
            [(Check.MISSING_PROBABILITIES, "output-activation", 6)],
        ),
        ({"given": "tf.contrib.layers.fully_connected(out, 3, activation_fn=None)"}, []),
        ({"classes": "1"}, [(Check.SOFTMAX_OVER_ONE_UNIT, "output-activation", 6)]),
        ({"classes": "1", "given": "tf.reshape(out, [-1, 6])"}, []),  # of six rows
    ],
)
def test_graphs(changed: dict[str, str], found: list[tuple[Check, str, int]]) -> None:
    assert found_in(GRAPH.format(**RIGHT | changed)) == found


@pytest.mark.parametrize(
    ("axis", "is_named"), [("", True), (", -1", True), (", 1", False), (", axis=1", False), (", dim=1", False)]
)
def test_a_softmax_over_steps_is_not_one_over_one_unit(axis: str, is_named: bool) -> None:
    text = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 6, 4])\n"
    text += "w = tf.Variable(tf.random_normal([4, 1]))\nscores = tf.tanh(x) @ w\n"
    checks = [check for check, _, _ in found_in(f"{text}shares = tf.nn.softmax(scores{axis})\n")]
    assert checks == [Check.SOFTMAX_OVER_ONE_UNIT] * is_named


@pytest.mark.parametrize(
    ("activation", "check", "fault"),
    [("tf.nn.relu", Check.ZERO_MATRICES, "zero-gradient"), ("tf.sigmoid", Check.ALIKE_MATRICES, "clones")],
)
def test_two_matrices_of_zeros_keep_units_alike(activation: str, check: Check, fault: str) -> None:
    text = GRAPH.format(**RIGHT | {"activation": activation, "second": "tf.zeros"})
    named = text.replace("tf.Variable(tf.random_normal([4, 8]))", "u").replace(
        "hidden", "u = tf.Variable(tf.zeros([4, 8]))\nhidden", 1
    )
    assert found_in(named) == [(check, fault, 6)]


def test_a_name_with_two_meanings_says_nothing() -> None:
    assert found_in("import tensorflow as tf\nprint tf\n") == []  # and what cannot be parsed neither
    text = GRAPH.format(**RIGHT | {"given": "tf.nn.softmax(out)"})
    two = text.replace("logits=tf.nn.softmax(out)", "logits=p").replace("cost", "p = tf.nn.softmax(out)\np = out\ncost")
    assert found_in(two) == []


def test_a_loop_with_a_bare_tape_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(TAPE.format(True))
    assert main(["diagnose", "train.py", "--json", "--no-log"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert [(one["check"], one["line"]) for one in document["likely"]] == [("bounded-before-logits", 11)]
    (tmp_path / "train.py").write_text(TAPE.format(False))
    assert main(["diagnose", "train.py", "--no-log"]) == 2
    assert "got a training loop with tf.GradientTape" in capsys.readouterr().err
