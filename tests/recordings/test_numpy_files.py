"""NumPy files beyond the plain ones: spike times alone, units of measure in the place of names, a path alone."""

import numpy as np
import pytest

from gridcells.recordings import read_recording
from gridcells.recordings.numpy_files import read_npy, read_npz


def test_one_train_is_named_by_its_file(tmp_path):
    np.save(tmp_path / "t4c2.npy", [0.5, 1.5])
    assert list(read_npy(tmp_path / "t4c2.npy")["spike_times"]) == ["t4c2"]
    np.save(tmp_path / "maps.npy", np.ones((2, 5, 5)))
    assert read_npy(tmp_path / "maps.npy")["rate_maps"].shape == (2, 5, 5)


def test_units_of_measure_are_no_names(tmp_path):
    np.savez(tmp_path / "a.npz", rate_maps=np.random.default_rng(0).random((2, 10, 10)), units="cm", binsize=0.1)
    recording = read_recording(tmp_path / "a.npz")
    assert recording.unit == ("0", "1")
    assert recording.bin_size == (0.1, 0.1)
    assert any("units: cm is no list of names" in note for note in recording.hygiene.notes)


def test_bins_of_a_file_are_in_its_unit_and_the_callers_in_metres(tmp_path):
    np.savez(tmp_path / "a.npz", rate_maps=np.random.default_rng(0).random((2, 10, 10)), bin_size=5.0)
    assert read_recording(tmp_path / "a.npz", position_unit="cm").bin_size == (0.05, 0.05)
    assert read_recording(tmp_path / "a.npz", position_unit="cm", bin_size=0.04).bin_size == (0.04, 0.04)
    with pytest.raises(ValueError, match="a.npz: position: expected an arena of 0.05 m to 20 m, got 50 m x 50 m"):
        read_recording(tmp_path / "a.npz")


def test_a_path_alone_waits_for_its_spikes(tmp_path):
    path = np.cumsum(np.random.default_rng(0).normal(0, 0.005, (500, 2)), axis=0)
    np.savez(tmp_path / "a.npz", xy=path, timestamps=np.arange(500) / 50)
    assert set(read_npz(tmp_path / "a.npz")) >= {"position", "time"}
    with pytest.raises(ValueError, match="a.npz: expected spike times or activity beside the positions"):
        read_recording(tmp_path / "a.npz")
