"""Waves chosen for a metric: which lattices they make, and what the loss leaves open."""

import numpy as np
import pytest

from gridcells.scores import grid_scores
from gridcells.theory.wave_codes import WaveCode, conformal_waves, wave_maps
from gridcells.world.arenas import Rectangle

SCALE, REACH = 6.0, 0.15


def neural_distance(code, displacement):
    return np.sqrt(2 * (1 - np.cos(displacement @ code.waves.T)) @ code.shares)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("waves", "fold"), [(2, 4), (3, 6), (4, 8)])
def test_few_waves_part_the_circle_evenly(waves, fold, seed):
    code = conformal_waves(waves, SCALE, REACH, generator=seed)
    assert code.order(fold) > 0.999 and code.order(fold - 2) < 0.01
    np.testing.assert_allclose(code.shares, 1 / waves, atol=1e-3)


def test_neural_distance_is_proportional_to_distance():
    turn = np.linspace(0, 2 * np.pi, 17)
    for radius in (0.02, 0.05):
        displacement = radius * np.stack([np.cos(turn), np.sin(turn)], -1)
        code = conformal_waves(3, SCALE, 0.05, generator=1)
        np.testing.assert_allclose(neural_distance(code, displacement), SCALE * radius, rtol=0.01)


def test_the_error_is_that_of_the_code():
    """Squares of distances along a wave, by the code's own waves: no more than a few errors off."""
    code = conformal_waves(2, SCALE, REACH, generator=0)
    radius = np.linspace(0, REACH, 30)[:, None]
    miss = (
        neural_distance(code, radius * code.waves[0] / np.linalg.norm(code.waves[0])) ** 2 - (SCALE * radius[:, 0]) ** 2
    )
    assert 0.5 * code.error < np.abs(miss).max() / (SCALE * REACH) ** 2 < 5 * code.error


def test_three_waves_are_better_than_two_and_more_are_no_better():
    two, three, five = (conformal_waves(waves, SCALE, REACH, generator=0).error for waves in (2, 3, 5))
    assert three < 0.8 * two and five == pytest.approx(three, rel=1e-2)


def test_the_scale_sets_the_waves_length():
    lengths = [
        np.linalg.norm(conformal_waves(3, scale, 0.3 / scale, generator=0).waves, axis=1) for scale in (3.0, 6.0, 12.0)
    ]
    np.testing.assert_allclose(np.array(lengths) / np.array([[3.0], [6.0], [12.0]]), np.sqrt(2), rtol=2e-2)


def test_three_waves_score_as_hexagons_and_two_as_squares():
    scores = [
        grid_scores(wave_maps(conformal_waves(waves, SCALE, REACH, generator=2), Rectangle(2.2, 2.2), 8, generator=2))
        for waves in (2, 3)
    ]
    assert np.median(scores[1].score_60) > 0.8 > 0.2 > np.median(scores[0].score_60)
    assert np.median(scores[0].score_90) > 0.8 > 0.4 > np.median(scores[1].score_90)


def test_maps_lie_where_the_room_does():
    code = WaveCode(np.array([[3.0, 0.0], [0.0, 3.0]]), np.array([0.5, 0.5]), 0.0)
    maps = wave_maps(code, Rectangle(1.0, 2.0), 3, bins=(4, 8), generator=0)
    assert maps.shape == (3, 4, 8) and (maps >= 0).all() and maps.max() <= np.sqrt(2)


def test_a_seed_is_a_code():
    first, again, other = (conformal_waves(4, SCALE, REACH, generator=seed).waves for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, SCALE, REACH), "waves: expected"),
        ((3, -1.0, REACH), "scale: expected"),
        ((3, SCALE, 0.0), "reach: expected"),
        ((3, SCALE, 1.0), r"reach: expected at most 0\.333333 m, 2 over the scale, got 1 m"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        conformal_waves(*arguments, generator=0)
