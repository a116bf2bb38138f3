"""The study of a trained network, the table of trials, and films."""

from __future__ import annotations

import itertools
import json
import shlex

import numpy as np
import pytest

from gridcells.mechanism.lattice_study import orientation_deviation, study
from gridcells.presets import preset
from gridcells.runs.evaluation import evaluate
from gridcells.runs.film import training_film
from gridcells.runs.folder import finish
from gridcells.runs.shipped import load_shipped, shipped_runs
from gridcells.runs.trials import Trial, collect, load_trials, reached
from gridcells.training.loop import train
from gridcells.training.place_task import PlaceTask
from gridcells.training.tasks import make_task

QUICK = preset("small").override(
    {"units": 12, "cells": 64, "steps": 4, "batch": 8, "scoring.paths": 100, "null_maps": 10}
)


def setting_of(command):
    """The preset that a command trains."""
    words = shlex.split(command)
    changes = dict(word.split("=") for flag, word in itertools.pairwise(words) if flag == "--set")
    return preset(words[2]).override(changes)


@pytest.fixture(scope="module")
def grown():
    run = load_shipped("module", 0)
    return study(run.network, run.task)


def test_the_lattice_of_a_grown_network_is_its_core(grown):
    core = grown.task.preset.growth.core_units
    assert set(grown.units) <= set(grown.active) & set(range(core))
    assert len(grown.lattice_maps) == len(grown.units) == len(grown.phase) > 0.9 * core
    assert grown.waves.share > grown.all_waves.share  # the others tell where in the box the animal is
    assert grown.recurrent_weight.shape == (len(grown.units),) * 2
    assert grown.velocity_weight.shape == (len(grown.units), 2)
    assert grown.box == 2.2


def test_scores_are_those_that_the_run_ships_with(grown):
    numbers = load_shipped("module", 0).summary["numbers"]
    assert len(grown.active) == numbers["units_scored"]
    assert np.mean(grown.score > 0.8) == pytest.approx(numbers["share_above_0.8"], abs=0.02)


def test_a_study_needs_a_network_of_sorscher_et_al():
    run = load_shipped("banino_laptop", 0)
    with pytest.raises(ValueError, match="network: expected relu or tanh units .* got 'PoseLSTM'"):
        study(run.network, run.task)
    with pytest.raises(ValueError, match="task: expected a PlaceTask, which the network learnt, got PoseTask"):
        study(PlaceTask(QUICK, 0).network(), run.task)
    with pytest.raises(ValueError, match="task: expected that of the network, which has 64 place cells, got 512"):
        study(PlaceTask(QUICK, 0).network(), PlaceTask(preset("sorscher2019"), 0))


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"cell": "lstm"}, "'lstm'$"),
        ({"cell": "gru"}, "'gru'$"),
        ({"linear_units": 10}, "a linear layer$"),
        ({"leak": 0.5, "bias": True}, "a leak of 0.5, biases$"),
        ({"cell": "one_layer_relu"}, "'PositionEncoder'$"),
    ],
)
def test_networks_whose_weights_are_no_recurrent_matrix_are_refused(changes, got):
    small = {"units": 12, "cells": 64, "recurrent_identity": 0} | changes
    task = make_task(preset("small").override({f"network.{n}" if n != "cells" else n: v for n, v in small.items()}), 0)
    expected = "network: expected relu or tanh units without a linear layer, leak or bias, got "
    with pytest.raises(ValueError, match=expected + got):
        study(task.network(), task)


def test_a_network_of_ones_own_is_studied():
    run = train(QUICK.override({"scoring.paths": 3000}), seed=1)
    found = study(run.network, run.task)
    assert found.network is run.network and found.task is run.task
    np.testing.assert_array_equal(found.units, found.active)
    weight = run.network.recurrent_weight.detach().double().numpy()
    np.testing.assert_array_equal(found.recurrent_weight, weight[np.ix_(found.units, found.units)])
    with pytest.raises(ValueError, match="task: expected enough scoring.paths to visit every bin .*, got 100$"):
        study(run.network, PlaceTask(QUICK, seed=1))


def test_modules_meet_what_the_readme_says():
    """Five seeds: accurate, mostly hexagonal, and of one orientation."""
    runs = [load_shipped("module", seed).summary["numbers"] for seed in shipped_runs()["module"]]
    assert len(runs) == 5
    assert max(run["decoding_error"] for run in runs) < 0.06
    assert min(run["share_above_0.3"] for run in runs) > 0.7
    assert min(run["share_above_0.8"] for run in runs) > 0.4
    assert np.median([run["share_above_null"] for run in runs]) > 0.5


