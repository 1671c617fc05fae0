"""Which kind of training a file holds, by its text alone; nothing here imports TensorFlow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput
from ..recording.driving.updates import updates_of
from ..recording.literals import last_name

CALLS_FIT = re.compile(rb"\.\s*fit(_generator)?\s*\(")
DEFINES_FIT = re.compile(rb"\bdef\s+fit\s*\(")
TRAINS_KERAS = re.compile(rb"KerasClassifier|KerasRegressor|train_on_batch\s*\(|GradientTape")  # in other ways
COMPILES = re.compile(rb"(?<!\bre)(?<!\bregex)\.\s*compile\s*\(")  # a model, and not a regular expression
# a statement that imports Keras, or TensorFlow, which has it: in a script, or in a line of a notebook
IMPORTS_A_PACKAGE_OF_KERAS = re.compile(rb"""(?m)^[\s"]*(?:import|from)\s+(?:[\w.]*\bkeras|tensorflow)\b""")
IMPORTS_KERAS = re.compile(rb"\bkeras\b")
OF_GRAPHS = re.compile(rb"\btf\.(compat\.v1\.)?(placeholder|Session|InteractiveSession)\s*\(")
# ways to train without fit
TAPE, ON_BATCH, OWN_STEP = "tf.GradientTape", "train_on_batch()", "train_step()"
# an update of such a training, with the name of the model that it trains
UPDATED = re.compile(
    rb"(?:self\.)?([\w.]+)\.train_on_batch\s*\(|\.gradient\(\s*[^,()]+,\s*(?:self\.)?([\w.]+)\.trainable_\w+\s*[,)]"
)
GRAPHS = "the placeholders and sessions of TensorFlow 1"
IMPORTED_MODULE = re.compile(rb"""(?m)^[\s"]*(?:import|from)\s+(\w[\w.]*)""")
PRODUCTS = ("dot", "matmul", "einsum", "tensordot", "inner")  # functions that multiply by matrices
MOST_MODULES = 30  # of a script's own that are read
IMPORTED = rb"(?m)^[\s\"]*(?:import|from)\s+%s\b"  # in a script, or in a line of a notebook
OTHER_FRAMEWORKS = tuple(
    (re.compile(IMPORTED % module), framework)
    for module, framework in (
        (b"torch", "PyTorch"), (b"pytorch_lightning", "PyTorch"), (b"lightning", "PyTorch"), (b"mxnet", "MXNet"),
        (b"tflearn", "TFLearn"), (b"paddle", "PaddlePaddle"),
    )
)  # fmt: skip


class WithoutModel(BadInput):
    """A program trains without a model of Keras, or in a way that cannot be followed.

    Attributes:
        how: it trains, such as ``tf.GradientTape``.
    """

    def __init__(self, problem: str, how: str) -> None:
        super().__init__(problem)
        self.how = how


def trains_keras(path: Path) -> bool:
    """Whether a script or notebook seems to train a Keras model, or its own modules do; else it is hand-written.

    A script that updates weights of its own is hand-written, whatever the modules do that it imports to compare with,
    unless it calls fit of a model of theirs.
    """
    text = path.read_bytes()
    is_of_keras = path.suffix == ".ipynb" and b"keras" in text
    if is_of_keras or TRAINS_KERAS.search(text) or compiles_keras(text):
        return True
    calls_fit, is_of_modules = CALLS_FIT.search(text), any(map(compiles_keras, own_modules(path, text)))
    if updates_weights(text):
        return bool(calls_fit) and is_of_modules and not DEFINES_FIT.search(text)
    return bool(calls_fit) or is_of_modules


def compiles_keras(text: bytes) -> bool:
    """Whether a text imports Keras and compiles a model."""
    return all(one.search(text) for one in (IMPORTS_KERAS, IMPORTS_A_PACKAGE_OF_KERAS, COMPILES))


def updates_weights(text: bytes) -> bool:
    """Whether a script multiplies by a matrix that it also takes steps with, as a network in NumPy does."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    stepped = {update.target.partition("[")[0].rpartition(".")[2] for update in updates_of(tree, "")} - {""}
    return not stepped.isdisjoint(last_name(factor) for node in ast.walk(tree) for factor in matrix_factors(node))


def matrix_factors(node: ast.AST) -> Iterator[ast.expr]:
    """What a matrix product multiplies: ``x`` and ``self.w`` of ``x @ self.w[0]`` and ``x.dot(self.w.T)``."""
    factors: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        factors = [node.left, node.right]
    elif isinstance(node, ast.Call) and last_name(node.func) in PRODUCTS:
        factors = [*([node.func.value] if isinstance(node.func, ast.Attribute) else []), *node.args]
    for factor in factors:
        while isinstance(factor, ast.Subscript) or (isinstance(factor, ast.Attribute) and factor.attr == "T"):
            factor = factor.value
        yield factor


def count_updated_models(path: Path) -> int:
    """How many models a script or its own modules update without fit: two or more are trained in turn, as in a GAN."""
    text = path.read_bytes()
    found = (match for one in (text, *own_modules(path, text)) for match in UPDATED.findall(one))
    return len({by_batch or by_tape for by_batch, by_tape in found})


def own_modules(path: Path, text: bytes) -> Iterator[bytes]:
    """The texts of the modules beside a script that its text imports, and that they import, the nearest first."""
    texts, read = [text], {path}
    for importing in texts:
        for name in IMPORTED_MODULE.findall(importing):
            at = path.parent.joinpath(*name.decode(errors="replace").split("."))
            for one in (at.with_suffix(".py"), at / "__init__.py"):
                if len(read) < MOST_MODULES and one not in read and one.is_file():
                    read.add(one)
                    texts.append(one.read_bytes())
                    yield texts[-1]


def refuse_other_frameworks(path: Path, shown: str) -> None:
    """Raise BadInput if a script or notebook trains with something that is neither Keras nor NumPy.

    The graphs of TensorFlow 1 are such a thing: this version of Keras trains none of them. The file is only read.
    """
    text = path.read_bytes()
    if IMPORTS_KERAS.search(text):
        return
    expected = f"{shown}: expected a program that trains with Keras, got one"
    to_do = "write the model in Keras, or its math in NumPy for the command check"
    if OF_GRAPHS.search(text):
        raise WithoutModel(f"{expected} with {GRAPHS}; {to_do}", GRAPHS)
    for name in [] if b"tensorflow" in text else [name for pattern, name in OTHER_FRAMEWORKS if pattern.search(text)]:
        raise BadInput(f"{expected} that imports {name}; {to_do}")
