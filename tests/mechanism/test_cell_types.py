"""Kinds of units: cells whose kind is known are told by their thresholds."""

import dataclasses

import numpy as np
import pytest

from gridcells.mechanism.cell_types import (
    PAPER_THRESHOLDS,
    Thresholds,
    matched_thresholds,
    rayleigh_threshold,
    shares_by_chance,
    shuffled_thresholds,
    unit_types,
)
from gridcells.mechanism.populations import observe
from gridcells.presets import preset
from gridcells.scores import border_scores, field_shuffle, grid_scores, matched_null

GRID, BORDER, DIRECTION, BOTH, NOISE, SIGNED, SILENT = range(7)


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


def test_thresholds(population):
    assert rayleigh_threshold() == pytest.approx(PAPER_THRESHOLDS.resultant, abs=0.005)
    assert rayleigh_threshold(100) < rayleigh_threshold(20) < rayleigh_threshold(20, 0.001)
    shuffled = shuffled_thresholds(population, shuffles=20, generator=0)
    maps = population.rate_maps - np.minimum(np.nanmin(population.rate_maps, (1, 2), keepdims=True), 0)
    fields = np.concatenate(list(field_shuffle(maps, shuffles=60, generator=1)))  # [shuffle, unit, bin, bin]
    for found, score in (
        (shuffled.grid, lambda maps: grid_scores(maps, form=population.form).score_60),
        (shuffled.border, lambda maps: border_scores(maps, bin_size=population.bin_size, form="banino")),
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


def test_shares_by_chance_are_those_beyond_a_threshold(population):
    matched = matched_thresholds(population, maps=400, generator=0)
    found = shares_by_chance(population, matched, maps=400, generator=0)
    assert found == {"grid": pytest.approx(0.05, abs=0.003), "border": pytest.approx(0.05, abs=0.003)}
    assert shares_by_chance(population, Thresholds("low", -9, -9, 0), maps=20, generator=0) == {"grid": 1, "border": 1}


def test_a_circular_arena_has_no_borders(known):
    circle = dataclasses.replace(known.setting, arena=preset("banino_circle").arena)
    population = observe(known.network, known.task(circle, seed=0))
    assert np.isnan(population.border_score).all()
    assert not unit_types(population).border.any()
    assert shuffled_thresholds(population, shuffles=5, generator=0).border == np.inf
    assert matched_thresholds(population, maps=50, generator=0).border == np.inf
    assert np.isnan(shares_by_chance(population, maps=20, generator=0)["border"])
