"""Initializers against Keras' own, and the draws of an ensemble against those of single networks."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy import stats

from harness.models.initializers import (
    ARGUMENTS,
    TRUNCATED_STDDEV,
    Initializer,
    draw,
    draw_members,
    open_interval,
    parse,
)
from harness.models.network import Network

POST = Network((2, 3, 3, 2), ("sigmoid",) * 3)
FAN_IN, FAN_OUT = 400, 250
BIG = Network((FAN_IN, FAN_OUT), ("linear",))
SEED = 5

# What we read, and the initializer that Keras makes of the same
KERAS = {
    "glorot_uniform": keras.initializers.GlorotUniform(SEED),
    "glorot_normal": keras.initializers.GlorotNormal(SEED),
    "he_uniform": keras.initializers.HeUniform(SEED),
    "he_normal": keras.initializers.HeNormal(SEED),
    "lecun_uniform": keras.initializers.LecunUniform(SEED),
    "lecun_normal": keras.initializers.LecunNormal(SEED),
    "random_normal": keras.initializers.RandomNormal(seed=SEED),
    "random_normal(0.1)": keras.initializers.RandomNormal(stddev=0.1, seed=SEED),
    "random_uniform": keras.initializers.RandomUniform(seed=SEED),
    "random_uniform(-0.1, 0.3)": keras.initializers.RandomUniform(-0.1, 0.3, seed=SEED),
    "orthogonal": keras.initializers.Orthogonal(seed=SEED),
    "orthogonal(2)": keras.initializers.Orthogonal(2.0, seed=SEED),
}
# Keras' way with a bias, a shape of one axis; it refuses orthogonal there, as we do
KERAS_ON_BIAS = {text: initializer for text, initializer in KERAS.items() if not text.startswith("orthogonal")}
BOUNDED = [text for text in KERAS_ON_BIAS if not text.startswith("random_normal")]
EVERY = [*KERAS, "zeros", "ones", "constant(0.5)"]


def same_distribution(ours, theirs):
    """Deviations and a Kolmogorov-Smirnov test: 100,000 numbers tell a stddev apart that is 1.5 % off."""
    ours, theirs = np.ravel(ours), np.ravel(theirs).astype(np.float64)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.015)
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.015 * np.std(theirs))
    assert stats.ks_2samp(ours, theirs).pvalue > 0.01


@pytest.mark.parametrize("text", KERAS)
def test_kernel_is_distributed_as_keras_draws_it(text):
    (w,) = draw(BIG, parse(text), None, SEED)
    assert w.shape == (FAN_IN + 1, FAN_OUT)
    same_distribution(w[1:], KERAS[text]((FAN_IN, FAN_OUT)))
    assert np.all(w[0] == 0)  # Dense's own bias_initializer


@pytest.mark.parametrize("text", BOUNDED)
def test_kernel_reaches_and_keeps_the_bounds_of_keras(text):
    theirs = np.asarray(KERAS[text]((FAN_IN, FAN_OUT)))
    (w,) = draw(BIG, parse(text), None, SEED)
    assert [w[1:].min(), w[1:].max()] == pytest.approx([theirs.min(), theirs.max()], rel=2e-3)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("glorot_uniform", np.sqrt(6 / (2 + 3))),
        ("he_uniform", np.sqrt(6 / 2)),
        ("lecun_uniform", np.sqrt(3 / 2)),
        ("glorot_normal", 2 * np.sqrt(2 / (2 + 3)) / stats.truncnorm(-2, 2).std()),
        ("he_normal", 2 * np.sqrt(2 / 2) / stats.truncnorm(-2, 2).std()),
        ("lecun_normal", 2 * np.sqrt(1 / 2) / stats.truncnorm(-2, 2).std()),
    ],
)
def test_fans_leave_the_bias_row_out(text, limit):
    """The papers' limits for 2 inputs and 3 units, small enough that one input more would show."""
    w = draw_members(POST, parse(text), None, SEED, range(20_000))[0]
    largest = np.max(np.abs(w[1:]))
    assert 0.998 * limit < largest <= limit


