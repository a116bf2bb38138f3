"""The recordings' grid score: known lattices, invariants, a plain reference, and what an ellipse correction does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from gridcells.scores import annulus_grid_scores, spatial_autocorrelogram
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

BOX = Rectangle(2.2, 2.2)
TURNED = {"orientation": [0.0, 0.3, 0.8], "phase": [[0.0, 0.0], [0.1, 0.1], [-0.2, 0.1]]}


def plain(rate_map, inner, outer):
    """Score one annulus of one map, from the definition."""
    bins = len(rate_map)
    autocorrelogram = np.nan_to_num(spatial_autocorrelogram(rate_map[None])[0])
    shift = np.arange(1 - bins, bins)
    length = np.hypot(shift[:, None], shift) / bins
    ring = (length > inner) & (length <= outer)
    at = {
        angle: np.corrcoef(autocorrelogram[ring], ndimage.rotate(autocorrelogram, angle, reshape=False)[ring])[0, 1]
        for angle in (30, 45, 60, 90, 120, 135, 150)
    }
    return min(at[60], at[120]) - max(at[30], at[90], at[150]), at[90] - max(at[45], at[135])


@pytest.mark.parametrize("bins", [20, 40])
def test_lattices_have_their_symmetry(bins):
    hexagons, squares, bands = (
        annulus_grid_scores(lattice_maps(BOX, [0.5, 0.6, 0.8], kind=kind, bins=bins, **TURNED))
        for kind in ("hexagonal", "square", "band")
    )
    assert hexagons.score_60.min() > 1.2
    assert squares.score_90.min() > 1.2
    assert max(squares.score_60.max(), hexagons.score_90.max(), bands.score_60.max(), bands.score_90.max()) < 0.5


def test_the_annulus_that_is_said_to_score_best_scores_so():
    maps = np.maximum(ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((6, 24, 24)), (0, 2, 2)), 0)
    scores = annulus_grid_scores(maps)
    step = 1 / 24
    for unit, rate_map in enumerate(maps):
        neighbours = scores.outer_60[unit] + np.array([-step, 0, step])
        fits = (neighbours > scores.inner[unit] + 0.1 - 1e-9) & (neighbours < 0.9 + 1e-9)
        expected = np.mean([plain(rate_map, scores.inner[unit], outer)[0] for outer in neighbours[fits]])
        assert scores.score_60[unit] == pytest.approx(expected, abs=1e-9)


def test_the_central_peak_is_cut_out():
    maps = lattice_maps(BOX, [0.5, 0.8], bins=44)
    inner = annulus_grid_scores(maps).inner * 2.2
    assert (inner > 0.2 * np.array([0.5, 0.8])).all()
    assert (inner < 0.6 * np.array([0.5, 0.8])).all()


def test_ellipse_correction_mends_a_stretched_lattice_and_makes_hexagons_of_squares():
    stretched = lattice_maps(Rectangle(2.2, 2.2 / 1.25), 0.5, orientation=[0.0, 0.3], bins=50)  # as if it were square
    raw, corrected = annulus_grid_scores(stretched), annulus_grid_scores(stretched, ellipse_corrected=True)
    assert (corrected.score_60 > raw.score_60 + 0.3).all()
    assert corrected.score_60.min() > 1.3
    squares = lattice_maps(BOX, [0.5, 0.6], kind="square", orientation=0.2, bins=40)
    assert annulus_grid_scores(squares).score_60.max() < 0
    assert annulus_grid_scores(squares, ellipse_corrected=True).score_60.min() > 0.8  # the warning in its words
    noise = np.random.default_rng(1).random((3, 20, 20))
    kept, found = annulus_grid_scores(noise), annulus_grid_scores(noise, ellipse_corrected=True)
    assert np.abs(found.score_60).max() < 0.8 and not np.array_equal(found.score_60, kept.score_60)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100), corrected=st.booleans())
def test_invariants(seed, scale, corrected):
    rng = np.random.default_rng(seed)
    maps = lattice_maps(BOX, rng.uniform(0.5, 0.8, 4), orientation=rng.uniform(0, 1, 4), bins=18) + 0.1 * rng.random(
        (4, 18, 18)
    )
    scores = annulus_grid_scores(maps, ellipse_corrected=corrected)
    for changed in (scale * maps, np.rot90(maps, axes=(1, 2)), maps[:, ::-1], maps.swapaxes(1, 2)):
        other = annulus_grid_scores(changed, ellipse_corrected=corrected)
        np.testing.assert_allclose(other.score_60, scores.score_60, atol=1e-6)
        np.testing.assert_allclose(other.score_90, scores.score_90, atol=1e-6)
    np.testing.assert_array_equal(
        annulus_grid_scores(maps[::-1], ellipse_corrected=corrected).inner, scores.inner[::-1]
    )


def test_oblong_bins_holes_and_maps_without_a_score():
    maps = lattice_maps(BOX, 0.6, orientation=[0.1, 0.4], bins=(30, 44))
    maps[:, 4:7, 20:23] = np.nan
    assert (annulus_grid_scores(maps, bin_size=(2.2 / 30, 2.2 / 44)).score_60 > 1).all()
    nothing = annulus_grid_scores(np.stack([np.zeros((9, 9)), np.full((9, 9), np.nan), np.full((9, 9), 3.0)]))
    for values in (nothing.score_60, nothing.score_90, nothing.inner, nothing.outer_60, nothing.outer_90):
        assert np.isnan(values).all()


def test_bad_input():
    with pytest.raises(ValueError, match="rate_maps: expected square maps of at least 4 bins a side .* got 8 x 9 bins"):
        annulus_grid_scores(np.zeros((1, 8, 9)))
    with pytest.raises(ValueError, match="rate_maps: expected square maps of at least 4 bins a side .* got 3 x 3 bins"):
        annulus_grid_scores(np.zeros((1, 3, 3)), bin_size=0.1)
    with pytest.raises(ValueError, match="bin_size: expected one length above 0 m"):
        annulus_grid_scores(np.zeros((1, 8, 9)), bin_size=-1)
    with pytest.raises(ValueError, match="rate_maps: expected finite rates"):
        annulus_grid_scores(np.full((1, 8, 8), np.inf))
