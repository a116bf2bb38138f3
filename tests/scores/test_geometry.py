"""Spacing, orientation, ellipticity and phase of lattices that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcells.scores import grid_geometry
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

BOX = Rectangle(2.2, 2.2)


def lattice(bins, units, seed=0, rectified=True):
    """Ideal lattices with spacings from 35 cm, or four bins, to one metre."""
    rng = np.random.default_rng(seed)
    spacing = rng.uniform(max(0.35, 4 * 2.2 / bins), 1.0, units)
    orientation, phase = rng.uniform(0, np.pi / 3, units), rng.uniform(-0.15, 0.15, (units, 2))
    maps = lattice_maps(BOX, spacing, orientation=orientation, phase=phase, bins=bins, rectified=rectified)
    return maps, spacing, orientation, phase


def apart(angle, other):
    return np.abs((angle - other + np.pi / 6) % (np.pi / 3) - np.pi / 6)


def out_of_phase(grid, phase):
    """Distance between the true and the measured field, the nearest of the lattice, m."""
    cells = grid.peaks[:, :2]
    offset = np.linalg.solve(cells.swapaxes(1, 2), (grid.phase - phase)[..., None])[..., 0]
    corners = offset - np.round(offset) + np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 1, 2)
    return np.linalg.norm(np.einsum("cuv,uvx->cux", corners, cells), axis=-1).min(0)


@pytest.mark.parametrize("rectified", [True, False])
@pytest.mark.parametrize(("bins", "units"), [(20, 300), (32, 300), (64, 100), (128, 30)])
def test_spacing_is_the_distance_between_peaks_within_a_hundredth(bins, units, rectified):
    maps, spacing, orientation, phase = lattice(bins, units, rectified=rectified)
    grid = grid_geometry(maps, bin_size=2.2 / bins)
    np.testing.assert_allclose(grid.spacing, spacing, rtol=0.01)
    assert apart(grid.orientation, orientation).max() < 0.02
    assert grid.ellipticity.max() < 1.04
    assert (out_of_phase(grid, phase) / spacing).max() < 0.02


def test_peaks_are_the_lattice_vectors_in_order():
    maps, spacing, orientation, _ = lattice(64, 20)
    grid = grid_geometry(maps, bin_size=2.2 / 64)
    angle = np.arctan2(grid.peaks[..., 1], grid.peaks[..., 0]) % (2 * np.pi)
    expected = orientation[:, None] + np.pi / 3 * np.arange(6)
    assert (np.diff(angle, axis=1) > 0).all()
    difference = np.sort(angle, axis=1) - np.sort(expected % (2 * np.pi), axis=1)
    assert np.abs(difference).max() < 0.02
    np.testing.assert_allclose(
        np.hypot(grid.peaks[..., 0], grid.peaks[..., 1]), spacing[:, None] * np.ones(6), rtol=0.02
    )


def test_a_stretched_lattice_is_elliptical():
    stretch = 1.2
    maps = lattice_maps(Rectangle(2.2, 2.2 / stretch), 0.5, orientation=[0.0, 0.3], bins=(60, 50))
    grid = grid_geometry(maps, bin_size=(2.2 / 60, 2.2 / 50))  # drawn on a box that is shorter along y than is said
    np.testing.assert_allclose(grid.ellipticity, stretch, rtol=0.02)
    np.testing.assert_allclose(grid.ellipse_angle, np.pi / 2, atol=0.05)


def test_oblong_bins_and_holes_leave_the_spacing():
    maps = lattice_maps(BOX, [0.5, 0.7], orientation=0.2, bins=(30, 50))
    maps[:, 10:13, 20:24] = np.nan
    np.testing.assert_allclose(grid_geometry(maps, bin_size=(2.2 / 30, 2.2 / 50)).spacing, [0.5, 0.7], rtol=0.02)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.01, 100), seed=st.integers(0, 100))
def test_invariants(scale, seed):
    maps, *_ = lattice(24, 3, seed)
    maps += 0.05 * np.random.default_rng(seed).random(maps.shape)
    grid = grid_geometry(maps, bin_size=0.1)
    np.testing.assert_allclose(grid_geometry(scale * maps, bin_size=0.1).spacing, grid.spacing, rtol=1e-6)
    np.testing.assert_allclose(grid_geometry(maps, bin_size=0.2).spacing, 2 * grid.spacing, rtol=1e-9)
    np.testing.assert_allclose(grid_geometry(maps[::-1], bin_size=0.1).spacing, grid.spacing[::-1])
    turned = grid_geometry(np.rot90(maps, axes=(2, 1)), bin_size=0.1)  # anticlockwise, x being the first axis
    np.testing.assert_allclose(turned.spacing, grid.spacing, rtol=1e-6)
    assert apart(turned.orientation, grid.orientation + np.pi / 2).max() < 1e-6
    flipped = grid_geometry(maps[:, ::-1], bin_size=0.1)
    assert apart(flipped.orientation, -grid.orientation).max() < 1e-6


def test_maps_without_a_lattice_have_no_geometry():
    maps = np.stack([np.zeros((20, 20)), np.full((20, 20), np.nan), np.outer(np.hanning(20), np.hanning(20))])
    grid = grid_geometry(maps, bin_size=0.1)
    for values in (grid.spacing, grid.orientation, grid.ellipticity, grid.ellipse_angle, grid.phase, grid.peaks):
        assert np.isnan(values).all()


def test_maps_too_small_for_any_shift_have_no_geometry():
    assert np.isnan(grid_geometry(np.random.default_rng(0).random((2, 4, 4)), bin_size=0.5).spacing).all()


def test_bad_input():
    with pytest.raises(ValueError, match="bin_size: expected one length above 0 m, or two .x, y., got 0"):
        grid_geometry(np.zeros((1, 8, 8)), bin_size=0)
    with pytest.raises(ValueError, match="rate_maps: expected shape .unit, bin, bin., got .8, 8."):
        grid_geometry(np.zeros((8, 8)), bin_size=0.1)
    with pytest.raises(TypeError, match="rate_maps: expected real numbers, got dtype complex128"):
        grid_geometry(np.zeros((1, 8, 8), complex), bin_size=0.1)
