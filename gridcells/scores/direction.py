"""Does a unit prefer a heading? Tuning curves, their resultant vectors, and the Rayleigh test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from gridcells._common.checks import as_numpy, check_choice, check_count

__all__ = ["ResultantVector", "head_direction_tuning", "rayleigh_test", "resultant_vector"]


@dataclass(frozen=True, eq=False)
class ResultantVector:
    """The mean direction of a population's tuning curves; NaN for a unit that never fires.

    Attributes
    ----------
    length : numpy.ndarray, [unit]
        From 0 (fires at every heading alike) to 1 (at one heading only).
    angle : numpy.ndarray, [unit]
        Preferred heading, rad in [-π, π).
    """

    length: np.ndarray
    angle: np.ndarray


def head_direction_tuning(
    heading: ArrayLike, activity: ArrayLike, *, bins: int = 20, duration: ArrayLike | None = None
) -> np.ndarray:
    """Return the mean activity of every unit at each heading.

    Parameters
    ----------
    heading : array_like or torch.Tensor, [...]
        Headings, rad; any full turns may be added. Samples of heading NaN are left out.
    activity : array_like or torch.Tensor, [..., unit]
        Activity at those headings.
    bins : int
        Number of bins; the first begins at -π.
    duration : array_like, [...], optional
        Time that each sample stands for, s, where samples differ.

    Returns
    -------
    numpy.ndarray, [unit, bin]
        Mean activity, NaN at headings without a sample.

    Raises
    ------
    TypeError
        If values are not real numbers.
    ValueError
        If shapes differ or a value is not finite.

    Notes
    -----
    Source: Banino et al. 2018, methods (20 bins). Means over samples leave out how often each heading was taken.

    Examples
    --------
    >>> heading = np.linspace(-np.pi, np.pi, 1000, endpoint=False)
    >>> head_direction_tuning(heading, np.cos(heading)[:, None], bins=4).round(1)
    array([[-0.6,  0.6,  0.6, -0.6]])
    """
    angle, values = as_numpy(heading, "heading"), as_numpy(activity, "activity")
    check_count(bins, "bins")
    if values.ndim != angle.ndim + 1 or values.shape[:-1] != angle.shape or not angle.size:
        raise ValueError(
            f"activity: expected shape [..., unit] with the axes of heading {angle.shape}, got {values.shape}"
        )
    weight = np.ones(angle.shape) if duration is None else as_numpy(duration, "duration")
    if weight.shape != angle.shape:
        raise ValueError(f"duration: expected the shape of heading {angle.shape}, got {weight.shape}")
    known = ~np.isnan(angle)
    if not known.all():
        angle, values, weight = angle[known], values[known], weight[known]
    for name, array in (("heading", angle), ("activity", values), ("duration", weight)):
        if not np.isfinite(array).all():
            raise ValueError(
                f"{name}: expected finite numbers, got {np.count_nonzero(~np.isfinite(array))} that are not"
            )
    turned = (angle.ravel().astype(np.float64) + np.pi) % (2 * np.pi) * (bins / (2 * np.pi))
    place = np.minimum(turned.astype(np.int64), bins - 1)
    member = sparse.csr_array((weight.ravel(), (place, np.arange(place.size))), shape=(bins, place.size))
    total = member @ values.reshape(place.size, -1).astype(np.float64)  # [bin, unit]
    count = np.bincount(place, weight.ravel(), minlength=bins)[:, None]
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0).T


def resultant_vector(tuning: ArrayLike, *, signed: str = "raise") -> ResultantVector:
    r"""Return the length and angle of each tuning curve's resultant vector.

    .. math:: R e^{i\theta} = \frac{\sum_k r_k e^{i\phi_k}}{\sum_k r_k}

    Parameters
    ----------
    tuning : array_like, [unit, bin]
        Mean activity at headings that divide the circle evenly, the first bin beginning at -π; NaN, a heading without a
        sample, is left out.
    signed : {"raise", "shift"}
        What to do with negative activity, for which a resultant vector means nothing: refuse it, or lift each curve
        until its lowest value is 0, as an analysis of signed linear units must. Lifted curves are the longer the less
        their lowest value is noise, so shares of direction cells among such units depend on this choice.

    Returns
    -------
    ResultantVector
        Lengths and angles.

    Raises
    ------
    TypeError
        If values are not real numbers.
    ValueError
        If the shape is not [unit, bin], a value is infinite, or one is negative and ``signed`` is "raise".

    Notes
    -----
    Source: Banino et al. 2018, methods (length above 0.47: a head-direction unit).

    Examples
    --------
    >>> vector = resultant_vector([[0, 0, 1, 0], [1, 1, 1, 1]])
    >>> vector.length.round(2), vector.angle[0].round(2)  # the third of four bins is centred on a quarter of π
    (array([1., 0.]), np.float64(0.79))
    """
    check_choice(signed, "signed", ("raise", "shift"))
    rates = as_numpy(tuning, "tuning").astype(np.float64)
    if rates.ndim != 2 or not rates.shape[1] or np.isinf(rates).any():
        raise ValueError(f"tuning: expected finite activity [unit, bin], NaN where unvisited, got shape {rates.shape}")
    known = ~np.isnan(rates)
    low = np.min(rates, axis=1, where=known, initial=np.inf, keepdims=True)
    if (low < 0).any():
        if signed == "raise":
            raise ValueError(f"tuning: expected activity of at least 0 (or signed='shift'), got {low.min():g}")
        rates = rates - np.minimum(low, 0.0)
    bins = rates.shape[1]
    middle = -np.pi + (np.arange(bins) + 0.5) * (2 * np.pi / bins)
    weight = np.where(known, rates, 0.0)
    total = weight.sum(axis=1)
    mean = weight @ np.exp(1j * middle) / np.where(total > 0, total, 1.0)
    return ResultantVector(np.where(total > 0, np.abs(mean), np.nan), np.where(total > 0, np.angle(mean), np.nan))


def rayleigh_test(length: ArrayLike, count: ArrayLike) -> np.ndarray:
    r"""Return the probability that directions spread evenly have a resultant vector as long, by chance.

    .. math:: p = \exp\left[\sqrt{1 + 4n + 4(n^2 - R_n^2)} - (1 + 2n)\right], \qquad R_n = n R

    Parameters
    ----------
    length : array_like, [unit]
        Lengths R of the mean vectors of n independent directions, 0 to 1; NaN gives NaN.
    count : int or array_like, [unit]
        Their number n, of spikes for instance. Samples along a path are not independent: counting them all makes any
        unit significant.

    Returns
    -------
    numpy.ndarray, [unit]
        Probabilities.

    Raises
    ------
    ValueError
        If a length is not between 0 and 1 or a count is below 1.

    Notes
    -----
    Source: Zar 1999, equation 27.4. Banino et al. 2018 test at 0.01.

    Examples
    --------
    >>> rayleigh_test([0.0, 0.5], 20).round(3)
    array([1.   , 0.005])
    """
    resultant, number = as_numpy(length, "length"), as_numpy(count, "count")
    if not (np.isnan(resultant) | ((resultant >= 0) & (resultant <= 1 + 1e-12))).all():
        raise ValueError("length: expected lengths between 0 and 1, got others")
    if not (np.isfinite(number) & (number >= 1)).all():
        raise ValueError("count: expected numbers of directions of at least 1, got others")
    return np.minimum(np.exp(np.sqrt(1 + 4 * number + 4 * number**2 * (1 - resultant**2)) - (1 + 2 * number)), 1.0)
