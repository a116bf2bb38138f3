"""Does a unit fire more when the animal runs faster? The speed score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft, ndimage

from gridcells._common.checks import as_numpy, check_positive

__all__ = ["speed_scores"]

WIDTH = 0.25  # s, of the Gaussian that smooths rates
PART = 2**22  # numbers correlated at a time


def speed_scores(
    speed: ArrayLike, activity: ArrayLike, *, time_step: float, shifts: ArrayLike | None = None
) -> np.ndarray:
    """Return the correlation of each unit's smoothed rate with the running speed.

    Parameters
    ----------
    speed : array_like, [time]
        Running speed at even steps of time, m/s; NaN where it is not known, which counts as the mean.
    activity : array_like, [time, unit]
        Spikes in each step, or any other activity.
    time_step : float
        Time of a step, s.
    shifts : array_like of int, [shuffle], optional
        Steps by which to shift the activity around the circle, for a null.

    Returns
    -------
    numpy.ndarray, [unit], or [shuffle, unit] with shifts
        Pearson correlations; NaN for a unit that never changes.

    Raises
    ------
    TypeError
        If values are not real numbers.
    ValueError
        If shapes differ, or the time step is not above 0.

    Notes
    -----
    Source: Kropff et al. 2015, methods (rates smoothed by a Gaussian of 250 ms).

    Examples
    --------
    >>> time = np.arange(0, 100, 0.02)
    >>> speed = 0.2 + 0.1 * np.sin(0.5 * time)
    >>> speed_scores(speed, np.stack([speed, -speed], axis=1), time_step=0.02).round(2)
    array([ 1., -1.])
    """
    fast = as_numpy(speed, "speed").astype(np.float64)
    rates = as_numpy(activity, "activity")
    step = check_positive(time_step, "time_step", "s")
    if rates.ndim != 2 or fast.shape != rates.shape[:1] or not len(fast):
        raise ValueError(f"activity: expected shape [time, unit] for speeds {fast.shape}, got {rates.shape}")
    known = np.isfinite(fast)
    centred = np.where(known, fast - (fast[known].mean() if known.any() else 0.0), 0.0)
    width = np.sqrt(np.sum(centred**2))
    turns = None if shifts is None else np.asarray(shifts, dtype=np.int64) % len(fast)
    parts = []
    units = max(1, PART // len(fast))
    for start in range(0, rates.shape[1], units):
        smooth = ndimage.gaussian_filter1d(rates[:, start : start + units].astype(np.float64), WIDTH / step, axis=0)
        smooth -= smooth.mean(axis=0)
        height = np.sqrt(np.sum(smooth**2, axis=0))
        scale = np.where((height > 1e-12) & (width > 0), height * width, np.nan)
        if turns is None:
            parts.append(centred @ smooth / scale)
        else:  # all shifts at once
            size = len(fast)
            cross = fft.irfft(fft.rfft(smooth, axis=0).conj() * fft.rfft(centred)[:, None], size, axis=0)
            parts.append(cross[turns] / scale)
    return np.concatenate(parts, axis=-1)
