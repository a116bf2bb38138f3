"""Tables in text: samples one a row, bins of maps one a row, or spikes one a row; with commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gridcells.recordings.measures import EVEN, Known, about, box_around
from gridcells.recordings.roles import assigned, measured_by

__all__ = ["encoding_of", "read_text", "text_header"]

LONG = {"unit", "x", "y", "rate"}  # columns of a table of maps, one row a bin
MISSING = {"", "na", "n/a", "nan", "null", "none", "nil", "-", ".", "missing"}


def encoding_of(path: Path) -> str:
    """Return how a text is written: UTF-8, what a mark at its start says, or else as Windows did, in one byte a letter.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.csv").write_bytes("µ".encode("cp1252"))
    ...     encoding_of(Path(folder) / "a.csv")
    'cp1252'
    """
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    try:
        with path.open(encoding="utf-8-sig") as text:
            for _ in text:
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def text_header(path: Path) -> tuple[list[str], str]:
    """Return the names of the columns, and what stands between them."""
    with path.open(encoding=encoding_of(path), newline="") as file:
        first = next(file, "")
    delimiter = max(",;\t", key=first.count)
    return [name.strip() for name in _cells(first, delimiter)], delimiter


def read_text(path: Path, columns: Sequence[str] = (), ignore: Sequence[str] = ()) -> Known:
    """Read samples, bins of maps or spikes.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns, ignore : sequence of str
        See `assigned`.
    """
    header, delimiter = text_header(path)
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not header or repeated or (set(header) & {""} and header[0] != ""):
        raise ValueError(f"header: expected a name for each column, each once, got {','.join(header)[:80]!r}")
    maps = set(header) == LONG
    roles, notes = assigned(header, columns, ignore)
    found = set(roles.values())
    alone = "y" not in found and not {"y", "z"} & {name.lower() for name in header}
    track = not maps and alone and bool(found & {"x", "position"})
    samples, spikes = track or {"x", "y"} <= found, bool(found & {"spike_times", "time"})
    spikes = spikes and not samples and ("spike_times" in found or found & {"spike_units", "unit"} == {"spike_units"})
    spikes = spikes or (not samples and "time" in found and set(header) <= {*_names(roles, "time"), "unit", "cluster"})
    if not maps and not samples and not spikes:
        raise ValueError(
            f"header: expected the columns x, y and one a unit, or unit, x, y and rate, got {','.join(header)[:80]!r}"
        )
    words = maps or spikes
    used = header if words else [name for name in header if roles[name] != "ignored"]
    rows = _rows(path, header, delimiter, words, [header.index(name) for name in used])
    column = dict(zip(used, rows.T, strict=True))
    measured = measured_by(name for name in used if roles[name] not in ("unit", "ignored"))
    if maps:
        return _maps_of_rows(column["unit"], *(_floats(column[name], name) for name in ("x", "y", "rate")))
    if spikes:
        [moment] = _names(roles, "spike_times") or _names(roles, "time")
        owner = [name for name in header if name != moment and roles[name] in ("spike_units", "unit")]
        return {
            "spike_times": _floats(column[moment], moment),
            "spike_units": column[owner[0]] if owner else np.zeros(len(rows), dtype=int),
            "notes": notes,
            "measured": {"spike_time": next(iter(measured.values()))} if measured else {},
        }
    known: Known = {role: column[name] for name, role in roles.items() if role in ("time", "heading")}
    if track:
        known["position"] = column[(_names(roles, "x") or _names(roles, "position"))[0]]
    else:
        known["position"] = np.stack([column[_names(roles, axis)[0]] for axis in ("x", "y")], axis=1)
    if {"x2", "y2"} <= found:
        known["second_led"] = np.stack([column[_names(roles, axis)[0]] for axis in ("x2", "y2")], axis=1)
    units = _names(roles, "unit")
    if units:
        known |= {"activity": rows[:, [used.index(name) for name in units]], "unit": units}
        if not any("=" not in entry for entry in columns):
            notes = [*notes, f"columns taken for units: {', '.join(units)} (--columns and --ignore choose)"]
    return known | {"notes": notes, "measured": measured}


def _names(roles: dict[str, str], wanted: str) -> list[str]:
    """Return the columns of one role."""
    return [name for name, role in roles.items() if role == wanted]


def _rows(path: Path, header: list[str], delimiter: str, words: bool, used: list[int]) -> np.ndarray:
    """Return the cells below the header, of the columns that are used, as numbers or as words."""
    with path.open(encoding=encoding_of(path), newline="") as file:
        next(file, None)
        first = next(file, None)
        if first is None:
            raise ValueError("expected rows of numbers below the header, got none")
        first = _filled(first, delimiter, words)
        lines = itertools.chain([first], (_filled(line, delimiter, words) for line in file))
        options: dict[str, Any] = {"delimiter": delimiter, "comments": None, "quotechar": '"', "ndmin": 2}
        if len(used) < len(header):
            number = len(_cells(first, delimiter))
            if number != len(header):
                raise ValueError(f"expected {len(header)} columns, as in the header, got {number}")
            options["usecols"] = used
        try:
            rows = np.loadtxt(lines, dtype=np.str_ if words else np.float64, **options)
        except ValueError as error:
            more = " (--ignore leaves a column out)" if "could not convert" in str(error) and not words else ""
            said = f"expected rows of numbers below the header (the first is row 0): {error}{more}"
            raise ValueError(said) from error
    if rows.shape[1] != len(used):
        raise ValueError(f"expected {len(header)} columns, as in the header, got {rows.shape[1]}")
    return rows


def _filled(line: str, delimiter: str, words: bool) -> str:
    """Write nan in the cells of a line that hold nothing, and points for decimal commas."""
    line = line.rstrip("\r\n")
    if '"' in line:
        cells = _cells(line, delimiter)
        if words:
            quoted = (cell.replace('"', '""') for cell in cells)
            return delimiter.join(_or_nan(f'"{cell}"' if delimiter in cell else cell) for cell in quoted)
        return delimiter.join(_or_nan(cell.replace(",", ".")) for cell in cells)
    if delimiter != "," and "," in line:
        line = line.replace(",", ".")
    return delimiter.join(map(_or_nan, line.split(delimiter)))


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, without their quotes."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise ValueError(f"expected cells between {delimiter!r}, got something else ({error})") from error


def _or_nan(cell: str) -> str:
    """Return a cell, or nan where it holds a word for nothing."""
    return "nan" if cell.strip().lower() in MISSING else cell


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
