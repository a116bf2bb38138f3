"""A page per recording: one HTML file that stands alone, with what a lab meeting looks at."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridcells._common.checks import check_count
from gridcells._common.files import atomic_path
from gridcells.recordings.chance import HEADINGS
from gridcells.recordings.recording import Recording
from gridcells.recordings.table import CHANCES, ScoreTable
from gridcells.scores.autocorrelogram import spatial_autocorrelogram
from gridcells.scores.direction import head_direction_tuning

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_page_path", "write_page"]

MOST_POINTS = 20_000  # of a path that is drawn
#: What stands above each unit: the column, its name, how it is written and the column of its p-value.
NUMBERS = (
    ("score_60", "grid score", "{:.2f}", "p_value"),
    ("spacing", "spacing", "{:.3g}", ""),
    ("border_score", "border score", "{:.2f}", "border_p"),
    ("information_corrected", "information, bits/spike", "{:.2f}", "information_p"),
    ("resultant_length", "resultant", "{:.2f}", "resultant_p"),
    ("speed_score", "speed score", "{:.2f}", "speed_p"),
    ("stability", "stability", "{:.2f}", "stability_p"),
    ("theta_index", "theta index", "{:.1f}", "theta_p"),
    ("fields", "fields", "{:d}", ""),
    ("mean_rate", "mean rate", "{:.2f}", ""),
    ("spikes", "spikes", "{:d}", ""),
)
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1180px; padding: 0 1em; color: #222; }
h1 { font-size: 1.5em; } h2 { font-size: 1.1em; margin: 1.6em 0 .3em; border-top: 1px solid #ccc; padding-top: .8em; }
pre { background: #f4f4f4; padding: .8em 1em; white-space: pre-wrap; } img { max-width: 100%; height: auto; }
dl { display: flex; flex-wrap: wrap; gap: .2em 1.6em; margin: .3em 0; } dl div { display: flex; gap: .4em; }
dt { color: #666; } dd { margin: 0; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
td, th { padding: .15em .6em; text-align: right; border-bottom: 1px solid #eee; } th { font-weight: 600; }
"""


def write_page(recording: Recording, table: ScoreTable, path: str | Path, *, units: int = 24, title: str = "") -> None:
    """Write a page about a recording: what was left out, and each unit's path, map, autocorrelogram, tuning and nulls.

    Parameters
    ----------
    recording : Recording
        With its rate maps, see `map_recording`.
    table : ScoreTable
        Its scores.
    path : path_like
        The file, .html: pictures and style are inside.
    units : int
        How many units to draw at most, those of highest grid score first (of highest information, where none has one);
        the table holds all.
    title : str
        The page's heading; the recording's file by default.

    Raises
    ------
    ValueError
        If the suffix is another, or the recording has no maps.
    OSError
        If it cannot be written; an older file at ``path`` is left as it was.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.recordings.table import score_recording
    >>> recording = Recording.of(rate_maps=np.random.default_rng(0).random((2, 20, 20)), bin_size=0.11)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_page(recording, score_recording(recording, null="none"), Path(folder) / "a.html", title="Two units")
    ...     "<h1>Two units</h1>" in (Path(folder) / "a.html").read_text(encoding="utf-8")
    True
    """
    path = check_page_path(path)
    if recording.rate_maps is None:
        raise ValueError("recording: expected one with rate maps, see map_recording, got positions alone")
    by = table.score_60 if np.isfinite(table.score_60).any() else table.spatial_information
    best = np.argsort(-by, kind="stable")[: check_count(units, "units")]
    heading = title or Path(recording.source).name or "A recording"
    parts = [
        f"<h1>{html.escape(heading)}</h1>",
        f"<pre>{html.escape(str(table.hygiene) if table.hygiene else '')}</pre>",
        *(_unit(recording, table, int(unit)) for unit in best),
    ]
    if len(best) < len(table.unit):
        parts.append(f"<p>{len(table.unit) - len(best)} more units stand in the table alone.</p>")
    parts += ["<h2>All units</h2>", _whole_table(table)]
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(heading)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_page_path(path: str | Path) -> Path:
    """Return the path, or raise unless it ends in .html."""
    path = Path(path)
    if path.suffix != ".html":
        raise ValueError(f"{path}: expected a page that ends in .html, got {path.suffix!r}")
    return path


def _unit(recording: Recording, table: ScoreTable, unit: int) -> str:
    """Return one unit's numbers and pictures."""
    cells = []
    for name, label, form, chance in NUMBERS:
        values = getattr(table, name)
        if values is None or (values.dtype.kind == "f" and np.isnan(values[unit])):
            continue
        text = form.format(values[unit])
        text += f" {table.length_unit}" if name == "spacing" else ""
        p = getattr(table, chance) if chance else None
        text += "" if p is None or np.isnan(p[unit]) else f" (p = {p[unit]:.3g})"
        cells.append(f"<div><dt>{label}</dt><dd>{text}</dd></div>")
    name = html.escape(table.unit[unit])
    figure = _figure(recording, table, unit)
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=90)
    picture = base64.b64encode(held.getvalue()).decode("ascii")
    return (
        f"<h2>Unit {name}</h2><dl>{''.join(cells)}</dl>"
        f'<img alt="Unit {name}: path with spikes, rate map, autocorrelogram, tuning and nulls" '
        f'src="data:image/png;base64,{picture}">'
    )


