"""The file that ``harness new`` writes, and lines that train with its functions in any layout of the weights."""

from __future__ import annotations

import ast
from pathlib import Path

from ..errors import BadInput, shown_path
from ..files import remedy_for
from ..recording.python_2 import NOT_PYTHON
from ..recording.source import read_text
from ..recording.weaving import numpy_names

TEMPLATE = '''\
"""My network, by hand. Fill in what you have; 'harness check {name}' says whether it is right.

Write forward, and backward or step; delete the others if you do not need them. Change the layout if yours is another
one: it is detected. Here it is

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


# Lines that train with the functions of a file, in the first layout of the weights in which the gradients have their
# shapes; if there is none, in the first in which nothing is raised. No size is another one, its half or its double, so
# that what gradients are divided by is not ambiguous.
FIND_LAYOUT = """\
import numpy as np
def layouts_():
    sizes = {sizes}
    draw = lambda *shape: np.random.normal(0, 0.5, shape)
    for is_turned, has_columns, row in ((0, 0, ()), (1, 1, (1,)), (0, 0, (1,)), (1, 0, ())):
        kernels = [draw(m, n) if is_turned else draw(n, m) for n, m in sizes]
        biases = [draw(m, *row) if is_turned else draw(*row, m) for n, m in sizes]
        weights = [draw(m, n + 1) if is_turned else draw(n + 1, m) for n, m in sizes]
        pairs = list(zip(kernels, biases))
        flat = [part for pair in pairs for part in pair]
        named = {name + str(l): part for l, pair in enumerate(pairs, 1) for name, part in zip('Wb', pair)}
        for packed in (weights, kernels, flat, pairs, (kernels, biases), named):
            yield packed, *((X[:{rows}].T, Y[:{rows}].T) if has_columns else (X[:{rows}], Y[:{rows}]))
def map_(function, weights, tree):
    if isinstance(weights, dict):
        names = {name: 'd' + name if 'd' + name in tree else name for name in weights}
        return {name: map_(function, weights[name], tree[names[name]]) for name in weights}
    if isinstance(weights, (list, tuple)):
        return type(weights)(map_(function, *pair) for pair in zip(weights, tree))
    return function(weights, np.asarray(tree))
def gradients_of_(weights, x, y):
    answer = {backward}(weights, x, y)
    has_deltas = isinstance(answer, tuple) and len(answer) == 2 and not isinstance(weights, tuple)
    return answer[1] if has_deltas else answer
def last_of_shape_(tree, shape):
    try:
        if np.shape(tree) == shape:
            return tree
    except ValueError:
        pass
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, (list, tuple)) else ()
    return next((one for part in reversed(list(parts)) if (one := last_of_shape_(part, shape)) is not None), None)
def descend_(w, g):
    w -= 0.1 * g
def choose_layout_():
    runs = []
    for layout in layouts_():
        fits = []
        try:
            map_(lambda w, g: fits.append(w.shape == g.shape), layout[0], gradients_of_(*layout))
        except Exception:
            continue
        runs.append(layout)
        if all(fits):
            return layout
    return runs[0] if runs else next(layouts_())
weights_, x_, y_ = choose_layout_()
for i in range(3):
"""
LAYERS = {"sizes": "[(X.shape[1], 4), (4, 5), (5, Y.shape[1])]", "rows": "9"}
FEWER_LAYERS = {"sizes": "[(X.shape[1], 4), (4, Y.shape[1])]", "rows": "5"}  # if each number is recorded by itself
COST = """\
    outputs_ = last_of_shape_(forward(weights_, x_), y_.shape)
    if outputs_ is not None:
        cost_ = cost(outputs_, y_)
"""
UPDATE = """\
    map_(descend_, weights_, gradients_of_(weights_, x_, y_))
"""
STEP = """\
    after_ = step(weights_, x_, y_, 0.1)
    weights_ = weights_ if after_ is None else map_(lambda before, after: after, weights_, after_)
"""


def arguments_in(path: Path) -> dict[str, list[str]]:
    """The names of the arguments of each function of a file; empty if it is not Python 3."""
    try:
        tree = ast.parse(read_text(path)) if path.suffix == ".py" else ast.Module(body=[], type_ignores=[])
    except (OSError, BadInput, *NOT_PYTHON):
        return {}
    return {one.name: [a.arg for a in one.args.args] for one in tree.body if isinstance(one, ast.FunctionDef)}


def follows_template(path: Path) -> bool:
    """Whether a file has the functions of the template with its names of arguments."""
    return bool(programs_of(path)) and arguments_in(path)["forward"] == ["weights", "x"]


def programs_of(path: Path) -> list[str]:
    """Lines that train with the functions of a file: with its gradients, and with its step if it has one.

    Returns:
        Nothing if the file does not have ``forward`` of weights and x, and ``backward`` or ``gradients`` of the same
        weights, x, and y, whatever these are called.
    """
    arguments = arguments_in(path)
    backward = next((name for name in ("backward", "gradients") if len(arguments.get(name, ())) == 3), None)
    if backward is None or arguments.get("forward") != arguments[backward][:2]:
        return []
    begin = FIND_LAYOUT + (COST if len(arguments.get("cost", ())) == 2 else "")
    sizes = LAYERS if numpy_names(ast.parse(read_text(path))) else FEWER_LAYERS
    for name, value in ({"backward": backward} | sizes).items():
        begin = begin.replace(f"{{{name}}}", value)
    has_step = arguments.get("step", [])[:3] == arguments[backward] and len(arguments["step"]) == 4
    return [begin + UPDATE, *([begin + STEP] if has_step else [])]


def write(path: Path) -> None:
    """Write the template.

    Raises:
        BadInput: there is such a file already, or it cannot be written.
    """
    name = shown_path(path)
    if path.suffix != ".py":
        raise BadInput(f"{name} is not a Python file; give a name that ends in .py")
    try:
        with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
            try:
                can_be_typed = str(path).isprintable() and not set(str(path)) & set('"\\')
                file.write(TEMPLATE.format(name=path if can_be_typed else "FILE"))
                file.flush()
            except BaseException:
                path.unlink()  # what is half written would be in the way of the next try
                raise
    except FileExistsError:
        raise BadInput(f"{name} exists already; give another name") from None
    except OSError as error:
        remedy = remedy_for(error, "give another name")
        raise BadInput(f"{name}: cannot be written ({error.strerror}); {remedy}") from None
