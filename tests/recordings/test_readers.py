"""Files and objects that hold recordings, and those that do not: each is read, or refused by name."""

import importlib.util
import sys
import types
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcells.recordings.objects import from_object
from gridcells.recordings.readers import read_recording
from gridcells.recordings.recording import Recording

RNG = np.random.default_rng(0)
MAPS = RNG.random((3, 4, 5))
POSITION = RNG.uniform(-1, 1, (30, 2))
ACTIVITY = RNG.random((30, 3))


def saved(folder, name, **arrays):
    np.savez(folder / name, **arrays)
    return folder / name


def written(folder, text, name="table.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def refusal(path, **options):
    """The message with which a file is refused; it must begin with the file's name."""
    with pytest.raises(ValueError) as refused:
        read_recording(path, **options)
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


# --- NumPy's files


def test_npy_holds_maps(tmp_path):
    np.save(tmp_path / "maps.npy", MAPS)
    recording = read_recording(tmp_path / "maps.npy", bin_size=0.1)
    np.testing.assert_array_equal(recording.rate_maps, MAPS)
    assert recording.unit == ("0", "1", "2")
    assert recording.bin_size == (0.1, 0.1)
    assert recording.source == str(tmp_path / "maps.npy")


@pytest.mark.parametrize("key", ["rate_maps", "maps"])
def test_npz_holds_maps_and_what_is_known_of_them(tmp_path, key):
    path = saved(
        tmp_path, "a.npz", **{key: MAPS}, bounds=[0, 2, 0, 1], unit=["a", "b", "c"], occupancy=MAPS[0], other=[1]
    )
    recording = read_recording(path)
    np.testing.assert_array_equal(recording.rate_maps, MAPS)
    np.testing.assert_array_equal(recording.occupancy, MAPS[0])
    assert recording.bin_size == (0.5, 0.2)
    assert recording.unit == ("a", "b", "c")
    assert read_recording(path, bin_size=0.3).bin_size == (0.3, 0.3)
    assert read_recording(path, bounds=(0, 4, 0, 5)).bin_size == (1.0, 1.0)


def test_npz_holds_positions_in_one_session_or_in_batches(tmp_path):
    flat = read_recording(
        saved(tmp_path, "a.npz", position=POSITION, activity=ACTIVITY, time=np.arange(30) / 50, heading=POSITION[:, 0])
    )
    batch = read_recording(
        saved(tmp_path, "b.npz", position=POSITION.reshape(5, 6, 2), activity=ACTIVITY.reshape(5, 6, 3))
    )
    for recording in (flat, batch):
        np.testing.assert_array_equal(recording.position, POSITION)
        np.testing.assert_array_equal(recording.activity, ACTIVITY)
    assert flat.time_step == pytest.approx(0.02)
    assert batch.time_step is None


def test_samples_without_a_position_are_left_out():
    lost = POSITION.copy()
    lost[[3, 7], 1] = np.nan
    recording = Recording.of(position=lost, activity=ACTIVITY, time=np.arange(30.0), heading=np.arange(30.0) / 5)
    kept = np.delete(np.arange(30), [3, 7])
    np.testing.assert_array_equal(recording.position, POSITION[kept])
    np.testing.assert_array_equal(recording.activity, ACTIVITY[kept])
    np.testing.assert_array_equal(recording.time, kept)
    np.testing.assert_array_equal(recording.heading, kept / 5)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "expected the key rate_maps, or position and activity, got no keys"),
        ({"ratemapz": MAPS}, "got ratemapz (did you mean 'rate_maps'?)"),
        ({"position": POSITION}, "expected the key rate_maps, or position and activity, got position"),
        ({"rate_maps": MAPS, "maps": MAPS}, "rate_maps: expected it once, got rate_maps and maps"),
        ({"rate_maps": MAPS[0]}, "rate_maps: expected shape [unit, bin, bin], got (4, 5)"),
        ({"rate_maps": MAPS[:0]}, "unit: expected one or more units"),
        ({"rate_maps": MAPS + 1j}, "rate_maps: expected real numbers, got dtype complex128"),
        ({"maps": MAPS.astype(str)}, "maps: expected real numbers, got dtype <U32"),
        ({"rate_maps": np.where(MAPS > 0.9, np.inf, MAPS)}, "rate_maps: expected finite rates (NaN where unvisited)"),
        ({"rate_maps": np.array([{"a": 1}])}, "rate_maps: expected numbers, got Python objects, which are never unp"),
        (
            {"rate_maps": MAPS, "unit": ["a", "b"]},
            "unit: expected one or more units, and as many throughout, got 3 rate",
        ),
        ({"rate_maps": MAPS, "bounds": [0, 1, 2]}, "bounds: expected x_min < x_max and y_min < y_max in m, got [0"),
        ({"rate_maps": MAPS, "bounds": [1, 0, 0, 1]}, "bounds: expected x_min < x_max"),
        ({"rate_maps": MAPS, "bin_size": -1}, "bin_size: expected one length above 0 m"),
        (
            {"rate_maps": MAPS, "bin_size": 1, "bounds": [0, 1, 0, 1]},
            "bin_size: expected what the bounds make of 4 x 5",
        ),
        ({"rate_maps": MAPS, "occupancy": MAPS}, "occupancy: expected finite times of at least 0, shape (4, 5), got"),
        ({"rate_maps": MAPS, "occupancy": -MAPS[0]}, "occupancy: expected finite times of at least 0"),
        ({"position": POSITION.T, "activity": ACTIVITY}, "position: expected shape [..., 2] (x, y in metres), got (2,"),
        ({"position": POSITION, "activity": ACTIVITY.T}, "activity: expected shape [..., unit] with the leading axes"),
        ({"position": POSITION, "activity": ACTIVITY[:, 0]}, "activity: expected shape [..., unit]"),
        ({"position": POSITION, "activity": ACTIVITY[:, :0]}, "unit: expected one or more units"),
        ({"position": POSITION, "activity": ACTIVITY * np.nan}, "activity: expected finite numbers, got 90 NaN"),
        (
            {"position": POSITION * np.inf, "activity": ACTIVITY},
            "position: expected finite metres (NaN where lost), got",
        ),
        ({"position": POSITION * np.nan, "activity": ACTIVITY}, "position: expected samples with a position, got none"),
        ({"position": POSITION, "activity": ACTIVITY, "heading": ACTIVITY}, "heading: expected shape [...] with the"),
        ({"position": POSITION, "activity": ACTIVITY, "time": ["a"] * 30}, "time: expected real numbers"),
    ],
)
def test_npz_with_something_wrong_is_refused_by_file_and_key(tmp_path, arrays, message):
    assert message in refusal(saved(tmp_path, "a.npz", **arrays))