def _figure(recording: Recording, table: ScoreTable, unit: int) -> Figure:
    """Draw one unit: path with spikes, rate map, autocorrelogram, head-direction tuning, nulls."""
    from matplotlib.figure import Figure  # a second to import, which scores need not wait for

    maps = recording.rate_maps
    assert maps is not None
    track = 1 in maps.shape[1:]
    nulls = {name: null for name, null in table.nulls.items() if name in CHANCES.values() or name == "score_60"}
    turned = recording.heading is not None and recording.activity is not None
    names = ["path"] * (recording.position is not None) + ["map"] + ["shifts"] * (not track)
    names += ["heading"] * turned + ["nulls"] * bool(nulls)
    figure = Figure(figsize=(2.6 * len(names), 2.6), layout="constrained")
    for place, kind in enumerate(names, start=1):
        axes = figure.add_subplot(1, len(names), place, projection="polar" if kind == "heading" else None)
        if kind == "path":
            _draw_path(axes, recording, unit)
        elif kind == "map":
            _draw_map(axes, recording, unit)
        elif kind == "shifts":
            shifts = spatial_autocorrelogram(maps[unit : unit + 1])[0]
            axes.imshow(shifts.T, origin="lower", cmap="coolwarm", vmin=-1, vmax=1)
            axes.set_title("autocorrelogram", fontsize=9)
            axes.set_axis_off()
        elif kind == "heading":
            _draw_heading(axes, recording, unit)
        else:
            _draw_nulls(axes, table, nulls, unit)
    return figure


def _draw_path(axes: Axes, recording: Recording, unit: int) -> None:
    """Draw the path, and a dot where the unit fired."""
    position, trains, activity = recording.position, recording.spikes, recording.activity
    assert position is not None
    step = max(1, len(position) // MOST_POINTS)
    axes.plot(*position[::step].T, color="0.75", linewidth=0.5, zorder=1)
    where = position[trains.sample[trains.of(unit)]] if trains is not None else position[:0]
    if trains is None and activity is not None:
        high = activity[:, unit] > np.quantile(activity[:, unit], 0.95)
        where = position[high]
    axes.scatter(where[:, 0], where[:, 1], s=3, color="#c0392b", linewidths=0, alpha=0.6, zorder=2)
    axes.set_aspect("equal")
    axes.set_title("path and spikes" if trains is not None else "path, highest 5 % of activity", fontsize=9)
    axes.set_axis_off()


def _draw_map(axes: Axes, recording: Recording, unit: int) -> None:
    """Draw the rate map, or its curve along a track."""
    maps, bounds = recording.rate_maps, recording.bounds
    assert maps is not None
    peak = np.nanmax(maps[unit]) if not np.isnan(maps[unit]).all() else np.nan
    name = "Hz" if recording.spikes is not None else ""
    if 1 in maps.shape[1:]:
        ends = (0.0, 1.0, 0.0, 1.0) if bounds is None else bounds
        first, last = ends[:2] if maps.shape[2] == 1 else ends[2:]
        rates = maps[unit].ravel()
        axes.plot(np.linspace(first, last, len(rates)), rates, color="#2c3e50")
        axes.set_xlabel("along the track, m", fontsize=8)
    else:
        extent = None if bounds is None else bounds
        axes.imshow(np.ma.masked_invalid(maps[unit].T), origin="lower", cmap="viridis", vmin=0, extent=extent)
        axes.set_axis_off()
    axes.set_title(f"rate map, peak {peak:.3g} {name}".rstrip(), fontsize=9)


def _draw_heading(axes: Axes, recording: Recording, unit: int) -> None:
    """Draw the tuning to heading."""
    heading, activity, duration = recording.heading, recording.activity, recording.duration
    assert heading is not None and activity is not None
    known = np.isfinite(heading)
    if known.any():
        tuning = head_direction_tuning(
            heading[known],
            activity[known, unit : unit + 1],
            bins=HEADINGS,
            duration=None if duration is None else duration[known],
        )[0]
        angle = -np.pi + (np.arange(HEADINGS) + 0.5) * 2 * np.pi / HEADINGS
        axes.plot(np.r_[angle, angle[0]], np.r_[tuning, tuning[0]], color="#2c3e50")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title("heading", fontsize=9)


def _draw_nulls(axes: Axes, table: ScoreTable, nulls: dict[str, np.ndarray], unit: int) -> None:
    """Draw where the unit's scores lie in the null's: 0 its median, 1 its 95th percentile."""
    labels = []
    for row, (name, null) in enumerate(nulls.items()):
        column = null[:, unit] if null.shape[1] == len(table.unit) else null[:, 0]
        column = column[np.isfinite(column)]
        own = getattr(table, name)[unit]
        labels.append(name.replace("_", " "))
        if not len(column) or np.isnan(own):
            continue
        middle, high = np.median(column), np.quantile(column, 0.95)
        unit_of = max(float(high - middle), 1e-12)
        axes.scatter(
            (column[:200] - middle) / unit_of, np.full(min(len(column), 200), row), s=4, color="0.7", linewidths=0
        )
        axes.plot((own - middle) / unit_of, row, "D", color="#c0392b", markersize=5)
    axes.axvline(1, color="0.5", linewidth=0.7, linestyle=":")
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlim(-3, 6)
    axes.tick_params(axis="x", labelsize=7)
    axes.invert_yaxis()
    axes.set_title("beside chance (1: its 95 %)", fontsize=9)


def _whole_table(table: ScoreTable) -> str:
    """Return the table of all units as HTML."""
    columns = table.columns()

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if np.isnan(value) else f"{value:.3g}"
        return html.escape(str(value))

    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    body = "\n".join("<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
