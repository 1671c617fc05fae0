"""The vector-Jacobian products against central differences and against tf.GradientTape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.checking.vjps import OPERATIONS
from harness.checking.vjps.shapes import getitem_backward

STEP = 1e-6


def draw(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.2, 1.8, shape) for shape in shapes]


def leaves(tree: Any) -> list[np.ndarray]:
    if callable(tree):
        return leaves(tree())
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def check(name: str, *args: Any, at: tuple[int, ...] = (0,), **keywords: Any) -> None:
    """Compare with central differences of sum(g * output), for the arguments at these positions."""
    operation = OPERATIONS[name]
    assert operation.backward is not None
    output = operation.forward(*args, **keywords)
    rng = np.random.default_rng(7)
    many = isinstance(output, (list, tuple))
    g = [rng.normal(size=np.shape(one)) for one in output] if many else rng.normal(size=np.shape(output))

    def total() -> float:
        found = operation.forward(*args, **keywords)
        if many:
            return float(sum(np.sum(a * b) for a, b in zip(g, found)))
        return float(np.sum(g * found))

    gradients = operation.backward(g, output, *args, **keywords)
    for position in at:
        for value, gradient in zip(leaves(args[position]), leaves(gradients[position])):
            assert np.shape(gradient) == np.shape(value)
            expected = np.zeros(value.shape)
            for index in np.ndindex(value.shape):
                before = value[index]
                value[index] = before + STEP
                high = total()
                value[index] = before - STEP
                low = total()
                value[index] = before
                expected[index] = (high - low) / (2 * STEP)
            np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-7)


UNARY = (
    *("negative", "positive", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "square"),
    *("reciprocal", "absolute", "fabs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arcsinh", "expit"),
    *("erf", "sinc", "deg2rad", "rad2deg", "nan_to_num", "ravel", "flatten", "copy", "transpose", "sum", "mean"),
    *("max", "min", "var", "std", "prod", "cumsum", "norm", "logsumexp", "squeeze", "atleast_1d", "atleast_2d", "flip"),
    *(
        "array",
        "sort",
        "diag",
        "diagonal",
        "tril",
        "triu",
        "fliplr",
        "flipud",
        "trace",
        "average",
        "nansum",
        "nanmin",
        "nanmax",
        "rot90",
    ),
)
BINARY = (
    *("add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "logaddexp", "logaddexp2", "hypot"),
    *("arctan2", "float_power", "fmax", "fmin"),
)


@pytest.mark.parametrize("name", UNARY)
def test_one_matrix(name: str) -> None:
    check(name, *draw(1, (3, 3)))


OF_POSITIVE_NUMBERS = {"log", "log2", "log10", "log1p", "sqrt"}


@pytest.mark.parametrize("name", [name for name in UNARY if name not in OF_POSITIVE_NUMBERS])
def test_one_matrix_of_negative_numbers(name: str) -> None:
    check(name, *(-x for x in draw(1, (3, 3))))


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctanh"])
def test_inverse_functions_on_their_domain(name: str) -> None:
    check(name, *(x / 2 for x in draw(1, (2, 3))))


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=12, deadline=None)
@given(
    shapes=st.sampled_from(
        [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((2, 2), ()), ((1,), (3, 2)), ((), ())]
    ),
    seed=st.integers(0, 99),
)
def test_two_arrays_broadcast(name: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], seed: int) -> None:
    check(name, *draw(seed, *shapes), at=(0, 1))


@pytest.mark.parametrize("name", ["matmul", "dot"])
@pytest.mark.parametrize(
    "shapes",
    [((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,))],
)
def test_products(name: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    check(name, *draw(3, *shapes), at=(0, 1))


@pytest.mark.parametrize(
    ("name", "shapes", "rest"),
    [
        ("matmul", ((5, 2, 3), (3, 4)), ()),
        ("matmul", ((5, 2, 3), (5, 3, 2)), ()),
        ("matmul", ((3,), (5, 3, 2)), ()),
        ("dot", ((2, 3, 4), (4, 2)), ()),
        ("dot", ((2, 4), (3, 4, 2)), ()),
        ("dot", ((2, 3, 4), (4,)), ()),
        ("dot", ((), (2, 3)), ()),
        ("inner", ((2, 3), (4, 3)), ()),
        ("inner", ((3,), (3,)), ()),
        ("inner", ((), (3,)), ()),
        ("inner", ((2, 3), ()), ()),
        ("outer", ((3,), (4,)), ()),
        ("outer", ((3, 1), (1, 4)), ()),
        ("vdot", ((2, 3), (2, 3)), ()),
        ("tensordot", ((2, 3, 4), (3, 4, 5)), ()),
        ("tensordot", ((2, 3, 4), (4, 3, 5)), (([1, 2], [1, 0]),)),
        ("tensordot", ((2, 3), (3, 2)), (([0, 1], [1, 0]),)),
        ("tensordot", ((2, 3), (4, 5)), (0,)),
        ("tensordot", ((2, 3), (2, 5)), ((0, 0),)),
        ("kron", ((2, 2), (1, 2)), ()),
        ("convolve", ((5,), (2,)), ()),
        ("multiply.outer", ((2, 3), (4,)), ()),
    ],
)
def test_products_of_more_axes(name: str, shapes: tuple[Any, ...], rest: tuple[Any, ...]) -> None:
    check(name, *draw(4, *shapes), *rest, at=(0, 1))


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk->ik", ((2, 3), (3, 4))),
        ("ij,jk", ((2, 3), (3, 4))),
        ("bi,bo->io", ((5, 2), (5, 3))),
        ("ij,ij->", ((2, 3), (2, 3))),
        ("i,j->ij", ((2,), (3,))),
        ("ij->j", ((2, 3),)),
        ("nchw,fchw->nf", ((2, 2, 3, 3), (2, 2, 3, 3))),
        ("ij,j->i", ((2, 3), (3,))),
    ],
)
def test_einsum(subscripts: str, shapes: tuple[Any, ...]) -> None:
    check("einsum", subscripts, *draw(5, *shapes), at=tuple(range(1, len(shapes) + 1)))


@pytest.mark.parametrize(
    "name", ["sum", "mean", "max", "min", "nanmax", "nanmin", "var", "std", "prod", "norm", "logsumexp"]
)
@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(name: str, axis: int | None, keepdims: bool) -> None:
    check(name, *draw(6, (3, 4)), axis=axis, keepdims=keepdims)


def test_reductions_over_two_axes_and_of_lists() -> None:
    check("sum", *draw(6, (2, 3, 4)), axis=(0, 2))
    check("mean", *draw(6, (2, 3, 4)), axis=(0, 2), keepdims=True)
    check("var", *draw(6, (3, 4)), axis=0, ddof=1)
    check("std", *draw(6, (3, 4)), axis=0, ddof=1)
    check("sum", draw(6, (2,), (2,)))
    check("mean", draw(6, (2,), (2,)))
    check("average", *draw(6, (3, 2)), axis=0, weights=np.array([1.0, 2.0, 4.0]))


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "cumsum", "flip"])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_along_an_axis(name: str, axis: int | None) -> None:
    check(name, *draw(8, (3, 4)), axis=axis)


@pytest.mark.parametrize(
    ("name", "shape", "rest", "keywords"),
    [
        ("reshape", (2, 6), ((3, 4),), {}),
        ("reshape", (2, 6), (-1,), {}),
        ("reshape", (2, 6), ((3, 4),), {"order": "F"}),
        ("ravel", (2, 3), (), {"order": "F"}),
        ("transpose", (2, 3, 4), ((2, 0, 1),), {}),
        ("expand_dims", (2, 3), (1,), {}),
        ("swapaxes", (2, 3, 4), (0, 2), {}),
        ("moveaxis", (2, 3, 4), (0, 2), {}),
        ("broadcast_to", (1, 3), ((2, 3),), {}),
        ("tile", (2, 3), ((2, 2),), {}),
        ("repeat", (2, 3), (2,), {}),
        ("repeat", (2, 3), (2,), {"axis": 1}),
        ("repeat", (2,), ([1, 3],), {}),
        ("roll", (2, 3), (1,), {"axis": 1}),
        ("pad", (2, 3), (((1, 1), (0, 2)),), {}),
        ("pad", (2, 3), (1,), {"mode": "edge"}),
        ("delete", (2, 3), (0,), {"axis": 0}),
        ("delete", (2, 3), (1,), {}),
        ("take", (4, 2), ([0, 0, 3],), {"axis": 0}),
        ("getitem", (3, 4), ((slice(None), 1),), {}),
        ("getitem", (3, 4), ((np.array([0, 1, 1]), np.array([2, 2, 2])),), {}),
        ("getitem", (3, 4), (np.array([True, False, True]),), {}),
        ("getitem", (3, 4), ((slice(None, None, -1), None),), {}),
        ("getitem", (3, 4), (1,), {}),
        ("clip", (2, 3), (0.5, 1.1), {}),
        ("clip", (2, 3), (None, 1.1), {}),
        ("astype", (2, 3), ("float32",), {}),
        ("diff", (5,), (), {}),
        ("norm", (4,), (1,), {}),
        ("resize", (2, 3), ((3, 4),), {}),
        ("diag", (4,), (), {}),
        ("sliding_window_view", (2, 5), (3,), {"axis": 1}),
    ],
)
def test_shapes_and_indices(name: str, shape: tuple[int, ...], rest: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    check(name, *draw(9, shape), *rest, **keywords)


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack", "block", "concatenate", "stack"])
def test_joins(name: str) -> None:
    check(name, draw(10, (2, 3), (2, 3)))


def test_joins_of_other_axes_and_nested_lists() -> None:
    check("concatenate", draw(10, (2, 3), (2, 1)), axis=1)
    check("concatenate", draw(10, (2, 3), (2,)), axis=None)
    check("stack", draw(10, (2, 3), (2, 3)), axis=-1)
    check("hstack", draw(10, (2,), (3,)))
    x, y, z, w = draw(10, (), (), (), ())
    check("array", [[x, y], [z, w]])
    check("append", *draw(10, (2, 3), (1, 3)), axis=0, at=(0, 1))
    check("append", *draw(10, (2, 3), (2,)), at=(0, 1))
    check("insert", *[draw(10, (3,))[0], 0, draw(11, ())[0]], at=(0, 2))
    check("insert", *[draw(10, (2, 3))[0], 1, draw(11, (3,))[0]], axis=0, at=(0, 2))
    check("split", *draw(10, (4, 2)), 2)
    check("split", *draw(10, (4, 5)), [1, 3], 1)


def test_item_assignment() -> None:
    base, row, number = draw(12, (3, 4), (4,), ())
    check("setitem", base, 1, row, at=(0, 2))
    check("setitem", base, (slice(None), 2), number, at=(0, 2))
    check("setitem", base, np.array([True, False, True]), row, at=(0, 2))
    check("setitem", base, np.array([2, 0, 2]), draw(17, (3, 4))[0], at=(0, 2))  # the last write of row 2 stays
    check("setitem", base, (slice(None), [1, 1]), draw(18, (3, 2))[0], at=(0, 2))
    # the second write goes over a part of the first one
    check("setitems", base, (1, (slice(None), 2)), [row, number], at=(0, 2))
    check("add_at", base, np.array([0, 0, 2]), draw(13, (3, 4))[0], at=(0, 2))
    check("subtract_at", base, np.array([0, 0, 2]), number, at=(0, 2))
    check("where", base > 1, base, number, at=(1, 2))
    check("put_along_axis", base, np.array([[0], [2], [1]]), draw(14, (3, 1))[0], 1, at=(0, 2))
    check("take_along_axis", base, np.array([[0, 0], [2, 1], [1, 3]]), 1)


def test_an_integer_array_cuts_off_what_is_written() -> None:
    base = np.zeros(3, dtype=int)
    assert OPERATIONS["setitem"].forward(base, 1, 0.7).tolist() == [0, 0, 0]
    assert base.tolist() == [0, 0, 0]
    gradients = OPERATIONS["setitem"].backward(np.ones(3), base, base, 1, np.array(0.7))  # type: ignore[misc]
    assert gradients[2] == 0


def test_linear_algebra() -> None:
    check("inv", draw(15, (3, 3))[0] + 2 * np.eye(3))
    check("multi_dot", draw(15, (2, 3), (3, 4), (4, 2)))
    check("pinv", draw(15, (3, 2))[0])
    for sides in ((3,), (3, 2)):
        matrix, right = draw(16, (3, 3), sides)
        check("solve", matrix + 2 * np.eye(3), right, at=(0, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "of_tensorflow"),
    [
        *[
            (name, f"math.{other}")
            for name, other in [
                ("exp", "exp"),
                ("log", "log"),
                ("log1p", "log1p"),
                ("expm1", "expm1"),
                ("tanh", "tanh"),
                ("sqrt", "sqrt"),
                ("square", "square"),
                ("absolute", "abs"),
                ("reciprocal", "reciprocal"),
                ("expit", "sigmoid"),
                ("sin", "sin"),
                ("sinh", "sinh"),
                ("cosh", "cosh"),
                ("erf", "erf"),
                ("sum", "reduce_sum"),
                ("mean", "reduce_mean"),
                ("max", "reduce_max"),
                ("min", "reduce_min"),
                ("var", "reduce_variance"),
                ("std", "reduce_std"),
                ("prod", "reduce_prod"),
                ("cumsum", "cumsum"),
                ("logsumexp", "reduce_logsumexp"),
            ]
        ],
        ("softmax", "nn.softmax"),
        ("log_softmax", "nn.log_softmax"),
        ("norm", "norm"),
    ],
)
def test_against_the_tape(name: str, of_tensorflow: str) -> None:
    import tensorflow as tf

    function: Any = tf
    for part in of_tensorflow.split("."):
        function = getattr(function, part)
    x = draw(20, (3, 4))[0]
    keywords = {"axis": 1} if name in ("softmax", "log_softmax") else {"axis": 0} if name == "cumsum" else {}
    output = OPERATIONS[name].forward(x, **keywords)
    g = np.random.default_rng(21).normal(size=np.shape(output))
    with tf.GradientTape() as tape:
        variable = tf.Variable(x)
        total = tf.reduce_sum(g * function(variable, **keywords))
    backward = OPERATIONS[name].backward
    assert backward is not None
    np.testing.assert_allclose(
        backward(g, output, x, **keywords)[0],
        tf.convert_to_tensor(tape.gradient(total, variable)),
        rtol=1e-9,
        atol=1e-12,
    )


def test_every_operation_runs_or_is_constant() -> None:
    assert {name for name, one in OPERATIONS.items() if one.backward is None} >= {"greater", "argmax", "sign"}


def test_the_gradient_of_a_row_of_a_matrix_which_is_a_matrix_goes_to_that_row() -> None:
    index = (1, slice(None))
    (found, _) = getitem_backward(np.array([[2.0, 3.0]]), np.zeros((1, 2)), np.ones((3, 2)), index)
    assert np.array_equal(found, [[0, 0], [2, 3], [0, 0]])
