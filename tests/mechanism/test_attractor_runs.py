"""Networks of a sweep taken apart: rings, topology and ablations beside the scores."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import distributed
import numpy as np
import pytest

from gridcells.cli.main import main
from gridcells.mechanism import (
    ablation_by_score,
    ablation_errors,
    activity_along_paths,
    study,
    third_ablated,
    train_and_take_apart,
)
from gridcells.mechanism.portraits import Portrait
from gridcells.presets import preset
from gridcells.runs import load_shipped
from gridcells.runs.sweeps import load_table
from gridcells.runs.sweeps.trained import train_and_score
from gridcells.training.decoding import path_errors

TINY = {"steps": 2, "units": 40, "scoring.paths": 1500, "null_maps": 5}


@pytest.fixture(scope="module")
def found():
    run = load_shipped("lattice", 0)
    return study(run.network, run.task)


def test_a_run_that_is_taken_apart_is_scored_as_ever(tmp_path):
    config = {"preset": preset("quick").override(TINY).as_dict(), "seed": 3}
    apart = train_and_take_apart(config, tmp_path / "weights.safetensors")
    scored = train_and_score(config, None)
    own = {name for name in apart["numbers"] if name.startswith("attractor.")}
    assert {name: apart["numbers"][name] for name in apart["numbers"].keys() - own} == scored["numbers"]
    assert {f"attractor.{field.name}" for field in dataclasses.fields(Portrait)} < own
    assert {"attractor.betti_1", "attractor.ablated_high_over_matched"} < own
    assert (tmp_path / "weights.safetensors").is_file()


def test_only_networks_that_integrate_paths_are_taken_apart():
    lstm = preset("banino_laptop").override({"steps": 1, "linear_units": 8, "scoring.paths": 100, "null_maps": 5})
    with pytest.raises(ValueError, match="config: expected a network that integrates paths, got banino_laptop"):
        train_and_take_apart({"preset": lstm.as_dict(), "seed": 0}, None)


def test_what_cannot_be_taken_apart_is_refused_before_it_is_trained(monkeypatch):
    monkeypatch.setattr("gridcells.mechanism.attractor_runs.trained_run", lambda *_: pytest.fail("it was trained"))
    for change in ({"network.cell": "gru", "recurrent_identity": 0}, {"network.linear_units": 8}):
        config = {"preset": preset("small").override(change).as_dict(), "seed": 0}
        with pytest.raises(ValueError, match="network: expected relu or tanh units without a linear layer"):
            train_and_take_apart(config, None)


def test_scores_of_few_units_are_kept():
    config = {"preset": preset("quick").override(TINY | {"units": 12}).as_dict(), "seed": 0}
    apart, scored = train_and_take_apart(config, None), train_and_score(config, None)
    assert apart["numbers"].keys() == scored["numbers"].keys()
    timed = {name for name in scored["numbers"] if "second" in name or "minute" in name}
    assert all(apart["numbers"][name] == value for name, value in scored["numbers"].items() if name not in timed)


def test_activity_comes_from_where_the_walls_are_far(found):
    (near, where), (far, _) = activity_along_paths(found, margin=0.1), activity_along_paths(found, margin=0.6)
    assert len(where) == len(near) and 0.9 < np.abs(where).max() < 1.0
    assert near.shape[1] == far.shape[1] == len(found.units) and len(far) < 0.5 * len(near)
    with pytest.raises(ValueError, match=r"margin: expected less than half of the arena's 2.2 m, got 1.2"):
        activity_along_paths(found, margin=1.2)


def test_what_a_third_is_worth_is_a_ratio_of_errors(found):
    ratios = third_ablated(found, paths=50)
    batch = found.task.batch_of(found.task.paths(50, "evaluation"))
    whole = path_errors(found.network, found.task, batch).mean()
    assert ratios.keys() == {"high_over_matched", "high_over_random", "low_over_none"}
    assert 0.5 < ratios["high_over_matched"] < 3 and ratios["low_over_none"] * whole > whole


def test_errors_without_parts_of_the_units_are_those_of_their_orders(found):
    falling = found.active[np.argsort(-found.score)]
    errors = ablation_by_score(found, [0, 0.2], random=1, paths=50)
    assert {float(one[0]) for one in errors.values()} == {float(errors["at random"][0])}
    least = ablation_errors(found.network, found.task, {"low": falling[::-1]}, [len(falling) // 5], paths=50)["low"]
    assert errors["lowest scores"][1] == least[0] != errors["highest scores"][1]
    with pytest.raises(ValueError, match="parts: expected shares between 0 and 0.5"):
        ablation_by_score(found, [0.6])


def test_a_sweep_takes_apart_what_it_trains(tmp_path, capsys):
    spec = tmp_path / "tiny.toml"
    settings = "\n".join(f'"{name}" = {value}' for name, value in TINY.items())
    spec.write_text(f'name = "tiny"\npreset = "quick"\n[settings]\n{settings}\n')
    # one worker for all, over TCP as any other, which has imported what it needs
    with distributed.LocalCluster(1, threads_per_worker=1, processes=False, protocol="tcp") as cluster:
        there = ["--scheduler", cluster.scheduler_address]
        main(["sweep", str(spec), "--attractor", *there, "--out", str(tmp_path / "out")])
        assert 0 < load_table(tmp_path / "out")["attractor.rings"][0] < 1
        assert "no numbers of an attractor" not in capsys.readouterr().out
        main(["sweep", str(spec), *there, "--out", str(tmp_path / "plain")])
        main(["sweep", str(spec), "--attractor", *there, "--out", str(tmp_path / "plain")])
    assert "1 of these have no numbers of an attractor: done before without --attractor" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["sweep", str(spec), "--device", "abacus", "--out", str(tmp_path / "other")])
    assert not (tmp_path / "other").exists()


def test_a_plain_sweep_needs_nothing_of_topology(tmp_path):
    (tmp_path / "ripser.py").write_text("raise ImportError('absent')")
    spec = tmp_path / "tiny.toml"
    spec.write_text('name = "tiny"\npreset = "debate"\n[settings]\nsteps = 1\nunits = 8\n')
    words = [sys.executable, "-m", "gridcells", "sweep", str(spec), "--dry-run"]
    asked = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert asked.returncode == 0 and "1 runs, 0 complete, 1 to do" in asked.stdout, asked.stderr


def test_the_shipped_networks_of_every_size_stand_apart_from_their_null():
    table = load_table("sizes")
    assert (table["attractor.rings"] > table["attractor.rings_null"]).all()
    assert set(np.unique(table["network.units"])) == {64, 128, 256, 512, 1024, 2048, 4096}
