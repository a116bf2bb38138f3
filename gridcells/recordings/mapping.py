"""From a path and what units did on it to their rate maps: how large a bin is, where the arena ends, how smooth."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import sparse

from gridcells._common.bins import BinGrid, Bounds, check_bins, square_bins
from gridcells._common.checks import check_choice
from gridcells.recordings.hygiene import Hygiene
from gridcells.recordings.measures import about, check_box
from gridcells.recordings.objects import from_object
from gridcells.recordings.recording import Recording
from gridcells.recordings.tracking import robust_box, running_speed
from gridcells.scores.smoothing import smooth_rate_maps
from gridcells.scores.walls import arena_shape
from gridcells.world.arenas import Box

__all__ = ["OUTSIDE", "SMOOTH", "map_recording"]

BINS = 20  # along the longer side, unless said
SPIKE_BINS = 40  # of recordings with spike times
SMOOTH = 0.04  # share of the longer side, the Gaussian's width for spikes unless said
MIN_OCCUPANCY = 0.1  # s, for spikes unless said
MOST = 1000  # along a side: more is a mistaken unit
OUTSIDE = "outside the box"  # why a sample is left out
NARROW = 8.0  # times as long as wide: a track, mapped along its length


def map_recording(
    recording: Recording,
    *,
    bins: int | tuple[int, int] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    outside: str = "raise",
    smooth: float | str | None = None,
    min_occupancy: float | None = None,
    min_speed: float | None = None,
    max_speed: float | None = None,
) -> Recording:
    """Add rate maps to a recording that has none.

    Parameters
    ----------
    recording : Recording
        Positions and activity; one with maps keeps them.
    bins : int or (int, int), optional
        Number of bins along x and along y, or along the longer side, in which case bins are as nearly square as whole
        numbers allow. By default bins of the recording's ``bin_size``, or 20 along the longer side (40 for spikes).
    bounds : (float, float, float, float), optional
        Where the arena ends, x_min, x_max, y_min, y_max, m; by default the recording's, or `robust_box` of the path.
    outside : {"raise", "ignore"}
        What to do with positions outside bounds that somebody gave; those outside the path's own box are left out.
    smooth : float or "adaptive", optional
        Width of the Gaussian that smooths spikes and occupancy, m, see `smooth_rate_maps`; by default a 25th of the
        longer side for spikes and 0 for other activity.
    min_occupancy : float, optional
        Bins with less time are unvisited, s; by default 0.1 s for spikes and 0 otherwise.
    min_speed, max_speed : float, optional
        Samples at which the animal is slower or faster are left out, m/s.

    Returns
    -------
    Recording
        The recording with its rate maps, occupancy (s; number of samples where no times are known), bounds, bin size
        and report. A path that is eight times as long as wide is a track: it is laid along x, with one bin across.

    Raises
    ------
    ValueError
        If positions lie outside the bounds or all on one spot, there would be more than 1000 bins a side, speeds are
        asked for without times, a number of bins is given for a recording whose maps have another, or maps that are
        there already are to be smoothed.

    Notes
    -----
    Source: `smooth_rate_maps`; the occupancy is the sum of the samples' own durations, see `sample_halves`.

    Examples
    --------
    >>> position = np.random.default_rng(0).uniform(-1, 1, (5000, 2))
    >>> recording = Recording.of(position=position, activity=position + 1, bounds=(-1, 1, -1, 1))
    >>> map_recording(recording, bins=10).rate_maps.shape
    (2, 10, 10)
    """
    check_choice(outside, "outside", ("raise", "ignore"))
    if bounds is not None:
        recording = from_object(recording, bounds=bounds)
    if recording.rate_maps is not None:
        have = recording.rate_maps.shape[1:]
        if bins is not None and have != (tuple(bins) if isinstance(bins, tuple | list) else (bins, bins)):
            raise ValueError(f"bins: expected none for rate maps, which have {have[0]} x {have[1]} bins, got {bins!r}")
        made = {"smooth": smooth, "min_occupancy": min_occupancy, "min_speed": min_speed, "max_speed": max_speed}
        asked = next((name for name, value in made.items() if value is not None), "")
        if asked:
            raise ValueError(f"{asked}: expected none for rate maps, which are there already, got {made[asked]!r}")
        return _reported(recording, "")
    with about(recording.source):
        recording = _at_speeds(recording, min_speed, max_speed)
        recording, track, ends = _on_a_track(recording)
        box = recording.bounds or ends or _own_box(recording)
        assert recording.position is not None
        given = recording.bounds is not None
        check_box((box[1] - box[0], box[3] - box[2]), recording.trusted)
        inside = BinGrid(box, 1).index(recording.position) >= 0
        if given and outside == "raise" and not inside.all():
            raise ValueError(
                f"position: expected x in [{box[0]:g}, {box[1]:g}] m and y in [{box[2]:g}, {box[3]:g}] m, got "
                f"{100 * np.mean(~inside):.2g} % of samples outside; outside='ignore' leaves them out"
            )
        if not inside.any():
            raise ValueError(f"bounds: expected some of the positions inside {box}, got none")
        recording = _without(recording, ~inside, OUTSIDE)
        spiking = recording.spikes is not None
        count = bins if bins is not None or recording.bin_size is not None else (SPIKE_BINS if spiking else BINS)
        number = _bins_of(Box(box).size, count, recording.bin_size, track)
        width: float | str = (SMOOTH * max(Box(box).size) if spiking else 0.0) if smooth is None else smooth
        least = (MIN_OCCUPANCY if spiking else 0.0) if min_occupancy is None else min_occupancy
        return _mapped(recording, BinGrid(box, number), width, least, track)


def _mapped(recording: Recording, grid: BinGrid, width: float | str, least: float, track: bool) -> Recording:
    """Return the recording with its maps on a grid."""
    position, activity = recording.position, recording.activity
    assert position is not None and activity is not None  # as Recording.of makes sure
    duration = np.ones(len(position)) if recording.duration is None else recording.duration
    place = grid.index(position)
    occupancy = np.bincount(place, duration, minlength=grid.shape[0] * grid.shape[1])
    rows = np.asarray(activity, np.float64 if activity.itemsize > 4 else np.float32)
    laid = sparse.csr_array((duration, (place, np.arange(len(place)))), shape=(len(occupancy), len(place)))
    totals = np.ascontiguousarray((laid @ rows.astype(np.float64)).T).reshape(-1, *grid.shape)
    if recording.spikes is not None:  # whole numbers, whatever the rates were rounded to
        trains = recording.spikes
        flat = np.bincount(trains.unit * len(occupancy) + place[trains.sample], minlength=totals.size)
        totals = flat.reshape(totals.shape).astype(np.float64)
    step = recording.time_step or float(np.median(duration))
    maps = smooth_rate_maps(
        totals,
        occupancy.reshape(grid.shape),
        bin_size=grid.bin_size,
        width=width,
        min_occupancy=least,
        time_step=step,
    )
    known = {field.name: getattr(recording, field.name) for field in dataclasses.fields(recording)}
    known |= {"rate_maps": maps, "occupancy": occupancy.reshape(grid.shape), "bounds": grid.bounds, "bin_size": None}
    mapped = Recording.of(**known)
    how = "not smoothed" if width == 0 else f"Gaussian of {100 * width:.3g} cm" if not isinstance(width, str) else width
    return _reported(mapped, f"{how}, bins of at least {least:g} s" if least else how, track, width, least)


def _reported(
    recording: Recording, smoothing: str, track: bool = False, width: float | str = 0.0, least: float = 0.0
) -> Recording:
    """Return a recording with maps, with box, bins, shape and smoothing in its report."""
    maps = recording.rate_maps
    assert maps is not None
    report = recording.hygiene or Hygiene()
    shown = ~np.isnan(maps).all(axis=0)
    if report.bins is not None and report.smoothing:
        return recording
    shape = "track" if track or 1 in maps.shape[1:] else arena_shape(shown, bin_size=recording.bin_size or 1.0)
    report = report.with_more(
        box=recording.bounds,
        bins=maps.shape[1:],
        bin_size=recording.bin_size,
        visited=float(shown.mean()),
        shape=shape,
        smoothing=smoothing,
        smooth=width,
        min_occupancy=least,
    )
    return dataclasses.replace(recording, hygiene=report)


def _at_speeds(recording: Recording, slowest: float | None, fastest: float | None) -> Recording:
    """Leave out the samples at which the animal is slower or faster."""
    if slowest is None and fastest is None:
        return recording
    if recording.time is None or recording.duration is None or recording.position is None:
        raise ValueError("time: expected the times of the positions for min_speed or max_speed, got none")
    speed = running_speed(recording.position, recording.time)
    slow = np.zeros(len(speed), dtype=bool) if slowest is None else ~(speed >= slowest)
    fast = np.zeros(len(speed), dtype=bool) if fastest is None else ~(speed <= fastest)
    if (slow | fast).all():
        raise ValueError(
            f"min_speed: expected some samples between {slowest or 0:g} and {fastest or np.inf:g} m/s, got none"
        )
    recording = _without(recording, slow, "slower than the speeds asked for")
    return _without(recording, fast[~slow], "faster than the speeds asked for")


def _on_a_track(recording: Recording) -> tuple[Recording, bool, Bounds | None]:
    """Lay a path that is much longer than wide along x, from 0 on; say whether it is one, and where it then ends."""
    position = recording.position
    assert position is not None
    if recording.bounds is not None:
        sides = Box(recording.bounds).size
        return recording, max(sides) >= NARROW * min(sides), None
    middle = np.median(position, axis=0)
    away = (position - middle).astype(np.float64)
    _, axes = np.linalg.eigh(np.cov(away.T))
    along, across = away @ axes[:, 1], away @ axes[:, 0]
    length, width = np.ptp(np.quantile(along, [0.001, 0.999])), np.ptp(np.quantile(across, [0.01, 0.99]))
    if not length > 0:
        raise ValueError("position: expected a path that spans an area or a line, got positions on one spot")
    if length < NARROW * width:
        return recording, False, None
    direction = axes[:, 1] * (1.0 if axes[np.argmax(np.abs(axes[:, 1])), 1] > 0 else -1.0)
    way = away @ direction
    box = robust_box(np.stack([way, np.zeros_like(way)], axis=1), recording.duration)
    assert box is not None
    half = max(width, length / NARROW / 8) / 2 * 1.5
    laid = np.stack([way - box[0], np.clip(across, -half, half)], axis=1)
    report = (recording.hygiene or Hygiene()).with_more(
        f"position: a track of {box[1] - box[0]:.3g} m, {np.degrees(np.arctan2(direction[1], direction[0])):.0f}° from "
        "the x axis: laid along x, one bin across"
    )
    ends = (0.0, box[1] - box[0], -half, half)
    return dataclasses.replace(recording, position=laid, hygiene=report), True, ends


def _own_box(recording: Recording) -> Bounds:
    """Return the box of the path itself."""
    assert recording.position is not None
    box = robust_box(recording.position, recording.duration)
    if box is None or not (box[0] < box[1] and box[2] < box[3]):
        raise ValueError("position: expected a path that spans an area or a line, got positions on one spot")
    return box


def _without(recording: Recording, dropped: np.ndarray, reason: str) -> Recording:
    """Leave samples and their spikes out, and report it."""
    if not dropped.any():
        return recording
    kept = ~dropped

    def part(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[kept]

    duration = part(recording.duration)
    report = recording.hygiene or Hygiene(len(kept))
    trains, lost = recording.spikes, {}
    if trains is not None:
        fewer = trains.choose(kept, np.cumsum(kept) - 1)
        lost = {reason: len(trains.time) - len(fewer.time)}
        trains = fewer
    seconds = None if duration is None else float(duration.sum())
    report = report.with_more(samples_left_out={reason: int(dropped.sum())}, spikes_left_out=lost, seconds=seconds)
    return dataclasses.replace(
        recording,
        position=part(recording.position),
        activity=part(recording.activity),
        heading=part(recording.heading),
        time=part(recording.time),
        duration=duration,
        spikes=trains,
        hygiene=report,
    )


def _bins_of(
    sides: tuple[float, float], bins: int | tuple[int, int] | None, size: tuple[float, float] | None, track: bool
) -> tuple[int, int]:
    """Return the number of bins along x and along y, of the size or as nearly square as whole numbers allow."""
    if isinstance(bins, tuple | list):
        return check_bins(bins)
    if bins is not None or size is None:
        number_x, number_y = square_bins(sides, BINS if bins is None else bins)
    else:
        number_x, number_y = (max(1, round(side / each)) for side, each in zip(sides, size, strict=True))
    if max(number_x, number_y) > MOST:
        raise ValueError(
            f"bin_size: expected a length that makes at most {MOST} bins a side of {sides[0]:g} m x {sides[1]:g} m, "
            f"got {number_x} x {number_y}; are lengths in metres?"
        )
    if track:
        return (number_x, 1) if sides[0] >= sides[1] else (1, number_y)
    return number_x, number_y
