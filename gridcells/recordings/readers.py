"""Reading recordings from files: NumPy's .npy and .npz, CSV, and NWB through pynwb. Nothing is ever unpickled."""

from __future__ import annotations

import csv
import functools
import importlib
import itertools
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gridcells._common.checks import as_numpy, check_choice, nearest_name
from gridcells.recordings.measures import EVEN, Known, about, box_around, in_metres, overruled
from gridcells.recordings.recording import Recording

__all__ = ["read_recording"]

NUMBERS = ("rate_maps", "maps", "position", "activity", "heading", "time", "occupancy", "bounds", "bin_size")
LONG = {"unit", "x", "y", "rate"}  # columns of a table of maps, one row a bin
DAMAGE = (ValueError, TypeError, EOFError, OSError, MemoryError, RuntimeError)  # what NumPy raises over broken files
TURN = {"rad": 1.0, "radian": 1.0, "deg": np.pi / 180, "degree": np.pi / 180}


def read_recording(
    path: str | Path,
    *,
    bounds: Sequence[float] | None = None,
    bin_size: float | Sequence[float] | None = None,
    series: str | None = None,
) -> Recording:
    """Read rate maps, or positions and activity, from a file.

    ======  ============================================================================================================
    suffix  what the file holds
    ======  ============================================================================================================
    .npy    rate maps [unit, bin_x, bin_y]
    .npz    ``rate_maps`` (or ``maps``), or ``position`` [..., 2] and ``activity`` [..., unit]; if known also
            ``heading``, ``time``, ``occupancy``, ``bounds``, ``bin_size`` and ``unit``, as in `Recording`
    .csv    a header and one row a sample: columns ``x`` and ``y`` (m), if known ``time`` (s) and ``heading`` (rad),
            and any other column the activity of the unit that it names; or one row a bin of a map: columns ``unit``,
            ``x``, ``y`` (the bin's centre, m) and ``rate``. Bins that are missing or empty are unvisited.
    .nwb    a spatial series of two columns and the units' spike times, which become the rate (Hz) at each time stamp
    ======  ============================================================================================================

    Parameters
    ----------
    path : path_like
        The file.
    bounds : (float, float, float, float), optional
        Where the arena ends, x_min, x_max, y_min, y_max, m, whatever the file says.
    bin_size : float or (float, float), optional
        Side of a bin, or its sides along x and along y, m, whatever the file says: of its maps, or of those to make.
    series : str, optional
        Name of the spatial series, where an NWB file has several.

    Returns
    -------
    Recording
        Maps, or positions and activity.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    ValueError
        If the file is empty, damaged or of another kind, a key or column is missing, or what it holds is no numbers, of
        the wrong shape or infinite. The message names the file, the key and what was expected.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder) / "maps.npz", rate_maps=np.ones((3, 20, 20)), bin_size=0.11)
    ...     read_recording(Path(folder) / "maps.npz").rate_maps.shape
    (3, 20, 20)
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a file, found {'a folder' if path.is_dir() else 'none'}")
    with about(str(path)):
        if suffix not in READERS:
            raise ValueError(f"expected a file that ends in {', '.join(READERS)}, got {suffix or 'no suffix'!r}")
        if not path.stat().st_size:
            raise ValueError("expected rate maps, or positions and activity, got an empty file")
        known = READERS[suffix](path) if suffix != ".nwb" else _read_nwb(path, series)
        return Recording.of(**overruled(known, bounds=bounds, bin_size=bin_size), source=str(path))


def _read_npy(path: Path) -> Known:
    """Read rate maps that are alone in their file."""
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise ValueError("expected an array as numpy.save writes it, got something else")
    return {"rate_maps": _loaded(functools.partial(np.load, path, allow_pickle=False), "rate_maps")}


def _read_npz(path: Path) -> Known:
    """Read the arrays that mean something here, by their names."""
    if not zipfile.is_zipfile(path):
        raise ValueError("expected arrays as numpy.savez writes them, got something else")
    with _loaded(functools.partial(np.load, path, allow_pickle=False), "keys") as archive:
        have = archive.files
        known = [key for key in (*NUMBERS, "unit") if key in have]
        found = {key: _loaded(functools.partial(archive.__getitem__, key), key) for key in known}
    if {"rate_maps", "maps"} <= set(found):
        raise ValueError("rate_maps: expected the maps once, got maps too")
    if "maps" in found:
        found["rate_maps"] = as_numpy(found.pop("maps"), "maps")
    if not ("rate_maps" in found or {"position", "activity"} <= set(found)):
        hints = {nearest_name(key, NUMBERS[:4]) for key in have if key not in NUMBERS} - {""}
        raise ValueError(
            f"expected the key rate_maps, or position and activity, got {', '.join(have) or 'no keys'}"
            f"{hints.pop() if len(hints) == 1 else ''}"
        )
    return found


def _loaded(load: Callable[[], Any], key: str) -> Any:
    """Return what is loaded, or raise if it is damaged or holds Python objects."""
    try:
        return load()
    except (*DAMAGE, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error):
            raise ValueError(f"{key}: expected numbers, got Python objects, which are never unpickled") from error
        raise ValueError(f"{key}: expected a whole array, got a damaged one ({error})") from error


def _read_csv(path: Path) -> Known:
    """Read samples, one a row, or the bins of maps, one a row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = [name.strip() for name in next(csv.reader(file), [])]
        repeated = sorted({name for name in header if header.count(name) > 1})
        if not header or repeated or "" in header:
            raise ValueError(f"header: expected a name for each column, each once, got {','.join(header)[:80]!r}")
        maps = set(header) == LONG
        if not maps and not {"x", "y"} <= set(header):
            raise ValueError(
                "header: expected the columns x, y and one a unit, or unit, x, y and rate, "
                f"got {','.join(header)[:80]!r}"
            )
        first = next(file, None)
        if first is None:
            raise ValueError("expected rows of numbers below the header, got none")
        lines = (_filled(line) for line in itertools.chain([first], file))
        options: dict[str, Any] = {"delimiter": ",", "comments": None, "quotechar": '"', "ndmin": 2}
        try:
            rows = np.loadtxt(lines, dtype=np.str_ if maps else np.float64, **options)
        except ValueError as error:
            raise ValueError(f"expected rows of numbers below the header (the first is row 0): {error}") from error
    if rows.shape[1] != len(header):
        raise ValueError(f"expected {len(header)} columns, as in the header, got {rows.shape[1]}")
    column = dict(zip(header, rows.T, strict=True))
    if maps:
        return _maps_of_rows(column["unit"], *(_floats(column[name], name) for name in ("x", "y", "rate")))
    units = [name for name in header if name not in ("x", "y", "time", "heading")]
    if not units:
        raise ValueError("header: expected a column of activity for each unit beside x and y, got none")
    return {
        "position": np.stack([column["x"], column["y"]], axis=1),
        "activity": rows[:, [header.index(name) for name in units]],
        "heading": column.get("heading"),
        "time": column.get("time"),
        "unit": units,
    }


