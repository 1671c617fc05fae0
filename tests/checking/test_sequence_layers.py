"""Layers over sequences: recurrent cells with one state or two, attention, and one-dimensional convolutions."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking.check import check_file
from harness.checking.layers import check_layers
from harness.checking.result import Agreement, Verdict
from harness.recording.driving.pairs.passes import places_of

CELL = """
import numpy as np

class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.Wx = np.random.randn(input_size, hidden_size) * 0.1
        self.Wh = np.random.randn(hidden_size, hidden_size) * 0.1
        self.b = np.zeros(hidden_size)

    def step_forward(self, x, prev_h):
        next_h = np.tanh(x @ self.Wx + prev_h @ self.Wh + self.b)
        self.cache = x, prev_h, next_h
        return next_h

    def step_backward(self, dnext_h):
        x, prev_h, next_h = self.cache
        da = dnext_h * (1 - next_h**2)
        self.dWx = x.T @ da
        self.dWh = prev_h.T @ da
        self.db = da.sum(axis=0)
        return da @ self.Wx.T, da @ self.Wh.T
"""

TWO_STATES = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

class LSTMCell:
    def __init__(self, input_size, hidden_size):
        self.n, self.H = input_size, hidden_size
        self.W = np.random.randn(input_size + hidden_size, 4 * hidden_size) * 0.1
        self.b = np.zeros(4 * hidden_size)

    def forward(self, x, h_prev, c_prev):
        self.z, self.c_prev = np.hstack([x, h_prev]), c_prev
        a = self.z @ self.W + self.b
        self.i, self.f, self.o = (sigmoid(a[:, k * self.H:(k + 1) * self.H]) for k in range(3))
        self.g = np.tanh(a[:, 3 * self.H:])
        self.c = self.f * c_prev + self.i * self.g
        self.tc = np.tanh(self.c)
        return self.o * self.tc, self.c

    def backward(self, dh, dc):
        dc = dc + dh * self.o * (1 - self.tc**2)
        di, df, dg = dc * self.g, dc * self.c_prev, dc * self.i
        gates = [di * self.i * (1 - self.i), df * self.f * (1 - self.f), dh * self.tc * self.o * (1 - self.o)]
        da = np.hstack([*gates, dg * (1 - self.g**2)])
        self.dW = self.z.T @ da
        self.db = da.sum(axis=0)
        dz = da @ self.W.T
        dx, dh_prev = dz[:, :self.n], dz[:, self.n:]
        dc_prev = dc * self.f
        return dx, dh_prev, dc_prev
"""

ONE_VECTOR = """
import numpy as np

class Unit:
    def __init__(self, in_dim, out_dim):
        self.n, self.Wz = in_dim, np.random.randn(out_dim, in_dim + out_dim) * 0.1
        self.Wn = np.random.randn(out_dim, in_dim + out_dim) * 0.1
        self.dWz, self.dWn = np.zeros_like(self.Wz), np.zeros_like(self.Wn)

    def forward(self, x, h):
        self.h, self.both = h, np.concatenate([x, h])
        self.z = 1 / (1 + np.exp(-self.Wz @ self.both))
        self.n_t = np.tanh(self.Wn @ self.both)
        return (1 - self.z) * self.n_t + self.z * h

    def backward(self, delta):
        dn = delta * (1 - self.z) * (1 - self.n_t**2)
        dz = delta * (self.h - self.n_t) * self.z * (1 - self.z)
        self.dWn += np.outer(dn, self.both)
        self.dWz += np.outer(dz, self.both)
        dboth = self.Wn.T @ dn + self.Wz.T @ dz
        dx = dboth[:self.n]
        dh = delta * self.z + dboth[self.n:]
        return dx, dh
"""

STEP_FUNCTIONS = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H:2 * H]), sigmoid(a[:, 2 * H:3 * H])
    g = np.tanh(a[:, 3 * H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)

def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    t = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - t**2)
    gates = dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * t * o * (1 - o)
    da = np.hstack((*gates, dc * i * (1 - g**2)))
    dprev_c = dc * f
    return da.dot(Wx.T), da.dot(Wh.T), dprev_c, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)
