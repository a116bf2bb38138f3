"""A recording: rate maps, or positions and what each unit did there, from an animal or from a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid, Bounds, check_bounds
from gridcells._common.checks import as_numpy
from gridcells.recordings.hygiene import Hygiene
from gridcells.recordings.measures import Measures, about, check_box, check_heading, check_steps, overruled
from gridcells.recordings.session import along_x, spike_session
from gridcells.recordings.tracking import LONGEST_GAP, MAX_JUMP_SPEED, clean_tracking, sample_halves
from gridcells.recordings.trains import SpikeTrains
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps
from gridcells.world.arenas import Box

__all__ = ["Recording"]

AGREED = 0.05  # share by which a bin size may differ from what bounds say


@dataclass(frozen=True, eq=False)
class Recording:
    """What is known of a population: rate maps, or positions and activity, or both. Make one with `Recording.of`.

    Attributes
    ----------
    rate_maps : numpy.ndarray or None, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin.
    position : numpy.ndarray or None, [sample, 2]
        Positions, m.
    activity : numpy.ndarray or None, [sample, unit]
        What the units did there, Hz or any other measure.
    heading : numpy.ndarray or None, [sample]
        Head direction, rad; NaN where it is not known.
    time : numpy.ndarray or None, [sample]
        When, s.
    occupancy : numpy.ndarray or None, [bin_x, bin_y]
        How long each bin of the maps was visited, s or any other measure.
    bounds : (float, float, float, float) or None
        Where the arena ends: x_min, x_max, y_min, y_max, m.
    bin_size : (float, float) or None
        Sides of a bin along x and along y, m: of the maps, or of those to make.
    unit : tuple of str
        The units' names; their numbers, from 0 on, unless they have some.
    source : str
        The file it comes from, for messages; "" without one.
    duration : numpy.ndarray or None, [sample]
        Time that each sample stands for, s; None where no times are known.
    spikes : SpikeTrains or None
        Spike times, where they are known; the activity is then their rate at each sample, Hz.
    hygiene : Hygiene or None
        What was left out, and why; None for rate maps.
    trusted : frozenset of {"position", "heading", "time"}
        What is believed to be in m, rad and s.
    """

    rate_maps: np.ndarray | None
    position: np.ndarray | None
    activity: np.ndarray | None
    heading: np.ndarray | None
    time: np.ndarray | None
    occupancy: np.ndarray | None
    bounds: Bounds | None
    bin_size: tuple[float, float] | None
    unit: tuple[str, ...]
    source: str
    duration: np.ndarray | None = None
    spikes: SpikeTrains | None = None
    hygiene: Hygiene | None = None
    trusted: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        *,
        rate_maps: ArrayLike | None = None,
        position: ArrayLike | None = None,
        activity: ArrayLike | None = None,
        heading: ArrayLike | None = None,
        time: ArrayLike | None = None,
        occupancy: ArrayLike | None = None,
        bounds: ArrayLike | None = None,
        bin_size: float | Sequence[float] | np.ndarray | None = None,
        unit: ArrayLike | None = None,
        source: str = "",
        duration: np.ndarray | None = None,
        spikes: SpikeTrains | None = None,
        hygiene: Hygiene | None = None,
        trusted: Collection[str] = (),
        max_jump_speed: float = MAX_JUMP_SPEED,
        longest_gap: float = LONGEST_GAP,
    ) -> Recording:
        """Check what is known and keep it.

        Parameters
        ----------
        rate_maps, occupancy, bounds, unit, source
            As in the class.
        position, activity, heading, time : array_like or torch.Tensor
            As in the class, or with further axes in front, such as [batch, time, 2] and [batch, time, unit]. Samples
            in which tracking lost the animal are left out, see `clean_tracking`.
        bin_size : float or (float, float), optional
            Side of a bin, or its sides along x and along y, m.
        duration, spikes, hygiene
            As in the class, for samples that were cleaned already.
        trusted : collection of {"position", "heading", "time"}
            What is believed to be in m, rad and s however implausible it looks.
        max_jump_speed, longest_gap : float
            See `from_spikes`; infinite speed leaves jumps alone.

        Returns
        -------
        Recording
            The recording.

        Raises
        ------
        TypeError
            If what should be real numbers is something else.
        ValueError
            If there are neither maps nor positions with activity, shapes do not fit, a value is infinite, or lengths,
            headings or times are implausible. Where there is a ``source``, every error is a ValueError that names it.

        Examples
        --------
        >>> recording = Recording.of(rate_maps=np.ones((3, 20, 20)), bounds=(0, 2, 0, 2))
        >>> recording.unit, recording.bin_size
        (('0', '1', '2'), (0.1, 0.1))
        """
        with about(source):
            if rate_maps is None and (position is None or activity is None):
                known = {"position": position, "activity": activity}
                have = [name for name, value in known.items() if value is not None]
                raise ValueError(f"expected rate_maps, or position and activity, got {' and '.join(have) or 'neither'}")
            units, names = [], []
            maps = None if rate_maps is None else check_rate_maps(rate_maps)
            if maps is not None:
                units.append(len(maps))
                names.append(f"{len(maps)} rate maps")
            place = rates = direction = moment = None
            if position is not None:
                samples = _samples(position, activity, heading, time)
                if hygiene is None:
                    samples, hygiene = _cleaned(samples, time is not None, trusted, max_jump_speed)
                place, rates, direction, moment = samples
                if direction is not None:
                    check_heading(direction, trusted)
                if moment is not None and duration is None and np.ndim(time if time is not None else 0.0) == 1:
                    check_steps(moment, trusted)
                    duration = np.sum(sample_halves(moment, longest_gap), axis=0)
                    hygiene = hygiene.with_more(seconds=float(duration.sum()))
                if rates is not None:
                    units.append(rates.shape[1])
                    names.append(f"activity of {rates.shape[1]}")
            labels = None if unit is None else tuple(map(str, np.atleast_1d(np.asarray(unit)).tolist()))
            if labels is not None:
                units.append(len(labels))
                names.append(f"{len(labels)} names")
            if len(set(units)) != 1 or not units[0]:
                raise ValueError(f"unit: expected one or more units, and as many throughout, got {', '.join(names)}")
            ends = None if bounds is None else check_bounds(as_numpy(bounds, "bounds"))
            size = None if bin_size is None else check_bin_size(bin_size)
            visits = None
            if ends is not None:
                check_box((ends[1] - ends[0], ends[3] - ends[2]), trusted)
            if maps is not None:
                size = _fitting(maps.shape[1:], ends, size)
                if size is not None:
                    check_box((maps.shape[1] * size[0], maps.shape[2] * size[1]), trusted)
                visits = None if occupancy is None else _check_occupancy(occupancy, maps.shape[1:])
            return cls(
                rate_maps=maps,
                position=place,
                activity=rates,
                heading=direction,
                time=moment,
                occupancy=visits,
                bounds=ends,
                bin_size=None if size is None else (float(size[0]), float(size[1])),
                unit=labels or tuple(map(str, range(units[0]))),
                source=source,
                duration=None if place is None else duration,
                spikes=spikes,
                hygiene=hygiene,
                trusted=frozenset(trusted),
            )

    @classmethod
    def from_spikes(
        cls,
        position: object,
        time: ArrayLike | None,
        spike_times: object,
        *,
        spike_units: ArrayLike | None = None,
        unit: ArrayLike | None = None,
        heading: object = None,
        heading_from: str = "",
        second_led: object = None,
        bounds: ArrayLike | None = None,
        bin_size: float | Sequence[float] | np.ndarray | None = None,
        position_unit: str | None = None,
        pixels_per_metre: float | None = None,
        heading_unit: str | None = None,
        time_unit: str | None = None,
        spike_time_unit: str | None = None,
        sampling_rate: float | None = None,
        intervals: object = None,
        max_jump_speed: float = MAX_JUMP_SPEED,
        longest_gap: float = LONGEST_GAP,
        notes: Sequence[str] = (),
        source: str = "",
    ) -> Recording:
        """Put spike times onto a tracked path.

        Parameters
        ----------
        position : array_like or pynapple.TsdFrame, [sample, 2], or [sample] on a track
            Where the animal was; NaN, (0, 0), (-1, -1) or another marker where it was lost, see `lost_samples`.
        time : array_like or None, [sample]
            When; None where the positions bring their times along.
        spike_times : object
            When units fired: see `trains_of`; a pynapple ``TsGroup``, a dictionary, a list of arrays, or one array.
        spike_units : array_like, [spike], optional
            Whose spikes they are, where ``spike_times`` is one array of several units.
        unit : array_like, [unit], optional
            Names.
        heading : array_like or pynapple.Tsd, [sample], optional
            Head direction, NaN where not known; one with times of its own is interpolated on the circle.
        heading_from : {"", "movement"}
            Take the direction of movement for the heading, where there is none.
        second_led : array_like, [sample, 2], optional
            A second light on the head, behind the first: the heading is the way from it to the first, the position the
            middle between both.
        bounds, bin_size : optional
            As in the class.
        position_unit, pixels_per_metre, heading_unit, time_unit, spike_time_unit, sampling_rate : optional
            Units, see `Measures`; of positions, bounds and bins alike.
        intervals : array_like, [interval, 2], or pynapple.IntervalSet, optional
            Where what counts begins and ends, in the unit of the time stamps; or several such by name. Time and spikes
            outside do not count, nor outside the positions' ``time_support``.
        max_jump_speed : float
            Faster than any animal, m/s: samples that only faster steps lead to are left out.
        longest_gap : float
            Samples stand for the time half way to their neighbours, in longer gaps (s) for half of this at most. Spikes
            in the rest of a gap do not count, nor does its time.
        notes : sequence of str
            What to add to the report.
        source : str
            The file, for messages.

        Returns
        -------
        Recording
            Positions, durations, spikes, and their rate (Hz) at each sample. ``hygiene`` says what was left out.

        Raises
        ------
        TypeError
            If what should be numbers is something else.
        ValueError
            If shapes do not fit, or units of measure are implausible.

        Examples
        --------
        >>> time = np.arange(0, 60, 0.02)
        >>> position = np.stack([np.sin(time), np.cos(1.3 * time)], axis=1) / 2
        >>> recording = Recording.from_spikes(position, time, {"a": [1.0, 2.0, 70.0], "b": [3.0]})
        >>> recording.unit, recording.spikes.count
        (('a', 'b'), array([2, 1]))
        >>> print(recording.hygiene)
        samples: all 3000 used, 60.0 s
        spikes: 3 of 4 used (1 left out: 1 before or after the tracking)
        """
        with about(source):
            measures = Measures(
                position_unit, pixels_per_metre, heading_unit, time_unit, spike_time_unit, sampling_rate
            )
            known = spike_session(
                position,
                time,
                spike_times,
                measures,
                spike_units=spike_units,
                heading=heading,
                heading_from=heading_from,
                second_led=second_led,
                intervals=intervals,
                max_jump_speed=max_jump_speed,
                longest_gap=longest_gap,
                notes=notes,
            )
            known = measures.converted({"bounds": bounds, "bin_size": bin_size}) | known
        return cls.of(**overruled(known, unit=unit), source=source, trusted=measures.trusted)

    def noted(self, *notes: str) -> Recording:
        """Return the recording with notes in its report."""
        return dataclasses.replace(self, hygiene=(self.hygiene or Hygiene()).with_more(*notes))

    @property
    def box(self) -> Box | None:
        """The box that was mapped, as `gridcells.scores.rate_maps` takes it; None if its ends are not known."""
        return None if self.bounds is None else Box(self.bounds)

    @property
    def time_step(self) -> float | None:
        """Time from one sample to the next, s: the median; None if it is not known."""
        if self.time is None or len(self.time) < 2:
            return None
        return float(np.median(np.diff(self.time)))


def _samples(
    position: ArrayLike, activity: ArrayLike | None, heading: ArrayLike | None, time: ArrayLike | None
) -> tuple[np.ndarray | None, ...]:
    """Return positions [sample, 2], activity [sample, unit], heading and time [sample]; lost positions are NaN."""
    place = along_x(as_numpy(position, "position"))
    if place.ndim < 2 or place.shape[-1] != 2:
        raise ValueError(f"position: expected shape [..., 2] (x, y in metres), got {place.shape}")
    if np.isinf(place).any():
        raise ValueError(f"position: expected finite metres (NaN where lost), got {np.isinf(place).sum()} infinite")
    leading = place.shape[:-1]
    tracked = ~np.isnan(place).any(axis=-1).ravel()
    if not tracked.any():
        raise ValueError(f"position: expected samples with a position, got none in shape {place.shape}")
    result: list[np.ndarray | None] = [place.reshape(-1, 2)]
    for name, value, axes in (("activity", activity, 1), ("heading", heading, 0), ("time", time, 0)):
        array = None if value is None else as_numpy(value, name)
        if array is not None:
            if array.ndim != len(leading) + axes or array.shape[: len(leading)] != leading:
                shape = "[..., unit]" if axes else "[...]"
                raise ValueError(
                    f"{name}: expected shape {shape} with the leading axes of position {leading}, got {array.shape}"
                )
            array = array.reshape(tracked.size, *array.shape[len(leading) :])
            wrong = np.isinf(array) if name != "activity" else ~np.isfinite(array)
            if wrong.any() and wrong[tracked].any():
                raise ValueError(f"{name}: expected finite numbers, got {wrong[tracked].sum()} NaN or infinite values")
        result.append(array)
    return tuple(result)


def _cleaned(
    samples: tuple[np.ndarray | None, ...], timed: bool, trusted: Collection[str], max_jump_speed: float
) -> tuple[tuple[np.ndarray | None, ...], Hygiene]:
    """Leave out the samples that do not count, and report them."""
    place, _, _, moment = samples
    assert place is not None
    if moment is not None:
        check_steps(moment[np.isfinite(moment)], trusted)
    cleaned = clean_tracking(place, moment if timed else None, max_jump_speed=max_jump_speed, strict=False)
    report = Hygiene(len(place), cleaned.left_out, notes=cleaned.notes)
    if len(cleaned.kept) == len(place) and (np.diff(cleaned.kept) == 1).all():
        return samples, report  # without a copy
    return tuple(None if each is None else each[cleaned.kept] for each in samples), report


def _check_occupancy(occupancy: ArrayLike, bins: tuple[int, ...]) -> np.ndarray:
    """Return the occupancy with 0 for NaN, or raise unless it has the maps' bins and is nowhere negative."""
    visits = as_numpy(occupancy, "occupancy")
    if visits.shape != bins or np.isinf(visits).any() or (visits < 0).any():
        raise ValueError(f"occupancy: expected finite times of at least 0, shape {bins}, got shape {visits.shape}")
    return np.where(np.isnan(visits), 0.0, visits)


def _fitting(bins: tuple[int, ...], bounds: Bounds | None, size: np.ndarray | None) -> np.ndarray | None:
    """Return the sides of a bin, from the bounds if there are some, or raise if the two differ."""
    if bounds is None:
        return size
    sides = np.array(BinGrid(bounds, (bins[0], bins[1])).bin_size)
    if size is not None and not np.allclose(sides, size, rtol=AGREED):
        raise ValueError(
            f"bin_size: expected what the bounds make of {bins[0]} x {bins[1]} bins, {sides.round(4).tolist()} m, "
            f"got {size.tolist()}"
        )
    return sides
