"""A page per recording: one HTML file that stands alone, with what a lab meeting looks at."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

import numpy as np

from gridcells._common.checks import check_count
from gridcells._common.files import atomic_path
from gridcells.recordings.drawing import draw_unit
from gridcells.recordings.recording import Recording
from gridcells.recordings.table import ScoreTable

__all__ = ["check_page_path", "write_page"]

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
    figure = draw_unit(recording, table, unit)
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=90)
    picture = base64.b64encode(held.getvalue()).decode("ascii")
    return (
        f"<h2>Unit {name}</h2><dl>{''.join(cells)}</dl>"
        f'<img alt="Unit {name}: path with spikes, rate map, autocorrelogram, tuning and nulls" '
        f'src="data:image/png;base64,{picture}">'
    )


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
