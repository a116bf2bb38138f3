"""Does a unit fire in the rhythm of theta? An index from the autocorrelogram of its spikes in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy

__all__ = ["COARSEST", "FEWEST", "rounded_to", "theta_indices"]

LONGEST = 0.5  # s, lags of the autocorrelogram
STEP = 0.005  # s
BAND = (5.0, 11.0)  # Hz, in which theta's peak is looked for
AROUND = 1.0  # Hz around the peak
ALL = 50.0  # Hz, what the peak is compared with
FEWEST = 100  # spikes
POINTS = 4096  # of the spectrum
COARSEST = 0.0101  # s to which times may be rounded: a comb of 20 ms has its own peak at 50 Hz
STEPS = 500  # between spikes, that tell how times are rounded
OFF = 0.002  # s that a multiple may be off


def theta_indices(spike_times: Sequence[ArrayLike]) -> np.ndarray:
    """Return how much of the power of each unit's firing lies around its theta peak.

    The mean power within 1 Hz of the highest peak from 5 to 11 Hz, over the mean power from 0 to 50 Hz, of the
    autocorrelogram of the spikes (lags up to 0.5 s in bins of 5 ms, its mean taken away).

    Parameters
    ----------
    spike_times : sequence of array_like, [unit] of [spike]
        Spike times of each unit, s.

    Returns
    -------
    numpy.ndarray, [unit]
        Indices, 1 for a flat spectrum; NaN for a unit of fewer than 100 spikes, or whose times are rounded to more than
        10 ms, as those that were stored as frames of a camera.

    Raises
    ------
    TypeError
        If times are not real numbers.
    ValueError
        If a time is not finite.

    Notes
    -----
    Source: Langston et al. 2010 and Yartsev et al. 2011, methods (above 5: modulated by theta).

    Examples
    --------
    >>> beat = np.repeat(np.arange(0, 60, 0.125), 3) + np.tile([0.0, 0.01, 0.02], 480)
    >>> theta_indices([beat, [1.0, 2.0]]).round(0)
    array([14., nan])
    """
    result = np.full(len(spike_times), np.nan)
    for unit, each in enumerate(spike_times):
        times = np.sort(as_numpy(each, "spike_times").astype(np.float64).reshape(-1))
        if not np.isfinite(times).all():
            raise ValueError(f"spike_times: expected finite times, got {np.count_nonzero(~np.isfinite(times))} others")
        if len(times) >= FEWEST and rounded_to(times) <= COARSEST:
            result[unit] = _index(times)
    return result


def rounded_to(times: np.ndarray) -> float:
    """Return the step that sorted times are multiples of, s, as far as it is longer than 10 ms; or any shorter time.

    Examples
    --------
    >>> rounded_to(np.array([0.04, 0.08, 0.14, 0.2])).round(3), rounded_to(np.array([0.04, 0.0834, 0.14, 0.2])) < 0.0101
    (np.float64(0.02), np.True_)
    """
    steps = np.diff(times)
    steps = steps[steps > 0][:STEPS]
    if not len(steps):
        return 0.0
    common = float(steps.min())
    for step in steps:
        rest = step % common
        rest = min(rest, common - rest)
        if rest > OFF:
            common = rest
        if common <= COARSEST:
            return common
    return common


def _index(times: np.ndarray) -> float:
    """Return the index of one unit from its sorted spike times."""
    longest = round(LONGEST / STEP)
    steps = np.floor(times / STEP).astype(np.int64)
    count = np.zeros(longest)
    for later in range(1, len(steps)):
        apart = steps[later:] - steps[:-later]
        apart = apart[apart < longest]
        if not len(apart):
            break
        count += np.bincount(apart, minlength=longest)
    both = np.concatenate([count[::-1], [0.0], count])  # the spikes themselves left out
    both[len(count)] = count[:2].mean()
    power = np.abs(np.fft.rfft((both - both.mean()) * np.hanning(len(both)), POINTS)) ** 2
    frequency = np.fft.rfftfreq(POINTS, STEP)
    band = (frequency >= BAND[0]) & (frequency <= BAND[1])
    peak = frequency[band][np.argmax(power[band])]
    total = power[frequency <= ALL].mean()
    return float(power[np.abs(frequency - peak) <= AROUND].mean() / total) if total > 0 else np.nan
