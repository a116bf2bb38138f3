"""What names in files mean, and the units that they say."""

import numpy as np
import pytest
from scipy import io

from gridcells.recordings import Measures, read_recording, score_recording, simulate_session
from gridcells.recordings.roles import measured_by, role_of, unit_of

SESSION = simulate_session(seconds=60.0, kinds=("grid", "direction"), generator=0)
COUNTS = np.stack([np.histogram(train, np.r_[SESSION.time, 60.0])[0] for train in SESSION.spike_times.values()], 1)


def table(folder, header, *columns, sep=","):
    rows = "\n".join(sep.join(f"{value:.9g}" for value in row) for row in np.column_stack(columns))
    (folder / "a.csv").write_text(sep.join(header) + "\n" + rows + "\n", encoding="utf-8")
    return folder / "a.csv"


@pytest.mark.parametrize(
    ("name", "role", "unit"),
    [
        ("time_ms", "time", ("time", "ms")),
        ("Timestamp (us)", "time", ("time", "us")),
        ("X [cm]", "x", ("position", "cm")),
        ("pos_y_mm", "y", ("position", "mm")),
        ("x (pixels)", "x", ("position", "px")),
        ("head direction_deg", "", None),
        ("HD (°)", "heading", ("heading", "deg")),
        ("heading_rad", "heading", ("heading", "rad")),
        ("spike_times_s", "spike_times", ("spike_time", "s")),
        ("x", "x", None),
        ("x_deg", "", None),  # no length
        ("cell_s", "", None),
        ("head_velocity", "ignored", None),
        ("frame number", "ignored", None),
        ("nose_likelihood", "ignored", None),
        ("tt3_c1", "", None),
    ],
)
def test_a_name_is_a_role_with_a_unit(name, role, unit):
    assert role_of(name) == role
    assert unit_of(name) == unit


def test_units_that_differ_are_refused():
    assert measured_by(["x_cm", "y_cm", "t", "hd_deg"]) == {"position": "cm", "heading": "deg"}
    with pytest.raises(ValueError, match="position_unit: expected one, got 'cm' of x_cm and 'mm' of y_mm"):
        measured_by(["x_cm", "y_mm"])


def test_what_the_caller_says_goes_before_what_names_say():
    said = Measures(position="mm").beside(position="cm", time="ms")
    assert (said.metres, said.seconds) == (0.001, 0.001)
    assert Measures(pixels_per_metre=500).beside(position="cm").metres == 0.002
    with pytest.raises(ValueError, match="pixels_per_metre: expected how many pixels are a metre"):
        Measures().beside(position="px")


def test_columns_whose_names_say_their_unit_are_no_units_that_fire(tmp_path):
    x, y = 15 * SESSION.position.T  # a box of 15 cm, which metres would not give away
    plain = read_recording(
        table(
            tmp_path, ["time", "x", "y", "heading", "a", "b"], SESSION.time, x / 100, y / 100, SESSION.heading, COUNTS
        )
    )
    named = read_recording(
        table(
            tmp_path,
            ["Time (ms)", "X_cm", "Y_cm", "HD [deg]", "a", "b"],
            1000 * SESSION.time,
            x,
            y,
            np.rad2deg(SESSION.heading),
            COUNTS,
        )
    )
    assert named.unit == plain.unit == ("a", "b")
    for name in ("position", "time", "heading"):
        np.testing.assert_allclose(getattr(named, name), getattr(plain, name), atol=1e-6, err_msg=name)
    assert "units that names say: time ms, position cm, heading deg" in named.hygiene.notes
    assert not any("units that names say" in note for note in plain.hygiene.notes)
    overruled = read_recording(tmp_path / "a.csv", position_unit="mm", max_jump_speed=np.inf)
    np.testing.assert_allclose(overruled.position, plain.position / 10, atol=1e-6)
    assert "units that names say: time ms, heading deg" in overruled.hygiene.notes


def test_columns_of_movement_are_left_out_and_those_taken_for_units_named(tmp_path):
    names = ["t", "x", "y", "vx", "head_speed", "video frame", "lap", "t1c1"]
    x, y = SESSION.position.T
    recording = read_recording(table(tmp_path, names, SESSION.time, x, y, x, x, x, x, COUNTS[:, 0]))
    assert recording.unit == ("t1c1",)
    assert "columns left out: vx, head_speed, video frame, lap" in recording.hygiene.notes
    assert "columns taken for units: t1c1 (--columns and --ignore choose)" in recording.hygiene.notes


@pytest.mark.parametrize("form", ["npz", "mat"])
def test_arrays_and_variables_say_units_too(tmp_path, form):
    grid = SESSION.spike_times["grid 0"]
    known = {"pos_cm": 100 * SESSION.position, "time_ms": 1000 * SESSION.time, "spike_times_s": grid}
    np.savez(tmp_path / "a.npz", **known)
    io.savemat(tmp_path / "a.mat", known)
    recording = read_recording(tmp_path / f"a.{form}")
    np.testing.assert_allclose(recording.position, SESSION.position)
    np.testing.assert_allclose(recording.time, SESSION.time)
    assert recording.spikes.count.tolist() == [len(grid)]
    assert score_recording(recording, null="none").hygiene.box == pytest.approx((-0.5, 0.5, -0.5, 0.5), abs=0.02)


def test_spikes_beside_say_their_unit_and_what_is_left_out_of_their_files(tmp_path):
    np.savez(tmp_path / "track.npz", position=SESSION.position, time=SESSION.time)
    trains = list(SESSION.spike_times.items())
    for name, train in trains:
        np.savez(tmp_path / f"{name}.npz", spike_times_ms=1000 * train, depth=[1, 2])
    files = [tmp_path / f"{name}.npz" for name, _ in trains]
    recording = read_recording(tmp_path / "track.npz", spikes=files)
    assert recording.spikes.count.tolist() == [len(train) for _, train in trains]
    assert "grid 0.npz: left out, since it means nothing here: depth" in recording.hygiene.notes
    np.savez(files[1], spike_times=trains[1][1])
    with pytest.raises(
        ValueError, match="direction 0.npz: spike_time_unit: expected all files to say one unit or none"
    ):
        read_recording(tmp_path / "track.npz", spikes=files)
