"""Reading recordings from files: which reader a file needs, what spikes come from beside it, in which units it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gridcells._common.checks import as_numpy, check_choice
from gridcells.recordings.matlab_files import read_matlab
from gridcells.recordings.measures import Known, Measures, about, overruled
from gridcells.recordings.numpy_files import read_npy, read_npz
from gridcells.recordings.nwb_files import read_nwb
from gridcells.recordings.pose_files import is_pose_file, read_pose
from gridcells.recordings.recording import Recording
from gridcells.recordings.session import FROM_MOVEMENT
from gridcells.recordings.text_files import read_text
from gridcells.recordings.tracking import LONGEST_GAP, MAX_JUMP_SPEED, heading_of_movement
from gridcells.recordings.trains import trains_of

__all__ = ["read_recording"]

SUFFIXES = (".npz", ".npy", ".csv", ".nwb", ".mat", ".tsv", ".h5", ".slp")
KINDS = {".nwb": "NWB", ".csv": "text", ".tsv": "text"}
AXONA = (".set", ".pos", ".cut", ".clu", ".eeg", ".egf")  # tetrodes besides, which end in their number
SESSION = (
    "position",
    "time",
    "heading",
    "second_led",
    "spike_times",
    "spike_units",
    "unit",
    "bounds",
    "bin_size",
    "intervals",
)
ALONE = ("second_led", "spike_times", "spike_units", "intervals")  # what spikes alone can use


def read_recording(
    path: str | Path,
    *,
    spikes: str | Path | Sequence[str | Path] = (),
    bounds: Sequence[float] | None = None,
    bin_size: float | Sequence[float] | None = None,
    series: str | Sequence[str] | None = None,
    heading_series: str | None = None,
    interval: str | None = None,
    columns: Sequence[str] = (),
    ignore: Sequence[str] = (),
    frame_rate: float | None = None,
    keypoints: Sequence[str] = (),
    heading_keypoints: Sequence[str] = (),
    min_confidence: float = 0.9,
    heading_from: str = "",
    position_unit: str | None = None,
    pixels_per_metre: float | None = None,
    heading_unit: str | None = None,
    time_unit: str | None = None,
    spike_time_unit: str | None = None,
    sampling_rate: float | None = None,
    max_jump_speed: float = MAX_JUMP_SPEED,
    longest_gap: float = LONGEST_GAP,
) -> Recording:
    """Read rate maps, or a path and what units did on it, from a file or two.

    ============  ======================================================================================================
    suffix        what the file holds
    ============  ======================================================================================================
    .mat          ``posx posy [posx2 posy2] post cellTS`` (spike times of one cell, or a cell array of several), or
                  ``rate_maps``; version 7.3 needs h5py
    .npz          ``rate_maps``; or ``position`` [..., 2] and ``activity`` [..., unit]; or ``position`` [sample, 2],
                  ``time`` [sample] (s), ``spike_times`` [spike] (s) and ``spike_units`` [spike]; if known also
                  ``heading``, ``occupancy``, ``bounds``, ``bin_size`` and ``unit``
    .npy          rate maps [unit, bin_x, bin_y]; as ``spikes``, the times of one unit
    .csv .tsv     a header and one row a sample: columns ``x`` and ``y`` (m), if known ``time`` (s) and ``heading``
                  (rad), and any other column the activity of the unit that it names; or one row a bin of a map:
                  ``unit``, ``x``, ``y`` (the bin's centre, m) and ``rate``; or one row a spike: ``time`` and ``unit``.
                  Commas, semicolons or tabs; decimal commas; ``NA`` and empty cells are NaN; ``x`` alone is a track
    .nwb          a spatial series and the units' spike times, through pynwb
    .h5 .slp      tracked points of DeepLabCut (.csv too) and SLEAP, through movement
    .set .pos .1  Axona's files are refused: neo reads the spikes of their tetrodes, and nothing that is kept their
                  positions and clusters; export these to one of the above
    ============  ======================================================================================================

    The names of arrays, columns and variables are those that labs use (``ROLES`` in this room), and may end in their
    unit (``time_ms``, ``X [cm]``); what is left out is said in the recording's ``hygiene``.

    Parameters
    ----------
    path : path_like
        The file.
    spikes : path_like or sequence of path_like
        Files of spike times, where ``path`` has none: .mat, .npy, .npz or .csv. A file of one train is one unit, named
        by the file.
    bounds : (float, float, float, float), optional
        Where the arena ends, x_min, x_max, y_min, y_max, m, whatever the file says.
    bin_size : float or (float, float), optional
        Side of a bin, or its sides along x and along y, m, whatever the file says: of its maps, or of those to make.
    series, heading_series, interval : str, optional
        Of an NWB file: which series the positions (two for x and y apart) and headings are, by full path or the end of
        one; and which table of intervals counts, "trials" or "epochs:open_field".
    columns, ignore : sequence of str
        Of a table in text: "x=posx" says what a column is, bare names which columns are units; names to leave out.
    frame_rate : float, optional
        Of tracked points, frames a second.
    keypoints, heading_keypoints, min_confidence : optional
        Of tracked points: whose middle is the position (all by default); front and back, which give the heading; below
        which confidence a point is lost.
    heading_from : {"", "movement"}
        Take the direction of movement for the heading.
    position_unit, pixels_per_metre, heading_unit, time_unit, spike_time_unit, sampling_rate : optional
        Units of what the file says, see `Measures`.
    max_jump_speed, longest_gap : float
        See `Recording.from_spikes`.

    Returns
    -------
    Recording
        Maps, or positions with spikes or activity.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    ValueError
        If the file is empty, damaged or of another kind, a key or column is missing, what it holds is no numbers, of
        the wrong shape or infinite, or in implausible units. The message names the file, the key and what was expected.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder) / "maps.npz", rate_maps=np.ones((3, 20, 20)), bin_size=0.11)
    ...     read_recording(Path(folder) / "maps.npz").rate_maps.shape
    (3, 20, 20)
    """
    path = _file(path)
    with about(str(path)):
        measures = Measures(position_unit, pixels_per_metre, heading_unit, time_unit, spike_time_unit, sampling_rate)
        pose = is_pose_file(path)
        kind = "tracked points" if pose else KINDS.get(path.suffix.lower(), "")
        for wanted_kind, options in (
            ("NWB", {"series": series, "heading_series": heading_series, "interval": interval}),
            ("text", {"columns": columns, "ignore": ignore}),
            (
                "tracked points",
                {"frame_rate": frame_rate, "keypoints": keypoints, "heading_keypoints": heading_keypoints},
            ),
        ):
            if kind != wanted_kind and (name := next((name for name, value in options.items() if value), "")):
                raise ValueError(f"{name}: expected none but for {wanted_kind}, got {options[name]!r}")
        if pose:
            known = read_pose(
                path,
                frame_rate=frame_rate,
                keypoints=keypoints,
                heading_keypoints=heading_keypoints,
                min_confidence=min_confidence,
            )
        elif kind == "NWB":
            wanted = () if series is None else (series,) if isinstance(series, str) else tuple(series)
            known = read_nwb(path, series=wanted, heading_series=heading_series, interval=interval, measures=measures)
        else:
            known = _read(path, columns, ignore)
    beside = (spikes,) if isinstance(spikes, str | Path) else tuple(spikes)
    if beside:
        with about(str(path)):
            known["notes"] = [*known.get("notes", []), *_left_for_spikes(known)]
        spiking = _spikes_beside(beside)
        known["notes"] += spiking.pop("notes")
        known["measured"] = known.get("measured", {}) | spiking.pop("measured")
        known |= spiking
    with about(str(path)):
        return _recording(known, measures, bounds, bin_size, heading_from, max_jump_speed, longest_gap, str(path))


def _file(path: str | Path) -> Path:
    """Return the path, or raise unless it is a file that may be read."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a file, found {'a folder' if path.is_dir() else 'none'}")
    if path.suffix.lower() in AXONA or path.suffix[1:].isdigit():
        raise ValueError(
            f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, got one of Axona, of which no kept library "
            "reads the positions (.pos) and the clusters (.cut, .clu): export positions, times and spike times to a "
            ".mat (posx, posy, post, cellTS) or .npz (position, time, spike_times, spike_units), or hand arrays to "
            "Recording.from_spikes"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, got {path.suffix.lower() or 'no suffix'!r}"
        )
    if not path.stat().st_size:
        raise ValueError(f"{path}: expected rate maps, or positions and activity, got an empty file")
    return path


