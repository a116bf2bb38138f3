"""Rates out of counts and time: what smoothing keeps, fills and refuses."""

import numpy as np
import pytest
from scipy import ndimage

from gridcells.scores import effective_bins, information_bias, smooth_rate_maps, spatial_information

RNG = np.random.default_rng(0)
TIME = RNG.uniform(0.1, 1.0, (30, 24))
COUNTS = RNG.poisson(5 * TIME, (3, 30, 24)).astype(float)


def test_without_smoothing_rates_are_counts_over_time():
    np.testing.assert_allclose(smooth_rate_maps(COUNTS, TIME, bin_size=0.03), COUNTS / TIME)


def test_the_gaussian_is_that_of_scipy_for_spikes_and_time_apart():
    smooth = smooth_rate_maps(COUNTS, TIME, bin_size=0.02, width=0.05)
    options = {"sigma": (2.5, 2.5), "mode": "constant", "truncate": 4.0}
    above = np.stack([ndimage.gaussian_filter(each, **options) for each in COUNTS])
    np.testing.assert_allclose(smooth, above / ndimage.gaussian_filter(TIME, **options), rtol=1e-10)
    oblong = smooth_rate_maps(COUNTS, TIME, bin_size=(0.02, 0.04), width=0.04)
    options["sigma"] = (2.0, 1.0)
    above = np.stack([ndimage.gaussian_filter(each, **options) for each in COUNTS])
    np.testing.assert_allclose(oblong, above / ndimage.gaussian_filter(TIME, **options), rtol=1e-10)


@pytest.mark.parametrize("width", [0.0, 0.03, 0.2, "adaptive"])
def test_a_constant_rate_stays_the_same_whatever_the_time(width):
    rates = smooth_rate_maps((4 * TIME)[None], TIME, bin_size=0.02, width=width)
    np.testing.assert_allclose(rates, 4.0)


def test_bins_visited_too_briefly_are_unvisited_and_holes_of_the_path_are_filled():
    time = TIME.copy()
    time[5, 5], time[0, 0], time[20:, 10:20] = 0.0, 0.0, 0.0
    time[10, 10] = 0.05
    raw = smooth_rate_maps(COUNTS * (time > 0), time, bin_size=0.02, min_occupancy=0.1)
    np.testing.assert_array_equal(np.isnan(raw[0]), time < 0.1)
    smooth = smooth_rate_maps(COUNTS * (time > 0), time, bin_size=0.02, width=0.02)
    missing = np.isnan(smooth[0])
    assert not missing[5, 5] and not missing[10, 10]
    assert missing[0, 0] and missing[22:, 12:18].all()  # outside, however near
    np.testing.assert_array_equal(
        np.isnan(smooth_rate_maps(COUNTS, TIME, bin_size=0.02, width=0.02, min_occupancy=99)), True
    )


def test_the_adaptive_circle_is_the_smallest_that_holds_enough():
    rates = smooth_rate_maps(COUNTS, TIME, bin_size=0.03, width="adaptive", time_step=0.02)
    x, y = np.indices(TIME.shape)
    for at in ((0, 0), (15, 12), (29, 5)):
        apart = np.hypot(x - at[0], y - at[1])
        for radius in range(1, 50):
            inside = apart <= radius
            number, time = COUNTS[1][inside].sum(), TIME[inside].sum()
            if number and radius >= 1e4 / (time / 0.02 * np.sqrt(number)):
                break
        assert rates[1][at] == pytest.approx(number / time)


def test_the_bias_of_information_is_what_uniform_units_have():
    time = np.full((40, 40), 0.375)
    counts = np.random.default_rng(2).poisson(5 * time, (400, 40, 40)).astype(float)
    spikes = counts.sum(axis=(1, 2))
    for width in (0.03, 0.04, 0.08):
        maps = smooth_rate_maps(counts, time, bin_size=0.025, width=width)
        bias = information_bias(spikes, effective_bins(time, bin_size=0.025, width=width))
        plain = spatial_information(maps, time)
        assert plain.mean() == pytest.approx(bias.mean(), rel=0.1)
        assert abs((plain - bias).mean()) < 0.002
    assert effective_bins(time, bin_size=0.025) == 1600
    many = np.random.default_rng(3).poisson(60.0, (200, 40, 40)).astype(float)  # raw maps of many spikes
    plain = spatial_information(many / 12.0, np.full((40, 40), 12.0))
    assert plain.mean() == pytest.approx(information_bias(many.sum(axis=(1, 2)), 1600).mean(), rel=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": -1.0}, "width: expected a length of at least 0 m, or 'adaptive', got -1.0"),
        ({"width": "adaptiv"}, "width: expected a length of at least 0 m, or 'adaptive', got 'adaptiv'"),
        ({"min_occupancy": -1}, "min_occupancy: expected a time of at least 0 s, got -1"),
        ({"occupancy": -TIME}, "occupancy: expected times of at least 0 s, shape .30, 24."),
        ({"occupancy": TIME.T}, "occupancy: expected times of at least 0 s, shape .30, 24., got shape .24, 30."),
        ({"time_step": 0.0}, "time_step: expected a number above 0 s"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        smooth_rate_maps(COUNTS, **{"occupancy": TIME, "bin_size": 0.02, **options})