def test_orientations_of_turned_lattices(grown):
    good = grown.score > 0.8
    spread = orientation_deviation(grown.maps[good], bin_size=0.11)
    assert np.nanmedian(spread) < np.radians(2)
    turned = orientation_deviation(grown.maps[good].transpose(0, 2, 1), bin_size=0.11)  # a mirror image keeps distances
    np.testing.assert_allclose(np.nanmedian(spread), np.nanmedian(turned), atol=np.radians(0.5))


def test_trials_are_kept_replaced_and_repeatable(tmp_path):
    table = tmp_path / "trials.json"
    run = train(QUICK.override({"learning_rate": 0.002}), seed=3)

    finish(run, evaluate(run.network, run.task), tmp_path, command="gridcells train small")
    for _ in range(2):
        (one,) = collect([tmp_path], path=table)
    assert one.label.startswith("small+") and "learning_rate=0.002" in one.label
    assert one.seed == 3 and one.metrics[-1]["step"] == 4
    assert setting_of(one.command) == run.task.preset
    assert shlex.split(one.command)[-2:] == ["--seed", "3"]
    kept = load_trials("small+", path=table)
    assert [trial.label for trial in kept].count(one.label) == 1
    assert json.loads(table.read_text())[0]["numbers"] == one.numbers
    with pytest.raises(FileNotFoundError, match="summary.json"):
        collect([tmp_path / "none"], path=table)


def test_every_trial_in_the_table_is_one_that_its_words_repeat():
    for trial in load_trials():
        name, *changes = trial.label.split("+")
        told = preset(name).override(dict(change.split("=") for change in changes))
        assert told.label == trial.label
        assert trial.metrics[-1]["step"] == told.training.steps
        # weights that ship are rounded to half precision, which after 100 samples can move an error by a millimetre
        last = trial.metrics[-1]["decoding_error"]
        assert trial.numbers["decoding_error"] == pytest.approx(last, abs=1e-3, rel=1e-2)


@pytest.mark.parametrize("rate", [1e6, 1e-7, 0.00123456789])
def test_a_command_repeats_settings_that_a_label_shortens(tmp_path, rate):
    changed = QUICK.override({"learning_rate": rate})
    summary = {"preset": changed.as_dict(), "seed": 0, "seconds": 1, "numbers": {}, "metrics": []}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    with pytest.warns(UserWarning, match="carries no digest"):
        (one,) = collect([tmp_path], path=tmp_path / "trials.json")
    assert setting_of(one.command) == changed
    assert one in load_trials("small+", path=tmp_path / "trials.json")


def test_a_row_that_holds_only_a_label_still_gives_its_command(tmp_path):
    row = {"label": "laptop+learning_rate=1e+06+steps=30", "seed": 1, "seconds": 1.0, "numbers": {}, "metrics": []}
    (tmp_path / "trials.json").write_text(json.dumps([row]))
    (one,) = (trial for trial in load_trials("laptop+", path=tmp_path / "trials.json") if trial.seconds == 1.0)
    assert setting_of(one.command) == preset("laptop").override({"learning_rate": 1e6, "steps": 30})


def test_when_an_error_was_reached():
    rows = [{"step": 10, "decoding_error": 0.5, "seconds": 1.0}, {"step": 20, "decoding_error": 0.1, "seconds": 2.0}]
    trial = Trial("small", 0, 2.0, {}, rows)
    assert reached(trial, 0.5) == (10, 1.0)
    assert reached(trial, 0.3) == (20, 2.0)
    assert reached(trial, 0.05) is None


def test_a_film_ends_as_the_run_does_and_changes_nothing():
    film = training_film(QUICK, seed=1, every=2, paths=60)
    np.testing.assert_array_equal(film.step, [0, 2, 4])
    assert film.rate_maps.shape == (3, 12, 20, 20)
    assert film.error[-1] == pytest.approx(film.run.metrics[-1]["decoding_error"])
    plain = train(QUICK, seed=1)
    for name, weight in plain.network.state_dict().items():
        assert (weight == film.run.network.state_dict()[name]).all(), name
    power = film.spectrum(2, cycles=4)
    assert power.shape == (9, 9) and power[4, 4] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(power, power[::-1, ::-1])


def test_a_spectrum_peaks_where_the_maps_do():
    film = training_film(QUICK, seed=1, every=4, paths=60)
    x = np.arange(20) / 20
    film.rate_maps[0] = np.cos(2 * np.pi * (3 * x[:, None] + x))
    power = film.spectrum(0)
    assert {tuple(peak) for peak in np.argwhere(power > 0.5 * power.max())} == {(9, 7), (3, 5)}
