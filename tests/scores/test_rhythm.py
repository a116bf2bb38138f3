"""The theta index: high for spikes in the rhythm, near 1 for Poisson spikes, nothing for few."""

import numpy as np
import pytest

from gridcells.scores import theta_indices
from gridcells.scores.rhythm import rounded_to


def spikes(frequency, depth, seconds=600, rate=8.0, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(0, seconds, 0.002)
    return np.repeat(time, rng.poisson(rate * 0.002 * (1 + depth * np.cos(2 * np.pi * frequency * time))))


@pytest.mark.parametrize("frequency", [6.0, 8.0, 10.0])
def test_a_unit_in_the_rhythm_is_above_five(frequency):
    assert theta_indices([spikes(frequency, 1.0)])[0] > 5


def test_other_rhythms_and_none_are_below():
    found = theta_indices([spikes(8.0, 0.0), spikes(20.0, 1.0), spikes(2.0, 1.0)])
    assert (found < 5).all()


def test_the_order_and_the_start_of_the_times_do_not_matter():
    train = spikes(8.0, 1.0)
    one = theta_indices([train])
    np.testing.assert_allclose(theta_indices([train[::-1]]), one)
    np.testing.assert_allclose(theta_indices([train + 5000.0]), one, rtol=0.05)


def test_few_spikes_have_no_index_and_bad_times_are_refused():
    assert np.isnan(theta_indices([np.arange(99.0), []])).all()
    with pytest.raises(ValueError, match="spike_times: expected finite times, got 1 others"):
        theta_indices([[0.0, np.nan]])


@pytest.mark.parametrize(("step", "told"), [(0.001, True), (0.01, True), (0.02, False), (1 / 30, False), (0.1, False)])
def test_times_of_a_cameras_frames_have_no_index(step, told):
    train = spikes(8.0, 1.0)
    [whole], [index] = theta_indices([train]), theta_indices([np.round(train / step) * step])
    if told:
        assert index == pytest.approx(whole, rel=0.05)
    else:
        assert np.isnan(index)
        assert rounded_to(np.round(train / step) * step) == pytest.approx(step, rel=0.05)
