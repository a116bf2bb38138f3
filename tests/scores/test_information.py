"""Information, sparsity and coherence of maps whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from gridcells.scores import coherence, sparsity, spatial_information


@pytest.mark.parametrize("share", [1, 2, 4, 8, 16])
def test_a_unit_that_fires_in_one_bin_of_n_tells_log_n_bits(share):
    maps = np.zeros((1, 8, 8))
    maps.reshape(-1)[: 64 // share] = 3.0
    np.testing.assert_allclose(spatial_information(maps), np.log2(share), atol=1e-12)
    np.testing.assert_allclose(spatial_information(maps, per="second"), np.log2(share) * 3.0 / share, atol=1e-12)
    np.testing.assert_allclose(sparsity(maps), 1 / share)


def test_occupancy_weighs_bins():
    maps, time = np.array([[[4.0, 0.0]]]), np.array([[1.0, 7.0]])  # an eighth of the time in the field: three bits
    np.testing.assert_allclose(spatial_information(maps, time), 3)
    np.testing.assert_allclose(spatial_information(maps, 10 * time, per="second"), 3 * 0.5)
    np.testing.assert_allclose(sparsity(maps, time), 1 / 8)


def test_coherence_is_the_correlation_with_the_mean_of_the_neighbours():
    rate_map = np.random.default_rng(0).random((9, 11))
    rate_map[2, 3] = np.nan
    pairs = []
    for x in range(9):
        for y in range(11):
            near = rate_map[max(0, x - 1) : x + 2, max(0, y - 1) : y + 2].copy()
            near[x - max(0, x - 1), y - max(0, y - 1)] = np.nan
            if np.isfinite(rate_map[x, y]):
                pairs.append((rate_map[x, y], np.nanmean(near)))
    expected = np.corrcoef(np.transpose(pairs))[0, 1]
    np.testing.assert_allclose(coherence(rate_map[None]), expected)
    np.testing.assert_allclose(coherence(rate_map[None], fisher=True), np.arctanh(expected))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_invariants(seed, scale):
    maps = np.maximum(ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((4, 12, 12)), (0, 1, 1)), 0)
    for measure in (spatial_information, sparsity, coherence):
        values = measure(maps)
        padded = np.pad(maps, ((0, 0), (1, 0), (0, 2)), constant_values=np.nan)
        for changed in (scale * maps, np.rot90(maps, axes=(1, 2)), maps[:, ::-1], padded):
            np.testing.assert_allclose(measure(changed), values, rtol=1e-9)
        np.testing.assert_array_equal(measure(maps[::-1]), values[::-1])
    assert (spatial_information(maps) >= 0).all()
    assert ((sparsity(maps) > 0) & (sparsity(maps) <= 1)).all()


def test_silent_flat_and_unvisited_maps():
    maps = np.stack([np.zeros((5, 5)), np.full((5, 5), np.nan), np.full((5, 5), 0.3)])
    np.testing.assert_allclose(spatial_information(maps), [np.nan, np.nan, 0], atol=1e-12)
    np.testing.assert_allclose(sparsity(maps), [np.nan, np.nan, 1])
    assert np.isnan(coherence(maps)).all()


def test_bad_input():
    with pytest.raises(ValueError, match="rate_maps: expected rates of at least 0, got -1"):
        spatial_information(-np.ones((1, 3, 3)))
    with pytest.raises(ValueError, match="occupancy: expected times of at least 0 s, shape .3, 3., got shape .3, 4."):
        sparsity(np.ones((1, 3, 3)), np.ones((3, 4)))
    with pytest.raises(ValueError, match="occupancy: expected times"):
        sparsity(np.ones((1, 3, 3)), -np.ones((3, 3)))
    with pytest.raises(ValueError, match="per: .*did you mean 'spike'"):
        spatial_information(np.ones((1, 3, 3)), per="spikes")
