"""The study of a shipped network, the table of trials, and films."""

from __future__ import annotations

import itertools
import json
import shlex

import numpy as np
import pytest

from gridcells.mechanism.lattice_study import orientation_spread, study
from gridcells.presets import preset
from gridcells.runs.evaluation import evaluate
from gridcells.runs.film import training_film
from gridcells.runs.folder import finish
from gridcells.runs.shipped import load_shipped, shipped_runs
from gridcells.runs.trials import Trial, collect, load_trials, reached
from gridcells.training.loop import train

QUICK = preset("small").override(
    {"units": 12, "cells": 64, "steps": 4, "batch": 8, "scoring.paths": 100, "null_maps": 10}
)


@pytest.fixture(scope="module")
def grown():
    return study("module", 0)


def test_the_lattice_of_a_grown_network_is_its_core(grown):
    core = grown.run.task.preset.growth.core_units
    assert set(grown.units) <= set(grown.active) & set(range(core))
    assert len(grown.lattice_maps) == len(grown.units) == len(grown.phase) > 0.9 * core
    assert grown.waves.share > grown.all_waves.share  # the others tell where in the box the animal is
    assert grown.recurrent_weight.shape == (len(grown.units),) * 2
    assert grown.velocity_weight.shape == (len(grown.units), 2)
    assert grown.box == 2.2


def test_scores_are_those_that_the_run_ships_with(grown):
    numbers = grown.run.summary["numbers"]
    assert len(grown.active) == numbers["units_scored"]
    assert np.mean(grown.score > 0.8) == pytest.approx(numbers["share_above_0.8"], abs=0.02)


def test_a_study_needs_a_network_of_sorscher_et_al():
    with pytest.raises(ValueError, match="name: expected a network of Sorscher et al., got 'banino_laptop'"):
        study("banino_laptop", 0)


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
    spread = orientation_spread(grown.maps[good], bin_size=0.11)
    assert np.nanmedian(spread) < np.radians(2)
    turned = orientation_spread(grown.maps[good].transpose(0, 2, 1), bin_size=0.11)  # a mirror image keeps distances
    np.testing.assert_allclose(np.nanmedian(spread), np.nanmedian(turned), atol=np.radians(0.5))


def test_trials_are_kept_replaced_and_repeatable(tmp_path):
    table = tmp_path / "trials.json"
    run = train(QUICK.override({"learning_rate": 0.002}), seed=3)

    finish(run, evaluate(run.network, run.task), tmp_path, command="gridcells train small")
    for _ in range(2):
        (one,) = collect([tmp_path], path=table)
    assert one.label.startswith("small+") and "learning_rate=0.002" in one.label
    assert one.seed == 3 and one.metrics[-1]["step"] == 4
    words = shlex.split(one.command)
    changes = dict(word.split("=") for flag, word in itertools.pairwise(words) if flag == "--set")
    assert preset(words[2]).override(changes) == run.task.preset
    assert words[-2:] == ["--seed", "3"]
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
        assert trial.numbers["decoding_error"] > 0


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
