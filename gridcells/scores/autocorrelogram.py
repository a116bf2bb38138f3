"""The spatial autocorrelogram: how much a map looks like itself, shifted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice
from gridcells._common.maps import is_flat, map_range
from gridcells.scores.lagged import Sums, product, sums_at, sums_by_fourier, sums_directly

__all__ = [
    "check_bin_size",
    "check_rate_maps",
    "for_each_chunk",
    "half_plane",
    "product",
    "spatial_autocorrelogram",
    "whole_plane",
    "without_nan",
]

CHUNK = 2**16  # bins of rate maps worked on at a time: some 20 MB of scratch a thread, whatever their number
SMALLEST_CHUNK = 8  # maps
THREADS = 2
CONSTANT = 1e-12  # a window whose variance is this small a share of its mean square is constant
TINY = 1e-100  # a share of the largest value whose square a float does not hold
DOUBTFUL = 1e-6  # sums this small a share of a map's energy sink into the rounding of a Fourier transform
OVERHEAD = 20_000  # multiplications that could be made while one shift is taken by itself


def spatial_autocorrelogram(rate_maps: ArrayLike, *, unvisited: str = "exclude") -> np.ndarray:
    r"""Return the Pearson correlation of each map with itself at every shift.

    .. math:: r(l) = \frac{n \sum f_p f_{p+l} - \sum f_p \sum f_{p+l}}
              {\sqrt{n \sum f_p^2 - (\sum f_p)^2} \sqrt{n \sum f_{p+l}^2 - (\sum f_{p+l})^2}}

    with all sums over the n bins p for which p and p + l were both visited.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin. For one map, pass ``rate_map[None]``.
    unvisited : {"exclude", "zero"}
        "exclude" leaves unvisited bins out of every sum, and a shift without a correlation (fewer than two shared bins,
        or no variance in them) is NaN. "zero" is the published code's way: unvisited bins hold the rate 0, and a
        shift without a correlation has correlation 0.

    Returns
    -------
    numpy.ndarray, [unit, 2 * bin_x - 1, 2 * bin_y - 1]
        Correlations, float64, shift zero in the middle; symmetric about it.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shape is not [unit, bin, bin] or a value is infinite.

    Notes
    -----
    Source: Sargolini et al. 2006 (supplement) for the correlation; Banino et al. 2018 (released code) for "zero".

    Examples
    --------
    >>> stripes = np.tile([0.0, 1.0], (1, 4, 2))  # the rate alternates along y
    >>> spatial_autocorrelogram(stripes)[0, 3].round(2)  # no shift along x
    array([nan,  1., -1.,  1., -1.,  1., nan])
    """
    maps = check_rate_maps(rate_maps)
    check_choice(unvisited, "unvisited", ("exclude", "zero"))
    units, bins_x, bins_y = maps.shape
    result = np.empty((units, 2 * bins_x - 1, 2 * bins_y - 1))

    def work(chunk: slice) -> None:
        result[chunk] = whole_plane(half_plane(maps[chunk], unvisited))

    for_each_chunk(work, maps)
    return result


def check_rate_maps(rate_maps: ArrayLike, name: str = "rate_maps") -> np.ndarray:
    """Return the maps as an array [unit, bin, bin], or raise unless they are that, real and nowhere infinite."""
    maps = as_numpy(rate_maps, name)
    if maps.ndim == 2:
        raise ValueError(f"{name}: expected shape [unit, bin, bin], got {maps.shape}; for one map pass {name}[None]")
    if maps.ndim != 3 or 0 in maps.shape[1:]:
        raise ValueError(f"{name}: expected shape [unit, bin, bin], got {maps.shape}")
    if np.isinf(maps).any():
        raise ValueError(f"{name}: expected finite rates (NaN where unvisited), got {np.isinf(maps).sum()} infinite")
    return maps


def check_bin_size(bin_size: float | Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the sides of a bin along x and along y, m, or raise unless they are finite and above 0."""
    size = as_numpy(bin_size, "bin_size")
    if size.shape not in ((), (2,)) or not (np.isfinite(size) & (size > 0)).all():
        raise ValueError(f"bin_size: expected one length above 0 m, or two (x, y), got {bin_size!r}")
    return np.broadcast_to(size, 2)


