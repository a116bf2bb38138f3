"""The correlation of two maps, bin by bin."""

import numpy as np
import pytest

from gridcells.scores import map_correlation

RNG = np.random.default_rng(0)
ONE, OTHER = RNG.random((2, 4, 10, 12))


def test_it_is_pearsons_over_the_shared_bins():
    one, other = ONE.copy(), OTHER.copy()
    for holes in (False, True):
        if holes:
            one[0, :2], other[1, 5, 5], other[2] = np.nan, np.nan, np.nan
        found = map_correlation(one, other)
        for unit in range(4):
            shared = ~np.isnan(one[unit]) & ~np.isnan(other[unit])
            if shared.any():
                expected = np.corrcoef(one[unit][shared], other[unit][shared])[0, 1]
                assert found[unit] == pytest.approx(expected)
            else:
                assert np.isnan(found[unit])


def test_scale_and_sign():
    np.testing.assert_allclose(map_correlation(ONE, 3 * ONE + 1), 1.0)
    np.testing.assert_allclose(map_correlation(ONE, -ONE), -1.0)
    flat = ONE.copy()
    flat[1] = 2.0
    assert np.isnan(map_correlation(flat, OTHER)).tolist() == [False, True, False, False]


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="second: expected the shape of first"):
        map_correlation(ONE, OTHER[:, :5])
