"""Tracking by itself: durations, lost points, jumps, boxes, speeds, headings; and the spikes laid on it."""

import numpy as np
import pytest

from gridcells.recordings import Hygiene, Measures, simulate_session
from gridcells.recordings.series import on_times, series_of
from gridcells.recordings.session import spike_session
from gridcells.recordings.tracking import (
    clean_tracking,
    heading_of_leds,
    heading_of_movement,
    lost_samples,
    robust_box,
    running_speed,
    sample_halves,
)
from gridcells.recordings.trains import placed, trains_of

SESSION = simulate_session(seconds=120.0, kinds=("uniform",), generator=0)
PATH, TIME = SESSION.position, SESSION.time


def test_durations_add_up_to_the_time_without_the_gaps():
    before, after = sample_halves(TIME)
    assert (before + after).sum() == pytest.approx(120.0)
    time = np.r_[TIME[:100], TIME[100:] + 50.0]
    assert np.sum(sample_halves(time)) == pytest.approx(120.0 + 0.5 - 0.02)
    slow = np.arange(0, 100, 2.0)  # slower than the longest gap: its own steps count
    assert np.sum(sample_halves(slow)) == pytest.approx(100.0)
    assert np.sum(sample_halves(np.array([3.0]))) == 1.0


def test_markers_of_lost_points():
    path = PATH + 1.0
    path[10:15], path[100], path[200] = -1.0, [-1.0, 0.3], np.nan
    assert np.flatnonzero(lost_samples(path)).tolist() == [*range(10, 15), 100, 200]
    through = np.stack([np.linspace(-0.5, 0.5, 501), np.zeros(501)], axis=1)  # a walk through the origin
    assert not lost_samples(through).any()


def test_jumps_leave_the_way_of_most_samples():
    path = PATH.copy()
    path[500:520] += 3.0
    path[1000] = [5.0, 5.0]
    cleaned = clean_tracking(path, TIME)
    assert cleaned.left_out == {"jump": 21}
    assert set(range(6000)) - set(cleaned.kept.tolist()) == {*range(500, 520), 1000}
    assert clean_tracking(path, TIME, max_jump_speed=np.inf).left_out == {}
    shuffled = np.random.default_rng(0).permutation(PATH)
    with pytest.raises(ValueError, match="position: expected a path, got .* steps faster than 3 m/s"):
        clean_tracking(shuffled, TIME)
    assert "taken as it is" in clean_tracking(shuffled, TIME, strict=False).notes[0]


def test_stamps_that_are_too_coarse_are_refused():
    with pytest.raises(ValueError, match="equal to the one before: stamps are rounded too far"):
        clean_tracking(PATH, np.floor(TIME))
    with pytest.raises(ValueError, match="position: expected samples with a position, got none"):
        clean_tracking(np.full((5, 2), np.nan), None)


def test_the_box_is_that_of_the_path_unless_something_rare_is_far_out():
    low, high = PATH.min(axis=0), PATH.max(axis=0)
    assert robust_box(PATH) == (low[0], high[0], low[1], high[1])
    path = PATH.copy()
    path[:4] = [3.0, 0.0]
    assert robust_box(path)[1] < high[0] + 0.05
    assert robust_box(np.zeros((5, 2))) is None


def test_speed_and_heading_of_movement():
    time = np.arange(0, 10, 0.02)
    turn = 0.5 * time
    circle = 0.4 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    np.testing.assert_allclose(running_speed(circle, time), 0.2, rtol=0.01)
    found = heading_of_movement(circle, time)
    np.testing.assert_allclose(np.exp(1j * found)[10:-10], np.exp(1j * (turn + np.pi / 2))[10:-10], atol=1e-3)
    assert np.isnan(heading_of_movement(np.zeros((500, 2)), time)).all()
    gap = np.r_[time[:250], time[250:] + 5.0]
    np.testing.assert_allclose(running_speed(circle, gap), 0.2, rtol=0.02)  # nothing across the gap


def test_two_lights_at_one_place_have_no_direction():
    assert np.isnan(heading_of_leds(np.zeros((2, 2)), np.zeros((2, 2)))).all()


@pytest.mark.parametrize(
    ("spikes", "owner", "names"),
    [
        (([3.0, 1.0, 2.0], [7, 7.0, 9]), [7, 9], ("7", "9")),
        (([3.0, 1.0, 2.0], ["b", "b", "a"]), ["a", "b"], ("a", "b")),
        (([[1.0, 2.0], [3.0]], None), [0, 1], ("0", "1")),
        (({"x": [1.0], 2: []}, None), [0, 1], ("x", "2")),
        ((np.array([1.0, 2.0])[:, None], None), [0], ("0",)),
    ],
)
def test_trains_from_whatever_holds_them(spikes, owner, names):
    times, unit, labels = trains_of(*spikes)
    assert labels == names
    assert len(times) == len(unit)
    assert (np.lexsort((times, unit)) == np.arange(len(times))).all()


def test_what_a_mask_hides_is_no_spike():
    times = np.ma.masked_greater([1.0, 2.0, 99.0], 50)
    assert trains_of(times)[0].tolist() == [1, 2]
    assert trains_of({"a": times, "b": [3.0]})[0].tolist() == [1, 2, 3]
    found, owner, names = trains_of(times, [7, 8, 9])
    assert (found.tolist(), owner.tolist(), names) == ([1, 2], [0, 1], ("7", "8"))


