"""Autocorrelograms and grid scores: against the definition, on ideal lattices, and what they must not depend on."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import gridcells.scores.autocorrelogram as autocorrelogram_room
from gridcells.scores import PUBLISHED_RINGS, grid_scores, spatial_autocorrelogram, turning_curve
from gridcells.scores.grid import hexagonal_scores
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "scoring.py"

seeds = st.integers(0, 2**16)
rounds = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="session")
def plain():
    """Give the benchmark, which holds a plain SciPy implementation."""
    spec = importlib.util.spec_from_file_location("scoring_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lattice(bins=20, waves=3, period=5.0, orientation=0.1, phase=(0.0, 0.0)):
    """Sum plane waves at equal angles: 1 a band, 2 squares, 3 hexagons."""
    x, y = np.meshgrid(np.arange(bins) - phase[0], np.arange(bins) - phase[1], indexing="ij")
    angles = orientation + np.pi / max(waves, 2) * np.arange(waves)
    return sum(np.cos(2 * np.pi / period * (x * np.cos(a) + y * np.sin(a))) for a in angles)


def patchy_maps(units=6, bins=11, unvisited=0.15, seed=0):
    """Draw rectified smooth maps, which have silent stretches, and punch holes."""
    generator = np.random.default_rng(seed)
    x = np.linspace(0, 1, bins)
    waves = generator.standard_normal((units, 3, 2)) * 10
    phase = generator.uniform(0, 2 * np.pi, (units, 3, 1, 1))
    field = np.cos(waves[..., :1, None] * x[:, None] + waves[..., 1:, None] * x + phase).sum(axis=1)
    field = np.maximum(field, 0)
    field[generator.random(field.shape) < unvisited] = np.nan
    return field


def by_definition(rate_map):
    """Correlate, shift by shift, the bins visited both here and there."""
    bins_x, bins_y = rate_map.shape
    result = np.full((2 * bins_x - 1, 2 * bins_y - 1), np.nan)
    for i in range(1 - bins_x, bins_x):
        for j in range(1 - bins_y, bins_y):
            here = rate_map[max(0, -i) : bins_x - max(0, i), max(0, -j) : bins_y - max(0, j)].ravel()
            there = rate_map[max(0, i) : bins_x - max(0, -i), max(0, j) : bins_y - max(0, -j)].ravel()
            both = ~np.isnan(here) & ~np.isnan(there)
            here, there = here[both], there[both]
            if len(here) > 1 and np.ptp(here) > 0 and np.ptp(there) > 0:
                result[i + bins_x - 1, j + bins_y - 1] = np.corrcoef(here, there)[0, 1]
    return result


# Autocorrelogram


@pytest.mark.parametrize("unvisited", [0.0, 0.02, 0.4])
@pytest.mark.parametrize("shape", [(11, 11), (7, 12)])
def test_autocorrelogram_is_the_definition(unvisited, shape):
    maps = patchy_maps(bins=12, unvisited=unvisited)[:, : shape[0], : shape[1]]
    expected = np.stack([by_definition(rate_map) for rate_map in maps])
    np.testing.assert_allclose(spatial_autocorrelogram(maps), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("bins", [12, 40])
@pytest.mark.parametrize("hole", [False, True])
def test_faint_tails_are_correlated_exactly(bins, hole):
    """A place field's tail, forty orders of magnitude below its peak, still correlates with its peak."""
    x = np.linspace(-1.1, 1.1, bins)
    field = np.exp(-((x[:, None] - 0.7) ** 2 + (x - 0.5) ** 2) / (2 * 0.12**2))
    assert field.min() < 1e-40
    if hole:
        field[3:5, 4] = np.nan
    np.testing.assert_allclose(spatial_autocorrelogram(field[None])[0], by_definition(field), rtol=0, atol=1e-6)


@rounds
@given(seed=seeds, unvisited=st.sampled_from([0.0, 0.1]))
def test_autocorrelogram_is_symmetric_and_one_at_no_shift(seed, unvisited):
    result = spatial_autocorrelogram(patchy_maps(seed=seed, unvisited=unvisited))
    np.testing.assert_allclose(result, result[:, ::-1, ::-1], atol=1e-6)
    defined = result[~np.isnan(result)]
    assert np.abs(defined).max() <= 1 + 1e-6
    centre = result[:, 10, 10]
    np.testing.assert_allclose(centre[~np.isnan(centre)], 1.0, atol=1e-9)


