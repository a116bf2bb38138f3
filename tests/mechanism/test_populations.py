"""What units do along fresh paths: tuning, signed activity as rates, border scores on maps of their own."""

import dataclasses

import numpy as np
import pytest
import torch

from gridcells.mechanism.populations import observe
from gridcells.scores import border_scores
from gridcells.world.polygons import Polygon

BORDER, DIRECTION, SIGNED = 1, 2, 5


def test_tuning_is_the_mean_over_all_paths(population, known):
    task = known.task(known.setting, seed=0)
    paths = task.paths(1500, "maps")
    heading = paths.heading[:, 1:]
    here = (heading >= 0) & (heading < np.pi / 10)  # the eleventh of twenty bins
    expected = np.exp(3 * (np.cos(heading[here] - 1.0) - 1)).mean()
    assert population.tuning[DIRECTION, 10] == pytest.approx(expected, rel=1e-3)


def test_a_signed_unit_has_the_direction_that_one_chooses(population, known):
    cut = observe(known.network, known.task(known.setting, seed=0), signed="rectify")
    assert population.direction.length[SIGNED] != pytest.approx(cut.direction.length[SIGNED], abs=0.05)
    assert population.direction.length[DIRECTION] == pytest.approx(cut.direction.length[DIRECTION])


def _lifted(population):
    return population.rate_maps - np.minimum(np.nanmin(population.rate_maps, (1, 2), keepdims=True), 0)


def test_the_papers_border_score_is_asked_of_twenty_bins_whatever_the_maps(population, known):
    fine = known.setting.override({"scoring.bins": 32})
    seen = observe(known.network, known.task(fine, seed=0))
    assert seen.rate_maps.shape[1] == 32
    assert np.array_equal(seen.border_score, population.border_score)
    plain = observe(known.network, known.task(fine, seed=0), border_form="solstad")
    assert np.array_equal(plain.border_score, border_scores(_lifted(seen), bin_size=seen.bin_size), equal_nan=True)
    assert plain.border_score[BORDER] > 0.5 < seen.border_score[BORDER]


def test_a_room_of_another_shape_has_the_walls_that_it_has(known):
    room = Polygon([[-1.1, -1.1], [1.1, -1.1], [1.1, 1.1], [0, 1.1], [0, 0], [-1.1, 0]])
    seen = observe(known.network, known.task(dataclasses.replace(known.setting, arena=room), seed=0))
    assert seen.border_form == "solstad"
    assert seen.border_score[BORDER] > 0.5
    assert np.array_equal(seen.border_score, border_scores(_lifted(seen), bin_size=0.11, arena=room), equal_nan=True)


def test_bad_input(known, monkeypatch):
    with pytest.raises(ValueError, match="signed: expected one of 'shift', 'rectify', got 'clip'"):
        observe(known.network, known.task(known.setting, seed=0), signed="clip")

    silent = known.task(known.setting.override({"scoring.paths": 50}), seed=0)
    monkeypatch.setattr(silent, "activity", lambda network, batch: torch.zeros(*batch.position.shape[:2], 3))
    with pytest.raises(ValueError, match="network: expected at least one active unit, got a silent network"):
        observe(known.network, silent)
