"""Time that counts in pieces: a rate is spikes over the seconds of the pieces, however short they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcells.recordings import Recording, from_object, simulate_session
from gridcells.recordings.intervals import (
    clipped_halves,
    intervals_of,
    shared_intervals,
    support_of,
    within_intervals,
)

SESSION = simulate_session(seconds=300.0, kinds=("uniform",), each=2, generator=5)
PATH, TIME, TRAINS = SESSION.position, SESSION.time, SESSION.spike_times


class Series:
    """A stand-in for pynapple's objects: values at times, and where they were recorded."""

    def __init__(self, t, values, support=None):
        self.t, self.values = t, values
        self.time_support = None if support is None else Series(None, np.asarray(support))


class Group(dict):
    """A stand-in for a TsGroup."""

    time_support = Series(None, np.array([[0.0, 100.0], [200.0, 300.0]]))


ends = st.lists(st.tuples(st.floats(0, 90), st.floats(0.1, 9)), min_size=1, max_size=8)


@given(first=ends, second=ends)
@settings(max_examples=50, deadline=None)
def test_what_is_shared_lies_in_both(first, second):
    one, other = (intervals_of([(start, start + length) for start, length in each]) for each in (first, second))
    for each in (one, other):
        assert (each[1:, 0] > each[:-1, 1]).all()
    both, moments = shared_intervals(one, other), np.linspace(-1, 100, 500)
    expected = within_intervals(moments, one) & within_intervals(moments, other)
    found = within_intervals(moments, both) if len(both) else np.zeros(500, dtype=bool)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("wrong", [[], [[1.0, 0.0]], [1.0, 2.0, 3.0], [[1.0, np.nan]]])
def test_what_is_no_interval_is_refused(wrong):
    with pytest.raises(ValueError, match="intervals: expected where each begins and ends, .interval, 2., got"):
        intervals_of(wrong)


def test_an_interval_that_ends_before_it_begins_is_named():
    with pytest.raises(ValueError, match="intervals: expected .* got one from 5 to 4.5"):
        intervals_of([[0.0, 1.0], [5.0, 4.5]])


def test_samples_stand_for_no_time_outside():
    before, after = clipped_halves(
        np.array([0.0, 5.0, 9.9]), (np.full(3, 0.2), np.full(3, 0.2)), np.array([[0.0, 10.0]])
    )
    np.testing.assert_allclose(before, [0, 0.2, 0.2])
    np.testing.assert_allclose(after, [0.2, 0.2, 0.1])


@pytest.mark.parametrize("length", [0.5, 1.7, 20.0])
def test_rates_do_not_depend_on_how_short_the_pieces_are(length):
    start = np.arange(0.0, 299, 3 * length)
    pieces = np.stack([start, start + length], axis=1)
    recording = Recording.from_spikes(PATH, TIME, TRAINS, intervals=pieces)
    seconds = recording.hygiene.seconds
    assert seconds == pytest.approx(np.minimum(pieces, 300)[:, 1].sum() - start.sum(), rel=0.05)
    rates = recording.spikes.count / seconds
    np.testing.assert_allclose(rates, 5.0, atol=4 * np.sqrt(5 / seconds))
    for name, counts in (
        ("samples", recording.hygiene.samples_left_out),
        ("spikes", recording.hygiene.spikes_left_out),
    ):
        assert counts["outside the intervals"] > 0.6 * getattr(recording.hygiene, name)
    in_ms = Recording.from_spikes(
        PATH, TIME * 1000, TRAINS, intervals=pieces * 1000, time_unit="ms", spike_time_unit="s"
    )
    np.testing.assert_array_equal(in_ms.spikes.count, recording.spikes.count)


def test_a_restricted_path_and_its_restricted_spikes_keep_their_rate():
    pieces = np.stack([np.arange(0.0, 299, 4), np.arange(0.0, 299, 4) + 1], axis=1)
    kept = within_intervals(TIME, pieces)
    path = Series(TIME[kept], PATH[kept], pieces)
    inside = {name: train[within_intervals(train, pieces)] for name, train in TRAINS.items()}
    for spikes in (inside, TRAINS):  # restricted or not
        recording = from_object(spikes, position=path)
        assert recording.hygiene.seconds == pytest.approx(75, abs=1)
        np.testing.assert_allclose(recording.spikes.count / recording.hygiene.seconds, 5.0, atol=1.0)
    assert recording.hygiene.spikes_left_out["outside the time support"] == sum(map(len, TRAINS.values())) - sum(
        map(len, inside.values())
    )
    assert support_of(Series(TIME, PATH, [[0, 300]])) is None  # the whole, which clips nothing


def test_spikes_that_were_not_recorded_all_along_are_said():
    inside = Group({name: train[(train < 100) | (train > 200)] for name, train in TRAINS.items()})
    notes = Recording.from_spikes(PATH, TIME, inside).hygiene.notes
    assert any("spike_times: 33.3% of the samples lie outside their time support" in note for note in notes)


def test_intervals_that_hold_nothing_are_refused():
    with pytest.raises(ValueError, match="intervals: expected some of the samples inside, got all of them outside the"):
        Recording.from_spikes(PATH, TIME, TRAINS, intervals=[[400, 500]])
    with pytest.raises(ValueError, match="if they are in ms, say spike_time_unit='ms'"):  # the spikes, not the pieces
        Recording.from_spikes(PATH, TIME, {"a": TRAINS["uniform 0"] * 1000}, intervals=[[0, 100]])
