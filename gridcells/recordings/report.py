"""What scoring leaves behind: a table, a sheet of the best rate maps, and a few lines that sum it up."""

from __future__ import annotations

import csv
import importlib
import importlib.util
from pathlib import Path

import numpy as np

from gridcells._common.checks import check_count
from gridcells._common.files import atomic_path, write_json
from gridcells.recordings.recording import Recording
from gridcells.recordings.table import ScoreTable
from gridcells.scores.autocorrelogram import spatial_autocorrelogram
from gridcells.world.arenas import Rectangle

__all__ = ["check_sheet_path", "check_table_path", "summary", "write_report", "write_sheet", "write_table"]

TABLES = (".csv", ".parquet")
SHEETS = (".png", ".pdf")


def write_table(table: ScoreTable, path: str | Path) -> None:
    """Write one row a unit, as CSV or, where pyarrow is installed, Parquet. A table half written is never left behind.

    Parameters
    ----------
    table : ScoreTable
        What to write; numbers in full, NaN as ``nan``.
    path : path_like
        The file, .csv or .parquet.

    Raises
    ------
    ValueError
        If the suffix is another, or pyarrow is missing.
    OSError
        If it cannot be written; an older file at ``path`` is left as it was.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.recordings.table import score_recording
    >>> recording = Recording.of(rate_maps=np.random.default_rng(0).random((2, 20, 20)), bin_size=0.11)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(score_recording(recording, null="none"), Path(folder) / "scores.csv")
    ...     (Path(folder) / "scores.csv").read_text().splitlines()[0][:37]
    'unit,score_60,score_90,null_quantile,'
    """
    path = check_table_path(path)
    columns = table.columns()
    with atomic_path(path) as temporary:
        if path.suffix == ".parquet":
            parquet, pyarrow = importlib.import_module("pyarrow.parquet"), importlib.import_module("pyarrow")
            parquet.write_table(pyarrow.table(columns), temporary)
            return
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))


def write_report(table: ScoreTable, path: str | Path, **more: object) -> None:
    """Write what was left out, how maps were made and what chance was, as JSON.

    Parameters
    ----------
    table : ScoreTable
        With its report, ``hygiene``.
    path : path_like
        The file.
    **more
        What else to hold, by name: numbers, text, lists and dictionaries.

    Raises
    ------
    OSError
        If it cannot be written; an older file at ``path`` is left as it was.

    Examples
    --------
    >>> import json, tempfile
    >>> from gridcells.recordings.table import score_recording
    >>> recording = Recording.of(rate_maps=np.random.default_rng(0).random((2, 20, 20)), bin_size=0.11)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(score_recording(recording, null="none"), Path(folder) / "scores.json")
    ...     json.loads((Path(folder) / "scores.json").read_text())["bins"]
    [20, 20]
    """
    report = {} if table.hygiene is None else table.hygiene.as_dict()
    shuffles = None if table.significance is None else len(table.significance.null_scores)
    write_json(path, report | {"units": len(table.unit), "null": table.null, "null_maps_a_unit": shuffles} | more)


def write_sheet(recording: Recording, table: ScoreTable, path: str | Path, *, units: int = 32) -> None:
    """Draw the units of highest 60 degree score, best first, into a PNG or PDF.

    Parameters
    ----------
    recording : Recording
        With its rate maps, see `map_recording`.
    table : ScoreTable
        Its scores.
    path : path_like
        The file, .png or .pdf.
    units : int
        How many units to draw at most.

    Raises
    ------
    ValueError
        If the suffix is another, the recording has no maps, or no unit has a score.
    OSError
        If it cannot be written; an older file at ``path`` is left as it was.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.recordings.table import score_recording
    >>> recording = Recording.of(rate_maps=np.random.default_rng(0).random((2, 20, 20)), bin_size=0.11)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sheet(recording, score_recording(recording, null="none"), Path(folder) / "sheet.png")
    ...     (Path(folder) / "sheet.png").is_file()
    True
    """
    import matplotlib.pyplot as plt  # a second to import, which a refused file need not wait for

    from gridcells.plots import plot_rate_map_sheet

    path = check_sheet_path(path)
    maps, size = recording.rate_maps, recording.bin_size
    if maps is None:
        raise ValueError("recording: expected one with rate maps, see map_recording, got positions alone")
    best = np.argsort(-table.score_60, kind="stable")[: check_count(units, "units")]
    shifts = spatial_autocorrelogram(maps[best])
    arena = None if size is None else Rectangle(maps.shape[1] * size[0], maps.shape[2] * size[1])
    # the sheet tells how many units there are, so the others' shifts are there too: never touched, without pages
    all_shifts = np.zeros((len(maps), *shifts.shape[1:]))
    all_shifts[best] = shifts
    figure = plot_rate_map_sheet(maps, all_shifts, table.score_60, arena, units=units)
    try:
        with atomic_path(path) as temporary:
            figure.savefig(temporary)
    finally:
        plt.close(figure)


def summary(table: ScoreTable) -> str:
    """Describe a population in a few lines of text.

    Parameters
    ----------
    table : ScoreTable
        Its scores.

    Returns
    -------
    str
        A line a number: units scored, shares above .3, .8 and the null's 95 %, median spacing.
    """
    score, spacing, beside = table.score_60, table.spacing, table.significance
    scored = np.isfinite(score)
    null = np.empty(0) if beside is None else beside.null_scores[np.isfinite(beside.null_scores)]
    rows = [("units scored", f"{scored.sum()} of {len(score)}", "")]
    for level, name in ((0.3, ".3"), (0.8, ".8")):
        chance = f"{table.null} null: {_percent(null > level)}" if beside else ""
        rows.append((f"score above {name}", _percent(score[scored] > level), chance))
    grids, whose = score > 0.3, "of units above .3"
    if beside is not None:
        grids, whose = score > beside.threshold, "of those units"
        share = _percent(grids[scored])
        chance = f"score {beside.mean_threshold:.2f}; chance: {1 - beside.quantile:.0%}"
        rows.append((f"above the null's {100 * beside.quantile:g} %", share, chance))
    known = spacing[grids & np.isfinite(spacing)]
    if len(known):
        middle = np.median(known)
        words = f"{100 * middle:.0f} cm" if table.length_unit == "m" else f"{middle:.1f} bins"
        rows.append(("median spacing", words, whose))
    return "\n".join(f"{name:<22} {value:>10}   {more}".rstrip() for name, value, more in rows)


def check_table_path(path: str | Path) -> Path:
    """Return the path, or raise unless a table can be written in the form that its suffix names."""
    path = Path(path)
    if path.suffix not in TABLES:
        raise ValueError(f"{path}: expected a table that ends in {' or '.join(TABLES)}, got {path.suffix!r}")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        needs = "the optional package pyarrow for Parquet: pip install 'gridcells-companion[parquet]'"
        raise ValueError(f"{path}: expected {needs}, or a .csv path")
    return path


def check_sheet_path(path: str | Path) -> Path:
    """Return the path, or raise unless a picture can be written in the form that its suffix names."""
    path = Path(path)
    if path.suffix not in SHEETS:
        raise ValueError(f"{path}: expected a sheet that ends in {' or '.join(SHEETS)}, got {path.suffix!r}")
    return path


def _percent(which: np.ndarray) -> str:
    """Write the share of true values."""
    return f"{which.mean():.0%}" if which.size else "none"
