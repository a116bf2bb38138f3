"""MATLAB files of labs: names, several cells, two lights, version 7.3."""

import numpy as np
import pytest
from scipy import io

from gridcells.recordings import read_recording, simulate_session
from gridcells.recordings.matlab_files import read_matlab

SESSION = simulate_session(seconds=60.0, kinds=("grid", "border"), generator=0)
GRID, BORDER = SESSION.spike_times.values()


def lab(**more):
    x, y = 100 * SESSION.position.T
    return {"posx": x[:, None], "posy": y[:, None], "post": SESSION.time[:, None]} | more


def test_one_cell_is_named_by_its_file(tmp_path):
    io.savemat(tmp_path / "T3C1.mat", lab(cellTS=GRID[:, None]))
    recording = read_recording(tmp_path / "T3C1.mat", position_unit="cm")
    assert recording.unit == ("T3C1",)
    np.testing.assert_allclose(recording.position, SESSION.position)
    assert recording.spikes.count.tolist() == [len(GRID)]


def test_several_cells_as_variables_or_as_a_cell_array(tmp_path):
    io.savemat(tmp_path / "a.mat", lab(cellTS1=GRID[:, None], T2C3=BORDER[None]))
    assert read_recording(tmp_path / "a.mat", position_unit="cm").unit == ("T2C3", "cellTS1") or ("cellTS1", "T2C3")
    cells = np.empty((2, 1), dtype=object)
    cells[:, 0] = [GRID[:, None], BORDER[:, None]]
    io.savemat(tmp_path / "b.mat", lab(cellTS=cells))
    recording = read_recording(tmp_path / "b.mat", position_unit="cm")
    assert recording.spikes.count.tolist() == [len(GRID), len(BORDER)]
    assert recording.unit == ("1", "2")


def test_spikes_in_files_of_their_own(tmp_path):
    io.savemat(tmp_path / "pos.mat", lab(posx2=np.empty((0, 0)), posy2=np.empty((0, 0))))
    for name, train in (("T1C1", GRID), ("T1C2", BORDER)):
        io.savemat(tmp_path / f"{name}.mat", {"cellTS": train[:, None]})
    paths = [tmp_path / "T1C1.mat", tmp_path / "T1C2.mat"]
    recording = read_recording(tmp_path / "pos.mat", spikes=paths, position_unit="cm")
    assert recording.unit == ("T1C1", "T1C2")
    assert recording.spikes.count.tolist() == [len(GRID), len(BORDER)]
    with pytest.raises(ValueError, match="pos.mat: expected spike times or activity beside the positions, got none"):
        read_recording(tmp_path / "pos.mat", position_unit="cm")
    with pytest.raises(ValueError, match="pos.mat: expected spike times, got"):
        read_recording(tmp_path / "pos.mat", spikes=tmp_path / "pos.mat")


def test_two_lights_give_the_heading(tmp_path):
    way = 2 * np.stack([np.cos(SESSION.heading), np.sin(SESSION.heading)])
    x, y = 100 * SESSION.position.T
    ends = {"posx": x + way[0], "posy": y + way[1], "posx2": x - way[0], "posy2": y - way[1]}
    io.savemat(tmp_path / "a.mat", lab(cellTS=GRID) | ends)
    recording = read_recording(tmp_path / "a.mat", position_unit="cm")
    np.testing.assert_allclose(recording.position, SESSION.position, atol=1e-9)
    np.testing.assert_allclose(recording.heading, SESSION.heading, atol=1e-6)


def test_a_structure_and_maps(tmp_path):
    x, y = SESSION.position.T
    io.savemat(tmp_path / "a.mat", {"pos": {"x": x, "y": y, "t": SESSION.time}, "cellTS": GRID, "rat": "Ib"})
    recording = read_recording(tmp_path / "a.mat")
    assert len(recording.position) == 3000
    assert any("rat" in note for note in recording.hygiene.notes)
    io.savemat(tmp_path / "b.mat", {"rate_maps": np.ones((2, 20, 20))})
    assert read_recording(tmp_path / "b.mat", bin_size=0.05).rate_maps.shape == (2, 20, 20)


def test_files_without_anything_known_are_refused(tmp_path):
    io.savemat(tmp_path / "a.mat", {"rat": "Ib"})
    with pytest.raises(ValueError, match="a.mat: expected the variables posx, posy, post and cellTS, .* got rat"):
        read_recording(tmp_path / "a.mat")
    (tmp_path / "b.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    with pytest.raises(ValueError, match="b.mat: expected a MATLAB file, got something else"):
        read_recording(tmp_path / "b.mat")


def test_version_7_3_through_h5py(tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        for name, values in lab().items():
            file[name] = np.asarray(values).T
        cells = [file.create_dataset(f"#refs#/{place}", data=train[None]) for place, train in enumerate((GRID, BORDER))]
        held = file.create_dataset("cellTS", (1, 2), dtype=h5py.ref_dtype)
        held[0, 0], held[0, 1] = (cell.ref for cell in cells)
    recording = read_recording(tmp_path / "a.mat", position_unit="cm")
    np.testing.assert_allclose(recording.position, SESSION.position)
    assert recording.spikes.count.tolist() == [len(GRID), len(BORDER)]


def test_version_7_3_without_h5py_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ValueError, match="'gridcells-companion.matlab.' .or save it with -v7."):
        read_matlab(tmp_path / "a.mat")


def test_other_vectors_that_ascend_are_no_cells_where_cells_have_names(tmp_path):
    others = {
        "stim": np.array([1.0, 7.0, 20.0]),
        "lfp_time": np.arange(0, 60, 0.1),
        "laps": np.array([0.0, 30.0, 59.0]),
    }
    for name in ("cellTS", "T4C12", "unit_3", "spikes2"):
        io.savemat(tmp_path / "a.mat", lab(**{name: GRID[:, None]}, **others))
        recording = read_recording(tmp_path / "a.mat", position_unit="cm")
        assert recording.spikes.count.tolist() == [len(GRID)]
        assert any("stim" in note and "lfp_time" in note for note in recording.hygiene.notes)
    io.savemat(tmp_path / "b.mat", lab(ratA=GRID[:, None], lfp_time=others["lfp_time"]))
    recording = read_recording(tmp_path / "b.mat", position_unit="cm")  # none is named as a cell
    assert recording.unit == ("ratA",)  # a clock's even steps are no spikes
    assert "spike times: every vector that ascends, ratA" in recording.hygiene.notes


def test_a_cell_that_was_hardly_heard_is_still_one(tmp_path):
    io.savemat(tmp_path / "a.mat", lab(T1C1=GRID[:, None], T1C2=np.array([[3.5]]), T1C3=np.empty((0, 0))))
    recording = read_recording(tmp_path / "a.mat", position_unit="cm")
    assert dict(zip(recording.unit, recording.spikes.count.tolist(), strict=True)) == {
        "T1C1": len(GRID),
        "T1C2": 1,
        "T1C3": 0,
    }


def test_words_of_version_7_3_are_no_spikes(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        for name, values in lab(ratA=GRID).items():
            file[name] = np.asarray(values).T
        file["box"] = np.array([[ord(letter)] for letter in "abc"], dtype=np.uint16)
        file["box"].attrs["MATLAB_class"] = np.bytes_(b"char")
    assert read_recording(tmp_path / "a.mat", position_unit="cm").unit == ("ratA",)
