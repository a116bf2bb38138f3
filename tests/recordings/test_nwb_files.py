"""NWB in the layouts of public data: written with pynwb itself, or as the stand-in has it."""

import datetime
import types

import numpy as np
import pytest

from gridcells.recordings import Recording, read_recording, simulate_session
from gridcells.recordings.measures import Measures
from gridcells.recordings.nwb_files import _of_nwb

SESSION = simulate_session(seconds=60.0, kinds=("grid", "border"), generator=0)
TRAINS = list(SESSION.spike_times.values())


class Column:
    def __init__(self, data, target=None):
        self.data, self.target = data, target

    def __getitem__(self, row):
        return self.data[row]


class Table:
    """A stand-in for a DynamicTable: columns by name."""

    def __init__(self, **columns):
        self.columns, self.colnames = columns, tuple(columns)
        self.id = np.arange(10, 10 + len(TRAINS))

    def __getitem__(self, name):
        return self.columns[name]


def units(**more):
    ends = np.cumsum([len(train) for train in TRAINS])
    index = Column(ends, types.SimpleNamespace(data=np.concatenate(TRAINS)))
    return Table(spike_times=index, **{name: Column(np.asarray(values)) for name, values in more.items()})


def series(path, data, unit="meters", kind="SpatialSeries", timestamps=SESSION.time, parent_type=""):
    *above, name = path.split("/")
    parent = None
    for each in above:
        parent = types.SimpleNamespace(name=each, parent=parent, neurodata_type="")
    if parent is not None:
        parent.neurodata_type = parent_type
    return types.SimpleNamespace(
        name=name,
        data=np.asarray(data),
        unit=unit,
        conversion=1.0,
        offset=0.0,
        timestamps=np.asarray(timestamps),
        neurodata_type=kind,
        parent=parent,
    )


def read(objects, table=None, names=(), heading=None, interval=None, measures=None):
    nwb = types.SimpleNamespace(objects=dict(enumerate(objects)), units=table or units())
    return _of_nwb(nwb, names, heading, interval, measures or Measures())


PLACE = series("processing/behavior/Position/led", SESSION.position)


def test_full_paths_tell_series_of_one_name_apart():
    other = series("processing/second/Position/led", SESSION.position + 1.0)
    with pytest.raises(ValueError, match="series: expected one spatial series .x, y., got processing/behavior/Pos"):
        read([PLACE, other])
    for name in ("processing/second/Position/led", "second/Position/led"):
        np.testing.assert_allclose(read([PLACE, other], names=[name])["position"], SESSION.position + 1.0)
    with pytest.raises(ValueError, match="got 'led': .*: say the full path"):
        read([PLACE, other], names=["led"])


def test_x_and_y_in_two_series_and_z_left_out():
    apart = [series(f"behavior/{axis}", SESSION.position[:, place]) for place, axis in enumerate("xy")]
    for names in ((), ("behavior/x", "behavior/y")):
        np.testing.assert_allclose(read(apart, names=names)["position"], SESSION.position)
    deep = series("behavior/led", np.c_[SESSION.position, SESSION.time])
    known = read([deep])
    np.testing.assert_allclose(known["position"], SESSION.position)
    assert any("z, left out" in note for note in known["notes"])


def test_pixels_are_refused_and_taken_with_their_number():
    pixels = series("behavior/led", 400 * SESSION.position, unit="pixels")
    with pytest.raises(ValueError, match="expected the unit m, cm or mm, got 'pixels'; .*--pixels-per-metre 400"):
        read([pixels])
    known = read([pixels], measures=Measures(pixels_per_metre=400))
    np.testing.assert_allclose(known["position"], SESSION.position)


def test_a_heading_at_another_rate_is_interpolated_on_the_circle():
    clock = np.arange(0, 60, 1 / 30)
    angle = np.angle(np.exp(1j * (clock * 2)))
    turn = series("behavior/CompassDirection/head", np.rad2deg(angle), unit="°", timestamps=clock)
    pupil = series("behavior/pupil", np.ones(60), unit="mm", kind="TimeSeries", timestamps=np.arange(60.0))
    known = read([PLACE, turn, pupil])
    expected = np.angle(np.exp(2j * SESSION.time))
    inner = SESSION.time < 59.9
    np.testing.assert_allclose(np.exp(1j * known["heading"][inner]), np.exp(1j * expected[inner]), atol=1e-3)
    assert any("interpolated on the circle" in note for note in known["notes"])
    second = series("behavior/body", angle, unit="rad", timestamps=clock)
    assert read([PLACE, turn, second])["heading"] is None
    assert any("none taken" in note for note in read([PLACE, turn, second])["notes"])
    named = read([PLACE, turn, second], heading="body")["heading"]
    np.testing.assert_allclose(np.exp(1j * named[inner]), np.exp(1j * expected[inner]), atol=1e-3)


def as_recording(known):
    options = {name: known[name] for name in ("unit", "intervals", "notes")}
    return Recording.from_spikes(known["position"], known["time"], known["spike_times"], **options)