"""

SERIES = """
import numpy as np

def rnn_forward(x, h0, Wx, Wh, b):
    h = np.zeros((x.shape[0], x.shape[1], h0.shape[1]))
    before = h0
    for t in range(x.shape[1]):
        before = np.tanh(x[:, t] @ Wx + before @ Wh + b)
        h[:, t] = before
    return h, (x, h0, Wx, Wh, h)

def rnn_backward(dh, cache):
    x, h0, Wx, Wh, h = cache
    dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), 0
    back = np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        da = (dh[:, t] + back) * (1 - h[:, t] ** 2)
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += (h[:, t - 1] if t else h0).T @ da
        db = db + da.sum(axis=0)
        back = da @ Wh.T
    dh0 = back
    return dx, dh0, dWx, dWh, db
"""

ATTENTION = """
import numpy as np

def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

class MultiHeadAttention:
    def __init__(self, d_model, num_heads):
        if d_model % num_heads != 0:
            raise ValueError("d_model must be divisible by num_heads")
        self.h, self.d = num_heads, d_model
        self.Wq, self.Wk, self.Wv, self.Wo = (np.random.randn(d_model, d_model) * 0.1 for _ in range(4))

    def split(self, x):
        return x.reshape(*x.shape[:2], self.h, -1).transpose(0, 2, 1, 3)

    def join(self, x):
        return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)

    def forward(self, query, key, value):
        self.given = query, key, value
        self.q, self.k, self.v = (self.split(x @ W) for x, W in zip(self.given, (self.Wq, self.Wk, self.Wv)))
        self.scale = np.sqrt(self.q.shape[-1])
        self.a = softmax(self.q @ self.k.swapaxes(-1, -2) / self.scale)
        self.joined = self.join(self.a @ self.v)
        return self.joined @ self.Wo

    def backward(self, dout):
        self.dWo = np.einsum("btd,bte->de", self.joined, dout)
        d = self.split(dout @ self.Wo.T)
        da = d @ self.v.swapaxes(-1, -2)
        ds = self.a * (da - (da * self.a).sum(axis=-1, keepdims=True)) / self.scale
        dq, dk, dv = map(self.join, (ds @ self.k, ds.swapaxes(-1, -2) @ self.q, self.a.swapaxes(-1, -2) @ d))
        self.dWq, self.dWk, self.dWv = (np.einsum("btd,bte->de", x, g) for x, g in zip(self.given, (dq, dk, dv)))
        return dq @ self.Wq.T, dk @ self.Wk.T, dv @ self.Wv.T
"""

ATTENTION_FUNCTIONS = """
import numpy as np

def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return weights @ v, (q, k, v, weights)

def attention_backward(dout, cache):
    q, k, v, weights = cache
    dv = np.swapaxes(weights, -1, -2) @ dout
    dw = dout @ np.swapaxes(v, -1, -2)
    ds = weights * (dw - (dw * weights).sum(axis=-1, keepdims=True)) / np.sqrt(q.shape[-1])
    return ds @ k, np.swapaxes(ds, -1, -2) @ q, dv
"""

SIGNALS = """
import numpy as np

class Conv1D:
    def __init__(self, in_channels, out_channels, kernel_size):
        self.k = kernel_size
        self.W = np.random.randn(out_channels, in_channels, kernel_size) * 0.1
        self.b = np.zeros(out_channels)

    def forward(self, x):
        self.x = x
        out = np.zeros((x.shape[0], self.W.shape[0], x.shape[2] - self.k + 1))
        for i in range(out.shape[2]):
            out[:, :, i] = np.tensordot(x[:, :, i:i + self.k], self.W, axes=([1, 2], [1, 2])) + self.b
        return out

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        self.db = dout.sum(axis=(0, 2))
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            self.dW += np.tensordot(dout[:, :, i], self.x[:, :, i:i + self.k], axes=([0], [0]))
            dx[:, :, i:i + self.k] += np.tensordot(dout[:, :, i], self.W, axes=([1], [0]))
        return dx