def test_unvisited_bins_are_left_out_or_zero():
    maps = patchy_maps()
    assert np.isnan(maps).any()
    zero = spatial_autocorrelogram(maps, unvisited="zero")
    assert not np.isnan(zero).any()
    filled = np.nan_to_num(maps)
    np.testing.assert_allclose(zero, np.nan_to_num(spatial_autocorrelogram(filled)), atol=1e-6)
    assert np.nanmax(np.abs(zero - spatial_autocorrelogram(maps))) > 0.05


@pytest.mark.parametrize("corner", [np.s_[:, :6, :], np.s_[:, :, 9:]])
def test_a_margin_of_unvisited_bins_changes_no_correlation(corner):
    maps = patchy_maps(unvisited=0.0)
    inner = np.full((len(maps), 17, 17), np.nan)
    inner[:, 3:14, 2:13] = maps
    whole = spatial_autocorrelogram(inner)
    np.testing.assert_allclose(whole[:, 6:-6, 6:-6], spatial_autocorrelogram(maps), atol=1e-6)
    assert np.isnan(whole[corner][:, :6, :6]).all()


# Grid scores


@pytest.mark.parametrize("form", ["mean", "min_max"])
@pytest.mark.parametrize("bins", [4, 5, 13, 20, 33])
def test_scores_are_those_of_plain_scipy(plain, bins, form):
    maps = plain.example_maps(12, bins, unvisited=0.03, generator=np.random.default_rng(bins))
    scores = grid_scores(maps, form=form, unvisited="zero", limit=np.inf)
    expected = np.array([plain.plain_grid_scores(rate_map, form=form) for rate_map in maps])
    np.testing.assert_allclose(np.stack([scores.score_60, scores.score_90], axis=1), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rings", [[(0.3, 0.7)], [(0.0, 0.5), (0.5, 1.0)], [(0.5, 0.9), (0.1, 0.35), (0.2, 0.9)]])
def test_any_rings(plain, rings):
    maps = plain.example_maps(8, 16, unvisited=0.0, generator=np.random.default_rng(0))
    scores = grid_scores(maps, rings=rings, unvisited="zero")
    expected = np.array([plain.plain_grid_scores(rate_map, rings=rings) for rate_map in maps])
    np.testing.assert_allclose(np.stack([scores.score_60, scores.score_90], axis=1), expected, rtol=0, atol=1e-6)
    assert {tuple(ring) for ring in scores.ring_60} <= set(rings)


@pytest.mark.parametrize("bins", [20, 32, 64])
@pytest.mark.parametrize("phase", [(0.0, 0.0), (1.3, 2.9)])
@pytest.mark.parametrize("orientation", [0.0, 0.2, 0.45])
def test_hexagons_and_squares(bins, phase, orientation):
    options = {"period": 0.28 * bins, "phase": phase, "orientation": orientation}
    maps = np.stack([lattice(bins, waves, **options) for waves in (3, 2)])
    for kind in (maps, np.maximum(maps, 0)):
        scores = grid_scores(kind)
        assert scores.score_60[0] > 1.0 > 0.2 > scores.score_60[1]
        assert scores.score_90[1] > 1.0 > 0.5 > scores.score_90[0]


@rounds
@given(seed=seeds, gain=st.floats(1e-6, 1e6), unvisited=st.sampled_from([0.0, 0.05]))
def test_gain_and_offset_do_not_matter(seed, gain, unvisited):
    maps = patchy_maps(seed=seed, unvisited=unvisited)
    expected = grid_scores(maps).score_60
    np.testing.assert_allclose(grid_scores(gain * maps).score_60, expected, atol=1e-6)
    np.testing.assert_allclose(grid_scores(maps + 3.0).score_60, expected, atol=1e-6)


@rounds
@given(seed=seeds, unvisited=st.sampled_from([0.0, 0.05]))
def test_flips_and_quarter_turns_do_not_matter(seed, unvisited):
    maps = patchy_maps(seed=seed, unvisited=unvisited)
    expected = grid_scores(maps)
    for turned in (maps[:, ::-1], maps[:, :, ::-1], np.rot90(maps, axes=(1, 2)), maps.transpose(0, 2, 1)):
        scores = grid_scores(turned)
        np.testing.assert_allclose(scores.score_60, expected.score_60, atol=1e-6)
        np.testing.assert_allclose(scores.score_90, expected.score_90, atol=1e-6)


@rounds
@given(seed=seeds, unvisited=st.sampled_from([0.0, 0.05]))
def test_units_are_scored_each_for_itself(seed, unvisited):
    maps = patchy_maps(units=7, seed=seed, unvisited=unvisited)
    order = np.random.default_rng(seed).permutation(7)
    expected, permuted = grid_scores(maps), grid_scores(maps[order])
    np.testing.assert_allclose(permuted.score_60, expected.score_60[order], atol=1e-6)
    np.testing.assert_allclose(permuted.ring_90, expected.ring_90[order])
    np.testing.assert_allclose(grid_scores(maps[2:3]).score_60, expected.score_60[2:3], atol=1e-6)


def test_chunks_do_not_show(monkeypatch):
    maps = patchy_maps(units=40)
    expected = grid_scores(maps)
    monkeypatch.setattr(autocorrelogram_room, "CHUNK", 9 * 121)
    scores = grid_scores(maps)
    np.testing.assert_allclose(scores.score_60, expected.score_60, atol=1e-6)
    np.testing.assert_allclose(scores.autocorrelogram, expected.autocorrelogram, atol=1e-6)


def test_flat_and_unvisited_maps_have_no_score():
    maps = np.stack([np.full((8, 8), 0.7), np.zeros((8, 8)), np.full((8, 8), np.nan), lattice(8)])
    maps[0] += 1e-9 * np.random.default_rng(0).standard_normal((8, 8))  # rounding, not a pattern
    lone = np.full((1, 8, 8), np.nan)
    lone[0, 3, 3] = 1.0  # one visited bin
    scores = grid_scores(np.concatenate([maps, lone]))
    flat = np.array([True, True, True, False, True])
    for values in (scores.score_60, scores.score_90, scores.ring_60[:, 0], scores.ring_90[:, 1]):
        np.testing.assert_array_equal(np.isnan(values), flat)
    assert np.isnan(scores.autocorrelogram[flat]).all()
    np.testing.assert_array_equal(grid_scores(maps[:3], unvisited="zero").score_60, 0.0)


def test_holes_do_not_hide_a_grid():
    generator = np.random.default_rng(0)
    grids = np.stack([np.maximum(lattice(20, 3, 5.6, angle), 0) for angle in np.linspace(0, 1, 10)]) + 1
    holed = np.where(generator.random(grids.shape) < 0.2, np.nan, grids)
    whole = grid_scores(grids).score_60
    excluded = np.abs(grid_scores(holed).score_60 - whole)
    zeroed = np.abs(grid_scores(holed, unvisited="zero").score_60 - whole)
    assert excluded.max() < 0.15
    assert excluded.mean() < 0.5 * zeroed.mean()


def test_what_is_kept():
    maps = patchy_maps()
    scores = grid_scores(maps)
    np.testing.assert_array_equal(scores.autocorrelogram, spatial_autocorrelogram(maps))
    lean = grid_scores(maps, keep_autocorrelogram=False)
    assert lean.autocorrelogram is None
    np.testing.assert_array_equal(lean.score_60, scores.score_60)


def test_torch_single_precision_and_no_maps_are_taken():
    maps = patchy_maps()
    scores = grid_scores(torch.tensor(maps, requires_grad=True))
    np.testing.assert_array_equal(scores.score_60, grid_scores(maps).score_60)
    np.testing.assert_allclose(grid_scores(maps.astype(np.float32)).score_60, scores.score_60, atol=1e-3)
    assert grid_scores(np.empty((0, 8, 8))).ring_60.shape == (0, 2)


def test_maps_are_left_as_they_were():
    maps = patchy_maps()
    before = maps.copy()
    grid_scores(maps)
    grid_scores(maps, unvisited="zero")
    np.testing.assert_array_equal(maps, before)


@pytest.mark.parametrize("score", [grid_scores, spatial_autocorrelogram])
@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (np.ones((8, 8)), r"rate_maps: expected shape \[unit, bin, bin\], got \(8, 8\); for one map pass rate_maps\[N"),
        (np.ones((2, 2, 8, 8)), r"rate_maps: expected shape \[unit, bin, bin\], got \(2, 2, 8, 8\)"),
        (np.ones((2, 0, 8)), r"rate_maps: expected shape"),
        (np.full((1, 8, 8), np.inf), "rate_maps: expected finite rates .* got 64 infinite"),
    ],
)
def test_bad_maps(score, maps, message):
    with pytest.raises(ValueError, match=message):
        score(maps)


