"""Sums over shifts: by transforms, directly, and at some shifts alone, all the same."""

import time

import numpy as np
import pytest
from scipy import ndimage

from gridcells.scores import grid_scores, spatial_autocorrelogram
from gridcells.scores.lagged import sums_at, sums_by_fourier, sums_directly, window_sums, windows_with

RNG = np.random.default_rng(0)
NAMES = ("count", "here", "there", "squares_here", "squares_there", "products")


def maps_of(holes):
    rates, visited = RNG.random((5, 9, 12)), np.ones((5, 9, 12), dtype=bool)
    if holes == "alike":
        visited[:, :2, 3:7] = False
    elif holes == "apart":
        visited = RNG.random(rates.shape) > 0.2
    return np.where(visited, rates, 0.0), visited


@pytest.mark.parametrize("share", [0.0, 0.04, 0.3, 1.0])
@pytest.mark.parametrize("bins", [(7, 7), (6, 9), (9, 4), (1, 5), (5, 1)])
def test_a_shift_keeps_some_where_it_keeps_a_sum(bins, share):
    some = RNG.random((4, *bins)) < share
    np.testing.assert_array_equal(windows_with(some), window_sums(some.astype(float)) > 0)


@pytest.mark.parametrize("holes", ["none", "alike", "apart"])
def test_three_ways_to_the_same_sums(holes):
    rates, visited = maps_of(holes)
    fast, slow = sums_by_fourier(rates, visited), sums_directly(rates, visited)
    lags = np.argwhere(np.ones((9, 23), dtype=bool))
    some = sums_at(rates, visited, lags)
    for name in NAMES:
        direct = np.broadcast_to(getattr(slow, name), (5, 9, 23))
        np.testing.assert_allclose(np.broadcast_to(getattr(fast, name), (5, 9, 23)), direct, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(getattr(some, name).reshape(5, 9, 23), direct, atol=1e-12, err_msg=name)
    assert fast.complete == (holes == "none")


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("width", [1.5, 4.0])
def test_smooth_maps_have_exact_correlations_where_few_bins_are_shared(holes, width):
    maps = ndimage.gaussian_filter(RNG.random((3, 30, 30)), (0, width, width))
    if holes:
        maps[:, 3, 4:9] = np.nan
    found = spatial_autocorrelogram(maps)
    for lag_x, lag_y in ((28, 0), (27, 26), (3, -28), (15, 15), (29, 5)):
        first = maps[:, : 30 - lag_x, max(0, -lag_y) : 30 - max(0, lag_y)]
        second = maps[:, lag_x:, max(0, lag_y) : 30 + min(0, lag_y)]
        for unit in range(3):
            a, b = first[unit].ravel(), second[unit].ravel()
            shared = ~np.isnan(a) & ~np.isnan(b)
            expected = np.corrcoef(a[shared], b[shared])[0, 1]
            assert found[unit, 29 + lag_x, 29 + lag_y] == pytest.approx(expected, abs=1e-9)


def test_a_bin_of_a_fine_map_costs_no_more_than_ten_of_a_coarse_one():
    cost = {}
    for bins, number in ((64, 40), (256, 4)):
        maps = ndimage.gaussian_filter(RNG.random((number, bins, bins)), (0, bins / 30, bins / 30))
        grid_scores(maps[:1])  # the matrices of this shape
        start = time.process_time()
        grid_scores(maps, keep_autocorrelogram=False)
        cost[bins] = (time.process_time() - start) / maps.size
    assert cost[256] < 10 * cost[64]
