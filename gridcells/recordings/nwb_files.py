"""NWB files through pynwb: positions by their full path, headings of another rate, intervals, and the units' spikes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gridcells._common.checks import nearest_name
from gridcells._common.quantities import ANGLES, LENGTHS, factor_of
from gridcells.recordings.intervals import intervals_of, shared_intervals, within_intervals
from gridcells.recordings.measures import Known, Measures, in_metres
from gridcells.recordings.roles import role_of
from gridcells.recordings.series import on_times
from gridcells.recordings.tracking import LONGEST_GAP

__all__ = ["read_nwb"]

NAMES = ("unit_name", "unit_names", "name", "label", "cluster_id")  # columns that may name the units


def read_nwb(
    path: Path,
    *,
    series: Sequence[str] = (),
    heading_series: str | None = None,
    interval: str | None = None,
    measures: Measures,
) -> Known:
    """Read positions, headings and the units' spike times.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    series : sequence of str
        The spatial series of the positions, by full path or the end of one; two for x and y apart.
    heading_series : str, optional
        That of the heading; by default the one of angles, if there is one alone.
    interval : str, optional
        A table of intervals ("trials", "epochs"), or NAME:VALUE for its rows with that value in any column; what lies
        outside does not count.
    measures : Measures
        Units that overrule the file's.
    """
    try:
        pynwb = importlib.import_module("pynwb")
    except ImportError as error:
        raise ValueError(
            "expected the optional package pynwb for NWB files: pip install 'gridcells-companion[nwb]'"
        ) from error
    try:
        with pynwb.NWBHDF5IO(str(path), mode="r", load_namespaces=True) as file:
            return _of_nwb(file.read(), series, heading_series, interval, measures)
    except OSError as error:
        raise ValueError(f"expected an NWB file, got something else ({error})") from error


def _of_nwb(
    nwb: Any, names: Sequence[str], heading_name: str | None, interval: str | None, measures: Measures
) -> Known:
    """Return what the file says."""
    spatial = {
        _path_of(each): each
        for each in nwb.objects.values()
        if getattr(each, "neurodata_type", "") in ("SpatialSeries", "TimeSeries") and hasattr(each, "data")
    }
    notes: list[str] = []
    label, place = _positions(spatial, names, notes)
    time = _times(place[0])
    columns = []
    for each in place:
        scale = measures.metres if "position" in measures.trusted else in_metres(each.unit, "series")
        data = np.asarray(each.data[:], dtype=np.float64) * each.conversion + (getattr(each, "offset", 0.0) or 0.0)
        columns.append(np.reshape(data, (len(data), -1))[:, : 2 if len(place) == 1 else 1] * scale)
    if len({len(column) for column in columns}) != 1:
        raise ValueError(
            f"series: expected x and y of one length, got {' and '.join(str(len(each)) for each in columns)}"
        )
    position = np.concatenate(columns, axis=1)
    units = nwb.units
    if units is None or "spike_times" not in units.colnames:
        raise ValueError("units: expected a table of units with spike_times, got none")
    index = units["spike_times"]
    ends, spikes = np.asarray(index.data[:], dtype=np.int64), np.asarray(index.target.data[:], dtype=np.float64)
    owner = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    heading = _heading(spatial, heading_name, {id(each) for each in place}, time, measures, notes)
    counted = {"obs_intervals": _observed(units, len(ends), time, notes), interval: _within(nwb, interval, time, notes)}
    return {
        "position": position,
        "time": time,
        "heading": heading,
        "spike_times": {str(unit): spikes[owner == unit] for unit in range(len(ends))},
        "unit": _unit_names(units, len(ends)),
        "intervals": {name: each for name, each in counted.items() if each is not None},
        "notes": [f"positions: {label}", *notes],
        "in_si": True,
    }


def _path_of(item: Any) -> str:
    """Return the names of an object and all that hold it, from the file's root on."""
    names, parent = [str(item.name)], item.parent
    while parent is not None and str(getattr(parent, "name", "root")) != "root":
        names.append(str(parent.name))
        parent = getattr(parent, "parent", None)
    return "/".join(reversed(names))


def _chosen(spatial: dict[str, Any], name: str, option: str) -> str:
    """Return the one path that is the name or ends in it; files hold some groups under names that pynwb leaves out."""
    for group in ("processing/", "acquisition/", "stimulus/"):
        name = name.removeprefix(group) if name not in spatial else name
    found = [label for label in spatial if label == name] or [
        label for label in spatial if f"/{label}".endswith(f"/{name}")
    ]
    if len(found) != 1:
        what = f"{', '.join(found)}: say the full path" if found else f"none{nearest_name(name, list(spatial))}"
        raise ValueError(
            f"{option}: expected one series of the file ({', '.join(spatial) or 'none'}), got {name!r}: {what}"
        )
    return found[0]


def _positions(spatial: dict[str, Any], names: Sequence[str], notes: list[str]) -> tuple[str, list[Any]]:
    """Return the series of the positions: one of x, y (and z), or one of x and one of y."""
    if names:
        labels = [_chosen(spatial, name, "series") for name in names]
        found = [spatial[label] for label in labels]
        wide = [each.data.shape[1] if len(each.data.shape) > 1 else 1 for each in found]
        if not (len(found) == 1 and wide[0] in (2, 3)) and not (len(found) == 2 and wide == [1, 1]):
            raise ValueError(f"series: expected one series of x and y, or one of x and one of y, got {wide} columns")
        return " and ".join(labels), found
    angular = {label for label, each in spatial.items() if factor_of(each.unit, ANGLES) is not None}
    flat = {
        label: each
        for label, each in spatial.items()
        if label not in angular
        and len(each.data.shape) == 2
        and each.data.shape[1] in (2, 3)
        and each.neurodata_type == "SpatialSeries"
    }
    if len(flat) == 1:
        [(label, each)] = flat.items()
        if each.data.shape[1] == 3:
            notes.append(f"positions: the third column of {label}, z, left out")
        return label, [each]
    if not flat:
        linear = [label for label in spatial if label not in angular]
        apart = {axis: [label for label in linear if _axis_of(label) == axis] for axis in "xy"}
        if all(len(labels) == 1 for labels in apart.values()):
            labels = [apart["x"][0], apart["y"][0]]
            return " and ".join(labels), [spatial[label] for label in labels]
    raise ValueError(
        f"series: expected one spatial series (x, y), got {', '.join(flat) or 'none'}; say which (--series)"
    )


