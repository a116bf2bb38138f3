"""Numbers of the figures of attractors, beside their nulls."""

from __future__ import annotations

import numpy as np
import pytest

from gridcells.mechanism import best_scores, lattice_return, six_waves, study
from gridcells.mechanism.portraits import portrait
from gridcells.runs import load_shipped
from gridcells.scores import lattice_maps
from gridcells.world import Rectangle

BOX = Rectangle(2.2, 2.2)


@pytest.fixture(scope="module")
def lattice():
    run = load_shipped("lattice", 0)
    return study(run.network, run.task)


def test_a_lattice_exceeds_every_null(lattice):
    found = portrait(lattice, generator=0)
    assert found.best_score > 1.2 > 0.9 > found.best_score_null
    assert found.rings == lattice.all_waves.share > 2 * found.rings_null
    assert abs(found.rings_alike - found.rings) < 0.15
    assert found.contrast > 0.01 > abs(found.contrast_null)
    assert found.bump_score > 1 > 0.8 > found.bump_score_null
    assert found.distance < 0.3 < 0.6 < found.distance_null
    assert found.waves == 6 and 0.3 < found.likeness < 0.7
    assert portrait(lattice, generator=0) == found


def test_the_best_are_asked_for_and_no_score_is_the_lowest():
    assert best_scores(np.arange(50.0), 25) == 37
    assert best_scores(np.array([np.nan, 0.1, 0.2]), 3) == 0.1
    with pytest.raises(ValueError, match=r"scores: expected at least 25, one a unit, got 3"):
        best_scores(np.zeros(3))


@pytest.mark.parametrize("orientation", [0.0, 0.2])
def test_only_a_walk_along_the_lattice_returns(orientation):
    phase = np.random.default_rng(1).uniform(0, 2 * np.pi, (60, 2))
    maps = lattice_maps(BOX, spacing=np.full(60, 0.7), orientation=orientation, phase=phase, bins=40)
    waves = six_waves(maps, 0.055)
    assert lattice_return(maps, waves, bin_size=0.055) < 0.2
    assert lattice_return(maps, waves, bin_size=0.055, turned=np.pi / 6) > 0.5
    assert np.isnan(lattice_return(maps[:, :8, :8], waves, bin_size=0.055))
