"""Sweeps: the figures of POST.md from many seeds, and what the table makes of members."""

from __future__ import annotations

import csv
import json
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from harness import BadInput
from harness.cli import main as cli
from harness.comparison import post
from harness.measures.symmetry import effective_width, members_with_clones
from harness.models import handwritten
from harness.models.optimizers import parse
from harness.models.training import Training
from harness.report import sweep as sweep_report
from harness.scenario.scenario import load
from harness.sweeps import sweep
from tests.processes import interrupted


@pytest.fixture(scope="module")
def found():
    """The post from Glorot uniform and from ones, 60 seeds."""
    scenario = load("post", {"record": "log 200"})
    chosen = sweep.combinations(scenario.initializers, ["sgd"], [0.5, 3.0])
    return sweep.run(sweep.job(scenario, chosen, 60))


def group(found, initializer, rate):
    return next(g for g in found.groups if g.combination == (initializer, "sgd", rate))


def test_glorot_seeds_lie_where_post_md_says(found):
    """POST.md, 6: 0.000056 to 0.0001, median 0.00007, of 30 seeds after 10000 iterations"""
    low, middle, high = group(found, "glorot_uniform", 0.5).cost_quantiles
    assert 0.00005 < low < middle < high < 0.00012
    assert middle == pytest.approx(0.00007, abs=0.00001)


def test_a_constant_start_is_one_member_and_comes_where_post_md_says(found):
    of_ones = group(found, "ones", 0.5)
    assert len(of_ones.seeds) == 1
    assert of_ones.final_cost[0] == pytest.approx(0.000342, abs=5e-7)
    assert of_ones.clones.tolist() == [True]
    assert not group(found, "glorot_uniform", 0.5).clones.any()


def test_the_target_is_a_fortieth_of_the_constant_prediction_s_cost(found):
    """0.4 is the sum of squared deviations of the targets from their column means."""
    assert found.constant_cost == pytest.approx(0.4)
    assert found.target == pytest.approx(0.4 / 40)


def test_the_cost_that_the_post_prints():
    assert post.final_cost() == pytest.approx(0.000121, abs=5e-7)


def test_iterations_to_the_target_are_those_of_the_single_network(found):
    members = group(found, "glorot_uniform", 3.0)
    scenario = found.scenario
    for place in (0, 7, 59):
        reached = int(members.reached_at[place])
        before = max(i for i in scenario.recorded if i < reached)
        start = load("post", {"seed": members.seeds[place]}).start("glorot_uniform")
        path = handwritten.train(
            scenario.network, start, scenario.x, scenario.y, Training(3.0, recorded=[before, reached])
        )
        costs = [handwritten.forward(scenario.network, w, scenario.x, scenario.y).cost for w in path]
        assert costs[0] > found.target >= costs[1]


def test_the_best_is_the_one_that_nearly_all_reach_soonest(found):
    chosen = sweep.best(found)
    assert chosen is not None
    assert chosen.combination == ("glorot_uniform", "sgd", 3.0)


def test_the_verdict_names_every_combination_that_was_asked_about(found):
    told = " ".join(sweep_report.verdict(found))
    assert "0.000121" in told
    assert all(f"{of_one.combination}: " in told for of_one in found.groups)
    assert "clones" in told


def test_quantiles_of_known_members():
    costs = np.arange(1.0, 101.0)
    reached = np.where(costs <= 40, costs * 10, np.nan)
    flags = costs > 90
    one = sweep.Group(
        combination=sweep.Combination("ones", "sgd", 1.0),
        seeds=range(100),
        final_cost=costs,
        reached_at=reached,
        stuck=flags,
        clones=flags,
        accuracy=costs / 100,
    )
    assert one.cost_quantiles == [5, 50, 95]
    assert one.reached_share == 0.4
    assert one.iterations_quantiles == [20, 200, 380]
    diverged = sweep.Group(
        combination=one.combination,
        seeds=range(100),
        final_cost=costs * np.nan,
        reached_at=reached * np.nan,
        stuck=flags,
        clones=flags,
        accuracy=costs / 100,
    )
    assert diverged.cost_quantiles == [np.inf] * 3
    assert np.isnan(diverged.iterations_quantiles).all()


@pytest.mark.parametrize("size", [1, 7, 60])
def test_chunks_change_nothing(size, monkeypatch):
    combination = sweep.Combination("glorot_uniform", "sgd", 3.0)
    job = sweep.job(load("post", {"record": "log 200", "iterations": 50}), [combination], 20)
    whole = sweep.run(job).groups[0]
    monkeypatch.setattr(sweep, "CHUNK", size)
    again = sweep.run(job).groups[0]
    assert np.array_equal(again.final_cost, whole.final_cost)
    assert np.array_equal(again.seeds, whole.seeds)


