"""How a lattice hangs between walls."""

import numpy as np
import pytest

from gridcells.scores import grid_geometry, lattice_maps, wall_offset, wall_shear
from gridcells.world import Rectangle


def round_peaks(orientation=0.0, spacing=0.5):
    angle = orientation + np.pi / 3 * np.arange(6)
    return spacing * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def test_the_offset_knows_no_axis_and_no_wall_by_name():
    angles = np.random.default_rng(0).uniform(-10, 10, 200)
    offset = wall_offset(angles)
    assert offset.min() >= 0
    assert offset.max() <= np.pi / 12
    for other in (angles + np.pi / 3, angles + np.pi / 2, -angles):  # the next axis, the next wall, a mirror
        np.testing.assert_allclose(wall_offset(other), offset, atol=1e-12)
    assert np.isnan(wall_offset([np.nan])).all()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("amount", [-0.2, 0.05, 0.3])
def test_a_shear_is_found_and_undone(axis, amount):
    shear = np.eye(2)
    shear[1 - axis, axis] = amount  # rows are peaks
    start = np.pi / 2 * axis + 0.0  # round, with an axis along the wall
    found = wall_shear([round_peaks(start) @ shear, np.full((6, 2), np.nan)])
    assert found.along[0] == axis
    assert found.amount[0] == pytest.approx(-amount, abs=0.0026)
    assert found.ellipticity[0] == pytest.approx(1, abs=0.005)
    assert wall_offset(found.orientation)[0] < np.radians(0.2)
    assert np.isnan([found.along[1], found.amount[1], found.ellipticity[1], found.orientation[1]]).all()


def test_maps_of_a_sheared_lattice_hang_askew_until_it_is_undone():
    """A lattice that is sheared along a wall by a tenth turns, as Stensola et al. say that those of animals do."""
    bins = 80
    along = (np.arange(bins) + 0.5) / bins * 2.2 - 1.1
    x, y = np.meshgrid(along, along, indexing="ij")
    waves = 2 * np.pi / (0.6 * np.sqrt(3) / 2)
    angles = np.radians([30, 90, 150])
    maps = sum(np.cos(waves * ((x + 0.15 * y) * np.cos(angle) + y * np.sin(angle))) for angle in angles)[None]
    grid = grid_geometry(maps, bin_size=2.2 / bins)
    assert np.degrees(wall_offset(grid.orientation))[0] > 2
    found = wall_shear(grid.peaks)
    assert (found.along[0], found.amount[0]) == (0, pytest.approx(0.15, abs=0.02))
    assert np.degrees(wall_offset(found.orientation))[0] < 1


def test_a_round_lattice_is_left_alone():
    maps = lattice_maps(Rectangle(2.2, 2.2), [0.6, 0.7], orientation=[0.1, 0.3], bins=60)
    grid = grid_geometry(maps, bin_size=2.2 / 60)
    found = wall_shear(grid.peaks)
    assert np.abs(found.amount).max() < 0.03
    np.testing.assert_allclose(found.orientation, grid.orientation, atol=0.02)


def test_bad_input():
    with pytest.raises(ValueError, match=r"peaks: expected shape \[unit, 6, 2\] in metres, got \(6, 2\)"):
        wall_shear(round_peaks())
