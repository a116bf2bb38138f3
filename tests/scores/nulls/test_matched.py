"""The matched null: what it shares with the units, what it does not, and what stands out of it."""

import numpy as np
import pytest
import torch
from scipy import fft

from gridcells.scores import compare_with_null, grid_scores, matched_null
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

BINS = 20


def population(kind, units=120, bins=BINS, seed=0):
    """Build a population with one ring of spatial frequencies, four periods a side: lattices, or waves at random."""
    generator = np.random.default_rng(seed)
    count, spread = {"hexagons": (3, 0.0), "waves": (12, 1.0)}[kind]
    angle = generator.uniform(0, np.pi, (units, 1)) + np.pi / 3 * np.arange(count)
    angle = angle + spread * generator.uniform(0, np.pi, (units, count))
    phase = generator.uniform(0, 2 * np.pi, (units, count, 1, 1))
    x = np.linspace(0, 4 * 2 * np.pi, bins)
    waves = np.cos(np.cos(angle)[..., None, None] * x[:, None] + np.sin(angle)[..., None, None] * x + phase)
    return waves.sum(axis=1)


def mean_spectrum(maps):
    """Return the maps' mean power spectrum, each map at mean 0 and variance 1, normalised."""
    maps = (maps - maps.mean(axis=(1, 2), keepdims=True)) / maps.std(axis=(1, 2), keepdims=True)
    power = np.mean(np.abs(fft.fft2(maps)) ** 2, axis=0)
    return power / power.sum()


def spectral_distance(first, second):
    """Return the share of power that two populations' spectra do not have in common, 0 to 1."""
    return 0.5 * np.abs(mean_spectrum(first) - mean_spectrum(second)).sum()


@pytest.mark.parametrize("kind", ["hexagons", "waves"])
@pytest.mark.parametrize(("spectrum", "blur"), [("full", 0.04), ("radial", 0.08)])  # a ring has a width
def test_spectrum_is_the_units(kind, spectrum, blur):
    units = population(kind, units=1000)
    null = matched_null(units, maps=1000, generator=0, spectrum=spectrum)
    sampling = spectral_distance(units, population(kind, units=1000, seed=1))
    assert spectral_distance(units, null) < sampling + blur
    assert spectral_distance(units, np.random.default_rng(0).standard_normal(null.shape)) > 0.5


def test_spectrum_of_one_aligned_lattice():
    """The walls of the map blur sharp peaks once, not once for the units and again for the null."""
    generator = np.random.default_rng(0)
    x = np.linspace(0, 4 * 2 * np.pi, BINS)
    angle, phase = 0.3 + np.pi / 3 * np.arange(3), generator.uniform(0, 2 * np.pi, (300, 3, 1, 1))
    units = np.cos(np.cos(angle)[:, None, None] * x[:, None] + np.sin(angle)[:, None, None] * x + phase).sum(axis=1)
    full = matched_null(units, maps=1000, generator=0, spectrum="full")
    assert spectral_distance(units, full) < 0.12
    assert spectral_distance(units, matched_null(units, maps=1000, generator=0)) > 0.4  # it knows no direction


def test_radial_spectrum_is_the_units_and_the_same_in_every_direction():
    """Units of one orientation and units of all have the same radial null."""
    generator = np.random.default_rng(0)
    x = np.linspace(0, 4 * 2 * np.pi, BINS)
    phase = generator.uniform(0, 2 * np.pi, (800, 1, 1))
    stripes = np.cos(x[:, None] + np.zeros(BINS) + phase)
    angle = generator.uniform(0, np.pi, (800, 1, 1))
    turned = np.cos(np.cos(angle) * x[:, None] + np.sin(angle) * x + phase)
    null = matched_null(stripes, maps=1000, generator=1)
    assert spectral_distance(turned, null) < 0.2 < 0.7 < spectral_distance(stripes, null)
    assert spectral_distance(null, null.swapaxes(1, 2)) < 0.1