def for_each_chunk(work: Callable[[slice], None], maps: np.ndarray) -> None:
    """Run ``work`` on slices of units small enough to work on together, two at a time."""
    size = max(SMALLEST_CHUNK, CHUNK // (maps.shape[1] * maps.shape[2]))
    slices = [slice(start, start + size) for start in range(0, len(maps), size)]
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, slices):  # asking for each result raises what went wrong there
            pass


def whole_plane(half: np.ndarray) -> np.ndarray:
    """Add the shifts towards negative x, which mirror the others: [unit, n_x, lag_y] to [unit, lag_x, lag_y]."""
    return np.concatenate([half[:, :0:-1, ::-1], half], axis=1)


def half_plane(maps: np.ndarray, unvisited: str) -> np.ndarray:
    """Return the correlations for shifts 0 ... n_x - 1 along x and all shifts along y, [unit, n_x, 2 * n_y - 1]."""
    visited = ~np.isnan(maps) if unvisited == "exclude" else np.ones_like(maps, dtype=bool)
    rates = _unit_range(without_nan(maps.astype(np.float64)), visited)
    energy = np.sum(rates**2, axis=(1, 2))[:, None]
    correlation, doubtful = _correlation(sums_by_fourier(rates, visited), energy[..., None])
    flagged = doubtful.any(axis=(1, 2))
    if flagged.any():
        some, seen = rates[flagged], visited[flagged]
        lags = np.argwhere(doubtful.any(axis=0))
        bins = np.array(maps.shape[1:])
        window = (bins[0] - lags[:, 0]) * (bins[1] - np.abs(lags[:, 1] - bins[1] + 1))
        if window.sum() + OVERHEAD * len(lags) < bins[0] * bins.prod() * bins[1] / 2:  # of the whole half plane
            exact, _ = _correlation(sums_at(some, seen, lags), energy[flagged])
            whole = correlation[flagged]
            whole[:, lags[:, 0], lags[:, 1]] = exact
            correlation[flagged] = whole
        else:
            correlation[flagged] = _correlation(sums_directly(some, seen), energy[flagged][..., None])[0]
    return without_nan(correlation) if unvisited == "zero" else correlation


def without_nan(values: np.ndarray) -> np.ndarray:
    """Return the values with 0 for NaN."""
    return np.where(np.isnan(values), 0.0, values)


def _unit_range(rates: np.ndarray, visited: np.ndarray) -> np.ndarray:
    """Shift and scale each map to [0, 1] over its visited bins, 0 elsewhere and where it is flat.

    No correlation changes, but sums lose less; what would be squared to less than a float holds is 0.
    """
    low, high = (end[:, None, None] for end in map_range(rates, visited))
    varies = ~is_flat(rates, visited)[:, None, None]
    scaled = np.divide(rates - low, high - low, out=np.zeros_like(rates), where=visited & varies)
    return np.where(scaled > TINY, scaled, 0.0)


def _correlation(sums: Sums, energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the correlation at each shift, and whether it needs more exact sums, for the sums of all squares."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 / sums.count
        mean_here, mean_there = sums.here * share, sums.there * share
        variation_here = sums.squares_here - sums.here * mean_here
        variation_there = sums.squares_there - sums.there * mean_there
        scale = np.sqrt(variation_here * variation_there)
        correlation = (sums.products - mean_here * sums.there) / scale
    defined = variation_here > CONSTANT * sums.squares_here
    defined &= variation_there > CONSTANT * sums.squares_there
    defined &= sums.count > 1
    # the least of what was transformed
    transformed = scale if sums.complete else np.minimum(variation_here, variation_there)
    correlation[~defined] = np.nan
    return correlation, defined & (transformed < DOUBTFUL * energy)
