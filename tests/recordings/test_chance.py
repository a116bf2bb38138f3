"""The shuffles by themselves: the clock they turn on, and that a shift of nothing gives the scores of the units."""

import numpy as np
import pytest

from gridcells.recordings import Recording, map_recording, simulate_session
from gridcells.recordings.chance import Clock, _shifter, half_maps, own_speed_scores, p_values, theta_null, time_nulls
from gridcells.recordings.roles import assigned, known_of, role_of
from gridcells.recordings.table import score_recording
from gridcells.recordings.unit_scores import own_scores

SESSION = simulate_session(seconds=120.0, kinds=("grid", "direction"), generator=0)


@pytest.fixture(scope="module")
def mapped():
    kept = np.random.default_rng(0).random(6000) > 0.3
    kept[2000:3000] = False
    recording = Recording.from_spikes(
        SESSION.position[kept], SESSION.time[kept], SESSION.spike_times, heading=SESSION.heading[kept]
    )
    return map_recording(recording, bins=16)


def test_the_clock_runs_evenly_through_the_time_that_counts(mapped):
    clock = Clock.of(mapped)
    assert len(clock.sample) * clock.step == pytest.approx(mapped.hygiene.seconds, abs=0.05)
    spent = np.bincount(clock.sample, minlength=len(mapped.time)) * clock.step
    assert np.abs(spent - mapped.duration).max() <= clock.step * 1.01
    assert (np.abs(clock.sample[clock.spike] - mapped.spikes.sample) <= 1).all()
    shifts = clock.shifts(500, np.random.default_rng(0))
    assert shifts.min() * clock.step >= 20 - 1e-6
    assert shifts.max() * clock.step <= mapped.hygiene.seconds - 20 + 0.05


def test_a_shift_of_nothing_gives_the_units_own_counts(mapped):
    counts = _shifter(mapped, Clock.of(mapped))(np.array([0]))
    assert counts.shape == (2, 2, 16, 16)
    own = mapped.spikes.count
    np.testing.assert_array_equal(counts.sum(axis=(1, 2, 3)), own)
    late, early = half_maps(mapped)[1], half_maps(mapped)[0]
    assert late.shape == early.shape == (2, 16, 16)


def test_nulls_are_there_for_every_score_and_repeat(mapped):
    options = {"shuffles": 12, "grid": True, "arena": "rectangle"}
    nulls = time_nulls(mapped, generator=0, **options)
    names = {"score_60", "border_score", "spatial_information", "stability", "resultant_length", "speed_score"}
    assert set(nulls) == names
    again = time_nulls(mapped, generator=0, **options)
    for name in names:
        assert nulls[name].shape == (12, 2)
        np.testing.assert_array_equal(nulls[name], again[name])
    own = own_scores(mapped, "rectangle", grid=True)
    assert own["resultant_length"][1] > nulls["resultant_length"][:, 1].max()
    assert own["score_60"][0] > np.median(nulls["score_60"][:, 0])
    np.testing.assert_array_equal(own["speed_score"], own_speed_scores(mapped))
    assert theta_null(mapped, 3, np.random.default_rng(0)).shape == (3, 2)


def test_without_times_there_is_no_clock():
    plain = Recording.of(position=SESSION.position, activity=SESSION.position)
    with pytest.raises(ValueError, match="time: expected positions, activity and their times"):
        Clock.of(plain)
    with pytest.raises(ValueError, match="time: expected positions, activity and their times"):
        score_recording(plain, null="time_shuffle", generator=0)


def test_probabilities_count_the_unit_itself():
    null = np.array([[0.1, np.nan, 1.0], [0.2, np.nan, 1.0], [0.3, np.nan, 2.0]])
    np.testing.assert_allclose(p_values(np.array([0.25, 1.0, np.nan]), null), [0.5, np.nan, np.nan])


def test_names_and_their_roles():
    assert (role_of("PosX"), role_of(" hd "), role_of("speed"), role_of("tt3")) == ("x", "heading", "ignored", "")
    roles, notes = assigned(["x", "y", "a", "b"], ["a"], [])
    assert roles == {"x": "x", "y": "y", "a": "unit", "b": "ignored"}
    assert notes == ["columns left out: b"]
    known = known_of({"pos": np.c_[SESSION.time, SESSION.position][:50], "spikes": [1.0]})
    assert known["position"].shape == (50, 2)
    np.testing.assert_array_equal(known["time"], SESSION.time[:50])
    with pytest.raises(ValueError, match="position: expected as many x as y, got 3 and 2"):
        known_of({"x": np.zeros(3), "y": np.zeros(2)})