def group_of(combination, seeds):
    """Members whose figures tell their seed."""
    values = np.array(seeds, np.float64)
    return sweep.Group(
        combination=combination,
        seeds=seeds,
        final_cost=values,
        reached_at=10 * values,
        stuck=values > 3,
        clones=values > 5,
        accuracy=values / 10,
    )


def test_what_is_missing_is_what_no_chunk_has():
    drawn, constant = sweep.Combination("glorot_uniform", "sgd", 3.0), sweep.Combination("ones", "sgd", 3.0)
    job = sweep.job(load("post", {"seed": 7}), [constant, drawn], 100)
    assert sweep.missing(job, []) == [(constant, range(1)), (drawn, range(100))]
    done = [group_of(drawn, range(57, 67)), group_of(constant, range(7, 8)), group_of(drawn, range(17, 27))]
    assert sweep.missing(job, done) == [(drawn, range(10)), (drawn, range(20, 50)), (drawn, range(60, 100))]
    assert sweep.missing(job, [group_of(constant, range(7, 8)), group_of(drawn, range(7, 107))]) == []


def test_only_what_is_missing_is_trained_and_the_order_of_chunks_is_that_of_the_seeds():
    drawn = sweep.Combination("glorot_uniform", "sgd", 3.0)
    job = sweep.job(load("post", {"seed": 2}), [drawn], 8)

    def train(job, parts):
        assert parts == [(drawn, range(2)), (drawn, range(4, 8))]
        yield group_of(drawn, range(6, 10))
        yield group_of(drawn, range(2, 4))

    found = sweep.run(job, train=train, done=[group_of(drawn, range(4, 6))])
    assert list(found.groups[0].seeds) == list(range(2, 10))
    assert found.groups[0].final_cost.tolist() == list(range(2, 10))
    assert found.groups[0].clones.tolist() == [False] * 4 + [True] * 4
    assert not found.interrupted


def test_a_chunk_is_some_seconds_of_work_and_a_block_for_each_core():
    post = sweep.chunk_size(load("post"), 2)
    assert post == sweep.CHUNK
    digits = load("digits", {"dtype": "float32"})
    # 1797 observations, 65 x 32 and 33 x 10 weights, 200 iterations: 2.6e9 multiplications a member: a block a core
    size = sweep.chunk_size(digits, 2)
    assert size == 2 * 32  # of 65 x 32 + 33 x 10 weights in 4 bytes, 54 are half a MiB
    assert sweep.chunk_size(digits, 1) == size // 2


def test_members_with_clones_are_those_of_smaller_effective_width():
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(3, 3, 4)), rng.normal(size=(4, 3, 4)), rng.normal(size=(4, 2, 4))]
    weights[0][:, 2, 1] = weights[0][:, 0, 1]  # member 1: units 0 and 2 of layer 1, in and out
    weights[1][3, :, 1] = weights[1][1, :, 1]
    weights[1][:, 1, 2] = weights[1][:, 0, 2]  # member 2: of layer 2, in only
    weights[1][..., 3] = 1.0  # member 3: of layer 2, in and out
    weights[2][1:, :, 3] = 2.0
    found = members_with_clones(weights)
    assert found.tolist() == [False, True, False, True]
    for place, cloned in enumerate(found):
        one = [w[..., place] for w in weights]
        assert cloned == (min(effective_width(one, layer) for layer in (1, 2)) < 3)


def test_combinations_are_every_one_and_each_once():
    chosen = sweep.combinations(["ones", "zeros"], ["sgd", "adam(beta_1=0.8)"], [0.1, 1.0])
    assert len(chosen) == 8
    assert str(parse(chosen[-1].optimizer)) == chosen[-1].optimizer
    with pytest.raises(BadInput, match="twice"):
        sweep.combinations(["ones"], ["sgd", "sgd"], [0.1])
    with pytest.raises(BadInput, match="optimizers"):
        sweep.combinations(["ones"], ["rprop"], [0.1])