@pytest.mark.parametrize("maps", [np.ones((1, 8, 8), complex), np.full((1, 8, 8), "rate")])
def test_maps_that_are_no_numbers(maps):
    with pytest.raises(TypeError, match="rate_maps: expected real numbers, got dtype"):
        grid_scores(maps)


@pytest.mark.parametrize("shape", [(8, 9), (3, 3), (1, 1)])
def test_maps_that_are_oblong_or_small(shape):
    expected = f"square maps of at least 4 bins a side .for others, say bin_size., got {shape[0]} x {shape[1]} bins"
    with pytest.raises(ValueError, match=expected):
        grid_scores(np.ones((2, *shape)))


@pytest.mark.parametrize(
    ("rings", "message"),
    [
        ([(0.5, 0.2)], r"rings: expected 0 <= inner < outer <= 1, got \(0.5, 0.2\)"),
        ([(0.2, 0.4), (0.2, 1.5)], r"got \(0.2, 1.5\)"),
        ([(-0.1, 0.4)], r"got \(-0.1, 0.4\)"),
        ([(0.2, np.nan)], r"rings: expected 0 <= inner < outer <= 1"),
        ([], r"rings: expected pairs"),
        ((0.2, 0.4), r"rings: expected pairs \(inner, outer\) as shares of the bin count, got shape \(2,\)"),
        ([(0.505, 0.512)], r"rings: the ring \(0.505, 0.512\) holds no shift at 8 x 8 bins"),
    ],
)
def test_bad_rings(rings, message):
    with pytest.raises(ValueError, match=message):
        grid_scores(patchy_maps()[:, :8, :8], rings=rings)


