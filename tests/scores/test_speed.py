"""The speed score: correlation of smoothed rate and running speed, and its shuffles."""

import numpy as np
import pytest
from scipy import ndimage

from gridcells.scores import speed_scores

RNG = np.random.default_rng(0)
SPEED = ndimage.gaussian_filter1d(RNG.normal(size=6000), 30)
SPEED = 0.2 + 0.1 * (SPEED - SPEED.mean()) / SPEED.std()
COUNTS = np.stack([RNG.poisson(np.clip(SPEED, 0, None) * 2), RNG.poisson(0.4, 6000), np.zeros(6000)], axis=1)


def test_it_is_the_correlation_of_the_smoothed_rate():
    scores = speed_scores(SPEED, COUNTS, time_step=0.02)
    smooth = ndimage.gaussian_filter1d(COUNTS.astype(float), 0.25 / 0.02, axis=0)
    for unit in (0, 1):
        assert scores[unit] == pytest.approx(np.corrcoef(SPEED, smooth[:, unit])[0, 1])
    assert scores[0] > 0.4 > abs(scores[1])
    assert np.isnan(scores[2])


def test_shifts_are_those_of_the_activity_rolled():
    shifts = [0, 1, 700, 5999]
    null = speed_scores(SPEED, COUNTS, time_step=0.02, shifts=shifts)
    assert null.shape == (4, 3)
    wide = ndimage.gaussian_filter1d(COUNTS.astype(float), 0.25 / 0.02, axis=0)
    for row, shift in zip(null, shifts, strict=True):
        expected = np.corrcoef(SPEED, np.roll(wide[:, 0], shift))[0, 1]
        assert row[0] == pytest.approx(expected, abs=1e-9)
    np.testing.assert_allclose(null[0], speed_scores(SPEED, COUNTS, time_step=0.02))


def test_unknown_speeds_count_as_the_mean():
    holed = SPEED.copy()
    holed[::7] = np.nan
    np.testing.assert_allclose(
        speed_scores(holed, COUNTS, time_step=0.02)[0], speed_scores(SPEED, COUNTS, time_step=0.02)[0], atol=0.08
    )


def test_bad_input():
    with pytest.raises(ValueError, match="activity: expected shape .time, unit. for speeds .6000,., got .3, 6000."):
        speed_scores(SPEED, COUNTS.T, time_step=0.02)
    with pytest.raises(ValueError, match="time_step: expected a number above 0 s, got 0"):
        speed_scores(SPEED, COUNTS, time_step=0)
