"""What chance scores in a recording: the activity shifted in time against the path, and every score taken again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from gridcells._common.bins import BinGrid
from gridcells._common.checks import check_count, check_generator
from gridcells.recordings.recording import Recording
from gridcells.recordings.tracking import running_speed
from gridcells.scores.border import border_scores
from gridcells.scores.direction import resultant_vector
from gridcells.scores.grid import hexagonal_scores
from gridcells.scores.information import spatial_information
from gridcells.scores.nulls.p_values import Progress
from gridcells.scores.rhythm import theta_indices
from gridcells.scores.smoothing import Smoother, smooth_rate_maps
from gridcells.scores.speed import speed_scores

__all__ = ["Clock", "half_maps", "own_speed_scores", "p_values", "theta_null", "time_nulls"]

CHUNK = 2**20  # bins of null maps at a time, at least one shuffle of all units
SHORTEST = 20.0  # s, the shortest shift
HEADINGS = 20  # bins of heading
JITTER = 0.1  # s by which a spike may move either way, so that no theta is left
MOST_JITTERS = 100
THREADS = 2
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Clock:
    """A recording at even steps of the time that counts: which sample each step belongs to.

    Attributes
    ----------
    step : float
        Time of a step, s.
    sample : numpy.ndarray of int, [step]
        The sample at each step.
    spike : numpy.ndarray of int or None, [spike]
        The step at which each spike fell.
    """

    step: float
    sample: np.ndarray
    spike: np.ndarray | None

    @classmethod
    def of(cls, recording: Recording) -> Clock:
        """Lay a recording out in even steps, as long as its median sample; time that does not count is left out."""
        duration = recording.duration
        if duration is None:
            raise ValueError("time: expected positions, activity and their times for null 'time_shuffle', got none")
        step = recording.time_step or float(np.median(duration))
        end = np.cumsum(duration)
        number = max(1, round(float(end[-1]) / step))
        sample = np.searchsorted(end, (np.arange(number) + 0.5) * step).clip(max=len(end) - 1)
        spike = None
        if recording.spikes is not None:
            middle = end - duration / 2
            spike = np.minimum((middle[recording.spikes.sample] / step).astype(np.int64), number - 1)
        return cls(step, sample, spike)

    def shifts(self, shuffles: int, generator: np.random.Generator) -> np.ndarray:
        """Draw shifts in steps, 20 s at least; of recordings under 80 s a quarter of their length at least."""
        number = len(self.sample)
        least = min(int(np.ceil(SHORTEST / self.step - 1e-9)), number // 4)
        return generator.integers(least, number - least, shuffles, endpoint=True)


def time_nulls(
    recording: Recording,
    *,
    shuffles: int,
    generator: np.random.Generator | int | None,
    grid: bool,
    arena: str,
    border_form: str = "relative",
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:
    """Return what every score is when the activity is shifted in time, by name, each [shuffle, unit].

    One shift serves all units, so that units which fire together do so in every shuffle. Time is closed to a circle,
    and what does not count (gaps, lost samples) is no part of it.

    Parameters
    ----------
    recording : Recording
        With maps, durations and activity.
    shuffles : int
        Number of shifts.
    generator : numpy.random.Generator or int
        Their source, or a seed for one.
    grid : bool
        Whether maps have grid scores.
    arena : {"rectangle", "circle", ""}
        Shape of the arena; "" for one without border scores.
    border_form : str
        See `border_scores`.
    progress : callable, optional
        Called with the number of null maps so far and in all.

    Returns
    -------
    dict of str to numpy.ndarray
        "score_60", "spatial_information", "border_score", "stability", "resultant_length" and "speed_score", those
        that the recording has.
    """
    source = check_generator(generator)
    count = check_count(shuffles, "shuffles")
    clock = Clock.of(recording)
    shifts = clock.shifts(count, source)
    maps, size, report = recording.rate_maps, recording.bin_size, recording.hygiene
    assert maps is not None and size is not None and recording.occupancy is not None and report is not None
    units = len(maps)

    def smoother(occupancy: np.ndarray) -> Smoother:
        width, least = report.smooth, report.min_occupancy
        bins = maps.shape[1:]
        return Smoother.of(occupancy, bins, bin_size=size, width=width, min_occupancy=least, time_step=clock.step)

    whole, halves = smoother(recording.occupancy), [smoother(time) for time in _half_occupancy(recording)]
    both = np.flatnonzero(halves[0].shown & halves[1].shown)
    totals_of = _shifter(recording, clock)

    def scored(some: np.ndarray) -> dict[str, np.ndarray]:
        counts = totals_of(some)  # [shuffle * unit, half, bin_x, bin_y]
        if whole.adaptive:
            rates = whole.rates(counts.sum(axis=1))
            early, late = (each.rates(counts[:, half]) for half, each in enumerate(halves))
        else:  # smoothing is linear: that of both halves is that of the whole
            smooth = whole.totals(counts)
            rates = smooth.sum(axis=1) / whole.below
            early, late = (smooth[:, half] / each.below for half, each in enumerate(halves))
        scores = {"stability": _correlated(*(half.reshape(len(rates), -1)[:, both] for half in (early, late)))}
        if grid:
            scores["score_60"] = hexagonal_scores(rates, bin_size=size)
        if arena:
            scores["border_score"] = border_scores(rates, bin_size=size, form=border_form, arena=arena)
        scores["spatial_information"] = spatial_information(np.maximum(rates, 0.0), recording.occupancy)
        return {name: values.reshape(len(some), units) for name, values in scores.items()}

    step = max(1, CHUNK // (2 * maps.size))
    chunks = [shifts[start : start + step] for start in range(0, count, step)]
    found: dict[str, list[np.ndarray]] = {}
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for part in pool.map(scored, chunks):
            for name, values in part.items():
                found.setdefault(name, []).append(values)
            done += len(part["stability"]) * units
            if progress is not None:
                progress(done, count * units)
    nulls = {name: np.concatenate(parts) for name, parts in found.items()}
    return nulls | _heading_null(recording, clock, shifts) | _speed_null(recording, clock, shifts)


def _correlated(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the correlation of rows [map, bin] without NaN; NaN for a flat one."""
    first, second = (rows - rows.mean(axis=1, keepdims=True) for rows in (first, second))
    size = np.einsum("mb,mb->m", first, first) * np.einsum("mb,mb->m", second, second)
    dot = np.einsum("mb,mb->m", first, second)
    return np.divide(dot, np.sqrt(size), out=np.full(len(first), np.nan), where=size > 0)