def _read(path: Path, columns: Sequence[str] = (), ignore: Sequence[str] = ()) -> Known:
    """Return what a file of NumPy, MATLAB or text says."""
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path)
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".mat":
        return read_matlab(path)
    return read_text(path, columns, ignore)


def _spikes_beside(paths: Sequence[str | Path]) -> Known:
    """Return the spike times of several files, by unit."""
    trains: dict[str, np.ndarray] = {}
    notes: list[str] = []
    measured: set[str | None] = set()
    for each in paths:
        path = _file(each)
        with about(str(path)):
            known = _read(path)
            if "spike_times" not in known:
                raise ValueError(f"expected spike times, got {', '.join(known)}")
            notes += [f"{path.name}: {note}" for note in known.get("notes", [])]
            measured.add(known.get("measured", {}).get("spike_time"))
            if len(measured) > 1:
                raise ValueError("spike_time_unit: expected all files to say one unit or none, got several: say which")
            times, unit, names = trains_of(known["spike_times"], known.get("spike_units"))
            for place, name in enumerate(names):
                label = path.stem if len(names) == 1 and name in ("0", "1", path.stem) else name
                if label in trains:
                    label = f"{path.stem}/{name}"
                trains[label] = times[unit == place]
    [said] = measured or {None}
    return {
        "spike_times": trains,
        "spike_units": None,
        "unit": None,
        "notes": notes,
        "measured": {"spike_time": said} if said else {},
    }