def test_time_outside_the_observed_intervals_does_not_count():
    observed = units(obs_intervals=[[[0.0, 30.0]], [[0.0, 40.0]]])
    known = read([PLACE], observed)
    assert any("obs_intervals: 50.0%" in note for note in known["notes"])
    recording = as_recording(known)
    np.testing.assert_array_equal(recording.time, SESSION.time[SESSION.time <= 30])
    assert recording.hygiene.samples_left_out == {"outside obs_intervals": 1499}
    late = sum((train > 30).sum() for train in TRAINS)
    assert recording.hygiene.spikes_left_out == {"outside obs_intervals": late}
    assert recording.spikes.time.max() <= 30
    apart = units(obs_intervals=[[[0.0, 30.0]], [[40.0, 50.0]]])
    with pytest.raises(ValueError, match="units: expected units that were observed .obs_intervals. at the same times"):
        read([PLACE], apart)


def test_intervals_choose_the_time():
    table = Table(
        start_time=Column([0.0, 20.0, 40.0]), stop_time=Column([10.0, 30.0, 50.0]), tags=Column(["a", "b", "a"])
    )
    table.name, table.neurodata_type = "epochs", "TimeIntervals"
    known = read([PLACE, table], interval="epochs:a")
    np.testing.assert_array_equal(known["intervals"]["epochs:a"], [[0, 10], [40, 50]])
    time = SESSION.time
    recording = as_recording(known)
    np.testing.assert_array_equal(recording.time, time[(time <= 10) | ((time >= 40) & (time <= 50))])
    assert recording.hygiene.seconds == pytest.approx(20, abs=0.03)
    assert as_recording(read([PLACE, table], interval="epochs")).hygiene.seconds == pytest.approx(30, abs=0.03)
    with pytest.raises(ValueError, match="interval: expected one of epochs, got 'epoch' .did you mean 'epochs'"):
        read([PLACE, table], interval="epoch")
    with pytest.raises(ValueError, match="interval: expected rows of epochs with the value 'c', got none"):
        read([PLACE, table], interval="epochs:c")


def test_names_tell_which_series_are_x_and_y_and_which_angle_is_the_heading():
    parts = [series(f"behavior/{name}", SESSION.position[:, place]) for place, name in enumerate(("LED_x", "LED_y"))]
    others = [series("behavior/velocity", SESSION.time), series("behavior/index", SESSION.time)]  # end in y and x
    np.testing.assert_allclose(read([*others, *parts])["position"], SESSION.position)
    with pytest.raises(ValueError, match="series: expected one spatial series .x, y., got none"):
        read(others)
    wave = series("ecephys/theta_phase", SESSION.heading, unit="radians", kind="TimeSeries")
    assert read([PLACE, wave])["heading"] is None
    turn = series("behavior/head_direction", SESSION.heading, unit="radians", kind="TimeSeries")
    np.testing.assert_array_equal(read([PLACE, wave, turn])["heading"], SESSION.heading)


def test_units_have_the_names_of_the_file():
    assert read([PLACE], units(unit_name=["t1c1", "t1c2"]))["unit"] == ["t1c1", "t1c2"]
    assert read([PLACE], units(label=["good", "good"]))["unit"] == ["10", "11"]


@pytest.mark.filterwarnings("default")
def test_a_file_that_pynwb_wrote(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    behavior = pytest.importorskip("pynwb.behavior")
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    nwb = pynwb.NWBFile(session_description="a", identifier="b", session_start_time=start)
    module = nwb.create_processing_module(name="behavior", description="c")
    options = {"reference_frame": "corner", "timestamps": SESSION.time}
    place = behavior.SpatialSeries(name="led", data=100 * SESSION.position, unit="centimeters", **options)
    turn = behavior.SpatialSeries(name="head", data=SESSION.heading, unit="radians", **options)
    module.add(behavior.Position(spatial_series=place))
    module.add(behavior.CompassDirection(spatial_series=turn))
    nwb.add_unit_column("unit_name", "names")
    for name, train in SESSION.spike_times.items():
        nwb.add_unit(spike_times=train, unit_name=name, obs_intervals=[[0.0, 45.0]])
    nwb.add_epoch(start_time=0.0, stop_time=30.0, tags=["box"])
    with pynwb.NWBHDF5IO(str(tmp_path / "a.nwb"), "w") as out:
        out.write(nwb)
    recording = read_recording(tmp_path / "a.nwb")
    assert recording.unit == ("grid 0", "border 0")
    np.testing.assert_allclose(recording.position, SESSION.position[SESSION.time <= 45])
    np.testing.assert_allclose(recording.heading, SESSION.heading[SESSION.time <= 45])
    assert len(read_recording(tmp_path / "a.nwb", interval="epochs:box").position) == 1501
    full = read_recording(tmp_path / "a.nwb", series="processing/behavior/Position/led")
    np.testing.assert_array_equal(full.position, recording.position)