def half_maps(recording: Recording) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the maps of the first and second half of the time that counts, each [unit, bin_x, bin_y].

    Parameters
    ----------
    recording : Recording
        With maps.

    Returns
    -------
    tuple or None
        None where no times are known.
    """
    maps, report, size = recording.rate_maps, recording.hygiene, recording.bin_size
    if recording.duration is None or maps is None or report is None or size is None or recording.position is None:
        return None
    late, place = _late(recording), _places(recording)
    both = []
    for part, occupancy in zip((~late, late), _half_occupancy(recording), strict=True):
        totals = _totals(recording, place, np.where(part, recording.duration, 0.0))
        width, least = report.smooth, report.min_occupancy
        step = recording.time_step or 0.02
        both.append(
            smooth_rate_maps(totals, occupancy, bin_size=size, width=width, min_occupancy=least, time_step=step)
        )
    return both[0], both[1]


def _late(recording: Recording) -> np.ndarray:
    """Return which samples [sample] lie in the second half of the time that counts."""
    assert recording.duration is not None
    end = np.cumsum(recording.duration)
    return end - recording.duration / 2 > end[-1] / 2


def _half_occupancy(recording: Recording) -> np.ndarray:
    """Return the time spent in each bin in the first and in the second half, [half, bin_x, bin_y] s."""
    maps, late = recording.rate_maps, _late(recording)
    assert maps is not None and recording.duration is not None
    flat = np.bincount(_places(recording) + late * maps[0].size, recording.duration, minlength=2 * maps[0].size)
    return flat.reshape(2, *maps.shape[1:])


def theta_null(recording: Recording, shuffles: int, generator: np.random.Generator) -> np.ndarray | None:
    """Return theta indices of spikes moved by up to 0.1 s each, which leaves no theta, [shuffle, unit]."""
    trains = recording.spikes
    if trains is None:
        return None
    null = np.empty((min(shuffles, MOST_JITTERS), trains.units))
    for row in null:
        moved = trains.time + generator.uniform(-JITTER, JITTER, len(trains.time))
        row[:] = theta_indices([moved[trains.of(unit)] for unit in range(trains.units)])
    return null


def p_values(own: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return the probability that chance scores as high, [unit], one added to both counts; NaN without score.

    Parameters
    ----------
    own : numpy.ndarray, [unit]
        Scores.
    null : numpy.ndarray, [shuffle, unit]
        What chance scored; NaN does not count.
    """
    number = (~np.isnan(null)).sum(axis=0)
    reached = (null >= own - TIE * np.abs(own)).sum(axis=0)
    return np.where(np.isnan(own) | (number == 0), np.nan, (1 + reached) / (1 + number))


def _places(recording: Recording) -> np.ndarray:
    """Return the bin of each sample, flat."""
    maps, bounds, position = recording.rate_maps, recording.bounds, recording.position
    assert maps is not None and bounds is not None and position is not None
    return BinGrid(bounds, (maps.shape[1], maps.shape[2])).index(position)