def _axis_of(label: str) -> str:
    """Return whether a series' own name says that it holds x or y: x, pos_y, x_position, LED x."""
    name = label.rpartition("/")[2]
    return role_of(name) or next((word for word in re.split(r"[^a-z]+", name.lower()) if word in ("x", "y")), "")


def _heading(
    spatial: dict[str, Any],
    name: str | None,
    taken: set[int],
    time: np.ndarray,
    measures: Measures,
    notes: list[str],
) -> np.ndarray | None:
    """Return the heading at each time, rad, from the one series of angles there is or that was named."""
    if name is not None:
        labels = [_chosen(spatial, name, "heading_series")]
    else:
        labels = [
            label
            for label, each in spatial.items()
            if id(each) not in taken
            and (each.neurodata_type == "SpatialSeries" or role_of(label.rpartition("/")[2]) == "heading")
            and int(np.prod(each.data.shape[1:])) == 1
            and factor_of(each.unit, ANGLES) is not None
            and factor_of(each.unit, LENGTHS) is None
        ]
        within = [
            label for label in labels if getattr(spatial[label].parent, "neurodata_type", "") == "CompassDirection"
        ]
        labels = within if len(within) == 1 else labels
    if len(labels) != 1:
        if labels:
            notes.append(f"heading: {', '.join(labels)} could be it: none taken (heading_series says which)")
        return None
    series = spatial[labels[0]]
    factor = measures.radians if "heading" in measures.trusted else factor_of(series.unit, ANGLES)
    if factor is None:
        raise ValueError(f"heading_series: expected the unit rad or deg, got {series.unit!r}; say heading_unit")
    angle = np.asarray(series.data[:], dtype=np.float64).reshape(-1) * series.conversion * factor
    clock = _times(series)
    notes.append(f"heading: {labels[0]}")
    if len(clock) == len(time) and np.allclose(clock, time):
        return angle
    notes.append("heading: interpolated on the circle onto the times of the positions")
    return on_times(angle, clock, time, circular=True, longest_gap=LONGEST_GAP)


def _times(series: Any) -> np.ndarray:
    """Return a series' time stamps, s, or raise unless there are two or more."""
    if series.timestamps is not None:
        time = np.asarray(series.timestamps[:], dtype=np.float64)
    else:
        time = series.starting_time + np.arange(len(series.data)) / series.rate
    if len(time) < 2 or not np.ptp(time) > 0:
        raise ValueError(f"series: expected two or more ascending time stamps, got {len(time)}")
    return time


def _unit_names(units: Any, number: int) -> list[str]:
    """Return the units' names as the file has them, or their identifiers."""
    for column in NAMES:
        if column in units.colnames:
            names = [str(each) for each in np.asarray(units[column].data[:]).tolist()]
            if len(set(names)) == number:
                return names
    return [str(each) for each in np.asarray(units.id[:]).tolist()]


def _observed(units: Any, number: int, time: np.ndarray, notes: list[str]) -> np.ndarray | None:
    """Return the intervals in which all units were observed; None where they always were."""
    if "obs_intervals" not in units.colnames:
        return None
    common: np.ndarray | None = None
    for unit in range(number):
        ends = np.asarray(units["obs_intervals"][unit], dtype=np.float64).reshape(-1, 2)
        if len(ends):
            ends = intervals_of(ends, "obs_intervals")
            common = ends if common is None else shared_intervals(common, ends)
    if common is None:
        return None
    share = float(within_intervals(time, common).mean()) if len(common) else 0.0
    if not share:
        raise ValueError("units: expected units that were observed (obs_intervals) at the same times, got none such")
    if share < 1:
        notes.append(f"obs_intervals: {1 - share:.1%} of the samples lie outside those of some unit: left out")
    return common


def _within(nwb: Any, interval: str | None, time: np.ndarray, notes: list[str]) -> np.ndarray | None:
    """Return the intervals of the wanted kind."""
    if interval is None:
        return None
    name, _, value = interval.partition(":")
    tables = {
        str(each.name): each for each in nwb.objects.values() if getattr(each, "neurodata_type", "") == "TimeIntervals"
    }
    if name not in tables:
        raise ValueError(
            f"interval: expected one of {', '.join(tables) or 'none'}, got {name!r}{nearest_name(name, tables)}"
        )
    table = tables[name]
    start, stop = (np.asarray(table[column].data[:], dtype=np.float64) for column in ("start_time", "stop_time"))
    if value:
        rows = np.zeros(len(start), dtype=bool)
        for column in table.colnames:
            cells = [table[column][row] for row in range(len(start))]
            rows |= np.array(
                [value == str(cell) or (np.size(cell) < 10 and value in map(str, np.ravel(cell))) for cell in cells]
            )
        if not rows.any():
            raise ValueError(f"interval: expected rows of {name} with the value {value!r}, got none")
        start, stop = start[rows], stop[rows]
    ends = intervals_of(np.stack([start, stop], axis=1), "interval")
    notes.append(f"interval: {interval}, {within_intervals(time, ends).mean():.1%} of the samples")
    return ends
