"""Tables in text as spreadsheets write them."""

import numpy as np
import pytest

from gridcells.recordings import map_recording, read_recording, simulate_session
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


def lines(header, quoted=False, sep=";", missing=()):
    cells = np.c_[SESSION.time, SESSION.position, np.arange(3000)]
    yield header
    for place, row in enumerate(cells.tolist()):
        words = [f"{value:.6f}".replace(".", ",") for value in row]
        words = [f'"{word}"' for word in words] if quoted else words
        yield sep.join("NA" if place in missing and column in (1, 2) else word for column, word in enumerate(words))


@pytest.mark.parametrize("sep", [";", ",", "\t"])
def test_quoted_cells_are_numbers_too(tmp_path, sep):
    header = sep.join(f'"{name}"' for name in ("t", "x", "y", "cell; left, deep"))
    path = written(tmp_path, "\n".join(lines(header, True, sep, missing=(7, 9))), "a.csv")
    recording = read_recording(path)
    np.testing.assert_allclose(recording.position, np.delete(SESSION.position, [7, 9], axis=0), atol=1e-6)
    assert recording.hygiene.samples_left_out == {"lost": 2}
    assert recording.unit == ("cell; left, deep",)


def test_quoted_names_of_units_stay_whole(tmp_path):
    rows = [f'"a, left";{x};{y};{"NA" if (x, y) == (1, 1) else x * y}' for x in range(5) for y in range(4)]
    recording = read_recording(written(tmp_path, "\n".join(["unit;x;y;rate", *rows]), "a.csv"))
    assert recording.unit == ("a, left",)
    assert np.argwhere(np.isnan(recording.rate_maps[0])).tolist() == [[1, 1]]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_texts_of_spreadsheets_are_read_however_they_are_written(tmp_path, encoding):
    text = "\n".join(lines("t;x;y;Zelle für µ"))
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    recording = read_recording(tmp_path / "a.csv")
    assert recording.unit == ("Zelle für µ",)
    np.testing.assert_allclose(recording.position, SESSION.position, atol=1e-6)


def test_a_column_of_words_is_left_out_when_asked(tmp_path):
    rows = [f"{t:.2f},{x:.4f},{y:.4f},Ib,{n}" for n, (t, x, y) in enumerate(np.c_[SESSION.time, SESSION.position])]
    path = written(tmp_path, "\n".join(["t,x,y,rat,c1", *rows]), "a.csv")
    with pytest.raises(ValueError, match="could not convert string 'Ib' .*--ignore leaves a column out"):
        read_recording(path)
    assert read_recording(path, ignore=["rat"]).unit == ("c1",)
    (tmp_path / "b.csv").write_text("t,x,y,rat,c1\n0,0,0,Ib\n")
    with pytest.raises(ValueError, match="b.csv: expected 5 columns, as in the header, got 4"):
        read_recording(tmp_path / "b.csv", ignore=["rat"])


@pytest.mark.parametrize("name", ["x", "linear_position", "pos (cm)"])
def test_a_place_on_a_line_is_a_track(tmp_path, name):
    factor = 100 if "cm" in name else 1
    rows = [f"{t:.3f},{factor * x:.5f},{n % 3}" for n, (t, x) in enumerate(np.c_[SESSION.time, SESSION.position[:, 0]])]
    recording = map_recording(read_recording(written(tmp_path, "\n".join([f"t,{name},c1", *rows]), "a.csv")))
    assert recording.hygiene.shape == "track"
    assert recording.rate_maps.shape == (1, 20, 1)
    assert np.ptp(recording.bounds[:2]) == pytest.approx(np.ptp(SESSION.position[:, 0]), rel=0.02)


@pytest.mark.parametrize("line", [0, 1])
def test_a_cell_longer_than_any_is_refused_by_name(tmp_path, line):
    rows = ["t,x,y,c1", "0,0,0,1"]
    rows[line] = '"' + 200_000 * "a" + '",' + rows[line]
    with pytest.raises(ValueError, match="a.csv: expected cells between ',', got something else .field larger"):
        read_recording(written(tmp_path, "\n".join(rows), "a.csv"))