def test_files_that_are_nothing_of_the_kind_are_refused(tmp_path):
    assert "got an empty file" in refusal(written(tmp_path, "", "a.npz"))
    assert "as numpy.savez writes them" in refusal(written(tmp_path, "hello", "b.npz"))
    assert "as numpy.save writes it" in refusal(written(tmp_path, "hello", "c.npy"))
    assert "expected a file that ends in .npz, .npy, .csv, .nwb, .mat, .tsv, .h5, .slp, got '.xls'" in refusal(
        written(tmp_path, "hello", "d.xls")
    )
    assert "expected a MATLAB file, got something else" in refusal(written(tmp_path, "hello", "d.mat"))
    assert "got 'no suffix'" in refusal(written(tmp_path, "hello", "e"))
    np.save(tmp_path / "f.npy", np.array([object()]), allow_pickle=True)
    assert "never unpickled" in refusal(tmp_path / "f.npy")
    with pytest.raises(FileNotFoundError, match="nothing.npz: expected a file, found none"):
        read_recording(tmp_path / "nothing.npz")
    with pytest.raises(FileNotFoundError, match="found a folder"):
        read_recording(tmp_path)


@pytest.mark.parametrize("name", ["session.set", "session.pos", "session.3", "session_3.cut", "s.clu.3"])
def test_files_of_axona_are_refused_with_the_way_round(tmp_path, name):
    (tmp_path / name).write_bytes(b"trial_date Friday")
    with pytest.raises(ValueError, match="got one of Axona, .* export positions, .* Recording.from_spikes"):
        read_recording(tmp_path / name)


