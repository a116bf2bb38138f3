"""Rooms that are wider than high, or higher than wide, from the training to the sheet of maps."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gridcells.mechanism import observe
from gridcells.mechanism.attractor_runs import train_and_take_apart
from gridcells.mechanism.cell_types import matched_thresholds, shuffled_thresholds
from gridcells.mechanism.lattice_study import study
from gridcells.mechanism.lesions import excursion_errors
from gridcells.plots import SHEET
from gridcells.presets import preset
from gridcells.runs import load_run
from gridcells.runs.evaluation import dominant_period, evaluate, network_rate_maps
from gridcells.runs.film import training_film
from gridcells.runs.folder import finish, write_unit_sheet
from gridcells.scores import border_scores, grid_scores, matched_null
from gridcells.training.loop import train
from gridcells.training.place_task import PlaceTask
from gridcells.training.pose_task import PoseTask
from gridcells.training.tasks import make_task
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.polygons import Polygon

FEW = {"steps": 2, "batch": 8, "evaluate_every": 2, "checkpoint_every": 2, "scoring.paths": 300, "null_maps": 10}
RNN = preset("quick").override({**FEW, "units": 12, "cells": 64})
LSTM = preset("banino_laptop").override({**FEW, "network.units": 8, "linear_units": 12, "ensembles.place_cells": 64})
ONE_LAYER = preset("emergence_one_layer_wide").override({**FEW, "units": 12, "cells": 64})
TRAPEZOID = Polygon([[-0.95, -0.1], [0.95, -0.45], [0.95, 0.45], [-0.95, 0.1]])


@pytest.mark.parametrize(
    ("setting", "arena", "bins"),
    [
        (RNN, Rectangle(1.0, 1.5), (13, 20)),
        (RNN, Rectangle(1.5, 1.0, periodic=True), (20, 13)),
        (ONE_LAYER, Rectangle(1.0, 2.0), (10, 20)),
        (LSTM, Rectangle(1.5, 1.0), (20, 13)),
        (LSTM, TRAPEZOID, (20, 9)),
        (RNN, TRAPEZOID, (20, 9)),
        (RNN, Circle(0.6), (20, 20)),
        (ONE_LAYER, TRAPEZOID, (20, 9)),
    ],
)
def test_a_network_is_trained_scored_and_drawn(setting, arena, bins, tmp_path):
    setting = dataclasses.replace(setting, arena=arena)
    run = train(setting, seed=0)
    evaluation = evaluate(run.network, run.task)
    assert evaluation.rate_maps.shape[1:] == evaluation.null_maps.shape[1:] == bins
    along_x, along_y = setting.scoring.grid(arena).bin_size
    assert along_x == pytest.approx(along_y, rel=0.06)  # within half a bin of the shorter side
    assert all(np.isfinite(value) for value in evaluation.summary().values())
    assert 0 < evaluation.period <= 2 / 3**0.5 * max(arena.size)
    finish(run, evaluation, tmp_path, command="")
    assert (tmp_path / "maps.png").read_bytes().startswith(b"\x89PNG")
    again = load_run(tmp_path)
    assert again.task.preset.arena == arena
    maps = network_rate_maps(again.network, again.task)
    np.testing.assert_array_equal(maps[evaluation.active], evaluation.rate_maps)
    visited = ~np.isnan(maps[0])
    assert not visited[~arena.bins_inside(bins)].any() if isinstance(arena, Polygon) else visited.mean() > 0.7
    assert write_unit_sheet(again.network, again.task, tmp_path).name == SHEET
    plt.close("all")


class Lattice(PoseTask):
    """Three grid cells, one that fires along the top wall, and one of no place."""

    spacing, orientation = 0.4, 0.3

    def activity(self, network, batch):
        x, y = batch.position.double().unbind(-1)
        wave, units = 4 * np.pi / (np.sqrt(3) * self.spacing), []
        for shift in (0.0, 0.1, 0.25):
            angles = self.orientation + np.pi / 3 * np.arange(3)
            units.append(sum(torch.cos(wave * (np.cos(a) * (x - shift) + np.sin(a) * y)) for a in angles).clamp(min=0))
        top = (y > self.preset.arena.size[1] / 2 - 0.12).double()
        return torch.stack([*units, top, torch.as_tensor(np.random.default_rng(0).random(x.shape))], -1).float()


class Still:
    """What stands for the network of a `Lattice`."""

    units, device = 5, torch.device("cpu")


def lattice_in(width, height, bins=20, kind=Lattice):
    """Return the task of a lattice in a room of this size."""
    setting = LSTM.override({"scoring.paths": 1500, "scoring.bins": bins, "null_maps": 200})
    return kind(dataclasses.replace(setting, arena=Rectangle(width, height)), seed=0)


@pytest.mark.parametrize(("width", "height"), [(1.0, 1.5), (1.5, 1.0), (0.8, 1.6)])
def test_the_same_lattice_is_read_in_any_room(width, height):
    task = lattice_in(width, height)
    maps = network_rate_maps(Still, task)
    bin_size = task.preset.scoring.grid(task.preset.arena).bin_size
    scores = grid_scores(maps, bin_size=bin_size).score_60
    assert (scores[:3] > 0.9).all() and (scores[3:] < 0.4).all()
    assert dominant_period(maps[:3], (width, height)) == pytest.approx(Lattice.spacing, rel=0.06)
    seen = observe(Still, task)
    assert seen.rate_maps.shape == maps.shape
    np.testing.assert_allclose(seen.scores.score_60, scores)
    np.testing.assert_allclose(seen.spacing[:3], Lattice.spacing, rtol=0.06)
    assert seen.border_score[3] > 0.5 > seen.border_score[:3].max()
    for found in (
        matched_thresholds(seen, maps=50, generator=0),
        shuffled_thresholds(seen, shuffles=5, generator=0),
    ):
        assert scores[3:].max() < found.grid < scores[:3].min()


@pytest.mark.parametrize("fine", [20, 32])
def test_the_papers_border_score_is_asked_of_twenty_bins_along_the_longer_side(fine):
    task = lattice_in(1.0, 1.5, bins=fine)
    seen, coarse = observe(Still, task), network_rate_maps(Still, lattice_in(1.0, 1.5))
    assert max(seen.rate_maps.shape[1:]) == fine
    expected = border_scores(coarse, bin_size=(1 / 13, 1.5 / 20), form="banino")
    np.testing.assert_allclose(seen.border_score, expected)


def test_units_and_null_are_scored_in_metres_where_bins_are_not_quite_square(tmp_path):
    task = make_task(dataclasses.replace(RNN.override({"scoring.bins": 11}), arena=Rectangle(1.0, 0.5)), seed=0)
    evaluation, size = evaluate(task.network(), task), (1 / 11, 0.5 / 6)
    maps = evaluation.rate_maps
    np.testing.assert_array_equal(evaluation.scores.score_60, grid_scores(maps, bin_size=size).score_60)
    assert (np.abs(evaluation.scores.score_60 - grid_scores(maps, bin_size=1.0).score_60) > 1e-3).any()
    null = matched_null(maps, maps=10, generator=task.generator("null"), bin_size=size)
    np.testing.assert_array_equal(evaluation.null_maps, null)
    np.testing.assert_array_equal(evaluation.null_scores.score_60, grid_scores(null, bin_size=size).score_60)
    assert evaluation.period == dominant_period(maps, (1.0, 0.5))
    seen, drawn = observe(task.network(), task), write_unit_sheet(task.network(), task, tmp_path)
    np.testing.assert_array_equal(seen.scores.score_60, evaluation.scores.score_60)
    assert drawn.read_bytes().startswith(b"%PDF")


def test_what_is_worked_out_in_a_square_alone_says_so(monkeypatch):
    task = PlaceTask(dataclasses.replace(RNN, arena=Rectangle(1.0, 1.5)), seed=0)
    told = "expected a square arena, arena.width as arena.height, got 1 m by 1.5 m"
    with pytest.raises(ValueError, match=f"task: {told}"):
        study(task.network(), task)
    with pytest.raises(ValueError, match=f"task: {told}"):
        excursion_errors(task.network(), task, [0.1])
    for room in (Circle(), TRAPEZOID):
        task = PlaceTask(dataclasses.replace(RNN, arena=room), seed=0)
        with pytest.raises(ValueError, match=f"task: .* a Rectangle, got a {type(room).__name__}"):
            study(task.network(), task)
    task = PlaceTask(dataclasses.replace(RNN, arena=Rectangle(1.0, 1.5)), seed=0)
    monkeypatch.setattr("gridcells.mechanism.attractor_runs.trained_run", lambda *_: pytest.fail("it was trained"))
    with pytest.raises(ValueError, match=f"config: {told}"):
        train_and_take_apart({"preset": task.preset.as_dict(), "seed": 0}, None)


def test_a_film_shows_a_ring_as_a_ring():
    """Waves of one length are as far from the middle whatever way they go."""
    film = training_film(dataclasses.replace(RNN, arena=Rectangle(2.0, 1.0)), seed=0, every=2, paths=60)
    assert film.rate_maps.shape == (2, 12, 20, 10)
    x, y = (np.arange(20) + 0.5) / 20 * 2, (np.arange(10) + 0.5) / 10
    for wave, peaks in ((x[:, None] + 0 * y, {(10, 6), (2, 6)}), (0 * x[:, None] + y, {(6, 10), (6, 2)})):
        film.rate_maps[0] = np.cos(2 * np.pi * 2 * wave)  # two cycles a metre, four along the longer side
        film.rate_maps[0, :, 3:5, 2] = np.nan
        power = film.spectrum(0)
        assert power.shape == (13, 13)
        assert {tuple(peak) for peak in np.argwhere(power > 0.9 * power.max())} == peaks


def test_the_bins_of_a_room_must_be_enough_along_its_shorter_side():
    told = "scoring.bins: expected at least 4 along the shorter side of an arena 0.5 m wide and 4 m high, got 2 with 20"
    with pytest.raises(ValueError, match=told):
        RNN.override({"arena.width": 0.5, "arena.height": 4})
    with pytest.raises(ValueError, match="of an arena 8 m wide and 1 m high, got 2 with 20 along the longer"):
        dataclasses.replace(LSTM, arena=Polygon([(0, 0), (8, 0), (8, 1)]))
    assert RNN.override({"arena.width": 0.5, "arena.height": 4, "bins": 32}).scoring.bins == 32
