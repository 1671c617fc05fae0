"""Verdicts: right files, planted mistakes, layouts, what is inferred, what is told when no mistake fits."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import BadInput
from harness.checking import by_name as check
from harness.checking.by_name import layout, template
from harness.checking.by_name.judge import check_file, check_functions, options
from harness.checking.by_name.layout import Layout
from harness.checking.by_name.observe import without_bias
from harness.comparison.trace import Quantity
from tests import plants

FILES = sorted(path for path in plants.FILES.glob("*.py") if path.name != "bench.py")
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def planted(write, file, id, way=0):
    return check_file(write(plants.edited(plants.text_of(file), plants.PLANTS[file][id][way]), f"{file}.py"))


# Right files


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_file_is_right(path, seed):
    report = check_file(path, options(seed=seed))
    assert (report.verdict, report.named, report.differs, report.notes) == ("correct", [], [], [])
    assert report.first_difference is None


EXPECTED = {
    "matrix": (["bias-first", "inputs-units", "rows"], "sigmoid", "sum_of_squared_errors"),
    "loops": (["lists", "inputs-units", "bias-vector", "rows"], "tanh", "sum_of_squared_errors"),
    "columns": (["dict", "units-inputs", "bias-column", "columns"], "sigmoid", "sum_of_squared_errors"),
    "network_class": (["flat", "inputs-units", "bias-vector", "rows"], "sigmoid", "mean_squared_error"),
    "softmax_rows": (["pairs", "inputs-units", "bias-vector", "rows"], "softmax", "categorical_crossentropy"),
    "softmax_columns": (["bias-last", "units-inputs", "columns"], "softmax", "summed_categorical_crossentropy"),
    "softmax_loops": (["flat", "inputs-units", "bias-vector", "rows"], "softmax", "categorical_crossentropy"),
    "binary": (["no-bias", "inputs-units", "rows"], "sigmoid", "binary_crossentropy"),
}


@pytest.mark.parametrize("file", EXPECTED)
def test_the_layout_and_the_network_are_found(file):
    report = check_file(plants.FILES / f"{file}.py")
    words, output, form = EXPECTED[file]
    assert (report.layout.words[: len(words)], report.purpose.output, report.purpose.form) == (words, output, form)


def test_the_layout_can_be_set(write):
    text = plants.text_of("matrix")
    assert check_file(write(text), options(words="bias-first rows")).verdict == "correct"
    assert check_file(write(text), options(words="flat columns")).verdict == "error"
    with pytest.raises(BadInput, match="--layout: unknown 'sideways'; known are bias-first"):
        options(words="sideways")


def test_the_scenario_says_what_the_file_is_for():
    """A file for the mean is right for it, and has a mistake for a scenario that sums."""
    path = plants.FILES / "network_class.py"
    assert check_file(path).purpose.form == "mean_squared_error"
    wrong = check_file(path, options(scenario="post"))
    assert wrong.verdict != "correct"
    assert check_file(path, options(cost="mean_squared_error")).verdict == "correct"
    assert check_file(path, options(cost="sum_of_squared_errors")).mistakes[0] == "mean-instead-of-sum"
    with pytest.raises(BadInput, match="--cost: unknown 'mse'; known are sum_of_squared_errors"):
        options(cost="mse")


@pytest.mark.parametrize("packing", layout.PACKINGS)
@pytest.mark.parametrize("kernel", layout.KERNELS)
@pytest.mark.parametrize("rows", ["rows", "columns"])
def test_weights_come_back_from_every_layout(packing, kernel, rows):
    bias = "" if packing in layout.MATRICES else "bias-column"
    how = Layout(packing, kernel, bias, rows)
    rng = np.random.default_rng(0)
    weights = without_bias(how, [rng.normal(size=s) for s in ((3, 5), (6, 4))])
    packed = layout.pack_weights(how, weights)
    reading, exact = layout.find_weights(how, packed, [(3, 5), (6, 4)], 7)
    assert exact
    for got, wanted in zip(layout.read_weights(how, packed, reading, [(3, 5), (6, 4)]), weights):
        assert np.array_equal(got, wanted)
    x = rng.normal(size=(7, 2))
    assert np.array_equal(layout.unpack_rows(how, layout.pack_rows(how, x)), x)


# Planted mistakes: a few here; all of them in ``test_every_planted_mistake_is_named``, which is slow

SOME = [
    ("matrix", "missing-factor-two"),
    ("matrix", "bias-row-not-dropped"),
    ("matrix", "updated-weights-in-backward"),
    ("matrix", "arguments-modified"),
    ("matrix", "float32-precision-only"),
    ("matrix", "integer-weights"),
    ("loops", "derivative-of-activation"),
    ("loops", "last-observation-only"),
    ("loops", "activation-missing-on-hidden"),
    ("columns", "transposed-weights"),
    ("columns", "matmul-for-elementwise"),
    ("columns", "delta-not-multiplied-through"),
    ("network_class", "gradient-accumulated-over-iterations"),
    ("network_class", "layer-order-reversed"),
    ("softmax_rows", "softmax-over-wrong-axis"),
    ("softmax_columns", "cross-entropy-gradient-with-extra-derivative"),
    ("softmax_loops", "softmax-jacobian-diagonal-only"),
    ("binary", "binary-crossentropy-one-sided"),
]


@pytest.mark.parametrize(("file", "id"), SOME)
def test_a_planted_mistake_is_named_first(write, file, id):
    report = planted(write, file, id)
    assert report.verdict == "mistake"
    assert report.mistakes[0] == id
    assert report.explanations[0].startswith(id)


def test_the_first_difference_says_where(write):
    report = planted(write, "matrix", "missing-factor-two")
    first = report.first_difference
    assert first.quantity == Quantity("delta", 3)
    assert first.got == pytest.approx(first.expected / 2)
    assert [str(q) for q in report.agrees] == ["z1", "a1", "z2", "a2", "z3", "a3", "cost"]


def test_two_mistakes_at_once(write):
    text = plants.text_of("matrix")
    text = plants.edited(text, plants.PLANTS["matrix"]["missing-factor-two"][0])
    text = plants.edited(text, plants.PLANTS["matrix"]["bias-gradient-missing"][0])
    report = check_file(write(text))
    assert report.named[0].ids == ("missing-factor-two", "bias-gradient-missing")


def test_a_single_layer_is_told(write):
    text = plants.text_of("matrix").replace(
        "            error = delta @", "            error = (2 if layer == 2 else 1) * delta @"
    )
    report = check_file(write(text))
    assert report.verdict in ("differs", "mistake")
    assert "gradient1 is 2 times what it should be" in " ".join(report.explanations) or report.named


def test_no_mistake_is_named_that_does_not_give_the_numbers(write):
    """Noise of one part in a thousand on one layer: no mistake, and the truth about it."""
    text = plants.text_of("matrix").replace(
        "        gradients.insert(0, gradient)",
        "        if layer == 2:\n            noise = np.sin(np.arange(gradient.size)).reshape(gradient.shape)\n"
        "            gradient = gradient * (1 + 1e-3 * noise)\n        gradients.insert(0, gradient)",
    )
    report = check_file(write(text))
    assert (report.verdict, report.named) == ("differs", [])
    assert report.first_difference.quantity == Quantity("gradient", 2)
    assert "gradient1, gradient3 are right" in " ".join(report.explanations)


def test_a_factor_that_is_no_known_mistake_is_told(write):
    text = plants.text_of("matrix").replace("error = 2 * (a[-1] - y)", "error = 7.5 * (a[-1] - y)")
    report = check_file(write(text))
    assert report.verdict == "differs"
    assert "gradient3 is 3.75 times what it should be, in every element" in report.explanations


@pytest.mark.slow
def test_nan_is_told(write):
    text = plants.text_of("matrix").replace("return 1 / (1 + np.exp(-z))", "return np.log(-np.abs(z))")
    report = check_file(write(text))
    assert report.verdict == "differs"
    assert "not a number" in report.explanations[0]


# What a file offers


@pytest.mark.parametrize("keep", ["step", "train", "backward", "forward"])
def test_one_function_is_enough(write, keep):
    """All else is hidden; from step and train the gradient is inferred."""
    text = plants.text_of("matrix")
    for name in ("forward", "backward", "cost", "step", "train"):
        if name != keep:
            text = (
                text.replace(f"def {name}(", f"def _{name}(")
                .replace(f" {name}(", f" _{name}(")
                .replace("def __", "def _")
            )
    report = check_file(write(text))
    assert (report.functions, report.verdict) == ([keep], "correct")
    if keep != "forward":
        wrong = check_file(write(text.replace("error * a[layer - 1] * (1 - a[layer - 1])", "error")))
        assert wrong.mistakes[0] == "missing-hidden-activation-derivative"
        assert wrong.first_difference.quantity.name == ("delta" if keep == "backward" else "gradient")
        assert wrong.first_difference.inferred == (keep != "backward")


def test_a_step_that_changes_the_weights_it_is_given_and_returns_nothing(write):
    text = (
        plants.text_of("matrix")
        .replace(
            "    return [w - learning_rate * g for w, g in zip(weights, gradients)]",
            "    for w, g in zip(weights, gradients):\n        w -= learning_rate * g",
        )
        .replace("        weights = step(", "        step(")
        .replace("learning_rate)\n    return weights", "learning_rate)")
    )
    report = check_file(write(text))
    assert report.verdict == "correct"
    assert "step returns nothing and changes the weights that it is given" in report.notes


ONE_BY_ONE = """
import numpy as np

