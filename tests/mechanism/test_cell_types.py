"""Kinds of units: cells whose kind is known are told by their thresholds."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gridcells.mechanism.cell_types import (
    PAPER_THRESHOLDS,
    Thresholds,
    matched_thresholds,
    observe,
    rayleigh_threshold,
    shuffled_thresholds,
    unit_types,
)
from gridcells.presets import preset
from gridcells.scores import border_scores, field_shuffle, grid_scores, matched_null
from gridcells.training.pose_task import PoseTask

SETTING = preset("banino2018_code").override({"scoring.paths": 1500, "null_maps": 200})
NETWORK = SimpleNamespace(device=torch.device("cpu"))
GRID, BORDER, DIRECTION, BOTH, NOISE, SIGNED, SILENT = range(7)


class Known(PoseTask):
    """Units that are a grid cell, a border cell, a head-direction cell, a conjunctive cell, noise; one signed, one
    silent."""

    def activity(self, network, batch):
        x, y = batch.position.double().unbind(-1)
        wave = 4 * np.pi / (np.sqrt(3) * 0.6)
        angles = np.array([0.1, 0.1 + np.pi / 3, 0.1 + 2 * np.pi / 3])
        grid = sum(torch.cos(wave * (np.cos(a) * x + np.sin(a) * y)) for a in angles).clamp(min=0)
        border = (x > 0.95).double()
        heading = torch.exp(3 * (torch.cos(batch.heading.double() - 1.0) - 1))
        noise = torch.as_tensor(np.random.default_rng(0).random(x.shape))
        return torch.stack([grid, border, heading, grid * heading, noise, heading - 0.5, 0 * x], -1).float()


@pytest.fixture(scope="module")
def population():
    return observe(NETWORK, Known(SETTING, seed=0))


def test_known_cells_are_told(population):
    kinds = unit_types(population)
    assert len(population.rate_maps) == 6  # the silent one is left out
    assert np.flatnonzero(kinds.grid).tolist() == [GRID, BOTH]
    assert np.flatnonzero(kinds.border).tolist() == [BORDER]
    assert kinds.head_direction[[DIRECTION, BOTH, SIGNED]].all()
    assert not kinds.head_direction[[GRID, NOISE]].any()
    assert np.flatnonzero(kinds.conjunctive).tolist() == [BOTH]
    assert kinds.shares()["grid"] == pytest.approx(2 / 6)
    assert kinds.shares()["conjunctive"] == pytest.approx(1 / 2)
    assert population.spacing[[GRID, BOTH]] == pytest.approx([0.6, 0.6], rel=0.02)
    assert population.direction.angle[[DIRECTION, BOTH]] == pytest.approx([1.0, 1.0], abs=0.1)


def test_tuning_is_the_mean_over_all_paths(population):
    task = Known(SETTING, seed=0)
    paths = task.paths(1500, "maps")
    heading = paths.heading[:, 1:]
    here = (heading >= 0) & (heading < np.pi / 10)  # the eleventh of twenty bins
    expected = np.exp(3 * (np.cos(heading[here] - 1.0) - 1)).mean()
    assert population.tuning[DIRECTION, 10] == pytest.approx(expected, rel=1e-3)


def test_a_signed_unit_has_the_direction_that_one_chooses(population):
    cut = observe(NETWORK, Known(SETTING, seed=0), signed="rectify")
    assert population.direction.length[SIGNED] != pytest.approx(cut.direction.length[SIGNED], abs=0.05)
    assert population.direction.length[DIRECTION] == pytest.approx(cut.direction.length[DIRECTION])


def test_thresholds(population):
    assert rayleigh_threshold() == pytest.approx(PAPER_THRESHOLDS.resultant, abs=0.005)
    assert rayleigh_threshold(100) < rayleigh_threshold(20) < rayleigh_threshold(20, 0.001)
    shuffled = shuffled_thresholds(population, shuffles=20, generator=0)
    maps = population.rate_maps - np.minimum(np.nanmin(population.rate_maps, (1, 2), keepdims=True), 0)
    fields = np.concatenate(list(field_shuffle(maps, shuffles=60, generator=1)))  # [shuffle, unit, bin, bin]
    for found, score in (
        (shuffled.grid, lambda maps: grid_scores(maps, form=population.form).score_60),
        (shuffled.border, lambda maps: border_scores(maps, bin_size=population.bin_size)),
    ):
        levels = [np.nanquantile(score(fields[:, unit]), 0.95) for unit in range(len(maps))]
        assert found == pytest.approx(np.mean(levels), abs=0.1)  # of 20 shuffles, and of 60 others
    assert shuffled == shuffled_thresholds(population, shuffles=20, generator=0)
    matched = matched_thresholds(population, maps=200, generator=0)
    noise = matched_null(population.rate_maps, maps=200, generator=0)
    scores = grid_scores(noise, form=population.form).score_60
    assert matched.grid == pytest.approx(np.nanquantile(scores, 0.95))
    assert np.mean(scores > matched.grid) == pytest.approx(0.05, abs=0.005)
    strict = unit_types(population, Thresholds("strict", 9, 9, 9))
    assert not (strict.grid | strict.border | strict.head_direction).any()
    assert np.isnan(strict.shares()["conjunctive"])


def test_a_circular_arena_has_no_borders():
    circle = dataclasses.replace(SETTING, arena=preset("banino_circle").arena)
    population = observe(NETWORK, Known(circle, seed=0))
    assert np.isnan(population.border_score).all()
    assert not unit_types(population).border.any()
    assert shuffled_thresholds(population, shuffles=5, generator=0).border == np.inf
    assert matched_thresholds(population, maps=50, generator=0).border == np.inf


def test_bad_input():
    with pytest.raises(ValueError, match="signed: expected one of 'shift', 'rectify', got 'clip'"):
        observe(NETWORK, Known(SETTING, seed=0), signed="clip")

    class Silent(Known):
        def activity(self, network, batch):
            return 0 * super().activity(network, batch)

    with pytest.raises(ValueError, match="network: expected at least one active unit, got a silent network"):
        observe(NETWORK, Silent(SETTING.override({"scoring.paths": 50}), seed=0))