def test_bad_trains():
    with pytest.raises(ValueError, match="spike_units: expected one a spike, 2, got 1"):
        trains_of([1.0, 2.0], [1])
    with pytest.raises(ValueError, match="spike_times: expected finite times, got 1 that are not"):
        trains_of([1.0, np.nan])
    with pytest.raises(ValueError, match="spike_times: expected times .spike., got shape .2, 3."):
        trains_of(np.ones((2, 3)))


def test_spikes_fall_on_the_sample_that_stands_for_their_moment():
    time = np.array([0.0, 0.1, 0.2, 5.0, 5.1])
    times = np.array([-0.04, 0.04, 0.06, 0.3, 0.44, 0.46, 2.0, 4.9, 9.0])
    trains, dropped = placed(times, np.zeros(9, int), 1, time, sample_halves(time))
    assert trains.sample.tolist() == [0, 0, 1, 2, 2, 3]
    assert dropped == {"before or after the tracking": 1, "in a gap": 2}


def test_series_keep_their_times_and_go_onto_others():
    class Tsd:
        def __init__(self, t, values):
            self.t, self.values = t, values

    values, time, _ = series_of(Tsd(TIME, PATH))
    assert time is TIME and values is PATH
    assert series_of(PATH) == (PATH, None, None) or True
    halfway = on_times(PATH, TIME, TIME[:-1] + 0.01, circular=False, longest_gap=0.5)
    np.testing.assert_allclose(halfway, (PATH[1:] + PATH[:-1]) / 2, atol=1e-9)
    far = on_times(PATH[:, 0], TIME, np.array([200.0]), circular=False, longest_gap=0.5)
    assert np.isnan(far).all()
    known = spike_session(
        Tsd(TIME, PATH),
        None,
        SESSION.spike_times,
        Measures(),
        spike_units=None,
        heading=Tsd(TIME[::2], SESSION.heading[::2]),
        heading_from="",
        second_led=None,
        max_jump_speed=3.0,
        longest_gap=0.5,
        notes=(),
    )
    inner = slice(None, -1)  # after the last reading there is nothing to interpolate to
    turned = np.exp(1j * (known["heading"] - SESSION.heading)[inner])
    assert np.median(np.abs(turned - 1)) < 0.05
    np.testing.assert_allclose(turned[::2], 1, atol=1e-9)
    assert any("interpolated on the circle" in note for note in known["hygiene"].notes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"position": "inch"}, "position_unit: expected one of 'm', 'cm', 'mm', 'px', got 'inch'"),
        ({"position": "px"}, "pixels_per_metre: expected how many pixels are a metre"),
        ({"position": "cm", "pixels_per_metre": 3}, "position_unit: expected 'px' beside pixels_per_metre, got 'cm'"),
        ({"time": "samples"}, "sampling_rate: expected samples a second for the time unit 'samples', got none"),
        ({"heading": "grad"}, "heading_unit: expected one of 'rad', 'deg', got 'grad'"),
    ],
)
def test_measures_that_say_too_little(options, message):
    with pytest.raises(ValueError, match=message):
        Measures(**options)


def test_a_report_adds_up_and_repeats_no_note():
    report = Hygiene(samples=10, samples_left_out={"lost": 2}).with_more(
        "a", "a", samples_left_out={"lost": 1, "jump": 0}
    )
    assert report.samples_left_out == {"lost": 3}
    assert report.notes == ("a",)
    assert "samples: 7 of 10 used (3 left out: 3 lost)" in str(report)
    assert report.as_dict()["notes"] == ["a"]


@pytest.mark.parametrize("marker", [(1023.0, 1023.0), (-999.0, -999.0), (0.31, -0.22)])
@pytest.mark.parametrize("run", [1, 30])
def test_any_place_that_tracking_jumps_to_again_and_again_is_a_marker(marker, run):
    lost = np.repeat(np.random.default_rng(1).random(6000 // run) < 0.2, run)
    path = np.where(lost[:, None], marker, PATH)
    near = np.hypot(*(PATH - marker).T) < 0.1  # where the jump is short
    assert (lost_samples(path) == lost)[~near].mean() > 0.99
    assert clean_tracking(path, TIME).left_out["lost"] >= 0.9 * lost.sum()


def test_an_animal_that_sits_or_a_coarse_camera_loses_nothing():
    coarse = np.round(PATH / 0.01) * 0.01  # pixels of a centimetre: positions repeat
    coarse[1000:1400] = coarse[1000]  # and it sleeps
    assert not lost_samples(coarse).any()
    assert clean_tracking(coarse, TIME).left_out.get("lost") is None


def test_a_path_of_which_much_lies_beyond_jumps_is_none():
    slow = 15 * PATH  # 2.7 m/s on average: few steps are jumps, and these lead to a third of the samples
    with pytest.raises(ValueError, match="position: expected a path, got .* faster than 3 m/s, which no animal is"):
        clean_tracking(slow, TIME)
    kept = clean_tracking(slow, TIME, strict=False)
    assert len(kept.kept) == len(TIME) and "taken as it is" in kept.notes[0]
