"""The recurrent twin: what it is told, what a cut takes away, and walks that stay in the room."""

import numpy as np
import pytest

from gridcells.theory import code_walks, contributions, learn_integrating_codes
from gridcells.theory.distance_codes import PUBLISHED_SIDE
from gridcells.world.arenas import Rectangle

SMALL = {"units": 16, "batch": 6}


@pytest.fixture(scope="module")
def code():
    return learn_integrating_codes([2], steps=60, rate=5e-3, **SMALL)[0]


def unit(activity):
    return activity / np.linalg.norm(activity)


def test_only_the_start_and_the_steps_are_told(code):
    path = code_walks(2.2, 3, time=4, generator=0)
    followed = code.follow(path)
    step = np.diff(path, axis=1)[1] * PUBLISHED_SIDE / 2.2
    expected = code.start.activity(path[1, 0])
    np.testing.assert_allclose(followed[1, 0], expected)
    for time in range(3):
        expected = unit(np.maximum(code.recurrent @ expected + code.velocity @ step[time], 0))
        np.testing.assert_allclose(followed[1, time + 1], expected, atol=1e-12)


def test_deaf_units_hear_no_step_and_silent_ones_say_nothing(code):
    path = code_walks(2.2, 5, generator=1)
    everyone = range(len(code.velocity))
    still = np.repeat(path[:, :1], 10, axis=1)
    np.testing.assert_allclose(code.follow(path, deaf=everyone), code.follow(still), atol=1e-12)
    quiet = code.follow(path, silent=[3, 4])
    assert (quiet[..., [3, 4]] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(quiet, axis=-1), 1)
    heard = np.maximum(
        code.recurrent @ quiet[2, 0] + code.velocity @ np.diff(path[2], axis=0)[0] * PUBLISHED_SIDE / 2.2, 0
    )
    heard[[3, 4]] = 0
    np.testing.assert_allclose(quiet[2, 1], unit(heard), atol=1e-12)


def test_contributions_run_from_nothing_cut_to_standing_still(code):
    everyone = list(range(len(code.velocity)))
    none, all_of_them = contributions(code, [[], everyone], generator=3)
    assert none == 0
    path = code_walks(2.2, 400, generator=3)
    whole, still = code.follow(path), code.follow(np.repeat(path[:, :1], 10, axis=1))
    moved = np.square(whole[:, -1] - whole[:, 0]).sum(-1).mean()
    assert all_of_them == pytest.approx(np.square(still[:, -1] - whole[:, -1]).sum(-1).mean() / moved)
    assert contributions(code, [[]], way="silent", generator=3)[0] == pytest.approx(0, abs=1e-20)
    with pytest.raises(ValueError, match="way: expected one of"):
        contributions(code, [[]], way="mute", generator=3)


def test_walks_stay_in_the_room_and_step_as_published():
    path = code_walks(2.2, 4000, generator=0)
    assert np.abs(path).max() < 1.1
    length = np.linalg.norm(np.diff(path, axis=1), axis=-1) * PUBLISHED_SIDE / 2.2
    assert length.mean() == pytest.approx(0.15 * np.sqrt(np.pi / 2), rel=0.01)  # of a Rayleigh density
    heading = np.arctan2(*np.moveaxis(np.diff(path, axis=1), -1, 0)[::-1])
    straight = np.cos(np.diff(heading, axis=1))
    assert 0.94 < np.median(straight) < 1 and straight.mean() > 0.85  # turned back at walls now and then


def test_it_learns_what_the_feed_forward_network_is_asked_for():
    path = code_walks(2.2, 60, generator=5)

    def error(steps):
        activity = learn_integrating_codes([0], steps=steps, distance_share=1.0, rate=3e-3, **SMALL)[0].follow(path)
        apart = np.linalg.norm(activity[:, -1] - activity[:, 0], axis=-1)
        distance = np.linalg.norm(path[:, -1] - path[:, 0], axis=-1) * PUBLISHED_SIDE / 2.2
        return np.mean(np.exp(-(distance**2) / 2.88) * (apart - distance) ** 2)

    assert error(200) < 0.7 * error(1)


def test_a_network_learns_as_if_it_were_alone():
    beside, alone = (learn_integrating_codes(seeds, steps=8, **SMALL)[-1] for seeds in ([1, 6], [6]))
    np.testing.assert_allclose(beside.recurrent, alone.recurrent, atol=1e-5)
    np.testing.assert_allclose(beside.velocity, alone.velocity, atol=1e-5)


def test_maps_are_means_where_the_animal_is(code):
    maps = code.maps(Rectangle(2.2, 2.2), 2, paths=200, generator=4)
    path = code_walks(2.2, 200, generator=4)
    activity = code.follow(path)
    there = (path[..., 0] < 0) & (path[..., 1] > 0)
    np.testing.assert_allclose(maps[:, 0, 1], activity[there].mean(0))


def test_bad_settings_are_named(code):
    with pytest.raises(ValueError, match="seeds"):
        learn_integrating_codes([])
    with pytest.raises(ValueError, match="batch"):
        learn_integrating_codes([0], batch=1)
    with pytest.raises(ValueError, match=r"path: expected shape \[path, time, 2\]"):
        code.follow(np.zeros((4, 2)))