def test_damaged_files_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", MAPS)
    whole = (tmp_path / "a.npy").read_bytes()
    for length, message in ((7, "an array as NumPy saves it"), (40, "an array as NumPy saves it"), (-8, "bytes")):
        (tmp_path / "a.npy").write_bytes(whole[:length])
        assert message in refusal(tmp_path / "a.npy")
    path = saved(tmp_path, "b.npz", rate_maps=MAPS)
    content = bytearray(path.read_bytes())
    content[200] ^= 255  # a bit of the array: its checksum no longer fits
    path.write_bytes(content)
    assert "CRC-32" in refusal(path)
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("rate_maps.npy", b"not an array")
    assert "rate_maps: expected" in refusal(tmp_path / "c.npz")


# --- CSV


def test_csv_of_samples(tmp_path):
    path = written(tmp_path, '\ufefftime,x, y,"cell, left",t2\n0,0.1,0.2,5,1\n0.1,,,6,2\n0.2,0.3,0.4,7,3\n')
    recording = read_recording(path)
    np.testing.assert_array_equal(recording.position, [[0.1, 0.2], [0.3, 0.4]])  # an empty cell: tracking was lost
    np.testing.assert_array_equal(recording.activity, [[5, 1], [7, 3]])
    np.testing.assert_array_equal(recording.time, [0, 0.2])
    assert recording.heading is None
    assert recording.unit == ("cell, left", "t2")


def test_csv_of_maps_has_one_row_a_bin_in_any_order(tmp_path):
    centres = [np.round((np.arange(bins) + 0.5) * 0.11, 3) for bins in (4, 5)]
    rows = [
        f"{name},{x},{y},{MAPS[unit, i, j].item()!r}"
        for unit, name in enumerate(["z", "b", "a"])
        for i, x in enumerate(centres[0])
        for j, y in enumerate(centres[1])
        if (i, j) != (1, 2)  # never visited
    ]
    np.random.default_rng(1).shuffle(rows)
    rows[5] = ",".join([*rows[5].split(",")[:3], ""])  # of one unit
    path = written(tmp_path, "\n".join(["unit,x,y,rate", *rows]))
    recording = read_recording(path)
    order = ["zba".index(name) for name in recording.unit]
    expected = MAPS[order]
    assert np.isnan(recording.rate_maps[:, 1, 2]).all()
    assert np.isnan(recording.rate_maps).sum() == 4
    known = ~np.isnan(recording.rate_maps)
    np.testing.assert_array_equal(recording.rate_maps[known], expected[known])
    np.testing.assert_allclose(recording.bin_size, 0.11)
    np.testing.assert_allclose(recording.bounds, [0, 0.44, 0, 0.55], atol=1e-12)