def forward(W1, b1, W2, b2, x):
    h = np.tanh(W1 @ x + b1)
    return h, W2 @ h + b2

def gradients(W1, b1, W2, b2, x, target):
    h, out = forward(W1, b1, W2, b2, x)
    d2 = 2 * (out - target)
    d1 = (W2.T @ d2) * (1 - h ** 2)
    return np.outer(d1, x), d1, np.outer(d2, h), d2
"""


def test_one_observation_a_call_and_one_argument_a_matrix(write):
    report = check_file(write(ONE_BY_ONE))
    assert report.verdict == "correct"
    assert report.layout.words[:4] == ["flat", "units-inputs", "bias-vector", "single"]
    assert (report.purpose.hidden, report.purpose.output) == ("tanh", "linear")
    wrong = check_file(write(ONE_BY_ONE.replace(" * (1 - h ** 2)", "")))
    assert wrong.mistakes[0] == "missing-hidden-activation-derivative"


@pytest.mark.slow
def test_tensorflow_files_are_checked_too(write):
    text = plants.text_of("matrix").replace("import numpy as np", "import tensorflow as tf")
    text = text.replace("np.exp", "tf.exp").replace("np.sum", "tf.reduce_sum")
    text = text.replace("np.hstack([np.ones((len(a), 1)), a])", "tf.concat([tf.ones((len(a), 1), a.dtype), a], 1)")
    text = text.replace(").T @", ").numpy().T @").replace("@ w)", "@ tf.constant(w))")
    assert check_file(write(text)).verdict == "correct"


def test_functions_of_this_process():
    namespace: dict[str, object] = {}
    exec(plants.text_of("columns"), namespace)
    assert check_functions(namespace).verdict == "correct"

    def backward(params, X, Y):
        return {key: -value for key, value in namespace["backward"](params, X, Y).items()}

    assert check_functions({**namespace, "backward": backward}).verdict != "correct"


ONE_OUTPUT = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def forward(synapses, X):
    hidden = sigmoid(X.dot(synapses[0]))
    return hidden, sigmoid(hidden.dot(synapses[1])).reshape(-1, 1)

def cost(a, y):
    return float(((y - a) ** 2).sum() / 2)

def step(synapses, X, y, alpha):
    hidden, out = forward(synapses, X)
    d2 = (y - out) * out * (1 - out)
    d1 = d2.dot(synapses[1].T) * hidden * (1 - hidden)
    return [synapses[0] + alpha * X.T.dot(d1), synapses[1] + alpha * hidden.T.dot(d2)]
"""


