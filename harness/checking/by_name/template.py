"""The file that ``harness new`` writes: every function that ``harness check`` looks for, to be filled in."""

from __future__ import annotations

from pathlib import Path

from ...errors import BadInput, shown_path

TEMPLATE = '''\
"""My network, by hand. Fill in what you have; 'harness check {name}' says whether it is right.

Delete the functions that you do not want to write: what is missing is not checked. Change the layout if yours is
another: it is found by trying. Here it is

    weights   a list with one matrix a layer, (inputs + 1, units); its row 0 is the bias
    x         (observations, inputs)
    y         (observations, outputs)

Your network is a class in a file beside this one? Import it, and let every function here make one, give it these
weights, and return what it computes.
"""

import numpy as np


def forward(weights, x):
    """The activations of each layer, a list of (observations, units); z too, if you like: return z, a.

    z_l = [1, a_(l-1)] w_l     a_l = f(z_l)     a_0 = x
    """
    raise NotImplementedError


def cost(a, y):
    """One number: how far the outputs a are from the targets y, both (observations, outputs). For example

    np.sum((a - y) ** 2)
    """
    raise NotImplementedError


def backward(weights, x, y):
    """dC/dw of each layer, a list of arrays shaped like the weights.

    The deltas too, if you like: return deltas, gradients.

    delta_L = dC/da_L * f'(z_L)
    delta_l = (delta_(l+1) K_(l+1)^T) * f'(z_l)     K is w without its row 0
    dC/dw_l = [1, a_(l-1)]^T delta_l
    """
    raise NotImplementedError


def step(weights, x, y, learning_rate):
    """New weights, one update of gradient descent later; the ones that came in stay as they are.

    w_l - learning_rate dC/dw_l
    """
    raise NotImplementedError


def train(weights, x, y, learning_rate, iterations):
    """New weights, that many updates later."""
    raise NotImplementedError
'''


def write(path: Path) -> None:
    """Write the template; BadInput where there is something already, or nothing can be."""
    told = shown_path(path)
    if path.suffix != ".py":
        raise BadInput(f"{told} is no Python file; give a name that ends in .py")
    try:
        with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
            try:
                name = str(path)
                file.write(TEMPLATE.format(name="FILE" if not name.isprintable() or set(name) & set('"\\') else name))
                file.flush()
            except BaseException:
                path.unlink()  # what is half written would be in the way of the next try
                raise
    except FileExistsError:
        raise BadInput(f"{told} exists already; give another name") from None
    except OSError as error:
        raise BadInput(f"{told}: cannot be written ({error.strerror}); give another name") from None
