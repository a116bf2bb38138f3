"""Principal components with and without the constraint that no weight is negative."""

import numpy as np
import pytest

from gridcells.theory.covariance import Kernel
from gridcells.theory.principal_components import leading_wave_share, nonnegative_pca


@pytest.fixture(scope="module")
def activity():
    return (
        np.random.default_rng(0).normal(size=(400, 6))
        * [3.0, 2.5, 2.0, 1.5, 1.0, 0.5]
        @ (np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0])
    )


def test_unconstrained_components_are_those_of_the_singular_values(activity):
    found = nonnegative_pca(activity, 3, nonnegative=False, generator=0)
    centred = activity - activity.mean(0)
    vectors = np.linalg.svd(centred, full_matrices=False)[2][:3]
    np.testing.assert_allclose(np.abs(np.sum(found.weights * vectors, 1)), 1, atol=1e-6)
    np.testing.assert_allclose(found.output, found.weights @ centred.T)


def test_no_weight_is_negative_and_no_start_does_better(activity):
    found = nonnegative_pca(activity, 12, hierarchy=False, generator=0)
    assert (found.weights >= 0).all() and found.change.max() < 1e-6
    covariance = np.cov(activity.T)
    variance = np.einsum("ij,jk,ik->i", found.weights, covariance, found.weights)
    tries = np.abs(np.random.default_rng(2).normal(size=(20_000, 6)))
    tries /= np.linalg.norm(tries, axis=1, keepdims=True)
    assert np.einsum("ij,jk,ik->i", tries, covariance, tries).max() <= variance.max() * (1 + 1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activity": np.ones((5, 3))}, "activity: expected cells that vary"),
        ({"activity": np.ones(5)}, r"activity: expected finite numbers of shape \[sample, cell\]"),
        ({"rate": 2.0}, "rate: expected a number up to 1, got 2.0"),
        ({"count": 0}, "count: expected"),
    ],
)
def test_bad_input(activity, options, message):
    with pytest.raises(ValueError, match=message):
        nonnegative_pca(**{"activity": activity, "generator": 0, **options})


def gaussian(bins=24):
    """A kernel whose leading waves are the longest: 1, 4, 4, 4, 8 ... of them equal."""
    x = np.arange(bins) - bins // 2
    return Kernel(np.exp(-(x[:, None] ** 2 + x**2) / 8), 1.0)


def waves(bins=24):
    """Sines and cosines of the waves of a box, the longest first, [wave, bin, bin]."""
    x = 2 * np.pi * np.arange(bins) / bins
    numbers = [(a, b) for a in range(4) for b in range(-3, 4) if (a, b) > (0, 0)]
    numbers.sort(key=lambda pair: pair[0] ** 2 + pair[1] ** 2)
    planes = [turn(a * x[:, None] + b * x) for a, b in numbers for turn in (np.cos, np.sin)]
    return np.stack([np.ones((bins, bins)), *planes])


@pytest.mark.parametrize("count", [1, 5, 7, 9, 12])
def test_maps_that_mix_the_leading_waves_span_them(count):
    """Any mixture will do, and where the number ends within equal waves, any of these."""
    generator = np.random.default_rng(count)
    full = max(number for number in (0, 1, 5, 9) if number <= count)  # groups that are whole
    chosen = [*range(full), *generator.permutation(np.arange(full, {0: 1, 1: 5, 5: 9, 9: 13}[full]))[: count - full]]
    maps = np.tensordot(generator.normal(size=(count, count)), waves()[chosen], 1)
    assert leading_wave_share(maps, gaussian(), mean=True) == pytest.approx(1, abs=1e-9)


def test_a_share_of_the_span_is_that_of_its_dimensions():
    """Three of four maps among the leading waves, the fourth a short wave: three quarters."""
    maps = waves()[[0, 1, 2, -1]]
    assert leading_wave_share(maps, gaussian(), mean=True) == pytest.approx(0.75)
    assert leading_wave_share(maps, gaussian()) == pytest.approx(0.5)  # the uniform state no longer leads


def test_a_share_does_not_depend_on_rounding_among_equal_waves():
    """Noise of the last digits on the kernel orders equal waves at random; the share stays."""
    kernel = gaussian()
    maps = np.tensordot(np.random.default_rng(0).normal(size=(7, 11)), waves()[:11], 1)
    shares = []
    for seed in range(5):
        noise = 1 + 1e-15 * np.random.default_rng(seed).normal(size=kernel.values.shape)
        shares.append(leading_wave_share(maps, Kernel(kernel.values * noise, 1.0), mean=True))
    np.testing.assert_allclose(shares, shares[0], rtol=1e-9)
    assert 0.5 < shares[0] < 0.99


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (np.ones((2, 5, 5)), r"maps: expected finite maps \[cell, 24, 24\]"),
        (np.full((1, 24, 24), np.nan), "maps: expected finite"),
        (np.stack([waves()[1], 2 * waves()[1]]), "none of which is a sum of the others"),
    ],
)
def test_maps_that_span_nothing_are_refused(maps, message):
    with pytest.raises(ValueError, match=message):
        leading_wave_share(maps, gaussian())
