"""Autocorrelograms and grid scores against what the published code computed, in the mode that is faithful to it."""

import numpy as np
import pytest

from gridcells.scores import PUBLISHED_RINGS, grid_scores, spatial_autocorrelogram

FORMS = {"mean": "score_60", "min_max": "score_60_min_max"}


@pytest.fixture(params=[20, 64])
def published(golden, request):
    """Leave out flat maps, whose published value is rounding noise."""
    arrays = np.load(golden / f"grid_scores_{request.param}.npz")
    uneven = arrays["kind"] != "flat"
    return {name: arrays[name] if name == "ring_masks" else arrays[name][uneven] for name in arrays}


def test_autocorrelograms_are_the_published_ones(published):
    ours = spatial_autocorrelogram(published["rate_maps"], unvisited="zero")
    np.testing.assert_allclose(ours, published["sac"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_scores_are_the_published_ones(published, form):
    scores = grid_scores(published["rate_maps"], form=form, unvisited="zero")
    np.testing.assert_allclose(scores.score_60, published[FORMS[form]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(scores.score_90, published["score_90"], rtol=0, atol=1e-6)


def test_winning_rings_are_the_published_ones(published):
    np.testing.assert_array_equal(PUBLISHED_RINGS, published["ring_masks"])
    scores = grid_scores(published["rate_maps"], unvisited="zero")
    np.testing.assert_allclose(scores.ring_60, published["mask_60"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(scores.ring_90, published["mask_90"], rtol=0, atol=1e-12)


def test_fully_visited_maps_score_the_same_in_both_modes(published):
    """Leaving unvisited bins out changes nothing where there are none."""
    visited = ~np.isnan(published["rate_maps"]).any(axis=(1, 2))
    assert 0 < visited.sum() < len(visited)
    scores = grid_scores(published["rate_maps"][visited])
    np.testing.assert_allclose(scores.score_60, published["score_60"][visited], rtol=0, atol=1e-6)


def test_flat_maps_have_no_score(golden):
    arrays = np.load(golden / "grid_scores_20.npz")
    flat = arrays["rate_maps"][arrays["kind"] == "flat"]
    assert len(flat)
    assert np.isnan(grid_scores(flat).score_60).all()
    np.testing.assert_allclose(grid_scores(flat, unvisited="zero", form="min_max").score_60, 0.0, atol=1e-12)