def _filled(line: str) -> str:
    """Write nan in the empty cells of a line."""
    line = line.rstrip("\r\n")
    if ",," not in line and not line.startswith(",") and not line.endswith(","):
        return line
    return ",".join(cell if cell.strip() else "nan" for cell in line.split(","))


def _floats(words: np.ndarray, name: str) -> np.ndarray:
    """Return a column's numbers."""
    with about(name):
        return np.fromiter(map(float, words.tolist()), dtype=np.float64, count=len(words))


def _maps_of_rows(name: np.ndarray, x: np.ndarray, y: np.ndarray, rate: np.ndarray) -> Known:
    """Lay rates [row] out as maps, by the units' names and the bins' centres."""
    names, first, unit = np.unique(name, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))  # units in the order of the file
    place_x, centres_x = _bins_of(x, "x")
    place_y, centres_y = _bins_of(y, "y")
    maps = np.full((len(names), len(centres_x), len(centres_y)), np.nan)
    flat = np.ravel_multi_index((rank[unit], place_x, place_y), maps.shape)
    if len(np.unique(flat)) != len(flat):
        raise ValueError("expected one row for each bin of a unit, got a bin twice")
    maps.flat[flat] = rate
    return {"rate_maps": maps, "bounds": box_around([centres_x, centres_y]), "unit": names[np.argsort(first)]}


