"""An animal's path as walks that a network follows."""

import numpy as np
import pytest

from gridcells.recordings import Recording, replay, simulate_session
from gridcells.world import Rectangle

TIME = np.arange(0, 20, 0.02)


def animal(position, time=TIME):
    return Recording.from_spikes(position, time, {"one": TIME[:3]})


def circling(time=TIME):
    return 3 + 0.4 * np.stack([np.cos(time), np.sin(time)], axis=-1)


def test_walks_follow_the_path_in_the_middle_of_the_arena():
    walks = replay(animal(circling()), Rectangle(2.2, 1.4), time_step=0.02, steps=50)
    assert walks.position.shape == (19, 51, 2) and walks.velocity.shape == (19, 50, 2)
    np.testing.assert_allclose(walks.position[3], circling(TIME[150:201]) - 3, atol=2e-3)  # its box's middle
    np.testing.assert_allclose(walks.speed, 0.4, rtol=1e-3)
    np.testing.assert_allclose(walks.turn[:, 1:], 0.02, rtol=1e-3)
    np.testing.assert_allclose(walks.position[:, :1] + np.cumsum(walks.velocity * 0.02, axis=1), walks.position[:, 1:])


def test_an_animal_in_a_hurry_goes_as_far_in_less_time():
    walks = replay(animal(circling()), Rectangle(), time_step=0.02, steps=20, hurry=5)
    np.testing.assert_allclose(walks.speed, 2.0, rtol=2e-3)
    np.testing.assert_allclose(walks.position[1], circling(TIME[100:201:5]) - 3, atol=2e-3)


def test_other_time_steps_lie_on_straight_lines_between_samples():
    walks = replay(animal(circling()), Rectangle(), time_step=0.05, steps=20)
    np.testing.assert_allclose(walks.position[0], circling(0.05 * np.arange(21)) - 3, atol=2e-3)


def test_walks_through_gaps_and_out_of_the_arena_are_left_out():
    lost = circling()
    lost[300:360] = np.nan  # 1.2 s
    walks = replay(animal(lost), Rectangle(), time_step=0.02, steps=50)
    assert len(walks.position) == 19 - 3  # samples 299 to 360, of walks 5, 6 and 7
    narrow = replay(animal(circling()), Rectangle(0.7, 2.2), time_step=0.02, steps=50)
    assert 0 < len(narrow.position) < 19 and (np.abs(narrow.position[..., 0]) <= 0.35).all()


def test_a_session_is_nearly_all_used():
    walks = replay(simulate_session(generator=0).recording(), Rectangle(2.2, 2.2), time_step=0.02, steps=40)
    assert 0.95 * 750 < len(walks.position) <= 749


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps: expected"),
        ({"hurry": 0.0}, "hurry: expected"),
        ({"time_step": -1.0}, "time_step: expected"),
        ({"steps": 5000}, r"recording: expected a path that is known for 100 s in the arena, got none in 20.0 s"),
    ],
)
def test_what_cannot_be_cut_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        replay(animal(circling()), Rectangle(), **{"time_step": 0.02, "steps": 40} | options)


def test_a_recording_without_a_path_is_refused():
    with pytest.raises(ValueError, match="recording: expected a path with its times"):
        replay(Recording.of(rate_maps=np.ones((3, 20, 20))), Rectangle(), time_step=0.02, steps=40)