def _left_for_spikes(known: Known) -> list[str]:
    """Return a word on what a file says that spikes beside it replace, or raise where they have no place in it."""
    if known.get("rate_maps") is not None:
        raise ValueError("spikes: expected none for rate maps, which are there already")
    left = [name for name in ("spike_times", "activity") if known.pop(name, None) is not None]
    known.pop("spike_units", None)
    return [f"spikes: {' and '.join(left)} of the file left out for those beside it"] if left else []


def _recording(
    known: Known,
    measures: Measures,
    bounds: Sequence[float] | None,
    bin_size: float | Sequence[float] | None,
    heading_from: str,
    max_jump_speed: float,
    longest_gap: float,
    source: str,
) -> Recording:
    """Return the recording that a file's words make, everything in m, rad and s."""
    notes, said = known.pop("notes", []), known.pop("measured", {})
    if said:
        before, measures = measures, measures.beside(**said)
        words = [
            f"{name.replace('_', ' ')} {unit}"
            for name, unit in said.items()
            if getattr(measures, name) != getattr(before, name)
        ]
        notes = [*notes, f"units that names say: {', '.join(words)}"] if before != measures else notes
    if known.pop("in_si", False):  # the file says its units itself
        measures = Measures(sampling_rate=measures.sampling_rate)
    elif known.pop("heading_in_si", False) and known.get("heading") is not None:
        known["heading"] = as_numpy(known["heading"], "heading") / measures.radians
    position, clock = known.get("position"), known.get("time")
    given = {name: each for name, each in (("bounds", bounds), ("bin_size", bin_size)) if each is not None}
    if "spike_times" in known and known.get("rate_maps") is None:
        if position is None or clock is None:
            missing = " and ".join(name for name in ("position", "time") if known.get(name) is None)
            raise ValueError(f"expected positions and their times beside spike times, got no {missing}")
        options = {name: value for name, value in known.items() if name in SESSION and name not in ("position", "time")}
        for name, value in given.items():  # m, whatever the file is in
            options[name] = np.asarray(value, dtype=float) / measures.metres
        return Recording.from_spikes(
            position,
            np.reshape(clock, -1),
            options.pop("spike_times"),
            **options,
            heading_from=heading_from,
            position_unit=measures.position,
            pixels_per_metre=measures.pixels_per_metre,
            heading_unit=measures.heading,
            time_unit=measures.time,
            spike_time_unit=measures.spike_time,
            sampling_rate=measures.sampling_rate,
            max_jump_speed=max_jump_speed,
            longest_gap=longest_gap,
            notes=notes,
            source=source,
        )
    if known.get("rate_maps") is None and known.get("activity") is None and position is not None:
        raise ValueError(
            "expected spike times or activity beside the positions, got none: name their files, "
            "spikes=... (--spikes T2C3.mat), or a column of activity for each unit"
        )
    known = {name: value for name, value in known.items() if name not in ALONE}
    recording = Recording.of(
        **overruled(measures.converted(known), **given),
        source=source,
        trusted=measures.trusted,
        max_jump_speed=max_jump_speed,
        longest_gap=longest_gap,
    )
    if heading_from and recording.heading is None:
        check_choice(heading_from, "heading_from", ("", "movement"))
        if recording.position is None or recording.time is None:
            raise ValueError("heading_from: expected positions with their times, got none")
        towards = heading_of_movement(recording.position, recording.time, longest_gap)
        recording = dataclasses.replace(recording, heading=towards).noted(FROM_MOVEMENT)
    return recording.noted(*notes) if notes else recording