def test_one_aligned_lattice_beats_noise_of_its_wavelength_but_not_noise_of_its_six_peaks():
    generator = np.random.default_rng(0)
    x = np.linspace(0, 4 * 2 * np.pi, BINS)
    angle = 0.3 + np.pi / 3 * np.arange(3)
    shift = generator.uniform(0, 2 * np.pi, (200, 2, 1, 1))
    moved_x, moved_y = x[:, None] + shift[:, :1], x + shift[:, 1:]
    waves = np.cos(np.cos(angle)[:, None, None] * moved_x + np.sin(angle)[:, None, None] * moved_y)
    units = np.maximum(waves.sum(axis=1), 0)
    scores = grid_scores(units)
    radial, full = (
        compare_with_null(scores, grid_scores(matched_null(units, maps=500, generator=0, spectrum=spectrum)))
        for spectrum in ("radial", "full")
    )
    assert radial.share_above > 0.95 > 0.15 > radial.null_share_above_levels[1]
    assert full.null_share_above_levels[1] > 0.5


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_rectified_units(threshold):
    """Silence is matched exactly; the spectrum but for the overtones of rectifying what has such overtones already."""
    units = np.maximum(population("waves", units=600) - threshold, 0)
    null = matched_null(units, maps=600, generator=0)
    assert abs((null == 0).mean() - (units == 0).mean()) < 1e-3
    assert null.min() == 0
    alive = null[null.any(axis=(1, 2))]
    white = np.maximum(np.random.default_rng(0).standard_normal(units.shape), 0)
    assert spectral_distance(units, alive) < 0.2 < 0.45 < spectral_distance(units, white)


def test_signed_units_are_not_rectified():
    null = matched_null(population("waves"), maps=50, generator=0)
    assert null.min() < 0 < null.max()
    assert abs(null.std() - 1) < 0.1


def test_lattices_stand_out_of_their_null():
    units = np.maximum(population("hexagons"), 0)
    scores, null = grid_scores(units), grid_scores(matched_null(units, maps=1000, generator=0))
    comparison = compare_with_null(scores, null)
    assert comparison.share_above > 0.95
    assert comparison.null_share_above_levels[1] < 0.15


def test_a_null_does_not_stand_out_of_itself():
    units = np.maximum(population("waves"), 0)
    null = grid_scores(matched_null(units, maps=2000, generator=0))
    fresh = grid_scores(matched_null(units, maps=2000, generator=1))
    assert 0.03 < compare_with_null(fresh, null).share_above < 0.07


def test_filtered_noise_does_not_stand_out_of_the_null_made_from_it():
    """The spectrum goes round: units that are noise are no better than their null."""
    noise = matched_null(np.maximum(population("hexagons"), 0), maps=1000, generator=0)
    null = matched_null(noise, maps=1000, generator=1)
    assert 0.02 < compare_with_null(grid_scores(noise), grid_scores(null)).share_above < 0.1


def test_loud_flat_and_silent_units_do_not_matter():
    units = np.maximum(population("waves", units=30), 0)
    expected = matched_null(units, maps=5, generator=0)
    gains = np.random.default_rng(0).uniform(0.01, 100, (30, 1, 1))
    np.testing.assert_allclose(matched_null(gains * units, maps=5, generator=0), expected, atol=1e-9)
    with_flat = np.concatenate([units, np.zeros((10, BINS, BINS)), np.full((3, BINS, BINS), 0.7)])
    np.testing.assert_allclose(matched_null(with_flat, maps=5, generator=0), expected, atol=1e-9)


def test_unvisited_bins():
    """Holes that all units share are the null's as well; single ones are not, and change little else."""
    units = np.maximum(population("waves", units=600), 0)
    holed = np.where(np.random.default_rng(0).random(units.shape) < 0.1, np.nan, units)
    holed[:, :3, :3] = np.nan
    null = matched_null(holed, maps=600, generator=0)
    assert np.isnan(null[:, :3, :3]).all()
    assert not np.isnan(null[:, 3:]).any()
    visited = null[:, 3:, 3:]
    assert abs((visited == 0).mean() - (units == 0).mean()) < 0.02
    assert spectral_distance(visited, matched_null(units, maps=600, generator=1)[:, 3:, 3:]) < 0.08


