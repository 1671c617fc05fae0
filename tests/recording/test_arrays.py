"""Recorded arrays compute what NumPy computes, and their graph says how, with memory that is shared."""

import copy
import math
from operator import attrgetter

import numpy as np
import pytest

from harness.checking.vjps import OPERATIONS
from harness.recording import arrays as _methods  # noqa: F401 - gives what is recorded its methods
from harness.recording import operations
from harness.recording.creators import converted
from harness.recording.graph import Kind, Ref
from harness.recording.values import TAPE, RecordedArray, RecordedNumber, leaf, node_of, plain


@pytest.fixture(autouse=True)
def recording():
    """A tape of this test's own."""
    TAPE.__init__()
    TAPE.on = True
    yield TAPE
    TAPE.on = False


def given(value):
    """A leaf."""
    return leaf(np.array(value, dtype=float), "array", Kind.DATA)


def replayed(value):
    """The value of a recorded array by NumPy from the leaves alone."""
    node, values = node_of(value), {}

    def argument(a):
        if isinstance(a, Ref):
            return values[a.id]
        if isinstance(a, (list, tuple)):
            return type(a)(argument(item) for item in a)
        return a

    for step in TAPE.steps:
        if step.kind is not Kind.OPERATION:
            values[step.id] = step.value
        else:
            options = {key: argument(item) for key, item in step.keywords.items()}
            values[step.id] = OPERATIONS[step.operation].forward(*map(argument, step.arguments), **options)
    return values[node]


def last():
    """(operation, arguments, keywords) of the last step."""
    step = TAPE.steps[-1]
    return step.operation, step.arguments, step.keywords


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.__setitem__(0, 5.0),
        lambda x: x[1].__iadd__(1),
        lambda x: x.T[0].__imul__(3),
        lambda x: x.reshape(-1)[2:4].__isub__(x[0, 0]),
        lambda x: x[:, 1][1:].__iadd__(2),
        lambda x: x.ravel().__setitem__(slice(None, None, 2), -1),
        lambda x: x[1].T.reshape(1, 3)[0].__setitem__(0, 9),
        lambda x: np.swapaxes(x, 0, 1)[1].__iadd__(4),
        lambda x: x[x > 2].__iadd__(1),
        lambda x: x.__setitem__(x > 2, 0),
        lambda x: np.multiply(x, 2, out=x),
        lambda x: np.add.at(x, ([0, 0], [1, 1]), 1),
        lambda x: np.fill_diagonal(x[:, :2], 7),
        lambda x: np.exp(x, out=x, where=x > 1),
        lambda x: x.fill(2),
        lambda x: x.sort(axis=0),
    ],
)
def test_writing_through_views(write):
    expected, x = np.arange(6.0).reshape(2, 3)[::-1].copy(), given(np.arange(6.0).reshape(2, 3)[::-1])
    other = x[0]  # a view that was taken before
    write(expected)
    write(x)
    np.testing.assert_array_equal(plain(x), expected)
    np.testing.assert_array_equal(replayed(x), expected)
    np.testing.assert_array_equal(replayed(other), expected[0])
    assert all(step.kind is not Kind.LOST for step in TAPE.steps)


def test_random_programs_of_views_and_writes():
    rng = np.random.default_rng(0)
    for _ in range(60):
        TAPE.__init__()
        TAPE.on = True
        start = rng.normal(size=(3, 4))
        pairs = [(start.copy(), given(start))]
        for _ in range(12):
            a, b = pairs[rng.integers(len(pairs))]
            kind = rng.integers(5)
            if kind == 0 and a.ndim == 2:
                pairs.append((a.T, b.T))
            elif kind == 1 and a.ndim == 2:
                i = int(rng.integers(a.shape[0]))
                pairs.append((a[i], b[i]))
            elif kind == 2:
                pairs.append((a[1:], b[1:]))
            elif kind == 3 and a.size:
                a += 0.5
                b += 0.5
            elif a.size:
                value = float(rng.normal())
                a[-1], b[-1] = value, value
        for a, b in pairs:
            np.testing.assert_array_equal(plain(b), a)
            np.testing.assert_allclose(replayed(b), a)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(("real", "options"), [(np.matrix, {}), (np.array, {"ndmin": 2})])
