"""Tuning to headings that is known, and chance."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from gridcells.scores import head_direction_tuning, rayleigh_test, resultant_vector


def test_tuning_is_the_mean_in_each_bin_whatever_the_turns():
    rng = np.random.default_rng(0)
    heading, activity = rng.uniform(-9, 9, (40, 50)), rng.random((40, 50, 3))
    tuning = head_direction_tuning(heading, activity, bins=12)
    wrapped = np.angle(np.exp(1j * heading)).ravel()
    for unit in range(3):
        expected = stats.binned_statistic(wrapped, activity[..., unit].ravel(), bins=12, range=(-np.pi, np.pi))[0]
        np.testing.assert_allclose(tuning[unit], expected)
    turned = head_direction_tuning(torch.as_tensor(heading) + 4 * np.pi, torch.as_tensor(activity), bins=12)
    np.testing.assert_allclose(turned, tuning)
    assert np.isnan(head_direction_tuning([0.1], [[1.0]], bins=4)).tolist() == [[True, True, False, True]]


@pytest.mark.parametrize("kappa", [0.5, 2.0, 8.0])
def test_resultant_of_von_mises_tuning(kappa):
    middle = -np.pi + (np.arange(60) + 0.5) * 2 * np.pi / 60
    preferred = np.array([-2.0, 0.3, 3.0])
    vector = resultant_vector(np.exp(kappa * np.cos(middle - preferred[:, None])))
    np.testing.assert_allclose(vector.length, special.iv(1, kappa) / special.iv(0, kappa), rtol=1e-6)
    np.testing.assert_allclose(vector.angle, preferred, atol=1e-6)


def test_invariants_of_the_resultant():
    tuning = np.random.default_rng(1).random((5, 20))
    vector = resultant_vector(tuning)
    np.testing.assert_allclose(resultant_vector(7 * tuning).length, vector.length)
    rolled = resultant_vector(np.roll(tuning, 3, axis=1))
    np.testing.assert_allclose(rolled.length, vector.length)
    np.testing.assert_allclose(np.exp(1j * rolled.angle), np.exp(1j * (vector.angle + 3 * 2 * np.pi / 20)))
    shifted = resultant_vector(tuning - 0.5, signed="shift")
    lifted = tuning - 0.5 - np.minimum((tuning - 0.5).min(axis=1, keepdims=True), 0)
    np.testing.assert_allclose(shifted.length, resultant_vector(lifted).length)
    silent = resultant_vector([[0.0, 0.0], [np.nan, np.nan]])
    assert np.isnan(silent.length).all()
    assert np.isnan(silent.angle).all()


def test_rayleigh_probabilities_are_uniform_by_chance():
    rng = np.random.default_rng(2)
    directions = np.exp(1j * rng.uniform(-np.pi, np.pi, (4000, 50)))
    p_values = rayleigh_test(np.abs(directions.mean(axis=1)), 50)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert rayleigh_test([0.6], 50) < 1e-6
    assert np.isnan(rayleigh_test([np.nan], 3)).all()


def test_bad_input():
    with pytest.raises(ValueError, match="activity: expected shape .* with the axes of heading .5,., got .4, 1."):
        head_direction_tuning(np.zeros(5), np.zeros((4, 1)))
    with pytest.raises(ValueError, match="heading: expected finite numbers, got 1 that are not"):
        head_direction_tuning([0.0, np.inf], np.zeros((2, 1)))
    with pytest.raises(ValueError, match="tuning: expected activity of at least 0 .or signed='shift'., got -1"):
        resultant_vector([[1.0, -1.0]])
    with pytest.raises(ValueError, match="tuning: expected finite activity .unit, bin."):
        resultant_vector([1.0, 2.0])
    with pytest.raises(ValueError, match="length: expected lengths between 0 and 1"):
        rayleigh_test([1.5], 10)
    with pytest.raises(ValueError, match="count: expected numbers of directions of at least 1"):
        rayleigh_test([0.5], 0)
