"""SciPy's minimisers take plain gradient steps while a file is recorded."""

import pytest

from harness.recording.graph import Absorbed, Check
from harness.recording.record import record_file

LOGISTIC = """
import numpy as np
import scipy.optimize as opt

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def cost(theta, X, y):
    h = sigmoid(X @ theta)
    return -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h))

def gradient(theta, X, y):
    return X.T @ (sigmoid(X @ theta) - y) / len(X)

X = np.c_[np.ones(20), np.random.randn(20, 2)]
y = (np.random.rand(20) > 0.5).astype(float)
start = np.zeros(3)
"""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "call",
    [
        "opt.minimize(lambda t: (cost(t, X, y), gradient(t, X, y)), start, jac=True).x",
        "opt.minimize(cost, start, args=(X, y), jac=gradient, method='TNC', callback=print)['x']",
        "opt.fmin_tnc(func=cost, x0=start, fprime=gradient, args=(X, y))[0]",
        *(
            pytest.param(call, marks=pytest.mark.slow)
            for call in (
                "opt.fmin_cg(cost, start, gradient, (X, y), maxiter=9)",
                "opt.fmin_bfgs(cost, start, fprime=gradient, args=(X, y), full_output=True)[0]",
                "opt.fmin_l_bfgs_b(lambda t, *_: (cost(t, X, y), gradient(t, X, y)), start)[0]",
            )
        ),
    ],
)
def test_every_way_to_call_them(call, tmp_path):
    path = tmp_path / "logistic.py"
    path.write_text(f"{LOGISTIC}best = {call}\nassert best.shape == (3,)\n")
    recording = record_file(path, drive=False)
    assert recording.raised is None
    assert recording.check is Check.SAME
    (parameter,) = recording.parameters
    assert len(parameter.updates) >= 3
    assert Absorbed.OPTIMIZER in {one.what for one in recording.stand_ins}


def test_a_minimiser_without_a_gradient_is_the_real_one(tmp_path):
    path = tmp_path / "logistic.py"
    path.write_text(f"{LOGISTIC}print(opt.minimize(lambda t: (t - 2) @ (t - 2), np.zeros(1)).x)\n")
    recording = record_file(path, drive=False)
    assert float(recording.printed.strip(" []\n")) == pytest.approx(2, abs=1e-5)
    assert Absorbed.OPTIMIZER not in {one.what for one in recording.stand_ins}