def test_the_command_writes_json_and_csv(tmp_path, capsys):
    file = tmp_path / "members.csv"
    arguments = ["sweep", "--seeds", "5", "--iterations", "20", "--learning-rate", "0.5,3", "--no-log", "--json"]
    assert cli.main([*arguments, "--csv", str(file)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(c["initializer"], c["learning_rate"], c["members"]) for c in document["combinations"]] == [
        ("ones", 0.5, 1),
        ("ones", 3.0, 1),
        ("glorot_uniform", 0.5, 5),
        ("glorot_uniform", 3.0, 5),
    ]
    with file.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 12
    assert [int(row["seed"]) for row in rows[2:7]] == [0, 1, 2, 3, 4]
    costs = sorted(float(row["final_cost"]) for row in rows[2:7])
    assert document["combinations"][2]["cost_quantiles"]["50"] == costs[2]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--seeds", "0"], "--seeds"),
        (["--learning-rate", "0.5,-1"], "--learning-rate"),
        (["--learning-rate", "a,b"], "--learning-rate"),
        (["--optimizer", "rprop"], "--optimizer"),
        (["--csv", "/no/such/folder/x.csv", "--seeds", "1", "--iterations", "1"], "/no/such/folder/x.csv"),
    ],
)
def test_bad_input_is_reported_in_a_line(arguments, told, capsys, tmp_path):
    assert cli.main(["sweep", "--no-log", *arguments]) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert out == ""
    assert len(err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc to see when training begins")
def test_an_interrupt_keeps_what_is_done(tmp_path):
    """Two combinations: the first is quick, the second would take hours."""
    arguments = ["sweep", "--init", "ones,glorot_uniform", "--seeds", "2000000", "--iterations", "3000", "--json"]
    code, out, err = interrupted([*arguments, "--name", "cut"], tmp_path)
    assert code == 130, err
    assert err == (
        "harness: interrupted: logs/post/cut keeps what was recorded, and is marked UNFINISHED; "
        "to continue, add --name cut --resume\n"
    )
    document = json.loads(out)
    assert document["interrupted"] is True
    assert document["combinations"][0]["members"] == 1
    assert document["interrupted"] is True
    assert (tmp_path / "logs" / "post" / "cut" / "UNFINISHED").exists()
    assert (tmp_path / "logs" / "post" / "cut" / "ones-sgd-0.5").is_dir()


@pytest.mark.slow
def test_settings_that_differ_after_six_digits_have_folders_and_results_of_their_own(tmp_path):
    rates, rules = (0.1234567, 0.1234568), ("momentum(momentum=0.12345678)", "momentum(momentum=0.12345679)")
    arguments = ["sweep", "--init", "ones", "--iterations", "2", "--seeds", "1", "--name", "n"]
    options = [part for rule in rules for part in ("--optimizer", rule)]
    options += ["--learning-rate", ",".join(map(str, rates))]
    assert cli.main([*arguments, *options, "--log-dir", str(tmp_path)]) == 0
    folders = {path.name for path in (tmp_path / "post" / "n").glob("ones-*")}
    assert folders == {f"ones-{rule}-{rate}" for rule in rules for rate in rates}


def test_each_combination_is_one_entry_of_the_hparams_page(tmp_path):
    arguments = ["sweep", "--seeds", "5", "--iterations", "20", "--learning-rate", "0.5,3", "--name", "n"]
    assert cli.main([*arguments, "--log-dir", str(tmp_path)]) == 0
    folders = {path.name: path for path in (tmp_path / "post" / "n").glob("*-sgd-*")}
    assert set(folders) == {f"{start}-sgd-{rate}" for start in ("ones", "glorot_uniform") for rate in ("0.5", "3")}
    events = EventAccumulator(str(folders["glorot_uniform-sgd-3"]), size_guidance={"tensors": 0})
    events.Reload()
    content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    info = HParamsPluginData.FromString(content).session_start_info
    assert info.hparams["initializer"].string_value == "glorot_uniform"
    assert info.hparams["learning_rate"].number_value == 3
    assert info.hparams["members"].number_value == 5
    (cost,) = events.Tensors("summary/cost_50")
    scenario = load("post", {"iterations": 20})
    costs = []
    for seed in range(5):
        start = load("post", {"seed": seed}).start("glorot_uniform")
        (w,) = handwritten.train(scenario.network, start, scenario.x, scenario.y, Training(3.0, recorded=[20]))
        costs.append(handwritten.forward(scenario.network, w, scenario.x, scenario.y).cost)
    assert cost.step == 20
    learned = [tf.make_ndarray(event.tensor_proto).item() for event in events.Tensors("learned share")]
    assert learned == [0] * 21  # after 20 iterations none has, and the curve has a point at each
    answer = EventAccumulator(str(tmp_path / "post" / "n" / "answer"))
    answer.Reload()
    assert {"answer", "answer in pictures/costs"} <= set(answer.Tags()["tensors"])
    assert tf.make_ndarray(cost.tensor_proto).item() == pytest.approx(sorted(costs)[2], rel=1e-6)
