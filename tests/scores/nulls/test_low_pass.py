"""Low-pass noise: its correlations are those of the filter, and what it takes from maps."""

import numpy as np
import pytest
import torch
from scipy import special

from gridcells.scores.lattices import lattice_maps
from gridcells.scores.nulls.low_pass import low_pass_noise
from gridcells.world.arenas import Rectangle


def correlation(noise, shift_x, shift_y):
    """Correlate all pairs of bins this far apart, means known to be 0."""
    bins_x, bins_y = noise.shape[1:]
    return np.mean(noise[:, : bins_x - shift_x, : bins_y - shift_y] * noise[:, shift_x:, shift_y:])


@pytest.mark.parametrize("form", ["sharp", "gaussian"])
@pytest.mark.parametrize(("bins", "bin_size"), [((20, 20), 0.11), ((12, 24), (0.2, 0.1))])
def test_correlations_are_the_filters(form, bins, bin_size):
    """A disc of frequencies up to c makes 2 J1(2πcr) / 2πcr, a Gaussian makes a Gaussian."""
    cutoff = 1.0
    noise = low_pass_noise(bins, maps=4000, cutoff=cutoff, bin_size=bin_size, form=form, generator=0)
    side_x, side_y = np.broadcast_to(bin_size, 2)
    assert noise.mean() == pytest.approx(0, abs=0.01)
    for shift_x, shift_y in [(0, 0), (1, 0), (0, 1), (2, 1), (0, 3), (3, 3)]:
        r = np.hypot(shift_x * side_x, shift_y * side_y)
        x = max(2 * np.pi * cutoff * r, 1e-9)
        expected = 2 * special.j1(x) / x if form == "sharp" else np.exp(-((np.pi * cutoff * r) ** 2) / np.log(2))
        assert correlation(noise, shift_x, shift_y) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("spacing", [0.5, 0.8])
def test_cutoff_of_maps_is_just_above_their_frequency(spacing):
    """The noise is as smooth as the units: its cutoff is their frequency, and what the map's size leaves unresolved."""
    maps = lattice_maps(Rectangle(2.2, 2.2), np.full(20, spacing), orientation=np.linspace(0, 1, 20), rectified=False)
    frequency = 2 / np.sqrt(3) / spacing
    taken = low_pass_noise(maps, bin_size=0.11, maps=50, generator=0)
    shares = np.arange(0.8, 1.7, 0.005)
    same = [
        np.array_equal(low_pass_noise((20, 20), cutoff=s * frequency, bin_size=0.11, maps=50, generator=0), taken)
        for s in shares
    ]
    assert 1.0 < shares[same].min() <= shares[same].max() < 1 + 1 / (2.2 * frequency)
    np.testing.assert_allclose(
        low_pass_noise(maps, maps=50, generator=0), taken, atol=1e-12
    )  # no unit of length needed
    np.testing.assert_allclose(low_pass_noise(7 * maps + 3, maps=50, generator=0), taken, atol=1e-9)


def test_shape_holes_and_rectification_are_the_units():
    maps = lattice_maps(Rectangle(2.2, 2.2), [0.5, 0.6], bins=(14, 20))
    maps[0, 0], maps[:, :3, :4] = np.nan, np.nan
    noise = low_pass_noise(torch.tensor(maps), maps=30, generator=0)
    assert noise.shape == (30, 14, 20)
    assert np.isnan(noise[:, :3, :4]).all()
    assert np.isnan(noise).sum() == 30 * 12
    rectified = low_pass_noise(maps, maps=30, generator=np.random.default_rng(0), rectified=True)
    np.testing.assert_array_equal(rectified, np.maximum(noise, 0))


def test_bad_input():
    with pytest.raises(ValueError, match="like: expected a whole number of at least 1, got 0"):
        low_pass_noise((20, 0), cutoff=0.1, generator=0)
    with pytest.raises(ValueError, match=r"like: expected shape \[unit, bin, bin\], got \(20, 20\)"):
        low_pass_noise(np.ones((20, 20)), generator=0)
    with pytest.raises(ValueError, match="cutoff: expected one, where like holds no map that is not flat"):
        low_pass_noise((20, 20), generator=0)
    with pytest.raises(ValueError, match="cutoff: expected one, where like holds no map that is not flat"):
        low_pass_noise(np.ones((3, 20, 20)), generator=0)
    with pytest.raises(ValueError, match="cutoff: expected a number above 0 cycles per metre, got -1"):
        low_pass_noise((20, 20), cutoff=-1, generator=0)
    with pytest.raises(
        ValueError, match="cutoff: expected at least 0.151515 cycles per metre for 20 x 20 bins, got 0.1"
    ):
        low_pass_noise((20, 20), cutoff=0.1, bin_size=0.11, generator=0)
    with pytest.raises(ValueError, match="bin_size: expected one length above 0 m"):
        low_pass_noise((20, 20), cutoff=0.1, bin_size=0, generator=0)
    with pytest.raises(ValueError, match="form: expected one of 'sharp', 'gaussian', got 'gauss'"):
        low_pass_noise((20, 20), cutoff=0.1, form="gauss", generator=0)
    with pytest.raises(ValueError, match="maps: expected a whole number of at least 1, got 0"):
        low_pass_noise((20, 20), cutoff=0.1, maps=0, generator=0)
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got NoneType"):
        low_pass_noise((20, 20), cutoff=0.1, generator=None)