def test_csv_of_maps_may_be_rounded_and_miss_a_row_of_bins(tmp_path):
    centres = [round((i + 0.5) * 0.11, 2) for i in range(20) if i != 7]
    rows = [f"a,{x},{y},{x * y}" for x in centres for y in centres]
    recording = read_recording(written(tmp_path, "\n".join(["unit,x,y,rate", *rows])))
    assert recording.rate_maps.shape == (1, 20, 20)
    assert np.isnan(recording.rate_maps[0, 7]).all()
    assert np.isnan(recording.rate_maps).sum() == 39


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n", "header: expected a name for each column"),
        ("x,y,a\n", "expected rows of numbers below the header, got none"),
        ("x,y\n1,2\n", "expected spike times or activity beside the positions, got none: name their files, spikes="),
        ("x,z,a\n1,2,3\n", "header: expected the columns x, y and one a unit, or unit, x, y and rate, got 'x,z,a'"),
        ("x,y,a,a\n1,2,3,4\n", "each once, got 'x,y,a,a'"),
        ("x,y,\n1,2,3\n", "header: expected a name for each column"),
        ("x,y,a\n1,2\n", "expected 3 columns, as in the header, got 2"),
        ("x,y,a\n1,2,3\n1,2\n", "(the first is row 0): the number of columns changed from 3 to 2"),
        ("x,y,a\n1,2,b\n", "could not convert string 'b' to float64"),
        ("x,y,a\n1,2,1+2j\n", "could not convert string '1+2j'"),
        ("x,y,a\n1,2,inf\n", "activity: expected finite numbers"),
        ("x,y,a\n1,2,\n", "activity: expected finite numbers, got 1 NaN"),
        ("unit,x,y,rate\na,0,0,1\na,0,0,2\n", "got a bin twice"),
        ("unit,x,y,rate\na,0,0,1\na,0.1,0,1\na,0.27,0,2\na,.4,0,2\n", "x: expected the centres of evenly spaced bins"),
        ("unit,x,y,rate\na,0,,1\n", "y: expected the centres of bins, finite metres"),
        ("unit,x,y,rate\na,0,0,inf\n", "rate_maps: expected finite rates"),
        ("unit,x,y,rate\na,0,0,many\n", "rate: could not convert string to float: 'many'"),
    ],
)
def test_csv_with_something_wrong_is_refused(tmp_path, text, message):
    assert message in refusal(written(tmp_path, text))


