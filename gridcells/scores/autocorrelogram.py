"""The spatial autocorrelogram: how much a map looks like itself, shifted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from gridcells._common.checks import as_numpy, check_choice
from gridcells._common.maps import is_flat, map_range

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
DOUBTFUL = 1e-9  # sums this small a share of a map's energy sink into the rounding of a Fourier transform
SERIAL = 262_144  # multiplications up to which BLAS stays in the calling thread

LaggedSums = Callable[[np.ndarray, np.ndarray], np.ndarray]


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
    correlation, doubtful = _correlation(rates, visited, _lagged_sums)
    if doubtful.any():
        correlation[doubtful] = _correlation(rates[doubtful], visited[doubtful], _lagged_sums_directly)[0]
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


def _correlation(rates: np.ndarray, visited: np.ndarray, lagged_sums: LaggedSums) -> tuple[np.ndarray, np.ndarray]:
    """Return the correlations [unit, n_x, 2 * n_y - 1] and whether a unit's need more exact sums [unit].

    "here" is the sum over the bins p, "there" the one over the bins p + l.
    """
    squares = rates**2
    complete = bool(visited.all())
    if complete:
        count = _window_sums(np.ones((1, *rates.shape[1:])))
        here, there = _window_sums(rates), _window_sums(rates[:, ::-1, ::-1])
        squares_here, squares_there = _window_sums(squares), _window_sums(squares[:, ::-1, ::-1])
    else:
        mask = visited.astype(np.float64)
        count = np.rint(lagged_sums(mask, mask))
        here, there = lagged_sums(rates, mask), lagged_sums(mask, rates)
        squares_here = np.where(_window_sums(squares) > 0, lagged_sums(squares, mask), 0.0)
        squares_there = np.where(_window_sums(squares[:, ::-1, ::-1]) > 0, lagged_sums(mask, squares), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_here, mean_there = here * (1 / count), there * (1 / count)
        variation_here, variation_there = squares_here - here * mean_here, squares_there - there * mean_there
        scale = np.sqrt(variation_here * variation_there)
        correlation = (lagged_sums(rates, rates) - mean_here * there) / scale
    defined = (count > 1) & (variation_here > CONSTANT * squares_here) & (variation_there > CONSTANT * squares_there)
    # the least of what was transformed
    transformed = scale if complete else np.minimum(variation_here, variation_there)
    doubtful = defined & (transformed < DOUBTFUL * squares.sum(axis=(1, 2), keepdims=True))
    return np.where(defined, correlation, np.nan), doubtful.any(axis=(1, 2))


def _window_sums(values: np.ndarray) -> np.ndarray:
    """Return the sums over the bins that a shift keeps inside the map, [unit, n_x, 2 * n_y - 1].

    Those bins are a rectangle at a corner, so its sum is a cumulative one: nothing is subtracted, nothing is lost.
    """
    units, bins_x, bins_y = values.shape
    from_left = values.cumsum(axis=1)[:, ::-1]  # [unit, lag_x, bin_y]
    sums = np.empty((units, bins_x, 2 * bins_y - 1))
    ahead, behind = sums[:, :, bins_y - 1 :], sums[:, :, : bins_y - 1]  # lags 0 ... n_y - 1 and -(n_y - 1) ... -1
    np.cumsum(from_left, axis=2, out=ahead[:, :, ::-1])
    np.cumsum(from_left[:, :, :0:-1], axis=2, out=behind)
    return sums


def _lagged_sums(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the sums of first[p] * second[p + l] for l_x >= 0 and all l_y, by Fourier transforms."""
    bins_x, bins_y = first.shape[1:]
    size_x, size_y = (fft.next_fast_len(2 * bins - 1, real=True) for bins in (bins_x, bins_y))
    spectrum = fft.fft(fft.rfft(first, size_y, axis=2), size_x, axis=1)
    if first is second:
        cross = spectrum.real**2 + spectrum.imag**2
    else:
        cross = spectrum.conj() * fft.fft(fft.rfft(second, size_y, axis=2), size_x, axis=1)
    sums = fft.irfft(fft.ifft(cross, axis=1)[:, :bins_x], size_y, axis=2)  # negative shifts along y at the end
    return np.concatenate([sums[:, :, size_y - bins_y + 1 :], sums[:, :, :bins_y]], axis=2)


def _lagged_sums_directly(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return what `_lagged_sums` does, by multiplying: slower, but each sum is as exact as its own terms."""
    units, bins_x, bins_y = first.shape
    sums = np.empty((units, bins_x, 2 * bins_y - 1))
    for lag in range(bins_x):
        products = product(first[:, : bins_x - lag].transpose(0, 2, 1), second[:, lag:])  # [unit, y, y'] summed over x
        # lag_y = y' - y is constant along diagonals; rows of odd length turn them into columns
        skewed = np.pad(products[:, ::-1], ((0, 0), (0, 0), (0, bins_y))).reshape(units, -1)
        sums[:, lag] = skewed[:, :-bins_y].reshape(units, bins_y, -1).sum(axis=1)
    return sums


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Multiply stacks of small matrices, in columns few enough that BLAS wakes no threads.

    Threads that share one small product mostly wait for each other, on a busy machine a hundred times longer than they
    multiply.
    """
    rows, inner = left.shape[-2:]
    result = np.empty((*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), rows, right.shape[-1]))
    width = max(1, SERIAL // (rows * inner))
    for start in range(0, right.shape[-1], width):
        columns = np.s_[..., start : start + width]
        np.matmul(left, right[columns], out=result[columns])
    return result
