"""The bench: every way computes the same as the hand-written one, and what a machine lacks is skipped with a word."""

from __future__ import annotations

import functools
import sys

import numpy as np
import pytest

from harness.models import ensemble, handwritten, initializers
from harness.models.training import Training
from tests.benchmarks import choices_speed, sizes_speed
from tests.benchmarks import training_speed as bench


def start(members):
    return initializers.draw_members(
        bench.NETWORK, initializers.parse("glorot_uniform"), None, 3, range(members), np.float32
    )


def by_hand(weights, iterations):
    """Each member of (inputs + 1, units, members) through handwritten.py."""
    ends = [
        next(
            handwritten.train(
                bench.NETWORK,
                [w[..., k] for w in weights],
                bench.X,
                bench.Y,
                Training(bench.LEARNING_RATE, recorded=[iterations]),
            )
        )
        for k in range(weights[0].shape[-1])
    ]
    return [np.stack(layers, axis=-1) for layers in zip(*ends)]


def needs(make):
    """What it makes, or the test is skipped."""
    try:
        return make()
    except bench.Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("members", [16, pytest.param(37, marks=pytest.mark.slow)])
def test_the_c_program_trains_the_same_networks(members):
    """37: the last block is filled up."""
    many = start(members)
    before = [w.copy() for w in many]
    trained = needs(bench.c_loop)(many, 1000)
    assert bench.distance(trained, by_hand(many, 1000)) < 1e-4
    assert bench.distance(trained, many) > 0.1
    assert all(np.array_equal(a, b) for a, b in zip(many, before))


def test_loading_the_c_program_leaves_the_process_its_subnormal_numbers():
    needs(bench.c_loop)
    smallest = np.float64(2.0**-1022)
    assert smallest / 2 > 0


@pytest.mark.slow
def test_jax_trains_the_same_networks():
    one, many = needs(bench.jax_loops)
    weights = start(3)
    assert bench.distance(many(weights, 300), by_hand(weights, 300)) < 1e-4
    assert bench.distance(one([w[..., 0] for w in weights], 300), [w[..., 0] for w in by_hand(weights, 300)]) < 1e-4


def test_numpy_trains_the_same_network():
    one = [w[..., 0] for w in start(1)]
    assert bench.distance(bench.numpy_loop(one, 300), [w[..., 0] for w in by_hand(start(1), 300)]) < 1e-4


def lacking(iterations):
    raise bench.Missing("there is no such thing here")


def some_ways(one, many):
    """Quick ones, one that lacks something and one that computes something else."""
    yield bench.Way("numpy", 1, 30, functools.partial(bench.numpy_loop, one))
    yield bench.Way("lacking", 1, 30, lacking)
    yield bench.Way("wrong", 1, 30, lambda iterations: bench.numpy_loop(one, iterations + 1))


@pytest.mark.slow
def test_run_times_what_is_right_and_skips_the_rest(monkeypatch):
    monkeypatch.setattr(bench, "ways", some_ways)
    told = []
    rows = bench.run(members=20, rounds=3, progress=lambda done, total, what: told.append((done, total)))
    numpy_row, lacking_row, wrong_row = rows
    assert len(numpy_row.seconds) == 3
    assert 0 < min(numpy_row.seconds) <= numpy_row.median <= max(numpy_row.seconds) < 0.01
    assert (lacking_row.seconds, lacking_row.skipped) == ((), "there is no such thing here")
    assert wrong_row.seconds == ()
    assert wrong_row.skipped.startswith("its weights are off by")
    assert np.isnan(lacking_row.median)
    assert np.isnan(bench.ratio(numpy_row, lacking_row))
    assert told[0] == (0, 12)
    assert told[-1] == (12, 12)
    assert told == sorted(told)


def test_ratio_is_taken_round_by_round():
    """A round in which the machine was three times as slow for both changes nothing."""
    fast = bench.Row("fast", 1, 1, (1.0, 3.0, 1.0))
    slow = bench.Row("slow", 1, 1, (5.0, 15.0, 5.0))
    assert bench.ratio(fast, slow) == 5.0
    assert bench.ratio(slow, fast) == 0.2


