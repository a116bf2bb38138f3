"""How alike two halves of a room are."""

import numpy as np
import pytest

from gridcells.scores import halves_likeness, lattice_maps
from gridcells.world.arenas import Rectangle

SIDE = 2.0 / 31


def lattices(orientation, bins=31):
    phase = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    return lattice_maps(Rectangle(2.0, 2.0), np.full(30, 0.5), orientation=orientation, phase=phase, bins=bins)


def test_a_lattice_is_the_same_in_both_halves_whatever_its_phase_and_the_middle_row_belongs_to_neither():
    maps = lattices(0.3)
    assert halves_likeness(maps, bin_size=SIDE, reach=0.9).min() > 0.9
    found = halves_likeness(maps, bin_size=SIDE, reach=0.6)
    maps[:, :, 15] = 1e3
    np.testing.assert_array_equal(halves_likeness(maps, bin_size=SIDE, reach=0.6), found)


def test_a_lattice_that_is_turned_in_one_half_is_another():
    maps = lattices(0.3)
    maps[:, :, :15] = lattices(0.3 + np.pi / 6)[:, :, :15]
    assert halves_likeness(maps, bin_size=SIDE, reach=0.6).max() < 0.3


def test_only_shifts_within_reach_count_in_metres_along_both_axes():
    """A bin twice as long along y: half as many shifts along it, as in a map of half as many rows."""
    maps = lattices(0.1, bins=(40, 20))
    maps[:, :, :10] += np.random.default_rng(1).normal(0, 0.2, (30, 40, 10))
    found = halves_likeness(maps, bin_size=(0.05, 0.1), reach=0.31)
    assert found == pytest.approx(halves_likeness(maps, bin_size=(0.5, 1.0), reach=3.1))
    assert np.abs(found - halves_likeness(maps, bin_size=0.05, reach=0.31)).max() > 1e-3


def test_unvisited_bins_are_left_out_and_flat_maps_have_none():
    maps = lattices(0.3)
    maps[:, :6, :9] = np.nan
    assert halves_likeness(maps, bin_size=SIDE, reach=0.6).min() > 0.9
    maps[3, :, :15] = 1.0
    assert np.flatnonzero(np.isnan(halves_likeness(maps, bin_size=SIDE, reach=0.6))).tolist() == [3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_maps": np.ones((2, 9, 3))}, "rate_maps: expected four rows of bins or more, two in each half, got 3"),
        ({"rate_maps": np.ones((9, 9))}, "rate_maps: expected"),
        ({"reach": 0.0}, "reach: expected"),
        ({"bin_size": -1.0}, "bin_size: expected"),
    ],
)
def test_bad_input_is_told(change, message):
    with pytest.raises(ValueError, match=message):
        halves_likeness(**{"rate_maps": np.ones((2, 9, 9)), "bin_size": 0.1, "reach": 0.5, **change})