def test_arrays_with_more_axes_than_the_lists_they_are_made_of(real, options):
    x = given([1.0, 2.0])
    row = converted(real, real.__name__)([2 * x[0], x[1]], **options)
    assert row.shape == (1, 2)
    np.testing.assert_array_equal(replayed(row), [[2.0, 2.0]])


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_as_an_array_is_an_array_that_shares_its_memory():
    matrix = converted(np.matrix, "matrix")(given([[1.0, 2.0], [3.0, 4.0]]))
    array = converted(np.asarray, "asarray")(matrix)
    assert not isinstance(array, np.matrix)
    np.testing.assert_array_equal(array * array, [[1.0, 4.0], [9.0, 16.0]])
    array[0, 0] = 5.0
    np.testing.assert_array_equal(replayed(matrix), [[5.0, 2.0], [3.0, 4.0]])


def test_numbers_do_not_change():
    w = leaf(0.5, "literal", Kind.LITERAL)
    old = w
    w -= 0.25
    assert (old, w) == (0.5, 0.25)
    assert isinstance(w, float)
    assert last()[0] in ("subtract", "equal")


def test_numbers_of_numpy_keep_their_type():
    x = given([[1.5, 2.0]])
    item = x[0, 0]
    assert isinstance(item, np.float64)
    assert isinstance(item, RecordedNumber)
    assert item.dtype == np.float64
    assert isinstance(x.astype("f4")[0, 0], np.float32)
    assert (x.astype("f4") * 0.5).dtype == np.float32
    assert (x.astype("f4") * x[0, 0]).dtype == np.float64  # as for numpy.float64


@pytest.mark.parametrize(
    ("call", "operation", "arguments", "keywords"),
    [
        (lambda x: x.sum(axis=0), "sum", (Ref(0),), {"axis": 0}),
        (lambda x: np.sum(x, 0), "sum", (Ref(0),), {"axis": 0}),
        (lambda x: np.add.reduce(x, 0), "sum", (Ref(0),), {"axis": 0}),
        (lambda x: np.add.reduce(x), "sum", (Ref(0),), {"axis": 0}),
        (lambda x: x.T, "transpose", (Ref(0),), {}),
        (lambda x: np.transpose(x, (1, 0)), "transpose", (Ref(0), (1, 0)), {}),
        (lambda x: x.transpose(1, 0), "transpose", (Ref(0), (1, 0)), {}),
        (lambda x: x.transpose((1, 0)), "transpose", (Ref(0), (1, 0)), {}),
        (lambda x: x.transpose(None), "transpose", (Ref(0),), {}),
        (lambda x: x.item(2), "getitem", (Ref(0), (1, 0)), {}),  # counted row by row
        (lambda x: x.item(1, 0), "getitem", (Ref(0), (1, 0)), {}),
        (lambda x: x @ x, "matmul", (Ref(0), Ref(0)), {}),
        (lambda x: x.dot(x), "dot", (Ref(0), Ref(0)), {}),
        (lambda x: np.clip(x, 0, 1), "clip", (Ref(0), 0, 1), {}),
        (lambda x: x.clip(min=0), "clip", (Ref(0), 0, None), {}),
        (lambda x: x.reshape(1, -1), "reshape", (Ref(0), (1, 4)), {}),
        (lambda x: x.flatten(), "ravel", (Ref(0),), {}),
        (lambda x: np.max(x, axis=1, keepdims=True), "max", (Ref(0),), {"axis": 1, "keepdims": True}),
        (lambda x: np.concatenate((x, x), 1), "concatenate", ((Ref(0), Ref(0)),), {"axis": 1}),
        (lambda x: -x, "negative", (Ref(0),), {}),
        (lambda x: 1 / x, "divide", (1, Ref(0)), {}),
        (lambda x: x**2, ("power", "square"), None, {}),
        (lambda x: abs(x), "absolute", (Ref(0),), {}),
        (lambda x: copy.deepcopy(x), "copy", (Ref(0),), {}),
        (lambda x: np.linalg.norm(x), "linalg.norm", (Ref(0),), {}),
        (lambda x: x.mean(1), "mean", (Ref(0),), {"axis": 1}),
    ],
)
def test_one_name_and_one_form(call, operation, arguments, keywords):
    call(given([[1.0, 2.0], [3.0, 4.0]]))
    name, found, options = last()
    assert name in operation if isinstance(operation, tuple) else name == operation
    assert arguments is None or found == arguments
    assert options == keywords


