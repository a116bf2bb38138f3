"""Rate maps: means per bin, streamed or at once, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import gridcells.scores.ratemaps
from gridcells.scores.ratemaps import RateMaps, rate_maps
from gridcells.world.arenas import Box, Circle, Rectangle

UNIT_SQUARE = Box((0.0, 1.0, 0.0, 1.0))


def samples(count=2000, units=5, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(0, 1, (count, 2)), generator.standard_normal((count, units))


def test_equals_binned_statistic_on_an_oblong_arena():
    generator = np.random.default_rng(0)
    position = generator.uniform((-1.5, -0.5), (1.5, 0.5), (3000, 2))
    activity = generator.standard_normal((3000, 4))
    maps = rate_maps(position, activity, Rectangle(3.0, 1.0), bins=(30, 10))
    expected = stats.binned_statistic_2d(
        *position.T, activity.T, bins=(30, 10), range=[[-1.5, 1.5], [-0.5, 0.5]]
    ).statistic
    assert maps.shape == (4, 30, 10)
    np.testing.assert_allclose(maps, expected, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(pieces=st.integers(1, 9), bins=st.integers(1, 12), seed=st.integers(0, 2**16))
def test_streaming_equals_one_shot(pieces, bins, seed):
    position, activity = samples(200, 3, seed)
    streamed = RateMaps(UNIT_SQUARE, bins)
    for part in np.array_split(np.arange(len(position)), pieces):
        streamed.add(position[part], activity[part])
    np.testing.assert_allclose(streamed.maps(), rate_maps(position, activity, UNIT_SQUARE, bins), atol=1e-12)
    assert streamed.occupancy.sum() == 200


def test_blocks_do_not_show(monkeypatch):
    position, activity = samples()
    whole = rate_maps(position, activity, UNIT_SQUARE)
    monkeypatch.setattr(gridcells.scores.ratemaps, "BLOCK", 300)
    np.testing.assert_allclose(rate_maps(position, activity, UNIT_SQUARE), whole, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_permuting_units_or_samples(seed):
    position, activity = samples(300, 4, seed)
    generator = np.random.default_rng(seed)
    units, order = generator.permutation(4), generator.permutation(300)
    maps = rate_maps(position, activity, UNIT_SQUARE, bins=6)
    np.testing.assert_array_equal(rate_maps(position, activity[:, units], UNIT_SQUARE, bins=6), maps[units])
    np.testing.assert_allclose(rate_maps(position[order], activity[order], UNIT_SQUARE, bins=6), maps, atol=1e-12)


def test_batches_of_trajectories_and_torch():
    position, activity = samples(600)
    flat = rate_maps(position, activity, UNIT_SQUARE)
    batched = torch.tensor(position.reshape(20, 30, 2)), torch.tensor(activity.reshape(20, 30, -1), requires_grad=True)
    np.testing.assert_array_equal(rate_maps(*batched, UNIT_SQUARE), flat)


def test_single_precision_is_precise_enough():
    position, activity = samples(100_000, 3)
    single = rate_maps(position.astype(np.float32), activity.astype(np.float32), UNIT_SQUARE, bins=8)
    assert single.dtype == np.float64
    np.testing.assert_allclose(single, rate_maps(position, activity, UNIT_SQUARE, bins=8), atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.int32, bool])
def test_other_numbers_are_taken(dtype):
    position, activity = samples(500)
    activity = (activity > 0).astype(dtype)
    expected = rate_maps(position, activity.astype(np.float64), UNIT_SQUARE, bins=4)
    np.testing.assert_allclose(rate_maps(position, activity, UNIT_SQUARE, bins=4), expected, atol=1e-6)


def test_read_only_and_strided_arrays_are_taken():
    position, activity = samples(500, 6)
    position.setflags(write=False)
    activity.setflags(write=False)
    maps = rate_maps(position, activity[:, ::2], UNIT_SQUARE)
    np.testing.assert_array_equal(maps, rate_maps(position, activity, UNIT_SQUARE)[::2])


def test_unvisited_bins_are_nan_and_the_far_walls_belong_to_the_last_bin():
    maps = rate_maps([[0.0, 0.0], [1.0, 1.0], [1.0, 0.6]], [[1.0], [2.0], [4.0]], UNIT_SQUARE, bins=2)
    np.testing.assert_array_equal(maps, [[[1.0, np.nan], [np.nan, 3.0]]])


def test_a_wall_rounded_to_single_precision_is_not_outside():
    wall = np.float32(1.1)
    assert float(wall) > 1.1
    maps = rate_maps(np.array([[wall, -wall]]), [[1.0]], Rectangle(2.2, 2.2), bins=2)
    assert maps[0, 1, 0] == 1.0


def test_corners_of_a_circle_stay_unvisited():
    position = Circle(1.0).sample(5000, np.random.default_rng(0))
    maps = rate_maps(position, np.ones((5000, 1)), Circle(1.0), bins=16)
    assert np.isnan(maps[0, 0, 0]) and maps[0, 8, 8] == 1.0


def test_positions_outside_are_refused_or_ignored():
    position, activity = np.array([[0.5, 0.5], [1.5, 0.5], [0.5, 0.7], [0.2, 0.2]]), np.arange(4.0)[:, None]
    with pytest.raises(ValueError, match=r"position: expected x in \[0, 1\] m.*25 % of samples outside"):
        rate_maps(position, activity, UNIT_SQUARE)
    maps = RateMaps(UNIT_SQUARE, 1, outside="ignore")
    maps.add(position, activity)
    assert maps.occupancy.sum() == 3
    np.testing.assert_allclose(maps.maps(), [[[5 / 3]]])


@pytest.mark.parametrize(
    ("position", "activity", "message"),
    [
        (np.full((4, 2), np.nan), np.ones((4, 1)), "position: expected finite metres, got 8 NaN"),
        (np.ones((4, 3)), np.ones((4, 1)), r"position: expected shape \[..., 2\]"),
        (np.ones((4, 2)), np.ones((5, 1)), r"activity: expected shape \[..., unit\].*got \(5, 1\)"),
        (np.ones((4, 2)), np.ones(4), r"activity: expected shape \[..., unit\].*got \(4,\)"),
        (np.ones((4, 2)), np.full((4, 1), np.inf), "activity: expected finite numbers"),
    ],
)
def test_bad_samples(position, activity, message):
    with pytest.raises(ValueError, match=message):
        rate_maps(position, activity, UNIT_SQUARE)


def test_complex_activity():
    with pytest.raises(TypeError, match="activity: expected real numbers, got dtype complex128"):
        rate_maps(np.ones((4, 2)), np.ones((4, 1), complex), UNIT_SQUARE)


def test_a_refused_block_is_not_counted():
    maps = RateMaps(UNIT_SQUARE, 2)
    maps.add([[0.1, 0.1]], [[1.0]])
    with pytest.raises(ValueError, match="activity: expected finite"):
        maps.add([[0.1, 0.1], [0.2, 0.2]], [[3.0], [np.nan]])
    assert maps.occupancy.sum() == 1
    assert maps.maps()[0, 0, 0] == 1.0


def test_units_may_not_change_and_maps_need_samples():
    maps = RateMaps(UNIT_SQUARE)
    with pytest.raises(ValueError, match="position: expected at least one call of add"):
        maps.maps()
    maps.add([[0.1, 0.1]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="activity: expected 2 units as before, got 3"):
        maps.add([[0.1, 0.1]], [[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    ("position", "activity"), [([[5.0, 0.1]], [[1.0, 2.0]]), ([[0.1, 0.1]], [[1.0, np.nan]]), ([[0.1]], [[1.0, 2.0]])]
)
def test_a_refused_first_call_leaves_nothing_to_map(position, activity):
    maps = RateMaps(UNIT_SQUARE)
    with pytest.raises(ValueError, match="expected"):
        maps.add(position, activity)
    with pytest.raises(ValueError, match="expected at least one call of add before maps"):
        maps.maps()
    maps.add([[0.1, 0.1]], [[1.0, 2.0, 3.0]])  # nor a number of units to keep to
    assert maps.maps()[:, 2, 2].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("bins", [0, -3, 2.5, (4, 0), (4, 4, 4), "20"])
def test_bad_bins(bins):
    with pytest.raises(ValueError, match="bins: expected"):
        RateMaps(UNIT_SQUARE, bins)


class Reversed:
    bounds = (1.0, 0.0, 0.0, 1.0)


def test_bad_arena_and_choice():
    with pytest.raises(ValueError, match="arena.bounds: expected x_min < x_max"):
        RateMaps(Reversed())
    with pytest.raises(ValueError, match="outside: expected one of 'raise', 'ignore', got 'ignored'.*did you mean"):
        RateMaps(UNIT_SQUARE, outside="ignored")
