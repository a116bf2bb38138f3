"""Tracked points of DeepLabCut, through movement where it is installed."""

import importlib.util
import sys
import types

import numpy as np
import pytest

from gridcells.recordings import read_recording, simulate_session
from gridcells.recordings.pose_files import is_pose_file

SESSION = simulate_session(seconds=40.0, kinds=("grid",), generator=0)
WAY = 8 * np.stack([np.cos(SESSION.heading), np.sin(SESSION.heading)], axis=1)


@pytest.fixture
def tracked(tmp_path):
    """A DeepLabCut table of nose and tail, 400 pixels a metre, some points unsure; and the spikes beside it."""
    middle = 400 * SESSION.position + 300
    sure = np.where(np.arange(2000) % 50 == 0, 0.1, 0.99)
    columns = np.c_[np.arange(2000), middle + WAY, sure, middle - WAY, sure]
    heads = ["scorer" + ",DLC" * 6, "bodyparts,nose,nose,nose,tail,tail,tail", "coords,x,y,likelihood,x,y,likelihood"]
    path = tmp_path / "trackDLC.csv"
    np.savetxt(path, columns, delimiter=",", header="\n".join(heads), comments="", fmt=["%d"] + 6 * ["%.6f"])
    np.save(tmp_path / "cell.npy", SESSION.spike_times["grid 0"])
    return path


class Array:
    """A stand-in for what movement hands over: an xarray with the axes time, space, keypoints, individuals."""

    def __init__(self, values):
        self.values = values

    def isel(self, individuals):
        return Array(self.values[..., individuals])

    def transpose(self, *_):
        return Array(np.moveaxis(self.values, 1, 2) if self.values.ndim == 3 else self.values)


@pytest.fixture
def movement(monkeypatch):
    """A stand-in for movement's reader, where the library is not there."""

    def from_file(path, source_software, fps):
        rows = np.loadtxt(path, delimiter=",", skiprows=3)
        if source_software != "DeepLabCut":
            raise ValueError("unknown")
        position = np.stack([rows[:, [1, 4]], rows[:, [2, 5]]], axis=1)[..., None]  # [time, space, keypoint, 1]
        coords = {"keypoints": types.SimpleNamespace(values=np.array(["nose", "tail"]))}
        coords["individuals"] = types.SimpleNamespace(values=np.array(["rat"]))

        class Data(dict):
            pass

        data = Data(position=Array(position), confidence=Array(rows[:, [3, 6]][..., None]))
        data.coords = coords
        return data

    if importlib.util.find_spec("movement") is None:
        for name in ("movement", "movement.io"):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        module = types.ModuleType("movement.io.load_poses")
        module.from_file = from_file
        monkeypatch.setitem(sys.modules, "movement.io.load_poses", module)


def test_points_become_a_path_and_a_heading(tracked, movement, tmp_path):
    assert is_pose_file(tracked)
    options = {"spikes": tmp_path / "cell.npy", "frame_rate": 50.0, "pixels_per_metre": 400}
    recording = read_recording(tracked, heading_keypoints=["nose", "tail"], **options)
    known = np.arange(2000) % 50 != 0
    assert recording.hygiene.samples_left_out == {"lost": 40}
    np.testing.assert_allclose(recording.position, SESSION.position[known] + 0.75, atol=1e-6)
    np.testing.assert_allclose(np.exp(1j * recording.heading), np.exp(1j * SESSION.heading[known]), atol=1e-5)
    nose = read_recording(tracked, keypoints=["nose"], **options)
    np.testing.assert_allclose(nose.position, (SESSION.position + WAY / 400)[known] + 0.75, atol=1e-6)
    assert recording.unit == ("cell",)


def test_what_is_missing_is_said(tracked, movement, tmp_path):
    options = {"spikes": tmp_path / "cell.npy", "pixels_per_metre": 400}
    with pytest.raises(ValueError, match="frame_rate: expected frames a second .*--frame-rate 30"):
        read_recording(tracked, **options)
    with pytest.raises(ValueError, match="keypoints: expected one of 'nose', 'tail', got 'nos'"):
        read_recording(tracked, keypoints=["nos"], frame_rate=50.0, **options)
    with pytest.raises(ValueError, match="heading_keypoints: expected two points, front and back, got 1"):
        read_recording(tracked, heading_keypoints=["nose"], frame_rate=50.0, **options)
    with pytest.raises(ValueError, match="expected an arena of 0.05 m to 20 m, got"):
        read_recording(tracked, spikes=tmp_path / "cell.npy", frame_rate=50.0)


def test_without_movement_the_extra_is_named(tracked, monkeypatch):
    monkeypatch.setitem(sys.modules, "movement.io.load_poses", None)
    monkeypatch.setitem(sys.modules, "movement.io", None)
    monkeypatch.setitem(sys.modules, "movement", None)
    with pytest.raises(ValueError, match="pip install 'gridcells-companion.tracking.'"):
        read_recording(tracked, frame_rate=50.0)