def test_bad_choices():
    maps = patchy_maps()
    with pytest.raises(
        ValueError, match="form: expected one of 'mean', 'min_max', got 'minmax'.*did you mean 'min_max'"
    ):
        grid_scores(maps, form="minmax")
    for score in (grid_scores, spatial_autocorrelogram):
        with pytest.raises(ValueError, match="unvisited: expected one of 'exclude', 'zero', got 'nan'"):
            score(maps, unvisited="nan")


def test_published_rings():
    assert len(PUBLISHED_RINGS) == 10
    assert PUBLISHED_RINGS[0] == (0.2, 0.4) and PUBLISHED_RINGS[-1] == (0.2, 1.0)


def test_benchmark_finds_no_difference(plain, capsys):
    ratio, difference = plain.compare_grid_scores(bins=20, maps=256, plain=16, unvisited=0.0, form="mean")
    assert difference < 1e-6
    assert ratio > 10  # far below what a quiet machine shows, far above what a loop over maps would
    _, difference = plain.compare_rate_maps(units=16, samples=2000, bins=8, plain=4)
    assert difference < 1e-5
    plain.main(["--bins", "8", "--maps", "8", "--plain-seconds", "0.01", "--units", "0"])
    assert "peak memory" in capsys.readouterr().out


def test_the_turning_curve_goes_through_the_correlations_of_the_score():
    maps = np.random.default_rng(5).random((3, 16, 16))
    angles = [30, 60, 90, 120, 150]
    at = dict(zip(angles, turning_curve(maps, ring=(0.2, 0.7), angles=angles).T, strict=True))
    score = (at[60] + at[120]) / 2 - (at[30] + at[90] + at[150]) / 3
    np.testing.assert_allclose(score, grid_scores(maps, rings=[(0.2, 0.7)]).score_60, atol=1e-12)
    whole = turning_curve(maps)
    np.testing.assert_allclose(
        whole[:, 0], whole[:, -1], atol=1e-9
    )  # half a turn of what is symmetric about its centre
    np.testing.assert_allclose(whole[:, 0], 1, atol=0.01)
    np.testing.assert_array_equal(turning_curve(maps, angles=[60, 30])[:, ::-1], turning_curve(maps, angles=[30, 60]))
    assert np.isnan(turning_curve(np.zeros((2, 8, 8)), angles=[10])).all()
    with pytest.raises(ValueError, match="angles: expected one or more finite degrees, got .nan."):
        turning_curve(maps, angles=[np.nan])