"""

CELL_OF_A_DICTIONARY = """
import numpy as np

def simple_cell_forward(xt, a_prev, weights):
    mixed = weights["Wax"] @ xt + weights["Waa"] @ a_prev + weights["ba"]
    a_next = np.tanh(mixed)
    scores = weights["Wya"] @ a_next + weights["by"]
    return a_next, scores, (a_next, a_prev, xt, weights)

def simple_cell_backward(da_next, cache):
    a_next, a_prev, xt, weights = cache
    dmixed = (1 - a_next**2) * da_next
    grads = {
        "dxt": weights["Wax"].T @ dmixed,
        "da_prev": weights["Waa"].T @ dmixed,
        "dWax": dmixed @ xt.T,
        "dWaa": dmixed @ a_prev.T,
        "dba": dmixed.sum(axis=1, keepdims=True),
    }
    return grads
"""

GATES_OF_A_DICTIONARY = """
import numpy as np

def logistic(z):
    return 1 / (1 + np.exp(-z))

def lstm_unit_forward(xt, h_prev, c_prev, params):
    Wf, Wi, Wc, Wo = params["Wf"], params["Wi"], params["Wc"], params["Wo"]
    both = np.concatenate([h_prev, xt])
    f = logistic(Wf @ both + params["bf"])
    i = logistic(Wi @ both + params["bi"])
    g = np.tanh(Wc @ both + params["bc"])
    o = logistic(Wo @ both + params["bo"])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c, (both, f, i, g, o, c, c_prev, params)

def lstm_unit_backward(dh, dc, cache):
    both, f, i, g, o, c, c_prev, params = cache
    dc = dc + dh * o * (1 - np.tanh(c) ** 2)
    df = dc * c_prev * f * (1 - f)
    di = dc * g * i * (1 - i)
    dg = dc * i * (1 - g**2)
    do = dh * np.tanh(c) * o * (1 - o)
    dboth = params["Wf"].T @ df + params["Wi"].T @ di + params["Wc"].T @ dg + params["Wo"].T @ do
    n = len(f)
    return {
        "dxt": dboth[n:], "dh_prev": dboth[:n], "dc_prev": dc * f,
        "dWf": df @ both.T, "dWi": di @ both.T, "dWc": dg @ both.T, "dWo": do @ both.T,
        "dbf": df.sum(1, keepdims=True), "dbi": di.sum(1, keepdims=True),
        "dbc": dg.sum(1, keepdims=True), "dbo": do.sum(1, keepdims=True),
    }
"""

STEPS_ON_THE_LAST_AXIS = (
    CELL_OF_A_DICTIONARY
    + """
def rnn_forward(x, a0, weights):
    states, caches, state = [], [], a0
    for t in range(x.shape[2]):
        state, _, cache = simple_cell_forward(x[:, :, t], state, weights)
        states.append(state)
        caches.append(cache)
    return np.stack(states, axis=2), caches

def rnn_backward(da, caches):
    weights = caches[0][-1]
    total = {name: 0 for name in ("dWax", "dWaa", "dba")}
    dx, above = [], 0
    for t in reversed(range(da.shape[2])):
        part = simple_cell_backward(da[:, :, t] + above, caches[t])
        above = part["da_prev"]
        dx.insert(0, part["dxt"])
        total = {name: total[name] + part[name] for name in total}
    return {"dx": np.stack(dx, axis=2), "da0": above, "dWax": total["dWax"], "dWaa": total["dWaa"], "dba": total["dba"]}
