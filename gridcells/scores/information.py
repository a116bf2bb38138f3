"""How much a unit's activity tells about place: spatial information, sparsity and coherence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice
from gridcells._common.maps import is_flat
from gridcells.scores.autocorrelogram import check_rate_maps, without_nan

__all__ = ["coherence", "information_bias", "sparsity", "spatial_information"]


def spatial_information(rate_maps: ArrayLike, occupancy: ArrayLike | None = None, *, per: str = "spike") -> np.ndarray:
    r"""Return the information that activity carries about place.

    .. math:: I = \sum_i p_i \frac{r_i}{\bar r} \log_2 \frac{r_i}{\bar r} \quad\text{(per spike)}, \qquad
              I_s = \bar r I \quad\text{(per second)}

    with p the share of time spent in bin i, r the rate there, and :math:`\bar r = \sum_i p_i r_i`.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps, rates of at least 0, in Hz for bits per second; NaN marks an unvisited bin.
    occupancy : array_like, [bin_x, bin_y], optional
        Time spent in each bin, s, or number of samples: only shares matter. Uniform over the visited bins if None.
    per : {"spike", "second"}
        Bits per spike, or bits per second.

    Returns
    -------
    numpy.ndarray, [unit]
        Information, bits; 0 for a unit that fires everywhere alike, NaN for one that never fires.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If a rate is negative or infinite, or the occupancy is not one number of at least 0 a bin.

    Notes
    -----
    Source: Skaggs et al. 1993, equation 1. The estimate is biased upwards where few spikes make each bin's rate, see
    `information_bias`.

    Examples
    --------
    >>> spatial_information([[[4.0, 0.0], [0.0, 0.0]]])  # one bin of four: two bits
    array([2.])
    """
    check_choice(per, "per", ("spike", "second"))
    rates, share = _rates_and_shares(rate_maps, occupancy)
    mean = np.sum(share * rates, axis=(1, 2))
    fires = mean > 0
    relative = rates / np.where(fires, mean, 1.0)[:, None, None]
    bits = np.sum(share * relative * np.log2(np.where(relative > 0, relative, 1.0)), axis=(1, 2))
    return np.where(fires, np.maximum(bits, 0.0) * (mean if per == "second" else 1.0), np.nan)


def information_bias(spikes: ArrayLike, bins: float) -> np.ndarray:
    r"""Return by how many bits per spike spatial information is too high, because spikes are few.

    .. math:: \Delta I = \frac{B - 1}{2 N \ln 2}

    Parameters
    ----------
    spikes : array_like, [unit]
        Number of spikes N.
    bins : float
        Number of bins B; of smoothed maps the effective one, see `effective_bins`.

    Returns
    -------
    numpy.ndarray, [unit]
        Bits per spike; NaN for a unit without spikes.

    Raises
    ------
    ValueError
        If a number is negative, or there is no bin.

    Notes
    -----
    Source: Panzeri & Treves 1996, equation 11, for a signal of Poisson spikes; the leading term, good where spikes are
    at least as many as bins. A unit that is silent in part of the arena has a smaller bias: the correction is then too
    strong, never too weak.

    Examples
    --------
    >>> information_bias([100, 10_000], 101).round(3)
    array([0.721, 0.007])
    """
    number = as_numpy(spikes, "spikes")
    if (number < 0).any() or not bins >= 1:
        raise ValueError(f"spikes: expected numbers of at least 0 and a bin or more, got {number.min()} and {bins!r}")
    return (bins - 1) / (2 * np.log(2) * np.where(number > 0, number, np.nan))


def sparsity(rate_maps: ArrayLike, occupancy: ArrayLike | None = None) -> np.ndarray:
    r"""Return the share of the arena in which a unit fires, weighted by rate.

    .. math:: s = \frac{(\sum_i p_i r_i)^2}{\sum_i p_i r_i^2}

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps, rates of at least 0; NaN marks an unvisited bin.
    occupancy : array_like, [bin_x, bin_y], optional
        Time spent in each bin, s, or number of samples: only shares matter. Uniform over the visited bins if None.

    Returns
    -------
    numpy.ndarray, [unit]
        Sparsity, above 0 (one small field) to 1 (fires everywhere alike); NaN for a unit that never fires.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If a rate is negative or infinite, or the occupancy is not one number of at least 0 a bin.

    Notes
    -----
    Source: Skaggs et al. 1996, methods; the measure is that of Treves and Rolls 1991.

    Examples
    --------
    >>> sparsity([[[4.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]])
    array([0.25, 1.  ])
    """
    rates, share = _rates_and_shares(rate_maps, occupancy)
    square = np.sum(share * rates**2, axis=(1, 2))
    fires = square > 0
    return np.where(fires, np.sum(share * rates, axis=(1, 2)) ** 2 / np.where(fires, square, 1.0), np.nan)


def coherence(rate_maps: ArrayLike, *, fisher: bool = False) -> np.ndarray:
    """Return how well each bin's rate is told by its neighbours: a map's smoothness at the scale of a bin.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps, not smoothed; NaN marks an unvisited bin.
    fisher : bool
        Return the correlation's z transform, artanh(r), as the original does.

    Returns
    -------
    numpy.ndarray, [unit]
        Pearson correlation over bins between the rate and the mean rate of the up to eight visited neighbours; NaN for
        a flat map.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin] or a value is infinite.

    Notes
    -----
    Source: Muller and Kubie 1989, methods (first-order spatial autocorrelation, z transformed).

    Examples
    --------
    >>> ramp = np.arange(10.0)[:, None] + np.zeros(10)
    >>> board = np.indices((10, 10)).sum(0) % 2.0  # black and white squares
    >>> coherence([ramp, board]).round(1)
    array([ 1. , -0.6])
    """
    maps = check_rate_maps(rate_maps).astype(np.float64)
    visited = ~np.isnan(maps)
    rates = without_nan(maps)
    number, total = _around(visited.astype(np.float64)), _around(rates)
    used = visited & (number > 0)
    count = np.maximum(used.sum(axis=(1, 2)), 1)[:, None, None]
    near = np.divide(total, number, out=np.zeros_like(total), where=used)

    def centred(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        deviation = np.where(used, values - np.sum(values, axis=(1, 2), where=used, keepdims=True) / count, 0.0)
        return deviation, np.where(is_flat(values, used), np.nan, np.sum(deviation**2, axis=(1, 2)))

    own, own_energy = centred(rates)
    other, other_energy = centred(near)
    correlation = np.sum(own * other, axis=(1, 2)) / np.sqrt(own_energy * other_energy)
    return np.arctanh(np.clip(correlation, -1 + 1e-15, 1 - 1e-15)) if fisher else correlation


def _around(values: np.ndarray) -> np.ndarray:
    """Sum each bin's eight neighbours inside the map, [unit, bin_x, bin_y]."""
    bins_x, bins_y = values.shape[1:]
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    rows = padded[:, :bins_x] + padded[:, 1 : bins_x + 1] + padded[:, 2:]
    return rows[:, :, :bins_y] + rows[:, :, 1 : bins_y + 1] + rows[:, :, 2:] - values


def _rates_and_shares(rate_maps: ArrayLike, occupancy: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """Return rates, 0 where unvisited, and the share of time in each visited bin, both [unit, bin_x, bin_y]."""
    maps = check_rate_maps(rate_maps).astype(np.float64)
    if (maps < 0).any():
        raise ValueError(f"rate_maps: expected rates of at least 0, got {np.nanmin(maps):g}")
    time = np.ones(maps.shape[1:]) if occupancy is None else as_numpy(occupancy, "occupancy")
    if time.shape != maps.shape[1:] or not (np.isfinite(time) & (time >= 0)).all():
        raise ValueError(f"occupancy: expected times of at least 0 s, shape {maps.shape[1:]}, got shape {time.shape}")
    spent = np.where(np.isnan(maps), 0.0, time)
    total = spent.sum(axis=(1, 2), keepdims=True)
    return without_nan(maps), spent / np.where(total > 0, total, 1.0)
