"""Tables in text as spreadsheets write them."""

import numpy as np
import pytest

from gridcells.recordings import read_recording, simulate_session
from gridcells.recordings.text_files import text_header

SESSION = simulate_session(seconds=60.0, kinds=("grid", "border"), generator=0)


def written(folder, text, name):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_semicolons_and_decimal_commas(tmp_path):
    path = written(tmp_path, "Time;X;Y;cell 1\n0,0;0,10;0,20;5,5\n0,1;NA;NA;6\n0,2;0,30;0,40;7\n", "a.csv")
    recording = read_recording(path)
    np.testing.assert_allclose(recording.position, [[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(recording.activity[:, 0], [5.5, 7])
    np.testing.assert_allclose(recording.time, [0, 0.2])
    assert recording.hygiene.samples_left_out == {"lost": 1}
    assert text_header(path) == (["Time", "X", "Y", "cell 1"], ";")


def test_tabs_and_words_for_nothing(tmp_path):
    path = written(tmp_path, "t\tx\ty\tu\n0\t0.1\t0.2\t1\n0.1\tnull\tN/A\t2\n0.2\t0.3\t0.4\t3\n", "a.tsv")
    recording = read_recording(path)
    assert len(recording.position) == 2
    assert recording.unit == ("u",)


def test_columns_say_what_is_what(tmp_path):
    path = written(tmp_path, "clock,east,north,cell,x\n0,0.1,0.2,1,9\n0.1,0.15,0.25,2,9\n0.2,0.2,0.3,3,9\n", "a.csv")
    recording = read_recording(path, columns=["x=east", "y=north", "time=clock"], ignore=["x"])
    np.testing.assert_allclose(recording.position[0], [0.1, 0.2])
    np.testing.assert_allclose(recording.time, [0, 0.1, 0.2])
    assert recording.unit == ("cell",)
    with pytest.raises(ValueError, match="columns: expected one of .* before '=', got 'tiem' .did you mean 'time'"):
        read_recording(path, columns=["tiem=clock"])


def test_a_track_and_a_table_of_spikes(tmp_path):
    track = np.c_[SESSION.time, SESSION.position]
    np.savetxt(tmp_path / "track.csv", track, delimiter=",", header="time,x,y", comments="")
    rows = sorted((time, name) for name, train in SESSION.spike_times.items() for time in train.tolist())
    written(tmp_path, "time,unit\n" + "\n".join(f"{time},{name}" for time, name in rows), "spikes.csv")
    recording = read_recording(tmp_path / "track.csv", spikes=tmp_path / "spikes.csv")
    assert recording.unit == ("border 0", "grid 0")
    counts = {name: len(train) for name, train in SESSION.spike_times.items()}
    assert recording.spikes.count.tolist() == [counts[name] for name in recording.unit]


def test_npz_and_npy_hold_spikes_too(tmp_path):
    times = np.concatenate(list(SESSION.spike_times.values()))
    owner = np.repeat(["g", "b"], [len(train) for train in SESSION.spike_times.values()])
    mixed = np.random.default_rng(0).permutation(len(times))
    np.savez(
        tmp_path / "a.npz",
        position=SESSION.position,
        time=SESSION.time,
        head_direction=SESSION.heading,
        spike_times=times[mixed],
        spike_units=owner[mixed],
    )
    recording = read_recording(tmp_path / "a.npz")
    assert recording.unit == ("b", "g")
    np.testing.assert_array_equal(recording.spikes.time[recording.spikes.of(1)], SESSION.spike_times["grid 0"])
    np.save(tmp_path / "one.npy", SESSION.spike_times["grid 0"])
    np.savez(tmp_path / "track.npz", position=SESSION.position, time=SESSION.time)
    alone = read_recording(tmp_path / "track.npz", spikes=tmp_path / "one.npy")
    assert alone.unit == ("one",)
    with pytest.raises(ValueError, match="one.npy: expected positions and their times beside spike times, got no pos"):
        read_recording(tmp_path / "one.npy")
