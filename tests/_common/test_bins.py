"""Bins of a map, and which maps are flat."""

import numpy as np
import pytest

from gridcells._common.bins import BinGrid, bin_offsets, check_bins, check_bounds, square_bins
from gridcells._common.maps import FLAT, is_flat, map_range
from gridcells.world.arenas import Box, Circle, Rectangle

OBLONG = BinGrid((-1.0, 2.0, 0.0, 1.0), (6, 4))


def test_centres_lie_half_way_between_edges():
    for edges, centres in zip(OBLONG.edges, OBLONG.axis_centres, strict=True):
        np.testing.assert_allclose(centres, (edges[1:] + edges[:-1]) / 2, atol=1e-15)
    assert OBLONG.size == (3.0, 1.0)
    assert OBLONG.bin_size == (0.5, 0.25)
    assert OBLONG.area == 0.125
    np.testing.assert_allclose(OBLONG.centres[4, 1], [1.25, 0.375], atol=1e-15)


def test_each_centre_is_in_its_own_bin():
    np.testing.assert_array_equal(OBLONG.index(OBLONG.centres), np.arange(24).reshape(6, 4))


def test_bins_are_closed_on_the_left_and_the_last_on_both_sides():
    x = np.array([-1.0, -0.5, 2.0, 2.0 + 1e-7, -1.0 - 1e-7, 2.1, -1.1])
    position = np.stack([x, np.zeros_like(x)], axis=-1)
    assert OBLONG.index(position).tolist() == [0, 4, 20, 20, 0, -1, -1]
    assert OBLONG.index(np.array([0.0, 1.0])) == 2 * 4 + 3  # one position, no list of them


def test_one_number_of_bins_serves_for_both():
    assert BinGrid((0, 1, 0, 1), 5) == BinGrid((0.0, 1.0, 0.0, 1.0), (5, 5))
    assert check_bins([3, 4]) == (3, 4)


@pytest.mark.parametrize(
    ("size", "bins", "expected"),
    [((2.2, 2.2), 20, (20, 20)), ((1.5, 1.0), 20, (20, 13)), ((1.0, 1.5), 30, (20, 30)), ((9.0, 0.1), 8, (8, 1))],
)
def test_bins_are_as_square_as_whole_numbers_allow(size, bins, expected):
    assert square_bins(size, bins) == expected
    with pytest.raises(ValueError, match="bins: expected a whole number of at least 1, got 0"):
        square_bins(size, 0)


@pytest.mark.parametrize("bins", [0, 2.5, True, (4, 0), (4, 4, 4), "20"])
def test_bad_bins(bins):
    with pytest.raises(ValueError, match="bins: expected"):
        BinGrid((0, 1, 0, 1), bins)


@pytest.mark.parametrize("bounds", [(0, 1, 2), (1, 0, 0, 1), (0, 1, 1, 1), (0, np.inf, 0, 1), (0, np.nan, 0, 1)])
def test_bad_bounds(bounds):
    with pytest.raises(ValueError, match="bounds: expected x_min < x_max and y_min < y_max in m, got"):
        Box(bounds)
    with pytest.raises(ValueError, match="edge: expected x_min"):
        check_bounds(bounds, "edge")


def test_offsets_are_the_centres_of_bins_about_the_middle():
    np.testing.assert_allclose(bin_offsets(7, 0.3), BinGrid((-1.05, 1.05, 0, 1), 7).axis_centres[0], atol=1e-15)
    assert (bin_offsets(20, 0.11) == -bin_offsets(20, 0.11)[::-1]).all()


@pytest.mark.parametrize(
    ("arena", "size"),
    [(Rectangle(3.0, 1.0), (3.0, 1.0)), (Circle(1.1), (2.2, 2.2)), (Box((1, 2.5, -3, 0)), (1.5, 3.0))],
)
def test_arenas_know_their_size_and_the_centres_of_their_bins(arena, size):
    assert arena.size == size
    x_min, x_max, y_min, y_max = arena.bounds
    centres = arena.bin_centres((3, 2))
    assert centres.shape == (3, 2, 2)
    np.testing.assert_allclose(centres.mean((0, 1)), [(x_min + x_max) / 2, (y_min + y_max) / 2], atol=1e-15)
    np.testing.assert_allclose(centres[1, 0] - centres[0, 0], [size[0] / 3, 0], atol=1e-15)
    np.testing.assert_allclose(centres[0, 1] - centres[0, 0], [0, size[1] / 2], atol=1e-15)


def test_a_box_is_made_with_bounds():
    with pytest.raises(TypeError, match="bounds"):
        Box()


@pytest.mark.parametrize("scale", [1e-30, 1.0, -1.0, 1e30])
def test_flat_is_a_range_within_a_millionth_of_the_largest_magnitude(scale):
    hill = np.eye(5)
    maps = scale * np.stack([np.ones((5, 5)), 1 + 0.5 * FLAT * hill, 1 + 2 * FLAT * hill, hill])
    assert is_flat(maps).tolist() == [True, True, False, False]


def test_only_visited_bins_make_a_map_flat():
    hill = np.eye(5)[None]
    assert is_flat(np.where(hill > 0, np.nan, 1.0)).tolist() == [True]
    assert is_flat(hill, hill == 0).tolist() == [True]
    assert is_flat(hill, hill >= 0).tolist() == [False]
    assert is_flat(np.full((1, 3, 3), np.nan)).tolist() == [True]
    assert is_flat(np.zeros((3, 3)))
    low, high = map_range(np.where(hill > 0, np.nan, -2.0))
    assert (low.tolist(), high.tolist()) == ([-2.0], [-2.0])
