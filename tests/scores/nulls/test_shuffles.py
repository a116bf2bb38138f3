"""Field and time shuffles: by their rules in plain loops, what they keep, what they break, and how they come."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gridcells.scores import grid_scores
from gridcells.scores.fields import find_fields
from gridcells.scores.lattices import lattice_maps
from gridcells.scores.nulls.jigsaw import Jigsaw
from gridcells.scores.nulls.shuffles import field_shuffle, time_shuffle
from gridcells.scores.ratemaps import rate_maps
from gridcells.world.arenas import Circle, Rectangle

BOX = Rectangle(1.0, 1.0)


def bumpy_maps(units=4, shape=(12, 15), unvisited=0.1, seed=0):
    """Draw smooth maps with several fields each, no two rates alike, and punch holes."""
    generator = np.random.default_rng(seed)
    x, y = np.linspace(0, 1, shape[0])[:, None], np.linspace(0, 1, shape[1])
    waves = generator.normal(0, 12, (units, 4, 2, 1, 1))
    phase = generator.uniform(0, 2 * np.pi, (units, 4, 1, 1))
    maps = np.exp(np.cos(waves[:, :, 0] * x + waves[:, :, 1] * y + phase).sum(axis=1))
    maps[generator.random(maps.shape) < unvisited] = np.nan
    return maps


def all_at_once(chunks):
    return np.concatenate(list(chunks))


def by_the_rules(jigsaw, unit, centre):
    """Put one map together with its fields at these centres: bin by bin, as the documentation says."""
    bins_x, bins_y = jigsaw.shape
    rates = jigsaw.rates[unit].reshape(jigsaw.shape)
    null, taken = np.full(jigsaw.shape, np.nan), np.isnan(rates)
    pieces = [(divmod(p, bins_y), f) for p, f in zip(jigsaw.piece[unit], jigsaw.field[unit], strict=True) if f >= 0]
    left = []
    for (x, y), field in pieces:  # closest to a peak first
        peak, place = divmod(jigsaw.peak[unit, field], bins_y), divmod(centre[field], bins_y)
        new = x - peak[0] + place[0], y - peak[1] + place[1]
        if 0 <= new[0] < bins_x and 0 <= new[1] < bins_y and not taken[new]:
            null[new], taken[new] = rates[x, y], True
        else:
            left.append((field, (x, y)))
    near = [(o // (3 * bins_y), o % (3 * bins_y)) for o in jigsaw.nearest + bins_x * 3 * bins_y + bins_y]
    for field, piece in sorted(left, key=lambda one: one[0]):  # strongest first; sorting keeps the order otherwise
        place = divmod(centre[field], bins_y)
        ring = [(place[0] + dx - bins_x, place[1] + dy - bins_y) for dx, dy in near]
        new = next(b for b in ring if 0 <= b[0] < bins_x and 0 <= b[1] < bins_y and not taken[b])
        null[new], taken[new] = rates[piece], True
    background = jigsaw.background[unit].reshape(jigsaw.shape)
    stays = background & ~taken
    null[stays] = rates[stays]
    null[~taken & ~stays] = rates[background & ~stays]
    return null


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16), threshold=st.sampled_from([0.0, 0.2, 0.6]))
def test_fields_move_by_the_rules(seed, threshold):
    maps = bumpy_maps(seed=seed)
    generator = np.random.default_rng(seed)
    jigsaw = Jigsaw.of(maps, find_fields(maps, threshold=threshold).labels, generator)
    unit = np.repeat(np.arange(4), 2)
    visited = np.stack([generator.permutation(np.flatnonzero(~np.isnan(maps[u])))[:99] for u in unit])
    centre = visited[:, np.arange(jigsaw.peak.shape[1]) // 2]  # fields two by two in one place
    expected = np.stack([by_the_rules(jigsaw, u, c) for u, c in zip(unit, centre, strict=True)])
    np.testing.assert_array_equal(jigsaw.assembled(unit, centre).reshape(expected.shape), expected)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), threshold=st.sampled_from([0.0, 0.2, 0.9]), holes=st.sampled_from([0.0, 0.3]))
def test_every_null_map_holds_the_units_rates(seed, threshold, holes):
    maps = bumpy_maps(unvisited=holes, seed=seed)
    null = all_at_once(field_shuffle(maps, shuffles=5, generator=seed, threshold=threshold))
    assert null.shape == (5, *maps.shape)
    np.testing.assert_array_equal(np.isnan(null), np.broadcast_to(np.isnan(maps), null.shape))
    np.testing.assert_array_equal(
        np.sort(null.reshape(5, 4, -1), axis=2), np.broadcast_to(np.sort(maps.reshape(4, -1)), (5, 4, maps[0].size))
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), gain=st.floats(1e-3, 1e3), floor=st.floats(0, 10))
def test_gain_and_floor_do_not_matter(seed, gain, floor):
    maps = np.round(bumpy_maps(seed=seed), 3)
    null = all_at_once(field_shuffle(maps, shuffles=3, generator=seed))
    there = all_at_once(field_shuffle(gain * maps + floor, shuffles=3, generator=seed, labels=find_fields(maps).labels))
    np.testing.assert_allclose(there, gain * null + floor, rtol=1e-12)


def test_one_field_moves_as_it_is():
    bins = 25
    rate_map = np.zeros((bins, bins))
    rate_map[3:6, 4:9] = (
        4 - np.hypot(*np.indices((3, 5)) - [[[1]], [[2]]]) - 0.1 * np.random.default_rng(0).random((3, 5))
    )
    null = all_at_once(field_shuffle(rate_map[None], shuffles=300, generator=0))[:, 0]
    peak = np.stack(np.unravel_index(null.reshape(300, -1).argmax(axis=1), (bins, bins)), axis=1)
    inside = ((peak >= (1, 2)) & (peak < (bins - 1, bins - 2))).all(axis=1)
    assert 150 < inside.sum() < 300
    for one, place in zip(null[inside], peak[inside], strict=True):
        np.testing.assert_array_equal(one, np.roll(rate_map, place - (4, 6), axis=(0, 1)))


def test_places_are_even_over_the_visited_bins():
    rate_map = np.zeros((6, 7))
    rate_map[2, 3] = 1
    rate_map[:2, :3] = np.nan
    null = all_at_once(field_shuffle(rate_map[None], shuffles=6000, generator=0))[:, 0]
    assert (np.nansum(null, axis=(1, 2)) == 1).all()
    hits = null.sum(axis=0)[~np.isnan(rate_map)]
    assert hits.sum() == 6000
    assert stats.chisquare(hits).pvalue > 0.01


def test_lattices_lose_their_symmetry():
    maps = lattice_maps(Rectangle(2.2, 2.2), np.linspace(0.45, 0.7, 10), orientation=0.2)
    null = all_at_once(field_shuffle(maps, shuffles=40, generator=0)).reshape(-1, 20, 20)
    null_scores = grid_scores(null).score_60.reshape(40, 10)
    assert (grid_scores(maps).score_60 > null_scores.max(axis=0)).all()
    assert np.median(null_scores) < 0.3


def test_chunks_do_not_show(monkeypatch):
    maps = bumpy_maps()
    whole = list(field_shuffle(maps, shuffles=11, generator=3))
    assert [len(chunk) for chunk in whole] == [11]
    monkeypatch.setattr("gridcells.scores.nulls.shuffles.CHUNK", 2 * maps.size + 1)
    monkeypatch.setattr("gridcells.scores.nulls.shuffles.BLOCK", 3 * maps[0].size)
    parts = list(field_shuffle(torch.tensor(maps), shuffles=11, generator=np.random.default_rng(3)))
    assert [len(chunk) for chunk in parts] == [2, 2, 2, 2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), whole[0])
    monkeypatch.setattr("gridcells.scores.nulls.shuffles.CHUNK", 1)
    assert [len(chunk) for chunk in field_shuffle(maps, shuffles=2, generator=3)] == [1, 1]
    assert np.nanmax(np.abs(all_at_once(field_shuffle(maps, shuffles=11, generator=4)) - whole[0])) > 0.1


def test_maps_without_fields_stay():
    maps = bumpy_maps(units=3).astype(np.float32)
    maps[0], maps[1] = 0.5, np.nan
    null = all_at_once(field_shuffle(maps, shuffles=2, generator=0))
    assert null.dtype == np.float64
    np.testing.assert_array_equal(null[:, :2], np.stack([maps[:2]] * 2))
    assert np.nanmax(np.abs(null[:, 2] - maps[2])) > 0.1
    np.testing.assert_array_equal(all_at_once(field_shuffle(maps[:2], shuffles=1, generator=0))[0], maps[:2])
    assert all_at_once(field_shuffle(maps[:0], shuffles=2, generator=0)).shape == (2, 0, 12, 15)


def test_crowded_maps_are_filled_to_the_last_bin():
    """Every bin its own field: the shuffle is a permutation, and the search for a free bin goes as far as it must."""
    maps = np.random.default_rng(0).random((2, 9, 9))
    labels = 1 + np.argsort(np.argsort(-maps.reshape(2, -1), axis=1), axis=1).reshape(maps.shape)
    null = all_at_once(field_shuffle(maps, shuffles=50, generator=0, labels=labels))
    np.testing.assert_array_equal(np.sort(null.reshape(50, 2, -1)), np.stack([np.sort(maps.reshape(2, -1))] * 50))


def test_bad_maps():
    maps = bumpy_maps()
    with pytest.raises(ValueError, match=r"rate_maps: expected shape \[unit, bin, bin\], got \(12, 15\)"):
        field_shuffle(maps[0], generator=0)  # at once, not when the first chunk is asked for
    with pytest.raises(ValueError, match="rate_maps: expected finite rates"):
        field_shuffle(np.full((1, 5, 5), np.inf), generator=0)
    with pytest.raises(ValueError, match="shuffles: expected a whole number of at least 1, got 0"):
        field_shuffle(maps, shuffles=0, generator=0)
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got bool"):
        field_shuffle(maps, generator=True)
    with pytest.raises(ValueError, match="threshold: "):
        field_shuffle(maps, generator=0, threshold=1.5)
    with pytest.raises(ValueError, match=r"labels: expected the shape of rate_maps \(4, 12, 15\), got \(12, 15\)"):
        field_shuffle(maps, generator=0, labels=np.zeros((12, 15)))
    for wrong in (-1, 0.5, 10**9, np.nan):
        with pytest.raises(ValueError, match="labels: expected whole numbers from 0 to the 180 bins of a map, got "):
            field_shuffle(maps, generator=0, labels=np.full(maps.shape, wrong))


# Time shuffle


def walk(samples=200, units=3, seed=0):
    """Let a path wander, and units do what they do."""
    generator = np.random.default_rng(seed)
    position = 0.5 * np.sin(np.cumsum(generator.normal(0, 0.3, (samples, 2)), axis=0))
    return position, generator.standard_normal((samples, units))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_time_shuffle_is_the_map_of_rolled_activity(dtype):
    position, activity = walk(60)
    activity = activity.astype(dtype)
    arguments = {"time_step": 0.5, "smallest_shift": 4.6, "bins": (4, 3), "shuffles": 400, "generator": 0}
    null = all_at_once(time_shuffle(position, activity, BOX, **arguments))
    assert null.shape == (400, 3, 4, 3)
    assert null.dtype == np.float64
    rolled = np.stack([rate_maps(np.roll(position, -s, axis=0), activity, BOX, (4, 3)) for s in range(60)])
    error = np.abs(np.nan_to_num(null[:, None]) - np.nan_to_num(rolled)).max(axis=(2, 3, 4))  # [shuffle, shift]
    assert error.min(axis=1).max() < (1e-12 if dtype is np.float64 else 1e-5)
    np.testing.assert_array_equal(np.unique(error.argmin(axis=1)), np.arange(10, 51))  # at least 4.6 s, either way
    np.testing.assert_array_equal(np.isnan(null[0]), np.isnan(rolled[0]))


def test_units_are_shifted_together():
    position, activity = walk()
    null = all_at_once(
        time_shuffle(position, np.tile(activity, 2), BOX, time_step=1, smallest_shift=10, shuffles=5, generator=0)
    )
    np.testing.assert_array_equal(null[:, :3], null[:, 3:])


def test_trajectories_are_laid_end_to_end():
    position, activity = walk()
    arguments = {"time_step": 1.0, "bins": 5, "shuffles": 7, "generator": 1}
    flat = all_at_once(time_shuffle(position, activity, BOX, **arguments))
    batch = torch.tensor(position.reshape(10, 20, 2)), torch.tensor(activity.reshape(10, 20, 3), requires_grad=True)
    np.testing.assert_array_equal(all_at_once(time_shuffle(*batch, BOX, **arguments)), flat)


def test_samples_outside_count_nowhere():
    position, activity = walk()
    position[::7] += 2
    arguments = {"time_step": 1.0, "bins": 5, "shuffles": 20, "generator": 1}
    with pytest.raises(ValueError, match="position: expected x in"):
        time_shuffle(position, activity, BOX, **arguments)
    null = all_at_once(time_shuffle(position, activity, BOX, outside="ignore", **arguments))
    rolled = np.stack(
        [rate_maps(np.roll(position, s, axis=0), activity, BOX, 5, outside="ignore") for s in range(len(position))]
    )
    assert np.nanmax(np.abs(null[:, None] - rolled), axis=(2, 3, 4)).min(axis=1).max() < 1e-12


def test_time_chunks_do_not_show(monkeypatch):
    position, activity = walk()
    arguments = {"time_step": 1.0, "bins": 4, "shuffles": 7}
    whole = all_at_once(time_shuffle(position, activity, Circle(0.75), generator=2, **arguments))
    monkeypatch.setattr("gridcells.scores.nulls.shuffles.CHUNK", 3 * 3 * 16)
    parts = list(time_shuffle(position, activity, Circle(0.75), generator=np.random.default_rng(2), **arguments))
    assert [len(chunk) for chunk in parts] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_bad_recordings():
    position, activity = walk()

    def shuffle(position=position, activity=activity, **changes):
        return time_shuffle(position, activity, BOX, **{"time_step": 1.0, "generator": 0, **changes})

    with pytest.raises(ValueError, match=r"position: expected shape \[..., 2\]"):
        shuffle(position=position[:, :1])
    with pytest.raises(ValueError, match=r"activity: expected shape \[..., unit\]"):
        shuffle(activity=activity[:-1])
    with pytest.raises(ValueError, match="activity: expected finite numbers"):
        shuffle(activity=np.full_like(activity, np.nan))
    with pytest.raises(TypeError, match="activity: expected real numbers, got dtype complex128"):
        shuffle(activity=activity * 1j)
    with pytest.raises(ValueError, match="time_step: expected a number above 0 s, got 0"):
        shuffle(time_step=0)
    with pytest.raises(ValueError, match="smallest_shift: expected a number above 0 s, got -1"):
        shuffle(smallest_shift=-1)
    with pytest.raises(ValueError, match="smallest_shift: expected at most half of the recording's 20 s, got 11 s"):
        shuffle(time_step=0.1, smallest_shift=11)
    with pytest.raises(ValueError, match="shuffles: expected a whole number of at least 1, got 0.5"):
        shuffle(shuffles=0.5)
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got str"):
        shuffle(generator="0")
