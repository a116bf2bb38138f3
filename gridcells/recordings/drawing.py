"""Pictures of recorded units: path with spikes, rate map, autocorrelogram, tuning, and scores beside chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gridcells.recordings.chance import HEADINGS
from gridcells.recordings.recording import Recording
from gridcells.recordings.table import CHANCES, ScoreTable
from gridcells.scores.autocorrelogram import spatial_autocorrelogram
from gridcells.scores.direction import head_direction_tuning

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_unit", "draw_units"]

LIMIT = 6.0  # of the scale beside chance: what lies beyond is drawn at its end
MOST_POINTS = 20_000  # of a path that is drawn


def draw_units(recording: Recording, table: ScoreTable, units: Sequence[int]) -> Figure:
    """Draw units side by side: above the path with spikes, below the rate map with its grid score.

    Parameters
    ----------
    recording : Recording
        With its rate maps, positions and spikes or activity.
    table : ScoreTable
        Its scores.
    units : sequence of int
        Which, by their place.

    Returns
    -------
    matplotlib.figure.Figure
        Two rows, a column a unit.

    Raises
    ------
    ValueError
        If the recording has no maps or no positions.

    Examples
    --------
    >>> from gridcells.recordings import map_recording, score_recording, simulate_session
    >>> recording = map_recording(simulate_session(seconds=60.0, generator=0).recording(), bins=20)
    >>> len(draw_units(recording, score_recording(recording, null="none"), [0, 1]).axes)
    4
    """
    import matplotlib.pyplot as plt  # a second to import, which scores need not wait for

    if recording.rate_maps is None or recording.position is None:
        raise ValueError("recording: expected one with rate maps and positions, see map_recording, got others")
    figure, axes = plt.subplots(2, len(units), figsize=(1.9 * len(units), 4.1), squeeze=False, layout="constrained")
    for column, unit in zip(axes.T, units, strict=True):
        _draw_path(column[0], recording, unit)
        _draw_map(column[1], recording, unit)
        column[0].set_title(table.unit[unit], fontsize=9)
        column[1].set_title(f"grid score {table.score_60[unit]:.2f}", fontsize=9)
    return figure


def draw_unit(recording: Recording, table: ScoreTable, unit: int) -> Figure:
    """Draw one unit: path with spikes, rate map, autocorrelogram, head-direction tuning, scores beside chance.

    Parameters
    ----------
    recording : Recording
        With its rate maps.
    table : ScoreTable
        Its scores.
    unit : int
        Which, by its place.

    Returns
    -------
    matplotlib.figure.Figure
        One row; what the recording does not have is left out.
    """
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
        axes.set_ylim(0, None)
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
        place = (own - middle) / unit_of
        beyond = abs(place) > LIMIT
        axes.plot(np.clip(place, -LIMIT, LIMIT), row, ">" if beyond else "D", color="#c0392b", markersize=5)
    axes.axvline(1, color="0.5", linewidth=0.7, linestyle=":")
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlim(-3, 1.05 * LIMIT)
    axes.tick_params(axis="x", labelsize=7)
    axes.invert_yaxis()
    axes.set_title("beside chance (1: its 95 %)", fontsize=9)
