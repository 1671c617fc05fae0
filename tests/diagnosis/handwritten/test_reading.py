"""What is read of a hand-written file: the numbers that stand in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy_files
import pytest

from harness.checking.sources import Sources, read_texts
from harness.diagnosis.handwritten.passes import CannotRead, Unread
from harness.diagnosis.handwritten.program import keras_program
from harness.diagnosis.handwritten.read_file import read_or_record_longer
from harness.diagnosis.handwritten.reading import Constant, Drawn, ReadNetwork
from harness.recording.record import record_file


def read(folder: Path, text: str) -> ReadNetwork:
    path = folder / "net.py"
    path.write_text(text)
    recording = record_file(path, drive=False)
    return read_or_record_longer(recording, Sources(read_texts(path, recording.files)), path, None)


def shapes(found: ReadNetwork) -> list[tuple[int, ...]]:
    return [layer.kernel.shape for layer in found.layers]


def test_xor_from_ones(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.XOR_FROM_ONES)
    assert shapes(found) == [(2, 2), (2, 1)]
    assert all(layer.start == Constant(value=1.0) for layer in found.layers)
    assert [layer.activation for layer in found.layers] == ["sigmoid", "sigmoid"]
    assert (found.rule.cost, found.rule.optimizer.name) == ("mean_squared_error", "sgd")
    assert found.rule.rate == pytest.approx(0.5)
    assert (found.epochs, found.batch_size, found.updates) == (3000, 4, 3000)
    assert np.array_equal(found.y, [[0], [1], [1], [0]])


def test_observations_in_columns_and_a_length_that_is_an_argument(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.columns(0.7, 321))
    assert shapes(found) == [(5, 16), (16, 1)]
    assert found.x.shape == (400, 5)
    assert [layer.activation for layer in found.layers] == ["tanh", "sigmoid"]
    assert (found.rule.cost, found.epochs) == ("binary_crossentropy", 321)
    assert found.rule.rate == pytest.approx(0.7)
    start = found.layers[0].start
    assert isinstance(start, Drawn)
    assert start.deviation == pytest.approx(0.5)


def test_one_observation_at_a_time_without_biases(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.ONE_BY_ONE)
    assert [layer.bias for layer in found.layers] == [None, None]
    assert (found.x.shape, found.batch_size, found.epochs) == ((4, 2), 1, 200)
    assert found.rule.rate == pytest.approx(0.15)  # 0.3 for half of the squared error
    start = found.layers[0].start
    assert isinstance(start, Drawn)
    assert start.is_uniform
    assert (start.centre, start.deviation) == pytest.approx((0.5, 1 / np.sqrt(12)))


def test_observations_that_are_arrays_of_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.PAIRS)
    assert (found.x.tolist(), found.y.tolist()) == ([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
    assert (found.batch_size, found.updates, found.epochs) == (1, 800, 200)


def test_epochs_with_a_smaller_last_batch_and_without_it(tmp_path: Path) -> None:
    assert read(tmp_path, numpy_files.BATCHES.replace("size = 20, 30", "size = 20, 40")).epochs == 20
    without = numpy_files.BATCHES.replace("size = 20, 30", "size = 20, 40").replace("len(X), size)", "80, size)")
    assert read(tmp_path, without).epochs == 20


def test_an_activation_that_the_first_observation_does_not_show(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.POSITIVE_FIRST)
    assert [layer.activation for layer in found.layers] == ["relu", "sigmoid"]
    assert found.rule.rate == pytest.approx(0.15)


def test_turned_pre_activations_and_all_rows_in_a_new_order(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.TURNED)
    assert shapes(found) == [(5, 16), (16, 1)]
    assert [layer.activation for layer in found.layers] == ["sigmoid", "linear"]
    assert (found.rule.cost, found.rule.rate) == ("mean_squared_error", pytest.approx(0.1))
    assert (found.x.shape, found.batch_size, found.epochs) == ((16, 5), 16, 40)


def test_shuffled_batches_of_labels_with_momentum(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.BATCHES)
    assert shapes(found) == [(4, 8), (8, 3)]
    assert [layer.activation for layer in found.layers] == ["relu", "softmax"]
    assert (found.x.shape, found.batch_size, found.epochs) == ((90, 4), 30, 20)
    assert str(found.rule.optimizer) == "momentum(momentum=0.8)"
    assert found.rule.rate == pytest.approx(0.1)
    assert np.array_equal(found.y.argmax(axis=1), found.x[:, :3].argmax(axis=1))


def test_biases_that_are_rows_of_the_kernels(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.BIAS_ROWS)
    assert shapes(found) == [(3, 4), (4, 1)]
    assert [None if layer.bias is None else layer.bias.tolist() for layer in found.layers] == [None, [0.25]]
    assert (found.rule.cost, found.rule.rate, found.epochs) == ("binary_crossentropy", pytest.approx(0.5), 150)


def test_a_loop_that_counts_itself(tmp_path: Path) -> None:
    assert read(tmp_path, numpy_files.COUNTED).epochs == 700


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (numpy_files.UNTIL_GOOD, Unread.LENGTH),
        (numpy_files.ONE_WEIGHT.replace("np.array([[0.2]])", "np.loadtxt('x.txt')"), Unread.MADE_UP),
        (numpy_files.WRONG, Unread.OPTIMIZER),
        (numpy_files.ONE_WEIGHT, Unread.OPTIMIZER),
        ("import numpy as np\n\ndef f(x):\n    return np.tanh(x)\n", Unread.NOT_TRAINED),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, what: Unread) -> None:
    with pytest.raises(CannotRead) as caught:
        read(tmp_path, text)
    assert caught.value.what is what


@pytest.mark.slow
def test_the_keras_program_starts_where_the_file_does(tmp_path: Path) -> None:
    found = read(tmp_path, numpy_files.columns(0.7, 20))
    made = keras_program(found, "net.py")
    kernel, bias = found.layers[0].kernel, found.layers[0].bias
    hidden = np.tanh(found.x @ kernel + bias)
    last = found.layers[1]
    outputs = 1 / (1 + np.exp(-(hidden @ last.kernel + last.bias)))
    assert np.allclose(made.model(found.x.astype("float32")), outputs, atol=1e-5)
    loss = -np.mean(found.y * np.log(outputs) + (1 - found.y) * np.log(1 - outputs))
    assert made.history is not None
    assert len(made.history["loss"]) == 20
    assert made.history["loss"][-1] < loss
    assert (made.epochs, made.batch_size, made.loss) == (20, 400, "binary_crossentropy")


def test_losses_of_made_up_data_are_not_those_of_the_file(tmp_path: Path) -> None:
    made_up, own = (read(tmp_path, text) for text in (numpy_files.MISSING_TABLE, numpy_files.XOR_FROM_ONES))
    assert made_up.missing == ("t.csv",)
    assert keras_program(made_up, "net.py").history is None
    program = keras_program(own, "net.py")
    assert program.history is not None
    assert len(program.history["loss"]) == own.epochs
