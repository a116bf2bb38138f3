"""Spike times of several units, from whatever holds them, and the samples of a path at which they fell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy

__all__ = ["SpikeTrains", "check_tracked", "placed", "trains_of"]

MOST_OUTSIDE = 0.5  # share of the spikes outside the tracked time: more are in another unit
FASTEST = 500.0  # Hz, that no unit fires at on average


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """Spikes that count, in the order of units and then of time.

    Attributes
    ----------
    time : numpy.ndarray, [spike]
        When, s.
    unit : numpy.ndarray of int, [spike]
        Whose.
    sample : numpy.ndarray of int, [spike]
        The sample of the recording at which each fell.
    units : int
        Number of units, silent ones included.
    """

    time: np.ndarray
    unit: np.ndarray
    sample: np.ndarray
    units: int

    @property
    def count(self) -> np.ndarray:
        """Number of spikes of each unit, [unit]."""
        return np.bincount(self.unit, minlength=self.units)

    def of(self, unit: int) -> slice:
        """Return where the spikes of one unit stand."""
        first, last = np.searchsorted(self.unit, [unit, unit + 1])
        return slice(int(first), int(last))

    def choose(self, kept: np.ndarray, new_sample: np.ndarray) -> SpikeTrains:
        """Return the spikes at kept samples [sample], which get new numbers [sample]."""
        which = kept[self.sample]
        return SpikeTrains(self.time[which], self.unit[which], new_sample[self.sample[which]], self.units)


def trains_of(
    spikes: Any, spike_units: ArrayLike | None = None, name: str = "spike_times"
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the times [spike], the unit of each [spike], and the units' names.

    Parameters
    ----------
    spikes : object
        A flat array of times with ``spike_units``, or of one unit without; a mapping of names to times, such as a
        dictionary or a pynapple ``TsGroup``; a sequence of arrays; or an object with times ``t``, such as a ``Ts``.
        What a mask hides is no spike.
    spike_units : array_like, [spike], optional
        The unit of each spike: numbers or names, in any order.
    name : str
        The argument's name, for messages.

    Returns
    -------
    tuple
        Times in the unit of measure in which they came.

    Raises
    ------
    TypeError
        If times are no real numbers.
    ValueError
        If shapes do not fit or a time is not finite.

    Examples
    --------
    >>> trains_of({"a": [0.1, 0.5], "b": []})
    (array([0.1, 0.5]), array([0, 0]), ('a', 'b'))
    """
    if spike_units is not None:
        times, owners = as_numpy(spikes, name).reshape(-1), np.asarray(spike_units).reshape(-1)
        hidden = np.ma.getmaskarray(spikes).reshape(-1) if isinstance(spikes, np.ma.MaskedArray) else None
        if hidden is not None and len(hidden) == len(owners):
            times, owners = times[~hidden], owners[~hidden]
        if len(owners) != len(times):
            raise ValueError(f"spike_units: expected one a spike, {len(times)}, got {len(owners)}")
        labels, unit = np.unique(owners, return_inverse=True)
        names = tuple(_label(each) for each in labels.tolist())
    else:
        named = _by_name(spikes)
        if named is None:
            flat = as_numpy(_shown(getattr(spikes, "t", spikes)), name)
            if flat.ndim > 1 and max(flat.shape) != flat.size:
                raise ValueError(f"{name}: expected times [spike], got shape {flat.shape}")
            named = {"0": flat}
        trains = [as_numpy(_shown(getattr(each, "t", each)), name).reshape(-1) for each in named.values()]
        times = np.concatenate(trains) if trains else np.empty(0)
        unit = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
        names = tuple(named)
    if not len(names):
        raise ValueError(f"{name}: expected the spikes of one or more units, got none")
    if not np.isfinite(times).all():
        raise ValueError(f"{name}: expected finite times, got {np.count_nonzero(~np.isfinite(times))} that are not")
    order = np.lexsort((times, unit))
    return times[order].astype(np.float64), unit[order].astype(np.int64), names


