"""Significance: the formulas by hand, p-values that are even under the null, lattices at their minimum, bad input."""

import importlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gridcells.scores import compare_with_null, grid_scores, matched_null
from gridcells.scores.lattices import lattice_maps
from gridcells.scores.nulls.low_pass import low_pass_noise
from gridcells.scores.nulls.p_values import significance
from gridcells.scores.nulls.shuffles import field_shuffle, time_shuffle
from gridcells.scores.ratemaps import rate_maps
from gridcells.world.arenas import Rectangle

BINS = 16
BOX = Rectangle(2.2, 2.2)


def noisy_grids(units=12, seed=0):
    generator = np.random.default_rng(seed)
    maps = lattice_maps(BOX, generator.uniform(0.5, 0.8, units), orientation=generator.uniform(0, 1, units), bins=BINS)
    return maps + 0.05 * generator.standard_normal(maps.shape)


def noise(units, seed=0):
    return low_pass_noise((BINS, BINS), maps=units, cutoff=0.15, rectified=True, generator=seed)


def score_60(maps):
    return grid_scores(maps.reshape(-1, *maps.shape[-2:]), keep_autocorrelogram=False).score_60


def corner(maps):
    """Score a map by its first bin."""
    return maps[:, 0, 0]


def with_corner(values):
    """Build maps [..., 2, 2] that score these values [...]."""
    return np.asarray(values, dtype=float)[..., None, None] * np.ones((2, 2))


def assert_even(p_value, null_maps):
    """Hold p-values, multiples of 1 / (1 + n), to be evenly distributed."""
    spread = p_value - np.random.default_rng(0).uniform(0, 1 / (1 + null_maps), len(p_value))
    assert stats.kstest(spread, "uniform").pvalue > 0.02


# By hand


def test_each_unit_beside_its_own_null():
    null = np.array([[0.0, 1.0, np.nan], [0.2, 2.0, np.nan], [0.4, np.nan, np.nan], [0.6, 3.0, np.nan]])
    result = significance(with_corner([0.4, 0.5, 1.0]), null=null, score=corner, quantile=0.5)
    np.testing.assert_array_equal(result.score, [0.4, 0.5, 1.0])
    np.testing.assert_allclose(result.null_quantile, [0.5, 0.0, np.nan])
    np.testing.assert_allclose(result.p_value, [3 / 5, 4 / 4, np.nan])  # what ties reaches
    np.testing.assert_allclose(result.threshold, [0.3, 2.0, np.nan])
    assert result.mean_threshold == pytest.approx(1.15)
    assert (result.share_above, result.share_above_mean) == (0.5, 0.0)
    np.testing.assert_array_equal(result.null_scores, null)


def test_population_beside_one_null():
    units = [0.1, 0.95, 1.5, np.nan]
    null = np.append(np.linspace(0, 1, 101), np.nan)
    result = significance(with_corner(units), null=torch.tensor(null), score=corner)
    np.testing.assert_allclose(result.null_quantile, [10 / 101, 95 / 101, 1, np.nan])
    np.testing.assert_allclose(result.p_value, [92 / 102, 7 / 102, 1 / 102, np.nan])
    np.testing.assert_allclose(result.threshold, [0.95, 0.95, 0.95, np.nan])
    assert result.share_above == pytest.approx(1 / 3)
    assert result.comparison == compare_with_null(units, null)
    assert result.comparison.share_above == result.share_above


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**16), shared=st.booleans())
def test_definition_and_permuting_units(seed, shared):
    generator = np.random.default_rng(seed)
    units, null = generator.integers(0, 9, 7) / 8, generator.integers(0, 9, (20, 7)) / 8
    null[generator.random(null.shape) < 0.1] = np.nan
    null = null[:, 0] if shared else null
    result = significance(with_corner(units), null=null, score=corner, quantile=0.8)
    for unit, own in enumerate(units):
        column = null if shared else null[:, unit]
        column = column[~np.isnan(column)]
        assert result.p_value[unit] == pytest.approx((1 + (column >= own).sum()) / (1 + len(column)))
        assert result.null_quantile[unit] == pytest.approx((column < own).mean())
        assert result.threshold[unit] == pytest.approx(np.quantile(column, 0.8))
    order = generator.permutation(7)
    moved = significance(with_corner(units[order]), null=null if shared else null[:, order], score=corner, quantile=0.8)
    np.testing.assert_array_equal(moved.p_value, result.p_value[order])
    np.testing.assert_array_equal(moved.threshold, result.threshold[order])
    assert moved.share_above == result.share_above