@settings(max_examples=50, deadline=None)
@given(content=st.binary(min_size=1, max_size=200), suffix=st.sampled_from([".npy", ".npz", ".csv"]))
def test_whatever_is_in_a_file_it_is_read_or_refused_by_name(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("any") / f"file{suffix}"
    path.write_bytes(content)
    try:
        read_recording(path)
    except ValueError as refused:
        assert str(refused).startswith(f"{path}: ")


# --- NWB, through a light stand-in for pynwb: what the reader asks of it, as its documentation has it


def spatial_series(name, data, parent="Position", **known):
    known = {"unit": "meters", "conversion": 1.0, "offset": 0.0, "timestamps": None, **known}
    parent = types.SimpleNamespace(name=parent)
    return types.SimpleNamespace(
        name=name, data=np.asarray(data), neurodata_type="SpatialSeries", parent=parent, **known
    )


class Units:
    colnames = ("spike_times",)

    def __init__(self, spikes):
        self.id = np.arange(10, 10 + len(spikes))
        target = types.SimpleNamespace(data=np.concatenate(spikes))
        self.index = types.SimpleNamespace(data=np.cumsum([len(each) for each in spikes]), target=target)

    def __getitem__(self, column):
        assert column == "spike_times"
        return self.index


@pytest.fixture
def nwb(tmp_path, monkeypatch):
    """Make a file that the stand-in reads as the series and units given."""

    def make(series, units):
        content = types.SimpleNamespace(objects=dict(enumerate(series)), units=units)

        class Reader:
            def __init__(self, path, mode, load_namespaces):
                assert mode == "r" and load_namespaces

            def __enter__(self):
                return types.SimpleNamespace(read=lambda: content)

            def __exit__(self, *error):
                return None

        monkeypatch.setitem(sys.modules, "pynwb", types.SimpleNamespace(NWBHDF5IO=Reader))
        return written(tmp_path, "not looked at", "a.nwb")

    return make


def test_nwb_spikes_count_at_the_nearest_time_stamp(nwb):
    place = spatial_series("led", [[0, 100], [10, 200], [20, 300], [30, 400]], unit="cm", starting_time=5.0, rate=10.0)
    turn = spatial_series(
        "head", [0, 90, 180, 270], parent="CompassDirection", unit="degrees", starting_time=5.0, rate=10.0
    )
    path = nwb([place, turn], Units([[4.96, 5.04, 5.06, 9.0], [], [5.3, 5.31, 5.29]]))
    recording = read_recording(path, max_jump_speed=np.inf)
    np.testing.assert_allclose(recording.position, [[0, 1], [0.1, 2], [0.2, 3], [0.3, 4]])
    np.testing.assert_allclose(recording.activity, [[20, 0, 0], [10, 0, 0], [0, 0, 0], [0, 0, 30]], rtol=1e-6)  # Hz
    np.testing.assert_allclose(recording.time, [5, 5.1, 5.2, 5.3])
    np.testing.assert_allclose(recording.heading, np.pi / 2 * np.arange(4))
    assert recording.unit == ("10", "11", "12")


def test_nwb_spikes_in_a_gap_of_the_tracking_do_not_count(nwb):
    time = np.r_[0:1:0.1, 5:6:0.1]
    path = nwb([spatial_series("led", POSITION[:20], timestamps=time, conversion=0.5)], Units([[3.0, 0.95, 4.95, 5.5]]))
    recording = read_recording(path, max_jump_speed=np.inf)
    np.testing.assert_allclose(recording.position, POSITION[:20] / 2)
    assert recording.spikes.count.tolist() == [3]
    assert recording.spikes.sample.tolist() == [9, 10, 15]
    assert recording.hygiene.spikes_left_out == {"in a gap": 1}
    # half a step and, towards the gap, half of the longest one that counts
    assert recording.duration[[5, 9, 10]] == pytest.approx([0.1, 0.05 + 0.25, 0.25 + 0.05])
    assert recording.activity[[9, 10, 15], 0] == pytest.approx([1 / 0.3, 1 / 0.3, 10])


def test_nwb_with_several_series_needs_a_name(nwb):
    series = [spatial_series(name, POSITION, starting_time=0.0, rate=30.0) for name in ("left", "right")]
    path = nwb(series, Units([[0.1]]))
    assert "series: expected one spatial series (x, y), got Position/left, Position/right" in refusal(path)
    assert "did you mean 'Position/right'?" in refusal(path, series="Position/rigth")
    for name in ("right", "Position/right"):
        assert len(read_recording(path, series=name, max_jump_speed=np.inf).position) == 30


@pytest.mark.parametrize(
    ("known", "units", "message"),
    [
        (
            {"unit": "pixels", "starting_time": 0.0, "rate": 9.0},
            Units([[0.1]]),
            "series: expected the unit m, cm or mm, got",
        ),
        ({"timestamps": np.zeros(30)}, Units([[0.1]]), "series: expected two or more ascending time stamps"),
        ({"starting_time": 0.0, "rate": 9.0}, None, "units: expected a table of units with spike_times"),
    ],
)
def test_nwb_with_something_missing_is_refused(nwb, known, units, message):
    assert message in refusal(nwb([spatial_series("led", POSITION, **known)], units))


def test_nwb_without_positions_is_refused(nwb):
    assert "series: expected one spatial series (x, y), got none" in refusal(nwb([], Units([[0.1]])))


def test_nwb_without_pynwb_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    assert "pip install 'gridcells-companion[nwb]'" in refusal(written(tmp_path, "x", "a.nwb"))


@pytest.mark.skipif(importlib.util.find_spec("pynwb") is None, reason="pynwb is not installed")
@pytest.mark.filterwarnings("default")
def test_nwb_as_pynwb_itself_writes_it(tmp_path):
    import datetime

    pynwb = pytest.importorskip("pynwb")
    behavior = pytest.importorskip("pynwb.behavior")
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile(session_description="a", identifier="b", session_start_time=start)
    series = behavior.SpatialSeries(
        name="led", data=100 * POSITION, unit="centimeters", reference_frame="corner", timestamps=np.arange(30) / 10
    )
    file.create_processing_module(name="behavior", description="c").add(behavior.Position(spatial_series=series))
    for spikes in ([0.1, 0.12, 2.0], [1.0]):
        file.add_unit(spike_times=spikes)
    with pynwb.NWBHDF5IO(str(tmp_path / "a.nwb"), "w") as out:
        out.write(file)
    recording = read_recording(tmp_path / "a.nwb", max_jump_speed=np.inf)
    np.testing.assert_allclose(recording.position, POSITION)
    assert recording.activity.sum(axis=0) == pytest.approx([30, 10])
    assert "expected an NWB file, got something else" in refusal(written(tmp_path, "hello", "b.nwb"))


# --- objects of other libraries


class Labelled:
    """A stand-in for xarray.DataArray."""

    def __init__(self, values, dims, coords=None, attrs=None):
        self.values, self.dims, self.attrs = np.asarray(values), dims, attrs or {}
        self.coords = {
            name: coord if isinstance(coord, Labelled) else Labelled(coord, (name,))
            for name, coord in (coords or {}).items()
        }


class Series:
    """A stand-in for pynapple's TsdFrame and TsdTensor."""

    def __init__(self, t, values, columns=None):
        self.t, self.values, self.columns = np.asarray(t), np.asarray(values), columns


def test_arrays_tensors_and_recordings_are_taken():
    for value in (MAPS, torch.from_numpy(MAPS), MAPS.tolist()):
        np.testing.assert_array_equal(from_object(value).rate_maps, MAPS)
    again = from_object(from_object(MAPS, bin_size=0.1, unit=["a", "b", "c"]), bin_size=0.2)
    assert again.bin_size == (0.2, 0.2)
    assert again.unit == ("a", "b", "c")
    batch = from_object(torch.from_numpy(ACTIVITY).reshape(5, 6, 3), position=POSITION.reshape(5, 6, 2))
    np.testing.assert_array_equal(batch.activity, ACTIVITY)


def data_array(values, dims, coords=None, attrs=None):
    return pytest.importorskip("xarray").DataArray(values, dims=dims, coords=coords, attrs=attrs)


@pytest.mark.parametrize("make", [Labelled, data_array])
def test_labelled_maps_bring_their_axes_along(make):
    x, y = 0.1 * np.arange(4), 0.2 * np.arange(5)
    labelled = make(MAPS.transpose(2, 0, 1), ("y", "unit", "x"), {"x": x, "y": y, "unit": ["a", "b", "c"]})
    recording = from_object(labelled)
    np.testing.assert_array_equal(recording.rate_maps, MAPS)
    np.testing.assert_allclose(recording.bounds, [-0.05, 0.35, -0.1, 0.9])
    assert recording.unit == ("a", "b", "c")
    assert from_object(labelled, bin_size=0.5).bin_size == (0.5, 0.5)
    bare = from_object(make(MAPS, ("cell", "feature0", "feature1")))
    np.testing.assert_array_equal(bare.rate_maps, MAPS)
    assert bare.bin_size is None


@pytest.mark.parametrize("make", [Labelled, data_array])
def test_tuning_curves_bring_occupancy_and_edges_along(make):
    occupancy = MAPS[0].copy()
    occupancy[0, 0] = np.nan  # pynapple's word for never
    attrs = {"occupancy": occupancy, "bin_edges": [np.linspace(0, 1, 5), np.linspace(0, 2, 6)]}
    coords = {"unit": [3, 5, 8], "feature0": np.arange(4), "feature1": np.arange(5)}
    recording = from_object(make(MAPS, ("unit", "feature0", "feature1"), coords, attrs))
    np.testing.assert_allclose(recording.bounds, [0, 1, 0, 2], atol=1e-12)
    np.testing.assert_array_equal(recording.occupancy, np.nan_to_num(occupancy))
    assert recording.unit == ("3", "5", "8")


def test_labelled_centimetres_become_metres():
    def centres(number):
        return Labelled(10.0 * np.arange(number), ("x",), attrs={"units": "cm"})

    recording = from_object(Labelled(MAPS, ("unit", "x", "y"), {"x": centres(4), "y": centres(5)}))
    np.testing.assert_allclose(recording.bin_size, [0.1, 0.1])


@pytest.mark.parametrize("make", [Labelled, data_array])
def test_curves_along_a_track_are_maps_of_one_bin_across(make):
    occupancy = MAPS[0, 0]
    recording = from_object(
        make(MAPS[:, 0], ("unit", "place"), {"place": 0.1 * np.arange(5)}, {"occupancy": occupancy})
    )
    np.testing.assert_array_equal(recording.rate_maps, MAPS[:, 0][:, :, None])
    np.testing.assert_allclose(recording.bounds, [-0.05, 0.45, -0.05, 0.05])
    np.testing.assert_array_equal(recording.occupancy, occupancy[:, None])
    assert from_object(make(MAPS[:, 0], ("unit", "place"))).bounds is None


def test_older_tuning_curves_are_a_dictionary_and_centres():
    recording = from_object((dict(zip("abc", MAPS, strict=True)), [0.1 * np.arange(4), 0.1 * np.arange(5)]))
    np.testing.assert_array_equal(recording.rate_maps, MAPS)
    np.testing.assert_allclose(recording.bin_size, 0.1)
    assert recording.unit == ("a", "b", "c")


def series_of(t, values, columns=None):
    nap = pytest.importorskip("pynapple")
    if np.ndim(values) == 3:
        return nap.TsdTensor(t=t, d=values)
    return nap.TsdFrame(t=t, d=values, columns=columns)


@pytest.mark.parametrize("make", [Series, series_of])
def test_time_series_are_maps_or_activity(make):
    assert from_object(make([0, 1.5, 3], MAPS)).unit == ("0 s", "1.5 s", "3 s")
    time = np.arange(30) / 50
    recording = from_object(make(time, ACTIVITY, ["a", "b", "c"]), position=make(time, POSITION, ["x", "y"]))
    np.testing.assert_array_equal(recording.activity, ACTIVITY)
    np.testing.assert_array_equal(recording.time, time)
    assert recording.unit == ("a", "b", "c")
    with pytest.raises(ValueError, match="position: expected the times of the activity, got others"):
        from_object(make(time, ACTIVITY, ["a", "b", "c"]), position=make(time + 1, POSITION, ["x", "y"]))


def test_objects_with_something_wrong_are_refused():
    with pytest.raises(TypeError, match="rate_maps: expected real numbers, got dtype object"):
        from_object(object())
    with pytest.raises(TypeError, match="rate_maps: expected real numbers, got dtype complex128"):
        from_object(MAPS + 1j)
    with pytest.raises(
        ValueError, match="rate_maps: expected three axes, unit, x and y, or two, unit and a place, got"
    ):
        from_object(Labelled(MAPS[0], ("x", "y")))
    with pytest.raises(ValueError, match="rate_maps: expected evenly spaced, ascending bins along x, got"):
        from_object(Labelled(MAPS, ("unit", "x", "y"), {"x": [0, 1, 2, 4], "y": np.arange(5)}))
    with pytest.raises(ValueError, match="y: expected the unit m, cm or mm, got 'V'"):
        y = Labelled(np.arange(5), ("y",), attrs={"units": "V"})
        from_object(Labelled(MAPS, ("unit", "x", "y"), {"x": np.arange(4), "y": y}))
    with pytest.raises(ValueError, match="expected rate_maps, or position and activity, got neither"):
        Recording.of()
    with pytest.raises(ValueError, match="activity, got position"):
        Recording.of(position=POSITION)