def test_generators_and_shapes():
    units = population("waves", units=10)
    drawn = matched_null(torch.tensor(units), maps=7, generator=np.random.default_rng(3))
    np.testing.assert_array_equal(drawn, matched_null(units, maps=7, generator=3))
    assert np.abs(drawn - matched_null(units, maps=7, generator=4)).max() > 0.1
    assert matched_null(units[:, :, :13], maps=7, generator=3).shape == (7, 20, 13)


def test_fields_are_drawn_in_parts(monkeypatch):
    units = population("waves", units=10)
    expected = matched_null(units, maps=9, generator=3)
    monkeypatch.setattr("gridcells.scores.nulls.matched.DRAWS", 2 * 9 * BINS**2)
    np.testing.assert_allclose(matched_null(units, maps=9, generator=3), expected, atol=1e-12)


def test_comparison_counts():
    comparison = compare_with_null([0.1, 0.5, 0.9, np.nan], [0.0, 0.2, 0.4, 0.6, np.nan], quantile=0.5, levels=(0.3,))
    assert comparison.threshold == pytest.approx(0.3)
    assert comparison.share_above == pytest.approx(2 / 3)
    assert comparison.share_above_levels == pytest.approx((2 / 3,))
    assert comparison.null_share_above_levels == (0.5,)
    assert (comparison.units, comparison.null_maps) == (3, 4)


def test_bad_input():
    units = population("waves", units=3)
    with pytest.raises(ValueError, match="rate_maps: expected a map that is not flat, got 2 flat maps"):
        matched_null(np.zeros((2, 8, 8)), generator=0)
    with pytest.raises(ValueError, match="rate_maps: expected a map that is not flat, got 1 flat maps"):
        matched_null(np.full((1, 8, 8), np.nan), generator=0)
    with pytest.raises(ValueError, match=r"rate_maps: expected shape \[unit, bin, bin\], got \(20, 20\)"):
        matched_null(units[0], generator=0)
    with pytest.raises(ValueError, match="maps: expected a whole number of at least 1, got 0"):
        matched_null(units, maps=0, generator=0)
    with pytest.raises(ValueError, match="spectrum: expected one of 'radial', 'full', got 'ful' .did you mean 'full'"):
        matched_null(units, generator=0, spectrum="ful")
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got Generator"):
        matched_null(units, generator=torch.Generator())
    with pytest.raises(ValueError, match="quantile: expected a number between 0 and 1, got 95"):
        compare_with_null([0.1], [0.2], quantile=95)
    with pytest.raises(ValueError, match="null_scores: expected scores"):
        compare_with_null([0.1], [np.nan])


def test_noise_knows_the_wavelength_in_metres_where_bins_are_oblong():
    """Rings of the spectrum are round in cycles per metre: maps seen with bins twice as long give the same noise."""
    fine = lattice_maps(
        Rectangle(2.2, 2.2), np.linspace(0.5, 0.7, 40), orientation=np.linspace(0, 1, 40), bins=(40, 40)
    )
    oblong = fine.reshape(40, 20, 2, 40).mean(2)  # bins of 11 by 5.5 cm

    def mean_wavelengths(maps, sides):
        """Root mean square frequency along x and y, cycles/m."""
        power = np.abs(np.fft.fft2(maps - maps.mean((1, 2), keepdims=True))) ** 2
        along = [np.fft.fftfreq(number, side) for number, side in zip(maps.shape[1:], sides, strict=True)]
        return [np.sqrt((power.sum((0, 2 - axis)) * along[axis] ** 2).sum() / power.sum()) for axis in (0, 1)]

    for sides, tolerance in (((0.11, 0.055), 0.12), (1.0, None)):
        noise = matched_null(oblong, maps=400, generator=0, bin_size=sides)
        x, y = mean_wavelengths(noise, (0.11, 0.055))
        if tolerance:
            assert x == pytest.approx(y, rel=tolerance)
        else:
            assert abs(x / y - 1) > 0.3  # taken for square, the noise is stretched
