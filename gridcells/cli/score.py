"""The command that scores a file: `gridcells score FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from tqdm import tqdm

__all__ = ["score_command"]


def score_command(
    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")],
    /,
    out: Path = Path("."),
    bins: int | None = None,
    bin_size: float | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    null: Literal["matched", "field_shuffle", "low_pass", "time_shuffle", "none"] = "matched",
    shuffles: int | None = None,
    seed: int = 0,
    sheet: Path | None = None,
    series: str | None = None,
) -> None:
    """Score every unit of a file of rate maps, or of positions and activity.

    FILE is .npy (maps [unit, x, y]), .npz (rate_maps, or position and activity; also heading, time, bounds, bin_size,
    unit), .csv (columns x, y and one a unit, perhaps time and heading; or unit, x, y and rate) or .nwb. Leaves a table
    with a row a unit (grid scores beside a null, spacing, orientation, border score, spatial information and more)
    and a sheet of the best rate maps.

    Args:
        file: What to score; lengths in m, angles in rad, times in s.
        out: A folder for FILE's scores, or a table: .csv or .parquet.
        bins: Bins along the arena's longer side, where maps are made of positions; 20 by default.
        bin_size: Side of a bin, m: of the maps in FILE, or of those to make.
        bounds: Where the arena ends: x_min x_max y_min y_max, m. Positions outside are left out.
        null: What chance is.
        shuffles: Null maps: of each unit (field_shuffle, time_shuffle; 100 by default) or for all (1000).
        seed: The null follows from it.
        sheet: The sheet, .png or .pdf; beside the table by default.
        series: Which spatial series of an NWB file holds the positions.
    """
    from gridcells._common.files import writable_folder  # what scores and draws takes seconds to import
    from gridcells.recordings.mapping import map_recording
    from gridcells.recordings.readers import read_recording
    from gridcells.recordings.report import check_sheet_path, check_table_path, summary, write_sheet, write_table
    from gridcells.recordings.table import score_recording

    table_path = check_table_path(out if out.suffix and not out.is_dir() else out / f"{file.stem}-scores.csv")
    sheet_path = check_sheet_path(sheet or table_path.with_suffix(".png"))
    recording = read_recording(file, bounds=bounds, bin_size=bin_size, series=series)
    for path, name in ((table_path, "out"), (sheet_path, "sheet")):
        writable_folder(path.parent, name)  # before minutes of work, not after
    recording = map_recording(recording, bins=bins, outside="ignore")
    with tqdm(total=0, unit=" null maps", dynamic_ncols=True, leave=False) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        scores = score_recording(recording, null=null, shuffles=shuffles, generator=seed, progress=show)
    write_table(scores, table_path)
    print(summary(scores))
    if recording.position is not None and recording.occupancy is not None:
        left_out = 1 - recording.occupancy.sum() / len(recording.position)
        if left_out > 0:
            print(f"outside the bounds: {left_out:.2%} of the samples, left out")
    print(f"table: {table_path}")
    if np.isfinite(scores.score_60).any():
        write_sheet(recording, scores, sheet_path)
        print(f"sheet: {sheet_path}")
    else:
        print("sheet: none, since no unit has a score")
