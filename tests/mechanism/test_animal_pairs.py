"""Units that tell where one animal is from the other, and units that only seem to."""

from __future__ import annotations

import numpy as np
import pytest

from gridcells.mechanism import follow_pairs, relative_tuning
from gridcells.presets import preset
from gridcells.training import PairTask
from gridcells.world import Rectangle

ROOM = Rectangle(2.2, 2.2)


def walks(paths, rng):
    """Slow walks of two animals that know nothing of each other → two arrays [path, time, 2]."""
    start = rng.uniform(-1, 1, (2, paths, 1, 2))
    return np.clip(start + np.cumsum(rng.normal(0, 0.03, (2, paths, 10, 2)), axis=2), -1.1, 1.1)


def test_sums_of_two_maps_are_no_relative_tuning_and_products_are():
    rng = np.random.default_rng(0)
    first, second = walks(4000, rng)
    wave = 2 * np.pi / 0.7 * rng.uniform(0.7, 1.3, (30, 2))
    one, two = (1 + np.cos(place @ wave.T + rng.uniform(0, 6.3, 30)) for place in (first, second))  # [path, time, unit]
    noise = rng.gamma(2.0, 0.2, (4000, 1, 30))  # the same along a path: samples are fewer than they seem
    away = 1 + np.cos((second - first) @ wave.T)
    added = relative_tuning(one + two + noise, first, second, ROOM, generator=1)
    assert added.maps.shape == (30, 20, 20) and added.chance.shape == (20, 30)
    assert added.share_above < 0.25  # one in 21 by chance
    assert np.median(added.ratio) == pytest.approx(1, abs=0.15)  # below 1: the added maps are noisy themselves
    noiseless = relative_tuning(one + two, first, second, ROOM, surrogates=1, generator=1)
    assert noiseless.added.min() > 0.7  # what varies within a bin is left
    joint = relative_tuning(away + noise, first, second, ROOM, generator=1)
    assert joint.share_above == 1 and np.median(joint.ratio) > 5
    assert joint.added.max() < 0.5


def test_the_map_is_the_mean_over_where_the_second_is_from_the_first():
    first = np.zeros((4, 1, 2))
    second = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, -1.0], [0.0, -1.0]])[:, None]
    found = relative_tuning(np.arange(4.0)[:, None, None], first, second, ROOM, bins=4, surrogates=2, generator=0)
    assert found.maps[0, 2, 2] == 0  # to the right; bins are closed on the left
    assert found.maps[0, 1, 2] == 1 and found.maps[0, 2, 1] == 2.5
    assert np.isnan(found.maps[0, 0, 0])


def test_bad_input_is_told():
    places = np.zeros((3, 2, 2))
    with pytest.raises(ValueError, match=r"activity, first, second: expected shapes"):
        relative_tuning(np.zeros((3, 2)), places, places, ROOM, generator=0)
    with pytest.raises(ValueError, match=r"activity: expected numbers of at least 0, got -1"):
        relative_tuning(np.full((3, 2, 1), -1.0), places, places, ROOM, generator=0)


def test_a_network_is_followed_with_both_animals_where_they_are():
    task = PairTask(preset("laptop").override({"animals": 2, "units": 8}), seed=0)
    followed = follow_pairs(task.network(), task, paths=6)
    assert followed.activity.shape == (6, 20, 8)
    assert np.array_equal(followed.second, np.roll(followed.first, -1, axis=0))
