"""Grid scores of bins and arenas that are not square."""

import numpy as np
import pytest

from gridcells.scores import grid_scores
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

SPACING = [0.45, 0.55, 0.65]
TURNED = {"orientation": [0.1, 0.5, 0.9], "phase": [[0.1, 0.0], [0.0, 0.05], [-0.1, 0.1]]}


@pytest.mark.parametrize("kind", ["hexagonal", "square"])
def test_oblong_bins_score_as_square_ones(kind):
    box = Rectangle(2.2, 2.2)
    square = grid_scores(lattice_maps(box, SPACING, kind=kind, bins=40, **TURNED))
    oblong = grid_scores(lattice_maps(box, SPACING, kind=kind, bins=(25, 50), **TURNED), bin_size=(2.2 / 25, 2.2 / 50))
    np.testing.assert_allclose(oblong.score_60, square.score_60, atol=0.1)
    np.testing.assert_allclose(oblong.score_90, square.score_90, atol=0.1)


def test_an_oblong_arena_has_the_same_grid():
    maps = lattice_maps(Rectangle(1.4, 2.2), SPACING, bins=(28, 44), **TURNED)
    scores = grid_scores(maps, bin_size=0.05)
    assert (scores.score_60 > 1).all()
    assert scores.autocorrelogram.shape == (3, 55, 87)
    stretched = grid_scores(maps, bin_size=(0.05, 0.05 * 28 / 44))  # as if the arena were square
    assert (stretched.score_60 < scores.score_60 - 0.3).all()


def test_a_quarter_turn_of_map_and_bins_changes_nothing():
    maps = np.random.default_rng(0).random((4, 12, 17))
    maps[:, 3, 5] = np.nan
    scores = grid_scores(maps, bin_size=(0.1, 0.07))
    turned = grid_scores(np.rot90(maps, axes=(1, 2)), bin_size=(0.07, 0.1))
    np.testing.assert_allclose(turned.score_60, scores.score_60, atol=1e-10)
    np.testing.assert_allclose(turned.score_90, scores.score_90, atol=1e-10)


def test_only_the_ratio_of_the_sides_matters_and_square_bins_are_the_default():
    maps = np.random.default_rng(1).random((3, 10, 10))
    plain = grid_scores(maps)
    np.testing.assert_array_equal(grid_scores(maps, bin_size=0.25).score_60, plain.score_60)
    np.testing.assert_array_equal(grid_scores(maps, bin_size=(3.0, 3.0)).ring_60, plain.ring_60)


@pytest.mark.parametrize("bin_size", [0, -1.0, np.nan, (0.1, 0.0), (0.1, 0.1, 0.1), [[0.1]]])
def test_bin_sizes_that_are_none(bin_size):
    with pytest.raises(ValueError, match="bin_size: expected one length above 0 m, or two .x, y., got"):
        grid_scores(np.zeros((1, 8, 8)), bin_size=bin_size)


@pytest.mark.parametrize(("bins", "bin_size"), [((30, 10), (0.1, 0.3)), ((50, 30), (0.06, 0.1))])
def test_shifts_as_long_as_a_radius_fall_the_same_way_in_any_unit_and_turn(bins, bin_size):
    """Here 0.3 / 0.1 is not quite 3, and 0.1 / 0.3 not quite a third."""
    maps = np.random.default_rng(0).random((4, *bins))
    scores = grid_scores(maps, bin_size=bin_size)
    turned = grid_scores(np.rot90(maps, axes=(1, 2)), bin_size=bin_size[::-1])
    scaled = grid_scores(maps, bin_size=tuple(3.3 * side for side in bin_size))
    np.testing.assert_allclose(turned.score_60, scores.score_60, atol=1e-10)
    np.testing.assert_allclose(scaled.score_60, scores.score_60, atol=1e-10)
