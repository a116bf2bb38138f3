"""Sums of a map over the bins that it shares with its shifted self: by Fourier transforms, exactly where they sink.

Six sums make a correlation at a shift l, over the bins p for which p and p + l were both visited: their number, the
rates at p and at p + l, the squares at both, and the products. All are [unit, n_x, 2 * n_y - 1], shifts l_x >= 0 and
all l_y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

__all__ = ["Sums", "product", "sums_at", "sums_by_fourier", "sums_directly"]

SERIAL = 262_144  # multiplications up to which BLAS stays in the calling thread


@dataclass(frozen=True, eq=False)
class Sums:
    """The six sums, and whether every bin was visited, so that but the products are exact sums over rectangles."""

    count: np.ndarray
    here: np.ndarray
    there: np.ndarray
    squares_here: np.ndarray
    squares_there: np.ndarray
    products: np.ndarray
    complete: bool


def sums_by_fourier(rates: np.ndarray, visited: np.ndarray) -> Sums:
    """Return the sums of rates [unit, bin_x, bin_y], 0 where not visited, by Fourier transforms."""
    squares = rates**2
    bins = rates.shape[1:]
    spectrum = _spectrum(rates)
    products = _half(spectrum.real**2 + spectrum.imag**2, bins)
    if visited.all():
        count = window_sums(np.ones((1, *bins)))
        here, there = window_sums(rates), window_sums(rates[:, ::-1, ::-1])
        squares_here, squares_there = window_sums(squares), window_sums(squares[:, ::-1, ::-1])
        return Sums(count, here, there, squares_here, squares_there, products, True)
    alike = (visited == visited[:1]).all()
    seen = _spectrum((visited[:1] if alike else visited).astype(np.float64))  # one mask for all, where it is one
    count = np.rint(_half(seen.real**2 + seen.imag**2, bins))
    here, there = _both_halves(spectrum.conj() * seen, bins)
    squares_here, squares_there = _both_halves(_spectrum(squares).conj() * seen, bins)
    return Sums(count, here, there, *_without_rest(squares, squares_here, squares_there), products, False)


def sums_directly(rates: np.ndarray, visited: np.ndarray) -> Sums:
    """Return what `sums_by_fourier` does, by multiplying: slower, but each sum is as exact as its own terms."""
    squares, mask = rates**2, visited.astype(np.float64)
    return Sums(
        np.rint(_lagged_sums(mask, mask)),
        _lagged_sums(rates, mask),
        _lagged_sums(mask, rates),
        *_without_rest(squares, _lagged_sums(squares, mask), _lagged_sums(mask, squares)),
        _lagged_sums(rates, rates),
        bool(visited.all()),
    )


def sums_at(rates: np.ndarray, visited: np.ndarray, lags: np.ndarray) -> Sums:
    """Return what `sums_directly` does at some places [lag, 2] of the half plane alone; sums are [unit, lag]."""
    bins_x, bins_y = rates.shape[1:]
    count, first_sum, second_sum, first_square, second_square, both = (
        np.empty((len(rates), len(lags))) for _ in range(6)
    )
    for place, (along_x, column) in enumerate(lags.tolist()):
        along_y = column - (bins_y - 1)
        first = np.s_[:, : bins_x - along_x, max(0, -along_y) : bins_y - max(0, along_y)]
        second = np.s_[:, along_x:, max(0, along_y) : bins_y + min(0, along_y)]
        shared = visited[first] & visited[second]
        here, there = np.where(shared, rates[first], 0.0), np.where(shared, rates[second], 0.0)
        count[:, place] = shared.sum(axis=(1, 2))
        first_sum[:, place], second_sum[:, place] = here.sum(axis=(1, 2)), there.sum(axis=(1, 2))
        first_square[:, place], second_square[:, place] = (here**2).sum(axis=(1, 2)), (there**2).sum(axis=(1, 2))
        both[:, place] = (here * there).sum(axis=(1, 2))
    return Sums(count, first_sum, second_sum, first_square, second_square, both, bool(visited.all()))


def window_sums(values: np.ndarray) -> np.ndarray:
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


def windows_with(some: np.ndarray) -> np.ndarray:
    """Return whether there is some, [unit, bin_x, bin_y] of bool, in the bins that a shift keeps inside the map.

    What `window_sums` finds above 0, from how far each corner's rectangle must reach to find the first: much less work.

    Returns
    -------
    numpy.ndarray of bool, [unit, n_x, 2 * n_y - 1]
        By shift.
    """
    units, bins_x, bins_y = some.shape
    found = np.empty((units, bins_x, 2 * bins_y - 1), dtype=bool)
    wide = np.arange(bins_y, 0, -1)  # columns that a shift of 0 ... n_y - 1 keeps
    for part, columns, seen in (
        (found[:, :, bins_y - 1 :], wide, some),
        (found[:, :, : bins_y - 1][:, :, ::-1], wide[1:], some[:, :, ::-1]),
    ):
        first = np.where(seen.any(axis=2), seen.argmax(axis=2), bins_y)  # [unit, bin_x]
        least = np.minimum.accumulate(first, axis=1)[:, ::-1]  # over the rows that each shift along x keeps
        np.less(least[:, :, None], columns, out=part)
    return found


def _without_rest(squares: np.ndarray, here: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Set sums of squares to 0 where the shift leaves no rate at all, instead of the rest of a transform."""
    some = squares > 0
    here[~windows_with(some)] = 0.0
    there[~windows_with(some[:, ::-1, ::-1])] = 0.0
    return here, there


def _sizes(bins: tuple[int, ...]) -> tuple[int, int]:
    """Return the sizes of the transforms."""
    return fft.next_fast_len(2 * bins[0] - 1, real=True), fft.next_fast_len(2 * bins[1] - 1, real=True)


def _spectrum(values: np.ndarray) -> np.ndarray:
    """Return the transform of maps, padded so that no shift wraps."""
    size_x, size_y = _sizes(values.shape[1:])
    return fft.fft(fft.rfft(values, size_y, axis=2), size_x, axis=1)


def _half(cross: np.ndarray, bins: tuple[int, ...]) -> np.ndarray:
    """Return the sums that a product of transforms stands for, shifts l_x >= 0."""
    size_y = _sizes(bins)[1]
    sums = fft.irfft(fft.ifft(cross, axis=1)[:, : bins[0]], size_y, axis=2)  # negative shifts along y at the end
    return np.concatenate([sums[:, :, size_y - bins[1] + 1 :], sums[:, :, : bins[1]]], axis=2)


def _both_halves(cross: np.ndarray, bins: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums at shifts l with l_x >= 0, and those at -l."""
    size_x, size_y = _sizes(bins)
    along_x = fft.ifft(cross, axis=1)
    both = []
    for rows in (np.arange(bins[0]), -np.arange(bins[0]) % size_x):
        sums = fft.irfft(along_x[:, rows], size_y, axis=2)
        both.append(np.concatenate([sums[:, :, size_y - bins[1] + 1 :], sums[:, :, : bins[1]]], axis=2))
    return both[0], both[1][:, :, ::-1]


def _lagged_sums(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the sums of first[p] * second[p + l] for l_x >= 0 and all l_y, by multiplying."""
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