def test_branches_are_guards():
    x = given([1.0, 2.0])
    if x.sum() > 2:
        assert bool((x > 0).all())
    assert (TAPE.guards[0].how, TAPE.guards[0].value) == ("bool", True)
    assert int(x[1]) == 2
    assert (TAPE.guards[-1].how, TAPE.guards[-1].value) == ("int", 2)
    assert len(range(x.argmax())) == 1
    assert (TAPE.guards[-1].how, TAPE.guards[-1].value) == ("index", 1)


def test_a_float_that_comes_back_is_recognised():
    x = given([0.123, 0.456])
    outside = [math.sqrt(x[0]) ** 0, float(x[0])]
    assert TAPE.losses[-1].how == "float"
    y = x * outside[1]
    assert last()[1] == (Ref(0), Ref(TAPE.losses[-1].node))
    assert isinstance(y, RecordedArray)


def test_memory_that_others_wrote_to_is_noticed():
    x = given([1.0, 2.0, 3.0])
    np.ndarray.view(x, np.ndarray)[0] = 8.0
    x + 1
    assert TAPE.steps[last()[1][0].id].kind is Kind.LOST


def test_arrays_of_objects_record_their_items():
    layers = operations.REAL_EMPTY(2, object)
    layers[0], layers[1] = given([1.0, 2.0]), given([[3.0]])
    halved = layers * 0.5
    assert last()[0] == "multiply"
    assert isinstance(halved[0], RecordedArray)


@pytest.mark.parametrize("value", [np.ones(2), np.float64(2), np.int64(2), 0.5, 3, np.asmatrix(np.ones((1, 2)))])
def test_an_exception_names_the_type_of_an_unrecorded_run(value):
    with pytest.raises(AttributeError) as expected:
        attrgetter("nothing")(value)
    recorded = leaf(value, "array", Kind.DATA)
    assert isinstance(recorded, (RecordedArray, RecordedNumber))
    with pytest.raises(AttributeError) as raised:
        attrgetter("nothing")(recorded)
    assert str(raised.value) == str(expected.value)


def test_a_plain_array_and_its_transposed_view_are_the_same_data():
    whole = np.random.default_rng(0).normal(size=(6, 4))
    weights = given(np.ones((3, 4)))
    for rows in (whole, whole[2:]):
        forward, backward = weights @ rows.T, weights @ np.ascontiguousarray(rows).T
        assert np.array_equal(replayed(forward), plain(forward))
        assert np.array_equal(replayed(backward), plain(backward))
    kept = whole[1:4]
    products = weights @ kept.T, kept @ weights.T
    sources = [TAPE.steps[node_of(one)].parents for one in products]
    left, right = sources[0][1], sources[1][0]
    assert (TAPE.steps[right].operation, TAPE.steps[right].parents) == ("transpose", (left,))


def test_an_array_that_is_converted_to_another_order_in_memory_is_a_copy_that_remembers():
    every_second = given([1.0, 2.0, 3.0, 4.0, 5.0])[::2]
    conversions = {
        "C": converted(np.ascontiguousarray, "ascontiguousarray")(every_second),
        "F": converted(np.asfortranarray, "asfortranarray")(given([[1.0, 2.0], [3.0, 4.0]])),
    }
    for order, found in conversions.items():
        assert plain(found).flags[f"{order}_CONTIGUOUS"]
        assert np.array_equal(replayed(found), plain(found))
        assert last()[0] == "copy"
    assert plain(converted(np.asarray, "asarray")(every_second, order="C")).flags.c_contiguous
    assert converted(np.asarray, "asarray")(every_second) is every_second


def test_a_list_beside_a_number_of_numpy_is_an_array():
    third, wide = given([1.0, 2.0, 3.0])[2], [1.0, 2.0]
    for found, expected in ((third + wide, [4.0, 5.0]), (wide - third, [-2.0, -1.0])):
        assert isinstance(found, RecordedArray)
        assert plain(found).tolist() == expected == replayed(found).tolist()
    with pytest.raises(TypeError, match=r"can't multiply sequence by non-int of type 'numpy\.float64'"):
        third * [1.0, 2.0]
    two = leaf(np.int64(2), "array", Kind.DATA)
    assert two * [third] == [third, third]
