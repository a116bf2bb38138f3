"""Recordings from Python objects and from NWB files; where a library is not installed, its test skips."""

import datetime

import numpy as np
import pytest
import torch

from gridcells.recordings.objects import from_object
from gridcells.recordings.readers import read_recording
from gridcells.recordings.recording import Recording
from gridcells.world.arenas import Box

MAPS = np.random.default_rng(0).random((4, 10, 12))


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor, np.ndarray.tolist])
def test_arrays_are_maps(kind):
    recording = from_object(kind(MAPS))
    np.testing.assert_array_equal(recording.rate_maps, MAPS)
    assert recording.unit == ("0", "1", "2", "3")


def test_the_box_of_a_recording_is_an_arena_to_map_in():
    recording = Recording.of(rate_maps=MAPS, bounds=(0, 1.0, 0, 1.2))
    assert recording.box == Box((0.0, 1.0, 0.0, 1.2))
    assert recording.box.size == (1.0, 1.2)
    assert Recording.of(rate_maps=MAPS, bin_size=0.1).box is None


def test_bounds_and_bin_size_tell_each_other():
    assert Recording.of(rate_maps=MAPS, bounds=(0, 1.0, 0, 1.2)).bin_size == pytest.approx((0.1, 0.1))
    with pytest.raises(ValueError, match="bin_size"):
        Recording.of(rate_maps=MAPS, bounds=(0, 1.0, 0, 1.2), bin_size=0.2)
    with pytest.raises(ValueError, match="expected rate_maps, or position and activity, got neither"):
        Recording.of()


def test_samples_in_which_tracking_lost_the_animal_are_left_out():
    position = np.array([[0.0, 0.1], [np.nan, np.nan], [0.2, 0.3]])
    recording = Recording.of(position=position, activity=np.arange(6.0).reshape(3, 2), time=[0.0, 0.1, 0.2])
    np.testing.assert_array_equal(recording.position, position[[0, 2]])
    np.testing.assert_array_equal(recording.activity, [[0, 1], [4, 5]])


def test_an_xarray_object_says_what_its_axes_are():
    xarray = pytest.importorskip("xarray")
    places = {"x": (np.arange(10) + 0.5) * 0.1, "y": (np.arange(12) + 0.5) * 0.1}
    maps = xarray.DataArray(MAPS, dims=("unit", "x", "y"), coords={"unit": list("abcd"), **places})
    recording = from_object(maps)
    assert recording.unit == tuple("abcd")
    assert recording.bounds == pytest.approx((0, 1.0, 0, 1.2))
    np.testing.assert_array_equal(recording.rate_maps, MAPS)


def test_an_nwb_file_gives_positions_and_rates(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    rng, time = np.random.default_rng(0), np.arange(3000) / 30
    position = rng.uniform(0, 100, (3000, 2))
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    nwb = pynwb.NWBFile(session_description="s", identifier="i", session_start_time=start)
    series = pynwb.behavior.SpatialSeries(
        name="place", data=position, timestamps=time, reference_frame="corner", unit="centimeters"
    )
    nwb.create_processing_module("behavior", "b").add(pynwb.behavior.Position(spatial_series=series))
    for _ in range(3):
        nwb.add_unit(spike_times=np.sort(rng.uniform(0, time[-1], 500)))
    with pynwb.NWBHDF5IO(str(tmp_path / "a.nwb"), "w") as file:
        file.write(nwb)
    recording = read_recording(tmp_path / "a.nwb", max_jump_speed=np.inf)
    np.testing.assert_allclose(recording.position, position / 100)
    np.testing.assert_allclose(recording.activity.mean(axis=0), 500 / time[-1], rtol=0.02)  # Hz


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises((ValueError, OSError), match="none.npz"):
        read_recording(tmp_path / "none.npz")