def test_a_network_for_one_output_only_and_without_biases(write):
    """A layout that is wrong fits the shapes of other networks first."""
    report = check_file(write(ONE_OUTPUT))
    assert (report.verdict, report.layout.weights) == ("correct", "no-bias")
    assert report.purpose.form == "half_sum_of_squared_errors"


@pytest.mark.slow
def test_a_file_that_is_right_for_one_layer_alone_is_not_called_right(write):
    """Every layer reads the input, and hidden activations are missing: a single layer shows neither."""
    text = plants.text_of("network_class")
    for id in ("first-layer-only-input", "activation-missing-on-hidden"):
        text = plants.edited(text, plants.PLANTS["network_class"][id][0])
    assert check_file(write(text)).verdict != "correct"


def test_a_mistake_that_one_observation_hides_is_not_left_out(write):
    """The mean over observations shows in batches only, and the other mistake lets batches run only where all sizes
    are equal."""
    text = plants.text_of("columns")
    for id in ("derivative-of-wrong-layer", "mean-instead-of-sum"):
        text = plants.edited(text, plants.PLANTS["columns"][id][0])
    assert check_file(write(text)).mistakes != ["derivative-of-wrong-layer"]


# The template


def test_the_unfilled_template_fails_with_a_plain_word(tmp_path):
    path = tmp_path / "mine.py"
    template.write(path)
    report = check_file(path)
    assert report.verdict == "error"
    assert report.explanations == [
        "Nothing is filled in yet. Fill in one or more of forward, backward, step, train, cost."
    ]
    with pytest.raises(BadInput, match="exists already"):
        template.write(path)
    with pytest.raises(BadInput, match=r"ends in \.py"):
        template.write(tmp_path / "mine.txt")


