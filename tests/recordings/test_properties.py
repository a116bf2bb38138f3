"""What must hold whatever the recording: of frames, lost samples, units of measure and the order of units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcells.recordings import Recording, map_recording, score_recording, simulate_session

UNIFORM = simulate_session(seconds=600.0, kinds=("uniform",), each=4, generator=1)
MIXED = simulate_session(seconds=300.0, kinds=("grid", "border"), generator=2)


@settings(max_examples=8, deadline=None)
@given(share=st.floats(0.0, 0.7), run=st.integers(1, 40), seed=st.integers(0, 1000))
def test_a_uniform_unit_has_its_rate_whatever_frames_are_dropped(share, run, seed):
    rng = np.random.default_rng(seed)
    kept = np.repeat(rng.random(30_000 // run + 1) >= share, run)[:30_000]
    kept[[0, -1]] = True
    recording = Recording.from_spikes(UNIFORM.position[kept], UNIFORM.time[kept], UNIFORM.spike_times)
    table = score_recording(recording, null="none")
    whole = np.array([len(train) for train in UNIFORM.spike_times.values()]) / 600
    error = 4 * np.sqrt(whole / recording.hygiene.seconds)
    assert (np.abs(table.mean_rate - whole) < error).all()


def test_a_uniform_unit_carries_no_information_and_has_no_grid():
    table = score_recording(UNIFORM.recording(), shuffles=200, generator=0)
    assert (np.abs(table.information_corrected) <= 0.05).all()
    assert (table.score_60 < table.significance.threshold + 0.2).all()
    assert (table.p_value > 0.01).all()
    assert table.information_p.min() > 0.005


def test_p_values_of_units_that_ignore_place_are_spread_evenly():
    session = simulate_session(seconds=300.0, kinds=("uniform",), each=60, generator=5)
    table = score_recording(session.recording(), shuffles=100, generator=0, bins=20)
    for name in ("p_value", "information_p", "border_p", "resultant_p", "stability_p", "speed_p"):
        values = getattr(table, name)
        assert np.mean(values <= 0.05) <= 0.17, name
        assert 0.3 < np.nanmean(values) < 0.7, name


@settings(max_examples=6, deadline=None)
@given(share=st.floats(0.01, 0.5), marker=st.sampled_from([np.nan, -1.0]), seed=st.integers(0, 1000))
def test_lost_samples_between_the_others_change_nothing_but_the_report(share, marker, seed):
    rng = np.random.default_rng(seed)
    position, time = MIXED.position + 1.0, MIXED.time
    extra = np.flatnonzero(rng.random(len(time) - 1) < share)
    stamps = np.r_[time, time[extra] + 0.01]
    order = np.argsort(stamps)
    path = np.concatenate([position, np.full((len(extra), 2), marker)])[order]
    plain = Recording.from_spikes(position, time, MIXED.spike_times)
    lost = Recording.from_spikes(path, stamps[order], MIXED.spike_times)
    assert lost.hygiene.samples_left_out == ({"lost": len(extra)} if len(extra) else {})
    tables = [score_recording(each, null="time_shuffle", shuffles=5, generator=0).columns() for each in (plain, lost)]
    for name, values in tables[0].items():
        np.testing.assert_array_equal(tables[1][name], values, err_msg=name)


@settings(max_examples=6, deadline=None)
@given(metres=st.floats(30.0, 2000.0))
def test_pixels_with_their_number_give_the_table_of_metres(metres):
    plain = score_recording(MIXED.recording(), null="none").columns()
    scaled = Recording.from_spikes(
        MIXED.position * metres, MIXED.time, MIXED.spike_times, heading=MIXED.heading, pixels_per_metre=metres
    )
    for name, values in score_recording(scaled, null="none").columns().items():
        if name != "unit":
            np.testing.assert_allclose(values, plain[name], rtol=1e-5, atol=1e-9, err_msg=name)


def test_speed_limits_leave_samples_and_their_spikes_out():
    recording = MIXED.recording()
    mapped = map_recording(recording, min_speed=0.05, max_speed=0.5)
    left = mapped.hygiene.samples_left_out
    assert set(left) == {"slower than the speeds asked for", "faster than the speeds asked for"}
    assert len(mapped.position) == 15_000 - sum(left.values())
    spikes = mapped.hygiene.spikes_left_out
    assert mapped.spikes.count.sum() == recording.spikes.count.sum() - sum(spikes.values())
    assert mapped.occupancy.sum() == pytest.approx(mapped.hygiene.seconds)
    with pytest.raises(ValueError, match="time: expected the times of the positions for min_speed"):
        map_recording(Recording.of(position=MIXED.position, activity=MIXED.position), min_speed=0.1)
    with pytest.raises(ValueError, match="min_speed: expected some samples between 50 and inf m/s, got none"):
        map_recording(recording, min_speed=50.0)


def test_each_kind_of_unit_is_found_and_no_other():
    session = simulate_session(seconds=900.0, generator=11)
    table = score_recording(session.recording(), shuffles=100, generator=0)
    p = dict(zip(table.unit, np.stack([table.p_value, table.border_p, table.resultant_p], 1).tolist(), strict=True))
    assert p["grid 0"][0] < 0.02 < p["grid 0"][1]
    assert p["border 0"][1] < 0.02
    assert p["direction 0"][2] < 0.02 < p["direction 0"][0]
    assert p["place 0"][1] > 0.02
    assert (table.information_p[[table.unit.index(name) for name in ("grid 0", "border 0", "place 0")]] < 0.02).all()
    assert table.stability_p[table.unit.index("place 0")] < 0.02


def test_a_unit_that_speeds_up_with_the_animal_has_a_speed_score():
    speed = np.r_[0, np.hypot(*np.diff(MIXED.position, axis=0).T)] * 50
    rng = np.random.default_rng(0)
    trains = {
        "fast": np.repeat(MIXED.time, rng.poisson(speed)),
        "slow": np.repeat(MIXED.time, rng.poisson(0.1, 15_000)),
    }
    table = score_recording(Recording.from_spikes(MIXED.position, MIXED.time, trains), shuffles=100, generator=0)
    assert table.speed_score[0] > 0.5
    assert table.speed_p[0] < 0.02 < table.speed_p[1]


def test_theta_is_seen_in_the_spikes_and_against_moved_ones():
    rng = np.random.default_rng(0)
    fine = np.arange(0, 300, 0.002)
    beat = np.repeat(fine, rng.poisson(0.016 * (1 + np.cos(2 * np.pi * 8 * fine))))
    trains = {"beat": beat, "even": np.sort(rng.uniform(0, 300, len(beat))), "few": [1.0, 2.0]}
    table = score_recording(Recording.from_spikes(MIXED.position, MIXED.time, trains), shuffles=50, generator=0)
    assert table.theta_index[0] > 5 > table.theta_index[1]
    assert table.theta_p[0] < 0.03 < table.theta_p[1]
    assert np.isnan([table.theta_index[2], table.theta_p[2]]).all()


def test_activity_with_times_has_shuffles_too():
    recording = MIXED.recording()
    dense = Recording.of(
        position=recording.position, activity=recording.activity, time=recording.time, heading=recording.heading
    )
    spikes = score_recording(recording, shuffles=40, generator=0, smooth=0.04, min_occupancy=0.1, bins=20)
    table = score_recording(
        dense, null="time_shuffle", shuffles=40, generator=0, smooth=0.04, min_occupancy=0.1, bins=20
    )
    np.testing.assert_allclose(table.score_60, spikes.score_60, atol=1e-3)
    np.testing.assert_allclose(table.nulls["spatial_information"], spikes.nulls["spatial_information"], atol=0.02)
    assert table.theta_index is None and table.spikes is None


def test_adaptive_smoothing_gives_fields_and_its_bias_from_the_shuffles():
    table = score_recording(MIXED.recording(), smooth="adaptive", shuffles=20, generator=0, bins=20)
    assert table.score_60[0] > 0.8
    expected = table.spatial_information - table.nulls["spatial_information"].mean(axis=0)
    np.testing.assert_allclose(table.information_corrected, expected)
    assert "adaptive" in str(table.hygiene)
