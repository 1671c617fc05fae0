"""Functions that are given sequences of numbers of words, as those of a recurrent network over texts."""

from __future__ import annotations

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict

SOURCE = """
import numpy as np

def shares(z):
    e = np.exp(z - np.max(z))
    return e / e.sum(axis=0)

def initialize_parameters(n_a, n_x, n_y):
    rng = np.random.default_rng(0)
    return {"Wax": rng.normal(size=(n_a, n_x)) * 0.1, "Waa": rng.normal(size=(n_a, n_a)) * 0.1,
            "Wya": rng.normal(size=(n_y, n_a)) * 0.1, "b": np.zeros((n_a, 1)), "by": np.zeros((n_y, 1))}

def one_step(parameters, a_prev, x):
    a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a_prev + parameters["b"])
    return a, shares(parameters["Wya"] @ a + parameters["by"])

def rnn_forward(X, Y, a0, parameters, vocab_size=31):
    x, a, y_hat, loss = {}, {-1: np.copy(a0)}, {}, 0
    for t in range(len(X)):
        x[t] = np.zeros((vocab_size, 1))
        if X[t] is not None:
            x[t][X[t]] = 1
        a[t], y_hat[t] = one_step(parameters, a[t - 1], x[t])
        loss -= np.log(y_hat[t][Y[t], 0])
    cache = (y_hat, a, x)
    return loss, cache

def rnn_backward(X, Y, parameters, cache):
    y_hat, a, x = cache
    gradients = {"d" + key: np.zeros_like(value) for key, value in parameters.items()}
    carried = np.zeros_like(a[0])
    for t in reversed(range(len(X))):
        dy = np.copy(y_hat[t])
        dy[Y[t]] -= 1
        gradients["dWya"] += dy @ a[t].T
        gradients["dby"] += dy
        dz = (1 - a[t] ** 2) * (parameters["Wya"].T @ dy + carried)
        gradients["db"] += dz
        gradients["dWax"] += dz @ x[t].T
        gradients["dWaa"] += dz @ a[t - 1].T
        carried = parameters["Waa"].T @ dz
    return gradients, a

def update_parameters(parameters, gradients, lr):
    for key in parameters:
        parameters[key] -= lr * gradients["d" + key]
    return parameters
"""

LINE = 'carried = parameters["Waa"].T @ dz'


@pytest.mark.every(2)
@pytest.mark.parametrize("source", [SOURCE, SOURCE.replace("        if X[t] is not None:\n    ", "")])
def test_functions_are_given_the_numbers_of_words(tmp_path, source):
    path = tmp_path / "words.py"
    path.write_text(source)
    result = check_file(path)
    assert result.verdict is Verdict.CORRECT
    text = "\n".join(result.calls)
    assert ("[None, *labels" in text) == ("is not None" in source)
    assert "initialize_parameters(5, 31, 31)" in text


def test_a_mistake_in_the_step_through_time_is_found_with_numbers_of_words(tmp_path):
    path = tmp_path / "words.py"
    path.write_text(SOURCE.replace(LINE, LINE.replace(".T", "")))
    mistakes = check_file(path).mistakes
    assert [one.id for one in mistakes] == ["transposed-weights"]