def test_uniforms_leave_out_0_and_1():
    """At which ndtri would be infinite. The extremes come once in 2^52 numbers, so they are put in by hand."""
    edges = open_interval(np.array([0, 2**63, 2**64 - 1], np.uint64))
    assert edges == pytest.approx([2**-53, 0.5, 1 - 2**-53], rel=1e-15)
    assert edges[0] > 0
    assert edges[2] < 1


def test_stddev_of_the_truncated_normal():
    assert stats.truncnorm(-2, 2).std() == pytest.approx(TRUNCATED_STDDEV, rel=1e-12)
    drawn = draw(BIG, parse("he_normal"), None, SEED)[0][1:].ravel()
    scale = np.sqrt(2 / FAN_IN) / TRUNCATED_STDDEV
    assert stats.kstest(drawn, stats.truncnorm(-2, 2, scale=scale).cdf).pvalue > 0.01


@pytest.mark.parametrize(("inputs", "units"), [(5, 5), (7, 3), (3, 7), (1, 1), (1, 4)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal_kernel_has_orthonormal_columns_or_rows(inputs, units, gain):
    (members,) = draw_members(
        Network((inputs, units), ("tanh",)), Initializer("orthogonal", (gain,)), None, SEED, range(20)
    )
    for kernel in np.moveaxis(members[1:], -1, 0):
        product = kernel.T @ kernel if inputs >= units else kernel @ kernel.T
        np.testing.assert_allclose(product, gain**2 * np.eye(min(inputs, units)), atol=1e-13)


def test_orthogonal_matrices_are_uniform_over_all():
    """The rows of a uniform orthogonal 3 x 3 matrix are uniform on the sphere: each entry is uniform on [-1, 1]."""
    (members,) = draw_members(Network((3, 3), ("tanh",)), parse("orthogonal"), None, SEED, range(5000))
    for entry in members[1:].reshape(9, -1):
        assert stats.kstest(entry, stats.uniform(-1, 2).cdf).pvalue > 0.001


@pytest.mark.parametrize(("text", "value"), [("zeros", 0), ("ones", 1), ("constant(0.5)", 0.5), ("constant(-2)", -2)])
def test_constants_fill_the_bias_row_too(text, value):
    for w in draw(POST, parse(text), None, SEED):
        assert np.all(w == value)
        np.testing.assert_array_equal(w[1:], keras.initializers.Constant(value)(w[1:].shape))


@pytest.mark.parametrize("kernel", ["glorot_uniform", "orthogonal", "ones"])
@pytest.mark.parametrize(("bias", "value"), [("zeros", 0), ("ones", 1), ("constant(0.25)", 0.25)])
def test_bias_set_apart_from_the_kernel(kernel, bias, value):
    together = draw(POST, parse(kernel), parse(bias), SEED)
    alone = draw(POST, parse(kernel), None, SEED)
    for w, unset in zip(together, alone):
        assert np.all(w[0] == value)
        np.testing.assert_array_equal(w[1:], unset[1:])


@pytest.mark.parametrize("text", KERAS_ON_BIAS)
def test_bias_is_distributed_as_keras_draws_it(text):
    units = 50_000
    (w,) = draw(Network((1, units), ("linear",)), parse("zeros"), parse(text), SEED)
    assert np.all(w[1] == 0)
    same_distribution(w[0], KERAS[text]((units,)))


def test_orthogonal_bias_is_refused():
    with pytest.raises(ValueError, match="orthogonal needs a matrix"):
        draw(POST, parse("ones"), parse("orthogonal"), SEED)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("text", EVERY)
def test_a_member_is_the_network_of_its_own_seed(text, dtype):
    kernel, bias = parse(text), parse("random_normal(0.3)")
    for members in (range(9), range(3, 4), range(4, 11), range(1000, 1003)):
        together = draw_members(POST, kernel, bias, SEED, members, dtype)
        assert [w.shape for w in together] == [(*shape, len(members)) for shape in POST.shapes]
        for place, member in enumerate(members):
            for w, alone in zip(together, draw(POST, kernel, bias, SEED + member, dtype)):
                assert w.dtype == alone.dtype == dtype
                np.testing.assert_array_equal(w[..., place], alone)


@pytest.mark.parametrize("text", EVERY)
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_chunks_do_not_change_an_ensemble(text, chunk):
    whole = draw_members(POST, parse(text), None, SEED, range(100))
    chunks = [
        draw_members(POST, parse(text), None, SEED, range(first, min(first + chunk, 100)))
        for first in range(0, 100, chunk)
    ]
    for layer, w in enumerate(whole):
        np.testing.assert_array_equal(w, np.concatenate([found[layer] for found in chunks], axis=-1))


def test_members_are_independent():
    """No two of 2000 members share a number, and neighbours and weights are uncorrelated."""
    flat = np.concatenate(
        [w[1:].reshape(-1, 2000) for w in draw_members(POST, parse("he_uniform"), None, 0, range(2000))]
    )
    assert np.unique(flat).size == flat.size
    scaled = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    five_sigma = 5 / np.sqrt(2000)
    assert np.max(np.abs(scaled @ scaled.T / 2000 - np.eye(len(flat)))) < five_sigma
    assert abs(np.mean(scaled[:, 1:] * scaled[:, :-1])) < 5 / np.sqrt(flat.size)


def test_draws_repeat_and_seeds_differ():
    first, again, other = (draw(POST, parse("glorot_normal"), None, seed)[0] for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.any(first[1:] == other[1:])


def test_large_seeds_are_fine_and_negative_ones_refused():
    assert np.all(np.isfinite(draw(POST, parse("random_normal"), None, 2**64 + 1)[0]))
    with pytest.raises(ValueError, match="seed must be 0 or above, got -1"):
        draw(POST, parse("ones"), None, -1)


def test_members_in_other_steps_are_refused():
    with pytest.raises(ValueError, match="steps of 1"):
        draw_members(POST, parse("ones"), None, 0, range(0, 10, 2))


@pytest.mark.parametrize(
    ("text", "parsed", "written"),
    [
        ("ones", Initializer("ones"), "ones"),
        (" glorot_uniform() ", Initializer("glorot_uniform"), "glorot_uniform"),
        ("constant( 0.5 )", Initializer("constant", (0.5,)), "constant(0.5)"),
        ("constant(-1)", Initializer("constant", (-1.0,)), "constant(-1)"),
        ("random_normal", Initializer("random_normal", (0.05,)), "random_normal"),
        ("random_normal (1e-8)", Initializer("random_normal", (1e-8,)), "random_normal(1e-08)"),
        ("random_uniform(-1,1)", Initializer("random_uniform", (-1.0, 1.0)), "random_uniform(-1,1)"),
        ("random_uniform(-1)", Initializer("random_uniform", (-1.0, 0.05)), "random_uniform(-1,0.05)"),
        ("orthogonal(1.0)", Initializer("orthogonal", (1.0,)), "orthogonal"),
    ],
)
def test_parse_and_write(text, parsed, written):
    assert parse(text) == parsed
    assert str(parsed) == written
    assert parse(written) == parsed


@pytest.mark.parametrize(
    "text",
    [
        *("", "glorot", "Ones", "ones(", "ones)", "0.5", "glorot_uniform; he_normal", "ones\nzeros"),
        *("constant", "constant()", "constant(a)", "constant(1,2)", "constant(nan)", "constant(1,)", "constant(1)(2)"),
        *("ones(1)", "glorot_uniform(3)", "random_normal(-1)", "random_normal(0, 1)", "random_normal(inf)"),
        *("random_uniform(1, -1)", "random_uniform(1,2,3)", "orthogonal(1,2)", "orthogonal(1e999)"),
    ],
)
def test_bad_text_is_refused_in_one_line_with_what_is_known(text):
    with pytest.raises(ValueError, match="initializer") as raised:
        parse(text)
    message = str(raised.value)
    assert repr(text) in message
    assert "\n" not in message
    assert all(name in message for name in ARGUMENTS)


def test_tensorflow_is_not_imported():
    found = (
        "import sys, harness.models.initializers as it; print([n for n in ('tensorflow', 'keras') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True).stdout == "[]\n"
