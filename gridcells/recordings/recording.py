"""A recording: rate maps, or positions and what each unit did there, from an animal or from a network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid, Bounds, check_bounds
from gridcells._common.checks import as_numpy
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps
from gridcells.world.arenas import Box

__all__ = ["EVEN", "Known", "Recording", "about", "box_around", "in_metres", "overruled"]

METRES = {"m": 1.0, "meter": 1.0, "metre": 1.0, "cm": 0.01, "centimeter": 0.01, "centimetre": 0.01}
METRES |= {"mm": 0.001, "millimeter": 0.001, "millimetre": 0.001}
EVEN = 0.1  # share of a bin by which its centre may be off: numbers in files are rounded
AGREED = 0.05  # share by which a bin size may differ from what bounds say


Known = dict[str, Any]
"""What a file or an object says, by the names of the arguments of `Recording.of`, which checks it."""


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
        Head direction, rad.
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
    ) -> Recording:
        """Check what is known and keep it.

        Parameters
        ----------
        rate_maps, occupancy, bounds, unit, source
            As in the class.
        position, activity, heading, time : array_like or torch.Tensor
            As in the class, or with further axes in front, such as [batch, time, 2] and [batch, time, unit]. Samples
            whose position is NaN, since tracking lost the animal, are left out.
        bin_size : float or (float, float), optional
            Side of a bin, or its sides along x and along y, m.

        Returns
        -------
        Recording
            The recording.

        Raises
        ------
        TypeError
            If what should be real numbers is something else.
        ValueError
            If there are neither maps nor positions with activity, shapes do not fit, or a value is infinite. Where
            there is a ``source``, every error is a ValueError that names it.

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
            given = {"activity": activity, "heading": heading, "time": time}
            place, (rates, direction, moment) = (
                None,
                (None if value is None else as_numpy(value, name) for name, value in given.items()),
            )
            if position is not None:
                place, rates, direction, moment = _samples(position, activity, heading, time)
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
            if maps is not None:
                size = _fitting(maps.shape[1:], ends, size)
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
            )

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


def overruled(known: Known, **given: object) -> Known:
    """Return what is known, with what the caller gives (not None) in its place.

    Of maps, bounds and bin size say the same, so that either one given overrules both.
    """
    given = {name: value for name, value in given.items() if value is not None}
    sides = {"bounds", "bin_size"}
    dropped = sides if known.get("rate_maps") is not None and sides & set(given) else set()
    return {name: value for name, value in known.items() if name not in dropped} | given


@contextlib.contextmanager
def about(source: str) -> Iterator[None]:
    """Name in the errors raised inside the file they are about; without one they stay as they are."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not source or str(error).startswith(source):
            raise
        raise ValueError(f"{source}: {error}") from error


def in_metres(unit: str, name: str) -> float:
    """Return how many metres the unit is, or raise unless it is one of length."""
    word = str(unit).strip().lower()
    metres = METRES.get(word, METRES.get(word.removesuffix("s")))
    if metres is None:
        raise ValueError(f"{name}: expected the unit m, cm or mm, got {unit!r}")
    return metres


def box_around(centres: Sequence[np.ndarray], name: str = "rate_maps") -> Bounds | None:
    """Return the bounds of bins with these centres along x and along y, or raise unless they are even.

    A single bin has no width, so that there are no bounds.
    """
    ends: list[float] = []
    for axis, places in zip("xy", centres, strict=True):
        if len(places) < 2:
            return None
        step = (places[-1] - places[0]) / (len(places) - 1)
        if not step > 0 or np.abs(np.diff(places) - step).max() > EVEN * step:
            raise ValueError(f"{name}: expected evenly spaced, ascending bins along {axis}, got {places[:4]} ...")
        ends += [float(places[0] - step / 2), float(places[-1] + step / 2)]
    return ends[0], ends[1], ends[2], ends[3]


def _samples(
    position: ArrayLike, activity: ArrayLike | None, heading: ArrayLike | None, time: ArrayLike | None
) -> tuple[np.ndarray | None, ...]:
    """Return positions [sample, 2], activity [sample, unit], heading and time [sample], without lost positions."""
    place = as_numpy(position, "position")
    if place.ndim < 2 or place.shape[-1] != 2:
        raise ValueError(f"position: expected shape [..., 2] (x, y in metres), got {place.shape}")
    if np.isinf(place).any():
        raise ValueError(f"position: expected finite metres (NaN where lost), got {np.isinf(place).sum()} infinite")
    tracked = ~np.isnan(place).any(axis=-1)
    if not tracked.any():
        raise ValueError(f"position: expected samples with a position, got none in shape {place.shape}")

    def kept(array: np.ndarray) -> np.ndarray:  # without a copy where nothing is left out
        flat = array.reshape(tracked.size, *array.shape[tracked.ndim :])
        return flat if tracked.all() else flat[tracked.ravel()]

    result: list[np.ndarray | None] = [kept(place)]
    for name, value, axes in (("activity", activity, 1), ("heading", heading, 0), ("time", time, 0)):
        array = None if value is None else as_numpy(value, name)
        if array is not None:
            if array.ndim != tracked.ndim + axes or array.shape[: tracked.ndim] != tracked.shape:
                shape = "[..., unit]" if axes else "[...]"
                raise ValueError(
                    f"{name}: expected shape {shape} with the leading axes of position {tracked.shape}, "
                    f"got {array.shape}"
                )
            array = kept(array)
            if not np.isfinite(array).all():
                bad = (~np.isfinite(array)).sum()
                raise ValueError(f"{name}: expected finite numbers, got {bad} NaN or infinite values")
        result.append(array)
    return tuple(result)


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