"""
)

# name -> (a right pair, what is replaced by a slip, the slip, the number of gradients, those that the slip makes wrong)
PAIRS = {
    "a cell that returns gradients without names": (CELL, "da @ self.Wh.T", "da @ self.Wh", 5, {"gradient of prev_h"}),
    "a cell with two states": (TWO_STATES, "dc_prev = dc * self.f", "dc_prev = dc * self.i", 5, {"dc_prev"}),
    "a cell of one vector": (ONE_VECTOR, "+ dboth[self.n:]", "+ 2 * dboth[self.n:]", 4, {"dh"}),
    "one step, as functions": (STEP_FUNCTIONS, "dprev_c = dc * f", "dprev_c = dc * o", 6, {"dprev_c"}),
    "all steps, as functions": (SERIES, "back = da @ Wh.T", "back = da @ Wh", 5, {"dx", "dh0", "dWx", "dWh", "db"}),
    "one step of a dictionary": (CELL_OF_A_DICTIONARY, "dmixed @ a_prev.T", "dmixed @ a_next.T", 5, {"dWaa"}),
    "gates of a dictionary": (GATES_OF_A_DICTIONARY, "dc * g * i", "dc * f * i", 11,
                                             {"dxt", "dh_prev", "dWi", "dbi"}),
    "attention to other sequences": (ATTENTION, "@ self.q, self.a", "@ self.q * 2, self.a", 7,
                                    {"self.dWk", "gradient of key"}),
    "attention, as functions": (ATTENTION_FUNCTIONS, "(ds, -1, -2) @ q", "(ds, -1, -2) @ k", 3, {"gradient of k"}),
    "a convolution of signals": (SIGNALS, "dout.sum(axis=(0, 2))", "dout.mean(axis=(0, 2))", 3, {"self.db"}),
}  # fmt: skip
QUICK = ("a cell with two states", "attention, as functions")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in PAIRS]
)
def test_a_layer_over_sequences_and_its_slip(tmp_path: Path, name: str) -> None:
    text, old, new, count, wrong = PAIRS[name]
    path = tmp_path / "layer.py"
    path.write_text(text)
    (pair,) = [one for one in check_layers(path) if one.gradients]
    assert [one.agreement for one in pair.gradients] == [Agreement.AGREES] * count
    path.write_text(text.replace(old, new))
    (pair,) = [one for one in check_layers(path) if one.gradients]
    assert {one.name for one in pair.gradients if one.agreement is not Agreement.AGREES} == wrong


@pytest.mark.slow
def test_the_order_of_keys_names_no_argument(tmp_path: Path) -> None:
    path = tmp_path / "layer.py"
    path.write_text(CELL_OF_A_DICTIONARY.replace('"dxt": weights["Wax"].T @ dmixed', '"mixed": dmixed'))
    (pair,) = [one for one in check_layers(path) if one.gradients]
    assert [one.agreement for one in pair.gradients] == [Agreement.AGREES] * 4


@pytest.mark.slow
def test_steps_on_the_last_axis_and_their_slip(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(STEPS_ON_THE_LAST_AXIS)
    assert check_file(path).verdict is Verdict.CORRECT
    path.write_text(STEPS_ON_THE_LAST_AXIS.replace("da[:, :, t] + above", "da[:, :, t]"))
    result = check_file(path)
    assert result.verdict is Verdict.MISTAKE
    assert {one.place.function for one in result.mistakes} == {"rnn_backward"}


@pytest.mark.slow
@pytest.mark.parametrize("back", ["return dx, dh", "return dx"])
def test_a_cell_without_the_gradient_of_its_state_is_not_called_right(tmp_path: Path, back: str) -> None:
    path = tmp_path / "cell.py"
    path.write_text(ONE_VECTOR.replace("return dx, dh", back))
    assert check_file(path).verdict is (Verdict.CORRECT if "dh" in back else Verdict.NOT_JUDGED)


def test_gradients_have_the_place_of_their_name_or_else_of_their_argument() -> None:
    assert places_of(("dc_prev", "dh_prev", "dx"), ("x", "h_prev", "c_prev")) == {"x": 2, "h_prev": 1, "c_prev": 0}
    assert places_of(("result1", "result2"), ("x", "prev_h")) == {"x": 0, "prev_h": 1}
    assert places_of(("dx", "dW"), ("x", "prev_h")) == {"x": 0}
