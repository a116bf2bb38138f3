"""The command that scores a file: `gridcells score FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from tqdm import tqdm

__all__ = ["score_command"]

Unit = Literal["s", "ms", "us", "samples"]


def score_command(
    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")],
    /,
    out: Path = Path("."),
    spikes: tuple[Path, ...] = (),
    bins: int | None = None,
    bin_size: float | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    smooth: str | None = None,
    min_occupancy: float | None = None,
    min_speed: float | None = None,
    max_speed: float | None = None,
    border_form: Literal["relative", "solstad", "banino", "sorscher_code"] = "relative",
    null: Literal["auto", "matched", "field_shuffle", "low_pass", "time_shuffle", "none"] = "auto",
    shuffles: int | None = None,
    seed: int = 0,
    position_unit: Literal["m", "cm", "mm", "px"] | None = None,
    pixels_per_metre: float | None = None,
    heading_unit: Literal["rad", "deg"] | None = None,
    time_unit: Unit | None = None,
    spike_time_unit: Unit | None = None,
    sampling_rate: float | None = None,
    heading_from: Literal["", "movement"] = "",
    max_jump_speed: float = 3.0,
    longest_gap: float = 0.5,
    columns: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    series: tuple[str, ...] = (),
    heading_series: str | None = None,
    interval: str | None = None,
    frame_rate: float | None = None,
    keypoints: tuple[str, ...] = (),
    heading_keypoints: tuple[str, ...] = (),
    min_confidence: float = 0.9,
    compare: Path | None = None,
    compare_spikes: tuple[Path, ...] = (),
    sheet: Path | None = None,
    page: Path | None = None,
    page_units: int = 24,
) -> None:
    """Score every unit of a recording: a file of spikes on a path, of activity at positions, or of rate maps.

    FILE is .mat (posx, posy, post, cellTS), .npz (position, time, spike_times, spike_units; or rate_maps; or position
    and activity), .npy (maps [unit, x, y]), .csv or .tsv (columns x, y and one a unit, perhaps time and heading; or
    unit, x, y and rate), .nwb, or a table of DeepLabCut or SLEAP with --spikes. Leaves a table with a row a unit, a
    report of what was left out (.json), a sheet of the best rate maps (.png) and a page to look at (.html).

    Args:
        file: What to score; lengths in m, angles in rad, times in s, unless the options below say otherwise.
        out: A folder for FILE's scores, or a table: .csv or .parquet.
        spikes: Files of spike times, where FILE has none: .mat, .npy, .npz or .csv.
        bins: Bins along the arena's longer side; 40 for spikes, 20 for other activity by default.
        bin_size: Side of a bin, m: of the maps in FILE, or of those to make.
        bounds: Where the arena ends: x_min x_max y_min y_max, m. Positions outside are left out.
        smooth: Gaussian width for spikes and occupancy, m, or "adaptive"; by default a 25th of the longer side, or 0.
        min_occupancy: Bins with less time are unvisited, s; 0.1 for spikes by default.
        min_speed: Leave out samples at which the animal is slower, m/s.
        max_speed: Leave out samples at which the animal is faster, m/s.
        border_form: Border score relative to the visited area (0 for a unit that fires everywhere), or as published.
        null: What chance is; time_shuffle for spikes, matched otherwise, unless said.
        shuffles: Null maps: of each unit (field_shuffle, time_shuffle; 100 by default) or for all (1000).
        seed: The null follows from it.
        position_unit: Unit of positions and bins in FILE.
        pixels_per_metre: How many pixels are a metre.
        heading_unit: Unit of headings in FILE.
        time_unit: Unit of time stamps in FILE.
        spike_time_unit: Unit of spike times; that of the time stamps by default.
        sampling_rate: Samples a second, for times in samples.
        heading_from: Take the direction of movement for the heading.
        max_jump_speed: Samples that only faster steps lead to are left out, m/s; inf leaves them in.
        longest_gap: Longest time between two samples that counts in full, s.
        columns: Of a text table: x=posx says what a column is; bare names say which are units.
        ignore: Columns of a text table to leave out.
        series: Which spatial series of an NWB file holds the positions, by full path; two for x and y apart.
        heading_series: Which series of an NWB file holds the heading.
        interval: Which intervals of an NWB file count: trials, or epochs:open_field.
        frame_rate: Frames a second of a table of tracked points.
        keypoints: Tracked points whose middle is the position; all by default.
        heading_keypoints: Two tracked points, front and back, that give the heading.
        min_confidence: Tracked points of less confidence are lost.
        compare: A second session, read alike: the correlation of each unit's maps and what was left out are reported.
        compare_spikes: Files of spike times, where the second session has none.
        sheet: The sheet, .png or .pdf; beside the table by default.
        page: The page, .html; beside the table by default.
        page_units: Units on the page, the best first; 0 writes no page.
    """
    from gridcells._common.files import writable_folder  # what scores and draws takes seconds to import
    from gridcells.recordings.mapping import map_recording
    from gridcells.recordings.modules import compare_recordings, mapped_alike, spacing_modules
    from gridcells.recordings.page import check_page_path, write_page
    from gridcells.recordings.readers import read_recording
    from gridcells.recordings.report import (
        check_sheet_path,
        check_table_path,
        summary,
        write_report,
        write_sheet,
        write_table,
    )
    from gridcells.recordings.table import score_recording

    table_path = check_table_path(out if out.suffix and not out.is_dir() else out / f"{file.stem}-scores.csv")
    sheet_path = check_sheet_path(sheet or table_path.with_suffix(".png"))
    page_path = check_page_path(page or table_path.with_suffix(".html"))

    def read(path: Path, beside: tuple[Path, ...]):  # type: ignore[no-untyped-def]
        return read_recording(
            path,
            spikes=beside,
            bounds=bounds,
            bin_size=bin_size,
            series=series or None,
            heading_series=heading_series,
            interval=interval,
            columns=columns,
            ignore=ignore,
            frame_rate=frame_rate,
            keypoints=keypoints,
            heading_keypoints=heading_keypoints,
            min_confidence=min_confidence,
            heading_from=heading_from,
            position_unit=position_unit,
            pixels_per_metre=pixels_per_metre,
            heading_unit=heading_unit,
            time_unit=time_unit,
            spike_time_unit=spike_time_unit,
            sampling_rate=sampling_rate,
            max_jump_speed=max_jump_speed,
            longest_gap=longest_gap,
        )

    recording = read(file, spikes)
    for path, name in ((table_path, "out"), (sheet_path, "sheet"), (page_path, "page")):
        writable_folder(path.parent, name)  # before minutes of work, not after
    second = None if compare is None else read(compare, compare_spikes)
    how: dict[str, object] = {
        "bins": bins,
        "smooth": _width(smooth),
        "min_occupancy": min_occupancy,
        "min_speed": min_speed,
        "max_speed": max_speed,
        "outside": "ignore",
    }
    recording = map_recording(recording, **how)  # type: ignore[arg-type]
    with tqdm(total=0, unit=" null maps", dynamic_ncols=True, leave=False) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        scores = score_recording(
            recording, border_form=border_form, null=null, shuffles=shuffles, generator=seed, progress=show
        )
    write_table(scores, table_path)
    print(scores.hygiene)
    print(summary(scores))
    more: dict[str, object] = {}
    modules = spacing_modules(scores, generator=seed)
    if modules is not None:
        more["modules"] = each_module = [
            {"mean": float(mean), "unit": scores.length_unit, "units": int(np.sum(modules.label == place))}
            for place, mean in enumerate(modules.mean)
        ]
        means = ", ".join(f"{each['mean']:.3g} {each['unit']} ({each['units']} units)" for each in each_module)
        print(f"modules of spacing: {means}")
    if second is not None:
        second = mapped_alike(recording, second, **how)
        found = compare_recordings(recording, second)
        print(f"{compare}:\n{second.hygiene}")
        print(f"map correlation with {compare}: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
        unmeasured = {name: None if np.isnan(value) else value for name, value in found.items()}
        report = None if second.hygiene is None else second.hygiene.as_dict()
        more["compared"] = {"file": str(compare), "map_correlation": unmeasured, "hygiene": report}
    print(f"table: {table_path}")
    write_report(scores, table_path.with_suffix(".json"), **more)
    print(f"report: {table_path.with_suffix('.json')}")
    if np.isfinite(scores.score_60).any():
        write_sheet(recording, scores, sheet_path)
        print(f"sheet: {sheet_path}")
    else:
        print("sheet: none, since no unit has a score")
    if page_units:
        write_page(recording, scores, page_path, units=page_units)
        print(f"page: {page_path}")


def _width(smooth: str | None) -> float | str | None:
    """Return the width of the smoothing that was asked for."""
    if smooth is None or smooth == "adaptive":
        return smooth
    try:
        return float(smooth)
    except ValueError:
        raise ValueError(f"smooth: expected a width in m or 'adaptive', got {smooth!r}") from None