def _shown(times: ArrayLike) -> ArrayLike:
    """Return times without those that a mask hides: no spikes."""
    return times.compressed() if isinstance(times, np.ma.MaskedArray) else times


def _label(value: object) -> str:
    """Write a unit's name, a whole number without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _by_name(spikes: Any) -> dict[str, Any] | None:
    """Return the trains of several units by name, None where there is one flat array of times."""
    if isinstance(spikes, Mapping) or (hasattr(spikes, "keys") and hasattr(spikes, "__getitem__")):
        return {str(key): spikes[key] for key in spikes.keys()}  # noqa: SIM118  (a TsGroup iterates over something else)
    nested = isinstance(spikes, np.ndarray) and spikes.dtype == object
    if nested or isinstance(spikes, Sequence):
        several = list(spikes)
        if several and any(np.ndim(getattr(each, "t", each)) > 0 for each in several):
            return {str(place): each for place, each in enumerate(several)}
    return None


def check_tracked(times: np.ndarray, time: np.ndarray, halves: tuple[np.ndarray, np.ndarray]) -> None:
    """Raise if most spikes fall outside the tracked time: they are in another unit. The arguments are `placed`'s."""
    outside = _untracked(times, time, halves)
    if outside.sum() > MOST_OUTSIDE * max(len(times), 1):
        start, end = time[0] - halves[0][0], time[-1] + halves[1][-1]
        raise ValueError(
            f"spike_times: expected spikes during the tracked {start:.6g} s to {end:.6g} s, got {outside.mean():.1%} "
            f"outside (from {times.min():.6g} to {times.max():.6g}); if they are in ms, say spike_time_unit='ms' "
            "(--spike-time-unit ms), or 'samples' with sampling_rate"
        )


def _untracked(times: np.ndarray, time: np.ndarray, halves: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return which spikes fall before or after the whole of the tracked time."""
    slack = 1 + 1e-9
    return (times < time[0] - halves[0][0] * slack) | (times > time[-1] + halves[1][-1] * slack)


def placed(
    times: np.ndarray, unit: np.ndarray, units: int, time: np.ndarray, halves: tuple[np.ndarray, np.ndarray]
) -> tuple[SpikeTrains, dict[str, int]]:
    """Return the spikes at the samples that stand for their moment, and how many have none.

    Parameters
    ----------
    times, unit : numpy.ndarray, [spike]
        When, s, and whose.
    units : int
        Number of units.
    time : numpy.ndarray, [sample]
        Ascending time stamps, s.
    halves : (numpy.ndarray, numpy.ndarray), [sample]
        Time before and after each sample that it stands for, s.

    Returns
    -------
    tuple
        The spikes that count, and the number of others by reason.

    Raises
    ------
    ValueError
        If units fire faster than any.
    """
    nearest = np.searchsorted((time[1:] + time[:-1]) / 2, times)
    late = times - time[nearest]
    counted = (late >= -halves[0][nearest] * (1 + 1e-9)) & (late <= halves[1][nearest] * (1 + 1e-9))
    outside = ~counted & _untracked(times, time, halves)
    seconds = float(halves[0].sum() + halves[1].sum())
    rate = np.bincount(unit[counted], minlength=units).max(initial=0) / max(seconds, 1e-9)
    if rate > FASTEST:
        raise ValueError(
            f"spike_times: expected units that fire at up to {FASTEST:g} Hz, got {rate:.4g} Hz over {seconds:.4g} s; "
            "is the time in another unit (time_unit, --time-unit)?"
        )
    trains = SpikeTrains(times[counted], unit[counted], nearest[counted], units)
    reasons = {"before or after the tracking": int(outside.sum()), "in a gap": int((~counted & ~outside).sum())}
    return trains, {reason: count for reason, count in reasons.items() if count}