def _bins_of(centre: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which bin each row belongs to, and the bins' centres, m."""
    if not np.isfinite(centre).all():
        raise ValueError(f"{name}: expected the centres of bins, finite metres, got NaN or infinite values")
    places = np.unique(centre)
    if len(places) < 2:
        return np.zeros(len(centre), dtype=np.int64), places
    step = np.median(np.diff(places))
    number = round((places[-1] - places[0]) / step) + 1
    index = np.rint((centre - places[0]) / (places[-1] - places[0]) * (number - 1)).astype(np.int64)
    even = np.linspace(places[0], places[-1], number) if number <= 4 * len(places) else places[:0]
    if not even.size or np.abs(even[index] - centre).max() > EVEN * step:
        raise ValueError(f"{name}: expected the centres of evenly spaced bins, got {places[:4].tolist()} ...")
    return index, even


def _read_nwb(path: Path, series: str | None) -> Known:
    """Read a spatial series and the units' spike times."""
    try:
        pynwb = importlib.import_module("pynwb")
    except ImportError as error:
        raise ValueError(
            "expected the optional package pynwb for NWB files: pip install 'gridcells-companion[nwb]'"
        ) from error
    try:
        with pynwb.NWBHDF5IO(str(path), mode="r", load_namespaces=True) as file:
            return _of_nwb(file.read(), series)
    except OSError as error:
        raise ValueError(f"expected an NWB file, got something else ({error})") from error


def _of_nwb(nwb: Any, name: str | None) -> Known:
    """Return positions, headings where there is one series of them, and the rate at each time stamp."""
    spatial = {
        f"{each.parent.name}/{each.name}": each
        for each in nwb.objects.values()
        if getattr(each, "neurodata_type", "") == "SpatialSeries"
    }
    flat = {label: each for label, each in spatial.items() if tuple(each.data.shape[1:]) == (2,)}
    chosen = flat if name is None else {label: each for label, each in flat.items() if name in (label, each.name)}
    if len(chosen) != 1:
        if name is not None and flat:
            check_choice(name, "series", tuple(flat))
        raise ValueError(f"series: expected one spatial series (x, y), got {', '.join(chosen) or 'none'}")
    [place] = chosen.values()
    scale = in_metres(place.unit, "series")
    position = (np.asarray(place.data[:]) * place.conversion + getattr(place, "offset", 0.0)) * scale
    time = _times(place)
    units = nwb.units
    if units is None or "spike_times" not in units.colnames:
        raise ValueError("units: expected a table of units with spike_times, got none")
    index = units["spike_times"]
    ends, spikes = np.asarray(index.data[:], dtype=np.int64), np.asarray(index.target.data[:], dtype=np.float64)
    owner = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    turns = [each for each in spatial.values() if each.data.shape in ((len(time),), (len(time), 1))]
    heading = None
    if len(turns) == 1 and (turn := TURN.get(str(turns[0].unit).lower().removesuffix("s"))) is not None:
        heading = np.asarray(turns[0].data[:]).reshape(-1) * turns[0].conversion * turn
    return {
        "position": position,
        "activity": _rates(time, spikes, owner, len(ends)),
        "heading": heading,
        "time": time,
        "unit": [str(each) for each in np.asarray(units.id[:]).tolist()],
    }


def _times(series: Any) -> np.ndarray:
    """Return a series' time stamps, s, or raise unless they ascend."""
    if series.timestamps is not None:
        time = np.asarray(series.timestamps[:], dtype=np.float64)
    else:
        time = series.starting_time + np.arange(len(series.data)) / series.rate
    if len(time) < 2 or not (np.diff(time) > 0).all():
        raise ValueError(f"series: expected two or more ascending time stamps, got {len(time)}")
    return time


def _rates(time: np.ndarray, spikes: np.ndarray, owner: np.ndarray, units: int) -> np.ndarray:
    """Return how often each unit fired at each time stamp [time, unit], Hz: every spike counts at the nearest one.

    Spikes further from any than the stamps are from each other fell into a gap of the tracking and do not count.
    """
    step = np.median(np.diff(time))
    nearest = np.searchsorted((time[1:] + time[:-1]) / 2, spikes)
    counted = np.abs(spikes - time[nearest]) <= step
    rates = np.zeros((len(time), units), dtype=np.float32)
    np.add.at(rates, (nearest[counted], owner[counted]), np.float32(1 / step))
    return rates


READERS: dict[str, Callable[..., Known]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".csv": _read_csv,
    ".nwb": _read_nwb,
}