def _totals(recording: Recording, place: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return the activity of each unit summed over its time in each bin, [unit, bin_x, bin_y]."""
    maps, activity, trains = recording.rate_maps, recording.activity, recording.spikes
    assert maps is not None and activity is not None
    bins = maps[0].size
    if trains is not None:
        kept = time[trains.sample] > 0
        flat = np.bincount((trains.unit * bins + place[trains.sample])[kept], minlength=len(maps) * bins)
        return flat.reshape(maps.shape).astype(np.float64)
    laid = sparse.csr_array((time, (place, np.arange(len(place)))), shape=(bins, len(place)))
    return np.ascontiguousarray((laid @ activity.astype(np.float64)).T).reshape(maps.shape)


def _shifter(recording: Recording, clock: Clock) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes shifts [shuffle] into the activity in each bin of both halves, [shuffle * unit, half, x, y]."""
    maps, activity, trains = recording.rate_maps, recording.activity, recording.spikes
    assert maps is not None and activity is not None
    units, bins, number = len(maps), 2 * maps[0].size, len(clock.sample)
    place = _places(recording) + _late(recording) * maps[0].size
    bin_of = np.tile(place[clock.sample], 2)  # so that each shift is a window
    rates = None if trains is not None else (activity[clock.sample] * clock.step).astype(np.float32)
    ones, ends = np.ones(number, dtype=np.float32), np.arange(number + 1, dtype=np.int32)

    def totals(shifts: np.ndarray) -> np.ndarray:
        found = np.empty((len(shifts), units * bins))
        for row, shift in zip(found, shifts.tolist(), strict=True):
            if trains is not None and clock.spike is not None:
                row[:] = np.bincount(trains.unit * bins + bin_of[clock.spike + shift], minlength=units * bins)
            else:
                here = sparse.csc_array((ones, bin_of[shift : shift + number], ends), shape=(bins, number))
                row[:] = (here @ rates).T.ravel()
        return found.reshape(len(shifts) * units, 2, *maps.shape[1:])

    return totals


def _heading_null(recording: Recording, clock: Clock, shifts: np.ndarray) -> dict[str, np.ndarray]:
    """Return the resultant length of each unit after shifts."""
    heading, activity, duration, trains = recording.heading, recording.activity, recording.duration, recording.spikes
    if heading is None or activity is None or duration is None or np.isnan(heading).all() or (activity < 0).any():
        return {}
    angle = heading[clock.sample]
    known = np.isfinite(angle)
    turned = (np.where(known, angle, 0.0) + np.pi) % (2 * np.pi) * (HEADINGS / (2 * np.pi))
    bin_of = np.where(known, np.minimum(turned.astype(np.int64), HEADINGS - 1), HEADINGS)
    time = np.bincount(bin_of, minlength=HEADINGS + 1)[:HEADINGS] * clock.step
    twice, units, number = np.tile(bin_of, 2), activity.shape[1], len(bin_of)
    null = np.empty((len(shifts), units))
    for row, shift in zip(null, shifts, strict=True):
        if trains is not None and clock.spike is not None:
            flat = np.bincount(
                trains.unit * (HEADINGS + 1) + twice[clock.spike + shift], minlength=units * (HEADINGS + 1)
            )
            counts = flat.reshape(units, HEADINGS + 1)[:, :HEADINGS].astype(np.float64)
        else:
            place = twice[shift : shift + number]
            here = sparse.csr_array((np.ones(number), (place, np.arange(number))), shape=(HEADINGS + 1, number))
            counts = (here @ activity[clock.sample] * clock.step).T[:, :HEADINGS]
        row[:] = resultant_vector(np.divide(counts, time, out=np.full(counts.shape, np.nan), where=time > 0)).length
    return {"resultant_length": null}


def _speed_null(recording: Recording, clock: Clock, shifts: np.ndarray) -> dict[str, np.ndarray]:
    """Return the speed score of each unit after shifts."""
    found = _speed_and_activity(recording, clock)
    if found is None:
        return {}
    return {"speed_score": speed_scores(*found, time_step=clock.step, shifts=shifts)}


def _speed_and_activity(recording: Recording, clock: Clock) -> tuple[np.ndarray, np.ndarray] | None:
    """Return running speed [step] and activity [step, unit] at even steps."""
    if recording.position is None or recording.time is None or recording.activity is None:
        return None
    speed = running_speed(recording.position, recording.time)[clock.sample]
    return speed, recording.activity[clock.sample]


def own_speed_scores(recording: Recording) -> np.ndarray | None:
    """Return the speed score of each unit, [unit]; None where no times are known."""
    if recording.duration is None:
        return None
    clock = Clock.of(recording)
    found = _speed_and_activity(recording, clock)
    return None if found is None else speed_scores(*found, time_step=clock.step)