@pytest.mark.parametrize("remnant", [1e-150, 1e-162, 1e-200, 1e-320])
def test_rates_that_have_died_away_do_not_spoil_a_score(remnant):
    maps = np.maximum(lattice_maps(Rectangle(2.2, 2.2), spacing=0.9, bins=40) - 0.6, 0)
    dying = maps + remnant * np.random.default_rng(0).uniform(size=maps.shape)
    np.testing.assert_allclose(grid_scores(dying).score_60, grid_scores(maps).score_60, rtol=1e-9)


@pytest.mark.parametrize("form", ["mean", "min_max"])
@pytest.mark.parametrize("bin_size", [None, 0.05, (0.05, 0.04)])
def test_the_score_of_a_null_is_that_of_the_units_to_the_last_bit(bin_size, form):
    maps = patchy_maps(8, 14)
    maps[3] = 1.0
    found = hexagonal_scores(maps, form=form, bin_size=bin_size)
    np.testing.assert_array_equal(found, grid_scores(maps, form=form, bin_size=bin_size).score_60)
    assert np.isnan(found).tolist() == [place == 3 for place in range(8)]


def test_a_rate_that_rises_evenly_is_no_grid_unless_every_ring_counts():
    """Its autocorrelogram is nearly 1 everywhere: the published score divides rounding by next to nothing."""
    random = np.random.default_rng(0)
    angle = random.uniform(0, np.pi, (60, 1, 1))
    x, y = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20), indexing="ij")
    rising = np.cos(angle) * x + np.sin(angle) * y + 0.02 * random.standard_normal((60, 20, 20))
    published = grid_scores(rising, limit=np.inf)
    assert np.mean(published.score_60 > 0.8) > 0.5
    assert published.score_60.max() > 2
    assert np.nanmax(grid_scores(rising).score_60) < 0.3
    np.testing.assert_array_equal(hexagonal_scores(rising), grid_scores(rising).score_60)


def test_a_limit_leaves_what_is_no_correlation_out_and_lattices_as_they_are():
    lattices = lattice_maps(Rectangle(2.2, 2.2), np.linspace(0.3, 1.5, 40), bins=20)
    every = grid_scores(lattices, limit=np.inf)
    np.testing.assert_array_equal(grid_scores(lattices).score_60, every.score_60)
    np.testing.assert_array_equal(grid_scores(lattices).score_90, every.score_90)
    with pytest.raises(ValueError, match="limit: expected at least 1, the correlation of a ring with itself, got 0.5"):
        grid_scores(lattices, limit=0.5)


def test_a_map_without_a_ring_that_counts_has_no_score():
    random = np.random.default_rng(0)
    x, y = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20), indexing="ij")
    maps = x + y / 2 + 0.02 * random.standard_normal((30, 20, 20))
    outermost = grid_scores(maps, rings=[(0.2, 1.0)])
    published = grid_scores(maps, rings=[(0.2, 1.0)], limit=np.inf)
    gone = np.isnan(outermost.score_60)
    assert gone.any()
    assert np.isnan(outermost.ring_60[gone]).all()
    assert np.isfinite(published.score_60).all()
    np.testing.assert_array_equal(outermost.score_60[~gone], published.score_60[~gone])


def test_a_triangular_room_leaves_no_hexagon_in_what_rises_evenly():
    """Shifts that leave bins in a triangle form a hexagon; with 0 around it an even rise scored 0.6."""
    bins = 30
    x, y = np.meshgrid(np.linspace(-1, 1, bins), np.linspace(-0.58, 1.16, 26), indexing="ij")
    inside = (y <= 1.16 - np.sqrt(3) * np.abs(x)) & (y >= -0.58)
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, (40, 1, 1))
    maps = np.cos(angle) * x + np.sin(angle) * y + 0.01 * random.standard_normal((40, bins, 26))
    maps[:, ~inside] = np.nan
    scores = grid_scores(maps, bin_size=2 / bins).score_60
    assert np.nanmedian(scores) < 0.3
    np.testing.assert_array_equal(hexagonal_scores(maps, bin_size=2 / bins), scores)
    hexagons = sum(np.cos(2 * np.pi / 0.5 * (x * np.cos(a) + y * np.sin(a))) for a in np.pi / 3 * np.arange(3))
    hexagons[~inside] = np.nan
    assert grid_scores(hexagons[None], bin_size=2 / bins).score_60[0] > 1