def test_null_maps_come_whole_or_in_chunks():
    units, null = with_corner([0.3, 0.6]), np.random.default_rng(0).random((9, 2))
    scores = significance(units, null=null, score=corner)
    maps = with_corner(null)
    for given_null in (maps, torch.tensor(maps), iter([maps[:4], maps[4:5], maps[5:]])):
        result = significance(units, null=given_null, score=corner)
        np.testing.assert_array_equal(result.p_value, scores.p_value)
        np.testing.assert_array_equal(result.null_scores, null)
    shared = significance(units, null=null[:, 0], score=corner)
    for given_null in (maps[:, 0], iter([maps[:2, 0], maps[2:, 0]])):
        np.testing.assert_array_equal(significance(units, null=given_null, score=corner).p_value, shared.p_value)


def test_the_same_maps_again_are_as_high():
    """Rounding does not make a null score lower than the score of the very same map."""
    maps = noise(40)
    result = significance(maps, null=np.stack([maps[:, ::-1, ::-1], np.roll(maps, 0)]))
    np.testing.assert_array_equal(result.p_value, 1)


# Under the null


def test_field_shuffled_units_are_no_better_than_field_shuffles():
    null_maps = np.concatenate(list(field_shuffle(noise(150), shuffles=60, generator=0)))
    result = significance(null_maps[0], null=null_maps[1:])
    assert_even(result.p_value, 59)
    assert 0.01 < result.share_above < 0.1


@pytest.mark.parametrize("draw", [matched_null, low_pass_noise])
def test_noise_is_no_better_than_noise(draw):
    like = noise(100)
    result = significance(draw(like, maps=500, generator=1), null=draw(like, maps=1000, generator=2))
    assert_even(result.p_value, 1000)
    assert 0.03 < result.share_above < 0.08


def test_activity_that_knows_no_place_is_no_better_than_shifted():
    """Slow activity makes fields on a slow path, but not more than it does elsewhere in time."""
    generator = np.random.default_rng(0)
    p_values = []
    for _ in range(40):  # one shift serves all units, so few units and many sessions
        drive = np.fft.rfft(generator.standard_normal((600, 5)), axis=0)
        drive[30:] = 0
        slow = np.fft.irfft(drive, 600, axis=0)
        position = np.tanh(slow[:, :2] / slow.std())
        activity = np.maximum(slow[:, 2:], 0)
        arguments = {"bins": 6, "smallest_shift": 20, "time_step": 1.0, "shuffles": 99, "generator": generator}
        null = time_shuffle(position, activity, BOX, **arguments)
        maps = rate_maps(position, activity, BOX, 6)
        p_values.append(significance(maps, null=null, score=lambda maps: np.nanvar(maps, axis=(1, 2))).p_value)
    assert_even(np.concatenate(p_values), 99)


# Of lattices, and how it is called


@pytest.mark.parametrize("null", ["field_shuffle", "matched", "low_pass"])
def test_noisy_lattices_are_at_the_minimum(null):
    maps = noisy_grids()
    shuffles = {"field_shuffle": 39, "matched": 49, "low_pass": 49}[null]
    result = significance(maps, null=null, shuffles=shuffles, generator=0)
    assert np.mean(result.p_value == 1 / (1 + shuffles)) > 0.8
    assert result.p_value.max() < 0.1
    assert result.share_above > 0.9
    np.testing.assert_array_equal(result.score, score_60(maps))
    assert result.null_scores.shape == ((39, 12) if null == "field_shuffle" else (49,))


def test_place_cells_are_tied_to_their_place():
    generator = np.random.default_rng(0)
    position = 0.5 * np.sin(np.cumsum(generator.normal(0, 0.3, (3000, 2)), axis=0))
    activity = np.exp(-((position[:, None] - generator.uniform(-0.4, 0.4, (5, 2))) ** 2).sum(axis=2) / 0.02)
    box = Rectangle(1.0, 1.0)
    null = time_shuffle(position, activity, box, time_step=0.1, bins=8, shuffles=99, generator=0)
    maps = rate_maps(position, activity, box, 8)
    result = significance(maps, null=null, score=lambda maps: np.nanvar(maps, axis=(1, 2)))
    np.testing.assert_array_equal(result.p_value, 0.01)


def test_names_are_short_for_the_nulls():
    maps = noise(5)
    named = significance(maps, null="matched", shuffles=20, generator=np.random.default_rng(3))
    spelt = significance(maps, null=matched_null(maps, maps=20, generator=3))
    np.testing.assert_array_equal(named.null_scores, spelt.null_scores)
    named = significance(maps, shuffles=4, generator=3)
    spelt = significance(maps, null=field_shuffle(maps, shuffles=4, generator=3))
    np.testing.assert_array_equal(named.null_scores, spelt.null_scores)
    assert significance(maps, generator=3, score=corner).null_scores.shape == (100, 5)
    assert significance(maps, null="low_pass", generator=3, score=corner).null_scores.shape == (1000,)