def test_the_filled_template_passes(tmp_path):
    """Each function of the template gets the body of the same function in a file that is right."""
    path = tmp_path / "mine.py"
    template.write(path)
    bodies = {part.split("(")[0]: part.split(":\n", 1)[1] for part in plants.text_of("matrix").split("\ndef ")[1:]}
    head, *parts = path.read_text().split("\ndef ")
    filled = [head, *(p.replace("    raise NotImplementedError\n", bodies[p.split("(")[0]]) for p in parts)]
    helpers = "".join(
        f"\n\ndef {name}({'z' if name == 'sigmoid' else 'a'}):\n{bodies[name]}" for name in ("sigmoid", "ones_before")
    )
    path.write_text("\ndef ".join(filled) + helpers)
    report = check_file(path)
    assert (report.verdict, report.functions) == ("correct", ["forward", "backward", "step", "train", "cost"])


def test_a_partly_filled_template_is_checked_as_far_as_it_goes(tmp_path):
    path = tmp_path / "mine.py"
    template.write(path)
    path.write_text(path.read_text().replace('"""One number', 'return np.sum((a - y) ** 2)\n    """One number'))
    assert "Nothing is filled in yet" in check_file(path).explanations[0]


# Reports


def test_a_folder_is_graded(write, tmp_path):
    write(plants.text_of("matrix"), "good.py")
    write(plants.edited(plants.text_of("columns"), plants.PLANTS["columns"]["wrong-sign"][0]), "bad.py")
    write("1 / 0", "broken.py")
    write("raise SystemExit", "_helper.py")
    reports = check.check_files(check.files_in(tmp_path), options(), jobs=2)
    assert [(r.name, r.verdict) for r in reports] == [
        ("bad.py", "mistake"),
        ("broken.py", "error"),
        ("good.py", "correct"),
    ]
    with pytest.raises(BadInput, match="neither a file nor a folder"):
        check.files_in(tmp_path / "nowhere")


def test_nothing_here_imports_tensorflow():
    code = (
        "import sys; from pathlib import Path; import harness.report.by_name; "
        "from harness.checking import by_name as check; "
        f"assert check.check_file(Path({str(plants.FILES / 'matrix.py')!r}), check.options()).verdict == 'correct'; "
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )


# All plants: the figures that the project promises


def confusion(found):
    """The wrong rows of the confusion table: planted, named, in which file."""
    return [f"{file}: {id} was named {named}" for file, id, named in found if named != id]


@pytest.mark.parametrize(
    "part", [pytest.param(slice(0, None, 3), marks=pytest.mark.slow), pytest.param(slice(None), marks=pytest.mark.long)]
)
def test_every_planted_mistake_is_named(write, part):
    """At least 95 % right and first; one in three of them, or all with -m long."""
    found = []
    for file, id, way in list(plants.names())[part]:
        report = planted(write, file, id, way)
        found.append(
            (file, id, report.named[0].ids[0] if report.named and len(report.named[0].ids) == 1 else report.verdict)
        )
    wrong = confusion(found)
    assert len(wrong) <= 0.05 * len(found), "\n".join(wrong)


@pytest.mark.long
def test_pairs_of_planted_mistakes_are_named(write):
    """At least 85 % of pairs planted together, where no single mistake gives the same numbers."""
    rng, right, tried = random.Random(1), 0, 0
    wrong = []
    while tried < 80:
        drawn = plants.draw_pair(rng)
        if drawn is None:
            continue
        file, ids, text = drawn
        report = check_file(write(text, f"{file}.py"))
        if report.named and len(report.named[0].ids) == 1:
            continue  # one mistake is the simpler truth
        tried += 1
        if report.named and set(report.named[0].ids) == set(ids):
            right += 1
        else:
            wrong.append(f"{file}: {ids} were named {report.named[:1]}")
    assert right >= 0.85 * tried, "\n".join(wrong)