def test_without_jax_or_a_compiler_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(bench.Missing, match="JAX is not installed"):
        bench.jax_loops.__wrapped__()
    monkeypatch.setattr(bench.shutil, "which", lambda name: None)
    with pytest.raises(bench.Missing, match="no C compiler found"):
        bench.c_loop.__wrapped__()
    monkeypatch.setattr(bench.shutil, "which", lambda name: sys.executable)  # compiles no C
    with pytest.raises(bench.Missing, match=r"could not compile training_speed\.c"):
        bench.c_loop.__wrapped__()


def test_a_ratio_that_became_worse_is_seen(tmp_path):
    history = tmp_path / "logs" / "bench.jsonl"
    for ratios in ({"a": 2.0, "b": 1.0}, {"a": 2.2, "b": 1.1}, {"a": 2.1}):
        before = sizes_speed.remember(ratios, history)
    assert before == [{"a": 2.0, "b": 1.0}, {"a": 2.2, "b": 1.1}]
    assert list(sizes_speed.regressions({"a": 1.9, "b": 0.9}, before)) == ["b: 0.90 times, before 1.05"]
    assert list(sizes_speed.regressions({"new": 0.1}, before)) == []


def test_each_layout_is_chosen_in_a_case_of_the_layouts_and_each_set_of_flags_in_one_of_the_flags():
    chosen = {
        ensemble.way_of(choices_speed.network_of(sizes), observations)
        for sizes, observations, _ in choices_speed.LAYOUT_CASES
    }
    assert chosen == set(choices_speed.LAYOUTS.values())
    of_many, of_one = (
        {
            choose(choices_speed.network_of(sizes), seen)
            for sizes, seen, members in choices_speed.FLAG_CASES
            if which(members)
        }
        for choose, which in (
            (choices_speed.flags_of_ensemble, lambda members: members > 1),
            (choices_speed.flags_of_single, lambda members: members == 1),
        )
    )
    assert of_many == set(choices_speed.FLAGS_OF_MANY[1:]) - {None}
    assert of_one == set(choices_speed.FLAGS_OF_ONE[1:])


@pytest.mark.slow
def test_every_layout_trains_the_same_members():
    many = start(3)
    expected = by_hand(many, 300)
    for name in choices_speed.LAYOUTS:
        with choices_speed.layout(name):
            trained = ensemble.outcome(
                bench.NETWORK, many, bench.X, bench.Y, Training(bench.LEARNING_RATE, recorded=[300])
            )
        assert bench.distance(trained.weights, expected) < 1e-4, name


def test_the_cells_of_the_table_of_choices():
    assert [choices_speed.name_of(sizes) for sizes in ((2, 64, 1), (2, *(3,) * 15, 2))] == ["2-64-1", "2, 15 of 3, 2"]
    cells = [(1.6e-8, True), (9.96e-4, False), (1.0156e-3, False), (None, True)]
    assert [choices_speed.cell(*given) for given in cells] == ["**0.016**", "996", "1,016", ""]


def test_logarithmic():
    assert bench.logarithmic(4) == [1, 2, 3, 4]
    found = bench.logarithmic(100_000)
    assert found[0] == 1
    assert found[-1] == 100_000
    assert 80 <= len(found) <= 100


@pytest.mark.long
def test_the_whole_bench_holds_what_the_project_promises():
    rows = {row.way: row for row in bench.run(rounds=7)}
    by_hand_one, ensemble_row = rows["handwritten"], rows["ensemble"]
    assert all(row.seconds or row.skipped.startswith(("JAX is not", "no C compiler")) for row in rows.values()), [
        row.skipped for row in rows.values()
    ]
    assert bench.ratio(by_hand_one, rows["handwritten, weights recorded 100 times"]) < 2
    assert bench.ratio(by_hand_one, rows[bench.BEST_OF_KERAS]) > 50
    for name, row in rows.items():
        if name.startswith("JAX, jit") and row.seconds:
            assert bench.ratio(row, by_hand_one) < 1.5
        if name.startswith("JAX, vmap") and row.seconds:
            assert bench.ratio(ensemble_row, row) > 4
        if name.startswith("C,") and row.seconds:
            assert bench.ratio(row, ensemble_row) < 2.5