def test_flat_and_unvisited_units_have_no_significance():
    maps = noisy_grids(6)
    maps[1], maps[4] = 0.3, np.nan
    scored = [0, 2, 3, 5]
    alone = significance(maps[scored], null="matched", shuffles=30, generator=0)
    result = significance(maps.astype(np.float32), null="matched", shuffles=30, generator=0)
    for values in (result.score, result.null_quantile, result.p_value, result.threshold):
        assert values.dtype == np.float64
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(values)), [1, 4])
    np.testing.assert_array_equal(result.p_value[scored], alone.p_value)
    assert result.share_above == alone.share_above
    nothing = significance(maps[[1, 1]], shuffles=3, generator=0)
    assert np.isnan([*nothing.p_value, nothing.share_above, nothing.mean_threshold]).all()


def test_other_scores():
    maps = noise(10)
    null = matched_null(maps, maps=30, generator=0)
    squares = significance(maps, null=null, score=lambda maps: grid_scores(maps).score_90)
    np.testing.assert_array_equal(squares.score, grid_scores(maps).score_90)
    strict = significance(maps, null=null, score=lambda maps: grid_scores(maps, form="min_max"))
    np.testing.assert_array_equal(strict.score, grid_scores(maps, form="min_max").score_60)


def test_progress(monkeypatch):
    room = importlib.import_module("gridcells.scores.nulls.p_values")  # by attribute one may get the function
    monkeypatch.setattr(room, "PART", 30 * BINS**2)
    monkeypatch.setattr("gridcells.scores.nulls.shuffles.CHUNK", 45 * BINS**2)
    maps, seen = noise(15), []

    def progress(done, total):
        seen.append((done, total))

    significance(maps, shuffles=4, generator=0, progress=progress)
    assert seen == [(30, 60), (45, 60), (60, 60)]
    seen.clear()
    significance(maps, null=iter([maps[None], maps[None]]), progress=progress)
    assert seen == [(15, None), (30, None)]
    seen.clear()
    parts = significance(maps, null="low_pass", shuffles=70, generator=0, progress=progress)
    assert seen == [(30, 70), (60, 70), (70, 70)]
    np.testing.assert_allclose(
        parts.null_scores, significance(maps, null="low_pass", shuffles=70, generator=0).null_scores, atol=1e-12
    )


def test_bad_input():
    maps = noise(3)
    with pytest.raises(ValueError, match=r"rate_maps: expected shape \[unit, bin, bin\], got \(16, 16\)"):
        significance(maps[0], generator=0)
    with pytest.raises(ValueError, match="null: expected one of 'field_shuffle', 'matched', 'low_pass', got 'match'"):
        significance(maps, null="match", generator=0)
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got NoneType"):
        significance(maps)
    with pytest.raises(ValueError, match="shuffles: expected a whole number of at least 1, got 0"):
        significance(maps, shuffles=0, generator=0)
    with pytest.raises(ValueError, match="shuffles: expected none beside a null of maps or scores"):
        significance(maps, null=maps, shuffles=10)
    with pytest.raises(ValueError, match="quantile: expected a number between 0 and 1, got 95"):
        significance(maps, generator=0, quantile=95)
    with pytest.raises(ValueError, match=r"null: expected scores \[null\] or \[null, 3\] or maps, got shape \(5, 2\)"):
        significance(maps, null=np.zeros((5, 2)))
    with pytest.raises(ValueError, match=r"null: expected scores .* got shape \(\)"):
        significance(maps, null=0.5)
    with pytest.raises(ValueError, match="null: expected at least one map or score, got none"):
        significance(maps, null=[])
    with pytest.raises(ValueError, match="null: expected at least one map or score, got none"):
        significance(maps, null=iter([]))
    for wrong in (maps[:, :, :8], np.stack([maps[:2]]), iter([maps, maps[None]]), iter([maps[None], maps])):
        with pytest.raises(
            ValueError, match=r"null: expected maps \[shuffle, 3, 16, 16\] or \[map, 16, 16\], got shape"
        ):
            significance(maps, null=wrong)
    with pytest.raises(TypeError, match="null: expected real numbers"):
        significance(maps, null=maps * 1j)
    with pytest.raises(ValueError, match=r"score: expected a callable that returns one score a map, \(3,\), got \(\)"):
        significance(maps, null=maps, score=np.mean)
