"""What people and machines read of a comparison of setups, and what the command line refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

from harness.backends.compare import Problem, SetupRun
from harness.backends.reasons import Reason, ReasonKind
from harness.backends.settings import Setting
from harness.backends.setups import Setup
from harness.board import backend_events
from harness.cli import main as cli
from harness.figures.render import spec
from harness.report import backends
from harness.report.page import backends as backends_page
from tests.backends.results_for_tests import TOP, TORCH, comparison_of, computed, pair_of
from tests.cli.test_json import documented, matches, paths

EPSILON = Setting(layer="top", part="layer", key="epsilon", left="0.001", right="1e-05")
DIFFERS = pair_of(
    computed(),
    computed(off={TOP: 1e-3}),
    reasons=(Reason(kind=ReasonKind.SETTING, side="right", setting=EPSILON),),
)


def text_of(result):
    return " ".join(str(result).split())


def test_agreement_is_reported_with_the_largest_difference():
    text = text_of(comparison_of(pair_of(computed(), computed())))
    assert text.startswith(
        "TensorFlow and JAX compute the same: rounding explains the differences of all 11 quantities"
    )
    assert "more than seeds explain" in text


def test_a_difference_is_reported_with_its_place_its_size_and_its_reason():
    text = text_of(comparison_of(DIFFERS))
    assert text.startswith(
        "TensorFlow and JAX part at layer top: the output in inference of top differs by up to 0.001 (0.001 of the "
        "largest element); rounding explains an estimated 1.2e-07."
    )
    assert (
        "Reason: epsilon of top is 0.001 in TensorFlow and 1e-05 in JAX. With the same value, this quantity agrees."
        in text
    )


def test_a_difference_larger_than_the_values_is_a_multiple_of_them():
    text = text_of(comparison_of(pair_of(computed(), computed(imprecise={TOP: 5.6}))))
    assert "the output in inference of top differs by up to 5.6 (5.6 times the largest element)" in text


@pytest.mark.parametrize("kind", [kind for kind in ReasonKind if kind is not ReasonKind.SETTING])
def test_every_reason_has_its_words(kind):
    pair = replace(DIFFERS, reasons=(Reason(kind=kind, side="right"),))
    assert backends.reason_sentence(pair.reasons[0], pair) in "\n".join(backends.verdict(comparison_of(pair)))


def test_what_is_missing_or_fails_is_reported_in_one_line():
    runs = [
        SetupRun(setup=TORCH, problem=Problem.NOT_INSTALLED),
        SetupRun(setup=Setup(backend="jax", dtype="float64"), problem=Problem.FAILED, detail="ValueError: no"),
    ]
    result = comparison_of(pair_of(computed(), computed()), runs=runs)
    *_, missing, failed = backends.verdict(result)
    assert missing == (
        "PyTorch is not installed and was left out. Install it with: pip install 'backprop-harness[torch]'"
    )
    assert failed == "JAX float64 could not compute this network: ValueError: no"
    assert not result.is_judged
    assert comparison_of(pair_of(computed(), computed()), runs=runs[:1]).is_judged


def test_layers_that_draw_are_named():
    pair = pair_of(computed(), computed(), draws=DIFFERS.first)
    text = text_of(comparison_of(pair, random_layers=["dropout"]))
    assert "dropout drew no random numbers in this comparison: from the same seed, " in text
    assert "TensorFlow and JAX draw different numbers, and part at " in text


def test_the_document_has_the_documented_keys():
    document = comparison_of(replace(DIFFERS, draws=DIFFERS.first)).to_dict()
    assert document.pop("schema_version") == 1
    printed, names = set(paths(json.loads(json.dumps(document)))), documented("backends")
    assert not {path for path in printed if not any(matches(path, name) for name in names)}
    assert not {name for name in names if not any(matches(path, name) for path in printed)}


def test_the_page_has_both_charts_and_a_table():
    page = comparison_of(DIFFERS)._repr_html_()
    assert page.count("<figure") >= 2 or page.count("<img") >= 2
    assert "the output in inference of top" in page


def test_the_chart_has_what_rounding_explains_beside_each_difference():
    """The values are 1, so 0.001 is the difference relative to them; two roundings of float32 are 2^-23."""
    values = spec(backends_page.layers_chart(comparison_of(DIFFERS)))["data"]["values"]
    top = {row["kind"]: row["difference"] for row in values if row["place"] == "top"}
    assert top["difference"] == pytest.approx(1e-3, rel=1e-2)
    assert top["explained by rounding"] == pytest.approx(2**-23, rel=1e-2)


def test_a_chart_of_what_is_nan_on_one_side_can_be_drawn():
    pair = pair_of(computed(), computed(off={TOP: np.nan}))
    values = spec(backends_page.layers_chart(comparison_of(pair)))["data"]["values"]
    assert np.all(np.isfinite([row["difference"] for row in values]))


def test_tensorboard_gets_a_curve_a_pair(tmp_path):
    backend_events.write_backends(tmp_path, comparison_of(DIFFERS))
    (file,) = (tmp_path / "tensorflow-jax").iterdir()
    written = file.read_bytes()
    assert b"difference/all layers" in written
    assert b"difference/hidden" in written
    assert b"difference/top" not in written  # has no weights


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backends", "jax"], "--backends must be two or more names, separated by commas, got 'jax'"),
        (["--backends", "numpy"], "--backends must be any of tensorflow, jax, torch, got 'numpy'"),
        (["--dtypes", "float32,int8"], "got 'int8'"),
        (["--jit", "on"], "--jit must be two or more names"),
        (["--backends", "tensorflow,jax", "--seeds", "-1"], "--seeds must be a positive integer"),
        (["--backends", "tensorflow,jax", "--data", "x.npz"], "--data: is for a saved model"),
        (["mine.keras", "--backends", "tensorflow,jax"], "mine.keras is a model without data"),
        (["mine.keras", "--data", "x.npz"], "compare is for a scenario"),
    ],
)
def test_bad_input_is_reported_in_plain_words(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err
    assert not list(tmp_path.iterdir())
