"""Rates out of counts and occupancy, smoothed apart: by a Gaussian of one width, or adaptively by how much there is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from gridcells._common.checks import as_numpy, check_positive
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps, product

__all__ = ["Smoother", "effective_bins", "gaussian_rows", "shown_bins", "smooth_rate_maps"]

CUT = 4.0  # widths at which the Gaussian ends
ENCLOSED = 5  # visited neighbours of eight that make an unvisited bin a hole in the path, which smoothing fills
ALPHA = 1e4  # of Skaggs et al. 1996
PART = 2**22  # bins smoothed adaptively at a time

Width = float | str


def smooth_rate_maps(
    counts: ArrayLike,
    occupancy: ArrayLike,
    *,
    bin_size: float | tuple[float, float],
    width: Width = 0.0,
    min_occupancy: float = 0.0,
    time_step: float = 0.02,
) -> np.ndarray:
    r"""Return rates from the number of spikes and the time spent in each bin, both smoothed before they are divided.

    .. math:: r_i = \frac{\sum_j K_{ij} n_j}{\sum_j K_{ij} t_j}, \qquad K_{ij} = e^{-d_{ij}^2 / 2 w^2}

    or adaptively: the number of spikes in a circle around the bin over the time in it, the circle being the smallest
    whose radius, in bins, is at least :math:`\alpha / (m \sqrt n)` for m samples and n spikes in it.

    Parameters
    ----------
    counts : array_like, [unit, bin_x, bin_y]
        Spikes in each bin, or any activity summed over time.
    occupancy : array_like, [bin_x, bin_y]
        Time spent there, s.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.
    width : float or "adaptive"
        Standard deviation of the Gaussian, m; 0 smooths nothing.
    min_occupancy : float
        Bins with less time are unvisited, s; with smoothing, the time around them counts, weighted by the Gaussian.
    time_step : float
        Time of a sample, s, by which the adaptive rule counts samples.

    Returns
    -------
    numpy.ndarray, [unit, bin_x, bin_y]
        Rates, per second; NaN in unvisited bins. Where it smooths, a bin of the path's inside (five visited neighbours
        of eight) is filled.

    Raises
    ------
    TypeError
        If counts or times are not real numbers.
    ValueError
        If shapes do not fit, a time is negative or not finite, or an option is out of its range.

    Notes
    -----
    Source: Skaggs et al. 1996, methods (adaptive, α = 10 000); Langston et al. 2010 (spikes and time smoothed apart).

    Examples
    --------
    >>> counts = np.zeros((1, 5, 5))
    >>> counts[0, 2, 2] = 10.0
    >>> rates = smooth_rate_maps(counts, np.full((5, 5), 2.0), bin_size=0.02, width=0.02)
    >>> rates[0, 2].round(2)
    array([0.16, 0.52, 0.81, 0.52, 0.16])
    """
    totals = check_rate_maps(counts, "counts").astype(np.float64)
    smoother = Smoother.of(
        occupancy, totals.shape[1:], bin_size=bin_size, width=width, min_occupancy=min_occupancy, time_step=time_step
    )
    return smoother.rates(totals)


@dataclass(frozen=True, eq=False)
class Smoother:
    """What making rates of counts takes, for one occupancy: many maps of it cost little more than their products."""

    shown: np.ndarray  # [bin_x, bin_y]
    time: np.ndarray  # [bin_x, bin_y] s
    below: np.ndarray  # the same, smoothed; NaN where not shown
    kernels: tuple[np.ndarray, np.ndarray] | None
    size: np.ndarray
    time_step: float
    adaptive: bool

    @classmethod
    def of(
        cls,
        occupancy: ArrayLike,
        bins: tuple[int, ...],
        *,
        bin_size: float | tuple[float, float],
        width: Width,
        min_occupancy: float,
        time_step: float,
    ) -> Smoother:
        """Prepare the bins: the arguments are those of `smooth_rate_maps`."""
        time, size = _check_occupancy(occupancy, bins), check_bin_size(bin_size)
        if not 0 <= min_occupancy < np.inf:
            raise ValueError(f"min_occupancy: expected a time of at least 0 s, got {min_occupancy!r}")
        check_positive(time_step, "time_step", "s")
        shown = shown_bins(time, size, width, min_occupancy)
        kernels = None if width in ("adaptive", 0) else _kernels(bins, size, width)
        below = time if kernels is None else kernels[0] @ time @ kernels[1]
        below = np.where(shown, below, np.nan)
        return cls(shown, time, below, kernels, size, time_step, width == "adaptive")

    def totals(self, counts: np.ndarray) -> np.ndarray:
        """Return counts [..., bin_x, bin_y] weighted by the Gaussian: sums of them, before any division."""
        return counts if self.kernels is None else smoothed(counts, *self.kernels)

    def rates(self, counts: np.ndarray) -> np.ndarray:
        """Return rates of counts [unit, bin_x, bin_y]."""
        if self.adaptive:
            return np.where(self.shown, _adaptive(counts, self.time, self.size, self.time_step), np.nan)
        return self.totals(counts) / self.below


def smoothed(totals: np.ndarray, along_x: np.ndarray, along_y: np.ndarray) -> np.ndarray:
    """Return totals [..., bin_x, bin_y] weighted along both axes by two symmetric kernels."""
    return product(product(along_x, totals), along_y)


def shown_bins(time: np.ndarray, size: np.ndarray, width: Width, min_occupancy: float) -> np.ndarray:
    """Return the bins [bin_x, bin_y] that have a rate: visited, or enclosed by visited ones, and long enough."""
    visited = time > 0
    if width == 0:
        return visited & (time >= min_occupancy)
    padded = np.pad(visited.astype(np.int64), 1)
    bins_x, bins_y = time.shape
    around = sum(padded[x : x + bins_x, y : y + bins_y] for x in (0, 1, 2) for y in (0, 1, 2) if (x, y) != (1, 1))
    inside = visited | (np.asarray(around) >= ENCLOSED)
    near = time
    if width != "adaptive":
        along_x, along_y = _kernels(time.shape, size, width)
        near = along_x @ time @ along_y
    return inside & (near >= min_occupancy) & (near > 0)


def effective_bins(
    occupancy: ArrayLike, *, bin_size: float | tuple[float, float], width: float = 0.0, min_occupancy: float = 0.0
) -> float:
    r"""Return how many independent bins a smoothed map has: what decides the bias of information measured on it.

    .. math:: B = T \sum_i p_i \frac{\sum_j K_{ij}^2 t_j}{(\sum_j K_{ij} t_j)^2}

    with T the total time and :math:`p_i = t_i / T`; without smoothing the number of visited bins.

    Parameters
    ----------
    occupancy : array_like, [bin_x, bin_y]
        Time spent in each bin, s.
    bin_size, width, min_occupancy
        As for `smooth_rate_maps`.

    Returns
    -------
    float
        Number of bins; not whole.

    Raises
    ------
    ValueError
        If a time is negative or not finite, or the width is not a length.

    Notes
    -----
    Source: the bias of Panzeri & Treves 1996, with the variance that a Poisson unit's smoothed rate has.

    Examples
    --------
    >>> round(effective_bins(np.ones((40, 40)), bin_size=0.025), 3)
    1600.0
    >>> round(effective_bins(np.ones((40, 40)), bin_size=0.025, width=0.05))
    37
    """
    time = as_numpy(occupancy, "occupancy").astype(np.float64)
    time = _check_occupancy(time, time.shape)
    size = check_bin_size(bin_size)
    shown = shown_bins(time, size, width, min_occupancy)
    if width == 0:
        return float(shown.sum())
    along_x, along_y = _kernels(time.shape, size, width)
    below, squares = along_x @ time @ along_y, along_x**2 @ time @ along_y**2
    ratio = np.divide(squares, below**2, out=np.zeros_like(time), where=shown)
    return float(np.sum(np.where(shown, time, 0.0) * ratio))


def _kernels(bins: tuple[int, ...], size: np.ndarray, width: Width) -> tuple[np.ndarray, np.ndarray]:
    """Return the two kernels for maps of so many bins."""
    if isinstance(width, str) or not 0 < width < np.inf:
        raise ValueError(f"width: expected a length of at least 0 m, or 'adaptive', got {width!r}")
    return gaussian_rows(bins[0], float(size[0]), width), gaussian_rows(bins[1], float(size[1]), width)


@lru_cache(maxsize=16)
def gaussian_rows(bins: int, side: float, width: float) -> np.ndarray:
    """Return the Gaussian's weights [bin, bin] of a row of bins for each other, 1 for itself.

    Parameters
    ----------
    bins : int
        Number of bins in the row.
    side, width : float
        Length of a bin and standard deviation, m.
    """
    apart = (np.arange(bins)[:, None] - np.arange(bins)) * (side / width)
    weights = np.where(np.abs(apart) <= CUT, np.exp(-(apart**2) / 2), 0.0)
    weights.setflags(write=False)
    return weights


def _adaptive(totals: np.ndarray, time: np.ndarray, size: np.ndarray, time_step: float) -> np.ndarray:
    """Return rates by circles that grow until they hold enough, [unit, bin_x, bin_y]."""
    bins_x, bins_y = time.shape
    across = float(np.sqrt(size.prod()))  # m, what counts as one bin
    x, y = np.arange(bins_x) * size[0] / across, np.arange(bins_y) * size[1] / across
    farthest = int(np.ceil(np.hypot(x[-1], y[-1])))
    shape = (2 * bins_x, 2 * bins_y)
    wrapped = np.hypot(
        np.minimum(np.arange(shape[0]), shape[0] - np.arange(shape[0]))[:, None] * size[0] / across,
        np.minimum(np.arange(shape[1]), shape[1] - np.arange(shape[1])) * size[1] / across,
    )
    result = np.empty_like(totals)
    step = max(1, PART // (shape[0] * shape[1]))
    for start in range(0, len(totals), step):
        some = totals[start : start + step]
        spectrum, spent = fft.rfft2(some, shape), fft.rfft2(time, shape)
        rates, open_ = np.zeros_like(some), np.ones(some.shape, dtype=bool)
        for radius in range(1, farthest + 1):
            disc = fft.rfft2((wrapped <= radius).astype(np.float64))
            number = fft.irfft2(spectrum * disc, shape)[:, :bins_x, :bins_y]
            within = fft.irfft2(spent * disc, shape)[:bins_x, :bins_y].clip(time_step * 1e-3)
            number = np.where(number < 1e-9 * max(float(some.max(initial=0.0)), 1e-300), 0.0, number)
            with np.errstate(divide="ignore"):
                enough = radius >= ALPHA / (within / time_step * np.sqrt(number))
            settled = open_ & (enough | (radius == farthest))
            rates = np.where(settled, number / within, rates)
            open_ &= ~settled
            if not open_.any():
                break
        result[start : start + step] = rates
    return result


def _check_occupancy(occupancy: ArrayLike, bins: tuple[int, ...]) -> np.ndarray:
    """Return the times, or raise unless there is one of at least 0 for each bin."""
    time = as_numpy(occupancy, "occupancy").astype(np.float64)
    if time.shape != tuple(bins) or time.ndim != 2 or not (np.isfinite(time) & (time >= 0)).all():
        raise ValueError(f"occupancy: expected times of at least 0 s, shape {tuple(bins)}, got shape {time.shape}")
    return time
